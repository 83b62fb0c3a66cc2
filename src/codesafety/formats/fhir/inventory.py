"""One walk over a tree: which resources it has, and what in each must be accounted for.

Listed in the order sent: of each resource its codings, quantities, dates and references, but for its narrative and for resources inside it,
which stand for themselves; and every element anywhere that holds a code, in narrative, beside a value, under any name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from codesafety.formats.fhir.tree import Held, Node
from codesafety.formats.fhir.values import Nature, date_named, is_date_like, nature

_CONCEPT_ID = re.compile(r"[1-9]\d{2,14}[01]0\d", re.ASCII)
"""What an identifier of a SNOMED CT concept looks like, without its check digit's test: the reader knows no terminology."""
_TELLING = frozenset(["code", "system", "value", "reference", "identifier"])
"""Without one of these, an element that has no value has no nature."""
_CODINGS = ("coding", "Coding")
_NO_CODES = frozenset(["id", "fullUrl", "reference", "url", "versionId", "lotNumber", "serialNumber"])


@dataclass(slots=True, eq=False)
class Holding:
    """What one resource holds."""

    resource: Node
    accountable: dict[Node, Nature] = field(default_factory=dict)
    beside_codes: list[Node] = field(default_factory=list)
    """Its codings that carry a version or an extension."""
    coded: list[Node] = field(default_factory=list)
    extensions: list[Node] = field(default_factory=list)
    """Its extensions, at any depth, but for its narrative."""
    narratives: list[Node] = field(default_factory=list)
    """Its narrative, and those of its sections."""
    named: list[Node] = field(default_factory=list)
    """Its elements that have an id."""
    displayed: list[Node] = field(default_factory=list)
    """Its elements that have words of their own and are no coding: references."""
    worded: list[Node] = field(default_factory=list)
    """Its elements that have a text, at any depth, but for its narrative: concepts without a code among them."""


class _Dated(dict[str, bool]):
    """Whether each name is a date's, once somebody has asked."""

    def __missing__(self, name: str) -> bool:
        found = self[name] = date_named(name)
        return found


class Inventory:
    """Every resource of a tree with what it holds, bundles and contained resources too, in the order sent."""

    def __init__(self, root: Node) -> None:
        self.of: dict[Node, Holding] = {}
        self.coded: dict[Node, Node] = {}
        """Every element that holds a code, with its resource, in the order sent."""
        self.modified = False
        """Whether a modifier extension, or rules that one must know, stand anywhere."""
        self._dated = _Dated()
        self._element(root, Holding(root), {})

    def _element(self, node: Node, holding: Holding, accountable: dict[Node, Nature]) -> None:
        held = node.held
        if node.is_resource:
            self.of[node] = holding = Holding(node)
            accountable = holding.accountable
            if "implicitRules" in held:
                self.modified = True
        elif not self._own(node, holding, accountable):
            return
        if "modifierExtension" in held:
            self.modified = True
        dated = self._dated
        for name, value in held.items():
            kind = type(value)
            if kind is str:
                if "0" <= value < ":" or dated[name]:  # it begins with a digit, or is a date whatever it says
                    if name != "div" or node.name != "text":  # words, though XML and JSON hold them in different forms
                        self._leaf(name, value, node, holding, accountable, 0)
            elif kind is Node:
                self._element(value, holding, {} if name == "text" and node.is_resource else accountable)
            elif kind is list:
                inside = {} if name == "text" and node.is_resource else accountable
                for at, one in enumerate(value):
                    if type(one) is Node:
                        self._element(one, holding, inside)
                    elif type(one) is str:
                        self._leaf(name, one, node, holding, accountable, at)

    def _own(self, node: Node, holding: Holding, accountable: dict[Node, Nature]) -> bool:
        """List an element that is no resource. Returns whether it holds others."""
        held, name = node.held, node.name
        found = None
        if node.value is not None or not _TELLING.isdisjoint(held):
            found = nature(node)
            if found is not None:
                accountable[node] = found
            if node.value is not None and node.kind in ("text", "xml") and node.parent is not None:
                if _is_stray_id(name, node.value, node.parent):
                    self._holds_code(node, holding)
        if not held:
            return False
        if "id" in held:
            holding.named.append(node)
        if found == "coding" or name[-6:] in _CODINGS:
            if _looks_coded(node, found):
                self._holds_code(node, holding)
        else:
            if "display" in held:
                holding.displayed.append(node)
            if "code" in held and _looks_coded(node, found):
                self._holds_code(node, holding)
        if name == "text":
            if "div" in held:
                holding.narratives.append(node)
        elif accountable is holding.accountable:
            if name == "extension":
                holding.extensions.append(node)
            elif "text" in held:
                holding.worded.append(node)
            elif name == "coding" and ("version" in held or "extension" in held):
                holding.beside_codes.append(node)
        return True

    def _leaf(self, name: str, value: str, parent: Node, holding: Holding, accountable: dict[Node, Nature], at: int) -> None:
        is_date = value[4:5] == "-" and is_date_like(value)
        if (is_date or date_named(name)) and (name != "text" or not parent.is_resource):
            accountable[parent.all(name)[at]] = "date"
        if not is_date and _is_stray_id(name, value, parent):
            self._holds_code(parent.all(name)[at], holding)

    def _holds_code(self, node: Node, holding: Holding) -> None:
        holding.coded.append(node)
        self.coded[node] = holding.resource


def _looks_coded(node: Node, found: Nature | None) -> bool:
    """Return whether an element holds a code. `found`: its nature."""
    names = node.held
    if node.is_resource or not names:
        return False
    if node.name == "coding" or node.name.endswith("Coding"):
        return bool(names.keys() - {"extension", "id"})
    if "code" not in names or _has_no_value(names["code"]):
        return False
    return node.value is not None or found == "coding" or (found is None and ("system" in names or "display" in names))


def _has_no_value(held: Held) -> bool:
    first = held[0] if type(held) is list else held
    return type(first) is Node and first.value is None


def _is_stray_id(name: str, text: str, holder: Node) -> bool:
    """Return whether a text is a SNOMED CT identifier where FHIR keeps no code of a coding."""
    if _CONCEPT_ID.fullmatch(text) is None:
        return False
    if name == "code":
        if holder.name == "coding":
            return holder.is_resource
        found = nature(holder)
        return not (_looks_coded(holder, found) or found == "quantity")
    if name in _NO_CODES:
        return _looks_coded(holder, nature(holder))
    return name != "value" or holder.name not in ("identifier", "telecom")
