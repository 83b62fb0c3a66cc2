"""A name that FHIR does not have may be a sender's text: it stands in no path, no reason and no role."""

from __future__ import annotations

import json
from typing import Any

import pytest

import codesafety
from codesafety.cli.render import render
from codesafety.errors import CodesafetyError
from codesafety.formats.fhir.json import parse_json
from codesafety.formats.fhir.xml import parse_xml

SECRET = "JohnSmith19800102"
SCT = "http://snomed.info/sct"
CODED = {"coding": [{"system": SCT, "code": "77386006", "display": "Pregnant"}]}
OBSERVATION = {"resourceType": "Observation", "id": "x", "status": "final", "code": CODED}
PATIENT = {"resourceType": "Patient", "id": "p"}


@pytest.fixture(scope="module")
def engine() -> codesafety.Engine:
    return codesafety.load(installed_plugins=False)


def told(engine: codesafety.Engine, resource: Any) -> str:
    entries = [{"resource": PATIENT}, {"resource": resource}]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    try:
        submission = engine.read(json.dumps(bundle).encode())
    except CodesafetyError as error:
        return str(error)
    report = engine.assess(submission)
    return "\n".join((report.model_dump_json(), submission.model_dump_json(), render(report, "given", False, whole=True)))


@pytest.mark.parametrize(
    "resource",
    [
        {**OBSERVATION, SECRET: "a"},
        {**OBSERVATION, SECRET: CODED},
        {**OBSERVATION, SECRET: {"reference": "Patient/q"}},
        {**OBSERVATION, SECRET: {"value": 1, "unit": "mg"}},
        {**OBSERVATION, SECRET: "2026-01-01"},
        {**OBSERVATION, SECRET: None},
        {**OBSERVATION, SECRET: ["x" * 70_000]},
        {**OBSERVATION, "value" + SECRET: "a"},
        {**OBSERVATION, "code": {**CODED, SECRET: [{SECRET: "77386006"}]}},
        {**OBSERVATION, "code": {"coding": [{**CODED["coding"][0], SECRET: True}]}},
        {**OBSERVATION, "subject": {"reference": "Patient/p", SECRET: {SECRET: {"system": SCT, "code": "77386006"}}}},
        {**OBSERVATION, "extension": [{"url": "a", "value" + SECRET: CODED}]},
        {**OBSERVATION, "resourceType": SECRET},
        {**OBSERVATION, "contained": [{"resourceType": SECRET, "code": CODED}]},
        {"resourceType": "Encounter", "id": "e", SECRET: CODED},
    ],
)
def test_no_name_of_a_senders_own_is_told(engine: codesafety.Engine, resource: Any) -> None:
    words = told(engine, resource)
    assert SECRET.lower() not in words.lower()
    assert "unknown" in words.lower()


def test_each_name_of_a_place_has_its_own_number() -> None:
    root = parse_json('{"resourceType": "Basic", "aa": [{"b": 1}, {"c": 2}], "code": {"text": "x"}, "bb": 1}', "given").root
    first, second = root.all("aa")
    assert [n.path for n in (first, second, *root.all("bb"), *second.all("c"))] == [
        "Basic.unknown1[0]",
        "Basic.unknown1[1]",
        "Basic.unknown2",
        "Basic.unknown1[1].unknown1",
    ]


def test_names_of_fhir_stand_as_they_are_in_whatever_case() -> None:
    root = parse_xml('<Basic xmlns="http://hl7.org/fhir"><Subject/><valueSampledData/><Näme/></Basic>', "given").root
    assert [n.path for n in root.elements()] == ["Basic.Subject", "Basic.valueSampledData", "Basic.unknown1"]
