"""What may be written next: the words that the grammar takes there, names that are declared, fields, and codes by their terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from lsprotocol import types

from codesafety.authoring.lint.told import terms_of
from codesafety.ir import Kind
from codesafety.language import schema
from codesafety.language.drafts import Piece
from codesafety.language.parsing import syntax
from codesafety.language.parsing.parser import accepted_after, scanner
from codesafety.language.parsing.tokens import Token
from codesafety.lsp.desk import Desk
from codesafety.lsp.names import binders
from codesafety.lsp.reading import fields_of, keywords
from codesafety.terminology.errors import TerminologyError

_WORD: Final = re.compile(r"[A-Za-z0-9_./-]*\Z")
_FEWEST_LETTERS: Final = 3
"""Before so many letters no release is asked for terms."""
_MOST_CODES: Final = 50


def complete(desk: Desk, piece: Piece, offset: int) -> list[types.CompletionItem]:
    """Return what may be written at a place of a piece."""
    found = _WORD.search(piece.text, 0, offset)
    written = found[0] if found is not None else ""
    if any(t.start_pos < offset < t.end_pos and t.type in ("STRING", "COMMENT", "URL") for t in piece.tokens):
        return []
    start = offset - len(written)
    before = [t for t in piece.tokens if t.end_pos <= start and t.type != "COMMENT"]
    base, dot, _ = written.partition(".")
    if dot and "/" not in written:
        return list(_fields(desk, piece, offset, base))
    own = before[_declaration_start(before) :]
    where = desk.places.within(piece, start, offset)
    return [*_names(desk, piece, own), *_words(own), *_field_words(piece, own), *_codes(desk, own, written, where)]


def _declaration_start(tokens: Sequence[Token]) -> int:
    starts = [i for i, t in enumerate(tokens) if t.type in ("RULE", "VALUESET", "LIMIT", "TABLE", "RULESET", "DEFINE")]
    starts = [i for i in starts if not (tokens[i].type == "RULE" and i and tokens[i - 1].type == "AFTER")]
    return starts[-1] if starts else 0


def _fields(desk: Desk, piece: Piece, offset: int, base: str) -> Iterator[types.CompletionItem]:
    found = fields_of(piece, offset, base)
    for name, spec in found[1].items() if found is not None else ():
        yield types.CompletionItem(f"{base}.{name}", kind=types.CompletionItemKind.Field, detail=spec.type.value)
    for one in binders(piece, offset):
        if isinstance(one, syntax.RowBinder) and one.name.text == base:
            ruleset = desk.checked.ruleset_of.get(piece.path, "")
            whole = one.table.text if "/" in one.table.text else f"{ruleset}/{one.table.text}"
            table = desk.checked.names.tables.get(whole)
            for name, column in table.columns.items() if table is not None else ():
                yield types.CompletionItem(f"{base}.{name}", kind=types.CompletionItemKind.Field, detail=f"column, {column.type}")


def _words(before: Sequence[Token]) -> Iterator[types.CompletionItem]:
    """Yield the reserved words that the grammar takes behind some tokens."""
    accepted = accepted_after(before)
    for word, terminal in scanner().keywords.items():
        if terminal in accepted:
            yield types.CompletionItem(word, kind=types.CompletionItemKind.Keyword, documentation=keywords().get(word))


def _names(desk: Desk, piece: Piece, before: Sequence[Token]) -> Iterator[types.CompletionItem]:
    """Yield the declarations that can be named behind some tokens."""
    what = _named_behind(before)
    if what is None:
        return
    own = desk.checked.ruleset_of.get(piece.path, "")
    for (kind, whole), (node, ruleset) in desk.declared.items():
        if kind == what and (ruleset == own or _is_used(desk, own, ruleset)):
            title = getattr(node, "title", None)
            detail = title.text if isinstance(title, syntax.Text) else None
            name = node.name.text if ruleset == own else whole
            yield types.CompletionItem(name, kind=types.CompletionItemKind.EnumMember, detail=detail)


def _heads(before: Sequence[Token]) -> list[str]:
    """Return the types of some tokens, without the first members of a list that they end in: its head says what is listed."""
    at = len(before)
    if before and before[-1].type == "COMMA":
        while at and before[at - 1].type in ("COMMA", "NUMBER", "TERM", "NAME", "REF"):
            at -= 1
    return [token.type for token in before[:at]]


def _named_behind(before: Sequence[Token]) -> str | None:
    """Return what can be named behind some tokens, or None."""
    match _heads(before):
        case [*_, "AFTER", "RULE"]:
            return "rule"
        case [*_, "IN" | "INCLUDE" | "EXCEPT" | "DENIES" | "AFFIRMS"]:
            return "value set"
        case [*_, "ROW", "NAME", "OF"]:
            return "table"
        case [*_, "CMP" | "WITHIN" | "THAN" | "LEAST"]:
            return "limit"
        case [*_, "WHEN" | "AND" | "OR" | "LPAR"] | [*_, "UNLESS", "STRING"]:
            return "named condition"
    return None


def _is_used(desk: Desk, own: str, other: str) -> bool:
    ruleset = desk.ruleset(own)
    return ruleset is not None and any(use.ruleset == other for use in ruleset.uses)


def _field_words(piece: Piece, before: Sequence[Token]) -> Iterator[types.CompletionItem]:
    """Yield the words that a field, an item or a part may be."""
    last = before[-1] if before else None
    words: Iterable[str] = ()
    if last is not None and last.type in ("ACTION", "TELL"):
        words = schema.ACTIONS
    elif last is not None and last.type == "SEVERITY":
        words = schema.SEVERITIES
    elif last is not None and last.type == "ABOUT":
        words = schema.ABOUT
    elif last is not None and last.type in ("IS", "NOT") and len(before) > 1:
        asked = before[-2] if last.type == "IS" else before[-3] if len(before) > 2 else last
        base, dot, name = asked.value.partition(".")
        found = fields_of(piece, asked.start_pos, base)
        if found is not None and dot and name in found[1]:
            words = schema.words_told("patient" if found[0] == "patient" else Kind(found[0]), name) or ()
        elif found is not None and not dot and found[0] in tuple(Kind):
            words = schema.ITEM_WORDS.get(Kind(found[0]), ())
    elif last is not None and last.type == "GIVEN":
        words = ("patient", "message", "record", "incoming")
    for word in words:
        yield types.CompletionItem(str(word), kind=types.CompletionItemKind.Value)


def _codes(desk: Desk, before: Sequence[Token], written: str, where: types.Range) -> Iterator[types.CompletionItem]:
    """Yield codes by their terms: those that the rules in use name; and of a release, those whose terms hold what is written."""
    match _heads(before):
        case [*_, "CODES" | "PERHAPS" | "EXCEPT"] | [*_, "GIVEN", "NAME", "ENTRY" | "MEDICATION"]:
            pass
        case _:
            return
    known = {code: term for code, term in terms_of(desk.checked.loaded.rulesets).items() if code.isdigit()}
    if desk.terminology.has_release and len(written) >= _FEWEST_LETTERS:
        try:
            found = desk.terminology.expand(f'* {{{{ term = "{written}" }}}}')
        except TerminologyError:
            found = frozenset()
        known |= {code: terms[0] for code in sorted(found)[:_MOST_CODES] if (terms := desk.terms(code))}
    for code, term in sorted(known.items(), key=lambda one: (len(one[1]), one)):
        text = f"{code} |{term}|"
        yield types.CompletionItem(
            term,
            kind=types.CompletionItemKind.Value,
            detail=code,
            filter_text=f"{term} {code}",
            text_edit=types.TextEdit(where, text),
        )
