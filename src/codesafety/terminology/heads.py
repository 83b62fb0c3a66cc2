"""The heads of columns: which code system one names, in any spelling (`readcode`, `ICDcode`, `read_v2_code`, `dmdId`).

A head is cut into the words that it may be made of: names of systems, and words that say nothing of one (code, id, term). What
cannot be cut up so names no system: `readmission_code` is no Read code, and `methods` no ODS. So with what stands in a column of
systems, where it is none of the names in `systems`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from codesafety.terminology.systems import SCT, SHORT_NAMES, canonical

_LONGEST = 80  # of a head: what is longer is a sentence

# Read codes are of version 2 or 3 (Clinical Terms Version 3), under any of their names, with `v` or without.
_READ_2 = [f"{name}{v}2" for name in ("read", "rcd", "rct", "readct", "ct") for v in ("v", "") if name + v != "ct"]

# Words that name a system, by the short names of `systems` where that knows it. dm+d's own ids are SNOMED CT ids.
_SYSTEMS = {
    SCT: "snomed snomedct sct sctid snomedid dmd vtm vmp amp vmpp ampp vtmid vpid apid vppid appid vmpid ampid isid",
    "readv2": f"read rcd {' '.join(_READ_2)}",
    "ctv3": " ".join(word.replace("2", "3") for word in _READ_2),
    "icd10": "icd icd10",
    "icd10cm": "icd10cm",
    "icd10gm": "icd10gm",
    "icd9cm": "icd9 icd9cm",
    "icd11": "icd11",
    "icdo": "icdo icdo3",
    "icpc": "icpc icpc2 icpc2plus",
    "opcs4": "opcs opcs4",
    "loinc": "loinc",
    "rxnorm": "rxnorm rxcui",
    "atc": "atc atc5 whoatc",
    "bnf": "bnf",
    "cpt": "cpt cpt4 hcpcs",
    "cvx": "cvx",
    "ndc": "ndc",
    "ucum": "ucum",
    "ods": "ods",
    "gtin": "gtin ean",
    "omop": "omop",
    "mesh": "mesh",
    "meddra": "meddra",
    "umls": "umls cui",
    "omim": "omim",
    "orphanet": "orpha orphanet orphacode",
    "cprd": "cprd medcode medcodeid prodcode prodcodeid aurum",
    "multilex": "multilex",
    "gemscript": "gemscript",
    "emis": "emis egton",
    "tpp": "tpp systmone",
    "vision": "vision inps",
}
_SUPPLIERS = frozenset({"emis", "tpp", "vision", "cprd"})
"""A supplier's name beside a code system's says whose column it is: an `emis_snomed_code` is a SNOMED CT code."""

_SAYING_NOTHING = """
    code codes coded coding id ids identifier identifiers concept concepts concat term terms description descriptions desc name names nm
    label display title text rubric meaning preferred fully specified number num no nr value key ref full original orig source raw
    mapped map target from to list group class classification system version ver v edition release uk us int international en gb gp gprd
    clinical primary secondary care main diagnosis diagnoses diag dx procedure procedures proc product drug drugs medication
    medicine substance presentation chapter section medical history event entry patient practice local standard
    with without dot dots dotted stripped clean string str format byte char chars character digit digits cleaned fixed as published
    the of for and
