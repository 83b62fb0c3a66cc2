"""Codes as rule files and data files write them: form, check digit, system."""

from __future__ import annotations

import re
from typing import Final

from codesafety import ir
from codesafety.diagnostics import Diagnostics, Span, did_you_mean
from codesafety.language.parsing import syntax
from codesafety.terminology import sctid, systems
from codesafety.terminology.sctid import Damage

SCT: Final = "sct"
TEST_SYSTEM: Final = "test"
"""A system for examples: its codes mean nothing anywhere."""
_SEVERAL: Final = re.compile(r"([A-Z][0-9]{2}[0-9.]*\s*[-–]\s*[A-Z][0-9]{2}[0-9.]*)|[A-Za-z0-9.]+[*%]|[A-Z][0-9]{2}\.?-")
"""A range of codes, or a pattern that stands for several."""
_SYSTEM: Final = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")

_DAMAGE_SAID: Final[dict[Damage, str]] = {
    Damage.SPREADSHEET_TRUNCATION: "a spreadsheet has cut it to 15 digits",
    Damage.FLOAT_ROUNDING: "it went through a binary float and was rounded",
    Damage.SCIENTIFIC_NOTATION: "a spreadsheet has written it in scientific notation",
    Damage.FLOAT_SUFFIX: "a program has written it as a decimal number",
    Damage.STRAY_CHARACTERS: "it holds characters that are no digits",
    Damage.LEADING_ZERO: "it begins with a zero",
    Damage.CHECK_DIGIT: "its check digit does not hold",
    Damage.PARTITION: "its partition is none that is in use",
    Damage.DESCRIPTION_ID: "it is the id of a description (a term), not of a concept",
    Damage.RELATIONSHIP_ID: "it is the id of a relationship, not of a concept",
    Damage.EXPRESSION_ID: "it is the id of an expression, not of a concept",
    Damage.EXPRESSION: "it is an expression, not a concept id",
    Damage.TOO_SHORT: "it is shorter than 6 digits",
    Damage.TOO_LONG: "it is longer than 18 digits",
    Damage.EMPTY: "it is empty",
    Damage.NOT_AN_SCTID: "it is no SNOMED CT id",
}


def snomed_damage(code: str) -> tuple[str, str | None] | None:
    """Return what is wrong with a SNOMED CT concept id and a remedy, or None where it is well formed."""
    if sctid.is_concept_id(code):
        return None
    found = sctid.diagnose(code)
    said = _DAMAGE_SAID[found.diagnosis]
    if len(found.candidates) == 1:
        return said, f"it may have been {found.candidates[0]}: look it up, and write the code that is meant"
    return said, "copy the code from a SNOMED CT browser"


def system_name(word: syntax.Word | None, diagnostics: Diagnostics) -> str:
    """Return the short name of a code system, SNOMED CT where none is named. A name that nobody knows is a warning."""
    if word is None:
        return SCT
    name = word.text
    short = systems.canonical(name)
    if short != name and short is not None:
        diagnostics.error(
            "CS211",
            f"the code system `{name}` is called `{short}` here",
            word.span,
            "leave the name out: SNOMED CT and dm+d are what is meant without one" if short == SCT else f"write `{short}`",
        )
        return short
    if name not in systems.SHORT_NAMES and name != TEST_SYSTEM:
        diagnostics.warning(
            "CS411",
            f"`{name}` is no code system that this library knows",
            word.span,
            did_you_mean(name, systems.SHORT_NAMES) or "its codes are compared as text, under exactly this name",
        )
    return name


def code_ref(code: syntax.Code, system: str, diagnostics: Diagnostics, *, in_example: bool = False) -> ir.CodeRef:
    """Return a code of a rule file. What is wrong with it is reported; in an example any text may stand for a code."""
    if system == SCT:
        if not in_example:
            wrong = snomed_damage(code.code)
            if wrong is not None:
                span = _digits_of(code)
                diagnostics.error("CS209", f"`{code.code}` is no SNOMED CT concept: {wrong[0]}", span, wrong[1])
            elif code.quoted:
                diagnostics.error("CS210", "a SNOMED CT code is written without quotes", _digits_of(code), f"write {code.code}")
    elif not code.quoted and not in_example:
        diagnostics.error("CS210", f"a code of `{system}` is written in quotes", _digits_of(code), f'write "{code.code}"')
    elif not code.code and not in_example:
        diagnostics.error("CS209", "this code is empty", code.span, "write the code between the quotes")
    elif not in_example and (several := _SEVERAL.fullmatch(code.code)) is not None:
        diagnostics.error(
            "CS209",
            f"`{code.code}` is no one code: {'a range' if several[1] else 'a pattern'} has no members here",
            _digits_of(code),
            'write each of its codes, or list them in a file: `frozen "….csv"`',
        )
    return ir.CodeRef(system, systems.normal_code(system, code.code) if not in_example else code.code, code.term, code.span)


def _digits_of(code: syntax.Code) -> Span:
    """Return the span of the code without its term."""
    width = len(code.code) + (2 if code.quoted else 0)
    return Span(code.span.file, code.span.start, min(code.span.start + width, code.span.end))
