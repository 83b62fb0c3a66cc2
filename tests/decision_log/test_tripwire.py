"""The tripwire's mathematics: exact, and with no more false signals than it says."""

from __future__ import annotations

import random
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.benchmarks.tripwire_simulation import poisson

from codesafety.decision_log.tripwire import (
    ALL,
    WINDOWS,
    Count,
    Signal,
    binomial_tail,
    chance,
    comparisons,
    levels,
    look,
    look_back,
)


def exactly(hits: int, of: int, rate: Fraction) -> Fraction:
    return sum((comb(of, k) * rate**k * (1 - rate) ** (of - k) for k in range(hits, of + 1)), Fraction(0))


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 999))
def test_the_tail_is_that_of_exact_arithmetic(hits: int, of: int, thousandths: int) -> None:
    found = binomial_tail(hits, of, thousandths / 1000)
    wanted = float(exactly(hits, of, Fraction(thousandths, 1000)))
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-300 if hits > of * thousandths / 1000 else 1e-12)


@pytest.mark.parametrize(
    ("hits", "of", "rate", "found"),
    [
        (0, 0, 0.5, 1.0),
        (1, 0, 0.5, 0.0),
        (1, 1, 1.0, 1.0),
        (1, 5, 0.0, 0.0),
        (10, 10, 0.5, 2**-10),
        (
            5_100,
            10_000,
            0.5,
            0.0233,
        ),
        (900, 1_000_000, 0.0005, 4.4e-55),
    ],
)
def test_the_tail_of_small_and_large_numbers(hits: int, of: int, rate: float, found: float) -> None:
    assert binomial_tail(hits, of, rate) == pytest.approx(found, rel=0.02)


@pytest.mark.parametrize("wrong", [(-1, 1, 0.5), (1, -1, 0.5), (1, 1, 1.5), (1, 1, -0.1)])
def test_what_is_no_chance_is_refused(wrong: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError, match="rate"):
        binomial_tail(*wrong)


def test_a_thing_that_never_was_is_compared_without_a_rate_of_none() -> None:
    """Three in two messages' worth of the window, after sixty messages with none: (2/62)^3, and no division by a rate of 0."""
    assert chance(2, 2, 0, 60) == pytest.approx((2 / 62) ** 2)
    assert chance(0, 2, 5, 60) == 1
    assert chance(2, 2, 0, 0) == 1


@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 40), st.integers(1, 400))
def test_more_hits_are_never_likelier(of: int, hits: int, theirs: int, their_of: int) -> None:
    hits, theirs = min(hits, of - 1), min(theirs, their_of)
    assert chance(hits + 1, of, theirs, their_of) <= chance(hits, of, theirs, their_of) + 1e-12


def test_the_levels_of_a_year_add_up_to_the_false_signals_that_are_allowed() -> None:
    of_all, of_one = levels(10_000, 30, 0.1)
    tests_of_all, tests_of_one = 365 * len(WINDOWS) * 30, 365 * len(WINDOWS) * 30 * 10_000 * 2
    assert of_all * tests_of_all + of_one * tests_of_one == pytest.approx(0.1)
    with pytest.raises(ValueError, match="false signals"):
        levels(1, 1, 0)


def days(rate: dict[str, int], of: int = 1000, first: int = 0, last: int = 100) -> list[Count]:
    return [Count(sender, day, hits, of) for sender, hits in rate.items() for day in range(first, last)]


def test_who_codes_as_before_and_as_the_others_is_not_named() -> None:
    assert look(days({"A": 2, "B": 2, "C": 2}), 99) == []


def test_who_codes_more_than_before_is_named_with_the_window_that_shows_it_best() -> None:
    counts = [*days({"A": 2, "B": 2}), *days({"A": 40, "B": 2}, first=100, last=103)]
    signals = look(counts, 102)
    assert {(one.sender, one.against, one.days) for one in signals} == {
        ("A", "before", 7),
        ("A", "peers", 7),
        (ALL, "before", 7),
    }
    first = next(one for one in signals if (one.sender, one.against) == ("A", "before"))
    assert (first.hits, first.of, first.their_hits, first.their_of) == (4 * 2 + 3 * 40, 7000, 96 * 2, 96_000)
    assert first.chance == binomial_tail(128, 320, 7000 / 103_000)


def test_who_always_coded_more_is_above_the_others_and_not_above_themselves() -> None:
    assert {(one.sender, one.against) for one in look(days({"A": 9, "B": 2, "C": 2}), 99)} == {("A", "peers")}


def test_what_goes_wrong_everywhere_is_seen_of_all_together() -> None:
    """One more a day at each of fifty: nobody stands out, and all do."""
    senders = {f"S{n}": 0 for n in range(50)}
    counts = [*days(senders, of=20), *days(dict.fromkeys(senders, 1), of=20, first=100, last=101)]
    assert [(one.sender, one.days) for one in look(counts, 100)] == [(ALL, 1)]


def test_nothing_after_the_day_is_looked_at_and_a_first_day_is_compared_with_nothing() -> None:
    counts = days({"A": 500}, last=10)
    assert look(counts, 0) == []
    assert all(one.their_of == 1000 * (10 - 1) for one in comparisons(days({"A": 5}, last=10), 9) if one.days == 1)


def test_more_hits_than_messages_are_refused() -> None:
    with pytest.raises(ValueError, match="more hits"):
        look([Count("A", 1, 2, 1)], 1)


COUNTS = st.lists(
    st.builds(
        lambda sender, day, of, hits: Count(sender, day, min(hits, of), of),
        st.sampled_from("ABC"),
        st.integers(1, 130),
        st.integers(1, 40),
        st.integers(0, 40),
    ),
    max_size=40,
)


@given(COUNTS)
def test_a_look_back_is_a_look_on_every_day_with_a_hit(counts: list[Count]) -> None:
    looks: dict[tuple[str, str], list[Signal]] = {}
    for day in sorted({one.day for one in counts}):
        hit = {one.sender for one in counts if one.day == day and one.hits}
        for one in look(counts, day, senders=3):
            if one.sender in hit or (one.sender == ALL and hit):
                looks.setdefault((one.sender, one.against), []).append(one)
    found = {(one.signal.sender, one.signal.against): one for one in look_back(counts, senders=3)}
    assert found.keys() == looks.keys()
    for key, signals in looks.items():
        one, first = found[key], signals[0]
        assert (one.noticed, one.last) == (first.day, signals[-1].day)
        assert one.signal == min(signals, key=lambda each: each.chance)
        assert one.since == min(
            each.day
            for each in counts
            if each.hits and key[0] in (ALL, each.sender) and first.day - first.days < each.day <= first.day
        )


def test_false_signals_are_no_more_than_it_says() -> None:
    """Three hundred years of twenty senders whose rates never change, looked at for 0.5 false signals a year: 150 at most are expected."""
    chosen, found = random.Random(1), 0
    for _ in range(60):
        counts: list[Count] = []
        for day in range(91 + 20):
            counts += [Count(str(one), day, min(20, poisson(0.2, chosen)), 20) for one in range(20)]
            if day >= 91:
                found += len(
                    look(counts, day, false_a_year=0.5 * 365 / 20)
                )  # a twentieth of the looks of a year, at the year's level
    assert found <= 60 * 0.5 + 3 * (60 * 0.5) ** 0.5
