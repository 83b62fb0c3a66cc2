"""A report never calls a message told whole while some rule could not be told."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from tests.differential.seeded import Seeded
from tests.differential.test_written import DATA, WRITTEN
from tests.differential.worlds import SmallTerminology, some_record, some_submission

import codesafety
from codesafety import Entry, Patient, Submission
from codesafety.engine import Evaluator
from codesafety.record import Coding


def test_what_could_not_be_told_always_has_a_line(tmp_path: Path) -> None:
    (tmp_path / "w.rules").write_text(WRITTEN)
    for name, content in DATA.items():
        (tmp_path / name).write_bytes(content)
    told = Counter[str]()
    for has_release in (True, False):
        engine = codesafety.load(tmp_path, installed_plugins=False, release=SmallTerminology(has_release))
        for seed in range(150):
            choose = Seeded(random.Random(seed))
            report = engine.assess(some_submission(choose), some_record(choose))
            told[report.told] += 1
            untold = any(r.outcome == "cannot_tell" for r in report.results) or any(i.rules.cannot_tell for i in report.items)
            assert (report.told == "partly") == bool(report.missing_inputs)
            assert report.told == "partly" or not untold, seed
    assert told["partly"] > 100 and told["whole"] > 10


@pytest.mark.parametrize("evaluator", ["compiled", "reference"])
@pytest.mark.parametrize(
    ("condition", "missing", "line"),
    [
        ("patient.sex_at_birth is female", (), "not shown"),
        ("age at 2000-01-01 >= 16 years", ("patient.born",), "patient.born"),
    ],
)
def test_what_is_never_named_and_what_lies_before_birth_have_a_line(
    tmp_path: Path, evaluator: Evaluator, condition: str, missing: tuple[str, ...], line: str
) -> None:
    (tmp_path / "a.rules").write_text(
        f'ruleset a {{ title "A" version 1.0.0 language 2 }} rule r {{ action note for entry e when {condition} say "x" }}'
    )
    engine = codesafety.load(tmp_path, installed_plugins=False, evaluator=evaluator)
    entry = Entry(path="e", codings=(Coding(system="sct", code="77386006"),), date="2025-06-01")
    report = engine.assess(Submission(patient=Patient(born="2009-06-02"), entries=(entry,)))
    assert [(r.outcome, r.missing) for r in report.results] == [("cannot_tell", missing)]
    assert (report.told, [missed.missing for missed in report.missing_inputs]) == ("partly", [line])
