"""Checked rules in a stored form, so that the next process need not parse and check them again.

A form is read only where it is whole, the user's own, and made of the same files by the same code and Python: anything else is
as if it were not there. It is plain data; reading it runs nothing that it holds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from enum import EnumMeta
from functools import cache
from hashlib import blake2b
from itertools import chain
from mmap import mmap
from pathlib import Path
from typing import Final

from codesafety import ir
from codesafety.collection import no_collection
from codesafety.diagnostics import Diagnostic, Diagnostics, Severity, Span
from codesafety.evaluation.binding import Drift, Expanded
from codesafety.evaluation.codes import BoundSet
from codesafety.language.files import Found, Loaded, Place, ReadFolder, digest_of, read_named
from codesafety.paths import writing
from codesafety.plain import decode, encode, headed
from codesafety.terminology.bare_codes import BareCodes
from codesafety.terminology.frozen import FrozenTerminology

OFF: Final = "off"
VARIABLE: Final = "CODESAFETY_CACHE"
MOST: Final = 32
"""Forms that are kept; of more, the oldest go. One of the shipped rules has two megabytes."""
_SUFFIX: Final = ".stored"
_MAGIC: Final = b"codesafety stored form 1\n"
_BEGAN: Final = time.time()
_NODES: Final = [one for one in vars(ir).values() if isinstance(one, type) and (is_dataclass(one) or isinstance(one, EnumMeta))]
CLASSES: Final = (*_NODES, Span, Diagnostic, Severity, Loaded, ReadFolder, Expanded, BoundSet, Drift)
LATER: Final = frozenset({(ir.Rule, "examples"), (ir.ValueSet, "frozen")})
"""Fields that no decision needs, and that are most of the rules: they are read when they are first looked at."""
_NO_CODES: Final = BareCodes.of(())
_WRONG: Final = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)
"""What reading a form may raise where it is not one of ours."""


@dataclass(frozen=True, slots=True)
class Form:
    """What is stored: checked rules, and their value sets as codes of one release, or of the lists.

    `expanded` is None for a terminology that is neither. `lists`: what the lists tell of codes, where there is no release.
    """

    loaded: Loaded
    expanded: Expanded | None
    lists: FrozenTerminology | None


@dataclass(frozen=True, slots=True)
class Store:
    """The folder where forms are; None: nothing is stored."""

    folder: Path | None

    def read(self, found: Found, predicates: Mapping[str, ir.Signature], terminology: str) -> Form | None:
        """Return the form of these files, or None where there is none to be trusted.

        `terminology`: a release's digest, or what stands for one.
        """
        if self.folder is None:
            return None
        try:
            name = _key(found, predicates, terminology)
            with no_collection():
                sources, loaded, sets, lists = _parts(_body(self.folder / f"{name}{_SUFFIX}", name))
                loaded = decode(loaded, CLASSES)
                texts = _texts(found, loaded.folders, names := json.loads(bytes(sources)))
                loaded = replace(loaded, sources={name: texts[name].decode() for name in names})
                plain = json.loads(bytes(lists))
                bare = ir.bare_lists(loaded.rulesets)
                expanded = _with_lists(decode(sets, CLASSES), bare)
                return Form(loaded, expanded, plain and FrozenTerminology.from_plain(plain, tuple(bare.values())))
        except _WRONG:
            return None

    def write(self, found: Found, predicates: Mapping[str, ir.Signature], terminology: str, form: Form) -> None:
        """Store a form, whole or not at all. Where that cannot be, nothing is said: it is made anew each time."""
        if self.folder is None:
            return
        parts = [
            json.dumps(list(form.loaded.sources)).encode(),
            encode(replace(form.loaded, sources={}), CLASSES, LATER),
            encode(_with_lists(form.expanded, dict.fromkeys(ir.bare_lists(form.loaded.rulesets), _NO_CODES)), CLASSES),
            json.dumps(form.lists and form.lists.plain(), separators=(",", ":")).encode(),
        ]
        body = b"".join(b"%d\n%b" % (len(part), part) for part in parts)
        try:
            if _code_is_newer():
                return
            name = _key(found, predicates, terminology)
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self.folder / f"{name}{_SUFFIX}"
            path.unlink(missing_ok=True)  # it was not believed, perhaps for its permissions, which a new one would keep
            with writing(path, "latin-1") as file:
                file.write((_head(name, body) + body).decode("latin-1"))
            kept = sorted(self.folder.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime_ns)
            for old in kept[:-MOST]:
                old.unlink(missing_ok=True)
        except (OSError, ValueError):  # a path that no folder can have, too
            pass


def _with_lists(expanded: Expanded | None, lists: Mapping[str, BareCodes]) -> Expanded | None:
    """Return expanded sets that are their lists' codes with these lists: they are stored once, with the rules."""
    if expanded is None or not lists:
        return expanded
    sets = {
        name: replace(bound, members=lists[name]) if isinstance(bound.members, BareCodes) else bound
        for name, bound in expanded.sets.items()
    }
    return replace(expanded, sets=sets)


