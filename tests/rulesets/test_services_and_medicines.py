"""Integrity, services, duplicates and the optional rulesets: lists, rules, and what they find in published material."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.places import RULESETS, SHARED

import codesafety
from codesafety import ir
from codesafety.evaluation.nhs_number import check_nhs_number
from codesafety.language import load
from codesafety.record import Coding, Entry, Medication, Message, Patient, Record, Submission
from codesafety.report import Report
from codesafety.terminology.dmd.names import split_supplier
from codesafety.terminology.pack.extract import shipped_products
from codesafety.terminology.sctid import is_well_formed

DEFAULT = (
    "uk.integrity",
    "uk.pharmacy_first",
    "uk.contraception",
    "uk.blood_pressure",
    "uk.duplicate_medicines",
    "uk.duplicate_entries",
)
NO_NHS_NUMBER = ("nhs-number-that-cannot-be-one", "review")
OPTIONAL = ("optional/uk.pregnancy_medicines", "optional/uk.pincer")
LISTS = sorted(path for name in DEFAULT for path in (RULESETS / name / "codes").glob("*.csv"))
MEDICINES = [path for path in LISTS if path.parts[-3] == "uk.duplicate_medicines"]
HAZARDS = {h["id"] for h in tomllib.loads((RULESETS / "hazards.toml").read_text(encoding="utf-8"))["hazard"]}
GP_RECORDS = SHARED / "fhir" / "gp-record-stu3"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared published material is not here")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.fixture(scope="module")
def rulesets() -> tuple[ir.Ruleset, ...]:
    shared = ("uk.codes", "uk.pregnancy", "uk.values")
    loaded = load([RULESETS / name for name in (*DEFAULT, *OPTIONAL, *shared)], strict=True).rulesets
    return tuple(r for r in loaded if r.name not in shared)


def engine(*names: str) -> codesafety.Engine:
    return codesafety.load(*(RULESETS / name for name in (*names, "uk.codes")), installed_plugins=False)


@pytest.fixture(scope="module")
def integrity() -> codesafety.Engine:
    return engine("uk.integrity")


@pytest.fixture(scope="module")
def duplicates() -> codesafety.Engine:
    return engine("uk.duplicate_medicines", "uk.duplicate_entries")


def fired(report: Report) -> set[tuple[str, str]]:
    """Return each finding as the name of its rule and its action."""
    found: Any = report.model_dump(mode="json")
    return {(_rule(r["rule"]), r["action"]) for r in found["results"] if r["outcome"] == "fires"}


def _rule(rule: Any) -> str:
    return str(rule["name"] if isinstance(rule, dict) else rule).rpartition("/")[2]


# ------------------------------------------------------------------------------------------------ lists and rules


@pytest.mark.parametrize("path", LISTS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_a_list_names_its_source_and_every_code_is_whole_and_named_once(path: Path) -> None:
    head = [line.split(":")[0] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert head == ["# source", "# release", "# date", "# method"]
    listed = [row["code"] for row in rows(path)]
    assert listed and len(listed) == len(set(listed))
    assert [code for code in listed if not is_well_formed(code)] == []
    assert all(row["system"] == "sct" and row["term"] for row in rows(path))


@pytest.mark.parametrize("path", MEDICINES, ids=lambda path: path.stem)
def test_every_medicine_of_a_class_bears_the_name_that_dmd_gives_it(path: Path) -> None:
    products = shipped_products()
    known = [row for row in rows(path) if row["code"] in products]  # an id that is newer than the extract is in no extract
    named = {row["code"]: products[row["code"]].name or "" for row in known}
    assert known
    assert [row["code"] for row in known if row["term"] not in (named[row["code"]], split_supplier(named[row["code"]])[0])] == []


def test_every_code_written_in_a_rule_file_is_whole() -> None:
    for name in (*DEFAULT, *OPTIONAL):
        for path in (RULESETS / name).glob("*.rules"):
            sets = "\n".join(re.findall(r"valueset [^{]*\{[^}]*\}", path.read_text(encoding="utf-8")))
            assert [code for code in re.findall(r"\b(\d{6,18}) \|", sets) if not is_well_formed(code)] == []


def test_holds_are_those_that_were_agreed(rulesets: tuple[ir.Ruleset, ...]) -> None:
    holds = {rule.name for ruleset in rulesets for rule in ruleset.rules if rule.action is ir.Action.HOLD}
    assert holds == {
        "uk.integrity/code-cut-by-a-spreadsheet",
        "uk.integrity/code-rounded-as-a-number",
        "uk.integrity/code-fails-its-check-digit",
        "uk.integrity/code-written-in-scientific-notation",
        "uk.integrity/pregnancy-code-whose-words-deny-it",
        "uk.integrity/codings-that-cannot-both-be-so",
        "uk.integrity/entry-sent-as-entered-in-error",
        "uk.integrity/medicine-sent-as-entered-in-error",
    }


def test_every_rule_names_hazards_of_the_log_and_cites(rulesets: tuple[ir.Ruleset, ...]) -> None:
    for ruleset in rulesets:
        for rule in ruleset.rules:
            assert rule.hazards and set(rule.hazards) <= HAZARDS, rule.name
            assert rule.sources and rule.because, rule.name


def test_duplicate_entries_and_the_blood_pressure_service_never_go_above_a_note(rulesets: tuple[ir.Ruleset, ...]) -> None:
    for ruleset in rulesets:
        if ruleset.name in ("uk.duplicate_entries", "uk.blood_pressure", "uk.pincer"):
            assert {rule.action for rule in ruleset.rules} == {ir.Action.NOTE}


def test_the_optional_rulesets_are_not_loaded_unless_named() -> None:
    loaded = {r.name for r in codesafety.load(installed_plugins=False).rulesets}
    assert set(DEFAULT) <= loaded
    assert not loaded & {"uk.pregnancy_medicines", "uk.pincer"}


@pytest.mark.parametrize("name", [*DEFAULT, *OPTIONAL])
def test_a_ruleset_says_what_it_does_not_cover_and_that_nobody_has_reviewed_it(name: str) -> None:
    words = (RULESETS / name / "README.md").read_text(encoding="utf-8")
    assert "Clinical review: none so far" in words
    assert re.search(r"not cover|Not covered|what is missing|Left out", words)


# ------------------------------------------------------------------------------------------------ what examples cannot give


def supply(code: str, day: str, **more: Any) -> Medication:
    return Medication(
        path=f"m-{code}-{day}",
        products=(Coding(system="http://snomed.info/sct", code=code),),
        handed_over=day,
        days_supply=28,
        **more,
    )


def test_a_supply_that_the_replaced_message_brought_is_no_duplicate(duplicates: codesafety.Engine) -> None:
    old = Record(medications=(supply("322236009", "2025-06-01", id="a", message_id="m0"),))
    again = Submission(message=Message(id="m1", replaces="m0"), medications=(supply("322236009", "2025-06-01", id="b"),))
    assert ("same-product-twice", "review") not in fired(duplicates.assess(again, old))
    new = Submission(message=Message(id="m1"), medications=(supply("322236009", "2025-06-01", id="b"),))
    assert ("same-product-twice", "review") in fired(duplicates.assess(new, old))


def test_a_number_damaged_in_any_of_four_ways_is_held(integrity: codesafety.Engine) -> None:
    for code, rule in (
        ("1054321000000100", "code-cut-by-a-spreadsheet"),
        ("13856811000001104", "code-rounded-as-a-number"),
        ("77386005", "code-fails-its-check-digit"),
        ("403641000000000", "code-written-in-scientific-notation"),
    ):
        sent = Submission(patient=Patient(), entries=(Entry(path="e", codings=(Coding(system="sct", code=code),)),))
        assert (rule, "hold") in fired(integrity.assess(sent))


def test_a_whole_code_is_never_held(integrity: codesafety.Engine) -> None:
    codes = [row["code"] for path in LISTS for row in rows(path)]
    sent = Submission(entries=tuple(Entry(path=f"e{i}", codings=(Coding(system="sct", code=c),)) for i, c in enumerate(codes)))
    assert {action for _, action in fired(integrity.assess(sent))} <= {"note"}


def test_every_product_of_a_section_of_the_bnf_is_the_contraceptive_that_the_section_says() -> None:
    service = Coding(system="http://snomed.info/sct", code="1659121000000101")
    contraception = codesafety.load(RULESETS / "uk.contraception", installed_plugins=False)
    kinds = {"combined-pill-from-50", "progestogen-pill-from-55", "before-the-service-supplied-it[emergency]"}
    found: dict[str, set[str]] = {}
    for product in shipped_products().values():
        if product.level == "vmp" and product.bnf and product.bnf[:6] in ("070301", "070302", "070305"):
            sent = Submission(
                patient=Patient(born="1960-01-01"),
                message=Message(sent="2025-10-01", service=(service,)),
                medications=(supply(product.code, "2025-10-01"),),
            )
            rules = {name for name, _ in fired(contraception.assess(sent))} & kinds
            found.setdefault(product.bnf[:6], set()).update(rules or {product.name or ""})
    assert found["070301"] == {"combined-pill-from-50"}
    assert found["070305"] == {"before-the-service-supplied-it[emergency]"}
    assert "progestogen-pill-from-55" in found["070302"]
    assert found["070302"] & kinds == {"progestogen-pill-from-55"}


# ------------------------------------------------------------------------------------------------ published material


@needs_shared
def test_every_damaged_id_of_the_published_sample_is_held(integrity: codesafety.Engine) -> None:
    sample = rows(SHARED / "codelists" / "damaged_ids_sample.csv")
    entries = tuple(
        Entry(path=f"e{i}", codings=(Coding(system="sct", code=row["code_as_published"]),)) for i, row in enumerate(sample)
    )
    report: Any = integrity.assess(Submission(entries=entries)).model_dump(mode="json")
    assert len(report["items"]) == len(sample) >= 200
    assert [item["path"] for item in report["items"] if item["decision"] != "hold"] == []


@needs_shared
def test_the_national_guides_own_pregnancy_example_is_held(integrity: codesafety.Engine) -> None:
    path = SHARED / "fhir" / "update-record-stu3" / "example--gpc-update-record--prsb--pregnancy-state.xml"
    assert fired(integrity.assess(integrity.read(path))) == {("pregnancy-code-whose-words-deny-it", "hold")}


@needs_shared
@pytest.mark.parametrize(
    "name",
    [
        "blood-pressure-check-service--example-2.xml",
        "contraception-service--example-2.xml",
        "pharmacy-first-service--example-1.xml",
    ],
)
def test_the_guides_whole_messages_hold_nothing_but_an_nhs_number_that_is_none(name: str) -> None:
    every = engine(*DEFAULT, "uk.pregnancy")
    assert fired(every.assess(every.read(SHARED / "fhir" / "update-record-stu3" / name))) == {NO_NHS_NUMBER}


@needs_shared
@pytest.mark.parametrize(
    "name",
    [
        "example--gpc-update-record--prsb--expected-delivery-date.xml",
        "example--gpc-update-record-uncategorised-data--feeding-status-of-the-baby.xml",
    ],
)
def test_the_guides_broken_references_are_found(integrity: codesafety.Engine, name: str) -> None:
    found = fired(integrity.assess(integrity.read(SHARED / "fhir" / "update-record-stu3" / name)))
    assert found == {("reference-that-nothing-answers", "review")}


@pytest.mark.parametrize(
    "number, is_",
    [
        ("4857773456", "check_digit"),
        ("4010232137", "valid"),
        ("401 023 2137", "valid"),
        ("401-023-2137", "valid"),
        ("9990000018", "test"),
        ("0101010001", "scotland"),
        ("3200000007", "northern_ireland"),
        ("9434765919", "unissued"),
        ("401023213", "malformed"),
        ("40102321377", "malformed"),
        ("401023213A", "malformed"),
        ("\u0664010232137", "malformed"),
        ("4010232130", "check_digit"),
    ],
)
def test_an_nhs_number_is_told_by_its_check_digit_and_range(number: str, is_: str) -> None:
    assert check_nhs_number(number) == is_


def test_of_ten_last_digits_one_at_most_makes_an_nhs_number() -> None:
    for nine in ("401023213", "999000001", "400000000", "123456789"):
        whole = [d for d in range(10) if check_nhs_number(f"{nine}{d}") != "check_digit"]
        assert len(whole) <= 1


DATED_BEFORE_BIRTH = {("entry-dated-before-birth", "review")}  # entries and medicines are one finding: the birth date is one
ISSUES = {("issued-many-times-at-once", "review"), ("issued-again-while-it-lasts", "note")}
FOUND = {  # read entry by entry: each is true of the record. None holds an NHS number: they have placeholders
    "gp2gp-EMIS-PWTP2.json": {
        *DATED_BEFORE_BIRTH,
        ("ingredient-inside-a-combination", "review"),  # a plan authorised anew is one medicine
        *ISSUES,  # eleven of Marvelon written on one day, three times; a second Mirena after six weeks
    },
    "gp2gp-EMIS-PWTP4.json": {
        ("same-ingredient-twice", "note"),  # two brands of aspirin 75 mg and the generic, of one day
        *DATED_BEFORE_BIRTH,
        ("same-product-twice", "review"),
        ("ingredient-inside-a-combination", "review"),
        ("two-renin-angiotensin-medicines", "review"),
        ("two-ssris", "review"),
        ("two-statins", "review"),
        ("not-together[hypnotics]", "review"),  # diazepam with zopiclone, temazepam with Zimovane
        ("same-class[alpha-blockers]", "note"),  # doxazosin and tamsulosin, both active
        ("two-opioids", "note"),  # co-codamol is active, tramadol was authorised beside it
        ("same-ingredient-twice", "note"),  # an issue of propranolol 80 mg beside a plan of 160 mg; aspirin 300 mg beside 75 mg
        ("aspirin-with-another-antiplatelet-beyond-a-year", "note"),
        *ISSUES,  # four of citalopram written on one day; co-codamol again after four days
    },
    "gp2gp-EMIS-PWTP9.json": {("entry-dated-before-birth", "review")},
    "gp2gp-TC7-9465700193_Birdi_full_20210602.json": set(),
    "gp2gp-TC7-9465700339_Yamura_full_20210602.json": {("entry-dated-before-birth", "review")},
    "gp2gp-TC7-9465701262_Meyers_full_20210602.json": set(),
}


@needs_shared
@pytest.mark.parametrize("name", sorted(FOUND))
def test_the_findings_in_a_published_record_are_those_that_were_judged_right(name: str) -> None:
    every = engine("uk.integrity", "uk.duplicate_medicines", "uk.duplicate_entries")
    assert fired(every.assess(every.read(GP_RECORDS / name))) == {*FOUND[name], NO_NHS_NUMBER}
