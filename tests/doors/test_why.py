"""`codesafety why`: one rule and one message, clause by clause, also where it did not fire or was never asked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.places import ROOT
from typer.testing import CliRunner, Result

from codesafety import load
from codesafety.authoring.testing import Texts, bind_for_examples, build
from codesafety.authoring.why import Clause, Trace, trace
from codesafety.cli.app import app
from codesafety.engine import frozen_terminology

MESSAGE = str(ROOT / "docs" / "examples" / "pregnancy-status-update.xml")
RECORD = str(ROOT / "docs" / "examples" / "record-complete.json")
MALE = "uk.pregnancy/pregnant-patient-recorded-male"


def why(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["why", *map(str, arguments)], catch_exceptions=False)


def traced(*arguments: str | Path) -> Any:
    found = json.loads(why(*arguments, "--format", "json").stdout)
    assert found["trace_version"] == "1"
    (one,) = found["traces"]
    return one


def test_a_rule_that_is_clear_shows_which_clause_was_not_so_and_nothing_private() -> None:
    run = why(MESSAGE, "pregnant-patient-recorded-male")
    assert (run.exit_code, run.stdout.splitlines()[1:]) == (
        0,
        [
            "  Pregnant (77386006), 2026-03-04 (Bundle.entry[2].resource.entry[6].resource): clear",
            "    true        for entry e in pregnant",
            "    false       patient.gender is male [patient.gender: female]",
            "    unless",
            "      not shown   what is private to the patient",
        ],
    )
    one = traced(MESSAGE, MALE)
    assert (one["answer"], one["compiled"], one["reason"]) == ("clear", "clear", None)
    assert one["asked"][0]["clauses"][1] == {
        "words": "patient.gender is male",
        "value": "false",
        "facts": {"patient.gender": "female"},
        "missing": [],
        "parts": [],
    }


def test_a_rule_that_was_never_asked_says_why() -> None:
    no_code = traced(MESSAGE, next(rule.name for rule in load("uk.sex").rules), "--rules", "uk.sex")
    assert no_code["answer"] == "not asked"
    assert re.fullmatch(r"nothing that is incoming (has a code in `.+`|is a .+|is what it ranges over)", no_code["reason"])


def test_what_is_missing_is_told_and_a_record_changes_it() -> None:
    untold = traced(MESSAGE, "uk.pregnancy/pregnant-soon-after-a-birth")
    assert (untold["answer"], untold["missing"]) == ("cannot tell", ["record"])
    assert traced(MESSAGE, "uk.pregnancy/pregnant-soon-after-a-birth", "--record", RECORD)["answer"] == "not asked"


def test_a_rule_that_a_profile_has_off_is_traced_all_the_same(tmp_path: Path) -> None:
    change = {"rule": MALE, "action": "off", "reason": "a test of it", "role": "lead", "until": "2026-12-31"}
    (tmp_path / "profile.json").write_text(json.dumps({"name": "a practice", "changes": [change]}), "utf-8")
    one = traced(MESSAGE, MALE, "--profile", tmp_path / "profile.json")
    assert (one["answer"], one["reason"], one["compiled"]) == ("not asked", "the profile has it off until 2026-12-31", None)
    assert one["asked"][0]["clauses"][1]["value"] == "false"


def test_a_rule_that_is_not_in_force_or_not_loaded_says_so(tmp_path: Path) -> None:
    (tmp_path / "my.rules").write_text(
        'ruleset my.rules { title "Mine" version 1.0.0 language 1 review none }\n'
        'valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| source "a test" }\n'
        'rule later { action note hazard H-01 source "a test" because "a test" valid from 2030-01-01\n'
        '  for entry e in pregnant when patient.gender is female say "{e}" }\n',
        "utf-8",
    )
    one = traced(MESSAGE, "later", "--rules", tmp_path)
    assert (one["answer"], one["reason"]) == ("not asked", "it is in force from 2030-01-01, which the message's day is not")
    optional = next(rule.name for rule in load("uk.pincer").rules if rule.ruleset == "uk.pincer")
    assert traced(MESSAGE, optional)["reason"] == "its ruleset `uk.pincer` is off by default; --rules loads it"


def test_a_clause_that_asks_what_is_private_is_not_shown_and_neither_is_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "my.rules").write_text(
        'ruleset my.rules { title "Mine" version 1.0.0 language 2 review none }\n'
        'valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| }\n'
        "rule asks { action note for entry e in pregnant when patient.sex_at_birth is female and patient.gender is female "
        'say "{e}" }\n',
        "utf-8",
    )
    one = traced(MESSAGE, "asks", "--rules", tmp_path)
    assert (one["answer"], one["missing"]) == ("cannot tell", [])
    (asked,) = one["asked"]
    shown = [(clause["words"], clause["value"], clause["missing"]) for clause in asked["clauses"]]
    assert shown == [
        ("for entry e in pregnant", "true", []),
        ("what is private to the patient", "not shown", []),
        ("patient.gender is female", "true", []),
    ]
    assert "birth" not in why(MESSAGE, "asks", "--rules", tmp_path).stdout


SEVERAL = """ruleset my.rules { title "Mine" version 1.0.0 language 2 review none }
valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| }
valueset birth "Birth" { codes 118215003 |Delivery finding| }
rule pair {
  action note for entry a in pregnant with entry b in pregnant when a is before b say "{a} {b}"
  example "a" { given incoming entry 77386006, date 2025-06-01 given record entry 77386006, date 2025-05-01 expect fires }
  example "b" { given incoming entry 77386006, date 2025-06-01 given record entry 77386006, date 2025-07-01 expect fires }
}
rule excused {
  action note for entry a in pregnant with entry b in pregnant when b is before a or a is before b
  unless "the one on record is older" a is before b and b is incoming say "{a} {b}"
  example "a" { given incoming entry 77386006, date 2025-06-01 given record entry 77386006, date 2025-05-01 expect clear }
}
rule undated {
  action note for entry a in pregnant with entry b in pregnant when a is before b and a.origin is outside say "{a} {b}"
  example "a" { given incoming entry 77386006, date 2025-06-01, origin practice given record entry 77386006, origin outside
    expect cannot tell: a.date }
  example "b" { given incoming entry 77386006, origin outside given record entry 77386006, date 2025-05-01, origin practice
    expect cannot tell: a.date }
}
rule many {
  action note for entry e in pregnant when exists history h in birth where (h is before e) say "{e}"
  example "seven" { given incoming entry 77386006, date 2025-06-01 SEVEN expect fires }
}
""".replace("SEVEN", " ".join(f"given record entry 118215003, date 200{year}-01-01" for year in range(7)))


def traces_of(folder: Path, name: str) -> list[Trace]:
    (folder / "my.rules").write_text(SEVERAL, "utf-8")
    engine = load(folder)
    binding = bind_for_examples(engine.rulesets, frozen_terminology(engine.rulesets))
    (rule,) = (rule for rule in engine.rules if rule.name == f"my.rules/{name}")
    given = [build(one) for one in rule.examples]
    return [trace(binding, rule, engine.rulesets[0], one.submission, one.record, Texts(engine.sources)) for one in given]


def test_a_pair_without_order_is_shown_as_it_fires(tmp_path: Path) -> None:
    for one in traces_of(tmp_path, "pair"):
        assert one.answer == "fires"
        (asked,) = one.asked
        assert [(clause.words, clause.value) for clause in asked.clauses[1:]] == [("a is before b", "true")]


def test_an_exception_of_a_pair_without_order_is_shown_as_it_holds(tmp_path: Path) -> None:
    (one,) = traces_of(tmp_path, "excused")
    (asked,) = one.asked
    assert (one.answer, asked.outcome) == ("clear", "clear")
    assert [(clause.words, clause.value) for clause in asked.exceptions] == [("the one on record is older", "true")]


def test_a_pair_without_order_that_cannot_be_told_shows_what_it_lacks(tmp_path: Path) -> None:
    for one in traces_of(tmp_path, "undated"):
        (asked,) = one.asked
        assert one.answer == "cannot tell"
        assert [clause.value for clause in asked.clauses[1:]] == ["cannot tell", "true"]


def test_of_many_members_five_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    (one,) = traces_of(tmp_path, "many")
    (asked,) = one.asked
    members = asked.clauses[1].parts
    assert [member.value for member in members] == ["true"] * 5 + ["not shown"]
    assert members[-1].words == "and 2 more"


def test_no_such_rule_is_exit_2_with_one_that_is_near() -> None:
    run = why(MESSAGE, "pregnant-patient-recorded-mal")
    assert (run.exit_code, run.stdout) == (2, "")
    assert "did you mean" in run.stderr and "pregnant-patient-recorded-male" in run.stderr


def test_the_name_of_a_ruleset_is_said_to_be_one() -> None:
    run = why(MESSAGE, "uk.sex")
    assert (run.exit_code, run.stdout) == (2, "")
    assert "`uk.sex` is a ruleset" in run.stderr


def test_what_a_rule_ranges_over_is_shown_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("code,hi\n77386006,20\n", "utf-8")
    (tmp_path / "my.rules").write_text(
        'ruleset my.rules { title "Mine" version 1.0.0 language 1 review none }\n'
        'valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| source "a test" }\n'
        'table ages from "a.csv" { key code in sct column hi years source "a test" }\n'
        'rule whole { action note for message when exists entry x in pregnant where (x is incoming) say "One." }\n'
        'rule by-row { action note for entry e with row r of ages when age at e >= r.hi say "{e}" }\n',
        "utf-8",
    )
    words = [traced(MESSAGE, name, "--rules", tmp_path)["asked"][0]["clauses"][0]["words"] for name in ("whole", "by-row")]
    assert words == ["for message", "for entry e with row r of ages"]


def test_a_paragraph_for_a_reader_who_writes_no_rules() -> None:
    said = " ".join(why(MESSAGE, MALE, "--format", "paragraph").stdout.split())
    assert "raised nothing. It looked at Pregnant (77386006), 2026-03-04." in said
    assert "it is not so that “patient.gender is male” (patient.gender: female)" in said


@pytest.mark.parametrize("name", ["uk.contraception", "uk.blood_pressure"])
def test_a_trace_answers_as_the_examples_expect_and_names_no_day_of_birth(name: str) -> None:
    engine = load(name)
    binding = bind_for_examples(engine.rulesets, frozen_terminology(engine.rulesets))
    rulesets = {ruleset.name: ruleset for ruleset in engine.rulesets}

    def values(clauses: tuple[Clause, ...]) -> set[str]:
        return {c.value for c in clauses} | {v for c in clauses for v in values(c.parts)}

    seen: set[str] = set()
    for rule in (one for one in binding.rules if one.ruleset == name):
        for example in rule.examples:
            given = build(example)
            one = trace(binding, rule, rulesets[name], given.submission, given.record, Texts())
            seen.add(one.answer)
            assert one.agreed
            assert example.expect == ("clear" if one.answer == "not asked" else one.answer)
            assert set(example.missing) == set(one.missing)
            for asked in one.asked:
                assert values(asked.clauses) <= {"true", "false", "cannot tell", "not shown"}
                if asked.outcome == "fires":
                    assert {c.value for c in asked.clauses} <= {"true", "not shown"}
            assert (
                given.submission.patient.born is None
                or given.submission.patient.born not in json.dumps(one.as_data())
                or (given.submission.patient.born in {e.date for e in given.submission.entries})
            )
    assert {"fires", "clear", "cannot tell"} <= seen
