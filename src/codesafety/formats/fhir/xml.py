"""FHIR's XML form to the neutral tree, bounded while it is read.

A document type declaration is refused, and with it every entity that a document could declare: no FHIR message has one.

What is plain is read by the fast path (`_plain`), which makes as few elements as it can. It finds no fault and words none: at anything
that is not plain it gives up, and the careful path reads from the beginning.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NoReturn
from xml.parsers import expat

from codesafety.errors import InputError
from codesafety.formats.fhir.narrative import parts, plain
from codesafety.formats.fhir.tree import (
    ALWAYS_LISTED,
    MOST,
    OF_ANY_LENGTH,
    Flaw,
    Held,
    Node,
    TooMany,
    Tree,
    Unusual,
    kind_shown,
    known_names,
    too_long,
)
from codesafety.plugins.reading import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, Declared, hardened_parser
from codesafety.record import MAX_TEXT

FHIR = "{http://hl7.org/fhir}"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_CHUNK = 1 << 16
_CUT_SHORT = "it may have been cut short or edited: export it again"


class _Refused(Exception):
    """Ends the parse early. It carries words of ours and nothing of the source's."""


class _Builder:
    """Takes the parser's events, keeps the limits, and grows the tree."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.flaws: list[Flaw] = []
        self._open: list[Node] = []
        self._foreign = 0
        self._narrative: list[str] = []
        self._comments: list[tuple[Node | None, str]] = []
        self._count = 0

    @property
    def comments(self) -> tuple[tuple[Node, str], ...]:
        return _placed(self._comments, self.root)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise _Refused(f"holds more than {MAX_ELEMENTS} elements")
        if len(self._open) + self._foreign >= MAX_DEPTH:
            raise _Refused(f"nests deeper than {MAX_DEPTH} elements")
        if len(attributes) > MAX_ATTRIBUTES:
            raise _Refused(f"holds an element with more than {MAX_ATTRIBUTES} attributes")
        if self._foreign:
            self._foreign += 1
            if parts(tag.removeprefix(_XHTML)):
                self._narrative.append("\n")
            if not tag.startswith(_XHTML):
                self.flaws.append(Flaw(self._open[-1], "its narrative holds an element that is not XHTML's", fatal=True))
            return
        if self.root is None:
            if not tag.startswith(FHIR) or not tag[len(FHIR) :][:1].isupper():
                raise _Refused("is XML, but not FHIR: its outermost element is not a FHIR resource")
            name = tag[len(FHIR) :]
            self.root = Node(name, None, resource_type=kind_shown(name), is_resource=True)
            self._open.append(self.root)
            return
        parent = self._open[-1]
        if not tag.startswith(FHIR):
            self._foreign = 1
            if not tag.startswith(_XHTML) or parent.name != "text":
                self.flaws.append(Flaw(parent, "it holds an element that is not FHIR's", fatal=True))
            return
        node = Node(tag[len(FHIR) :], parent, kind="xml" if "value" in attributes else "element")
        parent.add(node)
        self._open.append(node)
        for name, text in attributes.items():
            if name == "value":
                node.value = text
                if (reason := too_long(node.name, text)) is not None:
                    node.kind, node.value = "element", None
                    self.flaws.append(Flaw(node, reason, fatal=True))
                elif not text.strip():
                    node.kind, node.value = "element", None
                    self.flaws.append(Flaw(node, "an empty value", fatal=False))
            elif name in ("id", "url"):
                node.add(Node(name, node, kind="xml", value=text))
            elif not name.startswith(_XSI):
                self.flaws.append(Flaw(node, "it holds an attribute that is not FHIR's", fatal=True))

    def end(self, tag: str) -> None:
        if self._foreign:
            self._foreign -= 1
            if parts(tag.removeprefix(_XHTML)):
                self._narrative.append("\n")
            if not self._foreign:
                words, self._narrative = plain("".join(self._narrative)), []
                if words and self._open[-1].name == "text":
                    self._open[-1].add(Node("div", self._open[-1], kind="xml", value=words))
            return
        node = self._open.pop()
        if node.name in ("resource", "contained") and node.parent is not None:
            self._inline(node)
        elif node.kind == "element" and not node.held and node.parent is not None and node.name != "text":
            self.flaws.append(Flaw(node, "an empty element", fatal=False))
        node.number_children()

    def _inline(self, node: Node) -> None:
        """Put the one resource inside `resource` or `contained` in its place, as JSON has it."""
        inner = list(node.elements())
        node.is_resource = True
        if len(inner) != 1 or not inner[0].name[:1].isupper():
            if inner and not inner[0].name[:1].isupper():
                node.is_resource = False  # an element that happens to have this name, such as a reference to a resource
                return
            self.flaws.append(Flaw(node, "it should hold one resource", fatal=True))
            return
        node.resource_type = kind_shown(inner[0].name)
        node.held = inner[0].held
        for child in node.elements():
            child.parent = node
        self.flaws = [Flaw(node, f.reason, f.fatal) if f.node is inner[0] else f for f in self.flaws]
        self._comments = [(node, text) if at is inner[0] else (at, text) for at, text in self._comments]

    def comment(self, text: str) -> None:
        if self._foreign:
            self._narrative += ["\n", text.replace("\n", " "), "\n"]
            return
        node = self._open[-1] if self._open else self.root
        self._comments.append((node.parent if node is not None and node.kind == "xml" else node, text))

    def data(self, text: str) -> None:
        if self._foreign:
            self._narrative.append(text.replace("\n", " "))
        elif self._open and text.strip():
            self.flaws.append(Flaw(self._open[-1], "words between tags, where FHIR holds none", fatal=True))

    def close(self) -> None:
        return None


def parse_xml(text: str, name: str) -> Tree:
    """Return the tree of an XML document. Raises InputError where it is not well formed, not FHIR, or over a limit."""
    text = text.lstrip()
    text = _DECLARATION.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text, count=1).lstrip(" ")
    # it is text now, and what encoding it was in says nothing more; lines keep their numbers
    try:
        return _plain(text)
    except Unusual:
        return parse_xml_carefully(text, name)


def parse_xml_carefully(text: str, name: str) -> Tree:
    """Return what `parse_xml` does, of any form, with every flaw and every error in its words."""

    def refuse(reason: str, help: str | None = None) -> NoReturn:
        raise InputError(reason, source=name, help=help) from None

    builder = _Builder()
    parser = _parser(builder)
    try:
        for at in range(0, len(text), _CHUNK):
            parser.Parse(text[at : at + _CHUNK], False)
        parser.Parse("", True)
    except _Refused as error:
        refuse(str(error), "send one message, as the sending system exported it")
    except TooMany as error:
        raise InputError(error.reason, source=name, path=error.path, help="correct the system that wrote it") from None
    except Declared:
        refuse("declares a document type or entities, which are not read for safety", "remove the DOCTYPE")
    except expat.ExpatError as error:
        refuse(f"is not well-formed XML: line {error.lineno}, column {error.offset + 1}", _CUT_SHORT)
    except ValueError:
        refuse("is not well-formed XML", _CUT_SHORT)
    if builder.root is None or builder._open:
        refuse("is not a complete XML document", "it may have been cut short: export it again")
    return Tree(builder.root, tuple(builder.flaws), "xml", builder.comments)


def _parser(builder: _Builder) -> expat.XMLParserType:
    """Return a parser that tells a builder of elements and words."""
    parser = hardened_parser("}")

    def start(tag: str, attributes: dict[str, str]) -> None:
        builder.start(_named(tag), {_named(name): text for name, text in attributes.items()})

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: builder.end(_named(tag))
    parser.CharacterDataHandler = builder.data
    parser.CommentHandler = builder.comment
    return parser


def _placed(comments: list[tuple[Node | None, str]], root: Node | None) -> tuple[tuple[Node, str], ...]:
    """Return comments with where they stand: what is outside of every element stands beside the outermost one."""
    return tuple((at, text) for node, text in comments if (at := node or root) is not None)


def _named(name: str) -> str:
    """Return the name of an element or attribute with its namespace in braces, as the standard library's parser has it."""
    return "{" + name if "}" in name else name


