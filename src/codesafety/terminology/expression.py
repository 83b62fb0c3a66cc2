"""Postcoordinated expressions: whether a text has the form of one, and the concept ids that it is made of.

Nothing is evaluated: what an expression means, and whether a set holds it, needs a classifier. Source: SNOMED CT Compositional
Grammar 2.3.1. A single concept, with or without its term, is not called an expression here.
"""

from __future__ import annotations

import re

_LONGEST = 20_000
_DEEPEST = 20
_TOKEN = re.compile(
    r"""\s*(?: (?P<symbol> ===|<<<|[:+,{}()=] ) | (?P<id> [0-9]+ ) | \|(?P<term> [^|]* )\|
    | "(?P<string> (?:[^"\\]|\\["\\])* )" | \#(?P<number> [+-]?[0-9]+(?:\.[0-9]+)? ) | (?P<boolean> true|false|TRUE|FALSE ) )\s*""",
    re.VERBOSE,
)
_VALUES = ("string", "number", "boolean")
_ONE_CONCEPT = re.compile(r"\s*===\s*([0-9]+)\s*(\|[^|]*\|)?\s*", re.ASCII)


def the_concept(text: str) -> str | None:
    """Return the id of the one concept that an expression says to be equivalent to (`=== 77386006`); None for any other text."""
    found = _ONE_CONCEPT.fullmatch(text) if len(text) <= _LONGEST else None
    return found[1] if found is not None else None


def concept_ids(text: str) -> tuple[str, ...] | None:
    """Return the ids that stand where an expression has concepts, whole or damaged; None where the text is no expression."""
    if len(text) > _LONGEST or not any(symbol in text for symbol in ("===", "<<<", ":", "+")):
        return None
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            return None
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    parser = _Parser(tokens)
    try:
        parser.expression()
    except _NotOne:
        return None
    return tuple(parser.ids)


class _NotOne(Exception):
    """The text has another form."""


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._at = 0
        self.ids: list[str] = []

    def expression(self) -> None:
        """`expression = [("===" / "<<<")] subExpression`, and nothing after it."""
        if self._is("===") or self._is("<<<"):
            self._at += 1
        self._sub_expression(0)
        self._need("end", None)

    def _sub_expression(self, depth: int) -> None:
        """`subExpression = conceptReference *("+" conceptReference) [":" refinement]`"""
        if depth > _DEEPEST:
            raise _NotOne
        self._concept()
        while self._take("+"):
            self._concept()
        if self._take(":"):
            self._refinement(depth)

    def _refinement(self, depth: int) -> None:
        """`refinement = (attributeSet / attributeGroup) *([","] attributeGroup)`, and attributes between groups as in use."""
        while True:
            if self._take("{"):
                self._attribute(depth)
                while self._take(","):
                    self._attribute(depth)
                self._need("symbol", "}")
            else:
                self._attribute(depth)
            if not self._take(",") and not self._is("{"):
                return

    def _attribute(self, depth: int) -> None:
        """`attribute = conceptReference "=" (conceptReference / "(" subExpression ")" / string / "#" number / boolean)`"""
        self._concept()
        self._need("symbol", "=")
        if self._take("("):
            self._sub_expression(depth + 1)
            self._need("symbol", ")")
        elif self._tokens[self._at][0] in _VALUES:
            self._at += 1
        else:
            self._concept()

    def _concept(self) -> None:
        """`conceptReference = conceptId ["|" term "|"]`"""
        self.ids.append(self._need("id", None))
        if self._tokens[self._at][0] == "term":
            self._at += 1

    def _is(self, symbol: str) -> bool:
        return self._tokens[self._at] == ("symbol", symbol)

    def _take(self, symbol: str) -> bool:
        found = self._is(symbol)
        self._at += found
        return found

    def _need(self, kind: str, text: str | None) -> str:
        found, value = self._tokens[self._at]
        if found != kind or (text is not None and value != text):
            raise _NotOne
        self._at += 1
        return value
