"""Plugins made in a line, and a small ruleset for them to be asked in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.places import ROOT

import codesafety
from codesafety import Engine, Entry, Message, Patient, Submission
from codesafety.plugins import BoundPredicate, Kind, Signature, hookimpl

PREGNANT, NOT_PREGNANT = "77386006", "60001007"
SMALL = Path(__file__).with_name("small.rules")
LOCAL = "https://supplier.example/codes"


def plugin(name: str = "made", **hooks: Any) -> SimpleNamespace:
    """Return a plugin whose hooks return these, or are these functions; hooks without their prefix."""
    functions = {
        f"codesafety_{hook}": hookimpl(given if callable(given) else lambda given=given: given) for hook, given in hooks.items()
    }
    return SimpleNamespace(NAME=name, **functions)


def entry(code: str, system: str = "http://snomed.info/sct", *more: tuple[str, str], **fields: Any) -> Entry:
    codings = [{"system": s, "code": c} for s, c in ((system, code), *more)]
    return Entry.model_validate({"path": "entry[0]", "date": "2026-03-04", "codings": codings, **fields})


def sent(*entries: Entry) -> Submission:
    placed = (one.model_copy(update={"path": f"entry[{place}]"}) for place, one in enumerate(entries))
    return Submission(
        patient=Patient(gender="female", born="1990-05-05"), message=Message(sent="2026-03-04"), entries=tuple(placed)
    )


def install(folder: Path, text: str, *, distribution: str = "made", version: str = "1.0", name: str = "made") -> None:
    """Put a plugin's module and what says that it is installed into a folder for PYTHONPATH."""
    module = f"{distribution}_plugin"
    package = folder / f"{distribution}.dist-info"
    package.mkdir(exist_ok=True)
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n", encoding="utf-8")
    (package / "entry_points.txt").write_text(f"[codesafety]\n{name} = {module}\n", encoding="utf-8")
    (folder / f"{module}.py").write_text(text, encoding="utf-8")


def run(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python where what is installed in a folder is found, with the library that these tests test."""
    return subprocess.run(
        [sys.executable, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT / "src")])},
    )


def rule(folder: Path, *conditions: str) -> Path:
    """Write a ruleset with a rule for each condition on an entry `e` of pregnancy; return its file."""
    rules = [
        f'rule r{number} {{ action note for entry e in watched when {condition} say "{{e}}" }}'
        for number, condition in enumerate(conditions)
    ]
    head = 'ruleset made { title "Made" version 1.0.0 language 1 review none }\n'
    sets = f'valueset watched "Watched" {{ codes {PREGNANT} |Pregnant| }}\n'
    path = folder / "made.rules"
    path.write_text(head + sets + "\n".join(rules) + "\n", encoding="utf-8")
    return path


def predicate(
    call: Callable[..., object],
    name: str = "made/asked",
    kinds: tuple[Kind, ...] = (Kind.ENTRY,),
    fields: tuple[str, ...] = ("date",),
) -> BoundPredicate:
    return BoundPredicate(Signature(name, kinds, fields), call)  # type: ignore[arg-type]


def load(*rules: Path | str, plugins: Sequence[object], **given: Any) -> Engine:
    """Load these rules, or one small ruleset: the shipped ones take a second."""
    return codesafety.load(*(rules or (SMALL,)), plugins=plugins, installed_plugins=False, **given)
