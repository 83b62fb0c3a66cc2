"""Many ids as integers: they answer as a set of texts does, and the index as a mapping from each code to its sets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codesafety.terminology.bare_codes import BareCodes, Memberships
from codesafety.terminology.frozen import FrozenTerminology
from codesafety.terminology.interface import CodeContext
from codesafety.terminology.sctid import are_concept_ids, check_digit, is_concept_id

ASTHMA, PREGNANT, MIGRAINE = "195967001", "77386006", "37796009"


def concept(item: int) -> str:
    return f"{item}00{check_digit(f'{item}00')}"


ids = st.integers(100, 100_000).map(concept)
keys = st.one_of(ids, st.sampled_from(["", "0", "077386006", "icd10|A00", "٧٧٣٨٦٠٠٦", "9" * 30, "12.5"]))


@given(st.frozensets(ids), keys)
def test_it_is_a_set_of_its_codes(codes: frozenset[str], key: str) -> None:
    made = BareCodes.of(codes)
    assert made == codes
    assert codes == made
    assert len(made) == len(codes)
    assert set(made) == codes
    assert (key in made) == (key in codes)
    assert made - {key} == codes - {key}
    assert hash(made) == hash(BareCodes.of(sorted(codes)))
    assert None not in made


def test_its_repr_is_short() -> None:
    assert repr(BareCodes.of([ASTHMA, PREGNANT])) == "<2 codes>"


@given(st.lists(st.frozensets(ids, max_size=30), max_size=6), keys, st.sampled_from([3, 40_000]))
def test_the_index_knows_every_set_of_a_code(sets: list[frozenset[str]], key: str, apart: int) -> None:
    index = Memberships([(apart * n, BareCodes.of(codes)) for n, codes in enumerate(sets)])
    for each in {key, *(code for codes in sets for code in codes)}:
        assert list(index.of(each)) == [apart * n for n, codes in enumerate(sets) if each in codes]


def test_an_index_of_more_than_is_sorted_at_once() -> None:
    sets = [[concept(item) for item in range(100 + shift, 40_100, 1 + shift)] for shift in range(3)]
    index = Memberships([(n, BareCodes.of(codes)) for n, codes in enumerate(sets)])
    held = list(map(set, sets))
    for item in range(90, 40_110, 7):
        assert list(index.of(concept(item))) == [n for n, codes in enumerate(held) if concept(item) in codes]


damaged = st.builds(
    lambda code, place, digit: code[: place % len(code)] + digit + code[place % len(code) + 1 :],
    ids,
    st.integers(0, 20),
    st.sampled_from("0123456789x٣ "),
)
long = st.integers(1, 9_999_999).map(lambda item: f"{item}100000010{check_digit(f'{item}100000010')}")


@given(st.lists(st.one_of(ids, ids, ids, long, damaged, keys), max_size=5))
def test_many_ids_are_whole_where_each_is(codes: list[str]) -> None:
    assert are_concept_ids(codes) == all(map(is_concept_id, codes))


@given(ids, st.integers(0, 20), st.sampled_from("0123456789"))
def test_one_damaged_id_among_many_is_seen(code: str, place: int, digit: str) -> None:
    wrong = code[: place % len(code)] + digit + code[place % len(code) + 1 :]
    assert are_concept_ids([ASTHMA, wrong, PREGNANT]) == is_concept_id(wrong)


def test_a_short_id_has_no_partition_of_an_extension() -> None:
    short = f"12310{check_digit('12310')}"
    assert not is_concept_id(short)
    assert not are_concept_ids([short])


def test_a_bare_list_says_that_a_code_says_nothing_of_its_context() -> None:
    absent, default = CodeContext("absent", "patient", "current"), CodeContext()
    terms = {MIGRAINE: ("History of migraine (situation)",)}
    contexts = {PREGNANT: absent, ASTHMA: default}
    bare = (BareCodes.of([ASTHMA, PREGNANT, MIGRAINE]),)
    lists, without = (FrozenTerminology(terms, contexts, bare=each) for each in (bare, ()))
    assert [lists.context(code) for code in (ASTHMA, PREGNANT, MIGRAINE)] == [default, CodeContext(told=False), default]
    assert [without.context(code) for code in (ASTHMA, PREGNANT, MIGRAINE)] == [default, absent, CodeContext(told=False)]
    assert lists.digest != without.digest
