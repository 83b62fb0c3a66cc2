"""The compiled program against the interpreter, on rules of every form and on messages and records with holes in them."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator, Sequence
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.differential.compare import compared
from tests.differential.pairs import asked
from tests.differential.refinements import refined
from tests.differential.rules import RuleMaker
from tests.differential.seeded import Seeded
from tests.differential.worlds import Chooser, bound, some_record, some_submission

from codesafety import ir
from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.compiled.scene import Scene
from codesafety.evaluation.compiled.standing import Concepts
from codesafety.evaluation.facts import Facts, ItemFact
from codesafety.evaluation.outcome import Status
from codesafety.evaluation.reference.interpreter import Interpreter
from codesafety.evaluation.reference.run import run_reference
from codesafety.ir import Kind
from codesafety.record import Entry, Medication, Message, Submission

T = TypeVar("T")
Item = TypeVar("Item", Entry, Medication)
ROUNDS = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
SEEDS = 150
"""Hypothesis shrinks what fails; seeded choices are twenty times as fast. Each law is tried with both."""


@dataclasses.dataclass
class Drawn:
    """Choices drawn by hypothesis."""

    draw: st.DrawFn

    def pick(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(options))

    def count(self, most: int) -> int:
        return self.draw(st.integers(0, most))


@ROUNDS
@given(st.data())
def test_the_program_answers_as_the_interpreter_with_the_same_missing_fields(data: st.DataObject) -> None:
    both_agree(Drawn(data.draw))


def test_the_program_answers_as_the_interpreter_on_seeded_rules() -> None:
    answers, _, wrong = asked(0, SEEDS // 10)
    assert wrong == []
    assert answers["fires"] > 100 and answers["cannot_tell"] > 500


def both_agree(choose: Chooser) -> None:
    maker = RuleMaker(choose)
    binding = bound([maker.rule(f"r{i}") for i in range(2)], has_release=choose.pick((True, False)))
    program = compile_program(binding)
    for _ in range(2):
        submission, record = some_submission(choose), some_record(choose)
        facts = Facts(submission, record, binding.codebook)
        fast, slow = program.run(facts), run_reference(binding, Facts(submission, record, binding.codebook))
        assert compared(fast, facts) == compared(slow, facts)
        places = [(-1 if o.subject is None else o.subject.index, program.number(o.rule.name)) for o in fast.outcomes]
        assert places == sorted(places)


def test_one_of_many_partners_that_are_alike_stands_for_all() -> None:
    for seed in range(SEEDS // 3):
        choose = Seeded(random.Random(seed))
        maker = RuleMaker(choose)
        binding = bound([maker.rule(f"r{i}") for i in range(4)], has_release=True)
        once, record = some_submission(choose, 2), some_record(choose)
        submission = once.model_copy(
            update={"entries": again(choose, once.entries), "medications": again(choose, once.medications)}
        )
        facts = Facts(submission, record, binding.codebook)
        slow = run_reference(binding, Facts(submission, record, binding.codebook))
        assert compared(compile_program(binding).run(facts), facts) == compared(slow, facts)


def again(choose: Chooser, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Return each item several times, with other ids and orders, in any order."""
    every = [
        item.model_copy(
            update={"path": f"{item.path}[{n}]", "id": choose.pick((None, item.id, f"{item.path}{n}"))}
            | ({"order": choose.pick((None, "o1", "o2"))} if isinstance(item, Medication) else {})
        )
        for item in items
        for n in range(1 + choose.count(6))
    ]
    return tuple(sorted(every, key=lambda _: choose.count(10**6)))


@ROUNDS
@given(st.data())
def test_a_skipped_rule_is_as_if_it_were_not_loaded(data: st.DataObject) -> None:
    choose = Drawn(data.draw)
    maker = RuleMaker(choose)
    rules = [maker.rule(f"r{i}") for i in range(3)]
    whole, part = bound(rules), bound([rules[0], rules[2]])
    submission, record = some_submission(choose), some_record(choose)
    facts = Facts(submission, record, whole.codebook)
    skipped = compared(compile_program(whole).run(facts, skip=frozenset({"w/r1", "w/unknown"})), facts)
    assert skipped == compared(compile_program(part).run(Facts(submission, record, part.codebook)), facts)
    slow = run_reference(whole, Facts(submission, record, whole.codebook), skip=frozenset({"w/r1"}))
    assert skipped == compared(slow, facts)


