"""Remedies for what is almost a unit: how UCUM writes what somebody meant. For people: no number is converted by a guess."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from codesafety.diagnostics import did_you_mean
from codesafety.ir.units import ucum
from codesafety.ir.units.families import known, meant, names, written_as

_LETTERS: Final = str.maketrans({
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺₂", "0123456789-+2", strict=True)), **dict.fromkeys("µμ", "u"), **dict.fromkeys("·⋅∙•×", "."),
    **dict.fromkeys("−–", "-"), **dict.fromkeys("⁄∕÷", "/"), "^": None, "\0": "*",
})  # fmt: skip
_TEN: Final = re.compile(r"^[x×]?10[*^]?(?=[+-]?\d|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺])")
_NUMBERED: Final = re.compile(r"(?<![\w\]}*+-])(?P<number>\d+)(?=[A-Za-z\[%])(?P<unit>[^./()]+)")
_WORD: Final = re.compile(r"(?P<symbol>(?:[^\d./(){}\[\]*+\-]|\[[^\[\]]*\]|\d+(?=[A-Za-z]))+)(?=[+-]?\d*(?:[./(){}]|$))")
_SPOKEN: Final = {
    "osmol": "osm",
    "iu": "[IU]",
    "hour": "h",
    "hr": "h",
    "sec": "s",
    "year": "a",
    "yr": "a",
    "litre": "L",
    "metre": "m",
    "gm": "g",
    "l": "L",
    "liter": "L",
    "celsius": "Cel",
    "fahrenheit": "[degF]",
    "percent": "%",
}
"""Of people in the United Kingdom, beside UCUM's names and its codes in one case."""


def remedy(unit: str) -> str | None:
    """Return what to write for a text that is no unit, as a sentence, or None where nothing is near."""
    if len(unit) > ucum.LONGEST:
        return None
    instead = written_as(unit) or _rewritten(unit)
    return f'in UCUM it is written `"{instead}"`' if instead else did_you_mean(unit, names())


def _rewritten(unit: str) -> str | None:
    """Return a unit that is written in other letters, cases or names, or with a number before an atom, as UCUM writes it."""
    bare = re.sub(r"\s+", "", re.sub(r"\s+per\s+", "/", unit.strip(), flags=re.IGNORECASE))
    text = _TEN.sub("10\0", bare).translate(_LETTERS)
    text = _NUMBERED.sub(lambda m: _times(m, text), text)
    text = meant(_WORD.sub(lambda m: _symbol(m["symbol"]), text))
    return text if text != unit and known(text) else None


def _times(match: re.Match[str], text: str) -> str:
    """Return a number before an atom as their product, in brackets below a stroke."""
    if match["number"] == "1":
        return match["unit"]
    product = f"{match['number']}.{match['unit']}"
    return f"({product})" if text[: match.start()].endswith("/") else product


def _symbol(symbol: str) -> str:
    """Return the atom with its prefix that a word means, or the word where none is."""
    if known(symbol):
        return symbol
    if (written := written_as(symbol)) is not None:
        return written
    atoms, prefixes = _by_word()
    low = symbol.lower()
    if low in atoms:
        return atoms[low]
    for word, prefix in prefixes.items():
        if low.startswith(word) and (atom := atoms.get(low.removeprefix(word))) and known(prefix + atom):
            return prefix + atom
    return symbol


@cache
def _by_word() -> tuple[dict[str, str], dict[str, str]]:
    """Return atoms and prefixes by what they are called, in lower case. A code in one case goes before a name, and no two share."""
    table = ucum.table()
    atoms: dict[str, str | None] = {}
    for code, atom in table.atoms.items():
        bare = code.replace("[", "").replace("]", "")
        for word in {name.lower() for name in (*atom.spoken, code, *((bare,) if len(bare) > 1 else ()))}:
            for form in (word, f"{word}s"):
                atoms[form] = code if atoms.get(form, code) == code else None
    atoms |= {atom.spoken[0].lower(): code for code, atom in table.atoms.items() if code != "L"}
    atoms |= {form: code for word, code in _SPOKEN.items() for form in (word, f"{word}s")}
    prefixes = {**table.spoken_prefixes, "mc": "u"}
    return (
        {word: code for word, code in atoms.items() if code is not None},
        dict(sorted(prefixes.items(), key=lambda item: -len(item[0]))),
    )
