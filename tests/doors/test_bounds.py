"""What would cost too much: the counted work of each, near linear or spent and told. No clock is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.benchmarks import worst_cases as made
from tests.benchmarks.worst_cases import message
from typer.testing import CliRunner

from codesafety import Engine, Submission, load
from codesafety.cli.app import app
from codesafety.cli.render import render
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.work import A_LETTER, MOST_COUNTED, WORK_BUDGET, Work
from codesafety.record import Coding, Entry, Message, Patient
from codesafety.report import NotChecked
from codesafety.terminology.sctid import is_well_formed

PLENTY = 10**12
LITTLE = WORK_BUDGET // 10
"""A budget that few items spend, as many items spend the one that messages have."""
SPENT = "not asked: the budget of work for one message is spent"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load()


@pytest.fixture(scope="module")
def sparing() -> Engine:
    return load(work_budget=LITTLE)


def spent(engine: Engine, submission: Submission) -> int:
    facts = Facts(submission, None, engine.binding.codebook, Work(PLENTY))
    engine.program.run(facts)
    return PLENTY - facts.work.left


@pytest.mark.parametrize(
    ("one", "four"),
    [
        (message(made.entries(250)), message(made.entries(1000))),
        (message(made.entries(250), service=True), message(made.entries(1000), service=True)),
        (message(made.entries_of_codes(250, 250)), message(made.entries_of_codes(1000, 1000))),
        (message(made.issues(60)), message(made.issues(240))),
        (message(made.issues(60, order="repeat")), message(made.issues(240, order="repeat"))),
        (message(made.issues(75, every=0)), message(made.issues(300, every=0))),
        (message(made.issues(75, every=0, days_supply=None)), message(made.issues(300, every=0, days_supply=None))),
        (message(made.entries(250, every=0), service=True), message(made.entries(1000, every=0), service=True)),
        (message(made.entries(250, date=None), service=True), message(made.entries(1000, date=None), service=True)),
        (message(made.entries(250, of=made.PREGNANT, every=0)), message(made.entries(1000, of=made.PREGNANT, every=0))),
        (message(made.entries(250, of=made.PREGNANT)), message(made.entries(1000, of=made.PREGNANT))),
    ],
    ids=[
        "one code",
        "one code, sent by a service",
        "as many codes",
        "issues of one medicine",
        "issues of one order",
        "one medicine on one day",
        "one medicine on one day, without an end",
        "one entry again and again",
        "one entry again and again, without a date",
        "one pregnancy again and again",
        "a pregnancy a day",
    ],
)
def test_four_times_the_items_are_at_most_four_and_a_half_times_the_work(
    engine: Engine, one: Submission, four: Submission
) -> None:
    assert spent(engine, four) <= 4.5 * spent(engine, one)


def test_a_long_record_does_not_spend_the_budget(engine: Engine) -> None:
    products = tuple(sorted(engine.terminology._products))[:200]  # type: ignore[attr-defined]
    long = message(made.entries_of_codes(3_000, 300), made.issues(900, products=products))
    assert spent(engine, long) < WORK_BUDGET * 0.1


@pytest.mark.parametrize("n", [0, 10], ids=["one code", "all different"])
def test_items_of_one_day_whose_codes_are_damaged_are_not_compared_with_each_other(engine: Engine, n: int) -> None:
    def damaged(items: int) -> Submission:
        codings = [Coding(system="sct", code=str(77386005 + n * place)) for place in range(items)]
        return message(
            tuple(Entry(path=f"e[{place}]", date="2026-03-04", codings=(coding,)) for place, coding in enumerate(codings))
        )

    assert spent(engine, damaged(400)) <= 4.5 * spent(engine, damaged(100))


def test_each_of_many_medicines_that_are_alike_is_found_and_one_finding_counts_them(engine: Engine) -> None:
    report = engine.assess(message(made.issues(300, every=0)))
    assert [item.decision for item in report.items] == ["review"] * 300
    twice = next(r for r in report.results if r.rule == "uk.duplicate_medicines/same-product-twice" and r.outcome == "fires")
    assert (twice.count, len(twice.entries)) == (300, 300)


def test_denials_of_one_code_are_each_found(engine: Engine) -> None:
    denied = message(made.entries(1000, of=made.PREGNANT, display="Not pregnant"))
    report = engine.assess(denied)
    assert (report.decision, report.not_checked) == ("hold", ())
    assert [item.decision for item in report.items] == ["hold"] * 1000


@pytest.mark.parametrize(
    "submission",
    [
        message(made.each_its_own(made.entries(220, every=0)), service=True),
        message(made.each_its_own(made.entries(220, date=None)), service=True),
        message(made.each_its_own(made.issues(220, every=0))),
        message(made.issues(220, days_supply=None)),
    ],
    ids=["one day", "no dates", "medicines on one day", "no ends"],
)
def test_what_has_to_be_compared_with_everything_spends_the_budget_and_is_held(sparing: Engine, submission: Submission) -> None:
    report = sparing.assess(submission)
    assert report.decision == "hold"
    assert {line.reason for line in report.not_checked} == {SPENT}
    held = {line.path for line in report.not_checked}
    assert {item.path for item in report.items if item.decision == "hold"} == held


def worded(concepts: int, codings: int, letters: int, *, own: bool) -> Submission:
    """Return a message of concepts with many codings of one code, each with words of so many letters; the concepts' `own`, or the same again."""

    def words(concept: int, coding: int) -> str:
        return f"Not pregnant {concept if own else 0}.{coding} ".ljust(letters, "x")

    return message(
        tuple(
            Entry(
                path=f"entries[{n}]",
                date="2026-03-04",
                codings=tuple(Coding(system="sct", code=made.PREGNANT, display=words(n, place)) for place in range(codings)),
            )
            for n in range(concepts)
        )
    )


