"""`docs/guide/embed-in-an-afternoon.md` is run: its commands, and its programs as one, in a folder that has the examples alone."""

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
from tests.places import EXAMPLES, ROOT

pytest.importorskip("cryptography")
pytest.importorskip("starlette")
GUIDE = (ROOT / "docs" / "guide" / "embed-in-an-afternoon.md").read_text(encoding="utf-8")
CODES = {"codesafety check": 1}
"""What a command ends with, where that is not 0."""


def test_every_command_and_program_of_the_guide_does_what_it_says(tmp_path: Path) -> None:
    for example in (path for path in EXAMPLES.iterdir() if path.is_file()):
        shutil.copy(example, tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    commands = [line[2:] for block in re.findall(r"```console\n(.+?)```", GUIDE, re.DOTALL) for line in block.splitlines()]
    ran = 0
    for command in commands:
        words = shlex.split(command)
        if words[0] != "codesafety":
            assert command.startswith(("pip install 'codesafety[cli,signing,service]'", "node client.mjs http://"))
            continue
        done = subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == CODES.get(" ".join(words[:2]), 0), done.stderr
        ran += 1
    assert ran == 4
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    program = "\n".join(re.findall(r"```python\n(.+?)```", GUIDE, re.DOTALL)).replace("8099", port)
    spawned, rest = program.split('if __name__ == "__main__":', 1)
    inside, after = rest.split("\nimport json\n", 1)
    # As one file, what a spawned process must not do again stands below the guard, as the guide's reader would write it.
    head, workers = spawned.split("import multiprocessing\n", 1)
    body = "\n".join(f"    {line}" if line else "" for line in head.splitlines())
    tail = "\n".join(f"    {line}" if line else "" for line in ("import json\n" + after).splitlines())
    whole = f"import multiprocessing\n{workers}\nif __name__ == '__main__':\n{body}\n{inside}\n{tail}\n    print('done')\n"
    (tmp_path / "guide.py").write_text(whole, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "guide.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "done"
