"""Rule text to syntax classes, with every syntax error that can soundly be told in one go.

A text without errors is parsed whole. Otherwise it is cut at its declarations, which their reserved words make safe, and
each is parsed by itself; inside a rule, parsing goes on behind the part that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import zip_longest
from typing import Any, cast

from lark import Lark, UnexpectedToken

from codesafety.diagnostics import Diagnostic, Diagnostics, Span, did_you_mean
from codesafety.errors import RuleError
from codesafety.language.parsing import syntax
from codesafety.language.parsing.builder import MAX_DEPTH, Builder, TooDeep
from codesafety.language.parsing.conflicts import without_conflicts
from codesafety.language.parsing.lexer import Scanner, Terminal, TokenLexer
from codesafety.language.parsing.place import Place
from codesafety.language.parsing.remedies import lone_operand, remedy
from codesafety.language.parsing.terminals import expected_in_words
from codesafety.language.parsing.tokens import Token

_DECLARATIONS = frozenset({"RULE", "VALUESET", "LIMIT", "TABLE", "RULESET", "DEFINE"})
_RULE_PARTS = frozenset(
    {"TITLE", "ACTION", "SEVERITY", "HAZARD_WORD", "SOURCE", "BECAUSE", "ASSUME", "WHEN", "UNLESS", "SAY", "EXAMPLE"}
)
"""Reserved words that stand for nothing but the start of a part of a rule."""
_BEFORE_A_NAME = frozenset(
    {
        "RULE",
        "VALUESET",
        "LIMIT",
        "TABLE",
        "RULESET",
        "DEFINE",
        "HISTORY",
        "ENTRY",
        "MENTION",
        "MEDICATION",
        "CODING",
        "COLUMN",
        "ROW",
        "KEY",
        "BY",
        "IN",
        "OF",
    }
)
_KINDS = frozenset({"ENTRY", "HISTORY", "MENTION", "MEDICATION", "CODING", "ROW"})
"""What stands before the name of a variable, which is short."""
_MOST_ERRORS = 20
"""How many syntax errors of one declaration are told."""


@cache
def _grammar() -> tuple[Lark, Scanner]:
    """Return the parser and the scanner, built once in a process; both are stateless in use."""
    text = files("codesafety.language.parsing").joinpath("rules.lark").read_text("utf-8")
    lark = Lark(text, parser="lalr", lexer=TokenLexer, transformer=cast(Any, Builder()), keep_all_tokens=True)
    return lark, Scanner(cast("list[Terminal]", lark.terminals))


def scanner() -> Scanner:
    """Return the scanner of the rule language."""
    return _grammar()[1]


def parse(text: str, file: str = "rules") -> syntax.File:
    """Return the syntax of one rule file. `file` names it in spans.

    Raises RuleError with every syntax error found.
    """
    parsed, diagnostics = parse_collecting(text, file)
    if diagnostics:
        raise RuleError(diagnostics, {file: text})
    return parsed


def parse_collecting(text: str, file: str) -> tuple[syntax.File, list[Diagnostic]]:
    """Return the syntax of one rule file, without the declarations whose form is wrong, and all that is wrong with them."""
    lark, scan = _grammar()
    merged = Diagnostics()
    tokens, diagnostics = scan.scan(without_conflicts(text, file, merged), file)
    if not diagnostics and not merged.found:
        try:
            declarations = cast("tuple[syntax.Declaration, ...]", lark.parse(cast(Any, tokens)))
        except (UnexpectedToken, TooDeep):
            pass
        else:
            return syntax.File(file, text, declarations), []
    collected = Diagnostics(merged.found + diagnostics)
    damaged = [d.span for d in diagnostics]
    well: list[syntax.Declaration] = []
    broken: list[tuple[str, syntax.Word]] = []
    for chunk in _declarations(tokens):
        before = len(collected.found)
        whole = Span(file, chunk[0].start_pos, chunk[-1].end_pos)
        unreadable = any(whole.start <= d.start < whole.end or d.start == whole.end for d in damaged) or (
            bool(damaged) and _unclosed(chunk) is not None and any(d.start > whole.end for d in damaged)
        )
        if not unreadable:  # what follows from a character that could not be read is no news
            _errors_in(chunk, lark, scan, collected)
        if not unreadable and len(collected.found) == before:
            well += cast("tuple[syntax.Declaration, ...]", lark.parse(cast(Any, chunk)))
        elif not unreadable and (closed := _closed(chunk, lark)):  # what else is wrong with it is told as well
            well += closed
        elif len(chunk) > 1 and chunk[0].type in _DECLARATIONS:
            broken.append((chunk[0].value, syntax.Word(chunk[1].value, chunk[1].span)))
    return syntax.File(file, text, tuple(well), tuple(broken)), collected.found


def accepted_after(tokens: Sequence[Token]) -> frozenset[str]:
    """Return the terminals that may stand behind the first tokens of a file or of a declaration; none where these are wrong."""
    try:
        _grammar()[0].parse(cast(Any, list(tokens)))
    except UnexpectedToken as error:
        return frozenset(error.accepts or error.expected) if error.token.type == "$END" else frozenset()
    except TooDeep:
        return frozenset()
    return _DECLARATIONS


def _declarations(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    chunk: list[Token] = []
    depth = 0
    for token, follows in zip_longest(tokens, tokens[1:]):
        in_a_name = (
            len(chunk) > 1
            and {t.type for t in chunk[1:]} == {"NAME"}
            and follows is not None
            and follows.type in ("LBRACE", "STRING", "FROM")
        )  # `rule my rule {`
        is_limit = token.type == "LIMIT" and chunk and chunk[-1].type in ("CMP", "THAN", "LEAST")  # `> limit high`
        is_misspelt = (  # `rul r {`, behind one that is whole
            depth == 0
            and token.type == "NAME"
            and follows is not None
            and follows.type == "NAME"
            and chunk
            and chunk[-1].type == "RBRACE"
        )
        if chunk and (
            is_misspelt
            or (
                token.type in _DECLARATIONS
                and not ((token.type == "RULE" and chunk[-1].type == "AFTER") or in_a_name or is_limit)
            )
        ):
            yield chunk
            chunk, depth = [], 0
        chunk.append(token)
        depth += (token.type == "LBRACE") - (token.type == "RBRACE")
    if chunk:
        yield chunk


def _errors_in(chunk: list[Token], lark: Lark, scan: Scanner, diagnostics: Diagnostics) -> None:
    """Report what is wrong with one declaration, part by part."""
    for _ in range(_MOST_ERRORS):
        try:
            lark.parse(cast(Any, chunk))
        except TooDeep as error:
            diagnostics.error(
                "CS107",
                f"brackets are nested more than {MAX_DEPTH} deep",
                error.span,
                "leave out those that change nothing, or split the rule",
            )
            return
        except UnexpectedToken as error:
            unclosed = _unclosed(chunk)
            if unclosed is not None and error.token.type == "$END":
                unclosed = _example_left_open(chunk, unclosed)
                diagnostics.error(
                    "CS104",
                    f"this `{unclosed.value}` is never closed",
                    unclosed.span,
                    f"add `{'}' if unclosed.value == '{' else ')'}` where it ends",
                )
                return
            _report(error, chunk, scan, diagnostics)
            rest = _without_part(chunk, error.token)
            if rest is None:
                return
            chunk = rest
        else:
            return


def _unclosed(chunk: Sequence[Token]) -> Token | None:
    """Return the innermost bracket or brace that nothing closes."""
    stack: list[Token] = []
    for token in chunk:
        if token.type in ("LBRACE", "LPAR"):
            stack.append(token)
        elif token.type in ("RBRACE", "RPAR") and stack:
            if (stack[-1].type == "LPAR") == (token.type == "RPAR"):
                stack.pop()
            elif token.type == "RBRACE":
                return stack[-1]
    return stack[-1] if stack else None


def _closed(chunk: Sequence[Token], lark: Lark) -> tuple[syntax.Declaration, ...]:
    """Return what a declaration says that lacks nothing but its last brace; nothing where it lacks more."""
    end = chunk[-1]
    brace = Token("RBRACE", "}", end.file, end.end_pos, end.end_pos)
    try:
        return cast("tuple[syntax.Declaration, ...]", lark.parse(cast(Any, [*chunk, brace])))
    except (UnexpectedToken, TooDeep):
        return ()


def _example_left_open(chunk: Sequence[Token], unclosed: Token) -> Token:
    """Return the brace of a rule's last example where the brace that closes it was meant for the rule: it ends the rule's text."""
    example = max((i for i, t in enumerate(chunk) if t.type == "EXAMPLE"), default=None)
    if unclosed.type != "LBRACE" or example is None or chunk[-1].type != "RBRACE":
        return unclosed
    inside = list(chunk[example:-1])
    opening = next((t for t in inside if t.type == "LBRACE"), None)
    return unclosed if opening is None or any(t.type == "RBRACE" for t in inside) else opening


def _without_part(chunk: list[Token], at: Any) -> list[Token] | None:
    """Return the declaration without the part of a rule in which `at` stands, or None where it cannot be cut out."""
    if chunk[0].type != "RULE":
        return None
    starts: list[int] = []
    depth = 0
    for index, token in enumerate(chunk):
        if token.type == "LBRACE":
            depth += 1
        elif token.type == "RBRACE":
            depth -= 1
            if depth == 0:
                starts.append(index)
                break
        elif depth == 1 and token.type in _RULE_PARTS:
            starts.append(index)
    place = next((i for i, token in enumerate(chunk) if token is at), None)
    if place is None:
        return None
    begin = max((i for i in starts if i < place), default=None)
    end = min((i for i in starts if i > place), default=None) if begin is not None else None
    if chunk[place].type in _RULE_PARTS and place in starts:
        end = place
    if begin is None or end is None or begin == place:
        return None
    return chunk[:begin] + chunk[end:]


def _report(error: UnexpectedToken, chunk: Sequence[Token], scan: Scanner, diagnostics: Diagnostics) -> None:
    token = cast(Token, error.token)
    accepted = frozenset(error.accepts or error.expected)
    expected = expected_in_words(accepted, scan.keywords)
    if token.type == "$END":
        end = chunk[-1].end_pos
        diagnostics.error(
            "CS101",
            f"the text ends in the middle of a declaration: expected {expected}",
            Span(chunk[-1].file, max(end - 1, 0), end),
            "write the rest of it, or remove it",
        )
        return
    place = next(i for i, t in enumerate(chunk) if t is token)
    previous = chunk[place - 1] if place else None
    bracket = _open_bracket(chunk[:place])
    if "RPAR" in accepted and bracket is not None and token.type in _RULE_PARTS | {"RBRACE"}:
        diagnostics.error("CS104", "this `(` is never closed", bracket.span, "add `)` where it ends")
        return
    if token.type == "RBRACE" and accepted <= _DECLARATIONS | {"$END"}:
        diagnostics.error("CS104", "this `}` closes nothing", token.span, "delete it, or add the `{` that it should close")
        return
    behind = chunk[place + 1] if place + 1 < len(chunk) else None
    if token.type == "IN" and previous is not None and previous.type in _KINDS and behind is not None and behind.type == "NAME":
        diagnostics.error(
            "CS109",
            "what is drawn has no name",
            token.span,
            f"name it: `{previous.value} {'r' if previous.type == 'ROW' else 'x'} in {behind.value}`",
        )
        return
    is_not_in = token.type == "NOT" and previous is not None and previous.type == "IN"  # `e in not preg`
    if (
        token.value in scan.keywords
        and "NAME" in accepted
        and previous is not None
        and previous.type in _BEFORE_A_NAME
        and not is_not_in
    ):
        diagnostics.error(
            "CS109",
            f"`{token.value}` is a reserved word and cannot be a name",
            token.span,
            f"choose another name, such as `{token.value[0] if previous.type in _KINDS else f'the_{token.value}'}`",
        )
        return
    shown = {"STRING": "this text", "TERM": "this term", "ECL": "this `ecl { … }`"}.get(token.type, f"`{token.value}`")
    stopped = Place(token, chunk[:place], chunk[place + 1 :], accepted)
    lone = lone_operand(stopped)
    if lone is not None:
        diagnostics.error("CS101", f"nothing is said of `{lone[0].value}`", lone[0].span, lone[1])
        return
    help = remedy(stopped)
    if help is None and token.type in ("NAME", "DOTTED"):
        help = did_you_mean(token.value, sorted(word for word, name in scan.keywords.items() if name in accepted))
    diagnostics.error(
        "CS101",
        f"{shown} cannot stand here: expected {expected}",
        token.span,
        help,
    )


def _open_bracket(tokens: Sequence[Token]) -> Token | None:
    """Return the innermost round bracket that is open at the end of some tokens of one part."""
    stack: list[Token] = []
    for token in tokens:
        if token.type == "LPAR":
            stack.append(token)
        elif token.type == "RPAR" and stack:
            stack.pop()
    return stack[-1] if stack else None
