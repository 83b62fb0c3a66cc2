"""What the README shows is what happens."""

from __future__ import annotations

import re

import pytest
from tests.places import ROOT

import codesafety
from codesafety import builtin
from codesafety.cli.render import render

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = "docs/examples/pregnancy-status-update.xml"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_example_prints_what_the_readme_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")  # text is as wide as the terminal; readline tells pytest's workers 80
    shown = next(body for _, body in BLOCKS if EXAMPLE in body and body.startswith("$")).splitlines()[1:]
    engine = codesafety.load(installed_plugins=False)
    printed = iter(render(engine.assess(engine.read(EXAMPLE)), EXAMPLE, False).splitlines())
    left_out = {"", "…"}
    assert [line for line in shown if line.strip() not in left_out and line not in printed] == []


def test_the_quick_start_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    code = next(body for language, body in BLOCKS if language == "python")
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("hold partly\nhold uk.integrity/")


def test_every_shipped_ruleset_stands_in_the_readme() -> None:
    assert [p.name for p in builtin.all_rulesets() if f"| `{p.name}` |" not in README] == []


def test_every_page_that_the_readme_names_is_there() -> None:
    assert [link for link in re.findall(r"\]\(([^)]+)\)", README) if not (ROOT / link).exists()] == []
