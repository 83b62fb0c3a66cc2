"""How much of its one ingredient one unit of a medicine's quantity holds: a tablet's, a millilitre's."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from functools import lru_cache

from codesafety.evaluation.items import ItemFact
from codesafety.ir.units import families as units
from codesafety.record import MAX_EXPONENT, Medication, Quantity

_WRITTEN = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>[^0-9 /][^ /]*)(?: ?/ ?(?P<per>[0-9]+(?:\.[0-9]+)?)? ?(?P<of>[^0-9 /][^ /]*)?)?"
)
_PRECISE = Context(prec=60)


def strength(item: ItemFact) -> Quantity | None:
    """Return a medicine's strength as sent, `500 mg` or `5 mg / 5 mL`, else dm+d's; None where neither says it, or of several.

    In a mass of something else a strength is not read: `8 mg / 500 mg` is of two ingredients as often as of one.
    """
    model = item.model
    assert isinstance(model, Medication)
    product = item.product
    if product is not None and product.ingredients is not None and len(product.ingredients) > 1:
        return None
    text = model.strength or (product.strength if product is not None else None)
    if text is None:
        return None
    counted = model.quantity.unit if model.quantity is not None else None
    return _read(text, counted or None)


@lru_cache(maxsize=4096)
def _read(text: str, counted: str | None) -> Quantity | None:
    found = _WRITTEN.fullmatch(text.strip())
    if found is None or not units.known(unit := units.written_as(found["unit"]) or found["unit"]):
        return None
    number, per = Decimal(found["number"]), Decimal(found["per"] or 1)
    if not per or any(n and abs(n.adjusted()) > MAX_EXPONENT for n in (number, per)):
        return None
    of = found["of"]
    if of is None or of == "1":
        return Quantity(value=_PRECISE.divide(number, per), unit=unit)
    if counted is not None:
        one = units.convert(Decimal(1), counted, of)  # what one unit of the quantity is, in what the strength is of
        return None if one is None else Quantity(value=_PRECISE.divide(number * one, per), unit=unit)
    if units.convert(Decimal(1), of, "mL") == 1 or (units.known(of) and of[0] == "{"):
        return Quantity(value=_PRECISE.divide(number, per), unit=unit)
    return None
