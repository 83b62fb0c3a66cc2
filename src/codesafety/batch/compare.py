"""Two scans of the same sources side by side: what newer rules find that others did not, and the other way round."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from codesafety.batch.summary import finished, table

_SAME = ["patient", "file", "place", "rule", "outcome", "action"]


def compare(new: Path, old: Path) -> dict[str, int]:
    """Write the findings that only one of two scans has to `changes` beside the new ones; return how many were gained and lost.

    Raises InputError where there is no earlier scan.
    """
    finished(old)
    now, before = table(new, "findings"), table(old, "findings")
    gained = now.join(before, on=_SAME, how="anti", nulls_equal=True)
    lost = before.join(now, on=_SAME, how="anti", nulls_equal=True)
    changes = pl.concat([gained.with_columns(change=pl.lit("gained")), lost.with_columns(change=pl.lit("lost"))])
    found = changes.select("change", pl.exclude("change")).sort("change", *_SAME, "finding", nulls_last=True).collect()
    if (new / "findings.csv").exists():
        found.write_csv(new / "changes.csv")
    else:
        found.write_parquet(new / "changes.parquet")
    return {name: found.filter(pl.col("change") == name).height for name in ("gained", "lost")}
