"""Well-typed rules of every form, made from a source of choices."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tests.differential.worlds import CODED_SETS, DAMAGED, DAY, ENTRY_SETS, NUMBERS, PRODUCT_SETS, UNITS, WORDED, Chooser, chance

from codesafety import ir
from codesafety.ir import FieldType, ItemWord, Kind, Unit, Var
from codesafety.language import schema

_OPERATORS = ("<", "<=", ">", ">=")
_ENTRIES = (Kind.ENTRY, Kind.HISTORY, Kind.MENTION)
ITEMS = (Kind.ENTRY, Kind.HISTORY, Kind.MENTION, Kind.MEDICATION)
_ENTRY_WORDS = tuple(ItemWord)
_MEDICATION_WORDS = (ItemWord.INCOMING, ItemWord.ALREADY_FILED, ItemWord.ENTERED_IN_ERROR)
_DERIVED = ("answer", "unit_check", "references")
"""Words that are judged and that nothing sent is missing for: `is missing` asks little of them."""


def named(kind: Kind | str, *types: FieldType) -> tuple[str, ...]:
    """Return the fields of one of the types that a kind of variable, or the patient, has."""
    fields = schema.PATIENT if kind == "patient" else schema.FIELDS[Kind(kind)]
    return tuple(name for name, spec in fields.items() if spec.type in types)


_OPEN_WORDS = ("final", "amended", "active", "confirmed", "resolved")
"""Words of the fields that take any word; the worlds have some of them."""
WORDS_OF = {
    kind: {
        name: spec.words or _OPEN_WORDS
        for name, spec in (schema.PATIENT if kind == "patient" else schema.FIELDS[Kind(kind)]).items()
        if spec.type is FieldType.WORD
    }
    for kind in ("patient", *schema.FIELDS)
}
"""The words that each field of words may take."""


def sets_of(kind: Kind) -> tuple[str, ...]:
    return PRODUCT_SETS if kind is Kind.MEDICATION else ENTRY_SETS


def field(base: Var | str, name: str, type: FieldType, unit: Unit | None = None) -> ir.Field:
    if isinstance(base, str):
        return ir.Field(base, name, type, private=name == "sex_at_birth")
    return ir.Field(base.name, name, type, base, column_unit=unit)


def _counts(number: ir.Number) -> bool:
    """Return whether a number is one of things, beside which the checker refuses a unit."""
    return isinstance(number, ir.Field) and number.name in ("dose", "times_a_day", "days_supply", "dosage")


class RuleMaker:
    """Makes one rule after another."""

    def __init__(
        self, choose: Chooser, *, custom: Sequence[str] = ("demo/even", "demo/alike"), is_missing: bool = True, deep: bool = True
    ) -> None:
        self.choose = choose
        self.custom = custom
        self.is_missing = is_missing
        self.deep = deep
        self.in_exception = False

    def rule(self, name: str) -> ir.Rule:
        choose = self.choose
        trigger = self.trigger()
        variables = [trigger.subject] + ([trigger.partner] if trigger.partner else [])
        when = None if chance(choose, 12) else self.condition(variables, 2, 0)
        joined = self.join(trigger)
        if joined is not None and when is not None:
            when = choose.pick((joined, ir.And((joined, when)), ir.And((when, joined)), ir.Or((joined, when)), ir.Not(joined)))
        valid = choose.pick((None, None, None, "from", "until", "both"))
        unless = tuple(self.exception(f"u{i}", variables) for i in range(choose.pick((0, 0, 0, 1, 2))))
        return ir.Rule(
            name=f"w/{name}",
            title=None,
            action=ir.Action.REVIEW,
            cannot_tell=None,
            severity=None,
            hazards=(),
            sources=(),
            because=None,
            valid_from=ir.DateLiteral(DAY, DAY, "2025-06-01") if valid in ("from", "both") else None,
            valid_until=ir.DateLiteral(DAY + 10, DAY + 10, "2025-06-11") if valid in ("until", "both") else None,
            after=(),
            overridable=None,
            trigger=trigger,
            when=when,
            unless=unless,
            say=(),
        )

    def exception(self, label: str, variables: Sequence[Var]) -> ir.Unless:
        self.in_exception = True
        made = ir.Unless(label, self.condition(variables, 1, 0))
        self.in_exception = False
        return made

    def join(self, trigger: ir.Trigger) -> ir.Condition | None:
        """Return a condition on which two sides without a set may be joined, for one pair in two."""
        one, other = trigger.subject, trigger.partner
        if other is None or other.kind is Kind.ROW or one.kind is Kind.TEXT or not chance(self.choose, 2):
            return None
        sides = self.choose.pick(((one, other), (other, one)))
        if one.kind is other.kind is Kind.MEDICATION:
            return ir.SameProduct(*sides)
        return None if Kind.MEDICATION in (one.kind, other.kind) else ir.SameEntry(*sides)

    def trigger(self) -> ir.Trigger:
        choose = self.choose
        form = choose.pick(("one", "one", "one", "pair", "pair", "unordered", "row", "coding", "message", "text"))
        if form == "message":
            return ir.Trigger(Var("message", Kind.MESSAGE, 0))
        if form == "coding":
            return ir.Trigger(Var("c", Kind.CODING, 0, choose.pick((None, None, *ENTRY_SETS))))
        if form == "text":
            other = choose.pick(ITEMS)
            partner = Var("x", other, 1, choose.pick((None, *sets_of(other), *sets_of(other))))
            return ir.Trigger(Var("t", Kind.TEXT, 0), choose.pick((None, partner)))
        kind = choose.pick(ITEMS)
        one = Var("e", kind, 0, choose.pick((None, None, *sets_of(kind), *sets_of(kind))))
        if form == "one":
            return ir.Trigger(one)
        if form == "row":
            return ir.Trigger(one, Var("r", Kind.ROW, 1, table=choose.pick(("w/by-code", "w/by-code", "w/by-read"))))
        order_of = one if kind is Kind.MEDICATION and chance(choose, 3) else None
        if form == "unordered":
            return ir.Trigger(one, Var("x", kind, 1, one.set, order_of=order_of), unordered=True)
        other = kind if order_of is not None else choose.pick((*ITEMS, kind, kind))
        partner = Var("x", other, 1, choose.pick((None, *sets_of(other), *sets_of(other))), order_of=order_of)
        return ir.Trigger(one, partner, unordered=order_of is not None and partner.set == one.set)

    # ------------------------------------------------------------------------------------------ conditions

    def condition(self, variables: Sequence[Var], depth: int, nested: int) -> ir.Condition:
        choose = self.choose
        form = choose.pick(
            ("step", "step", "step", "and", "or", "several", "not", "quantified", "quantified", "ordered", "named")
        )
        if depth > 0 and form in ("and", "or", "several"):
            parts = tuple(self.condition(variables, depth - 1, nested) for _ in range(choose.pick((2, 2, 3))))
            if form == "several" and len(parts) > 2:
                return ir.Several(parts, choose.pick((Decimal(2), ir.LimitRef("w/days"))))
            return ir.And(parts) if form == "and" else ir.Or(parts)
        if form == "not":
            return ir.Not(self.condition(variables, max(depth - 1, 0), nested))
        if form == "named" and depth > 0:
            return ir.Named("w/named", "named", self.condition(variables, depth - 1, nested))
        if form in ("quantified", "ordered") and nested < 2 and self.deep:
            return (self.quantified if form == "quantified" else self.ordered)(variables, depth, nested)
        return self.step(variables)

    def member(self, variables: Sequence[Var], nested: int) -> Var:
        kind = self.choose.pick((*ITEMS, *[v.kind for v in variables if v.kind in ITEMS]))
        orders = [v.order_of or v for v in variables if v.kind is kind is Kind.MEDICATION]
        order_of = self.choose.pick(orders) if orders and chance(self.choose, 3) else None
        return Var(f"q{nested}", kind, 2 + nested, self.choose.pick((None, *sets_of(kind))), order_of=order_of)

    def quantified(self, variables: Sequence[Var], depth: int, nested: int) -> ir.Condition:
        choose = self.choose
        var = self.member(variables, nested)
        where = None if chance(choose, 4) else self.condition([*variables, var], max(depth - 1, 0), nested + 1)
        quantifier = choose.pick(("exists", "no", "at_least", "fewer"))
        if quantifier in ("exists", "no"):
            found = self.in_exception and chance(choose, 2)
            return ir.Quantified(quantifier, var, where, found=found)  # type: ignore[arg-type]
        options: list[ir.Bound] = [Decimal(1), Decimal(2), Decimal(2), Decimal(3), ir.LimitRef("w/days")]
        rows = [v for v in variables if v.kind is Kind.ROW]
        options += [field(v, "n", FieldType.NUMBER) for v in rows]
        gaps = [field(v, "gap", FieldType.NUMBER, Unit.DAYS) for v in rows]
        episodes = choose.pick([ir.Length(Decimal(3), Unit.DAYS), ir.Length(Decimal(1), Unit.DAYS), ir.LimitRef("w/gap"), *gaps])
        alike = [v for v in variables if v.kind in ITEMS and (v.kind is Kind.MEDICATION) == (var.kind is Kind.MEDICATION)]
        if var.order_of is not None:
            alike = [v for v in alike if var.order_of in (v, v.order_of)]
        return ir.Quantified(
            quantifier,  # type: ignore[arg-type]
            var,
            where,
            choose.pick(options),
            counted=choose.pick(("items", "days", episodes)),
            including=choose.pick(alike) if alike and chance(choose, 3) else None,
        )

    def ordered(self, variables: Sequence[Var], depth: int, nested: int) -> ir.Condition:
        choose = self.choose
        var = self.member(variables, nested)
        bound = [*variables, var]
        inner = max(depth - 1, 0)
        where = None if chance(choose, 3) else self.condition(bound, inner, nested + 1)
        dated = [v for v in variables if v.kind in ITEMS]
        if dated and chance(choose, 2):
            own, edge = field(var, "date", FieldType.DATE), field(choose.pick(dated), "date", FieldType.DATE)
            edges = choose.pick((ir.Before(own, edge), ir.Before(edge, own), ir.Not(ir.Before(edge, own))))
            where = edges if where is None else ir.And((edges, where))
        return ir.Ordered(choose.pick(("latest", "earliest")), var, where, self.condition(bound, inner, nested + 1))

    def step(self, variables: Sequence[Var]) -> ir.Condition:
        """Return a condition that names at least one of the variables where it can; the latest of them most often."""
        choose = self.choose
        var = choose.pick((*variables, variables[-1]))
        steps = [self.patient_step, self.message_step]
        match var.kind:
            case Kind.ENTRY | Kind.HISTORY | Kind.MENTION:
                steps += [self.entry_step] * 4 + [self.date_step] * 3 + [self.age_step] * 2
            case Kind.MEDICATION:
                steps += [self.medication_step] * 4 + [self.date_step] * 2 + [self.age_step]
            case Kind.CODING:
                steps += [self.coding_step] * 6
            case Kind.TEXT:
                steps += [self.words_step] * 6
            case Kind.ROW:
                steps += [self.row_step] * 6
            case Kind.MESSAGE:
                steps += [self.message_step] * 2
        return choose.pick(steps)(var, variables)

    def words_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        own = field(var, "date", FieldType.DATE)
        dated = [v for v in variables if v.kind in ITEMS]
        match choose.count(4):
            case 0 if self.is_missing:
                return ir.IsMissing(own)
            case 1 if dated:
                return ir.SameDay(own, field(choose.pick(dated), "date", FieldType.DATE))
            case _:
                return ir.Says(var, choose.pick(("denies", "affirms")), choose.pick(WORDED))  # type: ignore[arg-type]

    def patient_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        match choose.count(5):
            case 0 | 1:
                return ir.FieldIs(
                    field("patient", choose.pick(("gender", "gender", "sex_at_birth")), FieldType.WORD),
                    choose.pick(("male", "female")),
                )
            case 2:
                return self.word_is("patient", "patient")
            case 3 if self.is_missing:
                return self.missing("patient", "patient")
            case _:
                return ir.Before(field("patient", choose.pick(("died", "born")), FieldType.DATE), self.literal())

    def word_is(self, kind: Kind | str, of: Var | str) -> ir.Condition:
        """Return whether a field of words, any of those of the kind, is one that it may be."""
        name, words = self.choose.pick(tuple(WORDS_OF[kind].items()))
        return ir.FieldIs(field(of, name, FieldType.WORD), self.choose.pick(words))

    def missing(self, kind: Kind | str, of: Var | str) -> ir.Condition:
        """Return whether a field, any of those of the kind, is missing."""
        fields = schema.PATIENT if kind == "patient" else schema.FIELDS[Kind(kind)]
        name = self.choose.pick([name for name in fields if name not in _DERIVED or self.choose.count(3) == 0])
        return ir.IsMissing(field(of, name, fields[name].type))

    def same(self, var: Var, other: Var) -> ir.Condition:
        """Return whether a field of codes, words or text is the same of two items of one kind."""
        fields = schema.FIELDS[var.kind]
        alike = [n for n in named(var.kind, FieldType.CODINGS, FieldType.WORD, FieldType.TEXT) if not fields[n].only_missing]
        name = self.choose.pick(alike)
        return ir.FieldSame(field(var, name, fields[name].type), field(other, name, fields[name].type))

    def message_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        match choose.count(5):
            case 5 if var.kind in (Kind.MESSAGE, Kind.ROW) and "demo/even" in self.custom:
                return ir.Custom("demo/even", (var,))
            case 0 | 1:
                return ir.InSet(field("message", "service", FieldType.CODINGS), "w/services")
            case 2:
                return self.word_is(Kind.MESSAGE, "message")
            case 3 if self.is_missing:
                return self.missing(Kind.MESSAGE, "message")
            case _:
                return ir.Before(field("message", "sent", FieldType.DATE), self.literal())

    def literal(self) -> ir.DateLiteral:
        return self.choose.pick(
            (
                ir.DateLiteral(DAY, DAY, "2025-06-01"),
                ir.DateLiteral(DAY, DAY + 29, "2025-06"),
                ir.DateLiteral(DAY - 151, DAY - 151, "2025-01-01"),
            )
        )

    def others(self, var: Var, variables: Sequence[Var], *kinds: Kind) -> list[Var]:
        return [v for v in variables if v is not var and v.kind in kinds]

    def entry_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        others = self.others(var, variables, Kind.ENTRY, Kind.HISTORY, Kind.MENTION)
        match choose.count(13):
            case 0 | 1:
                return ir.ItemIs(var, choose.pick(_ENTRY_WORDS))
            case 2:
                return ir.About(var, choose.pick(schema.ABOUT))  # type: ignore[arg-type]
            case 3 | 4:
                return ir.InSet(var, choose.pick(ENTRY_SETS))
            case 5:
                return self.word_is(var.kind, var)
            case 6 if self.is_missing:
                return self.missing(var.kind, var)
            case 7:
                return self.compare(field(var, "value", FieldType.VALUE))
            case 11 | 12 | 13:
                return self.numbers(var, variables)
            case 8 if others:
                return ir.SameEntry(var, choose.pick(others))
            case 9 if others:
                if chance(choose, 3):
                    return ir.Custom("demo/alike", (var, choose.pick(others)))
                return self.same(var, choose.pick(others))
            case 10 if others:
                return self.differs(self.number(var, variables), self.number(choose.pick(others), variables))
            case _:
                return ir.Custom(choose.pick([name for name in self.custom if name != "demo/alike"]), (var,))

    def compare(self, of: ir.Field) -> ir.Condition:
        """Return a comparison of a field with a number. A unit beside what counts is refused, but beside a quantity."""
        choose = self.choose
        rights: tuple[ir.Number, ...] = (ir.Quantity(choose.pick(NUMBERS)), ir.LimitRef("w/days"))
        if of.type is FieldType.VALUE or of.name == "quantity":
            rights += (ir.Quantity(choose.pick(NUMBERS), choose.pick(("mm[Hg]", "kPa"))), ir.LimitRef("w/pressure"))
        return ir.Compare(of, choose.pick(_OPERATORS), choose.pick(rights))

    # ------------------------------------------------------------------------------------------ numbers

    def operand(self, var: Var, variables: Sequence[Var]) -> ir.Number:
        """Return a number that a variable has, or that the rule writes."""
        choose = self.choose
        written: tuple[ir.Number, ...] = (
            ir.Quantity(choose.pick(NUMBERS), choose.pick((*UNITS[:6], None, None))),
            ir.LimitRef(choose.pick(("w/pressure", "w/days"))),
        )
        match var.kind:
            case Kind.ENTRY | Kind.MENTION:
                unit = choose.pick((None, None, None, "mm[Hg]", "kg", self.ucum(variables)))
                return choose.pick((*written, *[ir.Field(var.name, "value", FieldType.VALUE, var, unit=unit)] * 5))
            case Kind.MEDICATION:
                name = choose.pick((*named(var.kind, FieldType.NUMBER), "strength", "strength"))
                type = FieldType.QUANTITY if name == "strength" else FieldType.NUMBER
                return choose.pick((*written, *[field(var, name, type)] * 5))
            case Kind.ROW:
                return choose.pick((*written, *[self.column(var, choose.pick(("n", "most")))] * 4))
            case _:
                return choose.pick(written)

    def ucum(self, variables: Sequence[Var]) -> ir.Field | None:
        return next((field(v, "ucum", FieldType.TEXT) for v in variables if v.kind is Kind.ROW), None)

    def column(self, row: Var, name: str) -> ir.Field:
        unit = {"kilos": "kg", "least": field(row, "ucum", FieldType.TEXT), "most": field(row, "ucum", FieldType.TEXT)}.get(name)
        return ir.Field(row.name, name, FieldType.NUMBER, row, unit=unit, open=name in ("kilos", "least"))

    def number(self, var: Var, variables: Sequence[Var], depth: int = 2) -> ir.Number:
        choose = self.choose
        if depth == 0 or choose.count(2):
            return self.operand(choose.pick((var, var, *variables)), variables)
        sides = [self.number(var, variables, depth - 1) for _ in range(2)]
        return ir.Arithmetic(choose.pick(("+", "-", "*", "/")), *sides)

    def differs(self, left: ir.Number, right: ir.Number) -> ir.Condition:
        choose = self.choose
        by = choose.pick(
            (
                Decimal(10),
                Decimal(0),
                Decimal(100),
                ir.Quantity(Decimal(1)),
                ir.Quantity(Decimal(1), "mm[Hg]"),
                ir.Quantity(Decimal(1), "g"),
                ir.Quantity(Decimal(1), "[degF]"),
            )
        )
        return ir.Differs(left, right, by, choose.pick(("differs", "rises", "falls")))

    def numbers(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        """Return a comparison of numbers of any form. One without any field is no rule: it would be unknown with nothing missing."""
        choose = self.choose
        left, right = self.number(var, variables), self.number(var, variables)
        if not ir.fields_of(left) and (not ir.fields_of(right) or chance(choose, 2)):
            name, type = ("quantity", FieldType.NUMBER) if var.kind is Kind.MEDICATION else ("value", FieldType.VALUE)
            left = self.column(var, "n") if var.kind is Kind.ROW else field(var, name, type)
        match choose.count(3):
            case 0:
                return self.differs(left, right)
            case 1:
                ends = [self.end(var, variables) for _ in range(2)]
                if not any(ir.fields_of(number) for number in (left, *ends)):
                    left = right
                return ir.InRange(left, *ends)
            case _:
                if _counts(left) and (right == ir.LimitRef("w/pressure") or (isinstance(right, ir.Quantity) and right.unit)):
                    right = ir.Quantity(choose.pick(NUMBERS))
                return ir.Compare(left, choose.pick(_OPERATORS), right)

    def end(self, var: Var, variables: Sequence[Var]) -> ir.Number:
        rows = [v for v in variables if v.kind is Kind.ROW]
        if rows and self.choose.count(2):
            return self.column(rows[0], self.choose.pick(("least", "most", "kilos", "n")))
        return self.number(var, variables, 1)

    def medication_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        others = self.others(var, variables, Kind.MEDICATION)
        if others and chance(choose, 2):
            return self.two_medications(var, choose.pick(others), variables)
        match choose.count(11):
            case 0:
                return ir.ItemIs(var, choose.pick(_MEDICATION_WORDS))
            case 1:
                return ir.InSet(var, choose.pick(PRODUCT_SETS))
            case 2:
                coded = [n for n in named(var.kind, FieldType.CODINGS) if n not in ("ingredients", "product")]
                return ir.InSet(field(var, choose.pick(coded), FieldType.CODINGS), choose.pick(CODED_SETS))
            case 3:
                return self.word_is(var.kind, var)
            case 4 if self.is_missing:
                return self.missing(var.kind, var)
            case 5 | 6:
                return self.compare(field(var, choose.pick(named(var.kind, FieldType.NUMBER)), FieldType.NUMBER))
            case 7:
                return ir.Differs(field(var, "quantity", FieldType.NUMBER), field(var, "dosage", FieldType.NUMBER), Decimal(10))
            case 8 | 9 | 10:
                return self.numbers(var, variables)
            case _:
                return ir.Custom(choose.pick([name for name in self.custom if name != "demo/alike"]), (var,))

    def two_medications(self, var: Var, other: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        match choose.count(5):
            case 0 | 1:
                columns = [field(v, "gap", FieldType.NUMBER, Unit.DAYS) for v in variables if v.kind is Kind.ROW]
                days = [ir.Length(Decimal(3), Unit.DAYS), ir.Length(Decimal(0), Unit.DAYS), ir.LimitRef("w/gap"), *columns * 2]
                return ir.Overlaps(var, other, choose.pick(days))
            case 2:
                return self.same(var, other)
            case _:
                return choose.pick((ir.SameProduct, ir.SharesIngredient, ir.SameIngredients))(var, other)

    def coding_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        match choose.count(6):
            case 6 if "demo/even" in self.custom:
                return ir.Custom("demo/even", (var,))
            case 0 | 1:
                return ir.CodingIs(var, choose.pick(tuple(ir.CodingWord)))
            case 2:
                return ir.Contradicts(var)
            case 3:
                return ir.InSet(var, choose.pick(ENTRY_SETS))
            case 4 if self.is_missing:
                return self.missing(var.kind, var)
            case _:
                return self.word_is(var.kind, var)

    def row_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        item = variables[0]
        match choose.count(10):
            case 8 | 9 | 10:
                return self.numbers(choose.pick((var, item)), variables)
            case 0 | 1:
                return ir.FieldSame(field("patient", "gender", FieldType.WORD), field(var, "sex", FieldType.WORD))
            case 2 | 3:
                low, high = field(var, "low", FieldType.NUMBER, Unit.YEARS), field(var, "high", FieldType.NUMBER, Unit.YEARS)
                oldest = ir.Field(var.name, "oldest", FieldType.NUMBER, var, column_unit=Unit.MONTHS, open=True)
                return ir.AgeRange(
                    field(item, "date", FieldType.DATE),
                    choose.pick((low, low, oldest, ir.Length(Decimal(3), Unit.YEARS), ir.LimitRef("w/days", unit=Unit.YEARS))),
                    choose.pick((high, high, oldest, ir.Length(Decimal(40), Unit.YEARS), ir.LimitRef("w/days", unit=Unit.YEARS))),
                )
            case 4:
                return ir.AgeCompare(
                    field(item, "date", FieldType.DATE),
                    choose.pick(("<", ">=")),
                    field(var, choose.pick(("low", "high")), FieldType.NUMBER, Unit.YEARS),
                )
            case 5:
                gap = field(var, "gap", FieldType.NUMBER, Unit.DAYS)
                made = choose.pick((ir.Within, ir.Beyond, ir.Nearer))
                return made(field(item, "date", FieldType.DATE), self.literal(), gap, choose.pick(("before", "after")))
            case 6 if self.is_missing:
                return ir.IsMissing(
                    field(var, *choose.pick((("low", FieldType.NUMBER), ("word", FieldType.TEXT), ("day", FieldType.DATE))))
                )
            case 7:
                return ir.Before(field(var, "day", FieldType.DATE), field(item, "date", FieldType.DATE))
            case _:
                return ir.FieldIs(field(var, "word", FieldType.TEXT), choose.pick(("final", "amended")))

    def day(self, var: Var) -> ir.Field:
        others = named(var.kind, FieldType.DATE) + (() if var.kind is Kind.MEDICATION else ("value",))
        return field(var, "date" if chance(self.choose, 2) else self.choose.pick(others), FieldType.DATE)

    def date_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        left: ir.DateOperand = self.day(var)
        others = self.others(var, variables, *ITEMS)
        right: ir.DateOperand = self.day(choose.pick(others)) if others and not chance(choose, 4) else self.literal()
        if chance(choose, 2):
            left, right = right, left
        columns = [field(v, "gap", FieldType.NUMBER, Unit.DAYS) for v in variables if v.kind is Kind.ROW]
        length = choose.pick(
            [
                ir.Length(Decimal(1), Unit.MONTHS),
                ir.Length(Decimal(1), Unit.DAYS),
                ir.Length(Decimal(1), Unit.YEARS),
                ir.LimitRef("w/gap"),
                *columns,
            ]
        )
        match choose.count(5):
            case 0 | 1:
                return ir.Before(left, right)
            case 2:
                return ir.SameDay(left, right)
            case 3:
                return ir.Within(left, right, length, choose.pick(("before", "after", "of")))
            case 4:
                return ir.Beyond(left, right, length, choose.pick(("before", "after", "from")))
            case _:
                return ir.Nearer(left, right, length, choose.pick(("before", "after", "from")))

    def age_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        at: ir.DateOperand = self.literal() if chance(choose, 12) else self.day(var)
        if chance(choose, 2):
            n, unit = choose.pick(
                (
                    (12, Unit.YEARS),
                    (16, Unit.YEARS),
                    (15, Unit.YEARS),
                    (0, Unit.YEARS),
                    (191, Unit.MONTHS),
                    (192, Unit.MONTHS),
                    (830, Unit.WEEKS),
                    (5844, Unit.DAYS),
                    (1, Unit.MONTHS),
                )
            )
            return ir.AgeCompare(at, choose.pick(("<", ">=")), choose.pick((ir.Length(Decimal(n), unit), ir.LimitRef("w/age"))))
        values = [
            ir.Field(v.name, "value", FieldType.VALUE, v, unit=choose.pick((None, "a"))) for v in variables if v.kind in _ENTRIES
        ]
        if values and chance(choose, 3):
            value = choose.pick(values)
            length = ir.Length(Decimal(2), Unit.YEARS)
            return choose.pick(
                (
                    ir.AgeCompare(at, "<", value),
                    ir.AgeCompare(at, ">=", value),
                    ir.AgeRange(at, value, value),
                    ir.AgeRange(at, length, value),
                )
            )
        low, high = choose.pick(((12, 15), (16, 16), (15, 16), (0, 15), (16, 64)))
        unit = choose.pick((Unit.YEARS, Unit.YEARS, Unit.MONTHS))
        return ir.AgeRange(at, ir.Length(Decimal(low), unit), ir.Length(Decimal(high), Unit.YEARS))


__all__ = ["DAMAGED", "RuleMaker", "field"]
