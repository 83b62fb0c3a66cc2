"""A file that a merge left half done: where, and one of its two versions, so that all else in it can be read."""

from __future__ import annotations

import re
from typing import Final

from codesafety.diagnostics import Diagnostics, Span

_MARK: Final = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?=[ \r\n]|$)")
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_NO_LINE_END: Final = re.compile(r"[^\r\n]")
_TWO: Final = "a merge has left two versions here"
_MARKS: Final = "`<<<<<<<`, `=======` and `>>>>>>>`"


def without_conflicts(text: str, file: str, diagnostics: Diagnostics) -> str:
    """Return text of the same length with the first version of each conflict and blanks for the rest; each conflict is reported."""
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return text
    kept: list[str] = []
    at, begins, second = 0, None, False  # where the conflict that is open begins, and whether this is its second version

    def told(what: str, where: Span) -> None:
        diagnostics.error("CS113", what, where, "keep what is meant of the two, and delete the lines that begin " + _MARKS)

    for number, line in enumerate(_LINE.findall(text), start=1):
        mark = found[1][0] if (found := _MARK.match(line)) is not None else ""
        if mark == "<":
            if begins is not None:
                told(_TWO, begins)
            begins, second = Span(file, at, at + 7), False
        elif mark == ">":
            if begins is not None:
                told(f"{_TWO}, up to line {number}", begins)
            else:
                told("a merge has left this line behind", Span(file, at, at + 7))
            begins, second = None, False
        elif mark and begins is not None:
            second = True
        hidden = second or (mark != "" and (mark in "<>" or begins is not None))
        kept.append(_NO_LINE_END.sub(" ", line) if hidden else line)
        at += len(line)
    if begins is not None:
        told(_TWO, begins)
    return "".join(kept)
