"""What the reader of FHIR R4 makes of UK Core, e-prescriptions, and booking and referral."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from codesafety.formats import READERS, R4Reader
from codesafety.plugins.reading import Source
from codesafety.record import Submission

SCT = "http://snomed.info/sct"
BIRTH_SEX = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-BirthSex"


def read(value: dict[str, Any]) -> Submission:
    return R4Reader().read(Source(json.dumps(value).encode(), "given"))


def collection(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{at:012d}", "resource": r} for at, r in enumerate(resources)],
    }


def sct(code: str) -> dict[str, Any]:
    return {"coding": [{"system": SCT, "code": code}]}


def birth_sex(word: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "gender": "female",
        "extension": [
            {
                "url": BIRTH_SEX,
                "valueCodeableConcept": {
                    "coding": [{"system": "https://fhir.hl7.org.uk/CodeSystem/UKCore-BirthSex", "code": word}]
                },
            }
        ],
    }


def test_gender_and_sex_at_birth_are_different_facts() -> None:
    patient = read(birth_sex("M")).patient
    assert (patient.gender, patient.sex_at_birth) == ("female", "male")


def test_sex_at_birth_is_in_no_line_of_what_was_not_read() -> None:
    submission = read(collection(birth_sex("M")))
    assert submission.not_read == ()


def extended(**value: Any) -> dict[str, Any]:
    return {"url": "https://example.org/x", **value}


CHOSEN = extended(
    extension=[{"url": "descriptionId", "valueId": "1"}, {"url": "descriptionDisplay", "valueString": "Not pregnant"}]
)


@pytest.mark.parametrize(
    "concept",
    [
        {"coding": [{"system": SCT, "code": "77386006", "display": "Pregnant", "extension": [CHOSEN]}]},
        {"coding": [{"system": SCT, "code": "77386006", "display": "Pregnant", "_display": {"extension": [CHOSEN]}}]},
        {"coding": [{"system": SCT, "code": "77386006", "_display": {"extension": [extended(valueString="Not pregnant")]}}]},
        {"coding": [{"system": SCT, "code": "77386006"}], "extension": [extended(valueString="Not pregnant")]},
    ],
)
def test_words_in_the_extensions_of_a_code_or_its_display_are_words_of_the_code(concept: dict[str, Any]) -> None:
    (entry,) = read(collection({"resourceType": "Observation", "code": concept})).entries
    assert [coding.other_displays for coding in entry.codings] == [("Not pregnant",)]


def observed_birth_sex(word: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": BIRTH_SEX, "code": word, "display": "words"}]},
    }


def test_sex_at_birth_sent_as_an_observation_goes_to_the_patient_and_is_no_entry() -> None:
    submission = read(collection({"resourceType": "Patient", "gender": "female"}, observed_birth_sex("M")))
    assert (submission.patient.sex_at_birth, submission.entries) == ("male", ())


def test_two_statements_of_sex_at_birth_that_differ_leave_it_unknown() -> None:
    submission = read(collection(birth_sex("F"), observed_birth_sex("M")))
    assert submission.patient.sex_at_birth is None
    assert [n.path for n in submission.not_read] == ["Bundle.entry[1].resource"]


def test_a_finding_of_sex_is_an_entry_and_not_sex_at_birth() -> None:
    submission = read(collection({"resourceType": "Patient"}, {"resourceType": "Observation", "code": sct("248153007")}))
    assert (submission.patient.sex_at_birth, len(submission.entries)) == (None, 1)


def test_statuses_that_are_concepts_are_read() -> None:
    condition = {
        "resourceType": "Condition",
        "code": sct("195967001"),
        "onsetDateTime": "2019",
        "recordedDate": "2020-01-02",
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "resolved"}]
        },
        "verificationStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "refuted"}]
        },
    }
    (entry,) = read(condition).entries
    assert (entry.clinical_status, entry.verification, entry.assertion, entry.temporality) == (
        "resolved",
        "refuted",
        "absent",
        "past",
    )
    assert (entry.date, entry.recorded) == ("2019", "2020-01-02")
    assert {q.role for q in entry.qualifiers} == {"clinicalStatus", "verificationStatus"}


def prescription(item: str, **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/prescription-order-item-number", "value": item}],
        "groupIdentifier": {"system": "https://fhir.nhs.uk/Id/prescription-order-number", "value": "B407F7-A99968-4DB2AU"},
        "medicationCodeableConcept": sct("39720311000001101"),
        **fields,
    }


def test_a_prescription_and_its_two_brands_belong_together() -> None:
    answers = {"authorizingPrescription": [{"reference": "urn:uuid:00000000-0000-4000-8000-000000000000"}], "status": "completed"}
    submission = read(
        collection(
            prescription(
                "item-1",
                dispenseRequest={
                    "validityPeriod": {"start": "2021-09-03"},
                    "expectedSupplyDuration": {"value": 28, "unit": "days"},
                },
            ),
            {
                "resourceType": "MedicationDispense",
                "identifier": [{"value": "d-1"}],
                "medicationCodeableConcept": sct("1"),
                **answers,
            },
            {
                "resourceType": "MedicationDispense",
                "identifier": [{"value": "d-2"}],
                "medicationCodeableConcept": sct("2"),
                **answers,
            },
        )
    )
    asked, first, second = submission.medications
    assert (asked.days_supply, asked.start) == (Decimal(28), None)
    assert (first.based_on, second.based_on) == (("item-1",), ("item-1",))
    assert {m.order for m in submission.medications} == {None}
    assert ("groupIdentifier", "B407F7-A99968-4DB2AU") in [(q.role, q.text) for q in asked.qualifiers]
    assert "Bundle.entry[0].resource.dispenseRequest.validityPeriod.start" in {n.path for n in submission.not_read}


def test_items_of_one_prescription_are_no_one_order() -> None:
    shared = {"groupIdentifier": {"system": "urn:hospital", "value": "sheet-1"}}
    first, second = read(collection(prescription("item-1", **shared), prescription("item-2", **shared))).medications
    assert (first.order, second.order) == (None, None)
    (alone,) = read(collection(prescription("item-1", **shared))).medications
    assert alone.order == "sheet-1"


def test_a_contained_request_is_read_and_linked() -> None:
    dispense = {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "contained": [{**prescription("item-1"), "id": "m1"}],
        "identifier": [{"value": "d-1"}],
        "authorizingPrescription": [{"reference": "#m1"}],
        "medicationCodeableConcept": sct("1"),
    }
    given, asked = read(collection(dispense)).medications
    assert (asked.path, asked.kind, given.based_on) == ("Bundle.entry[0].resource.contained[0]", "request", ("item-1",))


def test_a_dose_under_dose_and_rate_is_read() -> None:
    (medicine,) = read(
        {
            "resourceType": "MedicationDispense",
            "medicationCodeableConcept": sct("1"),
            "quantity": {"value": 20, "unit": "tablet"},
            "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 2, "unit": "tablet"}}]}],
        }
    ).medications
    assert medicine.dose == Decimal(2)


@pytest.mark.parametrize(
    "system", ["https://dmd.nhs.uk", SCT, "urn:oid:2.16.840.1.113883.2.1.6.15", "https://fhir.nhs.uk/Id/dmd"]
)
def test_dmd_ids_keep_the_system_that_they_were_sent_under(system: str) -> None:
    (medicine,) = read(
        {
            "resourceType": "MedicationRequest",
            "intent": "order",
            "medicationCodeableConcept": {"coding": [{"system": system, "code": "39720311000001101"}]},
        }
    ).medications
    assert [(c.system, c.code) for c in medicine.products] == [(system, "39720311000001101")]


def test_a_modifier_that_is_not_understood_is_not_ignored() -> None:
    changed = {
        "resourceType": "Observation",
        "code": sct("77386006"),
        "modifierExtension": [{"url": "https://example.org/not", "valueBoolean": True}],
    }
    submission = read(collection(changed))
    (line,) = submission.not_read
    assert (submission.entries, line.whole, line.coded, line.broken) == ((), True, True, False)
    assert "modifier" in line.reason


def test_what_an_observation_focuses_on_is_its_subject() -> None:
    submission = read(
        collection(
            {"resourceType": "Patient"},
            {"resourceType": "RelatedPerson"},
            {
                "resourceType": "Observation",
                "code": sct("1"),
                "focus": [{"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}],
            },
            {"resourceType": "Observation", "code": sct("1"), "focus": [{"reference": "Patient/9"}]},
        )
    )
    assert [e.subject for e in submission.entries] == ["another", "unknown"]


def test_a_medicine_not_taken() -> None:
    (medicine,) = read(
        {
            "resourceType": "MedicationStatement",
            "status": "not-taken",
            "medicationCodeableConcept": sct("1"),
            "statusReason": [sct("182895007")],
        }
    ).medications
    assert (medicine.not_given, [c.code for c in medicine.not_given_reason]) == (True, ["182895007"])


def test_uk_core_finds_its_reader() -> None:
    source = Source(
        json.dumps(
            {"resourceType": "Patient", "meta": {"profile": ["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"]}}
        ).encode()
    )
    assert next(r for r in READERS if r.recognises(source)).name == "fhir-r4"


@pytest.mark.parametrize(
    ("word", "name"),
    [
        *(
            (word, "fhir-r4")
            for word in (
                "https://fhir.example/StructureDefinition/UKCore-Patient",
                "https://fhir.example/Extension-UKCore-X",
                "UKCore-X",
                "NHSDigital-X",
                "https://fhir.nhs.uk/StructureDefinition/Extension-DM-X",
                "https://fhir.nhs.uk/StructureDefinition/Extension-EPS-X",
                "http://hl7.org/fhir/us/core/X",
                "http://terminology.hl7.org/CodeSystem/condition-clinical",
                "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            )
        ),
        ("UKCore-X https://fhir.nhs.uk/STU3/StructureDefinition/X", "fhir-stu3-update-record"),
        ("UKCore-X https://fhir.nhs.uk/STU3/CodeSystem/X", "fhir-stu3-update-record"),
        ("UKCore-X ITK-MessageEvent-2", "fhir-stu3-update-record"),
        ("https://fhir.example/X", "fhir-stu3-update-record"),
    ],
)
def test_what_is_named_in_a_source_tells_its_version(word: str, name: str) -> None:
    source = Source(json.dumps({"resourceType": "Patient", "extension": [{"url": word}]}).encode())
    assert next(r for r in READERS if r.recognises(source)).name == name


@pytest.mark.parametrize("name", ["eventCoding", "eventUri", "doseAndRate"])
def test_an_element_that_only_r4_has_tells_its_version(name: str) -> None:
    source = Source(json.dumps({"resourceType": "MessageHeader", name: {}}).encode())
    assert next(r for r in READERS if r.recognises(source)).name == "fhir-r4"


def test_a_medicine_in_full_by_reference() -> None:
    medicine = {
        "resourceType": "Medication",
        "code": sct("777773007"),
        "form": sct("17960711000001109"),
        "ingredient": [
            {
                "itemCodeableConcept": sct("372880004"),
                "strength": {"numerator": {"value": 5, "unit": "mg"}, "denominator": {"value": 1, "unit": "mL"}},
            }
        ],
    }
    submission = read(
        collection(
            medicine,
            {
                "resourceType": "MedicationAdministration",
                "status": "completed",
                "effectiveDateTime": "2025-01-02",
                "medicationReference": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000000", "display": "Timolol"},
            },
        )
    )
    (given,) = submission.medications
    assert (given.kind, given.text, given.strength, given.start) == ("administration", "Timolol", "5 mg / 1 mL", "2025-01-02")
    assert "Bundle.entry[0].resource.ingredient.itemCodeableConcept.coding[0]" in {n.path for n in submission.not_read}


def test_findings_of_an_impression_and_predictions_of_a_risk_are_parts() -> None:
    submission = read(
        collection(
            {
                "resourceType": "ClinicalImpression",
                "status": "completed",
                "summary": "words",
                "finding": [{"itemCodeableConcept": sct("195967001")}],
            },
            {"resourceType": "RiskAssessment", "status": "final", "prediction": [{"outcome": sct("22298006")}]},
            {"resourceType": "Communication", "payload": [{"contentString": "hello"}]},
        )
    )
    impression, risk = submission.entries
    assert ([c.codings[0].code for c in impression.components], impression.assertion) == (["195967001"], None)
    assert ([c.codings[0].code for c in risk.components], risk.assertion) == (["22298006"], "possible")
    assert [t.text for t in submission.texts] == ["hello"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueCodeableConcept": sct("260373001")}, ("codings", "260373001")),
        ({"valueString": "trace"}, ("text", "trace")),
        ({"valueInteger": 3}, ("quantity", "3")),
        ({"valueDateTime": "2025-07-25"}, ("date", "2025-07-25")),
        ({"valueBoolean": True}, ("boolean", "True")),
    ],
)
def test_each_form_of_value(value: dict[str, Any], expected: tuple[str, str]) -> None:
    (entry,) = read({"resourceType": "Observation", "code": sct("1"), **value}).entries
    assert entry.value is not None
    held = getattr(entry.value, expected[0])
    assert str(held[0].code if expected[0] == "codings" else held.value if expected[0] == "quantity" else held) == expected[1]


def test_a_range_is_not_judged_and_listed_with_both_its_ends() -> None:
    submission = read(
        {
            "resourceType": "Observation",
            "code": sct("1"),
            "valueRange": {"low": {"value": 1, "unit": "mg"}, "high": {"value": 2, "unit": "mg"}},
        }
    )
    assert (submission.entries[0].value, submission.entries[0].assertion) == (None, "unknown")
    assert [(n.path, n.coded) for n in submission.not_read] == [
        ("Observation.valueRange", True),
        ("Observation.valueRange.low", False),
        ("Observation.valueRange.high", False),
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"deceasedBoolean": False}, (False, None)),
        ({"deceasedDateTime": "2020-01-02"}, (True, "2020-01-02")),
        ({}, (None, None)),
    ],
)
def test_death_as_far_as_it_is_said(fields: dict[str, Any], expected: tuple[bool | None, str | None]) -> None:
    patient = read({"resourceType": "Patient", **fields}).patient
    assert (patient.deceased, patient.died) == expected
