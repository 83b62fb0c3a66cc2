"""How commands write and end: text for people, coloured only on a terminal; JSON for machines; errors with what to do next."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from io import UnsupportedOperation
from typing import Any, BinaryIO, NoReturn

import typer

from codesafety.diagnostics import Severity, count, escaped, render_all, shortened
from codesafety.errors import CodesafetyError, ConfigurationError, InputError, RuleError
from codesafety.report import RANK, Report, decision_of_unread

CLEAN, SOMETHING, FAILED = 0, 1, 2


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


class ListFormat(StrEnum):
    """How what was found in lists is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


class TestFormat(StrEnum):
    """How what the examples of rules come to is written."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"


class LintFormat(StrEnum):
    """How what the linter tells is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


class ReportFormat(StrEnum):
    """How reports are written: for people, whole, or as another standard's answer."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    OPERATION_OUTCOME = "operation-outcome"
    CDS_HOOKS = "cds-hooks"
    SARIF = "sarif"


def exit_code(report: Report) -> int:
    """Return 0 only if every resource and code was read, at least one item was answered and nothing is above `note`; else 1.

    What could not be told does not count: it stands in the report, and without a release no right message is told whole.
    """
    read = all(decision_of_unread(n) == "none" for n in report.not_read) and not report.not_checked
    return CLEAN if read and report.counts.answered and RANK[report.decision] <= RANK["note"] else SOMETHING


@dataclass(slots=True)
class Tally:
    """What several reports come to: the worst code, and how many items were answered."""

    worst: int = CLEAN
    answered: int = 0

    def count(self, report: Report) -> None:
        self.answered += report.counts.answered
        self.worst = max(self.worst, exit_code(report))


class Finished(SystemExit):
    """The end of a command that says how many things it answered. Nothing else may end the process with 0."""

    def __init__(self, code: int, answered: int) -> None:
        self.status, self.answered = code, answered
        super().__init__(code)


class Unwritable(Exception):
    """Standard output or standard error took no more: `cause` says why. What was to be said has not been said."""

    def __init__(self, cause: OSError) -> None:
        self.cause = cause
        super().__init__()


def finish(code: int, *, answered: int) -> NoReturn:
    """End the command. `answered`: entries, rules, examples, codes, lines or packs that were really looked at and told of."""
    raise Finished(code, answered)


def write(*lines: str) -> None:
    """Write lines to standard output as UTF-8, whatever the locale. With `complain`, the one place where text leaves."""
    stream = sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    _leave(stream, lines)


def write_unchanged(text: str) -> None:
    """Write a text to standard output letter by letter, for a file or an editor to take; not for what others sent."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    except OSError as error:
        raise Unwritable(error) from None


def write_json(data: Any) -> None:
    write(*json.dumps(data, ensure_ascii=False, indent=2).split("\n"))


class JsonArray:
    """A JSON array that is written as it grows: one document, also where what fills it fails."""

    def __init__(self) -> None:
        self.is_open = False
        self._filled = False

    def begin(self) -> None:
        write("[")
        self.is_open = True

    def add(self, element: Any) -> None:
        if not self.is_open:
            self.begin()
        write(f"{',' if self._filled else ''}{json.dumps(element, ensure_ascii=False, separators=(',', ':'))}")
        self._filled = True

    def close(self) -> None:
        write("]")
        self.is_open = False


def complain(*lines: str) -> None:
    """Write lines to standard error, the long ones without their middle."""
    _leave(sys.stderr, [shortened(line) for line in lines])


def complain_of(error: CodesafetyError | OSError | str) -> None:
    """Write an error to standard error, its remedy below it. One of configuration has lines of ours, and no sender's words."""
    breaks = "\n" if isinstance(error, ConfigurationError) else _REMEDY
    complain(*re.split(breaks, f"error: {error}"))


_REMEDY = "\n(?=  = help: )"
_OWN_STYLE = re.compile("(\x1b\\[(?:[01]|3[1236])m)")
"""What `style` writes. Words of others pass through `style` or `wrapped` first, and can bring none of it."""


