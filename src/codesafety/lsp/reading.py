"""What helps to read a rule file: hover, terms beside bare codes, colours, and what can be run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from lsprotocol import types

from codesafety import ir
from codesafety.authoring.explaining import folder
from codesafety.diagnostics import count
from codesafety.ir import Kind
from codesafety.language import schema
from codesafety.language.drafts import Piece
from codesafety.language.parsing import syntax
from codesafety.language.parsing.parser import scanner
from codesafety.language.parsing.tokens import Token
from codesafety.language.schema import FieldSpec
from codesafety.lsp.desk import Desk
from codesafety.lsp.names import Declared, binders, declared_at, inside, token_at
from codesafety.lsp.places import path_of
from codesafety.terminology.errors import TerminologyError
from codesafety.terminology.interface import Status

_MEMBERS: Final = 10
"""Members of a value set that a hover names."""
_SECTION: Final = re.compile(r"^## (.+)\n(.+?)\\?\n", re.MULTILINE)
_OF_TIME: Final = (Kind.ENTRY, Kind.HISTORY, Kind.MENTION, Kind.MEDICATION)


@cache
def keywords() -> Mapping[str, str]:
    """Return what each reserved word says. Source: the page of every keyword, which is shipped with the package."""
    return dict(_SECTION.findall((folder() / "keywords.md").read_text("utf-8")))


# ------------------------------------------------------------------------------------------------ hover


def hover(desk: Desk, piece: Piece, offset: int) -> types.Hover | None:
    """Return what there is to know of the word at a place."""
    token = token_at(piece, offset)
    if token is None:
        return None
    text = _told(desk, piece, offset, token)
    if text is None:
        return None
    where = desk.places.within(piece, token.start_pos, token.end_pos)
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), where)


def _told(desk: Desk, piece: Piece, offset: int, token: Token) -> str | None:
    declared = declared_at(desk, piece, offset)
    if declared is not None:
        return "\n\n".join(of_declaration(desk, declared))
    code = next((c for c in codes(piece) if c.span.start <= offset <= c.span.end), None)
    if code is not None:
        return of_code(desk, code)
    if token.type in ("DOTTED", "NAME") and (field := of_field(piece, offset, token.value)) is not None:
        return field
    word = " ".join(token.value.split())
    said = keywords().get(word)
    return None if said is None or token.type == "NAME" else f"**{word}**\n\n{said}"


def of_declaration(desk: Desk, declared: Declared) -> list[str]:
    """Return what a declaration is: its title, how large it is, where it is used, and its sources."""
    what, whole = declared
    ruleset = whole.rpartition("/")[0]
    lines = [f"**{what}** `{whole}`"]
    made = desk.ruleset(ruleset)
    if made is None:
        return lines
    every: dict[str, Sequence[ir.Rule | ir.ValueSet | ir.Limit | ir.Table]] = {
        "rule": rules_of(desk, declared),
        "value set": made.valuesets,
        "limit": made.limits,
        "table": made.tables,
    }
    found = next((one for one in every.get(what, ()) if what == "rule" or one.name == whole), None)
    match found:
        case ir.ValueSet():
            lines += [found.title, _size(desk, found)]
        case ir.Limit():
            lines.append(found.title)
        case ir.Table():
            lines.append(f"{count(len(found.rows), 'row')}; columns: {', '.join(f'`{name}`' for name in found.columns)}")
        case ir.Rule():
            rows = len(every["rule"])
            of_rows = f", {count(rows, 'row')}" if rows > 1 else ""
            lines += [found.title or "", f"{found.action.value}; {count(len(found.examples), 'example')}{of_rows}"]
        case _:
            node = desk.declared.get(declared)
            if node is not None and isinstance(node[0], syntax.Define):
                lines.append(node[0].title.text)
    used = {use.span.file for use in desk.checked.uses if (use.what, use.name) == declared}
    names = sorted({n.name.text for key in used if (p := desk.drafts.piece(key)) for n in p.syntax.declarations})
    lines.append(f"Named by {', '.join(f'`{name}`' for name in names)}." if names else "Nothing here names it.")
    lines += [f"Source: {one.text}{f' <{one.url}>' if one.url else ''}" for one in getattr(found, "sources", ())]
    return [line for line in lines if line]


def rules_of(desk: Desk, declared: Declared) -> list[ir.Rule]:
    """Return what a declaration makes of rules: one, one for each row of its table, or none where it is wrong or no rule."""
    what, whole = declared
    made = desk.ruleset(whole.rpartition("/")[0])
    return [rule for rule in made.rules if rule.family == whole] if what == "rule" and made is not None else []


def _size(desk: Desk, valueset: ir.ValueSet) -> str:
    """Return how many codes a value set holds, and the first of them."""
    members = _members(desk, valueset.name, set())
    if members is None:
        return "How many codes it holds only a release can tell, or a frozen list."
    shown = []
    for key in sorted(members)[:_MEMBERS]:
        term = members[key] or next(iter(desk.terms(key)), None)
        shown.append(f"- `{key}`{f' {term}' if term else ''}")
    more = [f"- and {len(members) - _MEMBERS} more"] if len(members) > _MEMBERS else []
    return "\n".join([f"{count(len(members), 'code')}:", "", *shown, *more])


def _members(desk: Desk, name: str, seen: set[str]) -> dict[str, str] | None:
    """Return the codes of a value set with the terms that it gives, or None where that cannot be told."""
    ruleset = desk.ruleset(name.rpartition("/")[0])
    one = next((s for s in ruleset.valuesets if s.name == name), None) if ruleset is not None else None
    if one is None or name in seen:
        return None if one is None else {}
    seen.add(name)
    found: dict[str, str] = {}
    if one.frozen is not None:
        found |= {ir.code_key(row.system, row.code): row.term or "" for row in one.frozen}
    elif one.ecl is not None:
        if not desk.terminology.has_release:
            return None
        try:
            found |= dict.fromkeys(desk.terminology.expand(one.ecl), "")
        except TerminologyError:
            return None
    found |= {code.key: code.term or "" for code in one.codes}
    for other in one.includes:
        inner = _members(desk, other, seen)
        if inner is None:
            return None
        found |= inner
    for other in one.except_sets:
        inner = _members(desk, other, seen)
        if inner is None:
            return None
        for key in inner:
            found.pop(key, None)
    for code in one.except_codes:
        found.pop(code.key, None)
    return found


def codes(piece: Piece) -> Iterator[syntax.Code]:
    """Yield the codes that are written in a piece, in order."""

    def within(node: object) -> Iterator[syntax.Code]:
        if isinstance(node, syntax.Code):
            yield node
        for one in inside(node):
            yield from within(one)

    for node in piece.syntax.declarations:
        yield from within(node)


def of_code(desk: Desk, code: syntax.Code) -> str:
    """Return how a code is called, by the release or the lists, and whether it is active."""
    called = desk.terms(code.code)
    status = desk.terminology.status(code.code)
    lines = [f"**{code.code}** {called[0] if called else code.term or ''}".rstrip()]
    lines += [f"Also: {', '.join(called[1:6])}"] if len(called) > 1 else []
    if status in (Status.INACTIVE, Status.UNKNOWN):
        lines.append("Inactive in this release." if status is Status.INACTIVE else "Not in this release.")
    elif not called:
        lines.append("Nothing here knows how it is called.")
    return "\n\n".join([*lines, f"By {desk.terminology.name}."])


def fields_of(piece: Piece, offset: int, base: str) -> tuple[str, Mapping[str, FieldSpec]] | None:
    """Return what a word stands for and its fields, or None where it stands for nothing that has any."""
    if base in ("patient", "message"):
        return base, schema.PATIENT if base == "patient" else schema.MESSAGE
    for one in binders(piece, offset):
        if one.name.text == base and not isinstance(one, syntax.RowBinder):
            kind = "mention" if one.kind.text == "item" else one.kind.text
            if kind in schema.FIELDS:
                return kind, schema.FIELDS[Kind(kind)]
    return None


def of_field(piece: Piece, offset: int, written: str) -> str | None:
    """Return what a field or a variable is, or None where the words are neither."""
    base, dot, name = written.partition(".")
    found = fields_of(piece, offset, base)
    if not dot:
        bound = next((one for one in binders(piece, offset) if one.name.text == base), None)
        if bound is None:
            return None
        drawn = f" in `{bound.set.text}`" if isinstance(bound, syntax.Binder) and bound.set is not None else ""
        return f"`{base}`: {'row of ' + bound.table.text if isinstance(bound, syntax.RowBinder) else bound.kind.text}{drawn}"
    if found is None or name not in found[1]:
        return None
    kind, fields = found
    spec = fields[name]
    words = schema.words_told("patient" if kind == "patient" else Kind(kind), name)
    lines = [f"`{written}`: {spec.type.value} of {'the ' + kind if kind in ('patient', 'message') else kind}"]
    lines += [f"It is one of {', '.join(f'`{word}`' for word in words)}."] if words else []
    lines += ["Only whether it is missing can be asked."] if spec.only_missing else []
    lines += ["Private: tested, and never named in a message."] if spec.private else []
    return "\n\n".join(lines)


# ------------------------------------------------------------------------------------------------ beside the text


def inlay_hints(desk: Desk, uri: str, where: types.Range) -> list[types.InlayHint]:
    """Return the terms of codes that are written without one."""
    found = []
    for piece in desk.drafts.pieces(path_of(uri)):
        if piece.line + piece.newlines < where.start.line or piece.line > where.end.line:
            continue
        for code in codes(piece):
            if code.term is None and not code.quoted and (called := desk.terms(code.code)):
                place = desk.places.within(piece, code.span.end, code.span.end).start
                found.append(types.InlayHint(place, f"|{called[0]}|", padding_left=True))
    return found


LENSES: Final = ("codesafety.run", "codesafety.coverage", "codesafety.why")


def code_lenses(desk: Desk, uri: str) -> list[types.CodeLens]:
    """Return what can be run: a rule's examples, what they cover; an example, and why it is answered so."""
    run, coverage, why = LENSES
    found = []
    for piece in desk.drafts.pieces(path_of(uri)):
        for node in piece.syntax.declarations:
            if not isinstance(node, syntax.Rule):
                continue
            examples = [part for part in node.parts if isinstance(part, syntax.Example)]
            if not examples:
                continue
            where = desk.places.within(piece, node.name.span.start, node.name.span.end)
            name = node.name.text
            found.append(types.CodeLens(where, _command(f"Run {count(len(examples), 'example')}", run, uri, name)))
            found.append(types.CodeLens(where, _command("Coverage", coverage, uri, name)))
            for example in examples:
                place = desk.places.within(piece, example.name.span.start, example.name.span.end)
                found.append(types.CodeLens(place, _command("Run", run, uri, name, example.name.text)))
                found.append(types.CodeLens(place, _command("Why", why, uri, name, example.name.text)))
    return found


