"""What a finding says of its facts: what an inactive code became, what the words describe, and what would have made it clear."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.differential.worlds import BECAME_P1, BECAME_SEVERAL, NOT_IN_RELEASE, P1, SmallTerminology

import codesafety
from codesafety import Entry, Message, Patient, Record, Submission
from codesafety.cli.output import exit_code
from codesafety.record import NotRead

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
    assert found.message == f"Pregnancy ({P1}), 2025-06-01 at 15 years"
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
