"""What rules compare: families of units, and exact conversion within one.

A family holds units between which a clinician would convert without asking anything else; two families never convert, even
where their dimensions agree (a filtration rate and a peak flow are both volumes by time; an eGFR normalised to body surface is
not one that is not; a month is no fixed number of days). The table names those that need a word. Any other UCUM unit belongs
with the units made of the same atoms, whatever their prefixes (`mmol/kg` and `umol/kg`, `10*3/L` and `10*9/L`): to the family
whose units of the table are, where one is; where several are, or none, to a family of those that the table does not name.
Source: The Unified Code for Units of Measure, 2.2 (ucum.org), tables 2 to 26.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Final

from codesafety.ir.units import ucum

_LARGEST_EXPONENT: Final = 100
"""Values beyond 10**100 measure nothing; computing with them exactly would take for ever."""


@dataclass(frozen=True, slots=True)
class Member:
    """A unit as factor and offset to its family's first unit: value × factor + offset."""

    family: str
    factor: Fraction
    offset: Fraction = Fraction(0)


_PREFIX: Final = {"k": 3, "": 0, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}


_BY_BODY_SURFACE: Final = "mL/min/{1.73_m2}"
_WITHOUT_BRACES: Final = ("mL/min/1.73.m2", "mL/min/1.73/m2", "ml/min/1.73.m2", "ml/min/1.73/m2")
"""Sent for the same. By UCUM's syntax 1.73 is the product of 1 and 73 here, which nobody means."""


def _ten(power: int) -> Fraction:
    return Fraction(10) ** power


def _scaled(stem: str, prefixes: str, per: str = "") -> Iterator[tuple[str, Fraction]]:
    for prefix in prefixes.split():
        bare = prefix.strip("-")
        yield f"{bare}{stem}{per}", _ten(_PREFIX[bare])


