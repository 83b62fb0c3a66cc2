"""`codesafety playground`: rules and patients, tried on a page of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codesafety.cli.output import CLEAN, Format, fail, finish
from codesafety.errors import CodesafetyError, InputError


def playground(
    port: Annotated[int, typer.Option(min=0, max=65535, help="At which port of this machine; 0: any that is free.")] = 8765,
    release: Annotated[
        Path | None, typer.Option(metavar="PACK", help="A pack, by which sets are drawn; none: the frozen lists.")
    ] = None,
) -> None:
    """Serve one page on this machine: write a rule, try it on a patient, and see why it answers so. Nothing leaves the machine.

    Exit code 0: it was stopped after it had begun; 2: it could not begin.

    Example: codesafety playground --port 8765
    """
    try:
        from codesafety.playground.app import serve
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn", "anyio"):
            raise
        fail(InputError("the playground needs an extra", help="pip install 'codesafety[playground]'"), Format.TEXT)
    try:
        serve(port, release)
    except CodesafetyError as error:
        fail(error, Format.TEXT)
    except OSError as error:
        reason = (error.strerror or "the system refuses").lower()
        fail(
            InputError(f"port {port} cannot be listened at: {reason}", help="give another: --port 0 takes a free one"),
            Format.TEXT,
        )
    finish(CLEAN, answered=1)
