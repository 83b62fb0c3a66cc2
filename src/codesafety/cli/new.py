"""`codesafety new`: a ruleset, rule, plugin or check that passes everything from the first minute, in the folder that is open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from codesafety.cli.output import CLEAN, Format, fail, finish, unwritable, write, write_json
from codesafety.errors import CodesafetyError

app = typer.Typer(help="Begin a ruleset, a rule, a plugin or a check of your own.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")]
Place = Annotated[Path, typer.Option("--in", metavar="FOLDER", help="Where; none: the folder that is open.")]
Form = Annotated[Format, typer.Option("--format", help="How to name what was written.")]
HERE = Path()


@app.callback()
def _new() -> None:
    """Begin a ruleset, a rule, a plugin or a check of your own. What is written passes everything, and nothing is overwritten."""


@app.command()
def ruleset(name: Name, place: Place = HERE, form: Form = Format.TEXT) -> None:
    """Begin a ruleset: a folder with a header, a value set, one rule with its examples, and a README.

    It passes `rules check --strict`, `rules format --check`, `rules lint` and `rules test`. Exit code 0: written; 2: it could not be,
    and nothing was.

    Example: codesafety new ruleset acme.pregnancy
    """
    from codesafety.authoring import starting

    _made(starting.ruleset, name, place, form, f"codesafety rules test {name}")


@app.command()
def rule(name: Name, place: Place = HERE, form: Form = Format.TEXT) -> None:
    """Begin a rule in the ruleset of this folder, or the only one below it: a file with a value set, a rule and its examples.

    It passes what a new ruleset passes. Exit code 0: written; 2: there is no ruleset here, or more than one, or the name is taken.

    Example: codesafety new rule pregnant-man --in acme.pregnancy
    """
    from codesafety.authoring import starting

    _made(starting.rule, name, place, form, f"codesafety rules test {place} --run {name}")


@app.command()
def plugin(name: Name, place: Place = HERE, form: Form = Format.TEXT) -> None:
    """Begin a plugin: a package with a predicate, a ruleset that calls it, and tests.

    It passes `mypy` (strict) and `pytest` in its folder. Exit code 0: written; 2: it could not be, and nothing was.

    Example: codesafety new plugin acme-dates
    """
    from codesafety.authoring import starting

    _made(starting.plugin, name, place, form, f"cd {name} && pip install -e '.[test]' && mypy && pytest")


@app.command()
def check(name: Name, place: Place = HERE, form: Form = Format.TEXT) -> None:
    """Begin a team's own check of rules, which `rules lint` asks beside those that it has: a package with a check, and its tests.

    It passes `mypy` (strict) and `pytest` in its folder. Exit code 0: written; 2: it could not be, and nothing was.

    Example: codesafety new check acme-board
    """
    from codesafety.authoring import starting

    _made(starting.check, name, place, form, f"cd {name} && pip install -e '.[test]' && mypy && pytest")


def _made(begin: Callable[[str, Path], list[Path]], name: str, place: Path, form: Format, after: str) -> None:
    try:
        files = begin(name, place)
    except CodesafetyError as error:
        fail(error, form)
    except OSError as error:
        fail(unwritable(error), form)
    if form is Format.JSON:
        write_json({"files": [str(file) for file in files]})
    else:
        write(*(f"written: {file}" for file in files), f"Next: {after}")
    finish(CLEAN, answered=len(files))
