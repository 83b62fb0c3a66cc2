"""What is told of rules that can hardly be meant, with a patient who shows it; and what nothing is told of."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from tests.authoring.lint_page import PATH, SECTIONS, TODAY, linted, rewritten, shipped, shown, texts, told
from tests.places import ROOT

from codesafety import language
from codesafety.authoring.lint.running import fixed, lint
from codesafety.authoring.testing import bind_for_examples, run_examples
from codesafety.engine import frozen_terminology

HEAD = """ruleset t { title "Test" version 1.0.0 language 2 }
valueset preg "Pregnant" { codes 77386006 |Pregnancy| source "SNOMED CT" }
valueset birth "Delivered" { codes 118215003 |Delivery finding| source "SNOMED CT" }
valueset sys "Systolic" { codes 271649006 |Systolic blood pressure| source "SNOMED CT" }
valueset pill "Pill" { codes 326324002 source "dm+d" }
"""
USES = 'rule whole { title "All" action note for entry z in preg with entry y in birth when y is before z say "{y} {z}" }\n'
WITH_PATIENT = {"CS431", "CS434", "CS435", "CS440", "CS441", "CS442", "CS443", "CS437", "CS438", "CS446"}
PAGE = PATH.read_text("utf-8")


def rule(body: str, name: str = "r") -> str:
    return f'rule {name} {{ title "Of {name}" action note {body} say "{{e}}" }}\n'


def codes(text: str, data: dict[str, bytes] | None = None) -> dict[str, int]:
    """Return what is told of rules, beside the head's, and how many patients show it."""
    done, _ = linted(HEAD + text, data)
    return {t.check: len(t.patients) for t in done.told if t.check != "CS456" or "unused" in t.diagnostic.message}


def condition(text: str) -> str:
    return rule(f"for entry e in preg when {text}")


LIMITS = (
    'limit low "Low" { default 90 "mm[Hg]" from 80 "mm[Hg]" to 95 "mm[Hg]" source "NICE" }\n'
    'limit high "High" { default 100 "mm[Hg]" from 96 "mm[Hg]" to 110 "mm[Hg]" source "NICE" }\n'
)


