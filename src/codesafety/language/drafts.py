"""Rule files while they are written: what changed is parsed and checked again, and what is broken leaves the rest alone.

A file is cut into pieces where a declaration begins a line, and spans point into pieces: the text above a piece may move it, and
changes nothing that is known of it. What was made of a declaration is kept until its own text, a file that it names, or a name
that stands in it changes. What is said is what `load` says of the same files.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, count, islice, pairwise
from pathlib import Path
from typing import Final, TypeVar

from codesafety import ir
from codesafety.diagnostics import Diagnostic, Diagnostics, Severity, Span
from codesafety.language.checking.rulesets import Folder, check, header, named_files
from codesafety.language.checking.scope import Names, RulesetScope, Use
from codesafety.language.files import SUFFIX, Loaded, digest, read_named, read_rules
from codesafety.language.parsing import syntax
from codesafety.language.parsing.parser import parse_collecting, scanner
from codesafety.language.parsing.tokens import Token
from codesafety.language.schema import LANGUAGES

_Made = TypeVar("_Made")
Reader = Callable[[Path, Sequence[str], Diagnostics], Mapping[str, bytes]]
"""Returns the files of a folder that rules name, by that name; what cannot be read is reported."""
_BEGINS: Final = re.compile(
    r"\n(?=(?:rule|valueset|limit|table|define|ruleset)[ \t])|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/"  # a comment has no beginnings in it
)
_UNCLOSED: Final = ("CS102", "CS103", "CS106", "CS111", "CS112")
"""What is told of a text that ends before something in it does."""
_CONFLICTS: Final = ("<<<<<<<", ">>>>>>>")
_SOURCE: Final = "#"


def cut(text: str) -> list[str]:
    """Return a text in pieces, each but the first of which begins with a declaration at the start of a line."""
    if any(mark in text for mark in _CONFLICTS):
        return [text]  # which of two versions is read is settled for the whole file
    places = [0, *(found.end() for found in _BEGINS.finditer(text) if found[0] == "\n"), len(text)]
    return [text[start:end] for start, end in pairwise(places)]


def _same(text: str, pieces: Sequence[Piece]) -> tuple[int, int]:
    """Return how many of the first pieces a new text begins with, and from which on it ends with the last: one less of each, for
    what touches a change may be cut otherwise. Nothing stays where the change could reach further: comments, and marks of a merge."""
    if not pieces or any(mark in text for mark in _CONFLICTS):
        return 0, len(pieces)
    first, start = 0, 0
    while first < len(pieces) and text.startswith(pieces[first].text, start):
        start += len(pieces[first].text)
        first += 1
    last, end = len(pieces), len(text)
    while last > first and end - len(pieces[last - 1].text) >= start and text.endswith(pieces[last - 1].text, 0, end):
        end -= len(pieces[last - 1].text)
        last -= 1
    if any(mark in written for mark in ("/*", "*/") for written in (text[start:end], *(p.text for p in pieces[first:last]))):
        return 0, len(pieces)
    return max(first - 1, 0), min(last + 1, len(pieces))


@dataclass(slots=True)
class Piece:
    """A stretch of a rule file: its text, its declarations, and what is wrong with its form.

    `key` names it in spans, which count from its own start. `start` and `line` (both from 0) say where it stands now.
    """

    key: str
    path: Path
    text: str
    syntax: syntax.File
    diagnostics: tuple[Diagnostic, ...]
    tokens: tuple[Token, ...]
    """Comments too; what is no token is left out."""
    words: frozenset[str]
    newlines: int
    start: int = 0
    line: int = 0

    @property
    def is_rule(self) -> bool:
        """Whether what it declares is a rule, and nothing that rules may need."""
        declared = [isinstance(node, syntax.Rule) for node in self.syntax.declarations]
        declared += [kind == "rule" for kind, _ in self.syntax.broken]
        return bool(declared) and all(declared)


@dataclass(slots=True)
class _File:
    path: Path
    text: str
    pieces: list[Piece]
    lines: list[int]
    """The first line of each piece."""


def _placed(path: Path, text: str, pieces: list[Piece]) -> _File:
    """Return a file whose pieces say where they stand."""
    at, lines = 0, [0]
    for piece in pieces:
        piece.start, piece.line = at, lines[-1]
        at += len(piece.text)
        lines.append(piece.line + piece.newlines)
    return _File(path, text, pieces, lines[:-1])


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was made of a declaration, what was said of it, what it names, and the files that it was made from."""

    node: syntax.Declaration
    made: object
    told: tuple[Diagnostic, ...]
    uses: tuple[Use, ...]
    files: tuple[bytes | None, ...]

    @property
    def wrong(self) -> bool:
        return any(d.severity == "error" for d in self.told)


