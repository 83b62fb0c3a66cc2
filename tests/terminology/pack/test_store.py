"""What a pack answers, against the rows it was made of and against slow answers over generated graphs."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.terminology import generated as made

from codesafety.terminology.building.whole import build
from codesafety.terminology.errors import NotSupported, PackError
from codesafety.terminology.pack.members import Field
from codesafety.terminology.pack.search import search
from codesafety.terminology.pack.store import ConcreteValue, Store
from codesafety.terminology.pack.texts import ACCEPTABLE, FSN, PREFERRED

few = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(made.built(made.small(), tmp_path_factory.mktemp("small")))


def at(store: Store, code: str) -> int:
    found = store.ordinal(code)
    assert found is not None
    return found


def codes(store: Store, ordinals: object) -> set[str]:
    return {store.code(ordinal) for ordinal in ordinals}  # type: ignore[attr-defined]


def test_concepts_keep_their_columns(store: Store) -> None:
    infarct, old = at(store, made.INFARCT), at(store, made.OLD)
    assert (store.n_concepts, store.n_active) == (11, 10)
    assert (store.is_active(infarct), store.defined(infarct), store.module(infarct), store.effective_time(infarct)) == (
        True,
        True,
        made.CORE_MODULE,
        "20250101",
    )
    assert (store.is_active(old), store.effective_time(old)) == (False, "20240101")


@pytest.mark.parametrize("code", ["22298006", "", "x", "0138875005", "١٣٨٨٧٥٠٠٥", "1388750050000000000000000", "-138875005"])
def test_what_is_no_concept_of_the_release_has_no_ordinal(store: Store, code: str) -> None:
    assert store.ordinal(code) is None


def test_attributes_keep_their_groups(store: Store) -> None:
    infarct, site, heart = (at(store, code) for code in (made.INFARCT, made.SITE, made.HEART))
    assert list(store.attributes(infarct)) == [(site, 1, heart)]
    rows = store.attribute_rows(site)
    assert (list(rows.source), list(rows.group), list(rows.value)) == ([infarct], [1], [heart])
    assert len(store.attribute_rows(heart).source) == 0


def test_concrete_values_keep_their_digits(store: Store) -> None:
    infarct, site = at(store, made.INFARCT), at(store, made.SITE)
    assert list(store.concrete_attributes(infarct)) == [
        (site, 0, ConcreteValue("number", "2.50")),
        (site, 1, ConcreteValue("string", "left")),
    ]


def test_history_runs_in_both_directions(store: Store) -> None:
    old, infarct = at(store, made.OLD), at(store, made.INFARCT)
    assert list(store.associations(old)) == [(made.SAME_AS, made.INFARCT)]
    rows = store.history_rows(made.SAME_AS)
    assert (list(rows.source), list(rows.target)) == ([old], [infarct])
    assert store.inactivation_reasons(old) == ("900000000000482003",)
    assert list(store.history_rows(made.REPLACED_BY).source) == []


def test_refsets_keep_inactive_members_and_extra_columns(store: Store) -> None:
    infarct, heart = at(store, made.INFARCT), at(store, made.HEART)
    simple = store.refsets.get(made.SIMPLE)
    assert simple is not None
    assert (simple.n_rows, simple.n_active, list(simple.active_concepts), simple.complete) == (2, 1, [infarct], True)
    rows = store.refsets.rows(made.SIMPLE)
    assert rows is not None
    assert sorted(zip(rows.ordinal, rows.active, strict=True)) == sorted([(infarct, 1), (heart, 0)])
    mapped, mapped_rows = store.refsets.get(made.MAPPED), store.refsets.rows(made.MAPPED)
    assert mapped is not None and mapped_rows is not None
    assert mapped.fields == (Field("mapGroup", "integer"), Field("mapTarget", "string"))
    assert mapped_rows.fields == {"mapGroup": ("1",), "mapTarget": ("I21.9",)}
    assert (mapped_rows.module, mapped_rows.effective_time) == ((made.CORE_MODULE,), ("20250101",))
    assert set(store.refsets.containing(infarct)) == {made.SIMPLE, made.MAPPED}
    assert store.refsets.get("22298006") is None


def test_the_preferred_term_is_the_uk_clinical_one(store: Store) -> None:
    assert store.texts.preferred(at(store, made.INFARCT)) == "Heart attack"
    assert store.texts.preferred(at(store, made.DISEASE)) == 'Disease of "heart" (disorder)'
    assert store.texts.preferred(at(store, made.HEART)) is None


def test_terms_have_the_preferred_one_first_and_no_inactive_ones(store: Store) -> None:
    assert store.texts.terms(at(store, made.INFARCT)) == (
        "Heart attack",
        "Myocardial infarction",
        "Myocardial infarction (disorder)",
    )
    assert "Coronary" in store.texts.terms(at(store, made.INFARCT), inactive=True)


def test_descriptions_keep_their_acceptability(store: Store) -> None:
    found = {
        text.term: (text.active, text.type == FSN, dict(store.texts.acceptability(text.row)))
        for text in store.texts.of(at(store, made.INFARCT))
    }
    assert found == {
        "Heart attack": (True, False, {made.GB_ENGLISH: ACCEPTABLE, made.UK_CLINICAL: PREFERRED}),
        "Myocardial infarction": (True, False, {made.GB_ENGLISH: PREFERRED}),
        "Myocardial infarction (disorder)": (True, True, {}),
        "Coronary": (False, False, {}),
    }


def test_search_finds_beginnings_of_words_in_any_order(store: Store) -> None:
    assert [(hit.code, hit.term) for hit in search(store, "att hea")] == [(made.INFARCT, "Heart attack")]
    assert [hit.code for hit in search(store, "HEART")] == [made.INFARCT, made.DISEASE]
    assert [hit.code for hit in search(store, "infarction", inactive=True)] == [made.INFARCT, made.OLD]
    assert search(store, "coronary") == []
    assert search(store, " - ") == []


def test_a_pack_without_descriptions_says_so(tmp_path: Path) -> None:
    store = Store(made.built(made.small(), tmp_path, descriptions=False))
    with pytest.raises(NotSupported, match="built without descriptions"):
        search(store, "heart")


def test_the_edition_is_the_module_on_which_none_depends(tmp_path: Path) -> None:
    rows = made.small()
    rows.concept("83821000000107")
    rows.is_a("83821000000107", made.ROOT)
    rows.member(
        "900000000000534007",
        made.CORE_MODULE,
        [("sourceEffectiveTime", "20250101"), ("targetEffectiveTime", "20240801")],
        id_=made.uuid(999),
    )
    names = ("sourceEffectiveTime", "targetEffectiveTime")
    rows.members[names] = [row.replace(made.CORE_MODULE, "83821000000107", 1) for row in rows.members[names][-1:]]
    manifest = Store(made.built(rows, tmp_path)).pack.manifest
    assert manifest["edition"] == "http://snomed.info/sct/83821000000107/version/20250101"
    assert manifest["module_dependencies"] == [
        {
            "module": "83821000000107",
            "depends_on": made.CORE_MODULE,
            "effective_time": "20250101",
            "target_effective_time": "20240801",
        }
    ]


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[int, ...]]:
    """The parents of each concept: earlier ones, so that there is no circle; some concepts have none."""
    n = draw(st.integers(min_value=1, max_value=30))
    return [tuple(sorted(draw(st.sets(st.integers(0, child - 1), max_size=3)))) if child else () for child in range(n)]


def of_graph(parents: list[tuple[int, ...]], folder: Path, shuffle: int = 0) -> tuple[Store, list[str]]:
    rows = made.Rows()
    names = [made.concept_id(n) for n in range(len(parents))]
    random.Random(shuffle).shuffle(names)
    for child, above in enumerate(parents):
        rows.concept(names[child])
        for parent in above:
            rows.is_a(names[child], names[parent])
    return Store(made.built(rows, folder, descriptions=False)), names


def closure(parents: list[tuple[int, ...]]) -> list[set[int]]:
    above: list[set[int]] = []
    for own in parents:
        above.append(set(own).union(*(above[parent] for parent in own)))
    return above


@few
@given(parents=graphs(), shuffle=st.integers(0, 9))
def test_runs_are_the_closure(tmp_path_factory: pytest.TempPathFactory, parents: list[tuple[int, ...]], shuffle: int) -> None:
    store, names = of_graph(parents, tmp_path_factory.mktemp("graph"), shuffle)
    above = closure(parents)
    for concept, name in enumerate(names):
        ordinal = at(store, name)
        runs = store.descendants_runs(ordinal)
        edges = list(runs)
        assert edges == sorted(set(edges)), "sorted, disjoint, and joined where they touch"
        below = {names[other] for other in range(len(names)) if concept in above[other]}
        assert store.code_set(runs) == {name, *below}
        assert set(store.codes(store.ancestors(ordinal))) == {names[other] for other in above[concept]}
        assert codes(store, store.parents(ordinal)) == {names[other] for other in parents[concept]}
        assert codes(store, store.children(ordinal)) == {names[c] for c, own in enumerate(parents) if concept in own}
        for other in names:
            assert store.subsumes(ordinal, at(store, other)) == (other == name or other in below)
    assert codes(store, store.roots) == {names[n] for n, own in enumerate(parents) if not own}
    assert codes(store, store.with_children) == {names[n] for own in parents for n in own}


@few
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 2), st.integers(0, 3), st.integers(0, 7)), max_size=40))
def test_attribute_rows_come_back_in_both_orders(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[tuple[int, int, int, int]]
) -> None:
    rows = made.Rows()
    names = [rows.concept(made.concept_id(n)) for n in range(8)]
    for name in names[1:]:
        rows.is_a(name, names[0])
    for source, type_, group, value in wanted:
        rows.relationship(names[source], names[type_], names[value], group)
    store = Store(made.built(rows, tmp_path_factory.mktemp("attributes"), descriptions=False))
    expected = sorted((names[s], names[t], g, names[v]) for s, t, g, v in wanted)
    by_source = [
        (store.code(s), store.code(t), g, store.code(v)) for s in range(store.n_concepts) for t, g, v in store.attributes(s)
    ]
    by_type = []
    for type_ in store.attribute_types:
        found = store.attribute_rows(type_)
        triples = list(zip(found.value, found.source, found.group, strict=True))
        assert triples == sorted(triples)
        by_type += [(store.code(s), store.code(type_), g, store.code(v)) for v, s, g in triples]
    assert sorted(by_source) == expected
    assert sorted(by_type) == expected


def test_an_alternate_identifier_stands_until_it_is_made_inactive(tmp_path: Path) -> None:
    source = made.write_release(made.small(), tmp_path / "release", summary="Full")
    scheme = "705114005"
    (source / "Full" / "Terminology" / "sct2_Identifier_Full_INT_20250101.txt").write_text(
        "alternateIdentifier\teffectiveTime\tactive\tmoduleId\tidentifierSchemeId\treferencedComponentId\n"
        f"634-6\t20240101\t1\t{made.CORE_MODULE}\t{scheme}\t{made.HEART}\n"
        f"634-6\t20250101\t0\t{made.CORE_MODULE}\t{scheme}\t{made.HEART}\n"
        f"54486-6\t20240101\t1\t{made.CORE_MODULE}\t{scheme}\t{made.INFARCT}\n"
    )
    build([source], tmp_path / "end.pack")
    store = Store(tmp_path / "end.pack")
    assert store.alternate_identifiers == {(scheme, "54486-6"): made.INFARCT}
    assert store.alternate_identifier(scheme, "54486-6") == store.ordinal(made.INFARCT)
    assert store.alternate_identifier(scheme, "634-6") is None


def test_a_damaged_block_is_said_when_it_is_read(tmp_path: Path) -> None:
    path = made.built(made.small(), tmp_path)
    blocks = next(section for section in Store(path).pack.manifest["sections"] if section["name"] == "text.blocks")
    data = bytearray(path.read_bytes())
    data[blocks["at"]] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(PackError, match="damaged: build it again"):
        search(Store(path), "heart")
