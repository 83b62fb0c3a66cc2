"""The commands, put together."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from codesafety import __version__
from codesafety.cli import catalogue as catalogue_module
from codesafety.cli import check as check_module
from codesafety.cli import rules as rules_module
from codesafety.cli.output import write

app = typer.Typer(
    name="codesafety",
    help="Stop wrong clinical codes before they enter a patient's record.\n\nStart with: codesafety check MESSAGE.xml",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        write(f"codesafety {__version__}")
        raise typer.Exit


@app.callback()
def codesafety(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Stop wrong clinical codes before they enter a patient's record."""


class Model(StrEnum):
    SUBMISSION = "submission"
    RECORD = "record"
    REPORT = "report"
    PROFILE = "profile"
    OVERRIDE = "override"


@app.command()
def schema(model: Annotated[Model, typer.Argument(help="Which model.")]) -> None:
    """Print the JSON Schema of what goes in or comes out."""
    from codesafety.schemas import schema_text

    write(schema_text(model.value), end="")


app.command("check")(check_module.check)
app.command("catalogue")(catalogue_module.catalogue)
app.add_typer(rules_module.app, name="rules")


def _add(module: str, name: str) -> None:
    from importlib import import_module

    app.add_typer(import_module(f"codesafety.cli.{module}").app, name=name)


_add("terminology", "terminology")
_add("codes", "codes")
