"""Small builders of Python's own syntax tree, with the constants of Boolean expressions folded."""

from __future__ import annotations

import ast
from collections.abc import Iterable

_LOAD = ast.Load()
TRUE = ast.Constant(True)
FALSE = ast.Constant(False)


def name(identifier: str) -> ast.expr:
    return ast.Name(identifier, _LOAD)


def const(value: object) -> ast.expr:
    return ast.Constant(value)  # type: ignore[arg-type]


def attribute(of: ast.expr, *names: str) -> ast.expr:
    for each in names:
        of = ast.Attribute(of, each, _LOAD)
    return of


def item(of: ast.expr, index: int) -> ast.expr:
    return ast.Subscript(of, ast.Constant(index), _LOAD)


def call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(name(function), list(arguments), [])


def method(of: ast.expr, function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(attribute(of, function), list(arguments), [])


def several(parts: Iterable[ast.expr]) -> ast.expr:
    return ast.Tuple(list(parts), _LOAD)


def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
    return ast.Compare(left, [operator], [right])


def equal(left: ast.expr, right: ast.expr) -> ast.expr:
    return compare(left, ast.Eq(), right)


def less(left: ast.expr, right: ast.expr) -> ast.expr:
    return compare(left, ast.Lt(), right)


def among(value: ast.expr, words: tuple[object, ...]) -> ast.expr:
    return compare(value, ast.In(), const(words))


def named(identifier: str, value: ast.expr) -> ast.expr:
    return ast.NamedExpr(ast.Name(identifier, ast.Store()), value)


def either_or(test: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    return ast.IfExp(test, then, otherwise)


def is_constant(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def both(parts: Iterable[ast.expr]) -> ast.expr:
    """Return the conjunction of parts without side effects: false parts decide, true ones fall away."""
    left: list[ast.expr] = []
    for part in parts:
        if is_constant(part, False):
            return FALSE
        if not is_constant(part, True):
            left.append(part)
    return TRUE if not left else left[0] if len(left) == 1 else ast.BoolOp(ast.And(), left)


def any_of(parts: Iterable[ast.expr]) -> ast.expr:
    """Return the disjunction of parts without side effects."""
    left: list[ast.expr] = []
    for part in parts:
        if is_constant(part, True):
            return TRUE
        if not is_constant(part, False):
            left.append(part)
    return FALSE if not left else left[0] if len(left) == 1 else ast.BoolOp(ast.Or(), left)


def negation(part: ast.expr) -> ast.expr:
    if isinstance(part, ast.Constant):
        return FALSE if part.value else TRUE
    return ast.UnaryOp(ast.Not(), part)


def function(identifier: str, arguments: list[str], body: list[ast.stmt]) -> ast.stmt:
    parameters = ast.arguments(
        posonlyargs=[], args=[ast.arg(a) for a in arguments], vararg=None, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[]
    )
    return ast.FunctionDef(identifier, parameters, body, [], None)


def returns(value: ast.expr) -> ast.stmt:
    return ast.Return(value)


def when(test: ast.expr, body: list[ast.stmt]) -> ast.stmt:
    return ast.If(test, body, [])


def for_each(variable: str, over: ast.expr, body: list[ast.stmt]) -> ast.stmt:
    return ast.For(ast.Name(variable, ast.Store()), over, body, [])


def assign(variable: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(variable, ast.Store())], value)


def module(statements: list[ast.stmt]) -> ast.Module:
    return ast.fix_missing_locations(ast.Module(statements, []))
