"""A list checked against a release: unknown and inactive codes, terms against every description, repairs that exist."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.terminology.generated import FSN, IS_A, REPLACED_BY, ROOT, Rows, sctid, write_release
from typer.testing import CliRunner

from codesafety.cli.codes import app
from codesafety.terminology.building.whole import build
from codesafety.terminology.interface import CodeContext, Words
from codesafety.terminology.release import Release
from codesafety.terminology.words.context import FINDING_CONTEXT, SITUATION, SUBJECT_CONTEXT, TEMPORAL_CONTEXT

LONG = sctid(13856811, "10", "1000001")  # in the release
ABSENT = sctid(13856812, "10", "1000001")  # not in it
NO_FAMILY_HISTORY, FEVER_ABSENT = sctid(16026), sctid(16100)
NAMES = {
    ROOT: "SNOMED CT Concept (SNOMED RT+CTV3)",
    IS_A: "Is a (attribute)",
    "77386006": "Pregnancy (finding)",
    "60001007": "Not pregnant (finding)",
    "195967001": "Asthma (disorder)",
    LONG: "Olive oil ear drops (product)",
    SITUATION: "Situation with explicit context (situation)",
    NO_FAMILY_HISTORY: "No family history of asthma (situation)",
    FEVER_ABSENT: "Fever absent (situation)",
    FINDING_CONTEXT: "Finding context (attribute)",
    TEMPORAL_CONTEXT: "Temporal context (attribute)",
    SUBJECT_CONTEXT: "Subject relationship context (attribute)",
    "410516002": "Known absent (qualifier value)",
    "410589000": "All times past (qualifier value)",
    "303071001": "Person in the family (person)",
    "410604004": "Subject of record (person)",
    "410512000": "Current or specified time (qualifier value)",
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows, folder = Rows(), tmp_path_factory.mktemp("release")
    for code, name in NAMES.items():
        rows.concept(code)
        rows.describe(code, name, type_=FSN)
        if code != ROOT:
            rows.is_a(code, SITUATION if name.endswith("(situation)") and code != SITUATION else ROOT)
    rows.describe("77386006", "Patient currently pregnant")
    rows.describe("77386006", "Gravid state", active=False)
    inactive = rows.concept("31387002", active=False)
    rows.describe(inactive, "Old asthma")
    rows.member(REPLACED_BY, inactive, (("targetComponentId", "195967001"),))
    for code, attributes in (
        (NO_FAMILY_HISTORY, ((FINDING_CONTEXT, "410516002"), (TEMPORAL_CONTEXT, "410589000"), (SUBJECT_CONTEXT, "303071001"))),
        (FEVER_ABSENT, ((FINDING_CONTEXT, "410516002"), (TEMPORAL_CONTEXT, "410512000"), (SUBJECT_CONTEXT, "410604004"))),
    ):
        for attribute, value in attributes:
            rows.relationship(code, attribute, value, 1)
    path = folder / "made.pack"
    build([write_release(rows, folder / "rf2")], path)
    return path


def test_a_list_against_a_release(pack: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        "code,term\n77386006,Patient currently pregnant\n77386006,Not pregnant\n60001007,Asthma\n31387002,Old asthma\n"
        f"{ABSENT},x\n{int(float(LONG))},Olive oil ear drops\n{int(float(ABSENT))},y\n77386006,Gravid state\n",
        encoding="utf-8",
    )
    damaged, unknown = str(int(float(LONG))), str(int(float(ABSENT)))
    assert damaged != LONG and unknown != ABSENT
    result = CliRunner().invoke(app, ["check", str(path), "--pack", str(pack)])
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{path}: note: 2 terms are not compared with their codes, of which no description is known",
        f"{path}:3: `77386006` stands in line 2 already",
        f"{path}:3: `77386006` stands beside `Not pregnant`, which denies it",
        f"{path}:4: `60001007` stands beside `Asthma`, which describes 195967001",
        f"{path}:5: `31387002` is inactive: replaced by 195967001",
        f"{path}:6: `{ABSENT}` is not in the release",
        f"{path}:7: `{damaged}` float_rounding: was {LONG}",
        f"{path}:8: `{unknown}` float_rounding: was {ABSENT}",
        f"{path}:8: `{unknown}`, as {ABSENT}, stands in line 6 already",
        f"{path}:8: {ABSENT} is not in the release",
        f"{path}:9: `77386006` stands in line 2 already",
        f"{path}: 8 codes: 3 duplicate, 2 term, 2 unknown, 2 damaged, 1 inactive (1 with one repair)",
    ]
    answer = json.loads(CliRunner().invoke(app, ["check", str(path), "--pack", str(pack), "--format", "json"]).stdout)
    assert [i["status"] for i in answer["ids"]] == ["active"] * 3 + ["inactive", "unknown", "active", "unknown", "active"]
    assert answer["ids"][3]["replacement"] == {"same": ["195967001"], "possible": []}
    assert [i["repair"] for i in answer["ids"]] == [None] * 5 + [LONG, None, None]


def test_what_is_no_pack_exits_2(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("code\n77386006\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(path), "--pack", str(path)])
    assert result.exit_code == 2 and "not a pack" in result.stderr


@pytest.mark.parametrize(
    ("code", "words", "verdict"),
    [
        ("77386006", "Patient currently pregnant", Words.AGREES),
        ("77386006", "Gravid state", Words.UNFAMILIAR),
        ("77386006", "Gravid ++", Words.UNFAMILIAR),
        ("77386006", "Not pregnant (finding)", Words.NEGATES),
        ("31387002", "Asthma", Words.AGREES),
        ("195967001", "Old asthma", Words.AGREES),
        ("195967001", "No family history of asthma", Words.NAMES_ANOTHER),
        ("1234", "Asthma", Words.CANNOT_TELL),
    ],
)
def test_words_against_all_descriptions_of_a_release(pack: Path, code: str, words: str, verdict: Words) -> None:
    assert Release(pack).judge_words(code, words).verdict is verdict


def test_contexts_of_a_release(pack: Path) -> None:
    release = Release(pack)
    assert release.context(NO_FAMILY_HISTORY) == CodeContext("absent", "family", "past")
    assert release.context(FEVER_ABSENT) == CodeContext("absent", "patient", "current")
    assert release.context("77386006") == CodeContext()
