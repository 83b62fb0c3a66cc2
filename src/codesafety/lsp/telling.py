"""What is wrong, as editors underline it, and what would put it right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from lsprotocol import types

from codesafety.authoring.lint.told import Told
from codesafety.diagnostics import Diagnostic, Severity, Span, shortened
from codesafety.language.drafts import Checked, Piece
from codesafety.lsp.desk import Desk
from codesafety.lsp.places import path_of, uri_of

_SEVERITIES: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_QUOTED: Final = re.compile(r"`([^`\n]+)`")
_TAKE_OUT: Final = ("delete", "remove it", "take it out", "leave it out")
_ERRORS: Final = ("CS1", "CS2", "CS3")
_MOST_SHOWN: Final = 300
"""How much is said of one file."""
_MOST_TRIED: Final = 8
"""How many ways of putting something right are tried: each is checked before it is shown."""


def diagnostics(desk: Desk, linted: Iterable[Told]) -> dict[Path, list[types.Diagnostic]]:
    """Return what is to be said of each file that is open or lies beside one; of those with nothing wrong, nothing.

    `linted`: what the linter told last. What it told of text that has changed since is left out until it has looked again. Of a file
    of which very much is to be said it is the worst, and how much more there is: an editor is sent all of it after every key.
    """
    found: dict[Path, list[tuple[Diagnostic, tuple[str, ...]]]] = {path: [] for path in desk.drafts.paths}
    for one in desk.checked.diagnostics:
        found.setdefault(desk.places.path(one.span), []).append((one, ()))
    for told in linted:
        if desk.drafts.piece(told.diagnostic.span.file) is not None:
            found.setdefault(desk.places.path(told.diagnostic.span), []).append((told.diagnostic, told.patients))
    return {path: _most(desk, every) for path, every in found.items()}


def _most(desk: Desk, found: list[tuple[Diagnostic, tuple[str, ...]]]) -> list[types.Diagnostic]:
    if len(found) <= _MOST_SHOWN:
        return [_shown(desk, *one) for one in found]
    worst = sorted(found, key=lambda one: one[0].severity is not Severity.ERROR)[:_MOST_SHOWN]
    more = f"and {len(found) - _MOST_SHOWN} more, of which `codesafety rules check` and `codesafety rules lint` tell"
    start = types.Position(0, 0)
    note = types.Diagnostic(types.Range(start, start), more, severity=types.DiagnosticSeverity.Information, source="codesafety")
    return [*(_shown(desk, *one) for one in worst), note]


def _shown(desk: Desk, one: Diagnostic, patients: Iterable[str] = ()) -> types.Diagnostic:
    where = desk.places.range(one.span)[1]
    lines = [shortened(one.message), *([shortened(one.help)] if one.help else []), *(f"patient: {p}" for p in patients)]
    related = [(desk.places.range(span), label) for span, label in one.related]
    return types.Diagnostic(
        where,
        "\n".join(lines),
        severity=_SEVERITIES[one.severity],
        code=one.code,
        source="codesafety",
        related_information=[
            types.DiagnosticRelatedInformation(types.Location(uri_of(file), place), label) for (file, place), label in related
        ]
        or None,
        tags=[types.DiagnosticTag.Unnecessary] if one.code == "CS407" else None,
    )


def quick_fixes(desk: Desk, uri: str, where: types.Range, linted: Iterable[Told]) -> list[types.CodeAction]:
    """Return what would put right what is wrong in a range: each was tried, and takes the complaint away without another."""
    path = path_of(uri)
    actions: list[types.CodeAction] = []
    for one in desk.checked.diagnostics:
        piece = desk.drafts.piece(one.span.file)
        if piece is not None and piece.path == path and _meet(desk.places.within(piece, one.span.start, one.span.end), where):
            actions += _of(desk, one, piece, uri)
    for told in linted:
        piece = desk.drafts.piece(told.diagnostic.span.file)
        if told.fix is None or piece is None or piece.path != path or told.fix.span.file != piece.key:
            continue
        if _meet(desk.places.within(piece, told.diagnostic.span.start, told.diagnostic.span.end), where):
            edit = types.TextEdit(desk.places.within(piece, told.fix.span.start, told.fix.span.end), told.fix.text)
            actions.append(_action(f"{told.check}: {told.diagnostic.help}", _shown(desk, told.diagnostic), uri, edit, True))
    return actions


def _meet(one: types.Range, other: types.Range) -> bool:
    first, last = max(_key(one.start), _key(other.start)), min(_key(one.end), _key(other.end))
    return first <= last


def _key(place: types.Position) -> tuple[int, int]:
    return place.line, place.character


def _of(desk: Desk, one: Diagnostic, piece: Piece, uri: str) -> Iterator[types.CodeAction]:
    before = _counted(desk.checked)
    for tried, (title, span, new) in enumerate(islice(_candidates(one, piece), _MOST_TRIED)):
        text = desk.drafts.text(piece.path) or ""
        at = piece.start
        after = _counted(desk.drafts.tried(piece.path, text[: at + span.start] + new + text[at + span.end :]))
        gone = after[one.code, one.message] < before[one.code, one.message]
        if gone and not any(code[:3] in _ERRORS for code, _ in after - before):
            edit = types.TextEdit(desk.places.within(piece, span.start, span.end), new)
            preferred = (one.help or "").startswith("did you mean") and tried == 0
            yield _action(title, _shown(desk, one), uri, edit, preferred)


def _counted(checked: Checked) -> Counter[tuple[str, str]]:
    return Counter((d.code, d.message) for d in checked.diagnostics)


def _candidates(one: Diagnostic, piece: Piece) -> Iterator[tuple[str, Span, str]]:
    """Yield what a remedy may mean: a title, what to replace, and by what."""
    help = one.help or ""
    written = [
        words for words in _QUOTED.findall(help) if "…" not in words and words != piece.text[one.span.start : one.span.end]
    ]
    if help.startswith(_TAKE_OUT):
        yield "Take it out", one.span, ""
    opening = piece.text.find("{") + 1
    for words in dict.fromkeys(written):
        if help.startswith("add"):
            if opening:
                yield f"Add `{words}`", Span(piece.key, opening, opening), f"\n  {words}"
        else:
            yield f"Write `{words}`", one.span, words


def _action(title: str, about: types.Diagnostic, uri: str, edit: types.TextEdit, preferred: bool) -> types.CodeAction:
    return types.CodeAction(
        title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[about],
        edit=types.WorkspaceEdit(changes={uri: [edit]}),
        is_preferred=preferred or None,
    )
