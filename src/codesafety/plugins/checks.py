"""A team's own checks of rules, which the linter asks beside those that it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from codesafety import ir


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a check has to say of a rule, value set, table, limit or ruleset: one line, and what to do about it."""

    about: ir.Rule | ir.ValueSet | ir.Table | ir.Limit | ir.Ruleset
    message: str
    help: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A team's own check, `plugin/name`: asked of each checked ruleset, it returns what it has to say.

    It keeps no state and does no I/O. A rule allows it as it allows any other: `allow acme/no-hold because "…"`.
    """

    name: str
    look: Callable[[ir.Ruleset], Iterable[Complaint]]
