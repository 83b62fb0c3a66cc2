"""What one coding means to rules: its keys, whether it speaks, its context, its product. Looked up once a code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations

from codesafety.ir import code_key
from codesafety.terminology import sctid
from codesafety.terminology.expression import the_concept
from codesafety.terminology.interface import CodeContext, Product, Status, Terminology
from codesafety.terminology.sctid import Damage
from codesafety.terminology.systems import canonical, normal_code

_MAX_REMEMBERED = 200_000
MOST_CODINGS = 16
"""Codings of one concept that are compared with one another."""
FHIR_CODE = re.compile(r"\S+( \S+)*")
"""How FHIR writes a code of any system: at least one character, no white space but single spaces inside."""
NO_CONTEXT = CodeContext()
"""A code that says nothing of its context."""
TRANSFER_DEGRADED = frozenset({"196421000000109", "196411000000103"})
"""Transfer-degraded entry codes: the identity of what was coded is lost. Source: GP2GP specification, GP Connect records."""


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """A coding's system and code, as rules compare them.

    A code that a supplier maps means its target: `system` and `code` are the target's.
    `keys`: what counts as being in a set: the code, what it was replaced by or mapped from, and for a medicine its VMP, VTM
    and former ids.
    `possible`: where an inactive code has several possible replacements, those; membership is that on which they agree.
    `speaks`: the code is well formed, known and of this system, so that absence from a set means something.
    """

    system: str | None
    code: str | None
    keys: tuple[str, ...]
    possible: tuple[str, ...]
    speaks: bool
    well_formed: bool | None
    context: CodeContext
    product: Product | None
    damage: str | None = None
    """The kind of damage, `valid` where there is none; None: no system, or no code.

    Of a system other than SNOMED CT and dm+d no more is known than how FHIR writes any code: without stray white space. A
    code that a supplier maps is whole: it was found in the map, and its target was tested when the map was loaded.
    """
    misplaced: bool = False
    """The code stands under another system, and is one that SNOMED CT is known to have."""

    @property
    def is_one_thing(self) -> bool:
        """Whether two that bear this code bear it of one thing, whatever is known of it: it is whole, and none that was lost."""
        return bool(self.well_formed) and self.system is not None and self.code not in TRANSFER_DEGRADED


NO_CODE = CodeInfo(None, None, (), (), False, None, NO_CONTEXT, None)


class Codebook:
    """Looks codings up in one terminology and remembers the answers. Safe to share between threads."""

    __slots__ = ("_contrary", "_entries", "_named", "_products", "has_met_expressions", "maps", "terminology")

    def __init__(self, terminology: Terminology, maps: Mapping[str, str] | None = None) -> None:
        """`maps`: suppliers' codes (as keys, `system|code`) to SNOMED CT concepts, by which they are judged."""
        self.terminology = terminology
        self.maps: Mapping[str, str] = dict(maps or {})
        self.has_met_expressions = False
        """Whether an expression was ever among the codes that were looked up."""
        self._entries: dict[tuple[str | None, str], CodeInfo] = {}
        self._products: dict[tuple[str | None, str], CodeInfo] = {}
        self._named: dict[tuple[str | None, str, str], CodeInfo] = {}
        self._contrary: dict[tuple[str, str], bool] = {}

    def entry(self, system: str | None, code: str | None) -> CodeInfo:
        """Return what a coding of an entry means. No code, or no system: it speaks of nothing."""
        if code is None:
            return NO_CODE
        found = self._entries.get((system, code))
        return found if found is not None else self._remember(self._entries, system, code, product=False)

    def product(self, system: str | None, code: str | None, called: str | None = None) -> CodeInfo:
        """Return what a coding of a medicine means. `called`: the name sent with it, which speaks where no source knows the id."""
        if code is None:
            return NO_CODE
        found = self._products.get((system, code))
        if found is None:
            found = self._remember(self._products, system, code, product=True)
        if called is None or found.product is not None or found.system != "sct" or not found.is_one_thing:
            return found
        key = system, code, called
        named = self._named.get(key)
        if named is None:
            if len(self._named) >= _MAX_REMEMBERED:
                self._named.clear()
            product = self.terminology.product_by_name(code, called)
            named = found
            if product is not None:
                keys = (*found.keys, *sorted(product.ids - set(found.keys)))
                named = replace(found, keys=keys, speaks=not product.partly, product=product)
            self._named[key] = named
        return named

    def key(self, key: str) -> CodeInfo:
        """Return what a key that a product carries (a route, a form) means."""
        system, bar, code = key.partition("|")
        return self.entry(system, code) if bar else self.entry("sct", key)

    def are_contrary(self, infos: Sequence[CodeInfo]) -> bool:
        """Return whether two SNOMED CT codes of one concept cannot both be so, or there are too many of them to tell."""
        codes = sorted({info.code for info in infos if info.system == "sct" and info.code is not None and info.well_formed})
        return len(codes) > MOST_CODINGS or any(self.contrary(one, other) for one, other in combinations(codes, 2))

    def contrary(self, one: str, other: str) -> bool:
        """Return whether one SNOMED CT code denies what the other says."""
        pair = (one, other) if one < other else (other, one)
        found = self._contrary.get(pair)
        if found is None:
            if len(self._contrary) >= _MAX_REMEMBERED:
                self._contrary.clear()
            found = self._contrary[pair] = self.terminology.contrary(*pair)
        return found

    def _remember(
        self, book: dict[tuple[str | None, str], CodeInfo], system: str | None, code: str, *, product: bool
    ) -> CodeInfo:
        if len(book) >= _MAX_REMEMBERED:
            book.clear()
        info = book[system, code] = self._look_up(system, code, product=product)
        return info

    def _look_up(self, system: str | None, code: str, *, product: bool) -> CodeInfo:
        short = canonical(system)
        if short is None:
            return CodeInfo(None, code, (), (), False, None, NO_CONTEXT, None)
        if short != "sct":
            own = code_key(short, normal_code(short, code))
            if (mapped := self.maps.get(own)) is not None:
                target = self._look_up("sct", mapped, product=product)
                return replace(target, keys=(*target.keys, own))  # a map takes no code out of a set that names it
            found = self.terminology.product(code_key(short, code)) if product else None
            keys = (own, *(sorted(found.ids) if found else ()))
            formed = FHIR_CODE.fullmatch(code) is not None
            misplaced = sctid.is_concept_id(code) and bool(self.terminology.terms(code))
            damage = Damage.VALID if formed else Damage.STRAY_CHARACTERS
            return CodeInfo(short, code, keys, (), formed, formed, NO_CONTEXT, found, damage, misplaced)
        code = the_concept(code) or code
        if not sctid.is_concept_id(code) or code in TRANSFER_DEGRADED:
            told = sctid.diagnose(code)  # an expression is whole, and what it means is not known here
            expression = told.diagnosis is Damage.EXPRESSION
            self.has_met_expressions = self.has_met_expressions or expression
            formed = told.is_valid or expression
            return CodeInfo("sct", code, (code,), (), False, formed, NO_CONTEXT, None, told.diagnosis)
        return self._snomed(code, product=product)

    def _snomed(self, code: str, *, product: bool) -> CodeInfo:
        terminology = self.terminology
        status = terminology.status(code)
        keys: list[str] = [code]
        possible: tuple[str, ...] = ()
        context = NO_CONTEXT if product else _plain(terminology.context(code))
        if status is Status.INACTIVE:
            replaced = terminology.replacements(code)
            keys += replaced.same
            if not replaced.same:
                possible = replaced.possible
            if not product and len(replaced.same) == 1:
                context = _plain(terminology.context(replaced.same[0]))
        speaks = status is not Status.UNKNOWN
        found = None
        if product:
            found = terminology.product(code)
            speaks = found is not None and not found.partly
            if found is not None:
                keys += sorted(found.ids - {code})
        return CodeInfo("sct", code, tuple(keys), possible, speaks, True, context, found, Damage.VALID)


