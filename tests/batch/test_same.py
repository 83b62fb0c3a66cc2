"""A scan equals assess, record by record: whatever the sieve leaves out changes no row of any table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.batch.worlds import deaths, worlds
from tests.places import RULESETS
from tests.terminology import generated as made

import codesafety
from codesafety.batch.people import WHOLE, Asking, of_tables
from codesafety.batch.sieve import LeftOut, Sieve
from codesafety.batch.tabled import COLUMNS, Rows
from codesafety.batch.verdicts import Verdicts
from codesafety.engine import Engine
from codesafety.formats.tables.disk import Opened
from codesafety.formats.tables.flat import FlatReader
from codesafety.plugins import Source
from codesafety.report import Report


@cache
def engine(complete: bool) -> Engine:
    """All shipped rules, the optional ones too."""
    return codesafety.load(RULESETS, RULESETS / "optional", never=["release"] if complete else ["record", "release"])


@cache
def sieve(complete: bool) -> Sieve:
    return Sieve(Verdicts(engine(complete), WHOLE if complete else None))


def opened(folder: Path) -> Opened:
    return FlatReader().open(Source(b"", str(folder), folder))


def scanned(folder: Path, complete: bool, through: Sieve | None, of: Engine | None = None) -> dict[str, list[tuple[object, ...]]]:
    rows = Rows()
    for person in of_tables(of or engine(complete), opened(folder), "flat-table", Asking(complete), {}, through):
        rows.take(person, None)
    return {name: sorted(rows.tables[name], key=str) for name in COLUMNS} | {
        "counts": [(rows.patients, rows.entries, rows.understood, *sorted(rows.decisions.items()))]
    }


def assessed(folder: Path, complete: bool) -> Iterator[tuple[str, Report]]:
    """Yield what `codesafety check` makes of each patient."""
    for key, submission in engine(complete).read_many(folder):
        yield key, engine(complete).assess(submission, WHOLE if complete else None)


def fired(found: Sequence[tuple[object, ...]]) -> set[tuple[object, ...]]:
    names = COLUMNS["findings"]
    at = [names.index(name) for name in ("place", "rule", "outcome", "action", "finding")]
    return {tuple(row[n] for n in at) for row in found}


@pytest.mark.parametrize("complete", [False, True])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(world=worlds())
def test_no_row_differs_whether_rows_are_left_out_or_not(
    complete: bool, world: dict[str, pl.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("world")
    for name, table in world.items():
        table.write_csv(folder / f"{name}.csv")
    assert scanned(folder, complete, sieve(complete)) == scanned(folder, complete, None)


@pytest.mark.parametrize("complete", [False, True])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(following=st.lists(deaths(), min_size=1, max_size=2))
def test_no_row_differs_after_a_code_that_may_say_that_the_patient_is_dead(
    complete: bool, following: list[dict[str, pl.DataFrame]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    for world in following:
        folder = tmp_path_factory.mktemp("world")
        for name, table in world.items():
            table.write_csv(folder / f"{name}.csv")
        assert scanned(folder, complete, sieve(complete)) == scanned(folder, complete, None)


OF_A_RELEASE = f"""
ruleset wide {{ title "Wide" version 1.0.0 language 2 }}
valueset findings "Findings" {{ ecl {{ << {made.FINDING} }} }}
valueset attacks "Attacks" {{ codes {made.OLD} |Old| }}
rule of-a-man {{ action review for entry e in findings when patient.gender is male say "{{e}}" }}
rule after-another {{
  action review for entry e in attacks with entry f in findings when e is within 3 months after f say "{{e}} {{f}}"
}}
rule without-a-heart {{
  action note for entry e in attacks when not (exists entry h in hearts where (h is on the same day as e)) say "{{e}}"
}}
valueset hearts "Hearts" {{ ecl {{ << {made.HEART} }} }}
rule unknown {{ action hold for coding c when c is not known or c is not active say "{{c}}" }}
rule words {{ action hold for coding c when c contradicts its words say "{{c}}" }}
"""
"""Sets by expression, a former code that stands for its successor, and what only a release can tell of a code."""


@pytest.fixture(scope="module")
def with_a_release(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("wide")
    (folder / "wide.rules").write_text(OF_A_RELEASE, encoding="utf-8")
    return codesafety.load(
        folder, release=made.built(made.small(), tmp_path_factory.mktemp("release")), never=["record"], installed_plugins=False
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "patient_id": st.sampled_from(["a", "a", "b"]),
                "system": st.sampled_from(["sct", "sct", "sct", "icd10"]),
                "code": st.sampled_from(
                    [*[made.BODY] * 4, made.FINDING, made.DISEASE, made.INFARCT, made.HEART, made.OLD, "22298006", "22298007"]
                ),
                "display": st.sampled_from([*[None] * 6, "Heart attack", "No heart attack", "Heart"]),
                "date": st.sampled_from(["2020-03-04", "2020-04-04", *(f"20{year}-07-08" for year in range(10, 22)), "2020", ""]),
                "status": st.sampled_from([None, None, None, "entered-in-error"]),
            }
        ),
        min_size=1,
        max_size=10,
    ),
    gender=st.sampled_from(["male", "female", ""]),
)
def test_no_row_differs_with_a_release(
    rows: list[dict[str, str | None]], gender: str, with_a_release: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("world")
    pl.DataFrame(rows, dict.fromkeys(rows[0], pl.String)).write_csv(folder / "entries.csv")
    _table(folder, "patients.csv", "patient_id,gender,birth_date", f"a,{gender},1990-05-06")
    through = Sieve(Verdicts(with_a_release, None))
    assert scanned(folder, False, through, with_a_release) == scanned(folder, False, None, with_a_release)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_code_that_no_rule_understands_stands_beside_another_wherever_it_did(at: int, tmp_path: Path) -> None:
    rows = ["a,condition,sct,195967001,2010-03-04"] * 2
    rows.insert(at, "a,condition,icd10,J45,2011-03-04")
    _table(tmp_path, "entries.csv", "patient_id,kind,system,code,date", *rows)
    _table(tmp_path, "patients.csv", "patient_id,gender,birth_date", "a,female,1990-05-06")
    assert scanned(tmp_path, True, sieve(True)) == scanned(tmp_path, True, None)


def test_of_entries_after_a_damaged_code_the_latest_stays_and_all_are_counted(tmp_path: Path) -> None:
    plain = [f"a,{n},condition,sct,195967001,Asthma,20{n}-03-04" for n in range(10, 25)]
    dead = "a,x,condition,sct,4.19099E+17,,2009-03-04"
    _table(tmp_path, "entries.csv", "patient_id,id,kind,system,code,display,date", *plain, dead)
    _table(tmp_path, "patients.csv", "patient_id,gender,birth_date", "a,female,1990-05-06")
    left, fewer = sieve(False).left(opened(tmp_path))
    assert (left.tables["entries"].rows, fewer["a"]) == (4, LeftOut(12, 12))  # two that any code stands beside
    assert scanned(tmp_path, False, sieve(False)) == scanned(tmp_path, False, None)
    assert ("record", 15) in {(row[5], row[7]) for row in scanned(tmp_path, False, sieve(False))["cannot_tell"]}


@pytest.mark.parametrize("complete", [False, True])
def test_a_scan_finds_what_assess_finds(complete: bool, shared: Path, tmp_path: Path) -> None:
    folder = _some_of_synthea(shared, tmp_path)
    of_scan = fired(scanned(folder, complete, sieve(complete))["findings"])
    of_assess = {
        (entry.path, result.rule, result.outcome, result.action, result.id)
        for _, report in assessed(folder, complete)
        for result in report.results
        if result.outcome == "fires" or result.action != "none"
        for entry in result.entries
        if entry.takes_action
    }
    assert of_scan == of_assess
    assert of_assess


def test_rows_that_no_rule_could_care_about_are_left_out(tmp_path: Path) -> None:
    plain = [f"a,{n},condition,sct,195967001,Asthma,20{n}-03-04" for n in range(10, 25)]
    _table(tmp_path, "entries.csv", "patient_id,id,kind,system,code,display,date", *plain)
    _table(tmp_path, "patients.csv", "patient_id,gender,birth_date", "a,female,1990-05-06")
    left, fewer = sieve(True).left(opened(tmp_path))
    assert (left.tables["entries"].rows, dict(fewer)) == (1, {"a": LeftOut(14, 0)})


def test_a_code_that_cannot_be_is_found_among_rows_that_are_left_out(tmp_path: Path) -> None:
    plain = [f"a,{n},condition,sct,195967001,Asthma,20{n}-03-04" for n in range(10, 25)]
    _table(
        tmp_path,
        "entries.csv",
        "patient_id,id,kind,system,code,display,date",
        *plain,
        "a,x,condition,sct,195967002,Asthma,2020-03-04",
    )
    _table(tmp_path, "patients.csv", "patient_id,gender,birth_date", "a,female,1990-05-06")
    assert [(row[5], row[2]) for row in scanned(tmp_path, True, sieve(True))["findings"]] == [
        ("uk.integrity/code-fails-its-check-digit", "entries[15]")
    ]


def test_words_of_a_code_that_may_deny_it_are_named_among_rows_that_are_left_out(tmp_path: Path) -> None:
    plain = [f"a,{n},condition,sct,195967001,Asthma,20{n}-03-04" for n in range(10, 25)]
    doubtful = "a,x,condition,sct,195967001,Asthma excluded by spirometry,2015-03-04"
    _table(tmp_path, "entries.csv", "patient_id,id,kind,system,code,display,date", *plain, doubtful)
    _table(tmp_path, "patients.csv", "patient_id,gender,birth_date", "a,female,1990-05-06")
    assert [(row[2], row[7]) for row in scanned(tmp_path, True, sieve(True))["not_checked"]] == [
        ("entries[15]", "words of a code that may deny it, or cannot be read")
    ]


def test_what_cannot_be_told_since_a_rule_came_into_force_is_told_of_rows_without_a_partner(tmp_path: Path) -> None:
    plain = [f"a,{n},condition,sct,195967001,Asthma,20{n}-03-04" for n in range(10, 26)]
    checks = ["a,x,observation,sct,163020007,On examination - blood pressure reading,2020-03-04"]
    checks += ["a,y,observation,sct,163020007,On examination - blood pressure reading,2022-03-04"]
    _table(tmp_path, "entries.csv", "patient_id,id,kind,system,code,display,date", *plain, *checks)
    _table(tmp_path, "patients.csv", "patient_id,gender,birth_date", "a,female,1960-05-06")
    assert scanned(tmp_path, False, sieve(False)) == scanned(tmp_path, False, None)
    assert ("message.service", 1) in {(row[5], row[7]) for row in scanned(tmp_path, False, sieve(False))["cannot_tell"]}


@pytest.mark.parametrize(("day", "found"), [("2020-03-04", 1), ("2020-03-05", 0)])
def test_what_is_looked_for_on_a_rows_day_leaves_rows_of_other_days_out(day: str, found: int, tmp_path: Path) -> None:
    _table(
        tmp_path,
        "entries.csv",
        "patient_id,id,kind,system,code,display,date,value,unit",
        "a,1,observation,sct,27113001,Body weight,2020-03-04,150,kg",
        f"a,2,observation,sct,50373000,Body height measure,{day},150,cm",
        "a,3,condition,sct,195967001,Asthma,2021-03-04,,",
    )
    _table(tmp_path, "patients.csv", "patient_id,gender,birth_date", "a,female,1990-05-06")
    left, fewer = sieve(True).left(opened(tmp_path))
    assert (left.tables["entries"].rows, dict(fewer)) == (1 + 2 * found, {"a": LeftOut(2, 0)} if not found else {})
    rules = {row[5] for row in scanned(tmp_path, True, sieve(True))["findings"]}
    assert ("uk.values/weight-and-height-are-one-number" in rules) == bool(found)


@pytest.mark.parametrize(("day", "found"), [("2020-03-04", 1), ("2020-03-05", 0)])
def test_a_pair_of_one_day_leaves_rows_of_other_days_out(day: str, found: int, tmp_path: Path) -> None:
    _table(
        tmp_path,
        "entries.csv",
        "patient_id,id,kind,system,code,display,date,assertion",
        "a,1,condition,sct,195967001,Asthma,2020-03-04,",
        f"a,2,condition,sct,195967001,Asthma,{day},absent",
        "a,3,condition,sct,38341003,Hypertension,2021-03-04,",
    )
    _table(tmp_path, "patients.csv", "patient_id,gender,birth_date", "a,female,1990-05-06")
    left, _ = sieve(True).left(opened(tmp_path))
    assert left.tables["entries"].rows == 1 + 2 * found
    rules = {row[5] for row in scanned(tmp_path, True, sieve(True))["findings"]}
    assert ("uk.integrity/said-and-denied-in-one-message" in rules) == bool(found)


def test_a_day_before_birth_is_found_in_columns_alone_and_answered_by_the_rule(tmp_path: Path) -> None:
    plain = [f"a,{n},condition,sct,195967001,Asthma,20{n}-03-04" for n in range(10, 25)]
    _table(
        tmp_path,
        "entries.csv",
        "patient_id,id,kind,system,code,display,date",
        *plain,
        "a,x,condition,sct,195967001,Asthma,1989-03-04",
    )
    _table(tmp_path, "patients.csv", "patient_id,gender,birth_date", "a,female,1990-05-06")
    assert [(row[5], row[2]) for row in scanned(tmp_path, True, sieve(True))["findings"]] == [
        ("uk.integrity/entry-dated-before-birth", "entries[15]")
    ]


def _table(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _some_of_synthea(shared: Path, folder: Path) -> Path:
    """Write the six patients with the fewest observations, the first of them born when much of what is filed was over."""
    source = shared / "synthea" / "flat_r4_2019_615"
    few = pl.read_parquet(source / "observations.parquet").with_columns(pl.col("patient").cast(pl.String))
    keep = few.group_by("patient").len().sort("len", "patient")["patient"].head(6).to_list()
    for path in source.glob("*.parquet"):
        table = pl.read_parquet(path).filter(pl.col("patient").cast(pl.String).is_in(keep))
        if path.stem == "patients":
            late = pl.when(pl.col("patient").cast(pl.String) == keep[0]).then(pl.lit("2021-12-31")).otherwise("birth_date")
            table = table.with_columns(birth_date=late)
        table.write_parquet(folder / path.name)
    return folder
