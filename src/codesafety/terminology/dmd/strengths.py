"""A product's strength in one line, where it has one ingredient: `500 mg`, `5 mg / 1 mL`, its units in UCUM.

Source: dm+d lookup file, UNIT_OF_MEASURE (SNOMED CT ids). A `unit` of dm+d is of insulin, of heparin, of vitamin D: which one is
not said, so a strength in it is not stated here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_UCUM: Final = {
    "258683005": "kg",
    "258682000": "g",
    "258684004": "mg",
    "258685003": "ug",
    "258686002": "ng",
    "258718000": "mmol",
    "258719008": "umol",
    "258770004": "L",
    "258773002": "mL",
    "258774008": "uL",
    "258672001": "cm",
    "259022006": "cm2",
    "258702006": "h",
    "428673006": "{tablet}",
    "428641000": "{capsule}",
    "732981002": "{actuation}",
    "3317411000001100": "{dose}",
}


@dataclass(frozen=True, slots=True)
class Strength:
    """How much of an ingredient a VMP holds: one VPI row. Values are text as published (exact decimals), units are UOM ids."""

    ingredient: str  # ISID
    basis_substance: str | None  # BS_SUBID: what the strength is given of, where that is not the ingredient itself
    numerator: str | None
    numerator_unit: str | None
    denominator: str | None
    denominator_unit: str | None


def stated(strengths: Sequence[Strength] | None) -> str | None:
    """Return how much of its one ingredient a product holds; None where it has several, or dm+d does not say it."""
    if strengths is None or len(strengths) != 1:
        return None
    (only,) = strengths
    unit = _UCUM.get(only.numerator_unit or "")
    if only.numerator is None or unit is None:
        return None
    if only.denominator is None and only.denominator_unit is None:
        return f"{only.numerator} {unit}"
    per = _UCUM.get(only.denominator_unit or "")
    return None if only.denominator is None or per is None else f"{only.numerator} {unit} / {only.denominator} {per}"


def unit_id(ucum: str) -> str:
    """Return dm+d's id of a unit."""
    return next(code for code, written in _UCUM.items() if written == ucum)
