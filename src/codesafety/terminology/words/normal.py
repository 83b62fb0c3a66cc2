"""Words made comparable: one key for a description however it is cased, punctuated and spelt, and the stems of its words.

`normal` is the key by which descriptions are indexed and found: two texts with the same key say the same. It undoes letter
case, punctuation, white space, Unicode quotes and dashes, the semantic tag, British and American spelling, the flags of Read
("[X]", "NOS") and the abbreviations by which records write a fully specified name ("H/O:", "O/E -", "FH:"). Word order, number
and negation stay: they change what is said.
"""

from __future__ import annotations

import re
import unicodedata

SEMANTIC_TAGS = frozenset(
    {
        "administrative concept",
        "assessment scale",
        "attribute",
        "basic dose form",
        "body structure",
        "cell",
        "cell structure",
        "clinical drug",
        "context-dependent category",
        "core metadata concept",
        "disorder",
        "disposition",
        "dose form",
        "environment",
        "environment / location",
        "ethnic group",
        "event",
        "finding",
        "foundation metadata concept",
        "geographic location",
        "inactive concept",
        "intended site",
        "life style",
        "link assertion",
        "linkage concept",
        "medicinal product",
        "medicinal product form",
        "metadata",
        "morphologic abnormality",
        "namespace concept",
        "navigational concept",
        "number",
        "observable entity",
        "occupation",
        "organism",
        "owl metadata concept",
        "person",
        "physical force",
        "physical object",
        "procedure",
        "product",
        "product name",
        "qualifier value",
        "racial group",
        "real clinical drug",
        "record artifact",
        "regime/therapy",
        "release characteristic",
        "religion/philosophy",
        "role",
        "situation",
        "social concept",
        "special concept",
        "specimen",
        "staging scale",
        "state of matter",
        "substance",
        "supplier",
        "transformation",
        "tumor staging",
        "unit of presentation",
        "virtual clinical drug",
        "virtual medicinal product",
        "virtual therapeutic moiety",
        "actual medicinal product",
        "actual clinical drug",
    }
)

_FLAG = re.compile(r"\[(?:x|d|v|m|q|so|ecg|eeg)\]", re.IGNORECASE)
_NOT_TOLD_APART = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "ʼ": "'",
        "`": "'",
        "´": "'",
        "“": '"',
        "”": '"',
        "‐": "-",
        "‑": "-",
        "‒": "-",
        "–": "-",
        "—": "-",
        "−": "-",
        "…": " ",
        "\u00a0": " ",
        "µ": "u",
        "μ": "u",
        "ß": "ss",
    }
)
_ABBREVIATIONS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\bh/o\b|\bhx of\b", "history of"),
        (r"\bno fh\b", "no family history"),
        (r"\bf/h\b|\bfhx\b|\bfh(?=\s*[:\-])|^fh(?= )", "family history"),
        (r"\bo/e\b", "on examination"),
        (r"\bc/o\b", "complaining of"),
        (r"\bbp\b", "blood pressure"),
        (r"\bpatient's\b", "patient"),
    )
)
_PARTS_OF_ABBREVIATIONS = ("h/o", "hx", "fh", "f/h", "o/e", "c/o", "bp", "'s")
_CONTRACTED = re.compile(r"\b(is|are|was|does|do|did|has|have|had|could|would|should|ca|can)n't\b|\bcannot\b")
_POSSESSIVE = re.compile(r"'s\b")
_KEPT = re.compile(r"\d+\.\d+[^\W_]*|[^\W_]+|[%+<>=?]")
_FAMILY_OF = re.compile(r"\b(family history) of\b")
_NOT_SPECIFIED = re.compile(r"(?: nos| not otherwise specified)+$")

