"""Measure what one more item costs, and what a report costs beside what rules answer: `python -m tests.benchmarks.growth_benchmark`.

Run it from the project's root. Prints, for the shipped rules: how much longer four times as many items take, of made messages that cost
most for their size; and, for the shipped examples and the published messages beside the project where they are, a report to what the
rules answer, and its JSON to the report. CPU time, with the least and the most of the rounds. `--rounds N`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

from tests.benchmarks import worst_cases as made
from tests.benchmarks.worst_cases import message
from tests.places import EXAMPLES, SHARED

from codesafety import Engine, Submission, load
from codesafety.evaluation.facts import Facts

MESSAGES = (
    EXAMPLES / "contraception-ok.xml",
    EXAMPLES / "pregnancy-status-update.xml",
    SHARED / "fhir/update-record-stu3/pharmacy-first-service--example-1.xml",
    SHARED / "fhir/gp-record-stu3/gp2gp-TC7-9465701262_Meyers_full_20210602.json",
)


def grown(engine: Engine) -> dict[str, tuple[Submission, Submission]]:
    """Return messages, each with one of four times as many items."""
    products = tuple(sorted(engine.terminology._products))[:200]  # type: ignore[attr-defined]

    def both(one: int, make: Callable[[int], Submission]) -> tuple[Submission, Submission]:
        return make(one), make(4 * one)

    return {
        "60, 240 issues of one medicine": both(60, lambda n: message(made.issues(n))),
        "500, 2,000 entries of one code": both(500, lambda n: message(made.entries(n))),
        "250, 1,000 pregnancies, one a day": both(250, lambda n: message(made.entries(n, of=made.PREGNANT))),
        "75, 300 of one product, one day": both(75, lambda n: message(made.issues(n, every=0))),
        "record of 2,500, 10,000 entries": both(2_500, lambda n: message(made.entries_of_codes(n, n // 10))),
        "record of 750, 3,000 medicines": both(750, lambda n: message(made.issues(n, products=products))),
    }


def answered(engine: Engine, submission: Submission) -> object:
    return engine.program.run(Facts(submission, None, engine.binding.codebook))


def assessed(engine: Engine, submission: Submission) -> object:
    return engine.assess(submission)


def dumped(engine: Engine, submission: Submission) -> object:
    return engine.assess(submission).model_dump_json()


def seconds(asked: Callable[[Engine, Submission], object], engine: Engine, submission: Submission, times: int = 1) -> float:
    started = time.process_time()
    for _ in range(times):
        asked(engine, submission)
    return (time.process_time() - started) / times


def said(ratios: list[float]) -> str:
    return f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    rounds = range(options.parse_args().rounds)
    engine = load()
    print(f"{'four times the items take so many times as long':50}{'rules':>20}{'a report':>20}{'s, of the longer':>20}")
    for name, (one, four) in grown(engine).items():
        columns = []
        for asked in (answered, assessed):
            asked(engine, four)
            times = [(seconds(asked, engine, one), seconds(asked, engine, four)) for _ in rounds]
            columns.append((said([b / a for a, b in times]), median(b for _, b in times)))
        print(f"{name:50}" + "".join(f"{ratios:>20}" for ratios, _ in columns) + f"{columns[-1][1]:>20.2f}")
    print(f"{'message':50}{'report / rules':>20}{'+ JSON / report':>20}{'ms a report':>20}")
    for path in MESSAGES:
        if not path.exists():
            print(f"{path.name[:48]:50}{'is not there':>20}")
            continue
        submission = engine.read(path)
        n = len(submission.entries) + len(submission.medications)
        assessed(engine, submission)
        each = [[seconds(asked, engine, submission, max(1, 100 // n)) for asked in (answered, assessed, dumped)] for _ in rounds]
        report = median(b for _, b, _ in each) * 1e3
        print(f"{path.name[:48]:50}{said([b / a for a, b, _ in each]):>20}{said([c / b for _, b, c in each]):>20}{report:>20.2f}")


if __name__ == "__main__":
    main()