@pytest.mark.parametrize(("text", "check"), [
    (condition("age at e < 12 years and not (age at e < 50 years)"), "CS430"),
    (condition("e.date is before 2020-01-01 and not (e.date is before 2021-01-01)"), "CS430"),
    (condition("patient.gender is male and not (patient.gender is male or age at e < 200 months)"), "CS430"),
    (condition("exists entry x in birth where (x is before e and x is after e)"), "CS430"),
    (condition("exists history x in birth where (x is within 2 weeks before e and x is more than 3 weeks before e)"), "CS430"),
    (rule('for entry e in sys when e.value > 300 "mm[Hg]" and not (e.value > 20 "kPa")'), "CS430"),
    (condition("age at e < 50 years or age at e >= 40 years"), "CS431"),
    (condition("e is present"), "CS431"),
    (condition("exists entry x in birth where (x is within 1 year before e and (x is incoming or not (x is incoming)))"), "CS431"),
    (condition("age at e >= 50 years and age at e >= 18 years"), "CS432"),
    (condition("age at e >= 50 years and age at e >= 216 months"), "CS432"),
    (condition("patient.gender is male or (patient.gender is male and age at e < 12 years)"), "CS432"),
    (rule("for entry e in preg with entry d in birth when d is within 4 weeks before e and d is not after e"), "CS432"),
    (condition("patient.gender is male or (age at e < 10 years and age at e >= 20 years)"), "CS433"),
    (rule('for entry e in preg when patient.gender is male unless "the same" patient.gender is male'), "CS434"),
    (rule('for entry e in preg when patient.gender is male unless "every one" e is present'), "CS434"),
    (rule('for entry e in preg when age at e < 12 years unless "a child" age at e < 16 years'), "CS434"),
    (rule('for entry e in preg when patient.gender is male unless "a woman" patient.gender is female'), "CS435"),
    (condition("exists entry x in birth"), "CS437"),
    (condition("exists mention x in birth where (x is before e)"), "CS438"),
    (rule('for entry e in sys when e.value > 140 "kg"'), "CS439"),
    (rule("for entry e in sys when e.value > 140"), "CS439"),
    (condition("patient.gender is male") + rule("for entry e in preg when not (patient.gender is female)", "b"), "CS440"),
    (condition("patient.gender is male") + rule("for entry e in preg when patient.gender is male and age at e < 12 years", "b"), "CS441"),
    (rule("for entry e in preg") + rule("for entry e in preg when patient.gender is male", "b"), "CS441"),
    (condition("patient.gender is male") + rule("for entry e in preg when patient.gender is female", "b"), "CS442"),
    (condition("age at e < 16 years") + rule("for entry e in preg when age at e >= 16 years", "b"), "CS442"),
    (rule('for entry e in sys when e.value < 90 "mm[Hg]"') + rule('for entry e in sys when e.value > 100 "mm[Hg]"', "b"), "CS443"),
    (condition("age at e < 12 years") + rule("for entry e in preg when age at e is from 11 to 15 years", "b"), "CS443"),
    (condition("age at e < 12 years") + rule("for entry e in preg when age at e is from 13 to 15 years", "b"), "CS443"),
    (condition("e is before 1825-01-01"), "CS446"),
    (rule('for entry e in sys when e.value > 3000 "mm[Hg]"'), "CS446"),
    (rule("for entry e in pill when patient.gender is male"), "CS450"),
    ('rule r { title "Of r" action note for medication e in preg when patient.gender is male say "{e}" }', "CS450"),
    ('valueset v "A set" { codes 77386006 |Pregnancy|, 118215003 |Delivery finding| except 77386006 source "S1" }\n' + rule("for entry e in v"), "CS452"),
    ('valueset v "A set" { codes 77386006 |Pregnancy| include preg source "SNOMED" }\n' + rule("for entry e in v"), "CS452"),
    ('valueset unused "A set" { codes 65147003 |Twin pregnancy| source "SNOMED" }\n', "CS456"),
    ('limit unused "A limit" { default 3 weeks from 1 week to 4 weeks source "NICE" }\n', "CS456"),
    ('valueset v "Diabetes" { codes 236886002 |Diabetes mellitus| source "SNOMED" }\n' + rule("for entry e in v"), "CS458"),
    (rule('source "TODO" for entry e in preg when patient.gender is male'), "CS470"),
    (rule('source "NHS England" <https://example.org/x> for entry e in preg when patient.gender is male'), "CS470"),
    ('rule r { action note for entry e in preg say "{e}" }', "CS472"),
    (rule("valid until 2020-01-01 for entry e in preg when patient.gender is male"), "CS474"),
    ('rule r { title "Of r" action note for entry e in preg say "{e}: stop the medicine at once." }', "CS475"),
    ('rule r { title "Of r" action note for entry e in preg say "{e}. Refer the patient to maternity." }', "CS475"),
    (condition("at least 3 history x in birth where (x is before e) and fewer than 2 history y in birth where (y is before e)"), "CS430"),
    (condition("at least 2 history x in birth where (x is before e) and no history y in birth where (y is before e)"), "CS430"),
    (condition("at least 3 history x in birth where (x is before e) and at least 2 history y in birth where (y is before e)"), "CS432"),
    (condition("at least 2 days with history x in birth where (x is before e) and exists history y in birth where (y is before e)"), "CS432"),
    (rule('for entry e in preg when patient.gender is male unless "a child" age at e < 12 years unless "an infant" age at e < 2 years'), "CS435"),
    (rule("for entry e in preg with entry d in birth when d is before e")
     + rule("for entry e in birth with entry d in preg when d is after e", "b"), "CS440"),
    (rule("for entry e in preg with entry d in birth when d is before e")
     + rule("for entry e in birth with entry d in preg when e is more than 2 weeks before d", "b"), "CS441"),
    (condition("patient.gender is male and age at e is from 10 to 19 years")
     + rule("for entry e in preg when age at e is from 21 to 29 years and patient.gender is male", "b"), "CS443"),
    (rule('for entry e in sys when e.value >= 140 "mm[Hg]" and e.value < 160 "mm[Hg]"')
     + rule('for entry e in sys when e.value > 160 "mm[Hg]"', "b"), "CS443"),
    (LIMITS + rule("for entry e in sys when e.value < low") + rule("for entry e in sys when e.value > high", "b"), "CS443"),
    ('rule r { title "Of r" action note for entry e in preg say "{e}. Kindly check the record." }', "CS475"),
    ('rule r { title "Of r" action note for entry e in preg say "{e}: the surgery coded this wrongly." }', "CS475"),
    ('rule r { title "Of r" action note for entry e in preg say "{e}: the patient was born female." }', "CS475"),
    (condition('latest entry x in sys until e has (x.value > 140 "mm[Hg]" or x.value <= 140 "mm[Hg]")'), "CS431"),
    (condition('latest entry x in sys until e where (x.value > 160 "mm[Hg]") has (x.value > 140 "mm[Hg]")'), "CS431"),
    (condition('latest entry x in sys until e where (x.value > 160 "mm[Hg]") has (x.value < 140 "mm[Hg]")'), "CS430"),
    (condition('latest entry x in sys until e has (x.value > 160 "mm[Hg]" and x.value > 140 "mm[Hg]")'), "CS432"),
    ('limit high "High" { default 300 "kg" from 250 "kg" to 400 "kg" source "NICE" }\n' + rule("for entry e in sys when e.value > high"), "CS439"),
    (condition("exists history x in birth where (x is within 300 years before e)"), "CS446"),
    ('rule r { title "Of r" action note for entry e in preg say "{e} should be removed from the record." }', "CS475"),
    ('rule r { title "Of r" action note for entry e in preg say "{e}. The GP must recode this." }', "CS475"),
    ('rule r { title "Of r" action note for entry e in preg say "{e}. Please phone the patient." }', "CS475"),
    ('rule r { title "Of r" action note for entry e in preg say "{e}: the patient may be trans." }', "CS475"),
    (rule("for entry e in preg allow CS444 because \"of another\""), "CS499"),
])  # fmt: skip
def test_what_can_hardly_be_meant_is_told(text: str, check: str) -> None:
    found = codes(text + USES)
    assert check in found
    assert found[check] or check not in WITH_PATIENT


