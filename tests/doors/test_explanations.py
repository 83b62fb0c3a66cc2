"""What a finding says of its facts: what an inactive code became, what the words describe, and what would have made it clear."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.differential.worlds import BECAME_P1, BECAME_SEVERAL, M_VMP, NOT_IN_RELEASE, ORAL, P1, P5, SERVICE, SmallTerminology

import codesafety
from codesafety import Entry, Medication, Message, Patient, Record, Submission
from codesafety.cli.output import exit_code
from codesafety.record import NotRead
from codesafety.terminology.interface import CodeContext, Replacements, Words, WordsVerdict

RULES = """
ruleset told { title "Told" version 1.0.0 language 1 review none }
valueset p "Pregnancy" { codes 77386006 |Pregnancy| }
rule in-use { action note for coding c when c is not known or c is not active say "{c}" }
rule words { action note for coding c when c contradicts its words say "{c}" }
rule limits {
  action review overridable by confirmed for 9 months
  for entry e in p when patient.gender is male and age at e < 16 years
  unless "a note explains it" exists mention x where (x is about family)
  say "{e} at {age at e}"
}
"""


@pytest.fixture
def engine(tmp_path: Path) -> codesafety.Engine:
    (tmp_path / "a.rules").write_text(RULES.replace("77386006", P1))
    return codesafety.load(tmp_path / "a.rules", release=SmallTerminology(has_release=True), installed_plugins=False)


def facts(engine: codesafety.Engine, code: str, display: str | None = None) -> dict[str, str]:
    entry = Entry(path="e", codings=({"system": "sct", "code": code, "display": display},), date="2025-06-01")
    report = engine.assess(Submission(entries=(entry,), message=Message(sent="2025-06-02")))
    return {f.name: f.value for r in report.results if r.outcome == "fires" for f in r.facts}


def test_an_inactive_code_names_what_it_became(engine: codesafety.Engine) -> None:
    assert facts(engine, BECAME_P1)["c in the release"] == f"no longer in use, replaced by Pregnancy ({P1})"
    assert facts(engine, BECAME_SEVERAL)["c in the release"].startswith("no longer in use, possibly replaced by ")


def test_a_code_that_the_release_lacks_is_not_known(engine: codesafety.Engine) -> None:
    assert facts(engine, NOT_IN_RELEASE)["c in the release"] == "not known"


def test_words_that_describe_another_are_told_without_being_quoted(engine: codesafety.Engine) -> None:
    told = facts(engine, P1, "Jane Smith, of 1 High Street")
    assert told["words of c"].startswith("describe ")
    assert "Jane" not in str(told)


def test_a_finding_says_what_would_have_made_it_clear(engine: codesafety.Engine) -> None:
    patient = Patient(gender="male", born="2010-06-01")
    entry = Entry(path="e", codings=({"system": "sct", "code": P1, "display": None},), date="2025-06-01")
    complete = Record(patient=patient, complete=({"kind": "entry"}, {"kind": "medication"}))
    report = engine.assess(Submission(patient=patient, entries=(entry,), message=Message(sent="2025-06-02")), complete)
    found = next(r for r in report.results if r.rule == "told/limits")
    assert found.message == f"Pregnancy ({P1}) of 1 June 2025 at 15 years"
    assert found.counterfactual == (
        "clear if not: patient.gender is male",
        "clear if aged 16 years or more",
        "clear if: a note explains it",
    )
    assert [(e.label, e.outcome) for e in found.exceptions] == [("a note explains it", "does not hold")]
    assert found.overridable_by is not None
    assert (found.overridable_by.reasons, found.overridable_by.length) == (("confirmed",), "9 months")
    without = engine.assess(Submission(patient=patient, entries=(entry,), message=Message(sent="2025-06-02")))
    untested = next(r for r in without.results if r.rule == "told/limits").exceptions
    assert [(e.outcome, e.missing) for e in untested] == [("could not be tested", ("record",))]


class OneAnswer(SmallTerminology):
    """A release that says one thing of all words, contexts and replacements."""

    def __init__(
        self, verdict: Words = Words.AGREES, became: Replacements | None = None, context: CodeContext | None = None
    ) -> None:
        super().__init__(has_release=True)
        self._verdict, self._became, self._context = verdict, became or Replacements(), context or CodeContext()

    def judge_words(self, code: str, words: str) -> WordsVerdict:
        return WordsVerdict(self._verdict, (P1, P5, ORAL, SERVICE))

    def replacements(self, code: str) -> Replacements:
        return self._became

    def context(self, code: str) -> CodeContext:
        return self._context


def told_by(
    tmp_path: Path, release: SmallTerminology, of: str, when: str, code: str | None = P1, say: str = "x", **sent: object
) -> codesafety.Result:
    """Return the finding of one rule, with what a release says of an entry."""
    (tmp_path / "a.rules").write_text(f"""
