"""Sixty published checks as rules: what they answer, how long they are, and whether the language says them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from codesafety.authoring.testing import bind_for_examples, run_examples
from codesafety.engine import frozen_terminology
from codesafety.language import format_text, parse
from codesafety.language.loader import load
from codesafety.language.parsing import syntax

PUBLISHED = Path(__file__).parent / "published"
FILES = sorted(PUBLISHED.glob("*.rules"))
TEXTS = {file: file.read_text(encoding="utf-8") for file in FILES}
DECLARATIONS = [(text, node) for file, text in TEXTS.items() for node in parse(text, str(file)).declarations]
RULES = {node.name.text: (text, node) for text, node in DECLARATIONS if isinstance(node, syntax.Rule)}
DEFINES = {
    node.name.text: text[node.condition.span.start : node.condition.span.end]
    for text, node in DECLARATIONS
    if isinstance(node, syntax.Define)
}
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (PUBLISHED / "README.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|")
][2:]


def test_every_example_is_answered_as_it_expects_by_both_evaluators_and_every_rule_has_one_of_each_outcome() -> None:
    loaded = load([PUBLISHED])
    assert {warning.code for warning in loaded.warnings} == {"CS417"}, (
        "made-up codes are all that is told: the criteria give names"
    )
    results = list(run_examples(bind_for_examples(loaded.rulesets, frozen_terminology(loaded.rulesets))))
    assert [(r.rule, r.example.name, r.expected, r.reference, r.compiled) for r in results if not r.passed] == []
    assert len(results) == 400
    outcomes: defaultdict[str, set[str]] = defaultdict(set)
    for result in results:
        outcomes[result.rule.partition("[")[0]].add(result.expected[0])
    assert dict(outcomes) == {f"trial.published/{name}": {"fires", "clear", "cannot tell"} for name in RULES}


def test_sixty_checks_stand_in_the_table_and_every_rule_is_one_of_them() -> None:
    assert len({check for check, *_ in ROWS}) == len(ROWS) == 60
    assert all(len(row) == 5 for row in ROWS)
    named = [rule for _, _, rules, *_ in ROWS for rule in re.findall(r"`([^`]+)`", rules)]
    assert sorted(named) == sorted(RULES)
    assert {row[3] == "not sayable" for row in ROWS if not row[2].startswith("`")} == {True}
    assert all(note for *_, said, note in ROWS if said != "naturally")


def test_58_of_60_can_be_said_and_53_naturally() -> None:
    assert Counter(row[3] for row in ROWS) == {"naturally": 53, "by a detour": 2, "coarsely": 3, "not sayable": 2}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_at_most_six_lines_of_logic(name: str) -> None:
    text, rule = RULES[name]
    logic = [text[p.span.start : p.span.end] for p in rule.parts if isinstance(p, syntax.When | syntax.Unless)]
    logic += [body for define, body in DEFINES.items() if any(f"{define}(" in part for part in logic)]
    assert 1 <= sum(part.count("\n") + 1 for part in logic) <= 6


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_the_files_have_the_one_layout_and_say_that_they_are_no_clinical_content(file: Path) -> None:
    assert format_text(TEXTS[file], file.name) == TEXTS[file]
    assert "no clinical content" in " ".join(TEXTS[file].partition("*/")[0].split())
