"""What outside authorities say, where it is here, and how much of it is answered as they do (`docs/reference/authorities.md`)."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest
from tests.places import ORACLES


def needs(name: str) -> pytest.MarkDecorator:
    """Skip what asks an authority that is not here."""
    return pytest.mark.skipif(not (ORACLES / name).is_file(), reason=f"the shared cases of {name} are not here")


def rows(name: str) -> list[dict[str, str]]:
    with (ORACLES / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def objects(name: str) -> list[dict[str, Any]]:
    with (ORACLES / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def tell(what: str, asked: int, otherwise: int) -> None:
    """Print how many questions were asked, and how many are answered as the authority does."""
    assert asked
    print(f"{what}: {asked - otherwise} of {asked} as they say")
