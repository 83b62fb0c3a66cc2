"""The decision log: each answer a row, before it is given; what a person set aside, handed back until it ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

from codesafety.arguments import expect
from codesafety.decision_log import row as rows
from codesafety.decision_log.chain import Head, head_of, sealed
from codesafety.decision_log.places import open_store
from codesafety.decision_log.row import Key, Unmaskable
from codesafety.decision_log.stores import Finder, Store
from codesafety.engine import Engine
from codesafety.errors import LogError
from codesafety.evaluation.binding import say_limit
from codesafety.ir import Field, code_key
from codesafety.profile import Override, Profile
from codesafety.record import Record, Submission
from codesafety.report import Report


def _now() -> datetime:
    return datetime.now(UTC)


class DecisionLog:
    """A log that is written to. Safe to share between threads; each process opens its own.

    Rows are appended, and never changed or taken out. `written` and `dropped` count those of this process.
    """

    def __init__(self, place: str | Path, key: str | Path, *, clock: Callable[[], datetime] = _now) -> None:
        """Open the log at a place, or begin one. `place`: a file of SQLite, a file `*.jsonl`, `-` (standard output), or
        `postgresql://…`. `key`: the file with the key by which patients, inputs and findings are told apart. `clock`: what stands in rows.

        Raises LogError, and ConfigurationError for the key.
        """
        expect(place, (str, Path), "place", "the path of a log, or an address that begins with postgresql://")
        expect(key, (str, Path), "key", "the path of a key from `codesafety log keygen`")
        self.key = Key.read(key)
        self.place = str(place)
        self.written = self.dropped = 0
        self._clock = clock
        self._counting = threading.Lock()
        self._store: Store = open_store(self.place, writing=True)

    def __repr__(self) -> str:
        return f"<DecisionLog {self.written} rows of this process>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def head(self) -> Head:
        """The last row's number and digest: to be noted elsewhere. Raises LogError."""
        return self._store.head()

    @property
    def keeps_overrides(self) -> bool:
        """Whether what a person sets aside is found again: SQLite and PostgreSQL do."""
        return isinstance(self._store, Finder)

    def close(self) -> None:
        self._store.close()

    def assess(
        self,
        engine: Engine,
        submission: Submission,
        record: Record | None = None,
        *,
        profile: Profile | None = None,
        overrides: Sequence[Override] = (),
    ) -> Report:
        """Return what `engine.assess` answers, once its row is written: with what a person set aside before of the same patient.

        Raises LogError where the row cannot be written: then there is no answer, and the message is held. A row that cannot be masked
        is dropped, and a row in its place says so.
        """
        report = engine.assess(submission, record, profile=profile, overrides=overrides)
        if kept := self._kept(submission, report):
            report = engine.assess(submission, record, profile=profile, overrides=(*overrides, *kept))
        now = self._clock()
        try:
            told = rows.decision(self.key, now, engine, submission, record, report)
        except (Unmaskable, UnicodeEncodeError) as error:
            self._append(rows.dropped(self.key, now, error.field if isinstance(error, Unmaskable) else "another"))
            return report
        self._append(told, [one["card"] for one in told["rules"] if "card" in one])
        return report

    def set_aside(self, engine: Engine, card: str, reason: str, decided: date) -> int:
        """Keep that a person set a card's findings aside; return of how many: those whose rule takes the reason.

        `card`: its uuid (`codesafety.answers.cds_hooks`). `decided`: the day on which they did, of which one that is still to come is
        today. Such a finding, of the same patient, rule and codes, is handed back with each further answer until the rule's length is
        over. A row that cannot be masked is dropped and not kept, as by `assess`. Raises LogError.
        """
        if not isinstance(self._store, Finder):
            raise LogError(self.place, "what is set aside is not found again there", "log to a file of SQLite or to PostgreSQL")
        line = self._store.latest(self.key.of("card", card))
        now = self._clock()
        kept = 0
        for one in json.loads(line)["rules"] if line is not None else ():
            rule = engine.standing.rules.get(one["rule"])
            if one.get("card") != self.key.of("card", card) or rule is None or rule.overridable is None:
                continue
            if reason in rule.overridable.reasons and not isinstance(rule.overridable.length, Field):
                lasts = say_limit(engine.binding.length(rule.overridable.length))
                recorded = min(decided, now.date()).isoformat()
                try:
                    told = rows.override(self.key, now, one["finding"], one["rule"], reason, recorded, lasts)
                except Unmaskable as error:
                    self._append(rows.dropped(self.key, now, error.field))
                    continue
                self._append(told, [one["finding"]])
                kept += 1
        return kept

    def _kept(self, submission: Submission, report: Report) -> list[Override]:
        store = self._store
        return handed_back(self.key, submission, report, store.latest) if isinstance(store, Finder) else []

    def _append(self, told: Mapping[str, Any], marks: Sequence[str] = ()) -> None:
        self._store.append(lambda before: sealed(told, before), marks)
        with self._counting:
            self.written += 1
            self.dropped += told["kind"] == "dropped"


def handed_back(key: Key, submission: Submission, report: Report, latest: Callable[[str], str | None]) -> list[Override]:
    """Return what was set aside of the findings of a report, by the last row that bears each. The rule decides whether it still holds."""
    found = []
    for result in report.results:
        finding = None if result.overridden else rows.finding_of(key, submission, result)
        line = latest(finding) if finding else None
        if line is not None:
            told = json.loads(line)
            codes = tuple(code_key(one.system or "", one.code) for one in result.entries if one.code is not None)
            found.append(Override(rule=told["rule"], codes=codes, reason=told["reason"], recorded=told["recorded"]))
    return found


def read_lines(place: str | Path) -> Iterator[str]:
    """Yield the lines of a log as they were written. Raises LogError."""
    store = open_store(str(place), writing=False)
    try:
        yield from store.lines()
    finally:
        store.close()


def read_rows(place: str | Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a log. Raises LogError for a line that is none, or is not as it was written."""
    for number, line in enumerate(read_lines(place), 1):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or found.get("format") != rows.FORMAT:
            raise LogError(str(place), f"row {number} is none that this version writes", "see what `codesafety log verify` says")
        if head_of(line) is None:
            raise LogError(str(place), f"row {number} is not as it was written", "see what `codesafety log verify` says")
        yield found
