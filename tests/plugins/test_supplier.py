"""A supplier's package, installed as one is: it adds a reader, a ruleset, a code map, a predicate and a delivery."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.places import ROOT

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


def path(installed: Path) -> str:
    """Return where a child finds the package, and the library that this test tests."""
    return os.pathsep.join([str(installed), str(ROOT / "src")])


def run(installed: Path, code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path(installed), **environment},
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
        env={**os.environ, "PYTHONPATH": path(installed)},
    )
    report = json.loads(done.stdout)
    item = report["items"][0]
    assert (item["as_sent"]["code"], item["code"], item["term"]) == ("PREG1", "77386006", "Pregnant (finding)")
    assert "supplier.checks" in [r["name"] for r in report["rulesets"]]


def test_the_text_report_says_what_was_mapped(installed: Path, tmp_path: Path) -> None:
    message = tmp_path / "message.txt"
    message.write_bytes(MESSAGE)
    done = subprocess.run(
        [sys.executable, "-m", "codesafety", "check", "--all", str(message)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path(installed), "COLUMNS": "200"},
    )
    assert "Pregnant (77386006), mapped from PREG1, 2026-03-01: " in done.stdout


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


def test_the_supplier_package_passes_a_strict_type_check(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--config-file=",
            "--follow-imports=silent",
            f"--cache-dir={tmp_path}",
            str(PACKAGE / "src" / "supplier_example"),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "MYPYPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        (["rules", "check", "supplier.checks"], "ok: 1 rule in 1 ruleset, 0 warnings\n"),
        (["rules", "test", "supplier.checks"], "3 examples of 1 rule: 3 as expected, 0 not\n"),
        (["rules", "list", "supplier.checks"], "supplier.checks/dated-on-a-first  note  "),
        (["rules", "show", "supplier.checks"], "supplier.checks/dated-on-a-first 1.0.0\n"),
        (["rules", "show", "dated-on-a-first", "--rules", "supplier.checks"], "supplier.checks/dated-on-a-first 1.0.0\n"),
        (["catalogue", "supplier.checks", "-o", "catalogue"], "1 rule and 1 hazard: open catalogue/index.html\n"),
        (["check", "message.txt", "--rules", "supplier.checks"], "message.txt\nNOTE    Nothing stops filing: 1 to note.\n"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_a_ruleset_that_an_installed_plugin_brings_is_known_by_its_name(
    command: list[str], printed: str, installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "message.txt").write_bytes(MESSAGE)
    done = subprocess.run(
        [sys.executable, "-m", "codesafety", *command],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path(installed)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(printed)


def test_a_name_that_nobody_brings_is_told_with_those_that_are_known(installed: Path) -> None:
    printed = run(
        installed,
        "import codesafety\ntry: codesafety.load('supplier.chekcs')\nexcept codesafety.InputError as error: print(error)",
    )
    assert "nor a ruleset of this name that is shipped or that a plugin brings" in printed
    assert "supplier.checks" in printed
