"""A scan: sources to parts, parts to rows in as many processes as are wanted, rows to one folder of answers.

What a part comes to is written beside the others and takes its name when it is whole. A scan that is killed begins again with the parts that
have none, and its answer is byte for byte that of one that was let alone: nothing in it depends on who answered which part, or when.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow.csv as pc
import pyarrow.parquet as pq

from codesafety.batch import partition, sent
from codesafety.batch.columns import ColumnMap, renamed
from codesafety.batch.named import Named
from codesafety.batch.people import Asking, of_lines, of_messages, of_resources, of_tables
from codesafety.batch.sieve import Sieve
from codesafety.batch.sources import READERS, Found, find, stamp
from codesafety.batch.tabled import COLUMNS, SCHEMAS, Person, Rows
from codesafety.batch.verdicts import Verdicts
from codesafety.engine import Engine
from codesafety.errors import ConfigurationError, InputError
from codesafety.formats.tables.disk import Opened, open_tables, table_files
from codesafety.formats.tables.flat import FlatReader
from codesafety.plugins import Source
from codesafety.record import day_interval

FILES_A_PART = 100
BYTES_A_PART = 8 * 2**20
_WORK = "unfinished"
_PLAN, _COUNTS = "plan.json", "counts.json"
FORMATS = ("parquet", "csv")


@dataclass(frozen=True, slots=True)
class Options:
    """How to scan. `since`: the first day that findings are about. `form`: `parquet` or `csv`."""

    asking: Asking
    since: str | None = None
    columns: ColumnMap | None = None
    form: str = "parquet"
    workers: int = 1
    sieved: bool = True
    """Whether rows that change no answer are left out before anything is read. Only tests that compare do without."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a scan: of which source, and which part of it (`at`). `weight`: about how much of the work it is."""

    source: int
    at: Any
    weight: int


@dataclass(slots=True)
class Held:
    """One source that is ready to be read in parts."""

    kind: str
    name: str
    reader: str = ""
    opened: Opened | None = None
    resources: partition.Resources | None = None
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a worker needs."""

    engine: Engine
    held: list[Held]
    work: Path
    options: Options


Told = Callable[[str, int, int], None]
"""Told of progress: what is done, how much of it, of how much."""


def scan(engine: Engine, sources: Sequence[str], out: Path, options: Options, told: Told = lambda *_: None) -> dict[str, Any]:
    """Scan sources into a folder; return the summary that stands there. Raises InputError where a source cannot be read at all,
    and ConfigurationError where the folder holds another scan's work or an option is none."""
    if options.since is not None:
        try:
            day_interval(options.since)
        except ValueError:
            raise ConfigurationError("the first day of findings (`since`) is no date\n  = help: write YYYY-MM-DD") from None
    found, unread = find(sources, engine, mapped=options.columns is not None)
    work = _begun(engine, found, out, options)
    held, parts = _parts(engine, found, work, options, told)
    plan = Plan(engine, held, work, options)
    total = sum(part.weight for part in parts)
    done = sum(part.weight for number, part in enumerate(parts) if _is_done(work, number))
    told("scanned", done, total)
    left = [(number, part) for number, part in enumerate(parts) if not _is_done(work, number)]
    for weight in _answered(plan, left):
        done += weight
        told("scanned", done, total)
    return _joined(plan, out, len(parts), unread)


def _begun(engine: Engine, found: list[Found], out: Path, options: Options) -> Path:
    """Return the folder of unfinished work, which is this very scan's."""
    asked = {
        "engine": engine.standing.engine.digest,
        "sources": [[one.kind, one.name, stamp(one.paths)] for one in found],
        "asking": asdict(options.asking),
        "since": options.since,
        "columns": options.columns.model_dump() if options.columns else None,
        "format": options.form,
    }
    work = out / _WORK
    told = work / "asked.json"
    if told.exists():
        if json.loads(told.read_text()) != json.loads(json.dumps(asked)):
            raise ConfigurationError(
                "the folder holds the unfinished work of another scan: of other sources, rules or options\n"
                "  = help: give another folder, or delete this one"
            )
        return work
    if (out / "summary.json").exists():
        raise ConfigurationError("the folder holds a scan that is finished\n  = help: give another folder, or delete this one")
    if out.is_dir() and any(one.name != _WORK for one in out.iterdir()):
        raise ConfigurationError("the folder is not empty\n  = help: give a new folder")
    work.mkdir(parents=True, exist_ok=True)
    _write(told, json.dumps(asked))
    return work


