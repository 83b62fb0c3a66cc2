"""Whether the words sent with a coding, or its siblings in one concept, contradict its code."""

from __future__ import annotations

from typing import Literal

from codesafety.evaluation.codes import MOST_CODINGS, TRANSFER_DEGRADED, CodeInfo
from codesafety.evaluation.facts import CodingFact
from codesafety.record import Coding
from codesafety.terminology.interface import Terminology, Words
from codesafety.terminology.words.descriptions import denies


def contradicts(coding: CodingFact, terminology: Terminology) -> tuple[bool | None, str | None]:
    """Return whether the words contradict the code, and what is missing where that cannot be told.

    True only when this code's own descriptions are known and exclude the words, and the words deny the concept or are a
    description of another. Words in doubt, or that cannot be read, leave it open: `display` is missing. Words not sent
    contradict nothing; transfer-degraded codes are not tested.
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
    for words in coding.words:
        match terminology.judge_words(info.code, words).verdict:
            case Words.NAMES_ANOTHER | Words.NEGATES:
                return True, None
            case Words.CANNOT_TELL:
                lacking = lacking or ("code" if terminology.has_release else "release")
            case Words.UNCLEAR:
                lacking = "display"
            case Words.AGREES | Words.UNFAMILIAR:
                pass
    return (None, lacking) if lacking else (False, None)


def siblings(coding: CodingFact) -> Literal["alone", "compatible", "contrary"] | None:
    """Return how the codings after it in its concept stand to a coding, so that each pair is told once; None: it cannot be told.

    A coding says what its code's known descriptions say, and its display. Two are contrary where what one says denies the
    other, or where the release defines one as the absence of the other. It cannot be told where words are in doubt, where of
    two codings one has neither words nor descriptions, or of too many codings.
    """
    if len(coding.concept) == 1:
        return "alone"
    later = coding.concept[coding.place + 1 :]
    if len(later) >= MOST_CODINGS:
        return None
    answers = {_contrary(coding, other) for other in later}
    return "contrary" if True in answers else None if None in answers else "compatible"


def _contrary(coding: CodingFact, other: Coding) -> bool | None:
    codebook = coding.codebook
    one, two = coding.info, codebook.entry(other.system, other.code)
    if _is_concept(one) and _is_concept(two):
        assert one.code is not None and two.code is not None
        if codebook.contrary(one.code, two.code):
            return True
    terms = codebook.terminology.terms
    known = [terms(info.code) if _is_concept(info) and info.code is not None else () for info in (one, two)]
    sent = [said.display if said.display is not None and said.display.strip() else None for said in (coding.coding, other)]
    answers = set()
    for ours, theirs in ((0, 1), (1, 0)):
        words = sent[theirs] or next(iter(known[theirs]), None)
        if words is None:
            return None
        answers.add(denies(words, known[ours], sent[ours]))
    return True if True in answers else None if None in answers else False


def _is_concept(info: CodeInfo) -> bool:
    return info.system == "sct" and info.well_formed is True
