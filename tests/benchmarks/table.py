"""Every row that `docs/performance.md` keeps, as ratios of one run: `python -m tests.benchmarks.table`, which `nox -s bench` runs first.

Run it from the project's root. A ratio is of one round, in which what is compared took turns; printed are the median, the least and the
most, and what is aimed at. Engines that somebody could take instead are asked where they are installed. `--rounds N`, `--records N`,
`--only WORDS` of a row's name.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.benchmarks import growth_benchmark, peers, reading_benchmark, rules_benchmark, sets_benchmark, start_benchmark
from tests.benchmarks import worst_cases as made
from tests.benchmarks.growth_benchmark import answered, assessed, seconds
from tests.benchmarks.rules_benchmark import ASSESSED, HAND, INDEX, MODELS, OURS
from tests.benchmarks.workload import Workload, ruleset_of, workload

import codesafety
from codesafety import Engine, Submission


class Row(NamedTuple):
    """`aim`: the most that it should come to; None: nothing is aimed at."""

    name: str
    ratios: list[float]
    aim: float | None = None

    def __str__(self) -> str:
        spread = f"({min(self.ratios):.2f} to {max(self.ratios):.2f})"
        aim = "" if self.aim is None else f"{self.aim:g}"
        return f"{self.name:76}{median(self.ratios):8.2f}  {spread:22}{aim:>6}"


def _over(ones: list[float], others: list[float]) -> list[float]:
    return [one / other for one, other in zip(ones, others, strict=True)]


def reading(engine: Engine, rounds: int) -> Iterator[Row]:
    for name, (data, is_record) in reading_benchmark.sources().items():
        read = engine.read_record if is_record else engine.read
        bare, ours = reading_benchmark.turns([reading_benchmark.bare(data), lambda read=read, data=data: read(data)], rounds)  # type: ignore[misc]
        parser = "expat" if data.lstrip().startswith(b"<") else "json.loads"
        yield Row(f"read {name[:48]}, {len(data) // 1000} kB / {parser}", _over(ours, bare), 10)


def rules(rounds: int, records: int) -> Iterator[Row]:
    for n in (10, 100, 1000):
        of = workload(n, records)
        took = rules_benchmark.measure(of, rounds, records).rounds
        yield Row(f"rules / by hand with age windows, {n} rules", _over(took[OURS], took[HAND]), 2)
        yield Row(f"rules / by hand, {n} rules", _over(took[OURS], took[INDEX]))
        yield Row(f"rules / by hand with age windows from the same models, {n} rules", _over(took[OURS], took[MODELS]))
        yield Row(f"a report / rules, nothing found, {n} rules", _over(took[ASSESSED], took[OURS]), 1.5)
        yield Row(
            f"JSON of a report / making all of that report, {n} rules",
            _over(took["JSON of a report"], took["ours, a report all asked for"]),
            1,
        )
        yield from instead(of, rounds)


def instead(of: Workload, rounds: int) -> Iterator[Row]:
    """Yield what engines take that somebody could take instead, over ours in the same round. They must find the same."""
    oracle = rules_benchmark.naive(of.rules)
    expected = [sorted(oracle(patient)) for patient in of.patients]
    checks, absent = peers.checks(of.rules)
    engine = rules_benchmark.engine_of(ruleset_of(of.rules))
    contestants: dict[str, Callable[[], object]] = {"": lambda: [answered(engine, one) for one in of.submissions]}
    for name, check in checks.items():
        assert [sorted(found) for found in check(of.patients)] == expected, f"{name} finds something else than the oracle"
        contestants[name] = lambda check=check: check(of.patients)  # type: ignore[misc]
    ours, *others = reading_benchmark.turns([*contestants.values()], rounds)
    for name, times in zip(checks, others, strict=True):
        yield Row(f"{name} / rules, {len(of.rules)} rules", _over(times, ours))
    for name, why in absent.items():
        print(f"{name} is left out: {why}")


def reports(engine: Engine, rounds: int) -> Iterator[Row]:
    for path in growth_benchmark.MESSAGES:
        if not path.exists():
            print(f"a report / rules, {path.name}: left out, it is not there")
            continue
        submission = engine.read(path)
        times = max(1, 100 // (len(submission.entries) + len(submission.medications)))
        asked = (answered, assessed, growth_benchmark.dumped)
        assessed(engine, submission)
        each = [[seconds(one, engine, submission, times) for one in asked] for _ in range(rounds)]
        yield Row(f"a report / rules, {path.name[:48]}", [report / ran for ran, report, _ in each], 2.5)
        yield Row(
            f"making all of that report and its JSON / the report, {path.name[:22]}", [d / report - 1 for _, report, d in each], 1
        )


def growth(engine: Engine, rounds: int) -> Iterator[Row]:
    for name, (one, four) in growth_benchmark.grown(engine).items():
        for what, asked in (("rules", answered), ("a report", assessed)):
            yield Row(f"four times the items, {what}: {name}", _grown(asked, engine, one, four, rounds), 4.5)
    short, long = (made.message(made.entries(1, of=made.PREGNANT, display="Not pregnant " + "x " * n)) for n in (4_000, 32_000))
    yield Row("eight times the words beside a code, 8,000 and 64,000 letters", _grown(assessed, engine, short, long, rounds), 9)


def _grown(
    asked: Callable[[Engine, Submission], object], engine: Engine, one: Submission, more: Submission, rounds: int
) -> list[float]:
    asked(engine, one)
    asked(engine, more)
    return [1 / (seconds(asked, engine, one) / seconds(asked, engine, more)) for _ in range(rounds)]


def starting(rounds: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/bytecode"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        processes = start_benchmark.contestants(f"{folder}/cache")
        for arguments in processes.values():  # writes byte code and the stored form
            start_benchmark.seconds(arguments, environment)
        took: dict[str, list[float]] = {name: [] for name in processes}
        for _ in range(rounds):
            for name, arguments in processes.items():
                took[name].append(start_benchmark.seconds(arguments, environment))
    bare = took.pop("bare interpreter")
    for name, times in took.items():
        yield Row(f"a process: {name} / the bare interpreter", _over(times, bare))


def sets(rounds: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as temporary:
        took = sets_benchmark.compared(Path(temporary), 1000, rounds)
    hand = took.pop("by hand, an index")
    for name, each in took.items():
        yield Row(f"1.1 million memberships, {name} / by hand: CPU", _over([s for s, _ in each], [s for s, _ in hand]), 3)
        yield Row(f"1.1 million memberships, {name}: MB", [mb for _, mb in each], 30)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--records", type=int, default=400)
    options.add_argument(
        "--only", default="", help="parts whose name has this in it: reading, rules, reports, growth, starting, sets"
    )
    chosen = options.parse_args()
    rounds: int = chosen.rounds
    engine = codesafety.load(installed_plugins=False)
    gc.collect()
    gc.freeze()  # the rules are no part of what is measured
    print(f"CPython {sys.version.split()[0]}, {rounds} rounds{'':53}median  (least to most)         aim", flush=True)
    parts: dict[str, Callable[[], Iterator[Row]]] = {
        "reading": lambda: reading(engine, rounds),
        "rules": lambda: rules(rounds, chosen.records),
        "reports": lambda: reports(engine, rounds),
        "growth": lambda: growth(engine, rounds),
        "starting": lambda: starting(rounds),
        "sets": lambda: sets(rounds),
    }
    for name, part in parts.items():
        if chosen.only in name:
            for row in part():
                print(row, flush=True)


if __name__ == "__main__":
    main()
