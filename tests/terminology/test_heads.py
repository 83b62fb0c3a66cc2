"""The system that a head names, in any spelling, and heads that name none."""

from itertools import product
from pathlib import Path

import pytest

from codesafety.terminology.codelists.reading import open_codelist
from codesafety.terminology.heads import system_in, system_of

SPOKEN = {
    "sct": ["snomed code", "snomed ct concept id", "sct id", "dmd id", "dmd code", "vmp id", "vpid", "mapped snomed ct code"],
    "readv2": [
        "read code",
        "read",
        "read 2",
        "read v2 code",
        "read code v2",
        "gp read code",
        "read 2 code",
        "read code 5 byte",
        "rct v2",
        "rcd 2 code",
    ],
    "ctv3": ["ctv3", "ctv3 code", "ctv3 id", "read 3", "read v3 code", "read code v3", "ctv3 read code", "rct v3", "rcd v3 code"],
    "icd10": ["icd code", "icd 10", "icd 10 code", "primary diagnosis icd 10 code", "icd code version 10"],
    "icd9cm": ["icd 9", "icd 9 code", "icd 9 cm code"],
    "icd10cm": ["icd 10 cm code"],
    "icd11": ["icd 11 code"],
    "opcs4": ["opcs code", "opcs 4 code", "opcs 4", "opcs"],
    "bnf": ["bnf code", "bnf", "bnf chapter code"],
    "atc": ["atc", "atc code", "who atc code"],
    "loinc": ["loinc", "loinc num", "loinc code"],
    "ods": ["ods", "ods code"],
    "emis": ["emis code", "emis code id", "egton code"],
    "cprd": ["medcode", "med code id", "prod code id", "cprd medcode"],
}


def spellings(spoken: str) -> set[str]:
    words = spoken.split()
    camel = words[0] + "".join(word.capitalize() for word in words[1:])
    mixed = words[0].upper() + "".join(words[1:])
    joined = [join.join(words) for join in ("", "_", " ", "-", ".")]
    return {
        *joined,
        *(text.upper() for text in joined),
        *(text.title() for text in joined),
        camel,
        camel[0].upper() + camel[1:],
        mixed,
        f" {joined[1]} ",
    }


@pytest.mark.parametrize(("system", "spoken"), [(system, one) for system, names in SPOKEN.items() for one in names])
def test_a_system_is_told_in_every_spelling(system: str, spoken: str) -> None:
    assert {head: system_of(head) for head in spellings(spoken)} == dict.fromkeys(spellings(spoken), system)


GENERAL = ("code", "id", "conceptId", "concept_id", "clinical_code", "codeid", "term", "", "1", "x" * 5000)
LIKE_READ = ("readmission_code", "readmissioncode", "threadcode", "bread_code")
LIKE_OTHERS = ("methods", "methodscode", "batch_code", "match", "period_id", "chemistry_code", "example", "champion_id", "ocean")


@pytest.mark.parametrize("head", [*GENERAL, *LIKE_READ, *LIKE_OTHERS])
def test_a_head_that_names_no_system_names_none(head: str) -> None:
    assert system_of(head) is None


@pytest.mark.parametrize("one,other", [("snomed", "icd10"), ("read", "snomed_ct"), ("opcs4", "icd"), ("bnf", "dmd")])
def test_a_head_that_names_two_systems_names_none(one: str, other: str) -> None:
    for pattern, (a, b) in product(["{}_{}", "{}_to_{}_code", "{}{}map"], [(one, other), (other, one)]):
        assert system_of(pattern.format(a, b)) is None


def test_a_suppliers_name_beside_a_system_says_only_whose_column_it_is() -> None:
    assert [system_of(head) for head in ("emis_snomed_code", "EMISReadCode", "cprd_icd10", "tppCtv3Code")] == [
        "sct",
        "readv2",
        "icd10",
        "ctv3",
    ]


@pytest.mark.parametrize(
    ("cell", "system"),
    [
        ("SNOMED CT", "sct"),
        ("SNOMED-CT (UK)", "sct"),
        ("http://snomed.info/sct", "sct"),
        ("Read", "readv2"),
        ("Read v2", "readv2"),
        ("READ3", "ctv3"),
        ("ICD10", "icd10"),
        ("http://example.org/own", "http://example.org/own"),
        ("our own codes", "our own codes"),
        (None, None),
        (" ", None),
    ],
)
def test_the_system_of_a_row_is_told_by_name_uri_or_as_a_head_would(cell: str | None, system: str | None) -> None:
    assert system_in(cell) == system


@pytest.mark.parametrize(
    ("content", "column", "system"),
    [
        ("readcode,readterm,frequency\n8E07.,x,123456\n", 0, "readv2"),
        ("frequency,ICDcode\n123456,O80\n", 1, "icd10"),
        ("id,what,number\n1,x,77386006\n", 2, None),
        ("medcodeid,term,snomedctconceptid\n976481000006110,x,77386006\n", 2, "sct"),
        ("concept_id,concept_code,concept_name\n4299535,77386006,x\n", 1, None),
        ("code,read_term\n22A..,x\n", 0, "readv2"),
        ("dmd_type,dmd_id,bnf_code\nVMP,322236009,0407010H0AAAMAM\n", 1, "sct"),
        ("code,term,count\n22A..,x,123456\n", 0, None),
    ],
)
def test_the_column_of_codes_and_its_system(content: str, column: int, system: str | None, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(content, "utf-8")
    opened = open_codelist(tmp_path / "list.csv")
    assert (opened.code_column, opened.system) == (column, system)
