"""SARIF: literal results, the schema as the package of its models has it, and what the standard says beyond the schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log
from tests.answers.messages import ASIDE, RIGHT, WRONG, everything, report

from codesafety.answers import sarif
from codesafety.answers.sarif import uri
from codesafety.errors import InputError


def run(log: dict[str, Any]) -> dict[str, Any]:
    (found,) = log["runs"]
    return dict(found)


def test_a_finding_is_a_result_with_its_rule_level_file_and_place() -> None:
    found = run(sarif([("messages/a b.xml", report(WRONG))]))
    assert found["results"][0] == {
        "ruleId": "uk.integrity/pregnancy-code-whose-words-deny-it",
        "kind": "fail",
        "level": "error",
        "message": {
            "text": "Pregnant (77386006) was sent with words that say something else. Code and words cannot both be right."
        },
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": "messages/a%20b.xml"}},
                "logicalLocations": [
                    {
                        "name": "pregnancy status, 1st",
                        "fullyQualifiedName": "Bundle.entry[2].resource.entry[6].resource.code.coding[0]",
                        "kind": "element",
                    }
                ],
            }
        ],
        "partialFingerprints": {"codesafetyFinding/v1": "c823f07b2b8077d3"},
    }


def test_findings_and_what_cannot_be_told_differ_in_kind(tmp_path: Path) -> None:
    found = run(sarif([("m.json", everything(tmp_path, ASIDE))]))
    assert [(r["ruleId"], r["kind"], r["level"], r.get("suppressions")) for r in found["results"]] == [
        ("s/held", "fail", "error", None),
        ("s/asked", "fail", "warning", None),
        ("s/noted", "fail", "note", None),
        ("s/untold", "open", "none", None),
        ("s/seen", "fail", "warning", [{"kind": "external", "justification": "confirmed-with-patient, until 2026-12-01"}]),
    ]


def test_what_was_not_checked_or_read_is_a_notification(tmp_path: Path) -> None:
    (invocation,) = run(sarif([("m.json", everything(tmp_path))]))["invocations"]
    assert [(n["descriptor"]["id"], n["level"]) for n in invocation["toolExecutionNotifications"]] == [
        ("broken", "error"),
        ("not-read", "warning"),
        ("not-judged", "warning"),
        ("not-kept", "note"),
        ("never-given", "note"),
        ("profile", "note"),
    ]
    assert invocation["executionSuccessful"] is False


def test_a_file_that_cannot_be_read_is_told_beside_those_that_can() -> None:
    log = sarif([("broken.xml", InputError("this is not XML", source="broken.xml")), ("ok.xml", report(RIGHT))])
    Log.model_validate(log)
    found = run(log)
    assert [(a["location"]["uri"], a.get("properties", {}).get("decision")) for a in found["artifacts"]] == [
        ("broken.xml", None),
        ("ok.xml", "none"),
    ]
    (invocation,) = found["invocations"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "Nothing was checked: this is not XML"
    assert invocation["executionSuccessful"] is False


def test_every_log_fits_the_schema_and_the_standard(tmp_path: Path) -> None:
    files = [("a.xml", report(WRONG)), ("b.xml", report(RIGHT)), ("c.json", everything(tmp_path, ASIDE))]
    log = sarif(files)
    Log.model_validate(log)
    Log.model_validate(sarif([]))
    found = run(log)
    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for result in found["results"]:
        assert result["ruleId"] in rules
        assert (result["kind"] == "fail") == (result["level"] != "none")  # 3.27.10: of any other kind the level is none


def test_the_schema_refuses_what_does_not_fit_it() -> None:
    with pytest.raises(ValueError, match="ruleID"):
        log = sarif([("a.xml", report(WRONG))])
        log["runs"][0]["results"][0]["ruleID"] = "x"
        Log.model_validate(log)


def test_a_file_is_a_reference_that_a_uri_may_be(tmp_path: Path) -> None:
    assert uri("a b#c?.xml") == "a%20b%23c%3F.xml"
    assert uri(str(tmp_path / "a b.xml")) == (tmp_path / "a b.xml").as_uri()
