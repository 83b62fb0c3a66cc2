"""Two scans of the same sources side by side: what newer rules find that others did not, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from codesafety.batch.summary import finished, table
from codesafety.errors import InputError

_SAME = ["patient", "file", "place", "rule", "outcome", "action"]


def refuse_other(old: Path, asked: Mapping[str, Any]) -> None:
    """Raise InputError where a folder holds no finished scan, or one of another sample, other days or another record than is asked for."""
    finished(old)
    before = json.loads((old / "summary.json").read_text(encoding="utf-8"))
    others = [name for name in ("complete", "sample", "since") if before.get(name) != asked[name]]
    if others:
        raise InputError(
            f"this scan was asked otherwise, and what differs would say nothing of rules: {', '.join(others)}",
            source=str(old),
            help="give --complete, --sample and --since as they were given there",
        )


def compare(new: Path, old: Path) -> dict[str, int]:
    """Write the findings that only one of two scans has to `changes` beside the new ones; return how many were gained and lost.

    Raises InputError where there is no earlier scan, or it was asked otherwise.
    """
    refuse_other(old, json.loads((new / "summary.json").read_text(encoding="utf-8")))
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
