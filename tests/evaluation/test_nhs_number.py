"""NHS numbers: the check digit, and who issues each range."""

from __future__ import annotations

import pytest

from codesafety.evaluation.nhs_number import check_nhs_number


@pytest.mark.parametrize(
    ("number", "is_"),
    [
        ("9990000018", "test"),
        ("9980000007", "unissued"),
        ("3000000003", "valid"),
        ("3190000018", "valid"),
        ("3200000007", "northern_ireland"),
        ("3990000004", "northern_ireland"),
        ("2990000003", "scotland"),
        ("0100000002", "scotland"),
        ("0090000005", "unissued"),
        ("0000000000", "malformed"),
        ("4000000004", "valid"),
        ("4990000005", "valid"),
        ("5000000005", "unissued"),
        ("6000000006", "valid"),
        ("6990000007", "valid"),
        ("7000000007", "valid"),
        ("7990000008", "valid"),
        ("8000000008", "unissued"),
        ("9000000009", "unissued"),
        ("999 000 0018", "test"),
        ("999-000-0018", "test"),
        ("9990000017", "check_digit"),
        ("9990100080", "check_digit"),  # no digit can be right
        ("9990100081", "check_digit"),
        ("999000001", "malformed"),
        ("99900000180", "malformed"),
        ("999000001X", "malformed"),
        ("٩٩٩٠٠٠٠٠١٨", "malformed"),
        ("", "malformed"),
    ],
)
def test_who_issued_a_number(number: str, is_: str) -> None:
    assert check_nhs_number(number) == is_
