"""Where a pack must not be written: nothing is read, and nothing is touched."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.terminology import generated as made

from codesafety.terminology.building.whole import build
from codesafety.terminology.errors import PackError, ReleaseError


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return made.write_release(made.small(), tmp_path / "release")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(output: Path, sources: Sequence[Path], **options: object) -> str:
    """Return why, and make sure that no source was looked into: the last one is not there."""
    folder = output.parent
    before = contents(folder)
    with pytest.raises(PackError) as caught:
        build([*sources, folder / "is not there"], output, **options)  # type: ignore[arg-type]
    assert contents(folder) == before
    return str(caught.value).removeprefix(f"{output}: ")


def codes(path: Path) -> Path:
    path.write_text("code,term\n77386006,Pregnancy\n", "utf-8")
    return path


def test_a_source_is_no_place(tmp_path: Path) -> None:
    source = codes(tmp_path / "list.csv")
    assert refused(source, [source]) == "is one of the sources: name another file"


def test_a_source_under_another_name_is_no_place(tmp_path: Path) -> None:
    source = codes(tmp_path / "list.csv")
    (tmp_path / "link.pack").symlink_to(source)
    os.link(source, tmp_path / "hard.pack")
    (tmp_path / "folder").mkdir()
    for output in (tmp_path / "link.pack", tmp_path / "hard.pack", tmp_path / "folder" / ".." / "list.csv"):
        assert refused(output, [source]) == "is one of the sources: name another file"


def test_a_list_that_a_subset_is_cut_by_is_no_place(release: Path, tmp_path: Path) -> None:
    source = codes(tmp_path / "list.csv")
    assert refused(source, [release], subset=[str(source)]) == "is one of the sources: name another file"


@pytest.mark.parametrize("below", [".", "Snapshot/Terminology"])
def test_a_folder_that_is_read_is_no_place(release: Path, below: str) -> None:
    assert refused(release / below / "a.pack", [release]).startswith("lies in a folder that is read")


@pytest.mark.parametrize("held", [b"", b"a letter", b"CSPAC"])
def test_a_file_that_is_no_pack_is_no_place(release: Path, tmp_path: Path, held: bytes) -> None:
    (tmp_path / "letter.doc").write_bytes(held)
    assert refused(tmp_path / "letter.doc", [release]) == "is there and is no pack: name another file, or remove it"


def test_a_pipe_is_no_place(release: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe", [release]).startswith("is there and is no pack")


def test_a_folder_is_no_place(release: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert refused(tmp_path / "a", [release]).startswith("is a folder, and a pack is a file")


def test_a_pack_is_replaced_by_a_newer_one_a_damaged_one_too(release: Path, tmp_path: Path) -> None:
    build([release], tmp_path / "a.pack")
    whole = (tmp_path / "a.pack").read_bytes()
    (tmp_path / "a.pack").write_bytes(whole[:-7])
    build([release], tmp_path / "a.pack")
    assert (tmp_path / "a.pack").read_bytes() == whole


def test_an_expression_longer_than_the_name_of_a_file_is_an_expression(release: Path, tmp_path: Path) -> None:
    expression = " OR ".join([f"<< {made.DISEASE}"] * 40)
    build([release], tmp_path / "a.pack", subset=[expression])
    with pytest.raises(ReleaseError, match="there is no such file"):
        build([release], tmp_path / "a.pack", subset=["missing.csv"])
