"""Medicines: from any id to its product, how two products stand to each other, the shipped extract, dm+d in a pack."""

from __future__ import annotations

import zlib
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.places import SHARED
from tests.terminology import generated
from tests.terminology import made_dmd as made

from codesafety.terminology import sctid
from codesafety.terminology.building.whole import build
from codesafety.terminology.dmd.medicines import (
    Level,
    Medicines,
    Relation,
    Strength,
    same_class,
    same_ingredients,
    same_product,
    shares_ingredient,
)
from codesafety.terminology.dmd.names import base_substance, read_form, read_substances, split_combination, split_supplier
from codesafety.terminology.dmd.relations import CLASS_LENGTHS
from codesafety.terminology.dmd.strengths import stated
from codesafety.terminology.dmd.tables import load
from codesafety.terminology.interface import Product, Status, Words
from codesafety.terminology.pack.extract import shipped_products
from codesafety.terminology.pack.file import Pack
from codesafety.terminology.pack.products import DmdSection
from codesafety.terminology.release import Release
from codesafety.terminology.words.normal import normal

DATA = SHARED / "dmd"
CANNOT_TELL, NO = Relation(None), Relation(False)


@pytest.fixture(scope="module")
def medicines(tmp_path_factory: pytest.TempPathFactory) -> Medicines:
    return Medicines(load([made.write_release(tmp_path_factory.mktemp("made") / "dmd")]))


# A release


def test_a_vmp_has_its_vtm_ingredients_form_route_and_class(medicines: Medicines) -> None:
    assert medicines.product(made.CO_CODAMOL_TABLETS) == Product(
        code=made.CO_CODAMOL_TABLETS,
        level="vmp",
        name="Co-codamol 8mg/500mg tablets",
        ids=frozenset({made.CO_CODAMOL_TABLETS, made.VTM_CO_CODAMOL, made.VTM_CO_CODAMOL_FORMER}),
        same_product=made.CO_CODAMOL_TABLETS,
        ingredients=frozenset({made.CODEINE, made.PARACETAMOL}),
        routes=frozenset({made.ORAL}),
        forms=frozenset({made.TABLET}),
        modified_release=False,
        bnf="04070100",
        atc="N02AJ06",
        vtm=made.VTM_CO_CODAMOL,
    )


def test_a_product_is_one_under_every_id_it_had(medicines: Medicines) -> None:
    ids = {made.PARACETAMOL_TABLETS, made.PARACETAMOL_FORMER, made.PARACETAMOL_OLDEST}
    for code in ids:
        product = medicines.product(code)
        assert product is not None
        assert (product.code, product.name, product.same_product) == (code, "Paracetamol 500mg tablets", made.PARACETAMOL_TABLETS)
        assert product.ids == ids | {made.VTM_PARACETAMOL}
    assert medicines.current_id(made.PARACETAMOL_OLDEST) == made.PARACETAMOL_TABLETS
    assert medicines.current_id(made.PARACETAMOL_TABLETS) is None
    assert set(medicines.former_ids(made.PARACETAMOL_TABLETS)) == ids - {made.PARACETAMOL_TABLETS}
    assert (medicines.is_valid(made.PARACETAMOL_TABLETS), medicines.is_valid(made.PARACETAMOL_FORMER)) == (True, False)


@pytest.mark.parametrize(
    ("code", "level"), [(made.PARACETAMOL_AMP, "amp"), (made.PARACETAMOL_VMPP, "vmpp"), (made.PARACETAMOL_AMPP, "ampp")]
)
def test_brands_and_packs_lead_to_the_vmp_even_by_its_former_id(medicines: Medicines, code: str, level: str) -> None:
    product = medicines.product(code)
    assert product is not None
    assert (product.level, product.same_product, product.vtm) == (level, made.PARACETAMOL_TABLETS, made.VTM_PARACETAMOL)
    assert product.ingredients == {made.PARACETAMOL}
    assert product.atc == "N02BE01"


def test_two_salts_are_of_one_base(medicines: Medicines) -> None:
    sodium, potassium = (medicines.product(code) for code in (made.DICLOFENAC_SODIUM_TABLETS, made.DICLOFENAC_POTASSIUM_TABLETS))
    assert same_ingredients(sodium, potassium) == Relation(True, Level.INGREDIENT)
    assert same_product(sodium, potassium) == NO


