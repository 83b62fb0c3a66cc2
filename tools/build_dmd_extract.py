"""Builds the shipped dm+d extract from openly licensed lists of dm+d; the README beside the extract has the rules.

    python tools/build_dmd_extract.py SOURCES

SOURCES is a folder with `dmd_core.csv.gz`, `dmd_history.csv.gz`, `dmd_vtm_ingredients.csv.gz`, `dmd_ingredients.csv.gz` and
`dmd_vmp_form.csv.gz`. The same files give the same bytes. What the sources contradict is left out of the extract, and listed in
`dmd-extract-left-out.csv` beside this file.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from codesafety.terminology import sctid
from codesafety.terminology.dmd.medicines import Strength
from codesafety.terminology.dmd.names import (
    BRITISH_APPROVED_COMBINATIONS,
    NamedForm,
    base_substance,
    read_form,
    read_strength,
    read_substances,
    routes_of,
    split_combination,
    split_supplier,
    without_salt,
)
from codesafety.terminology.dmd.strengths import unit_id
from codesafety.terminology.interface import INGREDIENTS, PRODUCT, Product
from codesafety.terminology.pack.file import PackWriter
from codesafety.terminology.pack.products import Listed, listed, write_products

HERE = Path(__file__).parent
OUT = HERE.parent / "src" / "codesafety" / "terminology" / "dmd" / "data" / "dmd-extract.pack"
BRANDS = HERE / "dmd-extract-brands.csv"
"""Brands of which neither the VMP's name nor a VTM says the ingredients, with those of their UK product summaries."""
LEFT_OUT = HERE / "dmd-extract-left-out.csv"
FILES = ("dmd_core", "dmd_history", "dmd_vtm_ingredients", "dmd_ingredients", "dmd_vmp_form")
REFUSED = "ADQ table, BNF code"
"""How the lists found a VMP, where that is not good enough to be used: 30 % of these were wrong where they could be checked."""
STATED = ("stated", "history")
VARIANT = re.compile(r" (?:biphasic|\(liposomal\)|liposomal pegylated)$")
"""Said of a VTM beside its substance: "Insulin aspart biphasic"."""
BEFORE_STRENGTH = re.compile(
    r" (?=\d)| (?:tablets|caplets|capsules|cream|gel|oral|solution|suspension|inhaler|transdermal|eye)\b"
)
"""Where the brand ends in the name of a branded product."""
_APPLIANCE = "2"
"""Chapters 20 to 23 of NHSBSA's BNF codes hold dressings and appliances, which have no ingredients."""
_FORMS = {
    "tablet": "tablets",
    "capsule": "capsules",
    "suppositor": "suppositories",
    "pessary": "pessaries",
    "cream": "cream",
    "ointment": "ointment",
    "gel": "gel",
    "lotion": "lotion",
    "granules": "granules",
}
"""Words of a form of dm+d's list, and of a name, that exclude one another."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the core list, its former ids followed. Empty: not stated."""

    code: str
    level: str
    name: str
    vmp: str
    vtm: str
    bnf: str
    vmp_how: str
    vtm_how: str


@dataclass(slots=True)
class Vtm:
    code: str
    name: str
    ingredients: frozenset[str] | None = None
    derived: bool = False  # the ingredients are read from its name


