"""The concepts that ECL itself gives a meaning to: keywords, dialect aliases, history profiles."""

from __future__ import annotations

# Source: ECL specification, appendix C (dialect aliases), with the older spellings of the UK's (en-nhs-clinical) that its
# section 6.8 still uses.
DIALECTS = {
    "da-dk": "554461000005103",
    "de": "722130004",
    "en-au": "32570271000036106",
    "en-ca": "19491000087109",
    "en-gb": "900000000000508004",
    "en-gb-x-drug": "999000681000001101",
    "en-gb-x-ext": "999001251000000103",
    "en-ie": "21000220103",
    "en-nhs-clinical": "999001261000000100",
    "en-nhs-dmd": "999000671000001103",
    "en-nhs-pharmacy": "999000691000001104",
    "en-nz": "271000210107",
    "en-nz-x-pat": "281000210109",
    "en-uk-drug": "999000681000001101",
    "en-uk-ext": "999001251000000103",
    "en-us": "900000000000509007",
    "en-x-gmdn": "608771002",
    "en-x-nhs-clinical": "999001261000000100",
    "en-x-nhs-dmd": "999000671000001103",
    "en-x-nhs-pharmacy": "999000691000001104",
    "es": "450828004",
    "es-uy": "5641000179103",
    "et-ee": "71000181105",
    "fr": "722131000",
    "fr-be": "21000172104",
    "fr-ca": "20581000087109",
    "ja": "722129009",
    "mi": "291000210106",
    "nb-no": "61000202103",
    "nl-be": "31000172101",
    "nl-nl": "31000146106",
    "nn-no": "91000202106",
    "sv-se": "46011000052107",
    "zh": "722128001",
}

SYNONYM = "900000000000013009"
FULLY_SPECIFIED_NAME = "900000000000003001"
DEFINITION = "900000000000550004"
PRIMITIVE = "900000000000074008"
DEFINED = "900000000000073002"
PREFERRED = "900000000000548007"
ACCEPTABLE = "900000000000549004"

HISTORICAL_ASSOCIATION = "900000000000522004"
POSSIBLY_EQUIVALENT_TO = "900000000000523009"
MOVED_TO = "900000000000524003"
MOVED_FROM = "900000000000525002"
REPLACED_BY = "900000000000526001"
SAME_AS = "900000000000527005"
WAS_A = "900000000000528000"
SIMILAR_TO = "900000000000529008"
ALTERNATIVE = "900000000000530003"
POSSIBLY_REPLACED_BY = "1186921001"
PARTIALLY_EQUIVALENT_TO = "1186924009"

WELL_KNOWN = frozenset(
    (
        SYNONYM,
        FULLY_SPECIFIED_NAME,
        DEFINITION,
        PRIMITIVE,
        DEFINED,
        PREFERRED,
        ACCEPTABLE,
        POSSIBLY_EQUIVALENT_TO,
        MOVED_TO,
        MOVED_FROM,
        REPLACED_BY,
        SAME_AS,
        WAS_A,
        SIMILAR_TO,
        ALTERNATIVE,
        POSSIBLY_REPLACED_BY,
        PARTIALLY_EQUIVALENT_TO,
        *DIALECTS.values(),
    )
)
