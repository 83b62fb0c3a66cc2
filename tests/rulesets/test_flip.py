"""The flip experiment: a published message whose one status code is turned round, and a record that knows nothing of it."""

from __future__ import annotations

import pytest
from tests.places import ROOT, SHARED

import codesafety
from codesafety.record import Coding, Coverage, Entry, Message, Patient, Record, Submission

MESSAGES = SHARED / "fhir" / "update-record-stu3"
OURS = [ROOT / "rulesets" / name for name in ("uk.sex", "uk.age", "uk.pregnancy")]
PUBLISHED = ["contraception-service--example-2.xml", "blood-pressure-check-service--example-2.xml"]
CONTRACEPTION, BLOOD_PRESSURE = "1659121000000101", "1659111000000107"


@pytest.fixture(scope="module")
def engine() -> codesafety.Engine:
    return codesafety.load(*OURS)


def complete(patient: Patient) -> Record:
    return Record(patient=patient, complete=(Coverage(kind="entry"), Coverage(kind="medication")))


def message(status: str, service: str) -> Submission:
    return Submission(
        patient=Patient(gender="female", born="1985-08-08"),
        message=Message(service=(Coding(system="http://snomed.info/sct", code=service),), sent="2025-06-01"),
        entries=(
            Entry(
                path="Bundle.entry[0]",
                codings=(Coding(system="http://snomed.info/sct", code=status),),
                date="2025-06-01",
                heading="pregnancy-status",
            ),
        ),
    )


@pytest.mark.parametrize("service", [CONTRACEPTION, BLOOD_PRESSURE])
def test_a_pregnancy_that_the_record_knows_nothing_of_is_reviewed(engine: codesafety.Engine, service: str) -> None:
    sent = message("77386006", service)
    assert engine.assess(sent, complete(sent.patient)).decision == "review"


@pytest.mark.parametrize("service", [CONTRACEPTION, BLOOD_PRESSURE])
def test_not_pregnant_is_not_above_note(engine: codesafety.Engine, service: str) -> None:
    sent = message("60001007", service)
    assert engine.assess(sent, complete(sent.patient)).decision in ("none", "note")


@pytest.mark.skipif(not MESSAGES.exists(), reason="the published messages are not here")
@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("flipped", [False, True])
def test_a_published_message_is_reviewed_only_when_flipped(engine: codesafety.Engine, name: str, flipped: bool) -> None:
    text = (MESSAGES / name).read_text(encoding="utf-8")
    assert "60001007" in text and "Not pregnant" in text
    if flipped:
        text = text.replace("60001007", "77386006").replace("Not pregnant", "Pregnant")
    sent = engine.read(text.encode())
    decision = engine.assess(sent, complete(sent.patient)).decision
    assert decision == "review" if flipped else decision in ("none", "note")
