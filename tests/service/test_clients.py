"""The clients of the guide, run against a real service: what they say, and that they hold where nothing was checked."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.places import EXAMPLES, ROOT
from tests.service.served import Server, free_port, serving

pytest.importorskip("starlette")
CLIENTS = EXAMPLES / "clients"
RUN = {"node": ["node", str(CLIENTS / "client.mjs")], "java": ["java", str(CLIENTS / "Client.java")]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("clients"), "--rules", "uk.pregnancy", "--rules", "uk.integrity") as one:
        yield one


def asked(language: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    if shutil.which(language) is None:
        pytest.skip(f"there is no {language} on this machine")
    return subprocess.run([*RUN[language], *map(str, arguments)], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("language", RUN)
def test_a_client_says_what_was_decided(language: str, server: Server, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{server.port}"
    wrong = asked(language, address, EXAMPLES / "pregnancy-status-update.xml")
    assert (wrong.returncode, wrong.stdout.splitlines()[0]) == (1, "hold"), wrong.stderr
    right = asked(language, address, EXAMPLES / "contraception-ok.xml")
    assert (right.returncode, right.stdout) == (0, "none\n"), right.stderr
    (tmp_path / "no.xml").write_text("<JohnSmith", encoding="utf-8")
    none = asked(language, address, tmp_path / "no.xml")
    assert (none.returncode, none.stdout) == (2, "hold\n")
    assert "unreadable" in none.stderr
    assert "JohnSmith" not in none.stderr


def test_node_says_what_was_found(server: Server) -> None:
    done = asked("node", f"http://127.0.0.1:{server.port}", EXAMPLES / "pregnancy-status-update.xml")
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["hold", "hold", "review"]


@pytest.mark.parametrize("language", RUN)
def test_a_service_that_is_not_there_is_held(language: str) -> None:
    done = asked(language, f"http://127.0.0.1:{free_port()}", EXAMPLES / "contraception-ok.xml")
    assert (done.returncode, done.stdout) == (2, "hold\n")


def test_every_client_asks_and_holds_alike() -> None:
    """What no machine here compiles is at least held to the words of the others."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in CLIENTS.iterdir()}
    assert set(texts) == {"client.mjs", "Client.java", "Client.cs"}
    for text in texts.values():
        for part in (
            "/assess",
            r"application/fhir\+xml",
            "Retry-After|RetryAfter",
            '"hold"',
            '"review"',
            "Bearer",
            "30",
            "503|ServiceUnavailable",
        ):
            assert re.search(part, text)
    guide = (ROOT / "docs" / "guide" / "embed-in-an-afternoon.md").read_text(encoding="utf-8")
    assert all(f"../examples/clients/{name}" in guide for name in texts)
