"""Well-typed rules of every form, made from a source of choices."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tests.differential.worlds import CODED_SETS, DAMAGED, DAY, ENTRY_SETS, NUMBERS, PRODUCT_SETS, Chooser, chance

from codesafety import ir
from codesafety.ir import FieldType, ItemWord, Kind, Unit, Var

ITEMS = (Kind.ENTRY, Kind.MENTION, Kind.MEDICATION)
_ENTRY_WORDS = tuple(ItemWord)
_MEDICATION_WORDS = (ItemWord.INCOMING, ItemWord.ALREADY_FILED, ItemWord.ENTERED_IN_ERROR)
_ENTRY_DATES = ("date", "date", "date", "recorded", "consultation_date", "value")
_MEDICATION_DATES = ("date", "date", "start", "end", "handed_over")
PATIENT_MISSING = (
    ("gender", FieldType.WORD),
    ("sex_at_birth", FieldType.WORD),
    ("born", FieldType.DATE),
    ("died", FieldType.DATE),
    ("deceased", FieldType.WORD),
    ("nhs_number", FieldType.TEXT),
)


def sets_of(kind: Kind) -> tuple[str, ...]:
    return PRODUCT_SETS if kind is Kind.MEDICATION else ENTRY_SETS


def field(base: Var | str, name: str, type: FieldType, unit: Unit | None = None) -> ir.Field:
    if isinstance(base, str):
        return ir.Field(base, name, type, private=name == "sex_at_birth")
    return ir.Field(base.name, name, type, base, column_unit=unit)


class RuleMaker:
    """Makes one rule after another."""

    def __init__(
        self, choose: Chooser, *, custom: Sequence[str] = ("demo/even", "demo/alike"), is_missing: bool = True, deep: bool = True
    ) -> None:
        self.choose = choose
        self.custom = custom
        self.is_missing = is_missing
        self.deep = deep

    def rule(self, name: str) -> ir.Rule:
        choose = self.choose
        trigger = self.trigger()
        variables = [trigger.subject] + ([trigger.partner] if trigger.partner else [])
        when = None if chance(choose, 12) else self.condition(variables, 2, 0)
        joined = self.join(trigger)
        if joined is not None and when is not None:
            when = choose.pick((joined, ir.And((joined, when)), ir.And((when, joined)), ir.Or((joined, when)), ir.Not(joined)))
        valid = choose.pick((None, None, None, "from", "until", "both"))
        unless = tuple(ir.Unless(f"u{i}", self.condition(variables, 1, 0)) for i in range(choose.pick((0, 0, 0, 1, 2))))
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

    def join(self, trigger: ir.Trigger) -> ir.Condition | None:
        """Return a condition on which two sides without a set may be joined, for one pair in two."""
        one, other = trigger.subject, trigger.partner
        if other is None or other.kind is Kind.ROW or not chance(self.choose, 2):
            return None
        sides = self.choose.pick(((one, other), (other, one)))
        if one.kind is other.kind is Kind.MEDICATION:
            return ir.SameProduct(*sides)
        return None if Kind.MEDICATION in (one.kind, other.kind) else ir.SameEntry(*sides)

    def trigger(self) -> ir.Trigger:
        choose = self.choose
        form = choose.pick(("one", "one", "one", "pair", "pair", "unordered", "row", "coding", "message"))
        if form == "message":
            return ir.Trigger(Var("message", Kind.MESSAGE, 0))
        if form == "coding":
            return ir.Trigger(Var("c", Kind.CODING, 0, choose.pick((None, None, *ENTRY_SETS))))
        kind = choose.pick(ITEMS)
        one = Var("e", kind, 0, choose.pick((None, None, *sets_of(kind), *sets_of(kind))))
        if form == "one":
            return ir.Trigger(one)
        if form == "row":
            return ir.Trigger(one, Var("r", Kind.ROW, 1, table=choose.pick(("w/by-code", "w/by-code", "w/by-read"))))
        if form == "unordered":
            return ir.Trigger(one, Var("x", kind, 1, one.set), unordered=True)
        other = choose.pick(ITEMS)
        return ir.Trigger(one, Var("x", other, 1, choose.pick((None, *sets_of(other), *sets_of(other)))))

    # ------------------------------------------------------------------------------------------ conditions

    def condition(self, variables: Sequence[Var], depth: int, nested: int) -> ir.Condition:
        choose = self.choose
        form = choose.pick(("step", "step", "step", "and", "or", "not", "quantified", "quantified"))
        if depth > 0 and form in ("and", "or"):
            parts = tuple(self.condition(variables, depth - 1, nested) for _ in range(choose.pick((2, 2, 3))))
            return ir.And(parts) if form == "and" else ir.Or(parts)
        if form == "not":
            return ir.Not(self.condition(variables, max(depth - 1, 0), nested))
        if form == "quantified" and nested < 2 and self.deep:
            return self.quantified(variables, depth, nested)
        return self.step(variables)

    def quantified(self, variables: Sequence[Var], depth: int, nested: int) -> ir.Condition:
        choose = self.choose
        kind = choose.pick(ITEMS)
        var = Var(f"q{nested}", kind, 2 + nested, choose.pick((None, *sets_of(kind))))
        where = None if chance(choose, 4) else self.condition([*variables, var], max(depth - 1, 0), nested + 1)
        quantifier = choose.pick(("exists", "no", "at_least", "fewer"))
        n: ir.Bound | None = None
        if quantifier in ("at_least", "fewer"):
            options: list[ir.Bound] = [Decimal(1), Decimal(2), Decimal(2), Decimal(3), ir.LimitRef("w/days")]
            options += [field(v, "n", FieldType.NUMBER) for v in variables if v.kind is Kind.ROW]
            n = choose.pick(options)
        return ir.Quantified(quantifier, var, where, n)  # type: ignore[arg-type]

    def step(self, variables: Sequence[Var]) -> ir.Condition:
        """Return a condition that names at least one of the variables where it can; the latest of them most often."""
        choose = self.choose
        var = choose.pick((*variables, variables[-1]))
        steps = [self.patient_step, self.message_step]
        match var.kind:
            case Kind.ENTRY | Kind.MENTION:
                steps += [self.entry_step] * 4 + [self.date_step] * 3 + [self.age_step] * 2
            case Kind.MEDICATION:
                steps += [self.medication_step] * 4 + [self.date_step] * 2 + [self.age_step]
            case Kind.CODING:
                steps += [self.coding_step] * 6
            case Kind.ROW:
                steps += [self.row_step] * 6
            case Kind.MESSAGE:
                steps += [self.message_step] * 2
        return choose.pick(steps)(var, variables)

    def patient_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        match choose.count(5):
            case 0 | 1:
                return ir.FieldIs(
                    field("patient", choose.pick(("gender", "gender", "sex_at_birth")), FieldType.WORD),
                    choose.pick(("male", "female")),
                )
            case 2:
                return ir.FieldIs(field("patient", "deceased", FieldType.WORD), choose.pick(("true", "false")))
            case 3 if self.is_missing:
                return ir.IsMissing(field("patient", *choose.pick(PATIENT_MISSING)))
            case _:
                return ir.Before(field("patient", choose.pick(("died", "born")), FieldType.DATE), self.literal())

    def message_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        match choose.count(5):
            case 5 if var.kind in (Kind.MESSAGE, Kind.ROW) and "demo/even" in self.custom:
                return ir.Custom("demo/even", (var,))
            case 0 | 1:
                return ir.InSet(field("message", "service", FieldType.CODINGS), "w/services")
            case 2:
                return ir.FieldIs(field("message", "status", FieldType.WORD), "final")
            case 3 if self.is_missing:
                return ir.IsMissing(
                    field(
                        "message",
                        *choose.pick((("sender", FieldType.TEXT), ("service", FieldType.CODINGS), ("sent", FieldType.DATE))),
                    )
                )
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
        others = self.others(var, variables, Kind.ENTRY, Kind.MENTION)
        match choose.count(10):
            case 0 | 1:
                return ir.ItemIs(var, choose.pick(_ENTRY_WORDS))
            case 2:
                return ir.About(var, choose.pick(("patient", "family")))
            case 3 | 4:
                return ir.InSet(var, choose.pick(ENTRY_SETS))
            case 5:
                name, word = choose.pick(
                    (
                        ("status", "final"),
                        ("verification", "confirmed"),
                        ("assertion", "present"),
                        ("kind", "observation"),
                        ("temporality", "past"),
                        ("unit_check", "not_a_unit"),
                        ("unit_check", "none"),
                        ("answer", "denies"),
                        ("answer", "contrary"),
                    )
                )
                return ir.FieldIs(field(var, name, FieldType.WORD), word)
            case 6 if self.is_missing:
                return ir.IsMissing(
                    field(
                        var,
                        *choose.pick(
                            (
                                ("value", FieldType.VALUE),
                                ("date", FieldType.DATE),
                                ("code", FieldType.CODINGS),
                                ("assertion", FieldType.WORD),
                                ("id", FieldType.TEXT),
                                ("unit", FieldType.TEXT),
                                ("unit_check", FieldType.WORD),
                            )
                        ),
                    )
                )
            case 7:
                return self.compare(field(var, "value", FieldType.VALUE))
            case 8 if others:
                return ir.SameEntry(var, choose.pick(others))
            case 9 if others:
                if chance(choose, 3):
                    return ir.Custom("demo/alike", (var, choose.pick(others)))
                name, type = choose.pick(
                    (
                        ("code", FieldType.CODINGS),
                        ("status", FieldType.WORD),
                        ("text", FieldType.TEXT),
                        ("unit", FieldType.TEXT),
                        ("unit_check", FieldType.WORD),
                    )
                )
                return ir.FieldSame(field(var, name, type), field(choose.pick(others), name, type))
            case 10 if others:
                return ir.Differs(
                    field(var, "value", FieldType.VALUE), field(choose.pick(others), "value", FieldType.VALUE), Decimal(10)
                )
            case _:
                return ir.Custom(choose.pick([name for name in self.custom if name != "demo/alike"]), (var,))

    def compare(self, of: ir.Field) -> ir.Condition:
        choose = self.choose
        return ir.Compare(of, choose.pick(("<", "<=", ">", ">=")), choose.pick(NUMBERS), choose.pick(("mm[Hg]", "kPa", None)))

    def medication_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        others = self.others(var, variables, Kind.MEDICATION)
        match choose.count(12):
            case 0:
                return ir.ItemIs(var, choose.pick(_MEDICATION_WORDS))
            case 1:
                return ir.InSet(var, choose.pick(PRODUCT_SETS))
            case 2:
                return ir.InSet(
                    field(var, choose.pick(("route", "form", "supply_type")), FieldType.CODINGS), choose.pick(CODED_SETS)
                )
            case 3:
                return ir.FieldIs(
                    field(var, *choose.pick((("status", FieldType.WORD), ("kind", FieldType.WORD)))),
                    choose.pick(("active", "dispense")),
                )
            case 4 if self.is_missing:
                return ir.IsMissing(
                    field(
                        var,
                        *choose.pick(
                            (
                                ("ingredients", FieldType.CODINGS),
                                ("dosage", FieldType.NUMBER),
                                ("quantity", FieldType.NUMBER),
                                ("unit", FieldType.TEXT),
                                ("end", FieldType.DATE),
                                ("route", FieldType.CODINGS),
                            )
                        ),
                    )
                )
            case 5 | 6:
                return self.compare(field(var, choose.pick(("quantity", "days_supply", "dosage")), FieldType.NUMBER))
            case 7:
                return ir.Differs(field(var, "quantity", FieldType.NUMBER), field(var, "dosage", FieldType.NUMBER), Decimal(10))
            case 8 | 9 if others:
                made = choose.pick((ir.SameProduct, ir.SameProduct, ir.SharesIngredient, ir.SameIngredients))
                return made(var, choose.pick(others))
            case 10 | 11 if others:
                columns = [field(v, "gap", FieldType.NUMBER, Unit.DAYS) for v in variables if v.kind is Kind.ROW]
                return ir.Overlaps(
                    var,
                    choose.pick(others),
                    choose.pick(
                        [ir.Length(Decimal(3), Unit.DAYS), ir.Length(Decimal(0), Unit.DAYS), ir.LimitRef("w/gap"), *columns]
                    ),
                )
            case 12 if others:
                return ir.FieldSame(
                    field(var, "route", FieldType.CODINGS), field(choose.pick(others), "route", FieldType.CODINGS)
                )
            case _:
                return ir.Custom(choose.pick([name for name in self.custom if name != "demo/alike"]), (var,))

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
                return ir.IsMissing(field(var, choose.pick(("code", "system", "display")), FieldType.TEXT))
            case _:
                return ir.FieldIs(field(var, "damage", FieldType.WORD), choose.pick(("valid", "check_digit")))

    def row_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        item = variables[0]
        match choose.count(7):
            case 0 | 1:
                return ir.FieldSame(field("patient", "gender", FieldType.WORD), field(var, "sex", FieldType.WORD))
            case 2 | 3:
                low, high = field(var, "low", FieldType.NUMBER, Unit.YEARS), field(var, "high", FieldType.NUMBER, Unit.YEARS)
                return ir.AgeRange(
                    field(item, "date", FieldType.DATE),
                    choose.pick((low, low, Decimal(3))),
                    choose.pick((high, high, Decimal(40))),
                    Unit.YEARS,
                )
            case 4:
                return ir.AgeCompare(
                    field(item, "date", FieldType.DATE),
                    choose.pick(("<", ">=")),
                    field(var, choose.pick(("low", "high")), FieldType.NUMBER, Unit.YEARS),
                )
            case 5:
                gap = field(var, "gap", FieldType.NUMBER, Unit.DAYS)
                made = choose.pick((ir.Within, ir.Beyond))
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
        return field(var, self.choose.pick(_MEDICATION_DATES if var.kind is Kind.MEDICATION else _ENTRY_DATES), FieldType.DATE)

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
        match choose.count(4):
            case 0 | 1:
                return ir.Before(left, right)
            case 2:
                return ir.SameDay(left, right)
            case 3:
                return ir.Within(left, right, length, choose.pick(("before", "after", "of")))
            case _:
                return ir.Beyond(left, right, length, choose.pick(("before", "after")))

    def age_step(self, var: Var, variables: Sequence[Var]) -> ir.Condition:
        choose = self.choose
        at = self.day(var)
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
        low, high = choose.pick(((12, 15), (16, 16), (15, 16), (0, 15), (16, 64)))
        return ir.AgeRange(at, Decimal(low), Decimal(high), Unit.YEARS)


__all__ = ["DAMAGED", "RuleMaker", "field"]
