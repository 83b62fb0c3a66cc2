"""Rows and resources in any order to parts on disk, each with whole patients: memory stays bounded whatever the input.

A part is a folder of parquet files, or a file of lines. How many there are follows from the input alone, so that a scan that was killed
finds the same parts again.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from math import ceil
from pathlib import Path
from typing import Any, BinaryIO
from weakref import finalize

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from codesafety.formats.fhir.source import SUPPORTING
from codesafety.formats.tables.disk import ROW, Opened, Row, Rows, Table, as_text, cut_short

ROWS_A_PART = 250_000
RESOURCES_A_PART = 20_000
_HELD = 1_000_000
"""Rows that are held before they are written, of all parts together."""
_A_BATCH = 100_000
_WRAPPERS = ("Bundle", "Parameters")
"""Resources of others, which may hold entries of anybody."""


def part_of(key: str | None, parts: int) -> int:
    """Return the part that a patient is in. Rows of nobody are in the first."""
    return 0 if key is None else int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") % parts


# ------------------------------------------------------------------------------------------ tables


def split_tables(opened: Opened, where: Path) -> int:
    """Write every table of patients to parts below a folder; return how many parts. Keys are compared as the reader compares them.

    Raises InputError where a table cannot be read to its end.
    """
    parts = max(1, ceil(sum(table.rows for table in opened.tables.values()) / ROWS_A_PART))
    for name, table in opened.tables.items():
        whole = where / f"{name}.whole.parquet"
        whole.parent.mkdir(parents=True, exist_ok=True)
        try:
            table.frame.sink_parquet(whole, compression="lz4", row_group_size=_A_BATCH)
        except pl.exceptions.PolarsError:
            raise cut_short(table, opened.source) from None
        _split(whole, name, opened.keys[name], parts, where)
        whole.unlink()
    return parts


def _split(whole: Path, name: str, key: str, parts: int, where: Path) -> None:
    writers: dict[int, pq.ParquetWriter] = {}
    held: dict[int, list[pa.Table]] = {}
    count = 0
    with pq.ParquetFile(whole) as file:
        try:
            for batch in file.iter_batches(_A_BATCH):
                table = pa.Table.from_batches([batch])
                for part, rows in _by_part(table, key, parts):
                    held.setdefault(part, []).append(rows)
                count += table.num_rows
                if count >= _HELD:
                    _write(held, writers, name, where)
                    count = 0
            _write(held, writers, name, where)
        finally:
            for writer in writers.values():
                writer.close()


def _by_part(table: pa.Table, key: str, parts: int) -> Iterator[tuple[int, pa.Table]]:
    if parts == 1:
        yield 0, table
        return
    encoded = table.column(key).combine_chunks().dictionary_encode()
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    of_each = pa.array([part_of(as_text(value), parts) for value in encoded.dictionary.to_pylist()], pa.int32())
    numbers = pl.Series(of_each.take(encoded.indices).fill_null(0))
    framed = pl.DataFrame({"part": numbers, "row": pl.int_range(len(numbers), eager=True)})
    for (part,), group in framed.group_by("part", maintain_order=True):
        yield int(part), table.take(group["row"].to_arrow())


def _write(held: dict[int, list[pa.Table]], writers: dict[int, pq.ParquetWriter], name: str, where: Path) -> None:
    for part, tables in held.items():
        joined = pa.concat_tables(tables)
        if part not in writers:
            (where / f"{part:05}").mkdir(exist_ok=True)
            writers[part] = pq.ParquetWriter(where / f"{part:05}" / f"{name}.parquet", joined.schema, compression="lz4")
        writers[part].write_table(joined)
    held.clear()


def part_tables(opened: Opened, where: Path, part: int) -> Opened:
    """Return the tables of one part; a table without a row in it is empty."""
    tables = {}
    for name, table in opened.tables.items():
        path = where / f"{part:05}" / f"{name}.parquet"
        if path.exists():
            frame = pl.scan_parquet(path, glob=False)
            rows = int(frame.select(pl.len()).collect().item())
        else:
            frame, rows = (
                pl.LazyFrame({column: [] for column in (ROW, *table.columns)}, dict.fromkeys((ROW, *table.columns), pl.String)),
                0,
            )
        tables[name] = Table(name, table.columns, frame, rows)
    return Opened(opened.source, tables, opened.keys, opened.beside, opened.listed)


def by_place(rows: Rows) -> Iterator[tuple[str, str, Row]]:
    """Yield (place, table, row) of every row."""
    for name, groups in rows.items():
        for held in groups.values():
            for row in held:
                yield f"{name}[{row[ROW]}]", name, row


# ------------------------------------------------------------------------------------------ FHIR resources


@dataclass(slots=True)
class Bad:
    """A line or row that was not read, or a whole file (`place`: None), and why."""

    file: str
    place: str | None
    reason: str


@dataclass
class Resources:
    """FHIR resources on disk: those of patients in parts, and those of nobody (medicines, organisations) by their names."""

    where: Path
    parts: int
    bad: list[Bad] = field(default_factory=list)

    @cached_property
    def shared(self) -> sqlite3.Connection:
        opened = sqlite3.connect(self.where / "shared.sqlite")
        finalize(self, opened.close)
        return opened

    def named(self, name: str) -> tuple[str, int, str] | None:
        """Return the file, the line and the text of a resource that is nobody's, by `Medication/1`."""
        found: tuple[str, int, str] | None = self.shared.execute(
            "select file, line, text from shared where name = ?", (name,)
        ).fetchone()
        return found

    def patients(self, part: int) -> Iterator[tuple[str, list[tuple[str, int, str]]]]:
        """Yield (patient's id, resources with file and line), those of one patient together."""
        path = self.where / f"{part:05}.lines"
        if not path.exists():
            return
        found: dict[str, list[tuple[str, int, str]]] = {}
        with path.open("rb") as file:
            for line in file:
                key, name, number, text = json.loads(line)
                found.setdefault(key, []).append((name, number, text))
        for key, texts in found.items():
            yield key, texts


