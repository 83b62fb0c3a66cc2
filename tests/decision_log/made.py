"""A log, messages for it, and a real server of PostgreSQL where one is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.places import EXAMPLES

import codesafety
from codesafety import Engine, Entry, Message, Patient, Submission
from codesafety.decision_log import DecisionLog
from codesafety.decision_log.row import keygen

MESSAGE = EXAMPLES / "pregnancy-status-update.xml"
RULES = """
ruleset s { title "S" version 1.2.0 language 2 }
valueset p "Pregnant" { codes 77386006 |Pregnancy| }
valueset q "Other" { codes 271649006 |Systolic| }
rule held { title "Held" action hold for entry e in p say "{e} is held." }
rule seen { title "Seen" action review overridable by confirmed-with-patient for 9 months for entry e in p say "{e} is seen." }
rule both { title "Both" action review overridable by confirmed-with-patient for 9 months for entry e in p with entry o in q say "{e}, {o}." }
rule untold { title "Untold" action review for entry e in p when patient.gender is male say "{e} is untold." }
"""


@cache
def engine() -> Engine:
    folder = Path(tempfile.mkdtemp())
    (folder / "s.rules").write_text(RULES, encoding="utf-8")
    return codesafety.load(folder / "s.rules", installed_plugins=False, cache="off")


def message(
    *codes: str, nhs_number: str | None = "9434765919", sender: str | None = "FX999", sent: str = "2026-03-04"
) -> Submission:
    patient = Patient(gender="female", nhs_number=nhs_number, born="1990-01-01")
    items = [Entry.of(code, date=sent) for code in codes or ("77386006",)]
    made = Submission.of(patient, *items, message=Message(sent=sent, sender=sender))
    return engine().read(made.model_dump_json())


def key(folder: Path) -> Path:
    if not (folder / "log.key").exists():
        keygen(folder / "log.key")
    return folder / "log.key"


def log(folder: Path, name: str = "log.sqlite") -> DecisionLog:
    return opened(folder / name, key(folder))


OPENED: list[DecisionLog] = []


def opened(place: str | Path, key: Path, **options: Any) -> DecisionLog:
    """Return a log, which `conftest.py` closes."""
    OPENED.append(DecisionLog(place, key, **options))
    return OPENED[-1]


@contextmanager
def postgresql() -> Iterator[str]:
    """Start a server that nobody but this machine reaches, by a socket; give its address."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    server, initdb = shutil.which("postgres"), shutil.which("initdb")
    if server is None or initdb is None:
        pytest.skip("there is no PostgreSQL on this machine")
    root = os.name == "posix" and os.getuid() == 0
    user = {"user": "nobody"} if root else {}  # the server does not run as root
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        if root:
            os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
        made = [initdb, "-D", str(folder / "data"), "-U", "codesafety", "-A", "trust", "--no-sync"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **user)
        command = [server, "-D", str(folder / "data"), "-k", str(folder), "-c", "listen_addresses="]
        with (folder / "server.log").open("wb") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said, cwd=folder, **user)
        try:
            yield from _when_ready(folder, process)
        finally:
            process.terminate()
            process.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _when_ready(folder: Path, process: subprocess.Popen[bytes]) -> Iterator[str]:
    import time

    import psycopg

    address = f"postgresql://codesafety@/postgres?host={folder}"
    for _ in range(600):
        assert process.poll() is None, (folder / "server.log").read_text()
        try:
            psycopg.connect(address).close()
            break
        except psycopg.Error:
            time.sleep(0.1)
    yield address
