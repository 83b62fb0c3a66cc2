"""Where the resources of a source are, and which of them a reference means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from codesafety.formats.fhir.inventory import Inventory
from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.values import NHS_NUMBER_SYSTEMS, child_text, identifier, is_nhs_number, made, one, text
from codesafety.record import Reference

_UUID = re.compile(r"(urn:uuid:)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_REST = re.compile(r"(?:(.*)/)?([A-Z][A-Za-z]+)/([A-Za-z0-9._-]{1,64})(?:/_history/([A-Za-z0-9.-]{1,64}))?", re.ASCII)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_WRAPPERS = ("Bundle", "Parameters")
_WHOSE = ("subject", "patient")
"""The elements of an item that name whose it is."""


def own_text(node: Node, name: str) -> str | None:
    """Return a text element, or None where it is absent or broken (its own resource reports that)."""
    held = node.held.get(name)
    if held is None or type(held) is str:
        return held
    found = node.all(name)
    return found[0].value if found[0].kind in ("text", "xml") else None


def whose(resource: Node) -> list[Node]:
    """Return the elements of a resource that name whose it is."""
    return [node for name in _WHOSE if name in resource.held for node in resource.all(name)]


def full_url(resource: Node) -> str | None:
    return own_text(resource.parent, "fullUrl") if resource.parent is not None else None


def _address(url: str) -> str:
    """Return a URL or URN as it is compared: without its scheme's `s`, a UUID in lower case."""
    return url.lower() if url[:9].lower() == "urn:uuid:" else url.replace("https:", "http:", 1)


def digits(number: str | None) -> str:
    """Return an NHS number as it is compared."""
    return "".join(letter for letter in number or "" if letter.isdigit())


def _identity(node: Node) -> str | None:
    """Return an identifier as it is compared: an NHS number by its digits, whatever its system is called."""
    value = own_text(node, "value")
    if value is None:
        return None
    system = own_text(node, "system") or ""
    return f"nhs-number|{digits(value)}" if system.endswith(NHS_NUMBER_SYSTEMS) else f"{system}|{value}"


class Versions:
    """The resources of a source that are versions of one: the same full URL, or the same type and id where there is none."""

    def __init__(self, root: Node, resources: Iterable[Node]) -> None:
        groups: dict[tuple[str | None, str], list[Node]] = {}
        for resource in resources:
            url = full_url(resource)
            own = _without_version(url) if url is not None else own_text(resource, "id")
            if own is not None:
                groups.setdefault((resource.resource_type, own), []).append(resource)
        self._group = {node: group for group in groups.values() if len(group) > 1 for node in group}
        wanted = _versions_referred_to(root) if self._group else set()
        repeated: set[Node] = set()
        superseded: set[Node] = set()
        for group in (group for group in groups.values() if len(group) > 1):
            said = {node: _content(node) for node in group}
            distinct = list({said[node]: node for node in reversed(group)}.values())
            current = _current(group, wanted) or _current(distinct, wanted)
            counting = set(distinct) if current is None else {current}
            counted = {said[node] for node in counting}
            others = set(group) - counting
            repeated.update(node for node in others if said[node] in counted)
            superseded |= others
        self.repeated = frozenset(repeated)
        """Superseded versions that say the same as the one that counts: nothing of them is lost."""
        self.superseded = frozenset(superseded)
        """Versions that another one in the source takes the place of. Of those that differ there are none where no order can be told."""

    def of(self, resource: Node, version: str) -> Node:
        """Return the version that a reference names, else the resource itself."""
        return next((node for node in self._group.get(resource, ()) if _version(node) == version), resource)

    def together(self, resource: Node) -> list[Node]:
        """Return every version of a resource, itself among them."""
        return self._group.get(resource, [resource])


_Content = tuple[str | None, tuple[tuple[str, tuple["_Content", ...]], ...]]


def _content(node: Node) -> _Content:
    """Return what an element says, in whatever order; of a resource without its `meta`, which is of the version and not of what it says."""
    named = sorted(node.children.items())
    return node.value or node.resource_type, tuple(
        (name, tuple(map(_content, nodes))) for name, nodes in named if name != "meta" or not node.is_resource
    )


def _without_version(url: str) -> str:
    return _address(url).partition("/_history/")[0]


def _version(resource: Node) -> str | None:
    return next((v for meta in resource.all("meta") if (v := own_text(meta, "versionId")) is not None), None)


