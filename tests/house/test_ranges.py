"""The versions that are declared are the versions that are tried."""

from __future__ import annotations

import re
import tomllib

from tests.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONSTRAINTS = (ROOT / "tests" / "constraints-lowest.txt").read_text(encoding="utf-8")
UNDECLARED = {"click"}
"""What a dependency of ours brings at its lowest, and at its newest no longer."""


def declared() -> dict[str, str]:
    """Return the lowest version of everything that runs or is tested with."""
    extras = PROJECT["optional-dependencies"]
    rooms = ("cli", "tables", "batch", "signing", "picture", "service", "lsp", "playground", "postgresql", "test")
    named = [*PROJECT["dependencies"], *(one for room in rooms for one in extras[room])]
    return {name: lowest for one in named for name, lowest in re.findall(r"^([a-z0-9-]+)(?:\[\w+\])?>=([0-9.]+)", one)}


def padded(version: str) -> list[int]:
    parts = [int(part) for part in version.split(".")]
    return parts + [0] * (3 - len(parts))


def test_the_lowest_versions_that_are_tried_are_the_lowest_that_are_declared() -> None:
    tried = dict(re.findall(r"^([a-z0-9-]+)==([0-9.]+)", CONSTRAINTS, re.MULTILINE))
    lowest = declared()
    assert set(tried) - UNDECLARED == set(lowest)
    assert {name: padded(tried[name]) for name in lowest} == {name: padded(version) for name, version in lowest.items()}


def test_every_dependency_has_a_lowest_version() -> None:
    extras = PROJECT["optional-dependencies"]
    every = [one for named in (PROJECT["dependencies"], *extras.values()) for one in named]
    assert [one for one in every if ">=" not in one and not one.startswith("codesafety[")] == []
