"""Outcomes to a report: who takes which action, what is one finding, what was not told and why."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Literal

from codesafety import ir
from codesafety.evaluation import calendar
from codesafety.evaluation.binding import Binding, say_limit
from codesafety.evaluation.facts import CodingFact, Facts, ItemFact
from codesafety.evaluation.outcome import Application, Outcome, RunResult, Status
from codesafety.evaluation.reference.explanation import explain, say, words_of
from codesafety.evaluation.reference.interpreter import Interpreter
from codesafety.profile import Override, Profile, RuleChange
from codesafety.record import Record, Submission, day_interval
from codesafety.report import (
    Answers,
    AsSent,
    Counts,
    Decision,
    Digests,
    EngineUsed,
    ExceptionTried,
    IdentityCheck,
    InvolvedEntry,
    MissingInput,
    NotChecked,
    NotReadItem,
    OverridableBy,
    Overridden,
    ProfileUsed,
    RecordCoverage,
    Report,
    ReportItem,
    Result,
    RuleChanged,
    RulesetUsed,
    SourceCited,
    TerminologyUsed,
    UsedFact,
    strictest,
)

_NAMED = {
    "patient.gender": "the patient's gender",
    "patient.born": "the patient's birth date",
    "patient.died": "the patient's date of death",
    "patient.deceased": "whether the patient has died",
    "patient.nhs_number": "the NHS number",
    "message.service": "the service of the message",
    "message.sender": "the sender of the message",
    "message.replaces": "what the message replaces",
}
_IDENTITY_FIELDS = {"gender": "gender", "born": "birth date", "died": "date of death", "deceased": "whether they have died"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What every report of one engine says of itself."""

    binding: Binding
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


@dataclass(frozen=True, slots=True)
class InForce:
    """A profile's changes on one message's day."""

    name: str
    changes: Mapping[str, RuleChange]
    ended: tuple[RuleChange, ...]

    @property
    def off(self) -> frozenset[str]:
        return frozenset(rule for rule, change in self.changes.items() if change.action == "off")


def in_force(profile: Profile, facts: Facts) -> InForce:
    """Return which of a profile's changes hold on the message's own day; without a day, none does."""
    day = facts.message_day
    changes, ended = {}, []
    for change in profile.changes:
        if day is not None and day[1] <= day_interval(change.until)[1]:
            changes[change.rule] = change
        else:
            ended.append(change)
    return InForce(profile.name, changes, tuple(ended))


