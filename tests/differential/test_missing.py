"""Every field that is listed as missing can decide the answer: filled in one way it fires, in another it is clear."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.differential.compare import compared
from tests.differential.rules import field
from tests.differential.worlds import M_AMP, M_OTHER, M_VMP, ORAL, P1, P3, P4, TOPICAL, bound

from codesafety import ir
from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.outcome import Status
from codesafety.evaluation.reference.run import run_reference
from codesafety.ir import FieldType, Kind, Unit, Var
from codesafety.record import Coding, Coverage, Entry, Medication, Patient, Quantity, Record, Submission, Value

E = Var("e", Kind.ENTRY, 0, "w/a")
X = Var("x", Kind.ENTRY, 1, "w/b")
M = Var("m", Kind.MEDICATION, 0, "w/drug")
N = Var("n", Kind.MEDICATION, 1, "w/others")
Q = Var("q", Kind.ENTRY, 2, "w/b")
YEARS_16 = ir.Length(Decimal(16), Unit.YEARS)


def day(var: Var) -> ir.Field:
    return field(var, "date", FieldType.DATE)


def entry(code: str, **fields: Any) -> Entry:
    return Entry(**{"path": "e", "codings": (Coding(system="sct", code=code),), "date": "2025-06-01", **fields})


def medication(code: str, **fields: Any) -> Medication:
    return Medication(**{"path": "m", "products": (Coding(system="sct", code=code),), "handed_over": "2025-06-01", **fields})


COMPLETE = (Coverage(kind="entry"), Coverage(kind="medication"))
RECORD = Record(complete=COMPLETE)
BORN = Patient(gender="male", born="2009-06-01")
MMHG = "mm[Hg]"


def sent(*entries: Entry, medications: tuple[Medication, ...] = (), patient: Patient = BORN) -> Submission:
    return Submission(patient=patient, entries=entries, medications=medications)


def route(code: str) -> dict[str, Any]:
    return {"route": (Coding(system="sct", code=code),)}


def pressure(value: int) -> dict[str, Any]:
    return {"value": Value(quantity=Quantity(value=Decimal(value), unit=MMHG))}


ONE, PAIR, MEDICINE, MEDICINES = ir.Trigger(E), ir.Trigger(E, X), ir.Trigger(M), ir.Trigger(M, N)
CASES: dict[str, tuple[ir.Trigger, ir.Condition, str, list[tuple[Submission, Record | None]]]] = {
    "gender": (
        ONE,
        ir.FieldIs(field("patient", "gender", FieldType.WORD), "male"),
        "patient.gender",
        [(sent(entry(P1), patient=Patient(gender=g)), RECORD) for g in (None, "male", "female")],
    ),
    "birth": (
        ONE,
        ir.AgeCompare(day(E), "<", YEARS_16),
        "patient.born",
        [(sent(entry(P1), patient=Patient(born=b)), RECORD) for b in ("2009", "2009-06-02", "2009-06-01")],
    ),
    "the day of an age": (
        ONE,
        ir.AgeCompare(day(E), "<", YEARS_16),
        "e.date",
        [(sent(entry(P1, date=d)), RECORD) for d in (None, "2025-05-31", "2025-06-01")],
    ),
    "a partner's day": (
        PAIR,
        ir.Before(day(X), day(E)),
        "x.date",
        [(sent(entry(P1), entry(P3, date=d)), RECORD) for d in ("2025", "2025-05-31", "2025-06-01")],
    ),
    "an assertion that is not known": (
        ONE,
        ir.ItemIs(E, ir.ItemWord.PRESENT),
        "e.assertion",
        [(sent(entry(P1, assertion=a)), RECORD) for a in ("unknown", "present", "absent")],
    ),
    "a code that is perhaps meant": (
        ir.Trigger(Var("e", Kind.ENTRY, 0)),
        ir.InSet(Var("e", Kind.ENTRY, 0), "w/perhaps"),
        "e.code",
        [(sent(entry(c)), RECORD) for c in (P4, P1, P3)],
    ),
    "value": (
        ONE,
        ir.Compare(field(E, "value", FieldType.VALUE), ">", ir.Quantity(Decimal(140), MMHG)),
        "e.value",
        [(sent(entry(P1)), RECORD), (sent(entry(P1, **pressure(150))), RECORD), (sent(entry(P1, **pressure(120))), RECORD)],
    ),
    "record": (
        ONE,
        ir.Quantified("exists", Q, ir.Before(day(Q), day(E))),
        "record",
        [
            (sent(entry(P1)), None),
            (sent(entry(P1)), Record(entries=(entry(P3, date="2025-05-01"),), complete=COMPLETE)),
            (sent(entry(P1)), RECORD),
        ],
    ),
    "days counted": (
        ONE,
        ir.Quantified("at_least", Q, None, Decimal(2)),
        "q.date",
        [(sent(entry(P1), entry(P3), entry(P3, date=d)), RECORD) for d in (None, "2025-06-02", "2025-06-01")],
    ),
    "route": (
        MEDICINE,
        ir.InSet(field(M, "route", FieldType.CODINGS), "w/oral"),
        "m.route",
        [(sent(medications=(medication(M_AMP, **r),)), RECORD) for r in ({}, route(ORAL), route(TOPICAL))],
    ),
    "a product's ingredients": (
        MEDICINES,
        ir.SharesIngredient(M, N),
        "n.ingredients",
        [
            (sent(medications=(medication(M_VMP), medication("322236009"))), RECORD),
            (sent(medications=(medication(M_VMP), medication(M_OTHER))), RECORD),
        ],
    ),
    "the end of a course": (
        MEDICINES,
        ir.Overlaps(M, N, ir.Length(Decimal(3), Unit.DAYS)),
        "m.end",
        [
            (sent(medications=(medication(M_VMP, days_supply=s), medication(M_OTHER, days_supply=28))), RECORD)
            for s in (None, 28, 1)
        ],
    ),
}


@pytest.mark.parametrize("case", list(CASES))
def test_a_missing_field_decides_the_answer(case: str) -> None:
    trigger, condition, missing, worlds = CASES[case]
    rule = replace(_RULE, trigger=trigger, when=condition)
    binding = bound([rule])
    program = compile_program(binding)
    answers = []
    for submission, record in worlds:
        facts = Facts(submission, record, binding.codebook)
        run = program.run(facts)
        assert compared(run, facts) == compared(run_reference(binding, Facts(submission, record, binding.codebook)), facts)
        answers.append([(o.status, o.missing) for o in run.outcomes])
    unknown, fires, *clear = answers
    assert {status for status, _ in unknown} == {Status.CANNOT_TELL}
    assert all(missing in names for _, names in unknown)
    assert {status for status, _ in fires} == {Status.FIRES}
    assert all(answer == [] for answer in clear)


_RULE = ir.Rule("w/r", None, ir.Action.REVIEW, None, None, (), (), None, None, None, (), None, ONE, None, (), ())
