"""Rule text in its one canonical layout: same tokens, same comments, same meaning.

Layout is decided from the syntax and never from the layout that was there, but for two things: whether a comment stands on a
line of its own, and whether a blank line parts it from the declaration below.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Final

from codesafety.language.parsing import syntax
from codesafety.language.parsing.builder import unquoted
from codesafety.language.parsing.parser import parse, scanner
from codesafety.language.parsing.tokens import Token

WIDTH: Final = 130
"""Lines are broken where they would be longer and there is a place to break them."""
_INDENT: Final = "  "
_KEYWORD: Final = 8
_BEFORE_A_SIGN: Final = ("CMP", "FROM", "TO", "DEFAULT", "LPAR", "PLUS", "MINUS", "TIMES", "SLASH", "WHEN", "AND", "OR")
"""Behind which `-` begins a number; behind an operand it takes away."""
_SPACE: Final = re.compile(r"[\s\u200b\u2060\ufeff]+")


def format_text(text: str, file: str = "rules") -> str:
    """Return `text` in canonical layout. `parse` of the result equals `parse` of `text`, and formatting it again changes nothing.

    Raises RuleError where the text has syntax errors: what is not understood is not rearranged.
    """
    declarations = parse(text, file).declarations
    tokens, _ = scanner().scan(text, file, comments=True)
    return _Formatter(text, tokens).whole(declarations)


class _Formatter:
    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.at = 0
        """The first token that is not written yet."""
        self.lines: list[str] = []

    def whole(self, declarations: Sequence[syntax.Declaration]) -> str:
        previous: tuple[type, bool] | None = None
        for node in declarations:
            above = self._until(node.span.start)
            block, short = self._declaration(node)
            self._comments(above, "", top=True)
            together = previous == (type(node), True) and short and not any(self._own_line(comment) for comment in above)
            if self.lines and not together and not self._joined(above, node):
                self._blank()
            self.lines += block
            previous = (type(node), short)
        self._comments(self._until(len(self.text) + 1), "", top=True)
        return "\n".join(self.lines).rstrip("\n") + "\n" if self.lines else ""

    # -------------------------------------------------------------------------------------------- comments

    def _until(self, offset: int) -> list[Token]:
        """Take the tokens that start before `offset`."""
        start = self.at
        while self.at < len(self.tokens) and self.tokens[self.at].start_pos < offset:
            self.at += 1
        return list(self.tokens[start : self.at])

    def _joined(self, above: Sequence[Token], node: syntax.Declaration) -> bool:
        """Return whether the comment above a declaration belongs to it: it has a line of its own and no blank line below."""
        if not above or not self._own_line(above[-1]):
            return False
        return self.text[above[-1].end_pos : node.span.start].count("\n") < 2

    def _own_line(self, comment: Token) -> bool:
        line = self.text[self.text.rfind("\n", 0, comment.start_pos) + 1 : comment.start_pos]
        return not _SPACE.sub("", line)

    def _comments(self, comments: Sequence[Token], indent: str, *, top: bool = False) -> None:
        """Write comments that stand between parts or declarations."""
        for index, comment in enumerate(comments):
            if self.lines and not self._own_line(comment):
                self.lines[-1] += f" {comment.value}"
                continue
            if top and self.lines and (index == 0 or self.text[comments[index - 1].end_pos : comment.start_pos].count("\n") > 1):
                self._blank()
            self.lines.append(f"{indent}{comment.value}")

    def _blank(self) -> None:
        if self.lines[-1]:
            self.lines.append("")

    # -------------------------------------------------------------------------------------------- declarations

    def _declaration(self, node: syntax.Declaration) -> tuple[list[str], bool]:
        """Return the lines of a declaration and whether it is a single one."""
        outside, self.lines = self.lines, []
        start = self.at
        one = self._on_one_line(node)
        if one is not None:
            self._until(node.span.end)
            self.lines = outside
            return [one], True
        self.at = start
        if isinstance(node, syntax.Define):
            head = self._until(node.condition.span.start)
            held = self._until(node.condition.span.end)
            self.lines = [_join(head), *_condition(held, _INDENT, _INDENT, 0), _join(self._until(node.span.end))]
            made, self.lines = self.lines, outside
            return made, False
        first = node.parts[0].span.start if node.parts else node.span.end - 1
        head = self._until(first)
        brace = next(i for i, t in enumerate(head) if t.type == "LBRACE")
        self.lines.append(_join(head[: brace + 1]))
        self._comments(head[brace + 1 :], _INDENT)
        for part in node.parts:
            self._comments(self._until(part.span.start), _INDENT)
            self.lines += _part(part, self._until(part.span.end), aligned=isinstance(node, syntax.Rule | syntax.Ruleset))
        closing = self._until(node.span.end)
        self._comments(closing[:-1], _INDENT)
        self.lines.append("}")
        made, self.lines = self.lines, outside
        return made, False

    def _on_one_line(self, node: syntax.Declaration) -> str | None:
        if isinstance(node, syntax.Rule | syntax.Ruleset | syntax.Table):
            return None
        if not isinstance(node, syntax.Define) and len(node.parts) > 2:
            return None
        tokens = self._until(node.span.end)
        line = _join(tokens)
        return line if len(line) <= WIDTH and "\n" not in line and not any(t.type == "COMMENT" for t in tokens) else None


# ------------------------------------------------------------------------------------------------ tokens


def _written(token: Token) -> str:
    """Return a token as the canonical layout writes it."""
    match token.type:
        case "STRING":
            inner = unquoted(token.value)
            return f"“{inner}”" if '"' in inner else f'"{inner}"'
        case "TERM":
            return f"|{unquoted(token.value)}|"
        case "URL":
            return _SPACE.sub("", token.value)
        case "ECL":
            return f"ecl {{ {token.value[token.value.index('{') + 1 : -1].strip()} }}"
        case "ON_THE_SAME_DAY_AS" | "THE_SAME_AS" | "SHARES" | "CONTRADICTS_ITS_WORDS":
            return _SPACE.sub(" ", token.value)
    return token.value


def _join(tokens: Sequence[Token]) -> str:
    """Return tokens on one line."""
    written: list[str] = []
    previous: Token | None = None
    for index, token in enumerate(tokens):
        if (
            previous is not None
            and not _is_sign(tokens, index - 1)
            and token.type not in ("COMMA", "RPAR", "COLON", "LSQB", "RSQB")
            and previous.type not in ("LPAR", "LSQB")
            and not (token.type == "LPAR" and previous.type in ("REF", "NAME"))
        ):
            written.append(" ")
        written.append(_written(token))
        previous = token
    return "".join(written)


def _is_sign(tokens: Sequence[Token], index: int) -> bool:
    """Return whether a mark belongs to the number behind it: `-2.5`, and in an example `<5`."""
    mark = tokens[index].type
    if mark not in ("MINUS", "CMP"):
        return False
    if tokens[0].type in ("EXAMPLE", "GIVEN"):
        return True
    return mark == "MINUS" and index > 0 and tokens[index - 1].type in _BEFORE_A_SIGN


def _fits(line: str) -> bool:
    return len(line) <= WIDTH and "\n" not in line


def _head(tokens: Sequence[Token], aligned: bool) -> str:
    """Return the keyword of a part, padded in declarations whose parts are aligned."""
    keyword = tokens[0].value
    return f"{_INDENT}{keyword:<{_KEYWORD}} " if aligned else f"{_INDENT}{keyword} "


# ------------------------------------------------------------------------------------------------ parts


def _part(node: object, tokens: Sequence[Token], *, aligned: bool) -> list[str]:
    """Return the lines of one part of a declaration."""
    if isinstance(node, syntax.Example):
        return _example(node, tokens)
    if isinstance(node, syntax.Ecl):
        return [f"{_INDENT}ecl {{", _INDENT * 2 + node.text, f"{_INDENT}}}"] if "\n" in node.text else [_INDENT + _join(tokens)]
    head = _head(tokens, aligned and not _is_phrase(node))
    rest = tokens[1:]
    line = head + _join(rest)
    if _fits(line):
        return [line]
    match node:
        case syntax.When():
            return _condition(rest, head, _INDENT, _KEYWORD)
        case syntax.Unless():
            label = next(i for i, t in enumerate(rest) if t.type == "STRING")
            margin = " " * (len(_INDENT) + _KEYWORD + 1)
            return [head + _join(rest[: label + 1]), *_condition(rest[label + 1 :], margin, _INDENT, _KEYWORD)]
        case syntax.Codes() | syntax.Include() | syntax.Except() | syntax.Hazards() | syntax.AfterRules():
            return _list(head, rest)
        case syntax.Trigger(partner=partner) if partner is not None:
            place = next(i for i, t in enumerate(rest) if t.type == "WITH")
            return [head + _join(rest[:place]), f"{_INDENT}{'with':>{_KEYWORD}} {_join(rest[place + 1 :])}"]
        case syntax.Allow():
            return [head + _join(rest[:2]), *_words(" " * len(head), rest[2:])]
        case syntax.Source(url=str()) if rest[-1].type == "URL":
            return [*_words(head, rest[:-1]), " " * len(head) + _join(rest[-1:])]
    return _words(head, rest)


def _words(head: str, tokens: Sequence[Token]) -> list[str]:
    """Return a part that is nothing but quoted words broken between them: any white space in it is one space."""
    line = head + _join(tokens)
    if [token.type for token in tokens] != ["STRING"]:
        return [line]
    margin = " " * (len(head) + 1)
    return textwrap.wrap(line, WIDTH, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False)


def _is_phrase(node: object) -> bool:
    """Return whether a part begins with several reserved words, which stay together."""
    return isinstance(node, syntax.AfterRules | syntax.Overridable) or (isinstance(node, syntax.Setting) and " " in node.keyword)


def _list(head: str, tokens: Sequence[Token]) -> list[str]:
    """Return a list with each of its items on a line."""
    lines: list[str] = []
    item: list[Token] = []
    prefix = head
    for token in tokens:
        item.append(token)
        if token.type == "COMMA":
            lines.append(prefix + _join(item))
            item, prefix = [], _INDENT * 2
    return [*lines, prefix + _join(item)]


def _example(node: syntax.Example, tokens: Sequence[Token]) -> list[str]:
    line = _INDENT + _join(tokens)
    if _fits(line):
        return [line]
    starts = sorted([*(g.span.start for g in node.givens), node.outcome.span.start])
    groups: list[list[Token]] = [[]]
    for index, token in enumerate(tokens):
        following = tokens[index + 1].start_pos if index + 1 < len(tokens) else None
        if (token.type == "EXPECT" and following == starts[-1]) or token.start_pos in starts[:-1] or token is tokens[-1]:
            groups.append([])
        groups[-1].append(token)
    first, *inner, last = groups
    return [_INDENT + _join(first), *(_INDENT * 2 + _join(group) for group in inner), _INDENT + _join(last)]


# ------------------------------------------------------------------------------------------------ conditions


def _condition(tokens: Sequence[Token], first: str, indent: str, align: int) -> list[str]:
    """Return a condition broken at its connectives, outermost first. `first` begins its first line; `align` is the width to
    which the connectives of the others are set to the right."""
    pieces = _pieces(tokens)
    margin = " " * (len(indent) + align + 1) if align else indent
    lines: list[str] = []
    for number, (connective, piece) in enumerate(pieces):
        prefix = first if number == 0 or not connective else f"{indent}{connective:>{align}} "
        lines += _piece(piece, prefix, margin)
    return lines


def _pieces(tokens: Sequence[Token]) -> list[tuple[str, list[Token]]]:
    """Cut a condition at the connectives that stand outside all brackets, and conditions that are listed behind each comma."""
    pieces: list[tuple[str, list[Token]]] = [("", [])]
    depth = 0
    for token in tokens:
        depth += (token.type == "LPAR") - (token.type == "RPAR")
        if depth == 0 and token.type in ("AND", "OR"):
            pieces.append((token.value, []))
            continue
        pieces[-1][1].append(token)
        if depth == 0 and token.type == "COMMA":
            pieces.append(("", []))
    return pieces


def _piece(tokens: Sequence[Token], prefix: str, margin: str) -> list[str]:
    line = prefix + _join(tokens)
    bracket = None if _fits(line) else _widest_brackets(tokens)
    if bracket is None:
        return [line]
    opening, closing = bracket
    return [
        prefix + _join(tokens[: opening + 1]),
        *_condition(tokens[opening + 1 : closing], margin + _INDENT, margin + _INDENT, 0),
        margin + _join(tokens[closing:]),
    ]


def _widest_brackets(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """Return the outermost pair of brackets that holds the most, of those that hold a connective or a bracket or are asked of
    members: a call's and a sum's stay whole."""
    best: tuple[int, int] | None = None
    start = depth = 0
    for index, token in enumerate(tokens):
        if token.type == "LPAR":
            start = index if depth == 0 else start
            depth += 1
        elif token.type == "RPAR":
            depth -= 1
            asked = start > 0 and tokens[start - 1].type in ("WHERE", "HAS", "OF")
            worth = asked or any(t.type in ("AND", "OR", "LPAR") for t in tokens[start + 1 : index])
            if depth == 0 and worth and (best is None or index - start > best[1] - best[0]):
                best = (start, index)
    return best
