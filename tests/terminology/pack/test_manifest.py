"""A manifest that no build wrote is refused when the pack is opened, also where it was signed again by hand."""

import copy
import json
import struct
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.terminology import generated as made
from tests.terminology import made_dmd
from typer.testing import CliRunner

from codesafety.cli.terminology import app
from codesafety.terminology.building.whole import build
from codesafety.terminology.errors import PackError, TerminologyError
from codesafety.terminology.pack.file import Pack
from codesafety.terminology.pack.manifest import as_text, content_digest
from codesafety.terminology.release import Release

HEADER = struct.Struct("<8sIIQQQ16s8x")
Json = Any


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A release with dm+d, a table of codes."""
    folder = tmp_path_factory.mktemp("packs")
    release = made.write_release(made.small(), folder / "release")
    build([release, made_dmd.write_release(folder / "dmd")], folder / "release.pack")
    (folder / "list.csv").write_text("code,term\n77386006,Pregnancy\n", "utf-8")
    build([folder / "list.csv"], folder / "codes.pack")
    return {"release": folder / "release.pack", "codes": folder / "codes.pack"}


def manifest_of(pack: Path) -> tuple[bytes, Json]:
    data = pack.read_bytes()
    at = HEADER.unpack_from(data)[4]
    return data[:at], json.loads(data[at:])


def signed(body: bytes, text: bytes, path: Path, *, at: int | None = None) -> Path:
    """Write a pack of these sections and this manifest, with a header that agrees."""
    whole = body + text
    magic, form = HEADER.unpack_from(body)[:2]
    head = HEADER.pack(
        magic, form, 0, len(whole), len(body) if at is None else at, len(text), blake2b(text, digest_size=16).digest()
    )
    path.write_bytes(head + whole[64:])
    return path


def wholly_signed(body: bytes, manifest: Json, path: Path) -> Path:
    """The same, and each digest inside agrees as well."""
    for section in manifest["sections"]:
        held = body[section["at"] : section["at"] + section["bytes"]]
        section["digest"] = blake2b(held, digest_size=16).hexdigest()
    described = {key: value for key, value in manifest.items() if key not in ("format", "digest", "sections")}
    manifest["digest"] = content_digest(manifest["sections"], described)
    return signed(body, as_text(manifest), path)


def swap(key: str) -> Callable[[list[Json]], None]:
    def change(sections: list[Json]) -> None:
        one, other = (next(s for s in sections if s["name"] == name) for name in ("isa.parent", "isa.child"))
        one[key], other[key] = other[key], one[key]

    return change


def swap_order(sections: list[Json]) -> None:
    sections[3], sections[4] = sections[4], sections[3]


def put(name: str, key: str, value: Callable[[Json], Json]) -> Callable[[list[Json]], None]:
    def change(sections: list[Json]) -> None:
        section = next(s for s in sections if s["name"] == name)
        section[key] = value(section[key])

    return change


BY_HAND: dict[str, Callable[[list[Json]], None]] = {
    "places swapped": swap("at"),
    "names swapped": swap("name"),
    "entries swapped": swap_order,
    "overlapping": put("isa.child", "at", lambda at: at - 64),
    "in the header": put("isa.end", "at", lambda at: 0),
    "not aligned": put("isa.child", "at", lambda at: at + 4),
    "after a gap": put("dmd.key_of", "at", lambda at: at + 64),
    "outside the file": put("dmd.key_of", "bytes", lambda size: 1 << 40),
    "before the file": put("isa.child", "at", lambda at: -at),
    "negative": put("isa.end", "bytes", lambda size: -size),
    "shorter": put("isa.end", "bytes", lambda size: size - 4),
    "longer": put("isa.end", "bytes", lambda size: size + 4),
    "half an item": put("isa.end", "bytes", lambda size: size - 2),
    "of another type": put("isa.end", "type", lambda _: "H"),
    "of no type": put("isa.end", "type", lambda _: "IQ"),
    "of a name that is not known": put("isa.end", "name", lambda _: "isa.ende"),
    "twice": put("isa.extra", "name", lambda _: "isa.end"),
    "one left out": lambda sections: sections.pop(-1),
    "one added": lambda sections: sections.append(dict(sections[-1], name="more")),
}


@pytest.mark.parametrize("kind", BY_HAND)
def test_a_table_of_sections_that_no_build_wrote_is_refused(packs: dict[str, Path], kind: str, tmp_path: Path) -> None:
    body, manifest = manifest_of(packs["release"])
    BY_HAND[kind](manifest["sections"])
    path = wholly_signed(body, manifest, tmp_path / "a.pack")
    with pytest.raises(PackError, match=r"a\.pack: the manifest is wrong: .*: build it again"):
        Pack(path)
    answer = CliRunner().invoke(app, ["verify", str(path)])
    assert (answer.exit_code, "the manifest is wrong" in answer.stderr) == (2, True)


def test_a_manifest_that_is_signed_again_without_change_is_the_same_pack(packs: dict[str, Path], tmp_path: Path) -> None:
    for pack in packs.values():
        body, manifest = manifest_of(pack)
        assert wholly_signed(body, manifest, tmp_path / "a.pack").read_bytes() == pack.read_bytes()


def test_another_word_in_a_manifest_needs_another_digest(packs: dict[str, Path], tmp_path: Path) -> None:
    body, manifest = manifest_of(packs["release"])
    manifest["effective_time"] = "20300101"
    with pytest.raises(PackError, match="its digest is not that of what it says"):
        Pack(signed(body, as_text(manifest), tmp_path / "a.pack"))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"null",
        b"[]",
        b"1",
        b"\xff\xfe{\x00}\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"kind":"\\ud800"}',
        b'{"kind":' + b"9" * 5000 + b"}",
        b'{"kind":NaN}',
        b'{"kind":"codes","kind":"release"}',
    ],
    ids=range(12),
)
def test_text_that_is_no_manifest_is_refused(packs: dict[str, Path], text: bytes, tmp_path: Path) -> None:
    body, _ = manifest_of(packs["codes"])
    with pytest.raises(PackError, match=r"a\.pack: the manifest is wrong"):
        Pack(signed(body, text, tmp_path / "a.pack"))


def test_a_manifest_in_another_form_is_refused(packs: dict[str, Path], tmp_path: Path) -> None:
    body, manifest = manifest_of(packs["codes"])
    with pytest.raises(PackError, match="not in the form that"):
        Pack(signed(body, json.dumps(manifest, indent=1).encode(), tmp_path / "a.pack"))


@pytest.mark.parametrize("at", [0, 64, 1 << 63])
def test_a_manifest_that_is_somewhere_else_is_refused(packs: dict[str, Path], at: int, tmp_path: Path) -> None:
    body, manifest = manifest_of(packs["codes"])
    with pytest.raises(PackError, match="the manifest is damaged"):
        Pack(signed(body, as_text(manifest), tmp_path / "a.pack", at=at))


def test_what_points_from_one_section_into_another_is_followed_by_verify(packs: dict[str, Path], tmp_path: Path) -> None:
    body, manifest = manifest_of(packs["release"])
    at = next(section["at"] for section in manifest["sections"] if section["name"] == "isa.parent_at")
    changed = body[: at + 4] + struct.pack("<I", 1 << 20) + body[at + 8 :]
    path = wholly_signed(changed, manifest, tmp_path / "a.pack")
    with pytest.raises(PackError, match=r"section `isa\.parent_at` does not fit `isa\.parent`"):
        Pack(path).verify()


def places(node: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inside:
        yield from places(value, (*path, key))


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 2**70),
    st.floats(),
    st.text(max_size=4),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    data=st.data(),
    kind=st.sampled_from(["release", "codes"]),
    how=st.sampled_from(["put", "drop", "double"]),
    wholly=st.booleans(),
)
def test_any_value_anywhere_is_refused_or_answered(
    packs: dict[str, Path], tmp_path: Path, data: st.DataObject, kind: str, how: str, wholly: bool
) -> None:
    body, manifest = manifest_of(packs[kind])
    before = as_text(manifest)
    *above, last = data.draw(st.sampled_from([path for path in places(manifest) if path]))
    node = manifest
    for key in above:
        node = node[key]
    if how == "put":
        node[last] = data.draw(values)
    elif how == "drop":
        del node[last]
    elif isinstance(node, list):
        node.append(copy.deepcopy(node[last]))
    try:
        path = (
            wholly_signed(body, manifest, tmp_path / "a.pack") if wholly else signed(body, as_text(manifest), tmp_path / "a.pack")
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return  # nothing that could be signed
    try:
        release = Release.open(path)
        assert wholly or as_text(manifest) == before
        answer = CliRunner().invoke(app, ["info", str(path)])
        assert (answer.exit_code, bool(release.name)) == (0, True)
        release.pack.verify()
    except TerminologyError:
        assert as_text(manifest) != before
