"""Named conditions: what they mean where they are called, as if their words stood there in brackets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Final

from codesafety import ir
from codesafety.diagnostics import Diagnostics, listed
from codesafety.ir import Kind
from codesafety.language.checking.called import refuse_names
from codesafety.language.checking.declarations import wording
from codesafety.language.checking.scope import Defined, RuleScope, RulesetScope, a_kind
from codesafety.language.parsing import syntax
from codesafety.language.parsing.remedies import meant_kind

Check = Callable[[syntax.Condition, RuleScope, int], "ir.Condition | None"]
"""What a condition means in a scope, so many quantifiers deep."""
_DEEPEST_CALLS: Final = 8
MAY_STAND_FOR: Final = {
    Kind.ENTRY: (Kind.ENTRY,),
    Kind.HISTORY: (Kind.HISTORY, Kind.ENTRY),
    Kind.MENTION: (Kind.MENTION, Kind.HISTORY, Kind.ENTRY),
    Kind.MEDICATION: (Kind.MEDICATION,),
    Kind.CODING: (Kind.CODING,),
}
"""What may be handed to a parameter: an entry is a history and a mention too, and a history is a mention."""
_ITEM: Final = "item"
_ITEMS: Final = (Kind.MENTION, Kind.MEDICATION)
"""The kinds that an `item` is checked as: what holds of both holds of every dated one."""
_KINDS: Final = (*MAY_STAND_FOR, _ITEM)
"""What a parameter may be."""


def check_defines(defined: list[Defined], check: Check) -> None:
    """Report what is wrong with named conditions in themselves, before anything calls them."""
    for one in defined:
        if one.node is None:
            continue
        diagnostics, scope = one.scope.diagnostics, one.scope
        refuse_names(one.node.condition, diagnostics, "in a named condition")
        wording(one.node.title, one.node.title.span, "title", diagnostics)
        for word in [p.kind for p in one.node.parameters if p.kind.text not in _KINDS]:
            diagnostics.error(
                "CS205",
                f"a named condition cannot be about `{word.text}`",
                word.span,
                meant_kind(word.text, _KINDS) or f"it takes {listed(_KINDS)}",
            )
            one.wrong = True
        if one.wrong:
            continue
        found = _wrong_in(one.node, scope, check)
        diagnostics.found += found.found
        one.wrong = bool(found.errors)


def _wrong_in(node: syntax.Define, scope: RulesetScope, check: Check) -> Diagnostics:
    """Return what is wrong with a named condition's words, each thing once."""
    found = Diagnostics()
    for kinds in _as_kinds(node):
        collected = Diagnostics()
        inner = RuleScope(
            dataclasses.replace(scope, diagnostics=collected),
            next_slot=len(kinds),
            in_exception=True,  # it may be one's: what calls it elsewhere is told
            calls=(f"{scope.ruleset}/{node.name.text}",),
            items=frozenset(p.name.text for p in node.parameters if p.kind.text == _ITEM),
        )
        for slot, (parameter, kind) in enumerate(zip(node.parameters, kinds, strict=True)):
            inner.bind(parameter.name, kind, slot)
        check(node.condition, inner, 0)
        for parameter in node.parameters:
            if parameter.name.text not in inner.used and not collected.errors:
                collected.warning(
                    "CS407",
                    f"`{parameter.name.text}` is taken and never used",
                    parameter.name.span,
                    "say something of it, or leave it out",
                )
        found.found += [d for d in collected.found if d not in found.found]
    return found


def _as_kinds(node: syntax.Define) -> Iterator[tuple[Kind, ...]]:
    """Yield the kinds of the parameters; with each kind in turn for those that are an `item`."""
    for item in _ITEMS if any(p.kind.text == _ITEM for p in node.parameters) else _ITEMS[:1]:
        yield tuple(item if p.kind.text == _ITEM else Kind(p.kind.text) for p in node.parameters)


