"""Single comparisons as expressions, each with the expression for what is missing where it cannot be told."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from codesafety import ir
from codesafety.evaluation.compiled.answers import whole_above, whole_up
from codesafety.evaluation.compiled.operands import SCENE, Frame, Operands, Place, Truthfulness
from codesafety.evaluation.compiled.python_syntax import (
    FALSE,
    among,
    any_of,
    attribute,
    between,
    both,
    call,
    compare,
    const,
    difference,
    either_or,
    equal,
    item,
    less,
    method,
    name,
    named,
    negation,
    product,
    several,
    union,
)
from codesafety.ir import FieldType, ItemWord, Kind

Step = (
    ir.IsMissing
    | ir.FieldIs
    | ir.FieldSame
    | ir.ItemIs
    | ir.CodingIs
    | ir.About
    | ir.InSet
    | ir.Before
    | ir.SameDay
    | ir.Within
    | ir.Beyond
    | ir.SameProduct
    | ir.SharesIngredient
    | ir.SameIngredients
    | ir.SameEntry
    | ir.Overlaps
    | ir.Differs
    | ir.Contradicts
    | ir.Compare
    | ir.AgeCompare
    | ir.AgeRange
    | ir.Custom
)
_NEITHER = ("gender", "sex_at_birth", "subject", "assertion", "temporality")


Expression = Callable[[], ast.expr]
"""An expression that is written when it is asked for: of the four forms of a step, one or two are needed."""


@dataclass(slots=True)
class Written:
    """A step as written. `sort`: "bool" is true or false; "open" may be None, and then `lacking` says what is missing;
    "answer" is true, false or the missing names themselves. `sure` and `maybe`: shorter forms of the two bounds, if any.
    """

    sort: Truthfulness
    value: Expression
    lacking: Expression | None = None
    sure: Expression | None = None
    maybe: Expression | None = None


class Steps:
    """Writes single comparisons. One for each module that is generated."""

    def __init__(self, operands: Operands) -> None:
        self.of = operands
        self._temporaries = 0

    def temporary(self) -> str:
        self._temporaries += 1
        return f"t{self._temporaries}"

    def sure(self, step: Step, frame: Frame) -> ast.expr:
        """Return an expression that is true where the step is certainly true."""
        written = self.write(step, frame)
        if written.sure is not None:
            return written.sure()
        return written.value() if written.sort == "bool" else compare(written.value(), ast.Is(), const(True))

    def maybe(self, step: Step, frame: Frame) -> ast.expr:
        """Return an expression that is true where the step is not certainly false."""
        written = self.write(step, frame)
        if written.maybe is not None:
            return written.maybe()
        return written.value() if written.sort == "bool" else compare(written.value(), ast.IsNot(), const(False))

    def exact(self, step: Step, frame: Frame) -> ast.expr:
        """Return an expression for the answer with what is missing."""
        written = self.write(step, frame)
        if written.sort != "open":
            return written.value()
        assert written.lacking is not None
        temporary = self.temporary()
        return either_or(compare(named(temporary, written.value()), ast.Is(), const(None)), written.lacking(), name(temporary))

    # ------------------------------------------------------------------------------------------ by node

    def write(self, step: Step, frame: Frame) -> Written:
        match step:
            case ir.IsMissing(field):
                return self._is_missing(field, frame)
            case ir.FieldIs(field, word):
                return self._field_is(field, word, frame)
            case ir.FieldSame(left, right):
                return self._field_same(left, right, frame)
            case ir.ItemIs(var, word):
                return self._item_is(frame[var.slot], word)
            case ir.CodingIs(var, word):
                place = frame[var.slot]
                return Written(
                    "answer", lambda: call("coding_is", name(SCENE), place.value, const(word.value), const(place.name))
                )
            case ir.About(var, subject):
                return self._context_word(frame[var.slot], 1, "subject", subject, ())
            case ir.InSet(operand, set_name):
                return self._in_set(operand, set_name, frame)
            case ir.Before() | ir.SameDay() | ir.Within() | ir.Beyond():
                return self._relation(step, frame)
            case ir.AgeCompare() | ir.AgeRange():
                return self._age(step, frame)
            case ir.SameProduct(left, right):
                return self._products("product", frame[left.slot], frame[right.slot])
            case ir.SharesIngredient(left, right) | ir.SameIngredients(left, right):
                return self._products(type(step).__name__, frame[left.slot], frame[right.slot])
            case ir.SameEntry(left, right):
                one, other = frame[left.slot], frame[right.slot]
                if (unseen := _unseen(one, other)) is not None:
                    return unseen
                return Written("answer", lambda: call("twins", one.value, other.value, _names(one, other)))
            case ir.Overlaps():
                return self._overlaps(step, frame)
            case ir.Differs(left, right, percent):
                amounts = [self.of.amount(field, frame) for field in (left, right)]
                labels = several(self.of.label(field, frame) for field in (left, right))
                return Written("answer", lambda: call("differs", *amounts, self.of.pool.add(percent), labels))
            case ir.Contradicts(var):
                place = frame[var.slot]
                return Written("answer", lambda: call("words_contradict", name(SCENE), place.value, const(place.name)))
            case ir.Compare(field, operator, value, unit):
                counts = field.type is FieldType.NUMBER and unit is None
                return Written(
                    "answer",
                    lambda: call(
                        "compared",
                        self.of.amount(field, frame),
                        const(operator),
                        self.of.pool.add(value),
                        const(unit),
                        const(counts),
                        self.of.label(field, frame),
                    ),
                )
            case ir.Custom(predicate, arguments):
                places = tuple(frame[v.slot] for v in arguments)
                if (unseen := _unseen(*places)) is not None:
                    return unseen
                return Written(
                    "answer",
                    lambda: call(
                        "custom",
                        name(SCENE),
                        self.of.pool.add(self.of.binding.predicates[predicate]),
                        several(p.value if p.kind is not Kind.MESSAGE else const(None) for p in places),
                        several(const(p.name) for p in places),
                    ),
                )
            case _:
                assert_never(step)

    def _is_missing(self, field: ir.Field, frame: Frame) -> Written:
        if (place := self.of.unseen(field, frame)) is not None:
            return _open(_called(place))
        if field.type is FieldType.DATE:
            return Written("bool", lambda: compare(self.of.span(field, frame), ast.Is(), name("NEVER")))
        raw = self.of.raw(field, frame)
        if field.name in _NEITHER:
            return Written("bool", lambda: among(raw, (None, "unknown")))
        return Written("bool", lambda: call("is_missing", raw))

    def _field_is(self, field: ir.Field, word: str, frame: Frame) -> Written:
        if (place := self.of.unseen(field, frame)) is not None:
            return _open(_called(place))
        value = self.of.word(field, frame)

        def answer() -> ast.expr:
            temporary = self.temporary()
            known = compare(named(temporary, value), ast.Is(), const(None))
            return either_or(known, const(None), equal(name(temporary), const(word)))

        return Written(
            "open",
            answer,
            lambda: const(frozenset((_static(self.of.label(field, frame)),))),
            sure=lambda: equal(value, const(word)),
            maybe=lambda: among(value, (None, word)),
        )

    def _field_same(self, left: ir.Field, right: ir.Field, frame: Frame) -> Written:
        coded = left.type is FieldType.CODINGS
        sides: list[ast.expr] = []
        for field in (left, right):
            if self.of.unseen(field, frame) is not None:
                sides.append(const(()) if coded else const(None))
            else:
                sides.append(self.of.infos(field, frame) if coded else self.of.word(field, frame))
        labels = several(self.of.label(field, frame) for field in (left, right))
        return Written("answer", lambda: call("same_concept" if coded else "same_word", *sides, labels))

    def _item_is(self, place: Place, word: ItemWord) -> Written:
        if word is ItemWord.INCOMING:
            return Written("bool", lambda: attribute(place.value, "incoming"))
        if not place.seen:
            return _open(_called(place))
        match word:
            case ItemWord.ALREADY_FILED:
                return Written("answer", lambda: call("filed", name(SCENE), place.value, const(place.name)))
            case ItemWord.ENTERED_IN_ERROR:
                return Written("bool", lambda: attribute(place.value, "model", "entered_in_error"))
            case ItemWord.PAST:
                return self._context_word(place, 2, "temporality", "past", ())
            case ItemWord.PRESENT | ItemWord.ABSENT:
                return self._context_word(place, 0, "assertion", word.value, ("possible",))
            case ItemWord.POSSIBLE | ItemWord.PLANNED:
                return self._context_word(place, 0, "assertion", word.value, ())

    def _context_word(self, place: Place, index: int, field: str, word: str, open_words: tuple[str, ...]) -> Written:
        if not place.seen:
            return _open(_called(place))

        def said() -> ast.expr:
            return item(attribute(place.value, "context"), index)

        def sure() -> ast.expr:
            return equal(said(), const(word))

        def maybe() -> ast.expr:
            return among(said(), (None, *open_words, word))

        return Written("open", lambda: _three(sure, maybe), lambda: const(frozenset((f"{place.name}.{field}",))), sure, maybe)

    def _in_set(self, operand: ir.Var | ir.Field, set_name: str, frame: Frame) -> Written:
        if (place := self.of.unseen(operand, frame)) is not None:
            return _open(_called(place))
        number = const(self.of.numbers[set_name])
        if isinstance(operand, ir.Field):
            value = method(name(SCENE), "infos_member", self.of.infos(operand, frame), number)
            return Written("open", lambda: value, lambda: const(frozenset((_static(self.of.label(operand, frame)),))))
        return self.membership(frame[operand.slot], set_name)

    def membership(self, place: Place, set_name: str) -> Written:
        """Membership of what a variable stands for."""
        if not place.seen:
            return _open(_called(place))
        asked = "coding_member" if place.kind is Kind.CODING else "member"
        field = "product" if place.kind is Kind.MEDICATION else "code"
        return Written(
            "open",
            lambda: method(name(SCENE), asked, place.value, const(self.of.numbers[set_name])),
            lambda: const(frozenset((f"{place.name}.{field}",))),
        )

    # ------------------------------------------------------------------------------------------ dates

    def _relation(self, step: ir.Before | ir.SameDay | ir.Within | ir.Beyond, frame: Frame) -> Written:
        left, right = self.of.span(step.left, frame), self.of.span(step.right, frame)

        def lacking() -> ast.expr:
            return self.of.dated(frame, step.left, step.right)

        if isinstance(step, ir.Before):

            def sure() -> ast.expr:
                return less(item(left, 1), item(right, 0))

            def maybe() -> ast.expr:
                return less(item(left, 0), item(right, 1))

            return Written("open", lambda: _three(sure, maybe), lacking, sure, maybe)
        if isinstance(step, ir.SameDay):
            return Written("open", lambda: call("same_day", left, right), lacking)
        length, unit_name = self.of.length(step.length, frame)
        unit = name(f"UNIT_{unit_name.value}")
        temporary = self.temporary()
        n = const(int(length.n)) if isinstance(length, ir.Length) else name(temporary)
        if isinstance(step, ir.Beyond):
            value = call("beyond", left, right, n, unit, const(step.side == "before"))
        else:
            earlier = n if step.side in ("before", "of") else const(None)
            later = n if step.side in ("after", "of") else const(None)
            value = call("within", left, right, earlier, later, unit)
        if isinstance(length, ir.Length):
            return Written("open", lambda: value, lacking)
        column = step.length
        assert isinstance(column, ir.Field)
        known = named(temporary, call("column_length", length))
        return Written(
            "open",
            lambda: either_or(compare(known, ast.Is(), const(None)), const(None), value),
            lambda: union(lacking(), self._lacking_cells(frame, column)),
        )

    def _lacking_cells(self, frame: Frame, *columns: ir.Field) -> ast.expr:
        """The names of the columns that hold no number."""
        return call("empty_cells", *(several((self.of.raw(c, frame), self.of.label(c, frame))) for c in columns))

    # ------------------------------------------------------------------------------------------ ages

    def _age(self, step: ir.AgeCompare | ir.AgeRange, frame: Frame) -> Written:
        """An age as the least whole number that it must have reached and the least that it must not have."""
        at = self.of.span(step.at, frame)
        low: int | ast.expr | None = None
        above: int | ast.expr | None = None
        columns: list[ir.Field] = []
        if isinstance(step, ir.AgeCompare):
            length, unit = self.of.length(step.length, frame)
            reached = whole_up(length.n) if isinstance(length, ir.Length) else call("column_up", length)
            low, above = (None, reached) if step.operator == "<" else (reached, None)
            columns += [step.length] if isinstance(step.length, ir.Field) else []
        else:
            unit = step.unit
            numbers = [self.of.number(bound, frame) for bound in (step.low, step.high)]
            low = whole_up(numbers[0]) if isinstance(numbers[0], Decimal) else call("column_up", numbers[0])
            above = whole_above(numbers[1]) if isinstance(numbers[1], Decimal) else call("column_above", numbers[1])
            columns += [bound for bound in (step.low, step.high) if isinstance(bound, ir.Field)]
        label = self.of.label(step.at, frame) if isinstance(step.at, ir.Field) else const("patient.born")
        if columns:

            def lacking_too() -> ast.expr:
                return call("age_lacks", name(SCENE), at, label, self._lacking_cells(frame, *columns))

            return self._age_by_columns(at, low, above, unit, lacking_too)
        assert not isinstance(low, ast.expr) and not isinstance(above, ast.expr)

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

    def _age_by_columns(
        self, at: ast.expr, low: int | ast.expr | None, above: int | ast.expr | None, unit: ir.Unit, lacking: Expression
    ) -> Written:
        tests: list[ast.expr] = []
        bounds: list[ast.expr] = []
        for bound in (low, above):
            if isinstance(bound, ast.expr):
                temporary = self.temporary()
                tests.append(compare(named(temporary, bound), ast.Is(), const(None)))
                bounds.append(name(temporary))
            else:
                bounds.append(const(bound))
        value = call("age_in", name(SCENE), at, *bounds, name(f"UNIT_{unit.value}"))
        # Both columns are looked at before either decides, so that both names are bound.
        unknown = union(tests[0], tests[1]) if len(tests) == 2 else tests[0]
        return Written("open", lambda: either_or(unknown, const(None), value), lacking)

    def _surely_younger(self, at: ast.expr, n: int, unit: ir.Unit) -> ast.expr:
        """Whether an age is known and below `n` > 0 units: by days alone, and by the calendar only near the birthday."""
        least, most = _window(n, unit)
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
        least, most = _window(n, unit)
        days = self.temporary()
        lived = named(days, difference(item(at, 0), attribute(name(SCENE), "born_last")))
        clear = less(lived, const(least))
        if least > most:
            return clear
        exact = method(name(SCENE), "not_reached", item(at, 0), const(n), name(f"UNIT_{unit.value}"))
        return any_of([clear, both([compare(name(days), ast.LtE(), const(most)), exact])])

    # ------------------------------------------------------------------------------------------ medicines

    def _products(self, what: str, one: Place, other: Place) -> Written:
        field = "product" if what == "product" else "ingredients"
        if not one.seen or not other.seen:
            if not one.seen and not other.seen:
                return _open(_called(one, other))
            unseen, seen = (one, other) if not one.seen else (other, one)
            called = attribute(unseen.value, "called")
            return _open(call("products_unseen", called, seen.value, const(seen.name), const(field)))
        return Written("answer", lambda: call("products", name(SCENE), const(what), one.value, other.value, _names(one, other)))

    def _overlaps(self, step: ir.Overlaps, frame: Frame) -> Written:
        places = (frame[step.left.slot], frame[step.right.slot])
        found, each = self.of.days(step.days, frame)
        if isinstance(found, int):
            return Written("answer", lambda: call("overlap", *(p.value for p in places), _names(*places), const(found * each)))
        assert isinstance(step.days, ir.Field)
        temporary = self.temporary()
        days = product(name(temporary), const(each))
        lacking = call("overlap_lacks", *(p.value for p in places), _names(*places), self.of.label(step.days, frame))
        return Written(
            "answer",
            lambda: either_or(
                compare(named(temporary, call("column_length", found)), ast.Is(), const(None)),
                lacking,
                call("overlap", *(p.value for p in places), _names(*places), days),
            ),
        )


def _window(n: int, unit: ir.Unit) -> tuple[int, int]:
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


def _static(label: ast.expr) -> object:
    assert isinstance(label, ast.Constant)
    return label.value


def _names(*places: Place) -> ast.expr:
    return const(tuple(p.name for p in places))


def _called(*places: Place) -> ast.expr:
    parts = [call("lone", attribute(p.value, "called")) for p in places]
    return parts[0] if len(parts) == 1 else union(parts[0], parts[1])


def _open(lacking: ast.expr) -> Written:
    """A step that cannot be told, whatever the rest says."""
    return Written("open", lambda: const(None), lambda: lacking, sure=lambda: FALSE, maybe=lambda: const(True))


def _three(sure: Expression, maybe: Expression) -> ast.expr:
    """Return true, false or None from the two bounds."""
    return either_or(sure(), const(True), either_or(maybe(), const(None), FALSE))


def _unseen(*places: Place) -> Written | None:
    unseen = [p for p in places if not p.seen]
    return _open(_called(*unseen)) if unseen else None
