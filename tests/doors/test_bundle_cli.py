"""`codesafety bundle`, and commands that take a bundle where they take rules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.places import EXAMPLES, ROOT

pytest.importorskip("cryptography")
MESSAGE = EXAMPLES / "pregnancy-status-update.xml"


def run(folder: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "codesafety", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True, env=environment)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("bundles")
    assert run(place, "bundle", "keygen", "release.key").returncode == 0
    assert (
        run(place, "bundle", "build", "uk.pregnancy", "--serial", "7", "--sign", "release.key", "-o", "a.bundle").returncode == 0
    )
    assert run(place, "bundle", "build", "uk.pregnancy", "uk.sex", "--serial", "8", "-o", "b.bundle").returncode == 0
    return place


def test_it_is_verified_with_its_key_and_not_with_another(folder: Path) -> None:
    done = run(folder, "bundle", "verify", "a.bundle", "--key", "release.key.pub")
    assert (done.returncode, done.stdout.startswith("a.bundle: sound, digest ")) == (0, True)
    assert "which is one of those given" in done.stdout
    done = run(folder, "bundle", "verify", "b.bundle", "--key", "release.key.pub")
    assert (done.returncode, done.stderr) == (
        2,
        "error: b.bundle: it is not signed, and a signature is asked for\n  = help: build it with --sign KEY\n",
    )


def test_it_is_shown_and_compared(folder: Path) -> None:
    shown = run(folder, "bundle", "show", "a.bundle")
    assert "uk.pregnancy 2." in shown.stdout
    assert "no clinician has reviewed it" in shown.stdout
    told = json.loads(run(folder, "bundle", "show", "a.bundle", "--format", "json").stdout)
    assert (told["manifest"]["serial"], told["manifest"]["examples"]["examples"] > 100) == (7, True)
    found = run(folder, "bundle", "diff", "a.bundle", "b.bundle", "--format", "json")
    assert found.returncode == 1
    told = json.loads(found.stdout)
    assert {"what": "bundle", "name": "serial", "change": "7 -> 8"} in told["bundle"]
    assert "uk.sex/female-code-in-a-male-record" in [one["rule"] for one in told["rules"]["added"]]
    same = run(folder, "bundle", "diff", "a.bundle", "a.bundle")
    assert (same.returncode, same.stdout) == (0, "23 rules: 23 unchanged\n")


@pytest.mark.parametrize("day", ["yesterday", "2027-13", ""])
def test_a_day_that_is_none_is_refused(folder: Path, day: str) -> None:
    assert run(folder, "bundle", "build", "uk.sex", "-o", "c.bundle", "--valid-until", day).returncode == 2
    assert not (folder / "c.bundle").exists()


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["check", str(MESSAGE), "--rules", "a.bundle"], 1, "uk.pregnancy/"),
        (["check", str(MESSAGE), "--bundle", "a.bundle", "--key", "release.key.pub"], 1, "uk.pregnancy/"),
        (["rules", "list", "a.bundle"], 0, "uk.pregnancy/"),
        (["rules", "show", "a.bundle"], 0, "uk.pregnancy/"),
        (["rules", "show", "pregnant-in-the-contraception-service", "--rules", "a.bundle"], 0, "uk.pregnancy/"),
        (["rules", "test", "a.bundle"], 0, "0 not"),
        (["catalogue", "a.bundle", "-o", "out"], 0, "rules and"),
        (["selftest", "--rules", "a.bundle"], 1, "scenarios as they should be"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_a_command_that_takes_rules_takes_a_bundle(folder: Path, command: list[str], code: int, words: str) -> None:
    done = run(folder, *command)
    assert done.returncode == code, done.stderr
    assert words in done.stdout


def test_a_bundle_that_is_not_taken_checks_nothing(folder: Path) -> None:
    (folder / "damaged.bundle").write_bytes((folder / "a.bundle").read_bytes()[:-1] + b"x")
    for option in ("--rules", "--bundle"):
        done = run(folder, "check", str(MESSAGE), option, "damaged.bundle")
        assert (done.returncode, done.stdout) == (2, "")
        assert "it is damaged" in done.stderr
    assert run(folder, "check", str(MESSAGE), "--bundle", "a.bundle", "--rules", "uk.sex").returncode == 2


def test_lines_are_answered_by_the_newest_bundle_and_none_is_lost(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "rules.bundle"
    place.write_bytes((folder / "a.bundle").read_bytes())
    command = [sys.executable, "-m", "codesafety", "check", "--jsonl", "--bundle", str(place), "--every", "0.05"]
    line = json.dumps({"id": 1, "submission": MESSAGE.read_text(encoding="utf-8")}).encode() + b"\n"
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        assert json.loads(process.stdout.readline())["ready"] is True
        seen: list[tuple[str, ...]] = []
        new = tmp_path / "new"
        for number in range(400):
            process.stdin.write(line)
            process.stdin.flush()
            seen.append(tuple(r["name"] for r in json.loads(process.stdout.readline())["rulesets"]))
            if number == 3:
                new.write_bytes((folder / "b.bundle").read_bytes())
                new.replace(place)
            if number == 20:  # what is not taken leaves the newest in use
                new.write_bytes(b"nothing")
                new.replace(place)
            if "uk.sex" in seen[-1] and number > 40:
                break
            time.sleep(0.02)
        process.stdin.close()
        assert process.wait(60) == 0, process.stderr.read()
    assert "uk.sex" not in seen[0]
    assert "uk.sex" in seen[-1]
    assert len(set(seen)) == 2


@pytest.mark.parametrize("there", ["k", "k.pub"])
def test_a_key_is_made_whole_or_not_at_all(there: str, tmp_path: Path) -> None:
    (tmp_path / there).write_text("mine")
    done = run(tmp_path, "bundle", "keygen", "k")
    assert (done.returncode, done.stderr) == (
        2,
        f"error: {there}: it is there already\n  = help: name other files: no key is replaced\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    done = run(tmp_path, "bundle", "keygen", ".")
    assert (done.returncode, "is a directory" in done.stderr, [*tmp_path.iterdir()]) == (2, True, [])
