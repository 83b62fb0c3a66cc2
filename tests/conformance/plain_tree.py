"""FHIR, in XML or JSON, as one plain tree with FHIRPath paths; with the standard library alone."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.places import ROOT

NAMES = {*(ROOT / "src/codesafety/formats/fhir/names.txt").read_text(encoding="utf-8").split()}
NAMES |= {name.lower() for name in NAMES}
INDEXED = {"coding", "component", "contained", "entry", "extension", "modifierExtension"}
INDEXED |= {"parameter", "profile", "section", "tag"}
"""Elements whose index stands in a path though there be only one."""


@dataclass(eq=False)
class Node:
    """An element; `kind` is set where it is a resource ("" where it does not say of which kind)."""

    name: str
    value: str | None = None
    kids: list[Node] = field(default_factory=list)
    kind: str | None = None
    path: str = ""
    parent: Node | None = None
    malformed: bool = False
    """A value that FHIR does not have there: null, or a number where text belongs."""

    def all(self, *names: str) -> list[Node]:
        return [k for k in self.kids if k.name in names]

    def at(self, way: str) -> list[Node]:
        found = [self]
        for name in way.split("."):
            found = [k for node in found for k in node.all(name)]
        return found

    def text(self, way: str) -> str | None:
        return next((n.value for n in self.at(way) if n.value is not None), None)

    def walk(self, *, inner: bool = True) -> Iterator[Node]:
        """Yield the element and all below it; `inner`: also those of resources inside it."""
        yield self
        for kid in self.kids:
            if inner or kid.kind is None:
                yield from kid.walk(inner=inner)

    @property
    def resource(self) -> Node:
        return self if self.kind is not None or self.parent is None else self.parent.resource


class Number(str):
    """A number of JSON, as it was written."""


def from_json(name: str, value: Any, beside: Any = None) -> Node:
    node = Node(name)
    for part in (beside, value):
        if not isinstance(part, dict):
            continue
        node.kind = part.get("resourceType", node.kind)
        for key in part:
            if key == "resourceType" or (key.startswith("_") and key[1:] in part):
                continue
            held, aside = (None, part[key]) if key.startswith("_") else (part[key], part.get("_" + key))
            many = held if isinstance(held, list) else [held]
            asides = aside if isinstance(aside, list) else [aside] * len(many)
            node.kids += [from_json(key.lstrip("_"), *pair) for pair in zip(many, asides, strict=False)]
    if not isinstance(value, dict):
        node.value = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        node.malformed = beside is None and (
            value is None or (isinstance(value, Number) and name in ("code", "system", "display"))
        )
    elif name in ("resource", "contained") and node.kind is None:
        node.kind = ""
    return node


def from_xml(element: ET.Element) -> Node:
    name = element.tag.rsplit("}", 1)[-1]
    node = Node(name, element.attrib.get("value"), [Node(k, element.attrib[k]) for k in ("id", "url") if k in element.attrib])
    for child in element:
        if not child.tag.startswith("{http://hl7.org/fhir}"):
            continue
        kid = from_xml(child)
        if name in ("resource", "contained", "outcome") and kid.name[:1].isupper():
            node.kind, node.kids = kid.name, kid.kids
        else:
            node.kids.append(kid)
    return node


def located(node: Node) -> Node:
    """Write the paths, as FHIRPath with the names as sent, but for those that FHIR does not have, and the parents."""
    node.path = node.path or node.name
    same: dict[str, list[Node]] = {}
    for kid in node.kids:
        same.setdefault(kid.name, []).append(kid)
    strange = 0
    for name, kids in same.items():
        shown = name
        if name not in NAMES and name.lower() not in NAMES:
            strange += 1
            shown = f"unknown{strange}"
        for at, kid in enumerate(kids):
            index = f"[{at}]" if len(kids) > 1 or name in INDEXED else ""
            kid.path, kid.parent = f"{node.path}.{shown}{index}", node
            located(kid)
    return node


def tree(data: bytes) -> Node:
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip()[:1] == b"{":
        value = json.loads(data, parse_float=Number, parse_int=Number)
        return located(from_json(value["resourceType"], value))
    root = from_xml(ET.fromstring(data))
    root.kind = root.name
    return located(root)
