"""Dates, lengths, ages and measured values: syntax to ir, with what cannot be compared refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal, cast

from codesafety import ir
from codesafety.ir import FieldType, Kind
from codesafety.ir.units import families, spelling
from codesafety.language.checking.scope import ITEMS, RuleScope, a_kind, date_literal
from codesafety.language.parsing import syntax

_OLDEST_YEARS: Final = 150
OF_DATES: Final = "dates are compared with `before`, `after`, `within` and `on the same day as`"
"""What can be done with a written date, where something else was tried."""
A_TYPE: Final = {
    FieldType.WORD: "a word",
    FieldType.DATE: "a date",
    FieldType.TEXT: "text as sent",
    FieldType.CODINGS: "a code",
    FieldType.NUMBER: "a number",
    FieldType.VALUE: "a value",
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
        case ir.Var() if found.kind in ITEMS:
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
    if node.relation == "beyond" and side == "of":
        scope.diagnostics.error(
            "CS207",
            "`more than … of` does not say on which side",
            node.side.span,
            "write `before` or `after`; for both, join them with `or`",
        )
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
    return ir.Beyond(left, right, length, cast(Literal["before", "after"], side), node.span)


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


def differs(node: syntax.Differs, scope: RuleScope) -> ir.Condition | None:
    fields: list[ir.Field] = []
    for operand in (node.left, node.right):
        found = scope.operand(operand) if isinstance(operand, syntax.Word) else None
        if isinstance(found, ir.Field) and found.type in (FieldType.NUMBER, FieldType.VALUE):
            fields.append(found)
        elif found is not None or isinstance(operand, syntax.DateText):
            assert isinstance(operand, syntax.Word | syntax.DateText)
            scope.diagnostics.error(
                "CS205",
                f"`{operand.text}` is no number",
                operand.span,
                "use a field that is a number, such as `m.quantity`, `m.dosage` or `e.value`",
            )
    if len(fields) < 2:
        return None
    return ir.Differs(fields[0], fields[1], Decimal(node.percent.text), node.span)


def comparison(node: syntax.Comparison, scope: RuleScope) -> ir.Condition | None:
    if isinstance(node.left, syntax.Age):
        return age_comparison(node, node.left, scope)
    number, written = _number(node.right)
    operand = node.left
    unit = None if written is None else _unit(written, scope)
    if isinstance(operand, syntax.DateText):
        scope.diagnostics.error("CS205", f"`{operand.text}` is a date and is not compared with a number", operand.span, OF_DATES)
        return None
    found = scope.operand(operand)
    if found is None:
        return None
    assert isinstance(operand, syntax.Word)
    if isinstance(found, ir.Var):
        scope.diagnostics.error(
            "CS205",
            f"`{operand.text}` is {a_kind(found.kind)} and is not compared with a number",
            operand.span,
            f"compare its value: `{found.name}.value`" if found.kind in (Kind.ENTRY, Kind.HISTORY, Kind.MENTION) else None,
        )
        return None
    if found.type not in (FieldType.NUMBER, FieldType.VALUE):
        help = {
            FieldType.WORD: f"write `{found.as_written} is …`",
            FieldType.DATE: "write `… is before …` or `… is within … before …`",
            FieldType.CODINGS: f"write `{found.as_written} in SET`",
            FieldType.TEXT: f"write `{found.as_written} is missing`, or compare it with another field",
        }[found.type]
        scope.diagnostics.error(
            "CS205", f"`{found.as_written}` is {A_TYPE[found.type]} and is not compared with a number", operand.span, help
        )
        return None
    if written is not None and found.type is FieldType.NUMBER and found.name not in ("quantity", "dose", "dosage"):
        scope.diagnostics.error("CS208", f"`{found.as_written}` has no unit", written.span, "leave the unit out")
        return None
    if written is not None and unit is None:
        return None
    operator = cast(Literal["<", "<=", ">", ">="], node.operator.text)
    if (
        found.name in ("quantity", "days_supply", "times_a_day", "dose", "dosage")
        and operator == "<"
        and Decimal(number.text) == 0
    ):
        scope.diagnostics.error(
            "CS207", "this is never true: no amount is below 0", node.span, "compare it with a number above 0"
        )
        return None
    return ir.Compare(found, operator, Decimal(number.text), unit, node.span)


def _number(expression: syntax.Expression) -> tuple[syntax.Number, syntax.Text | None]:
    match expression:
        case syntax.Number():
            return expression, None
        case syntax.Quantity(number=number, unit=unit):
            return number, unit
    raise NotImplementedError


def _unit(text: syntax.Text, scope: RuleScope) -> str | None:
    if families.known(text.text):
        return text.text
    scope.diagnostics.error(
        "CS208",
        f"`{text.text}` is not how a unit is written",
        text.span,
        spelling.remedy(text.text) or 'units are written in UCUM: `"mm[Hg]"`, `"mmol/L"`, `"kg/m2"`',
    )
    return None


def age_comparison(node: syntax.Comparison, age: syntax.Age, scope: RuleScope) -> ir.Condition | None:
    at = date_operand(age.operand, scope)
    assert isinstance(node.right, syntax.Amount | syntax.Word)
    length = scope.length(node.right)
    operator = node.operator.text
    if operator not in ("<", ">="):
        scope.diagnostics.error(
            "CS207",
            f"an age in completed units is compared with `<` or `>=`, not with `{operator}`",
            node.operator.span,
            _next_unit(node, operator),
        )
        return None
    if at is None or length is None:
        return None
    if isinstance(length, ir.Length):
        if length.n == 0:
            scope.diagnostics.error(
                "CS207",
                f"this is {'never' if operator == '<' else 'always'} true: no age is below 0",
                node.right.span,
                "write 1 or more",
            )
            return None
        if _in_years(length) > _OLDEST_YEARS:
            scope.diagnostics.error("CS207", "nobody is that old", node.right.span, "check the number and its unit")
            return None
    return ir.AgeCompare(at, operator, length, node.span)  # type: ignore[arg-type]  # checked above


def _next_unit(node: syntax.Comparison, operator: str) -> str:
    other = "<" if operator == "<=" else ">="
    if isinstance(node.right, syntax.Amount) and node.right.number.text.isdigit():
        unit = node.right.unit.text.removesuffix("s") + "s"
        return f"`{operator} {node.right.number.text} {unit}` is `{other} {int(node.right.number.text) + 1} {unit}`"
    return f"write `{other}` and the next completed unit"


def _in_years(length: ir.Length) -> Decimal:
    per_year = {ir.Unit.DAYS: 365, ir.Unit.WEEKS: 52, ir.Unit.MONTHS: 12, ir.Unit.YEARS: 1}[length.unit]
    return length.n / per_year


def age_range(node: syntax.InRange, scope: RuleScope) -> ir.Condition | None:
    assert isinstance(node.left, syntax.Age)
    assert isinstance(node.low, syntax.Number | syntax.Word | syntax.Amount)
    assert isinstance(node.high, syntax.Amount | syntax.Word)
    at = date_operand(node.left.operand, scope)
    low = scope.bound(node.low.number if isinstance(node.low, syntax.Amount) else node.low)
    high, unit = _high(node.high, scope)
    if at is None or low is None or high is None or unit is None:
        return None
    low_unit = _unit_of_bound(low, scope)
    if low_unit is not None and low_unit is not unit:
        scope.diagnostics.error(
            "CS208",
            f"the range runs from {low_unit.value} to {unit.value}",
            node.low.span.to(node.high.span),
            "give both ends in one unit",
        )
        return None
    if isinstance(low, Decimal) and isinstance(high, Decimal):
        if low > high:
            scope.diagnostics.error(
                "CS207",
                f"this range is empty: {low} is more than {high}",
                node.low.span.to(node.high.span),
                "write the lower age first",
            )
            return None
        if _in_years(ir.Length(high, unit)) > _OLDEST_YEARS:
            scope.diagnostics.error("CS207", "nobody is that old", node.high.span, "check the number and its unit")
            return None
    return ir.AgeRange(at, low, high, unit, node.span)


def _high(high: syntax.Length, scope: RuleScope) -> tuple[ir.Bound | None, ir.Unit | None]:
    """Return the upper end of a range of ages and the range's unit, which it carries."""
    length = scope.length(high)
    match length:
        case None:
            return None, None
        case ir.Length(n=n, unit=unit):
            return n, unit
        case ir.LimitRef() | ir.Field():
            return length, scope.unit_of_length(length)


def _unit_of_bound(bound: ir.Bound, scope: RuleScope) -> ir.Unit | None:
    return None if isinstance(bound, Decimal) else scope.unit_of_length(bound)
