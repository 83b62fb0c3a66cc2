"""dm+d inside a pack: every id with its level, status, name, current id and product, memory-mapped.

dmd.id        Q   every id the release knows, current or former, ascending
dmd.flags     B   level (low three bits), INVALID, FORMER, which VMP was derived, its ingredients were derived, known in part
dmd.current   I   where the current id stands; its own place, unless former
dmd.fact      I   which record of dmd.facts says what the product is (products of one VMP share it)
dmd.fact_at   Q   where each record begins; one more than records
dmd.facts     B   records, JSON
dmd.block_at  Q   where each block of 64 names begins in dmd.names; one more than blocks
dmd.names     B   compressed blocks of names, a line each, in the order of dmd.id
dmd.gtin      Q   GTINs as numbers, ascending, beside dmd.gtin_of (I): the AMPP that bears each
dmd.key       I   digests of comparable names (`wording.normal`), ascending, beside dmd.key_of (I): who bears them
"""

from __future__ import annotations

import json
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from codesafety.terminology.dmd.names import split_supplier
from codesafety.terminology.dmd.strengths import Strength, stated
from codesafety.terminology.interface import INGREDIENTS, PRODUCT, Product, Status
from codesafety.terminology.pack.file import Pack, PackWriter
from codesafety.terminology.words.normal import normal

if TYPE_CHECKING:
    from codesafety.terminology.dmd.tables import DmdTables

_LEVELS = ("vtm", "vmp", "amp", "vmpp", "ampp", "substance")
_INVALID, _FORMER, _PARTLY = 8, 16, 128
_DERIVED = {PRODUCT: 32, INGREDIENTS: 64}
_VTM = 8  # where it stands in a record
_BLOCK = 64
_SHOWN_DOUBTS = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """One id as a pack holds it. `current`: what a former id is now. `record`: the product without code, level and name."""

    code: str
    level: str
    name: str | None
    record: bytes
    flags: int = 0
    current: str | None = None


def listed(
    product: Product, strengths: tuple[Strength, ...] | None, *, current: str | None = None, invalid: bool = False
) -> Listed:
    """Return a product as a pack holds it."""
    flags = (_FORMER if current else 0) | (_INVALID if invalid else 0) | (_PARTLY if product.partly else 0)
    flags |= sum(flag for what, flag in _DERIVED.items() if what in product.derived)
    return Listed(product.code, product.level, product.name, _record(product, strengths), flags, current)


def write(tables: DmdTables, writer: PackWriter) -> dict[str, object]:
    """Add a dm+d release's sections to a pack. Returns what the manifest says of it, under the key `dmd`."""
    from codesafety.terminology.dmd.medicines import Medicines  # only here: to open a pack must not cost its import

    medicines = Medicines(tables)
    found: list[Listed] = []
    of_vmp: dict[str, bytes] = {}
    for code in sorted(set(medicines.codes()), key=int):
        now, shared = medicines.current_id(code), medicines.shares_facts_of(code)
        level = medicines.level(code)
        assert level is not None
        flags = _FORMER if now else 0 if medicines.is_valid(code) else _INVALID
        record = of_vmp.get(shared) if shared is not None else None
        if record is None:
            product = medicines.product(code)
            assert product is not None
            record = _record(product, medicines.strengths(code))
            if shared is not None:
                of_vmp[shared] = record
        found.append(Listed(code, level, medicines.name(code), record, flags, now))
    write_products(found, [(gtin, pack) for pack, gtins in tables.gtins.items() for gtin in gtins], writer)
    return {
        "released": tables.released.isoformat() if tables.released else None,
        "files": [{"name": file.member.name, "content": file.content.value, "bytes": file.member.size} for file in tables.files],
        "counts": dict(sorted(tables.counts.items())),
        "ids": len(found),
        "doubts": tables.doubts[:_SHOWN_DOUBTS],
        "number_of_doubts": len(tables.doubts),
    }


def write_products(found: Sequence[Listed], gtins: Sequence[tuple[str, str]], writer: PackWriter) -> None:
    """Add the sections of these products, in the order of their ids, and of GTINs, each with the id of the pack that bears it."""
    found = sorted(found, key=lambda each: int(each.code))
    place = {each.code: at for at, each in enumerate(found)}
    flags, current, fact = bytearray(len(found)), array("I", [0]) * len(found), array("I", [0]) * len(found)
    together = sorted({each.record for each in found}, key=lambda record: (str(json.loads(record)[_VTM]), record))
    records = {record: at for at, record in enumerate(together)}  # those of one VTM side by side: they compress well
    keys: list[tuple[int, int]] = []
    comparable = cache(normal)
    for at, each in enumerate(found):
        flags[at] = _LEVELS.index(each.level) | each.flags
        current[at] = place.get(each.current, at) if each.current else at
        fact[at] = records[each.record]
        if each.name is not None and each.level not in ("vmpp", "ampp"):
            bare, supplier = split_supplier(each.name)
            keys.append((_key(comparable(bare)), at))
            if supplier is not None:
                keys.append((_key(f"{comparable(bare)} {comparable(supplier)}"), at))
    keys.sort()
    writer.add_section("dmd.id", array("Q", [int(each.code) for each in found]))
    writer.add_section("dmd.flags", flags)
    writer.add_section("dmd.current", current)
    writer.add_section("dmd.fact", fact)
    writer.add_section("dmd.fact_at", _offsets(records))
    writer.add_section("dmd.facts", b"".join(records))
    blocks = [_packed([each.name or "" for each in found[at : at + _BLOCK]]) for at in range(0, len(found), _BLOCK)]
    writer.add_section("dmd.block_at", _offsets(blocks))
    writer.add_section("dmd.names", b"".join(blocks))
    numbers = sorted((int(gtin), place[pack]) for gtin, pack in gtins if pack in place)
    writer.add_section("dmd.gtin", array("Q", [gtin for gtin, _ in numbers]))
    writer.add_section("dmd.gtin_of", array("I", [at for _, at in numbers]))
    writer.add_section("dmd.key", array("I", [key for key, _ in keys]))
    writer.add_section("dmd.key_of", array("I", [at for _, at in keys]))


def _record(product: Product, strengths: tuple[Strength, ...] | None) -> bytes:
    """Return all but code, level and name, as a pack keeps it: without an id that is nobody else's, so that others share it."""
    own = {product.code} if product.level in ("amp", "vmpp", "ampp") else frozenset[str]()
    sets = (product.ids - own, product.ingredients, product.routes, product.forms)
    told = [None if found is None else sorted(found) for found in sets]
    rows = None if strengths is None else [astuple(strength) for strength in strengths]
    return json.dumps(
        [product.same_product, *told, product.modified_release, product.bnf, product.atc, product.vtm, rows],
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
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "little")


class DmdSection(Mapping[str, Product]):
    """The dm+d of an open pack, its products by id. Immutable; safe to share between threads.

    Raises PackError where the pack holds none.
    """

    def __init__(self, pack: Pack) -> None:
        self.digest = pack.digest
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

    def __getitem__(self, code: str) -> Product:
        found = self.product(code)
        if found is None:
            raise KeyError(code)
        return found

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
        flags = self._flags[at]
        return Product(
            code,
            _LEVELS[flags & 7],
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
            derived=frozenset(what for what, flag in _DERIVED.items() if flags & flag),
            partly=bool(flags & _PARTLY),
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
