"""`codesafety check` on tables of many patients: a report a patient, and as text what they come to."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codesafety.answers.screen import context_words
from codesafety.asking import Asked
from codesafety.cli.output import Tally, wrapped
from codesafety.diagnostics import count
from codesafety.engine import Engine
from codesafety.errors import InputError
from codesafety.plugins import Source
from codesafety.profile import Override, Profile
from codesafety.record import Submission
from codesafety.report import Report, decision_of_unread

if TYPE_CHECKING:
    from codesafety.decision_log import DecisionLog

_MOST_NAMED = 5
_MOST_REASONS = 20


def assess_tables(
    engine: Engine,
    source: Source,
    profile: Profile | None,
    overrides: Sequence[Override],
    tally: Tally,
    account: Account,
    log: DecisionLog | None,
) -> Iterator[tuple[str, Report]]:
    """Yield (row key, report) of every patient in tables of whom there is something to check, each counted.

    Raises InputError where there is no patient, and whatever reading raises, between two patients too.
    """
    found = False
    for key, submission in _with_progress(engine.read_many(source)):
        found = True
        if _holds_nothing(submission):
            account.empty += 1
            continue
        report = Asked(submission, None, profile, overrides).answer(engine, log)
        tally.count(report)
        account.add(key, report)
        yield key, report
    if not found:
        raise InputError(
            "there is no row of a patient in it: NOTHING WAS CHECKED", source=source.name, help="give a table with a row a code"
        )


def _holds_nothing(submission: Submission) -> bool:
    """Return whether a patient has no item, and nothing that could be one was left unread: that is no fault of a table."""
    items = submission.entries or submission.medications or submission.texts
    return not items and all(decision_of_unread(unread) == "none" for unread in submission.not_read)


@dataclass(slots=True)
class _Counted:
    """How often something was found, and the first places of it."""

    times: int = 0
    places: list[str] = field(default_factory=list)

    def add(self, place: str) -> None:
        self.times += 1
        if len(self.places) < _MOST_NAMED and place not in self.places:
            self.places.append(place)

    @property
    def such_as(self) -> str:
        return ", ".join(self.places)


@dataclass(slots=True)
class _Fired:
    """What one rule found: on whom, how often, and in how many entries."""

    patients: _Counted = field(default_factory=_Counted)
    findings: int = 0
    entries: int = 0

    def add(self, key: str, counts: list[int]) -> None:
        self.patients.add(key)
        self.findings += len(counts)
        self.entries += sum(counts)


class Account:
    """What the reports on tables come to: what fired, what is held or not judged and why, and what could not be told.

    The share of patients on whom a rule fires is given with the upper end of its 95 % interval (Wilson).
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.empty = 0
        """Patients of whom there was nothing to check."""
        self._patients = self._entries = 0
        self._decisions: Counter[str] = Counter()
        self._fired: dict[tuple[str, str], _Fired] = {}
        self._unchecked: dict[str, dict[str, _Counted]] = {
            "held": {},
            "not read": {},
            "not judged": {},
            "details": {},
            "error": {},
        }
        self._context: dict[str, _Counted] = {}
        self._missing: dict[str, _Counted] = {}

    def add(self, key: str, report: Report) -> None:
        self._patients += 1
        self._entries += report.counts.entries + report.counts.medications
        self._decisions[report.decision] += 1
        fired: dict[tuple[str, str], list[int]] = {}
        for result in report.results:
            if result.outcome == "fires":
                fired.setdefault((result.rule, result.action), []).append(result.count)
        for rule, counts in fired.items():
            self._fired.setdefault(rule, _Fired()).add(key, counts)
        for failed in report.not_checked:
            self._note("held", failed.reason, failed.path or key)
        for unread in report.not_read:
            if not unread.broken:
                kind = "not read" if unread.whole else "not judged" if unread.coded else "details"
                self._note(kind, unread.reason, unread.path)
        for error in report.errors:
            self._note("error", error, key)
        for said in (said for item in report.items for said in item.context):
            self._context.setdefault(context_words(said), _Counted()).add(said.path)
        for line in report.missing_inputs:
            self._missing.setdefault(line.missing, _Counted()).add(line.path or key)

    def _note(self, kind: str, reason: str, place: str) -> None:
        self._unchecked[kind].setdefault(reason, _Counted()).add(place)

    def lines(self) -> Iterator[str]:
        """Yield the account as text."""
        yield f"{self.name}: {count(self._patients, 'patient')}, {self._entries} entries and medications"
        if self.empty:
            yield f"{count(self.empty, 'patient')} besides, of whom there is no entry, medication or text"
        yield ", ".join(f"{decision.upper()} {self._decisions[decision]}" for decision in ("hold", "review", "note", "none"))
        yield from self._findings()
        for kind, heading in (
            ("held", "NOT CHECKED, and held"),
            ("not read", "Not read"),
            ("not judged", "Not judged: codes that no rule about entries has seen"),
            ("details", "Details that no entry holds"),
            ("error", "Errors"),
        ):
            yield from self._listed(heading, self._unchecked[kind])
        yield from self._listed("Entries that are said to be no plain fact", self._context)
        yield from self._listed("Could not be told, by what is missing", self._missing)
        yield "One report a patient: --format json"

    def _findings(self) -> Iterator[str]:
        if not self._fired:
            yield "No loaded rule fired. That does not mean that the entries are right."
            return
        from codesafety.authoring.measured import bounds  # only here: messages should not cost its import

        longest = max(len(rule) for rule, _ in self._fired)
        yield f"{'rule'.ljust(longest)}  action  findings  entries  share of patients (95 % at most)  such as"
        for (rule, action), found in sorted(self._fired.items(), key=lambda one: -one[1].findings):
            on = found.patients
            share = f"{on.times / self._patients:.2%} ({bounds(on.times, self._patients)[1]:.2%})"
            yield f"{rule.ljust(longest)}  {action.ljust(6)}  {found.findings:8}  {found.entries:7}  {share:>33}  {on.such_as}"

    @staticmethod
    def _listed(heading: str, found: dict[str, _Counted]) -> Iterator[str]:
        if not found:
            return
        yield f"{heading}:"
        ranked = sorted(found.items(), key=lambda one: -one[1].times)
        for reason, counted in ranked[:_MOST_REASONS]:
            yield from wrapped(f"{counted.times} × {reason}: {counted.such_as}", "  ", "    ")
        if len(ranked) > _MOST_REASONS:
            yield f"  … and {sum(counted.times for _, counted in ranked[_MOST_REASONS:])} for other reasons"


def _with_progress(rows: Iterator[tuple[str, Submission]]) -> Iterator[tuple[str, Submission]]:
    if not sys.stderr.isatty():
        yield from rows
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed} patients"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("patients", total=None)
        for row in rows:
            yield row
            progress.advance(task)
