"""`codesafety rules picture`: for whom a rule fires, drawn for a terminal, as SVG or as PNG."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from codesafety.cli.named import rules_named
from codesafety.cli.output import CLEAN, SOMETHING, Format, complain, fail, finish, unwritable, write, write_json
from codesafety.engine import frozen_terminology, load
from codesafety.errors import CodesafetyError, InputError
from codesafety.paths import writing


def picture(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="ruleset/rule, or its last part.")],
    rules: Annotated[list[str] | None, typer.Option(metavar="PATH", help="Where to look; none: the shipped rulesets.")] = None,
    release: Annotated[Path | None, typer.Option(metavar="PACK", help="A pack: value sets are expanded by it.")] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Write it as SVG, with each row in words inside.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option("--png", metavar="FILE", help="Write it as PNG (needs the extra `picture`).")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write the answer.")] = Format.TEXT,
) -> None:
    """Draw for whom a rule fires: ages by recorded gender, with and without what it looks for, and the time between its items.

    It begins with a made-up patient for whom the rule fires, else with the rule's first example that does, and changes what the axes
    say. Cells end at the rule's own bounds. What fires is full, what cannot be told is hatched, what is clear is empty.

    Exit code 0: drawn; 1: no patient is known for whom it fires, or neither age, gender nor time changes the answer; 2: no such rule.

    Examples:

      codesafety rules picture pregnant-soon-after-a-birth

      codesafety rules picture my-rule --rules my-rules/ --svg my-rule.svg
    """
    from codesafety import builtin
    from codesafety.authoring import drawn
    from codesafety.authoring.picture import as_text
    from codesafety.authoring.picture import picture as draw
    from codesafety.authoring.testing import bind_for_examples

    try:
        engine = load(*(rules or map(str, builtin.all_rulesets())), release=release)
        found = rules_named(engine, rule)
        if len(found) > 1 and (svg or png):
            raise InputError(
                f"`{rule}` is {len(found)} rules, and a file holds one picture", help=f"name one, such as {found[0].name}"
            )
        terminology = engine.terminology if release else frozen_terminology(engine.rulesets)
        binding = bind_for_examples(engine.rulesets, terminology, predicates=engine.binding.predicates)
        pictures = {one.name: draw(binding, one) for one in found}
        for one in pictures.values():
            if one is not None and svg is not None:
                with writing(svg) as stream:
                    stream.write(drawn.as_svg(one))
            if one is not None and png is not None:
                with writing(png, "latin-1") as stream:
                    stream.write(drawn.as_png(one).decode("latin-1"))
    except CodesafetyError as error:
        fail(error, form)
    except ModuleNotFoundError:
        fail(InputError("a PNG needs an extra", help="pip install 'codesafety[picture]', or write --svg"), form)
    except OSError as error:
        fail(unwritable(error), form)
    if form is Format.JSON:
        write_json([{"rule": name, "picture": None if one is None else asdict(one)} for name, one in pictures.items()])
    for number, (name, one) in enumerate(() if form is Format.JSON else pictures.items()):
        if number and one is not None:
            write("")
        if one is not None:
            write(*as_text(one))
        else:
            complain(f"{name}: no patient is known for whom it fires, or neither age, gender nor time changes what it answers")
    drawn_ones = [one for one in pictures.values() if one is not None]
    finish(CLEAN if drawn_ones else SOMETHING, answered=len(drawn_ones))
