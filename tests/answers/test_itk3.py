"""An ITK3 rejection: one fatal issue with one code of the response codes, and nothing of the patient."""

from __future__ import annotations

from pathlib import Path

import pytest
from fhir.resources.STU3.operationoutcome import OperationOutcome
from tests.answers.messages import RIGHT, WRONG, everything, report

from codesafety.answers import itk3_rejection
from codesafety.errors import ConfigurationError


def test_a_rejection_says_what_was_wrong_and_where() -> None:
    assert itk3_rejection(report(WRONG)) == {
        "resourceType": "OperationOutcome",
        "meta": {"profile": ["https://fhir.nhs.uk/STU3/StructureDefinition/ITK-Response-OperationOutcome-1"]},
        "issue": [
            {
                "severity": "fatal",
                "code": "business-rule",
                "details": {
                    "coding": [
                        {
                            "system": "https://fhir.nhs.uk/STU3/CodeSystem/ITK-ResponseCodes-1",
                            "code": "20009",
                            "display": "Payload validation failure",
                        }
                    ]
                },
                "diagnostics": (
                    "uk.integrity/pregnancy-code-whose-words-deny-it (finding c823f07b2b8077d3): "
                    "A pregnancy status whose own words say something else. "
                    "uk.pregnancy/pregnant-in-the-contraception-service (finding 704b28149d33cc6a): "
                    "Pregnant, in a message of the contraception service."
                ),
                "location": [
                    "/f:Bundle/f:entry[3]/f:resource/f:Bundle/f:entry[7]/f:resource/f:Observation/f:code/f:coding[1]",
                    "/f:Bundle/f:entry[3]/f:resource/f:Bundle/f:entry[7]/f:resource/f:Observation",
                ],
                "expression": [
                    "Bundle.entry[2].resource.entry[6].resource.code.coding[0]",
                    "Bundle.entry[2].resource.entry[6].resource",
                ],
            }
        ],
    }


def test_what_was_not_read_or_checked_is_a_reason_too(tmp_path: Path) -> None:
    rejection = itk3_rejection(everything(tmp_path))
    OperationOutcome.model_validate(rejection)
    (issue,) = rejection["issue"]
    assert "1 resource not read: of no kind that a reader understands." in issue["diagnostics"]
    assert "Noted" not in issue["diagnostics"]


def test_a_message_in_which_nothing_was_found_has_no_rejection() -> None:
    with pytest.raises(ConfigurationError, match="nothing is to review or to hold"):
        itk3_rejection(report(RIGHT))
