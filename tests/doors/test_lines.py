"""`codesafety check --jsonl` keeps its protocol, as the script says that suppliers can run; and the script finds one that does not."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.places import ROOT

from codesafety import conformance
from codesafety.cli.lines import _Lines, _Stopped
from codesafety.conformance import CASES, Process, fault

COMMAND = [sys.executable, "-m", "codesafety", "check", "--jsonl", "--rules", "uk.blood_pressure"]
BROKEN = """
import json, sys
print(json.dumps({"ready": True, "version": "0", "engine": {}, "rulesets": [], "terminology": {}}), flush=True)
for line in sys.stdin:
    print(json.dumps({"decision": "none", "results": [], "id": "mine", "line": 1, "record": {"given": True}}), flush=True)
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_process_keeps_the_protocol(case: Callable[[Process], None]) -> None:
    assert fault(case, COMMAND) is None


def test_a_process_that_answers_whatever_it_is_asked_is_found() -> None:
    kept = [case.__name__ for case in CASES if fault(case, [sys.executable, "-c", BROKEN]) is None]
    assert set(kept) <= {
        "first_a_line_says_that_it_is_ready",
        "a_submission_alone_is_a_line",
        "a_record_is_taken",
        "parts_may_be_text",
        "lines_may_end_as_windows_ends_them",
        "the_last_line_needs_no_end",
    }


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is heard on POSIX alone")
def test_sigterm_at_any_moment_of_waiting_ends_the_lines_and_nothing_else() -> None:
    """The signal comes before each instruction in turn: what was received is given, or the lines end."""
    heard, tracing = signal.getsignal(signal.SIGTERM), sys.gettrace()
    instructions, at = 0, 0
    while at <= instructions:
        at += 1
        instructions = 0

        def before_each(frame: Any, event: str, _: object) -> Any:
            nonlocal instructions
            if frame.f_code is not _Lines._more.__code__:
                return None
            frame.f_trace_opcodes = True
            if event == "opcode":
                instructions += 1
                if instructions == at:  # noqa: B023  called within this turn alone
                    signal.raise_signal(signal.SIGTERM)
            return before_each

        reading, writing = os.pipe()
        os.write(writing, b"line\n")
        with os.fdopen(reading, "rb") as stream:
            lines = _Lines(stream)
            sys.settrace(before_each)
            try:
                line: bytes | None = lines.readline(100)
            except _Stopped:
                line = None
            finally:
                sys.settrace(tracing)
                signal.signal(signal.SIGTERM, heard)
                os.close(writing)
        assert line in (b"line\n", b"")
    assert instructions > 10


@pytest.mark.parametrize("said", ['{"error": "x", "decision": "hold"}', '{"error": 7}', "[" * 50_000, "[]", "7"])
def test_an_answer_of_another_shape_is_found(said: str) -> None:
    program = f"""
import json, sys
print(json.dumps({{"ready": True, "version": "0", "engine": {{}}, "rulesets": [], "terminology": {{}}}}), flush=True)
for line in sys.stdin:
    print({said!r}, flush=True)
"""
    for case in (conformance.null_is_not_given, conformance.a_part_that_cannot_be_read_holds_the_whole):
        assert fault(case, [sys.executable, "-c", program])


@pytest.mark.parametrize("command", [["no-such-command"], [sys.executable, "-c", ""], [sys.executable, "-c", "print('{}')"]])
def test_what_does_not_begin_is_found(command: list[str]) -> None:
    assert fault(CASES[0], command)


def test_every_case_is_written_down() -> None:
    page = (ROOT / "docs" / "guide" / "serving-lines.md").read_text(encoding="utf-8")
    assert [case.__name__ for case in CASES if case.__name__.replace("_", " ") not in page] == []


def test_the_script_needs_nothing_but_python() -> None:
    text = Path(conformance.__file__).read_text(encoding="utf-8")
    named = {line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert named <= {*sys.stdlib_module_names, "__future__"}
