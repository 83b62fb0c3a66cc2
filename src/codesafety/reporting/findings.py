"""What fired, as findings: one a cause, with its facts, overrides, and the findings that it rests on."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from codesafety import ir
from codesafety.evaluation import calendar
from codesafety.evaluation.facts import CodingFact, ItemFact
from codesafety.evaluation.outcome import Application, Outcome
from codesafety.evaluation.reference.explanation import Explanation, explain, found, say, words_of
from codesafety.evaluation.reference.interpreter import Interpreter
from codesafety.evaluation.work import AN_EXPLANATION, Work, WorkSpent
from codesafety.profile import Override
from codesafety.record import day_interval
from codesafety.report import RANK, SEVERITIES, Decision, ExceptionTried, InvolvedEntry, Overridden, Result, UsedFact, filled
from codesafety.reporting.derived import derived
from codesafety.reporting.ledger import Ledger
from codesafety.reporting.results import Results
from codesafety.reporting.standing import InForce

_EXPLAINED = 20
"""The reference looks at a member twenty times as long as the program: explanations may spend so much less."""


class Findings:
    """The findings of one report."""

    def __init__(self, results: Results, ledger: Ledger, profile: InForce | None, overrides: Sequence[Override]) -> None:
        self.results = results
        self.standing = results.standing
        self.facts = results.facts
        self.ledger = ledger
        self.profile = profile
        self.interpreter = Interpreter(self.standing.binding, self.facts, Work(self.facts.work.budget // _EXPLAINED))
        self.found: list[Result] = []
        self.errors: list[str] = []
        self._rules = self.standing.rules
        self._said: dict[str, tuple[str, int]] = {}
        self._fired_on: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._overrides = self._overrides_by_rule(overrides)

    def add(self, outcomes: list[Outcome]) -> None:
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
        why, message = Explanation(), ""
        named: Mapping[str, tuple[ItemFact, ...]] = {}
        try:
            named = found(rule, group, self.interpreter)
            message = say(rule, group, self.interpreter)
            self.interpreter.work.spend(AN_EXPLANATION)
            why = explain(self.interpreter, rule, first)
        except WorkSpent:
            left_out = f"the facts of findings of `{rule.name}` are left out: explaining them takes too much work"
            self.errors += [left_out] if left_out not in self.errors else []
        message = message or rule.title or rule.name
        entries = self.results.involved(rule, group, named)
        incoming = [e for e in entries if e.takes_action]
        lowered = self.profile.lowers(rule.name, rule.action.value) if self.profile else None
        action: Decision = lowered or rule.action.value
        asked = self.standing.of_rule(rule).asked
        capped = derived(asked, group, self.facts, self.standing.binding) if action == "hold" else ()
        overridden = self._override(rule, entries)
        triggers = len({id(a.subject) for a in group if a.subject is not None})
        result = self.results.result(
            rule,
            "fires",
            "review" if capped else action,
            _for_all(message, triggers),
            entries,
            facts=(
                *(filled(UsedFact, {"name": name, "value": value}) for name, value in why.facts),
                *(UsedFact(name=f"product of {name}", value="derived from names: no more than review") for name in capped),
            ),
            exceptions=tuple(
                ExceptionTried(label=label_, outcome="could not be tested" if untested else "does not hold", missing=missing)
                for label_, untested, missing in why.exceptions
            ),
            counterfactual=why.counterfactual,
            counterfactual_text=why.counterfactual_text,
            path=_path(first),
            count=max(1, len(incoming)),
            overridden=overridden,
            lowered=rule.action.value if lowered else None,
        )
        self.found.append(result)
        self._said[result.id] = (message, triggers)
        for path in {e.path for e in entries}:
            self._fired_on[rule.name][path].append(result.id)
        paths = {item.model.path for application in group for item in application.items if item.incoming}
        self.ledger.link(result.id, paths)
        if overridden is None:
            self.ledger.take(result.action, paths)

    def _touched(self, application: Application) -> set[int]:
        """Return what an application concerns: a coding; else incoming resources, a medicine's statement, plan and issues as one."""
        if isinstance(application.subject, CodingFact):
            return {id(application.subject)}
        return {
            id(item.model) if item.is_entry else ~self.facts.order_number(item) for item in application.items if item.incoming
        }

    def join_causes(self) -> None:
        """Make one finding of two whose cause is in the patient, where one rule stands after the other and asks the same question.

        The same question of entries and of medicines (`e is before patient.born`) has one answer to look for; two questions stay two.
        """
        wide = self.standing.patient_wide
        live = {r.rule: r for r in self.found if r.rule in wide and r.overridden is None}
        after = {name: [other for other in self._rules[name].after if other in wide] for name in live}
        for second in [r for r in live.values() if after[r.rule]]:
            asked = _question(self._rules[second.rule])
            first = next(
                (live[name] for name in after[second.rule] if name in live and _question(self._rules[name]) == asked), None
            )
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
            self.found = [joined if r.id == first.id else r for r in self.found if r.id != second.id]
            self.ledger.replace(second.id, by=first.id)
            for path, ids in self._fired_on[second.rule].items():
                self._fired_on[first.rule][path].extend(first.id if i == second.id else i for i in ids)
                ids[:] = [first.id if i == second.id else i for i in ids]

    def rest_on(self, result: Result) -> Result:
        """Return the result with the findings on its entries that its rule stands after."""
        rule = self._rules.get(result.rule)
        if rule is None or not rule.after or result.outcome != "fires":
            return result
        found = [i for name in rule.after for e in result.entries for i in self._fired_on[name].get(e.path, ())]
        return result.model_copy(update={"rests_on": tuple(dict.fromkeys(found))}) if found else result

    def _overrides_by_rule(self, overrides: Sequence[Override]) -> dict[str, list[Override]]:
        found: dict[str, list[Override]] = defaultdict(list)
        for override in overrides:
            rule = self._rules.get(override.rule)
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
            if codes == set(override.codes) and recorded[0] <= day[1] <= until:
                return Overridden(reason=override.reason, role=override.role, until=calendar.text((until, until)))
        return None


