"""Rules beside each other: twins, one within another, two that leave nobody clear, bands that do not meet."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from codesafety import ir
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.examples import plain
from codesafety.authoring.lint.logic import of_firing, silent_ways
from codesafety.authoring.lint.reading import Stands
from codesafety.authoring.lint.solving import FALSE, TRUE, Problem, Verdict
from codesafety.authoring.lint.told import Bench, every, local, mapped
from codesafety.authoring.testing import build
from codesafety.diagnostics import Span
from codesafety.evaluation.binding import Binding
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
            other = _turned(other) if _is_turned(one.trigger, other.trigger) else other
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


def _is_turned(one: ir.Trigger, other: ir.Trigger) -> bool:
    """Return whether two rules range over the same pairs, of which the second names the items in the other order."""
    if one.partner is None or other.partner is None or ir.Kind.ROW in (one.partner.kind, other.partner.kind):
        return False
    first, second = ([(var.kind, var.set) for var in (of.subject, of.partner) if var is not None] for of in (one, other))
    return first == second[::-1] != second


def _turned(rule: ir.Rule) -> ir.Rule:
    """Return a rule over pairs with its two items in the other order."""
    assert rule.trigger.partner is not None
    places = {rule.trigger.subject.slot: rule.trigger.partner.slot, rule.trigger.partner.slot: rule.trigger.subject.slot}
    made: ir.Rule = mapped(
        rule, lambda part: replace(part, slot=places.get(part.slot, part.slot)) if isinstance(part, ir.Var) else part
    )
    assert made.trigger.partner is not None
    return replace(made, trigger=replace(made.trigger, subject=made.trigger.partner, partner=made.trigger.subject))


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
    """A stretch of a number: its ends (None: open), whether they are left out, what lies beyond them, and what is asked beside it."""

    rule: ir.Rule
    condition: ir.Condition
    low: Fraction | None
    high: Fraction | None
    above: bool = False  # the low end is left out
    below: bool = False  # the high end is left out
    under: ir.Condition | None = None
    over: ir.Condition | None = None
    beside: tuple[ir.Condition, ...] = ()

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
                for key, band in _bands_of(rule, condition, bench.binding):
                    groups[rule.ruleset, rule.trigger.subject.kind, rule.trigger.subject.set, *key].append(band)
    for bands in groups.values():
        if len(bands) > 1:
            _meet(sorted(bands, key=lambda b: (b.low is not None, b.low or 0, b.high is None, b.high or 0)), bench)


_Key = tuple[object, ...]


def _bands_of(rule: ir.Rule, condition: ir.Condition, binding: Binding) -> Iterator[tuple[_Key, _Band]]:
    """Yield the bands that a condition is, or that stand in it beside what else it asks; what two comparisons bound is one band."""
    parts = condition.parts if isinstance(condition, ir.And) else (condition,)
    found: dict[_Key, _Band] = {}
    for part in parts:
        for key, band in _band(rule, part, binding):
            found[key] = _both(found[key], band) if key in found else band
    for key, band in found.items():
        own = every(band.condition)
        beside = tuple(part for part in parts if part not in own)
        yield (*key, *sorted(repr(plain(part)) for part in beside)), replace(band, beside=beside)


def _both(one: _Band, two: _Band) -> _Band:
    """Return what lies in both of two bands."""
    low = two if one.low is None or (two.low is not None and two.low > one.low) else one
    high = two if one.high is None or (two.high is not None and two.high < one.high) else one
    span = Span(one.condition.span.file, one.condition.span.start, two.condition.span.end)
    return _Band(
        one.rule, ir.And((one.condition, two.condition), span), low.low, high.high, low.above, high.below, low.under, high.over
    )


def _band(rule: ir.Rule, condition: ir.Condition, binding: Binding) -> Iterator[tuple[_Key, _Band]]:
    slot = rule.trigger.subject.slot
    beyond = ir.Not(condition)
    match condition:
        case ir.Compare(ir.Field(var=ir.Var(slot=at)) as one, operator, ir.Quantity() | ir.LimitRef() as bound) if at == slot:
            key, n = _number(one, bound, binding)
            if operator in ("<", "<="):
                yield key, _Band(rule, condition, None, n, below=operator == "<", over=beyond)
            else:
                yield key, _Band(rule, condition, n, None, above=operator == ">", under=beyond)
        case ir.InRange(
            ir.Field(var=ir.Var(slot=at)) as one, ir.Quantity() | ir.LimitRef() as low, ir.Quantity() | ir.LimitRef() as high
        ) if at == slot:
            key, n = _number(one, low, binding)
            same, m = _number(one, high, binding)
            if key == same:
                yield key, _Band(rule, condition, n, m, under=ir.Compare(one, "<", low), over=ir.Compare(one, ">", high))
        case ir.AgeCompare(ir.Field(var=ir.Var(slot=at)), operator, ir.Length() | ir.LimitRef() as length) if at == slot:
            bounded = binding.length(length)
            times, unit_of = _IN_MONTHS[bounded.unit]
            n = Fraction(bounded.n) * times
            if operator == "<":
                yield ("age", unit_of), _Band(rule, condition, None, n, below=True, over=beyond)
            else:
                yield ("age", unit_of), _Band(rule, condition, n, None, under=beyond)
        case ir.AgeRange(
            ir.Field(var=ir.Var(slot=at)) as day, ir.Length() | ir.LimitRef() as low, ir.Length() | ir.LimitRef() as high
        ) if at == slot:
            first, last = binding.length(low), binding.length(high)
            next_after = replace(last, n=last.n + 1)
            times, unit_of = _IN_MONTHS[first.unit]
            more, other_unit = _IN_MONTHS[last.unit]
            if unit_of == other_unit:
                yield (
                    ("age", unit_of),
                    _Band(
                        rule, condition, Fraction(first.n) * times, Fraction(next_after.n) * more, below=True,
                        under=ir.AgeCompare(day, "<", first), over=ir.AgeCompare(day, ">=", next_after),
                    ),
                )  # fmt: skip
        case _:
            return


def _number(one: ir.Field, bound: ir.Quantity | ir.LimitRef, binding: Binding) -> tuple[_Key, Fraction]:
    """Return a number in the first unit of its family that these rules use, and what it is a number of."""
    quantity = bound if isinstance(bound, ir.Quantity) else binding.quantity(bound)
    n, unit = Fraction(quantity.number), quantity.unit
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
        ends = [*((end for end in (one.over, two.under) if end is not None) if gap else ()), *one.beside]
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


def _called(rules: Sequence[ir.Rule]) -> str:
    return " and ".join(f"`{local(rule.name)}`" for rule in rules)