@pytest.mark.parametrize("text", [
    condition("age at e < 12 years or age at e >= 56 years"),
    condition("patient.gender is male and age at e >= 12 years"),
    condition("not (e.origin is missing) and e.origin is outside"),
    condition("exists entry x in birth where (x is within 3 weeks before e)"),
    condition("no entry x in birth where (x is within 9 months after e) and patient.gender is female"),
    rule('for entry e in sys when e.value < 40 "mm[Hg]"') + rule('for entry e in sys when e.value > 300 "mm[Hg]"', "b"),
    rule("for entry e in preg with entry d in birth when d is before e and d is within 4 weeks before e and e is incoming"),
    condition("at least 3 history x in birth where (x is before e) and fewer than 5 history x in birth where (x is before e)"),
    condition("at least 2 history x in birth where (x is before e) and at least 2 days with history x in birth where (x is before e)"),
    condition("at least 2 history x in birth where (x is before e) and no history x in birth where (x is within 4 weeks before e)"),
    rule('for entry e in preg when patient.gender is male unless "a child" age at e < 12 years unless "aged" age at e >= 60 years'),
    rule('for entry e in preg when patient.gender is male unless "a child" age at e < 12 years unless "told later" e.value is missing'),
    condition("patient.gender is male and age at e is from 10 to 19 years")
    + rule("for entry e in preg when patient.gender is female and age at e is from 21 to 29 years", "b"),
    rule('for entry e in sys when e.value >= 140 "mm[Hg]" and e.value < 160 "mm[Hg]"') + rule('for entry e in sys when e.value >= 160 "mm[Hg]"', "b"),
    rule("for entry e in preg with entry d in birth when d is before e")
    + rule("for entry e in birth with entry d in preg when d is within 2 weeks before e", "b"),
    'rule r { title "Of r" action note for entry e in preg say "{e}. Start date is missing. Change of gender is on record." }\n',
    'rule r { title "Of r" action note for entry e in preg say "{e}. Contact was by phone. Order number and review date are missing." }\n',
    'rule r { title "Of r" action note for entry e in preg say "{e}, as the hospital recorded it, may be of another record." }\n',
    condition('latest entry x in sys until e where (not (x.value is missing)) has (x.value > 140 "mm[Hg]")'),
    condition('latest entry x in sys until e has (x.value > 140 "mm[Hg]" or e is incoming)'),
    condition('earliest entry x in birth after e where (x is within 9 months after e) has (x is within 20 weeks after e)'),
    condition("exists history x in birth where (x is within 100 years before e)"),
    'rule r { title "Of r" action note for entry e in preg say "{e}. Please make sure of the code." }\n',
    'rule r { title "Of r" action note for entry e in preg say "{e} was coded as trans fatty acid intake." }\n',
    rule("for entry e with entry x when e is the same entry as x and e is incoming and x is incoming"),
])  # fmt: skip
def test_of_what_may_be_meant_nothing_is_told(text: str) -> None:
    assert codes(text) == {}