def spent_alone(engine: Engine, submission: Submission) -> int:
    facts = Facts(submission, None, engine.binding.codebook, Work(PLENTY))
    engine.program.run(facts)
    return PLENTY - facts.work.left_alone


def test_the_same_words_beside_the_same_code_are_read_once(engine: Engine) -> None:
    once, again = (spent_alone(engine, worded(concepts, 20, 900, own=False)) for concepts in (1, 2))
    anew = spent_alone(engine, worded(2, 20, 900, own=True))
    assert 2 * (again - once) < once
    assert anew - once > once * 0.9


def test_long_words_cost_more_than_short_ones(engine: Engine) -> None:
    short, long, longest = (spent_alone(engine, worded(1, 10, letters, own=True)) for letters in (20, 920, 60_000))
    assert long - short == 10 * 900 * A_LETTER + 45 * 2 * 900 * A_LETTER - 45 * (2 * 920 - MOST_COUNTED) * A_LETTER
    assert longest - long < short


def test_more_words_than_can_be_read_spend_the_budget_and_are_held(engine: Engine) -> None:
    report = engine.assess(worded(40, 40, 200, own=True))
    assert report.decision == "hold"
    assert {line.reason for line in report.not_checked} == {SPENT}
    assert engine.assess(worded(40, 40, 200, own=False)).not_checked == ()


NESTED = """
ruleset nested { title "Nested" version 1.0.0 language 1 review none }
valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| }

rule between {
  action  note
  for     entry e in pregnant
  when    exists entry x in pregnant where (x is before e and exists entry y in pregnant where (y.id is e.id))
  say     "{e}"
  example "nobody" { given incoming entry 77386006, date 2025-06-01 expect cannot tell: record }
}
"""


def test_two_nested_quantifiers_over_301_entries_end_or_are_held(tmp_path: Path) -> None:
    rules = tmp_path / "nested.rules"
    rules.write_text(NESTED)
    report = load(rules, work_budget=LITTLE).assess(message(made.entries(301, of=made.PREGNANT)))
    held = [line.path for line in report.not_checked]
    assert held == [f"entries[{i}]" for i in range(301 - len(held), 301)] != []
    assert {line.reason for line in report.not_checked} == {SPENT}
    fewer = message(made.entries(40, of=made.PREGNANT))
    assert load(rules, work_budget=1_000).assess(fewer).not_checked != ()
    assert load(rules).assess(fewer).not_checked == ()


