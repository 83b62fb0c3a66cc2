"""The tables of the manual that no example can show: decisions, identity, overrides, profiles, and what was not read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.spec.manual import FOLDER, page

import codesafety
from codesafety import Entry, Medication, Message, Patient, Record, Submission
from codesafety.authoring.testing import answer, bind_for_examples
from codesafety.engine import frozen_terminology
from codesafety.errors import ConfigurationError, InputError, PluginError
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.reference.run import run_reference
from codesafety.ir import Kind, Signature
from codesafety.plugins import BoundPredicate, hookimpl
from codesafety.profile import Override, Profile, RuleChange
from codesafety.record import SNOMED_CT, Coding, Component, Coverage, NotRead, TextItem, Value
from codesafety.report import Report

PREGNANT, NOT_PREGNANT, BIRTH, PILL = "77386006", "60001007", "118215003", "326324002"
MAN, WOMAN = Patient(gender="male"), Patient(gender="female")
COMPLETE = (Coverage(kind="entry"), Coverage(kind="medication"))


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("decisions")
    (folder / "decisions.rules").write_text(page(FOLDER / "decisions.md").rules, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def engine(rules: Path) -> codesafety.Engine:
    return codesafety.load(rules, installed_plugins=False)


def entry(code: str, place: int = 0, **more: Any) -> Entry:
    more = {"date": "2025-06-01", "system": "sct", **more}
    return Entry(path=f"entry[{place}]", codings=(Coding(system=more.pop("system"), code=code),), **more)


def pill(**more: Any) -> Medication:
    return Medication(path="medication[0]", products=(Coding(system="sct", code=PILL),), handed_over="2025-06-01", **more)


def sent(*entries: Entry, patient: Patient = WOMAN, **more: Any) -> Submission:
    return Submission(patient=patient, entries=entries, **more)


def complete(*entries: Entry, patient: Patient = WOMAN, **more: Any) -> Record:
    return Record(patient=patient, entries=entries, complete=COMPLETE, **more)


def decisions(report: Report) -> dict[str, str]:
    return {item.path: item.decision for item in report.items}


def findings(report: Report) -> list[str]:
    return [r.rule.rpartition("/")[2] for r in report.results if r.outcome == "fires"]


def male_on_record(submission: Submission, engine: codesafety.Engine, overrides: Sequence[Override] = (), **more: Any) -> Report:
    return engine.assess(submission, complete(patient=MAN), overrides=overrides, **more)


# ------------------------------------------------------------------------------------------------ table 12


def test_a_finding_counts_for_every_incoming_item_of_the_pair(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(PREGNANT), entry(NOT_PREGNANT, 1)), complete())
    assert (report.decision, decisions(report)) == ("hold", {"entry[0]": "hold", "entry[1]": "hold"})
    assert findings(report) == ["both"]


def test_a_finding_does_not_count_for_the_item_on_the_record(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(PREGNANT)), complete(entry(NOT_PREGNANT, 7)))
    assert decisions(report) == {"entry[0]": "hold"}
    assert [(e.path, e.takes_action) for e in report.results[0].entries] == [("entry[0]", True), ("entry[7]", False)]


def test_cannot_tell_takes_the_action_that_the_rule_names(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(BIRTH), patient=Patient()), complete(patient=Patient()))
    assert (decisions(report), report.results[0].missing) == ({"entry[0]": "review"}, ("patient.gender",))


NAMED = """ruleset n {{ title "N" version 1.0.0 language 2 }}
valueset pregnant "Pregnant" {{ codes 77386006 |Pregnancy| }}
rule r {{ action hold {named} for entry e in pregnant when e is after 2025-01-01 say "{{e}}" }}
"""


@pytest.mark.parametrize(
    ("named", "decision"),
    [("", "none"), ("cannot tell note", "note"), ("cannot tell review", "review"), ("cannot tell hold", "hold")],
)
def test_what_cannot_be_told_decides_what_its_rule_names_and_else_nothing(tmp_path: Path, named: str, decision: str) -> None:
    (tmp_path / "n.rules").write_text(NAMED.format(named=named))
    report = codesafety.load(tmp_path, installed_plugins=False).assess(sent(entry(PREGNANT, date=None)), complete())
    assert (report.decision, report.told, decisions(report)) == (decision, "partly", {"entry[0]": decision})


def test_a_profile_lowers_what_a_rule_names_for_cannot_tell(tmp_path: Path) -> None:
    (tmp_path / "n.rules").write_text(NAMED.format(named="cannot tell hold"))
    lowered = change(rule="n/r", action="note")
    loaded = codesafety.load(tmp_path, installed_plugins=False)
    report = loaded.assess(sent(entry(PREGNANT, date=None), message=Message(sent="2025-06-01")), complete(), profile=lowered)
    assert (report.decision, report.told) == ("note", "partly")


def test_cannot_tell_is_told_partly_and_decides_nothing(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(PREGNANT), patient=Patient()), complete(patient=Patient()))
    assert (report.decision, report.told, decisions(report)) == ("none", "partly", {"entry[0]": "none"})
    assert [(line.missing, line.rules) for line in report.missing_inputs] == [("patient.gender", 1)]
    assert [(r.outcome, r.action) for r in report.results] == [("cannot_tell", "none")]


def test_a_missing_record_is_told_partly_in_one_line(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(PREGNANT)))
    assert (report.decision, report.told, decisions(report)) == ("none", "partly", {"entry[0]": "none"})
    assert [(line.missing, line.rules, line.cause) for line in report.missing_inputs] == [("record", 2, "no record was given")]


def test_a_record_that_is_not_complete_is_not_called_missing(engine: codesafety.Engine) -> None:
    (line,) = engine.assess(sent(entry(PREGNANT)), Record(patient=WOMAN)).missing_inputs
    assert (line.missing, line.cause.partition(",")[0]) == ("record", "the record does not declare itself complete")


def test_what_every_rule_could_answer_is_told_whole(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(PREGNANT)), complete())
    assert (report.decision, report.told, report.missing_inputs) == ("none", "whole", ())


def test_a_message_that_no_rule_could_answer_for_says_so(engine: codesafety.Engine) -> None:
    answered, unanswered = (
        engine.assess(sent(entry(code, system=system))) for code, system in ((PREGNANT, "sct"), ("NQ1", "emis"))
    )
    assert (answered.counts.answered, unanswered.counts.answered) == (1, 0)
    assert (answered.told, unanswered.told) == ("partly", "partly")


def test_medicines_that_were_not_recognised_are_a_line_apart_from_entries(engine: codesafety.Engine) -> None:
    unknown = (Medication(path=f"medication[{n}]", products=(Coding(system="emis", code=f"M{n}"),)) for n in range(2))
    report = engine.assess(sent(entry("NQ1", system="emis"), medications=tuple(unknown)), complete())
    assert [(line.missing, line.items, line.cause) for line in report.missing_inputs] == [
        ("product", 2, "2 medicines were not recognised"),
        ("code", 1, "1 item carried no code that the rules understand"),
        ("code", 1, "not known of code NQ1 (emis): what its code means"),
    ]


def test_what_is_missing_of_an_item_has_its_own_line_beside_the_missing_record(engine: codesafety.Engine) -> None:
    doubtful = entry(PREGNANT, 1, assertion="unknown", subject="unknown")
    report = engine.assess(sent(entry(PREGNANT), doubtful))
    lines = [(line.missing, line.path, line.rules) for line in report.missing_inputs]
    assert lines == [("record", None, 2), ("assertion, subject", "entry[1]", 2)]
    assert report.missing_inputs[1].message == (
        "not known of Pregnancy (77386006): whether it is so, whose it is: 2 rules could not be told"
    )


def test_what_is_missing_of_a_sibling_in_another_system_has_its_own_line() -> None:
    codings = (Coding(system="emis", code="NP", path="c[0]"), Coding(system="sct", code=PREGNANT, path="c[1]"))
    report = codesafety.load("uk.integrity", installed_plugins=False).assess(sent(Entry(path="entry[0]", codings=codings)))
    assert ("siblings", "c[0]") in [(line.missing, line.path) for line in report.missing_inputs]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"value": Value(boolean=False)}, ("absent", ("value",), "patient", "current")),
        ({"assertion": "absent"}, ("absent", ("message",), "patient", "current")),
        ({"assertion": "possible"}, ("possible", ("message",), "patient", "current")),
        ({"assertion": "present", "value": Value(text="No")}, ("unknown", ("message", "value"), "patient", "current")),
        ({"subject": "another"}, ("present", (), "another", "current")),
        ({"temporality": "past"}, ("present", (), "patient", "past")),
    ],
)
def test_a_report_says_of_an_item_that_it_is_no_plain_fact_and_who_says_so(
    engine: codesafety.Engine, fields: dict[str, Any], said: tuple[object, ...]
) -> None:
    (context,) = engine.assess(sent(entry(PREGNANT, **fields))).items[0].context
    assert (context.path, context.code) == ("entry[0]", PREGNANT)
    assert (context.assertion, context.assertion_by, context.subject, context.temporality) == said


def test_a_report_says_it_of_a_part_of_an_item(engine: codesafety.Engine) -> None:
    part = Component(codings=(Coding(system="sct", code=PREGNANT),), value=Value(boolean=False), path="entry[0].component[0]")
    (item,) = engine.assess(sent(entry(BIRTH, components=(part,)))).items
    assert [(c.path, c.assertion) for c in item.context] == [("entry[0].component[0]", "absent")]


def test_of_a_plain_fact_and_of_one_that_is_withdrawn_nothing_more_is_said(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(PREGNANT), entry(PREGNANT, 1, status="entered-in-error")))
    assert [item.context for item in report.items] == [(), ()]


def test_an_input_that_never_comes_counts_for_nothing(rules: Path) -> None:
    never = codesafety.load(rules, never=["record"], installed_plugins=False)
    report = never.assess(sent(entry(PREGNANT)))
    assert (report.decision, report.told, report.never_given, report.missing_inputs) == ("none", "whole", ("record",), ())


def test_an_item_that_no_set_understands_is_one_line(engine: codesafety.Engine) -> None:
    others_off = change(rule="manual.decisions/birth-in-a-man", action="off")
    report = male_on_record(sent(entry("EMISNQ1", system="emis"), patient=MAN), engine, profile=others_off)
    assert (report.decision, report.told, decisions(report)) == ("none", "partly", {"entry[0]": "none"})
    assert [(line.missing, line.items) for line in report.missing_inputs] == [("code", 1)]
    assert report.results == ()


def test_a_finding_that_rests_on_another_keeps_its_action(engine: codesafety.Engine) -> None:
    report = male_on_record(sent(entry(PREGNANT), patient=MAN, medications=(pill(),)), engine)
    assert findings(report) == ["recorded-male", "pill-in-pregnancy"]
    above, beneath = report.results[:2]
    assert (beneath.rests_on, beneath.action, above.rests_on) == ((above.id,), "note", ())
    assert decisions(report) == {"entry[0]": "review", "medication[0]": "note"}


def test_a_plugin_predicate_that_fails_holds_the_item(tmp_path: Path) -> None:
    def fails(_: object) -> bool:
        raise LookupError("a text that is not repeated")

    plugin = SimpleNamespace()
    plugin.codesafety_predicates = hookimpl(
        lambda: [BoundPredicate(Signature("example/fails", (Kind.ENTRY,), ()), fails, "example")]
    )
    (tmp_path / "p.rules").write_text(
        'ruleset p { title "P" version 1.0.0 language 1 review none }\n'
        f'valueset pregnant "Pregnant" {{ codes {PREGNANT} }}\n'
        'rule r { action note for entry e in pregnant when example/fails(e) say "{e}" }\n',
        encoding="utf-8",
    )
    engine = codesafety.load(tmp_path, plugins=[plugin], installed_plugins=False)
    report = engine.assess(sent(entry(PREGNANT), entry(NOT_PREGNANT, 1)), complete())
    assert decisions(report) == {"entry[0]": "hold", "entry[1]": "none"}
    assert [(n.path, n.rule) for n in report.not_checked] == [("entry[0]", "p/r")]
    assert "not repeated" not in report.model_dump_json()


def test_what_the_work_budget_leaves_unasked_is_held(rules: Path) -> None:
    engine = codesafety.load(rules, work_budget=4, installed_plugins=False)
    report = engine.assess(sent(entry(PREGNANT), entry(NOT_PREGNANT, 1)), complete())
    assert decisions(report) == {"entry[0]": "hold", "entry[1]": "hold"}
    assert {(n.path, n.rule) for n in report.not_checked} == {
        ("entry[0]", "manual.decisions/both"),
        ("entry[0]", "manual.decisions/pill-in-pregnancy"),
        ("entry[0]", "manual.decisions/recorded-male"),
        ("entry[1]", "manual.decisions/both"),
    }
    assert {n.reason for n in report.not_checked} == {"not asked: the budget of work for one message is spent"}


def test_a_resource_that_breaks_its_format_is_held(engine: codesafety.Engine) -> None:
    broken = NotRead(path="Observation/3", reason="`code` is a number", whole=True, coded=True, broken=True)
    report = engine.assess(sent(entry(NOT_PREGNANT), not_read=(broken,)), complete())
    assert (report.decision, decisions(report)["Observation/3"]) == ("hold", "hold")
    assert [n.path for n in report.not_checked] == ["Observation/3"]


def test_a_coded_resource_that_was_not_understood_is_review(engine: codesafety.Engine) -> None:
    strange = NotRead(path="Strange/1", reason="not a kind that is understood", whole=True, coded=True)
    report = engine.assess(sent(entry(BIRTH), not_read=(strange,)), complete())
    assert (report.decision, decisions(report)) == ("review", {"entry[0]": "none", "Strange/1": "review"})


def test_a_submission_without_an_item_is_review(engine: codesafety.Engine) -> None:
    assert engine.assess(sent(), complete()).decision == "review"


def test_a_submission_of_words_only_is_a_note(engine: codesafety.Engine) -> None:
    assert engine.assess(sent(texts=(TextItem(path="text[0]", text="Seen today"),)), complete()).decision == "note"


def test_several_patients_in_one_source_are_review(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(BIRTH), other_patients=(Patient(gender="female"),)), complete())
    assert report.decision == "review"
    assert "describes 2 patients" in report.errors[0]


def test_a_private_field_is_named_nowhere(engine: codesafety.Engine) -> None:
    untested = male_on_record(sent(entry(PREGNANT), patient=MAN), engine)
    assert findings(untested) == ["recorded-male"]
    female_at_birth = Patient(gender="male", sex_at_birth="female")
    applied = engine.assess(sent(entry(PREGNANT), patient=female_at_birth), complete(patient=female_at_birth))
    assert findings(applied) == []
    for report in (untested, applied):
        assert "birth" not in report.model_dump_json().lower()


# ------------------------------------------------------------------------------------------------ whose record


def test_nhs_numbers_that_differ_hold_and_nothing_is_compared(engine: codesafety.Engine) -> None:
    submission = sent(entry(PREGNANT), patient=Patient(gender="female", nhs_number="9990000018"))
    record = complete(entry(NOT_PREGNANT, 7), patient=Patient(gender="male", nhs_number="9990000026"))
    report = engine.assess(submission, record)
    assert (report.decision, report.identity.nhs_number) == ("hold", "different")
    assert findings(report) == ["different-patient"]
    assert decisions(report) == {"entry[0]": "none"}


def test_a_gender_that_differs_is_unknown_to_the_rules(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(PREGNANT), patient=WOMAN), complete(patient=MAN))
    assert (report.decision, report.identity.differing) == ("review", ("gender",))
    assert findings(report) == ["patient-differs"]
    assert [line.missing for line in report.missing_inputs] == ["patient.gender"]


def test_a_record_that_does_not_know_the_gender_leaves_that_of_the_message(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(PREGNANT), patient=MAN), complete(patient=Patient(gender="unknown")))
    assert (findings(report), report.identity.differing) == (["recorded-male"], ())


def test_without_two_nhs_numbers_the_record_is_used_and_the_report_says_so(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(PREGNANT)), complete(entry(NOT_PREGNANT, 7), patient=Patient(nhs_number="9990000018")))
    assert (report.identity.nhs_number, findings(report)) == ("not_compared", ["both"])


# ------------------------------------------------------------------------------------------------ overrides and profiles


def aside(**more: Any) -> Override:
    given = {
        "rule": "manual.decisions/recorded-male",
        "codes": (PREGNANT,),
        "reason": "confirmed-with-patient",
        "recorded": "2025-01-10",
    }
    return Override(**{**given, **more})


def change(**more: Any) -> Profile:
    given = {
        "rule": "manual.decisions/recorded-male",
        "action": "note",
        "reason": "agreed",
        "role": "manager",
        "until": "2025-12-31",
    }
    return Profile(name="A practice", changes=(RuleChange(**{**given, **more}),))


def test_an_overridden_finding_decides_nothing_and_is_listed(engine: codesafety.Engine) -> None:
    report = male_on_record(sent(entry(PREGNANT), patient=MAN), engine, [aside()])
    assert (report.decision, findings(report), report.counts.overridden) == ("none", ["recorded-male"], 1)
    assert report.results[0].overridden is not None
    assert (report.results[0].overridden.reason, report.results[0].overridden.until) == ("confirmed-with-patient", "2026-01-10")


def test_an_override_does_not_reach_a_finding_with_another_code(engine: codesafety.Engine) -> None:
    assert male_on_record(sent(entry(PREGNANT), patient=MAN), engine, [aside(codes=(BIRTH,))]).decision == "review"


def test_an_override_does_not_reach_a_finding_with_a_code_fewer(engine: codesafety.Engine) -> None:
    assert male_on_record(sent(entry(PREGNANT), patient=MAN), engine, [aside(codes=(PREGNANT, BIRTH))]).decision == "review"


def test_an_override_with_a_foreign_reason_sets_nothing_aside_and_is_told(engine: codesafety.Engine) -> None:
    report = male_on_record(sent(entry(PREGNANT), patient=MAN), engine, [aside(reason="because")])
    assert report.decision == "review"
    assert "a reason that the rule does not take" in report.errors[0]


def test_an_override_ends(engine: codesafety.Engine) -> None:
    later = sent(entry(PREGNANT, date="2026-01-11"), patient=MAN)
    assert male_on_record(later, engine, [aside()]).decision == "review"


def test_a_profile_lowers_a_rule_and_the_finding_says_so(engine: codesafety.Engine) -> None:
    report = male_on_record(sent(entry(PREGNANT), patient=MAN), engine, profile=change())
    assert (report.decision, report.results[0].changed_by_profile) == ("note", "review")


def test_a_profile_switches_a_rule_off(engine: codesafety.Engine) -> None:
    report = male_on_record(sent(entry(PREGNANT), patient=MAN), engine, profile=change(action="off"))
    assert (report.decision, findings(report)) == ("none", [])
    assert report.profile is not None
    assert [c.action for c in report.profile.in_force] == ["off"]


def test_a_profile_ends(engine: codesafety.Engine) -> None:
    report = male_on_record(sent(entry(PREGNANT, date="2026-01-01"), patient=MAN), engine, profile=change(action="off"))
    assert report.decision == "review"
    assert report.profile is not None
    assert [c.rule for c in report.profile.ended] == ["manual.decisions/recorded-male"]


FAMILY = """ruleset f { title "F" version 1.0.0 language 2 }
valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| }
table bands from "bands.csv" { key band column least_age years }
rule older for each row b of bands { action review for entry e in pregnant when age at e >= b.least_age say "{e} {b.least_age}" }
"""


@pytest.fixture
def family(tmp_path: Path) -> codesafety.Engine:
    (tmp_path / "f.rules").write_text(FAMILY)
    (tmp_path / "bands.csv").write_text("band,least_age\ngrown,18\nold,40\n")
    return codesafety.load(tmp_path, installed_plugins=False)


@pytest.mark.parametrize(
    ("named", "actions"),
    [
        (("f/older",), {"f/older[grown]": "note", "f/older[old]": "note"}),
        (("f/older[old]",), {"f/older[grown]": "review", "f/older[old]": "note"}),
        (("f/older[grown]", "f/older[old]"), {"f/older[grown]": "note", "f/older[old]": "note"}),
    ],
)
def test_a_profile_changes_a_family_or_one_of_its_rules(
    family: codesafety.Engine, named: tuple[str, ...], actions: dict[str, str]
) -> None:
    changes = tuple(change(rule=rule).changes[0] for rule in named)
    patient = Patient(gender="female", born="1970-01-01")
    report = family.assess(sent(entry(PREGNANT), patient=patient), profile=Profile(name="A practice", changes=changes))
    assert {r.rule: r.action for r in report.results if r.outcome == "fires"} == actions


@pytest.mark.parametrize("other", ["f/older", "f/older[old]"])
def test_a_profile_that_changes_a_rule_twice_is_refused(family: codesafety.Engine, other: str) -> None:
    changes = (*change(rule="f/older[old]").changes, *change(rule=other).changes)
    with pytest.raises(ConfigurationError, match=r"changes `f/older\[old\]` twice"):
        family.assess(sent(entry(PREGNANT)), profile=Profile(name="A practice", changes=changes))


def test_a_profile_that_names_an_unknown_rule_is_refused(engine: codesafety.Engine) -> None:
    with pytest.raises(ConfigurationError, match="is not loaded"):
        male_on_record(sent(entry(PREGNANT)), engine, profile=change(rule="manual.decisions/recorded-mail"))


# ------------------------------------------------------------------------------------------------ what examples cannot give


def test_a_component_is_an_entry_and_what_is_found_falls_on_its_resource(engine: codesafety.Engine) -> None:
    part = Component(codings=(Coding(system="sct", code=PREGNANT),), path="entry[0].component[0]")
    report = male_on_record(sent(entry("271649006", components=(part,)), patient=MAN), engine)
    assert decisions(report) == {"entry[0]": "review"}
    assert [e.path for e in report.results[0].entries] == ["entry[0].component[0]"]


def test_a_record_that_covers_entries_only_cannot_tell_of_medication(engine: codesafety.Engine) -> None:
    record = Record(patient=WOMAN, complete=(Coverage(kind="entry"),))
    report = engine.assess(sent(entry(PREGNANT)), record)
    assert [(r.rule, r.missing) for r in report.results] == [("manual.decisions/pill-in-pregnancy", ("record",))]


def test_an_item_around_what_breaks_its_format_is_held_and_no_other(engine: codesafety.Engine) -> None:
    broken = NotRead(path="entry[1].date", reason="there is no such month", broken=True)
    report = engine.assess(sent(entry(PREGNANT), entry(PREGNANT, 1), not_read=(broken,)), complete())
    assert decisions(report) == {"entry[0]": "none", "entry[1]": "hold", "entry[1].date": "hold"}


def test_a_record_that_was_not_read_whole_is_not_complete(engine: codesafety.Engine) -> None:
    """What is broken in it may be the very entry that a rule asks for, and no report may say that all was told."""
    held = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": {"coding": [{"system": SNOMED_CT, "code": 77386006}]},
    }
    areas = "717711000000103 886921000000105 1102181000000102 887191000000108 1149501000000101 826501000000100 933361000000108"
    lists = [
        {"resourceType": "List", "status": "current", "code": {"coding": [{"system": SNOMED_CT, "code": area}]}}
        for area in areas.split()
    ]
    patient = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1990-05-01"}
    profile = "https://fhir.nhs.uk/STU3/StructureDefinition/GPConnect-StructuredRecord-Bundle-1"
    told: list[tuple[str, tuple[str, ...]]] = []
    for extra in ([], [held]):
        entries = [{"resource": one} for one in [patient, *lists, *extra]]
        bundle = {"resourceType": "Bundle", "meta": {"profile": [profile]}, "type": "collection", "entry": entries}
        record = engine.read_record(json.dumps(bundle).encode())
        assert [one.kind for one in record.complete] == ["entry", "medication"]
        report = engine.assess(sent(entry(PREGNANT)), record)
        told.append((report.told, tuple(line.missing for line in report.missing_inputs)))
    assert told == [("whole", ()), ("partly", ("record",))]


def test_a_narrative_is_no_item_and_hides_nothing(engine: codesafety.Engine) -> None:
    report = engine.assess(sent(entry(PREGNANT), texts=(TextItem(path="text[0]", text="Pregnant?"),)), complete())
    assert (report.decision, report.missing_inputs) == ("none", ())


def test_an_item_of_the_message_that_is_replaced_is_no_partner(engine: codesafety.Engine) -> None:
    before = complete(entry(NOT_PREGNANT, 7, message_id="m0"))
    assert findings(engine.assess(sent(entry(PREGNANT)), before)) == ["both"]
    assert findings(engine.assess(sent(entry(PREGNANT), message=Message(replaces="m0")), before)) == []


def test_a_number_beyond_10_to_the_30_is_not_read(engine: codesafety.Engine) -> None:
    item = {
        "path": "entries[0]",
        "codings": [{"system": "sct", "code": BIRTH}],
        "value": {"quantity": {"value": "1e31", "unit": "kg"}},
    }
    with pytest.raises(InputError, match="measures nothing"):
        engine.read(json.dumps({"entries": [item]}).encode())


def test_a_plugin_that_fails_is_named() -> None:
    plugin = SimpleNamespace(codesafety_predicates=hookimpl(lambda: 1 / 0))
    with pytest.raises(PluginError, match="codesafety_predicates"):
        codesafety.load(plugins=[plugin], installed_plugins=False)


def test_a_value_of_false_on_a_component_is_its_own(engine: codesafety.Engine) -> None:
    part = Component(codings=(Coding(system="sct", code=PREGNANT),), value=Value(boolean=False), path="entry[0].component[0]")
    assert findings(male_on_record(sent(entry("271649006", components=(part,)), patient=MAN), engine)) == []


def test_a_value_that_is_a_bound_is_told_only_where_every_number_agrees() -> None:
    loaded = page(FOLDER / "values.md").loaded
    binding = bind_for_examples(loaded.rulesets, frozen_terminology(loaded.rulesets))
    answers = {}
    for comparator, number in ((">", "300"), (">", "299"), ("<", "300"), ("<", "301")):
        value = Value(quantity={"value": number, "unit": "mm[Hg]", "comparator": comparator})
        facts = Facts(sent(entry("72313002", value=value)), None, binding.codebook)
        answers[comparator + number] = answer(run_reference(binding, facts), "manual.values/too-high")[0]
    assert answers == {">300": "fires", ">299": "cannot tell", "<300": "clear", "<301": "cannot tell"}


# ------------------------------------------------------------------------------------------------ limits, and which of two is named first


def rules_of(name: str, folder: Path) -> Path:
    (folder / f"{name}.rules").write_text(page(FOLDER / f"{name}.md").rules, encoding="utf-8")
    for file, data in page(FOLDER / f"{name}.md").data.items():
        (folder / file).write_bytes(data)
    return folder


def six_months_after_birth(folder: Path, **limits: str) -> str:
    engine = codesafety.load(
        rules_of("files", folder), limits={f"manual.files/{k}": v for k, v in limits.items()}, installed_plugins=False
    )
    return engine.assess(sent(entry(PREGNANT, date="2025-06-01")), complete(entry(BIRTH, 7, date="2024-12-05"))).decision


def test_a_limit_that_nobody_sets_is_its_default(tmp_path: Path) -> None:
    assert six_months_after_birth(tmp_path) == "note"  # the note of another rule: 24 weeks are over


def test_a_limit_is_set_within_its_range(tmp_path: Path) -> None:
    assert six_months_after_birth(tmp_path, after_delivery="30 weeks") == "review"


def test_a_limit_beyond_its_range_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="from 20 weeks to 30 weeks"):
        six_months_after_birth(tmp_path, after_delivery="31 weeks")
    with pytest.raises(ConfigurationError, match="like its default"):
        six_months_after_birth(tmp_path, after_delivery="25")


def test_of_two_incoming_items_of_one_set_the_first_sent_is_named_first(tmp_path: Path) -> None:
    engine = codesafety.load(rules_of("pairs", tmp_path), installed_plugins=False)
    births = entry(BIRTH, 0, date="2025-03-01"), entry(BIRTH, 1, date="2025-06-01")
    report = engine.assess(sent(*births), complete())
    (result,) = (r for r in report.results if r.rule == "manual.pairs/one-set")
    assert [(e.path, e.role) for e in result.entries] == [("entry[0]", "a"), ("entry[1]", "b")]


def test_an_age_is_said_at_any_day(tmp_path: Path) -> None:
    (tmp_path / "p.rules").write_text(
        'ruleset p { title "P" version 1.0.0 language 1 review none }\n'
        f'valueset pregnant "Pregnant" {{ codes {PREGNANT} }}\n'
        'rule r { action note for entry e in pregnant say "Coded at {age at e}, sent at {age at message.sent}, ended at {age at e.end_date}." }\n',
        encoding="utf-8",
    )
    engine = codesafety.load(tmp_path, installed_plugins=False)
    patient = Patient(born="1990-06-01")
    report = engine.assess(sent(entry(PREGNANT, end_date="2025-05-31"), patient=patient, message=Message(sent="2026-07-01")))
    assert report.results[0].message == "Coded at 35 years, sent at 36 years, ended at 34 years."
