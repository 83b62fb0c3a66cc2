"""What generated functions ask of many members at once: whether there is one, how many there are, what the last one says."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from decimal import Decimal

from codesafety import ir
from codesafety.evaluation.compiled.answers import Answer, Operand, some
from codesafety.evaluation.facts import ItemFact, Unseen
from codesafety.evaluation.work import A_MEMBER, Work

Judge = Callable[[Operand], Answer]
Judged = list[tuple[Operand, Answer]]


def without(excluded: frozenset[int], own: ItemFact) -> frozenset[int]:
    """Return what is excluded without one item itself; its copies and the parts of its order stay excluded."""
    return excluded - {own.index}


def column_days(cell: ir.Cell, each: int) -> int | None:
    """Return a column's length in days, `each` of which one of its units has."""
    return int(cell) * each if isinstance(cell, Decimal) else None


def judged(
    members: Iterable[ItemFact], excluded: frozenset[int], unseen: Iterable[Unseen], judge: Judge, judge_unseen: Judge
) -> Judged:
    """Return the members that are not certainly none, but for those excluded, with their answers."""
    found: Judged = [(m, answer) for m in members if m.index not in excluded and (answer := judge(m)) is not False]
    return found + [(m, answer) for m in unseen if (answer := judge_unseen(m)) is not False]


class Tally:
    """Whether there are N different keys among members that are asked again and again, each time without some.

    They are judged once, and no more of them than it takes; what is weighed in the end is weighed once for all that leave as many.
    """

    def __init__(
        self,
        work: Work,
        needed: Decimal,
        members: Sequence[ItemFact],
        unseen: Judged,
        judge: Judge,
        key_of: Callable[[ItemFact], Hashable | None],
        weigh: Callable[[Judged], Answer],
    ) -> None:
        self._work = work
        self._needed = needed
        self._members = members
        self._next = 0
        self._unseen = unseen
        self._judge = judge
        self._key_of = key_of
        self._weigh = weigh
        self._weighed: dict[int, Answer] = {}
        self._found: list[tuple[ItemFact, Answer]] = []
        self._keys: dict[int, Hashable] = {}
        self._sure: Counter[Hashable] = Counter()
        self._open: set[int] = set()
        self._open_keys: set[Hashable] = set()

    def without(self, others: frozenset[int]) -> Answer:
        """Answer without the others."""
        keys, sure = self._keys, self._sure
        gone = Counter([keys[other] for other in others if other in keys])
        n = len(sure) - sum([1 for key, times in gone.items() if times == sure[key]])
        while n < self._needed:
            if self._next == len(self._members):
                return self._whole(others, gone, n)
            self._work.spend(A_MEMBER)
            member = self._members[self._next]
            answer, key = self._judge(member), self._key_of(member)
            self._next += 1
            if answer is False:
                continue
            self._found.append((member, answer))
            if answer is not True or key is None:
                self._open.add(member.index)
                self._open_keys.add(key)
                continue
            sure[key] += 1
            keys[member.index] = key
            if member.index in others:
                gone[key] += 1
            elif sure[key] - gone[key] == 1:
                n += 1
        return True

    def _whole(self, others: frozenset[int], gone: Counter[Hashable], n: int) -> Answer:
        """Answer where every member is judged, and N different keys are not sure."""
        if not (self._open or self._unseen):
            return False
        lost = [key for key, times in gone.items() if times == self._sure[key]]
        alike = self._open.isdisjoint(others) and self._open_keys.isdisjoint(lost)
        if alike and n in self._weighed:
            return self._weighed[n]
        self._work.spend(len(self._found) * A_MEMBER)
        answer = self._weigh([*((m, answer) for m, answer in self._found if m.index not in others), *self._unseen])
        if alike:
            self._weighed[n] = answer
        return answer


def some_member(found: Judged) -> Answer:
    """Answer whether one of the members is as asked."""
    return some(answer for _, answer in found)


# ------------------------------------------------------------------------------------------------ counts


def at_least_days(needed: Decimal | None, needed_name: str, found: Judged, date_name: str) -> Answer:
    """Answer whether members stand on N different days."""
    if needed is None:
        return frozenset((needed_name,))
    return _at_least(needed, [(exact_day(member), member, answer) for member, answer in found], date_name)


def at_least_items(needed: Decimal | None, needed_name: str, key_of: Callable[[ItemFact], Hashable], found: Judged) -> Answer:
    """Answer whether there are N items, each key being one."""
    if needed is None:
        return frozenset((needed_name,))
    keyed = [(None if isinstance(member, Unseen) else key_of(member), member, answer) for member, answer in found]
    return _at_least(needed, keyed, "")


