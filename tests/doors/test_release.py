"""A release given to the engine: a damaged pack decides nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.terminology.generated import built, small

from codesafety import load
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
