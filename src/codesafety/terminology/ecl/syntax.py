"""What an expression constraint says: frozen data, a closed union, nothing evaluated.

Names are those of the ECL 2.3 grammar where it has one. Terms and positions are carried for people and for checks of code
against term; they take no part in equality, so `parse(canonical(x)) == x`. A position counts characters from 0.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from codesafety.terminology.ecl.node import Node, node


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


@node
class Concept(Node):
    """A concept by its identifier. `term` is what the author wrote between pipes, or None; `position` is None where a
    keyword stands for the concept (`type = syn`).
    """

    code: str
    term: str | None = None
    position: int | None = None


@node
class Anything(Node):
    """The wildcard `*`: any concept in the substrate."""


@node
class AlternateIdentifier(Node):
    """A concept by its identifier in another scheme. The alias is kept in lower case, the code as written."""

    scheme: str
    code: str
    term: str | None = None
    position: int = 0


@node
class Hierarchy(Node):
    """A constraint operator over a set. Several members: the union of what each gives (TOP and BOTTOM see the whole set)."""

    operator: Operator
    of: Expression


@node
class MemberOf(Node):
    """`^`: the values of `fields` in the rows of the reference sets `of` that pass every filter.

    `fields` is None for the plain `^`, an empty tuple for `^[*]`. All filters constrain one row together.
    """

    of: Expression
    fields: tuple[str, ...] | None = None
    filters: tuple[MemberFilter, ...] = ()
    position: int = 0


@node
class RefsetContaining(Node):
    """`^R`: the reference sets with a row, passing every filter, that refers to one of these concepts."""

    of: Expression
    filters: tuple[MemberFilter, ...] = ()
    position: int = 0


@node
class Conjunction(Node):
    operands: tuple[Expression, ...]


@node
class Disjunction(Node):
    operands: tuple[Expression, ...]


@node
class Exclusion(Node):
    left: Expression
    right: Expression


@node
class Refined(Node):
    focus: Expression
    refinement: Refinement


@node
class Dotted(Node):
    """The values of an attribute of each concept, one attribute after another, left to right."""

    source: Expression
    attributes: tuple[Expression, ...]


@node
class Filtered(Node):
    """Each block must hold; a description block holds where one description satisfies all of it."""

    of: Expression
    blocks: tuple[DescriptionBlock | ConceptBlock, ...]


@node
class HistorySupplement(Node):
    """`{{ + HISTORY }}`: a profile (a bare HISTORY is MAX), or the association reference sets in `subset`; never both."""

    of: Expression
    profile: Profile | None = None
    subset: Expression | None = None


Expression = (
    Concept
    | Anything
    | AlternateIdentifier
    | Hierarchy
    | MemberOf
    | RefsetContaining
    | Conjunction
    | Disjunction
    | Exclusion
    | Refined
    | Dotted
    | Filtered
    | HistorySupplement
)


# refinements


@node
class Cardinality(Node):
    """`[least..most]`; `most` is None for "many"."""

    least: int
    most: int | None


@node
class ConceptComparison(Node):
    comparator: Comparator
    value: Expression


@node
class NumericComparison(Node):
    comparator: Comparator
    value: Decimal


@node
class StringComparison(Node):
    """Exact and case sensitive; equal to one of several values."""

    comparator: Comparator
    values: tuple[str, ...]


@node
class BooleanComparison(Node):
    comparator: Comparator
    value: bool


Comparison = ConceptComparison | NumericComparison | StringComparison | BooleanComparison


@node
class Attribute(Node):
    """An attribute refinement. No cardinality reads as [1..*]."""

    name: Expression
    comparison: Comparison
    cardinality: Cardinality | None = None
    reverse: bool = False
    position: int = 0


@node
class AttributeGroup(Node):
    """Braces: all of it within one relationship group. No cardinality reads as [1..*]."""

    attributes: Refinement
    cardinality: Cardinality | None = None


@node
class AllOf(Node):
    parts: tuple[Refinement, ...]


@node
class AnyOf(Node):
    parts: tuple[Refinement, ...]


Refinement = Attribute | AttributeGroup | AllOf | AnyOf


# search terms


@node
class MatchTerm(Node):
    """Each word begins some word of the text, in any order."""

    words: tuple[str, ...]


@node
class WildTerm(Node):
    """The whole text is these pieces, with anything (or nothing) between one and the next."""

    pieces: tuple[str, ...]


SearchTerm = MatchTerm | WildTerm


# filters. A set on the right is "one of"; with != it is "none of", of the same row or description.


@node
class TermFilter(Node):
    comparator: Comparator
    terms: tuple[SearchTerm, ...]


@node
class LanguageFilter(Node):
    comparator: Comparator
    languages: tuple[str, ...]  # two letters, lower case


@node
class TypeFilter(Node):
    """`type` and `typeId`; the tokens are turned into the concepts that they stand for."""

    comparator: Comparator
    types: Expression


@node
class Dialect(Node):
    """A language reference set, by alias (text, lower case) or by concept, and the acceptabilities asked for, if any."""

    refset: str | Expression
    acceptabilities: tuple[Concept, ...] = ()


@node
class DialectFilter(Node):
    comparator: Comparator
    dialects: tuple[Dialect, ...]


@node
class IdFilter(Node):
    comparator: Comparator
    ids: tuple[str, ...]


@node
class ModuleFilter(Node):
    comparator: Comparator
    modules: Expression


@node
class EffectiveTimeFilter(Node):
    """Dates as YYYYMMDD; the empty text stands for "not yet published"."""

    comparator: Comparator
    times: tuple[str, ...]


@node
class ActiveFilter(Node):
    """`active` is None for `*`: active or not."""

    comparator: Comparator
    active: bool | None


@node
class DefinitionStatusFilter(Node):
    comparator: Comparator
    statuses: Expression


@node
class TermComparison(Node):
    """A member's text field against search terms; a field of dates reads one eight-digit word as a date."""

    comparator: Comparator
    terms: tuple[SearchTerm, ...]


@node
class TimeComparison(Node):
    comparator: Comparator
    times: tuple[str, ...]


@node
class FieldFilter(Node):
    """A column of a reference set, by its name as written."""

    name: str
    comparison: ConceptComparison | NumericComparison | BooleanComparison | TermComparison | TimeComparison
    position: int = 0


DescriptionFilter = (
    TermFilter | LanguageFilter | TypeFilter | DialectFilter | IdFilter | ModuleFilter | EffectiveTimeFilter | ActiveFilter
)
ConceptFilter = DefinitionStatusFilter | ModuleFilter | EffectiveTimeFilter | ActiveFilter
MemberFilter = FieldFilter | ModuleFilter | EffectiveTimeFilter | ActiveFilter


@node
class DescriptionBlock(Node):
    filters: tuple[DescriptionFilter, ...]


@node
class ConceptBlock(Node):
    filters: tuple[ConceptFilter, ...]
