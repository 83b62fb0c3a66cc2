"""What the reader of native JSON makes of submissions and records."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.places import EXAMPLES

from codesafety.errors import InputError
from codesafety.formats import READERS, NativeReader
from codesafety.plugins.reading import Source


def source(value: Any) -> Source:
    return Source(value if isinstance(value, bytes) else json.dumps(value).encode(), "given.json")


def entry(**fields: Any) -> dict[str, Any]:
    return {"path": "entries[0]", **fields}


def refusal(value: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        NativeReader().read(source(value))
    return caught.value


def test_the_examples_are_read() -> None:
    submission = NativeReader().read(Source((EXAMPLES / "submission-native.json").read_bytes()))
    assert (submission.entries[0].codings[0].code, submission.message.sender, submission.format) == (
        "60001007",
        "FX999",
        "native",
    )
    record = NativeReader().read_record(Source((EXAMPLES / "record-complete.json").read_bytes()))
    assert [c.kind for c in record.complete] == ["entry", "medication"]
    assert not any(c.code == "77386006" for e in record.entries for c in e.codings)


def test_numbers_stay_exact() -> None:
    value = b'{"entries": [{"path": "e", "value": {"quantity": {"value": 37.50, "unit": "Cel"}}}]}'
    quantity = NativeReader().read(source(value)).entries[0].value
    assert quantity is not None and quantity.quantity is not None
    assert str(quantity.quantity.value) == "37.50"
    days = NativeReader().read(source(b'{"medications": [{"path": "m", "days_supply": 28}]}')).medications[0].days_supply
    assert days == Decimal(28)


@pytest.mark.parametrize("code", [77386006, 1659121000000101, 1.5])
def test_a_code_that_is_a_number_is_refused_with_the_reason(code: float) -> None:
    error = refusal({"entries": [entry(codings=[{"system": "sct", "code": code}])]})
    assert error.path == "entries[0].codings[0].code"
    assert error.message.startswith("a code was sent as a number; codes are text")


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ({"entries": [{"codings": []}]}, "entries[0].path", "this field is required"),
        ({"entries": [entry(colour="red")]}, "entries[0].colour", "there is no such field"),
        ({"entries": [entry(date="2025-13-45")]}, "entries[0].date", "there is no such month"),
        ({"entries": [entry(assertion="perhaps")]}, "entries[0].assertion", "not one of the words that this field may have"),
        ({"patient": {"gender": "lady"}}, "patient.gender", "not one of the words"),
        ({"entries": {}}, "entries", "input should be"),
    ],
)
def test_a_fault_names_its_place_and_what_belongs_there(value: Any, path: str, words: str) -> None:
    error = refusal(value)
    assert error.path == path
    assert error.message.startswith(words)
    assert error.help


def test_what_was_sent_is_not_repeated() -> None:
    error = refusal({"patient": {"nhs_number": 9991234578, "born": "Ada Specimen", "gender": "Ada Specimen"}, "Ada Specimen": 1})
    assert "Specimen" not in str(error)
    assert "9991234578" not in str(error)


def test_several_faults_are_counted_and_named() -> None:
    error = refusal({"entries": [entry(date="x"), {"path": "b", "recorded": "y"}]})
    assert "(and 1 more)" in error.message
    assert error.help is not None and "entries[1].recorded" in error.help


def test_a_record_given_as_a_submission_is_read_as_one() -> None:
    submission = NativeReader().read(Source((EXAMPLES / "record-complete.json").read_bytes()))
    assert (len(submission.entries), len(submission.medications)) == (3, 1)


def test_a_submission_given_as_a_record_lists_its_message_as_not_read() -> None:
    record = NativeReader().read_record(Source((EXAMPLES / "submission-native.json").read_bytes()))
    assert record.complete == ()
    assert [n.path for n in record.not_read] == ["message"]


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ({"entries": []}, True),
        ({"patient": {}}, True),
        ({}, True),
        ({"hello": 1}, False),
        ({"resourceType": "Bundle", "entries": []}, False),
        (b"<a/>", False),
        (b"", False),
    ],
)
def test_native_json_is_recognised_by_its_fields(value: Any, taken: bool) -> None:
    assert NativeReader().recognises(source(value)) is taken


def test_native_json_in_utf_16_finds_its_reader() -> None:
    given = Source('{"entries": [], "patient": {}}'.encode("utf-16"))
    assert next(r for r in READERS if r.recognises(given)).name == "native"
    assert NativeReader().read(given).entries == ()