def _plain(context: CodeContext) -> CodeContext:
    """Return the one object that stands for a code that says nothing of its context."""
    return NO_CONTEXT if context == NO_CONTEXT else context


@dataclass(frozen=True, slots=True)
class BoundSet:
    """A value set bound to codes: `members` and `perhaps` as keys, and the systems that its members speak of."""

    name: str
    members: Set[str]
    perhaps: frozenset[str]
    systems: frozenset[str]
    base: str  # "release", "frozen" or "codes": where the base came from

    def understands(self, infos: tuple[CodeInfo, ...]) -> bool:
        """Return whether the set has anything to say of a concept with these codings.

        It has nothing to say of a supplier's own code, a damaged or lost one, or none: as a trigger, such an item cannot be told.
        """
        return any(
            (info.speaks and info.system in self.systems)
            or any(key in self.members or key in self.perhaps for key in info.keys)
            or any(key in self.members for key in info.possible)
            for info in infos
        )

    def holds(self, infos: tuple[CodeInfo, ...]) -> bool | None:
        """Return whether a concept with these codings is in the set; None where it cannot be told.

        One coding in the set is enough; else a `perhaps` code, or an inactive one whose possible replacements disagree,
        leaves it open; else a coding that speaks and is of one of the set's systems says no; else it cannot be told.
        """
        members = self.members
        for info in infos:
            for key in info.keys:
                if key in members:
                    return True
        unsure = told = False
        for info in infos:
            if info.possible:
                inside = [key in members for key in info.possible]
                if all(inside):
                    return True
                unsure = unsure or any(inside)
            if self.perhaps and not unsure:
                unsure = any(key in self.perhaps for key in info.keys)
            if info.speaks and info.system in self.systems:
                told = True
        if unsure:
            return None
        return False if told else None
