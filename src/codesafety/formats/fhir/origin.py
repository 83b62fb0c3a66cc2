"""Whether the practice that holds a record wrote an item, or another organisation.

**Who holds the record**: of a message its receiver; else the patient's custodian (FHIR, `Patient.managingOrganization`: the organisation
that is the custodian of the patient record), else the nominated provider of primary care (`Patient.generalPractitioner`). Of a
document without a message it is not said.

**Who wrote the item**: those whom it names as its writers, and the organisation responsible for its consultation (FHIR,
`Encounter.serviceProvider`). GP Connect Access Record: Structured puts an organisation elsewhere that made an observation into
`performer`, beside the clinician.

Organisations are compared by ODS code, or by being one resource. What does not resolve inside the source, and what differs, leaves
it unsaid.
"""

from __future__ import annotations

from codesafety.formats.fhir.context import AUTHORS, Surroundings, encounter_of
from codesafety.formats.fhir.index import own_text
from codesafety.formats.fhir.message import receivers_of
from codesafety.formats.fhir.tree import Node
from codesafety.record import Origin

Organization = Node | str | None
"""An organisation as it is compared: its ODS code, else its resource. None: one that cannot be told."""
_ODS = ("ods-organization-code", "ods-code")
"""A site's code is not its organisation's."""
_NOBODYS_CODE = frozenset(["V81998", "V81999", "X99998", "X99999", "89997", "89999"])
"""ODS codes for several, for none, or for one that is not known. Source: NHS Data Dictionary, default codes summary."""


def practice_of(around: Surroundings) -> Organization:
    """Return the organisation that holds the record that a source is of, or goes to."""
    index = around.index
    headers = index.of("MessageHeader")
    if headers:
        return _one([o for header in headers for node in receivers_of(header) for o in _organizations(node, around)])
    if around.patient is None or (index.of("Composition") and not index.lone):
        return None
    named = around.patient.all("managingOrganization") or around.patient.all("generalPractitioner")
    return _one([o for node in named for o in _organizations(node, around)])


def origin_of(resource: Node, around: Surroundings) -> Origin | None:
    """Return whether the practice that holds the record wrote an item; None where that cannot be told."""
    practice, writer = around.practice, _one(_writers(resource, around))
    if practice is None or writer is None:
        return None
    if practice == writer:
        return "practice"
    return "outside" if isinstance(practice, str) and isinstance(writer, str) else None


def _one(named: list[Organization]) -> Organization:
    """Return the one organisation that all of these are, or None."""
    return named[0] if named and named.count(named[0]) == len(named) else None


def _writers(resource: Node, around: Surroundings) -> list[Organization]:
    encounter = resource if resource.resource_type == "Encounter" else encounter_of(resource, around)
    found = list(_together(encounter, [encounter], "serviceProvider", around)) if encounter is not None else []
    asked_for = (resource.resource_type or "").endswith("Request")
    for name in AUTHORS:
        if name not in resource.held or name == "informationSource" or (name == "performer" and asked_for):
            continue  # who told of it did not write it, and who shall perform it neither
        for node in resource.all(name):
            for who in node.all("onBehalfOf") or [*node.all("actor"), *node.all("agent")] or [node]:
                found += _organizations(who, around)
    return found


def _organizations(who: Node, around: Surroundings) -> list[Organization]:
    """Return the organisation of whom a reference names; nothing where they have none."""
    found = around.index.find(who)
    match found.resource_type if found is not None else None:
        case "Practitioner" if found is not None:
            return _together(found, around.roles_of.get(found, []), "organization", around)
        case "PractitionerRole" if found is not None:
            return _together(found, [found], "organization", around)
        case "Patient" | "RelatedPerson" | "Device":
            return []
        case _:
            return [_organization(who, around)]


def _together(resource: Node, holders: list[Node], element: str, around: Surroundings) -> list[Organization]:
    """Return the one organisation that `holders` name for a resource; nothing where they name none."""
    if resource not in around.organizations:
        named = [_organization(node, around) for holder in holders for node in holder.all(element)]
        around.organizations[resource] = [_one(named)] if named else []
    return around.organizations[resource]


def _organization(named: Node, around: Surroundings) -> Organization:
    """Return the organisation that a reference names, by its resource or by its code alone."""
    found = around.index.find(named)
    if found is None:
        return _identity(named)
    if found.resource_type != "Organization":
        return None
    if found not in around.organizations:
        around.organizations[found] = [_identity(found)]
    return around.organizations[found][0]


def _identity(named: Node) -> Organization:
    """Return an organisation as it is compared. `named`: its resource, or a reference that gives its code."""
    identifiers = [node for node in named.all("identifier") if (own_text(node, "system") or "").endswith(_ODS)]
    codes = {(own_text(node, "value") or "").strip().upper() for node in identifiers} - {""}
    if codes & _NOBODYS_CODE:
        return None
    return codes.pop() if len(codes) == 1 else named if named.is_resource else None
