"""Every figure of the terminology, measured in one run on a generated release the size of the UK Monolith.

    python -m tests.benchmarks.terminology_benchmark [--scale 1.0] [--folder DIR] [--descriptions] [--json]

Generates the release (once, where DIR has none), builds it without descriptions in a process of its own, opens the pack, asks
it in fresh processes, and lets `ecl_benchmark` time 1,000 varied expressions. `--descriptions` builds a second pack with
them. Targets are for scale 1. Wall time depends on what else the machine does: CPU time is printed beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.benchmarks import ecl_benchmark
from tests.benchmarks.generate_release import Shape, generate

from codesafety.terminology.pack import extract
from codesafety.terminology.pack.file import Pack
from codesafety.terminology.pack.products import DmdSection
from codesafety.terminology.pack.store import Runs, Store


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement; `target` is what issue 3 asks for at scale 1, None where it asks for nothing."""

    what: str
    value: float
    unit: str
    target: float | None = None

    @property
    def verdict(self) -> str:
        return "" if self.target is None else "met" if self.value < self.target else "MISSED"


_BUILD = """
import sys, time, resource
from codesafety.terminology.build import build
begun = time.perf_counter()
build([sys.argv[1]], sys.argv[2], descriptions=sys.argv[3] == "1")
usage = resource.getrusage(resource.RUSAGE_SELF)
print(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
"""
_SUBSUMES = """
import sys
from codesafety.terminology.store import Runs, Store
store = Store(sys.argv[1])
print(store.subsumes(store.ordinal(sys.argv[2]), store.ordinal(sys.argv[3])))
"""
_EXPAND = """
import sys
from codesafety.terminology.release import Release
print(len(Release.open(sys.argv[1]).expand(f"<< {sys.argv[3]}")))
"""


def measure(folder: Path, scale: float, descriptions: bool) -> Iterator[Figure]:
    """Yield the figures, slowest preparations first."""
    release = folder / f"release-{scale}{'-described' if descriptions else ''}"
    if not release.exists():
        generate(release, Shape(descriptions_per_concept=3.1 if descriptions else 0.0).scaled(scale))
    yield Figure("release files", sum(p.stat().st_size for p in release.rglob("*.txt")) / 1e6, "MB")
    pack = folder / "benchmark.pack"
    yield from _build(release, pack, False, "")
    if descriptions:
        yield from _build(release, folder / "described.pack", True, " with descriptions")
    yield from _shape(pack)
    yield from _opening(pack, Store, "")
    yield from _opening(extract.PACK, DmdSection, " the shipped extract")
    yield from _answers(pack)
    for what, value, unit in ecl_benchmark.figures(pack):
        target = {"ecl median": 2.2, "membership in that set": 100.0}.get(what)
        yield Figure(what, value, unit, target)


def _build(release: Path, pack: Path, descriptions: bool, what: str) -> Iterator[Figure]:
    wall, cpu, memory = map(float, _fresh(_BUILD, release, pack, "1" if descriptions else "0").split())
    yield Figure(f"build{what}", wall, "s", 120)
    yield Figure(f"build{what}, CPU time", cpu, "s")
    yield Figure(f"build{what}, peak memory", memory, "MiB", 2048)
    yield Figure(f"pack{what}", pack.stat().st_size / 1e6, "MB", None if descriptions else 120)


def _shape(pack: Path) -> Iterator[Figure]:
    store = Store(pack)
    counts = store.pack.manifest["counts"]
    for name in ("concepts", "active_concepts", "is_a", "attributes", "concrete_values", "members", "associations"):
        yield Figure(name.replace("_", " "), counts[name], "rows")
    pairs = runs = 0
    for ordinal in range(store.n_active):
        found = store.descendants_runs(ordinal)
        runs += len(found) // 2
        pairs += sum(found[1::2]) - sum(found[::2])
    yield Figure("closure", pairs, "pairs")
    yield Figure("runs", runs, "runs")


def _opening(pack: Path, opened: Callable[[Pack], object], what: str) -> Iterator[Figure]:
    times = []
    for _ in range(200):
        begun = time.perf_counter()
        opened(Pack(pack))
        times.append(time.perf_counter() - begun)
    yield Figure(f"open{what}, first in this process", times[0] * 1e3, "ms", 1)
    yield Figure(f"open{what}, median of 200", statistics.median(times) * 1e3, "ms", 1)


def _answers(pack: Path) -> Iterator[Figure]:
    store = Store(pack)
    below = sorted(range(store.n_active - 1, 0, -1), key=lambda at: store.descendants_runs(at)[-1] - at)
    some = below[-20:]
    wanted = min(some, key=lambda at: abs(_size(store, at) - 180_000 * store.n_active / 840_000))
    inside = store.code(wanted + 1)
    for what, script, last in (
        ("first answer of a fresh process (subsumption)", _SUBSUMES, inside),
        ("first answer of a fresh process (ECL)", _EXPAND, inside),
    ):
        _fresh(script, pack, store.code(wanted), last)  # byte code is written, as it is where the library is installed
        times, cpu = [], []
        for _ in range(9):
            begun, before = time.perf_counter(), _children_cpu()
            _fresh(script, pack, store.code(wanted), last)
            times.append(time.perf_counter() - begun)
            cpu.append(_children_cpu() - before)
        yield Figure(what, statistics.median(times) * 1e3, "ms", 100)
        yield Figure(f"{what}, CPU", statistics.median(cpu) * 1e3, "ms")
    runs = store.descendants_runs(wanted)
    while _concepts(runs) > 180_000:  # a UK edition's largest hierarchies have about so many
        runs[-1] -= min(_concepts(runs) - 180_000, runs[-1] - runs[-2])
        if runs[-1] == runs[-2]:
            del runs[-2:]
    times = []
    for _ in range(15):
        begun = time.perf_counter()
        found = store.code_set(runs)
        times.append(time.perf_counter() - begun)
    yield Figure(f"<< of {len(found):,} concepts to a frozenset[str]", statistics.median(times) * 1e3, "ms", 50)
    yield Figure("the same, best of 15", min(times) * 1e3, "ms")


def _size(store: Store, ordinal: int) -> int:
    return _concepts(store.descendants_runs(ordinal))


def _concepts(runs: Runs) -> int:
    return sum(runs[1::2]) - sum(runs[::2])


def _fresh(script: str, *arguments: object) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], check=True, capture_output=True, text=True, env=environment
    )
    return done.stdout


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the UK Monolith")
    parser.add_argument("--folder", type=Path, help="keep release and packs here, and use what is there")
    parser.add_argument(
        "--descriptions", action="store_true", help="generate 3.1 descriptions a concept, and build with them too"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        figures = []
        if not options.json:
            load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
            print(
                f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} CPUs{load}, scale {options.scale}"
            )
        for figure in measure(folder, options.scale, options.descriptions):
            figures.append(figure)
            if not options.json:
                target = f"< {figure.target:g}" if figure.target is not None else ""
                print(f"{figure.what:52} {figure.value:16,.3f} {figure.unit:12} {target:8} {figure.verdict}", flush=True)
    if options.json:
        print(json.dumps([{**asdict(figure), "verdict": figure.verdict} for figure in figures], indent=1))
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB", file=sys.stderr)


if __name__ == "__main__":
    main()
