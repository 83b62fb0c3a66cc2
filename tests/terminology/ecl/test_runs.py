"""Run lists against Python's sets."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from codesafety.terminology.ecl.runs import (
    clipped,
    contains,
    count,
    difference,
    from_marks,
    from_set,
    from_sorted,
    intersection,
    ordinals,
    slices,
    union,
)

sets = st.sets(st.integers(0, 60)) | st.builds(
    lambda start, size: set(range(start, start + size)), st.integers(0, 40), st.integers(0, 20)
)
pieces = st.lists(sets, max_size=5)


@given(sets)
def test_a_set_survives_its_runs(items: set[int]) -> None:
    runs = from_set(items)
    assert set(ordinals(runs)) == items
    assert count(runs) == len(items)
    assert all(left < right for left, right in pairwise(runs)), "sorted, disjoint, and none touching"
    assert from_sorted(sorted([*items, *items])) == runs
    assert [contains(runs, item) for item in range(70)] == [item in items for item in range(70)]


def test_large_sets_take_the_marked_way_and_agree() -> None:
    items = {*range(10_000, 16_000), *range(0, 9_000, 3)}
    assert from_set(items) == from_sorted(sorted(items))
    assert from_marks(b"\x00\x01\x01\x00\x01", 10) == [11, 13, 14, 15]


@given(sets, sets)
def test_and_and_minus_are_those_of_sets(left: set[int], right: set[int]) -> None:
    a, b = from_set(left), from_set(right)
    assert list(intersection(a, b)) == from_set(left & right)
    assert list(difference(a, b)) == from_set(left - right)


@given(st.integers(0, 60), st.sets(st.integers(0, 1000), min_size=100))
def test_one_run_against_many_takes_the_short_way_and_agrees(start: int, many: set[int]) -> None:
    few, runs = set(range(start, start + 300)), from_set(many)
    assert list(intersection(from_set(few), runs)) == from_set(few & many)
    assert list(difference(from_set(few), runs)) == from_set(few - many)
    assert clipped(runs, start, start + 300) == from_set(few & many)


@given(pieces)
def test_or_is_that_of_sets(parts: list[set[int]]) -> None:
    assert list(union(*map(from_set, parts))) == from_set(set().union(*parts))


@given(sets, st.lists(st.integers(0, 60), max_size=40))
def test_slices_find_the_places_of_a_sorted_column(items: set[int], column: list[int]) -> None:
    column.sort()
    found = [at for low, high in slices(column, from_set(items)) for at in range(low, high)]
    assert found == [at for at, value in enumerate(column) if value in items]
