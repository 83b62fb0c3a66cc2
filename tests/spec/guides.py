"""Guides whose console blocks are run: each command says what the page says.

`python -m tests.spec.guides` writes into the pages what the commands say today; digests and sizes, which change with every release, are
left out. A ```rules fence that names a file is that file.
"""

from __future__ import annotations

import re
import shutil
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.places import ROOT
from typer.testing import CliRunner

from codesafety.cli.app import app

FOLDER = ROOT / "docs" / "guide"
GUIDES = ("diff", "picture", "review", "tutorial")
_BLOCK = re.compile(r"(?<=```console\n)(.+?)(?=^```$)", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"^```\w+ (\S+)\n(.+?)^```$", re.MULTILINE | re.DOTALL)
_CHANGING = re.compile(r"(?<=ruleset, )[0-9a-f]{8}$|\b[0-9a-f]{64}\b|[\d,]+(?= bytes)", re.MULTILINE)
_COMMAND = re.compile(r"^\$ codesafety (.+)$", re.MULTILINE)


def page(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text("utf-8")


def place(name: str, folder: Path) -> None:
    """Write the files of a guide into a folder, and the messages that ship beside them."""
    for file, text in _FILE.findall(page(name)):
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "messages").mkdir()
    for message in ("pregnancy-status-update.xml", "contraception-ok.xml"):
        shutil.copy(ROOT / "docs" / "examples" / message, folder / "messages" / message)


def run(command: str) -> str:
    words = [word.strip("'\"") for word in re.findall(r"'[^']*'|\"[^\"]*\"|\S+", command.partition("  #")[0])]
    return _CHANGING.sub(
        "…", CliRunner().invoke(app, words, env={"COLUMNS": "100", "NO_COLOR": "1"}, catch_exceptions=False).output
    )


def rewritten(name: str) -> str:
    """Return a guide as its commands answer today, run one after the other in one folder."""
    with TemporaryDirectory() as folder, chdir(folder):
        place(name, Path(folder))

        def answered(block: re.Match[str]) -> str:
            commands = _COMMAND.findall(block[0])
            return "".join(f"$ codesafety {command}\n{run(command)}" for command in commands)

        return _BLOCK.sub(answered, page(name))


if __name__ == "__main__":
    for one in GUIDES:
        text = rewritten(one)
        (FOLDER / f"{one}.md").write_text(text, "utf-8")
