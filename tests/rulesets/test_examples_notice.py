"""Whether the examples of the shipped rules would notice a mistake: every change and every condition that none of them notices is listed, with the reason."""

from __future__ import annotations

import csv
from functools import cache

import pytest
from tests.places import RULESETS

from codesafety import ir, load
from codesafety.authoring.coverage import coverages
from codesafety.authoring.mutating import changes, is_noticed
from codesafety.authoring.testing import Texts, bind_for_examples
from codesafety.engine import Engine, frozen_terminology
from codesafety.evaluation.binding import Binding

CHECKED = sorted({path.parent.name for path in RULESETS.rglob("*.rules")} - {"uk.codes"})
with (RULESETS.parent / "tests" / "rulesets" / "unnoticed.csv").open(encoding="utf-8", newline="") as file:
    LISTED = [(row["in"], row["of"], row["words"], row["because"]) for row in csv.DictReader(file)]


@cache
def shipped() -> tuple[Engine, Binding, Texts]:
    engine = load(RULESETS, RULESETS / "optional")
    return engine, bind_for_examples(engine.rulesets, frozen_terminology(engine.rulesets)), Texts(engine.sources)


def rules(ruleset: str) -> list[ir.Rule]:
    return [rule for rule in shipped()[0].rules if rule.ruleset == ruleset]


def listed(ruleset: str, of: str) -> list[tuple[str, ...]]:
    return sorted(one[:3] for one in LISTED if one[0].startswith(f"{ruleset}/") and one[1] == of)


def unnoticed_changes(ruleset: str) -> list[tuple[str, ...]]:
    _, binding, texts = shipped()
    found = changes(binding, rules(ruleset), texts)
    return sorted((name, "change", one[0][1].words) for name, every in found.items() for one in every if not is_noticed(one))


def undecided_atoms(ruleset: str) -> list[tuple[str, ...]]:
    _, binding, texts = shipped()
    return sorted(
        (one.rule, "atom", f"{atom.place} {atom.words}: {' or '.join(atom.undecided())}")
        for one in coverages(binding, rules(ruleset), texts)
        for atom in one.atoms
        if not atom.decides
    )


@pytest.mark.parametrize("ruleset", CHECKED)
def test_a_change_that_no_example_notices_is_listed_with_the_reason(ruleset: str) -> None:
    assert unnoticed_changes(ruleset) == listed(ruleset, "change")


@pytest.mark.parametrize("ruleset", CHECKED)
def test_a_condition_that_is_not_shown_to_decide_alone_is_listed_with_the_reason(ruleset: str) -> None:
    assert undecided_atoms(ruleset) == listed(ruleset, "atom")


def test_every_reason_is_given() -> None:
    assert [one for one in LISTED if not one[3].strip()] == []
    assert {one[0].partition("/")[0] for one in LISTED} <= set(CHECKED)