def test_modified_release_is_told_by_the_form(medicines: Medicines) -> None:
    told = [medicines.product(code) for code in (made.IBUPROFEN_MR, made.IBUPROFEN_TABLETS)]
    assert [product.modified_release for product in told if product] == [True, False]


def test_a_combination_product_has_what_its_parts_have(medicines: Medicines) -> None:
    product = medicines.product(made.COMBI)
    assert product is not None and product.ingredients == {made.CLOTRIMAZOLE}


def test_an_appliance_has_no_ingredients_and_a_feed_is_not_known(medicines: Medicines) -> None:
    dressing, feed, tablets = (medicines.product(code) for code in (made.DRESSING, made.FEED_AMP, made.PARACETAMOL_TABLETS))
    assert dressing is not None and dressing.ingredients == frozenset()
    assert feed is not None and feed.ingredients is None
    assert shares_ingredient(dressing, tablets) == NO
    assert shares_ingredient(feed, tablets) == CANNOT_TELL


def test_a_vtm_without_ingredients_cannot_be_told(medicines: Medicines) -> None:
    vitamins = medicines.product(made.VTM_VITAMINS)
    assert vitamins is not None and vitamins.ingredients is None
    assert shares_ingredient(vitamins, medicines.product(made.PARACETAMOL_AMP)) == CANNOT_TELL
    assert shares_ingredient(vitamins, medicines.product(made.VITAMIN_TABLETS)) == Relation(True, Level.VTM)


def test_an_amp_whose_vmp_is_lost_keeps_its_identity_and_nothing_else(medicines: Medicines) -> None:
    product = medicines.product(made.ORPHAN_AMP)
    assert product is not None
    assert (product.same_product, product.ingredients, product.modified_release, product.vtm) == (made.LOST_VMP, None, None, None)


def test_an_id_that_the_release_does_not_know_has_no_product(medicines: Medicines) -> None:
    for code in ("196421000000109", "322236009", "nonsense", ""):
        assert medicines.product(code) is None
        assert medicines.is_valid(code) is None
        assert medicines.name(code) is None


def test_strengths_are_the_vpi_rows_as_published(medicines: Medicines) -> None:
    assert medicines.strengths(made.PARACETAMOL_AMPP) == (Strength(made.PARACETAMOL, None, "500", made.MILLIGRAM, None, None),)
    assert medicines.strengths(made.DRESSING) is None


@pytest.mark.parametrize(("rows", "line"), [
    ([("500", "258684004", None, None)], "500 mg"), ([("5", "258684004", "1", "258773002")], "5 mg / 1 mL"),
    ([("12", "258685003", "1", "258702006")], "12 ug / 1 h"), ([("100", "767525000", "1", "258773002")], None),
    ([("8", "258684004", None, None), ("500", "258684004", None, None)], None), ([(None, None, None, None)], None),
    ([("5", "258684004", None, "258773002")], None), ([("5", "258684004", "1", "767525000")], None), (None, None),
])  # fmt: skip
def test_a_strength_of_one_ingredient_is_one_line_in_ucum(rows: list[tuple[str | None, ...]] | None, line: str | None) -> None:
    assert stated(None if rows is None else [Strength("1", None, *row) for row in rows]) == line


def test_a_product_states_the_strength_of_its_vmp_and_a_combination_none(medicines: Medicines) -> None:
    found = [medicines.product(code) for code in (made.PARACETAMOL_AMPP, made.CO_CODAMOL_TABLETS)]
    assert [product and product.strength for product in found] == ["500 mg", None]


# Two products


def test_one_product_whatever_the_level_and_the_age_of_the_id(medicines: Medicines) -> None:
    amp, oldest, pack = (medicines.product(c) for c in (made.PARACETAMOL_AMP, made.PARACETAMOL_OLDEST, made.PARACETAMOL_AMPP))
    assert same_product(amp, oldest) == same_product(pack, oldest) == Relation(True, Level.VMP)
    assert same_product(amp, amp) == Relation(True, Level.AMP)


def test_an_ingredient_inside_a_combination_is_shared_and_the_ingredients_are_not_the_same(medicines: Medicines) -> None:
    tablets, co_codamol = medicines.product(made.PARACETAMOL_TABLETS), medicines.product(made.CO_CODAMOL_TABLETS)
    assert shares_ingredient(tablets, co_codamol) == Relation(True, Level.INGREDIENT)
    assert same_ingredients(tablets, co_codamol) == NO
    assert same_product(tablets, co_codamol) == NO


