"""Rulesets from their syntax: every name resolved, every type checked, all that is wrong told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol, TypeVar

from codesafety import ir
from codesafety.diagnostics import Diagnostics, Span, did_you_mean
from codesafety.language.checking import declarations
from codesafety.language.checking.completeness import warn_of_made_up_codes
from codesafety.language.checking.conditions import condition
from codesafety.language.checking.defines import check_defines
from codesafety.language.checking.rules import check_after, rules
from codesafety.language.checking.scope import Defined, Names, RulesetScope
from codesafety.language.checking.second_step import require_second_step
from codesafety.language.checking.terms import warn_of_disagreement
from codesafety.language.files import ReadFolder
from codesafety.language.parsing import syntax
from codesafety.language.schema import LANGUAGES

_Made = TypeVar("_Made")
_VERSION: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)")


@dataclass(slots=True)
class Folder:
    """One ruleset as it was found: its files parsed, and the files that they may name."""

    label: str
    """What it is called in a message."""
    files: tuple[syntax.File, ...]
    data: Mapping[str, bytes]
    """Files that rules may name, by the path that they name them with."""
    places: Mapping[str, str]
    """How each of those files is called in diagnostics."""
    digest: str
    shipped: bool = False
    read: ReadFolder | None = None
    """What it was read from, if from a folder."""
    header: Header | None = None


@dataclass(slots=True)
class Header:
    """What a ruleset says of itself."""

    name: str
    span: Span
    title: str = ""
    version: str = ""
    language: int = LANGUAGES[0]
    review: str = "none"
    uses: list[ir.Use] = field(default_factory=list)
    allowed: tuple[ir.Allowed, ...] = ()


def header(folder: Folder, diagnostics: Diagnostics) -> Header | None:
    """Return what a ruleset says of itself, or None where it does not say it once; that is reported."""
    found = [d for file in folder.files for d in file.declarations if isinstance(d, syntax.Ruleset)]
    if not found and any(kind == "ruleset" for file in folder.files for kind, _ in file.broken):
        return None  # its form is wrong, which has been said
    if not found:
        first = folder.files[0]
        diagnostics.error(
            "CS122",
            f"nothing in {folder.label} says which ruleset this is",
            Span(first.name, 0, 0),
            f'add `ruleset NAME {{ title "…" version 1.0.0 language {LANGUAGES[-1]} }}`',
        )
        return None
    for other in found[1:]:
        diagnostics.error(
            "CS122",
            "two rulesets are declared in one folder",
            other.name.span,
            "put each ruleset into a folder of its own",
            ((found[0].name.span, "the other is declared here"),),
        )
    node = found[0]
    made = Header(node.name.text, node.name.span)
    seen: dict[str, Span] = {}
    made.allowed = declarations.allowed(node.parts, diagnostics)
    for part in node.parts:
        if isinstance(part, syntax.Allow):
            continue
        if isinstance(part, syntax.Uses):
            made.uses.append(ir.Use(part.ruleset.text, part.version.text, part.span))
            continue
        if not declarations.once(seen, part.keyword, part.span, diagnostics):
            continue
        _header_part(part, made, diagnostics)
    for keyword, example in (("title", 'title "…"'), ("version", "version 1.0.0"), ("language", f"language {LANGUAGES[-1]}")):
        if keyword not in seen:
            diagnostics.error("CS216", f"the ruleset `{made.name}` has no `{keyword}`", node.name.span, f"add `{example}`")
    return made


def _header_part(part: syntax.Setting, made: Header, diagnostics: Diagnostics) -> None:
    value = part.value
    match part.keyword, value:
        case "title", syntax.Text() as title:
            made.title = declarations.wording(title, title.span, "title", diagnostics) or ""
        case "version", syntax.Version(text=text):
            made.version = text
        case "language", syntax.Number(text=text):
            if text in map(str, LANGUAGES):
                made.language = int(text)
            else:
                diagnostics.error(
                    "CS223",
                    f"this library reads languages {LANGUAGES[0]} and {LANGUAGES[1]}, not {text}",
                    value.span,
                    f"write `language {LANGUAGES[-1]}`, or use a release of this library that reads {text}",
                )
        case "review", syntax.Word(text=text):
            made.review = text
        case _:
            diagnostics.error(
                "CS216",
                f"a ruleset has no part `{part.keyword}`",
                part.span,
                did_you_mean(part.keyword, ("title", "version", "language", "uses", "review"))
                or "its parts are `title`, `version`, `language`, `review` and `uses`",
            )


def in_order(folders: Sequence[Folder], diagnostics: Diagnostics) -> list[Folder]:
    """Return the rulesets that are given or used, each after those that it uses. What does not resolve is reported."""
    by_name: dict[str, Folder] = {}
    for folder in folders:
        if folder.header is None:
            continue
        other = by_name.get(folder.header.name)
        if other is None:
            by_name[folder.header.name] = folder
        elif not folder.shipped and other.header is not None and folder.digest != other.digest:
            diagnostics.error(
                "CS204",
                f"the ruleset `{folder.header.name}` is loaded twice",
                folder.header.span,
                "load one of the two",
                ((other.header.span, "loaded from here too"),),
            )
    ordered: list[Folder] = []
    placed: set[str] = set()
    for folder in folders:
        if not folder.shipped and folder.header is not None:
            _place(folder, by_name, ordered, placed, [], diagnostics)
    return ordered


def _place(
    folder: Folder,
    by_name: Mapping[str, Folder],
    ordered: list[Folder],
    placed: set[str],
    path: list[str],
    diagnostics: Diagnostics,
) -> None:
    assert folder.header is not None
    name = folder.header.name
    if name in placed:
        return
    for use in folder.header.uses:
        used = by_name.get(use.ruleset)
        if used is None or used.header is None:
            diagnostics.error(
                "CS215",
                f"there is no ruleset `{use.ruleset}`",
                use.span,
                did_you_mean(use.ruleset, by_name) or "load its folder too",
            )
        elif use.ruleset == name:
            diagnostics.error("CS214", f"the ruleset `{name}` uses itself", use.span, "delete the line")
        elif use.ruleset in (*path, name):
            diagnostics.error(
                "CS214",
                f"rulesets use each other in a circle: {' → '.join([*path, name, use.ruleset])}",
                use.span,
                "move what both need into a third ruleset",
            )
        else:
            if not _satisfies(used.header.version, use.version):
                diagnostics.error(
                    "CS215",
                    f"`{use.ruleset}` is here in version {used.header.version}, and {use.version} is asked for",
                    use.span,
                    f"load version {use.version}, or a later one before {int(use.version.partition('.')[0]) + 1}.0.0, "
                    f"or write `uses {use.ruleset} {used.header.version}`",
                )
            _place(used, by_name, ordered, placed, [*path, name], diagnostics)
    if name not in placed:
        placed.add(name)
        ordered.append(folder)


def _satisfies(version: str, wanted: str) -> bool:
    have, want = _VERSION.fullmatch(version), _VERSION.fullmatch(wanted)
    if have is None or want is None:
        return True  # a ruleset without a version has been reported
    a, b = [int(n) for n in have.groups()], [int(n) for n in want.groups()]
    return a[0] == b[0] and a >= b


class Keeper(Protocol):
    """What checks one declaration; an editor's gives what it made before where nothing that it depends on has changed."""

    def __call__(
        self, node: syntax.Declaration, scope: RulesetScope, make: Callable[[RulesetScope], _Made], *, names: bool = True
    ) -> _Made:
        """Return what `make` makes of a declaration. `names`: it depends on names that stand in it."""
        ...


