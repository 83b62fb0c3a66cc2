"""Medicines: what dm+d says of each product, and how two products stand to each other."""

from __future__ import annotations

from codesafety.terminology.medicine_relations import (
    Level,
    Relation,
    class_code,
    same_class,
    same_ingredients,
    same_product,
    shares_ingredient,
)
from codesafety.terminology.shipped_products import ShippedProducts, shipped_products

__all__ = [
    "Level",
    "Relation",
    "ShippedProducts",
    "class_code",
    "same_class",
    "same_ingredients",
    "same_product",
    "shares_ingredient",
    "shipped_products",
]
