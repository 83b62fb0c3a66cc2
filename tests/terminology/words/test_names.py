"""The shipped names of codes: what words beside a code are told by them, and how seldom that is wrong."""

from __future__ import annotations

import csv
import gzip
import random
from itertools import islice
from pathlib import Path

import pytest
from tests.places import SHARED
from tests.terminology.words.variations import LINE, TOLD, anothers, harmless, names, swapped, told, turned
from tools.build_names_extract import build

from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.interface import Words
from codesafety.terminology.pack.code_table import CodeTable
from codesafety.terminology.pack.file import Pack
from codesafety.terminology.pack.names import PACK, shipped_names
from codesafety.terminology.words.apart import CONTRASTS
from codesafety.terminology.words.normal import normal

N = 2000
USAGE = SHARED / "usage" / "nhs_snomed_primary_care_usage_2018-19.csv.gz"


@pytest.fixture(scope="module")
def terminology() -> FrozenTerminology:
    return FrozenTerminology()


@pytest.fixture(scope="module")
def drawn() -> list[tuple[str, str]]:
    """An eighth of the names: enough for thousands of draws."""
    return names()[::8]


def test_no_right_name_with_harmless_variation_is_held_against_its_code(
    terminology: FrozenTerminology, drawn: list[tuple[str, str]]
) -> None:
    sent = list(islice(harmless(random.Random(1), drawn), N))
    assert [each for each in sent if told(terminology, each) in TOLD] == []
    assert sum(told(terminology, each) in LINE for each in sent) < N // 50
    assert len({each.kind for each in sent}) >= 9


def test_words_that_are_another_codes_by_one_word_are_told_or_at_the_least_cannot_be(
    terminology: FrozenTerminology, drawn: list[tuple[str, str]]
) -> None:
    """The rest are of a broader or narrower kind, or mean the same: "Injury of ribs" and "Notching of ribs"."""
    verdicts = [told(terminology, each) for each in islice(anothers(random.Random(2), drawn), N)]
    assert sum(verdict in TOLD for verdict in verdicts) > 0.85 * N
    assert sum(verdict in TOLD | LINE for verdict in verdicts) > 0.99 * N


def test_the_other_side_another_number_and_the_contrary_are_told(
    terminology: FrozenTerminology, drawn: list[tuple[str, str]]
) -> None:
    verdicts = [told(terminology, each) for each in islice(turned(random.Random(3), drawn), N)]
    assert sum(verdict in TOLD for verdict in verdicts) > 0.97 * N
    assert sum(verdict in TOLD | LINE for verdict in verdicts) > 0.99 * N


def test_a_name_with_any_other_word_in_it_cannot_be_told_more_often_than_not(
    terminology: FrozenTerminology, drawn: list[tuple[str, str]]
) -> None:
    """It may be a synonym: of those of the RF2 subsets one in thirty is such a name. The rest changed a word that says little."""
    verdicts = [told(terminology, each) for each in islice(swapped(random.Random(5), drawn), N)]
    assert sum(verdict in TOLD | LINE for verdict in verdicts) > 0.6 * N


