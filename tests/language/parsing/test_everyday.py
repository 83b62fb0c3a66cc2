"""What people write who speak English, the notes of a clinic, or another language of rules: each is told in our words."""

from __future__ import annotations

import pytest

from codesafety.errors import RuleError
from codesafety.language import load_texts

HEAD = """ruleset my.m { title "M" version 1.0.0 language 2 review none }
valueset preg "Pregnant" { codes 77386006 |Pregnancy| source "s" }
valueset notpreg "Not pregnant" { codes 60001007 |Not pregnant| source "s" }
valueset egfr "eGFR" { codes test "egfr" |eGFR| source "s" }
valueset pill "Pill" { codes 326324002 source "s" }
limit high "High" { default 300 "mm[Hg]" source "s" }
table bands from "bands.csv" { key band column which set column youngest years column said text column code code source "s" }
define late(entry e) "late" { e is after 2025-01-01 }
"""
DATA = {"bands.csv": b"band,which,youngest,said,code\nyoung,preg,1,for the young,77386006\nold,notpreg,65,for the old,60001007\n"}


def told(text: str) -> tuple[str, str | None]:
    """Return the words that the one error underlines, and its remedy."""
    text = HEAD + text
    with pytest.raises(RuleError) as caught:
        load_texts({"m.rules": text}, DATA)
    (error,) = [d for d in caught.value.diagnostics if not d.code.startswith("CS4")]
    return text[error.span.start : error.span.end], error.help


