"""Code systems have one short name each, under every URI in use."""

from __future__ import annotations

import pytest

from codesafety.terminology.systems import SHORT_NAMES, canonical, nearly, normal_code, respelt


@pytest.mark.parametrize(
    "system",
    [
        "http://snomed.info/sct",
        "https://snomed.info/sct",
        "HTTP://snomed.info/sct/",
        "http://snomed.info/sct|2024-01-01",
        "http://snomed.info/sct/83821000000107/version/20260826",
        "urn:oid:2.16.840.1.113883.6.96",
        "2.16.840.1.113883.2.1.3.2.4.15",
        "https://dmd.nhs.uk",
        "http://dmd.nhs.uk/",
        "https://dmd.nhs.uk/VTM",
        "sct",
        "SNOMED",
        "dm+d",
    ],
)
def test_snomed_ct_and_dmd_are_one_system_under_every_uri(system: str) -> None:
    assert canonical(system) == "sct"


@pytest.mark.parametrize(
    ("system", "short"),
    [
        ("http://read.info/readv2", "readv2"),
        ("http://read.info/ctv3", "ctv3"),
        ("urn:oid:2.16.840.1.113883.2.1.6.2", "readv2"),
        ("urn:oid:2.16.840.1.113883.2.1.3.2.4.14", "ctv3"),
        ("https://fhir.hl7.org.uk/Id/emis-drug-codes", "emis"),
        ("https://fhir.hl7.org.uk/Id/egton-codes", "emis"),
        ("https://fhir.hl7.org.uk/Id/multilex-drug-codes", "multilex"),
        ("https://fhir.hl7.org.uk/Id/resipuk-gemscript-drug-codes", "gemscript"),
        ("http://loinc.org", "loinc"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "rxnorm"),
        ("http://hl7.org/fhir/sid/cvx", "cvx"),
        ("http://unitsofmeasure.org", "ucum"),
        ("http://hl7.org/fhir/sid/icd-10", "icd10"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "icd10cm"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "icd10gm"),
        ("ICD10CM", "icd10cm"),
    ],
)
def test_each_system_has_its_short_name(system: str, short: str) -> None:
    assert canonical(system) == short
    assert short in SHORT_NAMES


def test_a_short_name_stands_for_itself() -> None:
    assert {canonical(name) for name in SHORT_NAMES} == SHORT_NAMES


def test_an_unknown_system_stays_itself() -> None:
    assert canonical("HTTPS://fhir.example.org/Local") == "https://fhir.example.org/Local"
    assert canonical("test") == "test"
    assert canonical("http://snomed.info/sctx") == "http://snomed.info/sctx"
    assert canonical("http://dmd.nhs.uk.example.org") == "http://dmd.nhs.uk.example.org"


def test_no_system_is_none_and_never_a_guess() -> None:
    assert canonical(None) is None
    assert canonical("  ") is None


def test_icd_codes_lose_their_point_and_others_are_left_alone() -> None:
    assert normal_code("icd10", "o80.9") == "O809"
    assert normal_code("http://hl7.org/fhir/sid/icd-10-cm", "N40.1") == "N401"
    assert normal_code("readv2", "14J..") == "14J.."
    assert normal_code("sct", " 77386006") == " 77386006"
    assert normal_code(None, "a.b") == "a.b"


@pytest.mark.parametrize(
    "system",
    [
        "http://www.snomed.info/sct",
        "snomed.info/sct",
        "snomed.info",
        "http:/snomed.info/sct",
        "ftp://snomed.info/sct",
        "http://snomed.info/sct#concept",
        "http://snomed.info/sct?fhir_vs",
        "http://snomed.info/sctx",
        "http://snomed.info/scg",
        "http://snomed.org/sct",
        "http://snomde.info/sct",
        "http://snomd.info/sct",
        "http://snommed.info/sct",
        "http://sn0med.info/sct",
        "http://snowmed.inf/sct",
        "SNOWMED",
        "SNOMED CT UK edition",
        "urn:snomed",
        "urn:oid:2.16.840.1.113883.6.96.",
        "2.16.840.1.11388.36.96",
        "https://dm-d.nhs.uk",
    ],
)
def test_what_is_nearly_snomed_cts_is_seen_and_not_taken_for_it(system: str) -> None:
    assert nearly(system) == "sct"
    assert canonical(system) != "sct"


@pytest.mark.parametrize(
    ("system", "short"),
    [
        ("loinc.org", "loinc"),
        ("http://www.loinc.org/", "loinc"),
        ("http://hl7.org/fhir/sid/icd10", "icd10"),
        ("urn:readv2", "readv2"),
    ],
)
def test_what_is_another_systems_but_for_its_punctuation_is_seen(system: str, short: str) -> None:
    assert nearly(system) == short


@pytest.mark.parametrize(
    "system",
    [
        None,
        "",
        " ",
        "://",
        "http://snomed.info/sct",
        "http://snomed.info/sct/",
        "https://snomed.info/sct|2024",
        "http://snomed.info/sct/83821000000107/version/20260826",
        "dm+d",
        "urn:oid:2.16.840.1.113883.6.97",  # the neighbour of an OID is another system
        "urn:oid:2.16.840.1.113883.6.9",
        "http://hl7.org/fhir/sid/icd-10-nl",
        "http://hl7.org/fhir/sid/icd-11",
        "https://fhir.nhs.uk/Id/ods-organization-code",
        "https://fhir.example.org/codes",
        "http://nomad.example.org",
        "local",
        "x" * 1_000_000,
    ],
)
def test_a_system_of_its_own_is_nearly_none(system: str | None) -> None:
    assert nearly(system) is None


@pytest.mark.parametrize(
    "system",
    [
        "https://snomed.info/sct",
        "http://snomed.info/sct/",
        "http://snomed.info/sct//",
        "HTTP://snomed.info/sct",
        "http://SNOMED.info/sct",
        "http://snomed.info/SCT",
        " http://snomed.info/sct",
        "http://snomed.info/sct\n",
        "http://snomed.info/sct|20260826",
        "http://snomed.info/sct|http://snomed.info/sct/83821000000107",
        "http://snomed.info/sct/uk",
        "http://snomed.info/sct/83821000000107/",
        "http://snomed.info/sct/83821000000107/version/2026",
        "URN:OID:2.16.840.1.113883.6.96",
        "oid:2.16.840.1.113883.6.96",
        "urn:oid:2.16.840.1.113883.6.96 ",
    ],
)
def test_snomed_cts_uri_in_another_spelling_is_snomed_ct_and_told(system: str) -> None:
    assert canonical(system) == "sct"
    assert respelt(system)


@pytest.mark.parametrize(
    "system",
    [
        None,
        "",
        "http://snomed.info/sct",
        "http://snomed.info/sct/83821000000107",
        "http://snomed.info/sct/83821000000107/version/20260826",
        "http://snomed.info/id",
        "urn:oid:2.16.840.1.113883.6.96",
        "2.16.840.1.113883.6.96",
        "sct",
        "SNOMED",
        "https://dmd.nhs.uk/",
        "http://www.snomed.info/sct",
        "http://loinc.org/",
    ],
)
def test_what_is_defined_or_none_of_snomed_cts_is_not_respelt(system: str | None) -> None:
    assert not respelt(system)