@ROUNDS
@given(st.data())
def test_a_failing_predicate_takes_no_other_rule_with_it(data: st.DataObject) -> None:
    choose = Drawn(data.draw)
    maker, failing = RuleMaker(choose), RuleMaker(choose, custom=("demo/fails",))
    fails = dataclasses.replace(failing.rule("fails"), when=_alone(failing), unless=())
    rules = [maker.rule("r0"), fails, maker.rule("r2")]
    binding = bound(rules)
    submission, record = some_submission(choose), some_record(choose)
    facts = Facts(submission, record, binding.codebook)
    fast, slow = compile_program(binding).run(facts), run_reference(binding, facts)
    mine = [{o for o in compared(run, facts)[0] if o[0] != "w/fails"} for run in (fast, slow)]
    assert mine[0] == mine[1]
    assert {(b.rule, b.reason, b.plugin) for b in fast.broken} <= {("w/fails", "KeyError", "demo")}
    # The program may not need the predicate's answer where the interpreter asks for it; it never fails where that does not.
    assert {p for b in fast.broken for p in b.subjects} <= {p for b in slow.broken for p in b.subjects}
    for o in fast.outcomes:
        assert not any(b.rule == o.rule.name and (o.subject.index if o.subject else None) in b.subjects for b in fast.broken)


def _alone(maker: RuleMaker) -> ir.Condition:
    var = ir.Var("q0", ir.Kind.MENTION, 2)
    return ir.Quantified("exists", var, ir.Custom("demo/fails", (var,)))


def test_who_is_another_is_told_alike() -> None:
    """A copy of a medicine is none, even where other links give it another order."""
    binding = bound([])
    for seed in range(1500):
        choose = Seeded(random.Random(seed))
        facts = Facts(some_submission(choose), some_record(choose), binding.codebook)
        scene = Scene(facts, Concepts(binding, ()), ())
        for named in facts.items:
            others = [item for item in facts.items if item.is_entry == named.is_entry]
            same = {item.index for item in others if not facts.is_another(item, named)}
            assert scene.excluded(named) == same, seed


# ------------------------------------------------------------------------------------------------ metamorphic laws


def _answers(rules: Sequence[ir.Rule], world: tuple, binding: object) -> dict:
    facts = Facts(*world, binding.codebook)  # type: ignore[attr-defined]
    interpreter = Interpreter(binding, facts)  # type: ignore[arg-type]
    subjects: list[ItemFact | None] = [None, *(item for item in facts.incoming if item.component is None)]
    return {(rule.name, s.path if s else None): interpreter.outcome(rule, s) for rule in rules for s in subjects}


@ROUNDS
@given(st.data())
def test_filling_in_what_was_missing_never_turns_one_decided_answer_into_another(data: st.DataObject) -> None:
    stays_decided(Drawn(data.draw))


def test_seeded_rules_stay_decided_when_something_is_filled_in() -> None:
    for seed in range(SEEDS):
        stays_decided(Seeded(random.Random(seed)))


