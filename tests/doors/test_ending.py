"""How the process ends: with 0 only where something was answered, whatever library or plugin would end it sooner."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.places import EXAMPLES, RULESETS

from codesafety.cli import main

RIGHT, RECORD = EXAMPLES / "contraception-ok.xml", EXAMPLES / "record-complete.json"
NOTHING = "NOTHING WAS CHECKED"


def end(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> Any:
    """Return the code with which the process would end."""
    monkeypatch.setattr(sys, "argv", ["codesafety", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def run(*arguments: str | Path, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "codesafety", *map(str, arguments)],
        input=given.decode(),
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_a_message_that_was_checked_and_has_nothing_wrong_ends_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    assert end(monkeypatch, "check", RIGHT, "--record", RECORD) == 0


@pytest.mark.parametrize(
    "ending",
    [
        lambda *_, **__: None,
        lambda *_, **__: sys.exit(0),
        lambda *_, **__: sys.exit(),
        lambda *_, **__: sys.exit(1),
        lambda *_, **__: sys.exit("all is well"),
        lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt),
    ],
)
@pytest.mark.parametrize("arguments", [["check", str(RIGHT)], ["rules", "test"], ["codes", "check", "list.csv"]])
def test_a_command_line_library_that_runs_nothing_ends_with_2_and_says_so(
    ending: Any, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(typer.Typer, "__call__", ending)
    assert end(monkeypatch, *arguments) == 2
    assert NOTHING in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"], ["rules", "test", "-h"]])
def test_help_and_the_version_end_with_0(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert end(monkeypatch, *arguments) == 0


@pytest.mark.parametrize("arguments", [[], ["check"], ["check", "--no-such-option"], ["no-such-command"], ["rules"]])
def test_a_command_line_that_asks_for_nothing_ends_with_2(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert end(monkeypatch, *arguments) == 2


def test_a_shell_that_completes_ends_with_0_and_a_variable_that_it_left_behind_hides_nothing() -> None:
    asked = {"_CODESAFETY_COMPLETE": "complete_bash", "COMP_WORDS": "codesafety ch", "COMP_CWORD": "1"}
    code = "import sys; sys.argv = ['codesafety', *sys.argv[1:]]; from codesafety.cli import main; main()"
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **asked})
    assert (completed.returncode, completed.stdout.strip()) == (0, "check")
    left = subprocess.run(
        [sys.executable, "-c", code, "check", RIGHT], capture_output=True, text=True, env={**os.environ, **asked}
    )
    assert left.returncode == 2
    assert NOTHING in left.stderr


@pytest.mark.parametrize("given", [b"", b"\n\n", b"{}\n", b"no JSON\n", b'{"submission": {}}\n'])
def test_lines_of_which_none_was_answered_end_with_2(given: bytes) -> None:
    done = run("check", "--jsonl", given=given)
    assert done.returncode == 2
    assert NOTHING in done.stderr
    assert json.loads(done.stdout.splitlines()[0])["ready"] is True


def test_one_answered_line_ends_with_0() -> None:
    line = json.dumps(json.loads((EXAMPLES / "submission-native.json").read_bytes())).encode()
    assert run("check", "--jsonl", given=b"no JSON\n" + line + b"\n").returncode == 0


def test_an_empty_list_of_codes_is_not_clean(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("code,term\n")
    assert run("codes", "check", tmp_path / "list.csv").returncode == 1


def test_a_table_without_a_row_is_not_clean(tmp_path: Path) -> None:
    pytest.importorskip("polars")
    (tmp_path / "t.csv").write_text("patient_id,system,code,date\n")
    done = run("check", tmp_path / "t.csv")
    assert done.returncode == 2
    assert NOTHING in done.stderr


def test_rules_of_which_there_is_none_are_not_right(tmp_path: Path) -> None:
    (tmp_path / "empty.rules").write_text('ruleset my.empty { version "1.0.0" title "Nothing" review none }\n')
    for command in ("check", "test", "list"):
        assert run("rules", command, tmp_path / "empty.rules").returncode != 0, command
    assert run("rules", "check", RULESETS / "uk.codes").returncode == 0  # value sets alone are something


def test_expressions_of_which_there_is_none_end_with_2() -> None:
    assert run("terminology", "parse", "--jsonl").returncode == 2
    assert run("terminology", "parse", "--jsonl", given=b'"<<"\n').returncode == 0


def test_a_reader_that_went_away_is_told_nothing_and_the_end_is_no_0() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "codesafety", "rules", "list"], stdout=writing, stderr=subprocess.PIPE, text=True
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (2, "")


# ---------------------------------------------------------------------------------------------- streams that take nothing

FULL = "standard output cannot be written: no space left on device"
CLOSED = "standard output cannot be written: it is closed"
ANSWERING = [
    ["check", str(RIGHT), "--record", str(RECORD)],
    ["check", str(RIGHT), "--format", "json"],
    ["rules", "check", str(RULESETS / "uk.sex")],
    ["schema", "report"],
    ["--version"],
    ["check", "--help"],
]


def shell(line: str, *arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = f'exec "{sys.executable}" -m codesafety "$@" {line}'
    return subprocess.run(["sh", "-c", command, "sh", *map(str, arguments)], input=given, capture_output=True, timeout=60)


needs_a_full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")


@needs_a_full_device
@pytest.mark.parametrize("arguments", ANSWERING, ids=" ".join)
def test_an_answer_that_does_not_fit_on_the_disk_ends_with_2_and_says_so(arguments: list[str]) -> None:
    done = shell(">/dev/full", *arguments)
    assert (done.returncode, done.stderr.decode().splitlines()[:1]) == (2, [f"error: {FULL}"])
    assert b"Exception ignored" not in done.stderr


@pytest.mark.parametrize("arguments", ANSWERING, ids=" ".join)
def test_an_answer_to_nobody_ends_with_2_and_says_so(arguments: list[str]) -> None:
    done = shell(">&-", *arguments)
    assert (done.returncode, done.stderr.decode().splitlines()[:1]) == (2, [f"error: {CLOSED}"])


@needs_a_full_device
@pytest.mark.parametrize("line", ["2>/dev/full", ">/dev/full 2>/dev/full", ">&- 2>/dev/full", ">&- 2>&-"])
@pytest.mark.parametrize("arguments", [["check", "no-such-file"], ["no-such-command"]])
def test_what_cannot_even_be_complained_of_ends_with_2(arguments: list[str], line: str) -> None:
    assert shell(line, *arguments).returncode == 2


@needs_a_full_device
def test_a_right_message_whose_answer_and_error_are_lost_ends_with_2() -> None:
    assert shell(">/dev/full 2>/dev/full", "check", RIGHT, "--record", RECORD).returncode == 2


def test_a_right_message_ends_with_0_where_standard_error_is_closed() -> None:
    assert shell("2>&-", "check", RIGHT, "--record", RECORD).returncode == 0


FROM_STANDARD_INPUT = [["check", "-"], ["check", "--jsonl"], ["rules", "format", "-"], ["terminology", "parse", "--jsonl"]]


@pytest.mark.parametrize("arguments", FROM_STANDARD_INPUT)
def test_standard_input_that_is_closed_is_an_error_of_its_own(arguments: list[str]) -> None:
    done = shell("<&-", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: standard input: it is closed\n  = help: ")


@pytest.mark.parametrize("arguments", FROM_STANDARD_INPUT)
def test_standard_input_that_cannot_be_read_is_an_error_of_its_own(tmp_path: Path, arguments: list[str]) -> None:
    done = shell(f'0>"{tmp_path}/written"', *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: standard input: it cannot be read: bad file descriptor\n  = help: ")


@pytest.mark.parametrize("arguments", FROM_STANDARD_INPUT)
def test_a_folder_as_standard_input_never_ends_with_0(tmp_path: Path, arguments: list[str]) -> None:
    """Python itself ends, before anything of ours is run, with an exit code that is its own."""
    done = shell(f'<"{tmp_path}"', *arguments)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"<stdin> is a directory" in done.stderr


@pytest.mark.parametrize("module", ["typer", "codesafety.engine", "pydantic"])
def test_a_command_that_is_stopped_while_it_starts_ends_with_2_and_a_line(module: str) -> None:
    code = f"""