class Assessment:
    """One message's outcomes on their way to a report."""

    def __init__(
        self,
        standing: Standing,
        facts: Facts,
        submission: Submission,
        record: Record | None,
        run: RunResult,
        profile: InForce | None,
        overrides: Sequence[Override],
    ) -> None:
        self.standing = standing
        self.facts = facts
        self.submission = submission
        self.record = record
        self.run = run
        self.profile = profile
        self.interpreter = Interpreter(standing.binding, facts)
        self.decisions: dict[str, Decision] = {}
        self.message_decision: Decision = "none"
        self.item_results: dict[str, list[str]] = defaultdict(list)
        self.errors: list[str] = []
        self.not_checked: list[NotChecked] = []
        self.results: list[Result] = []
        self._ids: Counter[str] = Counter()
        self._said: dict[str, tuple[str, int]] = {}
        self._stopped: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
        self._not_understood: tuple[set[str], set[str]] = (set(), set())
        self._fired_on: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._overrides = self._overrides_by_rule(overrides)

    # ------------------------------------------------------------------------------------------ the whole

    def report(self) -> Report:
        identity = self._identity()
        for outcomes in self._by_rule(Status.FIRES):
            self._findings(outcomes)
        self._join_causes()
        for outcomes in self._by_rule(Status.CANNOT_TELL):
            self._cannot_tell(outcomes)
        self._broken()
        unread = self._unread()
        items = [*self._items(), *unread]
        results = self._ordered([self._rest_on(result) for result in self.results])
        decision = self._decision(items, identity)
        return Report(
            decision=decision,
            summary=_summary(decision, results, self.not_checked, items),
            items=tuple(items),
            results=tuple(results),
            missing_inputs=self._missing_inputs(),
            never_given=tuple(sorted(self.standing.never)),
            not_read=tuple(
                NotReadItem(
                    path=n.path,
                    reason=n.reason,
                    resource_type=n.resource_type,
                    resource_id=n.resource_id,
                    whole=n.whole,
                    coded=n.coded,
                    broken=n.broken,
                )
                for n in self.submission.not_read
            ),
            not_checked=tuple(self.not_checked),
            errors=tuple(self.errors),
            identity=identity,
            record=self._coverage(),
            counts=self._counts(items, results),
            engine=self.standing.engine,
            rulesets=self.standing.rulesets,
            limits=self.standing.limits,
            predicates=self.standing.predicates,
            code_maps=self.standing.code_maps,
            profile=self._profile_used(),
            terminology=self.standing.terminology,
            format=self.submission.format,
            message_id=self.submission.message.id,
            digests=Digests(
                input=digest(self.submission.model_dump_json()),
                record=digest(self.record.model_dump_json()) if self.record is not None else None,
            ),
        )

    def _decision(self, items: Sequence[ReportItem], identity: IdentityCheck) -> Decision:
        decision = strictest(self.message_decision, identity.decision, *(item.decision for item in items))
        if not (self.submission.entries or self.submission.medications):
            self.errors.append("no coded entry was read: there is nothing that a rule could judge")
            decision = strictest(decision, "note" if self.submission.texts else "review")
        if self.submission.other_patients:
            n = len(self.submission.other_patients)
            self.errors.append(f"the source describes {n + 1} patients; entries about another than the first are judged as such")
            decision = strictest(decision, "review")
        return decision

    def _by_rule(self, status: Status) -> Iterable[list[Outcome]]:
        found: dict[str, list[Outcome]] = {}
        for outcome in self.run.outcomes:
            if outcome.status is status:
                found.setdefault(outcome.rule.name, []).append(outcome)
        return found.values()

    # ------------------------------------------------------------------------------------------ findings

    def _findings(self, outcomes: list[Outcome]) -> None:
        """Make one finding of each group of applications that share an incoming resource or order, or a cause in the patient."""
        rule = outcomes[0].rule
        applications: dict[tuple[int, int, int], Application] = {}
        for outcome in outcomes:
            for application in outcome.applications:
                applications.setdefault(_identity_of(application), application)
        for group in _groups(list(applications.values()), self._touched, rule.name in self.standing.patient_wide):
            self._finding(rule, group)

    def _finding(self, rule: ir.Rule, group: list[Application]) -> None:
        first = group[0]
        why = explain(self.interpreter, rule, first)
        entries = self._involved(rule, group)
        incoming = [e for e in entries if e.takes_action]
        action, lowered = self._action(rule)
        overridden = self._override(rule, entries)
        message = say(rule, first, self.interpreter) or (rule.title or rule.name)
        triggers = len({id(a.subject) for a in group if a.subject is not None})
        result = self._result(
            rule,
            "fires",
            action,
            _for_all(message, triggers),
            entries,
            facts=tuple(UsedFact(name=name, value=value) for name, value in why.facts),
            exceptions=tuple(
                ExceptionTried(label=label_, outcome="could not be tested" if untested else "does not hold", missing=missing)
                for label_, untested, missing in why.exceptions
            ),
            counterfactual=why.counterfactual,
            path=_path(first),
            count=max(1, len(incoming)),
            overridden=overridden,
            lowered=lowered,
        )
        self.results.append(result)
        self._said[result.id] = (message, triggers)
        for path in {e.path for e in entries}:
            self._fired_on[rule.name][path].append(result.id)
        if overridden is None:
            self._take(action, [self._resource(a) for a in group], result.id)
        else:
            self._link([self._resource(a) for a in group], result.id)

    def _touched(self, application: Application) -> set[int]:
        """Return what an application concerns: a coding; else incoming resources, a medicine's statement, plan and issues as one."""
        if isinstance(application.subject, CodingFact):
            return {id(application.subject)}
        return {
            id(item.model) if item.is_entry else ~self.facts.order_number(item) for item in application.items if item.incoming
        }

    def _join_causes(self) -> None:
        """Make one finding of two whose cause is in the patient, where one rule stands after the other and asks the same question.

        The same question of entries and of medicines (`e is before patient.born`) has one answer to look for; two questions stay two.
        """
        wide = self.standing.patient_wide
        rules = {rule.name: rule for rule in self.standing.binding.rules if rule.name in wide}
        after = {
            rule.name: [name for name in rule.after if name in wide] for rule in self.standing.binding.rules if rule.name in wide
        }
        live = {r.rule: r for r in self.results if r.rule in wide and r.overridden is None}
        for second in [r for r in live.values() if after[r.rule]]:
            asked = _question(rules[second.rule])
            first = next((live[name] for name in after[second.rule] if name in live and _question(rules[name]) == asked), None)
            if first is None or first.action != second.action:
                continue
            message, triggers = self._said[first.id]
            self._said[first.id] = message, triggers + self._said[second.id][1]
            joined = first.model_copy(
                update={
                    "message": _for_all(*self._said[first.id]),
                    "entries": (*first.entries, *second.entries),
                    "count": first.count + second.count,
                    "hazard": tuple(dict.fromkeys((*first.hazard, *second.hazard))),
                }
            )
            live[first.rule] = joined
            self.results = [joined if r.id == first.id else r for r in self.results if r.id != second.id]
            for found in self.item_results.values():
                found[:] = dict.fromkeys(first.id if i == second.id else i for i in found)
            for path, ids in self._fired_on[second.rule].items():
                self._fired_on[first.rule][path].extend(first.id if i == second.id else i for i in ids)
                ids[:] = [first.id if i == second.id else i for i in ids]

    def _resource(self, application: Application) -> list[ItemFact]:
        return [item for item in application.items if item.incoming]

    def _take(self, action: Decision, groups: Iterable[list[ItemFact]], result: str) -> None:
        any_item = False
        for item in (item for group in groups for item in group):
            any_item = True
            path = item.model.path
            self.decisions[path] = strictest(self.decisions.get(path, "none"), action)
            if result not in self.item_results[path]:
                self.item_results[path].append(result)
        if not any_item:
            self.message_decision = strictest(self.message_decision, action)

    def _link(self, groups: Iterable[list[ItemFact]], result: str) -> None:
        for path in {item.model.path for group in groups for item in group}:
            self.item_results[path].append(result)

    def _action(self, rule: ir.Rule) -> tuple[Decision, str | None]:
        action: Decision = rule.action.value
        change = self.profile.changes.get(rule.name) if self.profile else None
        if change is None or change.action == "off" or strictest(action, change.action) == change.action:
            return action, None
        return change.action, action

    def _involved(self, rule: ir.Rule, group: list[Application]) -> tuple[InvolvedEntry, ...]:
        found: dict[tuple[str, str], InvolvedEntry] = {}
        one, other = rule.trigger.subject, rule.trigger.partner
        for application in group:
            for bound, var in ((application.subject, one), (application.partner, other)):
                if isinstance(bound, CodingFact):
                    coding, bound = bound, bound.item
                    path = coding.coding.path or (bound.path if bound is not None else "message")
                    found.setdefault(
                        (path, "incoming"),
                        InvolvedEntry(
                            path=path,
                            side="incoming",
                            role=var.name if var else "",
                            takes_action=True,
                            **_code_fields(coding.info.system, coding.coding.code, self.facts),
                        ),
                    )
                elif isinstance(bound, ItemFact) and var is not None:
                    side = "incoming" if bound.incoming else "record"
                    info = next((i for i in bound.infos if i.system == "sct"), bound.infos[0] if bound.infos else None)
                    found.setdefault(
                        (bound.path, side),
                        InvolvedEntry(
                            path=bound.path,
                            side=side,
                            role=var.name,
                            takes_action=bound.incoming,
                            date=calendar.text(bound.day) if bound.day is not None else None,
                            **(_code_fields(info.system, info.code, self.facts) if info is not None else {}),
                        ),
                    )
        return tuple(found.values())

    def _result(
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
        overridden: Overridden | None = None,
        lowered: str | None = None,
    ) -> Result:
        return Result.model_construct(
            id=self._id(rule.name, outcome, entries, missing),
            rule=rule.name,
            version=self._version(rule.ruleset),
            title=rule.title,
            outcome=outcome,
            action=action,
            message=message,
            entries=entries,
            count=count,
            path=path,
            facts=facts,
            exceptions=exceptions,
            missing=missing,
            counterfactual=counterfactual,
            severity=self.standing.severities[rule.name],
            hazard=rule.hazards,
            source=tuple(SourceCited(text=s.text, url=s.url) for s in rule.sources),
            because=rule.because,
            rests_on=(),
            overridable_by=self._overridable(rule),
            overridden=overridden,
            changed_by_profile=lowered,
        )

    def _version(self, ruleset: str) -> str:
        return next((r.version for r in self.standing.rulesets if r.name == ruleset), "")

    def _id(self, rule: str, outcome: str, entries: tuple[InvolvedEntry, ...], missing: tuple[str, ...]) -> str:
        """An id from what was found and not from where it stood, so that it is the same when a message is sent again."""
        parts = sorted(f"{e.side}|{e.role}|{e.system}|{e.code}|{e.date}" for e in entries)
        base = blake2b("\n".join([rule, outcome, *parts, *missing]).encode(), digest_size=8).hexdigest()
        self._ids[base] += 1
        return base if self._ids[base] == 1 else f"{base}-{self._ids[base]}"

    def _overridable(self, rule: ir.Rule) -> OverridableBy | None:
        written = rule.overridable
        if written is None:
            return None
        assert not isinstance(written.length, ir.Field)
        return OverridableBy(reasons=written.reasons, length=say_limit(self.standing.binding.length(written.length)))

    # ------------------------------------------------------------------------------------------ overrides

    def _overrides_by_rule(self, overrides: Sequence[Override]) -> dict[str, list[Override]]:
        rules = {rule.name: rule for rule in self.standing.binding.rules}
        found: dict[str, list[Override]] = defaultdict(list)
        for override in overrides:
            rule = rules.get(override.rule)
            if rule is None:
                self.errors.append(f"an override names the rule `{override.rule}`, which is not loaded; it sets nothing aside")
            elif rule.overridable is None or override.reason not in rule.overridable.reasons:
                self.errors.append(
                    f"an override of `{override.rule}` gives a reason that the rule does not take; it sets nothing aside"
                )
            else:
                found[override.rule].append(override)
        return found

    def _override(self, rule: ir.Rule, entries: tuple[InvolvedEntry, ...]) -> Overridden | None:
        day = self.facts.message_day
        if rule.overridable is None or day is None:
            return None
        if not entries or any(e.code is None for e in entries):
            return None  # an override goes by codes: it cannot match what has none
        codes = {ir.code_key(e.system or "", e.code) for e in entries if e.code is not None}
        assert not isinstance(rule.overridable.length, ir.Field)
        length = self.standing.binding.length(rule.overridable.length)
        for override in self._overrides.get(rule.name, ()):
            recorded = day_interval(override.recorded)
            until = calendar.add(recorded[0], int(length.n), length.unit)
            if codes <= set(override.codes) and recorded[0] <= day[1] <= until:
                return Overridden(reason=override.reason, role=override.role, until=calendar.text((until, until)))
        return None

    # ------------------------------------------------------------------------------------------ cannot tell

    def _cannot_tell(self, outcomes: list[Outcome]) -> None:
        rule = outcomes[0].rule
        groups: dict[frozenset[str], list[Outcome]] = {}
        for outcome in outcomes:
            whole = {m for m in outcome.missing if _is_whole(m)}
            if whole and whole == outcome.missing and whole <= self.standing.never:
                continue
            if rule.cannot_tell is None and _of_other_systems(outcome):
                self._stopped["release.*"][0].add(rule.name)
                self._stopped["release.*"][1].add(_outcome_path(outcome))
                self.message_decision = strictest(self.message_decision, "note")
                continue
            if rule.cannot_tell is None and not self._understood(rule, outcome):
                self._not_understood[0].add(rule.name)
                self._not_understood[1].add(_outcome_path(outcome))
                if outcome.subject is not None:
                    path = outcome.subject.model.path
                    self.decisions[path] = strictest(self.decisions.get(path, "none"), "note")
                continue
            groups.setdefault(outcome.missing, []).append(outcome)
        for missing, group in groups.items():
            self._cannot_tell_group(rule, missing, group)

    def _understood(self, rule: ir.Rule, outcome: Outcome) -> bool:
        """Return whether the rule's sets understand the item: one that none understands is one line, not one a rule."""
        sides = [v for v in (rule.trigger.subject, rule.trigger.partner) if v is not None and v.set is not None]
        names = {f"{v.name}.{'product' if v.kind is ir.Kind.MEDICATION else 'code'}" for v in sides}
        if outcome.subject is None or not outcome.missing & names:
            return True
        sets = [self.standing.binding.sets[v.set] for v in sides if v.set is not None]
        parts = self._parts[id(outcome.subject.model)]
        return any(info.speaks and any(info.system in s.systems for s in sets) for part in parts for info in part.infos)

    @cached_property
    def _parts(self) -> dict[int, list[ItemFact]]:
        """The item and its components, by resource: asked once for each answer that cannot be told."""
        parts: dict[int, list[ItemFact]] = defaultdict(list)
        for item in self.facts.incoming:
            parts[id(item.model)].append(item)
        return parts

    def _cannot_tell_group(self, rule: ir.Rule, missing: frozenset[str], group: list[Outcome]) -> None:
        named = rule.cannot_tell
        action: Decision = named.value if named is not None else "note"
        change = self.profile.changes.get(rule.name) if self.profile else None
        if change is not None and change.action != "off" and strictest(action, change.action) == action:
            action = change.action
        entries = tuple({(e.path, e.side): e for o in group for e in self._outcome_entries(rule, o)}.values())
        shown = tuple(sorted(missing))
        what = ", ".join(shown) or "something that is not shown"
        result = self._result(
            rule,
            "cannot_tell",
            action,
            f"{rule.title or rule.name}: cannot tell, because this is missing or not exact: {what}.",
            entries,
            path=_outcome_path(group[0]) or None,
            count=max(1, sum(1 for e in entries if e.takes_action)),
            missing=shown,
        )
        self.results.append(result)
        paths = {o.subject.model.path for o in group if o.subject is not None}
        for name in shown:
            if _is_whole(name) or name.startswith(("patient.", "message.")):
                line = "release.*" if name.startswith("release.") else name
                self._stopped[line][0].add(rule.name)
                self._stopped[line][1].update(paths)
        for path in sorted(paths):
            self.item_results[path].append(result.id)
        if (named is None and shown and all(_is_whole(m) for m in missing)) or not paths:
            self.message_decision = strictest(self.message_decision, action)
        else:
            for path in paths:
                self.decisions[path] = strictest(self.decisions.get(path, "none"), action)

    def _outcome_entries(self, rule: ir.Rule, outcome: Outcome) -> tuple[InvolvedEntry, ...]:
        return self._involved(rule, list(outcome.applications))

    def _missing_inputs(self) -> tuple[MissingInput, ...]:
        lines = [
            MissingInput(missing=name, rules=len(rules), items=len(items), message=_missing_message(name, len(rules)))
            for name, (rules, items) in sorted(self._stopped.items())
        ]
        rules, items = self._not_understood
        if items:
            lines.append(
                MissingInput(
                    missing="code",
                    rules=len(rules),
                    items=len(items),
                    message=f"{_n(len(items), 'item')} carried no code that the rules understand (a supplier's own code, a damaged "
                    f"or a missing one): {_n(len(rules), 'rule')} could not be told",
                )
            )
        return tuple(lines)

    # ------------------------------------------------------------------------------------------ not checked, not read

    def _broken(self) -> None:
        paths = {item.index: item.model.path for item in self.facts.incoming}
        for broken in self.run.broken:
            cause = f"plugin `{broken.plugin}` failed" if broken.plugin else "the rule failed"
            for subject in broken.subjects:
                path = paths.get(subject) if subject is not None else None
                self.not_checked.append(
                    NotChecked(path=path, rule=broken.rule, plugin=broken.plugin, reason=f"{cause}: {broken.reason}")
                )
                if path is None:
                    self.message_decision = "hold"
                else:
                    self.decisions[path] = "hold"

    def _unread(self) -> list[ReportItem]:
        items = []
        for unread in self.submission.not_read:
            if unread.broken:
                self.not_checked.append(NotChecked(path=unread.path, reason=unread.reason))
            if unread.whole or unread.broken:
                decision: Decision = "hold" if unread.broken else "review" if unread.coded else "note"
                items.append(
                    ReportItem(
                        path=unread.path,
                        resource_type=unread.resource_type,
                        resource_id=unread.resource_id,
                        kind="unread",
                        decision=decision,
                    )
                )
        return items

    # ------------------------------------------------------------------------------------------ items

    def _items(self) -> Iterable[ReportItem]:
        for item in self.facts.incoming:
            if item.component is not None:
                continue
            model = item.model
            info = next((i for i in item.infos if i.system == "sct"), item.infos[0] if item.infos else None)
            sent = item.codings[0] if item.codings else None
            for coding in item.codings:
                if info is not None and coding.code == info.code:
                    sent = coding
                    break
            tally = self.run.tallies.get(item.index)
            yield ReportItem.model_construct(
                path=model.path,
                resource_type=model.resource_type,
                resource_id=model.resource_id,
                kind="entry" if item.is_entry else "medication",
                date=calendar.text(item.day) if item.day is not None else None,
                as_sent=AsSent.model_construct(
                    code=sent.code if sent else None,
                    system=sent.system if sent else None,
                    display=sent.display if sent else None,
                    text=model.text,
                    date=_sent_date(item),
                ),
                decision=self.decisions.get(model.path, "none"),
                rules=Answers.model_construct(
                    answered=tally.answered,
                    cannot_tell=tally.cannot_tell,
                    not_applicable=tally.not_applicable,
                    not_in_force=tally.not_in_force,
                )
                if tally
                else Answers(),
                results=tuple(self.item_results.get(model.path, ())),
                **(
                    _code_fields(info.system, info.code, self.facts)
                    if info is not None
                    else {"code": None, "system": None, "term": None}
                ),
            )
        for text in self.submission.texts:
            yield ReportItem(
                path=text.path,
                resource_type=text.resource_type,
                resource_id=text.resource_id,
                kind="text",
                as_sent=AsSent(text=text.text),
                date=text.recorded or text.consultation_date,
            )

    def _rest_on(self, result: Result) -> Result:
        rule = next((r for r in self.standing.binding.rules if r.name == result.rule), None)
        if rule is None or not rule.after or result.outcome != "fires":
            return result
        found = [i for name in rule.after for e in result.entries for i in self._fired_on[name].get(e.path, ())]
        return result.model_copy(update={"rests_on": tuple(dict.fromkeys(found))}) if found else result

    def _ordered(self, results: list[Result]) -> list[Result]:
        """Strictest first; what fires before what cannot be told; beneath a result, those that rest on it."""
        order = {"none": 3, "note": 2, "review": 1, "hold": 0}
        ranked = sorted(results, key=lambda r: (r.overridden is not None, order[r.action], r.outcome != "fires"))
        by_id = {r.id: r for r in ranked}
        out: list[Result] = []
        placed: set[str] = set()

        def place(result: Result) -> None:
            if result.id in placed:
                return
            placed.add(result.id)
            out.append(result)
            for other in ranked:
                if result.id in other.rests_on and not any(parent in by_id and parent not in placed for parent in other.rests_on):
                    place(other)

        for result in ranked:
            if not result.rests_on:
                place(result)
        for result in ranked:
            place(result)
        return out

    # ------------------------------------------------------------------------------------------ heads

    def _identity(self) -> IdentityCheck:
        found = self.facts.identity
        if found.nhs_number == "different":
            self._built_in(
                "different-patient",
                "hold",
                "The message and the record carry different NHS numbers; nothing was compared with the record.",
                ("H-12",),
            )
            return IdentityCheck(nhs_number="different", decision="hold", message="the NHS numbers differ")
        shown = tuple(name for name in found.differing if name in _IDENTITY_FIELDS)
        if shown:
            words = ", ".join(_IDENTITY_FIELDS[name] for name in shown)
            self._built_in(
                "patient-differs",
                "review",
                f"The message and the record differ on the patient's {words}. One may be "
                "wrong, or both may be right; rules that need it could not be told.",
                ("H-12",),
            )
            return IdentityCheck(
                nhs_number=found.nhs_number, differing=shown, decision="review", message=f"message and record differ on: {words}"
            )
        message = {"same": "the NHS numbers agree", "not_compared": "not compared: a record, or an NHS number, was not given"}
        return IdentityCheck(nhs_number=found.nhs_number, message=message[found.nhs_number])

    def _built_in(self, name: str, action: Decision, message: str, hazard: tuple[str, ...]) -> None:
        rule = f"codesafety/{name}"
        self.results.append(
            Result(
                id=self._id(rule, "fires", (), ()),
                rule=rule,
                version=self.standing.engine.version,
                outcome="fires",
                action=action,
                message=message,
                hazard=hazard,
                title=name.replace("-", " ").capitalize(),
            )
        )
        self.message_decision = strictest(self.message_decision, action)

    def _coverage(self) -> RecordCoverage:
        if self.record is None:
            return RecordCoverage(given=False)
        complete = tuple(
            f"{c.kind} {'from the beginning' if c.since is None else f'since {c.since}'}" for c in self.record.complete
        )
        return RecordCoverage(given=True, complete=complete, warnings=self.record.warnings)

    def _profile_used(self) -> ProfileUsed | None:
        if self.profile is None:
            return None
        return ProfileUsed(
            name=self.profile.name,
            in_force=tuple(_changed(c) for c in self.profile.changes.values()),
            ended=tuple(_changed(c) for c in self.profile.ended),
        )

    def _counts(self, items: Sequence[ReportItem], results: Sequence[Result]) -> Counts:
        by = Counter(item.decision for item in items)
        return Counts(
            items=len(items),
            entries=len(self.submission.entries),
            medications=len(self.submission.medications),
            texts=len(self.submission.texts),
            not_read=len(self.submission.not_read),
            rules=len(self.standing.binding.rules),
            fires=sum(1 for r in results if r.outcome == "fires"),
            cannot_tell=sum(1 for r in results if r.outcome == "cannot_tell"),
            overridden=sum(1 for r in results if r.overridden is not None),
            by_decision={d: by.get(d, 0) for d in ("none", "note", "review", "hold")},
        )


