"""What people write who speak English, or another language of rules, and what is written here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from codesafety.ir.units import spelling
from codesafety.language.parsing.place import (
    KINDS,
    TIME,
    Place,
    amount_of,
    in_a_condition,
    in_words,
    ranged,
    start_of,
    subject_of,
)
from codesafety.language.parsing.tokens import Token

_TIMES: Final = {
    **dict.fromkeys(("y", "yr", "yrs", "a"), "years"),
    **dict.fromkeys(("m", "mo", "mos", "mth", "mths", "mon"), "months"),
    **dict.fromkeys(("w", "wk", "wks"), "weeks"),
    **dict.fromkeys(("d", "dy", "dys"), "days"),
}
_SOME: Final = frozenset({"any", "some", "there"})
_ALL: Final = frozenset({"all", "every", "each"})
_NONE: Final = frozenset({"none", "without", "never"})
_SAYS: Final = frozenset({"contains", "says", "mentions", "states", "includes", "matches", "like"})
_OF_AN_AGE: Final = frozenset({"older", "younger", "aged", "over", "under"})
_EACH: Final = _ALL | {"any", "a", "an", "the"}
_HELD: Final = frozenset({"recorded", "filed", "stored", "held", "documented"})
_AT_ENDS: Final = {"after": "before", "before": "after"}
_SIDES: Final = {
    **dict.fromkeys(("newer", "later", "recenter"), "after"),
    **dict.fromkeys(("older", "earlier", "sooner"), "before"),
}
_TIMES_AS_MUCH: Final = {"double": "2", "twice": "2", "triple": "3", "half": "0.5", "thrice": "3"}
_NO_DATE_ARITHMETIC: Final = (
    "dates are not calculated with: write `e is within 30 days before message.sent`, `e is more than 3 months before …`"
)
_SHORTEST_CODE: Final = 6
"""Digits of a SNOMED CT code."""
_SHORT_POWER: Final = 4
_ENDS: Final = frozenset({"AND", "OR", "RPAR", "RBRACE", "SAY", "UNLESS", "EXAMPLE", "$END"})
_NO_IF: Final = 'a rule has no `if`: conditions stand behind `when`, and an exception is `unless "…" CONDITION`'


def of_everyday_words(place: Place) -> str | None:
    """Return what to write for words or marks that say in everyday language what is written otherwise here."""
    found = (ask(place) for ask in _IN_A_CONDITION if in_a_condition(place.before))
    return next((help for help in (*found, *(ask(place) for ask in _ELSEWHERE)) if help is not None), None)


def of_an_article(place: Place) -> str | None:
    """`e is not about the patient`."""
    word, token = _word_before(place), place.token
    if word not in ("the", "a", "an") or token.type != "NAME":
        return None
    if place.earlier == "IS" and "." not in (subject := subject_of(place.before)):
        return f"a code is asked for by its value set: `{subject} in {token.value}`; before a word leave `{word}` out"
    return f"leave `{word}` out"


def _of_the_patient(place: Place) -> str | None:
    """`patient is on warfarin`, `patient never had entry x in preg`."""
    part = place.before[start_of(place.before) :]
    if not part or part[0].value != "patient" or place.token.type in ("AND", "OR") or {t.value for t in part} & _OF_AN_AGE:
        return None
    denied = {t.value for t in (*part, place.token, *place.behind[:1])} & {"never", "not", "no", "without"}
    return f"what the patient has or takes is coded: `{'no' if denied else 'exists'} history x in SET`, `{'no' if denied else 'exists'} medication x in SET`"


def _word_before(place: Place) -> str:
    return place.before[-1].value if place.after == "NAME" else ""


def _of_members(place: Place) -> str | None:
    """`any entry x …`, `all entry x …`, `patient has entry x …`, `count(entry x …)`, `latest x in …`."""
    token, before, behind = place.token, place.before, place.behind
    if token.type == "AS" and place.after == "RPAR" and behind:
        return f"the name stands before the brackets: `as {behind[0].value} where ( … )`"
    if token.type == "IN" and place.earlier == "AS" and behind:
        return f"the name stands behind the set: `in {behind[0].value} as {before[-1].value}`"
    if token.type == "HAS" and behind and behind[0].type in KINDS:
        return f"write `exists {_drawn(behind)} …`"
    part = before[start_of(before) :]
    if (
        part
        and part[0].value == "there"
        and (at := next((i for i, t in enumerate([token, *behind[:2]]) if t.type in KINDS), None)) is not None
    ):
        denied = "no" in (t.value for t in (*part, token))
        return f"write `{'no' if denied else 'exists'} {_drawn([token, *behind][at:])} …`"
    if token.type in ("LATEST", "EARLIEST") and place.after == "EXISTS":
        return f"leave `exists` out: `{token.value} {_drawn(behind)} … has ( … )`"
    if place.after in ("LATEST", "EARLIEST"):
        chooses = before[-1].value
        if token.type == "NUMBER":
            return f"one is chosen: `{chooses} entry x in SET … has ( … )`; `at least {token.value} entry x in SET …` counts"
        if behind and behind[0].type == "IN" and token.type == "NAME":
            return f"say what it is: `{chooses} entry {token.value} {in_words(behind[:2])} … has ( … )`"
        return (
            f"write `{chooses} entry x in {token.value} until {ranged(before) or 'ITEM'} has ( … )`"
            if token.type == "NAME"
            else None
        )
    if place.accepted == {"MORE"} and place.after == "EPISODES":
        return "say how far apart two of them are: `episodes more than 2 weeks apart with …`"
    if token.value in ("other", "another") and KINDS & place.accepted:
        return f"leave `{token.value}` out: a member is never the item itself"
    if token.type not in KINDS:
        return None
    if place.after == "LPAR" and place.earlier == "NAME":
        return f"write `at least N {_drawn([token, *behind])} where ( … )`"
    drawn = _drawn([token, *behind])
    word = _word_before(place)
    if not part and "EXISTS" in place.accepted:
        return f"write `exists {drawn} …`, or `no {drawn} …`"
    if word == "next":
        return f"the one after is the earliest after it: `earliest {drawn} after {ranged(place.before) or 'ITEM'} has ( … )`"
    if word in _SOME:
        return f"write `exists {drawn} …`"
    if word in _NONE:
        return f"write `no {drawn} …`"
    return f"what holds of all fails of none: `no {drawn} where (not ( … ))`" if word in _ALL else None


def _drawn(tokens: Sequence[Token]) -> str:
    """Return the words of a binder that some tokens begin with: `entry x in notpreg`."""
    if len(tokens) > 2 and tokens[1].type in ("IN", "OF") and tokens[2].type == "NAME":
        return f"{tokens[0].value} x in {tokens[2].value}"
    return in_words(tokens[: 4 if len(tokens) > 3 and tokens[2].type == "IN" else 2])


def _of_logic(place: Place) -> str | None:
    """`either a or b`, `neither a nor b`, `if a then b`."""
    word = _word_before(place)
    if word == "either":
        return "leave `either` out"
    if "neither" in (word, place.token.value) or place.token.value == "nor":
        return "write `not ( … or … )`"
    return _NO_IF if word == "if" or place.token.value == "then" else None


def _of_sets(place: Place) -> str | None:
    """`e in 77386006`, `e in (a, b)`, `patient.gender in [male, female]`."""
    if place.after != "IN":
        return None
    token, subject = place.token, subject_of(place.before[:-1] if place.earlier == "NOT" else place.before)
    if token.type == "NUMBER" and len(token.value) < _SHORTEST_CODE:
        return _as_range(subject, place, negated=place.earlier == "NOT")
    if token.type in ("NUMBER", "STRING"):
        return f'codes stand in a value set: `valueset some_name "…" {{ codes {token.value} }}`, and here `in some_name`'
    if token.type not in ("LPAR", "LSQB"):
        return None
    names = [
        t.value
        for t in place.behind[: next((i for i, t in enumerate(place.behind) if t.type in ("RPAR", "RSQB")), 0)]
        if t.type != "COMMA"
    ]
    if not names:
        return None
    if "." in subject:
        return f"say it of each: `{' or '.join(f'{subject} is {name}' for name in names)}`"
    member = "include" if all(name[0].isalpha() for name in names) else "codes"
    return f'name one set of them: `valueset either "…" {{ {member} {", ".join(names)} }}`'


def _as_range(subject: str, place: Place, *, negated: bool) -> str | None:
    rest = [place.token, *place.behind]
    at = next((i for i, t in enumerate(rest[1:5], start=1) if t.type == "NUMBER"), None)
    high = amount_of(rest[at:]) if at is not None else None
    return high and f"a range is written `{subject} is{' not' if negated else ''} from {rest[0].value} to {high}`"


def _of_ranges(place: Place) -> str | None:
    """`is outside 3 to 5`, `is aged 12 to 15 years`, `years old`."""
    word, token = _word_before(place), place.token
    if token.type == "NUMBER" and word in ("outside", "inside"):
        return _as_range(subject_of(place.before), place, negated=word == "outside")
    if token.type == "NUMBER" and word == "aged":
        return _as_range(f"age at {ranged(place.before) or 'e'}", place, negated=False)
    if token.type == "AT" and place.after == "DOTTED" and place.before[-1].value.endswith(".age") and place.behind:
        return f"an age is an age at something: `age at {place.behind[0].value}`"
    if token.type == "AT" and behind_is(place, "LEAST") and "CMP" in place.accepted and place.after == "DOTTED":
        amount = amount_of(place.behind[1:])
        return amount and f"write `{subject_of([*place.before, token])} >= {amount}`"
    return "leave `old` out" if token.value == "old" and place.after in TIME else None


def behind_is(place: Place, type: str) -> bool:
    return bool(place.behind) and place.behind[0].type == type


def _of_days(place: Place) -> str | None:
    """`is since 2025-01-01`, `is on or after 2025-01-01`, `is on same day as e`, `is within 3 weeks`."""
    token, before, behind, accepted = place.token, place.before, place.behind, place.accepted
    if _word_before(place) in ("since", "from") and token.type in ("DATE", "NAME", "DOTTED"):
        return f"write `{subject_of(before)} is not before {token.value}`"
    if (
        token.type in ("BEFORE", "AFTER")
        and place.after == "OR"
        and place.earlier == "NAME"
        and before[-2].value in ("on", "at")
        and behind
    ):
        return f"write `{subject_of(before[:-1])} is not {_AT_ENDS[token.value]} {behind[0].value}`"
    if _word_before(place) == "on" and (token.value == "same" or (token.value == "the" and behind and behind[0].value == "same")):
        return "write `on the same day as`"
    if _word_before(place) == "during":
        return (
            f"say how long it lasts: `exists history x in {token.value} where ({subject_of(before)} is within 40 weeks after x)`"
        )
    if _word_before(place) in _HELD and token.value in ("in", "on") and place.earlier in ("IS", "NOT"):
        incoming = f"{subject_of(before)} is incoming"
        return f"what is on the record is not incoming: `{incoming if place.earlier == 'NOT' else f'not ({incoming})'}`"
    if _word_before(place) == "on" and token.value in ("the", "record"):
        return f"what is on the record is not incoming: `not ({subject_of(before)} is incoming)`"
    if token.type == "THAN" and (side := _SIDES.get(_word_before(place))) is not None and behind and behind[0].type != "NUMBER":
        return f"write `{subject_of(before)} is {side} {behind[0].value}`"
    if (
        token.type == "NUMBER"
        and place.after == "IS"
        and len(behind) > 2
        and behind[0].type in TIME
        and behind[1].type in ("BEFORE", "AFTER")
    ):
        return f"write `{subject_of(before)} is within {token.value} {in_words(behind[:3])}`"
    if token.type in TIME and behind and behind[0].value == "between":
        return _NO_DATE_ARITHMETIC
    if accepted == {"AFTER", "BEFORE", "OF"} and token.type in _ENDS:
        return f"say of what: `{in_words(before[start_of(before) :])} before message.sent`"
    return None


def _of_lengths(place: Place) -> str | None:
    """`within 1 yr before`, `within a year before`, `age at e < 3 mths`."""
    token, before, accepted = place.token, place.before, place.accepted
    if place.after == "NUMBER" and token.value in _TIMES and TIME & accepted:
        if "STRING" not in accepted or in_words(before[start_of(before) :]).startswith("age "):
            n = before[-1].value
            return f"write `{n} {_TIMES[token.value].removesuffix('s' if n == '1' else '')}`"
    if token.type in TIME and _word_before(place) in ("a", "an", "one"):
        return f"write the number in digits: `1 {token.value}`"
    return None


def _of_calculations(place: Place) -> str | None:
    """`sqrt(e.value)`, `2 e.value`, `late(e.date)`."""
    token, before = place.token, place.before
    if token.type == "DOTTED" and place.after == "NUMBER" and "TIMES" in place.accepted and spelling.instead(token.value) is None:
        return f"marks stand between them: `{before[-1].value} * {token.value}`"
    if token.type in ("DOTTED", "NUMBER") and (times := _TIMES_AS_MUCH.get(_word_before(place))) is not None:
        return f"write `{times} * {token.value}`"
    if place.after == "NUMBER" and token.value[:1] == "e" and token.value[1:].isdigit() and len(token.value) < _SHORT_POWER:
        return f"a number is written out: `{before[-1].value}{'0' * int(token.value[1:])}`"
    if place.after == "LPAR" and place.earlier == "NAME" and place.accepted == {"NAME"}:
        named = before[-2].value
        if token.type == "DOTTED":
            item = token.value.partition(".")[0]
            return f"numbers are calculated with `+ - * /`; a named condition is asked of an item: `{named}({item})`"
        return f"name what it is asked of: `{named}({ranged(before) or 'e'})`" if token.type == "RPAR" else None
    return None


def _of_words(place: Place) -> str | None:
    """`e.text contains "pregnant"`, `t says pregnant`."""
    token, before = place.token, place.before
    if place.after == "DOTTED" and {"CMP", "IS"} <= place.accepted:
        if token.type in _ENDS:
            return f"say what is asked of it: `{before[-1].value} is …`"
        if token.type == "EXISTS":
            return f"write `not ({before[-1].value} is missing)`"
    if token.value == "to" and _word_before(place) == "equal" and place.behind and place.behind[0].type == "NAME":
        return f"write `{subject_of(before)} is{' not' if place.earlier == 'NOT' else ''} {place.behind[0].value}`"
    if token.type == "HAS" and place.behind and place.after == "NAME" and before[-1].value != "patient":
        return f"write `not ({before[-1].value}.{place.behind[0].value} is missing)`"
    if token.type == "HISTORY" and _word_before(place) == "family":
        return f"write `{subject_of(before)} is about family`"
    if place.token.value not in _SAYS or not {"CMP", "DENIES"} & place.accepted:
        return None
    if place.after == "NAME":
        name, behind = place.before[-1].value, place.behind
        named = behind[0].value if behind and behind[0].type == "NAME" else "SET"
        return f"write `{name} affirms {named}` or `{name} denies {named}`: the set lists the `phrases`"
    return "words are asked of in a rule of their own: `for text t when t affirms SET`; the set lists the `phrases`"


def _of_medicines(place: Place) -> str | None:
    """`m overlaps with n`, `m has same ingredient as n`."""
    token, behind = place.token, place.behind
    if token.type == "WITH" and place.after == "OVERLAPS" and behind:
        at = next((i for i, t in enumerate(behind[:6]) if t.type == "NUMBER"), None)
        return f"write `overlaps {behind[0].value}{f' by more than {amount_of(behind[at:])}' if at is not None else ''}`"
    if token.type in ("HAS", "SHARES", "NAME") and any(t.value.startswith("ingredient") for t in behind[:3]):
        return "write `has the same ingredients as`, or `shares an ingredient with`"
    return None


def _of_defines(place: Place) -> str | None:
    """`define d(e: entry)`, `define d(e)`, `define d(entry e) { … }`."""
    token, before = place.token, place.before
    if not before or before[0].type != "DEFINE" or any(t.type == "LBRACE" for t in before):
        return None
    if place.accepted == {"STRING"}:
        return f'a title in quotes says what it means: `{in_words(before[:2])}({in_words(before[3:-1])}) "…" {{ … }}`'
    if place.accepted == {"NAME"} and place.after == "NAME":
        kind = place.behind[0].value if token.type == "COLON" and place.behind else "entry"
        return f"the kind stands first: `{kind} {before[-1].value}`"
    return None


def _of_families(place: Place) -> str | None:
    """`for each row p in bands`, `for every row p of bands`, `title "Age " + p.said`."""
    token, accepted = place.token, place.accepted
    if accepted == {"OF"} and token.type in ("IN", "FROM"):
        return "write `of`"
    if accepted == {"EACH"}:
        return "write `for each row`"
    if token.type == "PLUS" and place.after in ("STRING", "DOTTED") and place.earlier in ("TITLE", "BECAUSE", "SOURCE", "SAY"):
        return "texts are not joined: a column of the table holds the whole text"
    return None


def _of_rules(place: Place) -> str | None:
    """`source <https://…>`, `valid from … to …`, a second `with`."""
    token, before, behind, accepted = place.token, place.before, place.behind, place.accepted
    if token.type == "URL" and place.after == "SOURCE":
        return f'a source is named: `source "…" {token.value}`'
    if token.type == "TO" and place.after == "DATE" and place.earlier == "FROM" and behind:
        return f"write `valid from {before[-1].value} valid until {behind[0].value}`"
    if (drawn := _of_what_is_drawn(place)) is not None:
        return drawn
    if place.accepted == {"RULE"} and place.after == "AFTER":
        return f"write `after rule {token.value}`"
    if token.type == "COMMA" and place.earlier == "ACTION":
        return "a rule asks for one thing: `note`, `review` or `hold`"
    if token.type in ("NAME", "DOTTED", "AGE") and place.after == "WITH" and _part(before) == "FOR" and KINDS & accepted:
        return f"a condition stands behind `when`: `when {in_words([token, *behind[:2]])} …`"
    if token.type in KINDS and place.after == "FOR" and any(t.type == "OVERRIDABLE" for t in before[-8:]):
        return f"say how long: `{in_words(before[max(i for i, t in enumerate(before) if t.type == 'OVERRIDABLE') : -1])} for 6 months`"
    if (
        token.type == "NAME"
        and "WHEN" in accepted
        and behind
        and behind[0].type in ("IS", "IN", "NOT")
        and _part(before) == "FOR"
    ):
        return f"a condition stands behind `when`: `when {in_words([token, *behind[:2]])} …`"
    if token.type == "MINUS" and behind and behind[0].type == "MINUS" and behind[0].start_pos == token.end_pos:
        return "a comment is written `/* … */`"
    if token.type == "MINUS" and "WHEN" in accepted and not in_a_condition(before):
        return "remove it: parts need no mark between them"
    if token.type == "WITH" and any(t.type == "WITH" for t in before) and len(behind) > 1 and _part(before) == "FOR":
        return f"a pair has two sides: ask of a third in `when`, `exists {_drawn(behind)} where ( … )`"
    return None


def _of_what_is_drawn(place: Place) -> str | None:
    """`for each entry e`, `for all entries e`, `for entries a, b in preg`, `for entry e in 77386006`."""
    token, before, behind = place.token, place.before, place.behind
    if _part(before) != "FOR":
        return None
    drawn = [*before[max(i for i, t in enumerate(before) if t.type == "FOR") + 1 :], token]
    if drawn[0].value in _EACH and len(drawn) <= 3 and "row" not in (t.value for t in (*drawn, *behind[:1])):
        return f"leave `{drawn[0].value}` out: `for entry e in SET`"
    if token.type == "COMMA" and len(drawn) == 3 and len(behind) > 2 and behind[1].type == "IN":
        a, b, named = drawn[1].value, behind[0].value, behind[2].value
        return f"each has a binder of its own: `for entry {a} in {named} with entry {b} in {named}`"
    is_code = token.type == "NUMBER" and len(token.value) >= _SHORTEST_CODE
    return _of_sets(place) if is_code or token.type in ("LPAR", "LSQB") else None


def _part(before: Sequence[Token]) -> str:
    return next((t.type for t in reversed(before) if t.type in ("WHEN", "UNLESS", "FOR", "SAY", "EXAMPLE")), "")


def _of_limits(place: Place) -> str | None:
    """`default "300 mm[Hg]"`, `range 1-4 weeks`, `min 1 weeks max 4 weeks`."""
    token = place.token
    if not place.before or place.before[0].type != "LIMIT":
        return None
    if token.type == "STRING" and place.after in ("DEFAULT", "FROM", "TO"):
        number, _, unit = token.value.strip('"“”').partition(" ")
        return f'the unit alone stands in quotes: `{number} "{spelling.instead(unit) or unit}"`' if unit else None
    return (
        "what it may be set to is written `from 1 week to 4 weeks`" if token.value in ("range", "min", "max", "between") else None
    )


def _of_value_sets(place: Place) -> str | None:
    """`codes 77386*`, `<< 77386006` without `ecl`."""
    token = place.token
    if not place.before or place.before[0].type != "VALUESET":
        return None
    if token.type == "FROM" and place.after == "CODES" and place.behind and place.behind[0].type == "STRING":
        return f"codes in a file are read by `frozen {place.behind[0].value}`"
    if token.type == "TIMES" and place.after in ("NUMBER", "STRING"):
        return "codes are told one by one, or by an expression: `ecl { << CODE }`"
    return "an expression stands in `ecl { … }`" if token.type == "CMP" and "ECL" in place.accepted else None


def _of_examples(place: Place) -> str | None:
    """`given patient age 30`, `expect unknown`, `given incoming entry 77386006 and date 2025-01-01`."""
    token, accepted = place.token, place.accepted
    if place.earlier == "EXAMPLE" and place.after == "STRING" and token.value in ("fires", "clear", "cannot", "expect"):
        return 'what is expected stands last, in the braces: `example "…" { given … expect fires }`'
    if token.type == "AGE" and "NAME" in accepted and "GIVEN" in (place.after, place.earlier):
        return "an age follows from the birth date and the item's: `given patient born 1990-01-01`"
    if token.type == "DOTTED" and place.after == "GIVEN":
        return f"write `given {token.value.replace('.', ' ', 1)} …`"
    if "FIRES" in accepted and token.value in ("unknown", "missing", "open", "undefined"):
        return "write `cannot tell: FIELD`"
    if "FIRES" in accepted and token.value in ("not", "does", "no", "nothing", "silent", "passes", "pass", "false"):
        return "write `clear`"
    if token.type == "AND" and "EXPECT" in accepted:
        return "parts of an example are parted by commas"
    if token.type == "TERM" and place.after in KINDS and place.behind:
        return f"the code stands first: `{place.behind[0].value} {token.value}`"
    return None


_IN_A_CONDITION: Final[tuple[Callable[[Place], str | None], ...]] = (
    _of_members,
    _of_logic,
    _of_sets,
    _of_ranges,
    _of_days,
    _of_lengths,
    _of_calculations,
    _of_words,
    _of_medicines,
    _of_the_patient,
)
_ELSEWHERE: Final[tuple[Callable[[Place], str | None], ...]] = (
    _of_defines,
    _of_families,
    _of_rules,
    _of_limits,
    _of_value_sets,
    _of_examples,
)
