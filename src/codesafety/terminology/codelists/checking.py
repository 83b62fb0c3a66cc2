"""A published list of codes, checked: damaged, unknown and inactive ids, terms that disagree with their code, duplicates.

Nothing is repaired here. A repair that is the only one possible can be written into a copy by `fixed_rows`; which of several
was meant is for a person to say. A list may have millions of rows: it is read again for each question, and never held. One with
more damaged rows than a person looks through is refused.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, takewhile
from pathlib import Path

from codesafety.terminology.codelists.reading import Codelist, Row, open_codelist
from codesafety.terminology.interface import Replacements, Status, Terminology, Words, WordsVerdict
from codesafety.terminology.sctid import Damage, Diagnosis, diagnose
from codesafety.terminology.systems import SCT


class Problem(StrEnum):
    """What a person should look at in a row."""

    DAMAGED = "damaged"  # neither a valid concept id nor an expression
    UNKNOWN = "unknown"  # well formed, and not in the release
    INACTIVE = "inactive"
    TERM = "term"  # the term denies the code, or is a description of another
    DUPLICATE = "duplicate"
    RAGGED = "ragged"  # another number of cells than the header


OTHER_SYSTEM = "other_system"
"""The diagnosis of a code that the list says is of another code system: this check knows nothing of it."""
MOST_DAMAGED = 10_000
"""Rows: a list with more that are no codes of SNOMED CT is another system's, or was written wrongly, and is read no further."""
_OF_LONG_NUMBERS = frozenset({Damage.SPREADSHEET_TRUNCATION, Damage.FLOAT_ROUNDING, Damage.SCIENTIFIC_NOTATION})
_LONG = 12  # digits: from there on spreadsheets do not show a number in full, and few systems have such numbers
_NEARLY_ALL = 9  # to one


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """One row of a list and what is to be said of it.

    `candidates`: the ids of which this damage makes this text (sctid.diagnose). `status`: of the code, or of its only
    candidate; None where neither is an id. `words`: of the term against the code, or its only candidate; None without a term.
    `duplicate_of`: the line of the first row of the same code (a damaged one counts as its only candidate). `repair`: the only
    id that this damaged text can have been, unless its term, the release or the other rows of the list speak against it.
    """

    row: Row
    diagnosis: str
    candidates: tuple[str, ...]
    status: Status | None
    replacements: Replacements
    words: WordsVerdict | None
    duplicate_of: int | None
    problems: tuple[Problem, ...]
    repair: str | None


@dataclass(frozen=True, slots=True)
class CheckedList:
    """A list that was checked. Iterate it for its codes, in the order of the file; each iteration reads the file anew.

    `counts`: how many rows have each problem, `diagnoses`: each diagnosis, both most frequent first. `of_snomed`: nearly all
    rows whose system the list does not tell are ids of SNOMED CT, so that a damaged one among them can be repaired all the same.
    """

    source: Codelist
    rows: int
    counts: dict[str, int]
    diagnoses: dict[str, int]
    other_systems: dict[str, int]
    repairs: int
    withheld: int  # repairs that are not offered, since nothing says that the code is of SNOMED CT
    uncompared: int  # terms whose code has no description that is known
    of_snomed: bool
    until: int | None
    """The line from which on the list was not read, for it has more than `MOST_DAMAGED` damaged rows up to there; None: it was read whole."""
    _terminology: Terminology
    _repeated: array[int]

    def __iter__(self) -> Iterator[CheckedCode]:
        return _checked(_up_to(self.source, self.until), self._terminology, self._repeated, self.of_snomed)

    def speaks_of(self, code: CheckedCode) -> bool:
        """Return whether a code is of SNOMED CT, by its column or by the rows beside it, so that its candidates are its own."""
        return code.row.system == SCT or self.of_snomed

    @property
    def is_clean(self) -> bool:
        return not self.counts

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the list as a whole."""
        notes = [*self.source.notes]
        notes += [f"codes of {system} are not tested: {number}" for system, number in self.other_systems.items()]
        if 2 * self.diagnoses.get(Damage.NOT_AN_SCTID, 0) > self.rows:
            notes.append("most of the codes are no SNOMED CT ids: a list of another code system?")
        if self.uncompared:
            notes.append(
                f"{self.uncompared} terms are not compared with their codes, of which no description is known"
                + ("" if self._terminology.has_release else " without a pack")
            )
        if self.withheld:
            notes.append(
                "nothing says that these are codes of SNOMED CT, and no damage is undone: name their column `snomed_code`"
            )
        return tuple(notes)


def check_codelist(path: Path | str, terminology: Terminology) -> CheckedList:
    """Return a list with every code checked against what `terminology` can tell. Raises ReleaseError where it cannot be read."""
    source = open_codelist(path)
    repeated, of_snomed, until = _survey(source)
    counts: Counter[str] = Counter()
    diagnoses: Counter[str] = Counter()
    others: Counter[str] = Counter()
    rows = repairs = withheld = uncompared = 0
    for code in _checked(_up_to(source, until), terminology, repeated, of_snomed):
        rows += 1
        repairs += code.repair is not None
        withheld += len(code.candidates) == 1 and code.row.system != SCT and not of_snomed
        uncompared += code.words is not None and code.words.verdict is Words.CANNOT_TELL
        counts.update(map(str, code.problems))
        diagnoses[code.diagnosis] += 1
        if code.diagnosis == OTHER_SYSTEM:
            others[str(code.row.system)] += 1
    return CheckedList(
        source,
        rows,
        dict(counts.most_common()),
        dict(diagnoses.most_common()),
        dict(others.most_common()),
        repairs,
        withheld,
        uncompared,
        of_snomed,
        until,
        terminology,
        repeated,
    )


def _up_to(source: Codelist, until: int | None) -> Iterator[Row]:
    return iter(source) if until is None else takewhile(lambda row: row.line < until, source)


def _survey(source: Codelist) -> tuple[array[int], bool, int | None]:
    """Return the hashes of the codes that stand in several rows, whether the list is one of SNOMED CT, and where it is read no further."""
    until: int | None = None
    hashes = array("q")
    whole = other = damaged = 0
    for row in source:
        told = _diagnosis(row)
        if row.code.strip():
            hashes.append(hash(_key(row, told)))
        damaged += told is not None and not _is_whole(told)
        if damaged > MOST_DAMAGED:
            until = row.line
            break
        if told is not None and row.system is None and row.code.strip():
            whole += _is_of_snomed(told)
            other += not _is_whole(told) and not told.candidates
    return _repeats(hashes), 0 < whole >= _NEARLY_ALL * other, until


def _is_whole(told: Diagnosis) -> bool:
    return told.is_valid or told.diagnosis is Damage.EXPRESSION


def _is_of_snomed(told: Diagnosis) -> bool:
    """Return whether a text by itself speaks for SNOMED CT: an id, one with something around it, a long one that was cut."""
    digits = re.sub(r"\D", "", told.code)
    long = told.diagnosis in _OF_LONG_NUMBERS
    return _is_whole(told) or any((long and len(candidate) >= _LONG) or candidate in digits for candidate in told.candidates)


def _repeats(hashes: array[int]) -> array[int]:
    found: list[int] = []
    parts = len(hashes) // 500_000 + 1  # a list of Python's integers takes five times the room of the array
    for part in range(parts):
        ordered = sorted(number for number in hashes if number % parts == part)
        found += {left for left, right in pairwise(ordered) if left == right}
    return array("q", sorted(found))


def _diagnosis(row: Row) -> Diagnosis | None:
    """Return what is to be said of a row's code; None where the list says that it is of another system."""
    return diagnose(row.code) if row.system in (None, SCT) else None


