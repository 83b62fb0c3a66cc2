"""Tables on disk (CSV, TSV, parquet), read a part of the patients at a time, so that memory stays bounded.

Patients are split into as many parts as keep a part's rows near `ROWS_A_PART`; each part reads every table once. Text stays
text: nothing is inferred from a CSV. polars is needed, and is imported only here and only when tables are read.
"""

from __future__ import annotations

import codecs
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codesafety.errors import InputError
from codesafety.formats.fhir.tree import masked
from codesafety.plugins.reading import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    denies_something,
    is_concept_id,
    may_change_what_is_said,
    names_codes,
    system_of,
)
from codesafety.record import MAX_TEXT, Coding, NotRead, Qualifier, Submission, day_interval, punctuated

if TYPE_CHECKING:
    import polars as pl

ROWS_A_PART = 250_000
ROW = "#row"
_SPLIT = "give one kind of item a table, and each patient's own key"
_SUFFIXES = (".parquet", ".csv", ".tsv")
Row = dict[str, Any]
Rows = dict[str, dict[str | None, list[Row]]]
"""Rows by table and by the patient whose they are."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name in lower case, its columns in lower case, and its rows when they are asked for."""

    name: str
    columns: tuple[str, ...]
    frame: pl.LazyFrame = field(repr=False)
    rows: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What a table reader found at a path: the tables that name a patient, by which column each does, and what stands beside them."""

    source: str
    tables: Mapping[str, Table]
    keys: Mapping[str, str]
    beside: Mapping[str, Table] = field(default_factory=dict)
    listed: tuple[NotRead, ...] = ()

    def rows(self, part: int, parts: int) -> Rows:
        """Return one part of the patients' rows."""
        return {name: grouped(table, self.keys[name], part, parts, self.source) for name, table in self.tables.items()}


Patients = Iterator[tuple[str | None, str, Submission]]
"""A patient's own key, the row that first names the patient, and what the rows come to. Rows that name nobody have no key."""


def in_parts(opened: Opened, patients: Callable[[Opened, Rows], Patients]) -> Iterator[tuple[str, Submission]]:
    """Yield (row, submission) of every patient, a part of the patients at a time."""
    parts = parts_for(list(opened.tables.values()))
    for part in range(parts):
        for _, row, submission in patients(opened, opened.rows(part, parts)):
            yield row, submission


class BadValue(ValueError):
    """A value that is not what its column holds. It carries words of ours only."""


def table_files(path: Path | None) -> dict[str, Path]:
    """Return the tables at a path, a file or a folder of files, by lower-case name; of two of one name, one. It never raises."""
    return {file.stem.lower(): file for file in _table_files(path)}


def _table_files(path: Path | None) -> list[Path]:
    if path is None:
        return []
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        return [file for file in files if file.suffix.lower() in _SUFFIXES and file.is_file()]
    except OSError:
        return []


def open_tables(path: Path | None, source: str) -> dict[str, Table]:
    """Return the tables at a path by lower-case name. Raises InputError where one cannot be read, or two have one name."""
    files = _table_files(path)
    twice = next((file for file in files if sum(file.stem.lower() == other.stem.lower() for other in files) > 1), None)
    if twice is not None:
        raise InputError(
            "is one of two tables of one name",
            source=source,
            path=twice.name,
            help="keep one of them in the folder, or rename one",
        )
    return {file.stem.lower(): open_table(file, source) for file in files}


def header_of(path: Path) -> tuple[str, ...]:
    """Return a table's column names in lower case, or nothing where they cannot be read. It never raises."""
    if path.suffix.lower() == ".parquet":
        return _parquet_header(path)
    try:
        line = _first_line(path)
    except (OSError, ValueError):
        return ()
    return tuple(name.strip().strip('"').lower() for name in line.rstrip("\r\n").split(_separator(line)))


