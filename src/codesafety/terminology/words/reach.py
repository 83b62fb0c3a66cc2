"""What a word of denial, doubt or withdrawal in a text reaches: the matter of a code, or something else that the text names.

`descriptions` alarms on what it has parsed whole; this is the net beneath. A text that names the matter and holds such a word
leaves the code in doubt, unless the word plainly belongs to something else: "Pregnant, no bleeding" against "Pt not pregnant
(LMP 1/3)". A word before ("no", "denies") reaches the next thing named after it in its part of the text, else back; a word
after ("negative", "cancelled") the last thing named before it; alone in its part, it answers the part before. What is not
understood counts as reached, for the cost is a line that a person reads, and of the other error a wrong fact.
Source of the two directions: Chapman et al. 2001, "A simple algorithm for identifying negated findings" (NegEx).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import Enum, auto
from typing import NamedTuple

from codesafety.terminology.words.normal import stem, visible, words_of


class Reach(Enum):
    """What the words of a text do to a matter."""

    NOTHING = auto()  # it is not named, or something is said of it that neither denies nor affirms
    AFFIRMED = auto()  # named, and reached by none
    DENIED = auto()
    DOUBTED = auto()  # in doubt, or denied twice
    WITHDRAWN = auto()
    ANSWERED = auto()  # the text is a mere denial, doubt or withdrawal of what is not named


class _Kind(Enum):
    MATTER = auto()
    OTHER = auto()  # something else that the text names
    BEFORE = auto()  # a denial of what comes after it
    AFTER = auto()  # a denial of what came before it
    WITHDRAWS = auto()  # likewise
    DOUBTS = auto()
    ASKS = auto()  # a question mark behind a word
    YES = auto()
    EMPTY = auto()  # says nothing by itself


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BEFORE = _listed(
    "no not non never without deny denies denied denying neither nor nil none absence lack free nope nah"
    " nobody excludes excluding disproves stopped stops ceased quit ex former formerly ddim nid dim nage nein"
)
_AFTER = _listed(
    "negative neg negatives absent excluded refuted disproved disproven discounted declined declines refused refuses unconfirmed"
    " unproven unlikely improbable untrue false incorrect ruledout undetected nonreactive"
)
_WITHDRAWS = _listed(
    "mistaken erroneous canceled cancelled deleted retracted withdrawn revoked void voided rejected invalid removed struck"
    " error cancel delete ignore disregard hemolyzed clotted insufficient unsuitable mislabeled mislabelled spoiled spoilt superseded"
)
_DOUBTS = _listed(
    "? unknown uncertain unsure possible possibly possibility probable probably maybe may might suspected suspicion query likely"
    " doubtful doubt exclude rule pending unable awaited awaiting could if whether risk perhaps equivocal indeterminate"
    " inconclusive presumed provisional differential tbc unclear unspecified"
)
_ALONE = frozenset({"n", "na", "nac", "0", "x"})
"""A denial only where it is the whole of a part: "Pregnant: N"."""
_YES = frozenset({"yes", "y", "true", "ydy", "oes", "positive"})
# What stands between a denial and what it denies, or behind it, and names nothing.
_KINDS = _listed("type disorder disease syndrome mellitus acute chronic left right both")
GENERIC = frozenset(map(stem, _KINDS))
"""Words of a name by which no matter is known."""
_EMPTY = _KINDS | _listed(
    "a an the of to and or is are am was be been being has have having had does do did any that which it this there she he they i"
    " her his their you we q as at in on by with for from per so only patient patients pt px lady woman women man client user"
    " service person currently current now today present presently time consultation yet longer known evidence sign signs"
    " symptom symptoms suggestion indication chance likelihood question complaint complaints history say says said state states"
    " stated report reports reported tell told think thinks thought believe believes believed feel feels consider considered"
    " aware sure certain reasonably clinically obviously definitely actually really also both self seen confirm confirms"
    " confirmed confirming proven proved established detected found evident visible identified demonstrated apparent noted"
    " recorded diagnosed true correct applicable case ongoing clear status answer answers response outcome result results finding"
    " test tests testing done performed given file final please duplicate sample specimen tested measured asked + = % < > nbsp"
)
_ENDS_THE_OBJECT = _listed("of in during with for about by due because since while as after before despite but from to")
_SAYS_SO = _listed(
    "confirmed proven proved established detected found evident visible identified demonstrated apparent noted recorded diagnosed"
    " seen known suspected likely"
)
_HOW = _listed("on by in at with given from for due after during until")
"""After "not seen", how or when that was, and no longer what was not."""
# Behind the matter, what is denied is this and not the matter: "no pregnancy complications".
_TAKES = frozenset(
    map(
        stem,
        _listed(
            "complication problem concern issue attack exacerbation related induced loss care clinic plan planning vitamin advice"
            " treatment medication medicine cessation admission flare aid support reaction booklet discomfort diet pain bleeding"
            " discharge counseling leaflet"
        ),
    )
)
# Before or behind the matter, it is this kind or state of it that is denied: "not a planned pregnancy", "pregnancy not booked".
_OF_A_KIND = _listed(
    "planned wanted intended desired expected first second third primary other otherwise previous prior past earlier multiple"
    " twin twins triplet ectopic molar booked controlled complicated medicated treated severe interested insulin viable normal"
    " specified high low insured motivated referred monitored reviewed scanned"
)
_RESULTS_OF = _listed(
    "rh rhesus d hiv gbs hep hepatitis hbsag syphilis covid o b ab strep protein proteinuria glucose ketones leukocytes"
    " leucocytes nitrites nitrite chlamydia gonorrhea coombs ana mrsa tb sickle antibody antibodies ige cmv toxoplasma vdrl"
    " rubella er pr her2 factor"
)
"""What is itself negative where no comma parts it from the matter: "pregnant Rh negative"."""
_OF_A_TEST = _listed("urine urinary blood serum scan ultrasound uss dip dipstick lab laboratory pcr swab screen home")
# Other names of a matter, by the stem of its usual one.
_KIN = {
    "pregn": _listed("gravid antenat prenat upt hcg bhcg beichiog feichiog"),
    "smok": _listed("tobacco cigarett ysmyg"),
    "fever": _listed("pyrex febril"),
    "breastfeed": _listed("lact"),
    "vaccin": _listed("immuniz imms jab"),
    "immuniz": _listed("vaccin imms jab"),
}

LOOKS_LIKE_A_LETTER = str.maketrans("01", "ol")
"""Digits in words: "N0t"; two characters with a digit are a code ("N0" of a tumour)."""
_PART_ENDS = re.compile(
    r"[;\n,|()\[\]]|(?<=\w\?)(?=\s)|\.(?!\s*\d)|\s-+\s|:|=|\s/\s|\b(?:but|because|although|though|however)\b", re.IGNORECASE
)
_DATE = re.compile(
    r"\b\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}\b"
    r"|\b\d{1,2}(?:st|nd|rd|th)?\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?:\s+\d{2,4})?\b",
    re.IGNORECASE,
)
_MISTAKEN = re.compile(
    r"\b(?:(?:entered|coded|recorded|added|filed) )?(?:in error|by mistake|in mistake)\b"
    r"|\b(?:wrong|incorrect|different|another) (?:patient|person|record|notes|code|entry|pt|diagnosis)\b"
    r"|\b(?:incorrectly|wrongly|mistakenly) (?:entered|coded|recorded|added|filed|diagnosed)\b|\bcoding error\b",
    re.IGNORECASE,
)
_PHRASES = (
    (_MISTAKEN, " mistaken "),
    (re.compile(r"\b(?:ruled|rules|ruling) out\b", re.IGNORECASE), " ruledout "),
    (re.compile(r"\bto be (?:confirmed|excluded)\b", re.IGNORECASE), " tbc "),
    (re.compile(r"\b(?:gave|given|giving) up\b", re.IGNORECASE), " stopped "),
)
"""Words that say one thing together, and a word that says it alone."""
_NUMBER = re.compile(r"x?\d+(?:\.\d+)?")


def reach(words: str, names: Collection[frozenset[str]]) -> Reach:
    """Return what a text does to a matter, each of whose names is the stems of its words.

    Of a name of several words, a part of the text that has not all of them counts only where it names nothing else.
    """
    parts = _parts(words, {own for name in names for own in name})
    parts = [part if _is_whole([part], names) or not _names_other(part) else _of_something_else(part) for part in parts]
    kinds = {kind for part in parts for _, kind in part}
    reached = {found for place, part in enumerate(parts) for i in range(len(part)) if (found := _reached(parts, place, i))}
    if Reach.WITHDRAWN in reached:
        return Reach.WITHDRAWN
    if reached:
        return reached.pop() if len(reached) == 1 else Reach.DOUBTED
    says_yes = _Kind.YES in kinds and (_Kind.MATTER in kinds or _Kind.OTHER not in kinds)
    return Reach.AFFIRMED if says_yes or (_is_whole(parts, names) and _is_named(parts)) else Reach.NOTHING


def _is_whole(parts: list[_Part], names: Collection[frozenset[str]]) -> bool:
    return any(all(_is_said(own, parts) for own in name) for name in names)


def _names_other(part: _Part) -> bool:
    return any(kind is _Kind.OTHER for _, kind in part)


def _is_said(own: str, parts: list[_Part]) -> bool:
    known = _with_kin((own,))
    return any(
        kind is _Kind.MATTER and _is_matter(word, part[i + 1][0] if i + 1 < len(part) else "", known)
        for part in parts
        for i, (word, kind) in enumerate(part)
    )


def _of_something_else(part: _Part) -> _Part:
    return [(word, _Kind.OTHER if kind is _Kind.MATTER else kind) for word, kind in part]


def names_otherwise(words: str, names: Collection[frozenset[str]]) -> bool:
    """Return whether a text names a matter whole, and by another name: "Gravida 2" of pregnancy."""
    parts = _parts(words, {own for name in names for own in name})
    kin = {other for name in names for own in name for other in _KIN.get(own, ())}
    return _is_whole(parts, names) and any(stem(word) in kin for part in parts for word, _ in part)


def denies_something(words: str) -> bool:
    """Return whether a text holds any word of denial, doubt or withdrawal at all."""
    return may_deny(words) and any(kind in _REACHING for part in _parts(words, ()) for _, kind in part)


def may_deny(words: str) -> bool:
    """Return whether a text may hold a word of denial, doubt or withdrawal, be it written as one with what it denies.

    Where not, it reaches nothing, whatever the matter.
    """
    for said in _pieces(words):
        for word in said:
            if word in _CUES or word.removesuffix("s") in _CUES or _is_joined(word):
                return True
    return False


def is_disguised(words: str) -> bool:
    """Return whether a text may hold a denial written with signs inside of it or for one of its letters: "N*o*t", "n/ot", "N○t"."""
    return any(map(_hides_a_denial, _SIGNS_INSIDE.findall(visible(words).casefold())))


def _hides_a_denial(run: str) -> bool:
    pieces = _PIECES.findall(run)
    for start in range(0, len(pieces) - 2, 2):
        plain = drawn = pieces[start]
        for sign, letters in zip(pieces[start + 1 :: 2], pieces[start + 2 :: 2], strict=True):
            is_odd = _JOINS.isdisjoint(sign)
            plain += letters
            drawn += f"*{letters}" if is_odd and len(sign) == 1 else letters
            if len(plain) > _LONGEST_CUE or not _PARTS.isdisjoint(sign):
                break
            if (plain in _HIDDEN and (is_odd or len(plain) > 2)) or ("*" in drawn and drawn in _HIDDEN):
                return True
    return False


def _with_signs(word: str) -> list[str]:
    """Return a word as it is, and with signs for any of its vowels."""
    found = [""]
    for letter in word:
        found = [f"{begun}{end}" for begun in found for end in (f"{letter}*" if letter in "aeiou" else letter)]
    return found


_SIGNS_INSIDE = re.compile(r"[^\W\d_]+(?:(?:_|[^\w\s])+[^\W\d_]+)+")
_PIECES = re.compile(r"[^\W\d_]+|[\W_]+")
_PARTS = frozenset(",&+:;()[]?")
"""Signs that part words."""
_JOINS = frozenset("-./\\'")
"""Signs that may stand in words, or join them."""
_HIDDEN = frozenset(form for word in (_BEFORE | _AFTER) - {"none"} for form in _with_signs(word))  # "non-E" is not "none"
_LONGEST_CUE = max(map(len, _HIDDEN))


_Part = list[tuple[str, _Kind]]


class _Known(NamedTuple):
    """A matter."""

    stems: frozenset[str]
    long: tuple[str, ...]  # those that a longer word may begin with
    kin: frozenset[str]  # the stems of its other names


_REACHING = frozenset({_Kind.BEFORE, _Kind.AFTER, _Kind.WITHDRAWS, _Kind.DOUBTS, _Kind.ASKS})
_NAMES = frozenset({_Kind.MATTER, _Kind.OTHER})
_WHAT: dict[_Kind, Reach] = {
    _Kind.BEFORE: Reach.DENIED,
    _Kind.AFTER: Reach.DENIED,
    _Kind.WITHDRAWS: Reach.WITHDRAWN,
    _Kind.DOUBTS: Reach.DOUBTED,
    _Kind.ASKS: Reach.DOUBTED,
}


def _pieces(words: str) -> list[list[str]]:
    """Return the words of each part of a text that says anything."""
    text = _DATE.sub(" ", visible(words))
    for phrase, word in _PHRASES:
        text = phrase.sub(word, text)
    return [[*map(_as_letters, said)] for piece in _PART_ENDS.split(text) if (said := words_of(piece))]


def _as_letters(word: str) -> str:
    """Return a denial that is written with digits for its letters in letters, other words as they are."""
    letters = word if word.isalpha() or len(word) < 3 else word.translate(LOOKS_LIKE_A_LETTER)
    return letters if letters in _CUES else word


def _parts(words: str, stems: Collection[str]) -> list[_Part]:
    known = _with_kin(stems)
    return [_part(said, known) for said in _pieces(words)]


def _with_kin(stems: Collection[str]) -> _Known:
    return _Known(
        frozenset(stems),
        tuple(own for own in stems if len(own) > 4),
        frozenset(kin for own in stems for kin in _KIN.get(own, ())),
    )


def _is_joined(word: str) -> bool:
    """Return whether a word may be a denial and what it denies: "nonsmoker"."""
    return len(word) > 6 and word.startswith(("non", "not", "un"))


def _part(said: list[str], known: _Known) -> _Part:
    part: _Part = []
    for place, word in enumerate(said):
        before = said[place - 1] if place else ""
        after = said[place + 1] if place + 1 < len(said) else ""
        if _is_joined(word) and _is_matter(word[3:] if word[0] == "n" else word[2:], "", known):
            part += [(word[:3], _Kind.BEFORE), (word[3:], _Kind.MATTER)]
        elif word == "?" and place == len(said) - 1 and place:
            part.append((word, _Kind.ASKS))
        else:
            part.append((word, _kind(word, before, after, len(said), known)))
    return part


def _kind(word: str, before: str, after: str, length: int, known: _Known) -> _Kind:
    if known.stems and ((own := stem(word)) in known.stems or own.startswith(known.long)):
        return _Kind.MATTER  # what the code's own name says is no denial of it: "Absence seizure"
    if length == 1 and word in _ALONE:
        return _Kind.BEFORE
    if word == "0" and length == 2 and before:
        return _Kind.AFTER
    if word == "risk" and before in ("high", "low", "increased", "raised", "moderate"):
        return _Kind.OTHER
    if word == "no" and after.isdigit() and len(after) < 3 and before:  # a number
        return _Kind.EMPTY
    if word == "not" and after == "only":
        return _Kind.EMPTY
    if word == "free" and after not in ("of", "from"):
        return _Kind.OTHER
    one = word.removesuffix("s")
    for kind, vocabulary in _VOCABULARY:
        if word in vocabulary or one in vocabulary:
            return kind
    if _is_matter(word, after, known):
        return _Kind.MATTER
    if word in _EMPTY or one in _EMPTY or len(word) == 1 or _NUMBER.fullmatch(word):
        return _Kind.EMPTY
    return _Kind.OTHER


_VOCABULARY = (
    (_Kind.BEFORE, _BEFORE),
    (_Kind.AFTER, _AFTER),
    (_Kind.WITHDRAWS, _WITHDRAWS),
    (_Kind.DOUBTS, _DOUBTS),
    (_Kind.YES, _YES),
)
_CUES = _BEFORE | _AFTER | _WITHDRAWS | _DOUBTS | _ALONE


def _is_matter(word: str, after: str, known: _Known) -> bool:
    """Return whether a word is of a matter: by its stem, within a longer word, cut short, or with one letter wrong."""
    stems = known.stems
    if not stems:
        return False
    own = stem(word)
    if own in stems or own in known.kin or (after and stem(word + after) in stems):
        return True
    if len(own) < 4 or word in _EMPTY:
        return False
    for other in stems:
        if len(other) >= 4 and (
            other.startswith(own) or own.startswith(other) or (len(other) >= 5 and (other in own or _nearly(own, other)))
        ):
            return True
    return False


def _nearly(one: str, other: str) -> bool:
    """Return whether two words differ by a letter that is missing, added, wrong or in its neighbour's place."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return one == other
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, rests = one[start:], other[start:]
    swapped = rest[1::-1] + rest[2:] if len(rest) > 1 else rest
    return rest[1:] == rests or rest == rests[1:] or rest[1:] == rests[1:] or swapped == rests