def test_one_vtm_in_two_forms(medicines: Medicines) -> None:
    tablets, gel = medicines.product(made.IBUPROFEN_TABLETS), medicines.product(made.IBUPROFEN_GEL)
    assert shares_ingredient(tablets, gel) == same_ingredients(tablets, gel) == Relation(True, Level.VTM)
    assert same_product(tablets, gel) == NO


def test_a_vtm_names_no_product(medicines: Medicines) -> None:
    vtm = medicines.product(made.VTM_PARACETAMOL)
    assert same_product(vtm, vtm) == CANNOT_TELL
    assert same_product(vtm, medicines.product(made.PARACETAMOL_TABLETS)) == CANNOT_TELL
    assert same_product(vtm, medicines.product(made.IBUPROFEN_TABLETS)) == NO
    assert same_ingredients(vtm, vtm) == Relation(True, Level.VTM)


@pytest.mark.parametrize("relation", [same_product, shares_ingredient, same_ingredients])
def test_an_unknown_product_cannot_be_told(medicines: Medicines, relation) -> None:  # type: ignore[no-untyped-def]
    known = medicines.product(made.PARACETAMOL_TABLETS)
    assert relation(None, known) == relation(known, None) == relation(None, None) == CANNOT_TELL


def test_classes_are_told_level_by_level(medicines: Medicines) -> None:
    paracetamol, co_codamol, ibuprofen, diclofenac = (
        medicines.product(code)
        for code in (made.PARACETAMOL_AMP, made.CO_CODAMOL_TABLETS, made.IBUPROFEN_TABLETS, made.DICLOFENAC_SODIUM_TABLETS)
    )
    assert same_class(paracetamol, co_codamol, Level.BNF_PARAGRAPH) == Relation(True, Level.BNF_PARAGRAPH)
    assert same_class(paracetamol, co_codamol, Level.ATC2) == Relation(True, Level.ATC2)
    assert same_class(paracetamol, co_codamol, Level.ATC3) == NO
    assert same_class(paracetamol, ibuprofen, Level.BNF_CHAPTER) == NO
    assert same_class(paracetamol, diclofenac, Level.ATC4) == CANNOT_TELL
    assert same_class(paracetamol, ibuprofen, Level.BNF_CHEMICAL) == CANNOT_TELL  # dm+d's own BNF field does not reach that far
    with pytest.raises(ValueError, match="`vtm` is not a level of BNF or ATC"):
        same_class(paracetamol, ibuprofen, Level.VTM)


INGREDIENTS = st.none() | st.frozensets(st.sampled_from("abc"), max_size=3)
LEVELS = {"1": "vmp", "2": "amp", "3": "vtm"}
PRODUCTS = st.none() | st.builds(
    lambda code, **facts: Product(code, LEVELS[code], **facts),
    code=st.sampled_from("123"),
    name=st.none(),
    ids=st.just(frozenset()),
    same_product=st.none() | st.sampled_from("xy"),
    ingredients=INGREDIENTS,
    bnf=st.none() | st.sampled_from(("0101010A0", "0101020A0", "04070100")),
    atc=st.none() | st.sampled_from(("A02BC01", "A02")),
    vtm=st.none() | st.sampled_from("vw"),
)


@given(PRODUCTS, PRODUCTS, st.sampled_from(sorted(CLASS_LENGTHS)))
def test_relations_are_symmetric_and_name_a_level_only_where_they_hold(
    a: Product | None, b: Product | None, level: Level
) -> None:
    for relation in (same_product, shares_ingredient, same_ingredients, lambda x, y: same_class(x, y, level)):
        assert relation(a, b) == relation(b, a)
        assert (relation(a, b).level is not None) == (relation(a, b).holds is True)
    if same_product(a, b).holds:
        assert same_ingredients(a, b).holds and shares_ingredient(a, b).holds


# In a pack


@pytest.fixture
def section(tmp_path: Path) -> DmdSection:
    build([made.write_release(tmp_path / "dmd")], tmp_path / "a.pack")
    return DmdSection(Pack(tmp_path / "a.pack"))


def test_a_pack_answers_as_the_release_does_for_every_id(section: DmdSection, medicines: Medicines) -> None:
    codes = sorted(set(medicines.codes()), key=int)
    assert list(section) == codes
    assert len(section) == len(codes)
    for code in codes:
        assert section.product(code) == medicines.product(code)
        assert section.name(code) == medicines.name(code)
        assert section.current_id(code) == medicines.current_id(code)
        assert section.strengths(code) == medicines.strengths(code)
        assert (section.status(code) is Status.ACTIVE) == medicines.is_valid(code)


