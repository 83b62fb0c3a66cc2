"""DARWIN EU's PregnancyIdentifier: the class of its concepts beside our lists, code by code, and the shortest gaps between outcomes."""

from __future__ import annotations

import csv
from datetime import date, timedelta

from tests.conformance.authorities import needs, rows, tell
from tests.places import RULESETS

import codesafety
from codesafety.ir import Length
from codesafety.record import Coding, Coverage, Entry, Record, Submission

CONCEPTS, TERMS = "hip_concepts.csv", "hip_terms.csv"
CODES = RULESETS / "uk.codes" / "codes"

BIRTH = ("delivered", "birth_told")
LOSS = ("pregnancy_lost",)
PREGNANT = (
    *("pregnant", "antenatal_care", "estimated_delivery_date", "gestational_age"),
    *("pregnancy_test_positive", "pregnancy_hint"),
)
OURS = {"LB": BIRTH, "SB": BIRTH, "DELIV": BIRTH, "SA": LOSS, "AB": LOSS, "ECT": LOSS, "PREG": PREGNANT}
"""Which of our lists say what a class of theirs says. What an outcome lasted, and whether the child lived, no rule of ours asks."""

RIGHTLY_NOT_OURS = {
    "LB, SB, DELIV: the child's own, which tell of it for life, or of the child in a mother's record": (
        *("34831003", "90562004", "310661005", "710235005", "310523002", "206123007", "413654009", "276640009", "267253006"),
        *("206201001", "77362009", "275368005", "199531009", "57284007"),
    ),
    "LB, SB, DELIV: may be said of the child, of the mother or of her earlier children": ("45384004",),
    "LB, SB, DELIV: labour, which may not have ended": (
        *("236958009", "169960003", "31208007", "35874009", "426060003", "38010008", "308037008", "51920004", "200164009"),
        *("45757002", "236991000", "200046004", "199595002", "90188009", "199661007", "200078007", "199597005", "199757009"),
        *("199747008", "199752003", "9780006", "43715006", "1343000", "70068004", "199670005", "7870007"),
    ),
    "LB, SB, DELIV: of the pregnancy, before labour: in the lists of signs, or in none": (
        *("73161006", "63750008", "46764007", "198997005", "86356004", "237283007", "10573002", "267257007", "199751005"),
    ),
    "LB, SB, DELIV: of the body, also years after or without a birth": (
        *("248879001", "61007003", "267289003", "7504005", "27215002", "69217004", "36854009", "51195001", "177208006"),
    ),
    "LB, SB, DELIV: may come before the birth as well as after it": ("17263003", "200286003", "267284008"),
    "PREG: it has ended: in the lists of ends": ("412726003", "371374003"),
    "PREG: its end is asked for: in `termination_sought`": ("415262008", "386394001"),
    "PREG: awaited, offered, wanted or not wanted: nothing of it was done": (
        *("169662008", "1104661000000106", "169661001", "169660000", "169609001", "169651008", "1104711000000103"),
    ),
    "PREG: a test without a result, or one that left it open": ("167252002", "167255000", "370381000"),
    "PREG: labour, which is a sign nowhere: it is days from its end": ("6383007", "371380006", "177130000", "289725009"),
    "PREG: a place or a person, as which they stand over letters": ("394574007", "169613008"),
    "PREG: names what was, or what was thought, within care that may be over": (
        *("169584000", "169589005", "169583006", "169569009"),
    ),
    "PREG: of the child, or of the womb and what was in it once it was looked at": (
        *("17231009", "1089000", "237309005", "169679002", "199625002", "249173008", "289279004", "303606009"),
    ),
    "PREG: also after a birth, or of anyone": (
        *("49746001", "243829001", "224457004", "17382005", "200416006", "200284000", "111208003", "88887003", "176653008"),
        *("28701003", "275835005", "275834009"),
    ),
    "PREG: how the child lies, which is said at birth as well": ("23954006", "270498000", "80002007"),
    "PREG: operations on the unborn child, which hospitals code: five entries a year or ten": (
        *("177095006", "240279008", "177102000", "168115006", "426737000", "177086003", "1029002", "240285001", "177101007"),
        "164817009",
    ),
}


