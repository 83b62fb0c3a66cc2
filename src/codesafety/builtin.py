"""The built-in plugin: the readers and rulesets that come with the package, through the same hooks as anybody's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codesafety.plugins import Reader, TableReader, hookimpl

NAME = "codesafety.builtin"
OPTIONAL = "optional"
"""The folder of rulesets that are off by default, because they come nearer to a medical device."""


def folder() -> Path:
    """Return the folder with the shipped rulesets: inside the installed package, or the repository's own."""
    here = Path(__file__).resolve().parent
    installed = here / "_rulesets"
    return installed if installed.is_dir() else here.parents[1] / "rulesets"


def default_rulesets() -> list[Path]:
    """Return the folders of the rulesets that `codesafety.load()` loads."""
    return [p for p in _rulesets(folder()) if p.parent.name != OPTIONAL]


def find(name: str) -> Path | None:
    """Return the folder of a shipped ruleset by its name, optional ones too, or None."""
    return next((p for p in _rulesets(folder()) if p.name == name), None)


def all_rulesets() -> list[Path]:
    """Return the folders of every shipped ruleset, optional ones last."""
    return _rulesets(folder())


def rulesets_in(paths: Sequence[Path]) -> list[Path]:
    """Return the folders of rulesets at some paths: each that has rules itself, or those in it that have."""
    return [one for path in paths for one in ([path] if any(path.glob("*.rules")) else _rulesets(path))]


def _rulesets(top: Path) -> list[Path]:
    found = [p for p in top.iterdir() if p.is_dir() and any(p.glob("*.rules"))] if top.is_dir() else []
    optional = top / OPTIONAL
    if optional.is_dir():
        found += [p for p in optional.iterdir() if any(p.glob("*.rules"))]
    return sorted(found, key=lambda p: (p.parent.name == OPTIONAL, p.name))


@hookimpl
def codesafety_rulesets() -> Sequence[Path]:
    """The shipped rulesets that are on by default; an engine that is given rules leaves them out."""
    return default_rulesets()


@hookimpl
def codesafety_readers() -> Sequence[Reader | TableReader]:
    from codesafety.formats import READERS, TABLE_READERS

    return (*READERS, *TABLE_READERS)
