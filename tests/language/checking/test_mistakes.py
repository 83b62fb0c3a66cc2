"""What a mistake gets: the exact words, and a remedy that, followed to the letter, gives the rule that was meant, or none."""

from __future__ import annotations

import pytest

from codesafety import language
from codesafety.errors import RuleError

HEAD = """ruleset t { title "Test" version 1.0.0 language 2 }
limit few "A few" { default 3 from 0 to 8 }
valueset preg "Pregnant" { codes 77386006 |Pregnancy| phrases "said.csv" }
valueset fall "Fall" { codes 1912002 |Fall| }
valueset weight "Weight" { codes 27113001 |Body weight| }
table rows from "rows.csv" { key name column young years column old years open column cond set column code code }
"""
DATA = {
    "said.csv": b"phrase,says\npregnant,affirms\nnot pregnant,denies\n",
    "rows.csv": b"name,young,old,cond,code\nflu,3,,preg,77386006\ncold,4,60,fall,1912002\nache,5,60,fall,1912002\n",
}
LINT = {f"CS40{n}" for n in range(1, 7)}
ENTRY, PAIR = "for entry e in weight", "for entry a in weight with entry b in weight"
MEDICATION, MESSAGE, WORDS = "for medication m in fall", "for message", "for text t"
Told = tuple[str, str, str, str | None]
"""Code, the words that are underlined, what is wrong with them, what to do."""


def told(text: str, data: dict[str, bytes] | None = None) -> list[Told]:
    text = HEAD + text
    try:
        found = language.load_texts({"t.rules": text}, {**DATA, **(data or {})}).warnings
    except RuleError as error:
        found = error.diagnostics
    texts = {"t.rules": text, **{name: raw.decode() for name, raw in {**DATA, **(data or {})}.items()}}
    return [(d.code, texts[d.span.file][d.span.start : d.span.end], d.message, d.help) for d in found if d.code not in LINT]


def told_of(of: str, condition: str) -> list[Told]:
    return told(f'rule r {{ action note {of} when {condition} say "x" }}')


def family(body: str) -> str:
    return f"rule r for each row p of rows {{ action note {body} }}"


NO_LENGTH = "only an age or a date is compared with a length"


@pytest.mark.parametrize(("of", "condition", "at", "message", "help"), [
    (MEDICATION, "m.days_supply > 4 weeks", "4 weeks", NO_LENGTH, "it counts days: write `28`"),
    (MEDICATION, "m.days_supply > 2 months", "2 months", NO_LENGTH, "it counts days: write a number of days"),
    (MEDICATION, "m.days_supply > 1 week 3 days", "1 week 3 days", NO_LENGTH, "it counts days: write `10`"),
    (MEDICATION, "m.quantity > 4 weeks", "4 weeks", NO_LENGTH, "it is a number of things, and no length"),
    (ENTRY, "e.value > 2 years 6 months", "2 years 6 months", NO_LENGTH, 'a value has a unit in quotes: `30 "mo"`'),
    (ENTRY, "e > 16 years", "e", "`e` is an entry, which has no age", "the patient's age is one at something: `age at e >= 17 years`"),
    (ENTRY, "e <= 16 years 6 months", "e", "`e` is an entry, which has no age",
     "the patient's age is one at something: `age at e < 16 years 7 months`"),
    (ENTRY, "e < 16 years", "e", "`e` is an entry, which has no age", "the patient's age is one at something: `age at e < 16 years`"),
    (ENTRY, "e is from 12 to 16 years", "e", "`e` is an entry, which has no age",
     "the patient's age is one at something: `age at e is from 12 to 16 years`"),
    (ENTRY, "16 years < age at e", "age at e", "an age stands on the left", "write `age at e >= 17 years`"),
    (ENTRY, "e is from 2025-01-01 to 2025-02-01", "2025-01-01 to 2025-02-01", "a range is one of numbers or ages",
     "write `e is not before 2025-01-01 and e is not after 2025-02-01`"),
])  # fmt: skip
def test_lengths(of: str, condition: str, at: str, message: str, help: str) -> None:
    assert told_of(of, condition) == [("CS205", at, message, help)]


def test_an_age_of_the_patient_is_told_once() -> None:
    assert told_of(ENTRY, "patient.age < 16 years") == [
        ("CS201", "patient.age", "unknown field `patient.age`", "an age is always an age at something: `age at e`")
    ]


def test_a_length_of_a_row_is_told_once_and_is_given_no_unit() -> None:
    help = "an age stands on the left of a length: `age at e < …`; dates lie apart: `e is within … before x`"
    assert told(family('for entry e in p.cond when p.young < 3 say "x"')) == [("CS205", "p.young", NO_LENGTH, help)]


def test_a_difference_takes_its_unit_on_every_number() -> None:
    assert told_of(ENTRY, 'e.value-5 > 140 "mm[Hg]"') == [
        ("CS201", "e.value-5", "unknown field `e.value-5`", "marks stand between spaces: `e.value - 5`")
    ]
    assert [help for *_, help in told_of(ENTRY, 'e.value - 5 > 140 "mm[Hg]"')] == [
        'numbers that are added or subtracted have the unit of what they stand beside: `e.value - 5 "mm[Hg]"`'
    ]
    assert told_of(ENTRY, 'e.value - 5 "mm[Hg]" > 140 "mm[Hg]"') == []


