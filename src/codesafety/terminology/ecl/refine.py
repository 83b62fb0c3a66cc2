"""Refinements over run lists: attributes with cardinality, groups, reversed attributes, concrete values.

Everything is asked of a focus, a set of concepts, and returns the part of it that satisfies the refinement. A cardinality
counts relationship rows; a reversed one counts distinct source concepts. Group 0 means "not grouped": braces never match it.
Rows are found from the attribute's values (they lie sorted by value) or from the focus, whichever are fewer.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import compress

from codesafety.terminology.ecl.context import Context
from codesafety.terminology.ecl.runs import (
    EMPTY,
    Runs,
    contains,
    count,
    difference,
    from_set,
    intersection,
    ordinals,
    slices,
    union,
)
from codesafety.terminology.ecl.syntax import (
    AllOf,
    AnyOf,
    Anything,
    Attribute,
    AttributeGroup,
    BooleanComparison,
    Cardinality,
    Comparator,
    Concept,
    ConceptComparison,
    Expression,
    Hierarchy,
    NumericComparison,
    Operator,
    Refinement,
    StringComparison,
)
from codesafety.terminology.pack.store import IS_A, ConcreteValue

_SOME = Cardinality(1, None)
_NONE = Cardinality(0, 0)
_DOWN = (Operator.DESCENDANT_OF, Operator.DESCENDANT_OR_SELF_OF)
_ESCAPE = re.compile(r'\\(["\\])')
_FROM_FOCUS = 4  # how much dearer it is to look at a concept's rows than to read one row of a column
Row = tuple[int, int]  # a source (for a reversed attribute, a value) and a group (for a reversed one, a source)


@dataclass(frozen=True, slots=True)
class _Values:
    """What an attribute's values are compared with. `concepts` None: any concept; `concrete` None: no concrete value fits."""

    concepts: Runs | None
    concrete: Callable[[ConcreteValue], bool] | None = None


def refined(context: Context, focus: Runs, refinement: Refinement) -> Runs:
    """Return the concepts of `focus` that satisfy a refinement."""
    if not len(focus):
        _check(context, refinement)
        return EMPTY
    match refinement:
        case AllOf(parts):
            for part in parts:
                focus = refined(context, focus, part)
            return focus
        case AnyOf(parts):
            return union(*(refined(context, focus, part) for part in parts))
        case AttributeGroup(attributes, cardinality):
            tally = Counter(source for source, _ in _groups(context, focus, attributes))
            return _within(focus, tally, cardinality or _SOME)
        case Attribute():
            return _ungrouped(context, focus, refinement)


def dotted(context: Context, sources: Runs, name: Expression) -> Runs:
    """Return the concepts that are values of an attribute of any of the sources. Concrete values are no concepts."""
    store = context.store
    is_a, types = _types(context, name)
    active = intersection(sources, (0, store.n_active))
    size = _FROM_FOCUS * count(active)
    found: set[int] = set()
    from_source: set[int] = set()
    for type_ in types:
        rows = store.attribute_rows(type_)
        if len(rows.source) > size:
            from_source.add(type_)
            continue
        found.update(
            value
            for source, value in zip(rows.source.tolist(), rows.value.tolist(), strict=True)
            if value not in found and contains(active, source)
        )
    if is_a or from_source:
        for source in ordinals(active):
            if is_a:
                found.update(store.parents(source))
            found.update(value for type_, _, value in store.attributes(source) if type_ in from_source)
    return from_set(found)


# attributes outside braces


def _ungrouped(context: Context, focus: Runs, attribute: Attribute) -> Runs:
    cardinality = attribute.cardinality or _SOME
    if attribute.reverse:
        if cardinality == _SOME:
            return from_set({concept for concept, _ in _reversed_rows(context, focus, attribute)})
        pairs = set(_reversed_rows(context, focus, attribute))
        return _within(focus, Counter(concept for concept, _ in pairs), cardinality)
    if cardinality in (_SOME, _NONE):
        found: set[int] = set()
        for sources, _ in _rows(context, focus, attribute):
            found.update(sources)
        with_one = from_set(found)
        return intersection(with_one, focus) if cardinality == _SOME else difference(focus, with_one)
    tally: Counter[int] = Counter()
    for sources, _ in _rows(context, focus, attribute):
        tally.update(sources)
    return _within(focus, tally, cardinality)


