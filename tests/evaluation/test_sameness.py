"""Two entries that say the same, whatever order and places their parts were sent in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.sameness import same_entry
from codesafety.record import Coding, Component, Entry, Quantity, Submission, Value
from codesafety.terminology.frozen import FrozenTerminology

ANSWER = Coding(system="sct", code="275927000")


def panel(entry: int, *answers: Value) -> Entry:
    parts = tuple(Component(path=f"e{entry}.c{n}", codings=(ANSWER,), value=answer) for n, answer in enumerate(answers))
    return Entry(path=f"e{entry}", date="2026-03-04", codings=(Coding(system="sct", code="75367002"),), components=parts)


def coded(code: str, path: str) -> Value:
    return Value(codings=(Coding(system="sct", code=code, path=path),))


def same(one: Entry, other: Entry) -> bool | None:
    facts = Facts(Submission(entries=(one, other)), None, Codebook(FrozenTerminology({})))
    first, second = (item for item in facts.incoming if item.component is None)
    return same_entry(first, second)[0]


@pytest.mark.parametrize(
    ("answers", "others"),
    [
        ([coded("77386006", "a"), coded("60001007", "b")], [coded("60001007", "c"), coded("77386006", "d")]),
        ([Value(text="left"), Value(text="right")], [Value(text="right"), Value(text="left")]),
        ([coded("77386006", "z"), coded("77386006", "a")], [coded("77386006", "b"), coded("77386006", "y")]),
    ],
)
def test_equal_components_are_the_same_in_any_order_and_place(answers: list[Value], others: list[Value]) -> None:
    assert same(panel(0, *answers), panel(1, *others)) is True


def test_components_of_which_one_differs_are_not_the_same() -> None:
    assert same(panel(0, Value(text="left"), Value(text="right")), panel(1, Value(text="left"), Value(text="left"))) is False


def compared(one: dict[str, Any], other: dict[str, Any]) -> tuple[bool | None, set[tuple[int, str]]]:
    given = {"codings": (Coding(system="sct", code="75367002"),), "date": "2026-03-04"}
    entries = (Entry(path="a", **(given | one)), Entry(path="b", **(given | other)))
    facts = Facts(Submission(entries=entries), None, Codebook(FrozenTerminology({})))
    same, lacking = same_entry(*(item for item in facts.incoming if item.component is None))
    return same, set(lacking)


def number(value: float | None, unit: str | None = "kg", comparator: Any = None) -> Value:
    return Value(quantity=Quantity(value=None if value is None else Decimal(value), unit=unit, comparator=comparator))


BOTH = {(0, "value"), (1, "value")}


@pytest.mark.parametrize(
    ("one", "other", "same", "lacking"),
    [
        (None, None, True, set()),
        (None, Value(), True, set()),
        (None, number(None), True, set()),
        (Value(text="x"), None, None, {(1, "value")}),
        (Value(), Value(text="x"), None, {(0, "value")}),
        (number(5), number(5), True, set()),
        (number(5), number(6), False, set()),
        (number(5), number(5000, "g"), True, set()),
        (number(5), number(5001, "g"), False, set()),
        (number(5), number(5, comparator="<"), False, set()),
        (number(5, comparator="<"), number(5, comparator="<"), True, set()),
        (number(5), number(5, None), None, {(1, "value")}),
        (number(5, None), number(5), None, {(0, "value")}),
        (number(5, None), number(5, None), True, set()),
        (number(5), number(5, "m"), None, BOTH),
        (number(None), number(5), None, {(0, "value")}),
        (Value(text="x"), Value(text="x"), True, set()),
        (Value(text="x"), Value(text="y"), False, set()),
        (Value(text="x"), number(5), None, BOTH),
        (Value(boolean=True), Value(boolean=True), True, set()),
        (Value(boolean=True), Value(boolean=False), False, set()),
        (Value(boolean=False), Value(text="no"), None, BOTH),
        (Value(date="2026-01-01"), Value(date="2026-01-01"), True, set()),
        (Value(date="2026-01-01"), Value(date="2026-01-02"), False, set()),
        (Value(date="2026-01-01"), Value(date="2026-01"), None, {(1, "value")}),
        (Value(date="2026-01"), Value(date="2026-02"), False, set()),
        (Value(date="2026-01"), Value(date="2026-01"), None, BOTH),
        (Value(date="2026-01-01"), Value(text="2026-01-01"), None, BOTH),
        (coded("77386006", "a"), coded("77386006", "b"), True, set()),
        (coded("77386006", "a"), coded("60001007", "b"), False, set()),
        (coded("77386007", "a"), coded("60001007", "b"), None, {(0, "value")}),
        (coded("77386006", "a"), coded("60001008", "b"), None, {(1, "value")}),
        (coded("77386006", "a"), Value(text="Pregnancy"), None, BOTH),
    ],
)
def test_two_values_are_the_same_differ_or_lack_something(
    one: Value | None, other: Value | None, same: bool | None, lacking: set[tuple[int, str]]
) -> None:
    assert compared({"value": one}, {"value": other}) == (same, lacking)
    assert compared({"value": other}, {"value": one}) == (same, {(1 - side, field) for side, field in lacking})


@pytest.mark.parametrize(
    ("one", "other", "same", "lacking"),
    [
        ({"date": "2026-03-05"}, {}, False, set()),
        ({"date": "2026-03"}, {}, None, {(0, "date")}),
        ({"date": None}, {}, None, {(0, "date")}),
        ({"date": None}, {"date": None}, None, {(0, "date"), (1, "date")}),
        ({"date": "2026-04"}, {}, False, set()),
        ({"codings": ()}, {}, None, {(0, "code")}),
        ({"codings": (Coding(system="sct", code="77386006"),)}, {}, False, set()),
        ({"codings": (Coding(system="readv2", code="62..."),)}, {}, None, {(0, "code"), (1, "code")}),
        ({"codings": (Coding(system="readv2", code="62..."), Coding(system="sct", code="75367002"))}, {}, True, set()),
        ({"codings": (), "date": None}, {}, None, {(0, "code"), (0, "date")}),
        ({"codings": (), "date": "2026-03-05"}, {}, False, set()),
    ],
)
def test_two_entries_are_the_same_by_code_and_day(
    one: dict[str, Any], other: dict[str, Any], same: bool | None, lacking: set[tuple[int, str]]
) -> None:
    assert compared(one, other) == (same, lacking)
    assert compared(other, one) == (same, {(1 - side, field) for side, field in lacking})


def test_a_component_on_one_side_only_is_missing_on_the_other() -> None:
    part = Component(path="c", codings=(ANSWER,), value=Value(text="left"))
    assert compared({"components": (part,)}, {}) == (None, {(1, "value")})
    assert compared({"components": (part, part)}, {"components": (part,)}) == (None, {(1, "value")})
    assert compared({}, {"components": (part,)}) == (None, {(0, "value")})
