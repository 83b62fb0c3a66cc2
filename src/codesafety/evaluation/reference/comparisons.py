"""Single comparisons as the reference reads them: fields, codes, dates, ages, medicines, values, and what they lack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from codesafety import ir
from codesafety.evaluation.atoms import (
    coding_field,
    day_name,
    decide,
    item_codings,
    item_date,
    item_field,
    plain,
    products_answer,
    share_a_code,
    word_of,
)
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.calendar import LAST_DAY, OPEN_END, OPEN_START, Interval
from codesafety.evaluation.facts import CodingFact, Facts, ItemFact, TextFact, Unseen, date_of
from codesafety.evaluation.items import Course
from codesafety.evaluation.outcome import NOTHING, Bindable
from codesafety.evaluation.predicates import ask
from codesafety.evaluation.sameness import same_entry
from codesafety.evaluation.words import contradicts
from codesafety.evaluation.work import Work
from codesafety.terminology.interface import Product
from codesafety.terminology.interface import Status as CodeStatus

Truth = tuple[bool | None, frozenset[str]]
"""True, false or None for unknown, and the missing fields that could change the answer (none unless unknown)."""

TRUE: Truth = (True, NOTHING)
FALSE: Truth = (False, NOTHING)


def unknown(*missing: str) -> Truth:
    return None, frozenset(missing)


def truth(value: bool | None, *missing: str) -> Truth:
    return (None, frozenset(missing)) if value is None else (value, NOTHING)


def conjunction(parts: Iterable[Truth]) -> Truth:
    """Kleene `and`: false if any is false, else unknown if any is unknown, else true. No short circuit in what is missing."""
    every = list(parts)
    if any(value is False for value, _ in every):
        return FALSE
    missing = [m for value, m in every if value is None]
    return (None, NOTHING.union(*missing)) if missing else TRUE


def disjunction(parts: Iterable[Truth]) -> Truth:
    every = list(parts)
    if any(value is True for value, _ in every):
        return TRUE
    missing = [m for value, m in every if value is None]
    return (None, NOTHING.union(*missing)) if missing else FALSE


def negation(part: Truth) -> Truth:
    value, missing = part
    return (None, missing) if value is None else (not value, NOTHING)


@dataclass(frozen=True, slots=True)
class Bound:
    """A variable's value and the name that it goes by in what is missing."""

    value: Bindable
    name: str


Frame = dict[int, Bound]


