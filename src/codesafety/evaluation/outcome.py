"""What a rule answers for one incoming item: the vocabulary that both evaluators share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from codesafety import ir
from codesafety.errors import PluginError
from codesafety.evaluation.facts import CodingFact, ItemFact, TextFact, Unseen
from codesafety.evaluation.work import NotAsked

Bindable = ItemFact | CodingFact | TextFact | Unseen | ir.TableRow | None
"""What a variable may stand for; None is the message."""

NOTHING: frozenset[str] = frozenset()
PRIVATE = frozenset({"patient.sex_at_birth"})
"""Fields that are tested and never named."""


class Status(StrEnum):
    FIRES = "fires"
    CANNOT_TELL = "cannot_tell"
    CLEAR = "clear"
    NOT_APPLICABLE = "not_applicable"  # no application: nothing of this kind to judge
    NOT_IN_FORCE = "not_in_force"


@dataclass(slots=True)
class Application:
    """One trigger, with its partner or row if any, and what came of it.

    `swapped`: a rule whose sides have no order holds only the other way round. `applied` and `untested` are the places of
    exceptions in the rule; `missing` is everything that could change the answer.
    """

    subject: Bindable
    partner: Bindable
    status: Status
    missing: frozenset[str] = NOTHING
    applied: tuple[int, ...] = ()
    untested: tuple[tuple[int, frozenset[str]], ...] = ()
    has_partner: bool = False

    @property
    def items(self) -> tuple[ItemFact, ...]:
        """Every item that this application used, trigger first; a coding counts as its item, and so do an item's words."""
        found = []
        for bound in (self.subject, self.partner):
            if isinstance(bound, CodingFact | TextFact):
                bound = bound.item
            if isinstance(bound, ItemFact):
                found.append(bound)
        return tuple(found)


@dataclass(slots=True)
class Outcome:
    """One rule and one incoming item (None: the message). `applications` are those that decide; empty when clear."""

    rule: ir.Rule
    subject: ItemFact | None
    status: Status
    missing: frozenset[str]
    applications: tuple[Application, ...]


def settle(rule: ir.Rule, subject: ItemFact | None, applications: list[Application]) -> Outcome:
    """Return the one outcome: fires if any application fires; else cannot tell if any cannot be told; else clear (table 2).

    What cannot be told of a label is nothing to tell: it is clinical for nobody.
    """
    if not applications:
        return Outcome(rule, subject, Status.NOT_APPLICABLE, NOTHING, ())
    for status in (Status.FIRES, Status.CANNOT_TELL):
        chosen = tuple([a for a in applications if a.status is status])
        if status is Status.CANNOT_TELL:
            chosen = tuple([a for a in chosen if not (isinstance(a.subject, CodingFact) and a.subject.is_label)])
        if chosen:
            if status is Status.FIRES:
                return Outcome(rule, subject, status, NOTHING, chosen)
            missing = chosen[0].missing.union(*[a.missing for a in chosen[1:]])  # of one application, its own set and no copy
            return Outcome(rule, subject, status, missing if missing.isdisjoint(PRIVATE) else missing - PRIVATE, chosen)
    cleared = tuple(a for a in applications if a.applied)
    return Outcome(rule, subject, Status.CLEAR, NOTHING, cleared)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many loaded rules answered for one item (fires or clear), and how many did not and why."""

    answered: int = 0
    cannot_tell: int = 0
    not_applicable: int = 0
    not_in_force: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that raised, or was not asked (`reason` is then of `NotAsked`). `subjects` are the places (`ItemFact.index`) of the
    items it was to judge; None is the message."""

    rule: str
    reason: str
    plugin: str | None
    subjects: tuple[int | None, ...]


def why_broken(error: Exception) -> tuple[str, str | None]:
    """Return what to say of a failure, and the plugin whose it is: of an error its kind alone, for its words may be a patient's."""
    match error:
        case NotAsked():
            return error.reason, None
        case PluginError():
            return error.kind, error.plugin
        case _:
            return type(error).__name__, None


@dataclass(slots=True)
class RunResult:
    """All that a set of rules answers for some facts: every outcome that fires or cannot be told, in the order of subjects (the
    message, then its items) and of rules.

    `tallies` holds one entry for each whole incoming item (by `ItemFact.index`) and one for the message (None).
    """

    outcomes: tuple[Outcome, ...]
    tallies: Mapping[int | None, Tally]
    broken: tuple[Broken, ...] = ()
