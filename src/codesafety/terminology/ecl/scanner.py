"""The lexical level of ECL: white space with comments, words, numbers, strings, and where the text stopped making sense."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from codesafety.terminology.ecl.syntax import Comparator, MatchTerm, SearchTerm, WildTerm
from codesafety.terminology.errors import EclSemanticError, EclSyntaxError

# ws = *( SP / HTAB / CR / LF / comment ); comment = "/*" *(nonStarChar / starWithNonFSlash) "*/": a star and the character
# after it are read as a pair, so that an even run of stars before a slash does not close a comment
_SPACE = re.compile(r"(?:[ \t\r\n]+|/\*(?:[^*]|\*[^/])*\*/)*")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_WORD = re.compile(r"[A-Za-z]+")
_SCTID = re.compile(r"[1-9][0-9]{5,17}(?![0-9])")
_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_INTEGER = re.compile(r"0|[1-9][0-9]*")
# term = 1*nonwsNonPipe *( 1*SP 1*nonwsNonPipe )
_TERM_AFTER = re.compile(r"[ \t\r\n]*([^\t\r\n |]+(?: +[^\t\r\n |]+)*)[ \t\r\n]*\|")
_TERM = re.compile(r"\|" + _TERM_AFTER.pattern)
_TERM_INSIDE = re.compile(r"[^\t\r\n |]+(?: +[^\t\r\n |]+)*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_DATE = re.compile(r"[1-9][0-9]{3}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_COMPARATORS = (
    ("!=", Comparator.NOT_EQUAL),
    ("<>", Comparator.NOT_EQUAL),
    ("<=", Comparator.LESS_OR_EQUAL),
    (">=", Comparator.GREATER_OR_EQUAL),
    ("=", Comparator.EQUAL),
    ("<", Comparator.LESS),
    (">", Comparator.GREATER),
)
_NOT = re.compile(r"[nN][oO][tT]")
_ODD_SPACES = {
    "\u00a0": "a no-break space",
    "\u200b": "a zero-width space",
    "\ufeff": "a byte order mark",
    "\u202f": "a narrow no-break space",
}


class Scanner:
    """A text and a place in it. Methods named `try_*` leave the place alone and return None where the thing is not there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        forbidden = _FORBIDDEN.search(text)
        if forbidden:
            raise self.fail("a character that ECL does not allow", forbidden.start())

    def fail(self, message: str, at: int | None = None) -> EclSyntaxError:
        """Return the error for what stands at `at` (here, where it is None)."""
        return EclSyntaxError(message, position=self.at if at is None else at)

    def expected(self, what: str, at: int | None = None) -> EclSyntaxError:
        """Return the error that names what should stand here and what does."""
        at = self.at if at is None else at
        if at >= len(self.text):
            return self.fail(f"expected {what}, and the expression ends", at)
        found = self.text[at]
        return self.fail(f"expected {what}, found {_ODD_SPACES.get(found) or f'`{found}`'}", at)

    def means_nothing(self, message: str, at: int) -> EclSemanticError:
        return EclSemanticError(message, position=at)

    def space(self) -> bool:
        """ws: skip white space and comments; return whether there was any (mws)."""
        match = _SPACE.match(self.text, self.at)
        end = match.end() if match else self.at
        moved = end > self.at
        self.at = end
        if self.text.startswith("/*", end):
            raise self.fail("a comment that is not closed")
        return moved

    def try_text(self, literal: str) -> bool:
        if self.text.startswith(literal, self.at):
            self.at += len(literal)
            return True
        return False

    def need_text(self, literal: str, what: str | None = None) -> None:
        if not self.try_text(literal):
            raise self.expected(what or f"`{literal}`")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def try_keyword(self, keyword: str, *, space: bool = False) -> bool:
        """Take `keyword` (lower case given) in any case; with `space`, only if white space or a comment follows."""
        end = self.at + len(keyword)
        if self.text[self.at : end].lower() != keyword:
            return False
        start = self.at
        self.at = end
        if space and not self.space():
            self.at = start
            return False
        return True

    def word(self) -> str:
        """Return the letters that stand here without taking them."""
        match = _WORD.match(self.text, self.at)
        return match.group() if match else ""

    def try_sctid(self) -> str | None:
        match = _SCTID.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return match.group()

    def need_sctid(self, what: str) -> str:
        code = self.try_sctid()
        if code is None:
            digits = _DIGITS.match(self.text, self.at)
            if digits:
                raise self.fail("an identifier has 6 to 18 digits and does not begin with 0")
            raise self.expected(what)
        return code

    def try_term(self) -> str | None:
        """[ws "|" ws term ws "|"]: return the term, or None where no pipe stands next."""
        start = self.at
        self.space()
        if self.peek() != "|":
            self.at = start
            return None
        pipe = self.at
        match = _TERM.match(self.text, pipe)
        if match and "/*" not in match.group():
            self.at = match.end()
            return match.group(1)
        return self._term_with_comments(pipe)

    def _term_with_comments(self, pipe: int) -> str:
        """A comment may stand between a term and its pipes, and may hold a pipe; or be all that the term is."""
        leading = _SPACE.match(self.text, pipe + 1)
        inside = leading.end() if leading else pipe + 1
        for start in (inside, pipe + 1):
            opening = self.text.find("/*", start + 1)
            nearest = self.text.find("|", start)
            while 0 <= opening < nearest:
                space = _SPACE.match(self.text, opening)
                if space and space.end() > opening and self.text.startswith("|", space.end()):
                    term = self.text[start:opening].strip(" \t\r\n")
                    if _TERM_INSIDE.fullmatch(term):
                        self.at = space.end() + 1
                        return term
                opening = self.text.find("/*", opening + 2)
        for start in (inside, pipe + 1):
            match = _TERM_AFTER.match(self.text, start)
            if match:
                self.at = match.end()
                return match.group(1)
        raise self.fail("a term between pipes that is empty, not closed or holds a tab or line break", pipe)

    def need_integer(self) -> int:
        match = _INTEGER.match(self.text, self.at)
        if match is None or len(match.group()) > 9:
            raise self.expected("a whole number")
        self.at = match.end()
        return int(match.group())

    def need_number(self) -> Decimal:
        """numericValue, after its "#": exact, whatever its length."""
        match = _NUMBER.match(self.text, self.at)
        if match is None or self.text[match.end() : match.end() + 1].isalnum() or self.text[match.end() : match.end() + 1] == ".":
            raise self.fail("expected a number after `#`: digits without a leading zero, with digits after a decimal point")
        self.at = match.end()
        return Decimal(match.group())

    def try_comparator(self) -> Comparator | None:
        for literal, comparator in _COMPARATORS:
            if self.text.startswith(literal, self.at):
                self.at += len(literal)
                return comparator
        start = self.at
        if _NOT.match(self.text, start):
            self.at = start + 3
            self.space()
            if self.try_text("="):
                return Comparator.NOT_EQUAL
            self.at = start
        return None

    def need_equality(self) -> Comparator:
        start = self.at
        comparator = self.try_comparator()
        if comparator not in (Comparator.EQUAL, Comparator.NOT_EQUAL):
            raise self.expected("`=` or `!=`", start)
        return comparator

    def try_quoted(self) -> str | None:
        """Return what stands between double quotes, with its escapes still in it."""
        match = _QUOTED.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return match.group(1)

    def need_string(self) -> str:
        """concreteString: one or more characters; `\\"`, `\\\\` and `\\*` are escapes."""
        start = self.at
        quoted = self.try_quoted()
        if quoted is None:
            raise self.expected("a string in double quotes")
        if not quoted:
            raise self.fail("a string may not be empty", start)
        return self._unescape(quoted, '"\\*', start + 1)

    def need_time(self) -> str:
        """timeValue: YYYYMMDD in double quotes, or nothing in them."""
        start = self.at
        quoted = self.try_quoted()
        if quoted is None:
            raise self.expected('a date in double quotes, as "20260131"')
        if quoted:
            if not _DATE.fullmatch(quoted):
                raise self.fail('a date is eight digits, year month day, as "20260131"', start)
            self._real_date(quoted, start)
        return quoted

    def _real_date(self, text: str, at: int) -> None:
        try:
            date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            raise self.means_nothing(f"the calendar has no {text}", at) from None

    def need_search_term(self) -> SearchTerm:
        """typedSearchTerm = ( [ "match" ":" ] matchSearchTermSet ) / ( "wild" ":" wildSearchTermSet )"""
        wild = self.word().lower() == "wild"
        if wild or self.word().lower() == "match":
            self.at += 4 if wild else 5
            self.space()
            self.need_text(":")
            self.space()
        start = self.at
        quoted = self.try_quoted()
        if quoted is None:
            raise self.expected('a search term in double quotes, or `match:"..."`, or `wild:"..."`')
        if wild:
            if not quoted:
                raise self.fail("a search term may not be empty", start)
            return WildTerm(self._pieces(quoted, start + 1))
        words = re.split("[ \t\r\n]+", quoted.strip(" \t\r\n"))
        if not words[0]:
            raise self.fail("a search term needs at least one word", start)
        return MatchTerm(tuple(self._unescape(word, '"\\', start + 1) for word in words))

    def _unescape(self, text: str, escapable: str, at: int) -> str:
        if "\\" not in text:
            return text
        out: list[str] = []
        index = 0
        while index < len(text):
            character = text[index]
            if character == "\\":
                index += 1
                character = text[index]
                if character not in escapable:
                    raise self.fail(f"`\\{character}` is not an escape here", at)
            out.append(character)
            index += 1
        return "".join(out)

    def _pieces(self, text: str, at: int) -> tuple[str, ...]:
        pieces: list[str] = []
        start = index = 0
        while index < len(text):
            if text[index] == "\\":
                index += 2
                continue
            if text[index] == "*":
                pieces.append(self._unescape(text[start:index], '"\\*', at))
                start = index + 1
            index += 1
        pieces.append(self._unescape(text[start:], '"\\*', at))
        return tuple(pieces)