ruleset t {{ title "T" version 1.0.0 language 1 review none }}
valueset p "Pregnancy" {{ codes {P1} |Pregnancy| }}
rule r {{ action note {of} {f"when {when}" if when else ""} say "{say}" }}
""")
    engine = codesafety.load(tmp_path / "a.rules", release=release, installed_plugins=False)
    given = {"path": "e", "codings": [{"system": "sct", "code": code, "display": "words"}], "date": "2025-06-01", **sent}
    report = engine.assess(Submission(entries=(Entry.model_validate(given),), message=Message(sent="2025-06-02")))
    (found,) = (r for r in report.results if r.outcome == "fires")
    return found


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (Words.NEGATES, "deny what the code says, or affirm what it denies"),
        (Words.DIFFERS, "are its name but for one word, by which codes are told apart"),
        (Words.UNCLEAR, "leave it open, or cannot be read"),
        (Words.NAMES_ANOTHER, f"describe Pregnancy ({P1}) or code {P5} or code {ORAL}"),
        (Words.AGREES, None),
    ],
)
def test_how_words_stand_to_their_code_is_told(tmp_path: Path, verdict: Words, told: str | None) -> None:
    found = told_by(
        tmp_path, OneAnswer(verdict), "for coding c", "not (c contradicts its words) or c contradicts its words or c in p"
    )
    assert {f.name: f.value for f in found.facts}.get("words of c") == told


@pytest.mark.parametrize(
    ("became", "told"),
    [
        (Replacements(same=(P1, P5)), f"no longer in use, replaced by Pregnancy ({P1}) or code {P5}"),
        (Replacements(possible=(P5, P1)), f"no longer in use, possibly replaced by code {P5} or Pregnancy ({P1})"),
        (
            Replacements(possible=(P5, P1, ORAL, SERVICE)),
            f"no longer in use, possibly replaced by code {P5} or Pregnancy ({P1}) or code {ORAL}",
        ),
        (Replacements(), "no longer in use, with no replacement"),
    ],
)
def test_what_became_of_an_inactive_code_is_told(tmp_path: Path, became: Replacements, told: str) -> None:
    found = told_by(tmp_path, OneAnswer(became=became), "for coding c", "c is not active", BECAME_P1)
    assert {f.name: f.value for f in found.facts}["c in the release"] == told


@pytest.mark.parametrize(
    ("context", "sent", "how"),
    [
        (CodeContext(assertion="present"), {}, "as coded"),
        (CodeContext(subject="patient"), {}, "as coded"),
        (CodeContext(temporality="current"), {}, "as coded"),
        (CodeContext(assertion="present"), {"subject": "patient"}, "as sent and as coded"),
        (CodeContext(), {"subject": "patient"}, "as sent"),
        (CodeContext(), {}, "by default, nothing else is said"),
    ],
)
def test_a_finding_says_whether_its_context_is_of_the_code(
    tmp_path: Path, context: CodeContext, sent: dict[str, str], how: str
) -> None:
    found = told_by(tmp_path, OneAnswer(context=context), "for entry e in p", "", **sent)
    assert {f.name: f.value for f in found.facts}["e"] == f"present, about the patient, current ({how})"


@pytest.mark.parametrize(
    ("codings", "said"),
    [
        ([], "an entry without a code"),
        ([{"system": "sct", "code": P5}], f"code {P5}"),
        ([{"system": "sct", "code": P1}], f"Pregnancy ({P1})"),
        ([{"system": "emis", "code": "X1"}], "code X1 (emis)"),
        ([{"system": "emis", "code": "X1"}, {"system": "sct", "code": P5}], f"code {P5}"),
        ([{"code": "X1"}], "code X1 (no system)"),
        ([{"system": "sct", "code": "a code"}], "a code that is not well formed"),
        ([{"system": "sct", "code": None, "display": "words"}], "an entry without a code"),
    ],
)
def test_how_a_message_names_an_item(tmp_path: Path, codings: list[dict[str, str]], said: str) -> None:
    found = told_by(tmp_path, SmallTerminology(has_release=True), "for mention e", "e is incoming", say="{e}", codings=codings)
    assert found.message == f"{said} of 1 June 2025"


ONE = "for entry e in p"
TWO = "for entry e in p with entry x in q"
MEDICINE = "for medication e"
DAY = {"e.date": "2025-06-01"}
PRESENT = "present, about the patient, current (by default, nothing else is said)"


def finding(tmp_path: Path, of: str, when: str, say: str = "x", **said: str) -> codesafety.Result:
    """Return the finding of one rule, for a woman of 34 with an entry, a medication and a record."""
    (tmp_path / "a.rules").write_text(f"""