@dataclass(slots=True)
class Vocabulary:
    vtms: dict[str, Vtm] = field(default_factory=dict)  # by id
    by_name: dict[str, Vtm] = field(default_factory=dict)  # by name in lower case
    substances: set[str] = field(default_factory=set)
    by_ingredients: dict[frozenset[str], list[Vtm]] = field(default_factory=lambda: defaultdict(list))
    brands: dict[str, frozenset[str]] = field(default_factory=dict)
    """Ingredients of a product by all of its name before strength and form."""

    def of_brand(self, name: str) -> frozenset[str] | None:
        """Return the ingredients of a brand whose VMP's name does not say them ("Generic Trimbow ...")."""
        return self.brands.get(BEFORE_STRENGTH.split(name, maxsplit=1)[0].removeprefix("Generic "))

    def is_known(self, name: str) -> bool:
        return name in self.substances or name in self.by_name or name in BRITISH_APPROVED_COMBINATIONS

    def bases(self, names: Iterable[str]) -> frozenset[str] | None:
        """Return the base substances of these, a VTM's being its own; None where any is not known."""
        found: set[str] = set()
        for part in (part for name in names for part in split_combination(name)):
            if not (self.is_known(part) or self.is_known(without_salt(part))) or part.startswith("co-"):
                return None
            found.add(base_substance(part, self.is_known))
        return frozenset(found)


@dataclass(slots=True)
class LeftOut:
    """What is not in the extract although a list has it: (id, what, why)."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, code: str, what: str, why: str) -> None:
        self.rows.append((code, what, why))


def csv_rows(sources: Path, name: str) -> Iterator[dict[str, str]]:
    with gzip.open(sources / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def current_ids(rows: Iterable[dict[str, str]], left_out: LeftOut) -> dict[str, dict[str, str]]:
    """Return, by kind, each former id with the one that it is now: followed to the end, and only where that is one."""
    became: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        if row["kind"] in ("VTM", "VMP", "ING") and row["current"] != row["previous"]:
            became[row["kind"]][row["previous"]].add(row["current"])
    current: dict[str, dict[str, str]] = defaultdict(dict)
    for kind, steps in became.items():
        for former in sorted(steps):
            ends, waiting, seen = set(), [former], {former}
            while waiting:
                code = waiting.pop()
                later = steps.get(code, set()) - {code}
                ends |= {code} if not later else set()
                waiting += later - seen
                seen |= later
            if len(ends) == 1:
                current[kind][former] = ends.pop()
            else:
                left_out.add(former, f"what this {kind} is now", f"history leads to {' and '.join(sorted(ends)) or 'itself'}")
    return current


def read_core(sources: Path, current: dict[str, dict[str, str]], left_out: LeftOut) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for row in csv_rows(sources, "dmd_core"):
        code = row["code"]
        if sctid.diagnose(code).diagnosis != "valid":
            left_out.add(code, "this id", "it fails its check digit")
            continue
        followed = {kind: current[kind.upper()].get(row[kind], row[kind]) for kind in ("vmp", "vtm")}
        for kind in ("vmp", "vtm"):
            if row["level"] == kind.upper() and row[kind] and current[kind.upper()].get(code) != followed[kind]:
                left_out.add(code, f"that it is now {followed[kind]}", "history does not say so")
                followed[kind] = ""
        how = row["vmp_how"]
        if how == REFUSED:
            left_out.add(code, f"that its VMP is {followed['vmp']}", "found by BNF code alone")
            followed, how = {"vmp": "", "vtm": ""}, ""
        rows[code] = Row(code, row["level"].lower(), row["name"].strip(), *followed.values(), row["bnf"], how, row["vtm_how"])
    return rows


def read_vocabulary(
    sources: Path, brands: Path, rows: dict[str, Row], current: dict[str, dict[str, str]], left_out: LeftOut
) -> Vocabulary:
    words = Vocabulary()
    names = {row["ingredient"]: row["name"] for row in csv_rows(sources, "dmd_ingredients")}
    for code, row in rows.items():
        if row.level == "vtm" and code not in current["VTM"]:
            words.vtms[code] = Vtm(code, row.name)
    for code, former in current["VTM"].items():  # a current id without a name has that of its former one
        if (now := words.vtms.get(former)) is not None and not now.name and code in rows:
            now.name = rows[code].name
    stated: dict[str, list[str]] = defaultdict(list)
    for row in csv_rows(sources, "dmd_vtm_ingredients"):
        code = current["VTM"].get(row["vtm"], row["vtm"])
        ingredient = current["ING"].get(row["ingredient"], row["ingredient"])
        name = row["ingredient_name"] or names.get(row["ingredient"]) or names.get(ingredient, "")
        if name:
            names.setdefault(ingredient, name)
        if ingredient not in stated[code]:
            stated[code].append(ingredient)
    words.by_name = {vtm.name.casefold(): vtm for vtm in words.vtms.values() if vtm.name}
    for code, now in current["VTM"].items():  # what a former id was called is a name of what it became
        if code in rows and rows[code].name and now in words.vtms:
            words.by_name.setdefault(rows[code].name.casefold(), words.vtms[now])
    for name in names.values():
        words.substances |= {name.casefold(), without_salt(name.casefold())}
    for code, ingredients in stated.items():  # the one substance of a VTM without another name bears the VTM's
        if len(ingredients) == 1 and ingredients[0] not in names and code in words.vtms and words.vtms[code].name:
            names[ingredients[0]] = VARIANT.sub("", words.vtms[code].name)
            words.substances |= {names[ingredients[0]].casefold()}
    for code, vtm in words.vtms.items():
        told = words.bases([names[i].casefold() for i in stated[code]]) if all(i in names for i in stated[code]) else None
        parts = split_combination(VARIANT.sub("", vtm.name) if not told else vtm.name) if vtm.name else ()
        said = None
        if len(parts) > 1 or (
            parts and (parts[0] in words.substances or base_substance(parts[0], words.is_known) in words.substances)
        ):
            said = words.bases(parts)
        if told and said and not agree(told, said):
            left_out.add(code, "the ingredients of this VTM", f"stated {shown(told)}, its name says {shown(said)}")
            continue
        vtm.ingredients, vtm.derived = told or said, not told
        if vtm.ingredients:
            words.by_ingredients[vtm.ingredients].append(vtm)
    for row in csv.DictReader(brands.read_text(encoding="utf-8").splitlines()):
        brand = words.bases(row["ingredients"].casefold().split(" + "))
        if brand is None:
            raise SystemExit(f"{brands.name}: {row['brand']}: `{row['ingredients']}` is not in dm+d")
        words.brands[row["brand"]] = brand
    return words


def agree(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether two name the same substances, one of them perhaps more closely: "coal tar solution" and "coal tar"."""

    def akin(a: str, b: str) -> bool:
        return set(a.split()) <= set(b.split()) or set(b.split()) <= set(a.split())

    return (
        len(one) == len(other)
        and all(any(akin(a, b) for b in other) for a in one)
        and all(any(akin(a, b) for a in one) for b in other)
    )


