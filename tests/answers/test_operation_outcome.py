"""FHIR OperationOutcome: literal answers in each version, and HL7's own definitions as the package of their models has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fhir.resources.operationoutcome import OperationOutcome as R5
from fhir.resources.R4B.operationoutcome import OperationOutcome as R4
from fhir.resources.STU3.operationoutcome import OperationOutcome as STU3
from tests.answers.messages import ASIDE, RIGHT, WRONG, engine, everything, report

from codesafety.answers import FhirVersion, not_done, operation_outcome
from codesafety.answers.paths import fhirpaths, xpaths
from codesafety.errors import ConfigurationError, InputError
from codesafety.record import NotRead

MODELS = {"STU3": STU3, "R4": R4, "R5": R5}
"""R4B's OperationOutcome is R4's."""
SEVERITIES = {"fatal", "error", "warning", "information"}
ISSUE_TYPES = """
    invalid structure required value invariant security login unknown expired forbidden suppressed processing not-supported
    duplicate not-found too-long code-invalid extension too-costly business-rule conflict incomplete transient lock-error
    no-store exception timeout throttled informational
"""
"""Of STU3 (http://hl7.org/fhir/issue-type), all of which R4 and R5 have."""


def told(outcome: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(i["severity"], i["code"], i["details"]["coding"][0]["code"], i["details"]["text"]) for i in outcome["issue"]]


def test_an_outcome_has_the_decision_then_findings_then_all_that_is_beside_them(tmp_path: Path) -> None:
    assert told(operation_outcome(everything(tmp_path), "R4")) == [
        (
            "error",
            "business-rule",
            "hold",
            "Look before filing: 1 to hold, 2 to review, 1 to note, 1 not checked, 1 not read, 1 code not judged.",
        ),
        ("error", "business-rule", "s/held", "Pregnancy (77386006) of 4 March 2026 is held."),
        ("warning", "business-rule", "s/seen", "Pregnancy (77386006) of 4 March 2026 is seen."),
        ("warning", "incomplete", "s/asked", "Asked: cannot tell, because this is missing or not exact: patient.gender."),
        ("information", "informational", "s/noted", "Pregnancy (77386006) of 4 March 2026 is noted."),
        ("error", "structure", "broken", "1 place not checked: the format is broken there."),
        ("warning", "not-supported", "not-read", "1 resource not read: of no kind that a reader understands."),
        ("warning", "not-supported", "not-judged", "1 code not judged: seen by no rule about entries."),
        ("information", "not-supported", "not-kept", "1 element not kept: of no kind that a record holds."),
        (
            "information",
            "incomplete",
            "cannot-tell",
            "the patient's gender is missing, or cannot be compared: 2 rules could not be told.",
        ),
        ("information", "incomplete", "never-given", "Never given here: release."),
        ("information", "informational", "profile", "The profile switches 1 rule off, and lowers 0."),
    ]


def test_a_finding_that_a_person_set_aside_decides_nothing_and_is_named(tmp_path: Path) -> None:
    found = told(operation_outcome(everything(tmp_path, ASIDE), "R4"))
    assert "s/seen" not in [code for _, _, code, _ in found]
    assert ("information", "informational", "set-aside", "Set aside by a person until 2026-12-01: Seen.") in found


def test_the_rule_is_in_the_coding_and_the_place_in_the_expression() -> None:
    issue = operation_outcome(report(WRONG), "R4")["issue"][1]
    assert issue == {
        "severity": "error",
        "code": "business-rule",
        "details": {
            "coding": [
                {
                    "system": "urn:uuid:c28d27e2-4ace-5324-b5ef-6326c7e5af2b",
                    "code": "uk.integrity/pregnancy-code-whose-words-deny-it",
                    "display": "A pregnancy status whose own words say something else",
                    "version": issue["details"]["coding"][0]["version"],
                }
            ],
            "text": "Pregnant (77386006) was sent with words that say something else. Code and words cannot both be right.",
        },
        "diagnostics": "finding c823f07b2b8077d3; hazards H-01, H-02",
        "expression": ["Bundle.entry[2].resource.entry[6].resource.code.coding[0]"],
    }


def test_stu3_has_the_place_as_xpath_too_and_later_versions_do_not() -> None:
    stu3, r4, r5 = (operation_outcome(report(WRONG), version) for version in ("STU3", "R4", "R5"))
    assert [issue.pop("location") for issue in stu3["issue"] if "location" in issue] == [
        ["/f:Bundle/f:entry[3]/f:resource/f:Bundle/f:entry[7]/f:resource/f:Observation/f:code/f:coding[1]"],
        ["/f:Bundle/f:entry[3]/f:resource/f:Bundle/f:entry[7]/f:resource/f:Observation"],
    ]
    assert stu3 == r4 == r5


def test_nothing_found_is_an_outcome_that_does_not_say_that_all_is_right() -> None:
    assert told(operation_outcome(report(RIGHT), "R5"))[0] == (
        "information",
        "informational",
        "none",
        "Nothing was found. That does not mean that the entries are right.",
    )


def test_an_error_is_an_outcome_that_says_that_nothing_was_checked() -> None:
    outcome = not_done(InputError("this is not JSON", source="patient-name.json", help="write JSON"))
    assert told(outcome) == [("fatal", "processing", "not-checked", "Nothing was checked: this is not JSON")]
    for model in MODELS.values():
        model.model_validate(outcome)


@pytest.mark.parametrize("version", ["STU3", "R4", "R5"])
def test_every_outcome_fits_the_standards_definition(version: FhirVersion, tmp_path: Path) -> None:
    for found in (report(WRONG), report(RIGHT), everything(tmp_path), everything(tmp_path, ASIDE)):
        outcome = operation_outcome(found, version)
        MODELS[version].model_validate(outcome)
        assert {issue["severity"] for issue in outcome["issue"]} <= SEVERITIES
        assert {issue["code"] for issue in outcome["issue"]} <= set(ISSUE_TYPES.split())


@pytest.mark.parametrize("version", ["STU3", "R4", "R5"])
def test_the_definition_refuses_what_does_not_fit_it(version: FhirVersion) -> None:
    with pytest.raises(ValueError, match="place"):
        MODELS[version].model_validate(
            {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "value", "place": "x"}]}
        )


