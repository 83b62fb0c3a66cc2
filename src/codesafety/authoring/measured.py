"""How often a rule was right, as people judged its findings: `measured.csv` beside rulesets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Final

from codesafety.errors import InputError
from codesafety.paths import refuse_endless

FILE: Final = "measured.csv"
_COUNTS: Final = ("findings", "right", "arguable", "wrong")
_COLUMNS: Final = ("rules", "material", "unseen", *_COUNTS, "date", "judge", "note")


@dataclass(frozen=True, slots=True)
class Measured:
    """Findings of a rule that were judged on one material; `unseen`: those who wrote the rule had not seen it.

    `together`: the other rules whose findings are in the same counts.
    """

    material: str
    unseen: bool
    findings: int
    right: int
    arguable: int
    wrong: int
    date: str
    judge: str
    note: str
    together: tuple[str, ...]


def read_measured(files: Iterable[Path]) -> Mapping[str, Sequence[Measured]]:
    """Return what was measured of each rule, by its full name. Raises InputError that names file, line and column."""
    found: dict[str, list[Measured]] = {}
    for file in files:
        for line, row in _rows(file):
            counts = [int(row[name]) if row[name].isdecimal() else -1 for name in _COUNTS]
            if min(counts) < 0 or counts[0] != sum(counts[1:]):
                raise _refused(file, line, "findings", "give whole numbers; right, arguable and wrong add up to the findings")
            if row["unseen"] not in ("yes", "no"):
                raise _refused(file, line, "unseen", "write yes or no")
            names = row["rules"].split()
            if not names:
                raise _refused(file, line, "rules", "name the rules as `rules list` does, a space between two")
            for name in names:
                together = tuple(other for other in names if other != name)
                findings, right, arguable, wrong = counts
                found.setdefault(name, []).append(
                    Measured(
                        material=row["material"],
                        unseen=row["unseen"] == "yes",
                        findings=findings,
                        right=right,
                        arguable=arguable,
                        wrong=wrong,
                        date=row["date"],
                        judge=row["judge"],
                        note=row["note"],
                        together=together,
                    )
                )
    return found


def _rows(file: Path) -> Iterable[tuple[int, Mapping[str, str]]]:
    try:
        refuse_endless(file)
        with file.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream, strict=True)
            if tuple(reader.fieldnames or ()) != _COLUMNS:
                raise _refused(file, 1, "header", f"the columns are {', '.join(_COLUMNS)}")
            for row in reader:
                if None in row or None in row.values():
                    raise _refused(file, reader.line_num, "row", f"give each row {len(_COLUMNS)} cells")
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"what was measured cannot be read as CSV: {error}", source=str(file), help="mend the file") from None


def _refused(file: Path, line: int, column: str, help: str) -> InputError:
    return InputError("what was measured is not as it should be", source=str(file), path=f"line {line}, {column}", help=help)


def bounds(found: int, of: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share; all that can be, where nothing was asked."""
    if of == 0:
        return 0.0, 1.0
    z = 1.959963984540054
    share, n = found / of, float(of)
    middle = share + z * z / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (middle - spread) / (1 + z * z / n)), min(1.0, (middle + spread) / (1 + z * z / n))
