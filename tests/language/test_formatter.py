"""One canonical layout: same meaning, same comments, and formatting twice changes nothing."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.places import ROOT

from codesafety import language
from codesafety.errors import RuleError
from codesafety.language import format_text, parse

TRIAL = ROOT.parent / "shared" / "design" / "trial" / "trial.rules"
SAMPLE = (
    '/* A sample with every part. */\nruleset t{title "T" version 1.0.0 language 1 review none uses uk.codes 1.0.0}\n'
    'limit soon "Soon" { default 4 weeks from 2 weeks to 8 weeks source "x" <https://example.org> }\n'
    'valueset a "A" { ecl { << 77386006 |Pregnancy|\n   MINUS << 169548007 } frozen "a.csv" perhaps 146799005 }\n'
    'valueset b “B” { codes 77386006 |Pregnancy|, 60001007 } /* trailing */\nvalueset c "C" { codes x "1" }\n'
    'table m from "m.csv" { key code in icd10cm column low years column sex sex valid from start until end source "y" }\n\n'
    '/* of the rule */\nrule r { action /* why */ review cannot tell note severity major hazard H-01, H-02 source “he said "x"”\n'
    ' because "because" valid from 2025-01-01 valid until 2026-01 after rule q, uk.codes/z overridable by seen, known for 3 months\n'
    " /* first */ for entry e in a with entry x in b when (e is past or x is past) and e is within soon before x and "
    "at least 2 days with mention y in a where (y is before e and y is within 6 months before e) and "
    'age at e is from 16 to 64 years\n unless "u" not (e.value > 3 "mmol/L") say "{e} {x}"\n'
    ' example "short" { given no record given incoming entry 1 expect clear }\n'
    ' example "long" { given patient gender male, born 1990 given incoming entry 77386006 |Pregnancy|, date 2025-06-01, about family '
    'given record entry 60001007, value 3 "mmol/L" /* inside */ expect cannot tell: e.date, record } /* last */ }\n/* the end */'
)


def settled(text: str) -> str:
    once = format_text(text)
    assert format_text(once) == once
    assert parse(once) == parse(text)
    assert comments(once) == comments(text)
    return once


def comments(text: str) -> list[str]:
    return re.findall(r"/\*.*?\*/", re.sub(r'"[^"]*"|“[^”]*”', "", text), re.DOTALL)


def test_the_canonical_layout() -> None:
    assert (
        settled(SAMPLE)
        == """\
/* A sample with every part. */
ruleset t {
  title    "T"
  version  1.0.0
  language 1
  review   none
  uses     uk.codes 1.0.0
}

limit soon "Soon" {
  default 4 weeks
  from 2 weeks to 8 weeks
  source "x" <https://example.org>
}

valueset a "A" {
  ecl {
    << 77386006 |Pregnancy|
   MINUS << 169548007
  }
  frozen "a.csv"
  perhaps 146799005
}

valueset b "B" { codes 77386006 |Pregnancy|, 60001007 } /* trailing */
valueset c "C" { codes x "1" }

table m from "m.csv" {
  key code in icd10cm
  column low years
  column sex sex
  valid from start until end
  source "y"
}

/* of the rule */
rule r {
  action   /* why */ review
  cannot tell note
  severity major
  hazard   H-01, H-02
  source   “he said "x"”
  because  "because"
  valid from 2025-01-01
  valid until 2026-01
  after rule q, uk.codes/z
  overridable by seen, known for 3 months
  /* first */
  for      entry e in a with entry x in b
  when     (e is past or x is past)
       and e is within soon before x
       and at least 2 days with mention y in a where (y is before e and y is within 6 months before e)
       and age at e is from 16 to 64 years
  unless   "u" not (e.value > 3 "mmol/L")
  say      "{e} {x}"
  example "short" { given no record given incoming entry 1 expect clear }
  example "long" {
    given patient gender male, born 1990
    given incoming entry 77386006 |Pregnancy|, date 2025-06-01, about family
    given record entry 60001007, value 3 "mmol/L" /* inside */
    expect cannot tell: e.date, record
  } /* last */
}

