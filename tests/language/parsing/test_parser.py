"""Rule text to syntax: forms, positions, and what is said of text that has none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesafety import language
from codesafety.diagnostics import render_all
from codesafety.errors import RuleError
from codesafety.language.parsing import syntax
from codesafety.language.parsing.builder import MAX_DEPTH
from codesafety.language.parsing.parser import parse_collecting


def parts(text: str) -> tuple[Any, ...]:
    """Return the parts of a rule."""
    (rule,) = language.parse(f"rule r {{ {text} }}").declarations
    return rule.parts


def when(text: str) -> Any:
    (part,) = parts(f"when {text}")
    return part.condition


def shown(text: str) -> str:
    """Return what a person is told of a text with syntax errors."""
    with pytest.raises(RuleError) as caught:
        language.parse(text, "r.rules")
    return render_all(caught.value.diagnostics, caught.value.sources)


def codes(text: str) -> list[str]:
    with pytest.raises(RuleError) as caught:
        language.parse(text)
    return [d.code for d in caught.value.diagnostics]


# ------------------------------------------------------------------------------------------------ what is understood


@pytest.mark.parametrize(("one", "other"), [
    ('title "Two words"', "title “Two words”"),
    ('title "Two words"', 'title "Two\n   words "'),
    ('title "x" action note', 'title\u00a0"x"\u200baction\u2060note'),
    ("valid from 2025-01-01", "valid /* since */ from\r\n2025-01-01"),
    ("when e is on the same day as x", "when e is on\n the\u00a0same day   as x"),
    ('source "x" <https://example.org/a-b>', 'source "x" <https://exam\n   ple.org/a-b>'),
    ("for entry e in s", "for/**/entry e/* x */in s"),
])  # fmt: skip
def test_layout_and_word_processors_change_nothing(one: str, other: str) -> None:
    assert parts(one) == parts(other)


def test_every_node_says_where_it_stands() -> None:
    text = "rule r { when  age at e >= 50 years }"
    (rule,) = language.parse(text, "r.rules").declarations
    condition = rule.parts[0].condition  # type: ignore[union-attr]
    assert text[condition.span.start : condition.span.end] == "age at e >= 50 years"
    assert text[condition.right.span.start : condition.right.span.end] == "50 years"
    assert condition.span.file == "r.rules"


def test_a_code_stays_text() -> None:
    (valueset,) = language.parse(
        'valueset v "V" { codes 1090711000000102 |Uncomplicated  UTI|, 0123 codes x "A18.1" }'
    ).declarations
    first, second = valueset.parts
    assert [(c.code, c.quoted, c.term) for c in first.codes] == [  # type: ignore[union-attr]
        ("1090711000000102", False, "Uncomplicated UTI"), ("0123", False, None),
    ]  # fmt: skip
    assert [(c.code, c.quoted) for c in second.codes] == [("A18.1", True)]  # type: ignore[union-attr]


@pytest.mark.parametrize("ecl", [
    "<< 77386006 |Pregnancy|",
    '<< 77386006 {{ term = "}" }} MINUS << 169548007 |a } in a term|',
    "/* a } in a comment */ * : { 246075003 = << 1 }",
    "<< 404684003 |Clinical finding| : { 363698007 = { a { b { c } } } }",
])  # fmt: skip
def test_an_expression_constraint_is_kept_whole(ecl: str) -> None:
    text = f'valueset v "V" {{ ecl {{ {ecl} }} }}'
    (valueset,) = language.parse(text).declarations
    part = valueset.parts[0]
    assert isinstance(part, syntax.Ecl)
    assert (part.text, text[part.inner.start : part.inner.end]) == (ecl, ecl)


def test_a_field_may_be_called_like_a_keyword() -> None:
    assert when("e.source is missing").operand.text == "e.source"


def test_names_may_begin_with_keywords() -> None:
    assert when("entry_date in codes_of").operand.text == "entry_date"


def test_and_keeps_its_parts_in_order() -> None:
    node = when("a is past and b is past and c is past")
    assert [p.operand.text for p in node.parts] == ["a", "b", "c"]
    assert {c.text for c in node.connectives} == {"and"}


def test_brackets_are_kept() -> None:
    node = when("a is past and (b is past or not (c is past))")
    assert isinstance(node.parts[1], syntax.Bracketed)
    assert isinstance(node.parts[1].condition.parts[1], syntax.Negation)  # type: ignore[union-attr]


@pytest.mark.parametrize(("text", "kind"), [
    ("e.value is missing", syntax.Missing), ("e is not incoming", syntax.IsWord), ("e is about family", syntax.About),
    ("e is before 2025-01", syntax.DateRelation), ("e is on the same day as x", syntax.DateRelation),
    ("e is within 9 months before x", syntax.Distance), ("e is more than soon after x", syntax.Distance),
    ("a is the same product as b", syntax.SameAs), ("a is not the same entry as b", syntax.SameAs),
    ("e in uk.codes/pregnant", syntax.Membership), ("e not in s", syntax.Membership),
    ("a shares an ingredient with b", syntax.Ingredients), ("a has the same ingredients as b", syntax.Ingredients),
    ("c contradicts its words", syntax.Contradicts), ("a overlaps b", syntax.Overlaps),
    ("a overlaps b by more than 3 days", syntax.Overlaps), ("m.quantity differs by more than 10 % from m.dosage", syntax.Differs),
    ('e.value >= 140.5 "mm[Hg]"', syntax.Comparison), ("age at e < 12 years", syntax.Comparison),
    ("age at e is not from r.low to r.high", syntax.InRange), ("age at e is from 1 to 3 weeks", syntax.InRange),
    ("acme/odd(e, x)", syntax.Call), ("no mention x in s where (x is incoming)", syntax.Quantified),
    ("exists entry x", syntax.Quantified), ("at least 2 days with entry x in s", syntax.Quantified),
    ("fewer than few days with entry x", syntax.Quantified),
])  # fmt: skip
def test_every_form_of_condition_has_a_class(text: str, kind: type) -> None:
    assert isinstance(when(text), kind)


def test_a_file_without_declarations_is_no_error() -> None:
    assert language.parse("/* nothing yet */").declarations == ()


# ------------------------------------------------------------------------------------------------ what is said


def test_an_unexpected_word_says_what_could_stand_there() -> None:
    assert shown("rule r {\n  action review\n  wehn e is incoming\n}") == (
        "error[CS101]: `wehn` cannot stand here: expected a part of the rule (`for`, `when`, `unless`, `say`, `example` …) or `}`\n"
        " --> r.rules:3:3\n"
        "  |\n"
        "3 |   wehn e is incoming\n"
        "  |   ^^^^\n"
        "  = help: did you mean `when`?"
    )


def test_what_could_stand_there_is_one_enumeration() -> None:
    assert shown("nonsense").startswith(
        "error[CS101]: `nonsense` cannot stand here: expected `rule`, `valueset`, `limit`, `table`, `define`, `ruleset` or the end of the file\n"
    )


def test_errors_of_all_declarations_are_told_at_once() -> None:
    assert codes('rule a { acton note }\nvalueset b "B" { cods 1 }\nrule c { say "x" }\nlimit d "D" { default }') == ["CS101"] * 3


def test_misspelt_declarations_are_all_told_and_take_nothing_from_those_before_them() -> None:
    text = 'rule a { say "x" }\nrul b { say "x" }\nvaluset c "C" { codes 77386006 }\nrule d { say "x" }'
    file, wrong = parse_collecting(text, "r.rules")
    assert [node.name.text for node in file.declarations] == ["a", "d"]
    assert [(text[d.span.start : d.span.end], d.help) for d in wrong] == [
        ("rul", "did you mean `rule`?"),
        ("valuset", "did you mean `valueset`?"),
    ]


def test_errors_of_several_parts_of_a_rule_are_told_at_once() -> None:
    text = 'rule r {\n  action note\n  when e is within 3 before x\n  unless "u" exists entry x where x is past\n  say "x" y\n  example "e" { given expect fires }\n}'
    with pytest.raises(RuleError) as caught:
        language.parse(text)
    assert [text.count("\n", 0, d.span.start) + 1 for d in caught.value.diagnostics] == [3, 4, 5, 6]


def test_an_unclosed_brace_is_pointed_at_and_the_next_rule_still_read() -> None:
    assert shown('rule a { say "x"\nrule b { sya "x" }') == (
        "error[CS104]: this `{` is never closed\n"
        " --> r.rules:1:8\n"
        "  |\n"
        '1 | rule a { say "x"\n'
        "  |        ^\n"
        "  = help: add `}` where it ends\n"
        "\n"
        "error[CS101]: `sya` cannot stand here: expected a part of the rule (`for`, `when`, `unless`, `say`, `example` …) or `}`\n"
        " --> r.rules:2:10\n"
        "  |\n"
        '2 | rule b { sya "x" }\n'
        "  |          ^^^\n"
        "  = help: did you mean `say`?"
    )


def test_an_unclosed_quote_is_found_where_it_opens_and_not_where_the_text_ends() -> None:
    assert shown('rule a {\n  unless "u e is past\n  say "x"\n}\nrule b {\n  say "y"\n}') == (
        "error[CS102]: this quoted text is never closed\n"
        " --> r.rules:2:10\n"
        "  |\n"
        '2 |   unless "u e is past\n'
        "  |          ^\n"
        "  = help: add the closing quote"
    )


def test_a_text_over_several_lines_is_no_unclosed_one() -> None:
    assert parts('say "one\n  two"')[0].value.text == "one two"


def test_a_curly_quote_closed_by_a_straight_one_is_told() -> None:
    assert "a curly quote is closed by a curly one" in shown('rule r { say “x" }')


@pytest.mark.parametrize(("text", "code", "help"), [
    ("rule r { when e.value ≥ 3 }", "CS105", "write `>=`"),
    ("rule r { when e.status is 'final' }", "CS105", 'write "…"'),
    ("rule Pregnant { }", "CS105", "did you mean `pregnant`?"),
    ("rule r { for entry e in Uk.Codes/x }", "CS105", "did you mean `uk.codes/x`?"),
    ("// why\nrule r { }", "CS105", "put the words between `/*` and `*/`: a comment does not end with its line"),
    ('valueset v "V" { codes icd10 O80 }', "CS105", 'a code of a system other than SNOMED CT is quoted: "O80"'),
    ("rule r { hazard h01 }", "CS101", "a hazard is capitals, a hyphen and digits: `H-01`"),
    ("rule r { hazard H01 }", "CS225", "did you mean `H-01`?"),
    ("rule r { when no entry x where x is past }", "CS101", "the brackets are not optional: `where ( … )`"),
    ("rule r { when not e is past }", "CS101", "the brackets are not optional: `not ( … )`"),
    ("rule r { for entry with in x }", "CS109", "choose another name, such as `w`"),
    ("rule when { }", "CS109", "choose another name, such as `the_when`"),
    ("rule r { hazard H1 }", "CS225", "did you mean `H-01`?"),
    ("rule r { when e is past; }", "CS105", "remove it: parts need no mark between them, and items of a list are parted by commas"),
    ("rule r { when e is past) }", "CS101", None),
    ("rule r { } }", "CS104", "delete it, or add the `{` that it should close"),
    ("rule r { when ((e is past) and x is past }", "CS104", "add `)` where it ends"),
    (f"rule r {{ when e.value > {'9' * 50} }}", "CS105", "put it in quotes if it is a code"),
    ("rule", "CS101", "write the rest of it, or remove it"),
    ("/* x", "CS103", "add `*/` where it ends"),
    ("rule r { say “x }", "CS102", "add the closing quote; a curly quote is closed by a curly one"),
    ("rule r { say x” }", "CS105", 'put the text between straight quotes: "…"'),
    ("# why\nrule r { }", "CS105", "put the words between `/*` and `*/`"),
    ("rule r { when e.value ¬ 3 }", "CS105", "remove it"),
    ("rule r { when > 5 }", "CS101", None),
    ('valueset v "V" { codes 1 |x }', "CS106", "add `|` where it ends"),
])  # fmt: skip
def test_what_is_said_of_a_slip(text: str, code: str, help: str | None) -> None:
    with pytest.raises(RuleError) as caught:
        language.parse(text)
    assert [(d.code, d.help) for d in caught.value.diagnostics] == [(code, help)]


@pytest.mark.parametrize(("part", "help"), [
    ("when patient.gender is male or female", "say it of each: `patient.gender is male or patient.gender is female`"),
    ("when age < 12 years", "an age is an age at something: `age at e < 12 years`"),
    ("when age at e between 12 and 16 years", "a range is written `age at e is from 12 to 16 years`"),
    ("when e is before 2025", "a year by itself is no date here: write 2025-01-01 or 2025-12-31"),
    ("when e.value > 3 mmol", 'a unit is written in quotes: "mmol"'),
    ("when e.value > 3 mmol/l", 'a unit is written in quotes: "mmol/l"'),
    ("when e.value > 3 mmol/L", 'a unit is written in quotes: "mmol/L"'),
    ("when at least 10 products with medication m in s",
     "entries, medications, days and episodes are counted: `at least N medication x in SET`"),
    ("when x is at least 3 months before e and y is before e",
     "write `x is not less than 3 months before e and x is before e`"),
    ("when x is at least soon after e", "write `x is not less than soon after e and x is after e`"),
    ("when x is at least 4 weeks from e", "write `x is not less than 4 weeks from e`"),
    ("when x is at most 4 weeks from e", "write `x is within 4 weeks of e`"),
    ("when x is at most 14 weeks 6 days before e", "write `x is within 14 weeks 6 days before e`"),
    ("when age at e is at least 12 years and x is before e", "write `age at e >= 12 years`"),
    ("when age at e is at most 12 years", None),
    ('when e.value is at most 5 "mmol/L"', 'write `e.value <= 5 "mmol/L"`'),
    ("when e is at", None),
    ("when e is at least", None),
    ('when e.value is > 3 "mmol/L"', "numbers are compared without `is`: `e.value > 300`"),
    ("when e is in a", "write `in`, without `is`"),
    ("when e is not in a", "write `not in`, without `is`"),
    ("when e.code is 77386006", "a code is asked for by its value set, `e in SET`; a number is compared, `m.quantity > 3`"),
    ('when e.status is "final"', "a status is a word without quotes; text as sent cannot be compared with text"),
    ("when e is the same product", "write `the same product as` or `the same entry as`, and what it is compared with"),
    ("if e is past", "write `when`"),
    ("unless e is past", 'an exception has a name: `unless "…" CONDITION`'),
    ("hazard H-01 H-02", "items of a list are parted by commas: is one missing before it?"),
    ("source https://example.org", "write <https://…>"),
    ("action: review", "leave the colon out"),
    ('action "Look at it"', "a name is one word without quotes: `look-at-it`"),
    ('action "??"', "a name is one word without quotes"),
    ("example { expect fires }", 'an example has a name: `example "…" { … }`'),
    ('example "x" { given entry 1 expect fires }', "say on which side: `given incoming entry …` or `given record entry …`"),
    ('example "x" { given incoming entry 1, date 01/02/2025 expect fires }', "a date is written YYYY-MM-DD: did you mean `2025-01-02` or `2025-02-01`?"),
    ('example "x" { given incoming entry 1 date 2025 expect fires }', "items of a list are parted by commas: is one missing before it?"),
    ('example "x" { given incoming entry 1 expect cannot tell }', "name what is missing: `cannot tell: e.date`"),
    ('example "x" { given incoming entry 1 }', "an example ends in `expect fires`, `expect clear` or `expect cannot tell: …`"),
])  # fmt: skip
def test_common_slips_are_told_what_was_meant(part: str, help: str | None) -> None:
    with pytest.raises(RuleError) as caught:
        language.parse(f"rule r {{ {part} }}")
    (found,) = caught.value.diagnostics
    assert found.help == help


@pytest.mark.parametrize(("text", "help"), [
    ('ruleset t { version "1.0.0" }', "a version is three numbers without quotes: `version 1.0.0`"),
    ("valueset v { codes 1 }", 'a title in quotes follows the name: `valueset pregnant "Currently pregnant" { … }`'),
    ('valueset v "V" { 77386006 }', "a list of codes follows the word `codes`"),
    ('valueset v "V" { ecl << 77386006 }', "an expression constraint stands in braces: `ecl { … }`"),
    ('value set v "V" { codes 1 }', "it is one word: `valueset`"),
    ("rule r { when e.value/3 > 2 }", "marks stand between spaces: `e.value / 3`"),
    ("family f { }", "a family is written `rule NAME for each row p of TABLE { … }`"),
])  # fmt: skip
def test_slips_in_declarations_are_told_what_was_meant(text: str, help: str) -> None:
    with pytest.raises(RuleError) as caught:
        language.parse(text)
    assert caught.value.diagnostics[0].help == help


@pytest.mark.parametrize(("part", "told", "help"), [
    ("when patient.gender != male", "`!=` means nothing here", "write `is not`"),
    ("when patient.gender <> male", "`<>` means nothing here", "write `is not`"),
    ("when age at e => 12 years", "`=>` means nothing here", "write `>=`"),
    ("when e.value > 3 × 2", "`×` means nothing here", "write `*`"),
    ("when e is past && x is past", "`&&` means nothing here", "write `and`"),
    ("when e.value > 140 mmHg", "`mmHg` is a unit without quotes", 'write `"mm[Hg]"`'),
    ("when age at e is from 16–64 years", "`16–64 years` is no range", "write `from 16 to 64 years`"),
    ("when e is before 2025-6-1", "`2025-6-1` is no date", "a date is written YYYY-MM-DD: did you mean `2025-06-01`?"),
    ("when e is before 20225-01-01", "`20225-01-01` is no date", "a date is written YYYY-MM-DD"),
    ("when e in a or b", "nothing is said of `b`", "say it of each: `e in a or e in b`"),
    ("when e.value > 3 or 5", "nothing is said of `5`", "say it of each: `e.value > 3 or e.value > 5`"),
])  # fmt: skip
def test_what_other_languages_write_is_told_in_ours(part: str, told: str, help: str) -> None:
    with pytest.raises(RuleError) as caught:
        language.parse(f"rule r {{ {part} }}")
    (found,) = caught.value.diagnostics
    assert (found.message, found.help) == (told, help)


@pytest.mark.parametrize(("part", "help"), [
    ("for medicine m in a", "`medicine` is `medication` here"),
    ("for diagnosis d in a", "`diagnosis` is `entry` here"),
    ("when exists drug m in a", "`drug` is `medication` here"),
    ("for entry e in a, b", 'name one set that includes both: `valueset either "…" { include a, b }`'),
    ("when age at e is older than 12 years", "write `age at e >= 13 years`: an age counts completed years"),
    ("when e is younger than 12 months", "write `age at e < 12 months`"),
    ("when e.value is over 3", "write `e.value > 3`"),
    ("when age at e is between 12 and 55 years", "a range is written `age at e is from 12 to 55 years`"),
    ("when e within 3 months before x", "write `e is within …`"),
    ("when e is within three months before x", "write the number in digits: `3 months`"),
    ("when e is within 3 before x", "a length has a unit of time: `3 days`, `3 weeks`, `3 months` or years"),
    ("when e is more than 3 days of x", "write `before`, `after` or `from`, which is either side"),
    ("when e is after x and before y", "say it of each: `and e is before …`"),
    ("when e.value >= 3 and <= 5", "say it of each: `and e.value <= 5`"),
    ("when e is past, x is past", "conditions are joined by `and` or `or`"),
    ("when previous entry x in a is past", "the one before is the latest before it: `latest entry x in SET before e has ( … )`"),
    ("when average entry x in a > 3", "there are no totals and averages; `at least N entry x in SET where ( … )` counts, `exists` and `no` ask of each"),
    ("when latest entry x in a before e where (x is past)", "`where` chooses, and `has` is asked of the one that was chosen: `… has ( … )`"),
    ("say {e}", 'text stands in quotes: `say "…"`'),
])  # fmt: skip
def test_words_that_people_bring_get_help_of_their_own(part: str, help: str) -> None:
    with pytest.raises(RuleError) as caught:
        language.parse(f"rule r {{ {part} }}")
    assert caught.value.diagnostics[0].help == help


def test_an_examples_lost_brace_is_the_examples() -> None:
    text = 'rule r {\n  say "x"\n  example "e" { given incoming entry 1 expect fires\n}'
    with pytest.raises(RuleError) as caught:
        language.parse(text)
    (found,) = caught.value.diagnostics
    assert text.count("\n", 0, found.span.start) == 2


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    assert codes(f"rule r {{ when {'(' * 5000}e is past{')' * 5000} }}") == ["CS107"]
    assert codes(f"rule r {{ when {'not (' * 5000}e is past{')' * 5000} }}") == ["CS107"]
    fits = "(" * MAX_DEPTH + "e is past" + ")" * MAX_DEPTH
    assert isinstance(when(fits), syntax.Bracketed)


def test_an_expression_nested_without_end_is_an_error_and_no_crash() -> None:
    assert codes('valueset v "V" { ecl ' + "{" * 3000 + "}" * 3000 + " }") == ["CS111"]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        language.parse(text)
    except RuleError as error:
        assert error.diagnostics
        assert all(0 <= d.span.start <= len(text) for d in error.diagnostics)


_VOCABULARY = (
    'rule r { } valueset v "V" limit l table t from ruleset title action review for entry mention e x in with row of when unless say '
    "example given incoming record expect fires cannot tell : , ( ) and or not is not missing before within 3 days 2025-01-01 at least "
    "77386006 |Pregnancy| age < >= exists no where e.value patient.gender male ecl { << 1 } frozen codes hazard H-01 /* c */"
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_VOCABULARY.split()), max_size=40).map(" ".join))
def test_any_sequence_of_words_is_parsed_or_refused(text: str) -> None:
    try:
        language.parse(text)
    except RuleError as error:
        assert error.diagnostics
        assert str(error)