def _versions_referred_to(root: Node) -> set[tuple[str, str, str]]:
    """Return type, id and version of every reference that names a version."""
    found: set[tuple[str, str, str]] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        stack.extend(node.elements())
        rest = _REST.fullmatch(node.value) if node.name == "reference" and node.value and "/_history/" in node.value else None
        if rest is not None:
            found.add((rest[2], rest[3], rest[4]))
    return found


def _current(group: list[Node], wanted: set[tuple[str, str, str]]) -> Node | None:
    """Return the version that counts: the only one that is referred to, else the latest; None where that cannot be told."""
    named = [n for n in group if (n.resource_type, own_text(n, "id"), _version(n)) in wanted]
    if len(named) == 1:
        return named[0]
    numbers = [int(v) if v is not None and _NUMBER.fullmatch(v) else None for v in map(_version, group)]
    known = [number for number in numbers if number is not None]
    if len(known) == len(group) == len(set(known)):
        return group[known.index(max(known))]
    moments = [_updated(node) for node in group]
    dated = [moment for moment in moments if moment is not None]
    return group[dated.index(max(dated))] if len(dated) == len(group) == len(set(dated)) else None


def _updated(resource: Node) -> datetime | None:
    for meta in resource.all("meta"):
        try:
            moment = datetime.fromisoformat(own_text(meta, "lastUpdated") or "")
        except ValueError:
            return None
        return moment if moment.tzinfo is not None else None
    return None


