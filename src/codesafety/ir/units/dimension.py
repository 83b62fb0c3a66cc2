"""What rules compute: a unit in base units, by which units multiply, divide and convert.

A computed number converts by dimension, for the author wrote the computation; what was sent converts by `families`. The base
units are not UCUM's seven: a mole, a pascal, a unit, a percentage, a joule stay what they are, a litre is no cubic metre, and a
month is no number of seconds. An annotation is nothing; what counts something that only its name tells (`[HPF]`) is itself.

    per_m2 = in_base("kg").dimension / (in_base("m").dimension * in_base("m").dimension)
    per_m2.unit                                  # "g.m-2"
    convert(Fraction(25000), per_m2.unit, "kg/m2")   # 25
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from codesafety.ir.units import ucum
from codesafety.ir.units.families import meant

_ITSELF: Final = (
    *(
        "g",
        "m",
        "L",
        "s",
        "mo",
        "mol",
        "Pa",
        "Cel",
        "U",
        "[IU]",
        "%",
        "eq",
        "osm",
        "J",
        "[pH]",
        "[diop]",
        "B",
        "Np",
        "deg",
        "bit",
    ),
    *("[HPF]", "[LPF]", "[NTU]", "[FNU]", "[hnsf'U]"),
)
_ONE: Final = Fraction(1)
_BASES: Final[ucum.Bases] = {
    **{atom: (_ONE, ((atom, 1),)) for atom in _ITSELF},
    "l": (_ONE, (("L", 1),)),
    "[iU]": (_ONE, (("[IU]", 1),)),
    "a": (Fraction(12), (("mo", 1),)),
    "K": (_ONE, (("Cel", 1),)),
    "[degF]": (Fraction(5, 9), (("Cel", 1),)),
    "[degRe]": (Fraction(5, 4), (("Cel", 1),)),
}
_OFFSETS: Final = {"K": Fraction("-273.15"), "[degF]": Fraction(-160, 9)}
"""Of a temperature that stands alone, in Cel. In a product, and in a difference, an offset does not count."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A product of powers of base units. They multiply and divide; what is added or compared has the same one."""

    powers: ucum.Powers = ()

    def __mul__(self, other: Dimension) -> Dimension:
        return Dimension(ucum.product(self.powers, other.powers))

    def __truediv__(self, other: Dimension) -> Dimension:
        return Dimension(ucum.product(self.powers, tuple((atom, -power) for atom, power in other.powers)))

    @property
    def unit(self) -> str:
        """Its unit in UCUM, a product of base units: `g.m-2`; `1` of a pure number."""
        return ".".join(atom if power == 1 else f"{atom}{power}" for atom, power in self.powers) or "1"


@dataclass(frozen=True, slots=True)
class InBase:
    """A unit in base units: value × factor + offset, of a dimension."""

    dimension: Dimension
    factor: Fraction
    offset: Fraction = Fraction(0)


def in_base(unit: str) -> InBase | None:
    """Return a unit, as it was sent, in base units; None where it is no unit, or a level or another function of one."""
    return _in_base(unit) if len(unit) <= ucum.LONGEST else None


@lru_cache(maxsize=4096)
def _in_base(unit: str) -> InBase | None:
    said = ucum.parse(meant(unit))
    found = None if said is None else ucum.reduced(said, _BASES)
    if said is None or found is None:
        return None
    offset = Fraction(0)
    match said.parts:
        case (ucum.Part(atom=atom, power=1),):
            offset = _OFFSETS.get(atom, offset)
    return InBase(Dimension(found[1]), found[0], offset)


def convert(number: Fraction, from_unit: str, to_unit: str) -> Fraction | None:
    """Return `number` in `to_unit`, exactly, or None where the dimensions differ or one of them is not known."""
    source, target = in_base(from_unit), in_base(to_unit)
    if source is None or target is None or source.dimension != target.dimension:
        return None
    return (number * source.factor + source.offset - target.offset) / target.factor
