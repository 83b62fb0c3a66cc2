"""`codesafety log`, and the doors that write one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import chdir
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.decision_log.made import MESSAGE, RULES, engine, key, log, message, opened
from tests.places import EXAMPLES, ROOT
from typer.testing import CliRunner

import codesafety
from codesafety import Override
from codesafety.authoring import bundling
from codesafety.cli.app import app
from codesafety.decision_log import picture, statistics
from codesafety.decision_log.chain import EMPTY, sealed, verify
from codesafety.decision_log.log import read_lines, read_rows
from codesafety.decision_log.statistics import Point, limit

pytest.importorskip("cryptography")


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path, cwd: Path, given: str = "") -> Done:
    with chdir(cwd):
        words = list(map(str, arguments))
        done = CliRunner().invoke(app, words, input=given, env={"NO_COLOR": "1", "COLUMNS": "120"}, catch_exceptions=False)
    return Done(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "s.rules").write_text(RULES, encoding="utf-8")
    (tmp_path / "m.json").write_text(message().model_dump_json(), encoding="utf-8")
    key(tmp_path)
    return tmp_path


# ---------------------------------------------------------------------------------- doors


def test_a_file_that_is_checked_is_a_row(folder: Path) -> None:
    done = run("check", MESSAGE, "m.json", "--rules", "s", "--log", "log.sqlite", "--log-key", "log.key", cwd=folder)
    assert done.returncode == 1, done.stderr
    assert [row["decision"] for row in read_rows(folder / "log.sqlite")] == ["hold", "hold"]


def test_each_line_that_is_answered_is_a_row_and_one_that_is_not_is_none(folder: Path) -> None:
    given = f"{message().model_dump_json()}\nno JSON\n{message('271649006').model_dump_json()}\n"
    done = run("check", "--jsonl", "--rules", "s", "--log", "log.jsonl", "--log-key", "log.key", cwd=folder, given=given)
    assert done.returncode == 0, done.stderr
    assert [row["decision"] for row in read_rows(folder / "log.jsonl")] == ["hold", "none"]


def test_a_line_whose_row_is_not_taken_is_held(folder: Path) -> None:
    """The system takes no more than 3,000 bytes of a file; the answers go through a pipe."""
    import resource
    import signal

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, resource.RLIM_INFINITY))

    given = f"{message().model_dump_json()}\n" * 8
    command = [sys.executable, "-m", "codesafety", "check", "--jsonl", "--rules", "s", "--cache", "off"]
    done = subprocess.run(
        [*command, "--log", "log.jsonl", "--log-key", "log.key"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        input=given,
        capture_output=True,
        text=True,
        preexec_fn=small,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()[1:]]
    answered = [line for line in lines if "error" not in line]
    refused = [line for line in lines if "error" in line]
    assert len(answered) + len(refused) == 8
    assert {(line["error"]["kind"], line["decision"]) for line in refused} == {("LogError", "hold")}
    assert verify(read_lines(folder / "log.jsonl")).rows == len(answered) > 0


def test_each_patient_of_a_table_is_a_row(folder: Path) -> None:
    pytest.importorskip("polars")
    (folder / "t.csv").write_text(
        "patient_id,sex,birth_date,kind,system,code,display,date\n"
        "p1,F,1990-02-04,condition,sct,77386006,Pregnant,2025-01-03\n"
        "p2,F,1990-02-04,condition,sct,271649006,Systolic,2025-01-03\n",
        encoding="utf-8",
    )
    done = run("check", "t.csv", "--rules", "s", "--log", "log.sqlite", "--log-key", "log.key", cwd=folder)
    assert done.returncode == 1, done.stderr
    assert [row["decision"] for row in read_rows(folder / "log.sqlite")] == ["hold", "none"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--log", "log.sqlite"], "a log is written with its key"),
        (["--log-key", "log.key"], "a log is written with its key"),
        (["--log", "-", "--log-key", "log.key"], "--log cannot be standard output"),
        (["--log", "no/log.sqlite", "--log-key", "log.key"], "no such file or directory"),
        (["--log", "log.sqlite", "--log-key", "m.json"], "this is no key of a log"),
    ],
)
def test_a_log_that_cannot_be_written_is_said_and_nothing_is_checked(options: list[str], words: str, folder: Path) -> None:
    done = run("check", "m.json", "--rules", "s", *options, cwd=folder)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert not (folder / "log.sqlite").exists()


# ---------------------------------------------------------------------------------- verify


def test_verify_says_whether_a_log_is_whole_and_its_head(folder: Path) -> None:
    kept = log(folder, "log.jsonl")
    for _ in range(3):
        kept.assess(engine(), message())
    done = run("log", "verify", "log.jsonl", cwd=folder)
    assert (done.returncode, done.stdout) == (0, f"log.jsonl: 3 rows, whole\nhead {kept.head}\n")
    noted = str(kept.head)
    text = (folder / "log.jsonl").read_text()
    (folder / "log.jsonl").write_text(text.replace("FX999", "FX998", 1))
    done = run("log", "verify", "log.jsonl", cwd=folder)
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, "log.jsonl: row 1: it is not as it was written")
    (folder / "log.jsonl").write_text("".join(text.splitlines(keepends=True)[:2]))
    assert run("log", "verify", "log.jsonl", cwd=folder).returncode == 0
    done = run("log", "verify", "log.jsonl", "--noted", noted, "--format", "json", cwd=folder)
    assert (done.returncode, json.loads(done.stdout)["fault"]) == (1, "row 3: it was noted, and the log ends with row 2")
    assert run("log", "verify", "none.jsonl", cwd=folder).returncode == 2
    assert run("log", "verify", "log.jsonl", "--noted", "3", cwd=folder).returncode == 2


def test_a_log_of_nothing_is_no_whole_log(folder: Path) -> None:
    (folder / "log.jsonl").write_text("")
    assert run("log", "verify", "log.jsonl", cwd=folder).returncode == 2


# ---------------------------------------------------------------------------------- replay


def put(folder: Path, serial: int, rules: str, valid_until: str | None = None) -> codesafety.Engine:
    place = folder / f"rules{serial}"
    place.mkdir()
    (place / "s.rules").write_text(rules, encoding="utf-8")
    (folder / "bundles").mkdir(exist_ok=True)
    file = folder / "bundles" / f"{serial}.bundle"
    file.write_bytes(bundling.build([place], serial=serial, valid_until=valid_until, installed_plugins=False))
    return codesafety.load(file, installed_plugins=False, expired=True)


def replayed(folder: Path, *options: str | Path) -> tuple[int, list[dict[str, Any]]]:
    done = run("log", "replay", "log.sqlite", *options, "--log-key", "log.key", "--rules", "s", "--format", "json", cwd=folder)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_old_inputs_are_answered_as_then_each_by_the_bundle_of_its_day(folder: Path) -> None:
    """One bundle has expired since. Of the second the rule is stricter; each input is answered by its own."""
    then = put(folder, 1, RULES.replace("action hold", "action note"), "2020-01-01")
    now = put(folder, 2, RULES)
    kept = log(folder)
    assert [kept.assess(one, message()).decision for one in (then, now)] == ["review", "hold"]
    code, told = replayed(folder, "m.json", "--bundle", "bundles")
    assert (code, [(one["row"], one["differences"]) for one in told]) == (0, [(1, []), (2, [])])


def test_a_bundle_that_is_not_at_hand_and_an_input_that_is_in_no_row_are_said(folder: Path) -> None:
    log(folder).assess(put(folder, 1, RULES), message())
    (folder / "other.json").write_text(message("271649006").model_dump_json(), encoding="utf-8")
    code, told = replayed(folder, "m.json", "other.json")
    assert code == 2
    assert [one["failed"].partition(":")[0] for one in told] == [
        "its bundle, of serial 1, is not at hand",
        "no row of this input",
    ]


@pytest.mark.parametrize("name", ["empty.json", "empty.jsonl"])
def test_a_file_of_no_input_is_said(name: str, folder: Path) -> None:
    log(folder).assess(engine(), message())
    (folder / name).write_text("\n")
    done = run("log", "replay", "log.sqlite", "m.json", name, "--log-key", "log.key", "--rules", "s", cwd=folder)
    assert (done.returncode, done.stderr.startswith(f"error: {name}: it is empty\n")) == (2, True), done.stderr


def test_every_difference_is_named(folder: Path) -> None:
    """The rules that are given are others than those of then, and so is what was held."""
    (folder / "then").mkdir()
    (folder / "then" / "s.rules").write_text(RULES.replace("rule held", "rule kept"), encoding="utf-8")
    log(folder).assess(codesafety.load(folder / "then", installed_plugins=False), message(), codesafety.Record())
    code, told = replayed(folder, "m.json")
    assert code == 1
    (one,) = told
    assert [line.partition(":")[0] for line in one["differences"]] == [
        "engine",
        "record",
        "rule s/held, fires, hold",
        "rule s/kept, fires, hold",
    ]
    assert one["differences"][3] == "rule s/kept, fires, hold: 1 then, 0 now"


def test_what_was_set_aside_then_is_set_aside_again(folder: Path) -> None:
    """By an override that came with the message, and by one that the log kept; and what is set aside later changes nothing."""
    from codesafety.answers import cds_hooks

    made = codesafety.load(folder / "s", installed_plugins=False)
    kept = log(folder)
    given = Override(rule="s/seen", codes=("77386006",), reason="confirmed-with-patient", recorded="2026-03-01")
    kept.assess(made, message(nhs_number="9000000009"), overrides=[given])
    report = kept.assess(made, message())
    card = next(one["uuid"] for one in cds_hooks(report, "3.0")["cards"] if one["summary"] == "Seen")
    assert kept.set_aside(made, card, "confirmed-with-patient", datetime(2026, 3, 4).date()) == 1
    assert kept.assess(made, message()).counts.overridden == 1
    asked = {"submission": json.loads(message(nhs_number="9000000009").model_dump_json()), "overrides": [given.model_dump()]}
    asks = [asked, json.loads(message().model_dump_json())]
    (folder / "asked.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in asks), encoding="utf-8")
    code, told = replayed(folder, "asked.jsonl")
    assert (code, [(one["row"], one["differences"]) for one in told]) == (0, [(1, []), (2, []), (4, [])])


# ---------------------------------------------------------------------------------- statistics


def sent(folder: Path, days: int, wrong_from: int) -> None:
    """Two senders of five messages a day; from a day on one of them codes all of them as pregnant."""
    first = datetime(2026, 1, 1, 12, tzinfo=UTC)
    now = [first]
    kept = opened(folder / "log.jsonl", key(folder), clock=lambda: now[0])
    for day in range(days):
        now[0] = first + timedelta(days=day)
        for sender in ("FX999", "FY111"):
            for _ in range(5):
                kept.assess(
                    engine(), message("77386006" if sender == "FX999" and day >= wrong_from else "271649006", sender=sender)
                )


def test_rates_are_counted_and_the_sender_is_named_who_codes_more_than_before(folder: Path) -> None:
    sent(folder, 40, 38)
    done = run("log", "stats", "log.jsonl", "--format", "json", cwd=folder)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["answers"], told["decisions"], told["day"]) == (400, {"none": 390, "hold": 10}, "2026-02-09")
    assert {"name": "FX999", "rule": "s/held", "hits": 10, "of": 200} in told["sender"]
    assert {"name": "", "rule": "s/held", "hits": 10, "of": 400} in told["rule"]
    assert {(one["sender"], one["against"]) for one in told["signals"] if one["rule"] == "s/held"} >= {("FX999", "before")}
    earlier = run("log", "stats", "log.jsonl", "--day", "2026-02-07", cwd=folder)
    assert earlier.returncode == 0
    assert "tripwire on 2026-02-07: 0 signals; at most 0.1 false ones a year are expected" in earlier.stdout


def test_a_chart_is_drawn_as_text_and_as_a_picture(folder: Path) -> None:
    sent(folder, 12, 10)
    options = ("--rule", "s/held", "--sender", "FX999", "--period", "1", "--picture", "chart.svg")
    done = run("log", "stats", "log.jsonl", *options, cwd=folder)
    lines = [line for line in done.stdout.splitlines() if line.startswith("2026-")]
    assert [line.split()[:4] for line in lines[-3:]] == [
        ["2026-01-10", "0", "of", "5"],
        ["2026-01-11", "5", "of", "5"],
        ["2026-01-12", "5", "of", "5"],
    ]
    assert [line.endswith("ABOVE") for line in lines] == [False] * 10 + [True] * 2
    from xml.etree import ElementTree

    tree = ElementTree.fromstring((folder / "chart.svg").read_text(encoding="utf-8"))
    assert tree.findtext("{*}title") == "s/held FX999: 12 periods, 2 above the limit"
    assert len(tree.findall("{*}circle")) == 2


def test_a_log_that_was_begun_is_its_owners(folder: Path) -> None:
    for name in ("a.sqlite", "a.jsonl"):
        log(folder, name)
        assert (folder / name).stat().st_mode & 0o077 == 0


def test_what_says_nothing_is_told(folder: Path) -> None:
    (folder / "log.jsonl").write_text("")
    done = run("log", "stats", "log.jsonl", cwd=folder)
    assert (done.returncode, "there is no answer in this log" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--day", "2020-01-01"], "there is no answer in the 91 days up to 2020-01-01"),
        (["--day", "2030-01-01"], "there is no answer in the 91 days up to 2030-01-01"),
        (["--rule", "s/held", "--sender", "RX1"], "there is no answer to this sender and service"),
        (["--sender", "FX999"], "what is drawn is the rate of one rule"),
        (["--false-a-year", "inf"], "`--false-a-year` is a number above 0"),
        (["--rule", "s/held", "--period", "10000000"], "--period"),
    ],
)
def test_where_nothing_is_looked_at_nobody_is_cleared(options: list[str], words: str, folder: Path) -> None:
    log(folder, "log.jsonl").assess(engine(), message())
    done = run("log", "stats", "log.jsonl", *options, cwd=folder)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr


def test_a_rule_that_never_fired_is_told_from_one_that_is_rare(folder: Path) -> None:
    log(folder, "log.jsonl").assess(engine(), message())
    done = run("log", "stats", "log.jsonl", "--rule", "s/hold", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "note: s/hold fired in no message of this log: check its name\n")


def test_what_is_no_row_ends_what_counts_or_answers_again(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A row that was changed, one that nests without an end, one that has no fields; and half a row at the end is told."""
    log(folder, "log.jsonl").assess(engine(), message())
    whole = (folder / "log.jsonl").read_text()
    replay = ("log", "replay", "log.jsonl", "m.json", "--log-key", "log.key", "--rules", "s")
    for line in (whole.replace("FX999", "FX998"), "[" * 100_000 + "\n", '{"format":1}\n', sealed({}, EMPTY) + "\n"):
        (folder / "log.jsonl").write_text(line)
        assert run("log", "verify", "log.jsonl", cwd=folder).returncode == 1
        for command in (("log", "stats", "log.jsonl"), replay):
            done = run(*command, cwd=folder)
            assert (done.returncode, done.stderr.startswith("error: log.jsonl: row 1 is")) == (2, True), done.stderr
    (folder / "log.jsonl").write_text(whole + whole[:100])
    half = "log.jsonl: what stands after its last whole row is not read: a writer was stopped, or writes"
    for command in (("log", "verify", "log.jsonl"), ("log", "stats", "log.jsonl"), replay):
        caplog.clear()
        assert run(*command, cwd=folder).returncode == 0
        assert [record.getMessage() for record in caplog.records] == [half]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = (sys.executable, "-m", "codesafety", "log", "verify", "log.jsonl")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, f"{half}\n")  # where nobody has set logging up, it is seen as well


