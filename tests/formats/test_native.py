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
        ({"entries": [entry(colour="red")]}, "entries[0]", "a field that does not belong here: number 2"),
        ({"colour": "red"}, "the object", "a field that does not belong here: number 1"),
        (
            {"entries": [entry(date="2025-13-45", codings=[{"code": 1}])]},
            "entries[0].codings[0].code",
            "a code was sent as a number",
        ),
        ({"entries": [entry(assertion="perhaps")]}, "entries[0].assertion", "not one of the words that this field may have"),
        ({"patient": {"gender": "lady"}}, "patient.gender", "not one of the words"),
        ({"entries": {}}, "entries", "should be a list, in brackets"),
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
    error = refusal({"entries": [entry(kind=[]), {"path": "b", "status": {}}]})
    assert "(and 1 more)" in error.message
    assert error.help is not None and "entries[1].status" in error.help


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


# ---------------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("1970", "1970"),
        ("1970-01", "1970-01"),
        ("1970-01-01", "1970-01-01"),
        ("19700101", "1970-01-01"),
        (19700101, "1970-01-01"),
        (1970, "1970"),
        ("197001011205", "1970-01-01T12:05"),
        ("19700101120000", "1970-01-01T12:00:00"),
        ("19700101120000+0000", "1970-01-01T12:00:00+0000"),
        ("19700101120000.1234-0500", "1970-01-01T12:00:00-0500"),
        ("19700101T120000Z", "1970-01-01T12:00:00Z"),
        ("1970-01-01T12:00:00+0100", "1970-01-01T12:00:00+0100"),
        ("99991231", "9999-12-31"),
    ],
)
def test_a_date_is_read_where_it_can_mean_one_thing(sent: str | int, read: str) -> None:
    submission = NativeReader().read(source({"patient": {"born": sent}, "entries": [entry(date=sent)]}))
    assert (submission.patient.born, submission.entries[0].date, submission.not_read) == (read, read, ())


@pytest.mark.parametrize(
    "sent",
    [
        "197001",  # January 1970, or a day in 1919, or in 2020
        "700101",
        "9434765919",
        "01011970",
        "19700229",
        "19701301",
        "1/1/1970",
        "01-02-1970",
        "",
        "Ada Specimen",
        True,
        {"year": 1970},
        [1970],
        19700101.5,
    ],
)
def test_a_date_that_is_none_breaks_its_field_and_nothing_else(sent: Any) -> None:
    given = {
        "patient": {"born": sent, "gender": "female"},
        "entries": [entry(date=sent, codings=[{"code": "x"}]), {"path": "e2"}],
    }
    submission = NativeReader().read(source(given))
    assert (submission.patient.born, submission.patient.gender) == (None, "female")
    assert [(e.date, len(e.codings)) for e in submission.entries] == [(None, 1), (None, 0)]
    assert {n.path: n.broken for n in submission.not_read} == {"patient.born": True, "entries[0].date": True}
    assert "Specimen" not in submission.model_dump_json()


def test_every_date_of_the_model_is_broken_alone() -> None:
    given = {
        "message": {"sent": "x"},
        "other_patients": [{"died": "x"}],
        "medications": [{"path": "m", "handed_over": "x", "start": "2026-01-01", "end": "x"}],
        "entries": [{"path": "e", "value": {"date": "x"}, "components": [{"value": {"date": "x"}}], "recorded": "x"}],
        "texts": [{"path": "t", "recorded": "x"}],
        "not_read": [{"path": "sent", "reason": "already"}],
    }
    submission = NativeReader().read(source(given))
    assert sorted(n.path for n in submission.not_read) == [
        "e.components[0].value.date",
        "e.recorded",
        "e.value.date",
        "m.end",
        "m.handed_over",
        "m.start",
        "message.sent",
        "other_patients[0].died",
        "sent",
        "t.recorded",
    ]


