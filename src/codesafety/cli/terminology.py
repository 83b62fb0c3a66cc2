"""`codesafety terminology`: build packs from releases, look into them, and ask them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from codesafety.cli import ecl
from codesafety.cli.output import CLEAN, FAILED, SOMETHING, Format, complain_of, finish, write, write_json
from codesafety.terminology.building.whole import build as build_pack
from codesafety.terminology.errors import EclError, PackError, TerminologyError
from codesafety.terminology.pack.diff import diff as difference
from codesafety.terminology.pack.file import Pack, blaming
from codesafety.terminology.pack.search import search as find
from codesafety.terminology.pack.search import search_table
from codesafety.terminology.release import Release
from codesafety.terminology.view import view

app = typer.Typer(help="SNOMED CT, dm+d and ECL: build a pack from a release, look into it, ask it.", no_args_is_help=True)


PackArgument = Annotated[Path, typer.Argument(metavar="PACK", help="A pack made by `codesafety terminology build`.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to answer.")]


@app.callback()
def terminology() -> None:
    """SNOMED CT, dm+d and ECL: build a pack from a release, look into it, ask it."""


@contextmanager
def _reported(format_: Format, *packs: Path) -> Iterator[None]:
    """Turn what cannot be read or answered, or fails since one of the packs is damaged, into one line and exit code 2."""
    try:
        with blaming(*packs):
            yield
    except TerminologyError as error:
        if format_ is Format.JSON:
            kind = error.kind if isinstance(error, EclError) else "pack" if isinstance(error, PackError) else "release"
            write_json({"error": {"kind": kind, "message": str(error)}})
        complain_of(error)
        finish(FAILED, answered=0)
    except OSError as error:
        complain_of(f"{error.filename}: {(error.strerror or 'cannot be read').lower()}")
        finish(FAILED, answered=0)


@app.command()
def build(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE…",
            help="RF2 releases (zips or folders, several together), dm+d (TRUD zips or folders), or tables of "
            "code and name (CSV, TSV, also gzipped).",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.pack", help="The pack to write.")],
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="YYYYMMDD", help="The state at this date, from Full files. Without it: the Snapshot."),
    ] = None,
    subset: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ECL|LIST.csv",
            help="Keep only what this expression or list names, and all that questions about it need. "
            "May be given several times. The pack refuses questions that lead outside.",
        ),
    ] = None,
    descriptions: Annotated[bool, typer.Option(help="Keep descriptions: search, lookup and display checks need them.")] = True,
    allow_incomplete: Annotated[
        bool,
        typer.Option(
            "--allow-incomplete",
            help="Leave out rows that name a concept which no file holds, instead of refusing the release. "
            "The pack says how many.",
        ),
    ] = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Build a pack: one file that opens in a millisecond, from which all other commands answer.

    Files are recognised by their headers. A release that is damaged or incomplete is refused with file, line and reason; the
    pack appears whole or not at all. Exit code 0: built; 2: refused.

    codesafety terminology build uk_sct2mo.zip nhsbsa_dmd.zip -o uk.pack
    """
    with _reported(format_), _progress() as progress:
        build_pack(
            sources,
            output,
            at=at,
            descriptions=descriptions,
            subset=subset or (),
            allow_incomplete=allow_incomplete,
            progress=progress,
        )
    with _reported(format_):
        release = Release.open(output)
    summary = _summary(release)
    if format_ is Format.JSON:
        write_json({"pack": str(output), **summary})
    else:
        write(f"{output}: {release.name}")
        _write_counts(summary)
    finish(CLEAN, answered=1)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """Show a bar where a person is watching standard error; otherwise nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description:16}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total)


def _summary(release: Release) -> dict[str, Any]:
    manifest = release.pack.manifest
    return {
        "name": release.name,
        "bytes": release.pack.path.stat().st_size,
        **{key: value for key, value in manifest.items() if key != "sections"},
    }


def _write_counts(summary: dict[str, Any]) -> None:
    write(f"  {'bytes':40} {summary['bytes']:>12,}")
    for name, number in summary.get("counts", {}).items():
        write(f"  {name.replace('_', ' '):40} {number:>12,}")
    if "dmd" in summary:
        write(f"  {'dm+d ids':40} {summary['dmd']['ids']:>12,}")
        for doubt in summary["dmd"]["doubts"]:
            write(f"  note: {doubt}")
        if (more := summary["dmd"]["number_of_doubts"] - len(summary["dmd"]["doubts"])) > 0:
            write(f"  note: {more:,} more of the kind in dm+d")
    for note in summary.get("notes", ()):
        write(f"  note: {note}")


@app.command()
def info(pack: PackArgument, format_: FormatOption = Format.TEXT) -> None:
    """Say what a pack holds: edition, date, sources with their digests, modules, counts, and what was left out."""
    with _reported(format_, pack):
        release = Release.open(pack)
        summary = _summary(release)
    if format_ is Format.JSON:
        write_json(summary)
        finish(CLEAN, answered=1)
    write(release.name)
    for key in ("kind", "edition", "effective_time", "at", "digest", "descriptions", "incomplete"):
        if summary.get(key) is not None:
            write(f"  {key.replace('_', ' '):16} {summary[key]}")
    for source in summary.get("sources", ()):
        write(f"  source           {source['name']}  sha256 {source['sha256']}")
    for row in summary.get("module_dependencies", ()):
        write(
            f"  module           {row['module']} {row['effective_time']} needs {row['depends_on']} {row['target_effective_time']}"
        )
    for part in (summary.get("subset") or {}).get("of", ()):
        write(f"  subset of        {part}")
    _write_counts(summary)
    finish(CLEAN, answered=1)


@app.command()
def verify(pack: PackArgument, format_: FormatOption = Format.TEXT) -> None:
    """Read a whole pack and compare its digests. Exit code 0: sound; 2: damaged, truncated or no pack."""
    with _reported(format_):
        opened = Pack(pack)
        opened.verify()
    if format_ is Format.JSON:
        write_json({"pack": str(pack), "sound": True, "digest": opened.digest})
    else:
        write(f"{pack}: sound, digest {opened.digest}")
    finish(CLEAN, answered=1)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The pack of the earlier release.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The pack of the later release.")],
    limit: Annotated[int, typer.Option(min=0, help="How many codes of each kind to show; JSON has all.")] = 20,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Compare two releases: concepts that came, went, changed status, parents, attributes or name.

    Exit code 0: no difference; 1: differences; 2: a pack cannot be read.
    """
    with _reported(format_, old, new):
        before, after = Release.open(old), Release.open(new)
        found = difference(before.store, after.store)
    if format_ is Format.JSON:
        write_json({"old": before.edition, "new": after.edition, "different": bool(found), **asdict(found)})
    else:
        for kind, codes in asdict(found).items():
            if codes is None:
                write(f"{kind}: cannot be told without descriptions in both packs")
                continue
            write(f"{kind}: {len(codes):,}")
            for code in codes[:limit]:
                terms = after.terms(code) or before.terms(code)
                write(f"  {code}" + (f" |{terms[0]}|" if terms else ""))
            if len(codes) > limit:
                write(f"  … {len(codes) - limit:,} more")
    finish(SOMETHING if found else CLEAN, answered=1)


