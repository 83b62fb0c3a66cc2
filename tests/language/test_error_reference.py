"""Every code that this library can say is documented: the wrong rule, what is said of it, and the right rule, all of them tried."""

from __future__ import annotations

import re

import pytest
from tests.authoring import lint_page
from tests.language.error_page import PATH, RIGHT, Texts, rewritten, sections, told
from tests.places import ROOT

PAGE = PATH.read_text("utf-8")
SECTIONS = {section.code: section for section in sections(PAGE)}
LEFT_OUT = {f"CS40{n}" for n in range(1, 7)}
"""What is said of every short rule: it has no source, no hazard, no reason, no examples."""


def codes_in_source() -> set[str]:
    return {code for path in (ROOT / "src").rglob("*.py") for code in re.findall(r'"(CS\d{3})"', path.read_text("utf-8"))}


def test_every_code_in_the_source_is_documented_and_no_other() -> None:
    assert set(SECTIONS) | set(lint_page.SECTIONS) == codes_in_source()


def test_the_page_is_in_order() -> None:
    assert list(SECTIONS) == sorted(SECTIONS)


def test_nothing_is_wrong_with_the_lines_that_every_example_is_loaded_with() -> None:
    (any_section, *_) = SECTIONS.values()
    assert Texts("", any_section.head, any_section.data).said() == ""


@pytest.mark.parametrize("code", SECTIONS)
def test_a_wrong_rule_is_told_its_code_and_no_other(code: str) -> None:
    found = set(told(SECTIONS[code].wrong.said()))
    assert code in found
    assert found - LEFT_OUT <= {code}


@pytest.mark.parametrize("code", SECTIONS)
def test_a_message_stands_on_the_page_as_the_library_says_it(code: str) -> None:
    section = SECTIONS[code]
    assert section.shown == section.said(), "write the messages anew: python -m tests.language.write_error_messages"


@pytest.mark.parametrize("code", SECTIONS)
def test_a_right_rule_is_told_nothing_but_what_it_leaves_out(code: str) -> None:
    assert set(told(SECTIONS[code].right.said())) <= LEFT_OUT - {code}


@pytest.mark.parametrize("code", SECTIONS)
def test_a_right_command_succeeds_and_right_examples_are_answered_as_they_expect(code: str) -> None:
    assert SECTIONS[code].right.failures() == []


def test_messages_are_written_into_the_page_and_nothing_else_is_changed() -> None:
    assert rewritten(PAGE.replace("error[CS201]: unknown field", "error[CS201]: no such field")) == PAGE


@pytest.mark.parametrize("code", SECTIONS)
def test_every_code_has_a_remedy_and_then_the_right_rule(code: str) -> None:
    _, remedy, rest = SECTIONS[code].text.partition("**Remedy.** ")
    assert remedy
    assert f"\n\n{RIGHT}" in rest
