"""Whether a text matches a search term: word prefixes in any order, or a pattern for the whole.

Case never counts. A letter without diacritic in the search term matches the letter with any ("resume" finds "résumé"); a
diacritic that was typed must be there. Letters that a language counts as letters of their own (Swedish å, ä, ö) match only
themselves in that language's descriptions.
Source: ECL 2.3, character collation for term filters (Unicode Collation Algorithm, asymmetric search, secondary strength).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property, lru_cache

from codesafety.terminology.ecl.syntax import MatchTerm, SearchTerm

_OWN_LETTERS = {
    "sv": "åäö",
    "fi": "åäö",
    "da": "æøå",
    "nb": "æøå",
    "nn": "æøå",
    "no": "æøå",
    "et": "õäöü",
    "es": "ñ",
    "is": "þæöð",
}
# letters without a decomposition, which the collation nevertheless puts beside a plain letter
_LIKE = str.maketrans({"ø": "o\u0338", "ł": "l\u0335", "đ": "d\u0335", "æ": "ae\u0332", "œ": "oe\u0332", "ı": "i\u0332"})
_MARKS = "[\u0300-\u036f]"
_BEFORE_WORD = rf"(?<![^\W_])(?<!{_MARKS})"
_BEFORE_SIGN = r"(?:^|(?<=\s))"


def _normal(text: str, own_letters: str) -> str:
    """Return text in lower case and decomposed, a language's own letters replaced by single private characters."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFC", text).casefold()
    for place, letter in enumerate(own_letters):
        folded = folded.replace(letter, chr(0xE000 + place))
    return unicodedata.normalize("NFD", folded.translate(_LIKE))


def _pattern(text: str, own_letters: str) -> str:
    """Return a regular expression for a piece of normal text: a letter without marks takes any marks."""
    normal = _normal(text, own_letters)
    if not normal:
        return ""
    clusters = re.findall(rf"[^\u0300-\u036f]{_MARKS}*|{_MARKS}+", normal, re.DOTALL)
    return "".join(
        re.escape(cluster) + (f"{_MARKS}*" if len(cluster) == 1 and cluster.isalnum() else f"(?!{_MARKS})")
        for cluster in clusters
    )


class Matcher:
    """Search terms of which a text must match one."""

    def __init__(self, terms: Sequence[SearchTerm]) -> None:
        self.terms = tuple(terms)
        self._compiled = lru_cache(maxsize=None)(self._compile)

    def matches(self, text: str, language: str = "en") -> bool:
        """Return whether `text`, in a language (two letters), matches one of the terms."""
        own_letters = _OWN_LETTERS.get(language, "")
        normal = _normal(text, own_letters)
        return any(all(expression.search(normal) for expression in every) for every in self._compiled(own_letters))

    def may_match(self, texts: str) -> bool:
        """Return whether one of many texts, given as lines, could match, in whatever language: no is certain."""
        normal = _normal(texts, "")
        return any(all(expression.search(normal) for expression in every) for every in self._loose)

    @cached_property
    def _loose(self) -> list[list[re.Pattern[str]]]:
        return [
            self._words(term, "") if isinstance(term, MatchTerm) else [re.compile(_pattern(piece, "")) for piece in term.pieces]
            for term in self.terms
        ]

    def _words(self, term: MatchTerm, own_letters: str) -> list[re.Pattern[str]]:
        return [
            re.compile((_BEFORE_WORD if word[0].isalnum() else _BEFORE_SIGN) + _pattern(word, own_letters)) for word in term.words
        ]

    def _compile(self, own_letters: str) -> list[list[re.Pattern[str]]]:
        compiled: list[list[re.Pattern[str]]] = []
        for term in self.terms:
            if isinstance(term, MatchTerm):
                compiled.append(self._words(term, own_letters))
            else:
                body = "(?s:.*)".join(_pattern(piece, own_letters) for piece in term.pieces)
                compiled.append([re.compile(rf"\A{body}\Z")])
        return compiled
