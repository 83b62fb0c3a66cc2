"""Words whose nearest keyword says another thing, or the opposite: the remedy, followed to the letter, gives what was meant."""

from __future__ import annotations

import pytest
from tests.language.parsing.test_everyday import DATA, HEAD, told

from codesafety.errors import RuleError
from codesafety.language import load_texts

ENTRY, VALUE = "for entry e in preg", "for entry e in egfr"
PAIR, MEDICINES = "for entry e in preg with entry d in notpreg", "for medication m in pill with medication n in pill"


def rule(of: str, condition: str) -> str:
    return f'rule r {{ action note {of} when {condition} say "x" }}'


@pytest.mark.parametrize(("of", "condition", "words", "help", "meant"), [
    (VALUE, 'e.value is 140 "mL/min" or more', "140", 'write `e.value >= 140 "mL/min"`', 'e.value >= 140 "mL/min"'),
    (VALUE, 'e.value is 140 "mL/min" or less', "140", 'write `e.value <= 140 "mL/min"`', 'e.value <= 140 "mL/min"'),
    (VALUE, 'e.value from 140 to 160 "mL/min"', "from", 'write `e.value is from 140 to 160 "mL/min"`', 'e.value is from 140 to 160 "mL/min"'),
    (VALUE, 'e.value between 140 and 160 "mL/min"', "between", 'a range is written `e.value is from 140 to 160 "mL/min"`', 'e.value is from 140 to 160 "mL/min"'),
    (VALUE, '140 "mL/min" <= e.value <= 160 "mL/min"', "<=", 'write `e.value is from 140 "mL/min" to 160 "mL/min"`', 'e.value is from 140 "mL/min" to 160 "mL/min"'),
    (VALUE, 'e.value > 140 "mL/min" and < 160 "mL/min"', "<", 'say it of each: `and e.value < 160 "mL/min"`', 'e.value > 140 "mL/min" and e.value < 160 "mL/min"'),
    (VALUE, "missing e.value", "missing", "write `e.value is missing`", "e.value is missing"),
    (ENTRY, "age < 18", "<", "an age is an age at something: `age at e < 18 years`", "age at e < 18 years"),
    (ENTRY, "age > 65 years", ">", "an age is an age at something: `age at e >= 66 years`", "age at e >= 66 years"),
    (ENTRY, "age of patient <= 65 years", "of", "an age is an age at something: `age at e < 66 years`", "age at e < 66 years"),
    (ENTRY, "age at e < eighteen years", "years", "write the number in digits: `18 years`", "age at e < 18 years"),
    (ENTRY, "patient is 65 or over", "65", "write `age at e >= 65 years`", "age at e >= 65 years"),
    (ENTRY, "patient is 65 or under", "65", "write `age at e < 66 years`", "age at e < 66 years"),
    (ENTRY, "patient is an adult", "adult", "an age is told in numbers: `age at e >= 18 years`, say", "age at e >= 18 years"),
    (ENTRY, "patient age at e < 18 years", "age", "leave `patient` out: `age at e`", "age at e < 18 years"),
    (ENTRY, "patient.gender is not male and not female", "female", "say it of each: `and patient.gender is not female`",
     "patient.gender is not male and patient.gender is not female"),
    (ENTRY, "e is older than 3 months", "than",
     "of its day, write `e is more than 3 months before message.sent`; of the patient's age, `age at e >= 4 months`", "e is more than 3 months before message.sent"),
    (ENTRY, "e is more than 3 months ago", "ago", "a rule answers the same on every day: `e is more than 3 months before message.sent`", "e is more than 3 months before message.sent"),
    (ENTRY, "e is in the future", "in", "a rule answers the same on every day: `e is after message.sent`", "e is after message.sent"),
    (PAIR, "e follows d", "follows", "write `e is after d`", "e is after d"),
    (PAIR, "e precedes d", "precedes", "write `e is before d`", "e is before d"),
    (PAIR, "e is on d", "d", "write `e is on the same day as d`", "e is on the same day as d"),
    (PAIR, "e is same day as d", "day", "write `e is on the same day as d`", "e is on the same day as d"),
    (PAIR, "e is before or on the same day as d", "or", "write `e is not after d`", "e is not after d"),
    (PAIR, "e is within 3 months after d or before d", "before", "either side is `e is within 3 months of d`", "e is within 3 months of d"),
    (PAIR, "e is within 1-3 months after d", "-", "write `e is within 3 months after d and not (e is less than 1 month after d)`",
     "e is within 3 months after d and not (e is less than 1 month after d)"),
    (PAIR, "e is 3 months or more after d", "3", "write `e is not less than 3 months after d and e is after d`",
     "e is not less than 3 months after d and e is after d"),
    (PAIR, "e is within 3 months d", "d", "say on which side: `e is within 3 months before d`, `after d`, or `of d`, which is either", "e is within 3 months of d"),
    (PAIR, "e is during d", "d", "say how long it lasts, such as `e is within 40 weeks after d`", "e is within 40 weeks after d"),
    (ENTRY, "any of (e is incoming, e in notpreg)", "of", "write `( … or … )`", "(e is incoming or e in notpreg)"),
    (ENTRY, "none of (e is incoming, e in notpreg)", "of", "write `not ( … or … )`", "not (e is incoming or e in notpreg)"),
    (ENTRY, "at least 2 of (e is incoming and e in notpreg)", ")", "conditions that are counted are parted by commas: `of ( … , … )`", "at least 2 of (e is incoming, e in notpreg, late(e))"),
    (ENTRY, "e in not preg", "not", "write `e not in preg`", "e not in preg"),
    (ENTRY, "e not in preg and not in notpreg", "in", "say it of each: `and e not in notpreg`", "e not in preg and e not in notpreg"),
    (ENTRY, "exists x in notpreg", "x", "say what it is: `exists entry x in notpreg`", "exists entry x in notpreg"),
    (ENTRY, "exists an entry x in notpreg", "an", "leave `an` out: `exists entry x in notpreg`", "exists entry x in notpreg"),
    (ENTRY, "exists entry x of notpreg", "of", "a set is named behind `in`: `entry x in notpreg`", "exists entry x in notpreg"),
    (ENTRY, "exists entry x in notpreg (x is before e)", "(", "write `where` before the brackets: `where ( … )`", "exists entry x in notpreg where (x is before e)"),
    (ENTRY, "no previous entry x in notpreg", "previous", "write `no entry x in notpreg where (x is before e)`", "no entry x in notpreg where (x is before e)"),
    (ENTRY, "ever entry x in notpreg", "entry", "write `exists history x in notpreg …`", "exists history x in notpreg"),
    (ENTRY, "at least 2 entry x in notpreg within 6 months", "within", "say it in brackets: `entry x in notpreg where (x is within 6 months before ITEM)`",
     "at least 2 entry x in notpreg where (x is within 6 months before e)"),
    (ENTRY, 'latest entry x in egfr before e is less than 45 "mL/min"', "is", 'ask it of the one chosen: `has (x.value < 45 "mL/min")`',
     'latest entry x in egfr before e has (x.value < 45 "mL/min")'),
    (ENTRY, "e is entered in error", "in", "it is one word: `e is entered-in-error`", None),
    (ENTRY, "e is incoming || e in notpreg", "||", "write `or`", "e is incoming or e in notpreg"),
    (ENTRY, "e is incoming and if e in notpreg", "if", "leave `if` out", "e is incoming and e in notpreg"),
    (MEDICINES, "m is prescribed with n", "with", "of two courses, write `m overlaps n`", "m overlaps n"),
    (MEDICINES, "m is same drug as n", "drug", "write `m is the same product as n`", "m is the same product as n"),
    (MEDICINES, "m is started before 2025-01-01", "before", "write `m.start is before 2025-01-01`", "m.start is before 2025-01-01"),
])  # fmt: skip
def test_conditions(of: str, condition: str, words: str, help: str, meant: str | None) -> None:
    assert told(rule(of, condition)) == (words, help)
    if meant is not None:
        load_texts({"m.rules": HEAD + rule(of, meant)}, DATA)


