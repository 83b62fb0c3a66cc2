"""Batches of rows to batches of answers, as Spark's `mapInArrow` asks for: the same function on Spark, Spark Connect, Databricks, Sail and alone.

The rows have the columns of a flat table (docs/reference/formats.md); those of one patient stand together in one partition: repartition by the
patient, and sort by the patient within partitions. The rules travel as a bundle, and each process opens it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from codesafety.batch.people import Asking, of_tables
from codesafety.batch.sieve import Sieve
from codesafety.batch.tabled import COLUMNS, SCHEMAS, Person, Rows
from codesafety.batch.verdicts import Verdicts
from codesafety.bundle import read, read_path
from codesafety.engine import Engine, load
from codesafety.errors import InputError
from codesafety.formats.tables.disk import ROW, Table, refuse_nested
from codesafety.formats.tables.flat import FlatReader, field_columns

ROWS_AT_ONCE = 250_000
_NAME = "rows"
SCHEMA = pa.schema(
    [
        pa.field("answer", pa.string()),
        *{name: field for schema in SCHEMAS.values() for name, field in zip(schema.names, schema)}.values(),
    ]
)
"""The columns of `findings`, `cannot_tell` and `not_checked` together; `answer` says of which of them a row is."""
DDL = ", ".join(f"{field.name} {'bigint' if field.type == pa.int64() else 'string'}" for field in SCHEMA)
"""The same for Spark: `frame.mapInArrow(Scan(...), DDL)`."""


@dataclass(frozen=True, slots=True)
class Scan:
    """Answers batches of rows by the rules of a bundle. It can be pickled: what travels is the bundle.

    `complete`: the rows are all that there is of each patient. Raises InputError where a patient's rows do not stand together.
    """

    bundle: bytes
    release: str | None = None
    complete: bool = False

    @classmethod
    def of(cls, bundle: Path | str, *, release: str | None = None, complete: bool = False) -> Scan:
        """Return a scan by the bundle in a file. Raises BundleError."""
        raw = read_path(Path(bundle))
        read(raw, str(bundle))
        return cls(raw, release, complete)

    def __call__(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Yield a batch of answers for each stretch of whole patients."""
        engine, sieve = _opened(self.bundle, self.release, self.complete)
        asking = Asking(self.complete)
        number = 0
        finished: set[bytes] = set()
        for stretch in _whole_patients(batches, finished):
            rows = Rows()
            for person in _people(engine, sieve, stretch, asking, number):
                rows.take(person, None)
            number += stretch.num_rows
            yield from _answers(rows).to_batches()


@lru_cache(maxsize=4)
def _opened(bundle: bytes, release: str | None, complete: bool) -> tuple[Engine, Sieve]:
    never = [*(() if complete else ("record",)), *(() if release is not None else ("release",))]
    engine = load(read(bundle, "bundle"), release=release, never=never)
    return engine, Sieve(Verdicts(engine, Asking(complete).record))


def _whole_patients(batches: Iterable[Any], finished: set[bytes]) -> Iterator[pa.Table]:
    """Yield tables that end where a patient ends. `finished`: whom to come again would be an error."""
    held: list[pa.Table] = []
    size = 0
    for batch in batches:
        table = pa.Table.from_batches([batch])
        held.append(table.rename_columns([name.lower() for name in table.column_names]))
        size += table.num_rows
        if size >= ROWS_AT_ONCE:
            whole = pa.concat_tables(held)
            key = _keys(whole)
            others = (key != key[-1]).arg_true()
            last = int(others[-1]) + 1 if len(others) else 0
            if last:
                yield _once(whole.slice(0, last), key[:last], finished)
                held = [whole.slice(last)]
                size = held[0].num_rows
    if held:
        whole = pa.concat_tables(held)
        yield _once(whole, _keys(whole), finished)


def _keys(table: pa.Table) -> pl.Series:
    column = field_columns(table.column_names).get("patient")
    if column is None:
        raise InputError("holds no column of patients", source=_NAME, help="name the columns `patient_id` and `code`")
    return pl.Series(table.column(column).cast(pa.string()).combine_chunks()).fill_null("")


def _once(table: pa.Table, keys: pl.Series, finished: set[bytes]) -> pa.Table:
    for key in keys.unique().to_list():
        mark = blake2b(key.encode(), digest_size=8).digest()
        if mark in finished and key:
            raise InputError(
                "the rows of one patient do not stand together",
                source=_NAME,
                help="repartition by the patient, and sort by the patient within partitions",
            )
        finished.add(mark)
    return table


def _people(engine: Engine, sieve: Sieve, table: pa.Table, asking: Asking, first: int) -> Iterator[Person]:
    frame = pl.DataFrame(table).with_row_index(ROW, first)
    refuse_nested(frame.schema, _NAME, _NAME)
    columns = tuple(name for name in frame.columns if name != ROW)
    opened = FlatReader.opened({_NAME: Table(_NAME, columns, frame.lazy(), frame.height)}, _NAME)
    own = field_columns(columns).get("id")
    ids = {} if own is None else dict(zip(frame[ROW].to_list(), frame[own].cast(pl.String).to_list()))
    for person in of_tables(engine, opened, FlatReader().name, asking, {}, sieve):
        yield person.with_place(lambda path: (_NAME, _entry(path, ids), None))


def _entry(path: str | None, ids: dict[int, str | None]) -> str | None:
    """Return an entry's own key in the place of its row's number, which depends on how the rows were divided."""
    number = (path or "").partition("[")[2].partition("]")[0]
    return ids.get(int(number)) if ids and number.isdecimal() else path


def _answers(rows: Rows) -> pa.Table:
    return (
        pa.concat_tables(
            [
                rows.arrow(name).add_column(0, "answer", pa.array([name] * len(rows.tables[name]), pa.string()))
                for name in COLUMNS
            ],
            promote_options="default",
        )
        .select(SCHEMA.names)
        .cast(SCHEMA)
    )