ruleset t {{ title "T" version 1.0.0 language 1 review none }}
valueset p "Pregnancy" {{ codes {P1} |Pregnancy| }}
valueset q "Other" {{ codes {P5} |Urinary tract infection| }}
table ages from "ages.csv" {{ key code in sct column low years column few number column youth months }}
rule r {{ action note {of} {f"when {when}" if when else ""} say "{say}" }}
""")
    (tmp_path / "ages.csv").write_text(f"code,low,few,youth\n{P1},16,5,20\n")
    engine = codesafety.load(tmp_path / "a.rules", release=SmallTerminology(has_release=True), installed_plugins=False)
    patient = Patient(gender="female", born="1990-06-15")
    value = {"quantity": {"value": "5.5", "unit": "mmol/L"}}
    entry = Entry.model_validate(
        {
            "path": "e",
            "id": "e1",
            "text": "words",
            "codings": [{"system": "sct", "code": P1}],
            "date": "2025-06-01",
            "value": value,
            **said,
        }
    )
    medication = Medication.model_validate(
        {
            "path": "m",
            "kind": "request",
            "products": [{"system": "sct", "code": M_VMP}],
            "start": "2025-05-01",
            "quantity": {"value": 28, "unit": "tablet"},
            "route": [{"system": "sct", "code": ORAL}],
        }
    )
    filed = Entry(path="x", codings=({"system": "sct", "code": P5},), date="2024-06-01")
    record = Record(patient=patient, entries=(filed,), complete=({"kind": "entry"}, {"kind": "medication"}))
    message = Message.model_validate({"sent": "2025-06-02", "sender": "A1", "service": [{"system": "sct", "code": SERVICE}]})
    (found,) = engine.assess(
        Submission(patient=patient, entries=(entry,), medications=(medication,), message=message), record
    ).results
    return found


@pytest.mark.parametrize(
    ("of", "when", "fact", "value"),
    [
        (ONE, "age at e >= 16 years", "age at e", "34 years"),
        (ONE, "age at e >= 4 months", "age at e", "34 years 11 months"),
        (ONE, "age at e is from 16 to 50 years", "age at e", "34 years"),
        (ONE, "age at 2025-06-14 >= 34 years", "age at 2025-06-14", "34 years"),
        (ONE, "age at 2025-06-15 >= 34 years", "age at 2025-06-15", "35 years"),
        (ONE, "age at message.sent >= 34 years", "age at message.sent", "34 years"),
        ("for entry e with row w of ages", "age at e >= w.low", "age at e", "34 years"),
        ("for entry e with row w of ages", "age at e >= w.youth", "age at e", "34 years 11 months"),
        ("for entry e with row w of ages", "age at e >= w.low and w.few > 3", "w.few", "5"),
        (ONE, 'e.value > 5 "mmol/L"', "e.value", "5.5 mmol/L"),
        (ONE, 'not (e.value < 5 "mmol/L" and patient.gender is male)', "patient.gender", "female"),
        (TWO, "x is before e", "x.date", "2024-06-01"),
        (TWO, "x is within 2 years of e", "x.date", "2024-06-01"),
        (TWO, "x is more than 9 months before e", "e.date", "2025-06-01"),
        (TWO, "not (x is on the same day as message.sent)", "message.sent", "2025-06-02"),
        (TWO, "x is before e", "x in q", "yes"),
        (TWO, "x is before e", "x", PRESENT),
        (MEDICINE, "e.quantity > 5", "e.quantity", "28 tablet"),
        (MEDICINE, "not (e.route is missing)", "e.route", f"code {ORAL}"),
        (MEDICINE, "not (e.ingredients is missing)", "e.ingredients", "387207008"),
        (MEDICINE, "e.kind is request", "e.kind", "request"),
        ("for message", "not (message.sender is missing)", "message.sender", "A1"),
    ],
)
def test_a_finding_names_the_facts_that_its_rule_looked_at(tmp_path: Path, of: str, when: str, fact: str, value: str) -> None:
    assert {f.name: f.value for f in finding(tmp_path, of, when).facts}[fact] == value


@pytest.mark.parametrize(
    "when",
    ["patient.sex_at_birth is missing", "patient.born is before e", "not (e.text is missing)", "not (e.id is missing)"],
)
def test_no_fact_is_private_or_as_sent(tmp_path: Path, when: str) -> None:
    assert {f.name: f.value for f in finding(tmp_path, ONE, when).facts} == {"e in p": "yes", "e": PRESENT, **DAY}


@pytest.mark.parametrize(
    ("said", "how"),
    [
        ({"assertion": "present"}, "as sent"),
        ({"subject": "patient"}, "as sent"),
        ({"temporality": "current"}, "as sent"),
        ({}, "by default, nothing else is said"),
    ],
)
def test_a_finding_says_why_its_item_counts(tmp_path: Path, said: dict[str, str], how: str) -> None:
    facts = {f.name: f.value for f in finding(tmp_path, ONE, "", **said).facts}
    assert facts["e"] == f"present, about the patient, current ({how})"


@pytest.mark.parametrize(
    ("of", "when", "changes"),
    [
        (ONE, "age at e >= 16 years", ["clear if aged 15 years or less"]),
        (ONE, "age at e < 50 years", ["clear if aged 50 years or more"]),
        (ONE, "not (age at e < 16 years)", ["clear if aged 15 years or less"]),
        (ONE, "not (age at e >= 50 years)", ["clear if aged 50 years or more"]),
        (ONE, "age at e is from 16 to 50 years", ["clear if not aged 16 to 50 years"]),
        (ONE, "not (age at e is from 1 to 5 months)", ["clear if aged 1 to 5 months"]),
        ("for entry e with row w of ages", "age at e >= w.low", ["clear if aged 15 years or less"]),
        (ONE, 'e.value > 5 "mmol/L"', ['clear if not: e.value > 5 "mmol/L"']),
        (
            ONE,
            'e.value > 5 "mmol/L" and\n  patient.gender is female',
            ['clear if not: e.value > 5 "mmol/L"', "clear if not: patient.gender is female"],
        ),
        (ONE, 'e.value > 5 "mmol/L" or patient.gender is male', ['clear if not: e.value > 5 "mmol/L"']),
        (ONE, 'e.value > 5 "mmol/L" or patient.gender is female', []),
        (
            ONE,
            'not (e.value < 5 "mmol/L" or patient.gender is male)',
            ['clear if: e.value < 5 "mmol/L"', "clear if: patient.gender is male"],
        ),
        (ONE, 'not (e.value < 5 "mmol/L" and patient.gender is female)', ['clear if: e.value < 5 "mmol/L"']),
        (ONE, 'not (e.value < 5 "mmol/L" and patient.gender is male)', []),
        (
            ONE,
            "no entry y in p where (y is before 2020-01-01)",
            ["clear if: exists entry y in p where (y is before 2020-01-01)"],
        ),
        (ONE, "exists entry y in q where (y is before e)", ["clear if not: exists entry y in q where (y is before e)"]),
        (ONE, "patient.sex_at_birth is missing", []),
        (ONE, "exists entry y in q where (y is before e and patient.sex_at_birth is missing)", []),
        (ONE, "", []),
    ],
)
def test_single_changes_that_would_have_made_it_clear(tmp_path: Path, of: str, when: str, changes: list[str]) -> None:
    assert list(finding(tmp_path, of, when).counterfactual) == changes


@pytest.mark.parametrize(
    ("of", "when", "words"),
    [
        (ONE, "age at e >= 16 years", ["the patient were aged 15 years or less"]),
        (ONE, "age at e >= 24 months", ["the patient were aged 23 months or less"]),
        (ONE, "age at e >= 25 months", ["the patient were aged 2 years or less"]),
        (ONE, "age at e >= 26 months", ["the patient were aged 2 years 1 month or less"]),
        (ONE, "age at e >= 1 year", ["the patient were aged less than 1 year"]),
        (ONE, "age at e < 420 months", ["the patient were aged 35 years or more"]),
        (ONE, "age at e is from 16 to 50 years", ["the patient were not aged 16 to 50 years"]),
        (ONE, "age at e is from 300 to 500 months", ["the patient were not aged 300 to 500 months"]),
        ("for entry e with row w of ages", "age at e >= w.low", []),
        ("for entry e with row w of ages", "age at e is from w.low to 50 years", []),
        (ONE, "patient.gender is female", ["the gender recorded were not female"]),
        (ONE, "patient.gender is not male", ["the gender recorded were male"]),
        (ONE, "not (patient.gender is male)", ["the gender recorded were male"]),
        (ONE, 'e.value > 5 "mmol/L"', []),
        ("for coding c", "c contradicts its words", ["the words and the code said the same"]),
    ],
)
def test_what_would_have_made_it_clear_in_words(tmp_path: Path, of: str, when: str, words: list[str]) -> None:
    assert (
        list(finding(tmp_path, of, when, codings=[{"system": "sct", "code": P1, "display": "nobody knows"}]).counterfactual_text)
        == words
    )


@pytest.mark.parametrize(
    ("condition", "more"),
    [
        ("patient.gender is male", True),
        ("e.status is final", False),
        ("e is already-filed", True),
        ("not (e is incoming)", False),
        ("e in q", False),
        ("e.id is missing", False),
        ('e.value > 9 "mmol/L"', False),
        ("e is about family", False),
        ("age at e < 16 years", True),
        ("e is before 2020-01-01", True),
        ("exists entry y in p where (y is before 2020-01-01)", True),
        ("e in q or age at e < 16 years", True),
        ("e in q and not (e.value < 9)", False),
    ],
)
def test_an_exception_is_named_where_more_is_asked_than_what_the_items_are(tmp_path: Path, condition: str, more: bool) -> None:
    found = finding(tmp_path, ONE, f'e is incoming unless "so" {condition}')
    assert found.counterfactual[-1] == "clear if: so"
    assert found.counterfactual_text == (("this were so: so",) if more else ())


@pytest.mark.parametrize(
    ("of", "when", "say", "said"),
    [
        (ONE, "", "{e}: {age at e}, {e.value}, {e.date}", f"Pregnancy ({P1}) of 1 June 2025: 34 years, 5.5 mmol/L, 1 June 2025"),
        (ONE, "age at e >= 4 months", "{age at e}", "34 years 11 months"),
        (ONE, "age at e is from 4 to 900 weeks or age at e >= 4 months", "{age at e}", "1824 weeks"),
        ("for entry e with row w of ages", "age at e >= w.youth", "{age at e} {w.low} {w.few}", "34 years 11 months 16 5"),
        (ONE, "", "{patient.gender} {message.sent} {patient.died}", "female 2 June 2025 (not known)"),
        (MEDICINE, "", "{e}: {e.quantity}, {e.days_supply}", f"code {M_VMP} of 1 May 2025: 28 tablet, (not known)"),
        (TWO, "x is before e", "{x} and {e}", f"code {P5} of 1 June 2024 and Pregnancy ({P1}) of 1 June 2025"),
        ("for coding c", "c in p", "{c}", f"Pregnancy ({P1})"),
    ],
)
def test_a_message_is_filled_in(tmp_path: Path, of: str, when: str, say: str, said: str) -> None:
    assert finding(tmp_path, of, when, say).message == said


def test_a_message_sent_again_has_the_same_result_ids(engine: codesafety.Engine) -> None:
    def ids(prefix: str, reverse: bool) -> list[str]:
        entries = [
            Entry(
                path=f"{prefix}{n}",
                id=f"{prefix}{n}",
                resource_id=f"{prefix}{n}",
                codings=({"system": "sct", "code": code},),
                date="2025-06-01",
            )
            for n, code in enumerate((BECAME_P1, NOT_IN_RELEASE))
        ]
        message = Message(sent="2025-06-02", id=prefix)
        report = engine.assess(Submission(entries=tuple(reversed(entries)) if reverse else tuple(entries), message=message))
        return sorted(r.id for r in report.results)

    assert ids("a", False) == ids("b", True)
    assert len(set(ids("a", False))) == len(ids("a", False))


def test_a_profile_changes_nothing_in_a_message_without_a_day(engine: codesafety.Engine) -> None:
    change = codesafety.RuleChange(rule="told/in-use", action="off", reason="agreed", role="manager", until="2030-01-01")
    profile = codesafety.Profile(name="a practice", changes=(change,))
    entry = Entry(path="e", codings=({"system": "sct", "code": BECAME_P1},))
    report = engine.assess(Submission(entries=(entry,)), profile=profile)
    assert "told/in-use" in {r.rule for r in report.results}
    assert report.profile is not None
    assert [c.rule for c in report.profile.ended] == ["told/in-use"]
    dated = engine.assess(Submission(entries=(entry,), message=Message(sent="2025-06-02")), profile=profile)
    assert "told/in-use" not in {r.rule for r in dated.results}


def test_a_resource_that_was_not_understood_exits_1_though_it_holds_no_code(engine: codesafety.Engine) -> None:
    entry = Entry(path="e", codings=({"system": "sct", "code": P1},), date="2025-06-01")
    for whole, code in ((True, 1), (False, 0)):
        unread = NotRead(path="x", reason="not understood", whole=whole)
        report = engine.assess(Submission(entries=(entry,), message=Message(sent="2025-06-02"), not_read=(unread,)))
        assert report.decision in ("none", "note")
        assert exit_code(report) == code


def test_a_private_field_that_is_missing_is_never_listed(tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_text(f"""
ruleset quiet {{ title "Quiet" version 1.0.0 language 1 review none }}
valueset p "Pregnancy" {{ codes {P1} |Pregnancy| }}
rule tested {{ action note for entry e in p when patient.sex_at_birth is male say "{{e}}" }}
""")
    quiet = codesafety.load(tmp_path / "a.rules", installed_plugins=False)
    report = quiet.assess(Submission(entries=(Entry(path="e", codings=({"system": "sct", "code": P1},), date="2025-06-01"),)))
    assert [(r.outcome, r.missing) for r in report.results] == [("cannot_tell", ())]
    assert "sex" not in report.model_dump_json()


def overridden(tmp_path: Path, codes: list[tuple[str | None, ...]], named: tuple[str, ...]) -> list[bool]:
    (tmp_path / "o.rules").write_text("""
