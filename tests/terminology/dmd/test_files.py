"""dm+d files to rows: what is recognised, what is read, what is refused and where."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from tests.places import SHARED
from tests.terminology import made_dmd as made

from codesafety.terminology.archive import members
from codesafety.terminology.dmd.files import Content, discover, read_rows, require_release
from codesafety.terminology.dmd.medicines import Medicines
from codesafety.terminology.dmd.tables import DmdTables, load
from codesafety.terminology.errors import ReleaseError

DATA = SHARED / "dmd"
REAL = ("nhsbsa-2019-extract", "dmd-2021-08-26")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return made.write_release(tmp_path / "dmd")


def rows(path: Path) -> list[dict[str, str]]:
    (file,), _ = discover([path])
    return [row.fields for row in read_rows(file, [])]


def replaced(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_files_are_recognised_by_their_root_element_whatever_they_are_called(tmp_path: Path) -> None:
    (tmp_path / "anything.xml").write_text("<!-- made by hand -->\n<INGREDIENT_SUBSTANCES/>")
    (tmp_path / "letter.xml").write_text("<Bundle/>")
    (tmp_path / "vmp_v2_3.xsd").write_text("<schema/>")
    files, others = discover([tmp_path])
    assert [file.content for file in files] == [Content.INGREDIENT]
    assert others == (f"{tmp_path.name}/letter.xml",)


def test_the_release_date_is_in_the_name(release: Path) -> None:
    files, _ = discover([release])
    assert {file.released for file in files} == {date(2021, 8, 26)}
    assert load([release]).released == date(2021, 8, 26)


def test_rows_have_the_names_of_dmd_and_the_text_as_published(release: Path) -> None:
    gel = next(row for row in rows(release / "f_vmp2_3260821.xml") if row.get("STRNT_DNMTR_VAL"))
    assert gel == {
        "VPID": made.IBUPROFEN_GEL,
        "ISID": made.IBUPROFEN,
        "STRNT_NMRTR_VAL": "50",
        "STRNT_NMRTR_UOMCD": "258684004",
        "STRNT_DNMTR_VAL": "1",
        "STRNT_DNMTR_UOMCD": "258682000",
    }


def test_an_element_without_text_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "f_vtm2_3260821.xml"
    path.write_text(
        f"<VIRTUAL_THERAPEUTIC_MOIETIES><VTM><VTMID>{made.dmd_id(1)}</VTMID><NM> A &amp; B </NM><INVALID></INVALID></VTM>"
        "</VIRTUAL_THERAPEUTIC_MOIETIES>"
    )
    assert rows(path) == [{"VTMID": made.dmd_id(1), "NM": "A & B"}]


def test_a_row_knows_its_section_and_line(release: Path) -> None:
    (file,), _ = discover([release / "f_lookup2_3260821.xml"])
    first = next(read_rows(file, []))
    assert (first.table, first.section, first.line, first.fields["DESC"]) == ("INFO", "ROUTE", 4, "Oral")


def test_every_gtin_of_a_pack_is_a_row(release: Path) -> None:
    assert [row["GTIN"] for row in rows(release / "f_gtin2_0260821.xml")] == ["5037563003235", "5012617019844"]
    assert load([release]).gtins == {made.PARACETAMOL_AMPP: ["5037563003235", "5012617019844"]}


def test_rows_of_an_unknown_kind_are_reported(release: Path) -> None:
    replaced(release / "f_amp2_3260821.xml", "<AP_INGREDIENT>", "<NEWS><NEW><APID>1</APID></NEW></NEWS>\n<AP_INGREDIENT>")
    assert any("rows `NEW` are not of a known kind" in doubt for doubt in load([release]).doubts)


def test_a_zip_and_a_zip_inside_a_zip_give_the_same_rows_as_the_folder(release: Path, tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("f_gtin2_0260821.xml", "f_bnf1_0260821.xml"):
            archive.write(release / name, name)
    outer = tmp_path / "nhsbsa_dmd.zip"
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in release.iterdir():
            if path.name not in ("f_gtin2_0260821.xml", "f_bnf1_0260821.xml"):
                archive.write(path, f"week/{path.name}")
        archive.writestr("week/bonus.zip", inner.getvalue())
    assert load([outer]).rows == load([release]).rows
    assert load([outer]).gtins == load([release]).gtins


def test_an_incomplete_release_is_refused(release: Path) -> None:
    (release / "f_amp2_3260821.xml").unlink()
    with pytest.raises(ReleaseError, match="incomplete dm\\+d release: no file with ACTUAL_MEDICINAL_PRODUCTS"):
        load([release])


def test_two_releases_at_once_are_refused(release: Path) -> None:
    shutil.copy(release / "f_vtm2_3260821.xml", release / "f_vtm2_3020921.xml")
    with pytest.raises(ReleaseError, match="a second file with VIRTUAL_THERAPEUTIC_MOIETIES"):
        load([release])


def test_a_folder_without_dmd_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="holds no dm\\+d file"):
        load([tmp_path])
    with pytest.raises(ReleaseError, match="there is no such file or folder"):
        load([tmp_path / "absent"])


DAMAGE = {
    "cut short": ("</VMPS>", "", "f_vmp2_3260821.xml", None, "damaged xml"),
    "no id": (f"<VPID>{made.IBUPROFEN_TABLETS}</VPID>", "", "f_vmp2_3260821.xml", 6, "VMP without VPID"),
    "no name": ("<NM>Ibuprofen 400mg tablets</NM>", "", "f_vmp2_3260821.xml", 6, "VMP without NM"),
    "an id with another last digit": (
        made.IBUPROFEN_TABLETS,
        made.IBUPROFEN_TABLETS[:-1] + str((int(made.IBUPROFEN_TABLETS[-1]) + 1) % 10),
        "f_vmp2_3260821.xml",
        6,
        "not an id with a right check digit",
    ),
    "an id in scientific notation": (made.IBUPROFEN_TABLETS, "3.03E+11", "f_vmp2_3260821.xml", 6, "not an id"),
    "one id twice": (made.IBUPROFEN_TABLETS, made.CO_CODAMOL_TABLETS, "f_vmp2_3260821.xml", 6, "a second VMP with VPID"),
    "a DTD": (
        "<VIRTUAL_MED_PRODUCTS>",
        '<!DOCTYPE x [<!ENTITY a "b">]><VIRTUAL_MED_PRODUCTS>',
        "f_vmp2_3260821.xml",
        None,
        "hostile XML",
    ),
    "a root of another kind": ("<INGREDIENT_SUBSTANCES>", "<INGREDIENTS>", "f_ingredient2_3260821.xml", None, "none of dm\\+d"),
    "a GTIN that is no number": ("5037563003235", "5.03756E+12", "f_gtin2_0260821.xml", 3, "GTIN is `5.03756E\\+12`"),
    "endless text": ("<NM>Ibuprofen 400mg tablets</NM>", f"<NM>{'x' * 70000}</NM>", "f_vmp2_3260821.xml", 6, "refused"),
    "endless nesting": ("<NM>Ibuprofen 400mg tablets</NM>", "<a>" * 9 + "</a>" * 9, "f_vmp2_3260821.xml", 6, "nested"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_release_is_refused_with_file_line_and_reason(release: Path, kind: str) -> None:
    old, new, name, line, reason = DAMAGE[kind]
    replaced(release / name, old, new)
    with pytest.raises(ReleaseError, match=f"(?i){reason}") as refused:
        load([release])
    assert refused.value.file.endswith(name)
    if line is not None:
        assert refused.value.line == line


def test_text_that_is_not_utf8_is_refused(release: Path) -> None:
    path = release / "f_vtm2_3260821.xml"
    path.write_bytes(path.read_bytes().replace(b"Ibuprofen", b"Ibuprof\xe9n"))
    with pytest.raises(ReleaseError, match="damaged XML"):
        load([release])


def test_the_wrong_check_digit_of_a_pack_is_reported_and_the_row_kept(release: Path) -> None:
    wrong = made.PARACETAMOL_AMPP[:-1] + str((int(made.PARACETAMOL_AMPP[-1]) + 1) % 10)
    replaced(release / "f_ampp2_3260821.xml", made.PARACETAMOL_AMPP, wrong)
    tables = load([release])
    assert wrong in tables.rows["AMPP"]
    assert any(f"f_ampp2_3260821.xml:4: APPID is `{wrong}`, and its check digit is wrong" in doubt for doubt in tables.doubts)


FORMER = {
    "VTMIDPREV": ("f_vtm2_3260821.xml", made.VTM_IBUPROFEN, "VTM"),
    "VPIDPREV": ("f_vmp2_3260821.xml", made.IBUPROFEN_TABLETS, "VMP"),
    "ISIDPREV": ("f_ingredient2_3260821.xml", made.IBUPROFEN, "ING"),
}


def reported(tables: DmdTables) -> list[str]:
    """Return what was said of single lines, without the place."""
    return [doubt.partition(": ")[2] for doubt in tables.doubts if ".xml:" in doubt]


def with_field(release: Path, file: str, code: str, field: str, text: str) -> Path:
    """Write one more field after a row's own id."""
    path = release / file
    row = re.sub(rf"(<\w+>{code}</\w+>)", rf"\1<{field}>{text}</{field}>", path.read_text("utf-8"), count=1)
    path.write_text(row, "utf-8")
    return release


