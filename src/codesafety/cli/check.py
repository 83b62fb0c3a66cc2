"""`codesafety check`: messages in, reports out."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from codesafety.answers import sarif
from codesafety.asking import Asked, Defaults
from codesafety.cli.data import AsData, as_data
from codesafety.cli.lines import serve_lines
from codesafety.cli.output import (
    CLEAN,
    FAILED,
    JsonArray,
    ReportFormat,
    Tally,
    coloured,
    complain,
    complain_of,
    fail,
    finish,
    standard_input,
    write,
    write_json,
)
from codesafety.cli.page import Section, page, section
from codesafety.cli.render import render
from codesafety.cli.tables import Account, assess_tables
from codesafety.diagnostics import count
from codesafety.engine import Engine, Evaluator, load, open_source, read_model, read_overrides, read_source
from codesafety.errors import CodesafetyError, ConfigurationError, InputError, PluginError
from codesafety.profile import Override, Profile
from codesafety.record import Record
from codesafety.report import Report

if TYPE_CHECKING:
    from codesafety.decision_log import DecisionLog
    from codesafety.following import Follower


def check(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE…", help="Messages or records; `-` reads standard input.")
    ] = None,
    record: Annotated[str | None, typer.Option(metavar="FILE", help="What the practice already holds of the patient.")] = None,
    profile: Annotated[str | None, typer.Option(metavar="FILE", help="One practice's rules off or lowered (JSON).")] = None,
    overrides: Annotated[str | None, typer.Option(metavar="FILE", help="Findings that a person set aside (a JSON list).")] = None,
    rules: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Rule files, folders or shipped rulesets by name; none: those on by default."),
    ] = None,
    bundle: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="A bundle: a file, a folder of them, or an https address; followed with --jsonl."),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A public key; one of those that are given must have signed the bundle."),
    ] = None,
    every: Annotated[float, typer.Option(metavar="SECONDS", help="How often --jsonl looks for a newer bundle, about.")] = 60,
    release: Annotated[Path | None, typer.Option(metavar="PACK", help="A pack from `codesafety terminology build`.")] = None,
    limit: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Set a named limit within its range.")] = None,
    never: Annotated[
        list[str] | None, typer.Option(metavar="INPUT", help="A whole input that is never given here: record, release.")
    ] = None,
    cache: Annotated[
        str | None, typer.Option(metavar="DIR", help="Where checked rules are stored for the next time, or `off`.")
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Write each answer to a decision log: a file of SQLite, *.jsonl, or postgresql://…."),
    ] = None,
    log_key: Annotated[str | None, typer.Option(metavar="FILE", help="Its key, from `codesafety log keygen`.")] = None,
    reference: Annotated[bool, typer.Option("--reference", help="Answer with the slow reference evaluator.")] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Serve: one submission a line in, one report a line out, until input ends.")
    ] = False,
    format: Annotated[
        ReportFormat,
        typer.Option(help="How to write the reports: a screen, JSON (always whole), a page, or an answer of another standard."),
    ] = ReportFormat.TEXT,
    format_version: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Of operation-outcome: R4 (or R5, STU3); of cds-hooks: 3.0 (or 2.0)."),
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="As text or page: every finding and item, with paths and sources.")] = False,
) -> None:
    """Check messages before they are filed.

    Exit code 0: every resource was read, at least one entry was answered, and nothing is above `note`. 1: something to review or
    hold, or something that was not read. 2: something could not be read or set up, and has not been checked. What could not be
    told stands in the line `Told in part`, and changes no exit code.

    A record given as FILE is read as if every entry in it were incoming.

    Examples:

      codesafety check message.xml

      codesafety check message.xml --record record.json --format json

      codesafety check message.xml --format html > report.html

      codesafety check message.xml --format operation-outcome --format-version STU3

      codesafety check *.xml --rules uk.pregnancy --rules my-rules/
    """
    form = ReportFormat.JSON if jsonl else format
    if jsonl == bool(files):
        raise typer.BadParameter("give FILE, or --jsonl and submissions on standard input")
    if jsonl and format not in (ReportFormat.TEXT, ReportFormat.JSON):
        raise typer.BadParameter("--jsonl writes reports as JSON, and nothing else")
    if bundle is not None and rules:
        raise typer.BadParameter("give --bundle or --rules: a bundle is whole")
    if log == "-":
        raise typer.BadParameter("--log cannot be standard output, where the reports go")
    data = as_data(form, format_version)
    evaluator: Evaluator = "reference" if reference else "compiled"
    follower: Follower | None = None
    try:
        with redirect_stdout(sys.stderr):  # what a plugin prints is no answer
            options: dict[str, Any] = {
                "release": release,
                "limits": _limits(limit or ()),
                "never": never or (),
                "evaluator": evaluator,
                "cache": cache,
                "keys": key or (),
            }
            practice = read_model(Profile, open_source(profile)) if profile is not None else None
            if bundle is None:
                engine = load(*(rules or ()), **options)
                if practice is not None:
                    engine.check_profile(practice)
            else:
                from codesafety.following import Follower

                follower = Follower(bundle, every_s=every, profile=practice, **options)
                engine = follower.engine
            aside = read_overrides(open_source(overrides)) if overrides is not None else []
            existing = engine.read_record(record) if record is not None else None
            written = open_log(log, log_key)
    except CodesafetyError as error:
        fail(error, form)
    if os.environ.get("CODESAFETY_DEBUG"):
        complain(f"note: the rules were read {'in their stored form' if engine.from_store else 'from their text'}")
    for warning in engine.binding.drift:
        complain(
            f"note: {warning.name}: the release gained {len(warning.gained)} codes and lost {len(warning.lost)} "
            "against the frozen list"
        )
    with written or nullcontext():
        if jsonl:
            if follower is not None:
                follower.start()
            finish(CLEAN, answered=serve_lines(follower or engine, Defaults(practice, aside, existing), written))
        tally = _check_files(engine, files or [], existing, practice, aside, form, data, written, whole=all)
    finish(tally.worst, answered=tally.answered)


def _check_files(
    engine: Engine,
    files: list[str],
    record: Record | None,
    profile: Profile | None,
    overrides: list[Override],
    form: ReportFormat,
    data: AsData | None,
    log: DecisionLog | None,
    *,
    whole: bool,
) -> Tally:
    """Write what each file comes to: as data one document, an array where there are several files or many patients; one page, one log."""
    tally = Tally()
    listed: list[tuple[str, Report | CodesafetyError]] = []
    array = JsonArray()
    sections: list[Section] = []
    try:
        for number, file in enumerate(_with_progress(files)):
            named = {"file": file} if len(files) > 1 else {}
            try:
                source = read_source(standard_input(), "standard input") if file == "-" else open_source(file)
                with redirect_stdout(sys.stderr):
                    many = engine.holds_many(source)
                if many and form not in (ReportFormat.TEXT, ReportFormat.JSON, ReportFormat.HTML):
                    raise InputError(
                        f"tables hold many patients, and {form.value} answers for one message",
                        source=source.name,
                        help="write --format json",
                    )
                if many:
                    account = Account(source.name)
                    for key, found in assess_tables(engine, source, profile, overrides, tally, account, log):
                        if form is ReportFormat.JSON:
                            array.add({**named, "patient": key, "report": found.model_dump(mode="json")})
                    if form is ReportFormat.TEXT:
                        write(*account.lines())
                    elif form is ReportFormat.HTML:
                        sections.append(Section(file, lines=tuple(account.lines())))
                    elif account.empty:
                        complain(f"note: {source.name}: of {count(account.empty, 'patient')} there is nothing to check")
                    continue
                with redirect_stdout(sys.stderr):
                    report = Asked(engine.read(source), record, profile, overrides).answer(engine, log)
            except (CodesafetyError, ConfigurationError) as error:
                tally.worst = FAILED
                if data is None:
                    complain_of(error)
                    if isinstance(error, PluginError):
                        complain("  = help: what it was to read is held as not checked")
                    sections.append(Section(file, lines=("NOT CHECKED", *str(error).split("\n"))))
                    listed.append((file, error))
                elif named or array.is_open:
                    array.add({**named, **data.error_of_many(error)})
                else:
                    write_json(data.error(error))
                    return tally
                continue
            tally.count(report)
            if form is ReportFormat.TEXT:
                write(*([""] if number else []), *render(report, file, coloured(), whole=whole).split("\n"))
            elif form is ReportFormat.HTML:
                sections.append(section(report, file, whole=whole))
            elif data is None:
                listed.append((file, report))
            elif named:
                array.add({**named, data.name: data.report(report)})
            else:
                write_json(data.report(report))
                return tally
        if data is not None and not array.is_open:
            array.begin()
        if form is ReportFormat.HTML:
            write(*page(sections).split("\n"))
        elif form is ReportFormat.SARIF:
            write_json(sarif(listed))
    finally:
        if array.is_open:
            array.close()
    return tally


def open_log(place: str | None, key: str | None) -> DecisionLog | None:
    """Return the log to write to, if one is asked for. Raises LogError and ConfigurationError."""
    if place is None and key is None:
        return None
    if place is None or key is None:
        raise ConfigurationError("a log is written with its key\n  = help: give --log and --log-key; codesafety log keygen FILE")
    from codesafety.decision_log import DecisionLog

    return DecisionLog(place, key)


def _with_progress(files: list[str]) -> Any:
    if len(files) < 2 or not sys.stderr.isatty():
        return files
    from rich.console import Console
    from rich.progress import track

    return track(files, "checking", console=Console(stderr=True), transient=True)


def _limits(given: Any) -> dict[str, str]:
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise ConfigurationError(
                f"`{one}` sets no limit\n  = help: write NAME=VALUE, such as uk.pregnancy/after_birth=2 weeks"
            )
        found[name.strip()] = value.strip()
    return found
