"""Write an expression constraint in one way: brief syntax, single spaces, no terms, no comments, no needless brackets.

Two texts that parse to the same data have the same canonical text, which therefore serves as the key of a cache, and
`parse(canonical(x)) == x`. Operands keep their order: what is written stays recognisable.
"""

from __future__ import annotations

from decimal import Decimal

from codesafety.terminology.ecl.syntax import (
    ActiveFilter,
    AllOf,
    AlternateIdentifier,
    AnyOf,
    Anything,
    Attribute,
    AttributeGroup,
    BooleanComparison,
    Cardinality,
    Concept,
    ConceptBlock,
    ConceptComparison,
    ConceptFilter,
    Conjunction,
    DefinitionStatusFilter,
    DescriptionBlock,
    DescriptionFilter,
    Dialect,
    DialectFilter,
    Disjunction,
    Dotted,
    EffectiveTimeFilter,
    Exclusion,
    Expression,
    FieldFilter,
    Filtered,
    Hierarchy,
    HistorySupplement,
    IdFilter,
    LanguageFilter,
    MatchTerm,
    MemberFilter,
    MemberOf,
    ModuleFilter,
    NumericComparison,
    Refined,
    Refinement,
    RefsetContaining,
    SearchTerm,
    StringComparison,
    TermComparison,
    TermFilter,
    TimeComparison,
    TypeFilter,
    WildTerm,
)


def canonical(expression: Expression) -> str:
    """Return the canonical text of an expression constraint."""
    match expression:
        case Conjunction(operands):
            return " AND ".join(map(_sub, operands))
        case Disjunction(operands):
            return " OR ".join(map(_sub, operands))
        case Exclusion(left, right):
            return f"{_sub(left)} MINUS {_sub(right)}"
        case Refined(focus, refinement):
            return f"{_sub(focus)} : {_refinement(refinement)}"
        case Dotted(source, attributes):
            return " . ".join(map(_sub, (source, *attributes)))
        case _:
            return _sub(expression)


def _sub(expression: Expression) -> str:
    """subExpressionConstraint: what may stand where a compound may not."""
    match expression:
        case Hierarchy(operator, of):
            inner = _member(of) if isinstance(of, MemberOf | RefsetContaining) else _focus(of)
            return f"{operator} {inner}"
        case MemberOf() | RefsetContaining():
            return _member(expression)
        case Filtered(of, blocks):
            head = f"({canonical(of)})" if isinstance(of, Filtered | HistorySupplement) else _sub(of)
            return " ".join((head, *map(_block, blocks)))
        case HistorySupplement(of, profile, subset):
            head = f"({canonical(of)})" if isinstance(of, HistorySupplement) else _sub(of)
            reach = f" ({canonical(subset)})" if subset is not None else f"-{profile}"
            return f"{head} {{{{ + HISTORY{reach} }}}}"
        case _:
            return _focus(expression)


def _focus(expression: Expression) -> str:
    """A concept, a wildcard, an alternate identifier, or anything in brackets."""
    match expression:
        case Concept(code):
            return code
        case Anything():
            return "*"
        case AlternateIdentifier(scheme, code):
            return f'"{scheme}#{code}"'
        case _:
            return f"({canonical(expression)})"


def _member(expression: MemberOf | RefsetContaining) -> str:
    match expression:
        case MemberOf(of, fields, filters):
            sign = "^" if fields is None else f"^[{', '.join(fields) or '*'}]"
        case RefsetContaining(of, filters):
            sign = "^R"
    head = f"{sign} {_focus(of)}"
    return f"{head} {{{{ M {', '.join(map(_filter, filters))} }}}}" if filters else head


def _refinement(refinement: Refinement) -> str:
    match refinement:
        case AllOf(parts):
            return ", ".join(map(_part, parts))
        case AnyOf(parts):
            return " OR ".join(map(_part, parts))
        case _:
            return _part(refinement)


