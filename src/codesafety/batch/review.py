"""The list for the people who must look, and what they found: how often each rule was right."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from codesafety.authoring.measured import bounds
from codesafety.batch.summary import MESSAGE, finished, table
from codesafety.diagnostics import escaped
from codesafety.engine import checked_path
from codesafety.errors import InputError
from codesafety.report import RANK, SEVERITIES

OUTCOMES = ("right", "arguable", "wrong")
_COLUMNS = ("sender", "rule", "action", "severity", "patient", "file", "entries", "codes", "first", "last", "outcome")


@dataclass(frozen=True, slots=True)
class Precision:
    """How often a rule's findings were right, of those that somebody judged, with its 95 % interval (Wilson)."""

    rule: str
    right: int
    arguable: int
    wrong: int

    @property
    def judged(self) -> int:
        return self.right + self.arguable + self.wrong

    @property
    def low(self) -> float:
        return bounds(self.right, self.judged)[0]

    @property
    def high(self) -> float:
        return bounds(self.right, self.judged)[1]


def lines(out: Path) -> pl.DataFrame:
    """Return a line a patient and cause: by practice, then cause, the worst first. Raises InputError where there is no scan."""
    finished(out)
    grades = {name: number for number, name in enumerate(SEVERITIES, 1)}
    return (
        table(out, "findings")
        .filter(pl.col("action") != "none")
        .group_by("sender", "rule", "action", "severity", "patient", MESSAGE)
        .agg(
            entries=pl.len(),
            codes=pl.col("code").drop_nulls().unique().sort().str.join(" "),
            first=pl.col("date").min(),
            last=pl.col("date").max(),
        )
        .with_columns(
            rank=pl.col("action").replace_strict(RANK, return_dtype=pl.Int64),
            grade=pl.col("severity").replace_strict(grades, default=0, return_dtype=pl.Int64),
            outcome=pl.lit(""),
        )
        .sort(
            "sender",
            "rank",
            "grade",
            "rule",
            "entries",
            "patient",
            "file",
            descending=[False, True, True, False, True, False, False],
            nulls_last=True,
        )
        .select(_COLUMNS)
        .collect()
    )


def write_list(out: Path) -> int:
    """Write review.csv and review.html into a scan's folder; return how many lines there are.

    Raises InputError where there is no scan, or where a list is there that is filled in.
    """
    from jinja2 import Environment, PackageLoader

    found = lines(out)
    if (out / "review.csv").exists() and _judged(out / "review.csv"):
        raise InputError(
            "the list is filled in, and a new one would take its place",
            source=str(out / "review.csv"),
            help="move it elsewhere; --outcomes FILE tells what it comes to",
        )
    with (out / "review.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows([[_not_a_formula(cell) for cell in row] for row in found.iter_rows()])
    environment = Environment(
        loader=PackageLoader("codesafety.batch", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: escaped(value) if type(value) is str else value,
    )
    groups = found.partition_by("sender", maintain_order=True)
    page = environment.get_template("review.html").render(groups=[(group["sender"][0], group.to_dicts()) for group in groups])
    (out / "review.html").write_text(page, encoding="utf-8")
    return found.height


def _not_a_formula(cell: object) -> object:
    """Return a cell as a spreadsheet shows it and does not run it."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _judged(outcomes: Path) -> dict[str, dict[str, int]]:
    """Return how often each rule has each outcome in a list. Raises InputError where there is none, or an outcome is none."""
    counted: dict[str, dict[str, int]] = {}
    try:
        with checked_path(outcomes).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if not {"rule", "outcome"} <= set(reader.fieldnames or ()):
                raise InputError(
                    "has no columns `rule` and `outcome`", source=str(outcomes), help="give the review.csv of a scan"
                )
            for row in reader:
                said = (row["outcome"] or "").strip().lower()
                if not said:
                    continue
                if said not in OUTCOMES:
                    raise InputError(
                        "an outcome that is none",
                        source=str(outcomes),
                        path=f"line {reader.line_num}",
                        help=f"write {', '.join(OUTCOMES)}",
                    )
                of_rule = counted.setdefault(row["rule"], dict.fromkeys(OUTCOMES, 0))
                of_rule[said] += 1
    except (UnicodeDecodeError, csv.Error):
        raise InputError("is no CSV in UTF-8", source=str(outcomes), help="save the list as CSV, in UTF-8") from None
    return counted


def measure(out: Path, outcomes: Path) -> list[Precision]:
    """Return how often each rule was right, from a list whose outcomes are filled in, and write it to measured.csv.

    Raises InputError with the line where an outcome is none, or where nothing was filled in.
    """
    counted = _judged(outcomes)
    if not counted:
        raise InputError(
            "no outcome is filled in", source=str(outcomes), help=f"write {', '.join(OUTCOMES)} in the column `outcome`"
        )
    found = [Precision(rule, **counts) for rule, counts in sorted(counted.items())]
    with (out / "measured.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("rules", "material", "unseen", "findings", *OUTCOMES, "date", "judge", "note"))
        for one in found:
            counts = (one.judged, one.right, one.arguable, one.wrong)
            writer.writerow((one.rule, "look-back", "yes", *counts, date.today().isoformat(), "reviewers", ""))
    return found
