"""The service, asked as others ask it: a server in a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.decision_log.made import key
from tests.places import EXAMPLES, ROOT
from tests.service.served import FHIR, JSON, XML, Server, serving

import codesafety
from codesafety.answers import cds_hooks, operation_outcome

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

MESSAGE = EXAMPLES / "pregnancy-status-update.xml"
RULES = ("uk.pregnancy", "uk.integrity")
PROBLEM = "application/problem+json"
CARDS = "application/vnd.codesafety.cds-hooks+json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    rules = [part for name in RULES for part in ("--rules", name)]
    with serving(tmp_path_factory.mktemp("service"), *rules, "--max-bytes", "300000") as one:
        yield one


@pytest.fixture(scope="module")
def engine() -> codesafety.Engine:
    return codesafety.load(*RULES)


# ---------------------------------------------------------------------------------- messages


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pregnancy-status-update.xml", XML),
        ("pregnancy-status-update.xml", "text/xml; charset=utf-8"),
        ("contraception-ok.xml", "application/xml"),
        ("pregnancy-status-update.json", FHIR),
        ("submission-native.json", JSON),
    ],
)
def test_the_answer_is_the_librarys(server: Server, engine: codesafety.Engine, name: str, kind: str) -> None:
    answered = server.assess((EXAMPLES / name).read_bytes(), kind)
    assert (answered.status, answered.headers["content-type"]) == (200, JSON)
    assert answered.json == engine.assess(engine.read(EXAMPLES / name)).model_dump(mode="json")


def test_a_record_profile_and_overrides_come_in_one_object(server: Server, engine: codesafety.Engine) -> None:
    record = json.loads((EXAMPLES / "record-complete.json").read_text(encoding="utf-8"))
    override = {
        "rule": "uk.pregnancy/pregnant-in-the-contraception-service",
        "codes": ["77386006"],
        "reason": "confirmed-with-patient",
        "recorded": "2026-03-04",
    }
    asked = {"submission": MESSAGE.read_text(encoding="utf-8"), "record": record, "overrides": [override]}
    answered = server.assess(json.dumps(asked))
    expected = engine.assess(
        engine.read(MESSAGE), engine.read_record(EXAMPLES / "record-complete.json"), overrides=[codesafety.Override(**override)]
    )
    assert expected.counts.overridden == 1
    assert answered.json == expected.model_dump(mode="json")


@pytest.mark.parametrize(
    ("accept", "version"),
    [
        (FHIR, "R4"),
        (f"{FHIR}; fhirVersion=3.0", "STU3"),
        (f"{FHIR};fhirVersion=5.0, {JSON};q=0.5", "R5"),
        (f"text/html, {JSON};q=0.1, {FHIR}", "R4"),
    ],
)
def test_an_operation_outcome_is_answered_where_it_is_accepted(
    server: Server, engine: codesafety.Engine, accept: str, version: Any
) -> None:
    answered = server.assess(MESSAGE.read_bytes(), XML, Accept=accept)
    assert answered.headers["content-type"].startswith(FHIR)
    assert answered.json == operation_outcome(engine.assess(engine.read(MESSAGE)), version)


def test_cards_are_answered_where_they_are_accepted(server: Server, engine: codesafety.Engine) -> None:
    report = engine.assess(engine.read(MESSAGE))
    for version in ("2.0", "3.0"):
        answered = server.assess(MESSAGE.read_bytes(), XML, Accept=f"{CARDS}; version={version}")
        assert answered.json == cds_hooks(report, version)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        f"{FHIR}; fhirVersion=1.0",
        f"{CARDS};version=1",
        "application/json;q=0",
        "application/json;q=nan",
        "application/json;q=x",
        "nonsense",
    ],
)
def test_what_cannot_be_answered_is_refused(server: Server, accept: str) -> None:
    assert server.assess(MESSAGE.read_bytes(), XML, Accept=accept).status == 406


@pytest.mark.parametrize(
    ("body", "kind", "headers", "status", "code"),
    [
        (b"{", JSON, {}, 422, "unreadable"),
        (b"[]", JSON, {}, 422, "unreadable"),
        (b'{"a": 1, "a": 2}', JSON, {}, 422, "unreadable"),
        (b"<a", XML, {}, 422, "unreadable"),
        (b'{"submission": {}, "other": 1}', JSON, {}, 422, "unreadable"),
        (b"[" * 100_000, JSON, {}, 422, "unreadable"),
        (b"", JSON, {}, 400, "empty"),
        (b"{}", "text/plain", {}, 415, "media-type"),
        (b"{}", "", {}, 415, "media-type"),
        (b"\x1f\x8b", JSON, {"Content-Encoding": "gzip"}, 415, "encoding"),
        (b" " * 300_001, JSON, {}, 413, "too-large"),
    ],
)
def test_what_is_not_answered_is_a_problem(
    server: Server, body: bytes, kind: str, headers: dict[str, str], status: int, code: str
) -> None:
    answered = server.assess(body, kind, **headers)
    assert (answered.status, answered.headers["content-type"]) == (status, PROBLEM)
    told = answered.json
    assert (told["status"], told["code"], told["type"], told["decision"]) == (status, code, "about:blank", "hold")
    assert told["title"]
    assert told["detail"]


def test_a_large_body_that_says_no_size_is_stopped(server: Server) -> None:
    connection = server.connection()
    connection.request("POST", "/assess", iter([b" " * 100_000] * 4), {"Content-Type": JSON}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_what_cannot_be_read_is_an_operation_outcome_where_that_is_accepted(server: Server) -> None:
    answered = server.assess(b"<a", XML, Accept=FHIR)
    assert answered.status == 422
    assert answered.json["issue"][0]["severity"] == "fatal"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/assess", 405), ("DELETE", "/metrics", 405)]
)
def test_what_is_not_there_is_a_problem(server: Server, method: str, path: str, status: int) -> None:
    answered = server.ask(method, path)
    assert (answered.status, answered.headers["content-type"], answered.json["status"]) == (status, PROBLEM, status)


def test_only_this_machine_is_answered_without_authentication(server: Server) -> None:
    assert server.ask("GET", "/ready", headers={"Host": "rules.example"}).status == 400
    assert server.ask("GET", "/ready", headers={"Host": f"localhost:{server.port}"}).status == 200


# ---------------------------------------------------------------------------------- CDS Hooks


def hook(**changed: Any) -> dict[str, Any]:
    patient = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1990-05-01"}
    condition = {
        "resourceType": "Condition",
        "id": "c",
        "subject": {"reference": "Patient/p"},
        "code": {
            "coding": [{"system": "http://snomed.info/sct", "code": "77386006", "display": "Pregnant"}],
            "text": "Not pregnant",
        },
        "onsetDateTime": "2026-03-04",
    }
    held = {**condition, "id": "held", "code": {"coding": [{"system": "http://snomed.info/sct", "code": "60001007"}]}}
    return {
        "hook": "problem-list-item-create",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {
            "userId": "Practitioner/a",
            "patientId": "p",
            "conditions": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": condition}]},
        },
        "prefetch": {
            "patient": patient,
            "conditions": {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": held}]},
        },
        **changed,
    }


def call(server: Server, given: Any, service: str = "codesafety-conditions", more: str = "") -> Any:
    return server.ask("POST", f"/cds-services/{service}{more}", json.dumps(given), {"Content-Type": JSON})


def test_services_are_discovered(server: Server) -> None:
    found = server.ask("GET", "/cds-services").json["services"]
    assert [(one["id"], one["hook"]) for one in found] == [
        ("codesafety-conditions", "problem-list-item-create"),
        ("codesafety-orders", "order-sign"),
    ]
    for one in found:
        assert one["description"]
        assert set(one["prefetch"]) == {"patient", "conditions", "observations", "medications"}


def test_a_hook_is_answered_with_cards(server: Server) -> None:
    answered = call(server, hook())
    assert answered.status == 200
    cards = answered.json["cards"]
    assert [(card["source"]["topic"]["code"], card["indicator"]) for card in cards] == [
        ("uk.integrity/pregnancy-code-whose-words-deny-it", "critical"),
        ("uk.pregnancy/pregnancy-status-against-the-record", "warning"),
        ("cannot-tell", "info"),
    ]
    alone = call(server, hook(prefetch=None)).json["cards"]
    assert any("record" in json.dumps(card) for card in alone)


def test_what_is_prefetched_is_the_record(server: Server) -> None:
    with_record, without = (
        json.dumps(call(server, given).json) for given in (hook(), hook(prefetch={"patient": hook()["prefetch"]["patient"]}))
    )
    assert "no record was given" in without
    assert "no record was given" not in with_record


@pytest.mark.parametrize(
    "changed",
    [
        {"hook": "patient-view"},
        {"hookInstance": None},
        {"context": {}},
        {"context": {"patientId": "p", "conditions": {"resourceType": "Condition"}}},
        {"context": {"conditions": {"resourceType": "Bundle"}}},
        {"context": {"patientId": "q", "conditions": {"resourceType": "Bundle"}}},  # the patient that was fetched is another
        {"prefetch": ["x"]},
        {"prefetch": {"conditions": "x"}},
    ],
)
def test_a_hook_that_is_none_is_a_problem(server: Server, changed: dict[str, Any]) -> None:
    assert call(server, hook(**changed)).status == 400


def test_what_a_hook_sends_that_cannot_be_read_is_an_operation_outcome(server: Server) -> None:
    twice = json.dumps(hook())[:-1] + ', "hook": "order-sign"}'
    answered = server.ask("POST", "/cds-services/codesafety-conditions", twice, {"Content-Type": JSON})
    assert (answered.status, answered.json["resourceType"]) == (422, "OperationOutcome")


def test_what_a_hook_sends_that_is_broken_is_held(server: Server) -> None:
    answered = call(server, hook(context={"patientId": "p", "conditions": {"resourceType": "Bundle", "entry": 7}}))
    cards = [(card["source"]["topic"]["code"], card["indicator"]) for card in answered.json["cards"]]
    assert (answered.status, cards) == (200, [("broken", "critical"), ("error", "critical")])


def test_a_service_that_is_not_there_is_a_problem(server: Server) -> None:
    assert call(server, hook(), "nothing").status == 404
    assert call(server, {"feedback": []}, "nothing", "/feedback").status == 404


def test_feedback_is_counted_by_coded_reasons_alone(server: Server) -> None:
    at = "2026-03-04T11:00:00Z"
    own = {"system": "urn:uuid:998529c3-9ca7-5b94-85ff-c046f9b7a9e2", "code": "code-is-right"}
    told = [
        {"card": "a", "outcome": "accepted", "outcomeTimestamp": at},
        {
            "card": "b",
            "outcome": "overridden",
            "outcomeTimestamp": at,
            "overrideReason": {"reason": own, "userComment": "JohnSmith"},
        },
        {
            "card": "c",
            "outcome": "overridden",
            "outcomeTimestamp": at,
            "overrideReason": {"reason": {"system": "x", "code": "JohnSmith"}},
        },
    ]
    answered = call(server, {"feedback": told}, more="/feedback")
    assert (answered.status, answered.body) == (200, b"")
    counts = server.counts()
    assert counts['codesafety_feedback_total{outcome="accepted",reason="none"}'] == 1
    assert counts['codesafety_feedback_total{outcome="overridden",reason="code-is-right"}'] == 1
    assert counts['codesafety_feedback_total{outcome="overridden",reason="other"}'] == 1
    for wrong in ({}, {"feedback": []}, {"feedback": [{"card": "a", "outcome": "ignored", "outcomeTimestamp": at}]}):
        assert call(server, wrong, more="/feedback").status == 400


# ---------------------------------------------------------------------------------- what it says of itself


def test_it_is_ready_with_what_it_answers_with(server: Server, engine: codesafety.Engine) -> None:
    told = server.ask("GET", "/ready").json
    assert told["engine"] == engine.standing.engine.digest
    assert [one["name"] for one in told["rulesets"]] == [one.name for one in engine.rulesets]
    assert server.ask("GET", "/health").json == {"status": "up"}


def test_counts_rise_with_what_is_answered(server: Server) -> None:
    before = server.counts()
    server.assess(MESSAGE.read_bytes(), XML)
    after = server.counts()

    def rise(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert rise('codesafety_decisions_total{decision="hold",told="partly"}') == 1
    assert rise('codesafety_requests_total{route="/assess",status="200"}') == 1
    assert rise('codesafety_items_total{answered="yes"}') == 1
    findings = [name for name in after if name.startswith("codesafety_findings_total") and rise(name)]
    assert len(findings) == 2
    assert all(re.search(r'rule="uk\.\w+/[a-z-]+"', name) for name in findings)


def test_no_word_of_a_message_leaves_it_but_in_its_answer(server: Server) -> None:
    """Canaries stand where a patient's words and identifiers stand, in messages that are read and in those that are not."""
    text = MESSAGE.read_text(encoding="utf-8")
    for plain, canary in (("Not pregnant", "CANARYWORDS"), ("77386006", "9434765919"), ("1994", "1967")):
        text = text.replace(plain, canary)
    bodies = [
        (text.encode(), XML),
        (text.replace("<Bundle", "<CANARYTAG", 1).encode(), XML),
        (b'{"CANARYNAME": "CANARYVALUE"}', JSON),
        (b'{"submission": {"patient": {"born": "CANARYBORN", "gender": "CANARYGENDER"}}}', JSON),
        (b'{"submission": {"entries": [{"path": "CANARYPATH", "codings": [{"code": 94347659190}]}]}, "CANARYFIELD": 1}', JSON),
        (json.dumps(hook(hook="CANARYHOOK")).encode(), JSON),
    ]
    for body, kind in bodies:
        answered = server.assess(body, kind)
        if answered.status != 200:
            assert b"CANARY" not in answered.body
            assert b"9434765919" not in answered.body
        server.ask("POST", "/cds-services/codesafety-conditions?q=CANARYQUERY", body, {"Content-Type": JSON})
        server.ask("GET", "/CANARYROUTE/9434765919")
    told = server.log.read_text(encoding="utf-8") + server.ask("GET", "/metrics").body.decode()
    assert "CANARY" not in told
    assert "9434765919" not in told
    assert "1967-" not in told


