"""What a status word of native JSON or of a table says of its entry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.places import EXAMPLES

from codesafety.formats import READERS, NativeReader, stated
from codesafety.plugins.reading import Source
from codesafety.record import Entry, Medication, Submission


def native(**fields: Any) -> Submission:
    return NativeReader().read(Source(json.dumps({"entries": [{"path": "e", **fields}]}).encode()))


@pytest.mark.parametrize(
    ("fields", "assertion", "temporality"),
    [
        ({"status": "final"}, None, None),
        ({"status": "cancelled"}, "unknown", None),
        ({"status": "not-done"}, "absent", None),
        ({"status": "completed"}, None, None),
        ({"status": "entered-in-error"}, None, None),
        ({"kind": "procedure", "status": "preparation"}, "planned", None),
        ({"kind": "procedure", "status": "on-hold"}, "unknown", None),
        ({"kind": "other", "resource_type": "ServiceRequest", "status": "active"}, "planned", None),
        ({"kind": "condition", "status": "resolved"}, None, "past"),
        ({"kind": "condition", "verification": "refuted"}, "absent", None),
        ({"kind": "condition", "verification": "differential"}, "possible", None),
        ({"kind": "condition", "clinical_status": "remission"}, None, "past"),
        ({"kind": "condition", "clinical_status": "active", "verification": "confirmed"}, None, None),
        ({"status": "cancelled", "assertion": "present"}, "present", None),
    ],
)
def test_a_status_says_of_an_entry_what_fhirs_says(
    fields: dict[str, Any], assertion: str | None, temporality: str | None
) -> None:
    submission = native(**fields)
    (entry,) = submission.entries
    assert (entry.assertion, entry.temporality, submission.not_read) == (assertion, temporality, ())


@pytest.mark.parametrize("field", ["status", "verification", "clinical_status"])
@pytest.mark.parametrize("word", ["Entered in Error", "ENTERED-IN-ERROR", "deleted", "Refuted", "ruled out", ""])
def test_a_word_that_nobody_knows_is_held_and_nothing_is_told(field: str, word: str) -> None:
    submission = native(**{field: word, "assertion": "present"})
    assert submission.entries[0].assertion == "unknown"
    assert [(line.path, line.broken) for line in submission.not_read] == [(f"e.{field}", True)]


def test_it_is_held_on_the_record_as_well() -> None:
    record = NativeReader().read_record(Source(b'{"entries": [{"path": "e", "status": "deleted"}]}'))
    assert (record.entries[0].assertion, [line.path for line in record.not_read]) == ("unknown", ["e.status"])


@pytest.mark.parametrize(
    ("kind", "status", "strange"),
    [
        ("dispense", "completed", []),
        ("dispense", "declined", []),
        ("request", "cancelled", []),
        ("statement", "not-taken", []),
        ("statement", "entered-in-error", []),
        ("statement", None, []),
        ("statement", "Deleted", ["m.status"]),
    ],
)
def test_a_status_that_no_medication_has_is_listed(kind: Any, status: str | None, strange: list[str]) -> None:
    assert [line.path for line in stated.of_medication(Medication(path="m", kind=kind, status=status))] == strange


def test_what_was_read_from_fhir_and_written_out_is_read_the_same_again() -> None:
    source = Source((EXAMPLES / "pregnancy-status-update.json").read_bytes())
    reader = next(reader for reader in READERS if reader.recognises(source))
    read = reader.read(source)
    assert isinstance(read, Submission)
    again = NativeReader().read(Source(read.model_dump_json().encode()))
    assert again == read.model_copy(update={"format": "native"})


def test_a_word_that_is_listed_already_is_listed_once() -> None:
    listed = {"path": "e.status", "reason": "a status that FHIR does not have", "broken": True}
    value = {"entries": [{"path": "e", "status": "deleted", "assertion": "unknown"}], "not_read": [listed]}
    assert len(NativeReader().read(Source(json.dumps(value).encode())).not_read) == 1


@pytest.mark.parametrize(
    ("cell", "word"),
    [("Entered in Error", "entered-in-error"), (" IN_PROGRESS ", "in-progress"), ("final", "final"), (None, None)],
)
def test_a_cell_is_spelt_as_fhir_spells_its_words(cell: str | None, word: str | None) -> None:
    assert stated.folded(cell) == word


def test_an_entry_without_a_status_is_left_as_it_is() -> None:
    entry = Entry(path="e")
    assert stated.of_entry(entry) == (entry, ())


def test_a_status_that_is_another_s_in_fhir_stands_in_its_field_as_well() -> None:
    (refuted,) = native(status="refuted").entries
    assert (refuted.status, refuted.verification, refuted.assertion) == ("refuted", "refuted", "absent")
    (resolved,) = native(kind="condition", status="resolved").entries
    assert (resolved.clinical_status, resolved.temporality) == ("resolved", "past")
    (own,) = native(kind="condition", status="refuted", verification="confirmed").entries
    assert own.verification == "confirmed"
    assert native(status="cancelled").entries[0].verification is None
