"""What is left of a resource once it is mapped: nothing coded, measured, dated or referred to is dropped in silence.

Left-over codings become qualifiers under the element's name, left-over references become references, and left-over dates and
quantities, for which an item has no place, are listed by path as not read. Every coding of the source that is then in no item
and not in the message is of the envelope (`places.ENVELOPE`), or is named as not judged (`account`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from codesafety.formats.fhir.index import Index
from codesafety.formats.fhir.places import is_envelope, is_known
from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.values import Broken, Nature, Used, child_text, coding, concept, date, decimal, listed, nature, one
from codesafety.record import Coding, NotRead, Qualifier, Reference

_WHAT: dict[Nature, str] = {"coding": "a coding", "quantity": "a quantity", "date": "a date", "reference": "a reference"}


@dataclass(frozen=True, slots=True)
class Rest:
    qualifiers: tuple[Qualifier, ...]
    references: tuple[Reference, ...]
    not_read: tuple[NotRead, ...]


def accountable(node: Node, used: Used) -> Iterator[tuple[Node, Nature]]:
    """Yield the codings, quantities, dates and references of one resource that were not used, in the order sent.

    Narrative is skipped; contained resources stand for themselves.
    """
    for name, nodes in node.children.items():
        if name == "text" and node.is_resource:
            continue
        for child in nodes:
            if child.is_resource:
                continue
            kind = nature(child)
            if kind is not None and child not in used:
                yield child, kind
            if child.children:
                yield from accountable(child, used)


def role_of(node: Node) -> str:
    """Return the element's way from its resource, without indices; an extension goes by the last part of its URL."""
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
    return NotRead(
        path=node.path,
        reason=f"{what} that this library's record has no place for",
        resource_type=resource.resource_type,
        resource_id=_id(resource),
    )


def rest_of(resource: Node, used: Used, index: Index, *, done: Used | None = None) -> Rest:
    """Return what is left over, but for what others have used (`done`). Raises Broken where a left-over breaks its type."""
    qualifiers: list[Qualifier] = []
    references: list[Reference] = []
    not_read: list[NotRead] = []
    seen: set[Node] = set()
    for node, kind in accountable(resource, used):
        if done is not None and node in done:
            continue
        match kind:
            case "coding" if not _is_place_of(node):
                continue  # FHIR has no coded element there: it is named as not judged
            case "coding" if node.name == "coding" and node.parent is not None:
                if node.parent not in seen:
                    seen.add(node.parent)
                    left = [c for c in listed(node.parent, "coding") if c not in used]
                    codings = tuple(coding(c, used) for c in left)
                    qualifiers.append(Qualifier(role=role_of(node.parent), codings=codings, text=child_text(node.parent, "text")))
            case "coding":
                qualifiers.append(Qualifier(role=role_of(node), codings=concept(node, used).codings))
            case "reference":
                references.append(index.reference(node, role_of(node)))
            case "date":
                date(node, Used())
                not_read.append(unplaced(node, "a date"))
            case "quantity":
                decimal(one(node, "value"))
                not_read.append(unplaced(node, "a quantity"))
    qualifiers.extend(_beside_codings(resource))
    return Rest(tuple(qualifiers), tuple(references), tuple(not_read))


def _beside_codings(resource: Node) -> Iterator[Qualifier]:
    """Yield what codings carry besides code and words: SNOMED CT description ids and versions, as plain text.

    They are no codings: a description id standing as a code would be a fault.
    """
    for node in _codings(resource):
        version = child_text(node, "version")
        if version is not None:
            yield Qualifier(role=f"{role_of(node)}.version", text=version)
        for extension in node.all("extension"):
            for part in (extension, *extension.all("extension")):
                for name, values in part.children.items():
                    if name.startswith("value") and values[0].value is not None and nature(values[0]) is None:
                        yield Qualifier(role=role_of(part), text=values[0].value)


def _codings(node: Node) -> Iterator[Node]:
    for name, nodes in node.children.items():
        for child in nodes:
            if child.is_resource or (name == "text" and node.is_resource):
                continue
            if name == "coding":
                yield child
            if child.children:
                yield from _codings(child)


def listed_as_not_read(resource: Node, used: Used, reason: str) -> Iterator[NotRead]:
    """Yield every date, quantity and reference that is left of a resource that supports others, one by one and by path."""
    for node, kind in accountable(resource, used):
        if kind == "coding":
            continue
        broken = kind == "date" and not _is_date(node)
        yield NotRead(
            path=node.path,
            reason="there is no such date" if broken else f"{_WHAT[kind]} {reason}",
            resource_type=resource.resource_type,
            resource_id=_id(resource),
            broken=broken and resource.resource_type in ("Encounter", "Patient"),
        )


