"""Whatever is sent to the service, by its own OpenAPI and against it, is answered or refused as it says: schemathesis."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.decision_log.made import key
from tests.service.served import Server, serving

from codesafety.decision_log.chain import verify
from codesafety.decision_log.log import read_lines

pytest.importorskip("starlette")
pytest.importorskip("schemathesis")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    key(tmp_path)
    options = ("--rules", "uk.blood_pressure", "--rules", "uk.pregnancy", "--log", "log.sqlite", "--log-key", "log.key")
    with serving(tmp_path, *options) as one:
        yield one


def test_no_request_breaks_it_and_each_answer_is_one_that_it_documents(server: Server, tmp_path: Path) -> None:
    """Left out is whether all that the document allows is accepted: what a FHIR message is, it leaves to FHIR."""
    address = f"http://127.0.0.1:{server.port}/openapi.json"
    options = ["--checks", "all", "--exclude-checks", "positive_data_acceptance", "--max-examples", "8", "--seed", "12"]
    options += ["--wait-for-schema", "120", "--request-timeout", "120"]  # a machine may have much else to do
    command = [sys.executable, "-m", "schemathesis.cli", "run", address, *options, "--no-color", "--workers", "1"]
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested: 7" in done.stdout
    assert "an error inside" not in server.log.read_text()
    answered = sum(
        number
        for name, number in server.counts().items()
        if name.startswith(
            (
                'codesafety_requests_total{route="/assess",status="200"',
                'codesafety_requests_total{route="/cds-services/{id}",status="200"',
            )
        )
    )
    found = verify(read_lines(tmp_path / "log.sqlite"))
    assert found.fault is None
    assert answered <= found.rows
