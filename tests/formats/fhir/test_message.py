"""The envelope of an R4 message or document: event, sender, recipient, time, identity, and what it replaces."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codesafety.formats import R4Reader
from codesafety.plugins.reading import Source
from codesafety.record import Message, Submission

SCT = "http://snomed.info/sct"
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"


def submission(*resources: dict[str, Any], **bundle: Any) -> Submission:
    made = {"resourceType": "Bundle", "type": "message", **bundle, "entry": [{"resource": r} for r in resources]}
    return R4Reader().read(Source(json.dumps(made).encode(), "given"))


def header(**fields: Any) -> dict[str, Any]:
    return {"resourceType": "MessageHeader", **fields}


def message(*resources: dict[str, Any], **bundle: Any) -> Message:
    return submission(*resources, **bundle).message


def organization(own: str, code: str, system: str = ODS) -> dict[str, Any]:
    return {"resourceType": "Organization", "id": own, "identifier": [{"system": system, "value": code}]}


def role(own: str, of: str | None) -> dict[str, Any]:
    held = {} if of is None else {"organization": {"reference": f"Organization/{of}"}}
    return {"resourceType": "PractitionerRole", "id": own, **held}


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"eventCoding": {"system": "s", "code": "servicerequest-request"}}, "servicerequest-request"),
        ({"event": {"system": "s", "code": "urgent"}}, "urgent"),
        ({"eventUri": "urn:event"}, "urn:event"),
        ({"event": {"code": "a"}, "eventCoding": {"code": "b"}, "eventUri": "c"}, "a"),
        ({"eventCoding": {"system": "s"}}, None),
        ({}, None),
    ],
)
def test_the_event_of_a_message(fields: dict[str, Any], event: str | None) -> None:
    assert message(header(**fields)).event == event


@pytest.mark.parametrize("system", [ODS, "https://fhir.nhs.uk/Id/ods-site-code", "https://fhir.nhs.uk/Id/ods-code"])
@pytest.mark.parametrize(
    "fields",
    [
        {"sender": {"reference": "Organization/a"}},
        {"sender": {"reference": "PractitionerRole/r"}},
        {"responsible": {"reference": "Organization/a"}},
        {"sender": {"reference": "PractitionerRole/none"}, "responsible": {"reference": "Organization/a"}},
        {"sender": {"display": "somebody"}, "responsible": {"reference": "PractitionerRole/r"}},
    ],
)
def test_the_sender_is_an_organisation_by_its_ods_code(fields: dict[str, Any], system: str) -> None:
    made = message(header(**fields), organization("a", "A1", system), role("r", "a"), role("none", None))
    assert made.sender == "A1"


def test_a_sender_may_be_named_by_its_code_alone_and_by_no_other_identifier() -> None:
    assert message(header(sender={"identifier": [{"system": ODS, "value": "A1"}]})).sender == "A1"
    assert message(header(sender={"reference": "Organization/a"}), organization("a", "A1", "http://elsewhere")).sender is None


def test_the_recipient_is_the_first_that_is_known() -> None:
    organizations = (organization("a", "A1"), organization("b", "B1"))
    first = header(receiver=[{"display": "x"}, {"reference": "Organization/a"}, {"reference": "Organization/b"}])
    assert message(first, *organizations).recipient == "A1"
    second = header(destination=[{"endpoint": "x"}, {"endpoint": "y", "receiver": {"reference": "Organization/b"}}])
    assert message(second, *organizations).recipient == "B1"
    assert message(header()).recipient is None


@pytest.mark.parametrize(
    ("source", "software"),
    [({"software": "EMIS", "name": "a practice"}, "EMIS"), ({"name": "a practice"}, "a practice"), ({"endpoint": "x"}, None)],
)
def test_the_software_that_sent_it_is_where_its_items_come_from(source: dict[str, Any], software: str | None) -> None:
    observed = {"resourceType": "Observation", "code": {"coding": [{"system": SCT, "code": "77386006"}]}}
    (entry,) = submission(header(source=source), observed).entries
    assert (entry.provenance.software if entry.provenance is not None else None) == software


def composition(**fields: Any) -> dict[str, Any]:
    return {"resourceType": "Composition", **fields}


def test_when_a_message_was_sent_is_said_by_its_header_then_its_document_then_its_bundle() -> None:
    one, two, three = "2024-01-01T10:00:00Z", "2024-01-02", "2024-01-03T10:00:00Z"
    assert message(header(timestamp=one), composition(date=two), timestamp=three).sent == one
    assert message(header(), composition(date=two), timestamp=three).sent == two
    assert message(header(), composition(), timestamp=three).sent == three
    assert message(header(), composition()).sent is None


def test_which_message_it_is_is_said_by_its_document_then_its_header_then_its_bundle() -> None:
    bundle = {"identifier": {"value": "urn:uuid:bundle"}}
    assert message(header(id="header"), composition(identifier={"value": "urn:uuid:document"}), **bundle).id == "document"
    assert message(header(id="header"), composition(id="composition"), **bundle).id == "composition"
    assert message(header(id="header"), composition(), **bundle).id == "header"
    assert message(header(), composition(), **bundle).id == "bundle"


def test_a_document_says_its_status_and_its_service() -> None:
    made = message(header(), composition(status="final", type={"coding": [{"system": SCT, "code": "1"}, {"code": "2"}]}))
    assert (made.status, [c.code for c in made.service]) == ("final", ["1", "2"])


@pytest.mark.parametrize("name", ["reason", "reasonCode"])
def test_the_reasons_of_the_only_encounter_are_its_service_too(name: str) -> None:
    encounter = {"resourceType": "Encounter", name: [{"coding": [{"code": "3"}]}]}
    made = message(header(), composition(type={"coding": [{"code": "1"}]}), encounter)
    assert [c.code for c in made.service] == ["1", "3"]


def test_the_version_is_that_of_the_document_else_of_the_bundle() -> None:
    version = {"url": "https://hl7.org/fhir/composition-clinicaldocument-versionNumber", "valueString": "2"}
    meta = {"versionId": "7"}
    assert message(header(), composition(extension=[{"url": "x", "valueString": "9"}, version]), meta=meta).version == "2"
    assert message(header(), composition(), meta=meta).version == "7"
    assert message(header(), composition()).version is None


@pytest.mark.parametrize(
    ("relation", "replaces"),
    [
        ({"code": "replaces", "targetIdentifier": {"value": "urn:uuid:old"}}, "old"),
        ({"code": "replaces", "targetReference": {"reference": "urn:uuid:old"}}, "old"),
        ({"code": "replaces", "targetReference": {"identifier": {"value": "old"}}}, "old"),
        ({"code": "replaces", "targetReference": {"display": "old"}}, None),
        ({"code": "replaces"}, None),
        ({"code": "appends", "targetIdentifier": {"value": "old"}}, None),
    ],
)
def test_what_a_document_replaces(relation: dict[str, Any], replaces: str | None) -> None:
    assert message(header(), composition(relatesTo=[relation])).replaces == replaces


def test_a_breach_in_the_envelope_is_told_by_its_path_and_the_rest_is_read() -> None:
    made = submission(
        header(id="h", timestamp="then"), composition(status=1, date="2024-01-02"), timestamp="2024-01-03T10:00:00Z"
    )
    assert sorted((n.path, n.broken) for n in made.not_read if n.broken) == [
        ("Bundle.entry[0].resource.timestamp", True),
        ("Bundle.entry[1].resource.status", True),
    ]
    assert (made.message.id, made.message.sent) == ("h", "2024-01-03T10:00:00Z")
    twice = submission(header(), identifier=[{"value": "a"}])
    assert [n.path for n in twice.not_read if n.broken] == ["Bundle.identifier"]
