"""Where lines are kept: SQLite, a file of JSON lines, standard output. PostgreSQL is in `postgres.py`.

A line that `append` has returned for is on the disk, whole; one for which it raises LogError is not in the log.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Protocol, runtime_checkable
from urllib.parse import quote

from codesafety.decision_log.chain import BEGINS, EMPTY, Head, head_of
from codesafety.errors import LogError

_log = logging.getLogger("codesafety.decision_log")
SealedBy = Callable[[Head], str]
"""Makes a line that follows a head."""
BUSY_S: Final = 10
"""How long another process may hold a log."""
_AT_ONCE: Final = 1_000
_TAIL: Final = 1 << 20
HELP: Final = "check the place, its permissions and its free space"


class Store(Protocol):
    """What keeps lines. Safe to share between threads; processes open their own."""

    def append(self, seal: SealedBy, marks: Iterable[str] = ()) -> Head: ...

    def lines(self) -> Iterator[str]: ...

    def head(self) -> Head: ...

    def close(self) -> None: ...


@runtime_checkable
class Finder(Store, Protocol):
    """A store in which lines are found again by what they are marked with."""

    def latest(self, mark: str) -> str | None:
        """Return the last line that bears a mark."""


# ------------------------------------------------------------------------------------------------ SQLite

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY, line TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS marks (mark TEXT, number INTEGER, PRIMARY KEY (mark, number)) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS rows_stay BEFORE UPDATE ON rows BEGIN SELECT RAISE(ABORT, 'rows stay as they are'); END;
CREATE TRIGGER IF NOT EXISTS rows_are_kept BEFORE DELETE ON rows BEGIN SELECT RAISE(ABORT, 'rows are kept'); END;
"""
_REASONS: Final = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it may not be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_BUSY: f"another process held it for {BUSY_S} s",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is no log",
    sqlite3.SQLITE_IOERR: "the disk does not take it, or it is full",
}


