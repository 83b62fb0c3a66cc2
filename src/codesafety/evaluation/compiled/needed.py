"""What must hold of one item, or between two, for a whole condition to hold: what joins go by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


class Slots:
    """What conditions look at, worked out once for each part of a rule: it is asked again and again, of the same parts."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, frozenset[int] | None]] = {}
        """By identity, with the part itself, so that no other takes its place."""

    def of(self, part: object) -> frozenset[int] | None:
        """Return the slots that a part of a rule looks at; None where it looks further, at members or by a predicate at anything."""
        if isinstance(part, tuple):
            return self._together(part)
        if not (names := names_of(part)):
            return _NOTHING
        known = self._known.get(id(part))
        if known is None:
            match part:
                case ir.Quantified() | ir.Ordered() | ir.Custom():
                    slots = None
                case _:
                    slots = self._together(getattr(part, name) for name in names)
                    if isinstance(part, ir.Var) and slots is not None:
                        slots |= {part.slot}
            known = self._known[id(part)] = part, slots
        return known[1]

    def _together(self, parts: Iterable[object]) -> frozenset[int] | None:
        every = _NOTHING
        for part in parts:
            if (slots := self.of(part)) is None:
                return None
            every |= slots
        return every

    def alone(self, condition: ir.Condition | None, slot: int) -> list[ir.Condition]:
        """Return conditions of nothing but what stands in one slot, the message and its patient, all of which must hold."""
        match condition:
            case None:
                return []
            case ir.Named(part=part):
                return self.alone(part, slot)
            case ir.And(parts):
                return [found for part in parts for found in self.alone(part, slot)]
            case _:
                slots = self.of(condition)
                return [condition] if slots is not None and slots <= {slot} else []


_NOTHING: frozenset[int] = frozenset()


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


def share_a_day(overlaps: Sequence[ir.Overlaps], binding: Binding) -> bool:
    """Return whether two medicines must share a day where one of some overlaps holds."""
    return bool(overlaps) and all(not isinstance(o.days, ir.Field) and binding.length(o.days).n >= 0 for o in overlaps)
