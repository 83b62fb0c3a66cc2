"""The acceptance trials: rules that use every construct, whose examples are the meaning of the language."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesafety.authoring.testing import bind_for_examples, run_examples
from codesafety.engine import frozen_terminology
from codesafety.language.loader import load

HERE = Path(__file__).parent


@pytest.mark.parametrize(("trial", "written", "answers"), [("trial", 143, 143), ("trial2", 253, 277)])
def test_every_example_of_a_trial_is_answered_as_it_expects_by_both_evaluators(trial: str, written: int, answers: int) -> None:
    """An example of a family is asked of each of its rows."""
    loaded = load([HERE / trial])
    results = list(run_examples(bind_for_examples(loaded.rulesets, frozen_terminology(loaded.rulesets))))
    assert [(r.rule, r.example.name, r.expected, r.reference, r.compiled) for r in results if not r.passed] == []
    assert len(results) == answers
    assert sum(text.read_text("utf-8").count(' example "') for text in (HERE / trial).glob("*.rules")) == written
