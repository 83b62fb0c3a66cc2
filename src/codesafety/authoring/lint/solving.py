"""Whether some patient can make conditions come to given answers, decided over made-up patients that the reference answers.

The choices of which patients are made fall into groups that no comparison ties together. Of each group every combination of
options is asked of the reference evaluator once, and what its comparisons came to is kept; a question about whole rules is then
a search over these answers, and no new evaluation. A comparison that cannot be varied in full is *free*: it may come to anything,
so that what is said to be impossible is so whatever it comes to.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from functools import cached_property
from random import Random

from codesafety import ir
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.patients import RECORD, Choice, Coded, Item, Node, Option, Tie, World
from codesafety.authoring.testing import answer, build
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.compiled.program import Program, compile_program
from codesafety.evaluation.facts import Facts, ItemFact
from codesafety.evaluation.outcome import Bindable
from codesafety.evaluation.reference.comparisons import Bound, Frame, conjunction
from codesafety.evaluation.reference.interpreter import Interpreter, frames_of

TRUE, FALSE, UNKNOWN = 1, 2, 4
ANY = TRUE | FALSE | UNKNOWN
_BIT = {True: TRUE, False: FALSE, None: UNKNOWN}
_MOST_CELLS = 1_200
_SAMPLED = 200
"""Patients that are tried where every combination would be too many: what they show is so, and nothing is excluded."""
_MOST_STEPS = 3_000
_MOST_ROWS = 12
_MOST_FREE = 5


@dataclass(frozen=True, slots=True)
class Stands:
    """Whether a rule's own items are of its sets, and stand as their kinds."""

    rule: int


Formula = ir.Condition | Stands
Wanted = Sequence[tuple[Formula, int]]
"""Formulas, and which answers each may come to (bits of TRUE, FALSE, UNKNOWN)."""


class Verdict(Enum):
    NEVER = "never"
    UNDECIDED = "undecided"


@dataclass(slots=True)
class _Atom:
    """A comparison, what it depends on, and whether the options of that are all that matter."""

    formula: Formula
    reads: set[Choice] = field(default_factory=set)
    exact: bool = True


@dataclass(slots=True)
class _Group:
    """Comparisons that depend on the same choices: each way they come out together, with what brings it about."""

    atoms: tuple[int, ...]
    answers: dict[tuple[int, ...], World]


@dataclass(slots=True)
class _Asked:
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


class _TooManySteps(Exception):
    """A question that has too many answers to look through."""


