"""Bounds, arithmetic and strengths: what numbers come to."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest

from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.items import ItemFact
from codesafety.evaluation.numbers import Measure, calculated, ends, measured, ordered
from codesafety.evaluation.strengths import strength
from codesafety.ir.units.dimension import Dimension
from codesafety.record import Coding, Medication, Quantity
from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.interface import Product

COMPARATORS = (None, "<", "<=", ">", ">=")
HOLDS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
QUARTERS = [Fraction(n, 4) for n in range(-8, 21)]


def may_be(number: Fraction, comparator: str | None) -> list[Fraction]:
    """Every quarter, near enough, that a result may mean."""
    return [n for n in QUARTERS if (n == number if comparator is None else HOLDS[comparator](n, number))]


@pytest.mark.parametrize(("one", "other"), list(product(COMPARATORS, COMPARATORS)))
def test_two_numbers_are_in_order_where_every_pair_of_what_they_may_be_is(one: str | None, other: str | None) -> None:
    for a, b, (sign, holds) in product((Fraction(1), Fraction(2)), (Fraction(1), Fraction(2)), HOLDS.items()):
        pairs = {holds(x, y) for x, y in product(may_be(a, one), may_be(b, other))}
        assert ordered(ends(a, one), sign, ends(b, other)) is (pairs.pop() if len(pairs) == 1 else None), (a, sign, b)


def pure(number: Fraction | int) -> Measure:
    return Measure(Fraction(number), Dimension())


def test_a_third_is_not_rounded() -> None:
    assert calculated("/", pure(1), pure(3)) == pure(Fraction(1, 3))


@pytest.mark.parametrize(("sign", "one", "other", "forbids"), [
    ("/", pure(1), pure(0), "nought"), ("*", pure(10**16), pure(10**15), "size"), ("/", pure(1), pure(10**31), "size"),
    ("*", pure(10**15), pure(10**15), None), ("/", pure(1), pure(10**30), None), ("*", pure(0), pure(10**30), None),
    ("+", pure(1), Measure(Fraction(1), Dimension((("g", 1),))), "dimensions"),
    ("*", pure(1), Measure(Fraction(1), Dimension((("g", 1),))), None),
])  # fmt: skip
def test_what_cannot_be_calculated_says_why(sign: str, one: Measure, other: Measure, forbids: str | None) -> None:
    found = calculated(sign, one, other)
    assert found == forbids if forbids is not None else isinstance(found, Measure)


def test_a_number_without_a_unit_is_a_pure_one_and_a_temperature_is_in_celsius() -> None:
    assert measured(Fraction(2), None) == pure(2)
    assert measured(Fraction(212), "[degF]") == Measure(Fraction(100), Dimension((("Cel", 1),)))
    assert measured(Fraction(2), "furlong") is None


def medicine(text: str | None, counted: str | None = None, code: str = "27658006") -> ItemFact:
    quantity = None if counted is None else Quantity(value=Decimal(28), unit=counted)
    model = Medication(path="m", products=(Coding(system="sct", code=code),), strength=text, quantity=quantity)
    return ItemFact(model, None, True, 0, Codebook(FrozenTerminology()), False)


@pytest.mark.parametrize(("text", "counted", "expected"), [
    ("500 mg", None, ("500", "mg")), ("62.5ug", None, ("62.5", "ug")), ("500 mg", "{tablet}", ("500", "mg")),
    ("5 mg / 1 mL", None, ("5", "mg")), ("5 mg/mL", None, ("5", "mg")), ("250 mg / 5 mL", None, ("50", "mg")),
    ("250 mg / 5 mL", "mL", ("50", "mg")), ("250 mg / 5 mL", "", ("50", "mg")), ("250 mg / 5 mL", "L", ("50000", "mg")), ("1000 [IU] / 1", None, ("1000", "[IU]")),
    ("5 mg / {tablet}", None, ("5", "mg")),
    ("250 mg / 5 mL", "{tablet}", None), ("8 mg / 500 mg", None, None), ("5 mg / 0 mL", None, None), ("500", None, None),
    ("strong", None, None), ("5 furlong", None, None), ("500 mg and 8 mg", None, None), (None, None, None), ("", None, None),
    ("1e9 mg", None, None), ("5 mg / L", None, None),
])  # fmt: skip
def test_a_strength_is_what_one_unit_of_the_quantity_holds(
    text: str | None, counted: str | None, expected: tuple[str, str] | None
) -> None:
    found = strength(medicine(text, counted))
    assert (None if found is None else (str(found.value), found.unit)) == expected


def test_a_strength_beside_several_ingredients_is_not_read() -> None:
    assert strength(medicine("500 mg", code="42010211000001106")) is None  # co-codamol


def test_a_strength_that_was_not_sent_is_that_of_the_product() -> None:
    item = medicine(None)
    item.product = Product("1", "vmp", None, frozenset(), None, frozenset({"x"}), strength="5 mg / 1 mL")
    assert strength(item) == Quantity(value=Decimal(5), unit="mg")
    sent = medicine("250 mg / 5 mL")
    sent.product = item.product
    assert strength(sent) == Quantity(value=Decimal(50), unit="mg")
