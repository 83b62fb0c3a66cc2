"""`codesafety check` on tables of many patients: one report a patient as JSON, or counts by rule as text."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import sqrt

from codesafety.cli.output import JsonArray, Tally, write
from codesafety.engine import Engine
from codesafety.errors import InputError
from codesafety.plugins import Source
from codesafety.profile import Override, Profile
from codesafety.record import Submission

_MOST_PATIENTS = 5


def check_tables(
    engine: Engine,
    source: Source,
    profile: Profile | None,
    overrides: Sequence[Override],
    tally: Tally,
    answers: JsonArray | None,
    named: Mapping[str, str],
) -> None:
    """Assess every patient in tables, as a submission each, and count the reports.

    Into `answers` goes an object a patient, with its row key and report after what is `named`. Without, text counts, by rule, the
    patients and entries on which it fires, with the upper end of the 95 % interval (Wilson) of the share of patients.

    Raises InputError where there is no patient, and whatever reading raises: between two patients, too.
    """
    patients, entries = 0, 0
    fired: Counter[tuple[str, str]] = Counter()
    counted: Counter[tuple[str, str]] = Counter()
    keys: dict[tuple[str, str], list[str]] = {}
    untold: Counter[str] = Counter()
    for key, submission in _with_progress(engine.read_many(source)):
        report = engine.assess(submission, profile=profile, overrides=overrides)
        tally.count(report)
        if answers is not None:
            answers.add({**named, "patient": key, "report": report.model_dump(mode="json")})
        patients += 1
        entries += report.counts.entries + report.counts.medications
        for result in report.results:
            name = (result.rule, result.action)
            if result.outcome == "cannot_tell":
                untold[result.rule] += 1
                continue
            fired[name] += 1
            counted[name] += result.count
            keys.setdefault(name, [])
            if len(keys[name]) < _MOST_PATIENTS:
                keys[name].append(key)
    if not patients:
        raise InputError(
            "there is no row of a patient in it: NOTHING WAS CHECKED", source=source.name, help="give a table with a row a code"
        )
    if answers is None:
        write(*_counts(source.name, patients, entries, fired, counted, keys, untold))


def _counts(
    name: str,
    patients: int,
    entries: int,
    fired: Counter[tuple[str, str]],
    counted: Counter[tuple[str, str]],
    keys: dict[tuple[str, str], list[str]],
    untold: Counter[str],
) -> Iterator[str]:
    yield f"{name}: {patients} patients, {entries} entries and medications"
    if not fired:
        yield "No loaded rule fired. That does not mean that the entries are right."
    else:
        longest = max(len(rule) for rule, _ in fired)
        yield f"{'rule'.ljust(longest)}  action  findings  entries  share of patients (95 % at most)  such as"
        for (rule, action), number in fired.most_common():
            share = f"{number / patients:.2%} ({upper_bound(number, patients):.2%})"
            yield (
                f"{rule.ljust(longest)}  {action.ljust(6)}  {number:8}  {counted[rule, action]:7}  {share:>33}  "
                f"{', '.join(keys[rule, action])}"
            )
    if untold:
        yield f"{sum(untold.values())} answers of {len(untold)} rules could not be told"
    yield "One report a patient: --format json"


def upper_bound(found: int, of: int) -> float:
    """Return the upper end of the 95 % Wilson interval of a share."""
    if of == 0:
        return 1.0
    z = 1.959963984540054
    share, n = found / of, float(of)
    middle = share + z * z / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return min(1.0, (middle + spread) / (1 + z * z / n))


def _with_progress(rows: Iterator[tuple[str, Submission]]) -> Iterator[tuple[str, Submission]]:
    if not sys.stderr.isatty():
        yield from rows
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed} patients"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("patients", total=None)
        for row in rows:
            yield row
            progress.advance(task)