def test_silence_has_no_opposite() -> None:
    assert [help for *_, help in told_of(WORDS, "not (t denies preg)")] == [
        "ask it in `when`, where it can raise a finding, or leave it out: what words do not say cannot be asked"
    ]


# ------------------------------------------------------------------------------------------------ named conditions


def test_a_parameter_is_widened_where_its_words_allow() -> None:
    define = 'define f(entry s) "f" { s is after 2025-01-01 and s in preg } '
    call = 'rule r { action note for mention m in preg when f(m) say "x" }'
    message = "`m` is a mention, and only an entry is taken by `f` here"
    assert told(define + call) == [("CS205", "m", message, "let `f` take it: `mention s` in place of `entry s`")]
    assert told(define.replace("entry s", "mention s") + call) == []
    drug = call.replace("mention m in preg", "medication m in fall")
    assert [h for *_, h in told(define + drug)] == ["let `f` take it: `item s` in place of `entry s`"]


def test_a_parameter_is_not_widened_where_its_words_do_not_allow() -> None:
    define = 'define f(entry s) "f" { s.value > 3 } '
    call = 'rule r { action note for medication m in fall when f(m) say "x" }'
    assert [h for *_, h in told(define + call)] == ["draw it from another kind: `entry m`"]


def test_an_item_has_what_every_dated_one_has() -> None:
    shared = (
        "`x.date`, `x.recorded`, `x.unit`, `x.status`, `x.heading`, `x.kind`, `x.references`, `x.origin`, `x.id` and `x.text`"
    )
    assert told('define d(item x) "d" { x.value > 3 }') == [
        ("CS201", "x.value", "an item is an entry or a medication, and a medication has no `value`",
         f"write `entry x` in place of `item x`; of an item may be asked {shared}")
    ]  # fmt: skip
    assert told('define d(item x) "d" { x.dose > 3 }') == [
        ("CS201", "x.dose", "an item is an entry or a medication, and an entry has no `dose`",
         f"write `medication x` in place of `item x`; of an item may be asked {shared}")
    ]  # fmt: skip
    assert [h for *_, h in told('define d(item x) "d" { x.statu is missing }')] == ["did you mean `x.status`?"]


# ------------------------------------------------------------------------------------------------ accepted in silence, once


@pytest.mark.parametrize(("text", "at", "help"), [
    ('rule r { action note for message when exists entry fall say "x" }', "fall", "write `entry e in fall`"),
    ('rule r { action note for entry e in weight when no history fall say "x" }', "fall", "write `history x in fall`"),
    ('rule r { action note for medication weight say "x" }', "weight", "write `medication e in weight`"),
    ('rule r { action note for text t with entry preg say "x" }', "preg", "write `entry e in preg`"),
])  # fmt: skip
def test_a_value_set_is_no_name_of_a_variable(text: str, at: str, help: str) -> None:
    assert told(text) == [("CS204", at, f"`{at}` is a value set", help)]


def test_a_set_that_is_drawn_from_may_share_its_name_with_the_variable() -> None:
    assert told('rule r { action note for message when exists entry fall in fall say "x" }') == []


def test_a_damaged_code_in_a_column_is_told_once() -> None:
    text = 'table q from "q.csv" { key name column c code } '
    rule = 'rule r for each row p of q { action note for entry e in weight say "{p.c}" }'
    found = told(text + rule, {"q.csv": b"name,c\na,77386007\n"})
    assert [(code, message) for code, _, message, _ in found] == [
        ("CS209", "`c`: `77386007` is no code: its check digit does not hold")
    ]
    assert told(text.replace("c code", "c code in emis") + rule, {"q.csv": b"name,c\na,77386007\n"}) == []


def test_a_damaged_cell_of_a_length_is_told_once() -> None:
    text = 'table q from "q.csv" { key name column y years } '
    rule = 'rule r for each row p of q { action note for entry e in weight when age at e < p.y say "{p.y}" }'
    assert [(code, message) for code, _, message, _ in told(text + rule, {"q.csv": b"name,y\na,x\nb,4\n"})] == [
        ("CS227", "`y`: `x` is no whole number of years")
    ]


NOT_BESIDE = "this is never true beside what is said before it"


