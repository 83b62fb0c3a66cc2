"""Rule text to tokens: one regular expression, built from the grammar's own terminals.

Word processors' characters are understood where they can mean one thing only (curly quotes, no-break and zero-width
spaces); everything that is no token is reported, and all of it at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from lark.lexer import Lexer

from codesafety.diagnostics import Diagnostic, Diagnostics, Span


class Terminal(Protocol):
    """What is used of a grammar's terminal."""

    name: str
    priority: int
    pattern: Any


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


class TokenLexer(Lexer):
    """What the parser generator is given as its lexer: the tokens are made already."""

    def __init__(self, lexer_conf: object) -> None:
        del lexer_conf

    def lex(self, lexer_state: Iterable[Token]) -> Iterator[Token]:  # type: ignore[override]  # Lark's custom-lexer interface
        return iter(lexer_state)


class Scanner:
    """Cuts rule text into tokens. Immutable once built."""

    def __init__(self, terminals: Iterable[Terminal]) -> None:
        plain: dict[str, str] = {}
        patterns: list[Terminal] = []
        for terminal in terminals:
            if type(terminal.pattern).__name__ == "PatternStr" and terminal.pattern.value.isalpha():
                plain[terminal.pattern.value] = terminal.name
            elif terminal.name not in ("WS", "COMMENT"):
                patterns.append(terminal)
        patterns.sort(key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
        self.keywords: Mapping[str, str] = plain
        """Reserved words and the terminals that they are."""
        skipped = {t.name: t.pattern.to_regexp() for t in terminals if t.name in ("WS", "COMMENT")}
        self._match = re.compile(
            "|".join(
                [
                    f"(?P<WS>{skipped['WS']})",
                    *(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in patterns),
                    f"(?P<COMMENT>{skipped['COMMENT']})",
                ]
            )
        ).match

    def scan(self, text: str, file: str, *, comments: bool = False) -> tuple[list[Token], list[Diagnostic]]:
        """Return the tokens of `text` and everything in it that is none. `comments`: keep them as tokens."""
        tokens: list[Token] = []
        append, match, keywords = tokens.append, self._match, self.keywords
        diagnostics = Diagnostics()
        at, length = 0, len(text)
        while at < length:
            found = match(text, at)
            if found is None:
                at = _unreadable(text, at, file, tokens, diagnostics)
                continue
            kind = found.lastgroup
            end = found.end()
            if kind == "WS":
                at = end
                continue
            value = found[0]
            if kind == "NAME":
                kind = keywords.get(value, "NAME")
            elif kind == "COMMENT" and not comments:
                at = end
                continue
            append(Token(kind, value, file, at, end))  # type: ignore[arg-type]  # a match always has a last group
            at = end
        return tokens, diagnostics.found


_WORD = re.compile(r"[\w.-]+")
_NEXT_DECLARATION = re.compile(r"^\s*(?:rule|valueset|limit|table|ruleset)\s", re.MULTILINE)
_INSTEAD = {
    "≥": ">=",
    "≤": "<=",
    "≠": "is not",
    "–": "-",
    "—": "-",
    "−": "-",
    "‘": '"',
    "’": '"',
    "'": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "=": "is",
    "&": "and",
    ";": "nothing, or a comma between items of a list",
}


def _unreadable(text: str, at: int, file: str, tokens: list[Token], diagnostics: Diagnostics) -> int:
    """Report what stands at `at`, which starts no token, and return where to go on."""
    char = text[at]
    opening = Span(file, at, at + 1)
    if char in '"“”':
        if char == "”":
            diagnostics.error(
                "CS105", "a closing quote without its opening quote", opening, 'put the text between straight quotes: "…"'
            )
            return at + 1
        straight = "" if char == '"' else "; it was opened with a curly quote, so it closes with a curly one"
        diagnostics.error("CS102", "this quoted text is never closed", opening, f"add the closing quote{straight}")
        return _resume(text, at)
    if text.startswith("/*", at):
        diagnostics.error("CS103", "this comment is never closed", Span(file, at, at + 2), "add `*/` where it ends")
        return _resume(text, at)
    if char == "|":
        diagnostics.error("CS106", "this term is never closed", opening, "add the closing `|`")
        return _resume(text, at)
    if char == "<" and text.startswith("<http", at):
        diagnostics.error("CS105", "this address is never closed", Span(file, at, at + 5), "add the closing `>`")
        return _resume(text, at)
    word = _WORD.match(text, at)
    if word:
        start, end = at, word.end()
        if tokens and tokens[-1].end_pos == at and tokens[-1].type not in ("STRING", "TERM", "URL"):
            start = tokens.pop().start_pos
            if start and text[start - 1].isalnum():
                start = at
        written = text[start:end]
        lower = re.sub(r"[^a-z0-9_-]+", "-", written.lower()).strip("-_")
        help = f"did you mean `{lower}`?" if lower and lower[0].isalpha() and lower != written else None
        diagnostics.error(
            "CS105",
            f"`{written}` is not a name: names are small letters a to z, digits, `-` and `_`",
            Span(file, start, end),
            help,
        )
        return end
    instead = _INSTEAD.get(char)
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    if char in "/" and text.startswith("//", at):
        line_end = text.find("\n", at)
        diagnostics.error(
            "CS105",
            "a comment is written `/* … */`",
            Span(file, at, at + 2),
            "put the words between `/*` and `*/`: a comment does not end with its line",
        )
        return len(text) if line_end < 0 else line_end
    diagnostics.error("CS105", f"`{shown}` means nothing here", opening, f"write {_quoted(instead)}" if instead else None)
    return at + 1


def _quoted(instead: str) -> str:
    return instead if " " in instead and "," in instead else f"`{instead}`"


def _resume(text: str, at: int) -> int:
    """Return where the next declaration starts after something that was opened and never closed."""
    found = _NEXT_DECLARATION.search(text, at + 1)
    return found.start() if found else len(text)
