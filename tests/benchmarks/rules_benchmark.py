"""Measure the rule engine beside what a programmer would write by hand: `python -m tests.benchmarks.rules_benchmark`.

Run it from the project's root. For 10, 100 and 1,000 rules (README.md says how): microseconds a record, then ratios with their spread.
All contestants must find the same. Then what parsing, checking and compiling text takes, importing, and judging words.
`--records N`, `--rounds N`.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from statistics import median
from typing import Any

from tests.benchmarks.workload import (
    SNOMED,
    EverythingKnown,
    MadeRule,
    Workload,
    age,
    broken_by,
    plain,
    rule_text,
    ruleset_of,
    workload,
)
from tests.terminology.words.variations import harmless, names

from codesafety import builtin
from codesafety.engine import Engine, _Options, _reviews, hazard_log
from codesafety.evaluation.binding import bind
from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.outcome import Status
from codesafety.evaluation.work import Bounds
from codesafety.ir import Ruleset
from codesafety.plugins.manager import manager
from codesafety.record import Submission
from codesafety.report import Report
from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.pack.code_table import CodeTable
from codesafety.terminology.pack.file import Pack
from codesafety.terminology.pack.names import PACK

Found = list[tuple[int, int]]
"""(item's place in the message, rule) of one record's findings."""


# ------------------------------------------------------------------------------------------------ by hand


def naive(rules: list[MadeRule]) -> Callable[[dict[str, Any]], Found]:
    """Every rule for every item."""

    def check(patient: dict[str, Any]) -> Found:
        gender, born = patient["gender"], date.fromisoformat(patient["born"])
        found: Found = []
        for shift, is_entry, kind in ((0, True, "entries"), (8, False, "medicines")):
            for place, item in enumerate(patient[kind]):
                code = item["code"]
                years = age(born, date.fromisoformat(item["date"]))
                for rule in rules:
                    if rule.is_entry == is_entry and code in rule.codes and broken_by(rule, gender, years):
                        found.append((place + shift, rule.number))
        return found

    return check


Tests = tuple[tuple[int, str | None, int | None, int | None], ...]


def _index(rules: list[MadeRule], is_entry: bool) -> dict[str, Tests]:
    index: dict[str, list[Any]] = {}
    for rule in rules:
        if rule.is_entry == is_entry:
            for code in rule.codes:
                index.setdefault(code, []).append((rule.number, rule.gender, rule.below, rule.reached))
    return {code: tuple(tests) for code, tests in index.items()}


def indexed(rules: list[MadeRule]) -> Callable[[dict[str, Any]], Found]:
    """From code to the rules that it triggers."""
    sides = (("entries", 0, _index(rules, True)), ("medicines", 8, _index(rules, False)))

    def check(patient: dict[str, Any]) -> Found:
        gender, born = patient["gender"], date.fromisoformat(patient["born"])
        found: Found = []
        for kind, shift, index in sides:
            for place, item in enumerate(patient[kind]):
                tests = index.get(item["code"])
                if tests is None:
                    continue
                years = None
                for number, wanted, below, reached in tests:
                    if wanted is not None:
                        if gender == wanted:
                            found.append((place + shift, number))
                        continue
                    if years is None:
                        years = age(born, date.fromisoformat(item["date"]))
                    if below is not None:
                        if years < below:
                            found.append((place + shift, number))
                    elif reached is not None and years >= reached:
                        found.append((place + shift, number))
        return found

    return check


def _windows(rules: list[MadeRule], is_entry: bool) -> dict[str, dict[str, tuple[int, int] | None]]:
    """Return by gender and code the days of life in which no rule of the code fires; None where its gender alone makes one fire."""
    windows: dict[str, dict[str, tuple[int, int] | None]] = {"male": {}, "female": {}}
    for code, tests in _index(rules, is_entry).items():
        low = max((366 * below for _, _, below, _ in tests if below is not None), default=-1)
        high = min((365 * reached - 1 for _, _, _, reached in tests if reached is not None), default=10**6)
        for gender in windows:
            windows[gender][code] = None if any(wanted == gender for _, wanted, _, _ in tests) else (low, high)
    return windows


def windowed(rules: list[MadeRule]) -> Callable[[dict[str, Any]], Found]:
    """As `indexed`, with one chained comparison that clears all age rules of a code, and rules split by gender."""
    slow = indexed(rules)
    sides = [(kind, _windows(rules, is_entry)) for kind, is_entry in (("entries", True), ("medicines", False))]

    def check(patient: dict[str, Any]) -> Found:
        gender, born = patient["gender"], date.fromisoformat(patient["born"]).toordinal()
        for kind, windows in sides:
            of_gender = windows[gender]
            for item in patient[kind]:
                code = item["code"]
                if code in of_gender:
                    window = of_gender[code]
                    if window is None or not window[0] < date.fromisoformat(item["date"]).toordinal() - born <= window[1]:
                        return slow(patient)
        return []

    return check


def of_models(rules: list[MadeRule]) -> Callable[[Submission], Found]:
    """As `windowed`, over the models that ours reads: all that it reads of an item is its code and, where a rule may fire, its day."""
    windows, slow = {True: _windows(rules, True), False: _windows(rules, False)}, indexed(rules)

    def check(submission: Submission) -> Found:
        patient = submission.patient
        gender, born = patient.gender, date.fromisoformat(patient.born or "").toordinal()
        entries, medicines = windows[True][gender or ""], windows[False][gender or ""]
        for entry in submission.entries:
            for coding in entry.codings:
                if coding.system == SNOMED and coding.code in entries:
                    window = entries[coding.code]
                    if window is None or not window[0] < date.fromisoformat(entry.date or "").toordinal() - born <= window[1]:
                        return slow(plain(submission))
        for medicine in submission.medications:
            for coding in medicine.products:
                if coding.system == SNOMED and coding.code in medicines:
                    window = medicines[coding.code]
                    day = date.fromisoformat(medicine.handed_over or "").toordinal()
                    if window is None or not window[0] < day - born <= window[1]:
                        return slow(plain(submission))
        return []

    return check


# ------------------------------------------------------------------------------------------------ measuring


HAND, INDEX, MODELS = "by hand, index and age windows", "by hand, index", "by hand, index and age windows, from models"
OURS, ASSESSED = "ours, from models", "ours, a report"
ASKED = (
    ("ours / by hand", OURS, HAND),
    ("ours / by hand, without age windows", OURS, INDEX),
    ("ours / by hand, from the same models", OURS, MODELS),
    ("a report / ours", ASSESSED, OURS),
    ("a report as JSON / a report all asked for", "JSON of a report", "ours, a report all asked for"),
)
"""The ratios that are printed: what they are called, of what, and to what."""


@dataclass(slots=True)
class Measured:
    """Microseconds a record by contestant and round."""

    rounds: dict[str, list[float]]
    compile_seconds: float
    triggered: float

    def ratio(self, one: str, other: str) -> str:
        each = [a / b for a, b in zip(self.rounds[one], self.rounds[other], strict=True)]
        return f"{median(each):.2f} ({min(each):.2f}-{max(each):.2f})"


def engine_of(ruleset: Ruleset) -> Engine:
    """Return an engine of these rules, which knows every code."""
    binding = bind([ruleset], EverythingKnown())
    plugins = manager([builtin], entry_points=False)
    options = _Options((), None, (), None, frozenset(), "compiled", Bounds(), False, "off", (), False)
    return Engine(binding, plugins, (), (), options, (), {}, hazard_log([]), _reviews([ruleset]), False)


def measure(made: Workload, rounds: int, batch: int) -> Measured:
    """Return microseconds a record for each contestant. Raises AssertionError where one finds something else.

    Contestants take turns at every `batch` records, which each of them looks at twice: the second time is counted.
    """
    ruleset = ruleset_of(made.rules)
    started = time.process_time()
    compile_program(bind([ruleset], EverythingKnown()))
    compile_seconds = time.process_time() - started
    engine = engine_of(ruleset)
    program, codebook = engine.program, engine.binding.codebook

    def ours(submission: Submission) -> Found:
        run = program.run(Facts(submission, None, codebook))
        return [
            (o.subject.index, int(o.rule.name[3:])) for o in run.outcomes if o.status is Status.FIRES and o.subject is not None
        ]

    def assessed(submission: Submission) -> Report:
        return engine.assess(submission)

    def asked_for(submission: Submission) -> Report:
        report = engine.assess(submission)
        _ = report.items
        return report

    data = [s.model_dump(exclude_none=True) for s in made.submissions]
    reports = [asked_for(s) for s in made.submissions]
    oracle = naive(made.rules)
    finding: dict[str, tuple[Callable[[Any], Found], list[Any]]] = {
        HAND: (windowed(made.rules), made.patients),
        INDEX: (indexed(made.rules), made.patients),
        MODELS: (of_models(made.rules), made.submissions),
        OURS: (ours, made.submissions),
        "ours, with parsing": (lambda fields: ours(Submission.model_validate(fields)), data),
    }
    expected = [sorted(oracle(p)) for p in made.patients]
    for name, (check, records) in finding.items():
        assert [sorted(check(r)) for r in records] == expected, f"{name} finds something else than the oracle"
    contestants: dict[str, tuple[Callable[[Any], object], list[Any]]] = {
        **finding,
        ASSESSED: (assessed, made.submissions),
        "ours, a report all asked for": (asked_for, made.submissions),
        "JSON of a report": (lambda report: report.model_dump_json(), reports),
        "naive loop": (oracle, made.patients[: len(made.patients) // (10 if len(made.rules) > 100 else 1)]),
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        taken = dict.fromkeys(contestants, 0.0)
        for first in range(0, len(made.patients), batch):
            for name, (contestant, records) in contestants.items():
                some = records[first : first + batch]
                for record in some if batch < len(made.patients) else ():
                    contestant(record)
                started = time.process_time()
                for record in some:
                    contestant(record)
                taken[name] += time.process_time() - started
        for name, (_, records) in contestants.items():
            times[name].append(taken[name] / len(records) * 1e6)
    index = [_index(made.rules, side) for side in (True, False)]
    triggered = sum(
        len(index[side].get(item["code"], ()))
        for p in made.patients
        for side, kind in enumerate(("entries", "medicines"))
        for item in p[kind]
    ) / len(made.patients)
    return Measured(times, compile_seconds, triggered)


def text_seconds() -> tuple[int, float, float]:
    """Return lines, seconds to parse and check, and seconds to bind and compile 1,000 rules as text."""
    from codesafety.engine import frozen_terminology
    from codesafety.language.loader import load_texts

    files = list(rule_text(1000))
    text = {f"r{i}.rules": part for i, part in enumerate(["".join(files)])}
    lines = sum(part.count("\n") for part in text.values())
    started = time.process_time()
    loaded = load_texts(text)
    checked = time.process_time()
    compile_program(bind(loaded.rulesets, frozen_terminology(loaded.rulesets)))
    return lines, checked - started, time.process_time() - checked


def import_milliseconds(rounds: int) -> tuple[float, ...]:
    """Return what importing the core dependencies costs, what `import codesafety` adds, and what its engine then adds."""
    code = (
        "import time; a = time.process_time(); import pydantic, lark, pluggy, xml.parsers.expat, decimal, datetime\n"
        "pydantic.BaseModel; b = time.process_time(); import codesafety; c = time.process_time(); codesafety.load\n"
        "print(b - a, c - b, time.process_time() - c)"
    )
    found = []
    for _ in range(rounds):
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        found.append([float(part) * 1000 for part in out])
    return tuple(median(column) for column in zip(*found, strict=True))


def words_times() -> tuple[float, float]:
    """Return milliseconds to open the shipped names and know one code's, and microseconds to judge words sent with a code."""
    opened = time.perf_counter()
    CodeTable(Pack(PACK)).terms("77386006")
    milliseconds = (time.perf_counter() - opened) * 1e3
    terminology = FrozenTerminology()
    sent = list(islice(harmless(random.Random(1), names()[::8]), 2000))
    begun = time.process_time()
    for each in sent:
        terminology.judge_words(each.code, each.words)
    return milliseconds, (time.process_time() - begun) / len(sent) * 1e6


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--records", type=int, default=3000)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    for called, batch in (("records that were just read", 40), (f"{chosen.records} records in turn", chosen.records)):
        columns = {n: measure(workload(n, chosen.records), chosen.rounds, batch) for n in (10, 100, 1000)}
        print(f"{called}: microseconds a record, medians of {chosen.rounds} rounds; all find the same")
        print(f"{'':44}" + "".join(f"{n:>14} rules" for n in columns))
        for name in columns[10].rounds:
            print(f"{name:44}" + "".join(f"{median(m.rounds[name]):>20.1f}" for m in columns.values()))
        print(f"{'rules triggered a record':44}" + "".join(f"{m.triggered:>20.1f}" for m in columns.values()))
        for name, one, other in ASKED:
            print(f"{name:44}" + "".join(f"{m.ratio(one, other):>20}" for m in columns.values()))
        print(f"{'bind and compile, seconds':44}" + "".join(f"{m.compile_seconds:>20.2f}" for m in columns.values()))
    lines, checked, compiled = text_seconds()
    print(
        f"1,000 rules as text, {lines} lines: {checked:.2f} s to parse and check, {compiled:.2f} s to bind and compile; "
        f"{checked + compiled:.2f} s in all"
    )
    print("names of codes: {:.1f} ms to open; words: {:.0f} microseconds a coding".format(*words_times()))
    core, added, engine = import_milliseconds(chosen.rounds)
    print(
        f"import: core dependencies {core:.0f} ms; `import codesafety` adds {added:.0f} ms, its engine at first use {engine:.0f} ms"
    )


if __name__ == "__main__":
    main()
