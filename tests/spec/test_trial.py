"""The acceptance trial: rules that use every construct, whose examples are the meaning of the language."""

from __future__ import annotations

from pathlib import Path

from codesafety.authoring.testing import bind_for_examples, run_examples
from codesafety.engine import frozen_terminology
from codesafety.language.loader import load

TRIAL = Path(__file__).parent / "trial"


def test_all_143_examples_of_the_trial_are_answered_as_they_expect_by_both_evaluators() -> None:
    loaded = load([TRIAL])
    results = list(run_examples(bind_for_examples(loaded.rulesets, frozen_terminology(loaded.rulesets))))
    assert [(r.rule, r.example.name, r.expected, r.reference, r.compiled) for r in results if not r.passed] == []
    assert len(results) == 143
