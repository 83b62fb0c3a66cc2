"""FHIR's JSON form to the neutral tree: numbers as their own text, nothing repeated, bounded before it is built.

What is plain is read by the fast path, in which the parsed objects are the tree (`_plain`). It finds no fault and words none: at anything
that is not plain it gives up, and the careful path reads from the beginning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from codesafety.errors import InputError
from codesafety.formats.encoding import place_in
from codesafety.formats.fhir.tree import (
    ALWAYS_LISTED,
    MOST,
    OF_ANY_LENGTH,
    Flaw,
    Held,
    Node,
    Number,
    TooMany,
    Tree,
    Unusual,
    kind_shown,
    too_long,
)
from codesafety.plugins.reading import MAX_DEPTH, MAX_ELEMENTS
from codesafety.record import MAX_TEXT

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)|[\[\]{},]', re.DOTALL)
_NAMED = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[{}]', re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


class _Refused(Exception):
    """Ends the parse early. It carries words of ours and nothing of the source's."""


class GivenTwice(Exception):
    """An object gives one name twice."""


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of a JSON object. Raises GivenTwice."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise GivenTwice
    return members


def refuse_twice(text: str, source: str) -> NoReturn:
    """Raise InputError with the place of the first name that is given twice; the name may be the sender's, and is not told."""
    open_objects: list[set[str]] = []
    place = 0
    for token in _NAMED.finditer(text):
        if token[0] == "{":
            open_objects.append(set())
        elif token[0] == "}":
            open_objects.pop()
        elif token[2]:
            name = json.loads(f'"{token[1]}"', strict=False)
            if name in open_objects[-1]:
                place = token.start()
                break
            open_objects[-1].add(name)
    raise InputError(
        f"gives one name twice in one object, so that it says two things: {place_in(text, place)}",
        source=source,
        help="correct the system that wrote it",
    ) from None


def _not_a_number(_text: str) -> NoReturn:
    raise _Refused("holds NaN or Infinity, which is no number in JSON")


def parse_json_value(text: str, name: str) -> Any:
    """Return the JSON value with numbers as `Number`. Raises InputError where it is no JSON or over a limit."""

    def refuse(reason: str, help: str) -> NoReturn:
        raise InputError(reason, source=name, help=help) from None

    depth = count = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                refuse(f"nests deeper than {MAX_DEPTH} elements", "send one message, as the sending system exported it")
        elif mark in "]}":
            depth -= 1
        count += 1
    if count > 3 * MAX_ELEMENTS:
        refuse(f"holds more than {MAX_ELEMENTS} elements", "send one message or one patient's record at a time")
    try:
        return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=_not_a_number, object_pairs_hook=once_each)
    except GivenTwice:
        refuse_twice(text, name)
    except _Refused as error:
        refuse(str(error), "correct the system that wrote it")
    except json.JSONDecodeError as error:
        refuse(
            f"is not well-formed JSON: line {error.lineno}, column {error.colno}",
            "it may have been cut short or edited: export it again",
        )
    except (RecursionError, ValueError):
        refuse("is not well-formed JSON", "it may have been cut short or edited: export it again")


_CODED = frozenset(["code", "coding", "system"])
_CODED_ENDINGS = ("Code", "Coding", "Concept")
"""Elements that hold a code: where one is null, what the resource says cannot be told."""


