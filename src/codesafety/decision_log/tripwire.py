"""The tripwire: whether somebody codes a thing more often than before, or than everybody else, by an exact binomial test.

Pure functions of counts; nothing here knows of logs, rules or files. A *window* is the last day alone, or the last week, four weeks or
quarter. In it `hits` of `of` messages of a sender had the thing; in what it is compared with, `hits` of `of` others. If both have one rate,
then of all hits together those in the window are binomial, each with the window's share of the messages (the conditional test of
Przyborowski and Wilenski, 1940). Nothing is estimated, and a short history makes the test slow and never wrong.

The level of one test is such that over all tests of a year (every sender, every series, every window, both comparisons, a look a day) no
more than `false_a_year` false signals are expected (Bonferroni: an upper bound, whatever the tests have to do with each other). That holds
while a rate that is constant is looked at. A sender that is really unlike the others is no false signal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import exp, fsum, lgamma, log, log1p
from typing import Final, Literal

WINDOWS: Final = (1, 7, 28, 91)
"""Days."""
LOOKS_A_YEAR: Final = 365
FALSE_A_YEAR: Final = 0.1
"""One false signal in ten years."""
ALL: Final = ""
"""The sender that stands for all of them together."""

Against = Literal["before", "peers"]


@dataclass(frozen=True, slots=True)
class Count:
    """How many messages somebody sent on a day (its ordinal), and in how many of them the thing was."""

    sender: str
    day: int
    hits: int
    of: int


@dataclass(frozen=True, slots=True)
class Signal:
    """A sender (`ALL`: all of them) above its own rate `before`, or that of its `peers`, in the `days` that end with `day`."""

    sender: str
    day: int
    days: int
    against: Against
    hits: int
    of: int
    their_hits: int
    their_of: int
    chance: float
    """Of so many hits or more, if both had one rate."""


@dataclass(frozen=True, slots=True)
class Above:
    """What a look back finds of a sender and comparison.

    `since`: the first day with a hit in the window that was first a signal; `noticed`: the day at whose end it was; `last`: the last day
    that ends with one. `signal`: the least likely of all of them.
    """

    since: int
    noticed: int
    last: int
    signal: Signal


def binomial_tail(hits: int, of: int, rate: float) -> float:
    """Return the chance of `hits` or more among `of`, each with the chance `rate`, to some twelve digits. Raises ValueError."""
    if not (0 <= rate <= 1 and hits >= 0 and of >= 0):
        raise ValueError("a rate is between 0 and 1, and counts are not negative")
    if hits == 0:
        return 1.0
    if hits > of or rate == 0:
        return 0.0
    if rate == 1:
        return 1.0
    if hits <= of * rate:  # the shorter side is added up
        return max(0.0, 1 - _upper(of - hits + 1, of, 1 - rate))
    return _upper(hits, of, rate)


def _upper(hits: int, of: int, rate: float) -> float:
    """Add up the terms from `hits` on, which fall from there."""
    if hits > of:
        return 0.0
    first = exp(lgamma(of + 1) - lgamma(hits + 1) - lgamma(of - hits + 1) + hits * log(rate) + (of - hits) * log1p(-rate))
    odds, term = rate / (1 - rate), first
    terms = [term]
    for k in range(hits, of):
        term *= (of - k) / (k + 1) * odds
        terms.append(term)
        if term < first * 1e-17:
            break
    return min(1.0, fsum(terms))


def chance(hits: int, of: int, their_hits: int, their_of: int) -> float:
    """Return the chance of `hits` or more of those of both, if both have one rate. 1 where there is nothing to compare with."""
    if not (0 <= hits <= of and 0 <= their_hits <= their_of):
        raise ValueError("there are no more hits than messages, and no fewer than none")
    if of == 0 or their_of == 0:
        return 1.0
    return binomial_tail(hits, hits + their_hits, of / (of + their_of))


def levels(senders: int, series: int, false_a_year: float = FALSE_A_YEAR) -> tuple[float, float]:
    """Return the levels of one test of all senders together, and of one sender. Half of the false signals are for either."""
    if not (senders >= 0 and series >= 1 and false_a_year > 0):
        raise ValueError("there is at least one series, and a number of false signals that is not 0")
    looks = LOOKS_A_YEAR * len(WINDOWS) * series
    return false_a_year / 2 / looks, false_a_year / 2 / (looks * max(1, senders) * 2)


def look(
    counts: Iterable[Count], day: int, series: int = 1, false_a_year: float = FALSE_A_YEAR, *, senders: int | None = None
) -> list[Signal]:
    """Return the signals of one series at the end of a day, the least likely first; of each sender and comparison the strongest window.

    `counts`: of all senders, on all days; a day that is missing had no message. `series`: how many are looked at beside each other
    (rules, codes), this one among them. `senders`: how many there are, where `counts` hold some of them as one; None: those in it.
    """
    held = [one for one in counts if one.day <= day]
    of_all, of_one = levels(len({one.sender for one in held}) if senders is None else senders, series, false_a_year)
    found: dict[tuple[str, Against], Signal] = {}
    for signal in comparisons(held, day):
        key = signal.sender, signal.against
        if signal.chance <= (of_all if signal.sender == ALL else of_one) and (
            key not in found or signal.chance < found[key].chance
        ):
            found[key] = signal
    return sorted(found.values(), key=lambda one: (one.chance, one.sender, one.against))


def comparisons(counts: Iterable[Count], day: int) -> Iterator[Signal]:
    """Yield each comparison of each window at the end of a day, whatever its chance: of everybody who has a hit in it."""
    held = [one for one in counts if one.day <= day]
    until = sum_up(held)
    for days in WINDOWS:
        inside = sum_up(one for one in held if day - days < one.day)
        all_hits, all_of = inside[ALL]
        for sender, (hits, of) in inside.items():
            until_hits, until_of = until[sender]
            pairs: list[tuple[Against, int, int]] = [("before", until_hits - hits, until_of - of)]
            if sender != ALL:
                pairs.append(("peers", all_hits - hits, all_of - of))
            for against, their_hits, their_of in pairs:
                if hits and their_of:
                    likely = chance(hits, of, their_hits, their_of)
                    yield Signal(sender, day, days, against, hits, of, their_hits, their_of, likely)


def look_back(
    counts: Iterable[Count], series: int = 1, false_a_year: float = FALSE_A_YEAR, *, senders: int | None = None
) -> list[Above]:
    """Return what `look` says of each sender at the end of every day on which it had a hit, a row a sender and comparison, the least likely
    first. A signal of another day is one of an earlier hit: to look less often gives fewer false signals, never more."""
    held = list(counts)
    sums = _sums(held)
    of_all, of_one = levels(len(sums) - 1 if senders is None else senders, series, false_a_year)
    found: dict[tuple[str, Against], Above] = {}
    for sender, own in sums.items():
        level = of_all if sender == ALL else of_one
        for day in own.days_with_hits():
            strongest: dict[Against, Signal] = {}
            for signal in _compared(sender, own, sums[ALL], day):
                before = strongest.get(signal.against)
                if signal.chance <= level and (before is None or signal.chance < before.chance):
                    strongest[signal.against] = signal
            for against, signal in strongest.items():
                known = found.get((sender, against))
                since = own.first_hit(day - signal.days) if known is None else known.since
                least = signal if known is None or signal.chance < known.signal.chance else known.signal
                found[sender, against] = Above(since, day if known is None else known.noticed, day, least)
    return sorted(found.values(), key=lambda one: (one.signal.chance, one.signal.sender, one.signal.against))


def _compared(sender: str, own: _Sums, everybody: _Sums, day: int) -> Iterator[Signal]:
    """Yield what `comparisons` does of one sender."""
    for days in WINDOWS:
        hits, of = own.within(day - days, day)
        all_hits, all_of = everybody.within(day - days, day)
        pairs: list[tuple[Against, tuple[int, int]]] = [("before", own.within(None, day - days))]
        if sender != ALL:
            pairs.append(("peers", (all_hits - hits, all_of - of)))
        for against, (their_hits, their_of) in pairs:
            if their_of:
                yield Signal(sender, day, days, against, hits, of, their_hits, their_of, chance(hits, of, their_hits, their_of))


class _Sums:
    """What a sender had until the end of each of its days."""

    def __init__(self, by_day: dict[int, tuple[int, int]]) -> None:
        self.days = sorted(by_day)
        self.hits = [0, *accumulate(by_day[day][0] for day in self.days)]
        self.of = [0, *accumulate(by_day[day][1] for day in self.days)]

    def within(self, after: int | None, until: int) -> tuple[int, int]:
        low, high = 0 if after is None else bisect_right(self.days, after), bisect_right(self.days, until)
        return self.hits[high] - self.hits[low], self.of[high] - self.of[low]

    def days_with_hits(self) -> Iterator[int]:
        return (day for day, before, now in zip(self.days, self.hits, self.hits[1:]) if now > before)

    def first_hit(self, after: int) -> int:
        return self.days[bisect_right(self.hits, self.hits[bisect_right(self.days, after)]) - 1]


def _sums(counts: Iterable[Count]) -> dict[str, _Sums]:
    by_day: dict[int, list[Count]] = defaultdict(list)
    for one in counts:
        by_day[one.day].append(one)
    found: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict, {ALL: {}})
    for day, those in by_day.items():
        for sender, both in sum_up(those).items():
            found[sender][day] = both
    return {sender: _Sums(days) for sender, days in found.items()}


def sum_up(counts: Iterable[Count]) -> dict[str, tuple[int, int]]:
    """Return (hits, messages) by sender, and of all. Raises ValueError for more hits than messages."""
    found: dict[str, tuple[int, int]] = {ALL: (0, 0)}
    for one in counts:
        if not 0 <= one.hits <= one.of:
            raise ValueError("there are no more hits than messages, and no fewer than none")
        for sender in {one.sender, ALL}:
            hits, of = found.get(sender, (0, 0))
            found[sender] = hits + one.hits, of + one.of
    return found
