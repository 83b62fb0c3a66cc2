"""What every part of the evaluation shares: the release, the options, and the way back to evaluating an expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from codesafety.terminology.ecl.aliases import WELL_KNOWN
from codesafety.terminology.ecl.canonical import canonical
from codesafety.terminology.ecl.runs import EMPTY, Runs, contains
from codesafety.terminology.ecl.syntax import Concept, Disjunction, Expression
from codesafety.terminology.errors import EclSemanticError, OutsideSubset, UnknownConcept
from codesafety.terminology.pack.store import Store


class Kind(StrEnum):
    """What a value is that is no concept of the release."""

    COMPONENT = "component"  # an identifier: of a description, or of something that this release does not hold
    NUMBER = "number"
    STRING = "string"
    BOOLEAN = "boolean"


class Value(NamedTuple):
    """A value that is no concept of the release. `text` is one for equal values: 1 for 1.0, true for TRUE."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A set: concepts of the release as runs, and whatever else there is in it."""

    runs: Runs
    values: frozenset[Value] = frozenset()


NOTHING = Answer(EMPTY)


class Substrate(StrEnum):
    """What `*` stands for."""

    ACTIVE = "active"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Context:
    store: Store
    substrate: Substrate
    unknown_as_empty: bool
    answer: Callable[[Expression], Answer]

    def concepts(self, expression: Expression) -> Runs:
        """Return an expression's concepts, or raise: what follows needs concepts, and the set has something else in it."""
        answer = self.answer(expression)
        for value in sorted(answer.values):
            if value.kind is Kind.COMPONENT:
                raise UnknownConcept(
                    f"`{canonical(expression)}` gives {value.text}, which is no concept of this release", concept=value.text
                )
            raise EclSemanticError(f"`{canonical(expression)}` gives values that are no concepts, where concepts are needed")
        return answer.runs

    def test(self, expression: Expression) -> Callable[[str], bool]:
        """Return a test of codes against an expression, for modules, types, reference sets: what rows name by code.

        A slice of a release may lack the concepts of its metadata. Named literally, they are known if rows use them or if ECL
        itself gives them a meaning; else UnknownConcept is raised.
        """
        named = expression.operands if isinstance(expression, Disjunction) else (expression,)
        if all(isinstance(one, Concept) for one in named):
            codes = frozenset(one.code for one in named if isinstance(one, Concept) and self._is_known(one))
            return codes.__contains__
        answer = self.answer(expression)
        literal = frozenset(value.text for value in answer.values)

        def is_in(code: str) -> bool:
            ordinal = self.store.ordinal(code)
            return code in literal if ordinal is None else contains(answer.runs, ordinal)

        return is_in

    def _is_known(self, concept: Concept) -> bool:
        store, code = self.store, concept.code
        if (
            store.ordinal(code) is not None
            or code in WELL_KNOWN
            or code in store.modules
            or store.refsets.get(code) is not None
            or (store.has_texts and code in store.texts.language_refsets)
        ):
            return True
        self.miss(concept)
        return False

    def miss(self, concept: Concept) -> None:
        """Say that a concept is not here, unless it may stand for nothing. In a subset pack nobody can tell whether it is."""
        if not self.store.whole:
            raise OutsideSubset(f"this subset pack does not hold {concept.code}", position=concept.position, concept=concept.code)
        if not self.unknown_as_empty:
            raise UnknownConcept(f"no concept {concept.code} in this release", position=concept.position, concept=concept.code)

    def everything(self, substrate: Substrate | None = None) -> Runs:
        """Return the substrate (this one, where it is given). Raises OutsideSubset in a subset pack, whose everything is not the release's."""
        self.need_whole("`*`")
        end = self.store.n_active if (substrate or self.substrate) is Substrate.ACTIVE else self.store.n_concepts
        return (0, end) if end else EMPTY

    def need_whole(self, what: str) -> None:
        if not self.store.whole:
            raise OutsideSubset(f"this subset pack cannot answer for {what}: it does not hold the whole release")
