"""The catalogue that a clinical safety officer reads."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from tests.places import RULESETS
from typer.testing import CliRunner

from codesafety import builtin, load
from codesafety.authoring.measured import read_measured
from codesafety.cli.app import app
from codesafety.errors import InputError
from codesafety.hazards import read_logs

RULES = """
ruleset small { title "Small" version 1.0.0 language 1 review none }
valueset pill "A pill" { codes 42111000001107 |Microgynon 30 tablets (Bayer Plc)| }
rule from-50 {
  title "From 50" action review hazard H-03 source "A source" <https://example.org/limit> because "A limit."
  for medication m in pill
  when age at m >= 50 years and patient.gender is female
  unless "a private fact" patient.sex_at_birth is male
  say "{m} at {age at m}."
  example "50" { given patient born 1970-06-01, gender female given incoming medication 42111000001107, date 2025-06-01 expect fires }
  example "49" { given patient born 1980-06-01, gender female given incoming medication 42111000001107, date 2025-06-01 expect clear }
  example "no birth date" { given patient gender female given incoming medication 42111000001107, date 2025-06-01 expect cannot tell: patient.born }
}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "a.rules").write_text(RULES)
    return tmp_path / "small"


def test_the_picture_stands_on_the_page_and_in_words_within_it(rules: Path, tmp_path: Path) -> None:
    html, _ = page_of(rules, tmp_path / "out")
    assert "<title>For whom From 50 fires</title>" in html
    assert "female: clear until 50; fires from 50 (drawn: 40 to 61 years)." in html


def test_where_there_is_no_rule_there_is_nothing_to_sign(tmp_path: Path) -> None:
    (tmp_path / "bare.rules").write_text('ruleset bare { title "Bare" version 1.0.0 language 1 review none }\n')
    done = CliRunner().invoke(app, ["catalogue", "-o", str(tmp_path / "out"), str(tmp_path)], catch_exceptions=True)
    assert (done.exit_code, done.stderr) == (1, "there is no rule here, so there is nothing to sign\n")
    done = CliRunner().invoke(app, ["rules", "review", str(tmp_path)], catch_exceptions=True)
    assert (done.exit_code, done.stderr) == (1, "nothing is declared here, so there is nothing to review\n")