@pytest.mark.parametrize(
    ("code", "words", "verdict"),
    [
        ("400974009", "Standing diastolic blood pressure", Words.NAMES_ANOTHER),  # Standing systolic blood pressure
        ("72313002", "Diastolic arterial pressure", Words.NAMES_ANOTHER),
        ("44054006", "Diabetes mellitus type 1", Words.NAMES_ANOTHER),
        ("44054006", "Type 1 diabetes mellitus", Words.DIFFERS),  # no code of the table is called so, word for word
        ("195967001", "Epilepsy", Words.NAMES_ANOTHER),
        ("1000661000000107", "Serum potassium level", Words.NAMES_ANOTHER),  # Serum sodium level
        ("287045000", "Pain in right arm", Words.NAMES_ANOTHER),  # Pain in left arm
        ("27113001", "Systolic blood pressure", Words.NAMES_ANOTHER),  # Body weight
        ("170370000", "Second hepatitis B vaccination", Words.NAMES_ANOTHER),  # First hepatitis B vaccination
    ],
)
def test_the_name_of_another_code_is_told(terminology: FrozenTerminology, code: str, words: str, verdict: Words) -> None:
    assert terminology.judge_words(code, words).verdict is verdict


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("72313002", "Systolic blood pressure"),  # Systolic arterial pressure, the second commonest code; and another code's name
        ("1091811000000102", "Diastolic BP"),
        ("364769008", "Finding relating to infant feeding"),  # Finding of infant feeding method
        ("109841003", "Hepatocellular carcinoma"),  # Liver cell carcinoma; and a morphologic abnormality
        ("57797005", "Termination of pregnancy"),  # Induced termination of pregnancy; and a procedure
        ("38341003", "Hypertension"),
        ("90560007", "Gout"),  # Inflammatory disorder due to increased blood urate level
        ("193031009", "Cluster headache"),
        ("22298006", "Heart attack"),
        ("1000731000000107", "Plasma creatinine level"),  # Serum creatinine level: people write the sample loosely
        ("160377001", "Asthma"),  # Family history: Asthma
        ("416098002", "Amoxicillin 500mg capsules"),  # Allergy to drug: what it is about
        ("37331000000100", "Asthma"),  # Comment note
    ],
)
def test_what_may_be_a_synonym_a_detail_or_a_broader_name_alarms_nobody(
    terminology: FrozenTerminology, code: str, words: str
) -> None:
    assert code in shipped_names()
    assert terminology.judge_words(code, words).verdict in {Words.AGREES, Words.UNFAMILIAR, Words.CANNOT_TELL}


def test_each_code_has_the_one_name_of_the_table_and_is_found_by_it() -> None:
    table = shipped_names()
    assert len(table) == 102429
    assert table.terms("27113001") == ("Body weight (observable entity)",)
    assert table.named("body weight") == {"27113001"}
    assert table.terms("1") == () and "1" not in table and table.named("no code is called so") == frozenset()


def test_a_code_that_was_no_longer_in_use_is_named_and_not_found_by_its_name() -> None:
    """Often it was a second code for the same thing, and its name is now a synonym of the first."""
    table = shipped_names()
    (name,) = table.terms("200331000000101")
    assert name == "Hepatitis B screening offered (finding)"
    assert table.named(normal(name)) == {"1107691000000105"}  # the one that was in use


def test_the_shipped_files_are_whole_and_small() -> None:
    Pack(PACK).verify()
    assert PACK.stat().st_size < 4_100_000  # 2.5 MB in the wheel
    pairs = CONTRASTS.read_text(encoding="ascii").splitlines()
    assert pairs == sorted(set(pairs)) and all(one < other for one, other in map(str.split, pairs))
    assert {"left right", "diastolic systolic", "acute chronic", "1 2", "femur tibia"} <= set(pairs)
    assert {"blood serum", "plasma serum", "arterial blood", "neoplasm tumor"}.isdisjoint(pairs)


ROWS = """code,fsn,usage,active_start,active_end,tag
77386006,Pregnant (finding),10,1,1,finding
60001007,Not  pregnant (finding),10,1,1,finding
72313002,Systolic arterial pressure (observable entity),10,1,0,observable entity
"""


def test_the_builder_names_every_row_and_finds_those_in_use(tmp_path: Path) -> None:
    usage = tmp_path / "usage.csv.gz"
    usage.write_bytes(gzip.compress(ROWS.encode(), mtime=0))
    assert build(usage, tmp_path / "data") == (3, 0)
    table = CodeTable(Pack(tmp_path / "data" / "names.pack"))
    assert dict(table) == {
        "60001007": ("Not pregnant (finding)",),
        "72313002": ("Systolic arterial pressure (observable entity)",),
        "77386006": ("Pregnant (finding)",),
    }
    assert table.named("not pregnant") == {"60001007"}
    assert table.named("systolic arterial pressure") == frozenset()
    usage.write_bytes(gzip.compress(b"code,fsn,usage,active_start,active_end,tag\n77386005,X,1,1,1,finding\n"))
    with pytest.raises(SystemExit, match="77386005"):
        build(usage, tmp_path / "data")


@pytest.mark.skipif(not USAGE.exists(), reason="the shared data is not here")
def test_the_shipped_names_are_those_of_their_source() -> None:
    with gzip.open(USAGE, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(shipped_names())
    for row in rows[::20]:
        assert shipped_names().terms(row["code"]) == (" ".join(row["fsn"].split()),)