@pytest.mark.parametrize(("condition", "found"), [
    ("5 > 3", ("CS207", "5 > 3", "this is the same for every patient")),
    ("few > 3", ("CS207", "few > 3", "this is the same for every patient")),
    ("5 is from 3 to 8", ("CS207", "5 is from 3 to 8", "this is the same for every patient")),
    ("e.value + 1 > e.value", ("CS207", "e.value + 1 > e.value", "`e.value` is compared with itself")),
    ("e.value is from e.value - 5 to e.value + 5",
     ("CS207", "e.value is from e.value - 5 to e.value + 5", "`e.value` is compared with itself")),
    ("e.value * 0 > 3", ("CS207", "e.value * 0", "this is always 0")),
    ("e.value - e.value > 3", ("CS207", "e.value - e.value", "this is always 0")),
    ("e.value / e.value > 3", ("CS207", "e.value / e.value", "this is always 1")),
    ("e is incoming and (e is already-filed and e is incoming)", ("CS418", "e is incoming", "this is said already")),
    ("e is incoming or e is incoming", ("CS418", "e is incoming", "this is said already")),
    ("at least 2 of (e is incoming, e is already-filed, e is incoming)", ("CS418", "e is incoming", "this is said already")),
    ("e in weight", ("CS418", "e in weight", "this says nothing new: `e` is drawn from `weight`")),
    ("e not in weight", ("CS409", "e not in weight", "this is never true: `e` is drawn from `weight`")),
    ("exists entry x in preg where (x not in preg)", ("CS409", "x not in preg", "this is never true: `x` is drawn from `preg`")),
    ('e.value > 140 "mm[Hg]" and e.value < 13 "kPa"', ("CS409", 'e.value < 13 "kPa"', NOT_BESIDE)),
    ('e.value >= 140 "mm[Hg]" and 140 "mm[Hg]" > e.value', ("CS409", '140 "mm[Hg]" > e.value', NOT_BESIDE)),
    ("e.value is from 1 to 3 and e.value > 3", ("CS409", "e.value > 3", NOT_BESIDE)),
    ("age at e < 10 years and age at e >= 120 months", ("CS409", "age at e >= 120 months", NOT_BESIDE)),
    ("age at e is from 10 to 12 years and age at e < 9 years", ("CS409", "age at e < 9 years", NOT_BESIDE)),
    ("patient.gender is male and patient.gender is female", ("CS409", "patient.gender is female", NOT_BESIDE)),
    ("e.value is missing and (e is incoming and e.value > 5)", ("CS409", "e.value > 5", NOT_BESIDE)),
    ("e.value > 5 and e.value is missing", ("CS409", "e.value is missing", NOT_BESIDE)),
    ("e is incoming and not (e is incoming)", ("CS409", "not (e is incoming)", NOT_BESIDE)),
])  # fmt: skip
def test_what_cannot_be_meant_is_told(condition: str, found: tuple[str, str, str]) -> None:
    assert [one[:3] for one in told_of(ENTRY, condition)] == [found]


@pytest.mark.parametrize("condition", [
    'e.value > 140 "mm[Hg]" and e.value < 20 "kPa"',
    "e.value >= 3 and e.value <= 3",
    "e.value is from 1 to 3 and e.value is from 3 to 5",
    "age at e is from 10 to 12 years and age at e >= 12 years",
    "age at e < 10 years or age at e >= 12 years",
    'e.value > 140 "mm[Hg]" or e.value < 100 "mm[Hg]"',
    "e.value is missing or e.value > 5",
    "e.recorded is missing and e.value > 5",
    "e in preg and e not in fall",
    "exists entry x in fall where (x.value > 3) and exists entry x in fall where (x.value < 2)",
])  # fmt: skip
def test_what_can_be_meant_is_not(condition: str) -> None:
    assert told_of(ENTRY, condition) == []


def test_what_a_named_condition_asks_may_be_true_of_those_who_call_it() -> None:
    define = 'define f(entry s) "f" { s in weight or s.value > 3 } '
    assert told(f'{define}rule r {{ action note {ENTRY} when f(e) say "x" }}') == []


def test_what_the_cells_of_a_row_make_of_a_condition_is_no_mistake() -> None:
    assert told(family('for entry e in p.cond when e in preg or e in p.cond say "x"')) == []


@pytest.mark.parametrize("where", ["x is before e", "x is after e and x in fall", "e is more than 1 week before x",
                                   "x is not on the same day as e", "not (x is the same entry as e)"])  # fmt: skip
def test_an_item_that_never_counts_itself(where: str) -> None:
    (found,) = told_of(ENTRY, f"at least 2 entry x in weight including e where ({where})")
    assert (found[0], found[2]) == ("CS409", "`e` never counts here: this is not true of an item and itself")


@pytest.mark.parametrize("where", ["x is not after e", "x is within 1 week before e", "x is before e or x in fall"])
def test_an_item_that_may_count_itself(where: str) -> None:
    assert told_of(ENTRY, f"at least 2 entry x in weight including e where ({where})") == []


@pytest.mark.parametrize(("phrases", "found"), [
    (b"phrase,says\n", ("CS212", "phrase,says", "this list of phrases has no rows", "add phrases to the file")),
    (b"phrase,says\nnot so but is,denies\n", ("CS226", "not so but is,denies", "this phrase is never found: a clause ends before `but`",
                                              "list what stands before `but`, or behind it")),
    (b"phrase,says\n...,denies\n", ("CS226", "...,denies", "a phrase has one to 8 words, and this one 0", "write words")),
    (b"phrase,says\nbut is,affirms\n", ("CS237", "z", "no phrase of `z` denies it", "add one to its list: `…,denies`")),
])  # fmt: skip
def test_phrases_that_are_never_found(phrases: bytes, found: Told) -> None:
    text = 'valueset z "Z" { codes 77386006 phrases "z.csv" } rule r { action note for text t when t denies z say "x" }'
    assert told(text, {"z.csv": phrases}) == [found]


