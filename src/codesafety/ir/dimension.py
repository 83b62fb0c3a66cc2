"""What rules compute: a unit in base units, by which units multiply and divide.

A computed number converts by dimension, for the author wrote the computation; what was sent converts by `units`. The base units
are not UCUM's seven: a mole, a pascal, a unit, a percentage stay what they are, a litre is no cubic metre, and a month is no
number of seconds. An annotation is nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from codesafety.ir import units

_ATOM: Final = re.compile(r"(?P<atom>.*?[^0-9+-])(?P<power>[+-]?[0-9]{1,2})?")
_PARTS: Final = re.compile(r"([./]?)((?:\{[^{}]*\}|\[[^\[\]]*\]|[^./{}\[\]])+)")
_NUMBER: Final = re.compile(r"10[*^](?P<power>[+-]?[0-9]{1,2})")


@dataclass(frozen=True, slots=True)
class Dimension:
    """A product of powers of base units. They multiply and divide; what is added or compared has the same one."""

    powers: tuple[tuple[str, int], ...] = ()

    def __mul__(self, other: Dimension) -> Dimension:
        return _dimension([*self.powers, *other.powers])

    def __truediv__(self, other: Dimension) -> Dimension:
        return _dimension([*self.powers, *((atom, -power) for atom, power in other.powers)])


def _dimension(powers: list[tuple[str, int]]) -> Dimension:
    total: dict[str, int] = {}
    for atom, power in powers:
        total[atom] = total.get(atom, 0) + power
    return Dimension(tuple(sorted((atom, power) for atom, power in total.items() if power)))


@dataclass(frozen=True, slots=True)
class InBase:
    """A unit in base units: value × factor + offset, of a dimension."""

    dimension: Dimension
    factor: Fraction
    offset: Fraction = Fraction(0)


@lru_cache(maxsize=4096)
def in_base(unit: str) -> InBase | None:
    """Return a unit, as it was sent, in base units; None where an atom of it is not in the table of units."""
    written = units.written_as(unit) or unit
    parts = _PARTS.findall(written)
    if "".join(mark + part for mark, part in parts) != written:
        return None
    dimension, factor, offset = Dimension(), Fraction(1), Fraction(0)
    for mark, part in parts:
        found = _part(re.sub(r"\{[^{}]*\}", "", part))
        if found is None:
            return None
        if mark == "/":
            dimension, factor = dimension / found.dimension, factor / found.factor
        else:
            dimension, factor = dimension * found.dimension, factor * found.factor
        offset = found.offset
    return InBase(dimension, factor, offset if len(parts) == 1 else Fraction(0))


def _part(part: str) -> InBase | None:
    if part in ("", "1"):
        return InBase(Dimension(), Fraction(1))
    if (number := _NUMBER.fullmatch(part)) is not None:
        return InBase(Dimension(), Fraction(10) ** int(number["power"]))
    parsed = _ATOM.fullmatch(part)
    unit = None if parsed is None else units.in_first_of_family(parsed["atom"])
    if parsed is None or unit is None:
        return None
    first, factor, offset = unit
    power = int(parsed["power"] or 1)
    base = InBase(Dimension(((first, 1),)), Fraction(1)) if first not in _MADE_OF else in_base(first)
    assert base is not None
    dimension = Dimension(tuple((atom, n * power) for atom, n in base.dimension.powers))
    return InBase(dimension, (factor * base.factor) ** power, offset if power == 1 else Fraction(0))


_MADE_OF: Final = frozenset({"/min"})
"""First units of families that one atom stands for (`Hz`), and that are no atom themselves."""
