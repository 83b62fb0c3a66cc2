"""Rules and rulesets by the names and places that people give."""

from __future__ import annotations

import difflib
from collections.abc import Sequence, Set
from pathlib import Path

from codesafety import ir
from codesafety.cli.output import FAILED, complain, finish
from codesafety.engine import Engine, rule_paths


def rules_named(engine: Engine, name: str) -> list[ir.Rule]:
    """Return the rules that a name means. Ends the command where there is none."""
    found = having(engine, name)
    if not found:
        no_such_rule(engine, name)
    return found


def having(engine: Engine, name: str) -> list[ir.Rule]:
    """Return the rules of a name, whole or its last part, or of a family's."""
    return [one for one in engine.rules if name in _names(one)]


def no_such_rule(engine: Engine, name: str) -> None:
    """Say that there is no such rule, and which have names like it; end the command."""
    near = difflib.get_close_matches(name, [n for one in engine.rules for n in _names(one)], 3)
    complain(f"error: there is no rule `{name}` in what is loaded")
    if any(name == ruleset.name for ruleset in engine.rulesets):
        complain(f"  = help: `{name}` is a ruleset: `codesafety rules list` with its name or folder names its rules")
    else:
        complain(f"  = help: {'did you mean ' + ', '.join(f'`{n}`' for n in near) + '?' if near else 'codesafety rules list'}")
    finish(FAILED, answered=0)


def _names(rule: ir.Rule) -> list[str]:
    return list(dict.fromkeys(n for whole in (rule.name, rule.family) for n in (whole, whole.rpartition("/")[2])))


def rulesets_at(engine: Engine, places: Sequence[str]) -> list[ir.Ruleset]:
    """Return the rulesets that stand at some places, of those that an engine has: what they only use is none of them."""
    if engine.bundle is not None:
        return list(engine.rulesets)
    own = {path.resolve() for path in rule_paths(places)}
    return [one for one in engine.rulesets if stands_at(one, own)]


def stands_at(ruleset: ir.Ruleset, places: Set[Path]) -> bool:
    """Return whether something that a ruleset declares stands at one of some resolved places."""
    spans = (
        *(one.span for one in ruleset.rules),
        *(one.span for one in ruleset.valuesets),
        *(one.span for one in ruleset.tables),
        *(one.span for one in ruleset.limits),
    )
    return any(within(file, places) for file in {span.file for span in spans})


def within(file: str, places: Set[Path]) -> bool:
    """Return whether a file is one of some resolved places, or stands in one."""
    path = Path(file).resolve()
    return path in places or any(place in path.parents for place in places)
