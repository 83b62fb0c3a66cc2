"""What a UCUM text says: its case-sensitive syntax, its table of units, and conversion as UCUM itself defines it.

Rules do not convert like this: what they compare is bound by `families`, what they compute by `dimension`.
Source: The Unified Code for Units of Measure, 2.2 (ucum.org/ucum). `ucum-essence.xml` is the published table, unchanged: its
licence allows no derived one (NOTICE). It is opened only when a unit is met that the table of families does not name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow, Underflow
from fractions import Fraction
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final
from xml.etree import ElementTree

_PRECISE: Final = Context(prec=60)
"""A quotient that does not end is given to 60 digits: it stays on its side of every limit that a rule can write."""
_BOUNDED: Final = Context(prec=60, Emin=-1000, Emax=1000, traps=[InvalidOperation, DivisionByZero, Overflow, Underflow])
"""For powers, which could take for ever."""
LONGEST: Final = 200
"""Of a unit's text, in characters. No longer one is looked at, nor kept for the next time."""
_MOST_BITS: Final = (10**100).bit_length()
"""Of a numerator, and of a denominator."""

Powers = tuple[tuple[str, int], ...]
"""Unit atoms with their powers, none of them 0, in order of their names."""


@dataclass(frozen=True, slots=True)
class Part:
    """One atom of a unit, without its prefix. `power` is negative below a stroke; an annotation alone has the atom ``""``."""

    atom: str
    power: int
    annotation: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """What a text says: `scale` (its numbers and prefixes, each to its power) times its parts, as written.

    `mg/(12.h)` is 1/12000 of g to the 1 and h to the -1.
    """

    scale: Fraction
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Atom:
    """A row of UCUM's table: `code` is `value` times `unit`, or a `function` of it. A base unit has no `unit`.

    `arbitrary`: it is an assay's own unit, and converts to no other.
    """

    code: str
    metric: bool
    value: Fraction
    unit: str | None
    function: str | None
    arbitrary: bool
    spoken: tuple[str, ...]
    """Its code where case does not count, where it has one, and its names."""


@dataclass(frozen=True, slots=True)
class Table:
    """UCUM's prefixes and atoms, by their case-sensitive codes."""

    prefixes: Mapping[str, Fraction]
    spoken_prefixes: Mapping[str, str]
    """Prefixes by their names, and by their codes where case does not count."""
    atoms: Mapping[str, Atom]


_NAMESPACE: Final = "{http://unitsofmeasure.org/ucum-essence}"


@cache
def table() -> Table:
    """Return UCUM's table, read once."""
    root = ElementTree.fromstring(files(__package__).joinpath("ucum-essence.xml").read_bytes())
    prefixes: dict[str, Fraction] = {}
    spoken: dict[str, str] = {}
    atoms: dict[str, Atom] = {}
    for row in root:
        code = row.attrib["Code"]
        value = row.find(f"{_NAMESPACE}value")
        names = tuple(_words(row))
        match row.tag.removeprefix(_NAMESPACE):
            case "prefix":
                assert value is not None
                prefixes[code] = Fraction(value.attrib["value"])
                spoken.update((name.lower(), code) for name in names)
            case "base-unit":
                atoms[code] = Atom(code, True, Fraction(1), None, None, False, names)
            case _:
                assert value is not None
                function = value.find(f"{_NAMESPACE}function")
                given = value if function is None else function
                unit = given.attrib["Unit"]
                atoms[code] = Atom(
                    code,
                    row.attrib["isMetric"] == "yes",
                    Fraction(given.attrib["value"]),
                    unit,
                    None if function is None else function.attrib["name"],
                    "isArbitrary" in row.attrib,
                    names,
                )
    return Table(prefixes, spoken, atoms)


def _words(row: ElementTree.Element) -> Iterator[str]:
    if "CODE" in row.attrib:
        yield row.attrib["CODE"]
    yield from ("".join(name.itertext()) for name in row.iter(f"{_NAMESPACE}name"))


# ------------------------------------------------------------------------------------------------ syntax

_TOKEN: Final = re.compile(
    r"(?P<mark>[./()])"
    r"|(?P<annotation>\{[!-z|~]+\})"
    r"|(?P<symbol>10[*^]|(?:[^\d\s./(){}\[\]+*^\-]|\[[!-Z\\^-~]+\])+)(?P<power>[+-]?\d{1,2})?(?!\d)"
    r"|(?P<number>\d+)",
    re.ASCII,
)