def test_what_was_not_asked_stands_in_the_text_report(sparing: Engine) -> None:
    report = sparing.assess(message(made.each_its_own(made.entries(260, every=0)), service=True))
    text = " ".join(render(report, "m.json", False, whole=True).split())
    places = list(dict.fromkeys(line.path for line in report.not_checked))
    assert len(places) > 100
    rules = {line.rule for line in report.not_checked}
    assert rules == {"uk.duplicate_entries/same-entry-twice-in-one-message"}
    assert f"NOT CHECKED, and held {SPENT}: 1 rule, each on some or all of {len(places)} places rules: uk." in text
    assert f" places: {', '.join(map(str, places))}" in text
    screen = render(report, "m.json", False)
    assert [place for place in places if f"{place}:" in screen] == places[:100]
    assert f"{len(places)} not checked" in " ".join(screen.split())


def test_a_message_of_which_not_everything_was_asked_ends_with_1(tmp_path: Path) -> None:
    given = tmp_path / "message.json"
    given.write_text(message(made.each_its_own(made.entries(700, every=0)), service=True).model_dump_json(exclude_defaults=True))
    result = CliRunner().invoke(app, ["check", str(given)])
    assert (result.exit_code, "not checked" in result.stdout) == (1, True)


def test_a_few_lines_that_were_not_checked_are_each_told(engine: Engine) -> None:
    report = engine.assess(message(made.entries(6)))
    lines = [NotChecked(path=f"entries[{n}]", rule=f"w/r{n % 2}", reason="not asked") for n in range(6)]
    few = render(report.model_copy(update={"not_checked": lines[:5]}), "m", False, whole=True)
    assert few.count(": not asked (rule w/r") == 5
    many = render(report.model_copy(update={"not_checked": [*lines, NotChecked(reason="another")]}), "m", False, whole=True)
    assert "  not asked: 2 rules, each on some or all of 6 places\n    rules: w/r0, w/r1\n    places: entries[0], " in many
    assert "  the message: another\n" in many


def many(findings: int) -> Submission:
    """A message of entries whose codes fail their check digits."""
    damaged = (str(number) for number in range(77386000, 77386000 + 2 * findings) if not is_well_formed(str(number)))
    codes = [code for code, _ in zip(damaged, range(findings), strict=False)]
    entries = tuple(Entry(path=f"entries[{n}]", codings=(Coding(system="sct", code=code),)) for n, code in enumerate(codes))
    return Submission(entries=entries)


def test_the_screen_of_many_findings_is_bounded_and_all_has_each() -> None:
    report = load("uk.integrity").assess(many(60))
    digits = [r for r in report.results if r.rule == "uk.integrity/code-fails-its-check-digit"]
    assert len(digits) > 40
    text = " ".join(render(report, "m.json", colour=False).split())
    assert text.count("uk.integrity/code-fails-its-check-digit") == 1
    assert f"Found {len(digits) - 1} more times." in text
    assert f"Observations, 1st, 2nd and 3rd, and {len(digits) - 3} more." in text
    whole = render(report, "m.json", colour=False, whole=True)
    assert whole.count("uk.integrity/code-fails-its-check-digit") == len(digits)


def test_one_finding_of_many_entries_names_three_places_and_all_names_each() -> None:
    born_after = Submission(
        patient=Patient(born="2020-01-01"),
        message=Message(sent="2026-03-05"),
        entries=tuple(
            Entry(path=f"entries[{n}]", codings=(Coding(system="sct", code="60001007"),), date=f"2010-01-{n % 28 + 1:02d}")
            for n in range(50)
        ),
    )
    report = load("uk.integrity").assess(born_after)
    assert "Observations, 1st, 2nd and 3rd, and 47 more." in render(report, "m.json", colour=False)
    assert "entries[49]" not in render(report, "m.json", colour=False)
    assert "entries[49]" in render(report, "m.json", colour=False, whole=True)
