"""The command line: an optional extra (`pip install codesafety[cli]`). It calls the engine and nothing deeper."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

_BETWEEN_COLLECTIONS = 100_000
"""Objects made before garbage is looked for. Rules and lists are many and none is garbage: looking costs a third of a start."""
_ABOUT_ITSELF = frozenset(["-h", "--help", "--version", "--install-completion", "--show-completion"])


def main() -> NoReturn:
    """Run `codesafety`, and end the process: with 0 only if a command counted something that it answered, or for help.

    Whatever else happens inside (an exception, a library or plugin that exits, a command that was never run) is exit 2 and a
    line that says so. There is never a traceback.
    """
    gc.set_threshold(_BETWEEN_COLLECTIONS, 20, 50)
    try:
        from codesafety.cli.app import app
        from codesafety.cli.output import CLEAN, FAILED, Finished
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "click"):
            raise
        print("error: the command line needs an extra: pip install 'codesafety[cli]'", file=sys.stderr)
        raise SystemExit(2) from None
    try:
        app()
    except Finished as end:
        if end.code != CLEAN or end.answered > 0:
            raise
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            _nobody_reads()
        if end.code == FAILED or (end.code in (CLEAN, None) and _asked_about_itself(sys.argv[1:])):
            raise  # a mistake in the options, which is on standard error already, or help
    except BrokenPipeError:
        _nobody_reads()
    except KeyboardInterrupt:
        pass
    except Exception as error:
        if os.environ.get("CODESAFETY_DEBUG"):
            raise
        print(
            f"error: an error inside codesafety ({type(error).__name__}); what was asked has not been checked\n"
            "  = help: treat it as held; run again with CODESAFETY_DEBUG=1 to see where it failed, and report it",
            file=sys.stderr,
        )
        raise SystemExit(FAILED) from None
    print(
        "error: the command ended and had answered nothing: NOTHING WAS CHECKED\n"
        "  = help: treat it as held; the input may be empty, or a plugin or this version of typer may have ended it",
        file=sys.stderr,
    )
    raise SystemExit(FAILED)


def _nobody_reads() -> NoReturn:
    """End where the reader of our output went away (`| head`): not done, and nothing more can be said to it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(2)


def _asked_about_itself(arguments: list[str]) -> bool:
    """Return whether these are a question for help or the version, or a shell that completes a command: it gives no arguments."""
    if not arguments:
        return "_CODESAFETY_COMPLETE" in os.environ
    return not _ABOUT_ITSELF.isdisjoint(arguments)
