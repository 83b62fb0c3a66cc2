"""What a place of a log names: a database, a file, standard output."""

from __future__ import annotations

from pathlib import Path

from codesafety.decision_log.stores import HELP, Lines, Output, Sqlite, Store
from codesafety.errors import ConfigurationError, LogError
from codesafety.paths import refuse_endless


def open_store(place: str, *, writing: bool) -> Store:
    """Return the log at a place: `postgresql://…`, `-` (standard output), a file `*.jsonl`, or a file of SQLite."""
    if place.startswith(("postgresql://", "postgres://")):
        try:
            from codesafety.decision_log.postgres import Postgres
        except ModuleNotFoundError as error:
            if error.name != "psycopg":
                raise
            raise ConfigurationError(
                "a log in PostgreSQL needs an extra\n  = help: pip install 'codesafety[postgresql]'"
            ) from None
        return Postgres(place, writing=writing)
    if place == "-":
        return Output()
    path = Path(place)
    try:
        if path.exists():
            refuse_endless(path)
        elif not writing:
            raise LogError(place, "there is no such log", "check its place")
    except OSError as error:
        raise LogError(place, (error.strerror or "the system does not take the path").lower(), HELP) from None
    return Lines(path, writing=writing) if path.suffix == ".jsonl" else Sqlite(path, writing=writing)