def _write(path: Path, text: str) -> None:
    """Write a text that takes its name once it is whole."""
    partial_ = path.with_suffix(".partial")
    partial_.write_text(text, encoding="utf-8")
    partial_.replace(path)


# ------------------------------------------------------------------------------------------ parts


def _parts(engine: Engine, found: list[Found], work: Path, options: Options, told: Told) -> tuple[list[Held], list[Part]]:
    held: list[Held] = []
    parts: list[Part] = []
    for number, one in enumerate(found):
        told(f"preparing {one.name}", number, len(found))
        where = work / f"source{number}"
        made = Held(one.kind, one.name)
        match one.kind:
            case "tables":
                made, several = _tables(one, where, options)
            case "resources":
                made.resources, several = _resources(one, where)
            case "messages":
                base = partition.shared_base(one.paths)
                files = [[path.relative_to(base).as_posix(), str(path)] for path in one.paths]
                several = [
                    (files[at : at + FILES_A_PART], min(FILES_A_PART, len(files) - at))
                    for at in range(0, len(files), FILES_A_PART)
                ]
            case _:
                base = partition.shared_base(one.paths)
                several = [cut for path in one.paths for cut in _cuts(path, path.relative_to(base).as_posix())]
        held.append(made)
        parts += [Part(number, at, weight) for at, weight in several]
    return held, parts


def _once(where: Path, make: Callable[[Path], Any]) -> Any:
    """Return what was made into a folder, which takes its name once it is whole; it is made now if it was not before."""
    told = where / "made.json"
    if not told.exists():
        unfinished = where.with_suffix(".partial")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        made = make(unfinished)
        (unfinished / "made.json").write_text(json.dumps(made))
        unfinished.replace(where)
    return json.loads(told.read_text())


