"""What can be told of codes without a release."""

from __future__ import annotations

import pytest

from codesafety.terminology.errors import NotSupported
from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.interface import CodeContext, Product, Replacements, Status, Terminology, Words

TERMS = {
    "77386006": ("Pregnancy",),
    "60001007": ("Not pregnant",),
    "160377001": ("Family history: Asthma (situation)",),
    "icd10|O80": ("Single spontaneous delivery",),
}


def _product(code: str, name: str, ids: frozenset[str], vmp: str | None) -> Product:
    return Product(code, "amp", name, ids, vmp, None)


PRODUCTS = {
    "39732011000001107": _product(
        "39732011000001107",
        "Amoxil 250mg capsules (GSK)",
        frozenset({"39732011000001107", "323509004", "27658006"}),
        "323509004",
    ),
    "323509004": _product("323509004", "Amoxicillin 250mg capsules", frozenset({"323509004", "27658006"}), "323509004"),
    "323510009": _product("323510009", "Amoxicillin 500mg capsules", frozenset({"323510009", "27658006"}), "323510009"),
    "27658006": _product("27658006", "Amoxicillin", frozenset({"27658006"}), None),
    "322236009": _product("322236009", "Paracetamol 500mg tablets", frozenset({"322236009"}), "322236009"),
    "231111000001106": _product("231111000001106", "Accupro 10mg tablets (Pfizer Ltd)", frozenset({"231111000001106"}), None),
}


NAMES = {"77386006": ("Pregnant (finding)",), "195967001": ("Asthma (disorder)",)}


def frozen() -> FrozenTerminology:
    return FrozenTerminology(TERMS, {"60001007": CodeContext(assertion="absent")}, PRODUCTS, NAMES)


def test_it_is_a_terminology_without_a_release() -> None:
    terminology: Terminology = frozen()
    assert (terminology.name, terminology.edition, terminology.has_release) == ("frozen lists", None, False)


def test_an_expression_has_no_answer_and_the_remedy_is_named() -> None:
    with pytest.raises(NotSupported, match="terminology build"):
        frozen().expand("<< 77386006")


def test_status_cannot_be_told() -> None:
    assert frozen().status("77386006") is Status.CANNOT_TELL
    assert frozen().replacements("77386006") == Replacements()


def test_terms_are_those_of_the_lists_and_of_products() -> None:
    assert frozen().terms("77386006") == ("Pregnancy", "Pregnant (finding)")
    assert frozen().terms("195967001") == ("Asthma (disorder)",)
    assert frozen().terms("323509004") == ("Amoxicillin 250mg capsules",)
    assert frozen().terms("1") == ()


@pytest.mark.parametrize(
    ("code", "words", "verdict"),
    [
        ("77386006", "Not pregnant (finding)", Words.NEGATES),
        ("77386006", "pregnancy", Words.AGREES),
        ("77386006", "Gravid ++", Words.UNFAMILIAR),
        ("77386006", "Paracetamol 500mg tablets", Words.NAMES_ANOTHER),
        ("77386006", "Asthma", Words.NAMES_ANOTHER),
        ("195967001", "Pregnant", Words.NAMES_ANOTHER),
        ("323509004", "Asthma", Words.UNFAMILIAR),  # what is no product may yet be what one is called
        ("1", "Not pregnant", Words.CANNOT_TELL),
        ("icd10|O80", "single spontaneous delivery", Words.AGREES),
        ("39732011000001107", "Amoxicillin 250mg capsules", Words.AGREES),
        ("323509004", "Amoxil 250mg capsules (GSK)", Words.AGREES),
        ("323509004", "Amoxicillin", Words.AGREES),
        ("323509004", "Paracetamol 500mg tablets", Words.NAMES_ANOTHER),
        ("323509004", "Amoxicillin 500mg capsules", Words.NAMES_ANOTHER),
        ("39732011000001107", "Amoxicillin 500mg capsules", Words.NAMES_ANOTHER),
        ("323509004", "Amoxicillin 250mg capsules sugar free", Words.UNFAMILIAR),
        ("231111000001106", "Paracetamol 500mg tablets", Words.CANNOT_TELL),
    ],
)
def test_words_are_judged_by_what_the_lists_name(code: str, words: str, verdict: Words) -> None:
    assert frozen().judge_words(code, words).verdict is verdict


def test_context_is_the_frozen_files_or_not_told_of_a_situation() -> None:
    assert frozen().context("60001007") == CodeContext(assertion="absent")
    assert frozen().context("160377001") == CodeContext(told=False)
    assert frozen().context("77386006") == CodeContext()


def test_an_unknown_product_is_not_known() -> None:
    assert frozen().product("1") is None
    assert frozen().product("322236009") == PRODUCTS["322236009"]


def test_the_digest_depends_on_everything_that_answers_depend_on() -> None:
    context = {"60001007": CodeContext(assertion="absent")}
    same = FrozenTerminology(dict(reversed(TERMS.items())), context, PRODUCTS, NAMES)
    others = [
        FrozenTerminology({**TERMS, "1": ("x",)}, context, PRODUCTS, NAMES),
        FrozenTerminology(TERMS, {}, PRODUCTS, NAMES),
        FrozenTerminology(TERMS, context, {}, NAMES),
        FrozenTerminology(TERMS, context, PRODUCTS, {}),
        FrozenTerminology(TERMS, context, PRODUCTS),
    ]
    assert same.digest == frozen().digest
    assert len({frozen().digest, *(other.digest for other in others)}) == 6


def test_the_shipped_extract_stands_behind_it_unless_told_otherwise() -> None:
    shipped = FrozenTerminology()
    paracetamol = shipped.product("322236009")
    assert paracetamol is not None and paracetamol.name == "Paracetamol 500mg tablets"
    assert shipped.judge_words("322236009", "Paracetamol 500mg tablets").verdict is Words.AGREES
    assert FrozenTerminology(products={}).product("322236009") is None


def test_the_shipped_names_stand_behind_it_unless_told_otherwise() -> None:
    assert FrozenTerminology().terms("195967001") == ("Asthma (disorder)",)
    assert FrozenTerminology().judge_words("195967001", "Gout").verdict is Words.UNFAMILIAR  # no code of the table has that name
    assert FrozenTerminology().judge_words("195967001", "Pregnant").verdict is Words.NAMES_ANOTHER
    assert FrozenTerminology(names={}).terms("195967001") == ()
    assert FrozenTerminology(names={}).judge_words("195967001", "Pregnant").verdict is Words.CANNOT_TELL
