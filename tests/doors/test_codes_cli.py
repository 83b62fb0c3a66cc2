"""`codesafety codes check`: what a person is told of a list, and that nothing is repaired unasked."""

from __future__ import annotations

import csv
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from tests.places import SHARED
from typer.testing import CliRunner, Result

from codesafety.cli.codes import app
from codesafety.terminology.building.whole import build
from codesafety.terminology.codelists.checking import CheckedList, check_codelist
from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.interface import Product

LIST = """snomed_code,term
77386006,Pregnancy
13856811000001104,Something
1054321000000100,At risk of forced marriage
4.46891E+14,Self harm
1290000001117,A description
77386007,A wrong digit
77386006,Pregnancy again
O80,Delivery
1054321000000107,At risk of forced marriage
"""


def _write(folder: Path, content: str, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


def _json(*arguments: object) -> Any:
    return json.loads(_run(*arguments, "--format", "json").stdout)


def test_a_clean_list_exits_0(tmp_path: Path) -> None:
    result = _run(_write(tmp_path, "code,term\n77386006,Pregnancy\n60001007,Not pregnant\n"))
    assert result.exit_code == 0
    assert result.stdout.endswith("list.csv: 2 codes: nothing found\n")


def test_findings_exit_1_and_name_file_line_damage_and_origin(tmp_path: Path) -> None:
    path = _write(tmp_path, LIST)
    result = _run(path)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{path}:3: `13856811000001104` float_rounding: was 13856811000001105",
        f"{path}:4: `1054321000000100` spreadsheet_truncation: was 1054321000000107",
        f"{path}:5: `4.46891E+14` scientific_notation: was 446891000000101 or 446891000001102",
        f"{path}:6: `1290000001117` description_id",
        f"{path}:7: `77386007` check_digit",
        f"{path}:8: `77386006` stands in line 2 already",
        f"{path}:9: `O80` not_an_sctid",
        f"{path}:10: `1054321000000107` stands in line 4 already",
        f"{path}: 9 codes: 6 damaged, 2 duplicate (2 with one repair)",
    ]


def test_json_says_code_diagnosis_and_candidates_of_every_id(tmp_path: Path) -> None:
    answer = _json(_write(tmp_path, LIST))
    assert [(i["code"], i["diagnosis"], i["candidates"]) for i in answer["ids"]] == [
        ("77386006", "valid", []),
        ("13856811000001104", "float_rounding", ["13856811000001105"]),
        ("1054321000000100", "spreadsheet_truncation", ["1054321000000107"]),
        ("4.46891E+14", "scientific_notation", ["446891000000101", "446891000001102"]),
        ("1290000001117", "description_id", []),
        ("77386007", "check_digit", []),
        ("77386006", "valid", []),
        ("O80", "not_an_sctid", []),
        ("1054321000000107", "valid", []),
    ]
    assert answer["ids"] == answer["files"][0]["ids"]
    assert answer["files"][0]["problems"] == {"damaged": 6, "duplicate": 2}
    assert [i["line"] for i in answer["ids"]] == list(range(2, 11))


def test_several_lists_are_answered_apart(tmp_path: Path) -> None:
    answer = _json(_write(tmp_path, "code\n77386006\n"), _write(tmp_path, "code\n77386007\n", "b.csv"))
    assert "ids" not in answer
    assert [[i["diagnosis"] for i in one["ids"]] for one in answer["files"]] == [["valid"], ["check_digit"]]


def test_nothing_is_repaired_unasked(tmp_path: Path) -> None:
    path = _write(tmp_path, LIST)
    _run(path)
    assert path.read_text(encoding="utf-8") == LIST
    assert list(tmp_path.iterdir()) == [path]


