"""CDSi's deck of vaccination cases: its shortest ages and intervals as rules of this language, its doses as their examples."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

from tests.conformance.authorities import needs, rows, tell

from codesafety.authoring.testing import bind_for_examples, run_examples
from codesafety.engine import frozen_terminology
from codesafety.language.loader import load

CASES = "cdsi_doses.csv"
pytestmark = needs(CASES)

LIMIT = re.compile(r"(?P<length>\d+ \w+)(?: - (?P<grace>\d+) days)?")
HEAD = """ruleset cdsi { title "Shortest ages and intervals" version 1.0.0 language 2 review none }
valueset dose "A dose" { codes test "dose" |A dose| }
valueset previous "The dose before it" { codes test "previous" |The dose before it| }
"""
FORMS = {
    "age": 'for entry e in dose when age at e < {length} say "{{e}}"',
    "interval": 'for entry e in dose with entry p in previous when e is less than {length} after p say "{{e}}"',
}
NO_LIMIT = ("", "0 days")
"""No age is below 0 days: the language refuses such a rule."""
UNEXPLAINED = 29
"""Doses whose label needs more than these two limits (another live vaccine, gender, the product): the deck's facts mark them."""


def question(row: dict[str, str], kind: str, expected: str) -> tuple[str, str]:
    """Return a rule's form and an example of it.

    A limit of two parts with a minus (`12 months - 4 days`) is no length of the language. That a day is not before born + 12
    months - 4 days is that 4 days after it are not before born + 12 months: so the dose is given on the day four days later.
    """
    limit = LIMIT.fullmatch(row[f"abs_min_{kind}"])
    assert limit is not None
    day = date.fromisoformat(row["date"]) + timedelta(days=int(limit["grace"] or 0))
    before = f'given incoming entry "previous", system test, date {row["previous"]}' if kind == "interval" else ""
    given = f'given patient born {row["born"]} given incoming entry "dose", system test, date {day} {before}'
    return FORMS[kind].format(length=limit["length"]), f'example "{row["id"]}" {{ {given} expect {expected} }}'


def test_ages_and_intervals_are_counted_as_the_deck_counts_them(tmp_path: Path) -> None:
    examples: dict[str, list[str]] = defaultdict(list)
    asked = 0
    for row in rows(CASES):
        too_young, too_soon = (row["limits_say"] == words for words in ("Age: Too Young", "Interval: Too Short"))
        # the deck asks the age first, and says no more of a dose that was given too young
        for kind, fires in (("age", too_young), ("interval", too_soon)):
            if row[f"abs_min_{kind}"] not in NO_LIMIT and not (kind == "interval" and too_young):
                form, example = question(row, kind, "fires" if fires else "clear")
                examples[form].append(example)
                asked += 1
    written = [f"rule limit-{n} {{ action note {form} {' '.join(given)} }}" for n, (form, given) in enumerate(examples.items())]
    (tmp_path / "cdsi.rules").write_text(HEAD + "\n".join(written), encoding="utf-8")
    rulesets = load([tmp_path]).rulesets
    results = list(run_examples(bind_for_examples(rulesets, frozen_terminology(rulesets))))
    others = [result.example.name for result in results if not result.passed]
    tell("limits of doses", asked, len(others))
    assert len(results) == asked
    assert others == []


def test_what_the_limits_say_is_what_the_deck_says_of_every_dose_that_they_explain() -> None:
    explained = [row for row in rows(CASES) if row["limits_explain_label"] == "yes"]
    assert len(rows(CASES)) - len(explained) == UNEXPLAINED
    assert [row["id"] for row in explained if (row["reason"] or row["status"]) != row["limits_say"]] == []
