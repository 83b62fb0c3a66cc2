"""What there is to scan: tables, messages, lines of the library's own JSON, or FHIR resources, told apart by what they hold."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from codesafety import builtin
from codesafety.batch.partition import Bad, type_of_rows
from codesafety.engine import Engine, checked_path
from codesafety.errors import InputError
from codesafety.formats.tables.disk import header_of, table_files
from codesafety.formats.tables.flat import FlatReader
from codesafety.formats.tables.omop import OmopReader
from codesafety.plugins import Source, TableReader

Kind = Literal["tables", "messages", "lines", "resources"]
LINES = (".ndjson", ".jsonl")
_MESSAGES = (".xml", ".json")
_TABLES = (".csv", ".tsv", ".parquet")
_OF_A_PATIENT = frozenset({"subject", "patient", "individual", "beneficiary"})
_DELTA_LOG = "_delta_log"
READERS = (OmopReader(), FlatReader())


@dataclass(frozen=True, slots=True)
class Found:
    """Some files that are scanned in one way."""

    kind: Kind
    name: str
    paths: tuple[Path, ...]
    reader: str = ""
    """Of tables: the name of their reader."""


def find(names: Sequence[str], engine: Engine, *, mapped: bool = False) -> tuple[list[Found], list[Bad]]:
    """Return what stands at some paths, and what below them nothing reads. `mapped`: all are tables.

    Raises InputError where nothing is there, or nothing that a scan reads.
    """
    found: list[Found] = []
    resources: list[Path] = []
    unread: list[Bad] = []
    for name in names:
        path = checked_path(name)
        files, bad = _below(path) if path.is_dir() else ([path], [])
        if any(one.parent.name == _DELTA_LOG for one in files):
            raise InputError(
                "holds a Delta table, whose log says which of its files count: NOTHING WAS CHECKED",
                source=name,
                help="write its rows as plain parquet, and give that folder",
            )
        closed = [one for one in files if not os.access(one, os.R_OK)]
        files = [one for one in files if one not in closed]
        unread += [*bad, *(Bad(_shown(one, path), None, "the file cannot be opened") for one in closed)]
        here = [Found("tables", name, (path,), FlatReader().name)] if mapped else list(_in(path, files, name, engine))
        resources += [one for each in here if each.kind == "resources" for one in each.paths]
        found += [each for each in here if each.kind != "resources"]
        if path.is_dir():
            unread += _not_taken(path, files, here)
    if resources:  # those of one patient may stand in any of the files
        found.append(Found("resources", names[0], tuple(dict.fromkeys(resources))))
    return found, unread


def _below(folder: Path) -> tuple[list[Path], list[Bad]]:
    """Return the files below a folder, and what there is none: links to folders, links to nothing, pipes, folders that do not open."""
    files: list[Path] = []
    bad: list[Bad] = []

    def refused(error: OSError) -> None:
        bad.append(Bad(_shown(Path(error.filename), folder), None, "the folder cannot be opened"))

    for where, folders, names in os.walk(folder, onerror=refused):
        here = [Path(where) / name for name in (*folders, *names)]
        files += [one for one in here if one.is_file()]
        bad += [
            Bad(_shown(one, folder), None, "a link to a folder or to nothing, or no file")
            for one in here
            if not one.is_file() and (one.is_symlink() or not one.is_dir())
        ]
    return sorted(files), sorted(bad, key=lambda one: one.file)


def _shown(file: Path, path: Path) -> str:
    return file.name if file == path else file.relative_to(path).as_posix()


def _not_taken(folder: Path, files: Iterable[Path], found: Iterable[Found]) -> Iterator[Bad]:
    """Yield the files that nothing reads. What begins with a dot or a `_` is what systems leave beside their files."""
    taken = {
        one for each in found for path in each.paths for one in (table_files(path).values() if each.kind == "tables" else [path])
    }
    for one in files:
        if one not in taken and one.name[:1] not in (".", "_"):
            yield Bad(_shown(one, folder), None, "a file that nothing reads where it stands")


def _in(path: Path, files: list[Path], name: str, engine: Engine) -> Iterator[Found]:
    resources = [one for one in files if holds_resources(one)]
    if resources:
        yield Found("resources", name, tuple(resources))
    files = [one for one in files if one not in resources]
    reader = _table_reader(path, name, engine) if any(one.suffix.lower() in _TABLES for one in files) else None
    if reader is not None:
        yield Found("tables", name, (path,), reader)
        files = [one for one in files if one.suffix.lower() not in _TABLES]
    lines = [one for one in files if one.suffix.lower() in LINES]
    if lines:
        yield Found("lines", name, tuple(lines))
    messages = [
        one for one in files if one.suffix.lower() in _MESSAGES or (one == path and one.suffix.lower() not in (*LINES, *_TABLES))
    ]
    if messages:
        yield Found("messages", name, tuple(messages))
    if not resources and len(files) and not lines and not messages and any(one.suffix.lower() in _TABLES for one in files):
        raise InputError(
            "holds no tables that a reader knows",
            source=name,
            help="give each patient's key and the code a column (`patient_id`, `code`), or a map of columns: --propose-map FILE",
        )
    if path.is_dir() and not files and not resources and reader is None:
        raise InputError("this is a folder without files: NOTHING WAS CHECKED", source=name, help="check the path")


def _table_reader(path: Path, name: str, engine: Engine) -> str | None:
    """Return the name of the reader of some tables, or None. Raises InputError where it is a plugin's: a scan reads by its own alone."""
    try:
        plugin, reader = engine.reader(Source(b"", str(path), path))
    except InputError:
        return None
    if not isinstance(reader, TableReader):
        return None
    if plugin != builtin.NAME:
        raise InputError(
            f"its tables are read by a plugin's reader, `{reader.name}`, and a scan reads by none of those",
            source=name,
            help="`codesafety check` reads them; or give a map of columns: --map FILE",
        )
    return reader.name


def holds_resources(path: Path) -> bool:
    """Return whether a file holds FHIR resources, one a line or one a row, and no bundles. It never raises."""
    if path.suffix.lower() in LINES:
        first = _first(path)
        return isinstance(first.get("resourceType"), str) and first["resourceType"] != "Bundle"
    if path.suffix.lower() == ".parquet" and (kind := type_of_rows(path)) is not None:
        columns = header_of(path)
        return "id" in columns and (kind == "Patient" or not _OF_A_PATIENT.isdisjoint(columns) or "meta" in columns)
    return False


def _first(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            for line in file:
                if line.strip():
                    found = json.loads(line)
                    return found if isinstance(found, dict) else {}
    except (OSError, ValueError, RecursionError):
        pass
    return {}


def stamp(paths: Iterable[Path]) -> list[list[Any]]:
    """Return by what it is seen that files are the same as before: names, sizes and times."""
    files = [one for path in paths for one in (sorted(path.rglob("*")) if path.is_dir() else [path]) if one.is_file()]
    return [[str(one), one.stat().st_size, one.stat().st_mtime_ns] for one in files]
