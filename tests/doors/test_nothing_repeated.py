"""No error repeats what was sent: canaries stand in turn at every place of every example, as names and as values."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.places import EXAMPLES

import codesafety
from codesafety.cli.output import error_data
from codesafety.errors import CodesafetyError, PluginError

WORD, NUMBER = "JohnSmith19900101", 9434765919
CANARIES = re.compile("JohnSmith|19900101|9434765919|4765919", re.IGNORECASE)
JSON_EXAMPLES = sorted(p for p in EXAMPLES.glob("*.json") if p.stem not in ("profile", "overrides"))
XML_EXAMPLES = sorted(EXAMPLES.glob("*.xml"))
FLAT = (
    "patient_id,sex,birth_date,kind,system,code,display,date,value,unit,status,days_supply\n"
    "p1,F,1990-02-04,condition,sct,77386006,Pregnant,2025-01-03,70,kg,final,28\n"
    "p1,F,1990-02-04,medication,sct,42111000001107,Desogestrel,2025-01-03,,,completed,28\n"
)
ENGINE = codesafety.load("uk.codes", installed_plugins=False)


def refusal(read: Callable[[Any], Any], source: Any) -> str:
    """Return all that an error says of itself, having seen that it repeats no canary; nothing where there was no error."""
    try:
        read(source)
    except PluginError:
        raise  # a reader of our own that breaks
    except CodesafetyError as error:
        seen: list[BaseException | None] = [error, error.__cause__]
        if not error.__suppress_context__:
            seen.append(error.__context__)
        words = "\n".join([*(f"{one!s}{one!r}{getattr(one, 'args', '')}" for one in seen), json.dumps(error_data(error))])
        assert not CANARIES.search(words), words
        return words
    return ""


def places(value: Any, way: tuple[int | str, ...] = ()) -> Iterator[tuple[int | str, ...]]:
    if way:
        yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in inner:
        yield from places(child, (*way, name))


VALUES = (WORD, NUMBER, NUMBER + 0.5, [WORD], {WORD: NUMBER}, {WORD: {WORD: [WORD]}}, f"{WORD}\ud800")


def planted(value: Any, way: tuple[int | str, ...], turn: int) -> Iterator[str]:
    """Yield the JSON with canaries at a place: as its value, as its name, as one more name, and as a name given twice."""
    changed = copy.deepcopy(value)
    holder = changed
    for part in way[:-1]:
        holder = holder[part]
    kept, holder[way[-1]] = holder[way[-1]], VALUES[turn % len(VALUES)]
    yield json.dumps(changed)
    holder[way[-1]] = kept
    if not isinstance(holder, dict):
        return
    holder[WORD] = NUMBER
    yield json.dumps(changed)
    if turn % 2:
        holder[f"{WORD}2"] = 1
        yield json.dumps(changed).replace(f"{WORD}2", WORD)
    else:
        del holder[way[-1]]
        yield json.dumps(changed)


@pytest.mark.parametrize("example", JSON_EXAMPLES, ids=lambda p: p.name)
def test_no_error_repeats_a_name_or_value_of_json(example: Path) -> None:
    value = json.loads(example.read_bytes())
    refused = [
        read
        for turn, way in enumerate(places(value))
        for text in planted(value, way, turn)
        for read in (ENGINE.read, ENGINE.read_record)
        if refusal(read, text.encode())
    ]
    assert len(refused) > 10


CHANGES: tuple[Callable[[ElementTree.Element], Any], ...] = (
    lambda element: setattr(element, "tag", f"{{http://hl7.org/fhir}}{WORD}"),
    lambda element: setattr(element, "tag", WORD),
    lambda element: element.set("value", WORD),
    lambda element: element.set(WORD, WORD),
    lambda element: setattr(element, "text", WORD),
)


def written(tree: ElementTree.Element, changed: ElementTree.Element) -> Iterator[bytes]:
    """Yield XML whose names of FHIR have no prefix; and one where a changed name is then of no namespace, and not FHIR's."""
    for prefix in ("", "f") if changed.tag == WORD else ("",):
        ElementTree.register_namespace(prefix, "http://hl7.org/fhir")  # for the whole process, so said each time
        yield ElementTree.tostring(tree)


@pytest.mark.parametrize("example", XML_EXAMPLES, ids=lambda p: p.name)
def test_no_error_repeats_a_name_or_value_of_xml(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    tree = ElementTree.fromstring(text)
    for turn, element in enumerate(tree.iter()):
        kept = element.tag, dict(element.attrib), element.text
        CHANGES[turn % len(CHANGES)](element)
        for data in written(tree, element):
            refusal(ENGINE.read, data)
        element.tag, element.text = kept[0], kept[2]
        element.attrib.clear()
        element.attrib.update(kept[1])
    for damaged in (
        f"<!DOCTYPE {WORD}>{text}",
        f"<{WORD}>",
        f"{text}<{WORD}>",
        f"<a>&{WORD};</a>",
        f"<?xml encoding='{WORD}'?>{text}",
    ):
        assert refusal(ENGINE.read, damaged.encode())


def test_no_error_repeats_a_name_or_value_of_a_table(tmp_path: Path) -> None:
    pytest.importorskip("polars")
    path = tmp_path / "table.csv"
    rows = list(csv.reader(io.StringIO(FLAT)))
    for row, cells in enumerate(rows):
        for column in range(len(cells)):
            for canary in (WORD, str(NUMBER), f'"{WORD}', f"{WORD},{WORD}", f"{WORD}\0"):
                changed = [list(r) for r in rows]
                changed[row][column] = canary
                path.write_text("\n".join(",".join(r) for r in changed) + "\n", encoding="utf-8")
                refusal(lambda path: list(ENGINE.read_many(path)), path)


@pytest.mark.parametrize(
    "text",
    [
        WORD,
        f'"{WORD}"',
        f"{{{WORD}}}",
        f'{{"{WORD}": 1}}',
        f'{{"{WORD}": 1, "{WORD}": 2}}',
        f'{{"submission": {{}}, "{WORD}": 1}}',
        f'{{"submission": "{WORD}"}}',
        f'{{"submission": {{"entries": [{{"path": "e", "{WORD}": 1}}]}}}}',
        f'{{"submission": {{}}, "profile": {{"{WORD}": 1}}}}',
        f'{{"submission": {{}}, "overrides": [{{"{WORD}": 1}}]}}',
        f'{{"submission": {{}}, "overrides": "{WORD}"}}',
        f'{{"submission": "{WORD}\\ud800"}}',
        f'{{"resourceType": "{WORD}\\u0000"}}',
    ],
)
def test_no_line_that_is_refused_repeats_what_it_held(text: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from codesafety.asking import Defaults
    from codesafety.cli.lines import serve_lines

    class Input:
        buffer = io.BytesIO(text.encode() + b"\n")

    monkeypatch.setattr("sys.stdin", Input)
    serve_lines(ENGINE, Defaults())
    out = capsys.readouterr()
    _, answer = out.out.splitlines()
    assert "error" in json.loads(answer)
    assert not CANARIES.search(answer + out.err)
