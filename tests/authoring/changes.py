"""Changes of meaning and rewritings, forty of each and some more, each as the old and the new text of one rule below `HEAD`."""

from __future__ import annotations

HEAD = """ruleset t { title "Test" version 1.0.0 language 2 }
valueset preg "Pregnant" { codes 77386006 |Pregnancy|, 65147003 |Twin pregnancy| }
valueset same_preg "Pregnant, otherwise" { include preg }
valueset twin "Twins" { codes 65147003 |Twin pregnancy| }
valueset one_preg "Pregnant, one" { codes 77386006 |Pregnancy| }
valueset birth "Delivered" { codes 118215003 |Delivery finding| }
valueset lost "Lost" { codes 17369002 |Miscarriage| }
valueset sys "Systolic" { codes 271649006 |Systolic blood pressure| }
valueset dia "Diastolic" { codes 271650006 |Diastolic blood pressure| }
valueset weight "Weight" { codes 27113001 |Body weight| }
valueset smoker "Smoker" { codes 77176002 |Smoker| }
valueset pill "Pill" { codes 326324002 }
limit window "A window" { default 12 weeks from 1 week to 40 weeks }
limit old "Old" { default 50 years from 40 years to 60 years }
limit high "High" { default 140 "mm[Hg]" from 100 "mm[Hg]" to 200 "mm[Hg]" }
define is_young(entry x) "young" { age at x < 12 years }
define is_a_man(entry x) "a man" { patient.gender is male and x is present }
define is_a_young_man(entry x) "a young man" { is_a_man(x) and is_young(x) }
"""


def rule(body: str) -> str:
    return f'rule r {{ title "R" action review hazard H-01 {body} say "{{e}}" }}\n'


def of(condition: str) -> str:
    return rule(f"for entry e in preg when {condition}")


def pair(condition: str) -> str:
    return rule(f"for entry e in preg with entry d in birth when {condition}")


def value(condition: str) -> str:
    return rule(f"for entry e in sys when {condition}")


def but(exception: str, condition: str = "age at e >= 50 years") -> str:
    return rule(f'for entry e in preg when {condition} unless "so" {exception}')


def medicine(condition: str) -> str:
    return rule(f"for medication e in pill when {condition}")


EPISODES = "at least 2 episodes more than {} weeks apart with history x in birth where (x is within 6 months before e)"

