"""What is on an author's desk: the rulesets of the documents that are open, what they mean now, and how codes are called."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from codesafety import ir
from codesafety.authoring.testing import bind_for_examples
from codesafety.builtin import all_rulesets
from codesafety.diagnostics import Diagnostics
from codesafety.engine import frozen_terminology, installed_predicates, open_terminology
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.predicates import BoundPredicate
from codesafety.language.drafts import Checked, Drafts
from codesafety.language.files import SUFFIX, read_rules
from codesafety.language.parsing import syntax
from codesafety.lsp.places import Places
from codesafety.terminology.interface import Terminology

_HEADER: Final = re.compile(r"^ruleset[ \t]+([a-z][a-z0-9_.-]*)", re.MULTILINE)
_PASSED_OVER: Final = frozenset({"node_modules", "__pycache__", "build", "dist"})


class Desk:
    """The open documents with their rulesets. `release`: the pack by which codes are called and sets drawn, or None."""

    def __init__(self, release: Path | None = None) -> None:
        self.release = open_terminology(release)[0]
        shipped = {path.name: path for path in all_rulesets()}
        self.predicates: Mapping[str, BoundPredicate] = installed_predicates()
        self.drafts = Drafts(others=shipped, predicates={name: one.signature for name, one in self.predicates.items()})
        self.places = Places(self.drafts)
        self.roots: list[Path] = []
        self.open: set[Path] = set()
        self._checked: Checked | None = None
        self._called: tuple[list[ir.ValueSet], Terminology] | None = None
        """The value sets by which codes are called, and how."""

    # -------------------------------------------------------------------------------------------- what lies on it

    def survey(self, roots: Sequence[Path]) -> None:
        """Look for rulesets below some folders, so that others may use them."""
        self.roots = list(roots)
        places: dict[str, set[Path]] = {}
        for file in self.rule_files():
            for name in _HEADER.findall(read_rules(file, Diagnostics()) or ""):  # where it is used, what it is not is told
                places.setdefault(name, set()).add(file.parent)
        self.drafts.others |= {name: folders.pop() for name, folders in places.items() if len(folders) == 1}  # of two, neither

    def rule_files(self) -> Iterator[Path]:
        """Yield the rule files below the folders that are open, without what tools put there."""
        for root in self.roots:
            for folder, inside, files in os.walk(root):
                inside[:] = sorted(name for name in inside if name not in _PASSED_OVER and not name.startswith("."))
                yield from (Path(folder, name) for name in sorted(files) if name.endswith(SUFFIX))

    def write(self, path: Path, text: str) -> None:
        """Take the text of an open document, and the rule files beside it."""
        self.open.add(path)
        self.drafts.write(path, text)
        self.take_folder(path.parent)

    def take_folder(self, folder: Path) -> None:
        """Take the rule files of a folder as they are on disk, but for those that are open."""
        if folder.is_dir():
            for file in sorted(folder.glob(f"*{SUFFIX}")):
                if self.drafts.text(file) is None:
                    self.drafts.take(file)
        self._changed()

    def close(self, path: Path) -> None:
        """Take a document as it is on disk from now on; a folder of which nothing is open is forgotten."""
        self.open.discard(path)
        if any(other.parent == path.parent for other in self.open):
            self.reread([path])
        else:
            for file in [file for file in (*self.drafts.paths, *self.drafts.unread) if file.parent == path.parent]:
                self.drafts.forget(file)
        self._changed()

    def reread(self, paths: Sequence[Path]) -> None:
        """Take files that changed on disk: rules that are not open, and whatever rules name."""
        folders = {path.parent for path in self.open}
        for path in paths:
            if path.suffix == SUFFIX and path not in self.open and path.parent in folders:
                self.drafts.take(path)
        self.drafts.reread()
        self._changed()

    # -------------------------------------------------------------------------------------------- what it means

    @property
    def checked(self) -> Checked:
        """What all of it means now."""
        if self._checked is None:
            self._checked = self.drafts.checked()
        return self._checked

    def _changed(self) -> None:
        """Forget what follows from the texts."""
        self._checked = None
        self.__dict__.pop("declared", None)

    @cached_property
    def declared(self) -> dict[tuple[str, str], tuple[syntax.Declaration, str]]:
        """Every declaration of the drafts and of what they use, by what it is and its whole name, with its ruleset."""
        found: dict[tuple[str, str], tuple[syntax.Declaration, str]] = {}
        for path, ruleset in self.checked.ruleset_of.items():
            for piece in self.drafts.pieces(path):
                for node in piece.syntax.declarations:
                    found.setdefault((WHAT[type(node)], f"{ruleset}/{node.name.text}"), (node, ruleset))
        return found

    @property
    def terminology(self) -> Terminology:
        """How codes are called: by the release, else by the lists and the names that ship."""
        if self.release is not None:
            return self.release
        sets = [one for ruleset in self.checked.loaded.rulesets for one in ruleset.valuesets]
        if self._called is None or len(self._called[0]) != len(sets) or any(a is not b for a, b in zip(self._called[0], sets)):
            self._called = sets, frozen_terminology(self.checked.loaded.rulesets)
        return self._called[1]

    def terms(self, code: str) -> tuple[str, ...]:
        return self.terminology.terms(code)

    def ruleset(self, name: str) -> ir.Ruleset | None:
        return next((one for one in self.checked.loaded.rulesets if one.name == name), None)

    def binding(self) -> Binding:
        """Return the rules that are right, bound for examples. Raises CodesafetyError."""
        return bind_for_examples(
            self.checked.loaded.rulesets, self.terminology, predicates=self.predicates, sources=self.checked.loaded.sources
        )


WHAT: Final[Mapping[type, str]] = {
    syntax.Ruleset: "ruleset",
    syntax.Limit: "limit",
    syntax.ValueSet: "value set",
    syntax.Table: "table",
    syntax.Define: "named condition",
    syntax.Rule: "rule",
}
"""What a declaration is called."""
