"""The steps that generated functions call for numbers: operands that carry the names of their fields, and what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from codesafety import ir
from codesafety.evaluation.calendar import NEVER, Interval, completed
from codesafety.evaluation.compiled.answers import Amount, Answer, age_lacks, every, known_or
from codesafety.evaluation.compiled.scene import Scene
from codesafety.evaluation.numbers import Ends, Measure, age_unit, calculated, ends, measured, ordered
from codesafety.ir.units.dimension import Dimension, in_base
from codesafety.ir.units.families import exactly, ratio

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Held:
    """A number that is there. `fields`: the names of all its fields; `sent`: of those that were sent with a unit or should be.

    `dimension`: of a number that was computed, which is in base units. `counts`: of things, without a unit of its own.
    """

    number: Fraction
    unit: str | None = None
    comparator: str | None = None
    dimension: Dimension | None = None
    counts: bool = False
    fields: frozenset[str] = _NONE
    sent: frozenset[str] = _NONE


Operand = Held | frozenset[str]
"""A number, or what is missing of it."""


# ------------------------------------------------------------------------------------------------ operands


def held_value(amount: Amount, name: str, unit: str | None) -> Operand:
    """Return a number that was sent with a unit; without one it is in `unit`."""
    if isinstance(amount, frozenset):
        return amount
    names = frozenset((name,))
    return Held(Fraction(amount[0]), amount[1] or unit, amount[2], fields=names, sent=names)


def held_count(amount: Amount, names: tuple[str, ...]) -> Operand:
    """Return a number of things."""
    if isinstance(amount, frozenset):
        return amount
    return Held(Fraction(amount[0]), amount[1] or None, amount[2], counts=True, fields=frozenset(names))


def held_cell(cell: ir.Cell, name: str, unit: str | None) -> Operand:
    """Return the number of a row."""
    names = frozenset((name,))
    return Held(Fraction(cell), unit, fields=names) if isinstance(cell, Decimal) else names


def calculate(operator: str, one: Operand, other: Operand) -> Operand:
    """Return `one operator other` in base units, or what it lacks (table 16)."""
    sides: list[Measure] = []
    lacking = _NONE
    for side in (one, other):
        if isinstance(side, frozenset):
            lacking |= side
        elif side.comparator is not None or (measure := _measure(side)) is None:
            lacking |= side.fields
        else:
            sides.append(measure)
    if len(sides) < 2:
        return lacking
    assert isinstance(one, Held) and isinstance(other, Held)
    fields, sent = one.fields | other.fields, one.sent | other.sent
    made = calculated(operator, *sides)
    if isinstance(made, Measure):
        return Held(made.number, dimension=made.dimension, fields=fields, sent=sent)
    return {"dimensions": sent or fields, "nought": other.fields or fields, "size": fields}[made]


def _measure(held: Held) -> Measure | None:
    return measured(held.number, held.unit) if held.dimension is None else Measure(held.number, held.dimension)


# ------------------------------------------------------------------------------------------------ comparisons

_OneScale = tuple[Ends, Ends, str | Dimension | None]


def _one_scale(one: Held, other: Held, *, by_unit: bool) -> _OneScale | frozenset[str]:
    """Return both numbers in the other's unit or dimension, or what forbids it (table 15)."""
    if one.dimension is not None or other.dimension is not None:
        pure = [replace(side, unit=None) if side.counts else side for side in (one, other)]
        measures = [_measure(side) for side in pure]
        unread = _NONE.union(*(side.fields for side, measure in zip(pure, measures, strict=True) if measure is None))
        left, right = measures
        if left is None or right is None:
            return unread
        if left.dimension != right.dimension:
            return _with_units(one, other)
        return ends(left.number, one.comparator), ends(right.number, other.comparator), left.dimension
    if not by_unit and ((one.counts and (other.counts or other.unit is None)) or (other.counts and one.unit is None)):
        return ends(one.number, one.comparator), ends(other.number, other.comparator), None
    if one.unit is None or other.unit is None:
        if one.unit is other.unit:
            return ends(one.number, one.comparator), ends(other.number, other.comparator), None
        bare, dressed = (one, other) if one.unit is None else (other, one)
        return bare.fields if bare.counts or bare.sent else _with_units(dressed, bare)
    number = exactly(one.number, one.unit, other.unit)
    if number is None:
        return _with_units(one, other)
    return ends(number, one.comparator), ends(other.number, other.comparator), other.unit


