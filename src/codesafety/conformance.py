"""Asks a process that serves lines whether it keeps the protocol: `python -m codesafety.conformance codesafety check --jsonl`.

It needs nothing but Python's own library: a supplier may copy it, and run it against whatever stands between (a container, a
wrapper, a client's own way of starting it). It prints a line for each case, and ends with 0 where all hold, else 1.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

_PATIENCE_S = 60
_ENTRY = {"path": "entries[0]", "codings": [{"system": "http://snomed.info/sct", "code": "77386006"}], "date": "2026-03-04"}
SUBMISSION = {"patient": {"gender": "female", "born": "1990-05-01"}, "entries": [_ENTRY]}
_BIG = {**SUBMISSION, "entries": [{**_ENTRY, "path": f"entries[{number}]"} for number in range(400)]}
"""Takes long enough to be in flight while something else happens."""


class Broken(Exception):
    """What a process did that it should not have."""


class Process:
    """A process that serves lines. `read`: how many of them are read before the pipe is closed; None: all."""

    def __init__(self, command: Sequence[str], read: int | None = None) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._said: list[bytes] = []
        for stream, take, most in (
            (self._process.stdout, self._lines.put, read),
            (self._process.stderr, self._said.append, None),
        ):
            threading.Thread(target=_drain, args=(stream, take, most), daemon=True).start()

    def send(self, *lines: bytes | dict[str, Any]) -> None:
        assert self._process.stdin is not None
        for line in lines:
            self._process.stdin.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
        self._process.stdin.flush()

    def line(self) -> dict[str, Any]:
        """Return the next line as the object that it must be."""
        try:
            raw = self._lines.get(timeout=_PATIENCE_S)
        except queue.Empty:
            raise Broken("no line came") from None
        if not raw.endswith(b"\n"):
            raise Broken("a line has no end, or the output ended")
        told = json.loads(raw.decode("utf-8"))
        if not isinstance(told, dict):
            raise Broken("a line is no object")
        return told

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def close(self) -> int:
        """Let the input end, and return the code that it ends with."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self.end()

    def end(self) -> int:
        try:
            return self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Broken("it did not end") from None

    def nothing_more(self) -> None:
        if (more := self._lines.get(timeout=_PATIENCE_S)) != b"":
            raise Broken(f"a line that nobody asked for: {more[:60]!r}")

    def said(self) -> str:
        return b"".join(self._said).decode("utf-8", "replace")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()


def _drain(stream: Any, take: Callable[[bytes], object], most: int | None) -> None:
    with suppress(ValueError), stream:  # it may be closed meanwhile
        for number, line in enumerate(iter(stream.readline, b""), 1):
            take(line)
            if number == most:
                break
    take(b"")


def _check(holds: object, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)


def _is_report(told: dict[str, Any]) -> None:
    _check(told.get("decision") in ("none", "note", "review", "hold") and "results" in told, "the answer is no report")


def _is_refusal(told: dict[str, Any], line: int) -> None:
    _check("error" in told and told["error"].get("message"), "it is not refused")
    _check(told.get("decision") == "hold", "what is refused is not held")
    _check(told.get("line") == line, f"it is called line {told.get('line')}, and is line {line}")


# ------------------------------------------------------------------------------------------------ the cases


def first_a_line_says_that_it_is_ready(one: Process) -> None:
    """Checked for every case; here with what it holds."""
    one.send({"submission": SUBMISSION})
    _is_report(one.line())
    _check(one.close() == 0, "it did not end with 0")


def a_submission_alone_is_a_line(one: Process) -> None:
    one.send(SUBMISSION)
    _is_report(one.line())


def the_id_comes_back_as_it_was_written(one: Process) -> None:
    for written in (b'"yours"', b"7", b"1.50", b"true", b"null", b'"\\u00e9"'):
        one.send(b'{"id": %b, "submission": %b}\n' % (written, json.dumps(SUBMISSION).encode()))
        told = one.line()
        _is_report(told)
        _check("id" in told and told["id"] == json.loads(written), f"the id {written.decode()} came back as {told.get('id')!r}")