class Problem:
    """One rule, or two with the same kind of trigger, and every patient that they can tell apart."""

    def __init__(self, binding: Binding, rules: Sequence[ir.Rule], program: Program | None = None) -> None:
        """`program`: the compiled rules, these among them; None: they are compiled when they are asked."""
        self._program = program
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
        self.asked = _Asked()
        self.atoms: list[_Atom] = []
        self._at: dict[Formula, int] = {}
        self._members: dict[ir.Condition, list[Item]] = {}
        self._given: dict[tuple[int, ...], list[_Group]] = {}
        self._varied: dict[int, tuple[dict[Choice, list[Option]], set[Choice]]] = {}
        self._codes: dict[patients.Key, tuple[list[Option], bool]] = {}
        for number, rule in enumerate(rules):
            self._stand(number, rule)
            for condition in (rule.when, *(u.condition for u in rule.unless)):
                if condition is not None:
                    self._leaves(condition)
        self._tie_members()

    # ------------------------------------------------------------------------------------------ what is asked

    def _stand(self, number: int, rule: ir.Rule) -> None:
        atom = self._atom(Stands(number))
        for var, item in ((rule.trigger.subject, self.subject), (rule.trigger.partner, self.partner)):
            if var is None or item is None or item not in self.items:
                continue
            if var.set is not None:
                item.sets.append(var.set)
            atom.reads |= {(item.key, "code"), (item.key, "context")}
        for one in rule.assumed:
            if (choice := self._choice(one, {})) is not None and isinstance(one.unit, str):
                self.asked.assumed[choice] = one.unit

    def _atom(self, formula: Formula) -> _Atom:
        at = self._at.setdefault(formula, len(self.atoms))
        if at == len(self.atoms):
            self.atoms.append(_Atom(formula))
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

    def _read(self, condition: ir.Condition, atom: _Atom, env: dict[int, Item]) -> None:
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
                    atom.exact = False
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
                    atom.exact = False
                else:
                    self.asked.wide.add(item.key)
                    atom.reads |= {(item.key, "context"), (item.key, "code")}
            case ir.InSet(ir.Var() as var, name):
                if (item := self._item(var, env)) is None or item not in self.items:
                    atom.exact = False
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
            case _:
                atom.exact = False

    def _needs(self, one: ir.Field, atom: _Atom, env: Mapping[int, Item]) -> Choice | None:
        if one.var is not None and one.var.kind is ir.Kind.ROW:
            atom.reads.add((0, "code"))
            return None
        choice = self._choice(one, env)
        if choice is None:
            atom.exact = False
        else:
            atom.reads.add(choice)
        return choice

    def _compare(self, number: ir.Number, others: Sequence[ir.Number], atom: _Atom, env: Mapping[int, Item]) -> None:
        if isinstance(number, ir.Arithmetic):
            atom.exact = False
            for one in ir.fields_of(number):
                self._needs(one, atom, env)
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
        self, left: ir.DateOperand, right: ir.DateOperand, length: ir.LengthLike | None, atom: _Atom, env: Mapping[int, Item],
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
            else:  # a value that is a date
                atom.exact = False
        if isinstance(length, ir.Field) and not (length.var is not None and length.var.kind is ir.Kind.ROW):
            atom.exact = False
            length = None
        elif isinstance(length, ir.Field):
            atom.reads.add((0, "code"))
        if len(ends) == 2:
            self.asked.ties.append((ends[0], ends[1], length, age))

    def _read_members(self, condition: ir.Quantified | ir.Ordered, atom: _Atom, env: dict[int, Item]) -> None:
        var = condition.var
        item = Item(("member", len(self.items)), var.kind, var.name, [] if var.set is None else [var.set])
        self.items.append(item)
        self._members.setdefault(condition, []).append(item)
        atom.reads |= {RECORD, (item.key, "present"), (item.key, "code"), (item.key, "context"), (item.key, "side")}
        if var.kind not in (ir.Kind.ENTRY, ir.Kind.HISTORY, ir.Kind.MENTION, ir.Kind.MEDICATION):
            atom.exact = False
        if isinstance(condition, ir.Quantified) and condition.quantifier in ("at_least", "fewer"):
            atom.exact = False
            item.copies = int(condition.n) if isinstance(condition.n, Decimal) and condition.n < 10 else 2
            atom.reads.add((item.key, "date"))
        inner = {**env, var.slot: item}
        for part in ir.inner(condition):
            self._read(part, atom, inner)

    def _tie_members(self) -> None:
        """A member that was made for one quantifier may be found by another: both depend on both."""
        members = [item for item in self.items if isinstance(item.key, tuple)]
        for one, two in itertools.combinations(members, 2):
            if one.overlaps(two, self.binding):
                for atom in self.atoms:
                    keys = {choice[0] for choice in atom.reads}
                    if one.key in keys or two.key in keys:
                        atom.reads |= {(one.key, "present"), (two.key, "present")}

    # ------------------------------------------------------------------------------------------ cases and options

    @property
    def _anchor(self) -> Choice:
        return (0, "date") if self.subject in self.items else ("message", "sent")

    @cached_property
    def _choices(self) -> frozenset[Choice]:
        return frozenset(choice for atom in self.atoms for choice in atom.reads)

    @cached_property
    def rows(self) -> list[Coded]:
        """The codes of the subject that have a row of the table, each with one of its rows."""
        if self.row is None or self.row.table is None:
            return []
        of = self.subject.sets[0] if self.subject.sets else None
        members = self.binding.sets[of].members if of is not None else None
        return [
            Coded(patients.label(key), row, at)
            for key, rows in self.binding.tables[self.row.table].items()
            if members is None or key in members
            for at, row in enumerate(rows)
        ]

    @cached_property
    def cases(self) -> list[dict[Choice, Option]]:
        """What is settled first: whether the subject has a day, whether there is a record, and the table's row."""
        day = patients.start_day(self.rules)
        literals = {
            near
            for one, other, _, _ in self.asked.ties
            for literal, node in ((one, other), (other, one))
            if isinstance(literal, ir.DateLiteral) and node == self._anchor
            for near in (literal.first - 1, literal.first, literal.last, literal.last + 1)
        }
        timed = any(isinstance(c, tuple) and c[1] in ("date", "sent") for c in self._choices)
        starts: list[Option] = [day, *sorted(literals), *([None] if timed else [])]
        records = [True, False] if RECORD in self._choices else [True]
        rows: list[Option] = list(self.rows[:_MOST_ROWS]) if self.row is not None else [None]
        cases = []
        for there in records:
            for start in starts:
                for row in rows:
                    case: dict[Choice, Option] = {self._anchor: start, RECORD: there}
                    if isinstance(row, Coded) and row.row is not None:
                        case[0, "code"] = row
                        if start == day:  # a day on which the row is in force
                            case[self._anchor] = max(min(day, row.row.last or day), row.row.first or 0)
                    cases.append(case)
        return cases

    @property
    def rows_are_all(self) -> bool:
        return len(self.rows) <= _MOST_ROWS

    def _options(self, at: int) -> tuple[dict[Choice, list[Option]], set[Choice]]:
        if at not in self._varied:
            self._varied[at] = self._options_of(self.cases[at])
        return self._varied[at]

    def _options_of(self, case: Mapping[Choice, Option]) -> tuple[dict[Choice, list[Option]], set[Choice]]:
        """Return each choice's options in a case, the first of which is the plain one, and the choices whose options are not all."""
        options: dict[Choice, list[Option]] = {}
        partial: set[Choice] = set()

        def put(choice: Choice, found: list[Option], whole: bool = True) -> None:
            if choice in case:
                return
            options[choice] = found
            if not whole:
                partial.add(choice)

        for item in self.items:
            if item.key not in self._codes:
                self._codes[item.key] = patients.codes_of(item, self.binding)
            put((item.key, "code"), *self._codes[item.key])
            put((item.key, "context"), patients.contexts_of(item, item.key in self.asked.wide))
            sides: list[Option] = ["incoming", "record"] if item.key == 0 else ["record", "incoming"]
            put((item.key, "side"), sides if item.key in self.asked.sides else sides[:1])
            if isinstance(item.key, tuple):
                put(
                    (item.key, "present"),
                    list(dict.fromkeys([0, 1, item.copies - 1, item.copies])) if item.copies > 1 else [0, 1],
                )
        kinds = {item.key: item.kind for item in self.items}
        for choice in self._choices:
            key, name = choice
            if choice in options or choice in case or choice == RECORD or name in ("date", "born", "sent"):
                continue
            if name == "service":
                service = Item(choice, ir.Kind.ENTRY, "service", [], self.asked.sets.get(choice, set()))
                found, whole = patients.codes_of(service, self.binding)
                put(choice, [*found, None], whole)
            elif choice in self.asked.numbers:
                bounds = [q for number in self.asked.numbers[choice] for q in self._quantities(number, case)]
                put(choice, *patients.amounts(bounds, self.asked.assumed.get(choice), choice in self.asked.together))
            elif key in ("patient", "message") or self._words(choice):
                put(choice, patients.words_of(choice, kinds.get(key, ir.Kind.MESSAGE), self._words(choice)))
            elif name in ("value", "dose", "quantity", "times_a_day", "days_supply", "strength"):
                put(choice, *patients.amounts((), self.asked.assumed.get(choice, "1"), True))
            else:
                put(choice, [None], False)
        self._put_days(case, options, partial)
        return options, partial

    def _words(self, choice: Choice) -> set[str]:
        """Return the words that are asked of a field, or of one that it is compared with."""
        other = {a if b == choice else b for a, b in self.asked.alike if choice in (a, b)}
        found = {word for one in (choice, *other) for word in self.asked.words.get(one, ())}
        return found or ({""} if other else set())

    def _put_days(self, case: Mapping[Choice, Option], options: dict[Choice, list[Option]], partial: set[Choice]) -> None:
        nodes = [c for c in self._choices if c[1] in ("date", "born", "sent") and c not in case]
        nodes += [(item.key, "date") for item in self.items if (item.key, "date") not in self._choices and item.key != 0]
        start = case[self._anchor]
        anchor = [start] if isinstance(start, int) else [patients.start_day(self.rules)]
        placed: dict[Choice, Sequence[int]] = {self._anchor: anchor}
        ties = [Tie(one, other, self.length(length, case), age) for one, other, length, age in self.asked.ties]
        found: dict[Choice, list[int]] = {}
        for _ in range(2):
            for node in sorted(nodes, key=lambda n: (n[1] == "born", str(n))):
                days = patients.days(node, ties, placed)
                found[node] = list(dict.fromkeys([*found.get(node, ()), *days]))[: patients.MOST_OPTIONS * 2]
                if found[node]:
                    placed[node] = found[node]
        for node in nodes:
            days = sorted(found.get(node, ()), key=lambda day: abs(day - anchor[0]))
            plain = anchor[0] - 40 if node[1] == "date" else anchor[0] - 30 * 365 if node[1] == "born" else anchor[0]
            every: list[Option] = [*(days or [plain])]
            if len(every) > patients.MOST_OPTIONS:
                partial.add(node)
                every = every[:: len(every) // patients.MOST_OPTIONS + 1]
            options[node] = [*every, None] if node in self._choices else every

    def length(self, length: ir.LengthLike | None, case: Mapping[Choice, Option]) -> ir.Length | None:
        if isinstance(length, ir.Field):
            cell = self._cell(length, case)
            return ir.Length(cell, length.column_unit) if isinstance(cell, Decimal) and length.column_unit else None
        return None if length is None else self.binding.length(length)

    def _cell(self, one: ir.Field, case: Mapping[Choice, Option]) -> ir.Cell:
        coded = case.get((0, "code"))
        return coded.row.cells.get(one.name) if isinstance(coded, Coded) and coded.row is not None else None

    def _quantities(self, number: ir.Number, case: Mapping[Choice, Option]) -> Iterator[ir.Quantity]:
        match number:
            case ir.Quantity():
                yield number
            case ir.LimitRef():
                yield self.binding.quantity(number)
            case ir.Field() if isinstance(cell := self._cell(number, case), Decimal):
                unit = number.unit if not isinstance(number.unit, ir.Field) else self._cell(number.unit, case)
                yield ir.Quantity(cell, unit if isinstance(unit, str) else None)
            case _:
                return

    # ------------------------------------------------------------------------------------------ answers

    def _groups(self, at: int) -> list[_Group]:
        """Return what the comparisons of one case come to, group by group."""
        if (at,) in self._given:
            return self._given[at,]
        case = self.cases[at]
        options, partial = self._options(at)
        varied = {choice for choice in options if len(options[choice]) > 1}
        owner: dict[Choice, int] = {}
        together: list[set[int]] = []
        for number, atom in enumerate(self.atoms):
            mine = {number}
            for choice in atom.reads & varied:
                if choice in owner:
                    mine |= together[owner[choice]]
            place = len(together)
            together.append(mine)
            for member in mine:
                for choice in self.atoms[member].reads & varied:
                    owner[choice] = place
        last = {atom: place for place, atoms in enumerate(together) for atom in atoms}
        groups = []
        for place in sorted(set(last.values())):
            atoms = tuple(sorted(atom for atom in together[place] if last[atom] == place))
            choices = sorted({c for atom in atoms for c in self.atoms[atom].reads & varied}, key=str)
            groups.append(self._answers(atoms, choices, case, options, partial, first=at == 0))
        self._given[at,] = groups
        return groups

    def _answers(
        self, atoms: tuple[int, ...], choices: Sequence[Choice], case: Mapping[Choice, Option],
        options: Mapping[Choice, list[Option]], partial: set[Choice], *, first: bool,
    ) -> _Group:  # fmt: skip
        plain = {choice: found[0] for choice, found in options.items()} | dict(case)
        cells = math.prod(len(options[c]) for c in choices)
        every: Iterable[tuple[Option, ...]] = itertools.product(*(options[c] for c in choices))
        if cells > _MOST_CELLS:
            rng = Random(0)
            every = itertools.chain(
                (tuple(options[c][0] if c != one else o for c in choices) for one in choices for o in options[one]),
                (tuple(rng.choice(options[c]) for c in choices) for _ in range(_SAMPLED if first else _SAMPLED // 4)),
            )
        for atom in atoms:
            if cells > _MOST_CELLS or self.atoms[atom].reads & partial:
                self.atoms[atom].exact = False
        found: dict[tuple[int, ...], World] = {}
        for cell in every:
            mine = dict(zip(choices, cell, strict=True))
            answers = self._ask(atoms, {**plain, **mine})
            if answers is not None:
                found.setdefault(answers, mine)
        return _Group(atoms, found)

    def _ask(self, atoms: Sequence[int], world: World) -> tuple[int, ...] | None:
        patient = patients.example(world, self.items)
        facts = self.facts(patient)
        interpreter = Interpreter(self.binding, facts)
        frame = self._frame(facts, world)
        if frame is None:
            return None
        return tuple(self._judged(self.atoms[atom].formula, interpreter, frame) for atom in atoms)

    def facts(self, patient: ir.Example) -> Facts:
        given = build(patient)
        return Facts(given.submission, given.record, self.binding.codebook)

    def _frame(self, facts: Facts, world: World) -> Frame | None:
        """Return the rule's own items of a made-up patient; None where one of them is not there."""
        if self.subject not in self.items:
            return {0: Bound(None, "message")}
        own = self._placed(self.subject, facts, world, ())
        if own is None:
            return None
        subject: Bindable = own
        if self.subject.kind is ir.Kind.CODING:
            subject = next(iter(facts.codings(own)), None)
        frame = {0: Bound(subject, self.subject.name)}
        if self.partner is not None:
            other = self._placed(self.partner, facts, world, (own,))
            if other is None or not (own.incoming or other.incoming):
                return None
            frame[self._slot] = Bound(other, self.partner.name)
        elif self.row is not None:
            coded = world[0, "code"]
            if not isinstance(coded, Coded) or coded.row is None:
                return None
            frame[self._slot] = Bound(coded.row, self.row.name)
        return frame

    def _placed(self, item: Item, facts: Facts, world: World, taken: Sequence[ItemFact]) -> ItemFact | None:
        """Return the first item of a kind on the side where it was put: the rule's own come before what quantifiers may find."""
        incoming = world.get((item.key, "side")) == "incoming"
        of_kind = (f for f in facts.items if f.is_entry != item.is_medication and f.incoming == incoming and f not in taken)
        return next(of_kind, None)

    # ------------------------------------------------------------------------------------------ questions

    def find(self, wanted: Wanted, *, confirm: Mapping[int, str] | None = None) -> ir.Example | Verdict:
        """Return a patient for whom every formula comes to one of the answers wanted; NEVER where there is none.

        `confirm`: by rule, what the compiled evaluator must answer for that patient; one that it answers otherwise is not returned.
        """
        found = self.world(wanted, confirm=confirm)
        return found if isinstance(found, Verdict) else patients.example(found, self.items)

    def world(self, wanted: Wanted, *, confirm: Mapping[int, str] | None = None) -> World | Verdict:
        """Return what `find` does, as the choices of which the patient is made."""
        try:
            return self._find(wanted, confirm)
        except _TooManySteps:
            return Verdict.UNDECIDED

    def _find(self, wanted: Wanted, confirm: Mapping[int, str] | None) -> World | Verdict:
        free = False
        for at in range(len(self.cases)):
            tried = 0
            for world in self._search(wanted, at, free=False):
                patient = patients.example(world, self.items)
                if confirm is None or all(self.outcome(rule, patient) == told for rule, told in confirm.items()):
                    return world
                tried += 1
                if tried >= 8:
                    break
            free = free or tried > 0
        if free or self.subject.kind is ir.Kind.CODING or not self.rows_are_all or (self.row is not None and not self.rows):
            return Verdict.UNDECIDED
        if any(True for at in range(len(self.cases)) for _ in self._search(wanted, at, free=True)):
            return Verdict.UNDECIDED
        return Verdict.UNDECIDED if self._refuted(wanted) else Verdict.NEVER

    def _refuted(self, wanted: Wanted) -> bool:
        """Return whether an example of the rules shows what was found to be impossible: then the choices were not all there are."""
        for rule in self.rules:
            for one in rule.examples:
                interpreter = Interpreter(self.binding, self.facts(one))
                for subject in (None, *interpreter.facts.incoming):
                    for application in interpreter.applications(rule, subject):
                        if rule.trigger.partner is not None and application.partner is None:
                            continue
                        for frame in frames_of(rule, application.subject, application.partner):
                            if all(self._judged(formula, interpreter, frame) & allowed for formula, allowed in wanted):
                                return True
        return False

    def _judged(self, formula: Formula, interpreter: Interpreter, frame: Frame) -> int:
        if isinstance(formula, Stands):
            own = self.subject in self.items
            return _BIT[conjunction(interpreter.of_trigger(self.rules[formula.rule], frame))[0]] if own else TRUE
        return _BIT[interpreter.judge(formula, frame)[0]]

    def outcome(self, rule: int, patient: ir.Example) -> str:
        """Return what the compiled evaluator answers a rule for a made-up patient."""
        if self._program is None:
            self._program = compile_program(replace(self.binding, rules=tuple(self.rules)))
        return answer(self._program.run(self.facts(patient)), self.rules[rule].name)[0]

    def _search(self, wanted: Wanted, at: int, *, free: bool) -> Iterator[World]:
        """Yield worlds of one case in which every formula may come to what is wanted, each group in each of its ways once."""
        groups = self._groups(at)
        if free:
            loose = [atom for group in groups for atom in group.atoms if not self.atoms[atom].exact]
            groups = [
                _Group(
                    held,
                    {tuple(bits[group.atoms.index(atom)] for atom in held): {} for bits in group.answers},
                )
                for group in groups
                if (held := tuple(atom for atom in group.atoms if self.atoms[atom].exact))
            ]
            if len(loose) <= _MOST_FREE:
                groups += [_Group((atom,), {(TRUE,): {}, (FALSE,): {}, (UNKNOWN,): {}}) for atom in loose]
        named = {self._at[leaf] for formula, _ in wanted for leaf in self._leaves_of(formula)}
        groups = sorted((g for g in groups if named & set(g.atoms)), key=lambda g: len(g.answers))
        masks: dict[int, int] = {}
        options, _ = self._options(at)
        plain = {choice: found[0] for choice, found in options.items()} | self.cases[at]

        steps = 0

        def deeper(place: int, world: dict[Choice, Option]) -> Iterator[World]:
            nonlocal steps
            steps += 1
            if steps > _MOST_STEPS:
                raise _TooManySteps
            if not all(self._may(formula, masks) & allowed for formula, allowed in wanted):
                return
            if place == len(groups):
                yield {**plain, **world}
                return
            group = groups[place]
            for bits, mine in group.answers.items():
                masks.update(zip(group.atoms, bits, strict=True))
                yield from deeper(place + 1, {**world, **mine})
            for atom in group.atoms:
                masks.pop(atom, None)

        yield from deeper(0, {})

    def _leaves_of(self, formula: Formula) -> Iterator[Formula]:
        match formula:
            case ir.And(parts) | ir.Or(parts) | ir.Several(parts):
                for part in parts:
                    yield from self._leaves_of(part)
            case ir.Not(part) | ir.Named(part=part):
                yield from self._leaves_of(part)
            case _:
                yield formula

    def _may(self, formula: Formula, masks: Mapping[int, int]) -> int:
        """Return what a formula may come to, of comparisons that may come to `masks`: exactly, where each has one answer."""
        match formula:
            case ir.And(parts):
                return _all(self._may(part, masks) for part in parts)
            case ir.Or(parts):
                return _swapped(_all(_swapped(self._may(part, masks)) for part in parts))
            case ir.Not(part):
                return _swapped(self._may(part, masks))
            case ir.Named(part=part):
                return self._may(part, masks)
            case ir.Several(parts, n):
                return _several([self._may(part, masks) for part in parts], int(self.binding.number(n)))
            case _:
                return masks.get(self._at[formula], ANY)


_BORN = ir.Field("patient", "born", ir.FieldType.DATE)


def _swapped(mask: int) -> int:
    return (mask & UNKNOWN) | (FALSE if mask & TRUE else 0) | (TRUE if mask & FALSE else 0)


def _all(masks: Iterable[int]) -> int:
    every = list(masks)
    found = FALSE if any(mask & FALSE for mask in every) else 0
    if all(mask & TRUE for mask in every):
        found |= TRUE
    if all(mask & (TRUE | UNKNOWN) for mask in every) and any(mask & UNKNOWN for mask in every):
        found |= UNKNOWN
    return found


def _several(masks: Sequence[int], n: int) -> int:
    surely, never = sum(mask == TRUE for mask in masks), sum(mask == FALSE for mask in masks)
    true, false = sum(bool(mask & TRUE) for mask in masks), sum(bool(mask & FALSE) for mask in masks)
    found = TRUE if true >= n else 0
    if len(masks) - false < n:
        found |= FALSE
    if any(mask & UNKNOWN for mask in masks) and surely < n and len(masks) - never >= n:
        found |= UNKNOWN
    return found
