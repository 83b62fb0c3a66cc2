"""What could not be told, and for want of what: one result a rule and cause, one line a missing input."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from codesafety import ir
from codesafety.evaluation.facts import CodingFact, ItemFact
from codesafety.evaluation.outcome import Outcome
from codesafety.report import Decision, MissingInput, Result
from codesafety.reporting.ledger import Ledger
from codesafety.reporting.results import Results
from codesafety.reporting.standing import InForce

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


class MissingInputs:
    """The answers of one report that could not be told."""

    def __init__(self, results: Results, ledger: Ledger, profile: InForce | None) -> None:
        self.results = results
        self.standing = results.standing
        self.facts = results.facts
        self.ledger = ledger
        self.profile = profile
        self.found: list[Result] = []
        self._stopped: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
        self._not_understood: tuple[set[str], set[str]] = (set(), set())

    def add(self, outcomes: list[Outcome]) -> None:
        rule = outcomes[0].rule
        groups: dict[frozenset[str], list[Outcome]] = {}
        for outcome in outcomes:
            whole = {m for m in outcome.missing if _is_whole(m)}
            if whole and whole == outcome.missing and whole <= self.standing.never:
                continue
            if rule.cannot_tell is None and _of_other_systems(outcome):
                self._stopped["release.*"][0].add(rule.name)
                self._stopped["release.*"][1].add(_outcome_path(outcome))
                self.ledger.take_message("note")
                continue
            if rule.cannot_tell is None and not self._understood(rule, outcome):
                self._not_understood[0].add(rule.name)
                self._not_understood[1].add(_outcome_path(outcome))
                if outcome.subject is not None:
                    self.ledger.take("note", {outcome.subject.model.path})
                continue
            groups.setdefault(outcome.missing, []).append(outcome)
        for missing, group in groups.items():
            self._add_group(rule, missing, group)

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

    def _add_group(self, rule: ir.Rule, missing: frozenset[str], group: list[Outcome]) -> None:
        named = rule.cannot_tell
        action: Decision = named.value if named is not None else "note"
        action = (self.profile.lowers(rule.name, action) if self.profile else None) or action
        entries = tuple({(e.path, e.side): e for o in group for e in self.results.involved(rule, o.applications, {})}.values())
        shown = tuple(sorted(missing))
        what = ", ".join(shown) or "something that is not shown"
        result = self.results.result(
            rule,
            "cannot_tell",
            action,
            f"{rule.title or rule.name}: cannot tell, because this is missing or not exact: {what}.",
            entries,
            path=_outcome_path(group[0]) or None,
            count=max(1, sum(1 for e in entries if e.takes_action)),
            missing=shown,
        )
        self.found.append(result)
        paths = {o.subject.model.path for o in group if o.subject is not None}
        for name in shown:
            if _is_whole(name) or name.startswith(("patient.", "message.")):
                line = "release.*" if name.startswith("release.") else name
                self._stopped[line][0].add(rule.name)
                self._stopped[line][1].update(paths)
        self.ledger.link(result.id, paths)
        if named is None and shown and all(_is_whole(m) for m in missing):
            self.ledger.take_message(action)
        else:
            self.ledger.take(action, paths)

    def lines(self) -> tuple[MissingInput, ...]:
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
                    message=f"{counted(len(items), 'item')} carried no code that the rules understand (a supplier's own code, a damaged "
                    f"or a missing one): {counted(len(rules), 'rule')} could not be told",
                )
            )
        return tuple(lines)


def _of_other_systems(outcome: Outcome) -> bool:
    """Return whether only codings of systems other than SNOMED CT and dm+d could not be told: one line counts them."""
    codings = [a.subject for a in outcome.applications]
    return bool(codings) and all(
        isinstance(c, CodingFact) and c.info.code is not None and c.info.system not in (None, "sct") for c in codings
    )


def _outcome_path(outcome: Outcome) -> str:
    return outcome.subject.path if outcome.subject is not None else ""


def _is_whole(missing: str) -> bool:
    return missing in ("record", "message.unread") or missing.startswith("release")


def _missing_message(name: str, rules: int) -> str:
    stopped = f"{counted(rules, 'rule')} could not be told"
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


def counted(n: int, word: str) -> str:
    """Return a number with its noun: `1 rule`, `2 rules`."""
    return f"{n} {word}" if n == 1 else f"{n} {word}s"