def _leave(stream: Any, lines: Sequence[str]) -> None:
    styled = coloured(stream)
    try:
        for line in lines:
            parts = _OWN_STYLE.split(line) if styled else (line,)
            stream.write("".join(part if number % 2 else escaped(part) for number, part in enumerate(parts)) + "\n")
        stream.flush()
    except OSError as error:
        raise Unwritable(error) from None


def standard_input() -> BinaryIO:
    """Return standard input as bytes. Ends the command where it is closed, or open for writing alone."""
    reason = "it is closed" if sys.stdin is None else None
    try:
        if sys.stdin is not None:
            os.read(sys.stdin.fileno(), 0)
    except (UnsupportedOperation, AttributeError):  # it is no file of the system, and somebody put it there to be read
        pass
    except OSError as error:
        reason = f"it cannot be read: {(error.strerror or 'an error of the system').lower()}"
    if reason is not None:
        fail(InputError(reason, source="standard input", help="send something there, or name a file"), Format.TEXT)
    return sys.stdin.buffer


def coloured(stream: Any = None) -> bool:
    """Return whether colour is wanted: a terminal, and NO_COLOR not set."""
    stream = stream or sys.stdout
    return bool(stream.isatty()) and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def style(text: str, colour: bool, **how: Any) -> str:
    text = escaped(text)
    return typer.style(text, **how) if colour else text


def width() -> int:
    return max(60, min(120, shutil.get_terminal_size((100, 24)).columns))


def wrapped(text: str, indent: str, hanging: str | None = None) -> list[str]:
    """Return a paragraph as lines of the terminal's width."""
    return textwrap.wrap(
        escaped(text.replace("\n", " ")),
        width(),
        initial_indent=indent,
        subsequent_indent=hanging if hanging is not None else indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def error_data(error: CodesafetyError) -> dict[str, Any]:
    """Return an error as plain data."""
    data: dict[str, Any] = {"kind": type(error).__name__, "message": shortened(getattr(error, "message", None) or str(error))}
    if isinstance(error, InputError):
        data |= {"source": error.source, "path": error.path, "help": shortened(error.help) if error.help else error.help}
    if isinstance(error, RuleError):
        data = {
            "kind": "RuleError",
            "message": f"{count(sum(d.severity is Severity.ERROR for d in error.diagnostics), 'error')} in the rules",
            "diagnostics": [d.as_json(error.sources) for d in error.diagnostics],
        }
    return data


def _errors_alone(error: RuleError) -> str:
    """Return what stops the rules, and how much else there is to say of them: hundreds of warnings would hide it."""
    errors = [d for d in error.diagnostics if d.severity is Severity.ERROR]
    rest = len(error.diagnostics) - len(errors)
    more = f"\n\n{count(rest, 'warning')} not shown\n  = help: `codesafety rules check` shows them" if rest else ""
    return render_all(errors, error.sources) + more


def unwritable(error: OSError) -> InputError:
    """Return what is to be said of a file that was to be written."""
    reason = (error.strerror or "an error of the system").lower()
    return InputError(
        f"it cannot be written: {reason}", source=error.filename, help="check the folder, its permissions and its free space"
    )


def fail(error: CodesafetyError, form: Format | ReportFormat) -> NoReturn:
    """Say what went wrong and what to do next, and exit 2."""
    if form in (Format.JSON, ReportFormat.JSON):
        write_json({"error": error_data(error)})
    elif isinstance(error, RuleError):
        complain(*_errors_alone(error).split("\n"))
    else:
        complain_of(error)
    finish(FAILED, answered=0)


@contextmanager
def progressing() -> Iterator[Callable[[str, int, int], None]]:
    """Show what is done, how fast and how long it will take yet, on a terminal alone."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None, rate="")

        def told(what: str, done: int, total: int) -> None:
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            progress.update(task, description=what, completed=done, total=total, rate=f"{speed:,.0f} a second" if speed else "")

        yield told
