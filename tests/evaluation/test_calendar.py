"""Calendar arithmetic: month ends, leap days, completed ages, and the days by which generated code avoids it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesafety.evaluation.calendar import OPEN_END, OPEN_START, add, completed, text
from codesafety.evaluation.compiled.number_steps import days_window
from codesafety.ir import Unit

DAYS = st.dates(date(1900, 3, 1), date(2100, 12, 31)).map(date.toordinal)


def day(written: str) -> int:
    return date.fromisoformat(written).toordinal()


@pytest.mark.parametrize(
    ("start", "n", "unit", "moved"),
    [
        ("2025-01-31", 1, Unit.MONTHS, "2025-02-28"),
        ("2024-01-31", 1, Unit.MONTHS, "2024-02-29"),
        ("2024-02-29", 1, Unit.YEARS, "2025-02-28"),
        ("2024-02-29", 4, Unit.YEARS, "2028-02-29"),
        ("2025-03-31", -1, Unit.MONTHS, "2025-02-28"),
        ("2025-01-15", -13, Unit.MONTHS, "2023-12-15"),
        ("2025-06-01", 2, Unit.WEEKS, "2025-06-15"),
        ("2025-06-01", -1, Unit.DAYS, "2025-05-31"),
        ("0002-01-05", -12, Unit.MONTHS, "0001-01-05"),
        ("9998-01-05", 23, Unit.MONTHS, "9999-12-05"),
    ],
)
def test_shifts_clip_at_month_ends(start: str, n: int, unit: Unit, moved: str) -> None:
    assert add(day(start), n, unit) == day(moved)


@pytest.mark.parametrize("unit", list(Unit))
def test_what_leaves_the_calendar_has_no_bound(unit: Unit) -> None:
    assert add(day("2025-06-01"), 4_000_000, unit) == OPEN_END
    assert add(day("2025-06-01"), -4_000_000, unit) == OPEN_START
    assert add(OPEN_END, -1, unit) == OPEN_END
    assert add(OPEN_START, 1, unit) == OPEN_START


@pytest.mark.parametrize(
    ("born", "on", "unit", "age"),
    [
        ("1976-02-29", "2026-02-27", Unit.YEARS, 49),
        ("1976-02-29", "2026-02-28", Unit.YEARS, 50),
        ("2025-01-31", "2025-02-27", Unit.MONTHS, 0),
        ("2025-01-31", "2025-02-28", Unit.MONTHS, 1),
        ("2025-05-31", "2025-06-06", Unit.WEEKS, 0),
        ("2025-05-31", "2025-06-07", Unit.WEEKS, 1),
        ("2025-05-31", "2025-06-07", Unit.DAYS, 7),
        ("2025-05-31", "2025-05-31", Unit.YEARS, 0),
    ],
)
def test_ages_are_completed_units(born: str, on: str, unit: Unit, age: int) -> None:
    assert completed(day(born), day(on), unit) == age


@pytest.mark.parametrize("unit", list(Unit))
def test_an_age_at_an_open_end_has_no_bound(unit: Unit) -> None:
    assert completed(day("2009-06-01"), OPEN_END, unit) == OPEN_END


@given(DAYS, DAYS, st.sampled_from(list(Unit)))
def test_a_completed_age_is_the_last_birthday_that_has_come(one: int, other: int, unit: Unit) -> None:
    born, on = min(one, other), max(one, other)
    n = completed(born, on, unit)
    assert add(born, n, unit) <= on < add(born, n + 1, unit)


@given(DAYS, st.integers(1, 60 * 12), st.sampled_from(list(Unit)))
def test_the_window_around_a_birthday_holds_it(born: int, n: int, unit: Unit) -> None:
    fewest, most = days_window(n, unit)
    assert fewest <= add(born, n, unit) - born <= most + 1
    assert completed(born, born + fewest, unit) <= n
    assert completed(born, born + fewest - 1, unit) < n
    assert completed(born, born + most + 1, unit) >= n


@pytest.mark.parametrize(
    ("interval", "written"),
    [
        ((day("2025-06-01"), day("2025-06-01")), "2025-06-01"),
        ((day("2025-06-01"), day("2025-06-30")), "2025-06"),
        ((day("2025-01-01"), day("2025-12-31")), "2025"),
        ((day("2025-01-01"), day("2025-11-30")), "2025-01-01 to 2025-11-30"),
        ((day("2025-06-02"), day("2025-06-30")), "2025-06-02 to 2025-06-30"),
        ((OPEN_START, day("2025-06-01")), "up to 2025-06-01"),
        ((day("2025-06-01"), OPEN_END), "from 2025-06-01"),
    ],
)
def test_intervals_are_written_as_people_write_them(interval: tuple[int, int], written: str) -> None:
    assert text(interval) == written
