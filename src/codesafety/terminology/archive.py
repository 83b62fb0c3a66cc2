"""The files inside folders and zips, zips inside zips too, opened without unpacking anything to disk.

A path inside a zip is only ever a name. Refused, with the file and the reason: paths that lead out of the archive, links that
lead out of the folder, encrypted or twice-named entries, zip bombs (by ratio, by sum, by nesting), archives that are damaged.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from codesafety.terminology.errors import ReleaseError

READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)
"""What reading an opened member of a damaged archive can raise."""

_LARGEST_RATIO = 200  # release text deflates 5 to 30 times, a bomb 1,000 times
_RATIO_FROM = 64 << 20  # below this size any ratio is harmless
_LARGEST_TOTAL = 64 << 30
_LARGEST_INNER = 1 << 30  # a zip inside a zip is held in memory
_DEEPEST = 3  # TRUD nests once


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
    if not source.is_dir():
        yield from _file(source, source.name)
        return
    for path in sorted(source.rglob("*")):
        if path.is_symlink() and not path.resolve().is_relative_to(source.resolve()):
            raise ReleaseError(str(path), None, "a link that leads out of the release folder")
        if path.is_file():
            yield from _file(path, f"{source.name}/{path.relative_to(source).as_posix()}")


def _file(path: Path, shown: str) -> Iterator[Member]:
    if path.suffix.lower() == ".zip" or zipfile.is_zipfile(path):
        yield from _inside(shown, lambda: zipfile.ZipFile(path), 1)
    else:
        yield Member(shown, path.stat().st_size, lambda: path.open("rb"))


def _inside(shown: str, opener: Callable[[], zipfile.ZipFile], depth: int) -> Iterator[Member]:
    if depth > _DEEPEST:
        raise ReleaseError(shown, None, f"zips inside zips, more than {_DEEPEST} deep: refused")
    try:
        archive = opener()
    except (*READ_ERRORS, ValueError) as error:
        raise ReleaseError(
            shown, None, f"not a readable zip: {str(error).lower()}", help="download it again and compare its checksum"
        ) from None
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if sum(entry.file_size for entry in entries) > _LARGEST_TOTAL:
        raise ReleaseError(shown, None, f"unpacks to more than {_LARGEST_TOTAL >> 30} GiB: refused")
    if len({entry.filename for entry in entries}) < len(entries):
        raise ReleaseError(shown, None, "holds two files of one name: refused")
    for entry in sorted(entries, key=lambda e: e.filename):
        inside = f"{shown}/{entry.filename}"
        _refuse_hostile(inside, entry)
        member = Member(inside, entry.file_size, _opener(archive, entry))
        if entry.filename.lower().endswith(".zip"):
            yield from _inside(inside, _inner(member), depth + 1)
        else:
            yield member


def _refuse_hostile(inside: str, entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"^[A-Za-z]:", entry.filename):
        raise ReleaseError(inside, None, "a path that leads out of the archive: refused")
    if entry.flag_bits & 1:
        raise ReleaseError(inside, None, "is encrypted")
    ratio = entry.file_size // max(entry.compress_size, 1)
    if entry.file_size > _RATIO_FROM and ratio > _LARGEST_RATIO:
        raise ReleaseError(inside, None, f"unpacks to {ratio} times its size: refused as a zip bomb")


def _opener(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    return lambda: io.BufferedReader(archive.open(entry), 1 << 20)  # type: ignore[type-var]


def _inner(member: Member) -> Callable[[], zipfile.ZipFile]:
    def opened() -> zipfile.ZipFile:
        if member.size > _LARGEST_INNER:
            raise ReleaseError(member.name, None, f"a zip of more than {_LARGEST_INNER >> 30} GiB inside a zip: refused")
        with member.open() as stream:
            return zipfile.ZipFile(io.BytesIO(stream.read(_LARGEST_INNER + 1)))

    return opened
