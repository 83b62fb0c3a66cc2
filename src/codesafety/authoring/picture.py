"""For whom a rule fires, drawn: ages by recorded gender, with and without what it looks for, and the time between two items.

Each picture begins with a patient for whom the rule fires (made up by the linter's solver, else the rule's own example) and changes
what the axes say; each cell is answered by the compiled evaluator. The edges of cells are the rule's own bounds, so that
nothing changes within one. The three answers differ without colour, and every row is also a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from math import floor
from typing import Literal

from codesafety import ir
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.logic import of_firing
from codesafety.authoring.lint.patients import Choice, World
from codesafety.authoring.lint.reading import Stands
from codesafety.authoring.lint.solving import FALSE, TRUE, Problem, Verdict
from codesafety.authoring.lint.told import conditions
from codesafety.authoring.testing import alone_with, answer, build
from codesafety.evaluation import calendar
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.compiled.program import Program, compile_program
from codesafety.evaluation.facts import Facts

Cell = Literal["fires", "cannot tell", "clear", "no such day"]
GENDERS: tuple[str | None, ...] = ("female", "male", "other", None)
_MOST_PANELS = 2
_MOST_DISTANCES = 3
_MOST_AGES = 5
_MOST_CELLS = 140
_MARGIN = 10
"""Years, months, weeks or days that are shown beyond the outermost bound."""
_PER: Mapping[ir.Unit, float] = {ir.Unit.DAYS: 1.0, ir.Unit.WEEKS: 7.0, ir.Unit.MONTHS: 30.436875, ir.Unit.YEARS: 365.2425}


@dataclass(frozen=True, slots=True)
class Chart:
    """Cells along one axis, a row a gender or one for all. `starts` are where cells begin, in the axis's unit; `end` is its end."""

    title: str
    axis: str
    unit: str
    starts: tuple[float, ...]
    end: float
    rows: Mapping[str, tuple[Cell, ...]]

    @property
    def turns(self) -> bool:
        """Whether along some row it fires at one place, and not at another."""
        return any("fires" in cells and len(set(cells)) > 1 for cells in self.rows.values())

    def stretches(self, row: str) -> Iterator[tuple[Cell, float, float]]:
        """Yield each stretch of a row in which the answer is the same, with where it begins and ends."""
        cells = self.rows[row]
        begin = 0
        for at in range(1, len(cells) + 1):
            if at == len(cells) or cells[at] != cells[begin]:
                yield cells[begin], self.starts[begin], self.starts[at] if at < len(cells) else self.end
                begin = at

    def named(self, place: float) -> str:
        """Return a place on the axis as people write it: whole units, and days beyond them."""
        whole = floor(place + 1e-9)
        days = round((place - whole) * _PER[ir.Unit(self.unit)])
        if not days:
            return str(whole)
        if self.axis == "age" and self.unit == ir.Unit.YEARS:  # a bound in months
            return f"{round(place, 2):g}"
        return f"{whole} + {days} d"

    def sentence(self, row: str) -> str:
        """Return a row in words, for those who do not see it; what lies beyond the ends of the axis was not asked."""
        parts = list(self.stretches(row))
        if len(parts) == 1:
            return f"{row}: {parts[0][0]} throughout"
        drawn = f"{self.named(self.starts[0])} to {self.named(self.end)} {self.unit}"
        told = [cell + (f" from {self.named(low)}" if at else "") for at, (cell, low, _) in enumerate(parts)]
        told = [one + f" until {self.named(high)}" for one, (_, _, high) in zip(told[:-1], parts, strict=False)] + told[-1:]
        return f"{row}: {'; '.join(told)} (drawn: {drawn})"


@dataclass(frozen=True, slots=True)
class Picture:
    """For whom a rule fires. `of`: the patient with whom it begins."""

    rule: str
    title: str
    of: str
    charts: tuple[Chart, ...]

    def sentences(self) -> list[str]:
        return [f"{chart.title}: {chart.sentence(row)}" for chart in self.charts for row in chart.rows]


def picture(binding: Binding, rule: ir.Rule) -> Picture | None:
    """Return for whom a rule fires; None where no patient is known for whom it does, or nothing that is drawn changes the answer.

    `binding` is bound to an `ExampleTerminology`.
    """
    return _Drawing(binding, rule).picture()


