"""Numbers as the reference reads them: what is compared with what, in which unit, and what is missing (tables 7 and 15 to 17)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from codesafety import ir
from codesafety.evaluation import calendar
from codesafety.evaluation.facts import ItemFact, Unseen, dosage
from codesafety.evaluation.numbers import Ends, Measure, age_unit, calculated, ends, measured, ordered
from codesafety.evaluation.outcome import NOTHING
from codesafety.evaluation.reference.comparisons import TRUE, Comparisons, Frame, Truth, conjunction, truth
from codesafety.ir import FieldType
from codesafety.ir.units.dimension import Dimension, in_base
from codesafety.ir.units.families import exactly, ratio
from codesafety.record import Medication, Quantity

Missing = frozenset[str]


@dataclass(frozen=True, slots=True)
class Sent:
    """A number as it was sent or written."""

    number: Fraction
    unit: str | None
    comparator: str | None = None


@dataclass(frozen=True, slots=True)
class OneScale:
    """Two numbers that can be compared, in one unit, in base units of one dimension, or in none."""

    left: Ends
    right: Ends
    unit: str | Dimension | None


class Numbers(Comparisons):
    """Answers one comparison of numbers or ages for one frame."""

    # ---- operands

    def quantity(self, field: ir.Field, frame: Frame) -> tuple[Quantity | None, tuple[str, ...]]:
        """A field's number with its unit, or the names of what is missing."""
        name = self._name(field, frame)
        if (unseen := self._unseen(field, frame)) is not None:
            return None, (unseen.called,)
        if field.name == "dosage":
            assert field.var is not None
            item = frame[field.var.slot].value
            assert isinstance(item, ItemFact) and isinstance(item.model, Medication)
            number, lacking = dosage(item.model)
            owner = name.partition(".")[0]
            # computed here and not sent: the limits on what may be sent are not its own
            return (
                (Quantity.model_construct(value=number), ())
                if number is not None
                else (None, tuple(f"{owner}.{m}" for m in lacking))
            )
        raw = self.raw(field, frame)
        if field.type is FieldType.VALUE:
            raw = raw.quantity if raw is not None else None
        if isinstance(raw, Decimal):
            return Quantity.model_construct(value=raw, unit=self.unit(field, frame)), ()
        if isinstance(raw, Quantity) and raw.value is not None:
            if not raw.unit:
                return Quantity.model_construct(value=raw.value, unit=self.unit(field, frame), comparator=raw.comparator), ()
            return raw, ()
        return None, (name,)

    def unit(self, field: ir.Field, frame: Frame) -> str | None:
        """The unit of a number that comes without one."""
        if isinstance(field.unit, ir.Field):
            cell = self._cell(field.unit, frame)
            return cell if isinstance(cell, str) else None
        return field.unit

    def _amount(self, number: ir.Number, frame: Frame) -> Sent | Measure | Missing:
        match number:
            case ir.Quantity(n, unit):
                return Sent(Fraction(n), unit)
            case ir.LimitRef():
                limit = self.binding.quantity(number)
                return Sent(Fraction(limit.number), limit.unit)
            case ir.Arithmetic():
                return self._arithmetic(number, frame)
            case ir.Field():
                quantity, missing = self.quantity(number, frame)
                if quantity is None:
                    return frozenset(missing)
                assert quantity.value is not None
                return Sent(Fraction(quantity.value), quantity.unit, quantity.comparator)

    def _arithmetic(self, node: ir.Arithmetic, frame: Frame) -> Measure | Missing:
        """Table 16."""
        sides: list[Measure] = []
        lacking: set[str] = set()
        for side in (node.left, node.right):
            amount = self._amount(side, frame)
            if isinstance(amount, frozenset):
                lacking |= amount
            elif (isinstance(amount, Sent) and amount.comparator is not None) or (measure := self._measure(amount)) is None:
                lacking |= self._every(side, frame)
            else:
                sides.append(measure)
        if len(sides) < 2:
            return frozenset(lacking)
        made = calculated(node.operator, *sides)
        match made:
            case "dimensions":
                return self._with_units(node.left, node.right, frame=frame)
            case "nought":  # of a limit, where the divisor has no field
                return self._every(node.right, frame) or self._every(node, frame)
            case "size":
                return self._every(node, frame)
        return made

    @staticmethod
    def _measure(amount: Sent | Measure) -> Measure | None:
        return amount if isinstance(amount, Measure) else measured(amount.number, amount.unit)

    def _every(self, number: ir.Number, frame: Frame) -> Missing:
        """The names of every field that a number is made of; a dosage is its parts."""
        names: set[str] = set()
        for field in ir.fields_of(number):
            name = self._name(field, frame)
            owner = name.partition(".")[0]
            parts = ("dose", "times_a_day", "days_supply")
            names |= {f"{owner}.{part}" for part in parts} if field.name == "dosage" else {name}
        return frozenset(names)

    def _with_units(self, *numbers: ir.Number, frame: Frame) -> Missing:
        """The names of the fields that are sent with a unit; where there is none, of every field."""
        found = {
            self._name(f, frame) for n in numbers for f in ir.fields_of(n) if f.type in (FieldType.VALUE, FieldType.QUANTITY)
        }
        return frozenset(found) or NOTHING.union(*(self._every(n, frame) for n in numbers))

    # ---- two numbers (table 15)

    def _on_one_scale(self, left: ir.Number, right: ir.Number, frame: Frame, *, beside: str | None = None) -> OneScale | Missing:
        """Two numbers in the right one's unit. `beside`: the unit of the amount by which they are to differ."""
        one, other = self._amount(left, frame), self._amount(right, frame)
        if isinstance(one, frozenset) or isinstance(other, frozenset):
            return NOTHING.union(*(side for side in (one, other) if isinstance(side, frozenset)))
        if isinstance(one, Measure) or isinstance(other, Measure):
            return self._by_dimension((left, one), (right, other), frame)
        bare = [_counts(n) for n in (left, right)]
        if beside is None and (all(bare) or (any(bare) and (one if bare[1] else other).unit is None)):
            one, other = Sent(one.number, None, one.comparator), Sent(other.number, None, other.comparator)
        if (one.unit is None) != (other.unit is None):
            without, the_other = (left, right) if one.unit is None else (right, left)
            if ir.fields_of(without) and not _is_cell(without):
                return self._every(without, frame)
            return self._with_units(the_other, without, frame=frame)
        if one.unit is None or other.unit is None:
            return OneScale(ends(one.number, one.comparator), ends(other.number, other.comparator), None)
        number = exactly(one.number, one.unit, other.unit)
        if number is None:
            return self._with_units(left, right, frame=frame)
        return OneScale(ends(number, one.comparator), ends(other.number, other.comparator), other.unit)

    def _by_dimension(
        self, one: tuple[ir.Number, Sent | Measure], other: tuple[ir.Number, Sent | Measure], frame: Frame
    ) -> OneScale | Missing:
        measures = []
        unread: set[str] = set()
        for number, amount in (one, other):
            if _counts(number) and isinstance(amount, Sent):
                amount = Sent(amount.number, None, amount.comparator)
            measure = self._measure(amount)
            if measure is None:
                unread |= self._every(number, frame)
            measures.append(measure)
        left, right = measures
        if left is None or right is None:
            return frozenset(unread)
        if left.dimension != right.dimension:
            return self._with_units(one[0], other[0], frame=frame)
        comparators = [amount.comparator if isinstance(amount, Sent) else None for _, amount in (one, other)]
        return OneScale(ends(left.number, comparators[0]), ends(right.number, comparators[1]), left.dimension)

    def _bounds(self, *numbers: ir.Number, frame: Frame) -> Missing:
        """The names of the operands that are bounds."""
        found: set[str] = set()
        for number in numbers:
            amount = self._amount(number, frame)
            if isinstance(amount, Sent) and amount.comparator is not None:
                found |= self._every(number, frame)
        return frozenset(found)

    def _compare(self, condition: ir.Compare, frame: Frame) -> Truth:
        return self._order(condition.left, condition.operator, condition.right, frame)

    def _order(self, left: ir.Number, operator: str, right: ir.Number, frame: Frame) -> Truth:
        scale = self._on_one_scale(left, right, frame)
        if isinstance(scale, frozenset):
            return None, scale
        answer = ordered(scale.left, operator, scale.right)
        return (None, self._bounds(left, right, frame=frame)) if answer is None else truth(answer)

    def _in_range(self, condition: ir.InRange, frame: Frame) -> Truth:
        return conjunction(
            TRUE if self._is_no_bound(end, frame) else self._order(condition.number, operator, end, frame)
            for operator, end in ((">=", condition.low), ("<=", condition.high))
        )

    def _is_no_bound(self, end: ir.Number | ir.LengthLike, frame: Frame) -> bool:
        return isinstance(end, ir.Field) and end.open and self._cell(end, frame) is None

    def _differs(self, condition: ir.Differs, frame: Frame) -> Truth:
        """Table 17."""
        by = condition.by
        scale = self._on_one_scale(
            condition.left, condition.right, frame, beside=by.unit if isinstance(by, ir.Quantity) else None
        )
        if isinstance(scale, frozenset):
            return None, scale
        if inexact := self._bounds(condition.left, condition.right, frame=frame):
            return None, inexact
        left, right = scale.left.low, scale.right.low
        assert left is not None and right is not None
        if isinstance(by, ir.Quantity):
            most = _difference(by, scale.unit)
            if most is None:
                return None, self._with_units(condition.left, condition.right, frame=frame)
        else:
            most = Fraction(by) / 100 * abs(right)
        match condition.direction:
            case "differs":
                return truth(abs(left - right) > most)
            case "rises":
                return truth(left - right > most)
            case "falls":
                return truth(right - left > most)

    # ---- ages (tables 7 and 15)

    def _age(self, condition: ir.AgeCompare | ir.AgeRange, frame: Frame) -> Truth:
        """Completed units between birth and an item."""
        if isinstance(condition, ir.AgeCompare):
            return self._age_beside(condition.at, condition.operator, condition.length, frame)
        return conjunction(
            TRUE if self._is_no_bound(end, frame) else self._age_beside(condition.at, operator, end, frame)
            for operator, end in ((">=", condition.low), ("<=", condition.high))
        )

    def _age_beside(self, at: ir.DateOperand, operator: str, length: ir.LengthLike, frame: Frame) -> Truth:
        born = self.facts.patient.born
        day, day_name = self.date(at, frame)
        inexact = {name for name in (None if born and born[0] == born[1] else "patient.born", day_name) if name is not None}
        if born is not None and day is not None and day[1] < born[0]:
            value = frame[at.var.slot].value if isinstance(at, ir.Field) and at.var else None
            inexact = {
                value.called
                if isinstance(value, Unseen)
                else self._day_name(at, frame)
                if isinstance(at, ir.Field)
                else "patient.born"
            }
            day = None
        found = self._age_length(length, operator, frame)
        if born is None or day is None:
            return None, frozenset(inexact) | (found if isinstance(found, frozenset) else NOTHING)
        if isinstance(found, frozenset):
            whole = isinstance(length, ir.Field) and length.column_unit is not None
            return None, found | (frozenset(inexact) if whole else NOTHING)
        span, unit = found
        low = 0 if day[0] < born[1] else calendar.completed(born[1], day[0], unit)
        high = calendar.completed(born[0], day[1], unit)
        if operator == "<=":  # the end of a range: less than the next completed unit
            low_end, high_end = (None if n is None else n + 1 for n in (span.low, span.high))
            span, operator = Ends(low_end, high_end, span.low_closed, span.high_closed), "<"
        age = Ends(Fraction(low), Fraction(high + 1), True, False)
        answer = ordered(age, operator, span)
        if answer is not None:
            return truth(answer)
        assert isinstance(length, ir.Field) or span.low == span.high
        of_value = {self._name(length, frame)} if isinstance(length, ir.Field) and not _is_whole(span) else set()
        return None, frozenset(inexact | of_value)

    def _age_length(self, length: ir.LengthLike, operator: str, frame: Frame) -> tuple[Ends, ir.Unit] | Missing:
        """What an age is compared with, and the unit in which it is counted."""
        if isinstance(length, ir.Field) and length.column_unit is None:
            sent = self._amount(length, frame)
            if isinstance(sent, frozenset):
                return sent
            assert isinstance(sent, Sent)
            unit = age_unit(sent.unit)
            return self._every(length, frame) if unit is None else (ends(sent.number, sent.comparator), unit)
        known = self.length(length, frame)
        if known is None:
            assert isinstance(length, ir.Field)
            return frozenset({self._name(length, frame)})
        whole = math.floor(known.n) if operator == "<=" else math.ceil(known.n)  # a deployment may set a limit to 16.5
        return ends(Fraction(whole), None), known.unit


def _counts(number: ir.Number) -> bool:
    """Whether a number counts things: it has no unit unless the rule writes one."""
    return isinstance(number, ir.Field) and number.type is FieldType.NUMBER and not _is_cell(number)


def _is_cell(number: ir.Number) -> bool:
    return isinstance(number, ir.Field) and number.var is not None and number.var.kind is ir.Kind.ROW


def _is_whole(span: Ends) -> bool:
    return span.low is not None and span.low == span.high and span.low.denominator == 1


def _difference(by: ir.Quantity, unit: str | Dimension | None) -> Fraction | None:
    """Return an amount in the unit of a difference, in which an offset does not count; None where it does not convert."""
    match by.unit, unit:
        case None, None:
            return Fraction(by.number)
        case str() as written, str():
            times = ratio(written, unit)
            return None if times is None else Fraction(by.number) * times
        case written, Dimension():
            base = in_base(written) if written is not None else in_base("1")
            return Fraction(by.number) * base.factor if base is not None and base.dimension == unit else None
    return None