def _within(focus: Runs, tally: Counter[int], cardinality: Cardinality) -> Runs:
    """Return the concepts of `focus` whose number in `tally` (0 where they are not in it) the cardinality allows."""
    least, most = cardinality.least, cardinality.most
    if least == 0:
        if most is None:
            return focus
        return difference(focus, from_set({concept for concept, number in tally.items() if number > most}))
    fit = {concept for concept, number in tally.items() if least <= number and (most is None or number <= most)}
    return intersection(from_set(fit), focus)


# braces


def _groups(context: Context, focus: Runs, attributes: Refinement) -> set[Row]:
    """Return the (concept, group) pairs, group 0 left out, in which a set of attributes holds."""
    match attributes:
        case AllOf(parts):
            found: set[Row] | None = None
            broken: list[Attribute] = []
            for part in parts:
                if isinstance(part, Attribute) and (part.cardinality or _SOME).least == 0:
                    broken.append(part)
                    continue
                pairs = _groups(context, focus, part)
                found = pairs if found is None else found & pairs
            if found is None:
                found = _all_groups(context, focus)
            for part in broken:
                found = found - _exceeding(context, focus, part)
            return found
        case AnyOf(parts):
            return set().union(*(_groups(context, focus, part) for part in parts))
        case Attribute():
            cardinality = attributes.cardinality or _SOME
            if cardinality.least == 0:
                return _all_groups(context, focus) - _exceeding(context, focus, attributes)
            rows = _grouped(context, focus, attributes)
            if cardinality == _SOME:
                return set(rows)
            return {
                pair
                for pair, number in Counter(rows).items()
                if number >= cardinality.least and (cardinality.most is None or number <= cardinality.most)
            }
        case AttributeGroup():
            raise AssertionError("the parser lets no group stand within a group")


def _grouped(context: Context, focus: Runs, attribute: Attribute) -> Iterator[Row]:
    everything = len(focus) == 2 and focus[0] == 0 and focus[1] >= context.store.n_active
    for sources, groups in _rows(context, focus, attribute):
        for source, group in zip(sources, groups, strict=True):
            if group and (everything or contains(focus, source)):
                yield source, group


def _exceeding(context: Context, focus: Runs, attribute: Attribute) -> set[Row]:
    """Return the groups in which an attribute with a minimum of 0 occurs more often than its maximum."""
    most = (attribute.cardinality or _SOME).most
    if most is None:
        _check(context, attribute)
        return set()
    return {pair for pair, number in Counter(_grouped(context, focus, attribute)).items() if number > most}


def _all_groups(context: Context, focus: Runs) -> set[Row]:
    store = context.store
    found: set[Row] = set()
    columns = [(rows.source, rows.group) for rows in map(store.attribute_rows, store.attribute_types)]
    columns += [(rows.source, rows.group) for rows in map(store.concrete_rows, store.concrete_types)]
    if sum(len(sources) for sources, _ in columns) <= _FROM_FOCUS * count(focus):
        for sources, groups in columns:
            found.update(
                pair for pair in zip(sources.tolist(), groups.tolist(), strict=True) if pair[1] and contains(focus, pair[0])
            )
        return found
    for source in ordinals(focus):
        found.update((source, group) for _, group, _ in store.attributes(source) if group)
        found.update((source, group) for _, group, _ in store.concrete_attributes(source) if group)
    return found


# rows


