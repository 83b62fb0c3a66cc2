"""Rule text to its checked meaning: parse, check, format."""

from __future__ import annotations

from codesafety.language.loader import Loaded, load, load_texts
from codesafety.language.parser import parse

__all__ = ["Loaded", "load", "load_texts", "parse"]