def test_the_document_says_what_there_is(server: Server) -> None:
    from codesafety.service.app import ROUTES

    document = server.ask("GET", "/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert {(method.upper(), path) for path, methods in document["paths"].items() for method in methods} == {
        (method, path) for method, path, *_ in ROUTES
    }
    refs = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert refs <= set(document["components"]["schemas"])
    for name in ("Report", "Problem", "Submission"):
        jsonschema.Draft202012Validator.check_schema(document["components"]["schemas"][name])
    whole = {"$ref": "#/components/schemas/Report", "components": document["components"]}
    jsonschema.validate(server.assess(MESSAGE.read_bytes(), XML).json, whole)
    problem = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    for answered in (server.assess(b"{"), server.ask("GET", "/nothing"), server.assess(b"", "text/plain")):
        jsonschema.validate(answered.json, problem)


# ---------------------------------------------------------------------------------- under pressure


def slow(server: Server, first: bytes = b"{") -> Any:
    """Return a connection on which a body has begun to come."""
    connection = server.connection()
    connection.putrequest("POST", "/assess")
    connection.putheader("Content-Type", JSON)
    connection.putheader("Content-Length", "2")
    connection.endheaders()
    connection.send(first)
    return connection


def test_what_is_too_much_at_once_is_told_to_come_back_and_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, "--rules", "uk.blood_pressure", "--at-once", "2") as server:
        waiting = [slow(server) for _ in range(2)]
        for _ in range(200):
            if server.counts()["codesafety_in_progress"] == 2:
                break
            time.sleep(0.02)
        answered = server.assess(b"{}")
        assert (answered.status, answered.json["code"], answered.headers["retry-after"]) == (503, "overload", "1")
        assert server.ask("GET", "/health").status == 200
        assert server.counts()["codesafety_overloads_total"] == 1
        for connection in waiting:
            connection.send(b"}")
            assert connection.getresponse().status == 200
            connection.close()
        assert server.assess(b"{}").status == 200


