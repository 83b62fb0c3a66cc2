"""No bytes make a reader raise anything but InputError."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.places import EXAMPLES

from codesafety.errors import InputError
from codesafety.formats import READERS
from codesafety.plugins.reading import Reader, Source

SEEDS = [p.read_bytes() for p in sorted(EXAMPLES.glob("*")) if p.suffix in (".xml", ".json")]
PIECES = st.sampled_from(
    [
        b"<",
        b">",
        b"/>",
        b"</Bundle>",
        b"<!DOCTYPE x>",
        b"<!--",
        b"]]>",
        b"&x;",
        b"&#0;",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"{",
        b"[",
        b"}",
        b"]",
        b'"',
        b"\\ud800",
        b"NaN",
        b"1e999999999",
        b"null",
        b",",
        b":",
        b'"resourceType":"Bundle"',
        b'value=""',
        b"<code/>",
        b"<coding/>",
        b"<contained><x/></contained>",
        b"2025-13-45",
        b'xmlns="urn:x"',
        b"\xe9",
        b"77386006",
        b"-1",
        b"true",
    ]
)


def read_with(reader: Reader, data: bytes) -> None:
    source = Source(data)
    reader.recognises(source)
    for read in (reader.read, reader.read_record):
        with contextlib.suppress(InputError):
            read(source)


@pytest.mark.parametrize("reader", READERS, ids=lambda r: r.name)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.one_of(PIECES, st.binary(max_size=6))), min_size=1, max_size=5
    ),
)
def test_changed_bytes_never_raise_anything_but_input_errors(
    reader: Reader, seed: bytes, changes: list[tuple[float, int, bytes]]
) -> None:
    data = seed
    for share, gone, put in changes:
        at = int(share * len(data))
        data = data[:at] + put + data[at + gone :]
    read_with(reader, data)


@pytest.mark.parametrize("reader", READERS, ids=lambda r: r.name)
@settings(max_examples=60, deadline=None)
@given(
    data=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=100).map(lambda t: t.encode("utf-8", "replace")),
        st.lists(PIECES, max_size=12).map(b"".join),
    )
)
def test_any_bytes_never_raise_anything_but_input_errors(reader: Reader, data: bytes) -> None:
    read_with(reader, data)


@pytest.mark.parametrize("reader", READERS, ids=lambda r: r.name)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n ",
        b"%PDF-1.7 x",
        b"PK\x03\x04",
        b"<html><body/></html>",
        b"<!DOCTYPE html><html/>",
        b"[1,2]",
        b"{",
        b"<Bundle",
        b"null",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"resourceType":"Bundle","entry":' + b"[" * 50_000,
        b'<Bundle xmlns="http://hl7.org/fhir">' + b"<entry>" * 50_000,
        b"\x00\x01\x02\xff" * 50,
        "<Bundle/>".encode("utf-16"),
        b'{"resourceType":"Observation","resourceType":"Patient"}',
        b'{"resourceType":7}',
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="made-up"?><Bundle xmlns="http://hl7.org/fhir"/>',
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
    ],
)
def test_what_is_no_message_is_refused_with_a_remedy(reader: Reader, data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        reader.read(Source(data, "given"))
    assert str(caught.value).startswith("given")
    assert caught.value.help
    assert "\n" not in caught.value.message
