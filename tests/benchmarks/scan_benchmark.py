"""What a scan costs: `python -m tests.benchmarks.scan_benchmark [--entries 100000 1000000]`.

Entries of `flat_entries` on disk, all rules that are on by default, one process. Beside it, in the same run over the same files, the least that a
look-back by hand does: one Polars query for the codes of every shipped set, with each patient's gender and age. It answers no rule, so the ratio
is an upper bound. CPU seconds of each, start and loading of rules included; and the most memory that the scan held.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from tests.benchmarks.flat_entries import write

import codesafety


def by_hand(folder: Path) -> tuple[int, float]:
    """Return how many entries carry a code of a shipped set, and the CPU seconds that it took to find them with gender and age."""
    asked = sorted({key for bound in codesafety.load().binding.sets.values() for key in bound.members})
    began = time.process_time()
    entries = pl.scan_parquet(folder / "observations.parquet").filter(pl.col("code").is_in(asked))
    people = pl.scan_parquet(folder / "patients.parquet")
    joined = entries.join(people, on="patient_id").with_columns(lived=(pl.col("date") - pl.col("birth_date")).dt.total_days())
    found = joined.group_by("code", "gender").agg(pl.len(), pl.col("lived").min(), pl.col("lived").max().alias("most")).collect()
    return int(found["len"].sum()), time.process_time() - began


def scanned(folder: Path, out: Path) -> float:
    """Return the CPU seconds that a scan takes in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "codesafety", "scan", str(folder), "-o", str(out)], stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[100_000, 1_000_000])
    for number in parser.parse_args().entries:
        with tempfile.TemporaryDirectory() as folder:
            where = Path(folder)
            write(where / "in", number)
            carried, hand = by_hand(where / "in")
            took = scanned(where / "in", where / "out")
            most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
            made = json.loads((where / "out" / "summary.json").read_text())
            print(
                f"{number:,} entries: {took:,.1f} s of CPU, {number / took:,.0f} a second, {took / hand:,.1f} times the query by hand ({carried:,} rows); "
                f"{sum(row['entries'] for row in made['rules']):,} findings, {most} MB at most"
            )


if __name__ == "__main__":
    main()
