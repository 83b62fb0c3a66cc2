"""Numbers: what no example of the manual can show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.spec.manual import FOLDER, page

import codesafety
from codesafety import Entry, Patient, Record, Submission
from codesafety.errors import ConfigurationError, RuleError
from codesafety.language.loader import load_texts
from codesafety.record import Coding, Coverage, Quantity, Value

NUMBERS = page(FOLDER / "numbers.md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "codes").mkdir()
    (tmp_path / "numbers.rules").write_text(NUMBERS.rules, encoding="utf-8")
    for name, data in NUMBERS.data.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def facts(folder: Path, code: str, value: Quantity, **more: Any) -> dict[str, str]:
    engine = codesafety.load(folder, installed_plugins=False, **more)
    entry = Entry(path="e", codings=(Coding(system="sct", code=code),), date="2025-06-01", value=Value(quantity=value))
    complete = Record(patient=Patient(), complete=(Coverage(kind="entry"), Coverage(kind="medication")))
    report = engine.assess(Submission(entries=(entry,)), complete)
    return {
        fact.name: fact.value for result in report.results if "pressure-too-high" in result.rule or "implausible" in result.rule
        for fact in result.facts
    }  # fmt: skip


def test_a_value_whose_row_says_no_unit_is_refused() -> None:
    data = {"codes/plausible.csv": NUMBERS.data["codes/plausible.csv"].replace(b"27113001,kg", b"27113001,")}
    with pytest.raises(RuleError) as caught:
        load_texts({"numbers.rules": NUMBERS.rules}, data)
    assert [(d.code, d.message) for d in caught.value.diagnostics if d.code.startswith("CS2")] == [
        ("CS227", "`low`: `0.2` has no unit")
    ]


@pytest.mark.parametrize(("unit", "shown", "read"), [
    (None, "301", "read as mm[Hg], as this one was"),
    ("mm[Hg]", "301 mm[Hg]", "read as mm[Hg], and this one was sent with a unit"),
])  # fmt: skip
def test_every_finding_repeats_what_its_rule_assumes_and_shows_what_was_sent(
    folder: Path, unit: str | None, shown: str, read: str
) -> None:
    found = facts(folder, "72313002", Quantity(value=301, unit=unit))
    assert (found["e.value"], found["e.value without a unit"]) == (shown, read)


def test_a_limit_with_a_unit_is_set_in_that_unit(folder: Path) -> None:
    assert facts(folder, "72313002", Quantity(value=310, unit="mm[Hg]"), limits={"manual.numbers/too_high": "320 mm[Hg]"}) == {}
    assert facts(folder, "72313002", Quantity(value=330, unit="mm[Hg]"), limits={"manual.numbers/too_high": "320 mm[Hg]"})


@pytest.mark.parametrize(("given", "told"), [
    ("40 kPa", "write it like its default, 300 mm[Hg]"), ("320", "write it like its default, 300 mm[Hg]"),
    ("500 mm[Hg]", "may be set from 250 mm[Hg] to 400 mm[Hg], not to 500 mm[Hg]"), ("high", "write a number and a unit"),
])  # fmt: skip
def test_a_limit_with_a_unit_that_is_set_otherwise_is_refused(folder: Path, given: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told.replace("[", r"\[").replace("]", r"\]")):
        codesafety.load(folder, installed_plugins=False, limits={"manual.numbers/too_high": given})