/* the end */
"""
    )


def test_a_condition_that_is_too_long_is_broken_at_its_outermost_words_first() -> None:
    part = "x is within after_delivery before e"
    text = f"rule r {{ when {part} and ({part} or not ({part} and {part}) or {part}) }}"
    assert settled(text) == (
        "rule r {\n"
        f"  when     {part}\n"
        "       and (\n"
        f"             {part}\n"
        f"             or not ({part} and {part})\n"
        f"             or {part}\n"
        "           )\n"
        "}\n"
    )


def test_what_is_asked_of_members_is_broken_off_where_the_line_is_too_long() -> None:
    long = "a_value_set_with_a_name_that_is_long_enough_to_fill_a_line_nearly_by_itself_and_then_some_more"
    part = "x is within after_delivery before e"
    assert settled(f'rule r {{ when exists entry x in {long} where ({part}) unless "u" in_pathway(x, e) }}') == (
        "rule r {\n"
        f"  when     exists entry x in {long} where (\n"
        f"             {part}\n"
        "           )\n"
        '  unless   "u" in_pathway(x, e)\n'
        "}\n"
    )
    assert settled(f"rule r {{ when latest entry x in {long} before e has ({part}) }}") == (
        f"rule r {{\n  when     latest entry x in {long} before e has (\n             {part}\n           )\n}}\n"
    )
    three = [f"exists entry {x} in a_value_set_with_a_name_that_is_long" for x in "abc"]
    assert settled(f"rule r {{ when fewer than 2 of ({', '.join(three)}) }}") == (
        "rule r {\n"
        "  when     fewer than 2 of (\n"
        f"             {three[0]},\n"
        f"             {three[1]},\n"
        f"             {three[2]}\n"
        "           )\n"
        "}\n"
    )


def test_a_comment_above_a_declaration_stays_with_it_and_one_apart_stays_apart() -> None:
    assert settled("/* file */\n\n/* a */\nrule a { }\n/* b */\n\n\nrule b { }\n") == (
        "/* file */\n\n/* a */\nrule a {\n}\n\n/* b */\n\nrule b {\n}\n"
    )


def test_blank_lines_and_order_do_not_depend_on_the_layout_before() -> None:
    assert settled("rule a { }\n\n\n\nrule b { }") == settled("rule a { } rule b { }") == "rule a {\n}\n\nrule b {\n}\n"


def test_words_that_are_too_long_are_broken_between_words() -> None:
    words = " ".join(["seven letters"] * 14)
    first, rest = words[:117], words[118:]
    assert settled(f'rule r {{ because "{words}" source "{words}" <https://example.org> }}') == (
        f'rule r {{\n  because  "{first}\n            {rest}"\n'
        f'  source   "{first}\n            {rest}"\n           <https://example.org>\n}}\n'
    )


def test_an_empty_text_stays_empty() -> None:
    assert format_text(" \n ") == ""


def test_a_text_with_errors_is_not_touched() -> None:
    with pytest.raises(RuleError):
        format_text("rule r {")


@pytest.mark.parametrize("file", sorted((ROOT / "rulesets").rglob("*.rules")), ids=lambda p: p.stem)
def test_shipped_rules_have_the_one_layout(file: Path) -> None:
    text = file.read_text("utf-8")
    assert settled(text) == text, "codesafety rules format rulesets"


@pytest.mark.skipif(not TRIAL.is_file(), reason="the acceptance trial is not beside this checkout")
def test_the_acceptance_trial_means_the_same_after_formatting() -> None:
    settled(TRIAL.read_text("utf-8"))


_GAPS = st.sampled_from([" ", "\n", "  \n\n ", "\u00a0", " /* c */ ", "\n/* own\n   line */\n", "\t", "\r\n"])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_layout_comes_to_one_that_is_stable(data: st.DataObject) -> None:
    tokens = re.findall(
        r'ecl \{[^}]*\}|"[^"]*"|“[^”]*”|\|[^|]*\||<https[^>]*>|/\*.*?\*/|[^\s"“|/]+(?:/[^\s"“|/*]+)?', SAMPLE, re.DOTALL
    )
    chosen = random.Random(data.draw(st.integers(0, 10**9)))
    gaps = data.draw(st.lists(_GAPS, min_size=5, max_size=20))
    text = "".join(token + (chosen.choice(gaps) if chosen.random() < 0.2 else " ") for token in tokens)
    try:
        parse(text)
    except RuleError:
        assume(False)
    settled(text)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SAMPLE)), st.integers(0, 40), st.text(max_size=10))
def test_any_change_is_formatted_soundly_or_refused(at: int, cut: int, insert: str) -> None:
    text = SAMPLE[:at] + insert + SAMPLE[at + cut :]
    try:
        parse(text)
    except RuleError:
        return
    once = format_text(text)
    assert parse(once) == parse(text)
    assert format_text(once) == once


def test_what_is_formatted_is_loaded_alike() -> None:
    text = 'ruleset t { title "T" version 1.0.0 language 1 } valueset a "A" { codes 77386006 } rule r { action note for entry e in a say "{e} x" }'
    one, other = (language.load_texts({"t.rules": t}).rulesets[0] for t in (text, format_text(text)))
    assert (one.valuesets, [r.say for r in one.rules]) == (other.valuesets, [r.say for r in other.rules])


@pytest.mark.parametrize(("written", "laid_out"), [
    ("when e.value <= - 2.5", "when     e.value <= -2.5"),
    ("when e.value - 2.5 > 3", "when     e.value - 2.5 > 3"),
    ("when w.value / ( h.value*h.value )>3", "when     w.value / (h.value * h.value) > 3"),
    ("when e.value is from -3 to - 1", "when     e.value is from -3 to -1"),
    ("when e.value<5", "when     e.value < 5"),
    ('example "x" { given incoming entry 1, value < 5 "mg", date 2025 expect clear }',
     'example "x" { given incoming entry 1, value <5 "mg", date 2025 expect clear }'),
    ('example "x" { given incoming entry 1, value - 5 expect clear }', 'example "x" { given incoming entry 1, value -5 expect clear }'),
])  # fmt: skip
def test_a_mark_stands_between_spaces_and_a_sign_before_its_number(written: str, laid_out: str) -> None:
    assert format_text(f"rule r {{ {written} }}") == f"rule r {{\n  {laid_out}\n}}\n"
