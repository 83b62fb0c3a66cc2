"""A supplier's plugin. It imports public names only: `codesafety` and `codesafety.plugins`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from codesafety import Entry, InputError, Message, Patient, Record, Report, Submission, hookimpl
from codesafety.plugins import (
    BoundPredicate,
    Check,
    CodeMap,
    Complaint,
    Component,
    Kind,
    Missing,
    Reader,
    Ruleset,
    Signature,
    Source,
)


class PipeReader:
    """Reads `supplier|v1|gender|birth date` and then `entry|system|code|date` a line."""

    name = "supplier-pipe"

    def recognises(self, source: Source) -> bool:
        return source.head.startswith(b"supplier|v1|")

    def read(self, source: Source) -> Submission:
        head, *lines = source.data.decode().splitlines()
        entries = []
        for number, line in enumerate(lines, 2):
            try:
                entries.append(_entry(line, number))
            except ValueError:
                raise InputError(
                    "a line is no entry", source=source.name, path=f"line {number}", help="write `entry|system|code|date`"
                ) from None
        return Submission(patient=_patient(head), message=Message(sent="2026-03-04"), entries=tuple(entries), format=self.name)

    def read_record(self, source: Source) -> Record:
        read = self.read(source)
        return Record(patient=read.patient, entries=read.entries)


def _patient(head: str) -> Patient:
    _, _, gender, born = head.split("|")
    return Patient.model_validate({"gender": gender or None, "born": born or None})


def _entry(line: str, number: int) -> Entry:
    kind, system, code, date = line.split("|")
    if kind != "entry":
        raise ValueError("no entry")
    return Entry.model_validate({"path": f"line[{number}]", "codings": [{"system": system, "code": code}], "date": date or None})


def dated_on_a_first(entry: Entry | Component) -> bool | Missing:
    """Whether an entry is dated the first of a month: a day that some systems write where only the month is known."""
    if not isinstance(entry, Entry) or entry.date is None or len(entry.date) < 10:
        return Missing(("date",))
    return entry.date[8:10] == "01"


def always_fails(entry: Entry | Component) -> bool:
    raise ValueError("the text of this error may hold a patient's data")


@hookimpl
def codesafety_readers() -> Sequence[Reader]:
    return [PipeReader()]


@hookimpl
def codesafety_rulesets() -> Sequence[Path]:
    return [Path(__file__).parent / "rulesets" / "supplier.checks"]


@hookimpl
def codesafety_code_maps() -> Sequence[CodeMap]:
    return [CodeMap("supplier local codes", "https://supplier.example/codes", {"PREG1": "77386006"})]


@hookimpl
def codesafety_predicates() -> Sequence[BoundPredicate]:
    return [
        BoundPredicate(Signature("supplier/dated-on-a-first", (Kind.ENTRY,), ("date",)), dated_on_a_first),
        BoundPredicate(Signature("supplier/always-fails", (Kind.ENTRY,), ()), always_fails),
    ]


def no_hold(ruleset: Ruleset) -> Iterator[Complaint]:
    """The team's own rule of rules: what stops filing is decided nationally."""
    for rule in ruleset.rules:
        if rule.action == "hold":
            yield Complaint(rule, "a rule of ours holds", "write `action review`")


@hookimpl
def codesafety_checks() -> Sequence[Check]:
    return [Check("supplier/no-hold", no_hold)]


@hookimpl
def codesafety_deliver(report: Report) -> None:
    target = os.environ.get("SUPPLIER_EXAMPLE_OUT")
    if target:
        Path(target).write_text(report.model_dump_json(), encoding="utf-8")
