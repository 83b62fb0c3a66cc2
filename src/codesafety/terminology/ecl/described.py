"""Description filters: the concepts of which one description satisfies a whole block.

The rows of a run of concepts lie together, so that a block is worked through as run lists of rows, the cheap filters first
and the terms last. Only active descriptions count unless the block says otherwise; text definitions count too.
"""

from __future__ import annotations

import json
from bisect import bisect_right

from codesafety.terminology.ecl.aliases import DIALECTS
from codesafety.terminology.ecl.concept_filters import allowed_states, compares_times
from codesafety.terminology.ecl.context import Context
from codesafety.terminology.ecl.matching import Matcher
from codesafety.terminology.ecl.runs import (
    EMPTY,
    Runs,
    clipped,
    difference,
    from_set,
    from_sorted,
    intersection,
    ordinals,
    slices,
    union,
)
from codesafety.terminology.ecl.syntax import (
    ActiveFilter,
    Comparator,
    DescriptionBlock,
    Dialect,
    DialectFilter,
    Disjunction,
    EffectiveTimeFilter,
    IdFilter,
    LanguageFilter,
    MatchTerm,
    ModuleFilter,
    TermFilter,
    TypeFilter,
)
from codesafety.terminology.errors import NotSupported
from codesafety.terminology.pack.texts import ACCEPTABLE, PREFERRED, Texts, words


def described(context: Context, focus: Runs, block: DescriptionBlock) -> Runs:
    """Return the concepts of `focus` with a description of which every filter of the block is true."""
    texts = context.store.texts
    rows = _rows_of(texts, focus)
    kept = _of_kind(context, rows, block)
    for item in block.filters:
        match item:
            case EffectiveTimeFilter(comparator, times):
                keep = [compares_times(comparator, time, times) for time in context.store.times]
                column = context.store.pack.section("text.time")
                kept = from_sorted(
                    row
                    for start, end in zip(kept[::2], kept[1::2], strict=True)
                    for row, entry in enumerate(column[start:end].tolist(), start)
                    if keep[entry]
                )
            case IdFilter(comparator, ids):
                wanted = set(map(int, ids))
                column = context.store.pack.section("text.id")
                kept = from_sorted(
                    row
                    for start, end in zip(kept[::2], kept[1::2], strict=True)
                    for row, number in enumerate(column[start:end].tolist(), start)
                    if (number in wanted) is (comparator is Comparator.EQUAL)
                )
            case DialectFilter(comparator, dialects):
                accepted = union(*(_accepted(context, texts, dialect, kept) for dialect in dialects))
                kept = intersection(kept, accepted) if comparator is Comparator.EQUAL else difference(kept, accepted)
            case _:
                pass
    for item in block.filters:
        if isinstance(item, TermFilter):
            kept = _with_term(texts, kept, item)
    return _concepts_of(texts, kept)


def _rows_of(texts: Texts, focus: Runs) -> Runs:
    """Return the rows of a set of concepts."""
    return (
        union(
            [
                edge
                for start, end in zip(focus[::2], focus[1::2], strict=True)
                for edge in (texts.rows(start).start, texts.rows(end - 1).stop)
            ]
        )
        if len(focus)
        else EMPTY
    )


