"""What the reader of flat tables makes of rows."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from codesafety import load
from codesafety.errors import InputError
from codesafety.formats.tables.flat import FlatReader
from codesafety.formats.tables.omop import OmopReader
from codesafety.plugins.reading import Source
from codesafety.record import Submission

pl = pytest.importorskip("polars", reason="polars is not installed")
HEAD = "patient_id,sex,birth_date,kind,system,code,display,date"


def csv(folder: Path, *lines: str, name: str = "entries.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> list[tuple[str, Submission]]:
    return list(FlatReader().read_many(Source(b"", path.name, path)))


def test_rows_of_one_patient_are_one_submission(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        HEAD,
        "p1,F,1990-04-02,condition,http://snomed.info/sct,77386006,Pregnant,2025-01-03",
        "p2,male,1980,observation,http://snomed.info/sct,8392000,Non-smoker,2025-02",
        "p1,F,1990-04-02,medication,https://dmd.nhs.uk,39720311000001101,Paracetamol,2025-01-03",
    )
    (first, one), (second, two) = read(path)
    assert (first, second) == ("entries[0]", "entries[1]")
    assert (one.patient.gender, one.patient.born, two.patient.gender, two.patient.born) == (
        "female",
        "1990-04-02",
        "male",
        "1980",
    )
    (entry,), (medicine,) = one.entries, one.medications
    assert (entry.path, entry.kind, entry.date, entry.codings[0].code, entry.codings[0].path) == (
        "entries[0]",
        "condition",
        "2025-01-03",
        "77386006",
        "entries[0]",
    )
    assert (medicine.path, medicine.kind, medicine.start, medicine.products[0].code) == (
        "entries[2]",
        "statement",
        "2025-01-03",
        "39720311000001101",
    )
    assert (one.format, one.not_read) == ("flat-table", ())


def test_long_codes_and_leading_zeros_stay_as_they_are(tmp_path: Path) -> None:
    path = csv(tmp_path, "patient_id,code,system", "p1,1659121000000101,sct", "p1,0424.00,readv2")
    ((_, one),) = read(path)
    assert [e.codings[0].code for e in one.entries] == ["1659121000000101", "0424.00"]


def test_codes_held_as_decimals_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "entries.parquet"
    pl.DataFrame({"patient_id": ["p1"], "code": [1659121000000101.0]}).write_parquet(path)
    with pytest.raises(InputError, match="long codes have lost digits"):
        read(path)


def test_whole_number_codes_of_a_parquet_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "entries.parquet"
    pl.DataFrame({"patient_id": [7], "code": [1659121000000101], "value": [37.5], "unit": ["Cel"]}).write_parquet(path)
    ((_, one),) = read(path)
    (entry,) = one.entries
    assert entry.codings[0].code == "1659121000000101"
    assert entry.value is not None and entry.value.quantity is not None
    assert (entry.value.quantity.value, entry.value.quantity.unit) == (Decimal("37.5"), "Cel")


@pytest.mark.parametrize("word", ["03/01/2025", "2025-13-01", "yesterday", "20251301", "03012025", "250103"])
def test_a_date_in_another_form_breaks_its_column_and_not_its_row(tmp_path: Path, word: str) -> None:
    path = csv(
        tmp_path, HEAD, f"p1,F,1990,condition,sct,77386006,Pregnant,{word}", "p1,F,1990,condition,sct,8392000,x,2025-01-03"
    )
    ((_, one),) = read(path)
    assert [(e.codings[0].code, e.date) for e in one.entries] == [("77386006", None), ("8392000", "2025-01-03")]
    (line,) = one.not_read
    assert (line.path, line.whole, line.broken, line.coded) == ("entries[0].date", False, True, False)
    assert word not in line.reason
    assert next(item for item in load("uk.integrity").assess(one).items if item.path == "entries[0]").decision == "hold"


@pytest.mark.parametrize(
    ("status", "day"),
    [("Finished", "2025-02-03"), ("", "2025-02-03"), ("Cancelled", None), ("Entered in error", None), ("entered_in_error", None)],
)
def test_a_consultation_that_did_not_take_place_dates_nothing(tmp_path: Path, status: str, day: str | None) -> None:
    csv(tmp_path, "patient_id,encounter_id,date,status", f"p1,v1,2025-02-03,{status}", name="encounters.csv")
    csv(tmp_path, "patient_id,system,code,encounter", "p1,sct,77386006,v1")
    ((_, one),) = read(tmp_path)
    assert [e.consultation_date for e in one.entries] == [day]


def test_each_bad_date_of_a_row_is_listed_and_no_consultation_stands_in_for_the_day(tmp_path: Path) -> None:
    csv(tmp_path, "patient_id,encounter_id,date", "p1,v1,2025-02-03", name="encounters.csv")
    head = "patient_id,system,code,date,end_date,recorded,encounter,value"
    bad, good = "p1,sct,77386006,yesterday,31/12/2025,soon,v1,5", "p1,sct,77386006,,2025-12-31,,v1,5"
    csv(tmp_path, head, bad, good)
    ((_, one),) = read(tmp_path)
    assert [(e.date, e.end_date, e.recorded, e.consultation_date) for e in one.entries] == [
        (None, None, None, None),
        (None, "2025-12-31", None, "2025-02-03"),
    ]
    assert [line.path for line in one.not_read if line.broken] == [
        "entries[0].date",
        "entries[0].end_date",
        "entries[0].recorded",
    ]


def test_a_bad_date_of_a_medicine_breaks_its_column(tmp_path: Path) -> None:
    path = csv(tmp_path, "patient_id,kind,system,code,start,stop", "p1,medication,sct,322236009,soon,2025-06-30")
    ((_, one),) = read(path)
    assert [(m.start, m.end, m.products[0].code) for m in one.medications] == [(None, "2025-06-30", "322236009")]
    assert [line.path for line in one.not_read if line.broken] == ["entries[0].start"]


@pytest.mark.parametrize("word", ["20250103", "20250103000000", "2025-01-03", "2025-01-03 00:00:00"])
def test_a_date_as_hl7_and_the_nhs_write_it_is_read(tmp_path: Path, word: str) -> None:
    path = csv(tmp_path, HEAD, f"p1,F,19900204,condition,sct,77386006,Pregnant,{word}")
    ((_, one),) = read(path)
    assert (one.patient.born, one.not_read) == ("1990-02-04", ())
    assert (one.entries[0].date or "")[:10] == "2025-01-03"


def test_a_column_of_whole_numbers_may_be_dates(tmp_path: Path) -> None:
    path = tmp_path / "entries.parquet"
    pl.DataFrame({"patient_id": [7, 7], "code": ["77386006", "8392000"], "date": [20250103, 2025013]}).write_parquet(path)
    ((_, one),) = read(path)
    assert [e.date for e in one.entries] == ["2025-01-03", None]
    assert [n.path for n in one.not_read] == ["entries[1].date"]


def test_a_birth_date_in_another_form_is_missing_and_reported(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD, "p1,F,02/04/1990,condition,sct,77386006,Pregnant,2025-01-03")
    ((_, one),) = read(path)
    assert (one.patient.born, len(one.entries)) == (None, 1)
    assert [(n.path, n.broken) for n in one.not_read] == [("entries[0].birth_date", True)]


def test_rows_that_differ_about_their_patient_leave_it_unknown(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD, "p1,F,1990,condition,sct,77386006,x,2025", "p1,M,1990,condition,sct,77386006,x,2025")
    ((_, one),) = read(path)
    assert (one.patient.gender, one.patient.born) == (None, "1990")
    assert [n.path for n in one.not_read] == ["gender"]


def test_a_row_without_a_patient_is_listed_with_its_code(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD, ",F,1990,condition,sct,77386006,x,2025")
    ((key, one),) = read(path)
    assert (key, one.entries, one.not_read[0].codings[0].code) == ("entries[0]", (), "77386006")


def test_an_unknown_kind_and_an_unknown_column_are_reported(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + ",colour", "p1,F,1990,poem,sct,77386006,x,2025,red")
    ((_, one),) = read(path)
    assert {n.path: n.whole for n in one.not_read} == {"entries[0]": True, "entries.unknown1": False}
    assert one.not_read[-1].reason == "a column that this reader does not know, number 9"


@pytest.mark.parametrize(
    ("column", "cell", "codes"),
    [
        ("snomed_code", "77386005", ["77386005"]),
        ("diagnosis_snomed", "77386006", ["77386006"]),
        ("local_code", "NP", []),
        ("anything", " 77386006 ", []),
    ],
)
def test_codes_in_a_column_that_is_not_known_are_not_judged(tmp_path: Path, column: str, cell: str, codes: list[str]) -> None:
    path = csv(
        tmp_path,
        f"{HEAD},{column}",
        f"p1,F,1990,condition,sct,27113001,x,2025,{cell}",
        "p2,F,1990,condition,sct,27113001,x,2025,",
    )
    (_, one), (_, two) = read(path)
    (line,) = one.not_read
    assert (line.path, line.coded, [c.code for c in line.codings]) == ("entries[0].unknown1", True, codes)
    assert two.not_read == ()


@pytest.mark.parametrize("column", ["colour", "ods_code", "postcode", "practice_code", "note"])
def test_a_column_that_is_not_called_as_codes_are_is_listed_and_no_more(tmp_path: Path, column: str) -> None:
    ((_, one),) = read(csv(tmp_path, f"{HEAD},{column}", "p1,F,1990,condition,sct,27113001,x,2025,77386005"))
    assert [(line.path, line.coded) for line in one.not_read] == [("entries.unknown1", False)]


@pytest.mark.parametrize(
    ("column", "cell", "assertion", "listed"),
    [
        ("assertion", "Absent", "absent", []),
        ("assertion", "denied", "absent", []),
        ("assertion", "Ruled out", "absent", []),
        ("assertion", "Suspected", "possible", []),
        ("assertion", "perhaps", None, [("entries[0]", "a word or a number that `assertion` may not be")]),
        ("status", "Cancelled", "unknown", []),
        ("verification", "Refuted", "absent", []),
        (
            "verification",
            "doubted",
            "unknown",
            [("entries[0].verification", "a status that no such item has: nothing can be told of it")],
        ),
    ],
)
def test_words_of_a_table_are_those_of_the_model_in_any_spelling(
    tmp_path: Path, column: str, cell: str, assertion: str | None, listed: list[tuple[str, str]]
) -> None:
    ((_, one),) = read(csv(tmp_path, f"{HEAD},{column}", f"p1,F,1990,condition,sct,27113001,x,2025,{cell}"))
    assert [(line.path, line.reason) for line in one.not_read if line.broken] == listed
    assert [entry.assertion for entry in one.entries] == ([assertion] if assertion else [])


def test_a_withdrawn_row_is_withdrawn_however_it_is_spelt(tmp_path: Path) -> None:
    ((_, one),) = read(csv(tmp_path, f"{HEAD},status", "p1,F,1990,condition,sct,27113001,x,2025,Entered in Error"))
    assert [entry.entered_in_error for entry in one.entries] == [True]


def test_a_folder_of_tables_is_read_together(tmp_path: Path) -> None:
    csv(
        tmp_path,
        "patient,gender,birth_date,birthsex,deceased",
        "p1,male,1956-08-03,M,2019-01-02",
        "p2,female,1960-01-01,F,",
        name="patients.csv",
    )
    csv(
        tmp_path,
        "patient,encounter,start,code,system,display",
        "p1,e1,2017-03-21,185349003,SNOMED,Check up",
        name="encounters.csv",
    )
    csv(
        tmp_path,
        "patient,encounter,start,stop,status,verification,code,system",
        "p1,e1,2017-03-21,2017-05-27,resolved,confirmed,444470001,SNOMED",
        name="conditions.csv",
    )
    csv(tmp_path, "patient,start,code,system,status,intent", "p1,2017-03-28,310965,RXNORM,stopped,order", name="medications.csv")
    (_, one), (_, two) = read(tmp_path)
    (entry, consultation), (medicine,) = one.entries, one.medications
    assert (one.patient.sex_at_birth, one.patient.died, one.patient.deceased, two.patient.deceased) == (
        "male",
        "2019-01-02",
        True,
        None,
    )
    assert (entry.consultation_date, entry.kind, entry.temporality, entry.verification) == (
        "2017-03-21",
        "condition",
        "past",
        "confirmed",
    )
    assert (medicine.kind, medicine.status) == ("request", "stopped")
    assert (consultation.kind, consultation.path, consultation.codings[0].code) == ("encounter", "encounters[0]", "185349003")
    assert (one.not_read, two.entries, two.not_read) == ((), (), ())


def test_parts_hold_the_same_patients_as_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = csv(tmp_path, HEAD, *(f"p{n % 7},F,1990,condition,sct,77386006,x,2025-01-{n % 28 + 1:02d}" for n in range(100)))
    whole = sorted((key, s) for key, s in read(path))
    monkeypatch.setattr("codesafety.formats.tables.disk.ROWS_A_PART", 9)
    assert sorted(read(path), key=lambda pair: pair[0]) == sorted(whole, key=lambda pair: pair[0])


def test_a_table_is_recognised_by_its_header(tmp_path: Path) -> None:
    good = csv(tmp_path, HEAD, "p1,F,1990,condition,sct,1,x,2025", name="good.csv")
    bad = csv(tmp_path, "a,b", "1,2", name="bad.csv")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 no")
    reader = FlatReader()
    assert [reader.recognises(Source(b"", p.name, p)) for p in (good, bad, tmp_path / "torn.parquet", tmp_path / "none.csv")] == [
        True,
        False,
        False,
        False,
    ]
    assert not reader.recognises(Source(b"patient_id,code"))


@pytest.mark.parametrize(
    "data", [b"patient_id,code\np1,\xff\xfe\n", b"patient_id,code\np1,1,2,3\n", b"patient_id,patient_id,code\np1,1,2\n"]
)
def test_a_torn_table_is_refused_with_a_remedy(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.help


# --- OMOP ----------------------------------------------------------------------------------------------------------------

CONCEPTS = [
    "concept_id,concept_name,vocabulary_id,concept_code",
    "4112343,Acute viral pharyngitis,SNOMED,195662009",
    '35208414,"Gastrointestinal hemorrhage, unspecified",ICD10CM,K92.2',
    "192671,Gastrointestinal hemorrhage,SNOMED,74474003",
    "1118088,celecoxib 200 MG Oral Capsule,RxNorm,213469",
    "8840,milligram per deciliter,UCUM,mg/dL",
    "3004501,Glucose,LOINC,2345-7",
]


def omop(folder: Path) -> Path:
    csv(folder, *CONCEPTS, name="CONCEPT.csv")
    csv(
        folder,
        "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,race_concept_id",
        "1,8532,1963,12,31,8516",
        "2,8507,1950,,,0",
        "3,0,1970,4,,0",
        name="person.csv",
    )
    csv(
        folder,
        "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_end_date,condition_source_value,condition_source_concept_id,visit_occurrence_id",
        "10,1,4112343,2015-10-02,2015-10-14,195662009,0,17",
        "11,2,192671,2011-10-10,,K92.2,35208414,",
        "12,3,999,2011-10-10,,local,0,",
        name="condition_occurrence.csv",
    )
    csv(
        folder,
        "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_end_date,drug_type_concept_id,quantity,days_supply,drug_source_value",
        "20,1,1118088,2020-01-01,2020-01-28,38000177,28,0,213469",
        name="drug_exposure.csv",
    )
    csv(
        folder,
        "measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number,unit_concept_id,operator_concept_id,measurement_source_value",
        "30,1,3004501,2020-01-01,6.20,8840,4172704,",
        name="measurement.csv",
    )
    csv(
        folder,
        "visit_occurrence_id,person_id,visit_concept_id,visit_start_date",
        "17,1,9201,2015-10-01",
        name="visit_occurrence.csv",
    )
    csv(folder, "person_id,death_date", "2,2019-05-06", name="death.csv")
    csv(folder, "condition_era_id,person_id", "1,1", name="condition_era.csv")
    return folder


def test_an_omop_model_is_read_person_by_person(tmp_path: Path) -> None:
    source = Source(b"", "omop", omop(tmp_path))
    assert OmopReader().recognises(source)
    (key, one), (_, two), (_, three) = OmopReader().read_many(source)
    assert key == "person[0]"
    assert [(s.patient.gender, s.patient.born, s.patient.died) for s in (one, two, three)] == [
        ("female", "1963-12-31", None),
        ("male", "1950", "2019-05-06"),
        (None, "1970-04", None),
    ]
    condition, measured = one.entries
    assert [(c.system, c.code, c.display) for c in condition.codings] == [("SNOMED", "195662009", "Acute viral pharyngitis")]
    assert (condition.id, condition.date, condition.end_date, condition.consultation_date) == (
        "condition_occurrence/10",
        "2015-10-02",
        "2015-10-14",
        "2015-10-01",
    )
    assert measured.value is not None and measured.value.quantity is not None
    assert (str(measured.value.quantity.value), measured.value.quantity.unit, measured.value.quantity.comparator) == (
        "6.20",
        "mg/dL",
        ">",
    )
    (medicine,) = one.medications
    assert (medicine.kind, medicine.products[0].code, medicine.quantity and medicine.quantity.value, medicine.days_supply) == (
        "request",
        "213469",
        Decimal(28),
        None,
    )
    assert ("days_supply", "0") in [(q.role, q.text) for q in medicine.qualifiers]


def test_source_and_standard_codes_stand_side_by_side(tmp_path: Path) -> None:
    two = list(OmopReader().read_many(Source(b"", "omop", omop(tmp_path))))[1][1]
    assert [(c.system, c.code) for c in two.entries[0].codings] == [("ICD10CM", "K92.2"), ("SNOMED", "74474003")]


def test_a_concept_that_is_not_in_the_vocabulary_is_kept_as_its_id(tmp_path: Path) -> None:
    three = list(OmopReader().read_many(Source(b"", "omop", omop(tmp_path))))[2][1]
    assert [(c.system, c.code) for c in three.entries[0].codings] == [("OMOP", "999")]
    assert three.entries[0].text == "local"


def test_derived_tables_and_visits_are_listed(tmp_path: Path) -> None:
    one = next(iter(OmopReader().read_many(Source(b"", "omop", omop(tmp_path)))))[1]
    lines = {n.path: [c.code for c in n.codings] for n in one.not_read}
    assert lines == {"visit_occurrence[0]": ["9201"], "person[0].race_concept_id": [], "condition_era": []}


def test_a_table_of_omop_that_is_not_known_may_hold_codes_of_anybody(tmp_path: Path) -> None:
    folder = omop(tmp_path)
    csv(folder, "person_id,concept_id,answer", "9,4112343,yes", name="survey.csv")
    csv(folder, "person_id,answer", "9,yes", name="questions.csv")
    csv(folder, "person_id,concept_id", name="empty.csv")
    one = next(iter(OmopReader().read_many(Source(b"", "omop", folder))))[1]
    lines = {n.path: (n.whole, n.coded) for n in one.not_read}
    assert [lines[name] for name in ("survey", "questions", "empty", "condition_era")] == [
        (True, True),
        (False, False),
        (False, False),
        (False, False),
    ]


def test_an_omop_folder_without_its_vocabulary_is_refused(tmp_path: Path) -> None:
    (omop(tmp_path) / "CONCEPT.csv").unlink()
    with pytest.raises(InputError, match="`concept`"):
        list(OmopReader().read_many(Source(b"", "omop", tmp_path)))


def test_a_row_of_a_person_who_is_not_there_is_not_lost(tmp_path: Path) -> None:
    folder = omop(tmp_path)
    csv(
        folder,
        "procedure_occurrence_id,person_id,procedure_concept_id,procedure_date",
        "1,9,4112343,2020-01-01",
        "2,,4112343,2020-01-01",
        name="procedure_occurrence.csv",
    )
    found = dict(OmopReader().read_many(Source(b"", "omop", folder)))
    assert len(found["procedure_occurrence[0]"].entries) == 1
    assert found["procedure_occurrence[0]"].patient.gender is None
    (line,) = found["procedure_occurrence[1]"].not_read
    assert (line.whole, line.broken, line.codings[0].code) == (True, True, "195662009")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_table_as_a_spreadsheet_saves_it_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "entries.csv"
    path.write_text(f"{HEAD}\np1,F,1990,condition,sct,77386006,Beichiog \u0175,2025-01-03\n", encoding=encoding)
    assert FlatReader().recognises(Source(b"", path.name, path))
    ((_, submission),) = read(path)
    assert submission.entries[0].codings[0].display == "Beichiog \u0175"


def test_a_row_about_somebody_else_is_for_a_person_to_look_at(tmp_path: Path) -> None:
    path = csv(tmp_path, f"{HEAD},subject", "p1,F,1990,condition,sct,77386006,Pregnant,2025-01-03,another")
    ((_, submission),) = read(path)
    report = load(installed_plugins=False).assess(submission)
    assert (report.decision, [i.decision for i in report.items]) == ("review", ["review"])


@pytest.mark.parametrize("reader", [FlatReader(), OmopReader()])
def test_two_tables_of_one_name_are_refused(tmp_path: Path, reader: FlatReader | OmopReader) -> None:
    for name in ("person.csv", "Person.tsv", "concept.csv"):
        csv(tmp_path, "patient_id,code", "1,77386006", name=name)
    with pytest.raises(InputError, match="one of two tables of one name"):
        list(reader.read_many(Source(b"", "cdm", tmp_path)))


def test_a_table_that_names_no_patient_is_for_review_where_it_holds_codes(tmp_path: Path) -> None:
    csv(tmp_path, "patient_id,code", "1,77386006")
    csv(tmp_path, "pseudonym,code", "1,77386006", name="more.csv")
    csv(tmp_path, "pseudonym,code", name="none.csv")
    csv(tmp_path, "practice,region", "1,north", name="practices.csv")
    ((_, submission),) = read(tmp_path)
    assert [(line.path, line.reason, line.whole, line.coded) for line in submission.not_read] == [
        ("more", "a table that names no patient, and it holds codes", True, True),
        ("none", "a table that names no patient", False, False),
        ("practices", "a table that names no patient", False, False),
    ]


@pytest.mark.parametrize("cell", [["77386006"], {"code": "77386006"}, b"77386006"])
def test_cells_that_are_no_one_value_are_refused_by_the_number_of_their_column(tmp_path: Path, cell: object) -> None:
    pl.DataFrame({"patient_id": ["1"], "code": [cell]}).write_parquet(tmp_path / "entries.parquet")
    with pytest.raises(InputError, match="the cells of column 2 are lists, structures or bytes"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("code", "words", "rules", "decision"),
    [
        ("15777000", "Prediabetes", ["code-system-that-is-nearly-known-or-left-out"], "review"),
        ("77386006", "Not pregnant", ["code-system-that-is-nearly-known-or-left-out"], "review"),
        ("A01", "Something", [], "none"),
    ],
)
def test_reasons_without_a_column_of_their_systems_are_looked_at_as_any_code(
    tmp_path: Path, code: str, words: str, rules: list[str], decision: str
) -> None:
    row = f"p1,F,1990-04-02,condition,sct,44054006,Type 2 diabetes,2025-01-03,{code},{words}"
    ((_, one),) = read(csv(tmp_path, f"{HEAD},reason_code,reason_display", row))
    report = load().assess(one)
    assert [r.rule.partition("/")[2] for r in report.results if r.outcome == "fires" and r.action != "note"] == rules
    assert report.decision == decision
    assert [line.path for line in report.missing_inputs if "system" in line.missing] == ["entries[0]"]


def test_a_reason_whose_system_is_left_out_in_its_column_is_for_review(tmp_path: Path) -> None:
    row = "p1,F,1990-04-02,condition,sct,44054006,Type 2 diabetes,2025-01-03,,15777000"
    ((_, one),) = read(csv(tmp_path, f"{HEAD},reason_system,reason_code", row))
    assert [r.rule for r in load().assess(one).results if r.outcome == "fires"] == [
        "uk.integrity/code-system-that-is-nearly-known-or-left-out"
    ]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_is_the_one_that_was_named_and_never_what_its_name_matches_as_a_pattern(tmp_path: Path, suffix: str) -> None:
    for name, code in (("t[1]", "77386006"), ("t1", "38341003")):
        frame = pl.DataFrame({"patient_id": ["p1"], "code": [code], "system": ["sct"]})
        path = tmp_path / f"{name}.{suffix}"
        frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    ((_, one),) = read(tmp_path / f"t[1].{suffix}")
    assert [entry.codings[0].code for entry in one.entries] == ["77386006"]


def test_spaces_around_a_head_are_none_of_its_name(tmp_path: Path) -> None:
    ((_, one),) = read(csv(tmp_path, "patient_id , code, system", "p1,77386006,sct"))
    assert [entry.codings[0].code for entry in one.entries] == ["77386006"]


@pytest.mark.parametrize(
    ("column", "cell", "coded"),
    [
        ("negated", "true", True),
        ("is_negated", "Y", True),
        ("negated", "false", False),
        ("entered_in_error", "1", True),
        ("deleted", "0", False),
        ("present", "false", True),
        ("present", "True", False),
        ("certainty", "ruled out", True),
        ("relationship", "mother", True),
        ("relationship", "Self", False),
        ("value_text", "No", True),
        ("result", "Negative", True),
        ("result", "7.1", False),
        ("colour", "no", False),
    ],
)
def test_a_column_that_may_say_that_a_code_is_not_so_is_not_judged(tmp_path: Path, column: str, cell: str, coded: bool) -> None:
    ((_, one),) = read(csv(tmp_path, f"{HEAD},{column}", f"p1,F,1990,condition,sct,27113001,x,2025,{cell}"))
    assert [line.coded for line in one.not_read] == [coded]


def test_a_sentence_of_denial_in_a_column_that_is_not_known_is_words_of_its_item(tmp_path: Path) -> None:
    lines = (
        "p1,F,1990,condition,sct,38341003,Hypertension,2025,never had hypertension",
        "p1,F,1990,condition,sct,38341003,x,2025,red",
    )
    ((_, one),) = read(csv(tmp_path, f"{HEAD},comment", *lines))
    assert [[(q.role, q.text) for q in entry.qualifiers] for entry in one.entries] == [
        [("unknown1", "never had hypertension")],
        [],
    ]


@pytest.mark.parametrize(
    ("kind", "column", "cell", "line"),
    [
        ("medication", "assertion", "absent", "broken"),
        ("medication", "assertion", "present", None),
        ("medication", "subject", "another", "broken"),
        ("medication", "verification", "Entered in Error", "broken"),
        ("medication", "clinical_status", "resolved", "broken"),
        ("medication", "temporality", "past", "broken"),
        ("medication", "value", "No", "listed"),
        ("medication", "value_code", "77386006", "coded"),
        ("condition", "intent", "plan", "broken"),
        ("condition", "intent", "order", None),
        ("condition", "dose", "2", "listed"),
    ],
)
def test_a_field_that_an_item_has_no_place_for_is_not_lost(
    tmp_path: Path, kind: str, column: str, cell: str, line: str | None
) -> None:
    ((_, one),) = read(csv(tmp_path, f"{HEAD},{column}", f"p1,F,1990,{kind},sct,322236009,x,2025,{cell}"))
    assert [(n.path, "broken" if n.broken else "coded" if n.coded else "listed") for n in one.not_read] == (
        [(f"entries[0].{column}", line)] if line else []
    )


def test_codes_of_a_patient_are_not_judged(tmp_path: Path) -> None:
    csv(tmp_path, "patient_id,gender,code,system", "p1,male,77386006,sct", name="patients.csv")
    csv(tmp_path, "patient_id,code,system", "p1,38341003,sct", name="conditions.csv")
    ((_, one),) = read(tmp_path)
    assert [(n.path, n.coded, n.codings[0].code) for n in one.not_read] == [("patients[0]", True, "77386006")]


@pytest.mark.parametrize(
    ("column", "cell", "item"),
    [
        ("code", "77386006", True),
        ("display", "Not pregnant", True),
        ("reason_code", "77386006", True),
        ("reason_description", "Pregnant", True),
        ("value_code", "77386006", True),
        ("value", "no", True),
        ("text", "not pregnant", True),
        ("status", "finished", False),
        ("stop", "2025-01-03", False),
    ],
)
def test_a_consultation_that_says_more_than_when_is_an_item(tmp_path: Path, column: str, cell: str, item: bool) -> None:
    csv(tmp_path, f"patient_id,id,date,{column}", f"p1,e1,2025-01-02,{cell}", name="encounters.csv")
    csv(tmp_path, "patient_id,encounter,code,system", "p1,e1,38341003,sct", name="conditions.csv")
    ((_, one),) = read(tmp_path)
    assert [e.path for e in one.entries] == ["conditions[0]", *(["encounters[0]"] if item else [])]
    assert (one.entries[0].consultation_date, one.not_read) == ("2025-01-02", ())


@pytest.mark.parametrize("code", ["", "38341003"])
def test_a_consultation_of_no_day_is_told_once(tmp_path: Path, code: str) -> None:
    csv(tmp_path, "patient_id,id,date,code,system", f"p1,e1,01/02/2025,{code},sct", name="encounters.csv")
    csv(tmp_path, "patient_id,code,system", "p1,38341003,sct", name="conditions.csv")
    ((_, one),) = read(tmp_path)
    where = "encounters[0].date" if code else "encounters[0]"
    assert [(n.path, n.broken, n.reason) for n in one.not_read] == [
        (where, True, "not a date: write YYYY, YYYY-MM or YYYY-MM-DD")
    ]


def test_a_table_of_patients_names_them_by_their_own_id(tmp_path: Path) -> None:
    csv(tmp_path, "Id,BIRTHDATE,GENDER", "p1,1980-01-01,M", name="patients.csv")
    csv(tmp_path, "Id,PATIENT,START,SYSTEM,CODE", "c1,p1,2025-01-02,http://snomed.info/sct,38341003", name="conditions.csv")
    ((_, one),) = read(tmp_path)
    assert (one.patient.gender, one.patient.born, one.entries[0].id, one.not_read) == ("male", "1980-01-01", "c1", ())


def test_a_patient_whose_rows_differ_is_held(tmp_path: Path) -> None:
    rows = "p1,F,1990,condition,sct,38341003,x,2025", "p1,M,1990,condition,sct,38341003,x,2025"
    ((_, one),) = read(csv(tmp_path, HEAD, *rows))
    assert (one.patient.gender, [(n.path, n.broken) for n in one.not_read]) == (None, [("gender", True)])
