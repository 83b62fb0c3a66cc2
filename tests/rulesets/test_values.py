"""`uk.values`: the table of limits, its codes, and what the engine answers at the ends of every row."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.places import RULESETS

import codesafety
from codesafety import Engine

HOME = RULESETS / "uk.values"
BANDS = ("lowest", "low", "high", "highest", "bmi_lowest", "bmi_low", "bmi_high", "bmi_highest")
LISTED_APART = {  # lists that hold the codes of several measures
    "pressure_extreme": {"systolic_extreme", "diastolic_extreme"},
    "blood_test": {
        *("creatinine", "egfr", "sodium", "potassium", "chloride", "bicarbonate", "urea", "calcium", "phosphate", "albumin"),
        *("triglycerides", "haemoglobin", "bilirubin", "crp", "urate", "glucose", "fasting_glucose"),
    },
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(line for line in lines if not line.startswith("#")))


LIMITS = rows(HOME / "tables" / "limits.csv")
ANY_AGE = rows(HOME / "tables" / "any_age.csv")
READ = rows(HOME / "codes" / "read.csv")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return codesafety.load(HOME, installed_plugins=False)


def entry(row: dict[str, str], value: Decimal) -> dict[str, Any]:
    """Return a message of one measurement, of a patient whose age is in the row's band."""
    born = 2025 - int(row["youngest"] or row["oldest"] or 40)
    codings = [{"system": "http://snomed.info/sct", "code": row["code"]}]
    quantity = {"value": str(value), "unit": row["unit"]}
    one = {"path": "entries[0]", "kind": "observation", "date": "2025-06-01", "codings": codings, "value": {"quantity": quantity}}
    return {"patient": {"born": f"{born}-05-01"}, "message": {"id": "m"}, "entries": [one], "medications": []}


def fired(engine: Engine, row: dict[str, str], value: Decimal) -> set[str]:
    report = engine.assess(engine.read(json.dumps(entry(row, value)).encode()))
    found = {result.rule.removeprefix("uk.values/") for result in report.results if result.outcome == "fires"}
    return found & {"impossible-value", "implausible-value"}


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: f"{row['measure']}-{row['youngest']}-{row['code']}")
def test_every_row_is_silent_at_its_ends_and_fires_beyond_them(engine: Engine, row: dict[str, str]) -> None:
    for name, rule, step in (
        ("lowest", "impossible-value", -1),
        ("highest", "impossible-value", 1),
        ("low", "implausible-value", -1),
        ("high", "implausible-value", 1),
    ):
        if row[name]:
            end = Decimal(row[name])
            assert rule not in fired(engine, row, end), name
            assert fired(engine, row, end + step * end / 1000) == {rule}, name
    inside = Decimal(row["low"] or row["lowest"] or row["high"] or row["highest"])
    assert fired(engine, row, inside) == set()


PUBLISHED = {  # as the sources print them: measure and youngest age, then lowest, low, high, highest
    ("height", "5"): "60 - - 180",
    ("height", "10"): "80 - - 200",
    ("height", "15"): "100 - - 250",
    ("height", "18"): "90 100 228 250",
    ("weight", "5"): "5 - 90 300",
    ("weight", "10"): "8 - 150 300",
    ("weight", "15"): "12 - - 300",
    ("weight", "18"): "20 30 250 500",
    ("bmi", "5"): "6 - - 40",
    ("bmi", "10"): "8 - - 60",
    ("bmi", "15"): "10 - - 80",
    ("bmi", "18"): "10 15 100 185",
    ("systolic", "0"): "20 - - 350",
    ("systolic", "5"): "20 70 270 350",
    ("diastolic", "5"): "20 30 150 350",
    ("hba1c_ifcc", ""): "9 20 - 195",
    ("hba1c_dcct", ""): "3 - - 18",
    ("sodium", ""): "100 - - 200",
    ("potassium", ""): "1 - - 15",
    ("calcium", ""): "0.5 - - 5",
    ("haemoglobin", ""): "30 - - 250",
    ("albumin", ""): "- 10 60 140",
    ("glucose", ""): "1 - - 150",
    ("fasting_glucose", ""): "- 2 30 150",
    ("saturation", ""): "- - - 100",
}


