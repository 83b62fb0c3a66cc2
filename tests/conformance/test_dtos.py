"""The NHS's own screening service: which NHS numbers and dates it takes, asked of our readers and of `uk.integrity`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.conformance.authorities import needs, rows, tell

import codesafety

CASES = "dtos_cases.csv"
pytestmark = needs(CASES)

SENT = "2026-04-08"
"""The day of their commit: "past" is against the clock there."""
FIELDS = {"nhs-number": "nhs_number", "date-of-birth": "born", "date-of-death": "died"}
OTHERWISE = {
    "dtos-past-date-1": "six digits may be a year and a month, or a day, month and year: not read, and told",
    "dtos-past-date-3": "slashes put the day first in one country and the month in another: not read, and told",
    "dtos-date-of-birth-1": "six digits, as above",
    "dtos-nhs-number-3": "a message without a number is no message with a wrong one: matching the patient is the receiver's",
    "dtos-nhs-number-9": "the same, as an empty text",
}
"""What we answer otherwise on purpose. What is not read breaks its own field alone and is listed with its path."""


@pytest.fixture(scope="module")
def engine() -> codesafety.Engine:
    return codesafety.load("uk.integrity", installed_plugins=False)


def taken(engine: codesafety.Engine, kind: str, sent: str) -> bool:
    """Return whether what was sent was read, and no rule speaks of it. Null is a field that was not sent."""
    value = None if sent == "(null)" else sent
    message: dict[str, Any] = {"message": {"sent": SENT}}
    if kind == "past-date":
        coding = {"system": "http://snomed.info/sct", "code": "72313002"}
        message["entries"] = [{"path": "entries[0]", "date": value, "codings": [coding]}]
    else:
        message["patient"] = {FIELDS[kind]: value}
    submission = engine.read(json.dumps(message).encode())
    spoken = {result.rule for result in engine.assess(submission).results if result.outcome == "fires"}
    dated = kind != "past-date" or submission.entries[0].date is not None
    return dated and not submission.not_read and not spoken


def test_numbers_and_dates_are_taken_as_the_screening_service_takes_them(engine: codesafety.Engine) -> None:
    cases = [row for row in rows(CASES) if row["kind"] != "death-status"]
    others = [row for row in cases if taken(engine, row["kind"], row["value"]) != (row["accepted"] == "yes")]
    tell("NHS numbers and dates", len(cases), len(others))
    assert {row["id"] for row in others} == set(OTHERWISE)
