"""SNOMED CT identifiers: parts, check digit, and the damage that published lists carry."""

from __future__ import annotations

import csv
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.places import SHARED

from codesafety.terminology.sctid import (
    Damage,
    Diagnosis,
    Kind,
    check_digit,
    diagnose,
    has_check_digit,
    is_concept_id,
    is_well_formed,
    kind,
    parse,
    repair,
)

# Examples of the release file specification, and codes of everyday English records.
SPECIFICATION = {
    "100005": Kind.CONCEPT,
    "100014": Kind.DESCRIPTION,
    "100022": Kind.RELATIONSHIP,
    "1290023401004": Kind.CONCEPT,
    "1290023401015": Kind.DESCRIPTION,
    "9940000001029": Kind.RELATIONSHIP,
    "11000001102": Kind.CONCEPT,
    "10989121108": Kind.CONCEPT,
    "1290000001117": Kind.DESCRIPTION,
    "9940000001126": Kind.RELATIONSHIP,
    "999999990989121104": Kind.CONCEPT,
    "77386006": Kind.CONCEPT,
    "60001007": Kind.CONCEPT,
    "1659121000000101": Kind.CONCEPT,
}


def _with_check(stem: str) -> str:
    return stem + check_digit(stem)


def naive_verhoeff(digits: str) -> bool:
    """The textbook algorithm, written from the dihedral group's own definition: a second implementation."""

    def compose(a: int, b: int) -> int:
        # a, b < 5 are rotations, the others reflections of a pentagon
        if a < 5:
            return (a + b) % 5 if b < 5 else 5 + (a + b - 5) % 5
        return 5 + (a - 5 - b) % 5 if b < 5 else (a - b) % 5

    permutation = {0: 1, 1: 5, 5: 8, 8: 9, 9: 4, 4: 2, 2: 7, 7: 0, 3: 6, 6: 3}
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        for _ in range(place % 8):
            value = permutation[value]
        total = compose(total, value)
    return total == 0


@st.composite
def uk_concept_ids(draw: st.DrawFn, digits: tuple[int, ...] = tuple(range(11, 19))) -> str:
    length = draw(st.sampled_from(digits))
    item = draw(st.integers(10 ** (length - 11), 10 ** (length - 10) - 1))
    namespace = draw(st.sampled_from(["1000000", "1000001", "1000124", "0989121"]))
    return _with_check(f"{item}{namespace}10")


short_concept_ids = st.integers(100, 9_999_999_999).map(lambda item: _with_check(f"{item}00"))
concept_ids = st.one_of(short_concept_ids, uk_concept_ids())


@pytest.mark.parametrize(("code", "expected"), SPECIFICATION.items())
def test_the_specifications_examples_are_told_by_their_partition(code: str, expected: Kind) -> None:
    assert is_well_formed(code)
    assert kind(code) is expected
    assert parse(code).kind is expected
    assert str(parse(code)) == code


def test_the_parts_of_both_formats() -> None:
    short, long = parse("77386006"), parse("1659121000000101")
    assert (short.item, short.namespace, short.partition, short.check) == ("77386", None, "00", "6")
    assert (long.item, long.namespace, long.partition, long.check) == ("165912", "1000000", "10", "1")


@given(st.text("0123456789", min_size=1, max_size=18))
def test_check_digit_agrees_with_the_textbook(digits: str) -> None:
    assert has_check_digit(digits) is naive_verhoeff(digits)


@given(concept_ids, st.data())
def test_every_wrong_digit_and_every_swapped_pair_is_noticed(code: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != code[place]]))
    assert not is_well_formed(code[:place] + other + code[place + 1 :])
    if place and code[place] != code[place - 1]:
        assert not is_well_formed(code[: place - 1] + code[place] + code[place - 1] + code[place + 1 :])


@pytest.mark.parametrize(
    "code",
    [
        "",
        "0",
        "12345",
        "077386006",
        "77386007",
        "77386006 ",
        " 77386006",
        "７７３８６００６",
        "+77386006",
        "7738_6006",
        "1234567890123456789",
        "7.7386006E7",
        "Y1234",
        "-77386006",
    ],
)
def test_what_is_not_well_formed(code: str) -> None:
    assert is_well_formed(code) is False
    assert is_concept_id(code) is False
    assert kind(code) is None
    with pytest.raises(ValueError, match="not an SCTID"):
        parse(code)


