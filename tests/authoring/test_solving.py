"""What the linter says never happens does not happen, on generated rules and worlds; and what it shows happens as it says."""

from __future__ import annotations

import random

import pytest
from tests.differential.rules import RuleMaker
from tests.differential.seeded import Seeded
from tests.differential.worlds import bound, some_record, some_submission

from codesafety import ir
from codesafety.authoring.lint.logic import of_firing
from codesafety.authoring.lint.solving import FALSE, TRUE, UNKNOWN, Problem, Verdict, _all, _several, _swapped
from codesafety.authoring.testing import answer, build
from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.outcome import Status
from codesafety.evaluation.reference.run import run_reference


@pytest.mark.parametrize("seed", range(4))
def test_what_never_fires_fires_in_no_world_and_a_patient_shown_makes_both_evaluators_fire(seed: int) -> None:
    choose = Seeded(random.Random(seed))
    maker = RuleMaker(choose)
    binding = bound([maker.rule(f"r{i}") for i in range(5)], has_release=False)
    program = compile_program(binding)
    never = set()
    for rule in binding.rules:
        if rule.trigger.subject.kind is ir.Kind.TEXT:
            continue
        found = Problem(binding, [rule], program).find(of_firing(rule), confirm={0: "fires"})
        if found is Verdict.NEVER:
            never.add(rule.name)
        elif isinstance(found, ir.Example):
            given = build(found)
            run = run_reference(binding, Facts(given.submission, given.record, binding.codebook))
            assert answer(run, rule.name)[0] == "fires"
    for _ in range(20):
        facts = Facts(some_submission(choose), some_record(choose), binding.codebook)
        assert not {o.rule.name for o in program.run(facts).outcomes if o.status is Status.FIRES} & never


_ONE = {TRUE: True, FALSE: False, UNKNOWN: None}


def _kleene(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


@pytest.mark.parametrize("masks", [(a, b) for a in range(1, 8) for b in range(1, 8)])
def test_what_a_formula_may_come_to_is_what_its_parts_may_come_to(masks: tuple[int, int]) -> None:
    one, two = ([bit for bit in (TRUE, FALSE, UNKNOWN) if mask & bit] for mask in masks)
    pairs = [[_ONE[a], _ONE[b]] for a in one for b in two]
    bit = {value: key for key, value in _ONE.items()}
    both = {bit[_kleene(pair)] for pair in pairs}
    assert _all(masks) == sum(both)
    either = {bit[None if (v := _kleene([None if p is None else not p for p in pair])) is None else not v] for pair in pairs}
    assert _swapped(_all(_swapped(mask) for mask in masks)) == sum(either)
    assert _several(list(masks), 2) & sum(both) == sum(both)