ruleset aside { title "Aside" version 1.0.0 language 1 review none }
rule any { action review overridable by confirmed for 9 months for mention e when e is incoming say "{e}" }
rule all { action review overridable by confirmed for 9 months for message when patient.gender is male say "male" }
""")
    loaded = codesafety.load(tmp_path / "o.rules", installed_plugins=False)
    entries = tuple(
        Entry(path=f"e{n}", codings=tuple({"system": "sct", "code": c} for c in each if c), date="2025-06-01")
        for n, each in enumerate(codes)
    )
    overrides = [
        codesafety.Override(rule=rule, codes=named, reason="confirmed", recorded="2025-06-01")
        for rule in ("aside/any", "aside/all")
    ]
    submission = Submission(patient=Patient(gender="male"), entries=entries, message=Message(sent="2025-06-02"))
    return [
        r.overridden is not None for r in sorted(loaded.assess(submission, overrides=overrides).results, key=lambda r: r.rule)
    ]


def test_an_override_by_codes_sets_aside_only_findings_that_have_those_codes(tmp_path: Path) -> None:
    # aside/all has no entry and so no code to match by; aside/any has one finding an entry
    assert overridden(tmp_path, [(P1,)], (P1,)) == [False, True]
    assert overridden(tmp_path, [(P1,)], (BECAME_P1,)) == [False, False]
    assert overridden(tmp_path, [(None,)], (P1,)) == [False, False]


def test_a_profile_that_would_raise_a_rule_is_refused_and_not_passed_over(engine: codesafety.Engine) -> None:
    change = codesafety.RuleChange(
        rule="told/in-use", action="review", reason="stricter here", role="manager", until="2030-01-01"
    )
    with pytest.raises(codesafety.ConfigurationError, match="would raise `told/in-use` from note to review"):
        engine.assess(Submission(), profile=codesafety.Profile(name="a practice", changes=(change,)))


# ------------------------------------------------------------------------------------------------ named conditions

NAMED = f"""
ruleset n {{ title "N" version 1.0.0 language 2 review none }}
valueset p "Pregnancy" {{ codes {P1} |Pregnancy| }}
define ours(mention m) "sent to us" {{ m is incoming }}
define theirs(mention m) "about the family" {{ m is about family }}
define born_so(mention m) "as born" {{ m is incoming and not (patient.sex_at_birth is female) }}
rule r {{ action note for entry e in p when ours(e) and not (theirs(e)) and WHAT say "x" }}
"""


def named(tmp_path: Path, what: str) -> codesafety.Result:
    (tmp_path / "n.rules").write_text(NAMED.replace("WHAT", what))
    engine = codesafety.load(tmp_path / "n.rules", installed_plugins=False)
    patient = Patient(gender="female", sex_at_birth="male")
    entry = Entry(path="e", codings=({"system": "sct", "code": P1},), date="2025-06-01")
    submission = Submission(patient=patient, entries=(entry,), message=Message(sent="2025-06-02"))
    return next(r for r in engine.assess(submission).results if r.outcome == "fires")


def test_a_named_condition_is_told_by_its_title_and_whether_it_held(tmp_path: Path) -> None:
    found = named(tmp_path, "e is incoming")
    assert {(f.name, f.value) for f in found.facts} >= {("sent to us", "yes"), ("about the family", "no")}
    assert found.counterfactual[:2] == ("clear if not: sent to us", "clear if: about the family")


def test_a_named_condition_that_reads_sex_at_birth_is_not_told(tmp_path: Path) -> None:
    found = named(tmp_path, "born_so(e)")
    assert "as born" not in found.model_dump_json()
    assert ("sent to us", "yes") in {(f.name, f.value) for f in found.facts}


NOT_COUNTED = "from outside the practice, and not counted"


@pytest.mark.parametrize(
    "asked",
    [
        "when no entry x in q where (not (from_outside(x)))",
        "when not (exists entry x in q where (not (from_outside(x))))",
        "when e is incoming or exists entry x in q where (not (from_outside(x)))",
        'unless "known" exists entry x in q where (not (x.origin is missing) and x.origin is practice)',
    ],
)
def test_a_finding_names_what_did_not_count_because_it_is_from_outside(tmp_path: Path, asked: str) -> None:
    (tmp_path / "a.rules").write_text(f"""
