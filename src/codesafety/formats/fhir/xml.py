"""FHIR's XML form to the neutral tree, bounded while it is read.

A document type declaration is refused, and with it every entity that a document could declare: no FHIR message has one.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from defusedxml.ElementTree import ParseError as DefusedParseError

from codesafety.errors import InputError
from codesafety.formats.fhir.tree import Flaw, Node, TooMany, Tree, kind_shown, too_long
from codesafety.plugins.reading import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS

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
        self._count = 0

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

    def end(self, _tag: str) -> None:
        if self._foreign:
            self._foreign -= 1
            return
        node = self._open.pop()
        if node.name in ("resource", "contained") and node.parent is not None:
            self._inline(node)
        elif node.kind == "element" and not node.children and node.parent is not None and node.name != "text":
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
        node.children = inner[0].children
        for child in node.elements():
            child.parent = node
        self.flaws = [Flaw(node, f.reason, f.fatal) if f.node is inner[0] else f for f in self.flaws]

    def data(self, text: str) -> None:
        if not self._foreign and self._open and text.strip():
            self.flaws.append(Flaw(self._open[-1], "words between tags, where FHIR holds none", fatal=True))

    def close(self) -> None:
        return None


def parse_xml(text: str, name: str) -> Tree:
    """Return the tree of an XML document. Raises InputError where it is not well formed, not FHIR, or over a limit."""

    def refuse(reason: str, help: str | None = None) -> NoReturn:
        raise InputError(reason, source=name, help=help) from None

    builder = _Builder()
    parser: Any = DefusedXMLParser(target=builder, forbid_dtd=True)
    text = text.lstrip()
    text = _DECLARATION.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text, count=1).lstrip(" ")
    # it is text now, and what encoding it was in says nothing more; lines keep their numbers
    try:
        for at in range(0, len(text), _CHUNK):
            parser.feed(text[at : at + _CHUNK])
        parser.close()
    except _Refused as error:
        refuse(str(error), "send one message, as the sending system exported it")
    except TooMany as error:
        raise InputError(error.reason, source=name, path=error.path, help="correct the system that wrote it") from None
    except DefusedXmlException:
        refuse("declares a document type or entities, which are not read for safety", "remove the DOCTYPE")
    except (ParseError, DefusedParseError) as error:
        line, column = getattr(error, "position", (0, 0))
        refuse(f"is not well-formed XML: line {line}, column {column + 1}", _CUT_SHORT)
    except (ValueError, LookupError):
        refuse("is not well-formed XML", _CUT_SHORT)
    if builder.root is None or builder._open:
        refuse("is not a complete XML document", "it may have been cut short: export it again")
    return Tree(builder.root, tuple(builder.flaws), "xml")
