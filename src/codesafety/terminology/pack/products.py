"""dm+d inside a pack: every id with its level, status, name, current id and product, memory-mapped.

dmd.id        Q   every id the release knows, current or former, ascending
dmd.flags     B   level (low three bits), INVALID, FORMER
dmd.current   I   where the current id stands; its own place, unless former
dmd.fact      I   which record of dmd.facts says what the product is (products of one VMP share it)
dmd.fact_at   Q   where each record begins; one more than records
dmd.facts     B   records, JSON
dmd.block_at  Q   where each block of 64 names begins in dmd.names; one more than blocks
dmd.names     B   compressed blocks of names, a line each, in the order of dmd.id
dmd.gtin      Q   GTINs as numbers, ascending, beside dmd.gtin_of (I): the AMPP that bears each
dmd.key       Q   digests of comparable names (`wording.normal`), ascending, beside dmd.key_of (I): who bears them
"""

from __future__ import annotations

import json
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import astuple
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

from codesafety.terminology.dmd.medicines import Medicines, Strength
from codesafety.terminology.dmd.names import split_supplier
from codesafety.terminology.dmd.strengths import stated
from codesafety.terminology.dmd.tables import DmdTables
from codesafety.terminology.interface import Product, Status
from codesafety.terminology.pack.file import Pack, PackWriter
from codesafety.terminology.words.normal import normal

_LEVELS = ("vtm", "vmp", "amp", "vmpp", "ampp", "substance")
_INVALID, _FORMER = 8, 16
_BLOCK = 64
_SHOWN_DOUBTS = 50


def write(tables: DmdTables, writer: PackWriter) -> dict[str, object]:
    """Add a dm+d release's sections to a pack. Returns what the manifest says of it, under the key `dmd`."""
    medicines = Medicines(tables)
    codes = sorted(set(medicines.codes()), key=int)
    place = {code: at for at, code in enumerate(codes)}
    flags, current, fact = bytearray(len(codes)), array("I", [0]) * len(codes), array("I", [0]) * len(codes)
    records: dict[bytes, int] = {}
    of_vmp: dict[str, int] = {}
    keys: list[tuple[int, int]] = []
    comparable = cache(normal)
    for at, code in enumerate(codes):
        level, now, name = medicines.level(code), medicines.current_id(code), medicines.name(code)
        assert level is not None
        invalid = not now and not medicines.is_valid(code)
        flags[at] = _LEVELS.index(level) | (_FORMER if now else 0) | (_INVALID if invalid else 0)
        current[at] = place.get(now, at) if now else at
        shared = medicines.shares_facts_of(code)
        if shared not in of_vmp:
            product = medicines.product(code)
            assert product is not None
            fact[at] = records.setdefault(_record(product, code, medicines.strengths(code)), len(records))
            if shared is not None:
                of_vmp[shared] = fact[at]
        else:
            fact[at] = of_vmp[shared]
        if name is not None and level not in ("vmpp", "ampp"):
            bare, supplier = split_supplier(name)
            keys.append((_key(comparable(bare)), at))
            if supplier is not None:
                keys.append((_key(f"{comparable(bare)} {comparable(supplier)}"), at))
    keys.sort()
    writer.add_section("dmd.id", array("Q", map(int, codes)))
    writer.add_section("dmd.flags", flags)
    writer.add_section("dmd.current", current)
    writer.add_section("dmd.fact", fact)
    writer.add_section("dmd.fact_at", _offsets(records))
    writer.add_section("dmd.facts", b"".join(records))
    blocks = [_packed([medicines.name(code) or "" for code in codes[at : at + _BLOCK]]) for at in range(0, len(codes), _BLOCK)]
    writer.add_section("dmd.block_at", _offsets(blocks))
    writer.add_section("dmd.names", b"".join(blocks))
    gtins = sorted((int(gtin), place[pack]) for pack, found in tables.gtins.items() if pack in place for gtin in found)
    writer.add_section("dmd.gtin", array("Q", [gtin for gtin, _ in gtins]))
    writer.add_section("dmd.gtin_of", array("I", [at for _, at in gtins]))
    writer.add_section("dmd.key", array("Q", [key for key, _ in keys]))
    writer.add_section("dmd.key_of", array("I", [at for _, at in keys]))
    return {
        "released": tables.released.isoformat() if tables.released else None,
        "files": [{"name": file.member.name, "content": file.content.value, "bytes": file.member.size} for file in tables.files],
        "counts": dict(sorted(tables.counts.items())),
        "ids": len(codes),
        "doubts": tables.doubts[:_SHOWN_DOUBTS],
        "number_of_doubts": len(tables.doubts),
    }


def _record(product: Product, code: str, strengths: tuple[Strength, ...] | None) -> bytes:
    """Return all but code, level and name, as a pack keeps it; the id itself is left out of `ids`, so that others share it."""
    sets = (product.ids - {code}, product.ingredients, product.routes, product.forms)
    told = [None if found is None else sorted(found) for found in sets]
    listed = None if strengths is None else [astuple(strength) for strength in strengths]
    return json.dumps(
        [product.same_product, *told, product.modified_release, product.bnf, product.atc, product.vtm, listed],
        separators=(",", ":"),
    ).encode()