def test_a_partition_not_in_use_is_not_well_formed() -> None:
    code = _with_check("123456770")
    assert has_check_digit(code) and is_well_formed(code) is False
    assert diagnose(code).diagnosis == "partition"


def test_a_long_format_partition_needs_room_for_its_namespace() -> None:
    assert is_well_formed(_with_check("123456710")) is False  # ten digits
    assert is_well_formed(_with_check("1100000010"))  # eleven


def test_an_id_of_a_postcoordinated_expression_is_told_by_its_partition() -> None:
    code = _with_check("1100000016")
    assert (kind(code), parse(code).kind, kind(code) == "expression") == (Kind.EXPRESSION, Kind.EXPRESSION, True)
    assert diagnose(code) == Diagnosis(code, Damage.EXPRESSION_ID)


def test_an_id_has_six_digits_at_least_though_its_check_digit_holds() -> None:
    assert diagnose(_with_check("1200")).diagnosis is Damage.TOO_SHORT
    assert is_well_formed(_with_check("1200")) is False
    assert is_well_formed(_with_check("12300"))


@pytest.mark.parametrize("digits", ["", "12345678901234567 ", "a", "１２", "123456789012345678"])
def test_a_check_digit_is_of_one_to_seventeen_digits(digits: str) -> None:
    with pytest.raises(ValueError, match="for 1 to 17 digits"):
        check_digit(digits)


@given(concept_ids)
def test_a_valid_concept_id_needs_no_repair(code: str) -> None:
    told = diagnose(code)
    assert (told.diagnosis, told.candidates, told.is_valid) == (Damage.VALID, (), True)
    assert is_concept_id(code)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("100014", "description_id"),
        ("1290000001117", "description_id"),
        ("100022", "relationship_id"),
        ("77386007", "check_digit"),
        ("12345", "too_short"),
        ("1234567890123456789", "too_long"),
        ("", "empty"),
        ("   ", "empty"),
        ("I10", "not_an_sctid"),
        ("pregnant", "not_an_sctid"),
        ("0404001", "leading_zero"),
        ("LOSY19819EMIS", "not_an_sctid"),
        ("3271005", "check_digit"),
        ("2495009", "check_digit"),
        ("8E07.", "not_an_sctid"),
        ("1E06.", "not_an_sctid"),
        ("1E6", "not_an_sctid"),
        ("8E07", "not_an_sctid"),
        ("1E+17", "scientific_notation"),
        ("9.00E+17", "scientific_notation"),
        ("-77386006", "not_an_sctid"),
        ("12345.0", "float_suffix"),
        ("1E+18", "scientific_notation"),
        ("7.73860061E+07", "scientific_notation"),  # a fraction
        ("100006", "check_digit"),  # six digits are enough
        ("pregnant ", "not_an_sctid"),
        ("77386006.5", "not_an_sctid"),
        ("1E+04", "scientific_notation"),
        ("000", "leading_zero"),
        (
            "1.20410110000070E+16",
            "scientific_notation",
        ),  # fifteen digits have been cut, and 12041011000007000 is whole by accident
    ],
)
def test_the_words_for_what_has_no_candidate(code: str, word: str) -> None:
    told = diagnose(code)
    assert (told.diagnosis, told.candidates) == (word, ())


