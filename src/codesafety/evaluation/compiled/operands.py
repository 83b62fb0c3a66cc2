"""Operands of conditions as expressions: what a variable stands for, fields, dates, lengths and the names that missing ones go by."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from codesafety import ir
from codesafety.evaluation import atoms
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.calendar import NEVER
from codesafety.evaluation.compiled import answers as codegen_answers
from codesafety.evaluation.compiled import joins
from codesafety.evaluation.compiled import members as codegen_members
from codesafety.evaluation.compiled import numbers as codegen_numbers
from codesafety.evaluation.compiled.python_syntax import attribute, call, const, item, method, name, or_else, several
from codesafety.ir import Kind

SCENE = "F"
_OF_ITEM = frozenset(
    {
        "value",
        "answer",
        "unit",
        "unit_check",
        "strength",
        "assertion",
        "subject",
        "temporality",
        "code",
        "product",
        "ingredients",
        "route",
        "form",
        "dosage",
        "references",
    }
)
_CONTEXT = ("assertion", "subject", "temporality")
_DAYS = {ir.Unit.DAYS: 1, ir.Unit.WEEKS: 7}


@dataclass(frozen=True, slots=True)
class Place:
    """What stands in a slot of the frame: the Python variable, the name that rules give it, and whether it was seen."""

    variable: str
    name: str
    kind: Kind
    seen: bool = True

    @property
    def value(self) -> ast.expr:
        return name(self.variable)

    @property
    def is_entry(self) -> bool:
        return self.kind is not Kind.MEDICATION


Frame = Mapping[int, Place]


@dataclass(slots=True)
class Pool:
    """Constants that Python's syntax cannot write, by the names under which generated functions find them."""

    names: dict[str, object] = field(default_factory=dict)

    def add(self, value: object) -> ast.expr:
        identifier = f"K{len(self.names)}"
        self.names[identifier] = value
        return name(identifier)


