"""Count, rule by rule, what the shipped rulesets find in records and tables, and write the table into `docs/findings.md`.

    python tests/rulesets/count_findings.py                     # every data set in ../shared/data, table written
    python tests/rulesets/count_findings.py --every 4           # each fourth patient of tables and archives: a few minutes
    python tests/rulesets/count_findings.py FILE-OR-FOLDER …    # other records, message files or folders of tables; only printed
    python tests/rulesets/count_findings.py --each OUT.jsonl    # also one line a finding, for reading the record behind it

Each patient's or message's entries are one submission without a record. The rulesets that are on by default and the optional
ones are counted apart. Columns: *findings* (results that fire, one a cause), *entries* (incoming entries behind them),
*patients* (messages or patients with at least one), and their denominators: the patients and entries that the rule **could concern**,
because the entry is in the rule's set, or because the rule asks about every entry. *at most* is the upper end of the 95 % Wilson interval
of the share of those patients. *not told* counts results that cannot tell; beneath the table stand the missing inputs.
"""

from __future__ import annotations

import argparse
import io
import json
import tarfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from tests.places import ROOT, SHARED

from codesafety import builtin, ir
from codesafety.authoring.measured import bounds
from codesafety.engine import Engine, load, open_source
from codesafety.errors import CodesafetyError
from codesafety.evaluation.facts import Facts
from codesafety.plugins import Source
from codesafety.record import Patient, Submission

DATA = SHARED
PAGE = ROOT / "docs" / "findings.md"
_ARCHIVES = (".tar", ".tar.xz", ".tar.gz")
BEGIN, END = "<!-- counted: begin -->", "<!-- counted: end -->"
SETS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("GP Connect structured records", ("fhir/gp-record-stu3/*.json",)),
    ("GP Connect Update Record messages", ("fhir/update-record-stu3/*.xml",)),
    ("EPS prescriptions and dispensings", ("fhir/eps-r4/*.json",)),
    ("UK Core and BaRS examples", ("fhir/ukcore-r4/*.xml", "fhir/bars-r4/*.xml")),
    ("Synthea FHIR R4 bundles", ("synthea/synthea_r4_bundles.tar.xz",)),
    ("Synthea flat tables", ("synthea/flat_r4_2019_615",)),
    ("Eunomia (OMOP CDM)", ("omop/gibleed",)),
)


@dataclass(slots=True)
class Tally:
    """One rule on one data set."""

    findings: int = 0
    entries: int = 0
    patients: int = 0
    could_patients: int = 0
    could_entries: int = 0
    untold: int = 0


@dataclass(slots=True)
class Counted:
    """One data set. `unread` counts sources that could not be read at all; `rulesets` names what was asked."""

    name: str
    patients: int = 0
    entries: int = 0
    not_read: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    rules: dict[str, Tally] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    engine: str = ""
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)


def sources(path: Path) -> Iterator[Source]:
    """Yield what is to be read: a file, a folder of tables, the messages in a folder or in an archive."""
    if path.name.endswith(_ARCHIVES):
        with tarfile.open(path) as archive:
            for member in archive:
                opened = archive.extractfile(member) if member.isfile() else None
                if opened is not None:
                    yield Source(io.BytesIO(opened.read()).getvalue(), member.name)
        return
    messages = sorted([*path.glob("*.json"), *path.glob("*.xml")]) if path.is_dir() else []
    if messages:
        for message in messages:
            yield open_source(message)
        return
    yield open_source(path)


def submissions(engine: Engine, paths: list[Path], every: int, counted: Counted) -> Iterator[tuple[str, Submission]]:
    """Yield (key, submission) of each message, and of each `every`-th patient of tables and archives."""
    for path in paths:
        step = every if path.is_dir() or path.name.endswith(_ARCHIVES) else 1
        for place, source in enumerate(sources(path)):
            if place % step:
                continue
            try:
                if engine.holds_many(source):
                    for number, row in enumerate(engine.read_many(source)):
                        if number % every == 0:
                            yield row
                else:
                    yield source.name, engine.read(source)
            except CodesafetyError as error:
                counted.unread[str(error).splitlines()[0].split(": ", 1)[-1]] += 1


def concerns(engine: Engine, submission: Submission) -> Counter[str]:
    """Return, by rule, how many of a submission's entries the rule could concern."""
    anybody = submission.model_copy(update={"patient": Patient()})  # of whom no rule is clear by gender and age alone
    facts = Facts(anybody, None, engine.binding.codebook)
    found: Counter[str] = Counter()
    for rule in engine.rules:
        if rule.trigger.subject is not None and rule.trigger.subject.kind is ir.Kind.CODING:
            found[rule.name] = len(submission.entries) + len(submission.medications)
        elif rule.trigger.subject is None:
            found[rule.name] = 1
    seen: set[tuple[int, int]] = set()
    for whole, _, _, (plan, *_) in engine.program._concerned(facts):
        for ask, trigger in plan:
            if ask is trigger.ask and (whole, trigger.number) not in seen:
                seen.add((whole, trigger.number))
                found[trigger.rule.name] += 1
    return found


