"""One rule for each row of a table: what the rows become, what is refused of them, and how they are named."""

from __future__ import annotations

from decimal import Decimal

import pytest

from codesafety import ir, language
from codesafety.errors import RuleError

HEAD = """ruleset f { title "F" version 1.0.0 language 2 }
valueset young "Young" { codes 77386006 |Pregnancy| }
valueset old "Old" { codes 60001007 |Not pregnant| }
table bands from "b.csv" {
  key band
  column which set
  column icd code in icd10cm
  column from_age years
  column to_age years open
  column sex sex
  column n number
  column said text
  valid from start until end
}
table coded from "c.csv" { key code in icd10cm column n number }
"""
BANDS = """band,which,icd,from_age,to_age,sex,n,said,start,end
young,young,O80,1,17,male,1,for the young,2020-01-01,2024-12-31
old,old,Z34,65,,female,2,,,
"""


def load(rules: str, bands: str = BANDS) -> ir.Ruleset:
    data = {"b.csv": bands.encode(), "c.csv": b"code,n\nO80,1\n"}
    return language.load_texts({"f.rules": HEAD + rules}, data).rulesets[0]


def told(rules: str, bands: str = BANDS) -> list[tuple[str, str]]:
    with pytest.raises(RuleError) as caught:
        load(rules, bands)
    return [(d.code, d.message) for d in caught.value.diagnostics if not d.code.startswith("CS4")]


def family(parts: str, name: str = "band") -> str:
    return f'rule {name} for each row p of bands {{ action review {parts} say "{{e}} {{p.said}}, {{p.from_age}}" }}'


AGES = "for entry e in p.which when age at e is not from p.from_age to p.to_age"


def test_each_row_is_a_rule_with_the_rows_cells_in_place_of_the_columns() -> None:
    young, old = load(family(AGES)).rules
    assert (young.name, young.row, young.family) == ("f/band[young]", "young", "f/band")
    assert (young.trigger.subject.set, old.trigger.subject.set) == ("f/young", "f/old")
    assert young.say[1:] == (" ", "for the young", ", ", "1 year")
    assert old.say[1:] == (" ", "", ", ", "65 years")
    at = ir.Field("e", "date", ir.FieldType.DATE, young.trigger.subject)
    assert young.when == ir.Not(ir.AgeRange(at, ir.Length(Decimal(1), ir.Unit.YEARS), ir.Length(Decimal(17), ir.Unit.YEARS)))


@pytest.mark.parametrize(("unit", "said"), [("days", "1 day"), ("weeks", "1 week"), ("months", "1 month")])
def test_a_length_of_the_row_is_said_with_its_unit(unit: str, said: str) -> None:
    text = HEAD.replace("column from_age years", f"column from_age {unit}")
    rule = family("for entry e in p.which when e is within p.from_age before message.sent")
    young = (
        language.load_texts({"f.rules": text + rule}, {"b.csv": BANDS.encode(), "c.csv": b"code,n\nO80,1\n"}).rulesets[0].rules[0]
    )
    assert young.say[-1] == said
    assert young.when.length == ir.Length(Decimal(1), ir.Unit(unit))  # type: ignore[union-attr]


def test_an_open_end_is_no_bound() -> None:
    _, old = load(family(AGES)).rules
    at = ir.Field("e", "date", ir.FieldType.DATE, old.trigger.subject)
    assert old.when == ir.Not(ir.AgeCompare(at, ">=", ir.Length(Decimal(65), ir.Unit.YEARS)))


def test_a_word_of_the_row_is_a_word_of_the_rule() -> None:
    young, _ = load(family("for entry e in p.which when patient.gender is p.sex")).rules
    assert young.when == ir.FieldIs(ir.Field("patient", "gender", ir.FieldType.WORD), "male")


def test_the_rows_days_are_the_rules() -> None:
    young, old = load(family(AGES)).rules
    assert young.valid_from is not None and young.valid_until is not None
    assert (young.valid_from.text, young.valid_until.text) == ("2020-01-01", "2024-12-31")
    assert (old.valid_from, old.valid_until) == (None, None)


def test_a_rule_that_ends_sooner_than_its_row_ends_then() -> None:
    young, old = load(family(f"valid from 2019-01-01 valid until 2022-01-01 {AGES}")).rules
    assert (young.valid_from.text, young.valid_until.text) == ("2020-01-01", "2022-01-01")  # type: ignore[union-attr]
    assert (old.valid_from.text, old.valid_until.text) == ("2019-01-01", "2022-01-01")  # type: ignore[union-attr]


def test_a_row_may_have_a_first_day_or_a_last_alone() -> None:
    first, last = load(
        family(AGES), BANDS.replace("2020-01-01,2024-12-31", "2020-01-01,").replace("2,,,", "2,,,2024-12-31")
    ).rules
    assert first.valid_from is not None and last.valid_until is not None
    assert (first.valid_from.text, first.valid_until) == ("2020-01-01", None)
    assert (last.valid_from, last.valid_until.text) == (None, "2024-12-31")


def test_examples_are_of_every_row_or_of_one_and_take_the_rows_code() -> None:
    young, old = load(
        family(
            f'{AGES} example "all" {{ given incoming entry p.icd, date 2024-01-01 expect clear }}'
            ' example "one" of old { given incoming entry 60001007 expect cannot tell: patient.born }'
        )
    ).rules
    assert [e.name for e in young.examples] == ["all"]
    assert [e.name for e in old.examples] == ["all", "one"]
    item = young.examples[0].givens[0]
    assert isinstance(item, ir.GivenItem) and (item.code.system, item.code.code) == ("icd10cm", "O80")


