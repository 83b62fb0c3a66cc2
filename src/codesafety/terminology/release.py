"""The facade over a pack: what the rest of the house asks of a release, of a table of codes, and of dm+d beside either.

What a question needs is imported when it is first asked: a process that starts, asks one thing and ends pays for that alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from codesafety.terminology.errors import NotSupported, OutsideSubset, UnknownConcept
from codesafety.terminology.interface import CodeContext, Product, Replacements, Status, WordsVerdict
from codesafety.terminology.pack.file import Pack
from codesafety.terminology.pack.store import Store

if TYPE_CHECKING:
    from codesafety.terminology.dmd.medicines import Strength
    from codesafety.terminology.pack.code_table import CodeTable
    from codesafety.terminology.pack.drug_extension import Rf2Products
    from codesafety.terminology.pack.products import DmdSection


class Release:
    """A `Terminology` over a pack. Immutable and safe to share between threads.

    A pack without dm+d answers `product` from the UK Drug Extension, and without that from the extract that ships with the
    library; one without names of codes has those that ship with it. `digest` covers both. Raises PackError where the pack cannot be opened.
    """

    def __init__(self, pack: Pack | Path | str) -> None:
        self.pack = pack if isinstance(pack, Pack) else Pack(pack)
        self._expanded = lru_cache(maxsize=512)(self._expand)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Return the terminology of a pack file. Raises PackError where it is missing, damaged or of another format."""
        return cls(Pack(path))

    @property
    def has_release(self) -> bool:
        """Whether the pack holds a SNOMED CT release: a table of codes has descriptions and nothing else."""
        return self.pack.manifest.get("kind") == "release"

    @cached_property
    def store(self) -> Store:
        """The release itself. Raises NotSupported where the pack holds a table of codes."""
        return Store(self.pack)

    @cached_property
    def table(self) -> CodeTable | None:
        """The table of codes, where the pack holds one."""
        from codesafety.terminology.pack.code_table import CodeTable

        return CodeTable(self.pack) if CodeTable.is_in(self.pack) else None

    @cached_property
    def _dmd(self) -> DmdSection | None:
        if "dmd" not in self.pack.manifest:
            return None
        from codesafety.terminology.pack.products import DmdSection

        return DmdSection(self.pack)

    @cached_property
    def _shipped(self) -> Mapping[str, Product]:
        if self._dmd is not None or self._drug_extension is not None:
            return {}
        from codesafety.terminology.pack.extract import shipped_products

        return shipped_products()

    @cached_property
    def _shipped_names(self) -> CodeTable | None:
        """The shipped names, where the pack has none of its own."""
        if self.table is not None or (self.has_release and self.store.has_texts):
            return None
        from codesafety.terminology.pack.names import shipped_names

        return shipped_names()

    @cached_property
    def _drug_extension(self) -> Rf2Products | None:
        if not self.has_release:
            return None
        from codesafety.terminology.pack.drug_extension import Rf2Products

        return Rf2Products(self.store) if Rf2Products.is_in(self.store) else None

    @cached_property
    def name(self) -> str:
        manifest = self.pack.manifest
        if self.has_release:
            whole = "SNOMED CT subset of" if manifest["subset"] else "SNOMED CT"
            base = f"{whole} {self.edition or 'an unnamed edition'}, {manifest['effective_time']}"
        else:
            base = "codes from " + ", ".join(manifest["tables"]) if manifest["tables"] else ""
        dmd = manifest.get("dmd")
        overlay = f"dm+d of {dmd['released'] or 'no stated date'}" if dmd else ""
        return " with ".join(filter(None, (base, overlay)))

    @property
    def edition(self) -> str | None:
        edition: str | None = self.pack.manifest.get("edition")
        return edition

    @cached_property
    def digest(self) -> str:
        products, names = getattr(self._shipped, "digest", None), self._shipped_names
        return "-".join(filter(None, (self.pack.digest, products, names.digest if names is not None else None)))

    def expand(self, ecl: str) -> frozenset[str]:
        """Return the codes that satisfy `ecl`. Raises EclError; NotSupported where the pack holds a table of codes."""
        return self._expanded(ecl)

    def _expand(self, expression: str) -> frozenset[str]:
        if not self.has_release:
            raise NotSupported(
                f"{self.pack.path.name} is a table of codes, without a hierarchy: an expression constraint "
                "needs a pack built from a SNOMED CT release"
            )
        from codesafety.terminology import ecl

        return ecl.expand(self.store, expression).code_set()

    def status(self, code: str) -> Status:
        """Return what the release says; of dm+d ids what dm+d says, which is newer. A table of codes cannot tell."""
        if self._dmd is not None and (told := self._dmd.status(code)) is not Status.UNKNOWN:
            return told
        if not self.has_release:
            return Status.CANNOT_TELL
        ordinal = self.store.ordinal(code)
        if ordinal is None:
            return Status.CANNOT_TELL if self.store.is_subset else Status.UNKNOWN
        return Status.ACTIVE if self.store.is_active(ordinal) else Status.INACTIVE

    def replacements(self, code: str) -> Replacements:
        if self._dmd is not None and (now := self._dmd.current_id(code)) is not None:
            return Replacements(same=(now,))
        from codesafety.terminology.pack import history

        ordinal = self.store.ordinal(code) if self.has_release else None
        return Replacements() if ordinal is None else history.replacements(self.store, ordinal)

    def terms(self, code: str) -> tuple[str, ...]:
        """Return the known descriptions, preferred first; empty where none is known (which is not "has none")."""
        known: tuple[str, ...] = ()
        if self.has_release and self.store.has_texts:
            ordinal = self.store.ordinal(code)
            known = self.store.texts.terms(ordinal) if ordinal is not None else ()
        elif self.table is not None:
            known = self.table.terms(code)
        product = self.product(code)
        if product is None and self._shipped_names is not None:
            known = self._shipped_names.terms(code)
        return (*known, product.name) if product is not None and product.name and product.name not in known else known

    def judge_words(self, code: str, words: str) -> WordsVerdict:
        """Return how the words stand to the code. All its descriptions are known where the release has them."""
        from codesafety.terminology.words.descriptions import judge

        product = self.product(code)
        ordinal = self.store.ordinal(code) if self.has_release and self.store.has_texts else None

        def former() -> Iterator[str]:
            if ordinal is not None:
                yield from self.store.texts.terms(ordinal, inactive=True)

        def akin(other: str) -> bool:
            if product is not None and (other in product.ids or self._same_product(product, other)):
                return True
            return other in self._kin(code) or code in self._kin(other)

        return judge(
            code,
            words,
            self.terms(code),
            self._named if product is not None else self._named_by_any,
            complete=ordinal is not None or (product is not None and product.same_product is not None),
            akin=akin,
            former=former(),
            terms_of=self.terms,
        )

    def _same_product(self, product: Product, other: str) -> bool:
        found = self.product(other)
        return found is not None and found.same_product is not None and found.same_product == product.same_product

    def _kin(self, code: str) -> tuple[str, ...]:
        found = self.replacements(code)
        return (*found.same, *found.possible)

    def _named(self, key: str) -> frozenset[str]:
        found: set[str] = set()
        if self.has_release and self.store.has_texts:
            found.update(map(self.store.code, self.store.texts.named(key)))
        if self.table is not None:
            found |= self.table.named(key)
        if self._dmd is not None:
            found.update(self._dmd.named(key))
        return frozenset(found)

    def _named_by_any(self, key: str) -> frozenset[str]:
        """Return also what is no product, and shipped: it may yet be what a product is called."""
        return self._named(key) | (self._shipped_names.named(key) if self._shipped_names is not None else frozenset())

    def contrary(self, one: str, other: str) -> bool:
        """Return whether one code denies what the other says: by descriptions, or as absence of a matter and the matter itself."""
        from codesafety.terminology.words.descriptions import contrary

        if self._is_a(one, other) or self._is_a(other, one):
            return False
        if contrary(self.terms(one), self.terms(other)):
            return True
        return self._excludes(one, other) or self._excludes(other, one)

    def _excludes(self, absent: str, present: str) -> bool:
        """Return whether `absent` says of a matter that it is not there, and `present` that it, or a kind of it, is."""
        one, other = self.context(absent), self.context(present)
        if not (one.told and other.told) or one.assertion != "absent" or other.assertion not in (None, "present"):
            return False
        whose = [(said.subject or "patient", said.temporality or "current") for said in (one, other)]
        denied, said = self._matters(absent), self._matters(present) or {present}
        return whose[0] == whose[1] and any(self._is_a(matter, above) for matter in said for above in denied)

    def _matters(self, code: str) -> set[str]:
        """Return the findings and procedures that a situation is about."""
        from codesafety.terminology.words.context import MATTERS

        ordinal = self.store.ordinal(code) if self.has_release else None
        rows = () if ordinal is None else self.store.attributes(ordinal)
        return {self.store.code(value) for type_, _, value in rows if self.store.code(type_) in MATTERS}

    def context(self, code: str) -> CodeContext:
        """Return what the code's own attributes say of its context; of an inactive code, what its replacements' agree on.

        `told` is False where nothing is known of the code, or it is a situation whose attributes are not at hand.
        """
        from codesafety.terminology.words.context import context_from_term

        if self.has_release:
            ordinal = self.store.ordinal(code)
            if ordinal is None:
                return CodeContext(told=self._dmd is not None and code in self._dmd)
            if self.store.is_active(ordinal):
                return self._context(ordinal)
            same = {self.context(other) for other in self.replacements(code).same}
            if len(same) == 1:
                return same.pop()
        terms = self.terms(code)
        if not terms:
            return CodeContext(told=not self.has_release)
        return next((told for told in map(context_from_term, terms) if not told.told), CodeContext())

    def _context(self, ordinal: int) -> CodeContext:
        from codesafety.terminology.words.context import CONTEXT_ATTRIBUTES, context_from_attributes

        store = self.store
        found: dict[str, set[str]] = {}
        for type_, _, value in store.attributes(ordinal):
            if (attribute := store.code(type_)) in CONTEXT_ATTRIBUTES:
                found.setdefault(attribute, set()).add(store.code(value))
        return context_from_attributes(found, self._is_a)

    def _is_a(self, code: str, ancestor: str) -> bool:
        if not self.has_release:
            return False
        below, above = self.store.ordinal(code), self.store.ordinal(ancestor)
        return below is not None and above is not None and self.store.subsumes(above, below)

    def product(self, code: str) -> Product | None:
        """Return what is known of a medicine, or None where its identity is not known."""
        if self._dmd is not None:
            return self._dmd.product(code)
        return self._drug_extension.product(code) if self._drug_extension is not None else self._shipped.get(code)

    def product_by_name(self, code: str, name: str) -> Product | None:
        """Return what a name in dm+d's form says of a medicine whose id is not known; None without any dm+d but RF2's."""
        from codesafety.terminology.pack.named import named_product
        from codesafety.terminology.pack.products import DmdSection

        section = self._dmd if self._dmd is not None else self._shipped
        return named_product(section, code, name) if isinstance(section, DmdSection) else None

    def strengths(self, code: str) -> tuple[Strength, ...] | None:
        """Return how much of each ingredient a product holds, as dm+d states it; None where no dm+d is loaded or states it."""
        return self._dmd.strengths(code) if self._dmd is not None else None

    def subsumes(self, ancestor: str, code: str) -> bool:
        """Whether `code` is `ancestor` or below it. Raises UnknownConcept for a code that the release does not hold."""
        above, below = (self.known(each) for each in (ancestor, code))
        return self.store.subsumes(above, below)

    def known(self, code: str) -> int:
        """Return a concept's ordinal. Raises UnknownConcept, or OutsideSubset where a subset pack cannot tell."""
        ordinal = self.store.ordinal(code)
        if ordinal is None:
            if self.store.is_subset:
                raise OutsideSubset(
                    f"{code[:20]} is not in this subset pack: whether the release holds it cannot be told", concept=code
                )
            raise UnknownConcept(f"{code[:20]} is no concept of this release", concept=code)
        return ordinal
