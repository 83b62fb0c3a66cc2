"""Whether words sent with a code describe that code, another one, or deny what it says: precise enough to alarm on.

Word matching fails both ways ("Pregnant - on history" is pregnant), and so does exact matching on fully specified names
alone: the second and third commonest codes in England, 72313002 and 1091811000000102 (systolic and diastolic arterial
pressure), are sent as "Systolic blood pressure" and "Diastolic blood pressure", which are the names of other codes. Hence:

- *names another* only if the words, whole, are a known description of another concept and none of this one, and either all
  descriptions of this one are known, or both are statements (a finding, a procedure ...) and the two share not a single word, or
  both are of one hierarchy and each says a thing that the other does not (`apart`);
- *differs* only if the words are a description of this concept but for one word, and names are told apart by these two words, or
  say the opposite of it ("Hypotension" of a hypertensive disorder), or its very name of the family ("FH: epilepsy");
- *negates* only if the words, whole or in one of their clauses, but for a denial, say no more and no less than a description of
  this concept; or if they are nothing but a denial ("No", "Not applicable") beside a code that affirms;
- what names this concept beside a word of denial, doubt or withdrawal that does not plainly belong to something else (`reach`), is
  doubtful of it (?, "possible", denied twice) or cannot be read (two scripts in a word, longer than any
  description) is *unclear*, and neither a denial nor an agreement; a test's result is no denial of the test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from codesafety.terminology.interface import Words, WordsVerdict
from codesafety.terminology.words.apart import (
    Bag,
    bag,
    has_another_word,
    is_told_apart,
    opposites,
    says_another_thing,
    shares_nothing,
)
from codesafety.terminology.words.normal import (
    is_legible,
    normal,
    semantic_tag,
    stem,
    unpadded,
    visible,
    without_bracket,
    without_tag,
    words_of,
)
from codesafety.terminology.words.reach import (
    GENERIC,
    LOOKS_LIKE_A_LETTER,
    Reach,
    denies_something,
    is_disguised,
    may_deny,
    names_otherwise,
    reach,
)

TRANSFER_DEGRADED = frozenset(
    {
        "196411000000103",
        "196421000000109",
        "196431000000106",
        "196441000000102",
        "196451000000104",
        "196461000000101",
        "196471000000108",
    }
)
"""Transfer-degraded record entry, medication entry, referral, request, plan, drug allergy, non-drug allergy: the code says
only that a code was lost on the way, and the words beside it are what was meant. Names: NHS Digital usage table 2018-19."""

LONGEST = 1000
"""Characters of the longest words that are judged; descriptions of SNOMED CT have at most 255 (synonyms and names)."""

_MOST_PADDED = 100_000

Find = Callable[[str], Collection[str]]
"""From a key made by `wording.normal` to the codes which have a description with that key."""


def judge(
    code: str,
    words: str,
    own_terms: Iterable[str],
    find: Find,
    *,
    complete: bool = False,
    akin: Callable[[str], bool] | None = None,
    former: Iterable[str] = (),
    terms_of: Callable[[str], Collection[str]] = lambda code: (),
    sent: Collection[str] = (),
) -> WordsVerdict:
    """Return how `words` stand to `code`, whose known descriptions are `own_terms`; `sent`: those of them that somebody sent.

    `complete`: `own_terms` are all the descriptions of the code (a release with its descriptions), and not only those that a
    list happened to name. `akin`: whether another code stands for the same thing (a replacement, a product's VMP or VTM): its
    descriptions are no contradiction. `former`: descriptions that were this code's once: a sender may still hold them, so they
    are unfamiliar and no alarm (read only where nothing else agrees). `terms_of`: the known descriptions of another code, asked
    where not all of this one's are known. CANNOT_TELL: no description is known, the words say
    nothing, the code is transfer-degraded, too little is known of this code, and the words name another one or are its name with
    another word in it.
    """
    if code in TRANSFER_DEGRADED:
        return WordsVerdict(Words.CANNOT_TELL)
    known = list(own_terms)
    own = [(_described if term in sent else _own)(term) for term in known]
    if not own or not any(c.isalnum() for c in words):
        return WordsVerdict(Words.CANNOT_TELL)
    if not is_readable(words) or _is_signed(words, known):
        return WordsVerdict(Words.UNCLEAR)
    words = _plain(words)
    joined, apart = visible(words), visible(words, hidden=" ")  # what shows nothing stands inside a word, or parts two
    if apart == joined:
        return _judge(code, joined, own, find, complete, akin, former, terms_of)
    once = tuple(former)
    said = _judge(code, joined, own, find, complete, akin, once, terms_of)
    return said if said.verdict is not Words.UNFAMILIAR else _judge(code, apart, own, find, complete, akin, once, terms_of)


def is_readable(words: str) -> bool:
    """Return whether words say what their letters say, and are no longer than a description may be."""
    return len(words) <= _MOST_PADDED and len(unpadded(words)) <= LONGEST and is_legible(words) and not is_disguised(words)


_SIGNED = re.compile(r"^\s*(?:(?:~+|-+|–|—|−)(?=[^\W\d])|x\s+(?=[^\W\d]))|(?<=[^\W\d])\s+(?:-+|–|—|−|x)\s*$", re.IGNORECASE)
"""A sign before or after words by which some deny them ("~pregnant", "X pregnant", "preg -"), and others mean nothing."""


def _is_signed(words: str, known: Iterable[str]) -> bool:
    """Return whether a sign may deny the words, and none of the names that they may be has such a sign itself (X-ray, or X ray)."""
    return _SIGNED.search(words) is not None and not any(_SIGNED.search(term.replace("-", " ")) for term in known)


_SPACED = re.compile(r"(?<!\w)n\s+o\s+t(?!\w)", re.IGNORECASE)
_MINUS, _NOT = re.compile(r"\(\s*-+\s*\)"), re.compile(r"(?<!\w)[!\u00ac](?=\w)")


_NOS = re.compile(r"(?<=\)),?\s*NOS\s*$")


def _plain(words: str) -> str:
    """Return words without padding and without NOS behind a tag, and with the signs in them that deny as words."""
    return _NOT.sub("not ", _MINUS.sub(" negative", _SPACED.sub("not", _NOS.sub("", unpadded(words)))))


def _judge(
    code: str,
    words: str,
    own: list[_OwnTerm],
    find: Find,
    complete: bool,
    akin: Callable[[str], bool] | None,
    former: Iterable[str],
    terms_of: Callable[[str], Collection[str]],
) -> WordsVerdict:
    key = normal(words)
    if any(key in term.keys for term in own):
        return WordsVerdict(Words.AGREES)
    found = find(key)
    if code in found or (akin is not None and any(akin(other) for other in found)):
        return WordsVerdict(Words.AGREES)
    if any(normal(term) == key for term in former):
        return WordsVerdict(Words.UNFAMILIAR)
    cuts = {_cut(words, key, term.key) for term in own}
    if _Cut.PLAIN in cuts:
        return WordsVerdict(Words.AGREES)
    stands = _stands(words, own)
    if stands is _Stands.AGAINST:
        return WordsVerdict(Words.NEGATES)
    doubtful = stands is _Stands.OPEN or _leaves_in_doubt(words, own)
    if _Cut.LIKELY in cuts and not doubtful:
        return WordsVerdict(Words.AGREES)
    others = tuple(sorted(set(found) - {code}))
    if doubtful and not (others and complete):
        return WordsVerdict(Words.UNCLEAR)
    loose = {bag(key), bag(normal(without_bracket(words)))}
    if not others and any(term.bag in loose for term in own):
        return WordsVerdict(Words.AGREES)
    differs = any(is_told_apart(bag(key), term.bag) for term in own if not term.is_vague)
    if differs or _says_the_opposite(words, bag(key), own) or _is_of_the_family(key, own):
        return WordsVerdict(Words.NAMES_ANOTHER if others else Words.DIFFERS, others)
    if not others:
        is_open = not (complete or denies_something(words))
        may_differ = is_open and any(has_another_word(bag(key), term.bag) for term in own if not term.is_vague)
        return WordsVerdict(Words.CANNOT_TELL if may_differ else Words.UNFAMILIAR)
    if any(_says_more(key, term.key) for term in own) or (names_otherwise(words, _names(own)) and not _turns(key.split())):
        return WordsVerdict(Words.UNFAMILIAR)
    told = (
        others if complete else tuple(other for other in others if _is_anothers(bag(key), own, list(map(_own, terms_of(other)))))
    )
    return WordsVerdict(Words.NAMES_ANOTHER, told) if told else WordsVerdict(Words.CANNOT_TELL)


def _says_the_opposite(words: str, said: Bag, own: list[_OwnTerm]) -> bool:
    """Return whether words say the opposite of every name of a code, and do not deny it: "hypotension excluded" says nothing else."""
    found = [opposites(said, term.bag) for term in own]
    if not all(found):
        return False
    return reach(words, [frozenset({stem(word)}) for word in set().union(*found)]) not in (Reach.DENIED, Reach.WITHDRAWN)


_OF_THE_FAMILY = "family history "


def _is_of_the_family(key: str, own: list[_OwnTerm]) -> bool:
    """Return whether words say of the family what a code, by all that is known of it, says of nobody else: "FH: epilepsy".

    Not of a name that "FH" may be short for: "FH (familial hypercholesterolaemia)".
    """
    if any(not {"family", "familial"}.isdisjoint(term.key.split()) for term in own):
        return False
    return any(key == f"{_OF_THE_FAMILY}{name}" for term in own for name in term.keys)


def _is_anothers(said: Bag, own: list[_OwnTerm], others: list[_OwnTerm]) -> bool:
    """Return whether words that are another code's name are none of a code of which not all descriptions are known."""
    mine, theirs = ({term.tag for term in terms} - {None} for terms in (own, others))
    if not mine | theirs <= _STATEMENTS:
        return False
    if all(shares_nothing(said, term.bag) for term in own):
        about_medicines = not theirs and any(not _MEDICINES.isdisjoint(map(stem, term.bag)) for term in own)
        return not about_medicines
    return mine == theirs != set() and all(says_another_thing(said, term.bag) for term in own)


def denies(words: str, known: Sequence[str], sent: str | None = None) -> bool | None:
    """Return whether words deny what a coding says, by descriptions that are `known` of its code or were `sent` with it.

    None where they are in doubt of it, or cannot be read. Narrower than `judge`: words that are another's name deny nothing here.
    """
    if any(text is not None and not is_readable(text) for text in (words, sent)):
        return None
    words = _plain(words)
    own = [*map(_own, known), *([] if sent is None else [_described(sent)])]
    key = normal(words)
    if any(key in term.keys for term in own):
        return False
    read = {visible(words, hidden) for hidden in ("", " ")}
    stands = {_stands(text, own) for text in read}
    if _Stands.AGAINST in stands:
        return True
    return None if _Stands.OPEN in stands or any(_leaves_in_doubt(text, own) for text in read) else False


def in_doubt_as_answer(words: str, terms: Collection[str]) -> bool:
    """Return whether words that answer what `terms` are the names of leave it open, or deny it in a way that is not sure.

    An answer may be the result of what was asked for, so nothing is known here of which of the two it is: read beside a name as
    "Pregnant: no (LMP 1/3)", it is in doubt where a denial reaches the name.
    """
    if not is_readable(words) or _is_signed(words, terms):
        return True
    words = _plain(words)
    own = [_described(term) for term in terms]
    if any(term.is_value or "status" in term.key.split() for term in own):  # a question: "Never smoked" is its value
        return reach(words, ()) is Reach.ANSWERED
    names = _names(own)
    if any(term.is_cued for term in own):
        return reach(words, names) in (Reach.AFFIRMED, Reach.DOUBTED, Reach.WITHDRAWN, Reach.ANSWERED)
    return any(
        reach(f"{asked}{words}", names) in (Reach.DENIED, Reach.DOUBTED, Reach.WITHDRAWN, Reach.ANSWERED)
        for asked in ("", *(f"{without_tag(term)}: " for term in terms))
    )


def described(terms: Iterable[str], known: Collection[str] = ()) -> list[_OwnTerm]:
    """Return what names say, for `beside`. `known`: those of them that a terminology gives, and nobody sent."""
    return [(_own if term in known else _described)(term) for term in terms]


def beside(words: str, own: Sequence[_OwnTerm]) -> Reach:
    """Return whether words that stand beside a code, and are none of its own, deny, doubt or withdraw what it says; else NOTHING.

    Nothing beside what is observed: there they are its value. Where nothing is known of the code, any word of denial may be of it.
    Of a code that denies something itself, what affirms that thing is a denial. `own`: what its names say.
    """
    if any(term.is_value for term in own):
        return Reach.NOTHING
    if not is_readable(words):
        return Reach.DOUBTED
    words = _plain(words)
    key = normal(words)
    if any(key in term.keys for term in own):
        return Reach.NOTHING
    if not own:
        return Reach.DOUBTED if denies_something(words) else Reach.NOTHING
    is_denial = all(term.is_denial for term in own)
    if not is_denial and not may_deny(words):
        return Reach.NOTHING
    found = reach(words, _names(own))
    if is_denial:
        return Reach.DENIED if found is Reach.AFFIRMED else found if found is Reach.WITHDRAWN else Reach.NOTHING
    if any(term.is_cued for term in own):
        return found if found is Reach.WITHDRAWN else Reach.NOTHING
    return found


def is_denial(terms: Sequence[str]) -> bool:
    """Return whether each description of a code says by itself that something is not so: "Not pregnant"."""
    return bool(terms) and all(
        not term.is_value and term.statement.stems and term.statement.polarity is _Polarity.DENIES
        for term in map(_described, terms)
    )


def contrary(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether a description of one code, whole or up to its first dash or colon, denies what another's say."""
    mine, others = [*map(_own, one)], [*map(_own, other)]
    if any(term.key in known.keys for term in mine for known in others):
        return False
    return any(_names_against(term, others) for term in one) or any(_names_against(term, mine) for term in other)


def _names_against(term: str, others: list[_OwnTerm]) -> bool:
    if _own(term).is_value or any(known.is_value for known in others):
        return False
    begins = _FIRST_PART.split(visible(term), maxsplit=1)[0]
    return any(_compared(_statement(text), others) is _Stands.AGAINST for text in (term, begins))


class _Polarity(Enum):
    AFFIRMS = 1
    POSITIVE = 2  # says "positive" of a test: more than naming the test
    DENIES = 3
    NEGATIVE = 4  # says "negative" of a test: a result, and no denial of the test
    DOUBTFUL = 5
    TWICE = 6  # denied more than once: which way it ends is not judged


@dataclass(frozen=True, slots=True)
class _Statement:
    """A text without its denial and without words that add nothing."""

    stems: frozenset[str]
    polarity: _Polarity


@dataclass(frozen=True, slots=True)
class _OwnTerm:
    key: str
    keys: frozenset[str]  # the term, and without a last bracket
    bag: tuple[str, ...]
    statement: _Statement
    names: frozenset[frozenset[str]]  # the stems by which it names its matter, with and without a last bracket
    is_value: bool  # an observable, or any finding of something: words beside it are its value and deny nothing
    is_cued: bool  # holds a denial, a doubt or the like itself
    is_denial: bool  # and it is of the matter: "Not pregnant", and not "Bee sting without reaction"
    tag: str | None

    @property
    def is_vague(self) -> bool:
        """Whether it is of a hierarchy whose everyday names are other concepts' full ones ("Bleeding", "Lesion")."""
        return self.tag in _VAGUE_TAGS


_VAGUE_TAGS = frozenset({"attribute", "qualifier value", "morphologic abnormality", "body structure", "linkage concept"})
_STATEMENTS = frozenset(
    {"finding", "disorder", "situation", "event", "procedure", "regime/therapy", "observable entity", "assessment scale"}
)
"""Tags of what is said of a patient. Others name things (a substance, a document), which may be details of what is said."""
_MEDICINES = frozenset(
    stem(word)
    for line in """
        adverse administration allergic allergy anaphylaxis contraception contraceptive contraindicated dependence device drug
        hypersensitivity immunization implant injection insulin intolerance medication medicine misuse overdose poisoning
        prescription reaction sensitivity side supply therapy treatment vaccination vaccine
    """.splitlines()
    for word in line.split()
)
"""Words of a code that a medicine's name may stand beside, as what it is about."""


def _described(term: str) -> _OwnTerm:
    term = _plain(term)
    key, tag = normal(term), semantic_tag(term)
    short, bare = without_bracket(term), without_bracket(without_tag(term))
    keys = frozenset({key, key if short == term else normal(short)} - {""})
    is_value = tag == "observable entity" or key.endswith(" finding")
    said = _statement(term)
    names_of = (said.stems, said.stems if bare == term else _statement(bare).stems)
    all_names = {frozenset(s for s in stems - _TEST_LIKE - GENERIC if len(s) > 1 and s.isalpha()) for stems in names_of}
    names = frozenset(all_names - {frozenset()})
    is_cued = denies_something(term)
    return _OwnTerm(
        key,
        keys,
        bag(key),
        said,
        names,
        is_value,
        is_cued,
        is_cued and reach(without_tag(term), names) is Reach.DENIED,
        tag,
    )


_own = lru_cache(maxsize=2**13)(_described)
"""Terms of the terminology are kept; words that were sent may hold a patient's affairs and are not."""


_DENIALS = frozenset(
    {
        "no",
        "not",
        "non",
        "never",
        "without",
        "absent",
        "nil",
        "none",
        "false",
        "unlikely",
        "improbable",
        "deny",
        "denies",
        "denied",
        "denying",
        "excluded",
        "excludes",
        "neither",
        "nor",
        "declined",
        "declines",
        "refused",
        "refuses",
    }
)
_RESULT_DENIALS = frozenset({"absent", "nil", "none"})  # of a test, a result
_RESULTS = {"negative": _Polarity.NEGATIVE, "neg": _Polarity.NEGATIVE, "positive": _Polarity.POSITIVE}
_TWO_WORD_DENIALS = frozenset(
    {("absence", "of"), ("lack", "of"), ("free", "of"), ("free", "from"), ("ruled", "out"), ("rules", "out")}
)
_DOUBTS = frozenset(
    {
        "?",
        "unknown",
        "uncertain",
        "unsure",
        "possible",
        "possibly",
        "possibility",
        "probable",
        "probably",
        "maybe",
        "may",
        "might",
        "suspected",
        "suspicion",
        "query",
        "likely",
        "doubtful",
        "exclude",
        "rule",
        "pending",
        "unable",
        "awaited",
        "awaiting",
        "could",
        "if",
        "whether",
        "risk",
    }
)
# "no known X" and "no evidence of X" deny X; "X not known", "X not yet confirmed" leave it open.
_ADDS_NOTHING_AFTER_NO = frozenset({"known", "evidence", "sign", "signs", "longer"})
_OPEN_AFTER_NOT = frozenset(
    {"confirmed", "excluded", "known", "recorded", "stated", "asked", "tested", "sure", "ruled", "exclude", "say", "tell"}
)
_FILLERS = frozenset(
    {
        "a",
        "an",
        "the",
        "of",
        "to",
        "and",
        "is",
        "are",
        "am",
        "be",
        "been",
        "being",
        "has",
        "have",
        "having",
        "does",
        "do",
        "any",
        "patient",
        "pt",
        "px",
        "client",
        "woman",
        "lady",
        "she",
        "he",
        "i",
        "currently",
        "current",
        "now",
        "today",
        "present",
        "finding",
        "state",
        "confirmed",
        "at",
        "longer",
        "in",
        "by",
        "with",
        "for",
        "reported",
        "detected",
        "this",
        "time",
        "examination",
        "on",
        "yet",
        "or",
        "out",
        "say",
        "says",
        "tell",
        "states",
        "applicable",
        "yes",
    }
)
_TEST_LIKE = frozenset(
    map(
        stem,
        (
            "test",
            "testing",
            "culture",
            "swab",
            "screen",
            "screening",
            "antigen",
            "antibody",
            "antibodies",
            "serology",
            "assay",
            "level",
            "titer",
            "smear",
            "microscopy",
            "reaction",
            "result",
            "pcr",
            "urine",
            "urinalysis",
            "blood",
            "serum",
            "plasma",
            "dipstick",
            "measurement",
            "specimen",
            "sample",
            "scan",
            "imaging",
            "investigation",
            "observation",
            "sign",
            "rapid",
            "lateral",
        ),
    )
)


_NO = frozenset({"no", "n", "nil", "none", "never", "false", "0"})
_YES = frozenset({"yes", "y", "true", "1"})


def _answered(text: str) -> tuple[str, str]:
    """Return a question and the yes or no that ends a text after a mark: "Pregnant? no", "Pregnant: N"; else the text and ""."""
    bare = text.rstrip(" .!)]")
    start = len(bare)
    while start and bare[start - 1].isalnum():
        start -= 1
    asked, answer = bare[:start], bare[start:].casefold()
    if answer not in _NO | _YES or not (not asked.strip() or asked.endswith(" - ") or asked.rstrip().endswith(tuple(":?=(["))):
        return text, ""
    return asked.rstrip(" -:?=([").removesuffix(" status"), "no" if answer in _NO else "yes"


def _split(words: list[str]) -> Iterator[str]:
    """Yield words, and a denial that is written as one with what it denies ("nonpregnant") apart."""
    for word in words:
        if len(word) > 7 and word.startswith(("non", "not")):
            yield word[:3]
            yield word[3:]
        else:
            yield word if word.isalpha() or len(word) < 3 else word.translate(LOOKS_LIKE_A_LETTER)


def _statement(text: str) -> _Statement:
    """Return what a text states, and whether it affirms or denies it."""
    asked, answer = _answered(text)
    words = list(_split(words_of(asked)))
    following = [*words[1:], "", ""]
    stems: set[str] = set()
    result: _Polarity | None = None
    denials, of_a_test = int(answer == "no"), bool(answer)
    doubtful = "yes" in words and "no" in words
    previous = ""
    for place, word in enumerate(words):
        after = following[place] if following[place] != "yet" else following[place + 1]
        if word == "not" and after == "only":
            pass
        elif word in _DENIALS or (word, after) in _TWO_WORD_DENIALS:
            denials += 1
            doubtful |= (word in ("not", "neither") and after in _OPEN_AFTER_NOT) or previous == "or"
            of_a_test |= word in _RESULT_DENIALS or after == "detected"
        elif (one := word.removesuffix("s")) in _RESULTS:
            doubtful |= result is not None
            result = _RESULTS[one]
        elif word in _DOUBTS or (word == "n" and place == len(words) - 1):
            doubtful = True
        elif not (
            word in _FILLERS
            or one in _FILLERS
            or (previous == "no" and word in _ADDS_NOTHING_AFTER_NO)
            or (previous == "not" and (word in _OPEN_AFTER_NOT or word == "only"))
            or (previous == "on" and word == "history")  # how it is known, and not when it was
        ):
            stems.add(stem(word))
        previous = word
    of_a_test = (of_a_test or result is not None) and not stems.isdisjoint(_TEST_LIKE)
    return _Statement(frozenset(stems), _polarity(denials, result, of_a_test=of_a_test, doubtful=doubtful))


def _polarity(denials: int, result: _Polarity | None, *, of_a_test: bool, doubtful: bool) -> _Polarity:
    if doubtful:
        return _Polarity.DOUBTFUL
    if denials > 1 or (denials and result is not None):
        return _Polarity.TWICE
    denied = bool(denials) or result is _Polarity.NEGATIVE
    if of_a_test:
        return _Polarity.NEGATIVE if denied else _Polarity.POSITIVE
    return _Polarity.DENIES if denied else _Polarity.AFFIRMS


_CONTRARY = frozenset(
    {
        (_Polarity.DENIES, _Polarity.AFFIRMS),
        (_Polarity.AFFIRMS, _Polarity.DENIES),
        (_Polarity.NEGATIVE, _Polarity.POSITIVE),
        (_Polarity.POSITIVE, _Polarity.NEGATIVE),
        (_Polarity.DENIES, _Polarity.POSITIVE),
        (_Polarity.POSITIVE, _Polarity.DENIES),
    }
)


class _Stands(Enum):
    """How words stand to what a code's descriptions say."""

    WITH = 0
    AGAINST = 1
    OPEN = 2  # of the same thing, and in doubt
    APART = 3  # of something else, of more or of less


def _stands(words: str, own: list[_OwnTerm]) -> _Stands:
    """Return how words stand to a code, whole or, where the whole says something else, in one of their clauses."""
    if any(term.is_value for term in own):
        return _Stands.APART
    said = _statement(words)
    if not said.stems:
        return _bare(words, said, own)
    whole = _compared(said, own)
    if whole is not _Stands.APART and said.polarity is not _Polarity.TWICE:
        return whole
    parts = {_compared(_statement(clause), own) for clause in _clauses(words)} - {_Stands.APART}
    return whole if not parts else parts.pop() if len(parts) == 1 else _Stands.OPEN


def _compared(said: _Statement, own: list[_OwnTerm]) -> _Stands:
    same = [term.statement.polarity for term in own if term.statement.stems and term.statement.stems == said.stems]
    if not same:
        return _Stands.APART
    if all((said.polarity, polarity) in _CONTRARY for polarity in same):
        return _Stands.AGAINST
    left_open = {_Polarity.DOUBTFUL, _Polarity.TWICE}
    return _Stands.OPEN if said.polarity in left_open and left_open.isdisjoint(same) else _Stands.WITH


def _bare(words: str, said: _Statement, own: list[_OwnTerm]) -> _Stands:
    """Return how a mere yes, no or doubt stands to a code: a no denies what affirms, and of a test it is a result."""
    if words.strip().casefold() == "none":  # what a program writes where nothing was
        return _Stands.OPEN
    affirms = all(
        term.statement.polarity is _Polarity.POSITIVE
        or (term.statement.polarity is _Polarity.AFFIRMS and term.statement.stems.isdisjoint(_TEST_LIKE))
        for term in own
    )
    match said.polarity:
        case _Polarity.DENIES if affirms:
            return _Stands.AGAINST
        case _Polarity.DOUBTFUL | _Polarity.TWICE:
            return _Stands.OPEN
        case _Polarity.AFFIRMS if _answered(words)[1] and any(term.statement.polarity is _Polarity.DENIES for term in own):
            return _Stands.OPEN
        case _:
            return _Stands.APART


def _names(own: Iterable[_OwnTerm]) -> frozenset[frozenset[str]]:
    return frozenset(name for term in own for name in term.names)


def _leaves_in_doubt(words: str, own: list[_OwnTerm]) -> bool:
    """Return whether words may say the contrary of a code, or withdraw it, though no denial of it is sure."""
    names = _names(own)
    if not names or any(term.is_value for term in own):
        return False
    polarities = {term.statement.polarity for term in own}
    if polarities <= {_Polarity.DENIES, _Polarity.NEGATIVE} and all(term.is_denial for term in own):
        against = {Reach.AFFIRMED, Reach.DOUBTED, Reach.WITHDRAWN}
    elif not polarities <= {_Polarity.AFFIRMS, _Polarity.POSITIVE} or any(term.is_cued for term in own):
        return False
    elif any(term.statement.polarity is _Polarity.AFFIRMS and not term.statement.stems.isdisjoint(_TEST_LIKE) for term in own):
        against = {Reach.WITHDRAWN}
    else:
        against = {Reach.DENIED, Reach.DOUBTED, Reach.WITHDRAWN, Reach.ANSWERED}
    return reach(words, names) in against


_FIRST_PART = re.compile(" - |: |;")
_CLAUSE_ENDS = re.compile(
    r"[;\n,|()]|(?<=[a-z]{3})/(?=[a-z]{3})|\s/\s|\.(?!\s*\d)| - |: |\b(?:but|nor|because|since|as|although|though|however)\b",
    re.IGNORECASE,
)


def _clauses(words: str) -> list[str]:
    """Return the clauses of a text; a dash parts clauses only between spaces, a colon before one, a full stop before no number."""
    return [part for part in _CLAUSE_ENDS.split(words) if part.strip()]


class _Cut(Enum):
    NONE = 0
    LIKELY = 1  # between two words, at the width of a column: "Seasonal influenza vaccination" may hide "declined"
    PLAIN = 2  # by dots, or within a word


_COLUMN = 30  # characters of the narrowest description column in use (Read's short terms)


def _cut(words: str, key: str, own_key: str) -> _Cut:
    """Return whether the words are a description cut short."""
    if not own_key.startswith(key) or key == own_key:
        return _Cut.NONE
    if words.rstrip().endswith(("...", "…")) or (own_key[len(key)] != " " and len(key) >= 12):
        return _Cut.PLAIN
    return _Cut.LIKELY if len(words.rstrip()) >= _COLUMN - 1 else _Cut.NONE


# Words that turn a description into something else, so that "own term and more" is no mere detail.
_TURNS = frozenset(
    map(
        stem,
        (
            "no",
            "not",
            "non",
            "without",
            "absent",
            "negative",
            "positive",
            "history",
            "family",
            "resolved",
            "test",
            "screening",
            "risk",
            "suspected",
            "declined",
            "refused",
            "advice",
            "planned",
            "vaccination",
            "vaccine",
            "counseling",
            "fear",
            "exposure",
            "contact",
            "mother",
            "father",
            "fetus",
            "baby",
            "newborn",
            "excluded",
            "monitoring",
            "education",
            "allergy",
            "adverse",
        ),
    )
)


def _says_more(key: str, own_key: str) -> bool:
    """Return whether the words hold the description, whole, and details besides: "acute asthma" of asthma."""
    if f" {own_key} " not in f" {key} ":
        return False
    more = f" {key} ".replace(f" {own_key} ", " ", 1).split()
    return not _turns(more)


def _turns(words: Iterable[str]) -> bool:
    return any(stem(word) in _TURNS for word in words)
