"""The tool that makes the shipped extract, on a few rows: what it states, what it derives, what it leaves out."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest
from tools.build_dmd_extract import build

from codesafety.terminology.errors import PackError
from codesafety.terminology.interface import Product
from codesafety.terminology.pack.file import Pack
from codesafety.terminology.pack.products import DmdSection

AMLODIPINE, AMLODIPINE_ONCE, IBUPROFEN, CLOTRIMAZOLE = "774557006", "108537001", "38268001", "387325007"
TEN, TEN_ONCE, BRAND, GENERIC, WRONG, BY_BNF, DRESSING, FOLDED = (
    "39731911000001109",
    "319284000",
    "999000111000001103",
    "999000211000001109",
    "999000311000001101",
    "999000411000001108",
    "999000511000001107",
    "999000611000001106",
)

CORE = f"""\
code,level,name,vmp,vtm,ingredients,bnf,vmp_how,vtm_how
{AMLODIPINE},VTM,Amlodipine,,,,,,
{AMLODIPINE_ONCE},VTM,Amlodipine,,{AMLODIPINE},,,,history
{IBUPROFEN},VTM,Ibuprofen,,,,,,
{TEN},VMP,Amlodipine 10mg tablets,,{AMLODIPINE},,0206020A0AAABAB,,name
{TEN_ONCE},VMP,Amlodipine 10mg tablets,{TEN},{AMLODIPINE},,,history,
{BRAND},AMP,Istin 10mg tablets (Viatris UK Healthcare Ltd),{TEN},{AMLODIPINE},,0206020A0BBABAB,stated,via vmp
{GENERIC},AMP,Amlodipine 10mg tablets (Teva UK Ltd),{TEN},{AMLODIPINE},,,name,via vmp
{WRONG},AMP,Ibuprofen 400mg tablets (Teva UK Ltd),{TEN},{AMLODIPINE},,,pack name,via vmp
{BY_BNF},AMP,Exforge 10mg tablets (Anyone Ltd),{TEN},{AMLODIPINE},,,"ADQ table, BNF code",via vmp
{DRESSING},VMP,Cotton crepe bandage BP 1988 5cm x 4.5m,,,,20020201,,
{FOLDED},VMP,Folded thing,,,,,,
319284001,VMP,An id that fails its check digit,,,,,,
"""
HISTORY = f"""\
kind,current,previous,start,end
VTM,{AMLODIPINE},{AMLODIPINE_ONCE},2004-01-01,2023-01-01
VTM,{AMLODIPINE},{AMLODIPINE},2023-01-01,
VMP,{TEN},{TEN_ONCE},2004-01-01,2020-01-01
VMP,{TEN},317000000,2002-01-01,2004-01-01
VMP,{FOLDED},{CLOTRIMAZOLE},2002-01-01,2004-01-01
VMP,{DRESSING},{CLOTRIMAZOLE},2002-01-01,2004-01-01
"""
OTHERS = {
    "dmd_vtm_ingredients": f"vtm,vtm_name,ingredient,ingredient_name\n{AMLODIPINE},Amlodipine,386864001,Amlodipine\n",
    "dmd_ingredients": "ingredient,name\n386864001,Amlodipine\n387207008,Ibuprofen\n",
    "dmd_vmp_form": f"vmp,form\n{TEN},Tablet\n",
}

Built = tuple[DmdSection, Counter[str], list[tuple[str, str, str]]]


def written(folder: Path, core: str = CORE) -> Path:
    for name, text in {"dmd_core": core, "dmd_history": HISTORY, **OTHERS}.items():
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    (folder / "brands.csv").write_text("brand,ingredients\nSevikar,Amlodipine\n", encoding="utf-8")
    return folder


def made(folder: Path, core: str = CORE) -> Built:
    counts, left_out = build(written(folder, core), folder / "brands.csv", folder / "a.pack")
    Pack(folder / "a.pack").verify()
    return DmdSection(Pack(folder / "a.pack")), counts, left_out


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return made(tmp_path_factory.mktemp("open"))


def test_a_vmp_is_known_with_all_its_former_ids(built: Built) -> None:
    assert built[0][TEN] == Product(
        code=TEN,
        level="vmp",
        name="Amlodipine 10mg tablets",
        ids=frozenset({TEN, TEN_ONCE, AMLODIPINE, AMLODIPINE_ONCE}),
        same_product=TEN,
        ingredients=frozenset({"amlodipine"}),
        routes=frozenset({"26643006"}),
        forms=frozenset({"tablets"}),
        modified_release=False,
        bnf="0206020A0AAABAB",
        vtm=AMLODIPINE,
        strength="10 mg",
        derived=frozenset({"ingredients"}),
    )
    assert built[0].current_id(TEN_ONCE) == TEN
    assert built[0][TEN_ONCE].same_product == TEN


def test_which_vmp_an_amp_is_of_is_stated_or_derived(built: Built) -> None:
    products = built[0]
    assert products[BRAND].same_product == products[GENERIC].same_product == TEN
    assert products[BRAND].derived == {"ingredients"}
    assert products[GENERIC].derived == {"product", "ingredients"}


def test_what_the_sources_contradict_is_left_out_and_listed(built: Built) -> None:
    products, _, left_out = built
    assert products[WRONG].same_product is None
    assert products[WRONG].ingredients == {"ibuprofen"}
    assert (WRONG, f"that its VMP is {TEN}", "its name says ibuprofen, the VMP has amlodipine") in left_out
    assert (CLOTRIMAZOLE, "what this VMP is now", f"history leads to {DRESSING} and {FOLDED}") in left_out
    assert ("319284001", "this id", "it fails its check digit") in left_out
    assert "319284001" not in products


def test_a_vmp_that_was_found_by_bnf_code_alone_is_not_used(built: Built) -> None:
    products, _, left_out = built
    assert (products[BY_BNF].same_product, products[BY_BNF].ingredients, products[BY_BNF].partly) == (None, None, True)
    assert (BY_BNF, f"that its VMP is {TEN}", "found by BNF code alone") in left_out


def test_an_appliance_has_no_ingredients_and_of_the_rest_it_is_not_known(built: Built) -> None:
    products = built[0]
    assert (products[DRESSING].ingredients, products[DRESSING].partly) == (frozenset(), False)
    assert (products[FOLDED].ingredients, products[FOLDED].partly) == (None, True)


def test_a_brand_that_only_the_table_of_brands_knows_has_its_ingredients(tmp_path: Path) -> None:
    core = CORE + "999000711000001102,VMP,Generic Sevikar 20mg tablets,,,,,,\n"
    brand = made(tmp_path, core)[0]["999000711000001102"]
    assert (brand.ingredients, brand.vtm, brand.derived) == ({"amlodipine"}, AMLODIPINE, {"ingredients"})


def test_a_brand_of_a_substance_that_dmd_does_not_have_stops_the_build(tmp_path: Path) -> None:
    (written(tmp_path) / "brands.csv").write_text("brand,ingredients\nX,Amlodipin\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="`Amlodipin` is not in dm"):
        build(tmp_path, tmp_path / "brands.csv", tmp_path / "a.pack")


def test_rows_in_another_order_are_the_same_extract_and_the_same_files_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other", "again"):
        (tmp_path / name).mkdir()
    head, *rows = CORE.splitlines(keepends=True)
    assert dict(made(tmp_path / "one")[0]) == dict(made(tmp_path / "other", head + "".join(reversed(rows)))[0])
    made(tmp_path / "again")
    assert (tmp_path / "again" / "a.pack").read_bytes() == (tmp_path / "one" / "a.pack").read_bytes()


def test_a_damaged_extract_is_refused(tmp_path: Path) -> None:
    made(tmp_path)
    whole = (tmp_path / "a.pack").read_bytes()
    (tmp_path / "short.pack").write_bytes(whole[:-1])
    with pytest.raises(PackError, match="truncated or overlong"):
        Pack(tmp_path / "short.pack")
    (tmp_path / "other.pack").write_bytes(whole[:64] + bytes([whole[64] ^ 1]) + whole[65:])
    with pytest.raises(PackError, match=r"section `dmd.id` is damaged"):
        Pack(tmp_path / "other.pack").verify()


def test_the_list_of_what_is_left_out_has_no_row_twice() -> None:
    with (Path(__file__).parents[3] / "tools" / "dmd-extract-left-out.csv").open(encoding="utf-8", newline="") as lines:
        rows = [tuple(row) for row in csv.reader(lines)]
    assert rows[0] == ("code", "left out", "why")
    assert len(rows) == len(set(rows)) > 100
