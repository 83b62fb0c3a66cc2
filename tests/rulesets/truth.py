"""Measure the shipped rules on the shared cases and oracles, and print each figure with its denominator, 95 % bounds and aim.

    nox -s truth

The cases and oracles lie in ../shared and are no part of the project. A case is answered as it should be if the strictest finding
is at least, or at most, what it asks for. The rules were written with half of these cases in sight: what a case nobody here has
seen would get is not known from it. Bounds are Wilson's, and hold for cases drawn like these.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import track
from rich.table import Table
from tests.places import CASES, ORACLES, SHARED
from tests.rulesets import age_coverage, sex_coverage, test_duplicates
from tests.rulesets.medicines_recognised import PLACES, recognised

from codesafety.authoring.measured import bounds
from codesafety.engine import Engine, load
from codesafety.record import Record, Submission
from codesafety.report import RANK, Report

CLINICAL = CASES / "clinical"
CONTRACEPTION, PHARMACY_FIRST = "incident.jsonl", "incident_pf_reverse.jsonl"
BY_DESIGN = "truly pregnant"
"""In the kind of a right message that a service is not for: a review of it is meant."""
FAMILIAR: Final = SHARED / "fhir" / "gp-record-stu3"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: how many of how many; `wrong` names those that are not."""

    what: str
    good: int
    asked: int
    aim: str
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One shared case with its answer."""

    file: str
    id: str
    kind: str
    told: dict[str, Any]
    decision: str
    is_flawed: bool
    """Whether one of its own codes bears another code's name (docs/findings.md): no message like that is right."""

    def reaches(self, action: str) -> bool:
        return RANK[self.decision] >= RANK[action]

    @property
    def is_right(self) -> bool:
        """Return whether it was answered as it should be."""
        if "at_least" in self.told:
            return self.reaches(self.told["at_least"])
        return not self.reaches("review") if self.told["at_most"] == "note" else RANK[self.decision] <= RANK[self.told["at_most"]]


Asked = Callable[[Case], bool]


