"""What an item takes from the resources around it: the day of its consultation, its author, its heading, its order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codesafety.formats import R4Reader
from codesafety.plugins.reading import Source
from codesafety.record import Entry, Medication, Provenance, Submission

C = {"coding": [{"system": "http://snomed.info/sct", "code": "77386006"}]}
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"


def read(*resources: dict[str, Any]) -> Submission:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}
    return R4Reader().read(Source(json.dumps(bundle).encode(), "given"))


def observed(*others: dict[str, Any], **fields: Any) -> Entry:
    return next(e for e in read({"resourceType": "Observation", "code": C, **fields}, *others).entries if e.kind == "observation")


def encounter(own: str, **fields: Any) -> dict[str, Any]:
    return {"resourceType": "Encounter", "id": own, **fields}


def to(kind: str, own: str) -> dict[str, Any]:
    return {"reference": f"{kind}/{own}"}


ONE = encounter("one", period={"start": "2024-01-01", "end": "2024-01-02"})
TWO = encounter("two", period={"end": "2024-02-02"})


@pytest.mark.parametrize("name", ["context", "encounter"])
def test_the_day_of_the_consultation_that_an_item_names(name: str) -> None:
    assert observed(ONE, TWO, **{name: to("Encounter", "one")}).consultation_date == "2024-01-01"
    assert observed(ONE, TWO, **{name: to("Encounter", "two")}).consultation_date == "2024-02-02"
    assert observed(ONE, **{name: to("Encounter", "elsewhere")}).consultation_date is None
    assert observed(ONE, context={"encounter": [to("Encounter", "one")]}).consultation_date == "2024-01-01"


def test_of_several_consultations_none_is_meant_where_none_is_named() -> None:
    assert observed(ONE, TWO).consultation_date is None


@pytest.mark.parametrize(
    "other",
    [
        encounter("one", status="cancelled", period={"start": "2024-01-01"}),
        encounter("one", status="entered-in-error", period={"start": "2024-01-01"}),
        encounter("one"),
        encounter("one", period={}),
        encounter("one", period={"start": "then"}),
        {"resourceType": "EpisodeOfCare", "id": "one", "period": {"start": "2024-01-01"}},
    ],
)
def test_a_consultation_that_did_not_take_place_or_says_no_day_has_none(other: dict[str, Any]) -> None:
    assert observed(other, encounter=to(other["resourceType"], "one")).consultation_date is None


def organization(own: str, code: str) -> dict[str, Any]:
    return {"resourceType": "Organization", "id": own, "identifier": [{"system": ODS, "value": code}]}


def role(own: str, code: str, **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "PractitionerRole",
        "id": own,
        "code": [{"coding": [{"display": "no code"}, {"code": code}]}],
        **fields,
    }


A, B = organization("a", "A1"), organization("b", "B1")
DOCTOR = {"resourceType": "Practitioner", "id": "d"}
GP = role("r", "GP", organization=to("Organization", "a"), practitioner=to("Practitioner", "d"))


@pytest.mark.parametrize(
    ("fields", "others", "organization", "code"),
    [
        ({"performer": [to("Organization", "a")]}, (A, B), "A1", None),
        ({"performer": [to("Organization", "a"), to("Organization", "b")]}, (A, B), "A1", None),
        ({"performer": [to("PractitionerRole", "r")]}, (A, GP), "A1", "GP"),
        ({"performer": [to("Practitioner", "d")]}, (A, GP, DOCTOR), "A1", "GP"),
        ({"performer": [to("Practitioner", "d"), to("Organization", "b")]}, (A, B, GP, DOCTOR), "A1", "GP"),
        ({"performer": [to("Organization", "b"), to("Practitioner", "d")]}, (A, B, GP, DOCTOR), "B1", "GP"),
        ({"performer": [{"actor": to("Organization", "a")}]}, (A,), "A1", None),
        ({"author": {"agent": to("Organization", "a")}}, (A,), "A1", None),
        ({"performer": [{"identifier": {"system": ODS, "value": "C1"}}]}, (), "C1", None),
        ({"performer": [to("PractitionerRole", "s")]}, (role("s", "NURSE"),), None, "NURSE"),
        ({"encounter": to("Encounter", "e")}, (A, encounter("e", serviceProvider=to("Organization", "a"))), "A1", None),
        ({"performer": [to("Organization", "b")]}, (A, B, encounter("e", serviceProvider=to("Organization", "a"))), "B1", None),
    ],
)
def test_who_recorded_an_item(
    fields: dict[str, Any], others: tuple[dict[str, Any], ...], organization: str | None, code: str | None
) -> None:
    assert observed(*others, **fields).provenance == Provenance(organization=organization, role=code)


@pytest.mark.parametrize(
    ("fields", "others"),
    [
        ({}, (A,)),
        ({"performer": [to("Practitioner", "d")]}, (DOCTOR,)),
        ({"performer": [to("Practitioner", "d")]}, (A, GP, GP | {"id": "r2"}, DOCTOR)),
        ({"subject": to("Organization", "a")}, (A,)),
    ],
)
def test_who_recorded_an_item_is_not_guessed(fields: dict[str, Any], others: tuple[dict[str, Any], ...]) -> None:
    assert observed(*others, **fields).provenance is None


def test_a_resource_of_no_kind_is_no_organisation_whatever_its_identifiers() -> None:
    coded = {"identifier": [{"system": ODS, "value": "A1001"}]}
    entries = [
        {"fullUrl": "urn:uuid:x", "resource": {"id": "x", **coded}},
        {"resource": {"resourceType": "Observation", "code": C, "performer": [{"reference": "urn:uuid:x"}]}},
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    (entry,) = R4Reader().read(Source(json.dumps(bundle).encode(), "given")).entries
    assert entry.provenance is None


def test_items_of_one_author_and_of_two_consultations_each_have_the_organisation_of_their_own() -> None:
    """What is worked out once a source is worked out for each consultation."""
    others = [
        {"resourceType": "Organization", "id": f"o{n}", "identifier": [{"system": ODS, "value": f"A100{n}"}]} for n in (1, 2)
    ]
    visits = [encounter(f"e{n}", serviceProvider=to("Organization", f"o{n}")) for n in (1, 2)]
    items = [
        {"resourceType": "Observation", "code": C, "performer": [to("Practitioner", "p")], "encounter": to("Encounter", own)}
        for own in ("e1", "e2", "e1")
    ]
    found = read(*items, {"resourceType": "Practitioner", "id": "p"}, *visits, *others).entries
    assert [e.provenance.organization for e in found if e.provenance is not None] == ["A1001", "A1002", "A1001"]


def test_the_heading_is_a_tag_of_the_record_standard() -> None:
    tags = [
        {"system": "x", "code": "1"},
        {"system": "https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-RecordStandardHeadings-1", "code": "2"},
    ]
    assert observed(meta={"tag": tags}).heading == "2"
    assert observed(meta={"tag": tags[:1]}).heading is None
    assert observed().heading is None


def test_when_it_was_recorded_may_be_said_in_an_extension() -> None:
    said = {"url": "https://fhir.hl7.org.uk/STU3/Extension-CareConnect-DateRecorded-1", "valueDateTime": "2024-03-01"}
    assert observed(extension=[said]).recorded == "2024-03-01"
    assert observed(extension=[said], issued="2024-04-01T10:00:00Z").recorded == "2024-04-01T10:00:00Z"
    assert observed(extension=[said | {"url": "x"}]).recorded is None


def medications(*resources: dict[str, Any]) -> dict[str, Medication]:
    return {made.resource_id or "": made for made in read(*resources).medications}


def request(own: str, group: str | None = None, **fields: Any) -> dict[str, Any]:
    held = {} if group is None else {"groupIdentifier": {"value": group}}
    return {"resourceType": "MedicationRequest", "id": own, **held, **fields}


@pytest.mark.parametrize("name", ["authorizingPrescription", "basedOn"])
def test_the_order_of_what_answers_a_request_is_the_requests(name: str) -> None:
    dispensed = {"resourceType": "MedicationDispense", "id": "d", name: [to("MedicationRequest", "r")]}
    found = medications(request("r", "urn:uuid:7"), dispensed)
    assert (found["r"].order, found["d"].order, found["d"].based_on) == ("7", "7", ("r",))
    own = medications(request("r", "7"), dispensed | {"groupIdentifier": {"value": "8"}})
    assert own["d"].order == "8"
    assert medications(request("r"), dispensed)["d"].order is None


@pytest.mark.parametrize("name", ["basedOn", "authorizingPrescription", "prescription", "request", "priorPrescription"])
def test_what_a_medication_answers_or_replaces(name: str) -> None:
    found = medications(request("r"), {"resourceType": "MedicationDispense", "id": "d", name: [to("MedicationRequest", "r")]})
    assert found["d"].based_on == ("r",)


def test_a_number_of_a_prescription_of_several_is_no_order() -> None:
    assert [m.order for m in medications(request("r", "7"), request("s", "7"), request("t", "8")).values()] == [None, None, "8"]
    form = {"system": "https://fhir.nhs.uk/Id/prescription-order-number", "value": "9"}
    assert medications(request("r") | {"groupIdentifier": form})["r"].order is None


@pytest.mark.parametrize(
    ("fields", "as_needed"),
    [
        ({"asNeededBoolean": True}, True),
        ({"asNeededBoolean": False}, False),
        ({"asNeededCodeableConcept": C}, True),
        ({}, None),
    ],
)
def test_a_medicine_taken_as_needed(fields: dict[str, Any], as_needed: bool | None) -> None:
    assert medications(request("r", dosageInstruction=[fields or {"text": "one"}]))["r"].as_needed is as_needed
    assert medications(request("r", dosageInstruction=[fields or {"text": "one"}, {"text": "two"}]))["r"].as_needed is None


@pytest.mark.parametrize(
    ("target", "resolved"),
    [
        ("https://elsewhere.example/who", None),
        ("http://elsewhere.example/who", None),
        ("https://elsewhere.example/Organization/1", None),
        ("Organization/1", None),
        ("urn:uuid:00000000-0000-4000-8000-000000000001", False),
        ("#inside", False),
        ("somebody", False),
    ],
)
def test_a_message_answers_to_what_no_server_can(target: str, resolved: bool | None) -> None:
    header = {"resourceType": "MessageHeader", "eventUri": "urn:event"}
    observation = {"resourceType": "Observation", "code": C, "performer": [{"reference": target}]}
    bundle = {"resourceType": "Bundle", "type": "message", "entry": [{"resource": header}, {"resource": observation}]}
    (entry,) = R4Reader().read(Source(json.dumps(bundle).encode(), "given")).entries
    assert [(r.role, r.resolved) for r in entry.references] == [("performer", resolved)]


@pytest.mark.parametrize(
    "said",
    [
        {"note": [{"text": "Not pregnant"}]},
        {"category": [{"text": "Not pregnant"}]},
        {"extension": [{"url": "https://fhir.example.org/e", "valueString": "Not pregnant"}]},
        {"extension": [{"url": "https://fhir.example.org/e", "valueAnnotation": {"text": "Not pregnant"}}]},
        {"bodySite": {"text": "Not pregnant"}},
    ],
)
def test_what_is_written_beside_a_code_is_a_note(said: dict[str, Any]) -> None:
    resource = {"resourceType": "Observation", "id": "x", "code": {"text": "a"}, **said}
    entry = R4Reader().read(Source(json.dumps(resource).encode())).entries[0]
    assert entry.notes == ("Not pregnant",)
