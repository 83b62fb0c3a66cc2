"""The items of a report: what was read, what was not, what was not checked, and what each comes to."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Literal

from codesafety.evaluation import calendar
from codesafety.evaluation.facts import Facts, ItemFact
from codesafety.evaluation.items import value_answer
from codesafety.evaluation.outcome import Broken, RunResult, Tally
from codesafety.evaluation.words import denied_beside
from codesafety.evaluation.work import NOT_ASKED, NotAsked
from codesafety.record import Entry, NotRead, Submission
from codesafety.report import (
    Answers,
    AsSent,
    Decision,
    EntryContext,
    NotChecked,
    NotReadItem,
    ReportItem,
    decision_of_unread,
    filled,
)
from codesafety.reporting.ledger import Ledger
from codesafety.reporting.places import Places
from codesafety.reporting.results import NO_CODE_FIELDS, code_fields, told_of
from codesafety.terminology.sctid import Damage

_NOT_ASKED = Tally()
_notes_of, _qualifiers_of = attrgetter("notes"), attrgetter("qualifiers")
_MAY_DENY = "words that may deny what they stand beside"
_IN_DOUBT = "words of a code that may deny it, or cannot be read"
_STANDS = 2
"""`ItemFact.stands` of what is present, the patient's and current."""


def read_items(facts: Facts, submission: Submission, run: RunResult, ledger: Ledger, places: Places) -> Iterator[ReportItem]:
    """Yield each item that was read, in the order sent, with its decision."""
    for item in facts.incoming:
        if item.component is not None:
            continue
        model = item.model
        codings = [*zip(item.codings, item.infos, strict=True), (None, None)]
        sent, info = next((pair for pair in codings if pair[1] is not None and pair[1].system == "sct"), codings[0])
        tally = run.tallies.get(item.index) or _NOT_ASKED
        yield filled(
            ReportItem,
            {
                "path": model.path,
                "place": places.of(model.path),
                "resource_type": model.resource_type,
                "resource_id": model.resource_id,
                "kind": "entry" if item.is_entry else "medication",
                **(code_fields(info.system, info.code, facts) if info is not None else NO_CODE_FIELDS),
                "date": calendar.text(item.day) if item.day is not None else None,
                "as_sent": filled(
                    AsSent,
                    {
                        "code": sent.code if sent else None,
                        "system": sent.system if sent else None,
                        "display": sent.display if sent else None,
                        "text": model.text,
                        "date": _sent_date(item),
                    },
                ),
                "context": tuple(_context(facts.parts(item), facts)) if item.is_entry else (),
                "decision": ledger.decision(model.path),
                "rules": filled(
                    Answers,
                    {
                        "answered": tally.answered,
                        "cannot_tell": tally.cannot_tell,
                        "not_applicable": tally.not_applicable,
                        "not_in_force": tally.not_in_force,
                    },
                ),
                "results": tuple(ledger.results.get(model.path, ())),
            },
        )
    for text in submission.texts:
        yield ReportItem(
            path=text.path,
            place=places.of(text.path),
            resource_type=text.resource_type,
            resource_id=text.resource_id,
            kind="text",
            as_sent=AsSent(text=text.text),
            date=text.date or text.consultation_date or text.recorded,
            decision=ledger.decision(text.path),
            results=tuple(ledger.results.get(text.path, ())),
        )


def _context(parts: Iterable[ItemFact], facts: Facts) -> Iterator[EntryContext]:
    """Yield what is said of an entry and of each of its components, where that is not simply that it is so."""
    for part in parts:
        if part.stands == _STANDS:
            continue
        assertion, subject, temporality = (word or "unknown" for word in part.context)
        if (assertion, subject, temporality) == ("present", "patient", "current"):
            continue  # withdrawn, and nothing else
        info = told_of(part)
        coded = code_fields(info.system, info.code, facts) if info is not None else {}
        said = {"assertion": assertion, "subject": subject, "temporality": temporality}
        yield EntryContext.model_validate({"path": part.path, **said, "assertion_by": tuple(_who_says(part)), **coded})