class _Builder:
    def __init__(self) -> None:
        self.flaws: list[Flaw] = []

    def flaw(self, node: Node, reason: str, *, fatal: bool) -> None:
        self.flaws.append(Flaw(node, reason, fatal))

    def resource(self, node: Node, members: dict[str, Any]) -> Node:
        node.is_resource = True
        kind = members.get("resourceType")
        if isinstance(kind, str) and not isinstance(kind, Number) and _NAME.fullmatch(kind):
            node.resource_type = kind_shown(kind)
        else:
            self.flaw(node, "it does not say which kind of resource it is (`resourceType`)", fatal=True)
        return self.members(node, {key: value for key, value in members.items() if key != "resourceType"})

    def members(self, node: Node, members: dict[str, Any]) -> Node:
        if not members and node.parent is not None and not node.is_resource:
            self.flaw(node, "an empty element", fatal=False)
        for key, value in members.items():
            if key.startswith("_") and key[1:] in members:
                continue  # read beside its value
            name = key.removeprefix("_")
            if not _NAME.fullmatch(name):
                self.flaw(node, "it holds a name that is not FHIR's", fatal=True)
                continue
            beside = members.get("_" + name)
            self._element(node, name, None if key.startswith("_") else value, beside, has_value=not key.startswith("_"))
        node.number_children()
        return node

    def _element(self, parent: Node, name: str, value: Any, beside: Any, *, has_value: bool) -> None:
        if isinstance(value, list) or (not has_value and isinstance(beside, list)):
            values = value if isinstance(value, list) else []
            others = beside if isinstance(beside, list) else []
            if max(len(values), len(others)) > MOST.get(name, MAX_ELEMENTS):
                raise TooMany(parent, name)
            if has_value and not values:
                self.flaw(Node(name, parent), "an empty list", fatal=False)
            if has_value and beside is not None and not isinstance(beside, list):
                self.flaw(Node(name, parent), "a list whose `_` companion is no list", fatal=True)
            for at in range(max(len(values), len(others))):
                given = values[at] if at < len(values) else None
                other = others[at] if at < len(others) else None
                self._one(parent, name, given, other, listed=True)
        else:
            self._one(parent, name, value, beside, listed=False, null=has_value)

    def _one(self, parent: Node, name: str, value: Any, beside: Any, *, listed: bool, null: bool = False) -> None:
        node = Node(name, parent, listed=listed)
        parent.add(node)
        match value:
            case dict():
                if name == "contained" or (name == "resource" and ("resourceType" in value or parent.name == "entry")):
                    self.resource(node, value)
                else:
                    self.members(node, value)
            case bool():
                node.kind, node.value = "boolean", "true" if value else "false"
            case Number():
                node.kind, node.value = "number", str(value)
            case str():
                self._text(node, value)
            case list():
                self.flaw(node, "a list inside a list", fatal=True)
            case None if beside is None or null:
                self.flaw(node, "an empty value (null)", fatal=name in _CODED or name.endswith(_CODED_ENDINGS))
            case _:
                pass
        match beside:
            case dict() if not isinstance(value, dict):
                self.members(node, beside)
            case None:
                pass
            case _:
                self.flaw(node, "a `_` companion that is no element", fatal=True)

    def _text(self, node: Node, value: str) -> None:
        if not value.strip():
            self.flaw(node, "an empty value", fatal=False)
        elif any("\ud800" <= letter <= "\udfff" for letter in value) if not value.isascii() else False:
            self.flaw(node, "text that is no valid Unicode", fatal=True)
        elif (reason := too_long(node.name, value)) is not None:
            self.flaw(node, reason, fatal=True)
        else:
            node.kind, node.value = "text", value


def parse_json(text: str, name: str) -> Tree:
    """Return the tree of a FHIR resource in JSON. Raises InputError where it is no JSON, not FHIR, or over a limit."""
    try:
        return _plain(text)
    except Unusual:
        return parse_json_carefully(text, name)


def parse_json_carefully(text: str, name: str) -> Tree:
    """Return what `parse_json` does, of any form, with every flaw and every error in its words."""
    value = parse_json_value(text, name)
    if not isinstance(value, dict):
        raise InputError("is JSON, but no object", source=name, help="give one FHIR resource or one native submission")
    kind = value.get("resourceType")
    if not isinstance(kind, str) or isinstance(kind, Number) or not _NAME.fullmatch(kind):
        raise InputError(
            "does not say which FHIR resource it is",
            source=name,
            path="resourceType",
            help="the outermost object needs a `resourceType` in text",
        )
    builder = _Builder()
    try:
        root = builder.resource(Node(kind, None), value)
    except TooMany as error:
        raise InputError(error.reason, source=name, path=error.path, help="correct the system that wrote it") from None
    return Tree(root, tuple(builder.flaws), "json")


# ------------------------------------------------------------------------------------------------ the fast path

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]", re.ASCII)
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_MARKS = bytes(code for code in range(256) if code not in b'[]{}"')


def _refuse_constant(_text: str) -> NoReturn:
    raise Unusual


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_refuse_constant)