def none_left(server: Server) -> None:
    for _ in range(400):
        if server.counts()["codesafety_in_progress"] == 0:
            return
        time.sleep(0.02)
    raise AssertionError("something is still in progress")


def test_clients_that_are_slow_or_vanish_hold_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, "--rules", "uk.blood_pressure", "--at-once", "2", "--body-seconds", "0.5") as server:
        for _ in range(6):
            slow(server).close()
        none_left(server)
        connection = slow(server)
        status = connection.getresponse().status
        connection.close()
        assert status == 408
        none_left(server)
        assert server.assess(b"{}").status == 200


def test_it_stops_when_what_it_was_answering_is_answered(tmp_path: Path) -> None:
    with serving(tmp_path, "--rules", "uk.blood_pressure") as server:
        connection = slow(server)
        while server.counts()["codesafety_in_progress"] != 1:
            time.sleep(0.02)
        ended: list[int] = []
        stopping = threading.Thread(target=lambda: ended.append(server.stop()))
        stopping.start()
        for _ in range(500):
            if "Shutting down" in server.log.read_text():
                break
            time.sleep(0.02)
        connection.send(b"}")
        status = connection.getresponse().status
        connection.close()
        stopping.join()
        assert (status, ended) == (200, [0])


def test_several_workers_answer_and_count_together(tmp_path: Path) -> None:
    with serving(tmp_path, "--rules", "uk.blood_pressure", "--workers", "2") as server:
        time.sleep(2)  # the second may still be loading
        assert {server.assess(b"{}").status for _ in range(20)} <= {200, 503}
        counts = server.counts()
        answered = sum(
            value for name, value in counts.items() if name.startswith("codesafety_requests_total") and "/assess" in name
        )
        assert answered == 20