@pytest.mark.parametrize("field", FORMER)
def test_the_wrong_check_digit_of_a_former_id_is_reported_and_followed_all_the_same(release: Path, field: str) -> None:
    file, code, table = FORMER[field]
    wrong = made.dmd_id(881)[:-1] + str((int(made.dmd_id(881)[-1]) + 1) % 10)
    tables = load([with_field(release, file, code, field, wrong)])
    assert tables.current[table][wrong] == code
    assert reported(tables) == [f"{field} is `{wrong}`, and its check digit is wrong"]


@pytest.mark.parametrize("field", FORMER)
@pytest.mark.parametrize("text", ["3.03E+11", "n/a", "0", "12"])
def test_a_former_id_that_is_no_id_is_reported_and_left_out(release: Path, field: str, text: str) -> None:
    file, code, table = FORMER[field]
    tables = load([with_field(release, file, code, field, text)])
    assert field not in tables.rows[table][code]
    assert reported(tables) == [f"{field} is `{text}`, no id: not kept"]


@pytest.mark.parametrize("text", ["3.03E+11", "0"])
def test_a_former_id_of_the_history_that_is_no_id_is_reported_and_left_out(release: Path, text: str) -> None:
    tables = load([history(release, (text, made.IBUPROFEN_TABLETS))])
    assert text not in tables.current["VMP"]
    assert reported(tables) == [f"IDPREVIOUS is `{text}`, no id: not kept"]


