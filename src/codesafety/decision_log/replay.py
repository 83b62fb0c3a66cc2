"""Old inputs answered again, by the rules of their day, and every difference from what the log says was answered."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from codesafety.decision_log import row as rows
from codesafety.decision_log.log import handed_back
from codesafety.decision_log.row import Key
from codesafety.engine import Engine
from codesafety.profile import Override, Profile
from codesafety.record import Record, Submission
from codesafety.reporting.whole import digest

_NOT_COMPARED = frozenset(["number", "previous", "digest", "at", "kind", "format", "rules"])


@dataclass(slots=True)
class Held:
    """The rows of a log that inputs may be found by, and what was set aside when."""

    decisions: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """By the keyed digest of the input."""
    aside: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """By the finding."""

    @classmethod
    def of(cls, told: Iterable[dict[str, Any]], wanted: frozenset[str]) -> Held:
        """Keep the rows of the inputs that are wanted."""
        held = cls()
        for row in told:
            if row["kind"] == "decision" and row["input"] in wanted:
                held.decisions[row["input"]].append(row)
            elif row["kind"] == "override":
                held.aside[row["finding"]].append(row)
        return held

    def latest(self, finding: str, before: int) -> str | None:
        """Return what had been set aside of a finding when a row was written."""
        found = [row for row in self.aside.get(finding, ()) if row["number"] < before]
        return json.dumps(found[-1]) if found else None


def input_of(key: Key, submission: Submission) -> str:
    """Return the keyed digest by which rows name an input."""
    return key.of("input", digest(submission.model_dump_json()))


def again(
    row: Mapping[str, Any],
    held: Held,
    key: Key,
    engine: Engine,
    submission: Submission,
    record: Record | None,
    profile: Profile | None,
    overrides: Sequence[Override],
) -> list[str]:
    """Return in what the answer differs that an engine gives now, each in a line; nothing where it is the same."""
    report = engine.assess(submission, record, profile=profile, overrides=overrides)
    if kept := handed_back(key, submission, report, lambda finding: held.latest(finding, row["number"])):
        report = engine.assess(submission, record, profile=profile, overrides=(*overrides, *kept))
    now = rows.decision(key, datetime.now(UTC), engine, submission, record, report)
    return [*_fields(row, now), *_rules(row["rules"], now["rules"])]


def _fields(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted((then.keys() | now.keys()) - _NOT_COMPARED):
        if then.get(name) != now.get(name):
            yield f"{name}: {_said(then.get(name))}, now {_said(now.get(name))}"


def _rules(then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield each answer of a rule that was given and is not, or is and was not."""
    before, after = _answers(then), _answers(now)
    for rule, outcome, action in sorted(before.keys() | after.keys()):
        numbers = before.get((rule, outcome, action), 0), after.get((rule, outcome, action), 0)
        if numbers[0] != numbers[1]:
            yield f"rule {rule}, {outcome.replace('_', ' ')}, {action}: {numbers[0]} then, {numbers[1]} now"


def _answers(told: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for one in told:
        found[one["rule"], one["outcome"], one["action"]] += one["count"]
    return found


def _said(value: object) -> str:
    return "nothing" if value is None or value == [] else value if isinstance(value, str) else json.dumps(value)
