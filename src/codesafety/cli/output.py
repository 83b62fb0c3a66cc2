"""How commands write: text for people, coloured only on a terminal; JSON for machines; errors with what to do next."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from enum import StrEnum
from typing import Any, NoReturn

import typer

from codesafety.diagnostics import Severity, render_all
from codesafety.errors import CodesafetyError, InputError, RuleError
from codesafety.report import RANK, Report

CLEAN, SOMETHING, FAILED = 0, 1, 2


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


def exit_code(report: Report) -> int:
    """Return 0 only if every resource and code was read, at least one item was answered and nothing is above `note`; else 1."""
    read = not any(n.whole or n.broken or n.coded for n in report.not_read)
    answered = any(item.rules.answered for item in report.items if item.kind in ("entry", "medication"))
    return CLEAN if read and answered and not report.not_checked and RANK[report.decision] <= RANK["note"] else SOMETHING


def write(text: str, *, end: str = "\n") -> None:
    """Write to standard output as UTF-8, whatever the locale."""
    stream = sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    stream.write(text + end)
    stream.flush()


def write_json(data: Any) -> None:
    write(json.dumps(data, ensure_ascii=False, indent=2))


def complain(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def coloured(stream: Any = None) -> bool:
    """Return whether colour is wanted: a terminal, and NO_COLOR not set."""
    stream = stream or sys.stdout
    return bool(stream.isatty()) and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def style(text: str, colour: bool, **how: Any) -> str:
    return typer.style(text, **how) if colour else text


def count(n: int, word: str) -> str:
    """Return `1 rule`, `2 rules`."""
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def width() -> int:
    return max(60, min(120, shutil.get_terminal_size((100, 24)).columns))


def wrapped(text: str, indent: str, hanging: str | None = None) -> str:
    return textwrap.fill(
        text,
        width(),
        initial_indent=indent,
        subsequent_indent=hanging if hanging is not None else indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def error_data(error: CodesafetyError) -> dict[str, Any]:
    """Return an error as plain data."""
    data: dict[str, Any] = {"kind": type(error).__name__, "message": getattr(error, "message", None) or str(error)}
    if isinstance(error, InputError):
        data |= {"source": error.source, "path": error.path, "help": error.help}
    if isinstance(error, RuleError):
        data = {
            "kind": "RuleError",
            "message": f"{len(error.diagnostics)} errors in the rules",
            "diagnostics": [d.as_json(error.sources) for d in error.diagnostics],
        }
    return data


def _errors_alone(error: RuleError) -> str:
    """Return what stops the rules, and how much else there is to say of them: hundreds of warnings would hide it."""
    errors = [d for d in error.diagnostics if d.severity is Severity.ERROR]
    rest = len(error.diagnostics) - len(errors)
    more = f"\n\n{rest} warnings are not shown\n  = help: `codesafety rules check` shows them" if rest else ""
    return render_all(errors, error.sources) + more


def fail(error: CodesafetyError, form: Format) -> NoReturn:
    """Say what went wrong and what to do next, and exit 2."""
    if form is Format.JSON:
        write_json({"error": error_data(error)})
    else:
        complain(_errors_alone(error) if isinstance(error, RuleError) else f"error: {error}")
    raise typer.Exit(FAILED)