# ------------------------------------------------------------------------------------------------ the fast path

_HOLDERS = frozenset(["resource", "contained"])
_NAMESPACE = FHIR[1:]
_NARRATIVE = _XHTML[1:]
_LINE_ENDS = "\N{LINE SEPARATOR}"
"""What stands, as this object, for the end of a line between the words of a narrative, whose own line ends say nothing."""


def _plain(text: str) -> Tree:
    """Return the tree of plain XML: nothing empty, no words between tags, no foreign elements or attributes. Raises Unusual."""
    if len(text) > 4 * MAX_ELEMENTS and text.count("<") - text.count("</") > MAX_ELEMENTS:
        raise Unusual  # the shortest element has four characters
    grower = _Grower()
    try:
        root = grower.grow(text)
        return Tree(root, (), "xml", grower.comments)
    except (Declared, expat.ExpatError, ValueError):
        raise Unusual from None


@cache
def _element_names() -> dict[str, str]:
    """Return the names of FHIR's elements, but for those that hold resources, by the parser's."""
    return {_NAMESPACE + name: name for name in known_names() if name[0].islower() and name not in _HOLDERS}


class _Grower:
    """Takes the parser's events of a plain document, and makes its elements."""

    def __init__(self) -> None:
        self._root: Node | None = None
        self._open: list[Node | None] = []
        """The elements that are open; None for one that may hold nothing more."""
        self._names = _element_names()
        self._words: list[str] = []
        """What stands between tags outside of narrative, and may be nothing but space."""
        self._foreign = 0
        self._narrative: list[str] = []
        self._comments: list[tuple[Node | None, str]] = []

    @property
    def comments(self) -> tuple[tuple[Node, str], ...]:
        return _placed(self._comments, self._root)

    def grow(self, text: str) -> Node:
        self._parser = parser = hardened_parser("}")
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._words.append
        parser.CommentHandler = self._comment
        try:
            parser.Parse(text, True)
        finally:  # the parser and its handlers hold each other
            parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = parser.CommentHandler = None
            del self._parser
        if self._words and not "".join(self._words).isspace():
            raise Unusual
        assert self._root is not None  # without an element there is an error, and what is no resource is unusual
        return self._root

    def _start(self, tag: str, attributes: list[str]) -> None:
        open_ = self._open
        name = self._names.get(tag)
        if name is None:
            name = self._named(tag, attributes)
            if name is None:
                return
        parent = open_[-1] if open_ else None
        if parent is None or len(open_) >= MAX_DEPTH:
            raise Unusual
        made: Held
        if len(attributes) == 2 and attributes[0] == "value":
            made = attributes[1]
            if not made or made.isspace() or (len(made) > MAX_TEXT and name not in OF_ANY_LENGTH):
                raise Unusual
            open_.append(None)
        else:
            made = Node(name, parent, "element", None, {}, None, False, None, 0 if name in ALWAYS_LISTED else None)
            if attributes:
                self._attributes(made, attributes)
            open_.append(made)
        held = parent.held
        alike = held.get(name)
        if alike is None:
            held[name] = made
            return
        if type(alike) is not list:
            if type(alike) is Node:
                alike.index = 0
            alike = held[name] = [alike]
        if type(made) is Node:
            made.index = len(alike)
        alike.append(made)
        if len(alike) > MOST.get(name, MAX_ELEMENTS):
            raise Unusual

    @staticmethod
    def _attributes(node: Node, attributes: list[str]) -> None:
        for name, text in zip(attributes[::2], attributes[1::2], strict=True):
            if name not in ("id", "url"):
                raise Unusual
            node.held[name] = text

    def _named(self, tag: str, attributes: list[str]) -> str | None:
        """Return the name of an element of FHIR that is new; None where a resource or a narrative was begun instead."""
        if tag.startswith(_NAMESPACE):
            name = tag[len(_NAMESPACE) :]
            if name[:1].isupper():
                self._resource(name, attributes)
                return None
            if not self._open:
                raise Unusual
            if attributes and name in _HOLDERS:
                raise Unusual
            return name
        parent = self._open[-1] if self._open else None
        if parent is None or parent.name != "text":
            raise Unusual
        self._parser.StartElementHandler = self._start_narrative
        self._parser.EndElementHandler = self._end_narrative
        self._parser.CharacterDataHandler = self._narrative.append
        self._start_narrative(tag, attributes)
        return None

    def _resource(self, kind: str, attributes: list[str]) -> None:
        """Begin the outermost resource, or put one that is inside `resource` or `contained` in its place, as JSON has it."""
        if not self._open:
            if len(attributes) > 2 * MAX_ATTRIBUTES:
                raise Unusual
            self._root = Node(kind, None, "element", None, {}, kind_shown(kind), True)
            self._open.append(self._root)
            return
        holder = self._open[-1]
        if holder is None or holder.name not in _HOLDERS or holder.held or attributes or len(self._open) >= MAX_DEPTH:
            raise Unusual
        holder.resource_type, holder.is_resource = kind_shown(kind), True
        self._open.append(holder)

    def _end(self, _tag: str) -> None:
        open_ = self._open
        node = open_.pop()
        if node is None:
            return
        if not node.held and node.name != "text" and node.parent is not None:
            raise Unusual
        if open_ and open_[-1] is node:
            open_[-1] = None  # it holds its one resource

    def _start_narrative(self, tag: str, attributes: list[str]) -> None:
        if not tag.startswith(_NARRATIVE) or len(attributes) > 2 * MAX_ATTRIBUTES or len(self._open) + self._foreign >= MAX_DEPTH:
            raise Unusual
        self._foreign += 1
        if parts(tag[len(_NARRATIVE) :]):
            self._narrative.append(_LINE_ENDS)

    def _comment(self, text: str) -> None:
        if self._foreign:
            self._narrative += [_LINE_ENDS, text, _LINE_ENDS]
        else:
            self._comments.append((next((node for node in reversed(self._open) if node is not None), self._root), text))

    def _end_narrative(self, tag: str) -> None:
        self._foreign -= 1
        if parts(tag[len(_NARRATIVE) :]):
            self._narrative.append(_LINE_ENDS)
        if not self._foreign:
            words = plain("".join("\n" if run is _LINE_ENDS else run.replace("\n", " ") for run in self._narrative))
            self._narrative.clear()
            holder = self._open[-1]
            if words and holder is not None:
                holder.held["div"] = words if "div" not in holder.held else [*holder.all("div"), words]
            self._parser.StartElementHandler = self._start
            self._parser.EndElementHandler = self._end
            self._parser.CharacterDataHandler = self._words.append
