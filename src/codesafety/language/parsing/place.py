"""Where reading stopped, and the words around it: what remedies look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from codesafety.language.parsing.tokens import Token

KINDS: Final = frozenset({"ENTRY", "HISTORY", "MENTION", "MEDICATION", "CODING"})
TIME: Final = frozenset({"YEARS", "YEAR", "MONTHS", "MONTH", "WEEKS", "WEEK", "DAYS", "DAY"})
BEGINS_A_CONDITION: Final = frozenset({"WHEN", "UNLESS", "LPAR", "STRING", "AND", "OR"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading stopped: the token that cannot stand there, what stands before and behind it, and what could."""

    token: Token
    before: Sequence[Token]
    behind: Sequence[Token]
    accepted: frozenset[str]

    @property
    def after(self) -> str:
        return self.before[-1].type if self.before else ""

    @property
    def earlier(self) -> str:
        return self.before[-2].type if len(self.before) > 1 else ""


def amount_of(tokens: Sequence[Token]) -> str | None:
    """Return the number that some tokens begin with, with its unit or length; None where there is none."""
    if not tokens or tokens[0].type not in ("NUMBER", "DOTTED", "NAME"):
        return None
    unit = tokens[1] if len(tokens) > 1 and tokens[0].type == "NUMBER" else None
    return f"{tokens[0].value} {unit.value}" if unit is not None and unit.type in TIME | {"STRING"} else tokens[0].value


def start_of(before: Sequence[Token]) -> int:
    """Return where the condition begins that some tokens end in."""
    return max((i for i, t in enumerate(before) if t.type in BEGINS_A_CONDITION and not _is_a_unit(before, i)), default=-1) + 1


def _is_a_unit(tokens: Sequence[Token], at: int) -> bool:
    return tokens[at].type == "STRING" and at > 0 and tokens[at - 1].type != "UNLESS"


def in_words(tokens: Sequence[Token]) -> str:
    return " ".join(t.value for t in tokens)


def said_before(before: Sequence[Token]) -> str:
    return in_words(before[start_of(before) :])


def subject_of(before: Sequence[Token]) -> str:
    """Return what the condition at the end of some tokens is said of."""
    words = [t.value for t in before[start_of(before) :]]
    return " ".join(words[: words.index("is")]) if "is" in words else " ".join(words[:-1])


def ranged(before: Sequence[Token]) -> str | None:
    """Return what the rule's own item is called."""
    at = next((i for i in range(len(before) - 3, -1, -1) if before[i].type == "FOR" and before[i + 1].type in KINDS), None)
    return None if at is None else before[at + 2].value


def in_a_condition(before: Sequence[Token]) -> bool:
    """Return whether the part of a rule that some tokens end in is a condition."""
    part = next((t.type for t in reversed(before) if t.type in ("WHEN", "UNLESS", "FOR", "SAY", "EXAMPLE", "HAZARD_WORD")), "")
    return part in ("WHEN", "UNLESS")


def condition_before(tokens: Sequence[Token]) -> tuple[str, str, str] | None:
    """Return subject, predicate and what it is said to be, of the simple condition at the end of some tokens."""
    part = tokens[start_of(tokens) :]
    words = [t.value for t in part]
    if len(part) < 3:
        return None
    for i, token in enumerate(part[1:-1], start=1):
        if token.type == "IN":
            begin = i - 1 if part[i - 1].type == "NOT" else i
            return " ".join(words[:begin]), " ".join(words[begin : i + 1]), " ".join(words[i + 1 :])
        if token.type == "IS":
            end = i + 1
            while end < len(part) - 1 and part[end].type in {"NOT", "BEFORE", "AFTER", "ABOUT"}:
                end += 1
            return " ".join(words[:i]), " ".join(words[i:end]), " ".join(words[end:])
        if token.type == "CMP":
            return " ".join(words[:i]), token.value, " ".join(words[i + 1 :])
    return None