def answered(engine: Engine) -> Iterator[Case]:
    """Yield every clinical case with the decision on it."""
    for path in sorted(CLINICAL.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            submission, record = Submission.model_validate(told["submission"]), told.get("record")
            report: Report = engine.assess(submission, Record.model_validate(record) if record else None)
            flawed = any(r.rule == "uk.integrity/code-and-words-disagree" and r.outcome == "fires" for r in report.results)
            yield Case(path.name, told["id"], told.get("kind") or "", told, report.decision, flawed)


def of_cases(cases: Sequence[Case]) -> Iterator[Row]:
    """Yield the figures of the clinical cases."""

    def row(what: str, aim: str, asked: Asked, good: Asked) -> Row:
        found = [case for case in cases if asked(case)]
        return Row(what, sum(map(good, found)), len(found), aim, tuple(c.id for c in found if not good(c)))

    def of(file: str, kind: str) -> Asked:
        return lambda case: case.file == file and case.told["class"] == kind

    def of_kind(file: str, begins: str) -> Asked:
        return lambda case: case.file == file and case.kind.startswith(begins)

    def with_record(mode: str) -> Asked:
        return lambda case: case.told["record_mode"] == mode

    def both(one: Asked, other: Asked) -> Asked:
        return lambda case: one(case) and other(case)

    def reaches(action: str) -> Asked:
        return lambda case: case.reaches(action)

    def is_right(case: Case) -> bool:
        return case.is_right

    errors, gaps, correct = (of("scenarios.jsonl", kind) for kind in ("error", "gap", "correct"))
    yield row("real errors of kinds that rules claim, caught", "all", errors, is_right)
    yield row("real errors of other kinds, from incidents and the literature", "16 of 20", gaps, is_right)
    yield row("correct but tricky messages without a false review", "69 of 70", correct, is_right)
    yield row("probes, one fact each", "all", of("probes.jsonl", "probe"), is_right)
    wrong = of(CONTRACEPTION, "wrong")
    for mode in ("complete", "incomplete", "none"):
        yield row(
            f"wrong Pregnant, contraception, record {mode}: review", ">= 99 %", both(wrong, with_record(mode)), reaches("review")
        )
    pharmacy_first = of_kind(PHARMACY_FIRST, "PF ")
    for mode, aim in (("complete", ">= 95 %"), ("incomplete", ">= 60 %"), ("none", ">= 60 %")):
        for action, wanted in (("note", ">= 95 %"), ("review", aim)):
            asked = both(pharmacy_first, with_record(mode))
            yield row(f"wrong Pregnant, Pharmacy First, record {mode}: {action}", wanted, asked, reaches(action))
    for since in ("<=4", ">4"):
        asked = of_kind(PHARMACY_FIRST, f"REVERSE pregnant coded {since} ")
        yield row(
            f"truly pregnant, sent as Not pregnant, last coded {since} weeks ago: review", ">= 95 %", asked, reaches("review")
        )
    ordinary = of(CONTRACEPTION, "correct")
    yield row(
        "correct contraception messages without a false review",
        "> 99.9 %",
        lambda case: ordinary(case) and BY_DESIGN not in case.kind,
        lambda case: not case.reaches("review"),
    )
    yield row(
        "… leaving out those whose medicine bears another one's code",
        "> 99.9 %",
        lambda case: ordinary(case) and BY_DESIGN not in case.kind and not case.is_flawed,
        lambda case: not case.reaches("review"),
    )
    yield row(
        "… and of somebody truly pregnant, reviewed by design",
        "",
        lambda case: ordinary(case) and BY_DESIGN in case.kind,
        reaches("review"),
    )
    yield row(
        "correct messages without a record, but for those, that end as none",
        ">= 95 %",
        lambda case: ordinary(case) and case.told["record_mode"] == "none" and BY_DESIGN not in case.kind and not case.is_flawed,
        lambda case: case.decision == "none",
    )


def of_medicines(engine: Engine) -> Iterator[Row]:
    """Yield how many medicines are recognised, on familiar records and on others."""
    for what, aim, paths in (
        ("medicines recognised, the six shared GP records", "100 %", (FAMILIAR,)),
        ("medicines recognised, all other UK records", ">= 90 %", tuple(p for p in PLACES if p != FAMILIAR)),
    ):
        unknown: Counter[str] = Counter()
        found = sum((recognised(engine, path, unknown) for path in paths), Counter[str]())
        yield Row(what, found["recognised"], found["coded"], aim, tuple(unknown))


def of_lists() -> Iterator[Row]:
    """Yield what share of entries of one sex or age, by use in England, the lists cover."""
    counts = sex_coverage.usage()
    found = {"sex-specific": sex_coverage.measure(counts), **age_coverage.measure(counts)}
    for (whose, cover), aim in zip(found.items(), (">= 95 %", ">= 95 %", ">= 90 %"), strict=True):
        all_entries = cover.listed_entries + cover.unread_entries
        yield Row(
            f"{whose} entries of England covered, of what was read and not left out", cover.listed_entries, all_entries, aim
        )
        yield Row(
            "… counting what was left out with a reason as missed",
            cover.listed_entries,
            all_entries + cover.left_out_entries,
            "",
        )


def of_duplicates() -> Iterator[Row]:
    """Yield how many pairs of a national list of duplicate groups are found, and how many of different groups stay silent."""
    pairs = list(csv.DictReader(test_duplicates.PAIRS.open(newline="", encoding="utf-8")))
    same = [row for row in pairs if row["relation"] == "same"]
    missed = [row for row in same if not test_duplicates.found(row["vtm_a"], row["vtm_b"])]
    argued = [row for row in missed if test_duplicates.argued(row["ingredient_a"], row["ingredient_b"])]
    yield Row("pairs of one Korean duplicate group, found", len(same) - len(missed), len(same), "or argued")
    yield Row("… found or argued", len(same) - len(missed) + len(argued), len(same), "all")
    groups, silent = {row["group_a"] for row in same}, {row["group_a"] for row in missed}
    yield Row("Korean duplicate groups of which every pair is found", len(groups - silent), len(groups), "or argued")
    others = [row for row in pairs if row["relation"] == "different"]
    quiet = [row for row in others if not test_duplicates.found(row["vtm_a"], row["vtm_b"])]
    yield Row("pairs of different groups that stay silent, or are joined on purpose", len(quiet), len(others), "or argued")


def measured() -> Iterator[Row]:
    """Yield every figure; ends the command where the shared material is not here."""
    lacking = [str(path.relative_to(path.parents[1])) for path in (CLINICAL, ORACLES, SHARED) if not Path(path).exists()]
    if lacking:
        raise SystemExit(f"nothing was measured: {', '.join(lacking)} is not beside the project")
    engine = load()
    yield from of_medicines(engine)
    yield from of_cases(list(answered(engine)))
    yield from of_lists()
    yield from of_duplicates()


def main() -> None:
    console = Console(width=None if Console().is_terminal else 150)
    table = Table("measured, default rules, no release", "of", "share", "95 % bounds", "aim", "not")
    table.columns[1].justify = table.columns[2].justify = "right"
    for row in track(measured(), "measuring", console=console, transient=True, disable=not console.is_terminal):
        low, high = bounds(row.good, row.asked)
        share = f"{row.good / row.asked:.1%}" if row.asked else "nothing asked"
        named = " ".join(row.wrong[:8]) + (f" … {len(row.wrong) - 8} more" if len(row.wrong) > 8 else "")
        table.add_row(row.what, f"{row.good:,}/{row.asked:,}", share, f"{low:.1%} to {high:.1%}", row.aim, named)
    console.print(table)


if __name__ == "__main__":
    main()