def test_what_stood_with_a_worker_that_ended_is_forgotten_and_what_it_counted_is_not(tmp_path: Path) -> None:
    key(tmp_path)
    options = ("--rules", "uk.blood_pressure", "--workers", "2", "--log", "log.sqlite", "--log-key", "log.key")
    with serving(tmp_path, *options) as server:
        for _ in range(400):
            if server.assess(b'{"entries": []}').status == 200:
                break
            time.sleep(0.05)
        waiting = [slow(server) for _ in range(8)]
        for _ in range(400):
            if server.counts()["codesafety_in_progress"] == 8:
                break
            time.sleep(0.02)
        for process in re.findall(r"Started server process \[(\d+)\]", server.log.read_text()):
            os.kill(int(process), signal.SIGKILL)
        for connection in waiting:
            connection.close()
        server.wait("/health")
        for _ in range(400):
            if server.counts()["codesafety_in_progress"] == 0:
                break
            time.sleep(0.05)
        counts = server.counts()
        assert counts["codesafety_in_progress"] == 0
        assert counts["codesafety_log_rows"] == 1
        answered = (value for name, value in counts.items() if 'requests_total{route="/assess",status="200"' in name)
        assert sum(answered) == 1  # before it was ready, others may have been told so


def test_a_port_that_is_taken_is_no_beginning(tmp_path: Path, server: Server) -> None:
    for workers in ("1", "2"):
        command = [sys.executable, "-m", "codesafety", "serve", "--port", str(server.port), "--workers", workers]
        done = subprocess.run(
            command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT / "src")}, capture_output=True, timeout=60
        )
        assert done.returncode == 2
        assert b"the service could not begin" in done.stderr


