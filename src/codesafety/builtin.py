"""The built-in plugin: the readers and rulesets that come with the package, through the same hooks as anybody's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codesafety import shipped
from codesafety.plugins import Reader, TableReader, hookimpl

NAME = "codesafety.builtin"


@hookimpl
def codesafety_rulesets() -> Sequence[Path]:
    """The shipped rulesets that are on by default; an engine that is given rules leaves them out."""
    return shipped.default_rulesets()


@hookimpl
def codesafety_readers() -> Sequence[Reader | TableReader]:
    from codesafety.formats import READERS, TABLE_READERS

    return (*READERS, *TABLE_READERS)
