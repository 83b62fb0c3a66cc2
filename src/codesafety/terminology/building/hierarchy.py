"""The active is-a graph as depth-first ordinals and run lists.

Concepts are numbered in the order in which a depth-first walk first meets them. What lies below a concept is then its own
interval plus, for few concepts, intervals that were met earlier under another parent: a sorted list of disjoint half-open
runs, 2 million of them for the 12.8 million pairs of the UK Monolith's closure.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass


class IsACycle(ValueError):
    """The is-a relationships run in a circle through `concept` (an index of the caller's)."""

    def __init__(self, concept: int) -> None:
        self.concept = concept
        super().__init__(f"is-a cycle through {concept}")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """`order[ordinal]` is the caller's index. Runs: `[o, end[o])` and, where `o` is in `extra_of`, its slice of `extra`."""

    order: array[int]
    end: array[int]
    extra_of: array[int]  # sorted ordinals that have further runs
    extra_at: array[int]  # len(extra_of) + 1 places in `extra`, in integers
    extra: array[int]  # start, end, start, end ... all below the concept's own ordinal


def compressed_rows(n: int, sources: Sequence[int], targets: Sequence[int]) -> tuple[array[int], array[int]]:
    """Return the pairs as `at` (n + 1) and `values`: `values[at[s]:at[s + 1]]` are the targets of source s, in order."""
    at = array("I", bytes(4 * (n + 1)))
    for source in sources:
        at[source + 1] += 1
    total = 0
    for index in range(1, n + 1):
        total += at[index]
        at[index] = total
    place = at[:]
    values = array("I", bytes(4 * total))
    for source, target in zip(sources, targets, strict=True):
        slot = place[source]
        values[slot] = target
        place[source] = slot + 1
    return at, values


def build(n: int, roots: Sequence[int], child_at: Sequence[int], child: Sequence[int]) -> Hierarchy:
    """Number the concepts below `roots` (indices below n) and return their runs. Raises IsACycle.

    `roots` are all concepts without a parent, in the order wanted. A concept that no root reaches lies on a circle.
    """
    unseen = 0xFFFFFFFF
    ordinal = array("I", [unseen]) * n
    order = array("I")
    end = array("I", bytes(4 * n))
    extras: dict[int, tuple[int, ...]] = {}
    cursor = array("I", child_at[:n])
    for root in roots:
        if ordinal[root] != unseen:
            continue
        ordinal[root] = len(order)
        order.append(root)
        stack = [root]
        while stack:
            concept = stack[-1]
            at = cursor[concept]
            if at < child_at[concept + 1]:
                cursor[concept] = at + 1
                below = child[at]
                met = ordinal[below]
                if met == unseen:
                    ordinal[below] = len(order)
                    order.append(below)
                    stack.append(below)
                elif not end[met]:  # met and not finished: it is above us
                    raise IsACycle(below)
                continue
            stack.pop()
            own = ordinal[concept]
            end[own] = len(order)
            further = _further_runs(own, child[child_at[concept] : child_at[concept + 1]], ordinal, end, extras)
            if further:
                extras[own] = further
    if len(order) < n:
        raise IsACycle(next(index for index in range(n) if ordinal[index] == unseen))
    extra_of = array("I", sorted(extras))
    extra_at = array("I", [0])
    extra = array("I")
    for own in extra_of:
        extra.extend(extras.pop(own))
        extra_at.append(len(extra))
    return Hierarchy(order, end, extra_of, extra_at, extra)


def _further_runs(
    own: int, children: Sequence[int], ordinal: array[int], end: array[int], extras: dict[int, tuple[int, ...]]
) -> tuple[int, ...]:
    """Return the runs below a finished concept that were numbered before it: flat, sorted, joined where they touch."""
    found: list[tuple[int, int]] = []
    single: tuple[int, ...] | None = None
    sources = 0
    for index in children:
        below = ordinal[index]
        if below < own:
            found.append((below, end[below]))
            sources += 1
        further = extras.get(below)
        if further and further[0] < own:
            sources += 1
            if further[-1] <= own:
                single = further
                found.extend(zip(further[::2], further[1::2], strict=True))
            else:
                found.extend(run for run in zip(further[::2], further[1::2], strict=True) if run[0] < own)
    if not sources:
        return ()
    if sources == 1 and single is not None:
        return single
    found.sort()
    joined: list[int] = []
    start, stop = found[0]
    for left, right in found:
        if left > stop:
            joined += (start, stop)
            start, stop = left, right
        elif right > stop:
            stop = right
    joined += (start, stop)
    return tuple(joined)
