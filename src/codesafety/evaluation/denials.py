"""Whether a value answers its code with no, or with what leaves it open: `Pregnant` with the value No asserts nothing.

What a code asks is not known here: "Pregnant: No" denies the code, and "Pregnancy test: Negative" is the result of a test
that was done. So a plain no is *absent*, and what may be either (Negative, Not detected, 0) is *unknown*, as is a value that
says itself that nothing is known. Words are compared whole, after `normal`; others are judged as the
words of a code are, and those in doubt are *unknown*. What is decided is written down in docs/adr/0017. Sources of the codes: SNOMED CT, LOINC answer lists, HL7 v2 tables 0136 and 0532, HL7 v3
NullFlavor, HL7 FHIR data-absent-reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from codesafety.record import Coding, Quantity, Value
from codesafety.terminology.interface import Terminology, Words
from codesafety.terminology.systems import SCT, canonical
from codesafety.terminology.words.descriptions import LONGEST, in_doubt_as_answer, is_denial, judge
from codesafety.terminology.words.normal import normal, unpadded

Answer = Literal["absent", "unknown"]
_Told = Literal["absent", "unknown", "present"]

_CODES: dict[str, dict[str, _Told]] = {
    SCT: {
        "373067005": "absent",  # No
        "2667000": "absent",  # Absent
        "410516002": "absent",  # Known absent
        "410594000": "absent",  # Definitely NOT present
        "385660001": "absent",  # Not done
        "260385009": "unknown",  # Negative
        "260415000": "unknown",  # Not detected
        "261665006": "unknown",  # Unknown
        "410537005": "unknown",  # Action status unknown
        "443390004": "unknown",  # Refused
        "82334004": "unknown",  # Indeterminate
        "385432009": "unknown",  # Not applicable
        "373066001": "present",  # Yes
        "52101004": "present",  # Present
        "410515003": "present",  # Known present
        "10828004": "present",  # Positive
        "260373001": "present",  # Detected
    },
    "loinc": {
        "LA32-8": "absent",  # No
        "LA9634-2": "absent",  # Absent
        "LA6577-6": "unknown",  # Negative
        "LA11883-8": "unknown",  # Not detected
        "LA4489-6": "unknown",  # Unknown
        "LA33-6": "present",  # Yes
        "LA9633-4": "present",  # Present
        "LA6576-8": "present",  # Positive
        "LA11882-0": "present",  # Detected
    },
}
_YES_NO = ("v2-0136", "v2/0136", "113883.12.136", "v2-0532", "v2/0532", "113883.12.532")
_YES_OR_NO: dict[str, _Told] = {"N": "absent", "Y": "present"}
_NOTHING = ("nullflavor", "113883.5.1008", "data-absent-reason")
"""How the systems end, whatever their URIs, of yes and no, and of reasons for which there is no value."""
_WORDS: dict[str, _Told] = {
    **dict.fromkeys(("no", "none", "nil", "absent", "not present", "known absent", "false", "not done"), "absent"),
    **dict.fromkeys(
        (
            "n",
            "0",
            "negative",
            "neg",
            "ve",  # -ve, +ve
            "not detected",
            "not found",
            "none detected",
            "nd",
            "unknown",
            "not known",
            "unsure",
            "uncertain",
            "indeterminate",
            "equivocal",
            "inconclusive",
            "do not know",
            "not know",  # don't know
            "not asked",
            "not stated",
            "not recorded",
            "not tested",
            "not performed",
            "not applicable",
            "na",
            "n a",
            "declined",
            "refused",
            "patient declined",
            "patient refused",
            "declined to answer",
            "prefer not to say",
            "?",
        ),
        "unknown",
    ),
    **dict.fromkeys(("yes", "y", "present", "positive", "true", "detected"), "present"),
}


_NO_UNIT = re.compile(r"1?(\{[^{}]*\})?")
"""Units of UCUM that are 1: what stands in braces is a word. `{copies}/mL` is a unit of its own."""


def answer(value: Value | None, codings: tuple[Coding, ...], text: str | None, terminology: Terminology) -> Answer | None:
    """Return how a value denies the concept that `codings` and `text` are; None where it affirms it or is a result."""
    if value is None:
        return None
    if value.boolean is not None:
        return None if value.boolean else "absent"
    if value.quantity is not None:
        return "unknown" if _is_bare_zero(value.quantity) else None
    said = {*map(_by_code, value.codings), *(_by_words(words) for words in _words(value))} - {None}
    if said and said != {"present"}:
        # Of several, none is taken for the right one.
        return "unknown" if len(said) > 1 or "unknown" in said else "absent"
    if value.codings or value.text is not None:
        own = list(own_terms(codings, text, terminology))
        sent = set(own).difference(known_terms(codings, terminology))
        if said:  # a yes, and perhaps more
            return "unknown" if any(in_doubt_as_answer(words, own) for words in filter(_may_answer, _words(value))) else None
        spoken = list(_described(value, terminology))
        if any(judge("", words, own, _nobody, sent=sent).verdict is Words.NEGATES for words in spoken):
            return "absent"
        if any(in_doubt_as_answer(words, own) for words in spoken):
            return "unknown"
    return None


def _is_bare_zero(quantity: Quantity) -> bool:
    return quantity.value == 0 and quantity.comparator is None and _NO_UNIT.fullmatch(quantity.unit or "") is not None


def _by_code(coding: Coding) -> _Told | None:
    system = canonical(coding.system) or ""
    if system in _CODES:
        return _CODES[system].get(coding.code or "")
    system = system.lower()
    if system.endswith(_NOTHING):
        return "unknown"
    if system.endswith(_YES_NO):
        return _YES_OR_NO.get(coding.code or "", "unknown")
    # The code of a system that is not known here is a word like another, unless words came with it.
    return _by_words(coding.code) if coding.display is None and coding.code is not None else None


def _by_words(words: str) -> _Told | None:
    if words.strip() and not words.strip("-–—− "):
        return "unknown"
    return _WORDS.get(normal(words)) if _may_answer(words) else None


def _may_answer(words: str) -> bool:
    """Return whether words are short enough for an answer, or a name; what is longer is a text."""
    return len(unpadded(words)) <= LONGEST


def _words(value: Value) -> Iterator[str]:
    yield from (coding.display for coding in value.codings if coding.display is not None)
    if value.text is not None:
        yield value.text


def _described(value: Value, terminology: Terminology) -> Iterator[str]:
    """Yield the words of a value as sent, and what is known of its codes."""
    yield from filter(_may_answer, _words(value))
    yield from known_terms(value.codings, terminology)


def own_terms(codings: tuple[Coding, ...], text: str | None, terminology: Terminology) -> Iterator[str]:
    """Yield the words that were sent with a concept, as far as they may be names, and what is known of its codes."""
    yield from (c.display for c in codings if c.display is not None and _may_answer(c.display))
    if text is not None and _may_answer(text):
        yield text
    yield from known_terms(codings, terminology)


def known_terms(codings: Iterable[Coding], terminology: Terminology) -> Iterator[str]:
    """Yield what is known of the codes of a concept."""
    for coding in codings:
        if coding.code is not None and canonical(coding.system) == SCT:
            yield from terminology.terms(coding.code)


def _nobody(_key: str) -> tuple[str, ...]:
    """Return the codes that words are the name of: what else they may name is not asked here."""
    return ()


def is_no(coding: Coding) -> bool:
    """Return whether a coding is a plain no: No, Absent, Not done."""
    return _by_code(coding) == "absent"


def affirms(value: Value | None) -> bool:
    """Return whether a value is a yes: `true`, or nothing but Yes, Present, Positive."""
    if value is None:
        return False
    said = {*map(_by_code, value.codings), *(_by_words(words) for words in _words(value))} - {None}
    return value.boolean is True or said == {"present"}


def denies_itself(codings: tuple[Coding, ...], text: str | None, terminology: Terminology) -> bool:
    """Return whether a code says by its known descriptions, else by the words sent with it, that something is not so."""
    return is_denial(list(known_terms(codings, terminology)) or list(own_terms(codings, text, terminology)))