def test_the_catalogue_names_rule_source_hazard_and_examples_and_nothing_private(rules: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["catalogue", "-o", str(tmp_path / "out"), str(rules)], catch_exceptions=False)
    assert result.exit_code == 0, result.stdout
    page = (tmp_path / "out" / "index.html").read_text()
    for words in ("[A pill] at [age].", "https://example.org/limit", "H-03", "no birth date", "cannot tell: patient.born"):
        assert words in page, words
    row = json.loads((tmp_path / "out" / "rules.json").read_text())[0]
    assert row["severity"] == "considerable"
    assert [e["as_expected"] for e in row["examples"]] == [True, True, True]
    hazards = list(csv.DictReader((tmp_path / "out" / "hazards.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert next(h for h in hazards if h["id"] == "H-03")["rules"] == "small/from-50"


HEADER = "rules,material,unseen,findings,right,arguable,wrong,date,judge,note\n"


def page_of(rules: Path, out: Path) -> tuple[str, dict[str, Any]]:
    result = CliRunner().invoke(app, ["catalogue", "-o", str(out), str(rules)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    (row,) = json.loads((out / "rules.json").read_text())
    return " ".join((out / "index.html").read_text().split()), row


def test_a_rule_says_how_often_it_was_right_and_that_nobody_measured_it(rules: Path, tmp_path: Path) -> None:
    html, row = page_of(rules, tmp_path / "out")
    assert "Not yet measured on material that its authors had not seen." in html
    assert (row["measured"], row["measured_unseen"]) == ([], False)


def test_what_was_judged_stands_on_the_page_with_its_material(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "measured.csv").write_text(
        HEADER
        + 'small/from-50,"three practices, May",yes,12,9,2,1,2026-11-01,pharmacist,one was a copy\n'
        + "small/other small/from-50,our own examples,no,2,2,0,0,2026-10-01,pharmacist,\n"
    )
    html, row = page_of(rules, tmp_path / "out")
    assert "Not yet measured" not in html
    assert (
        "9 of 12 right, 2 arguable, 1 wrong, on unseen material (three practices, May); judged on 2026-11-01 by a pharmacist."
        in html
    )
    assert "2 of 2 right, on familiar material (our own examples), together with small/other; judged" in html
    assert row["measured_unseen"] is True
    assert [(each["right"], each["together"]) for each in row["measured"]] == [(9, []), (2, ["small/other"])]


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ("small/from-50,m,yes,12,9,2,2,2026-11-01,pharmacist,\n", "line 2, findings"),
        ("small/from-50,m,yes,2,two,0,0,2026-11-01,pharmacist,\n", "line 2, findings"),
        ("small/from-50,m,perhaps,2,2,0,0,2026-11-01,pharmacist,\n", "line 2, unseen"),
        (",m,yes,2,2,0,0,2026-11-01,pharmacist,\n", "line 2, rules"),
        ("small/from-50,m,yes,2,2,0,0,2026-11-01\n", "line 2, row"),
    ],
)
def test_what_cannot_be_read_as_measured_is_refused(rules: Path, tmp_path: Path, rows: str, where: str) -> None:
    (tmp_path / "measured.csv").write_text(HEADER + rows)
    result = CliRunner().invoke(app, ["catalogue", "-o", str(tmp_path / "out"), str(rules)])
    assert result.exit_code == 2
    assert where in result.stderr


def test_every_rule_that_was_measured_is_shipped() -> None:
    engine = load(*builtin.all_rulesets())
    assert set(read_measured([RULESETS / "measured.csv"])) <= {rule.name for rule in engine.rules}


def test_an_example_that_fails_is_marked_and_exits_1(rules: Path, tmp_path: Path) -> None:
    file = rules / "a.rules"
    file.write_text(
        file.read_text().replace(
            "born 1980-06-01, gender female given incoming medication 42111000001107, date 2025-06-01 expect clear",
            "born 1960-06-01, gender female given incoming medication 42111000001107, date 2025-06-01 expect clear",
        )
    )
    result = CliRunner().invoke(app, ["catalogue", "-o", str(tmp_path / "out"), str(rules)], catch_exceptions=False)
    assert result.exit_code == 1
    assert "not all as expected" in (tmp_path / "out" / "index.html").read_text()


def test_a_risk_outside_the_matrix_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "hazards.toml"
    log.write_text("""[[hazard]]
id = "H-01"
name = "n"
description = "d"
cause = "c"
effect = "e"
harm = "h"
status = "open"
owner = ""
initial = { likelihood = "often", consequence = "minor", risk = 1 }
residual = { likelihood = "low", consequence = "minor", risk = 1 }
""")
    with pytest.raises(InputError, match=r"hazard H-01: the initial risk is no cell of the matrix"):
        read_logs([log])


def test_every_shipped_rule_names_a_hazard_of_the_log() -> None:
    engine = load()
    known = set(engine.hazards.hazards)
    assert known
    assert not {(r.name, h) for r in engine.rules for h in r.hazards if h not in known}
    assert all(r.hazards for r in engine.rules)


def test_what_a_rule_or_a_set_allows_stands_on_the_page_with_its_reason(rules: Path, tmp_path: Path) -> None:
    text = RULES.replace('because "A limit."', 'because "A limit." allow CS470 because "it is an example"')
    text = text.replace("(Bayer Plc)| }", '(Bayer Plc)| allow CS471 because "one code says it" }')
    (rules / "a.rules").write_text(text)
    html, row = page_of(rules, tmp_path / "out")
    assert row["allowed"] == [{"check": "CS470", "reason": "it is an example"}]
    assert "would tell <code>CS470</code>: it is an example" in html
    assert "Allowed in <code>pill</code>, though the linter would tell <code>CS471</code>: one code says it" in html