def store(where: str | Path | None = None) -> Store:
    """Return the store at a folder, or none for `off`. None: what the variable says, else the user's folder for such files."""
    said = where or os.environ.get(VARIABLE)
    if said:
        return Store(None if said == OFF else Path(said))
    try:
        return Store(_users() / "codesafety")
    except RuntimeError:  # nobody's home
        return Store(None)


def _users() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


# ------------------------------------------------------------------------------------------------ of what a form is made


def _key(found: Found, predicates: Mapping[str, ir.Signature], terminology: str) -> str:
    """Return the name of a form: a digest of the rules as found, of our code and of Python."""
    given, shipped = ([_told(place) for place in places] for places in (found.given, found.shipped))
    told = repr((sys.version, _code(), terminology, given, shipped, sorted(predicates.items())))
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _told(place: Place) -> object:
    folders = [
        (root.as_posix(), [(file.as_posix(), blake2b(raw, digest_size=16).hexdigest()) for file, raw in files.items()])
        for root, files in place.folders
    ]
    return place.path.as_posix(), folders, place.diagnostics


@cache
def _code() -> str:
    """Return a digest of our own code, and with it of its version, which alone does not change while the library is worked on."""
    state = blake2b(digest_size=16)
    for path in sorted(_modules(os.path.dirname(__file__))):  # noqa: PTH120  as texts: a Path for each would cost as much again
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            state.update(blake2b(file.read()).digest())
    return state.hexdigest()


def _modules(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _modules(entry.path)
            elif entry.name.endswith((".py", ".lark", ".xml", ".txt")):
                yield entry.path


def _code_is_newer() -> bool:
    """Return whether our code has changed since it began to run: what it makes is not what that code would make."""
    return any(os.stat(path).st_mtime > _BEGAN for path in _modules(os.path.dirname(__file__)))  # noqa: PTH116, PTH120


def _texts(found: Found, folders: Sequence[ReadFolder], wanted: Collection[str]) -> dict[str, bytes]:
    """Return these files of the folders, by path. Raises ValueError where anything in the folders is not what it was."""
    there = [(root, files) for place in (*found.given, *found.shipped) for root, files in place.folders]
    texts: dict[str, bytes] = {}
    for folder in folders:
        for root, files in there:  # rule files of one folder may have been given one by one
            if root.as_posix() == folder.root:
                data = read_named(root, folder.names, Diagnostics())
                if digest_of(files, data) == folder.digest:
                    read = chain(files.items(), ((root / name, raw) for name, raw in data.items()))
                    texts.update((path, raw) for file, raw in read if (path := file.as_posix()) in wanted)
                    break
        else:
            raise ValueError("it is of other files")
    return texts


# ------------------------------------------------------------------------------------------------ a form's file


def _head(name: str, body: bytes | memoryview) -> bytes:
    """Return how a file begins: with what it is, its own name, and a digest of the rest."""
    return b"%b%b\n%b\n" % (_MAGIC, name.encode(), blake2b(body, digest_size=32).hexdigest().encode())


def _body(path: Path, name: str) -> memoryview:
    """Return what a file holds. Raises ValueError where it is damaged, or another may have written it; OSError.

    It is held in pages of its own: megabytes that `malloc` gave and got back would make it keep as much for later.
    """
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if hasattr(os, "geteuid") and (status.st_uid != os.geteuid() or status.st_mode & 0o022):
            raise ValueError("another may have written it")
        raw = memoryview(mmap(-1, status.st_size))
        if file.readinto(raw) != len(raw):
            raise ValueError("it is cut short")
    head = len(_head(name, b""))
    body = raw[head:]
    if raw[:head] != _head(name, body):
        raise ValueError("it is damaged")
    return body


def _parts(body: memoryview) -> Iterator[memoryview]:
    while body:
        part, body = headed(body)
        yield part