@pytest.mark.parametrize(
    ("code", "word", "candidates"),
    [
        ("1054321000000100", "spreadsheet_truncation", ("1054321000000107",)),
        ("12041011000001100", "spreadsheet_truncation", ("12041011000001101",)),
        ("13856811000001104", "float_rounding", ("13856811000001105",)),
        ("1.3856811000001104e+16", "scientific_notation", ("13856811000001105",)),
        ("13856811000001104.0", "float_rounding", ("13856811000001105",)),
        ("7.7386006E+07", "scientific_notation", ("77386006",)),
        ("77386006.0", "float_suffix", ("77386006",)),
        ("77386006.00", "float_suffix", ("77386006",)),
        (" 77386006", "stray_characters", ("77386006",)),
        ("77386006\u00a0", "stray_characters", ("77386006",)),
        ("\ufeff77386006", "stray_characters", ("77386006",)),
        ("'77386006", "stray_characters", ("77386006",)),
        ("“77386006”", "stray_characters", ("77386006",)),
        ('="77386006"', "stray_characters", ("77386006",)),
        ("77,386,006", "stray_characters", ("77386006",)),
        ("7738 6006", "stray_characters", ("77386006",)),
        ("７７３８６００６", "stray_characters", ("77386006",)),
        ("77386006 |Pregnancy (finding)|", "stray_characters", ("77386006",)),
        ("'13856811000001104", "stray_characters", ("13856811000001105",)),
        ("077386006", "leading_zero", ("77386006",)),
        ("0000077386006", "leading_zero", ("77386006",)),
        ("77.386.006", "stray_characters", ("77386006",)),
        ("7,73,86,006", "stray_characters", ("77386006",)),
        ("1'054'321'000'000'107", "stray_characters", ("1054321000000107",)),
        ("1 054 321 000 000 107", "stray_characters", ("1054321000000107",)),
        ("=77386006", "stray_characters", ("77386006",)),
        ("٧٧٣٨٦٠٠٦", "stray_characters", ("77386006",)),
        ("77386006\u3164", "stray_characters", ("77386006",)),
        ("7738\ufe0f6006", "stray_characters", ("77386006",)),
        ("77386006\x00", "stray_characters", ("77386006",)),
        ("77386006\n", "stray_characters", ("77386006",)),
        ("8.0E7", "scientific_notation", ("80000004",)),
        ("8E+07", "scientific_notation", ("80000004",)),
        ("900000000000206976", "float_rounding", ("900000000000207008",)),  # the thousand below
        ("900000000000012032", "float_rounding", ("900000000000012004",)),
        ("7738\u20286006", "stray_characters", ("77386006",)),
        ("7738\u20296006", "stray_characters", ("77386006",)),
        ("7738´6006", "stray_characters", ("77386006",)),
        ("7738\x076006", "stray_characters", ("77386006",)),
        ("7738»6006", "stray_characters", ("77386006",)),
        ("0.77386006E+8", "scientific_notation", ("77386006",)),
        ("7.738600600E+07", "scientific_notation", ("77386006",)),
        ("1.00005E+05", "scientific_notation", ("100005",)),
        ("4.46891E+08", "scientific_notation", ("446891002",)),
        ("1.1E+10", "scientific_notation", ("11000000101", "11000001102")),
        ("1.290023401E+12", "scientific_notation", ("1290023401004", "1290023401101")),
        ("1.2900234010E+13", "scientific_notation", ("12900234010105",)),  # no short id in use has fourteen digits
        ("1.054321000000100E+15", "scientific_notation", ("1054321000000107",)),  # cut first
        ("6.0000005098912110E+17", "scientific_notation", ("600000050989121100",)),
        ("900000000000207000", "spreadsheet_truncation", ("900000000000207008",)),  # of SNOMED International's metadata
        ("12345678901234000", "spreadsheet_truncation", ("12345678901234008",)),
        ("#77386006", "stray_characters", ("77386006",)),
        ("77386006;", "stray_characters", ("77386006",)),
        ("77386006. ", "stray_characters", ("77386006",)),
    ],
)
def test_damage_is_named_and_its_origin_found(code: str, word: str, candidates: tuple[str, ...]) -> None:
    told = diagnose(code)
    assert (told.code, told.diagnosis, told.candidates) == (code, word, candidates)
    assert repair(code) == candidates


def test_the_words_for_damage_and_kinds_are_stable() -> None:
    assert " ".join(Kind) == "concept description relationship expression"
    assert " ".join(Damage) == (
        "valid spreadsheet_truncation float_rounding scientific_notation float_suffix stray_characters leading_zero check_digit "
        "partition description_id relationship_id expression_id expression too_short too_long empty not_an_sctid"
    )


def test_where_the_namespace_is_lost_both_uk_extensions_are_offered() -> None:
    assert diagnose("4.46891E+14") == diagnose("4.46891E+14")
    for text in ("4.46891E+14", "4,46891E+14", "446891000000000"):
        told = diagnose(text)
        assert (told.diagnosis, told.candidates) == ("scientific_notation", ("446891000000101", "446891000001102"))


