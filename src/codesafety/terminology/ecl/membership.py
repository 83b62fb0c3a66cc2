"""Reference sets: their members, the values of their fields, and the reference sets that contain a concept.

A plain `^` gives concepts, also inactive ones; an identifier of a concept that this release does not hold stays in the answer
as what it is. Identifiers of descriptions and relationships are no members in that sense, but a named field gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from codesafety.terminology.ecl.canonical import number_text
from codesafety.terminology.ecl.concept_filters import allowed_states, compares_times
from codesafety.terminology.ecl.context import Answer, Context, Kind, Value
from codesafety.terminology.ecl.matching import Matcher
from codesafety.terminology.ecl.refine import compares
from codesafety.terminology.ecl.runs import Runs, contains, from_set, from_sorted, intersection, ordinals, slices
from codesafety.terminology.ecl.syntax import (
    ActiveFilter,
    Anything,
    BooleanComparison,
    Comparator,
    ConceptComparison,
    EffectiveTimeFilter,
    Expression,
    FieldFilter,
    MemberFilter,
    MemberOf,
    ModuleFilter,
    NumericComparison,
    RefsetContaining,
    TermComparison,
    TimeComparison,
)
from codesafety.terminology.errors import EclSemanticError, NotSupported, OutsideSubset
from codesafety.terminology.pack.members import NO_ORDINAL, MemberRows, Refset

_REFERENCED = "referencedComponentId"
_TRUTH = {"1": True, "0": False, "true": True, "false": False}
_CONCEPT_PARTITIONS = ("00", "10")


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer to a selection of several fields: a row for each member, with a value for each field.

    None: `^[*]` was asked of several reference sets, and this one has no such field.
    """

    fields: tuple[str, ...]
    rows: tuple[tuple[Value | None, ...], ...]


@dataclass(frozen=True, slots=True)
class _Column:
    kind: str  # component, integer, string
    values: Sequence[str]  # empty for referencedComponentId, whose numbers and ordinals the rows have
    referenced: bool = False

    def value(self, rows: MemberRows, at: int) -> Value:
        return _typed(self.kind, str(rows.component[at]) if self.referenced else self.values[at])


def member_of(context: Context, expression: MemberOf) -> Answer:
    """Return the set that `^` gives. Raises EclSemanticError for several fields, which only a whole answer may have."""
    fields = expression.fields
    if fields is None and not expression.filters:
        return _active_members(context, expression.of)
    if fields is not None and len(fields) != 1:
        _check_fields(context, expression)
        raise EclSemanticError(
            "several fields at once give rows, not a set: they can only be the whole of an expression",
            position=expression.position,
        )
    name = _REFERENCED if fields is None else fields[0]
    found: set[Value] = set()
    concepts: set[int] = set()
    for (column,), rows, kept in _selected(context, expression.of, expression.filters, (name,), expression.position):
        assert column is not None
        if column.referenced:
            concepts.update(rows.ordinal[at] for at in kept if rows.ordinal[at] != NO_ORDINAL)
            kept = [at for at in kept if rows.ordinal[at] == NO_ORDINAL]
        found.update(column.value(rows, at) for at in kept)
    for value in list(found):
        ordinal = context.store.ordinal(value.text) if value.kind is Kind.COMPONENT else None
        if ordinal is not None:
            concepts.add(ordinal)
            found.discard(value)
        elif fields is None and not is_concept_identifier(value.text):
            found.discard(value)
    return Answer(from_set(concepts), frozenset(found))


def rows_of(context: Context, expression: MemberOf) -> Rows:
    """Return what `^[a, b]` and `^[*]` give: a row per member, in the order of the release's rows."""
    names = expression.fields or tuple(
        dict.fromkeys((_REFERENCED, *(field.name for refset in _refsets(context, expression.of) for field in refset.fields)))
    )
    found: list[tuple[Value | None, ...]] = []
    for columns, rows, kept in _selected(
        context, expression.of, expression.filters, names, expression.position, everything=not expression.fields
    ):
        found.extend(tuple(None if column is None else column.value(rows, at) for column in columns) for at in kept)
    return Rows(names, tuple(found))


def refset_containing(context: Context, expression: RefsetContaining) -> Answer:
    """Return the reference sets with a row, passing every filter, that refers to one of the concepts."""
    concepts = None if isinstance(expression.of, Anything) else context.concepts(expression.of)
    if concepts is None:
        context.need_whole("the reference sets of all concepts")
    found: set[str] = set()
    # of the concepts that a subset pack holds it holds every row
    for refset in filter(None, map(context.store.refsets.get, context.store.refsets.codes())):
        if not expression.filters:
            members = refset.active_concepts
            if len(members) if concepts is None else next(slices(members, concepts), None):
                found.add(refset.code)
            continue
        rows = context.store.refsets.rows(refset.code)
        assert rows is not None
        try:
            kept = _kept(context, refset, rows, expression.filters)
        except _NoSuchField:
            continue
        if any(rows.ordinal[at] != NO_ORDINAL and (concepts is None or contains(concepts, rows.ordinal[at])) for at in kept):
            found.add(refset.code)
    return _as_answer(context, found)


