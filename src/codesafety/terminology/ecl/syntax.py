"""What an expression constraint says: frozen data, a closed union, nothing evaluated.

Names are those of the ECL 2.3 grammar where it has one. Terms and positions are carried for people and for checks of code
against term; they take no part in equality, so `parse(canonical(x)) == x`. A position counts characters from 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Operator(StrEnum):
    """The constraint operators, by their brief symbol."""

    DESCENDANT_OF = "<"
    DESCENDANT_OR_SELF_OF = "<<"
    CHILD_OF = "<!"
    CHILD_OR_SELF_OF = "<<!"
    ANCESTOR_OF = ">"
    ANCESTOR_OR_SELF_OF = ">>"
    PARENT_OF = ">!"
    PARENT_OR_SELF_OF = ">>!"
    TOP = "!!>"
    BOTTOM = "!!<"


class Comparator(StrEnum):
    """A comparison. Not every one is legal with every kind of value; the parser sees to that."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


class Profile(StrEnum):
    """A history supplement's named reach."""

    MINIMUM = "MIN"
    MODERATE = "MOD"
    MAXIMUM = "MAX"


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept by its identifier. `term` is what the author wrote between pipes, or None; `position` is None where a
    keyword stands for the concept (`type = syn`).
    """

    code: str
    term: str | None = field(default=None, compare=False)
    position: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Anything:
    """The wildcard `*`: any concept in the substrate."""


@dataclass(frozen=True, slots=True)
class AlternateIdentifier:
    """A concept by its identifier in another scheme. The alias is kept in lower case, the code as written."""

    scheme: str
    code: str
    term: str | None = field(default=None, compare=False)
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A constraint operator over a set. Several members: the union of what each gives (TOP and BOTTOM see the whole set)."""

    operator: Operator
    of: Expression


@dataclass(frozen=True, slots=True)
class MemberOf:
    """`^`: the values of `fields` in the rows of the reference sets `of` that pass every filter.

    `fields` is None for the plain `^`, an empty tuple for `^[*]`. All filters constrain one row together.
    """

    of: Expression
    fields: tuple[str, ...] | None = None
    filters: tuple[MemberFilter, ...] = ()
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class RefsetContaining:
    """`^R`: the reference sets with a row, passing every filter, that refers to one of these concepts."""

    of: Expression
    filters: tuple[MemberFilter, ...] = ()
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Conjunction:
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Exclusion:
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Refined:
    focus: Expression
    refinement: Refinement


@dataclass(frozen=True, slots=True)
class Dotted:
    """The values of an attribute of each concept, one attribute after another, left to right."""

    source: Expression
    attributes: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Filtered:
    """Each block must hold; a description block holds where one description satisfies all of it."""

    of: Expression
    blocks: tuple[DescriptionBlock | ConceptBlock, ...]


@dataclass(frozen=True, slots=True)
class HistorySupplement:
    """`{{ + HISTORY }}`: a profile (a bare HISTORY is MAX), or the association reference sets in `subset`; never both."""

    of: Expression
    profile: Profile | None = None
    subset: Expression | None = None


Expression = (
    Concept | Anything | AlternateIdentifier | Hierarchy | MemberOf | RefsetContaining | Conjunction | Disjunction
    | Exclusion | Refined | Dotted | Filtered | HistorySupplement
)


# refinements

@dataclass(frozen=True, slots=True)
class Cardinality:
    """`[least..most]`; `most` is None for "many"."""

    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class ConceptComparison:
    comparator: Comparator
    value: Expression


@dataclass(frozen=True, slots=True)
class NumericComparison:
    comparator: Comparator
    value: Decimal


@dataclass(frozen=True, slots=True)
class StringComparison:
    """Exact and case sensitive; equal to one of several values."""

    comparator: Comparator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BooleanComparison:
    comparator: Comparator
    value: bool


Comparison = ConceptComparison | NumericComparison | StringComparison | BooleanComparison


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute refinement. No cardinality reads as [1..*]."""

    name: Expression
    comparison: Comparison
    cardinality: Cardinality | None = None
    reverse: bool = False
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class AttributeGroup:
    """Braces: all of it within one relationship group. No cardinality reads as [1..*]."""

    attributes: Refinement
    cardinality: Cardinality | None = None


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Refinement, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Refinement, ...]


Refinement = Attribute | AttributeGroup | AllOf | AnyOf


# search terms

@dataclass(frozen=True, slots=True)
class MatchTerm:
    """Each word begins some word of the text, in any order."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WildTerm:
    """The whole text is these pieces, with anything (or nothing) between one and the next."""

    pieces: tuple[str, ...]


SearchTerm = MatchTerm | WildTerm


# filters. A set on the right is "one of"; with != it is "none of", of the same row or description.

@dataclass(frozen=True, slots=True)
class TermFilter:
    comparator: Comparator
    terms: tuple[SearchTerm, ...]


@dataclass(frozen=True, slots=True)
class LanguageFilter:
    comparator: Comparator
    languages: tuple[str, ...]      # two letters, lower case


@dataclass(frozen=True, slots=True)
class TypeFilter:
    """`type` and `typeId`; the tokens are turned into the concepts that they stand for."""

    comparator: Comparator
    types: Expression


@dataclass(frozen=True, slots=True)
class Dialect:
    """A language reference set, by alias (text, lower case) or by concept, and the acceptabilities asked for, if any."""

    refset: str | Expression
    acceptabilities: tuple[Concept, ...] = ()


@dataclass(frozen=True, slots=True)
class DialectFilter:
    comparator: Comparator
    dialects: tuple[Dialect, ...]


@dataclass(frozen=True, slots=True)
class IdFilter:
    comparator: Comparator
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModuleFilter:
    comparator: Comparator
    modules: Expression


@dataclass(frozen=True, slots=True)
class EffectiveTimeFilter:
    """Dates as YYYYMMDD; the empty text stands for "not yet published"."""

    comparator: Comparator
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """`active` is None for `*`: active or not."""

    comparator: Comparator
    active: bool | None


@dataclass(frozen=True, slots=True)
class DefinitionStatusFilter:
    comparator: Comparator
    statuses: Expression


@dataclass(frozen=True, slots=True)
class TermComparison:
    """A member's text field against search terms; a field of dates reads one eight-digit word as a date."""

    comparator: Comparator
    terms: tuple[SearchTerm, ...]


@dataclass(frozen=True, slots=True)
class TimeComparison:
    comparator: Comparator
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """A column of a reference set, by its name as written."""

    name: str
    comparison: ConceptComparison | NumericComparison | BooleanComparison | TermComparison | TimeComparison
    position: int = field(default=0, compare=False)


DescriptionFilter = (
    TermFilter | LanguageFilter | TypeFilter | DialectFilter | IdFilter | ModuleFilter | EffectiveTimeFilter | ActiveFilter
)
ConceptFilter = DefinitionStatusFilter | ModuleFilter | EffectiveTimeFilter | ActiveFilter
MemberFilter = FieldFilter | ModuleFilter | EffectiveTimeFilter | ActiveFilter


@dataclass(frozen=True, slots=True)
class DescriptionBlock:
    filters: tuple[DescriptionFilter, ...]


@dataclass(frozen=True, slots=True)
class ConceptBlock:
    filters: tuple[ConceptFilter, ...]