def afresh(node: syntax.Declaration, scope: RulesetScope, make: Callable[[RulesetScope], _Made], *, names: bool = True) -> _Made:
    """Check a declaration, whatever was made of it before."""
    del node, names
    return make(scope)


def check(
    folders: Sequence[Folder], names: Names, diagnostics: Diagnostics, sources: dict[str, str], keep: Keeper = afresh
) -> list[ir.Ruleset]:
    """Return the meaning of rulesets in the order of their dependence.

    `names` gains what is declared, and where it is named; `sources` the data files that were read.
    """
    made = [_ruleset(folder, names, diagnostics, sources, keep) for folder in in_order(folders, diagnostics)]
    if not any(error.code == "CS213" for error in diagnostics.errors):
        declarations.check_emptied((one for ruleset in made for one in ruleset.valuesets), diagnostics)
    return made


def _ruleset(folder: Folder, names: Names, diagnostics: Diagnostics, sources: dict[str, str], keep: Keeper) -> ir.Ruleset:
    head = folder.header
    assert head is not None
    scope = RulesetScope(head.name, frozenset(use.ruleset for use in head.uses), names, diagnostics, head.language)
    nodes = [(d, file) for file in folder.files for d in file.declarations]
    _declare(nodes, scope)
    for file in folder.files:
        _declare_broken(file.broken, scope)

    def open_file(word: syntax.Text, told: Diagnostics) -> tuple[str, str] | None:
        text = _data_text(word, folder, told)
        if text is None:
            return None
        place = folder.places[word.text]
        sources[place] = text
        return text, place

    limits, sets, tables = [], [], []
    for node, _ in nodes:
        if isinstance(node, syntax.Limit):
            limit = keep(node, scope, partial(declarations.limit, node))
            if limit is not None:
                limits.append(limit)
                names.limits[limit.name] = limit
        elif isinstance(node, syntax.ValueSet):
            valueset = keep(node, scope, partial(declarations.valueset, node, open_file=open_file))
            sets.append(valueset)
            if valueset.frozen_file is not None and isinstance(valueset.frozen, ir.BareRows):
                sources.pop(folder.places[valueset.frozen_file], None)  # nothing is wrong in it, and no place in it is ever shown
            if sets[-1].phrases:
                names.phrases[sets[-1].name] = frozenset(said for _, said in sets[-1].phrases)
        elif isinstance(node, syntax.Table):
            table = keep(node, scope, partial(declarations.table, node, open_file=open_file))
            if table is not None:
                tables.append(table)
                names.tables[table.name] = table
    if head.language < 2:
        for node, _ in nodes:
            keep(node, scope, partial(require_second_step, node), names=False)
    declarations.check_circles(sets, diagnostics)
    for node, _ in nodes:
        if isinstance(node, syntax.Rule) and node.each is not None:
            named = names.tables.get(_whole(node.each.table.text, head.name))
            names.families[f"{head.name}/{node.name.text}"] = tuple(row.key for row in named.rows) if named else ()
    check_defines([d for name, d in names.defines.items() if name.rpartition("/")[0] == head.name], condition)
    warn_of_disagreement(sets, diagnostics, names.terms)
    made = [
        rule
        for node, file in nodes
        if isinstance(node, syntax.Rule)
        for rule in keep(node, scope, partial(rules, node, text=file.text))
    ]
    check_after(made, diagnostics)
    warn_of_made_up_codes(made, sets, diagnostics)
    return ir.Ruleset(
        head.name,
        head.title,
        head.version,
        head.language,
        head.review,
        tuple(head.uses),
        tuple(limits),
        tuple(sets),
        tuple(tables),
        tuple(made),
        folder.digest,
        head.allowed,
    )


