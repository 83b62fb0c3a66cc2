"""Plant faults of known kinds into published records, and print how many the default rulesets catch.

    python tests/rulesets/planted.py                 # 20 plants of each of eleven kinds in ../shared/data, always the same ones

Each plant changes one thing in one record: the gender, the birth date, one date, one code or one code's words. It is *caught* where a
rule that is meant for the kind of fault fires on what was changed and did not fire on it before. *Another rule* counts plants at which
only other rules are new. What no rule can be meant to see without a release (a digit changed so that the check digit still holds) is not
planted, and codes are planted only into entries that stand (not planned, resolved, denied or about another: rules leave those out by
design). Sex at birth, where a record has it, is taken out with the gender. Records: the six GP Connect records and Synthea bundles, drawn with a fixed seed.
"""

from __future__ import annotations

import random
import sys
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.places import SHARED

from codesafety.engine import Engine, load, open_source
from codesafety.plugins import Source
from codesafety.record import Coding, Entry, Patient, Submission
from codesafety.report import Report
from codesafety.terminology.sctid import is_well_formed

DATA = SHARED
SCT = "http://snomed.info/sct"
PLANTS = 20
BUNDLES = 20

_FEMALE = (
    ("76376003", "Endometriosis of uterus"),
    ("80182007", "Irregular periods"),
    ("289903006", "Menopause present"),
    ("95315005", "Uterine leiomyoma"),
    ("6815003", "Bartholinitis"),
)
_MALE = (
    ("266569009", "Benign prostatic hyperplasia"),
    ("73491007", "Psychogenic impotence"),
    ("82062003", "Congenital hydrocele"),
    ("867891000000101", "Erectile dysfunction due to diabetes mellitus"),
    ("399068003", "Malignant tumour of prostate"),
)
_NEWBORN = (("387712008", "Neonatal jaundice"), ("12301009", "Neonatal urinary tract infection"))
_ADULT = (
    ("15662003", "Senile dementia"),
    ("267718000", "Age-related macular degeneration"),
    ("266569009", "Benign prostatic hyperplasia"),
)

Planted = tuple[Submission, str | None]
"""The changed submission, and the path of the entry that was changed; None where the change is the patient's."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: what plants it (None where a record has no place for it), and the rules that are meant for it."""

    name: str
    plant: Callable[[Submission, random.Random], Planted | None]
    rules: tuple[str, ...]


def _replaced(submission: Submission, entry: Entry, **fields: object) -> Planted:
    changed = entry.model_copy(update=fields)
    entries = tuple(changed if e is entry else e for e in submission.entries)
    return submission.model_copy(update={"entries": entries}), entry.path


def _dated(submission: Submission) -> list[Entry]:
    return [
        e
        for e in submission.entries
        if e.date is not None
        and len(e.date) >= 10
        and any(c.system == SCT for c in e.codings)
        and e.subject in (None, "patient")
        and e.assertion in (None, "present")
        and e.temporality in (None, "current")
    ]


def _coded(submission: Submission, chance: random.Random, codes: tuple[tuple[str, str], ...]) -> Planted | None:
    places = _dated(submission)
    if not places:
        return None
    code, words = chance.choice(codes)
    return _replaced(submission, chance.choice(places), codings=(Coding(system=SCT, code=code, display=words),), text=None)


def _patient(submission: Submission, **fields: object) -> Submission:
    patient = submission.patient
    assert isinstance(patient, Patient)
    return submission.model_copy(update={"patient": patient.model_copy(update=fields)})


def _other_sex(submission: Submission, chance: random.Random) -> Planted | None:
    match submission.patient.gender:
        case "male":
            return _coded(submission, chance, _FEMALE)
        case "female":
            return _coded(submission, chance, _MALE)
    return None


def _born_late(submission: Submission, chance: random.Random) -> Planted | None:
    dates = sorted(str(e.date)[:4] for e in _dated(submission))
    if len(dates) < 3:
        return None
    return _patient(submission, born=f"{int(dates[len(dates) // 2]) + 1}-06-15"), None


def _newborn(submission: Submission, chance: random.Random) -> Planted | None:
    planted = _coded(submission, chance, _NEWBORN)
    return None if planted is None else (_patient(planted[0], born="1920-03-03"), planted[1])


def _adult(submission: Submission, chance: random.Random) -> Planted | None:
    planted = _coded(submission, chance, _ADULT)
    if planted is None:
        return None
    entry = next(e for e in planted[0].entries if e.path == planted[1])
    return _patient(planted[0], born=f"{int(str(entry.date)[:4]) - 9}-01-01"), planted[1]


def _pregnant(submission: Submission, chance: random.Random) -> Planted | None:
    planted = _coded(submission, chance, (("77386006", "Pregnant"),))
    return None if planted is None else (_patient(planted[0], gender="male", sex_at_birth=None), planted[1])


def _changed_code(change: Callable[[str, random.Random], str | None]) -> Callable[[Submission, random.Random], Planted | None]:
    def plant(submission: Submission, chance: random.Random) -> Planted | None:
        places = [(e, c) for e in submission.entries for c in e.codings if c.system == SCT and c.code and is_well_formed(c.code)]
        chance.shuffle(places)
        for entry, coding in places:
            code = change(str(coding.code), chance)
            if code is not None and not is_well_formed(code):
                codings = tuple(c.model_copy(update={"code": code}) if c is coding else c for c in entry.codings)
                return _replaced(submission, entry, codings=codings)
        return None

    return plant


