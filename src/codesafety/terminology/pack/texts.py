"""Descriptions of a pack: terms in compressed blocks, their columns, language reference sets, and the index of words.

Rows are ordered by concept ordinal, then as they were read. A block holds the terms of some hundred consecutive rows; the index of words
says in which blocks a word occurs, so that a search unpacks only those.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from codesafety.terminology.errors import NotSupported
from codesafety.terminology.pack.file import Pack
from codesafety.terminology.words.normal import normal

FSN = "900000000000003001"
SYNONYM = "900000000000013009"
DEFINITION = "900000000000550004"
PREFERRED = "900000000000548007"
ACCEPTABLE = "900000000000549004"
NO_ROW = 0xFFFFFFFF

_WORDS = re.compile(r"[^\W_]+")
# letters that have no decomposition and yet sort with a plain letter
_WITHOUT_STROKE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
# Words that `normal` writes for an abbreviation: a description may have the same key without having them.
_FROM_ABBREVIATIONS = frozenset(
    (
        "history",
        "of",
        "no",
        "family",
        "on",
        "examination",
        "complaining",
        "blood",
        "pressure",
        "patient",
        "and",
        "not",
        "can",
    )
)


def fold(text: str) -> str:
    """Return text as the index of words sees it: case folded and without diacritics."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_WITHOUT_STROKE))
    return "".join(c for c in folded if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """Return the folded words of a term: its maximal runs of letters and digits."""
    return _WORDS.findall(fold(text))


@dataclass(frozen=True, slots=True)
class Description:
    """A description as published. `row` is its place in this pack; `concept` the ordinal of its concept."""

    row: int
    id: str
    concept: int
    active: bool
    module: str
    effective_time: str  # YYYYMMDD
    language: str  # languageCode, such as en
    type: str  # typeId: FSN, SYNONYM or DEFINITION
    case_significance: str  # caseSignificanceId
    term: str


@dataclass(frozen=True, slots=True)
class _Kind:
    active: bool
    module: str
    language: str
    type: str
    case_significance: str


class Texts:
    """The descriptions of a pack. Raises NotSupported where it was built without them."""

    def __init__(self, pack: Pack) -> None:
        if not pack.has("text.at"):
            raise NotSupported("this pack was built without descriptions")
        self._pack = pack
        self._at = pack.section("text.at")
        self._ids = pack.section("text.id")
        self._kind = pack.section("text.kind")
        self._time = pack.section("text.time")
        self._first = pack.section("text.block_first")
        self._block_at = pack.section("text.block_at")
        self._blocks = pack.section("text.blocks")
        self._preferred = pack.section("text.preferred")
        self._block = lru_cache(maxsize=64)(self._unpack)

    def __len__(self) -> int:
        return len(self._ids)

    def rows(self, concept: int) -> range:
        """Return the rows of one concept."""
        return range(self._at[concept], self._at[concept + 1])

    def of(self, concept: int) -> Iterator[Description]:
        """Yield every description of one concept, active or not."""
        return map(self.description, self.rows(concept))

    def description(self, row: int) -> Description:
        kind = self._kinds[self._kind[row]]
        return Description(
            row,
            str(self._ids[row]),
            self.concept(row),
            kind.active,
            kind.module,
            self.effective_time(row),
            kind.language,
            kind.type,
            kind.case_significance,
            self.term(row),
        )

    def concept(self, row: int) -> int:
        """Return the ordinal of the concept that a row describes."""
        return bisect_right(self._at, row) - 1

    def term(self, row: int) -> str:
        block = bisect_right(self._first, row) - 1
        return self._block(block)[row - self._first[block]]

    def effective_time(self, row: int) -> str:
        return f"{self._times[self._time[row]]:08d}"

    def is_active(self, row: int) -> bool:
        return self._kinds[self._kind[row]].active

    def type(self, row: int) -> str:
        return self._kinds[self._kind[row]].type

    def language(self, row: int) -> str:
        return self._kinds[self._kind[row]].language

    def all(self) -> Iterator[Description]:
        """Yield every description of the pack, by concept ordinal."""
        return map(self.description, range(len(self)))

    def preferred(self, concept: int) -> str | None:
        """Return the preferred term: UK clinical, UK pharmacy, GB, US English; else the fully specified name; else None."""
        row = self._preferred[concept]
        return None if row == NO_ROW else self.term(row)

    def preferred_row(self, concept: int) -> int | None:
        row: int = self._preferred[concept]
        return None if row == NO_ROW else row

    def terms(self, concept: int, *, inactive: bool = False) -> tuple[str, ...]:
        """Return the distinct terms of one concept, preferred first, without text definitions."""
        preferred = self._preferred[concept]
        rows = sorted(
            (row for row in self.rows(concept) if (inactive or self.is_active(row)) and self.type(row) != DEFINITION),
            key=lambda row: (row != preferred, self.type(row) == FSN, row),
        )
        return tuple(dict.fromkeys(map(self.term, rows)))

    # Language reference sets

    @cached_property
    def language_refsets(self) -> tuple[str, ...]:
        """The language reference sets with active rows, sorted by number."""
        return tuple(map(str, self._pack.section("language.refset")))

    def language_rows(self, refset: str, acceptability: str) -> memoryview:
        """Return the sorted rows that a language refset's active members give PREFERRED or ACCEPTABLE; none if unknown."""
        if refset not in self.language_refsets or acceptability not in (PREFERRED, ACCEPTABLE):
            return self._pack.section("language.rows")[:0]
        at = 2 * self.language_refsets.index(refset) + (acceptability == ACCEPTABLE)
        places = self._pack.section("language.at")
        return self._pack.section("language.rows")[places[at] : places[at + 1]]

    def acceptability(self, row: int) -> Iterator[tuple[str, str]]:
        """Yield (language refset, PREFERRED or ACCEPTABLE) for each active member that names this description."""
        for refset in self.language_refsets:
            for value in (PREFERRED, ACCEPTABLE):
                rows = self.language_rows(refset, value)
                at = bisect_left(rows, row)
                if at < len(rows) and rows[at] == row:
                    yield refset, value

    # Words

    def blocks_with(self, prefixes: Sequence[str]) -> list[int]:
        """Return the blocks in which every folded prefix begins some word: where to look, not yet an answer."""
        found: set[int] | None = None
        places, postings = self._pack.section("word.at"), self._pack.section("word.blocks")
        for prefix in prefixes:
            start = bisect_left(self._words, prefix)
            end = bisect_left(self._words, prefix + chr(0x10FFFF), start)
            blocks = set(postings[places[start] : places[end]])
            found = blocks if found is None else found & blocks
        return sorted(found if found is not None else range(len(self._first)))

    def block_rows(self, block: int) -> range:
        """Return the rows whose terms one block holds."""
        return range(self._first[block], self._first[block + 1] if block + 1 < len(self._first) else len(self))

    def block_of(self, row: int) -> int:
        """Return the block that holds a row's term."""
        return bisect_right(self._first, row) - 1

    def block_terms(self, block: int) -> Sequence[str]:
        """Return the terms of `block_rows(block)`, in that order."""
        return self._block(block)

    def matching(self, prefixes: Sequence[str]) -> Iterator[int]:
        """Yield the rows, active or not and of any type, in which every prefix begins some word (folded, in any order)."""
        wanted = [fold(prefix) for prefix in prefixes]
        for block in self.blocks_with(wanted):
            for row, term in zip(self.block_rows(block), self._block(block), strict=True):
                have = words(term)
                if all(any(word.startswith(prefix) for word in have) for prefix in wanted):
                    yield row

    def named(self, key: str) -> set[int]:
        """Return the ordinals of the concepts that have an active description with this comparable form (`wording.normal`).

        A description that writes an abbreviation where the key has the words ("H/O") is found by its other words.
        """
        asked = [word for word in key.split(" ") if word.isalnum() and word not in _FROM_ABBREVIATIONS]
        asked = asked or [word for word in key.split(" ") if word.isalnum()]
        places, postings = self._pack.section("word.at"), self._pack.section("word.blocks")
        spellings = [self._spellings(word) for word in asked]
        blocks: set[int] | None = None
        for alike in spellings:
            own = {block for at in alike for block in postings[places[at] : places[at + 1]]}
            blocks = own if blocks is None else blocks & own
        variants = [frozenset(self._words[at] for at in alike) for alike in spellings]
        return {
            self.concept(row)
            for block in blocks or ()
            for row, term in zip(self.block_rows(block), self._block(block), strict=True)
            if not any(alike.isdisjoint(words(term)) for alike in variants)
            and normal(term) == key
            and self.is_active(row)
            and self.type(row) != DEFINITION
        }

    def _spellings(self, word: str) -> list[int]:
        """Return the places of the words that are spelt alike: the word itself, and those that `normal` makes it of."""
        at = bisect_left(self._words, word)
        own = [at] if at < len(self._words) and self._words[at] == word else []
        return own + self._respelt.get(word, [])

    @cached_property
    def _respelt(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for line in self._pack.inflate(self._pack.section("word.spelling")).decode().splitlines():
            at, _, key = line.partition(" ")
            found.setdefault(key, []).append(int(at))
        return found

    @cached_property
    def _words(self) -> list[str]:
        return self._pack.inflate(self._pack.section("word.list")).decode().split("\n")

    @cached_property
    def _kinds(self) -> list[_Kind]:
        return [_Kind(*kind) for kind in json.loads(bytes(self._pack.section("text.kinds")))]

    @cached_property
    def _times(self) -> memoryview:
        return self._pack.section("time.value")

    def _unpack(self, block: int) -> list[str]:
        return self._pack.inflate(self._blocks[self._block_at[block] : self._block_at[block + 1]]).decode().split("\n")
