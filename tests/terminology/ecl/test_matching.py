"""When a text matches a search term."""

from __future__ import annotations

import pytest

from codesafety.terminology.ecl.matching import Matcher
from codesafety.terminology.ecl.syntax import MatchTerm, WildTerm


def words(text: str, *sought: str, language: str = "en") -> bool:
    return Matcher([MatchTerm(sought)]).matches(text, language)


def whole(text: str, *pieces: str, language: str = "en") -> bool:
    return Matcher([WildTerm(pieces)]).matches(text, language)


@pytest.mark.parametrize(
    ("text", "sought", "matches"),
    [
        ("Heart attack", ("heart", "att"), True),
        ("Heart attack", ("att", "HEART"), True),
        ("Heart attack", ("eart",), False),
        ("Athlete's heart (disorder)", ("disord",), True),
        ("Athlete's heart (disorder)", ("(disorder)",), True),
        ("Beta-blocker", ("blocker",), True),
        ("Beta-blocker", ("beta-b",), True),
        ("J45.91", ("J45.9",), True),
        ("J45.91", ("45",), False),
        ("J45.91", ("91",), True),
        ("Vitamin B12", ("b1",), True),
        ("Sub_word", ("word",), True),
        ("", ("a",), False),
    ],
)
def test_each_word_begins_some_word_in_any_order_and_any_case(text: str, sought: tuple[str, ...], matches: bool) -> None:
    assert words(text, *sought) is matches


def test_a_wildcard_pattern_is_for_the_whole_text() -> None:
    assert whole("Cardiomyopathy", "cardi", "opathy")
    assert not whole("Atrial cardiomyopathy", "cardi", "opathy")
    assert whole("Cardiopathy", "CARDIOPATHY")
    assert not whole("Cardiopathy (disorder)", "cardiopathy")
    assert whole("x", "", "")
    assert not whole("aba", "ab", "ba"), "pieces may not overlap"
    assert whole("line\nbreak", "line", "break")
    assert whole("a*b?c", "a*b?c")
    assert not whole("aXbXc", "a*b?c"), "a literal star and a question mark stand for themselves"


def test_a_plain_letter_finds_every_form_and_a_typed_diacritic_only_itself() -> None:
    assert words("Résumé of care", "resume")
    assert words("Résumé of care", "résumé")
    assert words("RE\u0301SUME\u0301 of care", "résumé"), "composed or not"
    assert not words("Resume of care", "résumé")
    assert whole("Sjögren syndrome", "", "sjogren", "")
    assert words("SJØGREN syndrome", "sjogren")
    assert words("Encyclopædia", "encyclopae")
    assert words("Große", "grosse")
    assert not words("résumé", "sume"), "a diacritic does not begin a word"


def test_a_letter_of_its_own_is_no_form_of_another_in_its_language() -> None:
    assert not words("sjögren syndrom", "sjogren", language="sv")
    assert words("sjögren syndrom", "sjögren", language="sv")
    assert words("hjärtsjukdom", "HJÄRT", language="sv")
    assert not words("brønn", "bronn", language="nb")
    assert not words("niño", "nino", language="es")


def test_one_term_of_several_is_enough() -> None:
    matcher = Matcher([MatchTerm(("gas",)), WildTerm(("", "itis"))])
    assert [matcher.matches(text) for text in ("gastric flu", "Tonsillitis", "influenza")] == [True, True, False]
