"""A whole FHIR source, STU3 or R4, to a submission or a record, with every part accounted for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from codesafety.errors import InputError
from codesafety.formats.encoding import decode, kind_of
from codesafety.formats.fhir.context import (
    Surroundings,
    babies_of,
    encounter_of,
    holders_of,
    in_parts,
    misplaced,
    withdrawn_documents,
    words_of_narrative,
)
from codesafety.formats.fhir.elements import misplaced_in
from codesafety.formats.fhir.entries import SHAPES, entry_of, says_what
from codesafety.formats.fhir.index import Index, digits, own_text, whose
from codesafety.formats.fhir.json import parse_json
from codesafety.formats.fhir.medicines import KINDS, medication_of, prescriptions_in
from codesafety.formats.fhir.message import message_of, sender_of, software_of
from codesafety.formats.fhir.not_read import account, listed_as_not_read, not_judged, not_understood
from codesafety.formats.fhir.origin import practice_of
from codesafety.formats.fhir.patient import main_patient, patient_of, sex_at_birth_from, states_sex_at_birth
from codesafety.formats.fhir.statuses import WITHDRAWN, is_void
from codesafety.formats.fhir.tree import Node, Tree
from codesafety.formats.fhir.values import Broken, Used, boolean, identifier, is_nhs_number
from codesafety.formats.fhir.xml import parse_xml
from codesafety.plugins.reading import MAX_COMMENTS, Source, denies_something, is_concept_id
from codesafety.record import (
    Coverage,
    Entry,
    Medication,
    Message,
    NotRead,
    Patient,
    Qualifier,
    Record,
    RecordError,
    Submission,
    TextItem,
)

SUPPORTING = frozenset(
    [
        "Account",
        "Claim",
        "ClaimResponse",
        "Coverage",
        "ExplanationOfBenefit",
        "Appointment",
        "AppointmentResponse",
        "Bundle",
        "CareTeam",
        "Composition",
        "Device",
        "Encounter",
        "Endpoint",
        "EpisodeOfCare",
        "Group",
        "HealthcareService",
        "List",
        "Location",
        "Medication",
        "MessageHeader",
        "OperationOutcome",
        "Organization",
        "OrganizationAffiliation",
        "Parameters",
        "Patient",
        "Person",
        "Practitioner",
        "PractitionerRole",
        "Provenance",
        "RelatedPerson",
        "Schedule",
        "Slot",
        "Substance",
        "Task",
    ]
)
"""Resources that support others. What they hold is context; no practice files them as entries."""
_ONLY_ALONE = ("Encounter", "Composition", "Medication")
_CONTEXT = "of a resource that supports others and is not filed itself"
_DELETIONS = ("DELETE", "NULLIFY")
"""HL7 v3 DataOperation, and the state of an act that was entered in error."""
_MODIFIED = "it carries a modifier that may reverse what it says, and that this library does not understand"


@dataclass(slots=True)
class Parts:
    """What one source holds, before it becomes a submission or a record."""

    message: Message = field(default_factory=Message)
    patient: Patient = field(default_factory=Patient)
    others: list[Patient] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    medications: list[Medication] = field(default_factory=list)
    texts: list[TextItem] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)
    envelope: tuple[Qualifier, ...] = ()
    warnings: list[str] = field(default_factory=list)
    complete: tuple[Coverage, ...] = ()


def parse(source: Source) -> Tree:
    """Return the tree of a FHIR source. Raises InputError with the remedy where there is none to return."""
    text = decode(source)
    match kind_of(source):
        case "xml":
            start = text.lstrip()[:200].lower()
            if start.startswith(("<!doctype html", "<html")):
                raise InputError("is a web page", source=source.name, help="give the FHIR message itself, as XML or JSON")
            return parse_xml(text, source.name)
        case "json":
            return parse_json(text, source.name)
        case "other":
            raise InputError("is neither XML nor JSON", source=source.name, help="give the FHIR message itself, as XML or JSON")


def read_parts(tree: Tree, index: Index, *, envelope: bool, gp_connect: bool = False) -> Parts:
    """Map every resource of the tree, in the order sent.

    `envelope`: header, composition and the only encounter are the message's; otherwise they merely support.
    `gp_connect`: the source follows GP Connect, whose validity period of a request is the course.
    """
    parts = Parts()
    patient = main_patient(index)
    used = Used()
    number, named, same = _patient_parts(parts, index, patient, used)
    encounters = index.of("Encounter")
    around = Surroundings(
        index,
        used,
        patient,
        same,
        number,
        named,
        encounter=encounters[0] if len(encounters) == 1 and envelope and index.carries_all else None,
        encounter_of=_by_list(index),
        babies=babies_of(patient, index),
        prescriptions=prescriptions_in(index),
        roles_of=_roles(index),
        holders=holders_of(index),
        withdrawn=withdrawn_documents(index),
        sender=sender_of(index),
        software=software_of(index),
    )
    around.practice = practice_of(around)
    parts.not_read.extend(_beside(tree, around))
    flawed = _flaws(tree, parts)
    for resource in index.resources:
        if resource in index.repeated:
            line = not_understood(resource, index, "the same as the version of it that counts", broken=False)
            parts.not_read.append(line.model_copy(update={"coded": False}))
        elif resource in index.superseded:
            reason = "another version of a resource that the source holds, and not the one that counts"
            parts.not_read.append(not_understood(resource, index, reason, broken=False))
        elif resource in flawed:
            parts.not_read.append(not_understood(resource, index, flawed[resource], broken=True))
        else:
            _resource(resource, around, parts, gp_connect=gp_connect)
    if envelope and not index.lone:
        parts.message, not_read = message_of(around)
        parts.not_read.extend(not_read)
    in_message = {r.path for r in parts.message.references}
    for resource in index.resources:
        if resource in index.superseded:
            continue
        if (
            resource.resource_type in SUPPORTING
            and resource not in flawed
            and not _is_item(resource, around, gp_connect=gp_connect)
        ):
            lines = listed_as_not_read(resource, used, index, _CONTEXT)
            parts.not_read.extend([line for line in lines if line.path not in in_message] if in_message else lines)
    parts.not_read.extend(_taken_back(index))
    _wrappers(index, used, parts)
    rest = account(index, used, {line.path for line in parts.not_read if line.whole})
    parts.envelope = rest.envelope
    parts.not_read = _distinct([*parts.not_read, *rest.not_judged])
    return parts


def _beside(tree: Tree, around: Surroundings) -> Iterator[NotRead]:
    """Note what narratives and comments outside of the items say beside them, and yield a line for each comment that nobody reads.

    A narrative of a consultation is about its items, one of a list or a section about what it names, and what lists that it names do, any
    other about all. A comment is about the item in which it stands. One that holds a code, or that stands beside none and holds a word of denial, is named.
    """
    index = around.index
    items = [resource for resource in index.resources if resource.resource_type in SHAPES or resource.resource_type in KINDS]
    said = around.said_elsewhere
    named: dict[Node, set[Node]] = {}
    for resource in index.resources:
        if resource.resource_type in _TELLS_OF_ITEMS and not index.lone and resource not in index.superseded:
            for node in index.inventory.of[resource].narratives:
                for words in words_of_narrative(node):
                    for item in _told_of(node, items, around, named):
                        said.setdefault(item, []).append(words)
    if len(tree.comments) > MAX_COMMENTS:
        yield not_judged(tree.root, f"more than {MAX_COMMENTS:,} comments, which are not read")
        return
    of_items = set(items)
    for node, text in tree.comments:
        resource = node.resource
        if resource in of_items:
            said.setdefault(resource, []).extend(in_parts(text))
        elif denies_something(text):
            yield not_judged(node, "a comment beside it, with words that may deny something")
        if any(is_concept_id(number) for number in _NUMBERS.findall(text)):
            yield not_judged(node, "a comment beside it, with a code")


_NUMBERS = re.compile(r"(?<!\d)\d{6,18}(?!\d)", re.ASCII)
_TELLS_OF_ITEMS = ("Composition", "Encounter", "List", "MessageHeader")


def _told_of(text: Node, items: list[Node], around: Surroundings, named: dict[Node, set[Node]]) -> Iterable[Node]:
    """Return the items that a narrative outside of them is about. `named`: what each section or list names, as far as was asked."""
    holder = text.parent
    if holder is None or holder.resource_type == "Encounter":
        return (item for item in items if encounter_of(item, around) is holder)
    ahead, found = [holder], set[Node]()
    while ahead:
        at = ahead.pop()
        if at not in named:
            parts = (node for entry in at.all("entry") for node in (entry, *entry.all("item")))
            named[at] = {node for part in parts if (node := around.index.find(part)) is not None}
        ahead += named[at] - found
        found |= named[at]
    return (item for item in items if item in found) if holder.all("entry") else items


def _distinct(lines: list[NotRead]) -> list[NotRead]:
    """Keep one line for each path, the gravest: what is broken, then what is a whole resource, then what holds a code."""
    kept: dict[str, NotRead] = {}
    for line in lines:
        held = kept.get(line.path)
        if held is None or (line.broken, line.whole, line.coded) > (held.broken, held.whole, held.coded):
            kept[line.path] = line
    return list(kept.values())


def _patient_parts(parts: Parts, index: Index, patient: Node | None, used: Used) -> tuple[str | None, str | None, set[Node]]:
    """Read the patients; a source without one may still name its patient, by number or otherwise.

    Returns the patient's NHS number, how a source without them names them, and the resources that are the same patient again.
    Whoever else an item names is another patient, though nothing in the source describes them.
    """
    same: set[Node] = set() if patient is None else set(index.versions_of(patient))
    if patient is not None:
        parts.patient, broken = patient_of(patient, used)
        parts.not_read.extend(broken)
    for other in index.resources:
        if other.resource_type == "Patient" and other is not patient and other not in index.superseded:
            found, broken = patient_of(other, used)
            parts.not_read.extend(broken)
            if other in same or (found.nhs_number is not None and digits(found.nhs_number) == digits(parts.patient.nhs_number)):
                same.add(other)
                parts.patient, differences = _together(parts.patient, found)
                parts.not_read.extend(differences)
            else:
                parts.others.append(found)
    numbers: dict[str, str] = {}
    names: dict[str, str] = {}
    for resource in index.resources:
        for node in whose(resource) if resource not in index.superseded else ():
            inner = [i for i in node.all("identifier") if i.value is None and _is_number(i)]
            if inner:
                numbers.setdefault(own_text(inner[0], "value") or "", node.path)
                used.add(node)
            elif (resource.resource_type in SHAPES or resource.resource_type in KINDS) and index.find(node) is None:
                who = index.who(node)
                if who is not None and not index.lone:
                    names.setdefault(who, node.path)
    number = parts.patient.nhs_number
    for value, path in numbers.items():
        if number is None and patient is None:
            number = value
            parts.patient = Patient(nhs_number=value, path=path)
        elif number is not None and digits(value) != digits(number):
            parts.others.append(Patient(nhs_number=value, path=path))
    named = next(iter(names), None) if patient is None else None
    parts.others.extend(Patient(path=path) for who, path in names.items() if who != named)
    return number, named, same


def _together(patient: Patient, again: Patient) -> tuple[Patient, list[NotRead]]:
    """Return a patient described twice, and a line for each fact in which the two differ: it is unknown."""
    pairs = (
        ("gender", "gender"),
        ("born", "birthDate"),
        ("sex_at_birth", None),
        ("deceased", "deceasedBoolean"),
        ("died", "deceasedDateTime"),
    )
    differing = {field: element for field, element in pairs if _differ(getattr(patient, field), getattr(again, field))}
    lines = [
        NotRead(
            path=f"{again.path}.{element}" if element is not None else again.path or "Patient",
            resource_type="Patient",
            broken=True,
            reason="it contradicts what is said of the same patient elsewhere",
        )
        for element in differing.values()
    ]
    return patient.model_copy(update=dict.fromkeys(differing)), lines


def _differ(one: str | bool | None, other: str | bool | None) -> bool:
    """Return whether both are said and cannot both be so: a year and a day of that year can."""
    if one in (None, "unknown") or other in (None, "unknown"):
        return False
    return one != other and not (str(one).startswith(str(other)) or str(other).startswith(str(one)))


def _is_number(node: Node) -> bool:
    try:
        return is_nhs_number(node) and identifier(node) is not None
    except Broken:
        return False


def _by_list(index: Index) -> dict[Node, Node]:
    """Return the encounter of each item that a consultation's lists name (GP Connect)."""
    found: dict[Node, Node] = {}
    for node in index.of("List"):
        encounters = [e for e in map(index.find, node.all("encounter")) if e is not None and e.resource_type == "Encounter"]
        for entry in node.all("entry") if encounters else ():
            for item in entry.all("item"):
                target = index.find(item)
                if target is not None:
                    found.setdefault(target, encounters[0])
    return found


