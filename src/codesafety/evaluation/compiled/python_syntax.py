"""Small builders of Python's own syntax tree, with the constants of Boolean expressions folded."""

from __future__ import annotations

import ast
from collections.abc import Iterable

_LOAD, _STORE = ast.Load(), ast.Store()
# Python wants a position on every node; giving it at once is many times as fast as filling it in afterwards.
TRUE = ast.Constant(True, lineno=1, col_offset=0)
FALSE = ast.Constant(False, lineno=1, col_offset=0)


def name(identifier: str) -> ast.expr:
    return ast.Name(identifier, _LOAD, lineno=1, col_offset=0)


def const(value: object) -> ast.expr:
    return ast.Constant(value, lineno=1, col_offset=0)  # type: ignore[arg-type]


def attribute(of: ast.expr, *names: str) -> ast.expr:
    for each in names:
        of = ast.Attribute(of, each, _LOAD, lineno=1, col_offset=0)
    return of


def item(of: ast.expr, index: int) -> ast.expr:
    return ast.Subscript(of, ast.Constant(index, lineno=1, col_offset=0), _LOAD, lineno=1, col_offset=0)


def call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(name(function), list(arguments), [], lineno=1, col_offset=0)


def method(of: ast.expr, function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(attribute(of, function), list(arguments), [], lineno=1, col_offset=0)


def several(parts: Iterable[ast.expr]) -> ast.expr:
    return ast.Tuple(list(parts), _LOAD, lineno=1, col_offset=0)


def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
    return ast.Compare(left, [operator], [right], lineno=1, col_offset=0)


def equal(left: ast.expr, right: ast.expr) -> ast.expr:
    return compare(left, ast.Eq(), right)


def less(left: ast.expr, right: ast.expr) -> ast.expr:
    return compare(left, ast.Lt(), right)


def among(value: ast.expr, words: tuple[object, ...]) -> ast.expr:
    return compare(value, ast.In(), const(words))


def named(identifier: str, value: ast.expr) -> ast.expr:
    return ast.NamedExpr(ast.Name(identifier, _STORE, lineno=1, col_offset=0), value, lineno=1, col_offset=0)


def either_or(test: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    return ast.IfExp(test, then, otherwise, lineno=1, col_offset=0)


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
    return TRUE if not left else left[0] if len(left) == 1 else ast.BoolOp(ast.And(), left, lineno=1, col_offset=0)


def any_of(parts: Iterable[ast.expr]) -> ast.expr:
    """Return the disjunction of parts without side effects."""
    left: list[ast.expr] = []
    for part in parts:
        if is_constant(part, True):
            return TRUE
        if not is_constant(part, False):
            left.append(part)
    return FALSE if not left else left[0] if len(left) == 1 else ast.BoolOp(ast.Or(), left, lineno=1, col_offset=0)


def difference(left: ast.expr, right: ast.expr) -> ast.expr:
    return ast.BinOp(left, ast.Sub(), right, lineno=1, col_offset=0)


def product(left: ast.expr, right: ast.expr) -> ast.expr:
    return ast.BinOp(left, ast.Mult(), right, lineno=1, col_offset=0)


def union(left: ast.expr, right: ast.expr) -> ast.expr:
    """Return `left | right`: of sets of names, or of two tests that must both be made."""
    return ast.BinOp(left, ast.BitOr(), right, lineno=1, col_offset=0)


def or_else(value: ast.expr, otherwise: ast.expr) -> ast.expr:
    """Return `value or otherwise`."""
    return ast.BoolOp(ast.Or(), [value, otherwise], lineno=1, col_offset=0)


def between(low: ast.expr, value: ast.expr, high: ast.expr, last: ast.cmpop) -> ast.expr:
    """Return `low <= value < high`, or with whatever operator stands last."""
    return ast.Compare(low, [ast.LtE(), last], [value, high], lineno=1, col_offset=0)


def negation(part: ast.expr) -> ast.expr:
    if isinstance(part, ast.Constant):
        return FALSE if part.value else TRUE
    return ast.UnaryOp(ast.Not(), part, lineno=1, col_offset=0)


def function(identifier: str, arguments: list[str], body: list[ast.stmt]) -> ast.stmt:
    parameters = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(a, lineno=1, col_offset=0) for a in arguments],
        vararg=None,
        kwonlyargs=[],
        kw_defaults=[],
        kwarg=None,
        defaults=[],
    )
    return ast.FunctionDef(identifier, parameters, body, [], None, lineno=1, col_offset=0)


def returns(value: ast.expr) -> ast.stmt:
    return ast.Return(value, lineno=1, col_offset=0)


def when(test: ast.expr, body: list[ast.stmt]) -> ast.stmt:
    return ast.If(test, body, [], lineno=1, col_offset=0)


def for_each(variable: str, over: ast.expr, body: list[ast.stmt]) -> ast.stmt:
    return ast.For(ast.Name(variable, _STORE, lineno=1, col_offset=0), over, body, [], lineno=1, col_offset=0)


def assign(variable: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([ast.Name(variable, _STORE, lineno=1, col_offset=0)], value, lineno=1, col_offset=0)


def module(statements: list[ast.stmt]) -> ast.Module:
    return ast.Module(statements, [])
