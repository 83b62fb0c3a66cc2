"""One report as rows: what was found, what could not be told, and what was not checked, each with its keys and none left out.

A row holds the site's own key of the patient, codes, dates and places. It never holds a word that was sent, a birth date or a number of the
patient's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from codesafety.batch.sent import Sent
from codesafety.evaluation import calendar
from codesafety.evaluation.facts import date_of
from codesafety.ir import Unit
from codesafety.record import Submission
from codesafety.report import RANK, Decision, Report, Result

_KEYS = ("patient", "file", "place", "sender", "month")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "findings": (
        *_KEYS,
        "rule",
        "outcome",
        "action",
        "severity",
        "hazard",
        "system",
        "code",
        "term",
        "date",
        "finding",
        "rests_on",
    ),
    "cannot_tell": (*_KEYS, "missing", "rules", "items"),
    "not_checked": (*_KEYS, "kind", "rule", "reason"),
}
"""The three tables, and what stands in each row: first the keys."""
_NUMBERS = ("rules", "items")
SCHEMAS = {
    name: pa.schema([(column, pa.int64() if column in _NUMBERS else pa.string()) for column in columns])
    for name, columns in COLUMNS.items()
}
NO_BAND = "not known"

Place = Callable[[str | None], tuple[str, str | None, str | None]]
"""The file that a path of the report stands in, the place in that file, and who sent it."""
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """One patient or message: what was read and answered, or why it could not be (`failed`)."""

    patient: str | None
    place: Place
    submission: Submission | None = None
    report: Report | None = None
    entries: int = 0
    without_record: int = 0
    """Items that were left out and that the record's line counts."""
    failed: str | None = None
    message: Sent | None = None
    """What the message says of its sender and day."""
    rows: Mapping[str, Sent] | None = None
    """Where rows of tables were read, no message: what each says, by its place."""

    def with_place(self, place: Place) -> Person:
        return replace(self, place=place)


@dataclass(slots=True)
class Rows:
    """What some patients come to."""

    tables: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    patients: int = 0
    entries: int = 0
    understood: int = 0
    """Entries and medicines of which the codes could be known: none, and nothing was checked."""
    empty: int = 0
    """Patients of whom there was nothing to check."""
    decisions: Counter[str] = field(default_factory=Counter)
    never: set[str] = field(default_factory=set)
    ages: Counter[str] = field(default_factory=Counter)
    """Findings by `gender|ten years of age` on the day of the entry."""
    files: int = 0
    """Sources that could not be read at all."""
    sent: Counter[Sent | None] = field(default_factory=Counter)
    """Messages, and rows of tables, by who sent them and when; under None, those that do not say."""
    fired: dict[str, Counter[Sent]] = field(default_factory=lambda: defaultdict(Counter))
    """Those in which a rule fired, by the rule; one in which it fires twice counts once."""

    def take(self, person: Person, since: int | None) -> None:
        """Count a patient or message."""
        if person.rows is None and person.submission is not None:
            self.sent[person.message] += 1
        for rule, sent in _fired(person):
            self.fired[rule][sent] += 1
        if person.failed is not None:
            file, place, _ = person.place(None)
            self.failed(file, place, person.failed)
        elif person.report is None or person.submission is None:
            self.empty += 1
        else:
            self.add(person.patient, person.submission, person.report, person.place, person.entries, since, person.without_record)

    def failed(self, file: str, place: str | None, reason: str) -> None:
        """Count a file, a line or a message that could not be read."""
        self.files += 1
        self.decisions["hold"] += 1
        self.tables["not_checked"].append((None, file, place, None, None, "not read at all", None, reason))

    def add(
        self,
        patient: str | None,
        submission: Submission,
        report: Report,
        place: Place,
        entries: int,
        since: int | None,
        without_record: int = 0,
    ) -> None:
        """Count a report. `entries`: how many items it is of. `since`: findings all of whose days are before it are left out. `without_record`: how
        many items more the record's line is of."""
        self.patients += 1
        self.entries += entries
        self.never.update(report.never_given)
        decision: Decision = "none"

        def keys(path: str | None, date: str | None) -> Row:
            return (patient, *place(path), date[:7] if date and date[:4].isdigit() and len(date) > 6 else None)

        for result in report.results:
            if result.outcome != "fires" and result.action == "none":
                continue
            mine = [entry for entry in result.entries if entry.takes_action]
            if since is not None and mine and all(_before(entry.date, since) for entry in mine):
                continue
            decision = max(decision, result.action, key=RANK.__getitem__)
            for entry in mine or (None,):
                path, date = (
                    (entry.path, entry.date or _day(submission, entry.path)) if entry is not None else (result.path, None)
                )
                coded = (entry.system, entry.code, entry.term, date) if entry is not None else (None,) * 4
                self.tables["findings"].append((*keys(path, date), *_said(result), *coded, result.id, ", ".join(result.rests_on)))
                self.ages[_band(submission, date)] += 1
        not_understood = 0
        for line in report.missing_inputs:
            items = line.items + (without_record if line.missing == "record" else 0)
            self.tables["cannot_tell"].append((*keys(line.path, None), line.missing, line.rules, items))
            not_understood += line.items if line.missing in ("code", "product") and line.path is None else 0
        self.understood += max(0, entries - not_understood)
        unread = list(_unread(report))
        self.tables["not_checked"] += [(*keys(path, None), kind, rule, reason) for path, kind, rule, reason in unread]
        if any(kind == "held" for _, kind, _, _ in unread):
            decision = "hold"
        elif unread:
            decision = max(decision, "review", key=RANK.__getitem__)
        self.decisions[decision] += 1

    def arrow(self, name: str) -> pa.Table:
        schema = SCHEMAS[name]
        rows = self.tables[name]
        return pa.table(
            [pa.array(column, kind) for column, kind in zip(_columns(rows, len(schema)), schema.types)], schema=schema
        )

    def counts(self) -> dict[str, Any]:
        """Return all that is counted, as JSON holds it."""
        return {
            **{name: getattr(self, name) for name in ("patients", "entries", "understood", "empty", "files")},
            "decisions": dict(sorted(self.decisions.items())),
            "ages": dict(sorted(self.ages.items())),
            "never": sorted(self.never),
            "sent": sorted([*one, number] for one, number in self.sent.items() if one is not None),
            "not_said": self.sent[None],
            "fired": {rule: sorted([*one, number] for one, number in self.fired[rule].items()) for rule in sorted(self.fired)},
        }


