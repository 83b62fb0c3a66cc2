"""Published tables of code and name in a pack: descriptions without a release, hence no hierarchy and no status.

code.at       Q   where each code begins in code.text; one more than codes
code.text     B   the codes, sorted as text; of other systems than SNOMED CT `system|code`
code.block_at Q   where each block of 128 codes' terms begins in code.terms; one more than blocks
code.terms    B   compressed blocks: a line a code, its terms divided by tabs
code.key      I   checksums of comparable terms (`wording.normal`), ascending, beside code.key_of (I): which code
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from codesafety.terminology.codelists.reading import open_codelist
from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.pack.file import Pack, PackWriter
from codesafety.terminology.sctid import is_concept_id
from codesafety.terminology.systems import canonical
from codesafety.terminology.words.normal import normal

SNOMED = canonical("snomed")
_BLOCK = 128
_SHOWN = 10


def write(paths: Sequence[Path], writer: PackWriter, progress: Callable[[int], None] | None = None) -> dict[str, object]:
    """Read tables and write their sections. Returns what the manifest says of them.

    A SNOMED CT code that is no concept id is left out, counted and shown in the notes. Raises ReleaseError for a table
    that cannot be read or that has no column of names.
    """
    known: dict[str, dict[str, None]] = {}
    notes: list[str] = []
    rows = damaged = nameless = 0
    for path in paths:
        table = open_codelist(path)
        if table.term_column is None:
            raise ReleaseError(
                str(path),
                1,
                "no column holds names: there is nothing to describe the codes by",
                help="to cut a subset out of a release, give the list to --subset",
            )
        notes += [f"{path.name}: {note}" for note in table.notes]
        for row in table:
            rows += 1
            code = row.code.strip()
            if row.system in (None, SNOMED):
                if not is_concept_id(code):
                    damaged += 1
                    if damaged <= _SHOWN:
                        notes.append(f"{path.name}:{row.line}: `{code[:40]}` is no SNOMED CT concept id: left out")
                    continue
            else:
                code = f"{row.system}|{code}"
            term = " ".join((row.term or "").split())
            if not term:
                nameless += 1
            known.setdefault(code, {}).update({term: None} if term else {})
            if progress is not None and rows % 1000 == 0:
                progress(rows)
    write_names(known, writer, found=known)
    return {
        "counts": {"rows": rows, "codes": len(known), "rows_without_concept_id": damaged, "rows_without_name": nameless},
        "notes": notes,
    }


def write_names(names: Mapping[str, Collection[str]], writer: PackWriter, *, found: Collection[str]) -> None:
    """Write the sections of a table. `found`: the codes that are found by their names; the others' names are only told."""
    codes = sorted(names)
    texts = [code.encode() for code in codes]
    writer.add_section("code.at", _offsets(texts))
    writer.add_section("code.text", b"".join(texts))
    blocks = [
        zlib.compress("\n".join("\t".join(names[code]) for code in codes[at : at + _BLOCK]).encode(), 9)
        for at in range(0, len(codes), _BLOCK)
    ]
    writer.add_section("code.block_at", _offsets(blocks))
    writer.add_chunks("code.terms", blocks)
    keys = sorted(
        (zlib.crc32(key.encode()), at)
        for at, code in enumerate(codes)
        if code in found
        for key in {normal(term) for term in names[code]}
        if key
    )
    writer.add_section("code.key", array("I", [key for key, _ in keys]))
    writer.add_section("code.key_of", array("I", [at for _, at in keys]))


def _offsets(parts: Sequence[bytes]) -> array[int]:
    at, offsets = 0, array("Q", [0])
    for part in parts:
        at += len(part)
        offsets.append(at)
    return offsets


class CodeTable(Mapping[str, tuple[str, ...]]):
    """The code table of an open pack: names by code. Immutable; safe to share between threads."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._at = pack.section("code.at")
        self._text = pack.section("code.text")
        self._block_at = pack.section("code.block_at")
        self._terms = pack.section("code.terms")
        self._key = pack.section("code.key")
        self._key_of = pack.section("code.key_of")
        self._block = lru_cache(maxsize=64)(self._unpack)

    @staticmethod
    def is_in(pack: Pack) -> bool:
        return pack.has("code.at")

    def __len__(self) -> int:
        return len(self._at) - 1

    def __iter__(self) -> Iterator[str]:
        return (self._code(at).decode() for at in range(len(self)))

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and self._place(code) is not None

    def __getitem__(self, code: str) -> tuple[str, ...]:
        """Return the names that the tables give a code, in their order. Raises KeyError where they do not name it."""
        at = self._place(code)
        if at is None:
            raise KeyError(code)
        return self._terms_at(at)

    @property
    def digest(self) -> str:
        return self._pack.digest

    def terms(self, code: str) -> tuple[str, ...]:
        """Return the names that the tables give a code, in their order; none where they do not name it."""
        at = self._place(code)
        return () if at is None else self._terms_at(at)

    def named(self, key: str) -> frozenset[str]:
        """Return the codes that have a name with this comparable form (`wording.normal`)."""
        number = zlib.crc32(key.encode())
        places = self._key_of[bisect_left(self._key, number) : bisect_right(self._key, number)]
        return frozenset(self._code(at).decode() for at in places if key in map(normal, self._terms_at(at)))

    def _terms_at(self, at: int) -> tuple[str, ...]:
        line = self._block(at // _BLOCK)[at % _BLOCK]
        return tuple(line.split("\t")) if line else ()

    def _code(self, at: int) -> bytes:
        return bytes(self._text[self._at[at] : self._at[at + 1]])

    def _place(self, code: str) -> int | None:
        text = code.encode("utf-8", "replace")
        at = bisect_left(range(len(self)), text, key=self._code)
        return at if at < len(self) and self._code(at) == text else None

    def _unpack(self, block: int) -> list[str]:
        return self._pack.inflate(self._terms[self._block_at[block] : self._block_at[block + 1]]).decode().split("\n")
