"""Derives the shipped dm+d extract from published code lists and dm+d files; the README beside the extract has the rules.

    python tools/build_dmd_extract.py SOURCES

SOURCES is a folder with `codelists/` and `dmd/`. Rows from elsewhere stand in `dmd-extract-additions.csv`, each with its source.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from defusedxml.ElementTree import parse

from codesafety.terminology import sctid
from codesafety.terminology.dmd.names import (
    BRITISH_APPROVED_COMBINATIONS,
    base_substance,
    read_form,
    read_substances,
    split_combination,
    split_supplier,
    without_salt,
)

HERE = Path(__file__).parent
OUT = HERE.parent / "src" / "codesafety" / "terminology" / "dmd" / "data" / "dmd-extract.csv"
COLUMNS = ("code", "level", "name", "vmp", "vtm", "ingredients", "bnf")
NOT_A_DMD_NAME = re.compile(
    r"\d (?:mg|microgram|mcg|mL|g|Mmol)\b|/mL|dosage form|conventional release|prolonged-release|\beach\b"
    r"| product$| tablet$| capsule$"
)
"""Lists made from SNOMED CT hold concepts of its International Edition too ("Aspirin 325 mg oral tablet"); those are not dm+d."""


VARIANT = re.compile(r" (?:biphasic|\(liposomal\)|liposomal pegylated)$")
"""Said of a VTM beside its substance: "Insulin aspart biphasic"."""

LINKED = re.compile(r"VMP (?:previous|subsequent) to (\d+)")
"""How OpenSAFELY's lists name a former or a later id of a VMP that they hold (dm+d's VPIDPREV)."""

BEFORE_STRENGTH = re.compile(
    r" (?=\d)| (?:tablets|caplets|capsules|cream|gel|oral|solution|suspension|inhaler|transdermal|eye)\b"
)
"""Where the brand ends in the name of a branded product."""


@dataclass(slots=True)
class Seen:
    """One id as a source states it. `level` is None where the source does not say."""

    code: str
    name: str
    level: str | None = None
    vmp_name: str | None = None
    vtm_name: str | None = None
    bnf: str | None = None
    ingredients: str | None = None
    linked_to: str | None = None  # another id of the same VMP


@dataclass(slots=True)
class Vtm:
    code: str
    name: str
    previous: str | None
    ingredients: frozenset[str] | None = None


@dataclass(slots=True)
class Vocabulary:
    vtms: dict[str, Vtm] = field(default_factory=dict)  # by name in lower case
    substances: set[str] = field(default_factory=set)
    by_ingredients: dict[frozenset[str], list[Vtm]] = field(default_factory=lambda: defaultdict(list))

    def is_known(self, name: str) -> bool:
        return name in self.substances or name in self.vtms or name in BRITISH_APPROVED_COMBINATIONS

    def bases(self, names: Iterable[str]) -> frozenset[str] | None:
        parts = [part for name in names for part in split_combination(name)]
        known = all(self.is_known(part) or self.is_known(without_salt(part)) for part in parts) and not any(
            part.startswith("co-") for part in parts
        )
        return frozenset(base_substance(part, self.is_known) for part in parts) if known else None


def xml_rows(dmd: Path, file: str, tag: str) -> Iterator[dict[str, str]]:
    for path in sorted(dmd.rglob(f"f_{file}2_*.xml")):
        for row in parse(path).getroot().iter(tag):
            yield {child.tag: child.text or "" for child in row}


def read_vocabulary(dmd: Path) -> Vocabulary:
    words = Vocabulary()
    for row in xml_rows(dmd, "ingredient", "ING"):
        words.substances.add(row["NM"].casefold())
        words.substances.add(without_salt(row["NM"].casefold()))
    for row in xml_rows(dmd, "vtm", "VTM"):
        words.vtms[row["NM"].casefold()] = Vtm(row["VTMID"], row["NM"], row.get("VTMIDPREV"))
    for vtm in words.vtms.values():
        parts = split_combination(VARIANT.sub("", vtm.name))
        if len(parts) > 1 or parts[0] in words.substances or base_substance(parts[0], words.is_known) in words.substances:
            vtm.ingredients = words.bases(parts)
        if vtm.ingredients is not None:
            words.by_ingredients[vtm.ingredients].append(vtm)
    return words


def read_lists(sources: Path) -> Iterator[Seen]:
    lists, dmd = sources / "codelists", sources / "dmd"
    for row in csv_rows(lists / "vmp_vtm_lookup.csv"):
        yield Seen(row["id"], row["amp_nm"] or row["vmp_nm"], row["type"].lower(), row["vmp_nm"], row["vtm_nm"] or None)
    for path in sorted(lists.glob("opensafely-pharmacy-first-*-treatment-full-dmd-codelist.csv")):
        for row in csv_rows(path):
            yield Seen(row["dmd_id"], row["term"], row["dmd_type"].lower(), bnf=row["bnf_code"] or None)
    for row in csv_rows(lists / "opensafely-teratogenic-medicines.csv"):
        yield Seen(row["dmd_id"], row["dmd_name"], row["dmd_type"].lower(), bnf=row["bnf_code"] or None)
    for path in sorted(lists.glob("pincer-*.csv")):
        for row in csv_rows(path):
            yield Seen(row["id"], row["term"])
    names = {row["VPID"]: row["NM"] for row in xml_rows(dmd, "vmp", "VMP")}
    for code, name in names.items():
        yield Seen(code, name, "vmp")
    for row in xml_rows(dmd, "amp", "AMP"):
        yield Seen(row["APID"], row["DESC"], "amp", names.get(row["VPID"]))
    for row in csv_rows(HERE / "dmd-extract-additions.csv"):
        stated = (row[key] or None for key in ("level", "vmp_name", "vtm_name", "bnf", "ingredients"))
        yield Seen(row["code"], row["name"], *stated)


def csv_rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            yield {key: (value or "").strip() for key, value in row.items()}


def merge(rows: Iterable[Seen], words: Vocabulary, left_out: Counter[str]) -> dict[str, Seen]:
    """Return one row per id: the first source's name, and each fact from the first source that states it."""
    merged: dict[str, Seen] = {}
    for row in rows:
        if sctid.diagnose(row.code).diagnosis != "valid":
            left_out["damaged id"] += 1
            continue
        if linked := LINKED.fullmatch(row.name):
            row.level, row.linked_to = "vmp", linked[1]
        if row.level is None and not place(row, words):
            left_out[f"not a dm+d name: {'snomed' if NOT_A_DMD_NAME.search(row.name) else 'other'}"] += 1
            continue
        old = merged.setdefault(row.code, row)
        old.linked_to = old.linked_to or row.linked_to
        if LINKED.fullmatch(old.name):
            old.name = row.name
        old.vmp_name, old.vtm_name, old.bnf = old.vmp_name or row.vmp_name, old.vtm_name or row.vtm_name, old.bnf or row.bnf
        if old.level == "amp" and split_supplier(old.name)[1] is None and split_supplier(row.name)[0] == old.name:
            old.name = row.name
    return merged


