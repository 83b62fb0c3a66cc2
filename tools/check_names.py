"""Check that public names, report fields and messages are made of the glossary's words.

    python tools/check_names.py

Two things fail. A word that the glossary says we do not write (`Not called: …`), in a public name, a field's description, an
error text or the page of error codes. And a public name or a word of the report that is made of anything but the glossary's words
and those of `ENGLISH` and `FHIR`: a word that is new here gets its entry in `docs/glossary.md` first. Exit 1 where something is found.
"""

from __future__ import annotations

import ast
import re
import sys
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Literal

from pydantic import BaseModel

import codesafety
from codesafety import plugins, profile, record, report
from codesafety.plugins import hookspecs
from codesafety.schemas import MODELS

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY = ROOT / "docs" / "glossary.md"
SOURCE = ROOT / "src" / "codesafety"
REFERENCE = ROOT / "docs" / "reference"
STANDARDS_OWN = (
    SOURCE / "terminology",
    SOURCE / "formats" / "tables" / "omop.py",
    SOURCE / "answers" / "itk3.py",
    SOURCE / "answers" / "paths.py",
    SOURCE / "decision_log" / "postgres.py",
)
"""Reads or writes the standards' own words, and spells as they do; what ECL tells a rule's author comes from it, and is ours."""

ENGLISH = """
    a about age answer answered as born broken by bytes cause change changed check cited coded codesafety compared
    configuration consultation count covers date day died different differing end ended format given head hookimpl id input
    involved kind label length load look many max name needed nhs not number on other over partial read reason recognise refused
    replaces same schema selected sent service signature since start stop summary supply takes time title tried until used user version
    whole
"""
"""Plain words in names, with their plain meaning."""
FHIR = """
    authored based boolean clinical comparator deceased dosage dose event form handed heading organization prepared quantity
    recipient recorded resolved route sender software status strength target type url value verification
"""
"""Elements of FHIR and of GP Connect in names, with the meaning that they have there."""
PLAIN = frozenset(f"{ENGLISH} {FHIR}".split())
"""What a name may use besides the glossary. Each is in some name, and none is a term."""

_ENTRY = re.compile(r"^### (?P<term>.+)\n(?P<what>.+)\\\n(?P<beside>.+)\n(?=\n|\Z)", re.MULTILINE)
_BESIDE = re.compile(r".*? Source: (?P<source>.+?)\.(?: Also: (?P<also>[^.]+)\.)?(?: Not called: (?P<never>[^.]+)\.)?")
_NAME_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_WORD = re.compile(r"[A-Za-z]+|[^A-Za-z\s-]")
_LINK = re.compile(r"\]\((?P<page>[^)#\s]*)#(?P<anchor>[^)\s]+)\)")

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A name or a text, and where it stands."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    term: str
    also: tuple[str, ...]
    never: tuple[str, ...]

    @property
    def anchor(self) -> str:
        return anchor(self.term)


@dataclass(frozen=True)
class Glossary:
    entries: tuple[Entry, ...]

    @cached_property
    def phrases(self) -> frozenset[Phrase]:
        """Every term and its other forms, as the words of a name."""
        return frozenset(phrase(form) for entry in self.entries for form in (entry.term, *entry.also))

    @cached_property
    def never(self) -> dict[Phrase, str]:
        """Each word that we do not write, and the term that we do."""
        return {phrase(word): entry.term for entry in self.entries for word in entry.never}


def read_glossary(text: str) -> Glossary:
    """Return the glossary's entries. Raises ValueError that names the first that is not written as the others are."""
    headings = re.findall(r"^### (.+)$", text, re.MULTILINE)
    entries: list[Entry] = []
    for found in _ENTRY.finditer(text):
        beside = _BESIDE.fullmatch(found["beside"])
        if beside is None:
            raise ValueError(f"`{found['term']}`: the second line ends `Source: ….`, then `Also: ….` and `Not called: ….` if any")
        entries.append(Entry(found["term"], _listed(beside["also"]), _listed(beside["never"])))
    if [entry.term for entry in entries] != headings:
        odd = next(term for term in headings if term not in {entry.term for entry in entries})
        raise ValueError(f"`{odd}`: an entry is two lines, the first ending in a backslash")
    made = Glossary(tuple(entries))
    order = [phrase(term) for term in headings]
    if order != sorted(order):
        raise ValueError(f"`{headings[next(i for i in range(1, len(order)) if order[i] < order[i - 1])]}`: not in its place")
    forms = [phrase(form) for entry in entries for form in (entry.term, *entry.also, *entry.never)]
    if twice := sorted({form for form in forms if forms.count(form) > 1}):
        raise ValueError(f"`{' '.join(twice[0])}`: there twice")
    return made


