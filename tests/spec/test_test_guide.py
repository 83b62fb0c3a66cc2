"""The guide to testing rules: each of its commands says what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.places import ROOT
from typer.testing import CliRunner

from codesafety.cli.app import app

GUIDE = (ROOT / "docs" / "guide" / "test-rules.md").read_text(encoding="utf-8")
(RULES,) = re.findall(r"```rules\n(.+?)```", GUIDE, re.DOTALL)
COMMANDS = [
    part.partition("\n")[::2]
    for block in re.findall(r"```console\n(.+?)```", GUIDE, re.DOTALL)
    if "pytest" not in block
    for part in ("\n" + block).split("\n$ codesafety ")[1:]
]


@pytest.mark.parametrize(("command", "said"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_each_command_says_what_the_page_says(command: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my-rules").mkdir()
    (tmp_path / "my-rules" / "my.rules").write_text(RULES, "utf-8")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, command.split(), catch_exceptions=False)
    assert [line.rstrip() for line in done.output.splitlines()] == [line.rstrip() for line in said.rstrip("\n").splitlines()]
