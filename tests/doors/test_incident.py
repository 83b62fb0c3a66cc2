"""What the incident let through, and what must not be disclosed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from tests.places import EXAMPLES

import codesafety
from codesafety import Entry, Medication, Message, Patient, Profile, Record, Submission
from codesafety.cli.render import render
from codesafety.report import RANK

MESSAGES = ("contraception-service--example-2.xml", "blood-pressure-check-service--example-2.xml")


@cache
def engine() -> codesafety.Engine:
    return codesafety.load()


def knows_nothing(submission: Submission) -> Record:
    return Record(patient=submission.patient, complete=({"kind": "entry"}, {"kind": "medication"}))


def flipped(text: str) -> str:
    """Turn "Not pregnant" into "Pregnant", code and words."""
    assert "60001007" in text
    return text.replace("60001007", "77386006").replace("Not pregnant", "Pregnant").replace("not pregnant", "pregnant")


@pytest.mark.parametrize("name", MESSAGES)
def test_flipped_the_published_messages_come_out_as_review(shared: Path, name: str) -> None:
    submission = engine().read(flipped((shared / "fhir" / "update-record-stu3" / name).read_text()).encode())
    report = engine().assess(submission, knows_nothing(submission))
    assert report.decision == "review"
    assert any(r.rule.endswith("pregnancy-not-borne-out-by-the-record") for r in report.results)


@pytest.mark.parametrize("name", MESSAGES)
def test_unflipped_nothing_in_them_is_above_a_note_but_their_broken_nhs_number(shared: Path, name: str) -> None:
    profile = Profile.model_validate_json((EXAMPLES / "profile-test-system.json").read_text())
    submission = engine().read(shared / "fhir" / "update-record-stu3" / name)
    for record in (None, knows_nothing(submission)):
        assert engine().assess(submission, record).decision == "review"
        report = engine().assess(submission, record, profile=profile)
        assert RANK[report.decision] <= RANK["note"], [(r.rule, r.action) for r in report.results]


def test_the_guides_own_pregnancy_status_example_is_caught(shared: Path) -> None:
    name = "example--gpc-update-record--prsb--pregnancy-state.xml"
    report = engine().assess(engine().read(shared / "fhir" / "update-record-stu3" / name))
    assert report.decision == "hold"
    assert any(r.action == "hold" and "H-02" in r.hazard for r in report.results)


def test_the_letter_is_declined_and_not_held(shared: Path) -> None:
    with pytest.raises(codesafety.Declined, match="not an Update Record message"):
        engine().read(shared / "fhir" / "update-record-stu3" / "send-document--generic-example.xml")


def test_our_own_message_flipped_is_review_and_unflipped_is_clear() -> None:
    text = (EXAMPLES / "contraception-ok.xml").read_text()
    right, wrong = engine().read(text), engine().read(flipped(text))
    assert engine().assess(right, knows_nothing(right)).decision in ("none", "note")
    assert engine().assess(wrong, knows_nothing(wrong)).decision == "review"


SNOMED = "http://snomed.info/sct"
TRANS = [
    Patient(gender="male", sex_at_birth="female", born="1990-05-05"),
    Patient(gender="female", sex_at_birth="male", born="1990-05-05"),
    Patient(gender="male", sex_at_birth="male", born="1990-05-05"),
    Patient(gender="male", sex_at_birth="unknown", born="1990-05-05"),
    Patient(gender="other", sex_at_birth="female", born="1990-05-05"),
    Patient(gender=None, sex_at_birth="male", born="1990-05-05"),
]
SPECIFIC = ("77386006", "76376003", "118215003", "399068003", "254900004", "161712005", "169548007", "60001007")
TELLTALE = ("sex_at_birth", "sex at birth", "birth sex", "assigned", "transgender", "248152002", "248153007", "sex-at-birth")


def everything_said(patient: Patient, record: Record | None) -> str:
    entries = tuple(
        Entry(path=f"e[{n}]", codings=({"system": SNOMED, "code": code},), date="2026-03-01") for n, code in enumerate(SPECIFIC)
    )
    submission = Submission(
        patient=patient,
        entries=entries,
        message=Message(sent="2026-03-02"),
        medications=(Medication(path="m", products=({"system": SNOMED, "code": "42111000001107"},), handed_over="2026-03-01"),),
    )
    report = engine().assess(submission, record)
    return "".join(
        (report.model_dump_json(), *(render(report, "message", False, whole=whole) for whole in (False, True)))
    ).lower()


@pytest.mark.parametrize("patient", TRANS, ids=range(len(TRANS)))
def test_sex_at_birth_is_named_nowhere(patient: Patient) -> None:
    for record in (
        None,
        Record(patient=patient, complete=({"kind": "entry"},)),
        Record(patient=Patient(gender="female", sex_at_birth="male")),
    ):
        said = everything_said(patient, record)
        assert not [word for word in TELLTALE if word in said]
        assert "1990" not in said


def test_no_rule_says_sex_at_birth_where_a_clinician_reads_it() -> None:
    for rule in engine().rules:
        told = " ".join(
            [
                rule.title or "",
                rule.because or "",
                *(p for p in rule.say if isinstance(p, str)),
                *(u.label for u in rule.unless if not u.private),
            ]
        ).lower()
        assert not [word for word in ("sex at birth", "birth sex", "transgender") if word in told], rule.name


def test_a_sex_mismatch_is_never_more_than_review() -> None:
    for rule in engine().rules:
        if "patient.gender" in rule.text or "sex_at_birth" in rule.text:
            assert RANK[rule.action.value] <= RANK["review"], rule.name


def test_different_nhs_numbers_hold_and_compare_nothing() -> None:
    submission = Submission(
        patient=Patient(nhs_number="999 000 0018"),
        message=Message(sent="2026-03-02"),
        entries=(Entry(path="e", id="a", codings=({"system": SNOMED, "code": "77386006"},), date="2026-03-01"),),
    )
    record = Record(
        patient=Patient(nhs_number="9990000026"),
        complete=({"kind": "entry"}, {"kind": "medication"}),
        entries=(Entry(path="r", id="a", codings=({"system": SNOMED, "code": "60001007"},), date="2026-03-01"),),
    )
    report = engine().assess(submission, record)
    assert report.decision == "hold"
    assert [r.rule for r in report.results if r.action == "hold"] == ["codesafety/different-patient"]
    assert not any(e.side == "record" for r in report.results for e in r.entries)
    assert "999000" not in json.dumps(report.model_dump(mode="json")).replace(" ", "")
