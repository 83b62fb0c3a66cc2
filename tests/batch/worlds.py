"""Rows of flat tables as hypothesis draws them: codes that rules ask for beside codes that none does, and everything that is not plain."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import strategies as st

import codesafety
from codesafety.terminology.pack.extract import shipped_products

COLUMNS = (
    "patient_id",
    "id",
    "kind",
    "system",
    "code",
    "display",
    "date",
    "end_date",
    "recorded",
    "status",
    "assertion",
    "subject",
    "value",
    "unit",
    "encounter",
)
CONSULTED = ("patient_id", "id", "system", "code", "display", "date")


def _asked() -> list[str]:
    """Return codes of every shipped set, a few of each."""
    sets = codesafety.load().binding.sets.values()
    return sorted({key for bound in sets for key in sorted(bound.members)[:4] if key.isdigit()})


def worlds(size: int = 14) -> st.SearchStrategy[dict[str, pl.DataFrame]]:
    """Draw the tables of three patients, of whom one may have no row of patients; in half of the worlds there are consultations."""
    codes = st.one_of(
        st.sampled_from(_asked()),
        st.sampled_from(
            ["27113001", "50373000", "60621009", "72313002", "1091811000000102", "77386006", "419099009", "37331000000100"]
        ),
        st.sampled_from(["195967001", "38341003", "73211009", "1054321000000100", "77386005", "EMISNQ1", ""]),
    )
    medicines = st.sampled_from(sorted(shipped_products())[:: len(shipped_products()) // 60])
    days = st.one_of(
        st.dates(min_value=_day("1985-01-01"), max_value=_day("2026-02-01")).map(str),
        st.sampled_from(["2020-03-03", "2020-03-04", "2020-03-05", "2020-02-26", "2019-06-01", "2021-10-01"]),
        st.sampled_from(
            ["2020-03-04", "2020-03-04", "1970-01-01", "2020", "2020-03", "2020-03-04T10:20:00Z", "04/03/2020", "", "2021-02-30"]
        ),
    )
    value = st.one_of(st.none(), st.sampled_from(["70", "172", "24.5", "140", "72000", "1.7", "many"]))

    @st.composite
    def row(draw: Any) -> dict[str, str | None]:
        kind = draw(st.sampled_from(["observation", "condition", "medication", "procedure", "family-history", "nonsense"]))
        return {
            "patient_id": draw(st.sampled_from(["a", "b", "c", ""])),
            "id": draw(st.one_of(st.none(), st.sampled_from(["1", "2", "3", "4"]))),
            "kind": kind,
            "system": draw(st.sampled_from(["sct", "sct", "sct", "icd10", None])),
            "code": draw(medicines if kind == "medication" else codes),
            "display": draw(st.sampled_from([None, "Asthma", "Not pregnant", "Pregnant", "Not pregnant or breastfeeding"])),
            "date": draw(days),
            "end_date": draw(st.one_of(st.none(), days)),
            "recorded": draw(st.one_of(st.none(), days)),
            "status": draw(st.sampled_from([None, None, "final", "entered-in-error", "active", "strange"])),
            "assertion": draw(st.sampled_from([None, None, "absent", "possible"])),
            "subject": draw(st.sampled_from([None, None, "family", "another"])),
            "value": draw(value),
            "unit": draw(st.sampled_from([None, "kg", "cm", "mm[Hg]", "kg/m2"])),
            "encounter": draw(st.sampled_from([None, "1", "2"])),
        }

    @st.composite
    def consulted(draw: Any) -> dict[str, str | None]:
        coded = {"system": "sct", "code": draw(codes), "display": draw(st.sampled_from([None, "Not pregnant"]))}
        return {
            "patient_id": draw(st.sampled_from(["a", "b", ""])),
            "id": draw(st.sampled_from([None, "1", "2"])),
            **(coded if draw(st.booleans()) else dict.fromkeys(coded)),
            "date": draw(days),
        }

    @st.composite
    def person(draw: Any, key: str) -> dict[str, str | None]:
        return {
            "patient_id": key,
            "gender": draw(st.sampled_from(["male", "F", "unknown", None, "none of these"])),
            "birth_date": draw(st.sampled_from(["1990-05-06", "1955-01-01", "2015-08-09", "1990", None, "1990-13-01"])),
            "death_date": draw(st.sampled_from([None, None, "2021-01-01", "true", "false"])),
        }

    @st.composite
    def world(draw: Any) -> dict[str, pl.DataFrame]:
        people = [draw(person(key)) for key in draw(st.sampled_from(["abc", "ab", "a"]))]
        tables = {
            "patients": pl.DataFrame(people, dict.fromkeys(("patient_id", "gender", "birth_date", "death_date"), pl.String)),
            "entries": pl.DataFrame(draw(st.lists(row(), min_size=1, max_size=size)), dict.fromkeys(COLUMNS, pl.String)),
        }
        visits = draw(st.lists(consulted(), max_size=3)) if draw(st.booleans()) else []
        return tables | ({"encounters": pl.DataFrame(visits, dict.fromkeys(CONSULTED, pl.String))} if visits else {})

    return world()


def _day(text: str) -> Any:
    from datetime import date

    return date.fromisoformat(text)


def deaths() -> st.SearchStrategy[dict[str, pl.DataFrame]]:
    """Draw entries of two patients around codes of a death, whole or damaged, with the ids, days and codes that may set a row apart from the next."""
    codes = [*["195967001"] * 4, "38341003", "38341003", "419099009", "4.19099E+17", "27113001"]
    row = st.fixed_dictionaries(
        {
            "patient_id": st.sampled_from(["a", "a", "a", "b"]),
            "id": st.sampled_from([None, "1", "2"]),
            "kind": st.sampled_from([*["condition"] * 6, "observation", "medication"]),
            "system": st.sampled_from([*["sct"] * 6, "icd10"]),
            "code": st.sampled_from(codes),
            "display": st.sampled_from([None, "Asthma"]),
            "date": st.sampled_from([f"20{year}-03-04" for year in range(10, 20)] + ["2010-03-05", "2010-03-06", "2020-03"]),
            "status": st.sampled_from([*[None] * 9, "entered-in-error"]),
            "assertion": st.sampled_from([*[None] * 8, "absent", "possible"]),
        }
    )
    people = st.fixed_dictionaries(
        {
            "patient_id": st.just("a"),
            "gender": st.just("female"),
            "birth_date": st.just("1990-05-06"),
            "death_date": st.sampled_from([None, None, "true", "false", "2023-01-01"]),
        }
    )

    def world(rows: list[dict[str, str | None]], person: dict[str, str | None]) -> dict[str, pl.DataFrame]:
        return {
            name: pl.DataFrame(held, dict.fromkeys(held[0], pl.String))
            for name, held in (("patients", [person]), ("entries", rows))
        }

    return st.builds(world, st.lists(row, min_size=3, max_size=9), people)
