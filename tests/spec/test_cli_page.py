"""The page of the command line names every command and option that there is, and no other command."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import typer.main
from tests.places import ROOT
from typer.core import TyperGroup

from codesafety.cli.app import app
from codesafety.formats import READERS, TABLE_READERS
from codesafety.plugins import Reader, TableReader

PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")


def commands(group: TyperGroup, prefix: str = "") -> Iterator[str]:
    context = group.make_context(prefix, [], resilient_parsing=True)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        whole = f"{prefix} {name}".strip()
        if isinstance(command, TyperGroup):
            yield from commands(command, whole)
        else:
            yield whole, command


ALL = dict(commands(typer.main.get_command(app)))
COMMANDS = list(ALL)
FLAGS = sorted({flag for command in ALL.values() for option in command.params for flag in option.opts if flag.startswith("--")})


def test_every_group_was_looked_into() -> None:
    assert {"check", "rules test", "rules import mce", "terminology verify", "codes check"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_on_the_page(command: str) -> None:
    assert re.search(rf"`(codesafety )?{command}[ `]", PAGE)


def test_the_page_names_no_other_command() -> None:
    named = re.findall(r"^\$ codesafety ((?:[a-z]+ ?)+)", PAGE, re.MULTILINE)
    assert [line for line in named if not any(line.startswith(command) for command in COMMANDS)] == []


@pytest.mark.parametrize("flag", FLAGS)
def test_every_flag_stands_on_the_page(flag: str) -> None:
    assert re.search(rf"{flag}\b", PAGE)


@pytest.mark.parametrize("reader", [*READERS, *TABLE_READERS], ids=lambda reader: reader.name)
def test_every_reader_stands_in_the_table_of_readers(reader: Reader | TableReader) -> None:
    table = (ROOT / "docs" / "reference" / "readers.md").read_text(encoding="utf-8")
    assert re.search(rf"^\|.*`{reader.name}`.*\|$", table, re.MULTILINE)
