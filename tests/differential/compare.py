"""What two runs must have in common: statuses, missing fields, applications with what was untested, counts and failures."""

from __future__ import annotations

from collections.abc import Hashable

from codesafety.evaluation.facts import CodingFact, ItemFact, Unseen
from codesafety.evaluation.outcome import Application, Bindable, Outcome, RunResult


def _name(bound: Bindable, has_one: bool = True) -> Hashable:
    match bound:
        case ItemFact():
            return bound.index
        case CodingFact():
            return "coding", bound.item.index if bound.item is not None else None, id(bound.coding)
        case Unseen():
            return "unseen", bound.called
        case None:
            return None
        case _:
            return "row", id(bound)


def _application(a: Application) -> Hashable:
    return _name(a.subject), _name(a.partner), a.has_partner, a.status, a.missing, a.untested


def _outcome(o: Outcome) -> tuple[Hashable, ...]:
    subject = None if o.subject is None else o.subject.index
    return o.rule.name, subject, o.status.value, o.missing, frozenset(_application(a) for a in o.applications)


def compared(run: RunResult) -> tuple[frozenset[tuple[Hashable, ...]], dict[int | None, object], frozenset[Hashable]]:
    """Return a run as values: outcomes, tallies, failures (the models must be the same objects in both)."""
    return (
        frozenset(_outcome(o) for o in run.outcomes),
        dict(run.tallies),
        frozenset((b.rule, b.reason, b.plugin, frozenset(b.subjects)) for b in run.broken),
    )
