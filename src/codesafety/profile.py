"""What one practice decides: rules switched off or lowered, and findings that a person has set aside."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from codesafety.record import CodeText, PartialDate

_CONFIG = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


class RuleChange(BaseModel):
    """One rule off or lowered, with who decided it, why, and until when. A profile never raises a rule and never adds one."""

    model_config = _CONFIG
    rule: str
    """ruleset/rule."""
    action: Literal["off", "note", "review"]
    reason: str = Field(min_length=3)
    role: str = Field(min_length=2)
    until: PartialDate
    """The last day on which it holds, judged on the message's own day."""


class Profile(BaseModel):
    """One practice's changes. It shares the compiled program with every other."""

    model_config = _CONFIG
    name: str
    changes: tuple[RuleChange, ...] = ()


class Override(BaseModel):
    """A finding that a person set aside: the rule, the codes that it named, a coded reason, and the day.

    It lasts as long as the rule allows, counted from `recorded` and judged on the message's own day.
    """

    model_config = _CONFIG
    rule: str
    codes: tuple[CodeText, ...] = Field(min_length=1)
    """The codes of the finding's entries: SNOMED CT and dm+d ids bare, others as `system|code`."""
    reason: str
    role: str | None = None
    recorded: PartialDate
