"""Items by what a pair needs in common, a day or a code: joins, so that not every pair is asked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from codesafety.evaluation.calendar import OPEN_END, OPEN_START, Interval
from codesafety.evaluation.facts import Facts, ItemFact

_NOBODY: list[ItemFact] = []


def of_each_kind(items: list[ItemFact], facts: Facts) -> list[ItemFact]:
    """Return the items without those incoming ones for which others that are alike can stand, as partners in a pair.

    Of each kind the first two and the last two stay, each two of different orders: beside any item there is then one that is
    another, and one before and one behind it where there were any. Those left out are asked about in their own turn.
    """
    kinds: dict[object, list[ItemFact]] = {}
    for item in items:
        if item.incoming:
            kinds.setdefault(facts.alike(item), []).append(item)
    kept = {item.index for kind in kinds.values() for item in (*_two(kind, facts), *_two(kind[::-1], facts))}
    return [item for item in items if not item.incoming or item.index in kept]


def _two(kind: list[ItemFact], facts: Facts) -> Iterator[ItemFact]:
    first = kind[0]
    yield first
    yield from islice((item for item in kind if item is not first and not facts.same_order(item, first)), 1)


class Spread:
    """Items by the days that they may take: found without a look at those of other years.

    Those whose days have as many binary digits stand together, in the order of their first days: where the longest of them could
    have begun is known, and at least half of what lies between was looked for.
    """

    def __init__(self, items: Iterable[ItemFact], days: Callable[[ItemFact], Interval]) -> None:
        lengths: dict[int, list[tuple[int, int, ItemFact]]] = {}
        for item in items:
            first, last = days(item)
            lengths.setdefault((last - first).bit_length(), []).append((first, last, item))
        self._lengths = {
            digits: ([first for first, _, _ in items], items)
            for digits, found in lengths.items()
            for items in [sorted(found, key=lambda item: item[0])]
        }

    def between(self, first: int, last: int) -> list[ItemFact]:
        """Return the items of which it is not certain that they have no day from the first to the last, in their order."""
        found = []
        for digits, (firsts, items) in self._lengths.items():
            earliest = bisect_left(firsts, first - (1 << digits))
            found += [item for _, end, item in items[earliest : bisect_right(firsts, last)] if end >= first]
        return sorted(found, key=_place)


def course_days(medicine: ItemFact) -> Interval:
    """Return the first day and the last that a course may have."""
    course = medicine.course
    if course.ends_before_it_starts:
        return OPEN_START, OPEN_END
    return OPEN_START if course.start is None else course.start[0], OPEN_END if course.end is None else course.end[1]


class Medicines:
    """Medicines by product, by code and by ingredients, beside those of which either is not told."""

    def __init__(self, medicines: Iterable[ItemFact]) -> None:
        self._products: dict[str, list[ItemFact]] = {}
        self._codes: dict[str, list[ItemFact]] = {}
        self._ingredients: dict[str, list[ItemFact]] = {}
        self._made_of: dict[frozenset[str], list[ItemFact]] = {}
        self._no_product: list[ItemFact] = []
        self._no_product_made_of: dict[frozenset[str] | None, list[ItemFact]] = {}
        self._no_ingredients: list[ItemFact] = []
        for medicine in medicines:
            product = medicine.product
            made_of = None if product is None else product.ingredients
            if product is not None:
                self._codes.setdefault(product.code, []).append(medicine)
            if product is None or product.same_product is None:
                self._no_product.append(medicine)
                self._no_product_made_of.setdefault(made_of, []).append(medicine)
            else:
                self._products.setdefault(product.same_product, []).append(medicine)
            if made_of is None:
                self._no_ingredients.append(medicine)
            else:
                self._made_of.setdefault(made_of, []).append(medicine)
                for ingredient in made_of:
                    self._ingredients.setdefault(ingredient, []).append(medicine)

    def of_product(self, medicine: ItemFact) -> tuple[list[ItemFact], ...]:
        """Return lists of those that are not surely another product; none where nothing of this one is told: it may be any.

        Two of which one's product is not told are surely two where they are not made of the same.
        """
        product = medicine.product
        if product is None or (product.same_product is None and product.ingredients is None):
            return ()
        made_of, of_its_code = product.ingredients, self._codes.get(product.code, _NOBODY)
        if product.same_product is None:
            assert made_of is not None
            return of_its_code, self._made_of.get(made_of, _NOBODY), self._no_ingredients
        same = self._products.get(product.same_product, _NOBODY)
        if made_of is None:
            return same, of_its_code, self._no_product
        untold = (self._no_product_made_of.get(one, _NOBODY) for one in (made_of, None))
        return same, of_its_code, *untold

    def of_ingredient(self, medicine: ItemFact) -> tuple[list[ItemFact], ...]:
        """Return lists of those that may share an ingredient; none where this one's are not told. One product shares all."""
        product = medicine.product
        if product is None or product.ingredients is None:
            return ()
        shared = [self._ingredients.get(ingredient, _NOBODY) for ingredient in sorted(product.ingredients)]
        return *shared, self._no_ingredients, *self.of_product(medicine)[:1]


class Dated:
    """Entries by their day: two that have different exact days do not say the same."""

    def __init__(self) -> None:
        self._by_day: dict[int, list[ItemFact]] = {}
        self._open: list[ItemFact] = []

    def add(self, entry: ItemFact) -> None:
        first, last = entry.span
        if first == last:
            self._by_day.setdefault(first, []).append(entry)
        else:
            self._open.append(entry)

    def near(self, entry: ItemFact) -> Iterator[ItemFact]:
        """Yield the entries that may be of its day."""
        first, last = entry.span
        if first == last:
            yield from self._by_day.get(first, ())
        else:
            for entries in self._by_day.values():
                yield from entries
        yield from self._open


class Twins:
    """Entries by what two that say the same have in common: a code, or no system of which both speak; and a day."""

    def __init__(self, entries: Iterable[ItemFact]) -> None:
        self._by_key: dict[str, Dated] = {}
        self._by_systems: dict[frozenset[str | None], Dated] = {}
        self._found: dict[object, list[ItemFact]] = {}
        for entry in entries:
            for key in {key for info in entry.infos for key in info.keys}:
                self._by_key.setdefault(key, Dated()).add(entry)
            self._by_systems.setdefault(_told(entry), Dated()).add(entry)

    def of(self, entry: ItemFact) -> list[ItemFact]:
        """Return the entries that may say the same as this one, in their order; one list for all entries that ask alike."""
        told = _told(entry)
        keys = frozenset(key for info in entry.infos for key in info.keys)
        question = (keys, told, entry.span)
        answer = self._found.get(question)
        if answer is None:
            found = {other.index: other for key in keys if key in self._by_key for other in self._by_key[key].near(entry)}
            for systems, others in self._by_systems.items():
                if systems.isdisjoint(told):
                    found.update((other.index, other) for other in others.near(entry))
            answer = self._found[question] = [found[index] for index in sorted(found)]
        return answer


def _told(entry: ItemFact) -> frozenset[str | None]:
    return frozenset(info.system for info in entry.infos if info.speaks)


def together(lists: Iterable[list[ItemFact]]) -> list[ItemFact]:
    """Return the members of lists, once and in their order."""
    filled = [found for found in lists if found]
    if len(filled) < 2:
        return filled[0] if filled else []
    every = {member.index: member for found in filled for member in found}
    return [every[index] for index in sorted(every)]


def _place(item: ItemFact) -> int:
    return item.index