def named(node: syntax.Call, scope: RuleScope, depth: int, check: Check) -> ir.Condition | None:
    """Return what a call of a named condition means, or None where it cannot be called like this; that is reported."""
    diagnostics = scope.diagnostics
    name = scope.ruleset.whole(node.name, scope.ruleset.names.defines, "named condition")
    if name is None:
        return None
    one = scope.ruleset.names.defines[name]
    if one.node is None or one.wrong:
        return None
    if name in scope.calls:
        path = [*scope.calls[scope.calls.index(name) :], name]
        diagnostics.error(
            "CS213",
            f"named conditions call each other in a circle: {' → '.join(n.rpartition('/')[2] for n in path)}",
            node.span,
            "take one of the calls out",
        )
        return None
    if len(scope.calls) == _DEEPEST_CALLS:
        diagnostics.error(
            "CS222", f"named conditions call each other more than {_DEEPEST_CALLS} deep", node.span, "write one of them out"
        )
        return None
    arguments = _arguments(node, one, scope, check)
    if arguments is None:
        return None
    collected = Diagnostics()
    inner = dataclasses.replace(
        scope,
        ruleset=dataclasses.replace(one.scope, diagnostics=collected),
        variables=arguments,
        row=None,
        calls=(*scope.calls, name),
        gone=set(),
        items=frozenset(),
        sex=[],
    )
    part = check(one.node.condition, inner, depth)
    scope.next_slot, scope.private, scope.conditions = inner.next_slot, inner.private, inner.conditions
    scope.sex += [dataclasses.replace(field, span=node.span) for field in inner.sex]
    for error in collected.errors[:1]:  # right in itself, and wrong here
        message = error.message if error.code == "CS213" else f"in `{node.name.text}`: {error.message}"
        diagnostics.error(error.code, message, node.span, error.help, ((error.span, "here"),))
    return None if part is None else ir.Named(name, one.node.title.text, part, node.span)


def _arguments(node: syntax.Call, one: Defined, scope: RuleScope, check: Check) -> dict[str, ir.Var] | None:
    """Return what the parameters stand for, by their names."""
    define = one.node
    assert define is not None
    parameters = define.parameters
    if len(node.arguments) != len(parameters):
        scope.diagnostics.error(
            "CS228",
            f"`{node.name.text}` takes {len(parameters)} {'argument' if len(parameters) == 1 else 'arguments'}, "
            f"not {len(node.arguments)}",
            node.span,
            f"give {' and '.join(_a_parameter(p) for p in parameters)}",
            ((define.name.span, "declared here"),),
        )
        return None
    given: dict[str, ir.Var] = {}
    for word, parameter in zip(node.arguments, parameters, strict=True):
        wanted = _may_stand_for(parameter)
        handed = scope.variables.get(word.text)
        wider = None if handed is None or handed.kind in wanted else _widened(parameter, handed.kind, define, one.scope, check)
        var = scope.var(word, wanted, f"is taken by `{node.name.text}` here", instead=wider)
        if var is not None:
            kind = var.kind if parameter.kind.text == _ITEM else Kind(parameter.kind.text)
            given[parameter.name.text] = dataclasses.replace(var, kind=kind)
    return given if len(given) == len(parameters) else None


def _widened(parameter: syntax.Parameter, given: Kind, define: syntax.Define, scope: RulesetScope, check: Check) -> str | None:
    """Return how a named condition takes what it is handed, where all that it asks can be asked of that too."""
    if given not in MAY_STAND_FOR or Kind.CODING in (given, parameter.kind.text):
        return None
    kind = _ITEM if Kind.MEDICATION in (given, parameter.kind.text) else given.value
    wider = dataclasses.replace(parameter, kind=dataclasses.replace(parameter.kind, text=kind))
    node = dataclasses.replace(define, parameters=tuple(wider if p is parameter else p for p in define.parameters))
    if _wrong_in(node, scope, check).errors:
        return None
    return f"let `{define.name.text}` take it: `{kind} {parameter.name.text}` in place of `{parameter.kind.text} {parameter.name.text}`"


def _may_stand_for(parameter: syntax.Parameter) -> tuple[Kind, ...]:
    if parameter.kind.text == _ITEM:
        return tuple(dict.fromkeys(kind for kinds in MAY_STAND_FOR.values() for kind in kinds if kind is not Kind.CODING))
    return MAY_STAND_FOR[Kind(parameter.kind.text)]


def _a_parameter(parameter: syntax.Parameter) -> str:
    return "any dated item" if parameter.kind.text == _ITEM else a_kind(Kind(parameter.kind.text))
