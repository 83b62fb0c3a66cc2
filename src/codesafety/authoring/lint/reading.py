"""What rules ask of a patient: each comparison, the choices that it depends on, and where its answer changes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, cast

from codesafety import ir
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.patients import RECORD, Choice, Item, Node
from codesafety.authoring.lint.told import mapped
from codesafety.evaluation.binding import Binding

_FREE: Final[dict[type, str]] = {
    ir.CodingIs: "how a coding was chosen",
    ir.SameProduct: "whether two are one product",
    ir.SharesIngredient: "which ingredients two share",
    ir.SameIngredients: "which ingredients two share",
    ir.SameEntry: "whether two entries are the same",
    ir.Overlaps: "whether courses overlap",
    ir.Differs: "by how much two differ",
    ir.Contradicts: "what words say",
    ir.Says: "what words say",
    ir.Custom: "a plugin",
}
"""What no made-up patient is varied in, as it is said of a rule that asks it."""
_BORN = ir.Field("patient", "born", ir.FieldType.DATE)


@dataclass(frozen=True, slots=True)
class Stands:
    """Whether a rule's own items are of its sets, and stand as their kinds."""

    rule: int


Formula = ir.Condition | Stands


@dataclass(slots=True)
class Atom:
    """A comparison, what it depends on, and why the options of that are not all that matter (empty: they are)."""

    formula: Formula
    reads: set[Choice] = field(default_factory=set)
    free: str = ""

    @property
    def exact(self) -> bool:
        return not self.free


@dataclass(slots=True)
class Asked:
    """What conditions ask of a choice: the bounds, words and sets that its options must lie on both sides of."""

    words: dict[Choice, set[str]] = field(default_factory=dict)
    numbers: dict[Choice, list[ir.Number]] = field(default_factory=dict)
    together: set[Choice] = field(default_factory=set)
    assumed: dict[Choice, str] = field(default_factory=dict)
    ties: list[tuple[Node, Node, ir.LengthLike | None, bool]] = field(default_factory=list)
    sets: dict[Choice, set[str]] = field(default_factory=dict)
    wide: set[patients.Key] = field(default_factory=set)
    sides: set[patients.Key] = field(default_factory=set)
    alike: list[tuple[Choice, Choice]] = field(default_factory=list)


_TURNED: Final = ("no", "fewer")


def _members(one: ir.Quantified, plain: bool) -> ir.Quantified:
    """Return what a quantifier counts, alike for two of the same members; `plain`: whether one is enough, however they are counted."""

    def unnamed(part: Any) -> Any:
        match part:
            case ir.Var(slot=one.var.slot):
                return replace(part, name="", slot=-1)
            case ir.Field(var=ir.Var(slot=-1)):
                return replace(part, base="")
            case _:
                return part

    counted = "items" if plain or one.quantifier in ("exists", "no") else one.counted
    return cast("ir.Quantified", mapped(replace(one, quantifier="exists", n=None, called=None, counted=counted), unnamed))


_MUCH: Final = Decimal(100)


def _apart_by(by: Decimal | ir.Quantity) -> Iterator[ir.Quantity]:
    """Yield a number, and those that differ from it by so much: per cent of it, or an amount."""
    amount, unit = (by, None) if isinstance(by, Decimal) else (by.number, by.unit)
    yield from (ir.Quantity(number, unit) for number in (_MUCH, _MUCH + amount, max(_MUCH - amount, Decimal(0))))


