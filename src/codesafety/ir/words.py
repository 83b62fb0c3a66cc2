"""Words as they are compared: of phrases that rule authors list, and of what was sent."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

_APOSTROPHES: Final = re.compile("['’‘ʼ`´]")
_WORD: Final = re.compile(r"[^\W_]+|\?")
CLAUSE_BEGINS: Final = frozenset(("but", "however", "although", "though"))
"""A clause of what was sent ends before these words (table 25)."""


def folded(text: str) -> str:
    """Return a text in the form in which words are compared: case and compatibility forms mean nothing."""
    return normalize("NFKC", text).casefold()


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a phrase or a clause: runs of letters and digits, without apostrophes, and each question mark."""
    return tuple(_WORD.findall(_APOSTROPHES.sub("", folded(text))))
