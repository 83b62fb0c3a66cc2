"""The compiled program: what it visits, what it counts, and what it does with a rule that fails."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.differential.compare import compared
from tests.differential.rules import field
from tests.differential.worlds import DAY, M_UNKNOWN, M_VMP, P1, P2, P3, bound

from codesafety import ir
from codesafety.errors import PluginError
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts, ItemFact
from codesafety.evaluation.outcome import RunResult, Status, Tally
from codesafety.evaluation.predicates import BoundPredicate, Missing
from codesafety.evaluation.reference.interpreter import Interpreter
from codesafety.evaluation.reference.run import run_reference
from codesafety.ir import FieldType, Kind, Var
from codesafety.record import (
    Coding,
    Component,
    Coverage,
    Entry,
    Medication,
    Message,
    Patient,
    Quantity,
    Record,
    Submission,
    TextItem,
)

E = Var("e", Kind.ENTRY, 0, "w/a")
MALE = ir.FieldIs(field("patient", "gender", FieldType.WORD), "male")


def rule(name: str, trigger: ir.Trigger, when: ir.Condition | None = None, **more: Any) -> ir.Rule:
    base = ir.Rule(f"w/{name}", None, ir.Action.REVIEW, None, None, (), (), None, None, None, (), None, trigger, when, (), ())
    return replace(base, **more)


def entry(code: str, **fields: Any) -> Entry:
    return Entry(**{"path": "e", "codings": (Coding(system="sct", code=code),), **fields})


def both(binding: Binding, submission: Submission, record: Record | None = None) -> RunResult:
    """Return what the program answers, which is what the interpreter does."""
    facts = Facts(submission, record, binding.codebook)
    run = compile_program(binding).run(facts)
    assert compared(run, facts) == compared(run_reference(binding, Facts(submission, record, binding.codebook)), facts)
    return run


def found(run: RunResult) -> list[tuple[str, int | None, str]]:
    return [(o.rule.name, None if o.subject is None else o.subject.index, o.status.value) for o in run.outcomes]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("unit", "status"), [(None, ["fires"]), ("{tablet}", ["fires"])])
def test_a_count_is_compared_with_a_bare_number_on_either_side_whatever_unit_it_was_sent_with(
    turned: bool, unit: str | None, status: list[str]
) -> None:
    m = Var("m", Kind.MEDICATION, 0)
    quantity, bare = field(m, "quantity", FieldType.NUMBER), ir.Quantity(Decimal(3), None)
    when = ir.Compare(bare, "<", quantity) if turned else ir.Compare(quantity, ">", bare)
    sent = Medication(path="m", products=(Coding(system="sct", code=M_VMP),), quantity=Quantity(value=Decimal(28), unit=unit))
    run = both(bound([rule("r", ir.Trigger(m), when)]), Submission(medications=(sent,)))
    assert [outcome.status.value for outcome in run.outcomes] == status


def test_a_column_that_is_called_gender_is_compared_as_it_is() -> None:
    table = ir.Table("w/g", "code", "sct", {"gender": ir.Column("text")}, (ir.TableRow(P1, {"gender": "other"}),))
    row = Var("r", Kind.ROW, 1, table="w/g")
    same = ir.FieldSame(field(E, "text", FieldType.TEXT), field(row, "gender", FieldType.TEXT))
    binding = bound([rule("a", ir.Trigger(E, row), same)], table)
    run = both(binding, Submission(entries=(entry(P1, text="other"), entry(P1, text="male"))))
    assert found(run) == [("w/a", 0, "fires")]


@pytest.mark.parametrize("near", [False, True])
def test_words_are_asked_beside_every_entry_or_those_of_their_days(near: bool) -> None:
    text, other = Var("t", Kind.TEXT, 0), Var("e", Kind.ENTRY, 1, "w/a")
    days = field(text, "date", FieldType.DATE), field(other, "date", FieldType.DATE)
    when = ir.Within(*days, ir.Length(Decimal(2), ir.Unit.DAYS), "of") if near else None
    binding = bound([rule("a", ir.Trigger(text, other), when)])
    entries = (entry(P1, date="2025-06-01"), entry(P1, date="2025-01-01"), entry(P1))
    run = both(binding, Submission(entries=entries, texts=(TextItem(path="t", text="words", date="2025-06-02"),)))
    beside = [(a.partner.index, a.status.value) for o in run.outcomes for a in o.applications if isinstance(a.partner, ItemFact)]
    assert beside == ([(0, "fires")] if near else [(0, "fires"), (1, "fires"), (2, "fires")])


def test_outcomes_stand_in_the_order_of_items_and_rules_with_the_messages_first() -> None:
    message = Var("message", Kind.MESSAGE, 0)
    binding = bound([rule("b", ir.Trigger(E), MALE), rule("m", ir.Trigger(message), MALE), rule("a", ir.Trigger(E), MALE)])
    run = both(binding, Submission(patient=Patient(gender="male"), entries=(entry(P1), entry(P3), entry(P2))))
    assert found(run) == [
        ("w/m", None, "fires"),
        ("w/b", 0, "fires"),
        ("w/a", 0, "fires"),
        ("w/b", 2, "fires"),
        ("w/a", 2, "fires"),
    ]


def test_rules_that_were_never_visited_are_counted() -> None:
    day = ir.DateLiteral(DAY, DAY, "2025-06-01")
    medication = Var("m", Kind.MEDICATION, 0, "w/drug")
    rules = [
        rule("entry", ir.Trigger(E), MALE),
        rule("medication", ir.Trigger(medication)),
        rule("coding", ir.Trigger(Var("c", Kind.CODING, 0)), MALE),
        rule("message", ir.Trigger(Var("message", Kind.MESSAGE, 0)), MALE),
        rule("later", ir.Trigger(E), valid_from=day),
        rule("pair", ir.Trigger(E, Var("x", Kind.MEDICATION, 1, "w/drug")), MALE),
    ]
    submission = Submission(message=Message(sent="2025-05-01"), patient=Patient(gender="female"), entries=(entry(P3), entry(P1)))
    run = both(bound(rules), submission, Record(complete=(Coverage(kind="entry"), Coverage(kind="medication"))))
    assert len(run.tallies) == 3
    assert run.tallies[0] == Tally(answered=2, cannot_tell=0, not_applicable=3, not_in_force=1)
    assert run.tallies[None] == Tally(answered=1, cannot_tell=0, not_applicable=4, not_in_force=1)
    assert list(run.tallies) == [None, 0, 1]


def test_a_message_that_no_rule_concerns_is_still_counted() -> None:
    run = both(bound([rule("r", ir.Trigger(E), MALE)]), Submission(entries=(entry(P3),)))
    assert run.outcomes == ()
    assert run.tallies[0].answered == 1


def test_what_a_component_is_found_with_falls_on_its_entry() -> None:
    whole = entry(P3, components=(Component(codings=(Coding(system="sct", code=P1),), path="part"),))
    run = both(bound([rule("r", ir.Trigger(E))]), Submission(entries=(entry(P3), whole)))
    assert found(run) == [("w/r", 1, "fires")]
    assert [item.path for item in run.outcomes[0].applications[0].items] == ["part"]


def test_a_pair_of_two_parts_of_one_entry_is_named_once() -> None:
    x = Var("x", Kind.ENTRY, 1, "w/a")
    whole = entry(P1, components=(Component(codings=(Coding(system="sct", code=P1),)),))
    run = both(
        bound([rule("r", ir.Trigger(E, x, unordered=True))]),
        Submission(entries=(whole,)),
        Record(complete=(Coverage(kind="entry"),)),
    )
    assert len(run.outcomes[0].applications) == 1


def test_an_undated_message_cannot_tell_whether_a_rule_is_in_force() -> None:
    made = rule("r", ir.Trigger(E), MALE, valid_from=ir.DateLiteral(DAY, DAY, "2025-06-01"))
    run = both(bound([made]), Submission(patient=Patient(gender="male"), entries=(entry(P1),)))
    assert [(o.status, o.missing, o.applications) for o in run.outcomes] == [
        (Status.CANNOT_TELL, frozenset({"message.sent"}), ())
    ]
    assert both(bound([made]), Submission(patient=Patient(gender="female"), entries=(entry(P1),))).outcomes == ()


def test_a_private_field_is_missing_and_never_named() -> None:
    birth = ir.FieldIs(field("patient", "sex_at_birth", FieldType.WORD), "female")
    run = both(bound([rule("r", ir.Trigger(E), birth)]), Submission(entries=(entry(P1),)))
    assert [(o.status, o.missing) for o in run.outcomes] == [(Status.CANNOT_TELL, frozenset())]


def test_joins_find_every_pair_on_the_record() -> None:
    one, other = Var("e", Kind.ENTRY, 0), Var("x", Kind.ENTRY, 1)
    twins = rule("twins", ir.Trigger(one, other, unordered=True), ir.SameEntry(one, other))
    a, b = Var("a", Kind.MEDICATION, 0), Var("b", Kind.MEDICATION, 1)
    products = rule("products", ir.Trigger(a, b, unordered=True), ir.And((ir.SameProduct(a, b), MALE)))
    drug = Medication(path="m", products=(Coding(system="sct", code=M_VMP),))
    record = Record(
        entries=(entry(P1, date="2025-06-01"), entry(P2, date="2025-06-01")),
        medications=(drug,),
        complete=(Coverage(kind="entry"), Coverage(kind="medication")),
    )
    run = both(
        bound([twins, products]),
        Submission(patient=Patient(gender="male"), entries=(entry(P1, date="2025-06-01"),), medications=(drug,)),
        record,
    )
    assert found(run) == [("w/twins", 0, "fires"), ("w/products", 1, "fires")]


# ------------------------------------------------------------------------------------------------ rules that fail


def failing(call: Any) -> Binding:
    asks = rule("asks", ir.Trigger(E), ir.Custom("demo/even", (E,)))
    binding = bound([rule("before", ir.Trigger(E)), asks, rule("after", ir.Trigger(Var("c", Kind.CODING, 0)))])
    return replace(
        binding, predicates={"demo/even": BoundPredicate(ir.Signature("demo/even", (Kind.ENTRY,), ("value",)), call, "demo")}
    )


def _raises(item: Any) -> bool:
    if item.text == "fail":
        raise RuntimeError("and says the patient's name")
    return True


def test_a_rule_that_fails_is_broken_for_its_item_and_the_others_answer() -> None:
    run = both(
        failing(_raises),
        Submission(entries=(entry(P1, text="fail"), entry(P1), entry(P3)), message=Message(service=(Coding(code="x"),))),
    )
    assert [(b.rule, b.reason, b.plugin, b.subjects) for b in run.broken] == [("w/asks", "RuntimeError", "demo", (0,))]
    assert [name for name, place, _ in found(run) if place == 0] == ["w/before", "w/after"]
    assert [name for name, place, _ in found(run) if place == 1] == ["w/before", "w/asks", "w/after"]
    assert run.tallies[0] == Tally(answered=2)


@pytest.mark.parametrize("answer", [None, 1, "yes"])
def test_a_predicate_that_answers_neither_true_nor_false_nor_missing_has_failed(answer: Any) -> None:
    run = both(failing(lambda item: answer), Submission(entries=(entry(P1),)))
    assert [(b.rule, b.plugin) for b in run.broken] == [("w/asks", "demo")]


def test_a_predicate_names_what_it_lacks() -> None:
    run = both(failing(lambda item: Missing(("value",))), Submission(entries=(entry(P1),)))
    assert [o.missing for o in run.outcomes if o.rule.name == "w/asks"] == [frozenset({"e.value"})]


def test_a_plugins_error_names_the_plugin_and_not_the_patient() -> None:
    binding = failing(_raises)
    facts = Facts(Submission(entries=(entry(P1, text="fail"),)), None, binding.codebook)
    with pytest.raises(PluginError) as raised:
        Interpreter(binding, facts).outcome(binding.rules[1], facts.incoming[0])
    assert str(raised.value) == "plugin `demo` failed in `demo/even`: RuntimeError"


def test_a_fault_of_our_own_breaks_its_rule_alone() -> None:
    run = both(replace(failing(lambda item: True), predicates={}), Submission(entries=(entry(P1),)))
    assert [(b.rule, b.subjects) for b in run.broken] == [("w/asks", (0,))]
    assert found(run) == [("w/before", 0, "fires"), ("w/after", 0, "fires")]
    odd = rule("odd", ir.Trigger(E), ir.Compare(field(E, "id", FieldType.NUMBER), "<", ir.Quantity(Decimal(1))))
    run = both(bound([odd, rule("fine", ir.Trigger(E))]), Submission(entries=(entry(P1, id="1"),)))
    assert found(run) == [("w/odd", 0, "cannot_tell"), ("w/fine", 0, "fires")]


def test_a_skipped_rule_that_fails_is_not_listed() -> None:
    binding = failing(_raises)
    facts = Facts(Submission(entries=(entry(P1, text="fail"),)), None, binding.codebook)
    run = compile_program(binding).run(facts, skip=frozenset({"w/asks"}))
    assert run.broken == ()
    assert found(run) == [("w/before", 0, "fires"), ("w/after", 0, "fires")]


def test_a_program_is_shared_between_threads() -> None:
    x = Var("x", Kind.ENTRY, 1, "w/b")
    binding = bound([rule(f"r{i}", ir.Trigger(E, x), MALE) for i in range(5)])
    program = compile_program(binding)
    submission = Submission(patient=Patient(gender="male"), entries=(entry(P1), entry(P3)))
    answers: list[list[tuple[str, int | None, str]]] = []
    threads = [
        threading.Thread(
            target=lambda: answers.extend(found(program.run(Facts(submission, None, binding.codebook))) for _ in range(50))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 200
    assert all(answer == answers[0] for answer in answers)


def test_a_medicine_whose_product_or_ingredients_are_not_told_may_be_any() -> None:
    m, n = Var("m", Kind.MEDICATION, 0), Var("n", Kind.MEDICATION, 1)
    pair = ir.Trigger(m, n, unordered=True)
    binding = bound([rule("same", pair, ir.SameProduct(m, n)), rule("shared", pair, ir.SharesIngredient(m, n))])

    def of(code: str) -> Medication:
        return Medication(path="m", products=(Coding(system="sct", code=code),))

    run = both(binding, Submission(medications=(of(M_UNKNOWN), of(M_VMP), of(M_VMP)), entries=(entry(P1),)))
    assert sorted(found(run)) == [
        ("w/same", 1, "cannot_tell"),
        ("w/same", 2, "fires"),
        ("w/same", 3, "fires"),
        ("w/shared", 1, "cannot_tell"),
        ("w/shared", 2, "fires"),
        ("w/shared", 3, "fires"),
    ]