def is_concept_identifier(code: str) -> bool:
    """Whether an identifier's partition is that of a concept."""
    return code[-3:-1] in _CONCEPT_PARTITIONS


def _as_answer(context: Context, codes: set[str]) -> Answer:
    found = {code: context.store.ordinal(code) for code in codes}
    return Answer(
        from_set({ordinal for ordinal in found.values() if ordinal is not None}),
        frozenset(Value(Kind.COMPONENT, code) for code, ordinal in found.items() if ordinal is None),
    )


# which reference sets, which rows


def _refsets(context: Context, of: Expression) -> Iterator[Refset]:
    """Yield the reference sets that an expression names and that have rows. A concept that is none gives nothing."""
    refsets = context.store.refsets
    named: Callable[[str], bool] | None = None
    if isinstance(of, Anything):
        context.need_whole("all reference sets")
    else:
        named = context.test(of)
        if not context.store.whole:
            # a concept without rows here may be a reference set all of whose members lie outside
            for ordinal in ordinals(context.answer(of).runs):
                if refsets.get(context.store.code(ordinal)) is None:
                    code = context.store.code(ordinal)
                    raise OutsideSubset(f"this subset pack does not hold the members of {code}", concept=code)
    for code in refsets.codes():
        if named is None or named(code):
            refset = refsets.get(code)
            assert refset is not None
            if not refset.complete:
                raise OutsideSubset(f"this subset pack does not hold all rows of {code}", concept=code)
            yield refset


def _active_members(context: Context, of: Expression) -> Answer:
    members: list[Sequence[int]] = []
    values: set[Value] = set()
    for refset in _refsets(context, of):
        members.append(refset.active_concepts)
        if refset.strays:
            rows = context.store.refsets.rows(refset.code)
            assert rows is not None
            values.update(
                Value(Kind.COMPONENT, str(component))
                for component, ordinal, active in zip(rows.component, rows.ordinal, rows.active, strict=True)
                if ordinal == NO_ORDINAL and active and is_concept_identifier(str(component))
            )
    runs = from_sorted(members[0]) if len(members) == 1 else from_set(set().union(*members))
    return Answer(runs, frozenset(values))


class _NoSuchField(Exception):
    """A reference set has no field of that name. It never leaves this module."""


def _selected(
    context: Context,
    of: Expression,
    filters: tuple[MemberFilter, ...],
    names: tuple[str, ...],
    position: int,
    *,
    everything: bool = False,
) -> Iterator[tuple[list[_Column | None], MemberRows, list[int]]]:
    """Yield for each reference set the columns, the rows, and the places of the rows that pass.

    A reference set without a field that is named has no row to give; with `everything`, it has None in that place.

    Raises EclSemanticError where none of the reference sets has a field that is selected or filtered on.
    """
    refsets = list(_refsets(context, of))
    missing: list[str] = []
    fitting = 0
    for refset in refsets:
        rows = context.store.refsets.rows(refset.code)
        assert rows is not None
        try:
            columns = [_column_or_none(refset, rows, name) if everything else _column(refset, rows, name) for name in names]
            kept = _kept(context, refset, rows, filters)
        except _NoSuchField as error:
            missing.append(str(error))
            continue
        fitting += 1
        yield columns, rows, kept
    if refsets and not fitting:
        raise EclSemanticError(f"no reference set here has a field `{missing[0]}`", position=position)


def _check_fields(context: Context, expression: MemberOf) -> None:
    for _ in _selected(context, expression.of, expression.filters, expression.fields or (), expression.position):
        pass


def _column_or_none(refset: Refset, rows: MemberRows, name: str) -> _Column | None:
    try:
        return _column(refset, rows, name)
    except _NoSuchField:
        return None


def _column(refset: Refset, rows: MemberRows, name: str) -> _Column:
    if name.lower() == _REFERENCED.lower():
        return _Column("component", (), referenced=True)
    match name.lower():
        case "moduleid":
            return _Column("component", rows.module)
        case "effectivetime":
            return _Column("string", rows.effective_time)
        case "active":
            return _Column("integer", [str(flag) for flag in rows.active])
        case "refsetid":
            return _Column("component", [refset.code] * len(rows))
        case "id":
            raise NotSupported("a pack does not keep the identifiers of reference set members")
    field = next((field for field in refset.fields if field.name == name), None) or next(
        (field for field in refset.fields if field.name.lower() == name.lower()), None
    )
    if field is None:
        raise _NoSuchField(name)
    return _Column(field.kind, rows.fields[field.name])


