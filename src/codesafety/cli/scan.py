"""`codesafety scan` and `codesafety review`: the look-back over what is already filed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer

from codesafety.cli.output import CLEAN, FAILED, SOMETHING, Format, fail, finish, progressing, unwritable, write
from codesafety.diagnostics import count
from codesafety.engine import load, open_source, read_model
from codesafety.errors import CodesafetyError, InputError

_NEEDS = ("polars", "pyarrow", "jinja2")


def scan(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE…", help="Tables, messages, FHIR resources or lines of JSON: files, and folders of them."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="DIR", help="A new folder for what is found.")] = None,
    rules: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH", help="Rule files, folders, shipped rulesets by name, or a bundle; none: those on by default."
        ),
    ] = None,
    release: Annotated[Path | None, typer.Option(metavar="PACK", help="A pack from `codesafety terminology build`.")] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="The sources hold all that there is of each patient: what is not there is not so.")
    ] = False,
    map: Annotated[
        str | None, typer.Option(metavar="FILE", help="Which column is what, for tables of other names (JSON).")
    ] = None,
    propose_map: Annotated[
        str | None, typer.Option(metavar="FILE", help="Print a map for this table, as far as its header tells, and end.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Only findings on entries of this day or later; earlier ones are still read."),
    ] = None,
    sample: Annotated[
        float, typer.Option(metavar="SHARE", help="The share of patients to look at, the same each time: 0.01.")
    ] = 1.0,
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="An earlier scan of the same sources: what is found now and was not, or was and is not."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that answer.")] = 1,
    format: Annotated[str, typer.Option(metavar="FORMAT", help="Of the tables: parquet or csv.")] = "parquet",
) -> None:
    """Scan what is already filed, and write what is found, what could not be told and what was not read to a folder.

    Every row has its keys, and none is left out. A scan that is stopped goes on where it was when it is given the same folder again.

    Exit code 0: everything was read, something was answered, and nothing is above `note`. 1: something to review or hold, or rows that were
    not read. 2: a source, or a file or line of one, could not be read or set up, and has not been checked.

    Examples:

      codesafety scan omop-cdm/ -o look-back

      codesafety scan export/*.ndjson -o look-back --complete --workers 4

      codesafety scan --propose-map entries.csv > map.json

      codesafety scan entries.csv --map map.json -o look-back --sample 0.01
    """
    try:
        from codesafety.batch.columns import ColumnMap, propose
        from codesafety.batch.compare import compare as compared
        from codesafety.batch.compare import refuse_other
        from codesafety.batch.people import Asking
        from codesafety.batch.scan import FORMATS, Options
        from codesafety.batch.scan import scan as run
    except ModuleNotFoundError as error:
        _needs(error)
    try:
        if propose_map is not None:
            write(*propose(Path(propose_map)).model_dump_json(indent=2).split("\n"))
            finish(CLEAN, answered=1)
        if not sources or out is None:
            raise typer.BadParameter("give SOURCE and -o DIR, or --propose-map FILE")
        if not 0 < sample <= 1:
            raise typer.BadParameter("--sample is a share of the patients: more than 0, and 1 at most")
        if format not in FORMATS:
            raise typer.BadParameter("--format is parquet or csv")
        if compare is not None:
            refuse_other(compare, {"complete": complete, "sample": sample, "since": since})
        columns = read_model(ColumnMap, open_source(map)) if map is not None else None
        never = [*(() if complete else ("record",)), *(() if release is not None else ("release",))]
        with redirect_stdout(sys.stderr):  # what a plugin prints is no answer
            engine = load(*(rules or ()), release=release, never=never)
            with progressing() as told:
                made = run(engine, sources, out, Options(Asking(complete, sample), since, columns, format, workers), told)
            changed = compared(out, compare) if compare is not None else None
    except CodesafetyError as error:
        fail(error, Format.TEXT)
    except OSError as error:
        fail(unwritable(error), Format.TEXT)
    write(*_lines(made, out))
    if changed is not None:
        write(
            f"{changed['gained']} findings that {compare} does not have, {changed['lost']} that only it has: {out / 'changes'}.{format}"
        )
    clean = not (made["decisions"]["hold"] or made["decisions"]["review"])
    finish(FAILED if made["files"] else CLEAN if clean else SOMETHING, answered=made["understood"])


def review(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a scan.")],
    outcomes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The list, with its column `outcome` filled in: how often each rule was right."),
    ] = None,
) -> None:
    """Write the list for the people who look: review.csv and review.html, by practice and cause, the worst first, a line a patient.

    The column `outcome` takes `right`, `arguable` or `wrong`. Given back with --outcomes, each rule's precision is printed with its 95 %
    interval, and written to measured.csv in the form that the catalogue of rules shows.

    Exit code 0: the list was written. 2: there is no scan, or the outcomes cannot be read.

    Examples:

      codesafety review look-back

      codesafety review look-back --outcomes look-back/review.csv
    """
    try:
        from codesafety.batch.review import measure, write_list
    except ModuleNotFoundError as error:
        _needs(error)
    try:
        if outcomes is None:
            lines = write_list(out)
            write(f"{count(lines, 'line')} to look at: {out / 'review.csv'}, {out / 'review.html'}")
            finish(CLEAN, answered=max(1, lines))
        rows = measure(out, outcomes)
    except CodesafetyError as error:
        fail(error, Format.TEXT)
    except OSError as error:
        fail(unwritable(error), Format.TEXT)
    for row in rows:
        write(
            f"{row.rule}: {row.right} of {row.judged} right ({row.low:.1%} to {row.high:.1%}), {row.arguable} arguable, {row.wrong} wrong"
        )
    finish(CLEAN, answered=len(rows))


def _needs(error: ModuleNotFoundError) -> Any:
    if error.name not in _NEEDS:
        raise error
    fail(InputError("a look-back needs an extra", help="pip install 'codesafety[batch]'"), Format.TEXT)


def _lines(made: dict[str, Any], out: Path) -> Iterator[str]:
    yield f"{count(made['patients'], 'patient')} or messages, {made['entries']} entries and medicines"
    if made["since"] is not None:
        yield f"Findings on entries before {made['since']} are left out."
    if made["empty"]:
        yield f"{made['empty']} besides, of whom there is no entry, medicine or text"
    yield ", ".join(f"{name.upper()} {number}" for name, number in made["decisions"].items())
    for row in made["rules"][:10]:
        yield f"  {row['action'].ljust(6)}  {row['patients']:8}  {row['rule']}"
    if len(made["rules"]) > 10:
        yield f"  … and {len(made['rules']) - 10} more rules"
    least_likely: dict[str | None, dict[str, Any]] = {}
    for row in made["tripwire"]["above"]:
        least_likely.setdefault(row["sender"], row)
    for sender, row in list(least_likely.items())[:5]:
        against = "its own rate before" if row["against"] == "before" else "all others"
        yield (
            f"SENDER {sender or 'all of them'} above {against}, from {row['since']} to {row['last']}: {row['rule']} in "
            f"{row['hits']} of {row['of']} {row['counted']}, {row['expected']:.3g} expected; by chance {row['chance']:.1e}"
        )
    if len(least_likely) > 5:
        yield f"  … and {len(least_likely) - 5} more senders"
    for row in made["not_checked"][:5]:
        yield f"{row['kind'].upper()} {row['rows']} × {row['reason']}, such as in {row['file']}"
    if made["never_given"]:
        yield f"Never given: {', '.join(made['never_given'])}. Rules that need it were not answered."
    yield f"All of it: {out}"