def _listed(words: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(",")) if words else ()


def phrase(words: str) -> Phrase:
    return tuple(word.lower() for word in re.findall(r"[A-Za-z0-9]+", words))


def parts(name: str) -> Phrase:
    """Return the words of a name in snake or camel case: `not_read`, `NotReadItem`."""
    return tuple(part.lower() for part in _NAME_PART.findall(name))


@cache
def _singular(word: str) -> frozenset[str]:
    """Return a word and what it may be the plural of."""
    return frozenset({word, word.removesuffix("s"), f"{word.removesuffix('ies')}y" if word.endswith("ies") else word})


def _is(words: Phrase, wanted: Phrase) -> bool:
    return len(words) == len(wanted) and all(one in _singular(word) for word, one in zip(words, wanted, strict=True))


def anchor(heading: str) -> str:
    """Return a heading's anchor, as GitHub and MyST make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# ------------------------------------------------------------------------------------------------ what is looked at


def all_models() -> list[type[BaseModel]]:
    """Return the models of all that goes in and comes out, as published, and those beneath them."""
    return list(dict.fromkeys(found for model in MODELS.values() for found in models(model)))


def models(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield a model and every model beneath it, or those in a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation)
    else:
        for part in typing.get_args(annotation):
            yield from models(part)


def public_names() -> Iterator[Said]:
    """Yield every public name: what is exported, the hooks, the classes of the contract, and each field of what goes in and out."""
    for package in (codesafety, plugins):
        for name in package.__all__:
            yield Said(package.__name__, name)
            yield from _members(getattr(package, name))
    for name in vars(hookspecs):
        if name.startswith("codesafety_"):
            yield Said(hookspecs.__name__, name.removeprefix("codesafety_"))
    for module in (record, report, profile):
        for name in _classes(module):
            yield Said(module.__name__, name)
            yield from _members(getattr(module, name))
    for found in all_models():
        for name, field in found.model_fields.items():
            yield Said(found.__name__, name)
            if found.__module__ == report.__name__:
                for word in _literals(field.annotation):
                    yield Said(f"{found.__name__}.{name}", word)


def _classes(module: ModuleType) -> list[str]:
    """Return the public classes and type names that a module itself defines."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    named = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    named += [t.id for node in tree.body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)]
    return [name for name in named if re.fullmatch(r"[A-Z]\w*[a-z]\w*", name)]


def _members(of: object) -> Iterator[Said]:
    """Yield the public methods and properties that a class of ours defines itself."""
    if isinstance(of, type):
        for name, member in vars(of).items():
            if not name.startswith("_") and (callable(member) or isinstance(member, property | cached_property)):
                yield Said(of.__name__, name)


def _literals(annotation: object) -> Iterator[str]:
    """Yield the words that a field may hold; a sentence is none."""
    if typing.get_origin(annotation) is Literal:
        yield from (value for value in typing.get_args(annotation) if isinstance(value, str) and " " not in value)
    else:
        for part in typing.get_args(annotation):
            yield from _literals(part)


