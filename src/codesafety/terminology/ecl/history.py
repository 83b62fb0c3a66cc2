"""History supplements: the inactive concepts whose association leads into a set, one step back.

Only active association rows count. `MOVED FROM` points from the active concept to the inactive one, and is read backwards
together with `SAME AS`; `MOVED TO` leads to namespaces and is never read. A subset pack holds the inactive concepts that lead
to what is in it, so that the answer is as exact there.
Source: ECL 2.3, section 6.11.
"""

from __future__ import annotations

from codesafety.terminology.ecl.aliases import (
    ALTERNATIVE,
    HISTORICAL_ASSOCIATION,
    MOVED_FROM,
    MOVED_TO,
    PARTIALLY_EQUIVALENT_TO,
    POSSIBLY_EQUIVALENT_TO,
    POSSIBLY_REPLACED_BY,
    REPLACED_BY,
    SAME_AS,
    SIMILAR_TO,
    WAS_A,
)
from codesafety.terminology.ecl.context import Context
from codesafety.terminology.ecl.runs import Runs, contains, from_set, slices, union
from codesafety.terminology.ecl.syntax import Anything, Expression, Profile
from codesafety.terminology.pack.store import Store

_MINIMUM = frozenset((SAME_AS,))
_MODERATE = _MINIMUM | {REPLACED_BY, WAS_A, PARTIALLY_EQUIVALENT_TO}
_KNOWN = _MODERATE | {POSSIBLY_EQUIVALENT_TO, SIMILAR_TO, ALTERNATIVE, POSSIBLY_REPLACED_BY}


def supplemented(context: Context, base: Runs, profile: Profile | None, subset: Expression | None) -> Runs:
    """Return `base` and the concepts that an association of the profile, or of the subset, leads from into it."""
    store = context.store
    found: set[int] = set()
    for refset in sorted(_refsets(context, profile, subset)):
        columns = store.history_rows(refset)
        if refset == MOVED_FROM:
            found.update(target for source, target in zip(columns.source, columns.target, strict=True) if contains(base, source))
        else:
            for low, high in slices(columns.target, base):
                found.update(columns.source[low:high].tolist())
    return union(base, from_set(found)) if found else base


def _refsets(context: Context, profile: Profile | None, subset: Expression | None) -> set[str]:
    store = context.store
    if subset is not None and not isinstance(subset, Anything):
        chosen = set(filter(context.test(subset), (*store.history_refsets, SAME_AS)))
    elif profile is Profile.MINIMUM:
        chosen = set(_MINIMUM)
    elif profile is Profile.MODERATE:
        chosen = set(_MODERATE)
    else:
        chosen = set(_KNOWN) | {refset for refset in store.history_refsets if _is_historical(store, refset)}
    if SAME_AS in chosen:
        chosen.add(MOVED_FROM)
    return chosen - {MOVED_TO}


def _is_historical(store: Store, refset: str) -> bool:
    root, ordinal = store.ordinal(HISTORICAL_ASSOCIATION), store.ordinal(refset)
    return root is not None and ordinal is not None and root != ordinal and store.subsumes(root, ordinal)
