"""The library embedded as a supplier would: public names only. Checked by mypy and pyright, and run by the tests.

What stands here must go on working, and go on being typed, from one release to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import codesafety
from codesafety import Engine, Entry, InputError, Medication, Message, Override, Patient, Profile, Record, RuleChange, Submission
from codesafety.plugins import BoundPredicate, CodeMap, Kind, Missing, Reader, Signature, Source
from codesafety.record import Coding, Component, Quantity, Value
from codesafety.report import Decision, Report, Result
from codesafety.testing import ExampleResult, bind_for_examples, run_examples

PREGNANT = Coding(system="http://snomed.info/sct", code="77386006", display="Pregnant")


def submission() -> Submission:
    return Submission(
        message=Message(sent="2026-03-04", service=(Coding(system="sct", code="1577041000000109"),)),
        patient=Patient(gender="female", born="1990-05-01"),
        entries=(
            Entry(path="entry[0]", codings=(PREGNANT,), text="Not pregnant", date="2026-03-04"),
            Entry(
                path="entry[1]",
                codings=(Coding(system="sct", code="75367002"),),
                components=(Component(codings=(), value=Value(quantity=Quantity(value=Decimal(120), unit="mm[Hg]"))),),
            ),
        ),
        medications=(Medication(path="medication[0]", kind="dispense", handed_over="2026-03-04"),),
    )


def assess(engine: Engine, held: Record | None = None) -> Decision:
    profile = Profile(
        name="A practice",
        changes=(
            RuleChange(
                rule="uk.age/cervical-screening-outside-its-ages",
                action="note",
                reason="agreed",
                role="practice manager",
                until="2027-03-31",
            ),
        ),
    )
    override = Override(
        rule="uk.pregnancy/pregnancy-not-borne-out-by-the-record",
        codes=("77386006",),
        reason="confirmed-with-patient",
        role="GP",
        recorded="2026-03-03",
    )
    report: Report = engine.assess(submission(), held, profile=profile, overrides=[override])
    findings: Sequence[Result] = report.results
    return report.decision if all(finding.message for finding in findings) else "hold"


def read(engine: Engine, path: Path) -> Submission | str:
    try:
        return engine.read(path)
    except InputError as error:
        return str(error)


def rules_that_fail(engine: Engine) -> Iterator[ExampleResult]:
    for result in run_examples(bind_for_examples(engine.rulesets, engine.terminology)):
        if not result.passed:
            yield result


class LineReader:
    @property
    def name(self) -> str:
        return "supplier-lines"

    def recognises(self, source: Source) -> bool:
        return source.head.startswith(b"supplier|")

    def read(self, source: Source) -> Submission:
        return Submission(format=self.name)

    def read_record(self, source: Source) -> Record:
        return Record(format=self.name)


def dated(entry: Entry) -> bool | Missing:
    return Missing(("date",)) if entry.date is None else len(entry.date) == 10


class Plugin:
    NAME = "supplier"

    @codesafety.hookimpl
    def codesafety_readers(self) -> Sequence[Reader]:
        return [LineReader()]

    @codesafety.hookimpl
    def codesafety_code_maps(self) -> Sequence[CodeMap]:
        return [CodeMap("local codes", "https://supplier.example/codes", {"PREG1": "77386006"})]

    @codesafety.hookimpl
    def codesafety_predicates(self) -> Sequence[BoundPredicate]:
        return [BoundPredicate(Signature("supplier/dated", (Kind.ENTRY,), ("date",)), dated, "supplier")]

    @codesafety.hookimpl
    def codesafety_deliver(self, report: Report) -> None:
        print(report.summary)


def engine() -> Engine:
    return codesafety.load(plugins=[Plugin()], installed_plugins=False, never=["release"])
