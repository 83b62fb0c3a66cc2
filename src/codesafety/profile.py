"""What one practice decides: rules switched off or lowered, and findings that a person has set aside."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from codesafety.record import CodeText, Model, PartialDate


class RuleChange(Model):
    """One rule off or lowered, with who decided it, why, and until when. A profile never raises a rule and never adds one."""

    rule: str
    """ruleset/rule."""
    action: Literal["off", "note", "review"]
    reason: str = Field(min_length=3)
    role: str = Field(min_length=2)
    until: PartialDate
    """The last day on which it holds, judged on the message's own day."""


class Profile(Model):
    """One practice's changes. It shares the compiled program with every other."""

    name: str
    changes: tuple[RuleChange, ...] = ()


class Override(Model):
    """A finding that a person set aside: the rule, the codes that it named, a coded reason, and the day.

    It lasts as long as the rule allows, counted from `recorded` and judged on the message's own day.
    """

    rule: str
    codes: tuple[CodeText, ...] = Field(min_length=1)
    """The codes of the finding's entries, all of them and no other: SNOMED CT and dm+d ids bare, others as `system|code`."""
    reason: str
    role: str | None = None
    recorded: PartialDate