def _reached(parts: list[_Part], place: int, i: int) -> Reach | None:
    """Return what the word at `i` of a part does to the matter; None where it is no such word or belongs to something else."""
    part = parts[place]
    kind = part[i][1]
    if kind not in _REACHING:
        return None
    if kind is _Kind.ASKS and place + 1 < len(parts) and parts[place + 1][0][1] in (_Kind.YES, _Kind.BEFORE):
        return None  # the answer tells
    doubled = any(k in _REACHING for _, k in _run(part, i)) if kind is _Kind.BEFORE else False
    leads = i + 1 < len(part) and part[i + 1][0] in ("for", "of")
    reaches_on = kind in (_Kind.BEFORE, _Kind.DOUBTS) or leads
    answer = _forward(part, i) if reaches_on else None
    if answer is None:
        answer = _backward(part, i)
    if answer is None and not reaches_on:
        answer = _forward(part, i)
    if answer is None:
        answer = _across(parts, place)
    if answer is None:
        return Reach.ANSWERED
    if not answer:
        return None
    return Reach.DOUBTED if doubled else _WHAT[kind]


def _run(part: _Part, i: int) -> _Part:
    """Return what names nothing right behind the word at `i`."""
    end = i + 1
    while end < len(part) and part[end][1] not in _NAMES:
        end += 1
    return part[i + 1 : end]


