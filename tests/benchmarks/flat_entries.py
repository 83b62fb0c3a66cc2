"""Flat entries in any number, the same ones each time: `python -m tests.benchmarks.flat_entries DIR --entries 10000000`.

A thousand entries a patient, in no order of patients, as an extract of a GP's system holds them: codes of the shipped names and of the shipped
rulesets with the terms they have, values of what practices measure, medicines of the shipped dm+d extract. About one row in a thousand is wrong on
purpose: a pregnancy code in a man's record, a date before birth, a code that lost its last digit, a weight in grams. Nobody is described.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

import codesafety
from codesafety.terminology.pack.extract import shipped_products
from codesafety.terminology.pack.names import shipped_names

A_PATIENT = 1_000
_A_PART = 1_000_000
_CODES, _MEDICINES = 6_000, 400
_TODAY = 20_500
"""Days from 1970-01-01: in 2026."""
_MEASURED = (
    ("72313002", "Systolic arterial pressure", "mm[Hg]", 105, 40),
    ("1091811000000102", "Diastolic arterial pressure", "mm[Hg]", 62, 25),
    ("27113001", "Body weight", "kg", 55, 40),
    ("60621009", "Body mass index", "kg/m2", 20, 12),
    ("78564009", "Heart rate measured at systemic artery", "/min", 58, 35),
    ("1000731000000107", "Serum creatinine level", "umol/L", 55, 50),
    ("1000661000000107", "Serum sodium level", "mmol/L", 135, 10),
    ("1000651000000109", "Serum potassium level", "mmol/L", 4, 1),
    ("1022431000000105", "Haemoglobin estimation", "g/L", 120, 40),
    ("1000821000000103", "Serum albumin level", "g/L", 36, 12),
)
"""What practices measure most. Source: SNOMED Code Usage in Primary Care in England, 2018-19, NHS Digital, OGL v3.0."""
_SHARES = {"medicine": 50, "measured": 150, "asked": 20}
"""Of a thousand rows: medicines, values, and codes of which shipped rules about sex, age and pregnancy ask. Same source: such codes are 2.0 % of all
entries, values some 15 %; 70 entries in a million say that the patient is dead, and none does here."""
_PREGNANT = ("77386006", "Pregnancy")
_CUT = ("1054321000000100", "At risk of forced marriage")
_SNOMED = "http://snomed.info/sct"


def _draw(at: pl.Expr, seed: int, below: int) -> pl.Expr:
    """Return numbers from 0 on, the same for the same row: a multiplicative hash, which no version of a library changes."""
    mixed = (at + seed) * 0x9E3779B1 % 4_294_967_296
    mixed = (mixed.xor(mixed // 65_536) * 0x85EBCA6B) % 4_294_967_296
    return (mixed.xor(mixed // 8_192) % below).cast(pl.Int64)


def codes() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return codes with their terms, evenly through the shipped names: those that no shipped set has, and those that one has."""
    names = shipped_names()
    sets = codesafety.load().binding.sets
    asked = {key for bound in sets.values() for key in bound.members}
    about_death = {key for name, bound in sets.items() if "death" in name for key in bound.members}
    every = [code for code in names if "|" not in code and code not in about_death]

    def spread(held: list[str], most: int) -> list[tuple[str, str]]:
        return [(code, names[code][0].rpartition(" (")[0] or names[code][0]) for code in held[:: max(1, len(held) // most)]]

    return spread([code for code in every if code not in asked], _CODES), spread(
        [code for code in every if code in asked], _CODES // 10
    )


def medicines() -> list[tuple[str, str]]:
    products = shipped_products()
    held = [code for code in products if products[code].name and products[code].ingredients]
    return [(code, products[code].name or "") for code in held[:: max(1, len(held) // _MEDICINES)]]


def patients(number: int) -> pl.DataFrame:
    at = pl.int_range(number, dtype=pl.Int64)
    frame = pl.select(at.alias("n"))
    return frame.select(
        (pl.lit("p") + pl.col("n").cast(pl.String)).alias("patient_id"),
        pl.when(_draw(pl.col("n"), 1, 2) == 0).then(pl.lit("male")).otherwise(pl.lit("female")).alias("gender"),
        (_born(pl.col("n"))).cast(pl.Date).alias("birth_date"),
    )


def _born(patient: pl.Expr) -> pl.Expr:
    return (_TODAY - 400 - _draw(patient, 2, 31_000)).cast(pl.Int32)


def entries(start: int, end: int, people: int) -> pl.DataFrame:
    """Return the rows from `start` to before `end`."""
    (known, asked), given = codes(), medicines()
    row = pl.col("row")
    frame = pl.select(pl.int_range(start, end, dtype=pl.Int64).alias("row")).with_columns(
        _draw(row, 3, people).alias("patient"), _draw(row, 4, 1_000).alias("sort"), _draw(row, 5, 4_000).alias("wrong")
    )
    pick = (_draw(row, 6, len(known)) * _draw(row, 7, len(known)) // len(known)).alias("pick")  # a few codes are most of it
    frame = frame.with_columns(
        pick,
        _draw(row, 8, len(given)).alias("product"),
        _draw(row, 9, len(_MEASURED)).alias("what"),
        _draw(row, 12, len(asked)).alias("rare"),
    )
    sort, wrong, what = pl.col("sort"), pl.col("wrong"), pl.col("what")
    medicine, value, rare = (sum([*_SHARES.values()][:n]) for n in (1, 2, 3))
    is_medicine, is_value = (sort < medicine) & (wrong > 4), (sort >= medicine) & (sort < value) & (wrong > 4)
    is_asked = (sort >= value) & (sort < rare)

    def of(picked: pl.Expr, held: list[tuple[str, ...]], place: int) -> pl.Expr:
        return picked.replace_strict(range(len(held)), [one[place] for one in held], return_dtype=pl.String)

    measured = [(code, term, unit) for code, term, unit, _, _ in _MEASURED]
    born = _born(pl.col("patient"))
    day = born + (_draw(row, 10, 100_000) * (_TODAY - born).cast(pl.Int64) // 100_000).cast(pl.Int32)
    low = what.replace_strict(range(len(_MEASURED)), [one[3] for one in _MEASURED], return_dtype=pl.Int64)
    wide = what.replace_strict(range(len(_MEASURED)), [one[4] for one in _MEASURED], return_dtype=pl.Int64)
    number = low + _draw(row, 11, 1_000) * wide // 1_000

    def put(place: int) -> pl.Expr:
        return (
            pl.when(wrong == 0)
            .then(pl.lit(_PREGNANT[place]))
            .when(wrong == 1)
            .then(pl.lit(_CUT[place]))
            .when(wrong == 2)
            .then(pl.lit(_MEASURED[2][place]))
            .when(is_medicine)
            .then(of(pl.col("product"), given, place))
            .when(is_value)
            .then(of(what, measured, place))
            .when(is_asked)
            .then(of(pl.col("rare"), asked, place))
            .otherwise(of(pl.col("pick"), known, place))
        )

    return frame.select(
        (pl.lit("p") + pl.col("patient").cast(pl.String)).alias("patient_id"),
        (pl.lit("e") + row.cast(pl.String)).alias("id"),
        pl.when(is_medicine).then(pl.lit("medication")).otherwise(pl.lit("observation")).alias("kind"),
        pl.lit(_SNOMED).alias("system"),
        put(0).alias("code"),
        put(1).alias("display"),
        pl.when(wrong == 3).then(born - 30).otherwise(day).cast(pl.Date).alias("date"),
        pl.when(wrong == 2).then(pl.lit("72000")).when(is_value).then(number.cast(pl.String)).alias("value"),
        pl.when((wrong == 2) | is_value)
        .then(pl.when(wrong == 2).then(pl.lit("kg")).otherwise(of(what, measured, 2)))
        .alias("unit"),
    )


def write(folder: Path, number: int) -> None:
    """Write `patients.parquet` and `observations.parquet`, a million rows at a time."""
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    people = max(1, number // A_PATIENT)
    patients(people).write_parquet(folder / "patients.parquet")
    first = entries(0, 1, people).to_arrow().schema
    with pq.ParquetWriter(folder / "observations.parquet", first) as writer:
        for start in range(0, number, _A_PART):
            writer.write_table(entries(start, min(number, start + _A_PART), people).to_arrow())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--entries", type=int, default=1_000_000)
    given = parser.parse_args()
    write(given.folder, given.entries)


if __name__ == "__main__":
    main()
