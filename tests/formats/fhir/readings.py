"""`python -m tests.formats.fhir.readings`: write what is read of small bundles, kind by kind, for somebody to read.

Each case is one resource, or a few, beside the patient, an encounter in which they were recorded, and an organisation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from codesafety.errors import InputError
from codesafety.formats import R4Reader
from codesafety.plugins.reading import Source
from codesafety.record import Submission

PATH = Path(__file__).with_name("readings.txt")
SCT, LOINC = "http://snomed.info/sct", "http://loinc.org"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def coded(code: str = "22298006", display: str | None = None, system: str = SCT, **more: Any) -> dict[str, Any]:
    held = {"system": system, "code": code} | ({} if display is None else {"display": display})
    return {"coding": [held], **more}


def refer(target: str, **more: Any) -> dict[str, Any]:
    return {"reference": target, **more}


def measured(value: object, unit: str | None = "mg", **more: Any) -> dict[str, Any]:
    return {"value": value} | ({} if unit is None else {"unit": unit}) | more


def extension(url: str, **more: Any) -> dict[str, Any]:
    return {"url": f"https://fhir.example/{url}", **more}


PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1990-05-01"}
ENCOUNTER = {"resourceType": "Encounter", "id": "c", "status": "finished", "period": {"start": "2026-01-02", "end": "2026-01-03"}}
ORGANIZATION = {
    "resourceType": "Organization",
    "id": "o",
    "identifier": [{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "A1001"}],
}
PRODUCT = {
    "resourceType": "Medication",
    "id": "m",
    "code": coded("39113611000001102"),
    "form": coded("385055001"),
    "ingredient": [
        {"itemCodeableConcept": coded("387207008"), "strength": {"numerator": measured(200), "denominator": measured(5, "mL")}}
    ],
}


def of(kind: str, **fields: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": "x", "subject": refer("Patient/p"), **fields}


def observation(**fields: Any) -> dict[str, Any]:
    return of("Observation", **{"status": "final", "code": coded(), **fields})


def condition(**fields: Any) -> dict[str, Any]:
    return of("Condition", **{"code": coded(), **fields})


def request(**fields: Any) -> dict[str, Any]:
    return of(
        "MedicationRequest", **{"status": "active", "intent": "order", "medicationCodeableConcept": coded("322236009"), **fields}
    )


def taken(*dosages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return request(dosageInstruction=list(dosages), **fields)


def repeated(**repeat: Any) -> dict[str, Any]:
    return {"timing": {"repeat": repeat}}


def patient(**fields: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "q", **fields}


VALUES: tuple[dict[str, Any], ...] = (
    {"valueQuantity": measured(80, "kg", system="http://unitsofmeasure.org", code="kg")},
    {"valueQuantity": measured(80, "kilograms", system="http://unitsofmeasure.org/", code="kg")},
    {"valueQuantity": measured(80, None, system=SCT, code="258683005")},
    {"valueQuantity": measured(80, "kg", comparator="<=")},
    {"valueQuantity": measured(80, "kg", comparator="ad")},
    {"valueQuantity": measured("80")},
    {"valueQuantity": measured(80, None)},
    {"valueQuantity": {"unit": "kg"}},
    {"valueQuantity": 80},
    {"valueQuantity": {"reference": "x"}},
    {"valueCodeableConcept": coded("373067005", "No", text="no")},
    {"valueString": "none"},
    {"valueBoolean": False},
    {"valueBoolean": "false"},
    {"valueInteger": 3},
    {"valueDateTime": "2026-01-01T10:00:00Z"},
    {"valueDateTime": "2026-13-01"},
    {"valueRange": {"low": measured(1), "high": measured(2)}},
    {"valueRatio": {"numerator": measured(1), "denominator": measured(2)}},
    {"valuePeriod": {"start": "2026-01-01"}},
    {"valueString": "a", "valueBoolean": True},
    {"valueNonsense": "a"},
    {"dataAbsentReason": coded("unknown", system="x")},
    {"_valueString": {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}},
    {"interpretation": [coded("260415000", "Not detected")]},
    {"interpretation": [coded("H", "High", system="http://hl7.org/fhir/v2/0078")]},
    {"interpretation": [{"text": "Negative"}]},
    {"component": [{"code": coded("271649006"), "valueQuantity": measured(120, "mm[Hg]")}, {"code": coded("271650006"), "dataAbsentReason": coded("x")}]},
    {"method": coded("113011001"), "bodySite": coded("368208006"), "category": [coded("laboratory", system="x")]},
    {"referenceRange": [{"low": measured(1), "high": measured(2)}]},
    {"related": [{"type": "has-member", "target": refer("Observation/y")}]},
    {"comment": "seen", "note": [{"text": "a note"}]},
    {"specimen": refer("Specimen/s")},
    {"issued": "2026-01-05T09:00:00Z"},
    {"effectivePeriod": {"start": "2026-01-05", "end": "2026-01-07"}},
    {"effectiveDateTime": "20260105"},
    {"effectiveDateTime": 20260105},
    {"effectiveDateTime": ["2026-01-05"]},
    {"effectiveTiming": {"event": ["2026-01-05"]}},
    {"effectiveDateTime": "2026-01-05", "effectiveInstant": "2026-01-06T00:00:00Z"},
    {"encounter": refer("Encounter/c")},
    {"context": refer("Encounter/c")},
    {"performer": [refer("Organization/o")]},
    {"performer": [refer("Practitioner/nobody", display="Dr X")]},
    {"focus": [refer("Patient/q")]},
    {"subject": refer("Group/g")},
    {"subject": {"display": "somebody"}},
    {"subject": "Patient/p"},
    {"meta": {"tag": [coded("t", system="x")["coding"][0]], "security": [coded("R", system="x")["coding"][0]]}},
    {"identifier": [{"system": "s", "value": "1", "type": coded("MR", system="x")}]},
    {"text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>words</div>"}},
    {"code": "22298006"},
    {"code": 22298006},
    {"code": {"coding": {"system": SCT, "code": "22298006"}}},
    {"code": {"coding": [{"system": SCT, "code": 22298006}]}},
    {"code": {"coding": [{"system": SCT, "code": None}]}},
    {"code": {"coding": [{"system": SCT, "code": "22298006", "userSelected": True, "version": "1"}]}},
    {"code": {"coding": [{"system": SCT, "code": "22298006", "userSelected": "yes"}]}},
    {"code": {"coding": [{"system": SCT, "code": "22298006", "extension": [extension("d", valueString="inner words")]}], "text": "outer"}},
    {"code": {"coding": [{"system": SCT, "code": "22298006", "displya": "x"}], "txt": "y"}},
    {"code": {"coding": ["22298006"]}},
    {"code": {"text": "words only"}},
    {"code": [coded()]},
    {"cod": coded()},
    {"coding": [{"system": SCT, "code": "77386006"}]},
    {"referenceRange": [{"low": measured("x")}]},
    {"referenceRange": [{"low": measured(1), "appliesTo": [coded("77386006")], "text": "words"}]},
    {"identifier": [{"system": "s", "value": "77386006"}]},
    {"extension": [extension("x", valueString="77386006")]},
    {"extension": [extension("x", valueCode="77386006"), extension("y", extension=[extension("z", valueCoding={"system": SCT, "code": "77386006"})])]},
    {"extension": [extension("x", valueReference=refer("Patient/p")), extension("x", valueQuantity=measured(1)), extension("x", valueDate="2026-01-01")]},
    {"note": [{"text": "77386006", "authorString": "77386006", "time": "2026-01-01"}]},
    {"performer": [{"identifier": {"system": "s", "value": "1", "type": coded("MR", system="x")}}]},
    {"performer": [{"identifier": {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "B2"}}]},
    {"device": refer("Device/nobody"), "basedOn": [refer("ServiceRequest/nobody")]},
    {"code": {"coding": [{"system": SCT, "code": "22298006", "extension": [extension("Extension-coding-sctdescid", extension=[{"url": "descriptionId", "valueId": "37443015"}, {"url": "descriptionDisplay", "valueString": "as shown"}])]}]}},
    {"code": {"coding": [{"system": SCT, "code": "22298006"}], "text": "w", "extension": [extension("x", valueString="beside")]}},
    {"code": {"coding": [{"system": SCT, "code": "22298006", "display": "d", "_display": {"extension": [extension("t", valueString="translated")]}}]}},
    {"valueCodeableConcept": {"coding": [{"code": "77386006"}]}},
    {"valueCodeableConcept": {"coding": [{"system": SCT}]}},
    {"valueSampledData": {"origin": measured(1), "period": 10, "dimensions": 1}},
    {"valueTime": "10:00"},
    {"valueAttachment": {"contentType": "text/plain", "title": "t"}},
    {"bodySite": coded("368208006"), "_bodySite": {"id": "x"}},
    {"contained": [of("Observation", id="i", status="final", code=coded("77386006"))], "hasMember": [refer("#i")]},
    {"hasMember": [refer("#nobody")]},
    {"id": "", "effectiveDateTime": ""},
    {"effectiveDateTime": None},
    {"note": []},
    {"note": {}},
    {"category": coded("laboratory", system="x")},
    {"status": ["final"]},
    {"status": True},
    {"subject": refer("Patient/p", display="words", type="Patient")},
    {"subject": {"identifier": {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "999 123 4579"}}},
    {"subject": refer("urn:uuid:0A000000-0000-4000-8000-000000000001")},
    {"Code": coded("77386006")},
    {"valuequantity": measured(1)},
    {"ValueQuantity": {"value": 1, "Unit": "mg"}},
    {"status": "nonsense"},
    {"status": "cancelled"},
    {"status": "entered-in-error"},
    {"status": "registered"},
    {"implicitRules": "https://fhir.example/rules"},
    {"modifierExtension": [extension("m", valueBoolean=True)]},
    {"id": "77386006", "meta": {"versionId": "77386006"}, "performer": [refer("77386006")]},
    {"extension": [{"url": "77386006", "valueString": "x"}], "device": {"display": "77386006"}},
)  # fmt: skip
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"clinicalStatus": "active", "verificationStatus": "confirmed"},
    {"clinicalStatus": coded("resolved", system="x")},
    {"verificationStatus": coded("refuted", system="x")},
    {"verificationStatus": "provisional"},
    {"verificationStatus": {"text": "Refuted"}, "clinicalStatus": {"text": "no such status"}},
    {"verificationStatus": coded("confirmed", "Entered in error", system="x")},
    {"verificationStatus": coded("confirmed", "Provisional", system="x")},
    {"verificationStatus": coded("confirmed", "Confirmed", system="x", text="perhaps not")},
    {"verificationStatus": coded("confirmed", "Confirmed", system="x", text="as said")},
    {"abatementDateTime": "2026-01-05"},
    {"abatementBoolean": False},
    {"abatementBoolean": True},
    {"abatementString": "gone"},
    {"onsetDateTime": "2026-01", "assertedDate": "2026-01-09"},
    {"onsetPeriod": {"start": "2025", "end": "2026"}},
    {"onsetAge": measured(30, "a")},
    {"onsetString": "in childhood"},
    {"recordedDate": "2026-01-09"},
    {"severity": coded("24484000"), "bodySite": [coded("368208006")], "stage": [{"summary": coded("258219007")}]},
    {"evidence": [{"code": [coded("271807003")]}]},
    {"asserter": refer("Patient/p")},
    {"extension": [extension("about", valueCodeableConcept=coded("77386006"))]},
    {"contained": [{"resourceType": "Observation", "id": "i", "status": "final", "code": coded("77386006")}]},
)
KINDS: tuple[dict[str, Any], ...] = (
    of("AllergyIntolerance", code=coded("91936005"), category=["medication"], criticality="high", verificationStatus="confirmed"),
    of("Procedure", status="completed", code=coded("80146002"), performedPeriod={"start": "2026-01-01", "end": "2026-01-02"}),
    of("Procedure", status="not-done", code=coded("80146002"), notDone=True, statusReason=coded("183932001")),
    of("Immunization", status="completed", vaccineCode=coded("871822003"), date="2026-01-01", notGiven=False),
    of(
        "Immunization",
        status="completed",
        vaccineCode=coded("871822003"),
        extension=[extension("VaccinationProcedure", valueCodeableConcept=coded("170431005"))],
    ),
    of("FamilyMemberHistory", status="completed", relationship=coded("MTH", system="x"), condition=[{"code": coded()}]),
    of("FamilyMemberHistory", status="completed", condition=[{"code": coded()}, {"code": coded("73211009")}]),
    of("DiagnosticReport", status="final", code=coded("4241000179101"), issued="2026-01-05T09:00:00Z", result=[refer("Observation/x")]),
    of("DiagnosticReport", status="cancelled", code=coded("4241000179101"), effectiveDateTime="2026-01-04"),
    of("ServiceRequest", status="active", intent="order", code=coded("3457005"), authoredOn="2026-01-01", doNotPerform=True),
    of("ReferralRequest", status="active", reasonCode=[coded()], description="please see", authoredOn="2026-01-01"),
    of("Goal", status="active", description=coded("281681000119107"), startDate="2026-01-01"),
    of("Goal", lifecycleStatus="completed", description={"text": "walk"}),
    of("CarePlan", status="active", category=[coded("734163000")], period={"start": "2026-01-01"}),
    of("CarePlan", status="active", title="the plan", description="words"),
    of("Flag", status="inactive", code=coded("77386006"), period={"start": "2026-01-01", "end": "2026-02-01"}),
    of("Specimen", type=coded("119297000"), collection={"collectedDateTime": "2026-01-01"}, receivedTime="2026-01-02"),
    of("Consent", status="active", category=[coded("59284-0", system=LOINC)], dateTime="2026-01-01"),
    of("Consent", status="active", scope={"text": "research"}),
    of("RiskAssessment", status="final", code=coded("225338004"), prediction=[{"outcome": coded()}, {"outcome": coded("73211009")}]),
    of("Communication", status="completed", payload=[{"contentString": "words sent"}], sent="2026-01-01"),
    of("AdverseEvent", event=coded("62014003"), date="2026-01-01", recordedDate="2026-01-02"),
    of("DetectedIssue", status="final", code=coded("79899007"), detail="words"),
    of("DeviceUseStatement", status="active", recordedOn="2026-01-01", indication=[coded("13200003")]),
    of("ImagingStudy", procedureCode=[coded("168537006")], started="2026-01-01"),
    of("Basic", code=coded("77386006"), created="2026-01-01"),
    of("Flag", status="active", code=coded(), period={"end": "2026-02-01"}),
    of("Immunization", status="completed", vaccineCode=coded(), lotNumber="77386006"),
    {"resourceType": "Device", "id": "d", "lotNumber": "77386006", "serialNumber": "77386006", "manufacturer": "77386006"},
    of("ClinicalImpression", status="completed", finding=[{"itemCodeableConcept": coded()}, {"itemReference": refer("Condition/y")}]),
    of(
        "QuestionnaireResponse",
        status="completed",
        authored="2026-01-01",
        item=[{"text": "Pregnant?", "answer": [{"valueBoolean": False, "item": [{"text": "Sure?", "answer": [{"valueCoding": {"system": SCT, "code": "373066001"}}]}]}]}],
    ),
    of("QuestionnaireResponse", status="completed", item=[{"text": "How?", "answer": [{"valueString": "well"}]}]),
    of("Encounter", status="finished", type=[coded("11429006")], reasonCode=[coded(), coded("73211009")], period={"start": "2026-01-01"}),
    of("Claim", status="active", diagnosis=[{"diagnosisCodeableConcept": coded("77386006")}], type=coded("x", system="y")),
    of("Claim", status="active", type=coded("x", system="y", txt="words")),
    of("Binary", contentType="text/plain", data="eA=="),
    of("Nonsense", code=coded("77386006")),
    of("Provenance", activity=coded("DELETE", system="x"), target=[refer("Condition/y")]),
    {"id": "x", "code": coded("77386006")},
)  # fmt: skip
MEDICINES: tuple[dict[str, Any], ...] = (
    taken({"text": "one a day", **repeated(frequency=1, period=1, periodUnit="d"), "doseQuantity": measured(1, "tablet")}, dispenseRequest={"quantity": measured(28, "tablet")}),
    taken({**repeated(frequency=1, period=8, periodUnit="h"), "doseAndRate": [{"doseQuantity": measured(2, "tablet")}]}, dispenseRequest={"quantity": measured(28, "Tablet")}),
    taken({**repeated(frequency=1, period=7, periodUnit="h")}),
    taken({**repeated(frequency=1, period=1, periodUnit="wk")}),
    taken({**repeated(frequency=2, frequencyMax=3, period=1, periodUnit="d")}),
    taken({**repeated(frequency=1, period=0, periodUnit="d")}),
    taken({**repeated(frequency=1, period=1)}),
    taken({**repeated(frequency=1, period=30, periodUnit="min")}),
    taken({**repeated(frequency=3, period=2, periodUnit="wk")}),
    taken({**repeated(frequency=1, period=1, periodUnit="d", dayOfWeek=["mon"])}),
    taken({**repeated(frequency=1, period=1, periodUnit="d", when=["MORN"])}),
    taken({**repeated(frequency=1, period=1, periodUnit="d", timeOfDay=["10:00:00"])}),
    taken({**repeated(frequency=1, period=1, periodMax=2, periodUnit="d")}),
    taken({**repeated(frequency=1, period=1, periodUnit="mo")}),
    taken({"doseQuantity": measured(1, "tablet", comparator="<")}, dispenseRequest={"quantity": measured(28, "tablet")}),
    taken({"doseQuantity": measured(1, "tablet"), "doseAndRate": [{"doseQuantity": measured(2, "tablet")}]}, dispenseRequest={"quantity": measured(28, "tablet")}),
    taken({"doseSimpleQuantity": measured(1, "tab", code="tablet")}, dispenseRequest={"quantity": measured(28, "tablet")}),
    taken({"doseQuantity": measured(1, "tablet")}, dispenseRequest={"quantity": measured(28, None)}),
    taken({"doseQuantity": measured(1, "tablet")}),
    taken({"doseRange": {"low": measured(1, "tablet"), "high": measured(2, "tablet")}, "rateQuantity": measured(1, "mL/h"), "maxDosePerPeriod": {"numerator": measured(8)}}),
    taken({"asNeededBoolean": False, "method": coded("738995006"), "site": coded("368208006"), "patientInstruction": "after food", "additionalInstruction": [coded("311504000")]}),
    taken(repeated(boundsDuration=measured("1e30", "d"))),
    taken(repeated(boundsDuration=measured(1e30, "d"))),
    taken(repeated(boundsDuration=measured(1.5, "d"))),
    taken(repeated(boundsDuration=measured(1, "day", code="wk"))),
    taken(repeated(boundsDuration={"value": 3, "code": "D"})),
    taken(repeated(boundsPeriod={"start": "2026-01-07", "end": "2026-01-01"})),
    taken({"text": "x"}, dosage=[{"text": "y"}]),
    request(quantity=measured(28, "tablet")),
    request(daysSupply=measured(28, "d", comparator="<")),
    request(dispenseRequest={"quantity": measured(28, "tablet"), "numberOfRepeatsAllowed": 5, "expectedSupplyDuration": measured(28, "D")}),
    request(reasonCode=[coded()], note=[{"text": "words"}], substitution={"allowedBoolean": False}, encounter=refer("Encounter/c")),
    request(groupIdentifier={"system": "urn:x"}),
    request(status="nonsense"),
    request(status="entered-in-error"),
    request(medicationCodeableConcept="322236009"),
    request(medicationReference=refer("Medication/m")),
    of("MedicationStatement", status="active", taken="nonsense", medicationCodeableConcept=coded("322236009"), wasNotTaken=True),
    of("MedicationStatement", status="active", medicationReference=refer("#i"), contained=[{**PRODUCT, "id": "i", "ingredient": [{"strength": {"numerator": measured(5)}}]}]),
    of("MedicationStatement", status="active", medicationReference=refer("#i"), contained=[{**PRODUCT, "id": "i", "ingredient": [{}, {}]}]),
    of("MedicationDispense", status="completed", medicationCodeableConcept=coded("322236009"), notDoneReasonReference=refer("DetectedIssue/y"), destination=refer("Location/l"), recorded="2026-01-05"),
    of("MedicationDispense", status="in-progress", medicationCodeableConcept=coded("322236009"), quantity=measured(28, "tablet"), dosageInstruction=[{"doseQuantity": measured(2, "tablet"), **repeated(frequency=1, period=12, periodUnit="h")}]),
    of("MedicationAdministration", status="completed", medicationCodeableConcept=coded("322236009"), effectivePeriod={"start": "2026-01-01", "end": "2026-01-02"}, dosage={"text": "slowly", "dose": measured(5, "mg"), "route": coded("47625008")}),
    taken({"asNeededBoolean": True, "route": coded("26643006")}),
    taken({"asNeededCodeableConcept": coded("22253000")}),
    taken({"text": "first"}, {"text": "then"}),
    taken({"doseQuantity": measured(1, "mL")}, dispenseRequest={"quantity": measured(28, "tablet")}),
    taken(repeated(boundsPeriod={"start": "2026-01-01", "end": "2026-01-07"})),
    taken(repeated(boundsPeriod={"start": "2026-01-01"})),
    taken(repeated(boundsDuration=measured(7, "d"))),
    taken(repeated(boundsDuration=measured(2, "wk"))),
    taken(repeated(boundsDuration=measured(1, "month"))),
    taken(repeated(boundsDuration=measured(36, "h"))),
    taken(repeated(boundsDuration=measured(1, "a"))),
    taken(repeated(boundsDuration=measured(1, "min"))),
    taken(repeated(boundsDuration=measured(7, "d", comparator="<"))),
    taken(repeated(boundsDuration=measured(0, "d"))),
    taken(repeated(boundsRange={"low": measured(5, "d"), "high": measured(7, "d")})),
    taken(repeated(boundsRange={"high": measured(7, "d")})),
    taken(repeated(count=3)),
    taken(repeated(boundsDuration=measured(7, "d")), repeated(boundsDuration=measured(3, "d"))),
    taken(repeated(boundsPeriod={"start": "2026-01-01", "end": "2026-01-07"}), repeated(boundsPeriod={"start": "2026-01-03", "end": "2026-02-07"})),
    taken(repeated(boundsPeriod={"end": "2026-01-07"}), repeated(boundsDuration=measured(3, "d"))),
    taken(repeated(boundsDuration=measured(7, "d")), {"text": "no end"}),
    request(dispenseRequest={"validityPeriod": {"start": "2026-01-01", "end": "2026-02-01"}}),
    request(dispenseRequest={"validityPeriod": {"start": "2026-01-01", "end": "2026-02-01"}, "expectedSupplyDuration": measured(28, "d")}),
    request(dispenseRequest={"expectedSupplyDuration": measured(4, "wk")}),
    request(dispenseRequest={"expectedSupplyDuration": measured(1, "mo")}),
    request(intent="plan"),
    request(intent="proposal", status="on-hold"),
    request(status="stopped", statusReason=coded("281647001"), doNotPerform=True),
    request(authoredOn="2026-01-01", groupIdentifier={"system": "urn:x", "value": "g1"}),
    request(groupIdentifier={"system": "https://fhir.nhs.uk/Id/prescription-order-number", "value": "g1"}),
    request(groupIdentifier="g1"),
    request(basedOn=[refer("MedicationRequest/y")], priorPrescription=refer("MedicationRequest/z")),
    request(medicationCodeableConcept={"text": "words only"}),
    of("MedicationRequest", status="active", intent="order", medicationReference=refer("Medication/m", display="as named")),
    request(medicationCodeableConcept=coded("322236009"), extension=[extension("Extension-CareConnect-GPC-PrescriptionType-1", valueCodeableConcept=coded("repeat-dispensing", system="y"))]),
    request(medicationCodeableConcept=coded("322236009"), extension=[extension("Extension-UKCore-PrescriptionType", valueCodeableConcept=coded("delayed-prescribing", system="y"))], courseOfTherapyType=coded("acute", system="z")),
    request(medicationCodeableConcept=coded("322236009"), extension=[extension("Extension-prescriptionType", valueCodeableConcept=coded("acute", system="y"))]),
    request(medicationCodeableConcept=coded("322236009"), courseOfTherapyType=coded("continuous-repeat-dispensing", system="z")),
    request(medicationCodeableConcept=coded("322236009"), courseOfTherapyType=coded("seasonal", system="z")),
    of("MedicationStatement", status="active", taken="n", medicationReference=refer("Medication/m"), reasonNotTaken=[coded("182895007")]),
    of("MedicationStatement", status="active", taken="y", medicationReference=refer("Medication/m"), effectivePeriod={"start": "2026-01-01", "end": "2026-01-08"}, dateAsserted="2026-01-09"),
    of("MedicationStatement", status="completed", taken="unk", medicationReference=refer("Medication/nobody", display="as named")),
    of("MedicationStatement", status="not-taken", medicationCodeableConcept=coded("322236009"), dosage=[{"text": "as told"}]),
    of("MedicationDispense", status="completed", medicationReference=refer("Medication/m"), whenHandedOver="2026-01-01", whenPrepared="2025-12-31", quantity=measured(28, "tablet"), daysSupply=measured(28, "d")),
    of("MedicationDispense", status="stopped", medicationReference=refer("Medication/m"), notDoneReasonCodeableConcept=coded("183932001")),
    of("MedicationDispense", status="declined", medicationCodeableConcept=coded("322236009"), statusReasonCodeableConcept=coded("x", system="y"), type=coded("FF", system="z")),
    of("MedicationDispense", status="completed", medicationCodeableConcept=coded("322236009"), extension=[extension("MedicationSupplyType", valueCodeableConcept=coded("394823007"))]),
    of("MedicationAdministration", status="completed", medicationCodeableConcept=coded("322236009"), effectiveDateTime="2026-01-01T10:00:00Z", notGiven=False),
    of("MedicationAdministration", status="not-done", medicationCodeableConcept=coded("322236009"), reasonNotGiven=[coded("182895007")]),
    *(taken(repeated(boundsDuration=measured(2, unit))) for unit in ["h", "hr", "hour", "hours", "d", "day", "days", "wk", "week", "weeks", "mo", "month", "months", "a", "year", "years", "min"]),
    *(taken(repeated(boundsDuration=measured(25.5, unit))) for unit in ("h", "d", "wk")),
    *(request(dispenseRequest={"expectedSupplyDuration": measured(2, unit)}) for unit in ["day", "days", "week", "weeks", "Week", "h"]),
    *(taken(repeated(frequency=3, period=1, periodUnit=unit)) for unit in ("min", "h", "d", "wk", "mo")),
    *(taken(repeated(frequency=frequency, period=period, periodUnit="d")) for frequency, period in ((1, 3), (7, 1), (1, 4), (1, 0.5), (0, 1), (6, 3))),
    *(
        request(courseOfTherapyType=coded(word, system="x"))
        for word in ("acute", "repeat", "continuous", "repeat-dispensing", "continuous-repeat-dispensing", "delayed-prescribing", "acutely")
    ),
    request(courseOfTherapyType={"coding": [{"code": "acute"}, {"code": "repeat"}]}),
    request(courseOfTherapyType={"coding": [{"code": "repeat"}, {"code": "continuous"}]}),
    *(request(intent=intent) for intent in ("proposal", "plan", "option", "order", "original-order", "reflex-order")),
    *(
        of("MedicationAdministration", status="completed", medicationCodeableConcept=coded("322236009"), **{name: True}, statusReason=[coded("182895007")])
        for name in ("notGiven", "wasNotGiven", "notDone", "doNotPerform")
    ),
    *(
        of("MedicationDispense", status=status, medicationCodeableConcept=coded("322236009"), statusReasonCodeableConcept=coded("182895007"), **more)
        for status in ("stopped", "declined", "not-done", "completed")
        for more in ({}, {"whenHandedOver": "2026-01-01"})
    ),
)  # fmt: skip
PATIENTS: tuple[dict[str, Any], ...] = (
    patient(gender="nonsense", birthDate="2026-02-30", deceasedBoolean="yes"),
    patient(gender="male", deceasedDateTime="2026-01-01"),
    patient(gender="unknown", deceasedBoolean=False),
    patient(deceasedString="x"),
    patient(identifier=[{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9991234578", "extension": [extension("NHSNumberVerificationStatus", valueCodeableConcept=coded("01", system="https://fhir.example/NHSNumberVerificationStatus"))]}]),
    patient(identifier=[{"system": "urn:oid:2.16.840.1.113883.2.1.4.1", "value": "999 123 4578"}, {"system": "urn:h", "value": "H1"}]),
    patient(extension=[extension("us-core-birthsex", valueCode="F")]),
    patient(extension=[extension("BirthSex", valueCodeableConcept=coded("M", system="x"))]),
    patient(extension=[extension("BirthSex", valueCodeableConcept=coded("Z", system="x"))]),
    patient(extension=[extension("BirthSex", valueCode="I")]),
    patient(communication=[{"language": coded("en", system="x")}], maritalStatus=coded("M", system="x"), gender=["male"]),
    patient(telecom=[{"system": "phone", "value": "77386006"}], contact=[{"relationship": [coded("N", system="x")]}], generalPractitioner=[refer("Organization/o")]),
    patient(gender="other", birthDate="1990", deceasedDateTime="nonsense"),
    patient(birthDate="19900501", deceasedBoolean=True),
    patient(gender=None, _gender={"extension": [{"url": ABSENT, "valueCode": "unknown"}]}),
    patient(multipleBirthInteger=2, photo=[{"contentType": "image/png"}], extension=[extension("ethnicity", valueCodeableConcept=coded("92391000000108"))]),
    patient(identifier=[{"system": "https://fhir.nhs.uk/Id/nhs-number"}]),
    patient(meta={"tag": [{"system": "x", "code": "t"}], "security": [{"system": "x", "code": "s"}]}),
    *(
        patient(extension=[extension("BirthSex", valueCode=code)])
        for code in ["M", "male", "248153007", "LA2-8", "1", "F", "female", "248152002", "LA3-6", "2", "U", "UNK", "unknown", "ASKU", "not-known", "0", "I", "OTH", "other", "indeterminate", "not-specified", "9", "X"]
    ),
)  # fmt: skip
BIRTH = observation(code=coded("76689-9", system=LOINC), valueCodeableConcept=coded("248152002"))
TOGETHER: tuple[tuple[dict[str, Any], ...], ...] = (
    (BIRTH,),
    (BIRTH, {**BIRTH, "id": "y", "valueCodeableConcept": coded("248153007")}),
    ({**BIRTH, "valueCodeableConcept": coded("22298006")},),
    ({**BIRTH, "valueCodeableConcept": {"coding": [{"system": "https://fhir.hl7.org.uk/CodeSystem/UKCore-BirthSex", "display": "Female"}]}},),
    ({**BIRTH, "code": {"coding": [{"system": LOINC, "code": "76689-9"}, {"system": "https://fhir.example/BirthSex", "display": "Female"}]}},),
    (ENCOUNTER, condition(encounter=refer("Encounter/elsewhere"))),
    ({**ENCOUNTER, "period": {"start": "2026-02-30"}}, condition()),
    (
        {"resourceType": "List", "id": "l", "status": "current", "text": {"status": "generated", "div": "<div>not so</div>"}, "entry": [{"item": refer("Condition/x")}]},
        condition(),
        condition(id="y"),
    ),
    (condition(text={"status": "generated", "_div": {"id": "not-so"}}),),
    (patient(id="p2", identifier=[{"system": "urn:h", "value": "2"}]), condition(subject=refer("Patient/p2"))),
    (patient(id="p2", gender="male", identifier=PATIENT.get("identifier", [])), condition(subject=refer("Patient/nobody"))),
    ({**ENCOUNTER, "id": "d", "status": "entered-in-error"}, condition(encounter=refer("Encounter/d"))),
    (
        {**ENCOUNTER, "id": "d", "meta": {"versionId": "1"}, "period": {"start": "2026-01-11"}},
        {**ENCOUNTER, "id": "d", "meta": {"versionId": "2"}, "period": {"start": "2026-01-12"}},
        condition(encounter=refer("Encounter/d/_history/1")),
        condition(id="y", encounter=refer("Encounter/d/_history/2")),
        condition(id="z", encounter=refer("Encounter/d")),
    ),
    ({"resourceType": "List", "id": "l", "status": "current", "encounter": refer("Encounter/c"), "entry": [{"item": refer("Condition/x")}]}, condition()),
    ({"resourceType": "List", "id": "l", "status": "current", "entry": [{"item": refer("Condition/x"), "deleted": True}]}, condition()),
    ({"resourceType": "List", "id": "l", "status": "entered-in-error", "entry": [{"item": refer("Condition/x")}]}, condition()),
    (of("Specimen", id="s", collection={"collectedDateTime": "2026-01-01"}), observation(specimen=refer("Specimen/s"))),
    (of("DiagnosticReport", id="r", status="final", code=coded("4241000179101"), issued="2026-01-06T00:00:00Z", result=[refer("Observation/x")]), observation()),
    (of("DiagnosticReport", id="r", status="cancelled", code=coded("4241000179101"), result=[refer("Observation/x")]), observation()),
    (request(id="r1", groupIdentifier={"value": "g"}), request(id="r2", groupIdentifier={"value": "g"})),
    (request(id="r1", groupIdentifier={"value": "urn:uuid:g"}), of("MedicationDispense", status="completed", medicationCodeableConcept=coded("322236009"), authorizingPrescription=[refer("MedicationRequest/r1")])),
    ({**PRODUCT, "id": "n", "status": "entered-in-error"}, of("MedicationRequest", status="active", intent="order", medicationReference=refer("Medication/n"))),
    ({"resourceType": "Practitioner", "id": "g", "qualification": [{"code": coded("x", system="y")}]}, {"resourceType": "PractitionerRole", "id": "h", "practitioner": refer("Practitioner/g"), "organization": refer("Organization/o")}, condition(asserter=refer("Practitioner/g"))),
    ({"resourceType": "RelatedPerson", "id": "k", "patient": refer("Patient/p"), "relationship": [coded("MTH", system="x")]}, condition(subject=refer("RelatedPerson/k"))),
)  # fmt: skip

XMLS = (
    '<status value="final"/><code><coding><system value="http://snomed.info/sct"/><code value="77386006"/></coding></code>',
    '<status value="final"/><code><coding><code value="77386006"/></coding><text/></code><valueString value=""/>',
    '<status value=" "/><code><coding><code value="77386006"/></coding></code><note/>',
    '<status value="final" x="1"/><code>words<coding><code value="77386006"/></coding></code>',
    '<status id="s" value="final"/><code><coding><code id="c"/></coding></code>',
    '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">words <b>77386006</b></div></text><code/>',
    '<contained><Observation><id value="i"/><code><coding><code value="77386006"/></coding></code></Observation></contained><hasMember><reference value="#i"/></hasMember>',
    "<contained><Observation/><Observation/></contained><contained/>",
    "<contained>x</contained>",
    '<extension url="https://fhir.example/x"><valueCode value="77386006"/></extension><effectiveDateTime value="2026-01-01"/>',
    '<other:code xmlns:other="urn:other" value="77386006"/><code><coding><code value="77386006"/></coding></code>',
    '<code><coding><code value="77386006"><extension url="x"><valueString value="y"/></extension></code></coding></code>',
    '<valueBoolean value="true"/><valueQuantity><value value="1.50"/><unit value="kg"/></valueQuantity>',
    '<valueQuantity><value value="1.50"/><unit value="kg"/></valueQuantity><code><coding><userSelected value="true"/><code value="77386006"/></coding></code>',
    '<code><coding><code value="77386006"/></coding><coding><code value="60001007"/></coding></code><status value="final"/><status value="amended"/>',
)
"""What stands in an observation."""
LONE: tuple[dict[str, Any], ...] = (
    observation(),
    of("Encounter", status="finished", type=[coded("77386006")]),
    of("Composition", status="final", type=coded("77386006"), date="2026-01-01"),
    {**PRODUCT},
    PATIENT,
    {"id": "x", "code": coded("77386006")},
    {"resourceType": "Parameters", "parameter": [{"name": "p", "resource": observation()}, {"name": "q", "valueCoding": {"system": SCT, "code": "77386006"}}]},
    {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "DELETE", "url": "Condition/1"}}, {"resource": condition(), "request": {"method": "POST", "url": "Condition"}}]},
    {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [{"resource": condition(), "search": {"mode": "include"}}, {"fullUrl": "x"}, {}]},
    {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Bundle", "type": "collection", "timestamp": "2026-01-01T00:00:00Z", "entry": [{"resource": condition()}]}}]},
    {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "urn:uuid:0a000000-0000-4000-8000-000000000001", "resource": PATIENT}, {"resource": condition(subject=refer("URN:UUID:0A000000-0000-4000-8000-000000000001"))}]},
    {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "https://x.example/Patient/p", "resource": PATIENT}, {"resource": condition(subject=refer("http://x.example/Patient/p"))}]},
    *(
        {"resourceType": "Bundle", "type": "collection", "entry": [
            {"fullUrl": "urn:uuid:0a000000-0000-4000-8000-000000000001", "resource": PATIENT},
            {"fullUrl": "urn:uuid:0a000000-0000-4000-8000-000000000002", "resource": {**PATIENT, "birthDate": born}},
            {"resource": condition(subject=refer("Patient/p"))},
        ]}
        for born in ("1990-05-01", "1950-05-01")
    ),
    {"resourceType": "Bundle", "type": "document", "entry": [
        {"resource": {"resourceType": "Composition", "status": "final", "text": {"status": "generated", "div": "<div>not pregnant</div>"}}},
        {"resource": PATIENT}, {"resource": condition(subject=refer("Patient/p"))},
    ]},
    {"resourceType": "Bundle", "type": "collection", "modifierExtension": [extension("x", valueBoolean=True)], "entry": [{"resource": condition()}]},
    {"resourceType": "Bundle", "entry": {"resource": condition()}},
    {"resourceType": "Bundle", "type": "collection", "entry": [condition()]},
)  # fmt: skip
RAW = (
    "words",
    "<!DOCTYPE html><html/>",
    "<html><body/></html>",
    "<!DOCTYPE x><Patient xmlns='http://hl7.org/fhir'/>",
    "<Patient xmlns='http://hl7.org/fhir'>",
    "<Patient/>",
    "<patient xmlns='http://hl7.org/fhir'/>",
    "<!-- nothing -->",
    "[1]",
    "{",
    '{"a": 1}',
    '{"resourceType": 5}',
    '{"resourceType": "An Observation"}',
    '{"resourceType": "Observation", "valueDecimal": NaN}',
    '{"resourceType": "Observation", "status": "final", "status": "final"}',
    '{"resourceType": "Observation", "status": [["final"]]}',
    '{"resourceType": "Observation", "sta tus": "final"}',
    '{"resourceType": "Observation", "status": "\\ud800"}',
    '{"resourceType": "Observation", "status": ["final"], "_status": {"id": "x"}}',
    '{"resourceType": "Observation", "status": ["final", null], "_status": [null, {"id": "x"}]}',
    '{"resourceType": "Observation", "status": "final", "_status": "final"}',
    '{"resourceType": "Observation", "_status": [{"id": "x"}], "note": [], "code": {}}',
    '{"resourceType": "Observation", "valueBoolean": true, "id": 5, "comment": null}',
    '{"resourceType": "Observation", "valueBoolean": true, "comment": null}',
    '{"resourceType": "Observation", "code": null, "valueCodeableConcept": null, "comment": null}',
    '{"resourceType": "Bundle", "entry": [{"resource": {"id": "x"}}, {"resource": 5}]}',
)
"""What is none, or is not as JSON or XML has it."""
COMMENTS = (
    "<text><status value='generated'/><div xmlns='http://www.w3.org/1999/xhtml'>a<p>b<br/>c</p><b>d</b></div></text><note/>",
    "<!-- pregnant --><status value='final'/>",
    "<status value='final'><!-- 77386006 --></status>",
    "<contained><Patient><!-- not pregnant --><id value='q'/></Patient></contained>",
    "<contained><Patient><!-- 77386006 --><id value='q'/></Patient></contained>",
    "<!-- pregnant --><contained x='1'><Patient><!-- 77386006 --><id value='q'/></Patient></contained>",
    "<contained><Observation><!-- not pregnant --><id value='q' x='1'/></Observation></contained>",
    "<contained><Patient><!-- 77386007 and 5 --><id value='q'/></Patient></contained>",
    "<text><status value='generated'/><div xmlns='http://www.w3.org/1999/xhtml'>a<!-- b -->c</div></text>",
)
"""What stands in an observation, beside which somebody wrote a comment."""
LINES = "blockquote br caption dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre table tbody td tfoot th thead tr ul"
ONE_LINE = "a abbr b code em i img q small span strong sub sup"
WRITTEN: tuple[dict[str, Any], ...] = (
    observation(text={"status": "generated", "div": "<div>" + "".join(f"<{tag}>{tag}</{tag}>|" for tag in (LINES + " " + ONE_LINE).split()) + "</div>"}),
    of("CarePlan", status="active", title="a title", description="a description", activity=[
        {"progress": [{"text": "progress"}], "detail": {"description": "what", "scheduledString": "when", "statusReason": "why"}},
    ]),
    of("ClinicalImpression", status="completed", summary="a summary", description="a description", finding=[{"basis": "a basis", "itemCodeableConcept": coded()}]),
    of("Condition", code=coded(), onsetString="began", abatementString="ended", stage=[{"summary": {"text": "a stage"}}], evidence=[{"code": [{"text": "evidence"}]}]),
    of("Communication", status="completed", payload=[{"contentString": "words sent"}], reasonCode=[{"text": "a reason"}], note=[{"text": "a note"}]),
    of("DetectedIssue", status="final", code=coded(), detail="a detail", mitigation=[{"action": {"text": "an action"}}]),
    of("DiagnosticReport", status="final", code=coded(), conclusion="a conclusion", codedDiagnosis=[{"text": "a diagnosis"}]),
    of("Goal", status="active", description=coded(), statusReason="why", target=[{"detailString": "a detail", "measure": {"text": "a measure"}}]),
    of("Immunization", status="completed", vaccineCode=coded(), occurrenceString="when", reaction=[{"detail": refer("Observation/y", display="as named")}], explanation={"reason": [{"text": "a reason"}]}),
    of("AllergyIntolerance", code=coded(), reaction=[{"description": "a rash", "manifestation": [{"text": "red"}], "note": [{"text": "it went"}]}]),
    of("NutritionOrder", status="active", oralDiet={"instruction": "an instruction", "type": [{"text": "soft"}]}, supplement=[{"instruction": "another", "type": {"text": "drink"}}],
       enteralFormula={"administrationInstruction": "slowly", "baseFormulaType": {"text": "milk"}}),
    of("Condition", code={**coded(), "extension": [extension("x", valueString="of the concept", valueCoding={"display": "coded"})]}, note=[
        {"text": "a note", "extension": [extension("y", valueCoding={"display": "coded", "extension": [extension("z", valueString="of the coding")]})]},
    ]),
    of("Procedure", status="completed", code=coded(), performedString="when", outcome={"text": "an outcome"}, note=[{"text": "a note"}]),
    of("RiskAssessment", status="final", mitigation="what to do", prediction=[{"outcome": coded(), "rationale": "because", "qualitativeRisk": {"text": "high"}}], comment="a comment"),
    taken({"patientInstruction": "with water", "additionalInstruction": [{"text": "after meals"}], "text": "one a day"}, note=[{"text": "a note"}]),
    of("MedicationStatement", status="active", medicationCodeableConcept=coded("322236009"), dosage=[{"patientInstruction": "with water"}]),
    of("ServiceRequest", status="active", intent="order", code=coded(), patientInstruction="come early"),
    observation(note=[{"text": "a note", "authorString": "somebody"}], extension=[extension("x", valueAnnotation={"text": "annotated"}), extension("y", valueMarkdown="marked"), extension("z", extension=[extension("w", valueString="within")])]),
)  # fmt: skip
"""What somebody wrote in their own words, wherever FHIR has a place for it."""
UNREAD = {
    "Observation": "valueAttachment valuePeriod valueRange valueRatio valueSampledData effectiveTiming",
    "Condition": "onsetAge onsetRange onsetString abatementAge abatementRange abatementString",
    "AllergyIntolerance": "onsetAge onsetRange onsetString",
    "Procedure": "performedAge performedRange performedString",
    "Immunization": "occurrenceString",
    "ProcedureRequest": "occurrenceTiming",
    "ServiceRequest": "occurrenceTiming",
    "DeviceRequest": "occurrenceTiming codeReference parameter.valueBoolean parameter.valueQuantity parameter.valueRange",
    "DeviceUseStatement": "timingTiming",
    "Goal": "target.detailBoolean target.detailInteger target.detailQuantity target.detailRange target.detailRatio target.detailString",
    "RiskAssessment": "prediction.probabilityDecimal prediction.probabilityRange",
    "CarePlan": "activity.detail.scheduledString activity.detail.scheduledTiming",
    "Communication": "payload.contentAttachment",
    "CommunicationRequest": "payload.contentAttachment",
    "Consent": "sourceAttachment",
    "DiagnosticReport": "presentedForm",
    "QuestionnaireResponse": "item.answer.valueAttachment",
}
"""The forms of choices that are not read."""
TYPES = (
    "Address Age Annotation Attachment Base64Binary Boolean Canonical Code CodeableConcept CodeableReference Coding ContactPoint Count Date "
    "DateTime Decimal Distance Dosage Duration Expression HumanName Id Identifier Instant Integer Integer64 Markdown Meta Money Oid Period "
    "PositiveInt Quantity Range Ratio Reference SampledData Signature String Time Timing UnsignedInt Uri Url Uuid Nonsense"
)
"""The types of FHIR that a choice may be of, and one that is none."""
STANDS = {
    "Observation": ("code", "effectiveDateTime effectivePeriod effectiveInstant issued", ""),
    "Condition": ("code", "onsetDateTime onsetPeriod abatementDateTime abatementPeriod assertedDate recordedDate", ""),
    "Procedure": ("code", "performedDateTime performedPeriod", ""),
    "AllergyIntolerance": ("code", "onsetDateTime onsetPeriod assertedDate recordedDate lastOccurrence", ""),
    "Immunization": ("vaccineCode", "date occurrenceDateTime recorded expirationDate", ""),
    "FamilyMemberHistory": ("", "date bornDate", ""),
    "DiagnosticReport": ("code", "effectiveDateTime effectivePeriod issued", "conclusion"),
    "DocumentReference": ("type", "created date indexed", "description"),
    "QuestionnaireResponse": ("", "authored", ""),
    "ClinicalImpression": ("code", "effectiveDateTime effectivePeriod date", "summary description"),
    "ProcedureRequest": ("code", "occurrenceDateTime occurrencePeriod authoredOn", ""),
    "ServiceRequest": ("code", "occurrenceDateTime occurrencePeriod authoredOn", ""),
    "ReferralRequest": ("serviceRequested reasonCode type", "occurrenceDateTime occurrencePeriod authoredOn", "description"),
    "DeviceRequest": ("codeCodeableConcept", "occurrenceDateTime occurrencePeriod authoredOn", ""),
    "Goal": ("description", "startDate statusDate", ""),
    "CarePlan": ("category", "period created", "title description"),
    "Flag": ("code", "period", ""),
    "Specimen": ("type", "receivedTime", ""),
    "Consent": ("category scope", "dateTime", ""),
    "RiskAssessment": ("code", "occurrenceDateTime occurrencePeriod", ""),
    "Communication": ("category reasonCode topic", "sent received", ""),
    "CommunicationRequest": ("category reasonCode", "occurrenceDateTime occurrencePeriod authoredOn", ""),
    "AdverseEvent": ("event type", "date recordedDate detected", "description"),
    "DetectedIssue": ("code category", "date identifiedDateTime identifiedPeriod", "detail"),
    "DeviceUseStatement": ("reasonCode indication", "timingDateTime timingPeriod recordedOn", ""),
    "Media": ("type subtype view", "createdDateTime createdPeriod occurrenceDateTime issued", ""),
    "ImagingStudy": ("procedureCode", "started", "description"),
    "NutritionOrder": ("oralDiet", "dateTime", ""),
    "Basic": ("code", "created", ""),
    "Encounter": ("type reason reasonCode", "period", ""),
    "Composition": ("type", "date", ""),
    "Medication": ("code", "", ""),
    "MedicationRequest": ("medicationCodeableConcept", "authoredOn", ""),
    "MedicationStatement": ("medicationCodeableConcept", "effectiveDateTime effectivePeriod dateAsserted", ""),
    "MedicationDispense": ("medicationCodeableConcept", "whenPrepared whenHandedOver recorded", ""),
    "MedicationAdministration": ("medicationCodeableConcept", "effectiveDateTime effectivePeriod recorded", ""),
}
"""Of each kind the elements that hold its concept, its dates and its words."""
COMPOSITION = of("Composition", id="d", status="final", type=coded("1234", system="x"), date="2026-01-04", title="t")
HEADER = {
    "resourceType": "MessageHeader",
    "id": "h",
    "timestamp": "2026-01-06T09:00:00Z",
    "source": {"name": "a system", "software": "its software", "endpoint": "urn:x"},
}
EVENT = {"system": "https://fhir.example/events", "code": "e", "display": "an event"}
BY_CODE = {"identifier": {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "B2"}}
MESSAGES: tuple[tuple[dict[str, Any], ...], ...] = (
    ({**HEADER, "eventCoding": EVENT}, condition()),
    ({**HEADER, "event": EVENT}, condition()),
    ({**HEADER, "eventUri": "urn:event"}, condition()),
    ({**HEADER, "eventUri": "urn:event", "timestamp": "2026-13-01"}, condition()),
    ({**HEADER, "sender": refer("Organization/o"), "destination": [{"receiver": BY_CODE, "endpoint": "urn:y"}]}, condition()),
    ({**HEADER, "responsible": BY_CODE, "receiver": [refer("Organization/o")], "source": {"name": "a system"}}, condition()),
    ({**HEADER, "sender": refer("Practitioner/nobody"), "responsible": refer("Organization/o")}, condition()),
    (HEADER, {**COMPOSITION, "identifier": {"value": "urn:uuid:1"}, "relatesTo": [{"code": "replaces", "targetReference": refer("urn:uuid:2")}]}),
    (HEADER, {**COMPOSITION, "relatesTo": [{"code": "appends", "targetIdentifier": {"value": "2"}}]}),
    (HEADER, {**COMPOSITION, "relatesTo": [{"code": "replaces", "targetIdentifier": {"value": "urn:uuid:2"}}], "extension": [extension("versionNumber", valueString="3")]}),
    (HEADER, {**ENCOUNTER, "reasonCode": [coded("77386006")], "type": [coded("11429006")]}, condition()),
    (HEADER, {**ENCOUNTER, "id": "d"}, {**ENCOUNTER, "reasonCode": [coded("77386006")]}, condition()),
)  # fmt: skip
DOCUMENTS: tuple[tuple[dict[str, Any], ...], ...] = (
    (COMPOSITION, condition()),
    (COMPOSITION, {**ENCOUNTER, "id": "e", "reasonCode": [coded("77386006")]}, condition()),
    (COMPOSITION, condition(asserter=refer("Practitioner/nobody"), encounter=refer("Encounter/nobody"))),
    (COMPOSITION, request(basedOn=[refer("MedicationRequest/nobody")], medicationCodeableConcept=coded("322236009"))),
)


def unread() -> Iterator[dict[str, Any]]:
    """Yield each kind with one of its elements in a form that is not read."""
    plain = {"String": "words", "Boolean": True, "Integer": 3, "Decimal": 0.5, "Age": measured(30, "a"), "Quantity": measured(30)}
    for kind, ways in UNREAD.items():
        for way in ways.split():
            *holders, name = way.split(".")
            held: Any = plain.get(re.split(r"(?=[A-Z])", name)[-1], {"id": "x"})
            if kind == "QuestionnaireResponse":
                held = {"item": [{"linkId": "1", "answer": [{name: held}]}]}
            else:
                held = {name: [held] if name == "presentedForm" else held}
                for holder in reversed(holders):
                    held = {holder: held if holder == "detail" else [held]}
            yield {"resourceType": kind, "id": "x", **held}


def standing() -> Iterator[str]:
    """Yield each kind with each of the elements that it stands by, and with all of them."""
    concept = '<coding><system value="http://snomed.info/sct"/><code value="22298006"/></coding><text value="own words"/>'
    for kind, (coded_by, dated_by, told_by) in STANDS.items():
        inside = [f"<{name}>{concept}</{name}>" for name in coded_by.split()]
        for day, name in enumerate(dated_by.split(), 1):
            date = f'value="2026-01-0{day}"'
            is_period = name.lower().endswith("period")
            inside.append(f"<{name}><start {date}/><end {date}/></{name}>" if is_period else f"<{name} {date}/>")
        inside += [f'<{name} value="{name} in words"/>' for name in told_by.split()]
        for part in (*inside, "".join(inside)):
            yield f'<{kind} xmlns="http://hl7.org/fhir">{part}</{kind}>'


def cases() -> Iterator[tuple[dict[str, Any], ...]]:
    """Yield the resources of each case."""
    yield from ((observation(**fields),) for fields in VALUES)
    yield from ((condition(**fields),) for fields in CONDITIONS)
    yield from ((resource,) for resource in (*KINDS, *MEDICINES, *PATIENTS))
    yield from TOGETHER
    yield from ((observation(**{f"value{name}": {"id": "x"}}),) for name in TYPES.split())
    yield from ((resource,) for resource in (*WRITTEN, *unread()))


def read(*resources: dict[str, Any], kind: str = "collection") -> Submission:
    sent = json.dumps(resources)
    around = [r for r in (ENCOUNTER, ORGANIZATION, PRODUCT) if f'"{r["resourceType"]}/{r["id"]}"' in sent]
    first = [] if resources[0].get("resourceType") == "Patient" else [PATIENT]
    entries = [{"resource": resource} for resource in (*first, *resources, *around)]
    return R4Reader().read(Source(json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()))


def told(*resources: dict[str, Any], kind: str = "collection") -> Iterator[str]:
    """Yield what was sent, and each part of what is read of it, but for the patient whom all have. Paths and systems are cut short."""
    sent = " + ".join(json.dumps(resource, ensure_ascii=False) for resource in resources)
    yield from told_of(sent if kind == "collection" else f"{kind}: {sent}", partial(read, *resources, kind=kind))


def alone(text: str) -> Iterator[str]:
    """Yield the same of what is sent as it is."""
    yield from told_of(text, partial(R4Reader().read, Source(text.encode())))


def told_of(sent: str, reading: Callable[[], Submission]) -> Iterator[str]:
    yield sent
    try:
        found = reading().model_dump(mode="json", exclude_defaults=True)
    except InputError as error:
        yield f"  refused: {error}"
        return
    for name, held in found.items():
        for one in held if isinstance(held, list) else [held]:
            if one not in (
                "fhir-r4",
                {"path": "Bundle"},
                {"gender": "female", "born": "1990-05-01", "path": "Bundle.entry[0].resource"},
            ):
                yield f"  {name}: {json.dumps(one, ensure_ascii=False)}"


def written() -> str:
    lines = [line for resources in cases() for line in told(*resources)]
    lines += [line for kind in ("document", "collection") for resources in DOCUMENTS for line in told(*resources, kind=kind)]
    lines += [line for resources in MESSAGES for line in told(*resources, kind="message")]
    lines += [line for resource in LONE for line in alone(json.dumps(resource))]
    lines += [line for text in (*RAW, *standing()) for line in alone(text)]
    lines += [
        line
        for inside in (*XMLS, *COMMENTS)
        for line in alone(f'<Observation xmlns="http://hl7.org/fhir">{inside}</Observation>')
    ]
    whole = "".join(f"{line}\n" for line in lines)
    return re.sub(r"Bundle\.entry\[(\d)\]\.resource", r"[\1]", whole).replace(SCT, "sct")


if __name__ == "__main__":
    PATH.write_text(written(), encoding="utf-8")
