"""Whether the words sent with a coding, its siblings in one concept, or what was sent beside it contradict its code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from codesafety.evaluation.codes import MOST_CODINGS, TRANSFER_DEGRADED, Codebook, CodeInfo
from codesafety.evaluation.denials import is_no, known_terms, own_terms
from codesafety.evaluation.facts import CodingFact, Facts
from codesafety.evaluation.items import ItemFact, SentConcept, Siblings
from codesafety.terminology.interface import Terminology, Words, WordsVerdict
from codesafety.terminology.words.descriptions import beside, denies, described
from codesafety.terminology.words.normal import normal
from codesafety.terminology.words.reach import Reach


def contradicts(coding: CodingFact, terminology: Terminology) -> tuple[bool | None, str | None]:
    """Return whether the words contradict the code, and what is missing where that cannot be told.

    True only when this code's own descriptions are known and exclude the words, and the words deny the concept, are a
    description of another, or differ from its own in a word by which concepts are told apart. Words in doubt, or that cannot be
    read, leave it open: `display` is missing. Words not sent contradict nothing; transfer-degraded codes are not tested.
    """
    info = coding.info
    if not coding.words:
        return False, None
    if info.code is None or info.system is None:
        return None, "code" if info.code is None else "system"
    if info.system != "sct":
        return None, f"release.{info.system}"
    if info.code in TRANSFER_DEGRADED:
        return False, None
    if not info.well_formed:
        return None, "code"
    lacking = None
    for read in verdicts(coding, info.code, terminology):
        match read.verdict:
            case Words.NAMES_ANOTHER | Words.DIFFERS | Words.NEGATES:
                return True, None
            case Words.CANNOT_TELL:
                lacking = lacking or ("code" if terminology.has_release else "release")
            case Words.UNCLEAR:
                lacking = "display"
                if coding.item is None or coding.item.stands:
                    where = "message" if coding.item is None else coding.item.path
                    coding.concept.readings.in_doubt[coding.coding.path or where] = None
            case Words.AGREES | Words.UNFAMILIAR:
                pass
    return (None, lacking) if lacking else (False, None)


_FAMILY_HISTORY = re.compile(r"^\s*(?:f\.?/?h\.?x?|family history)(?!\w)\s*(?:of\b|[:-])?\s*(?=\w)", re.IGNORECASE)


def verdicts(coding: CodingFact, code: str, terminology: Terminology) -> Iterator[WordsVerdict]:
    """Yield how the words that were sent with a coding stand to its code: each read once. Raises WorkSpent where they may not be any more.

    Of an entry about the family "FH" is the context, and not the words of the code, unless the code says so itself.
    """
    is_familys = coding.item is not None and coding.item.is_entry and coding.item.context[1] == "family"
    if is_familys and any("family" in term.lower() for term in terminology.terms(code)):
        is_familys = False
    for sent in coding.words:
        words = _FAMILY_HISTORY.sub("", sent) if is_familys else sent
        yield coding.concept.readings.once((code, words), len(words), partial(terminology.judge_words, code, words))


_DENY = frozenset(
    [
        "absent",
        "denied",
        "excluded",
        "false",
        "negated",
        "never",
        "nil",
        "no",
        "none",
        "not done",
        "not performed",
        "not present",
        "refuted",
        "ruled out",
    ]
)
"""Words that deny by themselves what they stand beside, in whatever role."""
_SAID_ELSEWHERE = frozenset(
    [
        "clinicalStatus",
        "dataAbsentReason",
        "interpretation",
        "lifecycleStatus",
        "notDoneReason",
        "notGivenReason",
        "verificationStatus",
    ]
)
"""Qualifiers of which a denial is judged as the status or the value of the item."""


_MAY_DENY = frozenset([Reach.DENIED, Reach.DOUBTED, Reach.WITHDRAWN])
_PART, _OVERLAP = 800, 200
"""Letters of a long text that are read at once, and with the next ones again, so that a clause is whole in one part."""
_ALONE = _MAY_DENY | {Reach.ANSWERED}
"""Of a note, which may be nothing but "Denied"; a role of its own has answers of its own."""


def denied_beside(item: ItemFact, facts: Facts) -> Iterator[str]:
    """Yield the path of each of what was sent beside an item's codes whose words, or whose code, may deny it: notes and qualifiers.

    Not beside what is denied already, or withdrawn. Raises WorkSpent where words may not be read any more.
    """
    model, terminology = item.model, facts.codebook.terminology
    if item.stands == 0:
        return
    concepts = []
    for part in facts.parts(item):
        if not any(info.code in TRANSFER_DEGRADED for info in part.infos):
            terms = tuple(dict.fromkeys(own_terms(part.codings, (part.component or part.model).text, terminology)))
            concepts.append((terms, described(terms, frozenset(known_terms(part.codings, terminology)))))

    def does(words: str, reaches: frozenset[Reach]) -> bool:
        return any(
            facts.readings.once((terms, part), len(part), partial(beside, part, own)) in reaches
            for part in (words[at : at + _PART + _OVERLAP] for at in range(0, len(words), _PART))
            for terms, own in concepts
        )

    if any(does(words, _ALONE) for words in model.notes):
        yield model.path
    for number, qualifier in enumerate(model.qualifiers):
        if qualifier.role in _SAID_ELSEWHERE:
            continue
        said = [*filter(None, (qualifier.text, *(c.display for c in qualifier.codings)))]
        said += [term for c in qualifier.codings for term in terminology.terms(c.code or "")]
        denies_itself = any(normal(words) in _DENY for words in said) or any(map(is_no, qualifier.codings))
        if denies_itself or any(does(words, _MAY_DENY) for words in dict.fromkeys(said)):
            first = qualifier.codings[0].path if qualifier.codings else None
            yield first or f"{model.path}.qualifiers[{number}]"


def siblings(coding: CodingFact) -> Siblings | None:
    """Return how the codings after it in its concept stand to a coding, so that each pair is told once; None: it cannot be told.

    A coding says what its code's known descriptions say, and its display. Two are contrary where what one says denies the
    other, or where the release defines one as the absence of the other. It cannot be told where words are in doubt, where of
    two codings one has neither words nor descriptions, or of too many codings that differ.
    """
    concept = coding.concept
    if concept.siblings is None:
        concept.siblings = tuple(_siblings(concept, coding.codebook))
    return concept.siblings[coding.place]


def _siblings(concept: SentConcept, codebook: Codebook) -> list[Siblings | None]:
    """Return the answer for each coding of a concept. What is sent twice is compared once."""
    if len(concept.codings) == 1:
        return ["alone"]

    def contrary(one: _Sent, other: _Sent) -> bool | None:
        letters = len(one[2] or "") + len(other[2] or "")
        return concept.readings.once((one, other), letters, partial(_are_contrary, one, other, codebook))

    later: dict[_Sent, None] = {}
    found: list[Siblings | None] = []
    for coding in reversed(concept.codings):
        sent = coding.system, coding.code, coding.display
        others = [other for other in later if other != sent]
        if len(others) >= MOST_CODINGS:
            found.append(None)
        else:
            answers = {contrary(sent, other) for other in others}
            found.append("contrary" if True in answers else None if None in answers else "compatible")
        later[sent] = None
    return found[::-1]


_Sent = tuple[str | None, str | None, str | None]
"""System, code and display."""


def _are_contrary(one: _Sent, other: _Sent, codebook: Codebook) -> bool | None:
    """Return whether two codings of one concept are contrary."""
    infos = [codebook.entry(system, code) for system, code, _ in (one, other)]
    codes = [info.code if _is_concept(info) else None for info in infos]
    if codes[0] is not None and codes[1] is not None and codebook.contrary(codes[0], codes[1]):
        return True
    known = [codebook.terminology.terms(code) if code is not None else () for code in codes]
    sent = [words if words is not None and words.strip() else None for _, _, words in (one, other)]
    answers = set()
    for ours, theirs in ((0, 1), (1, 0)):
        words = sent[theirs] or next(iter(known[theirs]), None)
        if words is None:  # a local code may be words itself
            local = (one, other)[theirs][1] if codes[theirs] is None else None
            return True if local is not None and denies(local, known[ours], sent[ours]) is True else None
        answers.add(denies(words, known[ours], sent[ours]))
    return True if True in answers else None if None in answers else False


def _is_concept(info: CodeInfo) -> bool:
    return info.system == "sct" and info.well_formed is True
