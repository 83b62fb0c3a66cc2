"""UCUM's functional tests, as far as they are shared: which texts are units, and what a number is in another."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from tests.conformance.authorities import needs, rows, tell

from codesafety.ir.units import dimension, ucum

CASES = "ucum_cases.csv"
pytestmark = needs(CASES)


def cases(kind: str) -> list[dict[str, str]]:
    return [row for row in rows(CASES) if row["kind"] == kind]


def rounded_as(number: Fraction, published: str) -> bool:
    """Whether a number is the published one to the digits that this shows."""
    shown = Decimal(published).as_tuple().exponent
    assert isinstance(shown, int)
    return abs(number - Fraction(published)) <= Fraction(10) ** shown / 2


def test_units_are_valid_as_published() -> None:
    found = cases("validation")
    others = [row["unit"] for row in found if (ucum.parse(row["unit"]) is not None) != (row["valid"] == "true")]
    tell("units", len(found), len(others))
    assert others == []


def test_numbers_convert_as_published() -> None:
    found = cases("conversion")
    for row in found:
        number = ucum.convert(Fraction(row["value"]), row["srcUnit"], row["dstUnit"])
        assert number is not None, row["id"]
        assert rounded_as(number, row["outcome"]), row["id"]
    tell("conversions", len(found), 0)


@pytest.mark.parametrize("kind", ["multiplication", "division"])
def test_products_and_quotients_are_as_published(kind: str) -> None:
    for row in cases(kind):
        one, other, result = (dimension.in_base(row[column]) for column in ("u1", "u2", "uRes"))
        assert one is not None and other is not None and result is not None
        first, second = Fraction(row["v1"]) * one.factor, Fraction(row["v2"]) * other.factor
        product = kind == "multiplication"
        assert (one.dimension * other.dimension if product else one.dimension / other.dimension) == result.dimension
        assert rounded_as((first * second if product else first / second) / result.factor, row["vRes"]), row["id"]
    tell(f"{kind}s", len(cases(kind)), 0)
