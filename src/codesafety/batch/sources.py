"""What there is to scan: tables, messages, lines of the library's own JSON, or FHIR resources, told apart by what they hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from codesafety.engine import Engine, checked_path
from codesafety.errors import InputError, PluginError
from codesafety.formats.tables.disk import header_of
from codesafety.formats.tables.flat import FlatReader
from codesafety.formats.tables.omop import OmopReader
from codesafety.plugins import Source

Kind = Literal["tables", "messages", "lines", "resources"]
LINES = (".ndjson", ".jsonl")
_MESSAGES = (".xml", ".json")
_TABLES = (".csv", ".tsv", ".parquet")
_OF_A_PATIENT = frozenset({"subject", "patient", "individual", "beneficiary"})
READERS = (OmopReader(), FlatReader())


@dataclass(frozen=True, slots=True)
class Found:
    """Some files that are scanned in one way."""

    kind: Kind
    name: str
    paths: tuple[Path, ...]


def find(names: Sequence[str], engine: Engine, *, mapped: bool = False) -> list[Found]:
    """Return what stands at some paths. Raises InputError where nothing does, or nothing that a reader knows. `mapped`: all are tables."""
    found: list[Found] = []
    resources: list[Path] = []
    for name in names:
        path = checked_path(name)
        if mapped:
            found.append(Found("tables", name, (path,)))
            continue
        for one in _in(path, name, engine):
            if one.kind == "resources":
                resources += one.paths
            else:
                found.append(one)
    if resources:  # those of one patient may stand in any of the files
        found.append(Found("resources", names[0], tuple(dict.fromkeys(resources))))
    return found


def _in(path: Path, name: str, engine: Engine) -> Iterator[Found]:
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    resources = [one for one in files if holds_resources(one)]
    if resources:
        yield Found("resources", name, tuple(resources))
    files = [one for one in files if one not in resources]
    if any(one.suffix.lower() in _TABLES for one in files) and _holds_tables(path, engine):
        yield Found("tables", name, (path,))
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
    if path.is_dir() and not any(one.is_file() for one in path.rglob("*")):
        raise InputError("this is a folder without files: NOTHING WAS CHECKED", source=name, help="check the path")


def _holds_tables(path: Path, engine: Engine) -> bool:
    try:
        return engine.holds_many(Source(b"", str(path), path))
    except (InputError, PluginError):
        return False


def holds_resources(path: Path) -> bool:
    """Return whether a file holds FHIR resources, one a line or one a row, and no bundles. It never raises."""
    if path.suffix.lower() in LINES:
        first = _first(path)
        return isinstance(first.get("resourceType"), str) and first["resourceType"] != "Bundle"
    if path.suffix.lower() == ".parquet" and path.stem[:1].isupper():
        columns = header_of(path)
        return "id" in columns and (path.stem == "Patient" or not _OF_A_PATIENT.isdisjoint(columns) or "meta" in columns)
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
