"""Release files: recognised by their headers, refused with file, line and reason."""

import zipfile
from pathlib import Path

import pytest
from tests.terminology import generated as made

from codesafety.terminology.building.whole import build
from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.pack.store import Store
from codesafety.terminology.rf2 import files as rf2

CONCEPT = "Snapshot/Terminology/sct2_Concept_Snapshot_INT_20250101.txt"
RELATIONSHIP = "Snapshot/Terminology/sct2_Relationship_Snapshot_INT_20250101.txt"
DESCRIPTION = "Snapshot/Terminology/sct2_Description_Snapshot-en_INT_20250101.txt"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return made.write_release(made.small(), tmp_path / "release")


def zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.txt")):
            archive.write(file, f"SnomedCT_Made/{file.relative_to(folder)}")
    return path


def refused(source: Path, **options: object) -> str:
    output = source.parent / "refused.pack"
    with pytest.raises(ReleaseError) as caught:
        build([source], output, **options)  # type: ignore[arg-type]
    assert not output.exists()
    return str(caught.value).splitlines()[0]


def replaced(release: Path, file: str, old: str, new: str) -> Path:
    path = release / file
    text = path.read_bytes().decode()
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8", newline="")
    return release


def sections(path: Path) -> dict[str, str]:
    return {section["name"]: section["digest"] for section in Store(path).pack.manifest["sections"]}


def test_folder_and_zip_give_the_same_sections(release: Path, tmp_path: Path) -> None:
    build([release], tmp_path / "folder.pack")
    build([zipped(release, tmp_path / "release.zip")], tmp_path / "zip.pack")
    assert sections(tmp_path / "folder.pack") == sections(tmp_path / "zip.pack")


@pytest.mark.parametrize("variant", [{"end": "\n"}, {"bom": True}, {"end": "\n", "bom": True}])
def test_line_ends_and_byte_order_marks_change_nothing(release: Path, tmp_path: Path, variant: dict[str, object]) -> None:
    build([release], tmp_path / "plain.pack")
    other = made.write_release(made.small(), tmp_path / "other", **variant)  # type: ignore[arg-type]
    build([other], tmp_path / "other.pack")
    assert sections(tmp_path / "plain.pack") == sections(tmp_path / "other.pack")


def test_the_same_sources_give_the_same_bytes(release: Path, tmp_path: Path) -> None:
    build([release], tmp_path / "one.pack")
    build([release], tmp_path / "two.pack")
    assert (tmp_path / "one.pack").read_bytes() == (tmp_path / "two.pack").read_bytes()


def test_comments_and_blank_lines_are_passed_over(release: Path, tmp_path: Path) -> None:
    path = release / CONCEPT
    lines = path.read_bytes().decode().split("\r\n")
    path.write_text("\n".join(["#", "# made up", "#", lines[0], "", "# root", *lines[1:], "", "#"]), "utf-8", newline="")
    build([release], tmp_path / "a.pack")
    assert Store(tmp_path / "a.pack").n_concepts == 11


def test_files_are_recognised_by_header_under_any_name(release: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(release.rglob("*.txt"))):
        path.rename(release / f"part{number}.txt")
    build([release], tmp_path / "a.pack")
    assert Store(tmp_path / "a.pack").n_concepts == 11


def test_stubs_and_readmes_are_named_as_not_read(release: Path, tmp_path: Path) -> None:
    (release / "Readme_en.txt").write_text("About this release")
    (release / "Snapshot" / "der2_Refset_StubSnapshot_INT_20250101.txt").write_text("tbc - tbc")
    build([release], tmp_path / "a.pack")
    assert Store(tmp_path / "a.pack").pack.manifest["files_not_read"] == [
        "release/Readme_en.txt",
        "release/Snapshot/der2_Refset_StubSnapshot_INT_20250101.txt",
    ]


def test_member_fields_are_named_by_the_header_and_typed_by_the_file_name(release: Path) -> None:
    fields = [file.member_fields for file in rf2.discover([release]).files if "mapTarget" in file.header]
    assert fields == [(("mapGroup", "integer"), ("mapTarget", "string"))]


