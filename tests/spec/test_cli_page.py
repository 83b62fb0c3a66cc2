"""The page of the command line names every command and option that there is, and no other command."""

from __future__ import annotations

import re

import pytest
import typer.main
from tests.places import ROOT
from tests.spec.cli_flags import commands, page

from codesafety.cli.app import app
from codesafety.formats import READERS, TABLE_READERS
from codesafety.plugins import Reader, TableReader

PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")


COMMANDS = [name for name, _ in commands(typer.main.get_command(app))]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_on_the_page(command: str) -> None:
    assert re.search(rf"`(codesafety )?{command}[ `]", PAGE)


def test_the_page_counts_nothing_that_a_change_of_the_rules_would_change() -> None:
    assert re.findall(r"^.*\b\d+ (?:rules?|rulesets?|examples?)\b.*$", PAGE, re.MULTILINE) == []


def test_the_page_names_no_other_command() -> None:
    named = re.findall(r"^\$ codesafety ((?:[a-z]+ ?)+)", PAGE, re.MULTILINE)
    assert [line for line in named if not any(line.startswith(command) for command in COMMANDS)] == []


def test_every_flag_stands_on_the_page_with_its_words() -> None:
    assert page() == PAGE, "write the table anew: python -m tests.spec.cli_flags"


@pytest.mark.parametrize("reader", [*READERS, *TABLE_READERS], ids=lambda reader: reader.name)
def test_every_reader_stands_in_the_table_of_readers(reader: Reader | TableReader) -> None:
    table = (ROOT / "docs" / "reference" / "readers.md").read_text(encoding="utf-8")
    assert re.search(rf"^\|.*`{reader.name}`.*\|$", table, re.MULTILINE)
