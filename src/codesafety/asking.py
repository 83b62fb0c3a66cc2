"""What is asked in one JSON object: a submission alone, or with the record, the profile and the overrides that belong to it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from codesafety.engine import Engine, read_model, read_overrides
from codesafety.errors import InputError
from codesafety.formats.fhir.json import GivenTwice, once_each, refuse_twice
from codesafety.plugins import Source
from codesafety.profile import Override, Profile
from codesafety.record import Record, Submission
from codesafety.report import Report

_EXACT = f"exact-{token_hex(8)}:"
"""Marks a decimal kept as text on its way through: a float would change it."""
_QUOTED_EXACT = re.compile(f'"{_EXACT}([^"]*)"')
FIELDS = ("submission", "record", "profile", "overrides", "id")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What is taken where one that asks gives no other."""

    profile: Profile | None = None
    overrides: Sequence[Override] = ()
    record: Record | None = None


def parsed(raw: bytes, name: str) -> dict[str, Any]:
    """Return the object. Raises InputError where it is none, or gives a name twice."""
    try:
        found = json.loads(raw, parse_float=lambda text: _EXACT + text, parse_constant=_no_constant, object_pairs_hook=once_each)
    except GivenTwice:
        refuse_twice(raw.decode("utf-8", "replace"), name)
    except (ValueError, RecursionError):
        raise InputError("this is not JSON", source=name, help="write one JSON object, in UTF-8") from None
    if not isinstance(found, dict):
        raise InputError("this is no JSON object", source=name, help="write one JSON object")
    return found


def answer(engine: Engine, given: dict[str, Any], raw: bytes, name: str, defaults: Defaults) -> Report:
    """Return the report on what `given` asks, which was parsed from `raw`. Raises what the engine raises."""
    submission, asked = question(engine, given, raw, name, defaults)
    return engine.assess(submission, asked.record, profile=asked.profile, overrides=asked.overrides)


def question(engine: Engine, given: dict[str, Any], raw: bytes, name: str, defaults: Defaults) -> tuple[Submission, Defaults]:
    """Return what `given` asks about, and what belongs to it. Raises InputError."""
    record, profile, overrides = defaults.record, defaults.profile, defaults.overrides
    if "submission" not in given:
        return engine.read(Source(raw, name)), defaults
    if isinstance(given.get("id"), dict | list):
        raise InputError("the `id` is an object or an array", source=name, help="give text, a number, true, false or null")
    for place, field in enumerate(given, 1):
        if field not in FIELDS:
            raise InputError(f"a field that does not belong here: number {place}", source=name, help=f"give {', '.join(FIELDS)}")
    if given.get("record") is not None:
        record = engine.read_record(part(given["record"], f"{name}, record"))
    if given.get("profile") is not None:
        profile = read_model(Profile, part(given["profile"], f"{name}, profile"))
    if given.get("overrides") is not None:
        overrides = read_overrides(part(given["overrides"], f"{name}, overrides"))
    submission = engine.read(part(given["submission"], f"{name}, submission"))
    return submission, Defaults(profile, overrides, record)


def part(value: Any, name: str) -> Source:
    """Return a part of an object as a source of its own, its decimals exactly as they were written."""
    if isinstance(value, str):
        try:
            return Source(value.encode(), name)
        except UnicodeEncodeError:
            raise InputError(
                "text that is no valid Unicode: half of a surrogate pair", source=name, help="correct the system that wrote it"
            ) from None
    return Source(written(value).encode(), name)


def written(value: Any) -> str:
    """Return a value as JSON, decimals that `parsed` kept as they were written."""
    return _QUOTED_EXACT.sub(r"\1", json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def id_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return the `id` of an object, as it was written, or nothing where it has none that is one."""
    return {} if "id" not in given or isinstance(given["id"], dict | list) else {"id": given["id"]}


def _no_constant(text: str) -> None:
    raise ValueError(text)
