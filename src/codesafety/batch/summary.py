"""What a scan comes to: counts of its own tables, as JSON and as one page with pictures. Neither holds a patient's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl

from codesafety.authoring.measured import bounds
from codesafety.batch.people import Asking
from codesafety.batch.tabled import NO_BAND, SCHEMAS
from codesafety.decision_log.picture import as_svg
from codesafety.decision_log.statistics import Point
from codesafety.diagnostics import escaped
from codesafety.engine import Engine
from codesafety.errors import InputError
from codesafety.report import RANK, SEVERITIES

_FIRST = 200
"""Records that are named in the summary and on the page. The tables hold all."""
MESSAGE = (
    pl.when(pl.col("patient").is_null())
    .then(pl.concat_str("file", pl.col("place").str.extract(r"^(line \d+)\b"), separator=", ", ignore_nulls=True))
    .alias("file")
)
"""Where no patient is named, the message: a file, or a line of one."""
_BANDS = [*(str(low) for low in range(0, 110, 10)), NO_BAND]


def finished(out: Path) -> None:
    """Raise InputError where a folder holds no scan that is finished."""
    if not (out / "summary.json").exists():
        raise InputError(
            "holds no scan that is finished", source=str(out), help="give the folder of a finished `codesafety scan`"
        )


def table(out: Path, name: str) -> pl.LazyFrame:
    """Return a table of a scan. Raises FileNotFoundError where there is none."""
    path = out / f"{name}.parquet"
    if path.exists():
        return pl.scan_parquet(path, glob=False)
    schema = {
        column: pl.Int64 if str(kind) == "int64" else pl.String for column, kind in zip(SCHEMAS[name].names, SCHEMAS[name].types)
    }
    return pl.scan_csv(out / f"{name}.csv", schema=schema, glob=False)


def summary(
    engine: Engine,
    out: Path,
    form: str,
    sums: Mapping[str, int],
    decisions: Mapping[str, int],
    ages: Mapping[str, int],
    never: list[str],
    asking: Asking,
    since: str | None,
) -> dict[str, Any]:
    """Return what stands in `summary.json`, from the tables of a folder."""
    found = table(out, "findings")
    whose = pl.coalesce("patient", MESSAGE)
    by_rule = _rows(
        found.group_by("rule", "action", "severity", "hazard", "outcome").agg(
            entries=pl.len(), patients=whose.n_unique(), findings=pl.struct(whose, "finding").n_unique()
        ),
        "patients",
        "rule",
        "action",
    )
    patients = max(1, sums.get("patients", 0))
    for row in by_rule:
        low, high = bounds(row["patients"], patients)
        row["share"] = [round(row["patients"] / patients, 6), round(low, 6), round(high, 6)]
        rule = engine.standing.rules.get(row["rule"])
        row["title"] = rule.title if rule is not None else None
    untold = (
        table(out, "cannot_tell").group_by("missing").agg(rows=pl.len(), items=pl.col("items").sum(), rules=pl.col("rules").max())
    )
    unchecked = table(out, "not_checked").group_by("kind", "reason").agg(rows=pl.len(), file=pl.col("file").min())
    return {
        "scan": "1",
        "engine": engine.standing.engine.model_dump(mode="json"),
        "rulesets": [one.model_dump(mode="json") for one in engine.standing.rulesets],
        "terminology": engine.standing.terminology.model_dump(mode="json"),
        "complete": asking.complete,
        "sample": asking.sample,
        "since": since,
        "never_given": never,
        "format": form,
        **{name: sums.get(name, 0) for name in ("patients", "empty", "entries", "understood", "files")},
        "decisions": {name: decisions.get(name, 0) for name in ("hold", "review", "note", "none")},
        "rules": by_rule,
        "senders": _rows(found.group_by("sender").agg(entries=pl.len(), patients=whose.n_unique()), "entries", "sender"),
        "months": _rows(found.group_by("month").agg(entries=pl.len()), None, "month"),
        "ages": dict(ages),
        "cannot_tell": _rows(untold, "rows", "missing"),
        "not_checked": _rows(unchecked, "rows", "kind", "reason"),
        "first": _first(found),
    }


def _rows(frame: pl.LazyFrame, most: str | None, *by: str) -> list[dict[str, Any]]:
    """Return the rows of a small frame, the most first, in an order that depends on nothing else."""
    names = [*([most] if most else []), *by]
    return frame.sort(names, descending=[name == most for name in names], nulls_last=True).collect().to_dicts()


def _first(found: pl.LazyFrame) -> list[dict[str, Any]]:
    """Return the records to review first: the strictest action, the worst hazard, the most findings."""
    ranked = worst(found).sort(
        "rank", "grade", "findings", "patient", "file", descending=[True, True, True, False, False], nulls_last=True
    )
    return ranked.head(_FIRST).drop("rank", "grade").collect().to_dicts()


def worst(found: pl.LazyFrame) -> pl.LazyFrame:
    """Return a row a patient (a message, where no patient is named): the strictest action and severity, and the rules."""
    grades = {name: number for number, name in enumerate(SEVERITIES, 1)}
    return (
        found.filter(pl.col("action") != "none")
        .with_columns(
            rank=pl.col("action").replace_strict(RANK, return_dtype=pl.Int64),
            grade=pl.col("severity").replace_strict(grades, default=0, return_dtype=pl.Int64),
        )
        .group_by("patient", MESSAGE)
        .agg(
            pl.col("rank").max(),
            pl.col("grade").max(),
            sender=pl.col("sender").drop_nulls().min(),
            action=pl.col("action").sort_by("rank").last(),
            severity=pl.col("severity").sort_by("grade").last(),
            findings=pl.col("finding").n_unique(),
            rules=pl.col("rule").unique().sort().str.join(", "),
        )
    )


def page(made: Mapping[str, Any]) -> str:
    """Return one self-contained page: no script, nothing loaded."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("codesafety.batch", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: escaped(value) if type(value) is str else value,
    )
    months = [row for row in made["months"] if row["month"]]
    return environment.get_template("scan.html").render(
        made=made,
        months=_months(months),
        undated=sum(r["entries"] for r in made["months"] if not r["month"]),
        ages=_ages(made["ages"]),
        charts=list(_charts(made["tripwire"]["charts"])),
    )