def test_a_copy_holds_the_repairs_that_are_the_only_ones_and_says_what_was_changed(tmp_path: Path) -> None:
    path, copy = _write(tmp_path, LIST), tmp_path / "copy.csv"
    assert _run(path, "--fix", copy).exit_code == 1
    assert path.read_text(encoding="utf-8") == LIST
    with copy.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[:5] == [
        ["snomed_code", "term", "codesafety_change", "codesafety_original"],
        ["77386006", "Pregnancy", "", ""],
        ["13856811000001105", "Something", "float_rounding", "13856811000001104"],
        ["1054321000000107", "At risk of forced marriage", "spreadsheet_truncation", "1054321000000100"],
        ["4.46891E+14", "Self harm", "", ""],
    ]
    assert [row[:2] for row in rows[5:]] == [line.split(",") for line in LIST.splitlines()[5:]]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy.csv", "list.csv"]


def test_a_copy_never_replaces_its_list(tmp_path: Path) -> None:
    path = _write(tmp_path, LIST)
    result = _run(path, "--fix", path)
    assert result.exit_code == 2 and "must not replace it" in result.stderr
    assert path.read_text(encoding="utf-8") == LIST
    assert _run(path, path, "--fix", tmp_path / "x.csv").exit_code == 2


def _tree(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.is_file()}


def test_a_copy_replaces_nothing_that_is_there(tmp_path: Path) -> None:
    path = _write(tmp_path, LIST)
    (tmp_path / "important.docx").write_text("years of work")
    (tmp_path / "link.csv").symlink_to(tmp_path / "important.docx")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "nowhere.csv")
    (tmp_path / "folder").mkdir()
    before = _tree(tmp_path)
    for there in ("important.docx", "link.csv", "dangling.csv", "folder"):
        result = _run(path, "--fix", tmp_path / there)
        assert result.exit_code == 2 and "is there already" in " ".join(result.stderr.replace("│", " ").split()), there
        assert "written" not in result.stdout
    assert _run(path, "--fix", os.devnull).exit_code == 2
    assert not Path(os.devnull).is_file()
    assert _tree(tmp_path) == before and not (tmp_path / "nowhere.csv").exists()


def test_a_copy_leaves_what_is_named_as_its_own_leftovers_are(tmp_path: Path) -> None:
    path = _write(tmp_path, LIST, "copy.csv.unfinished")
    assert _run(path, "--fix", tmp_path / "copy.csv").exit_code == 1
    assert _tree(tmp_path)["copy.csv.unfinished"] == LIST
    assert sorted(_tree(tmp_path)) == ["copy.csv", "copy.csv.unfinished"]


def test_a_copy_that_cannot_be_written_is_not_said_to_be(tmp_path: Path) -> None:
    path = _write(tmp_path, LIST)
    result = _run(path, "--fix", tmp_path / "missing" / "copy.csv")
    assert result.exit_code == 2
    assert "written" not in result.stdout and "errno" not in result.stderr.lower()
    assert result.stderr.endswith(
        "copy.csv: it cannot be written: no such file or directory\n  = help: check the folder, its permissions and its free space\n"
    )


def test_what_cannot_be_read_exits_2_and_the_others_are_still_checked(tmp_path: Path) -> None:
    good = _write(tmp_path, "code\n77386006\n")
    result = _run(tmp_path / "none.csv", good)
    assert result.exit_code == 2
    assert "none.csv: there is no such file" in result.stderr
    assert f"{good}: 1 codes: nothing found" in result.stdout
    assert _json(tmp_path / "none.csv")["files"][0]["error"].splitlines()[0].endswith("none.csv: there is no such file")


def test_codes_of_another_system_are_not_tested(tmp_path: Path) -> None:
    answer = _json(_write(tmp_path, "system,code\nicd10,O80\nsct,77386006\n"))
    assert [i["diagnosis"] for i in answer["ids"]] == ["other_system", "valid"]
    assert _run(_write(tmp_path, "icd10_code,term\nO80,Delivery\n")).exit_code == 0


OF_OTHERS = {
    "readcode": "8E07.",
    "OPCSCode": "A17.0",
    "ICDcode": "O80",
    "read2": "1E06.",
    "bnfCode": "0212000",
    "medcodeid": "976481000006110",
}


