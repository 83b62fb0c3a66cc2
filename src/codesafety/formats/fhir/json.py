"""FHIR's JSON form to the neutral tree: numbers as their own text, nothing repeated, bounded before it is built."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from codesafety.errors import InputError
from codesafety.formats.encoding import place_in
from codesafety.formats.fhir.tree import Flaw, Node, TooMany, Tree, kind_shown, too_long
from codesafety.plugins.reading import MAX_DEPTH, MAX_ELEMENTS

_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)|[\[\]{},]', re.DOTALL)
_NAMED = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[{}]', re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


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
            if has_value and not values:
                self.flaw(Node(name, parent), "an empty list", fatal=False)
            if has_value and beside is not None and not isinstance(beside, list):
                self.flaw(Node(name, parent), "a list whose `_` companion is no list", fatal=True)
            for at in range(max(len(values), len(others))):
                given = values[at] if at < len(values) else None
                other = others[at] if at < len(others) else None
                self._one(parent, name, given, other, listed=True)
        else:
            self._one(parent, name, value, beside, listed=False, null=has_value and value is None)

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
