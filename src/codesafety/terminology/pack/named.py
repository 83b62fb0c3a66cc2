"""A medicine whose id no source knows, by the name that was sent with it.

dm+d writes the name of a product by rule: substances with their strengths, then the form. What such a name says is taken as
said: the VMP where it is one's whole name, else substances, strength and form. It is never more: all of it is derived, and
where the VMP is not known, nothing follows from not being in a set.
"""

from __future__ import annotations

from dataclasses import replace

from codesafety.terminology.dmd.names import (
    base_substance,
    read_form,
    read_strength,
    read_substances,
    routes_of,
    split_combination,
    split_supplier,
    without_salt,
)
from codesafety.terminology.interface import INGREDIENTS, PRODUCT, Product
from codesafety.terminology.pack.products import DmdSection
from codesafety.terminology.words.normal import normal

_LONGEST = 1000  # the longest name of dm+d has 700 characters
_DERIVED = frozenset((PRODUCT, INGREDIENTS))


def named_product(section: DmdSection, code: str, name: str) -> Product | None:
    """Return what a name says of the product with this id; None where it names no substance that dm+d knows.

    The answer has no name: what was sent is no term of the terminology.
    """
    if len(name) > _LONGEST:
        return None
    bare, supplier = split_supplier(name)
    level = "vmp" if supplier is None else "amp"
    vmps = {found.same_product: found for found in _called(section, bare, "vmp")}
    if len(vmps) == 1:
        (vmp,) = vmps.values()
        return replace(vmp, code=code, level=level, name=None, ids=vmp.ids | {code}, derived=_DERIVED, by_name=True)
    return _by_substances(section, code, bare, level)


def _by_substances(section: DmdSection, code: str, bare: str, level: str) -> Product | None:
    def is_known(substance: str) -> bool:
        return _substance(section, substance) is not None

    names = read_substances(bare, is_known)
    found = [_substance(section, base_substance(part, is_known)) for name in names or () for part in split_combination(name)]
    known = [each for each in found if each is not None and each.ingredients is not None]
    if not found or len(known) < len(found):
        return None
    ingredients = frozenset[str]().union(*(each.ingredients for each in known if each.ingredients is not None))
    form = read_form(bare)
    vtm = known[0].vtm if len(known) == 1 else None
    amount = read_strength(bare) if len(ingredients) == 1 else None
    return Product(
        code,
        level,
        None,
        frozenset((code,)) | (known[0].ids if vtm is not None else frozenset()),
        None,
        ingredients,
        routes_of(form, ingredients),
        frozenset((form.form,)) if form.form else None,
        form.modified_release if level == "vmp" else form.modified_release or None,
        vtm=vtm,
        strength=amount.in_ucum() if amount is not None else None,
        derived=_DERIVED,
        partly=True,
        by_name=True,
    )


def _substance(section: DmdSection, name: str) -> Product | None:
    """Return the VTM, or else the substance, of this name, or of its base; None where there is none, or more than one."""
    for each in dict.fromkeys((name, without_salt(name))):
        for level in ("vtm", "substance"):
            found = {product.vtm or product.ingredients: product for product in _called(section, each, level)}
            if len(found) == 1:
                return found.popitem()[1]
    return None


def _called(section: DmdSection, name: str, level: str) -> list[Product]:
    products = (section.product(code) for code in section.named(normal(name)))
    return [product for product in products if product is not None and product.level == level]
