"""The rows of a part that some rule may have something to say of: the others are left out before anything is read, and no answer changes.

Columns answer the questions that verdicts leave open; a patient of whom something is not plain keeps all rows. Rules that look at other items get
every row that they may look at. One row of each patient stays in any case, the latest: patients themselves are asked about, and when the last thing
happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from codesafety.batch.verdicts import ALL, Question, Tree, Verdict, Verdicts
from codesafety.formats.tables.disk import ROW, Opened, Rows, Table
from codesafety.formats.tables.flat import ENCOUNTER_TABLES, GENDERS, OF_PATIENT, PATIENT_TABLES, FlatReader, field_columns
from codesafety.record import TIME, Submission

_DATES = ("date", "end_date", "recorded")
_DAYS = {"date": "day", "end_date": "end_day", "recorded": "recorded_day"}
_OWN = ("patient", "id", "encounter", *_DATES, *OF_PATIENT)
"""What rows that are alike need not share. Whether a row has an id they do."""
_IN_WORDS = pl.col(pl.Categorical).cast(pl.String)
_NEVER = pl.lit(False)
_EXACT = f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({TIME.pattern})?$"
"""A day, with a time or without one, as `record.day_interval` takes it."""
_SPAN = 2**22
"""More days than there are."""
_EPOCH = 719_163
"""1970-01-01, counted from the first day of year 1."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many items of a patient were left out, and how many of these the line counts that says for want of the record."""

    items: int
    without_record: int


NOTHING = LeftOut(0, 0)


