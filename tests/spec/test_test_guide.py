"""The guides to testing rules, to the linter and to asking why: each of their commands says what the page says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from tests.places import ROOT
from typer.testing import CliRunner

from codesafety.cli.app import app

GUIDES = {name: (ROOT / "docs" / "guide" / f"{name}.md").read_text(encoding="utf-8") for name in ("test-rules", "lint", "why")}
RULES, LINTED = (re.findall(r"```rules\n(.+?)```", GUIDES[name], re.DOTALL)[0] for name in ("test-rules", "lint"))
COMMANDS = [
    part.partition("\n")[::2]
    for guide in GUIDES.values()
    for block in re.findall(r"```console\n(.+?)```", guide, re.DOTALL)
    if "pytest" not in block and "--format github" not in block
    for part in ("\n" + block).split("\n$ codesafety ")[1:]
]


def plain(text: str) -> str:
    """Return a text without its lines, which are as long as the screen is wide, and with no version: rulesets that ship have newer ones."""
    return re.sub(r"\d+\.\d+\.\d+", "VERSION", " ".join(text.split()))


@pytest.mark.parametrize(("command", "said"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_each_command_says_what_the_page_says(command: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my-rules").mkdir()
    (tmp_path / "my-rules" / "my.rules").write_text(RULES, "utf-8")
    (tmp_path / "my.pregnancy").mkdir()
    (tmp_path / "my.pregnancy" / "pregnancy.rules").write_text(LINTED, "utf-8")
    shutil.copy(ROOT / "docs" / "examples" / "pregnancy-status-update.xml", tmp_path / "message.xml")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, command.split(), catch_exceptions=False)
    assert plain(done.output) == plain(said)
