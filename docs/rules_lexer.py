"""Colours for rule files in the built pages."""

from typing import ClassVar

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

_DECLARATIONS = ("ruleset", "limit", "valueset", "table", "define", "rule", "example")
_PARTS = (
    "title", "version", "language", "uses", "default", "source", "ecl", "frozen", "codes", "perhaps", "include", "except",
    "key", "column", "valid", "until", "action", "cannot", "tell", "severity", "hazard", "allow", "because", "overridable", "for",
    "when", "unless", "say", "given", "expect", "where", "has", "as", "including", "with", "review", "assume", "phrases", "each",
)  # fmt: skip
_LOGIC = (
    "and", "or", "not", "is", "in", "exists", "no", "at", "least", "fewer", "than", "of", "from", "to", "by", "more", "less",
    "latest", "earliest", "found", "episodes", "apart", "rises", "falls", "denies", "affirms",
)  # fmt: skip


class RulesLexer(RegexLexer):
    """Rule files: declarations, parts and logic; everything else is a name."""

    name = "rules"
    aliases: ClassVar = ["rules", "rules-error"]
    tokens: ClassVar = {
        "root": [
            (r"/\*(?:.|\n)*?\*/", Comment.Multiline),
            (r'"[^"]*"|“[^”]*”', String),
            (r"\|[^|\n]*\|", String.Doc),
            (r"<https?:[^<>]*>", String.Other),
            (r"\d+(?:[.-]\d+)*", Number),
            (words(_DECLARATIONS, prefix=r"(?<![\w.-])", suffix=r"(?![\w./-])"), Keyword.Declaration),
            (words(_PARTS, prefix=r"(?<![\w.-])", suffix=r"(?![\w./-])"), Keyword),
            (words(_LOGIC, prefix=r"(?<![\w.-])", suffix=r"(?![\w./-])"), Operator.Word),
            (r"[a-z][\w./-]*", Name),
            (r"[{}(),:%<>=]+", Punctuation),
            (r".|\n", Text),
        ]
    }