@dataclass
class _Drawing:
    binding: Binding
    rule: ir.Rule
    cells: dict[str, Cell] = field(default_factory=dict)

    @cached_property
    def _program(self) -> Program:
        return compile_program(alone_with(self.binding, self.rule))

    @cached_property
    def _problem(self) -> Problem:
        return Problem(self.binding, [self.rule], self._program)

    @cached_property
    def _world(self) -> World | None:
        if self.rule.trigger.subject.kind is ir.Kind.TEXT:
            return None
        found = self._problem.world(of_firing(self.rule), confirm={0: "fires"})
        return None if isinstance(found, Verdict) else found

    def picture(self) -> Picture | None:
        world = self._world
        if world is not None:
            base, of = self._patient(world), "a made-up patient for whom it fires"
        else:
            shown = next((one for one in self.rule.examples if one.expect == "fires"), None)
            if shown is None:
                return None
            base, of = shown, f"its example “{shown.name}”"
        ages = [self._ages(base, "as it fires")] if _day_of(base) is not None else []
        panels = [self._ages(other, label) for label, other in self._panels() if _day_of(other) is not None] if world else []
        shown_by_panels = any(panel.rows == chart.rows for panel in panels for chart in ages)
        charts = [*([] if shown_by_panels else ages), *panels, *(self._distances(world, ages) if world else [])]
        kept = [one for one in charts if len({cell for row in one.rows.values() for cell in row}) > 1]
        if not kept:
            return None
        return Picture(self.rule.name, self.rule.title or self.rule.name, of, tuple(kept))

    def _patient(self, world: World) -> ir.Example:
        return patients.example(world, self._problem.items)

    def _cell(self, patient: ir.Example) -> Cell:
        given = build(patient)
        found = answer(self._program.run(Facts(given.submission, given.record, self.binding.codebook)), self.rule.name)[0]
        return "fires" if found == "fires" else "clear" if found == "clear" else "cannot tell"

    # ---- ages

    def _ages(self, base: ir.Example, label: str) -> Chart:
        day = _day_of(base)
        assert day is not None
        axis, edges = self._edges_of_age
        starts = sorted({(_position(n, unit, axis), int(n), unit) for n, unit in edges})
        high = starts[-1][0]
        places = {round(at, 6): (n, unit) for at, n, unit in starts if at < high}
        rows = {}
        for gender in GENDERS:
            cells: list[Cell] = []
            for n, unit in places.values():
                born = calendar.add(day, -n, unit)
                cells.append("no such day" if born < 1 else self._cell(_of_age(base, gender, born)))
            rows[gender or "not known"] = tuple(cells)
        return Chart(label, "age", axis.value, tuple(places), high, _together(rows))

    @cached_property
    def _edges_of_age(self) -> tuple[ir.Unit, list[tuple[Decimal, ir.Unit]]]:
        """Return the unit of the axis of ages and where its cells begin: at each unit, and at each bound of the rule."""
        bounds: list[tuple[Decimal, ir.Unit]] = []
        for _, _, length, age in self._problem.asked.ties:
            for found in self._lengths(length) if age else ():
                bounds += [(found.n, found.unit), (found.n + 1, found.unit)]
        days = [float(n) * _PER[unit] for n, unit in bounds]
        if not days:
            axis, low, high, step = ir.Unit.YEARS, 0, 100, 1
        else:
            most = max(days)
            axis = next(u for u, top in ((ir.Unit.WEEKS, 200), (ir.Unit.MONTHS, 1900), (ir.Unit.YEARS, 1e9)) if most <= top)
            low, high, step = int(min(days) / _PER[axis]) - _MARGIN, int(most / _PER[axis]) + _MARGIN, 1
            low = 0 if low < _MARGIN else low
            step = 1 + (high - low) // _MOST_CELLS
        grid = [(Decimal(n), axis) for n in (*range(low, high, step), high)]
        return axis, [*grid, *((n, unit) for n, unit in bounds if unit is not axis)]

    def _lengths(self, length: ir.LengthLike | None) -> list[ir.Length]:
        """Return what a length may be: as it is written, of the row that the patient was made with, else of every row."""
        if length is None:
            return []
        if self._world is not None or not isinstance(length, ir.Field):
            one = self._problem.length(length, self._world or {})
            return [] if one is None else [one]
        table = length.var.table if length.var is not None else None
        if table is None or length.column_unit is None:
            return []
        cells = {row.cells.get(length.name) for rows in self.binding.tables[table].values() for row in rows}
        return [ir.Length(cell, length.column_unit) for cell in cells if isinstance(cell, Decimal)]

    # ---- with and without what it looks for

    def _panels(self) -> Iterator[tuple[str, ir.Example]]:
        """Yield patients with and without what the rule looks for beside its own items, such as a pregnancy."""
        asked = [one for whole in conditions(self.rule) for one in _quantified(whole)]
        for one in list(dict.fromkeys(asked))[:_MOST_PANELS]:
            titles = {s.name: s.title for ruleset in self.binding.rulesets for s in ruleset.valuesets}
            what = f"{one.var.kind.value} {one.var.name}" + (
                f" in “{titles.get(one.var.set, one.var.set)}”" if one.var.set else ""
            )
            holds = (FALSE, TRUE) if one.quantifier in ("no", "fewer") else (TRUE, FALSE)
            for word, mask in zip(("with", "without"), holds, strict=True):
                wanted = of_firing(self.rule)
                found = self._problem.world([*wanted, (one, mask)])
                if isinstance(found, Verdict):
                    found = self._problem.world([(Stands(0), TRUE), (one, mask)])
                if not isinstance(found, Verdict):
                    yield f"{word} {what}, as the rule asks for it", self._patient(found)

    # ---- the time between two items

    def _distances(self, world: World, ages: Sequence[Chart]) -> list[Chart]:
        own: Choice = (0, "date")
        found: dict[tuple[Choice, Choice], list[ir.Length]] = {}
        for one, other, like, age in self._problem.asked.ties:
            if age or isinstance(one, ir.DateLiteral) or isinstance(other, ir.DateLiteral):
                continue
            moved, fixed = (other, one) if one == own else (one, other)
            if isinstance(world.get(moved), int) and isinstance(world.get(fixed), int) and (lengths := self._lengths(like)):
                found.setdefault((moved, fixed), []).extend(lengths)
        worlds = [world, *self._of_other_ages(world, ages)]
        return [
            next((one for one in charts if one.turns), charts[0])
            for ends, lengths in list(found.items())[:_MOST_DISTANCES]
            for charts in [[self._distance(other, *ends, lengths) for other in worlds]]
        ]

    def _of_other_ages(self, world: World, ages: Sequence[Chart]) -> Iterator[World]:
        """Yield a patient of each age at which the rule answers otherwise: at some of them the time between two items decides."""
        day, born = world.get((0, "date")), ("patient", "born")
        if not isinstance(day, int) or born not in world:
            return
        for chart in ages:
            middles = [(low + high) / 2 for row in chart.rows for _, low, high in chart.stretches(row)]
            for middle in list(dict.fromkeys(middles))[:_MOST_AGES]:
                yield {**world, born: day - int(middle * _PER[ir.Unit(chart.unit)])}

    def _distance(self, world: World, moved: Choice, fixed: Choice, lengths: Sequence[ir.Length]) -> Chart:
        absent = {(end[0], "present"): 1 for end in (moved, fixed) if world.get((end[0], "present")) == 0}
        world = {**world, **absent}
        start = int(str(world[fixed]))
        most = max(float(one.n) * _PER[one.unit] for one in lengths)
        units = {one.unit for one in lengths}
        axis = (
            units.pop()
            if len(units) == 1
            else next(u for u, top in ((ir.Unit.DAYS, 60), (ir.Unit.WEEKS, 400), (ir.Unit.MONTHS, 1e9)) if most <= top)
        )
        reach = int(most / _PER[axis]) + 1 + max(1, int(most / _PER[axis]) // 3)
        step = 1 + 2 * reach // _MOST_CELLS
        whole = {calendar.add(start, n, axis) - start: float(n) for n in range(-reach, reach + 1)}
        days = {day for day, n in whole.items() if n % step == 0 or n == reach} | {0, 1}
        for one in lengths:
            for sign in (-1, 1):
                edge = calendar.add(start, sign * int(one.n), one.unit) - start
                days |= {edge, edge + 1}
        every = sorted(days)
        genders = GENDERS if ("patient", "gender") in world else ("",)
        rows = {
            ("any gender" if gender == "" else gender or "not known"): tuple(
                self._cell(
                    self._patient({**world, moved: start + day, **({} if gender == "" else {("patient", "gender"): gender})})
                )
                for day in every[:-1]
            )
            for gender in genders
        }
        names = {item.key: item.name for item in self._problem.items}
        one_name, other_name = (names.get(end[0], str(end[0])) for end in (moved, fixed))
        places = [whole.get(day, max(n for d, n in whole.items() if d <= day) + _since(day, whole) / _PER[axis]) for day in every]
        title = f"when {one_name} is, from {other_name} on (below 0: before it)"
        return Chart(title, f"from {other_name} to {one_name}", axis.value, tuple(places[:-1]), places[-1], _together(rows))


def _since(day: int, whole: Mapping[int, float]) -> int:
    """Return the days since the last whole unit."""
    return day - max(d for d in whole if d <= day)


def _together(rows: Mapping[str, tuple[Cell, ...]]) -> Mapping[str, tuple[Cell, ...]]:
    """Return one row where those of all genders are the same."""
    return {"any gender": next(iter(rows.values()))} if len(set(rows.values())) == 1 else rows


def _quantified(condition: ir.Condition) -> Iterator[ir.Quantified]:
    """Yield the quantifiers that a condition is made of, but those within others."""
    if isinstance(condition, ir.Quantified):
        yield condition
    elif not isinstance(condition, ir.Ordered):
        for part in ir.inner(condition):
            yield from _quantified(part)


def _position(n: Decimal, unit: ir.Unit, axis: ir.Unit) -> float:
    """Return where an age stands on an axis: exactly where months and years, or weeks and days, are both of a kind."""
    months = {ir.Unit.MONTHS: 1, ir.Unit.YEARS: 12}
    days = {ir.Unit.DAYS: 1, ir.Unit.WEEKS: 7}
    for per in (months, days):
        if unit in per and axis in per:
            return float(n) * per[unit] / per[axis]
    return float(n) * _PER[unit] / _PER[axis]


def _day_of(example: ir.Example) -> int | None:
    """Return the last day of what is incoming, by which ages are; None where none is given as a whole day."""
    days = [
        date.fromisoformat(a.value).toordinal()
        for given in example.givens
        if isinstance(given, ir.GivenItem) and given.side == "incoming"
        for a in given.attributes
        if a.name == "date" and a.value is not None and len(a.value) == 10
    ]
    return max(days, default=None)


def _of_age(example: ir.Example, gender: str | None, born: int) -> ir.Example:
    """Return an example whose patient was born on a day and has a recorded gender, and no other sex."""
    own = [a for g in example.givens if isinstance(g, ir.GivenFields) and g.target == "patient" for a in g.attributes]
    kept = [a for a in own if a.name not in ("born", "gender", "sex_at_birth")]
    made = [ir.Attribute("born", date.fromordinal(born).isoformat()), *([ir.Attribute("gender", gender)] if gender else [])]
    rest = [g for g in example.givens if not (isinstance(g, ir.GivenFields) and g.target == "patient")]
    return replace(example, givens=(ir.GivenFields("patient", (*kept, *made)), *rest))


# ------------------------------------------------------------------------------------------------ for a terminal

MARKS: Mapping[Cell, str] = {"fires": "█", "cannot tell": "▒", "clear": "·", "no such day": " "}
_WIDTH = 70


def as_text(one: Picture) -> Iterator[str]:
    """Yield the lines of a picture: of each row its marks, and in words where its answers change."""
    yield f"{one.rule}: {one.title}"
    yield f"{MARKS['fires']} fires  {MARKS['cannot tell']} cannot tell  {MARKS['clear']} clear; from {one.of}"
    for chart in one.charts:
        yield ""
        yield f"{chart.title}: {chart.axis}, {chart.unit}"
        longest = max(len(row) for row in chart.rows)
        for row in chart.rows:
            yield f"  {row.ljust(longest)} {''.join(MARKS[cell] for cell in _sampled(chart, row))}"
        ends = chart.named(chart.starts[0]), chart.named(chart.end)
        width = min(_WIDTH, len(chart.starts))
        yield f"  {' ' * longest} {ends[0]}{ends[1].rjust(max(1, width - len(ends[0])))}"
        yield from (f"  {chart.sentence(row)}" for row in chart.rows)


def _sampled(chart: Chart, row: str) -> Iterator[Cell]:
    """Yield the cells of a row at even steps; no more than fit a line."""
    width = min(_WIDTH, len(chart.starts))
    cells = chart.rows[row]
    for column in range(width):
        at = chart.starts[0] + (column + 0.5) * (chart.end - chart.starts[0]) / width
        yield cells[max(i for i, start in enumerate(chart.starts) if start <= at)]