def stays_decided(choose: Chooser) -> None:
    """A decided answer holds however the holes are filled; what cannot be told stays so unless something listed is filled in.

    `is missing` asks for a hole and is left out; so is what reads an absent value as a value, `found`, which asks of what was
    seen only, and rules with a validity, which judge an undated item by the message's day.
    """
    maker = RuleMaker(choose, custom=("demo/even",), is_missing=False)
    rules = [dataclasses.replace(maker.rule(f"r{i}"), valid_from=None, valid_until=None) for i in range(2)]
    if any(word in str(rule) for rule in rules for word in ("SameEntry", "ALREADY_FILED", "found=True")):
        return
    submission = some_submission(choose, 2)
    submission = Submission(**{**_fields(submission), "not_read": (), "message": Message(sent="2025-06-02")})
    record = some_record(choose, 2)
    binding = bound(rules)
    found = refined((submission, record), Facts(submission, record, binding.codebook), choose)
    if found is None:
        return
    filled, world = found
    before, after = _answers(rules, (submission, record), binding), _answers(rules, world, binding)
    for place, was in before.items():
        if filled in ("code", "route") and was.rule.trigger.subject.kind is ir.Kind.CODING:
            continue  # a coding that is filled in is one more to judge
        now = after[place]
        if was.status is Status.FIRES and not any(a.untested for a in was.applications):
            assert now.status is Status.FIRES, (place, filled)
        if was.status is Status.CLEAR:
            # Where the only application was with a member not seen, there may be none.
            assert now.status in (Status.CLEAR, Status.NOT_APPLICABLE), (place, filled)
        # What an exception lacks is not listed while the condition itself cannot be told (table 1).
        listed = filled in ("patient.gender", "patient.born", "record") and not was.rule.unless
        if was.status is Status.CANNOT_TELL and listed and filled not in was.missing:
            assert now.status is Status.CANNOT_TELL, (place, filled, was.missing)


def _fields(model: Submission) -> dict:
    return {name: getattr(model, name) for name in model.model_fields_set}


@pytest.mark.parametrize("seen", [True, False])
def test_a_member_without_a_set_that_was_not_seen_need_not_exist(seen: bool) -> None:
    member = ir.Var("q", ir.Kind.MENTION, 2)
    rule = dataclasses.replace(
        RuleMaker(_First()).rule("r"),
        trigger=ir.Trigger(ir.Var("message", ir.Kind.MESSAGE, 0)),
        unless=(),
        valid_from=None,
        when=ir.Quantified("exists", member, ir.Not(ir.ItemIs(member, ir.ItemWord.INCOMING))),
    )
    binding = bound([rule])
    facts = Facts(Submission(), None, binding.codebook)
    run = compile_program(binding).run(facts) if seen else run_reference(binding, facts)
    assert [(o.status, o.missing) for o in run.outcomes] == [(Status.CANNOT_TELL, frozenset({"record"}))]


class _First:
    def pick(self, options: Sequence[T]) -> T:
        return options[0]

    def count(self, most: int) -> int:
        return 0


def test_the_generator_reaches_every_form_of_quantifier_in_every_place() -> None:
    reached: set[str] = set()
    for seed in range(3000):
        rule = RuleMaker(Seeded(random.Random(seed))).rule("r")
        for place, condition in [("when", rule.when), *(("unless", u.condition) for u in rule.unless)]:
            if condition is not None:
                reached |= {f"{place}: {form}" for form in _forms(condition, 0)}
    counts = [f"{count} {what}" for count in ("at_least", "fewer") for what in ("items", "days", "episodes")]
    everywhere = ["exists", "no", *counts, "latest", "earliest"]
    forms = [f"{form}, {depth} deep" for form in everywhere for depth in (0, 1)] + [f"{count} of its own too" for count in counts]
    kinds = [f"{form} {kind.value}" for form in ("exists", "latest") for kind in (Kind.ENTRY, Kind.HISTORY, Kind.MENTION)]
    wanted = {f"{place}: {form}" for place in ("when", "unless") for form in (*forms, *kinds, "several")}
    wanted |= {f"unless: {form} found, {depth} deep" for form in ("exists", "no") for depth in (0, 1)}
    assert wanted - reached == set()
    assert not [form for form in reached if form.startswith("when") and "found" in form]


def _forms(condition: ir.Condition, depth: int) -> Iterator[str]:
    match condition:
        case ir.Several():
            yield "several"
        case ir.Ordered(order=order, var=var):
            yield f"{order}, {depth} deep"
            yield f"{order} {var.kind.value}"
        case ir.Quantified(quantifier="exists" | "no" as form, var=var, found=found):
            yield f"{form}{' found' if found else ''}, {depth} deep"
            yield f"{form} {var.kind.value}"
        case ir.Quantified(quantifier=form, counted=counted, including=including):
            what = counted if isinstance(counted, str) else "episodes"
            yield f"{form} {what}, {depth} deep"
            if including is not None:
                yield f"{form} {what} of its own too"
    for part in ir.inner(condition):
        yield from _forms(part, depth + isinstance(condition, ir.Quantified | ir.Ordered))