def _is_utf_16(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _first_line(path: Path) -> str:
    with path.open("rb") as file:
        line = file.readline(65536)
        if _is_utf_16(path):  # where a line ends with two bytes
            return (line + file.read(65536)).decode("utf-16", errors="ignore").partition("\n")[0]
    return line.decode("utf-8-sig")


def _in_utf_8(path: Path, source: str) -> BytesIO:
    """Return a table in UTF-16, as spreadsheets save it, in the encoding that polars reads. Raises InputError where it is too large."""
    if path.stat().st_size > MAX_BYTES:
        raise InputError(
            f"is a table in UTF-16 of more than {MAX_BYTES // (1024 * 1024)} MiB",
            source=source,
            path=path.name,
            help="save it as UTF-8",
        )
    return BytesIO(path.read_bytes().decode("utf-16").encode())


def _parquet_header(path: Path) -> tuple[str, ...]:
    try:
        import polars as pl
    except ImportError:
        return ()
    try:
        return tuple(name.strip().lower() for name in pl.read_parquet_schema(path))
    except (OSError, ValueError, pl.exceptions.PolarsError):
        return ()


def _separator(line: str) -> str:
    return max((",", "\t", ";", "|"), key=line.count)


def open_table(path: Path, source: str) -> Table:
    """Return the table at a path. Raises InputError where it cannot be read, with the remedy."""
    try:
        import polars as pl
    except ImportError:
        raise InputError(
            "tables cannot be read without polars",
            source=source,
            path=path.name,
            help="install it: pip install 'codesafety[tables]'",
        ) from None
    try:
        if path.suffix.lower() == ".parquet":
            frame = pl.scan_parquet(path, row_index_name=ROW, glob=False)
        else:
            line = _first_line(path)
            held = _in_utf_8(path, source) if _is_utf_16(path) else path
            frame = pl.scan_csv(held, infer_schema=False, separator=_separator(line), row_index_name=ROW, glob=False)
        schema = frame.collect_schema()
        if len(schema) - 1 > MAX_COLUMNS:
            raise InputError(f"has more than {MAX_COLUMNS:,} columns", source=source, path=path.name, help=_SPLIT)
        lower = [name.strip().lower() for name in schema]
        header = header_of(path)
        if len(set(lower)) != len(lower) or len(set(header)) != len(header):
            raise InputError("has two columns of one name", source=source, path=path.name, help="rename one of them")
        refuse_nested(schema, source, path.name)
        for name, kind in schema.items():
            if name.lower() in ("code", "value_code", "concept_code") and kind.is_float():
                raise InputError(
                    f"the column `{name}` holds numbers with decimals; long codes have lost digits in it",
                    source=source,
                    path=path.name,
                    help="export codes as text",
                )
        frame = frame.rename(dict(zip(schema, lower, strict=True)))
        rows = int(frame.select(pl.len()).collect().item())
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError):
        raise InputError(
            "cannot be read as a table",
            source=source,
            path=path.name,
            help="give a UTF-8 CSV with a header line, or a parquet file",
        ) from None
    return Table(path.stem.lower(), tuple(name for name in lower if name != ROW), frame, rows)


def refuse_nested(schema: Mapping[str, pl.DataType], source: str, name: str) -> None:
    """Raise InputError where a column's cells are lists, structures or bytes: none of them is one code, day or word."""
    import polars as pl

    kinds = [kind for column, kind in schema.items() if column != ROW]
    nested = next((number for number, kind in enumerate(kinds, 1) if kind.is_nested() or kind == pl.Binary), None)
    if nested is not None:
        raise InputError(
            f"the cells of column {nested} are lists, structures or bytes",
            source=source,
            path=name,
            help="export the table with one value a cell, as text, a number or a date",
        )


def parts_for(tables: list[Table]) -> int:
    return max(1, math.ceil(sum(table.rows for table in tables) / ROWS_A_PART))


def grouped(table: Table, key: str, part: int, parts: int, source: str) -> dict[str | None, list[Row]]:
    """Return one part of a table's rows by key, each row with its number under `ROW`. Keys are text; None has no key."""
    import polars as pl

    frame = table.frame
    if parts > 1:
        frame = frame.filter(pl.col(key).cast(pl.String).hash(0) % parts == part)
    if part == 0 and table.rows > MAX_ROWS:
        of_each = table.frame.group_by(pl.col(key).cast(pl.String)).len()
        if _collect(of_each.select(pl.col("len").max()), table, source).item() > MAX_ROWS:
            reason = f"has more than {MAX_ROWS:,} rows of one patient, or of none"
            raise InputError(reason, source=source, path=table.name, help=_SPLIT)
    found: dict[str | None, list[Row]] = {}
    for row in _collect(frame, table, source).iter_rows(named=True):
        found.setdefault(as_text(row[key]), []).append(row)
    return found


def matching(table: Table, column: str, wanted: set[str], source: str) -> Iterator[Row]:
    """Yield the rows whose column is one of the wanted texts."""
    import polars as pl

    frame = table.frame.filter(pl.col(column).cast(pl.String).is_in(sorted(wanted)))
    yield from _collect(frame, table, source).iter_rows(named=True)


def _collect(frame: pl.LazyFrame, table: Table, source: str) -> pl.DataFrame:
    import polars as pl

    try:
        return frame.collect(engine="streaming")
    except (OSError, pl.exceptions.PolarsError):
        raise cut_short(table, source) from None


