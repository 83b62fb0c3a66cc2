"""Concept filters over run lists: definition status, module, effective time, active."""

from __future__ import annotations

from collections.abc import Sequence

from codesafety.terminology.ecl.aliases import DEFINED, PRIMITIVE
from codesafety.terminology.ecl.context import Context
from codesafety.terminology.ecl.runs import EMPTY, Runs, from_sorted, intersection
from codesafety.terminology.ecl.syntax import (
    ActiveFilter,
    Comparator,
    ConceptBlock,
    DefinitionStatusFilter,
    EffectiveTimeFilter,
    ModuleFilter,
)

UNPUBLISHED = "00000000"


def filtered(context: Context, focus: Runs, block: ConceptBlock) -> Runs:
    """Return the concepts of `focus` of which every filter of the block is true."""
    store = context.store
    for item in block.filters:
        match item:
            case ActiveFilter(comparator, active):
                keep = allowed_states(comparator, active)
                focus = (
                    intersection(
                        focus, (0 if True in keep else store.n_active, store.n_concepts if False in keep else store.n_active)
                    )
                    if keep
                    else EMPTY
                )
            case DefinitionStatusFilter(comparator, statuses):
                equal = comparator is Comparator.EQUAL
                wanted = context.test(statuses)
                keep_defined, keep_primitive = wanted(DEFINED) is equal, wanted(PRIMITIVE) is equal
                focus = _where(
                    focus,
                    store.pack.section("concept.flags"),
                    [keep_defined if flags & 1 else keep_primitive for flags in range(256)],
                )
            case ModuleFilter(comparator, modules):
                equal = comparator is Comparator.EQUAL
                wanted = context.test(modules)
                focus = _where(focus, store.module_column, [wanted(module) is equal for module in store.modules])
            case EffectiveTimeFilter(comparator, times):
                focus = _where(focus, store.time_column, [compares_times(comparator, time, times) for time in store.times])
    return focus


def allowed_states(comparator: Comparator, active: bool | None) -> frozenset[bool]:
    """Return which of active and inactive a filter lets through; `*` is both."""
    named = frozenset((True, False)) if active is None else frozenset((active,))
    return named if comparator is Comparator.EQUAL else frozenset((True, False)) - named


def compares_times(comparator: Comparator, time: str, wanted: Sequence[str]) -> bool:
    """Compare a date with one of several. What is not yet published has no date: it equals "" and has no order."""
    time = "" if time == UNPUBLISHED else time
    match comparator:
        case Comparator.EQUAL:
            return time in wanted
        case Comparator.NOT_EQUAL:
            return time not in wanted
        case Comparator.LESS:
            return any(time < one for one in wanted if one and time)
        case Comparator.GREATER:
            return any(time > one for one in wanted if one and time)
        case Comparator.LESS_OR_EQUAL:
            return any(time <= one for one in wanted if bool(one) is bool(time))
        case Comparator.GREATER_OR_EQUAL:
            return any(time >= one for one in wanted if bool(one) is bool(time))


def _where(focus: Runs, column: memoryview, keep: Sequence[bool]) -> Runs:
    """Return the ordinals of `focus` whose entry in a column is one to keep."""
    if all(keep):
        return focus
    if not any(keep):
        return EMPTY
    return from_sorted(
        ordinal
        for start, end in zip(focus[::2], focus[1::2], strict=True)
        for ordinal, entry in enumerate(column[start:end].tolist(), start)
        if keep[entry]
    )