CHANGES: dict[str, tuple[str, str]] = {
    "a bound of age": (of("age at e < 12 years"), of("age at e < 11 years")),
    "a bound of age in months": (of("age at e >= 216 months"), of("age at e >= 217 months")),
    "another unit of age": (of("age at e < 12 years"), of("age at e < 12 months")),
    "an operator of age": (of("age at e < 50 years"), of("age at e >= 50 years")),
    "a range of ages": (of("age at e is from 12 to 50 years"), of("age at e is from 12 to 49 years")),
    "the other gender": (of("patient.gender is male"), of("patient.gender is female")),
    "missing for male": (of("patient.gender is male"), of("patient.gender is missing")),
    "or for and": (of("patient.gender is male and age at e < 12 years"), of("patient.gender is male or age at e < 12 years")),
    "a part left out": (of("patient.gender is male and age at e < 12 years"), of("patient.gender is male")),
    "a part put in": (of("patient.gender is male"), of("patient.gender is male and age at e < 12 years")),
    "a not left out": (of("not (age at e < 12 years)"), of("age at e < 12 years")),
    "half of De Morgan": (of("not (patient.gender is male or age at e < 12 years)"), of("patient.gender is not male or not (age at e < 12 years)")),
    "a wider set": (rule("for entry e in twin"), rule("for entry e in preg")),
    "a narrower set": (rule("for entry e in preg"), rule("for entry e in twin")),
    "another set": (rule("for entry e in birth"), rule("for entry e in lost")),
    "history for entry": (rule("for entry e in preg"), rule("for history e in preg")),
    "mention for entry": (rule("for entry e in preg"), rule("for mention e in preg")),
    "after for before": (pair("d is before e"), pair("d is after e")),
    "the same day too": (pair("d is before e"), pair("not (d is after e)")),
    "a window a day longer": (pair("d is within 84 days before e"), pair("d is within 85 days before e")),
    "a window without its last day": (pair("d is within 12 weeks before e"), pair("d is less than 12 weeks before e")),
    "a month for four weeks": (pair("d is within 4 weeks before e"), pair("d is within 1 month before e")),
    "on both sides": (pair("d is within 12 weeks before e"), pair("d is within 12 weeks of e")),
    "a number": (value('e.value > 140 "mm[Hg]"'), value('e.value > 141 "mm[Hg]"')),
    "a number with its end": (value('e.value > 140 "mm[Hg]"'), value('e.value >= 140 "mm[Hg]"')),
    "a unit": (value('e.value > 20 "kPa"'), value('e.value > 20 "mm[Hg]"')),
    "a range of numbers": (value('e.value is from 90 "mm[Hg]" to 140 "mm[Hg]"'), value('e.value is from 90 "mm[Hg]" to 139 "mm[Hg]"')),
    "missing for known": (value("e.value is missing"), value("e.value is not missing")),
    "no for exists": (
        of("exists entry x in birth where (x is before e)"),
        of("no entry x in birth where (x is before e)"),
    ),
    "a quantifier's set": (
        of("exists entry x in birth where (x is before e)"),
        of("exists entry x in lost where (x is before e)"),
    ),
    "a quantifier's window": (
        of("exists entry x in birth where (x is within 12 weeks before e)"),
        of("exists entry x in birth where (x is within 13 weeks before e)"),
    ),
    "a quantifier's kind": (
        of("exists entry x in birth where (x is before e)"),
        of("exists mention x in birth where (x is before e)"),
    ),
    "how many": (
        of("at least 2 days with entry x in birth where (x is before e)"),
        of("at least 3 days with entry x in birth where (x is before e)"),
    ),
    "the other end": (
        value('latest entry x in sys before e has (x.value > 140 "mm[Hg]")'),
        value('earliest entry x in sys before e has (x.value > 140 "mm[Hg]")'),
    ),
    "an exception left out": (but("patient.gender is male"), of("age at e >= 50 years")),
    "an exception that is wider": (but("patient.gender is male"), but("patient.gender is male or age at e >= 60 years")),
    "an exception that became a condition": (but("patient.gender is male"), of("age at e >= 50 years and patient.gender is not male")),
    "an exception where it cannot be told": (but("age at e < 20 years", "patient.gender is male"), but("age at e < 20 years and e.date is not missing and patient.gender is male", "patient.gender is male and not (age at e < 20 years)")),
    "valid from a later day": (
        rule("for entry e in preg").replace("action", "valid from 2020-01-01 action"),
        rule("for entry e in preg").replace("action", "valid from 2021-01-01 action"),
    ),
    "one of the ways that two of three hold": (
        of("at least 2 of (patient.gender is male, age at e < 12 years, age at e >= 50 years)"),
        of("patient.gender is male and age at e < 12 years"),
    ),
    "a gap between episodes": (of(EPISODES.format(2)), of(EPISODES.format(3))),
    "a number that is reckoned with": (medicine("e.dose * e.times_a_day > 8"), medicine("e.dose * e.times_a_day > 9")),
    "falls for rises": (
        rule("for entry e in sys with entry d in sys when e.value rises from d.value by more than 25 %"),
        rule("for entry e in sys with entry d in sys when e.value falls from d.value by more than 25 %"),
    ),
    "an amount of rise": (
        rule('for entry e in sys with entry d in dia when e.value rises from d.value by more than 26 "mm[Hg]"'),
        rule('for entry e in sys with entry d in dia when e.value rises from d.value by more than 27 "mm[Hg]"'),
    ),
    "days in common": (
        rule("for medication e in pill with medication d in pill when e overlaps d by more than 7 days"),
        rule("for medication e in pill with medication d in pill when e overlaps d by more than 8 days"),
    ),
}  # fmt: skip