# ------------------------------------------------------------------------------------------------ told once, and truly


def test_a_family_that_never_names_its_row() -> None:
    assert told(family('for entry e in weight say "x" example "x" { given incoming entry p.code expect fires }')) == [
        ("CS407", "p", "`p` is bound and never used: the rules of this family are one",
         "name a column of it, such as `p.young`, or write one rule")
    ]  # fmt: skip
    assert told(family('for entry e in weight say "{p.young}"')) == []


def test_what_is_wrong_with_cells_is_told_once_with_their_rows() -> None:
    found = told(family('for entry e in p.cond when age at e is from 70 years to p.old say "x"'))
    message = "this range is empty: 70 is more than 60 (in the row `cold` and 1 more)"
    assert [(code, at, said) for code, at, said, _ in found] == [("CS207", "70 years to p.old", message)]


def test_a_column_that_is_none_leads_to_those_that_are() -> None:
    assert told(family('for entry e in p.condd when e is incoming say "x"')) == [
        ("CS201", "p.condd", "unknown field `p.condd`: the table has no such column", "did you mean `p.cond`?")
    ]


@pytest.mark.parametrize("text", [
    'define h(entry b, entry c) "h" { b is before c } define g(entry a, entry b) "g" { h(b) and a is incoming }',
    'rule r { action note for entry e in weight with row r of rows when e is incoming say "x" }',
    'rule r { action note for entry e in weight with entry x in preg when nosuch(x) say "x" }',
])  # fmt: skip
def test_what_is_used_in_words_that_are_wrong_is_not_unused(text: str) -> None:
    assert "CS407" not in [code for code, *_ in told(text)]


# ------------------------------------------------------------------------------------------------ what people write


