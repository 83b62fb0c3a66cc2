"""What became of an inactive concept, by the historical association reference sets. Source: RF2 5.2.5.1."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from codesafety.terminology.interface import Replacements
from codesafety.terminology.pack.store import Store

POSSIBLY_EQUIVALENT_TO = "900000000000523009"
MOVED_TO = "900000000000524003"  # its targets are namespaces
MOVED_FROM = "900000000000525002"  # points from the new concept to the old one
REPLACED_BY = "900000000000526001"
SAME_AS = "900000000000527005"
WAS_A = "900000000000528000"
SIMILAR_TO = "900000000000529008"
ALTERNATIVE = "900000000000530003"
POSSIBLY_REPLACED_BY = "1186921001"
PARTIALLY_EQUIVALENT_TO = "1186924009"

_SAME = frozenset((SAME_AS, REPLACED_BY))
_POSSIBLE = frozenset((POSSIBLY_EQUIVALENT_TO, WAS_A, SIMILAR_TO, ALTERNATIVE, POSSIBLY_REPLACED_BY, PARTIALLY_EQUIVALENT_TO))


def replacements(store: Store, ordinal: int) -> Replacements:
    """Return the active concepts that an inactive one leads to, over as many steps as it takes; none for an active one.

    A way that has one step of another kind than SAME AS or REPLACED BY leads to what is possible only. In a subset pack a
    target outside is given as it stands: whether it is active cannot be told.
    """
    if store.is_active(ordinal):
        return Replacements()
    same: dict[str, None] = {}
    possible: dict[str, None] = {}
    seen: set[tuple[int, bool]] = set()
    waiting = [(ordinal, True)]
    while waiting:
        source, certain = waiting.pop(0)
        if (source, certain) in seen:
            continue
        seen.add((source, certain))
        for target, exact in _successors(store, source):
            sure = certain and exact
            found = store.ordinal(target)
            if found is None or store.is_active(found):
                (same if sure else possible)[target] = None
            else:
                waiting.append((found, sure))
    return Replacements(tuple(same), tuple(code for code in possible if code not in same))


def _successors(store: Store, source: int) -> list[tuple[str, bool]]:
    found = [(target, refset in _SAME) for refset, target in store.associations(source) if refset in _SAME or refset in _POSSIBLE]
    found += [(store.code(origin), True) for origin in moved_from(store, source)]
    return found


def moved_from(store: Store, target: int) -> list[int]:
    """Return the concepts that a MOVED FROM association says were moved from this one."""
    rows = store.history_rows(MOVED_FROM)
    return rows.source[bisect_left(rows.target, target) : bisect_right(rows.target, target)].tolist()
