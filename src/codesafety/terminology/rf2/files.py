"""RF2 release files: found in folders and zips, recognised by their headers, chosen among Snapshot, Full and Delta.

Nothing is unpacked to disk, so a path inside a zip is only ever a name. Names say Snapshot, Full or Delta; what a file holds
is told by its header. Source: SNOMED International, Release File Specification 3 to 5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from codesafety.terminology.archive import Member, members
from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.rf2.rows import BLOCK, COMMON, MEMBER, Content, ReleaseFile, Summary, raw_lines

_LOOK = 1 << 16  # enough to see the header: a release has hundreds of files
_STUB = 32
_NAME = re.compile(r"^x?(?:sct2|der2)_", re.IGNORECASE)
_SUMMARIES = {summary.value.lower(): summary for summary in Summary}
_SUMMARY = re.compile(rf"({'|'.join(_SUMMARIES)})(?:-[a-z-]+)?[_.]")  # at the end of its part of a name, or before the language

_TAIL = ("relationshipGroup", "typeId", "characteristicTypeId", "modifierId")
_HEADERS = {
    (*COMMON, "definitionStatusId"): Content.CONCEPT,
    (*COMMON, "conceptId", "languageCode", "typeId", "term", "caseSignificanceId"): Content.DESCRIPTION,
    (*COMMON, "sourceId", "destinationId", *_TAIL): Content.RELATIONSHIP,
    (*COMMON, "sourceId", "value", *_TAIL): Content.CONCRETE,
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
    (*MEMBER, "acceptabilityId"): Content.LANGUAGE,
    (*MEMBER, "owlExpression"): Content.OWL,
}


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
    for _, lines in raw_lines(member.name, member.open, text_only=False, at_once=_LOOK):
        header = tuple(part.strip() for part in lines[0].decode("utf-8", "replace").split("\t"))
        content = _HEADERS.get(header)
        if content is None and header[: len(MEMBER)] == MEMBER:
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
    """Return what the file's own name says, else the nearest folder's, in any letter case."""
    *folders, file = PurePosixPath(name.lower()).parts
    found = _SUMMARY.search(file)
    if found:
        return _SUMMARIES[found[1]]
    return next((_SUMMARIES[part] for part in reversed(folders) if part in _SUMMARIES), None)


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
            while block := stream.read(BLOCK):
                state.update(block)
        return state.hexdigest()
    for name, opener in sorted(parts, key=lambda part: part[0]):
        state.update(name.encode() + b"\0")
        with opener() as stream:
            while block := stream.read(BLOCK):
                state.update(block)
    return state.hexdigest()
