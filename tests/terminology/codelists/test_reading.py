"""Published lists of codes, however their columns are called and their text is encoded."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tests.places import SHARED

from codesafety.terminology.codelists.reading import Row, open_codelist, read_codelist
from codesafety.terminology.errors import ReleaseError


def _write(folder: Path, content: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_rows_keep_their_line_and_their_text(tmp_path: Path) -> None:
    path = _write(tmp_path, 'code,term\n77386006,Pregnancy\n\n" 60001007","Not\npregnant"\n13856811000001104,\n')
    assert list(read_codelist(path)) == [
        Row(2, "77386006", "Pregnancy", None, ("77386006", "Pregnancy")),
        Row(4, " 60001007", "Not\npregnant", None, (" 60001007", "Not\npregnant")),
        Row(6, "13856811000001104", None, None, ("13856811000001104", "")),
    ]


@pytest.mark.parametrize(
    ("header", "code", "term"),
    [
        ("code,term", 0, 1),
        ("id,term", 0, 1),
        ("Code,Description", 0, 1),
        ("SNOMED_concept_ID,Term", 0, 1),
        ("term,conceptId", 1, 0),
        ("dmd_type,dmd_id,dmd_name,bnf_code", 1, 2),
        ("snomedcode,name", 0, 1),
        ("type,id,amp_nm,vmp_nm,vtm_nm", 1, 3),
        ("code_as_published,damage,recovered", 0, None),
        ("Concept Id,Fully Specified Name", 0, 1),
        ("ref,snomedct_code,label", 1, 2),
        ("Preferred Term,SNOMED CT code", 1, 0),
    ],
)
def test_columns_are_found_under_the_names_in_use(tmp_path: Path, header: str, code: int, term: int | None) -> None:
    cells = ["x"] * (header.count(",") + 1)
    cells[code] = "77386006"
    if "recovered" in header:
        cells[2] = "60001007"
    opened = open_codelist(_write(tmp_path, f"{header}\n{','.join(cells)}\n"))
    assert (opened.code_column, opened.term_column) == (code, term)
    assert [row.code for row in opened] == ["77386006"]


def test_a_column_of_identifiers_is_found_under_any_name(tmp_path: Path) -> None:
    opened = open_codelist(_write(tmp_path, "ref,what,number\n1,Pregnancy,77386006\n2,Not pregnant,6.0001007E7\n"))
    assert (opened.code_column, opened.term_column) == (2, None)


def test_without_a_header_the_columns_are_found_by_what_stands_in_them(tmp_path: Path) -> None:
    opened = open_codelist(_write(tmp_path, "Pregnancy,77386006\nNot pregnant,60001007\n"))
    assert opened.header is None and opened.notes == ("no header: the columns were found by what stands in them",)
    assert [(row.line, row.code, row.term) for row in opened] == [(1, "77386006", "Pregnancy"), (2, "60001007", "Not pregnant")]


def test_one_column_of_codes_is_a_list(tmp_path: Path) -> None:
    assert [row.code for row in read_codelist(_write(tmp_path, "code\n77386006\n"))] == ["77386006"]
    assert [row.code for row in read_codelist(_write(tmp_path, "77386006\n60001007\n"))] == ["77386006", "60001007"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_any_delimiter_in_use_is_recognised(tmp_path: Path, delimiter: str) -> None:
    opened = open_codelist(_write(tmp_path, f'code{delimiter}term\n77386006{delimiter}"a, b"\n'))
    assert opened.delimiter == delimiter
    assert next(iter(opened)).term == "a, b"


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        ("code,term\n1234567,Ménière\n".encode(), ()),
        ("\ufeffcode,term\n1234567,Ménière\n".encode(), ()),
        ("code,term\r\n1234567,Ménière\r\n".encode("cp1252"), ("not UTF-8: read as Windows-1252",)),
        ("code\tterm\n1234567\tMénière\n".encode("utf-16"), ()),
    ],
)
def test_encodings(tmp_path: Path, content: bytes, notes: tuple[str, ...]) -> None:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        with pytest.raises(ReleaseError, match="NUL"):
            open_codelist(_write(tmp_path, content[2:]))
        notes = ("read as UTF-16",)
    opened = open_codelist(_write(tmp_path, content))
    assert opened.notes == notes
    assert next(iter(opened)) == Row(2, "1234567", "Ménière", None, ("1234567", "Ménière"))


def test_a_gzipped_list_is_known_by_its_content(tmp_path: Path) -> None:
    path = _write(tmp_path, gzip.compress(b"code,term\n77386006,Pregnancy\n"))
    assert [row.code for row in read_codelist(path)] == ["77386006"]


def test_ragged_rows_are_read_and_marked(tmp_path: Path) -> None:
    rows = list(read_codelist(_write(tmp_path, "code,term\n77386006,Pregnancy, first\n60001007\n1234567,x,,\n")))
    assert [(r.code, r.term, r.ragged) for r in rows] == [
        ("77386006", None, True),
        ("60001007", None, True),
        ("1234567", "x", False),
    ]


def test_the_system_is_the_columns_or_the_headers(tmp_path: Path) -> None:
    by_row = open_codelist(_write(tmp_path, "system,code\nhttp://snomed.info/sct,77386006\nhttp://hl7.org/fhir/sid/icd-10,O80\n"))
    assert [row.system for row in by_row] == ["sct", "icd10"]
    assert next(iter(open_codelist(_write(tmp_path, "icd10_code,term\nO80,Delivery\n")))).system == "icd10"
    assert next(iter(open_codelist(_write(tmp_path, "code,term\nO80,Delivery\n")))).system is None


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        (b"", "the list is empty", None),
        (b"name,colour\nPregnancy,red\n", "no column holds codes", 1),
        (b"PK\x03\x04rest", "workbook", None),
        (b"code,term\n7738\x006006,x\n", "NUL", 2),
        (b"code,term\n77386006,ok\n1234567,\x81\n", "neither UTF-8 nor Windows-1252", 3),
        (b'code,term\n77386006,"never closed\n', "not a row of a table", 2),
        (gzip.compress(b"code,term\n77386006,Pregnancy\n" * 99, mtime=0)[:-20], "damaged or cut short", None),
    ],
)
def test_what_cannot_be_read_for_certain_is_refused_with_its_line(
    tmp_path: Path, content: bytes, reason: str, line: int | None
) -> None:
    with pytest.raises(ReleaseError, match=reason) as caught:
        list(read_codelist(_write(tmp_path, content)))
    assert caught.value.line == line or "gzip" in str(caught.value)
    assert caught.value.file.endswith("list.csv")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no such file"):
        open_codelist(tmp_path / "none.csv")


def test_every_published_list_at_hand_is_read_whole() -> None:
    lists = sorted((SHARED / "codelists").glob("*.csv"))
    if not lists:
        pytest.skip("shared data is not here")
    for path in lists:
        rows = list(read_codelist(path))
        assert len(rows) == path.read_text(encoding="utf-8").count("\n") - 1 or len(rows) > 0
        assert not any(row.ragged for row in rows)
        assert all(row.code for row in rows)


def test_what_stands_above_a_table_is_no_row_and_lines_are_counted_from_the_top(tmp_path: Path) -> None:
    path = tmp_path / "frozen.csv"
    path.write_text("# source: a list\n# method: by hand, with commas\nsystem,code,term\nsct,77386006,Pregnancy\n")
    rows = list(read_codelist(path))
    assert [(r.line, r.code, r.term) for r in rows] == [(4, "77386006", "Pregnancy")]