class Reading:
    """One rule, or several with the same kind of trigger: their comparisons, and what these depend on."""

    def __init__(self, binding: Binding, rules: Sequence[ir.Rule]) -> None:
        self.binding = binding
        self.rules = rules
        trigger = rules[0].trigger
        self.subject = Item(0, trigger.subject.kind, trigger.subject.name)
        self.items: list[Item] = [] if trigger.subject.kind is ir.Kind.MESSAGE else [self.subject]
        self._slot = 1 if trigger.partner is None else trigger.partner.slot
        self.partner: Item | None = None
        self.row: ir.Var | None = None
        if trigger.partner is not None and trigger.partner.kind is ir.Kind.ROW:
            self.row = trigger.partner
        elif trigger.partner is not None:
            self.partner = Item(self._slot, trigger.partner.kind, trigger.partner.name)
            self.items.append(self.partner)
        self.asked = Asked()
        self.atoms: list[Atom] = []
        self._at: dict[Formula, int] = {}
        for number, rule in enumerate(rules):
            self._stand(number, rule)
            for condition in (rule.when, *(u.condition for u in rule.unless)):
                if condition is not None:
                    self._leaves(condition)
        self._tie_members()
        self.counts = list(self._counts())

    def _stand(self, number: int, rule: ir.Rule) -> None:
        atom = self._atom(Stands(number))
        for var, item in ((rule.trigger.subject, self.subject), (rule.trigger.partner, self.partner)):
            if var is None or item is None or item not in self.items:
                continue
            if var.set is not None:
                item.sets.append(var.set)
            atom.reads |= {(item.key, "code"), (item.key, "context")}
            if var.kind is not item.kind:  # of two rules, each has its own context
                self.asked.wide.add(item.key)
        for one in rule.assumed:
            if (choice := self._choice(one, {})) is not None and isinstance(one.unit, str):
                self.asked.assumed[choice] = one.unit

    def _atom(self, formula: Formula) -> Atom:
        at = self._at.setdefault(formula, len(self.atoms))
        if at == len(self.atoms):
            self.atoms.append(Atom(formula))
        return self.atoms[at]

    def _leaves(self, condition: ir.Condition) -> None:
        match condition:
            case ir.And(parts) | ir.Or(parts) | ir.Several(parts):
                for part in parts:
                    self._leaves(part)
            case ir.Not(part) | ir.Named(part=part):
                self._leaves(part)
            case _:
                if condition not in self._at:
                    self._read(condition, self._atom(condition), {})

    def _item(self, var: ir.Var, env: Mapping[int, Item]) -> Item | None:
        if var.slot in env:
            return env[var.slot]
        return self.subject if var.slot == 0 else self.partner if var.slot == self._slot else None

    def _choice(self, one: ir.Field, env: Mapping[int, Item]) -> Choice | None:
        """Return the choice that a field is, or None where a made-up patient cannot be given it."""
        if not patients.is_choice(one):
            return None
        if one.var is None or one.base in ("patient", "message"):
            return (one.base, one.name)
        item = self._item(one.var, env)
        if item is None or item not in self.items:
            return None
        if one.name in ("assertion", "subject", "temporality"):
            self.asked.wide.add(item.key)
            return (item.key, "context")
        return (item.key, one.name)

    def _read(self, condition: ir.Condition, atom: Atom, env: dict[int, Item]) -> None:
        """Take down what a comparison depends on, and where its answer changes."""
        match condition:
            case ir.And(parts) | ir.Or(parts) | ir.Several(parts):
                for part in parts:
                    self._read(part, atom, env)
            case ir.Not(part) | ir.Named(part=part):
                self._read(part, atom, env)
            case ir.Quantified() | ir.Ordered():
                self._read_members(condition, atom, env)
            case ir.FieldIs(one, word):
                if (choice := self._needs(one, atom, env)) is not None:
                    self.asked.words.setdefault(choice, set()).add(word)
            case ir.IsMissing(one):
                self._needs(one, atom, env)
            case ir.FieldSame(left, right):
                choices = [choice for one in (left, right) if (choice := self._needs(one, atom, env)) is not None]
                if len(choices) == 2:
                    self.asked.alike.append((choices[0], choices[1]))
            case ir.ItemIs(var, word):
                item = self._item(var, env)
                if item is None or item not in self.items or word is ir.ItemWord.ALREADY_FILED:
                    atom.free = "how an item stands, as `already filed` or of a coding"
                elif word is ir.ItemWord.INCOMING:
                    sides = {0, self._slot} if item is self.partner or (item is self.subject and self.partner) else {item.key}
                    atom.reads |= {(key, "side") for key in sides}  # of a pair, one at least is incoming
                    if item is not self.subject or self.partner is not None:
                        self.asked.sides |= sides
                else:
                    self.asked.wide.add(item.key)
                    atom.reads |= {(item.key, "context"), (item.key, "code")}
            case ir.About(var):
                if (item := self._item(var, env)) is None or item not in self.items:
                    atom.free = "whom a coding is about"
                else:
                    self.asked.wide.add(item.key)
                    atom.reads |= {(item.key, "context"), (item.key, "code")}
            case ir.InSet(ir.Var() as var, name):
                if (item := self._item(var, env)) is None or item not in self.items:
                    atom.free = "in which set something other than an item is"
                else:
                    item.asked.add(name)
                    atom.reads.add((item.key, "code"))
            case ir.InSet(ir.Field() as one, name):
                if (choice := self._needs(one, atom, env)) is not None:
                    self.asked.sets.setdefault(choice, set()).add(name)
            case ir.Before(left, right) | ir.SameDay(left, right):
                self._ties(left, right, None, atom, env)
            case ir.Within(left, right, length) | ir.Beyond(left, right, length) | ir.Nearer(left, right, length):
                self._ties(left, right, length, atom, env)
            case ir.AgeCompare(at, _, length):
                self._ties(_BORN, at, length, atom, env, age=True)
            case ir.AgeRange(at, low, high):
                self._ties(_BORN, at, low, atom, env, age=True)
                self._ties(_BORN, at, high, atom, env, age=True)
            case ir.Compare(left, _, right):
                self._compare(left, (right,), atom, env)
                self._compare(right, (left,), atom, env)
            case ir.InRange(number, low, high):
                self._compare(number, (low, high), atom, env)
                for end in (low, high):
                    self._compare(end, (number,), atom, env)
            case ir.Differs(left, right, by):
                atom.free = _FREE[ir.Differs]
                for one in (*ir.fields_of(left), *ir.fields_of(right)):
                    if (choice := self._needs(one, atom, env)) is not None:
                        self.asked.numbers.setdefault(choice, []).extend(_apart_by(by))
            case ir.Overlaps(left, right, length):
                atom.free = _FREE[ir.Overlaps]
                starts = [ir.Field(var.name, "date", ir.FieldType.DATE, var) for var in (left, right)]
                self._ties(starts[0], starts[1], length, atom, env)
                for var in (left, right):
                    supply = self._needs(ir.Field(var.name, "days_supply", ir.FieldType.NUMBER, var), atom, env)
                    if supply is not None and not isinstance(length, ir.Field):
                        of = self.binding.length(length)
                        days = of.n * 7 if of.unit is ir.Unit.WEEKS else of.n
                        self.asked.numbers.setdefault(supply, []).extend((ir.Quantity(days), ir.Quantity(days + 2)))
            case _:
                atom.free = _FREE[type(condition)]

    def _needs(self, one: ir.Field, atom: Atom, env: Mapping[int, Item]) -> Choice | None:
        if one.var is not None and one.var.kind is ir.Kind.ROW:
            atom.reads.add((0, "code"))
            return None
        choice = self._choice(one, env)
        if choice is None:
            atom.free = f"`{one.as_written}`"
        else:
            atom.reads.add(choice)
        return choice

    def _compare(self, number: ir.Number, others: Sequence[ir.Number], atom: Atom, env: Mapping[int, Item]) -> None:
        if isinstance(number, ir.Arithmetic):
            atom.free = "what is reckoned"
            for one in ir.fields_of(number):
                if (of := self._needs(one, atom, env)) is not None:
                    self.asked.numbers.setdefault(of, []).extend(others)
                    self.asked.together.add(of)
            return
        if not isinstance(number, ir.Field):
            return
        choice = self._needs(number, atom, env)
        if choice is None:
            return
        self.asked.numbers.setdefault(choice, []).extend(others)
        if any(isinstance(other, ir.Field) and not (other.var and other.var.kind is ir.Kind.ROW) for other in others):
            self.asked.together.add(choice)

    def _ties(
        self, left: ir.DateOperand, right: ir.DateOperand, length: ir.LengthLike | None, atom: Atom, env: Mapping[int, Item],
        *, age: bool = False,
    ) -> None:  # fmt: skip
        ends: list[Node] = []
        for operand in (left, right):
            if isinstance(operand, ir.DateLiteral):
                ends.append(operand)
            elif (choice := self._needs(operand, atom, env)) is None:
                continue
            elif operand.type is ir.FieldType.DATE:
                ends.append(choice)
            else:
                atom.free = "a value that is a date"
        if isinstance(length, ir.Field) and not (length.var is not None and length.var.kind is ir.Kind.ROW):
            atom.free = "a length that is sent"
            length = None
        elif isinstance(length, ir.Field):
            atom.reads.add((0, "code"))
        if len(ends) == 2:
            self.asked.ties.append((ends[0], ends[1], length, age))

    def _read_members(self, condition: ir.Quantified | ir.Ordered, atom: Atom, env: dict[int, Item]) -> None:
        var = condition.var
        item = Item(("member", len(self.items)), var.kind, var.name, [] if var.set is None else [var.set])
        self.items.append(item)
        atom.reads |= {RECORD, (item.key, "present"), (item.key, "code"), (item.key, "context"), (item.key, "side")}
        if var.kind not in (ir.Kind.ENTRY, ir.Kind.HISTORY, ir.Kind.MENTION, ir.Kind.MEDICATION):
            atom.free = f"a {var.kind.value} among several"
        if isinstance(condition, ir.Quantified) and condition.quantifier in ("at_least", "fewer"):
            atom.free = "how many there are"
            item.copies = int(condition.n) if isinstance(condition.n, Decimal) and condition.n < 10 else 2
            if not isinstance(condition.counted, str | ir.Field):  # each is an episode of its own, but for a day
                apart = self.binding.length(condition.counted)
                item.apart = int(apart.n) * (7 if apart.unit is ir.Unit.WEEKS else 1) + 1
            atom.reads.add((item.key, "date"))
        inner = {**env, var.slot: item}
        for part in ir.inner(condition):
            self._read(part, atom, inner)

    def _counts(self) -> Iterator[tuple[int, bool, int, bool]]:
        """Yield pairs of counts of the same members, by their places, with whether each is said the other way round (`no`, `fewer than`).

        As many as the first asks for are never more surely there than as many as the second does.
        """
        found = [
            (at, one, Decimal(1) if one.n is None else self.binding.number(one.n))
            for at, atom in enumerate(self.atoms)
            if isinstance(one := atom.formula, ir.Quantified) and not isinstance(one.n, ir.Field)
        ]
        for (at, one, more), (other_at, other, fewer) in itertools.permutations(found, 2):
            plain = other.quantifier in ("exists", "no")
            if more >= fewer and _members(one, plain) == _members(other, plain):
                yield at, one.quantifier in _TURNED, other_at, other.quantifier in _TURNED

    def _tie_members(self) -> None:
        """A member that was made for one quantifier may be found by another: both depend on both."""
        members = [item for item in self.items if isinstance(item.key, tuple)]
        for one, two in itertools.combinations(members, 2):
            if one.overlaps(two, self.binding):
                for atom in self.atoms:
                    keys = {choice[0] for choice in atom.reads}
                    if one.key in keys or two.key in keys:
                        atom.reads |= {(one.key, "present"), (two.key, "present")}
