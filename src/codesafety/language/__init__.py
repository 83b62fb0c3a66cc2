"""Rule text to its checked meaning: parse, check, format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codesafety.language.files import Loaded
    from codesafety.language.formatter import format_text
    from codesafety.language.loader import files_beside, load, load_found, load_texts
    from codesafety.language.parsing.parser import parse

_HOMES = {
    "Loaded": "files",
    "files_beside": "loader",
    "format_text": "formatter",
    "load": "loader",
    "load_found": "loader",
    "load_texts": "loader",
    "parse": "parsing.parser",
}

__all__ = ["Loaded", "files_beside", "format_text", "load", "load_found", "load_texts", "parse"]


def __getattr__(name: str) -> Any:
    """Import what parses and checks when it is first asked for: rules in their stored form need neither."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `codesafety.language` has no attribute `{name}`")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"codesafety.language.{home}"), name)
    return value