REWRITINGS: dict[str, tuple[str, str]] = {
    "another name for the variable": (of("age at e < 12 years"), of("age at e < 12 years").replace(" e ", " z ").replace("{e}", "{z}")),
    "parts in another order": (of("patient.gender is male and age at e < 12 years"), of("age at e < 12 years and patient.gender is male")),
    "alternatives in another order": (of("patient.gender is male or age at e < 12 years"), of("age at e < 12 years or patient.gender is male")),
    "De Morgan of or": (of("not (patient.gender is male or age at e < 12 years)"), of("patient.gender is not male and not (age at e < 12 years)")),
    "De Morgan of and": (of("not (patient.gender is male and age at e < 12 years)"), of("patient.gender is not male or age at e >= 12 years")),
    "not not": (of("not (not (age at e < 12 years))"), of("age at e < 12 years")),
    "at least for not less": (of("age at e >= 50 years"), of("not (age at e < 50 years)")),
    "at least for not less, of numbers": (value('e.value >= 140 "mm[Hg]"'), value('not (e.value < 140 "mm[Hg]")')),
    "more for not at most": (value('e.value > 140 "mm[Hg]"'), value('not (e.value <= 140 "mm[Hg]")')),
    "another order of sides": (
        rule("for entry e in sys with entry d in dia when e.value < d.value"),
        rule("for entry e in sys with entry d in dia when d.value > e.value"),
    ),
    "a range for two bounds": (of("age at e is from 12 to 50 years"), of("age at e >= 12 years and age at e < 51 years")),
    "a range of numbers for two bounds": (
        value('e.value is from 90 "mm[Hg]" to 140 "mm[Hg]"'),
        value('e.value >= 90 "mm[Hg]" and e.value <= 140 "mm[Hg]"'),
    ),
    "months for years": (of("age at e >= 18 years"), of("age at e >= 216 months")),
    "a range in months": (of("age at e is from 1 to 2 years"), of("age at e is from 12 to 35 months")),
    "days for weeks": (pair("d is within 12 weeks before e"), pair("d is within 84 days before e")),
    "days for weeks of age": (of("age at e < 6 weeks"), of("age at e < 42 days")),
    "months for a year between": (pair("d is within 1 year before e"), pair("d is within 12 months before e")),
    "not more for within": (pair("d is before e and d is within 12 weeks before e"), pair("d is before e and not (d is more than 12 weeks before e)")),
    "after for before": (pair("d is before e"), pair("e is after d")),
    "another unit": (value('e.value > 20 "kPa"'), value('e.value > 20000 "Pa"')),
    "grams for kilograms": (
        rule('for entry e in weight when e.value < 2 "kg"'),
        rule('for entry e in weight when e.value < 2000 "g"'),
    ),
    "a limit's name": (pair("d is within 12 weeks before e"), pair("d is within window before e")),
    "a limit's name for an age": (of("age at e >= 50 years"), of("age at e >= old")),
    "a limit's name for a number": (value('e.value > 140 "mm[Hg]"'), value("e.value > high")),
    "a named condition": (of("age at e < 12 years"), of("is_young(e)")),
    "a named condition of two parts": (of("e is present and patient.gender is male"), of("is_a_man(e)")),
    "named conditions of named conditions": (of("patient.gender is male and e is present and age at e < 12 years"), of("is_a_young_man(e)")),
    "the set spelt otherwise": (rule("for entry e in preg"), rule("for entry e in same_preg")),
    "the set in the condition": (of("e in twin"), of("e in twin and e in preg")),
    "one set for two": (rule("for entry e in preg when e in one_preg"), rule("for entry e in one_preg")),
    "two sets for one": (rule("for entry e in preg"), of("e in one_preg or e in twin")),
    "no for not exists": (
        of("no entry x in birth where (x is before e)"),
        of("not (exists entry x in birth where (x is before e))"),
    ),
    "fewer for not at least": (
        of("fewer than 2 days with entry x in birth where (x is before e)"),
        of("not (at least 2 days with entry x in birth where (x is before e))"),
    ),
    "quantifiers in another order": (
        of("exists entry x in birth where (x is before e) and exists entry y in lost where (y is after e)"),
        of("exists entry y in lost where (y is after e) and exists entry x in birth where (x is before e)"),
    ),
    "De Morgan within a quantifier": (
        of("exists entry x in birth where (not (x is before e or x is after e))"),
        of("exists entry z in birth where (not (z is after e) and not (z is before e))"),
    ),
    "and over or": (
        of("patient.gender is male and (age at e < 12 years or age at e >= 50 years)"),
        of("(patient.gender is male and age at e < 12 years) or (patient.gender is male and age at e >= 50 years)"),
    ),
    "exceptions in another order": (
        rule('for entry e in preg unless "a" patient.gender is male unless "b" age at e < 12 years'),
        rule('for entry e in preg unless "b" age at e < 12 years unless "a" patient.gender is male'),
    ),
    "two exceptions for one": (
        rule('for entry e in preg unless "a" patient.gender is male or age at e < 12 years'),
        rule('for entry e in preg unless "a" patient.gender is male unless "b" age at e < 12 years'),
    ),
    "what is implied": (of("age at e >= 50 years"), of("age at e >= 50 years and age at e >= 18 years")),
    "some of them in another order": (
        of("at least 2 of (patient.gender is male, age at e < 12 years, age at e >= 50 years)"),
        of("at least 2 of (age at e >= 50 years, patient.gender is male, age at e < 12 years)"),
    ),
    "one at least for exists": (
        of("exists history x in birth where (x is before e)"),
        of("at least 1 history x in birth where (x is before e)"),
    ),
    "factors in another order": (medicine("e.dose * e.times_a_day > 8"), medicine("e.times_a_day * e.dose > 8")),
    "a count that another implies": (
        of("at least 3 history x in birth where (x is before e) and at least 2 history y in birth where (y is before e)"),
        of("at least 3 history x in birth where (x is before e)"),
    ),
}  # fmt: skip
