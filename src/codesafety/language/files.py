"""Files of rules and those that they name: found and read, and nothing more. What was loaded of them, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from codesafety import ir
from codesafety.diagnostics import Diagnostic, Diagnostics, Span, did_you_mean
from codesafety.paths import refuse_endless

SUFFIX = ".rules"
MAX_BYTES = 16 * 1024 * 1024
"""The largest single rule or data file that is read."""
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at one path: each folder that is a ruleset with the bytes of its rule files; and what is wrong there."""

    path: Path
    folders: tuple[tuple[Path, Mapping[Path, bytes]], ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What stands at the paths that were given, and at those of shipped rulesets that are not among them.

    `beside`: the files that rules name, by folder, where they are held already; None: they are read from the folder.
    """

    given: tuple[Place, ...]
    shipped: tuple[Place, ...]
    beside: Mapping[Path, Mapping[str, bytes]] | None = None


@dataclass(frozen=True, slots=True)
class ReadFolder:
    """A folder that is a ruleset, the files beside its rules that these name, and the digest of both."""

    root: str
    names: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rulesets in the order of their dependence, what is to be said of them, and the texts that spans point into.

    `folders`: what they were read from, where they were read from folders.
    """

    rulesets: tuple[ir.Ruleset, ...]
    warnings: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    folders: tuple[ReadFolder, ...] = ()


def find(paths: Sequence[Path], shipped: Sequence[Path] = ()) -> Found:
    """Return what stands at paths. A path is a rule file, a folder that is one ruleset, or a folder of such folders."""
    there = {place for path in paths for place in _places(path)}
    return Found(
        tuple(_place(path, shipped=False) for path in paths),
        tuple(_place(path, shipped=True) for path in shipped if path.resolve() not in there),
    )


def _places(path: Path) -> list[Path]:
    """Return where a given path and what lies in it are; nothing for one that cannot be read, which has been said."""
    try:
        return [path.resolve(), *(inner.resolve() for inner in path.iterdir())] if path.is_dir() else [path.resolve().parent]
    except (OSError, ValueError):
        return []


def _place(path: Path, *, shipped: bool) -> Place:
    """Return the rulesets at a path; that there are none, or that they cannot be read, is among its diagnostics."""
    diagnostics = Diagnostics()
    try:
        found = _rule_files(path, diagnostics)
    except (OSError, ValueError) as error:
        _unreadable(path, error, diagnostics)
        return Place(path, (), tuple(diagnostics.found))
    if not found and not shipped and not diagnostics.found:
        nothing(f"there are no rules in `{path.as_posix()}`", diagnostics, path.as_posix())
    folders = tuple(
        (root, {file: raw for file in files if (raw := _read(file, diagnostics)) is not None}) for root, files in found
    )
    return Place(path, folders, tuple(diagnostics.found))


def _rule_files(path: Path, diagnostics: Diagnostics) -> list[tuple[Path, list[Path]]]:
    """Return each folder that is a ruleset with its rule files, in name order. Raises OSError and ValueError as the system does."""
    label = path.as_posix()
    if path.is_file():
        if path.suffix != SUFFIX:
            nothing(f"`{label}` is no rule file", diagnostics, label)
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


def digest(files: Mapping[str, bytes]) -> str:
    """Return blake2b-16 (hex) over files, names and contents, in name order."""
    state = blake2b(digest_size=16)
    for name in sorted(files):
        encoded = name.encode("utf-8", "surrogatepass")
        state.update(len(encoded).to_bytes(8, "big") + encoded + len(files[name]).to_bytes(8, "big") + files[name])
    return state.hexdigest()


def digest_of(files: Mapping[Path, bytes], data: Mapping[str, bytes]) -> str:
    """Return the digest of a ruleset's rule files and of what these name."""
    return digest({**{file.name: raw for file, raw in files.items()}, **data})


def read_named(root: Path, names: Iterable[str], diagnostics: Diagnostics) -> dict[str, bytes]:
    """Return the files that rules name, by that name, inside their folder only. The checker says which are not there."""
    inside = root.resolve()
    found = {name: _read(root / name, diagnostics) for name in names if _is_file_inside(root / name, inside)}
    return {name: raw for name, raw in found.items() if raw is not None}


def read_rules(path: Path, diagnostics: Diagnostics) -> str | None:
    """Return the text of a rule file, or None where it cannot be read, which is reported."""
    raw = _read(path, diagnostics)
    return None if raw is None else text_of(path, raw, diagnostics)


def text_of(path: Path, raw: bytes, diagnostics: Diagnostics) -> str | None:
    """Return the text that the bytes of a rule file are, or None where they are none, which is reported."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        name, document = path.as_posix(), raw.startswith(_ZIP)
        diagnostics.error(
            "CS108",
            f"`{name}` is {'a document of a word processor' if document else f'not UTF-8 (byte {error.start})'}",
            Span(name, 0, 0),
            "save it as plain text (UTF-8)" if document else "save the file as UTF-8",
        )
        return None


def _is_file_inside(path: Path, root: Path) -> bool:
    try:
        return path.is_file() and path.resolve().is_relative_to(root)
    except (OSError, ValueError):  # a name that no file can have
        return False


def nothing(message: str, diagnostics: Diagnostics, file: str = "") -> None:
    diagnostics.error("CS120", message, Span(file, 0, 0), "name a `.rules` file, or a folder that holds some")


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
