"""OMOP: dates in two columns, deaths in several rows, concept ids that are damaged: each is read, or listed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from codesafety.errors import InputError
from codesafety.formats.tables.omop import OmopReader
from codesafety.plugins.reading import Source
from codesafety.record import Submission

pytest.importorskip("polars", reason="polars is not installed")

CONCEPT = {
    "concept_id": "4329847",
    "concept_name": "Myocardial infarction",
    "vocabulary_id": "SNOMED",
    "concept_code": "22298006",
}
PERSON = {"person_id": "1", "gender_concept_id": "8507", "year_of_birth": "1990"}
CONDITION = {
    "condition_occurrence_id": "1",
    "person_id": "1",
    "condition_concept_id": "4329847",
    "condition_start_date": "2026-01-01",
}


def read(folder: Path, **tables: dict[str, str] | list[dict[str, str]]) -> Submission:
    """Read a model of one person; a table is its rows."""
    folder.mkdir(exist_ok=True)
    for name, given in {"concept": CONCEPT, "person": PERSON, "condition_occurrence": CONDITION, **tables}.items():
        rows = given if isinstance(given, list) else [given]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
    ((_, submission),) = OmopReader().read_many(Source(b"", "omop", folder))
    return submission


def broken(submission: Submission) -> list[str]:
    return [line.path for line in submission.not_read if line.broken]


def listed(submission: Submission) -> list[str]:
    return [line.path for line in submission.not_read if not line.broken]


@pytest.mark.parametrize(
    ("parts", "with_time", "born", "listed_as_broken"),
    [
        (("1990", "", ""), "", "1990", False),
        (("1990", "", ""), "1990-06-15 00:00:00", "1990-06-15", False),
        (("1990", "", ""), "1990-06-15 07:20:00", "1990-06-15", False),
        (("1990", "6", ""), "1990-06-15 00:00:00", "1990-06-15", False),
        (("1990", "6", "15"), "1990-06-15 00:00:00", "1990-06-15", False),
        (("1990", "6", "15"), "", "1990-06-15", False),
        (("", "", ""), "1990-06-15 00:00:00", "1990-06-15", False),
        (("1990", "6", "15"), "1990-06", "1990-06-15", False),
        (("1990", "", ""), "2026-06-15 00:00:00", None, True),
        (("1990", "6", ""), "1990-07-15 00:00:00", None, True),
        (("1990", "6", "15"), "1990-06-16 00:00:00", None, True),
        (("1990", "6", "15"), "1990-06-14T23:00:00Z", "1990-06-15", False),
        (("1990", "6", "15"), "1990-06-12T23:00:00Z", None, True),
        (("1990", "6", "15"), "15/06/1990", "1990-06-15", True),
        (("1990", "", ""), "1.99006E+07", "1990", True),
    ],
)
def test_born_is_what_both_columns_say_together(
    tmp_path: Path, parts: tuple[str, str, str], with_time: str, born: str | None, listed_as_broken: bool
) -> None:
    year, month, day = parts
    person = {**PERSON, "year_of_birth": year, "month_of_birth": month, "day_of_birth": day, "birth_datetime": with_time}
    submission = read(tmp_path, person=person)
    assert submission.patient.born == born
    assert broken(submission) == (["person[0].birth_datetime"] if listed_as_broken else [])


TABLES = {
    "condition_occurrence": ("condition", "condition_start_date"),
    "procedure_occurrence": ("procedure", "procedure_date"),
    "measurement": ("measurement", "measurement_date"),
    "observation": ("observation", "observation_date"),
    "device_exposure": ("device", "device_exposure_start_date"),
    "drug_exposure": ("drug", "drug_exposure_start_date"),
    "specimen": ("specimen", "specimen_date"),
    "note": ("note", "note_date"),
}


def dated(folder: Path, table: str, date: str, with_time: str) -> tuple[str | None, Submission]:
    stem, column = TABLES[table]
    row = {f"{table}_id": "1", "person_id": "1", f"{stem}_concept_id": "4329847", column: date, f"{column}time": with_time}
    submission = read(folder, **{table: row})
    items = [*submission.entries, *submission.medications, *submission.texts]
    (item,) = [item for item in items if item.path == f"{table}[0]"]
    return next(getattr(item, name) for name in ("date", "start", "recorded") if hasattr(item, name)), submission


@pytest.mark.parametrize("table", TABLES)
def test_the_more_exact_of_two_columns_is_the_date(tmp_path: Path, table: str) -> None:
    assert dated(tmp_path, table, "2026-01-01", "2026-01-01 10:30:00")[0] == "2026-01-01T10:30:00"
    assert dated(tmp_path, table, "2026-01-01", "2026-01-01 00:00:00")[0] == "2026-01-01"
    assert dated(tmp_path, table, "", "2026-01-01 10:30:00")[0] == "2026-01-01T10:30:00"
    assert dated(tmp_path, table, "2026-01-01", "")[0] == "2026-01-01"


@pytest.mark.parametrize("table", TABLES)
def test_two_columns_that_contradict_each_other_are_no_date(tmp_path: Path, table: str) -> None:
    date, submission = dated(tmp_path, table, "2026-01-01", "2025-01-01 10:30:00")
    assert date is None
    assert broken(submission) == [f"{table}[0].{TABLES[table][1]}time"]


@pytest.mark.parametrize("table", TABLES)
def test_a_date_that_is_none_breaks_its_column_and_not_its_row(tmp_path: Path, table: str) -> None:
    date, submission = dated(tmp_path, table, "01/02/2026", "2026-02-01 10:30:00")
    assert date is None
    column = TABLES[table][1]
    assert broken(submission) == [f"{table}[0].{column}"]


def test_the_end_of_an_item_is_read_the_same_way(tmp_path: Path) -> None:
    ends = {"condition_end_date": "2026-02-01", "condition_end_datetime": "2026-02-01 12:00:00"}
    assert read(tmp_path, condition_occurrence=CONDITION | ends).entries[0].end_date == "2026-02-01T12:00:00"
    ends["condition_end_datetime"] = "2026-03-01 12:00:00"
    submission = read(tmp_path, condition_occurrence=CONDITION | ends)
    assert submission.entries[0].end_date is None
    assert broken(submission) == ["condition_occurrence[0].condition_end_datetime"]


def test_a_date_without_a_field_is_listed(tmp_path: Path) -> None:
    row = {
        "drug_exposure_id": "1",
        "person_id": "1",
        "drug_concept_id": "0",
        "drug_exposure_start_date": "2026-01-01",
        "verbatim_end_date": "2026-01-09",
        "drug_exposure_end_date": "2026-01-10",
    }
    assert listed(read(tmp_path, drug_exposure=row)) == ["drug_exposure[0].verbatim_end_date"]
    assert listed(read(tmp_path, drug_exposure=row | {"verbatim_end_date": "2026-01-10"})) == []


@pytest.mark.parametrize(
    ("deaths", "died"),
    [
        ([("2020-01-01", "")], "2020-01-01"),
        ([("2020-01-01", ""), ("2020-01-01", "")], "2020-01-01"),
        ([("2020-01-01", ""), ("2020-01-01", "2020-01-01 10:00:00")], "2020-01-01T10:00:00"),
        ([("2020", ""), ("2020-01-01", "")], "2020-01-01"),
        ([("2020-01-01", ""), ("", "")], "2020-01-01"),
        ([("", ""), ("", "2020-01-01 00:00:00")], "2020-01-01"),
    ],
)
def test_rows_of_death_that_agree_are_one(tmp_path: Path, deaths: list[tuple[str, str]], died: str) -> None:
    for rows in (deaths, deaths[::-1]):
        submission = read(tmp_path, death=[{"person_id": "1", "death_date": a, "death_datetime": b} for a, b in rows])
        assert (submission.patient.deceased, submission.patient.died, broken(submission)) == (True, died, [])


def test_rows_of_death_that_do_not_agree_are_no_date_in_either_order(tmp_path: Path) -> None:
    rows = [{"person_id": "1", "death_date": date} for date in ("2020-01-01", "2027-01-01", "2020-01-01")]
    for given in (rows, rows[::-1]):
        submission = read(tmp_path, death=given)
        assert (submission.patient.deceased, submission.patient.died) == (True, None)
        assert broken(submission) == ["death[0].death_date", "death[1].death_date", "death[2].death_date"]


def test_a_date_and_a_time_of_death_that_contradict_each_other_are_no_date(tmp_path: Path) -> None:
    submission = read(tmp_path, death={"person_id": "1", "death_date": "2020-01-01", "death_datetime": "2021-01-01 10:00:00"})
    assert (submission.patient.died, broken(submission)) == (None, ["death[0].death_datetime"])


DAMAGED = ["3.6e+07", "4.32985E+06", "4329847.0", "-4329847", "22298006x", "Myocardial infarction", "4,329,847", "04329847"]


@pytest.mark.parametrize("text", DAMAGED)
@pytest.mark.parametrize("column", ["condition_concept_id", "condition_source_concept_id", "condition_type_concept_id"])
def test_a_damaged_concept_id_is_listed_once_and_read_as_no_code(tmp_path: Path, column: str, text: str) -> None:
    submission = read(tmp_path, condition_occurrence=CONDITION | {column: text})
    (line,) = [line for line in submission.not_read if line.broken]
    assert line.path == f"condition_occurrence[0].{column}"
    assert [(coding.system, coding.code) for coding in line.codings] == [("OMOP", text)]
    (entry,) = submission.entries
    codes = {coding.code for coding in (*entry.codings, *(c for q in entry.qualifiers for c in q.codings))}
    assert codes == ({"22298006"} if column != "condition_concept_id" else set())


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_gender_or_unit_is_listed(tmp_path: Path, text: str) -> None:
    row = {"measurement_id": "1", "person_id": "1", "measurement_concept_id": "4329847", "measurement_date": "2026-01-01"}
    value = {"value_as_number": "5", "unit_concept_id": text, "operator_concept_id": text, "value_as_concept_id": text}
    submission = read(tmp_path, person=PERSON | {"gender_concept_id": text}, measurement=row | value)
    assert submission.patient.gender is None
    assert set(broken(submission)) == {
        "person[0].gender_concept_id",
        "measurement[0].unit_concept_id",
        "measurement[0].operator_concept_id",
        "measurement[0].value_as_concept_id",
    }


@pytest.mark.parametrize("text", ["0", "", " "])
def test_concept_id_0_is_no_concept_and_what_was_recorded_is_its_text(tmp_path: Path, text: str) -> None:
    submission = read(
        tmp_path,
        person=PERSON
        | {"gender_concept_id": text, "gender_source_value": "F", "race_concept_id": text, "race_source_value": "A1"},
        condition_occurrence=CONDITION | {"condition_concept_id": text, "condition_source_value": "G30.. heart attack"},
    )
    (entry,) = submission.entries
    assert (entry.codings, entry.text) == ((), "G30.. heart attack")
    assert broken(submission) == []
    assert listed(submission) == ["person[0].gender_source_value", "person[0].race_source_value"]


def test_blanks_around_a_concept_id_are_no_damage(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, condition_occurrence=CONDITION | {"condition_concept_id": " 4329847 "}).entries
    assert [coding.code for coding in entry.codings] == ["22298006"]


def test_what_was_recorded_of_a_value_and_its_unit_is_kept(tmp_path: Path) -> None:
    row = {"measurement_id": "1", "person_id": "1", "measurement_concept_id": "4329847", "measurement_date": "2026-01-01"}
    value = {
        "value_as_number": "5",
        "value_source_value": "<5 trace",
        "unit_concept_id": "4329847",
        "unit_source_value": "mmol/l",
    }
    (entry,) = [e for e in read(tmp_path, measurement=row | value).entries if e.path == "measurement[0]"]
    assert entry.value is not None and entry.value.text == "<5 trace"
    assert ("unit_source_value", "mmol/l") in [(qualifier.role, qualifier.text) for qualifier in entry.qualifiers]


def test_a_comparator_that_is_none_is_listed(tmp_path: Path) -> None:
    row = {"measurement_id": "1", "person_id": "1", "measurement_concept_id": "4329847", "measurement_date": "2026-01-01"}
    value = {"value_as_number": "5", "operator_concept_id": "4329847"}
    assert broken(read(tmp_path, measurement=row | value)) == ["measurement[0].operator_concept_id"]
    assert broken(read(tmp_path, measurement=row | value | {"operator_concept_id": "4172703"})) == []


@pytest.mark.parametrize("column", ["snomed_code", "local_code", "anything"])
def test_codes_in_a_column_that_the_model_does_not_have_are_not_judged(tmp_path: Path, column: str) -> None:
    submission = read(tmp_path, condition_occurrence=CONDITION | {column: "77386006"})
    assert [(n.path, n.coded) for n in submission.not_read] == [("condition_occurrence[0].unknown1", True)]


def test_words_and_flags_in_a_column_that_the_model_does_not_have_are_not_lost(tmp_path: Path) -> None:
    submission = read(tmp_path, condition_occurrence=CONDITION | {"comment": "patient denies infarction", "negated": "1"})
    assert [q.text for q in submission.entries[0].qualifiers] == ["patient denies infarction"]
    assert [(n.path, n.coded) for n in submission.not_read] == [("condition_occurrence[0].unknown2", True)]


@pytest.mark.parametrize("column", ["code", "snomed", "condition_concept_id", "icd10"])
def test_a_table_that_is_not_known_and_holds_codes_is_not_judged(tmp_path: Path, column: str) -> None:
    submission = read(tmp_path, problem_list={"person_id": "1", column: "77386006"})
    assert [(n.path, n.coded) for n in submission.not_read] == [("problem_list", True)]


@pytest.mark.parametrize("column", ["concept_id", "vocabulary_id", "concept_code"])
def test_a_table_of_concepts_without_a_column_is_refused_by_that_column(tmp_path: Path, column: str) -> None:
    with pytest.raises(InputError, match=f"has no column `{column}`"):
        read(tmp_path, concept={name: cell for name, cell in CONCEPT.items() if name != column})


def test_one_concept_id_with_two_codes_is_refused(tmp_path: Path) -> None:
    assert read(tmp_path / "same", concept=[CONCEPT, CONCEPT]).entries[0].codings[0].code == "22298006"
    with pytest.raises(InputError, match="gives one concept id two codes"):
        read(tmp_path / "differ", concept=[CONCEPT, CONCEPT | {"concept_code": "77386006"}])


def test_a_person_whose_rows_differ_is_held_and_one_who_has_none_is_looked_at(tmp_path: Path) -> None:
    submission = read(tmp_path / "differ", person=[PERSON, PERSON | {"gender_concept_id": "8532"}])
    assert broken(submission) == ["person[1]"]
    assert broken(read(tmp_path / "same", person=[PERSON, PERSON])) == []
    folder = tmp_path / "nobody"
    (found,) = (one for one in both(folder) if one.entries)
    assert [(n.path, n.coded) for n in found.not_read] == [("person", True)]


def both(folder: Path) -> list[Submission]:
    with pytest.raises(ValueError, match="too many values"):
        read(folder, condition_occurrence=CONDITION | {"person_id": "2"})
    return [submission for _, submission in OmopReader().read_many(Source(b"", "omop", folder))]
