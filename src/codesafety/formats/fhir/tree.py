"""One neutral tree for FHIR in XML and in JSON: the same elements, the same paths.

A path is the way to an element as FHIRPath, with the element names as sent: `Bundle.entry[2].resource.code.coding[0]`. A name that
FHIR does not have may be anybody's, and stands as `unknown1`, by its order among such names there. An index is written for the elements that always repeat (`ALWAYS_LISTED`) and wherever there is more than one; XML cannot tell
a list of one from a single element, so nothing else could be the same for both forms. `resource` and `contained` take the
place of the element that XML puts inside them.

What a tree says is not changed once it is read. Elements are compared by identity, so that a reader can note which it has used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from codesafety.plugins.reading import MAX_ELEMENTS
from codesafety.record import MAX_CODINGS, MAX_COMPONENTS, MAX_TEXT

MOST = {"coding": MAX_CODINGS, "component": MAX_COMPONENTS}
OF_ANY_LENGTH = frozenset(["blob", "content", "data", "div"])
"""Elements that hold a narrative or a file, which are no words of a concept."""
ALWAYS_LISTED = frozenset(
    ["coding", "component", "contained", "entry", "extension", "modifierExtension", "section", "tag", "profile", "parameter"]
)

Kind = Literal["element", "text", "number", "boolean", "xml"]
"""How a value was written. `xml`: an attribute, whose type only its element's name tells. `element`: it has no value."""


Held = Any
"""What stands under a name: an element, a plain value (`str`, `Number`, `bool`), or a list of these."""


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


class Unusual(Exception):
    """What is read is not of the plain form that the fast path takes. The careful path reads or refuses it."""


class Node:
    """An element. `value` is its text exactly as sent; `held` what it holds by name, in the order sent.

    What holds nothing but a value need not be an element yet: it stands under its name as text, number or boolean, and is made an
    element, always the same one, where somebody asks for it (`all`). `listed`: whether JSON had it in a list; None for XML, which
    cannot say.
    """

    __slots__ = (
        "_path",
        "_unknown",
        "held",
        "index",
        "is_resource",
        "kind",
        "listed",
        "name",
        "parent",
        "resource_type",
        "said",
        "value",
    )

    def __init__(
        self,
        name: str,
        parent: Node | None,
        kind: Kind = "element",
        value: str | None = None,
        held: dict[str, Held] | None = None,
        resource_type: str | None = None,
        is_resource: bool = False,
        listed: bool | None = None,
        index: int | None = None,
    ) -> None:
        self.name = name
        self.parent = parent
        self.kind = kind
        self.value = value
        self.held = {} if held is None else held
        self.resource_type = resource_type
        self.is_resource = is_resource
        self.listed = listed
        self.index = index
        self.said: Any = None
        """What its statuses say, once somebody has asked (`statuses`)."""
        self._path: str | None = None
        self._unknown: dict[str, str] | None = None

    @property
    def shown(self) -> str:
        """The name where FHIR has it, in whatever case, else a name of ours: an element's name may be a sender's text."""
        known = known_names()
        if (name := self.name) in known or name.lower() in known:
            return name
        if self.parent is None:
            return "unknown"
        if self.parent._unknown is None:
            self.parent._unknown = masked(name for name in self.parent.held if name not in known and name.lower() not in known)
        return self.parent._unknown.get(self.name, "unknown")

    @property
    def path(self) -> str:
        path = self._path
        if path is None:
            own = self.name if self.name in known_names() else self.shown
            if self.index is not None:
                own = f"{own}[{self.index}]"
            parent = self.parent
            path = self._path = own if parent is None else f"{parent._path or parent.path}.{own}"
        return path

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

    @property
    def children(self) -> dict[str, list[Node]]:
        """Return its elements by name, in the order sent."""
        return {name: self.all(name) for name in self.held}

    def all(self, name: str) -> list[Node]:
        held = self.held.get(name)
        if held is None:
            return []
        if type(held) is Node:
            return [held]
        if type(held) is not list:
            made = self.held[name] = self._leaf(name, held, 0 if name in ALWAYS_LISTED else None, False)
            return [made]
        for at, one in enumerate(held):
            if type(one) is not Node:
                held[at] = self._leaf(name, one, at if len(held) > 1 or name in ALWAYS_LISTED else None, True)
        return held

    def _leaf(self, name: str, value: str | bool, index: int | None, listed: bool) -> Node:
        """Return the element of a plain value. A JSON element knows whether it was listed; XML's do not, and neither do its leaves."""
        if self.listed is None:
            return Node(name, self, "xml", value, _NOTHING, None, False, None, index)  # type: ignore[arg-type]
        match value:
            case bool():
                return Node(name, self, "boolean", "true" if value else "false", _NOTHING, None, False, listed, index)
            case Number():
                return Node(name, self, "number", str(value), _NOTHING, None, False, listed, index)
            case _:
                return Node(name, self, "text", value, _NOTHING, None, False, listed, index)

    def elements(self) -> Iterator[Node]:
        for name in self.held:
            yield from self.all(name)

    def branches(self) -> Iterator[Node]:
        """Yield what it holds that is an element already: every element that holds others, and leaves that somebody asked for."""
        for held in self.held.values():
            if type(held) is Node:
                yield held
            elif type(held) is list:
                for one in held:
                    if type(one) is Node:
                        yield one

    def add(self, child: Node) -> None:
        """Add a child. Raises TooMany where there are more of its name than one place may hold."""
        alike = self.held.setdefault(child.name, [])
        alike.append(child)
        if len(alike) > MOST.get(child.name, MAX_ELEMENTS):
            raise TooMany(self, child.name)

    def number_children(self) -> None:
        for name, nodes in self.held.items():
            if len(nodes) > 1 or name in ALWAYS_LISTED:
                for place, node in enumerate(nodes):
                    node.index = place


@cache
def known_names() -> frozenset[str]:
    """Return the names of every resource and element of FHIR, as they are and in lower case."""
    text = files("codesafety.formats.fhir").joinpath("names.txt").read_text(encoding="utf-8")
    names = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset((*names, *(name.lower() for name in names)))


def kind_shown(kind: str) -> str:
    """Return the kind of a resource where FHIR has it: any other word may be a sender's text."""
    return kind if kind in known_names() else "Unknown"


def masked(strange: Iterable[str]) -> dict[str, str]:
    """Return what stands for names that are nobody's but the sender's, and may be a patient's: `unknown1`, by their order."""
    return {name: f"unknown{number}" for number, name in enumerate(strange, 1)}


_NOTHING: dict[str, Held] = {}
"""What every plain value holds."""


class TooMany(Exception):
    """Ends the parse early, with the place where there is too much."""

    def __init__(self, node: Node, name: str) -> None:
        what = f"`{name}` elements" if name in MOST else "elements of one name"  # which may be the sender's own
        self.reason = f"holds more than {MOST.get(name, MAX_ELEMENTS):,} {what} in one place"
        above = node.parent
        while above is not None:  # not numbered yet: their other children were still to come
            above.number_children()
            above = above.parent
        self.path = node.path


def too_long(name: str, text: str) -> str | None:
    """Return what is wrong with a text that is longer than one may be; None where it is not."""
    if len(text) <= MAX_TEXT or name in OF_ANY_LENGTH:
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
    comments: tuple[tuple[Node, str], ...] = ()
    """Comments of XML, each with the element in which it stands."""