@pytest.mark.parametrize(("condition", "words", "help"), [
    ("e is within 6/12 before message.sent", "6/12", "a time is written `6 months`; of a division, marks stand between spaces: `6 / 12`"),
    ("exists entry x in notpreg where (x is within 2/52 after e)", "2/52", "a time is written `2 weeks`; of a division, marks stand between spaces: `2 / 52`"),
    ("e is within 1 yr before message.sent", "yr", "write `1 year`"),
    ("e is within 6m before message.sent", "m", "write `6 months`"),
    ("e is within a year before message.sent", "year", "write the number in digits: `1 year`"),
    ("any entry x in notpreg where (x is before e)", "entry", "write `exists entry x in notpreg …`"),
    ('all entry x in egfr where (x.value < 45 "mL/min")', "entry", "what holds of all fails of none: `no entry x in egfr where (not ( … ))`"),
    ('every entry x in egfr where (x.value < 45 "mL/min")', "entry", "what holds of all fails of none: `no entry x in egfr where (not ( … ))`"),
    ("none entry x in egfr where (x is before e)", "entry", "write `no entry x in egfr …`"),
    ("patient has entry x in notpreg", "has", "write `exists entry x in notpreg …`"),
    ("e in 77386006", "77386006", 'codes stand in a value set: `valueset some_name "…" { codes 77386006 }`, and here `in some_name`'),
    ("e in (preg, notpreg)", "(", 'name one set of them: `valueset either "…" { include preg, notpreg }`'),
    ("e in [preg, notpreg]", "[", 'name one set of them: `valueset either "…" { include preg, notpreg }`'),
    ('e.text contains "pregnant"', "contains", "words are asked of in a rule of their own: `for text t when t affirms SET`; the set lists the `phrases`"),
    ("either e is past or e is incoming", "e", "leave `either` out"),
    ("neither e is past nor e is incoming", "e", "write `not ( … or … )`"),
    ("if e is past then e is incoming", "e", 'a rule has no `if`: conditions stand behind `when`, and an exception is `unless "…" CONDITION`'),
    ("patient.age at e >= 12 years", "at", "an age is an age at something: `age at e`"),
    ("age at e < 3 mths", "mths", "write `3 months`"),
    ("age at e >= 12 years old", "old", "leave `old` out"),
    ("patient is aged 12 to 15 years", "12", "a range is written `age at e is from 12 to 15 years`"),
    ('e.value in 3 to 5 "mmol/L"', "3", 'a range is written `e.value is from 3 to 5 "mmol/L"`'),
    ('e.value is outside 3 to 5 "mmol/L"', "3", 'a range is written `e.value is not from 3 to 5 "mmol/L"`'),
    ('exists latest entry x in egfr before e has (x.value < 45 "mL/min")', "latest", "leave `exists` out: `latest entry x in egfr … has ( … )`"),
    ('latest x in egfr before e has (x.value < 45 "mL/min")', "x", "say what it is: `latest entry x in egfr … has ( … )`"),
    ('latest egfr < 45 "mL/min"', "egfr", "write `latest entry x in egfr until e has ( … )`"),
    ('latest 2 entry x in egfr before e has (x.value < 45 "mL/min")', "2", "one is chosen: `latest entry x in SET … has ( … )`; `at least 2 entry x in SET …` counts"),
    ("at least 2 episodes with history x in notpreg", "with", "say how far apart two of them are: `episodes more than 2 weeks apart with …`"),
    ("count(entry x in notpreg) >= 2", "entry", "write `at least N entry x in notpreg where ( … )`"),
    ("e is within 3 weeks", "say", "say of what: `e is within 3 weeks before message.sent`"),
    ("e is on or after 2025-01-01", "after", "write `e is not before 2025-01-01`"),
    ("e is since 2025-01-01", "2025-01-01", "write `e is not before 2025-01-01`"),
    ("exists entry x in notpreg where (x is on same day as e)", "same", "write `x is on the same day as e`"),
    ("sqrt(e.value) > 10", "e.value", "numbers are calculated with `+ - * /`; a named condition is asked of an item: `sqrt(e)`"),
    ("2 e.value > 10", "e.value", "marks stand between them: `2 * e.value`"),
    ('e.value > 3,5 "mmol/L"', ",", "a number has no comma: write `3.5`"),
    ("late(e.date)", "e.date", "numbers are calculated with `+ - * /`; a named condition is asked of an item: `late(e)`"),
    ("late()", ")", "name what it is asked of: `late(e)`"),
    ("patient.gender in (male, female)", "(", "say it of each: `patient.gender is male or patient.gender is female`"),
    ("exists entry x in notpreg where (x is after e) as other", "as", "the name stands before the brackets: `as other where ( … )`"),
    ("exists entry x as other in notpreg where (x is after e)", "in", "the name stands behind the set: `in notpreg as other`"),
    ("e.date >= '2025-01-01'", "'2025-01-01'", "a date stands without quotes: `2025-01-01`"),
    ("days between e and message.sent < 30", "days", "dates are not calculated with: write `e is within 30 days before message.sent`, `e is more than 3 months before …`"),
    ("e is 30 days before message.sent", "30", "write `e is within 30 days before message.sent`"),
    ("exists entry x in notpreg where (x is newer than e)", "than", "write `x is after e`"),
    ("exists entry x in notpreg where (x is later than e)", "than", "write `x is after e`"),
    ("exists entry x in notpreg where (x is earlier than e)", "than", "write `x is before e`"),
    ("next entry x in notpreg after e has (x is past)", "entry", "the one after is the earliest after it: `earliest entry x in notpreg after e has ( … )`"),
    ("e has value", "has", "write `not (e.value is missing)`"),
    ("e.value exists", "exists", "write `not (e.value is missing)`"),
    ("e.value is present", "present", "write `not (e.value is missing)`"),
    ("e.value is null", "null", "write `e.value is missing`"),
    ("e.value is empty", "empty", "write `e.value is missing`"),
    ("e.value is known", "known", "write `not (e.value is missing)`"),
    ("patient is pregnant", "patient", "name a field, such as `patient.gender`; what the patient has is coded: `exists history x in SET`"),
    ("e is diagnosed", "diagnosed", "did you mean `present`?"),
    ("e is new", "new", "did you mean `incoming`?"),
    ("exists entry x in notpreg where (x is on the record)", "the", "what is on the record is not incoming: `not (x is incoming)`"),
    ("e is historical", "historical", "did you mean `past`?"),
    ("e is family history", "history", "write `e is about family`"),
    ("e is negated", "negated", "did you mean `absent`?"),
    ("e is confirmed", "confirmed", "did you mean `present`?"),
    ("e is not about the patient", "patient", "leave `the` out"),
    ("patient.deceased", "say", "say what is asked of it: `patient.deceased is …`"),
    ("patient is alive", "patient", "name a field, such as `patient.gender`; what the patient has is coded: `exists history x in SET`"),
    ('e.value > 3e5 "mg"', "e5", "a number is written out: `300000`"),
    ('e.value at least 3 "mg"', "at", 'write `e.value >= 3 "mg"`'),
    ("exists entry x in egfr where (e.value is double x.value)", "x.value", "write `2 * x.value`"),
    ("exists entry x in egfr where (e.value > twice x.value)", "x.value", "write `2 * x.value`"),
])  # fmt: skip
def test_conditions_as_people_say_them(condition: str, words: str, help: str) -> None:
    assert told(f'rule r {{ action note for entry e in preg when {condition} say "x" }}') == (words, help)


