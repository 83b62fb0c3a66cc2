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


def rules(*arguments: str | Path, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["rules", *map(str, arguments)], input=given, catch_exceptions=False)


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


def test_where_there_is_nothing_to_freeze_the_remedy_is_said(tmp_path: Path) -> None:
    pack = built(small(), tmp_path)
    (tmp_path / "my.rules").write_text(RULES % "H-01", "utf-8")
    done = rules("freeze", tmp_path / "my.rules", "--release", pack)
    assert (done.exit_code, 'write `frozen "codes/NAME.csv"` beside' in done.stderr) == (1, True)


def test_errors_are_counted_without_the_warnings_beside_them(tmp_path: Path) -> None:
    (tmp_path / "my.rules").write_text((RULES % "H-01") + 'rule bare { action note for entry e in pregnnt say "{e}" }\n', "utf-8")
    done = rules("test", tmp_path, "--format", "json")
    assert json.loads(done.stdout)["error"]["message"] == "1 error in the rules"


def test_freeze_keeps_further_terms_and_says_what_it_drops(tmp_path: Path) -> None:
    pack = built(small(), tmp_path)
    folder = tmp_path / "rules"
    (folder / "codes").mkdir(parents=True)
    text = (RULES % "H-01").replace("{ codes 77386006 source", f'{{ ecl {{ << {DISEASE} }} frozen "codes/s.csv" source')
    (folder / "my.rules").write_text(text.replace("77386006", INFARCT), "utf-8")
    file = folder / "codes" / "s.csv"
    rows = [f"sct,{INFARCT},Our own word,absent,,", "icd10,I21.9,Acute infarction,,,", "sct,77386006,Pregnancy,,,"]
    file.write_text("\n".join(["system,code,term,assertion,subject,time", *rows]) + "\n", "utf-8")
    done = rules("freeze", folder, "--release", pack)
    assert done.exit_code == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("  ")] == [
        "  keeps 1 further term",
        f"  drops {INFARCT} |Our own word|: its context absent; the release says none",
        "  drops icd10 I219 |Acute infarction|: of another system than SNOMED CT",
        "  drops 77386006 |Pregnancy|: the release no longer has it in the set",
    ]
    assert f"sct,{INFARCT},Our own word,,," in file.read_text("utf-8")
    assert rules("check", folder).exit_code == 0
    assert rules("freeze", folder, "--release", pack, "--check").exit_code == 0


# ------------------------------------------------------------------------------------------------ one file of a folder

HEADER = 'ruleset parted { title "Parted" version 1.0.0 language 1 review none }\n'
SET = 'valueset pregnant "Pregnant" { codes 77386006 }\n'
RULE = 'rule %s { action note for entry e in pregnant %s say "{e}" }\n'


def parted(folder: Path, **files: str) -> Path:
    for name, text in {"header": HEADER, "sets": SET, "one": RULE % ("one", ""), **files}.items():
        (folder / f"{name}.rules").write_text(text, "utf-8")
    return folder


def test_a_file_that_is_a_part_of_a_ruleset_is_checked_with_its_folder(tmp_path: Path) -> None:
    found = rules("check", parted(tmp_path, two=RULE % ("two", "")) / "one.rules", "--format", "json")
    assert found.exit_code == 0
    told = json.loads(found.stdout)
    assert (told["ok"], told["rules"], told["rulesets"]) == (True, 1, ["parted"])
    assert {d["file"] for d in told["diagnostics"]} == {(tmp_path / "one.rules").as_posix()}


EXAMPLE = 'example "%s" { given incoming entry %s%s expect fires }'


def test_the_rules_of_one_file_are_tested_listed_and_shown(tmp_path: Path) -> None:
    two = (RULE % ("two", "")).replace("}\n", f"{EXAMPLE % ('pregnant', '77386006', '')} }}\n")
    file = parted(tmp_path, two=two) / "two.rules"
    tested = rules("test", file)
    assert (tested.exit_code, tested.stdout) == (0, "1 example of 1 rule: 1 as expected, 0 not\n")
    assert [rule["rule"] for rule in json.loads(rules("list", file, "--format", "json").stdout)] == ["parted/two"]
    assert [rule["rule"] for rule in json.loads(rules("show", str(file), "--format", "json").stdout)] == ["parted/two"]


def test_a_failing_example_says_which_part_of_when_was_not_so(tmp_path: Path) -> None:
    when = 'when patient.gender is male and e.value > 5 unless "filed" e.value > 10'
    examples = [
        (EXAMPLE % ("woman", "77386006", ", value 6")).replace("given", "given patient gender female given", 1),
        EXAMPLE % ("no value", "77386006", ""),
        EXAMPLE % ("excused", "77386006", ", value 11"),
        EXAMPLE % ("another", "60001007", ""),
    ]
    examples[1:] = [e.replace("given", "given patient gender male given", 1) for e in examples[1:]]
    parted(tmp_path, one=(RULE % ("one", when)).replace("}\n", f"{' '.join(examples)} }}\n"))
    tested = rules("test", tmp_path)
    assert tested.exit_code == 1
    assert [line.strip() for line in tested.stdout.splitlines() if "because" in line] == [
        "because    not so: patient.gender is male",
        "because    cannot tell: e.value > 5 (e.value)",
        "because    exception: filed",
        "because    nothing that is incoming is what the rule ranges over",
    ]
    failed = json.loads(rules("test", tmp_path, "--format", "json").stdout)["failed"]
    assert next(one["why"] for one in failed) == ["not so: patient.gender is male"]


