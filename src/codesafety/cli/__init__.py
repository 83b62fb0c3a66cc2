"""The command line: an optional extra (`pip install codesafety[cli]`). It calls the engine and nothing deeper."""

from __future__ import annotations

import gc
import os
import sys

_BETWEEN_COLLECTIONS = 100_000
"""Objects made before garbage is looked for. Rules and lists are many and none is garbage: looking costs a third of a start."""


def main() -> None:
    """Run `codesafety`. Whatever goes wrong, it says so in a line and exits 2; it never prints a traceback or exits 0 wrongly."""
    gc.set_threshold(_BETWEEN_COLLECTIONS, 20, 50)
    try:
        from codesafety.cli.app import app
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "click"):
            raise
        print("error: the command line needs an extra: pip install 'codesafety[cli]'", file=sys.stderr)
        raise SystemExit(2) from None
    try:
        app()
    except BrokenPipeError:
        # The reader of our output went away (`| head`). Nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(2) from None
    except Exception as error:
        if os.environ.get("CODESAFETY_DEBUG"):
            raise
        print(
            f"error: an error inside codesafety ({type(error).__name__}); what was asked has not been checked\n"
            "  = help: treat it as held; run again with CODESAFETY_DEBUG=1 to see where it failed, and report it",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
