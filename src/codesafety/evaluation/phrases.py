"""What words say of a value set: only its own published phrases, and only in a clause that nothing else could turn round.

The lists belong to the language (table 25): changing one is a change of meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from codesafety.ir.words import CLAUSE_BEGINS, folded, words_of

Says = Literal["denies", "affirms"]
Phrases = Mapping[tuple[str, ...], Says]
"""The words of each phrase, and what it says of the set."""

MOST_LETTERS: Final = 20_000
"""A text that is longer is not asked, and the report says so."""

NEGATION: Final = frozenset(
    [
        "no",
        "not",
        "never",
        "nor",
        "none",
        "neither",
        "cannot",
        "cant",
        "without",
        "denies",
        "denied",
        "isnt",
        "wasnt",
        "arent",
        "werent",
        "doesnt",
        "didnt",
        "dont",
        "unlikely",
        "negative",
    ]
)
DOUBT: Final = frozenset(
    [
        "?",
        "possible",
        "possibly",
        "probable",
        "probably",
        "perhaps",
        "maybe",
        "may",
        "might",
        "could",
        "would",
        "should",
        "if",
        "unless",
        "unsure",
        "uncertain",
        "unclear",
        "query",
        "doubt",
        "suspected",
        "suspects",
        "whether",
        "sure",
        "think",
        "thinks",
        "thought",
        "risk",
    ]
)
ANOTHER_PERSON: Final = frozenset(
    [
        "family",
        "mother",
        "mum",
        "father",
        "dad",
        "sister",
        "brother",
        "partner",
        "wife",
        "husband",
        "girlfriend",
        "boyfriend",
        "daughter",
        "son",
        "aunt",
        "cousin",
        "friend",
        "baby",
        "fetus",
    ]
)
ANOTHER_TIME: Final = frozenset(
    [
        "was",
        "were",
        "been",
        "had",
        "history",
        "hx",
        "previous",
        "previously",
        "past",
        "last",
        "ago",
        "former",
        "before",
        "until",
        "when",
        "after",
        "next",
        "will",
        "future",
        "plan",
        "plans",
        "planning",
        "trying",
        "wants",
        "hopes",
        "hoping",
    ]
)
_TURNS: Final = NEGATION | DOUBT | ANOTHER_PERSON | ANOTHER_TIME
_ENDS: Final = re.compile(r"[.;:!,()\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def clauses(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of each clause of a text."""
    found: list[tuple[str, ...]] = []
    for part in _ENDS.split(folded(text)):
        clause: list[str] = []
        for word in words_of(part):
            if word in CLAUSE_BEGINS and clause:
                found.append(tuple(clause))
                clause = []
            clause.append(word)
        if clause:
            found.append(tuple(clause))
    return tuple(found)


def says(read: Iterable[tuple[str, ...]], phrases: Phrases) -> Says | None:
    """Return what the clauses of a text say of a set, by the set's phrases; None where they say nothing, or both."""
    said: set[Says] = set()
    for clause in read:
        words = frozenset(clause)
        there = [phrase for phrase in phrases if phrase[0] in words]
        if not there:
            continue
        found, rest = _matches(clause, phrases, sorted(there, key=lambda phrase: (-len(phrase), phrase)))
        if found and not rest & _TURNS:
            said |= found
    return said.pop() if len(said) == 1 else None


def _matches(clause: tuple[str, ...], phrases: Phrases, longest: list[tuple[str, ...]]) -> tuple[set[Says], frozenset[str]]:
    """Return what the phrases in a clause say, and the clause's other words. A word belongs to one phrase, the longest first."""
    taken = [False] * len(clause)
    said: set[Says] = set()
    for phrase in longest:
        size = len(phrase)
        at = 0
        while at + size <= len(clause):
            if clause[at : at + size] == phrase and not any(taken[at : at + size]):
                taken[at : at + size] = [True] * size
                said.add(phrases[phrase])
                at += size
            else:
                at += 1
    return said, frozenset(word for word, used in zip(clause, taken, strict=True) if not used)