def _columns(rows: list[Row], width: int) -> list[tuple[Any, ...]]:
    return list(zip(*rows)) if rows else [()] * width


def _fired(person: Person) -> Iterator[tuple[str, Sent]]:
    """Yield the rules that fired, once for each message or row that says whose it is."""
    found: dict[tuple[str, str], Sent] = {}
    for result in person.report.results if person.report is not None else ():
        if result.outcome != "fires":
            continue
        if person.rows is None:
            found |= {(result.rule, ""): person.message} if person.message is not None else {}
            continue
        paths = [entry.path for entry in result.entries if entry.takes_action] or [result.path or ""]
        places = {path.partition("]")[0] + "]" for path in paths}
        found |= {(result.rule, place): person.rows[place] for place in places if place in person.rows}
    return ((rule, sent) for (rule, _), sent in found.items())


def _said(result: Result) -> Row:
    return result.rule, result.outcome, result.action, result.severity, ", ".join(result.hazard)


def _unread(report: Report) -> Iterator[tuple[str | None, str, str | None, str]]:
    for failed in report.not_checked:
        yield failed.path, "held", failed.rule, failed.reason
    for line in report.not_read:
        if not line.broken and (line.whole or line.coded):
            yield line.path, "not read" if line.whole else "not judged", None, line.reason
    for error in report.errors:
        yield None, "error", None, error


def _day(submission: Submission, path: str) -> str | None:
    """Return the day, as sent, of the item around a coding: what is wrong with a code has no day of its own."""
    days = {item.path: item.date or item.consultation_date for item in submission.entries}
    days |= {item.path: item.handed_over or item.prepared or item.start or item.authored for item in submission.medications}
    while path and path not in days:
        path = path.rpartition(".")[0]
    day = days.get(path)
    return day[:10] if day else None


def _before(date: str | None, since: int) -> bool:
    """Return whether an entry's day, as a report writes it, is certainly before a day."""
    if date is None:
        return False
    found = date_of(date.removeprefix("up to "))
    return found is not None and found[1] < since


def _band(submission: Submission, date: str | None) -> str:
    """Return gender and ten years of age on a day."""
    gender = submission.patient.gender or "unknown"
    born, day = date_of(submission.patient.born), date_of(date) if date and not date.startswith("up to") else None
    if born is None or day is None or day[0] < born[1]:
        return f"{gender}|{NO_BAND}"
    low = min(calendar.completed(born[1], day[0], Unit.YEARS) // 10 * 10, 100)
    return f"{gender}|{low}"
