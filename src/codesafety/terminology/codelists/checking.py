"""A published list of codes, checked: damaged, unknown and inactive ids, terms that disagree with their code, duplicates.

Nothing is repaired here. A repair that is the only one possible can be written into a copy by `fixed_rows`; which of several
was meant is for a person to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from codesafety.terminology.codelists.reading import Codelist, Row, open_codelist
from codesafety.terminology.interface import Replacements, Status, Terminology, Words, WordsVerdict
from codesafety.terminology.sctid import Damage, diagnose


class Problem(StrEnum):
    """What a person should look at in a row."""

    DAMAGED = "damaged"  # not a valid concept id
    UNKNOWN = "unknown"  # well formed, and not in the release
    INACTIVE = "inactive"
    TERM = "term"  # the term denies the code, or is a description of another
    DUPLICATE = "duplicate"
    RAGGED = "ragged"  # another number of cells than the header


OTHER_SYSTEM = "other_system"
"""The diagnosis of a code that the list says is of another code system: this check knows nothing of it."""


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """One row of a list and what is to be said of it.

    `candidates`: the ids of which this damage makes this text (sctid.diagnose). `status`: of the code, or of its only
    candidate; None where neither is an id. `words`: of the term against the code, or its only candidate; None without a term.
    `duplicate_of`: the line of the first row of the same code (a damaged one counts as its only candidate).
    """

    row: Row
    diagnosis: str
    candidates: tuple[str, ...]
    status: Status | None
    replacements: Replacements
    words: WordsVerdict | None
    duplicate_of: int | None
    problems: tuple[Problem, ...]

    @property
    def repair(self) -> str | None:
        """The only id that this damaged text can have been, unless its term or the release speaks against it; else None."""
        if self.diagnosis in (Damage.VALID, OTHER_SYSTEM) or len(self.candidates) != 1 or self.status is Status.UNKNOWN:
            return None
        return None if Problem.TERM in self.problems else self.candidates[0]


@dataclass(frozen=True)
class CheckedList:
    """A list that was checked. `codes` are in the order of the file."""

    source: Codelist
    codes: tuple[CheckedCode, ...]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows have each problem, most frequent first."""
        return dict(Counter(str(problem) for code in self.codes for problem in code.problems).most_common())

    @cached_property
    def diagnoses(self) -> dict[str, int]:
        """How many rows have each diagnosis, most frequent first."""
        return dict(Counter(code.diagnosis for code in self.codes).most_common())

    @property
    def is_clean(self) -> bool:
        return not self.counts

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the list as a whole."""
        foreign = self.diagnoses.get(Damage.NOT_AN_SCTID, 0)
        if 2 * foreign > len(self.codes):
            return (*self.source.notes, "most of the codes are no SNOMED CT ids: a list of another code system?")
        return self.source.notes


def check_codelist(path: Path | str, terminology: Terminology) -> CheckedList:
    """Return a list with every code checked against what `terminology` can tell. Raises ReleaseError where it cannot be read."""
    source = open_codelist(path)
    seen: dict[str, int] = {}
    return CheckedList(source, tuple(_check(row, terminology, seen) for row in source))


def _check(row: Row, terminology: Terminology, seen: dict[str, int]) -> CheckedCode:
    problems = [Problem.RAGGED] if row.ragged else []
    if row.system not in (None, "sct"):
        first = _first_line(f"{row.system}|{row.code}", row.line, seen)
        problems += [Problem.DUPLICATE] if first is not None else []
        return CheckedCode(row, OTHER_SYSTEM, (), None, Replacements(), None, first, tuple(problems))

    told = diagnose(row.code)
    if not told.is_valid:
        problems.insert(0, Problem.DAMAGED)
    meant = row.code if told.is_valid else told.candidates[0] if len(told.candidates) == 1 else None
    first = _first_line(meant or row.code, row.line, seen)
    problems += [Problem.DUPLICATE] if first is not None else []
    if meant is None:
        return CheckedCode(row, told.diagnosis, told.candidates, None, Replacements(), None, first, tuple(problems))
    status, replacements = terminology.status(meant), Replacements()
    if status is Status.UNKNOWN:
        problems.append(Problem.UNKNOWN)
    elif status is Status.INACTIVE:
        problems.append(Problem.INACTIVE)
        replacements = terminology.replacements(meant)
    words = terminology.judge_words(meant, row.term) if row.term is not None else None
    if words is not None and words.verdict in (Words.NEGATES, Words.NAMES_ANOTHER):
        problems.append(Problem.TERM)
    return CheckedCode(row, told.diagnosis, told.candidates, status, replacements, words, first, tuple(problems))


def _first_line(code: str, line: int, seen: dict[str, int]) -> int | None:
    """Return the line where this code stood before, or None; a row without a code is no duplicate of another."""
    first = seen.setdefault(code, line) if code.strip() else line
    return first if first != line else None


CHANGE_COLUMNS = ("codesafety_change", "codesafety_original")


def fixed_rows(checked: CheckedList) -> Iterator[tuple[str, ...]]:
    """Yield the list's rows with the repairs that are the only ones possible, and two columns: the damage undone, the original.

    Everything else stays as it is, and those two columns are empty there.
    """
    source = checked.source
    if source.header is not None:
        yield (*source.header, *CHANGE_COLUMNS)
    for code in checked.codes:
        cells, repair = list(code.row.cells), code.repair
        if repair is None:
            yield (*cells, "", "")
        else:
            cells[source.code_column] = repair
            yield (*cells, code.diagnosis, code.row.code)
