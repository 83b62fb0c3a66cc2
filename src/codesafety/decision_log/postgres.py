"""A log in PostgreSQL: an optional extra (`pip install codesafety[postgresql]`), for several machines that write one chain."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

from codesafety.decision_log.chain import EMPTY, Head, head_of
from codesafety.decision_log.stores import BUSY_S, SealedBy, refuse_forked
from codesafety.errors import LogError

_NAME: Final = "the log in PostgreSQL"
"""Its place may hold a password, and is not repeated."""
_HELP: Final = "check the server, the database and what its user may do"
_AT_ONCE: Final = 1_000
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS codesafety_rows (number bigint PRIMARY KEY, line text NOT NULL);
CREATE TABLE IF NOT EXISTS codesafety_marks (mark text, number bigint, PRIMARY KEY (mark, number));
CREATE OR REPLACE FUNCTION codesafety_rows_stay() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'rows stay as they are'; END $$;
CREATE OR REPLACE TRIGGER codesafety_rows_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON codesafety_rows
    EXECUTE FUNCTION codesafety_rows_stay();
"""
_LOCK: Final = "SELECT pg_advisory_xact_lock(7021402613417283)"
"""One writer at a time, whoever it is; the number is ours and means nothing."""


class Postgres:
    """Tables in a database. A connection that is lost is made anew with the next row."""

    def __init__(self, place: str, *, writing: bool) -> None:
        self._place, self._writing, self._lock = place, writing, threading.Lock()
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._process = os.getpid()
        with self._told() as connection:
            if writing:
                there = connection.execute("SELECT to_regclass('codesafety_rows'), to_regclass('codesafety_marks')").fetchone()
                if there is None or None in there:
                    with connection.transaction():
                        connection.execute(_LOCK)
                        connection.execute(_TABLES)
            connection.execute("SELECT number FROM codesafety_rows LIMIT 1")

    def append(self, seal: SealedBy, marks: Iterable[str] = ()) -> Head:
        with self._told() as connection:
            with connection.transaction():
                connection.execute(_LOCK)
                line = seal(self._head(connection))
                head = head_of(line)
                assert head is not None
                connection.execute("INSERT INTO codesafety_rows VALUES (%s, %s)", (head.number, line))
                for mark in marks:
                    connection.execute("INSERT INTO codesafety_marks VALUES (%s, %s) ON CONFLICT DO NOTHING", (mark, head.number))
            return head

    def latest(self, mark: str) -> str | None:
        with self._told() as connection:
            found = connection.execute(
                "SELECT line FROM codesafety_marks JOIN codesafety_rows USING (number) WHERE mark = %s ORDER BY number DESC LIMIT 1",
                (mark,),
            ).fetchone()
        return None if found is None else str(found[0])

    def lines(self) -> Iterator[str]:
        last, more = 0, True
        while more:
            with self._told() as connection:
                rows = connection.execute(
                    "SELECT number, line FROM codesafety_rows WHERE number > %s ORDER BY number LIMIT %s", (last, _AT_ONCE)
                ).fetchall()
            more = bool(rows)
            for number, line in rows:
                last = int(str(number))
                yield str(line)

    def head(self) -> Head:
        with self._told() as connection:
            return self._head(connection)

    def close(self) -> None:
        if self._connection is not None and os.getpid() == self._process:  # elsewhere it would end that of who opened it
            self._connection.close()

    @staticmethod
    def _head(connection: psycopg.Connection[tuple[object, ...]]) -> Head:
        found = connection.execute("SELECT line FROM codesafety_rows ORDER BY number DESC LIMIT 1").fetchone()
        if found is None:
            return EMPTY
        head = head_of(str(found[0]))
        if head is None:
            raise LogError(
                _NAME, "its last row is not as it was written", "see what `codesafety log verify` says, and begin another log"
            )
        return head

    @contextmanager
    def _told(self) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        """Give the connection, to nobody else meanwhile. Whatever the driver says is told by its kind: its words may hold the place."""
        refuse_forked(_NAME, self._process)
        with self._lock:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = psycopg.connect(self._place, autocommit=True, connect_timeout=BUSY_S)
                    if not self._writing:
                        self._connection.read_only = True
                    self._connection.execute("SELECT set_config('lock_timeout', %s, false)", (f"{BUSY_S}s",))
                yield self._connection
            except psycopg.Error as error:
                raise LogError(_NAME, f"it does not take what is asked ({type(error).__name__})", _HELP) from None