def _command(title: str, command: str, *arguments: str) -> types.Command:
    return types.Command(title, command, arguments=list(arguments))


# ------------------------------------------------------------------------------------------------ colours

TOKENS: Final = ("comment", "string", "number", "keyword", "type", "function", "variable", "property", "class", "operator")
_KINDS: Final = {
    "COMMENT": "comment",
    "STRING": "string",
    "URL": "string",
    "TERM": "string",
    "ECL": "string",
    "NUMBER": "number",
    "DATE": "number",
    "VERSION": "number",
    "DOTTED": "property",
    "REF": "type",
    "HAZARD": "class",
    "CHECK": "class",
    "CMP": "operator",
}
_BEHIND: Final = {
    "RULE": "class", "RULESET": "class", "TABLE": "class", "VALUESET": "type", "DEFINE": "function", "IN": "type",
    "INCLUDE": "type", "EXCEPT": "type", "DENIES": "type", "AFFIRMS": "type", "ENTRY": "variable", "HISTORY": "variable",
    "MENTION": "variable", "MEDICATION": "variable", "CODING": "variable", "ROW": "variable",
}  # fmt: skip


class Colours:
    """Semantic tokens, each piece's worked out once."""

    def __init__(self) -> None:
        self._known: dict[str, list[tuple[int, int, int, int]]] = {}

    def of(self, desk: Desk, uri: str) -> types.SemanticTokens:
        """Return the tokens of a document as the protocol counts them, each from the one before."""
        known, self._known = self._known, {}
        data: list[int] = []
        line = column = 0
        for piece in desk.drafts.pieces(path_of(uri)):
            tokens = self._known[piece.key] = known.get(piece.key) or list(_tokens(desk, piece))
            for at, start, length, kind in tokens:
                at += piece.line
                data += (at - line, start - (column if at == line else 0), length, kind, 0)
                line, column = at, start
        return types.SemanticTokens(data)


def _tokens(desk: Desk, piece: Piece) -> Iterator[tuple[int, int, int, int]]:
    """Yield line (from the piece's own), column, length and kind; what spans lines is a token on each of them."""
    words = set(scanner().keywords.values())
    line = start = 0
    previous = ""
    for token in piece.tokens:
        line += piece.text.count("\n", start, token.start_pos)
        start = token.start_pos
        kind = _KINDS.get(token.type) or ("keyword" if token.type in words or (token.value[:1].isalpha() and token.type != "NAME") else _BEHIND.get(previous))  # fmt: skip
        if kind is not None:
            begin = token.start_pos - (piece.text.rfind("\n", 0, token.start_pos) + 1)
            for number, part in enumerate(token.value.split("\n")):
                before = piece.text[token.start_pos - begin : token.start_pos] if number == 0 else ""
                if length := desk.places.units(part):
                    yield line + number, desk.places.units(before), length, TOKENS.index(kind)
        if token.type != "COMMENT":
            previous = token.type
