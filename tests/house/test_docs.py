"""What the pages name exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
import typer
from tests.places import ROOT
from tests.spec.cli_flags import commands

import codesafety
from codesafety import builtin
from codesafety.cli.app import app

PAGES = sorted(p for p in (*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")) if "adr" not in p.parts)
RULE = re.compile(r"\b(uk\.[a-z_]+)/([a-z0-9-]+)\b(?:\[[a-z0-9-]+\])?")


@pytest.fixture(scope="module")
def names() -> set[str]:
    engine = codesafety.load(*builtin.all_rulesets(), installed_plugins=False)
    return {rule.name for rule in engine.rules} | set(engine.binding.families) | set(engine.binding.sets)


def test_every_shipped_rule_and_value_set_that_a_page_names_exists(names: set[str]) -> None:
    named = {(page.relative_to(ROOT).as_posix(), found[0]) for page in PAGES for found in RULE.finditer(page.read_text("utf-8"))}
    assert len(named) > 10
    assert sorted((page, name) for page, name in named if name not in names) == []


SHOWN = re.compile(r"(?:^\$ |`|&& )codesafety ([^`\n]+)", re.MULTILINE)
ENDS = ("|", ">", "<", "&&")
COMMANDS = dict(commands(typer.main.get_command(app)))
MISUSED: type[Exception] = typer.BadParameter.__mro__[1]
"""Whatever a command is told that it does not take."""


def shown_commands() -> Iterator[tuple[str, list[str]]]:
    """Yield every command that a page shows, as the words behind `codesafety`."""
    for page in (*PAGES, *(ROOT / "rulesets").rglob("*.md")):
        for shown in SHOWN.findall(page.read_text("utf-8")):
            words = shlex.split(shown, comments=True)
            yield page.relative_to(ROOT).as_posix(), words[: next((i for i, word in enumerate(words) if word in ENDS), None)]


def misuse(words: list[str]) -> str | None:
    """Return what is wrong with a command; of one that is only named, whether there is one."""
    taken = next((n for n in (2, 1) if " ".join(words[:n]) in COMMANDS), 0)
    named = [word for word in words[:1] if not word.startswith("-")]
    if not taken:
        return (
            None if not named or any(name.startswith(f"{' '.join(words)} ") for name in COMMANDS) else f"there is no `{words[0]}`"
        )
    command, words = COMMANDS[" ".join(words[:taken])], words[taken:]
    if not words or words == ["--cache"]:
        return None
    try:
        given, left, _ = command.make_parser(typer.Context(command)).parse_args(words)
    except MISUSED as error:
        return str(error)
    missing = [p.name for p in command.params if p.param_type_name == "argument" and p.required and not given.get(p.name)]
    return f"too much: {left}" if left else f"not given: {missing}" if missing else None


def test_every_command_that_a_page_shows_exists_with_its_options_and_arguments() -> None:
    shown = list(shown_commands())
    assert len(shown) > 100
    assert [(page, " ".join(words), wrong) for page, words in shown if (wrong := misuse(words)) is not None] == []
