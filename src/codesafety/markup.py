"""A parser of XML that ends at whatever a document declares: no message and no release has a document type, or entities of its own."""

from __future__ import annotations

from typing import NoReturn
from xml.parsers import expat


class Declared(Exception):
    """A document declares a document type or an entity, or refers to something outside. Nothing of it was read."""


def hardened_parser(namespace_separator: str | None = None) -> expat.XMLParserType:
    """Return a parser whose handlers raise Declared. Text is told in whole runs (`buffer_text`)."""
    parser = expat.ParserCreate(namespace_separator=namespace_separator)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.UnparsedEntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    return parser


def _refuse(*_: object) -> NoReturn:
    raise Declared
