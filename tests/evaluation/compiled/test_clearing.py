"""What gender and age clear at once: never an item of which a rule has something to say, and most of the others."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.benchmarks.workload import EverythingKnown, ruleset_of, submission_of, workload
from tests.differential.rules import field
from tests.differential.worlds import P1, bound
from tests.evaluation.compiled.test_program import E, both, entry, rule

from codesafety import ir
from codesafety.evaluation.binding import bind
from codesafety.evaluation.compiled.clearing import ALWAYS, Window, common, windows_of
from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts
from codesafety.ir import FieldType
from codesafety.record import Message, Patient, Submission

AT = field(E, "date", FieldType.DATE, E)
MALE = ir.FieldIs(field("patient", "gender", FieldType.WORD), "male")


def younger(n: int, unit: ir.Unit = ir.Unit.YEARS) -> ir.AgeCompare:
    return ir.AgeCompare(AT, "<", ir.Length(Decimal(n), unit))


def reached(n: int, unit: ir.Unit = ir.Unit.YEARS) -> ir.AgeCompare:
    return ir.AgeCompare(AT, ">=", ir.Length(Decimal(n), unit))


simple = st.one_of(
    st.just(MALE),
    st.builds(
        lambda ask, n, unit: ask(n, unit), st.sampled_from([younger, reached]), st.integers(0, 30), st.sampled_from(ir.Unit)
    ),
)
conditions = st.recursive(
    simple,
    lambda part: st.one_of(
        st.lists(part, min_size=1, max_size=3).map(lambda parts: ir.And(tuple(parts))),
        st.lists(part, min_size=1, max_size=3).map(lambda parts: ir.Or(tuple(parts))),
        part.map(ir.Not),
    ),
    max_leaves=4,
)
days = st.one_of(
    st.none(),
    st.integers(-40, 12_000).map(lambda n: (date(1992, 2, 29) + timedelta(days=n)).isoformat()),
    st.sampled_from(["1992", "2004-02", "2022", "2010-02-28", "2022-02-28", "2022-03-01"]),
)


@given(st.lists(conditions, min_size=1, max_size=4), days, days, st.sampled_from(["male", "female", "other", None]))
def test_both_evaluators_agree_of_rules_that_gender_and_age_may_clear(
    asked: list[ir.Condition], day: str | None, born: str | None, gender: str | None
) -> None:
    rules = [rule(f"r{n}", ir.Trigger(E), when) for n, when in enumerate(asked)]
    submission = Submission(
        patient=Patient(gender=gender, born=born), message=Message(sent="2025-06-01"), entries=(entry(P1, date=day),)
    )
    both(bound(rules), submission)


def test_what_a_rule_asks_first_or_last_is_cleared() -> None:
    binding = bound([])
    made = [
        windows_of(rule("r", ir.Trigger(E), when), binding)
        for when in (MALE, ir.And((younger(12), MALE)), ir.Or((younger(12), MALE)), reached(50), younger(0), ir.Not(MALE))
    ]
    children, adults = Window(over=4392), Window(least=0, under=18250)
    assert made == [
        {"female": ALWAYS},
        {"male": children, "female": ALWAYS, None: children},
        {"female": children},
        {"male": adults, "female": adults, None: adults},
        {},
        {},
    ]
    assert common(made[:1] + made[3:4]) == {"female": adults}
    assert common([]) == {}
    assert ALWAYS.within(ALWAYS) is ALWAYS


def test_a_rule_with_a_partner_or_a_predicate_or_no_condition_is_never_cleared() -> None:
    binding = bound([])
    asks = ir.Unless(None, ir.Custom("p/x", (E,)))
    partner = ir.Var("x", ir.Kind.ENTRY, 1)
    assert windows_of(rule("r", ir.Trigger(E, partner), MALE), binding) == {}
    assert windows_of(rule("r", ir.Trigger(E), MALE, unless=(asks,)), binding) == {}
    assert windows_of(rule("r", ir.Trigger(E), ir.And((MALE, ir.Not(ir.Custom("p/x", (E,)))))), binding) == {}
    assert windows_of(rule("r", ir.Trigger(E)), binding) == {}


def test_of_records_that_break_no_rule_nearly_nothing_is_asked() -> None:
    made = workload(100, 200)
    binding = bind([ruleset_of(made.rules)], EverythingKnown())
    program = compile_program(binding)
    asked = broken = 0
    for patient in made.patients:
        facts = Facts(submission_of(patient), None, binding.codebook)
        broken += bool(program.run(facts).outcomes)
        asked += (facts.work.budget - facts.work.left_alone) > 0
    assert asked <= broken + 4
