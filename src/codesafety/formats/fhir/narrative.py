"""The words of a narrative, the same from XML and from JSON: without markup, lines where a reader sees lines."""

from __future__ import annotations

import re
from html import unescape

_BLOCKS = frozenset(
    [
        "blockquote",
        "br",
        "caption",
        "dd",
        "div",
        "dl",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_MARKUP = re.compile(r"<!--(.*?)(?:-->|$)|</?([A-Za-z][\w:]*)[^<>]*>", re.DOTALL)
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")


def parts(tag: str) -> bool:
    """Return whether a tag of XHTML, without its namespace, ends a line."""
    return tag in _BLOCKS


def plain(words: str) -> str:
    """Return words without more space than parts them."""
    return _LINES.sub("\n", _SPACE.sub(" ", words)).strip()


def words_of_markup(markup: str) -> str:
    """Return the words of XHTML in text. What is no markup is words; so is a comment."""
    return plain(unescape(_MARKUP.sub(_as_read, markup.replace("\n", " "))))


def _as_read(found: re.Match[str]) -> str:
    if found[2] is None:
        return f"\n{found[1]}\n"
    return "\n" if parts(found[2].lower()) else ""