def _key(row: Row, told: Diagnosis | None) -> str:
    """Return what two rows of one code have in common."""
    if told is None:
        return f"{row.system}|{row.code}"
    return told.candidates[0] if len(told.candidates) == 1 else row.code


def _checked(rows: Iterable[Row], terminology: Terminology, repeated: array[int], of_snomed: bool) -> Iterator[CheckedCode]:
    first_lines = array("I", bytes(4 * len(repeated)))
    for row in rows:
        told = _diagnosis(row)
        first = None
        if row.code.strip():
            number = hash(_key(row, told))
            at = bisect_left(repeated, number)
            if at < len(repeated) and repeated[at] == number:
                first = first_lines[at] or None
                first_lines[at] = first_lines[at] or row.line
        yield _check(row, told, terminology, first, of_snomed)


def _check(row: Row, told: Diagnosis | None, terminology: Terminology, first: int | None, of_snomed: bool) -> CheckedCode:
    problems = [Problem.DAMAGED] if told is not None and not _is_whole(told) else []
    problems += [Problem.RAGGED] if row.ragged else []
    problems += [Problem.DUPLICATE] if first is not None else []
    if told is None:
        return CheckedCode(row, OTHER_SYSTEM, (), None, Replacements(), None, first, tuple(problems), None)
    meant = row.code if told.is_valid else told.candidates[0] if len(told.candidates) == 1 else None
    if meant is None:
        return CheckedCode(row, told.diagnosis, told.candidates, None, Replacements(), None, first, tuple(problems), None)
    status, replacements = terminology.status(meant), Replacements()
    if status is Status.UNKNOWN:
        problems.append(Problem.UNKNOWN)
    elif status is Status.INACTIVE:
        problems.append(Problem.INACTIVE)
        replacements = terminology.replacements(meant)
    words = terminology.judge_words(meant, row.term) if row.term is not None else None
    if words is not None and words.verdict in (Words.NEGATES, Words.NAMES_ANOTHER, Words.DIFFERS):
        problems.append(Problem.TERM)
    certain = row.system == SCT or of_snomed
    spoken_against = status is Status.UNKNOWN or Problem.TERM in problems
    repair = meant if certain and not told.is_valid and not spoken_against else None
    return CheckedCode(row, told.diagnosis, told.candidates, status, replacements, words, first, tuple(problems), repair)


CHANGE_COLUMNS = ("codesafety_change", "codesafety_original")


def fixed_rows(checked: CheckedList) -> Iterator[tuple[str, ...]]:
    """Yield the list's rows with the repairs that are the only ones possible, and two columns: the damage undone, the original.

    Everything else stays as it is, and those two columns are empty there.
    """
    source = checked.source
    if source.header is not None:
        yield (*source.header, *CHANGE_COLUMNS)
    for code in checked:
        cells, repair = list(code.row.cells), code.repair
        if repair is None:
            yield (*cells, "", "")
        else:
            cells[source.code_column] = repair
            yield (*cells, code.diagnosis, code.row.code)
