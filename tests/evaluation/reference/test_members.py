"""What is weighed of members against every world that they leave open: in each, all of them are there or not, on one day."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, combinations, pairwise, product

import pytest

from codesafety.evaluation.reference.comparisons import FALSE, TRUE, Truth
from codesafety.evaluation.reference.members import (
    Member,
    at_least,
    at_least_episodes,
    first_of,
    last_of,
    of_the_one,
)

OPEN: Truth = (None, frozenset({"x.code"}))
UNSEEN: Truth = (None, frozenset({"record"}))
ASKED: Truth = (None, frozenset({"x.value"}))
DAYS = range(7)
CASES = 1500


def some_days(choose: random.Random) -> tuple[int, int]:
    first = choose.choice(DAYS)
    return first, min(first + choose.choice((0, 0, 0, 1, 3)), DAYS[-1])


def some_members(choose: random.Random, most: int) -> list[Member]:
    found = [Member(some_days(choose), choose.choice((TRUE, TRUE, OPEN)), place) for place in range(choose.randint(0, most))]
    if choose.random() < 0.25:
        found.append(Member((0, choose.choice((1, 6))), UNSEEN, None, seen=False))
    return found


def worlds(members: list[Member]) -> Iterator[list[tuple[Member, int]]]:
    """Yield who is there, and on which day. An unseen member stands for none, one, two and three."""

    def of(member: Member) -> list[list[tuple[Member, int]]]:
        days = range(member.days[0], member.days[1] + 1)
        there = [[(member, day)] for day in days]
        if not member.seen:
            there += [[(member, day) for day in some] for n in (2, 3) for some in combinations(days, n)]
        return there if member.answer[0] is True else [[], *there]

    for each in product(*(of(member) for member in members)):
        yield list(chain.from_iterable(each))


@pytest.mark.parametrize("order", ["latest", "earliest"])
def test_the_latest_is_told_exactly_where_all_worlds_agree(order: str) -> None:
    choose = random.Random(1)
    told = {True: 0, False: 0, None: 0}
    for _ in range(CASES):
        members = some_members(choose, 4)
        asked = [choose.choice((TRUE, FALSE, ASKED)) if member.seen else UNSEEN for member in members]
        chosen = (last_of if order == "latest" else first_of)(members)
        answer, _ = of_the_one([members[place] for place in chosen], [asked[place] for place in chosen], "x.date")
        possible: set[bool] = set()
        for world in worlds(members):
            if not world:
                possible.add(False)
                continue
            edge = (max if order == "latest" else min)(day for _, day in world)
            for member, day in world:
                if day == edge:
                    value = asked[members.index(member)][0]
                    possible |= {True, False} if value is None else {value}
        assert answer == (possible.pop() if len(possible) == 1 else None), (members, asked)
        told[answer] += 1
    assert all(told.values())


def test_items_are_counted_exactly_as_far_as_all_worlds_agree() -> None:
    choose = random.Random(2)
    for _ in range(CASES):
        members = [
            Member(m.days, m.answer, choose.choice((0, 1, 2))) if m.seen else Member((0, 6), UNSEEN, seen=False)
            for m in some_members(choose, 5)
        ]
        needed = choose.randint(1, 3)
        counts = [len({m.key if m.seen else ("another", day) for m, day in world}) >= needed for world in worlds(members)]
        answer, _ = at_least(Decimal(needed), members, "x.date")
        assert answer == (counts[0] if len(set(counts)) == 1 else None), (members, needed)


def test_days_are_never_counted_wrongly() -> None:
    choose = random.Random(3)
    told = 0
    for _ in range(CASES):
        members = [Member(m.days, m.answer, m.day, m.seen) for m in some_members(choose, 4)]
        needed = choose.randint(1, 3)
        answer, _ = at_least(Decimal(needed), members, "x.date")
        if answer is not None:
            told += 1
            assert all((len({day for _, day in world}) >= needed) is answer for world in worlds(members)), (members, needed)
    assert told > CASES / 4


def runs(days: set[int], apart: int) -> int:
    return (1 if days else 0) + sum(1 for a, b in pairwise(sorted(days)) if b - a > apart)


def test_episodes_are_never_counted_wrongly_and_left_open_without_need_in_one_case_of_nine_at_most() -> None:
    choose = random.Random(4)
    told = wider = 0
    for _ in range(CASES):
        members = [Member(m.days, m.answer, m.day, m.seen) for m in some_members(choose, 4)]
        needed, apart = choose.randint(1, 3), choose.choice((1, 1, 2, 3))
        possible = {runs({day for _, day in world}, apart) >= needed for world in worlds(members)}
        answer, _ = at_least_episodes(Decimal(needed), apart, members, "x.date")
        if answer is None:
            wider += len(possible) == 1
        else:
            told += 1
            assert possible == {answer}, (members, needed, apart)
    assert told > CASES / 2
    assert wider <= CASES / 9


# ------------------------------------------------------------------------------------------------ what is named


def test_two_that_may_be_the_last_and_answer_alike_lack_no_date() -> None:
    members = [Member((0, 3), TRUE), Member((2, 2), TRUE)]
    assert of_the_one(members, [ASKED, ASKED], "x.date") == (None, {"x.value"})
    assert of_the_one(members, [TRUE, ASKED], "x.date") == (None, {"x.value", "x.date"})


def test_of_two_of_which_one_is_surely_later_the_date_decides_nothing() -> None:
    members = [Member((0, 1), TRUE), Member((2, 2), OPEN)]
    assert of_the_one(members, [TRUE, FALSE], "x.date") == (None, {"x.code"})


def test_a_day_that_is_counted_already_lacks_nothing() -> None:
    members = [Member((1, 1), TRUE, 1), Member((1, 1), OPEN, 1), Member((2, 3), TRUE)]
    assert at_least(Decimal(2), members, "x.date") == (None, {"x.date"})


def test_one_open_day_closes_a_gap_of_two_steps_and_not_of_three() -> None:
    def of(last: int) -> Truth:
        return at_least_episodes(
            Decimal(2), 2, [Member((0, 0), TRUE), Member((2, 2), OPEN), Member((last, last), TRUE)], "x.date"
        )

    assert of(4) == (None, {"x.code"})
    assert of(5) == TRUE


def test_days_that_are_no_days_apart_close_no_gap() -> None:
    members = [Member((0, 0), TRUE), Member((1, 1), TRUE), Member((0, 1), OPEN)]
    assert at_least_episodes(Decimal(2), 0, members, "x.date") == TRUE


def test_any_number_of_unseen_members_close_no_gap_of_no_days() -> None:
    unseen = Member((0, 9), (None, frozenset({"record"})), None, seen=False)
    members = [Member((0, 0), TRUE, 0), Member((9, 9), TRUE, 9), unseen]
    assert at_least_episodes(Decimal(2), 0, members, "x.date") == TRUE
    assert at_least_episodes(Decimal(2), 1, members, "x.date") == (None, {"record"})
