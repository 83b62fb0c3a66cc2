"""What `codesafety check` of one message imports: neither the parser nor the checker of rules where they are stored."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.places import ROOT

MESSAGE = "docs/examples/pregnancy-status-update.xml"
IMPORTED = Path(__file__).with_name("imported_by_check.txt")
"""Our own modules. Where a change has `check` import another one, write it there, or import it only where it is needed."""
NEVER = {"lark", "jinja2", "polars", "http.client", "ssl", "xml.sax", "asyncio", "multiprocessing"}
_RUN = f"""
import sys
from codesafety.cli import main
sys.argv = ["codesafety", "check", {MESSAGE!r}, *sys.argv[1:]]
try:
    main()
finally:
    print("\\n".join(sorted(sys.modules)), file=sys.stderr)
"""


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", _RUN, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[subprocess.CompletedProcess[str]]:
    """A first run, which parses the rules and stores them, and a second."""
    cache = tmp_path_factory.mktemp("cache")
    return [_run("--cache", str(cache)) for _ in range(2)]


def test_a_second_run_answers_the_same_and_says_nothing_of_it(runs: list[subprocess.CompletedProcess[str]]) -> None:
    first, second = runs
    assert (first.returncode, second.returncode) == (1, 1)
    assert first.stdout == second.stdout != ""
    assert "lark" in first.stderr.split("\n")
    assert second.stderr.split("\n")[0] < "a"  # nothing but the modules


def test_it_imports_neither_parser_nor_checker(runs: list[subprocess.CompletedProcess[str]]) -> None:
    imported = set(runs[1].stderr.split())
    assert imported & NEVER == set()
    ours = sorted(name for name in imported if name.split(".")[0] == "codesafety")
    assert ours == IMPORTED.read_text(encoding="utf-8").split()


def test_a_debugged_run_says_where_the_rules_are_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESAFETY_DEBUG", "1")
    told = [_run("--cache", str(tmp_path)).stderr.split("\n")[0] for _ in range(2)]
    assert told == ["note: the rules were read from their text", "note: the rules were read in their stored form"]
    assert _run("--cache", "off").stderr.startswith("note: the rules were read from their text\n")
