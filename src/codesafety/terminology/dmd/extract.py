"""The dm+d extract that is shipped with the library, so that rules about medicines work where no release is loaded.

`data/README.md` says what it holds, from where, and how each fact was derived. What could not be derived is empty there and
None here. Source of the products and names: dm+d, © NHSBSA, Open Government Licence v3.0.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import NamedTuple

from codesafety.terminology.dmd.names import CUTANEOUS, TRANSDERMAL, read_form, split_supplier
from codesafety.terminology.interface import Product

_FILE = "dmd-extract.csv"


class _Row(NamedTuple):
    code: str
    level: str
    name: str
    vmp: str  # a VMP's id; "=NAME", a VMP known by name alone; "=", its name is this row's; "", not known
    vtm: str
    ingredients: str  # names of base substances, "|" between them; "-": none, an appliance
    bnf: str


class ShippedProducts(Mapping[str, Product]):
    """Every product of the extract by id. Read once, immutable; a `Product` is made when it is asked for, and kept."""

    def __init__(self, text: str) -> None:
        self.digest = blake2b(text.encode(), digest_size=16).hexdigest()
        lines = text.splitlines()[1:]
        self._lines = {line[: line.index(",")]: line for line in lines}
        self._products: dict[str, Product] = {}
        self._ids: dict[str, list[str]] = {}
        for code, _, _, vmp, vtm, *_ in csv.reader(line for line in lines if ",amp," not in line[:24]):
            if vmp or vtm:
                self._ids.setdefault(vmp or vtm, []).append(code)

    def __getitem__(self, code: str) -> Product:
        found = self._products.get(code)
        if found is None:
            found = self._products[code] = self._product(self._row(code))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, code: object) -> bool:
        return code in self._lines

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield (id, name) of every product, without making products of them."""
        yield from ((row[0], row[2]) for row in csv.reader(self._lines.values()))

    def _row(self, code: str) -> _Row:
        return _Row._make(next(csv.reader((self._lines[code],))))

    def _product(self, row: _Row) -> Product:
        key = _key(row)
        facts = self._row(row.vmp) if row.vmp in self._lines else row  # an AMP's VTM and ingredients stand in the row of its VMP
        ids = {row.code, *self._ids.get(key or "", ()), *self._ids.get(facts.vtm, ())}
        virtual = row.name if row.level == "vmp" else _virtual_name(row, facts)
        own, said = read_form(row.name), read_form(virtual) if virtual else None
        form = said.form if said and said.form else own.form
        route = said.route if said else own.route
        ingredients = _ingredients(facts.ingredients)
        return Product(
            code=row.code,
            level=row.level,
            name=row.name,
            ids=frozenset(ids),
            same_product=key,
            ingredients=ingredients,
            routes=_routes(route, ingredients) if row.level != "vtm" else None,
            forms=frozenset({form}) if form and row.level != "vtm" else None,
            modified_release=None if row.level == "vtm" else (said.modified_release if said else own.modified_release or None),
            bnf=row.bnf or facts.bnf or None,
            vtm=facts.vtm or None,
        )


def _ingredients(text: str) -> frozenset[str] | None:
    match text:
        case "":
            return None
        case "-":
            return frozenset()
        case _:
            return frozenset(text.split("|"))


def _routes(route: str | None, ingredients: frozenset[str] | None) -> frozenset[str] | None:
    """Return the route as dm+d has it. Of diclofenac gels it calls some cutaneous and some transdermal: either is possible."""
    if route == CUTANEOUS and ingredients == frozenset(("diclofenac",)):
        return frozenset((CUTANEOUS, TRANSDERMAL))
    return frozenset((route,)) if route else None


def _key(row: _Row) -> str | None:
    """Return what every id of one VMP shares: the VMP's current id, or its name where no source has the id."""
    if row.vmp == "=":
        return "vmp " + split_supplier(row.name)[0]
    return "vmp " + row.vmp[1:] if row.vmp.startswith("=") else row.vmp or None


def _virtual_name(row: _Row, facts: _Row) -> str | None:
    """Return the name of the VMP, whose words state form and release fully, as a brand's name need not."""
    if row.vmp == "=":
        return split_supplier(row.name)[0]
    if row.vmp.startswith("="):
        return row.vmp[1:]
    return facts.name if row.vmp else None


@cache
def shipped_products() -> ShippedProducts:
    """Return the shipped extract, read at the first call."""
    return ShippedProducts(files("codesafety.terminology.dmd").joinpath("data", _FILE).read_text(encoding="utf-8"))
