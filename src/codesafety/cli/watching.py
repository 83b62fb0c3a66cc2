"""A command that runs again whenever files change, until it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from codesafety.cli.output import Finished, complain, finish
from codesafety.diagnostics import count
from codesafety.engine import rule_paths

_EVERY_S = 0.3


def watching(once: Callable[[], NoReturn], places: Sequence[Path]) -> NoReturn:
    """Run a command, and again whenever a file at some places changes, comes or goes; end as its last run did when it is stopped.

    Times and sizes are looked at a few times a second: nothing needs to be installed, and it works on every file system.
    A change counts when it has come to rest: a file that is being written is not read half.
    """
    folders = [path if path.is_dir() else path.parent for path in rule_paths(places)]
    last = Finished(2, 0)
    try:
        while True:
            seen = _seen(folders)
            try:
                once()
            except Finished as end:
                last = end
            complain(f"watching {count(len(seen), 'file')}; Ctrl-C ends it")
            now, before = seen, seen
            while now == seen or now != before:
                time.sleep(_EVERY_S)
                now, before = _seen(folders), now
            complain("", *(f"changed: {name}" for name in sorted({*now, *seen}) if now.get(name) != seen.get(name)))
    except KeyboardInterrupt:
        finish(last.status, answered=last.answered)


def _seen(folders: Sequence[Path]) -> Mapping[str, tuple[int, int]]:
    """Return the files below some folders, with when each was changed last and how long it is."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            try:
                if path.is_file():
                    told = path.stat()
                    found[str(path)] = told.st_mtime_ns, told.st_size
            except OSError:  # it went while it was looked at
                continue
    return found
