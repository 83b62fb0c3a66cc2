"""Code systems: one short name for each, under all the URIs, OIDs and names in use for it.

SNOMED CT and dm+d are one id space and one system here, `sct`: the UK publishes dm+d inside the UK Drug Extension, and
messages carry the same id under either URI. A system that is not known stays what it is: it is never taken for another.
Sources: HL7 terminology (hl7.org/fhir/terminologies-systems.html), GP Connect "Common code systems", GP2GP adaptors (OIDs).
"""

from __future__ import annotations

import re
from functools import lru_cache

SCT = "sct"

_IN_USE: dict[str, tuple[str, ...]] = {
    SCT: (
        "http://snomed.info/sct",
        "http://snomed.info/id",
        "https://dmd.nhs.uk",
        "https://fhir.nhs.uk/id/snomed-ct",
        "https://fhir.nhs.uk/id/dmd",
        "2.16.840.1.113883.6.96",
        "2.16.840.1.113883.2.1.3.2.4.15",
        "snomed",
        "snomedct",
        "snomed-ct",
        "snomed ct",
        "sctid",
        "dmd",
        "dm+d",
    ),
    "icd10": (
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-uk",
        "http://id.who.int/icd/release/10",
        "2.16.840.1.113883.6.3",
        "icd-10",
        "icd 10",
    ),
    "icd10cm": ("http://hl7.org/fhir/sid/icd-10-cm", "2.16.840.1.113883.6.90", "icd-10-cm", "icd10-cm"),
    "icd10gm": ("http://fhir.de/codesystem/bfarm/icd-10-gm", "http://fhir.de/codesystem/dimdi/icd-10-gm", "icd-10-gm"),
    "icd9cm": ("http://hl7.org/fhir/sid/icd-9-cm", "2.16.840.1.113883.6.103", "icd-9-cm", "icd9-cm"),
    "readv2": ("http://read.info/readv2", "2.16.840.1.113883.2.1.6.2", "read2", "read-v2", "read v2"),
    "ctv3": ("http://read.info/ctv3", "2.16.840.1.113883.2.1.3.2.4.14", "readv3", "read3", "read-v3", "read v3"),
    "emis": (
        "https://fhir.hl7.org.uk/id/emis-drug-codes",
        "https://fhir.hl7.org.uk/id/egton-codes",
        "2.16.840.1.113883.2.1.6.9",
        "2.16.840.1.113883.2.1.6.3",
        "egton",
    ),
    "multilex": ("https://fhir.hl7.org.uk/id/multilex-drug-codes", "2.16.840.1.113883.2.1.6.4"),
    "gemscript": ("https://fhir.hl7.org.uk/id/resipuk-gemscript-drug-codes", "vision"),
    "loinc": ("http://loinc.org", "2.16.840.1.113883.6.1"),
    "rxnorm": ("http://www.nlm.nih.gov/research/umls/rxnorm", "2.16.840.1.113883.6.88"),
    "cvx": ("http://hl7.org/fhir/sid/cvx", "2.16.840.1.113883.12.292"),
    "ndc": ("http://hl7.org/fhir/sid/ndc", "2.16.840.1.113883.6.69"),
    "cpt": ("http://www.ama-assn.org/go/cpt", "2.16.840.1.113883.6.12"),
    "atc": ("http://www.whocc.no/atc", "http://fhir.de/codesystem/bfarm/atc", "2.16.840.1.113883.6.73"),
    "bnf": (),
    "opcs4": (
        "https://fhir.hl7.org.uk/id/opcs-4",
        "https://fhir.nhs.uk/id/opcs-4",
        "http://fhir.hl7.org.uk/codesystem/opcs-4",
        "opcs-4",
        "opcs",
    ),
    "ucum": ("http://unitsofmeasure.org", "2.16.840.1.113883.6.8"),
}

SHORT_NAMES = frozenset(_IN_USE)
"""The names by which rule files and reports call code systems."""

_SHORT = {alias: short for short, aliases in _IN_USE.items() for alias in (short, *aliases)}
_BELOW_SCT = ("http://snomed.info/sct/", "https://dmd.nhs.uk/")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_POINTED = frozenset({"icd10", "icd10cm", "icd10gm", "icd9cm", "opcs4"})


