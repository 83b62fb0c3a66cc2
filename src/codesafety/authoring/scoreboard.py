"""Score rules against an oracle: a table of single coded entries with what is expected of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from codesafety.engine import checked_path
from codesafety.errors import InputError
from codesafety.evaluation import calendar
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.compiled.program import Program, compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.outcome import Status
from codesafety.ir import Unit
from codesafety.record import Coding, Coverage, Entry, Gender, Message, Patient, Record, Submission

COLUMNS = ("system", "code", "sex", "age_years", "date", "expected")
_SEX: dict[str, Gender | None] = {
    "": None,
    "male": "male",
    "m": "male",
    "1": "male",
    "female": "female",
    "f": "female",
    "2": "female",
    "unknown": "unknown",
    "u": "unknown",
    "9": "unknown",
    "other": "other",
    "0": "unknown",
}
_EXPECTED = {"fires": "fires", "clear": "clear", "cannot tell": "cannot_tell", "cannot_tell": "cannot_tell"}


@dataclass(frozen=True, slots=True)
class Case:
    line: int
    system: str
    code: str
    sex: Gender | None
    age_years: int | None
    date: str | None
    expected: str


@dataclass(slots=True)
class Score:
    """Counts over all cases. `sensitivity` and `specificity` are over the cases that were told, None where there are none."""

    cases: int = 0
    agree: int = 0
    false_fires: int = 0
    missed: int = 0
    cannot_tell: int = 0
    true_fires: int = 0
    true_clear: int = 0
    disagreements: list[tuple[Case, str]] = field(default_factory=list)

    @property
    def sensitivity(self) -> float | None:
        told = self.true_fires + self.missed
        return self.true_fires / told if told else None

    @property
    def specificity(self) -> float | None:
        told = self.true_clear + self.false_fires
        return self.true_clear / told if told else None

    def count(self, case: Case, answer: str) -> None:
        self.cases += 1
        self.agree += answer == case.expected
        self.cannot_tell += answer == "cannot_tell"
        self.true_fires += answer == case.expected == "fires"
        self.true_clear += answer == case.expected == "clear"
        self.missed += answer == "clear" and case.expected == "fires"
        self.false_fires += answer == "fires" and case.expected == "clear"
        if answer != case.expected:
            self.disagreements.append((case, answer))


def read_oracle(path: Path) -> Iterator[Case]:
    """Yield the cases of a CSV file with the columns `COLUMNS`. Raises InputError that names file, line and reason."""
    try:
        with checked_path(path).open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            absent = [c for c in COLUMNS if c not in (reader.fieldnames or [])]
            if absent:
                raise InputError(
                    f"the table lacks the columns: {', '.join(absent)}",
                    source=str(path),
                    path="line 1",
                    help=f"its columns are {', '.join(COLUMNS)}",
                )
            for row in reader:
                yield _case(path, reader.line_num, row)
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputError(
            "it cannot be read as a CSV file in UTF-8", source=str(path), help="check the path and the file"
        ) from None


def _case(path: Path, line: int, row: dict[str, str | None]) -> Case:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}

    def wrong(what: str, help_: str) -> InputError:
        return InputError(what, source=str(path), path=f"line {line}", help=help_)

    sex, expected = cells["sex"].lower(), _EXPECTED.get(cells["expected"].lower())
    if sex not in _SEX:
        raise wrong("`sex` is not one that is known", "write male, female, other, unknown or nothing")
    if expected is None:
        raise wrong("`expected` is not an answer", "write fires or clear")
    age = cells["age_years"]
    if age.endswith(".0"):
        age = age[:-2]
    if age and not age.isdigit():
        raise wrong("`age_years` is no whole number of years", "write completed years, or nothing")
    if not cells["code"]:
        raise wrong("`code` is empty", "give the code")
    if cells["date"]:
        try:
            date.fromisoformat(cells["date"])
        except ValueError:
            raise wrong("`date` is no day", "write YYYY-MM-DD, or nothing") from None
    return Case(line, cells["system"], cells["code"], _SEX[sex], int(age) if age else None, cells["date"] or None, expected)


def score(binding: Binding, path: Path) -> Score:
    """Return how rules answer an oracle's cases. Each case is one incoming entry with a complete, empty record.

    A patient of N completed years is born N years before the entry's date; an undated entry, or no age, has no birth date.
    """
    program = compile_program(binding)
    total = Score()
    for case in read_oracle(path):
        total.count(case, _answer(program, binding, case))
    return total


_COMPLETE = (Coverage(kind="entry"), Coverage(kind="medication"))
_MESSAGE = Message()


def _answer(program: Program, binding: Binding, case: Case) -> str:
    born = None
    if case.age_years is not None and case.date is not None and 0 <= case.age_years < 150:
        day = calendar.add(date.fromisoformat(case.date).toordinal(), -case.age_years, Unit.YEARS)
        born = date.fromordinal(day).isoformat()
    patient = Patient.model_construct(gender=case.sex, born=born)
    entry = Entry.model_construct(
        path="entry",
        codings=(Coding.model_construct(system=case.system, code=case.code),),
        date=case.date,
        components=(),
        qualifiers=(),
    )
    submission = Submission.model_construct(patient=patient, message=_MESSAGE, entries=(entry,))
    record = Record.model_construct(patient=patient, complete=_COMPLETE)
    statuses = {o.status for o in program.run(Facts(submission, record, binding.codebook)).outcomes}
    if Status.FIRES in statuses:
        return "fires"
    return "cannot_tell" if Status.CANNOT_TELL in statuses else "clear"
