"""The constraint operators over run lists: up and down the is-a hierarchy.

The numbering is depth-first: whatever lies in a concept's own interval is below it. So of a set, only the members that are
not inside an earlier member's interval need to be asked.
"""

from __future__ import annotations

from bisect import bisect_right

from codesafety.terminology.ecl.runs import Runs, difference, from_set, from_sorted, intersection, ordinals, union
from codesafety.terminology.ecl.syntax import Operator
from codesafety.terminology.pack.store import Store


def apply(store: Store, operator: Operator, members: Runs) -> Runs:
    """Return the union of what the operator gives for each member; TOP and BOTTOM look at the members as one set."""
    match operator:
        case Operator.DESCENDANT_OR_SELF_OF:
            return union(_strictly_below(store, members), members)
        case Operator.DESCENDANT_OF:
            return _strictly_below(store, members)
        case Operator.CHILD_OF:
            return _children(store, members)
        case Operator.CHILD_OR_SELF_OF:
            return union(_children(store, members), members)
        case Operator.ANCESTOR_OF:
            return _strictly_above(store, members)
        case Operator.ANCESTOR_OR_SELF_OF:
            return union(_strictly_above(store, members), members)
        case Operator.PARENT_OF:
            return _parents(store, members)
        case Operator.PARENT_OR_SELF_OF:
            return union(_parents(store, members), members)
        case Operator.TOP:
            return difference(members, _strictly_below_within(store, members))
        case Operator.BOTTOM:
            return difference(members, _strictly_above(store, members))


def _is_all_active(store: Store, members: Runs) -> bool:
    return len(members) >= 2 and members[0] == 0 and members[1] >= store.n_active and store.whole


def _outermost(store: Store, members: Runs) -> list[tuple[int, Runs]]:
    """Return the active members that lie in no earlier member's interval, each with itself and all below it."""
    found: list[tuple[int, Runs]] = []
    ordinal = members[0] if len(members) else store.n_active
    while ordinal < store.n_active:
        below = store.descendants_runs(ordinal)
        found.append((ordinal, below))
        end = below[-1]
        at = bisect_right(members, end)
        if at & 1:
            ordinal = end
        elif at < len(members):
            ordinal = members[at]
        else:
            break
    return found


def _strictly_below(store: Store, members: Runs) -> Runs:
    if _is_all_active(store, members):
        return difference((0, store.n_active), from_sorted(store.roots))
    return union(*(difference(below, (ordinal, ordinal + 1)) for ordinal, below in _outermost(store, members)))


def _strictly_below_within(store: Store, members: Runs) -> Runs:
    """Return the members that are below another member. Needs ancestors only, so any subset pack can tell."""
    if store.whole:
        return intersection(members, _strictly_below(store, members))
    return from_sorted(ordinal for ordinal in ordinals(members) if len(intersection(store.ancestors(ordinal), members)))


def _children(store: Store, members: Runs) -> Runs:
    if _is_all_active(store, members):
        return _strictly_below(store, members)
    found: set[int] = set()
    for ordinal in ordinals(members):
        if ordinal >= store.n_active:
            break
        found.update(store.children(ordinal))
    return from_set(found)


def _parents(store: Store, members: Runs) -> Runs:
    if _is_all_active(store, members):
        return from_sorted(store.with_children)
    found: set[int] = set()
    for ordinal in ordinals(members):
        if ordinal >= store.n_active:
            break
        found.update(store.parents(ordinal))
    return from_set(found)


def _strictly_above(store: Store, members: Runs) -> Runs:
    if _is_all_active(store, members):
        return _parents(store, members)
    seen: set[int] = set()
    waiting: list[int] = []
    for ordinal in ordinals(members):
        if ordinal >= store.n_active:
            break
        waiting.extend(store.parents(ordinal))
    while waiting:
        above = waiting.pop()
        if above not in seen:
            seen.add(above)
            waiting.extend(store.parents(above))
    return from_set(seen)
