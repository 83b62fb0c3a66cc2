"""Joins: what they leave out can be no partner, and a long record is not asked pair by pair."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import product
from operator import attrgetter
from pathlib import Path
from typing import Any

from tests.differential.worlds import (
    M_AMP,
    M_NO_IDENTITY,
    M_NO_INGREDIENTS,
    M_OTHER,
    M_UNKNOWN,
    M_VMP,
    P1,
    P3,
    SmallTerminology,
)

import codesafety
from codesafety.evaluation.atoms import products_answer
from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.compiled.answers import overlap
from codesafety.evaluation.compiled.joins import Medicines, Spread, Twins, course_days, of_each_kind
from codesafety.evaluation.compiled.triggers import looks_no_further
from codesafety.evaluation.facts import Facts, ItemFact
from codesafety.evaluation.sameness import same_entry
from codesafety.record import Coding, Component, Entry, Medication, Record, Submission

BOOK = Codebook(SmallTerminology(has_release=True))


def medicines(*each: dict[str, Any]) -> list[ItemFact]:
    products = (Coding(system="sct", code=M_VMP),)
    given = tuple(Medication(path=f"m[{i}]", products=products, **fields) for i, fields in enumerate(each))
    return Facts(Submission(medications=given), None, BOOK).incoming


def entries(*each: dict[str, Any]) -> list[ItemFact]:
    given = tuple(
        Entry(path=f"e[{i}]", codings=(Coding(system="sct", code=fields.pop("code")),), **fields) for i, fields in enumerate(each)
    )
    return Facts(Submission(entries=given), None, BOOK).incoming


def some_day(choose: random.Random) -> str | None:
    day = date(2020, 1, 1) + timedelta(days=choose.randrange(60))
    return choose.choice([day.isoformat(), day.isoformat(), day.isoformat()[:7], "2020", None])


def test_a_medicine_that_may_share_a_day_is_never_left_out() -> None:
    choose = random.Random(1)
    for _ in range(60):
        found = medicines(
            *(
                {
                    "start": some_day(choose),
                    "end": choose.choice([None, None, some_day(choose)]),
                    "days_supply": choose.choice([None, -1, 0, 1, 7, 28, 400]),
                    "status": choose.choice([None, "active"]),
                }
                for _ in range(12)
            )
        )
        courses = Spread(found, course_days)
        for one in found:
            beside = courses.between(*course_days(one))
            assert [m.index for m in beside] == sorted(m.index for m in beside)
            assert {m.index for m in beside} == {m.index for m in found if overlap(one, m, ("a", "b"), 0) is not False}


def kept(*each: dict[str, Any]) -> list[int]:
    products = (Coding(system="sct", code=M_VMP),)
    given = tuple(Medication(path=f"m[{i}]", products=products, **fields) for i, fields in enumerate(each))
    facts = Facts(Submission(medications=given), None, BOOK)
    return [item.index for item in of_each_kind(facts.incoming, facts)]


def test_the_first_two_and_the_last_two_of_a_kind_stand_for_all() -> None:
    assert kept(*[{"id": f"i{n}", "start": "2025-06-01"} for n in range(7)]) == [0, 1, 5, 6]
    assert kept(*[{"start": "2025-06-01"}, {"start": "2025-06-02"}] * 6) == [0, 1, 2, 3, 8, 9, 10, 11]
    assert kept(*[{"start": "2025-06-01", "text": f"number {n}"} for n in range(7)]) == [0, 1, 2, 3, 4, 5, 6]


def test_those_that_stand_for_all_are_of_two_orders() -> None:
    orders = ["a", "a", "a", "b", "a", "b", "b", "b"]
    assert kept(*[{"start": "2025-06-01", "order": order} for order in orders]) == [0, 3, 4, 7]
    assert kept(*[{"start": "2025-06-01", "order": "a"}] * 5) == [0, 4]


def test_what_the_record_holds_stands_for_itself() -> None:
    same = tuple(Entry(path=f"r[{i}]", id=f"r{i}", codings=(Coding(system="sct", code=P1),)) for i in range(6))
    facts = Facts(Submission(), Record(entries=same), BOOK)
    assert of_each_kind(facts.items, facts) == facts.items


def test_what_the_record_holds_too_is_of_another_kind() -> None:
    same = tuple(Entry(path=f"e[{i}]", id=f"e{i}", codings=(Coding(system="sct", code=P1),)) for i in range(12))
    facts = Facts(Submission(entries=same), Record(entries=same[4:9]), BOOK)
    assert [item.index for item in of_each_kind(facts.incoming, facts)] == [0, 1, 4, 5, 7, 8, 10, 11]


def test_ten_years_of_weekly_issues_have_each_their_neighbours_beside_them() -> None:
    weeks = [(date(2015, 1, 1) + timedelta(weeks=n)).isoformat() for n in range(520)]
    found = medicines(*({"start": week, "days_supply": 28} for week in weeks), {"start": "2015-01-01", "status": "active"})
    courses = Spread(found, course_days)
    assert [m.index for m in courses.between(*course_days(found[100]))] == [97, 98, 99, 100, 101, 102, 103, 520]
    assert len(courses.between(*course_days(found[520]))) == 521


def test_a_medicine_that_may_be_one_product_or_share_an_ingredient_is_never_left_out() -> None:
    codes = (M_AMP, M_VMP, M_OTHER, M_UNKNOWN, M_NO_IDENTITY, M_NO_INGREDIENTS)
    found = Facts(
        Submission(medications=tuple(Medication(path="m", products=(Coding(system="sct", code=code),)) for code in codes * 2)),
        None,
        BOOK,
    ).incoming
    medicines_ = Medicines(found)
    for one in found:
        for what, lists in (
            ("product", medicines_.of_product(one)),
            ("SharesIngredient", medicines_.of_ingredient(one)),
        ):
            beside = {m.index for each in lists or (found,) for m in each}
            assert beside >= {m.index for m in found if products_answer(what, one.product, m.product) is not False}
    assert len({m.index for each in medicines_.of_product(found[1]) for m in each}) < len(found)


def test_an_entry_that_may_say_the_same_is_never_left_out() -> None:
    choose = random.Random(2)
    for _ in range(60):
        found = entries(
            *({"code": choose.choice([P1, P3, "nonsense"]), "date": some_day(choose)} for _ in range(12)),
        )
        twins = Twins(found)
        for one in found:
            beside = twins.of(one)
            assert [e.index for e in beside] == sorted(e.index for e in beside)
            assert {e.index for e in beside} >= {e.index for e in found if same_entry(one, e)[0] is not False}


def test_what_may_be_of_a_day_between_two_is_never_left_out() -> None:
    choose = random.Random(3)
    for _ in range(60):
        found = entries(*({"code": P1, "date": some_day(choose)} for _ in range(12)))
        days = Spread(found, attrgetter("span"))
        for one, other in product(found, found):
            first, last = one.span[0], other.span[1]
            there = [e.index for e in found if e.span[0] <= last and e.span[1] >= first]
            assert [e.index for e in days.between(first, last)] == there


def test_readings_of_one_code_on_other_days_are_not_compared() -> None:
    days = [(date(2015, 1, 1) + timedelta(days=n)).isoformat() for n in range(1000)]
    found = entries(*({"code": P1, "date": day} for day in days), {"code": P1}, {"code": P3, "date": days[7]})
    assert [e.index for e in Twins(found).of(found[7])] == [7, 1000]


def test_what_asks_alike_is_answered_with_one_list() -> None:
    found = entries(*({"code": P1, "date": "2025-06-01"} for _ in range(50)))
    twins = Twins(found)
    assert all(twins.of(entry) is twins.of(found[0]) for entry in found)


def test_copies_are_of_the_other_side_of_one_kind_and_of_one_part() -> None:
    def resent(code: str) -> tuple[Entry, ...]:
        part = Component(codings=(Coding(system="sct", code=code),))
        return (Entry(path="e", id="x", codings=(Coding(system="sct", code=P1),), components=(part,)),)

    medicine = Medication(path="m", id="x", products=(Coding(system="sct", code=M_VMP),))
    same = Facts(Submission(entries=resent(P1)), Record(entries=resent(P1), medications=(medicine,)), BOOK)
    other = Facts(Submission(entries=resent(P1)), Record(entries=resent(P3)), BOOK)
    assert [set(same.copies_of(item)) for item in same.items] == [{2}, {3}, {0}, {1}, set()]
    assert [set(other.copies_of(item)) for item in other.items] == [{2}, set(), {0}, set()]


def test_the_parts_of_one_order_share_one_set_of_places() -> None:
    fields = ({"id": f"m{n}", "based_on": ("plan",)} for n in range(3))
    found = Facts(
        Submission(medications=tuple(Medication(path="m", products=(), **f) for f in (*fields, {"id": "alone"}))), None, BOOK
    )
    assert found.order_of(found.items[0]) == {0, 1, 2}
    assert found.order_of(found.items[0]) is found.order_of(found.items[2])
    assert found.order_of(found.items[3]) == {3}


ANOTHER = """ruleset t { title "T" version 1.0.0 language 2 }
valueset a "A" { codes 322236009 |Paracetamol 500mg tablets| }
valueset b "B" { codes 323509004 |Amoxicillin 250mg capsules| }
rule r { action note for medication m in a when exists medication x in b say "{m}" }
rule the-latest { action note for medication m in a with medication n in a when latest medication x in b has (x is incoming) say "{m}" }
"""


def test_medicines_that_are_alike_are_asked_by_themselves_where_one_is_of_an_order(tmp_path: Path) -> None:
    (tmp_path / "t.rules").write_text(ANOTHER, encoding="utf-8")
    engine = codesafety.load(tmp_path, installed_plugins=False)

    def issue(path: str, code: str, order: str | None = None) -> Medication:
        return Medication(path=path, products=(Coding(system="sct", code=code),), order=order)

    alone, again = issue("alone", "322236009"), issue("again", "322236009", "2")
    of_one_order = issue("part", "322236009", "1"), issue("other part", "323509004", "1")
    for medications in ((alone, *of_one_order, again), (*of_one_order, again, alone)):
        results = engine.assess(Submission(medications=medications)).results
        fired = [r for r in results if r.rule == "t/r" and r.outcome == "fires"]
        assert {entry.path for r in fired for entry in r.entries} == {"alone", "again"}


def test_a_rule_that_looks_for_the_latest_looks_further_than_its_pair(tmp_path: Path) -> None:
    (tmp_path / "t.rules").write_text(ANOTHER, encoding="utf-8")
    latest = next(rule for rule in codesafety.load(tmp_path, installed_plugins=False).rules if rule.name == "t/the-latest")
    assert not looks_no_further(latest)
