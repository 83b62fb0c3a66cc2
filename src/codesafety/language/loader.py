"""Files and folders of rules to checked rulesets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from codesafety import ir
from codesafety.collection import no_collection
from codesafety.diagnostics import Diagnostic, Diagnostics, Severity, Span
from codesafety.errors import RuleError
from codesafety.language.checking.rulesets import Folder, check, header, named_files
from codesafety.language.checking.scope import Names
from codesafety.language.files import (
    SUFFIX,
    Found,
    Loaded,
    Place,
    ReadFolder,
    digest,
    digest_of,
    find,
    nothing,
    read_named,
    text_of,
)
from codesafety.language.parsing import syntax
from codesafety.language.parsing.parser import parse_collecting, scanner

_OTHER_FORMATS = ("{\\rtf", "PK\x03\x04")
"""How a word processor's files begin."""


def load(
    paths: Sequence[Path],
    *,
    shipped: Sequence[Path] = (),
    predicates: Mapping[str, ir.Signature] | None = None,
    strict: bool = False,
) -> Loaded:
    """Return the rulesets in `paths` and those of `shipped` that they use.

    A path is a rule file, a folder that is one ruleset, or a folder of such folders. `strict`: what is merely left out (CS4xx) is
    an error. Raises RuleError with everything that is wrong in any of them.
    """
    return load_found(find(paths, shipped), predicates=predicates, strict=strict)


def load_found(found: Found, *, predicates: Mapping[str, ir.Signature] | None = None, strict: bool = False) -> Loaded:
    """Return the rulesets in what was found, as `load` does."""
    diagnostics = Diagnostics()
    sources: dict[str, str] = {}
    with no_collection():
        folders = [f for place in found.given for f in _folders(place, False, diagnostics, sources, found.beside)]
        folders += _shipped(folders, found, diagnostics, sources)
        return _checked(folders, predicates or {}, strict, diagnostics, sources)


def _shipped(given: Sequence[Folder], there: Found, diagnostics: Diagnostics, sources: dict[str, str]) -> list[Folder]:
    """Return the shipped rulesets that others use, and those that these use in turn.

    A shipped folder is called as its ruleset is, so that only those in use are parsed; a name that no folder bears has all parsed.
    """
    left = {place.path.name: place for place in there.shipped}
    found: list[Folder] = []
    wanted = _used(given) - _names(given)
    while left and wanted:
        named = [name for name in left if name in wanted]
        chosen = [left.pop(name) for name in (named or list(left))]
        found += [f for place in chosen for f in _folders(place, True, diagnostics, sources, there.beside)]
        wanted = _used([*given, *found]) - _names([*given, *found])
    return found


def _used(folders: Sequence[Folder]) -> set[str]:
    return {part.ruleset.text for one in _headers(folders) for part in one.parts if isinstance(part, syntax.Uses)}


def _names(folders: Sequence[Folder]) -> set[str]:
    return {one.name.text for one in _headers(folders)}


def _headers(folders: Sequence[Folder]) -> Iterator[syntax.Ruleset]:
    return (d for folder in folders for file in folder.files for d in file.declarations if isinstance(d, syntax.Ruleset))


def load_texts(
    rules: Mapping[str, str],
    data: Mapping[str, bytes] | None = None,
    *,
    predicates: Mapping[str, ir.Signature] | None = None,
    strict: bool = False,
) -> Loaded:
    """Return the one ruleset that these texts make together: rule files by name, and the files that they name.

    Raises RuleError with everything that is wrong.
    """
    diagnostics = Diagnostics()
    sources: dict[str, str] = {}
    data = data or {}
    with no_collection():
        files: list[syntax.File] = []
        for name, text in rules.items():
            sources[name] = text
            _parse_into(files, text, name, diagnostics)
        if not rules:
            nothing("no rule files were given", diagnostics)
        whole = {**{name: text.encode("utf-8", "surrogatepass") for name, text in rules.items()}, **data}
        folders = [Folder("these files", tuple(files), data, {name: name for name in data}, digest(whole))] if files else []
        return _checked(folders, predicates or {}, strict, diagnostics, sources)


