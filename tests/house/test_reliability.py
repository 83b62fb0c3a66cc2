"""The table of what is tried names targets that are there."""

from __future__ import annotations

import re

import pytest
from tests.places import ROOT

ROWS = re.findall(r"^\| `(tests/[^`]+)` \|", (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("target", ROWS)
def test_a_target_of_the_table_is_there(target: str) -> None:
    path, _, name = target.partition("::")
    assert f"def {name or 'test_'}" in (ROOT / path).read_text(encoding="utf-8")


def test_every_property_test_is_in_the_table() -> None:
    """Each file with generated material has a row, so that a new target is told of."""
    generated = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if re.search(r"^@given\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert generated <= {target.partition("::")[0] for target in ROWS}
