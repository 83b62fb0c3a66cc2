"""What every report of one engine says of itself, and which of a profile's changes are in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from codesafety import ir
from codesafety.evaluation.binding import Binding, say_limit
from codesafety.evaluation.facts import Facts
from codesafety.profile import Profile, RuleChange
from codesafety.record import day_interval
from codesafety.report import (
    Decision,
    EngineUsed,
    OverridableBy,
    RulesetUsed,
    SourceCited,
    TerminologyUsed,
    filled,
    strictest,
)
from codesafety.reporting.derived import Asked, asked_of_products


@dataclass(frozen=True, slots=True)
class OfARule:
    """What is the same in every result of a rule."""

    version: str
    severity: str | None
    source: tuple[SourceCited, ...]
    overridable_by: OverridableBy | None
    asked: Asked
    """What it asks of the products of medicines."""


@dataclass(frozen=True)
class Standing:
    """What every report of one engine says of itself."""

    binding: Binding
    rules: Mapping[str, ir.Rule]
    """The rules by their names."""
    versions: Mapping[str, str]
    """The version of each ruleset."""
    engine: EngineUsed
    rulesets: tuple[RulesetUsed, ...]
    limits: dict[str, str]
    predicates: tuple[str, ...]
    code_maps: tuple[str, ...]
    terminology: TerminologyUsed
    never: frozenset[str]
    severities: Mapping[str, str | None]
    """Each rule's severity: its own, else the worst of its hazards'."""
    patient_wide: frozenset[str]
    """Rules whose finding has one cause in the patient: all their entries make one finding with a count."""
    systems: frozenset[str]
    """The code systems of which rules know codes."""
    _of_rules: dict[str, OfARule] = field(default_factory=dict, repr=False)

    def of_rule(self, rule: ir.Rule) -> OfARule:
        """Return what is the same in every result of a rule. Two threads may both work it out: all the same."""
        found = self._of_rules.get(rule.name)
        if found is None:
            found = self._of_rules[rule.name] = OfARule(
                self.versions.get(rule.ruleset, ""),
                self.severities[rule.name],
                tuple(filled(SourceCited, {"text": s.text, "url": s.url}) for s in rule.sources),
                self._overridable(rule),
                asked_of_products(rule),
            )
        return found

    def _overridable(self, rule: ir.Rule) -> OverridableBy | None:
        written = rule.overridable
        if written is None:
            return None
        assert not isinstance(written.length, ir.Field)
        return OverridableBy(reasons=written.reasons, length=say_limit(self.binding.length(written.length)))

    @cached_property
    def said(self) -> Mapping[str, object]:
        """The fields of a report that are the same in every report."""
        return {
            "never_given": tuple(sorted(self.never)),
            "engine": self.engine,
            "rulesets": self.rulesets,
            "predicates": self.predicates,
            "code_maps": self.code_maps,
            "terminology": self.terminology,
        }


@dataclass(frozen=True, slots=True)
class InForce:
    """A profile's changes on one message's day."""

    name: str
    changes: Mapping[str, RuleChange]
    ended: tuple[RuleChange, ...]

    @property
    def off(self) -> frozenset[str]:
        return frozenset(rule for rule, change in self.changes.items() if change.action == "off")

    def lowers(self, rule: str, action: Decision) -> Decision | None:
        """Return the action that the profile puts in the place of a rule's own, where that is less strict; else None."""
        change = self.changes.get(rule)
        if change is None or change.action == "off" or strictest(action, change.action) == change.action:
            return None
        return change.action


def in_force(profile: Profile, facts: Facts, families: Mapping[str, tuple[str, ...]]) -> InForce:
    """Return which of a profile's changes hold on the message's own day; without a day, none does.

    A change of a family is one of each of its rules.
    """
    day = facts.message_day
    changes, ended = {}, []
    for change in profile.changes:
        if day is not None and day[1] <= day_interval(change.until)[1]:
            changes.update(dict.fromkeys(families.get(change.rule, (change.rule,)), change))
        else:
            ended.append(change)
    return InForce(profile.name, changes, tuple(ended))
