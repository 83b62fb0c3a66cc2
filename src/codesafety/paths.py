"""Whether what stands at a path can be read to an end."""

from __future__ import annotations

import stat
from pathlib import Path


def endless(path: Path) -> str | None:
    """Return what stands at a path where that is neither a file nor a folder: to read or even open it may wait for ever.

    Raises OSError or ValueError as the system does, where nothing is there among others.
    """
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return "a named pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"


def refuse_endless(path: Path) -> None:
    """Raise OSError with what stands at a path where that is neither a file nor a folder, or as the system does."""
    if (kind := endless(path)) is not None:
        raise OSError(0, f"this is {kind}, and no file")
