"""Two medicines of one class: a national list of duplicate groups is asked, and every moiety is one that dm+d has now."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from tests.places import ORACLES, RULESETS, SHARED

import codesafety
from codesafety.record import Coding, Coverage, Medication, Message, Patient, Record, Submission

CODES = RULESETS / "uk.duplicate_medicines" / "codes"
PAIRS = ORACLES / "dur_pairs.csv"
DMD = SHARED / "dmd-open"
needs_oracle = pytest.mark.skipif(not PAIRS.exists(), reason="the shared oracles are not here")
needs_dmd = pytest.mark.skipif(not DMD.exists(), reason="the shared lists of dm+d are not here")

LOCAL_ANTIHISTAMINES = {"Azelastine", "Emedastine", "Epinastine", "Olopatadine"}
SEDATING = {"Chlorpheniramine", "Clemastine", "Cyproheptadine", "Diphenhydramine", "Ketotifen"}
SILENT_ON_PURPOSE = {
    "Aspirin",
    "Sodium salicylate",
    "Phentolamine",
    "Midazolam",
    "Levomepromazine",
    "Isoproterenol",
    "Bambuterol",
}
"""Ingredients of a group that are in no class here: the ruleset's README says why."""
UNKNOWN_PRODUCTS = {"41086011000001104"}
"""Allevia: the open lists of dm+d have the brand, and neither its product nor its ingredient."""
ANTIPSYCHOTICS = {"64", "65", "66", "67", "68", "69"}
JOINED_ON_PURPOSE = ({"29", "210"}, ANTIPSYCHOTICS, {"613", "614"}, {"610", "42"})
"""Groups of which a class here joins two: ACE inhibitors and antagonists, antipsychotics, what takes up serotonin, what sedates."""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def argued(one: str, other: str) -> bool:
    """Return whether the README argues why two of a national group are none of ours."""
    pair = {one, other}
    beside_each_other = bool(pair & SEDATING) and not pair <= SEDATING  # a sedating one at night
    reliever = "Formoterol" in pair and bool(pair & {"Salbutamol", "Terbutaline", "Fenoterol"})
    levodopa = all("Levodopa" in name for name in pair)  # products of both are found, by their ingredient
    return bool(pair & (SILENT_ON_PURPOSE | LOCAL_ANTIHISTAMINES)) or beside_each_other or reliever or levodopa


@cache
def found(one: str, other: str) -> frozenset[str]:
    """Return the rules that fire where one is dispensed while the other was issued twelve days before, each for four weeks."""
    engine = _engine()
    patient = Patient(gender="female", born="1980-01-01")
    incoming = Medication(path="a", kind="dispense", products=(_coding(one),), handed_over="2025-06-01", days_supply=28)
    filed = Medication(path="b", kind="request", products=(_coding(other),), authored="2025-05-20", days_supply=28)
    submission = Submission(patient=patient, message=Message(sent="2025-06-01"), medications=(incoming,))
    record = Record(patient=patient, medications=(filed,), complete=(Coverage(kind="medication"),))
    return frozenset(r.rule for r in engine.assess(submission, record).results if r.outcome == "fires")


@cache
def _engine() -> codesafety.Engine:
    return codesafety.load(RULESETS / "uk.duplicate_medicines", installed_plugins=False)


def _coding(code: str) -> Coding:
    return Coding(system="http://snomed.info/sct", code=code)


@needs_oracle
@pytest.mark.parametrize("level", ["product", "vtm"])
def test_two_of_a_national_duplicate_group_are_found_or_argued(level: str) -> None:
    pairs = [row for row in rows(PAIRS) if row["relation"] == "same"]
    missed = [row for row in pairs if not found(row[f"{level}_a"], row[f"{level}_b"])]
    share = 1 - len(missed) / len(pairs)
    groups = {row["group_a"] for row in pairs} - {row["group_a"] for row in missed}
    print(
        f"{level}: {len(pairs) - len(missed)} of {len(pairs)} pairs of one group found ({share:.1%}); whole groups {len(groups)}"
    )
    known = [row for row in missed if not {row[f"{level}_a"], row[f"{level}_b"]} & UNKNOWN_PRODUCTS]
    assert [row["id"] for row in known if not argued(row["ingredient_a"], row["ingredient_b"])] == []
    assert share > 0.8


@needs_oracle
def test_two_of_different_national_groups_stay_silent_but_where_a_class_joins_them() -> None:
    pairs = [row for row in rows(PAIRS) if row["relation"] == "different"]
    spoken = Counter(
        (row["group_a"], row["group_b"])
        for row in pairs
        if found(row["vtm_a"], row["vtm_b"]) | found(row["product_a"], row["product_b"])
    )
    print(f"{len(pairs) - spoken.total()} of {len(pairs)} pairs of different groups silent; spoken of: {dict(spoken)}")
    assert [pair for pair in spoken if not any(set(pair) <= joined for joined in JOINED_ON_PURPOSE)] == []


@needs_dmd
def test_every_list_has_the_current_id_of_each_of_its_moieties() -> None:
    with gzip.open(DMD / "dmd_core.csv.gz", "rt", encoding="utf-8") as lines:
        moieties = {row["code"]: row["vtm"] or row["code"] for row in csv.DictReader(lines) if row["level"] == "VTM"}
    lacking = {
        (path.stem, row["code"])
        for path in CODES.glob("*.csv")
        for listed in [rows(path)]
        for row in listed
        if row["code"] in moieties and moieties[row["code"]] not in {other["code"] for other in listed}
    }
    assert lacking == set()
