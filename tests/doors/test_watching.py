"""`codesafety rules test --watch`: a change of a file is a second run, and stopping it ends as the last run did."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import NoReturn

import pytest
from tests.places import ROOT
from typer.testing import CliRunner

from codesafety.cli.app import app
from codesafety.cli.output import Finished
from codesafety.cli.watching import watching

_LONG_S = 120
"""How long anything is waited for, on a machine with much else to do; nothing is measured by it."""


class Watched:
    """The command, as it runs beside the test."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-u", "-m", "codesafety", "rules", "test", str(folder), "--watch"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._lines: Queue[str] = Queue()
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def until(self, words: str) -> list[str]:
        """Return what it says up to a line with some words."""
        said: list[str] = []
        while not said or words not in said[-1]:
            try:
                said.append(self._lines.get(timeout=_LONG_S))
            except Empty:
                pytest.fail(f"it never said {words!r}: {said}")
        return said


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    assert CliRunner().invoke(app, ["new", "ruleset", "acme", "--in", str(tmp_path)]).exit_code == 0
    return tmp_path / "acme"


@pytest.fixture
def watched(acme: Path) -> Iterator[Watched]:
    one = Watched(acme)
    yield one
    if one.process.poll() is None:
        one.process.kill()
    one.process.wait()
    one.reader.join()
    assert one.process.stdout is not None
    one.process.stdout.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there a process is not stopped by SIGINT")
def test_a_change_is_a_second_run_a_mistake_is_told_and_the_last_run_decides(acme: Path, watched: Watched) -> None:
    assert "6 examples of 1 rule: 6 as expected, 0 not" in watched.until("watching")
    file = acme / "acme.rules"
    text = file.read_text("utf-8")

    def write(changed: str) -> None:
        beside = acme.with_name("being-written")  # as an editor does: what is read is one or the other
        beside.write_text(changed, "utf-8")
        beside.replace(file)

    write(text.replace("expect clear", "expect fires"))
    said = watched.until("watching")
    assert f"changed: {file}" in said
    assert "6 examples of 1 rule: 3 as expected, 3 not" in said
    write(text.replace("when", "wehn"))
    assert any("error[CS101]" in line for line in watched.until("watching"))
    write(text)
    assert "6 examples of 1 rule: 6 as expected, 0 not" in watched.until("watching")
    watched.process.send_signal(signal.SIGINT)
    assert watched.process.wait(_LONG_S) == 0


def test_a_file_that_is_still_being_written_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the folder finds it longer, until one finds it as it was; only then it is read."""
    file = tmp_path / "acme.rules"
    file.write_text("whole", "utf-8")
    writes = iter(["", "an", "another", None, None])
    read = []

    def sleep(_: float) -> None:
        try:
            words = next(writes)
        except StopIteration:
            raise KeyboardInterrupt from None
        if words is not None:
            file.write_text(words, "utf-8")

    def once() -> NoReturn:
        read.append(file.read_text("utf-8"))
        raise Finished(1, 1)

    monkeypatch.setattr("time.sleep", sleep)
    with pytest.raises(Finished) as end:
        watching(once, [file])
    assert (read, end.value.status) == (["whole", "another"], 1)


def test_what_writes_into_the_files_is_not_watched(acme: Path) -> None:
    done = CliRunner().invoke(app, ["rules", "test", str(acme), "--mutate", "--accept", "--watch"])
    assert done.exit_code == 2
