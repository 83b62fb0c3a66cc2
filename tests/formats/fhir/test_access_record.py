"""What the reader of GP Connect's structured record makes of what a practice holds."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from codesafety.formats import READERS, AccessRecordReader
from codesafety.plugins.reading import Source
from codesafety.record import Record

SCT = "http://snomed.info/sct"
PROFILE = "https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-"
ENTRY_LISTS = ("717711000000103", "886921000000105", "1102181000000102", "887191000000108", "1149501000000101", "826501000000100")
MEDICATIONS = "933361000000108"


def source(*resources: dict[str, Any]) -> Source:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "meta": {"profile": ["https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-StructuredRecord-Bundle-1"]},
        "entry": [{"resource": r} for r in resources],
    }
    return Source(json.dumps(bundle).encode(), "record.json")


def record(*resources: dict[str, Any]) -> Record:
    return AccessRecordReader().read_record(source(*resources))


def listing(code: str, **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "List",
        "status": "current",
        "mode": "snapshot",
        "code": {"coding": [{"system": SCT, "code": code}]},
        **fields,
    }


def warned(code: str, warning: str) -> dict[str, Any]:
    return listing(
        code,
        extension=[
            {"url": PROFILE.replace("CareConnect-GPC-", "Extension-CareConnect-GPC-ListWarningCode-1"), "valueCode": warning}
        ],
    )


def reference(kind: str, name: str) -> dict[str, str]:
    return {"reference": f"{kind}/{name}"}


def test_a_record_finds_its_reader() -> None:
    assert next(r for r in READERS if r.recognises(source())).name == "gp-connect-structured"


def test_all_areas_make_a_record_complete() -> None:
    found = record(*(listing(code) for code in (*ENTRY_LISTS, MEDICATIONS)))
    assert [(c.kind, c.since) for c in found.complete] == [("entry", None), ("medication", None)]


@pytest.mark.parametrize("gone", ENTRY_LISTS)
def test_one_area_less_covers_no_entries(gone: str) -> None:
    found = record(*(listing(code) for code in (*ENTRY_LISTS, MEDICATIONS) if code != gone))
    assert [c.kind for c in found.complete] == ["medication"]


def test_a_warning_drops_the_coverage_of_its_kind_and_is_passed_on() -> None:
    lists = [listing(code) for code in (*ENTRY_LISTS[1:], MEDICATIONS)]
    found = record(warned(ENTRY_LISTS[0], "confidential-items"), *lists)
    assert ([c.kind for c in found.complete], found.warnings) == (["medication"], ("confidential-items",))
    found = record(warned(MEDICATIONS, "data-in-transit"), *(listing(code) for code in ENTRY_LISTS))
    assert ([c.kind for c in found.complete], found.warnings) == (["entry"], ("data-in-transit",))


@pytest.mark.parametrize(
    ("fields", "covered"),
    [
        ({"emptyReason": {"coding": [{"code": "no-content-recorded"}]}}, True),
        ({"emptyReason": {"coding": [{"code": "unavailable"}]}}, False),
        ({"emptyReason": {"text": "withheld"}}, False),
        ({"status": "retired"}, False),
    ],
)
def test_an_empty_list_covers_only_where_nothing_was_recorded(fields: dict[str, Any], covered: bool) -> None:
    assert bool(record(listing(MEDICATIONS, **fields)).complete) is covered


def test_a_record_without_lists_declares_nothing() -> None:
    assert record({"resourceType": "Observation", "code": {"coding": [{"system": SCT, "code": "8392000"}]}}).complete == ()


def test_read_emis_and_snomed_codes_stand_side_by_side() -> None:
    sent = [
        {"system": "http://read.info/readv2", "code": "K500.00", "display": "Endometriosis of uterus", "userSelected": True},
        {"system": "https://fhir.hl7.org.uk/Id/egton-codes", "code": "EGTON1", "display": "x"},
        {
            "system": SCT,
            "code": "76376003",
            "display": "Endometriosis of uterus",
            "extension": [
                {
                    "url": "https://fhir.nhs.uk/STU3/StructureDefinition/Extension-coding-sctdescid",
                    "extension": [{"url": "descriptionId", "valueId": "126835018"}],
                }
            ],
        },
    ]
    (entry,) = record({"resourceType": "Condition", "clinicalStatus": "inactive", "code": {"coding": sent}}).entries
    assert [(c.system, c.code, c.display, c.user_selected) for c in entry.codings] == [
        ("http://read.info/readv2", "K500.00", "Endometriosis of uterus", True),
        ("https://fhir.hl7.org.uk/Id/egton-codes", "EGTON1", "x", None),
        (SCT, "76376003", "Endometriosis of uterus", None),
    ]
    assert [(q.role, q.text, q.codings) for q in entry.qualifiers] == [
        ("code.coding.Extension-coding-sctdescid.descriptionId", "126835018", ())
    ]
    assert entry.temporality == "past"


def test_one_drug_is_a_statement_a_plan_and_its_issues() -> None:
    drug = reference("Medication", "m")
    supply = {
        "validityPeriod": {"start": "2020-01-01", "end": "2020-01-28"},
        "quantity": {"value": 28, "unit": "tablet"},
        "expectedSupplyDuration": {"value": 4, "unit": "week", "system": "http://unitsofmeasure.org", "code": "wk"},
    }
    found = record(
        {
            "resourceType": "Medication",
            "id": "m",
            "code": {"coding": [{"system": SCT, "code": "319775004"}], "text": "Aspirin 75mg tablets"},
        },
        {
            "resourceType": "MedicationStatement",
            "id": "s",
            "identifier": [{"value": "S"}],
            "status": "active",
            "taken": "unk",
            "basedOn": [reference("MedicationRequest", "p")],
            "medicationReference": drug,
            "effectivePeriod": {"start": "2020-01-01"},
        },
        {
            "resourceType": "MedicationRequest",
            "id": "p",
            "identifier": [{"value": "P"}],
            "intent": "plan",
            "status": "active",
            "medicationReference": drug,
            "dispenseRequest": supply,
        },
        {
            "resourceType": "MedicationRequest",
            "id": "i",
            "identifier": [{"value": "I"}],
            "intent": "order",
            "status": "completed",
            "basedOn": [reference("MedicationRequest", "p")],
            "medicationReference": drug,
            "authoredOn": "2020-01-02",
        },
    )
    assert [(m.kind, m.id, m.based_on, m.text) for m in found.medications] == [
        ("statement", "S", ("P",), "Aspirin 75mg tablets"),
        ("plan", "P", (), "Aspirin 75mg tablets"),
        ("request", "I", ("P",), "Aspirin 75mg tablets"),
    ]
    plan = found.medications[1]
    assert (plan.start, plan.end, plan.days_supply) == ("2020-01-01", "2020-01-28", Decimal(28))
    assert all([c.code for c in m.products] == ["319775004"] for m in found.medications)


def test_a_plan_that_was_authorised_anew_belongs_to_the_plan_that_it_replaces() -> None:
    drug = reference("Medication", "m")
    plan = {"resourceType": "MedicationRequest", "intent": "plan", "medicationReference": drug}
    found = record(
        {"resourceType": "Medication", "id": "m", "code": {"coding": [{"system": SCT, "code": "319775004"}]}},
        {**plan, "id": "a", "identifier": [{"value": "A"}], "status": "stopped"},
        {
            **plan,
            "id": "b",
            "identifier": [{"value": "B"}],
            "status": "active",
            "priorPrescription": reference("MedicationRequest", "a"),
        },
    )
    assert [(m.id, m.based_on) for m in found.medications] == [("A", ()), ("B", ("A",))]


def test_an_item_takes_its_consultation_from_its_own_reference_or_from_the_lists() -> None:
    found = record(
        {"resourceType": "Encounter", "id": "e1", "period": {"start": "2021-02-03"}},
        {"resourceType": "Encounter", "id": "e2", "period": {"start": "2022-02-03"}},
        {
            "resourceType": "List",
            "id": "l",
            "status": "current",
            "code": {},
            "encounter": reference("Encounter", "e2"),
            "entry": [{"item": reference("Observation", "b")}],
        },
        {"resourceType": "Observation", "id": "a", "code": {"text": "a"}, "context": reference("Encounter", "e1")},
        {"resourceType": "Observation", "id": "b", "code": {"text": "b"}},
        {"resourceType": "Observation", "id": "c", "code": {"text": "c"}},
    )
    assert [e.consultation_date for e in found.entries] == ["2021-02-03", "2022-02-03", None]


def test_an_immunisation_is_the_procedure_that_was_filed() -> None:
    immunisation = {
        "resourceType": "Immunization",
        "status": "completed",
        "notGiven": False,
        "extension": [
            {
                "url": "https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-DateRecorded-1",
                "valueDateTime": "2020-11-18",
            },
            {
                "url": "https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-VaccinationProcedure-1",
                "valueCodeableConcept": {"coding": [{"system": SCT, "code": "314415008"}]},
            },
        ],
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/v3/NullFlavor", "code": "UNK"}]},
        "date": "2020-11-17",
    }
    (entry,) = record(immunisation).entries
    assert (entry.kind, entry.date, entry.recorded, [c.code for c in entry.codings]) == (
        "immunization",
        "2020-11-17",
        "2020-11-18",
        ["314415008"],
    )
    assert [(q.role, q.codings[0].code) for q in entry.qualifiers] == [("vaccineCode", "UNK")]


def test_an_immunisation_that_was_not_given_is_absent() -> None:
    (entry,) = record({"resourceType": "Immunization", "notGiven": True, "vaccineCode": {"text": "flu"}}).entries
    assert entry.assertion == "absent"


def test_referrals_and_diary_entries_are_planned() -> None:
    found = record(
        {
            "resourceType": "ReferralRequest",
            "intent": "order",
            "reasonCode": [{"coding": [{"system": SCT, "code": "183450002"}]}],
            "authoredOn": "2019-08-01",
        },
        {
            "resourceType": "ProcedureRequest",
            "intent": "plan",
            "code": {"coding": [{"system": SCT, "code": "86198006"}]},
            "occurrenceDateTime": "2030-02-25",
        },
    )
    assert [(e.assertion, e.codings[0].code, e.date, e.recorded) for e in found.entries] == [
        ("planned", "183450002", None, "2019-08-01"),
        ("planned", "86198006", "2030-02-25", None),
    ]


def test_a_record_alone_is_a_submission_of_all_its_entries() -> None:
    submission = AccessRecordReader().read(
        source({"resourceType": "Observation", "code": {"text": "a"}}, {"resourceType": "Condition", "code": {"text": "b"}})
    )
    assert len(submission.entries) == 2
    assert submission.format == "gp-connect-structured"


def test_a_questionnaire_answered_in_words_is_a_text() -> None:
    found = record(
        {
            "resourceType": "QuestionnaireResponse",
            "item": [
                {"linkId": "1", "text": "How long?", "answer": [{"valueString": "Six weeks"}]},
                {"linkId": "2", "answer": [{"valueString": "Tea"}]},
            ],
        }
    )
    assert ([t.text for t in found.texts], found.entries) == (["How long?: Six weeks\nTea"], ())


def test_answers_of_a_questionnaire_are_parts_of_one_item() -> None:
    found = record(
        {
            "resourceType": "QuestionnaireResponse",
            "authored": "2020-01-01",
            "item": [
                {"linkId": "1", "text": "smoker?", "answer": [{"valueBoolean": False}]},
                {"linkId": "2", "item": [{"linkId": "2.1", "answer": [{"valueCoding": {"system": SCT, "code": "8392000"}}]}]},
            ],
        }
    )
    (entry,) = found.entries
    assert [
        (c.text, c.value.boolean if c.value else None, [x.code for x in c.value.codings] if c.value else [])
        for c in entry.components
    ] == [("smoker?", False, []), (None, None, ["8392000"])]
    assert entry.date == "2020-01-01"
