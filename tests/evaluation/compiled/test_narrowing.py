"""Members are narrowed by their days before they are asked: what is left out would have been certainly none."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

from tests.differential.compare import compared

import codesafety
from codesafety import Engine, Submission
from codesafety.evaluation.facts import Facts, Unseen
from codesafety.evaluation.reference.run import run_reference
from codesafety.evaluation.work import Work
from codesafety.record import Coding, Coverage, Entry, NotRead, Record

PREGNANT, NOT_PREGNANT, ASTHMA = "77386006", "60001007", "195967001"
HEAD = """ruleset t { title "T" version 1.0.0 language 2 review none }
valueset any "Any" { codes 77386006 |Pregnant|, 60001007 |Not pregnant| perhaps 195967001 |Asthma| }
valueset some "Some" { codes 77386006 }
limit a_while "A while" { default 5 days from 2 days to 9 days source "the authors' own" }
"""
ATOMS = (
    "x is before e",
    "x is after e",
    "e is before x",
    "x is on the same day as e",
    "x is within a_while before e",
    "x is within 1 months after e",
    "e is within 1 months of x",
    "e is within 2 weeks after x",
    "x is more than 1 months before e",
    "e is more than 1 weeks before x",
    "x is more than 3 days after e",
    "e is more than 1 months after x",
    "x is more than 2 weeks from e",
    "x is less than 1 months before e",
    "e is less than 2 weeks from x",
    "x is before e.value",
    "e.value is within 1 months of x",
    "x is on the same day as patient.died",
    "x in some",
    "e in some",
    "x is incoming",
    "e.value is missing",
    "patient.gender is female",
)


def condition(choose: random.Random, depth: int = 2) -> str:
    if depth == 0 or choose.random() < 0.2:
        atom = choose.choice(ATOMS)
        return f"not ({atom})" if choose.random() < 0.25 else atom
    parts = [f"({condition(choose, depth - 1)})" for _ in range(choose.choice((2, 2, 3)))]
    joined = choose.choice((" or ", " and ")).join(parts)
    return f"not ({joined})" if choose.random() < 0.2 else joined


def rules(choose: random.Random) -> str:
    asked = [condition(choose) for _ in range(8)]
    forms = (
        "for entry e in any with entry x in any when {}",
        "for entry e in any with entry x when {}",
        "for entry e in any when exists entry x in any where ({})",
        "for entry e in any when no entry x in any where ({})",
        "for entry e in any when at least 2 days with entry x in any where ({})",
        "for entry e in any when at least 3 entry x in any including e where ({})",
        "for entry e in any with entry x in some when fewer than 4 entry y in any where (y is before e or ({y}))",
        "for entry e in any when latest entry x in any where ({}) has (x in some)",
    )
    return HEAD + "".join(
        f'rule r{n} {{ action note {form.format(one, y=one.replace("x.", "y.").replace("x ", "y ").replace(" x", " y"))} say "{{e}}" }}\n'
        for n, (form, one) in enumerate(zip(forms, asked, strict=True))
    )


def some_entries(choose: random.Random, side: str) -> tuple[Entry, ...]:
    def day() -> str | None:
        exact = date(2020, 1, 1) + timedelta(days=choose.randrange(120))
        return choose.choice([*[exact.isoformat()] * 4, exact.isoformat()[:7], None])

    return tuple(
        Entry(
            path=f"{side}[{n}]",
            date=day(),
            codings=(Coding(system="sct", code=choose.choice((PREGNANT, NOT_PREGNANT, ASTHMA))),),
            value={"date": day()} if choose.random() < 0.3 else None,  # type: ignore[arg-type]
        )
        for n in range(choose.randrange(6, 14))
    )


def test_both_evaluators_answer_alike_of_many_members_whose_days_are_in_question(tmp_path: Path) -> None:
    choose = random.Random(8)
    for n in range(8):
        (tmp_path / "t.rules").write_text(rules(choose), encoding="utf-8")
        engine = codesafety.load(tmp_path, installed_plugins=False)
        for _ in range(2):
            patient = {"gender": choose.choice(["female", None]), "died": "2020-02-01"}
            submission = Submission.model_validate({"patient": patient, "entries": some_entries(choose, "incoming")})
            record = Record(entries=some_entries(choose, "record"))
            facts = Facts(submission, record, engine.binding.codebook)
            slow = run_reference(engine.binding, Facts(submission, record, engine.binding.codebook))
            assert compared(engine.program.run(facts), facts) == compared(slow, facts), n


def spent(engine: Engine, entries: tuple[Entry, ...]) -> int:
    facts = Facts(Submission(entries=entries), None, engine.binding.codebook, Work(10**12))
    engine.program.run(facts)
    return 10**12 - facts.work.left


def of_days(*days: str, code: str = PREGNANT) -> tuple[Entry, ...]:
    return tuple(Entry(path=f"{code}[{n}]", date=day, codings=(Coding(system="sct", code=code),)) for n, day in enumerate(days))


def loaded(tmp_path: Path, rule: str) -> Engine:
    (tmp_path / "t.rules").write_text(
        f'{HEAD}rule r {{ action note for entry e in some {rule} say "{{e}}" }}\n', encoding="utf-8"
    )
    return codesafety.load(tmp_path, installed_plugins=False)


def test_a_month_that_ends_early_leaves_out_nobody(tmp_path: Path) -> None:
    engine = loaded(tmp_path, "with entry x in any when e is within 1 months before x")
    others = of_days(*(f"2021-05-{n:02d}" for n in range(1, 21)), code=NOT_PREGNANT)
    ends = of_days("2020-02-29"), of_days("2020-03-31", code=NOT_PREGNANT)
    fired = [r for r in engine.assess(Submission(entries=(*ends[0], *ends[1], *others))).results if r.outcome == "fires"]
    assert [sorted(entry.date or "" for entry in r.entries) for r in fired] == [["2020-02-29", "2020-03-31"]]
    from_one_side = engine.assess(Submission(entries=ends[0]), Record(entries=(*ends[1], *others)))
    assert [r.rule for r in from_one_side.results if r.outcome == "fires"] == ["t/r"]


def test_an_order_of_days_inside_an_alternative_is_not_asked_pair_by_pair(tmp_path: Path) -> None:
    engine = loaded(tmp_path, "with entry x in any when x not in some or x is before e")

    def of_one_day(n: int) -> tuple[Entry, ...]:
        return tuple(one.model_copy(update={"text": f"number {i}"}) for i, one in enumerate(of_days(*["2020-02-01"] * n)))

    assert spent(engine, of_one_day(400)) <= 4.5 * spent(engine, of_one_day(100))


def test_a_count_beside_what_was_not_seen_names_that_one_alone(tmp_path: Path) -> None:
    engine = loaded(
        tmp_path, "with entry x in any when at least 2 entry y in any where (y is incoming and y is within 5 days of x)"
    )
    unread = NotRead(path="z", reason="broken", coded=True, whole=True)
    submission = Submission(entries=of_days("2020-01-01", "2020-01-02"), not_read=(unread,))
    facts = Facts(submission, None, engine.binding.codebook)
    fast = engine.program.run(facts)
    missing = {a.partner.called: a.missing for o in fast.outcomes for a in o.applications if isinstance(a.partner, Unseen)}
    assert missing == {"record": {"record", "message.unread"}, "message.unread": {"message.unread"}}
    slow = run_reference(engine.binding, Facts(submission, None, engine.binding.codebook))
    assert compared(fast, facts) == compared(slow, facts)


def both(engine: Engine, entries: tuple[Entry, ...]) -> dict[str, str]:
    """Return what both evaluators say of entries beside a complete record, by path: alike."""
    submission, record = Submission(entries=entries), Record(complete=(Coverage(kind="entry"),))
    facts = Facts(submission, record, engine.binding.codebook)
    fast = engine.program.run(facts)
    slow = run_reference(engine.binding, Facts(submission, record, engine.binding.codebook))
    assert compared(fast, facts) == compared(slow, facts)
    return {o.subject.model.path: o.status.value for o in fast.outcomes if o.subject is not None}


def test_a_count_for_all_of_one_day_leaves_out_each_open_member_where_it_asks_itself(tmp_path: Path) -> None:
    (tmp_path / "t.rules").write_text(
        f'{HEAD}rule r {{ action note for entry e when at least 3 entry x in any where (x is on the same day as e) say "{{e}}" }}\n',
        encoding="utf-8",
    )
    engine = codesafety.load(tmp_path, installed_plugins=False)
    codes = {"none": "44054006", "open": ASTHMA, "open too": ASTHMA, "sure": PREGNANT}
    entries = tuple(
        Entry(path=path, date="2020-01-01", text=path, codings=(Coding(system="sct", code=code),)) for path, code in codes.items()
    )
    assert both(engine, entries) == {"none": "cannot_tell"}


def test_what_no_set_understands_is_answered_by_its_own_context(tmp_path: Path) -> None:
    (tmp_path / "t.rules").write_text(f'{HEAD}rule r {{ action note for history e in any say "{{e}}" }}\n', encoding="utf-8")
    engine = codesafety.load(tmp_path, installed_plugins=False)
    code = (Coding(system="http://read.info/readv2", code="K5"),)
    entries = (
        Entry(path="absent", date="2020-01-01", assertion="absent", codings=code),
        Entry(path="past", date="2020-01-01", temporality="past", codings=code),
    )
    assert both(engine, entries) == {"past": "cannot_tell"}


def test_a_count_for_all_of_two_days_knows_which_day_it_has_lost(tmp_path: Path) -> None:
    near = "y is within 5 days of e and y is within 5 days of x"
    rule = f"for entry e with entry x when x is after e and at least 2 days with entry y in any where ({near})"
    (tmp_path / "t.rules").write_text(f'{HEAD}rule r {{ action note {rule} say "{{e}}" }}\n', encoding="utf-8")
    engine = codesafety.load(tmp_path, installed_plugins=False)
    sent = (("1", PREGNANT), ("1", "44054006"), ("1", ASTHMA), ("2", PREGNANT), ("2", "44054006"))
    entries = tuple(
        Entry(path=f"{n}", date=f"2020-01-0{day}", text=f"{n}", codings=(Coding(system="sct", code=code),))
        for n, (day, code) in enumerate(sent)
    )
    # Without 3, the open one is of a day that 0 and 1 have anyhow.
    assert both(engine, entries) == {"0": "cannot_tell", "1": "fires", "2": "fires", "4": "fires"}
