"""Words that are near one of ours and would say another thing, or the opposite: asked before any other remedy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from codesafety.language.parsing.place import (
    KINDS,
    TIME,
    Place,
    amount_of,
    condition_before,
    in_a_condition,
    in_words,
    ranged,
    start_of,
    subject_of,
)
from codesafety.language.parsing.tokens import Token

_FIRES: Final = frozenset(
    {"alert", "alerts", "warn", "warning", "true", "yes", "triggers", "trigger", "positive", "finding", "error"}
)
_TO_EXCEPT: Final = frozenset({"exclude", "excludes", "excluding", "minus", "without", "remove", "omit"})
_MORE: Final = frozenset({"more", "over", "above", "older", "greater", "higher", "later", "longer"})
_FEWER: Final = frozenset({"less", "under", "below", "younger", "fewer", "lower", "shorter"})
_BEGINS_A_PART: Final = frozenset({
    "TITLE", "ACTION", "SEVERITY", "HAZARD_WORD", "SOURCE", "BECAUSE", "WHEN", "UNLESS", "SAY", "EXAMPLE",
    "CODES", "FROZEN", "INCLUDE", "ECL", "DEFAULT", "KEY", "COLUMN",
})  # fmt: skip
_OF_A_GROUP: Final = {"one": "1", "any": "1", "either": "1", "some": "1", "two": "2", "both": "2", "three": "3", "four": "4"}
_DECLARES: Final = frozenset({"RULE", "VALUESET", "LIMIT", "TABLE", "DEFINE", "RULESET"})
_OF_SENTENCES: Final = frozenset({"either", "neither", "both", "if", "not", "the", "a", "that", "this"})
_AGES: Final = {"adult": ">= 18 years", "child": "< 18 years", "minor": "< 18 years", "baby": "< 1 years", "infant": "< 1 years"}
_MEANT_TOGETHER: Final = frozenset({"prescribed", "taken", "given", "used", "combined", "co-prescribed", "together"})


def of_slips(place: Place) -> str | None:
    """Return what to write for a word whose nearest keyword says something else."""
    asked = _IN_A_CONDITION if in_a_condition(place.before) else _ELSEWHERE
    return next((help for help in (ask(place) for ask in asked) if help is not None), None)


def _word_before(place: Place) -> str:
    return place.before[-1].value if place.after == "NAME" else ""


def _values(tokens: Sequence[Token], n: int) -> list[str]:
    return [t.value for t in tokens[:n]]


def _drawn(before: Sequence[Token]) -> frozenset[str]:
    """Return the names that were given to items so far."""
    return frozenset(name.value for kind, name in pairwise(before) if kind.type in KINDS)


# ------------------------------------------------------------------------------------------------ conditions


def _of_bounds(place: Place) -> str | None:
    """`is 140 or more`, `is 65 or over`, `is 3 months or more after d`, `> 140 "mm[Hg]" and < 160`."""
    token, before, behind = place.token, place.before, place.behind
    if token.type == "NUMBER" and place.after == "IS":
        amount = amount_of([token, *behind]) or ""
        rest = behind[len(amount.split()) - 1 :]
        if len(rest) < 2 or rest[0].type != "OR" or rest[1].value not in _MORE | _FEWER:
            return None
        subject, more = subject_of(before), rest[1].value in _MORE
        if len(rest) > 3 and rest[2].type in ("BEFORE", "AFTER"):
            where = f"{rest[2].value} {rest[3].value}"
            if more:
                return f"write `{subject} is not less than {amount} {where} and {subject} is {where}`"
            return f"write `{subject} is within {amount} {where}`"
        return _compared(place, subject, ">=" if more else "<=", amount)
    if token.type == "CMP" and place.after in ("AND", "OR") and (said := condition_before(before[:-1])) is not None:
        return f"say it of each: `{before[-1].value} {said[0]} {token.value} {amount_of(behind) or '…'}`"
    high: str | None
    if token.type == "FROM" and "CMP" in place.accepted and place.after in ("NAME", "DOTTED"):
        at = next((i for i, t in enumerate(behind[:4]) if t.type == "TO"), None)
        high = amount_of(behind[at + 1 :]) if at is not None else None
        return high and f"write `{in_words(before[start_of(before) :])} is from {in_words(behind[:at])} to {high}`"
    if token.value == "between" and "CMP" in place.accepted and len(behind) > 2 and behind[0].type == "NUMBER":
        at = next((i for i, t in enumerate(behind[1:4], start=1) if t.type == "NUMBER"), None)
        high = amount_of(behind[at:]) if at is not None else None
        return high and f"a range is written `{in_words(before[start_of(before) :])} is from {behind[0].value} to {high}`"
    if token.type == "LIMIT":
        return "a limit is named by itself: leave `limit` out"
    if place.after == "AGE":
        at = next((i for i, t in enumerate([token, *behind[:3]]) if t.type == "CMP"), None)
        bound = amount_of(behind[at:]) if at is not None else None
        if at is not None and bound is not None:
            written = _compared(place, f"age at {ranged(before) or 'e'}", [token, *behind][at].value, bound) or ""
            return f"an age is an age at something: {written.removeprefix('write ')}"
    if (
        token.type == "MINUS"
        and place.after == "NUMBER"
        and place.earlier == "WITHIN"
        and len(behind) > 3
        and behind[0].type == "NUMBER"
    ):
        subject, low, unit, where = subject_of(before), before[-1].value, behind[1].value, in_words(behind[2:4])
        shorter = f"{low} {unit.removesuffix('s') if low == '1' else unit}"
        if behind[1].type not in TIME or behind[2].type not in ("BEFORE", "AFTER"):
            return None
        return f"write `{subject} is within {behind[0].value} {unit} {where} and not ({subject} is less than {shorter} {where})`"
    if token.type == "STRING" and place.after == "NAME" and place.earlier == "CMP":
        return f"`{before[-1].value}` has its unit with it: leave {token.value} out"
    return None


def _compared(place: Place, subject: str, operator: str, amount: str) -> str | None:
    if subject.startswith("age ") or "." in subject:
        unit = " years" if subject.startswith("age ") and amount.isdigit() else ""
        n, _, length = amount.partition(" ")
        if operator in ("<=", ">") and subject.startswith("age ") and n.isdigit():
            return f"write `{subject} {'<' if operator == '<=' else '>='} {int(n) + 1} {length or 'years'}`"
        return f"write `{subject} {operator} {amount}{unit}`"
    if "patient" not in subject.split():
        return None
    return _compared(place, f"age at {ranged(place.before) or 'e'}", operator, amount)


def _of_days(place: Place) -> str | None:
    """`e is more than 3 months ago`, `e is older than 3 months`, `e follows d`, `e is in the future`."""
    token, before, behind, accepted = place.token, place.before, place.behind, place.accepted
    part = before[start_of(before) :]
    subject, words = subject_of(before), [t.value for t in part]
    named = behind[0].value if behind and behind[0].type in ("NAME", "DOTTED", "DATE") else None
    if token.value in ("ago", "old") and "than" in words and {"BEFORE", "AFTER"} & accepted:
        return f"a rule answers the same on every day: `{in_words(part)} before message.sent`"
    if token.type == "THAN" and words[-1:] == ["older"] and len(part) == 3 and part[0].type == "NAME":
        amount = amount_of(behind)
        if subject != "patient" and amount is not None and len(amount.split()) == 2 and amount.split()[0].isdigit():
            n, unit = amount.split()
            age = f"age at {subject} >= {int(n) + 1} {unit}"
            return f"of its day, write `{subject} is more than {amount} before message.sent`; of the patient's age, `{age}`"
    if token.value in ("follows", "precedes", "predates") and "CMP" in accepted and named:
        return f"write `{in_words(part)} is {'after' if token.value == 'follows' else 'before'} {named}`"
    if {"future"} & {token.value, *_values(behind, 2)} and place.after == "IS" and token.type == "IN":
        return f"a rule answers the same on every day: `{subject} is after message.sent`"
    side = accepted & {"BEFORE", "AFTER", "OF"}
    if {"BEFORE", "AFTER", "OF"} <= side and "WITHIN" in (t.type for t in part) and token.type in ("NAME", "FROM"):
        other = token.value if token.type == "NAME" else named
        if other is not None and token.value not in ("last", "past", "the", "months", "years", *_OF_A_GROUP):
            return f"say on which side: `{in_words(part)} before {other}`, `after {other}`, or `of {other}`, which is either"
    if (
        token.type in ("BEFORE", "AFTER")
        and place.after == "OR"
        and "within" in (said := in_words(before[start_of(before[:-1]) : -1])).split()
    ):
        begun, _, rest = said.partition(" within ")
        length, sides = rest.split(), ("before", "after")
        at = next((i for i, word in enumerate(length) if word in sides), None)
        if at is not None and named == length[-1]:
            return f"either side is `{begun} within {' '.join(length[:at])} of {named}`"
    if _word_before(place) == "during" and token.value in _drawn(before):
        return f"say how long it lasts, such as `{subject} is within 40 weeks after {token.value}`"
    if (
        _word_before(place) in ("started", "begun", "begins", "starts", "ended", "ends")
        and token.type in ("BEFORE", "AFTER")
        and named
    ):
        field = "end" if _word_before(place).startswith("end") else "start"
        return f"write `{words[0]}.{field} is {token.value} {named}`"
    if token.type == "OR" and place.after in ("BEFORE", "AFTER") and behind and behind[0].type == "ON_THE_SAME_DAY_AS":
        other = behind[1].value if len(behind) > 1 else "…"
        return f"write `{subject} is not {'after' if place.after == 'BEFORE' else 'before'} {other}`"
    return _of_the_same_day(place, subject, named)


def _of_the_same_day(place: Place, subject: str, named: str | None) -> str | None:
    """`e is on d`, `e is same day as d`, `e is the same day as d`."""
    token, behind = place.token, place.behind
    if (
        token.type in ("NAME", "DATE")
        and _word_before(place) == "on"
        and place.earlier == "IS"
        and token.value not in ("the", "same")
    ):
        if token.type == "DATE" or token.value in _drawn(place.before):
            return f"write `{subject} is on the same day as {token.value}`"
    words = [token.value, *_values(behind, 3)]
    if "same" in (_word_before(place), words[0]) and "day" in words[:2] and "as" in words:
        at = words.index("as")
        other = behind[at].value if at < len(behind) else "…"
        return f"write `{subject} is on the same day as {other}`"
    return None


def _of_the_patient(place: Place) -> str | None:
    """`patient is an adult`, `patient age at e < 18 years`."""
    token, before = place.token, place.before
    part = before[start_of(before) :]
    if not part or "patient" not in (t.value for t in part):
        return None
    if token.value in _AGES:
        return f"an age is told in numbers: `age at {ranged(before) or 'e'} {_AGES[token.value]}`, say"
    return f"leave `patient` out: `age at {ranged(before) or 'e'}`" if token.type == "AGE" and len(part) == 1 else None


def _of_groups(place: Place) -> str | None:
    """`any of (a, b)`, `two of (a, b)`, `at least 2 of a, b`, `and if`."""
    token, word = place.token, _word_before(place)
    if token.type == "OF" and (word in _OF_A_GROUP or word in ("all", "each", "none", "neither")):
        if word in ("none", "neither"):
            return "write `not ( … or … )`"
        if word in ("all", "each"):
            return "what holds of all is joined by `and`"
        n = _OF_A_GROUP[word]
        return "write `( … or … )`" if n == "1" else f"write `at least {n} of ( … , … )`"
    if place.after == "OF" and place.earlier in ("NUMBER", "NAME") and token.type != "LPAR" and "LPAR" in place.accepted:
        return "the brackets are not optional: `of ( … , … )`"
    if token.type in ("RPAR", "AND", "OR") and place.accepted == {"COMMA"}:
        return "conditions that are counted are parted by commas: `of ( … , … )`"
    return None


def _of_chosen_ones(place: Place) -> str | None:
    """`latest entry x in egfr < 45`, `latest entry x in egfr before e is less than 45`, `latest egfr.value < 45`."""
    token, before, behind = place.token, place.before, place.behind
    if "HAS" in place.accepted and (
        token.type == "CMP"
        or (token.type == "IS" and behind and behind[0].type in ("LESS", "MORE", "MISSING", "NOT", "FROM", "NAME"))
    ):
        at = max((i for i, t in enumerate(before) if t.type in ("LATEST", "EARLIEST")), default=None)
        if at is None or len(before) < at + 3:
            return None
        name = before[at + 2].value
        number = next((i for i, t in enumerate(behind[:4]) if t.type == "NUMBER"), None)
        operator = token.value
        if token.type == "IS":
            if number is None or behind[0].type not in ("LESS", "MORE"):
                return f"ask it of the one chosen: `has ({name}.value is …)`"
            operator = "<" if behind[0].type == "LESS" else ">"
        return f"ask it of the one chosen: `has ({name}.value {operator} {amount_of(behind[number:]) if number is not None else '…'})`"
    if place.after in ("LATEST", "EARLIEST") and token.type == "DOTTED":
        named, _, field = token.value.partition(".")
        edge = ranged(before) or "e"
        return f"write `{before[-1].value} entry x in {named} until {edge} has (x.{field} …)`"
    return None


def _of_sets(place: Place) -> str | None:
    """`exists preg`, `e in not preg`, `exists an entry x`, `exists entry x in S (…)`, `e is not in a and not in b`."""
    token, before, behind, accepted = place.token, place.before, place.behind, place.accepted
    if token.type == "NOT" and place.after == "IN" and behind and behind[0].type == "NAME":
        return f"write `{subject_of(before)} not in {behind[0].value}`"
    if place.after == "NOT" and place.earlier in ("AND", "OR") and "LPAR" in accepted and token.type in ("IN", "NAME"):
        part = [t.value for t in before[start_of(before[:-2]) : -2]]
        if "is" in part and token.type == "NAME" and not (behind and behind[0].type in ("IS", "IN", "CMP")):
            return f"say it of each: `{before[-2].value} {' '.join(part[: part.index('is')])} is not {token.value}`"
        if token.type == "IN" and part and behind:
            return f"say it of each: `{before[-2].value} {part[0]} not in {behind[0].value}`"
    if place.after in ("EXISTS", "NO") and KINDS & accepted and token.type == "NAME":
        verb = before[-1].value
        if token.value in ("a", "an", "any", "the") and behind and behind[0].type in KINDS:
            return f"leave `{token.value}` out: `{verb} {in_words(behind[:4])}`"
        if len(behind) > 1 and behind[0].type == "IN":
            return f"say what it is: `{verb} entry {token.value} in {behind[1].value}`"
        if token.value in ("past", "old") and behind and behind[0].type in KINDS:
            return f"what the patient has or had is `{verb} history {in_words(behind[1:4])} …`"
        if verb == "no" and token.value in ("previous", "prior", "earlier") and len(behind) > 3 and behind[0].type in KINDS:
            drawn = in_words(behind[:4])
            return f"write `{verb} {drawn} where ({behind[1].value} is before {ranged(before) or 'ITEM'})`"
        if not behind or behind[0].type in (
            "AND",
            "OR",
            "SAY",
            "UNLESS",
            "EXAMPLE",
            "RPAR",
            "RBRACE",
            "BEFORE",
            "AFTER",
            "WITHIN",
        ):
            return f"say what it is: `{verb} entry x in {token.value}`, or `medication x in {token.value}`"
    if token.type in KINDS and _word_before(place) in ("ever", "exist", "exits", "exisits", "has"):
        named = behind[2].value if len(behind) > 2 and behind[1].type == "IN" else "SET"
        kind = "history" if _word_before(place) == "ever" and token.type == "ENTRY" else token.value
        return f"write `exists {kind} {behind[0].value if behind else 'x'} in {named} …`"
    if "WHERE" in accepted and place.after in ("NAME", "REF") and place.earlier == "IN":
        if token.type == "LPAR":
            return "write `where` before the brackets: `where ( … )`"
        if token.type == "NAME" and behind and behind[0].type in ("IS", "IN", "CMP", "NOT"):
            return "write `where` and brackets: `where ( … )`"
    if (
        token.type == "OF"
        and place.earlier in KINDS
        and len(behind)
        and behind[0].type == "NAME"
        and before[-2].type != "MEDICATION"
    ):
        return f"a set is named behind `in`: `{in_words(before[-2:])} in {behind[0].value}`"
    return None


def _of_two_medicines(place: Place) -> str | None:
    """`m is prescribed with n`, `m with n`, `m is same drug as n`, `m interacts with n`."""
    token, before, behind = place.token, place.before, place.behind
    part = before[start_of(before) :]
    subject = part[0].value if part else ""
    if token.type == "WITH" and behind and behind[0].type == "NAME" and subject not in ("", "patient"):
        if place.after == "NAME" and (len(part) == 1 or before[-1].value in _MEANT_TOGETHER | {"interacts"}):
            return f"of two courses, write `{subject} overlaps {behind[0].value}`"
    if token.value == "interacts" and len(behind) > 1:
        return f"of two courses, write `{subject} overlaps {behind[1].value}`"
    if "same" in (_word_before(place), token.value) and {"drug", "medicine", "medication", "product"} & {
        token.value,
        *_values(behind, 2),
    }:
        words = [token.value, *_values(behind, 4)]
        other = words[words.index("as") + 1] if "as" in words[:-1] else None
        return f"write `{subject} is the same product as {other}`" if other else None
    return None


def _of_marks(place: Place) -> str | None:
    """`||`, `and if`, `e is entered in error`, `e.value rises by 10 %`, `> 3 times`."""
    token, before, behind = place.token, place.before, place.behind
    if token.value == "||":
        return "write `or`"
    if token.type == "IN" and _word_before(place) == "entered" and place.behind and place.behind[0].value == "error":
        return f"it is one word: `{subject_of(before)} is entered-in-error`"
    if token.value == "times" and place.after == "NUMBER":
        return "leave `times` out"
    if token.type == "MISSING" and behind and behind[0].type == "DOTTED" and "EXISTS" in place.accepted:
        return f"write `{behind[0].value} is missing`"
    if token.type == "BY" and place.after in ("RISES", "FALLS") and not any(t.type == "FROM" for t in behind[:8]):
        at = next((i for i, t in enumerate(behind[:4]) if t.type == "NUMBER"), None)
        amount = in_words(behind[at : at + 2]) if at is not None else "…"
        return f"say from what: `{in_words(before[-2:])} from x.value by more than {amount}`"
    part = before[start_of(before) :]
    if len(part) == 1 and place.after == "NAME" and token.type in ("AND", "OR", "SAY", "UNLESS", "EXAMPLE", "RBRACE", "RPAR"):
        item, name = ranged(before) or "e", part[0].value
        if name in _drawn(before):
            return f"say what is asked of it: `{name} is …`, `{name} in SET`"
        return f"say what is asked: `{item} in {name}` of a set, `exists entry x in {name}` of another entry, `{name}({item})` of a named condition"
    if (
        len(part) == 1
        and place.after == "NAME"
        and token.type == "NAME"
        and token.value == ranged(before)
        and part[0].value not in _OF_SENTENCES
    ):
        return f"a named condition is asked as `{part[0].value}({token.value})`"
    if _word_before(place) == "both" and place.earlier == "IS":
        return f"say it of each, and leave `both` out: `{subject_of(before)} is {token.value} and {subject_of(before)} is …`"
    if token.type == "EXCEPT":
        return 'an exception is a part of its own: `unless "…" CONDITION`'
    return "a rule has no `else`: write a second rule" if token.value == "otherwise" else None


# ------------------------------------------------------------------------------------------------ the rest of a file


def _of_names_and_braces(place: Place) -> str | None:
    """`rule my rule {`, `rule r (`, `valueset w "W" codes …`."""
    token, before, accepted = place.token, place.before, place.accepted
    if not before or before[0].type not in _DECLARES or any(t.type == "LBRACE" for t in before):
        return None
    if before[0].type == "DEFINE":
        return _of_named_conditions(place)
    words = _DECLARES | {"NAME"}
    if len(before) == 2 and before[1].type in ("NAME", "DOTTED", "REF") and token.type in words:
        end = next((i for i, t in enumerate(place.behind) if t.type in ("LBRACE", "STRING", "FROM")), None)
        if end is not None and all(t.type in words for t in place.behind[:end]):
            name = "-".join(t.value for t in (before[1], token, *place.behind[:end]))
            return f"a name is one word: `{before[0].value} {name}`"
    if token.type in ("LPAR", "LSQB") and "LBRACE" in accepted:
        return f"what belongs to it stands in braces: write `{{` for `{token.value}`"
    if token.type == "STRING" and before[0].type in ("RULE", "RULESET") and len(before) == 2:
        return f"a title stands in the braces: `{in_words(before)} {{ title {token.value} … }}`"
    if "LBRACE" in accepted and token.type in _BEGINS_A_PART:
        return "what belongs to it stands in braces: `{` is missing before it"
    if token.type in KINDS and place.after in ("FOR", "EACH"):
        return f"what it ranges over stands in the braces: `{in_words(before[:2])} {{ … for {in_words([token, *place.behind[:3]])} … }}`"
    if before[-1].type in _DECLARES and token.type == "LBRACE":
        return f"give it a name of one word: `{before[-1].value} some-name {{ … }}`"
    return None


def _of_named_conditions(place: Place) -> str | None:
    """`define f "f" { … }`, `define f(entry e) "f" e is past`, `define f(entry e in preg) …`."""
    token, before = place.token, place.before
    if place.accepted == {"LPAR"} and len(before) == 2:
        return f"say what it is asked of: `{in_words(before)}(entry e) …`"
    if place.accepted == {"LBRACE"}:
        return "the condition stands in braces: `{ … }`"
    if token.type == "IN" and place.earlier in KINDS:
        return f"a set is no part of it: `{in_words(before[-2:])}`, and `{before[-1].value} in SET` in the braces"
    return None


def _of_value_sets(place: Place) -> str | None:
    """`exclude 77386006`, `descendants of 77386006`, `codes <<77386006`, `codes preg, notpreg`."""
    token, before, behind, accepted = place.token, place.before, place.behind, place.accepted
    if not before or before[0].type != "VALUESET" or not any(t.type == "LBRACE" for t in before):
        return None
    if token.value in _TO_EXCEPT and "EXCEPT" in accepted:
        return f"write `except {behind[0].value if behind else 'CODE'}`"
    code = next((t.value for t in (token, *behind[:3], *before[-1:]) if t.type == "NUMBER"), "CODE")
    if (token.type == "CMP" and place.after == "CODES") or token.value in ("descendants", "children", "subtypes", "hierarchy"):
        return f"a code and what stands beneath it is an expression: `ecl {{ << {code} }}`"
    if token.type == "AND" and behind and behind[0].value in ("children", "descendants", "below", "subtypes"):
        return f"a code and what stands beneath it is an expression: `ecl {{ << {code} }}`"
    if place.after == "CODES" or place.earlier == "CODES":
        named = before[-1] if place.after == "NAME" else token
        if named.type == "NAME" and token.type in ("COMMA", "NAME") and (token.type == "COMMA" or place.after == "CODES"):
            return f"the codes of another set are taken in by `include {named.value}`"
    if (
        token.type == "NAME"
        and place.after in ("LBRACE", "STRING", "TERM")
        and behind
        and behind[0].type in ("OR", "AND", "COMMA")
    ):
        return f"other sets are taken in by `include {token.value}, {behind[1].value if len(behind) > 1 else '…'}`"
    if place.after == "FROZEN" and token.type in ("NAME", "DOTTED"):
        return f'a file\'s name stands in quotes: `frozen "{token.value}"`'
    return None


def _of_what_is_drawn(place: Place) -> str | None:
    """`for entry e in preg without entry d in S`, `, entry d in S`, `and entry d in S`, `where`, `for e in preg`."""
    token, before, behind = place.token, place.before, place.behind
    if not before or before[0].type != "RULE":
        return None
    inside = any(t.type == "LBRACE" for t in before)
    if not inside:
        if _word_before(place) == "" and place.after == "EACH" and len(behind) > 1 and behind[0].type == "OF":
            return f"write `for each row {token.value} of {behind[1].value}`"
        if token.type == "LBRACE" and place.earlier == "ROW":
            return f"say of which table: `row {before[-1].value} of TABLE`"
        return None
    part = next((t.type for t in reversed(before) if t.type in ("WHEN", "UNLESS", "FOR", "SAY", "EXAMPLE")), "")
    if part == "FOR" and behind and behind[0].type in KINDS:
        drawn = in_words(behind[:4])
        if token.value in ("without", "no", "unless"):
            return f"ask it in `when`: `when no {drawn} where ( … )`"
        if token.type in ("AND", "COMMA") or token.value in ("plus", "beside"):
            return f"a pair is written `with {drawn}`"
    if part == "FOR" and token.value in ("where", "who", "whose", "having"):
        return "a condition stands behind `when`"
    if part == "FOR" and token.type == "IN" and place.after == "NAME" and place.earlier == "FOR" and behind:
        return f"say what it is: `for entry {before[-1].value} in {behind[0].value}`"
    if token.type == "EXCEPT" or token.value in ("except", "excluding"):
        return 'an exception is written `unless "…" CONDITION`'
    if token.value in ("otherwise", "elsif", "elif"):
        return "a rule has no `else`: write a second rule"
    if token.type in ("STRING", "CMP") and place.after == "STRING" and place.earlier == "SOURCE":
        address = token.value.strip('"“”<') if token.type == "STRING" else behind[0].value if behind else ""
        return f"an address stands between `<` and `>`: `<{address if address.startswith('http') else f'https://{address}'}>`"
    if place.after == "VALID":
        day = token.value if token.type == "DATE" else behind[0].value if behind else "DATE"
        return f"write `valid from {day}`, or `valid until {day}`"
    if token.type == "MINUS" and place.after == "DATE" and place.earlier == "FROM" and behind:
        return f"write `valid from {before[-1].value} valid until {behind[0].value}`"
    return None


def _of_examples(place: Place) -> str | None:
    """`expect alert`, `given incoming 77386006`, `incoming entry …` without `given`."""
    token, before, behind, accepted = place.token, place.before, place.behind, place.accepted
    if not any(t.type == "EXAMPLE" for t in before):
        return None
    if "FIRES" in accepted:
        if token.value in _FIRES or token.value in ("note", "review", "hold") or token.value.strip('"“”') == "fires":
            return "write `fires`"
        return {"clear": "write `clear`", "clears": "write `clear`"}.get(token.value.strip('"“”'))
    if token.value in ("fires", "clear") and "EXPECT" in accepted:
        return f"write `expect {token.value}`"
    if token.value == "expects" and "EXPECT" in accepted:
        return "write `expect`"
    if token.type == "NUMBER" and KINDS & accepted and _word_before(place) in ("incoming", "record"):
        return f"say what it is: `given {before[-1].value} entry {token.value}`"
    if place.after == "LBRACE" and token.value in ("incoming", "record", "patient", "message"):
        return f"write `given {token.value} …`"
    if token.type == "NUMBER" and place.after == "COMMA" and len(token.value) > 5:
        return f"each item is given by itself: `given incoming entry {token.value}`"
    if token.type == "AND" and behind and behind[0].value in ("fires", "clear"):
        return "an example expects one thing"
    return None


def _of_tables(place: Place) -> str | None:
    """`table t "b.csv"`, `table t from b.csv`, a comma between columns; a word that begins no declaration."""
    token, before, behind = place.token, place.before, place.behind
    if before and before[0].type == "TABLE":
        if place.accepted == {"FROM"}:
            return f"write `from {token.value}`" if token.type == "STRING" else 'write `from "….csv"`'
        if place.after == "FROM" and token.type in ("NAME", "DOTTED"):
            return f'a file\'s name stands in quotes: `from "{token.value}"`'
        if token.type == "COMMA":
            return "leave the comma out"
    if {"RULE", "VALUESET"} <= place.accepted or not before:
        if token.value in ("uses", "use", "import", "imports", "include", "requires"):
            named = behind[0].value if behind and behind[0].type != "STRING" else "NAME"
            return f"another ruleset is named in the header: `ruleset … {{ … uses {named} 1.0.0 }}`"
        if token.value in ("alert", "check", "warning", "rules"):
            return "write `rule`"
        if token.value in ("set", "codelist", "codeset", "valuesets", "codes", "refset"):
            return "write `valueset`"
        if token.value in ("function", "condition", "def", "macro"):
            return 'a named condition is written `define NAME(entry e) "…" { … }`'
        if token.type == "EXAMPLE":
            return "an example stands in the braces of its rule"
    return None


_IN_A_CONDITION: Final[tuple[Callable[[Place], str | None], ...]] = (
    _of_bounds,
    _of_days,
    _of_the_patient,
    _of_groups,
    _of_chosen_ones,
    _of_sets,
    _of_two_medicines,
    _of_marks,
)
_ELSEWHERE: Final[tuple[Callable[[Place], str | None], ...]] = (
    _of_names_and_braces,
    _of_value_sets,
    _of_what_is_drawn,
    _of_examples,
    _of_tables,
)
