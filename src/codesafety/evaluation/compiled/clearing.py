"""When rules are clear of an item by the patient's gender and the days since birth alone: one comparison for all rules of a code.

A window is wide of every birthday: what lies in it is certainly clear, and of what lies outside nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from codesafety import ir
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.compiled.answers import whole_up
from codesafety.evaluation.compiled.number_steps import days_window

GENDERS = ("male", "female", None)
_ANY = 3 * 10**9
"""More days than lie between any two, `NEVER` among them."""


class Window(NamedTuple):
    """The days that a patient has lived on an item's day: at the fewest more than `over`, at the most from `least` to below `under`.

    A day or a birth that is `NEVER` lies only in `ALWAYS`.
    """

    over: int = -2 * _ANY
    least: int = -2 * _ANY
    under: int = 2 * _ANY

    def within(self, other: Window) -> Window:
        if self is ALWAYS or other is ALWAYS:
            return other if self is ALWAYS else self
        return Window(max(self.over, other.over), max(self.least, other.least), min(self.under, other.under))


ALWAYS = Window()
Windows = Mapping[str | None, Window]
"""By the patient's gender, None where it is unknown; one that is left out has no window."""


def windows_of(rule: ir.Rule, binding: Binding) -> Windows:
    """Return when a rule of one item is certainly clear. Exceptions only make it clearer; what a predicate does is not foreseen."""
    trigger = rule.trigger
    if trigger.partner is not None or rule.when is None or _asks_a_predicate((rule.when, *(u.condition for u in rule.unless))):
        return {}
    return _false(rule.when, trigger.subject, binding)


def common(every: Iterable[Windows]) -> Windows:
    """Return when all of several rules are certainly clear; never, of no rules."""
    first, *others = [*every] or [{}]
    found = dict(first)
    for windows in others:
        found = {gender: window.within(windows[gender]) for gender, window in found.items() if gender in windows}
    return found


def _false(condition: ir.Condition, one: ir.Var, binding: Binding) -> Windows:
    """Return when a condition is certainly false, as far as gender and age say it."""
    match condition:
        case ir.Named(part=part):
            return _false(part, one, binding)
        case ir.Or(parts):
            return common(_false(part, one, binding) for part in parts)
        case ir.And(parts):
            found: dict[str | None, Window] = {}
            for gender, window in (each for part in parts for each in _false(part, one, binding).items()):
                if window is ALWAYS or gender not in found:  # one part that is false is enough
                    found[gender] = window
            return found
        case ir.FieldIs(ir.Field(base="patient", name="gender"), word):
            return {gender: ALWAYS for gender in GENDERS if gender not in (None, word)}
        case ir.AgeCompare(ir.Field(name="date", var=var), operator, ir.Length() | ir.LimitRef() as written) if var == one:
            length = binding.length(written)
            n = whole_up(length.n)
            if n <= 0:
                return {}
            fewer, more = days_window(n, length.unit)
            window = Window(over=more) if operator == "<" else Window(least=0, under=fewer)
            return dict.fromkeys(GENDERS, window)
        case _:
            return {}


def _asks_a_predicate(conditions: Iterable[ir.Condition]) -> bool:
    return any(isinstance(c, ir.Custom) or _asks_a_predicate(ir.inner(c)) for c in conditions)
