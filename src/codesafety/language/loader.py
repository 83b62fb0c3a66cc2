"""Files and folders of rules to checked rulesets."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codesafety import ir
from codesafety.diagnostics import Diagnostic, Diagnostics, Severity, Span, did_you_mean
from codesafety.errors import RuleError
from codesafety.language.checking.rulesets import Folder, check, digest, header
from codesafety.language.parsing import syntax
from codesafety.language.parsing.parser import parse_collecting, scanner
from codesafety.paths import refuse_endless

SUFFIX = ".rules"
_ZIP = b"PK\x03\x04"
_OTHER_FORMATS = ("{\\rtf", "PK\x03\x04")
"""How a word processor's files begin."""
MAX_BYTES = 16 * 1024 * 1024
"""The largest single rule or data file that is read."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rulesets in the order of their dependence, what is to be said of them, and the texts that spans point into."""

    rulesets: tuple[ir.Ruleset, ...]
    warnings: tuple[Diagnostic, ...]
    sources: Mapping[str, str]


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
    diagnostics = Diagnostics()
    sources: dict[str, str] = {}
    with _no_collection():
        folders = [f for path in paths for f in _folders(Path(path), False, diagnostics, sources)]
        folders += _shipped(folders, [Path(p) for p in paths], [Path(p) for p in shipped], diagnostics, sources)
        return _checked(folders, predicates or {}, strict, diagnostics, sources)


def _shipped(
    given: Sequence[Folder], paths: Sequence[Path], shipped: Sequence[Path], diagnostics: Diagnostics, sources: dict[str, str]
) -> list[Folder]:
    """Return the shipped rulesets that others use, and those that these use in turn.

    A shipped folder is called as its ruleset is, so that only those in use are parsed; a name that no folder bears has all parsed.
    """
    there = {place for path in paths for place in _places(path)}
    left = {path.name: path for path in shipped if path.resolve() not in there}
    found: list[Folder] = []
    wanted = _used(given) - _names(given)
    while left and wanted:
        named = [name for name in left if name in wanted]
        chosen = [left.pop(name) for name in (named or list(left))]
        new = [f for path in chosen for f in _folders(path, True, diagnostics, sources)]
        found += new
        wanted = _used([*given, *found]) - _names([*given, *found])
    return found


def _places(path: Path) -> list[Path]:
    """Return where a given path and what lies in it are; nothing for one that cannot be read, which has been said."""
    try:
        return [path.resolve(), *(inner.resolve() for inner in path.iterdir())] if path.is_dir() else [path.resolve().parent]
    except (OSError, ValueError):
        return []


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
    with _no_collection():
        files: list[syntax.File] = []
        for name, text in rules.items():
            sources[name] = text
            _parse_into(files, text, name, diagnostics)
        if not rules:
            _nothing("no rule files were given", diagnostics)
        whole = {**{name: text.encode("utf-8", "surrogatepass") for name, text in rules.items()}, **data}
        folders = [Folder("these files", tuple(files), data, {name: name for name in data}, digest(whole))] if files else []
        return _checked(folders, predicates or {}, strict, diagnostics, sources)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Suspend garbage collection: nodes are made by the hundred thousand and none of them is garbage."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _checked(
    folders: list[Folder], predicates: Mapping[str, ir.Signature], strict: bool, diagnostics: Diagnostics, sources: dict[str, str]
) -> Loaded:
    syntax_is_whole = not diagnostics.errors
    for folder in folders:
        folder.header = header(folder, diagnostics) if syntax_is_whole or not folder.shipped else None
    known = syntax_is_whole or all(folder.header is not None for folder in folders if not folder.shipped)
    rulesets = check(folders, predicates, diagnostics, sources) if known else []
    if strict:
        diagnostics.found = [_as_error(d) for d in diagnostics.found]
    if diagnostics.errors:
        raise RuleError(_unique(diagnostics.found), sources)
    return Loaded(tuple(rulesets), _unique(diagnostics.found), sources)


def _as_error(diagnostic: Diagnostic) -> Diagnostic:
    return Diagnostic(diagnostic.code, diagnostic.message, diagnostic.span, diagnostic.help, Severity.ERROR, diagnostic.related)