@pytest.mark.parametrize(
    "code",
    ["900000000000443000", "900000000000459000", "900000000000465000", "900000000000478000", "900000000000506000"],
)
def test_active_ids_that_look_as_if_they_had_been_cut_are_whole(code: str) -> None:
    assert diagnose(code) == Diagnosis(code, Damage.VALID)


@given(st.integers(10**5, 10**14).map(lambda item: f"{item}000"))
def test_an_id_whose_check_digit_holds_is_whole_whatever_it_looks_like(code: str) -> None:
    told = diagnose(code)
    assert told.is_valid is (has_check_digit(code) and len(code) <= 18)


def expressions() -> st.SearchStrategy[str]:
    """Expressions of the compositional grammar, of whole concept ids."""
    space = st.sampled_from(["", " ", "\n", "  \t"])
    term = st.sampled_from(["", "|Diabetes mellitus|", " | Ménière: a + b = {c} |"])
    concept = st.builds("{}{}{}{}".format, space, concept_ids, term, space)
    literal = st.sampled_from(['"a \\" b"', "#5", "#-2.50", "true", "FALSE"])

    def within(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        value = concept | literal | inner.map("({})".format)
        attributes = st.lists(st.builds("{}={}".format, concept, value), min_size=1, max_size=3).map(",".join)
        groups = st.lists(attributes.map("{{{}}}".format), min_size=1, max_size=2)
        refinement = (
            attributes | groups.map(",".join) | groups.map(" ".join) | st.builds("{},{}".format, attributes, groups.map(",".join))
        )
        focus = st.lists(concept, min_size=1, max_size=3).map("+".join)
        return st.builds("{}:{}".format, focus, refinement)

    whole = st.recursive(st.lists(concept, min_size=2, max_size=3).map("+".join), within, max_leaves=4)
    return st.builds("{}{}".format, st.sampled_from(["", "===", "<<<", "=== ", " <<< "]), whole)


@given(expressions())
def test_an_expression_is_one_and_its_damaged_ids_are_damage(text: str) -> None:
    assert diagnose(text) == Diagnosis(text, Damage.EXPRESSION)
    assert not is_concept_id(text)
    first = re.search(r"\d+", text)
    assert first is not None
    wrong = first[0][:-1] + str((int(first[0][-1]) + 1) % 10)
    assert diagnose(text.replace(first[0], wrong)).diagnosis is diagnose(wrong).diagnosis


NO_EXPRESSION = (
    "12:30",
    "a+b",
    "77386006+",
    "+77386006",
    "=== ",
    "<< 77386006",
    "77386006 363698007",
    "77386006=113331007",
    "77386006:363698007",
    "77386006:363698007=",
    "77386006:363698007=(113331007",
    "77386006:363698007=113331007)",
    "77386006:{}",
    "77386006 |a",
    ":" * 30_000,
    "77386006:363698007=" + "(77386006:363698007=" * 500 + "77386006" + ")" * 500,
)


@pytest.mark.parametrize("text", NO_EXPRESSION, ids=range(len(NO_EXPRESSION)))
def test_what_is_no_expression(text: str) -> None:
    assert diagnose(text).diagnosis not in (Damage.EXPRESSION, Damage.VALID)


def test_where_the_item_is_lost_nothing_is_offered() -> None:
    for text in ("1.65912E+17", "165912000000000000", "16591200000000000"):
        assert diagnose(text) == Diagnosis(text, Damage.SCIENTIFIC_NOTATION, ())
    assert diagnose("4.47E+14").diagnosis is Damage.SCIENTIFIC_NOTATION


def test_a_number_is_refused_and_not_read() -> None:
    with pytest.raises(TypeError, match="text and never a number"):
        diagnose(77386006)  # type: ignore[arg-type]


@given(uk_concept_ids(digits=(16, 17, 18)))
def test_an_id_cut_by_a_spreadsheet_is_found_and_is_the_only_candidate(code: str) -> None:
    cut = code[:15] + "0" * (len(code) - 15)
    if is_well_formed(cut):
        return  # one in ten thousand still passes: the release tells those
    told = diagnose(cut)
    assert (told.diagnosis, told.candidates) == (Damage.SPREADSHEET_TRUNCATION, (code,))


@given(uk_concept_ids(digits=(16,)))
def test_an_id_rounded_to_fifteen_digits_is_found(code: str) -> None:
    rounded = str((int(code) + 5) // 10 * 10)
    if not is_well_formed(rounded):
        assert code in diagnose(rounded).candidates


@given(uk_concept_ids(digits=(16, 17, 18)))
def test_an_id_that_went_through_a_float_is_found_and_is_the_only_candidate(code: str) -> None:
    for text in (str(int(float(code))), f"{float(code):.0f}", repr(float(code)), f"{float(code):.1f}"):
        if is_well_formed(text.removesuffix(".0")):
            continue  # by accident another id: a concept, or one in several thousand a description
        told = diagnose(text)
        assert told.candidates == (code,), text
        assert told.diagnosis in (
            Damage.FLOAT_ROUNDING,
            Damage.SPREADSHEET_TRUNCATION,
            Damage.SCIENTIFIC_NOTATION,
            Damage.FLOAT_SUFFIX,
        )


@given(uk_concept_ids(digits=(12, 13, 14, 15)).filter(lambda c: c[-10:-3] in ("1000000", "1000001")))
def test_an_id_in_scientific_notation_is_found(code: str) -> None:
    shown = f"{int(code):.5E}"
    told = diagnose(shown)
    assert told.diagnosis is Damage.SCIENTIFIC_NOTATION
    assert code in told.candidates
    again = str(int(float(shown)))
    if not is_well_formed(again):
        assert (diagnose(again).diagnosis, code in diagnose(again).candidates) == (Damage.SCIENTIFIC_NOTATION, True)


@pytest.mark.parametrize("code", ["999999999999999999", "999999999999999872", "9.99999999999999999E+17"])
def test_the_longest_numbers_are_nearly_ids_of_nineteen_digits_which_there_are_not(code: str) -> None:
    assert diagnose(code).candidates == ()


@given(concept_ids, st.sampled_from([" {}", "{} ", "{}\u00a0", "'{}", '"{}"', "\t{}", "{}\u200b", "\ufeff{}", "{}.0", "0{}"]))
def test_an_id_with_something_around_it_is_found(code: str, dress: str) -> None:
    told = diagnose(dress.format(code))
    assert told.candidates == (code,)
    assert told.diagnosis in (Damage.STRAY_CHARACTERS, Damage.FLOAT_SUFFIX, Damage.LEADING_ZERO)


@given(
    st.one_of(
        st.text(max_size=24),
        st.text("0123456789.eE+,'\" ", max_size=24),
        st.integers(0, 10**19).map(str),
        st.integers(10**14, 10**18).map(lambda n: str(n // 1000 * 1000)),
    )
)
def test_a_candidate_is_always_a_valid_concept_id_and_never_the_text(text: str) -> None:
    told = diagnose(text)
    assert all(is_concept_id(c) and c != text for c in told.candidates)
    assert is_concept_id(text) or told.diagnosis is not Damage.VALID
    assert told.diagnosis is Damage.VALID or not is_concept_id(text) or text.endswith("000")


def test_two_hundred_ids_damaged_in_published_lists() -> None:
    path = SHARED / "codelists" / "damaged_ids_sample.csv"
    if not path.exists():
        pytest.skip("shared data is not here")
    words = {"excel15": "spreadsheet_truncation", "float64": "float_rounding", "scientific": "scientific_notation"}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = [diagnose(row["code_as_published"]) for row in rows]
    assert len(rows) == 200
    assert [t.diagnosis for t in told] == [words[row["damage"]] for row in rows]
    assert all(row["recovered"] in t.candidates for row, t in zip(rows, told))
    assert sum(len(t.candidates) == 1 for t in told) == 197


def test_the_specifications_own_examples() -> None:
    path = SHARED / "rf2" / "sctid_examples.json"
    if not path.exists():
        pytest.skip("shared data is not here")
    for example in json.loads(path.read_text(encoding="utf-8"))["valid"]:
        assert kind(example["id"]) == example["note"].split()[0]