ruleset t {{ title "T" version 1.0.0 language 2 review none }}
valueset p "Pregnancy" {{ codes {P1} |Pregnancy| }}
valueset q "Other" {{ codes {P5} |Urinary tract infection| }}
define from_outside(entry x) "from outside" {{ not (x.origin is missing) and x.origin is outside }}
rule r {{ action note for entry e in p {asked} say "x" }}
""")
    engine = codesafety.load(tmp_path / "a.rules", release=SmallTerminology(has_release=True), installed_plugins=False)

    def facts(origin: str | None, code: str = P5) -> dict[str, str]:
        given = {"path": "x", "codings": [{"system": "sct", "code": code}], "date": "2024-06-01", "origin": origin}
        record = Record(entries=(Entry.model_validate(given),), complete=({"kind": "entry"},))
        entry = Entry(path="e", codings=({"system": "sct", "code": P1},), date="2025-06-01", origin="practice")
        report = engine.assess(Submission(entries=(entry,)), record)
        return {f.name: f.value for r in report.results for f in r.facts if r.rule == "t/r"}

    assert facts("outside")[NOT_COUNTED] == f"code {P5}, 2024-06-01"
    assert facts("outside")["e.origin"] == "practice"
    assert NOT_COUNTED not in facts(None) | facts("practice") | facts("outside", BECAME_P1)


def test_words_of_an_entry_about_the_family_are_told_as_they_were_read() -> None:
    """Of "FH: asthma" beside a code of epilepsy the letters say what the entry says already; asthma is what contradicts it."""
    coding = {"system": "sct", "code": "84757009", "display": "FH: asthma"}
    entry = Entry(path="e", codings=(coding,), subject="family", date="2025-06-01")
    report = codesafety.load("uk.integrity", installed_plugins=False).assess(Submission(entries=(entry,)))
    (found,) = (r for r in report.results if r.outcome == "fires")
    assert {f.name: f.value for f in found.facts}["words of c"] == "describe Asthma (195967001)"


def test_that_none_is_the_latest_is_a_fact(tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_text(
        f"""ruleset last {{ title "Last" version 1.0.0 language 2 review none }}
valueset p "Pregnancy" {{ codes {P1} |Pregnancy| }} valueset q "Other" {{ codes {P5} }}
rule r {{ action note for entry e in p when not (latest entry x in q has (x is before e)) say "{{e}}" }}
"""
    )
    engine = codesafety.load(tmp_path / "a.rules", release=SmallTerminology(has_release=True), installed_plugins=False)
    entry = Entry(path="e", codings=({"system": "sct", "code": P1, "display": None},), date="2025-06-01")
    whole = Record(complete=({"kind": "entry"}, {"kind": "medication"}))
    (found,) = engine.assess(Submission(entries=(entry,), message=Message(sent="2025-06-02")), whole).results
    assert {f.name: f.value for f in found.facts}["latest x"] == "none"
