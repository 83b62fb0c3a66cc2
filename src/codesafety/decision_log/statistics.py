"""What the rows of a log come to: messages and findings by day, of each sender, service and rule; and what the tripwire makes of them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from codesafety.decision_log.tripwire import ALL, FALSE_A_YEAR, WINDOWS, Above, Count, Signal, binomial_tail, look, look_back

_REST = "~"
UNNAMED = "-"
"""A sender or a service that the message did not name."""
_THREE_SIGMA = 0.00135
"""How often a point is above its limit while the rate is constant: as in Shewhart's chart, but by the binomial distribution itself."""


@dataclass(slots=True)
class Counted:
    """Counts of messages by sender, service and day; and of those in which a rule fired."""

    rows: int = 0
    dropped: int = 0
    set_aside: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    engines: set[str] = field(default_factory=set)
    sent: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """By sender, service and day (its ordinal)."""
    fired: dict[str, Counter[tuple[str, str, int]]] = field(default_factory=lambda: defaultdict(Counter))
    """By rule; a message in which one fires twice counts once."""

    @property
    def days(self) -> tuple[int, int] | None:
        """The first and the last day with a message."""
        found = {day for _, _, day in self.sent}
        return (min(found), max(found)) if found else None


def count(rows: Iterable[Mapping[str, Any]]) -> Counted:
    """Count the rows of a log."""
    found = Counted()
    for row in rows:
        found.rows += 1
        if row["kind"] == "dropped":
            found.dropped += 1
        elif row["kind"] == "override":
            found.set_aside += 1
        elif row["kind"] == "decision":
            found.decisions[row["decision"]] += 1
            found.told[row["told"]] += 1
            found.engines.add(row["engine"])
            key = row["sender"] or UNNAMED, row["service"] or UNNAMED, date.fromisoformat(row["at"][:10]).toordinal()
            found.sent[key] += 1
            for rule in {one["rule"] for one in row["rules"] if one["outcome"] == "fires"}:
                found.fired[rule][key] += 1
    return found


def rates(counted: Counted, by: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield (name, rule, messages in which it fired, messages), the most first; `by`: sender, service or rule, whose name is `ALL`."""
    place = {"sender": 0, "service": 1}.get(by)
    of: Counter[str] = Counter()
    for key, number in counted.sent.items():
        of[ALL if place is None else str(key[place])] += number
    found: Counter[tuple[str, str]] = Counter()
    for rule, fired in counted.fired.items():
        for key, number in fired.items():
            found[ALL if place is None else str(key[place]), rule] += number
    for (name, rule), hits in sorted(found.items(), key=lambda one: (-one[1] / of[one[0][0]], one[0])):
        yield name, rule, hits, of[name]


def signals(counted: Counted, day: int, false_a_year: float = FALSE_A_YEAR) -> list[tuple[str, Signal]]:
    """Return (rule, signal) of every rule at the end of a day, the least likely first."""
    sent = _aged(counted.sent, day)
    senders = len({sender for sender, _ in sent})
    found = [
        (rule, one)
        for rule, counts in _series(sent, {rule: _aged(fired, day) for rule, fired in counted.fired.items()})
        for one in look(counts, day, len(counted.fired), false_a_year, senders=senders)
    ]
    return sorted(found, key=lambda one: (one[1].chance, one[0], one[1].sender, one[1].against))


def signals_of_all_days(counted: Counted, false_a_year: float = FALSE_A_YEAR) -> list[tuple[str, Above]]:
    """Return (rule, what a look back finds) of every rule, the least likely first."""
    sent = _by_sender(counted.sent)
    senders = len({sender for sender, _ in sent})
    found = [
        (rule, one)
        for rule, counts in _series(sent, {rule: _by_sender(fired) for rule, fired in counted.fired.items()})
        for one in look_back(counts, len(counted.fired), false_a_year, senders=senders)
    ]
    return sorted(found, key=lambda one: (one[1].signal.chance, one[0], one[1].signal.sender, one[1].signal.against))


def _series(sent: Counter[tuple[str, int]], fired: Mapping[str, Counter[tuple[str, int]]]) -> Iterator[tuple[str, list[Count]]]:
    """Yield the counts of each rule: of every sender with a hit, and of all others as one."""
    by_sender: dict[str, dict[int, int]] = defaultdict(dict)
    every: Counter[int] = Counter()
    for (sender, about), number in sent.items():
        by_sender[sender][about] = number
        every[about] += number
    for rule, hits in fired.items():
        counts = [
            Count(sender, about, hits[sender, about], of)
            for sender in {sender for sender, _ in hits}
            for about, of in by_sender[sender].items()
        ]
        rest = every - sum_of(counts)  # who never had a hit is looked at together, and cannot be named
        yield rule, counts + [Count(_REST, about, 0, of) for about, of in rest.items()]


def _by_sender(numbers: Mapping[tuple[str, str, int], int]) -> Counter[tuple[str, int]]:
    found: Counter[tuple[str, int]] = Counter()
    for (sender, _, about), number in numbers.items():
        found[sender, about] += number
    return found


def sum_of(counts: Iterable[Count]) -> Counter[int]:
    """Return how many messages there were on each day."""
    found: Counter[int] = Counter()
    for one in counts:
        found[one.day] += one.of
    return found


def _aged(numbers: Mapping[tuple[str, str, int], int], day: int) -> Counter[tuple[str, int]]:
    """Add up by sender what the tripwire's windows do not tell apart: a log of years is no longer than one of a quarter."""
    found: Counter[tuple[str, int]] = Counter()
    for (sender, _, about), number in numbers.items():
        if about <= day:
            window = bisect_left(WINDOWS, day - about + 1)
            found[sender, day - (WINDOWS[window - 1] if window else 0)] += number
    return found


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a control chart. `limit`: the most hits that its messages have by chance, at the rate of the whole chart."""

    first_day: int
    hits: int
    of: int
    limit: int

    @property
    def above(self) -> bool:
        return self.hits > self.limit


def chart(counted: Counted, rule: str, sender: str | None = None, service: str | None = None, days: int = 7) -> list[Point]:
    """Return the control chart of a rule, all periods of so many days, of one sender or service or of all."""

    def by_period(numbers: Mapping[tuple[str, str, int], int], last: int) -> Counter[int]:
        found: Counter[int] = Counter()
        for (from_, of, day), number in numbers.items():
            if sender in (None, from_) and service in (None, of):
                found[last - (last - day) // days * days] += number
        return found

    if counted.days is None:
        return []
    last = counted.days[1]
    sent, fired = by_period(counted.sent, last), by_period(counted.fired.get(rule, {}), last)
    rate = sum(fired.values()) / sum(sent.values()) if sent else 0.0
    return [Point(end - days + 1, fired[end], sent[end], limit(sent[end], rate)) for end in sorted(sent)]


def limit(of: int, rate: float) -> int:
    """Return the most hits that come by chance, so that more come in 0.135 % of periods at most."""
    low, high = 0, of
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if binomial_tail(middle + 1, of, rate) <= _THREE_SIGMA else (middle + 1, high)
    return low
