"""An id with several rows in one Snapshot: the later date counts, whatever kind of row it is; two of one date are refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.terminology import generated as made

from codesafety.terminology.building.whole import build
from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.pack.store import Store

RETIRED = "20260101"
OTHER = made.concept_id(50)

# A kind of row: the end of its file's name, and what tells the row of that kind which is retired below.
KINDS = {
    "concept": ("sct2_Concept_Snapshot_INT_20250101.txt", f"{OTHER}\t"),
    "description": ("sct2_Description_Snapshot-en_INT_20250101.txt", "\tHeart attack\t"),
    "is-a": ("sct2_Relationship_Snapshot_INT_20250101.txt", f"\t{made.INFARCT}\t{made.BODY}\t"),
    "attribute": ("sct2_Relationship_Snapshot_INT_20250101.txt", f"\t{made.INFARCT}\t{made.HEART}\t1\t{made.SITE}\t"),
    "concrete value": ("sct2_RelationshipConcreteValues_Snapshot_INT_20250101.txt", "\t#2.50\t"),
    "refset member": ("der2_Refset_Made2Snapshot_INT_20250101.txt", f"\t{made.SIMPLE}\t{made.INFARCT}"),
    "association": ("der2_cRefset_Made0Snapshot_INT_20250101.txt", f"\t{made.SAME_AS}\t{made.OLD}\t"),
    "reason": ("der2_cRefset_Made1Snapshot_INT_20250101.txt", f"\t{made.INACTIVATION}\t{made.OLD}\t"),
    "map": ("der2_isRefset_Made3Snapshot_INT_20250101.txt", "\tI21.9"),
    "language": ("der2_cRefset_Made5Snapshot_INT_20250101.txt", f"\t{made.UK_CLINICAL}\t"),
    "identifier": ("sct2_Identifier_Snapshot_INT_20250101.txt", "\t8867-4\t"),
}


def release(folder: Path) -> Path:
    rows = made.small()
    rows.concept(OTHER)
    rows.is_a(made.INFARCT, made.BODY)
    source = made.write_release(rows, folder)
    scheme = f"{made.SITE}\t8867-4\t20250101\t1\t{made.CORE_MODULE}\t{made.HEART}"
    header = "identifierSchemeId\talternateIdentifier\teffectiveTime\tactive\tmoduleId\treferencedComponentId"
    path = source / "Snapshot" / "Terminology" / KINDS["identifier"][0]
    path.write_text(f"{header}\r\n{scheme}\r\n", "utf-8", newline="")
    return source


def edited(source: Path, kind: str, edit: Callable[[list[str], int], list[str]]) -> Path:
    """Return the kind's file after `edit` was given its lines and the number of the row that `KINDS` tells."""
    name, tells = KINDS[kind]
    (path,) = source.rglob(name)
    lines = path.read_bytes().decode().split("\r\n")[:-1]
    (at,) = (number for number, line in enumerate(lines) if tells in f"{line}\t" and number)
    path.write_text("\r\n".join([*edit(lines, at), ""]), "utf-8", newline="")
    return path


def retired(line: str) -> str:
    assert "\t20250101\t1\t" in line
    return line.replace("\t20250101\t1\t", f"\t{RETIRED}\t0\t")


