"""Where each resource has its code, its days and its words, and what becomes of what only some resources have."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from codesafety.formats import R4Reader
from codesafety.plugins.reading import Source
from codesafety.record import Entry, Medication, Submission, TextItem

SCT = "http://snomed.info/sct"


def read(*resources: dict[str, Any]) -> Submission:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}
    return R4Reader().read(Source(json.dumps(bundle).encode(), "given"))


def concept(code: str) -> dict[str, Any]:
    return {"coding": [{"system": SCT, "code": code}]}


def entry(**fields: Any) -> Entry:
    (made,) = read(fields).entries
    return made


def words(**fields: Any) -> TextItem:
    (made,) = read(fields).texts
    return made


def medication(**fields: Any) -> Medication:
    (made,) = read(fields).medications
    return made


C = concept("77386006")
DAY, PERIOD = "2024-05-01", {"start": "2024-05-01", "end": "2024-06-01"}
ONE, TWO = ("2024-05-01", None), ("2024-05-01", "2024-06-01")


@pytest.mark.parametrize(
    ("resource", "kind", "days", "recorded"),
    [
        ({"resourceType": "Observation", "code": C, "effectiveDateTime": DAY, "issued": "2024-07-01"}, "observation", ONE, "2024-07-01"),
        ({"resourceType": "Condition", "code": C, "onsetPeriod": PERIOD, "recordedDate": "2024-07-01"}, "condition", TWO, "2024-07-01"),
        ({"resourceType": "Condition", "code": C, "onsetDateTime": DAY, "abatementDateTime": "2024-06-01"}, "condition", TWO, None),
        ({"resourceType": "Condition", "code": C, "assertedDate": "2024-07-01"}, "condition", (None, None), "2024-07-01"),
        ({"resourceType": "Procedure", "code": C, "performedPeriod": PERIOD, "recorded": "2024-07-01"}, "procedure", TWO, "2024-07-01"),
        ({"resourceType": "AllergyIntolerance", "code": C, "onsetDateTime": DAY, "recordedDate": "2024-07-01"}, "allergy", ONE, "2024-07-01"),
        ({"resourceType": "AllergyIntolerance", "code": C, "assertedDate": "2024-07-01"}, "allergy", (None, None), "2024-07-01"),
        ({"resourceType": "Immunization", "vaccineCode": C, "occurrenceDateTime": DAY, "recorded": "2024-07-01"}, "immunization", ONE, "2024-07-01"),
        ({"resourceType": "Immunization", "vaccineCode": C, "date": DAY}, "immunization", ONE, None),
        ({"resourceType": "FamilyMemberHistory", "condition": [{"code": C}], "date": "2024-07-01"}, "family-history", (None, None), "2024-07-01"),
        ({"resourceType": "DiagnosticReport", "code": C, "effectivePeriod": PERIOD, "issued": "2024-07-01"}, "other", TWO, "2024-07-01"),
        ({"resourceType": "DocumentReference", "type": C, "created": DAY, "indexed": "2024-07-01"}, "document", ONE, "2024-07-01"),
        ({"resourceType": "DocumentReference", "type": C, "date": DAY}, "document", ONE, None),
        ({"resourceType": "ClinicalImpression", "code": C, "effectiveDateTime": DAY, "date": "2024-07-01"}, "other", ONE, "2024-07-01"),
        ({"resourceType": "ProcedureRequest", "code": C, "occurrenceDateTime": DAY, "authoredOn": "2024-07-01"}, "procedure", ONE, "2024-07-01"),
        ({"resourceType": "ServiceRequest", "code": C, "occurrencePeriod": PERIOD, "authoredOn": "2024-07-01"}, "procedure", TWO, "2024-07-01"),
        ({"resourceType": "ReferralRequest", "serviceRequested": [C], "occurrenceDateTime": DAY, "authoredOn": "2024-07-01"}, "procedure", ONE, "2024-07-01"),
        ({"resourceType": "ReferralRequest", "reasonCode": [C]}, "procedure", (None, None), None),
        ({"resourceType": "ReferralRequest", "type": C}, "procedure", (None, None), None),
        ({"resourceType": "DeviceRequest", "codeCodeableConcept": C, "occurrenceDateTime": DAY, "authoredOn": "2024-07-01"}, "other", ONE, "2024-07-01"),
        ({"resourceType": "Goal", "description": C, "startDate": DAY, "statusDate": "2024-07-01"}, "other", ONE, "2024-07-01"),
        ({"resourceType": "CarePlan", "category": [C], "period": PERIOD, "created": "2024-07-01"}, "other", TWO, "2024-07-01"),
        ({"resourceType": "Flag", "code": C, "period": PERIOD}, "other", TWO, None),
        ({"resourceType": "Specimen", "type": C, "receivedTime": DAY}, "other", ONE, None),
        ({"resourceType": "Specimen", "type": C, "collection": {"collectedDateTime": DAY}, "receivedTime": "2024-05-02"}, "other", ONE, None),
        ({"resourceType": "Consent", "category": [C], "dateTime": DAY}, "other", ONE, None),
        ({"resourceType": "Consent", "scope": C}, "other", (None, None), None),
        ({"resourceType": "RiskAssessment", "code": C, "occurrenceDateTime": DAY}, "other", ONE, None),
        ({"resourceType": "Communication", "category": [C], "sent": DAY}, "other", ONE, None),
        ({"resourceType": "Communication", "reasonCode": [C], "received": DAY}, "other", ONE, None),
        ({"resourceType": "Communication", "topic": C}, "other", (None, None), None),
        ({"resourceType": "CommunicationRequest", "category": [C], "occurrenceDateTime": DAY, "authoredOn": "2024-07-01"}, "other", ONE, "2024-07-01"),
        ({"resourceType": "CommunicationRequest", "reasonCode": [C]}, "other", (None, None), None),
        ({"resourceType": "AdverseEvent", "event": C, "date": DAY, "recordedDate": "2024-07-01"}, "other", ONE, "2024-07-01"),
        ({"resourceType": "AdverseEvent", "type": C}, "other", (None, None), None),
        ({"resourceType": "DetectedIssue", "code": C, "identifiedDateTime": DAY}, "other", ONE, None),
        ({"resourceType": "DetectedIssue", "category": C, "date": DAY}, "other", ONE, None),
        ({"resourceType": "DeviceUseStatement", "reasonCode": [C], "timingDateTime": DAY, "recordedOn": "2024-07-01"}, "other", ONE, "2024-07-01"),
        ({"resourceType": "DeviceUseStatement", "indication": [C]}, "other", (None, None), None),
        ({"resourceType": "Media", "type": C, "createdDateTime": DAY, "issued": "2024-07-01"}, "document", ONE, "2024-07-01"),
        ({"resourceType": "Media", "subtype": C, "occurrenceDateTime": DAY}, "document", ONE, None),
        ({"resourceType": "Media", "view": C}, "document", (None, None), None),
        ({"resourceType": "ImagingStudy", "procedureCode": [C], "started": DAY}, "procedure", ONE, None),
        ({"resourceType": "Basic", "code": C, "created": "2024-07-01"}, "other", (None, None), "2024-07-01"),
    ],
    ids=lambda value: value["resourceType"] if isinstance(value, dict) else "",
)  # fmt: skip
def test_where_a_resource_has_its_code_and_its_days(
    resource: dict[str, Any], kind: str, days: tuple[str | None, str | None], recorded: str | None
) -> None:
    made = entry(**resource)
    assert ([c.code for c in made.codings], made.kind) == (["77386006"], kind)
    assert (made.date, made.end_date, made.recorded) == (*days, recorded)


PLANNED = [
    *("ProcedureRequest", "ServiceRequest", "ReferralRequest", "DeviceRequest", "Goal", "CarePlan", "CommunicationRequest"),
    "NutritionOrder",
]
CODED = {
    "ReferralRequest": "type", "DeviceRequest": "codeCodeableConcept", "Goal": "description", "CarePlan": "category",
    "CommunicationRequest": "category", "NutritionOrder": "oralDiet", "DocumentReference": "type", "Consent": "scope",
}  # fmt: skip


@pytest.mark.parametrize("kind", PLANNED)
def test_what_is_asked_for_is_planned(kind: str) -> None:
    made = entry(resourceType=kind, **{CODED.get(kind, "code"): {"type": C} if kind == "NutritionOrder" else C})
    assert made.assertion == "planned"


@pytest.mark.parametrize(
    ("kind", "assertion"), [("Observation", None), ("Flag", None), ("RiskAssessment", "possible"), ("DocumentReference", None)]
)
def test_what_is_not_asked_for_is_not(kind: str, assertion: str | None) -> None:
    assert entry(resourceType=kind, **{CODED.get(kind, "code"): C}).assertion == assertion


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "DiagnosticReport", "conclusion": "clear"},
        {"resourceType": "DocumentReference", "description": "clear"},
        {"resourceType": "ClinicalImpression", "summary": "clear"},
        {"resourceType": "ClinicalImpression", "description": "clear"},
        {"resourceType": "CarePlan", "title": "clear"},
        {"resourceType": "CarePlan", "description": "clear"},
        {"resourceType": "ImagingStudy", "description": "clear"},
        {"resourceType": "Communication", "payload": [{"contentString": "clear"}]},
        {"resourceType": "CommunicationRequest", "payload": [{"contentString": "clear"}]},
        {"resourceType": "DocumentReference", "type": {"text": "clear"}},
        {"resourceType": "QuestionnaireResponse", "item": [{"answer": [{"valueString": "clear"}]}]},
    ],
    ids=lambda value: f"{value['resourceType']}.{list(value)[1]}",
)
def test_words_without_a_code_are_a_text_item(resource: dict[str, Any]) -> None:
    made = words(**resource)
    assert (made.text, made.resource_type) == ("clear", resource["resourceType"])


@pytest.mark.parametrize("kind", ["Observation", "Condition", "Procedure", "AllergyIntolerance", "Flag", "Basic", "Goal"])
def test_a_coded_statement_without_a_code_is_an_entry_all_the_same(kind: str) -> None:
    made = entry(resourceType=kind, **{CODED.get(kind, "code"): {"text": "clear"}})
    assert (made.codings, made.text) == ((), "clear")


def test_questions_and_answers_are_a_line_each() -> None:
    items = [
        {"text": "Smoker?", "answer": [{"valueString": "no"}], "item": [{"text": "Since?", "answer": [{"valueString": "ever"}]}]},
        {"text": "Pregnant?", "answer": [{"valueString": "no", "item": [{"text": "Sure?", "answer": [{"valueString": "yes"}]}]}]},
        {"text": "Heading only"},
    ]
    made = words(resourceType="QuestionnaireResponse", item=items)
    assert made.text == "Smoker?: no\nSince?: ever\nPregnant?: no\nSure?: yes"


def test_a_coded_answer_makes_an_entry_of_a_questionnaire() -> None:
    items = [{"text": "Pregnant?", "answer": [{"valueCoding": {"system": SCT, "code": "77386006"}}]}]
    made = entry(resourceType="QuestionnaireResponse", item=items)
    assert [(c.text, c.path) for c in made.components] == [("Pregnant?", "Bundle.entry[0].resource.item.answer")]


@pytest.mark.parametrize("code", ["NEG", "ND", "NR", "IND", "E", "260385009", "260415000", "82334004"])
def test_an_interpretation_that_says_that_nothing_was_found_leaves_a_result_open(code: str) -> None:
    told = [{"coding": [{"code": code}]}]
    assert entry(resourceType="Observation", code=C, interpretation=told).assertion == "unknown"
    (part,) = entry(resourceType="Observation", code=C, component=[{"code": C, "interpretation": told}]).components
    assert part.assertion == "unknown"


@pytest.mark.parametrize("code", ["POS", "H", "N"])
def test_another_interpretation_says_nothing_of_it(code: str) -> None:
    told = [{"coding": [{"code": code}]}]
    assert entry(resourceType="Observation", code=C, interpretation=told).assertion is None


@pytest.mark.parametrize(
    "fields",
    [
        {"dataAbsentReason": {"coding": [{"code": "unknown"}]}},
        {
            "_valueString": {
                "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
            }
        },
    ],
)
def test_a_value_that_is_absent_for_a_reason_leaves_a_result_open(fields: dict[str, Any]) -> None:
    assert entry(resourceType="Observation", code=C, **fields).assertion == "unknown"
    (part,) = entry(resourceType="Observation", code=C, component=[{"code": C, **fields}]).components
    assert part.assertion == "unknown"


@pytest.mark.parametrize("name", ["notDone", "notGiven", "doNotPerform"])
def test_what_was_not_done_is_absent(name: str) -> None:
    assert entry(resourceType="Procedure", code=C, **{name: True}).assertion == "absent"
    assert entry(resourceType="Procedure", code=C, **{name: False}).assertion is None


@pytest.mark.parametrize(
    ("fields", "temporality"),
    [
        ({}, None),
        ({"abatementDateTime": "2024"}, "past"),
        ({"abatementString": "in spring"}, "past"),
        ({"abatementBoolean": True}, "past"),
        ({"abatementBoolean": False}, None),
        ({"clinicalStatus": {"coding": [{"code": "resolved"}]}}, "past"),
    ],
)
def test_a_condition_that_abated_is_past(fields: dict[str, Any], temporality: str | None) -> None:
    assert entry(resourceType="Condition", code=C, **fields).temporality == temporality


def test_the_code_that_a_practice_filed_is_that_of_an_immunisation() -> None:
    filed = {
        "url": "https://fhir.hl7.org.uk/STU3/Extension-CareConnect-VaccinationProcedure-1",
        "valueCodeableConcept": concept("1"),
    }
    made = entry(resourceType="Immunization", vaccineCode=C, extension=[{"url": "http://elsewhere"}, filed])
    assert [c.code for c in made.codings] == ["1"]


def test_an_element_with_codings_is_the_code_before_one_that_has_words() -> None:
    made = entry(
        resourceType="ReferralRequest", serviceRequested=[{"text": "physio"}], reasonCode=[concept("1"), concept("2")], type=C
    )
    assert [c.code for c in made.codings] == ["1", "2"]
    several = words(resourceType="Communication", category=[{"text": "letter"}, {"text": "call"}])
    assert several.text == "letter; call"


@pytest.mark.parametrize(
    ("word", "sex"),
    [
        *((word, "male") for word in ("M", "male", "248153007", "LA2-8", "1")),
        *((word, "female") for word in ("F", "female", "248152002", "LA3-6", "2")),
        *((word, "unknown") for word in ("U", "UNK", "unknown", "ASKU", "not-known", "0", "not-specified")),
        *((word, "other") for word in ("I", "OTH", "other", "indeterminate", "9")),
    ],
)
def test_the_words_for_sex_at_birth(word: str, sex: str) -> None:
    for url in (
        "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-BirthSex",
        "http://hl7.org/fhir/us/core/us-core-birthsex",
    ):
        patient = {"resourceType": "Patient", "extension": [{"url": url, "valueCode": word}]}
        assert read(patient).patient.sex_at_birth == sex


@pytest.mark.parametrize("gender", ["male", "female", "other", "unknown"])
def test_the_words_for_gender(gender: str) -> None:
    assert read({"resourceType": "Patient", "gender": gender}).patient.gender == gender


@pytest.mark.parametrize(
    ("name", "one", "other", "contrary"),
    [
        ("gender", "female", "male", True),
        ("gender", "female", "unknown", False),
        ("gender", "female", None, False),
        ("gender", "female", "female", False),
        ("birthDate", "1990-01-01", "1991", True),
        ("birthDate", "1990-01-01", "1990", False),
        ("birthDate", "1990-01-01", "1990-02", True),
        ("deceasedBoolean", True, False, True),
        ("deceasedBoolean", False, None, False),
    ],
)
def test_one_patient_told_of_twice(name: str, one: Any, other: Any, contrary: bool) -> None:
    told = [
        {
            "resourceType": "Patient",
            "id": own,
            "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000018"}],
        }
        | ({} if value is None else {name: value})
        for own, value in (("a", one), ("b", other))
    ]
    for patients in (told, told[::-1]):
        reasons = [line.reason for line in read(*patients).not_read]
        assert ("it contradicts what is said of the same patient elsewhere" in reasons) is contrary


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"gender": "M"}, "the gender is none of male, female, other and unknown"),
        ({"deceasedString": "yes"}, "`deceased[x]` is a date or true or false"),
        ({"extension": [{"url": "a/us-core-birthsex", "valueCode": "X"}]}, "the code is not one that this element may have"),
    ],
)
def test_a_field_of_the_patient_that_breaks_its_format_is_told_by_its_path(fields: dict[str, Any], reason: str) -> None:
    (line,) = read({"resourceType": "Patient", "id": "p", **fields}).not_read
    assert (line.reason, line.resource_type, line.resource_id, line.broken) == (reason, "Patient", "p", True)


@pytest.mark.parametrize(
    ("unit", "days"),
    [
        ("d", 5),
        ("day", 5),
        ("days", 5),
        ("DAYS", 5),
        ("wk", 35),
        ("week", 35),
        ("weeks", 35),
        ("mo", None),
        ("h", None),
        ("", None),
    ],
)
def test_days_of_supply_are_counted_in_days_and_weeks(unit: str, days: int | None) -> None:
    expected = None if days is None else Decimal(days)
    for name in ("code", "unit"):
        assert medication(resourceType="MedicationDispense", daysSupply={"value": 5, name: unit or "?"}).days_supply == expected
    supply = {"expectedSupplyDuration": {"value": 5, "unit": unit or "?"}}
    assert medication(resourceType="MedicationRequest", dispenseRequest=supply).days_supply == expected
    limit = {"value": 5, "unit": "d", "comparator": "<"}
    assert medication(resourceType="MedicationDispense", daysSupply=limit).days_supply is None


@pytest.mark.parametrize(
    ("unit", "least", "most"),
    [
        *((unit, 1, 2) for unit in ("h", "hr", "hour", "hours")),
        *((unit, 2, 2) for unit in ("d", "day", "days", "Days")),
        *((unit, 14, 14) for unit in ("wk", "week", "weeks")),
        *((unit, 56, 62) for unit in ("mo", "month", "months")),
        *((unit, 730, 732) for unit in ("a", "year", "years")),
    ],
)
def test_a_course_of_two_units(unit: str, least: int, most: int) -> None:
    for name in ("code", "unit"):
        timing = {"repeat": {"boundsDuration": {"value": 2, name: unit}}}
        made = medication(resourceType="MedicationRequest", dosageInstruction=[{"timing": timing}])
        assert (made.course_days, made.course_days_max) == (least, most)


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "not-done"), ("status", "declined"), ("status", "not-taken"), ("notGiven", True), ("wasNotGiven", True)]
    + [("notDone", True), ("doNotPerform", True), ("taken", "n")]
    + [(name, [{"text": "refused"}]) for name in ("reasonNotTaken", "reasonNotGiven")],
)
def test_what_says_that_a_medicine_was_not_given(name: str, value: Any) -> None:
    given = [concept("1")] if isinstance(value, list) else value
    made = medication(resourceType="MedicationAdministration", **{name: given}, statusReason=[concept("2")])
    assert made.not_given is True
    assert [c.code for c in made.not_given_reason] == (["1", "2"] if isinstance(value, list) else ["2"])


@pytest.mark.parametrize(
    ("kind", "name"),
    [("MedicationStatement", "dateAsserted"), ("MedicationDispense", "recorded"), ("MedicationAdministration", "recorded")],
)
def test_when_a_medicine_was_recorded(kind: str, name: str) -> None:
    assert medication(resourceType=kind, **{name: "2024-07-01"}).recorded == "2024-07-01"


@pytest.mark.parametrize(("taken", "not_given"), [("y", False), ("unk", None), ("na", None)])
def test_what_says_that_it_was(taken: str, not_given: bool | None) -> None:
    assert medication(resourceType="MedicationStatement", taken=taken).not_given is not_given


@pytest.mark.parametrize(
    ("intent", "kind"),
    [("plan", "plan"), ("proposal", "plan"), ("option", "plan"), ("order", "request"), ("instance-order", "request")],
)
def test_a_request_that_is_only_a_plan(intent: str, kind: str) -> None:
    assert medication(resourceType="MedicationRequest", intent=intent).kind == kind


@pytest.mark.parametrize("code", ["MTH", "NMTH", "GESTM", "NMTHF"])
def test_a_mother_by_each_of_her_roles(code: str) -> None:
    assert _subject_of_child("m", "mother", "b", code) == "baby"


@pytest.mark.parametrize("code", ["CHILD", "NCHILD", "SON", "NSON", "SONC", "DAU", "DAUC"])
def test_a_child_by_each_of_its_roles(code: str) -> None:
    assert _subject_of_child("b", "child", "m", code) == "baby"


@pytest.mark.parametrize("code", ["FTH", "WIFE"])
def test_no_child_by_another_role(code: str) -> None:
    assert _subject_of_child("m", "other", "b", code) == "another"


def _subject_of_child(linked: str, person: str, to: str, code: str) -> str | None:
    """Return whom an observation of `b` is about in `m`'s record, where `linked` is linked to a person who is a `code` of `to`."""
    patients = {"m": {"resourceType": "Patient", "id": "m"}, "b": {"resourceType": "Patient", "id": "b"}}
    patients[linked] |= {"link": [{"other": {"reference": f"RelatedPerson/{person}"}, "type": "seealso"}]}
    related = {
        "resourceType": "RelatedPerson",
        "id": person,
        "patient": {"reference": f"Patient/{to}"},
        "relationship": [{"coding": [{"code": code}]}],
    }
    observed = {"resourceType": "Observation", "code": C, "subject": {"reference": "Patient/b"}}
    (made,) = read(patients["m"], patients["b"], related, observed).entries
    return made.subject


@pytest.mark.parametrize(
    "name", ["performer", "asserter", "assessor", "author", "recorder", "requester", "practitioner", "informationSource"]
)
def test_the_organisation_of_each_kind_of_author(name: str) -> None:
    organization = {
        "resourceType": "Organization",
        "id": "o",
        "identifier": [
            {"system": "http://elsewhere", "value": "B"},
            {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "A"},
        ],
    }
    observed = {"resourceType": "Observation", "code": C, name: {"reference": "Organization/o"}}
    (made,) = read(observed, organization).entries
    assert made.provenance is not None
    assert made.provenance.organization == "A"


def test_a_code_that_stands_beside_codings_is_named_by_its_path() -> None:
    held = {"code": "I10", "display": "Pregnant", "coding": [{"system": SCT, "code": "1"}]}
    submission = read({"resourceType": "Observation", "code": held})
    assert {line.path for line in submission.not_read if line.coded} == {
        "Bundle.entry[0].resource.code",
        "Bundle.entry[0].resource.code.code",
        "Bundle.entry[0].resource.code.coding[0]",
        "Bundle.entry[0].resource.code.display",
    }
