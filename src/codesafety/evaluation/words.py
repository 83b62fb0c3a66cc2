"""Whether the words sent with a coding contradict its code."""

from __future__ import annotations

from codesafety.evaluation.codes import TRANSFER_DEGRADED
from codesafety.evaluation.facts import CodingFact
from codesafety.terminology.interface import Terminology, Words


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
                lacking = "code" if terminology.has_release else "release"
            case Words.UNCLEAR:
                lacking = "display"
            case Words.AGREES | Words.UNFAMILIAR:
                pass
    return (None, lacking) if lacking else (False, None)
