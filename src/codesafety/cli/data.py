"""Reports as data on standard output: whole, or as another standard's answer, in the version that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import typer

from codesafety.answers import CdsHooksVersion, FhirVersion, cds_hooks, not_done, operation_outcome
from codesafety.cli.output import ReportFormat, error_data
from codesafety.errors import CodesafetyError, PluginError
from codesafety.report import Report

_VERSIONS = {ReportFormat.OPERATION_OUTCOME: ("R4", "R5", "STU3"), ReportFormat.CDS_HOOKS: ("3.0", "2.0")}
"""The first of each is answered where none is named."""


@dataclass(frozen=True, slots=True)
class AsData:
    """How a report, or an error in its place, is one document; and its name where it is one of an array."""

    name: str
    report: Callable[[Report], dict[str, Any]]
    error: Callable[[CodesafetyError], dict[str, Any]]

    def error_of_many(self, error: CodesafetyError) -> dict[str, Any]:
        """Return an error as one of an array has it: an answer is an answer also there."""
        return self.error(error) if self.name == "report" else {self.name: self.error(error)}


def as_data(form: ReportFormat, version: str | None) -> AsData | None:
    """Return how reports are written in a format of data, None for text, page and log. Raises BadParameter for another version."""
    versions = _VERSIONS.get(form, ())
    if version is not None and version not in versions:
        known = "; ".join(f"{form.value}: {', '.join(of)}" for form, of in _VERSIONS.items())
        raise typer.BadParameter(f"--format-version is one of {known}")
    wanted = version or next(iter(versions), None)
    match form:
        case ReportFormat.JSON:
            return AsData("report", lambda report: report.model_dump(mode="json"), _as_json)
        case ReportFormat.OPERATION_OUTCOME:
            return AsData("answer", lambda report: operation_outcome(report, cast(FhirVersion, wanted)), not_done)
        case ReportFormat.CDS_HOOKS:  # a service that fails answers with an OperationOutcome
            return AsData("answer", lambda report: cds_hooks(report, cast(CdsHooksVersion, wanted)), not_done)
        case _:
            return None


def _as_json(error: CodesafetyError) -> dict[str, Any]:
    held = {"decision": "hold"} if isinstance(error, PluginError) else {}
    return {**held, "error": error_data(error)}
