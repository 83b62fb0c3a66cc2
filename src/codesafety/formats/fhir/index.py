"""Where the resources of a source are, and which of them a reference means."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.values import child_text, identifier, is_nhs_number, one, text
from codesafety.record import Reference

_UUID = re.compile(r"(urn:uuid:)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_REST = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})(?:/_history/.*)?", re.ASCII)
_WRAPPERS = ("Bundle", "Parameters")


def resources_under(node: Node) -> Iterator[Node]:
    """Yield every resource, bundles and contained resources too, in the order sent."""
    if node.is_resource:
        yield node
    for child in node.elements():
        if child.children or child.is_resource:
            yield from resources_under(child)


def own_text(node: Node, name: str) -> str | None:
    """Return a text element, or None where it is absent or broken (its own resource reports that)."""
    found = node.all(name)
    return found[0].value if found and found[0].kind in ("text", "xml") else None


class Index:
    """The resources of one source, by full URL, type and id."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.resources = tuple(r for r in resources_under(root) if r.resource_type not in _WRAPPERS)
        self._by_kind: dict[str | None, list[Node]] = {}
        for resource in self.resources:
            if resource.name != "contained":
                self._by_kind.setdefault(resource.resource_type, []).append(resource)
        self.lone = root.resource_type not in _WRAPPERS
        self._inside: dict[Node, dict[str, Node]] = {}
        self._by_key: dict[str, Node] = {}
        shared: set[str] = set()
        for resource in resources_under(root):
            if resource.name == "contained":
                continue
            for key in self._keys(resource):
                if self._by_key.setdefault(key, resource) is not resource and "/" not in key:
                    shared.add(key)
        for key in shared:  # a bare id that two kinds of resource have says nothing; with its type it does
            if not key.startswith("urn:"):
                del self._by_key[key]

    def _keys(self, resource: Node) -> Iterator[str]:
        own = own_text(resource, "id")
        full = own_text(resource.parent, "fullUrl") if resource.parent is not None else None
        if full:
            yield full
            yield full.removeprefix("urn:uuid:")
            rest = _REST.fullmatch(full)
            if rest is not None:
                yield f"{rest[1]}/{rest[2]}"
        if own:
            yield own
            yield "urn:uuid:" + own
            yield f"{resource.resource_type}/{own}"

    def of(self, kind: str) -> list[Node]:
        """Return the resources of a kind in the order sent, contained ones left out."""
        return self._by_kind.get(kind, [])

    def find(self, node: Node | None) -> Node | None:
        """Return the resource that a Reference element means, or None."""
        if node is None:
            return None
        target = own_text(node, "reference")
        if target is None:
            return None
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
        found = self._by_key.get(target)
        if found is None and target.startswith("urn:uuid:"):
            found = self._by_key.get(target.lower())
        if found is None:
            rest = _REST.fullmatch(target)
            found = self._by_key.get(f"{rest[1]}/{rest[2]}") if rest else None
        return found

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

    def resolved(self, node: Node) -> bool | None:
        """Return whether the source answers to a reference; None where it may be answered elsewhere (a server's address)."""
        if self.find(node) is not None:
            return True
        target = own_text(node, "reference")
        if target is None or target.startswith(("http:", "https:")):
            return None
        if _UUID.fullmatch(target):  # a lone or contained resource may refer to what it was taken from
            return None if self.lone or node.resource.name == "contained" else False
        if _REST.fullmatch(target):
            return None
        return False

    def reference(self, node: Node, role: str) -> Reference:
        """Return a reference as the model has it. A patient's number never becomes its target."""
        target = child_text(node, "reference")
        if target is None:
            inner = one(node, "identifier")
            target = None if inner is None or is_nhs_number(inner) else identifier(inner)
        return Reference(role=role, target=target, resolved=self.resolved(node), path=node.path)

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
