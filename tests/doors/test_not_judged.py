"""Codes that are read and that nobody can judge, and words noted beside a code: neither is passed in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import codesafety
from codesafety.cli.app import app
from codesafety.report import Report

SCT = "http://snomed.info/sct"
NOTHING_ANSWERED = "no rule could answer for any item"


def submission(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    listed = [{"path": f"entries[{n}]", "date": "2026-03-04", **entry} for n, entry in enumerate(entries)]
    return {"patient": {"gender": "female", "born": "1990-05-05"}, "message": {"sent": "2026-03-05"}, "entries": listed, **more}


def assessed(given: dict[str, Any]) -> Report:
    engine = codesafety.load(installed_plugins=False)
    return engine.assess(engine.read(json.dumps(given)))


def coded(code: str, **more: Any) -> dict[str, Any]:
    return {"codings": [{"system": SCT, "code": code, **more}]}


@pytest.mark.parametrize(
    "entry",
    [
        {"codings": []},
        {"text": "Pregnant"},
        {"codings": [{"system": "https://example.org/codes", "code": "P1", "display": "Pregnant"}]},
        {"codings": [{"system": None, "code": None, "display": "Pregnant"}]},
    ],
    ids=["no coding", "words alone", "a system that nobody knows", "no code and no system"],
)
def test_a_message_of_which_no_code_is_known_was_not_answered_and_ends_with_1(entry: dict[str, Any], tmp_path: Path) -> None:
    report = assessed(submission(entry))
    assert (report.decision, report.told, report.counts.answered) == ("none", "partly", 0)
    (path := tmp_path / "message.json").write_text(json.dumps(submission(entry)))
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 1
    assert NOTHING_ANSWERED in result.stdout


def test_beside_a_code_that_is_known_one_that_is_not_is_a_line() -> None:
    report = assessed(submission(coded("195967001"), {"codings": [{"system": "https://example.org/codes", "code": "A1"}]}))
    assert (report.decision, report.errors, report.counts.answered) == ("none", (), 1)
    assert any(line.missing == "code" for line in report.missing_inputs)


def test_rules_that_ask_for_no_code_answer_without_one(tmp_path: Path) -> None:
    (tmp_path / "dates").mkdir()
    (tmp_path / "dates" / "a.rules").write_text("""ruleset dates { title "Dates" version 1.0.0 language 2 review none }
rule before-2000 { action note source "A source" because "A day." for entry e when e.date is before 2000-01-01 say "{e} is old." }
""")
    engine = codesafety.load(tmp_path / "dates", installed_plugins=False)
    report = engine.assess(engine.read(json.dumps(submission({"text": "Pregnant"}))))
    assert (report.decision, report.errors, report.counts.answered) == ("none", (), 1)


@pytest.mark.parametrize(
    "code", ["77386006:408729009=2667000", "77386006 |Pregnant| : 408729009 |Finding context| = 2667000 |Absent|"]
)
def test_an_expression_is_named_as_not_judged_beside_whatever_else_was(code: str, tmp_path: Path) -> None:
    given = submission(coded("195967001"), coded(code, display="Not pregnant"))
    report = assessed(given)
    (line,) = report.not_read
    assert (line.path, line.coded, line.whole) == ("entries[1]", True, False)
    assert (report.decision, report.counts.not_read, report.counts.answered) == ("review", 1, 1)
    (path := tmp_path / "message.json").write_text(json.dumps(given))
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 1
    assert "entries[1]: an expression of SNOMED CT" in " ".join(result.stdout.split())


def test_one_concept_between_bars_is_no_expression() -> None:
    assert assessed(submission(coded("195967001 |Asthma|"))).not_read == ()


DENIED = "uk.pregnancy/free-text-denies-the-pregnancy"


def fired(given: dict[str, Any] | bytes) -> set[str]:
    engine = codesafety.load(installed_plugins=False)
    report = engine.assess(engine.read(given if isinstance(given, bytes) else json.dumps(given)))
    return {r.rule for r in report.results if r.outcome == "fires"}


def test_a_note_beside_the_code_of_a_pregnancy_is_read() -> None:
    assert DENIED in fired(submission({**coded("77386006"), "notes": ["Seen today. Not pregnant."]}))
    assert DENIED not in fired(submission({**coded("77386006"), "notes": ["Seen today, well."]}))
    assert DENIED not in fired(submission({**coded("77386006"), "notes": ["Not pregnant"], "status": "entered-in-error"}))


@pytest.mark.parametrize(
    "written", [{"note": [{"text": "Well."}, {"text": "She is not currently pregnant."}]}, {"comment": "NOT pregnant"}]
)
def test_annotations_and_comments_of_fhir_are_notes(written: dict[str, Any]) -> None:
    patient = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1990-05-05"}
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2026-03-04",
        "code": {"coding": [{"system": SCT, "code": "77386006", "display": "Pregnant"}]},
        **written,
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}, {"resource": observation}]}
    assert DENIED in fired(json.dumps(bundle).encode())
