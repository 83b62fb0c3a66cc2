"""What is asked in one JSON object: whatever stands in it, what cannot be read is an error of ours."""

from __future__ import annotations

import json
import sys

import pytest

import codesafety
from codesafety import InputError
from codesafety.asking import Defaults, asked, parsed


@pytest.fixture(scope="module")
def engine() -> codesafety.Engine:
    return codesafety.load("uk.blood_pressure")


@pytest.mark.parametrize("field", ["submission", "record", "profile", "overrides"])
@pytest.mark.parametrize("value", ['{"entries": [], "format": "\\ud800"}', '"\\ud800"'])
def test_half_of_a_surrogate_pair_is_no_text_in_any_part(engine: codesafety.Engine, field: str, value: str) -> None:
    others = "" if field == "submission" else '"submission": {"entries": []}, '
    raw = f'{{{others}"{field}": {value}}}'.encode()
    with pytest.raises(InputError) as caught:
        asked(engine, parsed(raw, "it"), raw, "it", Defaults()).answer(engine)
    assert (caught.value.source, caught.value.message) == (f"it, {field}", "holds half of a surrogate pair, which is no text")


def test_half_of_a_surrogate_pair_is_no_text_in_memory(engine: codesafety.Engine) -> None:
    with pytest.raises(InputError, match="holds half of a surrogate pair, which is no text"):
        engine.read('{"entries": [], "format": "\ud800"}')


def test_what_nests_deeply_is_refused_however_deep(engine: codesafety.Engine) -> None:
    """Between what is read and what is not lie depths at which only the second step fails."""
    hooks = pytest.importorskip("codesafety.service.hooks")
    deepest = sys.getrecursionlimit() + 10
    for depth in range(deepest - 200, deepest):
        nested: str = "[" * depth + "]" * depth
        with pytest.raises(InputError):
            raw = f'{{"submission": {{"entries": {nested}}}}}'.encode()
            asked(engine, parsed(raw, "it"), raw, "it", Defaults()).answer(engine)
        given = {
            "hook": "order-sign",
            "hookInstance": "x",
            "context": {"patientId": "p", "draftOrders": {"resourceType": "Bundle"}},
        }
        with pytest.raises(InputError):
            told = parsed(json.dumps(given).replace('"Bundle"', f'"Bundle", "entry": {nested}').encode(), "it")
            hooks.asked(engine, "codesafety-orders", told)
