"""The page of answers shows what the commands on it write."""

from __future__ import annotations

from tests.answers.page import PAGE, page


def test_every_example_is_what_its_command_writes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("```json\n{") == 4
    assert page() == text, "write the examples anew: python -m tests.answers.page"
