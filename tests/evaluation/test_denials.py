"""A value that answers its code with no: absent, or left open, and never counted as present."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.differential.worlds import P1, SAYS_ABSENT, SmallTerminology

from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.facts import Facts, ItemFact
from codesafety.evaluation.items import yes_or_no
from codesafety.record import Coding, Component, Entry, Quantity, Submission, Value

BOOK = Codebook(SmallTerminology(has_release=True))
NAMELESS = "999999999999"
"""A code of which no description is known."""
SCT = "http://snomed.info/sct"


def items(*entries: Entry) -> list[ItemFact]:
    return Facts(Submission(entries=entries), None, BOOK).incoming


def observed(value: Value, *, code: str = P1, display: str | None = "Pregnant", text: str | None = None) -> ItemFact:
    codings = (Coding(system="sct", code=code, display=display),)
    return items(Entry(path="e", codings=codings, text=text, value=value))[0]


def coded(code: str | None, system: str | None = SCT, display: str | None = None) -> Value:
    return Value(codings=(Coding(system=system, code=code, display=display),))


@pytest.mark.parametrize(
    "value",
    [
        coded("373067005"),
        coded("373067005", "urn:oid:2.16.840.1.113883.6.96"),
        coded("2667000"),
        coded("410516002"),
        coded("LA32-8", "http://loinc.org"),
        coded("LA9634-2", "http://loinc.org"),
        coded("N", "http://terminology.hl7.org/CodeSystem/v2-0136"),
        coded("N", "http://hl7.org/fhir/v2/0136"),
        coded("N", "urn:oid:2.16.840.1.113883.12.136"),
        coded("1", "https://supplier.example/answers", "No"),
        coded("no", "https://supplier.example/answers"),
        coded(None, None, "Absent"),
        coded("60001007", SCT, "Not pregnant"),
        coded("x1", "https://supplier.example/answers", "NOT PREGNANT"),
        Value(text="No"),
        Value(text=" no. "),
        Value(text="NONE"),
        Value(text="false"),
        Value(text="Not pregnant"),
        Value(text="Patient is not pregnant"),
        Value(text="Not pregnant (LMP 1/3/26)"),
        Value(text="Pt not pregnant"),
        Value(boolean=False),
    ],
)
def test_a_plain_no_is_absent(value: Value) -> None:
    item = observed(value)
    assert (item.context[0], item.stands) == ("absent", 0)


@pytest.mark.parametrize(
    "value",
    [
        coded("260385009"),
        coded("260415000"),
        coded("261665006"),
        coded("443390004"),
        coded("LA6577-6", "http://loinc.org"),
        coded("UNK", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"),
        coded("NASK", "http://hl7.org/fhir/v3/NullFlavor"),
        coded("asked-declined", "http://terminology.hl7.org/CodeSystem/data-absent-reason"),
        coded("NI", "http://terminology.hl7.org/CodeSystem/v2-0532"),
        coded("N", "https://supplier.example/answers"),
        coded("1", "https://supplier.example/answers", "Negative"),
        Value(text="Negative"),
        Value(text="neg"),
        Value(text="Not known"),
        Value(text="don't know"),
        Value(text="N/A"),
        Value(text="Refused"),
        Value(text="No (LMP 1/3/26)"),
        Value(text="Negative" + " " * 2000),
        Value(text="Thinks that she is not, " + "and says more of it. " * 20 + "Not pregnant per patient"),
        Value(text="No - LMP 1/3"),
        Value(text="negative (urine)"),
        Value(text="neg x2"),
        Value(text="Pregnancy test negative"),
        Value(text="(-)"),
        *(Value(text=dash) for dash in ("-", "–", "—", "−", "- -")),
        Value(text="Nope"),
        Value(text="Cancelled"),
        Value(text="Sample rejected"),
        Value(text="haemolysed sample"),
        Value(text="not tested today"),
        Value(text="Pregnant?"),
        Value(text="? pregnant"),
        Value(text="Possibly"),
        Value(text="\u2610 Pregnant"),
        Value(text="Not pregnant \u2713"),
        coded("1", "https://supplier.example/answers", "No, on the pill"),
        Value(quantity=Quantity(value=Decimal("0.0"))),
        Value(quantity=Quantity(value=Decimal(0), unit="1")),
        Value(quantity=Quantity(value=Decimal(0), unit="{count}")),
        Value(quantity=Quantity(value=Decimal(0), unit="1{count}")),
        Value(codings=(*coded("373067005").codings, *coded("373066001").codings)),
        Value(codings=coded("373067005").codings, text="Yes"),
        Value(codings=coded("373066001").codings, text="No (LMP 1/3/26)"),
        Value(codings=coded("373066001").codings, text="Not pregnant"),
    ],
)
def test_what_may_be_a_result_or_says_that_nothing_is_known_is_left_open(value: Value) -> None:
    item = observed(value)
    assert (item.context[0], item.stands) == (None, 1)


@pytest.mark.parametrize(
    "value",
    [
        coded("373066001"),
        coded("10828004"),
        coded("N", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "Normal"),
        coded("77386006", SCT, "Pregnant"),
        coded("1234", "https://supplier.example/answers", "Second trimester"),
        Value(boolean=True),
        Value(text="12 weeks"),
        Value(text="12/40, no bleeding"),
        Value(text="Yes (12/40), denies smoking"),
        Value(text="Rh negative"),
        Value(text="No complications"),
        Value(text="Positive (urine)"),
        Value(text="Yes"),
        Value(text="No " + "x" * 300),
        Value(text="."),
        coded(None, "https://supplier.example/answers"),
        Value(date="2025-06-01"),
        Value(quantity=Quantity(value=Decimal(0), unit="mm[Hg]")),
        Value(quantity=Quantity(value=Decimal(0), unit="{copies}/mL")),
        Value(quantity=Quantity(value=Decimal(0), comparator=">")),
        Value(quantity=Quantity(value=Decimal(1))),
        Value(quantity=Quantity(value=None)),
        Value(),
    ],
)
def test_what_affirms_or_is_a_result_leaves_the_entry_as_it_is(value: Value) -> None:
    item = observed(value)
    assert (item.context[0], item.stands) == ("present", 2)


ABSENT, LEFT_OPEN, PRESENT = ("absent", 0, "denies"), (None, 1, None), ("present", 2, "affirms")
CODES = {
    ABSENT: ("373067005 2667000 410516002 410594000 385660001", "LA32-8 LA9634-2"),
    LEFT_OPEN: (
        "260385009 260415000 261665006 410537005 443390004 82334004 385432009",
        "LA6577-6 LA11883-8 LA4489-6",
    ),
    PRESENT: ("373066001 52101004 410515003 10828004 260373001", "LA33-6 LA9633-4 LA6576-8 LA11882-0"),
}
WORDS = {
    ABSENT: "no, none, nil, absent, not present, known absent, false, not done",
    LEFT_OPEN: "n, 0, negative, neg, -ve, not detected, not found, none detected, nd, unknown, not known, unsure, uncertain, "
    "indeterminate, equivocal, inconclusive, do not know, don't know, not asked, not stated, not recorded, not tested, "
    "not performed, not applicable, n/a, na, declined, refused, patient declined, patient refused, declined to answer, "
    "prefer not to say, ?",
    PRESENT: "yes, y, present, positive, true, detected",
}


@pytest.mark.parametrize(
    ("system", "code", "told"),
    [
        (system, code, told)
        for told, lists in CODES.items()
        for system, codes in zip((SCT, "http://loinc.org"), lists, strict=True)
        for code in codes.split()
    ],
)
def test_the_answer_that_each_code_is(system: str, code: str, told: tuple[str | None, int, str | None]) -> None:
    item = observed(coded(code, system))
    assert (item.context[0], item.stands, yes_or_no(item)) == told


@pytest.mark.parametrize(("words", "told"), [(w, told) for told, words in WORDS.items() for w in words.split(", ")])
def test_the_answer_that_each_word_is(words: str, told: tuple[str | None, int, str | None]) -> None:
    item = observed(Value(text=words))
    assert (item.context[0], item.stands, yes_or_no(item)) == told


@pytest.mark.parametrize("system", ["v2-0136", "v2/0136", "113883.12.136", "v2-0532", "v2/0532", "113883.12.532"])
def test_yes_and_no_of_hl7(system: str) -> None:
    for code, told in (("N", ABSENT), ("Y", PRESENT), ("UNK", LEFT_OPEN)):
        item = observed(coded(code, f"http://hl7.org/{system}"))
        assert (item.context[0], item.stands, yes_or_no(item)) == told


@pytest.mark.parametrize("system", ["v3-NullFlavor", "2.16.840.1.113883.5.1008", "data-absent-reason"])
def test_a_reason_for_no_value_leaves_it_open(system: str) -> None:
    item = observed(coded("N", f"http://hl7.org/{system}"))
    assert (item.context[0], item.stands, yes_or_no(item)) == LEFT_OPEN


def test_an_answer_has_at_most_a_thousand_letters_and_padding_counts_for_none() -> None:
    assert observed(Value(text="no" + " " * 5000)).context[0] == "absent"
    denial = "Not pregnant per patient"
    for letters, assertion in ((1000, None), (1001, "present")):
        assert observed(Value(text=denial + " x" * ((letters - len(denial)) // 2) + "x" * (letters % 2))).context[0] == assertion


def test_words_deny_the_code_by_the_entrys_own_words_too() -> None:
    assert observed(Value(text="Not pregnant"), code=NAMELESS, display=None, text="Pregnant").context[0] == "absent"
    assert observed(Value(text="Not pregnant"), code=NAMELESS, display="Asthma").context[0] == "present"


def test_words_in_doubt_of_a_code_that_denies_leave_it_open() -> None:
    for words, assertion in (("Pregnant per patient", None), ("Not pregnant, no concerns", "present"), ("12 tests", "present")):
        item = observed(Value(text=words), code=NAMELESS, display="Not pregnant")
        assert item.context[0] == assertion


def test_of_an_observable_a_mere_denial_leaves_it_open_and_words_are_its_value() -> None:
    for display in ("Smoking (observable entity)", "Tobacco smoking status NHIS"):
        for words, assertion in (("Never smoked", "present"), ("Former smoker", "present"), ("Nope", None)):
            assert observed(Value(text=words), code=NAMELESS, display=display).context[0] == assertion


def test_pregnant_is_no_answer_to_not_pregnant() -> None:
    assert observed(Value(text="Pregnant"), code=NAMELESS, display="Not pregnant").context[0] == "absent"


def test_no_to_a_code_that_denies_is_a_double_denial() -> None:
    assert observed(coded("373067005"), code=SAYS_ABSENT, display=None).context[0] is None


def test_a_part_speaks_for_itself() -> None:
    part = {"codings": (Coding(system="sct", code=P1),)}
    whole, no, unsure, yes, of_whole = items(
        Entry(
            path="e",
            codings=(Coding(system="sct", code=P1),),
            value=Value(boolean=False),
            components=(
                Component(**part, value=coded("373067005")),
                Component(**part, assertion="unknown"),
                Component(**part, value=coded("373066001")),
                Component(**part),
            ),
        )
    )
    assert [i.context[0] for i in (whole, no, unsure, yes, of_whole)] == ["absent", "absent", None, "present", "present"]
    assert [i.stands for i in (whole, no, unsure, yes, of_whole)] == [0, 0, 1, 2, 2]


def test_what_the_entry_says_holds_for_its_parts_and_two_that_differ_are_unknown() -> None:
    part = Component(codings=(Coding(system="sct", code=P1),), assertion="absent")
    assert [i.context[0] for i in items(Entry(path="e", assertion="absent", components=(part,)))] == ["absent", "absent"]
    assert [i.context[0] for i in items(Entry(path="e", assertion="planned", components=(part,)))] == ["planned", None]


@pytest.mark.parametrize("field", ["status", "verification"])
def test_an_entry_is_withdrawn_by_its_status_or_its_verification(field: str) -> None:
    (item,) = items(Entry(path="e", codings=(Coding(system="sct", code=P1),), **{field: "entered-in-error"}))
    assert (item.model.entered_in_error, item.stands) == (True, 0)
