"""A supplier's package, installed as one is: it adds a reader, a ruleset, a code map, a predicate and a delivery."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.places import ROOT

import codesafety
from codesafety.errors import PluginError
from codesafety.plugins import hookspecs

PACKAGE = Path(__file__).parent / "supplier"
MESSAGE = b"supplier|v1|female|1990-05-05\nentry|https://supplier.example/codes|PREG1|2026-03-01\n"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            "--disable-pip-version-check",
            "--target",
            str(target),
            str(PACKAGE),
        ],
        check=True,
        capture_output=True,
    )
    return target


def run(installed: Path, code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(installed), **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_installed_plugin_reads_maps_judges_and_delivers(installed: Path, tmp_path: Path) -> None:
    out = tmp_path / "delivered.json"
    printed = run(
        installed,
        f"""
import codesafety, json
engine = codesafety.load()
submission = engine.read({MESSAGE!r})
report = engine.assess(submission)
engine.deliver(report, submission)
print(json.dumps([report.format, list(report.code_maps), list(report.predicates), [r.rule for r in report.results]]))
""",
        SUPPLIER_EXAMPLE_OUT=str(out),
    )
    format_, maps, predicates, rules = json.loads(printed)
    assert format_ == "supplier-pipe"
    assert maps == ["supplier_example: supplier local codes"]
    assert predicates == ["supplier/always-fails", "supplier/dated-on-a-first"]
    assert "supplier.checks/dated-on-a-first" in rules
    assert json.loads(out.read_text())["format"] == "supplier-pipe"


def test_the_command_line_uses_installed_plugins(installed: Path, tmp_path: Path) -> None:
    message = tmp_path / "message.txt"
    message.write_bytes(MESSAGE)
    done = subprocess.run(
        [sys.executable, "-m", "codesafety", "check", str(message), "--format", "json"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(installed)},
    )
    report = json.loads(done.stdout)
    assert report["items"][0]["as_sent"]["code"] == "PREG1"
    assert "supplier.checks" in [r["name"] for r in report["rulesets"]]


def test_an_engine_can_be_loaded_without_installed_plugins(installed: Path) -> None:
    printed = run(installed, "import codesafety; print(codesafety.load(installed_plugins=False).plugins)")
    assert "supplier_example" not in printed


def test_a_predicate_that_raises_is_named_and_its_item_is_held(installed: Path, tmp_path: Path) -> None:
    rules = tmp_path / "broken.rules"
    rules.write_text("""
ruleset broken { title "Broken" version 1.0.0 language 1 review none }
valueset watched "Watched" { codes 77386006 |Pregnant| }
rule fails { action note for entry e in watched when supplier/always-fails(e) say "{e}" }
""")
    printed = run(
        installed,
        f"""
import codesafety
engine = codesafety.load({str(rules)!r})
report = engine.assess(engine.read({MESSAGE!r}))
print(report.model_dump_json())
""",
    )
    report = json.loads(printed)
    assert report["decision"] == "hold"
    assert report["not_checked"] == [
        {
            "path": "line[2]",
            "rule": "broken/fails",
            "plugin": "supplier_example",
            "reason": "plugin `supplier_example` failed: ValueError",
        }
    ]
    assert report["items"][0]["decision"] == "hold"
    assert "may hold" not in printed


class Raises:
    NAME = "raises"

    @codesafety.hookimpl
    def codesafety_readers(self) -> list[object]:
        raise RuntimeError("secret")


class ReaderThatFails:
    NAME = "bad-reader"
    name = "bad"

    def recognises(self, source: object) -> bool:
        return True

    def read(self, source: object) -> object:
        raise RuntimeError("secret")

    def read_record(self, source: object) -> object:
        return "no record"

    @codesafety.hookimpl
    def codesafety_readers(self) -> list[object]:
        return [self]


class Unknown:
    NAME = "unknown"

    @codesafety.hookimpl
    def codesafety_raeders(self) -> list[object]:
        return []


def test_a_plugin_that_raises_is_named_without_its_words() -> None:
    engine = codesafety.load(plugins=[Raises()])
    with pytest.raises(PluginError, match="plugin `raises` failed in `codesafety_readers`: RuntimeError") as caught:
        engine.read(b"{}")
    assert "secret" not in str(caught.value)


def test_a_reader_that_fails_is_named_and_not_passed_over() -> None:
    engine = codesafety.load(plugins=[ReaderThatFails()])
    with pytest.raises(PluginError, match=r"plugin `bad-reader` failed in `bad\.read`"):
        engine.read(b"<x/>")
    with pytest.raises(PluginError, match="it returned no Record"):
        engine.read_record(b"<x/>")


def test_a_hook_that_does_not_exist_refuses_to_load() -> None:
    with pytest.raises(PluginError, match="there is no such hook"):
        codesafety.load(plugins=[Unknown()])


@pytest.mark.parametrize("name", [n for n in dir(hookspecs) if n.startswith("codesafety_")])
def test_every_hook_is_documented(name: str) -> None:
    hook = getattr(hookspecs, name)
    assert inspect.getdoc(hook), f"{name} has no docstring"
    page = ROOT / "docs" / "reference" / "plugins.md"
    assert name in page.read_text(encoding="utf-8"), f"{name} is not in docs/reference/plugins.md"