@dataclass(slots=True)
class Sieve:
    """Leaves rows out, by the verdicts of one engine, which it remembers from part to part."""

    verdicts: Verdicts
    _numbers: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _known: list[Verdict] = field(default_factory=list)
    _by_verdict: dict[Verdict, int] = field(default_factory=dict)

    def left(self, opened: Opened) -> tuple[Opened, Mapping[str, LeftOut]]:
        """Return the tables with the rows that are left, and what of each patient was left out."""
        frames = {name: table.frame.collect().with_columns(_IN_WORDS) for name, table in opened.tables.items()}
        items = [name for name in frames if name not in PATIENT_TABLES and frames[name].height]
        if not items or not all(_is_key(frames[name].schema[opened.keys[name]]) for name in frames):
            return opened, {}
        people = _people(frames, opened)
        rows = pl.concat([self._rows(name, frames[name], opened) for name in items]).join(people, on="patient", how="left")
        kept, alike = self._kept(rows)
        out = {name: frames[name] for name in frames if name not in items}
        for name in items:
            mine = kept.filter(pl.col("table") == name).select(ROW)
            out[name] = frames[name].join(mine, on=ROW, how="semi", maintain_order="left")
        fewer = rows.join(kept, on=["table", ROW], how="anti").join(alike, on=["table", ROW], how="left")
        of_each = fewer.group_by("patient").agg(pl.len(), pl.col("alike").count())
        tables = {name: _held(table, out[name]) for name, table in opened.tables.items()}
        return Opened(opened.source, tables, opened.keys, opened.beside, opened.listed), {
            patient: LeftOut(items, without) for patient, items, without in of_each.iter_rows()
        }

    # ------------------------------------------------------------------------------------------ rows and their verdicts

    def _rows(self, name: str, frame: pl.DataFrame, opened: Opened) -> pl.DataFrame:
        """Return a row for each of a table: whose it is, its verdict's number, its days, and whether it must stay whatever it says."""
        columns = field_columns(opened.tables[name].columns)
        key = opened.keys[name]
        alike = [column for what, column in columns.items() if what not in _OWN]
        unknown = [c for c in opened.tables[name].columns if c not in columns.values() and _says(frame[c])]
        days = {what: _day(frame.schema.get(columns.get(what, "")), columns.get(what)) for what in _DATES}
        plain = [ok for _, ok in days.values()] + [days["date"][0].is_not_null()]
        has_id = pl.col(columns["id"]).is_not_null() if "id" in columns else pl.lit(False)
        first = [
            (_says_anything(pl.col(columns[what]), frame.schema[columns[what]]).cum_sum().over(key) == 1)
            & _says_anything(pl.col(columns[what]), frame.schema[columns[what]])
            for what in OF_PATIENT
            if what in columns
        ]
        made = frame.with_columns(
            has_id.alias("#has_id"),
            pl.any_horizontal(
                _NEVER, ~pl.all_horizontal(*plain), pl.lit(bool(unknown) or name in ENCOUNTER_TABLES), *first
            ).alias("#stays"),
            *(day.alias(f"#{_DAYS[what]}") for what, (day, _) in days.items()),
        )
        distinct = made.select(*alike, "#has_id").unique(maintain_order=True)
        numbers = [self._number(name, row, opened) for row in distinct.iter_rows(named=True)]
        distinct = distinct.with_columns(pl.Series("#verdict", numbers, pl.Int64))
        made = made.join(distinct, on=[*alike, "#has_id"], how="left", nulls_equal=True, maintain_order="left")
        return made.select(
            pl.lit(name).alias("table"),
            ROW,
            _key(key).alias("patient"),
            pl.col("#verdict").alias("verdict"),
            pl.col("#stays").alias("stays"),
            *(pl.col(f"#{day}").alias(day) for day in _DAYS.values()),
        )

    def _number(self, name: str, row: dict[str, Any], opened: Opened) -> int:
        """Return the number of the verdict on rows like this one, worked out when it is first met."""
        question = (name, *row.items())
        number = self._numbers.get(question)
        if number is None:
            verdict = self.verdicts.of(self._read(name, row, opened))
            number = self._by_verdict.setdefault(verdict, len(self._known))
            if number == len(self._known):
                self._known.append(verdict)
            self._numbers[question] = number
        return number

    @staticmethod
    def _read(name: str, row: dict[str, Any], opened: Opened) -> Submission:
        """Return what the reader makes of one such row alone, on an exact day."""
        columns = field_columns(opened.tables[name].columns)
        whole = dict.fromkeys(opened.tables[name].columns) | {k: v for k, v in row.items() if k != "#has_id"}
        whole |= {ROW: 0, columns["patient"]: "one"}
        whole |= {columns["date"]: "2000-01-01"} if "date" in columns else {}
        whole |= {columns["id"]: "one"} if row["#has_id"] else {}
        rows: Rows = {name: {"one": [whole]}}
        alone = Opened(opened.source, {name: opened.tables[name]}, {name: opened.keys[name]})
        ((_, _, submission),) = FlatReader().patients(alone, rows)
        return submission

    # ------------------------------------------------------------------------------------------ what is left

    def _kept(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the rows that stay (table, number); and those that would be told as one is that stays, but for the record's line, which counts
        them (`alike`)."""
        rows = rows.with_row_index("at")
        verdicts = {number: self._known[number] for number in rows["verdict"].unique().to_list()}
        whole = [number for number, verdict in verdicts.items() if verdict.whole]
        kept = [number for number, verdict in verdicts.items() if verdict.kept]
        stays = pl.col("stays") | pl.col("verdict").is_in(kept) | pl.col("patient").is_null() | ~pl.col("plain").fill_null(True)
        latest = pl.max_horizontal("day", "recorded_day")
        is_latest = (latest == latest.max().over("patient")).fill_null(False)
        alone = [number for number, verdict in verdicts.items() if verdict.beside_any]
        medicines = [number for number, verdict in verdicts.items() if verdict.medicine]
        of_its_kind = pl.int_range(pl.len()).over("patient", pl.col("verdict").is_in(medicines))
        stays |= pl.col("verdict").is_in(alone).any().over("patient") & (of_its_kind < 2)  # beside each of them stands another
        rows = rows.with_columns(stays.alias("stays"), is_latest.alias("latest"))
        asked: dict[Question, list[int]] = {}
        for number, verdict in verdicts.items():
            for question in verdict.questions:
                asked.setdefault(question, []).append(number)
        rows = _with_neighbours(
            rows, verdicts, {name for question in asked for tree in question.trees for name in _looked_for(tree)}
        )
        live = [pl.col("verdict").is_in(numbers) & ~pl.col("stays") & _live(question) for question, numbers in asked.items()]
        rows = rows.with_columns(one.alias(f"live{n}") for n, one in enumerate(live))
        live_ones = (pl.col(f"live{n}") for n in range(len(live)))
        rows = rows.with_columns(pl.any_horizontal(pl.col("stays"), _first_latest(), *live_ones).alias("stays"))
        needs = [_needs(rows.filter(pl.col(f"live{n}")), question.needs) for n, question in enumerate(asked) if question.needs]
        pairs, theirs, alike = self._pairs(rows, verdicts)
        of_each = pl.DataFrame(
            [(number, name) for number, verdict in verdicts.items() for name in verdict.needs],
            {"verdict": pl.Int64, "need": pl.String},
            orient="row",
        )
        staying = rows.filter(pl.col("stays")).select("patient", "verdict").unique()
        needs += [*theirs, staying.join(of_each, on="verdict").select("patient", "need")]
        needs.append(_needs(rows, self.verdicts.of_everybody))
        wanted = pl.concat(needs).unique()
        everything = wanted.filter(pl.col("need") == ALL).select("patient")
        everything = pl.concat(
            [everything, rows.filter(pl.col("verdict").is_in(whole) | ~pl.col("plain").fill_null(True)).select("patient")]
        )
        listed = pl.DataFrame(
            [(number, name) for number, verdict in verdicts.items() for name in verdict.listed],
            {"verdict": pl.Int64, "need": pl.String},
            orient="row",
        )
        looked_for = (
            rows.select("at", "patient", "verdict").join(listed, on="verdict").join(wanted, on=["patient", "need"], how="semi")
        )
        of_all = rows.join(everything.unique(), on="patient", how="semi")
        left = [frame.select("at") for frame in (rows.filter(pl.col("stays")), pairs, looked_for, of_all)]
        told = rows.join(alike, on="at", how="semi").select("table", ROW, alike=pl.lit(1))
        return rows.join(pl.concat(left).unique(), on="at", how="semi").select("table", ROW), told

    def _pairs(
        self, rows: pl.DataFrame, verdicts: Mapping[int, Verdict]
    ) -> tuple[pl.DataFrame, list[pl.DataFrame], pl.DataFrame]:
        """Return the rows that may be a side of a pair of which the patient has the other, and what rules on those look for; and the rows that need
        not stay for their pairs, since another says the same."""
        asked: dict[tuple[Tree, ...] | None, int] = {}
        roles = pl.DataFrame(
            [
                (number, role.rule, role.side, role.token, role.lacks, asked.setdefault(role.holds, len(asked)))
                for number, verdict in verdicts.items()
                for role in verdict.roles
            ],
            {"verdict": pl.Int64, "rule": pl.Int64, "side": pl.Int64, "token": pl.String, "lacks": pl.Boolean, "holds": pl.Int64},
            orient="row",
        )
        held = rows.select("at", "patient", "verdict", "day").join(roles, on="verdict")
        any_token = held.filter(pl.col("token") == "?").select("patient", "rule").unique()
        loose = held.join(any_token, on=["patient", "rule"], how="semi").with_columns(token=pl.lit("?"))
        held = pl.concat([held, loose])
        both = (
            held.group_by("patient", "rule", "token")
            .agg(sides=pl.col("side").n_unique(), rows=pl.col("at").n_unique())
            .filter((pl.col("sides") == 2) & (pl.col("rows") > 1))
        )
        found = _near(held.join(both, on=["patient", "rule", "token"], how="semi"), self.verdicts.windows)
        needs = [
            _needs(found.filter(pl.col("rule") == rule), self.verdicts.needs(rule)) for rule in found["rule"].unique().to_list()
        ]
        alike = self._alike(rows, found, asked)
        found = found.join(alike, on=["at", "rule", "side"], how="anti")
        return found.select("at").unique(), needs, alike.select("at").unique() if self.verdicts.counts_record else alike.clear()

    def _alike(self, rows: pl.DataFrame, found: pl.DataFrame, asked: Mapping[tuple[Tree, ...] | None, int]) -> pl.DataFrame:
        """Return the first sides beside which no second side's code is known, of rules that then say something of the second alone: all but the
        latest of each patient, which are after whatever another is after."""
        group = ["patient", "rule", "token"]
        mine = found.filter(pl.col("rule").is_in(sorted(self.verdicts.told_of_partner)))
        mine = mine.filter((pl.col("day").is_not_null() & ((pl.col("side") == 0) | pl.col("lacks"))).all().over(group))
        of_each = [
            mine.filter((pl.col("side") == 0) & (pl.col("holds") == number)).join(
                rows.filter(pl.all_horizontal(pl.lit(True), *(truth(tree)[1] for tree in trees))).select("at"),
                on="at",
                how="semi",
            )
            for trees, number in asked.items()
            if trees is not None
        ]
        holding = pl.concat([mine.clear(), *of_each])
        return holding.filter(pl.col("day") < pl.col("day").max().over(group)).select("at", "rule", "side")


def _near(held: pl.DataFrame, windows: Mapping[int, tuple[int, int]]) -> pl.DataFrame:
    """Return the sides of pairs that have another side as near in days as their rule asks. Where a day is not known, any is."""
    of_rules = pl.DataFrame(
        [(rule, *window) for rule, window in windows.items()],
        {"rule": pl.Int64, "least": pl.Int64, "most": pl.Int64},
        orient="row",
    )
    group = ["patient", "rule", "token"]
    open_ = held.filter(pl.col("day").is_null()).select(group).unique()
    asked = held.join(of_rules, on="rule").join(open_, on=group, how="anti")
    if asked.is_empty():
        return held
    numbers = asked.select(group).unique().with_row_index("group")
    asked = asked.join(numbers, on=group).with_columns(
        at_day=pl.col("group").cast(pl.Int64) * _SPAN + pl.col("day").cast(pl.Int64)
    )
    near = [held.join(asked.select(group).unique(), on=group, how="anti")]
    for side, least, most in ((0, pl.col("least"), pl.col("most")), (1, -pl.col("most"), -pl.col("least"))):
        others = asked.filter(pl.col("side") != side)
        of_both = others.select("at", "group").unique().with_columns(both=pl.lit(1, pl.Int64))
        mine = asked.filter(pl.col("side") == side).join(of_both, on=["at", "group"], how="left", maintain_order="left")
        days, start = others["at_day"].sort(), pl.col("group").cast(pl.Int64) * _SPAN
        bounds = mine.select(
            first=pl.max_horizontal(pl.col("at_day") + least, start),
            last=pl.min_horizontal(pl.col("at_day") + most, start + _SPAN - 1),
            itself=((least <= 0) & (most >= 0)).cast(pl.Int64),
            both=pl.col("both").fill_null(0),
        )
        first = pl.select(pl.lit(days).search_sorted(pl.lit(bounds["first"]), "left")).to_series()
        last = pl.select(pl.lit(days).search_sorted(pl.lit(bounds["last"]), "right")).to_series()
        beside = last.cast(pl.Int64) - first.cast(pl.Int64) - bounds["itself"] * bounds["both"]
        near.append(mine.filter(beside > 0).select(held.columns))
    return pl.concat(near)


def _looked_for(tree: Tree) -> Iterator[str]:
    """Yield the sets that a question looks for beside a row."""
    if tree[0] == "beside":
        yield tree[1]
    elif tree[0] in ("and", "or", "not"):
        for part in tree[1:]:
            yield from _looked_for(part)


def _with_neighbours(rows: pl.DataFrame, verdicts: Mapping[int, Verdict], names: Iterable[str]) -> pl.DataFrame:
    """Return rows with a column for each set: whether another row of the patient's may be in it and of the same day."""
    asked = sorted(names)
    rows = rows.with_columns(
        pl.col("verdict").is_in([number for number, one in verdicts.items() if name in one.listed]).alias(f"in {name}")
        for name in asked
    )
    return rows.with_columns(
        (
            (pl.col(f"in {name}").sum().over("patient", "day") > pl.col(f"in {name}").cast(pl.UInt32))
            | (pl.col(f"in {name}") & pl.col("day").is_null()).any().over("patient")
            | pl.col("day").is_null()  # it may be the day of any
        ).alias(f"beside {name}")
        for name in asked
    )


def _first_latest() -> pl.Expr:
    """Return whether a row is the first of its patient's latest, or the first where none has a day."""
    first = pl.int_range(pl.len()).over("patient") == 0
    none = ~pl.col("latest").any().over("patient")
    return (pl.col("latest") & (pl.col("latest").cum_sum().over("patient") == 1)) | (none & first)


def _needs(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    return frame.select("patient").unique().join(pl.DataFrame({"need": sorted(names)}, {"need": pl.String}), how="cross")


def _held(table: Table, frame: pl.DataFrame) -> Table:
    return Table(table.name, table.columns, frame.lazy(), frame.height)


# ------------------------------------------------------------------------------------------ cells


def _is_key(kind: pl.DataType) -> bool:
    return kind == pl.String or kind.is_integer()


def _key(column: str) -> pl.Expr:
    """Return keys as the reader compares them: an empty cell is none."""
    text = pl.col(column).cast(pl.String)
    return pl.when(text.str.strip_chars() != "").then(text)


def _says(cells: pl.Series) -> bool:
    if cells.dtype == pl.String:
        return bool((cells.str.strip_chars() != "").any())
    return cells.null_count() < len(cells)


def _says_anything(cell: pl.Expr, kind: pl.DataType) -> pl.Expr:
    return (cell.str.strip_chars() != "").fill_null(False) if kind == pl.String else cell.is_not_null()


def _day(kind: pl.DataType | None, column: str | None) -> tuple[pl.Expr, pl.Expr]:
    """Return the day of a cell, counted from year 1, and whether that is all of it: an exact day as the reader takes it, or none at all. Of when
    something happened there must be one."""
    nothing = pl.lit(None, pl.Int32)
    if column is None or kind is None:
        return nothing, pl.lit(True)
    cell = pl.col(column)
    if kind == pl.Date:
        day = cell.cast(pl.Int32) + _EPOCH
    elif kind == pl.String:
        words = cell.str.strip_chars()
        exact = words.str.contains(_EXACT)
        day = pl.when(exact).then(words.str.head(10).str.to_date("%Y-%m-%d", strict=False)).cast(pl.Int32) + _EPOCH
        return day, (day.is_not_null() | (words == "") | cell.is_null()).fill_null(True)
    else:
        return nothing, cell.is_null()
    return day, pl.lit(True)


# ------------------------------------------------------------------------------------------ patients


def _people(frames: Mapping[str, pl.DataFrame], opened: Opened) -> pl.DataFrame:
    """Return what tables say of each patient, and whether it is plain: one thing, an exact day or a word that the reader knows."""
    told = []
    for name, frame in frames.items():
        columns = field_columns(opened.tables[name].columns)
        cells = [
            (pl.col(columns[what]).cast(pl.String) if what in columns else pl.lit(None, pl.String)).str.strip_chars().alias(what)
            for what in OF_PATIENT
        ]
        told.append(frame.select(_key(opened.keys[name]).alias("patient"), *cells).unique())
    whole = pl.concat(told).with_columns(pl.when(pl.col(what) != "").then(what).alias(what) for what in OF_PATIENT)
    people = whole.group_by("patient").agg(
        *(pl.col(what).drop_nulls().first() for what in OF_PATIENT),
        pl.all_horizontal(pl.col(what).drop_nulls().n_unique() < 2 for what in OF_PATIENT).alias("plain"),
    )
    words = {word: word for word in ("true", "false")}
    days = {what: _day(pl.String(), what) for what in ("born", "died")}
    gender, at_birth = (pl.col(what).str.to_lowercase() for what in ("gender", "sex_at_birth"))
    died_said = pl.col("died").is_in(list(words))
    return people.select(
        "patient",
        (
            pl.col("plain")
            & days["born"][1]
            & (days["died"][1] | died_said.fill_null(False))
            & (gender.is_in(list(GENDERS)) | gender.is_null()).fill_null(True)
            & (at_birth.is_in(list(GENDERS)) | at_birth.is_null()).fill_null(True)
        ).alias("plain"),
        gender.replace(GENDERS).alias("gender"),
        at_birth.replace(GENDERS).alias("sex_at_birth"),
        days["born"][0].alias("born_day"),
        days["died"][0].alias("died_day"),
        pl.when(days["died"][0].is_not_null()).then(pl.lit("true")).when(died_said).then(pl.col("died")).alias("deceased"),
    )


# ------------------------------------------------------------------------------------------ questions of days, age and gender


def _live(asked: Question) -> pl.Expr:
    """Return whether a rule may have something to say of a row."""
    truths = [truth(tree) for tree in asked.trees]
    clear = pl.any_horizontal(_NEVER, *(false for false, _ in truths))
    return ~(clear | pl.all_horizontal(*(true for _, true in truths))) if asked.whole and truths else ~clear


def truth(tree: Tree) -> tuple[pl.Expr, pl.Expr]:
    """Return where a question is certainly false, and where it is certainly true."""
    match tree:
        case ("and", *parts):
            each = [truth(part) for part in parts]
            return pl.any_horizontal(*(false for false, _ in each)), pl.all_horizontal(*(true for _, true in each))
        case ("or", *parts):
            each = [truth(part) for part in parts]
            return pl.all_horizontal(*(false for false, _ in each)), pl.any_horizontal(*(true for _, true in each))
        case ("not", part):
            false, true = truth(part)
            return true, false
        case ("before", one, other):
            return _sure(_day_of(one) >= _day_of(other)), _sure(_day_of(one) < _day_of(other))
        case ("same", one, other):
            return _sure(_day_of(one) != _day_of(other)), _sure(_day_of(one) == _day_of(other))
        case ("missing", ("gender" | "sex_at_birth") as column):
            known = (pl.col(column) != "unknown").fill_null(False)
            return known, ~known
        case ("missing", column):
            return pl.col(column).is_not_null(), pl.col(column).is_null()
        case ("is", column, word):
            words = ["true", "false"] if column == "deceased" else ["male", "female"]
            return _sure(pl.col(column).is_in(words) & (pl.col(column) != word)), _sure(
                pl.col(column).is_in(words) & (pl.col(column) == word)
            )
        case ("beside", name):
            return ~pl.col(f"beside {name}"), _NEVER
        case (("within" | "beyond" | "nearer") as word, side, one, other, least, most):
            gap = _day_of(one) - _day_of(other)
            apart = -gap if side == "before" else gap if side == "after" else gap.abs()
            near, far = (apart <= least, apart > most) if word != "nearer" else (apart < least, apart >= most)
            if word == "beyond":
                return _sure(near), _sure(far)
            return _sure(far | (apart < 0)), _sure(near & (apart >= 0))
        case ("younger", day, fewer, more):
            lived = _day_of(day) - pl.col("born_day")
            return _sure(lived > more), _sure((lived >= 0) & (lived < fewer))
        case _:
            return _NEVER, _NEVER


def _day_of(column: str | int) -> pl.Expr:
    return pl.lit(column, pl.Int32) if isinstance(column, int) else pl.col(column)


def _sure(answer: pl.Expr) -> pl.Expr:
    return answer.fill_null(False)
