"""Who sent what, in which service and when: what the tripwire counts of a scan.

Of messages and lines it is a message; of tables, a row. Only what names its sender and its day is counted, and the rest is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Literal, NamedTuple

import polars as pl

from codesafety.batch.columns import SENDER
from codesafety.decision_log.row import known_service, organisation
from codesafety.decision_log.statistics import UNNAMED
from codesafety.engine import Engine
from codesafety.formats.tables.disk import ROW, Opened, Row, as_date, as_text
from codesafety.formats.tables.flat import PATIENT_TABLES, field_columns
from codesafety.record import Submission, day_interval

Unit = Literal["messages", "rows"]


class Sent(NamedTuple):
    """Whose, in which service and on which day (its ordinal) a message or a row is."""

    unit: Unit
    sender: str
    service: str
    day: int


def of_message(engine: Engine, submission: Submission) -> Sent | None:
    """Return what a message says of itself; None where it names no organisation by its code, or no one day."""
    sender, day = organisation(submission.message.sender), _day(submission.message.sent)
    return None if sender is None or day is None else Sent("messages", sender, known_service(engine, submission) or UNNAMED, day)


def of_row(row: Row, date: str | None) -> Sent | None:
    """Return what a row of a table says; `date`: the column of when it happened."""
    return None if date is None else _of_cells(row.get(SENDER), row.get(date))


def of_tables(opened: Opened, takes: Callable[[str | None], bool] | None) -> Counter[Sent | None]:
    """Count all rows of items, of the patients that are looked at (None: all); under None, those that do not say."""
    found: Counter[Sent | None] = Counter()
    for name, table in opened.tables.items():
        if name in PATIENT_TABLES:
            continue
        frame, key, date = table.frame, opened.keys[name], field_columns(table.columns).get("date")
        if takes is not None:
            keys = frame.select(key).unique().collect()[key]
            frame = frame.join(
                keys.filter([takes(as_text(one)) for one in keys]).to_frame().lazy(), on=key, how="semi", nulls_equal=True
            )
        held = set(frame.collect_schema())
        cells = [
            (pl.col(column) if column in held else pl.lit(None)).alias(as_) for column, as_ in ((SENDER, "by"), (date, "on"))
        ]
        for sender, day, rows in frame.select(ROW, *cells).group_by("by", "on").agg(pl.len().alias("n")).collect().iter_rows():
            found[_of_cells(sender, day)] += rows
    return found


def _of_cells(sender: object, date: object) -> Sent | None:
    words = as_text(sender)
    try:
        day = _day(as_date(date))
    except ValueError:
        return None
    return None if words is None or day is None else Sent("rows", words, UNNAMED, day)


def _day(date: str | None) -> int | None:
    if date is None:
        return None
    first, last = day_interval(date)
    return first if first == last else None