def test_a_pack_does_not_know_other_ids(section: DmdSection) -> None:
    for code in ("196421000000109", "nonsense", "", "0" + made.PARACETAMOL, "9" * 19, "٣٢٢"):
        assert code not in section
        assert section.product(code) is None
        assert section.status(code) is Status.UNKNOWN


def test_a_pack_is_found_by_its_gtin(section: DmdSection) -> None:
    assert section.with_gtin("5037563003235") == section.with_gtin("05037563003235") == (made.PARACETAMOL_AMPP,)
    assert section.with_gtin("5037563003236") == section.with_gtin("") == section.with_gtin("50375630032350000") == ()


def test_products_are_found_by_name_with_or_without_supplier(section: DmdSection) -> None:
    assert (
        section.named(normal("brand 400MG tablets"))
        == section.named(normal("Brand 400mg tablets (Anyone & Sons Ltd)"))
        == (made.NUROFEN_AMP,)
    )
    assert made.PARACETAMOL_TABLETS in section.named(normal("Paracetamol 500mg tablets"))
    assert section.named(normal("Unheard of 5mg tablets")) == ()


def test_the_same_release_gives_the_same_pack(tmp_path: Path) -> None:
    digests = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        digests.append(build([made.write_release(tmp_path / name / "dmd")], tmp_path / f"{name}.pack"))
    assert digests[0] == digests[1]


def test_dmd_lies_over_a_release_that_does_not_hold_its_ids(tmp_path: Path) -> None:
    rows = generated.Rows()
    for code in (generated.ROOT, generated.IS_A):
        rows.concept(code)
        rows.describe(code, "term")
    rows.is_a(generated.IS_A, generated.ROOT)
    build([generated.write_release(rows, tmp_path / "rf2"), made.write_release(tmp_path / "dmd")], tmp_path / "a.pack")
    release = Release.open(tmp_path / "a.pack")
    assert "with dm+d of 2021-08-26" in release.name
    assert (release.status(made.PARACETAMOL_AMP), release.status(generated.ROOT)) == (Status.ACTIVE, Status.ACTIVE)
    assert (release.status(made.PARACETAMOL_OLDEST), release.status(made.NUROFEN_AMP)) == (Status.INACTIVE, Status.INACTIVE)
    assert release.status("322236009") is Status.UNKNOWN
    assert release.replacements(made.PARACETAMOL_OLDEST).same == (made.PARACETAMOL_TABLETS,)
    assert release.terms(made.PARACETAMOL_AMP) == ("Paracetamol 500mg tablets (Anyone & Sons Ltd)",)
    product = release.product(made.PARACETAMOL_AMPP)
    assert product is not None and product.same_product == made.PARACETAMOL_TABLETS
    assert release.product("322236009") is None
    assert release.judge_words(made.PARACETAMOL_AMP, "paracetamol 500mg tablets").verdict is Words.AGREES
    told = release.judge_words(made.PARACETAMOL_TABLETS, "Ibuprofen 400mg tablets")
    assert (told.verdict, told.others) == (Words.NAMES_ANOTHER, (made.IBUPROFEN_TABLETS,))


def test_a_pack_of_dmd_alone_cannot_tell_of_other_codes(tmp_path: Path) -> None:
    build([made.write_release(tmp_path / "dmd")], tmp_path / "a.pack")
    release = Release.open(tmp_path / "a.pack")
    assert (release.name, release.status("322236009")) == ("dm+d of 2021-08-26", Status.CANNOT_TELL)
    assert release.status(made.PARACETAMOL_TABLETS) is Status.ACTIVE


@pytest.mark.skipif(not DATA.is_dir(), reason="the real dm+d extracts are not here")
@pytest.mark.parametrize("name", ["nhsbsa-2019-extract", "dmd-2021-08-26"])
def test_a_pack_of_a_real_release_answers_as_the_release_does(tmp_path: Path, name: str) -> None:
    tables = load([DATA / name])
    real = Medicines(tables)
    build([DATA / name], tmp_path / "a.pack")
    section = DmdSection(Pack(tmp_path / "a.pack"))
    for code in real.codes():
        assert section.product(code) == real.product(code)


