"""The answers as `codesafety check` and `codesafety codes check` write them: one document each, and the same exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log
from tests.answers.invariants import breaches
from tests.answers.messages import RIGHT, WRONG, report
from typer.testing import CliRunner, Result

from codesafety.answers import cds_hooks, operation_outcome, sarif
from codesafety.cli.app import app
from codesafety.report import Report

FORMATS = ("operation-outcome", "cds-hooks", "sarif")
LIST = "code\n13856811000001104\n77386006\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)


def written(*arguments: str | Path) -> Any:
    return json.loads(run("check", *arguments).stdout)


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("operation-outcome",), lambda found: operation_outcome(found, "R4")),
        (("operation-outcome", "--format-version", "STU3"), lambda found: operation_outcome(found, "STU3")),
        (("cds-hooks",), lambda found: cds_hooks(found, "3.0")),
        (("cds-hooks", "--format-version", "2.0"), lambda found: cds_hooks(found, "2.0")),
        (("sarif",), lambda found: sarif([(str(WRONG), found)])),
    ],
)
def test_one_message_is_one_answer(arguments: tuple[str, ...], answer: Any) -> None:
    found: Report = report(WRONG)
    assert written(WRONG, "--format", *arguments) == answer(found)


@pytest.mark.parametrize("form", FORMATS)
def test_exit_codes_are_those_of_any_other_format(form: str, tmp_path: Path) -> None:
    (tmp_path / "broken.xml").write_text("<broken", encoding="utf-8")
    for files in (
        [WRONG],
        [RIGHT],
        [RIGHT, WRONG],
        [tmp_path / "broken.xml"],
        [tmp_path / "broken.xml", RIGHT],
        [tmp_path / "gone"],
    ):
        assert run("check", *files, "--format", form).exit_code == run("check", *files).exit_code


def test_several_messages_are_an_array_in_their_order_and_an_error_has_its_place(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text("<broken", encoding="utf-8")
    one, other, last = written(WRONG, broken, RIGHT, "--format", "cds-hooks")
    assert [one["file"], other["file"], last["file"]] == [str(WRONG), str(broken), str(RIGHT)]
    assert breaches(one["answer"]) == breaches(last["answer"]) == []
    assert other["answer"]["issue"][0]["severity"] == "fatal"


def test_one_message_that_cannot_be_read_is_an_outcome(tmp_path: Path) -> None:
    (tmp_path / "broken.xml").write_text("<broken", encoding="utf-8")
    outcome = written(tmp_path / "broken.xml", "--format", "operation-outcome")
    assert outcome["issue"][0]["details"]["text"].startswith("Nothing was checked: ")
    assert "broken.xml" not in json.dumps(outcome)


def test_a_log_is_one_of_all_files(tmp_path: Path) -> None:
    log = written(WRONG, RIGHT, tmp_path / "gone.xml", "--format", "sarif")
    Log.model_validate(log)
    assert [a.get("properties", {}).get("decision") for a in log["runs"][0]["artifacts"]] == ["hold", "none", None]


@pytest.mark.parametrize(
    "arguments",
    [
        (WRONG, "--format", "operation-outcome", "--format-version", "3.0"),
        (WRONG, "--format", "sarif", "--format-version", "2.1.0"),
        (WRONG, "--format-version", "R4"),
        ("--jsonl", "--format", "cds-hooks"),
    ],
)
def test_a_version_or_format_that_does_not_go_together_is_refused(arguments: tuple[str | Path, ...]) -> None:
    result = run("check", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("form", FORMATS)
def test_tables_of_many_patients_are_refused(form: str, tmp_path: Path) -> None:
    pytest.importorskip("polars")
    path = tmp_path / "table.csv"
    path.write_text(
        "patient_id,sex,birth_date,kind,system,code,date\np1,F,1990-02-04,condition,sct,77386006,2025-01-03\n", encoding="utf-8"
    )
    result = run("check", path, "--format", form)
    assert result.exit_code == 2
    assert "tables hold many patients" in result.output
    assert "p1" not in result.stdout


def test_a_list_is_a_log_with_a_result_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    result = run("codes", "check", path, tmp_path / "gone.csv", "--format", "sarif")
    assert result.exit_code == run("codes", "check", path, tmp_path / "gone.csv").exit_code == 2
    log = json.loads(result.stdout)
    Log.model_validate(log)
    (found,) = log["runs"]
    assert found["results"] == [
        {
            "ruleId": "damaged",
            "level": "error",
            "message": {"text": "`13856811000001104` float_rounding: was 13856811000001105"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": path.as_uri()}, "region": {"startLine": 2}}}],
        }
    ]
    assert {r["ruleId"] for r in found["results"]} <= {rule["id"] for rule in found["tool"]["driver"]["rules"]}
    assert [n["level"] for n in found["invocations"][0]["toolExecutionNotifications"]].count("error") == 1
    assert found["invocations"][0]["executionSuccessful"] is False


def test_a_list_without_a_problem_is_a_log_without_a_result(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("code,term\n77386006,Pregnant\n", encoding="utf-8")
    result = run("codes", "check", path, "--format", "sarif")
    assert (result.exit_code, json.loads(result.stdout)["runs"][0]["results"]) == (0, [])