def _families() -> Iterator[tuple[str, str, Fraction, Fraction]]:
    """Yield family, unit, factor, offset."""

    def family(name: str, *units: tuple[str, Fraction | int | str]) -> Iterator[tuple[str, str, Fraction, Fraction]]:
        for unit, factor in units:
            yield name, unit, Fraction(factor), Fraction(0)
            if "L" in unit.replace("[", ""):  # UCUM has the litre in both cases
                yield name, unit.replace("L", "l"), Fraction(factor), Fraction(0)

    yield from family(
        "mass", *_scaled("g", "k - m u n p"), ("[lb_av]", "453.59237"), ("[oz_av]", "28.349523125"), ("[stone_av]", "6350.29318")
    )
    yield from family("length", *_scaled("m", "k - d c m u n"), ("[in_i]", "0.0254"), ("[ft_i]", "0.3048"))
    yield from family("area", ("m2", 1), ("cm2", "0.0001"), ("mm2", "0.000001"))
    yield from family("volume", *_scaled("L", "- d c m u n p f"))
    yield from family("time", ("s", 1), ("min", 60), ("h", 3600), ("d", 86400), ("wk", 604800), ("ms", "0.001"))
    yield from family("calendar time", ("mo", 1), ("a", 12))
    yield "temperature", "Cel", Fraction(1), Fraction(0)
    yield "temperature", "K", Fraction(1), Fraction("-273.15")
    yield "temperature", "[degF]", Fraction(5, 9), Fraction(-160, 9)
    yield from family("pressure", ("Pa", 1), ("kPa", 1000), ("mm[Hg]", "133.322"), ("cm[H2O]", "98.0665"))
    yield from family(
        "frequency",
        ("/min", 1),
        ("1/min", 1),
        ("{beats}/min", 1),
        ("{beat}/min", 1),
        ("{breaths}/min", 1),
        ("/s", 60),
        ("Hz", 60),
    )
    yield from family("proportion", ("%", 1))
    yield from family("number", ("1", 1))
    yield from family("mole ratio", ("mmol/mol", 1))
    yield from family("amount of substance", *_scaled("mol", "- m u n p"))
    yield from family("amount concentration", *_scaled("mol", "- m u n p f", "/L"), ("umol/dL", "0.00001"))
    yield from family(
        "mass concentration",
        *_scaled("g", "- m u n p", "/L"),
        ("g/dL", 10),
        ("mg/dL", "0.01"),
        ("ug/dL", "0.00001"),
        ("ng/dL", _ten(-8)),
        ("mg/mL", 1),
        ("ug/mL", "0.001"),
        ("ng/mL", _ten(-6)),
        ("pg/mL", _ten(-9)),
    )
    yield from family("mass per amount", ("mg/mmol", 1), ("g/mol", 1), ("ug/mmol", "0.001"))
    yield from family("mass ratio", ("mg/g", 1), ("ug/mg", 1), ("ug/g", "0.001"))
    yield from family("equivalent concentration", ("eq/L", 1), ("meq/L", "0.001"))
    yield from family(
        "count concentration",
        ("10*9/L", 1),
        ("10*12/L", 1000),
        ("10*6/L", "0.001"),
        ("10*3/uL", 1),
        ("10*6/uL", 1000),
        ("10*3/mL", "0.001"),
        ("10*6/mL", 1),
        ("/uL", "0.001"),
        ("/L", _ten(-9)),
    )
    yield from family("enzyme concentration", ("U/L", 1), ("kU/L", 1000), ("U/mL", 1000), ("mU/L", "0.001"), ("mU/mL", 1))
    for stem in ("[IU]", "[iU]"):
        yield from family("international units", (stem, 1), (f"k{stem}", 1000), (f"m{stem}", "0.001"))
        yield from family(
            "international units concentration",
            (f"{stem}/L", 1),
            (f"{stem}/mL", 1000),
            (f"m{stem}/L", "0.001"),
            (f"m{stem}/mL", 1),
            (f"u{stem}/mL", "0.001"),
            (f"k{stem}/L", 1000),
        )
        yield from family("international units by time", (f"{stem}/d", 1), (f"{stem}/wk", Fraction(1, 7)))
    yield from family("units", ("U", 1), ("mU", "0.001"))
    yield from family("units by time", ("U/d", 1), ("U/h", 24))
    yield from family("body mass index", ("kg/m2", 1))
    yield from family("filtration rate", ("mL/min", 1))
    yield from family(
        "filtration rate by body surface",
        (_BY_BODY_SURFACE, 1),
        ("mL/min/{1.73m2}", 1),
        *((unit, 1) for unit in _WITHOUT_BRACES),
    )
    yield from family("flow", ("L/min", 1), ("L/s", 60))
    yield from family("infusion rate", ("mL/h", 1))
    yield from family("dose by time", ("mg/d", 1), ("g/d", 1000), ("ug/d", "0.001"), ("mg/h", 24), ("mg/wk", Fraction(1, 7)))
    yield from family("dose by body mass", ("mg/kg", 1), ("g/kg", 1000), ("ug/kg", "0.001"))
    yield from family(
        "dose by body mass and time", ("mg/kg/d", 1), ("ug/kg/d", "0.001"), ("ug/kg/min", "1.44"), ("ug/kg/h", "0.024")
    )
    yield from family("dose by body surface", ("mg/m2", 1), ("ug/m2", "0.001"))
    yield from family("sedimentation", ("mm/h", 1))
    yield from family("osmolality", ("mosm/kg", 1), ("osm/kg", 1000))
    yield from family("excretion", ("mmol/d", 1), ("umol/d", "0.001"), ("nmol/d", _ten(-6)))
    yield from family("energy", ("J", 1), ("kJ", 1000), ("cal", "4.184"), ("kcal", 4184))
    yield from family("acidity", ("[pH]", 1))
    yield from family("lens power", ("[diop]", 1))
    yield from family("sound level", ("dB", 1))
    yield from family("angle", ("deg", 1))


@cache
def _table() -> dict[str, Member]:
    return {unit: Member(family, factor, offset) for family, unit, factor, offset in _families()}