def an_id_that_is_an_object_or_an_array_is_refused_without_it(one: Process) -> None:
    for number, written in enumerate(({"a": 1}, [1]), 1):
        one.send({"id": written, "submission": SUBMISSION})
        told = one.line()
        _is_refusal(told, number)
        _check("id" not in told, "it came back")


def null_is_not_given(one: Process) -> None:
    one.send({"id": 1, "submission": SUBMISSION, "record": None, "profile": None, "overrides": None})
    told = one.line()
    _is_report(told)
    _check(told["record"]["given"] is False, "a record of null is a record")


def a_record_is_taken(one: Process) -> None:
    one.send({"submission": SUBMISSION, "record": {"entries": [_ENTRY]}})
    _check(one.line()["record"]["given"] is True, "the record is not taken")


def parts_may_be_text(one: Process) -> None:
    one.send({"submission": json.dumps(SUBMISSION), "record": json.dumps({"entries": [_ENTRY]})})
    told = one.line()
    _is_report(told)
    _check(told["record"]["given"] is True, "the record is not taken")


def blank_lines_are_counted_and_not_answered(one: Process) -> None:
    one.send(b"\n", b"  \t\n", b"\r\n", b"nonsense\n")
    _is_refusal(one.line(), 4)


def what_cannot_be_read_is_held_and_the_process_goes_on(one: Process) -> None:
    wrong = [b"nonsense\n", b"[]\n", b"7\n", b'"text"\n', b"\xff\xfe\n", b'{"a": 1, "a": 2}\n', b"{}{}\n", b"[" * 5000 + b"\n"]
    for number, line in enumerate(wrong, 1):
        one.send(line)
        _is_refusal(one.line(), number)
    one.send(SUBMISSION)
    _is_report(one.line())


def a_field_that_does_not_belong_is_refused_with_the_id(one: Process) -> None:
    one.send({"id": "yours", "submission": SUBMISSION, "recrod": {}})
    told = one.line()
    _is_refusal(told, 1)
    _check(told.get("id") == "yours", "the id did not come back")
    _check("recrod" not in json.dumps(told), "what was sent is repeated")


def a_part_that_cannot_be_read_holds_the_whole(one: Process) -> None:
    parts: list[dict[str, Any]] = [{"record": "<a"}, {"profile": {}}, {"overrides": {}}, {"submission": 7}]
    for number, part in enumerate(parts, 1):
        one.send({"submission": SUBMISSION, **part})
        _is_refusal(one.line(), number)


def lines_may_end_as_windows_ends_them(one: Process) -> None:
    one.send(json.dumps(SUBMISSION).encode() + b"\r\n")
    _is_report(one.line())


def answers_come_in_the_order_of_the_lines(one: Process) -> None:
    for number in range(60):
        one.send(b"nonsense\n" if number % 7 == 3 else {"id": number, "submission": _BIG if number % 20 == 0 else SUBMISSION})
    for number in range(60):
        told = one.line()
        _check(
            told.get("line") == number + 1 if number % 7 == 3 else told.get("id") == number, f"line {number + 1} is out of order"
        )


def the_last_line_needs_no_end(one: Process) -> None:
    one.send(json.dumps(SUBMISSION).encode())
    _check(one.close() == 0, "it did not end with 0")
    _is_report(one.line())
    one.nothing_more()


def nothing_asked_is_nothing_checked(one: Process) -> None:
    _check(one.close() == 2, "it did not end with 2")
    one.nothing_more()


def nothing_that_could_be_read_is_nothing_checked(one: Process) -> None:
    one.send(b"nonsense\n")
    _is_refusal(one.line(), 1)
    _check(one.close() == 2, "it did not end with 2")


