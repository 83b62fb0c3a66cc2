"""`codesafety rules`, as authors of rules run it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.terminology.generated import DISEASE, INFARCT, built, small
from typer.testing import CliRunner, Result

from codesafety import load
from codesafety.cli.app import app

RULES = """ruleset my.rules { title "Mine" version 1.0.0 language 1 review none }
valueset pregnant "Pregnant" { codes 77386006 source "a test" }
rule one {
  action note hazard %s source "a test" because "a test" for entry e in pregnant when patient.gender is male say "{e}"
  example "man" { given patient gender male given incoming entry 77386006 expect fires }
  example "woman" { given patient gender female given incoming entry 77386006 expect clear }
  example "not said" { given incoming entry 77386006 expect cannot tell: patient.gender }
}
"""


def rules(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["rules", *map(str, arguments)], catch_exceptions=False)


def written(folder: Path, hazard: str = "H-01") -> Path:
    (folder / "my.rules").write_text(RULES % hazard, "utf-8")
    return folder


def test_a_hazard_that_no_log_holds_is_a_warning(tmp_path: Path) -> None:
    found = rules("check", written(tmp_path, "H-99"), "--format", "json")
    assert found.exit_code == 0
    assert [d["code"] for d in json.loads(found.stdout)["diagnostics"]] == ["CS412"]
    assert "CS412" in {w.code for w in load(tmp_path).warnings}


def test_a_hazard_is_taken_for_none_of_another_number(tmp_path: Path) -> None:
    def help(hazard: str) -> str | None:
        return next(w.help for w in load(written(tmp_path, hazard)).warnings if w.code == "CS412")

    assert help("H-1") == "did you mean `H-01`?"
    assert help("H-99") == "name a hazard of the log, or add this one to a `hazards.toml` beside the rules"


def test_a_hazard_of_the_shipped_log_is_known(tmp_path: Path) -> None:
    assert json.loads(rules("check", written(tmp_path), "--format", "json").stdout)["diagnostics"] == []


def test_a_hazard_log_that_cannot_be_read_is_told_by_check(tmp_path: Path) -> None:
    written(tmp_path).joinpath("hazards.toml").write_text("nonsense [[", "utf-8")
    found = rules("check", tmp_path)
    assert found.exit_code == 2
    assert "hazards.toml" in found.stderr


def test_show_takes_a_path_a_ruleset_or_a_rule(tmp_path: Path) -> None:
    assert "my.rules/one 1.0.0" in rules("show", written(tmp_path)).stdout
    assert "my.rules/one 1.0.0" in rules("show", tmp_path / "my.rules").stdout
    shown = json.loads(rules("show", "uk.contraception", "--format", "json").stdout)
    assert {r["rule"].partition("/")[0] for r in shown} == {"uk.contraception"}
    assert len(shown) > 1


def test_show_of_what_is_not_there_says_so() -> None:
    found = rules("show", "pregnnt-in-the-contraception-service")
    assert found.exit_code == 2
    assert "did you mean" in found.stderr


def test_an_oracle_without_a_case_is_no_agreement(tmp_path: Path) -> None:
    oracle = tmp_path / "oracle.csv"
    oracle.write_text("system,code,sex,age_years,date,expected\n", "utf-8")
    found = rules("score", oracle, "--rules", "uk.sex")
    assert found.exit_code == 1
    assert "no case" in found.stderr


def test_freeze_writes_a_list_that_was_not_there_and_leaves_nothing_where_it_fails(tmp_path: Path) -> None:
    pack = built(small(), tmp_path)
    folder = tmp_path / "rules"
    folder.mkdir()
    text = RULES % "H-01"
    text = text.replace("{ codes 77386006 source", f'{{ ecl {{ << {DISEASE} }} frozen "codes/s.csv" source')
    (folder / "my.rules").write_text(text.replace("77386006", INFARCT), "utf-8")
    assert rules("freeze", folder, "--release", pack).exit_code == 0
    assert f"sct,{INFARCT}" in (folder / "codes" / "s.csv").read_text("utf-8")
    (folder / "codes" / "s.csv").unlink()
    (folder / "my.rules").write_text(text.replace(f"<< {DISEASE}", "<< 77386006"), "utf-8")
    assert rules("freeze", folder, "--release", pack).exit_code == 2
    assert not (folder / "codes" / "s.csv").exists()