_SPELLING = tuple(
    (parts, re.compile(pattern), replacement)
    for parts, pattern, replacement in (
        (("ae", "oe"), r"ae|oe(?!s?\b)", "e"),
        (("our",), r"\b(\w*(?:tum|col|lab|behavi|od|hum|vap|rig|neighb|fav|flav|harb|hon))our", r"\1or"),
        (("is",), r"(?<=[a-z]{3})is(e|ed|es|ing|ation|ations|er)\b", r"iz\1"),
        (("lys",), r"(?<=[a-z]{2})lys(e|ed|es|ing)\b", r"lyz\1"),
        (("re",), r"\b(\w*(?:cent|met|lit|fib|calib|tit|goit|theat))re(s?)\b", r"\1er\2"),
        (("reo",), r"(fib|lit)reo", r"\1ero"),
        (("sulph",), r"sulph", "sulf"),
        (("leuco",), r"leuco", "leuko"),
        (("aluminium",), r"aluminium", "aluminum"),
        (("lling",), r"(\w{3})lling\b", r"\1ling"),
        (("lled",), r"(\w{3})lled\b", r"\1led"),
        (("grey",), r"\bgrey\b", "gray"),
        (("programme",), r"\bprogramme(s?)\b", r"program\1"),
    )
)
"""(parts without one of which the pattern cannot match, pattern, replacement), one after another."""


def semantic_tag(term: str) -> str | None:
    """Return the semantic tag at the end of a fully specified name, or None where the term has none."""
    text = term.rstrip()
    start = text.rfind("(")
    tag = text[start + 1 : -1].strip().lower() if text.endswith(")") and start >= 0 else ""
    return tag if tag in SEMANTIC_TAGS else None


def without_tag(term: str) -> str:
    """Return a fully specified name without its semantic tag; other terms unchanged."""
    return term[: term.rstrip().rfind("(")].rstrip() if semantic_tag(term) is not None else term


def without_bracket(term: str) -> str:
    """Return the term without a last bracket: a dm+d product's supplier, "Imported (Germany)" and its like."""
    text = term.rstrip()
    if not text.endswith(")"):
        return text
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] == ")") - (text[place] == "(")
        if depth == 0:
            return text[:place].rstrip()
    return text


def words_of(text: str) -> list[str]:
    """Return the words of a text in their comparable spelling, in order; without a semantic tag."""
    # Every description of a release or of the lists passes here: a pattern is tried only where a part that it needs is there.
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    plain = plain.translate(_NOT_TOLD_APART).casefold().strip()
    if "[" in plain:
        plain = _FLAG.sub(" ", plain)
    plain = without_tag(plain)
    if "n't" in plain or "cannot" in plain:
        plain = _CONTRACTED.sub(" not ", plain)
    if any(part in plain for part in _PARTS_OF_ABBREVIATIONS):
        for pattern, words in _ABBREVIATIONS:
            plain = pattern.sub(words, plain)
    plain = _POSSESSIVE.sub("", plain).replace("&", " and ")
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    joined = " ".join(_KEPT.findall(plain))
    for parts, pattern, replacement in _SPELLING:
        if any(part in joined for part in parts):
            joined = pattern.sub(replacement, joined)
    joined = _NOT_SPECIFIED.sub("", _FAMILY_OF.sub(r"\1", joined))
    return joined.split()


def normal(text: str) -> str:
    """Return the key of a description: texts that differ only in writing have the same. Empty where nothing was said."""
    return " ".join(words_of(text))


_ENDINGS = (
    "izations",
    "ization",
    "ations",
    "ation",
    "ancies",
    "encies",
    "ating",
    "ized",
    "izing",
    "ancy",
    "ency",
    "ates",
    "ated",
    "ant",
    "ent",
    "ers",
    "ing",
    "ies",
    "ied",
    "ial",
    "ic",
    "ical",
    "ions",
    "ion",
    "ed",
    "er",
    "es",
    "ia",
    "ive",
    "or",
    "al",
    "ly",
    "y",
    "s",
    "a",
    "e",
)
_LONGEST_WORD = 64  # what is longer is no word, and would be taken apart ending by ending
_BY_LENGTH = tuple(sorted(_ENDINGS, key=len, reverse=True))


def stem(word: str) -> str:
    """Return a crude stem, the same for pregnant and pregnancy, smoker and smoking, allergy and allergic.

    Crude on purpose: it may hold two words for one where more caution follows from that, never where an alarm does alone.
    """
    word = word[:_LONGEST_WORD]
    while len(word) > 4:
        for ending in _BY_LENGTH:
            if word.endswith(ending) and len(word) - len(ending) >= 4:
                word = word[: -len(ending)]
                break
        else:
            return word
    return word