def test_another_version_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="ask for STU3, R4, R5"):
        operation_outcome(report(), "DSTU2")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("Bundle.entry[1].resource.code.coding[0]", ["Bundle.entry[1].resource.code.coding[0]"]),
        ("Bundle.entry[1].resource.johnsmith.code", ["Bundle.entry[1].resource"]),
        ("Bundle.entry[1].resource.JohnSmith", ["Bundle.entry[1].resource"]),
        ("Observation", ["Observation"]),
        ("JohnSmith.entry[0]", []),
        ("entries[0]", []),
        ("message", []),
        ("", []),
    ],
)
def test_a_path_ends_before_a_name_that_is_none_of_fhirs(path: str, written: list[str]) -> None:
    assert fhirpaths([path, path]) == written


def test_a_way_through_a_resource_of_unknown_type_has_no_xpath() -> None:
    assert xpaths(["Bundle.entry[2].resource.entry[0].resource.type.coding[0]"], report()) == []
    assert xpaths(["Bundle.entry[2].resource"], report()) == []


@pytest.mark.parametrize(("coded", "severity"), [(False, "information"), (True, "warning")])
def test_a_resource_that_was_not_read_asks_for_what_the_report_says(coded: bool, severity: str) -> None:
    """Without a code it is noted, and with one it is looked at: the answer is no stricter and no milder than the decision."""
    unread = NotRead(path="Bundle.entry[1].resource", resource_type="Slot", reason="unknown", whole=True, coded=coded)
    assessed = engine().assess(engine().read(RIGHT).model_copy(update={"not_read": (unread,)}))
    assert assessed.decision == ("review" if coded else "note")
    assert (severity, "not-supported", "not-read", "1 resource not read: of no kind that a reader understands.") in told(
        operation_outcome(assessed, "R4")
    )
