"""Everything that the checker says of a rule that it refuses: where, what, and what to do about it."""

from __future__ import annotations

from tests.language.checking.refusals import PATH, written


def test_every_refusal_is_as_it_was_read() -> None:
    """After a change of words: `python -m tests.language.checking.refusals`, and read the difference."""
    assert written() == PATH.read_text(encoding="utf-8")
