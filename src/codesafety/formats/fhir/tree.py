"""One neutral tree for FHIR in XML and in JSON: the same elements, the same paths.

A path is the way to an element as FHIRPath, with the element names as sent: `Bundle.entry[2].resource.code.coding[0]`. A name that
FHIR does not have may be anybody's, and stands as `unknown1`, by its order among such names there. An index is written for the elements that always repeat (`ALWAYS_LISTED`) and wherever there is more than one; XML cannot tell
a list of one from a single element, so nothing else could be the same for both forms. `resource` and `contained` take the
place of the element that XML puts inside them.

The tree is not changed once it is read. Elements are compared by identity, so that a reader can note which it has used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

from codesafety.plugins.reading import MAX_ELEMENTS
from codesafety.record import MAX_CODINGS, MAX_COMPONENTS, MAX_TEXT

_MOST = {"coding": MAX_CODINGS, "component": MAX_COMPONENTS}
_OF_ANY_LENGTH = frozenset(["blob", "content", "data", "div"])
"""Elements that hold a narrative or a file, which are no words of a concept."""
ALWAYS_LISTED = frozenset(
    ["coding", "component", "contained", "entry", "extension", "modifierExtension", "section", "tag", "profile", "parameter"]
)

Kind = Literal["element", "text", "number", "boolean", "xml"]
"""How a value was written. `xml`: an attribute, whose type only its element's name tells. `element`: it has no value."""


@dataclass(slots=True, eq=False)
class Node:
    """An element. `children` holds its elements by name, in the order sent; `value` is its text exactly as sent."""

    name: str
    parent: Node | None
    kind: Kind = "element"
    value: str | None = field(default=None, repr=False)
    children: dict[str, list[Node]] = field(default_factory=dict, repr=False)
    resource_type: str | None = None
    is_resource: bool = False
    listed: bool | None = None
    """Whether JSON had it in a list; None for XML, which cannot say."""
    index: int | None = None
    _unknown: dict[str, str] | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """The name where FHIR has it, in whatever case, else a name of ours: an element's name may be a sender's text."""
        known = _names()
        if self.name in known or self.name.lower() in known:
            return self.name
        if self.parent is None:
            return "unknown"
        if self.parent._unknown is None:
            strange = (name for name in self.parent.children if name not in known and name.lower() not in known)
            self.parent._unknown = {name: f"unknown{number}" for number, name in enumerate(strange, 1)}
        return self.parent._unknown.get(self.name, "unknown")

    @property
    def path(self) -> str:
        parts: list[str] = []
        node: Node | None = self
        while node is not None:
            parts.append(node.shown if node.index is None else f"{node.shown}[{node.index}]")
            node = node.parent
        return ".".join(reversed(parts))

    @property
    def resource(self) -> Node:
        """Return the nearest resource that holds this element, or the root."""
        node = self
        while not node.is_resource and node.parent is not None:
            node = node.parent
        return node

    @property
    def within(self) -> str:
        """Return the path from its own resource, for reasons that stand beside the resource's path."""
        return self.path.removeprefix(self.resource.path).lstrip(".") or "the resource"

    def all(self, name: str) -> list[Node]:
        return self.children.get(name, [])

    def elements(self) -> Iterator[Node]:
        for nodes in self.children.values():
            yield from nodes

    def add(self, child: Node) -> None:
        """Add a child. Raises TooMany where there are more of its name than one place may hold."""
        alike = self.children.setdefault(child.name, [])
        alike.append(child)
        if len(alike) > _MOST.get(child.name, MAX_ELEMENTS):
            raise TooMany(self, f"holds more than {_MOST[child.name]:,} `{child.name}` elements in one place")

    def number_children(self) -> None:
        for name, nodes in self.children.items():
            if len(nodes) > 1 or name in ALWAYS_LISTED:
                for place, node in enumerate(nodes):
                    node.index = place


@cache
def _names() -> frozenset[str]:
    """Return the names of every resource and element of FHIR, as they are and in lower case."""
    text = files("codesafety.formats.fhir").joinpath("names.txt").read_text(encoding="utf-8")
    names = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset((*names, *(name.lower() for name in names)))


def kind_shown(kind: str) -> str:
    """Return the kind of a resource where FHIR has it: any other word may be a sender's text."""
    return kind if kind in _names() else "Unknown"


class TooMany(Exception):
    """Ends the parse early, with the place where there is too much."""

    def __init__(self, node: Node, reason: str) -> None:
        self.reason = reason
        above = node.parent
        while above is not None:  # not numbered yet: their other children were still to come
            above.number_children()
            above = above.parent
        self.path = node.path


def too_long(name: str, text: str) -> str | None:
    """Return what is wrong with a text that is longer than one may be; None where it is not."""
    if len(text) <= MAX_TEXT or name in _OF_ANY_LENGTH:
        return None
    return f"a text of more than {MAX_TEXT:,} characters"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A breach of the form. `fatal`: what the resource says cannot be told from what is left of it."""

    node: Node
    reason: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class Tree:
    root: Node
    flaws: tuple[Flaw, ...]
    form: Literal["xml", "json"]
