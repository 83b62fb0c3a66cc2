"""The files inside folders and zips, zips inside zips too, opened without unpacking anything to disk.

A path inside a zip is only ever a name. Refused, with the file and the reason: paths that lead out of the archive, links that
lead out of the folder, encrypted or twice-named entries, zip bombs (by ratio, by sum, by nesting), archives that are damaged.
A name in a foreign encoding is shown as well as it can be, and refuses nothing: what matters in a release has plain names.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeAlias

from codesafety.paths import endless
from codesafety.terminology.errors import ReleaseError

READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)
"""What reading an opened member of a damaged archive can raise."""

_LARGEST_RATIO = 200  # release text deflates 5 to 30 times, a bomb 1,000 times
_RATIO_FROM = 64 << 20  # below this size any ratio is harmless
_LARGEST_TOTAL = 64 << 30
_LARGEST_INNER = 1 << 30  # zips inside a zip are held in memory
_MOST_FILES = 10_000  # a whole release has some hundred
_DEEPEST = 3  # TRUD nests once
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what releases use; what others raise when damaged is not all known
_ENTRY, _ENTRY_SIGNATURE = (
    struct.Struct("<9xB18xHHH12x"),
    b"PK\x01\x02",
)  # in the directory: flags; lengths of name, extra, comment
_NAME_IS_UTF8 = 0x08  # of the second byte of flags

_Raw: TypeAlias = "_File | io.BytesIO"


@dataclass(frozen=True, slots=True)
class Member:
    """One file. `name`: the source's name and the path inside it. `size`: bytes, unpacked."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


def members(source: Path) -> Iterator[Member]:
    """Yield the files of a folder, a zip, or a single file, in the order of their names. Raises ReleaseError."""
    if not source.exists():
        raise ReleaseError(str(source), None, "there is no such file or folder")
    if (kind := endless(source)) is not None:
        raise ReleaseError(str(source), None, f"this is {kind}, and no file")
    if not source.is_dir():
        yield from _file(source, source.name)
        return
    for path in sorted(source.rglob("*")):
        if path.is_symlink() and not path.resolve().is_relative_to(source.resolve()):
            raise ReleaseError(str(path), None, "a link that leads out of the release folder")
        if path.is_file():
            yield from _file(path, f"{source.name}/{path.relative_to(source).as_posix()}")


def shown(name: str) -> str:
    """Return a file's name as text that can be written: bytes of it that are no UTF-8 become question marks."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _file(path: Path, name: str) -> Iterator[Member]:
    file = Member(shown(name), path.stat().st_size, lambda: path.open("rb"))
    if path.suffix.lower() == ".zip" or zipfile.is_zipfile(path):
        yield from _inside(file, lambda: _File(path), 1)
    else:
        yield file


class _File(io.FileIO):
    """A file that is closed when nobody holds it: members can be opened until then, and an archive closes none it was given."""

    def __del__(self) -> None:
        self.close()


class _Source(io.BufferedReader):
    """A zip's bytes, in which a name that is said to be UTF-8 and is not loses that flag, in its directory and its own header.

    Without the flag a name is read as code page 437, which has a character for every byte.
    """

    def __init__(self, raw: _Raw) -> None:
        super().__init__(raw)
        self.foreign: list[int] | None = None  # numbers of entries, once the directory is read
        self.headers: frozenset[int] = frozenset()  # where their own headers are

    def read(self, size: int | None = -1, /) -> bytes:
        place = self.tell()
        found = super().read(size)
        if self.foreign is None and found.startswith(_ENTRY_SIGNATURE):
            found, self.foreign = _unflagged(found)
        elif place in self.headers:
            found = found[:7] + bytes(flags & ~_NAME_IS_UTF8 for flags in found[7:8]) + found[8:]
        return found

    def __del__(self) -> None:
        self.close()


def _unflagged(directory: bytes) -> tuple[bytes, list[int]]:
    """Return a zip's directory with such flags taken away, and the numbers of those entries."""
    changed, found = bytearray(directory), []
    at = number = 0
    while at + _ENTRY.size <= len(directory):
        flags, name, extra, comment = _ENTRY.unpack_from(directory, at)
        end = at + _ENTRY.size + name
        if flags & _NAME_IS_UTF8:
            try:
                directory[at + _ENTRY.size : end].decode()
            except UnicodeDecodeError:
                changed[at + 9] = flags & ~_NAME_IS_UTF8
                found.append(number)
        at, number = end + extra + comment, number + 1
    return bytes(changed), found


def _opened(raw: _Raw) -> zipfile.ZipFile:
    source = _Source(raw)
    archive = zipfile.ZipFile(source)
    entries = archive.infolist()
    source.headers = frozenset(entries[number].header_offset for number in source.foreign or ())
    return archive


def _inside(file: Member, raw: Callable[[], _Raw], depth: int) -> Iterator[Member]:
    name = file.name
    if depth > _DEEPEST:
        raise ReleaseError(name, None, f"zips inside zips, more than {_DEEPEST} deep: refused")
    try:
        archive = _opened(raw())
    except (*READ_ERRORS, ValueError) as error:
        raise ReleaseError(
            name, None, f"not a readable zip: {str(error).lower()}", help="download it again and compare its checksum"
        ) from None
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > _MOST_FILES:
        raise ReleaseError(name, None, f"holds more than {_MOST_FILES:,} files: refused", help="give the zip as it was published")
    total = sum(entry.file_size for entry in entries)
    if total > _LARGEST_TOTAL:
        raise ReleaseError(name, None, f"unpacks to more than {_LARGEST_TOTAL >> 30} GiB: refused")
    _refuse_ratio(name, total, file.size)
    if sum(entry.file_size for entry in entries if _is_zip(entry)) > _LARGEST_INNER:
        raise ReleaseError(name, None, f"holds zips of more than {_LARGEST_INNER >> 30} GiB: refused")
    if len({entry.filename for entry in entries}) < len(entries):
        raise ReleaseError(name, None, "holds two files of one name: refused")
    for entry in sorted(entries, key=lambda e: e.filename):
        inside = f"{name}/{entry.filename}"
        _refuse_hostile(inside, entry)
        member = Member(inside, entry.file_size, _opener(inside, archive, entry))
        if _is_zip(entry):
            yield from _inside(member, _inner(member), depth + 1)
        else:
            yield member


def _is_zip(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.lower().endswith(".zip")


def _refuse_hostile(inside: str, entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"^[A-Za-z]:", entry.filename):
        raise ReleaseError(inside, None, "a path that leads out of the archive: refused")
    if entry.flag_bits & 1:
        raise ReleaseError(inside, None, "is encrypted")
    _refuse_ratio(inside, entry.file_size, entry.compress_size)


def _refuse_ratio(name: str, unpacked: int, packed: int) -> None:
    ratio = unpacked // max(packed, 1)
    if unpacked > _RATIO_FROM and ratio > _LARGEST_RATIO:
        raise ReleaseError(name, None, f"unpacks to {ratio} times its size: refused as a zip bomb")


def _opener(inside: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        if entry.compress_type not in _METHODS:
            raise ReleaseError(
                inside,
                None,
                f"is packed by compression method {entry.compress_type}, which releases do not use",
                help="unpack the zip and give the folder",
            )
        return io.BufferedReader(archive.open(entry), 1 << 20)  # type: ignore[type-var]

    return opened


def _inner(member: Member) -> Callable[[], _Raw]:
    def opened() -> _Raw:
        with member.open() as stream:
            return io.BytesIO(stream.read())

    return opened
