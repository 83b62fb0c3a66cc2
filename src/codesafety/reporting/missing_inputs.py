"""What could not be told, and for want of what: one result a rule and cause, one line a missing input.

What is missing of one item (whether it is so, whose it is, its day) has a line of that item: no line of a whole input, such as
the record that was not given, hides it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from codesafety import ir
from codesafety.evaluation.facts import CodingFact, ItemFact
from codesafety.evaluation.outcome import Outcome
from codesafety.report import Decision, MissingInput, Result
from codesafety.reporting.ledger import Ledger
from codesafety.reporting.results import Results, code_fields, told_of
from codesafety.reporting.standing import InForce
from codesafety.terminology.words.normal import without_tag

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
_OF_AN_ITEM = {
    "assertion": "whether it is so",
    "subject": "whose it is",
    "temporality": "whether it is so now",
    "siblings": "whether the codings beside it say the same",
    "display": "what its words say",
    "date": "its day",
    "code": "what its code means",
    "product": "which product it is",
    "value": "its value",
    "id": "its identifier",
}
"""Fields of an item or a coding, in the order in which they are shown: first what turns round what is said. Any other goes by its
own name."""

_OF_PRODUCTS = frozenset({"product", "ingredients", "route", "form", "strength"})
"""Fields that follow from which product a medicine is: of one that is not recognised, all have one line."""
_MOST_NAMED = 10


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
        self._not_recognised: tuple[set[str], dict[str, str]] = (set(), {})
        self._of_items: dict[str, tuple[ItemFact | CodingFact, set[str], set[str]]] = {}

    def add(self, outcomes: list[Outcome]) -> None:
        rule = outcomes[0].rule
        groups: dict[frozenset[str], list[Outcome]] = {}
        for outcome in outcomes:
            whole = {m for m in outcome.missing if _is_whole(m)}
            if whole and whole == outcome.missing and whole <= self.standing.never:
                continue
            lacking = list(_lacking(rule, outcome))
            if rule.cannot_tell is None and _of_other_systems(outcome) and all(field == "code" for _, field in lacking):
                self._stopped["release.*"][0].add(rule.name)
                self._stopped["release.*"][1].add(_outcome_path(outcome))
                self.ledger.take_message("note")
                continue
            if rule.cannot_tell is None and not self._understood(rule, outcome):
                if not self._is_unrecognised(outcome.subject, rule):
                    self._not_understood[0].add(rule.name)
                    self._not_understood[1].add(_outcome_path(outcome))
                if outcome.subject is not None:
                    self.ledger.take("note", {outcome.subject.model.path})
                continue
            groups.setdefault(outcome.missing, []).append(outcome)
            for bound, field in lacking:
                if field in _OF_PRODUCTS and self._is_unrecognised(bound, rule):
                    continue
                _, fields, rules = self._of_items.setdefault(_bound_path(bound), (bound, set(), set()))
                fields.add(field)
                rules.add(rule.name)
        for missing, group in groups.items():
            self._add_group(rule, missing, group)

    def _is_unrecognised(self, bound: object, rule: ir.Rule) -> bool:
        """Return whether a medicine's id is whole and of dm+d, and we do not know the product, or know it in part: note it."""
        if not isinstance(bound, ItemFact) or bound.is_entry:
            return False
        known = bound.product
        codes = [info.code for info in bound.infos if info.system == "sct" and info.is_one_thing and info.code is not None]
        if not codes or (known is not None and not known.partly):
            return False
        self._not_recognised[0].add(rule.name)
        self._not_recognised[1][bound.path] = codes[0]
        return True

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
        lines += self._item_lines()
        rules, medicines = self._not_recognised
        if medicines:
            codes = list(dict.fromkeys(medicines.values()))
            more = f" and {len(codes) - _MOST_NAMED} more" if len(codes) > _MOST_NAMED else ""
            lines.append(
                MissingInput(
                    missing="product",
                    rules=len(rules),
                    items=len(medicines),
                    message=f"{counted(len(medicines), 'medicine')} of which the dm+d at hand knows nothing, or a part "
                    f"({', '.join(codes[:_MOST_NAMED])}{more}); that is no fault of the message: {counted(len(rules), 'rule')} could not be told",
                )
            )
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

    def _item_lines(self) -> list[MissingInput]:
        """Return a line for each item of which something is missing, those that may say the contrary first."""
        order = list(_OF_AN_ITEM)

        def rank(field: str) -> int:
            return order.index(field) if field in order else len(order)

        lines = []
        for path, (bound, fields, rules) in self._of_items.items():
            shown = sorted(fields, key=lambda field: (rank(field), field))
            info = told_of(bound)
            of = code_fields(info.system, info.code, self.facts) if info is not None else {"code": None, "term": None}
            what = " and ".join(_OF_AN_ITEM.get(name, f"`{name}`") for name in shown)
            name = without_tag(of["term"]) if of["term"] else None
            code = f" ({of['code']})" if name else f"code {of['code']}" if of["code"] else "no code"
            lines.append(
                MissingInput(
                    missing=", ".join(shown),
                    path=path,
                    rules=len(rules),
                    items=1,
                    message=f"{name or ''}{code}: {what} is not known: {counted(len(rules), 'rule')} could not be told",
                )
            )
        return sorted(lines, key=lambda line: rank(line.missing.split(", ")[0]))


def _lacking(rule: ir.Rule, outcome: Outcome) -> Iterator[tuple[ItemFact | CodingFact, str]]:
    """Yield each field that is missing of an incoming item or coding; one of another item falls on the item that asked for it."""
    one, other = rule.trigger.subject, rule.trigger.partner
    for application in outcome.applications:
        sides = {one.name: application.subject} | ({other.name: application.partner} if other is not None else {})
        asking = application.subject if isinstance(application.subject, CodingFact) else outcome.subject
        for name in application.missing:
            base, _, field = name.partition(".")
            if _is_whole(name) or base in ("patient", "message") or not field:
                continue
            bound = sides.get(base)
            if isinstance(bound, CodingFact) or (isinstance(bound, ItemFact) and bound.incoming):
                yield bound, field
            elif asking is not None:
                yield asking, f"{field} of another"


def _bound_path(bound: ItemFact | CodingFact) -> str:
    if isinstance(bound, CodingFact):
        return bound.coding.path or (bound.item.path if bound.item is not None else "message")
    return bound.path


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
