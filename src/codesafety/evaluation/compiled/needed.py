"""What must hold of one item, or between two, for a whole condition to hold: what joins go by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from codesafety import ir
from codesafety.evaluation.binding import Binding
from codesafety.plain import names_of

Condition = TypeVar("Condition", bound=ir.Condition)


def needed(condition: ir.Condition | None, wanted: type[Condition], one: int, other: int) -> list[Condition]:
    """Return conditions of one kind, between what stands in two slots, of which one must hold for the whole to hold; else none."""
    match condition:
        case ir.Named(part=part):
            return needed(part, wanted, one, other)
        case ir.And(parts):
            return next((found for part in parts if (found := needed(part, wanted, one, other))), [])
        case ir.Or(parts):
            each = [needed(part, wanted, one, other) for part in parts]
            return [found for found_in_part in each for found in found_in_part] if all(each) else []
        case (
            ir.SameProduct(left, right) | ir.SharesIngredient(left, right) | ir.SameEntry(left, right) | ir.Overlaps(left, right)
        ):
            return [condition] if isinstance(condition, wanted) and {left.slot, right.slot} == {one, other} else []
        case ir.FieldSame(ir.Field(name="code", var=ir.Var() as left), ir.Field(name="code", var=ir.Var() as right)) | ir.SameDay(
            ir.Field(name="date", var=ir.Var() as left), ir.Field(name="date", var=ir.Var() as right)
        ):
            return [condition] if isinstance(condition, wanted) and {left.slot, right.slot} == {one, other} else []
        case _:
            return []


def alone(condition: ir.Condition | None, slot: int) -> list[ir.Condition]:
    """Return conditions of nothing but what stands in one slot, the message and its patient, all of which must hold."""
    match condition:
        case None:
            return []
        case ir.Named(part=part):
            return alone(part, slot)
        case ir.And(parts):
            return [found for part in parts for found in alone(part, slot)]
        case _:
            slots = slots_of(condition)
            return [condition] if slots is not None and slots <= {slot} else []


def slots_of(condition: ir.Condition) -> set[int] | None:
    """Return the slots that a condition looks at; None where it looks further, at members or by a predicate at anything."""
    every = [*parts_of((condition,))]
    if any(isinstance(part, ir.Quantified | ir.Ordered | ir.Custom) for part in every):
        return None
    return {part.slot for part in every if isinstance(part, ir.Var)}


def looks_at_days_alone(condition: ir.Condition | None, slot: int) -> bool:
    """Return whether of all but what stands in a slot, the message and its patient, a condition looks at nothing but the date."""
    return not _looks_at_more((condition,), slot)


def _looks_at_more(nodes: Iterable[object], slot: int) -> bool:
    for node in nodes:
        match node:
            case ir.Quantified() | ir.Ordered() | ir.Custom():
                return True
            case ir.Field(name="date"):
                continue
            case ir.Var() if node.slot != slot:
                return True
            case tuple():
                if _looks_at_more(node, slot):
                    return True
            case _:
                if _looks_at_more((getattr(node, name) for name in names_of(node)), slot):
                    return True
    return False


Part = tuple[ir.Condition, bool]
"""A condition, and whether it must hold or must not."""
_MOST_WAYS = 16


def ways(condition: ir.Condition, *, holds: bool = True) -> list[tuple[Part, ...]]:
    """Return ways of which one must be so where a condition holds, or does not hold: what must all be so in each.

    Where there are too many, less is asked of each.
    """
    match condition:
        case ir.Named(part=part):
            return ways(part, holds=holds)
        case ir.Not(part):
            return ways(part, holds=not holds)
        case ir.And(parts) | ir.Or(parts):
            each = [ways(part, holds=holds) for part in parts]
            if isinstance(condition, ir.Or) is holds:
                every = [way for found in each for way in found]
                return every if len(every) <= _MOST_WAYS else [()]
            joined: list[tuple[Part, ...]] = [()]
            for found in sorted(each, key=len):
                if len(joined) * len(found) <= _MOST_WAYS:
                    joined = [(*one, *other) for one in joined for other in found]
            return joined
        case _:
            return [((condition, holds),)]


def parts_of(nodes: Iterable[object]) -> Iterator[object]:
    """Yield nodes of a rule with all that they are made of."""
    for node in nodes:
        if names := names_of(node):
            yield node
            yield from parts_of(getattr(node, name) for name in names)
        elif isinstance(node, tuple):
            yield from parts_of(node)


def share_a_day(overlaps: Sequence[ir.Overlaps], binding: Binding) -> bool:
    """Return whether two medicines must share a day where one of some overlaps holds."""
    return bool(overlaps) and all(not isinstance(o.days, ir.Field) and binding.length(o.days).n >= 0 for o in overlaps)
