"""`codesafety explain`: what a code that rule files are told means, and what to do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from codesafety.cli.output import CLEAN, FAILED, Format, complain, finish, width, wrapped, write, write_json


def explain(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="A code, such as CS110; none: every code is listed.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write the answer.")] = Format.TEXT,
) -> None:
    """Explain a code that `rules check`, `rules lint` or a release told: what it means, a wrong rule, the remedy and a right one.

    Exit code 0: explained, or listed; 2: there is no such code.

    Examples:

      codesafety explain CS110

      codesafety explain
    """
    from codesafety.authoring import explaining

    if code is None:
        known = explaining.explanations()
        if form is Format.JSON:
            write_json([{"code": one.code, "title": one.title, "page": one.page} for one in known.values()])
        else:
            write(*(f"{one.code}  {one.title}" for one in known.values()))
        finish(CLEAN, answered=len(known))
    found = explaining.explain(code)
    if found is None:
        if "/" in code:
            complain(f"error: `{code}` is a team's own check", "  = help: its plugin explains it")
        else:
            like = [f"`{one}` ({explaining.explanations()[one].title})" for one in explaining.near(code)]
            remedy = f"did you mean {', '.join(like)}?" if like else "`codesafety explain` lists them"
            complain(f"error: there is no code `{code}`", f"  = help: {remedy}")
        finish(FAILED, answered=0)
    if form is Format.JSON:
        write_json({**asdict(found), "address": found.address})
    else:
        for line in explaining.as_text(found):
            write(*(wrapped(line, "") if len(line) > width() and not line.startswith(" ") else [line]))
    finish(CLEAN, answered=1)
