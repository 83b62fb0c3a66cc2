"""An encounter that is nobody's envelope is read as what it codes; a message's own, and GP Connect's consultations, are not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codesafety.formats import AccessRecordReader, R4Reader, UpdateRecordReader
from codesafety.plugins.reading import Source
from codesafety.record import Submission


def coded(*codes: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://snomed.info/sct", "code": code} for code in codes]}


def encounter(**fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "e",
        "status": "finished",
        "period": {"start": "2025-06-01", "end": "2025-06-02"},
        **fields,
    }


def bundle(*resources: dict[str, Any], kind: str = "collection") -> Source:
    return Source(json.dumps({"resourceType": "Bundle", "type": kind, "entry": [{"resource": r} for r in resources]}).encode())


def codes(submission: Submission) -> list[tuple[list[str | None], list[list[str | None]]]]:
    return [([c.code for c in e.codings], [[c.code for c in p.codings] for p in e.components]) for e in submission.entries]


@pytest.mark.parametrize("reader", [R4Reader(), UpdateRecordReader()])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": [coded("185349003")]}, [(["185349003"], [])]),
        ({"reasonCode": [coded("77386006"), coded("44054006")]}, [(["77386006"], [["44054006"]])]),
        ({"reason": [coded("77386006")]}, [(["77386006"], [])]),
        (
            {"type": [coded("185349003"), coded("11429006")], "reasonCode": [coded("77386006")]},
            [(["185349003"], [["11429006"], ["77386006"]])],
        ),
        ({"type": [{"text": "visit"}], "reasonCode": [coded("77386006", "72892002")]}, [(["77386006", "72892002"], [])]),
        ({"type": [{"text": "visit"}]}, []),
        ({}, []),
    ],
)
@pytest.mark.parametrize("kind", ["collection", "transaction", "searchset"])
def test_an_encounter_in_a_bundle_is_an_entry_for_what_it_codes(
    reader: Any, fields: dict[str, Any], expected: Any, kind: str
) -> None:
    read = reader.read(bundle(encounter(**fields), kind=kind))
    assert codes(read) == expected
    assert [(e.kind, e.date, e.end_date) for e in read.entries] == [("encounter", "2025-06-01", "2025-06-02")] * len(expected)
    assert not [n for n in read.not_read if n.codings]


@pytest.mark.parametrize(
    ("status", "assertion", "withdrawn"),
    [("planned", "planned", False), ("cancelled", "absent", False), ("entered-in-error", None, True), ("finished", None, False)],
)
def test_an_encounter_that_is_an_entry_counts_by_its_status(status: str, assertion: str | None, withdrawn: bool) -> None:
    (entry,) = R4Reader().read(bundle(encounter(status=status, type=[coded("185349003")]))).entries
    assert (entry.assertion, entry.entered_in_error) == (assertion, withdrawn)


def test_the_encounter_of_a_message_is_its_envelope_and_of_several_none_is() -> None:
    fields = {"reasonCode": [coded("1659121000000101")]}
    one = R4Reader().read(bundle(encounter(**fields), kind="message"))
    assert (codes(one), [c.code for c in one.message.service]) == ([], ["1659121000000101"])
    two = R4Reader().read(bundle(encounter(**fields), encounter(**fields) | {"id": "f"}, kind="message"))
    assert (len(two.entries), two.message.service) == (2, ())


def test_gp_connects_encounters_date_their_items_and_are_none() -> None:
    item = {"resourceType": "Condition", "code": coded("44054006"), "context": {"reference": "Encounter/e"}}
    read = AccessRecordReader().read(bundle(encounter(type=[coded("185349003")]), item))
    assert [(e.kind, e.consultation_date) for e in read.entries] == [("condition", "2025-06-01")]


def test_an_encounter_with_a_modifier_is_not_read_as_what_it_codes() -> None:
    changed = encounter(type=[coded("185349003")], modifierExtension=[{"url": "https://example.org/not", "valueBoolean": True}])
    read = R4Reader().read(bundle(changed))
    assert (read.entries, [n.path for n in read.not_read if n.whole]) == ((), ["Bundle.entry[0].resource"])
