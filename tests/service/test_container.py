"""The container file: who it runs as, and that the service needs nothing to write in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.places import EXAMPLES, ROOT
from tests.service.served import XML, Server, free_port

pytest.importorskip("starlette")
LINES = (ROOT / "Containerfile").read_text(encoding="utf-8").splitlines()
ONLY_READ = 'mount -o remount,ro,bind / && ! touch "$1/written" 2>/dev/null && shift && exec "$@"'


def test_it_runs_as_nobody_and_writes_no_code() -> None:
    last = LINES[max(n for n, line in enumerate(LINES) if line.startswith("FROM ")) :]
    assert "USER 65534:65534" in last
    assert "ENV PYTHONDONTWRITEBYTECODE=1 CODESAFETY_CACHE=off" in last
    assert [line for line in last if line.startswith(("ADD", "COPY"))] == []
    assert last[-2:] == ['ENTRYPOINT ["codesafety"]', 'CMD ["--help"]']


def test_what_it_installs_is_declared() -> None:
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for line in LINES:
        if "[cli," in line:
            assert set(line.partition("[")[2].partition("]")[0].split(",")) <= set(extras)


def test_it_serves_where_nothing_can_be_written(tmp_path: Path) -> None:
    """The whole file system is only read, in a view of it that the service alone has."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-m", "mount", "-o", "remount,ro,bind", "/"], capture_output=True).returncode:
        pytest.skip("this machine lets nobody have a view of its own of the file system")
    port, said = free_port(), tmp_path / "service.log"
    serve = [sys.executable, "-m", "codesafety", "serve", "--port", str(port), "--rules", "uk.pregnancy"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1", "CODESAFETY_CACHE": "off"}
    with said.open("wb") as file:
        command = [unshare, "-m", "sh", "-c", ONLY_READ, "sh", str(tmp_path), *serve]
        process = subprocess.Popen(command, cwd="/", env=environment, stdout=file, stderr=file)
    server = Server(process, port, said)
    try:
        server.wait()
        assert server.assess((EXAMPLES / "pregnancy-status-update.xml").read_bytes(), XML).json["decision"] == "review"
        assert server.stop() == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
