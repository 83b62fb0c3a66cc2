"""What fixed work costs in the interpreter's instructions stays as it is written down, within a tenth."""

from __future__ import annotations

import json

import pytest
from tests.benchmarks.instructions import COUNTS, PYTHON, TOLERANCE, instructions, works


def test_work_takes_as_many_instructions_as_are_written_down() -> None:
    held = json.loads(COUNTS.read_text())
    if PYTHON not in held:
        pytest.skip(f"nobody has written down what Python {PYTHON} takes: `python -m tests.benchmarks.instructions`")
    now = {name: instructions(work) for name, work in works()}
    assert now.keys() == held[PYTHON].keys()
    changed = {name: (held[PYTHON][name], n) for name, n in now.items() if abs(n / held[PYTHON][name] - 1) > TOLERANCE}
    assert changed == {}, "if that is as it should be: `python -m tests.benchmarks.instructions`, and say why in the commit"
