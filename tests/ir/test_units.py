"""Units: exact within a family, and never between two."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesafety.ir import units


@pytest.mark.parametrize(("value", "source", "target", "expected"), [
    ("1", "mg", "g", "0.001"), ("70000", "g", "kg", "70"), ("1.75", "m", "cm", "175"), ("98.6", "[degF]", "Cel", "37"),
    ("0", "Cel", "K", "273.15"), ("16", "kPa", "mm[Hg]", None), ("7", "d", "wk", "1"), ("2", "a", "mo", "24"),
    ("5", "umol/l", "mmol/L", "0.005"), ("13.5", "g/dL", "g/L", "135"), ("4", "10*9/L", "10*3/uL", "4"), ("1", "kU/L", "U/L", "1000"),
    ("120", "mmHg", "mm[Hg]", "120"), ("60", "mL/min/1.73m2", "mL/min/{1.73_m2}", "60"), ("2", "{tablet}", "tablets", "2"),
    ("60", "/min", "{beats}/min", "60"),
])  # fmt: skip
def test_units_of_one_family_convert_exactly(value: str, source: str, target: str, expected: str | None) -> None:
    found = units.convert(Decimal(value), source, target)
    assert found is not None
    if expected is not None:
        assert found == Decimal(expected)


@pytest.mark.parametrize(("source", "target"), [
    ("mL/min", "mL/min/{1.73_m2}"), ("L/h", "mL/min"), ("L/min", "mL/min"), ("mo", "d"), ("a", "wk"), ("mmol/L", "mg/dL"), ("%", "mmol/mol"),
    ("{tablet}", "{capsule}"), ("U/L", "[IU]/L"), ("mg", "mL"), ("banana", "mg"), ("mg", "banana"), ("", "mg"), ("g/L", "1"),
])  # fmt: skip
def test_what_does_not_convert_is_not_told(source: str, target: str) -> None:
    assert units.convert(Decimal(1), source, target) is None


def test_a_unit_is_itself_even_where_nobody_knows_it() -> None:
    assert units.convert(Decimal("1.50"), "banana", "banana") == Decimal("1.50")


def test_a_quotient_that_does_not_end_stays_on_its_side() -> None:
    found = units.convert(Decimal(100), "[degF]", "Cel")
    assert found is not None
    assert Decimal("37.7777777") < found < Decimal("37.7777778")


@pytest.mark.parametrize("value", ["1E+999999", "1E-999999", "NaN", "Infinity"])
def test_numbers_that_measure_nothing_are_not_computed_with(value: str) -> None:
    assert units.convert(Decimal(value), "mg", "g") is None


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=3), st.sampled_from(units.names()), st.sampled_from(units.names()))
def test_there_and_back_is_where_one_was(value: Decimal, one: str, other: str) -> None:
    there = units.convert(value, one, other)
    if there is None:
        assert units.convert(value, other, one) is None
        return
    back = units.convert(there, other, one)
    assert back is not None
    assert abs(back - value) <= abs(value) * Decimal("1e-50") + Decimal("1e-50")


@pytest.mark.parametrize(("unit", "known"), [
    ("mm[Hg]", True), ("mmHg", False), ("{tablet}", True), ("{}", False), ("mmol/l", True), ("mmol/L", True), ("MG", False),
])  # fmt: skip
def test_rules_write_ucum(unit: str, known: bool) -> None:
    assert units.known(unit) is known


def test_other_spellings_lead_to_units_of_the_table() -> None:
    assert units.written_as("mmHg") == "mm[Hg]"
    assert units.written_as("banana") is None
    assert all(units.known(u) for u in units._ALSO_WRITTEN.values())
