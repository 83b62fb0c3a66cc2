"""Lines are appended, whole, in one chain, whoever writes; and nothing changes them without being found."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.decision_log.made import engine, key, log, message, opened, postgresql
from tests.places import ROOT

from codesafety.decision_log import DecisionLog
from codesafety.decision_log.chain import Head, head_of, sealed, verify
from codesafety.decision_log.log import read_lines, read_rows
from codesafety.errors import ConfigurationError, LogError


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as address:
        yield address


@pytest.fixture(params=["log.sqlite", "log.jsonl", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a log may stand; in PostgreSQL in a database of its own."""
    if request.param == "-":
        return "-"
    if request.param != "postgresql":
        return str(tmp_path / request.param)
    import psycopg

    address: str = request.getfixturevalue("server")
    name = f"log_{abs(hash(str(tmp_path)))}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return address.replace("/postgres?", f"/{name}?")


def test_rows_are_one_chain_that_a_later_process_goes_on_with(place: str, tmp_path: Path) -> None:
    for _ in range(2):
        kept = opened(place, key(tmp_path))
        for _ in range(3):
            kept.assess(engine(), message())
        head = kept.head
        kept.close()
    found = verify(read_lines(place))
    assert (found.rows, found.fault, found.head) == (6, None, head)
    assert [row["number"] for row in read_rows(place)] == [1, 2, 3, 4, 5, 6]


def test_threads_write_one_chain(place: str, tmp_path: Path) -> None:
    kept = opened(place, key(tmp_path))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: kept.assess(engine(), message()), range(24)))
    found = verify(read_lines(place))
    assert (found.rows, found.fault, kept.written) == (24, None, 24)


WRITERS = """
import os, sys
from tests.decision_log.made import engine, message
from codesafety.decision_log import DecisionLog
engine()
for _ in range(2):
    if not os.fork():
        break
kept = DecisionLog(sys.argv[1], sys.argv[2])
for _ in range(15):
    kept.assess(engine(), message())
try:
    while True:
        assert os.wait()[1] == 0
except ChildProcessError:
    pass
"""
"""Three processes, each with a log of its own, from what was loaded once."""


def test_processes_write_one_chain(place: str, tmp_path: Path) -> None:
    opened(place, key(tmp_path)).close()
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", WRITERS, place, str(key(tmp_path))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = verify(read_lines(place))
    assert (found.rows, found.fault) == (45, None)


def test_a_log_that_is_only_read_is_not_begun(tmp_path: Path) -> None:
    for name in ("none.sqlite", "none.jsonl"):
        with pytest.raises(LogError, match="there is no such log"):
            list(read_lines(tmp_path / name))
        assert not (tmp_path / name).exists()


def test_rows_of_sqlite_are_changed_by_no_statement(tmp_path: Path) -> None:
    log(tmp_path).assess(engine(), message())
    connection = sqlite3.connect(tmp_path / "log.sqlite")
    for statement in ("UPDATE rows SET line = ''", "DELETE FROM rows"):
        with pytest.raises(sqlite3.IntegrityError, match="rows"):
            connection.execute(statement)
    connection.close()


def test_rows_of_postgresql_are_changed_by_no_statement(server: str, tmp_path: Path) -> None:
    import psycopg

    opened(server, key(tmp_path)).assess(engine(), message())
    for statement in ("UPDATE codesafety_rows SET line = ''", "DELETE FROM codesafety_rows", "TRUNCATE codesafety_rows"):
        with psycopg.connect(server) as connection, pytest.raises(psycopg.errors.RaiseException):
            connection.execute(statement)


def test_a_connection_that_is_lost_is_made_anew(server: str, tmp_path: Path) -> None:
    import psycopg

    kept = opened(server, key(tmp_path))
    kept.assess(engine(), message())
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
        )
    before = kept.head if _raises(kept) else None
    kept.assess(engine(), message())
    assert before is None or kept.head.number == before.number + 1


def _raises(kept: DecisionLog) -> bool:
    """Lose the row, and see that it is told and that nothing of it or of the place is in the words."""
    with pytest.raises(LogError) as caught:
        kept.assess(engine(), message())
    assert str(caught.value).startswith("the log in PostgreSQL: it does not take what is asked")
    return True


def test_an_address_that_is_refused_is_not_repeated() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(LogError) as caught:
        list(read_lines("postgresql://somebody:SECRET@127.0.0.1:1/nothing"))
    assert "SECRET" not in str(caught.value) + repr(caught.value.__context__ if not caught.value.__suppress_context__ else "")


