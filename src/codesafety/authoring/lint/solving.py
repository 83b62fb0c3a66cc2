"""Whether some patient can make conditions come to given answers, decided over made-up patients that the reference answers.

The choices of which patients are made fall into groups that no comparison ties together. Of each group every combination of
options is asked of the reference evaluator once, and what its comparisons came to is kept; a question about whole rules is then
a search over these answers, and no new evaluation. A comparison that cannot be varied in full is *free*: it may come to anything,
so that what is said to be impossible is so whatever it comes to.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from random import Random

from codesafety import ir
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.options import Options
from codesafety.authoring.lint.patients import Choice, Coded, Item, Option, World
from codesafety.authoring.lint.reading import Formula, Stands
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
_MANY = "more combinations than are tried"
_MOST_STEPS = 3_000
_MOST_FREE = 5

Wanted = Sequence[tuple[Formula, int]]
"""Formulas, and which answers each may come to (bits of TRUE, FALSE, UNKNOWN)."""
Confirm = Mapping[int, str] | Callable[[ir.Example], bool] | None


class Verdict(Enum):
    NEVER = "never"
    UNDECIDED = "undecided"


@dataclass(slots=True)
class _Group:
    """Comparisons that depend on the same choices: each way they come out together, with what brings it about."""

    atoms: tuple[int, ...]
    answers: dict[tuple[int, ...], World]


class _TooManySteps(Exception):
    """A question that has too many answers to look through."""


class Problem(Options):
    """One rule, or two with the same kind of trigger, and every patient that they can tell apart."""

    def __init__(self, binding: Binding, rules: Sequence[ir.Rule], program: Program | None = None) -> None:
        """`program`: the compiled rules, these among them; None: they are compiled when they are asked."""
        super().__init__(binding, rules)
        self._program = program
        self._given: dict[int, list[_Group]] = {}

    def _groups(self, at: int) -> list[_Group]:
        """Return what the comparisons of one case come to, group by group."""
        if at in self._given:
            return self._given[at]
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
        self._given[at] = groups
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
                self.atoms[atom].free = self.atoms[atom].free or _MANY
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

    def find(self, wanted: Wanted, *, confirm: Confirm = None) -> ir.Example | Verdict:
        """Return a patient for whom every formula comes to one of the answers wanted; NEVER where there is none.

        `confirm`: by rule, what the compiled evaluator must answer for that patient, or what must be so of them; another is not returned.
        """
        found = self.world(wanted, confirm=confirm)
        return found if isinstance(found, Verdict) else patients.example(found, self.items)

    def around(self, world: World) -> Iterator[ir.Example]:
        """Yield a patient, and those who differ in one choice, on each side of every bound that the rules name."""
        yield patients.example(world, self.items)
        options = self._options_of({choice: world[choice] for choice in self.cases[0]})[0]
        for choice, found in options.items():
            yield from (
                patients.example({**world, choice: option}, self.items) for option in found if option != world.get(choice)
            )

    def in_the_way(self) -> str:
        """Return what stands in the way of an exact answer about these rules: what they ask that cannot be varied in full."""
        free = dict.fromkeys(atom.free for atom in self.atoms if atom.free)
        if self.subject.kind is ir.Kind.CODING:
            free["each coding of an item"] = None
        return " and ".join(free) or _MANY

    def world(self, wanted: Wanted, *, confirm: Confirm = None) -> World | Verdict:
        """Return what `find` does, as the choices of which the patient is made."""
        try:
            return self._find(wanted, confirm)
        except _TooManySteps:
            return Verdict.UNDECIDED

    def _find(self, wanted: Wanted, confirm: Confirm) -> World | Verdict:
        free = False
        for at in range(len(self.cases)):
            tried = 0
            for world in self._search(wanted, at, free=False):
                patient = patients.example(world, self.items)
                if self._confirmed(patient, confirm):
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

    def _confirmed(self, patient: ir.Example, confirm: Confirm) -> bool:
        if isinstance(confirm, Mapping):
            return all(self.outcome(rule, patient) == told for rule, told in confirm.items())
        return confirm is None or confirm(patient)

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
            if not self._in_order(masks) or not all(self._may(formula, masks) & allowed for formula, allowed in wanted):
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

    def _in_order(self, masks: Mapping[int, int]) -> bool:
        """Return whether counts of the same members may come out together: more of them are never more surely there than fewer are."""
        return all(
            at not in masks or other not in masks or _sure(masks[at], turned) <= _sure(masks[other], other_turned)
            for at, turned, other, other_turned in self.counts
        )

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


def _sure(mask: int, turned: bool) -> int:
    return {FALSE: 0, UNKNOWN: 1, TRUE: 2}[_swapped(mask) if turned else mask]


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
