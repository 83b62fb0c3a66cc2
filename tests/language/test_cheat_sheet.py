"""The page of the grammar is what the grammar draws, and every line of the cheat sheet is of the language."""

from __future__ import annotations

import re

import pytest
from tests.places import ROOT

from codesafety import language

SHEET = (ROOT / "docs" / "reference" / "cheat-sheet.md").read_text(encoding="utf-8")


def fenced(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", SHEET, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", fenced("rules-form"))
def test_declarations_of_the_cheat_sheet_are_of_the_language(text: str) -> None:
    assert language.parse(text).declarations


@pytest.mark.parametrize("line", "".join(fenced("rules-conditions")).splitlines())
def test_conditions_of_the_cheat_sheet_are_of_the_language(line: str) -> None:
    plain = re.sub(r"\b([abd])\b(?= (?:and|or))|(?<=and )\(c or d\)", "e is past", line) if line.startswith("a and b") else line
    language.parse(f"rule r {{ when {plain} }}")


@pytest.mark.parametrize("line", "".join(fenced("rules-examples")).splitlines())
def test_examples_of_the_cheat_sheet_are_of_the_language(line: str) -> None:
    language.parse(f'rule r {{ example "x" {{ {line} expect clear }} }}')


def test_every_reserved_word_of_a_condition_is_on_the_cheat_sheet() -> None:
    from codesafety.language.parsing.parser import scanner

    missing = {word for word in scanner().keywords if not re.search(rf"\b{word}\b", SHEET)}
    assert missing <= {"year", "month", "week", "day", "days", "weeks", "months", "years"}, missing


KEYWORDS = (ROOT / "docs" / "reference" / "keywords.md").read_text(encoding="utf-8")


def test_the_page_of_keywords_has_each_of_them_and_no_other() -> None:
    from codesafety.language.parsing.parser import scanner

    phrases = {"on the same day as", "the same product as", "the same entry as", "shares an ingredient with"}
    phrases |= {"has the same ingredients as", "contradicts its words", "of the same order as"}
    assert re.findall(r"^## (.+)$", KEYWORDS, re.MULTILINE) == sorted({*scanner().keywords, "ecl", *phrases})


@pytest.mark.parametrize(
    ("word", "page"), re.findall(r"^## (.+)\n.+\\\nIn the manual: \[.+\]\((.+)\)\.$", KEYWORDS, re.MULTILINE)
)
def test_the_page_that_a_keyword_leads_to_is_about_it(word: str, page: str) -> None:
    text = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    assert re.search(rf"\b{word}s?\b", text)


def test_the_page_of_the_grammar_is_drawn_from_the_grammar() -> None:
    pytest.importorskip("railroad", reason="the drawing needs railroad-diagrams, of the `dev` extra")
    from tools.draw_grammar import files

    stale = [path.name for path, text in files() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    assert stale == [], "draw it anew: python -m tools.draw_grammar"
