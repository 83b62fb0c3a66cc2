"""Terms that disagree: one code, two meanings in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from codesafety import ir
from codesafety.diagnostics import Diagnostics

_WORDS: Final = re.compile(r"[^\W_]+")
_TAG: Final = re.compile(r"\s*\([^()]*\)\s*$")
_DENIES: Final = frozenset({"no", "not", "non", "without", "absent", "absence", "denies", "never", "excluded"})
_SMALL: Final = frozenset({"a", "an", "and", "by", "for", "in", "of", "on", "or", "the", "to", "with"})
_STEM: Final = 5


def _meant(term: str) -> tuple[frozenset[str], bool]:
    """Return the stems of a term's words, without its semantic tag, and whether it denies something."""
    words = [w.casefold() for w in _WORDS.findall(_TAG.sub("", term))]
    return frozenset(w[:_STEM] for w in words if w not in _SMALL and w not in _DENIES), any(w in _DENIES for w in words)


def irreconcilable(one: str, other: str) -> bool:
    """Return whether two terms can hardly be of one concept: they share no word, or one of them denies."""
    (a, denies_a), (b, denies_b) = _meant(one), _meant(other)
    return denies_a is not denies_b or not a & b


def warn_of_disagreement(sets: Iterable[ir.ValueSet], diagnostics: Diagnostics, known: dict[str, tuple[str, str]]) -> None:
    """Warn where a code is written with a term that another place contradicts. `known` holds term and set by code, and grows."""
    for valueset in sets:
        for row in valueset.worded:
            if row.term:
                known.setdefault(ir.code_key(row.system, row.code), (row.term, valueset.name))
        for code in (*valueset.codes, *valueset.perhaps, *valueset.except_codes):
            if code.term is None:
                continue
            term, where = known.setdefault(code.key, (code.term, valueset.name))
            if term != code.term and irreconcilable(term, code.term):
                diagnostics.warning(
                    "CS408",
                    f"`{code.code}` is called |{code.term}| here and |{term}| in `{where}`",
                    code.span,
                    "look the code up: one of the two is another concept's term",
                )
