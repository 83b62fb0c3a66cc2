"""Numbers: operands, arithmetic, comparisons and differences, syntax to ir, with what cannot be compared refused (tables 15 to 17)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, cast

from codesafety import ir
from codesafety.diagnostics import Span
from codesafety.ir import FieldType, Kind
from codesafety.ir.units import families as units
from codesafety.ir.units.dimension import Dimension, in_base
from codesafety.language.checking.ages import compared, in_words, is_a_cell
from codesafety.language.checking.scope import ITEMS, RuleScope, a_kind, written_length
from codesafety.language.checking.times import A_TYPE, OF_DATES
from codesafety.language.parsing import syntax
from codesafety.language.quantities import unit as unit_of

_MOST_OPERATIONS: Final = 16
"""How many operations one number may have: what a rule costs is known before it runs."""
_COMPARED: Final = "is not compared with a number"
_NO_LENGTH: Final = "only an age or a date is compared with a length"
_OF_LENGTHS: Final = "an age stands on the left of a length: `age at e < …`; dates lie apart: `e is within … before x`"
_UCUM: Final = {ir.Unit.DAYS: "d", ir.Unit.WEEKS: "wk", ir.Unit.MONTHS: "mo", ir.Unit.YEARS: "a"}
_A_NUMBER_OF: Final = {
    **dict.fromkeys((Kind.ENTRY, Kind.HISTORY, Kind.MENTION), "compare its value: `{}.value`"),
    Kind.MEDICATION: "compare what is a number of it, such as `{}.quantity`",
    Kind.ROW: "name a column of numbers: `{}.…`",
}
_AMOUNTS: Final = ("quantity", "days_supply", "times_a_day", "dose", "dosage")

# ------------------------------------------------------------------------------------------------ conditions


def comparison(node: syntax.Comparison, scope: RuleScope) -> ir.Condition | None:
    """Return `left < right` and its like, of two numbers."""
    if isinstance(node.right, syntax.Age):
        _age_on_the_right(node, node.right, scope)
        return None
    if isinstance(node.right, syntax.Amount) and _an_age_is_meant(node.left, node.operator.text, node.right, scope):
        return None
    left = number(node.left, scope)
    right = _beside(left, node.left, node.right, scope)
    if left is None or right is None or _with_itself(left, right, node.span, scope):
        return None
    operator = cast(Literal["<", "<=", ">", ">="], node.operator.text)
    if not _comparable(left, right, node.left, node.right, scope) or _never(left, operator, right, node.span, scope):
        return None
    if _of_nobody((left, right), node.span, scope):
        return None
    return ir.Compare(left, operator, right, node.span)


def _with_itself(left: ir.Number, right: ir.Number, span: Span, scope: RuleScope) -> bool:
    """Report a comparison of one field with itself, or with what is calculated from it alone."""
    fields = set(ir.fields_of(left))
    if len(fields) != 1 or fields != set(ir.fields_of(right)):
        return False
    (field,) = fields
    scope.diagnostics.error("CS207", f"`{field.as_written}` is compared with itself", span, "name another field on one side")
    return True


def _of_nobody(numbers: tuple[ir.Number, ...], span: Span, scope: RuleScope) -> bool:
    """Report a comparison without any field; in a family the cells of a row may be compared, and choose among its rules."""
    if scope.row is not None or any(map(ir.fields_of, numbers)):
        return False
    scope.diagnostics.error("CS207", "this is the same for every patient", span, "compare a field, such as `e.value`")
    return True


def _never(left: ir.Number, operator: str, right: ir.Number, span: Span, scope: RuleScope) -> bool:
    if not (isinstance(left, ir.Field) and left.name in _AMOUNTS and isinstance(right, ir.Quantity)):
        return False
    if (operator == "<" and right.number <= 0) or (operator == "<=" and right.number < 0):
        scope.diagnostics.error("CS207", "this is never true: no amount is below 0", span, "compare it with a number above 0")
        return True
    return False


def _age_on_the_right(node: syntax.Comparison, age: syntax.Age, scope: RuleScope) -> None:
    turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}[node.operator.text]
    said: str | None = None
    if isinstance(node.left, syntax.Amount):
        said = compared(turned, node.left)
    elif isinstance(node.left, syntax.Word) and turned in ("<", ">="):
        said = f"{turned} {node.left.text}"
    scope.diagnostics.error(
        "CS205",
        "an age stands on the left",
        age.span,
        f"write `age at {age.operand.text} {said}`" if said else "an age in completed units is compared with `<` or `>=`",
    )


def _an_age_is_meant(left: syntax.Expression, operator: str, length: syntax.Amount, scope: RuleScope) -> bool:
    """Report an item that is compared with a length as its patient's age is: `e > 16 years`."""
    var = scope.variables.get(left.text) if isinstance(left, syntax.Word) else None
    if var is None or var.kind not in ITEMS:
        return False
    scope.used.add(var.name)
    said = f"{operator} {in_words(length)}" if operator.startswith("is ") else compared(operator, length)
    scope.diagnostics.error(
        "CS205",
        f"`{var.name}` is {a_kind(var.kind)}, which has no age",
        left.span,
        f"the patient's age is one at something: `age at {var.name}{f' {said}' if said else ''}`",
    )
    return True


