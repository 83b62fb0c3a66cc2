"""The guides of the decision log and of setting aside are run: their commands and their programs, in a folder that has the examples alone."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.decision_log.test_log_cli import run
from tests.places import EXAMPLES, ROOT

pytest.importorskip("starlette")
CODES = {"codesafety check": 1}
"""What a command ends with, where that is not 0."""


@pytest.mark.parametrize(("guide", "commands"), [("decision-log", 6), ("setting-aside", 2)])
def test_every_command_and_program_of_the_guide_does_what_it_says(guide: str, commands: int, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "guide" / f"{guide}.md").read_text(encoding="utf-8")
    for example in (path for path in EXAMPLES.iterdir() if path.is_file()):
        shutil.copy(example, tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    ran, head = 0, ""
    blocks = re.findall(r"```(console|python)\n(.+?)```", text, re.DOTALL)
    for line in (line for kind, block in blocks if kind == "console" for line in block.splitlines()):
        words = shlex.split(line.removeprefix("$ ").replace("NUMBER:DIGEST", head))
        if words[0] != "codesafety":
            continue
        done = run(*words[1:], cwd=tmp_path)
        assert done.returncode == CODES.get(" ".join(words[:2]), 0), (line, done.stdout, done.stderr)
        head = done.stdout.rpartition("head ")[2].strip() or head
        ran += 1
    assert ran == commands
    program = "\n".join(block for kind, block in blocks if kind == "python").replace("8099", port)
    (tmp_path / "guide.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "guide.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