def listed(name: str) -> set[str]:
    with (CODES / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"] for row in csv.DictReader(line for line in lines if not line.startswith("#"))}


@needs(CONCEPTS)
def test_every_joined_concept_is_in_the_list_of_its_class_or_argued() -> None:
    ours = {outcome: set[str]().union(*map(listed, names)) for outcome, names in OURS.items()}
    joined = {(row["outcome"], row["snomed"]): row for row in rows(CONCEPTS) if row["snomed"]}
    lacking = {key for key in joined if key[1] not in ours[key[0]]}
    for outcome in OURS:
        of_it = [key for key in joined if key[0] == outcome]
        tell(f"concepts of class {outcome}", len(of_it), len(lacking & set(of_it)))
    argued = [code for codes in RIGHTLY_NOT_OURS.values() for code in codes]
    assert len(argued) == len(set(argued))
    assert {f"{key[1]} {joined[key]['omop_name']}" for key in lacking if key[1] not in argued} == set()
    assert set(argued) - {code for _, code in lacking} == set()


GAPS = "hip_gaps.csv"
FIRST_OF = {"LB": "169826009", "SB": "169827000", "DELIV": "48782003", "SA": "17369002", "AB": "386639001", "ECT": "34801009"}
"""By their outcome a code of ours that says it: single live birth, single stillbirth, normal delivery, miscarriage, termination, ectopic."""
LATER_THAN_OURS = {
    "hip-gap-LB-LB": "182 days to a live birth: a delivery of ours may be of a stillborn child, for which 168 do",
    "hip-gap-SB-LB": "the same",
}
"""Gaps of which the last two weeks are clear here: we ask the shorter one."""
LOSSES = {"SA", "AB", "ECT"}


@needs(GAPS)
def test_two_outcomes_closer_than_the_shortest_gap_are_noted() -> None:
    engine = codesafety.load("uk.pregnancy", installed_plugins=False)

    def noted(row: dict[str, str], days: int) -> bool:
        """Return whether the second outcome is noted so many days after the first, which is on the record."""
        first = date(2025, 1, 1)
        system = "http://snomed.info/sct"
        kept, sent = (
            Entry(path=which, date=str(day), codings=(Coding(system=system, code=FIRST_OF[row[which]]),))
            for which, day in (("first", first), ("next", first + timedelta(days=days)))
        )
        record = Record(entries=(kept,), complete=(Coverage(kind="entry"),))
        results = engine.assess(Submission(entries=(sent,)), record).results
        return any(r.outcome == "fires" and r.rule == "uk.pregnancy/ends-too-close-together" for r in results)

    asked = [row for row in rows(GAPS) if not {row["first"], row["next"]} <= LOSSES]
    ends = {row["id"]: [noted(row, int(row["min_days"]) - 1), noted(row, int(row["min_days"]))] for row in asked}
    others = {gap for gap, answers in ends.items() if answers != [True, False]}
    tell("shortest gaps", len(asked), len(others))
    assert others == set(LATER_THAN_OURS)
    assert [noted(row, 167) for row in asked if row["id"] in others] == [True, True]
    losses = [row for row in rows(GAPS) if row not in asked]
    assert [row["id"] for row in losses if noted(row, int(row["min_days"]) - 1)] == []  # one loss is told over weeks


@needs(TERMS)
def test_a_pregnancy_may_be_set_to_last_as_long_as_their_longest_term() -> None:
    """Of an ectopic pregnancy no rule asks how long it lasts; their shortest terms are in the gaps above."""
    limits = {limit.name: limit for limit in codesafety.load("uk.pregnancy", installed_plugins=False).rulesets[-1].limits}
    longest = limits["uk.pregnancy/longest_pregnancy"]
    (term,) = (int(row["max_term_days"]) for row in rows(TERMS) if row["outcome"] == "LB")
    assert isinstance(longest.default, Length) and isinstance(longest.high, Length)
    tell("longest terms", 1, 0)
    assert longest.default.n * 7 < term <= longest.high.n * 7
