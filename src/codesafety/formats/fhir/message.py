"""The envelope of a FHIR message: event, sender, service, time, identity, and what it replaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from codesafety.formats.fhir.context import Surroundings, ods_code
from codesafety.formats.fhir.index import Index, own_text
from codesafety.formats.fhir.not_read import rest_of
from codesafety.formats.fhir.patient import broken_field
from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.values import Broken, Used, child_text, choice, coding, concepts, date, identifier, nature, one, text
from codesafety.record import Coding, Message, NotRead


@dataclass(frozen=True, slots=True)
class Event:
    code: str | None
    display: str | None
    system: str | None


def event_of(index: Index) -> Event | None:
    """Return the message's event (`event` in STU3, `eventCoding` or `eventUri` in R4), or None where it names none."""
    for header in index.of("MessageHeader"):
        for name in ("event", "eventCoding"):
            for node in header.all(name):
                return Event(own_text(node, "code"), own_text(node, "display"), own_text(node, "system"))
        uri = own_text(header, "eventUri")
        if uri is not None:
            return Event(uri, None, None)
    return None


def sender_of(index: Index) -> str | None:
    """Return the ODS code of the organisation that sent the message."""
    for header in index.of("MessageHeader"):
        for name in ("sender", "responsible"):
            for node in header.all(name):
                found = _organization(node, index)
                if found is not None:
                    return found
    return None


def receivers_of(header: Node) -> list[Node]:
    return [*header.all("receiver"), *(r for d in header.all("destination") for r in d.all("receiver"))]


def software_of(index: Index) -> str | None:
    for header in index.of("MessageHeader"):
        for source in header.all("source"):
            return own_text(source, "software") or own_text(source, "name")
    return None


def _organization(node: Node, index: Index) -> str | None:
    found = index.find(node)
    if found is not None and found.resource_type == "PractitionerRole":
        held = found.all("organization")
        found = index.find(held[0]) if held else None
    if found is not None and found.resource_type == "Organization":
        return ods_code(found)
    return ods_code(node)


def message_of(around: Surroundings) -> tuple[Message, tuple[NotRead, ...]]:
    """Return the message and what of its header, composition and encounter has no place in it.

    An element that breaks its format is reported by path; the rest of the message is still read.
    """
    index, used = around.index, around.used
    broken: list[NotRead] = []
    fields: dict[str, Any] = {"sender": around.sender}
    qualifiers: list[Any] = []
    references: list[Any] = []
    not_read: list[NotRead] = []
    supports = [
        *index.of("MessageHeader"),
        *index.of("Composition"),
        *([around.encounter] if around.encounter is not None else []),
    ]
    for resource in supports:
        local = Used()
        try:
            match resource.resource_type:
                case "MessageHeader":
                    found = _header(resource, around, local, broken)
                case "Composition":
                    found = _composition(resource, local, broken, dated=fields.get("sent") is not None)
                case _:
                    found = {"service": _reasons(resource, local)}
            rest = rest_of(resource, local, index, done=used)
        except Broken as error:
            broken.append(broken_field(error))
            continue
        fields["service"] = (*fields.get("service", ()), *found.pop("service", ()))
        of_document = resource.resource_type == "Composition"  # whose identifier is the message's
        fields.update({k: v for k, v in found.items() if v is not None and (k not in fields or (k == "id" and of_document))})
        used.nodes |= local.nodes
        qualifiers.extend(rest.qualifiers)
        references.extend(rest.references)
        not_read.extend(rest.not_read)
    fields.setdefault("path", index.root.path)
    root = index.root
    if root.resource_type == "Bundle":
        for bundle in (root, *(r for e in root.all("entry") for r in e.all("resource") if r.resource_type == "Bundle")):
            try:
                own = one(bundle, "identifier")
                if fields.get("id") is None and own is not None:
                    fields["id"] = identifier(own)
                if fields.get("sent") is None:
                    fields["sent"] = _sent(bundle, "timestamp", used, broken)
                if fields.get("version") is None:
                    meta = one(bundle, "meta")
                    fields["version"] = child_text(meta, "versionId") if meta is not None else None
            except Broken as error:
                broken.append(broken_field(error))
    return Message(**fields, qualifiers=tuple(qualifiers), references=tuple(references)), (*broken, *not_read)


def _sent(holder: Node, name: str, used: Used, broken: list[NotRead]) -> str | None:
    """Return a date of the envelope. One that is none is reported by itself: the rest of the envelope is still read."""
    try:
        return date(one(holder, name), used)
    except Broken as error:
        used.add(error.node)
        broken.append(broken_field(error))
        return None


def _header(header: Node, around: Surroundings, used: Used, broken: list[NotRead]) -> dict[str, Any]:
    first = header is around.index.of("MessageHeader")[0]
    for name in ("event", "eventCoding"):
        node = one(header, name)
        if node is not None and nature(node) == "coding" and first:
            coding(node, used)
    return {
        "event": event.code if first and (event := event_of(around.index)) is not None else None,
        "id": child_text(header, "id"),
        "sent": _sent(header, "timestamp", used, broken),
        "recipient": next((c for r in receivers_of(header) if (c := _organization(r, around.index)) is not None), None),
        "path": header.path,
    }


def _composition(composition: Node, used: Used, broken: list[NotRead], *, dated: bool) -> dict[str, Any]:
    own = one(composition, "identifier")
    fields: dict[str, Any] = {
        "service": concepts([one(composition, "type")], used),
        "id": identifier(own) if own is not None else child_text(composition, "id"),
        "status": child_text(composition, "status"),
    }
    if not dated:
        fields["sent"] = _sent(composition, "date", used, broken)
    for extension in composition.all("extension"):
        if "versionNumber" in (child_text(extension, "url") or ""):
            fields["version"] = text(choice(extension, "value"))
    for relation in composition.all("relatesTo"):
        if child_text(relation, "code") == "replaces":
            target = choice(relation, "target")
            if target is not None:
                inner = one(target, "identifier")
                held = child_text(target, "reference") or (identifier(inner) if inner is not None else identifier(target))
                fields["replaces"] = held.removeprefix("urn:uuid:") if held is not None else None
    return fields


def _reasons(encounter: Node, used: Used) -> tuple[Coding, ...]:
    return concepts((n for name in ("reason", "reasonCode") for n in encounter.all(name) if n.kind == "element"), used)
