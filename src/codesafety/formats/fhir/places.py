"""Where FHIR (STU3 and R4) has coded elements: in resources that become items, and in the envelope around them.

A coding of a source is *judged* (it is in an item or in the message), *envelope* (it stands in the closed table below, of places
whose meaning is known and clinical for nobody), or *not judged*, and then it is named by its path.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

ANYWHERE = frozenset(["meta.tag", "meta.security", "identifier.type"])
"""Places that every resource, or every element, may have."""

_CLAIMED = (
    "type subType priority payee.type payee.resourceType payeeType fundsReserve fundsReserveRequested reserved "
    "related.relationship careTeam.role careTeam.qualification accident.type information.category supportingInfo.category "
    "diagnosis.type diagnosis.onAdmission procedure.type form formCode outcome processNote.type processNote.language "
    "payment.type payment.adjustmentReason total.category error.code benefitBalance.category benefitBalance.subCategory "
    "benefitBalance.network benefitBalance.unit benefitBalance.term benefitBalance.financial.type adjudication.category "
    "adjudication.reason item.category item.revenue item.modifier item.programCode item.locationCodeableConcept "
    "item.adjudication.category item.adjudication.reason item.detail.category item.detail.revenue item.detail.modifier "
    "item.detail.programCode item.detail.adjudication.category item.detail.adjudication.reason"
)

ENVELOPE: dict[str, frozenset[str]] = {
    kind: frozenset(places.split())
    for kind, places in {
        "Account": "type",
        "Appointment": "appointmentType cancelationReason participant.type serviceCategory serviceType specialty",
        "AppointmentResponse": "participantType",
        "Bundle": "signature.type",
        "CareTeam": "category participant.role",
        "Claim": _CLAIMED,
        "ClaimResponse": _CLAIMED,
        "Composition": "type class category section.code section.emptyReason section.orderedBy",
        "Coverage": "type relationship class.type costToBeneficiary.type costToBeneficiary.exception.type",
        "Device": "type property.type specialization.systemType statusReason version.type",
        "Encounter": "class classHistory.class type serviceType priority participant.type diagnosis.role diagnosis.use "
        "hospitalization.admitSource hospitalization.dischargeDisposition hospitalization.reAdmission location.physicalType",
        "Endpoint": "connectionType payloadType",
        "EpisodeOfCare": "type diagnosis.role",
        "ExplanationOfBenefit": _CLAIMED,
        "Group": "code",
        "HealthcareService": "category type specialty program characteristic communication eligibility eligibility.code "
        "referralMethod serviceProvisionCode",
        "List": "code emptyReason entry.flag orderedBy",
        "Location": "type physicalType operationalStatus",
        "MessageHeader": "event eventCoding reason",
        "OperationOutcome": "issue.details",
        "Organization": "type contact.purpose",
        "OrganizationAffiliation": "code specialty",
        "Patient": "maritalStatus communication.language contact.relationship",
        "Practitioner": "communication qualification.code",
        "PractitionerRole": "code specialty",
        "Provenance": "activity reason agent.role agent.type agent.relatedAgentType entity.agent.role entity.agent.type "
        "entity.agent.relatedAgentType signature.type",
        "RelatedPerson": "relationship communication.language",
        "Schedule": "serviceCategory serviceType specialty",
        "Slot": "appointmentType serviceCategory serviceType specialty",
        "Substance": "category",
        "Task": "code businessStatus statusReason performerType input.type output.type",
    }.items()
}
"""The closed table: resource, and the way to the element. An element that is not here is clinical for somebody."""


EXTENSIONS: dict[str, frozenset[str]] = {
    kind: frozenset(places.split())
    for kind, places in {
        "List": "ClinicalSetting",
        "Patient": "EthnicCategory ResidentialStatus TreatmentCategory identifier.NHSNumberVerificationStatus patient-religion "
        "DeathNotificationStatus.deathNotificationStatus RegistrationDetails.registrationStatus RegistrationDetails.registrationType "
        "ContactPreference.PreferredContactMethod ContactPreference.PreferredWrittenCommunicationFormat "
        "ContactPreference.preferredContactMethod ContactPreference.preferredWrittenCommunicationFormat "
        "NHSCommunication.language NHSCommunication.modeOfCommunication NHSCommunication.communicationProficiency "
        "communication.patient-proficiency.level communication.patient-proficiency.type patient-nationality.code",
        "Task": "TaskBusinessStatus",
    }.items()
}
"""The same for extensions of GP Connect, UK Core and HL7: each by the last part of its address, without `Extension-` and number."""
_EXTENSION = re.compile(r"Extension-(?:[A-Za-z0-9]+-)*([A-Za-z]+)(?:-\d+)?", re.ASCII)


def is_envelope(resource_type: str | None, place: str) -> bool:
    """Return whether a coded element is of the envelope.

    `place`: the way from its resource, without indices, an extension by the last part of its address (`not_read.role_of`).
    """
    kind = resource_type or ""
    if place in ENVELOPE.get(kind, ()) or place in ANYWHERE or place.endswith(".identifier.type"):
        return True
    return kind in EXTENSIONS and ".".join(_EXTENSION.sub(r"\1", part) for part in place.split(".")) in EXTENSIONS[kind]


def is_known(resource_type: str | None, place: str) -> bool:
    """Return whether FHIR has a coded element at a place of a resource that becomes an item."""
    return place in _known().get(resource_type or "", ()) or place in ANYWHERE or place.endswith(".identifier.type")


@cache
def _known() -> dict[str, frozenset[str]]:
    text = files("codesafety.formats.fhir").joinpath("places.txt").read_text(encoding="utf-8")
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {kind: frozenset(places) for kind, *places in lines}
