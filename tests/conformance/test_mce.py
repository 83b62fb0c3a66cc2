"""The Medicare Code Editor's table, imported, answers as the editor does."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codesafety.cli.app import app

FLAGS = """code,start_date,end_date,female,male,newborn,pediatric,maternity,adult
A1814,20151001,20240930,0,1,0,0,0,1
O80,20151001,,1,0,0,0,1,0
P0700,20151001,20160930,0,0,1,0,0,0
E7841,20151001,,0,0,0,1,0,0
"""
GROUPS = """age_group,start_age,end_age,start_date,end_date
Adult,15,124,19840301,
Maternity,12,55,19840301,20190930
Maternity,9,64,20191001,
Newborn,0,0,19840301,
Pediatric,0,17,19840301,
"""


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    (tmp_path / "flags.csv").write_text(FLAGS)
    (tmp_path / "groups.csv").write_text(GROUPS)
    code, _, err = run("rules", "import", "mce", tmp_path / "groups.csv", tmp_path / "flags.csv", "-o", tmp_path / "out")
    assert code == 0, err
    return tmp_path / "out"


def scored(rules: Path, cases: list[tuple[str, str, str, str, str, str]], tmp_path: Path) -> dict[str, object]:
    oracle = tmp_path / "oracle.csv"
    with oracle.open("w", newline="") as stream:
        csv.writer(stream).writerows([("system", "code", "sex", "age_years", "date", "expected"), *cases])
    return json.loads(run("rules", "score", oracle, "--rules", rules, "--format", "json")[1])


def test_each_row_on_each_side_of_its_limits(imported: Path, tmp_path: Path) -> None:
    cases = [
        ("icd10cm", "O80", "female", "12", "2018-06-01", "clear"),
        ("icd10cm", "O80", "female", "11", "2018-06-01", "fires"),
        ("icd10cm", "O80", "female", "55", "2019-09-30", "clear"),
        ("icd10cm", "O80", "female", "56", "2019-09-30", "fires"),
        ("icd10cm", "O80", "female", "56", "2019-10-01", "clear"),
        ("icd10cm", "O80", "female", "65", "2019-10-01", "fires"),
        ("icd10cm", "O80", "male", "30", "2019-10-01", "fires"),
        ("icd10cm", "A18.14", "female", "30", "2024-09-30", "fires"),
        ("icd10cm", "A18.14", "female", "3", "2024-10-01", "clear"),
        ("icd10cm", "P07.00", "male", "40", "2016-09-30", "fires"),
        ("icd10cm", "P07.00", "male", "40", "2016-10-01", "clear"),
        ("icd10cm", "E78.41", "", "17", "2020-01-01", "clear"),
        ("icd10cm", "E78.41", "", "18", "2020-01-01", "fires"),
        ("icd10cm", "I10", "", "", "2020-01-01", "clear"),
    ]
    found = scored(imported, cases, tmp_path)
    assert found["disagreements"] == []
    assert (found["cases"], found["agree"]) == (14, 14)


def test_missing_sex_or_age_cannot_be_told_and_is_never_a_conflict(imported: Path, tmp_path: Path) -> None:
    cases = [
        ("icd10cm", "O80", "", "30", "2020-01-01", "clear"),
        ("icd10cm", "O80", "unknown", "30", "2020-01-01", "clear"),
        ("icd10cm", "O80", "female", "", "2020-01-01", "clear"),
    ]
    found = scored(imported, cases, tmp_path)
    assert (found["cannot_tell"], found["false_fires"]) == (3, 0)
    assert [d["answer"] for d in found["disagreements"]] == ["cannot_tell"] * 3


def test_the_imported_rules_examples_are_answered(imported: Path) -> None:
    code, out, err = run("rules", "test", imported)
    assert code == 0, out + err


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("code,start_date\nA,1\n", "no table of the Medicare Code Editor"),
        (FLAGS.replace("20151001,20240930,0,1", "2015,20240930,0,1"), "line 2: a date is not written YYYYMMDD"),
        (FLAGS.replace("O80,20151001,,1", "O80,20151001,,x"), "line 3: the flag `female` is neither 0 nor 1"),
        (FLAGS.replace("O80,20151001,,1,0,0,0,1,0", "O80,20151001,,1"), "line 3: the row has not as many cells"),
    ],
)
def test_a_damaged_table_is_refused_with_its_line(flags: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "flags.csv").write_text(flags)
    (tmp_path / "groups.csv").write_text(GROUPS)
    code, _, err = run("rules", "import", "mce", tmp_path / "flags.csv", tmp_path / "groups.csv", "-o", tmp_path / "out")
    assert code == 2
    assert says in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("icd10cm,O80,hermaphrodite,3,2020-01-01,clear", "`sex` is not one that is known"),
        ("icd10cm,O80,male,3,2020-02-30,clear", "`date` is no day"),
        ("icd10cm,O80,male,three,2020-02-03,clear", "`age_years` is no whole number"),
        ("icd10cm,O80,male,3,2020-02-03,maybe", "`expected` is not an answer"),
        ("icd10cm,,male,3,2020-02-03,clear", "`code` is empty"),
    ],
)
def test_a_damaged_oracle_is_refused_with_its_line(row: str, says: str, imported: Path, tmp_path: Path) -> None:
    oracle = tmp_path / "oracle.csv"
    oracle.write_text(f"system,code,sex,age_years,date,expected\n{row}\n")
    code, _, err = run("rules", "score", oracle, "--rules", imported)
    assert code == 2
    assert f"line 2: {says}" in err


def test_the_whole_table_answers_as_the_editor_for_every_code_sex_and_age(shared: Path, tmp_path: Path) -> None:
    files = sorted((shared / "tables").glob("*.csv"))
    assert run("rules", "import", "mce", *files, "-o", tmp_path / "mce")[0] == 0
    ranges = [r for f in files if "age_ranges" in f.name for r in csv.DictReader(f.read_text().splitlines())]
    cases = []
    for row in (r for f in files if "sex_and_age" in f.name for r in csv.DictReader(f.read_text().splitlines())):
        for day in ("20180601", "20230601", "20250601"):
            live = row["start_date"] <= day and (not row["end_date"] or day <= row["end_date"])
            for sex, age in (
                ("male", 0),
                ("female", 11),
                ("female", 12),
                ("male", 16),
                ("female", 56),
                ("female", 65),
                ("male", 90),
            ):
                wrong = live and ((row["female"] == "1" and sex == "male") or (row["male"] == "1" and sex == "female"))
                for r in ranges:
                    if (
                        live
                        and row[r["age_group"].lower()] == "1"
                        and r["start_date"] <= day
                        and (not r["end_date"] or day <= r["end_date"])
                    ):
                        wrong = wrong or not int(r["start_age"]) <= age <= int(r["end_age"])
                iso = f"{day[:4]}-{day[4:6]}-{day[6:]}"
                cases.append(("icd10cm", row["code"], sex, str(age), iso, "fires" if wrong else "clear"))
    found = scored(tmp_path / "mce", cases, tmp_path)
    assert found["disagreements"] == []
    assert found["cases"] == len(cases) > 100_000
