"""The pack: one immutable file of named sections, memory-mapped, with nothing decoded when it is opened.

    header (64 bytes)   magic, format version, manifest's place and digest, size of the whole file; little-endian
    sections            each aligned to 64 bytes; arrays of unsigned little-endian integers, or plain bytes
    manifest (JSON)     what the sections are (name, type, place, digest) and what the release is (edition, sources ...)

Opening reads the header and the manifest, and refuses one that no build wrote (`manifest`). The sections' digests are read only
by `verify`: they cost a pass over the file.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeAlias

from codesafety.errors import CodesafetyError
from codesafety.paths import refuse_endless
from codesafety.terminology.errors import PackError
from codesafety.terminology.pack.manifest import (
    ALIGNMENT,
    FORMAT,
    WIDTH,
    as_text,
    content_digest,
    expected_sections,
    read_manifest,
)

MAGIC = b"CSPACK\r\n"
_HEADER = struct.Struct("<8sIIQQQ16s8x")  # magic, format, flags, size, manifest offset, manifest length, manifest digest

Section: TypeAlias = "memoryview | bytes | bytearray | array[int]"


def _digest(*parts: bytes | memoryview) -> bytes:
    state = blake2b(digest_size=16)
    for part in parts:
        state.update(part)
    return state.digest()


def _refuse_big_endian() -> None:
    if sys.byteorder != "little":
        raise PackError("packs are little-endian and this machine is big-endian: build and read them elsewhere")


def _lock(descriptor: int) -> bool:
    """Mark a file as being written, until it is closed or its process ends; return whether nobody else had."""
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows, which by itself refuses to remove a file that is open
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_leftovers(path: Path) -> None:
    """Remove what builds of this pack left that were killed; what a running build is writing stays."""
    try:
        near = [p for p in path.parent.iterdir() if p.name.startswith(f".{path.name}.") and p.suffix == ".partial"]
    except OSError:
        return  # there is no such folder, which the attempt to write says better
    for left in near:
        try:
            with left.open("rb") as file:
                stale = _lock(file.fileno())
            if stale:
                left.unlink()
        except OSError:  # gone already, or not ours to remove: it is in nobody's way
            continue


def require_place(path: Path, sources: Iterable[Path]) -> None:
    """Refuse a pack's path before anything is read: over a source or inside one, over what is no pack, in no folder."""
    if not path.absolute().parent.is_dir():
        raise PackError(f"{path}: cannot be written: there is no such folder")
    if path.is_dir():
        raise PackError(f"{path}: is a folder, and a pack is a file: name one, such as uk.pack")
    place = path.resolve()
    for source in filter(Path.exists, sources):
        if path.exists() and path.samefile(source):
            raise PackError(f"{path}: is one of the sources: name another file")
        if source.resolve() in place.parents:
            raise PackError(f"{path}: lies in a folder that is read: name a file outside {source}")
    if path.exists() and not _is_pack(path):
        raise PackError(f"{path}: is there and is no pack: name another file, or remove it")


def _is_pack(path: Path) -> bool:
    try:
        if not path.is_file():  # a device or a pipe: to open it may wait for ever
            return False
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise PackError(f"{path}: cannot be written: {(error.strerror or 'unknown reason').lower()}") from None


@contextmanager
def blaming(*paths: Path) -> Iterator[None]:
    """Raise PackError, which names the section, where something fails inside and a pack that was asked is damaged.

    Opening a pack reads no digests: what stands in a damaged section may fail anywhere, as anything.
    """
    try:
        yield
    except CodesafetyError:
        raise
    except Exception:
        for path in paths:
            Pack(path).verify()
        raise