@pytest.mark.skipif(not DATA.is_dir(), reason="the real dm+d extracts are not here")
def test_co_amilofruse_by_its_real_ids() -> None:
    real = Medicines(load([DATA / "dmd-2021-08-26"]))
    amp, former = real.product("37365811000001102"), real.product("10406411000001101")
    assert amp is not None and former is not None
    assert amp.ingredients == former.ingredients == {"387516008", "387475002"}
    assert (amp.same_product, amp.atc, amp.vtm) == ("318136009", "C03EB01", "34186711000001102")
    assert "354303007" in amp.ids
    assert former.same_product == "318135008"


# Names


@pytest.mark.parametrize(
    ("name", "form", "route", "modified"),
    [
        ("Paracetamol 500mg tablets", "tablets", "26643006", False),
        ("Ibuprofen 800mg modified-release tablets", "tablets", "26643006", True),
        ("Diclofenac 100mg suppositories", "suppositories", "37161004", False),
        ("Clotrimazole 500mg vaginal tablets", "tablets", "16857009", False),
        ("Chloramphenicol 0.5% eye drops", "eye drops", "54485002", False),
        ("Ciprofloxacin 0.3% ear/eye drops", "ear/eye drops", None, False),
        ("Salbutamol 100micrograms/dose inhaler CFC free", "inhaler", "18679011000001101", False),
        ("Fentanyl 25micrograms/hour transdermal patches", "transdermal patches", "45890007", False),
        ("Hydrocortisone 1% / Miconazole 2% cream", "cream", "6064005", False),
        ("Estriol 0.1% cream", "cream", None, False),
        ("Flurbiprofen 8.75mg lozenges", "lozenges", "372473007", False),
        ("Morphine 10mg/1ml solution for injection ampoules", "solution for injection", None, False),
        ("Paracetamol 250mg/5ml oral suspension", "oral suspension", "26643006", False),
        ("Hydrocolloid dressing", None, None, False),
    ],
)
def test_a_name_states_form_route_and_release(name: str, form: str | None, route: str | None, modified: bool) -> None:
    read = read_form(name)
    assert (read.form, read.route, read.modified_release) == (form, route, modified)


KNOWN = {
    "paracetamol",
    "codeine",
    "diclofenac",
    "diclofenac potassium",
    "salicylic acid",
    "valproic acid",
    "sodium valproate",
    "calcium",
    "calcium carbonate",
    "co-codamol",
    "hydrocortisone",
    "miconazole",
    "naproxen",
    "misoprostol",
}


@pytest.mark.parametrize(
    ("name", "substances"),
    [
        ("Paracetamol 500mg tablets", ("paracetamol",)),
        ("Co-codamol 8mg/500mg tablets (Anyone Ltd)", ("co-codamol",)),
        ("Hydrocortisone 1% / Miconazole 2% cream", ("hydrocortisone", "miconazole")),
        ("Naproxen 500mg tablets and Misoprostol 200microgram tablets", ("naproxen", "misoprostol")),
        ("Paracetamol 500mg / Unheard of 5mg tablets", None),
        ("Brand 400mg tablets", None),
        ("Generic Brand tablets", None),
    ],
)
def test_a_name_states_substances_only_if_every_part_is_known(name: str, substances: tuple[str, ...] | None) -> None:
    assert read_substances(name, KNOWN.__contains__) == substances


@pytest.mark.parametrize(
    ("salt", "base"),
    [
        ("diclofenac potassium", "diclofenac"),
        ("salicylic acid", "salicylic acid"),
        ("calcium carbonate", "calcium carbonate"),
        ("sodium valproate", "valproic acid"),
        ("unheard sodium", "unheard sodium"),
    ],
)
def test_a_salt_is_taken_to_a_base_that_is_known(salt: str, base: str) -> None:
    assert base_substance(salt, KNOWN.__contains__) == base


def test_names_in_co_are_british_approved_names() -> None:
    assert split_combination("Co-codamol") == ("codeine", "paracetamol")
    assert split_combination("Hydrocortisone + Miconazole") == ("hydrocortisone", "miconazole")


def test_a_supplier_is_the_last_bracket() -> None:
    assert split_supplier("Co-amilofruse 5mg/40mg tablets (Medihealth (Northern) Ltd)") == (
        "Co-amilofruse 5mg/40mg tablets",
        "Medihealth (Northern) Ltd",
    )
    assert split_supplier("Paracetamol 500mg tablets") == ("Paracetamol 500mg tablets", None)


