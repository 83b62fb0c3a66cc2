"""`codesafety terminology parse` and `codesafety terminology expand`: expression constraints at the command line.

Exit codes: 0 valid, or evaluated; 1 (parse only) not valid; 2 could not be done: a usage error, a pack that cannot be read, an
expression that cannot be answered.
"""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from codesafety.terminology.ecl import Expansion, Rows, Substrate, Value, canonical, parse, select
from codesafety.terminology.errors import EclError, NotSupported, TerminologyError
from codesafety.terminology.pack.store import Store


class ParseFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


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
    format_: Annotated[ParseFormat, typer.Option("--format", help="How to answer.")] = ParseFormat.TEXT,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Read one JSON string a line from standard input; answer a line each.")
    ] = False,
) -> None:
    """Check an expression constraint (ECL 2.3) without any release: exit 0 if it is valid, 1 if not."""
    if jsonl == (expression is not None):
        raise typer.BadParameter("give an expression, or --jsonl and expressions on standard input")
    if jsonl:
        for line in sys.stdin.buffer:
            print(json.dumps(_verdict_on_line(line)), flush=True)
        return
    assert expression is not None
    try:
        text = canonical(parse(expression))
    except EclError as error:
        if format_ is ParseFormat.JSON:
            print(json.dumps({**_verdict(expression, error), "kind": error.kind}))
        else:
            print(f"error[{error.kind}]: {error.message}", file=sys.stderr)
            print(underlined(expression, error.position), file=sys.stderr)
        raise typer.Exit(1) from None
    if format_ is ParseFormat.JSON:
        print(json.dumps({**_verdict(expression, None), "canonical": text}))
    else:
        print(text)


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
        store = Store(pack)
        answer = select(store, expression, substrate=substrate, unknown_as_empty=unknown_as_empty)
        match format_:
            case ExpandFormat.IDS:
                _write_ids(answer)
            case ExpandFormat.JSON:
                print(json.dumps(_as_json(expression, answer), ensure_ascii=False))
            case ExpandFormat.TABLE:
                _write_table(store, answer)
    except TerminologyError as error:
        _refuse(error, expression, as_json=format_ is ExpandFormat.JSON)


def underlined(text: str, position: int | None) -> str:
    """Return the line of `text` that holds `position`, with a caret under it; without a position, the text alone."""
    if position is None:
        return f"  | {text}"
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", start)
    line = text[start:] if end < 0 else text[start:end]
    before = "".join("\t" if character == "\t" else " " for character in line[: position - start])
    return f"  | {line}\n  | {before}^"


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
    if isinstance(error, EclError):
        if as_json:
            print(
                json.dumps(
                    {
                        "ecl": expression,
                        "error": error.message,
                        "kind": error.kind,
                        "position": error.position,
                        "concept": error.concept,
                    }
                )
            )
        else:
            print(f"error[{error.kind}]: {error.message}", file=sys.stderr)
            if error.position is not None:
                print(underlined(expression, error.position), file=sys.stderr)
    elif as_json:
        print(json.dumps({"ecl": expression, "error": str(error), "kind": "pack", "position": None, "concept": None}))
    else:
        print(f"error: {error}", file=sys.stderr)
    raise typer.Exit(2) from None


def _write_ids(answer: Expansion | Rows) -> None:
    if isinstance(answer, Rows):
        raise NotSupported("several fields give rows, which are no list of ids: use --format json or --format table")
    codes = sorted(answer.codes(), key=int)
    sys.stdout.write("".join(f"{code}\n" for code in codes))


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


def _write_table(store: Store, answer: Expansion | Rows) -> None:
    """Write tab-separated lines: code, active or inactive, preferred term; or the fields that were selected."""
    if isinstance(answer, Rows):
        print("\t".join(answer.fields))
        for row in answer.rows:
            print("\t".join("" if value is None else value.text for value in row))
        return
    for ordinal in sorted(answer.ordinals(), key=lambda ordinal: int(store.code(ordinal))):
        term = (store.texts.preferred(ordinal) if store.has_texts else None) or ""
        print(f"{store.code(ordinal)}\t{'active' if store.is_active(ordinal) else 'inactive'}\t{term}")
    for value in sorted(answer.values):
        print(f"{value.text}\t{value.kind}\t")