@pytest.mark.parametrize(("of", "written", "help", "followed"), [
    (ENTRY, 'e.value = 140 "mm[Hg]"', 'one number is a range: `is from 140 to 140 "mm[Hg]"`', 'e.value is from 140 to 140 "mm[Hg]"'),
    (ENTRY, "age at e = 16 years", "one number is a range: `is from 16 to 16 years`", "age at e is from 16 to 16 years"),
    (ENTRY, "age at e is not 16 years", "one number is a range: `age at e is not from 16 to 16 years`",
     "age at e is not from 16 to 16 years"),
    (ENTRY, 'e.value is 140 "mm[Hg]"', 'one number is a range: `e.value is from 140 to 140 "mm[Hg]"`',
     'e.value is from 140 to 140 "mm[Hg]"'),
    (ENTRY, "exists previous entry", "the one before is the latest before it: `latest entry x in SET before e has ( … )`", None),
    (ENTRY, "e is in the last 3 months", "a rule answers the same on every day: compare with the day of the item, or with "
     "`message.sent`: `e is within 3 months before message.sent`", "e is within 3 months before message.sent"),
    (ENTRY, "e is within the last 2 weeks", "a rule answers the same on every day: compare with the day of the item, or with "
     "`message.sent`: `e is within 2 weeks before message.sent`", "e is within 2 weeks before message.sent"),
    (ENTRY, 'e.value is more than 140 "mm[Hg]"', 'write `e.value > 140 "mm[Hg]"`', 'e.value > 140 "mm[Hg]"'),
    (ENTRY, "e.value is not less than 140", "write `e.value >= 140`", "e.value >= 140"),
    (ENTRY, "age at e is more than 16 years", "write `age at e >= 17 years`: an age counts completed years", "age at e >= 17 years"),
    (ENTRY, "age at e is less than 16 years", "write `age at e < 16 years`", "age at e < 16 years"),
    (ENTRY, "e.value > 140 (mmHg)", 'write `"mm[Hg]"`', 'e.value > 140 "mm[Hg]"'),
    (ENTRY, "e.value > 140 (kg)", 'a unit is written in quotes: "kg"', 'e.value > 140 "kg"'),
    (ENTRY, "e.value > 300 mm[Hg]", 'write `"mm[Hg]"`', 'e.value > 300 "mm[Hg]"'),
    (ENTRY, 'e.value > "300 mmHg"', 'the unit alone stands in quotes: `300 "mm[Hg]"`', 'e.value > 300 "mm[Hg]"'),
    (ENTRY, "e.value > 140mmHg", 'write `140 "mm[Hg]"`', 'e.value > 140 "mm[Hg]"'),
    (ENTRY, "e.value > 140 kgs", 'a unit is written in quotes: "kg"', 'e.value > 140 "kg"'),
    (ENTRY, "e.value > .5", "write `0.5`", "e.value > 0.5"),
    (ENTRY, "e is before June 2025", "a date is written YYYY-MM-DD: `2025-06-01` or `2025-06-30`", "e is before 2025-06-01"),
    (ENTRY, "e is before 1 Feb 2025", "a date is written YYYY-MM-DD: `2025-02-01`", "e is before 2025-02-01"),
    (PAIR, "a.value is b.value", "write `a.value is from b.value to b.value`", "a.value is from b.value to b.value"),
    (PAIR, "a.date is b.date", "write `a.date is on the same day as b.date`", "a.date is on the same day as b.date"),
    (PAIR, "a.value differs by more than -5 % from b.value",
     "write the number without a sign: `by more than 5 …`; `rises` and `falls` say the direction",
     "a.value differs by more than 5 % from b.value"),
    (ENTRY, "at least two entry x in preg", "write the number in digits: `2`", "at least 2 entry x in preg"),
    (ENTRY, "age at e is from 16-64 years", "write `from 16 to 64 years`", "age at e is from 16 to 64 years"),
    (ENTRY, 'e.value is from 20 - 300 "/min"', 'write `from 20 to 300 "/min"`', 'e.value is from 20 to 300 "/min"'),
    (PAIR, "a.value/b.value > 3", "marks stand between spaces: `a.value / b.value`", "a.value / b.value > 3"),
    (ENTRY, 'e.value above 140 "mm[Hg]"', 'write `e.value > 140 "mm[Hg]"`', 'e.value > 140 "mm[Hg]"'),
    (ENTRY, 'e.value exceeds 140.5 "mm[Hg]"', 'write `e.value > 140.5 "mm[Hg]"`', 'e.value > 140.5 "mm[Hg]"'),
    (ENTRY, 'e.value is above 140.5 "mm[Hg]"', 'write `e.value > 140.5 "mm[Hg]"`', 'e.value > 140.5 "mm[Hg]"'),
    (ENTRY, '20 < e.value < 300 "kg"', 'write `e.value > 20 "kg" and e.value < 300 "kg"`', 'e.value > 20 "kg" and e.value < 300 "kg"'),
    (ENTRY, "20 <= e.value <= 300", "write `e.value is from 20 to 300`", "e.value is from 20 to 300"),
    (ENTRY, "at most 2 entry x in preg", "write `fewer than 3 …`", "fewer than 3 entry x in preg"),
    (ENTRY, "more than 2 days with entry x in preg", "write `at least 3 …`", "at least 3 days with entry x in preg"),
    (ENTRY, "less than 2 entry x in preg", "write `fewer than 2 …`", "fewer than 2 entry x in preg"),
    (ENTRY, "exactly 2 entry x in preg", "write both: `at least 2 …` and `fewer than 3 …`",
     "at least 2 entry x in preg and fewer than 3 entry x in preg"),
    (ENTRY, "last entry x in preg until e has (x in fall)", "write `latest entry …`", "latest entry x in preg until e has (x in fall)"),
    (ENTRY, "the latest entry x in preg has (x in fall)", "leave `the` out: `latest entry x in SET … has ( … )`", None),
    (ENTRY, "most recent entry x in preg has (x in fall)", "write `latest`", None),
    (ENTRY, "latest entry x in preg within 3 months before e has (x in fall)",
     "write `latest entry x in preg until e where (x is within 3 months before e) has ( … )`",
     "latest entry x in preg until e where (x is within 3 months before e) has (x in fall)"),
    (ENTRY, "latest entry x in preg before e has x in fall", "the brackets are not optional: `has ( … )`", None),
    (PAIR, "a.value rises from b.value by at least 5 %", "it is `by more than`; at least is calculated: `a.value >= b.value * 1.05`",
     "a.value >= b.value * 1.05"),
    (PAIR, 'a.value falls from b.value by at least 5 "cm"',
     'it is `by more than`; at least is calculated: `b.value - a.value >= 5 "cm"`', 'b.value - a.value >= 5 "cm"'),
    (PAIR, "a.value differs by at least 10 % from b.value",
     "it is `by more than`; at least is calculated: `a.value >= b.value * 1.1 or a.value <= b.value * 0.9`",
     "a.value >= b.value * 1.1 or a.value <= b.value * 0.9"),
    (PAIR, 'a.value differs by more than 5 "cm" from b.value',
     'write `a.value rises from b.value by more than 5 "cm" or a.value falls from b.value by more than 5 "cm"`',
     'a.value rises from b.value by more than 5 "cm" or a.value falls from b.value by more than 5 "cm"'),
    (PAIR, "a.value differs from b.value by more than 5 %", "write `a.value differs by more than 5 % from b.value`",
     "a.value differs by more than 5 % from b.value"),
    (PAIR, "a.value rises by more than 5 % from b.value", "write `a.value rises from b.value by more than 5 %`",
     "a.value rises from b.value by more than 5 %"),
    (PAIR, "a.value drops from b.value by more than 5 %", "write `falls from … by more than …`", None),
    (PAIR, "a.value increases from b.value by more than 5 %", "write `rises from … by more than …`", None),
    (ENTRY, "e is between 2025-01-01 and 2025-02-01", "write `e is not before 2025-01-01 and e is not after 2025-02-01`",
     "e is not before 2025-01-01 and e is not after 2025-02-01"),
    (PAIR, 'a.value / b.value² > 30 "kg/m2"', "powers are written out: `(b.value * b.value)`",
     'a.value / (b.value * b.value) > 30 "kg/m2"'),
    (PAIR, 'a.value / b.value ^ 3 > 30 "kg/m3"', "powers are written out: `(b.value * b.value * b.value)`",
     'a.value / (b.value * b.value * b.value) > 30 "kg/m3"'),
    (PAIR, 'a.value / b.value ** 2 > 30 "kg/m2"', "powers are written out: `(b.value * b.value)`", None),
    (WORDS, "t does not affirm preg", "what words do not say cannot be asked: they prove nothing by their silence", None),
    (WORDS, "t not denies preg", "what words do not say cannot be asked: they prove nothing by their silence", None),
    (WORDS, "t doesn't affirm preg", "a condition is denied as `not ( … )`, `is not` or `not in`", None),
    (PAIR, "a.value rises by at least 5 % from b.value", "it is `by more than`; at least is calculated: `a.value >= b.value * 1.05`",
     "a.value >= b.value * 1.05"),
    (ENTRY, "age at e exceeds 16 years", "write `age at e >= 17 years`: an age counts completed years", "age at e >= 17 years"),
    (ENTRY, "age at e is not above 16", "write `age at e < 17 years`: an age counts completed years", "age at e < 17 years"),
    (ENTRY, "age at e is between 12 and 16 months", "a range is written `age at e is from 12 to 16 months`", "age at e is from 12 to 16 months"),
    (ENTRY, "e.value is between 12 and 16", "a range is written `e.value is from 12 to 16`", "e.value is from 12 to 16"),
    (ENTRY, 'e.value is not above 140 "kg"', 'write `e.value <= 140 "kg"`', 'e.value <= 140 "kg"'),
    (ENTRY, 'e.value is no more than 140 "kg"', 'write `e.value <= 140 "kg"`', 'e.value <= 140 "kg"'),
    (ENTRY, "more than two entry x in preg", "write `at least 3 …`", "at least 3 entry x in preg"),
    (ENTRY, "e.value > 5%", 'a unit is written in quotes: "%"', 'e.value > 5 "%"'),
    (ENTRY, "e.value > 1,000", "a number has no comma: write `1000` or `1.000`", "e.value > 1000"),
    (ENTRY, "e's value > 5", "a field is named behind a dot: `e.value`", None),
    (ENTRY, "patient.gender is not male or female", "say it of each: `patient.gender is not male and patient.gender is not female`",
     "patient.gender is not male and patient.gender is not female"),
    (ENTRY, "e not in preg or fall", "say it of each: `e not in preg and e not in fall`", "e not in preg and e not in fall"),
    (ENTRY, "age at e is 12-18 years", "a range is written `age at e is from 12 to 18 years`", "age at e is from 12 to 18 years"),
    (ENTRY, "age at e is between 12 and 18", "a range is written `age at e is from 12 to 18 years`", "age at e is from 12 to 18 years"),
    (ENTRY, "age at e is 12", "one number is a range: `age at e is from 12 to 12 years`", "age at e is from 12 to 12 years"),
    (ENTRY, "exists entry x in preg within 3 months before e",
     "say it in brackets: `entry x in preg where (x is within 3 months before e)`",
     "exists entry x in preg where (x is within 3 months before e)"),
    (ENTRY, "no entry x in preg is before e", "say it in brackets: `entry x in preg where (x is before e)`",
     "no entry x in preg where (x is before e)"),
    (ENTRY, "e.value > 140/90", 'a blood pressure is two values, each of its own code: compare one with `140 "mm[Hg]"`; of a division, '
     "marks stand between spaces: `140 / 90`", 'e.value > 140 "mm[Hg]"'),
    (ENTRY, "e is a preg finding", "a code is asked for by its value set: `e in preg`; before a word leave `a` out", "e in preg"),
    (ENTRY, "e is within last 12 months",
     "a rule answers the same on every day: compare with the day of the item, or with `message.sent`: "
     "`e is within 12 months before message.sent`", "e is within 12 months before message.sent"),
    (ENTRY, "no other entry x in preg", "leave `other` out: a member is never the item itself", "no entry x in preg"),
    (ENTRY, "exists another entry x in preg", "leave `another` out: a member is never the item itself", "exists entry x in preg"),
    (ENTRY, "e is recorded on the record", "what is on the record is not incoming: `not (e is incoming)`", "not (e is incoming)"),
    (ENTRY, "e is not recorded in record", "what is on the record is not incoming: `e is incoming`", "e is incoming"),
    (ENTRY, "patient never had entry x in preg",
     "what the patient has or takes is coded: `no history x in SET`, `no medication x in SET`", "no history x in preg"),
    (ENTRY, "patient is on preg", "what the patient has or takes is coded: `exists history x in SET`, `exists medication x in SET`",
     "exists medication x in preg"),
    (ENTRY, "e is during preg", "say how long it lasts: `exists history x in preg where (e is within 40 weeks after x)`",
     "exists history x in preg where (e is within 40 weeks after x)"),
    (ENTRY, "e is before birth", "it is the patient's: `patient.born`", "e is before patient.born"),
    (MEDICATION, "m is stopped", "write `m.status is stopped`", "m.status is stopped"),
    (MESSAGE, "exists entry in fall", "name it: `entry x in fall`", "exists entry x in fall"),
])  # fmt: skip
def test_what_people_write_is_told_in_our_words(of: str, written: str, help: str, followed: str | None) -> None:
    assert [found[3] for found in told_of(of, written)] == [help]
    assert followed is None or [found for found in told_of(of, followed) if found[0] != "CS407"] == []


