"""Whether the examples of the shipped rules would notice a mistake: every change and every condition that none of them notices is listed, with the reason."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache

import pytest
from tests.places import RULESETS

from codesafety import ir, load
from codesafety.authoring.coverage import coverages
from codesafety.authoring.mutating import Answer, alternatives, mutants
from codesafety.authoring.testing import Texts, alone_with, answer, bind_for_examples, build
from codesafety.engine import Engine, frozen_terminology
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.reference.run import run_reference

NOT_YET = {"uk.pregnancy", "uk.pharmacy_first"}
SHIPPED = sorted(path.parent.name for path in RULESETS.rglob("*.rules"))
CHECKED = [name for name in dict.fromkeys(SHIPPED) if name not in {*NOT_YET, "uk.codes"}]
with (RULESETS.parent / "tests" / "rulesets" / "unnoticed.csv").open(encoding="utf-8", newline="") as file:
    LISTED = [(row["rule"], row["of"], row["words"], row["because"]) for row in csv.DictReader(file)]


@cache
def shipped() -> tuple[Engine, Binding, Texts]:
    engine = load(RULESETS, RULESETS / "optional")
    return engine, bind_for_examples(engine.rulesets, frozen_terminology(engine.rulesets)), Texts(engine.sources)


def families(ruleset: str) -> dict[str, list[ir.Rule]]:
    found: dict[str, list[ir.Rule]] = {}
    for rule in shipped()[0].rules:
        if rule.ruleset == ruleset:
            found.setdefault(rule.family, []).append(rule)
    return found


def told(rule: ir.Rule, example: ir.Example) -> Answer:
    given, binding = build(example), shipped()[1]
    return answer(run_reference(alone_with(binding, rule), Facts(given.submission, given.record, binding.codebook)), rule.name)


def unnoticed_changes(rows: list[ir.Rule]) -> Iterator[str]:
    """Yield the changes of a rule that none of its examples answers otherwise; of a family, those that no row notices."""
    _, binding, texts = shipped()
    sets = alternatives(binding)
    answers = [[(one, told(row, one)) for one in row.examples] for row in rows]
    changed = [{(m.span, m.words): m.rule for m in mutants(row, binding, sets, texts)} for row in rows]
    for key in changed[0]:
        of_rows = ((of[key], plain) for of, plain in zip(changed, answers, strict=True) if key in of)
        if not any(told(mutant, one) != before for mutant, plain in of_rows for one, before in plain):
            yield key[1]


@pytest.mark.parametrize("ruleset", CHECKED)
def test_a_change_that_no_example_notices_is_listed_with_the_reason(ruleset: str) -> None:
    found = [(name, "change", words) for name, rows in families(ruleset).items() for words in unnoticed_changes(rows)]
    assert sorted(found) == sorted(one[:3] for one in LISTED if one[0].startswith(f"{ruleset}/") and one[1] == "change")


@pytest.mark.parametrize("ruleset", CHECKED)
def test_a_condition_that_is_not_shown_to_decide_alone_is_listed_with_the_reason(ruleset: str) -> None:
    _, binding, texts = shipped()
    rules = [rule for rows in families(ruleset).values() for rule in rows]
    found = [
        (one.rule, "atom", f"{atom.place} {atom.words}: {' or '.join(atom.undecided())}")
        for one in coverages(binding, rules, texts)
        for atom in one.atoms
        if not atom.decides
    ]
    assert sorted(found) == sorted(one[:3] for one in LISTED if one[0].startswith(f"{ruleset}/") and one[1] == "atom")


def test_every_reason_is_given_and_every_rule_is_one() -> None:
    assert [one for one in LISTED if not one[3].strip()] == []
    assert {one[0] for one in LISTED} <= {rule.family for rule in shipped()[0].rules}
