"""What can be told of codes without a release: frozen lists' terms and contexts, shipped names, and the shipped dm+d extract."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import Any

from codesafety.terminology.bare_codes import BareCodes
from codesafety.terminology.errors import NotSupported
from codesafety.terminology.interface import CodeContext, Product, Replacements, Status, WordsVerdict
from codesafety.terminology.pack.code_table import CodeTable
from codesafety.terminology.pack.extract import shipped_products
from codesafety.terminology.pack.named import named_product
from codesafety.terminology.pack.names import shipped_names
from codesafety.terminology.pack.products import DmdSection
from codesafety.terminology.words.context import context_from_term
from codesafety.terminology.words.descriptions import contrary, judge
from codesafety.terminology.words.normal import normal


class FrozenTerminology:
    """A `Terminology` without a release. Immutable; what it does not hold it cannot tell.

    `terms`: known descriptions by code, preferred first (of other systems, `system|code`), as the frozen files and the
    rulesets name them. `contexts`: what frozen files say of a code's assertion, subject and time; a code that stands in none
    says nothing of its context, except a "(situation)", of which nothing is known. `products`: the shipped extract if None.
    `bare`: the codes of lists without terms and contexts.
    `names`: a fully specified name for each of many codes, beside what the lists name; the shipped ones if None.
    """

    name = "frozen lists"
    edition: str | None = None
    has_release = False

    def __init__(
        self,
        terms: Mapping[str, Sequence[str]] | None = None,
        contexts: Mapping[str, CodeContext] | None = None,
        products: Mapping[str, Product] | None = None,
        names: Mapping[str, Sequence[str]] | None = None,
        bare: Sequence[BareCodes] = (),
    ) -> None:
        self._terms = {code: tuple(known) for code, known in (terms or {}).items() if known}
        self._contexts = dict(contexts or {})
        self._bare = tuple(bare)
        self._given_products = products
        self._given_names = names
        self._terms_of = lru_cache(maxsize=4096)(self._known_terms)
        self._worked_out: Mapping[str, Any] | None = None
        """What a stored form has beside terms and contexts."""

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], bare: Sequence[BareCodes]) -> FrozenTerminology:
        """Return what `plain` told, with the shipped extract, and with lists of bare codes, which it leaves out."""
        contexts: dict[str, CodeContext] = {}
        for *said, codes in plain["contexts"]:
            contexts.update(dict.fromkeys(codes, CodeContext(*said)))
        made = cls(plain["terms"], contexts, bare=bare)
        made._worked_out = plain
        return made

    def plain(self) -> dict[str, Any]:
        """Return what JSON can hold of terms and contexts, and what is worked out of them."""
        contexts: dict[CodeContext, list[str]] = {}
        for code, said in self._contexts.items():
            contexts.setdefault(said, []).append(code)
        return {
            "terms": self._terms,
            "contexts": [[c.assertion, c.subject, c.temporality, c.told, codes] for c, codes in contexts.items()],
            "by_term": {key: list(codes) for key, codes in self._by_term.items()},
            "digest": self.digest,
            "shipped": self._shipped_digest,
        }

    @cached_property
    def _products(self) -> Mapping[str, Product]:
        return shipped_products() if self._given_products is None else self._given_products

    @cached_property
    def _names(self) -> Mapping[str, Sequence[str]]:
        return shipped_names() if self._given_names is None else self._given_names

    @property
    def _shipped_digest(self) -> str | None:
        """A digest of the products and names that this asks; None where they are no packs."""
        products = getattr(self._products, "digest", None)
        names = self._names
        return f"{products} {names.digest}" if products is not None and isinstance(names, CodeTable) else None

    @cached_property
    def _by_term(self) -> Mapping[str, Collection[str]]:
        if self._worked_out is not None:
            by_term: Mapping[str, Collection[str]] = self._worked_out["by_term"]
            return by_term
        return _inverted((normal(term), code) for code, known in self._terms.items() for term in known)

    def _products_named(self, key: str) -> Iterable[str]:
        products = self._products
        if isinstance(products, DmdSection):
            return products.named(key)
        return (product.code for product in products.values() if product.name and normal(product.name) == key)

    def _codes_named(self, key: str) -> Iterable[str]:
        names = self._names
        if isinstance(names, CodeTable):
            return names.named(key)
        return (code for code, known in names.items() if key in map(normal, known))

    @cached_property
    def digest(self) -> str:
        """A digest of all that the answers depend on."""
        if self._worked_out is not None and self._shipped_digest == self._worked_out["shipped"] is not None:
            return str(self._worked_out["digest"])
        own = getattr(self._products, "digest", None)
        bare = [blake2b(codes.ids.tobytes(), digest_size=16).hexdigest() for codes in self._bare]
        contexts = {c: (x.assertion, x.subject, x.temporality, x.told) for c, x in self._contexts.items()}
        whole = blake2b(json.dumps([self._terms, contexts, *bare], sort_keys=True).encode(), digest_size=16)
        whole.update((own or _digest_of(self._products)).encode())
        names = self._names
        whole.update((names.digest if isinstance(names, CodeTable) else json.dumps(names, sort_keys=True)).encode())
        return whole.hexdigest()

    def expand(self, ecl: str) -> frozenset[str]:
        """Raises NotSupported: an expression constraint has no answer without a release."""
        raise NotSupported(
            "an expression constraint cannot be expanded without a release: give a pack made by "
            "`codesafety terminology build`, or name the codes in a frozen file"
        )

    def status(self, code: str) -> Status:
        """Return CANNOT_TELL, always: only a release knows which codes are active."""
        return Status.CANNOT_TELL

    def replacements(self, code: str) -> Replacements:
        """Return none, always: `status` says that they are not known."""
        return Replacements()

    def terms(self, code: str) -> tuple[str, ...]:
        """Return the known descriptions, preferred first; empty where none is known (which is not "has none")."""
        return self._terms_of(code)

    def _known_terms(self, code: str) -> tuple[str, ...]:
        known = self._terms.get(code, ())
        product = self.product(code)
        named = self._names.get(code, ()) if product is None else (product.name,) if product.name else ()
        return (*known, *(name for name in named if name not in known)) if named else known

    def judge_words(self, code: str, words: str) -> WordsVerdict:
        """Return how the words stand to the code, by those of its descriptions that are known."""
        product = self.product(code)
        if product is None:
            return judge(code, words, self.terms(code), self._find, terms_of=self.terms)

        def find(key: str) -> frozenset[str]:
            return frozenset(self._by_term.get(key, ())).union(self._products_named(key))

        def akin(other: str) -> bool:
            return other in product.ids or _one_medicine(product, self.product(other))

        # A product has one name in dm+d, and a supplier's may be sent by its VMP's: known, all are known. The names of what is no
        # product are not: "Emollient" may be one of them.
        complete = product.same_product is not None
        return judge(code, words, self.terms(code), find, complete=complete, akin=akin, terms_of=self.terms)

    def _find(self, key: str) -> frozenset[str]:
        return frozenset(self._by_term.get(key, ())).union(self._products_named(key), self._codes_named(key))

    def contrary(self, one: str, other: str) -> bool:
        """Return whether a known description of one denies what those of the other say."""
        return contrary(self.terms(one), self.terms(other))

    def context(self, code: str) -> CodeContext:
        """Return what the code says of its context, as its frozen file has it."""
        told, terms = self._contexts.get(code), self._terms.get(code, ())
        if (told is not None or terms) and any(code in codes for codes in self._bare):
            return CodeContext() if told in (None, CodeContext()) else CodeContext(told=False)  # of two that differ, neither
        if told is not None:
            return told
        for term in terms:
            from_term = context_from_term(term)
            if not from_term.told:
                return from_term
        return CodeContext()

    def product(self, code: str) -> Product | None:
        """Return what the extract knows of a medicine, or None where its identity is not known."""
        products = self._products  # `Mapping.get` raises and catches an error for every code that is no product: most are none
        if code not in products:
            return None
        return products[code]

    def product_by_name(self, code: str, name: str) -> Product | None:
        """Return what a name in dm+d's form says of a medicine whose id the extract does not know."""
        return named_product(self._products, code, name) if isinstance(self._products, DmdSection) else None


def _one_medicine(a: Product, b: Product | None) -> bool:
    return b is not None and (a.code in b.ids or (a.same_product is not None and a.same_product == b.same_product))


def _inverted(pairs: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for key, code in pairs:
        if key:
            known = found.get(key)  # most keys are one code's: no set is made to be frozen
            found[key] = frozenset((code,)) if known is None else known | {code}
    return found


def _digest_of(products: Mapping[str, Product]) -> str:
    whole = blake2b(digest_size=16)
    for code in sorted(products):
        p = products[code]
        sets = [None if s is None else sorted(s) for s in (p.ids, p.ingredients, p.routes, p.forms)]
        whole.update(
            json.dumps([p.code, p.level, p.name, p.same_product, p.modified_release, p.bnf, p.atc, p.vtm, *sets]).encode()
        )
    return whole.hexdigest()
