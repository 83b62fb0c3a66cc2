"""An id that no source knows, by the name sent with it: what the name says, and never more."""

from __future__ import annotations

import pytest

from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.interface import Product

UNKNOWN = "999000111000001103"
DERIVED = frozenset({"product", "ingredients"})


def named(name: str) -> Product | None:
    return FrozenTerminology().product_by_name(UNKNOWN, name)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("Amlodipine 5mg tablets", "vmp"),
        ("Amlodipine 5mg tablets (Newco Ltd)", "amp"),
        ("amlodipine  5mg tablets", "vmp"),
    ],
)
def test_the_name_of_a_vmp_is_that_vmp(name: str, level: str) -> None:
    found, vmp = named(name), FrozenTerminology().product("319283006")
    assert found is not None and vmp is not None
    assert (found.code, found.level, found.name) == (UNKNOWN, level, None)
    assert found.same_product == vmp.same_product == "39732011000001102"
    assert found.ids == vmp.ids | {UNKNOWN}
    assert (found.ingredients, found.strength, found.forms) == ({"amlodipine"}, "5 mg", {"tablets"})
    assert (found.derived, found.by_name, found.partly) == (DERIVED, True, False)


def test_another_name_in_dmds_form_is_its_substance_strength_and_form() -> None:
    assert named("Ibuprofen lysine 333mg/5ml oral suspension (Newco Ltd)") == Product(
        code=UNKNOWN,
        level="amp",
        name=None,
        ids=frozenset({UNKNOWN, "776287003", "38268001"}),
        same_product=None,
        ingredients=frozenset({"ibuprofen"}),
        routes=frozenset({"26643006"}),
        forms=frozenset({"oral suspension"}),
        modified_release=None,
        vtm="776287003",
        strength="333 mg / 5 mL",
        derived=DERIVED,
        partly=True,
        by_name=True,
    )


def test_a_combination_has_all_its_substances_and_no_one_strength() -> None:
    found = named("Paracetamol 333mg / Codeine 7mg tablets")
    assert found is not None
    assert (found.ingredients, found.strength, found.same_product) == ({"paracetamol", "codeine"}, None, None)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Something 5mg tablets",
        "Paracetamol 333mg / Something 5mg tablets",
        "Take one daily",
        "Amlodipine" * 200,
        "(Newco Ltd)",
    ],
)
def test_words_that_name_no_substance_say_nothing(name: str) -> None:
    assert named(name) is None


def test_a_terminology_that_was_given_its_products_knows_no_names() -> None:
    assert FrozenTerminology(products={}).product_by_name(UNKNOWN, "Amlodipine 5mg tablets") is None