BAND = "age at e is from {} to {} years"
BABY = "387712008 |Neonatal jaundice|, 52767006 |Neonatal hypoglycemia|, 18165001 |Jaundice|"
AGES = 'table ages from "a.csv" { key code in sct column lo years column hi years source "ONS" }\n'
OF_AGES = AGES + rule("for entry e with row w of ages when age at e is not from w.lo to w.hi")


@pytest.mark.parametrize(("check", "text", "rows"), [
    ("CS490", rule("for entry e with entry x when e is before x and (exists entry y in birth where (y is before e))"), ""),
    ("CS446", 'valueset some "Some" { include sys, preg }\n' + rule('for entry e in some when e.value > 3000 "mm[Hg]"'), ""),
    ("CS471", 'valueset both "Both" { include birth, preg }\n' + rule("for entry e in both when e.value is missing"), ""),
    ("CS452", 'valueset both "B" { include birth, preg }\nvalueset fewer_codes "L" { include both except 118215003 }\n'
     'valueset all "A" { include fewer_codes, both }\n' + rule("for entry e in all"), ""),
    ("CS461", OF_AGES, "77386006,10,10\n"),
    ("CS455", f'valueset v "V" {{ codes {BABY} source "S1" }}\n' + rule("for entry e in v"), ""),
    ("CS441", condition("patient.gender is male")
     + rule("for entry e in preg when patient.gender is male and age at e < 12 years", "b").replace("note", "review"), ""),
    ("CS441", condition("patient.gender is male")
     + rule("after rule r for entry e in preg when patient.gender is male and age at e < 12 years", "b"), ""),
    ("CS443", condition(BAND.format(10, 50)) + rule(f"for entry e in preg when {BAND.format(20, 30)}", "b"), ""),
    ("CS480", rule('for entry e in preg when patient.gender is male example "a" { given incoming entry 1912002 expect clear } '
                   'example "b" { given patient gender female given incoming entry 77386006 expect clear }'), ""),
])  # fmt: skip
def test_of_what_a_check_leaves_out_it_tells_nothing(check: str, text: str, rows: str) -> None:
    assert check not in codes(text, {"a.csv": f"code,lo,hi\n{rows}".encode()} if rows else None)


def test_what_cannot_be_varied_in_full_is_not_decided() -> None:
    body = 'rule r {{ title "Of r" action note for {} say "x" {} }}\nvalueset said "Said" {{ codes 77386006 phrases "p.csv" source "S1" }}\n'
    words = {"p.csv": b"phrase,says\npregnant,affirms\nno,denies\n"}
    done, _ = linted(HEAD + body.format("text t when t denies said", ""), words)
    assert done.undecided == {"CS430": {"t/r": "what words say"}}
    done, _ = linted(HEAD + body.format("coding c in preg when c contradicts its words", ""), words)
    assert done.undecided == {"CS430": {"t/r": "what words say and each coding of an item"}}
    assert "CS430" not in {t.check for t in done.told}


@pytest.mark.parametrize(("said", "expect", "undecided"), [("Not pregnant", "fires", []), ("Pregnant", "clear", ["t/r"])])
def test_an_example_that_fires_shows_that_what_cannot_be_varied_can(said: str, expect: str, undecided: list[str]) -> None:
    example = f'example "a" {{ given incoming entry 77386006, text "{said}", date 2025-06-01 expect {expect} }}'
    done, _ = linted(
        HEAD
        + f'rule r {{ title "Of r" action note for coding c when c in preg and c contradicts its words say "{{c}}" {example} }}\n'
    )
    assert [name for rules in done.undecided.values() for name in rules] == undecided


