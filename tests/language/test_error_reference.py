"""Every code that this library can say is documented, and every documented example is told it."""

from __future__ import annotations

import re

import pytest
from tests.places import ROOT

from codesafety import language
from codesafety.errors import RuleError

PAGE = (ROOT / "docs" / "reference" / "errors.md").read_text("utf-8")
DATA = {"ages.csv": b"code,min_age,sex\nO80,12,female\n"}
SECTION = re.compile(r"^### (CS\d{3}): (.+?)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"```rules\n(.*?)```", re.DOTALL)
HEAD = next(iter(FENCE.findall(PAGE)))
SECTIONS = {code: body for code, _, body in SECTION.findall(PAGE)}
EXAMPLES = {code: found[1] for code, body in SECTIONS.items() if (found := FENCE.search(body)) and found[1].strip()}
ELSEWHERE = {
    "CS108": "tests/language/test_loader.py", "CS120": "tests/language/test_loader.py", "CS121": "tests/language/test_loader.py",
    "CS410": "tests/language/test_loader.py", "CS412": "tests/doors/test_rules.py", "CS214": "tests/language/test_loader.py", "CS215": "tests/language/test_loader.py",
}  # fmt: skip
"""Codes about files and folders, which a text cannot show, and the tests that provoke them."""


def told(rules: str, head: str = HEAD) -> set[str]:
    try:
        loaded = language.load_texts({"example.rules": head + rules}, DATA)
    except RuleError as error:
        return {d.code for d in error.diagnostics if not d.code.startswith("CS40")} or {d.code for d in error.diagnostics}
    return {d.code for d in loaded.warnings}


def codes_in_source() -> set[str]:
    return {code for path in (ROOT / "src").rglob("*.py") for code in re.findall(r'"(CS\d{3})"', path.read_text("utf-8"))}


def test_every_code_in_the_source_is_documented_and_no_other() -> None:
    assert set(SECTIONS) == codes_in_source()


def test_the_page_is_in_order() -> None:
    assert list(SECTIONS) == sorted(SECTIONS)


def test_the_lines_that_every_example_is_loaded_with_are_in_order() -> None:
    assert told("") == set()


@pytest.mark.parametrize("code", [c for c in SECTIONS if not c.startswith("CS3") and c not in ELSEWHERE])
def test_a_documented_example_is_told_its_code(code: str) -> None:
    found = told(EXAMPLES[code], "" if code == "CS223" else HEAD)
    assert code in found
    if not code.startswith("CS4"):
        assert found == {code}


@pytest.mark.parametrize("code", sorted(ELSEWHERE))
def test_codes_about_files_are_provoked_where_files_are_tested(code: str) -> None:
    assert code in (ROOT / ELSEWHERE[code]).read_text("utf-8")


@pytest.mark.parametrize("code", list(SECTIONS))
def test_every_code_has_a_remedy(code: str) -> None:
    assert "**Remedy.**" in SECTIONS[code]
