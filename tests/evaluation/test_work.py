"""The counted budget of work and the deadline: what is not asked is not checked, and held; the rest is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesafety import ConfigurationError, Engine, Report, load
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.work import WORK_BUDGET, Bounds, DeadlinePassed, Work, WorkSpent
from codesafety.record import Coding, Coverage, Entry, Message, Patient, Record, Submission

PREGNANT = Coding(system="sct", code="77386006")
SPENT = "not asked: the budget of work for one message is spent"
LATE = "not asked: the deadline for one message is over"

RULES = """
ruleset work { title "Work" version 1.0.0 language 2 review none }
valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| }

rule in-a-man {
  action  review
  for     entry e in pregnant
  when    patient.gender is male
  say     "{e}"
  example "a man" { given patient gender male given incoming entry 77386006 expect fires }
}

rule chain {
  action  note
  for     entry e in pregnant
  when    exists entry x in pregnant where (x is more than 1 days from e and exists entry y in pregnant where (y is after x))
  say     "{e}"
  example "three" {
    given incoming entry 77386006, date 2025-06-01
    given incoming entry 77386006, date 2025-06-02
    given incoming entry 77386006, date 2025-06-03
    expect fires
  }
}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "work.rules"
    path.write_text(RULES)
    return path


def sent(entries: int, *, alike: bool = False) -> Submission:
    """A message of entries of one code and one day, so that none is after another and every pair of those that differ has to be looked at."""
    return Submission(
        patient=Patient(gender="male"),
        message=Message(sent="2025-06-02"),
        entries=tuple(
            Entry(path=f"entries[{i}]", codings=(PREGNANT,), date="2025-06-01", text=None if alike else str(i))
            for i in range(entries)
        ),
    )


COMPLETE = Record(complete=(Coverage(kind="entry"), Coverage(kind="medication")))


def not_asked(report: Report, reason: str = SPENT) -> list[tuple[str | None, str | None]]:
    return [(line.path, line.rule) for line in report.not_checked if line.reason == reason]


def spent(engine: Engine, submission: Submission) -> int:
    facts = Facts(submission, COMPLETE, engine.binding.codebook)
    engine.program.run(facts)
    return WORK_BUDGET - facts.work.left


def test_work_is_counted_by_the_members_looked_at_and_not_by_the_clock(rules: Path) -> None:
    engine = load(rules)
    assert [spent(engine, sent(n)) for n in (1, 10, 20, 40)] == [1, 100, 400, 1600]
    assert spent(engine, sent(40)) == spent(load(rules), sent(40))


def test_entries_that_are_alike_are_asked_once(rules: Path) -> None:
    assert [spent(load(rules), sent(n, alike=True)) for n in (1, 10, 40)] == [1, 10, 40]
    report = load(rules).assess(sent(10, alike=True), COMPLETE)
    assert [(i.decision, i.rules.answered) for i in report.items] == [("review", 2)] * 10


def test_what_the_budget_does_not_reach_is_held_and_the_rest_is_answered(rules: Path) -> None:
    engine = load(rules, work_budget=9_800)
    report = engine.assess(sent(100), COMPLETE)
    assert not_asked(report) == [("entries[98]", "work/chain"), ("entries[99]", "work/chain")]
    assert len(report.not_checked) == 2
    assert [i.decision for i in report.items] == ["review"] * 98 + ["hold", "hold"]
    assert [i.rules.answered for i in report.items] == [2] * 98 + [1, 1]
    assert [(r.rule, r.count) for r in report.results if r.outcome == "fires"] == [("work/in-a-man", 100)]
    assert report.decision == "hold"
    assert engine.assess(sent(100), COMPLETE) == report


def test_the_reference_counts_as_well_and_looks_at_more(rules: Path) -> None:
    report = load(rules, evaluator="reference", work_budget=9_800).assess(sent(100), COMPLETE)
    assert not_asked(report) == [(f"entries[{i}]", "work/chain") for i in range(100)]
    assert [(r.rule, r.count) for r in report.results if r.outcome == "fires"] == [("work/in-a-man", 100)]


def test_a_budget_that_suffices_changes_nothing(rules: Path) -> None:
    enough, plenty = load(rules, work_budget=10_000), load(rules)
    one, other = (engine.assess(sent(100), COMPLETE) for engine in (enough, plenty))
    assert (one.not_checked, one.decision, one.results) == ((), "review", other.results)
    assert one.engine.digest != other.engine.digest


def alone(engine: Engine, submission: Submission) -> int:
    facts = Facts(submission, COMPLETE, engine.binding.codebook)
    engine.program.run(facts)
    return WORK_BUDGET - facts.work.left_alone


def test_what_each_item_costs_by_itself_is_counted_by_its_rules_and_answers(rules: Path) -> None:
    engine = load(rules)
    assert [alone(engine, sent(n)) for n in (1, 2, 40)] == [60, 120, 2400]  # two rules are asked, and one fires


