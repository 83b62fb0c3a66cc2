"""What fields hold, and how single days and words compare: the steps that both evaluators take from one place."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any, Literal

import pytest
from tests.differential.worlds import M_AMP, M_NO_INGREDIENTS, M_OTHER, M_UNKNOWN, M_VMP, ORAL, P1, P2, TOPICAL, SmallTerminology

from codesafety import ir
from codesafety.evaluation.atoms import (
    coding_field,
    comes_first,
    day_name,
    decide,
    exact_day,
    is_kind,
    item_codings,
    item_date,
    item_field,
    item_of,
    plain,
    share_a_code,
    system_check,
    unit_check,
    word_of,
)
from codesafety.evaluation.codes import Codebook
from codesafety.evaluation.facts import CodingFact, Facts, ItemFact
from codesafety.evaluation.items import Unseen
from codesafety.record import (
    Coding,
    Component,
    Entry,
    Medication,
    Message,
    Qualifier,
    Quantity,
    Record,
    Reference,
    Submission,
    Value,
)

BOOK = Codebook(SmallTerminology(has_release=True))


def facts(*sent: Entry | Medication, record: Record | None = None) -> Facts:
    entries = tuple(one for one in sent if isinstance(one, Entry))
    medications = tuple(one for one in sent if isinstance(one, Medication))
    return Facts(Submission(entries=entries, medications=medications, message=Message(id="m")), record, BOOK)


def entry(**fields: Any) -> ItemFact:
    return facts(Entry.model_validate({"path": "e", "codings": [{"system": "sct", "code": P1}], **fields})).incoming[0]


def medication(code: str = M_VMP, **fields: Any) -> ItemFact:
    return facts(Medication.model_validate({"path": "m", "products": [{"system": "sct", "code": code}], **fields})).incoming[0]


# ------------------------------------------------------------------------------------------------ days (tables 6 and 22)

DAY = ir.DateLiteral(1, 1, "")
Side = Literal["before", "after", "of", "from"]


def holds(condition: ir.Condition, x: int, y: int, n: int) -> bool:
    match condition:
        case ir.Before():
            return x < y
        case ir.SameDay():
            return x == y
        case ir.Within(side=side):
            return {"before": 0 <= y - x <= n, "after": 0 <= x - y <= n, "of": abs(x - y) <= n}[side]
        case ir.Beyond(side=side):
            return {"before": y - x > n, "after": x - y > n, "from": abs(x - y) > n}[side]
        case ir.Nearer(side=side):
            return {"before": 0 <= y - x < n, "after": 0 <= x - y < n, "from": abs(x - y) < n}[side]
    raise AssertionError(condition)


RELATIONS: list[tuple[Any, int]] = [
    (ir.Before(DAY, DAY), 0),
    (ir.SameDay(DAY, DAY), 0),
    *(
        (kind(DAY, DAY, ir.Length(Decimal(n), ir.Unit.DAYS), side), n)  # type: ignore[operator]
        for kind, sides, least in (
            (ir.Within, "before after of", 0),
            (ir.Beyond, "before after from", 0),
            (ir.Nearer, "before after from", 1),
        )
        for side in sides.split()
        for n in (least, least + 2)
    ),
]


@pytest.mark.parametrize(("condition", "n"), RELATIONS, ids=lambda part: type(part).__name__)
def test_two_spans_of_days_compare_as_every_pair_of_their_days_does(condition: Any, n: int) -> None:
    spans = [(first, last) for first in range(100, 107) for last in range(first, 107)]
    length = None if n == 0 and not hasattr(condition, "length") else ir.Length(Decimal(n), ir.Unit.DAYS)
    for a, b in product(spans, spans):
        pairs = {holds(condition, x, y, n) for x in range(a[0], a[1] + 1) for y in range(b[0], b[1] + 1)}
        assert decide(condition, a, b, length) is (pairs.pop() if len(pairs) == 1 else None), (a, b)


@pytest.mark.parametrize(
    ("day", "exact"), [(None, None), ("2025-06", None), ("2025-06-01", 739403), ("2025", None), ("2025-06-01T10:00:00Z", 739403)]
)
def test_a_day_is_exact_where_there_is_one(day: str | None, exact: int | None) -> None:
    assert exact_day(entry(date=day)) == exact


def test_the_dates_of_an_item() -> None:
    item = entry(date="2025-06-01", end_date="2025-06-03", recorded="2025-06-02", value={"date": "2025-06-04"})
    assert [item_date(item, name) for name in ("date", "end_date", "recorded", "value", "consultation_date")] == [
        (739403, 739403), (739405, 739405), (739404, 739404), (739406, 739406), None,
    ]  # fmt: skip
    assert item_date(entry(), "value") is None
    course = medication(start="2025-06-01", end="2025-06-30")
    assert (item_date(course, "start"), item_date(course, "end")) == ((739403, 739403), (739432, 739432))


@pytest.mark.parametrize(
    ("fields", "start", "end"),
    [
        ({"start": "2025-06-01", "end": "2025-06"}, "start", "end"),
        ({"start": "2025-06", "days_supply": 7}, "start", "start"),
        ({"authored": "2025-06", "days_supply": 7}, "date", "date"),
        ({"authored": "2025-06"}, "date", "end"),
        ({"start": "2025-06", "course_days": 7, "course_days_max": 9}, "start", "end"),
    ],
)
def test_one_missing_day_has_one_name(fields: dict[str, Any], start: str, end: str) -> None:
    item = medication(**fields)
    assert [day_name(item, name) for name in ("start", "end", "handed_over")] == [start, end, "handed_over"]


# ------------------------------------------------------------------------------------------------ fields


def test_the_fields_of_an_entry() -> None:
    item = entry(
        codings=[{"system": "sct", "code": P1}, {"display": "words"}],
        assertion="possible", subject="family", temporality="past", status="final", id="1", text="words",
        value={"quantity": {"value": 5, "unit": "kg"}}, origin="practice",
    )  # fmt: skip
    assert [item_field(item, name) for name in ("assertion", "subject", "temporality")] == ["possible", "family", "past"]
    assert item_field(item, "code") == item.codings[:1]
    assert item_field(item, "value").quantity == Quantity(value=Decimal(5), unit="kg")
    assert [item_field(item, name) for name in ("unit", "unit_check", "answer", "references")] == ["kg", "valid", None, None]
    assert [item_field(item, name) for name in ("status", "id", "text", "origin")] == ["final", "1", "words", "practice"]
    bare = entry()
    assert [item_field(bare, name) for name in ("value", "unit", "unit_check", "status")] == [None] * 4
    assert [item_field(entry(value={"boolean": told}), "answer") for told in (True, False)] == ["affirms", "denies"]


def test_the_fields_of_a_medication() -> None:
    item = medication(
        kind="request",
        quantity={"value": 28, "unit": "tablet"},
        dose=2,
        times_a_day=3,
        days_supply=2,
        strength="200 mg",
        status="active",
    )
    assert item_field(item, "product") == item.codings
    assert item_field(item, "ingredients") == frozenset({"387207008"})
    assert [c.code for c in item_field(item, "route")] == [ORAL]
    assert [c.code for c in item_field(medication(M_OTHER), "form")] == [TOPICAL]
    assert [item_field(item, name) for name in ("form", "dosage", "unit", "unit_check")] == [
        (),
        Decimal(12),
        "tablet",
        "other_spelling",
    ]
    assert item_field(item, "strength") == Quantity(value=Decimal(200), unit="mg")
    assert item_field(medication(M_AMP), "strength") == Quantity(value=Decimal(28), unit="mg")
    assert (item_field(item, "kind"), item_field(item, "status")) == ("request", "active")
    assert [item_field(medication(code), "ingredients") for code in (M_NO_INGREDIENTS, M_UNKNOWN)] == [None, None]
    sent = medication(route=[{"system": "sct", "code": P2}])
    assert [c.code for c in item_codings(sent, "route")] == [P2]
    assert [c.code for c in item_codings(sent, "product")] == [M_VMP]
    assert item_codings(sent, "not_given_reason") == ()
    assert [c.code for c in item_codings(entry(value={"codings": [{"system": "sct", "code": P2}]}), "value")] == [P2]
    assert item_codings(entry(), "value") == ()


@pytest.mark.parametrize(
    ("resolved", "told"),
    [
        ((), None),
        ((None,), None),
        ((True,), "resolved"),
        ((True, None), "resolved"),
        ((True, False), "dangling"),
        ((False, None), "dangling"),
    ],
)
def test_references_dangle_where_one_does(resolved: tuple[bool | None, ...], told: str | None) -> None:
    references = tuple(Reference(role="performer", target="x", resolved=one) for one in resolved)
    assert item_field(entry(references=references), "references") == told


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (1, "kg", "valid"),
        (1, "tablet", "other_spelling"),
        (1, "furlong", "not_a_unit"),
        (1, None, "none"),
        (1, "", "none"),
        (None, "kg", None),
    ],
)
def test_what_is_to_be_said_of_a_unit(value: int | None, unit: str | None, told: str | None) -> None:
    assert unit_check(Quantity(value=None if value is None else Decimal(value), unit=unit)) == told


@pytest.mark.parametrize(
    ("name", "raw", "word"),
    [
        ("status", "final", "final"), ("status", "other", "other"), ("status", None, None), ("status", "", None), ("status", "unknown", None),
        ("gender", "other", None), ("sex_at_birth", "other", None), ("gender", "male", "male"), ("deceased", True, "true"),
        ("deceased", False, "false"), ("n", 5, "5"),
    ],
)  # fmt: skip
def test_a_word_as_it_is_compared(name: str, raw: Any, word: str | None) -> None:
    assert word_of(ir.Field("patient", name, ir.FieldType.WORD), raw) == word


def test_a_column_that_is_called_gender_holds_what_it_says() -> None:
    assert word_of(ir.Field("r", "gender", ir.FieldType.TEXT), "other") == "other"


def coded(system: str | None, code: str | None, **fields: Any) -> CodingFact:
    of = facts(Entry.model_validate({"path": "e", "status": "final", "codings": [{"system": system, "code": code, **fields}]}))
    return next(iter(of.codings(of.incoming[0])))


@pytest.mark.parametrize(
    ("system", "code", "told"),
    [
        ("http://snomed.info/sct", P1, "known"), ("sct", P1, "known"), ("https://snomed.info/sct", P1, "respelt"),
        ("http://snomed.info/sctt", P1, "nearly_known"), ("readv2", "62...", "known"), ("readv2", P1, "misplaced"),
        ("http://x.example", "1", "other"), ("http://x.example", P1, "misplaced"), (None, P1, "left_out"), (None, "62...", "none"),
        ("sct", None, None),
    ],
)  # fmt: skip
def test_what_is_to_be_said_of_a_system(system: str | None, code: str | None, told: str | None) -> None:
    assert system_check(coded(system, code)) == told
    assert coding_field(coded(system, code), "system_check") == told


@pytest.mark.parametrize(
    ("role", "system", "path", "told"),
    [
        ("category", "x", "e.category.coding[0]", True), ("category", "x", None, True), ("category.kind", "x", None, True),
        ("category", "x", "e.extension[0].valueCoding", False), ("category", "x", "e.modifierExtension[0].valueCoding", False),
        ("category", "sct", None, False), ("category", None, None, False), ("meta.tag", "x", None, True), ("format", "x", None, True),
        ("identifier.type", "x", None, True), ("performer.identifier.type", "x", None, True), ("type", "x", None, False),
        ("bodySite", "x", None, False), ("bodySite", "http://hl7.org/fhir/observation-status", None, True),
        ("bodySite", "http://hl7.org/fhir/observation-status", "e.extension[0].valueCoding", True),
    ],
)  # fmt: skip
def test_what_is_clinical_for_nobody(role: str, system: str | None, path: str | None, told: bool) -> None:
    beside = Qualifier(role=role, codings=(Coding(system=system, code="1", path=path),))
    of = facts(Entry(path="e", codings=(Coding(system="sct", code=P1),), qualifiers=(beside,)))
    assert [c.is_label for c in of.codings(of.incoming[0])] == [False, told]


def test_the_fields_of_a_coding() -> None:
    coding = coded("sct", "77386007", display="Pregnant")
    assert [coding_field(coding, name) for name in ("code", "display", "status", "siblings", "in_a_medicine")] == [
        "77386007", "Pregnant", "final", "alone", False,
    ]  # fmt: skip
    assert coding_field(coding, "damage") == coding.info.damage != "valid"
    of = facts(Medication(path="m", products=(Coding(system="sct", code=M_VMP),)))
    assert [coding_field(one, "in_a_medicine") for one in of.codings(of.incoming[0])] == [True]
    of_message = Facts(Submission(message=Message(service=(Coding(system="sct", code=P1),))), None, BOOK)
    (served,) = of_message.message_codings()
    assert [coding_field(served, name) for name in ("in_a_medicine", "status")] == [False, None]


# ------------------------------------------------------------------------------------------------ items


def test_the_first_of_a_pair_is_the_incoming_one_or_the_earlier_in_the_message() -> None:
    filed = Record(entries=(Entry(path="r"),))
    of = facts(Entry(path="a"), Entry(path="b"), record=filed)
    one, other = of.incoming
    held = next(item for item in of.items if not item.incoming)
    assert (comes_first(one, other), comes_first(other, one)) == (True, False)
    assert (comes_first(other, held), comes_first(other, Unseen("record", False, None))) == (True, True)
    assert comes_first(other, Unseen("message.unread", True, None)) is True


def test_what_an_item_is() -> None:
    item, medicine = entry(), medication()
    assert [is_kind(item, kind) for kind in (ir.Kind.ENTRY, ir.Kind.HISTORY, ir.Kind.MENTION, ir.Kind.MEDICATION)] == [
        True,
        True,
        True,
        False,
    ]
    assert [is_kind(medicine, kind) for kind in (ir.Kind.ENTRY, ir.Kind.MEDICATION)] == [False, True]
    coding = coded("sct", P1)
    assert (item_of(item), item_of(coding), item_of(Unseen("record", False, None))) == (item, coding.item, None)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ([("sct", M_VMP)], [("sct", M_VMP)], True),
        ([("sct", M_VMP)], [("sct", M_OTHER)], False),
        ([("emis", "X")], [("emis", "X"), ("sct", M_OTHER)], True),
        ([("emis", "X")], [("readv2", "X")], False),
        ([(None, "X")], [(None, "X")], False),
        ([("sct", "196421000000109")], [("sct", "196421000000109")], False),
        ([("sct", "77386007")], [("sct", "77386007")], False),
        ([], [], False),
    ],
)
def test_two_medicines_share_a_code_that_names_one_thing(one: list[Any], other: list[Any], shared: bool) -> None:
    first, second = (medication(products=[{"system": s, "code": c} for s, c in codes]) for codes in (one, other))
    assert share_a_code(first, second) is shared


def test_a_predicate_is_handed_a_copy() -> None:
    of = facts(
        Entry(path="e", codings=(Coding(system="sct", code=P1),), components=(Component(path="e.c", value=Value(text="x")),))
    )
    whole, part = of.incoming
    assert plain(whole, of) == whole.model and plain(whole, of) is not whole.model
    assert plain(part, of) == part.component and plain(part, of) is not part.component
    coding = next(iter(of.codings(whole)))
    assert plain(coding, of) == coding.coding and plain(coding, of) is not coding.coding
    assert plain(ir.TableRow("x", {"n": Decimal(1)}, None, None), of) == {"n": Decimal(1)}
    assert plain(of.submission.message, of) == Message(id="m")  # type: ignore[arg-type]
