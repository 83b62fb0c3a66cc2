"""Senders above their own rate or their peers' in a scan: the tripwire, at the end of every day that is looked back on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from codesafety.batch.sent import Unit
from codesafety.decision_log.statistics import UNNAMED, Counted, chart, signals_of_all_days
from codesafety.decision_log.tripwire import ALL, FALSE_A_YEAR, Above
from codesafety.record import day_interval

_DRAWN = 3
"""Charts on the page: of the least likely."""
_POINTS = 120
"""On one chart, at most."""
_PERIODS = (7, 28, 91, 364)
"""Days of a point."""


@dataclass(slots=True)
class Named:
    """What parts of a scan count, by what is counted: messages and rows are never compared with each other."""

    counted: dict[Unit, Counted] = field(default_factory=lambda: defaultdict(Counted))
    not_said: int = 0

    def add(self, counts: Mapping[str, Any]) -> None:
        """Add what a part has counted."""
        self.not_said += counts["not_said"]
        for unit, sender, service, day, number in counts["sent"]:
            self.counted[unit].sent[sender, service, day] += number
        for rule, fired in counts["fired"].items():
            for unit, sender, service, day, number in fired:
                self.counted[unit].fired[rule][sender, service, day] += number

    def told(self, since: str | None) -> dict[str, Any]:
        """Return who is above, the least likely first, and of how many false signals. `since`: what is before is not looked at."""
        first = day_interval(since)[0] if since is not None else 0
        looked = {unit: _since(counted, first) for unit, counted in sorted(self.counted.items())}
        looked = {unit: counted for unit, counted in looked.items() if counted.sent}
        found = [
            (unit, rule, one)
            for unit, counted in looked.items()
            for rule, one in signals_of_all_days(counted, FALSE_A_YEAR / len(looked))
        ]
        found.sort(key=lambda one: one[2].signal.chance)
        days = [day for counted in looked.values() if counted.days for day in counted.days]
        drawn = [one for one in found if one[2].signal.sender != ALL] or found
        return {
            "false_a_year": FALSE_A_YEAR,
            "first": _iso(min(days)) if days else None,
            "last": _iso(max(days)) if days else None,
            "counted": {unit: counted.sent.total() for unit, counted in looked.items()},
            "senders": len({sender for counted in looked.values() for sender, _, _ in counted.sent}),
            "not_said": self.not_said,
            "above": [_row(looked[unit], unit, rule, one) for unit, rule, one in found],
            "charts": [
                _chart(looked[unit], rule, sender)
                for unit, rule, sender in list(dict.fromkeys((unit, rule, one.signal.sender) for unit, rule, one in drawn))[
                    :_DRAWN
                ]
            ],
        }


def _since(counted: Counted, first: int) -> Counted:
    fired = {rule: Counter({key: n for key, n in numbers.items() if key[2] >= first}) for rule, numbers in counted.fired.items()}
    return Counted(
        sent=Counter({key: n for key, n in counted.sent.items() if key[2] >= first}),
        fired=defaultdict(Counter, {rule: numbers for rule, numbers in fired.items() if numbers}),
    )


def _row(counted: Counted, unit: Unit, rule: str, one: Above) -> dict[str, Any]:
    signal = one.signal
    services: Counter[str] = Counter()
    for (sender, service, day), number in counted.fired[rule].items():
        if signal.sender in (ALL, sender) and signal.day - signal.days < day <= signal.day:
            services[service] += number
    return {
        "rule": rule,
        "sender": None if signal.sender == ALL else signal.sender,
        "services": {name: n for name, n in sorted(services.items(), key=lambda each: (-each[1], each[0])) if name != UNNAMED},
        "against": signal.against,
        "since": _iso(one.since),
        "noticed": _iso(one.noticed),
        "last": _iso(one.last),
        "counted": unit,
        "from": _iso(signal.day - signal.days + 1),
        "to": _iso(signal.day),
        "hits": signal.hits,
        "of": signal.of,
        "expected": round(signal.of * signal.their_hits / signal.their_of, 3),
        "their_hits": signal.their_hits,
        "their_of": signal.their_of,
        "chance": signal.chance,
    }


def _chart(counted: Counted, rule: str, sender: str) -> dict[str, Any]:
    assert counted.days is not None
    span = counted.days[1] - counted.days[0] + 1
    days = next((days for days in _PERIODS if span <= days * _POINTS), _PERIODS[-1])
    points = chart(counted, rule, sender or None, days=days)
    return {
        "rule": rule,
        "sender": sender or None,
        "days": days,
        "points": [{**asdict(point), "first_day": _iso(point.first_day)} for point in points],
    }


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()
