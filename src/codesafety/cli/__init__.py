"""The command line: an optional extra (`pip install codesafety[cli]`). It calls the engine and nothing deeper."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any, NoReturn

_BETWEEN_COLLECTIONS = 100_000
"""Objects made before garbage is looked for. Rules and lists are many and none is garbage: looking costs a third of a start."""
_ABOUT_ITSELF = frozenset(["-h", "--help", "--version", "--install-completion", "--show-completion"])
_STOPPED = (
    "error: the command was stopped, by hand or by a plugin: NOTHING WAS CHECKED but what it has answered\n"
    "  = help: treat the rest as held"
)
_NOTHING = (
    "error: the command ended and had answered nothing: NOTHING WAS CHECKED\n"
    "  = help: treat it as held; the input may be empty, or a plugin or this version of typer may have ended it"
)


def main() -> NoReturn:
    """Run `codesafety`, and end the process: with 0 only if a command counted something that it answered, or for help.

    Whatever else happens inside (an exception, a library or plugin that exits, a command that was never run, a stream that is
    closed or full) is exit 2 and a line that says so. There is never a traceback.
    """
    gc.set_threshold(_BETWEEN_COLLECTIONS, 20, 50)
    if sys.stderr is None:  # it is closed: nobody is told, and the code says the rest
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    code, said = 2, _STOPPED
    try:
        code, said = _run() if sys.stdout is not None else (2, _unwritable(OSError(0, "it is closed")))
    except KeyboardInterrupt:
        pass
    except Exception as error:
        if os.environ.get("CODESAFETY_DEBUG"):
            raise
        said = (
            f"error: an error inside codesafety ({type(error).__name__}); what was asked has not been checked\n"
            "  = help: treat it as held; run again with CODESAFETY_DEBUG=1 to see where it failed, and report it"
        )
    if sys.stdout is not None and (unsent := _last(sys.stdout, "")) is not None:
        code, said = 2, _unwritable(unsent)
    if _last(sys.stderr, f"{said}\n" if said else "") is not None:
        code = 2
    gc.freeze()  # the process ends: what is left need not be looked through once more
    raise SystemExit(code)


def _run() -> tuple[int, str]:
    """Run what was asked; return the code to end with, and what is still to be said on standard error."""
    try:
        from codesafety.cli.app import app
        from codesafety.cli.output import CLEAN, FAILED, Finished, Unwritable
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich", "click"):
            raise
        return 2, "error: the command line needs an extra: pip install 'codesafety[cli]'"
    about_itself = _asked_about_itself(sys.argv[1:])
    for number, argument in enumerate(sys.argv[1:], 1):
        if not argument.strip() or (argument.startswith("--") and argument.endswith("=")):
            return FAILED, f"error: argument {number} is empty\n  = help: a variable may have been left unset"
    try:
        app()
    except Finished as end:
        if end.status != CLEAN or end.answered > 0:
            return end.status, ""
    except Unwritable as error:
        return FAILED, _unwritable(error.cause)
    except SystemExit as end:
        if _came_of(end, KeyboardInterrupt):
            return FAILED, _STOPPED
        if end.code == FAILED or _came_of(end, BrokenPipeError):
            return FAILED, ""  # a mistake in the options, which is on standard error already; or nobody is there to be told
        if end.code in (CLEAN, None) and about_itself:
            return CLEAN, ""
    except OSError as error:
        if not about_itself:
            raise
        return FAILED, _unwritable(error)  # help, which a library writes
    return FAILED, _NOTHING


def _unwritable(error: OSError) -> str:
    """Return what is to be said where standard output took no more: nothing where its reader went away (`| head`)."""
    if isinstance(error, BrokenPipeError):
        return ""
    reason = (error.strerror or "an error of the system").lower()
    return f"error: standard output cannot be written: {reason}\n  = help: treat what has no answer as not checked"


def _last(stream: Any, text: str) -> OSError | None:
    """Write what a stream still has to be told; return why it took it not. Then nothing more goes there, as the process ends."""
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None


def _came_of(error: BaseException, kind: type[BaseException]) -> bool:
    """Return whether an exception was raised while one of a kind was dealt with, or is one."""
    came: BaseException | None = error
    while came is not None and not isinstance(came, kind):
        came = came.__context__
    return came is not None


def _asked_about_itself(arguments: list[str]) -> bool:
    """Return whether these are a question for help or the version, or a shell that completes a command: it gives no arguments."""
    if not arguments:
        return "_CODESAFETY_COMPLETE" in os.environ
    return not _ABOUT_ITSELF.isdisjoint(arguments)
