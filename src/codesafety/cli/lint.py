"""What the linter tells, as text, JSON, SARIF, or the lines that GitHub shows beside a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from codesafety import __version__
from codesafety.answers.sarif import artifact, location, log
from codesafety.authoring.lint.running import Linted
from codesafety.authoring.lint.told import Told
from codesafety.cli.output import LintFormat, complain, write, write_json
from codesafety.diagnostics import count, escaped, position, render


def tell(done: Linted, sources: Mapping[str, str], form: LintFormat) -> None:
    """Write what is told."""
    if not done.looked_at:
        complain("nothing is declared here, so nothing was looked at")
    match form:
        case LintFormat.JSON:
            write_json(as_data(done, sources))
        case LintFormat.SARIF:
            write_json(as_sarif(done.told, done.allowed, sources))
        case LintFormat.GITHUB:
            write(*(_github(one, sources) for one in done.told))
        case LintFormat.TEXT:
            for one in done.told:
                write(*rendered(one, sources).split("\n"), "")
            for line in _rest(done):
                complain(line)
            write(f"{count(done.rules, 'rule')}: {len(done.told)} told, {len(done.allowed)} allowed")


def rendered(one: Told, sources: Mapping[str, str]) -> str:
    """Return one as a person reads it: the words underlined, the remedy, and the patients who show it."""
    lines = [render(one.diagnostic, sources)]
    for patient in one.patients:
        first, *rest = patient.split("\n")
        lines += [f"  = patient: {escaped(first)}", *(f"             {escaped(line)}" for line in rest)]
    return "\n".join(lines)


def _rest(done: Linted) -> Iterator[str]:
    """Yield what was allowed, with the reasons, and of which rules something could not be decided, and why."""
    allowed = Counter((one.check, one.owner.name, one.allowed.reason) for one in done.allowed if one.allowed is not None)
    for (check, name, reason), n in allowed.items():  # one `allow` may be for several things
        yield f"allowed: {check} of {name}{'' if n == 1 else f' ({n} of them)'}: {reason}"
    for check, rules in done.undecided.items():
        yield from (f"not decided: {check} of {name}: it asks {why}" for name, why in rules.items())


def as_data(done: Linted, sources: Mapping[str, str]) -> dict[str, Any]:
    """Return all of it as plain data."""
    return {
        "ok": not done.told and bool(done.looked_at),
        "rules": done.rules,
        "told": [_data(one, sources) for one in done.told],
        "allowed": [{**_data(one, sources), "reason": one.allowed.reason} for one in done.allowed if one.allowed is not None],
        "undecided": {check: dict(rules) for check, rules in done.undecided.items()},
    }


def _data(one: Told, sources: Mapping[str, str]) -> dict[str, Any]:
    return {
        **one.diagnostic.as_json(sources),
        "declaration": one.owner.name,
        "patients": list(one.patients),
        "can_be_fixed": one.fix is not None,
    }


def as_sarif(told: Sequence[Told], allowed: Sequence[Told], sources: Mapping[str, str]) -> dict[str, Any]:
    """Return a SARIF log; what a rule allows is suppressed in its source, and kept."""
    every = [*told, *allowed]
    rules = [{"id": check} for check in dict.fromkeys(one.check for one in every)]
    artifacts = [artifact(name) for name in dict.fromkeys(one.diagnostic.span.file for one in every)]
    return log(__version__, rules, [_result(one, sources) for one in every], [], artifacts)


def _result(one: Told, sources: Mapping[str, str]) -> dict[str, Any]:
    place = one.diagnostic
    line, _ = position(sources.get(place.span.file, ""), place.span.start)
    shown = "".join(f"\nPatient:\n{patient}" for patient in one.patients)
    found: dict[str, Any] = {
        "ruleId": one.check,
        "level": "warning",
        "message": {"text": f"{place.message}\n{place.help}{shown}"},
        "locations": [location(place.span.file, line=line)],
    }
    if one.allowed is not None:
        found["suppressions"] = [{"kind": "inSource", "justification": one.allowed.reason}]
    return found


def _github(one: Told, sources: Mapping[str, str]) -> str:
    data = one.diagnostic.as_json(sources)
    text = "\n".join([str(data["message"]), str(data["help"]), *one.patients])
    properties = {"file": data["file"], "line": data["line"], "col": data["column"], "title": one.check}
    return f"::warning {','.join(f'{k}={_escaped(str(v), True)}' for k, v in properties.items())}::{_escaped(text, False)}"


def _escaped(text: str, is_property: bool) -> str:
    """Return a text as a workflow command holds it. Source: GitHub Docs, Workflow commands for GitHub Actions."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if is_property else text