def _unique(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return diagnostics in the order of their places, each once."""
    return tuple(sorted(dict.fromkeys(found), key=lambda d: (d.span, d.code)))


def _nothing(message: str, diagnostics: Diagnostics, file: str = "") -> None:
    diagnostics.error("CS120", message, Span(file, 0, 0), "name a `.rules` file, or a folder that holds some")


def _folders(path: Path, shipped: bool, diagnostics: Diagnostics, sources: dict[str, str]) -> list[Folder]:
    """Return the rulesets at a path; that there are none, or that they cannot be read, is reported."""
    before = len(diagnostics.found)
    try:
        found = _rule_files(path, diagnostics)
    except (OSError, ValueError) as error:
        _unreadable(path, error, diagnostics)
        return []
    if not found and not shipped and len(diagnostics.found) == before:
        _nothing(f"there are no rules in `{path.as_posix()}`", diagnostics, path.as_posix())
    return [folder for root, files in found for folder in _folder(root, files, shipped, diagnostics, sources)]


def _rule_files(path: Path, diagnostics: Diagnostics) -> list[tuple[Path, list[Path]]]:
    """Return each folder that is a ruleset with its rule files, in name order. Raises OSError and ValueError as the system does."""
    label = path.as_posix()
    if path.is_file():
        if path.suffix != SUFFIX:
            _nothing(f"`{label}` is no rule file", diagnostics, label)
            return []
        return [(path.parent, [path])]
    if not path.is_dir():
        near = did_you_mean(path.name, [p.name for p in path.parent.iterdir()]) if path.parent.is_dir() else None
        diagnostics.error("CS121", f"there is no file or folder `{label}`", Span(label, 0, 0), near or "check the path")
        return []
    files = sorted(path.glob(f"*{SUFFIX}"))
    children = sorted(p for p in path.iterdir() if p.is_dir())
    below = [(child, inside) for child in children if (inside := sorted(child.glob(f"*{SUFFIX}")))]
    if not files:
        return below
    for child, _ in below:
        diagnostics.warning(
            "CS410",
            f"the rules in `{child.as_posix()}` are not read: `{label}` is one ruleset by itself",
            Span(label, 0, 0),
            "move that folder beside this one, or its files into this one",
        )
    return [(path, files)]


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


def _folder(root: Path, files: Sequence[Path], shipped: bool, diagnostics: Diagnostics, sources: dict[str, str]) -> list[Folder]:
    parsed: list[syntax.File] = []
    content: dict[str, bytes] = {}
    for file in files:
        raw = _read(file, diagnostics)
        if raw is None:
            continue
        content[file.name] = raw
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            document = raw.startswith(_ZIP)
            diagnostics.error(
                "CS108",
                f"`{file.as_posix()}` is {'a document of a word processor' if document else f'not UTF-8 (byte {error.start})'}",
                Span(file.as_posix(), 0, 0),
                "save it as plain text (UTF-8)" if document else "save the file as UTF-8",
            )
            continue
        sources[file.as_posix()] = text
        _parse_into(parsed, text, file.as_posix(), diagnostics)
    if not parsed:
        return []
    data, places = _data(root, parsed, diagnostics)
    return [Folder(f"`{root.as_posix()}`", tuple(parsed), data, places, digest({**content, **data}), shipped)]


def _parse_into(files: list[syntax.File], text: str, name: str, diagnostics: Diagnostics) -> None:
    if text.startswith(_OTHER_FORMATS):
        diagnostics.error(
            "CS108", f"`{name}` is a document of a word processor", Span(name, 0, 0), "save it as plain text (UTF-8)"
        )
        return
    parsed, wrong = parse_collecting(text, name)
    diagnostics.found += wrong
    files.append(parsed)


def _data(root: Path, files: Sequence[syntax.File], diagnostics: Diagnostics) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files that the rules name, inside their folder only."""
    data: dict[str, bytes] = {}
    places: dict[str, str] = {}
    for word in _named_files(files):
        path = root / word.text
        if word.text in data or not _is_file_inside(path, root):
            continue  # the checker says that it is not there
        raw = _read(path, diagnostics)
        if raw is not None:
            data[word.text] = raw
            places[word.text] = path.as_posix()
    return data, places


def _is_file_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve()) and path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _named_files(files: Sequence[syntax.File]) -> Iterator[syntax.Text]:
    for file in files:
        for declaration in file.declarations:
            if isinstance(declaration, syntax.Table):
                yield declaration.file
            elif isinstance(declaration, syntax.ValueSet):
                for part in declaration.parts:
                    if isinstance(part, syntax.Setting) and isinstance(part.value, syntax.Text):
                        yield part.value


def _read(path: Path, diagnostics: Diagnostics) -> bytes | None:
    name = path.as_posix()
    try:
        refuse_endless(path)
        if path.stat().st_size > MAX_BYTES:
            diagnostics.error(
                "CS121", f"`{name}` is larger than {MAX_BYTES // 1024 // 1024} MiB", Span(name, 0, 0), "split the file"
            )
            return None
        return path.read_bytes()
    except OSError as error:
        _unreadable(path, error, diagnostics)
        return None


def _unreadable(path: Path, error: OSError | ValueError, diagnostics: Diagnostics) -> None:
    why = (error.strerror if isinstance(error, OSError) else str(error)) or "unknown reason"
    place = Span(path.as_posix(), 0, 0)
    diagnostics.error("CS121", f"`{path.as_posix()}` cannot be read: {why.lower()}", place, "check the path and its permissions")
