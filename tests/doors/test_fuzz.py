"""No input of any kind makes a check raise anything but our own errors, or pass what it has not read."""

from __future__ import annotations

import json
import random
from functools import cache

from hypothesis import given
from hypothesis import strategies as st
from tests.places import EXAMPLES

import codesafety
from codesafety.cli.output import exit_code
from codesafety.cli.render import render
from codesafety.errors import CodesafetyError
from codesafety.report import Report

SEEDS = [
    (EXAMPLES / name).read_bytes()
    for name in ("pregnancy-status-update.xml", "contraception-ok.xml", "pregnancy-status-update.json", "submission-native.json")
]


@cache
def engine() -> codesafety.Engine:
    return codesafety.load()


def judged(data: bytes) -> Report | None:
    """Read and assess; None where the input is refused with one of our errors."""
    try:
        submission = engine().read(data)
    except CodesafetyError as error:
        assert str(error)
        return None
    report = engine().assess(submission)
    assert render(report, "fuzzed", False)
    assert Report.model_validate_json(report.model_dump_json()) == report
    if exit_code(report) == 0:
        assert report.decision in ("none", "note")
        assert not any(n.whole or n.broken for n in report.not_read)
        assert submission.entries or submission.medications
    return report


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    rng = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 12))):
        at = rng.randrange(len(data))
        match rng.randrange(5):
            case 0:
                data[at] = rng.randrange(256)
            case 1:
                del data[at : at + rng.randrange(1, 200)]
            case 2:
                piece = data[at : at + rng.randrange(1, 300)]
                other = rng.randrange(len(data))
                data[other:other] = piece
            case 3:
                data[at:at] = rng.choice(
                    [b"&amp;", b"<!--", b"\x00", "‮".encode(), b'"', b"}", b"<a/>", b"9" * 400, b"2025-02-30", b"NaN"]
                )
            case 4:
                words = [
                    b"Observation",
                    b"77386006",
                    b"value",
                    b"code",
                    b"male",
                    b"Bundle",
                    b"coding",
                    b"2026",
                    b"entry",
                    b"urn:uuid:",
                ]
                old, new = rng.choice(words), rng.choice(words)
                data = bytearray(bytes(data).replace(old, new, 1))
        if not data:
            break
    return bytes(data)


@given(mutated())
def test_mutated_messages_are_judged_or_refused(data: bytes) -> None:
    judged(data)


@given(st.binary(max_size=300))
def test_any_bytes_are_judged_or_refused(data: bytes) -> None:
    judged(data)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["77386006", "http://snomed.info/sct", "2025-06-01", "male", "present", "Observation", "Bundle", "sct"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "entries",
                    "medications",
                    "patient",
                    "codings",
                    "code",
                    "system",
                    "path",
                    "resourceType",
                    "entry",
                    "resource",
                    "value",
                    "date",
                    "subject",
                    "message",
                    "quantity",
                    "products",
                    "days_supply",
                    "not_read",
                    "components",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(
    st.dictionaries(
        st.sampled_from(["entries", "medications", "patient", "resourceType", "message", "entry", "texts"]), values, max_size=5
    )
)
def test_any_json_is_judged_or_refused(data: dict[str, object]) -> None:
    judged(json.dumps(data).encode())


quantities = st.decimals(allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**30)
dates = st.sampled_from([None, "0001", "9999-12-31", "1900-01-01", "2024-02-29", "2025", "2025-06", "2025-06-01T10:00:00+01:00"])
codes = st.sampled_from(
    ["77386006", "60001007", "322236009", "196421000000109", "", " ", "1", "77386007", "x" * 500, "1090711000000102", "\u0661"]
)
codings = st.fixed_dictionaries(
    {
        "system": st.sampled_from([None, "", "sct", "http://snomed.info/sct", "emis", "https://dmd.nhs.uk", "\u2028"]),
        "code": codes | st.none(),
        "display": st.none() | st.text(max_size=15),
    }
)


@given(
    entries=st.lists(
        st.fixed_dictionaries(
            {
                "path": st.just("e"),
                "codings": st.lists(codings, max_size=3),
                "date": dates,
                "recorded": dates,
                "id": st.sampled_from([None, "a"]),
                "assertion": st.sampled_from([None, "present", "absent", "possible", "unknown"]),
                "subject": st.sampled_from([None, "family", "baby", "unknown"]),
                "value": st.none()
                | st.fixed_dictionaries({"quantity": st.fixed_dictionaries({"value": quantities, "unit": st.text(max_size=5)})}),
            }
        ),
        max_size=4,
    ),
    medications=st.lists(
        st.fixed_dictionaries(
            {
                "path": st.just("m"),
                "products": st.lists(codings, max_size=2),
                "handed_over": dates,
                "end": dates,
                "order": st.sampled_from([None, "o"]),
                "days_supply": st.none() | quantities,
                "dose": st.none() | quantities,
                "times_a_day": st.none() | quantities,
                "quantity": st.none() | st.fixed_dictionaries({"value": quantities}),
                "based_on": st.just(("m",)) | st.just(()),
            }
        ),
        max_size=3,
    ),
    born=dates,
    sent=dates,
    gender=st.sampled_from([None, "male", "female", "other", "unknown"]),
)
def test_any_well_formed_submission_is_judged(
    entries: list[object], medications: list[object], born: str | None, sent: str | None, gender: str | None
) -> None:
    data = {
        "entries": entries,
        "medications": medications,
        "patient": {"born": born, "gender": gender},
        "message": {"sent": sent},
    }
    judged(json.dumps(data, default=str).encode())