def test_a_row_with_too_few_columns_is_refused_with_its_line(release: Path) -> None:
    path = release / RELATIONSHIP
    lines = path.read_bytes().decode().split("\r\n")
    lines[3] = lines[3].rpartition("\t")[0]
    path.write_text("\r\n".join(lines), "utf-8", newline="")
    assert refused(release) == f"release/{RELATIONSHIP}:4: 9 columns, should be 10"


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        (CONCEPT, "\t20250101\t1", "\t20251301\t1", "effectiveTime is `20251301`, not a date YYYYMMDD"),
        (CONCEPT, "\t20250101\t1", "\t20250101\t2", "active is `2`, not 0 or 1"),
        (
            CONCEPT,
            "\t900000000000074008",
            "\t90000000000007400",
            "definitionStatusId 90000000000007400 is neither defined nor primitive",
        ),
        (CONCEPT, f"{made.FINDING}\t", "1.00E+05\t", "id is `1.00E+05`, not a SNOMED CT identifier"),
        (
            RELATIONSHIP,
            f"\t{made.HEART}\t1\t",
            "\t22298006\t1\t",
            "destinationId 22298006 is a concept that no concept file holds",
        ),
        (RELATIONSHIP, "\t900000000000451002", "\t90000000000045100", "modifierId 90000000000045100 is not known"),
        (RELATIONSHIP, f"\t0\t{made.IS_A}", f"\tx\t{made.IS_A}", None),
        (DESCRIPTION, f"\t{made.INFARCT}\t", "\t22298006\t", "conceptId 22298006 is a concept that no concept file holds"),
        (DESCRIPTION, "\ten\t", "\t\t", None),
    ],
)
def test_damage_is_refused_with_file_line_and_reason(release: Path, file: str, old: str, new: str, reason: str | None) -> None:
    if reason is None and "Relationship" in file:
        replaced(release, file, f"\t1\t{made.SITE}", f"\tx\t{made.SITE}")
        reason = "relationshipGroup is `x`, not a small number"
    else:
        replaced(release, file, old, new)
    message = refused(release)
    assert message.startswith(f"release/{file}:")
    if reason is not None:
        assert message.endswith(f": {reason}")


def test_bytes_that_are_no_utf8_are_refused(release: Path) -> None:
    path = release / DESCRIPTION
    path.write_bytes(path.read_bytes().replace(b"Heart attack", b"Heart \xe9ttack"))
    assert refused(release) == f"release/{DESCRIPTION}:3: not UTF-8"


def test_a_readme_in_another_encoding_is_no_matter(release: Path, tmp_path: Path) -> None:
    (release / "Readme.txt").write_bytes(b"\xa9 SNOMED International\n" * 3)
    build([release], tmp_path / "a.pack")


def test_a_circle_of_is_a_is_refused(tmp_path: Path) -> None:
    rows = made.small()
    rows.is_a(made.FINDING, made.INFARCT)
    message = refused(made.write_release(rows, tmp_path / "release"))
    assert "is-a runs in a circle through " in message


def test_an_is_a_to_an_inactive_concept_is_refused(tmp_path: Path) -> None:
    rows = made.small()
    rows.is_a(made.HEART, made.OLD)
    assert "of which one is inactive" in refused(made.write_release(rows, tmp_path / "release"))


@pytest.mark.parametrize(("file", "what"), [(CONCEPT, "concept"), (RELATIONSHIP, "relationship"), (DESCRIPTION, "description")])
def test_a_missing_file_makes_the_release_incomplete(release: Path, file: str, what: str) -> None:
    (release / file).unlink()
    assert refused(release) == f"release: incomplete: there is no {what} file"


def test_without_descriptions_no_description_file_is_needed(release: Path, tmp_path: Path) -> None:
    (release / DESCRIPTION).unlink()
    build([release], tmp_path / "a.pack", descriptions=False)
    assert not Store(tmp_path / "a.pack").has_texts


def test_a_delta_alone_is_no_release(tmp_path: Path) -> None:
    message = refused(made.write_release(made.small(), tmp_path / "release", summary="Delta"))
    assert message.endswith("holds only a Delta, which is no release on its own")


