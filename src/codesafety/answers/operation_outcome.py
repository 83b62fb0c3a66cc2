"""A report as FHIR's OperationOutcome: the decision, each finding, and each thing that could not be told, read or checked.

STU3 has `location` (XPath) beside `expression` (FHIRPath); R4 gave it up. R5 added the severity `success`, which is not ours to
say: that nothing was found does not mean that the message is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

from codesafety.answers.beside import Line, beside
from codesafety.answers.codes import ANSWER, is_report, known, rule_coding, told_of, without_unknown_codes
from codesafety.answers.paths import fhirpaths, xpaths
from codesafety.answers.screen import decides, screen
from codesafety.arguments import expect
from codesafety.errors import CodesafetyError
from codesafety.report import Decision, Report, Result

FhirVersion = Literal["STU3", "R4", "R5"]

SEVERITY: dict[Decision, str] = {"none": "information", "note": "information", "review": "warning", "hold": "error"}
_ISSUE_TYPE = {
    "not-checked": "processing",
    "broken": "structure",
    "not-read": "not-supported",
    "not-judged": "not-supported",
    "error": "processing",
    "not-kept": "not-supported",
    "cannot-tell": "incomplete",
    "never-given": "incomplete",
    "set-aside": "informational",
    "profile": "informational",
}


def operation_outcome(report: Report, version: FhirVersion) -> dict[str, Any]:
    """Return the report as an OperationOutcome. The rule is in `details.coding`, the place in `expression`."""
    is_report(report)
    known(version, get_args(FhirVersion), "FHIR")
    return {"resourceType": "OperationOutcome", "issue": list(_issues(report, version))}


def not_done(error: CodesafetyError) -> dict[str, Any]:
    """Return an error as an OperationOutcome, the same in each version: nothing was checked."""
    expect(error, CodesafetyError, "error", "what the library raised")
    coding = {"system": ANSWER, "code": "not-checked"}
    text = f"Nothing was checked: {told_of(error)}"
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "fatal", "code": "processing", "details": {"coding": [coding], "text": text}}],
    }


def _issues(report: Report, version: FhirVersion) -> Iterator[dict[str, Any]]:
    yield {
        "severity": SEVERITY[report.decision],
        "code": issue_type(report.decision),
        "details": {"coding": [{"system": ANSWER, "code": report.decision}], "text": screen(report).headline},
        "diagnostics": f"codesafety {report.engine.version}, engine {report.engine.digest}, input {report.digests.input}",
    }
    plain = without_unknown_codes(report)
    for result in filter(decides, report.results):
        yield {
            "severity": SEVERITY[result.action],
            "code": "incomplete" if result.outcome == "cannot_tell" else issue_type(result.action),
            "details": {"coding": [{**rule_coding(result), "version": result.version}], "text": plain(result.message)},
            "diagnostics": diagnostics(result),
            **_places([entry.path for entry in result.entries if entry.side == "incoming"], report, version),
        }
    for line in beside(report):
        yield _issue(line, report, version)


def _issue(line: Line, report: Report, version: FhirVersion) -> dict[str, Any]:
    return {
        "severity": SEVERITY[line.action],
        "code": _ISSUE_TYPE[line.code],
        "details": {"coding": [{"system": ANSWER, "code": line.code}], "text": line.text},
        **_places(list(line.paths), report, version),
    }


def _places(paths: list[str], report: Report, version: FhirVersion) -> dict[str, list[str]]:
    places = {"location": xpaths(paths, report) if version == "STU3" else [], "expression": fhirpaths(paths)}
    return {name: found for name, found in places.items() if found}


def issue_type(action: Decision) -> str:
    """Return FHIR's type of an issue for what asks for an action."""
    return "informational" if action in ("none", "note") else "business-rule"


def diagnostics(result: Result) -> str:
    """Return what tells one finding from another, and nothing of the patient: its id, its hazards, what it rests on."""
    parts = [f"finding {result.id}"]
    if result.hazard:
        parts.append(f"hazards {', '.join(result.hazard)}")
    if result.rests_on:
        parts.append(f"rests on {', '.join(result.rests_on)}")
    return "; ".join(parts)
