"""The generator of rules reaches every construct in every place where the language's types let it stand."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from tests.differential.coverage import places, possible
from tests.differential.rules import ITEMS, RuleMaker
from tests.differential.seeded import Seeded

from codesafety.ir import Kind
from codesafety.language import schema

_RULES = 30_000
_ENTRIES = (Kind.ENTRY, Kind.HISTORY, Kind.MENTION)
_VARIABLES = {
    **dict.fromkeys(("Quantified.var", "Quantified.including", "Ordered.var", "ItemIs.var", "InSet.operand"), ITEMS),
    **dict.fromkeys(("About.var", "SameEntry.left", "SameEntry.right"), _ENTRIES),
    **{f"{name}.{side}": (Kind.MEDICATION,) for name in ("SameProduct", "Overlaps") for side in ("left", "right")},
    "Custom.arguments": (*ITEMS, Kind.CODING, Kind.ROW, Kind.MESSAGE),
    "CodingIs.var": (Kind.CODING,),
    "Contradicts.var": (Kind.CODING,),
    "Says.var": (Kind.TEXT,),
}


@pytest.fixture(scope="module")
def reached() -> Counter[str]:
    found = Counter[str]()
    for seed in range(_RULES):
        found.update(places(RuleMaker(Seeded(random.Random(seed))).rule("r")))
    return found


def test_every_construct_stands_wherever_it_may(reached: Counter[str]) -> None:
    wanted = set(possible())
    assert len(wanted) > 450
    assert wanted - reached.keys() == set()


def test_every_kind_of_variable_stands_wherever_it_may(reached: Counter[str]) -> None:
    assert {f"{place}: {kind.value}" for place, kinds in _VARIABLES.items() for kind in kinds} - reached.keys() == set()


def test_every_field_is_asked_of(reached: Counter[str]) -> None:
    wanted = {f"{kind.value}.{name}" for kind, fields in schema.FIELDS.items() for name in fields}
    assert (wanted | {f"patient.{name}" for name in schema.PATIENT}) - reached.keys() == set()