def test_every_patient_shown_is_an_example_that_both_evaluators_answer_so() -> None:
    text = condition("age at e >= 50 years and age at e >= 18 years and patient.gender is male") + USES
    done, _ = linted(HEAD + text)
    (redundant,) = [t for t in done.told if t.check == "CS432"]
    (patient,) = redundant.patients
    again = HEAD + text.replace('say "{e}"', f'say "{{e}}" example "shown" {{ {patient} expect fires }}', 1)
    loaded = language.load_texts({"t.rules": again})
    results = list(run_examples(bind_for_examples(loaded.rulesets, frozen_terminology(loaded.rulesets))))
    assert [r.passed for r in results] == [True]


def test_what_changes_nothing_is_taken_out_and_nothing_else_is_changed() -> None:
    text = HEAD + condition("age at e >= 50 years and age at e >= 18 years") + USES
    done, sources = linted(text)
    (found,) = fixed(done.told, sources).values()
    assert found == text.replace(" and age at e >= 18 years", "")
    assert fixed(linted(found)[0].told, {"example.rules": found}) == {}


def test_of_two_parts_that_each_follow_from_the_other_one_is_taken_out() -> None:
    parts = "age at e >= 50 years and patient.gender is male and age at e >= 600 months"
    done, sources = linted(HEAD + condition(parts) + USES)
    assert [t.check for t in done.told if t.fix] == ["CS432", "CS432"]
    (found,) = fixed(done.told, sources).values()
    assert "when patient.gender is male and age at e >= 600 months say" in found


def test_what_is_there_on_no_day_is_not_counted_by_days() -> None:
    day = "at least 1 day with history y in birth where (y.value is missing)"
    done, sources = linted(HEAD + condition(f"{day} and exists history x in birth where (x.value is missing)") + USES)
    (found,) = fixed(done.told, sources).values()
    assert found == HEAD + condition(day) + USES


def test_an_allow_that_allows_nothing_is_taken_out() -> None:
    text = HEAD + rule('for entry e in preg when patient.gender is male allow CS430 because "of old"') + USES
    done, sources = linted(text)
    (found,) = fixed(done.told, sources).values()
    assert "allow" not in found
    assert language.load_texts({"t.rules": found}).rulesets[0].rules[0].allowed == ()


@pytest.mark.parametrize("where", ["rule", "ruleset"])
def test_what_is_allowed_is_not_told_and_kept_with_its_reason(where: str) -> None:
    allow = 'allow CS437 because "whenever it was"'
    text = HEAD + condition("exists entry x in birth") + USES
    text = (
        text.replace("language 2", f"language 2 {allow}")
        if where == "ruleset"
        else text.replace(" action note for entry e", f" {allow} action note for entry e")
    )
    done, _ = linted(text)
    assert [t.check for t in done.told] == ["CS456", "CS456"]
    assert [(t.check, t.allowed.reason) for t in done.allowed if t.allowed] == [("CS437", "whenever it was")]


@pytest.mark.parametrize(("due", "today", "said"), [
    ("2026-11", date(2026, 11, 30), None),
    ("2026-11", date(2026, 12, 1), "was to be reviewed by 2026-11"),
    ("2026-11-30", date(2026, 11, 30), None),
    ("2026-12-31", date(2027, 1, 1), "was to be reviewed by 2026-12-31"),
    ("2099-02-30", date(2026, 11, 30), "is to be reviewed by 2099-02-30, which is no day"),
])  # fmt: skip
def test_a_source_is_past_its_review_on_the_day_after(due: str, today: date, said: str | None) -> None:
    text = rule("for entry e in preg when patient.gender is male").replace(" action", f' source "NICE, next review {due}" action')
    loaded = language.load_texts({"t.rules": HEAD + text})
    done = lint(loaded, frozen_terminology(loaded.rulesets), today=today)
    told = [one.diagnostic.message for one in done.told if one.check == "CS473"]
    assert told == ([] if said is None else [f"a source of `r` {said}"])


def test_a_table_with_two_rows_of_one_code_is_told_and_one_with_its_ends_apart_is_not() -> None:
    text = 'table ages from "a.csv" { key code in sct column lo years column hi years source "ONS" }\n' + rule(
        "for entry e with row w of ages when age at e is not from w.lo to w.hi"
    )
    assert "CS460" in codes(text + USES, {"a.csv": b"code,lo,hi\n77386006,10,20\n77386006,15,30\n"})
    assert "CS460" not in codes(text + USES, {"a.csv": b"code,lo,hi\n77386006,10,20\n77386006,21,30\n"})


