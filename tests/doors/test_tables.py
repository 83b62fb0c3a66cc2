"""`codesafety check` on tables: an account of every row, as text and as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.doors.test_check import RIGHT, check

from codesafety.cli import check as checking
from codesafety.engine import Engine
from codesafety.errors import PluginError
from codesafety.plugins import Source
from codesafety.record import Submission

pytest.importorskip("polars", reason="polars is not installed")
HEAD = "patient_id,gender,born,system,code,display,date"
PREGNANT, DENIED = "sct,77386006,Pregnant,2026-03-04", "sct,77386006,Not pregnant,2026-03-04"


def table(folder: Path, *rows: str, head: str = HEAD, name: str = "entries.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def text(*files: Path) -> tuple[int, str]:
    result = check(*files)
    return result.exit_code, " ".join(result.stdout.split())


def test_rows_that_are_held_are_counted_and_the_first_named(tmp_path: Path) -> None:
    code, shown = text(table(tmp_path, *[f",female,1990-01-01,{PREGNANT}"] * 7, "1,female,1990-01-01,sct,27113001,,04/03/2026"))
    assert code == 1
    assert "HOLD 8, REVIEW 0, NOTE 0, NONE 0" in shown
    assert "7 × the row names no patient: entries[0], entries[1], entries[2], entries[3], entries[4]" in shown
    assert "1 × not a date: write YYYY, YYYY-MM or YYYY-MM-DD: entries[7]" in shown


def test_codes_that_nobody_judged_are_named(tmp_path: Path) -> None:
    code, shown = text(table(tmp_path, f"1,female,1990-01-01,{PREGNANT},77386006", head=f"{HEAD},snomed_code"))
    assert code == 1
    assert "Not judged: codes that no rule about entries has seen:" in shown
    assert "1 × codes in a column that this reader does not know, number 8: entries[0].unknown1" in shown


def test_a_column_that_may_say_that_a_code_is_not_so_is_named_and_looked_at(tmp_path: Path) -> None:
    code, shown = text(table(tmp_path, f"1,female,1990-01-01,{PREGNANT},true", head=f"{HEAD},negated"))
    assert code == 1
    assert "what may change what a code says, by the name of a column that this reader does not know, number 8" in shown


def test_a_column_that_nobody_read_is_told(tmp_path: Path) -> None:
    code, shown = text(table(tmp_path, f"1,female,1990-01-01,{PREGNANT},red", head=f"{HEAD},colour"))
    assert code == 0
    assert "Details that no entry holds: 1 × a column that this reader does not know, number 8: entries.unknown1" in shown


def test_findings_are_counted_by_rule_and_what_could_not_be_told_by_what_is_missing(tmp_path: Path) -> None:
    code, shown = text(table(tmp_path, f"1,female,1990-01-01,{DENIED}", f"2,female,1990-01-01,{PREGNANT}"))
    assert (code, "entries.csv: 2 patients, 2 entries and medications" in shown) == (1, True)
    assert "uk.integrity/pregnancy-code-whose-words-deny-it hold 1 1 50.00% (90.55%) entries[0]" in shown
    assert "2 × record: entries[0], entries[1]" in shown


def test_a_rule_that_fires_often_on_one_patient_is_of_one_patient(tmp_path: Path) -> None:
    code, shown = text(table(tmp_path, *[f"1,female,1990-01-01,{DENIED}"] * 3, "2,female,1990-01-01,sct,38341003,,2026-03-04"))
    assert code == 1
    assert "uk.integrity/pregnancy-code-whose-words-deny-it hold 3 3 50.00% (90.55%) entries[0]" in shown


def test_what_is_said_to_be_no_plain_fact_is_counted(tmp_path: Path) -> None:
    rows = [f"{n},female,1990-01-01,{PREGNANT},{word}" for n, word in enumerate(("absent", "Denied", "possible"))]
    _, shown = text(table(tmp_path, *rows, head=f"{HEAD},assertion"))
    assert (
        "Entries that are said to be no plain fact: 2 × denied as sent: entries[0], entries[1] 1 × possible as sent: entries[2]"
        in shown
    )


def person(folder: Path, *, event: bool) -> Path:
    table(folder, "1,8532,1990", "2,8507,1980", head="person_id,gender_concept_id,year_of_birth", name="person.csv")
    table(folder, "4,SNOMED,27113001,Weight", head="concept_id,vocabulary_id,concept_code,concept_name", name="concept.csv")
    rows = ["1,1,4,2026-03-04"] if event else []
    table(folder, *rows, head="observation_id,person_id,observation_concept_id,observation_date", name="observation.csv")
    return folder


def test_a_person_without_events_is_counted_and_is_no_fault(tmp_path: Path) -> None:
    code, shown = text(person(tmp_path, event=True))
    assert (code, "1 patient besides, of whom there is no entry, medication or text" in shown) == (0, True)
    answer = check(tmp_path, "--format", "json")
    assert [row["patient"] for row in json.loads(answer.stdout)] == ["person[0]"]
    assert "of 1 patient there is nothing to check" in answer.stderr


def test_where_nobody_has_events_nothing_was_checked(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "codesafety", "check", str(person(tmp_path, event=False)), "--format", "json"]
    answer = subprocess.run(command, capture_output=True)
    assert (answer.returncode, json.loads(answer.stdout)) == (2, [])


def test_tables_and_messages_together_are_one_json_document(tmp_path: Path) -> None:
    rows = table(tmp_path, f"1,female,1990-01-01,{PREGNANT}", f"2,female,1990-01-01,{PREGNANT}")
    found = json.loads(check(rows, RIGHT, "no-such-file", rows, "--format", "json").stdout)
    assert [sorted(one) for one in found] == [
        *[["file", "patient", "report"]] * 2,
        ["file", "report"],
        ["error", "file"],
        *[["file", "patient", "report"]] * 2,
    ]


@pytest.mark.parametrize("error", [PluginError("acme", "read_many", "ValueError"), KeyboardInterrupt()])
def test_the_document_is_closed_where_a_reader_fails_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    def fails(self: Engine, source: Source) -> Iterator[tuple[str, Submission]]:
        yield from read_many(self, source)
        raise error

    read_many = Engine.read_many
    monkeypatch.setattr(Engine, "read_many", fails)
    rows = table(tmp_path, f"1,female,1990-01-01,{PREGNANT}")
    engine = checking.load("uk.integrity", installed_plugins=False)
    form = checking.ReportFormat.JSON
    with suppress(KeyboardInterrupt):
        checking._check_files(engine, [str(rows)], None, None, [], form, checking.as_data(form, None), None, whole=False)
    found = json.loads(capsys.readouterr().out)
    assert found[0]["patient"] == "entries[0]"
    assert [one.get("decision") for one in found[1:]] == (["hold"] if isinstance(error, PluginError) else [])