def _forward(part: _Part, i: int) -> bool | None:
    """Return whether the next thing named after `i` is the matter; None where none is."""
    rest = part[i + 1 :]
    for j, (word, kind) in enumerate(rest):
        if kind is _Kind.MATTER:
            after = next(((w, k) for w, k in rest[j + 1 :] if k is not _Kind.MATTER), ("", _Kind.EMPTY))
            return not (after[1] is _Kind.OTHER and stem(after[0]) in _TAKES)
        if j and word in _HOW and rest[j - 1][0] in _SAYS_SO and any(k is _Kind.MATTER for _, k in part[:i]):
            return None
        if kind is _Kind.OTHER:
            if word in _OF_A_KIND or (j and word.endswith("ing") and not any(k is _Kind.MATTER for _, k in rest[j:])):
                return False
            ends = next((n for n, (w, _) in enumerate(rest[j:]) if w in _ENDS_THE_OBJECT), len(rest) - j)
            if any(k is _Kind.MATTER for _, k in rest[j : j + ends]):
                return not any(w in _OF_A_KIND for w, _ in rest[j : j + ends])
            return word.removesuffix("s").endswith("ed") and any(
                k is _Kind.MATTER for _, k in part[:i]
            )  # "asthma not supported by spirometry"
    return None


def _backward(part: _Part, i: int) -> bool | None:
    """Return whether the last thing named before `i` in its part is the matter; None where nothing is."""
    behind = part[:i]
    tested = False
    for word, kind in reversed(behind):
        if kind is _Kind.MATTER:
            return True
        if kind is _Kind.OTHER:
            if word in _OF_A_TEST:
                tested = True
                continue
            if part[i][1] is _Kind.DOUBTS or word in _RESULTS_OF:
                return False
            return any(k is _Kind.MATTER for _, k in behind)
        if word in _RESULTS_OF and any(k in _NAMES for _, k in behind):
            return False
    return False if tested else None


def _across(parts: list[_Part], place: int) -> bool | None:
    """Return whether the nearest part that names anything, before or else after, names the matter; None where none does."""
    for other in (*reversed(parts[:place]), *parts[place + 1 :]):
        if any(kind in _NAMES for _, kind in other):
            return any(kind is _Kind.MATTER for _, kind in other)
    return None


def _is_named(parts: list[_Part]) -> bool:
    """Return whether the matter itself is named, and not what takes its name: "pregnancy advice"."""
    for part in parts:
        for i, (_, kind) in enumerate(part):
            if kind is _Kind.MATTER:
                after = part[i + 1][0] if i + 1 < len(part) else ""
                if stem(after) not in _TAKES and after not in ("test", "tests", "testing", "status", "result"):
                    return True
    return False
