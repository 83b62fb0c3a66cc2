"""No answer repeats what was sent: canaries stand in turn at every place of every example, as names and as values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.answers.messages import engine
from tests.doors.test_nothing_repeated import CANARIES, CHANGES, JSON_EXAMPLES, XML_EXAMPLES, places, planted, written

from codesafety import Entry, Message, Submission
from codesafety.answers import cds_hooks, itk3_rejection, not_done, operation_outcome, sarif
from codesafety.errors import CodesafetyError, ConfigurationError
from codesafety.record import Coding
from codesafety.report import Report

DECIDED = {
    "none": ("information", "info"),
    "note": ("information", "info"),
    "review": ("warning", "warning"),
    "hold": ("error", "critical"),
}
SEVERITIES = ["information", "warning", "error"]
INDICATORS = ["info", "warning", "critical"]


def answered(data: bytes) -> str:
    """Return all answers to a message as one text, having seen that none of them is milder than the report."""
    try:
        report = engine().assess(engine().read(data))
    except CodesafetyError as error:
        return json.dumps([not_done(error), sarif([("message", error)])])
    outcome, cards = operation_outcome(report, "STU3"), cds_hooks(report, "3.0")
    seen(report, outcome["issue"][1:], "severity", SEVERITIES)
    seen(report, cards["cards"], "indicator", INDICATORS)
    try:
        rejected = itk3_rejection(report)
    except ConfigurationError:
        assert report.decision in ("none", "note")
        rejected = {}
    return json.dumps([outcome, cards, rejected, sarif([("message", report)])], ensure_ascii=False)


def seen(report: Report, parts: list[dict[str, str]], name: str, rising: list[str]) -> None:
    worst = max((rising.index(part[name]) for part in parts), default=0)
    assert worst == {"none": 0, "note": 0, "review": 1, "hold": 2}[report.decision], (report.decision, report.summary, parts)


def json_with_canaries(path: Path) -> Iterator[bytes]:
    value = json.loads(path.read_bytes())
    for turn, way in enumerate(places(value)):
        if way[-1] == "value" and str(way[-2]).lower().endswith("quantity"):
            continue  # a number that was measured is said with what was judged, and can be no word
        ways = list(planted(value, way, turn))
        yield ways[turn % len(ways)].encode("utf-8", "surrogatepass")


def xml_with_canaries(path: Path) -> Iterator[bytes]:
    tree = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    for turn, element in enumerate(tree.iter()):
        kept = element.tag, dict(element.attrib), element.text
        CHANGES[turn % len(CHANGES)](element)
        yield from written(tree, element)
        element.tag, element.text = kept[0], kept[2]
        element.attrib.clear()
        element.attrib.update(kept[1])


@pytest.mark.parametrize("example", [*JSON_EXAMPLES, *XML_EXAMPLES], ids=lambda p: p.name)
def test_no_answer_repeats_a_name_or_value_of_a_message(example: Path) -> None:
    tried = 0
    for data in json_with_canaries(example) if example.suffix == ".json" else xml_with_canaries(example):
        answer = answered(data)
        found = CANARIES.search(answer)
        assert not found, (data.decode("utf-8", "replace")[:200], answer[max(0, found.start() - 300) : found.end() + 50])
        tried += 1
    assert tried > 7


@pytest.mark.parametrize("code", ["john_smith", "john*smith", "9434765919", "943-476-5919"])
def test_a_code_without_a_term_is_not_named(code: str) -> None:
    """Whatever it is written with: a card's Markdown would write it otherwise."""
    entry = Entry(path="e[0]", codings=(Coding(system="sct", code=code),), date="2026-03-04")
    report = engine().assess(Submission(entries=(entry,), message=Message(sent="2026-03-04")))
    assert report.decision in ("review", "hold")
    answers = json.dumps(
        [operation_outcome(report, "R4"), cds_hooks(report, "3.0"), itk3_rejection(report), sarif([("m", report)])]
    )
    assert "smith" not in answers
    assert not re.search("943|5919", re.sub(r'"[0-9a-f-]{16,36}"|[0-9a-f]{16,32}', "", answers))