def _beside(
    left: ir.Number | None, left_node: syntax.Expression, node: syntax.Expression, scope: RuleScope, *, open_too: bool = False
) -> ir.Number | None:
    """Return the number that `left` is compared with, or None where it is none; that is reported, but where it is no news."""
    if not isinstance(node, syntax.Amount):
        return number(node, scope, open_too=open_too)
    if left is not None:
        scope.diagnostics.error("CS205", _NO_LENGTH, node.span, _instead_of_a_length(left, node, scope))
    return None


def _instead_of_a_length(left: ir.Number, length: syntax.Amount, scope: RuleScope) -> str:
    """Return what to write for a length that a number is compared with."""
    written = written_length(length, scope.diagnostics)
    if isinstance(left, ir.Field) and left.name == "days_supply":
        days = {ir.Unit.DAYS: 1, ir.Unit.WEEKS: 7}.get(written.unit) if written is not None else None
        return f"it counts days: write {'a number of days' if written is None or days is None else f'`{written.n * days}`'}"
    if _counts(left):
        return "it is a number of things, and no length"
    if written is not None and _is_sent(left) and not is_a_cell(length):
        return f'a value has a unit in quotes: `{written.n} "{_UCUM[written.unit]}"`'
    return _OF_LENGTHS


def number_range(node: syntax.InRange, scope: RuleScope) -> ir.Condition | None:
    """Return `left is from low to high`, of numbers. A bare number before an end with a unit takes that unit."""
    if isinstance(node.low, syntax.DateText) and isinstance(node.high, syntax.DateText):
        subject = node.left.text if isinstance(node.left, syntax.Word) else "e"
        scope.diagnostics.error(
            "CS205",
            "a range is one of numbers or ages",
            node.low.span.to(node.high.span),
            f"write `{subject} is not before {node.low.text} and {subject} is not after {node.high.text}`",
        )
        return None
    if isinstance(node.high, syntax.Amount) and _an_age_is_meant(
        node.left, f"is from {node.low.text if isinstance(node.low, syntax.Number) else '…'} to", node.high, scope
    ):
        return None
    left = number(node.left, scope)
    low, high = (_beside(left, node.left, end, scope, open_too=True) for end in (node.low, node.high))
    if left is None or low is None or high is None or any(_with_itself(left, end, node.span, scope) for end in (low, high)):
        return None
    if isinstance(low, ir.Quantity) and low.unit is None:
        low = replace(low, unit=_unit_of(high, scope).unit)
    if not all(_comparable(left, end, node.left, at, scope) for end, at in ((low, node.low), (high, node.high))):
        return None
    if not _comparable(low, high, node.low, node.high, scope):
        return None
    if _of_nobody((left, low, high), node.span, scope):
        return None
    first, last = _written(low, scope), _written(high, scope)
    if first is not None and last is not None and _above(first, last):
        scope.diagnostics.error(
            "CS207",
            f"this range is empty: {_said(first, last)} is more than {_said(last, first)}",
            node.low.span.to(node.high.span),
            "write the lower number first",
        )
        return None
    return ir.InRange(left, low, high, node.span)


