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
from codesafety.language.parsing.tokens import Token
from codesafety.language.parsing.unreadable import opens_ecl, other_date, out_of_place, unclosed_ecl, unreadable


class Terminal(Protocol):
    """What is used of a grammar's terminal."""

    name: str
    priority: int
    pattern: Any


class TokenLexer(Lexer):
    """What the parser generator is given as its lexer: the tokens are made already."""

    def __init__(self, lexer_conf: object) -> None:
        del lexer_conf

    def lex(self, lexer_state: Iterable[Token]) -> Iterator[Token]:  # type: ignore[override]  # Lark's custom-lexer interface
        return iter(lexer_state)


_MOST_ERRORS = 100
"""After so many unreadable places the text is no rule file, and more of them are no help."""


_LONGEST_NUMBER = 40
"""Digits of the longest number: codes have 18."""


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
        while at < length and len(diagnostics.found) < _MOST_ERRORS:
            found = match(text, at)
            if found is None:
                at = unreadable(text, at, file, tokens, diagnostics)
                continue
            kind = found.lastgroup
            end = found.end()
            if kind == "WS":
                at = end
                continue
            value = found[0]
            if kind == "NAME":
                kind = keywords.get(value, "NAME")
                if value == "ecl" and opens_ecl(text, end):
                    at = unclosed_ecl(text, Span(file, at, end), diagnostics)
                    continue
            elif kind == "COMMENT" and not comments:
                at = end
                continue
            elif end - at > _LONGEST_NUMBER and kind in ("NUMBER", "VERSION"):
                span = Span(file, at, end)
                diagnostics.error(
                    "CS105", f"a number of more than {_LONGEST_NUMBER} digits", span, "put it in quotes if it is a code"
                )
            elif kind == "CMP" and (text.startswith("http", end) or (text[at:end] == "<" and text.startswith(">", end))):
                at = unreadable(text, at, file, tokens, diagnostics)
                continue
            elif (kind == "SLASH" and (then := out_of_place(text, at, file, tokens, diagnostics)) is not None) or (
                kind in ("NUMBER", "DATE") and (then := other_date(text, at, file, diagnostics)) is not None
            ):
                at = then
                continue
            append(Token(kind, value, file, at, end))  # type: ignore[arg-type]  # a match always has a last group
            at = end
        return tokens, diagnostics.found
