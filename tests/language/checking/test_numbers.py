"""Numbers, ages and distances of the second step: what they mean, what is refused, and what is said of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from codesafety import ir, language
from codesafety.errors import RuleError
from codesafety.ir import FieldType, Kind, Unit

HEAD = """ruleset t { title "Test" version 1.0.0 language 2 }
limit soon "Soon" { default 4 weeks from 2 weeks to 8 weeks }
limit few "A few" { default 3 from 0 to 8 }
limit too_high "Too high" { default 300 "mm[Hg]" from 250 "mm[Hg]" to 400 "mm[Hg]" }
valueset a "A" { codes 77386006 |Pregnancy| }
valueset b "B" { codes 60001007 |Not pregnant| }
table ranges from "ranges.csv" {
  key code in sct column youngest years column oldest years open column n number column ucum unit
  column low value in ucum open column high value in "kg" column label text
}
"""
DATA = {"ranges.csv": b"code,youngest,oldest,n,ucum,low,high,label\n77386006,12,,1.5,/min,20,70,x\n"}
LINT = ("CS401", "CS402", "CS403", "CS404", "CS405", "CS406", "CS407")
PAIR = "for entry e in a with entry x in b"
DRUGS = "for medication m with medication n"
ROW = "for entry e in a with row r of ranges"
E = ir.Var("e", Kind.ENTRY, 0, "t/a")
X = ir.Var("x", Kind.ENTRY, 1, "t/b")
R = ir.Var("r", Kind.ROW, 1, table="t/ranges")
M = ir.Var("m", Kind.MEDICATION, 0)


def load(text: str) -> ir.Ruleset:
    return language.load_texts({"t.rules": HEAD + text}, DATA).rulesets[0]


def rule(condition: str, of: str, assume: str = "") -> ir.Rule:
    return load(f'rule r {{ action note {assume} {of} when {condition} say "x" }}').rules[0]


def told(text: str) -> list[tuple[str, str, str | None]]:
    with pytest.raises(RuleError) as caught:
        load(text)
    return [
        (d.code, f"{d.message} [{(HEAD + text)[d.span.start : d.span.end]}]", d.help)
        for d in caught.value.diagnostics
        if d.code not in LINT
    ]


def field(var: ir.Var, name: str, type: FieldType = FieldType.VALUE, **more: Any) -> ir.Field:
    return ir.Field(var.name, name, type, var, **more)


VALUE, OTHER, DAY = field(E, "value"), field(X, "value"), field(E, "date", FieldType.DATE)
UCUM = field(R, "ucum", FieldType.TEXT)
LOW, HIGH = field(R, "low", FieldType.NUMBER, unit=UCUM, open=True), field(R, "high", FieldType.NUMBER, unit="kg")


def q(number: str, unit: str | None = None) -> ir.Quantity:
    return ir.Quantity(Decimal(number), unit)


@pytest.mark.parametrize(("text", "of", "meaning"), [
    ("e.value <= x.value", PAIR, ir.Compare(VALUE, "<=", OTHER)),
    ("e.value > too_high", PAIR, ir.Compare(VALUE, ">", ir.LimitRef("t/too_high"))),
    ("too_high < e.value", PAIR, ir.Compare(ir.LimitRef("t/too_high"), "<", VALUE)),
    ("e.value <= -2.5", PAIR, ir.Compare(VALUE, "<=", q("-2.5"))),
    ('e.value is from 20 to 300 "/min"', PAIR, ir.InRange(VALUE, q("20", "/min"), q("300", "/min"))),
    ("e.value is not from r.low to r.high", ROW, ir.Not(ir.InRange(VALUE, LOW, HIGH))),
    ('e.value - x.value > 1 "Cel"', PAIR, ir.Compare(ir.Arithmetic("-", VALUE, OTHER), ">", q("1", "Cel"))),
    ("e.value > (x.value * 2) / 3", PAIR, ir.Compare(VALUE, ">", ir.Arithmetic("/", ir.Arithmetic("*", OTHER, q("2")), q("3")))),
    ("e.value + x.value + 1 > 3", PAIR, ir.Compare(ir.Arithmetic("+", ir.Arithmetic("+", VALUE, OTHER), q("1")), ">", q("3"))),
    ('m.quantity > 28 "{tablet}"', DRUGS, ir.Compare(field(M, "quantity", FieldType.NUMBER), ">", q("28", "{tablet}"))),
    ("e.value rises from x.value by more than 10 %", PAIR, ir.Differs(VALUE, OTHER, Decimal(10), "rises")),
    ('e.value falls from x.value by more than 5 "cm"', PAIR, ir.Differs(VALUE, OTHER, q("5", "cm"), "falls")),
    ("e.value falls from x.value by more than 0.5", PAIR, ir.Differs(VALUE, OTHER, q("0.5"), "falls")),
    ("age at e < x.value", PAIR, ir.AgeCompare(DAY, "<", OTHER)),
    ("age at e < 40 years 6 months", PAIR, ir.AgeCompare(DAY, "<", ir.Length(Decimal(486), Unit.MONTHS))),
    ("age at e is from 3 months to 5 years", PAIR,
     ir.AgeRange(DAY, ir.Length(Decimal(3), Unit.MONTHS), ir.Length(Decimal(5), Unit.YEARS))),
    ("age at e is from r.youngest to r.oldest", ROW,
     ir.AgeRange(DAY, field(R, "youngest", FieldType.NUMBER, column_unit=Unit.YEARS),
                 field(R, "oldest", FieldType.NUMBER, column_unit=Unit.YEARS, open=True))),
    ("age at e is from few to r.youngest", ROW,
     ir.AgeRange(DAY, ir.LimitRef("t/few", unit=Unit.YEARS), field(R, "youngest", FieldType.NUMBER, column_unit=Unit.YEARS))),
    ("x is less than 3 days from e", PAIR,
     ir.Nearer(field(X, "date", FieldType.DATE), DAY, ir.Length(Decimal(3), Unit.DAYS), "from")),
    ("x is more than 14 weeks 6 days from e", PAIR,
     ir.Beyond(field(X, "date", FieldType.DATE), DAY, ir.Length(Decimal(104), Unit.DAYS), "from")),
])  # fmt: skip
def test_what_a_comparison_means(text: str, of: str, meaning: ir.Condition) -> None:
    assert rule(text, of).when == meaning


def test_a_rule_keeps_the_unit_in_which_it_reads_a_number_without_one() -> None:
    by_column = field(E, "value", unit=UCUM)
    made = rule("e.value > 3 and e.value is not missing", ROW, "assume r.ucum for e.value")
    assert made.assumed == (by_column,)
    assert made.when == ir.And((ir.Compare(by_column, ">", q("3")), ir.Not(ir.IsMissing(VALUE))))


def test_a_quantified_value_may_be_read_in_a_unit_too() -> None:
    made = rule('exists entry y in b where (y.value > 3 "kg")', PAIR, 'assume "kg" for y.value')
    assert [f.as_written for f in made.assumed] == ["y.value"]


@pytest.mark.parametrize(("text", "of", "code", "message", "help"), [
    ("e.value > age at e", PAIR, "CS205", "an age stands on the left [age at e]", "write `age at e < e.value`"),
    ("e.value < age at e", PAIR, "CS205", "an age stands on the left [age at e]",
     "an age in completed units is compared with `<` or `>=`"),
    ("age at e > x.value", PAIR, "CS207", "an age in completed units is compared with `<` or `>=`, not with `>` [>]",
     "write `>=` and the next completed unit"),
    ("age at e < 12", PAIR, "CS208", "an age has a unit [12]", "write its unit of time: `12 years`, say"),
    ('age at e < 12 "a"', PAIR, "CS208", 'the unit of an age is a word [12 "a"]',
     "write `12 years`, `months`, `weeks` or `days`, without quotes"),
    ("age at e < x.value + 1", PAIR, "CS205", "an age is not compared with a calculation [x.value + 1]",
     "compare it with a length such as `12 years`, a limit, a column of years, or a value"),
    ("age at e < too_high", PAIR, "CS205", "the limit `too_high` is a quantity and no length [too_high]",
     "give its default and range a unit: `default 24 weeks`"),
    ("age at e is from 24 years 6 days to 64 years", PAIR, "CS208", "years and days do not add up [24 years 6 days]",
     "write years and months, weeks and days, or one unit"),
    ("age at e is from 6 years to 5 months", PAIR, "CS207",
     "this range is empty: 6 years is more than 5 months [6 years to 5 months]", "write the lower age first"),
    ("age at e is from r.n to r.youngest", ROW, "CS207", "`r.n` is no whole number of years in line 2 of its table [r.n]",
     "an age is counted in completed units: write whole numbers, of a smaller unit if need be"),
    ("e.value > 5 years", PAIR, "CS205", "only an age or a date is compared with a length [5 years]",
     'a value has a unit in quotes: `5 "a"`'),
    ("m.days_supply >= 28 days", DRUGS, "CS205", "only an age or a date is compared with a length [28 days]",
     "it counts days: write `28`"),
    ("e.value > soon", PAIR, "CS205", "the limit `soon` is a length and no number [soon]",
     'use a number, or a limit that is one: `default 300` or `default 300 "mm[Hg]"`'),
    ("e.value > to_high", PAIR, "CS203", "there is no limit `to_high` [to_high]", "did you mean `too_high`?"),
    ("e.value > e.value", PAIR, "CS207", "`e.value` is compared with itself [e.value > e.value]", "name another field on one side"),
    ('e.value is from 300 to 20 "/min"', PAIR, "CS207", 'this range is empty: 300 is more than 20 [300 to 20 "/min"]',
     "write the lower number first"),
    ('e.value is from 2 "kg" to 300 "g"', PAIR, "CS207", 'this range is empty: 2 "kg" is more than 300 "g" [2 "kg" to 300 "g"]',
     "write the lower number first"),
    ('e.value is from 20 "kg" to 30 "/min"', PAIR, "CS208", '`kg` does not convert to `/min` [30 "/min"]',
     "give both sides units of one kind"),
    ("e.value is from 500 \"mm[Hg]\" to too_high", PAIR, "CS207",
     'this range is empty: 500 is more than 300 [500 "mm[Hg]" to too_high]', "write the lower number first"),
    ("r.high > 3", ROW, "CS208", "one side has a unit and the other has none [3]", "give both sides a unit, or neither"),
    ('r.high > 3 "m"', ROW, "CS208", '`kg` does not convert to `m` [3 "m"]', "give both sides units of one kind"),
    ("e.value > r.low", ROW, "CS205", "`r.low` may be empty, which is no bound [r.low]",
     "an `open` column stands in `is from … to …`; take `open` out to have an empty cell missing"),
    ("r.oldest is missing", ROW, "CS205", "`r.oldest` may be empty, which is no bound [r.oldest]",
     "an `open` column stands in `is from … to …`; take `open` out to have an empty cell missing"),
    ('m.dose > 125 "ug"', DRUGS, "CS208", '`m.dose` has no unit ["ug"]', "multiply by what one holds: `m.dose * m.strength`"),
    ('m.times_a_day > 4 "d"', DRUGS, "CS208", '`m.times_a_day` has no unit ["d"]', "leave the unit out"),
    ("m.dose > m.strength", DRUGS, "CS208", "`m.dose` counts, and `m.strength` has a unit [m.strength]",
     "compare a number of things with another, or calculate: `m.dose * m.strength`"),
    ('m.dose * m.times_a_day > 8 "mg"', DRUGS, "CS208",
     'what is calculated here is of another unit than what it is compared with [8 "mg"]',
     "leave the unit out: numbers without units are calculated here"),
    ('m.dose rises from n.dose by more than 5 "mL"', DRUGS, "CS208", '`m.dose` has no unit [5 "mL"]',
     "multiply by what one holds: `m.dose * m.strength`"),
    ("m.quantity <= -1", DRUGS, "CS207", "this is never true: no amount is below 0 [m.quantity <= -1]",
     "compare it with a number above 0"),
    ("m.strength in a", DRUGS, "CS205", "`m.strength` holds no code that could be in a set [m.strength]",
     "ask it of an item, a coding, or a coded field such as `message.service` or `m.route`"),
    ("m.strength is before n", DRUGS, "CS205", "`m.strength` is no date [m.strength]",
     "use an entry, a medication or a field that is a date"),
    ("e.value > x.value + x.value - e.value", PAIR, "CS110", "`+` beside `-` without brackets can be read in two ways [-]",
     "put brackets: `A + B - C` can mean\n`(A + B) - C`\nor `A + (B - C)`"),
    ("e.value > x.value / e.value / 2", PAIR, "CS110", "`/` beside `/` without brackets can be read in two ways [/]",
     "put brackets: `A / B / C` can mean\n`(A / B) / C`\nor `A / (B / C)`"),
    ("e.value / 0 > 3", PAIR, "CS207", "this divides by 0 [0]", "write another number"),
    ("e.value / few > 3", PAIR, "CS207", "this divides by 0 [few]", "write another number"),
    ('e.value + 1 "kg" > 2 "m"', PAIR, "CS208",
     'what is calculated here is of another unit than what it is compared with [2 "m"]', "check what is multiplied and divided"),
    ('e.value > 1 "kg" + 2 "m"', PAIR, "CS208", 'what is of unlike units cannot be added [1 "kg" + 2 "m"]',
     "give both sides units of one kind"),
    ('e.value - x.value > 2 "[degF]"', PAIR, "CS208", 'a difference of temperatures is no temperature [2 "[degF]"]',
     'write the difference in `"Cel"`'),
    ('e.value * 2 "B[SPL]" > 3', PAIR, "CS208", 'nothing is calculated in `B[SPL]` [2 "B[SPL]"]', "write a unit made of simpler ones"),
    (f"e.value > {' + '.join(['x.value'] * 18)}", PAIR, "CS222",
     f"this number takes 17 operations, more than 16 [{' + '.join(['x.value'] * 18)}]",
     "split the rule, or put a part of it into a table"),
    ("e.date + 3 > 5", PAIR, "CS205", "`e.date` is no number [e.date]",
     "dates are not calculated with: write `… is within 30 days before …`, `… is more than 3 months before …`"),
    ("e.value + age at e > 5", PAIR, "CS205", "an age is no number [age at e]",
     "an age stands alone on the left: `age at e < 12 years`"),
    ("x is less than 0 days before e", PAIR, "CS207", "this is never true: no distance is less than 0 [0 days]", "write 1 or more"),
    ("x is more than 3 days of e", PAIR, "CS101", "`of` cannot stand here: expected `after`, `before` or `from` [of]",
     "write `before`, `after` or `from`, which is either side"),
    ("e.value + 1 is missing", PAIR, "CS205", "a calculation is not what this can be said of [e.value + 1]",
     "name a variable or a field"),
])  # fmt: skip
def test_what_is_refused_and_what_is_said_of_it(text: str, of: str, code: str, message: str, help: str) -> None:
    assert (code, message, help) in told(f'rule r {{ action note {of} when {text} say "x" }}')


@pytest.mark.parametrize(("assume", "code", "message"), [
    ('assume "mmHg" for e.value', "CS208", '`mmHg` is not how a unit is written ["mmHg"]'),
    ('assume "kg" for e.value', "CS208", '`e.value` is read as `kg`, which does not convert to what it is compared with [3 "mm[Hg]"]'),
    ("assume r.label for e.value", "CS205", "`r.label` is no column of units [r.label]"),
    ("assume r.nosuch for e.value", "CS201", "unknown field `r.nosuch`: the table has no such column [r.nosuch]"),
    ('assume "kg" for q.value', "CS202", "nothing here is called `q` [q.value]"),
    ('assume "kg" for e.date', "CS207", "nothing in this rule reads `e.date` as a number with a unit [e.date]"),
    ('assume "kPa" for e.value assume "kPa" for e.value', "CS217", '`assume … for e.value` is said twice [assume "kPa" for e.value]'),
])  # fmt: skip
def test_a_unit_that_cannot_be_assumed_is_told(assume: str, code: str, message: str) -> None:
    found = told(f'rule r {{ action note {assume} {ROW} when e.value > 3 "mm[Hg]" say "x" }}')
    assert (code, message) in [(c, m) for c, m, _ in found]


@pytest.mark.parametrize(("column", "message"), [
    ("column n value", "a column of values says in which unit [value]"),
    ('column n number in "kg"', "a column of type `number` has no unit behind it [number]"),
    ("column n value in label", "`label` is no column of units [n]"),
    ("column label text open", "`open` says nothing of a column of type `text` [open]"),
    ("column n number opne", "`opne` says nothing of a column of type `number` [opne]"),
])  # fmt: skip
def test_a_column_that_cannot_be_is_told(column: str, message: str) -> None:
    found = told(f'table z from "ranges.csv" {{ key code in sct {column} }}')
    assert ("CS227", message) in [(c, m) for c, m, _ in found]


@pytest.mark.parametrize(("limit", "code"), [
    ('default 300 "mm[Hg]" from 250 "kPa" to 400 "mm[Hg]"', "CS208"), ('default 300 "mm[Hg]" from 250 to 400', "CS208"),
    ('default 300 "banana"', "CS208"), ('default 300 "kg" from 400 "kg" to 200 "kg"', "CS207"),
    ('default 3 "kg" from 4 "kg" to 8 "kg"', "CS207"), ("default 24 years 6 days", "CS208"), ("default -2.5 from -1 to -3", "CS207"),
])  # fmt: skip
def test_a_limit_that_cannot_be_is_refused(limit: str, code: str) -> None:
    assert {c for c, _, _ in told(f'limit l "L" {{ {limit} }}')} == {code}


def test_a_limit_may_be_negative_have_a_unit_or_two_parts() -> None:
    made = {
        name: load(f'limit l "L" {{ default {written} }}').limits[-1].default
        for name, written in (("minus", "-2.5"), ("unit", '300 "mm[Hg]"'), ("parts", "24 years 6 months"))
    }
    assert made == {"minus": Decimal("-2.5"), "unit": q("300", "mm[Hg]"), "parts": ir.Length(Decimal(294), Unit.MONTHS)}


@pytest.mark.parametrize(("given", "attribute"), [
    ("value -2.5", ir.Attribute("value", number=Decimal("-2.5"))),
    ('value <5 "mmol/L"', ir.Attribute("value", number=Decimal(5), unit="mmol/L", comparator="<")),
    ("value >=120", ir.Attribute("value", number=Decimal(120), comparator=">=")),
    ("value 14 weeks 6 days", ir.Attribute("value", number=Decimal(104), unit="d")),
])  # fmt: skip
def test_an_example_gives_bounds_and_negative_numbers(given: str, attribute: ir.Attribute) -> None:
    (made,) = load(
        f'rule r {{ action note for entry e in a say "x" example "x" {{ given incoming entry 77386006, {given} expect fires }} }}'
    ).rules
    assert made.examples[0].givens[0].attributes == (attribute,)  # type: ignore[union-attr]


def test_a_limit_of_a_ruleset_whose_name_has_a_dot_is_a_length() -> None:
    text = (
        HEAD.replace("ruleset t ", "ruleset t.u ")
        + 'rule r { action note for entry e in a with entry x in b when e is within t.u/soon of x say "x" }'
    )
    (made,) = language.load_texts({"t.rules": text}, DATA).rulesets[0].rules
    assert isinstance(made.when, ir.Within) and made.when.length == ir.LimitRef("t.u/soon")
