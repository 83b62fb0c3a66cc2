"""Syntax to meaning: what names resolve to, what is refused and what is said of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesafety import ir, language
from codesafety.authoring.testing import build
from codesafety.diagnostics import render
from codesafety.errors import RuleError
from codesafety.ir import FieldType, Kind, Unit
from codesafety.language import schema
from codesafety.language.checking.terms import irreconcilable

HEAD = """ruleset t { title "Test" version 1.0.0 language 1 }
limit soon "Soon" { default 4 weeks from 2 weeks to 8 weeks }
limit few "A few" { default 3 }
valueset a "A" { codes 77386006 |Pregnancy| }
valueset b "B" { codes 60001007 |Not pregnant| }
valueset skin "Skin" { codes test "cutaneous" }
table ages from "ages.csv" { key code in icd10cm column low years column high years column sex sex column n number column seen date
  column label text }
"""
DATA = {"ages.csv": b"code,low,high,sex,n,seen,label\nO80,12,55,female,1,2020-01-01,x\n"}
PREDICATES = {
    "acme/odd": ir.Signature("acme/odd", (Kind.ENTRY, Kind.MENTION)),
    "acme/alone": ir.Signature("acme/alone", (Kind.ENTRY,)),
}
LINT = ("CS401", "CS402", "CS403", "CS404", "CS405", "CS406")
ENTRY = "for entry e in a"
PAIR = "for entry e in a with entry x in b"
DRUGS = "for medication m with medication n"


def load(text: str) -> language.Loaded:
    return language.load_texts({"t.rules": HEAD + text}, DATA, predicates=PREDICATES)


def rule(body: str, of: str = ENTRY, action: str = "review", say: str = 'say "x"') -> ir.Rule:
    return load(f"rule r {{ action {action} {of} {body} {say} }}").rulesets[0].rules[0]


def when(text: str, of: str = PAIR) -> Any:
    return rule(f"when {text}", of).when


def told(text: str) -> list[tuple[str, str]]:
    with pytest.raises(RuleError) as caught:
        load(text)
    return [(d.code, d.message) for d in caught.value.diagnostics if d.code not in LINT]


def told_of(condition: str, of: str = PAIR, action: str = "review") -> list[tuple[str, str]]:
    return told(f'rule r {{ action {action} {of} when {condition} say "x" }}')


def warned(text: str) -> list[tuple[str, str]]:
    return [(w.code, w.message) for w in load(text).warnings if w.code not in LINT]


E = ir.Var("e", Kind.ENTRY, 0, "t/a")
X = ir.Var("x", Kind.ENTRY, 1, "t/b")
M = ir.Var("m", Kind.MEDICATION, 0)
N = ir.Var("n", Kind.MEDICATION, 1)


def day(var: ir.Var) -> ir.Field:
    return ir.Field(var.name, "date", FieldType.DATE, var)


def field(var: ir.Var, name: str, type: FieldType) -> ir.Field:
    return ir.Field(var.name, name, type, var)


# ------------------------------------------------------------------------------------------------ triggers


@pytest.mark.parametrize(("of", "trigger"), [
    ("for entry e in a", ir.Trigger(E)),
    ("for message", ir.Trigger(ir.Var("message", Kind.MESSAGE, 0))),
    ("for coding c", ir.Trigger(ir.Var("c", Kind.CODING, 0))),
    ("for entry e in a with entry x in b", ir.Trigger(E, X)),
    ("for entry e in a with entry x in a", ir.Trigger(E, ir.Var("x", Kind.ENTRY, 1, "t/a"), unordered=True)),
    ("for entry e in a with mention x in a", ir.Trigger(E, ir.Var("x", Kind.MENTION, 1, "t/a"))),
    ("for medication m with medication n", ir.Trigger(M, N, unordered=True)),
    ("for entry e with row r of ages",
     ir.Trigger(ir.Var("e", Kind.ENTRY, 0), ir.Var("r", Kind.ROW, 1, table="t/ages"))),
])  # fmt: skip
def test_what_a_rule_ranges_over(of: str, trigger: ir.Trigger) -> None:
    assert rule("", of).trigger == trigger


def test_quantified_variables_have_slots_of_their_own_after_trigger_and_partner() -> None:
    node = when("exists entry y in a where (y is past and no entry z in b where (z is after y)) and no entry y in b", ENTRY)
    assert [p.var.slot for p in node.parts] == [2, 4]
    assert node.parts[0].where.parts[1].var.slot == 3


# ------------------------------------------------------------------------------------------------ conditions


@pytest.mark.parametrize(("text", "of", "meaning"), [
    ("e is before x", PAIR, ir.Before(day(E), day(X))),
    ("e is after x", PAIR, ir.Before(day(X), day(E))),
    ("e is not before x", PAIR, ir.Not(ir.Before(day(E), day(X)))),
    ("e.recorded is on the same day as x", PAIR, ir.SameDay(field(E, "recorded", FieldType.DATE), day(X))),
    ("e is before patient.born", ENTRY, ir.Before(day(E), ir.Field("patient", "born", FieldType.DATE))),
    ("e is before 2025-02-01", ENTRY, ir.Before(day(E), ir.DateLiteral(739283, 739283, "2025-02-01"))),
    ("x is within 4 weeks after e", PAIR, ir.Within(day(X), day(E), ir.Length(Decimal(4), Unit.WEEKS), "after")),
    ("x is within 1 year of e", PAIR, ir.Within(day(X), day(E), ir.Length(Decimal(1), Unit.YEARS), "of")),
    ("x is more than soon before e", PAIR, ir.Beyond(day(X), day(E), ir.LimitRef("t/soon"), "before")),
    ("e.value is more than 42 weeks after e", ENTRY,
     ir.Beyond(field(E, "value", FieldType.VALUE), day(E), ir.Length(Decimal(42), Unit.WEEKS), "after")),
    ("e in b", ENTRY, ir.InSet(E, "t/b")),
    ("e not in b", ENTRY, ir.Not(ir.InSet(E, "t/b"))),
    ("message.service in t/b", ENTRY, ir.InSet(ir.Field("message", "service", FieldType.CODINGS), "t/b")),
    ("m.route in skin", DRUGS, ir.InSet(field(M, "route", FieldType.CODINGS), "t/skin")),
    ("patient.gender is male", ENTRY, ir.FieldIs(ir.Field("patient", "gender", FieldType.WORD), "male")),
    ("patient.deceased is true", ENTRY, ir.FieldIs(ir.Field("patient", "deceased", FieldType.WORD), "true")),
    ("e.status is final", ENTRY, ir.FieldIs(field(E, "status", FieldType.WORD), "final")),
    ("m.route is n.route", DRUGS, ir.FieldSame(field(M, "route", FieldType.CODINGS), field(N, "route", FieldType.CODINGS))),
    ("e is incoming", ENTRY, ir.ItemIs(E, ir.ItemWord.INCOMING)),
    ("e is not already-filed", ENTRY, ir.Not(ir.ItemIs(E, ir.ItemWord.ALREADY_FILED))),
    ("x is about patient", PAIR, ir.About(X, "patient")),
    ("message.replaces is not missing", ENTRY, ir.Not(ir.IsMissing(ir.Field("message", "replaces", FieldType.TEXT)))),
    ("m is the same product as n", DRUGS, ir.SameProduct(M, N)),
    ("e is the same entry as x", PAIR, ir.SameEntry(E, X)),
    ("m shares an ingredient with n", DRUGS, ir.SharesIngredient(M, N)),
    ("m has the same ingredients as n", DRUGS, ir.SameIngredients(M, N)),
    ("m overlaps n by more than 3 days", DRUGS, ir.Overlaps(M, N, ir.Length(Decimal(3), Unit.DAYS))),
    ("m overlaps n", DRUGS, ir.Overlaps(M, N, ir.Length(Decimal(0), Unit.DAYS))),
    ("m.quantity differs by more than 10 % from m.dosage", DRUGS,
     ir.Differs(field(M, "quantity", FieldType.NUMBER), field(M, "dosage", FieldType.NUMBER), Decimal(10))),
    ('e.value >= 140.50 "mm[Hg]"', ENTRY, ir.Compare(field(E, "value", FieldType.VALUE), ">=", ir.Quantity(Decimal("140.50"), "mm[Hg]"))),
    ("m.times_a_day > 4", DRUGS, ir.Compare(field(M, "times_a_day", FieldType.NUMBER), ">", ir.Quantity(Decimal(4)))),
    ("age at e < 12 years", ENTRY, ir.AgeCompare(day(E), "<", ir.Length(Decimal(12), Unit.YEARS))),
    ("age at e >= soon", ENTRY, ir.AgeCompare(day(E), ">=", ir.LimitRef("t/soon"))),
    ("age at e is not from 16 to 64 years", ENTRY, ir.Not(ir.AgeRange(day(E), ir.Length(Decimal(16), Unit.YEARS), ir.Length(Decimal(64), Unit.YEARS)))),
    ("age at e is from few to soon", ENTRY, ir.AgeRange(day(E), ir.LimitRef("t/few", unit=Unit.WEEKS), ir.LimitRef("t/soon"))),
    ("acme/odd(e, x)", PAIR, ir.Custom("acme/odd", (E, X))),
    ("not (e is past)", ENTRY, ir.Not(ir.ItemIs(E, ir.ItemWord.PAST))),
    ("(e is past or (e is planned))", ENTRY, ir.Or((ir.ItemIs(E, ir.ItemWord.PAST), ir.ItemIs(E, ir.ItemWord.PLANNED)))),
    ("at least 2 days with mention y in a", ENTRY,
     ir.Quantified("at_least", ir.Var("y", Kind.MENTION, 2, "t/a"), None, Decimal(2))),
    ("fewer than few days with entry y", ENTRY, ir.Quantified("fewer", ir.Var("y", Kind.ENTRY, 2), None, ir.LimitRef("t/few"))),
])  # fmt: skip
def test_what_a_condition_means(text: str, of: str, meaning: ir.Condition) -> None:
    assert when(text, of) == meaning


def test_a_coding_is_asked_about_its_form() -> None:
    coding = ir.Var("c", Kind.CODING, 0)
    assert when("c is well-formed", "for coding c") == ir.CodingIs(coding, ir.CodingWord.WELL_FORMED)
    assert when("c contradicts its words", "for coding c") == ir.Contradicts(coding)
    assert when("c.damage is valid", "for coding c") == ir.FieldIs(ir.Field("c", "damage", FieldType.WORD, coding), "valid")


def test_a_column_of_sexes_takes_the_words_of_gender() -> None:
    assert when("r.sex is male", ROW).word == "male"


def test_a_quantified_variable_gives_the_name_back_that_it_hid() -> None:
    with pytest.raises(RuleError) as caught:
        load(f'rule r {{ action note {ENTRY} when no entry e in b where (e is incoming) and e.value > 3 say "{{e}}" }}')
    assert [d.code for d in caught.value.diagnostics if d.code not in LINT] == ["CS204"]


ROW = "for entry e with row r of ages"


def test_columns_are_fields_of_a_row_and_carry_their_unit() -> None:
    node = when("age at e is from r.low to r.high", ROW)
    assert (node.low.column_unit, node.high.as_written, node.high.column_unit) == (Unit.YEARS, "r.high", Unit.YEARS)
    assert when("patient.gender is r.sex", ROW).right.type is FieldType.WORD
    assert when("e is before r.seen", ROW).right.type is FieldType.DATE
    assert when("r.n > 3", ROW).left.as_written == "r.n"


CONDITIONS = [
    ("f is past", ENTRY, "CS202", "nothing here is called `f`"),
    ("no entry y in a where (y is past) and y is past", ENTRY, "CS202", "nothing here is called `y`"),
    ("patient.sex is male", ENTRY, "CS201", "unknown field `patient.sex`"),
    ("e.value.unit is missing", ENTRY, "CS201", "unknown field `e.value.unit`"),
    ("r.age is missing", ROW, "CS201", "unknown field `r.age`: the table has no such column"),
    ("patient is male", ENTRY, "CS205", "`patient` by itself says nothing that can be tested"),
    ("e in few", ENTRY, "CS203", "there is no value set `few`"),
    ("e is within few before x", PAIR, "CS205", "the limit `few` is a number and no length"),
    ("e is within r.n before x", PAIR, "CS202", "nothing here is called `r`"),
    ("e is within r.n before 2025-01", ROW, "CS205", "`r.n` is no length"),
    ("e overlaps x", PAIR, "CS205", "`e` is an entry, and only a medication overlaps another"),
    ("m overlaps n by more than 2 months", DRUGS, "CS208", "days of supply are not counted in months"),
    ("m is the same entry as n", DRUGS, "CS205", "`m` is a medication, and only an entry, a history or a mention can be the same entry as another"),
    ("m is the same product as m", DRUGS, "CS207", "`m` is compared with itself"),
    ("e is before e", ENTRY, "CS207", "a date is compared with itself"),
    ("m is absent", DRUGS, "CS206", "a medication cannot be `absent`"),
    ("m is about family", DRUGS, "CS205", "`m` is a medication, and only an entry, a history or a mention can be about someone"),
    ("x is about mother", PAIR, "CS206", "nothing is about `mother`"),
    ("patient.gender is mann", ENTRY, "CS206", "`patient.gender` cannot be `mann`"),
    ("patient.deceased is yes", ENTRY, "CS206", "`patient.deceased` cannot be `yes`"),
    ("patient.gender < 5", ENTRY, "CS205", "`patient.gender` is a word and is not compared with a number"),
    ("e.date < 5", ENTRY, "CS205", "`e.date` is a date and is not compared with a number"),
    ("message.sender < 5", ENTRY, "CS205", "`message.sender` is text as sent and is not compared with a number"),
    ("message.sender is smith", ENTRY, "CS205", "`message.sender` is not a word and cannot be `smith`"),
    ("m.route is oral", DRUGS, "CS205", "`m.route` is not a word and cannot be `oral`"),
    ("m.route is n.status", DRUGS, "CS205", "`m.route` is a code and `n.status` is a word"),
    ("e.date is x.date", PAIR, "CS205", "dates and values are not compared with `is`"),
    ("patient.gender in a", ENTRY, "CS205", "`patient.gender` holds no code that could be in a set"),
    ("m.ingredients in a", DRUGS, "CS205", "ingredients are compared between medicines, not with sets"),
    ("e contradicts its words", ENTRY, "CS205", "`e` is an entry, and only a coding can contradict its words"),
    ("e is missing", ENTRY, "CS205", "`e` is an entry, and only a field can be missing"),
    ('e.value > 5 "g/12h"', ENTRY, "CS208", "`g/12h` is not how a unit is written"),
    ("e.unit is mmol", ENTRY, "CS205", "`e.unit` is not a word and cannot be `mmol`"),
    ("e.unit_check is wrong", ENTRY, "CS206", "`e.unit_check` cannot be `wrong`"),
    ('m.times_a_day > 5 "d"', DRUGS, "CS208", "`m.times_a_day` has no unit"),
    ("age at e <= 12 years", ENTRY, "CS207", "an age in completed units is compared with `<` or `>=`, not with `<=`"),
    ("age at e < 0 days", ENTRY, "CS207", "this is never true: no age is below 0"),
    ("age at e >= 1200 years", ENTRY, "CS207", "nobody is that old"),
    ("age at e is from 64 to 16 years", ENTRY, "CS207", "this range is empty: 64 is more than 16"),
    ("age at message.service < 3 years", ENTRY, "CS205", "`message.service` is no date"),
    ("e is before r", ROW, "CS205", "a row of a table has no date"),
    ("at least 2 weeks with entry y in a", ENTRY, "CS208", "days are counted here, not `weeks`"),
    ("at least 0 days with entry y in a", ENTRY, "CS207", "`at least 0 days` says nothing"),
    ("exists coding y in a", ENTRY, "CS205", "codings cannot be counted: they belong to their entry"),
    ("e is before 2025-13", ENTRY, "CS221", "`2025-13` is no date: there is no such month"),
    ("e is before 2025-06", ENTRY, "CS221", "`2025-06` is no single day"),
    ("acme/odd(e)", PAIR, "CS228", "`acme/odd` takes 2 arguments, not 1"),
    ("acme/alone(e, x)", PAIR, "CS228", "`acme/alone` takes 1 argument, not 2"),
    ("acme/odd(m, n)", DRUGS, "CS205", "`m` is a medication, and only an entry is taken by `acme/odd` here"),
    ("acme/odds(e, x)", PAIR, "CS228", "there is no predicate `acme/odds`"),
    ("m.quantity < 0", DRUGS, "CS207", "this is never true: no amount is below 0"),
    ("e is within 1.5 weeks before x", PAIR, "CS207", "`1.5` is no whole number"),
    ("e is within 9999999 days before x", PAIR, "CS207", "`9999999` is more than any calendar holds"),
    ("e is within soon before e", PAIR, "CS207", "a date is compared with itself"),
    ("e is within nosuch before x", PAIR, "CS203", "there is no limit `nosuch`"),
    ("e is within a before x", PAIR, "CS203", "there is no limit `a`"),
    ("e is within q.low before x", PAIR, "CS202", "nothing here is called `q`"),
    ("at least soon days with entry y in a", ENTRY, "CS205", "the limit `soon` is a length and no number"),
    ("at least nosuch days with entry y in a", ENTRY, "CS203", "there is no limit `nosuch`"),
    ("at least e.value days with entry y in a", ENTRY, "CS205", "`e.value` is no number of a table's row"),
    ("at least q.low days with entry y in a", ENTRY, "CS202", "nothing here is called `q`"),
    ("no entry e in a where (e is past)", ENTRY, "CS204", "`e` is bound already"),
    ("no entry y in b where (y is lost)", ENTRY, "CS206", "an entry cannot be `lost`"),
    ("2025-01-01 is missing", ENTRY, "CS205", "`2025-01-01` is a date, and only a field can be missing"),
    ("2025-01-01 is past", ENTRY, "CS205", "`2025-01-01` is a date and cannot be `past`"),
    ("2025-01-01 in a", ENTRY, "CS205", "`2025-01-01` is a date and has no code"),
    ("2025-01-01 is about family", ENTRY, "CS205", "`2025-01-01` is a date, and only a variable can be about someone"),
    ("2025-01-01 overlaps m", DRUGS, "CS205", "`2025-01-01` is a date, and only medications overlap"),
    ("2025-01-01 < 5", ENTRY, "CS205", "`2025-01-01` is a date and is not compared with a number"),
    ("2025-01-01 differs by more than 10 % from e.value", ENTRY, "CS205", "`2025-01-01` is no number"),
    ("m.route differs by more than 10 % from m.dose", DRUGS, "CS205", "`m.route` is no number"),
    ("m overlaps m", DRUGS, "CS207", "`m` is compared with itself"),
    ("m overlaps n by more than few", DRUGS, "CS205", "the limit `few` is a number and no length"),
    ("e < 5", ENTRY, "CS205", "`e` is an entry and is not compared with a number"),
    ("e.valu < 5", ENTRY, "CS201", "unknown field `e.valu`"),
    ("e.date overlaps e", ENTRY, "CS205", "`e.date` is a field, and only a medication overlaps another"),
    ("acme/odd(e, m)", "for entry e with medication m", "CS205", "`m` is a medication, and only a mention, a history or an entry is taken by `acme/odd` here"),
    ("age at e > few", ENTRY, "CS205", "the limit `few` is a number and no length"),
    ("age at e is from 1 to few", ENTRY, "CS205", "the limit `few` is a number and no length"),
    ("age at e is from 1 to 999 years", ENTRY, "CS207", "nobody is that old"),
    ("age at e is from 1 to nosuch", ENTRY, "CS203", "there is no limit `nosuch`"),
    ("patient.age > 5", ENTRY, "CS201", "unknown field `patient.age`"),
    ("patient.dob is missing", ENTRY, "CS201", "unknown field `patient.dob`"),
    ("patient.gender is r.nosuch", ROW, "CS201", "unknown field `r.nosuch`: the table has no such column"),
    ("patient.gender is other", ENTRY, "CS206", "`patient.gender` cannot be `other`"),
    ("patient.gender is unknown", ENTRY, "CS206", "`patient.gender` cannot be `unknown`"),
    ("e.subject is unknown", ENTRY, "CS206", "`e.subject` cannot be `unknown`"),
    ("r is past", ROW, "CS206", "a row of a table cannot be `past`"),
    ("r.sex is man", ROW, "CS206", "`r.sex` cannot be `man`"),
    ("e is family", ENTRY, "CS206", "an entry cannot be `family`"),
    ("e is x", PAIR, "CS206", "an entry cannot be `x`"),
    ("e in b and f in a", ENTRY, "CS202", "nothing here is called `f`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "of", "code", "message"), CONDITIONS)
def test_what_is_refused(text: str, of: str, code: str, message: str) -> None:
    assert (code, message) in told_of(text, of)


MEANT = [
    ("gender is male", "did you mean `patient.gender`?"), ("service in a", "did you mean `message.service`?"),
    ("value > 3", "did you mean `e.value`?"), ("e is male", "write `patient.gender is male`"), ("e is b", "write `e in b`"),
    ("message.service is b", "ask for its code: `message.service in b`, where that is a value set"),
    ("patient.gender is unknown", "write `patient.gender is missing`, which is true of `unknown` too"),
    ("patient.gender is man", "did you mean `male`?"), ("e.valeu > 3", "did you mean `e.value`?"), ("patient.deceased is yes", "did you mean `true`?"), ("patient.deceased is no", "write `is false`"),
    ("e is about mother", "did you mean `family`?"), ("patient.gender is tall", "it can be `male` or `female`"),
    ("e in nosuch", 'check the spelling, or declare it: `valueset nosuch "…" { … }`'), ("e in t/nosuch", "check the spelling"),
    ("2025-01-01 < 5", "dates are compared with `before`, `after`, `within` and `on the same day as`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "help"), MEANT)
def test_what_was_meant_is_said(text: str, help: str) -> None:
    with pytest.raises(RuleError) as caught:
        load(f'rule r {{ action note {ENTRY} when {text} say "x" }}')
    assert caught.value.diagnostics[0].help == help


def test_a_table_without_columns_says_so() -> None:
    text = 'table bare from "ages.csv" { key code in icd10cm }'
    body = 'say "x" example "x" { given incoming entry 77386006 expect cannot tell: r.low } }'
    with pytest.raises(RuleError) as caught:
        load(f"{text} rule r {{ action note for entry e with row r of bare when r.low > 3 {body}")
    assert [(d.message, d.help) for d in caught.value.diagnostics] == [
        ("unknown field `r.low`: the table has no such column", "declare it in the table: `column low TYPE`"),
        ("`r.low` is no field that could be missing", "the table has no columns"),
    ]


def test_two_readings_of_and_beside_or_are_both_shown() -> None:
    with pytest.raises(RuleError) as caught:
        load(
            f'rule r {{ action note {ENTRY} when e is present and e is incoming or e is already-filed or e is possible say "x" }}'
        )
    (found,) = caught.value.diagnostics
    assert found.help == "put brackets: `A and B or C or D` can mean\n`(A and B) or C or D`\nor `A and (B or C or D)`"


def test_everything_that_is_wrong_with_a_rule_is_told_at_once() -> None:
    assert [code for code, _ in told(
        'rule r { action stop for entry e in c when f is past and e is lost unless "u" e.x is missing say "{g}" '
        'example "e" { given incoming entry 77386006, dat 2025 expect cannot tell: e.y } }'
    )] == ["CS224", "CS203", "CS202", "CS206", "CS201", "CS202", "CS229", "CS230"]  # fmt: skip


def test_an_error_is_rendered_with_the_words_underlined() -> None:
    with pytest.raises(RuleError) as caught:
        language.load_texts(
            {"sex.rules": HEAD + 'rule r {\n  action review\n  for entry e in a\n  when patient.gendr is male\n  say "x"\n}'},
            DATA,
        )
    (found,) = caught.value.diagnostics
    assert render(found, caught.value.sources) == (
        "error[CS201]: unknown field `patient.gendr`\n"
        "  --> sex.rules:12:8\n"
        "   |\n"
        "12 |   when patient.gendr is male\n"
        "   |        ^^^^^^^^^^^^^\n"
        "  = help: did you mean `patient.gender`?"
    )


# ------------------------------------------------------------------------------------------------ sex and privacy


@pytest.mark.parametrize("test", ["patient.gender is male", "patient.sex_at_birth is female"])
def test_a_sex_mismatch_is_never_more_than_review(test: str) -> None:
    assert told_of(test, ENTRY, "hold") == [
        ("CS220", "a rule that tests gender or sex at birth may ask for no more than `review`")
    ]
    assert told(f'rule r {{ action hold {ENTRY} unless "u" {test} say "x" }}')[0][0] == "CS220"
    assert told(f'rule r {{ action note cannot tell hold {ENTRY} when {test} say "x" }}')[0][0] == "CS220"
    assert rule(f"when {test}", action="review").action is ir.Action.REVIEW


def test_an_exception_that_tests_a_private_field_is_marked() -> None:
    made = rule('unless "a" patient.sex_at_birth is female unless "b" patient.gender is female')
    assert [u.private for u in made.unless] == [True, False]


def test_a_private_field_is_marked_on_every_node() -> None:
    node = when("patient.sex_at_birth is female", ENTRY)
    assert node.field.private
    assert not when("patient.gender is female", ENTRY).field.private
    assert not when("r.n > 3", ROW).left.private


PRIVATE = [
    "patient.sex_at_birth", "patient.born", "patient.nhs_number", "e.text", "e.id", "message.sender",
]  # fmt: skip


@pytest.mark.parametrize("placeholder", PRIVATE)
def test_a_message_shows_nothing_private_and_nothing_as_sent(placeholder: str) -> None:
    assert [code for code, _ in told(f'rule r {{ action note {ENTRY} say "{{{placeholder}}}" }}')] == ["CS219"]


def test_an_example_never_expects_a_private_field_to_be_named() -> None:
    body = 'example "x" { given incoming entry 77386006 expect cannot tell: patient.sex_at_birth }'
    assert told(f'rule r {{ action note {ENTRY} say "x" {body} }}') == [
        ("CS219", "`patient.sex_at_birth` is private and is never named as missing")
    ]


# ------------------------------------------------------------------------------------------------ messages


def test_a_message_is_texts_and_typed_placeholders() -> None:
    made = rule("", ROW, say='say "{e}:  aged {age at e},\n not {r.low} to {r.high}; {e.value}."')
    assert [p if isinstance(p, str) else (p.kind, getattr(p.operand, "as_written", None) or p.operand.name) for p in made.say] == [
        ("item", "e"), ": aged ", ("age", "e.date"), ", not ", ("field", "r.low"), " to ", ("field", "r.high"), "; ", ("field", "e.value"), ".",
    ]  # fmt: skip


def test_placeholders_side_by_side_keep_the_space_between_them() -> None:
    made = rule("", PAIR, say='say "{e} {x}"')
    assert [p if isinstance(p, str) else p.kind for p in made.say] == ["item", " ", "item"]


MESSAGES = [
    ("{}", "CS218"), ("{e", "CS218"), ("e}", "CS218"), ("{E}", "CS218"), ("{e or x}", "CS218"), ("", "CS218"),
    ("{q}", "CS202"), ("{age at 2025}", "CS218"), ("{e.q}", "CS201"), ("{age at q}", "CS202"), ("{message}", "CS205"),
]  # fmt: skip


@pytest.mark.parametrize(("say", "code"), MESSAGES)
def test_a_placeholder_that_is_none_is_told(say: str, code: str) -> None:
    assert [c for c, _ in told(f'rule r {{ action note {ENTRY} say "{say}" }}')] == [code]


def test_a_placeholder_is_underlined_inside_its_text() -> None:
    text = HEAD + f'rule r {{ action note {ENTRY} say "one\n two {{q}}" }}'
    with pytest.raises(RuleError) as caught:
        language.load_texts({"t.rules": text}, DATA)
    (found,) = caught.value.diagnostics
    assert text[found.span.start : found.span.end] == "q"


# ------------------------------------------------------------------------------------------------ declarations


def test_a_rule_keeps_all_its_parts() -> None:
    made = load(
        'rule q { action note for message say "x" } rule r { title "T" action review cannot tell review severity major hazard H-01, H-02 '
        'source "S" <https://example.org> source "S2" because "B" valid from 2025-01-01 valid until 2025-06 after rule q '
        f'overridable by seen, known for 3 months {ENTRY} say "x" }}'
    ).rulesets[0].rules[1]  # fmt: skip
    assert (made.name, made.title, made.action, made.cannot_tell, made.severity) == ("t/r", "T", "review", "review", "major")
    assert (made.hazards, made.sources) == (("H-01", "H-02"), (ir.Source("S", "https://example.org"), ir.Source("S2")))
    assert made.valid_from is not None
    assert made.valid_until is not None
    assert (made.because, made.valid_from.text, made.valid_until.last, made.after) == ("B", "2025-01-01", 739432, ("t/q",))
    assert made.overridable == ir.Overridable(("seen", "known"), ir.Length(Decimal(3), Unit.MONTHS))
    assert made.text.startswith("rule r {")
    assert made.text.endswith("}")


def test_a_value_set_keeps_all_its_parts() -> None:
    (made,) = [s for s in load(
        'valueset v "V" { ecl { << 77386006 |Pregnancy| } codes 60001007 codes icd10 "O80.1" perhaps 146799005 include a, b '
        "except 102501003 |Well male newborn|, skin }"
    ).rulesets[0].valuesets if s.name == "t/v"]  # fmt: skip
    assert made.ecl == "<< 77386006 |Pregnancy|"
    assert [c.key for c in made.codes] == ["60001007", "icd10|O801"]
    assert [c.key for c in made.perhaps] == ["146799005"]
    assert (made.includes, [c.key for c in made.except_codes], made.except_sets) == (("t/a", "t/b"), ["102501003"], ("t/skin",))


DECLARATIONS = [
    ('valueset v "V" { }', "CS212"),
    ('valueset v "V" { perhaps 146799005 }', "CS212"),
    ('valueset v "V" { ecl { } }', "CS212"),
    ('valueset v "V" { include v }', "CS213"),
    ('valueset v "V" { codes 77386006 except w } valueset w "W" { include v }', "CS213"),
    ('valueset v "V" { codes 77386006, 77386006 }', "CS204"),
    ('valueset a "A" { codes 77386006 }', "CS204"),
    ('valueset v "V" { codes "77386006" }', "CS210"),
    ('valueset v "V" { codes 446891000000 }', "CS209"),
    ('valueset v "V" { codes icd10 "" }', "CS209"),
    ('valueset v "V" { codes 77386006 except "O80" }', "CS210"),
    ('valueset v "V" { codes 77386006 except nosuch }', "CS203"),
    ('limit l "L" { default 1.5 weeks }', "CS207"),
    ('table t from "nowhere.csv" { column low years }', "CS216"),
    ('table t from "nowhere.csv" { key code in icd10cm }', "CS226"),
    ('limit l "L" { }', "CS216"),
    ('limit l "L" { default 4 weeks from 2 to 8 }', "CS208"),
    ('limit l "L" { default 4 weeks from 8 weeks to 2 weeks }', "CS207"),
    ('limit l "L" { default 1 week from 2 weeks to 1 year }', "CS207"),
    ('limit l "L" { default 1 week default 2 weeks }', "CS217"),
    ('table t from "ages.csv" { column low years }', "CS216"),
    ('table t from "ages.csv" { key code in icd10cm column low decades }', "CS227"),
    ('table t from "ages.csv" { key code in icd10cm column low years column low years }', "CS204"),
    ("rule r { }", "CS216"),
    (f'rule r {{ action note {ENTRY} valid from 2025-06-01 valid until 2025-01 say "x" }}', "CS207"),
    (f'rule r {{ action note {ENTRY} after rule r say "x" }}', "CS207"),
    (f'rule r {{ action note {ENTRY} after rule q say "x" }}', "CS203"),
    (f'rule r {{ action note {ENTRY} severity bad say "x" }}', "CS224"),
    (f'rule r {{ action note {ENTRY} overridable by seen for few say "x" }}', "CS205"),
    ('rule r { action note for everything say "x" }', "CS205"),
    ('rule r { action note for coding c with entry e say "x" }', "CS205"),
    ('rule r { action note for entry e with coding c say "x" }', "CS205"),
    ('rule r { action note for entry patient in a say "x" }', "CS204"),
    ('rule r { action note for entry e in a with entry e in b say "x" }', "CS204"),
    ('rule r { action note for entry e with row r of nothing say "x" }', "CS203"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), DECLARATIONS)
def test_a_declaration_that_cannot_be_is_refused(text: str, code: str) -> None:
    assert code in [c for c, _ in told(text)]


def test_rules_that_come_after_each_other_in_a_circle_are_refused() -> None:
    def made(name: str, after: str) -> str:
        return f'rule {name} {{ action note for message after rule {after} say "x" }} '

    assert told(made("p", "q") + made("q", "s") + made("s", "p")) == [
        ("CS213", "rules come after each other in a circle: p → q → s → p")
    ]
    assert load(made("p", "s, q") + made("q", "s") + 'rule s { action note for message say "x" }')


def test_two_examples_of_one_name_are_refused() -> None:
    body = 'example "x" { given incoming entry 77386006 expect fires } example "x" { given incoming entry 77386006 expect clear }'
    assert told(f'rule r {{ action note {ENTRY} say "x" {body} }}') == [("CS204", "there is an example `x` already")]


def test_rulesets_say_title_version_and_language() -> None:
    with pytest.raises(RuleError) as caught:
        language.load_texts({"t.rules": "ruleset t { reviews none }"})
    assert [(d.code, d.message) for d in caught.value.diagnostics] == [
        ("CS216", "the ruleset `t` has no `title`"), ("CS216", "the ruleset `t` has no `version`"),
        ("CS216", "the ruleset `t` has no `language`"), ("CS216", "a ruleset has no part `reviews`"),
    ]  # fmt: skip


def test_a_damaged_code_is_told_with_its_damage_and_a_candidate() -> None:
    with pytest.raises(RuleError) as caught:
        load('valueset v "V" { codes 1090711000000100 }')
    (found,) = caught.value.diagnostics
    assert found.code == "CS209"
    assert found.message.startswith("`1090711000000100` is no SNOMED CT concept: ")


# ------------------------------------------------------------------------------------------------ examples


def example(text: str, of: str = PAIR) -> ir.Example:
    return rule(f'example "x" {{ {text} }}', of).examples[0]


def test_an_example_keeps_what_is_given_and_expected() -> None:
    made = example(
        'given no record given patient gender male, born 1981 given message service 77386006, unread "Observation/3", version 2.0.0 '
        'given incoming entry "A18.1" |TB|, system icd10, date 2025-06, possible, about family, value 38 "wk" expect cannot tell: x.date, record'
    )
    none, patient, message, item = made.givens
    assert none == ir.GivenNoRecord()
    assert patient == ir.GivenFields("patient", (ir.Attribute("gender", "male"), ir.Attribute("born", "1981")))
    assert message == ir.GivenFields("message", (
        ir.Attribute("service", code=ir.CodeRef("sct", "77386006")), ir.Attribute("unread", "Observation/3"), ir.Attribute("version", "2.0.0"),
    ))  # fmt: skip
    assert item == ir.GivenItem("incoming", "entry", ir.CodeRef("icd10", "A18.1", "TB"), (
        ir.Attribute("system", "icd10"), ir.Attribute("date", "2025-06"), ir.Attribute("possible"), ir.Attribute("about", "family"),
        ir.Attribute("value", number=Decimal(38), unit="wk"),
    ))  # fmt: skip
    assert (made.expect, made.missing) == ("cannot tell", ("x.date", "record"))


@pytest.mark.parametrize(("value", "attribute"), [
    ("value 3", ir.Attribute("value", number=Decimal(3))),
    ("value 2026-04-12", ir.Attribute("value", "2026-04-12")),
    ("value true", ir.Attribute("value", "true")),
    ("value 60001007 |Not pregnant|", ir.Attribute("value", code=ir.CodeRef("sct", "60001007", "Not pregnant"))),
    ("value 38 weeks", ir.Attribute("value", number=Decimal(38), unit="wk")),
    ('value "words"', ir.Attribute("value", "words")),
    ('also "readv2 62"', ir.Attribute("also", "readv2 62")),
    ("subject unknown", ir.Attribute("subject", "unknown")),
    ("id a1", ir.Attribute("id", "a1")),
    ("entered-in-error", ir.Attribute("entered-in-error")),
])  # fmt: skip
def test_the_forms_of_an_attribute(value: str, attribute: ir.Attribute) -> None:
    (item,) = example(f"given incoming entry 77386006, {value} expect fires").givens
    assert item.attributes == (attribute,)  # type: ignore[union-attr]


def test_an_example_may_give_a_damaged_or_unknown_code() -> None:
    (item,) = example('given incoming entry "7.7386E+07" expect fires').givens
    assert item.code == ir.CodeRef("sct", "7.7386E+07")  # type: ignore[union-attr]


EXAMPLES = [
    ("given patient hair brown expect clear", "CS229"),
    ("given patient gender man expect clear", "CS206"),
    ("given patient born yesterday expect clear", "CS229"),
    ("given patient gender expect clear", "CS229"),
    ("given doctor gender male expect clear", "CS229"),
    ("given sent entry 77386006 expect clear", "CS229"),
    ("given incoming coding 77386006 expect clear", "CS229"),
    ("given incoming entry 77386006, not-given expect clear", "CS229"),
    ("given incoming entry 77386006, about mother expect clear", "CS206"),
    ("given incoming entry 77386006, date 2025-02-30 expect clear", "CS221"),
    ("given incoming entry 77386006, date 20250601 expect clear", "CS221"),
    ("given incoming entry 77386006, date 2025, date 2024 expect clear", "CS217"),
    ("given no message expect clear", "CS229"),
    ("given no record given record entry 77386006 expect clear", "CS229"),
    ("given record entry 77386006 expect fires", "CS229"),
    ("given incoming entry 77386006 expect cannot tell: y.date", "CS230"),
    ("given incoming entry 77386006 expect cannot tell: x.dat", "CS230"),
    ("given incoming entry 77386006 expect cannot tell: patient.hair", "CS230"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), EXAMPLES)
def test_an_example_that_cannot_be_is_refused(text: str, code: str) -> None:
    assert [c for c, _ in told(f'rule r {{ action note {PAIR} when e is before x say "x" example "x" {{ {text} }} }}')] == [code]


_VALUES = {
    FieldType.DATE: "2025-06-01", FieldType.TEXT: '"x y"', FieldType.NUMBER: "3", FieldType.CODINGS: "77386006", FieldType.VALUE: '3 "mg"',
    FieldType.QUANTITY: '3 "mg"',
}  # fmt: skip


@pytest.mark.parametrize(("of", "name"), [(of, name) for of, fields in schema.EXAMPLE_FIELDS.items() for name in fields])
def test_everything_that_an_example_may_give_can_be_built(of: str, name: str) -> None:
    type = schema.EXAMPLE_FIELDS[of][name]
    words = schema.words_given(of, name) if type is FieldType.WORD else None
    value = words[0] if words else _VALUES.get(type, "final")
    where = {
        "entry": "incoming entry 77386006,",
        "medication": "incoming medication 77386006,",
        "text": 'incoming text "w",',
    }.get(of, of)
    if (of, name) == ("text", "text"):
        where = "incoming"
    given = build(example(f"given {where} {name} {value} expect clear"))
    built = {
        "patient": given.submission.patient, "message": given.submission.message, "record": given.record,
        "entry": next(iter(given.submission.entries), None), "medication": next(iter(given.submission.medications), None),
        "text": next(iter(given.submission.texts), None),
    }[of]  # fmt: skip
    home = {
        "display": "codings",
        "system": "codings",
        "also": "codings",
        "unread": "id",
        "complete_from": "complete",
        "code": "codings",
    }
    if of == "medication":
        home |= {"display": "products", "system": "products", "also": "products", "date": "handed_over"}
    assert getattr(built, home.get(name, name)) is not None or name == "unread"


@pytest.mark.parametrize(("of", "word"), [(of, word) for of, words in schema.EXAMPLE_WORDS.items() for word in words])
def test_every_bare_word_of_an_example_can_be_built(of: str, word: str) -> None:
    assert build(example(f"given incoming {of} 77386006, {word} expect clear"))


def test_every_field_that_examples_may_give_is_one_that_rules_know() -> None:
    own = {
        "display", "text", "id", "system", "also", "based_on", "order", "strength", "unread", "complete_from", "as_needed",
        "recorded", "consultation_date", "status",
    }  # fmt: skip
    for of, fields in schema.EXAMPLE_FIELDS.items():
        known = set(schema.all_names().get(of, {}))
        assert set(fields) - known <= own


# ------------------------------------------------------------------------------------------------ warnings


def test_an_unused_partner_is_a_warning() -> None:
    assert warned(f'rule r {{ action note {PAIR} when e is incoming say "x" }}') == [("CS407", "`x` is bound and never used")]
    assert warned(f'rule r {{ action note {PAIR} when e is incoming say "{{x}}" }}') == []


def test_an_unused_quantified_variable_is_a_warning() -> None:
    assert warned(f'rule r {{ action note {ENTRY} when exists entry y in b where (e is incoming) say "x" }}') == [
        ("CS407", "`y` is bound and never used")
    ]


@pytest.mark.parametrize("condition", ["e is about family", "e is absent", "e is planned", "e is past", "e is entered-in-error"])
def test_a_condition_that_an_entry_can_never_meet_is_a_warning(condition: str) -> None:
    assert [code for code, _ in warned(f'rule r {{ action note {ENTRY} when {condition} say "x" }}')] == ["CS409"]
    assert warned(f'rule r {{ action note for mention e in a when {condition} say "x" }}') == []


@pytest.mark.parametrize(("term", "disagrees"), [
    ("Pregnancy (finding)", False), ("Pregnant", False), ("PREGNANCY", False), ("Not pregnant", True), ("Fracture of arm", True),
])  # fmt: skip
def test_one_code_with_two_terms_that_do_not_go_together_is_a_warning(term: str, disagrees: bool) -> None:
    assert bool(warned(f'valueset v "V" {{ codes 77386006 |{term}| }}')) is disagrees


@pytest.mark.parametrize("word", ["no", "not", "non", "without", "absent", "absence", "denies", "never", "excluded"])
def test_each_word_that_denies(word: str) -> None:
    assert irreconcilable("Pregnancy", f"Pregnancy {word}")
    assert not irreconcilable(f"Pregnancy {word}", f"{word.upper()} pregnancies (finding)")


@pytest.mark.parametrize("word", ["a", "an", "and", "by", "for", "in", "of", "on", "or", "the", "to", "with"])
def test_a_small_word_is_no_word_in_common(word: str) -> None:
    assert irreconcilable(f"pain {word} arm", f"fracture {word} leg")
    assert not irreconcilable(f"pain {word} arm", f"fracture {word} arm")


def test_words_are_compared_by_their_first_five_letters() -> None:
    assert not irreconcilable("cardiac", "cardiology")
    assert irreconcilable("carcass", "carcinoma")


def test_a_rule_with_everything_has_no_warning() -> None:
    loaded = load(
        f'rule r {{ action note hazard H-01 source "s" because "b" {ENTRY} when e is incoming say "{{e}}" '
        'example "f" { given incoming entry 77386006 expect fires } example "c" { given incoming entry 60001007 expect clear } '
        'example "u" { given incoming entry "X", system emis expect cannot tell: e.code } }'
    )
    assert loaded.warnings == ()


def test_a_rule_that_can_always_be_told_needs_no_example_that_cannot() -> None:
    made = load('rule r { action note for mention e when e is incoming and e.date is missing say "x" }')
    assert "CS406" not in {w.code for w in made.warnings}


@pytest.mark.parametrize(
    ("of", "lacks"),
    [
        ("for message", False),
        ("for message when patient.gender is missing", False),
        ("for message when patient.gender is male", True),
        ("for message when not (patient.gender is missing) and patient.gender is male", False),
        ("for message when not (patient.gender is missing) and patient.gender is male and patient.deceased is true", True),
        ("for mention e", False),
        ("for mention e when e is incoming", False),
        ("for mention e when e is past", True),
        ("for mention e in a", True),
        ("for mention e with mention x", True),
        ("for coding c when c.in_a_medicine is true", False),
        ("for coding c when c.in_a_medicine is true and c.status is amended", True),
    ],
)
def test_a_rule_that_may_not_be_told_needs_an_example_that_cannot(of: str, lacks: bool) -> None:
    assert ("CS406" in {w.code for w in load(f'rule r {{ action note {of} say "x" }}').warnings}) is lacks


def test_after_very_many_errors_near_names_are_not_looked_for() -> None:
    found = told("".join(f'rule r{i} {{ action note for entry e in c say "x" }}' for i in range(150)))
    assert len(found) == 150


def test_a_row_cannot_be_shown_whole() -> None:
    assert told(f'rule r {{ action note {ROW} say "{{r}}" }}') == [("CS218", "a row of a table cannot be shown whole")]


def test_a_quantity_may_be_given_with_a_unit() -> None:
    (item,) = example('given incoming medication 326324002, quantity 63 "{tablet}" expect fires', DRUGS).givens
    assert item.attributes == (ir.Attribute("quantity", number=Decimal(63), unit="{tablet}"),)  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------------ no other exception


_PIECES = st.sampled_from(
    [*"e x m n r q e.date e.value patient.gender patient.born message.service r.low m.route a b skin soon few ages".split(),  # noqa: SIM905
     "is", "is not", "in", "not in", "missing", "past", "incoming", "male", "about family", "before", "after", "within 4 weeks before",
     "more than soon after", "overlaps", "the same product as", "(", ")", "not (", "and", "or", "age at", ">=", "<", "3 years", "5",
     '"mmol/L"', "exists entry y in a where (", "no mention y where (", "at least 2 days with entry y in a", "from 3 to 9 months",
     "acme/odd(e, x)", "differs by more than 10 % from", "contradicts its words", "2025-01-01", "2025-19"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([ENTRY, PAIR, DRUGS, ROW, "for message", "for coding e"]),
    st.lists(_PIECES, min_size=1, max_size=14).map(" ".join),
)
def test_any_condition_is_understood_or_refused(of: str, condition: str) -> None:
    try:
        load(f'rule r {{ action note {of} when {condition} say "x" }}')
    except RuleError as error:
        assert error.diagnostics
        assert str(error)


def test_an_expression_that_is_not_valid_is_underlined_where_it_goes_wrong_without_any_release() -> None:
    text = 'ruleset t { title "T" version 1.0.0 language 1 }\nvalueset v "V" { ecl { << 77386006 |Pregnancy| MINUS } codes 77386006 }\n'
    with pytest.raises(RuleError) as caught:
        language.load_texts({"a.rules": text})
    found = [d for d in caught.value.diagnostics if d.code == "CS231"]
    assert [text[d.span.start - 4 : d.span.start + 1] for d in found] == ["MINUS"]


def test_a_damaged_code_inside_an_expression_is_underlined() -> None:
    text = 'ruleset t { title "T" version 1.0.0 language 1 }\nvalueset v "V" { ecl { << 77386007 |Pregnancy| } codes 77386006 }\n'
    with pytest.raises(RuleError) as caught:
        language.load_texts({"a.rules": text})
    assert [(d.code, text[d.span.start : d.span.end]) for d in caught.value.diagnostics if d.code == "CS209"] == [
        ("CS209", "77386007")
    ]


def test_an_empty_frozen_file_beside_an_expression_is_a_warning() -> None:
    text = 'ruleset t { title "T" version 1.0.0 language 1 }\nvalueset v "V" { ecl { << 77386006 |Pregnancy| } frozen "v.csv" }\n'
    found = language.load_texts({"a.rules": text}, {"v.csv": b"system,code,term\n"}).warnings
    assert [(d.code, d.message) for d in found if d.code == "CS212"] == [
        ("CS212", "the value set `v` is empty without a release: its file has no rows, and it will not load")
    ]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("t is present", ("CS206", "a text cannot be `present`")),
        ("t in said", ("CS205", "`t` holds no code that could be in a set")),
    ],
)
def test_what_cannot_be_asked_of_a_text(condition: str, found: tuple[str, str]) -> None:
    text = f'rule r {{ action note for text t when t denies said and {condition} say "x" }}'
    sets = 'valueset said "Said" { codes 77386006 phrases "said.csv" source "s" } '
    with pytest.raises(RuleError) as caught:
        language.load_texts(
            {"t.rules": HEAD.replace("language 1", "language 2") + sets + text},
            {**DATA, "said.csv": b"phrase,says\nis so,affirms\nis not so,denies\n"},
        )
    assert [(d.code, d.message) for d in caught.value.diagnostics if d.code not in LINT] == [found]


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ('source ""', ("CS216", "`source` says nothing")),
        ('because " "', ("CS216", "`because` says nothing")),
        ('title ""', ("CS216", "`title` says nothing")),
    ],
)
def test_what_says_nothing_is_refused(part: str, found: tuple[str, str]) -> None:
    assert told(f'rule r {{ {part} action note {ENTRY} say "x" }}') == [found]


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ('valueset s "S" { codes test "x" }', True),
        ('valueset s "S" { include t } valueset t "T" { codes test "x" perhaps test "y" }', True),
        ('valueset s "S" { codes test "x" codes 60001007 |Not pregnant| }', False),
        ('valueset s "S" { codes test "x" include a }', False),
        ('valueset s "S" { ecl { << 77386006 } codes test "x" }', False),
    ],
)
def test_a_rule_about_made_up_codes_alone_is_told(sets: str, told: bool) -> None:
    for ranged in ("entry e in s", "entry f in a with entry e in s"):
        loaded = load(f'{sets} rule r {{ action note for {ranged} say "x" }}')
        found = [d.message for d in loaded.warnings if d.code == "CS417"]
        assert found == (["every code of `s` is made up, so that no message has one"] if told else [])


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ('valueset s "S" { include t } valueset t "T" { include s }', "CS213"),
        ('valueset s "S" { except 77386006 }', "CS212"),
    ],
)
def test_a_set_that_is_wrong_in_itself_is_not_called_made_up(sets: str, told: str) -> None:
    with pytest.raises(RuleError) as caught:
        load(f'{sets} rule r {{ action note for entry e in s say "{{e}}" }}')
    assert [d.code for d in caught.value.diagnostics if d.code not in LINT] == [told]
