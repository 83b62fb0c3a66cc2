"""Examples at the edges of a rule, for its author to review: the days about each birthday and window, leap days, what is missing.

They begin with a made-up patient for whom the rule fires, and change one thing. What stands in them is the rule's own answer, on
both evaluators: whether it is right is for a reader to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from codesafety import ir
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.examples import what_is_given
from codesafety.authoring.lint.logic import of_firing
from codesafety.authoring.lint.patients import RECORD, Choice, Node, World
from codesafety.authoring.lint.solving import Problem, Verdict
from codesafety.authoring.mutating import Answer, both_answer
from codesafety.authoring.testing import alone_with
from codesafety.evaluation import calendar
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.compiled.program import Program, compile_program

_LEAP_DAY = date(2012, 2, 29).toordinal()
_NOT_MISSING = frozenset({"code", "present", "side", "context", "there"})


@dataclass(frozen=True, slots=True)
class Edge:
    """A patient at an edge, and what the rule answers; None where the two evaluators do not agree."""

    name: str
    patient: ir.Example
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of one rule; `found` is false where no patient was found for whom it fires."""

    rule: ir.Rule
    edges: tuple[Edge, ...]
    found: bool = True


def boundaries(binding: Binding, rules: Sequence[ir.Rule]) -> Iterator[Edges]:
    """Yield the edges of each rule, and of the first row of each family, but those that its examples give."""
    for rule in {rule.family: rule for rule in reversed(rules)}.values():
        yield _Rule(binding, rule).edges()


class _Rule:
    """One rule, a patient for whom it fires, and those who differ from them in one thing."""

    def __init__(self, binding: Binding, rule: ir.Rule) -> None:
        self._rule = rule
        self._alone = alone_with(binding, rule)
        self._program: Program = compile_program(self._alone)
        self._problem = Problem(binding, [rule], self._program)

    def edges(self) -> Edges:
        rule = self._rule
        world: World | Verdict = Verdict.UNDECIDED
        if rule.trigger.subject.kind is not ir.Kind.TEXT:
            world = self._problem.world(of_firing(rule), confirm={0: "fires"})
        if isinstance(world, Verdict):
            return Edges(rule, (), found=False)
        given = {what_is_given(one) for one in rule.examples}
        kept: dict[str, Edge] = {}
        for edge in (*self._of_days(world), *self._missing(world)):
            key = what_is_given(edge.patient)
            if key not in given:
                kept.setdefault(key, edge)
        return Edges(rule, tuple(kept.values()))

    def _edge(self, name: str, world: World) -> Edge:
        patient = patients.example(world, self._problem.items)
        return Edge(name, patient, both_answer(self._alone, self._program, self._rule, patient))

    # ---- days

    def _of_days(self, world: World) -> Iterator[Edge]:
        for one, other, length_like, age in self._problem.asked.ties:
            length = self._problem.length(length_like, world)
            moved, fixed = self._ends(one, other, world)
            start = fixed.first if isinstance(fixed, ir.DateLiteral) else world.get(fixed)
            if moved is None or not isinstance(start, int):
                continue
            between = f"{self._name(one)} and {self._name(other)}"
            yield from self._about(world, moved, start, length, age, between)
            if length is None or isinstance(fixed, ir.DateLiteral):
                continue
            for one_end, other_end in ((moved, fixed), (fixed, moved)):
                there = {**world, other_end: _LEAP_DAY}
                yield from self._about(there, one_end, _LEAP_DAY, length, age, f"{between}, {self._name(other_end)} a leap day")

    def _ends(self, one: Node, other: Node, world: World) -> tuple[Choice | None, Node]:
        """Return which of two days is moved, and which stays: the rule's own item stays where it can."""
        own = (0, "date")
        first, second = (other, one) if one == own else (one, other)
        for moved, fixed in ((first, second), (second, first)):
            if not isinstance(moved, ir.DateLiteral) and isinstance(world.get(moved), int):
                return moved, fixed
        return None, other

    def _about(
        self, world: World, moved: Choice, start: int, length: ir.Length | None, age: bool, between: str
    ) -> Iterator[Edge]:
        """Yield the day before an edge, the edge and the day after; of several edges those where the answer changes."""
        if length is None:
            yield from self._three(world, moved, start, -1, between, "the same day")
            return
        n, unit = int(length.n), length.unit
        if age:
            signs, lengths = [1 if moved[1] != "born" else -1], [n, n + 1]
        else:
            signs, lengths = [-1, 1], [n]
        sides = [
            list(self._three(world, moved, calendar.add(start, sign * m, unit), sign, between, f"{m} {unit.value}"))
            for sign in signs
            for m in lengths
        ]
        changing = [side for side in sides if len({edge.answer for edge in side}) > 1]
        for side in changing or sides[:1]:
            yield from side

    def _three(self, world: World, moved: Choice, edge: int, sign: int, between: str, words: str) -> Iterator[Edge]:
        for beside in (-1, 0, 1):
            day = edge + sign * beside
            if 1 < day < calendar.LAST_DAY:
                apart = {-1: f"a day less than {words}", 0: words, 1: f"a day more than {words}"}[beside]
                if words == "the same day":
                    apart = {-1: "the day after", 0: words, 1: "the day before"}[beside]
                yield self._edge(f"{between}: {apart}", {**world, moved: day})

    # ---- what is missing

    def _missing(self, world: World) -> Iterator[Edge]:
        for choice, option in world.items():
            if option is not None and choice[1] not in _NOT_MISSING:
                yield self._edge(f"without {self._name(choice)}", {**world, choice: None})
        if RECORD in world:
            yield self._edge("without a record", {**world, RECORD: False})

    def _name(self, node: Node) -> str:
        if isinstance(node, ir.DateLiteral):
            return node.text
        item = next((one.name for one in self._problem.items if one.key == node[0]), str(node[0]))
        return f"{item}.{node[1]}"
