"""A message says the same in XML and in JSON: the same items, the same paths, the same lines of what was not read."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import quoteattr

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codesafety.formats import UpdateRecordReader
from codesafety.plugins.reading import Source

WORDS = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=12).filter(lambda w: w.strip() == w)
CODES = st.sampled_from(["77386006", "60001007", "1659121000000101", "K500.00", "8392000"])
DATES = st.sampled_from(["2025", "2025-06", "2025-06-01", "2025-06-01T10:20:30+01:00", "2025-02-30"])
NUMBERS = st.sampled_from(["1", "37.50", "-2", "1e3"])


class Number(str):
    """A number, written without quotes in JSON."""


CODING = st.fixed_dictionaries(
    {"code": CODES}, optional={"system": st.just("http://snomed.info/sct"), "display": WORDS, "userSelected": st.booleans()}
)
CONCEPT = st.fixed_dictionaries({}, optional={"coding": st.lists(CODING, min_size=1, max_size=3), "text": WORDS}).filter(bool)
QUANTITY = st.fixed_dictionaries(
    {"value": NUMBERS.map(Number)},
    optional={"unit": WORDS, "code": st.just("mg"), "system": st.just("http://unitsofmeasure.org")},
)
REFERENCE = st.fixed_dictionaries(
    {"reference": st.sampled_from(["urn:uuid:00000000-0000-4000-8000-000000000001", "Patient/1", "#x", "nowhere"])}
)
EXTENSION = st.fixed_dictionaries({"url": st.just("https://example.org/Extension-A-1"), "valueCodeableConcept": CONCEPT})
OBSERVATION = st.fixed_dictionaries(
    {"resourceType": st.just("Observation"), "code": CONCEPT},
    optional={
        "status": st.just("final"),
        "effectiveDateTime": DATES,
        "issued": DATES,
        "valueQuantity": QUANTITY,
        "bodySite": CONCEPT,
        "subject": REFERENCE,
        "performer": st.lists(REFERENCE, min_size=1, max_size=2),
        "extension": st.lists(EXTENSION, min_size=1, max_size=2),
        "category": st.lists(CONCEPT, min_size=1, max_size=2),
        "comment": WORDS,
        "component": st.lists(
            st.fixed_dictionaries({"code": CONCEPT}, optional={"valueCodeableConcept": CONCEPT}), min_size=1, max_size=2
        ),
    },
)
CONDITION = st.fixed_dictionaries(
    {"resourceType": st.just("Condition"), "code": CONCEPT},
    optional={
        "onsetPeriod": st.fixed_dictionaries({"start": DATES}, optional={"end": DATES}),
        "verificationStatus": st.just("refuted"),
        "clinicalStatus": st.just("resolved"),
        "stage": st.fixed_dictionaries({"summary": CONCEPT}),
    },
)
LIST = st.fixed_dictionaries(
    {"resourceType": st.just("List"), "code": CONCEPT},
    optional={"date": DATES, "entry": st.lists(st.fixed_dictionaries({"item": REFERENCE}), min_size=1, max_size=3)},
)
FOREIGN = st.fixed_dictionaries({"resourceType": st.just("VisionPrescription"), "reasonCodeableConcept": CONCEPT})


def in_xml(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(in_xml(name, part) for part in value)
    if isinstance(value, dict):
        if "resourceType" in value:
            kind = value["resourceType"]
            inner = "".join(in_xml(k, v) for k, v in value.items() if k != "resourceType")
            return f"<{name}><{kind}>{inner}</{kind}></{name}>"
        url = f" url={quoteattr(value['url'])}" if name == "extension" else ""
        return (
            f"<{name}{url}>"
            + "".join(in_xml(k, v) for k, v in value.items() if not (name == "extension" and k == "url"))
            + f"</{name}>"
        )
    word = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return f"<{name} value={quoteattr(word, {chr(10): '&#10;', chr(9): '&#9;'})}/>"


def in_json(value: Any) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(in_json(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{in_json(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(OBSERVATION, CONDITION, LIST, FOREIGN), min_size=1, max_size=4))
def test_both_forms_read_the_same(resources: list[dict[str, Any]]) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "message",
        "entry": [{"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{at:012d}", "resource": r} for at, r in enumerate(resources)],
    }
    xml = (
        '<Bundle xmlns="http://hl7.org/fhir">'
        + "".join(in_xml(k, v) for k, v in bundle.items() if k != "resourceType")
        + "</Bundle>"
    )
    reader = UpdateRecordReader()
    assert reader.read(Source(xml.encode())) == reader.read(Source(in_json(bundle).encode()))
