"""Each shipped ruleset by itself, beside no other than those that it uses: its lists, its rules and their examples."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.places import RULESETS

from codesafety.engine import frozen_terminology, load
from codesafety.testing import bind_for_examples, run_examples

SHIPPED = sorted({path.parent for path in RULESETS.rglob("*.rules")})


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_the_examples_of_a_ruleset_pass_when_it_is_loaded_alone(folder: Path) -> None:
    engine = load(folder, installed_plugins=False)
    binding = bind_for_examples(engine.rulesets, frozen_terminology(engine.rulesets))
    own = [rule for rule in binding.rules if rule.name.startswith(f"{folder.name}/")]
    results = list(run_examples(binding, rules=own))
    assert [result for result in results if not result.passed] == []
    assert bool(results) is (folder.name != "uk.codes")
