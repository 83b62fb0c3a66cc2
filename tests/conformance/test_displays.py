"""Words against codes, as outside authorities see it: HL7's own cases with a display, and the descriptions of an RF2 subset."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest
from tests.places import ORACLES, SHARED

from codesafety.terminology.building.whole import build
from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.interface import Terminology, Words
from codesafety.terminology.pack.names import shipped_names
from codesafety.terminology.release import Release

RF2 = SHARED / "rf2" / "hl7-tx-subontology"
TX, DISPLAYS = ORACLES / "tx_validate_code.jsonl", ORACLES / "rf2_display.csv"
pytestmark = pytest.mark.skipif(
    not (RF2.exists() and TX.exists() and DISPLAYS.exists()), reason="the shared oracles are not here"
)

TOLD = frozenset({Words.NAMES_ANOTHER, Words.DIFFERS, Words.NEGATES})


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    path = tmp_path_factory.mktemp("release") / "hl7.pack"
    build([RF2], path)
    return Release(path)


def _displays() -> list[tuple[str, str, bool]]:
    """Return code, display and whether the authority calls the display wrong, of every case on SNOMED CT that has one."""
    cases = map(json.loads, TX.read_text(encoding="utf-8").splitlines())
    return [
        (coding["code"], coding["display"], any(issue["type"] == "invalid-display" for issue in case["issues"]))
        for case in cases
        if case["snomed"]
        for coding in case["codings"]
        if coding.get("display")
    ]


def _told(terminology: Terminology, code: str, words: str) -> bool:
    return terminology.judge_words(code, words).verdict in TOLD


def test_every_display_of_hl7s_cases_is_answered_as_hl7_does(release: Release) -> None:
    displays = _displays()
    assert len(displays) == 20
    for terminology in (release, FrozenTerminology()):
        assert [code for code, words, wrong in displays if _told(terminology, code, words) is not wrong] == []


def _described() -> list[tuple[str, str, str, bool]]:
    """Return code, words, what they are, and whether they contradict it, of every row of which the description is here."""
    (path,) = RF2.rglob("sct2_Description_Snapshot*.txt")
    with path.open(encoding="utf-8", newline="") as file:
        terms = {row["id"]: row["term"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    with DISPLAYS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["words_description"] in terms]
    return [(r["code"], terms[r["words_description"]], r["kind"], r["expected"] == "contradicts") for r in rows]


def test_with_the_release_each_description_is_its_own_codes_and_no_others(release: Release) -> None:
    rows = _described()
    assert len(rows) == 2248
    assert [(code, words) for code, words, _, wrong in rows if _told(release, code, words) is not wrong] == []


def test_by_shipped_names_alone_no_description_in_use_is_held_against_its_code() -> None:
    """Of those that a code had once, one: it was taken from it, and given to the code of that name."""
    terminology, names = FrozenTerminology(), shipped_names()
    told: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for code, words, kind, _ in _described():
        if code in names:
            asked[kind] += 1
            told[kind] += _told(terminology, code, words)
    assert (asked["own active description"], told["own active description"]) == (288, 0)
    assert (asked["own inactive description"], told["own inactive description"]) == (357, 1)
    assert told["another concept's description"] == 23


def _synonyms() -> list[tuple[str, str]]:
    """Return the active synonyms of all RF2 subsets, each with its code."""
    found: set[tuple[str, str]] = set()
    for path in _description_files():
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            found |= {(r["conceptId"], r["term"]) for r in rows if r["active"] == "1" and r["typeId"] == "900000000000013009"}
    return sorted(found)


def _description_files() -> list[Path]:
    return [
        *RF2.rglob("sct2_Description_Snapshot*.txt"),
        *(SHARED / "rf2" / "opencodelists-rf2").rglob("sct2_Description_Snapshot*.txt"),
    ]


def test_no_synonym_of_a_code_in_use_is_held_against_it() -> None:
    terminology, names = FrozenTerminology(), shipped_names()
    synonyms = [(code, words) for code, words in _synonyms() if code in names]
    assert len(synonyms) > 2000
    assert [(code, words) for code, words in synonyms if _told(terminology, code, words)] == []