class Operands:
    """Writes operands. One for each module that is generated."""

    def __init__(self, binding: Binding, numbers: Mapping[str, int]) -> None:
        self.binding = binding
        self.numbers = numbers
        self.pool = Pool()

    def unseen(self, of: ir.Field | ir.Var, frame: Frame) -> Place | None:
        """Return the place of a member that was not seen, or None."""
        var = of.var if isinstance(of, ir.Field) else of
        place = None if var is None else frame[var.slot]
        return place if place is not None and not place.seen else None

    def label(self, of: ir.Field, frame: Frame) -> ast.expr:
        """The name under which a missing field is listed."""
        if of.var is None:
            return const(of.as_written)
        place = frame[of.var.slot]
        if not place.seen:
            return attribute(place.value, "called")
        if place.kind is Kind.MEDICATION and of.name in ("start", "end"):
            return call("day_label", place.value, const(place.name), const(of.name))
        return const(f"{place.name}.{of.name}")

    def raw(self, of: ir.Field, frame: Frame) -> ast.expr:
        """A field as the model holds it."""
        if of.base == "patient":
            return attribute(name(SCENE), "patient", of.name)
        if of.base == "message":
            return attribute(name(SCENE), "message", of.name)
        assert of.var is not None
        place = frame[of.var.slot]
        match place.kind:
            case Kind.ROW:
                return method(attribute(place.value, "cells"), "get", const(of.name))
            case Kind.CODING:
                if of.name == "damage":  # as `coding_field` has it: most rules over codings ask nothing else
                    return attribute(place.value, "info", "damage")
                return call("coding_field", place.value, const(of.name))
            case _ if of.name in _OF_ITEM:
                if of.name in _CONTEXT:
                    return item(attribute(place.value, "context"), _CONTEXT.index(of.name))
                return call("item_field", place.value, const(of.name))
            case _:
                return attribute(place.value, "model", of.name)

    def word(self, of: ir.Field, frame: Frame) -> ast.expr:
        """A field as a word that can be compared, None where it cannot be told."""
        if of.base == "patient" and of.name in ("gender", "sex_at_birth"):
            return attribute(name(SCENE), of.name)
        return call("plain_word", self.raw(of, frame))

    def infos(self, of: ir.Field, frame: Frame) -> ast.expr:
        """The looked-up codings of a coded field."""
        if of.base == "message":
            return attribute(name(SCENE), "facts", "message_infos")
        assert of.var is not None
        place = frame[of.var.slot]
        if place.kind is Kind.ROW:
            return call("cell_codings", name(SCENE), self.raw(of, frame))
        return method(name(SCENE), "codings_of", place.value, const(of.name))

    def amount(self, of: ir.Field, frame: Frame) -> ast.expr:
        """A number with its unit and comparator, or what is missing."""
        if self.unseen(of, frame) is not None:
            return call("lone", self.label(of, frame))
        if of.name == "dosage":
            assert of.var is not None
            place = frame[of.var.slot]
            return call("amount_of_dosage", place.value, const(place.name))
        return call("amount", self.raw(of, frame), self.label(of, frame))

    def span(self, of: ir.DateOperand, frame: Frame) -> ast.expr:
        """A date as its first and last possible day, `NEVER` where it is missing."""
        if isinstance(of, ir.DateLiteral):
            return const((of.first, of.last))
        if of.base == "patient":
            if of.name == "born":
                return attribute(name(SCENE), "born")
            return or_else(self.raw(of, frame), name("NEVER"))
        if of.base == "message":
            return call("span_of", self.raw(of, frame))
        assert of.var is not None
        place = frame[of.var.slot]
        if not place.seen:
            return attribute(place.value, "span") if of.name == "date" else name("NEVER")
        if place.kind is Kind.ROW:
            return call("cell_span", self.raw(of, frame))
        if of.name == "date":
            return attribute(place.value, "span")
        return or_else(call("item_date", place.value, const(of.name)), name("NEVER"))

    def dated(self, frame: Frame, *dates: ir.DateOperand) -> ast.expr:
        """The names of the dates that are not one exact day."""
        fields = [d for d in dates if isinstance(d, ir.Field)]
        return call("inexact", *(several((self.span(d, frame), self.label(d, frame))) for d in fields))

    # ------------------------------------------------------------------------------------------ numbers and lengths

    def number(self, written: ir.Bound, frame: Frame) -> Decimal | ast.expr:
        """A number: known now, or an expression that may be None."""
        if isinstance(written, ir.Field):
            return call("column_number", self.raw(written, frame))
        return self.binding.number(written)

    def held(self, written: ir.Number, frame: Frame) -> ast.expr:
        """A number with its unit and the names of its fields, or what is missing; of the general comparisons."""
        match written:
            case ir.Quantity(number, unit):
                return self.pool.add(codegen_numbers.Held(Fraction(number), unit))
            case ir.LimitRef():
                return self.held(self.binding.quantity(written), frame)
            case ir.Arithmetic(operator, left, right):
                return call("calculate", const(operator), self.held(left, frame), self.held(right, frame))
            case ir.Field() if self.unseen(written, frame) is not None:
                return call("lone", self.label(written, frame))
            case ir.Field(var=ir.Var(kind=Kind.ROW)):
                return call("held_cell", self.raw(written, frame), self.label(written, frame), self.unit(written, frame))
            case ir.Field(type=ir.FieldType.NUMBER):
                assert written.var is not None
                owner = frame[written.var.slot].name
                fields = ("dose", "times_a_day", "days_supply") if written.name == "dosage" else (written.name,)
                return call("held_count", self.amount(written, frame), const(tuple(f"{owner}.{field}" for field in fields)))
            case ir.Field():
                return call("held_value", self.amount(written, frame), self.label(written, frame), self.unit(written, frame))

    def unit(self, of: ir.Field, frame: Frame) -> ast.expr:
        """The unit of a number that comes without one; None where there is none."""
        return self.raw(of.unit, frame) if isinstance(of.unit, ir.Field) else const(of.unit)

    def length(self, written: ir.LengthLike, frame: Frame) -> tuple[ir.Length | ast.expr, ir.Unit]:
        """A length: known now, or an expression for a column's cell, and its unit."""
        if isinstance(written, ir.Field):
            assert written.column_unit is not None
            return self.raw(written, frame), written.column_unit
        known = self.binding.length(written)
        return known, known.unit

    def days(self, written: ir.LengthLike, frame: Frame) -> tuple[int | ast.expr, int]:
        """A length in days or weeks: its whole number or the cell's expression, and the days that one of them has."""
        found, unit = self.length(written, frame)
        return int(found.n) if isinstance(found, ir.Length) else found, _DAYS.get(unit, 1)


Truthfulness = Literal["bool", "open", "answer"]
RUNTIME: Mapping[str, object] = {
    **{
        key: value
        for steps in (codegen_answers, codegen_members, codegen_numbers)
        for key, value in vars(steps).items()
        if callable(value) and not key.startswith("_")
    },
    **{f.__name__: f for f in (atoms.item_date, atoms.item_field, atoms.coding_field, joins.together)},
    "NEVER": NEVER,
    "UNIT_days": ir.Unit.DAYS,
    "UNIT_weeks": ir.Unit.WEEKS,
    "UNIT_months": ir.Unit.MONTHS,
    "UNIT_years": ir.Unit.YEARS,
}
"""What generated functions may call, by name."""
