"""Every code that rule files are told, explained: what it is, a wrong rule, what is said of it, the remedy and a right one.

The pages of the reference are the one source (`errors.md`, `lint.md`); an installed library has them beside its modules.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PAGES = ("errors", "lint")
_SECTION = re.compile(r"^### (CS\d{3}): (.+?)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RIGHT, _REMEDY = "**Right.**", "**Remedy.**"
_DIGITS = str.maketrans("OIL", "011")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One code. `wrong` and `right` are files as they stand on the page; `said` is what is told of the wrong ones."""

    code: str
    title: str
    about: str
    wrong: tuple[str, ...]
    said: str
    remedy: str
    right: tuple[str, ...]
    page: str

    @property
    def address(self) -> str:
        """Where the page of the reference has it."""
        return f"docs/reference/{self.page}.md, {self.code}"


def folder() -> Path:
    """Return the folder with the pages: inside the installed package, or the repository's own."""
    here = Path(__file__).resolve().parents[1]
    installed = here / "_reference"
    return installed if installed.is_dir() else here.parents[1] / "docs" / "reference"


@cache
def explanations() -> Mapping[str, Explanation]:
    """Return every code that is explained, in the order of the codes."""
    found = [one for page in PAGES for one in _of_page(page, (folder() / f"{page}.md").read_text("utf-8"))]
    return {one.code: one for one in sorted(found, key=lambda one: one.code)}


def explain(code: str) -> Explanation | None:
    """Return what a code means; None for one that there is not. Small letters, and a missing `CS`, do no harm."""
    asked = code.strip().upper()
    return explanations().get(asked if asked.startswith("CS") else f"CS{asked}")


def near(code: str) -> list[str]:
    """Return codes that may be meant: of like spelling, and those whose title has the word."""
    known = explanations()
    digits = f"CS{code.strip().upper().removeprefix('CS').translate(_DIGITS)}"
    if digits in known:
        return [digits]
    spelt = difflib.get_close_matches(code.strip().upper(), list(known), 3, 0.7)
    worded = [one.code for one in known.values() if len(code) > 2 and code.lower() in one.title.lower()]
    return list(dict.fromkeys([*spelt, *worded]))[:5]


def _of_page(page: str, text: str) -> Iterator[Explanation]:
    for code, title, body in _SECTION.findall(text):
        before, _, after = body.partition(_RIGHT)
        told, _, remedy = before.partition(_REMEDY)
        fences = _FENCE.findall(told)
        wrong = tuple(inside.rstrip("\n") for info, inside in fences if info.partition(" ")[0] != "text")
        said = "\n".join(inside.rstrip("\n") for info, inside in fences if info == "text")
        right = tuple(inside.rstrip("\n") for info, inside in _FENCE.findall(after) if info != "text")
        beside = _words(_FENCE.sub("", after))
        yield Explanation(
            code, title, _words(_FENCE.sub("", told)), wrong, said, _words(remedy), (*([beside] if beside else []), *right), page
        )  # fmt: skip


def _words(text: str) -> str:
    """Return paragraphs of a page as plain words."""
    paragraphs = (" ".join(_LINK.sub(r"\1", part).replace("**", "").split()) for part in text.split("\n\n"))
    return "\n\n".join(part for part in paragraphs if part)


def as_text(one: Explanation) -> Iterator[str]:
    """Yield the lines that explain a code, but its paragraphs, which are one line each."""
    yield f"{one.code}: {one.title}"
    if one.about:
        yield from ("", one.about)
    yield from ("", "Wrong:")
    yield from _indented(one.wrong)
    if one.said:
        yield from ("", "What is told:")
        yield from _indented((one.said,))
    yield from ("", f"Remedy: {one.remedy}", "", "Right:")
    yield from _indented(one.right)


def _indented(blocks: tuple[str, ...]) -> Iterator[str]:
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield from (f"    {line}".rstrip() for line in block.split("\n"))
