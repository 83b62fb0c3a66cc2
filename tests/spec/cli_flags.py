"""The table of every flag at the end of docs/reference/cli.md. `python -m tests.spec.cli_flags` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main
from tests.places import ROOT

from codesafety.cli.app import app

PAGE = ROOT / "docs" / "reference" / "cli.md"
HEAD = "## Every flag\n"


def commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command with its whole name; groups are imported when they are asked."""
    context = group.context_class(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        whole = f"{prefix} {name}".strip()
        if hasattr(command, "list_commands"):
            yield from commands(command, whole)
        else:
            yield whole, command


def table() -> str:
    """Return the table: command, flags, help."""
    rows = ["| command | flag | |", "|---|---|---|"]
    for name, command in commands(typer.main.get_command(app)):
        for option in command.params:
            flags = [*option.opts, *option.secondary_opts]
            if flags[0].startswith("-") and flags != ["--help"]:
                words = " ".join((option.help or "").split()).replace("|", "\\|")
                rows.append(f"| `{name}` | {' '.join(f'`{flag}`' for flag in flags)} | {words} |")
    return "\n".join(rows) + "\n"


def page() -> str:
    """Return the page as it should be."""
    return PAGE.read_text(encoding="utf-8").partition(HEAD)[0] + f"{HEAD}\n{table()}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
