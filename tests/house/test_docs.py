"""What the pages name exists."""

from __future__ import annotations

import re

import pytest
from tests.places import ROOT

import codesafety
from codesafety import builtin

PAGES = sorted(p for p in (*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")) if "adr" not in p.parts)
RULE = re.compile(r"\b(uk\.[a-z_]+)/([a-z0-9-]+)\b(?:\[[a-z0-9-]+\])?")


@pytest.fixture(scope="module")
def names() -> set[str]:
    engine = codesafety.load(*builtin.all_rulesets(), installed_plugins=False)
    return {rule.name for rule in engine.rules} | set(engine.binding.families) | set(engine.binding.sets)


def test_every_shipped_rule_and_value_set_that_a_page_names_exists(names: set[str]) -> None:
    named = {(page.relative_to(ROOT).as_posix(), found[0]) for page in PAGES for found in RULE.finditer(page.read_text("utf-8"))}
    assert len(named) > 10
    assert sorted((page, name) for page, name in named if name not in names) == []
