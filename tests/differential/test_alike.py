"""Items that are alike are asked once: not where they share an id, which counts take for one."""

from __future__ import annotations

import dataclasses
import random
from decimal import Decimal

import pytest
from tests.differential.compare import compared
from tests.differential.refinements import COMPLETE
from tests.differential.rules import RuleMaker
from tests.differential.seeded import Seeded
from tests.differential.worlds import P1, bound

from codesafety import ir
from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.outcome import Status
from codesafety.evaluation.reference.run import run_reference
from codesafety.ir import Kind, Var
from codesafety.record import Coding, Entry, Record, Submission


@pytest.mark.parametrize("ids", [("1", "1", "2"), ("2", "1", "1"), ("1", "2", "1")])
def test_two_entries_of_one_id_are_counted_once_by_both_evaluators(ids: tuple[str, ...]) -> None:
    two = ir.Quantified("at_least", Var("x", Kind.ENTRY, 2, "w/a"), None, Decimal(2), counted="items")
    any_rule = RuleMaker(Seeded(random.Random(0))).rule("r")
    trigger = ir.Trigger(Var("e", Kind.ENTRY, 0, "w/a"))
    rule = dataclasses.replace(any_rule, trigger=trigger, when=two, unless=(), valid_from=None, valid_until=None)
    binding = bound([rule])
    entries = tuple(Entry(path=f"e{i}", id=id, codings=(Coding(system="sct", code=P1),)) for i, id in enumerate(ids))
    submission, record = Submission(entries=entries), Record(complete=COMPLETE)
    facts = Facts(submission, record, binding.codebook)
    run = compile_program(binding).run(facts)
    assert compared(run, facts) == compared(run_reference(binding, Facts(submission, record, binding.codebook)), facts)
    fires = {ids[o.subject.index] for o in run.outcomes if o.status is Status.FIRES and o.subject is not None}
    assert fires == {"1"}
