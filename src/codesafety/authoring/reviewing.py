"""A ruleset is reviewed: what was signed is recorded beside it, and what changed since can be named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from codesafety import ir
from codesafety.authoring.lint.examples import plain
from codesafety.errors import InputError
from codesafety.paths import writing
from codesafety.reviews import SUFFIX, Review, folder_of, read, written


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since a review, by kind and name: `rule acme/x`."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        for word, names in (("new", self.new), ("gone", self.gone), ("changed", self.changed)):
            yield from (f"{word}: {name}" for name in names)


def parts(ruleset: ir.Ruleset) -> dict[str, str]:
    """Return each rule (of a family all its rows), value set, table and limit of a ruleset with a digest of what it is.

    A rule's is of its meaning, words and examples; where it is written, and how it is laid out, is no part of it.
    """
    held: dict[str, list[object]] = {}
    for rule in ruleset.rules:
        held.setdefault(f"rule {rule.family}", []).append(plain(replace(rule, examples=tuple(rule.examples))))
    for one in ruleset.valuesets:
        rows = [(row.system, row.code, row.term, row.assertion, row.subject, row.temporality) for row in one.frozen or ()]
        codes = [[(c.system, c.code, c.term) for c in some] for some in (one.codes, one.perhaps, one.except_codes)]
        more = (one.title, one.ecl, one.includes, one.except_sets, one.phrases, plain(one.sources))
        held[f"value set {one.name}"] = [rows, codes, more]
    for table in ruleset.tables:
        rows_of = [(row.key, sorted(row.cells.items()), row.first, row.last) for row in table.rows]
        held[f"table {table.name}"] = [
            table.key_column,
            table.system,
            sorted(table.columns.items()),
            rows_of,
            plain(table.sources),
        ]
    for limit in ruleset.limits:
        held[f"limit {limit.name}"] = [plain(limit)]
    return {name: blake2b(repr(content).encode(), digest_size=8).hexdigest() for name, content in held.items()}


def since(ruleset: ir.Ruleset, review: Review) -> Since:
    """Return what changed since a review, as far as it recorded what there was."""
    was: Mapping[str, str] = review.parts
    now = parts(ruleset)
    return Since(
        new=tuple(name for name in now if name not in was),
        gone=tuple(name for name in was if name not in now),
        changed=tuple(name for name in now if name in was and was[name] != now[name]),
    )


def record(ruleset: ir.Ruleset, by: str, digest: str, on: str, note: str | None = None) -> Path:
    """Write a review of a ruleset into the file beside it, after those that are there. Return the file.

    Raises InputError where the digest is of other rules, or the ruleset is of no folder; OSError.
    """
    folder = folder_of(ruleset)
    if folder is None or not folder.is_dir():
        raise InputError(
            f"`{ruleset.name}` is of no folder, so that nothing can be written beside it", help="review its folder of rules"
        )
    if digest != ruleset.digest:
        raise InputError(
            f"this is not the digest of `{ruleset.name}` as it is here, which is {ruleset.digest}",
            help="look at what changed (`codesafety catalogue`, `codesafety rules diff`), and sign what is here",
        )
    if not by.strip():
        raise InputError("it is not said who reviewed it", help="write --by ROLE: a role, or a name, as you choose")
    file = folder / f"{ruleset.name}{SUFFIX}"
    made = Review(by.strip(), digest, ruleset.version, on, note, parts(ruleset))
    with writing(file) as stream:
        stream.write(written((*read(file), made)))
    return file
