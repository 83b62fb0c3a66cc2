"""What an item takes from the resources around it: its consultation, its subject, its author, its heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from codesafety.formats.fhir.elements import Misplaced, misplaced_in
from codesafety.formats.fhir.index import Index, digits, own_text, whose
from codesafety.formats.fhir.narrative import words_of_markup
from codesafety.formats.fhir.not_read import Rest, not_judged, rest_of
from codesafety.formats.fhir.statuses import WITHDRAWN, is_void, statuses_of
from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.values import Broken, Used, checked_date, child_text, date, identifier, is_nhs_number, one
from codesafety.record import NotRead, Provenance, Subject

HEADINGS = "RecordStandardHeadings"
_ODS = ("ods-organization-code", "ods-site-code", "ods-code")
_MOTHER = frozenset(["MTH", "NMTH", "GESTM", "NMTHF"])
_CHILD = frozenset(["CHILD", "NCHILD", "SON", "NSON", "SONC", "DAU", "DAUC"])
"""HL7 v3 RoleCode."""
_PEOPLE = ("Patient", "RelatedPerson", "Group", "Person", "Practitioner", "PractitionerRole")
AUTHORS = ("performer", "asserter", "assessor", "author", "recorder", "requester", "practitioner", "informationSource")


@dataclass(slots=True)
class Surroundings:
    """One source: its resources, its patient, and what was used of it so far."""

    index: Index
    used: Used
    patient: Node | None
    same: set[Node]
    """The resources that are the source's own patient: one, or the same one again."""
    nhs_number: str | None
    named: str | None
    """How a source that does not hold its patient names them."""
    encounter: Node | None
    """The only encounter of a message."""
    encounter_of: dict[Node, Node] = field(default_factory=dict)
    """The encounter of items that a consultation's list names."""
    encounters: dict[Node, Node | None] = field(default_factory=dict)
    """The encounter of each item, once somebody has asked (`encounter_of`)."""
    begun: dict[Node, Node | None] = field(default_factory=dict)
    """Where it is said when each encounter was, once somebody has asked (`consultation_date`)."""
    provenances: dict[tuple[Node | None, ...], Provenance | None] = field(default_factory=dict)
    """Who wrote what these name, the first being its encounter, once somebody has asked (`provenance_of`)."""
    holders: dict[str, dict[Node, Node]] = field(default_factory=dict)
    """The report of each observation that is a result of one, and the panel of each that is a member of one (`holders_of`)."""
    prescriptions: set[str] = field(default_factory=set)
    """The group identifiers that stand for a prescription of several items, and so for no one order."""
    babies: set[Node] = field(default_factory=set)
    """Other patients who are the source's own patient's children."""
    roles_of: dict[Node, list[Node]] = field(default_factory=dict)
    """The roles of each practitioner."""
    withdrawn: frozenset[Node] = frozenset()
    """What holds a document that its composition withdraws: its bundle, or the whole source where it has one document."""
    sender: str | None = None
    software: str | None = None
    practice: Node | str | None = None
    """The organisation that holds the record, as `origin` compares it."""
    said_elsewhere: dict[Node, list[str]] = field(default_factory=dict)
    """What comments and narratives outside of an item say beside it (`beside`)."""
    organizations: dict[Node, list[Node | str | None]] = field(default_factory=dict)
    """What `origin` found out of organisations, practitioners, their roles and consultations, each once."""

    def retracted(self, resource: Node) -> bool:
        """Return whether the document that a resource came in is withdrawn as a whole."""
        at: Node | None = resource if self.withdrawn else None
        while at is not None and at not in self.withdrawn:
            at = at.parent
        return at is not None


def holders_of(index: Index) -> dict[str, dict[Node, Node]]:
    """Return the report of each result, and the panel of each member of one, but for those that several name; by the holder's kind."""
    named = {
        "DiagnosticReport": [(report, node) for report in index.of("DiagnosticReport") for node in report.all("result")],
        "Observation": [(panel, node) for panel in index.of("Observation") for node in _members(panel)],
    }
    return {kind: _only(index, pairs) for kind, pairs in named.items()}


