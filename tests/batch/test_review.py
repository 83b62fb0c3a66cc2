"""`codesafety review`: a line a patient and cause, and how often each rule was right."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tests.batch.test_scan import WRONG, run, table
from typer.testing import CliRunner

from codesafety.authoring.measured import read_measured
from codesafety.batch.review import measure, write_list
from codesafety.cli.app import app
from codesafety.errors import InputError


@pytest.fixture
def out(tmp_path: Path) -> Path:
    rows = [f"{name},male,1990-01-01,e{name},observation,{WRONG}" for name in ("b", "a", "=cmd")]
    run(table(tmp_path / "in", *rows), "-o", tmp_path / "out", "--rules", "uk.pregnancy")
    return tmp_path / "out"


def _list(out: Path) -> list[dict[str, str]]:
    with (out / "review.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_line_has_patient_cause_and_an_empty_outcome(out: Path) -> None:
    number = write_list(out)
    lines = [row for row in _list(out) if row["rule"] == "uk.pregnancy/pregnant-patient-recorded-male"]
    assert number == len(_list(out))
    assert [(row["patient"], row["codes"], row["outcome"]) for row in lines] == [
        ("'=cmd", "77386006", ""),
        ("a", "77386006", ""),
        ("b", "77386006", ""),
    ]
    assert "Records to review" in (out / "review.html").read_text()


def test_outcomes_give_each_rule_its_precision_with_bounds(out: Path) -> None:
    write_list(out)
    lines = _list(out)
    for row, said in zip(
        [r for r in lines if r["rule"] == "uk.pregnancy/pregnant-patient-recorded-male"], ("right", "Right", "wrong")
    ):
        row["outcome"] = said
    with (out / "filled.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, lines[0].keys())
        writer.writeheader()
        writer.writerows(lines)
    (row,) = measure(out, out / "filled.csv")
    assert (row.rule, row.right, row.wrong, row.judged) == ("uk.pregnancy/pregnant-patient-recorded-male", 2, 1, 3)
    assert (round(row.low, 3), round(row.high, 3)) == (0.208, 0.939)
    assert [one.right for one in read_measured([out / "measured.csv"])["uk.pregnancy/pregnant-patient-recorded-male"]] == [2]


def test_an_outcome_that_is_none_is_refused_with_its_line(out: Path) -> None:
    (out / "filled.csv").write_text("rule,outcome\na/b,right\na/b,perhaps\n")
    with pytest.raises(InputError, match="line 3"):
        measure(out, out / "filled.csv")


def test_a_list_that_is_filled_in_is_not_written_over(out: Path) -> None:
    write_list(out)
    write_list(out)
    text = (out / "review.csv").read_text().rstrip("\n").removesuffix(",") + ",right\n"
    (out / "review.csv").write_text(text)
    with pytest.raises(InputError, match="is filled in"):
        write_list(out)
    assert (out / "review.csv").read_text() == text


def test_outcomes_that_are_not_there_are_said_not_to_be_there(out: Path) -> None:
    result = CliRunner().invoke(app, ["review", str(out), "--outcomes", str(out / "none.csv")])
    assert result.exit_code == 2
    assert "there is no such file" in result.output


def test_a_folder_without_a_scan_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["review", str(tmp_path)])
    assert result.exit_code == 2
