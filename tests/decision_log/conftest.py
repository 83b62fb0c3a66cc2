"""Each log that a test has opened is closed when it ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.decision_log.made import OPENED


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()