def _rows(context: Context, focus: Runs, attribute: Attribute) -> Iterator[tuple[list[int], list[int]]]:
    """Yield sources and groups, as columns, of each row of an attribute whose value fits.

    Sources outside `focus` may come along; of the sources in it no row is missing.
    """
    store = context.store
    is_a, types = _types(context, attribute.name)
    values = _values(context, attribute)
    size = _FROM_FOCUS * count(focus)
    if values.concepts is None or len(values.concepts):
        if is_a:
            sources = list(_sources_of_is_a(context, focus, values.concepts))
            yield sources, [0] * len(sources)
        from_focus: set[int] = set()
        for type_ in types:
            rows = store.attribute_rows(type_)
            wanted = [(0, len(rows.value))] if values.concepts is None else list(slices(rows.value, values.concepts))
            if sum(high - low for low, high in wanted) > size:
                from_focus.add(type_)
                continue
            for low, high in wanted:
                yield rows.source[low:high].tolist(), rows.group[low:high].tolist()
        if from_focus:
            yield _rows_from_focus(context, focus, from_focus, values.concepts)
    if values.concrete is not None:
        yield from _concrete_rows(context, focus, types, values.concrete)


def _rows_from_focus(context: Context, focus: Runs, types: set[int], values: Runs | None) -> tuple[list[int], list[int]]:
    store = context.store
    sources: list[int] = []
    groups: list[int] = []
    for source in ordinals(intersection(focus, (0, store.n_active))):
        for type_, group, value in store.attributes(source):
            if type_ in types and (values is None or contains(values, value)):
                sources.append(source)
                groups.append(group)
    return sources, groups


def _concrete_rows(
    context: Context, focus: Runs, types: Iterable[int], fits: Callable[[ConcreteValue], bool]
) -> Iterator[tuple[list[int], list[int]]]:
    """Concrete rows lie sorted by source: of a focus of few runs only its slices are read. A value is compared once."""
    store = context.store
    known: dict[int, bool] = {}
    for type_ in types:
        rows = store.concrete_rows(type_)
        places = slices(rows.source, focus) if len(focus) < len(rows.source) else iter(((0, len(rows.source)),))
        for low, high in places:
            values = rows.value[low:high].tolist()
            for value in set(values).difference(known):
                known[value] = fits(store.concrete_value(value))
            fit = list(map(known.__getitem__, values))
            sources = list(compress(rows.source[low:high].tolist(), fit))
            if sources:
                yield sources, list(compress(rows.group[low:high].tolist(), fit))


def _sources_of_is_a(context: Context, focus: Runs, parents: Runs | None) -> Iterator[int]:
    """Yield a concept once for each is-a row of it that leads into `parents` (None: to anything)."""
    store = context.store
    active = intersection(focus, (0, store.n_active))
    if parents is None or not store.whole or count(parents) > count(active):
        for source in ordinals(active):
            for parent in store.parents(source):
                if parents is None or contains(parents, parent):
                    yield source
        return
    for parent in ordinals(parents):
        yield from store.children(parent)


def _reversed_rows(context: Context, focus: Runs, attribute: Attribute) -> Iterator[Row]:
    """Yield (concept of the focus, source) for each row that leads from a fitting source to the concept."""
    store = context.store
    is_a, types = _types(context, attribute.name)
    comparison = attribute.comparison
    assert isinstance(comparison, ConceptComparison)
    sources: Runs | None = None
    if isinstance(comparison.value, Anything):
        if comparison.comparator is Comparator.NOT_EQUAL:
            return
        context.need_whole("the sources of a reversed attribute")
    else:
        sources = context.concepts(comparison.value)
        if comparison.comparator is Comparator.NOT_EQUAL:
            context.need_whole("the sources of a reversed attribute")
            sources = difference((0, store.n_active), sources)
    if is_a:
        for source in ordinals(intersection((0, store.n_active) if sources is None else sources, (0, store.n_active))):
            for parent in store.parents(source):
                if contains(focus, parent):
                    yield parent, source
    from_source: set[int] = set()
    size = None if sources is None else _FROM_FOCUS * count(sources)
    for type_ in types:
        rows = store.attribute_rows(type_)
        wanted = list(slices(rows.value, focus))
        if size is not None and sum(high - low for low, high in wanted) > size:
            from_source.add(type_)
            continue
        for low, high in wanted:
            for value, source in zip(rows.value[low:high].tolist(), rows.source[low:high].tolist(), strict=True):
                if sources is None or contains(sources, source):
                    yield value, source
    if from_source and sources is not None:
        for source in ordinals(sources):
            for type_, _, value in store.attributes(source):
                if type_ in from_source and contains(focus, value):
                    yield value, source


