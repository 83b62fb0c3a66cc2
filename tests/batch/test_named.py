"""The incident of 2025 in small, with a seed: `codesafety scan` names the pharmacy that codes wrongly, and since when; and else nobody."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.batch.test_scan import run

SEED = 20250701
FIRST, DAYS, A_DAY = date(2025, 6, 1), 40, 6
BEGINS = date(2025, 7, 1)
PHARMACIES = ("FA001", "FB002", "FC003", "FD004", "FE005")
IT = "FC003"
RULE = "uk.pregnancy/pregnant-patient-recorded-male"
SERVICE = "1577041000000109"
PREGNANT, ASTHMA = "77386006", "195967001"
SCT = "http://snomed.info/sct"


def messages(incident: bool) -> Iterator[tuple[str, date, str]]:
    """Yield (pharmacy, day, code), all of men. One in a hundred is coded Pregnant by whoever it is; from a day on, every third of one's."""
    chosen = random.Random(SEED)
    for number in range(DAYS):
        day = FIRST + timedelta(number)
        for sender in PHARMACIES:
            for _ in range(A_DAY):
                wrong = chosen.random() < (1 / 3 if incident and sender == IT and day >= BEGINS else 1 / 100)
                yield sender, day, PREGNANT if wrong else ASTHMA


def as_lines(folder: Path, incident: bool) -> list[Path | str]:
    lines = [
        json.dumps(
            {
                "patient": {"gender": "male", "born": "1980-01-01"},
                "message": {"sender": sender, "sent": f"{day}T10:00:00Z", "service": [{"system": SCT, "code": SERVICE}]},
                "entries": [{"kind": "observation", "codings": [{"system": SCT, "code": code}], "date": str(day), "path": "e"}],
            }
        )
        for sender, day, code in messages(incident)
    ]
    (folder / "in.jsonl").write_text("\n".join(lines) + "\n")
    return [folder / "in.jsonl"]


def as_rows(folder: Path, incident: bool) -> list[Path | str]:
    rows = [f"{n},male,1980-01-01,observation,sct,{code},{day},{who}" for n, (who, day, code) in enumerate(messages(incident))]
    head = "patient_id,gender,birth_date,kind,system,code,date,pharmacy"
    (folder / "in.csv").write_text("\n".join([head, *rows]) + "\n")
    (folder / "map.json").write_text(json.dumps({"columns": {c: c for c in head.split(",")[:-1]}, "sender": "pharmacy"}))
    return [folder / "in.csv", "--map", folder / "map.json"]


def scanned(folder: Path, *given: Path | str) -> tuple[str, dict[str, Any], str]:
    code, said = run(*given, "-o", folder / "out", "--complete", "--rules", "uk.pregnancy")
    assert code == 1
    made = json.loads((folder / "out" / "summary.json").read_text())["tripwire"]
    return said, made, (folder / "out" / "report.html").read_text()


@pytest.mark.parametrize(("written", "unit", "services"), [(as_lines, "messages", {SERVICE}), (as_rows, "rows", set())])
def test_the_pharmacy_that_codes_wrongly_is_named_and_since_when(
    tmp_path: Path, written: Any, unit: str, services: set[str]
) -> None:
    said, made, page = scanned(tmp_path, *written(tmp_path, True))
    assert (made["counted"], made["senders"], made["not_said"]) == ({unit: DAYS * len(PHARMACIES) * A_DAY}, 5, 0)
    assert {row["sender"] for row in made["above"]} == {IT, None}
    mine = next(row for row in made["above"] if (row["rule"], row["sender"], row["against"]) == (RULE, IT, "peers"))
    assert (mine["last"], set(mine["services"])) == (str(FIRST + timedelta(DAYS - 1)), services)
    assert BEGINS <= date.fromisoformat(mine["since"]) <= date.fromisoformat(mine["noticed"]) <= BEGINS + timedelta(7)
    true = [code for who, day, code in messages(True) if who == IT and mine["from"] <= str(day) <= mine["to"]]
    assert (mine["hits"], mine["of"]) == (true.count(PREGNANT), len(true))
    least = made["above"][0]
    assert f"SENDER {IT} above its own rate before, from {least['since']} to {mine['last']}: {least['rule']}" in said
    assert f"<title>{least['rule']}, {IT}, 7 days a point:" in page
    assert "No more than 0.1 false signals a year" in page


@pytest.mark.parametrize("written", [as_lines, as_rows])
def test_where_nothing_happens_nobody_is_named(tmp_path: Path, written: Any) -> None:
    said, made, page = scanned(tmp_path, *written(tmp_path, False))
    assert made["above"] == made["charts"] == []
    assert made["counted"] != {}
    assert "SENDER" not in said
    assert "<p>Nobody.</p>" in page


def test_what_names_no_sender_or_no_day_is_told_and_not_looked_at(tmp_path: Path) -> None:
    head = "patient_id,gender,birth_date,kind,system,code,date"
    (tmp_path / "in.csv").write_text(f"{head}\n1,male,1980-01-01,observation,sct,{PREGNANT},2025-07-01\n")
    _, made, page = scanned(tmp_path, tmp_path / "in.csv")
    assert (made["first"], made["not_said"], made["above"]) == (None, 1, [])
    assert "Not looked at: no message or row says both who sent it and on which day." in page


def test_days_before_since_are_not_compared_with(tmp_path: Path) -> None:
    given = as_rows(tmp_path, True)
    _, made, _ = scanned(tmp_path, *given, "--since", str(BEGINS))
    assert (made["first"], {row["against"] for row in made["above"]}) == (str(BEGINS), {"peers"})


def test_of_a_sample_its_own_rows_are_counted(tmp_path: Path) -> None:
    _, made, _ = scanned(tmp_path, *as_rows(tmp_path, True), "--sample", "0.5")
    patients = json.loads((tmp_path / "out" / "summary.json").read_text())["patients"]
    assert made["counted"] == {"rows": patients}
    assert 500 < patients < 700