def test_a_date_needs_full_files(release: Path) -> None:
    assert refused(release, at="20250101").endswith("has no Full files, and only those tell the state at a date")


def test_a_date_that_is_none_is_refused(release: Path) -> None:
    assert refused(release, at="2025-01-01") == "--at: `2025-01-01` is no date"


def test_a_release_name_over_something_else_is_refused(release: Path) -> None:
    (release / "sct2_Concept_Snapshot_GB_20250101.txt").write_text("conceptId,term\n73211009,Diabetes mellitus\n")
    assert refused(release).endswith("is named like a release file, and its first line is no header of RF2")


def test_a_cut_off_zip_is_refused(release: Path, tmp_path: Path) -> None:
    path = zipped(release, tmp_path / "release.zip")
    path.write_bytes(path.read_bytes()[:-30])
    assert "not a readable zip" in refused(path)


def test_a_zip_with_a_damaged_file_is_refused(release: Path, tmp_path: Path) -> None:
    path = tmp_path / "release.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(release.rglob("*.txt")):
            archive.write(file, file.relative_to(release))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"Heart attack", b"Heart attach", 1))
    assert "cannot be read: bad crc-32" in refused(path)


@pytest.mark.parametrize("name", ["../sct2_Concept_Snapshot_INT_20250101.txt", "/etc/sct2_Concept.txt", "C:\\sct2_Concept.txt"])
def test_a_path_that_leads_out_of_the_zip_is_refused(release: Path, tmp_path: Path, name: str) -> None:
    path = zipped(release, tmp_path / "release.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "id")
    assert refused(path).endswith("a path that leads out of the archive: refused")


def test_a_zip_bomb_is_refused(release: Path, tmp_path: Path) -> None:
    path = zipped(release, tmp_path / "release.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("Snapshot/big.txt", "w") as big:
        for _ in range(65):
            big.write(bytes(1 << 20))
    assert "refused as a zip bomb" in refused(path)


def test_a_line_without_end_is_refused(release: Path) -> None:
    path = release / DESCRIPTION
    path.write_bytes(path.read_bytes() + b"x" * (3 << 20))
    assert refused(release).endswith("a line of more than 1 MiB: refused")


def test_a_folder_without_rf2_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty").endswith("holds no file of RF2 or dm+d that can be recognised")
    assert refused(tmp_path / "none") == f"{tmp_path / 'none'}: there is no such file or folder"


def test_the_later_row_of_two_packages_counts(tmp_path: Path) -> None:
    one, other = made.small(), made.Rows()
    other.concept(made.HEART, time="20250601", defined=True)
    other.concept(made.BODY, time="20240601", defined=True)
    build([made.write_release(one, tmp_path / "one"), made.write_release(other, tmp_path / "other")], tmp_path / "a.pack")
    store = Store(tmp_path / "a.pack")
    heart, body = store.ordinal(made.HEART), store.ordinal(made.BODY)
    assert heart is not None and body is not None
    assert (store.defined(heart), store.effective_time(heart)) == (True, "20250601")
    assert (store.defined(body), store.effective_time(body)) == (False, "20250101")


def test_an_extension_alone_is_incomplete_and_may_be_built_on_request(tmp_path: Path) -> None:
    rows = made.Rows()
    rows.concept("22298006")
    rows.is_a("22298006", made.DISEASE)
    source = made.write_release(rows, tmp_path / "extension")
    assert refused(source).endswith(f"destinationId {made.DISEASE} is a concept that no concept file holds")
    build([source], tmp_path / "a.pack", allow_incomplete=True)
    manifest = Store(tmp_path / "a.pack").pack.manifest
    assert manifest["incomplete"] is True
    assert "incomplete: 1 relationship rows of missing concepts left out" in manifest["notes"]


def test_stated_relationships_are_counted_and_left_out(tmp_path: Path) -> None:
    rows = made.small()
    rows.relationship(made.HEART, made.IS_A, made.FINDING, kind="900000000000010007")
    path = made.built(rows, tmp_path)
    assert Store(path).pack.manifest["counts"]["relationships_stated_not_kept"] == 1
