"""The long run of the two evaluators: so many pairs of a generated rule and a generated world, and what the generator reached.

`nox -s pairs -- --pairs 1000000`
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from tests.differential.compare import compared
from tests.differential.coverage import places, possible, table
from tests.differential.rules import RuleMaker
from tests.differential.seeded import Seeded
from tests.differential.worlds import bound, some_record, some_submission

from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.reference.run import run_reference

_RULES: Final = 10
_WORLDS: Final = 10
_SEEDS: Final = 50
"""Seeds of one piece of work: 5,000 pairs."""


def asked(first: int, seeds: int = _SEEDS) -> tuple[Counter[str], Counter[str], list[str]]:
    """Return, of so many seeds, the answers by status, the constructs reached, and what the evaluators disagreed on."""
    answers, reached, wrong = Counter[str](), Counter[str](), []
    for seed in range(first, first + seeds):
        choose = Seeded(random.Random(seed))
        maker = RuleMaker(choose)
        rules = [maker.rule(f"r{i}") for i in range(_RULES)]
        for rule in rules:
            reached.update(places(rule))
        binding = bound(rules, has_release=choose.pick((True, False)))
        program = compile_program(binding)
        for world in range(_WORLDS):
            submission, record = some_submission(choose), some_record(choose)
            facts = Facts(submission, record, binding.codebook)
            fast, slow = program.run(facts), run_reference(binding, Facts(submission, record, binding.codebook))
            if compared(fast, facts) != compared(slow, facts):
                wrong.append(f"seed {seed}, world {world}")
            answers.update(outcome.status.value for outcome in fast.outcomes)
            answers["told as missing"] += sum(bool(outcome.missing) for outcome in fast.outcomes)
    return answers, reached, wrong


def main() -> int:
    """Run, and print the figures. Return 1 where the evaluators disagree; what a short run does not reach is named."""
    parser = argparse.ArgumentParser(prog="pairs", description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000, help="pairs of a rule and a world (100000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="processes at once (one a core)")
    given = parser.parse_args()
    piece = _SEEDS * _RULES * _WORLDS
    firsts = [given.seed + n * _SEEDS for n in range(-(-given.pairs // piece))]
    answers, reached, wrong, started = Counter[str](), Counter[str](), list[str](), time.monotonic()
    with ProcessPoolExecutor(given.processes) as pool:
        for done, (some_answers, some_reached, some_wrong) in enumerate(pool.map(asked, firsts), 1):
            answers += some_answers
            reached += some_reached
            wrong += some_wrong
            seconds = time.monotonic() - started
            print(f"\r{done * piece:,} pairs, {len(wrong)} disagreements, {seconds:.0f} s", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(table(reached))
    never = [one for one in possible() if not reached[one]]
    print(
        f"\n{len(firsts) * piece:,} pairs, seeds {given.seed} to {firsts[-1] + _SEEDS - 1}: {len(wrong)} disagreements {wrong[:20]}"
    )
    print(", ".join(f"{what} {n:,}" for what, n in answers.most_common()))
    print(f"constructs in their places: {sum(1 for _ in possible()) - len(never)} reached, {len(never)} not: {never}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
