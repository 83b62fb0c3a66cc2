"""What the rest of the house may ask of a terminology, with a release or without one.

`Release` (a pack) and `FrozenTerminology` (the frozen lists and the shipped dm+d extract) both answer it. Codes are text
and never numbers; SNOMED CT and dm+d are one id space. "Cannot tell" has a value of its own everywhere: an empty answer
never stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable


class Status(StrEnum):
    """What a release says of a code."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"  # well formed, and not in the release
    CANNOT_TELL = "cannot_tell"  # no release, or outside what a subset pack covers


@dataclass(frozen=True, slots=True)
class Replacements:
    """What an inactive code became. `same`: SAME AS, REPLACED BY, a dm+d current id. `possible`: any other association."""

    same: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeContext:
    """What a code itself says of its context; None where it says nothing.

    `assertion`: present, absent, possible, planned. `subject`: patient, family, baby, another. `temporality`: current, past.
    `told` is False where the code is a situation whose attributes are not at hand (no release): then nothing is known.
    Source: SNOMED CT attributes 408729009, 408730004, 408731000, 408732007.
    """

    assertion: str | None = None
    subject: str | None = None
    temporality: str | None = None
    told: bool = True


class Words(StrEnum):
    """How words sent with a code stand to that code."""

    AGREES = "agrees"
    UNFAMILIAR = "unfamiliar"  # not a known description of this or of any other concept
    NAMES_ANOTHER = "names_another"  # a description of another concept, and of this one it is none
    DIFFERS = "differs"  # a description of this concept but for one word, and other concepts are told apart by these two words
    NEGATES = "negates"  # denies this concept (or affirms what the concept denies)
    UNCLEAR = "unclear"  # the words leave it open: in doubt, denied twice, too long for a description, or not to be read
    CANNOT_TELL = "cannot_tell"  # this code's own descriptions are not known, or it is a transfer-degraded code


@dataclass(frozen=True, slots=True)
class WordsVerdict:
    verdict: Words
    others: tuple[str, ...] = ()  # with NAMES_ANOTHER: the codes that the words describe


PRODUCT, INGREDIENTS = "product", "ingredients"
"""What of a product may be derived and not stated: which VMP it is of; its VTM, ingredients, form, route and strength."""


@dataclass(frozen=True, slots=True)
class Product:
    """A dm+d (or SNOMED CT) product as medicines rules see it. A field that is None is not known.

    `ids`: this id, its VMP, its VTM, and the former and later ids of each: what "a medicine is also its VMP and VTM,
    through former ids" means for membership in a value set.
    `same_product`: a key that two ids of one VMP share (through AMP, pack and former ids).
    `ingredients`: ids (or lower-case names, in the shipped extract) of base substances, one vocabulary within one terminology.
    `derived`: what of it no source states, and was concluded from names (`PRODUCT`, `INGREDIENTS`). It never holds.
    `partly`: it may be of a VTM or VMP that is not known here, so that not to be in a set says nothing.
    `by_name`: no source knows the id, and all of this is what the name that was sent with it says.
    """

    code: str
    level: str  # vtm, vmp, amp, vmpp, ampp, substance
    name: str | None
    ids: frozenset[str]
    same_product: str | None
    ingredients: frozenset[str] | None
    routes: frozenset[str] | None = None
    forms: frozenset[str] | None = None
    modified_release: bool | None = None
    bnf: str | None = None
    atc: str | None = None
    vtm: str | None = None  # the current id of its VTM
    strength: str | None = None  # of its one ingredient, units in UCUM: `500 mg`, `5 mg / 1 mL`
    derived: frozenset[str] = frozenset()
    partly: bool = False
    by_name: bool = False


@runtime_checkable
class Terminology(Protocol):
    """The facade. Immutable and safe to share between threads; every answer is the same for ever."""

    @property
    def name(self) -> str:
        """A line for people: the edition and its date, or "frozen lists"."""
        ...

    @property
    def edition(self) -> str | None:
        """The SNOMED CT edition URI with its version, or None without a release."""
        ...

    @property
    def digest(self) -> str:
        """A digest of all that the answers depend on."""
        ...

    @property
    def has_release(self) -> bool: ...

    def expand(self, ecl: str) -> frozenset[str]:
        """Return the codes that satisfy `ecl`. Raises EclError, never answers too little."""
        ...

    def status(self, code: str) -> Status: ...

    def replacements(self, code: str) -> Replacements: ...

    def terms(self, code: str) -> tuple[str, ...]:
        """Return the known descriptions, preferred first; empty where none is known (which is not "has none")."""
        ...

    def judge_words(self, code: str, words: str) -> WordsVerdict: ...

    def contrary(self, one: str, other: str) -> bool:
        """Return whether what one code says denies what the other says, by their descriptions or definitions."""
        ...

    def context(self, code: str) -> CodeContext: ...

    def product(self, code: str) -> Product | None:
        """Return what is known of a medicine, or None where its identity is not known."""
        ...

    def product_by_name(self, code: str, name: str) -> Product | None:
        """Return what a name in dm+d's form says of a medicine whose id is not known; None where it says no known substance."""
        ...
