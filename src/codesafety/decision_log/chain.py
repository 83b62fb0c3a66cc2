"""The chain: each line holds its number, the digest of the line before it, and its own. A line that is changed, moved, added or taken out
breaks it; what was cut off at the end is found by whoever noted a later head."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

START: Final = "0" * 64
"""What stands before the first line."""
BEGINS: Final = b'{"number":'
"""How each line begins."""
_SEAL: Final = len(',"digest":""}') + 64


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of a log: its number and its digest. 0 and `START` where there is none."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"


EMPTY: Final = Head(0, START)


@dataclass(frozen=True, slots=True)
class Verified:
    """What looking at a whole log came to. `fault`: the first line that is not as it was written, and why; None: all are."""

    rows: int
    head: Head
    fault: str | None
    went_back: int
    """How often the clock stood earlier than in the line before."""


def sealed(row: Mapping[str, Any], before: Head) -> str:
    """Return the line of a row, without its end."""
    text = json.dumps({"number": before.number + 1, "previous": before.digest, **row}, ensure_ascii=True, separators=(",", ":"))
    return f'{text[:-1]},"digest":"{sha256(text.encode()).hexdigest()}"}}'


def head_of(line: str) -> Head | None:
    """Return what a line says of itself where it is a whole row, else None."""
    text, digest = f"{line[:-_SEAL]}}}", line[-66:-2]
    if sha256(text.encode()).hexdigest() != digest or not line.endswith(f',"digest":"{digest}"}}'):
        return None
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    match told:
        case {"number": int(number), "previous": str(), "at": str()}:
            return Head(number, digest)
        case _:
            return None


def verify(lines: Iterable[str], noted: Head | None = None) -> Verified:
    """Look at every line in turn. `noted`: a head that the log once had, and must still have."""
    before, last, fault, went_back, seen_noted = EMPTY, "", None, 0, noted is None or noted == EMPTY
    for line in lines:
        here = head_of(line)
        at = before.number + 1
        if here is None:
            fault = f"row {at}: it is not as it was written"
        elif here.number != at:
            fault = f"row {at}: it says that it is row {here.number}"
        elif (row := json.loads(line))["previous"] != before.digest:
            fault = f"row {at}: it does not follow the row before it"
        if fault or here is None:
            break
        went_back += row["at"] < last
        before, last = here, row["at"]
        if noted is not None and here.number == noted.number:
            seen_noted = here == noted
            if not seen_noted:
                fault = f"row {at}: it is another than the one that was noted"
                break
    if fault is None and not seen_noted and noted is not None:
        fault = f"row {noted.number}: it was noted, and the log ends with row {before.number}"
    return Verified(before.number, before, fault, went_back)