# The shipped extract


def shipped(code: str) -> Product:
    product = shipped_products().get(code)
    assert product is not None, code
    return product


def test_paracetamol_is_one_product_under_its_former_and_its_current_id() -> None:
    assert same_product(shipped("322236009"), shipped("42109611000001109")) == Relation(True, Level.VMP)
    assert same_ingredients(shipped("322236009"), shipped("42109611000001109")).holds is True


def test_paracetamol_is_inside_co_codamol() -> None:
    assert shipped("42010211000001106").ingredients == {"paracetamol", "codeine"}
    assert shares_ingredient(shipped("322236009"), shipped("42010211000001106")) == Relation(True, Level.INGREDIENT)
    assert same_ingredients(shipped("322236009"), shipped("42010211000001106")) == NO


def test_three_anti_inflammatories_are_three_products() -> None:
    ibuprofen, naproxen, diclofenac = (shipped(code) for code in ("329653008", "329806007", "329968007"))
    assert same_product(ibuprofen, naproxen) == same_product(ibuprofen, diclofenac) == NO
    assert shares_ingredient(naproxen, diclofenac) == NO
    assert "42104911000001104" in ibuprofen.ids


def test_a_brand_and_its_generic_are_one_product() -> None:
    assert same_product(shipped("42111000001107"), shipped("326324002")) == Relation(True, Level.VMP)
    assert shipped("42111000001107").ingredients == {"ethinylestradiol", "levonorgestrel"}
    assert shipped("289411000001107").ingredients == {"flucloxacillin"}
    assert shipped("38897011000001107").ingredients == {"insulin glargine"}


def test_the_gel_of_diclofenac_is_applied_to_the_skin_one_way_or_the_other() -> None:
    assert shipped("22480211000001104").routes == {"6064005", "45890007"}
    assert shipped("329653008").routes == {"26643006"}


def test_a_transfer_degraded_entry_is_not_a_product() -> None:
    assert shipped_products().get("196421000000109") is None


@pytest.fixture(scope="module")
def extract() -> dict[str, Product]:
    """Every product of the shipped extract, read out once."""
    return dict(shipped_products())


def test_the_extract_is_sound(extract: dict[str, Product]) -> None:
    known = set(extract)
    assert Counter(product.level for product in extract.values()).keys() == {"vtm", "vmp", "amp"}
    for code, product in extract.items():
        assert sctid.is_well_formed(code)
        assert product.code == code and code in product.ids
        assert product.ids <= known or (product.partly and product.ids - known == {product.same_product})
        assert product.name or product.level == "vtm"
        if product.same_product is not None:
            assert product.level != "vtm"
        if product.vtm is not None:
            assert extract[product.vtm].level == "vtm" and product.vtm in product.ids
            assert product.ids >= extract[product.vtm].ids


def test_every_id_of_one_product_has_one_identity(extract: dict[str, Product]) -> None:
    for product in extract.values():
        for other in product.ids & extract.keys():
            if extract[other].level == "vmp":
                assert extract[other].same_product == product.same_product
                assert extract[other].ingredients == product.ingredients


def test_what_was_concluded_from_names_is_marked(extract: dict[str, Product]) -> None:
    """An AMP whose VMP a source states, one whose name is its VMP's, and a brand that a table of brands names."""
    assert "product" in extract["42111000001107"].derived  # Microgynon 30
    assert "product" not in extract["322236009"].derived  # a VMP is itself
    derived = sum("product" in product.derived for product in extract.values())
    assert 0 < derived < len(extract)


def test_the_extract_says_nothing_of_combinations_by_one_name_only(extract: dict[str, Product]) -> None:
    for product in extract.values():
        if product.level == "vmp" and product.name and " / " in product.name and product.ingredients:
            parts = [part.split()[0] for part in product.name.split(" / ") if part[0].isalpha()]  # "125mg / 5ml" is one
            assert len(product.ingredients) > 1 or len(set(parts)) == 1


def test_the_extract_is_small_and_has_its_provenance() -> None:
    folder = files("codesafety.terminology.dmd").joinpath("data")
    assert len(zlib.compress(folder.joinpath("dmd-extract.pack").read_bytes(), 9)) < 4_200_000
    assert len(shipped_products()) > 100_000
    readme = folder.joinpath("README.md").read_text(encoding="utf-8")
    assert "dm+d © NHS Business Services Authority" in readme
    assert "Open Government Licence v3.0" in readme
