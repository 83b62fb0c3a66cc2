"""The official grammars' verdicts on 839 published expressions, and the forms on which published sources disagree."""

from __future__ import annotations

import json

import pytest
from tests.places import SHARED

from codesafety.terminology.ecl import canonical, parse
from codesafety.terminology.errors import EclError, EclSemanticError

SUITES = SHARED / "ecl"
pytestmark = pytest.mark.skipif(not SUITES.is_dir(), reason="the published ECL suites are not at hand")


def suite(name: str) -> list[dict[str, object]]:
    loaded: list[dict[str, object]] = json.loads((SUITES / name).read_text(encoding="utf-8"))
    return loaded


def verdict(ecl: str) -> bool:
    try:
        parse(ecl)
    except EclError:
        return False
    return True


def test_every_valid_expression_parses() -> None:
    assert [case["ecl"] for case in suite("valid.json") if not verdict(str(case["ecl"]))] == []


def test_every_invalid_expression_is_refused() -> None:
    assert [case["ecl"] for case in suite("invalid.json") if verdict(str(case["ecl"]))] == []


def test_what_the_grammar_allows_and_means_nothing_is_a_semantic_error() -> None:
    for case in suite("grammar_valid_semantic_invalid.json"):
        with pytest.raises(EclSemanticError):
            parse(str(case["ecl"]))


def test_disputed_forms_are_decided_as_the_specification_reads() -> None:
    wrong = [case["ecl"] for case in suite("disputed.json") if verdict(str(case["ecl"])) is not case["ref"]]
    assert wrong == []


def test_every_valid_expression_survives_its_canonical_text() -> None:
    for case in suite("valid.json"):
        parsed = parse(str(case["ecl"]))
        text = canonical(parsed)
        assert parse(text) == parsed, case["ecl"]
        assert canonical(parse(text)) == text
