"""Words made comparable: one key for a description however it is cased, punctuated and spelt, and the stems of its words.

`normal` is the key by which descriptions are indexed and found: two texts with the same key say the same. It undoes letter
case, punctuation, white space, Unicode quotes and dashes, the semantic tag, British and American spelling, the flags of Read
("[X]", "NOS") and the abbreviations by which records write a fully specified name ("H/O:", "O/E -", "FH:"). Word order, number
and negation stay: they change what is said.

What a text is to the eye comes first, once, for whatever is compared (`visible`): characters that show nothing are taken out,
compatibility forms and accents folded, and letters of other scripts that look like Latin ones, inside a word, are those.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import unescape

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
        "µ": "u",
        "μ": "u",
        "ß": "ss",
    }
)
# Default_Ignorable_Code_Point, and the rest of category Cf that shows nothing; then the controls that are no white space.
# Source: Unicode 15.0, DerivedCoreProperties.txt.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
)
# Overrides (what is shown is not in the order in which it is written), strokes through letters, and ticks, boxes and pictures,
# which may answer what the words ask.
_SAYS_MORE_THAN_WORDS = re.compile(
    "[\u202d\u202e\u0334-\u0338\u2204\u2205\u2209\u2260\u2296\u2298\u2600-\u27bf\U0001f100-\U0001f1ff\U0001f300-\U0001faff]"
)
_PADDING = re.compile(rf"(?:\s|{_HIDDEN.pattern}){{2,}}")
_MARKUP = re.compile(r"</?[a-z][^<>]{0,200}>|&(?:#\w{1,8}|[a-z]{2,10});", re.IGNORECASE)
_BREAKS = re.compile(r"</?(?:br|p|div|li|td|tr)\b", re.IGNORECASE)
_COLOURS = re.compile("\x1b\\[[0-9;]*[A-Za-z]")
_LINE_ENDS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_WORD = re.compile(r"[^\W\d_]+")
# Letters that look like a Latin one, and which. Source: Unicode confusables.txt (UTS 39), single letters of Greek, Cyrillic,
# Armenian, Cherokee and of Latin's own phonetic forms; where it answers `l` for a capital I of another script, the I.
_LOOKS_LIKE = str.maketrans(
    "\u037f\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5"
    "\u03a7\u03b1\u03b3\u03b9\u03bd\u03bf\u03c1\u03c3\u03c5\u03dc\u03f3\u03fa\u1d26"
    "\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423"
    "\u0425\u042c\u0430\u0433\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0461"
    "\u0474\u0475\u04ae\u04af\u04bb\u04bd\u04c0\u04cf\u0501\u050c\u051b\u051c\u051d\ua647"
    "\u054d\u054f\u0555\u0561\u0563\u0566\u0570\u0578\u057c\u057d\u0581\u0584\u0585"
    "\u13a0\u13a1\u13a2\u13a5\u13a9\u13aa\u13ab\u13ac\u13b3\u13b7\u13bb\u13bd\u13c0\u13c2"
    "\u13c3\u13cf\u13d2\u13d4\u13d5\u13d9\u13da\u13de\u13df\u13e2\u13e6\u13e7\u13f3\u13f4"
    "\uab75\uab81\uab83\uab93\uaba9\uabaa\uabaf"
    "\u0131\u0184\u018d\u0196\u01a6\u01bd\u0251\u0261\u0263\u0269\u026a\u026f\u028b\u028f"
    "\u1d04\u1d0f\u1d11\u1d1c\u1d20\u1d21\u1d22\u1d83\u1d8c\u1e9d\u1eff\ua731\ua798\ua799"
    "\ua79f\ua7b2\ua7b3\ua7b4\uab32\uab35\uab3d\uab47\uab48\uab4e\uab52\uab5a",
    "JABEZHIKMNOPTYXayivopouFjMr"  # Greek
    "SIJABEKMHOPCTYXbareopcyxsijwVvYyheIidGqWwi"  # Cyrillic
    "USOwqqhnnugfo"  # Armenian
    "DRTiYAJEWMHYGhZbRWSVSLCPKdGBirwzvsc"  # Cherokee
    "ibglRsagyiiwuycoouvwzgyfysFfuJXBeforruuy",  # Latin
)
_NAMED = re.compile(r"LATIN (?:(?:SMALL|CAPITAL) )?LETTER (?:SMALL CAPITAL |DOTLESS |BARRED )?([A-Z])(?: WITH .+)?")
"""The name of a letter that is a Latin one with a stroke, a hook or a tail, or a small capital: Unicode parts it from none of them."""
_ABBREVIATIONS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\bh/o\b|\bhx of\b", "history of"),
        (r"\bno fh\b", "no family history"),
        (r"\bf/h\b|\bfhx\b|\bfh(?=\s*[:\-])|^fh(?= )", "family history"),
        (r"\bo/e\b", "on examination"),
        (r"\bc/o\b", "complaining of"),
        (r"\bbp\b", "blood pressure"),
        (r"\bw/o\b", "without"),
        (r"\br/o\b", "rule out"),
        (r"\bn/a\b", "not applicable"),
        (r"(?<!\w)-ve\b", "negative"),
        (r"(?<!\w)\+ve\b", "positive"),
        (r"\bpatient's\b", "patient"),
    )
)
_MAY_ABBREVIATE = re.compile(r"[hcrw]/o|hx|f/?h|o/e|bp|n/a|[-+]ve|'s")
"""What one of the abbreviations must have in it."""
_CONTRACTED = re.compile(r"\b(?:is|are|was|were|does|do|did|has|have|had|could|would|should|ca|wo|ai)n'?t\b|\bcannot\b")
_POSSESSIVE = re.compile(r"'s\b")
_KEPT = re.compile(r"\d+\.\d+[^\W_]*|[^\W_]+|[%+<>=?]")
_FAMILY_OF = re.compile(r"\b(family history) of\b")
_NOT_SPECIFIED = re.compile(r"(?: nos| not otherwise specified)+$")

_SPELLING = tuple(
    (parts, re.compile(pattern), replacement)
    for parts, pattern, replacement in (
        (("ae", "oe"), r"ae|oe(?!s?\b)", "e"),
        (("our",), r"\b(\w*(?:tum|col|lab|behavi|od|hum|vap|rig|neighb|fav|flav|harb|hon))our", r"\1or"),
        (("ise", "isi", "isa"), r"(?<=[a-z]{3})is(e|ed|es|ing|ation|ations|er)\b", r"iz\1"),
        (("lys",), r"(?<=[a-z]{2})lys(e|ed|es|ing)\b", r"lyz\1"),
        (("tre", "bre"), r"\b(\w*(?:cent|met|lit|fib|calib|tit|goit|theat))re(s?)\b", r"\1er\2"),
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


def visible(text: str, hidden: str = "") -> str:
    """Return a text as it is to the eye, in Latin letters without accents where it has them; case and spaces stay.

    `hidden`: what stands in for a character that shows nothing: it may part two words, or stand inside one.
    """
    if "<" in text or "&" in text:
        text = _MARKUP.sub(_as_shown, text)
    if text.isascii() and text.isprintable():
        return text.replace("`", "'")  # of those that are not told apart the one in ASCII
    text = _COLOURS.sub("", text)
    plain = _LINE_ENDS.sub("\n", _HIDDEN.sub(hidden, unicodedata.normalize("NFKC", text)))
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.translate(_NOT_TOLD_APART))
        plain = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Me")
        plain = _WORD.sub(_as_it_looks, plain)
    return "".join(" " if c != "\n" and c.isspace() else c for c in plain)


def _as_shown(markup: re.Match[str]) -> str:
    if markup[0].startswith("&"):
        return unescape(markup[0])
    return "\n" if _BREAKS.match(markup[0]) else "\u200b"


def unpadded(text: str) -> str:
    """Return a text in which what shows nothing, repeated, is one such character: padding makes no text long."""
    return _PADDING.sub(lambda run: " " if any(c.isspace() for c in run[0]) else run[0][0], text)


def _as_it_looks(word: re.Match[str]) -> str:
    """Return a word in Latin letters where each of its letters is one or looks like one; a single one may be a symbol."""
    text = word[0]
    if text.isascii() or len(text) == 1:
        return text
    looks = "".join(map(_as_named, text.translate(_LOOKS_LIKE)))
    return looks if looks.isascii() else text


@lru_cache(maxsize=1000)
def _as_named(letter: str) -> str:
    named = None if letter.isascii() else _NAMED.fullmatch(unicodedata.name(letter, ""))
    return letter if named is None else named[1] if letter.isupper() else named[1].lower()


def is_legible(text: str) -> bool:
    """Return whether a text says what its letters say: none lost, turned round, struck out or of another script in a Latin word.

    Greek letters do stand in Latin words ("IFN\u03b2"), and those that pass for Latin ones are read as such.
    """
    if text.isascii():
        return True
    if _SAYS_MORE_THAN_WORDS.search(text):
        return False
    plain = visible(text)
    if any(c == "\ufffd" or unicodedata.category(c) in ("Co", "Cs", "Cn") for c in plain):
        return False
    return not any(_is_mixed(word) for word in _WORD.findall(plain) if not word.isascii())


def _is_mixed(word: str) -> bool:
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in word} - {"GREEK", "MODIFIER"}
    return "LATIN" in scripts and len(scripts) > 1


def words_of(text: str) -> list[str]:
    """Return the words of a text in their comparable spelling, in order; without a semantic tag."""
    # Every description of a release or of the lists passes here: a pattern is tried only where a part that it needs is there.
    plain = visible(text).casefold().strip().rstrip(" .")
    if "[" in plain:
        plain = _FLAG.sub(" ", plain)
    plain = without_tag(plain)
    if "nt" in plain or "n't" in plain or "cannot" in plain:
        plain = _CONTRACTED.sub(" not ", plain)
    if _MAY_ABBREVIATE.search(plain):
        for pattern, words in _ABBREVIATIONS:
            plain = pattern.sub(words, plain)
    if "'s" in plain:
        plain = _POSSESSIVE.sub("", plain)
    joined = " ".join(_KEPT.findall(plain.replace("&", " and ")))
    for parts, pattern, replacement in _SPELLING:
        for part in parts:  # and no `any`, which takes longer than all the rest
            if part in joined:
                joined = pattern.sub(replacement, joined)
                break
    if "family history of" in joined:
        joined = _FAMILY_OF.sub(r"\1", joined)
    if joined.endswith((" nos", " specified")):
        joined = _NOT_SPECIFIED.sub("", joined)
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
_BY_LAST_LETTER = {
    letter: tuple(sorted((ending for ending in _ENDINGS if ending[-1] == letter), key=len, reverse=True))
    for letter in {ending[-1] for ending in _ENDINGS}
}


def stem(word: str) -> str:
    """Return a crude stem, the same for pregnant and pregnancy, smoker and smoking, allergy and allergic.

    Crude on purpose: it may hold two words for one where more caution follows from that, never where an alarm does alone.
    """
    word = word[:_LONGEST_WORD]
    while len(word) > 4:
        for ending in _BY_LAST_LETTER.get(word[-1], ()):
            if word.endswith(ending) and len(word) - len(ending) >= 4:
                word = word[: -len(ending)]
                break
        else:
            return word
    return word
