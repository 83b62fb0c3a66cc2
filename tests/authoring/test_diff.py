"""Two versions of rules: what changes is found with a patient who shows it, what is written otherwise is equal, the rest is not told apart."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from tests.authoring.changes import CHANGES, HEAD, REWRITINGS, but, of, pair, rule, value
from tests.differential.rules import RuleMaker
from tests.differential.seeded import Seeded
from tests.differential.worlds import bound, some_record, some_submission

from codesafety import ir, load
from codesafety.authoring.diff.normal import Normal, Together
from codesafety.authoring.diff.rules import STRICT, Compared, Version, compare
from codesafety.authoring.diff.whole import Difference, difference, flips
from codesafety.authoring.lint.patients import Tie
from codesafety.authoring.lint.uneven import uneven
from codesafety.authoring.mutating import mutants
from codesafety.authoring.testing import Texts, answer, bind_for_examples, build
from codesafety.engine import Engine, frozen_terminology
from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.reference.run import run_reference


def engine(text: str, folder: Path, head: str = HEAD) -> Engine:
    folder.mkdir()
    (folder / "t.rules").write_text(head + text, "utf-8")
    return load(folder, cache="off")


def apart(old: str, new: str, place: Path, *, head: str = HEAD, new_head: str | None = None) -> Difference:
    return difference(engine(old, place / "old", head), engine(new, place / "new", new_head or head))


def compared(old: str, new: str, place: Path) -> Compared:
    (one,) = apart(old, new, place).rules
    return one


def said(one: Engine, patient: ir.Example) -> set[tuple[str, frozenset[str]]]:
    """Return what both evaluators answer for the one rule of an engine."""
    binding = bind_for_examples(one.rulesets, frozen_terminology(one.rulesets))
    given = build(patient)
    runs = [
        run(Facts(given.submission, given.record, binding.codebook))
        for run in (compile_program(binding).run, lambda facts: run_reference(binding, facts))
    ]
    return {answer(run, binding.rules[0].name) for run in runs}


def test_there_are_forty_of_each_and_some_more() -> None:
    assert (len(CHANGES), len(REWRITINGS)) == (45, 43)


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_meaning_is_shown_by_a_patient_whom_both_evaluators_answer_so(old: str, new: str, tmp_path: Path) -> None:
    was, now = engine(old, tmp_path / "old"), engine(new, tmp_path / "new")
    (one,) = difference(was, now).rules
    assert one.told == "different"
    for witness in one.witnesses:
        assert witness.was[0] != witness.now[0]
        assert said(was, witness.patient) == {witness.was}
        assert said(now, witness.patient) == {witness.now}


@pytest.mark.parametrize(("old", "new"), REWRITINGS.values(), ids=REWRITINGS)
def test_what_is_only_written_otherwise_is_equal(old: str, new: str, tmp_path: Path) -> None:
    one = compared(old, new, tmp_path)
    assert (one.told, one.silenced, one.witnesses) == ("equal", "no", ())


@pytest.mark.parametrize(
    ("old", "new", "silenced"),
    [
        (of("age at e < 12 years"), of("age at e < 11 years"), "yes"),
        (of("age at e < 12 years"), of("age at e < 13 years"), "no"),
        (rule("for entry e in preg"), rule("for history e in preg"), "no"),
        (rule("for history e in preg"), rule("for entry e in preg"), "yes"),
        (but("patient.gender is male"), of("age at e >= 50 years"), "no"),
        (of("age at e >= 50 years"), but("patient.gender is male"), "yes"),
        (of("age at e < 12 years").replace("review", "note"), of("age at e < 11 years").replace("review", "note"), "no"),
        (of("age at e < 12 years"), of("age at e < 12 years").replace("review", "note"), "yes"),
        (of("age at e < 12 years").replace("review", "hold"), of("age at e < 12 years"), "no"),
        (of("age at e < 12 years").replace("hazard", "cannot tell hold hazard"), of("age at e < 12 years"), "yes"),
        (
            of("patient.gender is male").replace("review", "note cannot tell review"),
            of("patient.gender is male or patient.gender is missing").replace("review", "note cannot tell review"),
            "yes",
        ),
    ],
)
def test_what_asked_for_a_person_and_no_longer_does_is_silent(old: str, new: str, silenced: str, tmp_path: Path) -> None:
    assert compared(old, new, tmp_path).silenced == silenced


@pytest.mark.parametrize(("old", "new"), [
    (of("exists history x in birth"), of("at least 1 day with history x in birth")),  # one without a date is there, on no day
    (of("exists history x in birth where (x is within 4 weeks before e or x is within 4 weeks after e)"),
     of("exists history x in birth where (x is within 4 weeks of e)")),
])  # fmt: skip
def test_what_is_alike_but_for_days_that_are_not_whole_is_not_called_equal(old: str, new: str, tmp_path: Path) -> None:
    assert compared(old, new, tmp_path).told == "different"


def test_what_cannot_be_proved_is_not_called_equal(tmp_path: Path) -> None:
    one = compared(
        of("exists entry x in birth where (x is before e or x is after e)"),
        of("exists entry x in birth where (x is before e) or exists entry x in birth where (x is after e)"),
        tmp_path,
    )
    assert (one.told, one.how, one.silenced) == ("not told apart", None, "not decided")
    assert one.tried > 50


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (of("age at e < 1 year"), of("age at e < 365 days")),
        (of("age at e < 1 month"), of("age at e < 31 days")),
        (pair("d is within 2 months before e"), pair("d is within 61 days before e")),
        (pair("d is less than 1 month before e"), pair("d is less than 31 days before e")),
        (of("e.date is within 30 days before 2020-03-31"), of("e.date is within 31 days before 2020-03-31")),
        (of("patient.born is after 2020-01-01 and age at e >= 12 years"), of("patient.born is after 2020-01-01 and age at e >= 13 years")),
        (
            pair("d.date is before 2020-03-31 and d is within 30 days before e"),
            pair("d.date is before 2020-03-31 and d is within 31 days before e"),
        ),
    ],
)  # fmt: skip
def test_what_differs_on_some_days_of_the_calendar_only_is_different(old: str, new: str, tmp_path: Path) -> None:
    assert compared(old, new, tmp_path).told == "different"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (of("age at e < 4 years"), of("age at e < 1461 days")),  # until 2100 only
        (
            pair("d is less than 1 year before e and age at e < 12 years and age at d >= 11 years"),
            pair("d is less than 365 days before e and age at e < 12 years and age at d >= 11 years"),
        ),
    ],
)
def test_months_and_days_that_are_near_each_other_are_never_called_equal(old: str, new: str, tmp_path: Path) -> None:
    assert compared(old, new, tmp_path).told != "equal"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (of("age at e < 12 weeks or age at e < 2 years"), of("age at e < 2 years")),
        (
            pair("d is within 12 weeks before e and age at e < 50 years and age at e < 51 years"),
            pair("d is within 84 days before e and age at e < 50 years"),
        ),
    ],
)
def test_months_and_days_that_are_far_apart_are_proved(old: str, new: str, tmp_path: Path) -> None:
    one = compared(old, new, tmp_path)
    assert (one.told, one.how) == ("equal", "proof")


def test_lengths_from_the_same_birth_are_not_near_each_other() -> None:
    born, e, d = ("patient", "born"), (0, "date"), (1, "date")
    years, days = ir.Length(Decimal(50), ir.Unit.YEARS), ir.Length(Decimal(7), ir.Unit.DAYS)
    ages = [Tie(born, e, years, age=True), Tie(born, d, years, age=True)]
    assert uneven([*ages, Tie(d, e, days)]) == set()
    assert uneven([*ages, Tie(d, e, ir.Length(Decimal(1), ir.Unit.YEARS))]) == {born, e, d}
    assert uneven([*ages, Tie(born, d, ir.Length(Decimal(600), ir.Unit.WEEKS))]) == set()
    assert uneven([*ages, Tie(born, d, ir.Length(Decimal(2609), ir.Unit.WEEKS))]) == {born, d}


def test_rules_go_come_and_change_their_names(tmp_path: Path) -> None:
    old = rule("for entry e in preg").replace("rule r", "rule kept") + rule("for entry e in lost").replace("rule r", "rule gone")
    new = rule("for entry z in preg").replace("{e}", "{z}").replace("rule r", "rule renamed") + rule(
        "for entry e in birth"
    ).replace("rule r", "rule come")
    found = apart(old, new, tmp_path)
    assert [(c.was.name, c.now.name, c.told) for c in found.rules] == [("t/kept", "t/renamed", "equal")]
    assert ([r.name for r in found.removed], [r.name for r in found.added]) == (["t/gone"], ["t/come"])
    assert found.silenced == ("t/gone",)


def test_a_rule_that_is_gone_is_silent_also_where_only_what_it_could_not_tell_asked_for_a_person(tmp_path: Path) -> None:
    other = rule("for entry e in lost").replace("rule r", "rule other")
    for number, (asked, silenced) in enumerate((("note cannot tell review", ("t/r",)), ("note", ()))):
        old = of("age at e < 12 years").replace("review", asked) + other
        place = tmp_path / str(number)
        place.mkdir()
        assert apart(old, other, place).silenced == silenced


def test_a_record_of_which_it_can_no_longer_be_told_that_it_cannot_be_told_is_silent(tmp_path: Path) -> None:
    old = of("patient.gender is male").replace("review", "note cannot tell review")
    new = of("patient.gender is male and patient.born is missing").replace("review", "note cannot tell review")
    was, now = engine(old, tmp_path / "old"), engine(new, tmp_path / "new")
    patient = next(w.patient for w in difference(was, now).rules[0].witnesses if (w.was[0], w.now[0]) == ("cannot tell", "clear"))
    found = list(flips(difference(was, now), was, now, [("a", build(patient).submission, None)]))
    assert [(one.was, one.now, one.is_silent) for one in found] == [("cannot tell", "clear", True)]


def test_exceptions_that_change_names_are_told(tmp_path: Path) -> None:
    one = compared(
        rule('for entry e in preg unless "a" patient.gender is male unless "b" age at e < 12 years'),
        rule('for entry e in preg unless "b" patient.gender is male unless "a" age at e < 12 years'),
        tmp_path,
    )
    assert (one.told, [what for what, _, _ in one.asks]) == ("equal", ["exceptions"])


def test_codes_and_limits_that_differ_are_named_with_their_terms(tmp_path: Path) -> None:
    text = rule("for entry e in twin with entry d in birth when d is within window before e")
    new_head = HEAD.replace("default 12 weeks", "default 13 weeks").replace(
        '"Twins" { codes 65147003 |Twin pregnancy| }',
        '"Twins" { codes 16356006 |Multiple pregnancy| perhaps 65147003 |Twin pregnancy| }',
    )
    found = apart(text, text, tmp_path, new_head=new_head)
    (change,) = found.sets
    assert (change.gained, change.lost, change.perhaps_gained) == (
        (("16356006", "Multiple pregnancy"),),
        (("65147003", "Twin pregnancy"),),
        (("65147003", "Twin pregnancy"),),
    )
    assert [(c.what, c.name, c.was, c.now) for c in found.changes] == [
        ("limit", "t/window", "12 weeks (from 1 week to 40 weeks)", "13 weeks (from 1 week to 40 weeks)")
    ]
    (one,) = found.rules
    assert (one.told, one.silenced) == ("different", "yes")


def test_what_a_rule_asks_for_and_says_is_told_and_is_no_other_answer(tmp_path: Path) -> None:
    one = compared(
        value('e.value > 140 "mm[Hg]"'),
        value('e.value > 140 "mm[Hg]"').replace('say "{e}"', 'say "High: {e}"').replace("review", "hold"),
        tmp_path,
    )
    assert (one.told, one.asks) == ("equal", (("action", "review", "hold"), ("sentence", "{first}", "High: {first}")))


def test_rows_of_a_table_that_differ_are_shown_and_their_patients_found(tmp_path: Path) -> None:
    text = 'table ages from "ages.csv" { key code in sct column min years source "S" }\n'
    body = rule("for entry e with row a of ages when age at e < a.min")
    engines = []
    for name, age in (("old", 12), ("new", 13)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "ages.csv").write_text(f"code,min\n77386006,{age}\n118215003,10\n", "utf-8")
        (folder / "t.rules").write_text(HEAD + text + body, "utf-8")
        engines.append(load(folder, cache="off"))
    found = difference(*engines)
    assert [(c.what, c.name, c.was, c.now) for c in found.changes] == [("row", "t/ages[77386006]", "min 12", "min 13")]
    assert [(w.was[0], w.now[0]) for w in found.rules[0].witnesses] == [("clear", "fires")]


@pytest.mark.parametrize("seed", range(4))
def test_one_form_means_what_the_rule_means_on_generated_rules_and_worlds(seed: int) -> None:
    choose = Seeded(random.Random(seed))
    maker = RuleMaker(choose)
    binding = bound([maker.rule(f"r{i}") for i in range(8)], has_release=False)
    together = Together()
    normal = Normal(binding, together)
    formed = together.binding(binding, tuple(normal.rule(rule) for rule in binding.rules))
    for _ in range(25):
        submission, record = some_submission(choose), some_record(choose)
        was, now = (run_reference(one, Facts(submission, record, one.codebook)) for one in (binding, formed))
        assert [answer(was, rule.name)[0] for rule in binding.rules] == [answer(now, rule.name)[0] for rule in binding.rules]


@pytest.mark.parametrize("seed", range(2))
def test_what_is_equal_is_answered_alike_in_every_generated_world(seed: int) -> None:
    choose = Seeded(random.Random(100 + seed))
    maker = RuleMaker(choose)
    whole = bound([maker.rule(f"r{i}") for i in range(4)], has_release=False)
    worlds = [(some_submission(choose), some_record(choose)) for _ in range(15)]
    for one_rule in whole.rules:
        for mutant in list(mutants(one_rule, whole, {}, Texts()))[::3][:6]:
            together = Together()
            was, now = (Version(replace(whole, rules=(one,)), together) for one in (one_rule, mutant.rule))
            found = compare(was, now, one_rule, mutant.rule, {})
            for submission, record in worlds:
                facts = [Facts(submission, record, whole.codebook) for _ in range(2)]
                answers = [answer(run_reference(v.binding, f), one_rule.name)[0] for v, f in zip((was, now), facts, strict=True)]
                assert found.told != "equal" or answers[0] == answers[1]
                assert found.silenced != "no" or one_rule.action not in STRICT or answers[0] != "fires" or answers[1] == "fires"


def test_nothing_differs_between_a_version_and_itself() -> None:
    shipped = load("uk.pregnancy", "uk.values", cache="off")
    found = difference(shipped, shipped)
    assert found.is_none
    assert not any(one.reworded for one in found.rules)
