"""Measure value sets from CSV files: `python -m tests.benchmarks.sets_benchmark`.

Run it from the project's root. Writes 1,000 rules whose value sets hold 1.1 million codes, a file a set, and prints for processes of their
own, which take turns: seconds of CPU and resident memory beyond what was there before, for an index from code to rules made by hand
from the same files, for `codesafety.load` of text, and for `load` of the stored form. `--rules N`, `--rounds N`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.benchmarks.workload import MadeRule, workload

_MEASURED = """
import gc, os, sys, time
def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
{before}
memory, began = resident(), time.process_time()
{measured}
print(time.process_time() - began, resident() - memory)
"""
_BY_HAND = """
index = {}
for number, name in enumerate(sorted(os.listdir(sys.argv[1] + "/codes"))):
    with open(sys.argv[1] + "/codes/" + name, newline="") as file:
        rows = csv.reader(file)
        next(rows)
        test = (number, "male", 12, None)
        for row in rows:
            index.setdefault(row[0], []).append(test)
index = {code: tuple(tests) for code, tests in index.items()}
"""
_OURS = """
engine = codesafety.load(sys.argv[1], cache=sys.argv[2])
"""
_IMPORTED = "import codesafety.engine, codesafety.language, codesafety.evaluation.compiled.program"


def write(rules: list[MadeRule], folder: Path) -> int:
    """Write a ruleset with a file of codes for each rule. Returns how many codes there are in all."""
    (folder / "codes").mkdir(parents=True)
    parts = ['ruleset bench.sets {\n  title "Benchmark"\n  version 1.0.0\n  language 1\n}\n']
    for rule in rules:
        (folder / "codes" / f"s{rule.number}.csv").write_text("\n".join(["code", *sorted(rule.codes)]) + "\n")
        kind = "entry" if rule.is_entry else "medication"
        test = (
            f"patient.gender is {rule.gender}"
            if rule.gender is not None
            else f"age at e < {rule.below} years"
            if rule.below is not None
            else f"age at e >= {rule.reached} years"
        )
        parts.append(
            f'valueset s{rule.number} "Set" {{ frozen "codes/s{rule.number}.csv" }}\n'
            f'rule r{rule.number} {{ action review for {kind} e in s{rule.number} when {test} say "It." }}\n'
        )
    (folder / "bench.rules").write_text("".join(parts))
    return sum(len(rule.codes) for rule in rules)


def measured(before: str, code: str, *arguments: str) -> tuple[float, float]:
    """Return seconds of CPU and MB of memory that code takes in a process of its own, beyond what ran before."""
    program = _MEASURED.format(before=before, measured=code)
    out = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True).stdout
    seconds, megabytes = map(float, out.split())
    return seconds, megabytes


def compared(folder: Path, n_rules: int, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Return seconds and MB of each contestant, a round each."""
    rules, cache = str(folder / "rules"), str(folder / "cache")
    memberships = write(workload(n_rules, 0).rules, Path(rules))
    assert n_rules != 1000 or memberships > 1_000_000
    contestants = {
        "by hand, an index": ("import csv", _BY_HAND, rules),
        "load, from text": (_IMPORTED, _OURS, rules, "off"),
        "load, stored": (_IMPORTED, _OURS, rules, cache),
    }
    measured(*contestants["load, stored"])  # stores it
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            found[name].append(measured(*contestant))
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rules", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        found = compared(Path(temporary), chosen.rules, chosen.rounds)
    hand = [seconds for seconds, _ in found["by hand, an index"]]
    print(f"{chosen.rules} rules, {chosen.rounds} rounds{'':10}s   x by hand (least to most)   MB")
    for name, each in found.items():
        seconds = [s for s, _ in each]
        ratios = [s / h for s, h in zip(seconds, hand, strict=True)]
        spread = f"({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"{name:40}{median(seconds):14.2f}{median(ratios):10.2f} {spread:>18}{median(m for _, m in each):10.0f}")


if __name__ == "__main__":
    main()
