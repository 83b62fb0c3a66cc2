"""What the service is, as OpenAPI 3.1: the same as it answers, held to it by the tests."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from codesafety import __version__
from codesafety.schemas import MODELS, schema_text
from codesafety.service.hooks import SERVICES
from codesafety.service.negotiation import CARDS, FHIR, JSON_BODIES, NATIVE, XML_BODIES
from codesafety.service.problems import MEDIA_TYPE

_OBJECT = {"type": "object"}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "help": {"type": "string"},
        "decision": {"const": "hold", "description": "Nothing was checked. Absent where a message was declined."},
    },
}

_TEXT = {"type": "string"}
_HOOK = {
    "type": "object",
    "required": ["hook", "hookInstance", "context"],
    "properties": {
        "hook": {"enum": [hook for hook, *_ in SERVICES.values()], "description": "That of the service."},
        "hookInstance": _TEXT,
        "context": {
            "type": "object",
            "required": ["patientId"],
            "properties": {"patientId": _TEXT, **{field: _OBJECT for _, _, field, _ in SERVICES.values()}},
            "description": "What is about to be written, as a Bundle.",
        },
        "prefetch": {"type": ["object", "null"], "description": "What is held: see GET /cds-services."},
    },
}
_FEEDBACK = {
    "type": "object",
    "required": ["feedback"],
    "properties": {
        "feedback": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["card", "outcome", "outcomeTimestamp"],
                "properties": {
                    "card": _TEXT,
                    "outcome": {"enum": ["accepted", "overridden"]},
                    "outcomeTimestamp": {"type": "string", "description": "A date and a time with its zone."},
                    "overrideReason": {
                        "description": "`reason` with the system and code of one that the card offers. Any other counts as other."
                    },
                },
            },
        }
    },
}


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    schemas: dict[str, Any] = {"Problem": _PROBLEM}
    for name in MODELS:
        own = json.loads(schema_text(name).replace("#/$defs/", "#/components/schemas/"))
        own.pop("$schema")
        schemas.update(own.pop("$defs", {}))
        schemas[own.get("title", name)] = own
    ref = {name: {"$ref": f"#/components/schemas/{name}"} for name in ("Submission", "Record", "Profile", "Override", "Report")}
    either = {"anyOf": [{"type": "object"}, {"type": "string"}]}
    request = {
        "type": "object",
        "required": ["submission"],
        "additionalProperties": False,
        "properties": {
            "submission": {**either, "description": "A submission, or a message, as an object or as text."},
            "record": {"anyOf": [*either["anyOf"], {"type": "null"}], "description": "What is held, in any form that is read."},
            "profile": {"anyOf": [ref["Profile"], {"type": "null"}]},
            "overrides": {"anyOf": [{"type": "array", "items": ref["Override"]}, {"type": "null"}]},
            "id": {"type": ["string", "number", "boolean", "null"]},
        },
    }
    schemas |= {"Request": request, "Hook": _HOOK, "Feedback": _FEEDBACK}
    body = {
        "required": True,
        "content": {
            **{kind: {"schema": _OBJECT} for kind in JSON_BODIES},
            **{kind: {"schema": {"type": "string"}} for kind in XML_BODIES},
        },
    }
    body["content"]["application/json"] = {  # type: ignore[index]
        "schema": {"anyOf": [{"$ref": "#/components/schemas/Request"}, ref["Submission"], _OBJECT]}
    }
    answers = {
        "application/json": {"schema": ref["Report"]},
        NATIVE: {"schema": ref["Report"]},
        FHIR: {"schema": _OBJECT},
        CARDS: {"schema": _OBJECT},
    }
    hook_body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Hook"}}}}
    feedback = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Feedback"}}}}
    ids = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "enum": list(SERVICES)}}]
    cards = {"content": {"application/json": {"schema": _OBJECT}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "codesafety", "version": __version__, "description": "Checks coding; advises no treatment."},
        "paths": {
            "/assess": {
                "post": _operation("Answer one message", answers, body, bounded=True, fhir=True),
            },
            "/cds-services": {
                "get": _operation("CDS Hooks: what is offered", {"application/json": {"schema": _OBJECT}}, public=True)
            },
            "/cds-services/{id}": {
                "post": {
                    **_operation("CDS Hooks: cards", cards["content"], hook_body, bounded=True, fhir=True),
                    "parameters": ids,
                }
            },
            "/cds-services/{id}/feedback": {
                "post": {**_operation("CDS Hooks: feedback on cards", None, feedback, bounded=True), "parameters": ids}
            },
            "/health": {"get": _operation("Whether the process answers", {"application/json": {"schema": _OBJECT}}, public=True)},
            "/ready": {
                "get": _operation(
                    "Whether messages can be answered", {"application/json": {"schema": _OBJECT}}, public=True, more=("503",)
                )
            },
            "/metrics": {"get": _operation("Counts, for Prometheus", {"text/plain": {"schema": {"type": "string"}}})},
            "/openapi.json": {"get": _operation("This document", {"application/json": {"schema": _OBJECT}}, public=True)},
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


_WORDS = {
    "400": "The request is none",
    "401": "No token, or none that is taken",
    "404": "There is no such service",
    "406": "Nothing of what is accepted can be answered",
    "408": "The body did not come in time",
    "413": "The body is too large",
    "415": "The body is of another kind",
    "422": "What was sent could not be read, or is declined",
    "500": "An error inside codesafety",
    "503": "Not ready, too much at once, or the decision log takes no row: come back after Retry-After",
}


def _operation(
    summary: str,
    answers: dict[str, Any] | None,
    body: dict[str, Any] | None = None,
    *,
    bounded: bool = False,
    fhir: bool = False,
    public: bool = False,
    more: tuple[str, ...] = (),
) -> dict[str, Any]:
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    codes = tuple(_WORDS) if bounded else ("500", *more) if public else ("401", "500")
    responses: dict[str, Any] = {"200": {"description": "Answered", **({"content": answers} if answers else {})}}
    for code in sorted(codes):
        outcome = {FHIR: {"schema": _OBJECT}} if fhir and code == "422" else {}
        responses[code] = {"description": _WORDS[code], "content": {**problem, **outcome}}
    operation: dict[str, Any] = {"summary": summary, "responses": responses}
    if body is not None:
        operation["requestBody"] = body
    if not public:
        operation["security"] = [{}, {"bearer": []}]
    return operation
