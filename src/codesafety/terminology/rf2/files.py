"""RF2 release files: found in folders and zips, recognised by their headers, read as lines of tab-separated bytes.

Nothing is unpacked to disk, so a path inside a zip is only ever a name. Names say Snapshot, Full or Delta; what a file holds
is told by its header. Source: SNOMED International, Release File Specification 3 to 5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from codesafety.terminology.archive import READ_ERRORS, Member, members
from codesafety.terminology.errors import ReleaseError

Row = list[bytes]
Lines = tuple[int, list[bytes]]  # number of the first line, counted from 1, and consecutive lines

_BLOCK = 1 << 20
_LOOK = 1 << 16  # enough to see the header: a release has hundreds of files
LONGEST_LINE = 1 << 20  # the longest published rows (MRCM domains) have 20,000 bytes
_STUB = 32
_NAME = re.compile(r"^x?(?:sct2|der2)_", re.IGNORECASE)
_SUMMARY = re.compile(r"(Full|Snapshot|Delta)")
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


_COMMON = ("id", "effectiveTime", "active", "moduleId")
_MEMBER = (*_COMMON, "refsetId", "referencedComponentId")
_TAIL = ("relationshipGroup", "typeId", "characteristicTypeId", "modifierId")
_HEADERS = {
    (*_COMMON, "definitionStatusId"): Content.CONCEPT,
    (*_COMMON, "conceptId", "languageCode", "typeId", "term", "caseSignificanceId"): Content.DESCRIPTION,
    (*_COMMON, "sourceId", "destinationId", *_TAIL): Content.RELATIONSHIP,
    (*_COMMON, "sourceId", "value", *_TAIL): Content.CONCRETE,
    (
        "alternateIdentifier",
        "effectiveTime",
        "active",
        "moduleId",
        "identifierSchemeId",
        "referencedComponentId",
    ): Content.IDENTIFIER,
    (
        "identifierSchemeId",
        "alternateIdentifier",
        "effectiveTime",
        "active",
        "moduleId",
        "referencedComponentId",
    ): Content.IDENTIFIER,
    (*_MEMBER, "acceptabilityId"): Content.LANGUAGE,
    (*_MEMBER, "owlExpression"): Content.OWL,
}


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
        names = self.header[len(_MEMBER) :]
        told = _PATTERN.match(PurePosixPath(self.name).name)
        if told and len(told[1]) == len(names):
            kinds = {"c": "component", "i": "integer", "s": "string"}
            return tuple((name, kinds[letter]) for name, letter in zip(names, told[1].lower(), strict=True))
        return tuple((name, "component" if name.endswith("Id") else "string") for name in names)


@dataclass(frozen=True, slots=True)
class Found:
    """What the sources hold: recognised files, and the names of the others (a readme, a stub, dm+d)."""

    files: tuple[ReleaseFile, ...]
    others: tuple[str, ...]


def discover(sources: Sequence[Path]) -> Found:
    """Look into folders, zips and single files. Raises ReleaseError for a source that cannot be read or must not be."""
    files: list[ReleaseFile] = []
    others: list[str] = []
    for package, source in enumerate(sources):
        for member in members(source):
            found = _recognise(member, package) if member.name.lower().endswith(".txt") else None
            if found is None:
                others.append(member.name)
            else:
                files.append(found)
    return Found(tuple(files), tuple(others))


def _recognise(member: Member, package: int) -> ReleaseFile | None:
    for _, lines in _raw_lines(member.name, member.open, text_only=False, at_once=_LOOK):
        header = tuple(part.strip() for part in lines[0].decode("utf-8", "replace").split("\t"))
        content = _HEADERS.get(header)
        if content is None and header[: len(_MEMBER)] == _MEMBER:
            content = Content.REFSET
        if content is not None:
            return ReleaseFile(member.name, package, content, _summary(member.name), header, member.size, member.open)
        break
    if _NAME.match(PurePosixPath(member.name).name) and member.size > _STUB:
        raise ReleaseError(
            member.name,
            1,
            "is named like a release file, and its first line is no header of RF2",
            help="download the release again; the file is damaged or of another format",
        )
    return None


def _summary(name: str) -> Summary | None:
    path = PurePosixPath(name)
    if _NAME.match(path.name):
        found = _SUMMARY.search(path.name)
        if found:
            return Summary(found[1])
    for part in reversed(path.parts[:-1]):
        if part in ("Snapshot", "Full", "Delta"):
            return Summary(part)
    return None


def choose(files: Sequence[ReleaseFile], at: str | None) -> tuple[ReleaseFile, ...]:
    """Return the files to read: of each package its Snapshot, or its Full where a date is asked for or there is no other.

    Raises ReleaseError where a package holds only a Delta, or has no Full and a date is asked for.
    """
    chosen: list[ReleaseFile] = []
    for package in sorted({file.package for file in files}):
        own = [file for file in files if file.package == package]
        full = [file for file in own if file.summary is Summary.FULL]
        snapshot = [file for file in own if file.summary in (Summary.SNAPSHOT, None)]
        if at is not None and not full:
            raise ReleaseError(
                own[0].name,
                None,
                "has no Full files, and only those tell the state at a date",
                help="name a release with Full files, or leave out --at",
            )
        if not full and not snapshot:
            raise ReleaseError(
                own[0].name,
                None,
                "holds only a Delta, which is no release on its own",
                help="name a release with Snapshot or Full files",
            )
        chosen += full if at is not None or not snapshot else snapshot
    return tuple(chosen)


Part = tuple[str, Callable[[], BinaryIO]]


def digest_of(source: Path, parts: Sequence[Part]) -> str:
    """Return the SHA-256 of a source: of the file itself, or over names and contents of those files read from a folder."""
    state = sha256()
    if source.is_file():
        with source.open("rb") as stream:
            while block := stream.read(_BLOCK):
                state.update(block)
        return state.hexdigest()
    for name, opener in sorted(parts, key=lambda part: part[0]):
        state.update(name.encode() + b"\0")
        with opener() as stream:
            while block := stream.read(_BLOCK):
                state.update(block)
    return state.hexdigest()


def read_lines(file: ReleaseFile, progress: Callable[[int], None] | None = None) -> Iterator[Lines]:
    """Yield the rows of a file without its header, blank lines and comments, as lists of consecutive lines.

    `progress` is told the bytes read so far. Raises ReleaseError for what cannot be read and for a line without end.
    """
    header_seen = False
    for first, lines in _raw_lines(file.name, file.open, progress):
        if not header_seen:
            header_seen = True
            if len(lines) > 1:
                yield first + 1, lines[1:]
        else:
            yield first, lines


def _raw_lines(
    name: str,
    opener: Callable[[], BinaryIO],
    progress: Callable[[int], None] | None = None,
    *,
    text_only: bool = True,
    at_once: int = _BLOCK,
) -> Iterator[Lines]:
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
_UUID = re.compile(rb"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")


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
            continue  # a UUID by the specification, and nothing depends on it
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
