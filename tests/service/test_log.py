"""The service with a decision log: each answer a row before it is given, feedback that is kept, and no answer where there is no row."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.decision_log.made import engine, key, message
from tests.places import EXAMPLES
from tests.service.served import XML, Server, serving

import codesafety
from codesafety.authoring import bundling
from codesafety.decision_log.chain import verify
from codesafety.decision_log.log import read_lines, read_rows
from codesafety.following import Follower

pytest.importorskip("starlette")
pytest.importorskip("cryptography")
MESSAGE = (EXAMPLES / "pregnancy-status-update.xml").read_bytes()
CARDS = {"Accept": "application/vnd.codesafety.cds-hooks+json; version=3.0"}
FEEDBACK = "/cds-services/codesafety-conditions/feedback"
OWN = "urn:uuid:998529c3-9ca7-5b94-85ff-c046f9b7a9e2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("logged")
    key(made)
    return made


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with serving(folder, "--rules", "uk.pregnancy", "--log", "log.sqlite", "--log-key", "log.key") as one:
        yield one


def told(server: Server, card: str, **reason: str) -> int:
    one = {
        "card": card,
        "outcome": "overridden",
        "outcomeTimestamp": "2026-03-04T10:00:00Z",
        "overrideReason": {"reason": reason},
    }
    return server.ask("POST", FEEDBACK, json.dumps({"feedback": [one]}), {"Content-Type": "application/json"}).status


def test_each_answer_is_a_row_and_what_is_no_answer_is_none(server: Server, folder: Path) -> None:
    before = len(list(read_lines(folder / "log.sqlite"))) if (folder / "log.sqlite").exists() else 0
    counted = server.counts()["codesafety_log_rows"]
    assert server.assess(MESSAGE, XML).status == 200
    assert server.assess(b"<nonsense", XML).status == 422
    rows = list(read_rows(folder / "log.sqlite"))
    assert [row["decision"] for row in rows[before:]] == ["review"]
    assert server.counts()["codesafety_log_rows"] == counted + 1
    head = verify(read_lines(folder / "log.sqlite")).head
    assert server.ask("GET", "/ready").json["log"] == {"head": str(head)}


def test_feedback_with_the_rules_own_reason_is_handed_back_and_no_other(server: Server) -> None:
    cards = server.assess(MESSAGE, XML, **CARDS).json["cards"]
    card = next(
        one["uuid"] for one in cards if one["source"]["topic"]["code"] == "uk.pregnancy/pregnant-in-the-contraception-service"
    )
    assert told(server, card, system=OWN, code="code-is-right") == 200
    assert told(server, card, system="urn:other", code="confirmed-with-patient") == 200
    assert server.assess(MESSAGE, XML).json["counts"]["overridden"] == 0
    assert told(server, card, system=OWN, code="confirmed-with-patient") == 200
    again = server.assess(MESSAGE, XML).json
    assert (again["counts"]["overridden"], again["decision"]) == (1, "none")
    assert server.counts()['codesafety_feedback_total{outcome="overridden",reason="confirmed-with-patient"}'] == 1


@pytest.mark.parametrize("stamp", ["yesterday", "2026-03", "9434765919", "2026-02-30T10:00:00Z"])
@pytest.mark.parametrize("outcome", ["overridden", "accepted"])
def test_feedback_at_no_time_is_a_problem(stamp: str, outcome: str, server: Server) -> None:
    one = {"card": "c", "outcome": outcome, "outcomeTimestamp": stamp}
    one |= {"overrideReason": {"reason": {"system": OWN, "code": "confirmed-with-patient"}}}  # type: ignore[dict-item]
    answered = server.ask("POST", FEEDBACK, json.dumps({"feedback": [one]}), {"Content-Type": "application/json"})
    assert (answered.status, answered.json["code"]) == (400, "feedback")
    assert stamp.encode() not in answered.body


def test_what_the_log_does_not_take_is_not_answered(tmp_path: Path) -> None:
    """What it writes to is damaged under it; it says so, holds, and is not ready."""
    key(tmp_path)
    with serving(tmp_path, "--rules", "uk.blood_pressure", "--log", "log.jsonl", "--log-key", "log.key") as server:
        assert server.assess(MESSAGE, XML).status == 200
        line = (tmp_path / "log.jsonl").read_text(encoding="utf-8")
        (tmp_path / "log.jsonl").write_text(f"{line.replace('FX999', 'FX9')}", encoding="utf-8")
        answered = server.assess(MESSAGE, XML)
        assert (answered.status, answered.json["code"], answered.json["decision"]) == (503, "not-logged", "hold")
        assert answered.headers["retry-after"] == "5"
        assert server.ask("GET", "/ready").json["code"] == "not-logged"
        assert server.counts()["codesafety_not_logged_total"] >= 1
        (tmp_path / "log.jsonl").write_text(line, encoding="utf-8")
        assert server.assess(MESSAGE, XML).status == 200
        assert "not logged: its last row is not as it was written" in server.log.read_text()
    assert verify(read_lines(tmp_path / "log.jsonl")).rows == 2


def test_a_log_that_cannot_be_opened_is_never_ready(tmp_path: Path) -> None:
    key(tmp_path)
    with serving(
        tmp_path, "--rules", "uk.blood_pressure", "--log", "no/log.sqlite", "--log-key", "log.key", ready=False
    ) as server:
        server.wait("/health")
        for _ in range(200):
            if "no such file or directory" in server.ask("GET", "/ready").json["detail"]:
                break
            time.sleep(0.05)
        else:
            raise AssertionError(server.log.read_text())
        assert server.assess(MESSAGE, XML).status == 503


def test_several_workers_write_one_chain(tmp_path: Path) -> None:
    key(tmp_path)
    options = ("--rules", "uk.blood_pressure", "--workers", "2", "--log", "log.sqlite", "--log-key", "log.key")
    with serving(tmp_path, *options) as server:
        statuses = [server.assess(MESSAGE, XML).status for _ in range(20)]
    found = verify(read_lines(tmp_path / "log.sqlite"))
    assert (found.rows, found.fault) == (statuses.count(200), None)


def test_rows_on_standard_output_are_lines_of_their_own(tmp_path: Path) -> None:
    key(tmp_path)
    with serving(tmp_path, "--rules", "uk.blood_pressure", "--log", "-", "--log-key", "log.key") as server:
        assert server.assess(MESSAGE, XML).status == 200
        lines = [line for line in server.log.read_text().splitlines() if line.startswith('{"number":')]
    assert (verify(lines).rows, verify(lines).fault) == (1, None)


def test_no_word_of_a_message_is_in_a_row_a_count_or_the_log_of_the_service(server: Server, folder: Path) -> None:
    text = MESSAGE.decode()
    for plain, canary in (("Not pregnant", "CANARYWORDS"), ("FX999", "CANARYSENDER"), ("1994", "1967")):
        text = text.replace(plain, canary)
    assert server.assess(text, XML).status == 200
    given = {"card": "CANARYCARD", "outcome": "overridden", "outcomeTimestamp": "2026-03-04", "userComment": "CANARYCOMMENT"}
    reason = {"overrideReason": {"reason": {"system": OWN, "code": "confirmed-with-patient"}, "userComment": "CANARYCOMMENT"}}
    server.ask("POST", FEEDBACK, json.dumps({"feedback": [given | reason]}), {"Content-Type": "application/json"})
    rows = "".join(read_lines(folder / "log.sqlite"))
    for written in (rows, server.ask("GET", "/metrics").body.decode(), server.log.read_text()):
        apart = "CANARY|(?<![0-9a-f.-])1967(?![0-9a-f])"  # not where it is some digits of a digest or a moment
        assert not re.search(apart, written)


# ---------------------------------------------------------------------------------- a bundle that expires while it is in use


def test_a_bundle_that_expires_in_use_is_told_and_stays_in_use(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from codesafety.service.metrics import Metrics

    place = tmp_path / "rules.bundle"
    place.write_bytes(bundling.build(["uk.blood_pressure"], valid_until="2999-12-31"))
    follower = Follower(place, every_s=0.01)
    assert [follower.ended(day) for day in (date(2999, 12, 31), date(3000, 1, 1))] == [False, True]
    metrics = Metrics()
    metrics.use(follower.engine, False)
    assert b"codesafety_bundle_expired 0.0" in metrics.text()
    over = tmp_path / "over.bundle"
    over.write_bytes(bundling.build(["uk.blood_pressure"], valid_until="2020-12-31"))
    follower.engine = codesafety.load(over, expired=True)  # as it is the day after
    metrics.use(follower.engine, False)
    assert b"codesafety_bundle_expired 1.0" in metrics.text()
    with caplog.at_level(logging.WARNING, "codesafety.bundle"):
        follower.start()
        for _ in range(500):
            if caplog.records:
                break
            time.sleep(0.01)
        follower.stop()
    assert "the bundle in use has expired, and stays in use" in caplog.text
    assert follower.engine.assess(message()).decision == "none"
    assert engine().bundle is None


def test_ready_says_until_when_a_bundle_is_valid(tmp_path: Path) -> None:
    (tmp_path / "rules.bundle").write_bytes(bundling.build(["uk.blood_pressure"], valid_until="2999-12-31"))
    with serving(tmp_path, "--bundle", "rules.bundle") as server:
        told = server.ask("GET", "/ready").json["bundle"]
        assert (told["valid_until"], told["expired"]) == ("2999-12-31", False)
