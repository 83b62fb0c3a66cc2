"""Records in systems that no rule knows: nothing passes in silence, and nothing is asked of anybody."""

from __future__ import annotations

import json

import pytest
from tests.places import EXAMPLES

from codesafety import load
from codesafety.record import Coding, Entry, Medication, Message, Patient, Qualifier, Submission
from codesafety.report import Report

READ = "http://read.info/readv2"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PATIENT = Patient(gender="male", born="1950-01-01")


def in_read() -> Report:
    codings = (Coding(system=READ, code="K500.00", display="Endometriosis of uterus"),)
    return load().assess(Submission(patient=PATIENT, entries=(Entry(path="entry[0]", codings=codings, date="2020-01-01"),)))


def in_rxnorm() -> Report:
    products = (Coding(system=RXNORM, code="849574", display="Naproxen sodium 220 MG Oral Tablet"),)
    medicines = tuple(Medication(path=f"medicine[{n}]", products=products, start="2020-01-01") for n in range(2))
    return load().assess(Submission(patient=PATIENT, medications=medicines))


@pytest.mark.parametrize(
    ("report", "items", "missing"), [(in_read(), 1, "code"), (in_rxnorm(), 2, "product")], ids=["Read", "RxNorm"]
)
def test_a_record_in_another_system_is_told_partly_and_one_line_says_so(report: Report, items: int, missing: str) -> None:
    assert [r.rule for r in report.results if r.outcome == "fires"] == []
    assert (report.decision, report.told, {i.decision for i in report.items}) == ("none", "partly", {"none"})
    assert [(m.missing, m.items) for m in report.missing_inputs if m.missing in ("code", "product", "release.*")] == [
        (missing, items),
        ("release.*", items),
    ]
    assert all(i.rules.cannot_tell > 0 for i in report.items)


def beside(role: str, system: str, code: str) -> Report:
    qualifier = Qualifier(role=role, codings=(Coding(system=system, code=code),))
    codings = (Coding(system="http://snomed.info/sct", code="44054006", display="Type 2 diabetes mellitus"),)
    entry = Entry(path="entry[0]", codings=codings, date="2020-01-01", qualifiers=(qualifier,))
    return load().assess(Submission(patient=PATIENT, entries=(entry,)))


def around(role: str, system: str, code: str) -> Report:
    qualifier = Qualifier(role=role, codings=(Coding(system=system, code=code),))
    return load().assess(Submission(patient=PATIENT, message=Message(sent="2020-01-01"), envelope=(qualifier,)))


def not_looked_up(report: Report) -> bool:
    return any(m.missing == "release.*" for m in report.missing_inputs)


@pytest.mark.parametrize(
    ("role", "system"),
    [
        ("meta.tag", "https://supplier.example/tags"),
        ("category", "https://supplier.example/kinds"),
        ("clinicalStatus", "http://terminology.hl7.org/CodeSystem/condition-clinical"),
        ("interpretation", "https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-ObservationInterpretation-1"),
        ("Extension-CareConnect-GPC-PrescriptionType-1", "https://fhir.nhs.uk/STU3/CodeSystem/CareConnect-PrescriptionType-1"),
    ],
)
def test_a_label_is_no_code_that_could_not_be_looked_up(role: str, system: str) -> None:
    assert not not_looked_up(beside(role, system, "anything"))


@pytest.mark.parametrize(
    ("role", "system"),
    [
        ("reasonCode", "https://supplier.example/codes"),
        ("reasonCode", "http://hl7.org/fhir/sid/icd-10"),
        ("bodySite", "https://fhir.hl7.org.uk/Id/egton-codes"),
        ("reasonCode", "http://terminology.hl7.org/CodeSystem/icd9cm"),
        ("reasonCode", "http://terminology.hl7.org/CodeSystem/v3-icd10"),
        ("reasonCode", "https://fhir.hl7.org.uk/STU3/CodeSystem/OPCS-4"),
        ("reasonCode", "https://fhir.hl7.org.uk/CodeSystem/Read-v2"),
    ],
)
def test_what_is_clinical_beside_an_entry_is_one(role: str, system: str) -> None:
    assert not_looked_up(beside(role, system, "X1"))


@pytest.mark.parametrize(
    "last", ["category", "category-of-disease", "format", "meta.problem", "identifier.type", "envelope", "/"]
)
def test_an_extension_is_no_label_for_what_its_sender_calls_it(last: str) -> None:
    concept = {"coding": [{"system": "https://supplier.example/codes", "code": "X1"}]}
    condition = {
        "resourceType": "Condition",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "44054006"}]},
        "extension": [{"url": f"https://supplier.example/{last}", "valueCodeableConcept": concept}],
    }
    engine = load()
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": condition}]}
    assert not_looked_up(engine.assess(engine.read(json.dumps(bundle).encode())))


def test_the_envelope_stops_no_rule_and_damage_in_it_is_found() -> None:
    assert not not_looked_up(around("PractitionerRole.code", "https://supplier.example/roles", "R1"))
    damaged = around("Encounter.type", "http://snomed.info/sct", "307778004")  # 307778003 with its last digit changed
    assert [r.rule for r in damaged.results if r.outcome == "fires"] == ["uk.integrity/code-fails-its-check-digit"]


def test_an_ordinary_right_message_is_none_and_told_whole() -> None:
    engine = load(never=["release"])
    record = engine.read_record(EXAMPLES / "record-complete.json")
    report = engine.assess(engine.read(EXAMPLES / "contraception-ok.xml"), record)
    assert (report.decision, report.told, report.missing_inputs) == ("none", "whole", ())


def test_both_evaluators_say_the_same_of_labels() -> None:
    tag = Qualifier(role="meta.tag", codings=(Coding(system="https://supplier.example/tags", code="T1"),))
    entry = Entry(path="entry[0]", codings=(Coding(system="sct", code="44054006"),), date="2020-01-01", qualifiers=(tag,))
    told = [
        [(i.path, i.rules) for i in report.items] + [(m.missing, m.rules) for m in report.missing_inputs]
        for report in (
            load(evaluator=evaluator, never=["release"]).assess(Submission(patient=PATIENT, entries=(entry,), envelope=(tag,)))
            for evaluator in ("compiled", "reference")
        )
    ]
    assert told[0] == told[1]
    assert ("release.*", 1) not in told[0]
