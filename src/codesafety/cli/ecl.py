"""`codesafety terminology parse` and `codesafety terminology expand`: expression constraints at the command line.

Exit codes: 0 valid, or evaluated; 1 (parse only) not valid; 2 could not be done: a usage error, a pack that cannot be read, an
expression that cannot be answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from codesafety.cli.output import CLEAN, FAILED, SOMETHING, Format, complain, complain_of, finish, standard_input, write
from codesafety.diagnostics import underlined
from codesafety.terminology.ecl import Expansion, Rows, Substrate, Value, canonical, parse, select
from codesafety.terminology.errors import EclError, NotSupported, TerminologyError
from codesafety.terminology.pack.file import blaming
from codesafety.terminology.pack.store import Store


class ExpandFormat(StrEnum):
    IDS = "ids"
    JSON = "json"
    TABLE = "table"


def register(app: typer.Typer) -> None:
    """Add the commands to the `codesafety terminology` app."""
    app.command("parse")(parse_command)
    app.command("expand")(expand_command)


def parse_command(
    expression: Annotated[str | None, typer.Argument(metavar="EXPR", help="The expression constraint.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to answer.")] = Format.TEXT,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Read one JSON string a line from standard input; answer a line each.")
    ] = False,
) -> None:
    """Check an expression constraint (ECL 2.3) without any release: exit 0 if it is valid, 1 if not."""
    if jsonl == (expression is not None):
        raise typer.BadParameter("give an expression, or --jsonl and expressions on standard input")
    if jsonl:
        lines = 0
        for line in standard_input():
            write(json.dumps(_verdict_on_line(line)))
            lines += 1
        finish(CLEAN, answered=lines)
    assert expression is not None
    try:
        text = canonical(parse(expression))
    except EclError as error:
        if format_ is Format.JSON:
            write(json.dumps({**_verdict(expression, error), "kind": error.kind}))
        else:
            complain(f"error[{error.kind}]: {error.message}", *_underlined(expression, error.position))
        finish(SOMETHING, answered=1)
    if format_ is Format.JSON:
        write(json.dumps({**_verdict(expression, None), "canonical": text}))
    else:
        write(text)
    finish(CLEAN, answered=1)


def expand_command(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="The pack of a release.")],
    expression: Annotated[str, typer.Argument(metavar="EXPR", help="The expression constraint.")],
    format_: Annotated[ExpandFormat, typer.Option("--format", help="ids: one a line and nothing else.")] = ExpandFormat.IDS,
    substrate: Annotated[Substrate, typer.Option(help="What `*` stands for: the active concepts, or all.")] = Substrate.ACTIVE,
    unknown_as_empty: Annotated[
        bool,
        typer.Option(
            "--unknown-as-empty",
            help="Let a concept that the release does not hold stand for nothing. By default it is an error.",
        ),
    ] = False,
) -> None:
    """List the concepts that satisfy an expression constraint."""
    try:
        with blaming(pack):
            store = Store(pack)
            answer = select(store, expression, substrate=substrate, unknown_as_empty=unknown_as_empty)
            match format_:
                case ExpandFormat.IDS:
                    lines = _ids(answer)
                case ExpandFormat.JSON:
                    lines = [json.dumps(_as_json(expression, answer), ensure_ascii=False)]
                case ExpandFormat.TABLE:
                    lines = list(_table(store, answer))
        write(*lines)
    except TerminologyError as error:
        _refuse(error, expression, as_json=format_ is ExpandFormat.JSON)
    finish(CLEAN, answered=1)


def _underlined(text: str, position: int | None) -> list[str]:
    """Return the line of `text` that holds `position`, and a caret under it; without a position, the text alone."""
    if position is None:
        return [f"  | {text}"]
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", start)
    return [f"  | {part}" for part in underlined(text[start:] if end < 0 else text[start:end], position - start)]


def _verdict(text: str | None, error: EclError | None) -> dict[str, object]:
    return {
        "ecl": text,
        "valid": error is None,
        "error": None if error is None else error.message,
        "position": None if error is None else error.position,
    }


def _verdict_on_line(line: bytes) -> dict[str, object]:
    """Answer one line, whatever is in it: the lines of question and answer stay in step."""
    try:
        text = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return {"ecl": None, "valid": False, "error": "the line is not JSON", "position": None}
    if not isinstance(text, str):
        return {"ecl": None, "valid": False, "error": "the line is not a JSON string", "position": None}
    try:
        parse(text)
    except EclError as error:
        return _verdict(text, error)
    return _verdict(text, None)


def _refuse(error: TerminologyError, expression: str, *, as_json: bool) -> NoReturn:
    ecl = error if isinstance(error, EclError) else None
    if as_json:
        told = {
            "ecl": expression,
            "error": ecl.message if ecl else str(error),
            "kind": ecl.kind if ecl else "pack",
            "position": ecl.position if ecl else None,
            "concept": ecl.concept if ecl else None,
        }
        write(json.dumps(told))
    elif ecl is not None:
        complain(f"error[{ecl.kind}]: {ecl.message}")
        if ecl.position is not None:
            complain(*_underlined(expression, ecl.position))
    else:
        complain_of(error)
    finish(FAILED, answered=0)


def _ids(answer: Expansion | Rows) -> list[str]:
    if isinstance(answer, Rows):
        raise NotSupported("several fields give rows, which are no list of ids: use --format json or --format table")
    return sorted(answer.codes(), key=int)


def _as_json(expression: str, answer: Expansion | Rows) -> dict[str, object]:
    if isinstance(answer, Rows):
        return {
            "ecl": expression,
            "canonical": canonical(parse(expression)),
            "total": len(answer.rows),
            "fields": answer.fields,
            "rows": [[_value(value) for value in row] for row in answer.rows],
        }
    return {
        "ecl": expression,
        "canonical": answer.canonical,
        "total": len(answer),
        "codes": sorted(answer.store.codes(answer.runs), key=int),
        "values": [_value(value) for value in sorted(answer.values)],
    }


def _value(value: Value | None) -> dict[str, str] | None:
    return None if value is None else {"kind": value.kind, "value": value.text}


def _table(store: Store, answer: Expansion | Rows) -> Iterator[str]:
    """Yield tab-separated lines: code, active or inactive, preferred term; or the fields that were selected."""
    if isinstance(answer, Rows):
        yield "\t".join(answer.fields)
        for row in answer.rows:
            yield "\t".join("" if value is None else value.text for value in row)
        return
    for ordinal in sorted(answer.ordinals(), key=lambda ordinal: int(store.code(ordinal))):
        term = (store.texts.preferred(ordinal) if store.has_texts else None) or ""
        yield f"{store.code(ordinal)}\t{'active' if store.is_active(ordinal) else 'inactive'}\t{term}"
    for value in sorted(answer.values):
        yield f"{value.text}\t{value.kind}\t"
