"""Which constructs of the language the generator of rules puts where, as the types of the language say that they may stand."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from codesafety import ir

WHEN: Final = "Rule.when"
UNLESS: Final = "Unless.condition"
PARTNER: Final = "Trigger.partner"
_DRAWN: Final = (PARTNER, "Quantified.var", "Ordered.var")
_OF_AN_ORDER: Final = "of an order"
_UNSEEN: Final = ("span", "called", "private", "title", "name", "set", "slot", "text", "label")
"""Parts that are names, places or what people read: nothing is answered by them."""


def places(rule: ir.Rule) -> Iterator[str]:
    """Yield `CLASS.part: construct` for each part of a rule's conditions, and for its partner."""
    yield from _within(PARTNER, rule.trigger.partner)
    for place, condition in [(WHEN, rule.when), *((UNLESS, unless.condition) for unless in rule.unless)]:
        if condition is not None:
            yield from _within(place, condition)


def _within(place: str, part: Any) -> Iterator[str]:
    match part:
        case tuple():
            for one in part:
                yield from _within(place, one)
        case None:
            yield f"{place}: none"
        case ir.Var(kind=kind):
            yield f"{place}: {kind.value}"
            if place in _DRAWN and part.order_of is not None:
                yield f"{place}: {_OF_AN_ORDER}"
        case ir.Field():
            yield f"{place}: Field"
            yield f"{_base(part)}.{part.name}"
        case _ if dataclasses.is_dataclass(part):
            yield f"{place}: {type(part).__name__}"
            for one in dataclasses.fields(part):
                if one.name not in _UNSEEN:
                    yield from _within(f"{type(part).__name__}.{one.name}", getattr(part, one.name))
        case str() | bool():
            yield f"{place}: {part}"
        case _:
            yield f"{place}: {type(part).__name__}"


def _base(field: ir.Field) -> str:
    return field.base if field.var is None else field.var.kind.value


def possible() -> Iterator[str]:
    """Yield what the types of the language let stand where, as `places` names it; variables and fields are not among it."""
    conditions = get_args(ir.Condition)
    yield from (f"{place}: {_OF_AN_ORDER}" for place in _DRAWN)
    yield from (f"{place}: {one.__name__}" for place in (WHEN, UNLESS) for one in conditions)
    for owner in (*conditions, ir.Arithmetic):
        hints = get_type_hints(owner)
        for one in dataclasses.fields(owner):
            if one.name not in _UNSEEN and hints[one.name] not in (str, ir.Var):
                yield from (f"{owner.__name__}.{one.name}: {name}" for name in _named(hints[one.name]))


def _named(hint: Any) -> Iterator[str]:
    match get_origin(hint):
        case origin if origin is Literal:
            yield from map(str, get_args(hint))
        case None if hint is type(None):
            yield "none"
        case None if hint is bool:
            yield from ("True", "False")
        case None if isinstance(hint, type) and issubclass(hint, StrEnum):
            yield from (word.value for word in hint)
        case None if hint is not ... and hint is not ir.Var:
            yield hint.__name__
        case None:
            return
        case _:
            for one in get_args(hint):
                yield from _named(one)


def table(reached: Counter[str]) -> str:
    """Return how often each construct stood where it may, the rarest place of each first."""
    by_place: dict[str, list[tuple[int, str]]] = {}
    for one in possible():
        place, _, construct = one.partition(": ")
        by_place.setdefault(place, []).append((reached[one], construct))
    return "\n".join(f"{place}: {', '.join(f'{what} {n:,}' for n, what in sorted(found))}" for place, found in by_place.items())
