"""What a word of denial reaches, and what may be told without asking for it."""

from __future__ import annotations

import random
from itertools import chain, islice

import pytest
from tests.terminology.words.variations import harmless, names, turned

from codesafety.terminology.words.normal import stem, words_of
from codesafety.terminology.words.reach import Reach, may_deny, reach


def test_what_holds_no_cue_reaches_no_matter() -> None:
    """`may_deny` is asked in the place of `reach`: never may it be false where `reach` finds a denial, a doubt or a withdrawal."""
    drawn = random.Random(11).sample(names(), 1_500)
    generator = random.Random(12)
    answers = {True: 0, False: 0}
    for sent in chain(islice(harmless(generator, drawn), 2_000), islice(turned(generator, drawn), 2_000)):
        matter = frozenset({frozenset(map(stem, words_of(sent.name)))})
        denied = reach(sent.words, matter) not in (Reach.NOTHING, Reach.AFFIRMED)
        answers[denied] += 1
        assert may_deny(sent.words) or not denied, sent.words
    assert min(answers.values()) > 100


@pytest.mark.parametrize(
    "words", ["nonsmoker", "Smoker: N", "smoker?", "smoker 0", "ex smoker", "Smoking, not otherwise specified, yes", "in error"]
)
def test_a_cue_is_seen_however_it_is_written(words: str) -> None:
    assert may_deny(words)


@pytest.mark.parametrize("words", ["Social History", "Pregnancy status", "smoker since 2020", ""])
def test_plain_words_hold_no_cue(words: str) -> None:
    assert not may_deny(words)
