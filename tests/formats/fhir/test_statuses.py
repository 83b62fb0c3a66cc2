"""Every status word that FHIR has: what each makes of an item, and what becomes of a word that FHIR does not have."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.places import ROOT

from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.facts import Facts
from codesafety.formats import R4Reader, UpdateRecordReader
from codesafety.formats.fhir.entries import SHAPES
from codesafety.formats.fhir.medicines import KINDS
from codesafety.formats.fhir.statuses import STATUSES
from codesafety.plugins.reading import Source
from codesafety.record import Submission
from codesafety.terminology.frozen import FrozenTerminology

EVENT_STU3 = "preparation in-progress suspended aborted completed entered-in-error unknown"
EVENT_R4 = "preparation in-progress not-done on-hold stopped completed entered-in-error unknown"
REQUEST_STU3 = "draft active suspended cancelled completed entered-in-error unknown"
REQUEST_R4 = "draft active on-hold revoked completed entered-in-error unknown"
OBSERVED = "registered preliminary final amended corrected cancelled entered-in-error unknown"
COMPOSED = "preliminary final amended entered-in-error"
ENCOUNTERED = "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
SPECIFIED: dict[tuple[str, str], tuple[str, str]] = {
    ("Observation", "status"): (OBSERVED, OBSERVED),
    ("Condition", "verificationStatus"): (
        "provisional differential confirmed refuted entered-in-error unknown",
        "unconfirmed provisional differential confirmed refuted entered-in-error",
    ),
    ("Condition", "clinicalStatus"): (
        "active recurrence inactive remission resolved",
        "active recurrence relapse inactive remission resolved",
    ),
    ("Procedure", "status"): (EVENT_STU3, EVENT_R4),
    ("AllergyIntolerance", "verificationStatus"): ("unconfirmed confirmed refuted entered-in-error",) * 2,
    ("AllergyIntolerance", "clinicalStatus"): ("active inactive resolved",) * 2,
    ("Immunization", "status"): ("completed entered-in-error", "completed entered-in-error not-done"),
    ("FamilyMemberHistory", "status"): ("partial completed entered-in-error health-unknown",) * 2,
    ("DiagnosticReport", "status"): (
        "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown",
    )
    * 2,
    ("DocumentReference", "status"): ("current superseded entered-in-error",) * 2,
    ("DocumentReference", "docStatus"): (COMPOSED, COMPOSED),
    ("QuestionnaireResponse", "status"): ("in-progress completed amended entered-in-error stopped",) * 2,
    ("ClinicalImpression", "status"): ("draft completed entered-in-error", "in-progress completed entered-in-error"),
    ("ProcedureRequest", "status"): (REQUEST_STU3, ""),
    ("ServiceRequest", "status"): ("", REQUEST_R4),
    ("ReferralRequest", "status"): (REQUEST_STU3, ""),
    ("DeviceRequest", "status"): (REQUEST_STU3, REQUEST_R4),
    ("Goal", "status"): (
        "proposed accepted planned in-progress on-target ahead-of-target behind-target sustaining achieved on-hold cancelled "
        "entered-in-error rejected",
        "",
    ),
    ("Goal", "lifecycleStatus"): ("", "proposed planned accepted active on-hold completed cancelled entered-in-error rejected"),
    ("CarePlan", "status"): (REQUEST_STU3, REQUEST_R4),
    ("Flag", "status"): ("active inactive entered-in-error",) * 2,
    ("Specimen", "status"): ("available unavailable unsatisfactory entered-in-error",) * 2,
    ("Consent", "status"): ("draft proposed active rejected inactive entered-in-error",) * 2,
    ("RiskAssessment", "status"): (OBSERVED, OBSERVED),
    ("Communication", "status"): (EVENT_STU3, EVENT_R4),
    ("CommunicationRequest", "status"): (REQUEST_STU3, REQUEST_R4),
    ("AdverseEvent", "actuality"): ("", "actual potential"),
    ("DetectedIssue", "status"): (OBSERVED, OBSERVED),
    ("DeviceUseStatement", "status"): ("active completed entered-in-error intended stopped on-hold",) * 2,
    ("Media", "status"): ("", EVENT_R4),
    ("ImagingStudy", "status"): ("", "registered available cancelled entered-in-error unknown"),
    ("NutritionOrder", "status"): (
        "proposed draft planned requested active on-hold completed cancelled entered-in-error",
        REQUEST_R4,
    ),
    ("Encounter", "status"): (ENCOUNTERED, ENCOUNTERED),
    ("Composition", "status"): (COMPOSED, COMPOSED),
    ("Medication", "status"): ("active inactive entered-in-error",) * 2,
    ("MedicationStatement", "status"): (
        "active completed entered-in-error intended stopped on-hold",
        "active completed entered-in-error intended stopped on-hold unknown not-taken",
    ),
    ("MedicationStatement", "taken"): ("y n unk na", ""),
    ("MedicationRequest", "status"): ("active on-hold cancelled completed entered-in-error stopped draft unknown",) * 2,
    ("MedicationDispense", "status"): (
        "preparation in-progress on-hold completed entered-in-error stopped",
        "preparation in-progress cancelled on-hold completed entered-in-error stopped declined unknown",
    ),
    ("MedicationAdministration", "status"): (
        "in-progress on-hold completed entered-in-error stopped unknown",
        "in-progress not-done on-hold completed entered-in-error stopped unknown",
    ),
}
"""The value sets of FHIR 3.0.2 and 4.0.1, as their pages list them."""
WORDS = [
    (kind, element, version, word)
    for (kind, element), versions in SPECIFIED.items()
    for version, words in zip(("stu3", "r4"), versions, strict=True)
    for word in words.split()
]


def read(*resources: dict[str, Any]) -> Submission:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}
    return UpdateRecordReader().read(Source(json.dumps(bundle).encode()))


def coded(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://snomed.info/sct", "code": code}]}


def resource(kind: str, **fields: Any) -> dict[str, Any]:
    """Return a resource of a kind, coded where its concept stands."""
    made: dict[str, Any] = {"resourceType": kind, **fields}
    if kind in KINDS:
        return {**made, "medicationCodeableConcept": coded("322236009")}
    if kind == "FamilyMemberHistory":
        return {**made, "condition": [{"code": coded("22298006")}]}
    if kind == "QuestionnaireResponse":
        return {**made, "item": [{"answer": [{"valueCoding": coded("22298006")["coding"][0]}]}]}
    if kind == "RiskAssessment":
        return {**made, "code": coded("22298006")}
    return {**made, SHAPES[kind].code[0]: coded("22298006")}


def test_the_table_holds_every_word_that_fhir_has_and_no_other() -> None:
    table = {
        (kind, element): tuple(" ".join(sorted(words)) for words in versions)
        for kind, elements in STATUSES.items()
        for element, versions in elements.items()
    }
    assert table == {key: tuple(" ".join(sorted(w.split())) for w in versions) for key, versions in SPECIFIED.items()}


def test_no_word_means_one_thing_in_stu3_and_another_in_r4() -> None:
    differing = [
        (kind, element, word)
        for kind, elements in STATUSES.items()
        for element, (stu3, r4) in elements.items()
        for word in stu3.keys() & r4.keys()
        if stu3[word] != r4[word]
    ]
    assert differing == []


@pytest.mark.parametrize(
    ("code", "words", "assertion"),
    [
        ("confirmed", "Refuted", "unknown"),
        ("confirmed", "Ruled out", "unknown"),
        ("confirmed", "Not confirmed", "unknown"),
        ("confirmed", "Provisional", "unknown"),
        ("provisional", "Confirmed", "unknown"),
        ("provisional", "Withdrawn", "unknown"),
        ("confirmed", "Confirmed by the practice", None),
        ("confirmed", "Confirmed", None),
        ("provisional", "Provisional", "possible"),
        ("refuted", "Refuted", "absent"),
        ("unconfirmed", "Not yet confirmed", None),
    ],
)
def test_words_beside_a_status_that_say_another_thing_leave_it_open(code: str, words: str, assertion: str | None) -> None:
    for status in ({**coded(code), "text": words}, {"coding": [{"code": code, "display": words}]}):
        submission = read(resource("Condition", verificationStatus=status))
        assert submission.entries[0].assertion == assertion
        assert submission.entries[0].verification == code


def test_words_beside_a_status_withdraw_as_its_code_does() -> None:
    (entry,) = read(resource("Condition", verificationStatus={**coded("confirmed"), "text": "Entered in error"})).entries
    assert entry.entered_in_error


def test_every_kind_of_item_is_in_the_table_unless_fhir_gives_it_no_status() -> None:
    assert {*SHAPES, *KINDS} - STATUSES.keys() == {"Basic"}


@pytest.mark.parametrize(("kind", "element", "version", "word"), WORDS)
def test_every_word_of_every_version_makes_of_an_item_what_the_table_says(
    kind: str, element: str, version: str, word: str
) -> None:
    meaning = STATUSES[kind][element][version == "r4"][word]
    as_concept = version == "r4" and element in ("verificationStatus", "clinicalStatus")
    made = resource(kind, **{element: coded(word) if as_concept else word})
    submission = R4Reader().read(Source(json.dumps(made).encode()))
    assert [line.path for line in submission.not_read if line.broken] == []
    facts = Facts(submission, None, Codebook(FrozenTerminology({})))
    (item,) = [i for i in facts.incoming if i.component is None]
    assert item.model.entered_in_error == (meaning == "withdrawn")
    assert (item.stands == 0) == (
        meaning in ("withdrawn", "absent")
        or (not kind.startswith("Medication") and meaning in ("planned", "past"))
        or kind == "FamilyMemberHistory"
        or (kind == "MedicationDispense" and word == "stopped")
        or (kind in PLANS and meaning != "unknown")
    )


PLANS = {kind for kind, shape in SHAPES.items() if shape.planned}


@pytest.mark.parametrize("word", ["Final", "done", "entered in error", "withdrawn", "enterd-in-error"])
@pytest.mark.parametrize(
    ("kind", "element"),
    [
        ("Observation", "status"),
        ("Condition", "verificationStatus"),
        ("AllergyIntolerance", "clinicalStatus"),
        ("MedicationRequest", "status"),
        ("DocumentReference", "docStatus"),
        ("Goal", "lifecycleStatus"),
    ],
)
def test_a_word_that_fhir_does_not_have_is_told_and_never_taken_for_a_good_one(kind: str, element: str, word: str) -> None:
    submission = read(resource(kind, **{element: word}))
    (line,) = (n for n in submission.not_read if n.broken)
    assert (line.path, line.broken, word in line.reason) == (f"Bundle.entry[0].resource.{element}", True, False)
    for entry in submission.entries:
        assert entry.assertion == "unknown"


@pytest.mark.parametrize(
    ("status", "verification", "withdrawn", "assertion"),
    [
        (coded("entered-in-error"), "entered-in-error", True, None),
        ({"text": "Entered in error"}, "entered-in-error", True, None),
        ({"coding": [{"code": "local-1"}, {"code": "entered-in-error"}]}, "entered-in-error", True, None),
        ({"coding": [{"code": "confirmed"}, {"code": "entered-in-error"}]}, "entered-in-error", True, None),
        ({"coding": [{"code": "confirmed"}, {"code": "refuted"}]}, "confirmed", False, "unknown"),
        ({"coding": [{"code": "local-1"}, {"code": "refuted"}]}, "refuted", False, "absent"),
    ],
)
def test_a_status_sent_as_a_concept_is_read_in_all_its_codings(
    status: dict[str, Any], verification: str, withdrawn: bool, assertion: str | None
) -> None:
    submission = read(resource("Condition", verificationStatus=status))
    (entry,) = submission.entries
    assert (entry.verification, entry.entered_in_error, entry.assertion) == (verification, withdrawn, assertion)
    assert not any(line.broken for line in submission.not_read)


def test_the_status_that_withdraws_is_the_items_status() -> None:
    document = resource("DocumentReference", status="current", docStatus="entered-in-error")
    goal = resource("Goal", lifecycleStatus="entered-in-error")
    assert [e.status for e in read(document, goal).entries] == ["entered-in-error", "entered-in-error"]


def test_a_medicine_that_is_withdrawn_withdraws_what_is_asked_for() -> None:
    medicine = {"resourceType": "Medication", "id": "m", "status": "entered-in-error", "code": coded("322236009")}
    asked = {"resourceType": "MedicationRequest", "status": "active", "medicationReference": {"reference": "Medication/m"}}
    assert read(medicine, asked).medications[0].entered_in_error


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_consultation_that_never_was_dates_nothing(status: str) -> None:
    encounter = {"resourceType": "Encounter", "id": "e", "status": status, "period": {"start": "2025-06-01"}}
    finding = resource("Condition", context={"reference": "Encounter/e"})
    assert read(encounter, finding).entries[0].consultation_date is None
    assert read({**encounter, "status": "finished"}, finding).entries[0].consultation_date == "2025-06-01"


def composed(status: str, *resources: dict[str, Any]) -> dict[str, Any]:
    """Return the bundle of one document."""
    return {
        "resourceType": "Bundle",
        "type": "document",
        "entry": [{"resource": r} for r in ({"resourceType": "Composition", "status": status}, *resources)],
    }


def message(*resources: dict[str, Any]) -> Submission:
    header = {"resourceType": "MessageHeader", "event": {"code": "ITK014M"}}
    bundle = {"resourceType": "Bundle", "type": "message", "entry": [{"resource": r} for r in (header, *resources)]}
    return UpdateRecordReader().read(Source(json.dumps(bundle).encode()))


def test_a_document_that_is_withdrawn_withdraws_all_that_it_holds() -> None:
    finding = resource("Observation", status="final")
    read_ = message(composed("entered-in-error", finding, resource("MedicationDispense", status="completed")))
    assert (read_.message.status, read_.entries[0].entered_in_error, read_.medications[0].entered_in_error) == (
        "entered-in-error",
        True,
        True,
    )
    beside = message(composed("entered-in-error"), finding)  # a draft has its items beside the document
    assert beside.entries[0].entered_in_error
    assert not message(composed("final", finding)).entries[0].entered_in_error


def test_of_two_documents_the_one_that_is_withdrawn_withdraws_its_own() -> None:
    first, second = composed("entered-in-error", resource("Observation")), composed("final", resource("Observation"))
    assert [e.entered_in_error for e in message(first, second).entries] == [True, False]


@pytest.mark.parametrize(
    "fields",
    [
        {"dataAbsentReason": coded("not-performed")},
        {"dataAbsentReason": {"text": "did not attend"}},
        {"interpretation": coded("NEG")},
        {"interpretation": [coded("ND")]},
        {"interpretation": [coded("N"), coded("260385009")]},
        {"interpretation": coded("neg")},
        {"interpretation": coded("NEGATIVE")},
        {"interpretation": {"text": "Negative"}},
        {"interpretation": [coded("N"), {"text": "Not detected"}]},
        {"interpretation": {"coding": [{"code": "x", "display": "Result: -ve"}]}},
        {
            "valueCodeableConcept": {
                "extension": [
                    {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "asked-declined"}
                ]
            }
        },
    ],
)
def test_an_observation_that_found_nothing_is_left_open_and_so_is_a_part(fields: dict[str, Any]) -> None:
    (whole,) = read(resource("Observation", **fields)).entries
    assert whole.assertion == "unknown"
    (panel,) = read(resource("Observation", component=[{"code": coded("1"), **fields}, {"code": coded("2")}])).entries
    assert (panel.assertion, [c.assertion for c in panel.components]) == (None, ["unknown", None])


@pytest.mark.parametrize(
    "fields", [{}, {"interpretation": coded("N")}, {"interpretation": [coded("POS"), {"text": "Positive"}, {"text": "Normal"}]}]
)
def test_other_interpretations_say_nothing_of_it(fields: dict[str, Any]) -> None:
    assert read(resource("Observation", **fields)).entries[0].assertion is None


@pytest.mark.parametrize(
    "status",
    [
        {"coding": [{"code": "confirmed"}], "text": "Refuted"},
        {"coding": [{"code": "confirmed", "display": "Refuted"}]},
        {"coding": [{"code": "confirmed"}, {"code": "refuted"}]},
    ],
)
def test_a_status_that_says_two_things_is_unknown_and_named(status: dict[str, Any]) -> None:
    submission = read(resource("Condition", verificationStatus=status))
    assert submission.entries[0].assertion == "unknown"
    assert [(n.path.rpartition(".")[2], n.coded, n.broken) for n in submission.not_read] == [("verificationStatus", True, False)]


def test_the_words_of_a_status_that_withdraws_withdraw() -> None:
    status = {"coding": [{"code": "confirmed"}], "text": "Entered in Error"}
    assert read(resource("Condition", verificationStatus=status)).entries[0].entered_in_error


@pytest.mark.parametrize("words", ["Confirmed", "confirmed present", "Diagnosis certain"])
def test_words_that_say_the_same_as_a_status_or_are_none_of_fhirs_change_nothing(words: str) -> None:
    submission = read(resource("Condition", verificationStatus={"coding": [{"code": "confirmed", "display": words}]}))
    assert (submission.entries[0].assertion, submission.not_read) == (None, ())


def rows() -> str:
    """Return the table as docs/reference/statuses.md has it: `python -m tests.formats.fhir.test_statuses` prints it."""
    lines = ["| resource | element | word | in | means |", "|---|---|---|---|---|"]
    for kind, elements in STATUSES.items():
        for element, (stu3, r4) in elements.items():
            for word, meaning in {**stu3, **r4}.items():
                versions = ", ".join(name for name, words in (("STU3", stu3), ("R4", r4)) if word in words)
                lines.append(f"| {kind} | `{element}` | `{word}` | {versions} | {meaning} |")
    return "\n".join(lines)


def test_the_page_lists_the_table() -> None:
    assert (ROOT / "docs" / "reference" / "statuses.md").read_text(encoding="utf-8").endswith(f"\n\n{rows()}\n")


if __name__ == "__main__":
    print(rows())