class PackWriter:
    """Write a pack beside its destination and move it there whole when it is finished.

    Use it as a context manager: leaving it without `finish` removes what was written. A process that is killed leaves a
    file with another name, never a half pack under the name asked for.
    """

    def __init__(self, path: Path) -> None:
        _refuse_big_endian()
        self._path = path
        import tempfile  # only here: to open a pack must not cost its import

        _remove_leftovers(path)
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
        except OSError as error:
            raise PackError(f"{path}: cannot be written: {(error.strerror or 'unknown reason').lower()}") from None
        self._partial = Path(name)
        self._file: BinaryIO = os.fdopen(descriptor, "wb")
        _lock(descriptor)
        self._file.write(bytes(_HEADER.size))
        self._at = _HEADER.size
        self._sections: list[dict[str, object]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._file.closed:
            self._file.close()
        self._partial.unlink(missing_ok=True)

    def _align(self) -> None:
        gap = -self._at % ALIGNMENT
        self._file.write(bytes(gap))
        self._at += gap

    def add_section(self, name: str, data: Section) -> None:
        """Append a section. An `array` keeps its item type (B, H, I or Q); anything else is bytes.

        Raises ValueError where the name is taken or the item type is none of these.
        """
        typecode = data.typecode if isinstance(data, array) else "B"
        self.add_chunks(name, (memoryview(data).cast("B") if len(data) else b"",), typecode)

    def add_chunks(self, name: str, chunks: Iterable[bytes | memoryview], typecode: str = "B") -> None:
        """Append a section that arrives in pieces: the pieces are little-endian items of `typecode`."""
        if any(section["name"] == name for section in self._sections):
            raise ValueError(f"the pack has a section `{name}` already")
        if typecode not in WIDTH or array(typecode).itemsize != WIDTH[typecode]:
            raise ValueError(f"section `{name}` has items of a type that packs do not hold: {typecode}")
        self._align()
        start, state = self._at, blake2b(digest_size=16)
        for chunk in chunks:
            self._file.write(chunk)
            state.update(chunk)
            self._at += len(chunk)
        self._sections.append(
            {"name": name, "type": typecode, "at": start, "bytes": self._at - start, "digest": state.hexdigest()}
        )

    def finish(self, manifest: Mapping[str, object]) -> str:
        """Write manifest and header, and put the file where it belongs. Returns the pack's content digest.

        The same sections and manifest give the same bytes: a manifest should hold no clock and no path of this machine.
        """
        digest = content_digest(self._sections, manifest)
        text = as_text({**manifest, "format": FORMAT, "digest": digest, "sections": self._sections})
        self._align()
        self._file.write(text)
        size = self._at + len(text)
        self._file.seek(0)
        self._file.write(_HEADER.pack(MAGIC, FORMAT, 0, size, self._at, len(text), _digest(text)))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._partial.chmod(0o644)
        self._partial.replace(self._path)
        return digest


class Pack:
    """An open pack. `manifest` says what it is; `section` gives a view into the file. Safe to share between threads.

    Raises PackError where the file is missing, truncated, not a pack, or of another format version.
    """

    def __init__(self, path: Path | str) -> None:
        _refuse_big_endian()
        self.path = Path(path)
        try:
            refuse_endless(self.path)
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size < _HEADER.size:
                    raise PackError(f"{self.path}: not a pack: {size} bytes are too few")
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise PackError(f"{self.path}: cannot be read: {(error.strerror or 'unknown reason').lower()}") from None
        self._view = memoryview(self._map)
        magic, version, flags, told, at, length, digest = _HEADER.unpack_from(self._view, 0)
        if magic != MAGIC:
            raise PackError(f"{self.path}: not a pack: build one with `codesafety terminology build`")
        if version != FORMAT or flags:
            raise PackError(f"{self.path}: pack format {version}, this version reads format {FORMAT}: build it again")
        if told != size:
            raise PackError(f"{self.path}: truncated or overlong: {size} bytes, should be {told}: build it again")
        text = bytes(self._view[at : at + length])
        if at + length != size or _digest(text) != digest:
            raise PackError(f"{self.path}: the manifest is damaged: build it again")
        try:
            self.manifest: dict[str, Any] = read_manifest(text, at)
        except ValueError as error:
            raise PackError(f"{self.path}: the manifest is wrong: {error}: build it again") from None
        self._sections = {section["name"]: section for section in self.manifest["sections"]}

    @property
    def digest(self) -> str:
        """The digest of all content, in hexadecimal; the same sources and options give the same digest."""
        return str(self.manifest["digest"])

    def has(self, name: str) -> bool:
        return name in self._sections

    def names(self) -> tuple[str, ...]:
        return tuple(self._sections)

    def section(self, name: str) -> memoryview:
        """Return a read-only view of a section, with its item type. Raises PackError where the pack does not hold it."""
        entry = self._sections.get(name)
        if entry is None:
            raise PackError(f"{self.path}: this pack holds no section `{name}`")
        view = self._view[entry["at"] : entry["at"] + entry["bytes"]]
        return view if entry["type"] == "B" else view.cast(entry["type"])

    def inflate(self, packed: memoryview) -> bytes:
        """Return what a compressed piece of a section holds. Raises PackError where it is damaged."""
        try:
            return zlib.decompress(packed)
        except zlib.error:
            raise PackError(f"{self.path}: damaged: build it again") from None

    def verify(self) -> None:
        """Read every section, compare digests, and follow what points from one into another.

        Raises PackError naming the first section that is damaged.
        """
        end = _HEADER.size
        for name, entry in self._sections.items():
            if any(self._view[end : entry["at"]]):
                raise PackError(f"{self.path}: damaged before section `{name}`: build it again")
            end = entry["at"] + entry["bytes"]
            if _digest(self._view[entry["at"] : end]).hex() != entry["digest"]:
                raise PackError(f"{self.path}: section `{name}` is damaged: build it again")
        if any(self._view[end : _HEADER.unpack_from(self._view, 0)[4]]) or any(self._view[56:64]):
            raise PackError(f"{self.path}: damaged between sections: build it again")
        for known in expected_sections(self.manifest):
            if known.into:
                places, target = self.section(known.name), self.section(known.into)
                if places[0] or places[-1] != len(target) or any(left > right for left, right in pairwise(places)):
                    raise PackError(f"{self.path}: section `{known.name}` does not fit `{known.into}`: build it again")
