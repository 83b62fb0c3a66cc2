"""The pages of the language manual as rulesets: what stands in their fences, and what their tables say is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.places import ROOT

from codesafety.authoring.testing import ExampleResult, bind_for_examples, run_examples
from codesafety.diagnostics import Severity, render_all
from codesafety.engine import frozen_terminology
from codesafety.errors import RuleError
from codesafety.language.files import Loaded
from codesafety.language.loader import load_texts

FOLDER = ROOT / "docs" / "manual"
_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_SHOWN_BY = "shown by"


@dataclass(frozen=True)
class Refusal:
    """A ```rules-error fence: rules that are refused, and the words with which they are."""

    rules: str
    told: str


@dataclass(frozen=True)
class Page:
    """A page of the manual. All its ```rules fences together are one ruleset; ```csv NAME fences are its data files.

    A ```rules pasted fence counts, and shows how rules arrive by mail: it is not laid out.
    """

    name: str
    text: str

    @cached_property
    def _fences(self) -> list[tuple[str, str]]:
        return [(m["info"].strip(), m["body"]) for m in _FENCE.finditer(self.text)]

    @cached_property
    def rules(self) -> str:
        whole = "\n".join(body for info, body in self._fences if info in ("rules", "rules pasted"))
        if re.search(r"^ruleset\s", whole, re.MULTILINE):
            return whole
        header = f'ruleset manual.{self.name} {{ title "{self.name}" version 1.0.0 language 2 review none }}\n'
        return header + whole

    @cached_property
    def laid_out(self) -> list[str]:
        """Return the fences of rules, but for those that show how rules arrive by mail."""
        return [body for info, body in self._fences if info == "rules"]

    @cached_property
    def data(self) -> dict[str, bytes]:
        return {info.split(None, 1)[1]: body.encode() for info, body in self._fences if info.startswith("csv ")}

    @cached_property
    def refusals(self) -> list[Refusal]:
        found = []
        for (info, body), (after, told) in zip(self._fences, [*self._fences[1:], ("", "")]):
            if info == "rules-error":
                assert after == "text", f"{self.name}: a refusal is followed by what is told, in a ```text fence"
                found.append(Refusal(body, told))
        return found

    @cached_property
    def loaded(self) -> Loaded:
        return load_texts({f"{self.name}.rules": self.rules}, self.data)

    def run(self) -> list[ExampleResult]:
        """Run every example of the page on both evaluators."""
        return list(run_examples(bind_for_examples(self.loaded.rulesets, frozen_terminology(self.loaded.rulesets))))

    def told(self, refusal: Refusal) -> str:
        """Return the errors of a refusal's rules when they stand beside the page's own."""
        try:
            load_texts({f"{self.name}.rules": self.rules, "example.rules": refusal.rules}, self.data)
        except RuleError as error:
            mine = [d for d in error.diagnostics if d.span.file == "example.rules" and d.severity is Severity.ERROR]
            return render_all(mine, error.sources).strip()
        return "(nothing is wrong)"

    def claims(self) -> Iterator[tuple[str, str]]:
        """Yield (row, name) for each name in the `shown by` column of any table: an example of the page, or a test in words."""
        inside = False
        for line in _FENCE.sub("", self.text).splitlines():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not line.startswith("|"):
                inside = False
            elif cells[-1] == _SHOWN_BY:
                inside = True
            elif inside and set(line) - set("|-: "):
                for name in cells[-1].split(";"):
                    yield line, name.strip().strip("`")

    @cached_property
    def examples(self) -> set[str]:
        return {example.name for ruleset in self.loaded.rulesets for rule in ruleset.rules for example in rule.examples}


def pages() -> list[Page]:
    return [page(path) for path in sorted(FOLDER.glob("*.md"))]


def page(path: Path) -> Page:
    return Page(path.stem, path.read_text(encoding="utf-8"))
