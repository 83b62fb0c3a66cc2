"""What a rule that goes to a clinic must not lack: warnings, and errors where the check is strict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from codesafety import ir
from codesafety.diagnostics import Diagnostics, Span
from codesafety.language.codes import TEST_SYSTEM

_NEVER_UNKNOWN: Final = (ir.ItemWord.INCOMING, ir.ItemWord.ENTERED_IN_ERROR)
_ALWAYS_TOLD: Final = "in_a_medicine"
"""The field of a coding that is never missing: where it stands is seen."""


def lint(made: ir.Rule, diagnostics: Diagnostics) -> None:
    """Warn of what a rule that goes to a clinic must not lack: source, hazard, reason, the three kinds of example."""

    def warn(code: str, message: str, help: str) -> None:
        diagnostics.warning(code, message, made.span, help)

    name = made.name.rpartition("/")[2]
    if not made.sources:
        warn("CS401", f"the rule `{name}` cites no source", 'add `source "…" <https://…>`')
    if not made.hazards:
        warn("CS402", f"the rule `{name}` names no hazard", "add one from the hazard log, such as `hazard H-01`")
    if made.because is None:
        warn("CS403", f"the rule `{name}` gives no reason", 'add `because "…"`')
    outcomes = {e.expect for e in made.examples}
    if "fires" not in outcomes:
        warn("CS404", f"the rule `{name}` has no example that fires", 'add `example "…" { … expect fires }`')
    if "clear" not in outcomes:
        warn("CS405", f"the rule `{name}` has no example that is clear", 'add `example "…" { … expect clear }`')
    if "cannot tell" not in outcomes and can_be_untold(made):
        warn(
            "CS406", f"the rule `{name}` has no example that cannot be told", 'add `example "…" { … expect cannot tell: FIELD }`'
        )


def warn_of_mentions(made: ir.Rule, diagnostics: Diagnostics) -> None:
    """Warn of mentions that count or explain, or whose absence is asked for, and may have been entered in error."""
    for condition, excuses in ((made.when, False), *((unless.condition, True) for unless in made.unless)):
        for found in () if condition is None else _mentions(condition, excuses):
            diagnostics.warning(
                "CS415",
                f"`{found.var.name}` may have been entered in error, and counts here all the same",
                found.span,
                f"draw it as `history`, or say it: `not ({found.var.name} is entered-in-error)`",
            )


def warn_of_made_up_codes(rules: Iterable[ir.Rule], sets: Iterable[ir.ValueSet], diagnostics: Diagnostics) -> None:
    """Warn of rules that are about sets of made-up codes alone, which no message holds."""
    declared = {one.name: one for one in sets}

    @cache
    def made_up(name: str) -> bool:
        codes: list[ir.CodeRef] = []
        whole = [name]
        for included in whole:  # each set once, those in a circle too
            one = declared.get(included)
            if one is None or one.ecl is not None or one.frozen is not None:
                return False
            codes += one.codes + one.perhaps
            whole += [other for other in one.includes if other not in whole]
        return bool(codes) and all(code.system == TEST_SYSTEM for code in codes)

    told: set[Span] = set()  # the rows of a family are one rule's words
    for rule in rules:
        for var in (rule.trigger.subject, rule.trigger.partner):
            if var is not None and var.set is not None and var.span not in told and made_up(var.set):
                told.add(var.span)
                diagnostics.warning(
                    "CS417",
                    f"every code of `{var.set.rpartition('/')[2]}` is made up, so that no message has one",
                    var.span,
                    "`codes test` is for trying things out: write the codes that are meant",
                )


def _mentions(condition: ir.Condition, excuses: bool) -> Iterator[ir.Quantified | ir.Ordered]:
    if isinstance(condition, ir.Quantified | ir.Ordered) and condition.var.kind is ir.Kind.MENTION:
        counts = isinstance(condition, ir.Quantified) and condition.quantifier != "exists"
        if (counts or excuses) and not any(_speaks_of_error(part, condition.var) for part in ir.inner(condition)):
            yield condition
    for part in ir.inner(condition):
        yield from _mentions(part, excuses)


def _speaks_of_error(condition: ir.Condition, var: ir.Var) -> bool:
    if isinstance(condition, ir.ItemIs):
        return condition.word is ir.ItemWord.ENTERED_IN_ERROR and condition.var.slot == var.slot
    return any(_speaks_of_error(part, var) for part in ir.inner(condition))


def can_be_untold(made: ir.Rule) -> bool:
    """Return whether some field that the rule reads can be missing.

    `is missing`, `is incoming`, `is entered-in-error` and `in_a_medicine` are always told, and so is a field's word beside
    `not (FIELD is missing)`.
    """
    if made.trigger.partner is not None or made.trigger.subject.set is not None:
        return True
    return made.when is not None and any(
        not isinstance(leaf, ir.IsMissing) and not (isinstance(leaf, ir.ItemIs) and leaf.word in _NEVER_UNKNOWN)
        for leaf in _leaves(made.when, frozenset())
    )


def _leaves(node: ir.Condition, there: frozenset[ir.Field]) -> Iterator[ir.Condition]:
    """Yield what a condition asks in the end, without what it asks of the fields `there`: those that it has tested for absence."""
    match node:
        case ir.And(parts=parts):
            there |= {part.part.field for part in parts if isinstance(part, ir.Not) and isinstance(part.part, ir.IsMissing)}
            for part in parts:
                yield from _leaves(part, there)
        case ir.Or(parts=parts) | ir.Several(parts=parts):
            for part in parts:
                yield from _leaves(part, there)
        case ir.Not(part=part) | ir.Named(part=part):
            yield from _leaves(part, there)
        case ir.FieldIs(field=field) if field in there or field.name == _ALWAYS_TOLD:
            return
        case _:
            yield node
