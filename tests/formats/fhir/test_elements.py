"""An element that FHIR does not have, or has in another shape, is told by its path; where it decides the meaning, the resource is held."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.places import EXAMPLES, ROOT, SHARED

import codesafety
from codesafety.errors import CodesafetyError
from codesafety.formats.fhir.elements import _types, misplaced_in
from codesafety.formats.fhir.entries import SHAPES
from codesafety.formats.fhir.index import Index
from codesafety.formats.fhir.medicines import KINDS
from codesafety.formats.fhir.source import parse
from codesafety.plugins.reading import Source
from codesafety.report import Report

SCT = "http://snomed.info/sct"
PREGNANT = {"coding": [{"system": SCT, "code": "77386006", "display": "Pregnant"}]}
PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1990-01-01"}
OBSERVATION = {
    "resourceType": "Observation",
    "id": "x",
    "status": "final",
    "subject": {"reference": "Patient/p"},
    "code": PREGNANT,
    "effectiveDateTime": "2026-03-04",
}
CONDITION = {"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/p"}, "code": PREGNANT}
AT = "Bundle.entry[1].resource"
FHIR_FILES = sorted(
    path
    for folder in (SHARED / "fhir", EXAMPLES, ROOT / "tests" / "fixtures" / "fhir")
    for path in (folder.rglob("*") if folder.exists() else ())
    if path.suffix in (".json", ".xml") and not path.name.startswith("broken")
)


@pytest.fixture(scope="module")
def engine() -> codesafety.Engine:
    return codesafety.load(installed_plugins=False)


def assessed(engine: codesafety.Engine, resource: dict[str, Any], patient: dict[str, Any] = PATIENT) -> Report:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}, {"resource": resource}]}
    return engine.assess(engine.read(json.dumps(bundle).encode()))


def test_the_same_message_without_a_fault_raises_nothing(engine: codesafety.Engine) -> None:
    assert assessed(engine, OBSERVATION).not_read == ()
    assert assessed(engine, CONDITION).not_read == ()


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("subject", "Patient/q"),
        ("subject", 5),
        ("subject", True),
        ("subject", {"reference": {"value": "Patient/q"}}),
        ("subject", [{"reference": "Patient/q"}]),
        ("interpretation", "NEG"),
        ("interpretation", ["NEG"]),
        ("dataAbsentReason", "unknown"),
        ("Subject", {"reference": "Patient/q"}),
        ("ValueBoolean", False),
        ("value", "No"),
        ("valueBoolean", "false"),
        ("valueString", False),
        ("focus", ["Patient/q"]),
        ("component", ["No"]),
        ("Status", "cancelled"),
    ],
)
def test_an_element_that_decides_and_is_not_as_fhir_has_it_holds_its_resource(
    engine: codesafety.Engine, element: str, value: Any
) -> None:
    report = assessed(engine, {**OBSERVATION, element: value})
    assert report.decision == "hold"
    (line,) = [n for n in report.not_read if n.path == AT]
    assert (line.whole, line.broken, line.coded) == (True, True, True)
    assert f"at {element}" in line.reason


@pytest.mark.parametrize(
    ("element", "value", "at"),
    [
        ("negationInd", True, "unknown1"),
        ("clinicalStatus", "resolved", "clinicalStatus"),
        ("encounter", "Encounter/1", "encounter"),
        ("note", [{"text": "seen", "confidence": "low"}], "note.unknown1"),
        ("note", "seen", "note"),
        ("note", {"text": "seen"}, "note"),
        ("method", [{"text": "asked"}], "method"),
        ("comment", {"value": "seen"}, "comment"),
        ("valueDecimal", 1.5, "valueDecimal"),
        ("referenceRange", [{"low": 5}], "referenceRange.low"),
        ("identifier", [{"period": "2026"}], "identifier.period"),
    ],
)
def test_any_other_element_that_fhir_does_not_have_is_named_and_asks_for_review(
    engine: codesafety.Engine, element: str, value: Any, at: str
) -> None:
    report = assessed(engine, {**OBSERVATION, element: value})
    assert report.decision == "review"
    assert [n.path for n in report.not_read if n.coded] == [f"{AT}.{at}"]


@pytest.mark.parametrize("element", ["status", "verification"])
def test_a_status_that_a_condition_does_not_have_asks_for_review(engine: codesafety.Engine, element: str) -> None:
    report = assessed(engine, {**CONDITION, element: "refuted"})
    assert report.decision == "review"
    assert [n.path for n in report.not_read if n.coded] == [f"{AT}.{element}"]


def test_an_allergy_whose_patient_is_a_text_is_held(engine: codesafety.Engine) -> None:
    allergy = {"resourceType": "AllergyIntolerance", "code": PREGNANT, "patient": "Patient/q"}
    assert assessed(engine, allergy).decision == "hold"


def test_in_xml_an_element_that_holds_a_value_where_fhir_has_an_element_is_the_same_fault(engine: codesafety.Engine) -> None:
    xml = (
        '<Observation xmlns="http://hl7.org/fhir"><status value="final"/><code><coding><system value="http://snomed.info/sct"/>'
        '<code value="77386006"/></coding></code><subject value="Patient/q"/></Observation>'
    )
    assert engine.assess(engine.read(xml.encode())).decision == "hold"


def test_an_element_that_is_given_twice_in_xml_is_named(engine: codesafety.Engine) -> None:
    xml = (
        '<Observation xmlns="http://hl7.org/fhir"><status value="final"/><code><coding><system value="http://snomed.info/sct"/>'
        '<code value="77386006"/></coding></code><comment value="a"/><comment value="b"/></Observation>'
    )
    report = engine.assess(engine.read(xml.encode()))
    assert [n.path for n in report.not_read if n.coded] == ["Observation.comment[1]"]


@pytest.mark.parametrize(("element", "value"), [("Gender", "male"), ("gender", 1), ("BirthDate", "1980-01-01")])
def test_a_patients_facts_that_are_not_as_fhir_has_them_are_held(engine: codesafety.Engine, element: str, value: Any) -> None:
    report = assessed(engine, OBSERVATION, {**PATIENT, element: value})
    assert report.decision == "hold"
    assert [n.path for n in report.not_read if n.broken] == [f"Bundle.entry[0].resource.{element}"]


def test_extensions_hold_what_they_like(engine: codesafety.Engine) -> None:
    said = {"url": "https://example.org/e", "valueString": "a", "extension": [{"url": "b", "valueMarkdown": "c"}]}
    birth = {"_birthDate": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime"}]}}
    report = assessed(engine, {**OBSERVATION, "extension": [said]}, {**PATIENT, **birth})
    assert not any(n.coded or n.broken for n in report.not_read)


def test_every_resource_that_becomes_an_item_has_its_elements() -> None:
    assert {*SHAPES, *KINDS, "Patient", "List"} <= _types().keys()


@pytest.mark.parametrize("path", FHIR_FILES, ids=lambda path: path.name)
def test_what_others_published_has_no_such_element(path: Any) -> None:
    try:
        tree = parse(Source(path.read_bytes(), path.name))
    except CodesafetyError:
        pytest.skip("no FHIR resource")
    assert [found.node.path for r in Index(tree.root).inventory.of for found in misplaced_in(r)] == []