def shown(ingredients: frozenset[str]) -> str:
    return " + ".join(sorted(ingredients))


@dataclass(frozen=True, slots=True)
class Vmp:
    """What all products of one VMP share. `partly`: it may have a VTM or ingredients that are not known here."""

    code: str
    name: str
    vtm: str | None
    ingredients: frozenset[str] | None
    form: NamedForm
    strengths: tuple[Strength, ...] | None
    bnf: str
    partly: bool


def read_vmp(row: Row, forms: set[str], words: Vocabulary, left_out: LeftOut) -> Vmp:
    """Return a VMP as far as the lists and its name agree."""
    vtm = words.vtms.get(row.vtm) if row.vtm else None
    if row.vtm and vtm is None:
        left_out.add(row.code, f"that its VTM is {row.vtm}", "no list has that VTM")
    substances = read_substances(row.name, words.is_known)
    said = words.bases(substances) if substances else None
    own = None
    if substances and len(substances) == 1:
        own = words.by_name.get(substances[0]) or words.by_name.get(base_substance(substances[0], words.is_known))
    if vtm is None:
        vtm = own
    of_vtm = vtm.ingredients if vtm else None
    if own is not None and own is vtm:  # its name is that of its VTM
        said = of_vtm
    ingredients = of_vtm or said or words.of_brand(row.name)
    if vtm is not None and said and of_vtm and not agree(said, of_vtm):
        part = of_vtm < said  # the name of a combination, read as that of its first part
        left_out.add(
            row.code,
            f"that its VTM is {vtm.code}{'' if part else ', and its ingredients'}",
            f"its name says {shown(said)}, the VTM has {shown(of_vtm)}",
        )
        vtm, ingredients = None, said if part else None
    if vtm is None and ingredients is not None and len(of := words.by_ingredients.get(ingredients, [])) == 1:
        vtm = of[0]
    if vtm is None and ingredients is None and row.bnf.startswith(_APPLIANCE):
        ingredients = frozenset()
    form = read_form(row.name)
    against = {_FORMS[key] for text in forms for key in _FORMS if key in text.casefold()}
    if form.form in _FORMS.values() and against and form.form not in against:
        left_out.add(row.code, "its form and route", f"its name says {form.form}, a list {' and '.join(sorted(forms))}")
        form = NamedForm(None, None, form.modified_release)
    one = read_strength(row.name) if ingredients is not None and len(ingredients) == 1 else None
    strengths = None
    if one is not None:
        strengths = (Strength("", None, one.amount, unit_id(one.unit), one.per, unit_id(one.of) if one.of else None),)
    partly = ingredients is None and vtm is None
    return Vmp(row.code, row.name, vtm.code if vtm else None, ingredients, form, strengths, row.bnf, partly)