def _with_units(*sides: Held) -> frozenset[str]:
    return _NONE.union(*(s.sent for s in sides)) or _NONE.union(*(s.fields for s in sides))


def _bounds(*sides: Held) -> frozenset[str]:
    return _NONE.union(*(s.fields for s in sides if s.comparator is not None))


def numbers_compare(one: Operand, operator: str, other: Operand) -> Answer:
    """Answer `one operator other`."""
    if isinstance(one, frozenset) or isinstance(other, frozenset):
        return _NONE.union(*(side for side in (one, other) if isinstance(side, frozenset)))
    scale = _one_scale(one, other, by_unit=False)
    if isinstance(scale, frozenset):
        return scale
    return known_or(ordered(scale[0], operator, scale[1]), _bounds(one, other))


def number_in_range(one: Operand, low: Operand | None, high: Operand | None) -> Answer:
    """Answer whether a number is from `low` to `high`; None is no bound."""
    parts = (("<=", low), (">=", high))
    return every([numbers_compare(end, operator, one) for operator, end in parts if end is not None])


def numbers_differ(one: Operand, other: Operand, by: Decimal, unit: str | None, percent: bool, direction: str) -> Answer:
    """Answer whether two numbers differ, in a direction or in any, by more than a percentage of the second or an amount."""
    if isinstance(one, frozenset) or isinstance(other, frozenset):
        return _NONE.union(*(side for side in (one, other) if isinstance(side, frozenset)))
    scale = _one_scale(one, other, by_unit=unit is not None)
    if isinstance(scale, frozenset):
        return scale
    if inexact := _bounds(one, other):
        return inexact
    left, right = scale[0].low, scale[1].low
    assert left is not None and right is not None
    if percent:
        most: Fraction | None = abs(right) * Fraction(by) / 100
    else:
        most = _amount_of_difference(Fraction(by), unit, scale[2])
    if most is None:
        return _with_units(one, other)
    more = left - right
    return (abs(more) if direction == "differs" else more if direction == "rises" else -more) > most


def _amount_of_difference(number: Fraction, unit: str | None, wanted: str | Dimension | None) -> Fraction | None:
    if isinstance(wanted, Dimension):
        base = in_base(unit or "1")
        return number * base.factor if base is not None and base.dimension == wanted else None
    if unit is None or wanted is None:
        return number if unit is wanted else None
    times = ratio(unit, wanted)
    return None if times is None else number * times


# ------------------------------------------------------------------------------------------------ ages


def age_beside_value(scene: Scene, at: Interval, at_name: str | None, operator: str, value: Operand) -> Answer:
    """Answer how an age compares with a value in years, months, weeks or days; `<=` is the end of a range (table 15)."""
    unit = age_unit(value.unit) if isinstance(value, Held) else None
    lacking = value.fields if isinstance(value, Held) else value
    born = scene.born
    if born is NEVER or at is NEVER or at[1] < born[0]:
        return age_lacks(scene, at, at_name, lacking if unit is None else _NONE)
    if unit is None:
        return lacking
    assert isinstance(value, Held)
    least = 0 if at[0] < born[1] else completed(born[1], at[0], unit)
    age = Ends(Fraction(least), Fraction(completed(born[0], at[1], unit) + 1), high_closed=False)
    span = ends(value.number + (operator == "<="), value.comparator)
    answer = ordered(age, ">=" if operator == ">=" else "<", span)
    inexact = value.comparator is not None or value.number.denominator != 1
    return known_or(answer, age_lacks(scene, at, at_name, lacking if inexact else _NONE))
