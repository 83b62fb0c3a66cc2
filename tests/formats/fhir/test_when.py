"""When it happened: a laboratory's own times, dates as HL7 also writes them, and one bad date that breaks no more than its field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codesafety.formats import R4Reader, UpdateRecordReader
from codesafety.plugins.reading import Source
from codesafety.record import Entry, Patient, Submission, day_interval, punctuated

CODE = {"coding": [{"system": "http://snomed.info/sct", "code": "721981007"}]}
ENCOUNTER = {"resourceType": "Encounter", "id": "e", "status": "finished", "period": {"start": "2020-12-15"}}
FILED = {"code": CODE, "encounter": {"reference": "Encounter/e"}}
ISSUED = {"issued": "2010-02-25T15:41:00+00:00"}


def bundle(*resources: dict[str, Any]) -> Submission:
    value = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}
    return R4Reader().read(Source(json.dumps(value).encode()))


def report(**fields: Any) -> dict[str, Any]:
    return {"resourceType": "DiagnosticReport", "id": "d", **FILED, **fields}


def result(**fields: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": "o", **FILED, **fields}


def specimen(**collection: Any) -> dict[str, Any]:
    return {"resourceType": "Specimen", "id": "s", "collection": collection}


def dated(submission: Submission, kind: str) -> tuple[str | None, str | None]:
    (entry,) = (e for e in submission.entries if e.resource_type == kind)
    return entry.date, entry.consultation_date


FROM_SPECIMEN = {"specimen": [{"reference": "Specimen/s"}]}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({**ISSUED}, "2010-02-25T15:41:00+00:00"),
        ({**ISSUED, "effectiveDateTime": "2010-02-20"}, "2010-02-20"),
        ({**ISSUED, **FROM_SPECIMEN}, "2010-02-19"),
        ({**ISSUED, **FROM_SPECIMEN, "effectiveDateTime": "2010-02-20"}, "2010-02-20"),
        ({}, None),
    ],
)
def test_a_report_has_its_own_times_before_those_of_the_consultation_that_filed_it(
    fields: dict[str, Any], expected: str | None
) -> None:
    read = bundle(ENCOUNTER, specimen(collectedDateTime="2010-02-19"), report(**fields))
    assert dated(read, "DiagnosticReport") == (expected, "2020-12-15")


@pytest.mark.parametrize(
    ("of_result", "of_report", "expected"),
    [
        ({}, ISSUED, "2010-02-25T15:41:00+00:00"),
        ({}, {**ISSUED, "effectivePeriod": {"start": "2010-02-20", "end": "2010-02-21"}}, "2010-02-20"),
        ({}, {**ISSUED, **FROM_SPECIMEN}, "2010-02-19"),
        ({"specimen": {"reference": "Specimen/s"}}, ISSUED, "2010-02-19"),
        ({"effectiveDateTime": "2010-02-18"}, ISSUED, "2010-02-18"),
        ({}, {}, None),
    ],
)
def test_a_result_has_the_times_of_its_specimen_and_its_report(
    of_result: dict[str, Any], of_report: dict[str, Any], expected: str | None
) -> None:
    whole = report(**of_report, result=[{"reference": "Observation/o"}])
    read = bundle(ENCOUNTER, specimen(collectedDateTime="2010-02-19"), whole, result(**of_result))
    assert dated(read, "Observation") == (expected, "2020-12-15")


R4_MEMBER = {"hasMember": [{"reference": "Observation/o"}]}
STU3_MEMBER = {"related": [{"type": "has-member", "target": {"reference": "Observation/o"}}]}
DERIVED = {"related": [{"type": "derived-from", "target": {"reference": "Observation/o"}}]}


@pytest.mark.parametrize(
    ("of_panel", "expected"),
    [
        (R4_MEMBER, "2010-02-25T15:41:00+00:00"),
        (STU3_MEMBER, "2010-02-25T15:41:00+00:00"),
        ({**R4_MEMBER, "effectiveDateTime": "2010-02-20"}, "2010-02-20"),
        ({**R4_MEMBER, **FROM_SPECIMEN}, "2010-02-19"),
        ({"hasMember": [*R4_MEMBER["hasMember"], {"reference": "Observation/p"}]}, "2010-02-25T15:41:00+00:00"),  # its own member
        (DERIVED, None),
        ({}, None),
    ],
)
def test_a_member_of_a_panel_has_the_times_of_the_panel_and_of_its_report(of_panel: dict[str, Any], expected: str | None) -> None:
    whole = report(**ISSUED, result=[{"reference": "Observation/p"}])
    panel = {**result(**of_panel), "id": "p"}
    read = bundle(ENCOUNTER, specimen(collectedDateTime="2010-02-19"), whole, panel, result())
    (member,) = (entry for entry in read.entries if entry.resource_id == "o")
    assert (member.date, member.consultation_date) == (expected, "2020-12-15")


@pytest.mark.parametrize("panel_named", [True, False])
def test_a_report_may_name_the_members_of_its_panels_too(panel_named: bool) -> None:
    names = ["o", "p"] if panel_named else ["o"]
    whole = report(**ISSUED, result=[{"reference": f"Observation/{name}"} for name in names])
    read = bundle(ENCOUNTER, whole, {**result(**R4_MEMBER), "id": "p"}, result())
    assert [entry.date for entry in read.entries if entry.resource_id == "o"] == [ISSUED["issued"]]


def test_a_member_of_two_panels_has_the_times_of_neither() -> None:
    panels = [{**result(**R4_MEMBER, effectiveDateTime=f"2010-02-2{n}"), "id": f"p{n}"} for n in range(2)]
    (member,) = (entry for entry in bundle(ENCOUNTER, *panels, result()).entries if entry.resource_id == "o")
    assert (member.date, member.consultation_date) == (None, "2020-12-15")


UNKNOWN = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}


@pytest.mark.parametrize(
    "fields", [{"_effectiveDateTime": UNKNOWN}, {"effectivePeriod": UNKNOWN}, {"effectiveTiming": {"code": {"text": "daily"}}}]
)
def test_where_it_says_itself_that_the_day_is_unknown_the_consultations_is_no_other(fields: dict[str, Any]) -> None:
    assert dated(bundle(ENCOUNTER, result(**fields)), "Observation") == (None, None)


def test_an_observation_of_the_consultation_has_the_consultations_day() -> None:
    assert dated(bundle(ENCOUNTER, report(**ISSUED), result(issued="2010-02-25T15:41:00+00:00")), "Observation") == (
        None,
        "2020-12-15",
    )


def test_a_specimen_whose_day_is_none_breaks_itself_and_not_its_report() -> None:
    read = bundle(ENCOUNTER, specimen(collectedDateTime="2010-13-19"), report(**ISSUED, **FROM_SPECIMEN))
    assert dated(read, "DiagnosticReport") == ("2010-02-25T15:41:00+00:00", "2020-12-15")
    assert [n.path for n in read.not_read if n.broken] == ["Bundle.entry[1].resource"]


# ------------------------------------------------------------------------------------------------ how dates are written


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("19700101", "1970-01-01"),
        ("1970-01", "1970-01"),
        ("1970", "1970"),
        ("20100225093000+0000", "2010-02-25T09:30:00+0000"),
        ("20100225T093000Z", "2010-02-25T09:30:00Z"),
        ("20100225093000.123", "2010-02-25T09:30:00"),
        ("201002250930", "2010-02-25T09:30"),
        ("2010022509", "2010-02-25T09:00"),
        ("2010-02-25 09:30:00", "2010-02-25 09:30:00"),
        ("2010-02-25T09:30:00+0000", "2010-02-25T09:30:00+0000"),
        ("2010-02-25T09:30:00.000+00:00", "2010-02-25T09:30:00.000+00:00"),
    ],
)
def test_a_date_is_read_where_its_form_is_certain(written: str, read: str) -> None:
    (entry,) = bundle(result(effectiveDateTime=written)).entries
    assert (entry.date, Entry(path="e", date=written).date) == (read, read)
    assert day_interval(read) == day_interval(read[:10])


@pytest.mark.parametrize(
    "written",
    [
        "197001",
        "01011970",
        "20101970",
        "12311970",
        "19701301",
        "19700230",
        "00000101",
        "1970/01/01",
        "1-1-1970",
        "700101",
        "197001011",
    ],
)
def test_a_date_whose_form_is_not_certain_is_none(written: str) -> None:
    with pytest.raises(ValueError, match=r"not a date|no such|no year"):
        day_interval(punctuated(written))


def test_a_birth_date_as_hl7_writes_it_and_one_that_is_none() -> None:
    assert bundle({"resourceType": "Patient", "birthDate": "19700101"}).patient == Patient(
        born="1970-01-01", path="Bundle.entry[0].resource"
    )
    bad = bundle({"resourceType": "Patient", "gender": "female", "birthDate": "01/01/1970"})
    assert (bad.patient.gender, bad.patient.born) == ("female", None)
    assert [(n.path, n.broken) for n in bad.not_read] == [("Bundle.entry[0].resource.birthDate", True)]


def test_one_bad_date_of_the_envelope_breaks_its_field_and_no_more() -> None:
    header = {"resourceType": "MessageHeader", "event": {"code": "ITK014M"}, "timestamp": "then"}
    service = {"coding": [{"system": "http://snomed.info/sct", "code": "1659121000000101"}]}
    composition = {"resourceType": "Composition", "status": "final", "date": "05/03/2026", "type": service}
    value = {
        "resourceType": "Bundle",
        "type": "message",
        "timestamp": "2026-03-05",
        "entry": [{"resource": r} for r in (header, composition, result())],
    }
    read = UpdateRecordReader().read(Source(json.dumps(value).encode()))
    assert (read.message.event, read.message.status, [c.code for c in read.message.service]) == (
        "ITK014M",
        "final",
        ["1659121000000101"],
    )
    assert (read.message.sent, len(read.entries)) == ("2026-03-05", 1)
    assert [n.path for n in read.not_read if n.broken] == ["Bundle.entry[0].resource.timestamp", "Bundle.entry[1].resource.date"]