def _written(end: ir.Number, scope: RuleScope) -> ir.Quantity | None:
    if isinstance(end, ir.LimitRef):
        limit = scope.ruleset.names.limits.get(end.name)
        value = None if limit is None else limit.default
        return ir.Quantity(value) if isinstance(value, Decimal) else value if isinstance(value, ir.Quantity) else None
    return end if isinstance(end, ir.Quantity) else None


def _said(end: ir.Quantity, other: ir.Quantity) -> str:
    return str(end.number) if end.unit == other.unit else f'{end.number} "{end.unit}"'


def _above(low: ir.Quantity, high: ir.Quantity) -> bool:
    if low.unit is None or high.unit is None:
        return low.number > high.number
    first = units.exactly(Fraction(low.number), low.unit, high.unit)
    return first is not None and first > Fraction(high.number)


def differs(node: syntax.Differs, scope: RuleScope) -> ir.Condition | None:
    return _difference(node.left, node.right, Decimal(node.percent.text), "differs", node.percent.span, node.span, scope)


def change(node: syntax.Change, scope: RuleScope) -> ir.Condition | None:
    """Return `left rises | falls from right by more than` a percentage or an amount."""
    if node.percent:
        assert isinstance(node.amount, syntax.Number)
        by: Decimal | ir.Quantity | None = Decimal(node.amount.text)
    else:
        found = number(node.amount, scope)
        by = found if isinstance(found, ir.Quantity) else None
    return _difference(node.left, node.right, by, node.direction, node.amount.span, node.span, scope)


def _difference(
    left_node: syntax.Expression,
    right_node: syntax.Expression,
    by: Decimal | ir.Quantity | None,
    direction: Literal["differs", "rises", "falls"],
    at: Span,
    span: Span,
    scope: RuleScope,
) -> ir.Condition | None:
    left, right = number(left_node, scope, doing="is no number"), number(right_node, scope, doing="is no number")
    if left is None or right is None or by is None:
        return None
    if _with_itself(left, right, span, scope):
        return None
    if isinstance(by, ir.Quantity):
        for side, node in ((left, left_node), (right, right_node)):
            if not _comparable(side, by, node, syntax.Number("", at), scope, difference=True):
                return None
        if by.unit is not None and all(_counts(side) for side in (left, right)):
            return ir.Differs(left, right, by, direction, span)
    if not _comparable(left, right, left_node, right_node, scope):
        return None
    return ir.Differs(left, right, by, direction, span)


# ------------------------------------------------------------------------------------------------ operands


def number(
    expression: syntax.Expression, scope: RuleScope, *, doing: str = _COMPARED, open_too: bool = False
) -> ir.Number | None:
    """Return what stands for a number, or None where nothing does; that is reported. `open_too`: an open column may be empty."""
    match expression:
        case syntax.Number(text=text):
            return ir.Quantity(Decimal(text))
        case syntax.Quantity(number=written, unit=unit):
            assert unit is not None
            known = unit_of(unit.text, unit.span, scope.diagnostics)
            return None if known is None else ir.Quantity(Decimal(written.text), known)
        case syntax.Grouped(expression=inner):
            return number(inner, scope, doing=doing)
        case syntax.Arithmetic():
            return _arithmetic(expression, scope)
        case syntax.Word():
            return _named(expression, scope, doing, open_too=open_too)
        case syntax.DateText(text=text):
            what = f"is a date and {doing}" if doing == _COMPARED else doing
            scope.diagnostics.error("CS205", f"`{text}` {what}", expression.span, OF_DATES)
            return None
        case syntax.Age():
            scope.diagnostics.error(
                "CS205", "an age is no number", expression.span, "an age stands alone on the left: `age at e < 12 years`"
            )
            return None
        case syntax.Amount():
            scope.diagnostics.error("CS205", _NO_LENGTH, expression.span, _OF_LENGTHS)
            return None