def texts() -> Iterator[Said]:
    """Yield what the library says: descriptions of fields, sentences in the source, and the pages of error codes."""
    for model in all_models():
        yield Said(model.__name__, model.__doc__ or "")
        for name, words in record.words_of_fields(model).items():
            yield Said(f"{model.__name__}.{name}", words)
    for path in sorted(SOURCE.rglob("*.py")):
        if not any(map(path.is_relative_to, STANDARDS_OWN)) or path.is_relative_to(SOURCE / "terminology" / "ecl"):
            yield from sentences(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    for path in sorted(REFERENCE.rglob("*.md")):
        if not path.relative_to(REFERENCE).parts[0].startswith("errors"):
            continue
        page = re.sub(r"^```.*?^```", _same_lines, path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for number, line in enumerate(page.splitlines(), 1):
            yield Said(f"{path.relative_to(ROOT).as_posix()}:{number}", line)


def _same_lines(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def sentences(source: str, name: str) -> Iterator[Said]:
    """Yield the texts of more than one word in Python source, f-strings whole; docstrings are none."""
    nodes = list(ast.walk(ast.parse(source)))
    layouts = {id(node.format_spec) for node in nodes if isinstance(node, ast.FormattedValue)}
    inside = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            if id(node) not in layouts:
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
                yield Said(f"{name}:{node.lineno}", text)
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value and id(node) not in inside:
            yield Said(f"{name}:{node.lineno}", node.value)


# ------------------------------------------------------------------------------------------------ what is found


def not_ours(words: Phrase, glossary: Glossary) -> list[str]:
    """Return what stands among these words that the glossary says we do not write, each with what we do."""
    there = frozenset[str]().union(*map(_singular, words))
    return [
        f"`{' '.join(never)}` is not written here: `{term}`"
        for never, term in glossary.never.items()
        if there.issuperset(never) and any(_is(words[i : i + len(never)], never) for i in range(len(words)))
    ]


def coined(words: Phrase, glossary: Glossary) -> list[str]:
    """Return the words of a name that are neither a term of the glossary nor plain words."""
    allowed = glossary.phrases | {(word,) for word in PLAIN}
    new: list[str] = []
    start = 0
    while start < len(words):
        ends = (end for end in range(len(words), start, -1) if any(_is(words[start:end], one) for one in allowed))
        end = next(ends, None)
        if end is None:
            new.append(words[start])
        start = end or start + 1
    return new


def prose(text: str) -> Phrase:
    """Return a text's words, and its marks, which part them. What stands in backticks is somebody's text, and an address is no words."""
    return tuple(word.lower() for word in _WORD.findall(re.sub(r"`[^`]*`|https?://\S+", " … ", text)))


def faults(glossary: Glossary) -> list[str]:
    """Return everything that is wrong, one line each."""
    found: list[str] = []
    for name in dict.fromkeys(public_names()):
        words = parts(name.text)
        found += [f"{name.where}: `{name.text}`: {fault}" for fault in not_ours(words, glossary)]
        if new := coined(words, glossary):
            found.append(f"{name.where}: `{name.text}`: `{'`, `'.join(new)}` is in no entry of the glossary")
    for text in texts():
        found += [f"{text.where}: {fault}" for fault in not_ours(prose(text.text), glossary)]
    return found


def idle(glossary: Glossary) -> list[str]:
    """Return what `PLAIN` holds for no reason: in no public name, or a term of the glossary."""
    used = {one for name in public_names() for part in parts(name.text) for one in _singular(part)}
    return sorted(word for word in PLAIN if word not in used or (word,) in glossary.phrases)


def loose_links(docs: Path = ROOT / "docs") -> list[str]:
    """Return every link into the glossary that leads to no entry."""
    there = {entry.anchor for entry in read_glossary((docs / "glossary.md").read_text(encoding="utf-8")).entries}
    found = []
    for page in sorted(docs.rglob("*.md")):
        for link in _LINK.finditer(page.read_text(encoding="utf-8")):
            if (link["page"] or page.name).endswith("glossary.md") and link["anchor"] not in there:
                found.append(f"{page.relative_to(docs).as_posix()}: {link['page']}#{link['anchor']}")
    return found


def main() -> int:
    try:
        glossary = read_glossary(GLOSSARY.read_text(encoding="utf-8"))
    except ValueError as error:
        print(f"{GLOSSARY.relative_to(ROOT)}: {error}")
        return 1
    found = [*faults(glossary), *(f"tools/check_names.py: `{word}` is not needed" for word in idle(glossary)), *loose_links()]
    print("\n".join(found) if found else f"ok: {len(glossary.entries)} terms")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
