"""One result of a report: the rule's own words and sources, and the entries and medicines that it speaks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Literal

from codesafety import ir
from codesafety.evaluation import calendar
from codesafety.evaluation.codes import CodeInfo
from codesafety.evaluation.facts import CodingFact, Facts, ItemFact, TextFact
from codesafety.evaluation.outcome import Application
from codesafety.report import (
    Decision,
    ExceptionTried,
    InvolvedEntry,
    Overridden,
    Result,
    UsedFact,
    filled,
)
from codesafety.reporting.places import Places, places
from codesafety.reporting.standing import Standing


class Results:
    """Makes the results of one report, each with an id of its own."""

    def __init__(self, standing: Standing, facts: Facts) -> None:
        self.standing = standing
        self.facts = facts
        self._ids: dict[str, int] = {}

    @cached_property
    def places(self) -> Places:
        return places(self.facts.submission, self.facts.record)

    def result(
        self,
        rule: ir.Rule,
        outcome: Literal["fires", "cannot_tell"],
        action: Decision,
        message: str,
        entries: tuple[InvolvedEntry, ...],
        *,
        path: str | None,
        count: int,
        facts: tuple[UsedFact, ...] = (),
        exceptions: tuple[ExceptionTried, ...] = (),
        missing: tuple[str, ...] = (),
        counterfactual: tuple[str, ...] = (),
        counterfactual_text: tuple[str, ...] = (),
        overridden: Overridden | None = None,
        lowered: str | None = None,
    ) -> Result:
        of_rule = self.standing.of_rule(rule)
        return filled(
            Result,
            {
                "id": self._id(rule.name, outcome, entries, missing),
                "rule": rule.name,
                "version": of_rule.version,
                "title": rule.title,
                "outcome": outcome,
                "action": action,
                "message": message,
                "entries": entries,
                "count": count,
                "path": path,
                "facts": facts,
                "exceptions": exceptions,
                "missing": missing,
                "counterfactual": counterfactual,
                "counterfactual_text": counterfactual_text,
                "severity": of_rule.severity,
                "hazard": rule.hazards,
                "source": of_rule.source,
                "because": rule.because,
                "rests_on": (),
                "overridable_by": of_rule.overridable_by,
                "overridden": overridden,
                "changed_by_profile": lowered,
            },
        )

    def built_in(
        self, name: str, title: str, action: Decision, message: str, hazard: tuple[str, ...], items: Sequence[ItemFact] = ()
    ) -> Result:
        """Return a finding of the library's own, which no rule file holds. `items`: the incoming ones that it is about."""
        rule = f"codesafety/{name}"
        entries = tuple(self._involved(item, "it", takes_action=item.incoming) for item in items)
        return Result(
            id=self._id(rule, "fires", entries, ()),
            rule=rule,
            version=self.standing.engine.version,
            outcome="fires",
            action=action,
            message=message,
            hazard=hazard,
            title=title,
            entries=entries,
            count=max(1, len(entries)),
            path=entries[0].path if entries else None,
        )

    def involved(
        self, rule: ir.Rule, group: Sequence[Application], named: Mapping[str, Sequence[ItemFact]]
    ) -> tuple[InvolvedEntry, ...]:
        """Return what a result speaks of: triggers and partners, and beside them what quantifiers found, by its name.

        What was found is part of a finding, and takes no action from it.
        """
        found: dict[tuple[str, str], InvolvedEntry] = {}
        one, other = rule.trigger.subject, rule.trigger.partner
        for application in group:
            for bound, var in ((application.subject, one), (application.partner, other)):
                if isinstance(bound, CodingFact):
                    coding, bound = bound, bound.item
                    path = coding.coding.path or (bound.path if bound is not None else "message")
                    if (path, "incoming") not in found:
                        found[path, "incoming"] = _entry(
                            path,
                            self.places.of(path),
                            "incoming",
                            var.name if var else "",
                            code_fields(coding.info.system, coding.info.code, self.facts),
                            None,
                            takes_action=True,
                        )
                elif isinstance(bound, TextFact):
                    if (bound.path, "incoming") not in found:
                        found[bound.path, "incoming"] = _entry(
                            bound.path,
                            self.places.of(bound.path),
                            "incoming",
                            var.name if var else "",
                            NO_CODE_FIELDS,
                            bound.day,
                            takes_action=True,
                        )
                elif isinstance(bound, ItemFact) and var is not None and _place(bound) not in found:
                    found[_place(bound)] = self._involved(bound, var.name, takes_action=bound.incoming)
        for name, items in named.items():
            for item in items:
                if _place(item) not in found:
                    found[_place(item)] = self._involved(item, name, takes_action=False)
        return tuple(found.values())

    def _involved(self, item: ItemFact, role: str, *, takes_action: bool) -> InvolvedEntry:
        info = told_of(item)
        path, side = _place(item)
        coded = code_fields(info.system, info.code, self.facts) if info is not None else NO_CODE_FIELDS
        return _entry(path, self.places.of(path, incoming=item.incoming), side, role, coded, item.day, takes_action=takes_action)

    def _id(self, rule: str, outcome: str, entries: tuple[InvolvedEntry, ...], missing: tuple[str, ...]) -> str:
        """An id from what was found and not from where it stood, so that it is the same when a message is sent again."""
        parts = sorted(f"{e.side}|{e.role}|{e.system}|{e.code}|{e.date}" for e in entries)
        base = blake2b("\n".join([rule, outcome, *parts, *missing]).encode(), digest_size=8).hexdigest()
        n = self._ids[base] = self._ids.get(base, 0) + 1
        return base if n == 1 else f"{base}-{n}"


def _entry(
    path: str,
    place: str,
    side: Literal["incoming", "record"],
    role: str,
    coded: Mapping[str, str | None],
    day: calendar.Interval | None,
    *,
    takes_action: bool,
) -> InvolvedEntry:
    date = calendar.text(day) if day is not None else None
    said = {"path": path, "place": place, "side": side, "role": role}
    return filled(InvolvedEntry, {**said, **coded, "date": date, "takes_action": takes_action})


def _place(item: ItemFact) -> tuple[str, Literal["incoming", "record"]]:
    return item.path, "incoming" if item.incoming else "record"


def told_of(bound: ItemFact | CodingFact) -> CodeInfo | None:
    """Return the coding by which an item is named: its SNOMED CT one, else its first."""
    if isinstance(bound, CodingFact):
        return bound.info
    return next((i for i in bound.infos if i.system == "sct"), bound.infos[0] if bound.infos else None)


NO_CODE_FIELDS: Mapping[str, str | None] = {"code": None, "system": None, "term": None}


def code_fields(system: str | None, code: str | None, facts: Facts) -> dict[str, str | None]:
    terms = facts.codebook.terminology.terms(code if system == "sct" else ir.code_key(system or "?", code)) if code else ()
    return {"code": code, "system": system, "term": terms[0] if terms else None}
