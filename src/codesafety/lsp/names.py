"""Names and where they stand: definition, references, rename, symbols, folding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lsprotocol import types

from codesafety.diagnostics import Diagnostics
from codesafety.language.drafts import Piece
from codesafety.language.files import read_rules
from codesafety.language.parsing import syntax
from codesafety.language.parsing.parser import scanner
from codesafety.language.parsing.tokens import Token
from codesafety.lsp.desk import WHAT, Desk
from codesafety.lsp.places import path_of, uri_of

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")
_SYMBOLS: Final = {
    "ruleset": types.SymbolKind.Package,
    "limit": types.SymbolKind.Constant,
    "value set": types.SymbolKind.Enum,
    "table": types.SymbolKind.Array,
    "named condition": types.SymbolKind.Function,
    "rule": types.SymbolKind.Class,
}
Declared = tuple[str, str]
"""What it is, and its whole name."""


class Refused(Exception):
    """What was asked cannot be done, and why."""


def token_at(piece: Piece, offset: int) -> Token | None:
    """Return the token that an offset is in, or stands behind."""
    found = [token for token in piece.tokens if token.start_pos <= offset <= token.end_pos]
    return next((token for token in found if token.type in ("NAME", "DOTTED", "REF", "NUMBER")), found[-1] if found else None)


def declared_at(desk: Desk, piece: Piece, offset: int) -> Declared | None:
    """Return the declaration that is named at a place, in its own head or where it is used."""
    for use in desk.checked.uses:
        if use.span.file == piece.key and use.span.start <= offset <= use.span.end:
            return use.what, use.name
    ruleset = desk.checked.ruleset_of.get(piece.path, "")
    for node in piece.syntax.declarations:
        if node.name.span.start <= offset <= node.name.span.end and WHAT[type(node)] != "ruleset":
            return WHAT[type(node)], f"{ruleset}/{node.name.text}"
    return None


def variable_at(
    piece: Piece, offset: int
) -> tuple[str, list[syntax.Binder | syntax.RowBinder | syntax.TextBinder | syntax.Parameter]]:
    """Return the first part of the word at a place, and what binds it in its declaration."""
    token = token_at(piece, offset)
    if token is None or token.type not in ("NAME", "DOTTED"):
        return "", []
    base = token.value.partition(".")[0]
    return base, [one for one in binders(piece, offset) if one.name.text == base]


def binders(piece: Piece, offset: int) -> list[syntax.Binder | syntax.RowBinder | syntax.TextBinder | syntax.Parameter]:
    """Return everything that binds a name in the declaration at a place; where its form is wrong, what its words bind."""
    for node in piece.syntax.declarations:
        if node.span.start <= offset <= node.span.end:
            return list(_binders(node))
    return list(_bound_by_words(piece))


def _binders(node: object) -> Iterator[syntax.Binder | syntax.RowBinder | syntax.TextBinder | syntax.Parameter]:
    if isinstance(node, syntax.Binder | syntax.RowBinder | syntax.TextBinder | syntax.Parameter):
        yield node
    for one in inside(node):
        yield from _binders(one)


def inside(node: object) -> Iterator[object]:
    """Yield the nodes of syntax directly in another."""
    if isinstance(node, tuple):
        yield from node
    else:
        yield from (getattr(node, name) for name in getattr(type(node), "__dataclass_fields__", ()) if name != "span")


def _bound_by_words(piece: Piece) -> Iterator[syntax.Binder]:
    words = [token for token in piece.tokens if token.type != "COMMENT"]
    for at, kind in enumerate(words[:-1]):
        name = words[at + 1]
        if kind.type in ("ENTRY", "HISTORY", "MENTION", "MEDICATION", "CODING") and name.type == "NAME":
            drawn = words[at + 3] if [t.type for t in words[at + 2 : at + 4]] in (["IN", "NAME"], ["IN", "REF"]) else None
            drawn_from = None if drawn is None else syntax.Word(drawn.value, drawn.span)
            span = kind.span.to(name.span)
            yield syntax.Binder(syntax.Word(kind.value, kind.span), syntax.Word(name.value, name.span), drawn_from, None, span)


def definition(desk: Desk, piece: Piece, offset: int) -> types.Location | None:
    """Return where what is named at a place is declared or bound."""
    declared = declared_at(desk, piece, offset)
    if declared is not None:
        found = desk.declared.get(declared)
        return None if found is None else _location(desk, found[0].name)
    _, binders = variable_at(piece, offset)
    earlier = [one for one in binders if one.span.start <= offset] or binders
    return _location(desk, earlier[-1].name) if earlier else None


def _location(desk: Desk, word: syntax.Word) -> types.Location:
    path, where = desk.places.range(word.span)
    return types.Location(uri_of(path), where)


def references(desk: Desk, piece: Piece, offset: int, *, declaration: bool) -> list[types.Location]:
    """Return the places that name what is named at a place; of a variable those in its declaration."""
    declared = declared_at(desk, piece, offset)
    if declared is None:
        base, binders = variable_at(piece, offset)
        if not binders:
            return []
        return [
            types.Location(uri_of(piece.path), desk.places.within(piece, t.start_pos, t.start_pos + len(base)))
            for t in piece.tokens
            if t.type in ("NAME", "DOTTED") and t.value.partition(".")[0] == base
        ]
    spans = [use.span for use in desk.checked.uses if (use.what, use.name) == declared]
    if declaration and declared in desk.declared:
        spans.insert(0, desk.declared[declared][0].name.span)
    ranges = [desk.places.range(span) for span in dict.fromkeys(spans)]
    return [types.Location(uri_of(path), where) for path, where in ranges]


def prepare_rename(desk: Desk, piece: Piece, offset: int) -> types.Range:
    """Return what would be renamed. Raises Refused."""
    token = token_at(piece, offset)
    if token is None or declared_at(desk, piece, offset) is None:
        raise Refused("only rules, value sets, limits, tables and named conditions are renamed here")
    return desk.places.within(piece, token.end_pos - len(token.value.rpartition("/")[2]), token.end_pos)


def rename(desk: Desk, piece: Piece, offset: int, new: str) -> types.WorkspaceEdit:
    """Return the edits that give a declaration another name, in every file that names it. Raises Refused with the reason."""
    declared = declared_at(desk, piece, offset)
    if declared is None:
        raise Refused("only rules, value sets, limits, tables and named conditions are renamed here")
    what, whole = declared
    ruleset, _, old = whole.rpartition("/")
    if not _NAME.fullmatch(new) or new in scanner().keywords:
        raise Refused(f"`{new}` cannot be a name: names are small letters, digits, `-` and `_`, and no reserved word")
    if (what, f"{ruleset}/{new}") in desk.declared:
        raise Refused(f"there is a {what} `{new}` already")
    if desk.declared.get(declared) is None or desk.places.range(desk.declared[declared][0].name.span)[0] not in desk.drafts.paths:
        raise Refused(f"`{whole}` is of a ruleset that is not open here")
    take_dependents(desk, whole)
    unclear = [
        one.key
        for path in desk.drafts.paths
        for one in desk.drafts.pieces(path)
        if (old in one.words or whole in one.words) and (one.diagnostics or _wrong(desk, one))
    ]
    if unclear:
        line = desk.drafts.piece(unclear[0])
        where = f"{line.path.name}:{line.line + 1}" if line is not None else ""
        raise Refused(f"`{old}` may be named where something is wrong ({where}): put that right first")
    edits: dict[str, list[types.TextEdit]] = {}
    for span in dict.fromkeys(
        [desk.declared[declared][0].name.span, *(u.span for u in desk.checked.uses if (u.what, u.name) == declared)]
    ):
        held = desk.drafts.piece(span.file)
        if held is None:
            raise Refused(f"`{old}` is named in {Path(span.file).name}: rename it there by hand first")
        written = held.text[span.start : span.end]
        start = span.end - len(written.rpartition("/")[2])
        edits.setdefault(uri_of(held.path), []).append(types.TextEdit(desk.places.within(held, start, span.end), new))
    return types.WorkspaceEdit(changes=edits)


def take_dependents(desk: Desk, whole: str) -> None:
    """Take the rulesets below the open folders that name something of another by its whole name."""
    word = re.compile(rf"(?<![\w.-]){re.escape(whole)}(?![\w-])")
    for file in (*desk.rule_files(), *desk.drafts.unread):
        if desk.drafts.text(file) is None:
            text = read_rules(file, Diagnostics())
            if text is None:
                raise Refused(f"{file.name} cannot be read, and may name it")
            if word.search(text):
                desk.take_folder(file.parent)


def _wrong(desk: Desk, piece: Piece) -> bool:
    return any(d.span.file == piece.key and d.severity == "error" for d in desk.checked.diagnostics)


# ------------------------------------------------------------------------------------------------ outlines


def document_symbols(desk: Desk, uri: str) -> list[types.DocumentSymbol]:
    """Return the declarations of a document, and of rules their examples."""
    return [
        types.DocumentSymbol(
            name=node.name.text,
            detail=_title(node),
            kind=_SYMBOLS[WHAT[type(node)]],
            range=desk.places.within(piece, node.span.start, node.span.end),
            selection_range=desk.places.within(piece, node.name.span.start, node.name.span.end),
            children=[
                types.DocumentSymbol(
                    name=part.name.text,
                    kind=types.SymbolKind.Event,
                    range=desk.places.within(piece, part.span.start, part.span.end),
                    selection_range=desk.places.within(piece, part.name.span.start, part.name.span.end),
                )
                for part in (node.parts if isinstance(node, syntax.Rule) else ())
                if isinstance(part, syntax.Example)
            ],
        )
        for piece in desk.drafts.pieces(path_of(uri))
        for node in piece.syntax.declarations
    ]


def _title(node: syntax.Declaration) -> str:
    if isinstance(node, syntax.Limit | syntax.ValueSet | syntax.Define):
        return node.title.text
    parts = () if isinstance(node, syntax.Table) else node.parts
    titles = [part.value.text for part in parts if isinstance(part, syntax.Setting) and part.keyword == "title" and isinstance(part.value, syntax.Text)]  # fmt: skip
    return titles[0] if titles else ""


def workspace_symbols(desk: Desk, query: str) -> list[types.WorkspaceSymbol]:
    """Return the declarations of all that is open whose whole name holds a text."""
    return [
        types.WorkspaceSymbol(
            name=node.name.text, kind=_SYMBOLS[what], location=_location(desk, node.name), container_name=ruleset
        )
        for (what, whole), (node, ruleset) in desk.declared.items()
        if query.lower() in whole
    ]


def folding(desk: Desk, uri: str) -> list[types.FoldingRange]:
    """Return what can be folded: declarations, examples and comments of several lines."""
    found = []
    for piece in desk.drafts.pieces(path_of(uri)):
        spans = [(node.span.start, node.span.end, None) for node in piece.syntax.declarations]
        spans += [
            (part.span.start, part.span.end, None)
            for node in piece.syntax.declarations
            if isinstance(node, syntax.Rule)
            for part in node.parts
            if isinstance(part, syntax.Example)
        ]
        comments = [(t.start_pos, t.end_pos, types.FoldingRangeKind.Comment) for t in piece.tokens if t.type == "COMMENT"]
        for start, end, kind in [*spans, *comments]:
            first, last = (piece.line + piece.text.count("\n", 0, at) for at in (start, end))
            if last > first:
                found.append(types.FoldingRange(first, last, kind=kind))
    return found