def _roles(index: Index) -> dict[Node, list[Node]]:
    found: dict[Node, list[Node]] = {}
    for role in index.of("PractitionerRole"):
        for holder in {index.find(node) for node in role.all("practitioner")} - {None}:
            if holder is not None:
                found.setdefault(holder, []).append(role)
    return found


def _flaws(tree: Tree, parts: Parts) -> dict[Node, str]:
    """Report breaches of the form by path; return the resources that cannot be trusted for them, each with its reason."""
    flawed: dict[Node, str] = {}
    for flaw in tree.flaws:
        resource = flaw.node.resource
        if flaw.fatal and resource.resource_type not in ("Bundle", "Parameters"):
            flawed.setdefault(resource, f"{flaw.reason}, at {flaw.node.within}")
        else:
            parts.not_read.append(
                NotRead(
                    path=flaw.node.path,
                    reason=flaw.reason,
                    resource_type=resource.resource_type,
                    resource_id=own_text(resource, "id"),
                    broken=flaw.fatal,
                )
            )
    return flawed


def _is_item(resource: Node, around: Surroundings, *, gp_connect: bool) -> bool:
    """Return whether a resource of a supporting kind is an item: sent all alone, or an encounter that is not the envelope of others.

    GP Connect's encounters are the consultations of its items.
    """
    index = around.index
    if index.lone:
        return resource is index.root and resource.resource_type in _ONLY_ALONE
    return resource.resource_type == "Encounter" and resource is not around.encounter and not gp_connect and says_what(resource)


