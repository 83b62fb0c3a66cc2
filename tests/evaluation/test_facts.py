"""What facts make of a message and a record: days, contexts, courses, identity, copies, orders and what was not looked at."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.differential.worlds import (
    BECAME_P1,
    BECAME_SEVERAL,
    DAMAGED,
    M_AMP,
    M_VMP,
    P1,
    P2,
    P3,
    SAYS_ABSENT,
    SAYS_FAMILY,
    UNTOLD,
    SmallTerminology,
)

from codesafety.evaluation.atoms import item_date, item_field
from codesafety.evaluation.calendar import OPEN_END, OPEN_START
from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.facts import Facts, ItemFact, Unseen, date_of, dosage, hides, may_be
from codesafety.evaluation.reference.explanation import term_of
from codesafety.evaluation.sameness import same_entry
from codesafety.record import (
    Coding,
    Component,
    Coverage,
    Entry,
    Medication,
    Message,
    NotRead,
    Patient,
    Qualifier,
    Quantity,
    Record,
    Reference,
    Submission,
    TextItem,
    Value,
)

BOOK = Codebook(SmallTerminology(has_release=True))


def day(written: str) -> int:
    return date.fromisoformat(written).toordinal()


def coded(code: str | None, system: str | None = "sct") -> tuple[Coding, ...]:
    return (Coding(system=system, code=code),)


def entry(**fields: Any) -> ItemFact:
    return facts(entries=(Entry(**{"path": "e", "codings": coded(P1), **fields}),)).incoming[0]


def medication(**fields: Any) -> ItemFact:
    return facts(medications=(Medication(**{"path": "m", "products": coded(M_VMP), **fields}),)).incoming[0]


def facts(record: Record | None = None, **fields: Any) -> Facts:
    return Facts(Submission(**fields), record, BOOK)


# ------------------------------------------------------------------------------------------------ days


@pytest.mark.parametrize("sentinel", ["1900-01-01", "9999-12-31", "1900-01-01T00:00:00Z", None])
def test_a_sentinel_date_is_missing(sentinel: str | None) -> None:
    assert date_of(sentinel) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"date": "2025-06-01", "consultation_date": "2025-06-02"}, (day("2025-06-01"), day("2025-06-01"))),
        ({"date": "1900-01-01", "consultation_date": "2025-06"}, (day("2025-06-01"), day("2025-06-30"))),
        ({"recorded": "2025-06"}, (OPEN_START, day("2025-06-30"))),
        ({}, None),
    ],
)
def test_the_day_of_an_entry_is_its_own_then_its_consultations_then_up_to_when_it_was_recorded(
    fields: Any, expected: Any
) -> None:
    assert entry(**fields).day == expected


@pytest.mark.parametrize("name", ["handed_over", "prepared", "start", "authored"])
def test_the_day_of_a_medication_is_the_first_of_four(name: str) -> None:
    later = {"handed_over": ("prepared",), "prepared": ("start",), "start": ("authored",), "authored": ()}[name]
    item = medication(**{name: "2025-06-01", **dict.fromkeys(later, "2025-07-01")})
    assert item.day == (day("2025-06-01"), day("2025-06-01"))


def test_a_missing_day_is_open_on_both_sides_where_it_is_compared() -> None:
    first, last = entry().span
    assert first < OPEN_START
    assert last > OPEN_END


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({"start": "2025-06-01", "end": "2025-06-10", "days_supply": Decimal(28)}, (day("2025-06-10"), day("2025-06-10"))),
        ({"start": "2025-06-01", "days_supply": Decimal("27.5")}, (day("2025-06-28"), day("2025-06-28"))),
        ({"recorded": "2025-06-01", "days_supply": Decimal(28)}, (OPEN_START, day("2025-06-28"))),
        ({"start": "2025-06-01", "status": "active"}, (OPEN_END, OPEN_END)),
        ({"start": "2025-06-01"}, None),
        ({"start": "2025-06-01", "end": "1900-01-01", "status": "active"}, None),
        ({"start": "2025-06-01", "days_supply": Decimal(9_000_000)}, (OPEN_END, OPEN_END)),
        ({"start": "2025-06-01", "days_supply": Decimal(0)}, None),
        ({"start": "2025-06-01", "days_supply": Decimal(-738944)}, None),
        ({"start": "2025-06-01", "course_days": Decimal(10), "course_days_max": Decimal(7)}, None),
    ],
)
def test_a_course_ends_as_sent_or_with_its_supply(fields: Any, end: Any) -> None:
    assert medication(**fields).course.end == end
    assert item_date(medication(**fields), "end") == end


@pytest.mark.parametrize(
    ("fields", "given"),
    [
        ({}, True),
        ({"not_given": True}, False),
        ({"status": "cancelled"}, False),
        ({"status": "entered-in-error"}, False),
        ({"kind": "dispense", "status": "stopped"}, False),
        ({"kind": "dispense", "status": "stopped", "handed_over": "2025-06-01"}, True),
        ({"kind": "request", "status": "stopped"}, True),
        *(({"status": status}, False) for status in ("not-done", "not-taken", "declined", "draft")),
        *(({"subject": subject}, False) for subject in ("another", "baby", "family")),
        ({"subject": "patient"}, True),
    ],
)
def test_a_medication_stopped_before_supply_was_not_given(fields: Any, given: bool) -> None:
    assert medication(**fields).given is given
    assert medication(**fields).stands == (2 if given else 0)


def test_an_item_has_no_other_slots() -> None:
    with pytest.raises(AttributeError):
        entry().nothing  # noqa: B018


# ------------------------------------------------------------------------------------------------ context (table 9)


@pytest.mark.parametrize(
    ("code", "fields", "context", "stands"),
    [
        (P1, {}, ("present", "patient", "current"), 2),
        (P1, {"assertion": "absent"}, ("absent", "patient", "current"), 0),
        (P1, {"assertion": "possible"}, ("possible", "patient", "current"), 1),
        (P1, {"assertion": "unknown"}, (None, "patient", "current"), 1),
        (P1, {"subject": "unknown"}, ("present", None, "current"), 1),
        (P1, {"temporality": "past"}, ("present", "patient", "past"), 0),
        (SAYS_ABSENT, {}, ("absent", "patient", "current"), 0),
        (SAYS_ABSENT, {"assertion": "present"}, (None, "patient", "current"), 1),
        (SAYS_ABSENT, {"assertion": "absent"}, (None, "patient", "current"), 1),
        (SAYS_FAMILY, {"subject": "family"}, ("present", "family", "current"), 0),
        (UNTOLD, {}, (None, None, None), 1),
        (P1, {"value": Value(boolean=False)}, ("absent", "patient", "current"), 0),
        (P1, {"value": Value(boolean=False), "assertion": "present"}, (None, "patient", "current"), 1),
        (P1, {"value": Value(boolean=False), "assertion": "absent"}, ("absent", "patient", "current"), 0),
        (P1, {"status": "entered-in-error"}, ("present", "patient", "current"), 0),
    ],
)
def test_context_is_the_messages_and_the_codes_together(code: str, fields: Any, context: Any, stands: int) -> None:
    item = entry(codings=coded(code), **fields)
    assert item.stands == stands
    assert item.context == context


def test_two_codes_that_say_different_things_leave_it_unknown() -> None:
    item = entry(codings=(*coded(SAYS_ABSENT), *coded("46775006")))
    assert item.context[0] is None


# ------------------------------------------------------------------------------------------------ codes


def test_an_inactive_code_stands_for_its_replacement() -> None:
    assert BOOK.entry("sct", BECAME_P1).keys == (BECAME_P1, P1)


def test_several_possible_replacements_are_kept_apart() -> None:
    assert BOOK.entry("sct", BECAME_SEVERAL).possible == (P1, P3)


@pytest.mark.parametrize(
    ("system", "code", "speaks"),
    [
        ("sct", P1, True),
        ("sct", DAMAGED, False),
        ("sct", "314940005", False),
        ("sct", "196421000000109", False),
        (None, P1, False),
        ("icd10", "O20.0", True),
        ("emis", " ", False),
        ("sct", None, False),
    ],
)
def test_a_code_speaks_where_it_is_well_formed_and_known(system: str | None, code: str | None, speaks: bool) -> None:
    assert BOOK.entry(system, code).speaks is speaks


def test_a_medicine_without_an_identity_does_not_speak() -> None:
    assert not BOOK.product("sct", "322236009").speaks
    assert BOOK.product("sct", M_AMP).keys == (M_AMP, M_VMP)
    assert BOOK.product("sct", None).keys == ()


def test_icd_points_are_ignored() -> None:
    assert BOOK.entry("icd10", "o20.0").keys == ("icd10|O200",)
    assert BOOK.key("icd10|O200").keys == ("icd10|O200",)


# ------------------------------------------------------------------------------------------------ identity


@pytest.mark.parametrize(
    ("one", "other", "nhs", "differing"),
    [
        ({"nhs_number": "999 000 0018"}, {"nhs_number": "9990000018"}, "same", ()),
        ({"nhs_number": "9990000018"}, {"nhs_number": "9990000026"}, "different", ()),
        ({}, {"nhs_number": "9990000026"}, "not_compared", ()),
        ({"gender": "male"}, {"gender": "female"}, "not_compared", ("gender",)),
        ({"gender": "unknown"}, {"gender": "female"}, "not_compared", ()),
        ({"sex_at_birth": "male"}, {"sex_at_birth": "female"}, "not_compared", ("sex_at_birth",)),
        ({"born": "2009"}, {"born": "2009-06-01"}, "not_compared", ()),
        ({"born": "2009"}, {"born": "2010-06-01"}, "not_compared", ("born",)),
        ({"deceased": True}, {"deceased": False}, "not_compared", ("deceased",)),
    ],
)
def test_message_and_record_are_compared(one: Any, other: Any, nhs: str, differing: Any) -> None:
    found = Facts(Submission(patient=Patient(**one)), Record(patient=Patient(**other)), BOOK)
    assert (found.identity.nhs_number, found.identity.differing) == (nhs, differing)


def test_a_record_of_another_patient_is_not_compared_with() -> None:
    record = Record(patient=Patient(nhs_number="9990000026", gender="male"), entries=(Entry(path="re"),))
    found = facts(record, patient=Patient(nhs_number="9990000018"))
    assert found.record is None
    assert found.patient.gender is None
    assert found.items == found.incoming


def test_the_narrower_birth_date_counts_and_a_differing_one_is_unknown() -> None:
    assert facts(Record(patient=Patient(born="2009")), patient=Patient(born="2009-06")).patient.born == (
        day("2009-06-01"),
        day("2009-06-30"),
    )
    assert facts(Record(patient=Patient(born="2008")), patient=Patient(born="2009-06")).patient.born is None


def test_a_date_of_death_says_that_the_patient_died() -> None:
    assert facts(patient=Patient(died="2025")).patient.deceased is True


# ------------------------------------------------------------------------------------------------ the unseen member (table 5)


@pytest.mark.parametrize(
    ("complete", "unseen"),
    [
        ((Coverage(kind="entry"),), ()),
        ((Coverage(kind="entry", since="2025-06-01"),), (Unseen("record", False, (OPEN_START, day("2025-05-31"))),)),
        ((Coverage(kind="entry", since="2025"), Coverage(kind="entry")), ()),
        ((), (Unseen("record", False, None),)),
    ],
)
def test_what_a_record_does_not_cover_is_unseen(complete: Any, unseen: Any) -> None:
    assert facts(Record(complete=complete)).unseen(True) == unseen


def test_without_a_record_and_with_a_coded_resource_not_read_two_members_are_unseen() -> None:
    unread = NotRead(path="x", reason="r", resource_type="Observation", whole=True, coded=True)
    found = facts(not_read=(unread,))
    assert [u.called for u in found.unseen(True)] == ["record", "message.unread"]
    assert [u.called for u in found.unseen(False)] == ["record"]


NEVER_A_MEDICATION = (
    "AllergyIntolerance ClinicalImpression Condition DiagnosticReport Encounter FamilyMemberHistory Immunization Observation "
    "Procedure QuestionnaireResponse Specimen"
)


@pytest.mark.parametrize(
    ("resource", "entry", "medication"),
    [
        (None, True, True),
        *((kind, True, False) for kind in NEVER_A_MEDICATION.split()),
        *((f"Medication{kind}", False, True) for kind in ("", "Request", "Statement", "Dispense", "Administration")),
        ("Unknown", True, True),
        ("RequestGroup", True, True),
    ],
)
def test_a_resource_that_was_not_read_may_be_of_a_kind(resource: str | None, entry: bool, medication: bool) -> None:
    assert (may_be(resource, "entry"), may_be(resource, "medication")) == (entry, medication)


@pytest.mark.parametrize(
    ("coded", "whole", "broken", "hidden"),
    [
        (True, False, False, True),
        (False, True, True, True),
        (False, True, False, False),
        (False, False, True, False),
        (False, False, False, False),
    ],
)
def test_what_was_not_read_may_hold_a_code(coded: bool, whole: bool, broken: bool, hidden: bool) -> None:
    line = NotRead(path="x", reason="r", resource_type="Basic", coded=coded, whole=whole, broken=broken)
    assert (hides(line, "entry"), hides(line, "medication")) == (hidden, hidden)


NAMES = {"path": "z", "id": "z", "resource_id": "z"}
PRODUCT = Coding(system="sct", code=M_VMP, path="p")


@pytest.mark.parametrize(
    ("kind", "fields", "changed", "same"),
    [
        *(("entries", {"codings": coded(P1), "id": "a"}, {name: value}, True) for name, value in NAMES.items()),
        *(("medications", {"products": (PRODUCT,), "id": "a"}, {name: value}, True) for name, value in {**NAMES, "order": "z", "based_on": ("z",)}.items()),
        ("entries", {"codings": coded(P1)}, {"codings": (Coding(system="sct", code=P1, path="z"),)}, True),
        ("entries", {"value": Value(codings=coded(P1))}, {"value": Value(codings=(Coding(system="sct", code=P1, path="z"),))}, True),
        *(
            ("medications", {name: (PRODUCT,)}, {name: (PRODUCT.model_copy(update={"path": "z"}),)}, True)
            for name in ("products", "not_given_reason", "supply_type", "route", "form")
        ),
        ("entries", {"components": (Component(path="c", codings=coded(P1)),)}, {"components": (Component(path="z", codings=coded(P1)),)}, True),
        ("entries", {"qualifiers": (Qualifier(role="r", codings=coded(P1)),)}, {"qualifiers": (Qualifier(role="r", codings=(Coding(system="sct", code=P1, path="z"),)),)}, True),
        ("entries", {"references": (Reference(role="r", target="x"),)}, {"references": (Reference(role="r", target="z", path="z"),)}, True),
        ("entries", {}, {"id": "z"}, False),
        ("entries", {}, {"status": "final"}, False),
        ("entries", {}, {"date": "2026-01-01"}, False),
        ("entries", {}, {"notes": ("x",)}, False),
        ("entries", {"references": (Reference(role="r"),)}, {"references": (Reference(role="s"),)}, False),
        ("entries", {"qualifiers": (Qualifier(role="r"),)}, {"qualifiers": (Qualifier(role="s"),)}, False),
        ("medications", {}, {"kind": "plan"}, False),
        ("medications", {"products": (PRODUCT,)}, {"products": coded(M_AMP)}, False),
    ],
)  # fmt: skip
def test_two_items_are_alike_where_only_their_names_and_places_differ(kind: str, fields: Any, changed: Any, same: bool) -> None:
    of = {"entries": Entry, "medications": Medication}[kind]
    found = facts(**{kind: (of(**{"path": "a", **fields}), of(**{"path": "a", **fields, **changed}))})
    one, other = (item for item in found.incoming if item.component is None)
    assert (found.alike(one) == found.alike(other)) is same


def test_a_part_is_alike_by_itself_and_a_copy_tells_an_item_apart() -> None:
    part = Component(path="c", codings=coded(P1))
    found = facts(entries=(Entry(path="a", components=(part, part.model_copy(update={"path": "d"}))),))
    _, one, other = found.incoming
    assert found.alike(one) == found.alike(other)
    record = Record(entries=(Entry(path="r", id="a"),))
    first, second = (held := facts(record, entries=(Entry(path="a", id="a"), Entry(path="a", id="b")))).incoming
    assert held.alike(first) != held.alike(second)


def test_a_resource_that_breaks_its_format_may_hold_a_code_though_none_could_be_read() -> None:
    record = Record(complete=(Coverage(kind="entry"), Coverage(kind="medication")))
    broken = NotRead(path="Observation/1", reason="a date that is none", resource_type="Observation", whole=True, broken=True)
    found = Facts(Submission(not_read=(broken,)), record, BOOK)
    assert [u.called for u in found.unseen(is_entry=True)] == ["message.unread"]
    assert found.unseen(is_entry=False) == ()


@pytest.mark.parametrize(
    ("resource", "broken", "holds_code", "hidden"),
    [
        ("Condition", False, True, [True]),
        ("Condition", True, False, [True]),
        ("MedicationRequest", True, True, [False]),
        (None, True, True, [True, False]),
        ("Condition", False, False, []),
    ],
)
def test_a_record_of_which_something_was_not_read_is_not_complete_whatever_it_declares(
    resource: str | None, broken: bool, holds_code: bool, hidden: list[bool]
) -> None:
    unread = NotRead(path="r", reason="r", resource_type=resource, whole=True, broken=broken, coded=holds_code)
    complete = (Coverage(kind="entry"), Coverage(kind="medication"))
    found = facts(
        Record(complete=complete, not_read=(unread,)),
        entries=(Entry(path="e", id="1", codings=coded(P1)),),
        medications=(Medication(path="m", id="2", products=coded(M_VMP)),),
    )
    for item in found.incoming:
        is_hidden = item.is_entry in hidden
        assert [u.called for u in found.unseen(item.is_entry)] == (["record"] if is_hidden else [])
        assert found.already_filed(item) == ((None, "record") if is_hidden else (False, None))


# ------------------------------------------------------------------------------------------------ who is another (table 10)


def test_a_copy_on_the_record_is_no_other_but_the_same_code_without_an_identifier_is() -> None:
    record = Record(
        entries=(Entry(path="r0", id="1", codings=coded(P1)), Entry(path="r1", codings=coded(P1))),
        complete=(Coverage(kind="entry"),),
    )
    found = facts(record, entries=(Entry(path="e", id="1", codings=coded(P1)),))
    mine, copy, twin = found.items
    assert not found.is_another(copy, mine)
    assert found.is_another(twin, mine)
    assert not found.is_another(mine, mine)
    assert found.already_filed(mine) == (True, None)


@pytest.mark.parametrize(
    ("record", "fields", "answer"),
    [
        (None, {"id": "1"}, (None, "record")),
        (Record(), {"id": "1"}, (None, "record")),
        (Record(complete=(Coverage(kind="entry"),), entries=(Entry(path="x", id="9"),)), {}, (None, "id")),
        (Record(complete=(Coverage(kind="entry"),)), {}, (False, None)),
        (Record(complete=(Coverage(kind="medication"),)), {}, (None, "id")),
        (Record(complete=(Coverage(kind="entry"),)), {"id": "1"}, (False, None)),
        (Record(complete=(Coverage(kind="entry", since="2025-01-01"),)), {"id": "1", "date": "2025-06-01"}, (False, None)),
        (Record(complete=(Coverage(kind="entry", since="2025-01-01"),)), {"id": "1", "date": "2024"}, (None, "record")),
    ],
)
def test_whether_an_item_is_already_filed(record: Record | None, fields: Any, answer: Any) -> None:
    found = facts(record, entries=(Entry(path="e", **fields),))
    assert found.already_filed(found.incoming[0]) == answer


def test_an_item_of_the_record_is_filed() -> None:
    found = facts(Record(entries=(Entry(path="r"),)))
    assert found.already_filed(found.items[0]) == (True, None)


def test_medications_linked_by_reference_or_order_number_are_one_order() -> None:
    made = tuple(
        Medication(path=f"m{i}", **fields)
        for i, fields in enumerate(
            (
                {"id": "plan"},
                {"id": "issue", "based_on": ("plan",)},
                {"order": "o"},
                {"order": "o", "based_on": ("issue",)},
                {"id": "alone"},
            )
        )
    )
    found = facts(medications=made)
    assert [found.same_order(found.incoming[0], other) for other in found.incoming] == [True, True, True, True, False]
    assert found.order_of(found.incoming[2]) == {0, 1, 2, 3}
    assert not found.same_order(found.incoming[0], entry())


def test_what_the_message_replaces_is_known_by_its_message() -> None:
    found = facts(
        Record(entries=(Entry(path="r", message_id="old"), Entry(path="r", message_id="other"))), message=Message(replaces="old")
    )
    assert [found.is_replaced(item) for item in found.items] == [True, False]


def test_the_day_of_a_message_without_one_is_the_latest_of_its_items() -> None:
    found = facts(entries=(Entry(path="a", date="2025-06-01"), Entry(path="b", date="2024-01-01", recorded="2025-06-05")))
    assert found.message_day == (day("2025-06-05"), day("2025-06-05"))
    assert facts().message_day is None


# ------------------------------------------------------------------------------------------------ codings, components, sameness


def test_every_coding_sent_with_an_item_is_visited() -> None:
    value = Value(codings=coded(P2))
    whole = Entry(path="e", codings=coded(P1), value=value, components=(Component(codings=coded(P3), value=value),))
    found = facts(entries=(whole,), medications=(Medication(path="m", products=coded(M_VMP), route=coded("26643006")),))
    assert [[c.coding.code for c in found.codings(item)] for item in found.incoming] == [[P1, P2], [P3, P2], [M_VMP, "26643006"]]
    assert found.parts(found.incoming[0]) == found.incoming[:2]
    assert [repr(item) for item in found.incoming] == ["<incoming e>", "<incoming e>", "<incoming m>"]


def test_a_message_has_codings_of_its_own() -> None:
    assert [c.coding.code for c in facts(message=Message(service=coded("983341000000102"))).message_codings()] == [
        "983341000000102"
    ]


MMHG = Value(quantity=Quantity(value=Decimal(120), unit="mm[Hg]"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({}, {}, (True, ())),
        ({"codings": coded(P2)}, {}, (False, ())),
        ({"codings": coded(DAMAGED)}, {}, (None, ((0, "code"),))),
        ({"codings": coded("x", "readv2")}, {}, (None, ((0, "code"), (1, "code")))),
        ({"date": "2025-06-02"}, {}, (False, ())),
        ({"date": "2025-06"}, {}, (None, ((0, "date"),))),
        ({"date": None}, {}, (None, ((0, "date"),))),
        ({"value": MMHG}, {}, (None, ((1, "value"),))),
        ({}, {"value": MMHG}, (None, ((0, "value"),))),
        ({"value": MMHG, "date": None}, {}, (None, ((0, "date"), (1, "value")))),
        ({"value": MMHG, "date": "2025-06-02"}, {}, (False, ())),
        ({"value": MMHG}, {"value": MMHG}, (True, ())),
        ({"value": MMHG}, {"value": Value(quantity=Quantity(value=Decimal("12"), unit="kPa"))}, (False, ())),
        ({"value": MMHG}, {"value": Value(quantity=Quantity(value=Decimal(120)))}, (None, ((1, "value"),))),
        (
            {"value": MMHG},
            {"value": Value(quantity=Quantity(value=Decimal(120), unit="kg"))},
            (None, ((0, "value"), (1, "value"))),
        ),
        ({"value": MMHG}, {"value": Value(quantity=Quantity(unit="mm[Hg]"))}, (None, ((1, "value"),))),
        ({"value": MMHG}, {"value": Value(quantity=Quantity(value=Decimal(120), unit="mm[Hg]", comparator="<"))}, (False, ())),
        (
            {"value": Value(quantity=Quantity(value=Decimal(1), unit="g"))},
            {"value": Value(quantity=Quantity(value=Decimal(1000), unit="mg"))},
            (True, ()),
        ),
        ({"value": Value(codings=coded(P2))}, {"value": Value(codings=coded(P2))}, (True, ())),
        ({"value": Value(codings=coded("x", "a"))}, {"value": Value(codings=coded("x", "a"))}, (True, ())),
        ({"value": Value(codings=coded(P2))}, {"value": Value(codings=coded(P3))}, (False, ())),
        (
            {"value": Value(codings=coded(P2))},
            {"value": Value(codings=coded("x", "readv2"))},
            (None, ((0, "value"), (1, "value"))),
        ),
        ({"value": Value(codings=coded(P2))}, {"value": Value(text="x")}, (None, ((0, "value"), (1, "value")))),
        ({"value": Value(text="x")}, {"value": Value(text="x")}, (True, ())),
        ({"value": Value(text="x")}, {"value": Value(text="y")}, (False, ())),
        ({"value": Value(text="")}, {"value": Value()}, (True, ())),
        ({"value": Value(text="")}, {"value": Value(text="x")}, (None, ((0, "value"),))),
        ({"value": Value(boolean=True)}, {"value": Value(boolean=False)}, (False, ())),
        ({"value": Value(date="2025-06-01")}, {"value": Value(date="2025-06-01")}, (True, ())),
        ({"value": Value(date="2025-06-01")}, {"value": Value(date="2025-06")}, (None, ((1, "value"),))),
        ({"value": Value(date="2025-06-01")}, {"value": Value(date="2025-05")}, (False, ())),
        ({"components": (Component(codings=coded(P3), value=MMHG),)}, {}, (None, ((1, "value"),))),
        (
            {"components": (Component(codings=coded(P3), value=MMHG),)},
            {"components": (Component(codings=coded(P3)),)},
            (None, ((1, "value"),)),
        ),
        (
            {"components": (Component(codings=coded(P3), value=MMHG),)},
            {"components": (Component(codings=coded(P3), value=MMHG), Component(codings=coded(P1), value=MMHG))},
            (None, ((0, "value"),)),
        ),
        (
            {"components": (Component(codings=coded(P3), value=MMHG), Component(codings=coded(P1)))},
            {"components": (Component(codings=coded(P3), value=Value(quantity=Quantity(value=Decimal(1), unit="mm[Hg]"))),)},
            (False, ()),
        ),
        (
            {"components": (Component(codings=coded(P3), value=MMHG), Component())},
            {"components": (Component(), Component(codings=coded(P3), value=MMHG))},
            (True, ()),
        ),
    ],
)
def test_the_same_entry_has_the_same_code_day_value_and_components(one: Any, other: Any, same: Any) -> None:
    assert same_entry(entry(**{"date": "2025-06-01", **one}), entry(**{"date": "2025-06-01", **other})) == same


def test_two_components_that_say_the_same_are_the_same() -> None:
    whole = Entry(path="e", date="2025-06-01", components=(Component(codings=coded(P3)), Component(codings=coded(P3))))
    _, one, other = facts(entries=(whole,)).incoming
    assert same_entry(one, other) == (True, ())


def sent(number: str | None, unit: str | None) -> Value:
    return Value(quantity=Quantity(value=None if number is None else Decimal(number), unit=unit))


@pytest.mark.parametrize(("value", "unit", "check"), [
    (sent("120", "mm[Hg]"), "mm[Hg]", "valid"),
    (sent("120", "mmHg"), "mmHg", "other_spelling"),
    (sent("120", "hands"), "hands", "not_a_unit"),
    (sent("120", None), None, "none"),
    (sent("120", ""), "", "none"),
    (sent(None, "mm[Hg]"), "mm[Hg]", None),
    (Value(text="normal"), None, None),
    (None, None, None),
])  # fmt: skip
def test_a_unit_is_told_as_it_was_sent(value: Value | None, unit: str | None, check: str | None) -> None:
    item = entry(value=value)
    assert (item_field(item, "unit"), item_field(item, "unit_check")) == (unit, check)


def test_a_component_has_a_unit_of_its_own_and_a_medication_that_of_its_quantity() -> None:
    whole = Entry(path="e", value=sent("1", "kg"), components=(Component(codings=coded(P3), value=sent("120", None)),))
    medication = Medication(path="m", quantity=Quantity(value=Decimal(28), unit="tablet"))
    found = facts(entries=(whole,), medications=(medication, Medication(path="n"))).incoming
    assert [item_field(item, "unit") for item in found] == ["kg", None, "tablet", None]
    assert item_field(found[1], "unit_check") == "none"


def test_a_dosage_names_what_it_lacks() -> None:
    assert dosage(Medication(path="m", dose=Decimal(2), times_a_day=Decimal(3), days_supply=Decimal(7))) == (Decimal(42), ())
    assert dosage(Medication(path="m", dose=Decimal(2))) == (None, ("times_a_day", "days_supply"))


def test_a_record_that_does_not_know_the_gender_leaves_the_messages() -> None:
    facts = Facts(Submission(patient=Patient(gender="female")), Record(patient=Patient(gender="unknown")), BOOK)
    assert facts.patient.gender == "female"


@pytest.mark.parametrize(
    ("status", "given"),
    [
        (None, True),
        ("active", True),
        ("unknown", True),
        ("on-hold", True),
        ("draft", False),
        ("declined", False),
        ("Actve", None),
    ],
)
def test_whether_a_medicine_was_given_is_not_known_by_a_word_that_no_status_can_be(
    status: str | None, given: bool | None
) -> None:
    [item] = Facts(Submission(medications=(Medication(path="m", status=status),)), None, BOOK).incoming
    assert item.given is given
    assert item.stands == {True: 2, False: 0, None: 1}[given]


def test_the_words_of_an_item_are_its_text_all_displays_and_a_value_that_is_text() -> None:
    sent = Coding(system="sct", code=P1, display="shown", other_displays=("described", "translated"))
    found = facts(entries=(Entry(path="e", codings=(sent,), text="typed", value=Value(text="answered")),))
    assert [text.lines for text in found.texts(found.incoming[0])] == [("typed", "shown", "described", "translated", "answered")]


@pytest.mark.parametrize(("status", "heard"), [("final", [("said",), ("noted",)]), ("entered-in-error", [])])
def test_words_without_a_code_are_no_longer_heard_once_they_are_withdrawn(status: str, heard: list[tuple[str, ...]]) -> None:
    found = facts(texts=(TextItem(path="t", text="said", notes=("noted",), status=status),))
    assert [text.lines for text in found.texts(None)] == heard


def test_an_item_without_a_code_is_named_as_that() -> None:
    found = facts(entries=(Entry(path="e", text="typed"), Entry(path="f", codings=(Coding(system="sct", code=P1),))))
    assert [term_of(item, found) for item in found.incoming] == ["an entry without a code", term_of(found.incoming[1], found)]
    assert term_of(found.incoming[1], found) != "an entry without a code"
