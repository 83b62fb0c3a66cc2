"""`codesafety check --jsonl`: a long-lived process for suppliers who are not in Python. One line in, one line out."""

from __future__ import annotations

import os
import select
import signal
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, BinaryIO

from codesafety import __version__
from codesafety.asking import Defaults, asked, id_of, parsed, written
from codesafety.cli.output import error_data, standard_input, write
from codesafety.engine import Engine
from codesafety.errors import CodesafetyError, Declined, InputError
from codesafety.plugins import MAX_BYTES

if TYPE_CHECKING:
    from codesafety.decision_log import DecisionLog
    from codesafety.following import Follower

_AT_ONCE = 1 << 20
"""How many bytes are taken from the pipe at once."""


def _engine(source: Engine | Follower) -> Engine:
    return source if isinstance(source, Engine) else source.engine


class _Stopped(BaseException):
    """SIGTERM came while nothing was to be done."""


class _Lines:
    """Lines of standard input, until it ends or SIGTERM comes: lines that were received by then are still given."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._received = bytearray()
        self._looked = 0
        """How far no end of a line was found."""
        self._waiting = self._ended = False
        try:
            self._number: int | None = stream.fileno() if hasattr(signal, "SIGTERM") and os.name == "posix" else None
            signal.signal(signal.SIGTERM, self._stop)
        except (OSError, ValueError):  # no file of the system, or no main thread: it ends with its input alone
            self._number = None

    def _stop(self, *_: object) -> None:
        self._ended = True
        if self._waiting:
            self._waiting = False
            raise _Stopped

    def readline(self, most: int) -> bytes:
        """Return the next line, or `most` bytes of a longer one; nothing at the end. A line without its end is one only where the input
        ended there: after SIGTERM it has not been received."""
        if self._number is None:
            return self._stream.readline(most)
        while (at := self._received.find(b"\n", self._looked)) < 0 and len(self._received) < most:
            self._looked = len(self._received)
            if self._ended or not (more := self._more()):
                return b"" if self._ended else self._taken(len(self._received))
            self._received += more
        return self._taken(min(most, at + 1 if at >= 0 else most))

    def _taken(self, size: int) -> bytes:
        line = bytes(self._received[:size])
        del self._received[:size]
        self._looked = 0
        return line

    def _more(self) -> bytes:
        assert self._number is not None
        try:
            self._waiting = True
            if not self._ended:
                select.select([self._number], [], [])
            self._waiting = False  # within: a signal that comes before it is still caught
        except _Stopped:
            return b""
        return b"" if self._ended else os.read(self._number, _AT_ONCE)


def serve_lines(source: Engine | Follower, defaults: Defaults, log: DecisionLog | None = None) -> int:
    """Answer submissions until standard input ends or SIGTERM comes; return how many items were answered. The pipe gives the back-pressure.

    A line is a submission (the library's own JSON, or a FHIR message or record as JSON), or an object with `submission` and
    optionally `record`, `profile`, `overrides` and `id` (repeated in the answer as it was written). A bad line gets a line with `error`; the
    process goes on. Each line is flushed. Of a follower each line is answered by the engine that is in use when it begins. With
    a log each answer is written there before it is given.
    """
    lines, standing = _Lines(standard_input()), _engine(source).standing
    _line(
        {
            "ready": True,
            "version": __version__,
            "engine": standing.engine.model_dump(mode="json"),
            "rulesets": [r.model_dump(mode="json") for r in standing.rulesets],
            "terminology": standing.terminology.model_dump(mode="json"),
        }
    )
    number = answered = 0
    while raw := lines.readline(MAX_BYTES + 1):
        engine = _engine(source)
        number += 1
        if not raw.strip():
            continue
        whole = raw.endswith(b"\n") or len(raw) <= MAX_BYTES
        if not whole:
            while (rest := lines.readline(MAX_BYTES + 1)) and not rest.endswith(b"\n"):
                pass
        given: dict[str, Any] = {}
        try:
            if not whole:
                raise InputError(f"the line is longer than {MAX_BYTES // 2**20} MiB", source=f"line {number}")
            given = parsed(raw, f"line {number}")
            with redirect_stdout(sys.stderr):  # what a plugin prints is no line of ours
                report = asked(engine, given, raw, f"line {number}", defaults).answer(engine, log)
            _line({**report.model_dump(mode="json"), **id_of(given)})
            answered += report.counts.answered
        except Declined as error:
            _line({"error": error_data(error), "line": number, **id_of(given)})
        except CodesafetyError as error:
            _line({"error": error_data(error), "line": number, **id_of(given), "decision": "hold"})
        except Exception as error:  # noqa: BLE001  one line's failure is not the next one's; it was not checked, and holds
            _line(
                {
                    "error": {"kind": type(error).__name__, "message": "an error inside codesafety; this line was not checked"},
                    "line": number,
                    **id_of(given),
                    "decision": "hold",
                }
            )
    return answered


def _line(data: dict[str, Any]) -> None:
    write(written(data))