def digest(text: str) -> str:
    """Return blake2b-16 of a text, in hexadecimal."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def reads_patient(rule: ir.Rule) -> bool:
    """Return whether a rule without a partner reads a field of the patient: then one wrong field is one finding."""
    partner = rule.trigger.partner
    if partner is not None and partner.kind is not ir.Kind.ROW:
        return False
    return rule.when is not None and _mentions_patient(rule.when)


def _mentions_patient(node: object) -> bool:
    match node:
        case ir.AgeCompare() | ir.AgeRange():
            return True
        case ir.Field(base=base):
            return base == "patient"
        case ir.And(parts) | ir.Or(parts):
            return any(_mentions_patient(p) for p in parts)
        case ir.Not(part):
            return _mentions_patient(part)
        case ir.FieldIs(field) | ir.IsMissing(field) | ir.Compare(field):
            return _mentions_patient(field)
        case (
            ir.FieldSame(left, right)
            | ir.Before(left, right)
            | ir.SameDay(left, right)
            | ir.Within(left, right)
            | ir.Beyond(left, right)
        ):
            return _mentions_patient(left) or _mentions_patient(right)
        case _:
            return False


def _of_other_systems(outcome: Outcome) -> bool:
    """Return whether only codings of systems other than SNOMED CT and dm+d could not be told: one line counts them."""
    codings = [a.subject for a in outcome.applications]
    return bool(codings) and all(
        isinstance(c, CodingFact) and c.info.code is not None and c.info.system not in (None, "sct") for c in codings
    )


def _is_whole(missing: str) -> bool:
    return missing in ("record", "message.unread") or missing.startswith("release")


def _missing_message(name: str, rules: int) -> str:
    stopped = f"{_n(rules, 'rule')} could not be told"
    match name:
        case "record":
            return f"no record was given, or it does not declare itself complete: {stopped}"
        case "message.unread":
            return f"something coded in the message could not be read: {stopped}"
        case "release":
            return f"no SNOMED CT release is loaded, so some codes' descriptions are not known: {stopped}"
        case "message.sent":
            return f"the message and its items carry no date: {stopped}"
    if name == "release.*":
        return f"codes of systems other than SNOMED CT and dm+d cannot be looked up: {stopped}"
    what = _NAMED.get(name, f"`{name}`")
    return f"{what} is missing, not exact, or not one that can be compared: {stopped}"


def _n(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _changed(change: RuleChange) -> RuleChanged:
    return RuleChanged(rule=change.rule, action=change.action, reason=change.reason, role=change.role, until=change.until)


def _code_fields(system: str | None, code: str | None, facts: Facts) -> dict[str, str | None]:
    terms = facts.codebook.terminology.terms(code if system == "sct" else ir.code_key(system or "?", code)) if code else ()
    return {"code": code, "system": system, "term": terms[0] if terms else None}


def _identity_of(application: Application) -> tuple[int, int, int]:
    coding = application.subject
    return (id(coding) if isinstance(coding, CodingFact) else 0, _place(application.subject), _place(application.partner))


def _place(bound: object) -> int:
    if isinstance(bound, ItemFact):
        return bound.index
    return -id(bound) if bound is not None else -1


def _question(rule: ir.Rule) -> str:
    """Return what a rule asks, in its own words, with its trigger called one thing. Exceptions are its own affair."""
    words = words_of(rule.when, rule) if rule.when is not None else None
    return re.sub(rf"\b{re.escape(rule.trigger.subject.name)}\b", "it", words or rule.name)


def _for_all(message: str, triggers: int) -> str:
    return f"{message} The same holds for {triggers - 1} more." if triggers > 1 else message


def _groups(
    applications: list[Application], touched_by: Callable[[Application], set[int]], together: bool
) -> list[list[Application]]:
    """Group applications that touch one thing; all of them where the cause is the patient's."""
    if together:
        return [applications]
    groups: list[tuple[set[int], list[Application]]] = []
    for application in applications:
        touched = touched_by(application)
        joined = [g for g in groups if g[0] & touched]
        merged = (touched.union(*(g[0] for g in joined)), [a for g in joined for a in g[1]] + [application])
        groups = [g for g in groups if g not in joined] + [merged]
    return [group for _, group in groups]


