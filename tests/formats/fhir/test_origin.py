"""Whether the practice that holds the record wrote an item: GP Connect (STU3), UK Core (R4), messages and documents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codesafety.formats import AccessRecordReader, NativeReader, R4Reader, UpdateRecordReader
from codesafety.plugins.reading import Source
from codesafety.record import Entry, Medication, Record, ValidationError

CODE = {"coding": [{"system": "http://snomed.info/sct", "code": "77386006"}]}
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
SITE = "https://fhir.nhs.uk/Id/ods-site-code"
_PROFILE = "https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-StructuredRecord-Bundle-1"


def to(kind: str, own: str) -> dict[str, Any]:
    return {"reference": f"{kind}/{own}"}


def coded(code: str, system: str = ODS) -> dict[str, Any]:
    return {"system": system, "value": code}


def organization(own: str, *identifiers: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Organization", "id": own, "identifier": list(identifiers)}


def works(own: str, *organizations: str) -> tuple[dict[str, Any], ...]:
    """Return a practitioner, with a role at each of these organisations."""
    roles = (
        {
            "resourceType": "PractitionerRole",
            "id": f"{own}-{o}",
            "practitioner": to("Practitioner", own),
            "organization": to("Organization", o),
        }
        for o in organizations
    )
    return {"resourceType": "Practitioner", "id": own}, *roles


def consultation(provider: str | None = None) -> dict[str, Any]:
    held = {} if provider is None else {"serviceProvider": to("Organization", provider)}
    return {"resourceType": "Encounter", "id": "e", **held}


PRACTICE, OTHER = organization("practice", coded("A82038")), organization("other", coded("FQW30"))
PATIENT = {"resourceType": "Patient", "id": "p", "managingOrganization": to("Organization", "practice")}
PEOPLE = (
    *works("gp", "practice"),
    *works("pharmacist", "other"),
    *works("locum", "practice", "other"),
    *works("twice", "other", "other"),
    *works("nobody"),
)
SOURCES = (PATIENT, PRACTICE, OTHER, *PEOPLE)


def gp_connect(*resources: dict[str, Any]) -> Record:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "meta": {"profile": [_PROFILE]},
        "entry": [{"resource": r} for r in resources],
    }
    source = Source(json.dumps(bundle).encode(), "given")
    assert AccessRecordReader().recognises(source)
    return AccessRecordReader().read_record(source)


def uk_core(*resources: dict[str, Any], type: str = "collection") -> Record:
    bundle = {"resourceType": "Bundle", "type": type, "entry": [{"resource": r} for r in resources]}
    return R4Reader().read_record(Source(json.dumps(bundle).encode(), "given"))


def origin(*resources: dict[str, Any], kind: str = "Observation", **fields: Any) -> str | None:
    """Return the origin of an entry, which is the same read as GP Connect (STU3) and as UK Core (R4)."""
    entry = {"resourceType": kind, "id": "x", "code": CODE, **fields}
    found = {read(*resources, entry).entries[-1].origin for read in (gp_connect, uk_core)}
    (said,) = found
    return said


@pytest.mark.parametrize(
    ("performers", "said"),
    [
        ([to("Organization", "practice")], "practice"),
        ([to("Organization", "other")], "outside"),
        ([to("Practitioner", "gp")], "practice"),
        ([to("Practitioner", "pharmacist")], "outside"),
        ([to("PractitionerRole", "pharmacist-other")], "outside"),
        ([to("Practitioner", "twice")], "outside"),
        ([to("Practitioner", "pharmacist"), to("Organization", "other")], "outside"),
        ([to("Practitioner", "pharmacist"), to("Patient", "p")], "outside"),
        ([{"identifier": coded("a82038")}], "practice"),
        ([{"identifier": coded("FQW30")}], "outside"),
        ([], None),
        ([to("Patient", "p")], None),
        ([to("Practitioner", "nobody")], None),
        ([to("Practitioner", "locum")], None),
        ([to("Practitioner", "gp"), to("Organization", "other")], None),
        ([to("Practitioner", "elsewhere")], None),
        ([to("Practitioner", "pharmacist"), to("Organization", "elsewhere")], None),
        ([{"display": "A pharmacist"}], None),
        ([{"identifier": coded("A82038001", SITE)}], None),
        ([to("Encounter", "e")], None),
    ],
)
def test_who_performed_it(performers: list[dict[str, Any]], said: str | None) -> None:
    assert origin(*SOURCES, {"resourceType": "Encounter", "id": "e"}, performer=performers) == said


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("Condition", {"asserter": to("Practitioner", "pharmacist")}, "outside"),
        ("Condition", {"recorder": to("Practitioner", "gp"), "asserter": to("Patient", "p")}, "practice"),
        ("Condition", {"recorder": to("Practitioner", "gp"), "asserter": to("Practitioner", "pharmacist")}, None),
        ("AllergyIntolerance", {"recorder": to("Practitioner", "pharmacist")}, "outside"),
        ("Procedure", {"performer": [{"actor": to("Practitioner", "pharmacist")}]}, "outside"),
        (
            "Procedure",
            {"performer": [{"actor": to("Practitioner", "locum"), "onBehalfOf": to("Organization", "other")}]},
            "outside",
        ),
        ("DiagnosticReport", {"performer": [{"actor": to("Organization", "other")}]}, "outside"),
        ("ServiceRequest", {"requester": to("Practitioner", "gp"), "performer": [to("Organization", "other")]}, "practice"),
        ("ProcedureRequest", {"requester": {"agent": to("Practitioner", "pharmacist")}}, "outside"),
    ],
)
def test_who_wrote_it_by_any_name(kind: str, fields: dict[str, Any], said: str | None) -> None:
    entry = {"resourceType": kind, "id": "x", "code": CODE, **fields}
    assert [e.origin for e in gp_connect(*SOURCES, entry).entries] == [said]


@pytest.mark.parametrize(
    ("provider", "performers", "said"),
    [
        ("practice", [], "practice"),
        ("other", [], "outside"),
        (None, [], None),
        ("elsewhere", [], None),
        ("other", ["pharmacist"], "outside"),
        ("other", ["nobody"], "outside"),
        ("practice", ["pharmacist"], None),
        ("practice", ["elsewhere"], None),
        ("elsewhere", ["gp"], None),
    ],
)
def test_the_consultation_says_whose_it_is(provider: str | None, performers: list[str], said: str | None) -> None:
    fields = {"context": to("Encounter", "e"), "performer": [to("Practitioner", p) for p in performers]}
    assert origin(*SOURCES, consultation(provider), **fields) == said


def test_a_consultation_that_was_not_sent_says_nothing() -> None:
    context = to("Encounter", "elsewhere")
    assert origin(*SOURCES, consultation("other"), context=context) is None
    assert origin(*SOURCES, consultation("other"), context=context, performer=[to("Practitioner", "gp")]) == "practice"


def test_the_consultations_list_names_its_entries() -> None:
    listing = {"resourceType": "List", "encounter": to("Encounter", "e"), "entry": [{"item": to("Observation", "x")}]}
    assert origin(*SOURCES, consultation("other"), listing) == "outside"


def test_an_encounter_that_is_an_item_has_its_own_provider() -> None:
    (entry,) = uk_core(*SOURCES, {**consultation("other"), "type": [CODE]}).entries
    assert (entry.kind, entry.origin) == ("encounter", "outside")


@pytest.mark.parametrize(
    ("patient", "said"),
    [
        ({"managingOrganization": to("Organization", "practice")}, "outside"),
        ({"managingOrganization": {"identifier": coded("A82038")}}, "outside"),
        ({"managingOrganization": to("Organization", "other")}, "practice"),
        ({"generalPractitioner": [to("Organization", "practice")]}, "outside"),
        ({"generalPractitioner": [to("Practitioner", "gp")]}, "outside"),
        ({"managingOrganization": to("Organization", "other"), "generalPractitioner": [to("Practitioner", "gp")]}, "practice"),
        ({"managingOrganization": to("Organization", "elsewhere"), "generalPractitioner": [to("Practitioner", "gp")]}, None),
        ({"generalPractitioner": [to("Practitioner", "gp"), to("Organization", "other")]}, None),
        ({"generalPractitioner": [{"identifier": coded("V81999")}]}, None),
        ({}, None),
    ],
)
def test_who_holds_the_record(patient: dict[str, Any], said: str | None) -> None:
    others = ({"resourceType": "Patient", "id": "p", **patient}, *SOURCES[1:])
    assert origin(*others, performer=[to("Organization", "other")]) == said


def test_a_role_that_names_itself_names_no_organisation() -> None:
    role = {"resourceType": "PractitionerRole", "id": "r", "organization": to("PractitionerRole", "r")}
    assert origin(*SOURCES, role, performer=[to("PractitionerRole", "r")]) is None


def test_a_record_without_its_patient_says_nothing() -> None:
    assert origin(*SOURCES[1:], performer=[to("Organization", "other")]) is None


@pytest.mark.parametrize(
    ("holds", "wrote", "said"),
    [
        ([], [], None),
        ([coded("A82038")], [], None),
        ([coded("A82038")], [coded("A82038"), coded("A82038001", SITE)], "practice"),
        ([coded("A82038")], [coded("A82038001", SITE)], None),
        ([coded("A82038")], [coded("A82038"), coded("FQW30")], None),
        ([coded("X99999")], [coded("FQW30")], None),
        ([coded("A82038")], [coded("X99999")], None),
        ([coded("V81998")], [coded("V81998")], None),
        ([coded("A82038")], [coded("FQW30", "https://fhir.nhs.uk/Id/ods-code")], "outside"),
        ([coded("A82038")], [coded("FQW30", "https://supplier.example/organisations")], None),
    ],
)
def test_organisations_are_compared_by_ods_code(holds: list[Any], wrote: list[Any], said: str | None) -> None:
    two = organization("practice", *holds), organization("other", *wrote)
    assert origin(PATIENT, *two, performer=[to("Organization", "other")]) == said


def test_one_resource_is_one_organisation_without_a_code() -> None:
    assert origin(PATIENT, organization("practice"), performer=[to("Organization", "practice")]) == "practice"


@pytest.mark.parametrize(("code", "said"), [("FQW30", "outside"), ("A82038", "practice")])
def test_who_is_contained_is_found(code: str, said: str) -> None:
    performer = {"resourceType": "PractitionerRole", "id": "r", "organization": {"reference": "#o"}}
    contained = [performer, organization("o", coded(code))]
    assert origin(PATIENT, PRACTICE, contained=contained, performer=[{"reference": "#r"}]) == said
    assert origin(PATIENT, PRACTICE, contained=contained[:1], performer=[{"reference": "#r"}]) is None


def test_a_lone_resource_may_contain_all_of_them() -> None:
    patient = {**PATIENT, "managingOrganization": {"reference": "#practice"}}
    fields = {"subject": {"reference": "#p"}, "performer": [{"reference": "#other"}], "contained": [patient, PRACTICE, OTHER]}
    entry = {"resourceType": "Observation", "code": CODE, **fields}
    (read,) = R4Reader().read_record(Source(json.dumps(entry).encode(), "given")).entries
    assert read.origin == "outside"


def test_a_medicine_has_an_origin_too() -> None:
    medicines = (
        {"resourceType": "MedicationRequest", "requester": to("Practitioner", "gp"), "performer": to("Organization", "other")},
        {
            "resourceType": "MedicationRequest",
            "requester": {"agent": to("Practitioner", "gp")},
            "recorder": to("Practitioner", "gp"),
        },
        {"resourceType": "MedicationDispense", "performer": [{"actor": to("Practitioner", "pharmacist")}]},
        {"resourceType": "MedicationStatement", "informationSource": to("Organization", "other")},
    )
    assert [m.origin for m in gp_connect(*SOURCES, *medicines).medications] == ["practice", "practice", "outside", None]


# ------------------------------------------------------------------------------------------------ messages and documents


def message(**header: Any) -> list[str | None]:
    """Return the origins in a message of a pharmacy, read as a submission and as a record."""
    parts = (
        {"resourceType": "MessageHeader", "id": "h", "event": {"code": "ITK014M"}, **header},
        *SOURCES,
        consultation("other"),
        {"resourceType": "Observation", "id": "x", "code": CODE, "context": to("Encounter", "e")},
        {"resourceType": "Observation", "id": "y", "code": CODE, "performer": [to("Practitioner", "gp")]},
    )
    bundle = {"resourceType": "Bundle", "type": "message", "entry": [{"resource": r} for r in parts]}
    source = Source(json.dumps(bundle).encode(), "given")
    submission, record = UpdateRecordReader().read(source), UpdateRecordReader().read_record(source)
    assert [e.origin for e in submission.entries] == [e.origin for e in record.entries]
    return [e.origin for e in submission.entries]


def test_a_message_is_from_outside_where_its_receiver_is_named() -> None:
    assert message(receiver=to("Organization", "practice"))[0] == "outside"
    assert message(destination=[{"receiver": to("Organization", "practice")}])[0] == "outside"
    assert message(receiver=to("Organization", "other"))[0] == "practice"


def test_a_message_to_nobody_or_to_several_says_nothing() -> None:
    assert message() == [None, None]
    assert message(receiver=to("Organization", "elsewhere")) == [None, None]
    assert message(destination=[{"receiver": to("Organization", o)} for o in ("practice", "other")]) == [None, None]


def test_what_the_message_says_two_ways_is_not_told() -> None:
    assert message(receiver=to("Organization", "practice"))[1] is None  # the practice's doctor, in the pharmacy's consultation


def test_a_document_does_not_say_where_it_is_filed() -> None:
    composition = {"resourceType": "Composition", "subject": to("Patient", "p")}
    entry = {"resourceType": "Observation", "code": CODE, "performer": [to("Organization", "other")]}
    assert [e.origin for e in uk_core(composition, *SOURCES, entry, type="document").entries] == [None]


# ------------------------------------------------------------------------------------------------ native


def test_native_json_says_it_itself() -> None:
    items = {
        "entries": [{"path": f"entries[{i}]", "codings": [], **said} for i, said in enumerate(({"origin": "outside"}, {}))],
        "medications": [{"path": "medications[0]", "origin": "practice"}],
    }
    record = NativeReader().read_record(Source(json.dumps(items).encode(), "given"))
    assert [i.origin for i in (*record.entries, *record.medications)] == ["outside", None, "practice"]


@pytest.mark.parametrize("model", [Entry, Medication])
def test_there_are_two_origins(model: type[Entry | Medication]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate({"path": "x", "origin": "elsewhere"})