def cut_short(table: Table, source: str) -> InputError:
    """Return the error that a table's rows cannot be read, though its header could."""
    return InputError(
        "cannot be read to its end as a table",
        source=source,
        path=table.name,
        help="it may have been cut short, or be no UTF-8: export it again, as UTF-8",
    )


def without_long_text(row: Row) -> tuple[Row, str | None]:
    """Return a row without its texts that are too long, and what is wrong with them; None where there is none."""
    long = [column for column, value in row.items() if isinstance(value, str) and len(value) > MAX_TEXT]
    if not long:
        return row, None
    number = [name for name in row if name != ROW].index(long[0]) + 1
    return row | dict.fromkeys(long), f"a text of more than {MAX_TEXT:,} characters, in column {number}"


class Unknown:
    """The columns of a table that a reader does not know, each under a name of ours, for its own may be a patient's."""

    def __init__(self, table: Table, known: Collection[str]) -> None:
        self._table = table
        self._shown = masked(column for column in table.columns if column not in known)
        self._numbers = {column: number for number, column in enumerate(table.columns, 1)}

    def lines(self, rows: list[Row], *, coded_only: bool = False) -> Iterator[NotRead]:
        """Yield a line for each column that holds anything. Not judged: codes, with what they are, and what may change what they say."""
        name = self._table.name
        for column, shown in self._shown.items():
            cells = [(row, text) for row in rows if (text := as_text(row[column])) is not None]
            changing = [row for row, text in cells if may_change_what_is_said(column, text)]
            codes = cells if names_codes(column) else [(row, text) for row, text in cells if is_concept_id(text.strip())]
            number = f"a column that this reader does not know, number {self._numbers[column]}"
            if codes:
                system = system_of(column)
                yield NotRead(
                    path=f"{name}[{codes[0][0][ROW]}].{shown}",
                    reason=f"codes in {number}",
                    resource_type=name,
                    coded=True,
                    codings=tuple(
                        Coding(system=system, code=text.strip(), path=f"{name}[{row[ROW]}].{shown}")
                        for row, text in codes
                        if system is not None and len(text) <= MAX_TEXT
                    ),
                )
            elif changing:
                reason = f"what may change what a code says, by the name of {number}"
                yield NotRead(path=f"{name}[{changing[0][ROW]}].{shown}", reason=reason, resource_type=name, coded=True)
            elif cells and not coded_only:
                yield NotRead(path=f"{name}.{shown}", reason=number)

    def words(self, row: Row) -> Iterator[Qualifier]:
        """Yield the sentences of a row's cells that hold a word of denial, doubt or withdrawal."""
        for column, shown in self._shown.items():
            text = row[column]
            if isinstance(text, str) and " " in text.strip() and denies_something(text):
                yield Qualifier(role=shown, text=text)


def as_text(value: Any) -> str | None:
    """Return a cell as text; whole numbers without a point, empty cells as None."""
    match value:
        case None:
            return None
        case str():
            return value if value.strip() else None
        case bool():
            return "true" if value else "false"
        case float():
            return None if math.isnan(value) else str(int(value)) if value.is_integer() else repr(value)
        case datetime() | date():
            return as_date(value)
        case _:
            return str(value)


def as_date(value: Any) -> str | None:
    """Return a cell as an ISO date; midnight without a zone is its day. Raises BadValue for what is no certain date."""
    match value:
        case None:
            return None
        case datetime():
            at_midnight = value.time().isoformat() == "00:00:00" and value.tzinfo is None
            return value.date().isoformat() if at_midnight else value.isoformat()
        case date():
            return value.isoformat()
        case str():
            words = value.strip()
            if not words:
                return None
            if len(words) > 10 and words[10] == " ":
                words = f"{words[:10]}T{words[11:]}"
            words = punctuated(words).removesuffix("T00:00:00")
            try:
                day_interval(words)
            except ValueError as error:
                raise BadValue(str(error)) from None
            return words
        case int():
            return as_date(str(value))
        case _:
            raise BadValue("not a date: write YYYY, YYYY-MM or YYYY-MM-DD")


def as_decimal(value: Any) -> Decimal | None:
    """Return a cell as an exact number. Raises BadValue for what is none."""
    words = as_text(value)
    if words is None:
        return None
    try:
        number = Decimal(words.strip())
    except InvalidOperation:
        raise BadValue("not a number") from None
    if not number.is_finite() or len(words) > 60:
        raise BadValue("not a number")
    return number
