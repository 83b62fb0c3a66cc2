"""Limits: what is over one is refused or held with its path and the limit, and nothing is cut."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.places import ROOT

from codesafety import Engine, InputError, load, record
from codesafety.plugins import reading
from codesafety.record import MAX_CODINGS, MAX_COMPONENTS, MAX_TEXT, Submission

CODING = {"system": "http://snomed.info/sct", "code": "77386006"}
LIMITS = {
    "bytes of one message or record": reading.MAX_BYTES,
    "elements of one message or record": reading.MAX_ELEMENTS,
    "levels of elements in each other": reading.MAX_DEPTH,
    "attributes of one XML element": reading.MAX_ATTRIBUTES,
    "codings of one concept": record.MAX_CODINGS,
    "components of one observation": record.MAX_COMPONENTS,
    "characters of one text (but for narrative and attached files)": record.MAX_TEXT,
    "comments of one XML message": reading.MAX_COMMENTS,
    "columns of one table": reading.MAX_COLUMNS,
    "rows of one table for one patient, or for nobody": reading.MAX_ROWS,
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load("uk.integrity")


def bundle(*resources: dict[str, Any]) -> bytes:
    whole = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource} for resource in resources]}
    return json.dumps(whole).encode()


def observation(**fields: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"coding": [CODING]}, **fields}


def xml(inside: str) -> bytes:
    return f'<Observation xmlns="http://hl7.org/fhir"><status value="final"/>{inside}</Observation>'.encode()


def native(**entry: Any) -> bytes:
    return json.dumps({"entries": [{"path": "e", **entry}]}).encode()


def test_the_page_tells_every_limit() -> None:
    page = (ROOT / "docs" / "reference" / "readers.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| (.+?) \| ([\d,]+) \| .+ \|$", page, re.MULTILINE)
    assert {name: int(number.replace(",", "")) for name, number in told} == LIMITS


CORRECT, SCHEMAS = "correct the system that wrote it", "see `codesafety schema submission` and `codesafety schema record`"
TOO_MANY = [
    (
        bundle(observation(), observation(code={"coding": [CODING] * (MAX_CODINGS + 1)})),
        "Bundle.entry[1].resource.code: holds more than 100 `coding` elements in one place",
        CORRECT,
    ),
    (
        bundle(observation(component=[{"code": {"coding": [CODING]}}] * (MAX_COMPONENTS + 1))),
        "Bundle.entry[0].resource: holds more than 1,000 `component` elements in one place",
        CORRECT,
    ),
    (
        xml("<code>" + '<coding><code value="1"/></coding>' * (MAX_CODINGS + 1) + "</code>"),
        "Observation.code: holds more than 100 `coding` elements in one place",
        CORRECT,
    ),
    (
        xml("<code><text {}/></code>".format(" ".join(f'a{n}="x"' for n in range(101)))),
        "holds an element with more than 100 attributes",
        "send one message, as the sending system exported it",
    ),
    (native(codings=[CODING] * (MAX_CODINGS + 1)), "entries[0].codings: a list of more than 100", SCHEMAS),
    (native(components=[{}] * (MAX_COMPONENTS + 1)), "entries[0].components: a list of more than 1,000", SCHEMAS),
    (
        native(codings=[CODING | {"display": "x" * (MAX_TEXT + 1)}]),
        "entries[0].codings[0].display: a text of more than 65,536 characters",
        SCHEMAS,
    ),
]


@pytest.mark.parametrize(("data", "words", "help"), TOO_MANY, ids=[words for _, words, _ in TOO_MANY])
def test_what_is_over_a_limit_is_refused_by_path_and_limit(engine: Engine, data: bytes, words: str, help: str) -> None:
    with pytest.raises(InputError) as caught:
        engine.read(data)
    assert words in str(caught.value)
    assert caught.value.help == help


@pytest.mark.parametrize(
    "data",
    [
        bundle(observation(code={"coding": [CODING] * MAX_CODINGS})),
        bundle(observation(component=[{"code": {"coding": [CODING]}}] * 100)),
        bundle(observation(code={"coding": [CODING | {"display": "x" * MAX_TEXT}]})),
        native(codings=[CODING | {"display": "x" * MAX_TEXT}] * MAX_CODINGS),
    ],
    ids=["codings", "components", "text", "native"],
)
def test_what_is_at_a_limit_is_read(engine: Engine, data: bytes) -> None:
    submission = engine.read(data)
    assert not any(line.broken for line in submission.not_read)
    assert len(submission.entries) == 1


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (bundle(observation(), observation(code={"coding": [CODING], "text": "x" * (MAX_TEXT + 1)})), "Bundle.entry[1].resource"),
        (xml(f'<code><coding><display value="{"x" * 2**20}"/></coding></code>'), "Observation"),
    ],
    ids=["json", "xml"],
)
def test_a_resource_with_a_text_that_is_too_long_is_held_and_the_rest_is_read(engine: Engine, data: bytes, path: str) -> None:
    report = engine.assess(engine.read(data))
    assert report.decision == "hold"
    (line,) = report.not_checked
    assert line.path == path
    assert line.reason.startswith("a text of more than 65,536 characters, at code.")
    assert [item.decision for item in report.items if item.path == path] == ["hold"]


def test_a_narrative_may_be_long(engine: Engine) -> None:
    told = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{"x" * 2**20}</div>'}
    submission = engine.read(bundle(observation(text=told)))
    assert [entry.codings[0].code for entry in submission.entries] == ["77386006"]


def test_a_model_that_a_supplier_makes_keeps_the_same_limits() -> None:
    with pytest.raises(record.ValidationError, match="too_long"):
        Submission.model_validate({"entries": [{"path": "e", "codings": [CODING] * (MAX_CODINGS + 1)}]})


# ------------------------------------------------------------------------------------------------ tables


def many(engine: Engine, path: Path) -> list[Submission]:
    pytest.importorskip("polars", reason="tables need polars")
    return [submission for _, submission in engine.read_many(path)]


def test_a_row_with_a_text_that_is_too_long_is_held_and_the_next_is_read(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "entries.csv"
    path.write_text(f"patient_id,system,code,display\n1,sct,77386006,{'x' * (MAX_TEXT + 1)}\n1,sct,77386006,Pregnancy\n")
    (submission,) = many(engine, path)
    assert [entry.codings[0].display for entry in submission.entries] == ["Pregnancy"]
    (line,) = submission.not_read
    assert (line.path, line.broken) == ("entries[0]", True)
    assert line.reason == "a text of more than 65,536 characters, in column 4"
    assert [coding.code for coding in line.codings] == ["77386006"]


def test_too_many_columns_are_refused(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "entries.csv"
    columns = ["patient_id", "code", *(f"c{n}" for n in range(reading.MAX_COLUMNS - 1))]
    path.write_text(",".join(columns) + "\n")
    with pytest.raises(InputError, match="has more than 1,000 columns"):
        many(engine, path)


@pytest.mark.parametrize("patient", ["1", ""])
def test_too_many_rows_of_one_patient_or_of_none_are_refused(engine: Engine, tmp_path: Path, patient: str) -> None:
    path = tmp_path / "entries.csv"
    row = f"{patient},sct,77386006\n"
    path.write_text("patient_id,system,code\n" + row * (reading.MAX_ROWS + 1))
    with pytest.raises(InputError, match="has more than 100,000 rows of one patient, or of none"):
        many(engine, path)