def test_a_limit_is_where_chance_ends() -> None:
    assert limit(0, 0.1) == 0
    assert limit(100, 0.0) == 0
    assert limit(100, 0.1) == 20  # 21 or more: 0.0008; 20 or more: 0.0020
    assert [Point(1, hits, 100, 20).above for hits in (20, 21)] == [False, True]


def test_an_empty_chart_is_a_picture_of_nothing() -> None:
    assert list(picture.as_text([])) == []
    assert "0 periods" in picture.as_svg([], "nothing & nobody")
    assert statistics.chart(statistics.Counted(), "s/held") == []


def test_a_log_of_years_is_counted_by_windows() -> None:
    counted = statistics.Counted()
    for day in range(1, 1001):
        counted.sent["A", "-", day] = 10
        counted.fired["s/held"]["A", "-", day] = 1 if day <= 993 else 10
    (first, *_) = statistics.signals(counted, 1000)
    assert (first[1].sender, first[1].days, first[1].hits, first[1].their_of) == ("", 7, 70, 9930)


def test_the_example_of_the_guide_is_whole(folder: Path) -> None:
    done = run("check", EXAMPLES / "contraception-ok.xml", "--log", "log.sqlite", "--log-key", "log.key", cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    assert verify(read_lines(folder / "log.sqlite")).rows == 1
