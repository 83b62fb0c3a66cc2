"""What sets words apart from a known name of a code, where its other names are not known.

Words that merely differ from the one name that is known may be a synonym of it. They cannot be one where each says a thing that
the other does not, and a code with just these words is known; nor where they differ in one word for another by which names are
told apart ("left" and "right", "systolic" and "diastolic", "femur" and "tibia"). Words that mean the same (`_SAME`) and words
that are of a broader or narrower kind (`_GENERAL`) are no difference: too much is taken for one thing here, never too little.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from codesafety.terminology.words.normal import stem

Bag = tuple[str, ...]
"""The words of a name, sorted: without their order, their number and links."""

_LINKS = frozenset({"a", "an", "the", "of", "to", "by", "in", "on", "and", "due", "caused", "with", "for"})
_APART = re.compile(r"(\d) (?=(?:mg|g|kg|ml|l|mcg|microgram|micrograms|mmol|units?|cm|mm|h|hour|hours)\b)")


def bag(key: str) -> Bag:
    """Return the words of a key without their order and number: "allergies to peanut" and "peanut allergy", "500 mg" and "500mg"."""
    singular = map(_singular, _APART.sub(r"\1", key).split())
    return tuple(sorted(word for word in singular if word not in _LINKS))


def _singular(word: str) -> str:
    return f"{word[:-3]}y" if word.endswith("ies") else word[:-1] if word.endswith("s") else word


# Of each line any word may stand for any other: Latin and English, a matter and its adjective, numerals, what people write
# loosely (the sample of a blood test). Everyday English of medicine, from no source: it only ever keeps quiet.
_SAME = {
    _singular(word): line.split()[0]
    for line in """
        1 i one first 1st single primary initial
        2 ii two second 2nd twice double
        3 iii three third 3rd triple
        4 iv four fourth 4th
        5 v five fifth 5th
        6 vi six sixth 6th
        7 vii seven seventh
        8 viii eight eighth
        9 ix nine ninth
        10 x ten tenth
        abdomen abdominal belly
        abortion miscarriage
        aged elderly old
        alcohol drinking drinker drink
        artery arterial blood serum plasma venous
        bacteria bacterial
        birth delivery childbirth labor confinement
        bleeding hemorrhage hemorrhagic bleed
        bone osseous skeletal
        bowel intestine intestinal gut enteric
        brain cerebral encephalic cerebrum
        breast mammary
        breathlessness dyspnea breathless
        bronchu bronchial
        bruise contusion bruising
        cancer malignant malignancy carcinoma
        cervix cervical neck
        chest thorax thoracic
        chickenpox varicella
        child childhood pediatric children
        clot thrombus thrombosis thrombotic
        colon colonic
        contraception contraceptive
        cryptogenic idiopathic unknown
        cut laceration
        declined refused
        decreased low reduced diminished lowered
        dental tooth teeth
        diabete diabetic
        ear aural otic auricular
        esophagu esophageal
        eye ocular ophthalmic
        excision removal resection extirpation
        ex former previou past history old
        failure insufficiency
        female woman women
        femur femoral
        fever pyrexia febrile
        foot feet pedal
        gallbladder cholecystic biliary
        gum gingival
        head skull cranial cephalic
        heart cardiac
        humeru humeral
        hypertension hypertensive
        imaging scan scanning radiograph radiography ray
        increased high raised elevated
        infant baby newborn neonatal
        infection infective infectiou infected
        itch itching pruritu itchy
        joint articular
        kidney renal
        limb extremity
        liver hepatic
        lung pulmonary
        male man men
        medication drug medicine
        mother maternal
        mouth oral buccal
        muscle muscular
        nerve neural
        nose nasal
        operative surgical surgery operation
        ovary ovarian
        pain painful ache
        pelvi pelvic
        peni penile
        pertussi whooping
        polio poliomyeliti
        pregnant pregnancy gravid
        prostate prostatic
        psychiatric mental
        radiu radial
        rectum rectal
        shingle zoster
        skin cutaneou dermal
        smoking smoker smoke smoked tobacco cigarette
        spine spinal vertebral
        stomach gastric
        stone calculu lithiasi
        testi testicular
        tibia tibial
        ulna ulnar
        ultrasound ultrasonography sonography
        ureter ureteric
        urine urinary
        uteru uterine womb
        vaccination immunization inoculation vaccine
        vein venou
        vessel vascular
        viru viral
        wart verruca
        wrist carpal
    """.strip().splitlines()
    for word in line.split()
}
_GENERAL = frozenset(
    _SAME.get(_singular(word), _singular(word))
    for line in """
        abnormality activity administration anomaly area assessment body care change check clinic complaint condition disease
        disorder dose entire episode estimation evaluation event examination finding general group inflammation injection
        injury intervention kind lesion level lump management mass material measurement medication method monitoring neoplasm
        observable observation operation organ other part patient person problem procedure product ratio reading region
        related relating reported result review score service simple site specified state status structure study substance
        surgery swelling symptom syndrome system systemic test therapy tissue treatment trauma tumor type unspecified
    """.splitlines()
    for word in line.split()
)


def _unlike(one: Bag, other: Bag) -> set[str]:
    """Return the words of `one` that say a thing by themselves and that no word of `other` says."""
    said = {form for word in other for form in _forms(word)}
    return {word for word in one if said.isdisjoint(_forms(word)) and _SAME.get(word, word) not in _GENERAL}


@cache
def _alike(word: str) -> frozenset[str]:
    return frozenset((_SAME.get(word, word), stem(_SAME.get(word, word)), stem(word)))


def _forms(word: str) -> frozenset[str]:
    return _alike(word) if word in _SAME else frozenset((word, stem(word)))


def says_another_thing(said: Bag, own: Bag) -> bool:
    """Return whether words and a name each say a thing that the other does not: neither is the broader, and they are no synonyms
    that differ in a word."""
    return bool(_unlike(said, own)) and bool(_unlike(own, said))


def shares_nothing(said: Bag, own: Bag) -> bool:
    """Return whether no word of one may be a word of the other, by its beginning: "administration" and "administrative"."""
    return _beginnings(said).isdisjoint(_beginnings(own))


def _beginnings(words: Bag) -> set[str]:
    return {form[:4] for word in words for form in _forms(word)}


def is_told_apart(said: Bag, own: Bag) -> bool:
    """Return whether words are a name but for one word, and names of codes are told apart by these two words."""
    words = _one_for_one(said, own)
    return words is not None and " ".join(sorted(words)) in _contrasts()


_OPPOSITES = (("hyper", "hypo"), ("tachy", "brady"))
_LIKE = 4  # letters after the prefix that are the same: "hypotension" and "hypertensive"


def opposites(said: Bag, own: Bag) -> set[str]:
    """Return the words that say too little of what a name says too much of, or the other way round: "hypotension", "hypertensive"."""
    found: set[str] = set()
    for prefixes in _OPPOSITES:
        mine, theirs = ({prefix: _after(prefix, words) for prefix in prefixes} for words in (said, own))
        for one, other in (prefixes, prefixes[::-1]):
            turned = (mine[one] - mine[other]) & (theirs[other] - theirs[one])
            found.update(word for word in said if word.startswith(tuple(one + end for end in turned)))
    return found


def _after(prefix: str, words: Bag) -> set[str]:
    return {word[len(prefix) :][:_LIKE] for word in words if word.startswith(prefix) and len(word) >= len(prefix) + _LIKE}


def has_another_word(said: Bag, own: Bag) -> bool:
    """Return whether words are a name but for one word that says another thing: a synonym, or another code's name."""
    words = _one_for_one(said, own)
    return words is not None and may_contrast(*words)