_ALSO_WRITTEN: Final = {
    "mmHg": "mm[Hg]",
    "mm Hg": "mm[Hg]",
    "kg/m²": "kg/m2",
    "kg/m^2": "kg/m2",
    "mcg": "ug",
    "µg": "ug",
    "μg": "ug",
    "°C": "Cel",
    "degC": "Cel",
    "°F": "[degF]",
    "bpm": "/min",
    "beats/min": "/min",
    "breaths/min": "/min",
    "10^9/L": "10*9/L",
    "x10^9/L": "10*9/L",
    "10^12/L": "10*12/L",
    "µmol/L": "umol/L",
    "μmol/L": "umol/L",
    "mcg/L": "ug/L",
    "µg/L": "ug/L",
    "mL/min/1.73m2": "mL/min/{1.73_m2}",
    "ml/min/1.73m2": "mL/min/{1.73_m2}",
    "mL/min/1.73m^2": "mL/min/{1.73_m2}",
    "MMHG": "mm[Hg]",
    "mmhg": "mm[Hg]",
    "Kg": "kg",
    "KG": "kg",
    "kgs": "kg",
    "Kgs": "kg",
    "Kg/m2": "kg/m2",
    "Kg/m²": "kg/m2",
    "Kg/m^2": "kg/m2",
    "cms": "cm",
    "Cm": "cm",
    "CM": "cm",
    "degrees C": "Cel",
    "deg C": "Cel",
    "Deg C": "Cel",
    "Celsius": "Cel",
    "celsius": "Cel",
    "beats/minute": "/min",
    "beats per minute": "/min",
    "breaths/minute": "/min",
    "breaths per minute": "/min",
    "/minute": "/min",
    "percent": "%",
    "sec": "s",
    "secs": "s",
    "seconds": "s",
    "weeks": "wk",
    "week": "wk",
    "days": "d",
    "day": "d",
    "hours": "h",
    "hour": "h",
    "months": "mo",
    "month": "mo",
    "years": "a",
    "year": "a",
    "tablet": "{tablet}",
    "tablets": "{tablet}",
    "capsule": "{capsule}",
    "capsules": "{capsule}",
    "IU": "[IU]",
    "lb": "[lb_av]",
    "st": "[stone_av]",
    "in": "[in_i]",
    "ft": "[ft_i]",
}
"""Other spellings in which messages send a unit and which can mean one thing only.

Two are UCUM units as well, of something that nobody means: `ft` is a femtotonne, `st` a stere.
"""


def known(unit: str) -> bool:
    """Return whether a rule may name `unit`: a UCUM unit, and none that is read as another (`ft`, a femtotonne, for feet)."""
    return unit in _table() or (unit not in _ALSO_WRITTEN and ucum.parse(unit) is not None)


def check(unit: str) -> str:
    """Return what is to be said of a unit as it was sent: valid, other_spelling (of one that is converted), not_a_unit."""
    return "valid" if known(unit) else "not_a_unit" if written_as(unit) is None else "other_spelling"


def written_as(unit: str) -> str | None:
    """Return the UCUM spelling of a unit that is written in another way, or None where there is none."""
    return _ALSO_WRITTEN.get(unit.strip())


def meant(unit: str) -> str:
    """Return the UCUM text by which `unit`, as it was sent, is read."""
    return _BY_BODY_SURFACE if unit in _WITHOUT_BRACES else written_as(unit) or unit


def names() -> tuple[str, ...]:
    """Return every unit of the table, in its order."""
    return tuple(_table())


_Atoms = tuple[tuple[str, str, int], ...]
"""What a unit is made of, whatever its numbers and prefixes: atom, annotation and power, above the stroke and below."""

_ONE_ATOM: Final = {"l": "L", "[iU]": "[IU]"}


