"""Remedies for what is almost a unit: how UCUM writes what somebody meant. For people: no number is converted by a guess."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from codesafety.ir.units import ucum
from codesafety.ir.units.families import everyday, known, meant, names, written_as

_LETTERS: Final = str.maketrans({
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺₂", "0123456789-+2", strict=True)), **dict.fromkeys("µμ", "u"), **dict.fromkeys("·⋅∙•×", "."),
    **dict.fromkeys("−–", "-"), **dict.fromkeys("⁄∕÷", "/"), "^": None, "\0": "*",
})  # fmt: skip
_TEN: Final = re.compile(r"^[x×]?10[*^]?(?=[+-]?\d|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺])")
_NUMBERED: Final = re.compile(r"(?<![\w\]}*+-])(?P<number>\d+)(?=[A-Za-z\[%])(?P<unit>[^./()]+)")
_WORD: Final = re.compile(r"(?P<symbol>(?:[^\d./(){}\[\]*+\-]|\[[^\[\]]*\]|\d+(?=[A-Za-z]))+)(?=[+-]?\d*(?:[./(){}]|$))")
_BRACKETS: Final = str.maketrans("", "", "[]{} ")
_SPOKEN: Final = {
    "osmol": "osm",
    "iu": "[IU]",
    "hour": "h",
    "hr": "h",
    "sec": "s",
    "year": "a",
    "yr": "a",
    "mth": "mo",
    "w": "wk",
    "litre": "L",
    "metre": "m",
    "gm": "g",
    "l": "L",
    "liter": "L",
    "cc": "mL",
    "lb": "[lb_av]",
    "oz": "[oz_av]",
    "inch": "[in_i]",
    "inche": "[in_i]",
    "feet": "[ft_i]",
    "celsius": "Cel",
    "fahrenheit": "[degF]",
    "percent": "%",
}
"""Of people in the United Kingdom, beside UCUM's names and its codes in one case. Each may have an `s` behind it."""
_MOLAR: Final = {"M": "mol/L", "mM": "mmol/L", "uM": "umol/L", "µM": "umol/L", "μM": "umol/L", "nM": "nmol/L", "pM": "pmol/L"}
"""Of chemists."""
_SHORTEST_NEAR: Final = 4
"""Of fewer letters, one is too much of a unit to be a slip."""


def remedy(unit: str) -> str | None:
    """Return what to write for a text that is no unit, as a sentence, or None where nothing is near."""
    if len(unit) > ucum.LONGEST:
        return None
    found = instead(unit)
    if found is not None:
        return f'in UCUM it is written `"{found}"`'
    letters = _folded(unit)
    near = next((name for folded, name in _by_letters().items() if _one_letter_from(letters, folded)), None)
    return None if near is None or len(letters) < _SHORTEST_NEAR else f"did you mean `{near}`?"


def instead(unit: str) -> str | None:
    """Return the unit that a text means, as UCUM writes it; the text itself where it is one; None where it means none."""
    if len(unit) > ucum.LONGEST:
        return None
    if known(unit):
        return mistaken(unit) or unit
    return written_as(unit) or _MOLAR.get(unit.strip()) or _rewritten(unit)


def mistaken(unit: str) -> str | None:
    """Return the everyday unit that a unit of UCUM was surely meant for, which it is but for case, brackets or a stroke.

    `kG` is a kilogauss, `C` a coulomb, `mm/hg` a millimetre by hectogram. None of any other, and of what is no unit.
    """
    if unit in names() or not known(unit):
        return None
    letters, table = _folded(unit), _by_letters()
    found = table.get(letters)
    if found is None and "/" in letters[1:] and "[" in (column := table.get(letters.replace("/", ""), "")):
        found = column
    return found


def _folded(unit: str) -> str:
    """Return a unit in small letters, without brackets."""
    return unit.translate(_BRACKETS).lower()


@cache
def _by_letters() -> dict[str, str]:
    """Return the everyday units by their letters, whatever their case and brackets. The first of those that share them."""
    table = {"c": "Cel", "f": "[degF]"}
    for name in names():
        table.setdefault(_folded(name), name)
    return table


def _one_letter_from(one: str, other: str) -> bool:
    """Return whether one letter is wrong, missing or too much."""
    if abs(len(one) - len(other)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[at + 1 :] == other[at + 1 :] or one[at:] == other[at + 1 :] or one[at + 1 :] == other[at:]


def _rewritten(unit: str) -> str | None:
    """Return a unit that is written in other letters, cases or names, or with a number before an atom, as UCUM writes it."""
    bare = re.sub(r"\s+", "", re.sub(r"\s+per\s+", "/", unit.strip(), flags=re.IGNORECASE))
    text = _TEN.sub("10\0", bare).translate(_LETTERS)
    text = _NUMBERED.sub(lambda m: _times(m, text), text)
    if (whole := _by_letters().get(_folded(text))) is not None and not known(text):
        return whole
    text = meant(_WORD.sub(lambda m: _symbol(m["symbol"]), text))
    if text == unit or not known(text):
        return None
    return mistaken(text) or (text if everyday(text) else None)


def _times(match: re.Match[str], text: str) -> str:
    """Return a number before an atom as their product, in brackets below a stroke."""
    if match["number"] == "1":
        return match["unit"]
    product = f"{match['number']}.{match['unit']}"
    return f"({product})" if text[: match.start()].endswith("/") else product


def _symbol(symbol: str) -> str:
    """Return the atom with its prefix that a word means, or the word where none is."""
    if symbol in _MOLAR or (known(symbol) and everyday(symbol)):
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
    """Return everyday atoms, and prefixes, by what they are called, in lower case. No two share a name."""
    table = ucum.table()
    atoms: dict[str, str | None] = {}
    everyday_atoms = {code: atom for code, atom in table.atoms.items() if everyday(code)}
    for code, atom in everyday_atoms.items():
        bare = code.replace("[", "").replace("]", "")
        for word in {name.lower() for name in (*atom.spoken, code, *((bare,) if len(bare) > 1 else ()))}:
            for form in (word, f"{word}s"):
                atoms[form] = code if atoms.get(form, code) == code else None
    atoms |= {atom.spoken[0].lower(): code for code, atom in everyday_atoms.items() if code != "L"}
    atoms |= {form: code for word, code in _SPOKEN.items() for form in (word, f"{word}s")}
    prefixes = {**table.spoken_prefixes, "mc": "u"}
    return (
        {word: code for word, code in atoms.items() if code is not None},
        dict(sorted(prefixes.items(), key=lambda item: -len(item[0]))),
    )
