"""A span stands around each answer where the host has OpenTelemetry, and holds counts and digests alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.places import EXAMPLES, ROOT

pytest.importorskip("starlette")
pytest.importorskip("opentelemetry.sdk")

CODE = """
import asyncio, json, sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
from codesafety.service.app import app
from codesafety.service.settings import Settings

async def main(body, kind):
    made = app(Settings(rules=("uk.pregnancy",)))
    sent = []
    async def send(message): sent.append(message)
    async def receive(): return {"type": "http.request", "body": body, "more_body": False}
    async with made.router.lifespan_context(made):
        scope = {"type": "http", "method": "POST", "path": "/assess", "query_string": b"", "http_version": "1.1",
                 "headers": [(b"host", b"localhost"), (b"content-type", kind),
                             (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]}
        for _ in range(600):
            sent.clear()
            await made(dict(scope), receive, send)
            if sent[0]["status"] != 503: break
            await asyncio.sleep(0.05)
    return sent[0]["status"]

statuses = [asyncio.run(main(open(sys.argv[1], "rb").read(), b"application/xml")), asyncio.run(main(b"<CANARY", b"application/xml"))]
print(json.dumps([statuses, [json.loads(span.to_json()) for span in spans.get_finished_spans()]]))
"""


def test_a_span_has_the_callers_trace_and_no_word_of_the_message() -> None:
    message = EXAMPLES / "pregnancy-status-update.xml"
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(message)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(Path("src"))},
    )
    assert done.returncode == 0, done.stderr
    statuses, spans = json.loads(done.stdout)
    assert statuses == [200, 422]
    answered, refused = spans
    assert answered["name"] == "codesafety.assess"
    assert answered["context"]["trace_id"] == "0x0af7651916cd43dd8448eb211c80319c"
    assert answered["attributes"]["codesafety.decision"] == "review"
    assert set(answered["attributes"]) == {f"codesafety.{name}" for name in ("decision", "told", "engine", "items", "findings")}
    assert (refused["attributes"], refused["events"]) == ({}, [])
    assert "CANARY" not in done.stdout + done.stderr
