"""What to do about a token that cannot stand where it does: the slips that people make, and what they meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from codesafety.diagnostics import did_you_mean
from codesafety.language.parsing.tokens import Token

_MEANT: Final = {
    "if": "write `when`",
    "where": "write `when`",
    "but": "write `and`",
    "also": "write `and`",
    "then": "what a clinician reads follows `say`",
    "message": "what a clinician reads follows `say`",
    "description": "write `title` or `because`",
    "reference": "write `source`",
    "reason": "write `because`",
    "priority": "write `action`, or `severity`",
    "equals": "write `is`",
    "value": "it is one word: `valueset`",
    "ecl": "an expression constraint stands in braces: `ecl { … }`",
    "snomed": "SNOMED CT is meant where no code system is named",
}
_MEANT_KINDS: Final = {
    **dict.fromkeys(("medicine", "drug", "prescription", "med", "product", "vaccine"), "medication"),
    **dict.fromkeys(("condition", "diagnosis", "problem", "observation", "procedure", "finding", "event", "result"), "entry"),
    **dict.fromkeys(("code", "concept"), "coding"),
    "previous": "latest",
}
"""Words that people bring for what a rule ranges over."""
_NUMBER_WORDS: Final = {
    word: str(n)
    for n, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
    )
}
_LEFT_OUT: Final = {
    **dict.fromkeys(("average", "mean", "sum", "total", "count", "number", "highest", "lowest", "maximum", "minimum"),
        "there are no totals and averages; `at least N entry x in SET where ( … )` counts, `exists` and `no` ask of each"),
    "median": "there are no totals and averages",
    "today": "a rule answers the same on every day: compare with the day of the item, or with `message.sent`",
    "now": "a rule answers the same on every day: compare with the day of the item, or with `message.sent`",
    "else": "a rule has no `else`: write a second rule",
    "family": "a family is written `rule NAME for each row p of TABLE { … }`",
}  # fmt: skip
"""Words of other languages that have no counterpart here, and what is written instead."""
_KINDS: Final = frozenset({"ENTRY", "HISTORY", "MENTION", "MEDICATION", "CODING"})
_TIME: Final = frozenset({"YEARS", "YEAR", "MONTHS", "MONTH", "WEEKS", "WEEK", "DAYS", "DAY"})
_RELATIONS: Final = frozenset({"WITHIN", "BEFORE", "AFTER", "ABOUT", "MISSING", "ON_THE_SAME_DAY_AS", "THE_SAME_AS"})
"""What follows `is`."""
_BEGINS_A_CONDITION: Final = frozenset({"WHEN", "UNLESS", "LPAR", "STRING", "AND", "OR"})
_NAMED: Final = {
    "UNLESS": 'an exception has a name: `unless "…" CONDITION`',
    "EXAMPLE": 'an example has a name: `example "…" { … }`',
}


def meant_kind(word: str, known: Collection[str] = ()) -> str | None:
    """Return what to write for a word that is no kind: what people mean by it, or the nearest of those that are known."""
    return f"`{word}` is `{_MEANT_KINDS[word]}` here" if word in _MEANT_KINDS else did_you_mean(word, known)


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


def remedy(place: Place) -> str | None:
    """Return what to do about a token that cannot stand where it does, where more can be said than what was expected."""
    token, after, earlier, accepted = place.token, place.after, place.earlier, place.accepted
    return (
        _of_words_that_people_bring(place)
        or _after_is(place)
        or _of_conditions(place)
        or _of_lengths(place)
        or _of_examples(token, after, accepted)
        or _of_declarations(token, after, earlier, accepted)
    )


def lone_operand(place: Place) -> tuple[Token, str] | None:
    """Return an operand of which nothing is said, and what was said of the one before it: `e in a or b`, `e is x or y`."""
    if place.earlier not in ("AND", "OR") or place.after not in ("NAME", "DOTTED", "REF", "DATE", "NUMBER"):
        return None
    if not {"IS", "CMP"} <= place.accepted:
        return None
    said = _condition_before(place.before[:-2])
    lone, word = place.before[-1], place.before[-2].value
    if said is None:
        return lone, "say it of each: a condition stands on both sides of `and` and `or`"
    subject, predicate, complement = said
    return lone, f"say it of each: `{subject} {predicate} {complement} {word} {subject} {predicate} {lone.value}`"


def _condition_before(tokens: Sequence[Token]) -> tuple[str, str, str] | None:
    """Return subject, predicate and what it is said to be, of the simple condition at the end of some tokens."""
    start = max((i for i, t in enumerate(tokens) if t.type in _BEGINS_A_CONDITION), default=-1) + 1
    part = tokens[start:]
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


def _of_words_that_people_bring(place: Place) -> str | None:
    token, before, accepted = place.token, place.before, place.accepted
    if token.value in _MEANT_KINDS and accepted & _KINDS:
        return meant_kind(token.value)
    if len(before) > 1 and before[-2].value in _MEANT_KINDS and place.after == "NAME" and token.type == "IN":
        return meant_kind(before[-2].value)
    if token.value == "previous" or (place.after == "NAME" and before[-1].value == "previous"):
        return "the one before is the latest before it: `latest entry x in SET before e has ( … )`"
    for word in (token.value, *([before[-1].value] if before else [])):
        if word in _LEFT_OUT and (word == token.value or place.after == "NAME"):
            return _LEFT_OUT[word]
    return None


def _after_is(place: Place) -> str | None:
    token, after, earlier = place.token, place.after, place.earlier
    if after == "NAME" and earlier in ("IS", "NOT"):
        return _of_comparatives(place)
    if after != "IS" and (after, earlier) != ("NOT", "IS"):
        return None
    negated = after == "NOT"
    match token.type:
        case "CMP":
            return "numbers are compared without `is`: `e.value > 300`"
        case "IN":
            return "write `not in`, without `is`" if negated else "write `in`, without `is`"
        case "NUMBER":
            return "a code is asked for by its value set, `e in SET`; a number is compared, `m.quantity > 3`"
        case "NO":
            return "write `is false`"
        case "AT" if not negated:
            return _of_least_and_most(place)
        case "STRING":
            return "a status is a word without quotes; text as sent cannot be compared with text"
    return None


def _of_least_and_most(place: Place) -> str | None:
    """`is at least 3 months before e`, `is at least 12 years`, `is at most 5 "mmol/L"`."""
    subject, word, rest = _subject(place.before), place.behind[0].value if place.behind else "", place.behind[1:]
    amount = [t.value for t in takewhile(lambda t: t.type in _TIME | {"NUMBER", "STRING", "NAME", "DOTTED", "REF"}, rest)]
    if not amount or word not in ("least", "most"):
        return None
    written, least, end = " ".join(amount), word == "least", rest[len(amount) :]
    if len(end) > 1 and end[0].type in ("BEFORE", "AFTER"):
        where = f"{end[0].value} {end[1].value}"
        if least:
            return f"write `{subject} is not less than {written} {where} and {subject} is {where}`"
        return f"write `{subject} is within {written} {where}`"
    if len(end) > 1 and end[0].type in ("FROM", "OF"):
        return f"write `{subject} is {f'not less than {written} from' if least else f'within {written} of'} {end[1].value}`"
    if least or not subject.startswith("age "):
        return f"write `{subject} {'>=' if least else '<='} {written}`"
    return None


def _of_comparatives(place: Place) -> str | None:
    """`is older than 12 years`, `is between 12 and 55 years`."""
    word = place.before[-1].value
    subject = _subject(place.before)
    rest = [place.token, *place.behind]
    if word == "between" and rest[0].type == "NUMBER":
        high = next((t for t in rest[1:4] if t.type == "NUMBER"), None)
        unit = next((t.value for t in rest[1:5] if t.type in _TIME or t.type == "STRING"), "")
        negated = " not" if place.earlier == "NOT" else ""
        return (
            f"a range is written `{subject} is{negated} from {rest[0].value} to {high.value if high else '…'} {unit}".rstrip()
            + "`"
        )
    number = next((t for t in rest[:2] if t.type == "NUMBER"), None)
    unit = next((t.value for t in rest[:3] if t.type in _TIME or t.type == "STRING"), "years")
    if number is None or not number.value.isdigit():
        return None
    if "." not in subject and not subject.startswith("age "):
        subject = f"age at {subject}"
    aged = subject.startswith("age ")
    if word in ("older", "above", "over", "greater", "higher"):
        if aged:
            return f"write `{subject} >= {int(number.value) + 1} {unit}`: an age counts completed {unit}"
        return f"write `{subject} > {number.value}`"
    if word in ("younger", "below", "under", "lower", "smaller"):
        return f"write `{subject} < {number.value}{f' {unit}' if aged else ''}`"
    return None


def _subject(before: Sequence[Token]) -> str:
    """Return what the condition at the end of some tokens is said of."""
    start = max((i for i, t in enumerate(before) if t.type in _BEGINS_A_CONDITION), default=-1) + 1
    words = [t.value for t in before[start:]]
    return " ".join(words[: words.index("is")]) if "is" in words else " ".join(words[:-1])


def _of_conditions(place: Place) -> str | None:
    token, before, after, accepted = place.token, place.before, place.after, place.accepted
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
    if token.type == "NAME" and after == "NUMBER" and "EPISODES" in accepted:
        return "entries, medications, days and episodes are counted: `at least N medication x in SET`"
    if token.type in ("NAME", "REF", "DOTTED") and after == "NUMBER" and (place.earlier == "CMP" or _in_a_condition(before)):
        return f'a unit is written in quotes: "{token.value}"'
    if token.type == "NAME" and token.value == "same" and after == "NAME":
        return "write `the same product as` or `the same entry as`, and what it is compared with"
    if token.type in _RELATIONS and "IS" in accepted:
        return f"write `{before[-1].value} is {token.value} …`" if after in ("NAME", "DOTTED") else "write `is` before it"
    if token.type in _RELATIONS and after in ("AND", "OR"):
        said = _condition_before(before[:-1])
        subject = said[0] if said else "e"
        return f"say it of each: `{before[-1].value} {subject} is {token.value} …`"
    if token.type in ("CMP", "IS") and after in ("AND", "OR"):
        said = _condition_before(before[:-1])
        return f"say it of each: `{before[-1].value} {said[0]} {token.value} …`" if said else None
    if token.type == "COMMA" and _in_a_condition(before):
        return "conditions are joined by `and` or `or`"
    if token.type == "COMMA" and "WITH" in accepted and len(before) > 1:
        behind = place.behind[0].value if place.behind else "…"
        return f'name one set that includes both: `valueset either "…" {{ include {before[-1].value}, {behind} }}`'
    if accepted == {"HAS"}:
        return "`where` chooses, and `has` is asked of the one that was chosen: `… has ( … )`"
    if token.type == "NAME" and token.value == "between" and "CMP" in accepted:
        return "a range is written `is from 12 to 16 years`"
    return None


def _in_a_condition(before: Sequence[Token]) -> bool:
    """Return whether the part of a rule that some tokens end in is a condition."""
    part = next((t.type for t in reversed(before) if t.type in ("WHEN", "UNLESS", "FOR", "SAY", "EXAMPLE", "HAZARD_WORD")), "")
    return part in ("WHEN", "UNLESS")


def _of_lengths(place: Place) -> str | None:
    token, before, after, accepted = place.token, place.before, place.after, place.accepted
    if token.type in _TIME and after == "NAME" and before[-1].value in _NUMBER_WORDS:
        return f"write the number in digits: `{_NUMBER_WORDS[before[-1].value]} {token.value}`"
    if after == "NUMBER" and accepted <= _TIME:
        return f"a length has a unit of time: `{before[-1].value} months`"
    if token.type in ("MINUS", "PLUS") and "CMP" not in accepted:
        return "dates are not calculated with: write `is more than 3 months before …`, `is within 2 weeks after …`"
    if token.type == "OF" and {"BEFORE", "AFTER", "FROM"} & accepted:
        return "write `before`, `after` or `from`, which is either side"
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
    if accepted == {"STRING"} and after in ("SAY", "TITLE", "BECAUSE"):
        return f'text stands in quotes: `{after.lower()} "…"`'
    if accepted == {"VERSION"}:
        return "a version is three numbers without quotes: `version 1.0.0`"
    if "COMMA" in accepted and token.type in ("NAME", "NUMBER", "HAZARD", "STRING"):
        return "items of a list are parted by commas: is one missing before it?"
    if token.type == "NUMBER" and "CODES" in accepted:
        return "a list of codes follows the word `codes`"
    return None
