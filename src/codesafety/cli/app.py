"""The commands, put together."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_group

from codesafety import __version__
from codesafety.cli import catalogue as catalogue_module
from codesafety.cli import check as check_module
from codesafety.cli import explain as explain_module
from codesafety.cli import lsp as lsp_module
from codesafety.cli import playground as playground_module
from codesafety.cli import scan as scan_module
from codesafety.cli import selftest as selftest_module
from codesafety.cli import serve as serve_module
from codesafety.cli import why as why_module
from codesafety.cli.output import CLEAN, finish, write

_LATER: Final[Mapping[str, str]] = {
    "rules": "codesafety.cli.rules",
    "terminology": "codesafety.cli.terminology",
    "codes": "codesafety.cli.codes",
    "bundle": "codesafety.cli.bundle",
    "new": "codesafety.cli.new",
    "log": "codesafety.cli.log",
}
"""Groups of commands by the module that has them. `check`, which runs most, does not pay for importing them."""


class _Group(TyperGroup):
    """The commands, of which some are imported only when they are asked for, or listed by `--help`."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *_LATER]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _LATER:
            return super().get_command(ctx, cmd_name)
        group = get_group(import_module(_LATER[cmd_name]).app)
        group.name = cmd_name
        return group


app = typer.Typer(
    name="codesafety",
    cls=_Group,
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

    write(*schema_text(model.value).splitlines())
    finish(CLEAN, answered=1)


app.command("check")(check_module.check)
app.command("selftest")(selftest_module.selftest)
app.command("scan")(scan_module.scan)
app.command("review")(scan_module.review)
app.command("serve")(serve_module.serve)
app.command("lsp")(lsp_module.lsp)
app.command("playground")(playground_module.playground)
app.command("catalogue")(catalogue_module.catalogue)
app.command("why")(why_module.why)
app.command("explain")(explain_module.explain)