@pytest.mark.parametrize(("text", "help"), [
    ('limit x "X" { default 5 kg }', 'a unit is written in quotes: "kg"'),
    ('limit x "X" { default 5 mmHg }', 'write `"mm[Hg]"`'),
    ('rule r { action note assume kg for e.value for entry e in weight when e.value > 5 "kg" say "x" }',
     'a unit is written in quotes: "kg"'),
    ('rule r { action note for incoming entry e in preg say "x" }', "ask it in `when`: `for entry e in SET when e is incoming …`"),
    ('rule r { action note for entry Pregnancy say "x" }', "name the item and its set: `entry e in pregnancy`"),
    ('rule r { action note for entry e in weight say "x" example "x" { given incoming entry 27113001, value = 5 expect fires } }',
     "leave it out: `value 5`"),
    ('rule r { action note for entry e in weight say "x" example "x" { given incoming entry 27113001, value "140 mmHg" expect fires } }',
     'give `value 140 "mmHg"`'),
    ('valueset v "V" { codes 387712008 "Neonatal jaundice" }', "a term stands between bars: `|Neonatal jaundice|`"),
    ('valueset v "V" { codes 387712008 Neonatal jaundice, 1912002 |Fall| source "x" }', "write `|Neonatal jaundice|`"),
    ('valueset v "V" { codes 387712008 Neonatal jaundice source "x" }', "write `|Neonatal jaundice|`"),
    ('rule Newborn Code in an Adult { action note for entry e in preg say "x" }', "a name is one word: `newborn-code-in-an-adult`"),
    ('rule r { action note for entry e in preg with patient.gender is male say "x" }',
     "a condition stands behind `when`: `when patient.gender is male …`"),
    ('rule r { action note for entry e in preg say "x" example "x" { given incoming entry preg expect fires } }',
     "an example gives one code of the set: `entry CODE`"),
    ('rule r { action note for entry e in preg say "x" example "x" { given patient aged 30 given incoming entry 77386006 expect fires } }',
     "an age follows from the birth date and the item's: `given patient born 1990-01-01`"),
    ('rule r { action note for entry e in preg say "x" example "x" { given incoming entry 77386006 expect does not fire } }',
     "write `clear`"),
    ('rule r { action note for entry e in preg say "x" example "x" given incoming entry 77386006 expect fires }',
     'what an example gives stands in braces: `example "…" { given … expect … }`'),
])  # fmt: skip
def test_slips_outside_a_condition(text: str, help: str) -> None:
    assert [found[3] for found in told(text)] == [help]


