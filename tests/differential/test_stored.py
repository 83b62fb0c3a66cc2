"""Rules that were stored and read back are the same rules, and answer the same."""

from __future__ import annotations

import random

from tests.differential.compare import compared
from tests.differential.rules import RuleMaker
from tests.differential.seeded import Seeded
from tests.differential.worlds import bound, some_record, some_submission

from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts
from codesafety.plain import decode, encode
from codesafety.stored import CLASSES, LATER

SEEDS = 100


def test_stored_rules_of_every_form_are_the_same_and_answer_the_same() -> None:
    fired = 0
    for seed in range(SEEDS):
        choose = Seeded(random.Random(seed))
        maker = RuleMaker(choose)
        rules = tuple(maker.rule(f"r{i}") for i in range(4))
        back = decode(encode(rules, CLASSES, LATER), CLASSES)
        assert back == rules and repr(back) == repr(rules)
        one, other = bound(rules), bound(back)
        sent, record = some_submission(choose), some_record(choose)
        runs = [
            (program.run(facts), facts)
            for b in (one, other)
            for program, facts in [(compile_program(b), Facts(sent, record, b.codebook))]
        ]
        assert compared(*runs[0]) == compared(*runs[1])
        fired += len(runs[0][0].outcomes)
    assert fired > SEEDS
