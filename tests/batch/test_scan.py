"""`codesafety scan`: sources in, one folder of tables, summary and page out; killed, and begun again."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.doors.test_check import check as _check
from tests.places import EXAMPLES, ROOT
from tests.plugins.made import plugin
from typer.testing import CliRunner

import codesafety
from codesafety.batch import partition
from codesafety.batch.columns import propose
from codesafety.batch.people import Asking
from codesafety.batch.scan import Options, scan
from codesafety.cli.app import app
from codesafety.errors import InputError

HEAD = "patient_id,gender,birth_date,id,kind,system,code,display,date"
WRONG = "sct,77386006,Pregnant,2026-03-04"
RIGHT = "sct,195967001,Asthma,2020-03-04"
_ = _check


def table(folder: Path, *rows: str, head: str = HEAD, name: str = "entries.csv") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return folder


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["scan", *map(str, arguments)])
    return result.exit_code, " ".join(result.output.split())


def rows_of(out: Path, name: str) -> list[dict[str, object]]:
    return pl.read_parquet(out / f"{name}.parquet").to_dicts()


def everything(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.is_file()}


def test_a_finding_has_its_patient_file_place_month_and_rule(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", f"1,male,1990-01-01,e1,observation,{WRONG}", f"2,female,1990-01-01,e2,observation,{RIGHT}")
    code, _said = run(folder, "-o", tmp_path / "out", "--complete")
    found = [row for row in rows_of(tmp_path / "out", "findings") if row["rule"] == "uk.pregnancy/pregnant-patient-recorded-male"]
    assert code == 1
    assert [(r["patient"], r["file"], r["place"], r["month"], r["action"], r["code"]) for r in found] == [
        ("1", "entries.csv", "entries[0]", "2026-03", "review", "77386006")
    ]


def test_what_was_sent_in_words_stands_nowhere(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", "1,male,1990-01-01,e1,observation,sct,77386006,Mrs Unmistakable,2026-03-04")
    run(folder, "-o", tmp_path / "out")
    assert not [name for name, held in everything(tmp_path / "out").items() if b"Unmistakable" in held or b"1990-01-01" in held]


def test_a_row_that_cannot_be_read_is_listed_with_its_place_and_stops_nothing(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", f",male,1990-01-01,e1,observation,{RIGHT}", f"2,female,1990-01-01,e2,observation,{RIGHT}")
    code, _said = run(folder, "-o", tmp_path / "out", "--format", "csv")
    unread = pl.read_csv(tmp_path / "out" / "not_checked.csv").to_dicts()
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (code, summary["patients"]) == (1, 2)
    assert ("entries[0]", "the row names no patient") in {(row["place"], row["reason"]) for row in unread}


def test_a_file_that_is_no_message_is_listed_and_the_others_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "right.xml").write_bytes((EXAMPLES / "contraception-ok.xml").read_bytes())
    (folder / "broken.json").write_text('{"resourceType": "Bund')
    code, said = run(folder, "-o", tmp_path / "out")
    (line,) = [row for row in rows_of(tmp_path / "out", "not_checked") if row["kind"] == "not read at all"]
    assert (code, line["file"]) == (2, "broken.json")
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["patients"] == 1
    assert "NOT READ AT ALL 1" in said


def test_nothing_to_read_is_no_clean_scan(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    code, said = run(tmp_path / "in", "-o", tmp_path / "out")
    assert (code, "NOTHING WAS CHECKED" in said) == (2, True)


def test_a_line_of_native_json_is_scanned_with_the_record_that_stands_beside_it(tmp_path: Path) -> None:
    submission = (EXAMPLES / "submission-native.json").read_text()
    lines = [json.dumps(json.loads(submission)), "{", json.dumps({"submission": json.loads(submission)})]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
    code, _said = run(tmp_path / "in.jsonl", "-o", tmp_path / "out")
    places = {row["place"] for row in rows_of(tmp_path / "out", "not_checked") if row["kind"] == "not read at all"}
    assert (code, places) == (2, {"line 2"})


def test_resources_of_one_patient_are_one_record_wherever_they_stand(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    patient = {"resourceType": "Patient", "id": "7", "gender": "male", "birthDate": "1980-01-01"}
    pregnant = {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/7"},
        "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "77386006"}]},
        "onsetDateTime": "2026-03-04",
    }
    (folder / "Patient.ndjson").write_text(json.dumps(patient) + "\n")
    (folder / "Condition.ndjson").write_text("\n" + json.dumps(pregnant) + "\n{broken\n")
    code, _said = run(folder, "-o", tmp_path / "out", "--complete")
    found = {(row["patient"], row["file"], row["place"]) for row in rows_of(tmp_path / "out", "findings")}
    assert code == 2
    assert ("7", "Condition.ndjson", "line 2") in found
    (bad,) = [row for row in rows_of(tmp_path / "out", "not_checked") if row["kind"] == "not read at all"]
    assert (bad["file"], bad["place"]) == ("Condition.ndjson", "line 3")


def test_findings_before_a_day_are_left_out_and_their_rows_still_read(tmp_path: Path) -> None:
    old = WRONG.replace("2026", "2019")
    folder = table(tmp_path / "in", f"1,male,1990-01-01,e1,observation,{WRONG}", f"2,male,1990-01-01,e2,observation,{old}")
    run(folder, "-o", tmp_path / "out", "--since", "2025-01-01")
    assert {row["patient"] for row in rows_of(tmp_path / "out", "findings")} == {"1"}
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["patients"] == 2


def test_a_sample_is_the_same_patients_each_time(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", *[f"{n},male,1990-01-01,e{n},observation,{WRONG}" for n in range(200)])
    run(folder, "-o", tmp_path / "one", "--sample", "0.2")
    run(folder, "-o", tmp_path / "other", "--sample", "0.2")
    number = json.loads((tmp_path / "one" / "summary.json").read_text())["patients"]
    assert 15 < number < 70
    assert everything(tmp_path / "one") == everything(tmp_path / "other")


def test_two_scans_side_by_side_tell_what_other_rules_change(tmp_path: Path) -> None:
    folder = table(
        tmp_path / "in", f"1,male,1990-01-01,e1,observation,{WRONG}", "1,male,1990-01-01,e2,condition,sct,195967002,,2020-03-04"
    )
    run(folder, "-o", tmp_path / "old", "--rules", "uk.integrity")
    code, said = run(folder, "-o", tmp_path / "new", "--rules", "uk.pregnancy", "--compare", tmp_path / "old")
    changes = rows_of(tmp_path / "new", "changes")
    assert code == 1
    assert {(row["change"], row["rule"].partition("/")[0]) for row in changes} == {
        ("gained", "uk.pregnancy"),
        ("lost", "uk.integrity"),
    }  # type: ignore[attr-defined]
    assert "findings that" in said


def test_a_map_says_what_columns_are_and_who_sent_them(tmp_path: Path) -> None:
    folder = table(
        tmp_path / "in",
        "1,M,1990-01-01,77386006,2026-03-04,Y12345,x",
        head="PatientRef,Sex,DOB,SnomedCode,EventDate,Practice,Shoe",
    )
    made = propose(folder / "entries.csv")
    assert made.columns == {
        "patient_id": "patientref",
        "gender": "sex",
        "birth_date": "dob",
        "code": "snomedcode",
        "date": "eventdate",
    }
    assert made.not_placed == ("practice", "shoe")
    given = made.model_copy(update={"not_placed": (), "sender": "Practice", "ignored": ("Shoe",), "always": {"system": "sct"}})
    (tmp_path / "map.json").write_text(given.model_dump_json())
    code, _said = run(folder / "entries.csv", "--map", tmp_path / "map.json", "-o", tmp_path / "out")
    assert code == 1
    assert {row["sender"] for row in rows_of(tmp_path / "out", "findings")} == {"Y12345"}


def test_a_map_that_leaves_a_column_out_is_refused(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", "1,77386006,2026-03-04", head="patient_id,code,day")
    (tmp_path / "map.json").write_text(json.dumps({"columns": {"patient_id": "patient_id", "code": "code"}}))
    code, said = run(folder / "entries.csv", "--map", tmp_path / "map.json", "-o", tmp_path / "out")
    assert (code, "the map does not say what some columns are: number 3 of the file" in said) == (2, True)


def test_the_folder_of_another_scan_is_not_written_over(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", f"1,male,1990-01-01,e1,observation,{RIGHT}")
    run(folder, "-o", tmp_path / "out")
    code, said = run(folder, "-o", tmp_path / "out")
    assert (code, "the folder holds a scan that is finished" in said) == (2, True)


def test_parts_and_processes_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "ROWS_A_PART", 40)
    folder = table(tmp_path / "in", *[f"{n % 50},male,1990-01-01,e{n},observation,{WRONG}" for n in range(200)])
    engine = codesafety.load(never=["record", "release"])
    scan(engine, [str(folder)], tmp_path / "one", Options(Asking()))
    scan(engine, [str(folder)], tmp_path / "two", Options(Asking(), workers=2))
    assert everything(tmp_path / "one") == everything(tmp_path / "two")
    assert not (tmp_path / "one" / "unfinished").exists()


KILLS = int(os.environ.get("CODESAFETY_KILLS", "3"))


def test_a_scan_that_is_killed_goes_on_and_ends_with_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`kill -9` at random moments: three here, as many as CODESAFETY_KILLS says in `nox -s kills`."""
    folder = table(tmp_path / "in", *[f"{n % 120},male,1990-01-01,e{n},observation,{WRONG}" for n in range(1_000)])
    program = (
        "import sys; from pathlib import Path; import codesafety\n"
        "from codesafety.batch import partition; from codesafety.batch.people import Asking\n"
        "from codesafety.batch.scan import Options, scan\n"
        "partition.ROWS_A_PART = 50\n"
        "engine = codesafety.load('uk.pregnancy', never=['record', 'release'])\n"
        "print('begun', flush=True)\n"
        "scan(engine, [sys.argv[1]], Path(sys.argv[2]), Options(Asking()))\n"
    )
    monkeypatch.setattr(partition, "ROWS_A_PART", 50)
    engine = codesafety.load("uk.pregnancy", never=["record", "release"])
    began = time.monotonic()
    scan(engine, [str(folder)], tmp_path / "whole", Options(Asking()))
    took = time.monotonic() - began
    out = tmp_path / "killed"
    command = [sys.executable, "-c", program, str(folder), str(out)]
    moments = random.Random(20)
    for _turn in range(KILLS):
        if (out / "summary.json").exists():
            break
        running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(moments.random() * took)
        running.send_signal(signal.SIGKILL)
        running.wait()
        running.stdout.close()
    if not (out / "summary.json").exists():
        subprocess.run(command, check=True, cwd=ROOT)
    assert everything(out) == everything(tmp_path / "whole")


