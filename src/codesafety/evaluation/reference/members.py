"""The members of a quantifier as the reference weighs them: the last and the first, and what a count comes to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import ceil, inf

from codesafety.evaluation.calendar import NEVER, Interval
from codesafety.evaluation.outcome import NOTHING
from codesafety.evaluation.reference.comparisons import FALSE, TRUE, Truth


@dataclass(frozen=True, slots=True)
class Member:
    """One member: the days that it may have, and the answer to what is asked of it.

    `key`: members of one key are counted once; None: it has none. Not `seen`: it stands for any number of them.
    """

    days: Interval
    answer: Truth
    key: Hashable = None
    seen: bool = True

    @property
    def day(self) -> int | None:
        """Its day, where that is exact."""
        return self.days[0] if self.days[0] == self.days[1] else None


def days_of(day: Interval | None) -> Interval:
    return NEVER if day is None else day


# ------------------------------------------------------------------------------------------------ latest, earliest (table 19)


def last_of(members: Sequence[Member]) -> list[int]:
    """Return the places of those that may be the latest: no other is surely chosen and surely later."""
    sure = [m.days[0] for m in members if m.answer[0] is True]
    return [
        place
        for place, member in enumerate(members)
        if member.answer[0] is not False and all(first <= member.days[1] for first in sure)
    ]


def first_of(members: Sequence[Member]) -> list[int]:
    """Return the places of those that may be the earliest."""
    return last_of([Member((-m.days[1], -m.days[0]), m.answer) for m in members])


def of_the_one(chosen: Sequence[Member], asked: Sequence[Truth], date_name: str) -> Truth:
    """Return what is true of the one that was chosen, from all that it may be."""
    if all(answer is False for answer, _ in asked):
        return FALSE
    if all(answer is True for answer, _ in asked) and any(m.answer[0] is True for m in chosen):
        return TRUE
    missing = NOTHING.union(*(m.answer[1] for m in chosen), *(names for _, names in asked))
    seen = [(member.days, answer) for member, (answer, _) in zip(chosen, asked, strict=True) if member.seen]
    if any(one[0] <= other[1] and other[0] <= one[1] and a is not b for one, a in seen for other, b in seen):
        missing |= {date_name}
    return None, missing


# ------------------------------------------------------------------------------------------------ counts (table 20)


def at_least(needed: Decimal, members: Sequence[Member], date_name: str) -> Truth:
    """Return whether there are as many different keys. `date_name` is what a member without a key lacks."""
    sure = {m.key for m in members if m.answer[0] is True} - {None}
    adding = [m for m in members if m.answer[0] is not False and m.key not in sure]
    unkeyed = [m for m in adding if m.key is None]
    if len(sure) >= needed:
        return TRUE
    if len(sure) + len({m.key for m in adding} - {None}) + _number(unkeyed) < needed:
        return FALSE
    return None, _lacking(adding, unkeyed, date_name)


def at_least_episodes(needed: Decimal, apart: int, members: Sequence[Member], date_name: str) -> Truth:
    """Return whether the days of members make as many runs without a gap of more than `apart` days."""
    possible = [m for m in members if m.answer[0] is not False]
    days = sorted({m.day for m in possible if m.answer[0] is True and m.day is not None})
    others = [m for m in possible if m.answer[0] is None or m.day is None]
    gaps = [(a, b) for a, b in pairwise(days) if b - a > apart]
    closable = [gap for gap in gaps if apart > 0 and _number(m for m in others if _may_lie_in(m, gap)) >= _to_close(gap, apart)]
    loose = [m for m in others if not any(day - apart <= m.days[0] and m.days[1] <= day + apart for day in days)]
    least = any(m.answer[0] is True for m in possible) + len(gaps) - len(closable)
    most = bool(days) + len(gaps) + _number(loose)
    if least >= needed:
        return TRUE
    if most < needed:
        return FALSE
    deciding = [m for m in others if m in loose or any(_may_lie_in(m, gap) for gap in closable)]
    return None, _lacking(deciding, [m for m in deciding if m.day is None], date_name)


def _number(members: Iterable[Member]) -> float:
    """Return how many there are, of which an unseen one is any number."""
    return sum(1 if m.seen else inf for m in members)


def _may_lie_in(member: Member, gap: tuple[int, int]) -> bool:
    """Return whether some day that it may have is strictly between those of a gap, which are more than a day apart."""
    return max(member.days[0], gap[0] + 1) <= min(member.days[1], gap[1] - 1)


def _to_close(gap: tuple[int, int], apart: int) -> int:
    """Return how many days between make steps of at most `apart` of a gap."""
    return ceil((gap[1] - gap[0]) / apart) - 1


def _lacking(members: Iterable[Member], undated: Iterable[Member], date_name: str) -> frozenset[str]:
    names = NOTHING.union(*(m.answer[1] for m in members))
    return names | {date_name} if any(m.seen for m in undated) else names