@pytest.mark.parametrize(("example", "words", "help"), [
    ("given patient.gender female given incoming entry 77386006 expect fires", "patient.gender", "write `given patient gender …`"),
    ("given patient age 30 given incoming entry 77386006 expect fires", "age", "an age follows from the birth date and the item's: `given patient born 1990-01-01`"),
    ("given patient male given incoming entry 77386006 expect fires", "male", "write `gender male`"),
    ("given patient dob 1990-01-01 given incoming entry 77386006 expect fires", "dob", "did you mean `born`?"),
    ("given incoming entry 77386006 expect unknown", "unknown", "write `cannot tell: FIELD`"),
    ("given incoming entry 77386006 expect not fires", "not", "write `clear`"),
    ("given complete record given incoming entry 77386006 expect fires", "complete", "the record is complete unless the example says otherwise; `given record complete_from DATE` says from when"),
    ("given incoming entry 77386006 and date 2025-01-01 expect fires", "and", "parts of an example are parted by commas"),
    ("given incoming entry |Pregnancy| 77386006 expect fires", "|Pregnancy|", "the code stands first: `77386006 |Pregnancy|`"),
])  # fmt: skip
def test_examples_as_people_write_them(example: str, words: str, help: str) -> None:
    assert told(f'rule r {{ action note for entry e in preg when e is incoming say "x" example "x" {{ {example} }} }}') == (
        words,
        help,
    )


