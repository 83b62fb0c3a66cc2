"""The examples of shipped rulesets would notice a mistake: each single change of a rule, and each comparison that could be left out."""

from __future__ import annotations

import pytest
from tests.places import RULESETS

from codesafety.authoring.coverage import coverages
from codesafety.authoring.mutating import mutate
from codesafety.authoring.testing import Texts, bind_for_examples
from codesafety.engine import frozen_terminology, load


@pytest.mark.parametrize("name", ["uk.pregnancy", "uk.pharmacy_first"])
def test_each_mistake_in_a_ruleset_is_noticed_and_each_atom_decides_alone_in_some_example(name: str) -> None:
    engine = load(RULESETS / name, installed_plugins=False)
    binding, texts = bind_for_examples(engine.rulesets, frozen_terminology(engine.rulesets)), Texts(engine.sources)
    own = [rule for rule in binding.rules if rule.ruleset == name]
    mutated, covered = list(mutate(binding, own, texts)), list(coverages(binding, own, texts))
    assert [f"{one.name}: {s.mutant.words}" for one in mutated for s in one.survivors] == []
    assert [f"{one.rule}: {atom.words}" for one in covered for atom in one.atoms if not atom.decides] == []
    assert min(sum(one.killed for one in mutated), sum(len(one.atoms) for one in covered)) > 100
