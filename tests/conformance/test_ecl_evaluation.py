"""Published evaluation suites: small ontologies and real RF2 slices, an expression, the concepts that satisfy it.

A case on which we differ on purpose stands in ecl_divergences.json with what we answer and why. Some suites name concepts that
their ontologies do not hold, and expect nothing of them: they run with `unknown_as_empty`, which is never the default.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from tests.places import SHARED
from tests.terminology.ecl import release as ecl_release

from codesafety.terminology.building.whole import build
from codesafety.terminology.ecl import Substrate, expand
from codesafety.terminology.errors import UnknownConcept
from codesafety.terminology.pack.store import Store

SUITES = sorted((SHARED / "ecl" / "eval").glob("*.json")) if SHARED.is_dir() else []
DIVERGENCES = json.loads((Path(__file__).parent / "ecl_divergences.json").read_text(encoding="utf-8"))

needs_suites = pytest.mark.skipif(not SUITES, reason="the published ECL suites are not at hand")


@cache
def real_subset() -> tuple[TemporaryDirectory[str], Store]:
    folder = TemporaryDirectory()
    pack = Path(folder.name) / "hl7.pack"
    build([SHARED / "rf2" / "hl7-tx-subontology"], pack, allow_incomplete=True)
    return folder, Store(pack)


def opened(suite: dict[str, Any], folder: Path) -> Store:
    substrate = suite["substrate"]
    if "rf2" not in substrate:
        store: Store = ecl_release.packed(substrate, folder)
        return store
    build([SHARED / "rf2" / substrate["rf2"]], folder / "real.pack", allow_incomplete=True)
    return Store(folder / "real.pack")


@needs_suites
@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_a_published_suite_is_answered_as_published(path: Path, tmp_path: Path) -> None:
    suite = json.loads(path.read_text(encoding="utf-8"))
    store = opened(suite, tmp_path)
    ours = {entry["ecl"]: entry for entry in DIVERGENCES if entry["suite"] == suite["suite"]}
    wrong = []
    for case in suite["cases"]:
        entry = ours.pop(case["ecl"], None)
        wanted = entry.get("ours") if entry else case.get("expected")
        number = entry.get("ours_count") if entry else case.get("expected_count")
        got = expand(store, case["ecl"], unknown_as_empty=True).code_set()
        if (got != frozenset(wanted)) if wanted is not None else (len(got) != number):
            wrong.append((case["ecl"], sorted(got)))
    assert wrong == []
    assert not ours, "a divergence that is no case any more"


@needs_suites
@pytest.mark.parametrize(
    ("ecl", "number"),
    [
        ("*", 2254),
        ("<< 138875005", 2251),
        ("<< 71388002", 203),
        ("^ 900000000000526001", 1),
        ("^ 10200004", 0),
        ("< 64572001 : 363698007 = << 10200004", 661),
        ("< 64572001 : [1..1] 363698007 = << 10200004", 573),
        ("< 64572001 : [2..*] 363698007 = << 10200004", 88),
        ("< 64572001 . 363698007", 105),
        (">> 10200004", 20),
    ],
)
def test_the_real_subset_gives_the_counts_that_other_servers_publish(ecl: str, number: int) -> None:
    _, store = real_subset()
    assert len(expand(store, ecl)) == number


@needs_suites
def test_the_whole_release_is_the_union_of_active_and_inactive() -> None:
    _, store = real_subset()
    everything = expand(store, "*", substrate=Substrate.ALL)
    assert len(everything) == store.n_concepts == 2258
    inactive = expand(store, "* {{ C active = 0 }}")
    assert inactive.code_set() | expand(store, "*").code_set() == everything.code_set()


@needs_suites
def test_an_unknown_concept_is_an_error_wherever_it_stands() -> None:
    _, store = real_subset()
    for ecl in (
        "99999999",
        "< 99999999",
        "^ 99999999",
        "* : 99999999 = *",
        "* : * = 99999999",
        "10200004 . 99999999",
        "10200004 MINUS 99999999",
        "(10200004 MINUS 10200004) : 99999999 = *",
        "* {{ C moduleId = 99999999 }}",
        "(10200004 MINUS 10200004) : { 363698007 = 99999999 }",
        "^R 99999999",
        "10200004 {{ + HISTORY (99999999) }}",
        "* {{ D typeId = 99999999 }}",
        "* {{ D dialectId = 99999999 }}",
    ):
        with pytest.raises(UnknownConcept) as caught:
            expand(store, ecl)
        assert caught.value.concept == "99999999"
        assert caught.value.position == ecl.index("99999999")