def count(name: str, rules: list[str], paths: list[Path], every: int, each: bool) -> Counted:
    """Assess everything in `paths` and count."""
    started = time.monotonic()
    engine = load(*rules)
    counted = Counted(name, engine=engine.standing.engine.digest)
    asked = {path.rpartition("/")[2] for path in rules}
    counted.rules = {rule.name: Tally() for rule in engine.rules if not asked or rule.ruleset in asked}
    for key, submission in submissions(engine, paths, every, counted):
        report = engine.assess(submission)
        counted.patients += 1
        counted.entries += report.counts.entries + report.counts.medications
        counted.not_read += report.counts.not_read
        counted.decisions[report.decision] += 1
        for rule, number in concerns(engine, submission).items():
            if rule in counted.rules:
                counted.rules[rule].could_patients += 1
                counted.rules[rule].could_entries += number
        fired: set[str] = set()
        for result in report.results:
            if asked and result.rule not in counted.rules:
                continue  # a rule that an optional one rests on, counted among those that are on by default
            tally = counted.rules.setdefault(result.rule, Tally())
            if result.outcome == "cannot_tell":
                tally.untold += 1
                continue
            fired.add(result.rule)
            tally.findings += 1
            tally.entries += result.count
            counted.actions[result.rule] = result.action
            if each:
                held = result.model_dump(mode="json", include={"rule", "action", "message", "entries", "count", "facts", "path"})
                counted.lines.append(json.dumps({"set": name, "key": key} | held, ensure_ascii=False))
        for rule in fired:
            counted.rules[rule].patients += 1
        counted.missing.update(line.missing for line in report.missing_inputs)
    counted.seconds = time.monotonic() - started
    return counted


def table(counted: Counted) -> Iterator[str]:
    """Yield one data set as Markdown."""
    decided = ", ".join(f"{counted.decisions[d]:,} {d}" for d in ("none", "note", "review", "hold") if counted.decisions[d])
    yield f"#### {counted.name}"
    yield ""
    yield f"{counted.patients:,} patients or messages, {counted.entries:,} entries and medicines; decisions: {decided or 'nothing read'}."
    for why, number in counted.unread.most_common():
        yield f"Not read: {number} ({why})."
    yield ""
    shown = sorted((r for r, t in counted.rules.items() if t.findings), key=lambda r: (-counted.rules[r].findings, r))
    if shown:
        yield "| rule | action | findings | entries | patients | at most | could concern: patients | entries | not told |"
        yield "|---|---|--:|--:|--:|--:|--:|--:|--:|"
    for rule in shown:
        t = counted.rules[rule]
        of = max(t.could_patients, t.patients)
        share = f"{bounds(t.patients, of)[1]:.1%}" if of else ""
        yield (
            f"| `{rule}` | {counted.actions.get(rule, '')} | {t.findings:,} | {t.entries:,} | {t.patients:,} | {share} "
            f"| {of:,} | {max(t.could_entries, t.entries):,} | {t.untold:,} |"
        )
    silent = [(r, t) for r, t in counted.rules.items() if not t.findings]
    asked = sum(1 for _, t in silent if t.could_entries)
    yield ""
    yield f"{len(silent)} other rules found nothing; {asked} of them had an entry that they could concern."
    untold = [(r, t) for r, t in silent if t.untold]
    if untold:
        said = ", ".join(f"`{r}` {t.untold:,}" for r, t in sorted(untold, key=lambda one: -one[1].untold))
        yield f"Answers of those that could not be told: {said}."
    if counted.missing:
        said = ", ".join(f"`{name}` {n:,}" for name, n in counted.missing.most_common())
        yield f"Missing inputs, by reports that say so: {said}."
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take each n-th patient of tables and archives")
    parser.add_argument("--each", type=Path, help="write one JSON line a finding")
    parser.add_argument("--only", choices=("default", "optional"), help="count one group of rulesets")
    options = parser.parse_args()
    if options.paths:
        sets = [(str(path), [path]) for path in options.paths]
    else:
        sets = [(name, sorted(p for g in globs for p in DATA.glob(g))) for name, globs in SETS]
        sets = [(name, paths) for name, paths in sets if paths]
        if not sets:
            raise SystemExit("the data are not here: ../shared/data; give files or folders")
    optional = sorted(str(path) for path in (builtin.folder() / "optional").iterdir() if path.is_dir())
    groups = [("Rulesets that are on by default", []), ("Optional rulesets", optional)]
    groups = [g for g in groups if options.only is None or (options.only == "optional") == bool(g[1])]
    jobs = [(title, name, rules, paths) for title, rules in groups for name, paths in sets]
    out: list[str] = []
    lines: list[str] = []
    with ProcessPoolExecutor(2) as pool:
        waiting = [(j[0], pool.submit(count, j[1], j[2], j[3], options.every, options.each is not None)) for j in jobs]
        title = ""
        for group, job in waiting:
            found = job.result()
            if group != title:
                title = group
                out += ["", f"### {group}", ""]
                out.append(
                    f"Counted on {date.today().isoformat()}; rules, limits and terminology `{found.engine}`; "
                    f"{'every patient' if options.every == 1 else f'each {options.every}th patient of tables and archives'}."
                )
                out.append("")
            out += table(found)
            lines += found.lines
            print(f"{group}: {found.name}: {found.seconds:.0f} s", flush=True)
    print("\n".join(out))
    if options.each is not None:
        options.each.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if not options.paths and options.only is None and PAGE.exists():
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(out).strip() + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
