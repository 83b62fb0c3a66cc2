"""Zips and folders: names in any encoding are let through, what is hostile is refused."""

import io
import os
import sys
import zipfile
from pathlib import Path

import pytest

from codesafety.terminology.archive import members
from codesafety.terminology.errors import ReleaseError

PLACE = "x" * 9  # stands for a name of nine bytes, which zipfile itself would not write


def zipped(entries: dict[str, bytes], name: bytes = b"", *, flag: bool = True, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip; the entry `PLACE` gets `name` as its bytes, said to be UTF-8 or not."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content)
    data = held.getvalue()
    if name:
        for signature, flags_at, name_at in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
            at = data.index(PLACE.encode(), data.index(signature))
            while data[at - name_at : at - name_at + 4] != signature:
                at = data.index(PLACE.encode(), at + 1)
            start = at - name_at + flags_at
            data = data[: start + 1] + (b"\x08" if flag else b"\x00") + data[start + 2 :]
            data = data[:at] + name + data[at + len(PLACE) :]
    return data


def read(path: Path) -> dict[str, bytes]:
    found = {}
    for member in members(path):
        with member.open() as stream:
            found[member.name] = stream.read()
    return found


@pytest.mark.parametrize("flag", [True, False])
@pytest.mark.parametrize("name", [b"Gu\xeda1.pdf", b"\xff\xfe\xfd\xfc\xfb.txt", b"gro\xdf\xe9.txt"])
def test_a_name_that_is_not_utf8_is_let_through(tmp_path: Path, name: bytes, flag: bool) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.txt": b"first", PLACE: b"foreign", "z.txt": b"last"}, name, flag=flag))
    found = read(tmp_path / "a.zip")
    assert (found.pop("a.zip/a.txt"), found.pop("a.zip/z.txt")) == (b"first", b"last")
    assert list(found.values()) == [b"foreign"]


def test_names_that_are_utf8_stay_what_they_are_beside_one_that_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"médico.txt": b"", PLACE: b""}, b"Gu\xeda1.pdf"))
    assert sorted(read(tmp_path / "a.zip")) == ["a.zip/Guφa1.pdf", "a.zip/médico.txt"]


def test_a_name_that_is_not_utf8_is_let_through_in_a_zip_inside_a_zip(tmp_path: Path) -> None:
    inner = zipped({PLACE: b"foreign", "z.txt": b"last"}, b"Gu\xeda1.pdf")
    (tmp_path / "a.zip").write_bytes(zipped({PLACE: b"", "inner.zip": inner}, b"Gu\xeda2.pdf"))
    assert read(tmp_path / "a.zip")["a.zip/inner.zip/z.txt"] == b"last"


def test_a_file_that_looks_like_a_directory_of_a_zip_is_read_as_it_is(tmp_path: Path) -> None:
    inner = zipped({PLACE: b""}, b"Gu\xeda1.pdf")
    directory = inner[inner.index(b"PK\x01\x02") :]
    (tmp_path / "a.zip").write_bytes(zipped({"a.txt": directory}, method=zipfile.ZIP_STORED))
    assert read(tmp_path / "a.zip") == {"a.zip/a.txt": directory}


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes only there")
def test_a_file_name_in_a_folder_that_is_not_utf8_is_shown_as_text(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/Gu\xeda.pdf")).write_bytes(b"content")
    assert read(tmp_path) == {f"{tmp_path.name}/Gu\ufffda.pdf": b"content"}


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("a.txt", "one")
        archive.writestr("a.txt", "two")
    with pytest.raises(ReleaseError, match="holds two files of one name"):
        read(tmp_path / "a.zip")


def test_a_bomb_of_many_small_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({f"{n}.txt": bytes(33 << 20) for n in range(3)}))
    with pytest.raises(ReleaseError, match="refused as a zip bomb"):
        read(tmp_path / "a.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_file_packed_as_no_release_is_packed_is_no_matter_until_it_is_read(tmp_path: Path, method: int) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.txt": b"content"}, method=method))
    (member,) = members(tmp_path / "a.zip")
    with pytest.raises(
        ReleaseError, match=f"a.txt: is packed by compression method {method}, which releases do not use"
    ) as caught:
        member.open()
    assert caught.value.help == "unpack the zip and give the folder"


def test_a_zip_of_very_many_files_is_refused_before_any_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({f"{n}": b"" for n in range(10_001)}))
    with pytest.raises(ReleaseError, match="holds more than 10,000 files: refused"):
        read(tmp_path / "a.zip")