class Comparisons:
    """Answers one comparison for one frame. The interpreter builds rules out of these."""

    def __init__(self, binding: Binding, facts: Facts, work: Work | None = None) -> None:
        """`work`: what may be spent, apart from what answering the rules may."""
        self.binding = binding
        self.facts = facts
        self.work = work or facts.work

    # ---- numbers and lengths

    def number(self, bound: ir.Bound, frame: Frame) -> Decimal | None:
        if isinstance(bound, ir.Field):
            cell = self._cell(bound, frame)
            return cell if isinstance(cell, Decimal) else None
        return self.binding.number(bound)

    def _cell(self, field: ir.Field, frame: Frame) -> ir.Cell:
        assert field.var is not None
        row = frame[field.var.slot].value
        assert isinstance(row, ir.TableRow)
        return row.cells.get(field.name)

    def length(self, length: ir.LengthLike, frame: Frame) -> ir.Length | None:
        if isinstance(length, ir.Field):
            cell = self._cell(length, frame)
            assert length.column_unit is not None
            return ir.Length(cell, length.column_unit) if isinstance(cell, Decimal) else None
        return self.binding.length(length)

    # ---- fields

    def raw(self, field: ir.Field, frame: Frame) -> Any:
        """The field as the model holds it; None where it was not sent. Not for unseen members."""
        if field.base == "patient":
            return getattr(self.facts.patient, field.name)
        if field.base == "message":
            return getattr(self.facts.submission.message, field.name)
        assert field.var is not None
        match frame[field.var.slot].value:
            case ir.TableRow() as row:
                return row.cells.get(field.name)
            case CodingFact() as coding:
                return coding_field(coding, field.name)
            case ItemFact() as item:
                return item_field(item, field.name)
        raise TypeError(f"`{field.as_written}` has no field here")

    def _name(self, field: ir.Field, frame: Frame) -> str:
        return field.as_written if field.var is None else f"{frame[field.var.slot].name}.{field.name}"

    def _unseen(self, field: ir.Field, frame: Frame) -> Unseen | None:
        if field.var is None:
            return None
        value = frame[field.var.slot].value
        return value if isinstance(value, Unseen) else None

    def _is_missing(self, field: ir.Field, frame: Frame) -> Truth:
        if (unseen := self._unseen(field, frame)) is not None:
            return unknown(unseen.called)
        if field.type is ir.FieldType.DATE:
            return truth(self.date(field, frame)[0] is None)
        value = self.raw(field, frame)
        if field.name == "ingredients" and field.var is not None:
            item = frame[field.var.slot].value
            if isinstance(item, ItemFact) and item.product is None:
                return unknown(self._name(field, frame))
        if field.name in ("gender", "sex_at_birth", "subject", "assertion", "temporality"):
            return truth(value in (None, "unknown"))
        return truth(value is None or value == "" or value == () or value == frozenset())

    def _field_is(self, field: ir.Field, word: str, frame: Frame) -> Truth:
        if (unseen := self._unseen(field, frame)) is not None:
            return unknown(unseen.called)
        value = word_of(field, self.raw(field, frame))
        return unknown(self._name(field, frame)) if value is None else truth(value == word)

    def _field_same(self, left: ir.Field, right: ir.Field, frame: Frame) -> Truth:
        missing: set[str] = set()
        values: list[Any] = []
        for field in (left, right):
            if (unseen := self._unseen(field, frame)) is not None:
                missing.add(unseen.called)
                values.append(None)
                continue
            if field.type is ir.FieldType.CODINGS:
                value: Any = self.codings_of(field, frame) or None
            else:
                value = word_of(field, self.raw(field, frame))
            values.append(value)
            if value is None:
                missing.add(self._name(field, frame))
        if missing:
            return None, frozenset(missing)
        if left.type is not ir.FieldType.CODINGS:
            return truth(values[0] == values[1])
        one, other = values
        if any(key in j.keys for i in one for key in i.keys for j in other):
            return TRUE
        if any(i.speaks and j.speaks and i.system == j.system for i in one for j in other):
            return FALSE
        return unknown(self._name(left, frame), self._name(right, frame))

    def codings_of(self, field: ir.Field, frame: Frame) -> tuple[Any, ...]:
        """The looked-up codings of a coded field."""
        if field.base == "message":
            return self.facts.message_infos
        assert field.var is not None
        item = frame[field.var.slot].value
        if isinstance(item, ir.TableRow):
            cell = item.cells.get(field.name)
            return (self.facts.codebook.key(cell),) if isinstance(cell, str) else ()
        assert isinstance(item, ItemFact)
        return item_codings(item, field.name)

    def _item_is(self, bound: Bound, word: ir.ItemWord) -> Truth:
        value = bound.value
        if word is ir.ItemWord.INCOMING:
            assert isinstance(value, ItemFact | Unseen)
            return truth(value.incoming)
        if isinstance(value, Unseen):
            return unknown(value.called)
        assert isinstance(value, ItemFact)
        if word is ir.ItemWord.ALREADY_FILED:
            held, lacking = self.facts.already_filed(value)
            return truth(held) if lacking is None else unknown("record" if lacking == "record" else f"{bound.name}.{lacking}")
        if word is ir.ItemWord.ENTERED_IN_ERROR:
            return truth(value.model.entered_in_error)
        assertion, _, temporality = value.context
        if word is ir.ItemWord.PAST:
            return truth(None if temporality is None else temporality == "past", f"{bound.name}.temporality")
        if assertion is None:
            return unknown(f"{bound.name}.assertion")
        if assertion == "possible" and word in (ir.ItemWord.PRESENT, ir.ItemWord.ABSENT):
            return unknown(f"{bound.name}.assertion")
        return truth(assertion == word.value)

    def _about(self, bound: Bound, subject: str) -> Truth:
        if isinstance(bound.value, Unseen):
            return unknown(bound.value.called)
        assert isinstance(bound.value, ItemFact)
        found = bound.value.context[1]
        return unknown(f"{bound.name}.subject") if found is None else truth(found == subject)

    def _operand_in(self, operand: ir.Var | ir.Field, name: str, frame: Frame) -> Truth:
        if isinstance(operand, ir.Var):
            return self._in_set(frame[operand.slot], name)
        if (unseen := self._unseen(operand, frame)) is not None:
            return unknown(unseen.called)
        return truth(self.binding.sets[name].holds(self.codings_of(operand, frame)), self._name(operand, frame))

    # ---- codings

    def _coding_is(self, bound: Bound, word: ir.CodingWord) -> Truth:
        assert isinstance(bound.value, CodingFact)
        info = bound.value.info
        if info.code is None or info.system is None:
            return unknown(f"{bound.name}.{'code' if info.code is None else 'system'}")
        if word is ir.CodingWord.WELL_FORMED:
            return truth(info.well_formed)
        if info.system != "sct":
            return unknown(f"release.{info.system}")
        if not info.well_formed:
            return FALSE if word is ir.CodingWord.KNOWN else unknown(f"{bound.name}.code")
        status = self.binding.codebook.terminology.status(info.code)
        if status is CodeStatus.CANNOT_TELL:
            return unknown("release")
        if word is ir.CodingWord.KNOWN:
            return truth(status is not CodeStatus.UNKNOWN)
        return unknown(f"{bound.name}.code") if status is CodeStatus.UNKNOWN else truth(status is CodeStatus.ACTIVE)

    def _contradicts(self, bound: Bound) -> Truth:
        assert isinstance(bound.value, CodingFact)
        answer, lacking = contradicts(bound.value, self.binding.codebook.terminology)
        if lacking is None:
            return truth(answer)
        return unknown(lacking if lacking.startswith("release") else f"{bound.name}.{lacking}")

    # ---- dates (table 6)

    def date(self, operand: ir.DateOperand, frame: Frame) -> tuple[Interval | None, str | None]:
        """An operand's interval, and the name to list where it is not one exact day."""
        if isinstance(operand, ir.DateLiteral):
            return (operand.first, operand.last), None
        if operand.base == "patient":
            found: Interval | None = getattr(self.facts.patient, operand.name)
        elif operand.base == "message":
            found = date_of(getattr(self.facts.submission.message, operand.name))
        else:
            assert operand.var is not None
            value = frame[operand.var.slot].value
            if isinstance(value, Unseen):
                return (value.day if operand.name == "date" else None), value.called
            if isinstance(value, ir.TableRow):
                cell = value.cells.get(operand.name)
                found = cell if isinstance(cell, tuple) else None
            elif isinstance(value, TextFact):
                found = value.day
            else:
                assert isinstance(value, ItemFact)
                found = item_date(value, operand.name)
        exact = found is not None and found[0] == found[1]
        return found, None if exact else self._day_name(operand, frame)

    def _day_name(self, field: ir.Field, frame: Frame) -> str:
        value = None if field.var is None else frame[field.var.slot].value
        return self._name(replace(field, name=day_name(value, field.name)) if isinstance(value, ItemFact) else field, frame)

    def _relation(self, condition: ir.Before | ir.SameDay | ir.Within | ir.Beyond | ir.Nearer, frame: Frame) -> Truth:
        (a, a_name), (b, b_name) = self.date(condition.left, frame), self.date(condition.right, frame)
        missing = {name for name in (a_name, b_name) if name is not None}
        length = None
        if isinstance(condition, ir.Within | ir.Beyond | ir.Nearer):
            length = self.length(condition.length, frame)
            if length is None:
                assert isinstance(condition.length, ir.Field)
                missing.add(self._name(condition.length, frame))
        if a is None or b is None or (length is None and isinstance(condition, ir.Within | ir.Beyond | ir.Nearer)):
            return None, frozenset(missing)
        answer = decide(condition, a, b, length)
        return (None, frozenset(missing)) if answer is None else truth(answer)

    # ---- medicines

    def _products(self, condition: ir.SameProduct | ir.SharesIngredient | ir.SameIngredients, one: Bound, other: Bound) -> Truth:
        what = "product" if isinstance(condition, ir.SameProduct) else "ingredients"
        missing: set[str] = set()
        found: list[Product | None] = []
        for bound in (one, other):
            if isinstance(bound.value, Unseen):
                missing.add(bound.value.called)
                found.append(None)
                continue
            assert isinstance(bound.value, ItemFact)
            product = bound.value.product
            found.append(product)
            if product is None or (product.same_product if what == "product" else product.ingredients) is None:
                missing.add(f"{bound.name}.{what}")
        answer = products_answer(what if what == "product" else type(condition).__name__, found[0], found[1])
        if answer is None and isinstance(one.value, ItemFact) and isinstance(other.value, ItemFact):
            answer = share_a_code(one.value, other.value) or None
        return (None, frozenset(missing)) if answer is None else truth(answer)

    def _same_entry(self, one: Bound, other: Bound) -> Truth:
        unseen = {b.value.called for b in (one, other) if isinstance(b.value, Unseen)}
        if unseen:
            return None, frozenset(unseen)
        assert isinstance(one.value, ItemFact) and isinstance(other.value, ItemFact)
        answer, lacking = same_entry(one.value, other.value)
        names = (one.name, other.name)
        return truth(answer) if answer is not None else (None, frozenset(f"{names[side]}.{field}" for side, field in lacking))

    def _overlaps(self, condition: ir.Overlaps, frame: Frame) -> Truth:
        one, other = (frame[var.slot] for var in (condition.left, condition.right))
        missing = {*_inexact_days(one), *_inexact_days(other)}
        length = self.length(condition.days, frame)
        if length is None:
            assert isinstance(condition.days, ir.Field)
            return None, frozenset(missing | {self._name(condition.days, frame)})
        n = int(length.n) * (7 if length.unit is ir.Unit.WEEKS else 1)
        a, b = _course(one.value), _course(other.value)
        if all(min(end, end_b) - max(start, start_b) + 1 > n for start, end in _shortest(a) for start_b, end_b in _shortest(b)):
            return TRUE
        return FALSE if _most_in_common(a, b) <= n else (None, frozenset(missing))

    # ---- plugins

    def _custom(self, name: str, arguments: list[Bound]) -> Truth:
        unseen = {b.value.called for b in arguments if isinstance(b.value, Unseen)}
        if unseen:
            return None, frozenset(unseen)
        predicate = self.binding.predicates[name]
        answer = ask(predicate, [plain(b.value, self.facts) for b in arguments], [b.name for b in arguments])
        return truth(answer) if isinstance(answer, bool) else unknown(*answer)

    # ---- membership

    def _in_set(self, bound: Bound, name: str) -> Truth:
        match bound.value:
            case Unseen() as unseen:
                return unknown(unseen.called)
            case ItemFact() as item:
                missing = f"{bound.name}.{'code' if item.is_entry else 'product'}"
                return truth(self.binding.sets[name].holds(item.infos), missing)
            case CodingFact() as coding:
                return truth(self.binding.sets[name].holds((coding.info,)), f"{bound.name}.code")
            case _:
                raise TypeError("a row or the message is not a member of a value set")


