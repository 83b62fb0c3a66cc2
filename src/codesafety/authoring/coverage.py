"""What the examples of a rule show of its logic: each atom seen true, false and unknown, and each deciding the answer alone.

Masking MC/DC: an atom is shown where one example answers otherwise once it is taken to be false wherever it is true, and one
once it is taken to be true wherever it is false, all else being as the example gives it. Both are asked of the reference
evaluator, with that one atom's answer turned, so that the values are the language's own. Source of the measure: Chilenski,
"An Investigation of Three Forms of the Modified Condition Decision Coverage (MCDC) Criterion", DOT/FAA/AR-01/18, 2001.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from codesafety import ir
from codesafety.authoring.testing import alone_with, build
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
    """What the examples of one rule show; of a family, those of all its rows."""

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
    """Yield what the examples show of each rule, and of each family. `texts`: the rule files, for the words of atoms."""
    families: dict[str, list[ir.Rule]] = {}
    for rule in rules:
        families.setdefault(rule.family, []).append(rule)
    for name, rows in families.items():
        atoms: dict[str, Atom] = {}
        for rule in rows:
            own = atoms_of(rule, texts)
            for place, (_, atom) in own.items():
                atoms.setdefault(place, atom)
            _watch(alone_with(binding, rule), rule, {key: atoms[place] for place, (key, _) in own.items()})
        yield Coverage(name, len({one.span for rule in rows for one in rule.examples}), tuple(atoms.values()))


# ------------------------------------------------------------------------------------------------ the atoms of a rule

Key = int | str
"""A condition by its identity; of a rule's own items the name of what is asked of them."""


def atoms_of(rule: ir.Rule, texts: Mapping[str, str]) -> dict[str, tuple[Key, Atom]]:
    """Return the atoms of a rule by their places: of its own items, of `when`, and of each exception; with what goes on inside
    a quantifier, which is an atom itself."""
    found: dict[str, tuple[Key, Atom]] = {}
    for var in (rule.trigger.subject, rule.trigger.partner):
        if var is None or var.kind is ir.Kind.ROW:
            continue
        if var.set is not None:
            words = f"{var.name} in {var.set.rpartition('/')[2]}"
            found[f"for.{var.name}.set"] = f"set {var.name}", Atom(f"for.{var.name}.set", words, frozenset(VALUES))
        if var.kind in _STANDS:
            place = f"for.{var.name}.stands"
            found[place] = f"stands {var.name}", Atom(place, f"{var.name} {_STANDS[var.kind]}", frozenset(VALUES))
    parts = [("when", rule.when), *((f"unless.{at}", one.condition) for at, one in enumerate(rule.unless))]
    taken: set[int] = set()
    for place, condition in parts:
        for where, one in leaves(condition, place):
            if id(one) not in taken:
                taken.add(id(one))
                found[where] = id(one), Atom(where, words_at(one, texts), _may(one))
    return found


def leaves(condition: ir.Condition | None, place: str) -> Iterator[tuple[str, ir.Condition]]:
    """Yield the single comparisons and quantifiers of a condition, with their places."""
    match condition:
        case None:
            return
        case ir.And() | ir.Or() | ir.Not() | ir.Named() | ir.Several():
            pass
        case _:
            yield place, condition
    for at, part in enumerate(ir.inner(condition)):
        yield from leaves(part, f"{place}.{at}")


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
    """The reference evaluator, which takes down what each atom comes to; one value of one atom may be turned round."""

    def __init__(
        self,
        binding: Binding,
        facts: Facts,
        keys: Iterable[Key],
        turned: tuple[Key, bool] | None = None,
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
        return (not answer[0], frozenset()) if (key, answer[0]) == self._turned else answer

    def judge(self, condition: ir.Condition, frame: Frame) -> Truth:
        return self._took(id(condition), super().judge(condition, frame))

    def _membership(self, bound: Bound, var: ir.Var) -> Truth:
        return self._took(f"set {var.name}", super()._membership(bound, var))

    def _context(self, bound: Bound, kind: ir.Kind) -> Truth:
        return self._took(f"stands {bound.name}", super()._context(bound, kind))


def _watch(alone: Binding, rule: ir.Rule, atoms: Mapping[Key, Atom]) -> None:
    """Take down what the examples of a rule show of its atoms."""
    for example in rule.examples:
        given = build(example)

        def asked(turned: tuple[Key, bool] | None = None) -> tuple[Watching, tuple[str, frozenset[str]]]:
            watching = Watching(alone, Facts(given.submission, given.record, alone.codebook), atoms, turned)  # noqa: B023
            return watching, answered(watching, rule)

        watching, plain = asked()
        for key, atom in atoms.items():
            values = watching.seen[key]
            atom.seen |= values
            for value in (True, False):
                if value in values and value not in atom.decided and asked((key, value))[1][0] != plain[0]:
                    atom.decided.add(value)


def answered(interpreter: Interpreter, rule: ir.Rule) -> tuple[str, frozenset[str]]:
    """Return what a rule answers for all that an interpreter was given, as `testing.answer` does of a run."""
    items = [item for item in interpreter.facts.incoming if item.component is None]
    outcomes = [interpreter.outcome(rule, subject) for subject in (None, *items)]
    if any(one.status is Status.FIRES for one in outcomes):
        return "fires", frozenset()
    untold = [one.missing for one in outcomes if one.status is Status.CANNOT_TELL]
    return ("cannot tell", frozenset().union(*untold)) if untold else ("clear", frozenset())