def parse(text: str) -> Unit | None:
    """Return what a UCUM text says, or None where it is not one (its case counts; so does every character).

    Powers have at most two digits. A unit of a size beyond 10**100 measures nothing and is none.
    """
    return _parsed(text) if len(text) <= LONGEST else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Unit | None:
    tokens = _tokens(text)
    return None if tokens is None else _Parser(tokens).unit()


def _tokens(text: str) -> list[re.Match[str]] | None:
    tokens: list[re.Match[str]] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        tokens.append(token)
        at = token.end()
    return tokens


class _NotAUnitError(Exception):
    """Raised and caught in here."""


class _Parser:
    """Reads tokens by recursive descent: five productions need no table, and Lark is not loaded where no rule text is read."""

    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self.tokens = tokens
        self.at = 0
        self.scale = Fraction(1)
        self.parts: list[Part] = []

    def unit(self) -> Unit | None:
        """unit: ["/"] term"""
        first = -1 if self.next("mark") == "/" else 1
        self.at += first < 0
        try:
            self.term(1, first)
        except _NotAUnitError:
            return None
        return Unit(self.scale, tuple(self.parts)) if self.at == len(self.tokens) else None

    def next(self, kind: str) -> str:
        """Return the next token where it is of a kind, else nothing."""
        return self.tokens[self.at][kind] or "" if self.at < len(self.tokens) else ""

    def taken(self, kind: str) -> str:
        found = self.next(kind)
        self.at += bool(found)
        return found

    def term(self, sign: int, first: int) -> None:
        """term: component (("." | "/") component)*"""
        self.component(first)
        while (mark := self.next("mark")) and mark in "./":
            self.at += 1
            self.component(sign if mark == "." else -sign)

    def component(self, sign: int) -> None:
        """component: ("(" term ")" | NUMBER | UNIT) [ANNOTATION] | ANNOTATION

        UCUM's own list of examples annotates brackets, `g/(8.h){shift}`, and its tests a number, which its formal grammar does not.
        """
        atom, power = "", sign
        if self.next("mark") == "(":
            self.at += 1
            self.term(sign, sign)
            if self.next("mark") != ")":
                raise _NotAUnitError
            self.at += 1
        elif number := self.taken("number"):
            self.multiply(Fraction(number), sign)
        elif symbol := self.next("symbol"):
            power = sign * int(self.next("power") or 1)
            self.at += 1
            prefix, atom = _split(symbol)
            self.multiply(prefix, power)
            power = power if atom else sign
        elif not self.next("annotation"):
            raise _NotAUnitError
        annotation = self.taken("annotation")
        if atom or annotation:
            self.parts.append(Part(atom, power, annotation))

    def multiply(self, by: Fraction, power: int) -> None:
        if not by:
            raise _NotAUnitError
        self.scale *= by**power
        if not _of_a_size(self.scale):
            raise _NotAUnitError


def _of_a_size(number: Fraction) -> bool:
    """Return whether a number may be computed with: beyond 10**100, or with more digits, it could take for ever."""
    return max(number.numerator.bit_length(), number.denominator.bit_length()) <= _MOST_BITS


def _split(symbol: str) -> tuple[Fraction, str]:
    """Return the prefix's value and the atom of `mmol`; ten itself is a number and no atom."""
    if symbol in ("10*", "10^"):
        return Fraction(10), ""
    known = table()
    if symbol in known.atoms:
        return Fraction(1), symbol
    for length in (1, 2):
        atom = known.atoms.get(symbol[length:])
        if atom is not None and atom.metric and symbol[:length] in known.prefixes:
            return known.prefixes[symbol[:length]], atom.code
    raise _NotAUnitError


def product(*powers: Powers) -> Powers:
    """Return the product of units given as powers of atoms."""
    total: dict[str, int] = {}
    for one in powers:
        for atom, power in one:
            total[atom] = total.get(atom, 0) + power
    return tuple(sorted((atom, power) for atom, power in total.items() if power))


# ------------------------------------------------------------------------------------------------ reduction

Bases = Mapping[str, tuple[Fraction, Powers]]
"""Atoms at which reduction ends, and what each is there."""


