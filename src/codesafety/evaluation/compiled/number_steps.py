"""Comparisons of numbers and ages as expressions (tables 7 and 15 to 17)."""

from __future__ import annotations

import ast
from decimal import Decimal
from typing import TypeGuard

from codesafety import ir
from codesafety.evaluation.compiled.answers import whole_above, whole_up
from codesafety.evaluation.compiled.operands import SCENE, Frame, Operands
from codesafety.evaluation.compiled.python_syntax import (
    any_of,
    attribute,
    between,
    both,
    call,
    compare,
    const,
    difference,
    either_or,
    item,
    less,
    method,
    name,
    named,
    negation,
    several,
)
from codesafety.evaluation.compiled.written import Written
from codesafety.ir import FieldType, Kind


class NumberSteps:
    """Writes comparisons of numbers and ages. One for each module that is generated."""

    def __init__(self, operands: Operands) -> None:
        self.of = operands
        self._temporaries = 0

    def temporary(self) -> str:
        self._temporaries += 1
        return f"t{self._temporaries}"

    def sure_of(self, written: Written) -> ast.expr:
        """Return an expression that is true where it is certainly true."""
        if written.sure is not None:
            return written.sure()
        return written.value() if written.sort == "bool" else compare(written.value(), ast.Is(), const(True))

    def maybe_of(self, written: Written) -> ast.expr:
        """Return an expression that is true where it is not certainly false."""
        if written.maybe is not None:
            return written.maybe()
        return written.value() if written.sort == "bool" else compare(written.value(), ast.IsNot(), const(False))

    def exact_of(self, written: Written) -> ast.expr:
        """Return an expression for the answer with what is missing."""
        if written.sort != "open":
            return written.value()
        assert written.lacking is not None
        temporary = self.temporary()
        return either_or(compare(named(temporary, written.value()), ast.Is(), const(None)), written.lacking(), name(temporary))

    # ------------------------------------------------------------------------------------------ numbers

    def _compare(self, step: ir.Compare, frame: Frame) -> Written:
        left, operator, right = step.left, step.operator, step.right
        bound = self.of.binding.quantity(right) if isinstance(right, ir.LimitRef) else right
        if not isinstance(left, ir.Field) or left.unit is not None or not isinstance(bound, ir.Quantity):
            return Written(
                "answer",
                lambda: call("numbers_compare", self.of.held(left, frame), const(operator), self.of.held(right, frame)),
            )
        # Most comparisons are of one field with one number, and need no fractions.
        counts = left.type is FieldType.NUMBER and bound.unit is None
        return Written(
            "answer",
            lambda: call(
                "compared",
                self.of.amount(left, frame),
                const(operator),
                self.of.pool.add(bound.number),
                const(bound.unit),
                const(counts),
                self.of.label(left, frame),
            ),
        )

    def _in_range(self, step: ir.InRange, frame: Frame) -> Written:
        def end(written: ir.Number) -> ast.expr:
            held = self.of.held(written, frame)
            if not isinstance(written, ir.Field) or not written.open:
                return held
            return either_or(compare(self.of.raw(written, frame), ast.Is(), const(None)), const(None), held)

        return Written("answer", lambda: call("number_in_range", self.of.held(step.number, frame), end(step.low), end(step.high)))

    def _differs(self, step: ir.Differs, frame: Frame) -> Written:
        left, right, percent = step.left, step.right, step.by
        if _counts(left) and _counts(right) and isinstance(percent, Decimal) and step.direction == "differs":
            amounts = [self.of.amount(field, frame) for field in (left, right)]
            labels = several(self.of.label(field, frame) for field in (left, right))
            return Written("answer", lambda: call("counts_differ", *amounts, self.of.pool.add(percent), labels))
        by, unit = (step.by.number, step.by.unit) if isinstance(step.by, ir.Quantity) else (step.by, None)
        return Written(
            "answer",
            lambda: call(
                "numbers_differ",
                self.of.held(step.left, frame),
                self.of.held(step.right, frame),
                self.of.pool.add(by),
                const(unit),
                const(isinstance(step.by, Decimal)),
                const(step.direction),
            ),
        )

    # ------------------------------------------------------------------------------------------ ages

    def _age(self, step: ir.AgeCompare | ir.AgeRange, frame: Frame) -> Written:
        if isinstance(step, ir.AgeCompare):
            return self._age_beside(step.at, step.operator, step.length, frame)
        low, high = (self._known_length(end) for end in (step.low, step.high))
        if low is not None and high is not None and low.unit is high.unit:
            return self._known_age(step.at, whole_up(low.n), whole_above(high.n), low.unit, frame)
        parts = [self._age_beside(step.at, operator, end, frame) for operator, end in ((">=", step.low), ("<=", step.high))]
        return Written(
            "answer",
            lambda: call("every", several(self.exact_of(part) for part in parts)),
            sure=lambda: both(self.sure_of(part) for part in parts),
            maybe=lambda: both(self.maybe_of(part) for part in parts),
        )

    def _known_length(self, written: ir.LengthLike) -> ir.Length | None:
        return None if isinstance(written, ir.Field) else self.of.binding.length(written)

    def _age_beside(self, at: ir.DateOperand, operator: str, written: ir.LengthLike, frame: Frame) -> Written:
        """An age beside a length, a column or a value; `<=` is the end of a range: less than the next completed unit."""
        length = self._known_length(written)
        if length is not None:
            reached = whole_above(length.n) if operator == "<=" else whole_up(length.n)
            low, above = (reached, None) if operator == ">=" else (None, reached)
            return self._known_age(at, low, above, length.unit, frame)
        assert isinstance(written, ir.Field)
        day, label = self.of.span(at, frame), self._age_label(at, frame)
        if written.column_unit is None:
            held = self.of.held(written, frame)
            return Written("answer", lambda: call("age_beside_value", name(SCENE), day, label, const(operator), held))
        unit = name(f"UNIT_{written.column_unit.value}")
        temporary = self.temporary()
        cell = named(temporary, call("column_above" if operator == "<=" else "column_up", self.of.raw(written, frame)))
        bounds = (name(temporary), const(None)) if operator == ">=" else (const(None), name(temporary))
        return Written(
            "open",
            lambda: either_or(
                compare(cell, ast.Is(), const(None)), const(written.open or None), call("age_in", name(SCENE), day, *bounds, unit)
            ),
            lambda: call("age_lacks", name(SCENE), day, label, self.lacking_cells(frame, written)),
        )

    def lacking_cells(self, frame: Frame, *columns: ir.Field) -> ast.expr:
        """The names of the columns that hold no number."""
        return call("empty_cells", *(several((self.of.raw(c, frame), self.of.label(c, frame))) for c in columns))

    def _age_label(self, at: ir.DateOperand, frame: Frame) -> ast.expr:
        return self.of.label(at, frame) if isinstance(at, ir.Field) else const(None)

    def _known_age(self, day: ir.DateOperand, low: int | None, above: int | None, unit: ir.Unit, frame: Frame) -> Written:
        """An age as the least whole number that it must have reached and the least that it must not have."""
        at, label = self.of.span(day, frame), self._age_label(day, frame)

        def answer() -> ast.expr:
            return call("age_in", name(SCENE), at, const(low), const(above), name(f"UNIT_{unit.value}"))

        def lacking() -> ast.expr:
            return call("age_lacks", name(SCENE), at, label)

        if (low is not None and low <= 0) or (above is not None and above <= 0):
            return Written("open", answer, lacking)

        def sure() -> ast.expr:
            reached = const(True) if low is None else negation(self._maybe_younger(at, low, unit))
            return reached if above is None else both([reached, self._surely_younger(at, above, unit)])

        def maybe() -> ast.expr:
            reached = const(True) if low is None else negation(self._surely_younger(at, low, unit))
            return reached if above is None else both([reached, self._maybe_younger(at, above, unit)])

        return Written("open", answer, lacking, sure, maybe)

    def _surely_younger(self, at: ast.expr, n: int, unit: ir.Unit) -> ast.expr:
        """Whether an age is known and below `n` > 0 units: by days alone, and by the calendar only near the birthday."""
        least, most = days_window(n, unit)
        days = self.temporary()
        lived = named(days, difference(item(at, 1), attribute(name(SCENE), "born_first")))
        clear = between(const(0), lived, const(least), ast.Lt())
        if least > most:
            return clear
        near = between(const(least), name(days), const(most), ast.LtE())
        exact = method(name(SCENE), "younger", item(at, 1), const(n), name(f"UNIT_{unit.value}"))
        return any_of([clear, both([near, exact])])

    def _maybe_younger(self, at: ast.expr, n: int, unit: ir.Unit) -> ast.expr:
        """Whether an age may be below `n` > 0 units, or cannot be told."""
        least, most = days_window(n, unit)
        days = self.temporary()
        lived = named(days, difference(item(at, 0), attribute(name(SCENE), "born_last")))
        clear = less(lived, const(least))
        if least > most:
            return clear
        exact = method(name(SCENE), "not_reached", item(at, 0), const(n), name(f"UNIT_{unit.value}"))
        return any_of([clear, both([compare(name(days), ast.LtE(), const(most)), exact])])


def _counts(number: ir.Number) -> TypeGuard[ir.Field]:
    return (
        isinstance(number, ir.Field)
        and number.type is FieldType.NUMBER
        and number.var is not None
        and number.var.kind is not Kind.ROW
    )


def days_window(n: int, unit: ir.Unit) -> tuple[int, int]:
    """Return (a, b): fewer than `a` days are surely fewer than `n` units, more than `b` days surely are not."""
    match unit:
        case ir.Unit.DAYS:
            return n, n - 1
        case ir.Unit.WEEKS:
            return 7 * n, 7 * n - 1
        case ir.Unit.MONTHS:
            years, months = divmod(n, 12)
            return 365 * years + 28 * months, 366 * years + 31 * months
        case ir.Unit.YEARS:
            return 365 * n, 366 * n
