"""A release given to the engine: a damaged pack decides nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.terminology.generated import built, small

from codesafety import Engine, load
from codesafety.terminology.errors import PackError
from codesafety.terminology.pack.file import Pack


def test_a_pack_with_one_flipped_byte_is_refused_when_rules_are_loaded_with_it(tmp_path: Path) -> None:
    pack = built(small(), tmp_path)
    load("uk.duplicate_entries", release=pack)
    data = bytearray(pack.read_bytes())
    sections = [s for s in Pack(pack).manifest["sections"] if s["bytes"]]
    data[sections[0]["at"]] ^= 1
    damaged = tmp_path / "damaged.pack"
    damaged.write_bytes(data)
    with pytest.raises(PackError, match="damaged"):
        load("uk.duplicate_entries", release=damaged)


def test_rules_bound_to_a_release_are_stored_beside_those_of_the_lists(tmp_path: Path) -> None:
    pack, cache = built(small(), tmp_path), tmp_path / "cache"

    def made(release: object, where: str | Path = cache) -> Engine:
        return load("uk.duplicate_entries", release=release, cache=where, installed_plugins=False)  # type: ignore[arg-type]

    first = [made(pack), made(None)]
    assert [made(pack).from_store, made(None).from_store] == [True, True]
    assert made(pack).binding.sets == first[0].binding.sets == made(pack, "off").binding.sets
    assert (made(pack).warnings, made(pack).binding.drift) == (first[0].warnings, first[0].binding.drift)
    assert made(pack).standing.engine == first[0].standing.engine != first[1].standing.engine
    opened = first[0].terminology  # an object of the program's own: only what does not hang on it is stored
    assert made(opened).from_store is False and made(opened).from_store is True
    assert made(opened).binding.sets == first[0].binding.sets