@dataclass(frozen=True)
class Checked:
    """What the drafts mean now, and all that is to be said of them. Spans point into pieces, and into data files by their paths.

    `loaded` has the rules that are right, though others are wrong.
    """

    loaded: Loaded
    diagnostics: tuple[Diagnostic, ...]
    uses: tuple[Use, ...]
    names: Names
    ruleset_of: Mapping[Path, str]
    """By rule file: the ruleset that it is a part of, where that is said."""

    @cached_property
    def rules(self) -> Mapping[str, list[ir.Rule]]:
        """The rules that are right, by the piece that they stand in; a family's in the order of its rows."""
        found: dict[str, list[ir.Rule]] = {}
        for ruleset in self.loaded.rulesets:
            for rule in ruleset.rules:
                found.setdefault(rule.span.file, []).append(rule)
        return found

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not any(d.severity == "error" for d in self.diagnostics)


class Drafts:
    """Rule files as somebody is writing them.

    `others`: the folders of rulesets that they may use, by their names. `beside`: what reads the files that they name.
    """

    def __init__(
        self,
        *,
        others: Mapping[str, Path] | None = None,
        predicates: Mapping[str, ir.Signature] | None = None,
        beside: Reader = read_named,
    ) -> None:
        self._beside = beside
        self._files: dict[Path, _File] = {}
        self.others = dict(others or {})
        self._other_files: dict[Path, list[_File]] = {}
        self._unread: dict[Path, list[Diagnostic]] = {}
        """What is to be said of the rule files that cannot be read; of those of others by their folder."""
        self._predicates = predicates or {}
        self._serial = count()
        self._pieces: dict[str, Piece] = {}
        self._heads: dict[str, Folder] = {}
        self._data: dict[Path, _Beside] = {}
        self._texts: dict[str, tuple[bytes, str]] = {}
        self._keeper: _Keeper | None = None

    # -------------------------------------------------------------------------------------------- what is written

    @property
    def paths(self) -> list[Path]:
        """The rule files that were written."""
        return sorted(self._files)

    @property
    def unread(self) -> list[Path]:
        """The rule files that were taken and cannot be read."""
        return sorted(self._unread.keys() - self._other_files.keys())

    def write(self, path: Path, text: str) -> None:
        """Take a rule file's text: of the pieces, those that are new are parsed."""
        self._unread.pop(path, None)
        self._files[path] = self._cut(path, text, self._files.get(path))

    def take(self, path: Path) -> None:
        """Take a rule file as it is on disk. That it cannot be read is said of it from now on; one that is gone is forgotten."""
        told = Diagnostics()
        text = read_rules(path, told) if os.path.lexists(path) else None
        if text is not None:
            self.write(path, text)
            return
        self.forget(path)
        if told.found:
            self._unread[path] = told.found

    def forget(self, path: Path) -> None:
        """Forget a rule file."""
        self._unread.pop(path, None)
        gone = self._files.pop(path, None)
        if gone is not None:
            self._forget_pieces(gone)

    def _forget_pieces(self, file: _File) -> None:
        for piece in file.pieces:
            self._pieces.pop(piece.key, None)

    def reread(self) -> None:
        """Read anew what is on disk: the files that rules name, when they are next asked for, and the rulesets in use."""
        self._data.clear()
        for root in list(self._other_files):
            self._take_other(root)

    def text(self, path: Path) -> str | None:
        """Return the text of a rule file, or None where it is not held."""
        return None if path not in self._files else self._files[path].text

    def pieces(self, path: Path) -> Sequence[Piece]:
        """Return the pieces of a rule file, also of one that was read because a draft uses its ruleset; none of another."""
        if path in self._files:
            return self._files[path].pieces
        return next((file.pieces for file in self._other_files.get(path.parent, ()) if file.path == path), ())

    def piece(self, key: str) -> Piece | None:
        """Return the piece that spans name so, or None where none does (as in a data file)."""
        return self._pieces.get(key)

    def words(self, key: str) -> frozenset[str]:
        """Return the words that stand in a piece."""
        return self._pieces[key].words

    def piece_at(self, path: Path, line: int) -> Piece | None:
        """Return the piece in which a line (from 0) begins."""
        file = self._files.get(path)
        return None if file is None else file.pieces[bisect_right(file.lines, line) - 1]

    def in_the_way(self, checked: Checked) -> Iterator[Diagnostic]:
        """Yield what is wrong, and not in a rule alone: rules may need it, and none can be asked before it is put right."""
        for one in checked.diagnostics:
            piece = self.piece(one.span.file)
            if one.severity is Severity.ERROR and (piece is None or not piece.is_rule):
                yield one

    def _cut(self, path: Path, text: str, before: _File | None) -> _File:
        """Return a file in pieces: of those before, each that stands in it still."""
        old = before.pieces if before is not None else []
        first, last = _same(text, old)
        start, end = sum(len(p.text) for p in old[:first]), len(text) - sum(len(p.text) for p in old[last:])
        left: dict[str, list[Piece]] = {}
        for piece in old[first:last]:
            left.setdefault(piece.text, []).append(piece)

        def taken(written: str) -> Piece:
            return left[written].pop(0) if left.get(written) else self._piece(path, written)

        new: list[Piece] = []
        texts = cut(text[start:end])
        at = 0
        while at < len(texts):
            piece = taken(texts[at])
            if at + 1 < len(texts) and any(d.code in _UNCLOSED for d in piece.diagnostics):
                both = taken(texts[at] + texts[at + 1])  # a line of quoted text may begin like a declaration
                if not both.diagnostics:
                    piece, at = both, at + 1
            new.append(piece)
            at += 1
        for piece in old[first:last]:
            self._pieces.pop(piece.key, None)
        self._pieces |= {piece.key: piece for piece in new}
        return _placed(path, text, [*old[:first], *new, *old[last:]])

    def _piece(self, path: Path, text: str) -> Piece:
        key = f"{path.as_posix()}{_SOURCE}{next(self._serial)}"
        parsed, wrong = parse_collecting(text, key)
        tokens, _ = scanner().scan(text, key, comments=True)
        words = frozenset(token.value for token in tokens)
        return Piece(key, path, text, parsed, tuple(wrong), tuple(tokens), words, text.count("\n"))

    # -------------------------------------------------------------------------------------------- what it means

    def checked(self) -> Checked:
        """Return what all of it means. Only what changed since the last time is checked."""
        diagnostics, sources = Diagnostics(), dict[str, str]()
        own = self._folders(diagnostics)
        folders = [folder for folder, _ in own]
        folders += self._used(folders, diagnostics)
        for folder in folders:
            folder.header = header(folder, diagnostics)
        for (folder, files), (other, others) in combinations(own, 2):
            if folder.header is not None and other.header is not None and folder.header.name == other.header.name:
                folder.digest, other.digest = _digest(files), _digest(others)
        names = Names(predicates=self._predicates)
        self._keeper = _Keeper(self, self._keeper, {f.header.name: f.data for f in folders if f.header is not None})
        rulesets = check(folders, names, diagnostics, sources, self._keeper)
        elsewhere = {piece.key for files in self._other_files.values() for file in files for piece in file.pieces}
        found = [d for d in dict.fromkeys(diagnostics.found) if d.span.file not in elsewhere]
        return Checked(
            Loaded(tuple(rulesets), tuple(found), self.sources()),
            tuple(found),
            tuple(dict.fromkeys(names.uses)),
            names,
            {file.path: f.header.name for f, files in self._with_files(own, folders) if f.header is not None for file in files},
        )

    def tried(self, path: Path, text: str) -> Checked:
        """Return what all of it would mean if a rule file had another text. Nothing of that is kept."""
        file, pieces, keeper = self._files[path], dict(self._pieces), self._keeper
        try:
            self.write(path, text)
            return self.checked()
        finally:
            self._pieces, self._keeper = pieces, keeper
            self._files[path] = _placed(path, file.text, file.pieces)

    def sources(self) -> dict[str, str]:
        """Return the texts that spans point into: pieces, and data files by their paths."""
        found = {key: piece.text for key, piece in self._pieces.items()}
        for root, held in self._data.items():
            for name, raw in held.files.items():
                if raw is not None:
                    place = (root / name).as_posix()
                    if place not in self._texts or self._texts[place][0] is not raw:
                        self._texts[place] = raw, raw.decode("utf-8", "replace")
                    found[place] = self._texts[place][1]
        return found

    def _folders(self, diagnostics: Diagnostics) -> list[tuple[Folder, list[_File]]]:
        groups: dict[tuple[Path, Path | None], list[_File]] = {}
        by_folder: dict[Path, list[_File]] = {}
        for path in sorted(self._files):
            by_folder.setdefault(path.parent, []).append(self._files[path])
        for root, files in by_folder.items():
            alone = sum(_has_header(file) for file in files) > 1  # each is a ruleset by itself, as for `rules check FILE`
            for file in files:
                groups.setdefault((root, file.path if alone else None), []).append(file)
        folders = [(self._folder(root, files), files) for (root, _), files in groups.items()]
        for file in self._files.values():
            for piece in file.pieces:
                diagnostics.found += piece.diagnostics
        for path in self.unread:
            diagnostics.found += self._unread[path]
        for root in by_folder:
            diagnostics.found += self._data[root].told
        return folders

    def _with_files(self, own: list[tuple[Folder, list[_File]]], every: list[Folder]) -> list[tuple[Folder, list[_File]]]:
        """Return folders with their files, those that are used too."""
        used = [f for f in every[len(own) :] if f.header is not None and f.label != f.header.name]  # in full
        return own + [(f, self._other_files[self.others[f.header.name]]) for f in used if f.header is not None]

    def _folder(self, root: Path, files: Sequence[_File], *, shipped: bool = False) -> Folder:
        parsed = tuple(piece.syntax for file in files for piece in file.pieces)
        names = dict.fromkeys(name for one in parsed for declared in one.declarations for name in named_files(declared))
        held = self._data.setdefault(root, _Beside())
        missing = [name for name in names if name not in held.files]
        if missing:
            told = Diagnostics()
            read = read_named if shipped else self._beside
            held.files |= {**dict.fromkeys(missing), **read(root, missing, told)}
            held.told += told.found
        data = {name: raw for name in names if (raw := held.files[name]) is not None}
        places = {name: (root / name).as_posix() for name in data}
        return Folder(f"`{root.as_posix()}`", parsed, data, places, "", shipped)

    def _used(self, folders: Sequence[Folder], diagnostics: Diagnostics) -> list[Folder]:
        """Return the rulesets that the drafts do not hold themselves: in full those in use, of the others their names.

        One of which nothing is left on disk is none.
        """
        here, wanted = _names(folders), _uses(folders)
        whole: dict[str, Folder] = {}
        while wanted:
            name = wanted.pop()
            if name in self.others and name not in here and name not in whole:
                root = self.others[name]
                if root not in self._other_files:
                    self._take_other(root)
                diagnostics.found += self._unread.get(root, ())
                if self._other_files[root]:
                    whole[name] = self._folder(root, self._other_files[root], shipped=True)
                    wanted |= _uses([whole[name]])
                else:
                    here.add(name)
        return [whole.get(name) or self._head(name) for name in self.others if name not in here]

    def _take_other(self, root: Path) -> None:
        """Take the rule files of another ruleset as they are on disk now."""
        told = Diagnostics()
        texts = {path: read_rules(path, told) for path in sorted(root.glob(f"*{SUFFIX}"))}
        before = {file.path: file for file in self._other_files.get(root, ())}
        for path, file in before.items():
            if texts.get(path) is None:
                self._forget_pieces(file)
        self._other_files[root] = [self._cut(p, text, before.get(p)) for p, text in texts.items() if text is not None]
        self._unread[root] = told.found

    def _head(self, name: str) -> Folder:
        """Return a ruleset that nobody uses: what it is called, for those who mean it."""
        if name not in self._heads:
            word = syntax.Word(name, Span(name, 0, 0))
            said = (
                syntax.Setting("title", syntax.Text(name, word.span), word.span),
                syntax.Setting("version", syntax.Version("0.0.0", word.span), word.span),
                syntax.Setting("language", syntax.Number(str(LANGUAGES[-1]), word.span), word.span),
            )
            file = syntax.File(name, "", (syntax.Ruleset(word, said, word.span),))
            self._heads[name] = Folder(name, (file,), {}, {}, "", shipped=True)
        return self._heads[name]