def settle_amp(row: Row, vmps: dict[str, Vmp], by_name: dict[str, set[str]], words: Vocabulary, left_out: LeftOut) -> Vmp | None:
    """Return an AMP's VMP; None where no list has it, or its own name says another."""
    vmp = vmps.get(row.vmp)
    if vmp is None:
        if row.vmp:
            left_out.add(row.code, f"that its VMP is {row.vmp}", "no list has that VMP")
        return None
    name = split_supplier(row.name)[0]
    named = by_name.get(name.casefold(), set())
    if named and vmp.code not in named and row.vmp_how != "stated":
        left_out.add(row.code, f"that its VMP is {vmp.code}", f"its name is that of {' and '.join(sorted(named))}")
        return None
    substances = read_substances(name, words.is_known)
    said = words.bases(substances) if substances else None
    if said and vmp.ingredients is not None and not agree(said, vmp.ingredients):
        left_out.add(
            row.code,
            f"that its VMP is {vmp.code}",
            f"its name says {shown(said)}, the VMP has {shown(vmp.ingredients) or 'none'}",
        )
        return None
    return vmp


def products(
    rows: dict[str, Row], current: dict[str, dict[str, str]], sources: Path, brands: Path, left_out: LeftOut
) -> Iterator[Listed]:
    """Yield every id of the extract."""
    words = read_vocabulary(sources, brands, rows, current, left_out)
    forms: dict[str, set[str]] = defaultdict(set)
    for row in csv_rows(sources, "dmd_vmp_form"):
        if row["form"] != "Not applicable":
            forms[current["VMP"].get(row["vmp"], row["vmp"])].add(row["form"])
    vmps: dict[str, Vmp] = {}
    former: dict[str, list[str]] = defaultdict(list)
    for kind in ("VTM", "VMP"):
        for old, now in current[kind].items():
            if sctid.diagnose(old).diagnosis == "valid" and (old not in rows or rows[old].level == kind.lower()):
                former[now].append(old)
    by_name: dict[str, set[str]] = defaultdict(set)
    for code, row in rows.items():
        if row.level == "vmp" and code not in current["VMP"]:
            vmps[code] = read_vmp(row, forms[code], words, left_out)
            if row.name:
                by_name[row.name.casefold()].add(code)

    def ids(code: str | None) -> frozenset[str]:
        return frozenset((code, *former[code])) if code is not None else frozenset()

    def whole(product: Product, strengths: tuple[Strength, ...] | None = None) -> Iterator[Listed]:
        yield listed(product, strengths)
        for old in former[product.code]:
            yield listed(replace(product, code=old), strengths, current=product.code)

    for vtm in words.vtms.values():
        derived = frozenset((INGREDIENTS,) if vtm.derived and vtm.ingredients else ())
        nothing = not vtm.name and vtm.ingredients is None
        yield from whole(
            Product(
                vtm.code,
                "vtm",
                vtm.name or None,
                ids(vtm.code),
                None,
                vtm.ingredients,
                vtm=vtm.code,
                derived=derived,
                partly=nothing,
            )
        )
    for vmp in vmps.values():
        if vmp.name:
            yield from whole(product_of(vmp.code, "vmp", vmp.name, vmp, ids), vmp.strengths)
    for code, row in rows.items():
        if row.level != "amp" or not row.name:
            continue
        vmp = settle_amp(row, vmps, by_name, words, left_out)
        if vmp is not None:
            product = product_of(code, "amp", row.name, vmp, ids, derived=row.vmp_how not in STATED)
            yield listed(replace(product, bnf=row.bnf or product.bnf), vmp.strengths)
            continue
        alone = read_vmp(replace(row, name=split_supplier(row.name)[0], vtm=""), set(), words, left_out)
        modified = True if alone.form.modified_release else None  # a brand's name need not say it
        product = product_of(code, "amp", row.name, alone, ids)
        yield listed(replace(product, ids=product.ids - {""}, same_product=None, modified_release=modified), alone.strengths)


