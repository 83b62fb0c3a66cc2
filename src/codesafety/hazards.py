"""The hazard log as data: `hazards.toml` beside rulesets. A rule's severity is its hazards'."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codesafety import ir
from codesafety.diagnostics import Diagnostic, Severity
from codesafety.errors import InputError
from codesafety.paths import refuse_endless
from codesafety.report import SEVERITIES

FILE = "hazards.toml"
_ZEROS = re.compile("-0*")
LIKELIHOODS = ("very low", "low", "medium", "high", "very high")


@dataclass(frozen=True, slots=True)
class Risk:
    """One cell of the 5x5 matrix of DCB0129 and DCB0160; proposed until a clinical safety officer sets it."""

    likelihood: str
    consequence: str
    risk: int


@dataclass(frozen=True, slots=True)
class Hazard:
    id: str
    name: str
    description: str
    cause: str
    effect: str
    harm: str
    initial: Risk
    residual: Risk
    controls: Mapping[str, str]
    status: str
    owner: str
    verified: tuple[str, ...] = ()
    """What was measured of the controls, each with its figure, how, and when."""


@dataclass(frozen=True, slots=True)
class HazardLog:
    """A log's head (`title`, `date`, `standard`, `review`, `risks`, `matrix`) and its hazards by id."""

    head: Mapping[str, Any]
    hazards: Mapping[str, Hazard]

    def severity(self, ids: Iterable[str]) -> str | None:
        """Return the worst initial consequence of these hazards; None where the log holds none of them."""
        found = [self.hazards[i].initial.consequence for i in ids if i in self.hazards]
        return max(found, key=SEVERITIES.index, default=None)


def find_beside(paths: Iterable[Path], name: str = FILE) -> list[Path]:
    """Return the files of a name that stand in these folders, or in the folder above, or above that for `optional/NAME`."""
    found: dict[Path, None] = {}
    for path in paths:
        folder = path if path.is_dir() else path.parent
        for near in (folder, folder.parent, folder.parent.parent):
            if (near / name).exists():
                found[(near / name).resolve()] = None
                break
    return list(found)


def unlisted(rulesets: Iterable[ir.Ruleset], log: HazardLog) -> tuple[Diagnostic, ...]:
    """Return a warning for each hazard that a rule names and the log does not hold: such a rule has no severity from it."""
    return tuple(
        Diagnostic(
            "CS412",
            f"the rule `{rule.name.rpartition('/')[2]}` names the hazard `{hazard}`, which is in no hazard log that is loaded",
            rule.span,
            _meant(hazard, log) or f"name a hazard of the log, or add this one to a `{FILE}` beside the rules",
            Severity.WARNING,
        )
        for ruleset in rulesets
        for rule in ruleset.rules
        for hazard in rule.hazards
        if hazard not in log.hazards
    )


def _meant(written: str, log: HazardLog) -> str | None:
    """Return "did you mean `H-01`?" for H-1. A hazard of another number is another hazard, however near it is spelt."""
    found = next((id for id in log.hazards if _ZEROS.sub("-", id) == _ZEROS.sub("-", written)), None)
    return None if found is None else f"did you mean `{found}`?"


def read_logs(files: Iterable[Path]) -> HazardLog:
    """Return the hazards of several logs together. Raises InputError that names file and field; an id stands in one log only."""
    return logs_of((str(file), read_toml(file)) for file in files)


def read_toml(file: Path) -> dict[str, Any]:
    """Return a log's file as data. Raises InputError where it is no TOML."""
    try:
        refuse_endless(file)
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"the hazard log cannot be read as TOML: {error}", source=str(file), help="mend the file") from None


def logs_of(logs: Iterable[tuple[str, Mapping[str, Any]]]) -> HazardLog:
    """Return the hazards of logs as data, each with its file's name, as `read_logs` does."""
    head: Mapping[str, Any] = {}
    hazards: dict[str, Hazard] = {}
    for file, data in logs:
        head = head or data.get("log", {})
        for number, entry in enumerate(data.get("hazard", [])):
            hazard = _hazard(file, number, entry)
            if hazard.id in hazards:
                raise InputError(f"the hazard {hazard.id} stands twice", source=file, help="give each hazard one entry")
            hazards[hazard.id] = hazard
    return HazardLog(head, hazards)


def _hazard(file: str, number: int, entry: Mapping[str, Any]) -> Hazard:
    where = f"hazard {entry.get('id', number + 1)}"
    texts = {}
    for name in ("id", "name", "description", "cause", "effect", "harm", "status", "owner"):
        if not isinstance(entry.get(name), str):
            raise InputError(f"the field `{name}` is not given as text", source=file, path=where, help="see the other hazards")
        texts[name] = entry[name]
    controls = entry.get("controls", {})
    verified = entry.get("verified", [])
    if not isinstance(verified, list) or not all(isinstance(each, str) for each in verified):
        raise InputError("`verified` is no list of texts", source=file, path=where, help="give each figure as a text")
    return Hazard(
        verified=tuple(verified),
        initial=_risk(file, where, entry, "initial"),
        residual=_risk(file, where, entry, "residual"),
        controls={str(k): str(v) for k, v in controls.items()},
        **texts,
    )


def _risk(file: str, where: str, entry: Mapping[str, Any], name: str) -> Risk:
    found = entry.get(name)
    if (
        not isinstance(found, dict)
        or found.get("likelihood") not in LIKELIHOODS
        or found.get("consequence") not in SEVERITIES
        or found.get("risk") not in range(1, 6)
    ):
        raise InputError(
            f"the {name} risk is no cell of the matrix",
            source=file,
            path=where,
            help=f"likelihood: {', '.join(LIKELIHOODS)}; consequence: {', '.join(SEVERITIES)}; risk: 1 to 5",
        )
    return Risk(found["likelihood"], found["consequence"], found["risk"])
