"""The guides whose commands are run: each page says what they say."""

from __future__ import annotations

import pytest
from tests.spec.guides import GUIDES, page, rewritten


@pytest.mark.parametrize("name", GUIDES)
def test_each_command_says_what_the_page_says(name: str) -> None:
    assert rewritten(name) == page(name), "write the page anew: python -m tests.spec.guides"
