"""Whose an item is: another patient, nobody in the source, or the patient, whatever the shape of the reference; and versions."""

from __future__ import annotations

import json
from typing import Any

import pytest

import codesafety
from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.facts import Facts
from codesafety.formats import R4Reader
from codesafety.plugins.reading import Source
from codesafety.record import Submission
from codesafety.terminology.frozen import FrozenTerminology

NHS = "https://fhir.nhs.uk/Id/nhs-number"
UUID = "urn:uuid:0a000000-0000-4000-8000-00000000000"
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "gender": "female",
    "identifier": [{"system": NHS, "value": "9991234578"}, {"system": "urn:hospital", "value": "H1"}],
}


def coded(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://snomed.info/sct", "code": code}]}


def bundle(*resources: dict[str, Any], kind: str = "collection", urls: dict[int, str] | None = None) -> Submission:
    """Return what is read of resources, some of them with a full URL."""
    entries: list[dict[str, Any]] = [{"resource": r} for r in resources]
    for place, url in (urls or {}).items():
        entries[place]["fullUrl"] = url
    value = {"resourceType": "Bundle", "type": kind, "entry": entries}
    return R4Reader().read(Source(json.dumps(value).encode()))


def finding(subject: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    made = {"resourceType": "Condition", "code": coded("22298006"), **fields}
    return made if subject is None else {**made, "subject": subject}


def refer(target: str) -> dict[str, str]:
    return {"reference": target}


@pytest.mark.parametrize(
    "subject",
    [
        refer("Patient/p1"),
        refer("http://here.example/fhir/Patient/p1"),
        refer("https://here.example/fhir/Patient/p1/_history/3"),
        refer("p1"),
        {"identifier": {"system": NHS, "value": "999 123 4578"}},
        {"identifier": {"system": "urn:hospital", "value": "H1"}},
    ],
)
@pytest.mark.parametrize("url", [None, "http://here.example/fhir/Patient/p1"])
def test_the_patient_is_known_by_every_form_of_reference(subject: dict[str, Any], url: str | None) -> None:
    read = bundle(PATIENT, finding(subject), urls={0: url} if url else None)
    assert (read.entries[0].subject, read.other_patients) == (None, ())
    assert [r.resolved for r in read.entries[0].references if r.role == "subject"] == [True]


@pytest.mark.parametrize(
    ("subject", "whose"),
    [
        (refer("Patient/p2"), "another"),
        (refer("http://elsewhere.example/fhir/Patient/p1"), "another"),
        (refer("http://here.example/fhir/Patient/p2"), "another"),
        (refer(f"{UUID}1"), "unknown"),
        (refer("urn:oid:1.2.3"), "unknown"),
        (refer("p2"), "unknown"),
        (refer("#p2"), "unknown"),
        (refer("mailto:nobody"), "unknown"),
        ({"identifier": {"system": NHS, "value": "9991234586"}}, "another"),
        ({"identifier": {"system": "urn:hospital", "value": "H2"}}, "unknown"),
        ({"display": "Somebody Else"}, "unknown"),
    ],
)
@pytest.mark.parametrize("kind", ["collection", "message"])
def test_who_is_not_the_patient_or_not_in_the_source_is_told(subject: dict[str, Any], whose: str, kind: str) -> None:
    read = bundle(PATIENT, finding(subject), finding(), kind=kind, urls={0: "http://here.example/fhir/Patient/p1"})
    assert [e.subject for e in read.entries] == [whose, None]
    assert len(read.other_patients) == 1, "one more patient makes the whole at least review"
    assert [r.resolved for r in read.entries[0].references if r.role == "subject"] == [False] * ("display" not in subject)


@pytest.mark.parametrize(
    "subject",
    [
        {},
        None,
        {"reference": ""},
        {"type": "Group"},
        {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]},
        refer("Group/g"),
        refer("http://elsewhere.example/Device/d"),
        {**refer(f"{UUID}1"), "type": "Device"},
    ],
)
@pytest.mark.parametrize("lone", [True, False])
def test_a_subject_that_names_nobody_or_no_patient_is_unknown(subject: Any, lone: bool) -> None:
    sent = {**finding(), "subject": subject}
    read = R4Reader().read(Source(json.dumps(sent).encode())) if lone else bundle(PATIENT, sent)
    assert [e.subject for e in read.entries] == ["unknown"]


@pytest.mark.parametrize("kind", ["Group", "Device", "Location", "Practitioner", "RelatedPerson", "Observation"])
def test_a_resource_in_the_source_that_is_no_patient_is_not_the_patient(kind: str) -> None:
    read = bundle(PATIENT, {"resourceType": kind, "id": "g"}, finding(refer(f"{kind}/g")))
    assert "unknown" in [e.subject for e in read.entries]


@pytest.mark.parametrize("kind", ["Practitioner", "Group", "RelatedPerson"])
def test_an_observation_that_looks_at_somebody_else_is_anothers(kind: str) -> None:
    sent = {"resourceType": "Observation", "code": coded("22298006"), "focus": [refer(f"{kind}/g")]}
    assert bundle(PATIENT, {"resourceType": kind, "id": "g"}, sent).entries[0].subject == "another"


@pytest.mark.parametrize(("target", "given"), [("Patient/p1", True), ("Patient/p2", False)])
def test_a_medicine_of_another_patient_is_not_this_patients(target: str, given: bool) -> None:
    asked = {"resourceType": "MedicationRequest", "medicationCodeableConcept": coded("322236009"), "subject": refer(target)}
    read = bundle(PATIENT, asked)
    (item,) = Facts(read, None, Codebook(FrozenTerminology())).incoming
    assert (item.given, len(read.other_patients)) == (given, 0 if given else 1)


def test_a_family_history_of_another_patients_family_is_anothers() -> None:
    history = {"resourceType": "FamilyMemberHistory", "condition": [{"code": coded("22298006")}]}
    read = bundle(PATIENT, {**history, "patient": refer("Patient/p1")}, {**history, "patient": refer("Patient/p2")})
    assert [e.subject for e in read.entries] == ["family", "another"]


def test_a_source_that_only_names_its_patient_has_one_until_it_names_two() -> None:
    one = bundle(finding(refer("Patient/a")), finding(refer("http://here.example/Patient/a/_history/2")))
    assert ([e.subject for e in one.entries], one.other_patients) == ([None, None], ())
    two = bundle(finding(refer("Patient/a")), finding(refer("Patient/b")), finding(refer("Patient/b")))
    assert ([e.subject for e in two.entries], len(two.other_patients)) == ([None, "another", "another"], 1)


def test_one_stranger_is_counted_once() -> None:
    read = bundle(PATIENT, *[finding(refer("Patient/p2"))] * 3, finding(refer("Patient/p3")))
    assert len(read.other_patients) == 2


@pytest.mark.parametrize(
    ("fields", "role"),
    [
        ({"encounter": refer("Encounter/4000_55")}, "encounter"),
        ({"encounter": refer(f"{UUID}9")}, "encounter"),
        ({"asserter": refer(f"{UUID}9")}, "asserter"),
        ({"recorder": refer("urn:oid:1.2.3")}, "recorder"),
        ({"extension": [{"url": "urn:encounter", "valueReference": refer("Encounter/4_5")}]}, "urn:encounter"),
    ],
)
def test_what_lies_outside_an_extract_is_no_fault_and_a_message_carries_it(fields: dict[str, Any], role: str) -> None:
    (extract,) = bundle(PATIENT, finding(refer("Patient/p1"), **fields)).entries
    assert [r.resolved for r in extract.references if r.role == role] == [None]
    assert {r.role for r in extract.references} == {"subject", role}
    (message,) = bundle(PATIENT, finding(refer("Patient/p1"), **fields), kind="message").entries
    urn = "urn:uuid" in json.dumps(fields) or "urn:oid" in json.dumps(fields)
    assert [r.resolved for r in message.references if r.role == role] == [False if urn else None]


def test_a_relative_reference_is_read_from_where_it_stands() -> None:
    other = {**PATIENT, "gender": "male", "identifier": []}
    a, b = "http://a.example/Patient/p1", "http://b.example/Patient/p1"
    read = bundle(PATIENT, other, finding(refer("Patient/p1")), urls={0: a, 1: b, 2: "http://b.example/Condition/1"})
    assert read.entries[0].subject == "another"


def test_a_relative_reference_on_one_server_is_not_answered_by_another() -> None:
    here, there = "http://a.example/Patient/p1", "http://b.example/Condition/1"
    read = bundle(PATIENT, finding(refer("Patient/p1")), urls={0: here, 1: there})
    assert (read.entries[0].subject, len(read.other_patients)) == ("another", 1)


def test_a_bare_id_of_two_versions_is_their_patient_and_of_two_kinds_nobody() -> None:
    versions = bundle(PATIENT, {**PATIENT, "meta": {"versionId": "2"}}, finding(refer("p1")))
    assert (versions.entries[0].subject, versions.other_patients) == (None, ())
    kinds = bundle(PATIENT, {"resourceType": "Device", "id": "p1"}, finding(refer("p1")))
    assert kinds.entries[0].subject == "unknown"


# ------------------------------------------------------------------------------------------------ versions


def version(gender: str, number: str | None = None, updated: str | None = None, **fields: Any) -> dict[str, Any]:
    meta = {name: value for name, value in (("versionId", number), ("lastUpdated", updated)) if value is not None}
    return {"resourceType": "Patient", "id": "p1", "gender": gender, **({"meta": meta} if meta else {}), **fields}


EARLY, LATE = "2026-01-01T09:00:00Z", "2026-01-01T08:30:00-01:00"


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("url", [None, "http://here.example/fhir/Patient/p1"])
@pytest.mark.parametrize(
    ("first", "second", "target", "gender"),
    [
        (version("male", "1"), version("female", "2"), "Patient/p1", "female"),
        (version("male", "9"), version("female", "10"), "Patient/p1", "female"),
        (version("male", "1"), version("female", "2"), "Patient/p1/_history/1", "male"),
        (version("male", "1"), version("female", "2"), "http://here.example/fhir/Patient/p1/_history/2", "female"),
        (version("male", "a"), version("female", "b"), "Patient/p1/_history/b", "female"),
        (version("male", None, EARLY), version("female", None, LATE), "Patient/p1", "female"),
        (version("male", "a", EARLY), version("female", "b", LATE), "Patient/p1", "female"),
    ],
)
def test_the_version_referred_to_counts_and_else_the_latest(
    first: dict[str, Any], second: dict[str, Any], target: str, gender: str, url: str | None, reverse: bool
) -> None:
    both = [second, first] if reverse else [first, second]
    read = bundle(*both, finding(refer(target)), urls={0: url, 1: url} if url else None)
    assert (read.patient.gender, read.other_patients, read.entries[0].subject) == (gender, (), None)
    (line,) = (n for n in read.not_read if n.whole)
    assert (both[int(line.path[13])]["gender"] != gender, line.broken) == (True, False)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (version("male"), version("female")),
        (version("male", "1"), version("female", "1")),
        (version("male", "a"), version("female", "b")),
        (version("male", None, "2026-01-01"), version("female", None, "2026-01-02")),
        (version("male", None, EARLY), version("female")),
    ],
)
def test_an_order_that_cannot_be_told_leaves_what_differs_unknown(first: dict[str, Any], second: dict[str, Any]) -> None:
    born = {"birthDate": "1990-05-01"}
    read = bundle(first | born, second | {"birthDate": "1990"}, finding(refer("Patient/p1")))
    assert (read.patient.gender, read.patient.born, read.other_patients) == (None, "1990-05-01", ())
    assert [n.path for n in read.not_read if n.broken] == ["Bundle.entry[1].resource.gender"]