def _checked(
    folders: list[Folder], predicates: Mapping[str, ir.Signature], strict: bool, diagnostics: Diagnostics, sources: dict[str, str]
) -> Loaded:
    syntax_is_whole = not diagnostics.errors
    for folder in folders:
        folder.header = header(folder, diagnostics) if syntax_is_whole or not folder.shipped else None
    known = syntax_is_whole or all(folder.header is not None for folder in folders if not folder.shipped)
    rulesets = check(folders, Names(predicates=predicates), diagnostics, sources) if known else []
    if strict:
        diagnostics.found = [_as_error(d) for d in diagnostics.found]
    if diagnostics.errors:
        raise RuleError(_unique(diagnostics.found), sources)
    read = tuple(folder.read for folder in folders if folder.read is not None)
    return Loaded(tuple(rulesets), _unique(diagnostics.found), sources, read)


def _as_error(diagnostic: Diagnostic) -> Diagnostic:
    return Diagnostic(diagnostic.code, diagnostic.message, diagnostic.span, diagnostic.help, Severity.ERROR, diagnostic.related)


def _unique(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return diagnostics in the order of their places, each once."""
    return tuple(sorted(dict.fromkeys(found), key=lambda d: (d.span, d.code)))


def files_beside(file: Path) -> list[Path]:
    """Return the other rule files of the ruleset that a rule file is a part of: those of its folder, unless that is no one ruleset.

    A folder in which several files have a header is none, and each of them is a ruleset by itself.
    """
    if not file.is_file() or file.suffix != SUFFIX:
        return []
    files = sorted(file.parent.glob(f"*{SUFFIX}"))
    return [other for other in files if not other.samefile(file)] if sum(map(_headers_in, files)) < 2 else []


def _headers_in(file: Path) -> int:
    """Return how many headers a rule file has, whatever else is wrong in it."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return 0
    return sum(token.type == "RULESET" for token in scanner().scan(text, file.as_posix())[0])


def _folders(
    place: Place,
    shipped: bool,
    diagnostics: Diagnostics,
    sources: dict[str, str],
    beside: Mapping[Path, Mapping[str, bytes]] | None,
) -> list[Folder]:
    """Return the rulesets at a place, parsed; what is wrong there is reported."""
    diagnostics.found += place.diagnostics
    return [f for root, files in place.folders for f in _folder(root, files, shipped, diagnostics, sources, beside)]


def _folder(
    root: Path,
    files: Mapping[Path, bytes],
    shipped: bool,
    diagnostics: Diagnostics,
    sources: dict[str, str],
    beside: Mapping[Path, Mapping[str, bytes]] | None,
) -> list[Folder]:
    parsed: list[syntax.File] = []
    for file, raw in files.items():
        text = text_of(file, raw, diagnostics)
        if text is None:
            continue
        sources[file.as_posix()] = text
        _parse_into(parsed, text, file.as_posix(), diagnostics)
    if not parsed:
        return []
    names = tuple(dict.fromkeys(name for one in parsed for declared in one.declarations for name in named_files(declared)))
    if beside is None:
        data = read_named(root, names, diagnostics)
    else:
        data = {name: beside[root][name] for name in names if name in beside[root]}
    places = {name: (root / name).as_posix() for name in data}
    read = ReadFolder(root.as_posix(), names, digest_of(files, data))
    return [Folder(f"`{root.as_posix()}`", tuple(parsed), data, places, read.digest, shipped, read)]


def _parse_into(files: list[syntax.File], text: str, name: str, diagnostics: Diagnostics) -> None:
    if text.startswith(_OTHER_FORMATS):
        diagnostics.error(
            "CS108", f"`{name}` is a document of a word processor", Span(name, 0, 0), "save it as plain text (UTF-8)"
        )
        return
    parsed, wrong = parse_collecting(text, name)
    diagnostics.found += wrong
    files.append(parsed)
