"""The JSON Schemas of what goes in and comes out, generated from the models."""

from __future__ import annotations

import json

from codesafety.profile import Override, Profile
from codesafety.record import Model, Record, Submission
from codesafety.report import Report

MODELS: dict[str, type[Model]] = {
    "submission": Submission,
    "record": Record,
    "report": Report,
    "profile": Profile,
    "override": Override,
}


def schema_text(name: str) -> str:
    """Return a model's JSON Schema (draft 2020-12) as text. `name`: submission, record, report, profile or override."""
    model = MODELS[name]
    own = model.model_json_schema(mode="serialization") if model is Report else model.model_json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **own}
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=False) + "\n"
