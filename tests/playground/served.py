"""The playground in a process of its own, and what asks it."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def served() -> Iterator[int]:
    """Serve at a free port of this machine, and end it."""
    process = subprocess.Popen([sys.executable, "-m", "codesafety", "playground", "--port", "0"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    found = re.fullmatch(rb"the playground is at http://127\.0\.0\.1:(\d+)/ \(end it with Ctrl\+C\)\n", process.stdout.readline())
    assert found is not None
    try:
        yield int(found[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0


def asked(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer. Underscores in names of headers stand for hyphens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection.request(method, path, body if isinstance(body, bytes) else json.dumps(body), sent)
    response = connection.getresponse()
    try:
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()