def _named(word: syntax.Word, scope: RuleScope, doing: str, *, open_too: bool) -> ir.Number | None:
    if "/" in word.text or ("." not in word.text and scope.is_limit(word)):
        return _limit(word, scope)
    found = scope.operand(word, open_too=open_too)
    if found is None:
        return None
    if isinstance(found, ir.Var):
        scope.diagnostics.error(
            "CS205",
            f"`{word.text}` is {a_kind(found.kind)} and {doing}" if doing == _COMPARED else f"`{word.text}` {doing}",
            word.span,
            _A_NUMBER_OF.get(found.kind, "compare a field that is a number, such as `e.value`").format(found.name),
        )
        return None
    if found.type in (FieldType.NUMBER, FieldType.VALUE, FieldType.QUANTITY):
        return scope.with_assumed(found)
    help = {
        FieldType.WORD: f"write `{found.as_written} is …`",
        FieldType.DATE: "write `… is before …` or `… is within … before …`",
        FieldType.CODINGS: f"write `{found.as_written} in SET`",
        FieldType.TEXT: f"write `{found.as_written} is missing`, or compare it with another field",
    }[found.type]
    scope.diagnostics.error(
        "CS205",
        f"`{found.as_written}` is {A_TYPE[found.type]} and {doing}" if doing == _COMPARED else f"`{found.as_written}` {doing}",
        word.span,
        help
        if doing == _COMPARED
        else "dates are not calculated with: write `… is within 30 days before …`, `… is more than 3 months before …`"
        if found.type is FieldType.DATE
        else "use a field that is a number, such as `m.quantity`, `m.dosage` or `e.value`",
    )
    return None


def _limit(word: syntax.Word, scope: RuleScope) -> ir.LimitRef | None:
    found = scope.ruleset.limit(word)
    if found is None:
        return None
    reference, limit = found
    if limit is not None and isinstance(limit.default, ir.Length):
        scope.diagnostics.error(
            "CS205",
            f"the limit `{word.text}` is a length and no number",
            word.span,
            'use a number, or a limit that is one: `default 300` or `default 300 "mm[Hg]"`',
        )
        return None
    return reference


# ------------------------------------------------------------------------------------------------ arithmetic


def _arithmetic(node: syntax.Arithmetic, scope: RuleScope) -> ir.Number | None:
    marks = [o.text for o in node.operators]
    if len(set(marks)) > 1 or (len(marks) > 1 and marks[0] in "-/"):
        place = next((o for o in node.operators if o.text != marks[0]), node.operators[1])
        scope.diagnostics.error(
            "CS110", f"`{marks[0]}` beside `{place.text}` without brackets can be read in two ways", place.span, _readings(node)
        )
        return None
    if _operations(node) > _MOST_OPERATIONS:
        scope.diagnostics.error(
            "CS222",
            f"this number takes {_operations(node)} operations, more than {_MOST_OPERATIONS}",
            node.span,
            "split the rule, or put a part of it into a table",
        )
        return None
    parts = [_operand(part, scope) for part in node.parts]
    made: ir.Number | None = parts[0]
    for mark, part, written in zip(marks, parts[1:], node.parts[1:], strict=True):
        if made is None or part is None:
            return None
        if _always(made, mark, part, node.span, scope):
            return None
        made = ir.Arithmetic(cast(Literal["+", "-", "*", "/"], mark), made, part, node.span)
        if not _can_be_calculated(made, written, scope):
            return None
    return made


def _always(left: ir.Number, mark: str, right: ir.Number, span: Span, scope: RuleScope) -> bool:
    """Report a calculation whose result is the same whatever is sent."""
    nought = mark == "*" and any(isinstance(side, ir.Quantity) and side.number == 0 for side in (left, right))
    if not nought and (mark not in "-/" or left != right or not ir.fields_of(left)):
        return False
    scope.diagnostics.error("CS207", f"this is always {1 if mark == '/' else 0}", span, "name another field or number")
    return True


def _operand(part: syntax.Expression, scope: RuleScope) -> ir.Number | None:
    found = number(part, scope, doing="is no number")
    unit = found.unit if isinstance(found, ir.Quantity) else None
    if unit is not None and in_base(unit) is None:
        scope.diagnostics.error("CS208", f"nothing is calculated in `{unit}`", part.span, "write a unit made of simpler ones")
        return None
    return found