@dataclass(frozen=True, slots=True)
class Account:
    """The codings of a source that are in no item and not in the message."""

    envelope: tuple[Qualifier, ...]
    not_judged: tuple[NotRead, ...]


def account(root: Node, used: Used, unread: Collection[str]) -> Account:
    """Return what became of every coding that was not used. `unread`: the paths of resources that are named as a whole."""
    envelope: list[Qualifier] = []
    not_judged: list[NotRead] = []
    for node in _coded(root):
        resource = node.resource
        if resource.path in unread:
            continue
        stray = _stray(node)
        if stray is not None:
            not_judged.append(_not_judged(stray, "a name that FHIR does not have beside a code"))
        if node in used:
            continue
        held = _read_coding(node)
        if held is not None and stray is None and is_envelope(resource.resource_type, _place(node)):
            role = f"{resource.resource_type}.{_place(node)}"
            envelope.append(Qualifier(role=role, codings=(held,), text=_words_beside(node)))
        else:
            not_judged.append(_not_judged(node, "a code where this library judges none", held))
    return Account(tuple(envelope), tuple(not_judged))


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


def _not_judged(node: Node, reason: str, held: Coding | None = None) -> NotRead:
    resource = node.resource
    return NotRead(
        path=node.path,
        reason=reason,
        resource_type=resource.resource_type,
        resource_id=_id(resource),
        coded=True,
        codings=() if held is None else (held,),
    )


_CODING = frozenset(["system", "version", "code", "display", "userSelected", "extension", "id"])
_CONCEPT = frozenset(["coding", "text", "extension", "id"])
_CONCEPT_ID = re.compile(r"[1-9]\d{2,14}[01]0\d", re.ASCII)
"""What an identifier of a SNOMED CT concept looks like, without its check digit's test: the reader knows no terminology."""
_NO_CODES = frozenset(["id", "fullUrl", "reference", "url", "versionId", "lotNumber", "serialNumber"])


def _coded(node: Node) -> Iterator[Node]:
    """Yield every element that holds a code, wherever it stands: in narrative, beside a value, under any name."""
    if _looks_coded(node):
        yield node
    for name, nodes in node.children.items():
        for child in nodes:
            if _is_stray_id(name, child, node):
                yield child
            if child.children:
                yield from _coded(child)


def _looks_coded(node: Node) -> bool:
    names = node.children
    if node.is_resource or not names:
        return False
    if node.name == "coding" or node.name.endswith("Coding"):
        return bool(names.keys() - {"extension", "id"})
    code = names.get("code")
    if code is None or code[0].value is None:
        return False
    if node.value is not None or nature(node) == "coding":
        return True
    return nature(node) is None and bool(names.keys() & {"system", "display"})


def _is_stray_id(name: str, leaf: Node, holder: Node) -> bool:
    """Return whether a plain value is a SNOMED CT identifier where FHIR keeps no code of a coding."""
    if leaf.value is None or leaf.kind not in ("text", "xml") or not _CONCEPT_ID.fullmatch(leaf.value):
        return False
    if name == "code":
        return not (_looks_coded(holder) or nature(holder) == "quantity")
    if name in _NO_CODES:
        return _looks_coded(holder)
    return name != "value" or holder.name not in ("identifier", "telecom")


def _stray(node: Node) -> Node | None:
    """Return an element of a coding, or of the concept around it, whose name FHIR does not have there."""
    concept_of = node.parent if node.name == "coding" and node.parent is not None else None
    for held, names in ((node, _CODING), (concept_of, _CONCEPT)):
        if held is not None and (held is node or not held.is_resource):
            for child in held.elements():
                if child.name not in names or (child.name == "extension" and child.value is not None):
                    return child
                if child.name != "coding" and (found := _stray_below(child)) is not None:
                    return found
    return None


def _stray_below(node: Node) -> Node | None:
    """Return an element below a plain value or an extension whose name FHIR does not have there."""
    of_extension = node.name == "extension"
    for child in node.elements():
        if child.name == "extension":
            if child.value is not None:
                return child
            if (found := _stray_below(child)) is not None:
                return found
        elif not (child.name == "id" or (of_extension and (child.name == "url" or child.name.startswith("value")))):
            return child
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
        date(node, Used())
    except Broken:
        return False
    return True


def _id(resource: Node) -> str | None:
    found = resource.all("id")
    return found[0].value if found and found[0].kind in ("text", "xml") else None


def not_understood(resource: Node, reason: str, *, broken: bool) -> NotRead:
    """Return the line for a whole resource that was not read, with all of its codes; contained resources have their own."""
    coded = [node for node in _coded(resource) if node.resource is resource]
    return NotRead(
        path=resource.path,
        reason=reason,
        resource_type=resource.resource_type,
        resource_id=_id(resource),
        whole=True,
        coded=bool(coded),
        broken=broken,
        codings=tuple(held for held in map(_read_coding, coded) if held is not None),
    )
