"""Conditions that are well-formed and can hardly be meant: said twice, true of everything, or met by no patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from codesafety import ir
from codesafety.diagnostics import Span
from codesafety.ir.units import families as units
from codesafety.language.checking.scope import RuleScope

_TURNED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_OF_AGES: Final = {ir.Unit.YEARS: (12, "mo"), ir.Unit.MONTHS: (1, "mo"), ir.Unit.WEEKS: (7, "d"), ir.Unit.DAYS: (1, "d")}
_Subject = tuple[object, ...]
_End = tuple[Fraction, bool]
"""An end of a range, and whether it is left out of it."""


def warn_of_parts(parts: Sequence[ir.Condition], scope: RuleScope, *, together: bool) -> None:
    """Warn of parts that say the same; where all must hold `together`, of those that no patient can meet beside the others.

    In a family, what the cells of a row make of a condition is no mistake.
    """
    if scope.row is not None:
        return
    said: set[ir.Condition] = set()
    beside = _Beside()
    for part in _flat(parts) if together else parts:
        if part in said:
            scope.diagnostics.warning("CS418", "this is said already", part.span, "say it once")
        elif together and beside.excludes(part):
            scope.diagnostics.warning(
                "CS409", "this is never true beside what is said before it", part.span, "write `or`, or change one of the two"
            )
        said.add(part)


def warn_of_own_set(var: ir.Var, name: str, negated: bool, span: Span, scope: RuleScope) -> None:
    """Warn where membership is asked of a variable in the set that it is drawn from."""
    if var.set != name or scope.row is not None or scope.calls:  # what a named condition asks, others may be asked
        return
    drawn = f"`{var.name}` is drawn from `{name.rpartition('/')[2]}`"
    if negated:
        scope.diagnostics.warning("CS409", f"this is never true: {drawn}", span, "name another value set")
    else:
        scope.diagnostics.warning("CS418", f"this says nothing new: {drawn}", span, "name another value set, or leave it out")


def warn_of_itself(where: ir.Condition, var: ir.Var, itself: ir.Var, scope: RuleScope) -> None:
    """Warn of `including e` where what is asked can never be true of `e`: no item is before itself."""
    days = {(var.slot, "date"), (itself.slot, "date")}

    def lie_apart(one: ir.DateOperand, other: ir.DateOperand) -> bool:
        return {(f.var.slot, f.name) for f in (one, other) if isinstance(f, ir.Field) and f.var is not None} == days

    for part in _flat([where]):
        match part:
            case ir.Before(one, other) | ir.Beyond(one, other) | ir.Not(ir.SameDay(one, other)) if lie_apart(one, other):
                pass
            case ir.Not(ir.SameEntry(one, other)) if {one.slot, other.slot} == {var.slot, itself.slot}:
                pass
            case _:
                continue
        scope.diagnostics.warning(
            "CS409",
            f"`{itself.name}` never counts here: this is not true of an item and itself",
            part.span,
            f"ask what may be true of `{itself.name}` too, such as `{var.name} is not after {itself.name}`, or take "
            f"`including {itself.name}` out",
        )
        return


def _flat(parts: Sequence[ir.Condition]) -> Iterator[ir.Condition]:
    for part in parts:
        if isinstance(part, ir.And):
            yield from _flat(part.parts)
        else:
            yield part


class _Beside:
    """What the parts of an `and` have said so far: what is missing, what a field is, and between which numbers it lies."""

    def __init__(self) -> None:
        self.said: set[ir.Condition] = set()
        self.missing: set[_Subject] = set()
        self.read: set[_Subject] = set()
        self.words: dict[_Subject, str] = {}
        self.ranges: dict[_Subject, tuple[str | None, _End | None, _End | None]] = {}

    def excludes(self, part: ir.Condition) -> bool:
        """Return whether a part cannot be true beside those before it, and keep what it says."""
        other = part.part if isinstance(part, ir.Not) else ir.Not(part)
        contrary = other in self.said
        self.said.add(part)
        read = {_subject(field) for field in _read(part)}
        missing = {_subject(part.field)} if isinstance(part, ir.IsMissing) else set()
        contrary |= bool(read & self.missing or missing & self.read)
        match part:
            case ir.FieldIs(field, word):
                contrary |= self.words.setdefault(_subject(field), word) != word
            case _:
                for subject, unit, low, high in _ranges(part):
                    contrary |= self._empty(subject, unit, low, high)
        self.read |= read
        self.missing |= missing
        return contrary

    def _empty(self, subject: _Subject, unit: str | None, low: _End | None, high: _End | None) -> bool:
        """Return whether nothing is left of a subject's range."""
        known, least, most = self.ranges.get(subject, (unit, None, None))
        if unit != known:
            low, high = _in(low, unit, known), _in(high, unit, known)
        least = max((end for end in (least, low) if end is not None), default=None)
        most = min((end for end in (most, high) if end is not None), key=lambda end: (end[0], not end[1]), default=None)
        if least is not None and most is not None and (least[0] > most[0] or (least[0] == most[0] and (least[1] or most[1]))):
            return True
        self.ranges[subject] = known, least, most
        return False


def _in(end: _End | None, unit: str | None, known: str | None) -> _End | None:
    """Return an end in the unit that is known; None where it does not convert."""
    if end is None or unit is None or known is None:
        return None
    number = units.exactly(end[0], unit, known)
    return None if number is None else (number, end[1])


def _subject(field: ir.Field) -> _Subject:
    return field.base, field.name, field.var and field.var.slot


def _read(part: ir.Condition) -> tuple[ir.Field, ...]:
    """Return the fields without which a comparison is not true."""
    match part:
        case ir.Compare(one, _, other) | ir.Differs(one, other):
            return ir.fields_of(one) + ir.fields_of(other)
        case ir.InRange(number):
            return ir.fields_of(number)
        case ir.FieldIs(field):
            return (field,)
        case _:
            return ()


def _ranges(part: ir.Condition) -> Iterator[tuple[_Subject, str | None, _End | None, _End | None]]:
    """Yield what a part says of one number: subject, unit, and between which ends it lies."""
    match part:
        case ir.Compare(ir.Field() as field, operator, ir.Quantity(number, unit)):
            yield _subject(field), unit, *_ends(operator, Fraction(number))
        case ir.Compare(ir.Quantity(number, unit), operator, ir.Field() as field):
            yield _subject(field), unit, *_ends(_TURNED[operator], Fraction(number))
        case ir.InRange(ir.Field() as field, ir.Quantity(low, unit), ir.Quantity(high, other)):
            yield _subject(field), unit, (Fraction(low), False), None
            yield _subject(field), other, None, (Fraction(high), False)
        case ir.AgeCompare(ir.Field() as at, operator, ir.Length(n, of)):
            times, unit = _OF_AGES[of]
            yield ("age", *_subject(at)), unit, *_ends(operator, Fraction(n * times))
        case ir.AgeRange(ir.Field() as at, ir.Length() as low, ir.Length() as high):
            for operator, n, of in ((">=", low.n, low.unit), ("<", high.n + Decimal(1), high.unit)):
                times, unit = _OF_AGES[of]
                yield ("age", *_subject(at)), unit, *_ends(operator, Fraction(n * times))
        case _:
            return


def _ends(operator: str, number: Fraction) -> tuple[_End | None, _End | None]:
    end = number, operator in ("<", ">")
    return (end, None) if operator in (">", ">=") else (None, end)
