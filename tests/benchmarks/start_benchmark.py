"""Measure what starting costs: `python -m tests.benchmarks.start_benchmark`.

Run it from the project's root. Prints CPU time of whole processes, in milliseconds and as multiples of the bare interpreter that took
its turn in the same rounds: median, least and most. What was imported once stays as byte code, as it does for a user. `--rounds N`.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from statistics import median

_CHECK = ("-m", "codesafety", "check", "docs/examples/pregnancy-status-update.xml", "--cache")


def contestants(cache: str) -> dict[str, tuple[str, ...]]:
    """Return the arguments of each process by what it is called; the first is what the others are measured against."""
    return {
        "bare interpreter": ("-c", "pass"),
        "what we depend on": ("-c", "import pydantic, pluggy, typer, xml.etree.ElementTree, json, decimal; pydantic.BaseModel"),
        "import of the engine": ("-c", "import codesafety; codesafety.load"),
        "load, from text": ("-c", "import codesafety; codesafety.load(cache='off')"),
        "load, stored": ("-c", f"import codesafety; codesafety.load(cache={cache!r})"),
        "check of one message, from text": (*_CHECK, "off"),
        "check of one message, stored": (*_CHECK, cache),
    }


def seconds(arguments: tuple[str, ...], environment: dict[str, str]) -> float:
    """Return the CPU time of one process, from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=9)
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/bytecode"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        asked = contestants(f"{folder}/cache")
        for arguments in asked.values():  # writes byte code and the stored form
            seconds(arguments, environment)
        found: dict[str, list[float]] = {name: [] for name in asked}
        for _ in range(rounds):
            for name, arguments in asked.items():
                found[name].append(seconds(arguments, environment))
    bare = median(found["bare interpreter"])
    print(f"CPU time of a process, {rounds} rounds{'':12}median ms   x bare   (least to most ms)")
    for name, times in found.items():
        spread = f"({min(times) * 1000:.0f} to {max(times) * 1000:.0f})"
        print(f"{name:46}{median(times) * 1000:9.0f}{median(times) / bare:9.1f}   {spread}")


if __name__ == "__main__":
    main()
