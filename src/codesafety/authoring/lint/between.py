"""Rules beside each other: twins, one within another, two that leave nobody clear, bands that do not meet."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from codesafety import ir
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.logic import of_firing, silent_ways
from codesafety.authoring.lint.reading import Stands
from codesafety.authoring.lint.solving import FALSE, TRUE, Problem, Verdict
from codesafety.authoring.lint.told import Bench, local
from codesafety.authoring.testing import build
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.outcome import Status
from codesafety.ir.units import families


def look(bench: Bench) -> None:
    _titles(bench)
    _labels(bench)
    _within(bench)
    _bands(bench)


def _titles(bench: Bench) -> None:
    first: dict[tuple[str, str], ir.Rule] = {}
    for rule in bench.families:
        if rule.title is None or rule.row is not None:
            continue
        key = (rule.ruleset, " ".join(rule.title.lower().split()))
        other = first.setdefault(key, rule)
        if other is not rule:
            bench.tell(
                "CS444", f"the rule `{local(rule.name)}` has the title of `{local(other.name)}`", rule.span,
                "say what each of them is about: a title is what people know a rule by", rule,
                patients=bench.shown(rule, other), related=((other.span, "the other rule"),),
            )  # fmt: skip


def _labels(bench: Bench) -> None:
    for rule in bench.families:
        seen: dict[str, ir.Unless] = {}
        for one in rule.unless:
            other = seen.setdefault(" ".join(one.label.lower().split()), one)
            if other is not one:
                bench.tell(
                    "CS445", f"two exceptions of `{local(rule.family)}` are called “{one.label}”", one.span,
                    "give each its own words: a report names the exception that applied by them", rule,
                )  # fmt: skip


# ------------------------------------------------------------------------------------------------ one within another


def _within(bench: Bench) -> None:
    """Of each pair of rules that fire for one patient, find out whether one fires only where the other does."""
    simple = [rule for rule in bench.families if rule.row is None and rule.name in bench.fires]
    if len(simple) < 2:
        return
    also: dict[str, set[str]] = {}
    for rule in simple:
        names = {other.name for other in simple}
        for patient in (bench.fires[rule.name], *(one for one in rule.examples if one.expect == "fires")):
            given = build(patient)
            run = bench.program.run(Facts(given.submission, given.record, bench.binding.codebook))
            names &= {outcome.rule.name for outcome in run.outcomes if outcome.status is Status.FIRES}
        also[rule.name] = names
    for number, one in enumerate(simple):
        for other in simple[number + 1 :]:
            if not _comparable(one, other):
                continue
            if other.name in also[one.name] or one.name in also[other.name]:
                _compare(one, other, also, bench)
            elif _same_trigger(one, other):
                _contradict(one, other, bench)


def _comparable(one: ir.Rule, other: ir.Rule) -> bool:
    """Return whether both range over the same kinds of items, and neither says that it comes after the other."""
    a, b = one.trigger, other.trigger
    if other.name in one.after or one.name in other.after:
        return False
    if a.partner is None or b.partner is None:
        return a.partner is b.partner and a.subject.kind is b.subject.kind
    kinds = (a.subject.kind, a.partner.kind) == (b.subject.kind, b.partner.kind)
    return kinds and a.partner.kind is not ir.Kind.ROW and not a.unordered and not b.unordered


def _same_trigger(one: ir.Rule, other: ir.Rule) -> bool:
    return one.trigger.partner is None and one.trigger.subject.set == other.trigger.subject.set


def _implies(problem: Problem, one: ir.Rule, at: int, other: ir.Rule) -> bool:
    """Return whether the rule at one place fires only where the other does."""
    return all(problem.find([*of_firing(one, at), way]) is Verdict.NEVER for way in silent_ways(other, 1 - at))


def _compare(one: ir.Rule, other: ir.Rule, also: Mapping[str, set[str]], bench: Bench) -> None:
    problem = Problem(bench.binding, [one, other], bench.program)
    inside = other.name in also[one.name] and _implies(problem, one, 0, other)
    outside = one.name in also[other.name] and _implies(problem, other, 1, one)
    if inside and outside:
        bench.tell(
            "CS440", f"the rule `{local(other.name)}` fires exactly where `{local(one.name)}` does", other.span,
            "take one of the two out, or change what it asks", other,
            patients=bench.shown(other)[:1], related=((one.span, "the other rule"),),
        )  # fmt: skip
        return
    for narrow, wide, is_inside in ((one, other, inside), (other, one, outside)):
        if is_inside and wide.action.rank >= narrow.action.rank:
            at = 0 if wide is one else 1
            confirm = {at: "fires", 1 - at: "clear"}
            only = (problem.find([*of_firing(wide, at), way], confirm=confirm) for way in silent_ways(narrow, 1 - at))
            more = [patients.written(patient, bench.terms) for patient in only if isinstance(patient, ir.Example)][:1]
            bench.tell(
                "CS441", f"the rule `{local(narrow.name)}` fires only where `{local(wide.name)}` does, which is as strict",
                narrow.span, f"take it out, or narrow `{local(wide.name)}`; `after rule` says that one is shown beneath the other",
                narrow, patients=[*bench.shown(narrow)[:1], *more], related=((wide.span, "the wider rule"),),
            )  # fmt: skip


def _contradict(one: ir.Rule, other: ir.Rule, bench: Bench) -> None:
    """Tell of two rules that together fire for everybody: what the one asks for, the other objects to."""
    if one.when is None or other.when is None or one.unless or other.unless:
        return
    problem = Problem(bench.binding, [one, other])
    both = [(Stands(0), TRUE), (one.when, FALSE), (other.when, FALSE)]
    if problem.find(both) is Verdict.NEVER:
        bench.tell(
            "CS442", f"`{local(one.name)}` and `{local(other.name)}` contradict each other: one of them fires for everybody",
            other.span, "nobody can be coded so that neither objects: change one of the two", other,
            patients=bench.shown(one, other), related=((one.span, "the other rule"),),
        )  # fmt: skip


# ------------------------------------------------------------------------------------------------ bands


@dataclass(frozen=True, slots=True)
class _Band:
    """A stretch of a number: its ends (None: open) and whether they are left out."""

    rule: ir.Rule
    condition: ir.Condition
    low: Fraction | None
    high: Fraction | None
    above: bool = False  # the low end is left out
    below: bool = False  # the high end is left out

    @property
    def whole(self) -> bool:
        return self.low is not None and self.high is not None


_IN_MONTHS = {ir.Unit.YEARS: (Fraction(12), "mo"), ir.Unit.MONTHS: (Fraction(1), "mo"), ir.Unit.WEEKS: (Fraction(7), "d"), ir.Unit.DAYS: (Fraction(1), "d")}  # fmt: skip


def _bands(bench: Bench) -> None:
    groups: dict[tuple[object, ...], list[_Band]] = defaultdict(list)
    for rule in bench.families:
        if rule.row is None and rule.trigger.partner is None and rule.when is not None:
            alternatives = rule.when.parts if isinstance(rule.when, ir.Or) else (rule.when,)
            for condition in alternatives:
                for key, band in _band(rule, condition):
                    groups[rule.ruleset, rule.trigger.subject.kind, rule.trigger.subject.set, *key].append(band)
    for bands in groups.values():
        if len(bands) > 1:
            _meet(sorted(bands, key=lambda b: (b.low is not None, b.low or 0, b.high is None, b.high or 0)), bench)


def _band(rule: ir.Rule, condition: ir.Condition) -> Iterator[tuple[tuple[object, ...], _Band]]:
    slot = rule.trigger.subject.slot
    match condition:
        case ir.Compare(ir.Field(var=ir.Var(slot=at)) as one, operator, ir.Quantity(number, unit)) if at == slot:
            key, n = _number(one, number, unit)
            if operator in ("<", "<="):
                yield key, _Band(rule, condition, None, n, below=operator == "<")
            else:
                yield key, _Band(rule, condition, n, None, above=operator == ">")
        case ir.InRange(ir.Field(var=ir.Var(slot=at)) as one, ir.Quantity(low, unit), ir.Quantity(high, other)) if at == slot:
            key, n = _number(one, low, unit)
            same, m = _number(one, high, other)
            if key == same:
                yield key, _Band(rule, condition, n, m)
        case ir.AgeCompare(ir.Field(var=ir.Var(slot=at)), operator, ir.Length(n_of, of)) if at == slot:
            times, unit_of = _IN_MONTHS[of]
            n = Fraction(n_of) * times
            yield (
                ("age", unit_of),
                (_Band(rule, condition, None, n, below=True) if operator == "<" else _Band(rule, condition, n, None)),
            )
        case ir.AgeRange(ir.Field(var=ir.Var(slot=at)), ir.Length(low, of), ir.Length(high, upper)) if at == slot:
            times, unit_of = _IN_MONTHS[of]
            more, other_unit = _IN_MONTHS[upper]
            if unit_of == other_unit:
                yield ("age", unit_of), _Band(rule, condition, Fraction(low) * times, Fraction(high + 1) * more, below=True)
        case _:
            return


def _number(one: ir.Field, number: object, unit: str | None) -> tuple[tuple[object, ...], Fraction]:
    """Return a number in the first unit of its family that these rules use, and what it is a number of."""
    n = Fraction(str(number))
    if unit is None:
        return (one.name, None), n
    first = families.in_first_of_family(unit)
    if first is None:
        return (one.name, unit), n
    name, times, offset = first
    return (one.name, name), n * times + offset


_NARROW = Fraction(6, 5)
"""Two that are open outward are a low and a high, and what lies between is right; unless next to nothing lies between."""


def _meet(bands: Sequence[_Band], bench: Bench) -> None:
    """Tell of neighbours that overlap, or leave something between them."""
    for one, two in itertools.pairwise(bands):
        if one.high is None or two.low is None or one.condition == two.condition:
            continue
        overlap = two.low < one.high or (two.low == one.high and not one.below and not two.above)
        inside = two.high is not None and (two.high < one.high or (two.high == one.high and not one.below))
        gap = two.low > one.high or (two.low == one.high and one.below and two.above)
        if overlap and not inside and one.rule is not two.rule and (one.low is not None or two.high is not None):
            what, outcome, mask = "overlap: both fire", "fires", TRUE
        elif gap and (
            (len(bands) > 2 and one.rule is not two.rule and (one.whole or two.whole)) or two.low <= one.high * _NARROW
        ):
            what, outcome, mask = "leave a gap between them, where neither fires", "clear", FALSE
        else:
            continue
        rules = list(dict.fromkeys((one.rule, two.rule)))
        ends = _between(one, two) if gap else []
        edges = [replace(one.rule, when=ir.And(tuple(ends)), unless=(), examples=())] if ends else []
        problem = Problem(bench.binding, [*rules, *edges], bench.program)
        wanted = [(Stands(0), TRUE), (one.condition, mask), (two.condition, mask), *((end, TRUE) for end in ends)]
        between = problem.find(wanted, confirm=dict.fromkeys(range(len(rules)), outcome))
        if not isinstance(between, ir.Example):
            continue
        bench.tell(
            "CS443", f"the bands of {_called(rules)} {what}", two.condition.span, "let each begin where the one before it ends",
            two.rule, patients=[patients.written(between, bench.terms)],
            related=((one.condition.span, "the band before it"),),
        )  # fmt: skip


def _between(one: _Band, two: _Band) -> list[ir.Condition]:
    """Return what puts a patient between two bands, and not beyond them: above the lower one, below the upper one."""
    found: list[ir.Condition] = []
    match one.condition:
        case ir.InRange(number, _, high):
            found.append(ir.Compare(number, ">", high))
        case ir.AgeRange(at, _, ir.Length(n, unit)):
            found.append(ir.AgeCompare(at, ">=", ir.Length(n + 1, unit)))
    match two.condition:
        case ir.InRange(number, low, _):
            found.append(ir.Compare(number, "<", low))
        case ir.AgeRange(at, ir.Length() as low, _):
            found.append(ir.AgeCompare(at, "<", low))
    return found


def _called(rules: Sequence[ir.Rule]) -> str:
    return " and ".join(f"`{local(rule.name)}`" for rule in rules)
