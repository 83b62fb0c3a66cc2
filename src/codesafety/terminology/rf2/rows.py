"""Rows of RF2 release files: lines of tab-separated bytes, each checked against its file's header.

Source: SNOMED International, Release File Specification 3 to 5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import BinaryIO

from codesafety.terminology.archive import READ_ERRORS
from codesafety.terminology.errors import ReleaseError

Row = list[bytes]
Lines = tuple[int, list[bytes]]  # number of the first line, counted from 1, and consecutive lines

BLOCK = 1 << 20
LONGEST_LINE = 1 << 20  # the longest published rows (MRCM domains) have 20,000 bytes
COMMON = ("id", "effectiveTime", "active", "moduleId")
MEMBER = (*COMMON, "refsetId", "referencedComponentId")
_PATTERN = re.compile(r"^x?(?:sct2|der2)_([cis]*)Refset_", re.IGNORECASE)


class Content(StrEnum):
    """What a release file holds, by its header."""

    CONCEPT = "concept"
    DESCRIPTION = "description"
    RELATIONSHIP = "relationship"
    CONCRETE = "concrete value"
    IDENTIFIER = "identifier"
    LANGUAGE = "language refset"
    REFSET = "refset"
    OWL = "OWL expression refset"


class Summary(StrEnum):
    SNAPSHOT = "Snapshot"
    FULL = "Full"
    DELTA = "Delta"


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """One recognised file. `name` is the source's name and the path inside it; `package` counts the sources from 0."""

    name: str
    package: int
    content: Content
    summary: Summary | None  # None where neither name nor folder says: read as a snapshot
    header: tuple[str, ...]
    size: int  # bytes, unpacked
    open: Callable[[], BinaryIO]

    @property
    def member_fields(self) -> tuple[tuple[str, str], ...]:
        """The columns after referencedComponentId with their kinds: by the file's name, else by the column's."""
        names = self.header[len(MEMBER) :]
        told = _PATTERN.match(PurePosixPath(self.name).name)
        if told and len(told[1]) == len(names):
            kinds = {"c": "component", "i": "integer", "s": "string"}
            return tuple((name, kinds[letter]) for name, letter in zip(names, told[1].lower(), strict=True))
        return tuple((name, "component" if name.endswith("Id") else "string") for name in names)


def read_lines(file: ReleaseFile, progress: Callable[[int], None] | None = None) -> Iterator[Lines]:
    """Yield the rows of a file without its header, blank lines and comments, as lists of consecutive lines.

    `progress` is told the bytes read so far. Raises ReleaseError for what cannot be read and for a line without end.
    """
    header_seen = False
    for first, lines in raw_lines(file.name, file.open, progress):
        if not header_seen:
            header_seen = True
            if len(lines) > 1:
                yield first + 1, lines[1:]
        else:
            yield first, lines


def raw_lines(
    name: str,
    opener: Callable[[], BinaryIO],
    progress: Callable[[int], None] | None = None,
    *,
    text_only: bool = True,
    at_once: int = BLOCK,
) -> Iterator[Lines]:
    """Yield every line of a file, its header too. `text_only`: refuse what is not UTF-8; `at_once`: bytes a read."""
    tail, first, done = b"", 1, 0
    try:
        with opener() as stream:
            block = stream.read(at_once)
            if block.startswith(b"\xef\xbb\xbf"):
                block = block[3:]
            while block:
                done += len(block)
                block = tail + block
                if b"\r" in block:
                    block = block.replace(b"\r\n", b"\n")  # one that is cut in two is whole in the next round
                lines = block.split(b"\n")
                tail = lines.pop()
                if len(tail) > LONGEST_LINE:
                    raise ReleaseError(name, first + len(lines), f"a line of more than {LONGEST_LINE >> 20} MiB: refused")
                if lines:
                    if text_only and not block.isascii():
                        _require_utf8(name, first, lines)
                    dirty = b"\n\n" in block or b"\n#" in block or block[:1] in (b"\n", b"#")
                    yield from _proper(first, lines) if dirty else ((first, lines),)
                first += len(lines)
                if progress is not None:
                    progress(done)
                block = stream.read(at_once)
        if tail:
            if text_only:
                _require_utf8(name, first, [tail])
            yield from _proper(first, [tail.removesuffix(b"\r")])
    except READ_ERRORS as error:
        raise ReleaseError(
            name, None, f"cannot be read: {str(error).lower()}", help="download the release again and compare its checksum"
        ) from None


def _require_utf8(name: str, first: int, lines: list[bytes]) -> None:
    try:
        b"\n".join(lines).decode()
    except UnicodeDecodeError as error:
        line = first + b"\n".join(lines)[: error.start].count(b"\n")
        raise ReleaseError(name, line, "not UTF-8", help="download the release again; the file is damaged") from None


def _proper(first: int, lines: list[bytes]) -> Iterator[Lines]:
    """Yield the stretches between blank lines and comments."""
    start = 0
    for at, line in enumerate(lines):
        if not line or line.startswith(b"#"):
            if at > start:
                yield first + start, lines[start:at]
            start = at + 1
    if start < len(lines):
        yield first + start, lines[start:]


_TIME = re.compile(rb"^(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$")
_NUMBER = re.compile(rb"^[1-9][0-9]{5,17}$")


def effective_time(text: bytes) -> int:
    """Return an effectiveTime as the number YYYYMMDD. Raises ValueError for anything that is no date of a release."""
    if not _TIME.match(text):
        raise ValueError("effectiveTime is no date")
    return int(text)


def what_is_wrong(file: ReleaseFile, line: bytes, more: Callable[[Row], str | None]) -> str | None:
    """Return why a line cannot be a row of its file, or None. `more` judges a row whose columns are all well formed."""
    row = line.split(b"\t")
    if len(row) != len(file.header):
        return f"{len(row)} columns, should be {len(file.header)}"
    for name, value in zip(file.header, row, strict=True):
        if name == "effectiveTime" and not _TIME.match(value):
            return f"effectiveTime is `{_shown(value)}`, not a date YYYYMMDD"
        if name == "active" and value not in (b"0", b"1"):
            return f"active is `{_shown(value)}`, not 0 or 1"
        if name == "id" and file.header[4:5] == ("refsetId",):
            continue  # a UUID by the specification, and only compared
        if name in _IDS and not _NUMBER.match(value):
            return f"{name} is `{_shown(value)}`, not a SNOMED CT identifier"
        if name == "relationshipGroup" and not (value.isdigit() and int(value) <= 0xFFFF):
            return f"relationshipGroup is `{_shown(value)}`, not a small number"
    return more(row)


_IDS = frozenset(
    {
        "id",
        "moduleId",
        "definitionStatusId",
        "conceptId",
        "typeId",
        "caseSignificanceId",
        "sourceId",
        "destinationId",
        "characteristicTypeId",
        "modifierId",
        "refsetId",
        "referencedComponentId",
        "identifierSchemeId",
        "acceptabilityId",
    }
)


def _shown(value: bytes) -> str:
    return value[:40].decode("utf-8", "replace")


def refusal(file: ReleaseFile, lines: Lines, more: Callable[[Row], str | None]) -> ReleaseError | None:
    """Return the error for the first bad line, or None where every line is a row."""
    first, texts = lines
    for number, line in enumerate(texts, first):
        reason = what_is_wrong(file, line, more)
        if reason is not None:
            return ReleaseError(
                file.name,
                number,
                reason,
                help="the release is damaged or incomplete: download it again, or name the packages it depends on as well",
            )
    return None