def _at_least(needed: Decimal, found: list[tuple[Hashable, Operand, Answer]], lacking: str) -> Answer:
    """Answer whether there are N different keys; what has none may be one more, and for what was not seen any number."""
    sure = {key for key, _, answer in found if answer is True and key is not None}
    if len(sure) >= needed:
        return True
    more: set[Hashable] = set()
    unkeyed, unbounded = 0, False
    missing: set[str] = set()
    for key, member, answer in found:
        if key is None:
            if isinstance(member, Unseen):
                unbounded = True
            else:
                unkeyed += 1
                missing.add(lacking)
        elif key in sure:
            continue
        else:
            more.add(key)
        if not isinstance(answer, bool):
            missing |= answer
    return False if not unbounded and len(sure) + len(more) + unkeyed < needed else frozenset(missing)


def exact_day(member: Operand) -> int | None:
    first, last = member.span
    return first if first == last else None


def at_least_episodes(
    needed: Decimal | None, needed_name: str, apart: int | None, apart_name: str, found: Judged, date_name: str
) -> Answer:
    """Answer whether members stand on N runs of days, each more than `apart` days after the one before."""
    if needed is None or apart is None:
        return frozenset(name for name, value in ((needed_name, needed), (apart_name, apart)) if value is None)
    days = sorted({day for member, answer in found if answer is True and (day := exact_day(member)) is not None})
    others = [(member, answer) for member, answer in found if answer is not True or exact_day(member) is None]
    gaps = [place for place in range(1, len(days)) if days[place] - days[place - 1] > apart]
    loose = [not _is_near(member, days, apart) for member, _ in others]
    deciding = list(loose)
    closed = 0
    for place in gaps:
        before, after = days[place - 1], days[place]
        between = [_is_between(member, before, after) for member, _ in others]
        if apart > 0 and _number(others, between) >= (after - before - 1) // apart:
            closed += 1
            deciding = [one or other for one, other in zip(deciding, between, strict=True)]
    least = len(gaps) - closed + (1 if any(answer is True for _, answer in found) else 0)
    if least >= needed:
        return True
    if (1 + len(gaps) if days else 0) + _number(others, loose) < needed:
        return False
    missing: set[str] = set()
    for (member, answer), decides in zip(others, deciding, strict=True):
        if decides:
            if not isinstance(answer, bool):
                missing |= answer
            if isinstance(member, ItemFact) and exact_day(member) is None:
                missing.add(date_name)
    return frozenset(missing)


def _is_near(member: Operand, days: list[int], apart: int) -> bool:
    """Return whether all days of a member lie within `apart` days of one of `days`."""
    first, last = member.span
    return bisect_left(days, last - apart) < bisect_right(days, first + apart)


def _is_between(member: Operand, before: int, after: int) -> bool:
    first, last = member.span
    return max(first, before + 1) <= min(last, after - 1)


def _number(members: Judged, which: list[bool]) -> float:
    """Return how many of the members there may be, of which an unseen one is any number."""
    chosen = [member for (member, _), wanted in zip(members, which, strict=True) if wanted]
    return float("inf") if any(isinstance(member, Unseen) for member in chosen) else len(chosen)


# ------------------------------------------------------------------------------------------------ the last, the first


def of_the_last(found: Judged, ask: Judge, ask_unseen: Judge, date_name: str) -> Answer:
    """Answer what is asked of the latest member: of each that may be it."""
    since = max((member.span[0] for member, answer in found if answer is True), default=None)
    return _of_each([m for m in found if since is None or m[0].span[1] >= since], ask, ask_unseen, date_name)


def of_the_first(found: Judged, ask: Judge, ask_unseen: Judge, date_name: str) -> Answer:
    """Answer what is asked of the earliest member."""
    until = min((member.span[1] for member, answer in found if answer is True), default=None)
    return _of_each([m for m in found if until is None or m[0].span[0] <= until], ask, ask_unseen, date_name)


def _of_each(found: Judged, ask: Judge, ask_unseen: Judge, date_name: str) -> Answer:
    asked = [(ask_unseen if isinstance(member, Unseen) else ask)(member) for member, _ in found]
    if all(answer is False for answer in asked):
        return False
    if all(answer is True for answer in asked) and any(chosen is True for _, chosen in found):
        return True
    missing: set[str] = set()
    seen: list[tuple[int, int, bool | None]] = []
    for (member, chosen), answer in zip(found, asked, strict=True):
        for part in (chosen, answer):
            if not isinstance(part, bool):
                missing |= part
        if isinstance(member, ItemFact):
            seen.append((*member.span, answer if isinstance(answer, bool) else None))
    if any(a[2] is not b[2] and a[0] <= b[1] and b[0] <= a[1] for a in seen for b in seen):
        missing.add(date_name)
    return frozenset(missing)
