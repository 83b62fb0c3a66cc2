"""Base units: what units are made of, by which computed numbers convert."""

from __future__ import annotations

from fractions import Fraction

import pytest

from codesafety.ir.units.dimension import Dimension, in_base

G, M, L, S, MOL, PA, CEL, MO = "g", "m", "L", "s", "mol", "Pa", "Cel", "mo"


@pytest.mark.parametrize(("unit", "powers", "factor"), [
    ("kg", ((G, 1),), 1000), ("kg/m2", ((G, 1), (M, -2)), 1000), ("mm[Hg]", ((PA, 1),), "133.322"), ("mmHg", ((PA, 1),), "133.322"),
    ("/min", ((S, -1),), Fraction(1, 60)), ("{beats}/min", ((S, -1),), Fraction(1, 60)), ("Hz", ((S, -1),), 1),
    ("mmol/L", ((L, -1), (MOL, 1)), "0.001"), ("10*9/L", ((L, -1),), 10**9), ("10*3/uL", ((L, -1),), 10**9),
    ("cm2", ((M, 2),), "0.0001"), ("g.m-2", ((G, 1), (M, -2)), 1), ("{tablet}", (), 1), ("1", (), 1), ("a", ((MO, 1),), 12),
    ("%", (("%", 1),), 1), ("[iU]/L", ((L, -1), ("[IU]", 1)), 1), ("mL/min/{1.73_m2}", ((L, 1), (S, -1)), Fraction(1, 60000)),
])  # fmt: skip
def test_a_unit_is_a_product_of_powers_of_base_units(unit: str, powers: tuple[tuple[str, int], ...], factor: int | str) -> None:
    found = in_base(unit)
    assert found is not None
    assert (found.dimension, found.factor, found.offset) == (Dimension(powers), Fraction(factor), 0)


@pytest.mark.parametrize("unit", ["furlong", "kg/furlong", "mg/mmol/x", "kg}", "{", "m999999999"])
def test_a_unit_with_an_atom_that_is_not_in_the_table_is_in_no_base_units(unit: str) -> None:
    assert in_base(unit) is None


def test_an_offset_counts_of_a_temperature_that_stands_alone() -> None:
    fahrenheit, by_degree = in_base("[degF]"), in_base("mmol/[degF]")
    assert fahrenheit is not None
    assert by_degree is not None
    assert 100 * fahrenheit.factor + fahrenheit.offset == Fraction(340, 9)
    assert (by_degree.factor, by_degree.offset) == (Fraction(9, 5000), 0)


def test_dimensions_multiply_and_divide_and_what_cancels_is_gone() -> None:
    length, mass = Dimension(((M, 1),)), Dimension(((G, 1),))
    assert mass / (length * length) == Dimension(((G, 1), (M, -2)))
    assert length / length == Dimension()