def _of_kind(context: Context, rows: Runs, block: DescriptionBlock) -> Runs:
    """Apply the filters on what few kinds of description there are: active, module, language, type."""
    section = context.store.pack.section
    kinds = [
        (active, module, language.lower(), type_)
        for active, module, language, type_, _ in json.loads(bytes(section("text.kinds")))
    ]
    states = [item for item in block.filters if isinstance(item, ActiveFilter)] or [ActiveFilter(Comparator.EQUAL, True)]
    keep = [all(active in allowed_states(item.comparator, item.active) for item in states) for active, *_ in kinds]
    for item in block.filters:
        equal = item.comparator is Comparator.EQUAL
        match item:
            case LanguageFilter(_, languages):
                fits = [(language in languages) is equal for _, _, language, _ in kinds]
            case ModuleFilter(_, modules):
                is_module = context.test(modules)
                fits = [is_module(module) is equal for _, module, _, _ in kinds]
            case TypeFilter(_, types):
                is_type = context.test(types)
                fits = [is_type(type_) is equal for _, _, _, type_ in kinds]
            case _:
                continue
        keep = [kept and fit for kept, fit in zip(keep, fits, strict=True)]
    if all(keep):
        return rows
    column = section("text.kind")
    return from_sorted(
        row
        for start, end in zip(rows[::2], rows[1::2], strict=True)
        for row, kind in enumerate(column[start:end].tolist(), start)
        if keep[kind]
    )


def _accepted(context: Context, texts: Texts, dialect: Dialect, rows: Runs) -> Runs:
    """Return those of the rows that a language reference set names, with one of the acceptabilities asked for."""
    values: tuple[str, ...] = (PREFERRED, ACCEPTABLE)
    if dialect.acceptabilities:
        asked = context.test(Disjunction(dialect.acceptabilities))
        values = tuple(filter(asked, values))
    if isinstance(dialect.refset, str):
        code = DIALECTS.get(dialect.refset)
        if code is None:
            raise NotSupported(f"no language reference set is known as `{dialect.refset}`: name it by dialectId")
        refsets = [code]
    else:
        wanted = context.test(dialect.refset)
        refsets = [refset for refset in texts.language_refsets if wanted(refset)]
    found: set[int] = set()
    for refset in refsets:
        for value in values:
            column = texts.language_rows(refset, value)
            for low, high in slices(column, rows):
                found.update(column[low:high].tolist())
    return from_set(found)


def _with_term(texts: Texts, rows: Runs, item: TermFilter) -> Runs:
    """Go through the terms block by block; of most blocks one look at all of their text is enough."""
    matcher = Matcher(item.terms)
    equal = item.comparator is Comparator.EQUAL
    if equal:
        rows = intersection(rows, _candidates(texts, item))
    found: list[Runs] = []
    row = rows[0] if len(rows) else len(texts)
    while row < len(texts):
        block = texts.block_of(row)
        span, terms = texts.block_rows(block), texts.block_terms(block)
        inside = clipped(rows, span.start, span.stop)
        if matcher.may_match("\n".join(terms)):
            found.append(
                from_sorted(row for row in ordinals(inside) if _matches(matcher, texts, row, terms[row - span.start]) is equal)
            )
        elif not equal:
            found.append(inside)
        at = bisect_right(rows, span.stop)
        row = span.stop if at & 1 else rows[at] if at < len(rows) else len(texts)
    return union(*found)


def _matches(matcher: Matcher, texts: Texts, row: int, term: str) -> bool:
    """The language only matters to letters that are not plain."""
    return matcher.matches(term) if term.isascii() else matcher.matches(term, texts.language(row))


def _candidates(texts: Texts, item: TermFilter) -> Runs:
    """Return rows among which every match must be: the blocks in which the words' folded beginnings occur."""
    everything = (0, len(texts)) if len(texts) else EMPTY
    found: list[Runs] = []
    for term in item.terms:
        if not isinstance(term, MatchTerm):
            return everything
        prefixes = [word for token in term.words for word in words(token)]
        if not prefixes:
            return everything
        found.append(
            [
                edge
                for block in texts.blocks_with(prefixes)
                for edge in (texts.block_rows(block).start, texts.block_rows(block).stop)
            ]
        )
    return union(*(union(runs, ()) for runs in found))


def _concepts_of(texts: Texts, rows: Runs) -> Runs:
    """Return the concepts that the rows describe."""
    found: list[int] = []
    for start, end in zip(rows[::2], rows[1::2], strict=True):
        row = start
        while row < end:
            concept = texts.concept(row)
            found.append(concept)
            row = texts.rows(concept).stop
    return from_sorted(found)
