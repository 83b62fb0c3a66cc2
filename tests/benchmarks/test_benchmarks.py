"""The benchmarks run: what is measured is made, and every contestant finds the same."""

from __future__ import annotations

from tests.benchmarks.rules_benchmark import measure, naive
from tests.benchmarks.table import instead
from tests.benchmarks.workload import workload


def test_ours_and_what_is_written_by_hand_find_the_same() -> None:
    made = workload(30, 200)
    oracle = naive(made.rules)
    assert any(oracle(patient) for patient in made.patients)
    assert {len(times) for times in measure(made, 1, 200).rounds.values()} == {1}  # raises where one finds something else


def test_engines_that_are_installed_find_the_same() -> None:
    assert all(row.ratios for row in instead(workload(30, 200), 1))
