"""What is new passes everything as it is, in the folder that is open, and nothing is overwritten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.places import ROOT
from typer.testing import CliRunner, Result

from codesafety.authoring.starting import _CODES
from codesafety.cli.app import app


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def passes_everything(folder: str) -> None:
    whole = ["--coverage", "--mutate", "--threshold", "100"]
    for command in (["check", "--strict"], ["format", "--check"], ["lint"], ["test", *whole]):
        done = asked("rules", *command, folder)
        assert done.exit_code == 0, done.output
    assert "0 told" in asked("rules", "lint", folder).stdout
    assert "0 warnings" in asked("rules", "check", "--strict", folder).stdout


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["acme", "acme.pregnancy", "acme-2.first_rules"])
def test_a_new_ruleset_passes_everything(name: str) -> None:
    made = json.loads(asked("new", "ruleset", name, "--format", "json").stdout)["files"]
    assert made == [f"{name}/{name}.rules", f"{name}/README.md"]
    passes_everything(name)


def test_new_rules_pass_everything_beside_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked("new", "ruleset", "acme")
    assert asked("new", "rule", "one").exit_code == 0  # in the only ruleset below
    assert asked("new", "rule", "two", "--in", "acme").exit_code == 0
    monkeypatch.chdir(tmp_path / "acme")
    for n in range(len(_CODES) - 3):
        assert asked("new", "rule", f"r{n}").exit_code == 0
    last = asked("new", "rule", "too-many")
    assert (last.exit_code, "copy one of its rules" in last.stderr) == (2, True)
    monkeypatch.chdir(tmp_path)
    passes_everything("acme")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("new ruleset Acme", "is no name of a ruleset"),
        ("new ruleset ../acme", "is no name of a ruleset"),
        ("new ruleset there", "it is there already"),
        ("new rule one", "there are 2 rulesets here"),
        ("new rule rule --in there", "the language has a meaning for it"),
        ("new rule dated-before-birth --in there", "already"),
        ("new rule one --in empty", "there is no ruleset here"),
        ("new plugin class", "cannot be called `class`"),
        ("new plugin there", "it is there already"),
        ("new check Acme", "is no name of a check"),
    ],
)
def test_what_cannot_be_made_is_said_and_nothing_is_written(command: str, words: str, tmp_path: Path) -> None:
    asked("new", "ruleset", "there")
    asked("new", "ruleset", "another")
    (tmp_path / "empty").mkdir()
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    done = asked(*command.split())
    assert done.exit_code == 2
    assert words in done.stderr
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before


PACKAGES = [("plugin", "acme-dates"), ("check", "acme_board")]


@pytest.mark.parametrize(("kind", "name"), PACKAGES)
def test_a_new_package_passes_its_tests(kind: str, name: str, tmp_path: Path) -> None:
    asked("new", kind, name)
    passes(tmp_path / name, "pytest", "-q", "-p", "no:cacheprovider")


def test_new_packages_pass_strict_types(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    for kind, name in PACKAGES:
        asked("new", kind, name)
        passes(tmp_path / name, "mypy", "--strict", "--follow-imports", "silent", "--cache-dir", str(tmp_path / "types"))


def passes(folder: Path, *command: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "MYPYPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_ruleset_of_a_new_plugin_passes_everything_with_the_plugin(tmp_path: Path) -> None:
    asked("new", "plugin", "acme-dates")
    (site := tmp_path / "site").mkdir()
    (site / "acme_dates-0.1.0.dist-info").mkdir()
    (site / "acme_dates-0.1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-dates\nVersion: 0.1.0\n")
    (site / "acme_dates-0.1.0.dist-info" / "entry_points.txt").write_text("[codesafety]\nacme_dates = acme_dates\n")
    source = tmp_path / "acme-dates" / "src"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(source), str(ROOT / "src")])}
    rules = source / "acme_dates" / "rulesets" / "acme-dates.checks"
    for command in (["check", "--strict"], ["format", "--check"], ["lint"], ["test"]):
        asked_of = [sys.executable, "-m", "codesafety", "rules", *command, str(rules)]
        done = subprocess.run(asked_of, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
