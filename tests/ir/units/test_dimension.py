"""Dimensions: what rules compute converts by table 16's base units, exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesafety.ir.units import dimension, families, ucum
from codesafety.ir.units.dimension import Dimension

dimensions = st.dictionaries(
    st.sampled_from(("g", "m", "L", "s", "mo", "mol", "%")), st.integers(-3, 3).filter(bool), max_size=4
).map(lambda powers: Dimension(tuple(sorted(powers.items()))))


def test_a_mass_over_a_square_is_a_body_mass_index() -> None:
    kg, m = dimension.in_base("kg"), dimension.in_base("m")
    assert kg is not None and m is not None
    per_square = kg.dimension / (m.dimension * m.dimension)
    assert per_square.unit == "g.m-2"
    assert dimension.convert(Fraction(80000) / Fraction(2) ** 2, per_square.unit, "kg/m2") == 20
    assert (per_square / per_square).unit == "1"


@pytest.mark.parametrize(("number", "source", "target", "expected"), [
    ("60", "L/h", "mL/min", "1000"), ("101", "[degF]", "Cel", "115/3"), ("310.15", "K", "Cel", "37"), ("37", "Cel", "[degF]", "98.6"),
    ("0", "[degRe]", "Cel", "0"), ("1", "a", "mo", "12"), ("1", "wk", "h", "168"), ("1", "bar", "kPa", "100"), ("120", "mmHg", "kPa", "15.99864"),
    ("2", "mg/kg/d", "ug/(kg.h)", "250/3"), ("9", "K/s", "[degF]/s", "16.2"), ("9", "K2", "Cel2", "9"), ("1", "mL/min/1.73.m2", "mL/min", "1"), ("1", "[iU]", "[IU]", "1"),
    ("3", "{tablet}/d", "/d", "3"), ("1", "kcal", "J", "4184"), ("10", "dB", "B", "1"), ("1", "10*3/uL", "10*9/L", "1"), ("1", "kat", "mol/s", "1"),
])  # fmt: skip
def test_what_is_computed_converts_by_dimension(number: str, source: str, target: str, expected: str) -> None:
    assert dimension.convert(Fraction(number), source, target) == Fraction(expected)


@pytest.mark.parametrize(("source", "target"), [
    ("m3", "L"), ("mo", "d"), ("a", "s"), ("%", "1"), ("mmol/L", "mg/L"), ("eq", "mol"), ("U", "[IU]"), ("U", "mol/s"), ("J", "N.m"), ("mol", "1"),
    ("[HPF]", "1"), ("[APL'U]", "[GPL'U]"), ("[pH]", "mol/L"), ("B[SPL]", "B[SPL]"), ("banana", "g"), ("g", "banana"), ("g", "g2"), ("deg", "rad"),
])  # fmt: skip
def test_other_dimensions_do_not_convert(source: str, target: str) -> None:
    assert dimension.convert(Fraction(1), source, target) is None


def test_every_family_converts_by_dimension_as_it_does_by_itself() -> None:
    compared = 0
    for one in families.names():
        for other in families.names():
            ours = families.convert(Decimal(37), one, other)
            if ours is not None:
                theirs = dimension.convert(Fraction(37), one, other)
                assert theirs is not None
                assert ucum.decimal(theirs) == ours, (one, other)
                compared += 1
    assert compared > 1000


@given(dimensions, dimensions, dimensions)
def test_dimensions_are_a_group(a: Dimension, b: Dimension, c: Dimension) -> None:
    assert (a * b) * c == a * (b * c)
    assert a * b == b * a
    assert a * b / b == a
    assert a / a == Dimension()
    assert a * Dimension() == a
    assert Dimension() / (a / b) == b / a


@given(dimensions)
def test_a_dimension_written_as_a_unit_is_that_dimension(a: Dimension) -> None:
    found = dimension.in_base(a.unit)
    assert found is not None
    assert (found.dimension, found.factor, found.offset) == (a, 1, 0)


@given(
    st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=1000),
    st.sampled_from(families.names()),
    st.sampled_from(families.names()),
)
def test_there_and_back_is_exactly_where_one_was(number: Fraction, one: str, other: str) -> None:
    there = dimension.convert(number, one, other)
    if there is not None:
        assert dimension.convert(there, other, one) == number
