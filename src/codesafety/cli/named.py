"""Rules by the names that people give: `ruleset/rule`, its last part, or a family's."""

from __future__ import annotations

import difflib

from codesafety import ir
from codesafety.cli.output import FAILED, complain, finish
from codesafety.engine import Engine


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
    complain(f"  = help: {'did you mean ' + ', '.join(f'`{n}`' for n in near) + '?' if near else 'codesafety rules list'}")
    finish(FAILED, answered=0)


def _names(rule: ir.Rule) -> list[str]:
    return list(dict.fromkeys(n for whole in (rule.name, rule.family) for n in (whole, whole.rpartition("/")[2])))