@lru_cache(maxsize=1024)  # asked of every coding, and a supplier uses a handful
def canonical(system: str | None) -> str | None:
    """Return the short name of a code system given by URI, OID or name; None where none was given.

    `http` and `https`, letter case, a trailing slash and a version (`|2024`, or an edition's path after SNOMED CT's URI)
    make no difference. A system that is not known is returned as it is, its scheme in lower case.
    """
    if system is None or not (given := system.strip()):
        return None
    key = given.split("|", 1)[0].rstrip("/").lower()
    for prefix in ("urn:oid:", "oid:"):
        key = key.removeprefix(prefix)
    for spelling in (key, key.replace("https://", "http://", 1), key.replace("http://", "https://", 1)):
        if (short := _SHORT.get(spelling)) is not None:
            return short
        if spelling.startswith(_BELOW_SCT):
            return SCT
    if (scheme := _SCHEME.match(given)) is not None:
        return scheme[0].lower() + given[scheme.end() :]
    return given


_OF_THE_FORM = re.compile(r"https?://(?:hl7\.org/fhir|terminology\.hl7\.org|fhir\.hl7\.org\.uk|fhir\.nhs\.uk)/.+", re.I)
_WITH_CODES = re.compile(r"/(?:sid|id)/|[/-](?:icd|opcs|snomed|sct|loinc|ctv|read-?(?:code|v?[23]))", re.I)


def of_the_form(system: str) -> bool:
    """Return whether a system is a list that FHIR, HL7 or a national guide defines for its own elements: statuses, categories,
    roles. What merely has its address there (ICD, OPCS-4, Read, suppliers' codes) is none."""
    return _OF_THE_FORM.fullmatch(system) is not None and _WITH_CODES.search(system) is None


_AS_DEFINED = re.compile(
    r"http://snomed\.info/(?:sct(?:/\d{6,18}(?:/version/\d{8})?)?|id)|(?:urn:oid:)?2\.16\.840\.1\.113883\.6\.96", re.ASCII
)
"""The system, an edition and a version of it (SNOMED International, URI Standard), the root of its ids, and its OID (HL7)."""
_OF_SNOMED = ("snomed.info", "2.16.840.1.113883.6.96")


@lru_cache(maxsize=1024)
def respelt(system: str | None) -> bool:
    """Return whether SNOMED CT's URI or OID is written otherwise than it is defined: with `https`, capitals, a slash or a blank.

    FHIR compares URIs letter by letter (R4, Data types, uri); there is no doubt of what is meant, and others will not find it.
    """
    if system is None or canonical(system) != SCT or _AS_DEFINED.fullmatch(system):
        return False
    return any(name in system.lower() for name in _OF_SNOMED)


_WWW = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?/*(?:www\d*\.)?")


def _core(system: str) -> str:
    """Return the letters and digits of a system, without scheme, `www.`, version, query and fragment."""
    key = re.split(r"[|?#]", system.strip().lower(), maxsplit=1)[0]
    for prefix in ("urn:oid:", "oid:", "urn:"):
        key = key.removeprefix(prefix)
    return "".join(c for c in _WWW.sub("", key, count=1) if c.isalnum())


_CORES = {_core(alias): short for alias, short in _SHORT.items()}
_SNOMED_CORES = tuple(core for core, short in _CORES.items() if short == SCT and "snomed" in core)
_SURELY_LONG = 10  # letters: of so many, two may be wrong, and of fewer one


@lru_cache(maxsize=1024)
def nearly(system: str | None) -> str | None:
    """Return the short name of the system that an unknown one nearly is; None where it is known, or like none that is.

    Nearly: the same letters and digits under another scheme, host prefix or punctuation; or, of SNOMED CT, a text that names it
    or has one or two letters wrong. Numbers of an OID are not letters: its neighbour is another system.
    """
    if system is None or canonical(system) in SHORT_NAMES or not (core := _core(system)):
        return None
    if (short := _CORES.get(core)) is not None:
        return short
    if "snomed" in core:
        return SCT
    allowed = ((known, 2 if len(known) >= _SURELY_LONG else 1) for known in _SNOMED_CORES)
    return SCT if any(_within(core, known, most) for known, most in allowed) else None


def _within(one: str, other: str, most: int) -> bool:
    """Return whether two texts differ by at most so many letters added, lost, changed or swapped with the next (Damerau)."""
    if abs(len(one) - len(other)) > most:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1] <= most


def normal_code(system: str | None, code: str) -> str:
    """Return `code` as sets of `system` hold it: ICD and OPCS-4 in capitals and without the point, others unchanged.

    White space around a code is not taken away: a code that carries it is damaged, and the integrity checks say so.
    """
    return code.replace(".", "").upper() if canonical(system) in _POINTED else code