@app.command()
def lookup(
    pack: PackArgument,
    code: Annotated[str, typer.Argument(metavar="CODE", help="A SNOMED CT or dm+d id.")],
    format_: FormatOption = Format.TEXT,
) -> None:
    """Show all that a pack knows of a code: status, descriptions, parents, attributes, refsets, replacements, product.

    Exit code 0: found; 1: the pack does not know the code; 2: the pack cannot be read.
    """
    with _reported(format_, pack):
        release = Release.open(pack)
        found = view(release, code)
    if found is None:
        if format_ is Format.JSON:
            write_json({"code": code, "status": release.status(code).value, "found": False})
        else:
            write(f"{code}: not in this pack ({release.status(code).value.replace('_', ' ')})")
        finish(SOMETHING, answered=1)
    if format_ is Format.JSON:
        write_json(found)
    else:
        for key, value in found.items():
            _write_value(key, value, 0)
    finish(CLEAN, answered=1)


def _write_value(key: str, value: object, depth: int) -> None:
    indent, label = "  " * depth, key.replace("_", " ")
    match value:
        case None | []:
            return
        case list():
            write(f"{indent}{label}")
            for item in value:
                write(f"{indent}  " + (_line(item) if isinstance(item, dict) else str(item)))
        case dict():
            write(f"{indent}{label}")
            for name, inner in value.items():
                _write_value(name, inner, depth + 1)
        case _:
            write(f"{indent}{label:16} {value}")


def _line(item: dict[str, Any]) -> str:
    parts = []
    for key, value in item.items():
        if isinstance(value, dict) and "code" in value:
            parts.append(f"{value['code']}" + (f" |{value['term']}|" if value.get("term") else ""))
        elif isinstance(value, dict):
            parts.append(", ".join(f"{said} in {where}" for where, said in value.items()))
        elif key == "term":
            parts.append(f"|{value}|" if value else "")
        elif value is not None:
            parts.append(f"{key.replace('_', ' ')} {value}" if key not in ("code", "value", "type") else str(value))
    return "  ".join(filter(None, parts))


@app.command()
def subsumes(
    pack: PackArgument,
    ancestor: Annotated[str, typer.Argument(metavar="ANCESTOR", help="The more general concept.")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="The concept that may be it, or below it.")],
    format_: FormatOption = Format.TEXT,
) -> None:
    """Say whether CODE is ANCESTOR or below it. Exit code 0: it is; 1: it is not; 2: cannot be told."""
    with _reported(format_, pack):
        release = Release.open(pack)
        answer = release.subsumes(ancestor, code)
    if format_ is Format.JSON:
        write_json({"ancestor": ancestor, "code": code, "subsumes": answer})
    else:
        write("yes" if answer else "no")
    finish(CLEAN if answer else SOMETHING, answered=1)


@app.command()
def search(
    pack: PackArgument,
    words: Annotated[list[str], typer.Argument(metavar="WORDS…", help="Beginnings of words, in any order: `heart att`.")],
    limit: Annotated[int, typer.Option(min=1, help="How many concepts to show.")] = 20,
    inactive: Annotated[bool, typer.Option("--inactive", help="Show inactive concepts too, after the active ones.")] = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Find concepts by the beginnings of words in their descriptions.

    Exit code 0: something found; 1: nothing; 2: the pack cannot be read or was built without descriptions.
    """
    with _reported(format_, pack):
        release, text = Release.open(pack), " ".join(words)
        if release.table is not None:
            hits = search_table(release.table, text, limit=limit)
        else:
            hits = find(release.store, text, limit=limit, inactive=inactive)
    if format_ is Format.JSON:
        write_json([asdict(hit) for hit in hits])
    else:
        for hit in hits:
            known_as = f" (preferred: {hit.preferred})" if hit.preferred not in (None, hit.term) else ""
            write(f"{hit.code} |{hit.term}|{known_as}{'  inactive' if hit.active is False else ''}")
    finish(CLEAN if hits else SOMETHING, answered=len(hits))


ecl.register(app)
