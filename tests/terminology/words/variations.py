"""Right names written otherwise, and names with one changed word, made from the shipped names of codes.

    python -m tests.terminology.words.variations [N]

prints, for N drawn of each (2,000 unless told), how many are told to contradict their code, kind by kind. Names are drawn evenly,
the rare ones as often as the common ones. A changed word is *another code's* where the whole is then a name of another code.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.interface import Words
from codesafety.terminology.pack.names import shipped_names
from codesafety.terminology.words.normal import semantic_tag, without_tag
from codesafety.terminology.words.reach import denies_something

TOLD = frozenset({Words.NAMES_ANOTHER, Words.DIFFERS, Words.NEGATES})
LINE = frozenset({Words.CANNOT_TELL, Words.UNCLEAR})
STATEMENTS = ("finding", "disorder", "procedure", "observable entity", "situation", "regime/therapy", "event")
"""Hierarchies of what is said of a patient, which are those that messages hold: 86 % of the names, nearly all of the use."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Words as somebody might send them with a code. `kind`: how they were made of its name."""

    code: str
    name: str
    words: str
    kind: str


_Rewrite = Callable[[str, random.Random], str]


def _rewritten(pattern: str, replacement: str, *, once: bool = False) -> _Rewrite:
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda text, _: compiled.sub(replacement, text, count=int(once))


def _case(text: str, rng: random.Random) -> str:
    return rng.choice((text.upper(), text.lower(), text.title(), text.swapcase()))


