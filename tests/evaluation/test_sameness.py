"""Two entries that say the same, whatever order and places their parts were sent in."""

from __future__ import annotations

import pytest

from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.sameness import same_entry
from codesafety.record import Coding, Component, Entry, Submission, Value
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
