"""A team's own checks: the linter asks them, tells what they say under their names, and a rule allows them as any other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.authoring.lint_page import TODAY
from tests.plugins.made import plugin

from codesafety import PluginError, language
from codesafety.authoring.lint.running import Linted, lint
from codesafety.engine import frozen_terminology
from codesafety.plugins import Check, Complaint, Ruleset
from codesafety.plugins.declared import checks
from codesafety.plugins.manager import manager

RULES = """ruleset t { title "Test" version 1.0.0 language 2 }
valueset preg "Pregnant" { codes 77386006 |Pregnancy| source "SNOMED CT" }
rule r { title "Pregnant" action hold PART for entry e in preg say "{e}" }
"""


def no_hold(ruleset: Ruleset) -> Iterator[Complaint]:
    for rule in ruleset.rules:
        if rule.action == "hold":
            yield Complaint(rule, "a rule of ours holds", "write `action review`")


def linted(look: Any = no_hold, *, name: str = "acme/no-hold", part: str = "") -> Linted:
    loaded = language.load_texts({"t.rules": RULES.replace("PART", part)})
    asked = checks(manager([plugin(checks=[Check(name, look)])], entry_points=False))
    return lint(loaded, frozen_terminology(loaded.rulesets), today=TODAY, checks=asked)


def test_what_a_check_says_is_told_under_its_name_at_the_rule() -> None:
    (told,) = linted().told
    assert (told.check, told.owner.name) == ("acme/no-hold", "t/r")
    assert (told.diagnostic.message, told.diagnostic.help) == ("a rule of ours holds", "write `action review`")


def test_a_rule_allows_it_as_it_allows_any_other() -> None:
    done = linted(part='allow acme/no-hold because "the board decided so"')
    assert done.told == ()
    assert [one.allowed.reason for one in done.allowed if one.allowed] == ["the board decided so"]


@pytest.mark.parametrize("name", ["no-hold", "Acme/no-hold", "CS430", ""])
def test_a_check_of_another_name_is_refused(name: str) -> None:
    with pytest.raises(PluginError, match="is not named `plugin/name`"):
        linted(name=name)


def test_two_checks_of_one_name_are_refused() -> None:
    two = [Check("acme/one", no_hold), Check("acme/one", no_hold)]
    with pytest.raises(PluginError, match="is given twice"):
        checks(manager([plugin(checks=two)], entry_points=False))


def fails(ruleset: Ruleset) -> list[Complaint]:
    raise ValueError("something")


@pytest.mark.parametrize("look", [fails, lambda ruleset: ["no complaint"], lambda ruleset: None])
def test_a_check_that_fails_is_named(look: Any) -> None:
    with pytest.raises(PluginError, match="acme/no-hold"):
        linted(look)
