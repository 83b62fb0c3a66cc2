"""Where a course of medicine ends: where its sender says."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from codesafety.evaluation.calendar import OPEN_END
from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.facts import Facts
from codesafety.formats import R4Reader
from codesafety.plugins.reading import Source
from codesafety.terminology.frozen import FrozenTerminology


def asked(*bounds: dict[str, Any] | None, **fields: Any) -> dict[str, Any]:
    """Return an active request with one dosage for each of `bounds`."""
    dosages = [{"timing": {"repeat": b}} if b is not None else {"text": "as directed"} for b in bounds]
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "authoredOn": "2026-01-01",
        "medicationCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "322236009"}]},
        **({"dosageInstruction": dosages} if dosages else {}),
        **fields,
    }


def course(resource: dict[str, Any]) -> tuple[str | None, tuple[str, str] | None]:
    """Return the first day as sent, and the first and last day that may be the last."""
    submission = R4Reader().read(Source(json.dumps(resource).encode()))
    (item,) = Facts(submission, None, Codebook(FrozenTerminology())).incoming
    assert [line.reason for line in submission.not_read if line.broken] == []
    end = item.course.end
    return getattr(item.model, "start", None), None if end is None else (_day(end[0]), _day(end[1]))


def _day(ordinal: int) -> str:
    return "open" if ordinal == OPEN_END else date.fromordinal(ordinal).isoformat()


def lasts(value: float, code: str) -> dict[str, Any]:
    return {"boundsDuration": {"value": value, "code": code, "system": "http://unitsofmeasure.org"}}


def period(start: str | None, end: str | None) -> dict[str, Any]:
    return {"boundsPeriod": {name: day for name, day in (("start", start), ("end", end)) if day is not None}}


DAY_7 = ("2026-01-07", "2026-01-07")


@pytest.mark.parametrize(
    ("resource", "start", "end"),
    [
        (asked(), None, ("open", "open")),
        (asked(None), None, ("open", "open")),
        (asked(period("2026-01-02", "2026-01-07")), "2026-01-02", DAY_7),
        (asked(period(None, "2026-01-07")), None, DAY_7),
        (asked(period("2026-01-02", None)), "2026-01-02", ("open", "open")),
        (asked(period("2026-01", "2026-02")), "2026-01", ("2026-02-01", "2026-02-28")),
        (asked(lasts(7, "d")), None, DAY_7),
        (asked(lasts(1, "wk")), None, DAY_7),
        (asked({"boundsDuration": {"value": 7, "unit": "days"}}), None, DAY_7),
        (asked(lasts(36, "h")), None, ("2026-01-02", "2026-01-03")),
        (asked(lasts(1, "mo")), None, ("2026-01-28", "2026-01-31")),
        (asked(lasts(1, "a")), None, ("2026-12-31", "2027-01-01")),
        (asked(lasts(7, "fortnight")), None, None),
        (asked(lasts(0, "d")), None, None),
        (asked({"boundsDuration": {"value": 7, "code": "d", "comparator": "<"}}), None, None),
        (
            asked({"boundsRange": {"low": {"value": 5, "unit": "days"}, "high": {"value": 7, "unit": "days"}}}),
            None,
            ("2026-01-05", "2026-01-07"),
        ),
        (asked({"boundsRange": {"low": {"value": 5, "unit": "days"}}}), None, ("2026-01-05", "open")),
        (asked({"boundsRange": {"high": {"value": 7, "unit": "days"}}}), None, ("2026-01-01", "2026-01-07")),
        (asked({"count": 20}), None, None),
        # several dosages
        (asked(period("2026-01-04", "2026-01-07"), period("2026-01-01", "2026-01-03")), "2026-01-01", DAY_7),
        (asked(period("2026-01-01", "2026-01-07"), None), None, None),
        (asked(period("2026-01-01", "2026-01-07"), period("2026-01-08", None)), "2026-01-01", None),
        (asked(lasts(7, "d"), lasts(7, "d")), None, None),
        (asked(period("2026-01-01", "2026-01-07"), lasts(7, "d")), None, None),
        # beside other ends
        (asked(dispenseRequest={"validityPeriod": {"start": "2026-01-01", "end": "2026-01-07"}}), None, None),
        (asked(dispenseRequest={"validityPeriod": {"start": "2026-01-01"}}), None, ("open", "open")),
        (
            asked(
                dispenseRequest={
                    "validityPeriod": {"start": "2026-01-01", "end": "2026-03-01"},
                    "expectedSupplyDuration": {"value": 7, "unit": "days"},
                }
            ),
            None,
            DAY_7,
        ),
        (asked(lasts(7, "d"), dispenseRequest={"expectedSupplyDuration": {"value": 28, "unit": "days"}}), None, DAY_7),
        (
            asked(period("2026-01-01", "2026-03-01"), effectivePeriod={"start": "2026-01-01", "end": "2026-01-07"}),
            "2026-01-01",
            DAY_7,
        ),
        (asked(period("2026-01-03", "2026-01-07"), effectiveDateTime="2026-01-02"), "2026-01-02", DAY_7),
    ],
)
def test_a_course_ends_where_its_sender_says(resource: dict[str, Any], start: str | None, end: tuple[str, str] | None) -> None:
    assert course(resource) == (start, end)


def test_bounds_that_were_read_are_in_no_line_and_others_are() -> None:
    def lines(resource: dict[str, Any]) -> list[str]:
        return [n.path for n in R4Reader().read(Source(json.dumps(resource).encode())).not_read]

    assert lines(asked(lasts(7, "d"))) == []
    assert lines(asked(period("2026-01-01", "2026-01-07"))) == []
    assert lines(asked(lasts(7, "fortnight"))) == ["MedicationRequest.dosageInstruction.timing.repeat.boundsDuration"]
