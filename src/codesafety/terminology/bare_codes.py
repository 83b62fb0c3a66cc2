"""Many SNOMED CT ids without a Python object for each: as sorted integers, found by bisection."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final

_AT_ONCE: Final = 16_384
"""So many memberships are sorted at a time: as Python integers they take a megabyte."""


if TYPE_CHECKING:
    Ids = array[int]
else:
    Ids = array  # which Python 3.11 cannot subscript; a bundle asks what stands in each field

_BEYOND: Final = 10**18
"""More than any id."""


@dataclass(frozen=True, slots=True, eq=False)
class BareCodes(Set[str]):
    """A set of well-formed ids; `ids` are sorted, and none is there twice. An id has no leading zero: number and text are one to one."""

    ids: Ids

    @classmethod
    def of(cls, codes: Iterable[str]) -> BareCodes:
        """Return the set of these ids, which are known to be well formed."""
        return cls(array("Q", sorted({int(code) for code in codes})))

    @property
    def is_in_order(self) -> bool:
        """Whether it is as `of` makes them: what was made of bytes need not be."""
        return all(before < after for before, after in pairwise(chain((0,), self.ids, (_BEYOND,))))

    @classmethod
    def _from_iterable(cls, keys: Iterable[str]) -> Set[str]:  # type: ignore[override]
        """Return what `|`, `&` and `-` of it give: keys, which need not be ids."""
        return frozenset(keys)

    def __contains__(self, key: object) -> bool:
        number = _number(key)
        if number is None:
            return False
        at = bisect_left(self.ids, number)
        return at < len(self.ids) and self.ids[at] == number

    def __iter__(self) -> Iterator[str]:
        return map(str, self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def __hash__(self) -> int:
        return hash(self.ids.tobytes())

    def __repr__(self) -> str:
        return f"<{len(self)} codes>"


def _number(key: object) -> int | None:
    """Return the id that a key is as a number, None where it can be none."""
    if not (isinstance(key, str) and key.isascii() and key.isdigit() and len(key) <= 18) or key[0] == "0":
        return None
    return int(key)


class Memberships:
    """In which of many sets a code is: one index for all of them, of rows of integers."""

    def __init__(self, sets: Sequence[tuple[int, BareCodes]]) -> None:
        """`sets`: each with its number."""
        self._ids, self._starts = array("Q"), array("I")
        self._numbers = array("H" if all(number < 2**16 for number, _ in sets) else "I")
        ids, first, numbers = self._ids, self._starts, self._numbers
        last = 0
        starts = [0] * len(sets)
        for until in (*_cuts(sets), None):
            found: list[tuple[int, int]] = []
            for place, (number, codes) in enumerate(sets):
                own, start = codes.ids, starts[place]
                end = len(own) if until is None else bisect_left(own, until, start)
                if start < end:
                    found += [(code, number) for code in own[start:end]]
                    starts[place] = end
            found.sort()
            for code, number in found:
                if code != last:
                    last = code
                    ids.append(code)
                    first.append(len(numbers))
                numbers.append(number)
        first.append(len(numbers))

    def of(self, key: str) -> Sequence[int]:
        """Return the numbers of the sets that hold a key, the least first."""
        number = _number(key) if self._ids else None
        if number is None:
            return ()
        at = bisect_left(self._ids, number)
        if at == len(self._ids) or self._ids[at] != number:
            return ()
        return self._numbers[self._starts[at] : self._starts[at + 1]]


def _cuts(sets: Sequence[tuple[int, BareCodes]]) -> list[int]:
    """Return ids that part all sets into pieces of about one size."""
    each = 64
    sample = sorted(code for _, codes in sets for code in codes.ids[::each])
    return sorted(set(sample[_AT_ONCE // each :: _AT_ONCE // each]))
