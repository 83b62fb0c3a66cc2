"""No known description of a code, however it is written, alarms on its own code."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator

import pytest
from tests.places import RULESETS, SHARED

import codesafety
from codesafety.terminology.interface import Words
from codesafety.terminology.words.descriptions import judge
from codesafety.terminology.words.normal import normal, without_tag

ALARMS = (Words.NEGATES, Words.NAMES_ANOTHER, Words.UNCLEAR)
_BRITISH = (("edema", "oedema"), ("emia", "aemia"), ("tumor", "tumour"), ("ization", "isation"), ("fetal", "foetal"))


def writings(term: str) -> Iterator[str]:
    """Yield ways in which people and systems write one description."""
    plain = without_tag(term)
    yield from (term, plain, plain.upper(), plain.lower(), f"{plain}.", f"{plain}s", f"  {plain} ", plain.replace(" ", "\u00a0"))
    yield plain.replace(" - ", ": ").replace("-", " ")
    yield plain.replace("On examination", "O/E").replace("Family history", "FH").replace("History of", "H/O")
    for american, british in _BRITISH:
        plain = plain.replace(american, british)
    yield plain


def test_no_writing_of_a_listed_term_alarms_on_its_code() -> None:
    terminology = codesafety.load().terminology
    alarms, judged = [], 0
    for path in sorted(RULESETS.glob("**/codes/*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(line for line in file if not line.startswith("#")):
                if row.get("system", "sct") != "sct" or not row.get("term") or "code" not in row:
                    continue
                for words in writings(row["term"]):
                    judged += 1
                    if (verdict := terminology.judge_words(row["code"], words).verdict) in ALARMS:
                        alarms.append((row["code"], words, verdict))
    assert alarms == []
    assert judged > 50_000


def test_no_writing_of_a_name_in_use_in_england_alarms_on_its_code() -> None:
    usage = SHARED / "usage" / "nhs_snomed_primary_care_usage_2018-19.csv.gz"
    if not usage.exists():
        pytest.skip("shared data is not here")
    with gzip.open(usage, "rt", encoding="utf-8", newline="") as file:
        names = {row["code"]: row["fsn"] for row in csv.DictReader(file)}
    index: dict[str, set[str]] = {}
    for code, name in names.items():
        index.setdefault(normal(name), set()).add(code)
    alarms = {
        words
        for code in sorted(names)[::20]
        for words in writings(names[code])
        if judge(code, words, [names[code]], lambda key: index.get(key, ())).verdict in ALARMS
    }
    assert alarms == set()