def _charts(charts: list[dict[str, Any]]) -> Iterator[Any]:
    from markupsafe import Markup

    for one in charts:
        points = [Point(**{**point, "first_day": date.fromisoformat(point["first_day"]).toordinal()}) for point in one["points"]]
        yield Markup(as_svg(points, escaped(f"{one['rule']}, {one['sender'] or 'all senders'}, {one['days']} days a point")))


def _months(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the columns of the picture of months: whole years where there are more months than can be seen."""
    counted: Counter[str] = Counter()
    for row in rows:
        counted[row["month"] if len(rows) <= 36 else row["month"][:4]] += row["entries"]
    most = max(counted.values(), default=1)
    width = 720 / max(1, len(counted))
    return [
        {
            "x": round(width * place, 1),
            "width": round(width * 0.8, 1),
            "height": round(140 * number / most, 1),
            "label": label,
            "n": number,
        }
        for place, (label, number) in zip(count(), sorted(counted.items()))
    ]


def _ages(ages: Mapping[str, int]) -> dict[str, list[dict[str, Any]]]:
    """Return a row of cells a gender, each with how dark it is."""
    most = max(ages.values(), default=1)
    genders = [one for one in ("female", "male", "other", "unknown") if any(key.startswith(f"{one}|") for key in ages)]
    return {
        gender: [
            {"band": band, "n": (n := ages.get(f"{gender}|{band}", 0)), "shade": round(0.85 * n / most, 3)} for band in _BANDS
        ]
        for gender in genders
    }
