"""`codesafety rules lint`, as authors and their pipelines run it."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Log
from typer.testing import CliRunner, Result

from codesafety.cli.app import app

RULES = """ruleset my.rules {
  title    "Mine"
  version  1.0.0
  language 2
}

valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| source "SNOMED CT" }

rule one {
  title    "Pregnant after 50"
  action   note
  for      entry e in pregnant
  when     %s
  say      "{e} is coded."
}
"""
TWICE = "age at e >= 50 years and age at e >= 18 years"
ONCE = "age at e >= 50 years"


def lint(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["rules", "lint", *map(str, arguments)], catch_exceptions=False)


def written(folder: Path, condition: str, more: str = "") -> Path:
    (folder / "my.rules").write_text(RULES.replace("  action ", f"{more}  action ", 1) % condition, "utf-8")
    return folder


def test_nothing_told_of_something_looked_at_is_0(tmp_path: Path) -> None:
    found = lint(written(tmp_path, ONCE))
    assert (found.exit_code, found.stdout) == (0, "1 rule: 0 told, 0 allowed\n")


def test_something_told_is_1_with_the_words_the_remedy_and_the_patient(tmp_path: Path) -> None:
    found = lint(written(tmp_path, TWICE))
    assert found.exit_code == 1
    lines = found.stdout.splitlines()
    assert lines[0] == "warning[CS432]: this changes nothing: whenever the rest is true, this is"
    assert lines[5].strip() == "= help: leave it out, or change it if it was meant to say more"
    assert lines[6].strip() == "= patient: given patient born 1975-06-15"
    assert lines[-1] == "1 rule: 1 told, 0 allowed"


def test_what_one_allow_is_for_twice_is_said_once_and_what_is_not_decided_with_why(tmp_path: Path) -> None:
    folder = written(tmp_path, "patient.gender is male and age at e >= 5 years")
    text = (folder / "my.rules").read_text("utf-8")
    text = text.replace('source "SNOMED CT"', 'except 118215003, 1912002 source "SNOMED CT" allow CS452 because "they stay out"')
    (folder / "my.rules").write_text(text.replace("age at e >= 5 years", "e is after patient.died"), "utf-8")
    assert lint(folder).stderr.splitlines() == [
        "allowed: CS452 of my.rules/pregnant (2 of them): they stay out",
        "not decided: CS430 of my.rules/one: it asks `patient.died`",
    ]


def test_rules_that_do_not_load_or_are_not_there_are_2(tmp_path: Path) -> None:
    assert lint(written(tmp_path, "patient.gendr is male")).exit_code == 2
    assert lint(tmp_path / "nowhere").exit_code == 2
    assert lint(written(tmp_path, ONCE), "--on", "tomorrow").exit_code == 2


def test_nothing_to_look_at_is_1_and_value_sets_alone_are_something(tmp_path: Path) -> None:
    (tmp_path / "my.rules").write_text('ruleset my.rules { title "Mine" version 1.0.0 language 2 }', "utf-8")
    nothing = lint(tmp_path)
    assert (nothing.exit_code, nothing.stderr) == (1, "nothing is declared here, so nothing was looked at\n")
    (tmp_path / "my.rules").write_text(RULES[: RULES.index("rule one")], "utf-8")
    sets = lint(tmp_path)
    assert (sets.exit_code, sets.stdout) == (0, "0 rules: 0 told, 0 allowed\n")
    assert json.loads(lint(tmp_path, "--format", "json").stdout)["ok"] is True


def test_of_one_file_of_a_ruleset_its_own_rules_are_counted(tmp_path: Path) -> None:
    allow = '  allow    CS432 because "it reads better"\n'
    (written(tmp_path, TWICE, allow) / "two.rules").write_text(
        RULES[RULES.index("rule one") :].replace("one", "two") % "patient.gender is male", "utf-8"
    )
    assert lint(tmp_path).stdout.endswith("2 rules: 1 told, 1 allowed\n")
    assert lint(tmp_path / "two.rules").stdout.endswith("1 rule: 1 told, 0 allowed\n")


def test_fix_takes_out_what_changes_nothing_and_leaves_the_one_layout(tmp_path: Path) -> None:
    found = lint(written(tmp_path, TWICE), "--fix")
    assert found.exit_code == 0
    assert (tmp_path / "my.rules").read_text("utf-8") == RULES % ONCE


def test_what_is_left_to_put_right_is_said_and_is_1(tmp_path: Path) -> None:
    found = lint(written(tmp_path, f"{TWICE} and age at e >= 12 years"), "--fix")
    assert found.exit_code == 1
    assert "left: 1 that may be put right\n" in found.stderr
    assert lint(tmp_path, "--fix").exit_code == 0
    assert (tmp_path / "my.rules").read_text("utf-8") == RULES % ONCE


def test_json_has_what_is_told_allowed_and_not_decided(tmp_path: Path) -> None:
    allow = '  allow    CS432 because "it reads better"\n'
    told = json.loads(lint(written(tmp_path, TWICE), "--format", "json").stdout)
    allowed = json.loads(lint(written(tmp_path, TWICE, allow), "--format", "json").stdout)
    (one,) = told["told"]
    assert (told["ok"], told["rules"], one["code"], one["declaration"], one["line"], one["can_be_fixed"]) == (
        False, 1, "CS432", "my.rules/one", 13, True,
    )  # fmt: skip
    assert one["patients"] == ["given patient born 1975-06-15\ngiven incoming entry 77386006 |Pregnancy|, date 2025-06-15"]
    assert (allowed["ok"], allowed["told"], [a["reason"] for a in allowed["allowed"]]) == (True, [], ["it reads better"])
    assert allowed["undecided"] == {}


def test_sarif_keeps_what_is_allowed_as_suppressed(tmp_path: Path) -> None:
    allow = '  allow    CS432 because "it reads better"\n'
    told = lint(written(tmp_path, TWICE), "--format", "sarif").stdout
    allowed = lint(written(tmp_path, TWICE, allow), "--format", "sarif").stdout
    for text in (told, allowed):
        Log.model_validate_json(text)
    (result,) = json.loads(told)["runs"][0]["results"]
    (kept,) = json.loads(allowed)["runs"][0]["results"]
    assert (result["ruleId"], result["locations"][0]["physicalLocation"]["region"]) == ("CS432", {"startLine": 13})
    assert "suppressions" not in result
    assert kept["suppressions"] == [{"kind": "inSource", "justification": "it reads better"}]


def test_github_lines_are_workflow_commands(tmp_path: Path) -> None:
    file = written(tmp_path, TWICE) / "my.rules"
    (line,) = lint(tmp_path, "--format", "github").stdout.splitlines()
    assert line.startswith(f"::warning file={file.as_posix()},line=13,col=37,title=CS432::this changes nothing: whenever")
    assert "%0Agiven patient born 1975-06-15%0A" in line


def test_on_a_later_day_a_source_is_past_its_review(tmp_path: Path) -> None:
    source = '  source   "NICE NG201, next review 2027-03"\n'
    assert lint(written(tmp_path, ONCE, source), "--on", "2026-11-30").exit_code == 0
    found = lint(tmp_path, "--on", "2027-06-01")
    assert found.exit_code == 1
    assert "CS473" in found.stdout
