"""What the examples of a rule show of its logic: each atom seen true, false and unknown, and each deciding the answer alone.

Masking MC/DC: an atom is shown where one example answers otherwise once it is taken to be false wherever it is true, and one
once it is taken to be true wherever it is false, all else being as the example gives it. Both are asked of the reference
evaluator, with that one atom's answer turned, so that the values are the language's own. Source of the measure: Chilenski,
"An Investigation of Three Forms of the Modified Condition Decision Coverage (MCDC) Criterion", DOT/FAA/AR-01/18, 2001.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from codesafety import ir
from codesafety.authoring.testing import alone_with, build
from codesafety.diagnostics import Span
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.outcome import Status
from codesafety.evaluation.reference.comparisons import Bound, Frame, Truth
from codesafety.evaluation.reference.interpreter import Interpreter
from codesafety.evaluation.work import Work

VALUES: tuple[bool | None, ...] = (True, False, None)
_CALLED = {True: "true", False: "false", None: "unknown"}
_STANDS = {
    ir.Kind.ENTRY: "is present, the patient's and current",
    ir.Kind.HISTORY: "is present and the patient's",
    ir.Kind.MEDICATION: "is given, or to be given",
}


@dataclass(slots=True)
class Atom:
    """A single comparison of a rule, and what its examples show of it.

    `place`: where it stands in the rule's logic; `words`: as it is written. `seen`: the values that it had. `decided`: those
    that it had where the answer of an example hung on it alone. `may`: the values that it can have at all.
    """

    place: str
    words: str
    may: frozenset[bool | None]
    seen: set[bool | None] = field(default_factory=set)
    decided: set[bool | None] = field(default_factory=set)

    @property
    def decides(self) -> bool:
        """Whether it is shown to decide: once true, and once false."""
        return {True, False} <= self.decided

    def unseen(self) -> list[str]:
        return [_CALLED[value] for value in VALUES if value in self.may - self.seen]

    def undecided(self) -> list[str]:
        return [_CALLED[value] for value in (True, False) if value not in self.decided]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the examples show of what is written once: of a rule its own; of a family, those of all its rows; of a named condition,
    those of all rules that call it."""

    rule: str
    examples: int
    atoms: tuple[Atom, ...]

    @property
    def values(self) -> tuple[int, int]:
        """How many values of atoms were seen, and how many there are."""
        return sum(len(a.seen & a.may) for a in self.atoms), sum(len(a.may) for a in self.atoms)

    @property
    def deciding(self) -> tuple[int, int]:
        """How many atoms are shown to decide alone, and how many there are."""
        return sum(a.decides for a in self.atoms), len(self.atoms)

    @property
    def score(self) -> float:
        """Per cent of the atoms that are shown to decide alone; 100 of a rule that has none."""
        shown, every = self.deciding
        return 100 * shown / every if every else 100.0


def per_cent(score: float) -> str:
    """Return a score in whole per cent, rounded down: it is 100 where nothing is wanting, and nowhere else."""
    return f"{int(score)} %"


def coverages(binding: Binding, rules: Sequence[ir.Rule], texts: Mapping[str, str]) -> Iterator[Coverage]:
    """Yield what the examples show of each rule and family, and of each named condition of their rulesets.

    `texts`: the rule files, for the words of atoms.
    """
    own = {rule.ruleset for rule in rules}
    written: dict[str, dict[str, Atom]] = {}
    examples: dict[str, set[Span]] = {}
    for rule in rules:
        mine: list[tuple[set[Key], Atom]] = []
        for name, atoms in {rule.family: {}, **atoms_of(rule, binding, texts)}.items():
            if name.rpartition("/")[0] in own:
                known = written.setdefault(name, {})
                mine += [(keys, known.setdefault(place, atom)) for place, (keys, atom) in atoms.items()]
                examples.setdefault(name, set()).update(one.span for one in rule.examples)
        _watch(alone_with(binding, rule), rule, mine)
    for name, found in written.items():
        yield Coverage(name, len(examples[name]), tuple(found.values()))


# ------------------------------------------------------------------------------------------------ the atoms of a rule

Key = int | str
"""A condition by its identity; of a rule's own items the name of what is asked of them."""


def atoms_of(rule: ir.Rule, binding: Binding, texts: Mapping[str, str]) -> dict[str, dict[str, tuple[set[Key], Atom]]]:
    """Return the atoms of a rule, by where they are written and by their places there: of its own items, of `when`, of each
    exception, and of the named conditions that it calls; with what goes on inside a quantifier, which is an atom itself.

    That an item is of its set is none where `when` says it already: it then decides nothing.
    """
    found: dict[str, dict[str, tuple[set[Key], Atom]]] = {}

    def take(name: str, place: str, key: Key, words: str, may: frozenset[bool | None]) -> None:
        found.setdefault(name, {}).setdefault(place, (set(), Atom(place, words, may)))[0].add(key)

    for var in (rule.trigger.subject, rule.trigger.partner):
        if var is None or var.kind is ir.Kind.ROW:
            continue
        if var.set is not None and _may_hold_outside(rule.when, var, binding):
            words = f"{var.name} in {var.set.rpartition('/')[2]}"
            take(rule.family, f"for.{var.name}.set", f"set {var.name}", words, frozenset(VALUES))
        if var.kind in _STANDS:
            take(
                rule.family, f"for.{var.name}.stands", f"stands {var.name}", f"{var.name} {_STANDS[var.kind]}", frozenset(VALUES)
            )
    for start, condition in [("when", rule.when), *((f"unless.{at}", one.condition) for at, one in enumerate(rule.unless))]:
        for name, place, leaf in leaves(condition, rule.family, start):
            take(name, place, id(leaf), words_at(leaf, texts), _may(leaf))
    return found


