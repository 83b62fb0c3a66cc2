"""Models that the FHIR reader makes by itself: they hold what a validation of them would, and nothing that it would refuse."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel
from tests.campaign.mutate import bases
from tests.formats.fhir.two_paths import FOLDERS, sources

from codesafety.errors import InputError
from codesafety.formats.fhir.update_record import UpdateRecordReader
from codesafety.formats.fhir.values import item_of
from codesafety.plugins.reading import Source
from codesafety.record import (
    MAX_CODINGS,
    MAX_TEXT,
    Coding,
    Component,
    Entry,
    Medication,
    Quantity,
    RecordError,
    Submission,
    Value,
)


def models(held: Any) -> Iterator[BaseModel]:
    """Yield a model and all that are in it."""
    if isinstance(held, BaseModel):
        yield held
        for value in vars(held).values():
            yield from models(value)
    elif isinstance(held, tuple):
        for value in held:
            yield from models(value)


def test_what_is_read_is_what_its_validation_makes_of_it_with_every_field_in_its_order() -> None:
    read = 0
    for _, data in sources(bases(FOLDERS), 500, 120):
        try:
            submission = UpdateRecordReader().read(Source(data))
        except InputError:
            continue
        read += 1
        assert Submission.model_validate_json(submission.model_dump_json()) == submission
        for model in models(submission):
            assert list(vars(model)) == list(type(model).model_fields)
    assert read > 60


CODINGS = (Coding(code="1"),) * MAX_CODINGS
TEXT = "x" * MAX_TEXT
FULL: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "a text": (Entry, {"path": "p", "text": TEXT}),
    "codings": (Entry, {"path": "p", "codings": CODINGS}),
    "a note": (Entry, {"path": "p", "notes": ("short", TEXT)}),
    "a medicine's dosage": (Medication, {"path": "p", "dosage_text": TEXT}),
    "a route": (Medication, {"path": "p", "route": CODINGS}),
    "days": (Medication, {"path": "p", "days_supply": Decimal("9e30")}),
    "a part's words": (Component, {"text": TEXT}),
    "a value's words": (Value, {"text": TEXT}),
    "a number": (Quantity, {"value": Decimal("-1e-30")}),
    "nothing": (Quantity, {"value": Decimal("0e99")}),
}  # fmt: skip
TOO_MUCH: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "a text": (Entry, {"path": "p", "text": TEXT + "x"}),
    "codings": (Entry, {"path": "p", "codings": (*CODINGS, Coding(code="2"))}),
    "components": (Entry, {"path": "p", "components": (Component(),) * 1_001}),
    "a note": (Entry, {"path": "p", "notes": ("short", TEXT + "x")}),
    "a medicine's dosage": (Medication, {"path": "p", "dosage_text": TEXT + "x"}),
    "a route": (Medication, {"path": "p", "route": (*CODINGS, Coding(code="2"))}),
    "days": (Medication, {"path": "p", "days_supply": Decimal("1e31")}),
    "a part's words": (Component, {"text": TEXT + "x"}),
    "a value's words": (Value, {"text": TEXT + "x"}),
    "a number": (Quantity, {"value": Decimal("1e-31")}),
}  # fmt: skip


@pytest.mark.parametrize("case", FULL)
def test_an_item_that_holds_as_much_as_it_may_is_made(case: str) -> None:
    model, fields = FULL[case]
    assert item_of(model, fields) == model(**fields)


@pytest.mark.parametrize("case", TOO_MUCH)
def test_an_item_that_would_hold_more_is_refused_as_its_validation_refuses_it(case: str) -> None:
    model, fields = TOO_MUCH[case]
    with pytest.raises(RecordError) as error:
        item_of(model, fields)
    with pytest.raises(RecordError) as again:
        model(**fields)
    assert str(error.value) == str(again.value)


def test_more_entries_in_a_list_than_codings_may_be_are_validated_and_made() -> None:
    fields = {"path": "p", "notes": tuple(str(number) for number in range(MAX_CODINGS + 1))}
    assert item_of(Entry, fields) == Entry(**fields)