@dataclass(slots=True)
class _Beside:
    """The files beside rules that these name, None for those that are not there; and what was said when they were read."""

    files: dict[str, bytes | None] = field(default_factory=dict)
    told: list[Diagnostic] = field(default_factory=list)


def _digest(files: Sequence[_File]) -> str:
    return digest({file.path.name: file.text.encode("utf-8", "surrogatepass") for file in files})


def _has_header(file: _File) -> bool:
    return any("ruleset" in piece.words and any(t.type == "RULESET" for t in piece.tokens) for piece in file.pieces)


def _headers(folders: Sequence[Folder]) -> Iterator[syntax.Ruleset]:
    return (d for folder in folders for file in folder.files for d in file.declarations if isinstance(d, syntax.Ruleset))


def _names(folders: Sequence[Folder]) -> set[str]:
    return {one.name.text for one in _headers(folders)}


def _uses(folders: Sequence[Folder]) -> set[str]:
    return {part.ruleset.text for one in _headers(folders) for part in one.parts if isinstance(part, syntax.Uses)}


# ------------------------------------------------------------------------------------------------ what is kept


class _Keeper:
    """Checks the declarations of one round, and takes from the round before what nothing has changed."""

    def __init__(self, drafts: Drafts, before: _Keeper | None, data: Mapping[str, Mapping[str, bytes]]) -> None:
        self._drafts = drafts
        self._data = data
        self._kept_before = before.kept if before is not None else {}
        self._known_before = before.known if before is not None else {}
        self._sets_before = before.sets if before is not None else {}
        self.kept: dict[tuple[int, bool], _Kept] = {}
        self.known: dict[str, dict[tuple[str, str], object]] = {}
        """By ruleset: what there is to know of each of its names from outside."""
        self.sets: dict[str, dict[str, None]] = {}
        """The names of value sets, by ruleset."""
        self._read: Counter[str] = Counter()
        """How many names of each kind were looked at."""
        self._ready: set[str] = set()
        self._changed: set[str] = set()
        """Words that mean something else than in the round before."""
        self._came_or_went = False
        """Whether there are names that were not there, or that are no more."""

    def __call__(
        self, node: syntax.Declaration, scope: RulesetScope, make: Callable[[RulesetScope], _Made], *, names: bool = True
    ) -> _Made:
        data = self._data.get(scope.ruleset, {})
        files = tuple(data.get(name) for name in named_files(node))
        if names and isinstance(node, syntax.Rule):
            self._look_at_names(scope)
        elif names:
            self._look_at_sets(scope)
        one = self._kept_before.get((id(node), names))
        if one is None or (names and not self._holds(one, files, scope)):
            told, first = Diagnostics(), len(scope.names.uses)
            made = make(replace(scope, diagnostics=told))
            one = _Kept(node, made, tuple(told.found), tuple(scope.names.uses[first:]), files)
        else:
            scope.names.uses += one.uses
        scope.diagnostics.found += one.told
        self.kept[id(node), names] = one
        return one.made  # type: ignore[return-value]  # what `make` made of the same node

    def _holds(self, one: _Kept, files: tuple[bytes | None, ...], scope: RulesetScope) -> bool:
        """Return whether what was made of a declaration would be made again. Its own text has not changed."""
        if len(files) != len(one.files) or any(a is not b for a, b in zip(files, one.files, strict=True)):
            return False
        match one.node:
            case syntax.Limit():
                return True
            case syntax.ValueSet():
                moved = self._sets_that_came_or_went(scope)
                return not moved or (not one.wrong and self._words(one.node).isdisjoint(moved))
            case syntax.Table():
                return not self._sets_that_came_or_went(scope)  # its cells may name them
            case _:
                wrong = self._came_or_went and one.wrong
                return not wrong and scope.ruleset not in self._changed and self._words(one.node).isdisjoint(self._changed)

    def _words(self, node: syntax.Declaration) -> frozenset[str]:
        return self._drafts.words(node.span.file)

    def _look_at_sets(self, scope: RulesetScope) -> None:
        for name in islice(scope.names.sets, self._read["of sets"], None):
            self.sets.setdefault(name.rpartition("/")[0], {})[name] = None
        self._read["of sets"] = len(scope.names.sets)

    def _sets_that_came_or_went(self, scope: RulesetScope) -> set[str]:
        moved: set[str] = set()
        for ruleset in (scope.ruleset, *scope.uses):
            now, before = self.sets.get(ruleset, {}), self._sets_before.get(ruleset, {})
            if now != before:
                moved |= now.keys() ^ before.keys()
        return moved | {name.rpartition("/")[2] for name in moved}

    def _look_at_names(self, scope: RulesetScope) -> None:
        """Compare every name that a ruleset's rules can see with the round before, once."""
        if scope.ruleset in self._ready:
            return
        self._ready.add(scope.ruleset)
        names = scope.names
        for what, declared, known in (
            ("value set", names.sets, names.phrases.get),
            ("limit", names.limits, names.limits.get),
            ("table", names.tables, names.tables.get),
            ("named condition", names.defines, lambda name: (names.defines[name].node, names.defines[name].wrong)),
            ("rule", names.rules, lambda name: (name in names.broken, names.families.get(name))),
        ):
            for name in islice(declared, self._read[what], None):
                self.known.setdefault(name.rpartition("/")[0], {})[what, name] = known(name)
            self._read[what] = len(declared)
        own = self.known.setdefault(scope.ruleset, {})
        own["ruleset", scope.ruleset] = scope.uses, scope.language
        changed = set(self._changed)
        for ruleset in (scope.ruleset, *scope.uses):
            now, before = self.known.get(ruleset, {}), self._known_before.get(ruleset, {})
            if now != before:
                self._came_or_went = self._came_or_went or now.keys() != before.keys()
                changed |= {key[1] for key in now.keys() | before.keys() if now.get(key, self) != before.get(key, self)}
        if changed != self._changed:
            self._changed = self._and_what_follows(changed, names)

    def _and_what_follows(self, changed: set[str], names: Names) -> set[str]:
        """Return changed words with those that mean something else for it: tables that name sets, named conditions."""
        for name, table in names.tables.items():
            if table is not None and any(
                cell in changed for row in table.rows for cell in row.cells.values() if type(cell) is str
            ):
                changed.add(name)
        changed |= {name.rpartition("/")[2] for name in changed}
        while True:
            more = {
                whole
                for name, one in names.defines.items()
                if one.node is not None and name not in changed and not self._words(one.node).isdisjoint(changed)
                for whole in (name, name.rpartition("/")[2])
            }
            if not more:
                return changed
            changed |= more