def test_errors_of_the_file_alone_are_shown_and_those_of_the_others_are_counted(tmp_path: Path) -> None:
    wrong = RULE % ("two", "when patient.gendr is male")
    parted(tmp_path, one=RULE % ("one", "when patient.brn is missing"), two=wrong, three=wrong.replace("two", "three"))
    found = rules("check", tmp_path / "one.rules")
    assert found.exit_code == 1
    assert "`patient.brn`" in found.stderr
    assert "gendr" not in found.stderr
    assert "1 error, and 2 errors in other files of the folder; no rule can be loaded" in found.stderr


def test_a_file_is_not_in_order_while_another_of_its_folder_cannot_be_read(tmp_path: Path) -> None:
    found = rules("check", parted(tmp_path, two="rule {") / "one.rules", "--format", "json")
    assert found.exit_code == 1
    told = json.loads(found.stdout)
    assert (told["ok"], [d for d in told["diagnostics"] if d["severity"] == "error"]) == (False, [])
    assert told["errors_in_other_files"] > 0


def test_two_files_of_one_folder_are_checked_together(tmp_path: Path) -> None:
    found = rules("check", parted(tmp_path) / "one.rules", tmp_path / "sets.rules", "--format", "json")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["rules"] == 1


def test_of_files_that_each_have_a_header_each_is_a_ruleset_by_itself(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "other.rules").write_text("ruleset other { nonsense }", "utf-8")
    assert rules("check", tmp_path / "my.rules").exit_code == 0


def test_a_folder_without_a_header_says_so_of_each_of_its_files(tmp_path: Path) -> None:
    found = rules("check", parted(tmp_path, header="") / "one.rules")
    assert found.exit_code == 1
    assert "says which ruleset this is" in found.stderr


# ------------------------------------------------------------------------------------------------ layout

NEAT = 'valueset a "A" { codes 77386006 }\n'
MESSY = 'valueset   a "A" {codes 77386006}\n'


def untidy(folder: Path) -> Path:
    (folder / "below").mkdir()
    for path, text in (("neat.rules", NEAT), ("messy.rules", MESSY), ("below/messy.rules", MESSY), ("note.txt", MESSY)):
        (folder / path).write_text(text, "utf-8")
    return folder


def test_format_lays_out_every_rule_file_of_a_folder_and_nothing_else(tmp_path: Path) -> None:
    found = rules("format", untidy(tmp_path))
    assert found.exit_code == 0
    assert found.stdout == f"formatted: {tmp_path}/below/messy.rules\nformatted: {tmp_path}/messy.rules\n"
    assert [p.read_text("utf-8") for p in sorted(tmp_path.rglob("*.rules"))] == [NEAT] * 3
    assert (tmp_path / "note.txt").read_text("utf-8") == MESSY
    assert rules("format", tmp_path, "--check").exit_code == 0


def test_format_check_and_diff_change_nothing_and_exit_1_where_something_would(tmp_path: Path) -> None:
    untidy(tmp_path)
    checked, shown = rules("format", tmp_path, "--check"), rules("format", tmp_path / "messy.rules", "--diff")
    assert (checked.exit_code, shown.exit_code) == (1, 1)
    assert checked.stdout == f"would change: {tmp_path}/below/messy.rules\nwould change: {tmp_path}/messy.rules\n"
    file = tmp_path / "messy.rules"
    assert shown.stdout == f"--- {file}\n+++ {file}\n@@ -1 +1 @@\n-{MESSY}+{NEAT}"
    assert file.read_text("utf-8") == MESSY
    file.write_text(NEAT.strip(), "utf-8")
    ends = rules("format", file, "--diff")
    assert ends.stdout == f"--- {file}\n+++ {file}\n@@ -1 +1 @@\n-{NEAT}\\ No newline at end of file\n+{NEAT}"
    same = rules("format", tmp_path / "neat.rules", "--diff")
    assert (same.exit_code, same.stdout) == (0, "")


def test_format_reads_standard_input_and_writes_standard_output() -> None:
    laid_out = rules("format", "-", given="/* d\u200bé */ " + MESSY)
    assert (laid_out.exit_code, laid_out.stdout) == (0, "/* d\u200bé */\n" + NEAT)
    assert rules("format", "-", given=NEAT).stdout == NEAT
    assert rules("format", "-", "--check", given=NEAT).exit_code == 0
    checked = rules("format", "-", "--check", given=MESSY)
    assert (checked.exit_code, checked.stdout) == (1, "would change: -\n")
    assert rules("format", "-", "--diff", given=MESSY).stdout == f"--- -\n+++ -\n@@ -1 +1 @@\n-{MESSY}+{NEAT}"


def test_format_tells_of_every_broken_file_and_then_changes_none(tmp_path: Path) -> None:
    untidy(tmp_path)
    (tmp_path / "a.rules").write_text("rule {", "utf-8")
    (tmp_path / "b.rules").write_text("valueset {", "utf-8")
    found = rules("format", tmp_path)
    assert found.exit_code == 2
    assert "a.rules:1" in found.stderr
    assert "b.rules:1" in found.stderr
    assert (tmp_path / "messy.rules").read_text("utf-8") == MESSY
    assert rules("format", "-", given=b"\xff").exit_code == 2


def test_format_of_a_folder_without_rules_and_of_no_file_says_so(tmp_path: Path) -> None:
    empty, missing = rules("format", tmp_path), rules("format", tmp_path / "no.rules")
    assert (empty.exit_code, missing.exit_code) == (2, 2)
    assert "there are no rule files in this folder" in empty.stderr
    assert "there is no such file" in missing.stderr
