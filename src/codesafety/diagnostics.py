"""Where something is wrong, what, and what to do about it: spans, diagnostics and their rendering."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from unicodedata import category

_ISO_DAY = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])(?:-([0-9]{2}))?")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WIDEST = 200
"""Characters of a source line that are shown."""
_LONGEST = 2_000
"""Characters of a line of an error that are shown: names, values and lists that it repeats may have millions."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one source text: offsets are characters from 0, `end` is exclusive."""

    file: str
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """Return the span from the start of this one to the end of `other`."""
        return Span(self.file, self.start, max(self.end, other.end))


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing wrong with a text that a person wrote.

    `message` is one line, lower case, without a full stop; `help` is the remedy; `span` covers exactly the words to
    change. `code` is stable (`CS` and three digits): CS1xx parsing, CS2xx meaning, CS3xx compiling, CS4xx lint.
    """

    code: str
    message: str
    span: Span
    help: str | None = None
    severity: Severity = Severity.ERROR
    related: tuple[tuple[Span, str], ...] = ()

    def as_json(self, sources: Mapping[str, str]) -> dict[str, object]:
        """Return the diagnostic as plain data: file, line and column (from 1), code, message, help."""
        line, column = position(sources.get(self.span.file, ""), self.span.start)
        end_line, end_column = position(sources.get(self.span.file, ""), self.span.end)
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": shortened(self.message),
            "help": shortened(self.help) if self.help else self.help,
            "file": self.span.file,
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
        }


@dataclass(slots=True)
class Diagnostics:
    """Collects diagnostics, so that all are reported and not just the first."""

    found: list[Diagnostic] = field(default_factory=list)

    def error(
        self, code: str, message: str, span: Span, help: str | None = None, related: tuple[tuple[Span, str], ...] = ()
    ) -> None:
        self.found.append(Diagnostic(code, message, span, help, Severity.ERROR, related))

    def warning(self, code: str, message: str, span: Span, help: str | None = None) -> None:
        self.found.append(Diagnostic(code, message, span, help, Severity.WARNING))

    @property
    def errors(self) -> list[Diagnostic]:
        return [d for d in self.found if d.severity is Severity.ERROR]


def position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, both from 1, of a character offset in `text`."""
    offset = min(offset, len(text))
    before = text.rfind("\n", 0, offset)
    return text.count("\n", 0, offset) + 1, offset - before


def render(diagnostic: Diagnostic, sources: Mapping[str, str]) -> str:
    """Return the diagnostic as a person reads it: the words underlined, the remedy below.

    A span over several lines is underlined to the end of its first line.
    """
    head = f"{diagnostic.severity.value}[{diagnostic.code}]: {escaped(diagnostic.message)}"
    parts = [head, *_excerpt(diagnostic.span, sources, "-->")]
    for span, label in diagnostic.related:
        parts += [f"  = note: {label}", *_excerpt(span, sources, ":::")]
    if diagnostic.help:
        first, *rest = diagnostic.help.split("\n")
        parts.append(f"  = help: {first}")
        parts += [f"          {line}" for line in rest]
    return "\n".join(parts)


def _excerpt(span: Span, sources: Mapping[str, str], arrow: str) -> list[str]:
    text = sources.get(span.file)
    if text is None:
        return [f" {arrow} {escaped(span.file)}"]
    line, column = position(text, span.start)
    source_line = text.split("\n")[line - 1].rstrip("\r")
    shown, under = underlined(source_line.replace("\t", " "), column - 1, span.end - span.start)
    gutter = " " * len(str(line))
    return [
        f"{gutter}{arrow} {escaped(span.file)}:{line}:{column}",
        f"{gutter} |",
        f"{line} | {shown}",
        f"{gutter} | {under}",
    ]


def underlined(line: str, start: int, length: int = 1) -> tuple[str, str]:
    """Return a line and what underlines a stretch of it. Of a long line only what is around the start, with `…` for the rest."""
    first = max(0, min(start - _WIDEST // 2, len(line) - _WIDEST))
    last = min(len(line), first + _WIDEST)
    before, after = "…" if first else "", "…" if last < len(line) else ""
    indent = before + line[first:start]
    width = max(1, min(length, last - start))
    return f"{before}{line[first:last]}{after}", "".join("\t" if c == "\t" else " " for c in indent) + "^" * width


def shortened(text: str) -> str:
    """Return a text that a person will read: its middle is left out where it is longer than any message of ours."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


def render_all(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """Return all diagnostics in the order of their places, a blank line between them."""
    return "\n\n".join(render(d, sources) for d in sorted(diagnostics, key=lambda d: (d.span, d.code)))


def listed(words: Iterable[str], last: str = "or") -> str:
    """Return words as a sentence names them: "`a`, `b` or `c`"."""
    *most, end = (f"`{word}`" for word in words)
    return f"{', '.join(most)} {last} {end}" if most else end


def did_you_mean(name: str, candidates: Iterable[str], *, near: float = 0.6) -> str | None:
    """Return "did you mean `x`?" for the nearest candidate, or None where none is near. Letters that changed places are nearest.

    `near`: the least share of letters in common, as `difflib` counts it.
    """
    from difflib import get_close_matches

    found = get_close_matches(name, list(candidates), n=3, cutoff=near)
    found.sort(key=lambda candidate: sorted(candidate) != sorted(name))
    return f"did you mean `{found[0]}`?" if found else None


def day_in_words(day: str) -> str:
    """Return `4 March 2026` for `2026-03-04`, `March 2026` for `2026-03`; a bound or a span of days likewise, a year as it is."""
    return _ISO_DAY.sub(lambda found: f"{f'{int(found[3])} ' if found[3] else ''}{_MONTHS[int(found[2]) - 1]} {found[1]}", day)


def count(n: int, word: str) -> str:
    """Return `1 rule`, `2 rules`."""
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def escaped(text: str) -> str:
    """Return the text in one line of visible characters: what has no form of its own is written as its code, `\\u001b`.

    That is every control and format character (ESC, C1, the bidirectional ones, zero width), every line or paragraph separator,
    and half of a surrogate pair. They could clear a terminal, turn words round or begin a line that we never wrote. Tabs and
    other spaces stay. The form is JSON's own, so that inside a JSON string nothing changes.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter == "\t" or category(letter) == "Zs" else _code(letter) for letter in text
    )


def _code(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