def _atoms(unit: ucum.Unit) -> _Atoms:
    powers: dict[tuple[str, str, bool], int] = {}
    for part in unit.parts:
        place = (_ONE_ATOM.get(part.atom, part.atom), part.annotation, part.power > 0)
        powers[place] = powers.get(place, 0) + part.power
    return tuple(sorted((atom, annotation, power) for (atom, annotation, _), power in powers.items()))


@cache
def _made_of() -> dict[_Atoms, Member | None]:
    """Return by atoms a family's member of scale 1 that has them; None where several families do, or where prefixes shift."""
    found: dict[_Atoms, Member | None] = {}
    shifted = {member.family for member in _table().values() if member.offset}
    for name, member in _table().items():
        unit = ucum.parse(meant(name))
        assert unit is not None, name
        whole = Member(member.family, member.factor / unit.scale)
        if found.setdefault(atoms := _atoms(unit), whole) != whole or member.family in shifted:
            found[atoms] = None
    return found


@lru_cache(maxsize=4096)
def _member(unit: str) -> Member | None:
    """Return a unit's place in its family, or None where it is no unit."""
    table = _table()
    named = table.get(unit) or table.get(meant(unit))
    said = None if named is not None else ucum.parse(unit)
    if said is None:
        return named
    atoms = _atoms(said)
    whole = _made_of().get(atoms) or Member(repr(atoms), Fraction(1))
    return Member(whole.family, whole.factor * said.scale)


_ITSELF: Final = (Fraction(1), Fraction(0))


@lru_cache(maxsize=4096)
def _steps(from_unit: str, to_unit: str) -> tuple[Fraction, Fraction] | None:
    """Return by what to multiply and what to add; `_ITSELF` of one unit in two spellings, known or not."""
    if meant(from_unit) == meant(to_unit):
        return _ITSELF
    source, target = _member(from_unit), _member(to_unit)
    if source is None or target is None or source.family != target.family:
        return None
    return source.factor / target.factor, (source.offset - target.offset) / target.factor


def in_first_of_family(unit: str) -> tuple[str, Fraction, Fraction] | None:
    """Return its family's first unit, and the factor and the offset to it; None where `unit` is not in the table."""
    found = _table().get(unit)
    return None if found is None else (_first_units()[found.family], found.factor, found.offset)


@cache
def _first_units() -> dict[str, str]:
    first: dict[str, str] = {}
    for name, unit in _table().items():
        if unit.factor == 1 and not unit.offset:
            first.setdefault(unit.family, name)
    return first


def _same(one: str, other: str) -> bool:
    return one == other or _ALSO_WRITTEN.get(one.strip(), one) == _ALSO_WRITTEN.get(other.strip(), other)


def convert(value: Decimal, from_unit: str, to_unit: str) -> Decimal | None:
    """Return `value` in `to_unit`, or None where the two do not convert or one of them is not known.

    Exact where the quotient ends, else to 60 significant digits. A unit converts to itself, known or not.
    """
    if len(from_unit) > ucum.LONGEST or len(to_unit) > ucum.LONGEST:
        return value if from_unit == to_unit else None
    steps = _steps(from_unit, to_unit)
    if steps is _ITSELF:
        return value
    if steps is None or not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT:
        return None
    return ucum.decimal(Fraction(value) * steps[0] + steps[1])


def exactly(number: Fraction, from_unit: str, to_unit: str) -> Fraction | None:
    """Return `number` in `to_unit` as a fraction, or None where the two do not convert."""
    if len(from_unit) > ucum.LONGEST or len(to_unit) > ucum.LONGEST:
        return number if from_unit == to_unit else None
    steps = _steps(from_unit, to_unit)
    return None if steps is None else number * steps[0] + steps[1]


def ratio(from_unit: str, to_unit: str) -> Fraction | None:
    """Return by what a difference in `from_unit` is multiplied to be one in `to_unit`, or None where the two do not convert."""
    if len(from_unit) > ucum.LONGEST or len(to_unit) > ucum.LONGEST:
        return Fraction(1) if from_unit == to_unit else None
    steps = _steps(from_unit, to_unit)
    return None if steps is None else steps[0]
