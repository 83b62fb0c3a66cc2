"""The page of errors as data: of each code the wrong rule, what the library says of it, and the right rule.

In a section ```rules-error fences are the wrong rules, the ```text fence that begins with `error[` or `warning[` is what is
said, and the ```rules fences below `**Right.**` are the right ones. They stand beside the rules and data at the head of the page.
Where a code is about files or releases, each fence is a file whose path is in its first comment (a ```csv fence bears its own),
and what is said is what the section's command prints. A right command without rules of its own is given the wrong ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.places import ROOT
from tests.terminology.generated import CORE_MODULE, IS_A, REPLACED_BY, Rows, build, write_release
from tests.terminology.generated import ROOT as TOP
from typer.testing import CliRunner, Result

from codesafety import language
from codesafety.authoring.testing import bind_for_examples, run_examples
from codesafety.cli.app import app
from codesafety.diagnostics import render_all
from codesafety.engine import frozen_terminology
from codesafety.errors import RuleError
from codesafety.evaluation.predicates import BoundPredicate
from codesafety.ir import Kind, Signature
from codesafety.language.files import Loaded

MODULE_DEPENDENCY = "900000000000534007"
PATH = ROOT / "docs" / "reference" / "errors.md"
RIGHT = "**Right.**"
_SECTION = re.compile(r"^### (CS\d{3}): .+?\n.*?(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_SAID = re.compile(r"^```text\n((?:(?:error|warning)\[.*?)?)^```$", re.MULTILINE | re.DOTALL)
_RULES = ("rules", "rules-error")
_COMMAND = re.compile(r"^\$ (codesafety .+)$", re.MULTILINE)
_LINK = re.compile(r"^\$ ln -s (\S+) (\S+)$", re.MULTILINE)
_NAMED = re.compile(r"/\* (\S+) \*/\n")
_TOLD = re.compile(r"^(error|warning)\[(CS\d{3})\]", re.MULTILINE)
PREDICATES = {"acme.checks/odd-day": BoundPredicate(Signature("acme.checks/odd-day", (Kind.ENTRY,)), lambda entry: False, "acme")}
"""What the plugin of the examples brings."""


@dataclass(frozen=True)
class Texts:
    """Rules beside those of the page's head."""

    rules: str
    head: str
    data: Mapping[str, bytes]

    def said(self) -> str:
        try:
            loaded = self._loaded()
        except RuleError as error:
            return str(error)
        return render_all(loaded.warnings, loaded.sources)

    def failures(self) -> list[str]:
        """Return the names of examples that are not answered as they expect, by either evaluator."""
        rulesets = self._loaded().rulesets
        if not any(rule.examples for ruleset in rulesets for rule in ruleset.rules):
            return []
        binding = bind_for_examples(rulesets, frozen_terminology(rulesets), predicates=PREDICATES)
        return [result.example.name for result in run_examples(binding) if not result.passed]

    def _loaded(self) -> Loaded:
        signatures = {name: predicate.signature for name, predicate in PREDICATES.items()}
        return language.load_texts({"t.rules": self.head, "example.rules": self.rules}, self.data, predicates=signatures)


@dataclass(frozen=True)
class Files:
    """Files in a folder, and a command that is given there."""

    files: Mapping[str, bytes]
    links: list[tuple[str, str]]
    command: str

    def said(self) -> str:
        printed = self._run()
        return printed.stderr + printed.stdout

    def failures(self) -> list[str]:
        """Return what the command prints, where it does not succeed."""
        return [] if self._run().exit_code == 0 else [self.said()]

    def _run(self) -> Result:
        with TemporaryDirectory() as folder, chdir(folder):
            for name, content in {**self.files, **(_packs() if ".pack" in self.command else {})}.items():
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_bytes(content)
            for target, name in self.links:
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).symlink_to(target)
            return CliRunner().invoke(app, self.command.split()[1:], catch_exceptions=False)


