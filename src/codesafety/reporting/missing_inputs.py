"""What could not be told, and for want of what: one result a rule and cause, one line a missing input.

What is missing of one item (whether it is so, whose it is, its day) has a line of that item: no line of a whole input, such as
the record that was not given, hides it. None of it decides anything, unless the rule names an action for it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator

from codesafety import ir
from codesafety.diagnostics import count
from codesafety.evaluation.facts import CodingFact, ItemFact
from codesafety.evaluation.outcome import Outcome
from codesafety.evaluation.reference.explanation import show_code
from codesafety.report import Decision, MissingInput, Result, filled
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
    "start": "when it begins",
    "end": "when it ends",
    "ingredients": "what is in it",
    "strength": "its strength",
    "form": "its form",
    "route": "its route",
    "quantity": "its quantity",
    "dose": "its dose",
    "prescription_type": "how it is prescribed",
    "origin": "where it came from",
    "id": "its identifier",
}
"""Fields of an item or a coding, in the order in which they are shown: first what turns round what is said. Any other goes by its
own name."""
_MOST_FIELDS = 3
_OF_ANOTHER = " of another"


_OF_PRODUCTS = frozenset({"ingredients", "route", "form", "strength"})
"""Fields that follow from which product a medicine is: of one that is not recognised, or in part, all have one line."""


def _is_unrecognised(item: ItemFact) -> bool:
    """Return whether a medicine's id is whole, and the product is not known, or only in part."""
    if item.is_entry or (item.product is not None and not item.product.partly):
        return False
    return any(info.system == "sct" and info.is_one_thing for info in item.infos)


class MissingInputs:
    """The answers of one report that could not be told."""

    def __init__(self, results: Results, ledger: Ledger, profile: InForce | None, *, record_given: bool) -> None:
        self.results = results
        self.standing = results.standing
        self.facts = results.facts
        self.ledger = ledger
        self.profile = profile
        self.record_given = record_given
        self.found: list[Result] = []
        self._stopped: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
        self._not_understood: dict[str, tuple[set[str], dict[str, ItemFact]]] = {"product": (set(), {}), "code": (set(), {})}
        """Medicines and entries that no set understands: the rules that were stopped, and the items by their paths."""
        self._of_items: dict[str, tuple[ItemFact | CodingFact, set[str], set[str]]] = {}
        self._systems: dict[int, frozenset[str | None]] = {}

    def add(self, outcomes: list[Outcome]) -> None:
        rule = outcomes[0].rule
        groups: dict[frozenset[str], list[Outcome]] = {}
        codes, systems = self._sides(rule)
        never = {missing for missing in {o.missing for o in outcomes} if missing and missing <= self.standing.never}
        for outcome in outcomes:
            subject = outcome.subject
            if outcome.missing in never and all(map(_is_whole, outcome.missing)):
                continue
            if rule.cannot_tell is None:
                if _of_other_systems(outcome) and all(field == "code" for _, field in _lacking(rule, outcome)):
                    self._stopped["release.*"][0].add(rule.name)
                    self._stopped["release.*"][1].add(_outcome_path(outcome))
                    continue
                if subject is not None and not outcome.missing.isdisjoint(codes) and self._told(subject).isdisjoint(systems):
                    self._add_not_understood(rule, subject)  # one that no set understands is one line, not one a rule
                    continue
            groups.setdefault(outcome.missing, []).append(outcome)
            for bound, field in _lacking(rule, outcome):
                if isinstance(bound, ItemFact) and (field == "product" or (field in _OF_PRODUCTS and _is_unrecognised(bound))):
                    self._add_not_understood(rule, bound)
                    continue
                _, fields, rules = self._of_items.setdefault(_bound_path(bound), (bound, set(), set()))
                fields.add(field)
                rules.add(rule.name)
        for missing, group in groups.items():
            self._add_group(rule, missing, group)

    def _add_not_understood(self, rule: ir.Rule, item: ItemFact) -> None:
        rules, items = self._not_understood["code" if item.is_entry else "product"]
        rules.add(rule.name)
        items[item.path] = item

    @property
    def not_understood(self) -> frozenset[str]:
        """The paths of medicines and entries of which a rule asked for a code that is not understood."""
        return frozenset(item.model.path for _, items in self._not_understood.values() for item in items.values())

    def _sides(self, rule: ir.Rule) -> tuple[frozenset[str], frozenset[str | None]]:
        """Return what an item whose code its sets do not understand lacks, and the systems of which these sets speak."""
        sides = [v for v in (rule.trigger.subject, rule.trigger.partner) if v is not None and v.set is not None]
        codes = frozenset(f"{v.name}.{'product' if v.kind is ir.Kind.MEDICATION else 'code'}" for v in sides)
        return codes, frozenset().union(*(self.standing.binding.sets[v.set].systems for v in sides if v.set is not None))

    def _told(self, item: ItemFact) -> frozenset[str | None]:
        """Return the systems that an item and its components speak: asked once for each answer that cannot be told."""
        found = self._systems.get(item.index)
        if found is None:
            infos = [info for part in self.facts.parts(item) for info in part.infos]
            found = self._systems[item.index] = frozenset(info.system for info in infos if info.speaks)
        return found

    def _add_group(self, rule: ir.Rule, missing: frozenset[str], group: list[Outcome]) -> None:
        named = rule.cannot_tell
        action: Decision = named.value if named is not None else "none"
        action = (self.profile.lowers(rule.name, action) if self.profile else None) or action
        entries = tuple({(e.path, e.side): e for o in group for e in self.results.involved(rule, o.applications, {})}.values())
        shown = tuple(sorted(missing))
        named_here = dict.fromkeys(
            "release" if name.startswith("release.") else name for name in shown
        )  # a system is as it was sent
        what = ", ".join(named_here) or "something that is not shown"
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
        if not shown:
            self._stopped["not shown"][0].add(rule.name)
            self._stopped["not shown"][1].update(paths)
        self.ledger.link(result.id, paths)
        self.ledger.take(action, paths)

    def lines(self) -> tuple[MissingInput, ...]:
        """Return what could not be told, by what was missing: what is of use to one who can mend it first."""
        stopped = sorted(self._stopped.items(), key=lambda one: (one[0] != "message.unread", one[0] != "record", one[0]))
        lines = [_line(name, self._cause(name), rules, len(items)) for name, (rules, items) in stopped]
        return (
            *self._not_understood_lines(),
            *(line for line in lines if not line.missing.startswith("release")),
            *self._item_lines(),
            *(line for line in lines if line.missing.startswith("release")),
        )

    def _not_understood_lines(self) -> Iterator[MissingInput]:
        for missing, (rules, items) in self._not_understood.items():
            if not items:
                continue
            if missing == "code":
                cause = f"{count(len(items), 'item')} carried no code that the rules understand"
                yield _line(missing, cause, rules, len(items))
                continue
            cause = f"{count(len(items), 'medicine')} {'was' if len(items) == 1 else 'were'} not recognised"
            yield _line(
                missing,
                cause,
                rules,
                len(items),
                names=tuple(name for name, _ in Counter(self._names(items.values())).most_common()),
            )

    def _names(self, items: Iterable[ItemFact]) -> Iterator[str]:
        for item in items:
            info = told_of(item)
            term = code_fields(info.system, info.code, self.facts)["term"] if info is not None else None
            if term:
                yield without_tag(term)
            elif info is not None and info.system == "sct" and info.is_one_thing:
                yield f"code {info.code}"

    def _item_lines(self) -> list[MissingInput]:
        """Return a line for each item of which something is missing, those that may say the contrary first."""
        order = list(_OF_AN_ITEM)

        def rank(field: str) -> int:
            return order.index(field) if field in order else len(order)

        lines = []
        for path, (bound, fields, rules) in self._of_items.items():
            shown = sorted(fields, key=lambda field: (rank(field), field))
            info = told_of(bound)
            words = list(dict.fromkeys(map(_in_words, shown)))
            what = ", ".join(words[:_MOST_FIELDS]) + (f" and {len(words) - _MOST_FIELDS} more" if words[_MOST_FIELDS:] else "")
            named = show_code(*((info.system, info.code) if info is not None else (None, None)), self.facts)
            lines.append(_line(", ".join(shown), f"not known of {named}: {what}", rules, 1, path=path))
        return sorted(lines, key=lambda line: rank(line.missing.split(", ")[0]))

    def _cause(self, name: str) -> str:
        match name:
            case "record" if not self.record_given:
                return "no record was given"
            case "record":
                return (
                    "the record does not declare itself complete, or not for the time that was asked about, or was not read whole"
                )
            case "message.unread":
                return "something coded in the message could not be read"
            case "release":
                return "no SNOMED CT release is loaded"
            case "release.*":
                return "codes of other systems than SNOMED CT and dm+d cannot be looked up"
            case "message.sent":
                return "the message and its items carry no date"
            case "not shown":
                return "something that is not shown is missing"
        return f"{_NAMED.get(name, f'`{name}`')} is missing, or cannot be compared"


