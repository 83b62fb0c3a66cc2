"""`codesafety rules review`: how rulesets stand to their reviews; and a review recorded beside one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from codesafety import ir, reviews
from codesafety.answers.screen import reviewed
from codesafety.cli.named import rulesets_at
from codesafety.cli.output import CLEAN, SOMETHING, Format, complain, fail, finish, unwritable, write, write_json
from codesafety.engine import load
from codesafety.errors import CodesafetyError, InputError


def review(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Folders of rules, or shipped rulesets by name.")],
    by: Annotated[
        str | None, typer.Option("--by", metavar="ROLE", help="Who reviewed it: a role, or a name, as you choose.")
    ] = None,
    digest: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="The digest that was reviewed, as the catalogue shows it.")
    ] = None,
    day: Annotated[str | None, typer.Option("--on", metavar="DAY", help="The day of the review; none: today.")] = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="What is to be known of it. Nothing of a patient.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write the answer.")] = Format.TEXT,
) -> None:
    """Say whether rulesets were reviewed as they are, what changed since, or that there was no review; with --by, record a review.

    A review is of one digest. It is written into `NAME.review.toml` beside the rules, and every report says from then on: reviewed,
    changed since, or none. Look at `codesafety catalogue PATH` first: it shows what there is to sign, and the digest.

    Exit code 0: every ruleset was reviewed as it is, or the review is recorded; 1: some were not; 2: the digest is of other rules, or
    something could not be read.

    Examples:

      codesafety rules review my-rules/

      codesafety rules review my-rules/ --by "clinical safety officer" --digest 4f1e…
    """
    from datetime import date

    from codesafety.authoring.reviewing import record, since

    if (by is None) is not (digest is None):
        raise typer.BadParameter("a review is of one digest, by somebody: give --by and --digest")
    try:
        when = date.today() if day is None else date.fromisoformat(day)
    except ValueError:
        fail(InputError(f"`{day}` is no day", help="write it like 2026-11-30"), form)
    try:
        rulesets = rulesets_at(load(*paths), paths)
        if by is not None and digest is not None:
            if len(rulesets) != 1:
                raise InputError(f"a review is of one ruleset, and here are {len(rulesets)}", help="name its folder")
            file = record(rulesets[0], by, digest, when.isoformat(), note)
            if form is Format.JSON:
                write_json({"file": str(file), "ruleset": rulesets[0].name, "digest": digest})
            else:
                write(f"{file}: {rulesets[0].name} {rulesets[0].version}, reviewed by {by.strip()}")
            finish(CLEAN, answered=1)
        states = [(one, reviews.state(one)) for one in rulesets]
    except CodesafetyError as error:
        fail(error, form)
    except OSError as error:
        fail(unwritable(error), form)
    changed = {one.name: since(one, state.last) for one, state in states if state.status == "changed since" and state.last}
    if form is Format.JSON:
        write_json([_data(one, state, list(changed[one.name].lines()) if one.name in changed else []) for one, state in states])
    for one, state in () if form is Format.JSON else states:
        write(f"{one.name} {one.version}, digest {one.digest}: {reviewed(state.words(one), state.status)}")
        write(*(f"  {line}" for line in (changed[one.name].lines() if one.name in changed else ())))
    if not states and form is not Format.JSON:
        complain("nothing is declared here, so there is nothing to review")
    finish(CLEAN if states and all(state.status == "reviewed" for _, state in states) else SOMETHING, answered=len(states))


def _data(ruleset: ir.Ruleset, state: reviews.State, changed: list[str]) -> dict[str, Any]:
    last = state.last
    return {
        "ruleset": ruleset.name,
        "version": ruleset.version,
        "digest": ruleset.digest,
        "status": state.status,
        "review": None
        if last is None
        else {"by": last.by, "on": last.on, "version": last.version, "digest": last.digest, "note": last.note},
        "changed": changed,
    }