def test_a_range_of_codes_has_no_members_and_may_be_what_was_sent() -> None:
    (found,) = told('valueset v "V" { codes icd10 "Z30-Z39" }')
    assert found[:3] == ("CS209", '"Z30-Z39"', "`Z30-Z39` is no one code: a range has no members here")
    assert told('rule r { action note for entry e in preg say "{e}" example "sent so" '
                '{ given incoming entry "Z30-Z39", system icd10 expect clear } }') == []  # fmt: skip


def test_a_code_that_a_bare_list_holds_twice_is_told() -> None:
    assert told('valueset v "V" { frozen "c.csv" }', {"c.csv": b"code\n77386006\n77386006\n"}) == [
        ("CS226", "77386006", "`77386006` is on line 2 already", "remove one of the lines")
    ]


def test_an_exception_is_a_condition_too() -> None:
    (found,) = told('rule r { action note for entry e in weight unless "x" any entry x in preg say "x" }')
    assert found[3] == "write `exists entry x in preg …`"


def test_what_a_family_lacks_is_told_of_the_family_or_of_its_rows() -> None:
    text = HEAD + family(
        'for entry e in p.cond when e is incoming say "x" example "x" of flu { given incoming entry 77386006 expect fires }'
    )
    told = [w.message for w in language.load_texts({"t.rules": text}, DATA).warnings]
    assert "the rule `r` cites no source" in told
    assert "the rule `r[cold]` has no example that fires (and 1 more)" in told


TWICE = (
    "what is there twice is two items: draw both, `for medication m … with medication n …`, and say how they meet, "
    "such as `m overlaps n`"
)


@pytest.mark.parametrize(("condition", "code", "at"), [
    ("m is prescribed twice", "CS101", "twice"), ("m is prescribed again", "CS101", "again"), ("m twice", "CS101", "twice"),
    ("m is given twice", "CS101", "given"), ("m is issued twice within 7 days", "CS101", "twice"),
    ("m is duplicated", "CS206", "duplicated"), ("m is repeated", "CS206", "repeated"),
])  # fmt: skip
def test_what_is_there_twice_is_drawn_twice(condition: str, code: str, at: str) -> None:
    assert [(c, where, help) for c, where, _, help in told_of(MEDICATION, condition)] == [(code, at, TWICE)]


def test_twice_a_number_is_still_a_calculation() -> None:
    assert [help for *_, help in told_of(PAIR, "a.value > twice b.value")] == ["write `2 * b.value`"]