REST = 'action note for entry e in preg when e is incoming say "x"'


@pytest.mark.parametrize(("text", "words", "help"), [
    (f"rule my rule {{ {REST} }}", "rule", "a name is one word: `rule my-rule`"),
    (f"rule my other rule {{ {REST} }}", "other", "a name is one word: `rule my-other-rule`"),
    ('valueset my set "W" { codes 77386006 source "s" }', "set", "a name is one word: `valueset my-set`"),
    (f"rule {{ {REST} }}", "{", "give it a name of one word: `rule some-name { … }`"),
    (f"rule r ( {REST} )", "(", "what belongs to it stands in braces: write `{` for `(`"),
    (f"rule r {REST} }}", "action", "what belongs to it stands in braces: `{` is missing before it"),
    (f"alert r {{ {REST} }}", "alert", "write `rule`"),
    ('rule r { title = "T" action note for entry e in preg say "x" }', "=", "leave it out"),
    ('rule r { action note for entry e in preg without entry d in notpreg say "x" }', "without", "ask it in `when`: `when no entry d in notpreg where ( … )`"),
    ('rule r { action note for entry e in preg, entry d in notpreg when e is after d say "x" }', ",", "a pair is written `with entry d in notpreg`"),
    ('rule r { action note for entry e in preg and entry d in notpreg when e is after d say "x" }', "and", "a pair is written `with entry d in notpreg`"),
    ('rule r { action note for e in preg say "x" }', "in", "say what it is: `for entry e in preg`"),
    ('rule r { action note valid from 2025-01-01 - 2025-12-31 for entry e in preg say "x" }', "-", "write `valid from 2025-01-01 valid until 2025-12-31`"),
    ('rule r { action note severity moderate for entry e in preg say "x" }', "moderate", "it is `minor`, `significant`, `considerable`, `major` or `catastrophic`"),
    ('rule r { <!-- why --> action note for entry e in preg say "x" }', "<!-- why -->", "put the words between `/*` and `*/`"),
    ('rule r for each p of bands { action note for entry e in p.which say "x" }', "p", "write `for each row p of bands`"),
    ('valueset w "W" { include preg exclude 77386006 source "s" }', "exclude", "write `except 77386006`"),
    ('valueset w "W" { codes <<77386006 source "s" }', "<", "a code and what stands beneath it is an expression: `ecl { << 77386006 }`"),
    ('valueset w "W" { codes preg, notpreg source "s" }', ",", "the codes of another set are taken in by `include preg`"),
    ('define f "f" { e is past }', '"f"', "say what it is asked of: `define f(entry e) …`"),
    ('table t "b.csv" { key code in sct }', '"b.csv"', 'write `from "b.csv"`'),
    ('limit l "L" { default three weeks source "s" }', "three", "write the number in digits: `3`"),
    ("uses uk.codes", "uses", "another ruleset is named in the header: `ruleset … { … uses uk.codes 1.0.0 }`"),
    *((f'rule r {{ {REST} example "x" {{ given incoming entry 77386006 {expect} }} }}', words, help) for expect, words, help in [
        ("expect alert", "alert", "write `fires`"),
        ("expect true", "true", "write `fires`"),
        ("fires", "fires", "write `expect fires`"),
        ("expect can't tell: e.date", "can't", "write `cannot tell: FIELD`"),
    ]),
])  # fmt: skip
def test_the_rest_of_a_file(text: str, words: str, help: str) -> None:
    assert told(text) == (words, help)


def test_a_missing_brace_hides_nothing_of_its_own_declaration() -> None:
    text = HEAD + 'rule a { action note for entry e in prge say "x"\nrule b { action warn for entry e in preg say "x" }'
    with pytest.raises(RuleError) as caught:
        load_texts({"m.rules": text}, DATA)
    assert [d.code for d in caught.value.diagnostics if not d.code.startswith("CS4")] == ["CS104", "CS203", "CS224"]
