"""The page on plugins: every hook is on it, and every line of its table of failures is a test."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest
from tests.places import ROOT

from codesafety.plugins import hookspecs

PAGE = (ROOT / "docs" / "reference" / "plugins.md").read_text(encoding="utf-8")
FAILURES = re.findall(r"^\| .+ \| .+ \| `(\w+\.py)::(\w+)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", [n for n in dir(hookspecs) if n.startswith("codesafety_")])
def test_every_hook_is_documented(name: str) -> None:
    assert inspect.getdoc(getattr(hookspecs, name)), f"{name} has no docstring"
    assert name in PAGE, f"{name} is not in docs/reference/plugins.md"


def test_every_line_of_the_table_of_failures_names_a_test() -> None:
    rows = PAGE.partition("## When a plugin fails")[2].partition("\n\nA plugin is code")[0].splitlines()
    assert len(FAILURES) == sum(row.startswith("| ") for row in rows) - 1 > 20
    for file, test in FAILURES:
        tree = ast.parse((Path(__file__).parent / file).read_text(encoding="utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{file} has no {test}"
