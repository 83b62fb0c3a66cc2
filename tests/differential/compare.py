"""What two runs must have in common: statuses, missing fields, applications with what was untested, counts and failures."""

from __future__ import annotations

from collections.abc import Hashable

from codesafety.evaluation.compiled.triggers import looks_no_further
from codesafety.evaluation.facts import CodingFact, Facts, ItemFact, TextFact, Unseen
from codesafety.evaluation.outcome import Application, Bindable, Outcome, RunResult


def _name(bound: Bindable, has_one: bool = True) -> Hashable:
    match bound:
        case ItemFact():
            return bound.index
        case CodingFact():
            return "coding", bound.item.index if bound.item is not None else None, id(bound.coding)
        case TextFact():
            return "words", bound.path
        case Unseen():
            return "unseen", bound.called
        case None:
            return None
        case _:
            return "row", id(bound)


def _application(a: Application, facts: Facts | None) -> Hashable:
    sides = a.subject, a.partner
    if facts is not None and all(isinstance(side, TextFact) or (isinstance(side, ItemFact) and side.incoming) for side in sides):
        names: tuple[Hashable, ...] = tuple(facts.alike(side) if isinstance(side, ItemFact) else _name(side) for side in sides)
    else:
        names = tuple(_name(side) for side in sides)
    return names, a.has_partner, a.status, a.missing, a.untested


def _outcome(o: Outcome, facts: Facts) -> tuple[Hashable, ...]:
    subject = None if o.subject is None else o.subject.index
    of_each_kind = facts if looks_no_further(o.rule) else None
    return o.rule.name, subject, o.status.value, o.missing, frozenset(_application(a, of_each_kind) for a in o.applications)


def compared(
    run: RunResult, facts: Facts
) -> tuple[frozenset[tuple[Hashable, ...]], dict[int | None, object], frozenset[Hashable]]:
    """Return a run as values: outcomes, tallies, failures (the models must be the same objects in both).

    Of incoming partners that are alike, one may stand for all, where the rule cannot tell them apart.
    """
    return (
        frozenset(_outcome(o, facts) for o in run.outcomes),
        dict(run.tallies),
        frozenset((b.rule, b.reason, b.plugin, frozenset(b.subjects)) for b in run.broken),
    )
