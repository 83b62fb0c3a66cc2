"""`codesafety check`, as its users run it."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.places import ROOT
from typer.testing import CliRunner, Result

from codesafety.cli.app import app
from codesafety.engine import read_source
from codesafety.errors import InputError
from codesafety.plugins import MAX_BYTES

EXAMPLES = ROOT / "docs" / "examples"
WRONG, RIGHT, RECORD = (
    EXAMPLES / "pregnancy-status-update.xml",
    EXAMPLES / "contraception-ok.xml",
    EXAMPLES / "record-complete.json",
)


def check(*arguments: str | Path, given: bytes | str | None = None) -> Result:
    return CliRunner().invoke(app, ["check", *map(str, arguments)], input=given, catch_exceptions=False)


def report(*arguments: str | Path, given: bytes | str | None = None) -> dict[str, Any]:
    return json.loads(check(*arguments, "--format", "json", given=given).stdout)


def test_the_example_is_held_because_its_words_deny_its_code() -> None:
    result = check(WRONG)
    assert result.exit_code == 1
    assert "HOLD" in result.stdout
    found = report(WRONG)
    assert found["decision"] == "hold"
    assert "uk.integrity" in {r["rule"].partition("/")[0] for r in found["results"] if r["action"] == "hold"}


def test_nothing_above_a_note_exits_0() -> None:
    assert check(RIGHT, "--record", RECORD).exit_code == 0


def test_xml_and_json_of_one_message_give_one_report() -> None:
    one, other = report(WRONG), report(EXAMPLES / "pregnancy-status-update.json")
    for found in (one, other):
        for field in ("digests", "format"):
            found.pop(field)
    assert one == other


def test_a_missing_file_exits_2_and_says_what_to_do() -> None:
    result = check("no-such-file.xml")
    assert result.exit_code == 2
    assert "no-such-file.xml: there is no such file" in result.stderr
    assert "help: check the path" in result.stderr


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  \n",
        b"\x00\x01\x02",
        b"%PDF-1.7",
        b"<html></html>",
        b"[]",
        b"null",
        b'{"resourceType":',
        b"<Bundle",
        b"\xff\xfe<",
        b'{"entries": [{"path": "x", "codings": [{"code": 77386006}]}]}',
        b'{"patient": {"gender": "0000-01-01"}, "entries": []}',
    ],
)
def test_what_is_no_message_exits_2_with_an_error_and_no_traceback(data: bytes) -> None:
    result = check("-", given=data)
    assert result.exit_code == 2, result.stdout
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.stderr


def test_a_numeric_code_in_json_is_refused_with_the_reason() -> None:
    result = check("-", given='{"entries": [{"path": "x", "codings": [{"code": 77386006}]}]}')
    assert "codes are text" in result.stderr
    assert "77386006" not in result.stderr


def test_many_files_answer_one_after_another_and_the_worst_decides() -> None:
    result = check(RIGHT, WRONG, "no-such-file.xml", "--format", "json")
    assert result.exit_code == 2
    found = json.loads(result.stdout)
    assert [Path(f["file"]).name for f in found] == ["contraception-ok.xml", "pregnancy-status-update.xml", "no-such-file.xml"]
    assert "report" in found[0]
    assert found[2]["error"]["message"] == "there is no such file"


def native(*entries: dict[str, Any]) -> str:
    coded = [{"path": f"e[{n}]", "date": "2026-03-04", "codings": [PREGNANT]} | entry for n, entry in enumerate(entries)]
    return json.dumps({"patient": {"gender": "female", "born": "1990-01-01"}, "entries": coded})


PREGNANT = {"system": "sct", "code": "77386006", "display": "Pregnant"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"value": {"boolean": False}}, "Pregnant (77386006), denied by its value, 2026-03-04:"),
        ({"assertion": "absent"}, "Pregnant (77386006), denied as sent, 2026-03-04:"),
        ({"assertion": "possible"}, "Pregnant (77386006), possible as sent, 2026-03-04:"),
        ({"assertion": "unknown"}, "Pregnant (77386006), not certain, 2026-03-04:"),
        ({"subject": "another"}, "Pregnant (77386006), about another person, 2026-03-04:"),
        ({"temporality": "past"}, "Pregnant (77386006), past, 2026-03-04:"),
        (
            {"codings": [], "components": [{"codings": [PREGNANT], "value": {"boolean": False}, "path": "e[0].part"}]},
            "its part Pregnant: denied by its value:",
        ),
    ],
)
def test_the_line_of_an_entry_says_that_it_is_no_plain_fact(entry: dict[str, Any], words: str) -> None:
    assert words in " ".join(check("-", "--all", given=native(entry)).stdout.split())
    assert words not in " ".join(check("-", "--all", given=native({})).stdout.split())


def test_the_screen_counts_entries_that_are_no_plain_fact() -> None:
    denied, another = {"value": {"boolean": False}}, {"temporality": "past"}
    shown = " ".join(check("-", given=native(denied, another, denied, {})).stdout.split())
    assert "4 items read, of which 2 denied by its value, 1 past" in shown
    assert "of which" not in check("-", given=native({})).stdout


def test_what_could_not_be_told_of_an_entry_is_named_with_its_place() -> None:
    shown = " ".join(check("-", "--all", given=native({"assertion": "unknown"}, {"subject": "unknown"})).stdout.split())
    assert re.search(r"Not known of Pregnant \(77386006\): whether it is so: \d+ rules could not be told: e\[0\]\.", shown)
    assert re.search(r"Not known of Pregnant \(77386006\): whose it is: \d+ rules could not be told: e\[1\]\.", shown)
    assert "No record was given" in shown


def test_of_many_entries_alike_the_screen_has_one_line_and_all_has_each() -> None:
    given = native(*[{"assertion": "unknown"}] * 12)
    assert "not known of each of 12 items: whether it is so (" in " ".join(check("-", given=given).stdout.split())
    assert "could not be told: e[11]." in " ".join(check("-", "--all", given=given).stdout.split())


def test_standard_input_is_a_dash() -> None:
    assert report("-", given=WRONG.read_bytes())["decision"] == "hold"


def test_the_reference_evaluator_gives_the_same_report() -> None:
    one, other = report(WRONG), report(WRONG, "--reference")
    assert other["engine"].pop("evaluator") == "reference"
    one["engine"].pop("evaluator")
    assert one == other


def test_a_profile_lowers_a_rule_and_the_report_says_so(tmp_path: Path) -> None:
    rule = next(r["rule"] for r in report(WRONG)["results"] if r["action"] == "review" and r["outcome"] == "fires")
    profile = tmp_path / "profile.json"
    profile.write_text(
        json.dumps(
            {
                "name": "a practice",
                "changes": [
                    {
                        "rule": rule,
                        "action": "note",
                        "reason": "agreed with the safety officer",
                        "role": "practice manager",
                        "until": "2030-01-01",
                    }
                ],
            }
        )
    )
    found = report(WRONG, "--profile", profile)
    lowered = next(r for r in found["results"] if r["rule"] == rule and r["outcome"] == "fires")
    assert (lowered["action"], lowered["changed_by_profile"]) == ("note", "review")
    assert found["profile"]["in_force"][0]["rule"] == rule


def test_a_profile_that_has_ended_changes_nothing(tmp_path: Path) -> None:
    profile = tmp_path / "profile.json"
    rule = next(r["rule"] for r in report(WRONG)["results"] if r["action"] == "hold")
    profile.write_text(
        json.dumps(
            {
                "name": "a practice",
                "changes": [{"rule": rule, "action": "off", "reason": "agreed", "role": "manager", "until": "2020-01-01"}],
            }
        )
    )
    found = report(WRONG, "--profile", profile)
    assert found["decision"] == "hold"
    assert found["profile"]["ended"][0]["rule"] == rule


def test_a_profile_that_names_no_rule_exits_2(tmp_path: Path) -> None:
    profile = tmp_path / "profile.json"
    profile.write_text(
        '{"name": "p", "changes": [{"rule": "uk.sex/nothing", "action": "off", "reason": "why", "role": "gp", "until": "2030"}]}'
    )
    result = check(WRONG, "--profile", profile)
    assert result.exit_code == 2
    assert "which is not loaded" in result.stderr


def test_an_override_keeps_the_finding_and_decides_nothing(tmp_path: Path) -> None:
    rules = "uk.pregnancy"
    found = next(r for r in report(WRONG, "--rules", rules)["results"] if r["overridable_by"])
    overrides = tmp_path / "overrides.json"
    overrides.write_text(
        json.dumps(
            [
                {
                    "rule": found["rule"],
                    "codes": ["77386006"],
                    "reason": found["overridable_by"]["reasons"][0],
                    "role": "gp",
                    "recorded": "2026-03-01",
                }
            ]
        )
    )
    after = report(WRONG, "--rules", rules, "--overrides", overrides)
    kept = next(r for r in after["results"] if r["rule"] == found["rule"])
    assert kept["overridden"]["reason"] == found["overridable_by"]["reasons"][0]
    assert after["counts"]["overridden"] == 1
    assert after["decision"] != "review"


def test_an_unknown_limit_exits_2() -> None:
    result = check(WRONG, "--limit", "uk.pregnancy/nothing=3 weeks")
    assert result.exit_code == 2
    assert "there is no limit" in result.stderr


def test_no_colour_where_output_is_no_terminal() -> None:
    assert "\x1b[" not in check(WRONG).stdout


# ---------------------------------------------------------------------------------------------- a line in, a line out


def lines(*given: str | bytes) -> list[dict[str, Any]]:
    data = b"".join((g.encode() if isinstance(g, str) else g) + b"\n" for g in given)
    done = subprocess.run([sys.executable, "-m", "codesafety", "check", "--jsonl"], input=data, capture_output=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_lines_are_answered_one_for_one_after_a_line_that_says_ready() -> None:
    native = (EXAMPLES / "submission-native.json").read_text().replace("\n", " ")
    fhir = json.dumps(json.loads((EXAMPLES / "pregnancy-status-update.json").read_text()))
    wrapped = json.dumps({"id": "m1", "submission": json.loads(fhir), "record": json.loads(RECORD.read_text())})
    ready, *answers = lines(native, "{broken", fhir, wrapped, "[1]", b"\xff\xff", json.dumps({"submission": {}, "recrod": 1}))
    assert ready["ready"] is True
    assert ready["version"] and ready["rulesets"] and ready["engine"]["digest"]
    assert [("decision" in a, "error" in a) for a in answers] == [
        (True, False),
        (True, True),
        (True, False),
        (True, False),
        (True, True),
        (True, True),
        (True, True),
    ]
    assert answers[1]["line"] == 2
    assert answers[1]["error"]["message"] == "this is not JSON"
    assert answers[3]["id"] == "m1"
    assert answers[3]["record"]["given"] is True


def test_a_letter_in_a_line_is_declined_and_never_held() -> None:
    letter = json.loads((ROOT / "tests" / "fixtures" / "fhir" / "letter.json").read_text(encoding="utf-8"))
    _, answer, after = lines(json.dumps({"id": 7, "submission": letter}), "{}")
    assert answer["error"]["kind"] == "Declined"
    assert answer["id"] == 7
    assert "decision" not in answer
    assert after["decision"] == "review"


def test_a_decimal_keeps_its_last_zero_on_its_way_through_a_line() -> None:
    entry = (
        '{"path": "e", "codings": [{"system": "sct", "code": "27113001"}], "value": {"quantity": {"value": 70.10, "unit": "kg"}}}'
    )
    whole = "{" + f'"entries": [{entry}]' + "}"
    _, direct, wrapped = lines(whole, "{" + f'"submission": {whole}' + "}")
    assert direct["digests"]["input"] == wrapped["digests"]["input"]


def test_a_name_given_twice_in_a_line_is_refused_as_it_is_in_a_file() -> None:
    twice = '{"path": "e", "codings": [{"system": "sct", "code": "77386006", "code": "60001007"}]}'
    _, direct, wrapped = lines(f'{{"entries": [{twice}]}}', f'{{"submission": {{"entries": [{twice}]}}}}')
    assert direct["error"]["message"].startswith("gives one name twice in one object")
    assert wrapped["error"]["message"].startswith("gives one name twice in one object")


def test_overrides_that_are_no_list_get_a_line_that_says_so() -> None:
    _, answer = lines('{"submission": {"entries": []}, "overrides": 5}')
    assert answer["error"]["message"] == "this is not a list"


def test_an_empty_file_and_a_folder_of_other_things_are_called_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "empty.xml").write_bytes(b"")
    assert "the input is empty" in check(tmp_path / "empty.xml").stderr
    found = check(tmp_path)
    assert found.exit_code == 2
    assert "this is a folder" in found.stderr or "polars" in found.stderr


# ---------------------------------------------------------------------------------------------- what is no file


@pytest.mark.parametrize(
    "path", ["", " ", "no-such-file.xml", "a\0b", "x" * 5000, "/dev/zero", "/dev/null", "/proc/kmsg", "pipe", "socket", "."]
)
@pytest.mark.parametrize("option", [None, "--record", "--profile", "--overrides", "--rules"])
def test_what_is_no_file_is_one_error_with_a_remedy(
    path: str, option: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        result = check(path) if option is None else check(RIGHT, option, path)
    assert result.exit_code == 2
    assert result.stderr.startswith("error")
    assert "help" in result.stderr
    assert result.stdout == ""


def test_no_more_is_read_than_a_message_may_have(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    read: list[int] = []

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            read.append(size)
            return b"x" * size

    assert "larger than the 64 MiB" in check(large).stderr
    with pytest.raises(InputError, match="larger than the 64 MiB"):
        read_source(Endless(), "standard input")
    assert read == [MAX_BYTES + 1]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    secret = tmp_path / "m.xml"
    secret.write_bytes(b"<a/>")
    secret.chmod(0)
    assert "permission denied" in check(secret).stderr


@pytest.mark.parametrize("name", ["unicode_escape", "UTF-7", "iso-8859-15", "utf-32", "IBM500", "shift_jis", "rot13", "hex"])
def test_xml_in_an_encoding_that_is_not_read_is_refused_by_its_name(name: str) -> None:
    text = f'<?xml version="1.0" encoding="{name}"?><Bundle xmlns="http://hl7.org/fhir"/>'
    for data in (text.encode(), b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16")):
        result = check("-", given=data)
        assert result.exit_code == 2
        assert f"declares the encoding {codecs.lookup(name).name}, which is not read" in result.stderr


def test_an_encoding_that_nobody_knows_is_not_repeated() -> None:
    result = check("-", given=b"<?xml version='1.0' encoding='JohnSmith19900101'?><Bundle xmlns='http://hl7.org/fhir'/>")
    assert "declares an encoding that is not known" in result.stderr
    assert "JohnSmith" not in result.stderr


@pytest.mark.parametrize("name", ["UTF-8", "utf-16", "US-ASCII", "ISO-8859-1", "Windows-1252"])
def test_xml_in_an_encoding_that_is_read_is_read(name: str) -> None:
    text = WRONG.read_text(encoding="utf-8").partition("?>")[2].encode("ascii", "xmlcharrefreplace").decode()
    data = f'<?xml version="1.0" encoding="{name}"?>{text}'.encode(name)
    assert report("-", given=data)["decision"] == "hold"


# ---------------------------------------------------------------------------------------------- names given twice


@pytest.mark.parametrize("option", ["--profile", "--overrides", "--record"])
def test_a_name_given_twice_is_refused_in_every_file(option: str, tmp_path: Path) -> None:
    given = {
        "--profile": '{"name": "p", "changes": [], "changes": []}',
        "--overrides": '[{"rule": "a", "rule": "b", "codes": ["1"], "reason": "r", "recorded": "2026"}]',
        "--record": '{"entries": [], "entries": []}',
    }
    (tmp_path / "f.json").write_text(given[option])
    result = check(RIGHT, option, tmp_path / "f.json")
    assert result.exit_code == 2
    assert "gives one name twice in one object" in result.stderr


def test_an_item_of_which_a_date_is_broken_is_held_and_the_others_are_judged() -> None:
    given = {
        "entries": [
            {"path": "a", "date": "2026-13-01", "codings": [{"system": "sct", "code": "27113001"}]},
            {"path": "b", "date": "20260301", "codings": [{"system": "sct", "code": "27113001"}]},
        ]
    }
    found = report("-", given=json.dumps(given))
    assert [(item["path"], item["decision"]) for item in found["items"]][::2] == [("a", "hold"), ("a.date", "hold")]
    assert found["items"][1]["decision"] != "hold"
    assert found["items"][1]["as_sent"]["date"] == "2026-03-01"
    assert {"path": "a.date", "reason": "there is no such month", "rule": None, "plugin": None} in found["not_checked"]


@pytest.mark.parametrize(
    "written",
    ["7", "1.50", "1E400", '"a \\u00e9"', "true", "null", "-0.0", str(10**30)],
    ids=["whole", "1.50", "1E400", "text", "true", "null", "-0.0", "long"],
)
def test_an_id_of_a_line_comes_back_as_it_was_written(written: str) -> None:
    submission = (EXAMPLES / "submission-native.json").read_text().replace("\n", " ")
    data = f'{{"id": {written}, "submission": {submission}}}\n{{"id": {written}, "submission": {{"x": 1}}}}\n'
    done = subprocess.run([sys.executable, "-m", "codesafety", "check", "--jsonl"], input=data.encode(), capture_output=True)
    _, answer, refused = done.stdout.decode().splitlines()
    asked = json.loads(written, parse_float=str)
    for line in (answer, refused):
        assert json.loads(line, parse_float=str)["id"] == asked
        assert isinstance(asked, str) or f'"id":{written}' in line
    assert "error" in json.loads(refused) and "exact-" not in done.stdout.decode()


@pytest.mark.parametrize("written", ['{"a": 1.5}', "[1]", "{}"])
def test_an_id_that_is_no_single_value_is_refused_and_the_line_held(written: str) -> None:
    submission = (EXAMPLES / "submission-native.json").read_text().replace("\n", " ")
    _, answer = lines(f'{{"id": {written}, "submission": {submission}}}')
    assert answer["decision"] == "hold" and "id" not in answer
    assert answer["error"]["message"] == "the `id` is an object or an array"


# ------------------------------------------------------------------------------------------------ one document

TABLE = "patient_id,sex,birth_date,kind,system,code,date\np1,F,1990-04-02,condition,http://snomed.info/sct,77386006,2025-01-03\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    pytest.importorskip("polars")
    path = tmp_path / "t.csv"
    path.write_text(TABLE + TABLE.splitlines()[1].replace("p1", "p2") + "\n")
    return path


def documents(*files: str | Path) -> tuple[int, Any]:
    done = check(*files, "--format", "json")
    return done.exit_code, json.loads(done.stdout)


def test_a_table_alone_is_an_array_of_its_patients(table: Path) -> None:
    _, found = documents(table)
    assert [(sorted(one), one["patient"]) for one in found] == [
        (["patient", "report"], "t[0]"),
        (["patient", "report"], "t[1]"),
    ]


def test_files_and_tables_together_are_one_array_in_their_order(table: Path) -> None:
    code, found = documents(RIGHT, table, "nowhere", table)
    assert code == 2
    assert [(Path(one["file"]).name, one.get("patient"), "report" in one, "error" in one) for one in found] == [
        (RIGHT.name, None, True, False),
        ("t.csv", "t[0]", True, False),
        ("t.csv", "t[1]", True, False),
        ("nowhere", None, False, True),
        ("t.csv", "t[0]", True, False),
        ("t.csv", "t[1]", True, False),
    ]


def test_files_of_which_none_can_be_read_are_one_array() -> None:
    code, found = documents("nowhere", "nor-there")
    assert code == 2
    assert [(one["file"], one["error"]["message"]) for one in found] == [
        ("nowhere", "there is no such file"),
        ("nor-there", "there is no such file"),
    ]


def test_a_table_without_a_patient_is_an_error_that_names_it(tmp_path: Path) -> None:
    pytest.importorskip("polars")
    path = tmp_path / "t.csv"
    path.write_text(TABLE.splitlines()[0] + "\n")
    code, found = documents(path)
    assert (code, found["error"]["source"]) == (2, str(path))
    assert check(path).stderr == (
        f"error: {path}: there is no row of a patient in it: NOTHING WAS CHECKED\n  = help: give a table with a row a code\n"
    )
