"""What the reader of Update Record makes of a message."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.places import ROOT

from codesafety.errors import Declined, InputError
from codesafety.formats import READERS, UpdateRecordReader
from codesafety.plugins.reading import Source
from codesafety.record import Coding, Quantity, Submission

EXAMPLES = ROOT / "docs" / "examples"
FIXTURES = ROOT / "tests" / "fixtures" / "fhir"
SCT = "http://snomed.info/sct"


def read(value: bytes | dict[str, Any] | Path) -> Submission:
    if isinstance(value, Path):
        return UpdateRecordReader().read(Source(value.read_bytes(), value.name))
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return UpdateRecordReader().read(Source(data, "given"))


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    header = {"resourceType": "MessageHeader", "event": {"code": "ITK014M"}}
    return {
        "resourceType": "Bundle",
        "type": "message",
        "entry": [
            {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{at:012d}", "resource": r} for at, r in enumerate((header, *resources))
        ],
    }


def concept(code: str, display: str = "words") -> dict[str, Any]:
    return {"coding": [{"system": SCT, "code": code, "display": display}]}


def observation(**fields: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "code": concept("8392000"), **fields}


PATIENT = {"resourceType": "Patient", "gender": "female", "birthDate": "1990-04"}


def test_the_same_message_in_xml_and_json_reads_the_same() -> None:
    assert read(EXAMPLES / "pregnancy-status-update.xml") == read(EXAMPLES / "pregnancy-status-update.json")


def test_the_example_says_what_it_says() -> None:
    read_ = read(EXAMPLES / "pregnancy-status-update.xml")
    (entry,) = read_.entries
    assert entry.path == "Bundle.entry[2].resource.entry[6].resource"
    assert entry.codings == (Coding(system=SCT, code="77386006", display="Not pregnant", path=entry.path + ".code.coding[0]"),)
    assert (entry.text, entry.heading, entry.kind, entry.status) == ("Not pregnant", "pregnancy-status", "observation", "final")
    assert (entry.date, entry.consultation_date, entry.recorded) == ("2026-03-04", "2026-03-04", "2026-03-04T11:40:00+00:00")
    assert (entry.assertion, entry.subject, entry.temporality) == (None, None, None)
    assert entry.provenance is not None
    assert (entry.provenance.organization, entry.provenance.role) == ("FX999", "R1290")
    assert [q.role for q in entry.qualifiers] == ["meta.tag", "category"]
    assert [(r.role, r.resolved) for r in entry.references] == [("subject", True), ("context", True), ("performer", True)]
    assert (read_.patient.nhs_number, read_.patient.nhs_number_status) == ("9991234578", "01")
    assert (read_.patient.gender, read_.patient.sex_at_birth, read_.patient.born) == ("female", None, "1994-05-17")
    assert {c.code for c in read_.message.service} == {"1659121000000101"}
    assert (read_.message.event, read_.message.sender, read_.message.sent) == ("ITK014M", "FX999", "2026-03-04T11:42:07+00:00")
    assert [t.heading for t in read_.texts] == ["clinical-summary"]
    assert not any(line.whole or line.broken for line in read_.not_read)


def test_an_older_draft_is_read() -> None:
    read_ = read(FIXTURES / "older-draft.xml")
    assert [e.path for e in read_.entries] == ["Bundle.entry[2].resource"]
    assert (read_.patient.nhs_number, read_.patient.gender) == ("9991234578", None)
    assert read_.message.replaces == "c1f6a1de-5bb1-4a8e-9f5e-0d7d2a4f0009"
    assert [c.code for c in read_.message.service] == ["1659111000000107"]
    assert {r.resolved for r in read_.message.references if r.role in ("focus", "section.entry")} == {True}


def test_a_letter_is_declined() -> None:
    with pytest.raises(
        Declined, match=r"letter\.json: a letter of Send Document \(event `ITK007C`\), not an Update Record message"
    ):
        read(FIXTURES / "letter.json")


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("ITK003D", "a discharge summary (event `ITK003D`)"),
        ("ITK004D", "a discharge summary of mental health care (event `ITK004D`)"),
        ("ITK005D", "a discharge summary of emergency care (event `ITK005D`)"),
        ("ITK006D", "an outpatient letter (event `ITK006D`)"),
        ("ITK007C", "a letter of Send Document (event `ITK007C`)"),
        ("ITK008M", "an acknowledgement (event `ITK008M`)"),
        ("ITK009D", "an immunisation message of Digital Medicine (event `ITK009D`)"),
        ("ITK010D", "an emergency supply message of Digital Medicine (event `ITK010D`)"),
        ("ITK011M", "a message of the events management service (event `ITK011M`)"),
        ("ITK012M", "a pathology report (event `ITK012M`)"),
        ("ITK013D", "a minor illness referral message of Digital Medicine (event `ITK013D`)"),
        ("ITK099X", "a message of event `ITK099X`"),
        (" itk009d", "an immunisation message of Digital Medicine (event `ITK009D`)"),
    ],
)
@pytest.mark.parametrize("display", ["an acknowledgement", "ITK Update Record"])
def test_another_event_is_declined_by_name_and_an_unknown_one_by_its_code(code: str, named: str, display: str) -> None:
    message = bundle()
    message["entry"][0]["resource"]["event"] = {"code": code, "display": display}
    with pytest.raises(Declined) as declined:
        read(message)
    assert str(declined.value).startswith(f"given: {named}, not an Update Record message")


@pytest.mark.parametrize(
    "event", [{"code": "ITK???", "display": "TODO"}, {"display": "x"}, {"code": "other", "display": "ITK Update Record"}]
)
def test_a_draft_with_a_placeholder_for_its_event_is_read_and_says_so(event: dict[str, str]) -> None:
    message = bundle(observation())
    message["entry"][0]["resource"]["event"] = {"system": "https://fhir.nhs.uk/STU3/CodeSystem/ITK-MessageEvent-2", **event}
    read_ = read(message)
    assert (len(read_.entries), read_.warnings, read_.message.event) == (1, ("event-not-known",), event.get("code"))


def test_an_event_without_a_system_may_be_a_draft_and_one_of_another_system_is_another_message() -> None:
    message = bundle(observation())
    header = message["entry"][0]["resource"]
    header["event"] = {"code": "placeholder"}
    assert read(message).warnings == ("event-not-known",)
    header["event"] = {"code": "placeholder", "system": "https://fhir.example/events"}
    with pytest.raises(Declined, match="a message of an event that is none of ITK's, not an Update Record message"):
        read(message)


def test_a_performer_named_by_its_ods_code_is_the_author() -> None:
    performer = {"identifier": {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "FQW30"}}
    (entry,) = read(bundle(observation(performer=[performer]))).entries
    assert entry.provenance is not None
    assert entry.provenance.organization == "FQW30"


def test_broken_resources_are_listed_with_path_and_reason_and_the_rest_is_read() -> None:
    read_ = read(FIXTURES / "broken-resources.json")
    assert [e.resource_id for e in read_.entries] == ["sound"]
    assert (read_.patient.gender, read_.patient.born) == ("female", None)
    broken = {line.path: line.reason for line in read_.not_read if line.broken}
    assert broken == {
        "Bundle.entry[1].resource.birthDate": "there is no such month",
        "Bundle.entry[2].resource": "there is no such day, at effectiveDateTime",
        "Bundle.entry[3].resource": "a code was sent as a number; codes are text, because numbers lose the last digits of long "
        "ones, at code.coding[0].code",
        "Bundle.entry[4].resource": "a `value` of a type that FHIR does not have, at unknown1",
        "Bundle.entry[5].resource": "it does not say which kind of resource it is (`resourceType`), at the resource",
    }
    (foreign,) = (line for line in read_.not_read if line.whole and not line.broken)
    assert (foreign.path, foreign.resource_type, foreign.coded) == ("Bundle.entry[6].resource", "VisionPrescription", True)
    assert [c.code for c in foreign.codings] == ["57190000"]
    assert "VisionPrescription" in foreign.reason


def test_a_broken_resource_keeps_its_codes() -> None:
    (line,) = (n for n in read(FIXTURES / "broken-resources.json").not_read if n.resource_id == "bad-date")
    assert (line.whole, line.coded, [c.code for c in line.codings]) == (True, True, ["271649006"])


@pytest.mark.parametrize(
    "resource",
    [
        observation(code=[concept("1"), concept("2")]),
        observation(effectiveDateTime="2025-01-01", effectivePeriod={"start": "2025-01-01"}),
        observation(code="8392000"),
        observation(code={"coding": {"system": SCT, "code": "8392000"}}),
        observation(valueQuantity={"value": "71", "unit": "kg"}),
        observation(valueBoolean="yes"),
        observation(issued=True),
        observation(bodySite={"coding": [{"code": 1.5, "system": SCT}]}),
        observation(valueQuantity={"value": 71, "comparator": "about", "unit": "kg"}),
    ],
)
def test_a_breach_of_the_format_breaks_its_resource_and_no_other(resource: dict[str, Any]) -> None:
    read_ = read(bundle(PATIENT, resource, observation(id="sound")))
    assert [e.resource_id for e in read_.entries] == ["sound"]
    assert [line.path for line in read_.not_read if line.broken and line.whole] == ["Bundle.entry[2].resource"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"verificationStatus": "refuted"}, ("absent", None)),
        ({"verificationStatus": "provisional"}, ("possible", None)),
        ({"verificationStatus": "differential"}, ("possible", None)),
        ({"verificationStatus": "unknown"}, (None, None)),
        ({"clinicalStatus": "active"}, (None, None)),
        ({"clinicalStatus": "resolved"}, (None, "past")),
        ({"abatementDateTime": "2024-01-02"}, (None, "past")),
        ({"abatementBoolean": False}, (None, None)),
    ],
)
def test_the_context_of_a_condition(fields: dict[str, Any], expected: tuple[str | None, str | None]) -> None:
    (entry,) = read(bundle({"resourceType": "Condition", "code": concept("195967001"), **fields})).entries
    assert (entry.assertion, entry.temporality) == expected
    assert entry.kind == "condition"


def test_family_history_is_about_the_family() -> None:
    history = {
        "resourceType": "FamilyMemberHistory",
        "relationship": concept("72705000"),
        "condition": [{"code": concept("38341003")}],
    }
    (entry,) = read(bundle(PATIENT, history)).entries
    assert (entry.subject, [c.code for c in entry.codings]) == ("family", ["38341003"])
    assert [q.role for q in entry.qualifiers] == ["relationship"]


def test_a_family_history_of_two_conditions_is_one_item_of_two_parts() -> None:
    history = {"resourceType": "FamilyMemberHistory", "condition": [{"code": concept("1")}, {"code": concept("2")}]}
    (entry,) = read(bundle(history)).entries
    assert (entry.codings, [c.codings[0].code for c in entry.components]) == ((), ["1", "2"])


def test_an_answer_is_the_value_and_leaves_the_assertion_to_who_judges_it() -> None:
    (no,) = read(bundle(observation(valueBoolean=False))).entries
    assert (no.assertion, no.value and no.value.boolean) == (None, False)


def test_requests_and_procedures_in_preparation_are_planned() -> None:
    read_ = read(
        bundle(
            {"resourceType": "Procedure", "status": "preparation", "code": concept("1")},
            {
                "resourceType": "Procedure",
                "status": "completed",
                "code": concept("1"),
                "performedPeriod": {"start": "2025-01-02", "end": "2025-01-03"},
            },
            {"resourceType": "ProcedureRequest", "intent": "plan", "code": concept("1"), "occurrenceDateTime": "2030"},
            {"resourceType": "Procedure", "status": "completed", "notDone": True, "code": concept("1")},
        )
    )
    assert [e.assertion for e in read_.entries] == ["planned", None, "planned", "absent"]
    assert (read_.entries[1].date, read_.entries[1].end_date, read_.entries[2].date) == ("2025-01-02", "2025-01-03", "2030")


def test_a_second_patient_is_told_apart() -> None:
    other = {"resourceType": "Patient", "gender": "male", "birthDate": "2026-01-01"}
    subject = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000002"}
    read_ = read(bundle(PATIENT, other, observation(subject=subject), observation()))
    assert [p.born for p in read_.other_patients] == ["2026-01-01"]
    assert [e.subject for e in read_.entries] == ["another", None]


def test_the_same_patient_sent_twice_is_one_patient() -> None:
    numbered = {**PATIENT, "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9991234578"}]}
    subject = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000002"}
    read_ = read(bundle(numbered, numbered | {"gender": "male"}, observation(subject=subject)))
    assert (read_.other_patients, read_.entries[0].subject, read_.patient.gender) == ((), None, None)
    assert [(n.path, n.broken) for n in read_.not_read] == [("Bundle.entry[2].resource.gender", True)]


def test_a_lone_resource_may_contain_its_patient() -> None:
    read_ = read(observation(contained=[{**PATIENT, "id": "p"}], subject={"reference": "#p"}))
    assert (read_.patient.born, read_.entries[0].subject, read_.other_patients) == ("1990-04", None, ())


def test_a_subject_who_is_not_there_is_unknown_and_another_patient_is_another() -> None:
    read_ = read(
        bundle(
            PATIENT | {"id": "1"},
            *(
                observation(subject={"reference": r})
                for r in (
                    "urn:uuid:00000000-0000-4000-8000-00000000dead",
                    "Patient/2",
                    "Patient/1",
                    "urn:uuid:00000000-0000-4000-8000-000000000001",
                )
            ),
        )
    )
    assert [e.subject for e in read_.entries] == ["unknown", "another", None, None]


def test_a_child_linked_to_its_mother_is_her_baby() -> None:
    baby = {
        "resourceType": "Patient",
        "birthDate": "2026-01-01",
        "link": [{"other": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000003"}, "type": "seealso"}],
    }
    person = {
        "resourceType": "RelatedPerson",
        "patient": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
        "relationship": {"coding": [{"code": "NCHILD"}]},
    }
    subject = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000002"}
    (entry,) = read(bundle(PATIENT, baby, person, observation(subject=subject))).entries
    assert entry.subject == "baby"


def test_an_entry_about_another_number_is_about_another() -> None:
    patient = {**PATIENT, "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9991234578"}]}
    subject = {"identifier": {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9991234586"}}
    read_ = read(bundle(patient, observation(subject=subject)))
    assert [p.nhs_number for p in read_.other_patients] == ["9991234586"]
    assert read_.entries[0].subject == "another"
    assert all(r.target != "9991234586" for r in read_.entries[0].references)


def test_a_dangling_reference_is_marked() -> None:
    (entry,) = read(bundle(observation(subject={"reference": "urn:uuid:00000000-0000-4000-8000-00000000dead"}))).entries
    assert [(r.role, r.resolved) for r in entry.references] == [("subject", False)]


def test_an_address_on_a_server_may_be_answered_elsewhere() -> None:
    (entry,) = read(bundle(observation(subject={"reference": "Patient/17"}))).entries
    assert [r.resolved for r in entry.references] == [None]


def test_a_malformed_reference_dangles_even_in_a_lone_resource() -> None:
    (entry,) = read(
        observation(
            subject={"reference": "urn:uuid:2451c37-0000-4000-8000-000000000000"},
            context={"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"},
        )
    ).entries
    assert [r.resolved for r in entry.references] == [False, None]


def test_a_lone_resource_is_a_message_of_one_item() -> None:
    read_ = read(observation())
    assert (len(read_.entries), read_.entries[0].path, read_.message.event) == (1, "Observation", None)


def test_components_share_their_entry() -> None:
    parts = [
        {
            "code": concept("271649006"),
            "valueQuantity": {"value": 118.50, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"},
        }
    ]
    (entry,) = read(json.dumps(bundle(observation(component=parts))).replace("118.5", "118.50").encode()).entries
    (component,) = entry.components
    assert component.value is not None
    assert component.value.quantity == Quantity(value=Decimal("118.50"), unit="mm[Hg]")
    assert str(component.value.quantity.value) == "118.50"
    assert component.path == "Bundle.entry[1].resource.component[0]"


DISPENSE = {
    "resourceType": "MedicationDispense",
    "status": "completed",
    "identifier": [{"system": "urn:x", "value": "d-1"}],
    "medicationCodeableConcept": {
        "coding": [{"system": "https://dmd.nhs.uk", "code": "289411000001107", "display": "Flucloxacillin"}]
    },
    "type": {"coding": [{"system": "urn:type", "code": "patient-group-direction"}]},
    "quantity": {"value": 20, "unit": "Capsule"},
    "daysSupply": {"value": 5, "unit": "day", "system": "http://unitsofmeasure.org", "code": "d"},
    "whenHandedOver": "2026-03-04",
    "whenPrepared": "2026-03-03",
    "dosageInstruction": [
        {
            "text": "One four times a day",
            "timing": {"repeat": {"frequency": 4, "period": 1, "periodUnit": "d"}},
            "doseQuantity": {"value": 1, "unit": "capsule"},
            "route": concept("26643006"),
        }
    ],
}


def test_a_dispensing_in_full() -> None:
    (medicine,) = read(bundle(DISPENSE)).medications
    assert (medicine.id, medicine.kind, medicine.status, medicine.not_given) == ("d-1", "dispense", "completed", None)
    assert [(c.system, c.code) for c in medicine.products] == [("https://dmd.nhs.uk", "289411000001107")]
    assert (medicine.handed_over, medicine.prepared) == ("2026-03-04", "2026-03-03")
    assert (medicine.quantity, medicine.days_supply) == (Quantity(value=Decimal(20), unit="Capsule"), Decimal(5))
    assert (medicine.dose, medicine.times_a_day, medicine.dosage_text) == (Decimal(1), Decimal(4), "One four times a day")
    assert [c.code for c in medicine.supply_type] == ["patient-group-direction"]
    assert [c.code for c in medicine.route] == ["26643006"]


def test_a_dispensing_stopped_before_it_was_handed_over_was_not_given() -> None:
    stopped = {k: v for k, v in DISPENSE.items() if k != "whenHandedOver"} | {
        "status": "stopped",
        "notDoneReasonCodeableConcept": concept("183964008"),
    }
    (medicine,) = read(bundle(stopped)).medications
    assert (medicine.not_given, [c.code for c in medicine.not_given_reason]) == (True, ["183964008"])


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ({"frequency": 1, "period": 8, "periodUnit": "h"}, Decimal(3)),
        ({"frequency": 1, "period": 2, "periodUnit": "d"}, Decimal("0.5")),
        ({"frequency": 1, "period": 1, "periodUnit": "wk"}, None),
        ({"frequency": 7, "period": 1, "periodUnit": "wk"}, Decimal(1)),
        ({"frequency": 1, "frequencyMax": 2, "period": 1, "periodUnit": "d"}, None),
        ({"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon"]}, None),
        ({"period": 1, "periodUnit": "d"}, None),
        ({"frequency": 1, "period": 0, "periodUnit": "d"}, None),
    ],
)
def test_times_a_day_only_where_they_follow_exactly(repeat: dict[str, Any], expected: Decimal | None) -> None:
    (medicine,) = read(bundle(DISPENSE | {"dosageInstruction": [{"timing": {"repeat": repeat}}]})).medications
    assert medicine.times_a_day == expected


def test_a_dose_in_other_units_than_the_quantity_is_listed_and_not_used() -> None:
    read_ = read(bundle(DISPENSE | {"dosageInstruction": [{"doseQuantity": {"value": 500, "unit": "mg"}}]}))
    assert read_.medications[0].dose is None
    assert "Bundle.entry[1].resource.dosageInstruction.doseQuantity" in {line.path for line in read_.not_read}


def test_a_dispensing_answers_its_request() -> None:
    request = {
        "resourceType": "MedicationRequest",
        "identifier": [{"value": "r-1"}],
        "intent": "order",
        "status": "active",
        "groupIdentifier": {"value": "order-9"},
        "medicationReference": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000003"},
    }
    dispense = DISPENSE | {"authorizingPrescription": [{"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}]}
    medicine = {"resourceType": "Medication", "code": concept("39732311000001104"), "form": concept("385049006")}
    asked, given = read(bundle(request, dispense, medicine)).medications
    assert (asked.kind, asked.id, asked.order, [c.code for c in asked.products]) == (
        "request",
        "r-1",
        "order-9",
        ["39732311000001104"],
    )
    assert (given.based_on, given.order) == (("r-1",), "order-9")
    assert [c.code for c in asked.form] == ["385049006"]


def test_supporting_resources_are_no_items_and_do_not_escalate() -> None:
    role = {"resourceType": "PractitionerRole", "code": [concept("R1290")]}
    read_ = read(bundle(PATIENT, role, observation()))
    assert [n for n in read_.not_read if n.resource_type == "PractitionerRole"] == []
    assert [(q.role, c.code) for q in read_.envelope for c in q.codings] == [("PractitionerRole.code", "R1290")]


def test_an_observation_without_a_code_is_an_entry_without_codings() -> None:
    (entry,) = read(bundle({"resourceType": "Observation", "code": {"text": "Feels well"}})).entries
    assert (entry.codings, entry.text) == ((), "Feels well")


def test_a_clinical_impression_is_shown_and_not_judged() -> None:
    read_ = read(bundle({"resourceType": "ClinicalImpression", "summary": "Feels well", "date": "2026-01-02"}))
    assert [(t.text, t.recorded) for t in read_.texts] == [("Feels well", "2026-01-02")]


def test_an_attachment_is_listed() -> None:
    (line,) = (n for n in read(bundle({"resourceType": "Binary", "contentType": "application/pdf"})).not_read if n.whole)
    assert (line.path, line.coded, line.broken) == ("Bundle.entry[1].resource", False, False)
    assert line.reason == "an attachment, whose content is not read"


def test_values_that_are_nothing_are_reported() -> None:
    read_ = read(bundle(observation(comment="", note=[], method=None)))
    assert {n.path: n.reason for n in read_.not_read} == {
        "Bundle.entry[1].resource.comment": "an empty value",
        "Bundle.entry[1].resource.note": "an empty list",
        "Bundle.entry[1].resource.method": "an empty value (null)",
    }


def test_entered_in_error_is_kept_as_the_status() -> None:
    (entry,) = read(bundle(observation(status="entered-in-error"))).entries
    assert entry.entered_in_error


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"%PDF-1.4 ...", "is a PDF document"),
        (b"<html><body>sign in</body></html>", "is a web page"),
        (b'{"resourceType": "Bundle"', "is not well-formed JSON: line 1"),
        (b'<Bundle xmlns="http://hl7.org/fhir"><entry>', "is not well-formed XML"),
        (
            b'<!DOCTYPE a [<!ENTITY x "y">]><Bundle xmlns="http://hl7.org/fhir"><id value="&x;"/></Bundle>',
            "declares a document type",
        ),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Bundle xmlns="http://hl7.org/fhir"/>', "declares a document type"),
        (
            b'{"resourceType": "Bundle", "type": "message", "type": "document"}',
            "gives one name twice in one object, so that it says two things: line 1, column 47",
        ),
        (b'{"resourceType": "Observation", "valueQuantity": {"value": NaN}}', "NaN"),
        (b"<Patient/>", "is XML, but not FHIR"),
    ],
)
def test_what_is_no_message_says_so(data: bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data)
    assert caught.value.message.startswith(words) or words in caught.value.message
    assert caught.value.help


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_encodings_are_told_apart(encoding: str) -> None:
    declared = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16", "latin-1": "iso-8859-1"}.get(
        encoding, encoding
    )
    words = f'<?xml version="1.0" encoding="{declared}"?>\n<Observation xmlns="http://hl7.org/fhir"><code><text value="Ménière"/></code></Observation>'
    (entry,) = read(words.encode(encoding)).entries
    assert entry.text == "Ménière"


def test_a_declared_utf_16_in_single_bytes_is_utf_8() -> None:
    words = '<?xml version="1.0" encoding="utf-16"?><Observation xmlns="http://hl7.org/fhir"><code><text value="Ménière"/></code></Observation>'
    assert read(words.encode("utf-8")).entries[0].text == "Ménière"


def test_a_declared_utf_8_that_is_none_is_refused() -> None:
    words = '<?xml version="1.0" encoding="utf-8"?><Observation xmlns="http://hl7.org/fhir"><code><text value="Ménière"/></code></Observation>'
    with pytest.raises(InputError, match="UTF-8 text"):
        read(words.encode("latin-1"))


def test_what_was_sent_is_in_no_error_and_no_reason() -> None:
    secret = "9991234578 Ada Specimen"
    broken = bundle(
        observation(effectiveDateTime=secret, valueQuantity={"value": secret}), {**PATIENT, "birthDate": secret, "gender": secret}
    )
    read_ = read(broken)
    assert all("Specimen" not in n.reason for n in read_.not_read)
    assert "Specimen" not in repr(read_)


def test_a_message_given_as_a_record_declares_nothing() -> None:
    record = UpdateRecordReader().read_record(Source((EXAMPLES / "contraception-ok.xml").read_bytes()))
    assert (record.complete, len(record.entries)) == ((), 1)
    assert any(n.path.endswith("type.coding[0]") for n in record.not_read)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pregnancy-status-update.xml", "fhir-stu3-update-record"),
        ("pregnancy-status-update.json", "fhir-stu3-update-record"),
        ("record-complete.json", "native"),
        ("submission-native.json", "native"),
    ],
)
def test_each_source_finds_its_reader(name: str, expected: str) -> None:
    source = Source((EXAMPLES / name).read_bytes(), name)
    assert next(r for r in READERS if r.recognises(source)).name == expected


@pytest.mark.parametrize(
    ("context", "day"),
    [
        ({}, "2026-03-04"),
        ({"context": {"display": "the visit"}}, "2026-03-04"),
        ({"context": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000002"}}, "2026-03-04"),
        ({"context": {"reference": "Encounter/elsewhere"}}, None),
    ],
)
def test_an_item_that_names_a_consultation_elsewhere_is_not_of_the_messages_own(context: dict[str, Any], day: str | None) -> None:
    encounter = {"resourceType": "Encounter", "status": "finished", "period": {"start": "2026-03-04"}}
    (entry,) = read(bundle(PATIENT, encounter, observation(**context))).entries
    assert entry.consultation_date == day