def _resource(resource: Node, around: Surroundings, parts: Parts, *, gp_connect: bool) -> None:
    index = around.index
    kind = resource.resource_type
    if kind is None:
        parts.not_read.append(not_understood(resource, index, "it does not say which kind of resource it is", broken=True))
        return
    local = Used()
    try:
        is_item = kind not in SUPPORTING and (kind in SHAPES or kind in KINDS)
        is_item = is_item or _is_item(resource, around, gp_connect=gp_connect)
        modified = index.inventory.modified and (_modified(resource) or _modified_around(resource))
        if is_item and modified:
            parts.not_read.append(not_understood(resource, index, _MODIFIED, broken=False))
        elif states_sex_at_birth(resource):
            _sex_at_birth(resource, local, index, parts)
        elif kind in KINDS:
            medication, not_read = medication_of(resource, around, local, gp_connect=gp_connect)
            parts.medications.append(medication)
            parts.not_read.extend(not_read)
        elif is_item:
            item, not_read = entry_of(resource, around, local)
            if isinstance(item, Entry):
                parts.entries.append(item)
            else:
                parts.texts.append(item)
            parts.not_read.extend(not_read)
        elif kind in SUPPORTING:
            if modified:
                parts.not_read.append(NotRead(path=resource.path, reason=_MODIFIED, resource_type=kind, coded=True))
            parts.not_read.extend(map(misplaced, misplaced_in(resource)))
            return
        else:
            reason = (
                "an attachment, whose content is not read"
                if kind == "Binary"
                else f"{kind} is no kind of resource that this library understands"
            )
            parts.not_read.append(not_understood(resource, index, reason, broken=False))
    except Broken as error:
        parts.not_read.append(not_understood(resource, index, f"{error.reason}, at {error.node.within}", broken=True))
    except RecordError:
        parts.not_read.append(not_understood(resource, index, "what it holds does not fit its type", broken=True))
    else:
        around.used.nodes |= local.nodes


