"""What a code itself says of presence, time and subject."""

from __future__ import annotations

import pytest

from codesafety.terminology.interface import CodeContext
from codesafety.terminology.words.context import (
    FINDING_CONTEXT,
    PROCEDURE_CONTEXT,
    SUBJECT_CONTEXT,
    TEMPORAL_CONTEXT,
    context_from_attributes,
    context_from_term,
)

PARENTS = {"410587003": "410513005", "27733009": "303071001", "385652002": "410523001", "116152004": "125676002"}


def is_a(code: str, ancestor: str) -> bool:
    while code in PARENTS:
        code = PARENTS[code]
        if code == ancestor:
            return True
    return False


def test_a_plain_finding_says_nothing_and_that_is_known() -> None:
    assert context_from_attributes({}, is_a) == CodeContext(None, None, None, told=True)


@pytest.mark.parametrize(
    ("attribute", "value", "word"),
    [
        (FINDING_CONTEXT, "410515003", "present"),
        (FINDING_CONTEXT, "410516002", "absent"),
        (FINDING_CONTEXT, "410590009", "possible"),
        (FINDING_CONTEXT, "415684004", "possible"),
        (FINDING_CONTEXT, "410593006", "possible"),
        (FINDING_CONTEXT, "410594000", "absent"),
        (PROCEDURE_CONTEXT, "385658003", "present"),
        (PROCEDURE_CONTEXT, "385652002", "present"),
        (PROCEDURE_CONTEXT, "385660001", "absent"),
        (PROCEDURE_CONTEXT, "443390004", "absent"),
        (PROCEDURE_CONTEXT, "410536001", "absent"),
        (PROCEDURE_CONTEXT, "397943006", "planned"),
        (PROCEDURE_CONTEXT, "385644000", "planned"),
    ],
)
def test_finding_and_procedure_contexts(attribute: str, value: str, word: str) -> None:
    assert context_from_attributes({attribute: {value}}, is_a).assertion == word


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("410513005", "past"),
        ("410587003", "past"),
        ("410589000", "past"),
        ("410512000", "current"),
        ("6493001", "current"),
        ("410511007", None),
    ],
)
def test_times(value: str, word: str | None) -> None:
    context = context_from_attributes({TEMPORAL_CONTEXT: {value}}, is_a)
    assert (context.temporality, context.told) == (word, True)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("410604004", "patient"),
        ("303071001", "family"),
        ("444148008", "family"),
        ("72705000", "family"),
        ("27733009", "family"),
        ("133933007", "baby"),
        ("70862002", "another"),
        ("262043009", "another"),
        ("116152004", "another"),
    ],
)
def test_subjects(value: str, word: str) -> None:
    assert context_from_attributes({SUBJECT_CONTEXT: {value}}, is_a).subject == word


def test_no_family_history_is_absent_in_the_family_at_any_past_time() -> None:
    assert context_from_attributes(
        {
            FINDING_CONTEXT: {"410516002"},
            TEMPORAL_CONTEXT: {"410589000"},
            SUBJECT_CONTEXT: {"303071001"},
        },
        is_a,
    ) == CodeContext("absent", "family", "past")


@pytest.mark.parametrize(
    "attributes",
    [
        {FINDING_CONTEXT: {"410515003", "410516002"}},
        {FINDING_CONTEXT: {"410515003"}, PROCEDURE_CONTEXT: {"385660001"}},
        {FINDING_CONTEXT: {"261665006"}, SUBJECT_CONTEXT: {"410604004"}},
        {PROCEDURE_CONTEXT: {"410537005"}},
        {SUBJECT_CONTEXT: {"410604004", "303071001"}},
        {SUBJECT_CONTEXT: {"125676002"}},
        {TEMPORAL_CONTEXT: {"410513005", "15240007"}},
    ],
)
def test_contexts_that_disagree_or_are_not_understood_tell_nothing(attributes: dict[str, set[str]]) -> None:
    assert context_from_attributes(attributes, is_a) == CodeContext(told=False)


def test_groups_that_agree_are_told() -> None:
    assert context_from_attributes({FINDING_CONTEXT: {"410516002", "410594000"}}, is_a).assertion == "absent"


def test_without_a_release_a_situation_is_not_told() -> None:
    assert context_from_term("Family history: Asthma (situation)") == CodeContext(told=False)
    assert context_from_term("Asthma (disorder)") == CodeContext()
    assert context_from_term("Asthma") == CodeContext()
