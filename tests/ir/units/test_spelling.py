"""Remedies: how UCUM writes what somebody meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesafety.ir.units import families, spelling, ucum


@pytest.mark.parametrize(("sent", "unit"), [
    ("mmHg", "mm[Hg]"), ("mm Hg", "mm[Hg]"), ("cmH2O", "cm[H2O]"), ("MMOL/L", "mmol/L"), ("KG/M2", "kg/m2"), ("kg/m²", "kg/m2"), ("mg/m^2", "mg/m2"),
    ("mcg/mL", "ug/mL"), ("µmol/L", "umol/L"), ("μg/L", "ug/L"), ("x10^12/L", "10*12/L"), ("10⁹/l", "10*9/l"), ("mEq/L", "meq/L"),
    ("mosmol/kg", "mosm/kg"), ("g/12h", "g/(12.h)"), ("U/1h", "U/h"), ("iU", "[IU]"), ("IU/mL", "[IU]/mL"), ("mIU/L", "m[IU]/L"),
    ("milligrams", "mg"), ("micrograms per litre", "ug/L"), ("mmol per mol", "mmol/mol"), ("mmol·L⁻¹", "mmol.L-1"), ("ml/hr", "ml/h"),
    ("mg/day", "mg/d"), ("mcg/kg/min", "ug/kg/min"), ("kilopascal", "kPa"), ("units/L", "U/L"), ("deg C", "Cel"), ("mL/min/1.73 m2", "mL/min/{1.73_m2}"),
    ("stone", "[stone_av]"), ("ft", "[ft_i]"), ("years", "a"), ("mmol/l ", "mmol/l"),
    ("pounds", "[lb_av]"), ("lbs", "[lb_av]"), ("oz", "[oz_av]"), ("inches", "[in_i]"), ("feet", "[ft_i]"), ("cc", "mL"), ("mths", "mo"), ("w", "wk"),
    ("kgs", "kg"), ("mgs", "mg"), ("mcgs", "ug"), ("MG/DL", "mg/dL"), ("G/DL", "g/dL"), ("mm/Hg", "mm[Hg]"), ("kgs/m2", "kg/m2"),
    ("M", "mol/L"), ("mM", "mmol/L"), ("µM", "umol/L"), ("nM", "nmol/L"),
    ("banana", None), ("hpf", None), ("mM/L", None),  ("10E9/L", None), ("ug(8.h)", None), ("", None), ("cells/uL", None), ("puff", None),
])  # fmt: skip
def test_a_text_that_is_no_unit_is_written_as_ucum_writes_it(sent: str, unit: str | None) -> None:
    found = spelling.remedy(sent)
    assert (found if found and "written" in found else None) == (unit and f'in UCUM it is written `"{unit}"`')


def test_what_is_near_a_common_unit_leads_there() -> None:
    assert spelling.remedy("cm[H20]") == "did you mean `cm[H2O]`?"
    assert spelling.remedy("cmH20") == "did you mean `cm[H2O]`?"
    assert spelling.remedy("mmxl/L") == "did you mean `mmol/L`?"
    assert [spelling.remedy(far) for far in ("mxx/L", "cell/uL", "kx", "tab")] == [None] * 4


@pytest.mark.parametrize("text", ["12" * 20000 + "(", "5a(" * 10000, "a" * 20000])
def test_no_text_takes_for_ever(text: str) -> None:
    assert spelling.remedy(text) is None


@given(st.one_of(st.text(max_size=20), st.text(alphabet="mgkLsh2310*^./(){}[]-+%µ² x", max_size=20)))
def test_what_is_offered_can_be_written(text: str) -> None:
    found = spelling.remedy(text)
    if found is not None and "written" in found:
        assert families.known(found.split('"')[1])


def test_no_two_atoms_are_called_the_same() -> None:
    atoms, prefixes = spelling._by_word()
    assert all(ucum.parse(code) is not None for code in atoms.values())
    assert set(prefixes.values()) == set(ucum.table().prefixes)
    assert (atoms["g"], atoms["gs"], atoms["l"], atoms["m"], atoms["s"], atoms["pal"]) == ("g", "g", "L", "m", "s", "Pa")


def test_nothing_is_offered_that_no_family_is_made_of() -> None:
    atoms, _ = spelling._by_word()
    assert all(families.everyday(code) for code in atoms.values())
    assert not {"G", "C", "F", "H", "S", "W", "V"} & set(atoms.values())


@pytest.mark.parametrize(("unit", "meant"), [
    ("kG", "kg"), ("G", "g"), ("C", "Cel"), ("F", "[degF]"), ("pH", "[pH]"), ("mm/hg", "mm[Hg]"), ("Mg", "mg"), ("ML", "mL"), ("MG", "mg"),
    ("kg", None), ("mg/dl", None), ("mm/h", None), ("/h", None), ("m/g", None), ("W", None), ("mmol/kg", None), ("mmHg", None), ("banana", None),
])  # fmt: skip
def test_a_unit_of_ucum_that_is_hardly_meant(unit: str, meant: str | None) -> None:
    assert spelling.mistaken(unit) == meant
