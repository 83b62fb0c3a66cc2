"""The quick start leads an author to a rule that fires on a message that ships."""

from __future__ import annotations

import re
from pathlib import Path

from tests.places import EXAMPLES, ROOT
from typer.testing import CliRunner

from codesafety.cli.app import app

RULES = re.search(
    r"^```rules\n(.*?)^```$", (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


def first_rules(folder: Path, text: str | None = None) -> str:
    assert RULES is not None
    (folder / "first.rules").write_text(text or RULES[1], encoding="utf-8")
    return str(folder)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, " ".join(result.output.split())


def test_the_three_commands_of_the_quick_start(tmp_path: Path) -> None:
    folder = first_rules(tmp_path)
    assert run("rules", "check", "--strict", folder)[0] == 0
    assert run("rules", "test", folder) == (0, "3 examples of 1 rule: 3 as expected, 0 not")
    _, said = run("check", str(EXAMPLES / "pregnancy-status-update.xml"), "--rules", folder)
    assert "arrives." in said and "my.first/pregnant-arrives" in said


def test_a_wrong_word_fails_an_example(tmp_path: Path) -> None:
    assert RULES is not None
    changed = RULES[1].replace("patient.gender is female", "patient.gender is male")
    code, said = run("rules", "test", first_rules(tmp_path, changed))
    assert code == 1 and "1 as expected" in said
