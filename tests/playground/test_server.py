"""Who is answered by the playground: this machine, under its own name, by its own page."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.playground.served import asked, served

pytest.importorskip("uvicorn", reason="the playground is an extra: pip install 'codesafety[playground]'")
NOTHING = {"rules": "", "patient": "{}"}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served() as found:
        yield found


def test_the_page_and_what_it_needs_are_served(port: int) -> None:
    for path, kind in {
        "/": "text/html; charset=utf-8",
        "/page.css": "text/css; charset=utf-8",
        "/page.js": "text/javascript; charset=utf-8",
        "/first.rules": "text/plain; charset=utf-8",
    }.items():
        status, headers, body = asked(port, "GET", path)
        assert (status, headers["content-type"]) == (200, kind)
        assert body
    assert asked(port, "GET", "/../answering.py")[0] == 404
    assert asked(port, "GET", "/answer")[0] == 404


def test_the_page_may_load_nothing_from_elsewhere(port: int) -> None:
    policy = asked(port, "GET", "/")[1]["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';")
    for path in ("/", "/page.css", "/page.js"):
        assert b"//" not in asked(port, "GET", path)[2].replace(b"// ", b"")


def test_another_name_of_this_machine_is_refused(port: int) -> None:
    assert asked(port, "GET", "/", Host="example.org")[0] == 400
    assert asked(port, "POST", "/answer", NOTHING, Host=f"example.org:{port}")[0] == 400
    assert asked(port, "POST", "/answer", NOTHING, Host=f"localhost:{port}")[0] == 200


def test_another_page_is_refused(port: int) -> None:
    assert asked(port, "POST", "/answer", NOTHING, Origin="https://example.org")[0] == 403
    assert asked(port, "POST", "/answer", NOTHING, Origin=f"http://127.0.0.1:{port + 1}")[0] == 403
    assert asked(port, "POST", "/answer", NOTHING, Origin=f"http://127.0.0.1:{port}")[0] == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[" * 100_000, 400),
        ({"rules": 1, "patient": "{}"}, 400),
        ({"rules": ""}, 400),
        (b" " * (4 * 2**20 + 1), 413),
    ],
)
def test_what_is_no_question_is_refused(port: int, body: object, status: int) -> None:
    assert asked(port, "POST", "/answer", body)[0] == status


def test_pictures_are_asked_for_as_answers_are(port: int) -> None:
    assert asked(port, "POST", "/picture", {"rules": "", "rule": "none"})[0] == 200
    assert asked(port, "POST", "/picture", NOTHING)[0] == 400
    assert asked(port, "POST", "/picture", NOTHING, Origin="https://example.org")[0] == 403


def test_a_form_of_another_page_is_refused(port: int) -> None:
    assert asked(port, "POST", "/answer", NOTHING, Content_Type="text/plain")[0] == 415


def test_a_question_is_answered(port: int) -> None:
    status, _, body = asked(port, "POST", "/answer", NOTHING)
    found = json.loads(body)
    assert status == 200
    assert [one["code"] for one in found["problems"]] == ["CS122"]
    assert found["rules"] == []