def _one_for_one(said: Bag, own: Bag) -> tuple[str, str] | None:
    """Return the word of each that stands in the other's place, where they differ in no more."""
    if len(said) != len(own) or len(said) < 2:
        return None
    ours, theirs = list((Counter(said) - Counter(own)).elements()), list((Counter(own) - Counter(said)).elements())
    return (ours[0], theirs[0]) if len(ours) == len(theirs) == 1 else None


def may_contrast(one: str, other: str) -> bool:
    """Return whether two words of names may be taken for a contrast: neither is general, and they do not mean the same."""
    return bool(_unlike((one,), (other,))) and bool(_unlike((other,), (one,)))


CONTRASTS = Path(str(files("codesafety.terminology.words").joinpath("data", "contrasts.txt")))
"""A line for each two words by which names are told apart, in alphabetical order; `data/README.md` says how they were found."""


@cache
def _contrasts() -> frozenset[str]:
    return frozenset(CONTRASTS.read_text(encoding="ascii").splitlines())


def contrasts(names: Iterable[tuple[str, Bag]], least: int) -> list[str]:
    """Return the pairs of words by which at least `least` pairs of names are told apart: names of one kind, alike but for one word."""
    holes: dict[tuple[str, Bag], set[str]] = {}
    for kind, words in set(names):
        for at, word in enumerate(words if len(words) > 1 else ()):
            holes.setdefault((kind, words[:at] + words[at + 1 :]), set()).add(word)
    counts = Counter(
        f"{one} {other}" for alike in holes.values() if len(alike) > 1 for one in alike for other in alike if one < other
    )
    return sorted(pair for pair, n in counts.items() if n >= least and may_contrast(*pair.split()))
