"""A report as others read it: FHIR OperationOutcome, an ITK3 rejection, CDS Hooks cards, SARIF. All are plain data for JSON.

None repeats what was sent: no text, no identifier, no date of birth. What could not be told, read or checked is in every one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codesafety.answers.cds_hooks import CdsHooksVersion, cds_hooks
    from codesafety.answers.itk3 import itk3_rejection
    from codesafety.answers.operation_outcome import FhirVersion, not_done, operation_outcome
    from codesafety.answers.sarif import sarif

_HOMES = {
    "CdsHooksVersion": "cds_hooks",
    "FhirVersion": "operation_outcome",
    "cds_hooks": "cds_hooks",
    "itk3_rejection": "itk3",
    "not_done": "operation_outcome",
    "operation_outcome": "operation_outcome",
    "sarif": "sarif",
}

__all__ = ["CdsHooksVersion", "FhirVersion", "cds_hooks", "itk3_rejection", "not_done", "operation_outcome", "sarif"]


def __getattr__(name: str) -> Any:
    """Import a standard when it is first asked for: a report that a person reads needs none."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
