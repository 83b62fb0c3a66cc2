"""What words say of a set (table 25): phrases in a clause that nothing turns round."""

from __future__ import annotations

import pytest

from codesafety.evaluation.phrases import Phrases, Says, clauses, says
from codesafety.ir.words import words_of

PHRASES: Phrases = {
    words_of("pregnant"): "affirms",
    words_of("weeks pregnant"): "affirms",
    words_of("not pregnant"): "denies",
    words_of("isn't pregnant"): "denies",
    words_of("not currently pregnant"): "denies",
}


@pytest.mark.parametrize(("text", "said"), [
    ("pregnant", "affirms"),
    ("PREGNANT", "affirms"),
    ("12 weeks pregnant", "affirms"),
    ("Not pregnant.", "denies"),
    ("not\u00a0pregnant", "denies"),
    ("ﬁt, not pregnant", "denies"),
    ("isn’t pregnant", "denies"),
    ("not currently pregnant", "denies"),
    ("currently not pregnant", "denies"),
    ("is not not pregnant", None),
    ("?pregnant", None),
    ("pregnant?", None),
    ("pregnant, ?dates", "affirms"),
    ("her sister is pregnant", None),
    ("her sister rang; pregnant", "affirms"),
    ("was pregnant", None),
    ("unsure of dates. pregnant", "affirms"),
    ("no bleeding but pregnant", "affirms"),
    ("no bleeding, although pregnant", "affirms"),
    ("but pregnant", "affirms"),
    ("not pregnant. Six weeks pregnant", None),
    ("not pregnant\npregnant", None),
    ("not pregnant; not pregnant", "denies"),
    ("pregnant not pregnant", None),
    ("unpregnant", None),
    ("pregnant_now", "affirms"),
    ("", None),
    ("...", None),
    ("risk of being pregnant", None),
    ("pregnant (risk assessed)", "affirms"),
])  # fmt: skip
def test_what_words_say(text: str, said: Says | None) -> None:
    assert says(clauses(text), PHRASES) == said


TURNS = (
    "no not never nor none neither cannot cant without denies denied isnt wasnt arent werent doesnt didnt dont unlikely negative "
    "? possible possibly probable probably perhaps maybe may might could would should if unless unsure uncertain unclear query doubt "
    "suspected suspects whether sure think thinks thought risk "
    "family mother mum father dad sister brother partner wife husband girlfriend boyfriend daughter son aunt cousin friend baby fetus "
    "was were been had history hx previous previously past last ago former before until when after next will future plan plans "
    "planning trying wants hopes hoping"
)


@pytest.mark.parametrize("word", TURNS.split())
def test_a_clause_with_a_word_that_may_turn_it_round_says_nothing(word: str) -> None:
    assert says(clauses(f"pregnant {word} today"), {("pregnant",): "affirms"}) is None
    assert says(clauses(f"pregnant {word}x today"), {("pregnant",): "affirms"}) == ("affirms" if word != "?" else None)


@pytest.mark.parametrize("end", ".;:!,()\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
def test_a_clause_ends_at_each_of_these(end: str) -> None:
    assert says(clauses(f"not{end}pregnant"), {("pregnant",): "affirms"}) == "affirms"


def test_no_phrases_say_nothing() -> None:
    assert says(clauses("pregnant"), {}) is None


def test_a_word_belongs_to_one_phrase_the_longest_first() -> None:
    both: Phrases = {("a", "b", "c"): "denies", ("c", "d"): "affirms", ("d",): "denies"}
    assert says(clauses("a b c d"), both) == "denies"
    assert says(clauses("x c d"), both) == "affirms"


def test_of_phrases_of_one_length_the_first_in_the_alphabet_takes_the_word() -> None:
    assert says(clauses("a b c"), {("b", "c"): "affirms", ("a", "b"): "denies"}) == "denies"