def test_nothing_stands_in_for_a_date_that_was_broken() -> None:
    given = {
        "entries": [entry(date="x", consultation_date="2026-01-01"), entry(end_date="x", consultation_date="2026-01-01")],
        "medications": [{"path": "m", "prepared": "x", "start": "2026-01-01", "authored": "2026-01-01", "end": "2026-02-01"}],
    }
    submission = NativeReader().read(source(given))
    assert [e.consultation_date for e in submission.entries] == [None, "2026-01-01"]
    assert {n.path: n.broken for n in submission.not_read} == {
        "entries[0].date": True,
        "entries[0].consultation_date": False,
        "entries[0].end_date": True,
        "m.prepared": True,
        "m.authored": False,
        "m.start": False,
    }
    medicine = submission.medications[0]
    assert (medicine.start, medicine.authored, medicine.end) == (None, None, "2026-02-01")


def test_every_date_of_one_item_may_be_broken_and_each_is_told() -> None:
    given = {
        "entries": [entry(date="x", consultation_date="x", recorded=20260101, end_date="x")],
        "medications": [{"path": "m", "handed_over": "x", "prepared": "x", "start": 20260101, "authored": "x"}],
    }
    submission = NativeReader().read(source(given))
    assert submission.entries[0].recorded == "2026-01-01"
    assert {n.path: n.broken for n in submission.not_read} == {
        "entries[0].date": True,
        "entries[0].consultation_date": True,
        "entries[0].end_date": True,
        "m.handed_over": True,
        "m.prepared": True,
        "m.authored": True,
        "m.start": False,
    }


def test_a_record_that_is_complete_since_no_day_is_complete_for_nothing() -> None:
    given = {
        "complete": [
            {"kind": "entry", "since": "x"},
            {"kind": "medication", "since": "20200101"},
            {"kind": "entry", "since": "y"},
        ]
    }
    record = NativeReader().read_record(source(given))
    assert [(c.kind, c.since) for c in record.complete] == [("medication", "2020-01-01")]
    assert [n.path for n in record.not_read] == ["complete[0].since", "complete[2].since"]


def test_an_unknown_field_with_the_name_of_a_date_is_refused() -> None:
    assert refusal({"patient": {"date": "x"}}).message == "a field that does not belong here: number 1"


@pytest.mark.parametrize("text", [r'"\ud800x"', r'"x\udc00"', r'"\ud83d\u0041"', r'"\\\ud800"'])
def test_half_a_surrogate_pair_is_refused_with_its_place(text: str) -> None:
    error = refusal(b'{"entries": [{"path": ' + text.encode() + b"}]}")
    assert error.message.startswith("holds half of a surrogate pair, which is no text: line 1, column 2")


def test_whole_pairs_and_written_backslashes_are_text() -> None:
    submission = NativeReader().read(source(rb'{"entries": [{"path": "\ud83d\ude00 \\ud800"}]}'))
    assert submission.entries[0].path == "\U0001f600 \\ud800"


def test_a_name_given_twice_is_told_by_its_place_alone() -> None:
    error = refusal(b'{"entries": [],\n "patient": {"AdaSpecimen": 1, "gender": "female",\n  "Ada\\u0053pecimen": 2}}')
    assert error.message == "gives one name twice in one object, so that it says two things: line 3, column 3"


def test_a_null_code_beside_its_system_breaks_its_item() -> None:
    given = {"entries": [entry(codings=[{"system": "sct", "code": None, "display": "x"}, {"display": "x", "code": None}])]}
    (line,) = NativeReader().read(source(given)).not_read
    assert (line.path, line.broken) == ("entries[0].codings[0].code", True)


@pytest.mark.parametrize("time", ["T25:00:00Z", "T24:00:00Z", "T10:60:00", "T10:00:61", "T10:00:00+99:00", "T10:00:00+14:30"])
def test_a_time_that_no_clock_shows_breaks_its_date(time: str) -> None:
    (line,) = NativeReader().read(source({"entries": [entry(date=f"2026-03-04{time}")]})).not_read
    assert (line.path, line.reason, line.broken) == ("entries[0].date", "there is no such time", True)


@pytest.mark.parametrize("time", ["T00:00", "T23:59:60Z", "T10:00:00.5+14:00", " 10:00:00-1200", "T10:00:00+05:45"])
def test_a_time_that_a_clock_shows_is_read(time: str) -> None:
    submission = NativeReader().read(source({"entries": [entry(date=f"2026-03-04{time}")]}))
    assert (submission.entries[0].date, submission.not_read) == (f"2026-03-04{time}", ())
