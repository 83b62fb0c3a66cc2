"""What somebody could take instead of us, asked the same of the same patients. Each is optional, and is left out where it is not installed.

DuckDB is asked about all patients at once, as it is meant to be. Engines of expressions have no index: they stand behind the one written
by hand, which asks them for each rule whose codes a patient has; without one they took hundreds of times as long.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.benchmarks.workload import MadeRule, age

Found = list[tuple[int, int]]
Check = Callable[[list[dict[str, Any]]], list[Found]]
"""From patients to the (item's place, rule) of each one's findings."""
Test = Callable[[str, int], object]
"""Whether a rule fires for a gender and so many years."""

INSTEAD = {
    "DuckDB": "duckdb",
    "CEL, in Rust": "common-expression-language",
    "CEL, in Python": "cel-python",
    "ZEN": "zen-engine",
    "Rego": "regorus",
}
"""What each engine is called on PyPI."""


def checks(rules: list[MadeRule]) -> tuple[dict[str, Check], dict[str, str]]:
    """Return a check for each engine that is installed, and why the others have none."""
    made: dict[str, Check] = {}
    absent: dict[str, str] = {}
    for name, package in INSTEAD.items():
        try:
            made[name] = _MAKERS[name](rules)
        except ImportError:
            absent[name] = f"`pip install {package}`"
        except KeyError:
            absent[name] = f"`{package}` is not on PyPI: it is built from its sources"
    return made, absent


def _duckdb(rules: list[MadeRule]) -> Check:
    connection = import_module("duckdb").connect()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("number", "is_entry", "code", "gender", "below", "reached"))
            writer.writerows(
                (r.number, r.is_entry, code, r.gender, r.below, r.reached) for r in rules for code in sorted(r.codes)
            )
        types = "{'number': 'INT', 'is_entry': 'BOOL', 'code': 'BIGINT', 'gender': 'VARCHAR', 'below': 'INT', 'reached': 'INT'}"
        connection.execute(f"create table rule as from read_csv('{path}', columns = {types}, header = true)")
    shape = '[{"p":"INT","place":"INT","is_entry":"BOOL","code":"BIGINT","day":"DATE","gender":"VARCHAR","born":"DATE"}]'
    query = f"""
        with item as (select unnest(from_json(?, '{shape}'), recursive := true))
        select p, place, number from item join rule using (is_entry, code)
        where rule.gender = item.gender or day < born + to_years(below) or day >= born + to_years(reached)
    """

    def check(patients: list[dict[str, Any]]) -> list[Found]:
        items = [
            {"p": p, "place": place + shift, "is_entry": is_entry, "code": item["code"], "day": item["date"], **of_patient}
            for p, patient in enumerate(patients)
            for of_patient in ({"gender": patient["gender"], "born": patient["born"]},)
            for kind, is_entry, shift in (("entries", True, 0), ("medicines", False, 8))
            for place, item in enumerate(patient[kind])
        ]
        found: list[Found] = [[] for _ in patients]
        for p, place, number in connection.execute(query, [json.dumps(items)]).fetchall():
            found[p].append((place, number))
        return found

    return check


def _written(rule: MadeRule) -> str:
    """Return a rule's condition, in the words that all engines of expressions have."""
    if rule.gender is not None:
        return f"gender == '{rule.gender}'"
    return f"years < {rule.below}" if rule.below is not None else f"years >= {rule.reached}"


def _behind_an_index(rules: list[MadeRule], compiled: Callable[[str], Test]) -> Check:
    sides = []
    for kind, shift, is_entry in (("entries", 0, True), ("medicines", 8, False)):
        index: dict[str, list[tuple[int, Test]]] = {}
        for rule in rules:
            if rule.is_entry == is_entry:
                test = compiled(_written(rule))
                for code in rule.codes:
                    index.setdefault(code, []).append((rule.number, test))
        sides.append((kind, shift, index))

    def check(patients: list[dict[str, Any]]) -> list[Found]:
        found: list[Found] = []
        for patient in patients:
            gender, born = patient["gender"], date.fromisoformat(patient["born"])
            found.append(
                [
                    (place + shift, number)
                    for kind, shift, index in sides
                    for place, item in enumerate(patient[kind])
                    if item["code"] in index
                    for years in (age(born, date.fromisoformat(item["date"])),)
                    for number, test in index[item["code"]]
                    if test(gender, years)
                ]
            )
        return found

    return check


def _cel_in_rust(rules: list[MadeRule]) -> Check:
    cel = import_module("cel")

    def compiled(written: str) -> Test:
        execute = cel.compile(written).execute
        return lambda gender, years: execute({"gender": gender, "years": years})

    return _behind_an_index(rules, compiled)


def _cel_in_python(rules: list[MadeRule]) -> Check:
    celpy = import_module("celpy")
    environment, words, numbers = celpy.Environment(), celpy.celtypes.StringType, celpy.celtypes.IntType

    def compiled(written: str) -> Test:
        evaluate = environment.program(environment.compile(written)).evaluate
        return lambda gender, years: evaluate({"gender": words(gender), "years": numbers(years)})

    return _behind_an_index(rules, compiled)


def _zen(rules: list[MadeRule]) -> Check:
    zen = import_module("zen")

    def compiled(written: str) -> Test:
        evaluate = zen.compile_expression(written).evaluate
        return lambda gender, years: evaluate({"gender": gender, "years": years})

    return _behind_an_index(rules, compiled)


_MAKERS: dict[str, Callable[[list[MadeRule]], Check]] = {
    "DuckDB": _duckdb,
    "CEL, in Rust": _cel_in_rust,
    "CEL, in Python": _cel_in_python,
    "ZEN": _zen,
}