@pytest.mark.parametrize(("text", "words", "help"), [
    ('rule r { action note for entries e in preg when e is incoming say "x" }', "in", "`entries` is `entry` here"),
    ('valueset w "W" { codes 77386* source "s" }', "*", "codes are told one by one, or by an expression: `ecl { << CODE }`"),
    ('valueset w "W" { codes icd10 "O00-O99" source "s" }', '"O00-O99"', 'write each of its codes, or list them in a file: `frozen "….csv"`'),
    ('valueset w "W" { << 77386006 source "s" }', "<", "an expression stands in `ecl { … }`"),
    ("define d(entry e) { e is past }", "{", 'a title in quotes says what it means: `define d(entry e) "…" { … }`'),
    ('define d(e: entry) "d" { e is past }', ":", "the kind stands first: `entry e`"),
    ('rule r for each row p in bands { action note for entry e in p.which when e is incoming say "x" }', "in", "write `of`"),
    ('rule r for every row p of bands { action note for entry e in p.which when e is incoming say "x" }', "every", "write `for each row`"),
    ('rule r for each row p of bands { action note title "{p.said}" for entry e in p.which when e is incoming say "x" }', 'title "{p.said}"', "items and fields are shown by `say` only; in a family a column is a whole `title`: `title p.said`"),
    ('rule r for each row p of bands { action note title "Age " + p.said for entry e in p.which when e is incoming say "x" }', "+", "texts are not joined: a column of the table holds the whole text"),
    ('rule r { action note source <https://e.org/x> for entry e in preg say "x" }', "<https://e.org/x>", 'a source is named: `source "…" <https://e.org/x>`'),
    ('rule r { action note valid from 2025-01-01 to 2025-12-31 for entry e in preg say "x" }', "to", "write `valid from 2025-01-01 valid until 2025-12-31`"),
    ('rule r { action note for entry e in preg with entry x in notpreg with entry y in egfr when e is before x say "x" }', "with", "a pair has two sides: ask of a third in `when`, `exists entry y in egfr where ( … )`"),
    ('rule r { action note assume mmHg for e.value for entry e in preg when e.value > 140 "mm[Hg]" say "x" }', "mmHg", 'write `"mm[Hg]"`'),
    ('limit l "L" { default "300 mm[Hg]" from 1 to 2 source "s" }', '"300 mm[Hg]"', 'the unit alone stands in quotes: `300 "mm[Hg]"`'),
    ('limit l "L" { default 3 weeks range 1-4 weeks source "s" }', "range", "what it may be set to is written `from 1 week to 4 weeks`"),
    ('limit l "L" { default 3 weeks min 1 weeks max 4 weeks source "s" }', "min", "what it may be set to is written `from 1 week to 4 weeks`"),
    ('rule r { action note for text t when t says preg say "x" }', "says", "write `t affirms preg` or `t denies preg`: the set lists the `phrases`"),
    ('rule r { action note for medication m in pill with medication n in pill when m overlaps with n by 3 days say "x" }', "with", "write `overlaps n by more than 3 days`"),
    ('rule r { action note for medication m in pill with medication n in pill when m has same ingredient as n say "x" }', "has", "write `not (m.same is missing)`"),
    ('rule r { action note for medication m in pill with medication n in pill when m is the same medicine as n say "x" }', "same", "write `m is the same product as n`"),
    ('rule r { action note overridable by seen for entry e in preg when e is incoming say "x" }', "entry", "say how long: `overridable by seen for 6 months`"),
    ('rule r { action note after s for entry e in preg when e is incoming say "x" }', "s", "write `after rule s`"),
    ('rule r { action note after all rules for entry e in preg when e is incoming say "x" }', "all", "write `after rule all`"),
    ('rule r { action note, review for entry e in preg when e is incoming say "x" }', ",", "a rule asks for one thing: `note`, `review` or `hold`"),
    ('rule r { action note for entry e in preg e is incoming say "x" }', "e", "a condition stands behind `when`: `when e is incoming …`"),
    ('rule r { - action note - for entry e in preg say "x" }', "-", "remove it: parts need no mark between them"),
    ('rule r { action note for medication m in pill when b of the same order as m say "x" }', "of the same order as", "of which order a medication is, is said where it is drawn: `medication x of the same order as m`"),
    ('rule r { action note for medication m in pill when exists order x of m where (x is before m) say "x" }', "order", "parts of one order are drawn as `medication x of the same order as m`; `x.kind is request` is an issue"),
    ('rule r { action note for medication m in pill when exists repeat x of m where (x is before m) say "x" }', "repeat", "parts of one order are drawn as `medication x of the same order as m`; `x.kind is request` is an issue"),
    ('rule r { action note for medication m in pill with medication n of the same order as m in pill when m is before n say "x" }', "in", "the set stands first: `in pill of the same order as m`"),
    ('rule r { action note for entry e in preg when e is incoming say "{age} old" }', "age", "an age is an age at something: `age at e`"),
    ('rule r { action note for entry e in preg when e is incoming say "over {high}" }', "high", "a limit stands for a number or a length in a condition; it is not shown, and every report lists it"),
])  # fmt: skip
def test_other_parts_as_people_write_them(text: str, words: str, help: str) -> None:
    assert told(text) == (words, help)


@pytest.mark.parametrize("condition", ["e.date > message.sent - 30 days", "e.date - message.sent < 30 days"])
def test_dates_are_not_calculated_with(condition: str) -> None:
    with pytest.raises(RuleError) as caught:
        load_texts({"m.rules": f'{HEAD}rule r {{ action note for entry e in preg when {condition} say "x" }}'}, DATA)
    helps = {d.help for d in caught.value.diagnostics if not d.code.startswith("CS4")}
    assert "dates are not calculated with: write `… is within 30 days before …`, `… is more than 3 months before …`" in helps