def ordered(results: list[Result]) -> list[Result]:
    """Strictest first, then by severity and number of items; beneath a result, those that rest on it.

    What fires comes before what cannot be told, and what a person set aside last.
    """

    if len(results) < 2:
        return results

    def rank(result: Result) -> tuple[bool, int, bool, int, int]:
        severity = SEVERITIES.index(result.severity) if result.severity in SEVERITIES else -1
        return result.overridden is not None, -RANK[result.action], result.outcome != "fires", -severity, -result.count

    ranked = sorted(results, key=rank)
    by_id = {r.id: r for r in ranked}
    beneath: dict[str, list[Result]] = defaultdict(list)
    for result in ranked:
        for parent in result.rests_on:
            beneath[parent].append(result)
    out: list[Result] = []
    placed: set[str] = set()

    def place(result: Result) -> None:
        if result.id in placed:
            return
        placed.add(result.id)
        out.append(result)
        for other in beneath[result.id]:
            if not any(parent in by_id and parent not in placed for parent in other.rests_on):
                place(other)

    for result in ranked:
        if not result.rests_on:
            place(result)
    for result in ranked:
        place(result)
    return out


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
        case ir.And(parts) | ir.Or(parts) | ir.Several(parts):
            return any(_mentions_patient(p) for p in parts)
        case ir.Not(part) | ir.Named(part=part):
            return _mentions_patient(part)
        case ir.FieldIs(field) | ir.IsMissing(field):
            return _mentions_patient(field)
        case (
            ir.FieldSame(left, right)
            | ir.Before(left, right)
            | ir.SameDay(left, right)
            | ir.Within(left, right)
            | ir.Beyond(left, right)
            | ir.Nearer(left, right)
        ):
            return _mentions_patient(left) or _mentions_patient(right)
        case _:
            return False


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
    parent = list(range(len(applications)))

    def root(place: int) -> int:
        while parent[place] != place:
            place = parent[place] = parent[parent[place]]
        return place

    owner: dict[int, int] = {}
    for place, application in enumerate(applications):
        for thing in touched_by(application):
            parent[root(place)] = root(owner.setdefault(thing, place))
    groups: dict[int, list[Application]] = {}
    for place, application in enumerate(applications):
        groups.setdefault(root(place), []).append(application)
    return list(groups.values())


def _path(application: Application) -> str | None:
    subject = application.subject
    if isinstance(subject, CodingFact):
        return subject.coding.path or (subject.item.path if subject.item is not None else None)
    items = [i for i in application.items if i.incoming]
    return items[0].path if items else None
