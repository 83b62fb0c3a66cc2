"""`codesafety lsp`: the language server."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from codesafety.cli.output import CLEAN, Format, fail, finish
from codesafety.errors import CodesafetyError, InputError


def lsp(
    release: Annotated[
        Path | None, typer.Option(metavar="PACK", help="A pack, by which codes are called; none: the names that ship.")
    ] = None,
    stdio: Annotated[bool, typer.Option("--stdio", hidden=True, help="As many editors ask; there is no other way.")] = True,
) -> None:
    """Serve an editor: what is wrong, completion, hover, rename, examples to run, over standard input and output.

    Exit code 0: the editor ended it; 2: it could not begin.

    Example, in an editor's settings: codesafety lsp --release uk.pack
    """
    del stdio
    try:
        from codesafety.lsp.server import server
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        fail(InputError("the language server needs an extra", help="pip install 'codesafety[lsp]'"), Format.TEXT)
    try:
        made = server(release)
    except CodesafetyError as error:
        fail(error, Format.TEXT)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a plugin prints is no answer
        made.start_io(stdout=answers)
    finish(CLEAN, answered=1)
