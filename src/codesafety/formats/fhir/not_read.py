"""What is left of a resource once it is mapped: nothing coded, measured, dated or referred to is dropped in silence.

Left-over codings become qualifiers under the element's name, left-over references become references, and left-over dates and
quantities, for which an item has no place, are listed by path as not read. Every coding of the source that is then in no item
and not in the message is of the envelope (`places.ENVELOPE`), or is named as not judged (`account`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from codesafety.formats.fhir.index import Index, own_text
from codesafety.formats.fhir.places import is_envelope, is_known
from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.values import (
    Broken,
    Nature,
    Used,
    checked_date,
    child_text,
    coding,
    concept,
    decimal,
    listed,
    made,
    nature,
    one,
)
from codesafety.record import Coding, NotRead, Qualifier, Reference

_WHAT: dict[Nature, str] = {"coding": "a coding", "quantity": "a quantity", "date": "a date", "reference": "a reference"}


@dataclass(frozen=True, slots=True)
class Rest:
    qualifiers: tuple[Qualifier, ...]
    references: tuple[Reference, ...]
    not_read: tuple[NotRead, ...]


def role_of(node: Node) -> str:
    """Return the element's way from its resource, without indices; an extension goes by the last part of its URL."""
    if node.parent is not None and node.parent.is_resource and node.name not in ("extension", "modifierExtension"):
        return node.shown
    parts: list[str] = []
    at: Node | None = node
    while at is not None and not at.is_resource:
        if at.name in ("extension", "modifierExtension"):
            url = at.all("url")
            parts.append((url[0].value or "extension").rsplit("/", 1)[-1] if url else "extension")
        elif at.parent is None or at.parent.name not in ("extension", "modifierExtension"):
            parts.append(at.shown)
        at = at.parent
    return ".".join(reversed(parts))


def unplaced(node: Node, what: str) -> NotRead:
    return line_of(node, node.resource, f"{what} that this library's record has no place for")


def line_of(
    node: Node, resource: Node, reason: str, *, coded: bool = False, broken: bool = False, codings: tuple[Coding, ...] = ()
) -> NotRead:
    """Return the line for an element of a resource that has no place."""
    own_id = resource.held.get("id")
    fields = {
        "path": node.path,
        "reason": reason,
        "resource_type": resource.resource_type,
        "resource_id": own_id if type(own_id) is str else own_text(resource, "id"),
        "whole": False,
        "coded": coded,
        "broken": broken,
        "codings": codings,
    }
    return made(NotRead, fields)


def _qualifier(role: str, codings: tuple[Coding, ...], text: str | None = None) -> Qualifier:
    return made(Qualifier, {"role": role, "codings": codings, "text": text})


def rest_of(resource: Node, used: Used, index: Index, *, done: Used | None = None) -> Rest:
    """Return what is left over, but for what others have used (`done`). Raises Broken where a left-over breaks its type."""
    qualifiers: list[Qualifier] = []
    references: list[Reference] = []
    not_read: list[NotRead] = []
    seen: set[Node] = set()
    for node, kind in index.inventory.of[resource].accountable.items():
        if node in used.nodes or (done is not None and node in done):
            continue
        match kind:
            case "coding":
                held = node.parent if node.name == "coding" and node.parent is not None else node
                if held is not node and held in seen:
                    continue
                role = role_of(held)
                if not _is_place_of(held, node, role):
                    continue  # where FHIR has no coded element, it is named as not judged
                if held is node:
                    qualifiers.append(_qualifier(role, concept(node, used).codings))
                else:
                    seen.add(held)
                    codings = tuple([coding(c, used) for c in listed(held, "coding") if c not in used.nodes])
                    qualifiers.append(_qualifier(role, codings, child_text(held, "text")))
            case "reference":
                references.append(index.reference(node, role_of(node)))
            case "date":
                checked_date(node)
                not_read.append(unplaced(node, "a date"))
            case "quantity":
                decimal(one(node, "value"))
                not_read.append(unplaced(node, "a quantity"))
    qualifiers.extend(_beside_codings(index.inventory.of[resource].beside_codes))
    return Rest(tuple(qualifiers), tuple(references), tuple(not_read))


def _beside_codings(codings: list[Node]) -> Iterator[Qualifier]:
    """Yield what codings carry besides code and words: SNOMED CT description ids and versions, as plain text.

    They are no codings: a description id standing as a code would be a fault.
    """
    for node in codings:
        version = child_text(node, "version")
        if version is not None:
            yield _qualifier(f"{role_of(node)}.version", (), version)
        for extension in node.all("extension"):
            for part in (extension, *extension.all("extension")):
                for name in part.held:
                    if name.startswith("value") and (value := part.all(name)[0]).value is not None and nature(value) is None:
                        yield _qualifier(role_of(part), (), value.value)