def _one_digit(code: str, chance: random.Random) -> str | None:
    place = chance.randrange(1, len(code))
    return code[:place] + chance.choice([d for d in "0123456789" if d != code[place]]) + code[place + 1 :]


def _two_swapped(code: str, chance: random.Random) -> str | None:
    places = [i for i in range(1, len(code) - 1) if code[i] != code[i + 1]]
    if not places:
        return None
    i = chance.choice(places)
    return code[:i] + code[i + 1] + code[i] + code[i + 2 :]


def _spreadsheet(code: str, chance: random.Random) -> str | None:
    return code[:15] + "0" * (len(code) - 15) if len(code) > 15 and set(code[15:]) != {"0"} else None


def _future(submission: Submission, chance: random.Random) -> Planted | None:
    places = _dated(submission)
    if not places:
        return None
    message = submission.message.model_copy(update={"sent": "2026-11-22"})
    return _replaced(submission.model_copy(update={"message": message}), chance.choice(places), date="2031-05-05")


def _ended(submission: Submission, chance: random.Random) -> Planted | None:
    places = _dated(submission)
    return _replaced(submission, chance.choice(places), end_date="1950-01-01") if places else None


def _denied(submission: Submission, chance: random.Random) -> Planted | None:
    return _coded(submission, chance, (("77386006", "Not pregnant"),))


KINDS = (
    Kind("a code of the other sex", _other_sex, ("uk.sex/",)),
    Kind("pregnant, in a record whose gender is male", _pregnant, ("uk.pregnancy/pregnant-patient-recorded-male",)),
    Kind("pregnant, with the words Not pregnant", _denied, ("uk.integrity/",)),
    Kind("a newborn's code in an adult", _newborn, ("uk.age/",)),
    Kind("an adult's condition at nine", _adult, ("uk.age/",)),
    Kind("a birth date after half of the entries", _born_late, ("uk.integrity/entry-dated-before-birth",)),
    Kind("one digit of a code changed", _changed_code(_one_digit), ("uk.integrity/",)),
    Kind("two digits of a code swapped", _changed_code(_two_swapped), ("uk.integrity/",)),
    Kind("a long code cut by a spreadsheet", _changed_code(_spreadsheet), ("uk.integrity/",)),
    Kind("a date five years ahead of the message", _future, ("uk.integrity/entry-dated-in-the-future",)),
    Kind("an end before the beginning", _ended, ("uk.integrity/ends-before-it-begins",)),
)


def records(engine: Engine) -> Iterator[Submission]:
    """Yield the published records, GP Connect first."""
    for path in sorted((DATA / "fhir" / "gp-record-stu3").glob("*.json")):
        yield engine.read(open_source(path))
    archive = DATA / "synthea" / "synthea_r4_bundles.tar.xz"
    if archive.exists():
        with tarfile.open(archive) as opened:
            members = [m for m in opened if m.isfile()][:BUNDLES]
            for member in members:
                held = opened.extractfile(member)
                assert held is not None
                yield engine.read(Source(held.read(), member.name))


def fired(report: Report, path: str | None) -> set[str]:
    """Return the rules that fire on the entry at `path`, or anywhere where the change is the patient's."""
    results = [r for r in report.results if r.outcome == "fires"]
    return {
        r.rule
        for r in results
        if path is None or (r.path or "").startswith(path) or any(e.path.startswith(path) for e in r.entries)
    }


def main() -> None:
    engine = load()
    held = list(records(engine))
    if not held:
        raise SystemExit("the records are not here: ../shared/data")
    before: dict[int, Report] = {}
    chance = random.Random(20261122)
    print("| fault | planted | caught | by another rule only | missed |")
    print("|---|--:|--:|--:|--:|")
    totals: Counter[str] = Counter()
    for kind in KINDS:
        counts: Counter[str] = Counter()
        for _ in range(PLANTS * 6):
            if counts["planted"] == PLANTS:
                break
            number = chance.randrange(len(held))
            submission = held[number]
            planted = kind.plant(submission, chance)
            if planted is None:
                continue
            if number not in before:
                before[number] = engine.assess(submission)
            old = fired(before[number], planted[1])
            if any(rule.startswith(kind.rules) for rule in old):
                continue  # it has such a fault already: nothing could be new
            counts["planted"] += 1
            new = fired(engine.assess(planted[0]), planted[1]) - old
            meant = any(rule.startswith(kind.rules) for rule in new)
            counts["caught" if meant else "other" if new else "missed"] += 1
            if not meant:
                entry = next((e for e in planted[0].entries if e.path == planted[1]), None)
                what = [c.code for c in entry.codings] if entry else "the patient"
                print(f"{kind.name}: not caught: {what}; new: {sorted(new)}", file=sys.stderr)
        totals.update(counts)
        print(f"| {kind.name} | {counts['planted']} | {counts['caught']} | {counts['other']} | {counts['missed']} |", flush=True)
    print(f"| all | {totals['planted']} | {totals['caught']} | {totals['other']} | {totals['missed']} |")


if __name__ == "__main__":
    main()
