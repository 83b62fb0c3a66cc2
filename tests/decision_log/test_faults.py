"""What was acknowledged is there, whole, whatever happens to the writer or its disk; what was not is told."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.decision_log.made import engine, key, log, message, opened
from tests.places import ROOT

from codesafety.decision_log.chain import verify
from codesafety.decision_log.log import read_lines, read_rows
from codesafety.errors import LogError

SEED = 12


FORKED = """
import os, sys
from tests.decision_log.made import engine, message
from codesafety.decision_log import DecisionLog
engine()
for _ in sys.stdin:
    number = os.fork()
    if not number:
        os.setpgid(0, 0)
        kept = DecisionLog(sys.argv[1], sys.argv[2])
        while True:
            kept.assess(engine(), message())
            os.write(1, b"%d\\n" % os.getpid())
    os.waitpid(number, 0)
    os.write(1, b"0\\n")
"""
"""A process that starts writers, one after the other, from what it has loaded once. They write who they are for each row that they were told of."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.parametrize("name", ["log.sqlite", "log.jsonl"])
def test_a_writer_that_is_killed_at_twenty_moments_loses_no_row_that_it_was_told_of(name: str, tmp_path: Path) -> None:
    place, chosen, told = str(tmp_path / name), random.Random(SEED), 0
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-u", "-c", FORKED, place, str(key(tmp_path))]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(20):
            process.stdin.write("\n")
            process.stdin.flush()
            number = int(process.stdout.readline())  # it is at work
            time.sleep(chosen.uniform(0, 0.15))
            os.kill(number, signal.SIGKILL)
            told += 1
            while int(process.stdout.readline()):
                told += 1
        process.stdin.close()
    assert process.returncode == 0
    opened(place, key(tmp_path)).assess(engine(), message())
    found = verify(read_lines(place))
    assert found.fault is None
    assert told >= 20
    assert told + 1 <= found.rows <= told + 1 + 20  # of each writer at most one was written, and not told of


def test_a_line_that_was_torn_is_cut_off_and_the_chain_goes_on(tmp_path: Path) -> None:
    log(tmp_path, "log.jsonl").assess(engine(), message())
    whole = (tmp_path / "log.jsonl").read_bytes()
    for torn in (whole[:1], whole[: len(whole) // 2], whole[:-1]):
        (tmp_path / "log.jsonl").write_bytes(whole + torn)
        assert verify(read_lines(tmp_path / "log.jsonl")).rows == 1
        log(tmp_path, "log.jsonl").assess(engine(), message())
        found = verify(read_lines(tmp_path / "log.jsonl"))
        assert (found.rows, found.fault) == (2, None)


FILLED = """
import resource, signal, sys
from tests.decision_log.made import engine, message
from codesafety.decision_log import DecisionLog
from codesafety.errors import LogError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
kept = DecisionLog(sys.argv[1], sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
refused = 0
for _ in range(200):
    try:
        kept.assess(engine(), message())
    except LogError as error:
        assert "77386006" not in str(error)
        refused += 1
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
kept.assess(engine(), message())
print(kept.written, refused)
"""


@pytest.mark.parametrize("name", ["log.sqlite", "log.jsonl"])
def test_a_disk_that_is_full_tears_no_row_and_what_it_does_not_take_is_told(name: str, tmp_path: Path) -> None:
    """The system takes no more than 100,000 bytes of a file, which is as a full disk is, and then more."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", FILLED, str(tmp_path / name), str(key(tmp_path))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written, refused = map(int, done.stdout.split())
    assert written > 3
    assert refused > 50
    found = verify(read_lines(tmp_path / name))
    assert (found.rows, found.fault) == (written, None)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_standard_output_that_takes_no_more_is_told(tmp_path: Path) -> None:
    script = (
        "import sys; from tests.decision_log.made import engine, message; from codesafety.decision_log import DecisionLog\n"
        "from codesafety.errors import LogError\n"
        "try: DecisionLog('-', sys.argv[1]).assess(engine(), message())\n"
        "except LogError as error: print(error, file=sys.stderr)\n"
        "import os; os._exit(0)"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", script, str(key(tmp_path))]
        done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.stderr.startswith("standard output: no space left on device\n")


@pytest.mark.parametrize("name", ["log.sqlite", "log.jsonl"])
def test_a_folder_that_may_not_be_written_is_told(name: str, tmp_path: Path) -> None:
    """To root nothing is forbidden, so what asks is a process of nobody's."""
    folder, secret = tmp_path / "folder", key(tmp_path)
    folder.mkdir(mode=0o555)
    script = (
        "import fcntl, os, sys\n"  # nobody may not be allowed to read where Python is
        "from codesafety.errors import LogError; from codesafety.decision_log.places import open_store\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "try: open_store(sys.argv[1], writing=True)\n"
        "except LogError as error: print(error.reason)"
    )
    for parent in [tmp_path, *tmp_path.parents][:3]:
        if parent.owner() == tmp_path.owner() and parent != Path("/tmp"):
            parent.chmod(0o755)
    assert secret.exists()
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder / name)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert done.stdout in ("it cannot be opened\n", "permission denied\n"), done.stderr


def test_a_clock_that_jumps_back_changes_no_order_and_is_told(tmp_path: Path) -> None:
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    times = iter([now, now - timedelta(days=400), now + timedelta(seconds=1)])
    kept = opened(tmp_path / "log.sqlite", key(tmp_path), clock=lambda: next(times))
    for _ in range(3):
        kept.assess(engine(), message())
    found = verify(read_lines(tmp_path / "log.sqlite"))
    assert (found.rows, found.fault, found.went_back) == (3, None, 1)
    assert [row["at"][:10] for row in read_rows(tmp_path / "log.sqlite")] == ["2026-03-04", "2025-01-28", "2026-03-04"]


def test_what_the_log_does_not_take_is_not_answered(tmp_path: Path) -> None:
    kept, made, sent = log(tmp_path, "log.jsonl"), engine(), message()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(LogError, match="the disk is full"):
            kept.assess(made, sent)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert (kept.written, list(read_lines(tmp_path / "log.jsonl"))) == (0, [])
