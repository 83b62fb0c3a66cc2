"""A map of columns: what the columns of somebody's table are called by the reader of flat tables."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from codesafety.errors import InputError
from codesafety.formats.tables.disk import ROW, Table, header_of
from codesafety.formats.tables.flat import ALIASES
from codesafety.record import Model

_WORDS: dict[str, str] = {
    "patient_id": r"pat(ient)?_?(id|key|no|ref|guid|pseudo\w*)|pseudo\w*|person(_?id)?|subject(_?id)?",
    "code": r"(snomed|sct|concept|clinical|medcode|read|dmd|icd10?)_?(ct)?_?(concept)?_?(code|id)|code",
    "system": r"code_?system|coding_?system|vocabulary|terminology",
    "display": r"(code_?)?(term|description|display|name)|preferred_?term|rubric",
    "date": r"(event|effective|obs(ervation)?|consultation|onset|start)_?date(time)?|date|dt",
    "end_date": r"(end|stop)_?date",
    "recorded": r"(recorded|entered|entry|created|system)_?date",
    "gender": r"gender|sex",
    "birth_date": r"(date_?of_?birth|birth_?date|dob|born)",
    "death_date": r"(date_?of_?death|death_?date|dod)",
    "value": r"(numeric_?)?value1?|result",
    "unit": r"units?|uom",
    "status": r"status",
    "id": r"(event|entry|obs(ervation)?|record)_?id",
}
"""What columns are often called, by the reader's name. Only a whole name counts."""


SENDER = "#sender"
"""Where a row says who sent it, beside the columns that the reader knows."""


class ColumnMap(Model):
    """Which column is what. A column of the file that stands in none of the fields is refused: nothing is left out in silence."""

    columns: dict[str, str]
    """The reader's name (`patient_id`, `code`, `date` ...) to the file's."""
    always: dict[str, str] | None = None
    """What every row says, and no column does: `{"system": "sct", "kind": "observation"}`."""
    sender: str | None = None
    """The column of the practice or system that wrote a row: findings are grouped by it."""
    ignored: tuple[str, ...] = ()
    """Columns that are not looked at."""
    not_placed: tuple[str, ...] = ()
    """Columns of which a proposal could not tell; they must be moved before the map is used."""


def propose(path: Path) -> ColumnMap:
    """Return a map for a table, as far as its header tells. Raises InputError where there is no header."""
    header = header_of(path)
    if not any(header):
        raise InputError(
            "holds no header that can be read", source=str(path), help="give a CSV with a header line, or a parquet file"
        )
    found: dict[str, str] = {}
    left: list[str] = []
    for column in header:
        plain = re.sub(r"[^a-z0-9]+", "_", column).strip("_")
        own = [name for name, aliases in ALIASES.items() if plain in aliases]
        fits = own or [name for name, words in _WORDS.items() if re.fullmatch(words, plain)]
        name = ALIASES[fits[0]][0] if fits and fits[0] in ALIASES else fits[0] if fits else None
        if name is None or name in found:
            left.append(column)
        else:
            found[name] = column
    return ColumnMap(columns=found, not_placed=tuple(left))


def renamed(table: Table, given: ColumnMap, source: str) -> Table:
    """Return a table under the reader's names. Raises InputError where a column is named and not there, or there and not named."""
    always = given.always or {}
    named = {name: column.lower() for name, column in given.columns.items()}
    placed = {*named.values(), *(column.lower() for column in given.ignored), *((given.sender.lower(),) if given.sender else ())}
    missing = sorted(placed - set(table.columns))
    left = [number for number, column in enumerate(table.columns, 1) if column not in placed]
    if missing:
        raise InputError(f"has no column `{missing[0]}`, which the map names", source=source, help="see its header line")
    if left or given.not_placed:
        where = f"number {', '.join(map(str, left))} of the file" if left else "those under `not_placed`"
        raise InputError(
            f"the map does not say what some columns are: {where}", source=source, help="place them under `columns`, or `ignored`"
        )
    known = {alias for aliases in ALIASES.values() for alias in aliases}
    strange = next((name for name in (*named, *always) if name not in known), None)
    if strange is not None:
        raise InputError(f"`{strange}` is no column of the reader's", source=source, help="see docs/reference/formats.md")
    columns = [pl.col(column).alias(name) for name, column in named.items()]
    columns += [pl.col(given.sender.lower()).cast(pl.String).alias(SENDER)] if given.sender else []
    columns += [pl.lit(value).alias(name) for name, value in always.items()]
    frame = table.frame.select(pl.col(ROW), *columns)
    return Table(table.name, (*named, *always), frame, table.rows)
