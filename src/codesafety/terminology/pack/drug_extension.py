"""Medicines as the UK Drug Extension in RF2 states them, for a pack that was built without dm+d's own files.

What the level of a product is, its reference set or its parent says. Ingredients, form and route are attributes of the VMP; an
AMP is below its VMP, packs point to theirs. RF2 has no BNF, no ATC, and lags dm+d by weeks. A release without the Drug
Extension is not asked: its medicinal products are open ("product containing paracetamol"), and what is not in them is not said.
Source: NHS dm+d in SNOMED CT UK Drug Extension, Editorial Policy; SNOMED CT Editorial Guide, Pharmaceutical and biologic product.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache

from codesafety.terminology.dmd.names import read_form
from codesafety.terminology.interface import Product
from codesafety.terminology.pack import history
from codesafety.terminology.pack.store import Store

ACTIVE_INGREDIENT, PRECISE_ACTIVE_INGREDIENT = "127489000", "762949000"
SPECIFIC_ACTIVE_INGREDIENT = "10362801000001104"
MODIFICATION_OF = "738774007"
MANUFACTURED_DOSE_FORM, DISPENSED_DOSE_FORM = "411116001", "10362901000001105"
ROUTE = "13088401000001104"
HAS_VMP, HAS_AMP = "10362601000001103", "10362701000001108"

_INGREDIENTS = frozenset((ACTIVE_INGREDIENT, PRECISE_ACTIVE_INGREDIENT, SPECIFIC_ACTIVE_INGREDIENT))
_LEVELS = {  # level: its reference set, and the concept whose children are of it
    "vtm": ("999000581000001102", "10363701000001104"),
    "vmp": ("999000561000001109", "10363801000001108"),
    "amp": ("999000541000001108", "10363901000001102"),
    "vmpp": ("999000571000001104", "8653601000001108"),
    "ampp": ("999000551000001106", "10364001000001104"),
}
_SUBSTANCE = "105590001"


class Rf2Products:
    """The medicines of a release with the UK Drug Extension. Immutable; safe to share between threads.

    Ingredients, forms and routes are SNOMED CT concepts: one vocabulary within the release.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.product = lru_cache(maxsize=4096)(self._product)

    @staticmethod
    def is_in(store: Store) -> bool:
        """Whether the release has VMPs: by the reference set, or below the concept |Virtual medicinal product|."""
        refset, category = _LEVELS["vmp"]
        found = store.refsets.get(refset)
        at = store.ordinal(category)
        if found is not None and len(found.active_concepts) > 0:
            return True
        return at is not None and store.is_complete(at) and len(store.children(at)) > 0

    def _product(self, code: str) -> Product | None:
        """Return what the release states of a product or substance; None where it is neither, or not known."""
        ordinal = self._store.ordinal(code)
        current = None if ordinal is None else self._current(ordinal)
        level = None if current is None else self._level(current)
        if current is None or level is None:
            return None
        name = next(iter(self._store.texts.terms(current)), None) if self._store.has_texts else None
        if level in ("vtm", "substance"):
            ingredients = self._ingredients(current) if level == "vtm" else frozenset({self._base(current)})
            vtm = self._store.code(current) if level == "vtm" else None
            return Product(code, level, name, frozenset((code, *self._ids(current))), None, ingredients, vtm=vtm)
        vmp = self._vmp(current, level)
        if vmp is None:
            return Product(code, level, name, frozenset((code, *self._ids(current))), None, self._ingredients(current))
        vtm_at = self._above(vmp, "vtm")
        ids = {code, *self._ids(vmp), *(self._ids(vtm_at) if vtm_at is not None else ())}
        ingredients = self._ingredients(vmp)
        if ingredients is None:
            ingredients = self._ingredients(current)
        if ingredients is None and vtm_at is not None:
            ingredients = self._ingredients(vtm_at)
        forms = self._values(vmp, DISPENSED_DOSE_FORM) or self._values(vmp, MANUFACTURED_DOSE_FORM)
        return Product(
            code=code,
            level=level,
            name=name,
            ids=frozenset(ids),
            same_product=self._store.code(vmp),
            ingredients=ingredients,
            routes=self._codes(self._values(vmp, ROUTE)),
            forms=self._codes(forms),
            modified_release=self._is_modified(vmp),
            vtm=self._store.code(vtm_at) if vtm_at is not None else None,
        )

    def _current(self, ordinal: int) -> int | None:
        """Return the active concept that this one is or became; None where it became several, or none."""
        if self._store.is_active(ordinal):
            return ordinal
        same = history.replacements(self._store, ordinal).same
        return self._store.ordinal(same[0]) if len(same) == 1 else None

    def _ids(self, ordinal: int) -> Iterator[str]:
        """Yield a concept and those that were inactivated as the same or replaced by it, over all steps."""
        seen, waiting = {ordinal}, [ordinal]
        while waiting:
            target = waiting.pop()
            yield self._store.code(target)
            for refset in (history.SAME_AS, history.REPLACED_BY):
                rows = self._store.history_rows(refset)
                low, high = bisect_left(rows.target, target), bisect_right(rows.target, target)
                fresh = set(rows.source[low:high]) - seen
                seen |= fresh
                waiting += sorted(fresh)

    def _level(self, ordinal: int) -> str | None:
        store = self._store
        for level, (refset, _) in _LEVELS.items():
            found = store.refsets.get(refset)
            if found is not None:
                at = bisect_left(found.active_concepts, ordinal)
                if at < len(found.active_concepts) and found.active_concepts[at] == ordinal:
                    return level
        parents = {store.code(parent) for parent in store.parents(ordinal)}
        for level, (_, category) in _LEVELS.items():
            if category in parents:
                return level
        substance = store.ordinal(_SUBSTANCE)
        return "substance" if substance is not None and store.subsumes(substance, ordinal) else None

    def _vmp(self, ordinal: int, level: str) -> int | None:
        match level:
            case "vmp":
                return ordinal
            case "amp":
                return self._above(ordinal, "vmp")
            case _:
                direct = self._values(ordinal, HAS_VMP)
                if len(direct) == 1:
                    return direct.pop()
                amps = self._values(ordinal, HAS_AMP)
                return self._above(amps.pop(), "vmp") if len(amps) == 1 else None

    def _above(self, ordinal: int, level: str) -> int | None:
        """Return the nearest concept of a level above this one; None where there is none, or more than one as near."""
        nearest = set(self._store.parents(ordinal))
        seen = set(nearest)
        while nearest:
            found = {parent for parent in nearest if self._level(parent) == level}
            if found:
                return found.pop() if len(found) == 1 else None
            nearest = {above for parent in nearest for above in self._store.parents(parent)} - seen
            seen |= nearest
        return None

    def _values(self, ordinal: int, attribute: str) -> set[int]:
        type_ = self._store.ordinal(attribute)
        return {value for kind, _, value in self._store.attributes(ordinal) if kind == type_}

    def _codes(self, ordinals: set[int]) -> frozenset[str] | None:
        return frozenset(map(self._store.code, ordinals)) or None

    def _ingredients(self, ordinal: int) -> frozenset[str] | None:
        found = {
            self._base(value) for type_, _, value in self._store.attributes(ordinal) if self._store.code(type_) in _INGREDIENTS
        }
        return frozenset(found) or None

    def _base(self, substance: int) -> str:
        """Return what a salt or ester is a modification of, over all steps; itself where that is not one substance."""
        seen, at = {substance}, substance
        while len(of := self._values(at, MODIFICATION_OF) - seen) == 1:
            at = of.pop()
            seen.add(at)
        return self._store.code(substance if of else at)

    def _is_modified(self, vmp: int) -> bool | None:
        """The name of a VMP always says it; without descriptions it cannot be told."""
        if not self._store.has_texts:
            return None
        terms = self._store.texts.terms(vmp)
        return any(read_form(term).modified_release for term in terms) if terms else None