@pytest.mark.parametrize("head", OF_OTHERS)
def test_a_code_of_another_system_is_never_repaired(tmp_path: Path, head: str) -> None:
    path, copy = _write(tmp_path, f"{head},term\n{OF_OTHERS[head]},x\n1054321000000100,y\n 77386006,z\n"), tmp_path / "copy.csv"
    assert _run(path, "--fix", copy).exit_code == 0
    assert [line.rpartition(",,")[0] for line in copy.read_text("utf-8").splitlines()[1:]] == path.read_text(
        "utf-8"
    ).splitlines()[1:]
    (file,) = _json(path)["files"]
    assert file["diagnoses"] == {"other_system": 3}
    assert file["problems"] == {}
    assert len(file["notes"]) == 1 and file["notes"][0].endswith(" are not tested: 3")


def test_an_expression_in_a_list_is_no_damage(tmp_path: Path) -> None:
    path = _write(tmp_path, 'code,term\n77386006,Pregnancy\n"73211009 |Diabetes| : 363698007 = 113331007",x\n')
    assert _run(path).exit_code == 0
    assert [i["diagnosis"] for i in _json(path)["ids"]] == ["valid", "expression"]


def test_what_looks_like_a_read_code_is_no_damage_of_an_id(tmp_path: Path) -> None:
    rows = "".join(f"{a}E{b:02}.\n" for a in range(1, 10) for b in range(100))
    answer = _json(_write(tmp_path, f"code\n{rows}"))
    assert answer["files"][0]["diagnoses"] == {"not_an_sctid": 900}
    assert {i["repair"] for i in answer["ids"]} == {None}


MOSTLY_WHOLE = "77386006\n60001007\n322236009\n323509004\n22298006\n73211009\n38341003\n195967001\n44054006\n"


@pytest.mark.parametrize(
    ("head", "rows", "repaired"),
    [
        ("code", MOSTLY_WHOLE + "8.0E7\n", True),
        ("code", MOSTLY_WHOLE + "8.0E7\nO80\n", True),
        ("code", MOSTLY_WHOLE + "8.0E7\nO80\nA17.0\n", False),
        ("code", "8.0E7\n", False),
        ("code", "8.0E7\nO80\n", False),
        ("snomedct_concept_id", "8.0E7\nO80\nA17.0\n", True),
        ("dmdId", "8.0E7\n", True),
        ("code", "1054321000000100\n", True),
        ("code", " 77386006\n", True),
    ],
)
def test_a_repair_needs_the_system_or_other_rows_that_are_whole(tmp_path: Path, head: str, rows: str, repaired: bool) -> None:
    path = _write(tmp_path, f"{head}\n{rows}")
    assert any(i["repair"] for i in _json(path)["ids"]) is repaired
    assert (" with one repair)" in _run(path).stdout) is repaired
    assert ("nothing says that these are codes of SNOMED CT" in _run(path).stdout) is not repaired
    assert (": was " in _run(path).stdout) is repaired


def test_a_long_list_of_bad_rows_is_counted_and_its_first_rows_are_shown(tmp_path: Path) -> None:
    path = _write(tmp_path, "code,term\n" + "nonsense,x\n" * 1500)
    lines = _run(path).stdout.splitlines()
    assert lines[1] == f"{path}:2: `nonsense` not_an_sctid"
    assert lines[-2:] == [f"{path}: … 1998 more: --format json has all", f"{path}: 1500 codes: 1500 damaged, 1499 duplicate"]
    assert len(lines) == 1 + 1001 + 2  # to the end of the row
    assert len(_json(path)["ids"]) == 1500


def test_a_long_list_is_checked_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("read2,term\n")
        file.writelines(f"X{number},a term\n" for number in range(30_000))
    tracemalloc.start()
    try:
        checked = check_codelist(path, FrozenTerminology())
        assert checked.rows == sum(1 for _ in checked) == 30_000
        assert tracemalloc.get_traced_memory()[1] < 10_000_000  # all rows held take 30 MB
    finally:
        tracemalloc.stop()


