"""What to do about a token that cannot stand where it does: the slips that people make, and what they meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from codesafety.language.parsing.tokens import Token

_MEANT: Final = {
    "if": "write `when`",
    "where": "write `when`",
    "then": "what a clinician reads follows `say`",
    "message": "what a clinician reads follows `say`",
    "description": "write `title` or `because`",
    "reference": "write `source`",
    "reason": "write `because`",
    "priority": "write `action`, or `severity`",
    "between": "a range is written `is from 12 to 16 years`",
    "equals": "write `is`",
    "value": "it is one word: `valueset`",
    "ecl": "an expression constraint stands in braces: `ecl { … }`",
    "snomed": "SNOMED CT is meant where no code system is named",
}
_KINDS: Final = frozenset({"ENTRY", "MENTION", "MEDICATION", "CODING"})
_NAMED: Final = {
    "UNLESS": 'an exception has a name: `unless "…" CONDITION`',
    "EXAMPLE": 'an example has a name: `example "…" { … }`',
}


def remedy(token: Token, before: Sequence[Token], accepted: frozenset[str]) -> str | None:
    """Return what to do about `token`, which stands behind `before`, where more can be said than what was expected."""
    previous = before[-1] if before else None
    after = previous.type if previous else ""
    earlier = before[-2].type if len(before) > 1 else ""
    return (
        _after_is(token, after, earlier)
        or _of_conditions(token, after, earlier, accepted)
        or _of_examples(token, after, accepted)
        or _of_declarations(token, after, earlier, accepted)
    )


def _after_is(token: Token, after: str, earlier: str) -> str | None:
    if after != "IS" and (after, earlier) != ("NOT", "IS"):
        return None
    match token.type:
        case "CMP":
            return "numbers are compared without `is`: `e.value > 300`"
        case "IN":
            return "write `not in`, without `is`" if after == "NOT" else "write `in`, without `is`"
        case "NUMBER":
            return "a code is asked for by its value set, `e in SET`; a number is compared, `m.quantity > 3`"
        case "NO":
            return "write `is false`"
        case "STRING":
            return "a status is a word without quotes; text as sent cannot be compared with text"
    return None


def _of_conditions(token: Token, after: str, earlier: str, accepted: frozenset[str]) -> str | None:
    if token.type == "DATE" and after == "CMP":
        return "dates are compared with `before`, `after` and `within`: `e is before 2025-01-01`"
    if after == "WHERE":
        return "the brackets are not optional: `where ( … )`"
    if after == "NOT" and "LPAR" in accepted:
        return "the brackets are not optional: `not ( … )`"
    if after == "AGE":
        return "an age is an age at something: `age at e < 12 years`"
    if token.type == "NUMBER" and "DATE" in accepted and re.fullmatch(r"[0-9]{4}", token.value):
        return f"a year by itself is no date here: write {token.value}-01-01 or {token.value}-12-31"
    if token.type in ("NAME", "REF") and after == "NUMBER" and earlier == "CMP":
        return f'a unit is written in quotes: "{token.value}"'
    if token.type in _KINDS and after == "NUMBER":
        return "days are counted: `at least 2 days with entry x in SET`"
    if token.type == "NAME" and token.value == "same" and after == "NAME":
        return "write `the same product as` or `the same entry as`, and what it is compared with"
    if earlier in ("AND", "OR") and "IS" in accepted:
        return "say it of each: `patient.gender is male or patient.gender is female`"
    return None


def _of_examples(token: Token, after: str, accepted: frozenset[str]) -> str | None:
    if token.type in _KINDS and after == "GIVEN":
        return f"say on which side: `given incoming {token.value} …` or `given record {token.value} …`"
    if after == "TELL" and "COLON" in accepted:
        return "name what is missing: `cannot tell: e.date`"
    if token.type == "RBRACE" and "EXPECT" in accepted:
        return "an example ends in `expect fires`, `expect clear` or `expect cannot tell: …`"
    return None


def _of_declarations(token: Token, after: str, earlier: str, accepted: frozenset[str]) -> str | None:
    if after == "HAZARD_WORD":
        return "a hazard is capitals, a hyphen and digits: `H-01`"
    if token.type == "COLON":
        return "leave the colon out"
    if token.type == "NAME" and token.value in _MEANT:
        return _MEANT[token.value]
    if after in _NAMED and "STRING" in accepted:
        return _NAMED[after]
    if accepted == {"STRING"} and earlier in ("VALUESET", "LIMIT"):
        return 'a title in quotes follows the name: `valueset pregnant "Currently pregnant" { … }`'
    if token.type == "STRING" and "NAME" in accepted:
        plain = re.sub(r"[^a-z0-9]+", "-", token.value.lower()).strip("-")
        return f"a name is one word without quotes: `{plain}`" if plain else "a name is one word without quotes"
    if accepted == {"VERSION"}:
        return "a version is three numbers without quotes: `version 1.0.0`"
    if "COMMA" in accepted and token.type in ("NAME", "NUMBER", "HAZARD", "STRING"):
        return "items of a list are parted by commas: is one missing before it?"
    if token.type == "NUMBER" and "CODES" in accepted:
        return "a list of codes follows the word `codes`"
    return None
