"""The shipped hazard log: its risks are the matrix's, its controls name rules that exist, its figures say how and when."""

from __future__ import annotations

import re

import pytest
from tests.places import RULESETS

import codesafety
from codesafety import builtin
from codesafety.hazards import LIKELIHOODS, Hazard, Risk, read_logs
from codesafety.report import SEVERITIES

LOG = read_logs([RULESETS / "hazards.toml"])
HAZARDS = pytest.mark.parametrize("hazard", LOG.hazards.values(), ids=lambda hazard: hazard.id)
WITHOUT_A_RULE = {"H-20", "H-21", "H-22", "H-25", "H-28", "H-29"}
"""Controlled by how the library works, and not by a rule."""


def of_the_matrix(risk: Risk) -> int:
    return int(LOG.head["matrix"][risk.likelihood][SEVERITIES.index(risk.consequence)])


def test_the_log_holds_the_agreed_hazards_in_order() -> None:
    assert list(LOG.hazards) == [*(f"H-{n:02}" for n in range(1, 17)), *(f"H-{n}" for n in range(20, 30))]


@HAZARDS
def test_a_hazard_has_four_kinds_of_control_and_nobody_owns_it_yet(hazard: Hazard) -> None:
    assert list(hazard.controls) == ["design", "test", "training", "business"]
    assert hazard.owner == ""


@HAZARDS
def test_a_risk_is_the_matrixs_and_controls_never_raise_it(hazard: Hazard) -> None:
    assert hazard.initial.risk == of_the_matrix(hazard.initial)
    assert hazard.residual.risk == of_the_matrix(hazard.residual)
    assert LIKELIHOODS.index(hazard.residual.likelihood) <= LIKELIHOODS.index(hazard.initial.likelihood)
    assert SEVERITIES.index(hazard.residual.consequence) <= SEVERITIES.index(hazard.initial.consequence)
    assert hazard.residual != hazard.initial


def test_each_hazard_has_rules_or_is_known_to_have_none_and_controls_name_rules_that_exist() -> None:
    engine = codesafety.load(*builtin.all_rulesets())
    named = {hazard for rule in engine.rules for hazard in rule.hazards}
    assert set(LOG.hazards) - named == WITHOUT_A_RULE
    rules = {rule.name.partition("[")[0] for rule in engine.rules}
    told = {name for h in LOG.hazards.values() for text in h.controls.values() for name in re.findall(r"uk\.\w+/[\w-]+", text)}
    assert len(told) >= 9
    assert told <= rules


@HAZARDS
def test_a_figure_says_how_and_when_it_was_measured(hazard: Hazard) -> None:
    assert [text for text in hazard.verified if not re.search(r"\d.* \((.+, \d{4}-\d\d-\d\d|the same)\)$", text)] == []