def _declare_broken(broken: Sequence[tuple[str, syntax.Word]], scope: RulesetScope) -> None:
    """Enter the names of declarations whose form is wrong, so that nobody is told that there is no such thing."""
    names = scope.names
    for kind, word in broken:
        whole = f"{scope.ruleset}/{word.text}"
        match kind:
            case "valueset":
                names.sets.setdefault(whole, word.span)
            case "limit":
                names.limits.setdefault(whole, None)
            case "table":
                names.tables.setdefault(whole, None)
            case "define":
                names.defines.setdefault(whole, Defined(None, scope, wrong=True))
            case "rule":
                names.rules.setdefault(whole, word.span)
                names.broken.add(whole)


def _whole(name: str, ruleset: str) -> str:
    return name if "/" in name else f"{ruleset}/{name}"


def _declare(nodes: Sequence[tuple[syntax.Declaration, syntax.File]], scope: RulesetScope) -> None:
    """Enter every name of a ruleset before anything is resolved: order means nothing. A name taken twice is reported."""
    places: dict[tuple[str, str], Span] = {}
    for node, _ in nodes:
        match node:
            case syntax.Ruleset():
                continue
            case syntax.ValueSet():
                kind = "value set"
                scope.names.sets[f"{scope.ruleset}/{node.name.text}"] = node.name.span
                if any(isinstance(part, syntax.Setting) and part.keyword == "phrases" for part in node.parts):
                    scope.names.phrases[f"{scope.ruleset}/{node.name.text}"] = None
            case syntax.Limit():
                kind = "limit"
                scope.names.limits[f"{scope.ruleset}/{node.name.text}"] = None
            case syntax.Table():
                kind = "table"
                scope.names.tables[f"{scope.ruleset}/{node.name.text}"] = None
            case syntax.Define():
                kind = "named condition"
                scope.names.defines[f"{scope.ruleset}/{node.name.text}"] = Defined(node, scope)
            case syntax.Rule():
                kind = "rule"
                scope.names.rules[f"{scope.ruleset}/{node.name.text}"] = node.name.span
        first = places.setdefault((kind, node.name.text), node.name.span)
        if first is not node.name.span:
            scope.diagnostics.error(
                "CS204",
                f"there is a {kind} `{node.name.text}` already",
                node.name.span,
                "choose another name",
                ((first, "first declared here"),),
            )


def named_files(declaration: syntax.Declaration) -> Iterator[str]:
    """Yield the files that a declaration names."""
    if isinstance(declaration, syntax.Table):
        yield declaration.file.text
    elif isinstance(declaration, syntax.ValueSet):
        for part in declaration.parts:
            if isinstance(part, syntax.Setting) and isinstance(part.value, syntax.Text):
                yield part.value.text


def _data_text(word: syntax.Text, folder: Folder, diagnostics: Diagnostics) -> str | None:
    raw = folder.data.get(word.text)
    if raw is None:
        diagnostics.error(
            "CS226",
            f"there is no file `{word.text}` beside the rules",
            word.span,
            did_you_mean(word.text, folder.data) or "paths are relative to the ruleset's folder and do not leave it",
        )
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        diagnostics.error("CS108", f"`{word.text}` is not UTF-8 (byte {error.start})", word.span, "save the file as UTF-8")
        return None
