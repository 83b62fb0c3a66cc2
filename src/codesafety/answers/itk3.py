"""A report as the payload of an ITK3 response that rejects its message: ITK-Response-OperationOutcome-1, FHIR STU3.

Source: ITK3 Messaging Distribution, response codes and their structure; GP Connect Update Record (ITK3), error handling and
rejecting messages. A rejection is of the whole message (20009) and final; its diagnostics must tell the sender what was wrong,
without anything of the patient. Bundle, MessageHeader and organisations are those of the system that answers.
"""

from __future__ import annotations

from typing import Any

from codesafety.answers.beside import beside
from codesafety.answers.codes import is_report
from codesafety.answers.paths import fhirpaths, xpaths
from codesafety.answers.screen import decides
from codesafety.errors import ConfigurationError
from codesafety.report import RANK, Report

PROFILE = "https://fhir.nhs.uk/STU3/StructureDefinition/ITK-Response-OperationOutcome-1"
CODES = "https://fhir.nhs.uk/STU3/CodeSystem/ITK-ResponseCodes-1"


def itk3_rejection(report: Report) -> dict[str, Any]:
    """Return what tells the sender why a message was rejected, once a practice has decided to reject it: a report never does.

    One issue, for a response holds one code. Raises ConfigurationError where nothing is to review or to hold: there is no
    reason to give.
    """
    is_report(report)
    results = [r for r in report.results if decides(r) and RANK[r.action] >= RANK["review"]]
    lines = [line for line in beside(report) if RANK[line.action] >= RANK["review"]]
    if not results and not lines:
        raise ConfigurationError("nothing is to review or to hold\n  = help: a message is not rejected for what was not found")
    paths = [e.path for r in results for e in r.entries if e.side == "incoming"] + [path for line in lines for path in line.paths]
    reasons = [f"{r.rule} (finding {r.id}): {r.title or r.rule}." for r in results] + [line.text for line in lines]
    places = {"location": xpaths(paths, report), "expression": fhirpaths(paths)}
    return {
        "resourceType": "OperationOutcome",
        "meta": {"profile": [PROFILE]},
        "issue": [
            {
                "severity": "fatal",
                "code": "business-rule" if results else "invalid",
                "details": {"coding": [{"system": CODES, "code": "20009", "display": "Payload validation failure"}]},
                "diagnostics": " ".join(reasons),
                **{name: found for name, found in places.items() if found},
            }
        ],
    }