def test_the_page_loads_nothing(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", f"<i>1,male,1990-01-01,e1,observation,{WRONG}")
    run(folder, "-o", tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<script" not in page
    assert "http://" not in page
    assert "<i>1" not in page
    assert "&lt;i&gt;1" in page


def test_an_omop_model_is_scanned_person_by_person(tmp_path: Path) -> None:
    folder = table(
        tmp_path / "in",
        "7,8507,1990,1,1",
        head="person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth",
        name="person.csv",
    )
    table(
        folder,
        "44,SNOMED,77386006,Pregnant,S",
        head="concept_id,vocabulary_id,concept_code,concept_name,standard_concept",
        name="concept.csv",
    )
    head = "condition_occurrence_id,person_id,condition_concept_id,condition_start_date"
    table(folder, "1,7,44,2026-03-04", head=head, name="condition_occurrence.csv")
    code, _said = run(folder, "-o", tmp_path / "out", "--complete")
    found = {(row["patient"], row["file"], row["place"]) for row in rows_of(tmp_path / "out", "findings")}
    assert (code, found) == (1, {("7", "condition_occurrence.csv", "condition_occurrence[0]")})


def unread(out: Path) -> set[tuple[object, object, object]]:
    return {(row["file"], row["place"], row["reason"]) for row in rows_of(out, "not_checked") if row["kind"] == "not read at all"}


def test_what_nothing_reads_below_a_folder_is_listed_each_by_its_name(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", f"1,male,1990-01-01,e1,observation,{RIGHT}")
    table(folder / "below", f"1,male,1990-01-01,e1,observation,{WRONG}")
    (folder / "notes.txt").write_text("words")
    (folder / "_SUCCESS").write_text("")
    (folder / "gone.json").symlink_to(tmp_path / "nothing")
    (folder / "linked").symlink_to(folder / "below", target_is_directory=True)
    os.mkfifo(folder / "pipe.json")
    code, said = run(folder, "-o", tmp_path / "out")
    where, link = "a file that nothing reads where it stands", "a link to a folder or to nothing, or no file"
    assert unread(tmp_path / "out") == {
        ("below/entries.csv", None, where),
        ("notes.txt", None, where),
        ("gone.json", None, link),
        ("linked", None, link),
        ("pipe.json", None, link),
    }
    assert code == 2
    assert "HOLD 5" in said


def test_what_nothing_reads_beside_mapped_tables_is_listed(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", "1,195967001", head="patient,code")
    (folder / "entries.ndjson").write_text("{}")
    (tmp_path / "map.json").write_text(
        json.dumps({"columns": {"patient_id": "patient", "code": "code"}, "always": {"system": "sct"}})
    )
    code, _said = run(folder, "-o", tmp_path / "out", "--map", tmp_path / "map.json")
    assert (code, {file for file, _, _ in unread(tmp_path / "out")}) == (2, {"entries.ndjson"})


def test_a_table_of_codes_that_names_no_patient_is_told(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", f"1,male,1990-01-01,e1,observation,{RIGHT}")
    table(folder, "1,77386006", head="pseudonym,code", name="more.csv")
    table(folder, "1,north", head="practice,region", name="practices.csv")
    code, _said = run(folder, "-o", tmp_path / "out", "--complete")
    told = {(row["place"], row["kind"], row["reason"]) for row in rows_of(tmp_path / "out", "not_checked")}
    assert (code, told) == (1, {("more", "not read", "a table that names no patient, and it holds codes")})


def test_tables_that_a_plugin_reads_are_refused_and_not_read_as_others(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", f"1,male,1990-01-01,e1,observation,{WRONG}")
    theirs = SimpleNamespace(name="theirs", recognises=lambda source: source.path == folder, read_many=lambda source: ())
    engine = codesafety.load("uk.pregnancy", plugins=[plugin(readers=[theirs])])
    with pytest.raises(InputError, match="a plugin's reader, `theirs`"):
        scan(engine, [str(folder)], tmp_path / "out", Options(Asking()))


@pytest.mark.parametrize("last", [b"2,male,1990-01-01,e,observation,sct,77386006,\xff\xfe,2024-01-01", b"2,male,,,,,,,,,,,,"])
def test_a_table_that_cannot_be_read_to_its_end_is_no_error_of_ours(tmp_path: Path, last: bytes) -> None:
    folder = table(tmp_path / "in", *[f"{n},male,1990-01-01,e{n},observation,{RIGHT}" for n in range(2000)])
    with (folder / "entries.csv").open("ab") as file:
        file.write(last + b"\n")
    code, said = run(folder, "-o", tmp_path / "out")
    assert code == 2
    assert re.search("cannot be read (to its end )?as a table", said)  # older Polars looks at all of it as it opens it


def test_resources_that_name_no_patient_are_listed_and_never_left_out(tmp_path: Path) -> None:
    coded = {"coding": [{"system": "http://snomed.info/sct", "code": "77386006"}]}
    lines = [
        {"resourceType": "Patient", "id": "7", "gender": "male"},
        {"resourceType": "Condition", "id": "a", "subject": {"reference": "Patient/7"}, "code": coded},
        {"resourceType": "Condition", "id": "b", "code": coded},
        {"resourceType": "Condition", "id": "c", "subject": {"identifier": {"value": "9"}}, "code": coded},
        {"resourceType": "Condition", "id": "d", "subject": {"reference": "Group/9"}, "code": coded},
        {"resourceType": "Bundle", "entry": []},
        {"resourceType": []},
        {"resourceType": "Medication", "id": "1", "code": coded},
        {"resourceType": "Medication", "id": "1", "code": coded},
        {"resourceType": "Medication", "id": "1"},
        {"resourceType": "Organization", "id": "1"},
    ]
    (tmp_path / "in.ndjson").write_bytes(
        "\n".join(map(json.dumps, lines)).encode()
        + b'\n{"resourceType": "Condition", "subject": {"reference": "Patient/7"}, "id": "\xff"}'
    )
    code, _said = run(tmp_path / "in.ndjson", "-o", tmp_path / "out")
    nobody, other = "the resource names no patient by a reference", "another resource of the same type and id says something else"
    assert unread(tmp_path / "out") == {
        *(("in.ndjson", f"line {number}", nobody) for number in (3, 4, 5, 6, 7)),
        ("in.ndjson", "line 10", other),
        ("in.ndjson", "line 12", "this is no FHIR resource"),
    }
    assert code == 2


def test_decimals_and_days_of_parquet_are_numbers_and_dates_of_fhir(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    coded = {"coding": [{"system": "http://snomed.info/sct", "code": "27113001", "display": None}]}
    row = {"id": "o", "status": "final", "subject": {"reference": "Patient/7"}, "code": coded}
    row |= {"effectiveDateTime": datetime(2024, 3, 4, 5, 6, 7, tzinfo=UTC)}
    row |= {"valueQuantity": {"value": Decimal("70.500"), "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}}
    pl.DataFrame([row], schema_overrides={"effectiveDateTime": pl.Datetime("us", "UTC")}).write_parquet(
        tmp_path / "in" / "Observation.parquet"
    )
    (read,) = partition._texts(tmp_path / "in" / "Observation.parquet")
    found = json.loads(read[1])
    assert (found["valueQuantity"]["value"], found["effectiveDateTime"]) == (70.5, "2024-03-04T05:06:07+00:00")
    code, _said = run(tmp_path / "in", "-o", tmp_path / "out")
    assert (code, rows_of(tmp_path / "out", "not_checked")) == (0, [])


def as_pathling_writes(path: Path, row: dict[str, Any], extension: dict[int, list[dict[str, Any]]]) -> None:
    """Write one row into a folder of parts, as Spark does."""
    path.mkdir(parents=True)
    held = pa.map_(pa.int32(), pa.list_(pa.struct({"url": pa.string(), "valueCode": pa.string(), "_fid": pa.int32()})))
    table = pa.Table.from_pylist([row]).append_column("_extension", pa.array([list(extension.items())], held))
    pq.write_table(table, path / "part-00000-6f0b.c000.snappy.parquet")
    (path / "_SUCCESS").touch()


def test_folders_of_parts_with_the_columns_of_an_encoder_are_resources(tmp_path: Path) -> None:
    patient = {"id": "7", "id_versioned": "Patient/7/_history/1", "gender": "male", "birthDate": "1990-01-01", "_fid": 1}
    coding = {"system": "http://snomed.info/sct", "code": "27113001", "_fid": 5}
    weight = {"value": Decimal("70.500000"), "value_scale": 1, "unit": "kg", "_fid": 6}
    weight |= {"_value_canonicalized": {"value": Decimal("70500"), "scale": 0}, "_code_canonicalized": "g"}
    row = {"id": "o", "id_versioned": "Observation/o", "status": "final", "subject": {"reference": "Patient/7", "_fid": 3}}
    row |= {"code": {"coding": [coding], "_fid": 4}, "effectiveDateTime": "2024-03-04", "valueQuantity": weight, "_fid": 2}
    as_pathling_writes(tmp_path / "in" / "Patient.parquet", patient, {})
    as_pathling_writes(
        tmp_path / "in" / "Observation.parquet", row, {6: [{"url": "https://fhir.example/x", "valueCode": "a", "_fid": 7}]}
    )
    ((_, read),) = partition._texts(tmp_path / "in" / "Observation.parquet" / "part-00000-6f0b.c000.snappy.parquet")
    assert json.loads(read) == {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "subject": {"reference": "Patient/7"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "27113001"}]},
        "effectiveDateTime": "2024-03-04",
        "valueQuantity": {"value": 70.5, "unit": "kg", "extension": [{"url": "https://fhir.example/x", "valueCode": "a"}]},
    }
    code, said = run(tmp_path / "in", "-o", tmp_path / "out")
    assert "1 patient" in said
    assert {row["reason"] for row in rows_of(tmp_path / "out", "not_checked")} == {
        "an answer in an extension that neither HL7 nor the NHS has published"
    }
    assert code == 1


def test_a_delta_table_is_refused(tmp_path: Path) -> None:
    where = tmp_path / "in" / "Condition.parquet"
    as_pathling_writes(where, {"id": "c", "subject": {"reference": "Patient/7"}}, {})
    (where / "_delta_log").mkdir()
    (where / "_delta_log" / "00000000000000000000.json").write_text("{}")
    code, said = run(tmp_path / "in", "-o", tmp_path / "out")
    assert code == 2
    assert "holds a Delta table, whose log says which of its files count: NOTHING WAS CHECKED" in said


def test_lines_that_name_no_patient_are_counted_one_by_one(tmp_path: Path) -> None:
    submission = json.loads((EXAMPLES / "submission-native.json").read_text())
    submission["patient"] = {"gender": "male"}
    submission["entries"] = [{**submission["entries"][0], "codings": [{"system": "sct", "code": "77386006"}]}]
    (tmp_path / "in.jsonl").write_text((json.dumps(submission) + "\n") * 3)
    run(tmp_path / "in.jsonl", "-o", tmp_path / "out", "--rules", "uk.pregnancy")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    male = next(row for row in summary["rules"] if row["rule"] == "uk.pregnancy/pregnant-patient-recorded-male")
    assert (male["patients"], male["share"][0]) == (3, 1.0)
    assert [row["file"] for row in summary["first"]] == ["in.jsonl, line 1", "in.jsonl, line 2", "in.jsonl, line 3"]


def test_a_day_that_is_none_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", f"1,male,1990-01-01,e1,observation,{RIGHT}")
    code, said = run(folder, "-o", tmp_path / "out", "--since", "04/03/2020")
    assert (code, (tmp_path / "out").exists()) == (2, False)
    assert "is no date" in said


def test_an_earlier_scan_that_is_none_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", f"1,male,1990-01-01,e1,observation,{RIGHT}")
    code, said = run(folder, "-o", tmp_path / "out", "--compare", folder)
    assert (code, (tmp_path / "out").exists()) == (2, False)
    assert "holds no scan that is finished" in said


@pytest.mark.parametrize("other", [["--sample", "0.5"], ["--complete"], ["--since", "2020-01-01"]])
def test_an_earlier_scan_that_was_asked_otherwise_is_not_compared(tmp_path: Path, other: list[str]) -> None:
    folder = table(tmp_path / "in", *(f"{n},male,1990-01-01,e1,observation,{RIGHT}" for n in range(9)))
    run(folder, "-o", tmp_path / "old", *other)
    code, said = run(folder, "-o", tmp_path / "new", "--compare", tmp_path / "old")
    assert (code, (tmp_path / "new").exists()) == (2, False)
    assert other[0].strip("-") in said


def test_what_is_left_out_by_its_day_is_said_wherever_the_scan_is_summed_up(tmp_path: Path) -> None:
    folder = table(tmp_path / "in", f"1,male,1990-01-01,e1,observation,{WRONG}")
    _code, said = run(folder, "-o", tmp_path / "out", "--since", "2030-01-01")
    words = "Findings on entries before 2030-01-01 are left out."
    assert words in said
    assert words in (tmp_path / "out" / "report.html").read_text()
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["since"] == "2030-01-01"


def test_a_process_that_is_killed_ends_the_scan_in_words(tmp_path: Path) -> None:
    submission = (EXAMPLES / "submission-native.json").read_text()
    (tmp_path / "one.jsonl").write_text(json.dumps(json.loads(submission)) + "\n")
    (tmp_path / "two.jsonl").write_text(json.dumps(json.loads(submission)) + "\n")
    engine = codesafety.load("uk.pregnancy")

    def killed(what: str, done: int, total: int) -> None:
        if what == "scanned":
            threading.Thread(target=_kill_children, daemon=True).start()

    names = [str(tmp_path / "one.jsonl"), str(tmp_path / "two.jsonl")]
    with pytest.raises(InputError, match="ended from outside"):
        scan(engine, names, tmp_path / "out", Options(Asking(), workers=2), killed)
    assert scan(engine, names, tmp_path / "out", Options(Asking()))["patients"] == 2


def _kill_children() -> None:
    while not (children := multiprocessing.active_children()):
        time.sleep(0.01)
    for one in children:
        one.kill()


def test_what_is_nobodys_is_closed_with_whoever_asked_for_it(tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson"
    file.write_text(json.dumps({"resourceType": "Medication", "id": "1"}) + "\n", encoding="utf-8")
    found = partition.split_resources([file], tmp_path / "parts")
    assert found.named("Medication/1") is not None
    opened = found.shared
    del found
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened.execute("select 1")
