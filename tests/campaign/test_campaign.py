"""A few mutants in every run of the suite, and every one that ever escaped. The long run is `nox -s campaign`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.campaign.campaign import CASES, Oracle, run
from tests.campaign.mutate import bases, mutant
from tests.places import EXAMPLES


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle()


@pytest.mark.parametrize("case", sorted(CASES.glob("*")), ids=lambda path: path.name)
def test_what_escaped_once_is_seen(oracle: Oracle, case: Path) -> None:
    assert oracle.escape(case.read_bytes()) is None


def test_mutants_of_the_examples_are_seen() -> None:
    assert [(name, seed, how) for name, seed, how, _ in run(bases([EXAMPLES]), 150, 60, seed=5000)] == []


def test_a_mutant_is_made_of_its_seed_alone() -> None:
    base = bases([EXAMPLES])[0]
    assert [mutant(base, seed) for seed in range(20)] == [mutant(base, seed) for seed in range(20)]


def test_the_oracle_sees_an_escape() -> None:
    """A message in which the code is right, and nothing denies it, passes: the oracle would call that an escape."""
    told = Oracle().escape((EXAMPLES / "contraception-ok.xml").read_bytes())
    assert told is not None
    assert told.startswith("exit 0")
