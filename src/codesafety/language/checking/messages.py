"""What a clinician reads: `say` to texts and typed placeholders, with nothing in it that may not be shown."""

from __future__ import annotations

import re
from typing import Final

from codesafety import ir
from codesafety.diagnostics import Span, did_you_mean
from codesafety.ir import FieldType, Kind
from codesafety.language import schema
from codesafety.language.checking.scope import ITEMS, RuleScope, a_kind
from codesafety.language.checking.times import date_operand
from codesafety.language.parsing import syntax
from codesafety.language.parsing.builder import unquoted

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_AGE_AT: Final = re.compile(r"age\s+at\s+([a-z][a-z0-9_.-]*)")
_PATH: Final = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*")
_ELSEWHERE: Final = re.compile(
    r"[%$@]([a-z][a-z0-9_.-]*[a-z0-9_]|[a-z])|[%$]\(([a-z][a-z0-9_.-]*)\)s?|[<\[]([a-z][a-z0-9_.-]*)[>\]]|[$#]$"
)
"""How other languages write a placeholder: `%e`, `$e`, `<e.value>`, `[e]`, `%(e)s`; and what they write before a brace."""


def message(node: syntax.Text, scope: RuleScope, text: str) -> tuple[str | ir.Placeholder, ...]:
    """Return a message as texts and placeholders. What cannot be shown is reported."""
    file, start = node.span.file, node.span.start + 1
    raw = text[start : node.span.end - 1]
    said: list[str | ir.Placeholder] = []
    before = len(scope.diagnostics.errors)
    at = 0
    for found in _PLACEHOLDER.finditer(raw):
        _literal(raw[at : found.start()], Span(file, start + at, start + found.start()), said, scope, braced=found[0])
        at = found.end()
        cell = _cell(found[1].strip(), scope)
        if cell is not None:
            said.append(cell)
            continue
        placeholder = _placeholder(found[1].strip(), Span(file, start + found.start(), start + found.end()), scope)
        if placeholder is not None:
            said.append(placeholder)
    _literal(raw[at:], Span(file, start + at, start + len(raw)), said, scope)
    if not "".join(part if isinstance(part, str) else "…" for part in said).strip() and len(scope.diagnostics.errors) == before:
        where = "" if scope.row is None else f" in the row `{scope.row.row.key}`"
        scope.diagnostics.error("CS218", f"this message is empty{where}", node.span, "write what a clinician should read")
    return tuple(said)


def _cell(written: str, scope: RuleScope) -> str | None:
    """Return what the row of a family says in a column that a message shows."""
    base, dot, column = written.partition(".")
    if scope.row is None or not dot or base != scope.row.name.text:
        return None
    text = scope.row.text(column, ir.NOWHERE)
    return None if text is None else text.text


def _literal(raw: str, span: Span, said: list[str | ir.Placeholder], scope: RuleScope, *, braced: str | None = None) -> None:
    """Add words, which `braced` follows if anything does. A brace alone, and another language's placeholder, are reported."""
    for found in _ELSEWHERE.finditer(raw):
        name = next((n for n in found.groups() if n), None)
        if (name is None and braced is None) or (name is not None and name.partition(".")[0] not in scope.variables):
            continue
        written, meant = (f"{found[0]}{braced}", braced) if name is None else (found[0], f"{{{name}}}")
        where = Span(span.file, span.start + found.start(), span.start + found.end())
        scope.diagnostics.error("CS218", f"`{written}` would be shown as it is written", where, f"write `{meant}`")
    brace = next((i for i, c in enumerate(raw) if c in "{}"), None)
    if brace is not None:
        scope.diagnostics.error(
            "CS218",
            f"`{raw[brace]}` without its partner",
            Span(span.file, span.start + brace, span.start + brace + 1),
            "a placeholder is written `{e}`",
        )
    if raw:
        plain = unquoted(f".{raw}.")
        lead = " " if raw[0].isspace() and said else ""
        said.append(f"{lead}{plain}{' ' if raw[-1].isspace() and plain else ''}" if plain else " ")


def _placeholder(written: str, span: Span, scope: RuleScope) -> ir.Placeholder | None:
    diagnostics = scope.diagnostics
    inner = Span(span.file, span.start + 1, span.end - 1)
    age = _AGE_AT.fullmatch(written)
    if age is None and not _PATH.fullmatch(written):
        diagnostics.error(
            "CS218", f"`{{{written}}}` cannot be shown", span, "write `{e}`, `{age at e}`, `{e.value}` or a column `{r.min_age}`"
        )
        return None
    if age is not None:
        at = date_operand(syntax.Word(age[1], inner), scope)
        return ir.Placeholder("age", at) if isinstance(at, ir.Field) else None
    base, dot, name = written.partition(".")
    if base in scope.called:
        return _found(base, name if dot else None, span, scope)
    found = scope.operand(syntax.Word(written, inner), open_too=True)
    match found:
        case None:
            return None
        case ir.Var() if found.kind in ITEMS or found.kind is Kind.CODING:
            return ir.Placeholder("item", found)
        case ir.Var():
            help = "words are not quoted: show their day, " if found.kind is Kind.TEXT else "name a field: "
            field = "date" if found.kind is Kind.TEXT else "…"
            diagnostics.error("CS218", f"{a_kind(found.kind)} cannot be shown whole", span, f"{help}`{{{written}.{field}}}`")
            return None
        case ir.Field():
            return _shown_field(found, span, scope)


def _found(name: str, field: str | None, span: Span, scope: RuleScope) -> ir.Placeholder | None:
    """Return the placeholder of what quantifiers found by a name; of several kinds, only what all of them have is shown."""
    variables = [ir.Var(name, var.kind, ir.FOUND_SLOT, span=span) for var in scope.called[name]]
    if field is None:
        return ir.Placeholder("found", variables[0])
    shown: list[ir.Placeholder] = []
    for var in dict.fromkeys(variables):
        spec = schema.FIELDS.get(var.kind, {}).get(field)
        if spec is None:
            scope.diagnostics.error(
                "CS201",
                f"unknown field `{name}.{field}`" if len(scope.called[name]) == 1 else f"{a_kind(var.kind)} has no `{field}`",
                span,
                did_you_mean(field, schema.FIELDS.get(var.kind, {})) or f"write `{{{name}}}`, which shows what was found",
            )
            return None
        made = _shown_field(ir.Field(name, field, spec.type, var, spec.private, span=span), span, scope)
        if made is None:
            return None
        shown.append(ir.Placeholder("found", made.operand))
    return shown[0]


def _shown_field(field: ir.Field, span: Span, scope: RuleScope) -> ir.Placeholder | None:
    if field.var is not None and field.var.kind is Kind.ROW:
        return ir.Placeholder("field", field)
    fields = schema.PATIENT if field.base == "patient" else schema.FIELDS[field.var.kind] if field.var else schema.MESSAGE
    spec = fields[field.name]
    if spec.private or not spec.sayable:
        why = (
            "is private: it is tested and never named"
            if spec.private
            else "is the patient's own and is never shown"
            if field.base == "patient"
            else "is text as sent, which a message never quotes"
            if spec.type is FieldType.TEXT
            else "is a code: show its item"
        )
        items = [name for name, var in scope.variables.items() if var.kind in ITEMS]
        help = (
            f"write `{{age at {items[0]}}}`"
            if field.name == "born" and items
            else f"write `{{{field.base}}}`, which shows the code and its date"
            if field.var
            else "leave it out"
        )
        scope.diagnostics.error("CS219", f"`{field.as_written}` {why}", span, help)
        return None
    return ir.Placeholder("field", field)