def test_a_list_with_more_bad_rows_than_a_person_looks_through_is_reported_up_to_there_and_copied_by_nobody(
    tmp_path: Path,
) -> None:
    rows = "77386006,x\n" + "nonsense,x\n" * 10_000
    assert check_codelist(_write(tmp_path, f"code,term\n{rows}"), FrozenTerminology()).counts["damaged"] == 10_000
    path = _write(tmp_path, f"code,term\n{rows}O80,x\nno row is read behind it,x\n")
    copy = tmp_path / "copy.csv"
    result = _run(path, "--fix", str(copy))
    assert (result.exit_code, copy.exists()) == (2, False)
    assert result.stdout.splitlines()[-1] == f"{path}: 10001 codes: 10000 damaged, 9999 duplicate"
    assert result.stderr.splitlines() == [
        f"error: {path}:10003: more than 10,000 rows up to here are no codes of SNOMED CT: the rest is not read",
        "  = help: name the column after its code system, such as `read2`, or export the list again",
    ]


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    result = _run(_write(tmp_path, "code,term\n77386006," + "x" * (3 << 20)))
    assert result.exit_code == 2
    assert "list.csv:2: a line of more than 1 MiB" in result.stderr


def test_a_list_of_another_system_is_suspected(tmp_path: Path) -> None:
    assert "a list of another code system?" in _run(_write(tmp_path, "code,term\nO80,a\nN40.1,b\nA17.0,c\n")).stdout


def test_ragged_rows_are_told(tmp_path: Path) -> None:
    assert (
        "`77386006` has another number of cells than the header"
        in _run(_write(tmp_path, "code,term\n77386006,Pregnancy, first\n")).stdout
    )


def _checked(folder: Path, content: str) -> CheckedList:
    product = {
        code: Product(code, "vmp", name, frozenset({code}), code, None)
        for code, name in (
            ("322236009", "Paracetamol 500mg tablets"),
            ("323509004", "Amoxicillin 250mg capsules"),
            ("13856811000001105", "Olive oil ear drops"),
        )
    }
    terms = {"77386006": ["Pregnancy (finding)"], "60001007": ["Not pregnant (finding)"]}
    return check_codelist(_write(folder, content), FrozenTerminology(terms, products=product))


@pytest.mark.parametrize(
    ("row", "problems"),
    [
        ("77386006,Pregnancy", ()),
        ("77386006,Not pregnant", ("term",)),
        ("77386006,Gravid", ()),
        ("322236009,Paracetamol 500mg tablets", ()),
        ("322236009,Amoxicillin 250mg capsules", ("term",)),
        ("13856811000001104,Olive oil ear drops", ("damaged",)),
        ("13856811000001104,Amoxicillin 250mg capsules", ("damaged", "term")),
    ],
)
def test_terms_that_disagree_with_their_code(tmp_path: Path, row: str, problems: tuple[str, ...]) -> None:
    assert next(iter(_checked(tmp_path, f"code,term\n{row}\n"))).problems == problems


def test_a_term_that_speaks_against_the_only_candidate_stops_the_repair(tmp_path: Path) -> None:
    (olive,) = _checked(tmp_path, "code,term\n13856811000001104,Olive oil ear drops\n")
    (other,) = _checked(tmp_path, "code,term\n13856811000001104,Amoxicillin 250mg capsules\n")
    assert (olive.repair, other.repair) == ("13856811000001105", None)


def test_two_hundred_ids_damaged_in_published_lists_are_repaired_where_one_repair_is_possible(tmp_path: Path) -> None:
    sample = SHARED / "codelists" / "damaged_ids_sample.csv"
    if not sample.exists():
        pytest.skip("shared data is not here")
    copy = tmp_path / "copy.csv"
    assert _run(sample, "--fix", copy).exit_code == 1
    with copy.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    repaired = [row for row in rows if row["codesafety_change"]]
    assert len(repaired) == 197
    assert all(row["code_as_published"] == row["recovered"] for row in repaired)


