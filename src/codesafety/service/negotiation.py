"""In what a body comes, and in what it is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message as Header
from typing import Any, Final, cast, get_args

from codesafety.answers import CdsHooksVersion, FhirVersion, cds_hooks, not_done, operation_outcome
from codesafety.errors import CodesafetyError
from codesafety.report import Report
from codesafety.service.problems import Problem

JSON_BODIES: Final = ("application/json", "application/fhir+json")
XML_BODIES: Final = ("application/fhir+xml", "application/xml", "text/xml")
FHIR: Final = "application/fhir+json"
NATIVE: Final = "application/vnd.codesafety.report+json"
CARDS: Final = "application/vnd.codesafety.cds-hooks+json"
_FHIR_VERSIONS: Final = {"3.0": "STU3", "4.0": "R4", "5.0": "R5"}


@dataclass(frozen=True, slots=True)
class Answer:
    """How a report is answered. `error`: what stands in its place, None where that is a problem."""

    media_type: str
    report: Callable[[Report], bytes]
    error: Callable[[CodesafetyError], dict[str, Any]] | None = None


def is_xml(content_type: str) -> bool:
    """Return whether a body is XML and not JSON. Raises Problem where it is neither."""
    kind = _parts(content_type)[0]
    if kind not in (*JSON_BODIES, *XML_BODIES):
        raise Problem(415, "media-type", "a body of this kind is not read", help=f"send {', '.join((*JSON_BODIES, *XML_BODIES))}")
    return kind in XML_BODIES


def answer_in(accept: str) -> Answer:
    """Return how to answer whoever accepts this: the first of it that there is, by weight. Raises Problem for nothing of it."""
    wanted = []
    for place, one in enumerate(accept.split(",") if accept.strip() else ["*/*"]):
        kind, parameters = _parts(one)
        try:
            weight = float(parameters.get("q", "1"))
        except ValueError:
            weight = 0.0
        if weight > 0:
            wanted.append((-weight, place, kind, parameters))
    for _, _, kind, parameters in sorted(wanted, key=lambda one: one[:2]):
        found = _answer(kind, parameters)
        if found is not None:
            return found
    raise Problem(
        406, "not-acceptable", "nothing of what is accepted can be answered", help=f"accept application/json, {FHIR} or {CARDS}"
    )


def _answer(kind: str, parameters: dict[str, str]) -> Answer | None:
    match kind:
        case "*/*" | "application/*" | "application/json":
            return Answer("application/json", _native)
        case k if k == NATIVE:
            return Answer(NATIVE, _native)
        case k if k == FHIR:
            version = _FHIR_VERSIONS.get(parameters.get("fhirversion", "4.0"))
            if version is None:
                return None
            named = f"{FHIR}; fhirVersion={parameters.get('fhirversion', '4.0')}"
            return Answer(named, lambda report: as_json(operation_outcome(report, cast(FhirVersion, version))), not_done)
        case k if k == CARDS:
            asked = parameters.get("version", "3.0")
            if asked not in get_args(CdsHooksVersion):
                return None
            return Answer(
                f"{CARDS}; version={asked}", lambda report: as_json(cds_hooks(report, cast(CdsHooksVersion, asked))), not_done
            )
        case _:
            return None


def _native(report: Report) -> bytes:
    return report.model_dump_json().encode()


def as_json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _parts(value: str) -> tuple[str, dict[str, str]]:
    header = Header()
    header["content-type"] = value.strip()
    parameters = header.get_params(failobj=[])
    kind = parameters[0][0].strip().lower() if parameters else ""
    return kind, {name.lower(): text for name, text in parameters[1:] if isinstance(text, str)}  # RFC 2231 has others