def place(row: Seen, words: Vocabulary) -> bool:
    """Set the level of a row that has none; False if it is not a product of dm+d as far as its name tells."""
    name, supplier = split_supplier(row.name)
    if supplier is not None:
        row.level = "amp"
        return True
    is_generic = name.startswith("Generic ") or read_substances(name, words.is_known) is not None
    if NOT_A_DMD_NAME.search(name) or read_form(name).form is None or not is_generic:
        return False
    row.level = "vmp"
    return True


def generic_bnf(code: str) -> str | None:
    """Return the BNF code of the generic of a branded presentation: its last two characters are strength and form there."""
    return code[:9] + "AA" + 2 * code[-2:] if len(code) == 15 and code[-2:].isalnum() and code[-2:] != "A0" else None


def settle_vmps(seen: dict[str, Seen], words: Vocabulary) -> None:
    """Give each AMP the name of its VMP where a source states it, or the AMP's own name or BNF code does."""
    for row in seen.values():
        if row.linked_to in seen:
            row.vmp_name = seen[row.linked_to].name
            if LINKED.fullmatch(row.name):
                row.name = row.vmp_name
    vmp_names = {row.name for row in seen.values() if row.level == "vmp"}
    vmp_names |= {row.vmp_name for row in seen.values() if row.vmp_name}
    by_bnf: dict[str, set[str]] = defaultdict(set)
    for row in seen.values():
        if row.level == "vmp" and row.bnf:
            by_bnf[row.bnf].add(row.name)
    for row in seen.values():
        if row.level == "vmp":
            row.vmp_name = row.vmp_name or row.name
        elif row.level == "amp" and row.vmp_name is None:
            name = split_supplier(row.name)[0]
            generic = by_bnf.get(generic_bnf(row.bnf) or "", set()) if row.bnf else set()
            if name in vmp_names or read_substances(name, words.is_known) is not None:
                row.vmp_name = name
            elif len(generic) == 1:
                row.vmp_name = next(iter(generic))
    by_amp_name: dict[str, set[str]] = defaultdict(set)
    for row in seen.values():
        if row.level == "amp" and row.vmp_name:
            by_amp_name[split_supplier(row.name)[0]].add(row.vmp_name)
    for row in seen.values():
        named = by_amp_name.get(split_supplier(row.name)[0], set())
        if row.level == "amp" and row.vmp_name is None and len(named) == 1:
            row.vmp_name = next(iter(named))