@pytest.mark.parametrize(("measure", "youngest"), PUBLISHED, ids=lambda part: part or "any age")
def test_a_limit_is_the_number_that_its_source_prints(measure: str, youngest: str) -> None:
    found = {
        " ".join(row[name] or "-" for name in BANDS[:4])
        for row in LIMITS
        if (row["measure"], row["youngest"]) == (measure, youngest)
    }
    assert found == {PUBLISHED[measure, youngest]}


def test_the_codes_of_a_measure_have_the_same_limits_and_its_bands_do_not_overlap() -> None:
    by_code: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    for row in LIMITS:
        said = tuple(row[name] for name in ("youngest", "oldest", "unit", *BANDS, "source"))
        assert said not in by_code[row["measure"], row["code"]], row["code"]
        by_code[row["measure"], row["code"]].add(said)
    by_measure: dict[str, set[frozenset[tuple[str, ...]]]] = defaultdict(set)
    for (measure, _), limits in by_code.items():
        by_measure[measure].add(frozenset(limits))
        ages = sorted((int(low or 0), int(high or 200)) for low, high, *_ in limits)
        assert all(first[1] < second[0] for first, second in pairwise(ages)), measure
    assert [measure for measure, limits in by_measure.items() if len(limits) != 1] == []
    assert len(by_code) == len({code for _, code in by_code})


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: f"{row['measure']}-{row['youngest']}-{row['code']}")
def test_each_limit_names_who_publishes_it_and_none_is_of_the_dashboard_that_withdrew_its_own(row: dict[str, str]) -> None:
    told = [name for part in row["source"].split("; ") for name in part.split(": ")[0].split(", ")]
    assert sorted(told) == sorted(name for name in BANDS if row[name])
    assert not {"DQD", "OHDSI"} & set(row["source"].replace(",", " ").split())
    ends = [Decimal(row[name]) for name in BANDS[:4] if row[name]]
    assert ends == sorted(set(ends))


def test_the_index_of_a_weight_and_a_height_has_the_limits_of_the_index_itself() -> None:
    itself = {row["youngest"]: [row[name] for name in BANDS[:4]] for row in LIMITS if row["measure"] == "bmi"}
    computed = {
        row["youngest"]: [row[name] for name in BANDS[4:]] for row in LIMITS if row["measure"] == "weight" and row["bmi_highest"]
    }
    assert itself == computed


def test_every_code_that_is_judged_was_read_and_stands_in_its_list_and_in_the_table() -> None:
    kept: dict[str, set[str]] = defaultdict(set)
    for row in READ:
        assert row["reason"]
        kept[row["kept_as"]].add(row["code"])
    left_out = kept.pop("")
    in_table: dict[str, set[str]] = defaultdict(set)
    for row in LIMITS:
        in_table[row["measure"]].add(row["code"])
    only_units = {"temperature", "pulse", "respiratory_rate", "capillary_filling"}
    assert in_table == {measure: codes for measure, codes in kept.items() if measure not in only_units}
    for path in (HOME / "codes").glob("*.csv"):
        if path.name != "read.csv":
            measures = LISTED_APART.get(path.stem, {path.stem})
            assert {row["code"] for row in rows(path)} == set().union(*(kept[measure] for measure in measures)), path.name
    assert not left_out & set().union(*kept.values())


def test_the_terms_of_the_table_are_those_of_the_lists() -> None:
    terms = {row["code"]: row["term"] for row in READ}
    assert len(terms) == len(READ)
    assert [row["code"] for row in LIMITS if row["term"] != terms[row["code"]]] == []


def test_the_limits_of_any_age_are_the_widest_of_all_ages() -> None:
    for row in ANY_AGE:
        ages = [each for each in LIMITS if each["code"] == row["code"]]
        assert {each["unit"] for each in ages} == {row["unit"]}
        for bound, widest in (("lowest", min), ("highest", max)):
            found = [Decimal(each[bound]) for each in ages if each[bound]]
            assert row[bound] == (str(widest(found)) if len(found) == len(ages) else ""), row
