"""Colours for rule files, for whatever uses Pygments: found by its entry point as `rules`, or by the name of a file."""

from __future__ import annotations

from typing import ClassVar, Final

from pygments.lexer import RegexLexer, words  # type: ignore[import-untyped]  # it has no types of its own
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
)

DECLARATIONS: Final = ("ruleset", "limit", "valueset", "table", "define", "rule", "example")
PARTS: Final = (
    "title", "version", "language", "uses", "default", "source", "ecl", "frozen", "codes", "perhaps", "include", "except",
    "key", "column", "valid", "until", "action", "cannot", "tell", "severity", "hazard", "allow", "because", "overridable", "for",
    "when", "unless", "say", "given", "expect", "where", "has", "as", "including", "with", "assume", "phrases", "each",
)  # fmt: skip
LOGIC: Final = (
    "and", "or", "not", "is", "in", "exists", "no", "at", "least", "fewer", "than", "of", "from", "to", "by", "more", "less",
    "latest", "earliest", "found", "episodes", "apart", "rises", "falls", "denies", "affirms", "about", "after", "before", "age",
    "differs", "overlaps", "within", "missing",
)  # fmt: skip
KINDS: Final = (
    "entry", "history", "mention", "medication", "coding", "row", "year", "years", "month", "months", "week", "weeks", "day", "days",
    "fires", "clear",
)  # fmt: skip
BEFORE, BEHIND = r"(?<![\w.-])", r"(?![\w./-])"
"""Where a word stands by itself: names and fields may have reserved words in them."""


class RulesLexer(RegexLexer):  # type: ignore[misc]
    """Rule files: declarations, parts, logic, kinds and units; everything else is a name."""

    name = "codesafety rules"
    aliases: ClassVar = ["rules", "rules-error"]
    filenames: ClassVar = ["*.rules"]
    url = "https://pypi.org/project/codesafety/"
    tokens: ClassVar = {
        "root": [
            (r"/\*(?:.|\n)*?\*/", Comment.Multiline),
            (r'"[^"]*"|“[^”]*”', String),
            (r"\|[^|\n]*\|", String.Doc),
            (r"<https?:[^<>]*>", String.Other),
            (r"\d+(?:[.-]\d+)*", Number),
            (words(DECLARATIONS, prefix=BEFORE, suffix=BEHIND), Keyword.Declaration),
            (words(PARTS, prefix=BEFORE, suffix=BEHIND), Keyword),
            (words(LOGIC, prefix=BEFORE, suffix=BEHIND), Operator.Word),
            (words(KINDS, prefix=BEFORE, suffix=BEHIND), Keyword.Type),
            (r"[a-z][\w./-]*", Name),
            (r"[{}(),:%<>=]+", Punctuation),
            (r".|\n", Text),
        ]
    }
