"""The page of the linter as data: of each check the wrong rule, what is told of it, and the right rule.

`python -m tests.authoring.lint_page` writes into the page what the linter tells today.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache

from tests.language.error_page import Section, Texts, sections
from tests.places import ROOT

from codesafety import builtin, ir, language
from codesafety.authoring.lint.running import Linted, lint
from codesafety.cli.lint import rendered
from codesafety.engine import frozen_terminology

PATH = ROOT / "docs" / "reference" / "lint.md"
TODAY = date(2026, 11, 30)
_SAID = re.compile(r"^```text\n((?:warning\[.*?)?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = {section.code: section for section in sections(PATH.read_text("utf-8"))}


@cache
def shipped() -> tuple[ir.Ruleset, ...]:
    return language.load(builtin.all_rulesets()).rulesets


def linted(rules: str, data: Mapping[str, bytes] | None = None, head: str = "") -> tuple[Linted, Mapping[str, str]]:
    """Return what is told of the rules of one ruleset, and their texts."""
    files = {"example.rules": rules, **({"t.rules": head} if head else {})}
    loaded = language.load_texts(files, data or {})
    return lint(loaded, frozen_terminology(loaded.rulesets), known=shipped(), today=TODAY), loaded.sources


def told(texts: Texts) -> dict[str, str]:
    """Return what is told of an example, by check, as it is rendered; the rules of the page's head are not looked at."""
    done, sources = linted(texts.rules, texts.data, texts.head)
    own = [one for one in done.told if one.diagnostic.span.file != "t.rules"]
    return {check: "\n\n".join(rendered(one, sources) for one in own if one.check == check) for check in {t.check for t in own}}


def texts(section: Section, right: bool) -> Texts:
    found = section.right if right else section.wrong
    assert isinstance(found, Texts)
    return found


def shown(section: Section) -> str | None:
    found = _SAID.search(section.text)
    return None if found is None else found[1].strip()


def rewritten(page: str) -> str:
    """Return the page with each message as the linter tells it today."""
    for section in sections(page):
        said = f"```text\n{told(texts(section, right=False)).get(section.code, '')}\n```"
        page = page.replace(section.text, _SAID.sub(lambda _, said=said: said, section.text, count=1))
    return page


if __name__ == "__main__":
    PATH.write_text(rewritten(PATH.read_text("utf-8")), "utf-8")
