"""Reports on files as a SARIF 2.1.0 log, for tools that show lists of what is wrong where.

A rule that cannot tell is a result of kind `open`; what was not checked or not read is a notification of the run; a finding that a
person set aside is suppressed, and kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from codesafety.answers.beside import Line, beside
from codesafety.answers.codes import told_of, without_unknown_codes
from codesafety.answers.paths import fhirpaths
from codesafety.arguments import expect, expect_all
from codesafety.errors import CodesafetyError
from codesafety.report import Decision, Report, Result

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVEL: dict[Decision, str] = {"none": "none", "note": "note", "review": "warning", "hold": "error"}

_PAIRS = "pairs: the name of a file, and its report or what the library raised"


def sarif(files: Iterable[tuple[str, Report | CodesafetyError]]) -> dict[str, Any]:
    """Return one log of files, each with its name and its report, or what kept it from being read.

    A file's decision stands with it in `artifacts`, also where nothing was found.
    """
    rules: dict[str, dict[str, Any]] = {}
    results: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    artifacts: list[dict[str, Any]] = []
    version: str | None = None
    for pair in expect_all(files, tuple, "files", _PAIRS):
        expect(len(pair) == 2 and pair[0], str, "files", _PAIRS)
        name, found = pair
        expect(found, (Report, CodesafetyError), "files", _PAIRS)
        if isinstance(found, CodesafetyError):
            notes.append(notification("not-checked", "hold", f"Nothing was checked: {told_of(found)}", name))
            artifacts.append(artifact(name))
            continue
        version = found.engine.version
        artifacts.append(artifact(name, decision=found.decision, told=found.told, input=found.digests.input))
        plain = without_unknown_codes(found)
        for result in found.results:
            rules.setdefault(result.rule, _rule(result))
            results.append(_result(result, plain(result.message), name))
        notes += [_noted(line, name) for line in beside(found) if line.code not in ("cannot-tell", "set-aside")]
    return log(version, list(rules.values()), results, notes, artifacts)


def log(
    version: str | None,
    rules: Sequence[dict[str, Any]],
    results: Sequence[dict[str, Any]],
    notifications: Sequence[dict[str, Any]],
    artifacts: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Return a log of one run. It was successful where no notification is an error."""
    driver = {"name": "codesafety", **({"version": version} if version else {}), "rules": rules}
    done = all(note["level"] != "error" for note in notifications)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [{"executionSuccessful": done, "toolExecutionNotifications": notifications}],
                "artifacts": artifacts,
                "results": results,
            }
        ],
    }


def artifact(name: str, **properties: str) -> dict[str, Any]:
    """Return one file that was looked at."""
    return {"location": {"uri": uri(name)}, **({"properties": properties} if properties else {})}


def notification(code: str, action: Decision, text: str, name: str) -> dict[str, Any]:
    """Return something that kept a file, or a part of it, from being looked at."""
    return {
        "descriptor": {"id": code},
        "level": LEVEL[action] if action != "none" else "note",
        "message": {"text": text},
        "locations": [location(name)],
    }


def location(name: str, *, line: int | None = None) -> dict[str, Any]:
    """Return a file, or a line of it (from 1)."""
    region = {"region": {"startLine": line}} if line is not None else {}
    return {"physicalLocation": {"artifactLocation": {"uri": uri(name)}, **region}}


def uri(name: str) -> str:
    """Return the name of a file as a reference that a URI may be: relative as it was given, else `file:`."""
    path = Path(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _noted(line: Line, name: str) -> dict[str, Any]:
    note = notification(line.code, line.action, line.text, name)
    return {**note, "locations": [_with_places(location(name), _named(line.paths))]}


def _rule(result: Result) -> dict[str, Any]:
    return {
        "id": result.rule,
        "shortDescription": {"text": result.title or result.rule},
        **({"fullDescription": {"text": result.because}} if result.because else {}),
        **({"helpUri": result.source[0].url} if result.source and result.source[0].url else {}),
        "properties": {"version": result.version, "hazards": list(result.hazard)},
    }


def _result(result: Result, message: str, name: str) -> dict[str, Any]:
    aside = result.overridden
    return {
        "ruleId": result.rule,
        "kind": "open" if result.action == "none" else "fail",
        "level": LEVEL[result.action],
        "message": {"text": message},
        "locations": [_with_places(location(name), _places(result))],
        "partialFingerprints": {"codesafetyFinding/v1": result.id},
        **({"suppressions": [{"kind": "external", "justification": f"{aside.reason}, until {aside.until}"}]} if aside else {}),
    }


def _places(result: Result) -> Iterator[dict[str, str]]:
    for entry in result.entries:
        if entry.side == "incoming":
            paths = fhirpaths([entry.path])
            yield {"name": entry.place, **({"fullyQualifiedName": paths[0], "kind": "element"} if paths else {})}


def _named(paths: Iterable[str]) -> Iterator[dict[str, str]]:
    for path in fhirpaths(paths):
        yield {"fullyQualifiedName": path, "kind": "element"}


def _with_places(found: dict[str, Any], places: Iterable[dict[str, str]]) -> dict[str, Any]:
    logical = list(places)
    return {**found, **({"logicalLocations": logical} if logical else {})}
