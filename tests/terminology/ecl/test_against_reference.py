"""The evaluator over run lists against a slow one over dicts and sets, on generated releases and expressions."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.terminology.ecl.reference import IS_A, Reference, Refused
from tests.terminology.ecl.release import packed

from codesafety.terminology.ecl import canonical, expand, parse
from codesafety.terminology.ecl import syntax as s
from codesafety.terminology.errors import EclError

EXAMPLES = int(os.environ.get("CODESAFETY_ECL_EXAMPLES", "12"))  # shrinking a release takes longer than reading the failure
CODES = [f"{1_000_000 + 1000 * n}" for n in range(14)]
TYPES = CODES[9:12]
REFSETS = [*CODES[12:14], "900000000000527005", "900000000000525002", "900000000000526001"]
ABSENT = "9999999009"
METADATA = [
    IS_A,
    "900000000000207008",
    "900000000000012004",
    "900000000000074008",
    "900000000000073002",
    "900000000000003001",
    "900000000000013009",
    "900000000000509007",
    "900000000000508004",
    *REFSETS[2:],
]
MODULES = METADATA[1:3]
DAYS = ["20240229", "20250101", "20260101"]
WORDS = ["heart", "attack", "Sjögren", "acute", "x1"]
FIELDS = {CODES[12]: {}, CODES[13]: {"mapGroup": 1, "mapTarget": "J45.9"}}


@st.composite
def ontologies(draw: st.DrawFn) -> dict[str, Any]:
    concepts: list[dict[str, Any]] = [{"id": code, "active": True} for code in METADATA]
    for code in CODES:
        concepts.append(
            {
                "id": code,
                "active": draw(st.integers(0, 5)) > 0,
                "moduleId": draw(st.sampled_from(MODULES)),
                "effectiveTime": draw(st.sampled_from(DAYS)),
                "definitionStatusId": draw(st.sampled_from(METADATA[3:5])),
            }
        )
    # a concept's parents come before it: no cycles
    is_a = {
        (CODES[child], CODES[draw(st.integers(0, child - 1))]) for child in range(1, 12) for _ in range(draw(st.integers(0, 2)))
    }
    alive = {c["id"] for c in concepts if c["active"]}
    relationships = [{"source": a, "type": IS_A, "target": b, "group": 0} for a, b in sorted(is_a) if {a, b} <= alive]
    rows = draw(
        st.sets(
            st.tuples(st.sampled_from(CODES[:9]), st.sampled_from(TYPES), st.sampled_from(CODES[:9]), st.integers(0, 2)),
            min_size=8,
            max_size=30,
        )
    )
    relationships += [{"source": a, "type": t, "target": b, "group": g, "active": True} for a, t, b, g in sorted(rows)]
    concrete = draw(
        st.sets(
            st.tuples(
                st.sampled_from(CODES[:9]),
                st.sampled_from(TYPES),
                st.sampled_from(["#1", "#1.0", "#2.5", '"a"', '"b"', "true"]),
                st.integers(0, 2),
            ),
            min_size=2,
            max_size=10,
        )
    )
    members = []
    for refset in REFSETS:
        for target in draw(st.lists(st.sampled_from([*CODES[:9], ABSENT]), max_size=5)):
            fields: dict[str, Any] = dict(FIELDS.get(refset, {"targetComponentId": draw(st.sampled_from(CODES[:9]))}))
            if "mapGroup" in fields:
                fields = {
                    "mapGroup": draw(st.integers(0, 2)),
                    "mapTarget": draw(st.sampled_from(["J45.9", "J45", "I21", "none"])),
                }
            members.append(
                {
                    "refset": refset,
                    "referencedComponentId": target,
                    "active": draw(st.integers(0, 3)) > 0,
                    "moduleId": draw(st.sampled_from(MODULES)),
                    "effectiveTime": draw(st.sampled_from(DAYS)),
                    "fields": fields,
                }
            )
    descriptions = [
        {
            "concept": draw(st.sampled_from(CODES)),
            "term": " ".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))),
            "lang": "en",
            "type": draw(st.sampled_from(["SYN", "FSN", "DEF"])),
            "active": draw(st.integers(0, 3)) > 0,
            "effectiveTime": draw(st.sampled_from(DAYS)),
            "acceptability": draw(st.dictionaries(st.sampled_from(METADATA[7:9]), st.sampled_from(["preferred", "acceptable"]))),
        }
        for _ in range(draw(st.integers(1, 12)))
    ]
    return {
        "concepts": concepts,
        "relationships": relationships,
        "refset_members": members,
        "descriptions": descriptions,
        "concrete": [{"source": a, "type": t, "value": v, "group": g} for a, t, v, g in sorted(concrete)],
    }


equality = st.sampled_from([s.Comparator.EQUAL, s.Comparator.NOT_EQUAL])
order = st.sampled_from(list(s.Comparator))
concept = st.sampled_from(CODES).map(s.Concept)
cardinality = st.none() | st.tuples(st.integers(0, 2), st.none() | st.integers(0, 3)).filter(
    lambda pair: pair[1] is None or pair[0] <= pair[1]
).map(lambda pair: s.Cardinality(*pair))
active = st.builds(s.ActiveFilter, equality, st.sampled_from([True, False, None]))
module = st.builds(s.ModuleFilter, equality, st.sampled_from(MODULES).map(s.Concept))
time = st.builds(s.EffectiveTimeFilter, order, st.lists(st.sampled_from(DAYS), min_size=1, max_size=2, unique=True).map(tuple))
search = st.builds(
    s.MatchTerm, st.lists(st.sampled_from(["he", "heart", "sjo", "x", "at"]), min_size=1, max_size=2).map(tuple)
) | st.builds(s.WildTerm, st.lists(st.sampled_from(["", "a", "he", "t", "acute"]), min_size=1, max_size=3).map(tuple).filter(any))
terms = st.lists(search, min_size=1, max_size=2).map(tuple)
acceptabilities = st.sets(st.sampled_from(["900000000000548007", "900000000000549004"])).map(
    lambda chosen: tuple(s.Concept(code) for code in sorted(chosen))
)
description_filter = st.one_of(
    active,
    time,
    st.builds(s.TermFilter, equality, terms),
    st.builds(s.LanguageFilter, equality, st.sampled_from([("en",), ("sv",), ("en", "sv")])),
    st.builds(s.TypeFilter, equality, st.sampled_from(METADATA[5:7]).map(s.Concept)),
    st.builds(s.IdFilter, equality, st.just(("200000010", "200001010"))),
    st.builds(
        s.DialectFilter,
        equality,
        st.lists(
            st.builds(s.Dialect, st.sampled_from(METADATA[7:9]).map(s.Concept), acceptabilities), min_size=1, max_size=2
        ).map(tuple),
    ),
)
concept_filter = st.one_of(
    active, module, time, st.builds(s.DefinitionStatusFilter, equality, st.sampled_from(METADATA[3:5]).map(s.Concept))
)
block = st.builds(s.DescriptionBlock, st.lists(description_filter, min_size=1, max_size=3).map(tuple)) | st.builds(
    s.ConceptBlock, st.lists(concept_filter, min_size=1, max_size=2).map(tuple)
)


def joined(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    many = st.lists(part, min_size=2, max_size=3).map(tuple)
    return part | st.builds(s.AllOf, many) | st.builds(s.AnyOf, many)


def refinements(name: st.SearchStrategy[Any], inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    concepts = st.builds(s.ConceptComparison, equality, st.just(s.Anything()) | inner)
    value = st.one_of(
        concepts,
        st.builds(s.NumericComparison, order, st.sampled_from([Decimal(1), Decimal("2.5"), Decimal(3)])),
        st.builds(s.StringComparison, equality, st.sampled_from([("a",), ("a", "c")])),
        st.builds(s.BooleanComparison, equality, st.booleans()),
    )
    attribute = st.builds(s.Attribute, name, value, cardinality)
    backwards = st.builds(s.Attribute, name, concepts, cardinality, st.just(True))
    group = st.builds(s.AttributeGroup, joined(joined(attribute)), cardinality)
    return joined(joined(attribute | backwards | group))


def extended(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    name = st.sampled_from(TYPES).map(s.Concept) | st.just(s.Anything()) | st.just(s.Concept(IS_A)) | inner
    refinement = refinements(name, inner)
    plain_member = st.one_of(
        active,
        module,
        time,
        st.builds(
            s.FieldFilter,
            st.just("referencedComponentId"),
            st.builds(s.ConceptComparison, equality, st.just(s.Anything()) | inner),
        ),
    )
    map_member = st.builds(
        s.FieldFilter, st.just("mapGroup"), st.builds(s.NumericComparison, order, st.just(Decimal(1)))
    ) | st.builds(
        s.FieldFilter,
        st.just("mapTarget"),
        st.builds(s.TermComparison, equality, terms.map(lambda _: (s.MatchTerm(("J45",)), s.WildTerm(("i", "1"))))),
    )
    target = st.builds(s.FieldFilter, st.just("targetComponentId"), st.builds(s.ConceptComparison, equality, inner))

    def filters(*kinds: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.lists(st.one_of(*kinds), max_size=2).map(tuple)

    membership = st.one_of(
        st.builds(
            s.MemberOf, st.sampled_from(REFSETS).map(s.Concept) | st.just(s.Anything()) | inner, st.none(), filters(plain_member)
        ),
        st.builds(
            s.MemberOf, st.just(s.Concept(CODES[13])), st.just(("referencedComponentId",)), filters(plain_member, map_member)
        ),
        st.builds(
            s.MemberOf,
            st.sampled_from(REFSETS[2:]).map(s.Concept),
            st.just(("targetComponentId",)),
            filters(plain_member, target),
        ),
        st.builds(s.RefsetContaining, inner, filters(plain_member)),
    )
    return st.one_of(
        st.builds(s.Hierarchy, st.sampled_from(list(s.Operator)), inner),
        st.builds(s.Conjunction, several),
        st.builds(s.Disjunction, several),
        st.builds(s.Exclusion, inner, inner),
        st.builds(s.Refined, inner, refinement),
        st.builds(s.Dotted, inner, st.lists(name, min_size=1, max_size=2).map(tuple)),
        membership,
        st.builds(s.Filtered, inner, st.lists(block, min_size=1, max_size=2).map(tuple)),
        st.builds(s.HistorySupplement, inner, st.sampled_from(list(s.Profile)), st.none()),
        st.builds(s.HistorySupplement, inner, st.none(), st.sampled_from(REFSETS[2:]).map(s.Concept)),
    )


expressions = st.recursive(concept | st.just(s.Anything()), extended, max_leaves=6)


a_type = st.sampled_from(
    [*map(s.Concept, TYPES), s.Anything(), s.Concept(IS_A), s.Disjunction((s.Concept(TYPES[0]), s.Concept(TYPES[1])))]
)
values = st.builds(s.Hierarchy, st.just(s.Operator.DESCENDANT_OR_SELF_OF), concept) | concept
refined = st.builds(s.Refined, st.just(s.Anything()) | values, refinements(a_type, values)) | st.builds(
    s.Dotted, st.just(s.Anything()) | values, st.lists(a_type, min_size=1, max_size=2).map(tuple)
)


@st.composite
def questions(draw: st.DrawFn, plain: int, refining: int) -> list[s.Expression]:
    return [draw(expressions) for _ in range(plain)] + [draw(refined) for _ in range(refining)]


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@given(questions(1, 1))
@settings(max_examples=300, deadline=None)
def test_canonical_text_parses_back_to_the_same(asked: list[s.Expression]) -> None:
    for expression in asked:
        assert parse(canonical(expression)) == expression


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@given(ontologies(), questions(20, 30))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate))
def test_run_lists_give_what_sets_give(ontology: dict[str, Any], asked: list[s.Expression]) -> None:
    reference = Reference(ontology)
    with TemporaryDirectory() as folder:
        store = packed(ontology, Path(folder))
        for expression in asked:
            text = canonical(expression)
            try:
                wanted: set[str] | str = reference.answer(expression)
            except Refused:
                wanted = "refused"
            try:
                got: set[str] | str = set(expand(store, expression).codes())
            except EclError:
                got = "refused"
            assert got == wanted, text