def test_a_reference_without_a_server_is_of_its_own_server() -> None:
    def visit(day: str) -> dict[str, Any]:
        return {"resourceType": "Encounter", "id": "c", "status": "finished", "period": {"start": day}}

    first, second = finding(encounter=refer("Encounter/c")), finding(encounter=refer("Encounter/c"))
    names = ("one.example/Encounter/c", "other.example/Encounter/c", "one.example/Condition/1", "other.example/Condition/2")
    urls = {place: f"https://{name}" for place, name in enumerate(names)}
    read = bundle(visit("2026-01-01"), visit("2026-01-02"), first, second, urls=urls)
    assert [entry.consultation_date for entry in read.entries] == ["2026-01-01", "2026-01-02"]


def test_an_earlier_version_of_an_item_is_listed_with_its_codes_and_not_judged() -> None:
    old = {**finding(code=coded("77386006")), "id": "c", "meta": {"versionId": "1"}}
    new = {**finding(code=coded("60001007")), "id": "c", "meta": {"versionId": "2"}}
    read = bundle(old, new)
    assert [e.codings[0].code for e in read.entries] == ["60001007"]
    (line,) = read.not_read
    assert (line.path, line.whole, line.coded, [c.code for c in line.codings]) == (
        "Bundle.entry[0].resource",
        True,
        True,
        ["77386006"],
    )