def contents(source: Path, output: Path) -> dict[str, str]:
    build([source], output)
    return {section["name"]: section["digest"] for section in Store(output).pack.manifest["sections"]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("later_first", [False, True])
def test_the_later_row_of_an_id_counts(kind: str, later_first: bool, tmp_path: Path) -> None:
    alone, both, before = (release(tmp_path / name / "release") for name in ("alone", "both", "before"))
    edited(alone, kind, lambda lines, at: [*lines[:at], *lines[at + 1 :], retired(lines[at])])
    if later_first:
        edited(both, kind, lambda lines, at: [lines[0], retired(lines[at]), *lines[1:]])
    else:
        edited(both, kind, lambda lines, at: [*lines, retired(lines[at])])
    found = contents(both, tmp_path / "both.pack")
    assert found == contents(alone, tmp_path / "alone.pack")
    assert found != contents(before, tmp_path / "before.pack")


@pytest.mark.parametrize("kind", KINDS)
def test_two_different_rows_of_one_date_are_refused_by_file_and_line(kind: str, tmp_path: Path) -> None:
    source = release(tmp_path / "release")
    path = edited(source, kind, lambda lines, at: [*lines, lines[at].replace("\t20250101\t1\t", "\t20250101\t0\t")])
    last = len(path.read_bytes().decode().split("\r\n")) - 1
    with pytest.raises(ReleaseError, match="a second, different row of 20250101 for id") as caught:
        build([source], tmp_path / "a.pack")
    assert (caught.value.file, caught.value.line) == (f"release/{path.relative_to(source).as_posix()}", last)
    assert not (tmp_path / "a.pack").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_the_very_same_row_twice_is_one(kind: str, tmp_path: Path) -> None:
    once, twice = release(tmp_path / "once" / "release"), release(tmp_path / "twice" / "release")
    edited(once, kind, lambda lines, at: [*lines[:at], *lines[at + 1 :], lines[at]])
    edited(twice, kind, lambda lines, at: [*lines, lines[at]])
    assert contents(twice, tmp_path / "twice.pack") == contents(once, tmp_path / "once.pack")


def test_repeated_rows_of_a_snapshot_are_told(tmp_path: Path) -> None:
    source = release(tmp_path / "release")
    path = edited(source, "is-a", lambda lines, at: [*lines, retired(lines[at])])
    build([source], tmp_path / "a.pack")
    notes = Store(tmp_path / "a.pack").pack.manifest["notes"]
    assert notes[0] == (
        f"release/{path.relative_to(source).as_posix()}: rows of an id that has another row in this Snapshot: 1; "
        "the later date counts"
    )


def test_the_letter_case_of_a_members_uuid_makes_no_other_member(tmp_path: Path) -> None:
    source = release(tmp_path / "release")
    id_ = "0000001A-0000-4000-8000-00000000001A"

    def edit(lines: list[str], at: int) -> list[str]:
        rest = lines[at].partition("\t")[2]
        return [*lines[:at], f"{id_}\t{rest}", *lines[at + 1 :], retired(f"{id_.lower()}\t{rest}")]

    edited(source, "refset member", edit)
    build([source], tmp_path / "a.pack")
    refset = Store(tmp_path / "a.pack").refsets.get(made.SIMPLE)
    assert refset is not None
    assert (refset.n_rows, refset.n_active) == (2, 0)  # the infarct, retired here, and the heart, which is inactive anyway


def test_a_row_that_is_superseded_must_have_a_date(tmp_path: Path) -> None:
    source = release(tmp_path / "release")
    path = edited(source, "attribute", lambda lines, at: [*lines, lines[at].replace("\t20250101\t", "\t2025\t")])
    with pytest.raises(ReleaseError, match="effectiveTime is `2025`, not a date YYYYMMDD") as caught:
        build([source], tmp_path / "a.pack")
    assert caught.value.line == len(path.read_bytes().decode().split("\r\n")) - 1


def test_two_packages_that_disagree_on_one_date_are_refused_with_both_files(tmp_path: Path) -> None:
    one, other = release(tmp_path / "one"), release(tmp_path / "other")
    path = edited(
        other, "attribute", lambda lines, at: [*lines[:at], lines[at].replace("\t1\t900", "\t0\t900", 1), *lines[at + 1 :]]
    )
    with pytest.raises(ReleaseError) as caught:
        build([one, other], tmp_path / "a.pack")
    name = path.relative_to(other).as_posix()
    assert caught.value.file == f"other/{name}"
    assert caught.value.reason.endswith(f", beside the one in one/{name}")
