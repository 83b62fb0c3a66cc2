"""A report never calls a message told whole while some rule could not be told."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from tests.differential.seeded import Seeded
from tests.differential.test_written import DATA, WRITTEN
from tests.differential.worlds import SmallTerminology, some_record, some_submission

import codesafety


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
