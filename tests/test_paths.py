"""A text takes its name once it is whole: until then, and where that fails, what stood there stays."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from codesafety.paths import writing


def write(path: Path, text: str) -> None:
    with writing(path) as file:
        file.write(text)


def test_a_text_is_there_whole_and_nothing_else_is(tmp_path: Path) -> None:
    write(tmp_path / "new.txt", "é\r\n")
    assert (tmp_path / "new.txt").read_bytes() == b"\xc3\xa9\r\n"
    assert stat.S_IMODE((tmp_path / "new.txt").stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["new.txt"]


def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), writing(path) as file:
        file.write("new" * 100_000)
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["old.txt"]


def test_what_is_replaced_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    path, link = tmp_path / "old.txt", tmp_path / "link.txt"
    path.write_text("old")
    path.chmod(0o600)
    link.symlink_to(path)
    write(link, "new")
    assert link.is_symlink() and path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", [".", "missing/new.txt", os.devnull])
def test_what_cannot_be_written_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    before = path.stat().st_mode if path.exists() else None
    with pytest.raises(OSError) as caught:
        write(path, "new")
    assert caught.value.filename == str(path) and caught.value.strerror
    assert (path.stat().st_mode if path.exists() else None) == before
