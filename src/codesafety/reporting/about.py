"""Of whom and of what a report is: age, gender, service and day, as the rules took them. No name, number or birth date."""

from __future__ import annotations

from codesafety.evaluation import calendar
from codesafety.evaluation.calendar import OPEN_END, Interval
from codesafety.evaluation.facts import Facts, date_of
from codesafety.ir import Unit
from codesafety.report import About
from codesafety.reporting.results import code_fields
from codesafety.terminology.words.normal import without_tag

_RECORDS = ("gp-connect-structured", "omop-cdm", "flat-table")
"""Formats of which each source is a patient's record."""


def about(facts: Facts) -> About:
    """Return what a person needs to know which message this is."""
    day, own = facts.message_day, facts.submission.patient
    return About(
        kind="record" if facts.submission.format in _RECORDS else "message",
        gender=facts.patient.gender or own.gender,
        age=_age(facts.patient.born or date_of(own.born), day),
        service=_service(facts),
        day=calendar.text(day) if day is not None else None,
    )


def _age(born: Interval | None, day: Interval | None) -> str | None:
    """Return an age as people say it, or None where it may be one of two."""
    if born is None or day is None or day[1] < born[0] or day[0] < born[1] or day[1] >= OPEN_END:
        return None
    for unit in (Unit.YEARS, Unit.MONTHS, Unit.DAYS):
        low, high = calendar.completed(born[1], day[0], unit), calendar.completed(born[0], day[1], unit)
        if low >= 2 or unit is Unit.DAYS:
            return f"{low} {unit.value if low != 1 else unit.value[:-1]}" if low == high else None
    return None


def _service(facts: Facts) -> str | None:
    for info in facts.message_infos:
        if info.code is not None and info.well_formed:
            term = code_fields(info.system, info.code, facts)["term"]
            return without_tag(term) if term else f"service {info.code}"
    return None