# ---- courses


def _course(value: Bindable) -> Course:
    """Return what is known of the days of a medication: nothing of one that ends before it starts."""
    if isinstance(value, Unseen):
        return Course(value.day, None, None, "date")
    assert isinstance(value, ItemFact)
    return Course(None, None, None, "date") if value.course.ends_before_it_starts else value.course


def _inexact_days(bound: Bound) -> Iterator[str]:
    if isinstance(bound.value, Unseen):
        yield bound.value.called
        return
    assert isinstance(bound.value, ItemFact)
    course = bound.value.course
    if course.ends_before_it_starts:
        yield f"{bound.name}.end"
        return
    for day, field in ((course.start, course.start_name), (course.end, course.end_name)):
        if day is None or day[0] != day[1]:
            yield f"{bound.name}.{field}"


def _shortest(course: Course) -> list[Interval]:
    """Return the shortest course that starts first and the one that starts last: what both share with another, every one shares."""
    first, last = course.start or (OPEN_START, LAST_DAY)
    if course.days is not None:
        return [(start, start + course.days[0] - 1) for start in (first, last)]
    earliest, latest = course.end or (first, OPEN_END)
    return [(start, max(start, earliest)) for start in (first, min(last, latest))]


def _most_in_common(a: Course, b: Course) -> int:
    """Return the most days that two courses may share: the longest of each, as near to one another as they may lie."""
    (first_a, last_a, days_a), (first_b, last_b, days_b) = _longest(a), _longest(b)
    most = min(days_a, days_b)
    # `a` lies as well as can be from `days_a - most` days before the start of `b` to `days_b - most` days after it.
    if (after := first_a - last_b) > days_b - most:
        return days_b - after
    if (before := first_b - last_a) > days_a - most:
        return days_a - before
    return most


def _longest(course: Course) -> tuple[int, int, int]:
    """Return the first and the last start of the longest course that there may be, and its days."""
    first, last = course.start or (OPEN_START, LAST_DAY)
    if course.days is not None:
        return first, last, course.days[1]
    return first, first, (course.end[1] if course.end is not None else OPEN_END) - first + 1
