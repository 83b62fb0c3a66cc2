"""Records in systems that no rule knows: nothing passes in silence, and nothing is asked of anybody."""

from __future__ import annotations

import pytest

from codesafety import load
from codesafety.record import Coding, Entry, Medication, Patient, Submission
from codesafety.report import Report

READ = "http://read.info/readv2"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PATIENT = Patient(gender="male", born="1950-01-01")


def in_read() -> Report:
    codings = (Coding(system=READ, code="K500.00", display="Endometriosis of uterus"),)
    return load().assess(Submission(patient=PATIENT, entries=(Entry(path="entry[0]", codings=codings, date="2020-01-01"),)))


def in_rxnorm() -> Report:
    products = (Coding(system=RXNORM, code="849574", display="Naproxen sodium 220 MG Oral Tablet"),)
    medicines = tuple(Medication(path=f"medicine[{n}]", products=products, start="2020-01-01") for n in range(2))
    return load().assess(Submission(patient=PATIENT, medications=medicines))


@pytest.mark.parametrize(
    ("report", "items", "missing"), [(in_read(), 1, "code"), (in_rxnorm(), 2, "product")], ids=["Read", "RxNorm"]
)
def test_a_record_in_another_system_is_told_partly_and_one_line_says_so(report: Report, items: int, missing: str) -> None:
    assert [r.rule for r in report.results if r.outcome == "fires"] == []
    assert (report.decision, report.told, {i.decision for i in report.items}) == ("none", "partly", {"none"})
    assert [(m.missing, m.items) for m in report.missing_inputs if m.missing in ("code", "product", "release.*")] == [
        (missing, items),
        ("release.*", items),
    ]
    assert all(i.rules.cannot_tell > 0 for i in report.items)