FLAGS = {
    "VTM": ("f_vtm2_3260821.xml", made.VTM_IBUPROFEN),
    "VMP": ("f_vmp2_3260821.xml", made.IBUPROFEN_TABLETS),
    "AMP": ("f_amp2_3260821.xml", made.PARACETAMOL_AMP),
    "VMPP": ("f_vmpp2_3260821.xml", made.PARACETAMOL_VMPP),
    "AMPP": ("f_ampp2_3260821.xml", made.PARACETAMOL_AMPP),
    "ING": ("f_ingredient2_3260821.xml", made.IBUPROFEN),
}


@pytest.mark.parametrize("table", FLAGS)
@pytest.mark.parametrize(("text", "invalid"), [("1", True), ("0001", True), ("0", False), ("0000", False), ("", False)])
def test_invalid_is_one_and_nothing_else(release: Path, table: str, text: str, invalid: bool) -> None:
    file, code = FLAGS[table]
    tables = load([with_field(release, file, code, "INVALID", text)])
    assert ("INVALID" in tables.rows[table][code]) is invalid
    assert Medicines(tables).is_valid(code) is not invalid
    assert reported(tables) == []


@pytest.mark.parametrize("table", FLAGS)
@pytest.mark.parametrize("text", ["2", "Y", "true", "-1", "1.0", "10"])
def test_an_invalid_that_is_neither_is_refused(release: Path, table: str, text: str) -> None:
    file, code = FLAGS[table]
    with pytest.raises(ReleaseError, match=f"INVALID is `{text}`, neither 0 nor 1") as refused:
        load([with_field(release, file, code, "INVALID", text)])
    assert refused.value.line is not None


@pytest.mark.parametrize("field", ["SUG_F", "GLU_F", "PRES_F", "CFC_F"])
def test_a_flag_that_nothing_reads_and_that_is_neither_is_reported(release: Path, field: str) -> None:
    tables = load([with_field(release, *FLAGS["VMP"], field, "no")])
    assert reported(tables) == [f"{field} is `no`, neither 0 nor 1"]


def test_references_that_lead_nowhere_are_counted(release: Path) -> None:
    assert load([release]).doubts == ["1 rows of AMP name a VPID that the release does not hold"]


def history(release: Path, *pairs: tuple[str, str]) -> Path:
    rows = [{"IDCURRENT": current, "IDPREVIOUS": previous} for previous, current in pairs]
    (release / "f_history1_0260821.xml").write_text(made.xml("HISTORY", [("VMPS", "VMP", rows)]), encoding="utf-8")
    return release


def test_a_former_id_is_followed_to_the_end(release: Path) -> None:
    a, b = made.dmd_id(881), made.dmd_id(882)
    current = load([history(release, (a, b), (b, made.IBUPROFEN_TABLETS))]).current["VMP"]
    assert (current[a], current[b]) == (made.IBUPROFEN_TABLETS, made.IBUPROFEN_TABLETS)


