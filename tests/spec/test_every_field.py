"""Whatever can be asked of a field is answered, by both evaluators alike, whatever was sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

import codesafety
from codesafety.authoring.testing import answer, bind_for_examples
from codesafety.engine import frozen_terminology
from codesafety.errors import RuleError
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.reference.run import run_reference
from codesafety.language import schema
from codesafety.language.loader import load_texts
from codesafety.record import Coding, Coverage, Entry, Medication, Message, NotRead, Patient, Quantity, Record, Submission, Value

HEAD = """ruleset t { title "T" version 1.0.0 language 2 review none }
valueset s "S" { codes 77386006 |Pregnancy|, 326324002, 1659121000000101, 26643006, 77176002 }
table t from "t.csv" {
  key code in sct
  column sex sex column other code column count number column words text column a_day date
  column in_days days column in_weeks weeks column in_months months column in_years years
}
"""
COLUMNS = ("sex", "other", "count", "words", "a_day", "in_days", "in_weeks", "in_months", "in_years")
DATA = {
    "t.csv": b"code,sex,other,count,words,a_day,in_days,in_weeks,in_months,in_years\n"
    b"77386006,female,77386006,2,words,2025-06-01,7,2,1,16\n77386006,,,,,,,,,\n"
}
BY_ROW = (
    "e is within r.{c} before 2025-06-01",
    "e is more than r.{c} after patient.born",
    "age at e < r.{c}",
    "age at e is from r.{c} to r.in_years",
    "at least r.{c} days with mention y in s",
    "fewer than r.{c} days with mention y in s",
    "fewer than r.{c} history y in s including e",
    "at least 2 episodes more than r.{c} apart with mention y in s",
    "latest history y in s until e where (y is within r.{c} before e) has (y is past)",
    "patient.gender is r.{c}",
    "e.code is r.{c}",
    "e is before r.{c}",
    "e.value is within r.in_weeks of r.{c}",
)
TRIGGERS = {
    "patient": ("for entry e", "e"),
    "message": ("for entry e", "e"),
    "entry": ("for entry e", "e"),
    "history": ("for history e", "e"),
    "mention": ("for mention e", "e"),
    "medication": ("for medication m", "m"),
    "coding": ("for coding c", "c"),
    "text": ("for text t", "t"),
}
PARTNERS = {"entry": "with entry x", "history": "with history x", "mention": "with mention x", "medication": "with medication x"}
ASKED = (
    "{f} is missing", "not ({f} is missing)", "{f} in s", "{f} not in s", "{f} < 5", '{f} >= 5 "mm[Hg]"', "{f} is before 2025-06-01",
    "{f} is after {v}", "{v} is before {f}", "{f} is on the same day as 2025-06-01", "{f} is within 2 weeks of {v}",
    "{f} is more than 2 weeks before {v}", "age at {f} >= 16 years", "{f} differs by more than 10 % from {f}", "{f} is {f}",
)  # fmt: skip


def conditions() -> Iterator[tuple[str, str]]:
    """Yield (trigger, condition) for every field and everything that the grammar lets one ask of it."""
    for kind, fields in schema.all_names().items():
        trigger, variable = TRIGGERS[kind]
        for name, spec in fields.items():
            field = f"{kind if kind in ('patient', 'message') else variable}.{name}"
            for asked in ASKED:
                yield trigger, asked.format(f=field, v=variable)
            for word in spec.words or ():
                yield trigger, f"{field} is {word}"
            if kind in PARTNERS:
                yield f"{trigger} {PARTNERS[kind]}", f"{field} is x.{name}"
                yield f"{trigger} {PARTNERS[kind]}", f"{field} is before x.{name}"
                yield trigger, f"exists {kind} y where (y.{name} is {field})"
    for column in COLUMNS:
        for asked in (*ASKED, *BY_ROW):
            yield "for entry e with row r of t", asked.format(f=f"r.{column}", v="e", c=column)
    for kind, words in schema.ITEM_WORDS.items():
        trigger, variable = TRIGGERS[kind]
        for word in words:
            yield trigger, f"{variable} is {word}"


def sayings() -> Iterator[tuple[str, str]]:
    """Yield (trigger, placeholder) for everything that a message might show."""
    for kind, fields in schema.all_names().items():
        trigger, variable = TRIGGERS[kind]
        for name in fields:
            field = f"{kind if kind in ('patient', 'message') else variable}.{name}"
            yield trigger, field
            yield trigger, f"age at {field}"
            if kind in PARTNERS:
                yield f"{trigger} when exists {kind} y as seen", f"seen.{name}"
    for column in COLUMNS:
        yield "for entry e with row r of t", f"r.{column}"
        yield "for entry e with row r of t", f"age at r.{column}"


@cache
def accepted() -> Binding:
    """Return every rule about a field that the checker takes, bound."""
    loaded = load_texts(
        taken(f'rule r{i} {{ action note {t} when {c} say "It holds." }}\n' for i, (t, c) in enumerate(conditions())), DATA
    )
    return bind_for_examples(loaded.rulesets, frozen_terminology(loaded.rulesets))


def taken(rules: Iterable[str]) -> dict[str, str]:
    """Return the files of those rules that the checker takes, one a file."""
    files = {"t.rules": HEAD, **{f"r{i}.rules": text for i, text in enumerate(rules)}}
    try:
        load_texts(files, DATA)
    except RuleError as error:
        for diagnostic in error.diagnostics:
            if diagnostic.severity == "error":
                assert diagnostic.span.file != "t.rules", diagnostic.message
                files.pop(diagnostic.span.file, None)
    return files


def _entry(place: int, value: Value | None = None, **more: object) -> Entry:
    codings = (Coding(system="sct", code="77386006", display="Pregnant"),)
    return Entry(path=f"entry[{place}]", codings=codings, value=value, **more)


def _full(side: str) -> tuple[Entry, ...]:
    dates = {"date": "2025-06-01", "recorded": "2025-06-02", "consultation_date": "2025-06-01", "end_date": "2025-07"}
    words = {"assertion": "present", "subject": "patient", "temporality": "current", "status": "final", "kind": "condition"}
    values = (
        Value(quantity=Quantity(value=Decimal(7), unit="mm[Hg]")),
        Value(quantity=Quantity(value=Decimal(7))),
        Value(date="2025-06"),
        Value(boolean=True),
        Value(codings=(Coding(system="sct", code="77176002"),)),
        Value(text="seven"),
        None,
    )
    return tuple(_entry(i, v, id=f"{side}{i}", text="Pregnant", **dates, **words) for i, v in enumerate(values))


def _medication(full: bool) -> Medication:
    given = {
        "handed_over": "2025-06-01", "prepared": "2025-06-01", "start": "2025-06-01", "end": "2025-06", "authored": "2025-05-30",
        "quantity": Quantity(value=Decimal(28)), "dose": Decimal(1), "times_a_day": Decimal(1), "days_supply": Decimal(28),
        "route": (Coding(system="sct", code="26643006"),), "form": (Coding(system="sct", code="385055001"),),
        "supply_type": (Coding(system="sct", code="77386006"),), "prescription_type": "repeat",
        "status": "completed", "order": "o1", "id": "m1",
    }  # fmt: skip
    return Medication(path="medication[0]", products=(Coding(system="sct", code="326324002"),), **(given if full else {}))


PATIENT = Patient(
    gender="female", sex_at_birth="female", born="1990-05", died="2026-01-01", deceased=True, nhs_number="9990000018"
)
MESSAGE = Message(
    service=(Coding(system="sct", code="1659121000000101"),), sender="A99999", recipient="B99999", sent="2025-06-03",
    event="e", id="m2", version="1", replaces="m1", status="new",
)  # fmt: skip
COMPLETE = (Coverage(kind="entry"), Coverage(kind="medication"))
WORLDS = {
    "everything is sent": (
        Submission(patient=PATIENT, message=MESSAGE, entries=_full("a"), medications=(_medication(True),)),
        Record(patient=PATIENT, entries=_full("b"), medications=(_medication(False),), complete=COMPLETE),
    ),
    "nothing is sent": (
        Submission(
            entries=(_entry(0), Entry(path="entry[1]")), medications=(_medication(False), Medication(path="medication[1]"))
        ),
        Record(entries=(_entry(0),), complete=COMPLETE),
    ),
    "no record, and something not read": (
        Submission(
            patient=PATIENT,
            entries=_full("a"),
            medications=(_medication(True),),
            not_read=(NotRead(path="Strange/1", reason="not understood", whole=True, coded=True),),
        ),
        None,
    ),
}


def test_there_is_something_to_ask_of_every_field() -> None:
    asked = " ".join(rule.text for rule in accepted().rules)
    fields = [f".{name}" for names in schema.all_names().values() for name in names]
    assert [field for field in fields if field not in asked] == []
    assert len(accepted().rules) > 300


@pytest.mark.parametrize("world", WORLDS)
def test_every_question_is_answered_and_both_evaluators_agree(world: str) -> None:
    binding = accepted()
    submission, record = WORLDS[world]
    reference = run_reference(binding, Facts(submission, record, binding.codebook))
    compiled = compile_program(binding).run(Facts(submission, record, binding.codebook))
    text = {rule.name: rule.text for rule in binding.rules}
    assert [(text[b.rule], b.reason) for run in (reference, compiled) for b in run.broken] == []
    differ = [
        (text[name], mine, other) for name in text if (mine := answer(reference, name)) != (other := answer(compiled, name))
    ]
    assert differ == []


@pytest.mark.parametrize("world", WORLDS)
def test_every_message_is_written_and_discloses_nobody(world: str, tmp_path: Path) -> None:
    rules = taken(f'rule r{i} {{ action note {t} say "It is {{{p}}}." }}\n' for i, (t, p) in enumerate(sayings()))
    for name, content in (*((n, text.encode()) for n, text in rules.items()), *DATA.items()):
        (tmp_path / name).write_bytes(content)
    report = codesafety.load(tmp_path, installed_plugins=False).assess(*WORLDS[world])
    assert [n.reason for n in report.not_checked if n.rule] == []
    messages = " ".join(result.message for result in report.results)
    assert len(messages) > 500
    assert [secret for secret in ("1990-05", "9990000018", "birth", "Pregnant") if secret in messages] == []
