"""How one concept, by the codings that were sent, stands to every value set and table of a program. Worked out once a concept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from codesafety import ir
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.codes import CodeInfo
from codesafety.evaluation.facts import ItemFact
from codesafety.terminology.bare_codes import BareCodes, Memberships

_MAX_REMEMBERED = 50_000
Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Concept:
    """`sure`: numbers of the sets that the concept is in. `unsure`: those of which it cannot be told. `told`: systems it speaks.

    `blank`: numbers of the sets that have nothing to say of it, among the unsure.

    `listed_sure` and `listed_unsure`: those of them whose members some rule looks through.
    """

    infos: tuple[CodeInfo, ...]
    sure: frozenset[int]
    unsure: frozenset[int]
    told: frozenset[str]
    blank: frozenset[int]
    listed_sure: tuple[int, ...]
    listed_unsure: tuple[int, ...]


class Concepts:
    """Every value set by its number, and the concepts met so far. Safe to share between threads."""

    def __init__(self, binding: Binding, listed: Iterable[str]) -> None:
        self.terminology = binding.codebook.terminology
        self.numbers: Mapping[str, int] = {name: number for number, name in enumerate(binding.sets)}
        self._listed = frozenset(self.numbers[name] for name in listed)
        self._members: dict[str, list[int]] = {}
        self._perhaps: dict[str, list[int]] = {}
        groups: dict[frozenset[str], set[int]] = {}
        bare: list[tuple[int, BareCodes]] = []
        for number, bound in enumerate(binding.sets.values()):
            if isinstance(bound.members, BareCodes):
                bare.append((number, bound.members))
            else:
                for key in bound.members:
                    self._members.setdefault(key, []).append(number)
            for key in bound.perhaps:
                self._perhaps.setdefault(key, []).append(number)
            groups.setdefault(bound.systems, set()).add(number)
        self._groups = [(systems, frozenset(numbers)) for systems, numbers in groups.items()]
        self._bare = Memberships(bare)
        self._known: dict[frozenset[int], frozenset[int]] = {}
        self._entries: dict[tuple[Key, ...], Concept] = {}
        self._products: dict[tuple[Key, ...], Concept] = {}
        self._lone: dict[int, Concept] = {}

    def of(self, item: ItemFact) -> Concept:
        """Return the concept of an entry, component or medicine."""
        book = self._entries if item.is_entry else self._products
        key: tuple[Key, ...]
        if item.is_entry:
            key = tuple([(c.system, c.code) for c in item.codings])
        else:  # an id that no source knows is understood by the name sent with it
            key = tuple([(c.system, c.code, c.display) for c in item.codings])
        found = book.get(key)
        if found is None:
            if len(book) >= _MAX_REMEMBERED:
                book.clear()
            found = book[key] = self.concept(item.infos)
        return found

    def of_coding(self, info: CodeInfo) -> Concept:
        """Return the concept of one coding by itself."""
        found = self._lone.get(id(info))  # the concept holds the object, and no other has its id
        if found is None:
            if len(self._lone) >= _MAX_REMEMBERED:
                self._lone.clear()
            found = self._lone[id(info)] = self.concept((info,))
        return found

    def concept(self, infos: tuple[CodeInfo, ...]) -> Concept:
        """Return where a concept with these codings stands (table 8, inverted: from codes to sets)."""
        sure: set[int] = set()
        unsure: set[int] = set()
        members, perhaps = self._holding, self._perhaps
        for info in infos:
            for key in info.keys:
                sure.update(members(key))
                unsure.update(perhaps.get(key, ()))
            if info.possible:
                each = [frozenset(members(key)) for key in info.possible]
                sure |= frozenset.intersection(*each)
                unsure |= frozenset.union(*each)
        told = frozenset(info.system for info in infos if info.speaks and info.system is not None)
        named = sure | unsure
        blank: set[int] = set()
        for systems, numbers in self._groups:
            if systems.isdisjoint(told):
                blank |= numbers
        unsure |= blank
        unsure -= sure
        blank -= named
        listed = self._listed
        return Concept(
            infos,
            self._shared(sure),
            self._shared(unsure),
            told,
            self._shared(blank),
            tuple(sorted(sure & listed)),
            tuple(sorted(unsure & listed)),
        )

    def _holding(self, key: str) -> Iterable[int]:
        """Return the numbers of the sets that hold a key."""
        return chain(self._members.get(key, ()), self._bare.of(key))

    def _shared(self, numbers: set[int]) -> frozenset[int]:
        """Return one and the same object for equal sets: a supplier's own codes are all unsure of the same thousand sets."""
        frozen = frozenset(numbers)
        if len(self._known) >= _MAX_REMEMBERED:
            self._known.clear()
        return self._known.setdefault(frozen, frozen)


def rows_of(infos: Sequence[CodeInfo], table: Mapping[str, Iterable[ir.TableRow]]) -> list[ir.TableRow]:
    """Return the rows of a table for a concept, in the order of its keys."""
    return [row for key in dict.fromkeys(key for info in infos for key in info.keys) for row in table.get(key, ())]