def _only(index: Index, named: list[tuple[Node, Node]]) -> dict[Node, Node]:
    found: dict[Node, Node | None] = {}
    for holder, node in named:
        held = index.find(node)
        if held is not None and held is not holder:
            found[held] = holder if found.get(held, holder) is holder else None
    return {held: holder for held, holder in found.items() if holder is not None}


def _members(panel: Node) -> list[Node]:
    """Return the references to the members of a panel: R4's `hasMember`, STU3's `related` of that type."""
    related = (node for node in panel.all("related") if own_text(node, "type") == "has-member")
    return [*panel.all("hasMember"), *(target for node in related for target in node.all("target"))]


def withdrawn_documents(index: Index) -> frozenset[Node]:
    compositions = index.of("Composition") if not index.lone else []
    found: set[Node] = set()
    for composition in compositions:
        if own_text(composition, "status") == WITHDRAWN:
            bundle = composition.parent.resource if composition.parent is not None else index.root
            found.add(index.root if len(compositions) == 1 else bundle)
    return frozenset(found)


def ods_code(organization: Node | None) -> str | None:
    if organization is None:
        return None
    for node in organization.all("identifier"):
        if (own_text(node, "system") or "").endswith(_ODS):
            return own_text(node, "value")
    return None


def heading_of(resource: Node) -> str | None:
    meta = one(resource, "meta")
    for tag in meta.all("tag") if meta is not None else ():
        if HEADINGS in (child_text(tag, "system") or ""):
            return child_text(tag, "code")
    return None


def encounter_of(resource: Node, around: Surroundings) -> Node | None:
    """Return the encounter that the item names, else the one whose list holds it, else the message's only one."""
    if resource not in around.encounters:
        around.encounters[resource] = _encounter_of(resource, around)
    return around.encounters[resource]


def _encounter_of(resource: Node, around: Surroundings) -> Node | None:
    if "context" not in resource.held and "encounter" not in resource.held:
        return around.encounter_of.get(resource, around.encounter)
    holders = [
        *resource.all("context"),
        *resource.all("encounter"),
        *(e for c in resource.all("context") for e in c.all("encounter")),
    ]
    for node in holders:
        found = around.index.find(node)
        if found is not None and found.resource_type == "Encounter":
            return found
    if any("reference" in node.held for node in holders):
        return None  # it names a consultation that is not here
    return around.encounter_of.get(resource, around.encounter)


def consultation_date(resource: Node, around: Surroundings, used: Used) -> str | None:
    encounter = encounter_of(resource, around)
    if encounter is None:
        return None
    if encounter not in around.begun:
        around.begun[encounter] = _begun(encounter)
    return date(around.begun[encounter], used)


def _begun(encounter: Node) -> Node | None:
    """Return the element that says when an encounter that took place was: a date."""
    try:
        period = None if is_void(encounter) else one(encounter, "period")
        begun = None if period is None else one(period, "start") or one(period, "end")
        return begun if checked_date(begun) is not None else None
    except Broken:
        return None  # the encounter reports it; the item is not broken by it


def subject_of(resource: Node, around: Surroundings) -> Subject | None:
    """Return whom an item is about where that is not simply the source's own patient.

    None where it is: FHIR's subject is whose record an item belongs to, and does not say that a family history is about the
    patient. `baby` where a related person links another patient to this one as mother and child; `another` for any other
    patient; `unknown` where it names somebody who is not there.
    """
    for node in whose(resource):
        found = around.index.find(node)
        if found in around.same:
            continue
        if found is not None:
            if found.resource_type != "Patient":
                return "unknown"
            return "baby" if found in around.babies else "another"
        inner = node.all("identifier")
        if inner and is_nhs_number(inner[0]) and around.nhs_number is not None:
            if digits(identifier(inner[0])) != digits(around.nhs_number):
                return "another"
            continue
        who = around.index.who(node)
        if who is None or around.index.kind(node) not in (None, "Patient"):
            return "unknown"
        if around.index.lone or who == around.named:
            continue
        return "another" if who.startswith("Patient/") or around.patient is None else "unknown"
    for node in resource.all("focus"):  # R4: what an observation is about, when that is not its subject
        found = around.index.find(node)
        if found is None:
            return "unknown"
        if found.resource_type in _PEOPLE and found not in around.same:
            return "another"
    return None


