"""`codesafety selftest`: published scenarios on one's own engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codesafety.cli.output import CLEAN, SOMETHING, Format, fail, finish, write, write_json
from codesafety.engine import load, open_source, read_model
from codesafety.errors import CodesafetyError
from codesafety.profile import Profile


def selftest(
    rules: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Rule files, folders or shipped rulesets by name; none: those on by default."),
    ] = None,
    profile: Annotated[str | None, typer.Option(metavar="FILE", help="One practice's rules off or lowered (JSON).")] = None,
    release: Annotated[Path | None, typer.Option(metavar="PACK", help="A pack from `codesafety terminology build`.")] = None,
    scenarios: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Scenarios of your own (TOML); none: those that come with the library.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write the scores.")] = Format.TEXT,
) -> None:
    """Try scenarios on your own configuration, and get a score for each hazard.

    Each scenario is a situation with an error that should be found, or without one, in which nothing should be. What a rule finds counts;
    what could not be told does not. Rules that a profile switches off, or that are not loaded, cost what they would have found: the score
    is of the system as it is configured.

    Exit code 0: every scenario was answered as it should; 1: some were not, and are named; 2: it could not be done.
    """
    from codesafety.authoring import selftest as scoring

    try:
        engine = load(*(rules or ()), release=release)
        practice = read_model(Profile, open_source(profile)) if profile is not None else None
        if practice is not None:
            engine.check_profile(practice)
        found = list(scoring.answers(engine, scoring.read(scenarios or scoring.shipped()), practice))
    except CodesafetyError as error:
        fail(error, form)
    scores, missed = list(scoring.scores(found)), [answer for answer in found if not answer.as_it_should]
    names = {hazard.id: hazard.name for hazard in engine.hazards.hazards.values()}
    if form is Format.JSON:
        write_json(
            {
                "hazards": [
                    {
                        "hazard": score.hazard,
                        "name": names.get(score.hazard),
                        "errors": {"found": score.caught, "of": score.wrong},
                        "without_error": {"quiet": score.quiet, "of": score.right},
                    }
                    for score in scores
                ],
                "scenarios": [
                    {
                        "id": answer.scenario.id,
                        "hazard": answer.scenario.hazard,
                        "expected": f"at {'least' if answer.scenario.at_least else 'most'} {answer.scenario.level}",
                        "found": answer.found,
                        "rules": list(answer.rules),
                        "as_expected": answer.as_it_should,
                    }
                    for answer in found
                ],
            }
        )
    else:
        write(f"{'hazard'.ljust(52)}  errors found  quiet without one")
        for score in scores:
            called = f"{score.hazard}  {names.get(score.hazard, 'in no hazard log that is loaded')}"
            write(f"{called[:52].ljust(52)}  {_share(score.caught, score.wrong):>12}  {_share(score.quiet, score.right):>17}")
        for answer in missed:
            wanted = f"at {'least' if answer.scenario.at_least else 'most'} {answer.scenario.level}"
            by = f", by {', '.join(answer.rules)}" if answer.rules else ""
            write("", f"{answer.scenario.id}: {answer.scenario.title}", f"  expected {wanted}; found {answer.found}{by}")
        write("", f"{len(found) - len(missed)} of {len(found)} scenarios as they should be. No clinician has reviewed them.")
    finish(SOMETHING if missed else CLEAN, answered=len(found))


def _share(part: int, of: int) -> str:
    return f"{part} of {of}" if of else "-"