import sys
class Stopping:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Stopping())
sys.argv = ["codesafety", "check", {str(RIGHT)!r}]
from codesafety.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert "the command was stopped" in done.stderr and NOTHING in done.stderr
    assert "Traceback" not in done.stderr


def test_lines_that_are_stopped_after_an_answer_do_not_take_it_back() -> None:
    line = json.dumps(json.loads((EXAMPLES / "submission-native.json").read_bytes())).encode() + b"\n"
    process = subprocess.Popen(
        [sys.executable, "-m", "codesafety", "check", "--jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(line)
    process.stdin.flush()
    assert b"ready" in process.stdout.readline() and b"decision" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert b"NOTHING WAS CHECKED but what it has answered" in said
    assert b"had answered nothing" not in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", ""],
        ["check", RIGHT, "--release", ""],
        ["check", RIGHT, "--release="],
        ["rules", "check", ""],
        ["codes", "check", " "],
        ["terminology", "info", ""],
        ["terminology", "build", "", "-o", "x.pack"],
    ],
)
def test_an_argument_that_is_empty_is_no_folder(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end(monkeypatch, *arguments) == 2
    assert "is empty\n  = help: a variable may have been left unset" in capsys.readouterr().err


# ---------------------------------------------------------------------------------------------- plugins that exit

HOOKS = {
    "when it is imported": "sys.exit(0)",
    "among its rulesets": "@hookimpl\ndef codesafety_rulesets(): sys.exit(0)",
    "when it recognises": "class R:\n name = 'r'\n def recognises(self, source): sys.exit(0)\n"
    " def read(self, source): ...\n def read_record(self, source): ...\n"
    "@hookimpl\ndef codesafety_readers(): return [R()]",
    "when it reads": "class R:\n name = 'r'\n def recognises(self, source): return True\n"
    " def read(self, source): sys.exit(0)\n def read_record(self, source): sys.exit(0)\n"
    "@hookimpl\ndef codesafety_readers(): return [R()]",
    "when it reads tables": "class R:\n name = 'r'\n def recognises(self, source): return True\n"
    " def read_many(self, source):\n  sys.exit(0)\n  yield\n"
    "@hookimpl\ndef codesafety_readers(): return [R()]",
}


@pytest.mark.parametrize("when", HOOKS)
def test_a_plugin_that_exits_is_named_and_ends_nothing(when: str, tmp_path: Path) -> None:
    (tmp_path / "exiting.py").write_text(f"import sys\nfrom codesafety import hookimpl\n{HOOKS[when]}\n")
    package = tmp_path / "exiting-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: exiting\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[codesafety]\nexiting = exiting\n")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = run("check", RIGHT, PYTHONPATH=path)
    assert done.returncode == 2
    assert "plugin" in done.stderr and "SystemExit" in done.stderr
    assert NOTHING not in done.stderr  # it was caught where it happened
    lines = run("check", "--jsonl", given=b"{}\n", PYTHONPATH=path)
    assert lines.returncode == 2
