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
        case (
            ir.FieldSame(ir.Field(name="code", var=ir.Var() as left), ir.Field(name="code", var=ir.Var() as right))
            | ir.SameDay(ir.Field(name="date", var=ir.Var() as left), ir.Field(name="date", var=ir.Var() as right))
            | ir.Before(ir.Field(name="date", var=ir.Var() as left), ir.Field(name="date", var=ir.Var() as right))
            | ir.Beyond(ir.Field(name="date", var=ir.Var() as left), ir.Field(name="date", var=ir.Var() as right))
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
            every = [*parts_of((condition,))]
            looks_further = any(isinstance(part, ir.Quantified | ir.Ordered | ir.Custom) for part in every)
            slots = {part.slot for part in every if isinstance(part, ir.Var)}
            return [condition] if slots <= {slot} and not looks_further else []


def parts_of(nodes: Iterable[object]) -> Iterator[object]:
    """Yield nodes of a rule with all that they are made of."""
    for node in nodes:
        if names := names_of(node):
            yield node
            yield from parts_of(getattr(node, name) for name in names)
        elif isinstance(node, tuple):
            yield from parts_of(node)


def first_slot(condition: ir.Condition | None, one: int, other: int, binding: Binding) -> int | None:
    """Return in which of two slots the earlier must stand, by its day, for a condition to hold; None where either may."""
    slots = {_slot(relation.left) for relation in needed(condition, ir.Before, one, other)}
    for relation in needed(condition, ir.Beyond, one, other):
        if relation.side == "from" or isinstance(relation.length, ir.Field) or binding.length(relation.length).n < 0:
            return None
        slots.add(_slot(relation.left if relation.side == "before" else relation.right))
    return slots.pop() if len(slots) == 1 else None


def _slot(operand: ir.DateOperand) -> int:
    assert isinstance(operand, ir.Field) and isinstance(operand.var, ir.Var)
    return operand.var.slot


def share_a_day(overlaps: Sequence[ir.Overlaps], binding: Binding) -> bool:
    """Return whether two medicines must share a day where one of some overlaps holds."""
    return bool(overlaps) and all(not isinstance(o.days, ir.Field) and binding.length(o.days).n >= 0 for o in overlaps)
