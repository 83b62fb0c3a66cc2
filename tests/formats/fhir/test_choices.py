"""Every form of every choice that FHIR (STU3 and R4) has in what becomes an item: read, named as not judged, or a detail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import codesafety
from codesafety.formats import R4Reader
from codesafety.formats.fhir.entries import SHAPES
from codesafety.formats.fhir.medicines import KINDS
from codesafety.plugins.reading import Source
from codesafety.record import Submission

PUBLISHED = Path(codesafety.__file__).parent / "formats" / "fhir" / "elements.txt"
SCT = "http://snomed.info/sct"
READ = """
AllergyIntolerance.onset DateTime Period
CarePlanActivity.outcome CodeableConcept Reference
CarePlanActivityDetail.product CodeableConcept Reference
CarePlanActivityDetail.reason Code Reference
CarePlanActivityDetail.scheduled String
ClinicalImpression.effective DateTime Period
ClinicalImpression.prognosis CodeableConcept Reference
ClinicalImpressionFinding.item CodeableConcept Reference
Communication.reason Code Reference
CommunicationPayload.content Reference String
CommunicationRequest.occurrence DateTime Period
CommunicationRequest.reason Code Reference
CommunicationRequestPayload.content Reference String
Condition.abatement Boolean DateTime Period String
Condition.onset DateTime Period String
Consent.source Reference
DetectedIssue.identified DateTime Period
DeviceRequest.code CodeableConcept
DeviceRequest.occurrence DateTime Period
DeviceRequest.reason Code Reference
DeviceRequestParameter.value CodeableConcept
DeviceUseStatement.reason Code Reference
DeviceUseStatement.timing DateTime Period
DiagnosticReport.effective DateTime Period
Dosage.asNeeded Boolean CodeableConcept
Dosage.dose Quantity
DosageDoseAndRate.dose Quantity
FamilyMemberHistory.reason Code Reference
Goal.outcome Code Reference
Goal.start CodeableConcept Date
GoalTarget.detail CodeableConcept String
ImagingStudy.procedure Code Reference
ImagingStudy.reason Code Reference
Immunization.occurrence DateTime String
Immunization.reason Code Reference
Media.created DateTime Period
Media.occurrence DateTime Period
MedicationAdministration.effective DateTime Period
MedicationAdministration.medication CodeableConcept Reference
MedicationAdministration.reason Code Reference
MedicationDispense.medication CodeableConcept Reference
MedicationDispense.notDoneReason CodeableConcept Reference
MedicationDispense.statusReason CodeableConcept Reference
MedicationRequest.medication CodeableConcept Reference
MedicationRequest.reason Code Reference
MedicationRequest.reported Reference
MedicationRequestSubstitution.allowed CodeableConcept
MedicationStatement.effective DateTime Period
MedicationStatement.medication CodeableConcept Reference
MedicationStatement.reason Code Reference
Observation.effective DateTime Instant Period
Observation.value Boolean CodeableConcept DateTime Integer Quantity String Time
ObservationComponent.value Boolean CodeableConcept DateTime Integer Quantity String Time
Procedure.performed DateTime Period String
Procedure.reason Code Reference
Procedure.used Code Reference
ProcedureRequest.asNeeded CodeableConcept
ProcedureRequest.occurrence DateTime Period
ProcedureRequest.reason Code Reference
QuestionnaireResponseItemAnswer.value Boolean Coding Date DateTime Decimal Integer Quantity String Time Uri Reference
ReferralRequest.occurrence DateTime Period
ReferralRequest.reason Code Reference
RiskAssessment.occurrence DateTime Period
RiskAssessment.reason Code CodeableConcept Reference
ServiceRequest.asNeeded CodeableConcept
ServiceRequest.location Code Reference
ServiceRequest.occurrence DateTime Period
ServiceRequest.reason Code Reference
SpecimenCollection.collected DateTime Period
SpecimenCollection.fastingStatus CodeableConcept
SpecimenContainer.additive CodeableConcept Reference
TimingRepeat.bounds Duration Period Range
"""
NAMED = """
AllergyIntolerance.onset Age Range String
CarePlanActivityDetail.scheduled String Timing
CommunicationPayload.content Attachment
CommunicationRequestPayload.content Attachment
Condition.abatement Age Range String
Condition.onset Age Range String
Consent.source Attachment
DeviceRequest.code Reference
DeviceRequest.occurrence Timing
DeviceRequestParameter.value Boolean Quantity Range
DeviceUseStatement.timing Timing
GoalTarget.detail Boolean Integer Quantity Range Ratio String
Immunization.occurrence String
Observation.effective Timing
Observation.value Attachment Period Range Ratio SampledData
ObservationComponent.value Attachment Period Range Ratio SampledData
Procedure.performed Age Range String
ProcedureRequest.occurrence Timing
QuestionnaireResponseItemAnswer.value Attachment
RiskAssessmentPrediction.probability Decimal Range
ServiceRequest.occurrence Timing
"""
DETAILS = """
Annotation.author CarePlanActivityDetail.scheduled Consent.source Dosage.asNeeded Dosage.dose Dosage.rate DosageDoseAndRate.dose DosageDoseAndRate.rate
FamilyMemberHistory.age FamilyMemberHistory.born FamilyMemberHistory.deceased FamilyMemberHistoryCondition.onset
GoalTarget.due ImmunizationProtocolApplied.doseNumber ImmunizationProtocolApplied.seriesDoses MedicationAdministrationDosage.rate
MedicationRequest.reported MedicationRequestSubstitution.allowed NutritionOrderEnteralFormulaAdministration.rate ProcedureRequest.asNeeded RiskAssessmentPrediction.when
ServiceRequest.asNeeded ServiceRequest.quantity SpecimenCollection.fastingStatus SpecimenProcessing.time
"""
"""What is of nobody's judgement: who wrote, what a relative was, how a plan is timed, how much of a dose; rules that ask for it are
told that it is missing."""
_NAMES = (
    "Age Attachment Boolean Canonical Code CodeableConcept Coding Date DateTime Decimal Duration Identifier Instant Integer Period "
    "PositiveInt Quantity Range Ratio Reference SampledData String Time Timing Uri"
)
_TYPES = _NAMES.split()
_NO_CHOICES = {"instantiatesUri", "maxDosePerPeriod"}
CODED = {"coding": [{"system": SCT, "code": "22298006"}]}
DAYS = {"value": 7, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}
VALUES: dict[str, Any] = {
    "Age": {"value": 30, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"},
    "Attachment": {"contentType": "text/plain", "title": "Not pregnant"},
    "Boolean": True,
    "Canonical": "https://fhir.example.org/p",
    "Code": CODED,
    "CodeableConcept": CODED,
    "Coding": CODED["coding"][0],
    "Date": "2026-01-07",
    "DateTime": "2026-01-07",
    "Decimal": 7.25,
    "Duration": DAYS,
    "Identifier": {"value": "x"},
    "Instant": "2026-01-07T10:00:00Z",
    "Integer": 7,
    "Period": {"start": "2026-01-07", "end": "2026-01-08"},
    "PositiveInt": 7,
    "Quantity": {"value": 7, "unit": "tablet"},
    "Range": {"low": DAYS, "high": DAYS},
    "Ratio": {"numerator": {"value": 1}, "denominator": {"value": 128}},
    "Reference": {"reference": "Location/z"},
    "SampledData": {"origin": {"value": 0}, "period": 1, "dimensions": 1, "data": "0"},
    "String": "Words of somebody",
    "Time": "10:00:00",
    "Timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
    "Uri": "https://fhir.example.org/p",
}


def table(text: str) -> set[tuple[str, str]]:
    return {(line.split()[0], form) for line in text.strip().splitlines() for form in line.split()[1:]}


def types() -> dict[str, dict[str, tuple[list[str], bool]]]:
    found = {}
    for line in PUBLISHED.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kind, *rest = line.split()
            parts = (part.partition(":") for part in rest)
            found[kind] = {name: (words.rstrip("*+").split("|"), words.endswith("*")) for name, _, words in parts}
    return found


TYPES = types()
Way = tuple[tuple[str, bool], ...]


def bases(kind: str) -> dict[str, list[str]]:
    """Return the choices of a type, each with its forms: names that differ in nothing but the type at their ends."""
    found: dict[str, list[str]] = {}
    for name in TYPES[kind]:
        for form in _TYPES:
            if name.endswith(form) and name != form and name[-len(form) - 1].islower() and name not in _NO_CHOICES:
                found.setdefault(name.removesuffix(form), []).append(form)
    return {
        base: sorted(forms, key=_TYPES.index)
        for base, forms in found.items()
        if len({f for f in forms if not any(f != o and o.endswith(f) for o in forms)}) > 1
    }


def ways() -> Iterator[tuple[str, str, Way]]:
    """Yield each type with a resource and the first way to it there."""
    seen: set[str] = set()

    def walk(root: str, kind: str, way: Way) -> Iterator[tuple[str, str, Way]]:
        if kind in seen:
            return
        seen.add(kind)
        yield kind, root, way
        for name, (held, repeats) in TYPES[kind].items():
            if name in ("contained", "extension", "modifierExtension", "meta", "text"):
                continue
            for inner in held:
                if inner in TYPES:
                    yield from walk(root, inner, (*way, (name, repeats)))

    for root in ("MedicationDispense", *SHAPES, *KINDS):
        if root in TYPES and root not in ("Composition", "Encounter", "Medication"):
            yield from walk(root, root, ())


WAYS = {kind: (root, way) for kind, root, way in ways()}
CHOICES = [(kind, base, form) for kind in sorted(WAYS) for base, forms in sorted(bases(kind).items()) for form in forms]


def read(kind: str, base: str, form: str | None) -> Submission:
    root, way = WAYS[kind]
    resource: dict[str, Any] = {"resourceType": root, "id": "x", "subject": {"reference": "Patient/p"}}
    if root in ("AllergyIntolerance", "Immunization", "FamilyMemberHistory", "DetectedIssue"):
        resource["patient"] = resource.pop("subject")
    if "code" in TYPES[root]:
        resource["code"] = CODED
    if root in KINDS and base != "medication":
        resource["medicationCodeableConcept"] = CODED
    if root == "MedicationDispense" or kind in ("Dosage", "DosageDoseAndRate"):
        resource["quantity"] = {"value": 28, "unit": "tablet"}
    if root == "MedicationRequest" and kind in ("Dosage", "DosageDoseAndRate"):
        resource["dispenseRequest"] = {"quantity": resource.pop("quantity")}
    holder = resource
    for name, repeats in way:
        inner: dict[str, Any] = {"code": CODED} if name in ("component", "parameter") else {}
        holder[name] = [inner] if repeats else inner
        holder = inner
    if form is not None:
        name = base + form
        repeats = TYPES[kind][name][1]
        holder[name] = [VALUES[form]] if repeats else VALUES[form]
    patient = {"resourceType": "Patient", "id": "p"}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}, {"resource": resource}]}
    return R4Reader().read(Source(json.dumps(bundle).encode()))


def said(submission: Submission) -> object:
    return submission.model_dump(exclude={"not_read"})


def test_every_form_of_every_choice_is_in_the_table() -> None:
    stated = table(READ) | table(NAMED)
    details = set(DETAILS.split())
    asked = {(f"{kind}.{base}", form) for kind, base, form in CHOICES}
    assert {one for one in asked if one not in stated and one[0] not in details} == set()
    assert {place for place, _ in stated} | details <= {place for place, _ in asked}


@pytest.mark.parametrize(("kind", "base", "form"), CHOICES)
def test_a_form_is_what_the_table_says(kind: str, base: str, form: str) -> None:
    one = f"{kind}.{base}", form
    submission = read(kind, base, form)
    named = [line.path for line in submission.not_read if line.coded or line.broken]
    assert any(path.rpartition(".")[2].startswith(base + form) for path in named) == (one in table(NAMED)), named
    if one in table(READ):
        assert said(submission) != said(read(kind, base, None))