def _who_says(part: ItemFact) -> Iterator[Literal["message", "value", "code"]]:
    """Yield who says anything of whether an entry or component is so."""
    model, component = part.model, part.component
    assert isinstance(model, Entry)
    if model.assertion is not None or (component is not None and component.assertion is not None):
        yield "message"
    if value_answer(part) is not None:
        yield "value"
    if any(info.context.assertion is not None for info in part.infos):
        yield "code"


def unjudged(facts: Facts) -> Iterator[NotRead]:
    """Yield a line for what nobody has judged: words of a code that may deny it, what was sent beside an item and may, and each
    expression of SNOMED CT."""
    for path in facts.readings.in_doubt:
        yield NotRead(path=path, reason=_IN_DOUBT, coded=True)
    sent = (*facts.submission.entries, *facts.submission.medications)
    for item in facts.incoming if any(map(_notes_of, sent)) or any(map(_qualifiers_of, sent)) else ():
        if item.component is None and (item.model.notes or item.model.qualifiers):
            resource = {"resource_type": item.model.resource_type, "resource_id": item.model.resource_id}
            try:
                for path in denied_beside(item, facts):
                    yield NotRead(path=path, reason=_MAY_DENY, coded=True, **resource)
            except NotAsked as error:
                yield NotRead(path=item.path, reason=f"what was sent beside it was {error.reason}", coded=True, **resource)
    if facts.is_looked_up and not facts.codebook.has_met_expressions:
        return
    for item in facts.incoming:
        for coding, info in zip(item.codings, item.infos, strict=True):
            if info.damage is Damage.EXPRESSION:
                reason = "an expression of SNOMED CT: what its parts mean together is not judged"
                yield NotRead(path=coding.path or item.path, reason=reason, coded=True, codings=(coding,))


def is_understood(item: ItemFact, systems: Container[str | None]) -> bool:
    """Return whether a code of an item is one that rules can know. `systems`: the code systems of which they know codes."""
    return any(info.product is not None or (info.speaks and info.system in systems) for info in item.infos)


def shown_unread(found: Iterable[NotRead]) -> list[tuple[NotRead, Decision]]:
    """Return what was not read and asks for something, with its decision: not the mere details."""
    return [(unread, decision) for unread in found if (decision := decision_of_unread(unread)) != "none"]


def unread_items(found: Iterable[tuple[NotRead, Decision]]) -> Iterator[ReportItem]:
    """Yield an item for each of what was not read, as `shown_unread` returns it."""
    for unread, decision in found:
        yield ReportItem(
            path=unread.path,
            resource_type=unread.resource_type,
            resource_id=unread.resource_id,
            kind="unread",
            decision=decision,
        )


def not_read(found: Iterable[NotRead]) -> Iterator[NotReadItem]:
    """Yield what the reader says that it did not read, and what was not judged."""
    for n in found:
        yield filled(
            NotReadItem,
            {
                "path": n.path,
                "reason": n.reason,
                "resource_type": n.resource_type,
                "resource_id": n.resource_id,
                "whole": n.whole,
                "coded": n.coded,
                "broken": n.broken,
            },
        )


def broken_rules(facts: Facts, found: Sequence[Broken], ledger: Ledger) -> Iterator[NotChecked]:
    """Yield each rule that failed, for each item on which it did; the item is held."""
    paths = {item.index: item.model.path for item in facts.incoming} if found else {}
    for broken in found:
        failed = f"plugin `{broken.plugin}` failed" if broken.plugin else "the rule failed"
        reason = broken.reason if broken.reason in NOT_ASKED else f"{failed}: {broken.reason}"
        for subject in broken.subjects:
            path = paths.get(subject) if subject is not None else None
            ledger.take("hold", () if path is None else {path})
            yield NotChecked(path=path, rule=broken.rule, plugin=broken.plugin, reason=reason)


def _sent_date(item: ItemFact) -> str | None:
    model = item.model
    for name in ("date", "handed_over", "prepared", "start", "authored", "consultation_date", "recorded"):
        found = getattr(model, name, None)
        if found is not None:
            return str(found)
    return None
