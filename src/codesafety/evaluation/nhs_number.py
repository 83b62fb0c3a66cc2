"""What an NHS number is: its check digit, and who issues its range.

Ten digits, the last of them a check digit by modulus 11: the first nine are weighted 10 to 2, the sum's remainder is taken from
11, 11 counts as 0, and a number for which it is 10 is not used. Sources: NHS Data Dictionary, NHS NUMBER; ranges as in the
`nhs-number` package: 300 to 319, 4, 6 and 7 England and Wales, 320 to 399 Northern Ireland, 010 to 311 Scotland (Community
Health Index, which begins with a day of birth), 999 test. Where two ranges meet (300 to 311) the number is valid in either.
Ten zeros, whose check digit holds, are what systems write where there is no number; the NHS's screening services refuse them
(NHSDigital/dtos-cohort-manager, ValidationHelperTests).
"""

from __future__ import annotations

_LENGTH = 10
_SEPARATORS = str.maketrans("", "", " -")


def check_nhs_number(number: str) -> str:
    """Return valid, scotland, northern_ireland, test, unissued, check_digit or malformed. Spaces and hyphens count for nothing."""
    digits = number.translate(_SEPARATORS)
    if len(digits) != _LENGTH or not (digits.isascii() and digits.isdigit()) or not digits.strip("0"):
        return "malformed"
    weighted = sum(int(digit) * weight for digit, weight in zip(digits, range(_LENGTH, 1, -1), strict=False))
    if (11 - weighted % 11) % 11 != int(digits[-1]):
        return "check_digit"
    match int(digits[:3]):
        case 999:
            return "test"
        case n if 300 <= n <= 319 or n // 100 in (4, 6, 7):
            return "valid"
        case n if 320 <= n <= 399:
            return "northern_ireland"
        case n if 10 <= n <= 299:
            return "scotland"
        case _:
            return "unissued"
