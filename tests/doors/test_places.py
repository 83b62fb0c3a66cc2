"""Where an item stands, in words; and of whom and of what a report says that it is."""

from __future__ import annotations

from typing import Any

import pytest
from tests.places import EXAMPLES

import codesafety
from codesafety import Entry, Medication, Message, Patient, Record, Submission
from codesafety.record import TextItem
from codesafety.reporting.places import ordinal, places

SCT = "http://snomed.info/sct"


def entry(n: int, **more: Any) -> Entry:
    return Entry.model_validate({"path": f"e[{n}]", "codings": [{"system": SCT, "code": "77386006"}], **more})


def test_items_are_counted_list_by_list_in_the_order_sent() -> None:
    sent = Submission(
        entries=(
            entry(0, kind="condition"),
            entry(1),
            entry(2, kind="condition"),
            entry(3, heading="pregnancy-status", kind="condition"),
            entry(4, resource_type="DiagnosticReport", kind="other"),
            entry(5, kind="anything"),
        ),
        medications=(Medication(path="m[0]", kind="statement"), Medication(path="m[1]", kind="request")),
        texts=(TextItem(path="t[0]"),),
    )
    found = places(sent, Record(entries=(entry(0),)))
    assert dict(found.sent) == {
        "e[0]": "problem list, 1st",
        "e[1]": "observations, 1st",
        "e[2]": "problem list, 2nd",
        "e[3]": "pregnancy status, 1st",
        "e[4]": "reports, 1st",
        "e[5]": "entries, 1st",
        "m[0]": "medication list, 1st",
        "m[1]": "prescriptions, 1st",
        "t[0]": "texts, 1st",
    }
    assert found.of("e[2].code.coding[0]") == "problem list, 2nd"
    assert found.of("e[0]", incoming=False) == "observations, 1st"
    assert (found.of("Bundle.x"), found.of("x", incoming=False)) == ("the message", "the record")


def test_a_heading_that_is_not_of_the_standard_is_a_senders_text_and_not_shown() -> None:
    assert places(Submission(entries=(entry(0, heading="Jane Smith"),)), None).of("e[0]") == "observations, 1st"


@pytest.mark.parametrize(
    ("n", "shown"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (112, "112th"), (121, "121st")]
)
def test_an_ordinal(n: int, shown: str) -> None:
    assert ordinal(n) == shown


@pytest.fixture(scope="module")
def engine() -> codesafety.Engine:
    return codesafety.load("uk.integrity", installed_plugins=False)


def test_a_report_says_of_whom_and_of_what_it_is(engine: codesafety.Engine) -> None:
    found = engine.assess(engine.read(EXAMPLES / "pregnancy-status-update.xml"))
    about = found.about
    assert (about.kind, about.gender, about.age, about.day) == ("message", "female", "31 years", "2026-03-04")
    assert about.service == "Community Pharmacy Contraception Service"
    assert [item.place for item in found.items] == ["pregnancy status, 1st", "clinical summary, 1st"]


@pytest.mark.parametrize(
    ("born", "sent", "age"),
    [
        ("1976-02-29", "2026-02-27", "49 years"),
        ("1976-02-29", "2026-02-28", "50 years"),
        ("2024-03-05", "2026-03-04", "23 months"),
        ("2024-03-04", "2026-03-04", "2 years"),
        ("2026-02-04", "2026-03-04", "28 days"),
        ("2026-03-03", "2026-03-04", "1 day"),
        ("2026-03-05", "2026-03-04", None),
        ("1990", "2026-03-04", None),
        ("1990", "2026-12-31", "36 years"),
        (None, "2026-03-04", None),
        ("1990-01-01", None, None),
    ],
)
def test_an_age_is_told_on_the_day_of_the_message_where_it_is_one(
    engine: codesafety.Engine, born: str | None, sent: str | None, age: str | None
) -> None:
    message = Submission(patient=Patient(born=born), message=Message(sent=sent), entries=(entry(0),))
    assert engine.assess(message).about.age == age


def test_a_gender_on_which_message_and_record_differ_is_the_messages(engine: codesafety.Engine) -> None:
    message = Submission(patient=Patient(gender="female"), entries=(entry(0),))
    assert engine.assess(message).about.gender == "female"
    report = engine.assess(message, Record(patient=Patient(gender="male")))
    assert (report.about.gender, report.identity.differing) == ("female", ("gender",))


def test_a_service_without_a_name_is_told_by_its_code(engine: codesafety.Engine) -> None:
    service = ({"system": SCT, "code": "1577321000000100"},)
    message = Submission.model_validate({"message": {"service": service}, "entries": [entry(0)]})
    assert engine.assess(message).about.service == "service 1577321000000100"
