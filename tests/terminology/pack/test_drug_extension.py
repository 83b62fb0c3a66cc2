"""Medicines of a release with the UK Drug Extension and without dm+d's own files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.terminology import generated as made

from codesafety.terminology.building.whole import build
from codesafety.terminology.dmd.relations import Level, Relation, same_ingredients, same_product, shares_ingredient
from codesafety.terminology.pack.drug_extension import Rf2Products
from codesafety.terminology.release import Release

ATTRIBUTES = (
    "127489000",
    "762949000",
    "738774007",
    "411116001",
    "10362901000001105",
    "13088401000001104",
    "10362601000001103",
    "10362701000001108",
)
VTM, VMP, AMP, AMPP = "10363701000001104", "10363801000001108", "10363901000001102", "10364001000001104"
VMP_REFSET = "999000561000001109"
SUBSTANCE, PRODUCT, ORAL, TABLET = "105590001", "373873005", "26643006", "385055001"
PARACETAMOL, CODEINE, CODEINE_PHOSPHATE, TWO_BASES = (made.concept_id(n) for n in (1, 2, 3, 4))
VTM_PARACETAMOL, VTM_CO_CODAMOL, VTM_SILENT = (made.concept_id(n) for n in (11, 12, 13))
TABLETS, CO_CODAMOL, SILENT, FORMER, MODIFIED = (made.concept_id(n) for n in (21, 22, 23, 24, 25))
BRAND, ORPHAN, PACK, OPEN = (made.concept_id(n) for n in (31, 32, 41, 51))


def rows() -> made.Rows:
    release = made.Rows()
    for code in (made.ROOT, made.IS_A, *ATTRIBUTES, SUBSTANCE, PRODUCT, ORAL, TABLET):
        release.concept(code)
        release.describe(code, f"{code} term")
        if code != made.ROOT:
            release.is_a(code, made.ROOT)
    below = {
        SUBSTANCE: (PARACETAMOL, CODEINE, CODEINE_PHOSPHATE, TWO_BASES),
        PRODUCT: (VTM, VMP, AMP, AMPP, OPEN),
        VTM: (VTM_PARACETAMOL, VTM_CO_CODAMOL, VTM_SILENT),
        VMP: (TABLETS, CO_CODAMOL, MODIFIED),
        AMP: (BRAND, ORPHAN),
        AMPP: (PACK,),
        VTM_SILENT: (SILENT,),
    }
    names = {
        TABLETS: "Paracetamol 500mg tablets",
        MODIFIED: "Paracetamol 1g modified-release tablets",
        CO_CODAMOL: "Co-codamol 8mg/500mg tablets",
        BRAND: "Brand 500mg tablets (Anyone Ltd)",
    }
    for parent, children in below.items():
        for child in children:
            release.concept(child)
            release.describe(child, names.get(child, f"{child} term"))
            release.is_a(child, parent)
    for child, parent in (
        (TABLETS, VTM_PARACETAMOL),
        (MODIFIED, VTM_PARACETAMOL),
        (CO_CODAMOL, VTM_CO_CODAMOL),
        (BRAND, TABLETS),
    ):
        release.is_a(child, parent)
    for source, attribute, target in (
        (CODEINE_PHOSPHATE, "738774007", CODEINE),
        (TWO_BASES, "738774007", CODEINE),
        (TWO_BASES, "738774007", PARACETAMOL),
        (TABLETS, "127489000", PARACETAMOL),
        (TABLETS, "10362901000001105", TABLET),
        (TABLETS, "13088401000001104", ORAL),
        (CO_CODAMOL, "762949000", CODEINE_PHOSPHATE),
        (CO_CODAMOL, "127489000", PARACETAMOL),
        (VTM_PARACETAMOL, "127489000", PARACETAMOL),
        (OPEN, "127489000", PARACETAMOL),
        (PACK, "10362701000001108", BRAND),
    ):
        release.relationship(source, attribute, target, group=1)
    release.member(VMP_REFSET, SILENT)
    release.concept(FORMER, active=False)
    release.describe(FORMER, "Paracetamol 500mg tablet")
    release.member(made.SAME_AS, FORMER, (("targetComponentId", TABLETS),))
    return release


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> Rf2Products:
    folder = tmp_path_factory.mktemp("drug")
    build([made.write_release(rows(), folder / "release")], folder / "a.pack")
    release = Release.open(folder / "a.pack")
    assert Rf2Products.is_in(release.store)
    return Rf2Products(release.store)


def test_a_vmp_has_what_its_attributes_say(products: Rf2Products) -> None:
    tablets = products.product(TABLETS)
    assert tablets is not None
    assert (tablets.level, tablets.name, tablets.same_product, tablets.vtm) == (
        "vmp",
        "Paracetamol 500mg tablets",
        TABLETS,
        VTM_PARACETAMOL,
    )
    assert (tablets.ingredients, tablets.routes, tablets.forms) == ({PARACETAMOL}, {ORAL}, {TABLET})
    assert tablets.ids == {TABLETS, FORMER, VTM_PARACETAMOL}
    assert tablets.modified_release is False
    assert (tablets.bnf, tablets.atc) == (None, None)


@pytest.mark.parametrize(("code", "level"), [(BRAND, "amp"), (PACK, "ampp"), (FORMER, "vmp")])
def test_brands_packs_and_former_ids_are_their_vmp(products: Rf2Products, code: str, level: str) -> None:
    product = products.product(code)
    assert product is not None
    assert (product.level, product.same_product, product.ingredients) == (level, TABLETS, {PARACETAMOL})
    assert same_product(product, products.product(TABLETS)) == Relation(True, Level.VMP)


def test_a_salt_is_taken_to_what_it_is_a_modification_of(products: Rf2Products) -> None:
    co_codamol = products.product(CO_CODAMOL)
    assert co_codamol is not None and co_codamol.ingredients == {CODEINE, PARACETAMOL}
    assert shares_ingredient(co_codamol, products.product(BRAND)) == Relation(True, Level.INGREDIENT)
    assert same_ingredients(co_codamol, products.product(BRAND)) == Relation(False)


def test_a_substance_with_two_bases_stays_itself(products: Rf2Products) -> None:
    substance = products.product(TWO_BASES)
    assert substance is not None and (substance.level, substance.ingredients) == ("substance", {TWO_BASES})


def test_modified_release_is_in_the_name_of_the_vmp(products: Rf2Products) -> None:
    modified = products.product(MODIFIED)
    assert modified is not None and modified.modified_release is True
    assert modified.ingredients == {PARACETAMOL}  # of its VTM: the VMP itself states none


def test_what_is_not_stated_is_not_known(products: Rf2Products) -> None:
    silent, orphan = products.product(SILENT), products.product(ORPHAN)
    assert silent is not None and (silent.level, silent.ingredients, silent.routes, silent.vtm) == ("vmp", None, None, VTM_SILENT)
    assert orphan is not None and (orphan.same_product, orphan.ingredients) == (None, None)


def test_a_grouping_of_products_and_an_unknown_code_are_no_product(products: Rf2Products) -> None:
    assert products.product(OPEN) is None
    assert products.product("322236009") is None
    assert products.product("nonsense") is None


def test_the_facade_asks_the_drug_extension_where_the_pack_has_no_dmd(tmp_path: Path) -> None:
    build([made.write_release(rows(), tmp_path / "release")], tmp_path / "a.pack")
    release = Release.open(tmp_path / "a.pack")
    product = release.product(BRAND)
    assert product is not None and product.ingredients == {PARACETAMOL}
    assert release.product("322236009") is None  # the shipped extract has other words for ingredients: not mixed in
    assert release.digest == release.pack.digest


def test_a_release_without_the_drug_extension_is_not_asked(tmp_path: Path) -> None:
    rows = made.Rows()
    for code in (made.ROOT, made.IS_A, PARACETAMOL):
        rows.concept(code)
        rows.describe(code, "term")
        if code != made.ROOT:
            rows.is_a(code, made.ROOT)
    build([made.write_release(rows, tmp_path / "release")], tmp_path / "a.pack")
    release = Release.open(tmp_path / "a.pack")
    assert not Rf2Products.is_in(release.store)
    assert release.product("322236009") is not None  # the shipped extract