def test_a_former_id_that_became_two_is_reported_and_not_followed(release: Path) -> None:
    a = made.dmd_id(881)
    tables = load([history(release, (a, made.IBUPROFEN_TABLETS), (a, made.IBUPROFEN_GEL))])
    assert a not in tables.current["VMP"]
    assert f"former id {a} of VMP leads to {made.IBUPROFEN_TABLETS} and {made.IBUPROFEN_GEL}: not followed" in tables.doubts


def test_former_ids_in_a_circle_are_reported_and_not_followed(release: Path) -> None:
    a, b = made.dmd_id(881), made.dmd_id(882)
    tables = load([history(release, (a, b), (b, a))])
    assert not {a, b} & set(tables.current["VMP"])
    assert f"former id {a} of VMP leads in a circle: not followed" in tables.doubts


def test_a_valid_row_is_nobodys_former_id(release: Path) -> None:
    tables = load([history(release, (made.CREAM, made.IBUPROFEN_GEL))])
    assert made.CREAM not in tables.current["VMP"]
    assert any("is a valid row and is also named as a former id" in doubt for doubt in tables.doubts)


def zipped(path: Path, names: list[str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "<LOOKUP/>")
    return path


@pytest.mark.parametrize("name", ["../../etc/f_vtm2_3260821.xml", "/f_vtm2_3260821.xml", "c:/f_vtm2_3260821.xml", "a\\..\\b.xml"])
def test_a_path_that_leads_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReleaseError, match="leads out of the archive"):
        list(members(zipped(tmp_path / "a.zip", [name])))


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("f_vtm2_3260821.xml", bytes(80 << 20))
    with pytest.raises(ReleaseError, match="zip bomb"):
        list(members(path))


def test_zips_nested_without_end_are_refused(tmp_path: Path) -> None:
    held = b"<LOOKUP/>"
    for depth in range(5):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w") as archive:
            archive.writestr("a.zip" if depth else "a.xml", held)
        held = outer.getvalue()
    (tmp_path / "a.zip").write_bytes(held)
    with pytest.raises(ReleaseError, match="zips inside zips"):
        list(members(tmp_path / "a.zip"))


def test_a_truncated_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ["f_vtm2_3260821.xml"])
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ReleaseError, match="not a readable zip"):
        list(members(path))


def test_a_link_out_of_the_folder_is_refused(release: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.xml"
    outside.write_text("<LOOKUP/>")
    (release / "f_link.xml").symlink_to(outside)
    with pytest.raises(ReleaseError, match="leads out of the release folder"):
        list(members(release))


def test_progress_reaches_the_whole(release: Path) -> None:
    told: list[tuple[str, int, int]] = []
    load([release], lambda stage, done, total: told.append((stage, done, total)))
    assert told[-1][1] == told[-1][2] == sum(path.stat().st_size for path in release.iterdir())


@pytest.mark.skipif(not DATA.is_dir(), reason="the real dm+d extracts are not here")
@pytest.mark.parametrize("name", REAL)
def test_every_row_of_the_real_releases_is_read(name: str) -> None:
    files, others = discover([DATA / name])
    require_release(files, name)
    assert others == ()
    for file in files:
        doubts: list[str] = []
        read = Counter(row.table for row in read_rows(file, doubts))
        with file.member.open() as stream:
            text = stream.read().decode()
        assert read == {table: len(re.findall(f"<{table}>", text)) for table in read}
        assert not [doubt for doubt in doubts if "not of a known kind" in doubt]


@pytest.mark.skipif(not DATA.is_dir(), reason="the real dm+d extracts are not here")
def test_the_counts_of_the_real_releases() -> None:
    older, newer = (load([DATA / name]) for name in REAL)
    assert {table: len(found) for table, found in older.rows.items()} == {
        "VTM": 2859,
        "VMP": 7,
        "AMP": 15,
        "VMPP": 14,
        "AMPP": 26,
        "ING": 3482,
    }
    assert (older.counts["VMP.VPI"], older.counts["LOOKUP.INFO"], older.counts["GTIN.GTINDATA"]) == (8, 3000, 16)
    assert {table: len(found) for table, found in newer.rows.items()} == {
        "VTM": 1,
        "VMP": 2,
        "AMP": 3,
        "VMPP": 2,
        "AMPP": 2,
        "ING": 4,
    }
    assert (newer.counts["LOOKUP.INFO"], newer.counts["BNF.VMP"], newer.counts["VTM_INGREDIENTS.VTM_ING"]) == (3384, 1, 2)
    assert older.doubts == ["former id 412096001 of VTM leads to 18037811000001108 and 21300711000001102: not followed"]
    assert len(newer.doubts) == 6 and all("check digit is wrong" in doubt for doubt in newer.doubts)
