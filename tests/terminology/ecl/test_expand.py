"""What expressions give on a made-up release of thirty concepts: each decision of docs/terminology-divergences.md, literally."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.terminology.ecl.release import packed

from codesafety.terminology.ecl import Kind, Rows, Substrate, Value, expand, parse, select
from codesafety.terminology.errors import EclSemanticError, EclSyntaxError, NotSupported, UnknownConcept
from codesafety.terminology.pack.store import Store

ROOT, FINDING, DISEASE, PNEUMONIA, FLU, BODY, LUNG, LOBE = (
    "138875005",
    "404684003",
    "64572001",
    "233604007",
    "6142004",
    "123037004",
    "39607008",
    "31094006",
)
SITE, DUE_TO, DOSE, NAME, IS_A = "363698007", "42752001", "1142135004", "774159003", "116680003"
OLD_FLU, OLD_PNEUMONIA, OLDER = "195878008", "266350000", "155548002"
SAME_AS, REPLACED_BY, MOVED_FROM, MOVED_TO = (
    "900000000000527005",
    "900000000000526001",
    "900000000000525002",
    "900000000000524003",
)
SIMPLE, MAP, SCHEME = "700043003", "447562003", "705114005"
GB, US = "900000000000508004", "900000000000509007"
CORE, MODEL = "900000000000207008", "900000000000012004"
DEFINED = "900000000000073002"
GONE = "101010101001"


def is_a(child: str, *parents: str) -> Iterator[dict[str, Any]]:
    for parent in parents:
        yield {"source": child, "type": IS_A, "target": parent}


RELEASE: dict[str, Any] = {
    "concepts": [
        *(
            {"id": code}
            for code in (
                ROOT,
                FINDING,
                DISEASE,
                BODY,
                LUNG,
                LOBE,
                SITE,
                DUE_TO,
                DOSE,
                NAME,
                IS_A,
                SAME_AS,
                REPLACED_BY,
                MOVED_FROM,
                MOVED_TO,
                SIMPLE,
                MAP,
                SCHEME,
                GB,
                US,
                CORE,
                MODEL,
                DEFINED,
                "900000000000074008",
                "900000000000003001",
                "900000000000013009",
            )
        ),
        {"id": PNEUMONIA, "definitionStatusId": DEFINED, "effectiveTime": "20240229"},
        {"id": FLU, "moduleId": MODEL, "effectiveTime": "20250101"},
        *({"id": code, "active": False} for code in (OLD_FLU, OLD_PNEUMONIA, OLDER)),
    ],
    "relationships": [
        *is_a(FINDING, ROOT),
        *is_a(DISEASE, FINDING),
        *is_a(PNEUMONIA, DISEASE),
        *is_a(FLU, DISEASE, FINDING),
        *is_a(BODY, ROOT),
        *is_a(LUNG, BODY),
        *is_a(LOBE, LUNG),
        *is_a(SITE, ROOT),
        *is_a(DUE_TO, SITE),
        *is_a(IS_A, ROOT),
        *is_a(MODEL, CORE),
        {"source": PNEUMONIA, "type": SITE, "target": LUNG, "group": 1},
        {"source": PNEUMONIA, "type": SITE, "target": LUNG, "group": 2},
        {"source": PNEUMONIA, "type": DUE_TO, "target": FLU, "group": 1},
        {"source": FLU, "type": SITE, "target": LOBE, "group": 0},
        {"source": DISEASE, "type": SITE, "target": BODY, "group": 1},
        {"source": DISEASE, "type": DUE_TO, "target": FLU, "group": 2},
        {"source": FLU, "type": SITE, "target": BODY, "group": 3, "active": False},
    ],
    "concrete": [
        {"source": FLU, "type": DOSE, "value": "#0.10", "group": 1},
        {"source": PNEUMONIA, "type": DOSE, "value": "#100.00000000000000001", "group": 0},
        {"source": FLU, "type": NAME, "value": r'"say \"A\""', "group": 0},
        {"source": DISEASE, "type": NAME, "value": "true", "group": 0},
    ],
    "refset_members": [
        {"refset": SIMPLE, "referencedComponentId": FLU},
        {"refset": SIMPLE, "referencedComponentId": OLD_FLU},
        {"refset": SIMPLE, "referencedComponentId": LUNG, "active": False, "moduleId": MODEL},
        {"refset": SAME_AS, "referencedComponentId": OLD_FLU, "fields": {"targetComponentId": FLU}},
        {"refset": SAME_AS, "referencedComponentId": OLDER, "fields": {"targetComponentId": OLD_FLU}},
        {"refset": REPLACED_BY, "referencedComponentId": OLD_PNEUMONIA, "fields": {"targetComponentId": PNEUMONIA}},
        {"refset": MOVED_FROM, "referencedComponentId": PNEUMONIA, "fields": {"targetComponentId": OLDER}},
        {"refset": MOVED_TO, "referencedComponentId": OLD_PNEUMONIA, "fields": {"targetComponentId": FLU}},
        {
            "refset": MAP,
            "referencedComponentId": FLU,
            "effectiveTime": "20240101",
            "fields": {"mapGroup": 1, "mapTarget": "J11.1", "correlationId": MODEL},
        },
        {"refset": MAP, "referencedComponentId": FLU, "fields": {"mapGroup": 2, "mapTarget": "J10", "correlationId": CORE}},
        {
            "refset": MAP,
            "referencedComponentId": PNEUMONIA,
            "fields": {"mapGroup": 1, "mapTarget": "J18.9", "correlationId": CORE},
        },
        {"refset": MAP, "referencedComponentId": GONE, "fields": {"mapGroup": 3, "mapTarget": "X", "correlationId": GONE}},
    ],
    "descriptions": [
        {
            "id": "1001010",
            "concept": FLU,
            "term": "Influenza (disorder)",
            "type": "FSN",
            "acceptability": {GB: "preferred", US: "preferred"},
        },
        {"id": "1002010", "concept": FLU, "term": "Flu", "acceptability": {GB: "acceptable", US: "preferred"}},
        {"id": "1003010", "concept": FLU, "term": "La grippe", "lang": "fr", "active": False},
        {
            "id": "1004010",
            "concept": PNEUMONIA,
            "term": "Pneumonia (disorder)",
            "type": "FSN",
            "acceptability": {GB: "preferred"},
            "effectiveTime": "20240229",
        },
        {"id": "1005010", "concept": PNEUMONIA, "term": "Inflammation of the lung, as in influenza", "type": "DEF"},
        {"id": "1006010", "concept": OLD_FLU, "term": "Influenza NOS"},
        {"id": "1008010", "concept": LUNG, "term": "BRØNSTED résumé œdema"},
        {"id": "1009010", "concept": LOBE, "term": "lungälv", "lang": "sv"},
        {"id": "1007010", "concept": SCHEME, "term": "LOINC code identifier (scheme)"},
    ],
    "identifiers": [
        {"scheme": SCHEME, "code": "54486-6", "component": FLU},
        {"scheme": SCHEME, "code": "old", "component": FLU, "active": False},
    ],
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return packed(RELEASE, tmp_path_factory.mktemp("release"))


def check(store: Store, expression: str, *expected: str) -> None:
    assert expand(store, expression).code_set() == set(expected), expression


def test_hierarchy_operators(store: Store) -> None:
    check(store, f"<< {DISEASE}", DISEASE, PNEUMONIA, FLU)
    check(store, f"< {DISEASE}", PNEUMONIA, FLU)
    check(store, f"<! {FINDING}", DISEASE, FLU)
    check(store, f"<<! {BODY}", BODY, LUNG)
    check(store, f"> {FLU}", DISEASE, FINDING, ROOT)
    check(store, f">! {FLU}", DISEASE, FINDING)
    check(store, f">>! {LOBE}", LOBE, LUNG)
    check(store, f"> (>> {FLU})", DISEASE, FINDING, ROOT)
    check(store, f"< ({DISEASE} OR {FLU})", PNEUMONIA, FLU)
    check(store, f"!!> (<< {DISEASE} OR {LOBE})", DISEASE, LOBE)
    check(store, f"!!< (<< {DISEASE} OR {LUNG})", PNEUMONIA, FLU, LUNG)


def test_anything_is_what_is_active(store: Store) -> None:
    active = {concept["id"] for concept in RELEASE["concepts"] if concept.get("active", True)}
    check(store, "*", *active)
    check(store, "<< *", *active)
    check(store, ">> *", *active)
    check(store, "> *", ROOT, FINDING, DISEASE, BODY, LUNG, SITE, CORE)
    check(store, "* MINUS > *", *(active - {ROOT, FINDING, DISEASE, BODY, LUNG, SITE, CORE}))
    assert len(expand(store, "*", substrate=Substrate.ALL)) == len(active) + 3
    check(store, "* {{ C active = 0 }}", OLD_FLU, OLD_PNEUMONIA, OLDER)


def test_what_was_named_may_be_inactive(store: Store) -> None:
    check(store, OLD_FLU, OLD_FLU)
    check(store, f"<< {OLD_FLU}", OLD_FLU)
    check(store, f"< {OLD_FLU}")
    check(store, f"{OLD_FLU} : [0..0] {SITE} = *", OLD_FLU)
    check(store, f"{OLD_FLU} AND *")


def test_attributes(store: Store) -> None:
    check(store, f"* : {SITE} = << {LUNG}", PNEUMONIA, FLU)
    check(store, f"* : {SITE} != << {LUNG}", DISEASE)
    check(store, f"* : [0..0] {SITE} != << {LUNG}, {SITE} = *", PNEUMONIA, FLU)
    check(store, f"* : {SITE} = {LUNG} OR {SITE} = {LOBE}", PNEUMONIA, FLU)
    check(store, f"* : << {SITE} = {FLU}", PNEUMONIA, DISEASE)
    check(store, f"* : * = {FLU}", PNEUMONIA, DISEASE)
    check(store, f"* : {SITE} = (* : R {SITE} = {PNEUMONIA})", PNEUMONIA)
    check(store, f"{FLU} . {SITE}", LOBE)
    check(store, f"<< {DISEASE} . {DUE_TO} . {SITE}", LOBE)


def test_a_cardinality_counts_rows_and_a_reversed_one_sources(store: Store) -> None:
    check(store, f"* : [2..2] {SITE} = {LUNG}", PNEUMONIA)
    check(store, f"* : [1..1] {SITE} = *", DISEASE, FLU)
    check(store, f"<< {DISEASE} : [0..1] {SITE} = *", DISEASE, FLU)
    check(store, f"* : [1..1] R {SITE} = *", LUNG, LOBE, BODY)
    check(store, f"* : [2..*] R {DUE_TO} = *", FLU)
    check(store, f"* : R {DUE_TO} != {PNEUMONIA}", FLU)


def test_braces_hold_within_one_group_and_never_in_group_0(store: Store) -> None:
    check(store, f"* : {{ {SITE} = *, {DUE_TO} = * }}", PNEUMONIA)
    check(store, f"* : {SITE} = *, {DUE_TO} = *", PNEUMONIA, DISEASE)
    check(store, f"* : {{ {SITE} = {LOBE} }}")
    check(store, f"* : [2..2] {{ {SITE} = {LUNG} }}", PNEUMONIA)
    check(store, f"* : {{ [0..0] {DUE_TO} = * }}", PNEUMONIA, DISEASE, FLU)
    check(store, f"<< {DISEASE} : [0..0] {{ {SITE} = * }}", FLU)
    check(store, f"* : {{ {DOSE} < #1 }}", FLU)


def test_is_a_is_an_attribute_only_when_named(store: Store) -> None:
    check(store, f"* : {IS_A} = {DISEASE}", PNEUMONIA, FLU)
    check(store, f"* : [2..2] {IS_A} = *", FLU)
    check(store, f"* : R {IS_A} = {FLU}", DISEASE, FINDING)
    check(store, f"{FLU} . {IS_A}", DISEASE, FINDING)
    check(store, f"* : * = {DISEASE}")
    check(store, f"* : {{ {IS_A} = {DISEASE} }}")


def test_concrete_values_are_exact_and_keep_their_kind(store: Store) -> None:
    check(store, f"* : {DOSE} = #0.1", FLU)
    check(store, f"* : {DOSE} > #100", PNEUMONIA)
    check(store, f"* : {DOSE} > #100.00000000000000001")
    check(store, f"* : {DOSE} != #0.1", PNEUMONIA)
    check(store, f"* : {DOSE} = *", FLU, PNEUMONIA)
    check(store, rf'* : {NAME} = "say \"A\""', FLU)
    check(store, rf'* : {NAME} = "SAY \"A\""')
    check(store, f'* : {NAME} != ("x" "y")', FLU)
    check(store, f"* : {NAME} = true", DISEASE)
    check(store, f"* : {NAME} != true")
    check(store, f"* : {SITE} = #1")
    check(store, f"<< {FINDING} . {DOSE}")


def test_members(store: Store) -> None:
    check(store, f"^ {SIMPLE}", FLU, OLD_FLU)
    check(store, f"^ {SIMPLE} {{{{ M active = 0 }}}}", LUNG)
    check(store, f"^ {SIMPLE} {{{{ M active = * }}}}", FLU, OLD_FLU, LUNG)
    check(store, f"^ {SIMPLE} {{{{ M active = *, moduleId = {MODEL} }}}}", LUNG)
    check(store, f"^ {SIMPLE} {{{{ C active = 0 }}}}", OLD_FLU)
    check(store, f"^ {DISEASE}")
    check(store, f"^ {MAP}", FLU, PNEUMONIA, GONE)
    check(store, f"(^ {MAP}) AND *", FLU, PNEUMONIA)
    check(store, f"^R {FLU}", SIMPLE, MAP)
    check(store, f"^R {LUNG} {{{{ M active = false }}}}", SIMPLE)
    check(store, f"^[targetComponentId] {SAME_AS} {{{{ M referencedComponentId = {OLD_FLU} }}}}", FLU)


def test_member_fields(store: Store) -> None:
    check(store, f'^ {MAP} {{{{ M mapTarget = "J1" }}}}', FLU, PNEUMONIA)
    check(store, f'^ {MAP} {{{{ M mapTarget = wild:"j11.1" }}}}', FLU)
    check(store, f'^ {MAP} {{{{ M mapTarget = "J1", mapGroup = #1, correlationId = {CORE} }}}}', PNEUMONIA)
    check(store, f'^ {MAP} {{{{ M mapTarget = "J10" }}}} {{{{ M mapGroup = #1 }}}}')
    check(store, f"^ {MAP} {{{{ M mapGroup != #1, mapGroup <= #2.0 }}}}", FLU)
    check(store, f'^ {MAP} {{{{ M effectiveTime < "20250101" }}}}', FLU)
    check(store, f"^ {MAP} {{{{ M correlationId = << {CORE} }}}}", FLU, PNEUMONIA)
    check(store, f"^ {MAP} {{{{ M correlationId != * }}}}", GONE)
    check(store, f"^[correlationId] {MAP}", CORE, MODEL, GONE)
    for wrong in (
        "mapGroup = true",
        f"mapGroup = {FLU}",
        'mapGroup = "1"',
        "mapTarget = #1",
        f"mapTarget = {FLU}",
        "correlationId = #1",
        "active = #1",
        "moduleId = #1",
        "effectiveTime = #20240101",
        "noSuchField = #1",
    ):
        with pytest.raises(EclSemanticError):
            expand(store, f"^ {MAP} {{{{ M {wrong} }}}}")


def test_a_field_that_holds_no_concepts_gives_values(store: Store) -> None:
    groups = expand(store, f"^[mapGroup] {MAP}")
    assert groups.values == {Value(Kind.NUMBER, "1"), Value(Kind.NUMBER, "2"), Value(Kind.NUMBER, "3")}
    assert expand(store, f'(^[mapGroup] {MAP}) MINUS (^[mapGroup] {MAP} {{{{ M mapTarget = "J10" }}}})').values == {
        Value(Kind.NUMBER, "1"),
        Value(Kind.NUMBER, "3"),
    }
    with pytest.raises(EclSemanticError):
        groups.code_set()
    for expression in (f"< (^[mapGroup] {MAP})", f"(^[mapTarget] {MAP}) : {SITE} = *", f"* : {SITE} = (^[mapGroup] {MAP})"):
        with pytest.raises(EclSemanticError):
            expand(store, expression)


def test_several_fields_give_rows_and_only_as_the_whole(store: Store) -> None:
    rows = select(store, f'^[referencedComponentId, mapGroup, mapTarget] {MAP} {{{{ M mapTarget = "J1" }}}}')
    assert isinstance(rows, Rows)
    assert {tuple(value.text for value in row if value) for row in rows.rows} == {
        (FLU, "1", "J11.1"),
        (FLU, "2", "J10"),
        (PNEUMONIA, "1", "J18.9"),
    }
    everything = select(store, f"^[*] {MAP}")
    assert isinstance(everything, Rows)
    assert everything.fields == ("referencedComponentId", "mapGroup", "mapTarget", "correlationId")
    both = select(store, f"^[*] ({MAP} OR {SIMPLE})")
    assert isinstance(both, Rows)
    assert len(both.rows) == 6
    assert (Value(Kind.COMPONENT, OLD_FLU), None, None, None) in both.rows
    for expression in (f"(^[*] {MAP}) OR {FLU}", f"< (^[mapGroup, mapTarget] {MAP})", f"^[*] {MAP}"):
        with pytest.raises(EclSemanticError):
            expand(store, expression)
    with pytest.raises(EclSemanticError, match="noSuchField"):
        select(store, f"^[noSuchField] {MAP}")


def test_an_operation_on_a_concept_that_is_not_here_refuses(store: Store) -> None:
    for expression in (f"<< ^ {MAP}", f"(^ {MAP}) : {SITE} = *", f"^ {MAP} {{{{ C active = 1 }}}}"):
        with pytest.raises(UnknownConcept) as caught:
            expand(store, expression)
        assert caught.value.concept == GONE


def test_history_goes_one_step_back_over_active_rows(store: Store) -> None:
    check(store, f"{FLU} {{{{ + HISTORY-MIN }}}}", FLU, OLD_FLU)
    check(store, f"({FLU} {{{{ + HISTORY-MIN }}}}) {{{{ + HISTORY-MIN }}}}", FLU, OLD_FLU, OLDER)
    check(store, f"{PNEUMONIA} {{{{ + HISTORY-MIN }}}}", PNEUMONIA, OLDER)
    check(store, f"{PNEUMONIA} {{{{ + HISTORY-MOD }}}}", PNEUMONIA, OLDER, OLD_PNEUMONIA)
    check(store, f"<< {DISEASE} {{{{ + HISTORY }}}}", DISEASE, PNEUMONIA, FLU, OLD_FLU, OLDER, OLD_PNEUMONIA)
    check(store, f"{FLU} {{{{ + HISTORY (*) }}}}", FLU, OLD_FLU)
    check(store, f"{PNEUMONIA} {{{{ + HISTORY ({REPLACED_BY}) }}}}", PNEUMONIA, OLD_PNEUMONIA)
    check(store, f"{FLU} {{{{ + HISTORY ({MOVED_TO}) }}}}", FLU)
    check(store, f"{LUNG} OR {FLU} {{{{ + HISTORY-MIN }}}}", LUNG, FLU, OLD_FLU)


def test_concept_filters(store: Store) -> None:
    check(store, f"<< {DISEASE} {{{{ C definitionStatus = defined }}}}", PNEUMONIA)
    check(store, f"<< {DISEASE} {{{{ C definitionStatusId != {DEFINED} }}}}", DISEASE, FLU)
    check(store, f"<< {DISEASE} {{{{ C moduleId = {MODEL} }}}}", FLU)
    check(store, f"<< {DISEASE} {{{{ C moduleId = << {CORE}, definitionStatus = primitive }}}}", DISEASE, FLU)
    check(store, f'<< {DISEASE} {{{{ C effectiveTime > "20240229" }}}}', DISEASE, FLU)
    check(store, f'<< {DISEASE} {{{{ C effectiveTime != ("20240229" "20250101") }}}}', DISEASE)
    check(store, f'<< {DISEASE} {{{{ C effectiveTime > ("20240229" "20250101") }}}}', DISEASE, FLU)
    check(store, f"<< {DISEASE} {{{{ C active = true, active = false }}}}")
    check(store, f"!!> ({DISEASE} OR {FLU}) {{{{ C moduleId = {MODEL} }}}}")
    check(store, f"!!> (({DISEASE} OR {FLU}) {{{{ C moduleId = {MODEL} }}}})", FLU)


def test_description_filters(store: Store) -> None:
    check(store, '* {{ term = "infl dis" }}', FLU)
    check(store, '* {{ term = "influenza" }}', FLU, PNEUMONIA)
    check(store, '* {{ term = "influenza", type = (syn fsn) }}', FLU)
    check(store, '* {{ term = "flu" }} {{ term = "disorder" }}', FLU)
    check(store, '* {{ term = wild:"flu", type = fsn }}')
    check(store, f'<< {DISEASE} {{{{ term != "influenza" }}}}', FLU, PNEUMONIA)
    check(store, '* {{ term = wild:"*grippe" }}')
    check(store, '* {{ D term = wild:"*grippe", active = 0 }}', FLU)
    check(store, "* {{ language = fr, active = * }}", FLU)
    check(store, "* {{ dialect = en-gb (prefer), type = syn }}")
    check(store, "* {{ dialect = en-us (prefer), type = syn }}", FLU)
    check(store, f"* {{{{ dialectId = ({GB} (accept) {US} (accept)) }}}}", FLU)
    check(store, "* {{ dialect != en-gb, type = fsn }}")
    check(store, "* {{ id = (1002010 1003010) }}", FLU)
    check(store, '* {{ D effectiveTime = "20240229" }}', PNEUMONIA)
    check(store, f"<< {DISEASE} {{{{ + HISTORY-MAX }}}}", DISEASE, PNEUMONIA, FLU, OLD_FLU, OLDER, OLD_PNEUMONIA)
    check(store, f"({FLU} {{{{ + HISTORY }}}}) {{{{ D id = 1006010 }}}}", OLD_FLU)
    with pytest.raises(NotSupported, match="en-zzzz"):
        expand(store, "* {{ dialect = en-zzzz }}")


def test_letters_with_diacritics_are_found_through_the_index_of_words(store: Store) -> None:
    check(store, '* {{ term = "bronsted resume oedema" }}', LUNG)
    check(store, '* {{ term = "brønsted" }}', LUNG)
    check(store, '* {{ term = "brönsted" }}')
    check(store, '* {{ term = "lungalv" }}')
    check(store, '* {{ term = "LUNGÄLV" }}', LOBE)
    check(store, '* {{ term != wild:"*influenza*", language = sv }}', LOBE)


def test_alternate_identifiers(store: Store) -> None:
    check(store, "LOINC#54486-6", FLU)
    check(store, '> "loinc#54486-6"', DISEASE, FINDING, ROOT)
    with pytest.raises(UnknownConcept):
        expand(store, "LOINC#old")
    with pytest.raises(NotSupported, match="no identifier schemes"):
        expand(store, "OTHER#54486-6")


def test_an_unknown_concept_is_an_error_unless_asked_otherwise(store: Store) -> None:
    with pytest.raises(UnknownConcept) as caught:
        expand(store, f"{FLU} OR << 999999990")
    assert (caught.value.concept, caught.value.position) == ("999999990", 14)
    assert expand(store, f"{FLU} OR << 999999990", unknown_as_empty=True).code_set() == {FLU}
    assert len(expand(store, "^ 999999990", unknown_as_empty=True)) == 0


def test_an_expansion_is_a_set_of_codes(store: Store) -> None:
    found = expand(store, f"<< {DISEASE} |Disease|")
    assert (len(found), FLU in found, LUNG in found, "999999990" in found, 5 in found) == (3, True, False, False, False)
    assert sorted(found.codes()) == sorted((DISEASE, PNEUMONIA, FLU))
    assert found.canonical == f"<< {DISEASE}"
    assert expand(store, parse(f"<< {DISEASE}")).runs == found.runs
    assert GONE in expand(store, f"^ {MAP}")
    with pytest.raises(EclSyntaxError):
        expand(store, "<<")
