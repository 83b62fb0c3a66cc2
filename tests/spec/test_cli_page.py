"""The page of the command line names every command and option that there is, and no other command."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
import typer.main
from tests.places import ROOT

from codesafety.cli.app import app

PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")


def commands(group: click.Group, prefix: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        whole = f"{prefix} {name}".strip()
        if isinstance(command, click.Group):
            yield from commands(command, whole)
        else:
            yield whole


COMMANDS = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_on_the_page(command: str) -> None:
    assert re.search(rf"`(codesafety )?{command}[ `]", PAGE)


def test_the_page_names_no_other_command() -> None:
    named = re.findall(r"^\$ codesafety ((?:[a-z]+ ?)+)", PAGE, re.MULTILINE)
    assert [line for line in named if not any(line.startswith(command) for command in COMMANDS)] == []