# names and values


def _types(context: Context, name: Expression) -> tuple[bool, tuple[int, ...]]:
    """Return whether a name means is-a, and the types it means that some row uses. `*` does not mean is-a."""
    store = context.store
    used = sorted({*store.attribute_types, *store.concrete_types})
    if isinstance(name, Anything):
        return False, tuple(used)
    is_a = store.ordinal(IS_A)
    if store.is_subset and isinstance(name, Hierarchy) and isinstance(name.of, Concept) and name.operator in _DOWN:
        # a subset pack holds every type that its rows use, and all that is above them
        top = context.concepts(name.of)[0]
        within = [
            type_
            for type_ in (*used, *(() if is_a is None else (is_a,)))
            if store.subsumes(top, type_) and (type_ != top or name.operator is Operator.DESCENDANT_OR_SELF_OF)
        ]
        return is_a in within, tuple(type_ for type_ in within if type_ != is_a)
    runs = context.concepts(name)
    of_anything = isinstance(name, Hierarchy) and isinstance(name.of, Anything)
    means_is_a = is_a is not None and not of_anything and contains(runs, is_a)
    if len(runs) == 2 and runs[1] == runs[0] + 1:
        at = bisect_left(used, runs[0])
        return means_is_a, (runs[0],) if at < len(used) and used[at] == runs[0] else ()
    return means_is_a, tuple(type_ for type_ in used if contains(runs, type_))


def _values(context: Context, attribute: Attribute) -> _Values:
    store = context.store
    match attribute.comparison:
        case ConceptComparison(comparator, value):
            equal = comparator is Comparator.EQUAL
            if isinstance(value, Anything):
                return _Values(None, _any_value) if equal else _Values(EMPTY)
            runs = context.concepts(value)
            return _Values(runs if equal else difference((0, store.n_concepts), runs))
        case NumericComparison(comparator, number):
            return _Values(EMPTY, lambda value: value.kind == "number" and compares(comparator, Decimal(value.text), number))
        case StringComparison(comparator, texts):
            return _Values(
                EMPTY, lambda value: value.kind == "string" and (_unescaped(value) in texts) is (comparator is Comparator.EQUAL)
            )
        case BooleanComparison(comparator, truth):
            return _Values(
                EMPTY,
                lambda value: (
                    value.kind == "boolean" and ((value.text.lower() == "true") is truth) is (comparator is Comparator.EQUAL)
                ),
            )


def _any_value(value: ConcreteValue) -> bool:
    return True


def compares(comparator: Comparator, left: Decimal, right: Decimal) -> bool:
    """Exactly, whatever the number of digits."""
    match comparator:
        case Comparator.EQUAL:
            return left == right
        case Comparator.NOT_EQUAL:
            return left != right
        case Comparator.LESS:
            return left < right
        case Comparator.LESS_OR_EQUAL:
            return left <= right
        case Comparator.GREATER:
            return left > right
        case Comparator.GREATER_OR_EQUAL:
            return left >= right


def _unescaped(value: ConcreteValue) -> str:
    return _ESCAPE.sub(r"\1", value.text)


def _check(context: Context, refinement: Refinement) -> None:
    """Evaluate a refinement's names and values for their errors alone: an empty focus hides no unknown concept."""
    match refinement:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                _check(context, part)
        case AttributeGroup(attributes):
            _check(context, attributes)
        case Attribute(name, comparison):
            _types(context, name)
            if isinstance(comparison, ConceptComparison) and not isinstance(comparison.value, Anything):
                context.concepts(comparison.value)