def test_text_of_the_row_is_cited() -> None:
    young, old = load(family(f"source p.said because p.said {AGES}")).rules
    assert (young.sources[0].text, young.because) == ("for the young", "for the young")
    assert (old.sources, old.because) == ((), None)


def test_a_family_comes_after_every_row_of_another_or_after_one() -> None:
    one = 'rule last { action note after rule band[old], whole for entry e in old say "{e}" }'
    made = {r.name: r for r in load(f"{family(AGES)} {family(AGES, 'whole')} {one}").rules}
    assert made["f/last"].after == ("f/band[old]", "f/whole[young]", "f/whole[old]")


@pytest.mark.parametrize(
    ("rules", "code", "message"),
    [
        (family(f'{AGES} example "x" of middle {{ expect clear }}'), "CS203", "there is no row `middle` in the table"),
        (
            'rule r for each row p of coded { action note for entry e say "x" }',
            "CS205",
            "the rows of `coded` have codes and no names",
        ),
        (
            'rule r { action note for entry e with row p of bands say "x" }',
            "CS205",
            "the rows of `bands` have names and no codes, so that no item is of a row",
        ),
        (family("for entry e in p.whch"), "CS201", "unknown field `p.whch`: the table has no such column"),
        (
            family("for entry e in p.which when e is within p.n before message.sent"),
            "CS205",
            "`p.n` is a column of type `number`",
        ),
        (family("for entry e in p.which when p.said is missing"), "CS205", "`p.said` is a column of type `text`"),
        (
            family("for entry e in p.which when p.number is missing"),
            "CS201",
            "unknown field `p.number`: the table has no such column",
        ),
        (
            f'{family(AGES)} rule last {{ action note after rule band[oldest] for entry e in old say "x" }}',
            "CS203",
            "the family `band` has no row `oldest`",
        ),
        (
            'rule one { action note for entry e in old say "x" } rule two { action note after rule one[x] for entry e in old say "x" }',
            "CS205",
            "`one` is no family and has no rows",
        ),
    ],
)
def test_what_is_refused(rules: str, code: str, message: str) -> None:
    found = told(rules)
    assert len(found) == 1
    assert found[0][0] == code and message in found[0][1]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ('rule r for each row e of bands { action note for entry e in old say "x" }', "`e` is the row of this family"),
        (
            'rule r for each row p of bands { action note for entry e in old with entry p in old say "x" }',
            "`p` is the row of this family",
        ),
        (family(f"{AGES} and exists entry p in old where (p is before e)"), "`p` is the row of this family"),
        (family(f"{AGES} and exists entry x in old as p"), "`p` is the row of this family"),
        ('rule r for each row patient of bands { action note for entry e in old say "x" }', "`patient` has a meaning of its own"),
    ],
)
def test_a_row_and_a_variable_never_share_a_name(rules: str, message: str) -> None:
    found = told(rules)
    assert len(found) == 1
    assert found[0][0] == "CS204" and message in found[0][1]


def test_an_empty_cell_says_nothing() -> None:
    young, old = load(family(f"title p.said source p.said because p.said {AGES}")).rules
    assert (young.title, old.title) == ("for the young", None)
    assert (old.sources, old.because) == ((), None)


def test_a_message_that_a_row_leaves_empty_is_told_of_that_row() -> None:
    rules = f'rule band for each row p of bands {{ action review {AGES} say "{{p.said}}" }}'
    assert told(rules) == [("CS218", "this message is empty in the row `old`")]


def test_a_code_of_the_row_stands_in_a_family_alone() -> None:
    assert told('rule r { action note for entry e in old say "x" example "x" { given incoming entry p.icd expect clear } }') == [
        ("CS202", "nothing here is called `p`")
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("Middle,young,O80,1,2,male,1,x,,", "`band`: `Middle` is no name of a row"),
        ("young,young,O80,1,2,male,1,x,,", "there is a row `young` already, on line 2"),
        ("middle,young,O80,,2,male,1,x,,", "`from_age` is empty"),
        ("middle,nobody,O80,1,2,male,1,x,,", "there is no value set `nobody`"),
    ],
)
def test_what_is_refused_of_a_row(row: str, message: str) -> None:
    assert [m for _, m in told(family(AGES), f"{BANDS}{row}\n")] == [message]


def test_a_fault_of_the_whole_family_is_told_once() -> None:
    assert told(family("for entry e in p.which when e.valu > 1")) == [("CS201", "unknown field `e.valu`")]


def test_a_fault_of_one_row_is_told_of_that_row() -> None:
    found = told(family(AGES), f"{BANDS}middle,young,O80,40,30,male,1,x,,\n")
    assert found == [("CS207", "this range is empty: 40 is more than 30 (in the row `middle`)")]


def test_what_came_with_language_2_must_say_so() -> None:
    text = HEAD.replace("language 2", "language 1")
    with pytest.raises(RuleError) as caught:
        language.load_texts({"f.rules": text + family(AGES)}, {"b.csv": BANDS.encode(), "c.csv": b"code,n\nO80,1\n"})
    said = {d.message for d in caught.value.diagnostics if d.code == "CS223"}
    assert said == {"a table whose rows have names came with language 2", "a family came with language 2"}
