"""A real server in a process of its own, on this machine alone, and how it is asked."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.places import ROOT

XML, FHIR, JSON = "application/fhir+xml", "application/fhir+json", "application/json"


@dataclass
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    port: int
    log: Path
    context: ssl.SSLContext | None = None

    def connection(self, timeout: float = 30) -> http.client.HTTPConnection:
        if self.context is not None:
            return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method: str, path: str, body: bytes | str | None = None, headers: dict[str, str] | None = None) -> Answered:
        connection = self.connection()
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answered(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def assess(self, body: bytes | str, kind: str = JSON, **headers: str) -> Answered:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", "/assess", body, {"Content-Type": kind, **named})

    def counts(self) -> dict[str, float]:
        text = self.ask("GET", "/metrics").body.decode()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")}

    def wait(self, path: str = "/ready", seconds: float = 60) -> None:
        """Wait until it answers 200 there."""
        for _ in range(int(seconds / 0.05)):
            assert self.process.poll() is None, self.log.read_text()
            try:
                if self.ask("GET", path).status == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def serving(
    folder: Path, *options: str, ready: bool = True, context: ssl.SSLContext | None = None, **environment: str
) -> Iterator[Server]:
    """Serve with these options; stop it in the end, and see that it ended as it should."""
    port, log = free_port(), folder / "service.log"
    command = [sys.executable, "-m", "codesafety", "serve", "--port", str(port), *options]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=file, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment}
        )
    server = Server(process, port, log, context)
    try:
        if ready:
            server.wait()
        yield server
        if process.poll() is None:
            assert server.stop() == 0, log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