def listed_as_not_read(resource: Node, used: Used, index: Index, reason: str) -> list[NotRead]:
    """Return every date, quantity and reference that is left of a resource that supports others, one by one and by path."""
    reasons = {kind: f"{what} {reason}" for kind, what in _WHAT.items()}
    found: list[NotRead] = []
    for node, kind in index.inventory.of[resource].accountable.items():
        if kind == "coding" or node in used.nodes:
            continue
        if kind == "date" and not _is_date(node):
            decides = resource.resource_type in ("Encounter", "Patient")
            found.append(line_of(node, resource, "there is no such date", broken=decides))
        else:
            found.append(line_of(node, resource, reasons[kind]))
    return found


@dataclass(frozen=True, slots=True)
class Account:
    """The codings of a source that are in no item and not in the message."""

    envelope: tuple[Qualifier, ...]
    not_judged: tuple[NotRead, ...]


def account(index: Index, used: Used, unread: Collection[str]) -> Account:
    """Return what became of every coding that was not used. `unread`: the paths of resources that are named as a whole."""
    envelope: list[Qualifier] = []
    lines: list[NotRead] = []
    whole = {resource for resource in index.inventory.of if resource.path in unread}
    for node, resource in index.inventory.coded.items():
        if resource in whole:
            continue
        stray = _stray(node)
        if stray is not None:
            lines.append(not_judged(stray, "a name that FHIR does not have beside a code"))
        if node in used.nodes:
            continue
        held = _read_coding(node)
        if held is not None and stray is None and is_envelope(resource.resource_type, place := _place(node)):
            envelope.append(_qualifier(f"{resource.resource_type}.{place}", (held,), _words_beside(node)))
        else:
            lines.append(not_judged(node, "a code where this library judges none", held))
    return Account(tuple(envelope), tuple(lines))


def _read_coding(node: Node) -> Coding | None:
    """Return the coding that an element holds, or None where it is broken or a plain value: its path names it."""
    try:
        return coding(node, Used())
    except Broken:
        return None


def _words_beside(node: Node) -> str | None:
    """Return the words of the concept around a coding, or None where it is bare or they are broken."""
    if node.name != "coding" or node.parent is None:
        return None
    return next((words.value for words in node.parent.all("text")), None)


def not_judged(node: Node, reason: str, held: Coding | None = None) -> NotRead:
    """Return the line of a code, or of what is beside one, that is named by its path and judged by no rule."""
    return line_of(node, node.resource, reason, coded=True, codings=() if held is None else (held,))


_CODING = frozenset(["system", "version", "code", "display", "userSelected", "extension", "id"])
_CONCEPT = frozenset(["coding", "text", "extension", "id"])


def _stray(node: Node) -> Node | None:
    """Return an element of a coding, or of the concept around it, whose name FHIR does not have there."""
    concept_of = node.parent if node.name == "coding" and node.parent is not None else None
    if (found := _stray_in(node, _CODING)) is not None or concept_of is None or concept_of.is_resource:
        return found
    return _stray_in(concept_of, _CONCEPT)


def _stray_in(node: Node, names: frozenset[str]) -> Node | None:
    """Return an element of another name than these, or one below that FHIR does not have there; codings stand for themselves."""
    for name, held in node.held.items():
        if name not in names:
            return node.all(name)[0]
        if name == "extension" or (name != "coding" and type(held) is not str):
            for child in node.all(name):
                if name == "extension" and child.value is not None:
                    return child
                if (found := _stray_below(child)) is not None:
                    return found
    return None


def _stray_below(node: Node) -> Node | None:
    """Return an element below a plain value or an extension whose name FHIR does not have there."""
    of_extension = node.name == "extension"
    for name in node.held:
        if name == "extension":
            for child in node.all(name):
                if child.value is not None:
                    return child
                if (found := _stray_below(child)) is not None:
                    return found
        elif not (name == "id" or (of_extension and (name == "url" or name.startswith("value")))):
            return node.all(name)[0]
    return None


def _place(node: Node) -> str:
    return role_of(node.parent if node.name == "coding" and node.parent is not None else node)


def _is_place_of(held: Node, node: Node, role: str) -> bool:
    """Return whether FHIR has a coded element where a coding stands, in its resource or as the value of an extension.

    `held`: the concept of the coding, or the coding itself where it is bare; `role`: its way."""
    if held.parent is not None and held.parent.name in ("extension", "modifierExtension"):
        return held.name == "valueCodeableConcept" if held is not node else held.name == "valueCoding"
    return is_known(node.resource.resource_type, role) and not _in_extension(held)


def _in_extension(node: Node) -> bool:
    at: Node | None = node
    while at is not None and not at.is_resource and at.name not in ("extension", "modifierExtension"):
        at = at.parent
    return at is not None and not at.is_resource


def _is_date(node: Node) -> bool:
    try:
        checked_date(node)
    except Broken:
        return False
    return True


def not_understood(resource: Node, index: Index, reason: str, *, broken: bool) -> NotRead:
    """Return the line for a whole resource that was not read, with all of its codes; contained resources have their own."""
    coded = index.inventory.of[resource].coded
    return NotRead(
        path=resource.path,
        reason=reason,
        resource_type=resource.resource_type,
        resource_id=own_text(resource, "id"),
        whole=True,
        coded=bool(coded),
        broken=broken,
        codings=tuple(held for held in map(_read_coding, coded) if held is not None),
    )