# ---------------------------------------------------------------------------------- bundles


def test_it_is_not_ready_until_a_bundle_is_there_and_reloads_without_dropping_a_request(tmp_path: Path) -> None:
    from codesafety import bundle
    from codesafety.authoring import bundling

    bundle.keygen(tmp_path / "key", tmp_path / "key.pub")
    place, new = tmp_path / "rules.bundle", tmp_path / "new"

    def put(serial: int, *rules: str) -> None:
        new.write_bytes(bundling.build(rules, serial=serial, private_key=tmp_path / "key"))
        new.replace(place)

    options = ("--bundle", str(place), "--key", str(tmp_path / "key.pub"), "--every", "0.1")
    with serving(tmp_path, *options, ready=False) as server:
        server.wait("/health")
        answered = server.ask("GET", "/ready")
        assert (answered.status, answered.json["code"]) == (503, "not-ready")
        assert server.assess(b"{}").status == 503
        put(1, "uk.blood_pressure")
        server.wait()
        assert server.ask("GET", "/ready").json["bundle"]["serial"] == 1
        statuses: list[int] = []
        rulesets: set[str] = set()
        ended = threading.Event()

        def ask() -> None:
            while not ended.is_set():
                answered = server.assess(MESSAGE.read_bytes(), XML)
                statuses.append(answered.status)
                time.sleep(0.02)
                if answered.status == 200:
                    rulesets.update(one["name"] for one in answered.json["rulesets"])

        askers = [threading.Thread(target=ask) for _ in range(3)]
        for one in askers:
            one.start()
        for serial, rules in ((2, "uk.sex"), (3, "uk.age"), (4, "uk.blood_pressure")):
            put(serial, rules)
            for _ in range(600):
                if server.ask("GET", "/ready").json["bundle"]["serial"] == serial:
                    break
                time.sleep(0.05)
        put(3, "uk.sex")
        for _ in range(600):
            if server.counts()["codesafety_bundle_refused"] == 1:
                break
            time.sleep(0.05)
        ended.set()
        for one in askers:
            one.join()
        assert set(statuses) == {200}
        assert {"uk.sex", "uk.age", "uk.blood_pressure"} <= rulesets
        counts = server.counts()
        assert (counts["codesafety_bundle_serial"], counts["codesafety_bundle_refused"]) == (4, 1)
        assert "its serial 3 is older than the one in use, 4" in server.log.read_text()


def test_rules_that_do_not_load_are_said_and_it_is_never_ready(tmp_path: Path) -> None:
    (tmp_path / "broken.rules").write_text("rule", encoding="utf-8")
    with serving(tmp_path, "--rules", "broken.rules", ready=False) as server:
        server.wait("/health")
        for _ in range(200):
            answered = server.ask("GET", "/ready")
            if "CS" in answered.json["detail"]:
                break
            time.sleep(0.05)
        assert answered.status == 503
        assert "CS" in answered.json["detail"]
        assert "not ready" in server.log.read_text()
