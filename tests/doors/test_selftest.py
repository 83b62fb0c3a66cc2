"""`codesafety selftest`: what a site's own configuration finds in published scenarios."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import codesafety
from codesafety.authoring import selftest
from codesafety.cli.app import app
from codesafety.errors import InputError

ONE = """[[scenario]]
id = "one"
hazard = "H-01"
title = "Pregnant and Not pregnant"
expect = "at least hold"
given = "given incoming entry 77386006, date 2026-06-01 given incoming entry 60001007, date 2026-06-01"
"""
RIGHT = ONE.replace('"one"', '"two"').replace("at least hold", "at most none").replace("77386006", "195967001")


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["selftest", *map(str, arguments)])
    return result.exit_code, result.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scenarios.toml"
    path.write_text(ONE + RIGHT)
    return path


def test_the_shipped_rules_answer_every_shipped_scenario_as_they_should() -> None:
    engine = codesafety.load(installed_plugins=False)
    found = list(selftest.answers(engine, selftest.read(selftest.shipped())))
    assert [(a.scenario.id, a.found) for a in found if not a.as_it_should] == []
    assert sum(a.scenario.at_least for a in found) > 30 and sum(not a.scenario.at_least for a in found) > 15
    assert {a.scenario.hazard for a in found} <= engine.hazards.hazards.keys()


def test_the_score_is_told_by_hazard(file: Path) -> None:
    code, text = run("--scenarios", file, "--rules", "uk.pregnancy")
    assert code == 0
    assert "H-01  A wrong pregnancy status is filed" in text and "1 of 1" in text
    assert "2 of 2 scenarios as they should be." in text


def test_what_a_profile_switches_off_is_not_found(file: Path, tmp_path: Path) -> None:
    change = {
        "rule": "uk.pregnancy/pregnant-and-not-pregnant-in-one-message",
        "action": "off",
        "reason": "tried",
        "role": "x1",
        "until": "2027",
    }
    profile = tmp_path / "profile.json"
    profile.write_text(json.dumps({"name": "A practice", "changes": [change]}))
    code, text = run("--scenarios", file, "--rules", "uk.pregnancy", "--profile", profile, "--format", "json")
    answer = json.loads(text)
    assert code == 1
    assert [(s["id"], s["found"] == "hold", s["as_expected"]) for s in answer["scenarios"]] == [
        ("one", False, False),
        ("two", False, True),
    ]
    assert answer["hazards"][0]["errors"] == {"found": 0, "of": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no scenario"),
        ("[[scenario", "is no TOML file that can be read"),
        (ONE.replace('expect = "at least hold"', 'expect = "hold"'), "`expect` is no expectation"),
        (ONE.replace("title", "name"), "is not id, hazard, title, given, expect, each a text"),
        (ONE + ONE, "two scenarios are called `one`"),
        (ONE.replace("77386006", "77386007x"), "scenario 1 (`one`)"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "scenarios.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        selftest.read(path)
    assert message in str(caught.value)
    assert run("--scenarios", path)[0] == 2
