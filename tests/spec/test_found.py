"""`found`, row by row of table 28: examples of our own, and what a report says of such an exception."""

from __future__ import annotations

from pathlib import Path

from codesafety import Engine, load
from codesafety.authoring.testing import bind_for_examples, run_examples
from codesafety.engine import frozen_terminology
from codesafety.record import Coding, Coverage, Entry, Record, Submission

TRIAL = Path(__file__).parent / "found"


def test_every_example_is_answered_as_it_expects_by_both_evaluators() -> None:
    engine = load(TRIAL, installed_plugins=False)
    results = list(run_examples(bind_for_examples(engine.rulesets, frozen_terminology(engine.rulesets))))
    assert [(r.rule, r.example.name, r.expected, r.reference, r.compiled) for r in results if not r.passed] == []
    assert len(results) == 23


def exceptions(engine: Engine, record: Record | None) -> dict[str, list[tuple[str, str, tuple[str, ...]]]]:
    pregnant = Entry(path="e", codings=(Coding(system="sct", code="77386006"),), date="2025-06-01")
    report = engine.assess(Submission(entries=(pregnant,)), record)
    return {
        r.rule.rpartition("/")[2]: [(e.label, e.outcome, e.missing) for e in r.exceptions]
        for r in report.results
        if r.outcome == "fires"
    }


def test_a_report_says_that_only_what_was_seen_was_asked() -> None:
    engine = load(TRIAL, installed_plugins=False)
    assert exceptions(engine, None) == {
        "pregnant-again": [("a scan, as far as was looked", "does not hold", ())],
        "pregnant-and-not-borne-out": [("borne out, as far as was looked", "does not hold", ())],
    }
    undated = Entry(path="s", codings=(Coding(system="sct", code="16310003"),))
    record = Record(entries=(undated,), complete=(Coverage(kind="entry"), Coverage(kind="medication")))
    assert exceptions(engine, record) == {
        "pregnant-again": [("a scan, as far as was looked", "could not be tested", ("s.date",))],
        "pregnant-and-not-borne-out": [("borne out, as far as was looked", "could not be tested", ("s.date",))],
    }
