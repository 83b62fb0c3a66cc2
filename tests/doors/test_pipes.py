"""A path that is no file (a pipe that nobody writes to, say) is refused at once, wherever one may be given."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PIPE = "this is a named pipe, and no file"
RULES = """
ruleset w { title "W" version 1.0.0 language 1 review none }
valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "a-pipe")
    (tmp_path / "list.csv").write_text("code,term\n77386006,Pregnancy\n")
    (tmp_path / "message.json").write_text('{"entries": []}')
    rules = tmp_path / "a-folder"
    rules.mkdir()
    (rules / "w.rules").write_text(RULES)
    os.mkfifo(rules / "piped.rules")
    hazards = tmp_path / "a-log"
    hazards.mkdir()
    (hazards / "w.rules").write_text(RULES)
    os.mkfifo(hazards / "hazards.toml")
    return tmp_path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize(
    "words",
    [
        ["check", "a-pipe"],
        ["check", "message.json", "--record", "a-pipe"],
        ["check", "message.json", "--profile", "a-pipe"],
        ["check", "message.json", "--overrides", "a-pipe"],
        ["check", "message.json", "--release", "a-pipe"],
        ["check", "message.json", "--rules", "a-pipe"],
        ["check", "message.json", "--rules", "a-folder"],
        ["rules", "check", "a-folder"],
        ["rules", "check", "a-log"],
        ["rules", "format", "a-pipe"],
        ["rules", "freeze", "a-folder", "--release", "a-pipe"],
        ["rules", "import", "mce", "a-pipe", "-o", "new"],
        ["rules", "score", "a-pipe", "--rules", "uk.sex"],
        ["codes", "check", "a-pipe"],
        ["codes", "check", "list.csv", "--pack", "a-pipe"],
        ["terminology", "verify", "a-pipe"],
        ["terminology", "info", "a-pipe"],
        ["terminology", "lookup", "a-pipe", "77386006"],
        ["terminology", "diff", "a-pipe", "a-pipe"],
        ["terminology", "build", "a-pipe", "-o", "new.pack"],
        ["terminology", "expand", "a-pipe", "77386006"],
    ],
    ids=" ".join,
)
def test_a_pipe_that_nobody_writes_to_is_refused_at_once(folder: Path, words: list[str]) -> None:
    at = [str(folder / word) if (folder / word).exists() or word.startswith("new") else word for word in words]
    command = [sys.executable, "-m", "codesafety", *at]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert PIPE in " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
