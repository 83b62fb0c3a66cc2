"""Made patients and rules for the benchmark, the shape of a real check: codes in sets, and a sex or an age that must fit.

R rules of the form "an entry (or a medicine) in a set of 50 to 5,000 codes, and gender, or age at it"; patients with gender,
birth date, eight coded entries with dates and four medicines. Codes are drawn so that at 1,000 rules there are about 1.1
million memberships and some eighteen rules whose trigger codes a patient holds. About one patient in a hundred breaks a rule.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from codesafety import ir
from codesafety.record import Coding, Entry, Medication, Message, Patient, Submission
from codesafety.terminology.interface import CodeContext, Product, Replacements, Status, Words, WordsVerdict
from codesafety.terminology.sctid import check_digit

_ENTRY_CODES, _PRODUCT_CODES = 330_000, 165_000


def _codes(first: int, n: int) -> list[str]:
    out = []
    for number in range(first, first + n):
        body = f"{number}00"
        out.append(body + str(check_digit(body)))
    return out


@dataclass(frozen=True, slots=True)
class MadeRule:
    """A finding where a code of the set meets the gender, or an age below or from a number of years."""

    number: int
    is_entry: bool
    codes: frozenset[str]
    gender: str | None
    below: int | None
    reached: int | None

    @property
    def name(self) -> str:
        return f"b/r{self.number}"


@dataclass(slots=True)
class Workload:
    """Rules, patients as plain dicts, and the same as models."""

    rules: list[MadeRule]
    patients: list[dict[str, Any]]
    submissions: list[Submission]


def workload(n_rules: int, n_patients: int, seed: int = 1) -> Workload:
    """Return the same rules and patients for the same numbers, always."""
    rng = random.Random(seed)
    entry_codes, product_codes = _codes(1_000_000, _ENTRY_CODES), _codes(5_000_000, _PRODUCT_CODES)
    rules = []
    for number in range(n_rules):
        is_entry = number % 3 != 2
        pool = entry_codes if is_entry else product_codes
        codes = frozenset(rng.sample(pool, int(50 * 100 ** rng.random())))
        gender, below, reached = rng.choice(
            [("male", None, None), ("female", None, None), (None, 12, None), (None, 16, None), (None, None, 50), (None, None, 65)]
        )
        rules.append(MadeRule(number, is_entry, codes, gender, below, reached))
    index: dict[str, list[MadeRule]] = {}
    for rule in rules:
        for code in rule.codes:
            index.setdefault(code, []).append(rule)
    patients = [_patient(rng, entry_codes, product_codes, index, breaks=rng.random() < 0.01) for _ in range(n_patients)]
    return Workload(rules, patients, [submission_of(p) for p in patients])


def age(born: date, day: date) -> int:
    """Return completed years; the birthday of 29 February is 28 February in other years."""
    years = day.year - born.year
    month, last = born.month, born.day
    if (month, last) == (2, 29) and not (day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)):
        last = 28
    return years - ((day.month, day.day) < (month, last))


def broken_by(rule: MadeRule, gender: str, years: int) -> bool:
    if rule.gender is not None:
        return gender == rule.gender
    if rule.below is not None:
        return years < rule.below
    assert rule.reached is not None
    return years >= rule.reached


def _patient(
    rng: random.Random, entry_codes: list[str], product_codes: list[str], index: Mapping[str, list[MadeRule]], *, breaks: bool
) -> dict[str, Any]:
    gender = rng.choice(("male", "female"))
    born = date(1935, 1, 1) + timedelta(days=rng.randrange(32_000))
    items: dict[str, list[dict[str, str]]] = {"entries": [], "medicines": []}
    for kind, number, pool in (("entries", 8, entry_codes), ("medicines", 4, product_codes)):
        for _ in range(number):
            while True:
                day = max(born, date(2025, 6, 1) - timedelta(days=rng.randrange(3_000)))
                code = rng.choice(pool)
                years = age(born, day)
                if breaks or not any(broken_by(rule, gender, years) for rule in index.get(code, ())):
                    break
            items[kind].append({"code": code, "date": day.isoformat()})
    return {"gender": gender, "born": born.isoformat(), **items}


SNOMED = "http://snomed.info/sct"


def submission_of(patient: dict[str, Any]) -> Submission:
    return Submission(
        patient=Patient(gender=patient["gender"], born=patient["born"]),
        message=Message(sent="2025-06-01"),
        entries=tuple(
            Entry(path=f"e[{i}]", codings=(Coding(system=SNOMED, code=e["code"]),), date=e["date"])
            for i, e in enumerate(patient["entries"])
        ),
        medications=tuple(
            Medication(path=f"m[{i}]", products=(Coding(system=SNOMED, code=m["code"]),), handed_over=m["date"])
            for i, m in enumerate(patient["medicines"])
        ),
    )


def plain(submission: Submission) -> dict[str, Any]:
    """Return the plain patient of which a submission was made."""
    return {
        "gender": submission.patient.gender,
        "born": submission.patient.born,
        "entries": [{"code": e.codings[0].code, "date": e.date} for e in submission.entries],
        "medicines": [{"code": m.products[0].code, "date": m.handed_over} for m in submission.medications],
    }


def ruleset_of(rules: list[MadeRule]) -> ir.Ruleset:
    """Return the rules as the checker would."""
    return ir.Ruleset(
        "b", "b", "1.0.0", 1, "none", (), (), tuple(_set_of(r) for r in rules), (), tuple(_rule_of(r) for r in rules), ""
    )


def _set_of(rule: MadeRule) -> ir.ValueSet:
    return ir.ValueSet(f"b/s{rule.number}", "s", codes=tuple(ir.CodeRef("sct", code) for code in sorted(rule.codes)))


def _rule_of(rule: MadeRule) -> ir.Rule:
    var = ir.Var("e", ir.Kind.ENTRY if rule.is_entry else ir.Kind.MEDICATION, 0, f"b/s{rule.number}")
    at = ir.Field("e", "date", ir.FieldType.DATE, var)
    when: ir.Condition
    if rule.gender is not None:
        when = ir.FieldIs(ir.Field("patient", "gender", ir.FieldType.WORD), rule.gender)
    elif rule.below is not None:
        when = ir.AgeCompare(at, "<", ir.Length(Decimal(rule.below), ir.Unit.YEARS))
    else:
        assert rule.reached is not None
        when = ir.AgeCompare(at, ">=", ir.Length(Decimal(rule.reached), ir.Unit.YEARS))
    return ir.Rule(
        name=rule.name,
        title=None,
        action=ir.Action.REVIEW,
        cannot_tell=None,
        severity=None,
        hazards=(),
        sources=(),
        because=None,
        valid_from=None,
        valid_until=None,
        after=(),
        overridable=None,
        trigger=ir.Trigger(var),
        when=when,
        unless=(),
        say=(),
    )


class EverythingKnown:
    """A terminology that knows every code: the benchmark measures rules, not a release."""

    name = "made"
    edition = None
    digest = "made"
    has_release = False

    def expand(self, ecl: str) -> frozenset[str]:
        raise NotImplementedError

    def status(self, code: str) -> Status:
        return Status.ACTIVE

    def replacements(self, code: str) -> Replacements:
        return Replacements()

    def terms(self, code: str) -> tuple[str, ...]:
        return ()

    def judge_words(self, code: str, words: str) -> WordsVerdict:
        return WordsVerdict(Words.CANNOT_TELL)

    def context(self, code: str) -> CodeContext:
        return _SAYS_NOTHING

    def product(self, code: str) -> Product | None:
        return Product(code, "vmp", None, frozenset({code}), code, None)


_SAYS_NOTHING = CodeContext()


def rule_text(n_rules: int, lines_each: int = 20) -> Iterator[str]:
    """Yield rule files of `n_rules` rules of `lines_each` lines in all, as people write them."""
    codes = _codes(1_000_000, 40 * n_rules)
    yield 'ruleset bench.text {\n  title "Benchmark"\n  version 1.0.0\n  language 1\n}\n'
    for number in range(n_rules):
        mine = codes[40 * number : 40 * number + 8]
        yield (
            "\n".join(
                [
                    f'valueset s{number} "Set {number}" {{',
                    f"  codes {mine[0]} |One|, {mine[1]} |Two|,",
                    f"    {mine[2]} |Three|, {mine[3]} |Four|,",
                    f"    {mine[4]} |Five|, {mine[5]} |Six|",
                    "}",
                    f"rule r{number} {{",
                    f'  title "Rule {number}"',
                    "  action review severity significant hazard H-01",
                    '  source "A national document" <https://example.org/document>',
                    '  because "It says so"',
                    f"  for entry e in s{number} with entry x in s{(number + 1) % n_rules}",
                    "  when patient.gender is male and age at e is from 16 to 64 years",
                    "    and x is before e and x is within 24 weeks before e",
                    f'  unless "a newer one" exists entry c in s{(number + 2) % n_rules} where (c is after x and c is before e)',
                    '  say "{e} is coded {x} before. One may be wrong, or both may be right."',
                    f'  example "fires" {{ given patient gender male, born 1980-01-01 given incoming entry {mine[0]}, date 2025-06-01',
                    f"    given record entry {codes[(40 * (number + 1)) % len(codes)]}, date 2025-05-01 expect fires }}",
                    f'  example "clear" {{ given patient gender female given incoming entry {mine[0]}, date 2025-06-01 expect clear }}',
                    "}",
                    "",
                ][:lines_each]
            )
            + "\n"
        )