def _plural(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    at = rng.randrange(len(words))
    if words[at].isalpha() and len(words[at]) > 3:
        words[at] = words[at][:-1] if words[at].endswith("s") else f"{words[at]}s"
    return " ".join(words)


def _turned_round(text: str, _: random.Random) -> str:
    before, of, after = text.partition(" of ")
    return f"{after} {before}" if of and " of " not in after else text


def _spaced(text: str, rng: random.Random) -> str:
    return rng.choice(("  ", " \u00a0", "\t")).join(text.split(" ")) + rng.choice(("", " ", ".", "\n"))


def _with_abbreviation(text: str, _: random.Random) -> str:
    letters = "".join(word[0].upper() for word in re.findall(r"[A-Za-z]+", text))
    return f"{letters} - {text}" if 2 <= len(letters) <= 6 else text


def _cut(text: str, width: int) -> str:
    """Return what a column holds of a text. What it loses must not be what denies the rest: that is no harmless loss."""
    return text if denies_something(text[width:]) else text[:width]


def _dropped_comma(text: str, _: random.Random) -> str:
    return text.replace(",", "").replace(":", " -")


HARMLESS: dict[str, tuple[_Rewrite, ...]] = {
    "case": (_case,),
    "white space": (_spaced,),
    "punctuation": (
        _rewritten("-", " "),
        _rewritten(" - ", "-"),
        _rewritten("'", "\u2019"),
        _dropped_comma,
        _rewritten("-", "\u2013"),
    ),
    "number": (_plural,),
    "word order": (_turned_round, _rewritten(r"^(\w+) (\w+)$", r"\2 \1"), _rewritten(r"^(.+), (\w+)$", r"\2 \1")),
    "spelling": (
        _rewritten(r"(\w)ae(\w)", r"\1e\2"),
        _rewritten("emia", "aemia"),
        _rewritten("hemo", "haemo"),
        _rewritten("edema", "oedema"),
        _rewritten("tumor", "tumour"),
        _rewritten("tumour", "tumor"),
        _rewritten("iz(e|ed|ation|ing)\\b", r"is\1"),
        _rewritten("is(e|ed|ation|ing)\\b", r"iz\1"),
        _rewritten("esoph", "oesoph"),
        _rewritten("sulph", "sulf"),
        _rewritten("fiber", "fibre"),
        _rewritten("gynec", "gynaec"),
    ),
    "abbreviation": (
        _rewritten("history of", "H/O"),
        _rewritten("family history of", "FH:"),
        _rewritten("on examination", "O/E"),
        _rewritten("complaining of", "C/O"),
        _rewritten("blood pressure", "BP"),
        _rewritten(r"\band\b", "&"),
        _rewritten(r"\bleft\b", "L"),
        _rewritten(r"\bright\b", "Rt"),
        _rewritten("bilateral", "bilat"),
        _rewritten("fracture of", "#"),
        _rewritten("vaccination", "vacc"),
        _rewritten("chronic obstructive pulmonary disease", "COPD"),
        _rewritten("diabetes mellitus", "DM"),
        _rewritten("general practitioner", "GP"),
        _rewritten("syndrome", "synd."),
        _rewritten(r"\bwith\b", "c"),
        _rewritten(r"\bwithout\b", "w/o"),
        _rewritten(r"\bnegative\b", "-ve"),
        _rewritten(r"\bpositive\b", "+ve"),
        _rewritten(r"\btype 2\b", "type II"),
        _rewritten(r"\btype 1\b", "type I"),
        _rewritten(r"\bfirst\b", "1st"),
        _rewritten(r"\bsecond\b", "2nd"),
        _rewritten(r"\bthird\b", "3rd"),
        _rewritten("intravenous", "IV"),
        _rewritten("intramuscular", "IM"),
    ),
    "something added": (
        _with_abbreviation,
        _rewritten("$", " NOS", once=True),
        _rewritten("^", "[X]", once=True),
        _rewritten("$", " (clinical)", once=True),
        _rewritten("$", " (12/03/2024)", once=True),
    ),
    "cut short": (lambda text, _: _cut(text, 30), lambda text, _: _cut(text, 60), lambda text, _: f"{text[:20]}…"),
}
"""Ways of writing a name otherwise that leave what it says: each with what does it."""
ALONE = frozenset({"something added", "cut short"})
"""What is not done to a name that was written otherwise already, nor is anything done to it: "NOS" has no plural."""

CHANGED = {
    "side": ("left|right", "medial|lateral", "anterior|posterior", "upper|lower", "unilateral|bilateral", "proximal|distal"),
    "number": ("1|2", "2|3", "first|second", "second|third", "i|ii", "ii|iii", "one|two"),
    "contrary": (
        "acute|chronic",
        "benign|malignant",
        "systolic|diastolic",
        "increased|decreased",
        "normal|abnormal",
        "primary|secondary",
        "congenital|acquired",
        "open|closed",
        "internal|external",
        "high|low",
        "active|passive",
        "mild|severe",
        "complete|partial",
        "male|female",
        "started|stopped",
        "arterial|venous",
    ),
}
"""A closed list of words, and the one that turns each round."""
_PAIRS = {
    word: (kind, other)
    for kind, pairs in CHANGED.items()
    for pair in pairs
    for word, other in (pair.split("|"), pair.split("|")[::-1])
}


def names() -> list[tuple[str, str]]:
    """Return the codes whose hierarchy is one of what is said of a patient, with their names."""
    table = shipped_names()
    return [(code, term) for code in table for term in table.terms(code) if semantic_tag(term) in STATEMENTS]


def harmless(rng: random.Random, drawn: list[tuple[str, str]]) -> Iterator[Sent]:
    """Yield right names, each written otherwise in one to three ways, for ever. What is not changed by any is passed over."""
    while True:
        code, name = rng.choice(drawn)
        words = name if rng.random() < 0.3 else without_tag(name)
        kinds: list[str] = []
        for kind in rng.sample(sorted(HARMLESS), k=len(HARMLESS)):
            if kind in ALONE and kinds:
                continue
            changed = rng.choice(HARMLESS[kind])(words, rng)
            if changed != words:
                kinds.append(kind)
                words = changed
            if kind in ALONE or len(kinds) == 1 + (rng.random() < 0.5) + (rng.random() < 0.3):
                break
        if kinds:
            yield Sent(code, name, words, kinds[0] if len(kinds) == 1 else "several")


def turned(rng: random.Random, drawn: list[tuple[str, str]]) -> Iterator[Sent]:
    """Yield names in which one word is the contrary, the other side or another number, for ever."""
    while True:
        code, name = rng.choice(drawn)
        words = without_tag(name).split(" ")
        places = [at for at, word in enumerate(words) if word.lower() in _PAIRS]
        if places and len(words) > 1:
            at = rng.choice(places)
            kind, other = _PAIRS[words[at].lower()]
            yield Sent(code, name, " ".join([*words[:at], other, *words[at + 1 :]]), kind)


def anothers(rng: random.Random, drawn: list[tuple[str, str]]) -> Iterator[Sent]:
    """Yield names that with one changed word are the name of another code of the same hierarchy, for ever."""
    holes: dict[tuple[str | None, tuple[str, ...]], list[tuple[str, str]]] = {}
    for code, name in drawn:
        words = without_tag(name).lower().split(" ")
        for at in range(len(words) if len(words) > 1 else 0):
            holes.setdefault((semantic_tag(name), (*words[:at], "", *words[at + 1 :])), []).append((code, name))
    alike = [each for each in holes.values() if len(each) > 1]
    while True:
        (code, name), (_, other) = rng.sample(rng.choice(alike), k=2)
        yield Sent(code, name, without_tag(other), "another code's")


def swapped(rng: random.Random, drawn: list[tuple[str, str]]) -> Iterator[Sent]:
    """Yield names in which one word was exchanged for any word of any name: it may be a synonym, or be no sense."""
    while True:
        (code, name), (_, other) = rng.choice(drawn), rng.choice(drawn)
        words, others = without_tag(name).split(" "), without_tag(other).split(" ")
        at = rng.randrange(len(words))
        word = rng.choice(others)
        if len(words) > 1 and len(word) > 3 and word.lower() not in name.lower():
            yield Sent(code, name, " ".join([*words[:at], word, *words[at + 1 :]]), "any word")


def told(terminology: FrozenTerminology, sent: Sent) -> Words:
    return terminology.judge_words(sent.code, sent.words).verdict


def main(n: int) -> None:
    terminology, drawn = FrozenTerminology(), names()
    for title, make in (("right", harmless), ("changed", anothers), ("changed", turned), ("changed", swapped)):
        rng = random.Random(20260930)
        of_kind, found, lines, wrong = Counter[str](), Counter[str](), Counter[str](), list[Sent]()
        for sent, _ in zip(make(rng, drawn), range(n), strict=False):
            verdict = told(terminology, sent)
            of_kind[sent.kind] += 1
            found[sent.kind] += verdict in TOLD
            lines[sent.kind] += verdict in LINE
            if (verdict in TOLD) is (title == "right") and len(wrong) < 25:
                wrong.append(sent)
        for kind, count in sorted(of_kind.items()):
            print(f"{title:8} {kind:16} of {count:5} told {found[kind]:5}, cannot be told {lines[kind]:4}")
        for sent in wrong:
            print(f"    {sent.kind}: {sent.code} |{sent.name}| {sent.words!r} {told(terminology, sent)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