def _path(application: Application) -> str | None:
    subject = application.subject
    if isinstance(subject, CodingFact):
        return subject.coding.path or (subject.item.path if subject.item is not None else None)
    items = [i for i in application.items if i.incoming]
    return items[0].path if items else None


def _outcome_path(outcome: Outcome) -> str:
    return outcome.subject.path if outcome.subject is not None else ""


def _sent_date(item: ItemFact) -> str | None:
    model = item.model
    for name in ("date", "handed_over", "prepared", "start", "authored", "consultation_date", "recorded"):
        found = getattr(model, name, None)
        if found is not None:
            return str(found)
    return None


def _summary(
    decision: Decision, results: Sequence[Result], not_checked: Sequence[NotChecked], items: Sequence[ReportItem]
) -> str:
    live = [r for r in results if r.outcome == "fires" and r.overridden is None]
    parts = [f"{sum(r.action == a for r in live)} to {a}" for a in ("hold", "review", "note") if any(r.action == a for r in live)]
    untold = sum(r.outcome == "cannot_tell" for r in results)
    text = f"{decision}: {_n(len(items), 'item')}; findings: {', '.join(parts) if parts else 'none'}"
    if untold:
        text += f"; {untold} not told"
    if not_checked:
        text += f"; {len(not_checked)} not checked"
    return text
