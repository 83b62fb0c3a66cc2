"""`assume UNIT for FIELD`: the unit in which a rule reads a number that was sent without one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from codesafety import ir
from codesafety.diagnostics import did_you_mean
from codesafety.ir import Kind
from codesafety.language import quantities
from codesafety.language.checking.scope import RuleScope
from codesafety.language.parsing import syntax

_A_VALUE: Final = "name a value that the rule compares, such as `e.value`, or leave `assume` out"


def assume(parts: Sequence[syntax.Assume], scope: RuleScope) -> None:
    """Give a rule's fields their units, before its conditions are read. A unit that is none is reported."""
    for part in parts:
        unit = (
            quantities.unit(part.unit.text, part.unit.span, scope.diagnostics)
            if isinstance(part.unit, syntax.Text)
            else _column(part.unit, scope)
        )
        if unit is not None:
            scope.assumed[part.target.text] = unit


def _column(word: syntax.Word, scope: RuleScope) -> ir.Field | None:
    found = scope.operand(word)
    if not isinstance(found, ir.Field):
        return None
    table = scope.ruleset.names.tables.get((found.var.table if found.var is not None else None) or "")
    if table is not None and found.var is not None and found.var.kind is Kind.ROW and table.columns[found.name].type == "unit":
        return found
    scope.diagnostics.error(
        "CS205",
        f"`{word.text}` is no column of units",
        word.span,
        "write a unit in quotes, or declare the column: `column … unit`",
    )
    return None


def assumed_fields(parts: Sequence[syntax.Assume], scope: RuleScope) -> tuple[ir.Field, ...]:
    """Return the fields that took a unit. One that no condition reads as a number is reported."""
    for part in parts:
        target = part.target.text
        base = target.partition(".")[0]
        if target not in scope.assumed or target in scope.read_as:
            continue  # it was told already, or is right
        if base not in scope.all_variables:
            scope.diagnostics.error(
                "CS202", f"nothing here is called `{base}`", part.target.span, did_you_mean(base, scope.all_variables) or _A_VALUE
            )
            continue
        scope.diagnostics.error(
            "CS207",
            f"nothing in this rule reads `{target}` as a number with a unit",
            part.target.span,
            did_you_mean(target, [f for f in (f"{base}.value", f"{base}.strength") if f != target]) or _A_VALUE,
        )
    return tuple(scope.read_as.values())
