"""Ages: always at something, on the left of what they are compared with, in completed units (tables 7 and 15)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from codesafety import ir
from codesafety.ir import FieldType, Kind
from codesafety.language.checking.scope import RuleScope, unit_of
from codesafety.language.checking.times import OF_DATES, date_operand
from codesafety.language.parsing import syntax

_OLDEST_YEARS: Final = 150
_COMPLETED: Final = {"<": "<", "<=": "<", ">": ">=", ">=": ">="}
"""What a comparison of ages is in completed units."""
_A_VALUE_OF_AGE: Final = "compare it with a length such as `12 years`, a limit, a column of years, or a value"


def age_comparison(node: syntax.Comparison, age: syntax.Age, scope: RuleScope) -> ir.Condition | None:
    """Return `age at e < length`: written, a limit, a column, or a value in years, months, weeks or days."""
    at = date_operand(age.operand, scope)
    length = _length(node.right, scope)
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
    if isinstance(node.right, syntax.Amount) and (written := compared(operator, node.right)) is not None:
        return f"`{operator} {in_words(node.right)}` is `{written}`"
    return f"write `{_COMPLETED[operator]}` and the next completed unit"


def in_words(length: syntax.Amount) -> str:
    """Return a length as it was written, in units that have a plural."""
    first = f"{length.number.text} {unit_of(length.unit).value}"
    return first if length.more is None else f"{first} {in_words(length.more)}"


def compared(operator: str, length: syntax.Amount) -> str | None:
    """Return operator and length as an age is compared, in completed units: `>= 17 years` of `> 16 years`.

    None where the length is no whole number, or is a cell of the family's row.
    """
    last = length.more or length
    if not last.number.text.isdigit() or is_a_cell(length):
        return None
    if operator in ("<", ">="):
        return f"{operator} {in_words(length)}"
    more = replace(last, number=replace(last.number, text=str(int(last.number.text) + 1)))
    return f"{_COMPLETED[operator]} {in_words(more if length.more is None else replace(length, more=more))}"


def is_a_cell(length: syntax.Amount) -> bool:
    """Return whether a length stands where the rule names a column of its family's row."""
    return length.number.span == length.span


def _in_years(length: ir.Length) -> Decimal:
    per_year = {ir.Unit.DAYS: 365, ir.Unit.WEEKS: 52, ir.Unit.MONTHS: 12, ir.Unit.YEARS: 1}[length.unit]
    return length.n / per_year


def _length(node: syntax.Expression, scope: RuleScope, *, open_too: bool = False) -> ir.LengthLike | None:
    """Return what an age is compared with. What is none is reported."""
    match node:
        case syntax.Amount():
            return scope.length(node)
        case syntax.Word(text=text) if "." in text and "/" not in text:
            return _column_or_value(node, scope, open_too=open_too)
        case syntax.Word():
            return scope.length(node)
        case syntax.DateText(text=text):
            scope.diagnostics.error("CS205", f"`{text}` is a date and no age", node.span, OF_DATES)
        case syntax.Number(text=text):
            scope.diagnostics.error(
                "CS208",
                "an age has a unit",
                node.span,
                f"write its unit of time: `{text} {'year' if text == '1' else 'years'}`, say",
            )
        case syntax.Quantity(number=number):
            scope.diagnostics.error(
                "CS208",
                "the unit of an age is a word",
                node.span,
                f"write `{number.text} years`, `months`, `weeks` or `days`, without quotes",
            )
        case syntax.Age():
            scope.diagnostics.error(
                "CS205", "two ages of one patient differ as their dates do", node.span, "compare the dates: `e is before x`"
            )
        case syntax.Arithmetic() | syntax.Grouped():
            scope.diagnostics.error("CS205", "an age is not compared with a calculation", node.span, _A_VALUE_OF_AGE)
    return None


def _column_or_value(word: syntax.Word, scope: RuleScope, *, open_too: bool) -> ir.Field | None:
    found = scope.operand(word, open_too=open_too)
    match found:
        case ir.Field(column_unit=ir.Unit()) | ir.Field(type=FieldType.VALUE):
            return scope.with_assumed(found)
        case ir.Field(type=FieldType.NUMBER, unit=None, var=ir.Var(kind=Kind.ROW)):
            scope.diagnostics.error("CS205", f"`{word.text}` is no length", word.span, "declare the column with a unit: `years`")
        case ir.Field():
            scope.diagnostics.error("CS205", f"`{word.text}` is no length", word.span, _A_VALUE_OF_AGE)
        case _:
            pass
    return None


def age_range(node: syntax.InRange, age: syntax.Age, scope: RuleScope) -> ir.Condition | None:
    """Return `age at e is from low to high`. A low end without a unit takes the high one's."""
    at = date_operand(age.operand, scope)
    high = _length(node.high, scope, open_too=True)
    unit = None if high is None else scope.unit_of_length(high)
    low = _low(node.low, unit, scope)
    if at is None or low is None or high is None:
        return None
    if isinstance(low, ir.Length) and isinstance(high, ir.Length):
        if _in_years(low) > _in_years(high):
            least, most = (low.n, high.n) if low.unit is high.unit else (_said(low), _said(high))
            scope.diagnostics.error(
                "CS207",
                f"this range is empty: {least} is more than {most}",
                node.low.span.to(node.high.span),
                "write the lower age first",
            )
            return None
        if _in_years(high) > _OLDEST_YEARS:
            scope.diagnostics.error("CS207", "nobody is that old", node.high.span, "check the number and its unit")
            return None
    return ir.AgeRange(at, low, high, node.span)


def _said(length: ir.Length) -> str:
    return f"{length.n} {length.unit.value.removesuffix('s') if length.n == 1 else length.unit.value}"


def _low(node: syntax.Expression, unit: ir.Unit | None, scope: RuleScope) -> ir.LengthLike | None:
    """Return the lower end of a range of ages; a bare number, limit or column is in `unit`."""
    if unit is None:
        return _length(node, scope, open_too=True)
    match node:
        case syntax.Number():
            return ir.Length(scope.whole_number(node), unit)
        case syntax.Word(text=text) if "." in text and "/" not in text:
            found = scope.operand(node, open_too=True)
            if (
                isinstance(found, ir.Field)
                and found.type is FieldType.NUMBER
                and found.unit is None
                and found.column_unit is None
            ):
                return _whole(replace(found, column_unit=unit), node, scope)
            return None if found is None else _column_or_value(node, scope, open_too=True)
        case syntax.Word():
            limit = scope.ruleset.limit(node)
            if limit is not None and limit[1] is not None and isinstance(limit[1].default, Decimal):
                return replace(limit[0], unit=unit)
            return None if limit is None else scope.length(node)
        case _:
            return _length(node, scope, open_too=True)


def _whole(column: ir.Field, node: syntax.Word, scope: RuleScope) -> ir.Field | None:
    """Return a column of numbers that serves as ages: they are whole."""
    table = scope.ruleset.names.tables.get((column.var.table if column.var is not None else None) or "")
    if column.var is None or column.var.kind is not Kind.ROW:
        scope.diagnostics.error("CS205", f"`{node.text}` is no length", node.span, _A_VALUE_OF_AGE)
        return None
    for row in table.rows if table is not None else ():
        cell = row.cells.get(column.name)
        if isinstance(cell, Decimal) and cell != cell.to_integral_value():
            scope.diagnostics.error(
                "CS207",
                f"`{node.text}` is no whole number of {column.column_unit} in line {row.line} of its table",
                node.span,
                "an age is counted in completed units: write whole numbers, of a smaller unit if need be",
            )
            return None
    return column