def vtm_of(vmp_name: str, stated: dict[str, str], words: Vocabulary) -> tuple[Vtm | None, frozenset[str] | None]:
    """Return a VMP's VTM and ingredients; each None where neither a source nor its name tells."""
    substances = read_substances(vmp_name, words.is_known)
    ingredients = words.bases(substances) if substances else None
    vtm = words.vtms.get(stated.get(vmp_name, "").casefold())
    if vtm is None and substances and len(substances) == 1:
        vtm = words.vtms.get(substances[0]) or words.vtms.get(base_substance(substances[0], words.is_known))
    if vtm is None and ingredients and len(ingredients) > 1 and len(words.by_ingredients.get(ingredients, ())) == 1:
        vtm = words.by_ingredients[ingredients][0]
    return vtm, ingredients or (vtm.ingredients if vtm else None)


def read_brands(words: Vocabulary) -> Brands:
    """Return the brands whose composition is stated; refuse one that names a substance dm+d does not have."""
    brands = {}
    for row in csv_rows(HERE / "dmd-extract-brands.csv"):
        ingredients = words.bases(row["ingredients"].split(" + "))
        if ingredients is None:
            raise SystemExit(f"dmd-extract-brands.csv: {row['brand']}: `{row['ingredients']}` is not in dm+d")
        brands[row["brand"]] = "|".join(sorted(ingredients))
    return Brands(brands)


@dataclass(frozen=True, slots=True)
class Brands:
    """Ingredients of a branded product by its brand, which is all of its name before strength and form."""

    ingredients: dict[str, str]

    def get(self, name: str) -> str | None:
        brand = BEFORE_STRENGTH.split(split_supplier(name)[0], maxsplit=1)[0].removeprefix("Generic ")
        return self.ingredients.get(brand)


def rows_of(seen: dict[str, Seen], words: Vocabulary, brands: Brands) -> Iterator[tuple[str, ...]]:
    stated = {row.vmp_name: row.vtm_name for row in seen.values() if row.vmp_name and row.vtm_name}
    ids: dict[str, list[str]] = defaultdict(list)
    bnf: dict[str, str] = {}
    for row in seen.values():
        if row.level == "vmp" and row.vmp_name:
            ids[row.vmp_name].append(row.code)
            if row.bnf:
                bnf[row.vmp_name] = row.bnf
    # The ids of one VMP name: the one in the dm+d namespace with the highest item is the latest.
    current = {name: max(codes, key=lambda c: (len(c) > 11, len(c), c)) for name, codes in ids.items()}
    heirs: dict[str, list[Vtm]] = defaultdict(list)
    for vtm in words.vtms.values():
        yield vtm.code, "vtm", vtm.name, "", vtm.code, "|".join(sorted(vtm.ingredients or ())), ""
        if vtm.previous:
            heirs[vtm.previous].append(vtm)
    vtm_codes = {vtm.code for vtm in words.vtms.values()}
    for former, became in heirs.items():
        if former in vtm_codes or len(became) > 1:  # a former id that became two is not followed
            continue
        vtm_codes.add(former)
        yield former, "vtm", became[0].name, "", became[0].code, "|".join(sorted(became[0].ingredients or ())), ""
    for row in seen.values():
        if row.code in vtm_codes:
            continue
        name = row.vmp_name
        if name is None:
            parts = row.ingredients or brands.get(row.name) or ""
            one = words.by_ingredients.get(frozenset(parts.split("|")), [])
            yield row.code, row.level or "", row.name, "", one[0].code if len(one) == 1 else "", parts, row.bnf or ""
        elif row.level == "amp" and name in current:
            yield row.code, "amp", row.name, current[name], "", "", row.bnf or ""
        else:
            vtm, ingredients = vtm_of(name, stated, words)
            parts = "|".join(sorted(ingredients)) if ingredients else brands.get(name) or ""
            key = current[name] if row.level == "vmp" else ("=" if name == split_supplier(row.name)[0] else f"={name}")
            yield row.code, row.level or "", row.name, key, vtm.code if vtm else "", parts, row.bnf or bnf.get(name, "")


def main(sources: Path) -> None:
    left_out: Counter[str] = Counter()
    words = read_vocabulary(sources / "dmd")
    seen = merge(read_lists(sources), words, left_out)
    settle_vmps(seen, words)
    rows = sorted(set(rows_of(seen, words, read_brands(words))), key=lambda row: (row[1], row[2], row[0]))
    with OUT.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    known = {row[0] for row in rows if row[5]}
    for level in ("vtm", "vmp", "amp"):
        of_level = [row for row in rows if row[1] == level]
        told = sum(bool(row[5]) or row[3] in known for row in of_level)
        print(f"{level}: {len(of_level)} ids, {told} with ingredients, {sum(bool(row[3]) for row in of_level)} with a VMP")
    print(dict(left_out), OUT.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
