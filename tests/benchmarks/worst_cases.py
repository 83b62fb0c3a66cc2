"""Made messages that cost most for their size: one code, one medicine or one day, again and again. Each is linear to make."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from codesafety.record import Coding, Entry, Medication, Message, Patient, Submission
from codesafety.terminology.sctid import check_digit

SNOMED = "http://snomed.info/sct"
BLOOD_PRESSURE, PREGNANT, PARACETAMOL = "271649006", "77386006", "322236009"
SERVICE = "1659111000000107"


def day(n: int) -> str:
    return (date(2010, 1, 1) + timedelta(days=n)).isoformat()


def code(n: int) -> str:
    """Return the nth of a row of codes with a right check digit, of which no rule speaks."""
    body = f"{1_000_000 + n}00"
    return body + str(check_digit(body))


def entries(n: int, *, of: str = BLOOD_PRESSURE, display: str | None = None, every: int = 1, **fields: Any) -> tuple[Entry, ...]:
    """Return entries of one code, `every` so many days one; of one day where that is 0."""
    codings = (Coding(system=SNOMED, code=of, display=display),)
    return tuple(Entry(path=f"entries[{i}]", id=f"e{i}", codings=codings, **{"date": day(i * every), **fields}) for i in range(n))


def entries_of_codes(n: int, codes: int) -> tuple[Entry, ...]:
    return tuple(
        Entry(path=f"entries[{i}]", id=f"e{i}", codings=(Coding(system=SNOMED, code=code(i % codes)),), date=day(i % 5000))
        for i in range(n)
    )


def issues(n: int, *, every: int = 7, products: tuple[str, ...] = (PARACETAMOL,), **fields: Any) -> tuple[Medication, ...]:
    """Return issues of medicines in turn, `every` so many days one; of one day where that is 0."""
    return tuple(
        Medication(
            path=f"medications[{i}]",
            id=f"m{i}",
            kind="request",
            products=(Coding(system=SNOMED, code=products[i % len(products)]),),
            start=day(i * every % 5000),
            **{"days_supply": 28, **fields},
        )
        for i in range(n)
    )


def each_its_own(items: tuple[Medication, ...] | tuple[Entry, ...]) -> tuple[Any, ...]:
    """Return items each with words of its own, so that no two are alike."""
    return tuple(item.model_copy(update={"text": f"number {i}"}) for i, item in enumerate(items))


def message(*items: tuple[Entry, ...] | tuple[Medication, ...], service: bool = False) -> Submission:
    every = [item for some in items for item in some]
    return Submission(
        patient=Patient(gender="female", born="1980-01-01"),
        message=Message(sent="2025-06-01", service=(Coding(system=SNOMED, code=SERVICE),) if service else ()),
        entries=tuple(item for item in every if isinstance(item, Entry)),
        medications=tuple(item for item in every if isinstance(item, Medication)),
    )
