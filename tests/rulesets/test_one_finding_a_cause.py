"""One cause is one finding with a count: a wrong birth date, and a medicine that is a statement, a plan and its issues."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from codesafety import Engine, load
from codesafety.record import Coding, Entry, Medication, Patient, Submission

SCT = "http://snomed.info/sct"
PARACETAMOL = (Coding(system=SCT, code="322236009"),)


@cache
def integrity() -> Engine:
    return load("uk.integrity")


def entry(place: int, date: str) -> Entry:
    return Entry(path=f"entry[{place}]", codings=(Coding(system=SCT, code="44054006"),), date=date)


def medicine(place: int, **fields: Any) -> Medication:
    return Medication(path=f"medicine[{place}]", products=PARACETAMOL, **fields)


def test_a_wrong_birth_date_is_one_finding_for_entries_and_medicines() -> None:
    report = integrity().assess(
        Submission(
            patient=Patient(born="2020-05-05"),
            entries=(entry(0, "1980-01-01"), entry(1, "1981-01-01"), entry(2, "2021-01-01")),
            medications=(medicine(0, authored="1980-01-01"), medicine(1, authored="2021-01-01")),
        )
    )
    (found,) = [r for r in report.results if r.outcome == "fires"]
    assert (found.rule, found.count) == ("uk.integrity/entry-dated-before-birth", 3)
    assert found.message.endswith("The same holds for 2 more.")
    assert [(i.path, i.decision) for i in report.items if found.id in i.results] == [
        ("entry[0]", "review"),
        ("entry[1]", "review"),
        ("medicine[0]", "review"),
    ]
    assert all(result in {r.id for r in report.results} for i in report.items for result in i.results)


def test_a_medicine_before_birth_stands_alone_where_no_entry_does() -> None:
    report = integrity().assess(Submission(patient=Patient(born="2020-05-05"), medications=(medicine(0, authored="1980-01-01"),)))
    assert [(r.rule, r.count) for r in report.results if r.outcome == "fires"] == [
        ("uk.integrity/medicine-dated-before-birth", 1)
    ]


def test_one_medicine_twice_is_one_finding_however_many_parts_it_was_sent_in() -> None:
    run = {"start": "2024-01-01", "end": "2024-12-31"}
    report = load("uk.duplicate_medicines").assess(
        Submission(
            patient=Patient(born="1980-05-05"),
            medications=(
                medicine(0, kind="statement", id="s1", based_on=("p1",), **run),
                medicine(1, kind="plan", id="p1", **run),
                medicine(2, kind="statement", id="s2", based_on=("p2",), **run),
                medicine(3, kind="plan", id="p2", **run),
            ),
        )
    )
    (found,) = [r for r in report.results if r.outcome == "fires"]
    assert (found.rule, found.count) == ("uk.duplicate_medicines/same-product-twice", 4)


def test_a_plan_that_replaces_another_is_no_duplicate_of_it() -> None:
    run = {"start": "2024-01-01", "end": "2024-12-31", "kind": "plan"}
    report = load("uk.duplicate_medicines").assess(
        Submission(
            patient=Patient(born="1980-05-05"),
            medications=(medicine(0, id="p1", **run), medicine(1, id="p2", based_on=("p1",), **run)),
        )
    )
    assert [r.rule for r in report.results if r.outcome == "fires"] == []


def test_two_questions_about_the_patient_stay_two_findings_though_one_stands_after_the_other(tmp_path: Path) -> None:
    rules = tmp_path / "two.rules"
    rules.write_text("""
ruleset two { title "Two" version 1.0.0 language 1 review none }
valueset p "P" { codes 77386006 |Pregnancy| }
rule male { action review for entry e in p when patient.gender is male say "{e}: gender" }
rule old  { action review after rule male for entry e in p when age at e >= 60 years say "{e}: age" }
""")
    engine = load(rules, installed_plugins=False)
    entry = Entry(path="e", codings=({"system": "sct", "code": "77386006"},), date="2025-06-01")
    submission = Submission(patient=Patient(gender="male", born="1950-01-01"), entries=(entry,))
    assert sorted(r.rule for r in engine.assess(submission).results if r.outcome == "fires") == ["two/male", "two/old"]


def test_supplies_that_hang_together_are_one_finding_in_whatever_order_they_were_sent() -> None:
    starts = ("2025-01-01", "2025-02-15", "2025-01-16", "2025-01-31")  # each overlaps the next by two weeks: 0, 2, 3, 1
    report = load("uk.duplicate_medicines").assess(
        Submission(
            patient=Patient(born="1980-05-05"),
            medications=tuple(medicine(n, start=start, days_supply=28, kind="request") for n, start in enumerate(starts)),
        )
    )
    (found,) = [r for r in report.results if r.outcome == "fires"]
    assert (found.rule, found.count) == ("uk.duplicate_medicines/same-product-twice", 4)
    assert [e.path for e in found.entries] == ["medicine[0]", "medicine[2]", "medicine[1]", "medicine[3]"]
