"""What the service costs: CPU a message, and whether its memory stays flat.

    python -m tests.benchmarks.service_benchmark [--messages 2000] [--records 100] [--log]

A real service of one worker, asked by four clients of another process, each with its connection. CPU is that of the worker's process, whose
other side other processes may keep busy; a message a second of CPU is a message a second a core. Linux alone tells both.
"""

from __future__ import annotations

import argparse
import http.client
import os
import tempfile
import threading
import time
from pathlib import Path

from tests.places import EXAMPLES
from tests.service.served import JSON, XML, Server, serving

from codesafety.decision_log.row import keygen

CLIENTS = 4
_TICKS = os.sysconf("SC_CLK_TCK")


def spent(server: Server) -> float:
    """Return the seconds of CPU of the service, user's and system's."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def megabytes(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def ask(server: Server, path: str, body: bytes | None, kind: str, number: int) -> list[float]:
    """Ask so often, by several clients; return the seconds that each took."""
    took: list[float] = []

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for _ in range(number):
            began = time.perf_counter()
            connection.request("POST" if body else "GET", path, body, {"Content-Type": kind})
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status
            took.append(time.perf_counter() - began)
        connection.close()

    threads = [threading.Thread(target=client, args=(number // CLIENTS,)) for _ in range(CLIENTS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sorted(took)


def measured(server: Server, name: str, path: str, body: bytes | None, kind: str, number: int) -> None:
    before = spent(server)
    took = ask(server, path, body, kind, number)
    each = (spent(server) - before) / len(took)
    print(
        f"{name:32} {len(took):>6}  {each * 1000:7.2f} ms of CPU each  {1 / each:7.0f}/s/core  "
        f"p50 {took[len(took) // 2] * 1000:.0f} ms, p99 {took[int(len(took) * 0.99)] * 1000:.0f} ms  {megabytes(server):.0f} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--log", action="store_true")
    given = parser.parse_args()
    message = (EXAMPLES / "pregnancy-status-update.xml").read_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keygen(folder / "log.key")
        options = ("--log", "log.sqlite", "--log-key", "log.key") if given.log else ()
        with serving(folder, *options) as server:
            ask(server, "/assess", message, XML, 200)
            print(f"load of the machine {os.getloadavg()[0]:.1f}; {megabytes(server):.0f} MB after 200 messages")
            measured(server, "nothing (/health)", "/health", None, JSON, 400)
            for _ in range(given.rounds):
                measured(server, f"a message of {len(message) / 1000:.0f} kB", "/assess", message, XML, given.messages)


if __name__ == "__main__":
    main()
