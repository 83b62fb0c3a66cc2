"""The language manual is true: every example on its pages is answered as it says, by both evaluators."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.spec.manual import FOLDER, Page, page, pages

from codesafety.errors import RuleError
from codesafety.language.formatter import format_text

GUIDE = page(FOLDER.parent / "guide" / "writing-rules.md")
PAGES = [*pages(), GUIDE]
_TESTS = {
    node.name.removeprefix("test_").replace("_", " ")
    for path in Path(__file__).parent.glob("test_*.py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.FunctionDef)
}


def _failures(page: Page) -> list[str]:
    return [
        f"{page.name}: {r.rule}: {r.example.name}: expected {r.expected}, reference {r.reference}, compiled {r.compiled}"
        for r in page.run()
        if not r.passed
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_of_a_page_is_answered_as_it_says(page: Page) -> None:
    assert _failures(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_refusal_of_a_page_is_told_word_for_word(page: Page) -> None:
    assert [page.told(refusal) for refusal in page.refusals] == [refusal.told.strip() for refusal in page.refusals]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_row_of_a_table_is_shown_by_an_example_or_a_test(page: Page) -> None:
    assert [(row, name) for row, name in page.claims() if name not in page.examples | _TESTS] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_of_examples_are_not_used_twice_on_a_page(page: Page) -> None:
    names = {(e.name, e.span) for ruleset in page.loaded.rulesets for rule in ruleset.rules for e in rule.examples}
    assert sorted(name for name, _ in names) == sorted({name for name, _ in names})  # an example of a family is of every row


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_rules_of_a_page_have_the_one_layout(page: Page) -> None:
    assert [body for body in page.laid_out if format_text(body) != body] == []


# ------------------------------------------------------------------------------------------------ the harness itself

_GOOD = """
```rules
valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| }
rule r { action note for entry e in pregnant say "{e}" example "one" { given incoming entry 77386006 expect fires } }
```
| what | shown by |
|---|---|
| a code | one |
"""


def test_a_good_page_passes() -> None:
    page = Page("good", _GOOD)
    assert _failures(page) == []
    assert [name for _, name in page.claims()] == ["one"]


def test_a_page_with_a_wrong_example_fails() -> None:
    assert _failures(Page("bad", _GOOD.replace("expect fires", "expect clear"))) == [
        "bad: manual.bad/r: one: expected ('clear', frozenset()), reference ('fires', frozenset()), compiled ('fires', frozenset())"
    ]


def test_a_page_whose_rules_are_wrong_fails() -> None:
    with pytest.raises(RuleError, match="CS"):
        Page("bad", _GOOD.replace("for entry e in pregnant", "for entry e in pregnnt")).run()


def test_a_row_that_nothing_shows_fails() -> None:
    page = Page("bad", _GOOD.replace("| a code | one |", "| a code | two |"))
    assert [name for _, name in page.claims() if name not in page.examples] == ["two"]


def test_a_refusal_that_is_told_otherwise_fails() -> None:
    page = Page(
        "bad", _GOOD + '```rules-error\nrule s { action note for entry e in pregnnt say "{e}" }\n```\n```text\nnothing\n```\n'
    )
    assert page.told(page.refusals[0]) != page.refusals[0].told.strip()
    assert "pregnnt" in page.told(page.refusals[0])