def _part(refinement: Refinement) -> str:
    match refinement:
        case Attribute(name, comparison, cardinality, reverse):
            value: str
            match comparison:
                case ConceptComparison(_, concepts):
                    value = _sub(concepts)
                case NumericComparison(_, number):
                    value = f"#{number_text(number)}"
                case StringComparison(_, values):
                    value = _set([_string(text) for text in values])
                case BooleanComparison(_, truth):
                    value = str(truth).lower()
            flag = "R " if reverse else ""
            # a quoted alternate identifier would read as a string
            if isinstance(comparison, ConceptComparison) and isinstance(comparison.value, AlternateIdentifier):
                value = f"({value})"
            return f"{_cardinality(cardinality)}{flag}{_sub(name)} {comparison.comparator} {value}"
        case AttributeGroup(attributes, cardinality):
            return f"{_cardinality(cardinality)}{{ {_refinement(attributes)} }}"
        case _:
            return f"({_refinement(refinement)})"


def _cardinality(cardinality: Cardinality | None) -> str:
    if cardinality is None:
        return ""
    return f"[{cardinality.least}..{'*' if cardinality.most is None else cardinality.most}] "


def _block(block: DescriptionBlock | ConceptBlock) -> str:
    letter = "D" if isinstance(block, DescriptionBlock) else "C"
    return f"{{{{ {letter} {', '.join(map(_filter, block.filters))} }}}}"


def _filter(item: DescriptionFilter | ConceptFilter | MemberFilter) -> str:
    match item:
        case TermFilter(comparator, terms):
            return f"term {comparator} {_set([_term(term) for term in terms])}"
        case LanguageFilter(comparator, languages):
            return f"language {comparator} {_set(languages)}"
        case TypeFilter(comparator, types):
            return f"typeId {comparator} {_sub(types)}"
        case DialectFilter(comparator, dialects):
            word = "dialect" if isinstance(dialects[0].refset, str) else "dialectId"
            return f"{word} {comparator} {_set([_dialect(dialect) for dialect in dialects])}"
        case IdFilter(comparator, ids):
            return f"id {comparator} {_set(ids)}"
        case ModuleFilter(comparator, modules):
            return f"moduleId {comparator} {_sub(modules)}"
        case EffectiveTimeFilter(comparator, times):
            return f"effectiveTime {comparator} {_set([_string(time) for time in times])}"
        case ActiveFilter(comparator, active):
            return f"active {comparator} {'*' if active is None else int(active)}"
        case DefinitionStatusFilter(comparator, statuses):
            return f"definitionStatusId {comparator} {_sub(statuses)}"
        case FieldFilter(name, comparison):
            match comparison:
                case ConceptComparison(_, concepts):
                    value = f"({_sub(concepts)})" if isinstance(concepts, AlternateIdentifier) else _sub(concepts)
                case NumericComparison(_, number):
                    value = f"#{number_text(number)}"
                case BooleanComparison(_, truth):
                    value = str(truth).lower()
                case TermComparison(_, terms):
                    value = _set([_term(term) for term in terms])
                case TimeComparison(_, times):
                    value = _set([_string(time) for time in times])
            return f"{name} {comparison.comparator} {value}"


def _dialect(dialect: Dialect) -> str:
    refset = dialect.refset if isinstance(dialect.refset, str) else _sub(dialect.refset)
    if not dialect.acceptabilities:
        return refset
    return f"{refset} ({' '.join(concept.code for concept in dialect.acceptabilities)})"


def _set(items: list[str] | tuple[str, ...]) -> str:
    return items[0] if len(items) == 1 else f"({' '.join(items)})"


def _string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _term(term: SearchTerm) -> str:
    match term:
        case MatchTerm(words):
            return _string(" ".join(words))
        case WildTerm(pieces):
            return 'wild:"' + "*".join(_string(piece)[1:-1].replace("*", "\\*") for piece in pieces) + '"'


def number_text(number: Decimal) -> str:
    """Return a number's shortest exact digits, without an exponent."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.removeprefix("+")
