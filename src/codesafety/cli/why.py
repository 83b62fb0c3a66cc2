"""`codesafety why`: clause by clause, what one rule makes of one message."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from codesafety import __version__
from codesafety.cli.named import having, rules_named
from codesafety.cli.output import CLEAN, FAILED, Format, complain, fail, finish, standard_input, wrapped, write, write_json
from codesafety.engine import load, open_source, read_model, read_source
from codesafety.errors import CodesafetyError, InputError
from codesafety.profile import Profile


class WhyFormat(StrEnum):
    """How a trace is written: for authors, for programs, or for a reader who writes no rules."""

    TEXT = "text"
    JSON = "json"
    PARAGRAPH = "paragraph"


def why(
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="A message or record; `-` reads standard input.")],
    rule: Annotated[str, typer.Argument(metavar="RULE", help="ruleset/rule, or its last part.")],
    record: Annotated[str | None, typer.Option(metavar="FILE", help="What the practice already holds of the patient.")] = None,
    profile: Annotated[str | None, typer.Option(metavar="FILE", help="One practice's rules off or lowered (JSON).")] = None,
    rules: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Rule files, folders or shipped rulesets by name; none: those on by default."),
    ] = None,
    release: Annotated[Path | None, typer.Option(metavar="PACK", help="A pack from `codesafety terminology build`.")] = None,
    form: Annotated[
        WhyFormat, typer.Option("--format", help="For authors, for programs, or one paragraph for a reader who writes no rules.")
    ] = WhyFormat.TEXT,
) -> None:
    """Say why a rule answers as it does for a message: each clause true, false or cannot tell, with the facts that it used.

    Also of a rule that did not fire, or was never asked: nothing has a code of its sets, it is not in force, or the profile has it off.

    Exit code 0: told, whatever the rule answers; 2: there is no such rule, something could not be read, or the two evaluators differ.

    Examples:

      codesafety why message.xml uk.pregnancy/pregnant-patient-recorded-male

      codesafety why message.xml my-rule --rules my-rules/ --format paragraph
    """
    from codesafety import builtin
    from codesafety.authoring.testing import Texts
    from codesafety.authoring.why import TRACE_VERSION, as_paragraph, as_text, trace
    from codesafety.evaluation.facts import Facts
    from codesafety.evaluation.work import NotAsked
    from codesafety.reporting.standing import in_force

    plain = Format.JSON if form is WhyFormat.JSON else Format.TEXT
    try:
        with redirect_stdout(sys.stderr):  # what a plugin prints is no answer
            engine = load(*(rules or ()), release=release)
            own = rule.partition("/")[0]
            off = None
            if rules is None and "/" in rule and not having(engine, rule) and builtin.find(own) is not None:
                engine = load(own, release=release)
                off = f"its ruleset `{own}` is off by default; --rules loads it"
            found = rules_named(engine, rule)
            practice = read_model(Profile, open_source(profile)) if profile is not None else None
            if practice is not None:
                engine.check_profile(practice)
            existing = engine.read_record(record) if record is not None else None
            source = read_source(standard_input(), "standard input") if message == "-" else open_source(message)
            submission = engine.read(source)
            changes = (
                in_force(practice, Facts(submission, existing, engine.binding.codebook), engine.binding.families).changes
                if practice is not None
                else {}
            )
            versions = {ruleset.name: ruleset for ruleset in engine.rulesets}
            texts = Texts(engine.sources)
            traces = []
            for one in found:
                change = changes.get(one.name)
                is_off = change is not None and change.action == "off"
                reason = f"the profile has it off until {change.until}" if change is not None and is_off else off
                traces.append(trace(engine.binding, one, versions[one.ruleset], submission, existing, texts, not_asked=reason))
    except NotAsked as error:
        fail(InputError(f"the rule was {error.reason}", source=message), plain)
    except CodesafetyError as error:
        fail(error, plain)
    if form is WhyFormat.JSON:
        write_json({"trace_version": TRACE_VERSION, "codesafety": __version__, "traces": [one.as_data() for one in traces]})
    for number, one_trace in enumerate(() if form is WhyFormat.JSON else traces):
        if number:
            write("")
        write(*(as_text(one_trace) if form is WhyFormat.TEXT else wrapped(as_paragraph(one_trace), "")))
    differing = [one.rule for one in traces if not one.agreed]
    for name in differing:
        complain(f"error: the two evaluators do not agree on {name}", "  = help: report this; hold the message")
    finish(FAILED if differing else CLEAN, answered=len(traces))