@pytest.mark.parametrize(("say", "at", "meant"), [
    ("not %e, then", "%e", "{e}"), ("$e", "$e", "{e}"), ("@e.", "@e", "{e}"), ("<e> is", "<e>", "{e}"), ("[e.value]", "[e.value]", "{e.value}"),
    ("%(e)s", "%(e)s", "{e}"), ("$(e.value)", "$(e.value)", "{e.value}"), ("of ${e} and", "$", "{e}"), ("#{e.value}", "#", "{e.value}"),
])  # fmt: skip
def test_a_placeholder_of_another_language_is_no_words(say: str, at: str, meant: str) -> None:
    found = told(f'rule r {{ action note {ENTRY} say "{say}" }}')
    assert [(code, where, help) for code, where, _, help in found] == [("CS218", at, f"write `{meant}`")]


@pytest.mark.parametrize(
    "say", ["50% of {e}", "100 % e", "costs $", "{e} <b>", "%s", "{e.value}%", "<=5 and e>", "(e) [x]", "{e} $5 #2"]
)
def test_words_with_such_signs_are_words(say: str) -> None:
    assert told(f'rule r {{ action note {ENTRY} say "{say}" }}') == []


@pytest.mark.parametrize(("condition", "at", "help"), [
    ("patient is older than 60", "than", "write `age at e >= 61 years`: an age counts completed years"),
    ("patient has no fall", "has", "what the patient has or takes is coded: `no history x in SET`, `no medication x in SET`"),
    ("patient does not have entry in fall", "does", "what the patient has or takes is coded: `no history x in SET`, `no medication x in SET`"),
    ("there is an entry in fall", "entry", "write `exists entry x in fall …`"),
    ("there is no entry in fall", "no", "write `no entry x in fall …`"),
    ("history of fall in the last 3 months", "history", "write `exists history x in fall …`, or `no history x in fall …`"),
    ("3 or more entries in fall", "or", "write `at least 3 entry x in SET …`"),
    ("3 or fewer medicines in fall", "or", "write `fewer than 4 medication x in SET …`"),
    ("patient.gender is equal to male", "to", "write `patient.gender is male`"),
    ("patient.gender is not equal to male", "to", "write `patient.gender is not male`"),
    ("e in fall and", "say", "a condition follows `and`: write it, or leave `and` out"),
    ("age at e in 12..50", "12..50", "a range is written `is from 12 to 50`"),
    ("e.value > 140 mm Hg", "mm Hg", 'write `"mm[Hg]"`'),
    ("e.value > 140/90 mmHg", "140/90 mmHg",
     'a blood pressure is two values, each of its own code: compare one with `140 "mm[Hg]"`; of a division, marks stand between spaces: `140 / 90`'),
])  # fmt: skip
def test_conditions_of_everyday_english(condition: str, at: str, help: str) -> None:
    ((_, words, _, remedy),) = told_of(ENTRY, condition)
    assert (words, remedy) == (at, help)


@pytest.mark.parametrize(("of", "at", "help"), [
    ("for each entry e in preg", "each", "leave `each` out: `for entry e in SET`"),
    ("for all entries e in preg", "e", "leave `all` out: `for entry e in SET`"),
    ("for entries a, b in preg", ",", "each has a binder of its own: `for entry a in preg with entry b in preg`"),
    ("for entry e in 77386006", "77386006", 'codes stand in a value set: `valueset some_name "…" { codes 77386006 }`, and here `in some_name`'),
    ("for entry e in (preg, fall)", "(", 'name one set of them: `valueset either "…" { include preg, fall }`'),
    ("for entry e in preg -- a comment", "-", "a comment is written `/* … */`"),
])  # fmt: skip
def test_what_a_rule_ranges_over_in_everyday_english(of: str, at: str, help: str) -> None:
    _, words, _, remedy = told(f'rule r {{ action note {of}\n say "x" }}')[0]
    assert (words, remedy) == (at, help)


def test_what_an_example_expects_stands_last() -> None:
    found = told(f'rule r {{ action note {ENTRY} say "x" example "a" fires {{ given incoming entry 77386006 }} }}')
    assert found[0][3] == 'what is expected stands last, in the braces: `example "…" { given … expect fires }`'


def test_codes_in_a_file_are_frozen() -> None:
    assert (
        told('valueset other "Other" { codes from "codes/other.csv" }')[0][3]
        == 'codes in a file are read by `frozen "codes/other.csv"`'
    )


@pytest.mark.parametrize("text", [
    'rule r for each row p of rows { actoin note for entry e in p.cond say "x" }',
    'rule r { action note for each row p of rows for entry e in p.cond say "x" }',
])  # fmt: skip
def test_the_row_of_a_family_is_not_to_be_left_out(text: str) -> None:
    assert "leave `each` out" not in str([help for *_, help in told(text)])


def test_a_short_number_is_no_code_of_what_is_drawn() -> None:
    assert told('rule r { action note for entry e in 12 to 15 say "x" }')[0][3] is None


def test_the_first_hundred_faults_get_what_is_looked_for_and_the_others_are_told() -> None:
    helps = [help for _, _, _, help in told_of(ENTRY, " or ".join(["e in fal"] * 102))]
    assert helps == ["did you mean `fall`?"] * 101 + ["check the spelling"]
