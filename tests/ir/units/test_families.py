"""Families: exact within one, and never between two."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesafety.ir.units import families, ucum


@pytest.mark.parametrize(("value", "source", "target", "expected"), [
    ("1", "mg", "g", "0.001"), ("70000", "g", "kg", "70"), ("1.75", "m", "cm", "175"), ("98.6", "[degF]", "Cel", "37"),
    ("0", "Cel", "K", "273.15"), ("16", "kPa", "mm[Hg]", None), ("7", "d", "wk", "1"), ("2", "a", "mo", "24"),
    ("5", "umol/l", "mmol/L", "0.005"), ("13.5", "g/dL", "g/L", "135"), ("4", "10*9/L", "10*3/uL", "4"), ("1", "kU/L", "U/L", "1000"),
    ("120", "mmHg", "mm[Hg]", "120"), ("60", "mL/min/1.73m2", "mL/min/{1.73_m2}", "60"), ("2", "{tablet}", "tablets", "2"),
    ("60", "/min", "{beats}/min", "60"), ("90", "mL/min/1.73.m2", "mL/min/{1.73_m2}", "90"),
])  # fmt: skip
def test_units_of_one_family_convert_exactly(value: str, source: str, target: str, expected: str | None) -> None:
    found = families.convert(Decimal(value), source, target)
    assert found is not None
    if expected is not None:
        assert found == Decimal(expected)


@pytest.mark.parametrize(("source", "target"), [
    ("mL/min", "mL/min/{1.73_m2}"), ("L/h", "mL/min"), ("L/min", "mL/min"), ("mo", "d"), ("a", "wk"), ("mmol/L", "mg/dL"), ("%", "mmol/mol"),
    ("{tablet}", "{capsule}"), ("U/L", "[IU]/L"), ("mg", "mL"), ("banana", "mg"), ("mg", "banana"), ("", "mg"), ("g/L", "1"),
])  # fmt: skip
def test_what_does_not_convert_is_not_told(source: str, target: str) -> None:
    assert families.convert(Decimal(1), source, target) is None


@pytest.mark.parametrize(("value", "source", "target", "expected"), [
    ("1", "mmol/kg", "umol/kg", "1000"), ("5", "10*3/L", "10*9/L", "0.000005"), ("2", "mg/(kg.d)", "mg/kg/d", "2"), ("1", "1/s", "/min", "60"),
    ("3", "ml.kg-1.min-1", "mL/(kg.min)", "3"), ("1", "kg/m3", "g/dm3", "1"), ("7", "us", "ms", "0.007"), ("1", "k[iU]/L", "[IU]/mL", "1"),
    ("1", "{cells}/mL", "{cells}/uL", "0.001"), ("4", "mmol/(8.h.kg)", "mmol/kg/h", "0.5"),
])  # fmt: skip
def test_units_of_the_same_atoms_are_one_family_whatever_their_prefixes(
    value: str, source: str, target: str, expected: str
) -> None:
    assert families.convert(Decimal(value), source, target) == Decimal(expected)


@pytest.mark.parametrize(("source", "target"), [
    ("L/h", "mL/min"), ("uL/min", "mL/min"), ("uL/min", "L/min"),  # of two families: which is not said
    ("ng/g", "mg/g"), ("mK", "K"), ("mCel", "Cel"), ("cm3", "mL"), ("/h", "/min"), ("{cells}/uL", "/uL"), ("kg{body_wt}", "kg"),
    ("eq", "mol"), ("a_j", "a"), ("mo_s", "mo"), ("bar", "kPa"), ("L.m2/min", "mL/min/{1.73_m2}"), ("m2/m", "m"), ("[degF]", "mCel"),
])  # fmt: skip
def test_other_atoms_or_another_annotation_are_another_family(source: str, target: str) -> None:
    assert families.convert(Decimal(1), source, target) is None
    assert families.convert(Decimal(1), target, source) is None


def test_the_factors_of_the_table_are_those_of_ucum() -> None:
    by_hand = {"mL/min/1.73.m2", "mL/min/1.73/m2", "ml/min/1.73.m2", "ml/min/1.73/m2"}
    assert {name for name in families.names() if families.meant(name) != name} == by_hand
    compared = 0
    for one in families.names():
        for other in families.names():
            ours = families.convert(Decimal(1), one, other)
            if ours is None or {one, other} & by_hand or "[iU]" in one + other:  # to UCUM [iU] and [IU] are two
                continue
            theirs = ucum.convert(Fraction(1), one, other)
            assert theirs is not None
            assert ucum.decimal(theirs) == ours, (one, other)
            compared += 1
    assert compared > 1000


@pytest.mark.parametrize(("unit", "said"), [
    ("mm[Hg]", "valid"), ("mL/(kg.min)", "valid"), ("{tablet}", "valid"), ("mL/min/1.73.m2", "valid"), ("mmHg", "other_spelling"),
    (" kg ", "not_a_unit"), (" mmHg ", "other_spelling"), ("ft", "other_spelling"), ("Kg", "other_spelling"),
    ("degrees C", "other_spelling"), ("seconds", "other_spelling"), ("Banana", "not_a_unit"), ("furlong", "not_a_unit"), ("MMOL/L", "not_a_unit"),
    ("12h", "not_a_unit"), ("", "not_a_unit"),
])  # fmt: skip
def test_what_is_said_of_a_unit_as_it_was_sent(unit: str, said: str) -> None:
    assert families.check(unit) == said


def test_a_unit_is_itself_even_where_nobody_knows_it() -> None:
    assert families.convert(Decimal("1.50"), "banana", "banana") == Decimal("1.50")


def test_a_long_text_is_neither_a_unit_nor_kept() -> None:
    kept = families._steps.cache_info().currsize
    long = "m" * 201
    assert families.convert(Decimal(1), long, long) == 1
    assert families.convert(Decimal(1), long, "m") is None
    assert families._steps.cache_info().currsize == kept


def test_a_quotient_that_does_not_end_stays_on_its_side() -> None:
    found = families.convert(Decimal(100), "[degF]", "Cel")
    assert found is not None
    assert Decimal("37.7777777") < found < Decimal("37.7777778")


@pytest.mark.parametrize("value", ["1E+999999", "1E-999999", "NaN", "Infinity"])
def test_numbers_that_measure_nothing_are_not_computed_with(value: str) -> None:
    assert families.convert(Decimal(value), "mg", "g") is None


@given(
    st.decimals(min_value=-(10**6), max_value=10**6, places=3),
    st.sampled_from(families.names()),
    st.sampled_from(families.names()),
)
def test_there_and_back_is_where_one_was(value: Decimal, one: str, other: str) -> None:
    there = families.convert(value, one, other)
    if there is None:
        assert families.convert(value, other, one) is None
        return
    back = families.convert(there, other, one)
    assert back is not None
    assert abs(back - value) <= abs(value) * Decimal("1e-50") + Decimal("1e-50")


@pytest.mark.parametrize(("unit", "known"), [
    ("mm[Hg]", True), ("mmHg", False), ("{tablet}", True), ("{}", False), ("mmol/l", True), ("mmol/L", True), ("MMOL/L", False),
    ("cm3", True), ("mL/(kg.min)", True), ("meq", True), ("bar", True), ("12h", False), ("", False),
    ("ft", False), ("st", False),  # a femtotonne and a stere to UCUM, feet and stones to everybody
])  # fmt: skip
def test_rules_write_ucum(unit: str, known: bool) -> None:
    assert families.known(unit) is known


def test_other_spellings_lead_to_units_of_the_table() -> None:
    assert families.written_as("mmHg") == "mm[Hg]"
    assert [families.written_as(u) for u in ("Kg", "CM", "Kg/m²", "degrees C", "beats per minute", "secs", "MMHG")] == [
        *("kg", "cm", "kg/m2", "Cel", "/min", "s", "mm[Hg]"),
    ]
    assert families.written_as("banana") is None
    assert all(families.known(u) for u in families._ALSO_WRITTEN.values())
