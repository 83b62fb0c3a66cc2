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
    resource = node.resource
    return made(
        NotRead,
        path=node.path,
        reason=f"{what} that this library's record has no place for",
        resource_type=resource.resource_type,
        resource_id=own_text(resource, "id"),
    )


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
            case "coding" if not _is_place_of(node):
                continue  # FHIR has no coded element there: it is named as not judged
            case "coding" if node.name == "coding" and node.parent is not None:
                if node.parent not in seen:
                    seen.add(node.parent)
                    left = [c for c in listed(node.parent, "coding") if c not in used]
                    codings = tuple([coding(c, used) for c in left])
                    qualifiers.append(
                        made(Qualifier, role=role_of(node.parent), codings=codings, text=child_text(node.parent, "text"))
                    )
            case "coding":
                qualifiers.append(made(Qualifier, role=role_of(node), codings=concept(node, used).codings))
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
            yield made(Qualifier, role=f"{role_of(node)}.version", text=version)
        for extension in node.all("extension"):
            for part in (extension, *extension.all("extension")):
                for name, values in part.children.items():
                    if name.startswith("value") and values[0].value is not None and nature(values[0]) is None:
                        yield made(Qualifier, role=role_of(part), text=values[0].value)


def listed_as_not_read(resource: Node, used: Used, index: Index, reason: str) -> Iterator[NotRead]:
    """Yield every date, quantity and reference that is left of a resource that supports others, one by one and by path."""
    kind_of_resource, own_id = resource.resource_type, own_text(resource, "id")
    for node, kind in index.inventory.of[resource].accountable.items():
        if kind == "coding" or node in used.nodes:
            continue
        broken = kind == "date" and not _is_date(node)
        yield made(
            NotRead,
            path=node.path,
            reason="there is no such date" if broken else f"{_WHAT[kind]} {reason}",
            resource_type=kind_of_resource,
            resource_id=own_id,
            broken=broken and kind_of_resource in ("Encounter", "Patient"),
        )


@dataclass(frozen=True, slots=True)
class Account:
    """The codings of a source that are in no item and not in the message."""

    envelope: tuple[Qualifier, ...]
    not_judged: tuple[NotRead, ...]


def account(index: Index, used: Used, unread: Collection[str]) -> Account:
    """Return what became of every coding that was not used. `unread`: the paths of resources that are named as a whole."""
    envelope: list[Qualifier] = []
    lines: list[NotRead] = []
    for node, resource in index.inventory.coded.items():
        if resource.path in unread:
            continue
        stray = _stray(node)
        if stray is not None:
            lines.append(not_judged(stray, "a name that FHIR does not have beside a code"))
        if node in used:
            continue
        held = _read_coding(node)
        if held is not None and stray is None and is_envelope(resource.resource_type, _place(node)):
            role = f"{resource.resource_type}.{_place(node)}"
            envelope.append(made(Qualifier, role=role, codings=(held,), text=_words_beside(node)))
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
    found = node.parent.all("text") if node.name == "coding" and node.parent is not None else []
    return found[0].value if found else None


def not_judged(node: Node, reason: str, held: Coding | None = None) -> NotRead:
    """Return the line of a code, or of what is beside one, that is named by its path and judged by no rule."""
    resource = node.resource
    return NotRead(
        path=node.path,
        reason=reason,
        resource_type=resource.resource_type,
        resource_id=own_text(resource, "id"),
        coded=True,
        codings=() if held is None else (held,),
    )


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


def _is_place_of(node: Node) -> bool:
    """Return whether FHIR has a coded element where a coding stands, in its resource or as the value of an extension."""
    held = node.parent if node.name == "coding" and node.parent is not None else node
    if held.parent is not None and held.parent.name in ("extension", "modifierExtension"):
        return held.name == "valueCodeableConcept" if held is not node else held.name == "valueCoding"
    return is_known(node.resource.resource_type, role_of(held)) and not _in_extension(held)


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
