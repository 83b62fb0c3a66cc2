"""What callers rely on stays: the JSON schemas of the last release still hold, and what is public is documented."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from configparser import ConfigParser
from typing import Any

import pytest
from tests.places import ROOT

import codesafety
import codesafety.plugins
import codesafety.testing
from codesafety.record import Model
from codesafety.report import Report
from codesafety.schemas import MODELS, schema_text

RELEASED = ROOT / "docs" / "reference" / "schemas" / "released"
API = "\n".join((ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8") for page in ("api", "report", "plugins"))
GIVEN_OUT = {"report"}
"""What we write and others read; everything else they write and we read."""


def broken_promises(old: dict[str, Any], new: dict[str, Any], *, given_out: bool) -> list[str]:
    """Return each way in which `new` breaks who relies on `old`: JSON Schemas as pydantic writes them.

    A reader of ours relies on every field and on the kinds of value that it may meet; a writer to us, on every field that it
    may send and on none that it must send being added.
    """
    told: list[str] = []

    def walk(was: Any, now: Any, at: str) -> None:
        if "$ref" in was:
            was, at_now = old["$defs"][was["$ref"].rsplit("/", 1)[1]], now
            now = new["$defs"][at_now["$ref"].rsplit("/", 1)[1]] if "$ref" in at_now else at_now
            if id(was) in seen:
                return
            seen.add(id(was))
        for name, field in was.get("properties", {}).items():
            if name not in now.get("properties", {}):
                told.append(f"{at}.{name} is gone")
            else:
                walk(field, now["properties"][name], f"{at}.{name}")
        required_was, required_now = set(was.get("required", ())), set(now.get("required", ()))
        if given_out:
            told.extend(f"{at}.{name} may now be missing" for name in sorted(required_was - required_now))
        else:
            told.extend(f"{at}.{name} must now be sent" for name in sorted(required_now - required_was))
        kinds_was, kinds_now = set(kinds(was)), set(kinds(now))
        lost = kinds_now - kinds_was if given_out else kinds_was - kinds_now
        told.extend(f"{at}: {kind} {'is new' if given_out else 'is no longer taken'}" for kind in sorted(lost))
        if "items" in was and "items" in now:
            walk(was["items"], now["items"], f"{at}[]")
        for one, other in zip(was.get("anyOf", ()), now.get("anyOf", ())):
            walk(one, other, at)

    def kinds(schema: Any) -> Iterator[str]:
        for part in schema.get("anyOf", [schema]):
            if "$ref" in part:
                yield part["$ref"].rsplit("/", 1)[1]
            elif "enum" in part or "const" in part:
                yield from (repr(value) for value in part.get("enum", [part.get("const")]))
            elif "type" in part:
                yield part["type"]

    seen: set[int] = set()
    walk(old, new, "$")
    return told


def released(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((RELEASED / f"{name}.json").read_text(encoding="utf-8"))
    return schema


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_schema_keeps_what_the_last_release_promised(name: str) -> None:
    now = json.loads(schema_text(name))
    version = released("report")["properties"]["schema_version"]["const"]
    if name in GIVEN_OUT and Report.model_fields["schema_version"].default != version:
        return  # a new schema version is how a promise is ended; see docs/reference/stability.md
    assert broken_promises(released(name), now, given_out=name in GIVEN_OUT) == []


@pytest.mark.parametrize(
    ("was", "now", "given_out", "told"),
    [
        ({"properties": {"a": {"type": "string"}}}, {"properties": {}}, True, ["$.a is gone"]),
        ({"properties": {"a": {"type": "string"}}}, {"properties": {}}, False, ["$.a is gone"]),
        ({"properties": {"a": {"type": "string"}}}, {"properties": {"a": {"type": "string"}, "b": {}}}, True, []),
        ({}, {"required": ["b"]}, False, ["$.b must now be sent"]),
        ({"required": ["b"]}, {}, True, ["$.b may now be missing"]),
        ({"enum": ["x"]}, {"enum": ["x", "y"]}, True, ["$: 'y' is new"]),
        ({"enum": ["x"]}, {"enum": ["x", "y"]}, False, []),
        ({"enum": ["x", "y"]}, {"enum": ["x"]}, False, ["$: 'y' is no longer taken"]),
        ({"type": "string"}, {"anyOf": [{"type": "string"}, {"type": "null"}]}, True, ["$: null is new"]),
        (
            {"type": "array", "items": {"type": "string"}},
            {"type": "array", "items": {"type": "integer"}},
            True,
            ["$[]: integer is new"],
        ),
        (
            {"$defs": {"A": {"properties": {"x": {}}}}, "properties": {"a": {"$ref": "#/$defs/A"}}},
            {"$defs": {"A": {"properties": {}}}, "properties": {"a": {"$ref": "#/$defs/A"}}},
            True,
            ["$.a.x is gone"],
        ),
    ],
)
def test_a_broken_promise_is_told(was: Any, now: Any, given_out: bool, told: list[str]) -> None:
    assert broken_promises(was, now, given_out=given_out) == told


def test_every_report_says_its_schema_version() -> None:
    assert json.loads(codesafety.load().assess(codesafety.Submission()).model_dump_json())["schema_version"] == "1"


@pytest.mark.parametrize("name", sorted(set(codesafety.__all__) - {"__version__"}))
def test_every_public_name_is_documented(name: str) -> None:
    value = getattr(codesafety, name)
    assert value.__doc__ or name == "hookimpl"
    written = name in API or f"automodule:: {value.__module__}\n   :members:\n" in API
    assert written, f"{name} stands on none of the pages docs/reference/{{api,report,plugins}}.md"


@pytest.mark.parametrize("name", codesafety.plugins.__all__)
def test_every_name_for_plugins_is_documented(name: str) -> None:
    assert name in (ROOT / "docs" / "reference" / "plugins.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", codesafety.testing.__all__)
def test_every_name_for_tests_is_documented(name: str) -> None:
    assert getattr(codesafety.testing, name).__doc__
    assert name in API


def _models(model: type[Model]) -> Iterator[type[Model]]:
    yield model
    for below in model.__subclasses__():
        yield from _models(below)


@pytest.mark.parametrize("model", sorted({m.__name__: m for m in _models(Model)}.items()), ids=lambda pair: pair[0])
def test_every_model_says_what_it_is(model: tuple[str, type[Model]]) -> None:
    assert (model[1].__doc__ or "").strip()


def dataclasses_without_slots() -> list[str]:
    """Return the dataclasses of the source that have no slots: a mistyped attribute must not be a new one.

    One with a cached property needs its `__dict__` and is left out.
    """
    found = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for decorator in node.decorator_list if isinstance(node, ast.ClassDef) else ():
                call = decorator.func if isinstance(decorator, ast.Call) else decorator
                if isinstance(call, ast.Name) and call.id == "dataclass":
                    keywords = {k.arg for k in decorator.keywords} if isinstance(decorator, ast.Call) else set()
                    if "slots" not in keywords and "cached_property" not in ast.dump(node):
                        found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    return found


def test_inner_dataclasses_have_slots() -> None:
    assert dataclasses_without_slots() == []


def test_readers_may_import_what_a_suppliers_plugin_may_and_no_module_is_left_out_of_the_contract() -> None:
    contract = ConfigParser()
    contract.read(ROOT / ".importlinter")
    forbidden = set(contract["importlinter:contract:supplier"]["forbidden_modules"].split())
    there = {
        f"codesafety.{path.stem}"
        for path in (ROOT / "src" / "codesafety").iterdir()
        if path.stem not in ("__init__", "__main__") and (path.suffix == ".py" or (path / "__init__.py").exists())
    }
    assert there - forbidden == {f"codesafety.{name}" for name in ("errors", "formats", "plugins", "record")}
    assert forbidden - there == set()
