"""The frozen lists, rules and hazards of the clinical rulesets: what must hold of every code and every rule."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import pytest
from tests.places import RULESETS, SHARED

from codesafety import ir
from codesafety.language import load
from codesafety.terminology.sctid import is_well_formed

USAGE = SHARED / "usage" / "nhs_snomed_primary_care_usage_2018-19.csv.gz"
OURS = ("uk.codes", "uk.sex", "uk.age", "uk.pregnancy", "uk.values", "uk.blood_pressure", "uk.contraception")
NO_LISTS = ("left_out.csv", "read.csv")
LISTS = sorted(path for name in OURS for path in (RULESETS / name / "codes").glob("*.csv") if path.name not in NO_LISTS)
SEX = {
    name: RULESETS / "uk.sex" / "codes" / f"{name}.csv"
    for name in (
        "female_only",
        "female_unusual_in_male",
        "labour_and_birth",
        "male_only",
        "male_unusual_in_female",
    )
}
LEFT_OUT = RULESETS / "uk.sex" / "codes" / "left_out.csv"
HAZARDS = tomllib.loads((RULESETS / "hazards.toml").read_text(encoding="utf-8"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def codes(path: Path) -> set[str]:
    return {row["code"] for row in rows(path)}


@pytest.fixture(scope="module")
def ours() -> tuple[ir.Ruleset, ...]:
    return load([RULESETS / name for name in OURS], strict=True).rulesets


@pytest.mark.parametrize("path", LISTS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_a_list_names_its_source_release_date_and_method(path: Path) -> None:
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert [line.split(":")[0] for line in head] == ["# source", "# release", "# date", "# method"]
    assert all(len(line.split(": ", 1)[1]) > 5 for line in head)


@pytest.mark.parametrize("path", [*LISTS, LEFT_OUT], ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_every_code_has_its_check_digit_and_stands_once(path: Path) -> None:
    listed = [row["code"] for row in rows(path)]
    assert listed
    assert [code for code in listed if not is_well_formed(code)] == []
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_every_row_has_a_term_and_only_known_contexts(path: Path) -> None:
    for row in rows(path):
        assert row["system"] == "sct" and row["term"]
        assert row["assertion"] in ("", "present", "absent", "possible", "planned")
        assert row["subject"] in ("", "patient", "family", "baby", "another")
        assert row["time"] in ("", "current", "past")


def test_a_situation_always_says_its_context() -> None:
    silent = [
        (path.name, row["code"])
        for path in LISTS
        for row in rows(path)
        if row["term"].endswith("(situation)") and not (row["assertion"] and row["subject"] and row["time"])
    ]
    assert silent == []


def test_a_code_has_one_term_and_one_context_in_all_lists() -> None:
    said: dict[str, tuple[str, str, str, str]] = {}
    for path in LISTS:
        for row in rows(path):
            mine = (row["term"], row["assertion"], row["subject"], row["time"])
            assert said.setdefault(row["code"], mine) == mine, f"{row['code']} differs in {path.name}"


def test_no_code_is_of_both_sexes_and_the_bands_do_not_overlap() -> None:
    found = {name: codes(path) for name, path in SEX.items()}
    for one, first in found.items():
        for other, second in found.items():
            assert one == other or not first & second


def test_what_was_left_out_is_in_no_list_and_has_a_reason() -> None:
    left_out = rows(LEFT_OUT)
    assert all(row["reason"] for row in left_out)
    assert not {row["code"] for row in left_out} & set().union(*map(codes, SEX.values()))


@pytest.mark.parametrize(
    "code, term",
    [
        ("102501003", "Well male newborn"),
        ("169548007", "Vasectomy failure"),
        ("249098007", "Knee presentation"),
        ("60001007", "Not pregnant"),
        ("191733007", "Fear of pregnancy"),
        ("161744009", "History of miscarriage"),
        ("250425007", "Pregnancy test negative"),
        ("364589006", "Birth weight"),
        ("704502000", "Partner pregnant"),
        ("169681000", "RhD antibody screening, random non-pregnancy sample"),
        ("1103901000000100", "Antenatal care not offered"),
        ("206040001", "Fetal or neonatal effect of ectopic pregnancy"),
        ("102874004", "Possible pregnancy"),
    ],
)
def test_a_code_that_only_sounds_like_pregnancy_is_not_pregnant(code: str, term: str) -> None:
    assert code not in codes(RULESETS / "uk.codes" / "codes" / "pregnant.csv"), term


@pytest.mark.parametrize(
    "code, term",
    [
        ("87991007", "Gender identity disorder"),
        ("93461009", "Gender dysphoria"),
        ("282272009", "Gender reassignment patient"),
        ("407374003", "Transsexual"),
        ("407377005", "Female-to-male transsexual"),
        ("703117000", "Masculine gender"),
        ("719670005", "Gender reassignment surgery"),
        ("714189008", "Female to male transsexual person on hormone therapy"),
    ],
)
def test_no_code_of_gender_is_in_any_list(code: str, term: str) -> None:
    assert not any(code in codes(path) for path in LISTS), term


def test_only_the_contradiction_within_one_message_holds(ours: tuple[ir.Ruleset, ...]) -> None:
    holds = [rule.name for ruleset in ours for rule in ruleset.rules if rule.action is ir.Action.HOLD]
    assert holds == ["uk.pregnancy/pregnant-and-not-pregnant-in-one-message"]


def test_every_rule_names_hazards_of_the_log(ours: tuple[ir.Ruleset, ...]) -> None:
    known = {hazard["id"] for hazard in HAZARDS["hazard"]}
    for ruleset in ours:
        for rule in ruleset.rules:
            assert rule.hazards and set(rule.hazards) <= known


def test_every_rule_has_its_three_kinds_of_example(ours: tuple[ir.Ruleset, ...]) -> None:
    for ruleset in ours:
        for rule in ruleset.rules:
            assert {example.expect for example in rule.examples} == {"fires", "clear", "cannot tell"}, rule.name


def test_no_message_names_sex_at_birth_or_takes_a_side(ours: tuple[ir.Ruleset, ...]) -> None:
    for path in (RULESETS / "uk.sex").glob("*.rules"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith("say"):
                assert "birth" not in line and "error" not in line and "impossible" not in line


@pytest.mark.skipif(not USAGE.exists(), reason="the usage table of England's GP records is not here")
def test_every_term_is_the_published_name_of_its_code() -> None:
    from tests.rulesets.sex_coverage import usage

    counts = usage()
    wrong = [
        (path.name, row["code"], row["term"], counts[row["code"]][1])
        for path in LISTS
        for row in rows(path)
        if row["code"] in counts and counts[row["code"]][1] != row["term"]
    ]
    assert wrong == []


@pytest.mark.skipif(not USAGE.exists(), reason="the usage table of England's GP records is not here")
def test_the_sex_lists_cover_99_percent_of_sex_specific_entries() -> None:
    from tests.rulesets.sex_coverage import measure, usage

    assert measure(usage()).share >= 0.99


@pytest.mark.skipif(not USAGE.exists(), reason="the usage table of England's GP records is not here")
def test_the_age_lists_cover_95_percent_of_a_childs_and_90_of_an_adults_entries() -> None:
    from tests.rulesets.age_coverage import measure
    from tests.rulesets.sex_coverage import usage

    found = measure(usage())
    assert found["child's"].share >= 0.95
    assert found["adult's"].share >= 0.90


def test_what_uk_age_left_out_is_in_none_of_its_lists_and_has_a_reason() -> None:
    folder = RULESETS / "uk.age" / "codes"
    left_out = rows(folder / "left_out.csv")
    assert all(row["reason"] for row in left_out)
    assert not {row["code"] for row in left_out} & set().union(*map(codes, (p for p in LISTS if p.parent == folder)))


@pytest.mark.parametrize(
    "name, code, term",
    [
        ("rotavirus_vaccine", "868711000000104", "Rotavirus vaccination declined: nothing was given"),
        ("rotavirus_vaccine", "992791000000101", "Rotavirus screening test"),
        ("childhood_vaccine", "720539004", "First meningitis B vaccination: adults since 2025"),
        ("childhood_vaccine", "247641000000105", "Second pneumococcal conjugated vaccination"),
        ("infancy", "408433001", "Recommendation to carer regarding prevention of sudden infant death syndrome"),
        ("child_examination", "384636006", "Maternal postnatal 6 week examination"),
        ("adult_condition", "442344002", "Dementia due to Huntington chorea"),
        ("adult_condition", "473328006", "Does not complain of erectile dysfunction"),
        ("birth_detail", "169972009", "Bottle fed at 6 weeks"),
    ],
)
def test_a_code_that_only_sounds_like_an_age_is_not_in_its_list(name: str, code: str, term: str) -> None:
    assert code not in codes(RULESETS / "uk.age" / "codes" / f"{name}.csv"), term
