"""FHIR's data types: what each becomes, and what breaks it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from codesafety.formats.fhir.json import parse_json
from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.values import (
    TYPES,
    Broken,
    Concept,
    Used,
    boolean,
    child_text,
    choice,
    coding,
    concept,
    concepts,
    date,
    decimal,
    identifier,
    is_nhs_number,
    listed,
    nature,
    one,
    period,
    quantity,
    text,
    value_of,
    when,
)
from codesafety.formats.fhir.xml import parse_xml
from codesafety.record import Coding, Quantity, Value


def holder(members: str) -> Node:
    return parse_json(f'{{"resourceType": "Basic", {members}}}', "given").root


def element(written: str) -> Node:
    return holder(f'"item": {written}').all("item")[0]


def in_xml(inner: str) -> Node:
    return parse_xml(f'<Basic xmlns="http://hl7.org/fhir">{inner}</Basic>', "given").root


@pytest.mark.parametrize(
    ("members", "value"),
    [
        ('"valueQuantity": {"value": 4.20, "unit": "mmol/L"}', Value(quantity=Quantity(value=Decimal("4.20"), unit="mmol/L"))),
        ('"valueAge": {"value": 61, "unit": "years"}', Value(quantity=Quantity(value=Decimal(61), unit="years"))),
        ('"valueDuration": {"value": 3}', Value(quantity=Quantity(value=Decimal(3)))),
        ('"valueCount": {"value": 3}', Value(quantity=Quantity(value=Decimal(3)))),
        ('"valueDistance": {"value": 3}', Value(quantity=Quantity(value=Decimal(3)))),
        ('"valueInteger": 0', Value(quantity=Quantity(value=Decimal(0)))),
        ('"valueDecimal": -0.5', Value(quantity=Quantity(value=Decimal("-0.5")))),
        ('"valuePositiveInt": 7', Value(quantity=Quantity(value=Decimal(7)))),
        ('"valueUnsignedInt": 7', Value(quantity=Quantity(value=Decimal(7)))),
        ('"valueBoolean": true', Value(boolean=True)),
        ('"valueBoolean": false', Value(boolean=False)),
        ('"valueDateTime": "2024-02-29T10:00:00Z"', Value(date="2024-02-29T10:00:00Z")),
        ('"valueDate": "2024-02"', Value(date="2024-02")),
        ('"valueInstant": "2024-02-29T10:00:00.000Z"', Value(date="2024-02-29T10:00:00.000Z")),
        ('"valueString": "none seen"', Value(text="none seen")),
        ('"valueCode": "none"', Value(text="none")),
        ('"valueTime": "10:00:00"', Value(text="10:00:00")),
        ('"valueMarkdown": "none"', Value(text="none")),
        ('"valueId": "none"', Value(text="none")),
        ('"valueUri": "urn:none"', Value(text="urn:none")),
        (
            '"valueCodeableConcept": {"coding": [{"code": "a"}, {"code": "b"}], "text": "c"}',
            Value(
                codings=(
                    Coding(code="a", path="Basic.valueCodeableConcept.coding[0]"),
                    Coding(code="b", path="Basic.valueCodeableConcept.coding[1]"),
                ),
                text="c",
            ),
        ),
        ('"valueCoding": {"system": "s", "code": "a"}', Value(codings=(Coding(system="s", code="a", path="Basic.valueCoding"),))),
        ('"valueRange": {"low": {"value": 1}}', None),
        ('"valueRatio": {"numerator": {"value": 1}}', None),
        ('"valuePeriod": {"start": "2024"}', None),
        ('"_valueInteger": {"id": "a"}', None),
        ('"_valueBoolean": {"id": "a"}', None),
        ('"values": 1', None),
        ('"value": 1', None),
        ('"code": {}', None),
    ],
)
def test_a_value_of_each_type(members: str, value: Value | None) -> None:
    assert value_of(holder(members), Used()) == value


@pytest.mark.parametrize("base", ["value", "effective", "onset", "abatement", "performed", "medication"])
def test_a_type_that_fhir_does_not_have_breaks_a_choice_that_says_what_was_found(base: str) -> None:
    with pytest.raises(Broken, match=rf"^a `{base}` of a type that FHIR does not have$"):
        choice(holder(f'"{base}Answer": "No"'), base)


def test_a_name_that_only_begins_like_a_choice_is_none() -> None:
    assert choice(holder('"valueSet": "a"'), "code") is None
    assert choice(holder('"occurrenceNote": "a"'), "occurrence") is None
    assert choice(holder('"valued": "a"'), "value") is None


def test_a_choice_is_made_once() -> None:
    with pytest.raises(Broken, match=r"^`value\[x\]` is given 2 times, and only one is allowed$") as broken:
        choice(holder('"valueBoolean": true, "valueString": "no"'), "value")
    assert broken.value.node.path == "Basic.valueString"


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_type_of_fhir_may_stand_in_a_choice(name: str) -> None:
    found = choice(holder(f'"value{name}": {{"id": "a"}}'), "value")
    assert found is not None
    assert found.name == f"value{name}"


def test_what_belongs_once_is_given_once() -> None:
    assert one(holder('"item": "a"'), "item") is not None
    assert one(holder('"item": "a"'), "other") is None
    twice = in_xml('<item value="a"/><item value="b"/><item value="c"/>')
    with pytest.raises(Broken, match=r"^`item` is given 3 times, and only one is allowed$") as broken:
        one(twice, "item")
    assert broken.value.node.path == "Basic.item[1]"
    with pytest.raises(Broken, match=r"^`item` is sent as a list, and only one is allowed$"):
        one(holder('"item": ["a"]'), "item")


def test_what_repeats_is_a_list_in_json_and_needs_none_in_xml() -> None:
    assert [n.value for n in listed(holder('"item": ["a", "b"]'), "item")] == ["a", "b"]
    assert listed(holder('"item": []'), "other") == []
    assert [n.value for n in listed(in_xml('<item value="a"/>'), "item")] == ["a"]
    with pytest.raises(Broken, match=r"^`item` must be a list$"):
        listed(holder('"item": "a"'), "item")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ('"code": 77386006', "a code was sent as a number; codes are text, because numbers lose the last digits of long ones"),
        ('"display": 1', "`display` was sent as a number where text belongs"),
        ('"display": true', "`display` was sent as true or false where text belongs"),
        ('"display": {"value": "a"}', "`display` holds other elements where text belongs"),
        ('"display": "a", "_display": {"value": "b"}', "`display` holds other elements beside its value"),
    ],
)
def test_what_is_no_text(members: str, reason: str) -> None:
    node = next(holder(members).elements())
    with pytest.raises(Broken) as broken:
        text(node)
    assert broken.value.reason == str(broken.value) == reason


def test_text_may_carry_an_extension_and_an_id_or_only_those() -> None:
    beside = '{"id": "a", "extension": [{"url": "b"}]}'
    assert child_text(holder(f'"display": "a", "_display": {beside}'), "display") == "a"
    assert child_text(holder(f'"_display": {beside}'), "display") is None
    assert parse_json(f'{{"resourceType": "Basic", "_display": {beside}, "a": "b", "_a": {beside}}}', "given").flaws == ()
    assert text(None) is None


def test_a_code_without_a_value_says_at_least_why() -> None:
    assert coding(element('{"system": "s"}'), Used()).code is None
    assert coding(element('{"_code": {"extension": [{"url": "b"}]}}'), Used()).code is None
    with pytest.raises(Broken, match=r"^`code` has no value$"):
        coding(element('{"_code": {"id": "a"}}'), Used())
    with pytest.raises(Broken, match=r"^`item` is a plain value where a coding belongs$"):
        coding(element('"a"'), Used())


def test_a_coding_is_as_sent_and_used() -> None:
    node, used = element('{"system": "s", "code": "c", "display": "d", "userSelected": false}'), Used()
    assert coding(node, used) == Coding(system="s", code="c", display="d", user_selected=False, path="Basic.item")
    assert node in used
    assert node.all("code")[0] not in used


@pytest.mark.parametrize(("written", "truth"), [("true", True), ("false", False), ('{"id": "a"}', None)])
def test_true_and_false(written: str, truth: bool | None) -> None:
    assert boolean(element(written)) is truth


@pytest.mark.parametrize(("written", "truth"), [("true", True), ("false", False)])
def test_true_and_false_in_xml(written: str, truth: bool) -> None:
    assert boolean(in_xml(f'<item value="{written}"/>').all("item")[0]) is truth
    assert boolean(None) is None


@pytest.mark.parametrize("written", ['"true"', "1", '"no"', "0"])
def test_what_is_neither_true_nor_false(written: str) -> None:
    with pytest.raises(Broken, match=r"^`item` must be true or false$"):
        boolean(element(written))


@pytest.mark.parametrize(
    "written", ["0", "-0", "10", "0.50", "-1.5e10", "1E-9", "1e+10", "9" * 28, "0." + "9" * 27, "9" * 28 + "." + "9" * 27]
)
def test_a_number_is_exact(written: str) -> None:
    assert str(decimal(element(written))) == str(Decimal(written))
    assert str(decimal(in_xml(f'<item value="{written}"/>').all("item")[0])) == str(Decimal(written))


@pytest.mark.parametrize(
    "written", ["01", "+1", "1.", ".5", "1e", "1e100", "NaN", "1,5", "", "9" * 29, "0." + "9" * 28, "٣", "1 ", "<5", "0x1"]
)
def test_what_is_no_number(written: str) -> None:
    node = Node("item", None, "xml", written)
    with pytest.raises(Broken, match=r"^`item` is not a number as FHIR writes numbers$"):
        decimal(node)


def test_a_number_in_quotes_is_none() -> None:
    for written in ('"5"', "true"):
        with pytest.raises(Broken, match=r"^`item` is not a number as FHIR writes numbers$"):
            decimal(element(written))
    assert decimal(element('{"id": "a"}')) is None
    assert decimal(None) is None


def test_a_date_is_as_sent_checked_and_used() -> None:
    node, used = element('"2024-02-29"'), Used()
    assert date(node, used) == "2024-02-29"
    assert node in used
    assert date(element('"20240229"'), used) == "2024-02-29"
    assert date(element('{"id": "a"}'), used) is None
    assert date(None, used) is None
    wrong = element('"2023-02-29"')
    with pytest.raises(Broken):
        date(wrong, used)
    assert wrong not in used


def test_a_concept_is_its_codings_and_its_words() -> None:
    a, b = Coding(code="a", path="Basic.item.coding[0]"), Coding(code="b", path="Basic.item.coding[1]")
    assert concept(element('{"coding": [{"code": "a"}, {"code": "b"}], "text": "c"}'), Used()) == Concept((a, b), "c")
    assert concept(element('{"text": "c"}'), Used()) == Concept((), "c")
    assert concept(None, Used()) == Concept((), None)
    both = holder('"item": [{"coding": [{"code": "a"}]}, {"coding": [{"code": "b"}]}]').all("item")
    assert [c.code for c in concepts(both, Used())] == ["a", "b"]


@pytest.mark.parametrize("written", ['{"code": "a"}', '{"system": "s"}', '{"system": "s", "code": "a"}'])
def test_a_bare_coding_is_a_concept_of_one(written: str) -> None:
    (found,) = concept(element(written), Used()).codings
    assert found.path == "Basic.item"


def test_codings_win_over_a_code_beside_them() -> None:
    found = concept(element('{"code": "a", "coding": [{"code": "b"}]}'), Used())
    assert [c.code for c in found.codings] == ["b"]


def test_a_concept_is_no_plain_value() -> None:
    with pytest.raises(Broken, match=r"^`item` is a plain value where a coded concept belongs$"):
        concept(element('"a"'), Used())


@pytest.mark.parametrize(
    ("members", "unit"),
    [
        ('"unit": "mmol per litre", "system": "http://unitsofmeasure.org", "code": "mmol/L"', "mmol/L"),
        ('"unit": "mmol per litre", "system": "http://unitsofmeasure.org/", "code": "mmol/L"', "mmol/L"),
        ('"unit": "mmol per litre", "system": "http://elsewhere", "code": "x"', "mmol per litre"),
        ('"unit": "mmol per litre", "code": "x"', "mmol per litre"),
        ('"unit": "mmol per litre", "system": "http://unitsofmeasure.org"', "mmol per litre"),
        ('"system": "http://elsewhere", "code": "x"', "x"),
        ('"system": "http://elsewhere"', None),
    ],
)
def test_the_unit_is_the_ucum_code_else_the_words_else_another_code(members: str, unit: str | None) -> None:
    node, used = element(f'{{"value": 1, {members}}}'), Used()
    assert quantity(node, used) == Quantity(value=Decimal(1), unit=unit)
    assert node in used


@pytest.mark.parametrize("sign", ["<", "<=", ">=", ">"])
def test_a_comparator_is_kept(sign: str) -> None:
    assert quantity(element(f'{{"value": 1, "comparator": "{sign}"}}'), Used()) == Quantity.model_validate(
        {"value": Decimal(1), "comparator": sign}
    )


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ('"5 mg"', "`item` is a plain value where a quantity belongs"),
        ('{"value": 1, "comparator": "~"}', "the comparator is none of <, <=, >= and >"),
        ('{"system": "s", "code": "c", "display": "d"}', "`item` holds something else where a quantity belongs"),
        ('{"reference": "Patient/1"}', "`item` holds something else where a quantity belongs"),
    ],
)
def test_what_is_no_quantity(written: str, reason: str) -> None:
    with pytest.raises(Broken) as broken:
        quantity(element(written), Used())
    assert broken.value.reason == reason
    assert quantity(None, Used()) is None


@pytest.mark.parametrize(
    ("members", "days"),
    [
        ('"onsetDateTime": "2024-05"', ("2024-05", None)),
        ('"onsetDate": "2024-05-01"', ("2024-05-01", None)),
        ('"onsetInstant": "2024-05-01T10:00:00Z"', ("2024-05-01T10:00:00Z", None)),
        ('"onsetPeriod": {"start": "2024", "end": "2025"}', ("2024", "2025")),
        ('"onsetPeriod": {"end": "2025"}', (None, "2025")),
        ('"onset": "2024-05"', ("2024-05", None)),
        ('"onset": {"start": "2024"}', ("2024", None)),
        ('"onset": {"end": "2025"}', (None, "2025")),
        ('"onset": {"text": "a while ago"}', (None, None)),
        ('"onsetAge": {"value": 61}', (None, None)),
        ('"onsetString": "2024-05"', (None, None)),
        ('"onsetTiming": {"start": "2024"}', (None, None)),
        ('"code": {}', (None, None)),
    ],
)
def test_the_days_of_a_choice(members: str, days: tuple[str | None, str | None]) -> None:
    assert when(holder(members), "onset", Used()) == days


def test_the_days_of_a_choice_in_xml() -> None:
    assert when(in_xml('<onset value="2024-05"/>'), "onset", Used()) == ("2024-05", None)
    assert period(in_xml('<start value="2024"/><end value="2025"/>'), Used()) == ("2024", "2025")


def test_a_day_sent_as_a_number_breaks_its_element() -> None:
    for written in ("2024", "true"):
        with pytest.raises(Broken):
            when(holder(f'"onset": {written}'), "onset", Used())


def test_an_identifier_is_without_its_urn() -> None:
    assert identifier(element('{"value": "urn:uuid:a"}')) == "a"
    assert identifier(element('{"value": "a"}')) == "a"
    assert identifier(element('{"system": "s"}')) is None


@pytest.mark.parametrize(
    ("system", "is_one"),
    [
        ("https://fhir.nhs.uk/Id/nhs-number", True),
        ("urn:oid:2.16.840.1.113883.2.1.4.1", True),
        ("https://fhir.nhs.uk/Id/nhs-number-of-old", False),
        ("https://fhir.nhs.uk/Id/local", False),
    ],
)
def test_the_systems_of_nhs_numbers(system: str, is_one: bool) -> None:
    assert is_nhs_number(element(f'{{"system": "{system}", "value": "1"}}')) is is_one
    assert is_nhs_number(element('{"value": "1"}')) is False


@pytest.mark.parametrize(
    ("name", "written", "kind"),
    [
        ("it", '"2024-05"', "date"),
        ("it", '"2024-05-01"', "date"),
        ("it", '"2024-05-01T10:00"', "date"),
        ("it", '"2024"', None),
        ("it", '"2024-05-01 10:00"', None),
        ("it", '"12024-05"', None),
        *(
            (name, '"2024"', "date")
            for name in ("date", "birthDate", "onsetDateTime", "valueInstant", "issued", "start", "end", "authored", "recorded")
        ),
        *((name, '"2024"', "date") for name in ("timestamp", "sent", "created", "indexed")),
        ("startle", '"2024"', None),
        ("start", "2024", None),
        ("start", "true", None),
        ("coding", '{"code": "a"}', "coding"),
        ("coding", '{"system": "s"}', "coding"),
        ("coding", '{"display": "d"}', None),
        ("valueCoding", '{"code": "a"}', "coding"),
        *((name, '{"code": "a"}', "coding") for name in ("tag", "security", "event", "class")),
        ("it", '{"code": "a"}', None),
        ("it", '{"code": "a", "system": "s"}', "coding"),
        ("it", '{"code": "a", "display": "d"}', "coding"),
        ("it", '{"system": "s", "display": "d"}', None),
        ("it", '{"code": {"text": "a"}, "display": "d"}', None),
        ("it", '{"code": "a", "display": "d", "coding": [{"code": "b"}]}', None),
        ("it", '{"code": "a", "display": "d", "value": 1}', "quantity"),
        ("it", '{"value": 1, "unit": "mg"}', "quantity"),
        ("it", '{"value": 1, "code": "mg"}', "quantity"),
        ("it", '{"value": 1, "comparator": "<"}', "quantity"),
        ("it", '{"value": 1}', None),
        ("it", '{"unit": "mg"}', None),
        ("it", '{"value": {"text": "a"}, "unit": "mg"}', None),
        *(
            (name, '{"value": 1}', "quantity")
            for name in ("valueQuantity", "quantity", "maxDuration", "onsetAge", "daysSupply", "valueCount", "valueDistance")
        ),
        *((name, '{"value": 1}', "quantity") for name in ("numerator", "denominator", "low", "high", "dose", "duration")),
        ("amount", '{"value": 1}', "quantity"),
        ("it", '{"reference": "Patient/1"}', "reference"),
        ("it", '{"reference": {"text": "a"}}', None),
        ("it", '{"identifier": {"value": "1"}}', "reference"),
        ("it", '{"identifier": {"value": "1"}, "display": "d", "type": "Patient", "id": "a"}', "reference"),
        ("it", '{"identifier": {"value": "1"}, "name": "n"}', None),
        ("it", '{"text": "a"}', None),
        ("resource", '{"resourceType": "Basic", "code": "a", "system": "s"}', None),
    ],
)
def test_an_element_is_told_by_its_shape(name: str, written: str, kind: str | None) -> None:
    assert nature(holder(f'"{name}": {written}').all(name)[0]) == kind
