"""What numbers come to, without a word on what is missing: bounds such as `<5`, and arithmetic in base units (tables 15 and 16)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from codesafety.ir import Unit
from codesafety.ir.units.dimension import Dimension, in_base
from codesafety.ir.units.families import written_as
from codesafety.record import MAX_EXPONENT

_LARGEST = Fraction(10) ** (MAX_EXPONENT + 1)
_AGES = {"a": Unit.YEARS, "mo": Unit.MONTHS, "wk": Unit.WEEKS, "d": Unit.DAYS}
_SMALLEST = Fraction(10) ** -MAX_EXPONENT


@dataclass(frozen=True, slots=True)
class Ends:
    """The numbers that one may be: None is no bound; an end that is `closed` is one of them."""

    low: Fraction | None
    high: Fraction | None
    low_closed: bool = True
    high_closed: bool = True

    def below(self, other: Ends) -> bool:
        """Return whether each of these is less than each of the others."""
        if self.high is None or other.low is None:
            return False
        return self.high < other.low or (self.high == other.low and not (self.high_closed and other.low_closed))

    def not_above(self, other: Ends) -> bool:
        """Return whether each of these is at most each of the others."""
        return self.high is not None and other.low is not None and self.high <= other.low


def ends(number: Fraction, comparator: str | None) -> Ends:
    """Return what a number may be: itself, or, of a result such as `<5`, every number on that side."""
    match comparator:
        case None:
            return Ends(number, number)
        case "<" | "<=":
            return Ends(None, number, False, comparator == "<=")
        case _:
            return Ends(number, None, comparator == ">=", False)


def ordered(one: Ends, operator: str, other: Ends) -> bool | None:
    """Return `one operator other` where every pair of numbers agrees, else None."""
    match operator:
        case "<":
            yes, no = one.below(other), other.not_above(one)
        case "<=":
            yes, no = one.not_above(other), other.below(one)
        case ">":
            yes, no = other.below(one), one.not_above(other)
        case _:
            yes, no = other.not_above(one), one.below(other)
    return True if yes else False if no else None


@dataclass(frozen=True, slots=True)
class Measure:
    """An exact number in base units."""

    number: Fraction
    dimension: Dimension


def measured(number: Fraction, unit: str | None) -> Measure | None:
    """Return a number in base units; None where its unit is not in the table. Without a unit it is a pure number."""
    if unit is None:
        return Measure(number, Dimension())
    found = in_base(unit)
    return None if found is None else Measure(number * found.factor + found.offset, found.dimension)


def calculated(operator: str, one: Measure, other: Measure) -> Measure | Literal["dimensions", "nought", "size"]:
    """Return `one operator other`, or what forbids it: unlike dimensions, a division by nought, a number of no size."""
    match operator:
        case "+" | "-":
            if one.dimension != other.dimension:
                return "dimensions"
            number = one.number + other.number if operator == "+" else one.number - other.number
            dimension = one.dimension
        case "*":
            number, dimension = one.number * other.number, one.dimension * other.dimension
        case _:
            if not other.number:
                return "nought"
            number, dimension = one.number / other.number, one.dimension / other.dimension
    return "size" if number and not _SMALLEST <= abs(number) < _LARGEST else Measure(number, dimension)


def age_unit(unit: str | None) -> Unit | None:
    """Return the unit of an age that a value is in; None where it is in another, or in none."""
    return None if unit is None else _AGES.get(written_as(unit) or unit)
