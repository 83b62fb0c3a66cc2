"""Evaluate an expression constraint over a release.

    expand(store, "<< 404684003 : 363698007 = << 10200004").code_set()

The answer is a run list until someone asks for codes. A concept that the release does not hold is an error, never an empty
answer; a subset pack that would return too little refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from codesafety.terminology.ecl import concept_filters, descent, described, history, membership, refine
from codesafety.terminology.ecl.canonical import canonical
from codesafety.terminology.ecl.context import NOTHING, Answer, Context, Kind, Substrate, Value
from codesafety.terminology.ecl.membership import Rows
from codesafety.terminology.ecl.parser import parse
from codesafety.terminology.ecl.runs import Runs, contains, count, difference, intersection, ordinals, union
from codesafety.terminology.ecl.syntax import (
    ActiveFilter,
    AlternateIdentifier,
    Anything,
    Concept,
    ConceptBlock,
    Conjunction,
    DescriptionBlock,
    Disjunction,
    Dotted,
    Exclusion,
    Expression,
    Filtered,
    Hierarchy,
    HistorySupplement,
    MemberOf,
    Refined,
    RefsetContaining,
)
from codesafety.terminology.errors import EclSemanticError, NotSupported, UnknownConcept
from codesafety.terminology.pack.store import Store


@dataclass(frozen=True, slots=True)
class Expansion:
    """What satisfies an expression: concepts as `runs` of ordinals, and in `values` what is no concept of the release."""

    store: Store
    canonical: str
    runs: Runs
    values: frozenset[Value] = frozenset()

    def __len__(self) -> int:
        return count(self.runs) + len(self.values)

    def __contains__(self, code: object) -> bool:
        if not isinstance(code, str):
            return False
        ordinal = self.store.ordinal(code)
        return Value(Kind.COMPONENT, code) in self.values if ordinal is None else contains(self.runs, ordinal)

    def ordinals(self) -> Iterator[int]:
        return ordinals(self.runs)

    def codes(self) -> Iterator[str]:
        """Yield the codes: concepts in ordinal order, then identifiers that the release does not hold.

        Raises EclSemanticError if there are values that are no identifiers (numbers, texts): those are not codes.
        """
        for value in self.values:
            if value.kind is not Kind.COMPONENT:
                raise EclSemanticError(f"`{self.canonical}` gives values that are no codes")
        yield from self.store.codes(self.runs)
        yield from sorted(value.text for value in self.values)

    def code_set(self) -> frozenset[str]:
        if not self.values:
            return self.store.code_set(self.runs)
        return frozenset(self.codes())


def expand(
    store: Store, expression: str | Expression, *, substrate: Substrate = Substrate.ACTIVE, unknown_as_empty: bool = False
) -> Expansion:
    """Return what satisfies an expression constraint.

    `*` stands for the active concepts, or with `Substrate.ALL` for all; a literal concept, `^` and history give inactive ones
    in any case. Raises EclSyntaxError, EclSemanticError, UnknownConcept (unless `unknown_as_empty`), OutsideSubset,
    NotSupported: all of them EclError. Source: ECL 2.3; the points on which engines differ are in
    docs/terminology-divergences.md.
    """
    parsed = parse(expression) if isinstance(expression, str) else expression
    answer = _context(store, substrate, unknown_as_empty).answer(parsed)
    return Expansion(store, canonical(parsed), answer.runs, answer.values)


def select(
    store: Store, expression: str | Expression, *, substrate: Substrate = Substrate.ACTIVE, unknown_as_empty: bool = False
) -> Expansion | Rows:
    """Return as `expand` does; for a selection of several fields (`^[a, b]`, `^[*]`) as the whole, its rows."""
    parsed = parse(expression) if isinstance(expression, str) else expression
    if isinstance(parsed, MemberOf) and parsed.fields is not None and len(parsed.fields) != 1:
        return membership.rows_of(_context(store, substrate, unknown_as_empty), parsed)
    return expand(store, parsed, substrate=substrate, unknown_as_empty=unknown_as_empty)


def _context(store: Store, substrate: Substrate, unknown_as_empty: bool) -> Context:
    def answer(expression: Expression) -> Answer:
        return _answer(context, expression)

    context = Context(store, substrate, unknown_as_empty, answer)
    return context


def _answer(context: Context, expression: Expression) -> Answer:
    match expression:
        case Concept():
            return _literal(context, expression)
        case Anything():
            return Answer(context.everything())
        case AlternateIdentifier():
            return _alternate(context, expression)
        case Hierarchy(operator, of):
            return Answer(descent.apply(context.store, operator, context.concepts(of)))
        case MemberOf():
            return membership.member_of(context, expression)
        case RefsetContaining():
            return membership.refset_containing(context, expression)
        case Conjunction(operands):
            return reduce(_both, map(context.answer, operands))
        case Disjunction(operands):
            answers = [context.answer(operand) for operand in operands]
            return Answer(union(*(answer.runs for answer in answers)), frozenset().union(*(answer.values for answer in answers)))
        case Exclusion(left, right):
            kept, taken = context.answer(left), context.answer(right)
            return Answer(difference(kept.runs, taken.runs), kept.values - taken.values)
        case Refined(focus, refinement):
            return Answer(refine.refined(context, context.concepts(focus), refinement))
        case Dotted(source, attributes):
            found = context.concepts(source)
            for name in attributes:
                found = refine.dotted(context, found, name)
            return Answer(found)
        case Filtered(of, blocks):
            found = _to_filter(context, of, blocks)
            for block in blocks:
                match block:
                    case ConceptBlock():
                        found = concept_filters.filtered(context, found, block)
                    case DescriptionBlock():
                        found = described.described(context, found, block)
            return Answer(found)
        case HistorySupplement(of, profile, subset):
            return Answer(history.supplemented(context, context.concepts(of), profile, subset))


def _to_filter(context: Context, of: Expression, blocks: tuple[ConceptBlock | DescriptionBlock, ...]) -> Runs:
    """Return what is filtered. A filter that speaks of active is asked of all concepts, as for members and descriptions."""
    if isinstance(of, Anything) and any(
        isinstance(item, ActiveFilter) for block in blocks if isinstance(block, ConceptBlock) for item in block.filters
    ):
        return context.everything(Substrate.ALL)
    return context.concepts(of)


def _both(left: Answer, right: Answer) -> Answer:
    return Answer(intersection(left.runs, right.runs), left.values & right.values)


def _literal(context: Context, concept: Concept) -> Answer:
    ordinal = context.store.ordinal(concept.code)
    if ordinal is not None:
        return Answer((ordinal, ordinal + 1))
    context.miss(concept)
    return NOTHING


def _alternate(context: Context, identifier: AlternateIdentifier) -> Answer:
    """An alias is matched with a scheme by the words of the scheme's own descriptions: no release says it otherwise."""
    store = context.store
    schemes = sorted({scheme for scheme, _ in store.alternate_identifiers})
    fitting = [scheme for scheme in schemes if _is_called(store, scheme, identifier.scheme)]
    if len(fitting) != 1:
        raise NotSupported(
            f"this release has {'several' if fitting else 'no'} identifier schemes that are called `{identifier.scheme}`",
            position=identifier.position,
        )
    ordinal = store.alternate_identifier(fitting[0], identifier.code)
    if ordinal is not None:
        return Answer((ordinal, ordinal + 1))
    context.need_whole(f"the {identifier.scheme} identifier {identifier.code}")
    if context.unknown_as_empty:
        return NOTHING
    raise UnknownConcept(
        f"no concept has the {identifier.scheme} identifier {identifier.code} in this release",
        position=identifier.position,
        concept=identifier.code,
    )


def _is_called(store: Store, scheme: str, alias: str) -> bool:
    ordinal = store.ordinal(scheme)
    if ordinal is None or not store.has_texts:
        return False
    return any(alias.lower() in term.lower().replace("(", " ").replace(")", " ").split() for term in store.texts.terms(ordinal))
