"""Ways to fill in one thing that a message or a record does not say, without touching what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.differential.worlds import M_OTHER, M_VMP, ORAL, P1, P3, P5, Chooser

from codesafety.evaluation.atoms import item_codings
from codesafety.evaluation.calendar import OPEN_END
from codesafety.evaluation.facts import Facts
from codesafety.record import Coding, Coverage, Entry, Medication, Patient, Quantity, Record, Submission, Value

World = tuple[Submission, Record | None]
COMPLETE = (Coverage(kind="entry"), Coverage(kind="medication"))


def refined(world: World, facts: Facts, choose: Chooser) -> tuple[str, World] | None:
    """Return what was filled in, and the world with it; None where there is nothing that can be."""
    options = [*_of_patient(world), *_of_record(world), *_of_items(world, facts)]
    return choose.pick(options) if options else None


def _of_patient(world: World) -> Iterator[tuple[str, World]]:
    submission, record = world
    sides = [submission.patient, record.patient if record is not None else Patient()]
    for name, answers in (
        ("gender", ("male", "female")),
        ("sex_at_birth", ("male", "female")),
        ("born", ("2009-06-01", "2013-05-31")),
        ("died", ("2025-06-01",)),
    ):
        if all(getattr(side, name) is None for side in sides) and not (
            name == "died" and any(s.deceased is False for s in sides)
        ):
            for answer in answers:
                yield f"patient.{name}", (_with(submission, patient=_with(submission.patient, **{name: answer})), record)
    if sides[0].born == "2009" and sides[1].born is None:
        for day in ("2009-01-01", "2009-06-02", "2009-12-31"):
            yield "patient.born", (_with(submission, patient=_with(submission.patient, born=day)), record)


def _of_record(world: World) -> Iterator[tuple[str, World]]:
    submission, record = world
    entries = (Entry(path="new", codings=(Coding(system="sct", code=P3),), date="2025-05-31"),)
    medications = (Medication(path="new", products=(Coding(system="sct", code=M_VMP),), handed_over="2025-06-01"),)
    if record is None:
        yield "record", (submission, Record(complete=COMPLETE))
        yield "record", (submission, Record(complete=COMPLETE, entries=entries, medications=medications))
    elif not record.complete:
        yield "record", (submission, _with(record, complete=COMPLETE))
        yield (
            "record",
            (
                submission,
                _with(
                    record,
                    complete=COMPLETE,
                    entries=(*record.entries, *entries),
                    medications=(*record.medications, *medications),
                ),
            ),
        )


def _of_items(world: World, facts: Facts) -> Iterator[tuple[str, World]]:
    submission, record = world
    for item in facts.items:
        if item.component is not None:
            continue
        for name, changes in _of_item(item):
            model = _with(item.model, **changes)
            if item.incoming:
                yield name, (_replaced(submission, item.model, model), record)
            elif record is not None:
                yield name, (submission, _replaced(record, item.model, model))


def _of_item(item: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    model = item.model
    day = item.day
    # That a stopped dispensing was not handed over says that it was not given; and no course may come to end before it starts.
    undated = item.is_entry or (model.start is None and not (model.kind == "dispense" and model.status == "stopped"))
    last = OPEN_END if item.is_entry or model.end is None or item.course.end is None else item.course.end[1]
    if undated and (day is None or day[0] != day[1]):
        dated = "date" if item.is_entry else "handed_over"
        for text, ordinal in (("2025-06-01", 739403), ("2025-05-31", 739402), ("2025-06-20", 739422), ("2024-02-29", 738945)):
            if (day is None or day[0] <= ordinal <= day[1]) and ordinal <= last:
                yield "date", {dated: text}
    codes = (P1, P5) if item.is_entry else (M_VMP, M_OTHER)
    field = "codings" if item.is_entry else "products"
    if not getattr(model, field):
        for code in codes:
            yield "code", {field: (Coding(system="sct", code=code),)}
    if model.origin is None:
        yield from (("origin", {"origin": answer}) for answer in ("practice", "outside"))
    if item.is_entry:
        for name, answers in (
            ("assertion", ("present", "absent", "possible")),
            ("subject", ("patient", "family")),
            ("temporality", ("current", "past")),
        ):
            if getattr(model, name) == "unknown":
                for answer in answers:
                    yield name, {name: answer}
        if model.status is None or model.status == "unknown":
            yield "status", {"status": "final"}
        if model.value is None:
            yield "value", {"value": Value(quantity=Quantity(value=28, unit="mm[Hg]"))}
    else:
        if model.quantity is None:
            yield "quantity", {"quantity": Quantity(value=28, unit="{tablet}")}
        if model.dose is None:
            yield "dose", {"dose": 3}
        if model.days_supply is None and model.status != "active":
            yield "days_supply", {"days_supply": 7}
        if model.prescription_type is None:
            yield from (("prescription_type", {"prescription_type": answer}) for answer in ("acute", "repeat-dispensing"))
        if not item_codings(item, "route"):
            yield "route", {"route": (Coding(system="sct", code=ORAL),)}


def _replaced(side: Any, old: Any, new: Any) -> Any:
    name = "entries" if isinstance(old, Entry) else "medications"
    return _with(side, **{name: tuple(new if model is old else model for model in getattr(side, name))})


def _with(model: Any, **changes: Any) -> Any:
    """Return a copy of a model with some fields changed, checked like any other."""
    fields = {name: getattr(model, name) for name in model.model_fields_set}
    return type(model)(**{**fields, **changes})
