"""Calendar arithmetic on days and intervals of days. A day is its ordinal (1 is 0001-01-01)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache

from codesafety.ir import Unit

Interval = tuple[int, int]
"""First and last possible day; `OPEN_START` and `OPEN_END` stand for no bound."""

OPEN_START = -(10**9)
OPEN_END = 10**9
NEVER: Interval = (-2 * 10**9, 2 * 10**9)
"""Stands for a missing date where intervals are compared: wider than any, so that every comparison with it is open."""
LAST_DAY = date.max.toordinal()


def add(day: int, n: int, unit: Unit) -> int:
    """Return `day` moved by `n` units, month ends clipped; an open bound stays open, and so does what leaves the calendar.

    31 January and one month is the last of February; 29 February and one year is 28 February.
    """
    if day <= OPEN_START or day >= OPEN_END:
        return day
    if unit is Unit.DAYS:
        moved = day + n
    elif unit is Unit.WEEKS:
        moved = day + 7 * n
    else:
        return _add_months(day, n * 12 if unit is Unit.YEARS else n)
    if moved < 1:
        return OPEN_START
    return moved if moved <= LAST_DAY else OPEN_END


@lru_cache(maxsize=16384)
def _add_months(day: int, months: int) -> int:
    start = date.fromordinal(day)
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year < 1:
        return OPEN_START
    if year > date.max.year:
        return OPEN_END
    return date(year, month0 + 1, min(start.day, monthrange(year, month0 + 1)[1])).toordinal()


def completed(born: int, day: int, unit: Unit) -> int:
    """Return the largest n with `born` + n units on or before `day`, which is not before `born`; at an open end, no bound.

    Born 29 February 1976: 49 years on 27 February 2026, 50 on the 28th.
    """
    if day >= OPEN_END:
        return OPEN_END
    if unit is Unit.DAYS:
        return day - born
    if unit is Unit.WEEKS:
        return (day - born) // 7
    start, end = date.fromordinal(born), date.fromordinal(day)
    if unit is Unit.YEARS:
        n = end.year - start.year
    else:
        n = (end.year - start.year) * 12 + end.month - start.month
    return n if add(born, n, unit) <= day else n - 1


def text(interval: Interval) -> str:
    """Return an interval as people write it: `2025-06-01`, `2025-06`, `2025`, `up to 2025-06-01`, `from 2025-06-01`."""
    low, high = interval
    if low <= OPEN_START:
        return f"up to {date.fromordinal(high)}"
    if high >= OPEN_END:
        return f"from {date.fromordinal(low)}"
    first, last = date.fromordinal(low), date.fromordinal(high)
    if low == high:
        return str(first)
    whole_months = first.day == 1 and last.day == monthrange(last.year, last.month)[1]
    if whole_months and (first.year, first.month) == (last.year, last.month):
        return f"{first:%Y-%m}"
    if whole_months and first.year == last.year and (first.month, last.month) == (1, 12):
        return f"{first:%Y}"
    return f"{first} to {last}"
