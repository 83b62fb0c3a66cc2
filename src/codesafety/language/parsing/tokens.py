"""A token of rule text."""

from __future__ import annotations

from codesafety.diagnostics import Span


class Token:
    """One token. The parser generator asks for the attributes of its own tokens; the places it never uses are None."""

    __slots__ = ("end_pos", "file", "start_pos", "type", "value")
    line = column = end_line = end_column = None

    def __init__(self, type: str, value: str, file: str, start_pos: int, end_pos: int) -> None:
        self.type = type
        self.value = value
        self.file = file
        self.start_pos = start_pos
        self.end_pos = end_pos

    @property
    def span(self) -> Span:
        return Span(self.file, self.start_pos, self.end_pos)

    def __repr__(self) -> str:
        return f"Token({self.type}, {self.value!r})"