def _operations(node: syntax.Expression) -> int:
    match node:
        case syntax.Arithmetic(parts=parts, operators=operators):
            return len(operators) + sum(_operations(part) for part in parts)
        case syntax.Grouped(expression=inner):
            return _operations(inner)
        case _:
            return 0


def _readings(node: syntax.Arithmetic) -> str:
    """Return the two ways to bracket the first three parts of a chain."""
    a, b, c = "ABC"
    one, other = node.operators[0].text, node.operators[1].text
    written = f"{a} {one} {b} {other} {c}"
    return f"put brackets: `{written}` can mean\n`({a} {one} {b}) {other} {c}`\nor `{a} {one} ({b} {other} {c})`"


def _can_be_calculated(node: ir.Arithmetic, divisor: syntax.Expression, scope: RuleScope) -> bool:
    if node.operator == "/" and not ir.fields_of(node.right) and _may_be_nought(node.right, scope):
        scope.diagnostics.error("CS207", "this divides by 0", divisor.span, "write another number")
        return False
    one, other = _unit_of(node.left, scope).dimension, _unit_of(node.right, scope).dimension
    if node.operator in "+-" and one is not None and other is not None and one != other:
        scope.diagnostics.error(
            "CS208",
            f"what is of unlike units cannot be {'added' if node.operator == '+' else 'subtracted'}",
            node.span,
            "give both sides units of one kind",
        )
        return False
    return True


def _may_be_nought(number: ir.Number, scope: RuleScope) -> bool:
    match number:
        case ir.Quantity(number=n):
            return n == 0
        case ir.LimitRef(name=name):
            limit = scope.ruleset.names.limits.get(name)
            ends = [] if limit is None else [_n(v) for v in (limit.default, limit.low, limit.high) if v is not None]
            return bool(ends) and min(ends) <= 0 <= max(ends)
        case ir.Arithmetic(operator="*", left=left, right=right):
            return _may_be_nought(left, scope) or _may_be_nought(right, scope)
        case ir.Arithmetic(operator="/", left=left):
            return _may_be_nought(left, scope)
        case _:
            return True


def _n(value: ir.LimitValue) -> Decimal:
    return value.number if isinstance(value, ir.Quantity) else value.n if isinstance(value, ir.Length) else value


