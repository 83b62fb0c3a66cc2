"""`codesafety rules diff` and `rules plan`: two versions of rules beside each other, by what they mean."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codesafety.asking import Defaults, asked, parsed
from codesafety.bundle import Bundle, is_bundle, read_file
from codesafety.cli.output import CLEAN, FAILED, SOMETHING, Format, complain, fail, finish, write, write_json
from codesafety.engine import Engine, load, open_source
from codesafety.errors import CodesafetyError, InputError

if TYPE_CHECKING:
    from codesafety.authoring.diff.whole import Difference, Given

Old = Annotated[str, typer.Argument(metavar="OLD", help="A rule file, folder, ruleset by name, or bundle.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="Another, or the same with another release.")]
Data = Annotated[
    list[str] | None,
    typer.Option(
        "--on",
        metavar="DATA",
        help="Messages, folders of them, tables, or .jsonl, whose lines may bring their record: what is answered otherwise.",
    ),
]
Beside = Annotated[
    str | None, typer.Option("--record", metavar="FILE", help="The record that messages of --on meet, where they bring none.")
]
Releases = Annotated[
    list[str] | None, typer.Option("--release", metavar="PACK", help="A pack for both; given twice, for OLD and for NEW.")
]


def diff(
    old: Old, new: New, on: Data = None, record: Beside = None, release: Releases = None,
    form: Annotated[Format, typer.Option("--format", help="How to write the answer.")] = Format.TEXT,
) -> None:  # fmt: skip
    """Say what two versions of rules mean to each other: meaning, not text.

    Each rule is equal (by its form, or proved for every patient that can be made up), different, with a patient whom the two answer
    differently, both answers confirmed by both evaluators, or not told apart: then it is said of how many patients it was asked, and
    it is never called equal. Value sets show the codes that they gained and lost, with terms. With --on, every record that is answered
    otherwise stands with its key. Limits stand at their defaults, whatever profile a line brings.

    Exit code 0: nothing that asked for a person (review, hold) became silent; 1: something did, or it could not be decided of a rule
    that changed, or a record could not be read; 2: nothing was compared.

    Examples:

      codesafety rules diff released/ my-rules/

      codesafety rules diff released.bundle my-rules/ --on messages/ --format json

      codesafety rules diff uk.pregnancy uk.pregnancy --release old.pack --release new.pack
    """
    from codesafety.authoring.diff import told

    before, after, found = _compared(old, new, on, record, release, form)
    if form is Format.JSON:
        write_json(told.as_data(found))
    else:
        write(*told.as_text(found))
    _finish(found, before, after)


def plan(
    old: Old, new: New, on: Data = None, record: Beside = None, release: Releases = None,
    form: Annotated[Format, typer.Option("--format", help="How to write the answer.")] = Format.TEXT,
) -> None:  # fmt: skip
    """Write what releasing NEW in the place of OLD would do, as Markdown for a change request, built from `rules diff`.

    What becomes silent stands first, then what is not decided, what is answered otherwise (with a patient each), what is new, value
    sets, limits, and reviews that were of the text before. As JSON it is what `rules diff` gives, with the rulesets' versions and reviews. Exit codes are those of `rules diff`.

    Example: codesafety rules plan released/ my-rules/ --on messages/ > change-request.md
    """
    from codesafety.authoring.diff import told

    before, after, found = _compared(old, new, on, record, release, form)
    if form is Format.JSON:
        write_json({**told.as_data(found), "rulesets": list(told.releases(found, before.rulesets, after.rulesets))})
    else:
        write(*told.plan(found, before.rulesets, after.rulesets))
    _finish(found, before, after)


def _compared(
    old: str, new: str, on: list[str] | None, record: str | None, release: list[str] | None, form: Format
) -> tuple[Engine, Engine, Difference]:
    from codesafety.authoring.diff.whole import difference, with_flips

    try:
        with redirect_stdout(sys.stderr):  # what a plugin prints is no answer
            before, after = both(_version(old), _version(new), release)
            found = difference(before, after)
            if record is not None and not on:
                raise InputError("--record stands beside messages", help="name them: --on DATA")
            if on:
                not_read: list[tuple[str, str]] = []
                beside = Defaults(record=None if record is None else after.read_record(record))
                records = list(_records(after, on, beside, not_read))
                if not records:
                    raise InputError(
                        "no record could be read: NOTHING WAS COMPARED ON IT",
                        source=on[0],
                        help="give messages, tables or .jsonl",
                    )
                found = with_flips(found, before, after, records, not_read)
    except CodesafetyError as error:
        fail(error, form)
    return before, after, found


def _version(place: str) -> str | Bundle:
    path = Path(place)
    return read_file(path, expired=True) if path.is_file() and is_bundle(path) else place


def both(old: str | Bundle, new: str | Bundle, release: list[str] | None) -> tuple[Engine, Engine]:
    """Return two versions, loaded with one release or with one each; a bundle whose day is over too. Raises as `codesafety.load` does."""
    packs: list[str | None] = [None] if not release else [*release]
    if len(packs) > 2:
        raise typer.BadParameter("give --release once for both, or twice: for OLD and for NEW")
    return load(old, release=packs[0]), load(new, release=packs[-1])


def _finish(found: Difference, before: Engine, after: Engine) -> None:
    for name in found.silenced:
        complain(f"silent for somebody: {name}")
    for name in found.may_be_silenced:
        complain(f"not decided whether it is silent for somebody: {name}")
    unread = bool(found.flips and found.flips.not_read)
    asked = len(found.rules) + len(found.added) + len(found.removed) + len(found.sets)
    if not asked:
        complain("there is no rule and no value set in either: NOTHING WAS COMPARED")
        finish(FAILED, answered=0)
    finish(SOMETHING if found.silenced or found.may_be_silenced or unread else CLEAN, answered=asked)


def _records(engine: Engine, places: list[str], beside: Defaults, not_read: list[tuple[str, str]]) -> Iterator[Given]:
    """Yield what is given at some places, each with its key: a file's name, with a table's row key or a line's number. What fails is noted."""
    for place in places:
        path = Path(place)
        inside = [place]
        if path.is_dir() and not _holds_many(engine, place):  # a link is looked at, wherever it leads
            inside = [str(p) for p in sorted(path.rglob("*")) if p.is_symlink() or not p.is_dir()]
        if not inside:
            not_read.append((place, "it holds no file"))
        for file in inside:
            try:
                yield from _of_file(engine, file, beside, not_read)
            except CodesafetyError as error:
                not_read.append((file, str(error).partition("\n")[0]))


def _holds_many(engine: Engine, place: str) -> bool:
    try:
        return engine.holds_many(place)
    except CodesafetyError:
        return False


def _of_file(engine: Engine, file: str, beside: Defaults, not_read: list[tuple[str, str]]) -> Iterator[Given]:
    source = open_source(file)
    if Path(file).suffix == ".jsonl":
        for number, line in enumerate(source.data.splitlines(), 1):
            if line.strip():
                name = f"{file}:{number}"
                try:
                    given = asked(engine, parsed(line, name), line, name, beside)
                except CodesafetyError as error:
                    not_read.append((name, str(error).partition("\n")[0]))
                else:
                    yield name, given.submission, given.record
    elif engine.holds_many(source):
        yield from ((f"{file}[{key}]", submission, beside.record) for key, submission in engine.read_many(source))
    else:
        yield file, engine.read(source), beside.record