def _plain(text: str) -> Tree:
    """Return the tree of plain JSON: no nulls, nothing empty, no `_` companions, no name given twice. Raises Unusual."""
    strings = _bounded(text)
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise Unusual from None
    grower = _Grower()
    root = grower.root(value)
    if grower.strings != strings:
        raise Unusual  # a name was given twice in one object, and took what it held before with it
    return Tree(root, (), "json")


def _bounded(text: str) -> int:
    """Return how many strings a JSON text holds. Raises Unusual where it nests too deeply, or may hold too much.

    Asked before anything is parsed, and at the speed of C: escapes are dropped, then all but quotation marks and brackets, then what stands
    between two marks; then brackets that hold nothing, level by level. Of a text that is no JSON the answer may be any: up to the first
    character that is wrong, which ends the parse, what is outside of strings is told from what is inside as a parser does.
    """
    marks = text.encode("latin-1", "replace")
    if b"\\" in marks:
        if _SURROGATE.search(text) is not None:
            raise Unusual  # half of a pair may be no text
        marks = _ESCAPE.sub(b"", marks)
    marks = marks.translate(_ONE_KIND, _NO_MARKS)
    strings = marks.count(b'"') // 2
    brackets = b"".join(marks.replace(b'""', b"").split(b'"')[::2])
    if text.count(",") + len(brackets) + strings > 3 * MAX_ELEMENTS or b"[" * (MAX_DEPTH + 1) in brackets:
        raise Unusual
    for _ in range(MAX_DEPTH):
        if not brackets:
            return strings
        brackets = brackets.replace(b"[]", b"")
    raise Unusual


_HOLDERS = ("contained", "resource")


class _Grower:
    """Makes the elements of parsed objects, in their place, and counts the strings: names and texts."""

    def __init__(self) -> None:
        self.strings = 0
        self._known: set[str] = set()

    def root(self, value: Held) -> Node:
        if type(value) is not dict:
            raise Unusual
        kind = self._resource_type(value)
        root = Node(kind, None, "element", None, value, kind_shown(kind), True, False)
        self._grow(root, value)
        return root

    def _resource_type(self, members: dict[str, Held]) -> str:
        kind = members.pop("resourceType", None)
        self.strings += 2
        if type(kind) is not str or _NAME.fullmatch(kind) is None:
            raise Unusual
        return kind

    def _grow(self, parent: Node, members: dict[str, Held]) -> None:
        if not self._known.issuperset(members):
            self._learn(members)
        strings = len(members)
        for name, value in members.items():
            kind = type(value)
            if kind is str:
                strings += 1
                if not value or value.isspace() or (len(value) > MAX_TEXT and name not in OF_ANY_LENGTH):
                    raise Unusual
            elif kind is dict:
                index = 0 if name in ALWAYS_LISTED else None
                members[name] = one = Node(name, parent, "element", None, value, None, False, False, index)
                if not value or name in _HOLDERS:
                    self._hold(one)
                self._grow(one, value)
            elif kind is list:
                self._list(name, parent, value)
            elif kind is not Number and kind is not bool:
                raise Unusual
        self.strings += strings

    def _learn(self, names: Iterable[str]) -> None:
        for name in names:
            if _NAME.fullmatch(name) is None or name[0] == "_":
                raise Unusual
            self._known.add(name)

    def _list(self, name: str, parent: Node, values: list[Held]) -> None:
        if not values or len(values) > MOST.get(name, MAX_ELEMENTS):
            raise Unusual
        one = len(values) == 1 and name not in ALWAYS_LISTED
        for at, value in enumerate(values):
            kind = type(value)
            if kind is dict:
                values[at] = element = Node(name, parent, "element", None, value, None, False, True, None if one else at)
                if not value or name in _HOLDERS:
                    self._hold(element)
                self._grow(element, value)
            elif kind is str:
                self.strings += 1
                if not value or value.isspace() or (len(value) > MAX_TEXT and name not in OF_ANY_LENGTH):
                    raise Unusual
            elif kind is not Number and kind is not bool:
                raise Unusual

    def _hold(self, node: Node) -> None:
        """Take an element of a name that a resource may have for one, unless it merely has that name."""
        if not node.held:
            raise Unusual
        if node.name == "contained" or "resourceType" in node.held or (node.parent is not None and node.parent.name == "entry"):
            node.resource_type = kind_shown(self._resource_type(node.held))
            node.is_resource = True
