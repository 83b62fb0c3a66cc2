"""What rules ask that can be told from its form: quantifiers that relate to nothing, mentions, numbers that nobody has, cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from codesafety import ir
from codesafety.authoring.lint.told import Bench, conditions, every, local, parts_written, slots
from codesafety.ir.units import families

_CONTEXT: Final = ("assertion", "subject", "temporality")
_MOST_TIMES: Final = 5
"""A bound this many times what is possible is a slip of the keyboard."""
_FIRST_YEAR: Final = 1880
_LONGEST_LIFE: Final = 130
"""Years."""
_DEAREST: Final = 3
"""Factors of the number of items that one message may cost."""


def look(bench: Bench) -> None:
    for rule in bench.families:
        if rule.row is None:
            _unrelated(rule, bench)
            _mentions(rule, bench)
        _numbers(rule, bench)
        _lengths(rule, bench)
        _dates(rule, bench)
        _cost(rule, bench)


def _unrelated(rule: ir.Rule, bench: Bench) -> None:
    """Tell of entries that are found whenever they were, for a rule about one that has a day."""
    if rule.when is None or rule.trigger.subject.kind in (ir.Kind.MESSAGE, ir.Kind.CODING, ir.Kind.TEXT):
        return
    for one in parts_written(rule.when):
        if not isinstance(one, ir.Quantified) or one.quantifier != "exists" or one.var.kind is not ir.Kind.ENTRY:
            continue
        if one.where is None or (not slots(one.where) - {one.var.slot} and not _dated(one.where)):
            bench.tell(
                "CS437", f"`{one.var.name}` may be of any day: nothing relates it to `{rule.trigger.subject.name}`", one.span,
                f"say when it was, such as `where ({one.var.name} is within 1 year before {rule.trigger.subject.name})`; for what "
                "a patient ever had, draw `history`", rule, patients=bench.shown(rule),
            )  # fmt: skip


def _dated(condition: ir.Condition) -> bool:
    """Return whether a condition speaks of a day, or of the message itself."""
    days = ir.Before | ir.SameDay | ir.Within | ir.Beyond | ir.Nearer | ir.AgeCompare | ir.AgeRange
    return any(
        isinstance(part, days) or (isinstance(part, ir.ItemIs) and part.word is ir.ItemWord.INCOMING) for part in every(condition)
    )


def _mentions(rule: ir.Rule, bench: Bench) -> None:
    """Tell of mentions in whatever context: of the family, denied, planned, wrong."""
    for one in () if rule.when is None else parts_written(rule.when):
        if not isinstance(one, ir.Quantified) or one.var.kind is not ir.Kind.MENTION or _warned(one, bench):
            continue
        if one.where is None or not any(_of_context(part, one.var) for part in every(one.where)):
            bench.tell(
                "CS438", f"`mention {one.var.name}` is found in any context: denied, planned, a relative's, entered in error", one.span,
                f"draw `history {one.var.name}`, or say which context is meant", rule,
                patients=bench.shown(rule),
            )  # fmt: skip


def _warned(one: ir.Condition, bench: Bench) -> bool:
    """Return whether the checker has said of a mention that it may have been entered in error."""
    return any(d.code == "CS415" and d.span == one.span for d in bench.loaded.warnings)


def _of_context(part: ir.Condition, var: ir.Var) -> bool:
    match part:
        case ir.ItemIs(of, word):
            return of.slot == var.slot and word not in (ir.ItemWord.INCOMING, ir.ItemWord.ALREADY_FILED)
        case ir.About(of):
            return of.slot == var.slot
        case ir.FieldIs(ir.Field(name=name, var=ir.Var(slot=slot))) | ir.IsMissing(ir.Field(name=name, var=ir.Var(slot=slot))):
            return slot == var.slot and name in _CONTEXT
        case _:
            return False


# ------------------------------------------------------------------------------------------------ numbers and days


def _bounds(condition: ir.Condition, bench: Bench) -> Iterator[tuple[ir.Var, ir.Quantity, ir.Condition, bool]]:
    """Yield the variable, the number or what a limit is by default, the comparison, and whether more than the number is asked for."""
    for part in every(condition):
        match part:
            case ir.Compare(ir.Field(name="value", var=ir.Var() as var), operator, ir.Quantity() as bound):
                yield var, bound, part, operator in (">", ">=")
            case ir.Compare(ir.Field(name="value", var=ir.Var() as var), operator, ir.LimitRef() as limit):
                yield var, bench.binding.quantity(limit), part, operator in (">", ">=")
            case ir.InRange(ir.Field(name="value", var=ir.Var() as var), ir.Quantity() as low, ir.Quantity()):
                yield var, low, part, True
            case _:
                continue


def _numbers(rule: ir.Rule, bench: Bench) -> None:
    for condition in conditions(rule):
        for var, bound, part, is_more in _bounds(condition, bench):
            if var.set is None or not bound.number:  # `>= 0 "kg"` asks for the unit
                continue
            known = [bench.known.values[key] for key in bench.binding.sets[var.set].members if key in bench.known.values]
            if not known or len(known) < len(bench.binding.sets[var.set].members):
                continue
            if bound.unit is None:
                if not any(one.base == var.name for one in rule.assumed):
                    bench.tell(
                        "CS439", f"a value of `{local(var.set)}` comes with a unit, and is never compared with a number alone", part.span,
                        f'write its unit: `{bound.number} "{known[0][0]}"`', rule,
                    )  # fmt: skip
                continue
            told = [(families.convert(bound.number, bound.unit, unit), unit, most) for unit, most in known]
            if all(number is None for number, _, _ in told):
                bench.tell(
                    "CS439", f"no value of `{local(var.set)}` is in `{bound.unit}`, so that this can never be told", part.span,
                    f"it comes in `{known[0][0]}`", rule,
                )  # fmt: skip
            elif is_more and all(number is not None and number >= most * _MOST_TIMES for number, _, most in told):
                bench.tell(
                    "CS446", f"no value of `{local(var.set)}` is so high: above {known[0][1]:g} {known[0][0]} it is impossible", part.span,
                    "check the number, and the point in it", rule, patients=bench.shown(rule),
                )  # fmt: skip
    _of_one_family(rule, bench)


def _of_one_family(rule: ir.Rule, bench: Bench) -> None:
    """Tell of one number that is compared in units which do not convert."""
    first: dict[tuple[str, str], str] = {}
    if rule.row is not None:
        return
    for condition in conditions(rule):
        for part in every(condition):
            match part:
                case ir.Compare(ir.Field(var=ir.Var() as var) as one, _, ir.Quantity(number, unit)) if (
                    unit is not None and number
                ):
                    known = first.setdefault((var.name, one.name), unit)
                    if families.ratio(unit, known) is None:
                        bench.tell(
                            "CS439", f"`{one.as_written}` is compared in `{known}` and in `{unit}`, which do not convert", part.span,
                            "whoever sends the one is never told of the other: write one unit, or a rule for each", rule,
                        )  # fmt: skip
                case _:
                    continue


def _lengths(rule: ir.Rule, bench: Bench) -> None:
    """Tell of lengths of no time at all."""
    for condition in conditions(rule):
        for part in every(condition):
            if isinstance(part, ir.Within | ir.Beyond | ir.Nearer) and isinstance(part.length, ir.Length) and not part.length.n:
                bench.tell(
                    "CS447", "a length of no time at all", part.span,
                    "write `on the same day as`, `before` or `after`, or the length that is meant", rule, patients=bench.shown(rule),
                )  # fmt: skip
            elif (
                isinstance(part, ir.Within | ir.Beyond | ir.Nearer)
                and isinstance(part.length, ir.Length)
                and _years(part.length) > _LONGEST_LIFE
            ):
                bench.tell(
                    "CS446", "nobody lives so long, so that the length says nothing", part.span,
                    "check the number and its unit", rule, patients=bench.shown(rule),
                )  # fmt: skip


def _years(length: ir.Length) -> float:
    return float(length.n) / {ir.Unit.DAYS: 365, ir.Unit.WEEKS: 52, ir.Unit.MONTHS: 12, ir.Unit.YEARS: 1}[length.unit]


def _dates(rule: ir.Rule, bench: Bench) -> None:
    for condition in conditions(rule):
        for part in every(condition):
            for name in ("left", "right", "at"):
                literal = getattr(part, name, None)
                if isinstance(literal, ir.DateLiteral) and not _FIRST_YEAR <= _year(literal) <= bench.today.year + 20:
                    bench.tell(
                        "CS446", f"no patient's record is of {literal.text}", literal.span if literal.span.file else part.span,
                        "check the year", rule, patients=bench.shown(rule),
                    )  # fmt: skip


def _year(literal: ir.DateLiteral) -> int:
    return int(literal.text[:4])


# ------------------------------------------------------------------------------------------------ cost


def _cost(rule: ir.Rule, bench: Bench) -> None:
    """Tell of rules that look at every item for every item of every item."""
    one, other = rule.trigger.subject, rule.trigger.partner
    own = [var for var in (one, other) if var is not None and var.kind is not ir.Kind.ROW and var.kind is not ir.Kind.MESSAGE]
    open_ends = sum(var.set is None for var in own) + max((_open_depth(c) for c in conditions(rule)), default=0)
    if open_ends >= _DEAREST:
        bench.tell(
            "CS490", f"the rule `{local(rule.family)}` looks at every item {open_ends} times over: a record of 10,000 takes {10_000:,}^{open_ends} steps",
            rule.span, "draw its items from value sets: then only what holds their codes is looked at", rule,
        )  # fmt: skip


def _open_depth(condition: ir.Condition) -> int:
    below = max((_open_depth(part) for part in ir.inner(condition)), default=0)
    return below + (isinstance(condition, ir.Quantified | ir.Ordered) and condition.var.set is None)