def _packed(names: list[str]) -> bytes:
    return zlib.compress("\n".join(name.replace("\n", " ") for name in names).encode(), 9)


def _offsets(parts: list[bytes] | dict[bytes, int]) -> array[int]:
    at, offsets = 0, array("Q", [0])
    for part in parts:
        at += len(part)
        offsets.append(at)
    return offsets


def _key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


class DmdSection:
    """The dm+d of an open pack. Immutable; safe to share between threads. Raises PackError where the pack holds none."""

    def __init__(self, pack: Pack) -> None:
        self._id = pack.section("dmd.id")
        self._flags = pack.section("dmd.flags")
        self._current = pack.section("dmd.current")
        self._fact = pack.section("dmd.fact")
        self._fact_at = pack.section("dmd.fact_at")
        self._facts = pack.section("dmd.facts")
        self._block_at = pack.section("dmd.block_at")
        self._names = pack.section("dmd.names")
        self._gtins = pack.section("dmd.gtin")
        self._gtin_of = pack.section("dmd.gtin_of")
        self._keys = pack.section("dmd.key")
        self._key_of = pack.section("dmd.key_of")
        self._block = lru_cache(maxsize=64)(self._unpacked)
        self.product = lru_cache(maxsize=4096)(self._product)

    @staticmethod
    def is_in(pack: Pack) -> bool:
        return pack.has("dmd.id")

    def __len__(self) -> int:
        return len(self._id)

    def __iter__(self) -> Iterator[str]:
        return map(str, self._id)

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and self._at(code) is not None

    def status(self, code: str) -> Status:
        """Return ACTIVE, INACTIVE (marked INVALID, or a former id) or UNKNOWN to this dm+d release."""
        at = self._at(code)
        if at is None:
            return Status.UNKNOWN
        return Status.INACTIVE if self._flags[at] & (_INVALID | _FORMER) else Status.ACTIVE

    def current_id(self, code: str) -> str | None:
        """Return what a former id is now; None where the id is current or not known."""
        at = self._at(code)
        return str(self._id[self._current[at]]) if at is not None and self._current[at] != at else None

    def name(self, code: str) -> str | None:
        """Return a product's name (an AMP's with its supplier); None where dm+d does not know the id or states no name."""
        at = self._at(code)
        return self._block(at // _BLOCK)[at % _BLOCK] or None if at is not None else None

    def named(self, key: str) -> tuple[str, ...]:
        """Return the ids of products whose name, with its supplier or without, has this comparable form (`wording.normal`)."""
        digest = _key(key)
        places = self._key_of[bisect_left(self._keys, digest) : bisect_right(self._keys, digest)]
        return tuple(dict.fromkeys(str(self._id[at]) for at in places if self._bears(at, key)))

    def _product(self, code: str) -> Product | None:
        """Return what the release says of a product; None where it does not know the id."""
        at = self._at(code)
        if at is None:
            return None
        same, ids, ingredients, routes, forms, modified, bnf, atc, vtm, strengths = self._record(at)
        return Product(
            code,
            _LEVELS[self._flags[at] & 7],
            self.name(code),
            frozenset((code, *ids)),
            same,
            _set(ingredients),
            _set(routes),
            _set(forms),
            modified,
            bnf,
            atc,
            vtm,
            stated(None if strengths is None else [Strength(*fields) for fields in strengths]),
        )

    def strengths(self, code: str) -> tuple[Strength, ...] | None:
        """Return the VPI rows of a product's VMP; None where it has no VMP, or dm+d states none of it."""
        at = self._at(code)
        found = self._record(at)[-1] if at is not None else None
        return None if found is None else tuple(Strength(*fields) for fields in found)

    def with_gtin(self, gtin: str) -> tuple[str, ...]:
        """Return the AMPPs that bear or bore a GTIN (13 or 14 digits); none where it is not known or no GTIN."""
        if not (gtin.isascii() and gtin.isdecimal()) or len(gtin) > 14:
            return ()
        low, high = bisect_left(self._gtins, int(gtin)), bisect_right(self._gtins, int(gtin))
        return tuple(dict.fromkeys(str(self._id[at]) for at in self._gtin_of[low:high]))

    def _record(self, at: int) -> list[Any]:
        fact = self._fact[at]
        record: list[Any] = json.loads(bytes(self._facts[self._fact_at[fact] : self._fact_at[fact + 1]]))
        return record

    def _bears(self, at: int, key: str) -> bool:
        name = self._block(at // _BLOCK)[at % _BLOCK]
        bare, supplier = split_supplier(name)
        return key == normal(bare) or (supplier is not None and key == f"{normal(bare)} {normal(supplier)}")

    def _at(self, code: str) -> int | None:
        if not (code.isascii() and code.isdecimal()) or len(code) > 18 or code[0] == "0":
            return None
        number = int(code)
        at = bisect_left(self._id, number)
        return at if at < len(self._id) and self._id[at] == number else None

    def _unpacked(self, block: int) -> list[str]:
        packed = self._names[self._block_at[block] : self._block_at[block + 1]]
        return zlib.decompress(packed).decode().split("\n")


def _set(found: list[str] | None) -> frozenset[str] | None:
    return None if found is None else frozenset(found)