# ------------------------------------------------------------------------------------------------ units


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is known of a number's unit before any is seen.

    `told`: `unit` is its unit, None where it has none. `some`: it has one, and which is not known. `dimension`: of what it is in
    a calculation, None where that is not known.
    """

    told: bool = False
    unit: str | None = None
    some: bool = False
    dimension: Dimension | None = None


def _unit_of(number: ir.Number, scope: RuleScope) -> _Unit:
    match number:
        case ir.Quantity(unit=unit):
            return _known(unit)
        case ir.LimitRef(name=name):
            limit = scope.ruleset.names.limits.get(name)
            return _Unit() if limit is None else _known(limit.default.unit if isinstance(limit.default, ir.Quantity) else None)
        case ir.Field(unit=unit) if _is_cell(number):
            return _Unit(some=True) if isinstance(unit, ir.Field) else _known(unit)
        case ir.Field(type=FieldType.NUMBER):
            return _Unit(dimension=Dimension())
        case ir.Field():
            return _Unit()
        case ir.Arithmetic(operator=operator, left=left, right=right):
            one, other = _unit_of(left, scope).dimension, _unit_of(right, scope).dimension
            if operator in "+-":
                return _Unit(dimension=one if one is not None else other)
            if one is None or other is None:
                return _Unit()
            return _Unit(dimension=one * other if operator == "*" else one / other)


def _known(unit: str | None) -> _Unit:
    base = in_base(unit or "1")
    return _Unit(True, unit, unit is not None, base.dimension if base is not None else None)


def _is_cell(number: ir.Number) -> bool:
    return isinstance(number, ir.Field) and number.var is not None and number.var.kind is Kind.ROW


def _counts(number: ir.Number) -> bool:
    return isinstance(number, ir.Field) and number.type is FieldType.NUMBER and not _is_cell(number)


def _is_sent(number: ir.Number) -> bool:
    return isinstance(number, ir.Field) and number.type in (FieldType.VALUE, FieldType.QUANTITY)


def _comparable(
    left: ir.Number,
    right: ir.Number,
    left_node: syntax.Expression,
    right_node: syntax.Expression,
    scope: RuleScope,
    *,
    difference: bool = False,
) -> bool:
    """Return whether some input can be compared; a comparison that none can satisfy is reported."""
    one, other = _unit_of(left, scope), _unit_of(right, scope)

    def refuse(message: str, at: syntax.Expression, help: str) -> bool:
        scope.diagnostics.error("CS208", message, at.span, help)
        return False

    for counting, beside, unit, at in ((left, right, other, right_node), (right, left, one, left_node)):
        if not _counts(counting):
            continue
        assert isinstance(counting, ir.Field)
        if _is_sent(beside):
            assert isinstance(beside, ir.Field)
            return refuse(
                f"`{counting.as_written}` counts, and `{beside.as_written}` has a unit",
                at,
                "compare a number of things with another, or calculate: `m.dose * m.strength`",
            )
        computed = isinstance(beside, ir.Arithmetic)
        has_unit = unit.dimension not in (None, Dimension()) if computed else unit.some
        if has_unit and (computed or counting.name != "quantity"):
            help = (
                "multiply by what one holds: `m.dose * m.strength`"
                if counting.name in ("dose", "dosage")
                else "leave the unit out"
            )
            return refuse(f"`{counting.as_written}` has no unit", _unit_span(at), help)
    if _counts(left) or _counts(right):
        return True
    if isinstance(left, ir.Arithmetic) or isinstance(right, ir.Arithmetic):
        if one.dimension is not None and other.dimension is not None and one.dimension != other.dimension:
            return refuse(
                "what is calculated here is of another unit than what it is compared with", right_node, _computed_unit(one, left)
            )
        if not difference and _is_difference_of_temperatures(left, right):
            return refuse("a difference of temperatures is no temperature", right_node, 'write the difference in `"Cel"`')
        for side, at in ((left, left_node), (right, right_node)):
            if isinstance(side, ir.Quantity) and side.unit is not None and in_base(side.unit) is None:
                return refuse(f"nothing is calculated in `{side.unit}`", at, "write a unit made of simpler ones")
        return True
    assumed = [(f, u) for f, u in ((left, other), (right, one)) if isinstance(f, ir.Field) and _is_sent(f) and f.unit is not None]
    for field, unit in assumed:
        if unit.told and isinstance(field.unit, str) and (unit.unit is None or units.ratio(field.unit, unit.unit) is None):
            return refuse(
                f"`{field.as_written}` is read as `{field.unit}`, which does not convert to what it is compared with",
                right_node,
                "give `assume` and the comparison units of one kind",
            )
    if (
        (one.told and other.told)
        or (one.told and one.unit is None and other.some)
        or (other.told and other.unit is None and one.some)
    ):
        if one.unit is not None and other.unit is not None:
            if units.ratio(one.unit, other.unit) is None:
                return refuse(f"`{one.unit}` does not convert to `{other.unit}`", right_node, "give both sides units of one kind")
        elif one.some or other.some:
            return refuse("one side has a unit and the other has none", right_node, "give both sides a unit, or neither")
    return True


def _computed_unit(one: _Unit, left: ir.Number) -> str:
    if isinstance(left, ir.Arithmetic) and one.dimension == Dimension():
        if any(map(_is_sent, ir.fields_of(left))):
            return 'numbers that are added or subtracted have the unit of what they stand beside: `e.value - 5 "mm[Hg]"`'
        return "leave the unit out: numbers without units are calculated here"
    return "check what is multiplied and divided"


def _is_difference_of_temperatures(left: ir.Number, right: ir.Number) -> bool:
    match left, right:
        case ir.Arithmetic("-", ir.Field(), ir.Field()), ir.Quantity(unit=str() as unit):
            base = in_base(unit)
            return base is not None and base.offset != 0
    return False


def _unit_span(node: syntax.Expression) -> syntax.Expression:
    return syntax.Number("", node.unit.span) if isinstance(node, syntax.Quantity) and node.unit is not None else node
