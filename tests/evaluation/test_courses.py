"""Overlaps of courses whose days are not exact: both evaluators against all that the days may be, and what is named as missing."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations_with_replacement
from typing import Any

import pytest
from tests.differential.worlds import M_VMP, bound

from codesafety import ir
from codesafety.evaluation.calendar import OPEN_END, OPEN_START, Interval
from codesafety.evaluation.compiled.answers import Answer, overlap
from codesafety.evaluation.compiled.joins import Spread, course_days
from codesafety.evaluation.facts import Facts, ItemFact
from codesafety.evaluation.items import Course
from codesafety.evaluation.reference.comparisons import Bound
from codesafety.evaluation.reference.interpreter import Interpreter
from codesafety.record import Coding, Medication, Submission

A, B = ir.Var("a", ir.Kind.MEDICATION, 0), ir.Var("b", ir.Kind.MEDICATION, 1)
BINDING = bound([])
NAMES = ("a", "b")
DAYS = range(-4, 13)
"""Wide enough that what is missing may lie on either side of all that is not."""


def medicines(*each: dict[str, Any]) -> list[ItemFact]:
    products = (Coding(system="sct", code=M_VMP),)
    given = tuple(Medication(path=f"m[{i}]", products=products, **fields) for i, fields in enumerate(each))
    return Facts(Submission(medications=given), None, BINDING.codebook).incoming


def both(one: ItemFact, other: ItemFact, more_than: int) -> Answer:
    """Return what both evaluators answer: they agree."""
    fast = overlap(one, other, NAMES, more_than)
    length = ir.Length(Decimal(more_than), ir.Unit.DAYS)
    interpreter = Interpreter(BINDING, Facts(Submission(), None, BINDING.codebook))
    value, missing = interpreter.judge(ir.Overlaps(A, B, length), {0: Bound(one, "a"), 1: Bound(other, "b")})
    assert fast == (missing if value is None else value)
    return fast


# ------------------------------------------------------------------------------------------------ every small course


def intervals(first: int, last: int) -> list[Interval]:
    return [(low, high) for low in range(first, last + 1) for high in range(low, last + 1)]


def small_courses() -> list[Course]:
    found = []
    for start in (None, *intervals(1, 3)):
        for end in (None, (OPEN_END, OPEN_END), *intervals(1, 4)):
            found.append(Course(start, end, None, "date"))
        for low, high in (*intervals(1, 3), (2, OPEN_END)):
            derived = None if start is None else (start[0] + low - 1, min(start[1] + high - 1, OPEN_END))
            found.append(Course(start, derived, (low, high), "date"))
    return found


def possible(course: Course) -> set[tuple[int, int]]:
    """Return every first and last day that a course may have."""
    if course.start is not None and course.end is not None and course.end[1] < course.start[0]:
        course = Course(None, None, None, "date")
    start, end = course.start or (OPEN_START, OPEN_END), course.end or (OPEN_START, OPEN_END)
    fewest, most = course.days or (1, OPEN_END)
    return {
        (first, last)
        for first in DAYS
        for last in (*DAYS, OPEN_END)
        if start[0] <= first <= start[1] and end[0] <= last <= end[1]
        if fewest <= last - first + 1 and (most == OPEN_END or last - first + 1 <= most)
    }


def test_an_overlap_is_told_exactly_where_every_possible_pair_of_courses_agrees() -> None:
    courses = small_courses()
    worlds = [possible(course) for course in courses]
    items = medicines(*({} for _ in courses))
    for item, course in zip(items, courses, strict=True):
        item.course = course
    told = 0
    for i, j in combinations_with_replacement(range(len(courses)), 2):
        shared = [min(end, end2) - max(start, start2) + 1 for start, end in worlds[i] for start2, end2 in worlds[j]]
        least, most = min(shared), max(shared)
        for more_than in (0, 1, 2):
            right = True if least > more_than else False if most <= more_than else None
            one, other = items[i], items[j]
            for answer in (both(one, other, more_than), both(other, one, more_than)):
                assert (answer if isinstance(answer, bool) else None) is right, (courses[i], courses[j], more_than)
            told += right is not None
        beside = {m.index for m in Spread([items[j]], course_days).between(*course_days(items[i]))}
        assert beside == ({j} if most > 0 else set())
    assert told > 5000


# ------------------------------------------------------------------------------------------------ literal examples


SINCE_2024 = {"start": "2024-01-10", "status": "active"}


@pytest.mark.parametrize(
    ("one", "other", "more_than", "answer"),
    [
        ({"handed_over": "2025-06", "days_supply": 28}, SINCE_2024, 3, True),
        ({"handed_over": "2025-06", "days_supply": 28}, SINCE_2024, 27, True),
        ({"handed_over": "2025-06", "days_supply": 28}, SINCE_2024, 28, False),
        ({"kind": "plan", "status": "active", "start": "2025-01-01", "days_supply": 28}, SINCE_2024, 100, True),
        ({"kind": "plan", "status": "completed", "start": "2025-01-01", "days_supply": 28}, SINCE_2024, 28, False),
        ({"kind": "request", "status": "active", "start": "2025-01-01", "days_supply": 28}, SINCE_2024, 28, False),
        ({"days_supply": 28}, {}, 28, False),
        ({"days_supply": 28}, SINCE_2024, 27, {"a.date"}),
        ({"handed_over": "2025-06"}, SINCE_2024, 0, True),
        ({"handed_over": "2025-06"}, SINCE_2024, 1, {"a.date", "a.end"}),
        ({"handed_over": "2025-06", "days_supply": 28}, {"handed_over": "2025-06-15", "days_supply": 28}, 12, True),
        ({"handed_over": "2025-06", "days_supply": 28}, {"handed_over": "2025-06-15", "days_supply": 28}, 13, {"a.date"}),
        ({"start": "2025-06", "end": "2025-06-10"}, {"start": "2025-06-10", "end": "2025-06-12"}, 0, True),
        ({"start": "2025-06", "end": "2025-06-10"}, {"start": "2025-06-09", "end": "2025-06-12"}, 1, {"a.start"}),
        ({"start": "2025-06-01", "end": "2025-06"}, {"start": "2025-06-30", "end": "2025-07-12"}, 0, {"a.end"}),
        ({"recorded": "2025-06-30", "days_supply": 28}, {"start": "2025-07-29", "end": "2025-08-12"}, 0, False),
        ({"recorded": "2025-06-30", "days_supply": 28}, {"start": "2025-07-27", "end": "2025-08-12"}, 0, {"a.date"}),
    ],
)
def test_a_course_is_judged_by_its_start_and_its_end_together(
    one: dict[str, Any], other: dict[str, Any], more_than: int, answer: bool | set[str]
) -> None:
    assert both(*medicines(one, other), more_than) == answer


@pytest.mark.parametrize(
    ("one", "answer"),
    [
        ({"start": "2025-06-10", "end": "2025-06-01"}, {"a.end"}),
        ({"start": "2025-06-10", "end": "2025-05"}, {"a.end"}),
        ({"handed_over": "2025-06", "end": "2024-12-31"}, {"a.end"}),
    ],
)
def test_a_course_that_ends_before_it_starts_is_none_and_its_end_is_named(one: dict[str, Any], answer: set[str]) -> None:
    assert both(*medicines(one, SINCE_2024), 0) == answer
    assert both(*medicines(one, {"start": "2023-01-01", "end": "2023-01-02"}), 0) == answer
    assert both(*medicines(one, {"start": "2025-06-01", "days_supply": 3}), 3) is False


@pytest.mark.parametrize(
    ("fields", "start", "end"),
    [
        ({"handed_over": "2025-06", "days_supply": 28}, "date", "date"),
        ({"days_supply": 28}, "date", "date"),
        ({"start": "2025-06", "days_supply": 28}, "start", "start"),
        ({"start": "2025-06", "handed_over": "2025-06-03", "days_supply": 28}, "start", "start"),
        ({"start": "2025-06", "course_days": 7, "course_days_max": 10}, "start", "end"),
        ({"start": "2025-06", "course_days": 10, "course_days_max": 7}, "start", "end"),
        ({"start": "2025-06", "days_supply": 0}, "start", "end"),
        ({"start": "2025-06", "end": "2025-07"}, "start", "end"),
        ({"start": "2025-06", "end": "9999-12-31", "days_supply": 28}, "start", "end"),
        ({"start": "2025-06"}, "start", "end"),
    ],
)
def test_one_missing_day_has_one_name(fields: dict[str, Any], start: str, end: str) -> None:
    (item,) = medicines(fields)
    assert (item.course.start_name, item.course.end_name) == (start, end)