def split_resources(files: Sequence[Path], where: Path) -> Resources:
    """Write resources to parts below a folder, by whose they are."""
    where.mkdir(parents=True, exist_ok=True)
    parts = max(1, ceil(sum(_resources_in(path) for path in files) / RESOURCES_A_PART))
    made = Resources(where, parts)
    base = shared_base(files)
    writers: dict[int, BinaryIO] = {}
    with closing(sqlite3.connect(where / "shared.sqlite")) as shared:
        shared.execute("create table shared (name text primary key, file text, line integer, text text)")
        try:
            for path in files:
                name = path.relative_to(base).as_posix()
                for number, raw in _texts(path):
                    try:
                        resource = json.loads(text := raw.decode())
                        kind, key = str(resource["resourceType"]), _whose(resource)
                    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
                        made.bad.append(Bad(name, _place(path, number), "this is no FHIR resource"))
                        continue
                    if key is None:
                        if kind not in SUPPORTING or kind in _WRAPPERS:
                            made.bad.append(Bad(name, _place(path, number), "the resource names no patient by a reference"))
                        elif not _share(shared, (f"{kind}/{resource.get('id')}", name, number, text)):
                            made.bad.append(
                                Bad(name, _place(path, number), "another resource of the same type and id says something else")
                            )
                        continue
                    part = part_of(key, parts)
                    if part not in writers:
                        writers[part] = (where / f"{part:05}.lines").open("wb")
                    writers[part].write(json.dumps([key, name, number, text]).encode() + b"\n")
        finally:
            for writer in writers.values():
                writer.close()
        shared.commit()
    return made


def _share(shared: sqlite3.Connection, row: tuple[str, str, int, str]) -> bool:
    """Keep a resource of nobody by its name; return whether it is the only one of that name, or says what that one says."""
    (held,) = shared.execute("select max(text) from shared where name = ?", row[:1]).fetchone()
    if held is None:
        shared.execute("insert into shared values (?, ?, ?, ?)", row)
    return held is None or held == row[3]


def shared_base(files: Sequence[Path]) -> Path:
    """Return the folder that all files stand below."""
    return Path(os.path.commonpath([path.parent for path in files]))


def _place(path: Path, number: int) -> str:
    return f"{'row' if path.suffix.lower() == '.parquet' else 'line'} {number}"


def _resources_in(path: Path) -> int:
    if path.suffix.lower() == ".parquet":
        return int(pq.read_metadata(path).num_rows)
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) + 1


_TYPE = re.compile(r"[A-Z][A-Za-z]+")


def type_of_rows(path: Path) -> str | None:
    """Return the resource type of a file of Parquet-on-FHIR: by its own name, or as a part by the name of its folder."""
    named = path.parent if path.name.startswith("part-") else path
    word = named.name.split(".")[0]
    return word if _TYPE.fullmatch(word) else None


def _texts(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield (number, JSON) of every resource of a file. A row of Parquet-on-FHIR is a resource whose empty columns are left out."""
    if path.suffix.lower() == ".parquet":
        number = 0
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(5_000):
                for row in batch.to_pylist():
                    extensions = dict(row.pop("_extension", None) or ())
                    yield number, json.dumps({"resourceType": type_of_rows(path), **_as_json(row, extensions)}).encode()
                    number += 1
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line


_OF_ENCODERS = ("id_versioned", "_value_canonicalized", "_code_canonicalized")
"""Columns beside FHIR's own, which say again what stands there. Source: Pathling's Parquet specification, 2026."""


def _as_json(value: Any, extensions: Mapping[int, list[Any]]) -> Any:
    """Return a cell as FHIR's JSON has it, without what is empty. A decimal that JSON's numbers do not hold exactly stays text, and is held.

    `extensions`: those of the row by the number (`_fid`) of the element that has them, as that specification keeps them.
    """
    match value:
        case dict():
            found = {}
            for name, given in value.items():
                if name == "_fid":
                    name, given = "extension", extensions.get(given)
                if name in _OF_ENCODERS or (name.endswith("_scale") and name.removesuffix("_scale") in value):
                    continue
                if (held := _as_json(given, extensions)) not in (None, [], {}):
                    found[name] = held
            return found
        case list():
            return [held for given in value if (held := _as_json(given, extensions)) not in (None, [], {})]
        case Decimal():
            return number if Decimal(repr(number := float(value))) == value else str(value)
        case date() | time():
            return value.isoformat()
        case bytes():
            return b64encode(value).decode()
        case _:
            return value


def _whose(resource: Mapping[str, Any]) -> str | None:
    """Return the id of the patient whom a resource is of or names, or None: it is nobody's."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    for name in ("subject", "patient", "individual", "beneficiary", "for"):
        told = resource.get(name)
        if isinstance(told, Mapping):
            words = told.get("reference")
            if isinstance(words, str) and ("Patient/" in words or words.startswith("urn:")):
                return words.rpartition("Patient/")[2].removeprefix("urn:uuid:").split("/")[0]
    return None