def babies_of(patient: Node | None, index: Index) -> set[Node]:
    """Return the other patients whom a related person ties to this one as child to mother."""
    if patient is None:
        return set()
    found: set[Node] = set()
    for other in index.of("Patient"):
        for person in _linked(other, index):
            if patient in _patients(person, index) and _roles(person) & _CHILD:
                found.add(other)
    for person in _linked(patient, index):
        if _roles(person) & _MOTHER:
            found.update(_patients(person, index))
    return found - {patient}


def _linked(patient: Node, index: Index) -> list[Node]:
    found = [index.find(other) for link in patient.all("link") for other in link.all("other")]
    return [person for person in found if person is not None and person.resource_type == "RelatedPerson"]


def _patients(person: Node, index: Index) -> set[Node]:
    return {found for node in person.all("patient") if (found := index.find(node)) is not None}


def _roles(person: Node) -> set[str | None]:
    return {own_text(coding, "code") for role in person.all("relationship") for coding in role.all("coding")}


def provenance_of(resource: Node, around: Surroundings) -> Provenance | None:
    named: list[Node] = []
    for name in AUTHORS:
        if name in resource.held:
            for node in resource.all(name):
                named += [around.index.find(part) or part for part in (node, *node.all("actor"), *node.all("agent"))]
    encounter = encounter_of(resource, around)
    who = (encounter, *named)
    if who not in around.provenances:
        around.provenances[who] = _provenance(encounter, named, around)
    return around.provenances[who]


def _provenance(encounter: Node | None, named: list[Node], around: Surroundings) -> Provenance | None:
    """Return who wrote what names these: each a resource, or the element that names one that is not there."""
    organization = role = None
    for found in named:
        match found.resource_type:
            case _ if not found.is_resource:
                organization = organization or ods_code(found)
            case "Organization":
                organization = organization or ods_code(found)
            case "PractitionerRole":
                organization, role = organization or _organization_of(found, around), role or _role(found)
            case "Practitioner":
                held = _role_of(found, around)
                if held is not None:
                    organization, role = organization or _organization_of(held, around), role or _role(held)
            case _:
                pass
    if organization is None:
        provider = encounter.all("serviceProvider") if encounter is not None else []
        organization = ods_code(around.index.find(provider[0])) if provider else None
    organization = organization or around.sender
    if organization is None and role is None and around.software is None:
        return None
    return Provenance(organization=organization, role=role, software=around.software)


def _role_of(practitioner: Node, around: Surroundings) -> Node | None:
    """Return the only role of a practitioner; with several, none can be told."""
    found = around.roles_of.get(practitioner, [])
    return found[0] if len(found) == 1 else None


def _organization_of(role: Node, around: Surroundings) -> str | None:
    found = role.all("organization")
    return ods_code(around.index.find(found[0])) if found else None


def _role(role: Node) -> str | None:
    for code in role.all("code"):
        for coding in code.all("coding"):
            found = own_text(coding, "code")
            if found is not None:
                return found
    return None


