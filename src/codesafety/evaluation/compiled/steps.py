"""Single comparisons as expressions, each with the expression for what is missing where it cannot be told."""

from __future__ import annotations

import ast
from typing import assert_never

from codesafety import ir
from codesafety.evaluation.compiled.number_steps import NumberSteps
from codesafety.evaluation.compiled.operands import SCENE, Frame, Place
from codesafety.evaluation.compiled.python_syntax import (
    among,
    attribute,
    call,
    compare,
    const,
    either_or,
    equal,
    item,
    less,
    method,
    name,
    named,
    product,
    several,
    union,
)
from codesafety.evaluation.compiled.written import Written, called, static, three, untold
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
    | ir.Nearer
    | ir.SameProduct
    | ir.SharesIngredient
    | ir.SameIngredients
    | ir.SameEntry
    | ir.Overlaps
    | ir.Differs
    | ir.Contradicts
    | ir.Says
    | ir.Compare
    | ir.InRange
    | ir.AgeCompare
    | ir.AgeRange
    | ir.Custom
)
_NEITHER = ("gender", "sex_at_birth", "subject", "assertion", "temporality")


class Steps(NumberSteps):
    """Writes single comparisons. One for each module that is generated."""

    def sure(self, step: Step, frame: Frame) -> ast.expr:
        """Return an expression that is true where the step is certainly true."""
        return self.sure_of(self.write(step, frame))

    def maybe(self, step: Step, frame: Frame) -> ast.expr:
        """Return an expression that is true where the step is not certainly false."""
        return self.maybe_of(self.write(step, frame))

    def exact(self, step: Step, frame: Frame) -> ast.expr:
        """Return an expression for the answer with what is missing."""
        return self.exact_of(self.write(step, frame))

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
            case ir.Before() | ir.SameDay() | ir.Within() | ir.Beyond() | ir.Nearer():
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
            case ir.Differs():
                return self._differs(step, frame)
            case ir.Says(var, what, set_name):
                phrases = self.of.pool.add(self.of.binding.phrases[set_name])
                return Written(
                    "bool", lambda: equal(method(frame[var.slot].value, "says_of", const(set_name), phrases), const(what))
                )
            case ir.Contradicts(var):
                place = frame[var.slot]
                return Written("answer", lambda: call("words_contradict", name(SCENE), place.value, const(place.name)))
            case ir.Compare():
                return self._compare(step, frame)
            case ir.InRange():
                return self._in_range(step, frame)
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
            return untold(called(place))
        if field.type is FieldType.DATE:
            return Written("bool", lambda: compare(self.of.span(field, frame), ast.Is(), name("NEVER")))
        raw = self.of.raw(field, frame)
        if field.name in _NEITHER:
            return Written("bool", lambda: among(raw, (None, "unknown")))
        if field.name == "ingredients" and field.var is not None:
            place, label = frame[field.var.slot], self.of.label(field, frame)
            return Written("answer", lambda: call("no_ingredients", place.value, label))
        return Written("bool", lambda: call("is_missing", raw))

    def _field_is(self, field: ir.Field, word: str, frame: Frame) -> Written:
        if (place := self.of.unseen(field, frame)) is not None:
            return untold(called(place))
        value = self.of.word(field, frame)

        def answer() -> ast.expr:
            temporary = self.temporary()
            known = compare(named(temporary, value), ast.Is(), const(None))
            return either_or(known, const(None), equal(name(temporary), const(word)))

        return Written(
            "open",
            answer,
            lambda: const(frozenset((static(self.of.label(field, frame)),))),
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
            return untold(called(place))
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
            return untold(called(place))

        def said() -> ast.expr:
            return item(attribute(place.value, "context"), index)

        def sure() -> ast.expr:
            return equal(said(), const(word))

        def maybe() -> ast.expr:
            return among(said(), (None, *open_words, word))

        return Written("open", lambda: three(sure, maybe), lambda: const(frozenset((f"{place.name}.{field}",))), sure, maybe)

    def _in_set(self, operand: ir.Var | ir.Field, set_name: str, frame: Frame) -> Written:
        if (place := self.of.unseen(operand, frame)) is not None:
            return untold(called(place))
        number = const(self.of.numbers[set_name])
        if isinstance(operand, ir.Field):
            value = method(name(SCENE), "infos_member", self.of.infos(operand, frame), number)
            return Written("open", lambda: value, lambda: const(frozenset((static(self.of.label(operand, frame)),))))
        return self.membership(frame[operand.slot], set_name)

    def membership(self, place: Place, set_name: str) -> Written:
        """Membership of what a variable stands for."""
        if not place.seen:
            return untold(called(place))
        asked = "coding_member" if place.kind is Kind.CODING else "member"
        field = "product" if place.kind is Kind.MEDICATION else "code"
        return Written(
            "open",
            lambda: method(name(SCENE), asked, place.value, const(self.of.numbers[set_name])),
            lambda: const(frozenset((f"{place.name}.{field}",))),
        )

    # ------------------------------------------------------------------------------------------ dates

    def _relation(self, step: ir.Before | ir.SameDay | ir.Within | ir.Beyond | ir.Nearer, frame: Frame) -> Written:
        left, right = self.of.span(step.left, frame), self.of.span(step.right, frame)

        def lacking() -> ast.expr:
            return self.of.dated(frame, step.left, step.right)

        if isinstance(step, ir.Before):

            def sure() -> ast.expr:
                return less(item(left, 1), item(right, 0))

            def maybe() -> ast.expr:
                return less(item(left, 0), item(right, 1))

            return Written("open", lambda: three(sure, maybe), lacking, sure, maybe)
        if isinstance(step, ir.SameDay):
            return Written("open", lambda: call("same_day", left, right), lacking)
        length, unit_name = self.of.length(step.length, frame)
        unit = name(f"UNIT_{unit_name.value}")
        temporary = self.temporary()
        n = const(int(length.n)) if isinstance(length, ir.Length) else name(temporary)
        earlier = n if step.side in ("before", "of", "from") else const(None)
        later = n if step.side in ("after", "of", "from") else const(None)
        asked = {ir.Within: "within", ir.Beyond: "beyond", ir.Nearer: "nearer"}[type(step)]
        value = call(asked, left, right, earlier, later, unit)
        if isinstance(length, ir.Length):
            return Written("open", lambda: value, lacking)
        column = step.length
        assert isinstance(column, ir.Field)
        known = named(temporary, call("column_length", length))
        return Written(
            "open",
            lambda: either_or(compare(known, ast.Is(), const(None)), const(None), value),
            lambda: union(lacking(), self.lacking_cells(frame, column)),
        )

    # ------------------------------------------------------------------------------------------ medicines

    def _products(self, what: str, one: Place, other: Place) -> Written:
        field = "product" if what == "product" else "ingredients"
        if not one.seen or not other.seen:
            if not one.seen and not other.seen:
                return untold(called(one, other))
            unseen, seen = (one, other) if not one.seen else (other, one)
            return untold(call("products_unseen", attribute(unseen.value, "called"), seen.value, const(seen.name), const(field)))
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


def _names(*places: Place) -> ast.expr:
    return const(tuple(p.name for p in places))


def _unseen(*places: Place) -> Written | None:
    unseen = [p for p in places if not p.seen]
    return untold(called(*unseen)) if unseen else None
