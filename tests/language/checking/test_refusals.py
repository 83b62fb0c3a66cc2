"""Everything that the checker says of a rule that it refuses: where, what, and what to do about it; and what it makes of the others.

After a change of words: `python -m tests.language.checking.refusals`, and read the difference.
"""

from __future__ import annotations

import re

import pytest
from tests.language.checking.refusals import PATH, texts, written

TEXTS = texts()
READ = re.split(r"(?<=\n)(?! |\Z)", PATH.read_text(encoding="utf-8"))
PART = 100


@pytest.mark.parametrize("at", range(0, len(TEXTS), PART))
def test_every_refusal_is_as_it_was_read(at: int) -> None:
    assert [written(*one) for one in TEXTS[at : at + PART]] == READ[at : at + PART]


def test_nothing_else_is_written_down() -> None:
    assert len(READ) == len(TEXTS)
