"""What a rule costs is said before it runs."""

from __future__ import annotations

import codesafety
from codesafety.authoring.cost import Cost, cost

HEAD = """ruleset c { title "C" version 1.0.0 language 2 }
valueset a "A" { codes 77386006, 60001007 }
table t from "t.csv" { key code in sct column n number }
"""


def of(rule: str, tmp_path) -> Cost:  # type: ignore[no-untyped-def]
    (tmp_path / "c.rules").write_text(f'{HEAD} rule r {{ action note {rule} say "x" }}', encoding="utf-8")
    (tmp_path / "t.csv").write_text("code,n\n77386006,1\n", encoding="utf-8")
    engine = codesafety.load(tmp_path, installed_plugins=False)
    return cost(engine.rules[0], engine.binding)


def test_a_rule_of_one_item(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert of("for entry e in a when patient.gender is male", tmp_path) == Cost(
        "by each incoming entry in `a` (2 codes)", None, "i, at most"
    )


def test_a_pair_and_what_it_looks_through(tmp_path) -> None:  # type: ignore[no-untyped-def]
    found = of(
        "for entry e in a with medication m when exists mention x in a where (no history y where (y is before x))", tmp_path
    )
    assert found.joined == "with all medications"
    assert found.grows == "i × k × k × k (k: all histories, mentions in `a` (2 codes)), at most"


def test_rows_words_and_the_message(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert of("for entry e with row r of t when r.n < 2", tmp_path).joined == "with the rows of `t` that have the item's code"
    assert of("for text t when t is on the same day as 2025-01-01", tmp_path).triggered.startswith(
        "by the words of each incoming item"
    )
    assert of("for message when patient.gender is male", tmp_path) == Cost("once, by the message", None, "once a message")