# ------------------------------------------------------------------------------------------------ what was not compared


def test_words_are_compared_with_the_names_that_the_rulesets_know(tmp_path: Path) -> None:
    result = _run(_write(tmp_path, "code,term\n77386006,Not pregnant\n60001007,Pregnant\n"))
    assert result.exit_code == 1
    assert [line.partition(": ")[2] for line in result.stdout.splitlines()] == [
        "`77386006` stands beside `Not pregnant`, which denies it",
        "`60001007` stands beside `Pregnant`, which denies it",
        "2 codes: 2 term",
    ]


def test_terms_that_nothing_is_known_to_compare_with_are_counted(tmp_path: Path) -> None:
    (file,) = _json(_write(tmp_path, "code,term\n77386006,Pregnant\n105592009,Not in the table of names\n73211009,\n"))["files"]
    assert file["notes"] == ["1 terms are not compared with their codes, of which no description is known without a pack"]


@pytest.mark.parametrize(
    ("heads", "left"),
    [
        ("snomedcode,parent_snomedcode", "`parent_snomedcode` (column 2)"),
        ("code,code", "`code` (column 2)"),
        ("conceptId,referencedComponentId", "`referencedComponentId` (column 2)"),
    ],
)
def test_a_second_column_of_codes_is_named_as_not_checked(tmp_path: Path, heads: str, left: str) -> None:
    (file,) = _json(_write(tmp_path, f"{heads}\n77386006,77386007\n"))["files"]
    first = heads.partition(",")[0]
    assert file["notes"] == [f"only the codes of `{first}` (column 1) are checked, and not those of {left}"]


def test_many_columns_of_codes_are_named_in_one_line(tmp_path: Path) -> None:
    heads = ",".join(f"snomed_code_{'x' * 300}_{n}" for n in range(20))
    (file,) = _json(_write(tmp_path, f"code,{heads}\n{','.join(['77386006'] * 21)}\n"))["files"]
    (note,) = file["notes"]
    assert note.endswith(" and 15 more") and len(note) < 1000


def test_columns_that_hold_no_codes_are_no_matter(tmp_path: Path) -> None:
    (file,) = _json(_write(tmp_path, "code,term,usage,code_type,description_id\n77386006,Pregnant,5,sct,\n"))["files"]
    assert file["notes"] == []


def test_a_first_row_that_is_no_header_is_not_repeated(tmp_path: Path) -> None:
    result = _run(_write(tmp_path, "John Smith,pregnant\nJane Doe,not pregnant\n"))
    assert result.exit_code == 2
    assert "no column holds codes\n  = help: name one of its 2 columns `code`" in result.stderr
    assert "Smith" not in result.stderr


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=; "])
def test_the_line_by_which_excel_tells_the_separator_is_no_header(tmp_path: Path, line: str) -> None:
    path, copy = _write(tmp_path, f"{line}\ncode;term\n77386006;Pregnant, so far\n138875007;x\n"), tmp_path / "copy.csv"
    answer = _json(path)
    assert [(i["line"], i["code"]) for i in answer["ids"]] == [(3, "77386006"), (4, "138875007")]
    assert answer["files"][0]["header"] == ["code", "term"]
    assert _run(path, "--fix", copy).exit_code == 1


def test_a_damaged_pack_decides_nothing(tmp_path: Path) -> None:
    pack = tmp_path / "t.pack"
    (tmp_path / "table.csv").write_text("code,name\nPREG,Pregnant\n")
    build([tmp_path / "table.csv"], pack)
    data = bytearray(pack.read_bytes())
    data[70] ^= 1
    pack.write_bytes(data)
    result = _run(_write(tmp_path, LIST), "--pack", pack)
    assert result.exit_code == 2 and "is damaged" in result.stderr
    assert result.stdout == ""
