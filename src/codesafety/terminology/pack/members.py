"""Reference sets of a pack: who is in them, and what their rows say.

Per refset the concepts that are active members, as ordinals, and all rows (inactive ones too, with their extra columns) are
compressed apart, so that `^` unpacks little; both are kept unpacked after their first use.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate

from codesafety.terminology.pack.file import Pack

NO_ORDINAL = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Field:
    """An extra column of a refset's rows, spelled as in its file's header. `kind`: component, integer or string."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class MemberRows:
    """Every row of a refset, as columns of one length: those of concepts by code, then those of other components."""

    component: array[int]  # referencedComponentId, as a number
    ordinal: array[int]  # of the concept, or NO_ORDINAL (a description, a relationship, not in the pack)
    active: bytes  # 1 or 0
    module: tuple[str, ...]
    effective_time: tuple[str, ...]  # YYYYMMDD
    fields: dict[str, tuple[str, ...]]  # by column name: text as published; component fields are codes

    def __len__(self) -> int:
        return len(self.component)


@dataclass(frozen=True, slots=True)
class Refset:
    """A reference set. `active_concepts`: sorted distinct ordinals of the concepts that are active members (they may be
    inactive concepts). `complete`: whether this pack holds every row that the release has. `strays`: how many active members
    are identified as concepts and are none of this pack.
    """

    code: str
    fields: tuple[Field, ...]
    n_rows: int
    n_active: int
    active_concepts: memoryview
    complete: bool
    strays: int


class Refsets:
    """The reference sets of a pack, without the language refsets (those are in `texts`)."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._ids = pack.section("refset.id")
        self._active_at = pack.section("refset.active_at")
        self._active = pack.section("refset.active")
        self._rows_at = pack.section("refset.rows_at")
        self._rows = pack.section("refset.rows")
        self._ordinals = pack.section("concept.sorted")
        self._codes = pack.section("concept.id")
        self._members = lru_cache(maxsize=2048)(self._unpack_active)
        self._unpacked = lru_cache(maxsize=8)(self._unpack)

    @cached_property
    def _heads(self) -> list[dict[str, object]]:
        heads: list[dict[str, object]] = json.loads(bytes(self._pack.section("refset.heads")))
        return heads

    def codes(self) -> tuple[str, ...]:
        """Return the refsets that have rows, sorted by number."""
        return tuple(map(str, self._ids))

    def get(self, code: str) -> Refset | None:
        """Return a refset, or None where no row of the pack is of it."""
        at = self._at(code)
        if at is None:
            return None
        head = self._heads[at]
        fields = head["fields"]
        assert isinstance(fields, list)
        return Refset(
            code,
            tuple(Field(name, kind) for name, kind in fields),
            int(str(head["rows"])),
            int(str(head["active"])),
            self._members(at),
            bool(head["complete"]),
            int(str(head["strays"])),
        )

    def rows(self, code: str) -> MemberRows | None:
        """Return all rows of a refset, or None where the pack has none. The last few are kept unpacked."""
        at = self._at(code)
        return None if at is None else self._unpacked(at)

    def containing(self, ordinal: int) -> Iterator[str]:
        """Yield the refsets that a concept is an active member of."""
        for at, code in enumerate(self._ids):
            members = self._members(at)
            place = bisect_left(members, ordinal)
            if place < len(members) and members[place] == ordinal:
                yield str(code)

    def _at(self, code: str) -> int | None:
        if not (code.isascii() and code.isdecimal()) or len(code) > 18:
            return None
        at = bisect_left(self._ids, int(code))
        return at if at < len(self._ids) and self._ids[at] == int(code) else None

    def _unpack(self, at: int) -> MemberRows:
        head = self._heads[at]
        fields = head["fields"]
        assert isinstance(fields, list)
        raw = self._pack.inflate(self._rows[self._rows_at[at] : self._rows_at[at + 1]])
        n, concepts = int(str(head["rows"])), int(str(head["concepts"]))
        ranks = accumulate(array("I", raw[: 4 * concepts]))
        ordinals = array("I", map(self._ordinals.__getitem__, ranks))
        place = 4 * concepts + 8 * (n - concepts)
        component = array("Q", map(self._codes.__getitem__, ordinals))
        component.frombytes(raw[4 * concepts : place])
        ordinals.extend([NO_ORDINAL] * (n - concepts))
        modules, times = array("H"), array("H")
        active = raw[place : place + n]
        place += n
        modules.frombytes(raw[place : place + 2 * n])
        place += 2 * n
        times.frombytes(raw[place : place + 2 * n])
        place += 2 * n
        module_names = tuple(map(str, self._pack.section("module.id")))
        time_names = tuple(f"{value:08d}" for value in self._pack.section("time.value"))
        texts: Sequence[str] = raw[place:].decode().split("\n") if fields else ()
        columns = {name: tuple(texts[i * n : (i + 1) * n]) for i, (name, _) in enumerate(fields)}
        return MemberRows(
            component,
            ordinals,
            active,
            tuple(map(module_names.__getitem__, modules)),
            tuple(map(time_names.__getitem__, times)),
            columns,
        )

    def _unpack_active(self, at: int) -> memoryview:
        packed = self._pack.inflate(self._active[self._active_at[at] : self._active_at[at + 1]])
        return memoryview(array("I", accumulate(array("I", packed)))).toreadonly()
