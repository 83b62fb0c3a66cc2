"""Every code is explained from the page that the tests run: nothing is written twice, and nothing is left out."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from subprocess import run
from sys import executable

import pytest
from tests.language.error_page import sections
from tests.places import ROOT
from typer.testing import CliRunner, Result

from codesafety.authoring.explaining import explain, explanations
from codesafety.cli.app import app


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", *arguments], catch_exceptions=False)


def test_every_code_that_the_library_tells_is_explained_in_full() -> None:
    told = {
        code for file in (ROOT / "src").rglob("*.py") for code in re.findall(r'^\s*(?:[a-z_.]+\(\s*)?"(CS\d{3})"', file.read_text("utf-8"), re.MULTILINE)
    }  # fmt: skip
    assert len(told) > 60
    assert told <= set(explanations())
    for one in explanations().values():
        assert one.title and one.wrong and one.remedy and one.right, one.code


def test_what_is_said_is_what_the_page_says() -> None:
    pages = [(ROOT / "docs" / "reference" / f"{name}.md").read_text("utf-8") for name in ("errors", "lint")]
    every = {section.code: section for page in pages for section in sections(page)}
    assert set(every) == set(explanations())
    for code, section in every.items():
        assert section.shown is None or section.shown in explanations()[code].said


@pytest.mark.parametrize("code", ["CS110", "cs110", "110", " CS110 "])
def test_one_code_is_told_whole(code: str) -> None:
    done = asked(code)
    assert done.exit_code == 0
    assert done.stdout.startswith("CS110: `and` beside `or` without brackets\n")
    for part in ("Wrong:", "What is told:\n    error[CS110]:", "Remedy: ", "Right:"):
        assert part in done.stdout
    assert json.loads(asked(code, "--format", "json").stdout)["address"] == "docs/reference/errors.md, CS110"


def test_without_a_code_every_one_is_listed() -> None:
    listed = asked().stdout.splitlines()
    assert len(listed) == len(explanations())
    assert "CS430  a rule that never fires" in listed


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("CS11O", "did you mean `CS110`"),
        ("hazard", "`CS402` (no hazard)"),
        ("xyzzy", "`codesafety explain` lists them"),
        ("acme/no-hold", "is a team's own check"),
    ],
)
def test_an_unknown_code_suggests_what_may_be_meant(code: str, words: str) -> None:
    done = asked(code)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert explain(code) is None


def test_an_installed_library_has_the_pages(tmp_path: Path) -> None:
    run([executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.iterdir()
    held = zipfile.ZipFile(wheel).namelist()
    assert {"codesafety/_reference/errors.md", "codesafety/_reference/lint.md"} <= set(held)
