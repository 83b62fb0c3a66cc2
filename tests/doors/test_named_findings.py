"""What a rule found and named: in the sentence, in the finding, in its facts, and in what an example demands."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

import codesafety
from codesafety import Entry, Medication, Record, Submission
from codesafety.authoring.catalogue import sentence
from codesafety.cli.app import app
from codesafety.pytest_plugin import ExampleFailed
from codesafety.record import Coding, Coverage, Quantity, Value
from codesafety.testing import ExampleResult, bind_for_examples, run_examples

CIPROFLOXACIN, STEROID, TENDON, EGFR = "7577004", "52388000", "91936005", "1011481000000105"
RULES = """
ruleset named { title "Named" version 1.0.0 language 2 review none }
valueset ciprofloxacin "Ciprofloxacin" { codes 7577004 |Ciprofloxacin| }
valueset steroid "Steroid" { codes 52388000 |Prednisolone| }
valueset tendon "Tendon" { codes 91936005 |Tendon rupture| }
valueset egfr "eGFR" { codes 1011481000000105 |eGFR| }
rule caution {
  action   note
  for      medication m in ciprofloxacin
  when     exists medication s in steroid as reason where (s overlaps m)
        or exists history t in tendon as reason where (t is before m)
  say      "{m}, and {reason} ({reason.date})."
  example "both" {
    given incoming medication 7577004, date 2025-06-01, days_supply 7, order r1
    given record medication 52388000, date 2025-06-01, days_supply 7, order r2
    given record entry 91936005, date 2020-01-01
    expect fires "Ciprofloxacin, and Tendon rupture, Prednisolone (2020-01-01, 2025-06-01)."
  }
}
rule kidneys {
  action   note
  for      medication m in ciprofloxacin
  when     latest entry x in egfr until m as last has (x.value < 45 "mL/min")
  say      "{last} was {last.value}."
}
"""
COMPLETE = (Coverage(kind="entry"), Coverage(kind="medication"))


def write(folder: Path, rules: str = RULES) -> Path:
    path = folder / "named.rules"
    path.write_text(rules, encoding="utf-8")
    return path


def entry(path: str, code: str, date: str | None, value: int | None = None, **more: str) -> Entry:
    measured = None if value is None else Value(quantity=Quantity(value=value, unit="mL/min"))
    return Entry(path=path, codings=(Coding(system="sct", code=code),), date=date, value=measured, **more)


def steroid(path: str, date: str, order: str) -> Medication:
    products = (Coding(system="sct", code=STEROID),)
    return Medication(path=path, products=products, handed_over=date, days_supply=7, order=order)


def found(folder: Path, *entries: Entry, medications: tuple[Medication, ...] = ()) -> dict[str, codesafety.Result]:
    engine = codesafety.load(write(folder), installed_plugins=False)
    given = Medication(
        path="m", products=(Coding(system="sct", code=CIPROFLOXACIN),), handed_over="2025-06-01", days_supply=7, order="r1"
    )
    record = Record(entries=entries, medications=medications, complete=COMPLETE)
    report = engine.assess(Submission(medications=(given,)), record)
    return {r.rule.rpartition("/")[2]: r for r in report.results if r.outcome == "fires"}


def test_what_was_found_stands_in_the_sentence_and_is_part_of_the_finding(tmp_path: Path) -> None:
    caution = found(tmp_path, entry("t", TENDON, "2020-01-01"), medications=(steroid("s", "2025-06-01", "r2"),))["caution"]
    assert caution.message == (
        f"Ciprofloxacin ({CIPROFLOXACIN}) of 1 June 2025, and Tendon rupture ({TENDON}), Prednisolone ({STEROID}) (1 January 2020, 1 June 2025)."
    )
    assert [(e.path, e.side, e.role, e.takes_action) for e in caution.entries] == [
        ("m", "incoming", "m", True),
        ("t", "record", "reason", False),
        ("s", "record", "reason", False),
    ]
    assert {f.name: f.value for f in caution.facts}["reason"] == (
        f"Tendon rupture ({TENDON}), 2020-01-01, Prednisolone ({STEROID}), 2025-06-01"
    )


def test_only_what_surely_holds_is_named_and_each_once(tmp_path: Path) -> None:
    twice = (steroid("s", "2025-06-01", "r2"), steroid("again", "2025-06-01", "r2"))
    caution = found(tmp_path, entry("t", TENDON, None), medications=twice)["caution"]
    assert [e.path for e in caution.entries] == ["m", "s"]
    assert caution.message.endswith(f"and Prednisolone ({STEROID}) (1 June 2025).")


def test_an_alternative_that_does_not_hold_names_nothing(tmp_path: Path) -> None:
    rules = RULES.replace("where (s overlaps m)\n", "where (s overlaps m) and patient.gender is male\n").replace(
        "exists medication", "(exists medication"
    )
    rules = rules.replace("patient.gender is male\n", "patient.gender is male)\n")
    engine = codesafety.load(write(tmp_path, rules), installed_plugins=False)
    given = Medication(
        path="m", products=(Coding(system="sct", code=CIPROFLOXACIN),), handed_over="2025-06-01", days_supply=7, order="r1"
    )
    patient = codesafety.Patient(gender="female")
    record = Record(
        patient=patient,
        entries=(entry("t", TENDON, "2020-01-01"),),
        medications=(steroid("s", "2025-06-01", "r2"),),
        complete=COMPLETE,
    )
    report = engine.assess(Submission(patient=patient, medications=(given,)), record)
    (caution,) = [r for r in report.results if r.rule == "named/caution"]
    assert [e.path for e in caution.entries] == ["m", "t"]


def test_the_catalogue_shows_a_name_in_brackets(tmp_path: Path) -> None:
    engine = codesafety.load(write(tmp_path), installed_plugins=False)
    titles = {s.name: s.title for r in engine.rulesets for s in r.valuesets}
    assert [sentence(rule, titles) for rule in engine.rules] == [
        "[Ciprofloxacin], and [reason] ([reason.date]).",
        "[last] was [last.value].",
    ]


def test_all_that_may_be_the_latest_are_named_and_the_facts_show_the_one(tmp_path: Path) -> None:
    both = found(tmp_path, entry("a", EGFR, "2025-05-01", 40), entry("b", EGFR, "2025-05-01", 41))["kidneys"]
    assert both.message == f"eGFR ({EGFR}), eGFR ({EGFR}) was 40 mL/min, 41 mL/min."
    one = found(tmp_path, entry("a", EGFR, "2025-05-01", 40), entry("b", EGFR, "2024-05-01", 60))["kidneys"]
    facts = {f.name: f.value for f in one.facts}
    assert (facts["latest x"], facts["x.value"]) == (f"eGFR ({EGFR}), 2025-05-01", "40 mL/min")
    assert one.counterfactual == ('clear if not: latest entry x in egfr until m as last has (x.value < 45 "mL/min")',)


def test_a_value_that_is_a_date_shows_the_date_that_was_judged(tmp_path: Path) -> None:
    rules = RULES + 'rule due { action note for entry e in egfr when e.value is after 2025-01-01 say "{e.value}" }'
    engine = codesafety.load(write(tmp_path, rules), installed_plugins=False)
    sent = Entry(path="e", codings=(Coding(system="sct", code=EGFR),), date="2025-06-01", value=Value(date="2025-03"))
    (due,) = [r for r in engine.assess(Submission(entries=(sent,))).results if r.rule == "named/due"]
    assert due.message == "March 2025"


def results(folder: Path, rules: str) -> list[ExampleResult]:
    engine = codesafety.load(write(folder, rules), installed_plugins=False)
    return list(run_examples(bind_for_examples(engine.rulesets, engine.terminology)))


def test_an_example_demands_its_sentence_word_for_word(tmp_path: Path) -> None:
    (passed,) = results(tmp_path, RULES)
    assert passed.passed
    (failed,) = results(tmp_path, RULES.replace("and Tendon rupture, Prednisolone (", "and Prednisolone, Tendon rupture ("))
    assert not failed.passed
    assert (failed.expected, failed.reference, failed.compiled) == (("fires", frozenset()),) * 3
    said = 'fires "Ciprofloxacin, and Tendon rupture, Prednisolone (2020-01-01, 2025-06-01)."'
    assert (failed.reference_in_words, failed.compiled_in_words) == (said, said)


def test_a_sentence_that_differs_is_shown_by_the_command_and_by_pytest(tmp_path: Path) -> None:
    path = write(tmp_path, RULES.replace("2020-01-01, 2025-06-01).", "2020-01-01)."))
    run = CliRunner().invoke(app, ["rules", "test", str(path)])
    lines = [
        'expected   fires "Ciprofloxacin, and Tendon rupture, Prednisolone (2020-01-01)."',
        'got        fires "Ciprofloxacin, and Tendon rupture, Prednisolone (2020-01-01, 2025-06-01)."',
    ]
    assert run.exit_code == 1
    assert [line.strip() for line in run.stdout.splitlines()][-3:-1] == lines
    (failed,) = results(tmp_path, path.read_text(encoding="utf-8"))
    assert str(ExampleFailed(failed)).splitlines()[-2:] == lines


def test_a_finding_whose_names_cost_too_much_to_find_again_says_its_title(tmp_path: Path) -> None:
    rules = RULES.replace("rule kidneys {", 'rule kidneys {\n  title    "Kidneys"')
    engine = codesafety.load(write(tmp_path, rules), work_budget=1100, installed_plugins=False)
    given = tuple(
        Medication(path=f"m[{n}]", products=(Coding(system="sct", code=CIPROFLOXACIN),), handed_over=f"2025-06-{n + 1:02}")
        for n in range(12)
    )
    record = Record(entries=(entry("a", EGFR, "2025-05-01", 40),), complete=COMPLETE)
    report = engine.assess(Submission(medications=given), record)
    said = [r.message for r in report.results if r.rule == "named/kidneys"]
    assert len(said) == 12
    assert said[0] != "Kidneys" and said[-1] == "Kidneys"
    assert "explaining them takes too much work" in str(report.errors)
