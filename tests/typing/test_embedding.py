"""The typing examples do what they look like."""

from __future__ import annotations

import pytest
from tests.places import EXAMPLES
from tests.typing import embedding

from codesafety import Record


@pytest.fixture(scope="module")
def engine() -> object:
    return embedding.engine()


def test_a_submission_made_in_memory_is_assessed(engine: object) -> None:
    assert embedding.assess(engine) == "hold"  # type: ignore[arg-type]
    assert embedding.assess(engine, Record()) == "hold"  # type: ignore[arg-type]


def test_what_cannot_be_read_is_an_error_of_ours(engine: object) -> None:
    assert not isinstance(embedding.read(engine, EXAMPLES / "contraception-ok.xml"), str)  # type: ignore[arg-type]
    assert "there is no such file" in str(embedding.read(engine, EXAMPLES / "nothing.xml"))  # type: ignore[arg-type]


def test_the_examples_of_the_rules_pass(engine: object) -> None:
    assert list(embedding.rules_that_fail(engine)) == []  # type: ignore[arg-type]