class Sqlite:
    """A file of SQLite with a write-ahead log, synchronous to the disk."""

    def __init__(self, path: Path, *, writing: bool) -> None:
        self._path, self._lock, self._process = str(path), threading.Lock(), os.getpid()
        with self._told():
            if writing:
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            mode = "rw" if writing else "ro"
            self._connection = connection = sqlite3.connect(
                f"file:{quote(str(path.absolute()))}?mode={mode}",
                uri=True,
                timeout=BUSY_S,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                if writing:
                    connection.execute("PRAGMA journal_mode=WAL")
                    connection.execute("PRAGMA synchronous=FULL")
                    connection.executescript(_TABLES)
                connection.execute("SELECT number FROM rows LIMIT 1")
            except BaseException:
                connection.close()
                raise

    def append(self, seal: SealedBy, marks: Iterable[str] = ()) -> Head:
        with self._told(), self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                line = seal(self._head())
                head = _whole(line)
                self._connection.execute("INSERT INTO rows VALUES (?, ?)", (head.number, line))
                self._connection.executemany("INSERT OR IGNORE INTO marks VALUES (?, ?)", [(mark, head.number) for mark in marks])
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            return head

    def latest(self, mark: str) -> str | None:
        wanted = "SELECT line FROM marks JOIN rows USING (number) WHERE mark = ? ORDER BY number DESC LIMIT 1"
        with self._told(), self._lock:
            found = self._connection.execute(wanted, (mark,)).fetchone()
        return None if found is None else str(found[0])

    def lines(self) -> Iterator[str]:
        last, rows = 0, [(0, "")]
        while rows:
            with self._told(), self._lock:
                rows = self._connection.execute(
                    "SELECT number, line FROM rows WHERE number > ? ORDER BY number LIMIT ?", (last, _AT_ONCE)
                ).fetchall()
            for number, line in rows:
                last = number
                yield line

    def head(self) -> Head:
        with self._told(), self._lock:
            return self._head()

    def close(self) -> None:
        self._connection.close()

    def _head(self) -> Head:
        found = self._connection.execute("SELECT line FROM rows ORDER BY number DESC LIMIT 1").fetchone()
        return EMPTY if found is None else _last(self._path, found[0])

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what SQLite says in our words, which hold nothing of a row."""
        refuse_forked(self._path, self._process)
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            raise LogError(self._path, _REASONS.get(code, f"SQLite says {type(error).__name__}"), HELP) from None
        except OSError as error:
            raise LogError(self._path, (error.strerror or "an error of the system").lower(), HELP) from None


# ------------------------------------------------------------------------------------------------ JSON lines


class Lines:
    """A file of JSON lines, to which several processes may write. What a process that was ended left of a line is cut off."""

    def __init__(self, path: Path, *, writing: bool) -> None:
        self._path, self._lock, self._process = path, threading.Lock(), os.getpid()
        self._file: IO[bytes] | None = None
        self._known: tuple[int, Head] | None = None
        with self._told():
            if writing:
                import fcntl  # noqa: F401  not on Windows, where a log is a file of SQLite

                self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "rb", buffering=0)
                try:
                    with self._alone() as descriptor:
                        self._whole_head(descriptor)
                except BaseException:
                    self._file.close()
                    raise

    def append(self, seal: SealedBy, marks: Iterable[str] = ()) -> Head:
        with self._told(), self._lock, self._alone() as descriptor:
            size, before = self._whole_head(descriptor)
            line = seal(before)
            raw = f"{line}\n".encode()
            try:
                if os.write(descriptor, raw) != len(raw):
                    raise OSError(0, "the disk is full")
                os.fsync(descriptor)
            except BaseException:
                os.ftruncate(descriptor, size)
                raise
            head = _whole(line)
            self._known = size + len(raw), head
            return head

    def lines(self) -> Iterator[str]:
        with self._told(), self._path.open("rb") as file:
            for raw in file:
                if raw.endswith(b"\n"):
                    yield raw[:-1].decode("utf-8", "replace")
                else:
                    _log.warning(
                        "%s: what stands after its last whole row is not read: a writer was stopped, or writes", self._path
                    )

    def head(self) -> Head:
        with self._told(), self._lock, self._alone() as descriptor:
            return self._whole_head(descriptor)[1]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _whole_head(self, descriptor: int) -> tuple[int, Head]:
        """Return the size and the head, having cut off what is no whole row: nobody was told that it is there. Raises LogError, with the
        file as it was, where something else stands there."""
        size = os.fstat(descriptor).st_size
        if self._known is not None and self._known[0] == size:
            return self._known
        tail = os.pread(descriptor, _TAIL, max(0, size - _TAIL))
        end = tail.rfind(b"\n") + 1
        if size > len(tail) and not end:
            raise LogError(str(self._path), "its last row has no end", "see what `codesafety log verify` says")
        last = tail[:end].rstrip(b"\n").rpartition(b"\n")[2].decode("utf-8", "replace")
        head = _last(str(self._path), last) if last else EMPTY
        if torn := tail[end:]:
            if torn[: len(BEGINS)] != BEGINS[: len(torn)]:
                raise LogError(str(self._path), "what it ends with is no row", "name another file: this is no log")
            size -= len(torn)
            os.ftruncate(descriptor, size)
        self._known = size, head
        return self._known

    @contextmanager
    def _alone(self) -> Iterator[int]:
        import fcntl

        assert self._file is not None
        descriptor = self._file.fileno()
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            yield descriptor
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)

    @contextmanager
    def _told(self) -> Iterator[None]:
        refuse_forked(str(self._path), self._process)
        try:
            yield
        except ModuleNotFoundError:
            raise LogError(str(self._path), "this system locks no files", "name a file of SQLite: decisions.sqlite") from None
        except OSError as error:
            raise LogError(str(self._path), (error.strerror or "an error of the system").lower(), HELP) from None


class Output:
    """Standard output: for whatever collects it. Its chain begins anew with each process."""

    def __init__(self) -> None:
        self._head, self._lock, self._process = EMPTY, threading.Lock(), os.getpid()

    def append(self, seal: SealedBy, marks: Iterable[str] = ()) -> Head:
        refuse_forked("standard output", self._process)
        with self._lock:
            line = seal(self._head)
            try:
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
            except (OSError, ValueError) as error:
                reason = (error.strerror if isinstance(error, OSError) else None) or "it is closed"
                raise LogError("standard output", reason.lower(), "check what collects it") from None
            self._head = _whole(line)
            return self._head

    def lines(self) -> Iterator[str]:
        raise LogError("standard output", "what was written there is not kept here", "name the file in which it was collected")

    def head(self) -> Head:
        return self._head

    def close(self) -> None:
        pass


def _whole(line: str) -> Head:
    head = head_of(line)
    assert head is not None
    return head


def _last(place: str, line: str) -> Head:
    head = head_of(line)
    if head is None:
        raise LogError(
            place, "its last row is not as it was written", "see what `codesafety log verify` says, and begin another log"
        )
    return head


def refuse_forked(place: str, process: int) -> None:
    """Raise LogError in another process than the one that opened a log. Ask before any lock: a thread that is not here may hold it."""
    if os.getpid() != process:
        raise LogError(place, "it was opened by another process", "open it in each process, after the fork")
