"""`codesafety catalogue`: the rule reference and hazard table for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codesafety import __version__, builtin, reviews
from codesafety.answers.screen import reviewed
from codesafety.cli.named import rulesets_at
from codesafety.cli.output import CLEAN, SOMETHING, Format, complain, fail, finish, unwritable, write, write_json
from codesafety.diagnostics import count
from codesafety.engine import frozen_terminology, load, rule_paths
from codesafety.errors import CodesafetyError, InputError
from codesafety.hazards import HazardLog, find_beside


def catalogue(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Where to write; files of the same names are replaced.")
    ],
    rules: Annotated[list[str] | None, typer.Argument(metavar="PATH…", help="Rulesets; none: every shipped one.")] = None,
    release: Annotated[Path | None, typer.Option(metavar="PACK", help="A pack from `codesafety terminology build`.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to name what was written.")] = Format.TEXT,
) -> None:
    """Write what a reviewer signs: the rulesets that are asked for, their value sets and hazards; index.html, and the same as JSON and CSV.

    Each rule stands with its sentence, source, every example in full with its answer, how often people judged it right (`measured.csv`
    beside the rulesets), and a picture of for whom it fires; each value set with its codes, terms, usage and source; each ruleset with
    its digest, its review, and what changed since. Exit code 0: written, every example as expected; 1: written, some are not, or there is no rule; 2: it could not be done.
    """
    from codesafety.authoring.catalogue import write_catalogue
    from codesafety.authoring.measured import FILE, read_measured
    from codesafety.authoring.testing import bind_for_examples, run_examples

    try:
        asked = rules or [str(p) for p in builtin.all_rulesets()]
        engine = load(*asked, release=release)
        terminology = engine.terminology if release else frozen_terminology(engine.rulesets)
        binding = bind_for_examples(engine.rulesets, terminology, predicates=engine.binding.predicates)
        measured = read_measured(find_beside(rule_paths(asked), FILE))
        shown = rulesets_at(engine, asked)
        log = engine.hazards
        if rules:
            named = {hazard for ruleset in shown for rule in ruleset.rules for hazard in rule.hazards}
            log = HazardLog(log.head, {name: one for name, one in log.hazards.items() if name in named})
        states = {
            name: (reviewed(*told), None if engine.bundle is not None else reviews.state(one))
            for one in engine.rulesets
            for name, told in [(one.name, engine.reviews[one.name])]
        }
        files = write_catalogue(output, binding, shown, states, log, engine.standing.severities, measured, __version__)
        of_shown = [rule for ruleset in shown for rule in ruleset.rules]
        failed = sum(not r.passed for r in run_examples(binding, rules=of_shown))
    except CodesafetyError as error:
        fail(error, form)
    except OSError as error:
        fail(unwritable(error), form)
    except ModuleNotFoundError:
        fail(InputError("the catalogue needs an extra", help="pip install 'codesafety[cli]'"), form)
    if form is Format.JSON:
        write_json({"files": [str(f) for f in files], "rules": len(of_shown), "failed_examples": failed})
    else:
        write(f"{count(len(of_shown), 'rule')} and {count(len(log.hazards), 'hazard')}: open {files[0]}")
    if failed:
        complain(f"{failed} examples were not answered as expected; the page marks them")
    if not of_shown and form is not Format.JSON:
        complain("there is no rule here, so there is nothing to sign")
    finish(SOMETHING if failed or not of_shown else CLEAN, answered=len(of_shown))
