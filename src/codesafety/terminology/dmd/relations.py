"""How two medicines stand to each other: one product, one ingredient, one class; and at which level that is known.

Every answer has three values. `holds` is None, "cannot tell", when a product is not known at all (a transfer-degraded entry, a
supplier's own code) or when the fact that would decide is missing (a VTM without ingredients, a product without a BNF code).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from codesafety.terminology.interface import Product


class Level(StrEnum):
    """The level of dm+d, or of a classification, at which two products are the same."""

    AMP = "amp"
    VMP = "vmp"
    VTM = "vtm"
    INGREDIENT = "ingredient"
    BNF_CHAPTER = "bnf_chapter"
    BNF_SECTION = "bnf_section"
    BNF_PARAGRAPH = "bnf_paragraph"
    BNF_SUBPARAGRAPH = "bnf_subparagraph"
    BNF_CHEMICAL = "bnf_chemical"
    ATC1 = "atc1"
    ATC2 = "atc2"
    ATC3 = "atc3"
    ATC4 = "atc4"
    ATC5 = "atc5"


CLASS_LENGTHS = {
    Level.BNF_CHAPTER: 2,
    Level.BNF_SECTION: 4,
    Level.BNF_PARAGRAPH: 6,
    Level.BNF_SUBPARAGRAPH: 7,
    Level.BNF_CHEMICAL: 9,
    Level.ATC1: 1,
    Level.ATC2: 3,
    Level.ATC3: 4,
    Level.ATC4: 5,
    Level.ATC5: 7,
}
"""Characters of a BNF or ATC code that name the class. Sources: NHSBSA BNF code structure; WHO ATC."""

_NHSBSA_BNF_LENGTHS = (9, 11, 15)  # chemical substance, product, presentation: these carry the chemical substance


@dataclass(frozen=True, slots=True)
class Relation:
    """`holds`: None is cannot tell. `level`: the closest level at which it holds; None unless it does."""

    holds: bool | None
    level: Level | None = None


_CANNOT_TELL, _NO = Relation(None), Relation(False)


def same_product(a: Product | None, b: Product | None) -> Relation:
    """Return whether two are one product: one VMP, through AMP, pack and former ids.

    A VTM names no product, so two entries that say only "Paracetamol" cannot be told; two with other ingredients are not one.
    """
    if a is None or b is None:
        return _CANNOT_TELL
    if a.same_product is not None and b.same_product is not None:
        if a.same_product != b.same_product:
            return _NO
        return Relation(True, Level.AMP if a.code == b.code and a.level in ("amp", "ampp") else Level.VMP)
    if a.code == b.code and a.level in ("amp", "ampp"):
        return Relation(True, Level.AMP)
    if a.ingredients is not None and b.ingredients is not None and a.ingredients != b.ingredients:
        return _NO
    return _CANNOT_TELL


def shares_ingredient(a: Product | None, b: Product | None) -> Relation:
    """Return whether any base substance is in both, alone or inside a combination."""
    if a is None or b is None:
        return _CANNOT_TELL
    if (same := same_product(a, b)).holds:
        return same
    if a.ingredients is None or b.ingredients is None:
        return Relation(True, Level.VTM) if _one_vtm(a, b) else _CANNOT_TELL
    if a.ingredients.isdisjoint(b.ingredients):
        return _NO
    return Relation(True, Level.VTM if _one_vtm(a, b) else Level.INGREDIENT)


def same_ingredients(a: Product | None, b: Product | None) -> Relation:
    """Return whether the base substances of both are the same, all of them."""
    if a is None or b is None:
        return _CANNOT_TELL
    if (same := same_product(a, b)).holds:
        return same
    if a.ingredients is None or b.ingredients is None:
        return _CANNOT_TELL
    if a.ingredients != b.ingredients:
        return _NO
    return Relation(True, Level.VTM if _one_vtm(a, b) else Level.INGREDIENT)


def same_class(a: Product | None, b: Product | None, level: Level) -> Relation:
    """Return whether both are of one class at this BNF or ATC level.

    dm+d's own BNF field has eight digits and no chemical substance; NHSBSA's codes have it from the ninth character. What the
    shorter code does not carry cannot be told. Raises ValueError for a level that is no class.
    """
    if level not in CLASS_LENGTHS:
        raise ValueError(f"`{level}` is not a level of BNF or ATC")
    if a is None or b is None:
        return _CANNOT_TELL
    first, second = class_code(a, level), class_code(b, level)
    if first is None or second is None:
        return Relation(True, Level.VMP) if same_product(a, b).holds else _CANNOT_TELL
    return Relation(True, level) if first == second else _NO


def class_code(product: Product, level: Level) -> str | None:
    """Return a product's class at a BNF or ATC level, or None where its code is not known or does not reach that far."""
    code = product.atc if level.startswith("atc") else product.bnf
    length = CLASS_LENGTHS[level]
    if code is None or len(code) < length:
        return None
    if level is Level.BNF_CHEMICAL and len(code) not in _NHSBSA_BNF_LENGTHS:
        return None
    if level is Level.BNF_SUBPARAGRAPH and len(code) == 8:  # two digits of subparagraph where NHSBSA writes one
        return code[:6] + code[7]
    return code[:length]


def _one_vtm(a: Product, b: Product) -> bool:
    return a.vtm is not None and a.vtm == b.vtm