def product_of(
    code: str, level: str, name: str, vmp: Vmp, ids: Callable[[str | None], frozenset[str]], derived: bool = False
) -> Product:
    """Return a product of this VMP. `derived`: no list states that it is of this VMP. What the VMP's own name says always is."""
    return Product(
        code,
        level,
        name,
        ids(vmp.code) | ids(vmp.vtm) | {code},
        vmp.code,
        vmp.ingredients,
        routes_of(vmp.form, vmp.ingredients),
        frozenset({vmp.form.form}) if vmp.form.form else None,
        vmp.form.modified_release,
        vmp.bnf or None,
        vtm=vmp.vtm,
        derived=frozenset((PRODUCT, INGREDIENTS) if derived else (INGREDIENTS,)),
        partly=vmp.partly,
    )


def build(sources: Path, brands: Path, pack: Path) -> tuple[Counter[str], list[tuple[str, str, str]]]:
    """Write the extract. Return how many ids of each level it holds, and what was left out: (id, what, why)."""
    left_out = LeftOut()
    current = current_ids(csv_rows(sources, "dmd_history"), left_out)
    rows = read_core(sources, current, left_out)
    found = {each.code: each for each in products(rows, current, sources, brands, left_out)}
    counts = Counter(f"{each.level}{' former' if each.current else ''}" for each in found.values())
    digests = {name: sha256((sources / f"{name}.csv.gz").read_bytes()).hexdigest() for name in FILES}
    with PackWriter(pack) as writer:
        write_products(list(found.values()), (), writer)
        writer.finish(
            {
                "kind": "codes",
                "tables": [],
                "sources": [{"name": f"{name}.csv.gz", "sha256": digest} for name, digest in digests.items()],
                "dmd": {
                    "released": None,
                    "files": [],
                    "ids": len(found),
                    "counts": dict(sorted(counts.items())),
                    "doubts": [],
                    "number_of_doubts": len(left_out.rows),
                },
            }
        )
    return counts, sorted(set(left_out.rows))


def main(sources: Path) -> None:
    counts, left_out = build(sources, BRANDS, OUT)
    with LEFT_OUT.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("code", "left out", "why"))
        rows.writerows(left_out)
    print(f"{counts.total()} ids, {dict(counts)}, {len(left_out)} left out, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