def _may_hold_outside(condition: ir.Condition | None, var: ir.Var, binding: Binding) -> bool:
    """Return whether a condition may be true of an item that is not of its own set: not where it asks for a part of that set."""
    match condition:
        case ir.InSet(ir.Var(slot=slot), name) if slot == var.slot and var.set is not None:
            return not binding.sets[name].members <= binding.sets[var.set].members
        case ir.And(parts):
            return all(_may_hold_outside(part, var, binding) for part in parts)
        case ir.Or(parts):
            return any(_may_hold_outside(part, var, binding) for part in parts)
        case ir.Named(part=part):
            return _may_hold_outside(part, var, binding)
        case _:
            return True


def leaves(condition: ir.Condition | None, name: str, place: str) -> Iterator[tuple[str, str, ir.Condition]]:
    """Yield the single comparisons and quantifiers of a condition, with the rule or named condition in which they are written, and
    their places there."""
    match condition:
        case None:
            return
        case ir.Named(name=called, part=part):
            yield from leaves(part, called, "is")
            return
        case ir.And() | ir.Or() | ir.Not() | ir.Several():
            pass
        case _:
            yield name, place, condition
    for at, part in enumerate(ir.inner(condition)):
        yield from leaves(part, name, f"{place}.{at}")


def words_at(condition: ir.Condition, texts: Mapping[str, str]) -> str:
    """Return a condition as it is written, white space folded."""
    span = condition.span
    return " ".join(texts[span.file][span.start : span.end].split()) or type(condition).__name__


def _may(condition: ir.Condition) -> frozenset[bool | None]:
    """Return the values that a condition can have: what asks whether something was sent, or on which side, is never unknown."""
    match condition:
        case ir.IsMissing() | ir.Says() | ir.ItemIs(word=ir.ItemWord.INCOMING):
            return frozenset((True, False))
        case ir.Quantified(found=True, where=None, var=ir.Var(set=None)):
            return frozenset((True, False))
        case _:
            return frozenset(VALUES)


# ------------------------------------------------------------------------------------------------ watching


class Watching(Interpreter):
    """The reference evaluator, which takes down what each atom comes to; one value of one atom may be turned round, wherever it stands."""

    def __init__(
        self,
        binding: Binding,
        facts: Facts,
        keys: Iterable[Key],
        turned: tuple[Set[Key], bool] | None = None,
        work: Work | None = None,
    ) -> None:
        super().__init__(binding, facts, work)
        self.seen: dict[Key, set[bool | None]] = {key: set() for key in keys}
        self._turned = turned

    def _took(self, key: Key, answer: Truth) -> Truth:
        seen = self.seen.get(key)
        if seen is None:
            return answer
        seen.add(answer[0])
        turned = self._turned is not None and key in self._turned[0] and answer[0] is self._turned[1]
        return (not answer[0], frozenset()) if turned else answer

    def judge(self, condition: ir.Condition, frame: Frame) -> Truth:
        return self._took(id(condition), super().judge(condition, frame))

    def _membership(self, bound: Bound, var: ir.Var) -> Truth:
        return self._took(f"set {var.name}", super()._membership(bound, var))

    def _context(self, bound: Bound, kind: ir.Kind) -> Truth:
        return self._took(f"stands {bound.name}", super()._context(bound, kind))


def _watch(alone: Binding, rule: ir.Rule, atoms: Sequence[tuple[Set[Key], Atom]]) -> None:
    """Take down what the examples of a rule show of its atoms."""
    every = [key for keys, _ in atoms for key in keys]
    for example in rule.examples:
        given = build(example)

        def asked(turned: tuple[Set[Key], bool] | None = None) -> tuple[Watching, tuple[str, frozenset[str]]]:
            watching = Watching(alone, Facts(given.submission, given.record, alone.codebook), every, turned)  # noqa: B023
            return watching, answered(watching, rule)

        watching, plain = asked()
        for keys, atom in atoms:
            values = {value for key in keys for value in watching.seen[key]}
            atom.seen |= values
            for value in (True, False):
                if value in values and value not in atom.decided and asked((keys, value))[1][0] != plain[0]:
                    atom.decided.add(value)


def answered(interpreter: Interpreter, rule: ir.Rule) -> tuple[str, frozenset[str]]:
    """Return what a rule answers for all that an interpreter was given, as `testing.answer` does of a run."""
    items = [item for item in interpreter.facts.incoming if item.component is None]
    outcomes = [interpreter.outcome(rule, subject) for subject in (None, *items)]
    if any(one.status is Status.FIRES for one in outcomes):
        return "fires", frozenset()
    untold = [one.missing for one in outcomes if one.status is Status.CANNOT_TELL]
    return ("cannot tell", frozenset().union(*untold)) if untold else ("clear", frozenset())
