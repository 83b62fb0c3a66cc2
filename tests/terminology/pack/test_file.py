from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesafety.terminology.errors import PackError
from codesafety.terminology.pack.file import Pack, PackWriter


def written(path: Path, name: str = "made.csv") -> Path:
    """Write a pack of one code, so that its sections are few."""
    with PackWriter(path) as writer:
        writer.add_section("code.at", array("Q", [0, 8]))
        writer.add_section("code.text", b"77386006")
        writer.add_section("code.block_at", array("Q", [0, 0]))
        writer.add_section("code.terms", b"")
        writer.add_section("code.key", array("I", [1, 1 << 31]))
        writer.add_section("code.key_of", array("I", [0, 0]))
        writer.finish({"kind": "codes", "tables": [name], "sources": [], "counts": {"codes": 1}, "notes": []})
    return path


def test_sections_come_back_as_they_were(tmp_path: Path) -> None:
    pack = Pack(written(tmp_path / "a.pack"))
    assert list(pack.section("code.key")) == [1, 1 << 31]
    assert list(pack.section("code.at")) == [0, 8]
    assert bytes(pack.section("code.text")) == b"77386006"
    assert len(pack.section("code.terms")) == 0
    assert pack.manifest["kind"] == "codes"
    pack.verify()


def test_sections_start_at_multiples_of_64(tmp_path: Path) -> None:
    assert [section["at"] % 64 for section in Pack(written(tmp_path / "a.pack")).manifest["sections"]] == [0] * 6


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = written(tmp_path / "a.pack"), written(tmp_path / "b.pack")
    assert one.read_bytes() == other.read_bytes()
    assert Pack(one).digest != Pack(written(tmp_path / "c.pack", "another.csv")).digest


def test_a_section_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="holds no section `words`"):
        Pack(written(tmp_path / "a.pack")).section("words")


def test_two_sections_of_one_name_are_refused(tmp_path: Path) -> None:
    with PackWriter(tmp_path / "a.pack") as writer, pytest.raises(ValueError, match="has a section `x` already"):
        writer.add_section("x", b"")
        writer.add_section("x", b"")


def test_a_writer_that_does_not_finish_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), PackWriter(tmp_path / "a.pack") as writer:
        writer.add_section("x", b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_the_old_pack_stands_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pack")
    before = path.read_bytes()
    with PackWriter(path) as writer:
        writer.add_section("x", b"half")
        assert path.read_bytes() == before
    assert path.read_bytes() == before


def test_a_pack_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"a\.pack: cannot be written: no such file or directory"):
        PackWriter(tmp_path / "nowhere" / "a.pack")


@given(length=st.integers(min_value=0, max_value=2000))
def test_a_truncated_pack_is_refused_when_opened(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    folder = tmp_path_factory.getbasetemp()
    whole = folder / "whole.pack"
    if not whole.exists():
        written(whole)
    data = whole.read_bytes()
    cut = folder / "cut.pack"
    cut.write_bytes(data[: min(length, len(data) - 1)])
    with pytest.raises(PackError, match=r"cut\.pack: "):
        Pack(cut)


def test_every_flipped_byte_is_noticed(tmp_path: Path) -> None:
    data = written(tmp_path / "a.pack").read_bytes()
    damaged = tmp_path / "damaged.pack"
    for at in range(len(data)):
        damaged.write_bytes(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])
        with pytest.raises(PackError):
            Pack(damaged).verify()


def test_another_format_version_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pack")
    data = bytearray(path.read_bytes())
    data[8] = 9
    path.write_bytes(data)
    with pytest.raises(PackError, match="pack format 9, this version reads format 2"):
        Pack(path)


def test_what_is_no_pack_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    path.write_bytes(b"id\teffectiveTime\tactive" * 10)
    with pytest.raises(PackError, match="not a pack"):
        Pack(path)
    with pytest.raises(PackError, match="cannot be read: no such file"):
        Pack(tmp_path / "none.pack")


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / ".a.pack.k1ll3d.partial"
    left.write_bytes(b"half")
    other = tmp_path / ".b.pack.k1ll3d.partial"
    other.write_bytes(b"another pack's")
    written(tmp_path / "a.pack")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".b.pack.k1ll3d.partial", "a.pack"]


def test_what_a_running_build_is_writing_stays(tmp_path: Path) -> None:
    with PackWriter(tmp_path / "a.pack") as running:
        running.add_section("text", b"infarct")
        written(tmp_path / "a.pack", "the quicker")
        assert Pack(tmp_path / "a.pack").manifest["tables"] == ["the quicker"]
        whole = written(tmp_path / "b.pack").read_bytes()
        running.finish({"kind": "codes", "tables": [], "sources": []})
    assert len((tmp_path / "a.pack").read_bytes()) < len(whole)
