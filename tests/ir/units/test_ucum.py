"""UCUM: which texts are units, what they say, and how they convert by UCUM's own dimensions."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesafety.ir.units import ucum
from codesafety.ir.units.ucum import Part, Unit

METRIC = ("m", "g", "L", "mol", "Pa", "m[Hg]", "[iU]", "B[10.nV]", "Cel")
PLAIN = ("h", "d", "wk", "%", "[in_i]", "[APL'U]", "''", "mo_j", "[m/s2/Hz^(1/2)]")


@pytest.mark.parametrize(("text", "scale", "parts"), [
    ("mg", Fraction(1, 1000), (Part("g", 1),)),
    ("mm2", Fraction(1, 10**6), (Part("m", 2),)),
    ("mg/(12.h)", Fraction(1, 12000), (Part("g", 1), Part("h", -1))),
    ("/(m/s2)", Fraction(1), (Part("m", -1), Part("s", 2))),
    ("s/m.mg", Fraction(1, 1000), (Part("s", 1), Part("m", -1), Part("g", 1))),
    ("10*-3/ul", Fraction(1000), (Part("l", -1),)),
    ("10^+3", Fraction(1000), ()),
    ("dam", Fraction(10), (Part("m", 1),)),
    ("cd", Fraction(1), (Part("cd", 1),)),
    ("kg{body_wt}", Fraction(1000), (Part("g", 1, "{body_wt}"),)),
    ("10*3{rbc}", Fraction(1000), (Part("", 1, "{rbc}"),)),
    ("/{tot}", Fraction(1), (Part("", -1, "{tot}"),)),
    ("g/(8.h){shift}", Fraction(1, 8), (Part("g", 1), Part("h", -1), Part("", -1, "{shift}"))),
    ("1{c}", Fraction(1), (Part("", 1, "{c}"),)),
    ("%[slope]", Fraction(1), (Part("%[slope]", 1),)),
    ("dB[10.nV]", Fraction(1, 10), (Part("B[10.nV]", 1),)),
    ("1", Fraction(1), ()),
])  # fmt: skip
def test_a_unit_says_numbers_and_atoms(text: str, scale: Fraction, parts: tuple[Part, ...]) -> None:
    assert ucum.parse(text) == Unit(scale, parts)


@pytest.mark.parametrize("text", [
    "", " ", "m ", " m", "m/", "/", "//m", "m//s", "m./s", ".m", "(m", "m)", "()", "m(s)", "(/m)", "ug(8.h)", "g/12h", "2m", "m2s", "m+", "m-",
    "{}", "{a b}", "{a", "a}", "{錠}", "{a}rad2", "m{a}2", "m{a}{b}", "m²", "m٣", "µg", "MMOL", "mmHg", "[iIU]", "iU", "cm[H20]", "molv", "banana",
    "k[in_i]", "mh", "kmin", "10*a", "m/0", "0", "m100", "m^2", "[in_i", "in_i]", "[[in_i]]", "m,s", "Torr", "1.5", "YY", "km99.Ym99",
])  # fmt: skip
def test_what_is_no_unit_is_none(text: str) -> None:
    assert (ucum.parse(text) is None) is (text != "1.5")  # 1.5 is 1 times 5


@pytest.mark.parametrize(("number", "source", "target", "expected"), [
    ("6.3", "s/4/m", "s/m", "1.575"), ("1", "m[Hg]", "g.s-2.m-1", "133322000"), ("1", "S", "g-1.m-2.C2.s", "0.001"), ("1", "m3", "L", "1000"),
    ("37", "Cel", "[degF]", "98.6"), ("0", "[degRe]", "Cel", "0"), ("80", "[degRe]", "K", "373.15"), ("0", "mCel", "K", "273.15"),
    ("30", "dB", "B", "3"), ("2", "B", "1", "100"), ("7", "[pH]", "nmol/L", "100"), ("3", "bit_s", "1", "8"), ("4", "B[V]", "V", "100"),
    ("1", "a", "d", "365.25"), ("1", "eq", "mol", "1"), ("1", "[iU]", "k[iU]", "0.001"), ("2", "m2/s4/Hz", "m2/s3", "2"),
])  # fmt: skip
def test_ucum_converts_by_dimension(number: str, source: str, target: str, expected: str) -> None:
    found = ucum.convert(Fraction(number), source, target)
    assert found is not None
    assert ucum.decimal(found) == ucum.decimal(Fraction(expected))


@pytest.mark.parametrize(("source", "target"), [
    ("m", "s"), ("banana", "m"), ("m", "banana"), ("[APL'U]", "1"), ("[APL'U]", "[GPL'U]"), ("Cel/s", "K/s"), ("%[slope]", "deg"), ("deg", "[p'diop]"),
])  # fmt: skip
def test_other_dimensions_and_functions_in_products_do_not_convert(source: str, target: str) -> None:
    assert ucum.convert(Fraction(1), source, target) is None


@pytest.mark.parametrize(
    ("number", "source", "target"), [("-1", "1", "B"), ("0", "1", "Np"), ("9999999", "B", "1"), ("-9999999", "B", "1")]
)
def test_a_logarithm_that_there_is_not_is_none(number: str, source: str, target: str) -> None:
    assert ucum.convert(Fraction(number), source, target) is None


def test_every_atom_of_the_table_is_read_and_means_something() -> None:
    atoms = ucum.table().atoms
    assert len(atoms) == 312
    assert [code for code in atoms if ucum.parse(code) is None] == []
    assert {code for code in atoms if ucum.convert(Fraction(1), code, code) != 1} == {"[p'diop]", "%[slope]"}


@st.composite
def terms(draw: st.DrawFn, depth: int = 2) -> tuple[str, tuple[tuple[str, int], ...], Fraction]:
    """A unit as text, with the powers and the scale that it means."""
    text, powers, scale = "", [], Fraction(1)
    for i in range(draw(st.integers(1, 3))):
        sign = draw(st.sampled_from((1, -1))) if i else 1
        if depth and draw(st.integers(0, 3)) == 0:
            inner, inner_powers, inner_scale = draw(terms(depth - 1))
            piece, found, factor = f"({inner})", inner_powers, inner_scale
        elif draw(st.integers(0, 3)) == 0:
            number = draw(st.integers(1, 99))
            piece, found, factor = str(number), (), Fraction(number)
        else:
            prefix, value = draw(st.sampled_from((("", 0), ("k", 3), ("da", 1), ("u", -6))))
            atom = draw(st.sampled_from(METRIC if prefix else METRIC + PLAIN))
            power = draw(st.sampled_from((None, 1, 2, -3)))
            piece, found, factor = (
                f"{prefix}{atom}{'' if power is None else power}",
                ((atom, power or 1),),
                Fraction(10) ** (value * (power or 1)),
            )
            piece += draw(st.sampled_from(("", "", "{note}")))
        text += (("." if sign == 1 else "/") if i else "") + piece
        powers += [(atom, sign * power) for atom, power in found]
        scale *= factor**sign
    return text, tuple(powers), scale


@given(terms())
def test_what_is_written_reads_as_what_was_meant(written: tuple[str, tuple[tuple[str, int], ...], Fraction]) -> None:
    text, powers, scale = written
    said = ucum.parse(text)
    assert said is not None
    assert said.scale == scale
    assert tuple((part.atom, part.power) for part in said.parts if part.atom) == powers


@given(st.one_of(st.text(max_size=30), st.text(alphabet="mgkLsh2310*^./(){}[]-+%'du_i", max_size=40)))
def test_any_text_is_a_unit_or_none(text: str) -> None:
    said = ucum.parse(text)
    assert said is None or said.scale > 0


@pytest.mark.parametrize(
    "text", ["(" * 200, "m" * 200, "10*99." * 33 + "m", "[" * 199, "Ym99/" * 39 + "m", "m" * 10**6, "[ly]99." * 28 + "m"]
)
def test_no_text_takes_for_ever(text: str) -> None:
    began = time.perf_counter()
    assert ucum.convert(Fraction(1), text, text) is None
    assert time.perf_counter() - began < 1
