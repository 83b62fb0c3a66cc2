"""The grammar's terminals in the words of someone who writes rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

_TERMINALS: Final = {
    "STRING": "text in quotes",
    "NUMBER": "a number",
    "NAME": "a name",
    "DOTTED": "a field such as `e.value`",
    "REF": "a name such as `ruleset/name`",
    "DATE": "a date such as 2025-06-01",
    "VERSION": "a version such as 1.0.0",
    "URL": "an address `<https://…>`",
    "TERM": "a term `|…|`",
    "HAZARD": "a hazard such as H-01",
    "CHECK": "a check of the linter such as CS430",
    "CMP": "`<` | `<=` | `>` | `>=`",
    "ECL": "`ecl { … }`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "PERCENT": "`%`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "TIMES": "`*`",
    "SLASH": "`/`",
    "AND": "`and`",
    "OR": "`or`",
    "ON_THE_SAME_DAY_AS": "`on the same day as`",
    "THE_SAME_AS": "`the same product as` | `the same entry as`",
    "OF_THE_SAME_ORDER_AS": "`of the same order as`",  # what a token is called that cannot stand where it does
    "SHARES": "`shares an ingredient with` | `has the same ingredients as`",
    "CONTRADICTS_ITS_WORDS": "`contradicts its words`",
    "$END": "the end of the file",
}
"""What each is called; several ways to write one stand between bars."""

_RULE_WORDS: Final = (
    "title",
    "action",
    "cannot",
    "severity",
    "hazard",
    "source",
    "allow",
    "because",
    "valid",
    "after",
    "overridable",
    "assume",
    "for",
    "when",
    "unless",
    "say",
    "example",
)
_GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("a part of the rule (`for`, `when`, `unless`, `say`, `example` …)", _RULE_WORDS),
    ("a unit of time (`days`, `weeks`, `months`, `years`)", ("years", "year", "months", "month", "weeks", "week", "days", "day")),
    (
        "`rule` | `valueset` | `limit` | `table` | `define` | `ruleset`",
        ("rule", "valueset", "limit", "table", "define", "ruleset"),
    ),
    ("`entry` | `history` | `mention` | `medication` | `coding`", ("entry", "history", "mention", "medication", "coding")),
    ("`entry` | `mention` | `medication` | `coding`", ("entry", "mention", "medication", "coding")),
)
_AFTER_IS: Final = (
    "what it is (a word such as `incoming`, `before`, `within`, `about`, `missing` …)",
    ("about", "after", "before", "missing", "more", "less", "within", "valid"),
)
_PREDICATE: Final = (
    "what is said of it (`is`, `in`, `not in`, `<`, `overlaps` …)",
    ("is", "in", "not", "overlaps", "differs", "rises", "falls", "denies", "affirms"),
)
_CONDITION: Final = ("a condition", ("not", "exists", "no", "at", "fewer", "age", "latest", "earliest"))
_CALCULATION: Final = frozenset({"PLUS", "MINUS", "TIMES", "SLASH"})


def said_of_terminals() -> Mapping[str, str]:
    """Return what each terminal that is no reserved word is called."""
    return _TERMINALS


def keyword_terminals(keywords: Mapping[str, str], words: Iterable[str]) -> frozenset[str]:
    """Return the terminals of reserved words."""
    return frozenset(keywords[word] for word in words)


def expected_in_words(accepted: frozenset[str], keywords: Mapping[str, str]) -> str:
    """Return what a parser would accept, as an enumeration that a person can read."""
    left = set(accepted) - {"OF_THE_SAME_ORDER_AS"}  # behind medications only, which the grammar does not part from other kinds
    said: list[str] = []

    def group(text: str, words: Iterable[str], also: Iterable[str] = ()) -> None:
        terminals = keyword_terminals(keywords, words)
        if terminals <= left:
            left.difference_update(terminals, also)
            said.append(text)

    group(*_CONDITION, also=("NAME", "DOTTED", "REF", "DATE", "LPAR", "NUMBER", "MINUS"))
    group(*_PREDICATE, also=("CMP", "SHARES", "CONTRADICTS_ITS_WORDS", *_CALCULATION))
    group(*_AFTER_IS, also=("NAME", "DOTTED", "ON_THE_SAME_DAY_AS", "THE_SAME_AS", "NOT", "FROM"))
    for text, words in _GROUPS:
        group(text, words)
    if left >= _CALCULATION:
        left -= _CALCULATION
        said.append("a calculation (`+`, `-`, `*`, `/`)")
    if {"NAME", "DOTTED"} <= left:
        left.discard("DOTTED")
        if "REF" in left:
            left.discard("REF")
    names = {terminal: f"`{word}`" for word, terminal in keywords.items()}
    said += sorted(_TERMINALS.get(t) or names[t] for t in left)
    *most, last = (one for text in said for one in text.split(" | "))
    return f"{', '.join(most)} or {last}" if most else last