@pytest.mark.parametrize("place", ["log.sqlite", "log.jsonl", "postgresql", "-"], indirect=True)
def test_a_log_is_not_written_by_a_process_that_was_forked(place: str, tmp_path: Path) -> None:
    """Nor does it wait for a thread of the other process, which wrote when it was forked; nor end its connection."""
    kept = opened(place, key(tmp_path))
    with kept._store._lock:  # type: ignore[attr-defined]
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            try:
                kept.assess(engine(), message())
            except LogError as error:
                kept.close()
                os._exit(7 if "another process" in str(error) else 1)
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    kept.assess(engine(), message())
    assert kept.head.number == 1


# ---------------------------------------------------------------------------------- the chain

ROWS = [{"at": f"2026-03-0{n}", "kind": "decision"} for n in range(1, 6)]


def chained(rows: list[dict[str, str]] = ROWS) -> list[str]:
    lines: list[str] = []
    before = Head(0, "0" * 64)
    for row in rows:
        lines.append(sealed(row, before))
        found = head_of(lines[-1])
        assert found is not None
        before = found
    return lines


def resealed(line: str, **changed: object) -> str:
    row = {name: value for name, value in json.loads(line).items() if name not in ("number", "previous", "digest")}
    held = json.loads(line)
    return sealed({**row, **changed}, Head(held["number"] - 1, held["previous"]))


def test_a_chain_is_whole() -> None:
    found = verify(chained())
    assert (found.rows, found.fault, found.went_back) == (5, None, 0)


@pytest.mark.parametrize("at", range(5))
def test_a_row_that_is_changed_taken_out_moved_or_made_is_found(at: int) -> None:
    lines = chained()
    changed = [*lines[:at], lines[at].replace("2026", "2025"), *lines[at + 1 :]]
    assert verify(changed).fault == f"row {at + 1}: it is not as it was written"
    if at < 4:
        assert verify(lines[:at] + lines[at + 1 :]).fault == f"row {at + 1}: it says that it is row {at + 2}"
        moved = [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]
        assert verify(moved).fault == f"row {at + 1}: it says that it is row {at + 2}"
        made = [*lines[:at], resealed(lines[at], kind="override"), *lines[at + 1 :]]
        assert verify(made).fault == f"row {at + 2}: it does not follow the row before it"


def test_what_is_cut_off_or_written_anew_is_found_by_a_head_that_was_noted() -> None:
    lines = chained()
    noted = verify(lines).head
    assert verify(lines[:3]).fault is None
    assert verify(lines[:3], noted).fault == "row 5: it was noted, and the log ends with row 3"
    anew = chained([{**row, "kind": "override"} for row in ROWS])
    assert verify(anew).fault is None
    assert verify(anew, noted).fault == "row 5: it is another than the one that was noted"
    longer = [*lines, sealed({"at": "2026-03-06"}, noted)]
    assert verify(longer, noted).fault is None


def test_a_clock_that_goes_back_is_told_and_no_fault() -> None:
    found = verify(chained([ROWS[2], ROWS[0], ROWS[1]]))
    assert (found.fault, found.went_back) == (None, 1)


def test_lines_of_windows_or_of_nobody_are_no_log(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("{}\n", encoding="utf-8")
    assert verify(read_lines(tmp_path / "log.jsonl")).fault == "row 1: it is not as it was written"
    with pytest.raises(LogError, match="none that this version writes"):
        list(read_rows(tmp_path / "log.jsonl"))
    with pytest.raises(LogError, match="its last row is not as it was written"):
        log(tmp_path, "log.jsonl")
    (tmp_path / "log.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(LogError, match="it is no log"):
        log(tmp_path)


@pytest.mark.parametrize("text", ["notes", '{"submission": {}}', '{"submission": {}}\n{"submission": {}}', '[\n{"number":1'])
def test_a_file_that_is_no_log_stays_as_it_is(text: str, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(LogError):
        log(tmp_path, "log.jsonl")
    assert (tmp_path / "log.jsonl").read_text(encoding="utf-8") == text


def test_a_log_and_its_key_are_asked_for_as_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="place"):
        DecisionLog(7, key(tmp_path))  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="the key of the log cannot be read"):
        DecisionLog(tmp_path / "log.sqlite", tmp_path / "no.key")
    assert not (tmp_path / "log.sqlite").exists()