def _modified(node: Node) -> bool:
    """Return whether FHIR forbids to use the resource without understanding an extension or rules that it names."""
    if node.all("modifierExtension") or (node.is_resource and node.all("implicitRules")):
        return True
    return any(_modified(child) for child in node.branches() if child.held and not child.is_resource)


def _modified_around(resource: Node) -> bool:
    """Return whether what a resource came in carries such an extension or rules: its entry, with the request and the search of it, its
    bundle, a parameter, or the resource that contains it."""
    at = resource.parent
    while at is not None:
        if _modified(at) if at.name == "entry" else at.all("modifierExtension") or at.all("implicitRules"):
            return True
        at = at.parent
    return False


def _sex_at_birth(resource: Node, used: Used, index: Index, parts: Parts) -> None:
    """Move a statement of sex at birth to the patient; it is private, and no entry. Two that differ leave it unknown."""
    stated = sex_at_birth_from(resource, used)
    held = parts.patient.sex_at_birth
    if held is not None and stated is not None and held != stated:
        parts.patient = parts.patient.model_copy(update={"sex_at_birth": None})
        parts.not_read.append(NotRead(path=resource.path, reason="it contradicts what is said of the patient elsewhere"))
        return
    parts.patient = parts.patient.model_copy(update={"sex_at_birth": stated})
    parts.not_read.extend(listed_as_not_read(resource, used, index, "of a resource that describes the patient"))


