"""Dates and distances between them: syntax to ir, with what cannot be compared refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal, cast

from codesafety import ir
from codesafety.ir import FieldType, Kind
from codesafety.language.checking.scope import ITEMS, RuleScope, a_kind, date_literal
from codesafety.language.parsing import syntax

OF_DATES: Final = "dates are compared with `before`, `after`, `within` and `on the same day as`"
"""What can be done with a written date, where something else was tried."""
A_TYPE: Final = {
    FieldType.WORD: "a word",
    FieldType.DATE: "a date",
    FieldType.TEXT: "text as sent",
    FieldType.CODINGS: "a code",
    FieldType.NUMBER: "a number",
    FieldType.VALUE: "a value",
    FieldType.QUANTITY: "a quantity",
}


def date_operand(operand: syntax.Expression, scope: RuleScope) -> ir.DateOperand | None:
    """Return what stands for a day: an item (its own day), a field of a date, or a written date. What is none is reported."""
    if isinstance(operand, syntax.DateText):
        written = date_literal(operand, scope.diagnostics)
        if written is not None and written.first != written.last:
            # A rule that is vague about its own day would be unknown with nothing missing.
            scope.diagnostics.error("CS221", f"`{operand.text}` is no single day", operand.span, "write the day: YYYY-MM-DD")
            return None
        return written
    found = scope.operand(operand)
    if found is None:
        return None
    assert isinstance(operand, syntax.Word)  # nothing else stands for anything
    match found:
        case ir.Var() if found.kind in ITEMS or found.kind is Kind.TEXT:
            return ir.Field(found.name, "date", FieldType.DATE, found, span=operand.span)
        case ir.Var():
            scope.diagnostics.error(
                "CS205",
                f"{a_kind(found.kind)} has no date",
                operand.span,
                "name a column of dates" if found.kind is Kind.ROW else "use an entry, a medication or a field that is a date",
            )
            return None
        case ir.Field() if found.type in (FieldType.DATE, FieldType.VALUE):
            return found
        case ir.Field():
            scope.diagnostics.error(
                "CS205", f"`{operand.text}` is no date", operand.span, "use an entry, a medication or a field that is a date"
            )
            return None


def _same(left: ir.DateOperand, right: ir.DateOperand) -> bool:
    if not isinstance(left, ir.Field) or not isinstance(right, ir.Field):
        return False
    return (left.base, left.name, left.var and left.var.slot) == (right.base, right.name, right.var and right.var.slot)


def date_relation(node: syntax.DateRelation, scope: RuleScope) -> ir.Condition | None:
    left, right = date_operand(node.left, scope), date_operand(node.right, scope)
    if left is None or right is None:
        return None
    if _same(left, right):
        scope.diagnostics.error(
            "CS207", "a date is compared with itself", node.span, "name another variable or field on one side"
        )
        return None
    match node.relation:
        case "before":
            return ir.Before(left, right, node.span)
        case "after":
            return ir.Before(right, left, node.span)
        case "same day":
            return ir.SameDay(left, right, node.span)


def distance(node: syntax.Distance, scope: RuleScope) -> ir.Condition | None:
    left, right = date_operand(node.left, scope), date_operand(node.right, scope)
    length = scope.length(node.length)
    side = node.side.text
    if node.relation == "nearer" and isinstance(length, ir.Length) and length.n == 0:
        scope.diagnostics.error("CS207", "this is never true: no distance is less than 0", node.length.span, "write 1 or more")
        return None
    if left is None or right is None or length is None:
        return None
    if _same(left, right):
        scope.diagnostics.error(
            "CS207", "a date is compared with itself", node.span, "name another variable or field on one side"
        )
        return None
    if node.relation == "within":
        return ir.Within(left, right, length, cast(Literal["before", "after", "of"], side), node.span)
    made = ir.Beyond if node.relation == "beyond" else ir.Nearer
    return made(left, right, length, cast(Literal["before", "after", "from"], side), node.span)


def overlaps(node: syntax.Overlaps, scope: RuleScope) -> ir.Condition | None:
    def medication(operand: syntax.Expression) -> ir.Var | None:
        if isinstance(operand, syntax.DateText):
            scope.diagnostics.error("CS205", f"`{operand.text}` is a date, and only medications overlap", operand.span, OF_DATES)
            return None
        return scope.var(operand, (Kind.MEDICATION,), "overlaps another")

    left, right = medication(node.left), medication(node.right)
    days: ir.LengthLike | None = ir.Length(Decimal(0), ir.Unit.DAYS)
    if node.length is not None:
        days = scope.length(node.length)
        unit = scope.unit_of_length(days) if days is not None else None
        if unit in (ir.Unit.MONTHS, ir.Unit.YEARS):
            scope.diagnostics.error(
                "CS208", f"days of supply are not counted in {unit.value}", node.length.span, "give the length in days or weeks"
            )
            return None
    if left is None or right is None or days is None:
        return None
    if left.slot == right.slot:
        scope.diagnostics.error("CS207", f"`{left.name}` is compared with itself", node.span, "name another variable on one side")
        return None
    return ir.Overlaps(left, right, days, node.span)
