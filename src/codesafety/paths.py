"""Whether what stands at a path can be read to an end, and how a file is written: whole, or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def endless(path: Path) -> str | None:
    """Return what stands at a path where that is neither a file nor a folder: to read or even open it may wait for ever.

    Raises OSError or ValueError as the system does, where nothing is there among others.
    """
    found = path.stat()
    mode = found.st_mode
    if stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and (found.st_size > 0 or _is_empty(path))):
        return None
    if stat.S_ISREG(mode):
        return "a file of the system, which does not tell its length"
    return "a named pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"


def _is_empty(path: Path) -> bool:
    """Return whether a file that has no length holds nothing: what the system makes up as it is read may never end (/proc/kmsg)."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        return not os.read(descriptor, 1)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)


def refuse_endless(path: Path) -> None:
    """Raise OSError with what stands at a path where that is neither a file nor a folder, or as the system does."""
    if (kind := endless(path)) is not None:
        raise OSError(0, f"this is {kind}, and no file")


@contextmanager
def writing(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """Open a text that takes its name once it is whole: until then, and where that fails, what stood there stays.

    A link is followed. Raises OSError with the path for a folder, a device and whatever cannot be written.
    """
    import tempfile  # only here: reading must not cost its import

    try:
        place, mode = path.resolve(), 0o644
        if place.exists():
            refuse_endless(place)
            if place.is_dir() or not os.access(place, os.W_OK):
                raise OSError(0, "this is a folder, and no file" if place.is_dir() else "the file may not be written to")
            mode = stat.S_IMODE(place.stat().st_mode)
        descriptor, name = tempfile.mkstemp(prefix=".codesafety.", suffix=".partial", dir=place.parent)
        partial = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding=encoding, newline="") as file:
                yield file
            partial.chmod(mode)
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(error.errno, error.strerror or "an error of the system", str(path)) from None
