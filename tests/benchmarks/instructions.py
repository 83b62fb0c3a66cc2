"""Count the interpreter's instructions of fixed work: `python -m tests.benchmarks.instructions` writes what this Python takes.

Run it from the project's root. A count is the same on every machine, so that `test_instructions.py` can hold it; README.md says what it
does not see. What each Python took stands in `instructions.json`, by its minor version.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from tests.benchmarks import worst_cases as made
from tests.benchmarks.reading_benchmark import made_record, unusual
from tests.benchmarks.rules_benchmark import engine_of
from tests.benchmarks.workload import ruleset_of, workload
from tests.places import EXAMPLES, ROOT

import codesafety

COUNTS = ROOT / "tests" / "benchmarks" / "instructions.json"
RULES = ROOT / "tests" / "benchmarks" / "fixed.rules"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
TOLERANCE = 0.1


def instructions(work: Callable[[], object]) -> int:
    """Return how many instructions the interpreter takes for some work, the second time: what is remembered is there."""
    counted = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        nonlocal counted
        if event == "opcode":
            counted += 1
        else:
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return trace

    before = sys.gettrace()
    for _ in range(2):  # Python 3.12 does not tell of instructions until it has traced some
        counted = 0
        sys.settrace(trace)
        try:
            work()
        finally:
            sys.settrace(before)
    return counted


def works() -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield fixed pieces of work by what they are called: of rules that stay as they are, whatever the shipped ones come to."""
    engine = codesafety.load(RULES, installed_plugins=False, cache="off")
    message, record = (EXAMPLES / "pregnancy-status-update.xml").read_bytes(), made_record(50)
    submission, known = engine.read(message), engine.read_record(record)
    yield "read a message, XML", lambda: engine.read(message)
    yield "read a message, XML, by the careful path", lambda: engine.read(unusual(message))
    yield "read a record of 50 observations, JSON", lambda: engine.read_record(record)
    yield "assess a message beside that record", lambda: engine.assess(submission, known)
    yield "assess it, all asked for", lambda: engine.assess(submission, known).model_dump_json()
    for name, worst in {
        "60 entries of one code": made.message(made.entries(60)),
        "100 pregnancies, one a day": made.message(made.entries(100, of=made.PREGNANT)),
        "100 issues of one medicine": made.message(made.issues(100)),
    }.items():
        yield f"assess {name}", lambda worst=worst: engine.assess(worst)  # type: ignore[misc]
    for rules in (10, 300):
        patients = workload(rules, 100)
        mine = engine_of(ruleset_of(patients.rules))
        yield (
            f"assess 100 made records, {rules} rules",
            lambda mine=mine, of=patients.submissions: [mine.assess(one) for one in of],
        )  # type: ignore[misc]


def main() -> None:
    counts = json.loads(COUNTS.read_text()) if COUNTS.exists() else {}
    before = counts.get(PYTHON, {})
    counts[PYTHON] = {name: instructions(work) for name, work in works()}
    COUNTS.write_text(json.dumps(dict(sorted(counts.items())), indent=2) + "\n")
    for name, now in counts[PYTHON].items():
        print(f"{name:46}{now:10,}" + (f"{now / before[name] - 1:+9.1%}" if name in before else ""))


if __name__ == "__main__":
    main()
