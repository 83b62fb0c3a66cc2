"""Medicines of a dm+d release: from any id to its product, its ingredients, form, route and class.

AMPP and VMPP lead to AMP and VMP, those to VTM and ingredients, former ids to current ones. What the release does not state is
None in the answer. Source: dm+d Data Model (NHSBSA); levels and fields have its names.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from codesafety.terminology.dmd.names import base_substance, read_form, split_combination, without_salt
from codesafety.terminology.dmd.relations import (
    Level,
    Relation,
    class_code,
    same_class,
    same_ingredients,
    same_product,
    shares_ingredient,
)
from codesafety.terminology.dmd.strengths import Strength, stated
from codesafety.terminology.dmd.tables import DmdTables
from codesafety.terminology.interface import Product

__all__ = [
    "Level",
    "Medicines",
    "Relation",
    "Strength",
    "class_code",
    "same_class",
    "same_ingredients",
    "same_product",
    "shares_ingredient",
]

_COMBINATION = "1"  # published as 0001; the schema says integer
_MODIFIED = re.compile(r"modified-release|prolonged-release")
_LEVELS = {"AMP": "amp", "VMP": "vmp", "VTM": "vtm", "AMPP": "ampp", "VMPP": "vmpp", "ING": "substance"}


class Medicines:
    """The products of one release. Immutable; safe to share between threads."""

    def __init__(self, tables: DmdTables) -> None:
        self._tables = tables
        self._levels = {code: table for table in _LEVELS for code in tables.rows[table]}
        self._former: dict[str, list[str]] = defaultdict(list)
        for current in tables.current.values():
            for former, code in sorted(current.items()):
                self._former[code].append(former)
        self._substances = _Substances(tables)
        self._vmps_of: dict[str, list[str]] = defaultdict(list)
        for code, row in tables.rows["VMP"].items():
            if "VTMID" in row:
                self._vmps_of[self._now("VTM", row["VTMID"])].append(code)

    def codes(self) -> Iterator[str]:
        """Yield every id that a product is known for, current ones first, then former ones."""
        yield from self._levels
        for table, current in self._tables.current.items():
            if table in _LEVELS:
                yield from (former for former in current if former not in self._levels)

    def level(self, code: str) -> str | None:
        """Return vtm, vmp, amp, vmpp, ampp or substance; None where the release does not know the id."""
        table = self._table(code)
        return _LEVELS[table] if table else None

    def current_id(self, code: str) -> str | None:
        """Return what a former id is now; None where it is current, or not known."""
        table = self._table(code)
        now = self._now(table, code) if table else code
        return now if now != code else None

    def former_ids(self, code: str) -> tuple[str, ...]:
        """Return the ids that a current VTM, VMP or ingredient had before."""
        return tuple(self._former.get(code, ()))

    def is_valid(self, code: str) -> bool | None:
        """Return whether the id is in use: current and not marked INVALID. None where the release does not know it."""
        table = self._table(code)
        if table is None:
            return None
        return code in self._levels and "INVALID" not in self._tables.rows[table][code] and self._now(table, code) == code

    def name(self, code: str) -> str | None:
        """Return the product's name (an AMP's with its supplier), under a former id the current one; None if not known."""
        table = self._table(code)
        row = self._tables.rows[table].get(self._now(table, code)) if table else None
        return (row.get("DESC") or row["NM"]) if row else None

    def strengths(self, code: str) -> tuple[Strength, ...] | None:
        """Return the VPI rows of a product's VMP, in the release's order; None where it has no VMP or the VMP none."""
        vmp = self._vmp_of(code)
        rows = self._tables.vpi.get(vmp) if vmp else None
        return tuple(_strength(row) for row in rows) if rows else None

    def product(self, code: str) -> Product | None:
        """Return what is known of a product, whatever its level; None where the release does not know the id."""
        table = self._table(code)
        if table is None:
            return None
        if table == "ING":
            base = self._substances.base(self._now("ING", code))
            return Product(
                code, "substance", self.name(code), self._all_ids(self._now("ING", code)) | {code}, None, frozenset({base})
            )
        if table == "VTM":
            vtm = self._now("VTM", code)
            return Product(code, "vtm", self.name(code), self._all_ids(vtm) | {code}, None, self._vtm_ingredients(vtm), vtm=vtm)
        return self._made(code, _LEVELS[table])

    def shares_facts_of(self, code: str) -> str | None:
        """Return the VMP that says all there is to say of an AMP or pack but its id, level and name; None where none does."""
        if self._levels.get(code) not in ("AMP", "VMPP", "AMPP") or self._amp_of(code) in self._tables.classes:
            return None
        return self._vmp_of(code)

    def _made(self, code: str, level: str) -> Product:
        vmp = self._vmp_of(code)
        facts = self._facts(vmp) if vmp else None
        own = self._tables.classes.get(self._amp_of(code) or "", {})
        of_vmp = self._tables.classes.get(vmp or "", {})
        ids = {code, *(self._all_ids(vmp) if vmp else ()), *(self._all_ids(facts.vtm) if facts and facts.vtm else ())}
        return Product(
            code=code,
            level=level,
            name=self.name(code),
            ids=frozenset(ids),
            same_product=vmp,
            ingredients=facts.ingredients if facts else None,
            routes=facts.routes if facts else None,
            forms=facts.forms if facts else None,
            modified_release=facts.modified_release if facts else None,
            bnf=own.get("BNF") or of_vmp.get("BNF"),
            atc=own.get("ATC") or of_vmp.get("ATC"),
            vtm=facts.vtm if facts else None,
            strength=stated(self.strengths(code)),
        )

    def _table(self, code: str) -> str | None:
        table = self._levels.get(code)
        if table is None:
            table = next((name for name in _LEVELS if code in self._tables.current.get(name, ())), None)
        return table

    def _now(self, table: str, code: str) -> str:
        return self._tables.current[table].get(code, code)

    def _all_ids(self, current: str) -> frozenset[str]:
        return frozenset((current, *self._former.get(current, ())))

    def _amp_of(self, code: str) -> str | None:
        match self._levels.get(code):
            case "AMP":
                return code
            case "AMPP":
                return self._tables.rows["AMPP"][code]["APID"]
            case _:
                return None

    def _vmp_of(self, code: str) -> str | None:
        """Return the current id of a product's VMP. It may be an id that the release names and holds no row of."""
        rows = self._tables.rows
        match self._table(code):
            case "VMP":
                vmp = code
            case "AMP":
                vmp = rows["AMP"][code]["VPID"]
            case "VMPP":
                vmp = rows["VMPP"][code]["VPID"]
            case "AMPP":
                row = rows["AMPP"][code]
                through = rows["AMP"].get(row["APID"]) or rows["VMPP"].get(row["VPPID"])
                if through is None:
                    return None
                vmp = through["VPID"]
            case _:
                return None
        return self._now("VMP", vmp)

    def _facts(self, vmp: str) -> _Facts | None:
        found = self._facts_by_vmp.get(vmp)
        if found is None and vmp in self._tables.rows["VMP"]:
            found = self._facts_by_vmp[vmp] = self._read_facts(vmp)
        return found

    @cached_property
    def _facts_by_vmp(self) -> dict[str, _Facts]:
        return {}

    def _read_facts(self, vmp: str) -> _Facts:
        tables = self._tables
        row = tables.rows["VMP"][vmp]
        forms = [tables.lookup["FORM"].get(form) for form in tables.forms.get(vmp, ())]
        forms += [tables.lookup["ONT_FORM_ROUTE"].get(form) for form in tables.ont_forms.get(vmp, ())]
        said = read_form(row["NM"])
        return _Facts(
            vtm=self._now("VTM", row["VTMID"]) if "VTMID" in row else None,
            ingredients=self._vmp_ingredients(vmp),
            routes=frozenset(tables.routes[vmp]) if vmp in tables.routes else None,
            forms=frozenset(tables.forms[vmp]) if vmp in tables.forms else None,
            modified_release=said.modified_release or any(_MODIFIED.search(form) for form in forms if form),
        )

    def _vmp_ingredients(self, vmp: str) -> frozenset[str] | None:
        """Return base substances: of the VPI rows, of a combination's parts, else of the VTM. A device has none."""
        row = self._tables.rows["VMP"][vmp]
        own = frozenset(
            self._substances.base(self._now("ING", vpi.get("BS_SUBID") or vpi["ISID"])) for vpi in self._tables.vpi.get(vmp, ())
        )
        if row.get("COMBPRODCD", "").lstrip("0") == _COMBINATION and (parts := self._parts(vmp)):
            sets = [self._vmp_ingredients(part) for part in parts if part in self._tables.rows["VMP"]]
            if len(sets) < len(parts) or any(part is None for part in sets):
                return None
            return own.union(*(part for part in sets if part is not None))
        if own:
            return own
        if "VTMID" in row:
            return self._vtm_ingredients(self._now("VTM", row["VTMID"]), but_not_from=vmp)
        return frozenset() if vmp in self._devices else None

    def _parts(self, vmp: str) -> frozenset[str]:
        """Return the VMPs inside a combination product, by the contents of its packs."""
        packs = self._tables.rows["VMPP"]
        children = (child for code in self._packs_of.get(vmp, ()) for child in self._tables.contents.get(code, ()))
        found = (self._now("VMP", packs[child]["VPID"]) if child in packs else f"pack {child}" for child in children)
        return frozenset(found) - {vmp}

    @cached_property
    def _packs_of(self) -> dict[str, list[str]]:
        packs: dict[str, list[str]] = defaultdict(list)
        for code, row in self._tables.rows["VMPP"].items():
            packs[self._now("VMP", row["VPID"])].append(code)
        return packs

    @cached_property
    def _devices(self) -> frozenset[str]:
        """VMPs of which every AMP is licensed as a device: appliances, which have no ingredients."""
        device = {code for code, text in self._tables.lookup["LICENSING_AUTHORITY"].items() if text == "Devices"}
        licences: dict[str, set[str]] = defaultdict(set)
        for row in self._tables.rows["AMP"].values():
            licences[self._now("VMP", row["VPID"])].add(row.get("LIC_AUTHCD", ""))
        return frozenset(vmp for vmp, seen in licences.items() if seen and seen <= device)

    def _vtm_ingredients(self, vtm: str, but_not_from: str | None = None) -> frozenset[str] | None:
        """Return a VTM's ingredients: stated by the bonus file, or the same in all its VMPs, or told by its name."""
        tables = self._tables
        if vtm in tables.vtm_ingredients:
            return frozenset(self._substances.base(self._now("ING", isid)) for isid in tables.vtm_ingredients[vtm])
        found = {
            frozenset(self._substances.base(self._now("ING", vpi.get("BS_SUBID") or vpi["ISID"])) for vpi in tables.vpi[vmp])
            for vmp in self._vmps_of.get(vtm, ())
            if vmp != but_not_from and vmp in tables.vpi
        }
        if len(found) == 1:
            return found.pop()
        row = tables.rows["VTM"].get(vtm)
        return self._substances.named(row["NM"]) if row else None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What all products of one VMP share."""

    vtm: str | None
    ingredients: frozenset[str] | None
    routes: frozenset[str] | None
    forms: frozenset[str] | None
    modified_release: bool


class _Substances:
    """From an ingredient to its base substance, both as ISIDs of the release."""

    def __init__(self, tables: DmdTables) -> None:
        by_name: dict[str, str] = {}
        heads: dict[str, list[str]] = defaultdict(list)
        rows = tables.rows["ING"]
        for code in sorted(rows, key=lambda c: ("INVALID" not in rows[c], c)):
            by_name[rows[code]["NM"].casefold()] = code  # a valid row wins over an invalid one of the same name
        for name in sorted(by_name):
            heads[without_salt(name)].append(by_name[name])
        self._by_name = by_name
        self._heads = {head: min(codes, key=lambda c: (len(c), c)) for head, codes in heads.items()}
        self._names = {code: row["NM"].casefold() for code, row in rows.items()}

    def base(self, code: str) -> str:
        """Return the base of an ingredient; the ingredient itself where the release knows no base of it."""
        name = self._names.get(code)
        return code if name is None else self._code(base_substance(name, self._by_name.__contains__)) or code

    def named(self, name: str) -> frozenset[str] | None:
        """Return the ingredients that a VTM's name states; None unless every part is an ingredient of the release."""
        found = {self._code(base_substance(part, self._by_name.__contains__)) for part in split_combination(name)}
        return frozenset(code for code in found if code) if None not in found else None

    def _code(self, name: str) -> str | None:
        """Return the substance of this name, or else the one that stands for all its salts."""
        return self._by_name.get(name) or self._heads.get(without_salt(name))


def _strength(row: dict[str, str]) -> Strength:
    return Strength(
        row["ISID"],
        row.get("BS_SUBID"),
        row.get("STRNT_NMRTR_VAL"),
        row.get("STRNT_NMRTR_UOMCD"),
        row.get("STRNT_DNMTR_VAL"),
        row.get("STRNT_DNMTR_UOMCD"),
    )
