"""What leaves: nothing of a sender's reaches a terminal as anything but visible characters in a line of ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.places import CASES
from typer.testing import CliRunner

import codesafety
from codesafety import Entry, Submission
from codesafety.cli.app import app
from codesafety.cli.output import complain, style, wrapped, write
from codesafety.cli.render import render
from codesafety.diagnostics import escaped
from codesafety.errors import InputError
from codesafety.record import Coding

HOSTILE = {
    "ESC": "\x1b[2J",
    "BEL": "\x07",
    "NUL": "\0",
    "carriage return": "\rNONE",
    "line feed": "\nNONE",
    "DEL": "\x7f",
    "CSI as one character": "\x9b2J",
    "next line": "\x85",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "zero width": "\u200b",
    "half a surrogate pair": "\ud83d",
    "a tag beyond the first plane": "\U000e0041",
    "our own colour": "\x1b[32m",
}
FORBIDDEN = set("".join(HOSTILE.values())) - set("\n[2J3mNOE")


def message(text: str) -> dict[str, Any]:
    """A message that carries the text wherever a sender can put words, codes, systems, ids and names."""
    coding = {"system": f"{text}http://x", "code": f"{text}77386006", "display": f"{text}Not pregnant"}
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": {"resourceType": "Patient", "id": text, "gender": "female", "birthDate": "1990-01-01"}},
            {
                "resource": {
                    "resourceType": "Observation",
                    "id": text,
                    "status": text,
                    "code": {"coding": [coding], "text": f"{text}File it"},
                    "effectiveDateTime": f"2026-03-04{text}",
                }
            },
            {"resource": {"resourceType": "Condition", "id": text, "code": {"coding": [coding], "text": text}}},
            {"resource": {"resourceType": "Foo", "id": text, "code": {"text": text}, text: text}},
        ],
    }


def test_visible_text_is_left_as_it_is() -> None:
    assert escaped("Bühler’s 5\u00a0µg – \ttab") == "Bühler’s 5\u00a0µg – \ttab"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\u001b[2J"),
        ("a\nb", r"a\u000ab"),
        ("\x9b", r"\u009b"),
        ("\u202e", r"\u202e"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\udb40\udc41"),
    ],
)
def test_what_has_no_form_of_its_own_is_written_as_its_code(text: str, shown: str) -> None:
    assert escaped(text) == shown
    assert json.loads(f'"{shown}"') == text


@pytest.mark.parametrize("name", HOSTILE)
def test_no_report_error_or_line_lets_a_control_character_out(name: str, tmp_path: Path) -> None:
    file = tmp_path / "message.json"
    file.write_text(json.dumps(message(HOSTILE[name])))
    refused = tmp_path / "refused.json"
    refused.write_text(json.dumps({"entries": [{"path": HOSTILE[name], HOSTILE[name]: HOSTILE[name]}]}))
    for form in (["text"], ["text", "--all"], ["json"], ["html", "--all"]):
        done = CliRunner().invoke(app, ["check", str(file), str(refused), "--format", *form], catch_exceptions=False)
        assert done.exit_code == 2
        assert not FORBIDDEN & set(done.stdout + done.stderr)
        assert "\nNONE" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", HOSTILE)
def test_on_a_terminal_only_our_own_colours_are_left(name: str) -> None:
    report = codesafety.load().assess(codesafety.load().read(json.dumps(message(HOSTILE[name]))))
    for whole in (False, True):
        plain, coloured = (render(report, HOSTILE[name], colour, whole=whole) for colour in (False, True))
        assert not FORBIDDEN & set(plain)
        assert "\nNONE" not in plain
        assert coloured.count("\x1b") == render(report, "name", True, whole=whole).count("\x1b")


def test_a_line_that_ends_is_written_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    write("a\nb", "c")
    complain("d\x1b[2J")
    out = capsys.readouterr()
    assert (out.out, out.err) == ("a\\u000ab\nc\n", "d\\u001b[2J\n")


def test_styled_and_wrapped_words_are_escaped_before_the_style_is_put_on() -> None:
    assert style("\x1b[2Jx", True, bold=True) == "\x1b[1m\\u001b[2Jx\x1b[0m"
    assert wrapped("one\ntwo \x1b[31m", "  ") == ["  one two \\u001b[31m"]


def test_json_loses_nothing(tmp_path: Path) -> None:
    for text in HOSTILE.values():
        file = tmp_path / "m.json"
        file.write_text(json.dumps({"entries": [{"path": "e", "codings": [{"system": "sct", "code": "x"}], "text": f"x{text}"}]}))
        done = CliRunner().invoke(app, ["check", str(file), "--format", "json"], catch_exceptions=False)
        if text != "\ud83d":  # no valid text: refused
            assert json.loads(done.stdout)["items"][0]["as_sent"]["text"] == f"x{text}"


def test_an_error_names_its_source_in_one_visible_line() -> None:
    assert str(InputError("is empty", source="a\x1b[2J\nb", path="c\u202e")) == r"a\u001b[2J\u000ab at c\u202e: is empty"


def test_the_name_of_a_file_and_the_cells_of_a_list_are_escaped(tmp_path: Path) -> None:
    bad = tmp_path / "a\x1b[2J\nNONE.csv"
    bad.write_text(
        'code,term\n13856811000001104\x1b[2J,"Not\x1b[2J\npregnant"\n77386006,"Not pregnant\x9b\nNONE"\n', encoding="utf-8"
    )
    for arguments in (["codes", "check", bad], ["rules", "check", bad], ["rules", "format", bad], ["terminology", "verify", bad]):
        done = subprocess.run([sys.executable, "-m", "codesafety", *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode != 0
        assert "\x1b" not in done.stdout + done.stderr and "\x9b" not in done.stdout + done.stderr
        assert not [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("NONE")], arguments


def test_the_case_that_cleared_the_terminal() -> None:
    file = CASES / "security" / "esc.json"
    if not file.is_file():
        pytest.skip("the shared cases are not here")
    done = CliRunner().invoke(app, ["check", "--all", str(file)], catch_exceptions=False)
    assert done.exit_code == 1
    assert not FORBIDDEN & set(done.stdout)
    assert r"\u001b[2J" in done.stdout


def test_a_code_that_is_none_is_not_quoted_in_what_could_not_be_told() -> None:
    """A sentence of ours that quotes a sender's line feed can be made to look like a report of ours."""
    sent = Submission(entries=(Entry(path="e", codings=(Coding(system="sct", code="7\nNONE    Nothing was found"),)),))
    lines = codesafety.load(installed_plugins=False).assess(sent).missing_inputs
    assert [line.cause for line in lines if line.path == "e"] == ["not known of a code that is not well formed: its day"]
    assert not any("NONE" in line.message for line in lines)