"""
_WORDS = {word: system for system, words in _SYSTEMS.items() for word in words.split()}
_WORDS |= dict.fromkeys(_SAYING_NOTHING.split(), "")
_LONGEST_WORD = max(map(len, _WORDS))
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])")
_VERSIONED = {("readv2", "3"): "ctv3", ("icd10", "9"): "icd9cm", ("icd10", "11"): "icd11", ("icd10", "o"): "icdo"}


_NOT_CLINICAL = frozenset({"ods", "ucum", "gtin"})
_WHOSE = frozenset({"practice", "patient"})
_CODE_WORDS = frozenset({"code", "codes", "coding", "concept", "concepts"})


_TRUE, _FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})
_ABOUT = (
    (re.compile("neg|negat(ed|ion|ive)|denie[ds]|denial|refuted|absen(t|ce)|error|deleted?|removed|withdrawn|retracted|void(ed)?|cancelled"), _FALSE),
    (re.compile("present|presence|certainty|confirmed|verified"), _TRUE | {"present", "confirmed", "verified", "certain", "definite"}),
    (re.compile("relation|relations|relationship|relative|whose"), frozenset({"self", "patient", "own"})),
)  # fmt: skip
"""Words of a head that say whether a code holds, or of whom; beside each what its cells say where that changes nothing."""
_ANSWERS, _NO = frozenset({"value", "result", "answer"}), _FALSE | {"negative", "absent", "denied", "none", "never"}


def may_change_what_is_said(head: str, cell: str) -> bool:
    """Return whether a column's head and a cell of it may say that what a code beside it says is not so, or is of somebody else."""
    said = cell.strip().lower()
    called = words(head)
    if said in _NO and not _ANSWERS.isdisjoint(called):
        return True
    return any(said not in plainly for about, plainly in _ABOUT if any(map(about.fullmatch, called)))


def plain(head: str) -> str:
    """Return a head without what spelling differs in: letters and digits, in lower case."""
    return re.sub(r"[^a-z0-9]", "", head.lower())


@lru_cache(maxsize=1024)
def words(head: str) -> tuple[str, ...]:
    """Return the words of a head; what cannot be cut into words that are known stays as it stands between separators.

    `ICDcode` is icd, code; `readv2Code` is readv2, code; `gp_readmission` is gp, readmission.
    """
    whole = _cut(plain(head)) if len(head) <= _LONGEST else None
    if whole is not None:
        return whole
    found: list[str] = []
    for part in filter(None, _SPLIT.split(head[:_LONGEST])):
        found += _cut(part.lower()) or (part.lower(),)
    return tuple(found)


def is_known(head: str) -> bool:
    """Return whether every word of a head is one that a column of codes may be called by."""
    return all(word in _WORDS or word.isdigit() for word in words(head))


def names_codes(head: str) -> bool:
    """Return whether a head is that of a column of clinical codes: it names their system, or says code of something clinical."""
    system = system_of(head)
    if system is not None:
        return system not in _NOT_CLINICAL
    said = frozenset(words(head))
    return is_known(head) and not said.isdisjoint(_CODE_WORDS) and said.isdisjoint(_WHOSE)


def system_of(head: str) -> str | None:
    """Return the short name of the system that a head names; None where it names none, or two."""
    told = list(_systems(words(head)))
    named = set(told) - _SUPPLIERS or set(told)
    if named == {"readv2", "ctv3"}:  # `ctv3_readcode`: Read codes, of version 3
        return "ctv3"
    return named.pop() if len(named) == 1 else None


def system_in(cell: str | None) -> str | None:
    """Return the system that a cell of a column of systems names: by its name or URI, else as a head would."""
    known = canonical(cell)
    if known is None or known in SHORT_NAMES or cell is None:
        return known
    return system_of(cell) or known


def _systems(parts: Sequence[str]) -> Iterator[str]:
    for at, part in enumerate(parts):
        system = _WORDS.get(part, "")
        if system:
            version = next((word for word in parts[at + 1 :] if word not in ("v", "version", "ver", "code", "codes")), "")
            yield _VERSIONED.get((system, version), system) if part in ("read", "rcd", "icd", "icd10") else system


def _cut(text: str) -> tuple[str, ...] | None:
    """Return the words that a text without separators is made of, the longest first; None where it is made of no such words."""
    ways: list[tuple[str, ...] | None] = [(), *(None for _ in text)]  # the best way to each place: of the fewest words
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - _LONGEST_WORD), end):
            before, word = ways[start], text[start:end]
            if before is None or not (word in _WORDS or word.isdigit()):
                continue
            best = ways[end]
            if best is None or len(before) + 1 < len(best):
                ways[end] = (*before, word)
    return ways[len(text)] or None
