"""Which concepts a subset pack holds: the seeds and everything that keeps questions within them exact.

Closed under: parents, attribute types and values, modules, and concepts from which an association leads to one inside. Whatever
is inside is then as exact as in the whole release going up; going down it is exact for the concepts in `complete`, and the
pack refuses for all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from codesafety.terminology import ecl
from codesafety.terminology.archive import shown
from codesafety.terminology.building.intake import Selection
from codesafety.terminology.codelists.reading import read_codelist
from codesafety.terminology.ecl.aliases import MOVED_FROM
from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.pack.store import IS_A, Store

_LIST = frozenset((".csv", ".tsv", ".txt", ".gz"))


def select(store: Store, subset: Sequence[str]) -> Selection:
    """Return what a subset pack is to hold. `subset`: expression constraints, and paths of code lists.

    Raises EclError for an expression, and ReleaseError for a list that cannot be read or names a code which the release does
    not hold: a subset that lacks a code nobody noticed would answer too little.
    """
    seeds: set[int] = set()
    described: list[str] = []
    for part in subset:
        path = list_at(part)
        if path is not None:
            seeds.update(_listed(store, path))
            described.append(shown(path.name))
        elif Path(part).suffix.lower() in _LIST:
            raise ReleaseError(part, None, "there is no such file")
        else:
            found = ecl.expand(store, part)
            seeds.update(found.ordinals())
            described.append(found.canonical)
    chosen = close(store, seeds)
    return Selection(frozenset(map(store.code, chosen)), frozenset(map(store.code, complete(store, chosen))), tuple(described))


def list_at(part: str) -> Path | None:
    """Return the path of a code list, or None: an expression, which may be longer than any name of a file."""
    path = Path(part)
    try:
        return path if path.is_file() else None
    except OSError:
        return None


def _listed(store: Store, path: Path) -> Iterable[int]:
    for row in read_codelist(path):
        found = store.ordinal(row.code.strip())
        if found is None:
            raise ReleaseError(
                str(path),
                row.line,
                f"`{row.code[:40]}` is no concept of this release",
                help="check the list with `codesafety codes check`",
            )
        yield found


def close(store: Store, seeds: Iterable[int]) -> set[int]:
    """Return the seeds with everything they need, as ordinals."""
    predecessors: dict[int, list[int]] = {}
    for refset in store.history_refsets:
        rows = store.history_rows(refset)
        for source, target in zip(rows.source, rows.target, strict=True):
            # MOVED FROM alone leads from the active concept to the inactive one
            now, former = (source, target) if refset == MOVED_FROM else (target, source)
            predecessors.setdefault(now, []).append(former)
    chosen: set[int] = set()
    root, is_a = store.ordinal("138875005"), store.ordinal(IS_A)
    waiting = [*seeds, *(found for found in (root, is_a) if found is not None)]
    while waiting:
        concept = waiting.pop()
        if concept in chosen:
            continue
        chosen.add(concept)
        waiting.extend(store.parents(concept))
        for type_, _, value in store.attributes(concept):
            waiting += (type_, value)
        waiting.extend(type_ for type_, _, _ in store.concrete_attributes(concept))
        waiting.extend(predecessors.get(concept, ()))
        module = store.ordinal(store.module(concept))
        if module is not None:
            waiting.append(module)
    return chosen


def complete(store: Store, chosen: set[int]) -> list[int]:
    """Return the chosen active concepts all of whose descendants are chosen."""
    lacking: set[int] = set()
    for ordinal in range(store.n_active - 1, -1, -1):
        if ordinal not in chosen:
            waiting = [parent for parent in store.parents(ordinal) if parent not in lacking]
            while waiting:
                above = waiting.pop()
                if above not in lacking:
                    lacking.add(above)
                    waiting.extend(parent for parent in store.parents(above) if parent not in lacking)
    return [ordinal for ordinal in sorted(chosen) if ordinal not in lacking and store.is_active(ordinal)]