def test_two_resources_of_one_id_that_differ_and_have_no_version_are_two_items() -> None:
    assert len(bundle({**finding(), "id": "c"}, {**finding(code=coded("60001007")), "id": "c"}).entries) == 2


def test_a_version_that_is_sent_twice_is_one() -> None:
    sent = {**finding(code=coded("77386006")), "id": "c", "meta": {"versionId": "1"}}
    read = bundle(sent, dict(reversed(sent.items())))
    assert len(read.entries) == 1
    (line,) = read.not_read
    assert (line.path, line.whole, line.coded) == ("Bundle.entry[1].resource", True, False)


def test_of_three_versions_two_of_which_are_the_same_the_latest_counts() -> None:
    old = {**finding(code=coded("77386006")), "id": "c", "meta": {"versionId": "1"}}
    new = {**finding(code=coded("60001007")), "id": "c", "meta": {"versionId": "2"}}
    read = bundle(old, new, old)
    assert [e.codings[0].code for e in read.entries] == ["60001007"]
    assert [(n.path, n.coded) for n in read.not_read] == [("Bundle.entry[0].resource", True), ("Bundle.entry[2].resource", True)]


@pytest.mark.parametrize(("target", "rules"), [("Patient/p1", []), ("Group/g", ["codesafety/not-the-patients"])])
def test_an_item_that_is_not_the_patients_is_for_a_person_to_look_at(target: str, rules: list[str]) -> None:
    engine = codesafety.load(installed_plugins=False)
    report = engine.assess(bundle(PATIENT, finding(refer(target))))
    assert [r.rule for r in report.results if r.rule.startswith("codesafety/")] == rules
    assert [(e.path, e.code) for r in report.results for e in r.entries if r.rule in rules] == [
        ("Bundle.entry[1].resource", "22298006")
    ] * len(rules)