def _wrappers(index: Index, used: Used, parts: Parts) -> None:
    """Account for what bundles and parameters hold besides resources."""
    stack = [index.root] if index.root.resource_type in ("Bundle", "Parameters") else []
    while stack:
        bundle = stack.pop()
        parts.not_read.extend(listed_as_not_read(bundle, used, index, "of the envelope"))
        for entry in (*bundle.all("entry"), *bundle.all("parameter")):
            inner = entry.all("resource")
            if any((own_text(request, "method") or "").upper() == "DELETE" for request in entry.all("request")):
                reason = "the entry asks for something to be deleted, which this library does not judge"
                parts.not_read.append(NotRead(path=entry.path, reason=reason, whole=True, coded=True))
            answered = entry.all("request") or entry.all("response")
            if bundle.resource_type == "Bundle" and (not all(r.is_resource for r in inner) if inner else not answered):
                parts.not_read.append(NotRead(path=entry.path, reason="the entry holds no resource", whole=True, broken=True))
            stack.extend(r for r in inner if r.resource_type in ("Bundle", "Parameters"))


def _taken_back(index: Index) -> Iterator[NotRead]:
    """Yield a line for each item that stands, while what it belongs to, or is named by, is withdrawn or removes it."""
    for resource in index.resources:
        if resource in index.superseded:
            continue
        try:
            for node in _takes_back(resource, index):
                found = resource if node.name in ("context", "encounter") else index.find(node)
                if found is not None and (found.resource_type in SHAPES or found.resource_type in KINDS) and not is_void(found):
                    yield NotRead(
                        path=node.path,
                        reason="what it belongs to is withdrawn, or removes it: whether it stands cannot be told",
                        resource_type=resource.resource_type,
                        resource_id=own_text(resource, "id"),
                        coded=True,
                    )
        except Broken:
            continue  # what breaks its format is told where it stands


def _takes_back(resource: Node, index: Index) -> list[Node]:
    """Return the references of a resource that take back what they name, or name a consultation that is taken back itself."""
    match resource.resource_type:
        case "List":
            whole = own_text(resource, "status") == WITHDRAWN
            entries = [e for e in resource.all("entry") if whole or any(boolean(d) for d in e.all("deleted"))]
            return [node for entry in entries for node in entry.all("item")]
        case "DiagnosticReport" if own_text(resource, "status") in (WITHDRAWN, "cancelled"):
            return resource.all("result")
        case "Provenance":
            codings = [c for a in resource.all("activity") for c in (a, *a.all("coding"))]
            return resource.all("target") if any(own_text(c, "code") in _DELETIONS for c in codings) else []
        case kind if kind in SHAPES or kind in KINDS:
            named = [*resource.all("encounter"), *resource.all("context")]
            return [n for n in named if (e := index.find(n)) is not None and e.resource_type == "Encounter" and is_void(e)]
        case _:
            return []


def to_submission(parts: Parts, name: str) -> Submission:
    return Submission(
        format=name,
        message=parts.message,
        patient=parts.patient,
        other_patients=tuple(parts.others),
        entries=tuple(parts.entries),
        medications=tuple(parts.medications),
        texts=tuple(parts.texts),
        envelope=parts.envelope,
        not_read=tuple(parts.not_read),
        warnings=tuple(dict.fromkeys(parts.warnings)),
    )


def to_record(parts: Parts, name: str) -> Record:
    """Return the parts as a record. A record has no message: what the envelope coded or referred to is listed by path."""
    envelope = [
        *(c.path for c in parts.message.service),
        *(c.path for q in parts.message.qualifiers for c in q.codings),
        *(r.path for r in parts.message.references),
    ]
    lines = [NotRead(path=path, reason="part of the envelope, which a record does not have") for path in envelope if path]
    return Record(
        format=name,
        patient=parts.patient,
        entries=tuple(parts.entries),
        medications=tuple(parts.medications),
        texts=tuple(parts.texts),
        not_read=(*parts.not_read, *lines),
        warnings=tuple(dict.fromkeys(parts.warnings)),
        complete=parts.complete,
    )
