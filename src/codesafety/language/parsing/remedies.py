"""What to do about a token that cannot stand where it does: the slips that people make, and what they meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from itertools import takewhile
from typing import Final

from codesafety.diagnostics import did_you_mean
from codesafety.ir.units import spelling
from codesafety.language import schema
from codesafety.language.parsing.everyday import of_an_article, of_everyday_words
from codesafety.language.parsing.place import (
    KINDS,
    TIME,
    Place,
    amount_of,
    condition_before,
    in_a_condition,
    in_words,
    ranged,
    said_before,
    start_of,
    subject_of,
)
from codesafety.language.parsing.slips import of_slips
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
    "entries": "entry",
    "histories": "history",
    "mentions": "mention",
    "medications": "medication",
    "codings": "coding",
    **dict.fromkeys(("medicines", "drugs", "prescriptions"), "medication"),
    **dict.fromkeys(("conditions", "diagnoses", "problems", "observations", "results"), "entry"),
}
"""Words that people bring for what a rule ranges over."""
NUMBER_WORDS: Final = {
    word: str(n)
    for n, word in [
        *enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"], start=1),
        *zip(range(20, 100, 10), ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], strict=True),
    ]
}  # fmt: skip
NO_CLOCK: Final = "a rule answers the same on every day: compare with the day of the item, or with `message.sent`"
_COMPARED: Final = {
    **dict.fromkeys(("above", "over", "exceeds", "greater", "higher", "more"), ">"),
    **dict.fromkeys(("below", "under", "lower", "smaller", "less"), "<"),
}
"""Words that people bring for how numbers compare."""
_CHANGES: Final = {
    **dict.fromkeys(("increases", "increased", "climbs", "grows", "rose"), "rises"),
    **dict.fromkeys(("drops", "decreases", "decreased", "declines", "dropped", "fell"), "falls"),
}
_ORDERS: Final = {**dict.fromkeys(("last", "newest", "recent"), "latest"), **dict.fromkeys(("first", "oldest"), "earliest")}
_LEFT_OUT: Final = {
    **dict.fromkeys(("average", "mean", "sum", "total", "count", "number", "highest", "lowest", "maximum", "minimum"),
        "there are no totals and averages; `at least N entry x in SET where ( … )` counts, `exists` and `no` ask of each"),
    "median": "there are no totals and averages",
    **dict.fromkeys(("today", "now"), NO_CLOCK),
    "else": "a rule has no `else`: write a second rule",
    "family": "a family is written `rule NAME for each row p of TABLE { … }`",
}  # fmt: skip
"""Words of other languages that have no counterpart here, and what is written instead."""
_PARTS_OF_AN_ORDER: Final = frozenset(
    {"issue", "issues", "dispensing", "dispense", "request", "plan", "authorisation", "order", "repeat"}
)
_ORDERS_CALLED: Final = frozenset({"order", "authorisation", "authorization", "prescription", "plan"})
"""What people call an order, and its parts."""
_THOUSANDS: Final = 3
_SHORTEST_CODE: Final = 6
"""Digits of a SNOMED CT code."""
_QUANTITY: Final = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*(\S.*?)\s*")
_SAID_OF_A_MEMBER: Final = frozenset({"WITHIN", "BEFORE", "AFTER", "ON_THE_SAME_DAY_AS", "IS"})
_RELATIONS: Final = frozenset({"WITHIN", "BEFORE", "AFTER", "ABOUT", "MISSING", "ON_THE_SAME_DAY_AS", "THE_SAME_AS"})
"""What follows `is`."""
_NAMED: Final = {
    "UNLESS": 'an exception has a name: `unless "…" CONDITION`',
    "EXAMPLE": 'an example has a name: `example "…" { … }`',
}


def meant_kind(word: str, known: Collection[str] = ()) -> str | None:
    """Return what to write for a word that is no kind: what people mean by it, or the nearest of those that are known."""
    return f"`{word}` is `{_MEANT_KINDS[word]}` here" if word in _MEANT_KINDS else did_you_mean(word, known)


def remedy(place: Place) -> str | None:
    """Return what to do about a token that cannot stand where it does, where more can be said than what was expected."""
    token, after, earlier, accepted = place.token, place.after, place.earlier, place.accepted
    return (
        of_slips(place)
        or _of_orders(place)
        or of_everyday_words(place)
        or _of_words_that_people_bring(place)
        or _of_counts(place)
        or _of_changes(place)
        or _of_what_is_said(place)
        or _of_numbers(place)
        or _after_is(place)
        or _of_conditions(place)
        or _of_lengths(place)
        or _of_examples(token, after, earlier, accepted)
        or _of_declarations(token, after, earlier, accepted)
        or of_an_article(place)
    )


def lone_operand(place: Place) -> tuple[Token, str] | None:
    """Return an operand of which nothing is said, and what was said of the one before it: `e in a or b`, `e is x or y`."""
    if place.earlier not in ("AND", "OR") or place.after not in ("NAME", "DOTTED", "REF", "DATE", "NUMBER"):
        return None
    if not {"IS", "CMP"} <= place.accepted:
        return None
    said = condition_before(place.before[:-2])
    lone, word = place.before[-1], place.before[-2].value
    if lone.value in ("if", "then", "when", "also", "where"):
        return lone, f"leave `{lone.value}` out"
    if said is None:
        return lone, "say it of each: a condition stands on both sides of `and` and `or`"
    subject, predicate, complement = said
    if "not" in predicate.split():
        word = "and"  # neither the one nor the other; with `or` it would be so of everything
    return lone, f"say it of each: `{subject} {predicate} {complement} {word} {subject} {predicate} {lone.value}`"


def _of_orders(place: Place) -> str | None:
    """`exists issue x of m`, `medication b of the same authorisation as a`, `b is of the same order as a`."""
    token, accepted, behind = place.token, place.accepted, place.behind
    called = next(
        (t.value for t, kind in zip(place.before[:0:-1], place.before[-2::-1], strict=False) if kind.type in KINDS), "x"
    )
    of = ranged(place.before) or "m"
    drawn = f"`medication {called if called != of else 'x'} of the same order as {of}`"
    if token.value in _PARTS_OF_AN_ORDER and "MEDICATION" in accepted:
        return f"parts of one order are drawn as {drawn}; `x.kind is request` is an issue"
    the_same = token.value == "same" and place.after == "NAME" and place.before[-1].value == "the"
    if "OF_THE_SAME_ORDER_AS" in accepted and (token.type in ("OF", "FROM") or the_same):
        return f"parts of one order are drawn as {drawn}"
    is_same = the_same and place.earlier in ("IS", "NOT") and bool(behind) and behind[0].value in _ORDERS_CALLED
    if token.type == "IN" and place.earlier == "OF_THE_SAME_ORDER_AS" and behind:
        return f"the set stands first: `in {behind[0].value} of the same order as {place.before[-1].value}`"
    if is_same or (token.type == "OF_THE_SAME_ORDER_AS" and in_a_condition(place.before)):
        return f"of which order a medication is, is said where it is drawn: {drawn}"
    return None


def _of_words_that_people_bring(place: Place) -> str | None:
    token, before, accepted = place.token, place.before, place.accepted
    if token.value in _MEANT_KINDS and accepted & KINDS:
        return meant_kind(token.value)
    if len(before) > 1 and before[-2].value in _MEANT_KINDS and place.after == "NAME" and token.type == "IN":
        return meant_kind(before[-2].value)
    if token.value == "previous" or (place.after == "NAME" and before[-1].value == "previous"):
        return "the one before is the latest before it: `latest entry x in SET before e has ( … )`"
    for word in (token.value, *([before[-1].value] if before else [])):
        if word in _LEFT_OUT and (word == token.value or place.after == "NAME"):
            return _LEFT_OUT[word]
    if in_a_condition(before) and any(t.value in schema.REPEATED for t in (token, *place.behind[:1])):
        return schema.TWICE
    return None


def _of_counts(place: Place) -> str | None:
    """`at most 2 entry …`, `more than 2 entry …`, `exactly 2 entry …`; `last entry …`, `the latest entry …`."""
    token, before, behind = place.token, place.before, place.behind
    words = [t.value for t in (*before[-1:], token, *behind[:2])]
    kinds = KINDS | {"EPISODES", "OF"}
    if token.type in KINDS and place.after == "NAME" and before[-1].value in _ORDERS:
        return f"write `{_ORDERS[before[-1].value]} {token.value} …`"
    if token.value == "recent" and place.after == "NAME":
        return "write `latest`"
    if token.type in ("LATEST", "EARLIEST") and place.after == "NAME":
        return f"leave `{before[-1].value}` out: `{token.value} entry x in SET … has ( … )`"
    if token.type == "NUMBER" and place.after == "NAME" and words[0] == "exactly" and token.value.isdigit():
        return f"write both: `at least {token.value} …` and `fewer than {int(token.value) + 1} …`"
    if token.type == "OR" and place.after == "NUMBER" and before[-1].value.isdigit() and len(behind) > 1:
        if (side := behind[0].value) in ("more", "fewer", "less"):
            n = int(before[-1].value)
            kind = _MEANT_KINDS.get(behind[1].value, behind[1].value)
            return f"write `{f'at least {n}' if side == 'more' else f'fewer than {n + 1}'} {kind} x in SET …`"
    at = next((i for i, t in enumerate(behind[:2]) if t.type == "NUMBER" or t.value in NUMBER_WORDS), None)
    if at is None or at + 1 == len(behind) or behind[at + 1].type not in kinds | TIME:
        return None
    number = NUMBER_WORDS.get(behind[at].value, behind[at].value)
    if not number.isdigit():
        return None
    if place.after == "AT" and token.value == "most":
        return f"write `fewer than {int(number) + 1} …`"
    if token.type == "MORE" and "EXISTS" in place.accepted:
        return f"write `at least {int(number) + 1} …`"
    if token.type == "LESS" and "EXISTS" in place.accepted:
        return f"write `fewer than {number} …`"
    return None


def _of_changes(place: Place) -> str | None:
    """`a rises from b by at least 5 %`, `a differs from b by more than 5 %`, `a drops …`."""
    token, before, accepted = place.token, place.before, place.accepted
    if token.value in _CHANGES and "RISES" in accepted:
        return f"write `{_CHANGES[token.value]} from … by more than …`"
    start = start_of(before)
    at = next((i for i in range(start, len(before)) if before[i].type in ("DIFFERS", "RISES", "FALLS")), None)
    if at is None:
        return None
    left, verb = in_words(before[start:at]), before[at].value
    rest = (*before[at + 1 :], token, *place.behind)
    other = next((rest[i + 1] for i, t in enumerate(rest[:-1]) if t.type == "FROM" and rest[i + 1].type != "NUMBER"), None)
    number = next((i for i, t in enumerate(rest) if t.type == "NUMBER"), None)
    if other is None or number is None or number + 1 == len(rest):
        return None
    right, n, unit = other.value, rest[number].value, rest[number + 1].value
    amount = f"{n} {unit}" if rest[number + 1].type in ("PERCENT", "STRING") else n
    if token.type == "MINUS":
        return f"write the number without a sign: `by more than {n} …`; `rises` and `falls` say the direction"
    if any(t.type == "LEAST" for t in rest[: number + 1]):
        return _at_least(left, verb, right, n, amount)
    if token.type == "FROM" and accepted == {"BY"}:
        return f"write `{left} differs by more than {amount} from {right}`"
    if token.type == "STRING" and accepted == {"PERCENT"}:
        return f"write `{left} rises from {right} by more than {amount} or {left} falls from {right} by more than {amount}`"
    if token.type == "BY" and accepted == {"FROM"}:
        return f"write `{left} {verb} from {right} by more than {amount}`"
    return None


def _at_least(left: str, verb: str, right: str, n: str, amount: str) -> str:
    """Return how a change of at least an amount is written: by calculating."""
    if amount.endswith("%"):
        more, less = (Decimal(100) + Decimal(n)) / 100, (Decimal(100) - Decimal(n)) / 100
        ways = [f"{left} >= {right} * {more.normalize():f}", f"{left} <= {right} * {less.normalize():f}"]
    else:
        ways = [f"{left} - {right} >= {amount}", f"{right} - {left} >= {amount}"]
    return f"it is `by more than`; at least is calculated: `{' or '.join(ways[verb == 'falls' : 1 + (verb != 'rises')])}`"


def _of_what_is_said(place: Place) -> str | None:
    """`t does not affirm S`, `t not denies S`: nothing is asked of silence."""
    around = [t.value for t in (*place.before[-1:], place.token, *place.behind[:2])]
    if {"not", "never"} & {*around} and any(word.startswith(("affirm", "den")) for word in around):
        return "what words do not say cannot be asked: they prove nothing by their silence"
    return None


def _of_numbers(place: Place) -> str | None:
    """Numbers, ranges and powers as people write them."""
    token, before, accepted, behind = place.token, place.before, place.accepted, place.behind
    if token.type == "TIMES" and place.after == "TIMES" and behind and behind[0].value in ("2", "3"):
        return power(place.before[-2].value, int(behind[0].value))
    if token.type == "STRING" and place.after == "CMP" and (found := quoted_quantity(token.value.strip('"“”'))) is not None:
        return f'the unit alone stands in quotes: `{found[0]} "{spelling.instead(found[1])}"`'
    if token.type == "LPAR" and place.after == "NUMBER" and len(behind) > 1 and behind[1].type == "RPAR":
        unit = spelling.instead(behind[0].value)
        return None if unit is None else f'a unit is written in quotes: "{unit}"'
    if token.value in _COMPARED and "CMP" in accepted:
        amount = amount_of([t for t in behind if t.value != "than"])
        return amount and _as_compared(said_before(before), _COMPARED[token.value], amount)
    if token.type == "PERCENT" and place.after == "NUMBER" and "AND" in accepted:
        return 'a unit is written in quotes: "%"'
    if token.type == "COMMA" and place.after == "NUMBER" and behind and behind[0].type == "NUMBER" and in_a_condition(before):
        left, right = before[-1].value, behind[0].value
        thousands = f"`{left}{right}` or " if len(right) == _THOUSANDS else ""
        return f"a number has no comma: write {thousands}`{left}.{right}`"
    if token.type == "CMP" and "AND" in accepted:
        return _between(before[start_of(before) :], token, behind)
    if "TO" in accepted and "CMP" not in accepted and place.token.type != "TO":
        whole = [*before, token]
        for i in range(len(whole) - 3, max(len(whole) - 6, 0), -1):
            if whole[i].type == "NUMBER" and whole[i + 1].type == "MINUS" and whole[i + 2].type == "NUMBER":
                return f"write `from {whole[i].value} to {amount_of(whole[i + 2 : len(before)])}`"
    return None


def quoted_quantity(text: str) -> tuple[str, str] | None:
    """Return number and unit, as they are written, of a text that is nothing else; None where it is another text."""
    found = _QUANTITY.fullmatch(text)
    return None if found is None or spelling.instead(found[2]) is None else (found[1], found[2])


def power(base: str, n: int) -> str:
    """Return how a power is written."""
    return f"powers are written out: `({' * '.join([base if base != ')' else '( … )'] * n)})`"


def _between(before: Sequence[Token], second: Token, behind: Sequence[Token]) -> str | None:
    """`20 < e.value < 300`."""
    first = next((i for i, t in enumerate(before) if t.type == "CMP"), None)
    amount = amount_of(behind)
    if first is None or amount is None or before[0].type != "NUMBER" or before[first].value[0] != second.value[0]:
        return None
    unit = amount.partition(" ")[2]
    low, subject = in_words(before[:first]), in_words(before[first + 1 :])
    if {before[first].value, second.value} == {"<="}:
        return f"write `{subject} is from {low} to {amount}`"
    if unit and " " not in low:
        low = f"{low} {unit}"
    turned = before[first].value.translate(str.maketrans("<>", "><"))
    return f"write `{subject} {turned} {low} and {subject} {second.value} {amount}`"


def _is_number(subject: str) -> bool:
    """Return whether words may stand for a number: an age, or a field."""
    return subject.startswith("age ") or "." in subject


def _with_time(subject: str, amount: str | None) -> str | None:
    """Return the amount that something is compared with, of an age in years where no unit of time is written."""
    return f"{amount} years" if amount and amount.isdigit() and (subject.startswith("age ") or "." not in subject) else amount


def _after_is(place: Place) -> str | None:
    token, after, earlier = place.token, place.after, place.earlier
    if after == "NAME" and earlier in ("IS", "NOT"):
        return _of_comparatives(place)
    if (than := _more_than(place)) is not None:
        return than
    if after != "IS" and (after, earlier) != ("NOT", "IS"):
        return None
    negated = after == "NOT"
    match token.type:
        case "CMP":
            return "numbers are compared without `is`: `e.value > 300`"
        case "IN" if any(t.value in ("last", "past") for t in place.behind[:2]):
            return _of_the_last(place)
        case "IN":
            return "write `not in`, without `is`" if negated else "write `in`, without `is`"
        case "NUMBER" if len(token.value) < _SHORTEST_CODE and _is_number(subject := subject_of(place.before)):
            rest = [token, *place.behind]
            two = len(rest) > 2 and rest[1].type == "MINUS" and rest[2].type == "NUMBER"
            amount = _with_time(subject, amount_of(rest[2:] if two else rest))
            called = "a range is written" if two else "one number is a range:"
            return f"{called} `{subject} is{' not' if negated else ''} from {token.value} to {amount}`"
        case "NUMBER":
            return "a code is asked for by its value set, `e in SET`; a number is compared, `m.quantity > 3`"
        case "NO" if len(place.behind) > 2 and place.behind[0].type in ("MORE", "LESS"):
            amount = amount_of(place.behind[2:])
            operator = "<=" if place.behind[0].type == "MORE" else ">="
            return amount and _as_compared(subject_of(place.before), operator, amount)
        case "NO":
            return "write `is false`"
        case "AT" if not negated:
            return _of_least_and_most(place)
        case "STRING":
            return "a status is a word without quotes; text as sent cannot be compared with text"
    return None


def _of_the_last(place: Place) -> str:
    """`is in the last 3 months`, `is within the last 3 months`."""
    number = next((i for i, t in enumerate(place.behind[:3]) if t.type == "NUMBER"), None)
    length = "3 months" if number is None else amount_of(place.behind[number:]) or "3 months"
    return f"{NO_CLOCK}: `{subject_of(place.before)} is within {length} before message.sent`"


def _more_than(place: Place) -> str | None:
    """`is more than 140 "mm[Hg]"`, `age at e is more than 16 years`."""
    before = place.before
    at = next((i for i in range(len(before) - 1, max(len(before) - 6, 0), -1) if before[i].type == "THAN"), None)
    if at is None or before[at - 1].type not in ("MORE", "LESS") or before[at - 2].type not in ("IS", "NOT"):
        return None
    if place.token.type in ("BEFORE", "AFTER", "FROM") or not place.accepted & (TIME | {"BEFORE", "AFTER", "FROM"}):
        return None
    subject, amount = subject_of(before), amount_of([*before[at + 1 :], place.token])
    if amount is None or not amount[0].isdigit() or not _is_number(subject):
        return None
    operator = {("MORE", "IS"): ">", ("MORE", "NOT"): "<=", ("LESS", "IS"): "<", ("LESS", "NOT"): ">="}[
        before[at - 1].type, before[at - 2].type
    ]
    return _as_compared(subject, operator, amount)


def _as_compared(subject: str, operator: str, amount: str) -> str:
    """Return how a comparison is written; of an age in completed units, of years where none are named."""
    n, _, unit = amount.partition(" ")
    if not subject.startswith("age ") or not n.isdigit():
        return f"write `{subject} {operator} {amount}`"
    unit = unit or "years"
    if operator in ("<", ">="):
        return f"write `{subject} {operator} {n} {unit}`"
    return f"write `{subject} {'>=' if operator == '>' else '<'} {int(n) + 1} {unit}`: an age counts completed {unit}"


def _of_least_and_most(place: Place) -> str | None:
    """`is at least 3 months before e`, `is at least 12 years`, `is at most 5 "mmol/L"`."""
    subject, word, rest = subject_of(place.before), place.behind[0].value if place.behind else "", place.behind[1:]
    amount = [t.value for t in takewhile(lambda t: t.type in TIME | {"NUMBER", "STRING", "NAME", "DOTTED", "REF"}, rest)]
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
    subject = subject_of(place.before)
    rest = [place.token, *place.behind]
    if word == "between" and rest[0].type == "DATE" and len(rest) > 2 and rest[2].type == "DATE" and place.earlier == "IS":
        return f"write `{subject} is not before {rest[0].value} and {subject} is not after {rest[2].value}`"
    if word == "between" and rest[0].type == "NUMBER":
        at = next((i for i, t in enumerate(rest[1:4], start=1) if t.type == "NUMBER"), None)
        high = _with_time(subject, amount_of(rest[at:]) if at is not None else "…")
        negated = " not" if place.earlier == "NOT" else ""
        return f"a range is written `{subject} is{negated} from {rest[0].value} to {high}`"
    number = next((i for i, t in enumerate(rest[:2]) if t.type == "NUMBER"), None)
    amount = None if number is None else amount_of(rest[number:])
    operator = _COMPARED.get({"older": "above", "younger": "below"}.get(word, word))
    if amount is None or operator is None or ("." in amount and "." not in subject):
        return None
    if not _is_number(subject):
        subject = f"age at {ranged(place.before) or 'e' if subject == 'patient' else subject}"
    return _as_compared(subject, {">": "<=", "<": ">="}[operator] if place.earlier == "NOT" else operator, amount)


def _of_conditions(place: Place) -> str | None:
    token, before, after, earlier, accepted = place.token, place.before, place.after, place.earlier, place.accepted
    if token.type == "DATE" and after == "CMP":
        return "dates are compared with `before`, `after` and `within`: `e is before 2025-01-01`"
    if after in ("WHERE", "HAS"):
        return f"the brackets are not optional: `{after.lower()} ( … )`"
    if after == "WITHIN" and token.value in ("last", "past", "the"):
        return _of_the_last(place)
    if after == "NAME" and earlier == "WITHIN" and token.value in ("last", "past"):
        return _of_the_last(place)
    if token.type == "NUMBER" and after == "NAME" and before[-1].value in ("last", "past") and earlier in ("WITHIN", "IN"):
        return _of_the_last(Place(token, before[:-2], [token, *place.behind], accepted))
    if token.type == "WITHIN" and "HAS" in accepted:
        return _of_an_edge(place)
    if token.type in _SAID_OF_A_MEMBER and "WHERE" in accepted:
        return _of_a_member(place)
    if token.type in KINDS and after == "NAME" and earlier == "FOR":
        return f"ask it in `when`: `for {token.value} e in SET when e is {before[-1].value} …`"
    if after == "NOT" and "LPAR" in accepted:
        return "the brackets are not optional: `not ( … )`"
    if after in ("AGE", "AT"):
        return "an age is an age at something: `age at e < 12 years`"
    if token.type == "NUMBER" and "DATE" in accepted and re.fullmatch(r"[0-9]{4}", token.value):
        return f"a year by itself is no date here: write {token.value}-01-01 or {token.value}-12-31"
    if token.type == "NAME" and after == "NUMBER" and "EPISODES" in accepted:
        return "entries, medications, days and episodes are counted: `at least N medication x in SET`"
    if (
        token.type in ("NAME", "REF", "DOTTED")
        and after in ("NUMBER", "ASSUME")
        and (earlier in ("CMP", "DEFAULT", "FROM", "TO") or after == "ASSUME" or in_a_condition(before))
    ):
        return f'a unit is written in quotes: "{spelling.instead(token.value) or token.value}"'
    if token.type == "NAME" and token.value == "same" and after == "NAME":
        return "write `the same product as` or `the same entry as`, and what it is compared with"
    if token.type in _RELATIONS and "IS" in accepted:
        return f"write `{before[-1].value} is {token.value} …`" if after in ("NAME", "DOTTED") else "write `is` before it"
    if token.type in _RELATIONS and after in ("AND", "OR"):
        said = condition_before(before[:-1])
        subject = said[0] if said else "e"
        return f"say it of each: `{before[-1].value} {subject} is {token.value} …`"
    if token.type in ("CMP", "IS") and after in ("AND", "OR"):
        said = condition_before(before[:-1])
        return f"say it of each: `{before[-1].value} {said[0]} {token.value} …`" if said else None
    if after in ("AND", "OR") and token.type in ("SAY", "UNLESS", "EXAMPLE", "RBRACE", "RPAR"):
        return f"a condition follows `{before[-1].value}`: write it, or leave `{before[-1].value}` out"
    if token.type == "COMMA" and in_a_condition(before):
        return "conditions are joined by `and` or `or`"
    if token.type == "COMMA" and "WITH" in accepted and len(before) > 1:
        behind = place.behind[0].value if place.behind else "…"
        return f'name one set that includes both: `valueset either "…" {{ include {before[-1].value}, {behind} }}`'
    if accepted == {"HAS"}:
        return "`where` chooses, and `has` is asked of the one that was chosen: `… has ( … )`"
    if token.type == "NAME" and token.value == "between" and "CMP" in accepted:
        return "a range is written `is from 12 to 16 years`"
    return None


def _of_a_member(place: Place) -> str | None:
    """`exists entry x in preg within 3 months before e`."""
    start = next((i for i in range(len(place.before) - 1, -1, -1) if place.before[i].type in KINDS), None)
    if start is None or start + 1 >= len(place.before):
        return None
    rest = [t for t in (place.token, *place.behind) if t.type != "IS"]
    amount = [*takewhile(lambda t: t.type in TIME | {"NUMBER", "WITHIN", "BEFORE", "AFTER", "OF", "ON_THE_SAME_DAY_AS"}, rest)]
    ended = rest[len(amount) : len(amount) + 1]
    other = in_words([t for t in ended if t.type in ("NAME", "DOTTED", "DATE")])
    said = f"{in_words(amount)} {other or 'before ITEM'}"
    return f"say it in brackets: `{in_words(place.before[start:])} where ({place.before[start + 1].value} is {said})`"


def _of_an_edge(place: Place) -> str | None:
    """`latest entry x in SET within 3 months before e has ( … )`."""
    start = max((i for i, t in enumerate(place.before) if t.type in ("LATEST", "EARLIEST")), default=None)
    side = next((i for i, t in enumerate(place.behind[:6]) if t.type in ("BEFORE", "AFTER")), None)
    if start is None or side is None or side + 1 >= len(place.behind) or start + 2 >= len(place.before):
        return None
    length, edge = in_words(place.behind[:side]), in_words(place.behind[side : side + 2])
    name = place.before[start + 2].value
    until = f"until {place.behind[side + 1].value}" if place.behind[side].type == "BEFORE" else ""
    return (
        f"write `{in_words([*place.before[start:]])} {until}".rstrip() + f" where ({name} is within {length} {edge}) has ( … )`"
    )


def _of_lengths(place: Place) -> str | None:
    token, before, after, accepted = place.token, place.before, place.after, place.accepted
    if token.value in NUMBER_WORDS and "NUMBER" in accepted:
        return f"write the number in digits: `{NUMBER_WORDS[token.value]}`"
    if token.type in TIME and after == "NAME" and before[-1].value in NUMBER_WORDS:
        return f"write the number in digits: `{NUMBER_WORDS[before[-1].value]} {token.value}`"
    if after == "THAN" and {"NUMBER", "NAME"} <= accepted:
        return "a length is a number and its unit, such as `3 days`, or a limit"
    if after == "LEAST" and {"NUMBER", "NAME"} <= accepted:
        return "what is counted is counted by a whole number, or a limit: `at least 2 …`"
    if (token.type == "STRING" and "EPISODES" in accepted) or (token.type in TIME and accepted == {"WITH"}):
        return "days are counted by a whole number: `at least 3 days with entry x in SET`"
    if after == "NUMBER" and accepted <= TIME:
        return f"a length has a unit of time: {', '.join(f'`{before[-1].value} {unit}`' for unit in ('days', 'weeks', 'months'))} or years"
    if token.type in ("MINUS", "PLUS") and "CMP" not in accepted:
        return "dates are not calculated with: write `is more than 3 months before …`, `is within 2 weeks after …`"
    if token.type == "OF" and {"BEFORE", "AFTER", "FROM"} & accepted:
        return "write `before`, `after` or `from`, which is either side"
    if after == "OVERLAPS":
        return "a medication overlaps another, which is named by its variable: `m overlaps n`"
    return None


def _of_examples(token: Token, after: str, earlier: str, accepted: frozenset[str]) -> str | None:
    if token.type == "GIVEN" and after == "STRING" and "LBRACE" in accepted:
        return 'what an example gives stands in braces: `example "…" { given … expect … }`'
    if token.type == "EXPECT" and after == "NAME" and earlier == "GIVEN":
        return "say what is given, such as `given incoming entry CODE`; where nothing is, leave `given` out"
    if token.type == "STRING" and after in ("CLEAR", "TELL"):
        return "what is said is expected of `expect fires` alone"
    if token.type == "NAME" and after in KINDS and "STRING" in accepted:
        return f"an example gives one code of the set: `{after.lower()} CODE`"
    if token.type in KINDS and after == "GIVEN":
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
    if "STRING" in accepted <= {"STRING", "DOTTED"} and after in ("SAY", "TITLE", "BECAUSE", "SOURCE"):
        return f'text stands in quotes: `{after.lower()} "…"`'
    if accepted == {"VERSION"}:
        return "a version is three numbers without quotes: `version 1.0.0`"
    if token.type == "STRING" and after == "NUMBER" and "TERM" in accepted:
        return f"a term stands between bars: `|{token.value[1:-1]}|`"
    if "COMMA" in accepted and token.type in ("NAME", "NUMBER", "HAZARD", "STRING"):
        return "items of a list are parted by commas: is one missing before it?"
    if after == "CODES" and token.type == "RBRACE":
        return "codes follow `codes`, in digits or from a file: write one, or leave `codes` out"
    if after == "LPAR" and earlier == "NAME" and token.type == "RPAR" and accepted >= KINDS:
        return "a named condition is asked of something: `define NAME(entry e) …`"
    if token.type == "NUMBER" and "CODES" in accepted:
        return "a list of codes follows the word `codes`"
    return None