def reduced(unit: Unit, bases: Bases) -> tuple[Fraction, Powers] | None:
    """Return a unit as factor and powers of base units. Annotations are nothing.

    None where it holds a function of a unit that is no base, or is of a size beyond 10**100.
    """
    factor, powers = unit.scale, []
    for part in unit.parts:
        if not part.atom:
            continue
        inner = _atom_reduced(part.atom, bases)
        if inner is None:
            return None
        factor *= inner[0] ** part.power
        if not _of_a_size(factor):
            return None
        powers.append(tuple((atom, power * part.power) for atom, power in inner[1]))
    return factor, product(*powers)


def _atom_reduced(code: str, bases: Bases) -> tuple[Fraction, Powers] | None:
    if code in bases:
        return bases[code]
    atom = table().atoms[code]
    if atom.unit is None or atom.arbitrary:
        return Fraction(1), ((code, 1),)
    if atom.function is not None:
        return None
    inner = reduced(_defined(atom.unit), bases)
    return None if inner is None else (atom.value * inner[0], inner[1])


def _defined(text: str) -> Unit:
    unit = parse(text)
    assert unit is not None, text
    return unit


_Function = tuple[Callable[[Fraction], Fraction], Callable[[Fraction], Fraction]]


def _shifted(by: str) -> _Function:
    return lambda x: x + Fraction(by), lambda y: y - Fraction(by)


_ITSELF: Final = _shifted("0")


def _level(base: Decimal, times: int) -> _Function:
    """A level of `times` the logarithm to `base`, to 60 digits."""
    return (
        lambda x: Fraction(_BOUNDED.power(base, decimal(x / times))),
        lambda y: times * Fraction(_BOUNDED.ln(decimal(y))) / Fraction(_BOUNDED.ln(base)),
    )


_FUNCTIONS: Final[Mapping[str, _Function]] = {
    "Cel": _shifted("273.15"),
    "degF": _shifted("459.67"),
    "degRe": _shifted("218.52"),
    "pH": _level(Decimal(10), -1),
    "ln": _level(_PRECISE.exp(Decimal(1)), 1),
    "lg": _level(Decimal(10), 1),
    "lgTimes2": _level(Decimal(10), 2),
    "ld": _level(Decimal(2), 1),
    "hpX": _level(Decimal(10), -1),
    "hpC": _level(Decimal(100), -1),
    "hpM": _level(Decimal(1000), -1),
    "hpQ": _level(Decimal(50000), -1),
    "sqrt": (lambda x: x * x, lambda y: Fraction(_BOUNDED.sqrt(decimal(y)))),
}
"""To the unit that a function is of, and from it. Not of angles, whose tangent no decimal has: they do not convert."""


def decimal(number: Fraction) -> Decimal:
    """Return a fraction as a decimal: exact where it ends within 60 digits, else to 60."""
    return _PRECISE.divide(Decimal(number.numerator), Decimal(number.denominator))


def convert(number: Fraction, from_unit: str, to_unit: str) -> Fraction | None:
    """Return `number` in `to_unit` by UCUM's own dimensions, or None where they differ or one is no unit.

    Exact, but for logarithms and roots, which are given to 60 digits; None where there is none, as of a number below 0.
    """
    source, target = _scaled(from_unit), _scaled(to_unit)
    if source is None or target is None or source.powers != target.powers:
        return None
    if source.function is target.function and source.factor == target.factor:
        return number * source.scale / target.scale
    try:
        return target.function[1](source.function[0](number * source.scale) * source.factor / target.factor) / target.scale
    except ArithmeticError:
        return None


@dataclass(frozen=True, slots=True)
class _Scaled:
    """number × scale, through `function`, × factor is in base units."""

    scale: Fraction
    function: _Function
    factor: Fraction
    powers: Powers


def _scaled(text: str) -> _Scaled | None:
    unit = parse(text)
    if unit is None:
        return None
    match unit.parts:
        case (Part(atom=code, power=1),) if code and (atom := table().atoms[code]).function is not None:
            function = _FUNCTIONS.get(atom.function)
            assert atom.unit is not None
            inner = reduced(_defined(atom.unit), {})
            return None if function is None or inner is None else _Scaled(unit.scale, function, atom.value * inner[0], inner[1])
    plain = reduced(unit, {})
    return None if plain is None else _Scaled(Fraction(1), _ITSELF, *plain)