class Index:
    """The resources of one source, by full URL, type, id and version."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.inventory = Inventory(root)
        self.resources = tuple(r for r in self.inventory.of if r.resource_type not in _WRAPPERS)
        self.lone = root.resource_type not in _WRAPPERS
        self.carries_all = own_text(root, "type") in ("message", "document")
        """A message or a document holds what it refers to; an extract need not."""
        self._bases: dict[Node, str | None] = {}
        self._meant: dict[Node, Node | None] = {}
        self._found: dict[tuple[str, str | None], Node | None] = {}
        self._inside: dict[Node, dict[str, Node]] = {}
        self._by_key: dict[str, Node] = {}
        self._versions = Versions(root, (r for r in self.inventory.of if r.name != "contained"))
        self.superseded = self._versions.superseded
        self.repeated = self._versions.repeated
        self._by_kind: dict[str | None, list[Node]] = {}
        for resource in self.resources:
            if resource.name != "contained" and resource not in self.superseded:
                self._by_kind.setdefault(resource.resource_type, []).append(resource)
        shared: set[str] = set()
        for resource in self.inventory.of:
            if resource.name == "contained" or resource in self.superseded:
                continue
            for key in self._keys(resource):
                held = self._by_key.setdefault(key, resource)
                if held not in self._versions.together(resource) and key not in shared and _content(held) != _content(resource):
                    shared.add(key)
        for key in shared:  # what two resources are called says nothing
            if not key.startswith("urn:"):
                del self._by_key[key]

    def _keys(self, resource: Node) -> Iterator[str]:
        own, full = own_text(resource, "id"), full_url(resource)
        if full:
            yield _address(full)
            yield full.removeprefix("urn:uuid:")
            rest = _REST.fullmatch(full)
            if rest is not None:
                yield f"{rest[2]}/{rest[3]}"
        if own:
            yield own
            yield "urn:uuid:" + own.lower()
            yield f"{resource.resource_type}/{own}"
        if resource.resource_type == "Patient":
            yield from (key for node in resource.all("identifier") if (key := _identity(node)) is not None)

    def of(self, kind: str) -> list[Node]:
        """Return the resources of a kind in the order sent, contained ones left out."""
        return self._by_kind.get(kind, [])

    def find(self, node: Node | None) -> Node | None:
        """Return the resource that a Reference element means, or None."""
        if node is None:
            return None
        if node not in self._meant:
            self._meant[node] = self._means(node)
        return self._meant[node]

    def _means(self, node: Node) -> Node | None:
        target = own_text(node, "reference")
        if target is None:
            identifiers = node.all("identifier") if node.name in _WHOSE else []
            key = _identity(identifiers[0]) if identifiers else None
            return self._by_key.get(key) if key is not None else None
        if target.startswith("#"):
            holder: Node | None = node.resource
            while holder is not None:
                inner = self._contained(holder).get(target[1:])
                if inner is not None:
                    return inner
                if holder.name != "contained" or holder.parent is None:
                    return holder if target == "#" else None
                holder = holder.parent.resource
            return None
        base = None  # a URN says the same wherever it stands
        if target[:9] != "urn:uuid:":
            resource = node.resource
            if resource not in self._bases:
                rest = _REST.fullmatch(full_url(resource) or "")
                self._bases[resource] = None if rest is None else rest[1]
            base = self._bases[resource]
        if (target, base) not in self._found:
            self._found[target, base] = self._find(target, base)
        return self._found[target, base]

    def _find(self, target: str, here: str | None) -> Node | None:
        """Return the resource that an address means, or None. `here`: the server of the resource that gives it."""
        rest = _REST.fullmatch(target)
        if rest is None:
            return self._by_key.get(_address(target))
        base, kind, own, version = rest.groups()
        base = here if base is None else base
        found = self._by_key.get(_address(f"{base}/{kind}/{own}")) if base is not None else None
        if found is None:
            found = self._by_key.get(f"{kind}/{own}")
            if found is not None and base is not None and (full_url(found) or "").startswith(("http:", "https:")):
                return None  # the same id on another server is another resource
        return found if found is None or version is None else self._versions.of(found, version)

    def _contained(self, holder: Node) -> dict[str, Node]:
        """Return the contained resources of a resource by id, the first of each."""
        if holder not in self._inside:
            by_id: dict[str, Node] = {}
            for inner in holder.all("contained"):
                own = own_text(inner, "id")
                if own is not None:
                    by_id.setdefault(own, inner)
            self._inside[holder] = by_id
        return self._inside[holder]

    def versions_of(self, resource: Node) -> list[Node]:
        """Return every version of a resource that the source holds, itself among them."""
        return self._versions.together(resource)

    def who(self, node: Node) -> str | None:
        """Return a name for whom an element means that is the same wherever the source means them; None where it names nobody."""
        target = own_text(node, "reference")
        if target is not None:
            rest = _REST.fullmatch(target)
            return f"{rest[2]}/{rest[3]}" if rest else _address(target)
        inner = node.all("identifier")
        return (_identity(inner[0]) if inner else None) or own_text(node, "display")

    def kind(self, node: Node) -> str | None:
        """Return the kind of resource that a Reference element says that it means; None where it does not say."""
        rest = _REST.fullmatch(own_text(node, "reference") or "")
        return rest[2] if rest is not None else own_text(node, "type")

    def resolved(self, node: Node) -> bool | None:
        """Return whether the source answers to a reference; None where it may be answered elsewhere.

        Elsewhere: on a server, in what a lone or contained resource was taken from, or, for all but whose the item is, in the
        record of which the source is an extract.
        """
        if self.find(node) is not None:
            return True
        target = own_text(node, "reference")
        outside = self.lone or node.resource.name == "contained"
        if node.name in _WHOSE and node.parent is node.resource and not outside and self._by_kind.get("Patient"):
            return None if self.who(node) is None else False
        if target is None or target.startswith(("http:", "https:")):
            return None
        if target.startswith("#"):
            return False
        if _REST.fullmatch(target) or not (self.carries_all or outside):
            return None
        return None if outside and _UUID.fullmatch(target) else False

    def reference(self, node: Node, role: str) -> Reference:
        """Return a reference as the model has it. A patient's number never becomes its target."""
        target = child_text(node, "reference")
        if target is None and "identifier" in node.held:
            inner = one(node, "identifier")
            target = None if inner is None or is_nhs_number(inner) else identifier(inner)
        return made(Reference, {"role": role, "target": target, "resolved": self.resolved(node), "path": node.path})

    def id_of(self, resource: Node) -> str | None:
        """Return the identifier by which a copy of the item is known: its first identifier, else its address or id."""
        for node in resource.all("identifier"):
            value = identifier(node)
            if value is not None:
                return value
        if resource.parent is not None:
            full = own_text(resource.parent, "fullUrl")
            if full is not None:
                return full.removeprefix("urn:uuid:")
        return text(one(resource, "id"))

    def item_id(self, node: Node) -> str | None:
        """Return the identifier of the item that a reference means, comparable with the `id` of items."""
        found = self.find(node)
        if found is not None:
            return self.id_of(found)
        target = child_text(node, "reference")
        if target is not None:
            return target.removeprefix("urn:uuid:")
        inner = one(node, "identifier")
        return identifier(inner) if inner is not None else None