@dataclass(frozen=True)
class Section:
    """What the page says of one code."""

    code: str
    text: str
    head: str
    data: Mapping[str, bytes]

    @property
    def shown(self) -> str | None:
        """Return the message as the page has it, or None where it has none."""
        found = _SAID.search(self.text)
        return None if found is None else found[1].strip()

    @property
    def wrong(self) -> Texts | Files:
        return self._situation("rules-error", self.text.partition(RIGHT)[0])

    @property
    def right(self) -> Texts | Files:
        return self._situation("rules", self.text)

    def _situation(self, kind: str, text: str) -> Texts | Files:
        fences = [(*m["info"].partition(" ")[::2], m["body"]) for m in _FENCE.finditer(text)]
        written = {kind: [(more or "utf-8", body) for language, more, body in fences if language == kind] for kind in _RULES}
        rules = written[kind] or written["rules-error"]
        data = {more: body.encode() for language, more, body in fences if language == "csv"}
        commands = _COMMAND.findall(text)
        if not commands:
            return Texts("".join(body for _, body in rules), self.head, {**self.data, **data})
        files = {m[1]: body.encode(encoding) for encoding, body in rules if (m := _NAMED.match(body))}
        return Files({**files, **data}, _LINK.findall(text) if kind == "rules-error" else [], commands[-1])

    def said(self) -> str:
        """Return what is said under this code of the wrong rule, as it is rendered."""
        return about(self.code, self.wrong.said())


def sections(page: str) -> list[Section]:
    """Return the sections of the page in their order."""
    head = page.partition("\n## ")[0]
    fences = [(m["info"], m["body"]) for m in _FENCE.finditer(head)]
    rules = "".join(body for info, body in fences if info == "rules")
    data = {info.removeprefix("csv "): body.encode() for info, body in fences if info.startswith("csv ")}
    return [Section(m[1], m[0], rules, data) for m in _SECTION.finditer(page)]


def rewritten(page: str) -> str:
    """Return the page with each message as the library says it today."""
    for section in sections(page):
        said = f"```text\n{section.said()}\n```"
        page = page.replace(section.text, _SAID.sub(lambda _, said=said: said, section.text, count=1))
    return page


def about(code: str, said: str) -> str:
    """Return the parts of what is said that are under a code."""
    return "\n\n".join(part for part in said.split("\n\n") if f"[{code}]" in part.partition("\n")[0]).strip()


def told(said: str) -> dict[str, str]:
    """Return the codes in what is said, and whether they are errors or warnings."""
    return {code: severity for severity, code in _TOLD.findall(said)}


@cache
def _packs() -> Mapping[str, bytes]:
    """Return two releases of a few clinical concepts, one of them inactive, and a subset, as packs."""
    terms = {
        "77386006": "Pregnancy", "65147003": "Twin pregnancy", "60001007": "Not pregnant", "74400008": "Appendicitis",
        "307530000": "Appendicitis NOS", "146799005": "Possible pregnancy",
    }  # fmt: skip
    pregnancy, twin, _, appendicitis, inactive, newer = terms
    with TemporaryDirectory() as folder:

        def pack(name: str, without: str = "", subset: Sequence[str] = ()) -> bytes:
            rows = Rows()
            for concept in (TOP, IS_A, CORE_MODULE, *terms):
                if concept != without:
                    rows.concept(concept, active=concept != inactive)
                if concept not in (TOP, inactive, without):
                    rows.is_a(concept, pregnancy if concept == twin else TOP)
                if concept in terms and concept != without:
                    rows.describe(concept, terms[concept])
            rows.member(REPLACED_BY, inactive, [("targetComponentId", appendicitis)])
            rows.member(
                MODULE_DEPENDENCY, CORE_MODULE, [("sourceEffectiveTime", "20250101"), ("targetEffectiveTime", "20250101")]
            )
            output = Path(folder) / name
            build([write_release(rows, Path(folder) / name.partition(".")[0])], output, subset=subset)
            return output.read_bytes()

        return {
            "older.pack": pack("older.pack", without=newer),
            "newer.pack": pack("newer.pack"),
            "pregnancies.pack": pack("pregnancies.pack", subset=[f"<< {pregnancy}"]),
        }
