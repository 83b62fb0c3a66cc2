"""Places as editors count them, and spans: lines from 0, columns in the units that both sides agreed on."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from codesafety.diagnostics import Span
from codesafety.language.drafts import Drafts, Piece

_BYTES: Final = {types.PositionEncodingKind.Utf8: ("utf-8", 1), types.PositionEncodingKind.Utf16: ("utf-16-le", 2)}


def path_of(uri: str) -> Path:
    """Return the path of a document; of one that is no file (an untitled one), a path that no file has."""
    parts = urlsplit(uri)
    return Path(unquote(parts.path)) if parts.scheme == "file" else Path(f"/{parts.scheme}:", unquote(parts.path).lstrip("/"))


def uri_of(path: Path) -> str:
    """Return the address of a document, the inverse of `path_of`."""
    first = path.parts[1] if len(path.parts) > 1 else ""
    return f"{first}{'/'.join(path.parts[2:])}" if first.endswith(":") else path.as_uri()


class Places:
    """Turns spans into ranges, and positions into pieces with an offset."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts
        self.encoding: types.PositionEncodingKind | str = types.PositionEncodingKind.Utf16

    def units(self, text: str) -> int:
        """Return how many units of a column a text takes."""
        name, size = _BYTES.get(self.encoding, ("utf-32-le", 4))  # type: ignore[arg-type]  # an encoding that is another
        return len(text) if text.isascii() else len(text.encode(name, "surrogatepass")) // size

    def position(self, text: str, offset: int, line: int = 0) -> types.Position:
        """Return the position of an offset in a text whose first line is `line`."""
        start = text.rfind("\n", 0, offset) + 1
        return types.Position(line + text.count("\n", 0, offset), self.units(text[start:offset]))

    def path(self, span: Span) -> Path:
        """Return the file that a span is in."""
        piece = self._drafts.piece(span.file)
        return Path(span.file) if piece is None else piece.path

    def range(self, span: Span) -> tuple[Path, types.Range]:
        """Return the file and the range of a span, in a piece or in a file that rules name."""
        piece = self._drafts.piece(span.file)
        if piece is not None:
            return piece.path, self.within(piece, span.start, span.end)
        text = self._drafts.sources().get(span.file, "")
        return Path(span.file), types.Range(self.position(text, span.start), self.position(text, span.end))

    def within(self, piece: Piece, start: int, end: int) -> types.Range:
        """Return the range of a stretch of a piece."""
        return types.Range(self.position(piece.text, start, piece.line), self.position(piece.text, end, piece.line))

    def offset(self, text: str, line: int, column: int) -> int:
        """Return the offset of a line (from 0) and a column in a text; the end of the line where it is shorter."""
        at = 0
        for _ in range(line):
            at = text.find("\n", at) + 1
            if not at:
                return len(text)
        end = text.find("\n", at)
        whole = text[at : len(text) if end < 0 else end]
        if whole.isascii():
            return at + min(column, len(whole))
        taken = 0
        for index, letter in enumerate(whole):
            if taken >= column:
                return at + index
            taken += self.units(letter)
        return at + len(whole)

    def at(self, uri: str, position: types.Position) -> tuple[Piece, int] | None:
        """Return the piece in which a position stands, and the offset in it; None in a document that is not held."""
        piece = self._drafts.piece_at(path_of(uri), position.line)
        return None if piece is None else (piece, self.offset(piece.text, position.line - piece.line, position.character))

    def whole(self, path: Path) -> types.Range:
        text = self._drafts.text(path) or ""
        return types.Range(types.Position(0, 0), self.position(text, len(text)))
