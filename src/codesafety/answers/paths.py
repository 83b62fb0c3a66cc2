"""Where something is, as FHIR's answers say it: FHIRPath, and XPath for STU3. A step that a sender may have named is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from codesafety.report import Report

ROOTS = """
    AllergyIntolerance Appointment Bundle CarePlan ClinicalImpression Communication Composition Condition Consent
    DiagnosticReport DocumentReference Encounter FamilyMemberHistory Immunization List MedicationAdministration
    MedicationDispense MedicationRequest MedicationStatement Observation Parameters Patient Procedure QuestionnaireResponse
    ReferralRequest ServiceRequest Specimen
"""
STEPS = """
    entry resource contained parameter
    birthDate bodySite category clinicalStatus code coding component condition dataAbsentReason deceasedBoolean
    deceasedDateTime dosage dosageInstruction effectiveDateTime effectivePeriod gender identifier issued manifestation
    medicationCodeableConcept medicationReference method onsetAge onsetDateTime onsetPeriod performedDateTime performedPeriod
    quantity reaction reason reasonCode reasonReference relationship route section severity site status subject substance type
    vaccineCode valueBoolean valueCodeableConcept valueDateTime valueQuantity valueString verificationStatus
"""
"""Elements of FHIR by which items, and codes in them, are reached. Any other name may be a sender's own."""
_ROOTS, _STEPS = frozenset(ROOTS.split()), frozenset(STEPS.split())
_STEP = re.compile(r"(?P<name>[a-z][A-Za-z]*)(?:\[(?P<index>\d+)\])?")
Step = tuple[str, int | None]


def fhirpaths(paths: Iterable[str]) -> list[str]:
    """Return the paths as FHIRPath, each once, as far as their steps are FHIR's; none of those that are no FHIRPath."""
    return list(dict.fromkeys(_written(root, steps) for root, steps in map(_parsed, paths) if root))


def xpaths(paths: Iterable[str], report: Report) -> list[str]:
    """Return the same as XPath over the message's XML. One that passes through a resource of a type not known here has none."""
    types = {_written(*_parsed(item.path)): item.resource_type for item in report.items if item.resource_type}
    found = (_xpath(root, steps, types) for root, steps in map(_parsed, paths) if root)
    return list(dict.fromkeys(path for path in found if path))


def _parsed(path: str) -> tuple[str, list[Step]]:
    root, *rest = path.split(".")
    if root not in _ROOTS:
        return "", []
    steps: list[Step] = []
    for part in rest:
        step = _STEP.fullmatch(part)
        if step is None or step["name"] not in _STEPS:
            break
        steps.append((step["name"], int(step["index"]) if step["index"] else None))
    return root, steps


def _written(root: str, steps: list[Step]) -> str:
    return ".".join([root, *(name if index is None else f"{name}[{index}]" for name, index in steps)])


def _xpath(root: str, steps: list[Step], types: Mapping[str, str]) -> str:
    written = f"/f:{root}"
    for number, (name, index) in enumerate(steps, 1):
        written += f"/f:{name}" if index is None else f"/f:{name}[{index + 1}]"
        if name in ("resource", "contained"):
            in_bundle = steps[number : number + 2]
            inner = types.get(_written(root, steps[:number]))
            if inner is None and [step for step, _ in in_bundle] == ["entry", "resource"]:
                inner = "Bundle"  # no other resource has an entry that holds a resource
            if inner not in _ROOTS:
                return ""
            written += f"/f:{inner}"
    return written