def _tables(one: Found, where: Path, options: Options) -> tuple[Held, list[tuple[Any, int]]]:
    (path,) = one.paths
    source = Source(b"", one.name, path)
    files = table_files(path)
    if options.columns is not None:
        tables = {name: renamed(table, options.columns, one.name) for name, table in open_tables(path, one.name).items()}
        reader, opened = FlatReader().name, FlatReader.opened(tables, one.name)
    else:
        own = next(reader for reader in READERS if reader.name == one.reader)
        reader, opened = own.name, own.open(source)
    parts: int = _once(where, partial(partition.split_tables, opened))
    rows = sum(table.rows for table in opened.tables.values())
    held = Held("tables", one.name, reader, opened, files={name: file.name for name, file in files.items()})
    return held, [(part, max(1, rows // parts)) for part in range(parts)]


def _resources(one: Found, where: Path) -> tuple[partition.Resources, list[tuple[Any, int]]]:
    def make(folder: Path) -> Any:
        made = partition.split_resources(one.paths, folder)
        return [made.parts, [asdict(bad) for bad in made.bad]]

    parts, bad = _once(where, make)
    return partition.Resources(where, parts, [partition.Bad(**each) for each in bad]), [(part, 1) for part in range(parts)]


def _cuts(path: Path, name: str) -> Iterator[tuple[Any, int]]:
    """Yield (name, path, start, end, number of the first line) of every part of a file of lines, cut between two of them."""
    start = at = 0
    first = number = 1
    with path.open("rb") as file:
        while chunk := file.readline(1 << 20):
            at += len(chunk)
            if not chunk.endswith(b"\n"):
                continue
            number += 1
            if at - start >= BYTES_A_PART:
                yield [name, str(path), start, at, first], at - start
                start, first = at, number
    if at > start:
        yield [name, str(path), start, at, first], at - start


# ------------------------------------------------------------------------------------------ workers

_mine: list[Worker] = []
"""In a process of its own: what it works on."""


def _start(plan: Plan) -> None:
    _mine.append(Worker(plan))


def _answered(plan: Plan, left: list[tuple[int, Part]]) -> Iterator[int]:
    """Answer parts; yield the weight of each that is done."""
    if plan.options.workers < 2 or len(left) < 2:
        worker = Worker(plan)
        for number, part in left:
            worker.answer(number, part)
            yield part.weight
        return
    try:
        with ProcessPoolExecutor(plan.options.workers, get_context("spawn"), _start, (plan,)) as pool:
            asked = {pool.submit(_answer_here, number, part): part.weight for number, part in left}
            try:
                for one in as_completed(asked):
                    one.result()
                    yield asked[one]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    except BrokenProcessPool:
        raise InputError(
            "a process that answers was ended from outside, as where memory is short: the scan is not finished",
            help="give the same folder again, what was done is kept; fewer --workers take less memory",
        ) from None


def _answer_here(number: int, part: Part) -> None:
    _mine[0].answer(number, part)


def _done(work: Path, number: int) -> Path:
    return work / "done" / f"{number:06}"


def _is_done(work: Path, number: int) -> bool:
    return _done(work, number).exists()


class Worker:
    """Answers parts. It remembers from part to part what rules can have to say of rows that are alike."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.sieve = Sieve(Verdicts(plan.engine, plan.options.asking.record)) if plan.options.sieved else None

    def answer(self, number: int, part: Part) -> None:
        """Answer one part into a folder that takes its name once it is whole."""
        rows = Rows()
        since = day_interval(self.plan.options.since)[0] if self.plan.options.since is not None else None
        for person in self.people(part):
            rows.take(person, since)
        if (opened := self.opened(part)) is not None:
            asking = self.plan.options.asking
            rows.sent += sent.of_tables(opened, asking.takes if asking.sample < 1 else None)
        done = _done(self.plan.work, number)
        unfinished = done.with_suffix(f".{os.getpid()}.partial")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        for name in COLUMNS:
            pq.write_table(rows.arrow(name), unfinished / f"{name}.parquet")
        (unfinished / _COUNTS).write_text(json.dumps(rows.counts()))
        unfinished.replace(done)

    def opened(self, part: Part) -> Opened | None:
        """Return the tables of one part, where it is one of tables."""
        held = self.plan.held[part.source]
        return (
            None if held.opened is None else partition.part_tables(held.opened, self.plan.work / f"source{part.source}", part.at)
        )

    def people(self, part: Part) -> Iterator[Person]:
        """Yield the patients of one part."""
        held, asking, engine = self.plan.held[part.source], self.plan.options.asking, self.plan.engine
        if (opened := self.opened(part)) is not None:
            return of_tables(
                engine, opened, held.reader, asking, held.files, self.sieve if held.reader == FlatReader().name else None
            )
        if held.resources is not None:
            return of_resources(engine, held.resources, part.at, asking)
        if held.kind == "messages":
            return of_messages(engine, [(name, Path(path)) for name, path in part.at], asking)
        name, path, start, end, first = part.at
        return of_lines(engine, name, Path(path), start, end, first, asking)


# ------------------------------------------------------------------------------------------ the answer


def _joined(plan: Plan, out: Path, parts: int, unread: list[partition.Bad]) -> dict[str, Any]:
    """Write the tables, summary and page; then forget the parts. `unread`: the files that nothing reads."""
    bad = [*unread, *(each for held in plan.held if held.resources is not None for each in held.resources.bad)]
    sums: Counter[str] = Counter()
    decisions: Counter[str] = Counter()
    ages: Counter[str] = Counter()
    never: set[str] = set()
    named = Named()
    for number in range(parts):
        counts = json.loads((_done(plan.work, number) / _COUNTS).read_text())
        sums.update({name: counts[name] for name in ("patients", "entries", "understood", "empty", "files")})
        decisions.update(counts["decisions"])
        ages.update(counts["ages"])
        never.update(counts["never"])
        named.add(counts)
    sums["files"] += len(bad)
    decisions["hold"] += len(bad)
    for name in COLUMNS:
        first = [(None, each.file, each.place, None, None, "not read at all", None, each.reason) for each in bad]
        _join_table(plan, out, name, parts, first if name == "not_checked" else [])
    from codesafety.batch.summary import page, summary

    made = summary(
        plan.engine, out, plan.options.form, dict(sums), decisions, ages, sorted(never), plan.options.asking, plan.options.since
    )
    made["tripwire"] = named.told(plan.options.since)
    _write(out / "report.html", page(made))
    _write(out / "summary.json", json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    shutil.rmtree(plan.work)
    return made


def _join_table(plan: Plan, out: Path, name: str, parts: int, first: list[Any]) -> None:
    schema = SCHEMAS[name]
    unfinished = plan.work / f"{name}.{plan.options.form}"
    kind: Any = pq.ParquetWriter if plan.options.form == "parquet" else pc.CSVWriter
    with kind(unfinished, schema) as writer:
        if first:
            rows = Rows()
            rows.tables[name] = first
            writer.write_table(rows.arrow(name))
        for number in range(parts):
            table = pq.read_table(_done(plan.work, number) / f"{name}.parquet", schema=schema)
            if table.num_rows:
                writer.write_table(table)
    unfinished.replace(out / unfinished.name)