def sigterm_ends_one_that_waits(one: Process) -> None:
    one.send(SUBMISSION)
    _is_report(one.line())
    one.signal(signal.SIGTERM)
    _check(one.end() == 0, "it did not end with 0")
    one.nothing_more()


def sigterm_lets_the_line_in_flight_be_answered(one: Process) -> None:
    one.send({"id": "first", "submission": SUBMISSION})
    one.line()
    one.send({"id": "in flight", "submission": _BIG})
    threading.Event().wait(0.05)
    one.signal(signal.SIGTERM)
    _check(one.line().get("id") == "in flight", "the line in flight was not answered")
    _check(one.end() == 0, "it did not end with 0")


def sigterm_drops_a_line_that_has_not_come(one: Process) -> None:
    one.send(SUBMISSION)
    _is_report(one.line())
    one.send(b'{"id": "half')
    threading.Event().wait(0.05)
    one.signal(signal.SIGTERM)
    _check(one.end() == 0, "it did not end with 0")
    one.nothing_more()


def nobody_who_reads_ends_it_without_a_word(one: Process) -> None:
    with suppress(OSError):
        for _ in range(500):
            one.send(SUBMISSION)
            threading.Event().wait(0.02)
    _check(one.end() == 2, "it did not end with 2")
    _check("Traceback" not in one.said(), "it printed a traceback")


CASES: Sequence[Callable[[Process], None]] = (
    first_a_line_says_that_it_is_ready,
    a_submission_alone_is_a_line,
    the_id_comes_back_as_it_was_written,
    an_id_that_is_an_object_or_an_array_is_refused_without_it,
    null_is_not_given,
    a_record_is_taken,
    parts_may_be_text,
    blank_lines_are_counted_and_not_answered,
    what_cannot_be_read_is_held_and_the_process_goes_on,
    a_field_that_does_not_belong_is_refused_with_the_id,
    a_part_that_cannot_be_read_holds_the_whole,
    lines_may_end_as_windows_ends_them,
    answers_come_in_the_order_of_the_lines,
    the_last_line_needs_no_end,
    nothing_asked_is_nothing_checked,
    nothing_that_could_be_read_is_nothing_checked,
    sigterm_ends_one_that_waits,
    sigterm_lets_the_line_in_flight_be_answered,
    sigterm_drops_a_line_that_has_not_come,
    nobody_who_reads_ends_it_without_a_word,
)
ONLY_POSIX = frozenset(case.__name__ for case in CASES if "sigterm" in case.__name__ or "nobody" in case.__name__)


def fault(case: Callable[[Process], None], command: Sequence[str]) -> str | None:
    """Return what a process does that the protocol does not allow in one case; None: it keeps it."""
    try:
        one = Process(command, 1 if case is nobody_who_reads_ends_it_without_a_word else None)
    except OSError as error:
        return f"it cannot be started: {(error.strerror or 'an error of the system').lower()}"
    try:
        told = one.line()
        _check(told.get("ready") is True, "the first line does not say that it is ready")
        for name in ("version", "engine", "rulesets", "terminology"):
            _check(name in told, f"the first line has no `{name}`")
        case(one)
    except (Broken, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        return str(error) if isinstance(error, Broken) else f"its answer is none ({type(error).__name__})"
    finally:
        one.kill()
    return None


def main(command: Sequence[str]) -> int:
    """Ask all cases of a command; return 0 where it keeps them all."""
    failed = 0
    for case in CASES:
        words = case.__name__.replace("_", " ")
        if os.name != "posix" and case.__name__ in ONLY_POSIX:
            print(f"not asked here: {words}")
            continue
        found = fault(case, command)
        failed += found is not None
        print(f"ok      {words}" if found is None else f"FAILED  {words}: {found}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print("usage: python -m codesafety.conformance COMMAND…, such as: codesafety check --jsonl", file=sys.stderr)
        raise SystemExit(2)
    raise SystemExit(main(sys.argv[1:]))
