"""Reviews of rulesets, in a file beside their rules: who reviewed which digest, when; and whether the rules have changed since."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from codesafety import ir
from codesafety.errors import InputError
from codesafety.paths import refuse_endless

Status = Literal["reviewed", "changed since", "none"]
SUFFIX = ".review.toml"


@dataclass(frozen=True, slots=True)
class Review:
    """One review: by whom, as they chose to be called, of which digest and version, and on which day.

    `parts`: what each rule, value set, table and limit was then, as a digest, so that what changed since can be named.
    """

    by: str
    digest: str
    version: str
    on: str
    note: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """How a ruleset stands to its reviews. `last`: the review of this digest, else the latest there is, else None."""

    status: Status
    last: Review | None = None

    def words(self, ruleset: ir.Ruleset) -> str:
        """Return whose review it is and of when; without a record the word of the ruleset's own header, which is `none` mostly."""
        return ruleset.review if self.last is None else f"{self.last.by}, {self.last.on}"


def state(ruleset: ir.Ruleset) -> State:
    """Return how a ruleset that was read from a folder stands to the reviews beside it. Raises InputError for a file that is broken."""
    folder = folder_of(ruleset)
    found = () if folder is None else read(folder / f"{ruleset.name}{SUFFIX}")
    own = [one for one in found if one.digest == ruleset.digest]
    if own:
        return State("reviewed", own[-1])
    return State("changed since", found[-1]) if found else State("none")


def folder_of(ruleset: ir.Ruleset) -> Path | None:
    """Return the folder in which a ruleset's files stand; None where it declares nothing, or is of no file."""
    declared: Iterable[Any] = (*ruleset.rules, *ruleset.valuesets, *ruleset.tables, *ruleset.limits)
    return next((Path(one.span.file).parent for one in declared if one.span.file), None)


def read(file: Path) -> tuple[Review, ...]:
    """Return the reviews in a file, in their order; none where it is not there. Raises InputError where it is broken."""
    if not file.exists():
        return ()
    try:
        refuse_endless(file)
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"the reviews cannot be read as TOML: {error}", source=str(file), help="mend the file") from None
    every = data.get("review", [])
    if data.keys() - {"review"} or not isinstance(every, list):
        raise InputError(
            "it holds more than reviews", source=str(file), help="each review is a `[[review]]`, and nothing else is"
        )
    return tuple(_review(one, number, file) for number, one in enumerate(every, 1))


def _review(data: Any, number: int, file: Path) -> Review:
    match data:
        case {"by": str(by), "digest": str(digest), "version": str(version), "on": str(on), **rest} if (
            by and digest and version and _is_day(on) and not rest.keys() - {"parts", "note"}
        ):
            parts, note = rest.get("parts", {}), rest.get("note")
            if (
                isinstance(parts, dict)
                and all(isinstance(value, str) for value in parts.values())
                and isinstance(note, str | None)
            ):
                return Review(by, digest, version, on, note, parts)
    raise InputError(
        "a review is not whole",
        source=str(file),
        path=f"review {number}",
        help="each has `by`, `digest`, `version` and `on`, a day, as text, and may have a `note`: `codesafety rules review` writes them",
    )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def written(reviews: Iterable[Review]) -> str:
    """Return reviews as the text of a file."""
    lines = ["# Reviews of this ruleset, written by `codesafety rules review`: each is of one digest, and of no other text."]
    for one in reviews:
        named = {"by": one.by, "on": one.on, "version": one.version, "digest": one.digest, "note": one.note}
        lines += ["", "[[review]]", *(f"{name} = {_quoted(value)}" for name, value in named.items() if value is not None)]
        if one.parts:
            lines += ["[review.parts]", *(f"{_quoted(name)} = {_quoted(value)}" for name, value in one.parts.items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a text as TOML writes it: JSON's form, with the one character escaped that JSON leaves alone."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
