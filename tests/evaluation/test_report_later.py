"""A report makes what nobody asked for when somebody does, once; whichever door it leaves by, it is whole."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter
from tests.places import EXAMPLES

from codesafety import Engine, Report, load


class Envelope(BaseModel):
    report: Report


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load()


@pytest.fixture(scope="module")
def whole(engine: Engine) -> dict[str, Any]:
    return dict(_made(engine))


def _made(engine: Engine) -> Report:
    return engine.assess(
        engine.read(EXAMPLES / "pregnancy-status-update.xml"), engine.read_record(EXAMPLES / "record-complete.json")
    )


DOORS: dict[str, Callable[[Report], Mapping[str, Any]]] = {
    "iteration": dict,
    "vars": vars,
    "dump": lambda report: dict(Report.model_validate(report.model_dump())),
    "JSON": lambda report: dict(Report.model_validate_json(report.model_dump_json())),
    "JSON inside another": lambda report: dict(
        Report.model_validate(json.loads(Envelope(report=report).model_dump_json())["report"])
    ),
    "an adapter": lambda report: dict(Report.model_validate_json(TypeAdapter(list[Report]).dump_json([report])[1:-1])),
    "a copy": lambda report: dict(copy.copy(report)),
    "a deep copy": lambda report: dict(copy.deepcopy(report)),
    "a changed copy": lambda report: {**dict(report.model_copy(update={"summary": ""})), "summary": report.summary},
    "a pickle": lambda report: dict(pickle.loads(pickle.dumps(report))),
    "fields": lambda report: {name: getattr(report, name) for name in Report.model_fields},
}


@pytest.mark.parametrize("door", DOORS)
def test_a_report_is_whole_by_every_door(engine: Engine, whole: dict[str, Any], door: str) -> None:
    assert DOORS[door](_made(engine)) == whole
    assert list(whole) == list(Report.model_fields)


def test_two_reports_are_equal_whoever_was_asked_first(engine: Engine) -> None:
    one, other = _made(engine), _made(engine)
    assert one.items != ()
    assert one == other
    assert other == one
    assert one != one.model_copy(update={"items": ()})


def test_a_field_that_no_report_has_is_an_error(engine: Engine) -> None:
    with pytest.raises(AttributeError):
        _made(engine).itms  # type: ignore[attr-defined]  # noqa: B018
    assert Report.model_fields_set.fget is not None  # type: ignore[attr-defined]


def test_what_is_made_later_is_made_once_by_however_many_threads(whole: dict[str, Any]) -> None:
    later = {"about", "limits", "items", "not_read", "counts", "digests"}
    made: list[None] = []

    def make() -> Mapping[str, Any]:
        made.append(None)
        return {name: whole[name] for name in later}

    report = Report.made({name: value for name, value in whole.items() if name not in later | {"schema_version"}}, make)
    assert (report.decision, report.told, report.results, made) == (whole["decision"], whole["told"], whole["results"], [])
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: report.items, range(32))) == [whole["items"]] * 32
    assert dict(report) == whole
    assert len(made) == 1


def test_what_could_not_be_made_is_tried_again(whole: dict[str, Any]) -> None:
    tries = iter([KeyError("a terminology of somebody's own"), None])

    def make() -> Mapping[str, Any]:
        failed = next(tries)
        if failed is not None:
            raise failed
        return whole

    report = Report.made({"decision": "none"}, make)
    with pytest.raises(KeyError):
        _ = report.items
    assert report.items == whole["items"]


def test_a_report_that_was_made_by_hand_is_whole(whole: dict[str, Any]) -> None:
    assert dict(Report(**whole)) == whole