# ------------------------------------------------------------------------------------------------ the page


@pytest.mark.parametrize("code", SECTIONS)
def test_a_wrong_rule_is_told_its_code_and_no_other(code: str) -> None:
    assert set(told(texts(SECTIONS[code], right=False))) == {code}


@pytest.mark.parametrize("code", SECTIONS)
def test_a_right_rule_is_told_nothing(code: str) -> None:
    assert told(texts(SECTIONS[code], right=True)) == {}


@pytest.mark.parametrize("code", SECTIONS)
def test_every_code_has_what_is_told_a_remedy_and_then_the_right_rule(code: str) -> None:
    assert shown(SECTIONS[code])
    assert "\n**Remedy.** " in SECTIONS[code].text.partition("\n**Right.**")[0]


def test_what_is_told_stands_on_the_page_as_the_linter_says_it() -> None:
    assert rewritten(PAGE) == PAGE, "write it anew: python -m tests.authoring.lint_page"


def test_the_page_names_what_fix_takes_out() -> None:
    done = [linted(one.rules, one.data, one.head)[0] for one in (texts(section, right=False) for section in SECTIONS.values())]
    assert {one.check for linted_ in done for one in linted_.told if one.fix is not None} == {"CS432", "CS499"}
    assert "`--fix` takes out what CS432 and CS499 tell" in PAGE


def test_the_page_is_in_order() -> None:
    assert list(SECTIONS) == sorted(SECTIONS)


# ------------------------------------------------------------------------------------------------ what authors tried

AUTHOR = ROOT.parent / "shared" / "cases" / "author" / "mistakes.json"
SILLY = {
    "05": "CS439", "25": "CS407", "26": "CS456", "31": "CS443", "32": "CS431", "34": "CS408", "69": "CS409", "70": "CS441", "71": "CS440",
    "72": "CS432", "74": "CS447", "76": "CS446", "77": "CS452", "80": "CS475", "82": "CS409", "95": "CS437", "E3": "CS461", "E5": "CS438",
    "E7": "CS445", "E8": "CS480", "F0": "CS451", "F9": "CS458", "G1": "CS409", "G3": "CS431", "G6": "CS444",
}  # fmt: skip


@pytest.mark.skipif(not AUTHOR.exists(), reason="the shared cases are not here")
@pytest.mark.parametrize("case", SILLY)
def test_a_silly_rule_is_told_for_what_is_silly_in_it(case: str) -> None:
    (mistake,) = [m for m in json.loads(AUTHOR.read_text("utf-8")) if m["name"].split()[0] == case]
    data = {name: text.encode() for name, text in mistake["files"].items()}
    loaded = language.load_texts({"m.rules": mistake["rules"]}, data)
    done, _ = linted(mistake["rules"], data)
    assert SILLY[case] in {d.code for d in loaded.warnings} | {t.check for t in done.told}


# ------------------------------------------------------------------------------------------------ the shipped rules


def test_the_linter_is_silent_about_a_shipped_ruleset() -> None:
    """All of them are asked by `nox -s rulesets`."""
    rulesets = shipped()
    paths = [Path(r) for r in (ROOT / "rulesets" / "uk.pharmacy_first",)]
    loaded = language.load(paths, shipped=[p for p in (ROOT / "rulesets").iterdir() if p.is_dir()])
    asked = [r for r in loaded.rulesets if r.name == "uk.pharmacy_first"]
    done = lint(loaded, frozen_terminology(loaded.rulesets), asked_for=asked, known=rulesets, today=TODAY)
    assert [(t.check, t.owner.name) for t in done.told] == []
    assert done.rules > 0


def test_each_end_of_a_range_is_asked_of_the_examples() -> None:
    examples = ['"a" { given patient born 1995-06-01 given incoming entry 77386006, date 2025-06-01 expect fires }',
                '"b" { given patient born 2024-06-01 given incoming entry 77386006, date 2025-06-01 expect clear }']  # fmt: skip
    body = f"for entry e in preg when age at e is from 12 to 50 years example {' example '.join(examples)}"
    done, _ = linted(HEAD + rule(body) + USES)
    (one,) = [t for t in done.told if t.check == "CS482"]
    assert one.diagnostic.message == (
        "no example comes near the lower end of this range: with half of it, or twice, each is answered as before"
    )