def _line(
    missing: str, cause: str, rules: Collection[str], items: int, *, path: str | None = None, names: tuple[str, ...] = ()
) -> MissingInput:
    message = f"{cause}: {count(len(rules), 'rule')} could not be told"
    return filled(
        MissingInput,
        {
            "missing": missing,
            "path": path,
            "rules": len(rules),
            "items": items,
            "cause": cause,
            "names": names,
            "message": message,
        },
    )


def _lacking(rule: ir.Rule, outcome: Outcome) -> Iterator[tuple[ItemFact | CodingFact, str]]:
    """Yield each field that is missing of an incoming item or coding; one of another item falls on the item that asked for it."""
    one, other = rule.trigger.subject, rule.trigger.partner
    for application in outcome.applications:
        sides = {one.name: application.subject} | ({other.name: application.partner} if other is not None else {})
        asking = application.subject if isinstance(application.subject, CodingFact) else outcome.subject
        for name in sorted(application.missing):
            base, _, field = name.partition(".")
            if _is_whole(name) or base in ("patient", "message") or not field:
                continue
            bound = sides.get(base)
            if isinstance(bound, CodingFact) or (isinstance(bound, ItemFact) and bound.incoming):
                yield bound, field
            elif asking is not None:
                yield asking, f"{field}{_OF_ANOTHER}"


def _in_words(field: str) -> str:
    if field.endswith(_OF_ANOTHER):
        return "something of an item beside it"
    return _OF_AN_ITEM.get(field, f"`{field}`")


def _bound_path(bound: ItemFact | CodingFact) -> str:
    if isinstance(bound, CodingFact):
        return bound.coding.path or (bound.item.path if bound.item is not None else "message")
    return bound.path


def _of_other_systems(outcome: Outcome) -> bool:
    """Return whether only codings of systems other than SNOMED CT and dm+d could not be told: one line counts them."""
    if outcome.rule.trigger.subject.kind is not ir.Kind.CODING:
        return False
    codings = [a.subject for a in outcome.applications]
    return bool(codings) and all(
        isinstance(c, CodingFact) and c.info.code is not None and c.info.system not in (None, "sct") for c in codings
    )


def _outcome_path(outcome: Outcome) -> str:
    return outcome.subject.path if outcome.subject is not None else ""


def _is_whole(missing: str) -> bool:
    return missing in ("record", "message.unread") or missing.startswith("release")
