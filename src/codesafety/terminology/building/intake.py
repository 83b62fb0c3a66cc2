"""What every part of a build shares: the concepts as columns, the tables of modules and dates, counts and notes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from codesafety.terminology.rf2.latest import Progress, latest
from codesafety.terminology.rf2.rows import Lines, ReleaseFile, effective_time

ACTIVE = {b"1": 1, b"0": 0}
IS_A = b"116680003"


@dataclass(frozen=True, slots=True)
class Selection:
    """What a subset pack holds: `codes` (upward closed), those of them whose descendants are complete, and its seeds."""

    codes: frozenset[str]
    complete: frozenset[str]
    described: tuple[str, ...]  # the expressions and lists it was made from, for people


class Codes(dict[bytes, int]):
    """Codes or dates to small numbers, in order of first use; refuses what is neither."""

    def __init__(self, read: Callable[[bytes], int]) -> None:
        super().__init__()
        self._read = read
        self.values_seen = array("Q")

    def __missing__(self, key: bytes) -> int:
        number = self._read(key)
        if len(self) >= 0xFFFF:
            raise ValueError("more than 65,535 distinct modules or dates")
        self.values_seen.append(number)
        self[key] = len(self)
        return self[key]


def sctid(text: bytes) -> int:
    """Return a code as a number. Raises ValueError unless it has 6 to 18 digits and no leading zero."""
    if not text.isdigit() or not 6 <= len(text) <= 18 or text[:1] == b"0":
        raise ValueError("not a SNOMED CT identifier")
    return int(text)


@dataclass(slots=True)
class Concepts:
    """The concepts as columns. After `settle`, an index is a rank by code; after `number`, `ordinal[index]` is set."""

    index: dict[bytes, int] = field(default_factory=dict)
    ids: array[int] = field(default_factory=lambda: array("Q"))
    active: bytearray = field(default_factory=bytearray)
    defined: bytearray = field(default_factory=bytearray)
    module: array[int] = field(default_factory=lambda: array("H"))
    time: array[int] = field(default_factory=lambda: array("H"))
    ordinal: array[int] = field(default_factory=lambda: array("I"))


@dataclass(slots=True)
class Context:
    """What every part of a build shares."""

    at: bytes | None
    selection: Selection | None
    incomplete: bool  # rows that name a concept which no file holds are counted and left out, not refused
    progress: Progress
    concepts: Concepts = field(default_factory=Concepts)
    modules: Codes = field(default_factory=lambda: Codes(sctid))
    times: Codes = field(default_factory=lambda: Codes(effective_time))
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def rows(self, files: Sequence[ReleaseFile], *concepts: int) -> Iterator[tuple[ReleaseFile, Lines]]:
        """Yield the rows that count; `concepts` are the columns that must name a concept in active rows."""
        for file, lines in latest(files, self.at, self.progress, self.notes):
            yield file, self._known(file, lines, concepts) if self.incomplete else lines

    def _known(self, file: ReleaseFile, lines: Lines, concepts: Sequence[int]) -> Lines:
        index, kept = self.concepts.index, []
        for line in lines[1]:
            row = line.split(b"\t")
            if (
                len(row) == len(file.header)
                and row[2] == b"1"
                and any(row[at] not in index and row[at] != IS_A for at in concepts)
            ):
                self.count(f"{file.content.name.lower()}_rows_of_missing_concepts")
            else:
                kept.append(line)
        return (lines[0] if len(kept) == len(lines[1]) else 0), kept

    def count(self, name: str, by: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + by


def narrowest(values: array[int]) -> array[int]:
    """Return the same numbers in the narrowest item type that holds them."""
    largest = max(values, default=0)
    return array("B" if largest < 1 << 8 else "H" if largest < 1 << 16 else "I", values)


def starts(n: int, sorted_keys: Sequence[int]) -> array[int]:
    """Return where each of n keys starts among sorted keys, and the end: n + 1 places."""
    at = array("I", bytes(4 * (n + 1)))
    for key in sorted_keys:
        at[key + 1] += 1
    total = 0
    for index in range(1, n + 1):
        total += at[index]
        at[index] = total
    return at
