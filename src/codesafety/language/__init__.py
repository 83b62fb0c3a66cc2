"""Rule text to its checked meaning: parse, check, format."""

from __future__ import annotations

from codesafety.language.formatter import format_text
from codesafety.language.loader import Loaded, files_beside, load, load_texts
from codesafety.language.parsing.parser import parse

__all__ = ["Loaded", "files_beside", "format_text", "load", "load_texts", "parse"]
