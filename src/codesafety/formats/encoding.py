"""Bytes to text: which encoding a source is really in, and whether it is XML, JSON or something else."""

from __future__ import annotations

import codecs
import re
from typing import Literal

from codesafety.errors import InputError
from codesafety.plugins.reading import MAX_BYTES, Source

_DECLARATION = r"^\s*<\?xml[^>]*?\bencoding\s*=\s*[\"']([^\"'>]+)[\"']"
_DECLARED = re.compile(_DECLARATION.encode())
_DECLARED_IN_TEXT = re.compile(_DECLARATION)
_READ = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-8",
    "utf-16le": "utf-8",
    "utf-16be": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
}
"""What XML may declare, and how bytes without a mark are then read. What is really UTF-16 shows it; bytes that declare it and do
not were re-encoded, and kept their first line."""
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_OTHER_FORMATS = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"II*\x00", "an image"),
    (b"PAR1", "a parquet table"),
    (b"SQLite format 3", "a database"),
    (b"MSH|", "an HL7 v2 message"),
    (b"UNB+", "an EDIFACT message"),
    (b"UNA:", "an EDIFACT message"),
)
_EXPORT = "give the FHIR message itself, as XML or JSON"


def encoding_of(data: bytes) -> tuple[str, int]:
    """Return the encoding that the first bytes prove, and the length of the byte-order mark.

    A declaration counts only where the bytes allow it: a declared UTF-16 that starts with one-byte characters is a file that
    was re-encoded and kept its first line, and is UTF-8 if it decodes as that.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, len(mark)
    match data[:4]:
        case b"<\x00?\x00" | b"{\x00\r\x00" | b"{\x00\n\x00" | b'{\x00"\x00' | b"{\x00 \x00":
            return "utf-16-le", 0
        case b"\x00<\x00?" | b"\x00{\x00\r" | b"\x00{\x00\n" | b'\x00{\x00"' | b"\x00{\x00 ":
            return "utf-16-be", 0
        case start if len(start) == 4 and start[1:2] == b"\0" and start[3:4] == b"\0" and start[0] and start[2]:
            return "utf-16-le", 0
        case _:
            pass
    declared = _DECLARED.match(data[:1024])
    if declared is None:
        return "utf-8", 0
    return _READ.get(declared[1].decode("latin-1").lower(), "latin-1"), 0


def kind_of(source: Source) -> Literal["xml", "json", "other"]:
    """Return what the first character says. It never raises."""
    encoding, mark = encoding_of(source.data[:4096])
    start = source.data[mark:4096].decode(encoding, errors="ignore").lstrip()
    if start.startswith("<"):
        return "xml"
    if start.startswith("{"):
        return "json"
    return "other"


def mentions(source: Source, *words: str) -> bool:
    """Return whether one of the words stands anywhere in the source. It never raises."""
    encoding, _ = encoding_of(source.data[:4096])
    encoding = encoding if encoding.startswith("utf-16") else "ascii"
    return any(word.encode(encoding) in source.data for word in words)


def place_in(text: str, at: int) -> str:
    """Return where a character stands, as people count: `line 1, column 1` is the first."""
    return f"line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"


def decode(source: Source) -> str:
    """Return the source as text, or raise InputError with the remedy."""
    data = source.data
    if len(data) > MAX_BYTES:
        raise InputError(
            f"is larger than {MAX_BYTES // (1024 * 1024)} MiB",
            source=source.name,
            help="send one message or one patient's record at a time",
        )
    if not data.strip():
        raise InputError("is empty", source=source.name, help="check the export that wrote it")
    for start, what in _OTHER_FORMATS:
        if data.startswith(start):
            raise InputError(f"is {what}, which cannot be read", source=source.name, help=_EXPORT)
    encoding, mark = encoding_of(data)
    try:
        text = data[mark:].decode(encoding)
    except UnicodeDecodeError as error:
        where = error.start + mark
        reason = f"is not {encoding.upper()} text, as it should be: byte {where} does not fit"
        if b"\0" in data[:4096]:
            reason = "holds binary data and no text"
        raise InputError(reason, source=source.name, help=f"save it as UTF-8, or {_EXPORT}") from None
    declared = _DECLARED_IN_TEXT.match(text)
    if declared is not None and declared[1].lower() not in _READ:
        raise InputError(f"declares {_named(declared[1])}, which is not read", source=source.name, help="save it as UTF-8")
    return text


def _named(encoding: str) -> str:
    """Return the name of an encoding as Python knows it; one that it does not know may be anything that was sent."""
    try:
        return f"the encoding {codecs.lookup(encoding).name}"
    except (LookupError, ValueError):
        return "an encoding that is not known"