def _typed(kind: str, text: str) -> Value:
    match kind:
        case "component":
            return Value(Kind.COMPONENT, text)
        case "integer":
            return Value(Kind.NUMBER, number_text(Decimal(text)))
        case _:
            return Value(Kind.STRING, text)


# filters on rows


def _kept(context: Context, refset: Refset, rows: MemberRows, filters: tuple[MemberFilter, ...]) -> list[int]:
    """Return the places of the rows that pass every filter; active rows only, unless a filter speaks of active."""
    kept = list(range(len(rows)))
    if not any(isinstance(item, ActiveFilter) for item in filters):
        kept = [at for at in kept if rows.active[at]]
    for item in filters:
        match item:
            case ActiveFilter(comparator, active):
                states = allowed_states(comparator, active)
                kept = [at for at in kept if bool(rows.active[at]) in states]
            case ModuleFilter(comparator, modules):
                kept = _fitting(kept, rows.module, context.test(modules), comparator)
            case EffectiveTimeFilter(comparator, times):

                def is_time(text: str, comparator: Comparator = comparator, times: tuple[str, ...] = times) -> bool:
                    return compares_times(comparator, text, times)

                kept = _fitting(kept, rows.effective_time, is_time, Comparator.EQUAL)
            case FieldFilter():
                kept = _by_field(context, item, _column(refset, rows, item.name), rows, kept)
    return kept


def _fitting(kept: list[int], values: Sequence[str], test: Callable[[str], bool], comparator: Comparator) -> list[int]:
    """Return the places whose value passes (with !=: does not); each distinct value is tested once."""
    equal = comparator is Comparator.EQUAL
    fits: dict[str, bool] = {}
    found: list[int] = []
    for at in kept:
        text = values[at]
        fit = fits.get(text)
        if fit is None:
            fit = fits[text] = test(text) is equal
        if fit:
            found.append(at)
    return found


def _by_field(context: Context, item: FieldFilter, column: _Column, rows: MemberRows, kept: list[int]) -> list[int]:
    comparison = item.comparison
    mismatch = EclSemanticError(f"the field `{item.name}` cannot be compared with that kind of value", position=item.position)
    if item.name.lower() in ("active", "effectivetime", "moduleid") and not (
        item.name.lower() == "effectivetime" and isinstance(comparison, TimeComparison)
    ):
        raise mismatch
    match comparison:
        case ConceptComparison(comparator, expression):
            if column.kind != "component":
                raise mismatch
            if column.referenced:
                return _referring(context, expression, comparator, rows, kept)
            anything = isinstance(expression, Anything)
            test = _is_known(context) if anything else context.test(expression)
            return _fitting(kept, column.values, test, comparator)
        case NumericComparison(comparator, number):
            if column.kind != "integer":
                raise mismatch
            return _fitting(
                kept, column.values, lambda text: compares(comparator, _decimal(text, mismatch), number), Comparator.EQUAL
            )
        case BooleanComparison(comparator, truth):
            if column.kind == "component" or not {column.values[at].lower() for at in kept} <= set(_TRUTH):
                raise mismatch
            return _fitting(kept, column.values, lambda text: _TRUTH[text.lower()] is truth, comparator)
        case TimeComparison(comparator, times):
            if column.kind != "string" or not all(
                len(text) in (0, 8) and (not text or text.isdecimal()) for text in {column.values[at] for at in kept}
            ):
                raise mismatch
            return _fitting(kept, column.values, lambda text: compares_times(comparator, text, times), Comparator.EQUAL)
        case TermComparison(comparator, terms):
            if column.kind != "string":
                raise mismatch
            matcher = Matcher(terms)
            return _fitting(kept, column.values, matcher.matches, comparator)


def _referring(context: Context, expression: Expression, comparator: Comparator, rows: MemberRows, kept: list[int]) -> list[int]:
    """referencedComponentId: the ordinals are at hand. What the release does not hold is in no set, unless named."""
    equal = comparator is Comparator.EQUAL
    if isinstance(expression, Anything):
        runs: Runs = (0, context.store.n_concepts)
        literal: set[str] = set()
    else:
        answer = context.answer(expression)
        runs, literal = answer.runs, {value.text for value in answer.values}
    small = intersection(runs, from_set({rows.ordinal[at] for at in kept if rows.ordinal[at] != NO_ORDINAL}))
    return [
        at
        for at in kept
        if (contains(small, rows.ordinal[at]) if rows.ordinal[at] != NO_ORDINAL else str(rows.component[at]) in literal) is equal
    ]


def _is_known(context: Context) -> Callable[[str], bool]:
    return lambda code: context.store.ordinal(code) is not None


def _decimal(text: str, mismatch: EclSemanticError) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise mismatch from None
