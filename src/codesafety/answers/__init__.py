"""A report as others read it: FHIR OperationOutcome, an ITK3 rejection, CDS Hooks cards, SARIF. All are plain data for JSON.

None repeats what was sent: no text, no identifier, no date of birth. What could not be told, read or checked is in every one.
"""

from __future__ import annotations

from codesafety.answers.cds_hooks import CdsHooksVersion, cds_hooks
from codesafety.answers.itk3 import itk3_rejection
from codesafety.answers.operation_outcome import FhirVersion, not_done, operation_outcome
from codesafety.answers.sarif import sarif

__all__ = ["CdsHooksVersion", "FhirVersion", "cds_hooks", "itk3_rejection", "not_done", "operation_outcome", "sarif"]
