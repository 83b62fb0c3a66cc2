"""What the playground answers, without a page or a server."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from codesafety.playground.answering import Playground

FIRST = (files("codesafety.playground") / "page" / "first.rules").read_text("utf-8")
NAME = "pregnant-patient-recorded-male"


@pytest.fixture(scope="module")
def playground() -> Playground:
    return Playground()


def patient(**who: str) -> str:
    entry = {"path": "e", "codings": [{"system": "sct", "code": "77386006"}], "date": "2025-06-01"}
    return json.dumps({"submission": {"patient": who, "entries": [entry]}, "record": None})


def verdicts(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["name"], one["answer"]) for one in found["rules"]]


@pytest.mark.parametrize(
    ("who", "expected"), [({"gender": "male"}, "fires"), ({"gender": "female"}, "clear"), ({}, "cannot tell")]
)
def test_each_patient_has_an_answer(playground: Playground, who: dict[str, str], expected: str) -> None:
    assert verdicts(playground.answer(FIRST, patient(**who))) == [(NAME, expected)]


def test_an_answer_comes_with_its_reasons(playground: Playground) -> None:
    [one] = playground.answer(FIRST, patient(gender="female"))["rules"]
    assert one["paragraph"].startswith("The check “A pregnant patient who is recorded as male” (version 0.1.0) raised nothing.")
    assert one["asked"][0]["clauses"][1] == {
        "words": "patient.gender is male", "value": "false", "notes": ["patient.gender: female"], "parts": [],
    }  # fmt: skip


def test_the_first_rules_are_right_and_their_examples_are_offered(playground: Playground) -> None:
    found = playground.answer(FIRST, patient())
    assert found["problems"] == []
    assert [one["name"] for one in found["patients"]] == [f"{NAME}: male", f"{NAME}: female", f"{NAME}: not recorded"]
    answers = [verdicts(playground.answer(FIRST, json.dumps(one["patient"])))[0][1] for one in found["patients"]]
    assert answers == ["fires", "clear", "cannot tell"]


def test_a_set_that_needs_a_release_is_told_where_it_stands_and_the_rules_are_not_checked(playground: Playground) -> None:
    text = FIRST + '\nvalueset drawn "Drawn" { ecl { << 77386006 } }\n'
    found = playground.answer(text, patient(gender="male"))
    [one] = found["problems"]
    assert (one["code"], text[one["start"] : one["end"]]) == ("CS301", "<< 77386006")
    assert verdicts(found) == [(NAME, "not checked")]


def test_what_is_wrong_is_placed_as_javascript_counts(playground: Playground) -> None:
    text = FIRST.replace('"Pregnant"', '"😀 Pregnant"').replace("patient.gender is", "patient.gendr is")
    [one] = playground.answer(text, patient())["problems"]
    assert (one["code"], one["line"], one["help"]) == ("CS201", 14, "did you mean `patient.gender`?")
    written = text.encode("utf-16-le")
    assert written[2 * one["start"] : 2 * one["end"]].decode("utf-16-le") == "patient.gendr"


def test_a_rule_that_is_wrong_is_not_silent_and_leaves_the_others_alone(playground: Playground) -> None:
    other = FIRST[FIRST.index("rule ") :].replace(NAME, "other").replace("patient.gender is male", "patient.gendr is male")
    broken = "rule broken {\n  action {\n}\n"
    found = playground.answer(f"{FIRST}\n{other}\n{broken}", patient(gender="male"))
    assert verdicts(found) == [(NAME, "fires"), ("other", "not checked"), ("broken", "not checked")]


def test_nothing_is_asked_of_a_set_that_is_wrong(playground: Playground) -> None:
    found = playground.answer(FIRST.replace("codes 77386006", "codes 77386007"), patient(gender="male"))
    assert verdicts(found) == [(NAME, "not checked")]
    assert [one["code"] for one in found["problems"]] == ["CS209"]


def test_nothing_is_asked_under_a_header_that_is_wrong(playground: Playground) -> None:
    found = playground.answer(FIRST.replace("language 2", "language 9"), patient(gender="male"))
    assert verdicts(found) == [(NAME, "not checked")]
    assert [one["code"] for one in found["problems"]] == ["CS223"]


def test_shipped_rulesets_can_be_used(playground: Playground) -> None:
    text = FIRST.replace("language 2 }", "language 2 uses uk.codes 1.0.0 }")
    assert verdicts(playground.answer(text, patient(gender="male"))) == [(NAME, "fires")]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{", "patient: is not well-formed JSON: line 1, column 2"),
        ("[" * 100_000, "patient: nests deeper than"),
        ('{"submission": {}, "submission": {}}', "patient: gives one name twice in one object"),
        ('{"submission": "\ud800"}', "patient: holds half of a surrogate pair"),
        ('{"submission": []}', "submission at the object: should be an object, in braces"),
        ('{"submission": ""}', "submission at the object: should be an object, in braces"),
        ('{"submission": null}', "submission at the object: should be an object, in braces"),
        ("[]", "a patient has a `submission` and a `record`"),
        ('{"submission": {"patient": {"born": "secret"}}}', "submission"),
    ],
)
def test_a_patient_that_cannot_be_read_is_told_and_not_repeated(playground: Playground, given: str, said: str) -> None:
    found = playground.answer(FIRST, given)
    assert said in found["patient_problem"]
    assert "secret" not in json.dumps(found)
    assert found["rules"] == []


def test_no_file_of_this_machine_is_read(playground: Playground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "this page").mkdir()
    (tmp_path / "this page" / "list.csv").write_text("system,code,term\nsct,77386006,Pregnancy\n")
    monkeypatch.chdir(tmp_path)
    for name in ("list.csv", "../../etc/passwd"):
        text = FIRST.replace("codes 77386006 |Pregnancy|", f'frozen "{name}"')
        assert [one["code"] for one in playground.answer(text, patient())["problems"]] == ["CS226"]


def test_a_text_that_says_nothing_of_itself_is_told(playground: Playground) -> None:
    [one] = playground.answer("", patient())["problems"]
    assert one["message"] == "nothing in `this page` says which ruleset this is"


def test_for_whom_a_rule_fires_is_drawn_and_changes_with_the_rule(playground: Playground) -> None:
    drawn = playground.picture(FIRST, NAME)
    assert drawn["svg"].startswith("<svg ")
    assert drawn["why"] is None
    assert [one.split(": ", 1)[1] for one in drawn["sentences"]] == [
        "female: clear throughout",
        "male: fires throughout",
        "other: cannot tell throughout",
        "not known: cannot tell throughout",
    ]
    other = playground.picture(FIRST.replace("is male", "is male and age at e >= 12 years"), NAME)
    assert "male: clear until 12; fires from 12 (drawn: 0 to 23 years)" in [one.split(": ", 1)[1] for one in other["sentences"]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (FIRST.replace("patient.gender is", "patient.gendr is"), "This rule, or something that it may need, is wrong."),
        (FIRST.replace("codes 77386006", "codes 77386007"), "This rule, or something that it may need, is wrong."),
        (FIRST.replace("patient.gender is male", "e is incoming"), "No patient is known for whom it fires, or neither age,"),
    ],
)
def test_what_is_not_drawn_says_why(playground: Playground, text: str, why: str) -> None:
    found = playground.picture(text, NAME)
    assert (found["svg"], found["sentences"]) == (None, [])
    assert found["why"].startswith(why)