def test_items_that_the_budget_does_not_reach_are_held(rules: Path) -> None:
    report = load(rules, work_budget=150).assess(sent(4), COMPLETE)
    assert sorted(not_asked(report)) == [
        ("entries[2]", "work/in-a-man"),  # asked, and its answer is beyond the budget
        ("entries[3]", "work/chain"),
        ("entries[3]", "work/in-a-man"),
    ]
    assert [i.decision for i in report.items] == ["review", "review", "hold", "hold"]


def test_what_is_wrong_with_a_code_by_itself_is_told_before_all_else() -> None:
    damaged = tuple(
        Entry(path=f"entries[{n}]", codings=(Coding(system="sct", code=str(77386000 + n)),), date="2025-06-01")
        for n in range(1, 5)
    )
    report = load("uk.integrity", work_budget=600).assess(Submission(message=Message(sent="2025-06-02"), entries=damaged))
    assert sum("damaged" in r.rule or "digit" in r.rule for r in report.results if r.outcome == "fires") == 4
    assert {line.reason for line in report.not_checked} == {SPENT}


def test_the_day_of_a_message_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str | None] = []
    monkeypatch.setattr("codesafety.evaluation.facts.date_of", lambda text: read.append(text))
    facts = Facts(sent(3), None, load().binding.codebook)
    days = {facts.message_day for _ in range(5)}
    assert (days, read.count("2025-06-02")) == (days, 1)


def test_a_member_that_is_found_early_costs_no_more_than_that(rules: Path) -> None:
    work = Work(10)
    members = ["a", "b", "c", "d"]
    assert work.counted(members) is members
    assert work.left == 6
    assert work.found(members, "b") is True
    assert work.left == 8
    with pytest.raises(WorkSpent):
        work.spend(12)
    with pytest.raises(WorkSpent):
        work.spend(1)


def test_the_deadline_is_asked_between_items_and_what_comes_later_is_held(rules: Path) -> None:
    engine = load(rules)
    facts = Facts(sent(2), COMPLETE, engine.binding.codebook, Work(until=0.0))
    for broken in engine.program.run(facts).broken:
        assert (broken.reason, broken.subjects) == (LATE, (0, 1))
    report = load(rules, deadline_s=1e-9).assess(sent(2), COMPLETE)
    assert sorted(not_asked(report, LATE)) == [
        (f"entries[{i}]", f"work/{rule}") for i in (0, 1) for rule in ("chain", "in-a-man")
    ]
    assert report.decision == "hold"


def test_a_deadline_begins_with_each_message() -> None:
    bounds = Bounds(deadline_s=3600)
    bounds.work().in_time()
    with pytest.raises(DeadlinePassed):
        Bounds(deadline_s=1e-9).work().in_time()


@pytest.mark.parametrize("bounds", [{"work_budget": 0}, {"work_budget": -1}, {"deadline_s": 0}, {"deadline_s": float("nan")}])
def test_a_bound_that_lets_nothing_through_is_refused(rules: Path, bounds: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match="a work budget is a whole number from 1 on"):
        load(rules, **bounds)  # type: ignore[arg-type]


WORDS = """
ruleset words { title "Words" version 1.0.0 language 2 review none }
valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| source "SNOMED CT" phrases "phrases.csv" }
rule denied {
  title   "Denied in words"
  action  review
  for     text t with entry e in pregnant
  when    t denies pregnant and e is incoming and t is on the same day as e
  say     "{e}"
}
"""


def told_in_words(entries: int, *, alike: bool = True) -> Submission:
    """A message in which the words of every second entry deny what all of them say."""
    return Submission(
        message=Message(sent="2025-06-02"),
        entries=tuple(
            Entry(
                path=f"entries[{i}]",
                codings=(PREGNANT,),
                date="2025-06-01",
                text=("not pregnant" if alike else f"not pregnant. {i}") if i % 2 else None,
            )
            for i in range(entries)
        ),
    )


def test_words_that_are_alike_stand_beside_every_entry_once_and_every_entry_is_told(tmp_path: Path) -> None:
    (tmp_path / "words.rules").write_text(WORDS)
    (tmp_path / "phrases.csv").write_text("phrase,says\nnot pregnant,denies\npregnant,affirms\n")
    engine = load(tmp_path)
    by_size = [spent(engine, told_in_words(n)) for n in (20, 40, 80)]
    assert by_size[2] - by_size[1] == 2 * (by_size[1] - by_size[0])
    assert [spent(engine, told_in_words(n, alike=False)) // n**2 for n in (20, 40, 80)] == [48, 49, 49]  # every pair is judged
    (found,) = engine.assess(told_in_words(40), COMPLETE).results
    assert (found.rule, {e.path for e in found.entries}) == ("words/denied", {f"entries[{i}]" for i in range(40)})
    reference = load(tmp_path, evaluator="reference")
    assert [{e.path for e in r.entries} for r in reference.assess(told_in_words(40), COMPLETE).results] == [
        {f"entries[{i}]" for i in range(40)}
    ]
