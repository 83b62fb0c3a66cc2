"""The versions that are declared are the versions that are tried."""

from __future__ import annotations

import ast
import re
import sys
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


ASKED_IN = {"authoring": "authoring/test_picture.py", "cli": "doors", "formats": "formats/tables", "language": "language/parsing"}
"""Where a room's packages are asked, if not in the folder of its name. Models and the plugin of pytest are of no room."""


def test_every_room_that_uses_a_package_is_asked_on_the_lowest_too() -> None:
    source, listed = ROOT / "src" / "codesafety", (ROOT / "noxfile.py").read_text(encoding="utf-8")
    rooms = set()
    for path in source.glob("*/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"codesafety"}:
                rooms.add(path.relative_to(source).parts[0])
    assert {"batch", "cli", "lsp", "plugins", "service"} < rooms
    assert [room for room in sorted(rooms) if f'"tests/{ASKED_IN.get(room, room)}"' not in listed] == []


def test_what_is_asked_or_left_out_on_the_lowest_is_there() -> None:
    listed = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    asked, left = (
        re.search(rf"^{name} = .+?^\)", listed, re.MULTILINE | re.DOTALL) for name in ("OF_DEPENDENCIES", "OF_NO_DEPENDENCY")
    )
    assert asked is not None
    assert left is not None
    named = [
        *re.findall(r'^ {4}"(tests/.+)",', asked[0], re.MULTILINE),
        *(f"tests/{one}" for one in re.findall(r'^ {8}"(.+)",', left[0], re.MULTILINE)),
    ]
    assert len(named) > 20
    assert [one for one in named if not (ROOT / one).exists()] == []
