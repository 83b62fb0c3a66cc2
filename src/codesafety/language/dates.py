"""Dates as rule and data files write them."""

from __future__ import annotations

from codesafety.diagnostics import Diagnostics, Span
from codesafety.record import day_interval


def interval(text: str, span: Span, diagnostics: Diagnostics, what: str = "") -> tuple[int, int] | None:
    """Return the first and last day that a date may mean, or None where the calendar has no such day; that is reported.

    `what` names the column, where it stands in one.
    """
    try:
        return day_interval(text)
    except ValueError as error:
        reason = str(error)
        why = "" if reason.startswith("not a date") else f": {reason}"
        diagnostics.error("CS221", f"{what}`{text}` is no date{why}", span, "write YYYY-MM-DD or YYYY-MM")
        return None