def shared_fields(resource: Node, around: Surroundings, used: Used, recorded: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that every kind of item has, but for what is left over (see `leftovers`)."""
    written = None
    for name in recorded:
        found = one(resource, name)
        if found is not None and written is None:
            written = date(found, used)
    if written is None:
        for extension in resource.all("extension"):
            if "DateRecorded" in (own_text(extension, "url") or ""):
                written = date(one(extension, "valueDateTime"), used)
    return {
        "path": resource.path,
        "resource_type": resource.resource_type,
        "resource_id": child_text(resource, "id"),
        "id": around.index.id_of(resource),
        "status": _status(resource, around),
        "recorded": written,
        "consultation_date": consultation_date(resource, around, used),
        "heading": heading_of(resource),
        "notes": _all_notes(resource, around),
        "provenance": provenance_of(resource, around),
    }


_FREE_TEXT = frozenset(
    [
        "abatementString",
        "administrationInstruction",
        "basis",
        "comment",
        "conclusion",
        "contentString",
        "description",
        "detail",
        "detailString",
        "instruction",
        "mitigation",
        "occurrenceString",
        "onsetString",
        "patientInstruction",
        "performedString",
        "rationale",
        "scheduledString",
        "statusReason",
        "summary",
        "title",
    ]
)
"""Elements of FHIR (STU3 and R4) that hold what somebody wrote in their own words."""
_ANNOTATIONS = frozenset(["note", "progress", "valueAnnotation"])
_TOLD_IN = ("valueString", "valueMarkdown")
_WORDS_OF = {**dict.fromkeys(_ANNOTATIONS, ("text",)), "extension": _TOLD_IN}
_HELD_IN = _ANNOTATIONS | frozenset(
    [
        "activity",
        "detail",
        "dosage",
        "dosageInstruction",
        "enteralFormula",
        "evidence",
        "extension",
        "finding",
        "oralDiet",
        "payload",
        "prediction",
        "reaction",
        "stage",
        "supplement",
        "target",
    ]
)
"""Elements that hold others of these."""


_OWN_WORDS = frozenset(["code", "medicationCodeableConcept", "vaccineCode", "valueCodeableConcept"])
"""Concepts whose words an item has as its own, or as its value's."""


_PUBLISHED = re.compile(r"https?://([a-z0-9-]+\.)*(hl7\.org|hl7\.org\.uk|nhs\.uk)/", re.ASCII | re.IGNORECASE)
"""Where extensions are published whose meaning is known, and which turn nothing round: what does is a modifier extension."""
_NO_ANSWERS = frozenset(["valueIdentifier", "valueMarkdown", "valueReference", "valueString"])
"""What an extension may hold that is read as words, or means something else of the source."""
_NAMES = frozenset(
    [
        *AUTHORS,
        "actor",
        "agent",
        "assigner",
        "authorReference",
        "context",
        "encounter",
        "location",
        "manufacturer",
        "medicationReference",
        "onBehalfOf",
        "organization",
        "patient",
        "subject",
        "who",
    ]
)
"""References to people, places, consultations and medicines, whose words are names."""


def _all_notes(resource: Node, around: Surroundings) -> tuple[str, ...]:
    """Return what was written beside the codes of a resource, each once but for notes: in extensions of any of its elements, in its
    narrative, in the words of what it refers to, in ids of its elements, and in what stands elsewhere and is about it."""
    found: list[str] = []
    _notes(resource, found)
    held = around.index.inventory.of[resource]
    told = (
        e for e in held.extensions if ("valueString" in e.held or "valueMarkdown" in e.held) and not _in_a_coded_concept(e)
    )  # there they are the code's
    more = [words for e in told for words in _words_in(e)]
    more += [words for node in held.narratives for words in words_of_narrative(node)]
    for node in held.displayed:
        if node.name not in _NAMES and _NAMES.isdisjoint(_way(node)) and (words := own_text(node, "display")) is not None:
            more.append(words)
    for node in held.worded:
        if _is_beside(node) and (words := own_text(node, "text")) is not None:
            more.append(words)
    more += [words for node in held.named for words in _ids_in_words(node)]
    more += around.said_elsewhere.get(resource, ())
    said = set(found)
    return (*found, *dict.fromkeys(words for words in more if words not in said)) if more else tuple(found)


def words_of_narrative(text: Node) -> Iterator[str]:
    """Yield the words of a narrative, where it has any; long ones in parts."""
    for div in text.all("div"):
        words = div.value or ""
        yield from in_parts(words if div.kind == "xml" else words_of_markup(words))


def in_parts(words: str) -> Iterator[str]:
    """Yield words, long ones in parts that overlap, so that each clause is whole in one."""
    return (words[at : at + _PART + _OVERLAP] for at in range(0, len(words), _PART))


_PART, _OVERLAP = 9_000, 1_000


def _way(node: Node) -> Iterator[str]:
    """Yield the names of an element and of those that hold it, up to its resource."""
    while not node.is_resource:
        yield node.name
        if node.parent is None:
            return
        node = node.parent


def _ids_in_words(node: Node) -> Iterator[str]:
    """Yield the ids of an element, where they hold words, as words: an id should name an element, and say nothing."""
    for own in node.all("id"):
        words = _WORD.findall(own.value or "")
        if any(word.isalpha() and len(word) > 1 for word in words):
            yield " ".join(words)


_WORD = re.compile(r"[A-Z]?[a-z]+|[^\W_]+")


def _in_a_coded_concept(node: Node) -> bool:
    at: Node | None = node
    while at is not None and not at.is_resource:
        if "coding" in at.held or at.name[-6:].lower() == "coding":
            return True
        at = at.parent
    return False


def _words_in(extension: Node) -> Iterator[str]:
    for name in _TOLD_IN:
        yield from (words.value for words in extension.all(name) if words.value is not None)


def _answered_beside(resource: Node, index: Index) -> Iterator[NotRead]:
    """Yield a line for each answer beside the codes of a resource that no rule asks for."""
    for extension in index.inventory.of[resource].extensions:
        answers = [name for name in extension.held if name[:5] == "value" and name not in _NO_ANSWERS]
        if answers and _PUBLISHED.match(own_text(_outermost(extension), "url") or "") is None:
            yield not_judged(extension, "an answer in an extension that neither HL7 nor the NHS has published")


def _outermost(extension: Node) -> Node:
    """Return the outermost of extensions that hold each other."""
    while extension.parent is not None and extension.parent.name in ("extension", "modifierExtension"):
        extension = extension.parent
    return extension


def _notes(node: Node, found: list[str]) -> None:
    """Add what was written beside the codes of a resource in free text."""
    of_node = _WORDS_OF.get(node.name, ())
    for name, held in node.held.items():
        kind = type(held)
        if kind is str:
            if name in _FREE_TEXT or name in of_node:
                found.append(held)
            continue
        if name in _FREE_TEXT or name in of_node:
            found += [words.value for words in node.all(name) if words.value is not None]
        if name in _HELD_IN:
            for child in node.all(name):
                _notes(child, found)


def _is_beside(node: Node) -> bool:
    """Return whether an element with a text is a concept without a code, and its words are in no field of the item.

    With a code it is a qualifier, and they are its.
    """
    if not _ONLY_WORDS.issuperset(node.held) or node.name in _TEXT_HAS_A_FIELD or node.parent is None:
        return False
    return not (node.name in _OWN_WORDS and (node.parent.is_resource or node.parent.name in _PARTS))


_ONLY_WORDS = frozenset(["text", "id", "extension"])
_TEXT_HAS_A_FIELD = frozenset(["dosage", "dosageInstruction", "item", "name", "address"])
_PARTS = frozenset(["component", "condition"])
"""What an item has several of, each with its own code and value."""


def _status(resource: Node, around: Surroundings) -> str | None:
    """Return the word that withdraws the item or the document that it came in, else its status as sent."""
    said = statuses_of(resource)
    if around.withdrawn and around.retracted(resource):
        return WITHDRAWN
    for name, one_said in said.items():
        if one_said.meaning == "withdrawn" and name != "verificationStatus":
            return WITHDRAWN
    told = said.get("status") or said.get("lifecycleStatus")
    return told.word if told is not None else child_text(resource, "status")


def leftovers(resource: Node, around: Surroundings, used: Used) -> tuple[dict[str, Any], tuple[NotRead, ...]]:
    """Return the fields for what has no other place, and the lines for what has none or is not understood.

    Raises Broken where an element that decides what the resource says is not as FHIR has it.
    """
    lines = []
    for found in misplaced_in(resource):
        if found.decides:
            raise Broken(found.node, found.reason)
        lines.append(misplaced(found))
    rest: Rest = rest_of(resource, used, around.index)
    strange = tuple(
        NotRead(
            path=resource.all(name)[0].path,
            reason="a status whose codes or words say two things: nothing can be told of it"
            if said.differing
            else "a status that FHIR does not have for such a resource: nothing can be told of it",
            resource_type=resource.resource_type,
            resource_id=own_text(resource, "id"),
            coded=said.differing,
            broken=said.meaning is None,
        )
        for name, said in statuses_of(resource).items()
        if said.meaning is None or said.differing
    )
    return {"qualifiers": rest.qualifiers, "references": rest.references}, (
        *strange,
        *lines,
        *_answered_beside(resource, around.index),
        *rest.not_read,
    )


def misplaced(found: Misplaced) -> NotRead:
    """Return the line for an element that is not FHIR's: what it says nobody has judged."""
    resource = found.node.resource
    return NotRead(
        path=found.node.path,
        reason=found.reason,
        resource_type=resource.resource_type,
        resource_id=own_text(resource, "id"),
        coded=True,
        broken=found.decides,
    )
