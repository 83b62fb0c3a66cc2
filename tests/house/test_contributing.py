"""What CONTRIBUTING.md names is there: sessions, commands, modules, files; and every room stands in it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest
from tests.places import ROOT
from tests.spec.test_cli_page import COMMANDS

SOURCE = ROOT / "src" / "codesafety"
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RUN = [line.strip().removeprefix("$ ") for line in TEXT.splitlines() if line.strip().startswith("$ ")]
QUOTED = re.findall(r"`([^`\n]+)`", TEXT)
PATH = re.compile(r"\.?\w[\w./-]*(?:/|\.py|\.md|\.rules|\.toml|\.lark|\.csv)|\.?\w[\w-]*/[\w./-]+|\.\w[\w-]+")
PATHS = sorted({text for text in QUOTED if PATH.fullmatch(text) and text != ".rules"})
ROOMS = sorted(p.name + "/" * p.is_dir() for p in SOURCE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists())


@pytest.fixture(scope="module")
def sessions() -> dict[str, tuple[bool, str]]:
    """Each session of nox: whether it runs where none is named, and what it says that it is for."""
    command = [sys.executable, "-m", "nox", "--list", "--nocolor"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
    found = re.findall(r"^([*-]) (\S+)(?: \[[^\]]+\])?(?: -> (.+))?$", listed, re.MULTILINE)
    return {name: (mark == "*", what) for mark, name, what in found}


def test_what_was_looked_at_is_most_of_the_page() -> None:
    assert len(RUN) > 10
    assert len(PATHS) > 30


def test_every_session_that_is_named_exists(sessions: dict[str, tuple[bool, str]]) -> None:
    named = [name for text in (*RUN, *QUOTED) for found in re.findall(r"^nox -s ([a-z ]+)", text) for name in found.split()]
    assert set(named) - set(sessions) == set()
    assert {"lint", "types", "layers", "tests", "rulesets", "news", "drift"} <= set(named)


def test_every_session_that_another_page_or_module_names_exists(sessions: dict[str, tuple[bool, str]]) -> None:
    folders = [ROOT / name for name in ("src", "tests", "tools", "docs", "changes")]
    files = [p for folder in folders for p in folder.rglob("*") if p.suffix in (".md", ".py")]
    named = {name for p in files for name in re.findall(r"nox -s ([a-z][\w.-]*)", p.read_text(encoding="utf-8"))}
    assert named - set(sessions) == set()


def test_what_runs_without_a_name_is_what_the_machine_that_checks_a_commit_runs(sessions: dict[str, tuple[bool, str]]) -> None:
    alone = {name for name, (selected, _) in sessions.items() if selected}
    assert alone == {"lint", "types", "layers", "news", "rulesets", "tests", "docs", "readme", "campaign"}
    assert re.findall(r"--tags (\S+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8")) == ["ci-beside", "ci-tests"]
    tagged = set(re.findall(r'tags=\["commit", "ci-beside"\]\)\ndef (\w+)', (ROOT / "noxfile.py").read_text(encoding="utf-8")))
    assert tagged == alone - {"tests"}  # which it runs under both ends of what is declared


def test_every_session_says_what_it_is_for(sessions: dict[str, tuple[bool, str]]) -> None:
    assert [name for name, (_, what) in sessions.items() if not what] == []


@pytest.mark.parametrize("line", [line for line in RUN if line.startswith("codesafety ")])
def test_every_command_of_ours_exists(line: str) -> None:
    assert any(line.startswith(f"codesafety {command} ") for command in COMMANDS)


@pytest.mark.parametrize("module", re.findall(r"python -m ([\w.]+)", "\n".join((*RUN, *QUOTED))))
def test_every_module_that_is_run_exists(module: str) -> None:
    assert module == "venv" or find_spec(module) is not None


@pytest.mark.parametrize("path", [word for line in RUN for word in line.split() if "/" in word and not word.startswith(".venv")])
def test_every_path_in_a_command_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("path", PATHS)
def test_every_file_and_folder_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).exists() or (SOURCE / path).exists()


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_stands_in_the_table(room: str) -> None:
    cells = [row.split("|")[1] for row in TEXT.splitlines() if row.startswith("| `")]
    assert any(f"`{room}`" in cell for cell in cells)


def test_every_folder_of_tests_stands_on_their_page() -> None:
    page = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
    named = {name for row in re.findall(r"^\| (`.+?`) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == {p.name for p in (ROOT / "tests").iterdir() if p.is_dir() and not p.name.startswith((".", "_"))}


def test_what_runs_before_a_commit_comes_from_nowhere_else() -> None:
    config = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"repo: (\S+)", config) == ["local"]
    assert re.findall(r"entry: (ruff \w+)", config) == ["ruff check", "ruff format"]


def test_a_container_sets_up_what_the_page_says() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert container["postCreateCommand"] in RUN
    assert container["image"] == "python:3.11"
