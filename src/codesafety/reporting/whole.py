"""The whole report: findings, what could not be told, items, the decision, and what it was made with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from itertools import chain
from operator import attrgetter
from typing import Any

from codesafety.diagnostics import count
from codesafety.errors import PluginError
from codesafety.evaluation.facts import NOT_COMPARED, Facts
from codesafety.evaluation.outcome import Broken, Outcome, RunResult, Status
from codesafety.profile import Override, RuleChange
from codesafety.record import Entry, Medication, Record, Submission
from codesafety.report import (
    Counts,
    Decision,
    Digests,
    IdentityCheck,
    NotChecked,
    ProfileUsed,
    RecordCoverage,
    Report,
    ReportItem,
    Result,
    RuleChanged,
    strictest,
)
from codesafety.reporting.about import about
from codesafety.reporting.findings import Findings, ordered
from codesafety.reporting.items import broken_rules, is_understood, not_read, read_items, shown_unread, unjudged, unread_items
from codesafety.reporting.ledger import Ledger
from codesafety.reporting.missing_inputs import MissingInputs
from codesafety.reporting.results import Results
from codesafety.reporting.standing import InForce, Standing

_NOT_THE_PATIENTS = frozenset({"another", "unknown"})
_subject_of = attrgetter("subject")
_NO_RECORD = RecordCoverage(given=False)
_IDENTITY_FIELDS = {"gender": "gender", "born": "birth date", "died": "date of death", "deceased": "whether they have died"}


def report(
    standing: Standing,
    facts: Facts,
    submission: Submission,
    record: Record | None,
    run: RunResult,
    profile: InForce | None,
    overrides: Sequence[Override],
) -> Report:
    """Return the report of one message from what its rules answered.

    What was found and what could not be told is worked out now. Items, tallies, digests and what else decides nothing is made
    when it is asked for.
    """
    results = Results(standing, facts)
    ledger = Ledger()
    identity, built_in = _identity(results)
    built_in += _not_the_patients(results)
    for finding in built_in:
        paths = {entry.path for entry in finding.entries}
        ledger.take(finding.action, paths)
        ledger.link(finding.id, paths)
    findings = Findings(results, ledger, profile, overrides) if run.outcomes or overrides else None
    broken = list(run.broken)
    untold, shown = None, built_in
    if findings is not None:
        untold = MissingInputs(results, ledger, profile, record_given=record is not None)
        for outcomes in _by_rule(run, Status.FIRES):
            try:
                findings.add(outcomes)
            except PluginError as error:  # a predicate answered the rule, and fails now that its finding is explained
                places = tuple(o.subject.index if o.subject is not None else None for o in outcomes)
                broken.append(Broken(outcomes[0].rule.name, error.kind, error.plugin, places))
        findings.join_causes()
        for outcomes in _by_rule(run, Status.CANNOT_TELL):
            untold.add(outcomes)
        shown = [*built_in, *map(findings.rest_on, findings.found), *untold.found]
    shown = ordered(shown)
    unread = (*submission.not_read, *unjudged(facts))
    not_checked = (*broken_rules(facts, broken, ledger), *_hold_broken(submission, ledger))
    shown_too = shown_unread(unread)
    limits, errors = _limits_of_the_input(submission)
    decision = strictest(ledger.strictest, identity.decision, limits, *(decision for _, decision in shown_too))
    lines = untold.lines() if untold is not None else ()
    n = len(submission.entries) + len(submission.medications) + len(submission.texts) + len(shown_too)

    def later() -> dict[str, Any]:
        items = (*read_items(facts, submission, run, ledger, results.places), *unread_items(shown_too))
        return {
            "about": about(facts),
            "limits": dict(standing.limits),
            "items": items,
            "counts": _counts(standing, submission, items, shown, _understood(standing, facts, untold), len(unread)),
            "digests": Digests(
                input=digest(submission.model_dump_json()),
                record=digest(record.model_dump_json()) if record is not None else None,
            ),
        }

    return Report.made(
        {
            **standing.said,
            "decision": decision,
            "told": "partly" if lines else "whole",
            "summary": _summary(decision, shown, not_checked, n),
            "results": tuple(shown),
            "missing_inputs": lines,
            "not_checked": not_checked,
            "not_read": tuple(not_read(unread)),
            "errors": (*(findings.errors if findings is not None else ()), *errors),
            "identity": identity,
            "record": _coverage(record),
            "profile": _profile_used(profile),
            "format": submission.format,
            "message_id": submission.message.id,
        },
        later,
    )


def _understood(standing: Standing, facts: Facts, untold: MissingInputs | None) -> set[str]:
    """Return the paths of items whose codes rules can know, or of which no rule asked."""
    not_understood = untold.not_understood if untold is not None else frozenset()
    return {
        item.model.path
        for item in facts.incoming
        if is_understood(item, standing.systems) or item.model.path not in not_understood
    }


def _hold_broken(submission: Submission, ledger: Ledger) -> list[NotChecked]:
    """Return each thing that breaks its format. The item around it is held; the message, where there is none."""
    broken = [line for line in submission.not_read if line.broken]
    if broken:
        paths = {item.path for item in (*submission.entries, *submission.medications)}
        for line in broken:
            ledger.take("hold", _item_around(line.path, paths))
    return [NotChecked(path=line.path, reason=line.reason) for line in broken]


_AGREES = {
    "same": IdentityCheck(nhs_number="same", message="the NHS numbers agree"),
    "not_compared": IdentityCheck(nhs_number="not_compared", message="not compared: a record, or an NHS number, was not given"),
}


def _item_around(path: str, items: Collection[str]) -> Collection[str]:
    """Return the path of the item that holds a path, if one does: an item of which a part is broken is held with it."""
    while path and path not in items:
        path = path.rpartition(".")[0]
    return {path} if path else ()


def _by_rule(run: RunResult, status: Status) -> Iterable[list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for outcome in run.outcomes:
        if outcome.status is status:
            found.setdefault(outcome.rule.name, []).append(outcome)
    return found.values()


def _limits_of_the_input(submission: Submission) -> tuple[Decision, list[str]]:
    """Return what to do, and what to say, where there was nothing to judge or more than one patient."""
    decision: Decision = "none"
    errors = []
    if not (submission.entries or submission.medications):
        errors.append("no coded entry was read: there is nothing that a rule could judge")
        decision = "note" if submission.texts else "review"
    if submission.other_patients:
        n = len(submission.other_patients)
        errors.append(f"the source describes {n + 1} patients; entries about another than the first are judged as such")
        decision = "review"
    return decision, errors


def _identity(results: Results) -> tuple[IdentityCheck, list[Result]]:
    """Return whether message and record are about one patient, with the findings where they may not be."""
    found = results.facts.identity
    if found is NOT_COMPARED:
        return _AGREES["not_compared"], []
    if found.nhs_number == "different":
        finding = results.built_in(
            "different-patient",
            "The record is another patient's",
            "hold",
            "The message and the record carry different NHS numbers; nothing was compared with the record.",
            ("H-12",),
        )
        return IdentityCheck(nhs_number="different", decision="hold", message="the NHS numbers differ"), [finding]
    shown = tuple(name for name in found.differing if name in _IDENTITY_FIELDS)
    if shown:
        words = ", ".join(_IDENTITY_FIELDS[name] for name in shown)
        finding = results.built_in(
            "patient-differs",
            "Message and record differ on the patient",
            "review",
            f"The message and the record differ on the patient's {words}. One may be "
            "wrong, or both may be right; rules that need it could not be told.",
            ("H-12",),
        )
        check = IdentityCheck(
            nhs_number=found.nhs_number, differing=shown, decision="review", message=f"message and record differ on: {words}"
        )
        return check, [finding]
    return _AGREES[found.nhs_number], []


def _not_the_patients(results: Results) -> list[Result]:
    """Return the finding for items that the source gives to somebody else, or of which it does not tell whose they are."""
    submission = results.facts.submission
    sent: Iterable[Entry | Medication] = chain(submission.entries, submission.medications)
    if _NOT_THE_PATIENTS.isdisjoint(map(_subject_of, sent)):
        return []
    found = [item for item in results.facts.incoming if item.component is None and item.model.subject in _NOT_THE_PATIENTS]
    return [
        results.built_in(
            "not-the-patients",
            "About somebody else, or it cannot be told whom",
            "review",
            f"{count(len(found), 'item')} of the message {'is' if len(found) == 1 else 'are'} about somebody or something other "
            "than its patient, or about whom cannot be told. A person decides whether it belongs in this record.",
            ("H-12",),
            found,
        )
    ]


def _coverage(record: Record | None) -> RecordCoverage:
    if record is None:
        return _NO_RECORD
    complete = tuple(f"{c.kind} {'from the beginning' if c.since is None else f'since {c.since}'}" for c in record.complete)
    return RecordCoverage(given=True, complete=complete, warnings=record.warnings)


def _profile_used(profile: InForce | None) -> ProfileUsed | None:
    if profile is None:
        return None
    return ProfileUsed(
        name=profile.name,
        in_force=tuple(_changed(c) for c in dict.fromkeys(profile.changes.values())),
        ended=tuple(_changed(c) for c in profile.ended),
    )


def _changed(change: RuleChange) -> RuleChanged:
    return RuleChanged(rule=change.rule, action=change.action, reason=change.reason, role=change.role, until=change.until)


def _counts(
    standing: Standing,
    submission: Submission,
    items: Sequence[ReportItem],
    results: Sequence[Result],
    understood: Collection[str],
    not_read: int,
) -> Counts:
    by = Counter(item.decision for item in items)
    return Counts(
        items=len(items),
        answered=sum(item.rules.answered > 0 for item in items if item.path in understood),
        entries=len(submission.entries),
        medications=len(submission.medications),
        texts=len(submission.texts),
        envelope=len(submission.envelope),
        not_read=not_read,
        rules=len(standing.binding.rules),
        fires=sum(1 for r in results if r.outcome == "fires"),
        cannot_tell=sum(1 for r in results if r.outcome == "cannot_tell"),
        overridden=sum(1 for r in results if r.overridden is not None),
        by_decision={d: by.get(d, 0) for d in ("none", "note", "review", "hold")},
    )


def digest(text: str) -> str:
    """Return blake2b-16 of a text, in hexadecimal."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _summary(decision: Decision, results: Sequence[Result], not_checked: Sequence[NotChecked], items: int) -> str:
    live = Counter(r.action for r in results if r.outcome == "fires" and r.overridden is None) if results else {}
    parts = [f"{live[action]} to {action}" for action in ("hold", "review", "note") if action in live] if live else ()
    untold = sum(r.outcome == "cannot_tell" for r in results) if results else 0
    text = f"{decision}: {count(items, 'item')}; findings: {', '.join(parts) if parts else 'none'}"
    if untold:
        text += f"; {untold} not told"
    if not_checked:
        text += f"; {len(not_checked)} not checked"
    return text
