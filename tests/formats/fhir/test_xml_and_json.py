"""The forms of FHIR, XML and JSON: what a breach of one does, what the limits are, and what paths look like."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codesafety.errors import InputError
from codesafety.formats import UpdateRecordReader
from codesafety.formats.fhir import json as fhir_json
from codesafety.formats.fhir import tree as fhir_tree
from codesafety.formats.fhir import xml as fhir_xml
from codesafety.formats.fhir.json import parse_json
from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.xml import parse_xml
from codesafety.plugins.reading import Source
from codesafety.record import Submission

NS = 'xmlns="http://hl7.org/fhir"'
CODE = '<code><coding><system value="http://snomed.info/sct"/><code value="8392000"/></coding></code>'


def xml(*resources: str) -> Submission:
    entries = "".join(f"<entry><resource>{r}</resource></entry>" for r in resources)
    return UpdateRecordReader().read(Source(f"<Bundle {NS}><type value='message'/>{entries}</Bundle>".encode(), "given"))


def as_json(value: dict[str, Any]) -> Submission:
    return UpdateRecordReader().read(Source(json.dumps(value).encode(), "given"))


def leaves(node: Node) -> dict[str, str | None]:
    found: dict[str, str | None] = {} if node.children else {node.path: node.value}
    for child in node.elements():
        found |= leaves(child)
    return found


def test_paths_are_the_same_in_both_forms() -> None:
    sent_xml = (
        f'<Observation {NS}><id value="a"/><category><text value="one"/></category><category><text value="two"/></category>{CODE}'
        '<extension url="u"><valueBoolean value="true"/></extension></Observation>'
    )
    sent_json = {
        "resourceType": "Observation",
        "id": "a",
        "category": [{"text": "one"}, {"text": "two"}],
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "8392000"}]},
        "extension": [{"url": "u", "valueBoolean": True}],
    }
    expected = {
        "Observation.id": "a",
        "Observation.category[0].text": "one",
        "Observation.category[1].text": "two",
        "Observation.code.coding[0].system": "http://snomed.info/sct",
        "Observation.code.coding[0].code": "8392000",
        "Observation.extension[0].url": "u",
        "Observation.extension[0].valueBoolean": "true",
    }
    assert leaves(parse_xml(sent_xml, "x").root) == expected
    assert leaves(parse_json(json.dumps(sent_json), "x").root) == expected


def test_a_contained_resource_stands_in_the_place_of_its_element() -> None:
    sent = f'<Observation {NS}><contained><Patient><id value="p"/></Patient></contained>{CODE}</Observation>'
    (contained,) = parse_xml(sent, "x").root.all("contained")
    assert (contained.path, contained.resource_type, contained.all("id")[0].path) == (
        "Observation.contained[0]",
        "Patient",
        "Observation.contained[0].id",
    )


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("77386006", "words between tags, where FHIR holds none, at the resource"),
        ('<x xmlns="urn:other"/>', "it holds an element that is not FHIR's, at the resource"),
        ('<status value="final" weight="3"/>', "it holds an attribute that is not FHIR's, at status"),
    ],
)
def test_what_is_not_fhir_breaks_the_resource_that_holds_it(inside: str, reason: str) -> None:
    read = xml(f"<Observation>{CODE}{inside}</Observation>", f"<Observation>{CODE}</Observation>")
    assert [e.path for e in read.entries] == ["Bundle.entry[1].resource"]
    assert [(n.path, n.reason, n.broken, n.coded) for n in read.not_read] == [("Bundle.entry[0].resource", reason, True, True)]


@pytest.mark.parametrize("inside", ["", f"<Observation>{CODE}</Observation><Observation>{CODE}</Observation>"])
def test_an_entry_that_does_not_hold_one_resource_is_broken(inside: str) -> None:
    read = xml(inside)
    assert [(n.path, n.broken, n.whole) for n in read.not_read] == [("Bundle.entry[0].resource", True, True)]


def test_empty_elements_and_values_are_reported_and_the_rest_is_read() -> None:
    read = xml(
        '<Observation><status value=""/><bodySite/><code><coding><code value="8392000"/><display value=" "/></coding></code></Observation>'
    )
    (entry,) = read.entries
    assert (entry.status, entry.codings[0].display) == (None, None)
    assert {n.path: n.reason for n in read.not_read} == {
        "Bundle.entry[0].resource.status": "an empty value",
        "Bundle.entry[0].resource.bodySite": "an empty element",
        "Bundle.entry[0].resource.code.coding[0].display": "an empty value",
    }


def test_narrative_is_no_breach() -> None:
    read = xml(
        f'<Observation><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p a="b">words <b>and</b> tags</p></div></text>{CODE}</Observation>'
    )
    assert (len(read.entries), read.not_read) == (1, ())


def test_an_external_entity_is_never_resolved() -> None:
    with pytest.raises(InputError, match="document type"):
        UpdateRecordReader().read(
            Source(
                f'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///dev/null">]><Observation {NS}><id value="&x;"/></Observation>'.encode()
            )
        )


def test_entities_that_multiply_are_refused_before_they_do() -> None:
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    with pytest.raises(InputError, match="document type"):
        parse_xml(f'<!DOCTYPE a [<!ENTITY a0 "ha">{bomb}]><Observation {NS}><id value="&a9;"/></Observation>', "given")


def test_the_limits_of_depth_and_size_hold_in_both_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = "<extension>" * 150
    with pytest.raises(InputError, match="nests deeper than 100 elements"):
        parse_xml(f"<Observation {NS}>{deep}", "given")
    with pytest.raises(InputError, match="nests deeper than 100 elements"):
        parse_json('{"resourceType":"Observation","extension":' + "[" * 150, "given")
    monkeypatch.setattr(fhir_xml, "MAX_ELEMENTS", 20)
    monkeypatch.setattr(fhir_json, "MAX_ELEMENTS", 20)
    with pytest.raises(InputError, match="holds more than 20 elements"):
        parse_xml(f"<Observation {NS}>" + '<note><text value="x"/></note>' * 20 + "</Observation>", "given")
    with pytest.raises(InputError, match="holds more than 20 elements"):
        parse_json(json.dumps({"resourceType": "Observation", "note": [{"text": "x"}] * 80}), "given")


def test_a_list_that_is_too_long_is_refused_without_a_name_of_the_senders(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fhir_json, fhir_tree):
        monkeypatch.setattr(module, "MAX_ELEMENTS", 20)
    for members in ({"smith": [1] * 21}, {"_smith": [None] * 21}):
        with pytest.raises(InputError) as caught:
            parse_json(json.dumps({"resourceType": "Observation", **members}), "given")
        assert "Observation: holds more than 20 elements of one name in one place" in str(caught.value)
        assert "smith" not in str(caught.value)


def test_brackets_inside_strings_are_no_depth() -> None:
    read = as_json({"resourceType": "Observation", "code": {"text": "[{" * 500 + '\\"'}})
    assert len(read.entries) == 1


def test_a_value_with_an_extension_beside_it_is_one_element() -> None:
    tree = parse_json(
        json.dumps(
            {
                "resourceType": "Patient",
                "birthDate": "1970-03-30",
                "_birthDate": {"extension": [{"url": "u", "valueDateTime": "1970-03-30T05:00:00Z"}]},
            }
        ),
        "x",
    )
    (born,) = tree.root.all("birthDate")
    assert (born.value, born.all("extension")[0].path) == ("1970-03-30", "Patient.birthDate.extension[0]")
    assert tree.flaws == ()


def test_extensions_of_a_list_stand_by_their_values() -> None:
    tree = parse_json(
        json.dumps({"resourceType": "Patient", "given": ["a", None], "_given": [None, {"extension": [{"url": "u"}]}]}), "x"
    )
    assert [(n.path, n.value, bool(n.children)) for n in tree.root.all("given")] == [
        ("Patient.given[0]", "a", False),
        ("Patient.given[1]", None, True),
    ]
    assert tree.flaws == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"note": [["a"]]},
        {"comment": "\ud800"},
        {"status": "final", "_status": "x"},
        {"note": ["a"], "_note": {}},
        {"a b": 1},
    ],
)
def test_breaches_of_json_break_their_resource(fields: dict[str, Any]) -> None:
    broken = {"resourceType": "Observation", "code": {"coding": [{"code": "1", "system": "s"}]}, **fields}
    read = as_json({"resourceType": "Bundle", "type": "message", "entry": [{"resource": broken}]})
    assert read.entries == ()
    (line,) = (n for n in read.not_read if n.whole)
    assert (line.path, line.broken, [c.code for c in line.codings]) == ("Bundle.entry[0].resource", True, ["1"])


def test_a_breach_in_the_envelope_is_reported_and_the_entries_are_read() -> None:
    read = as_json(
        {
            "resourceType": "Bundle",
            "type": "message",
            "timestamp": "soon",
            "a b": 1,
            "entry": [{"fullUrl": "urn:uuid:1"}, {"resource": {"resourceType": "Observation", "code": {"text": "a"}}}],
        }
    )
    assert len(read.entries) == 1
    assert {n.path for n in read.not_read if n.broken} == {"Bundle", "Bundle.timestamp", "Bundle.entry[0]"}


@pytest.mark.parametrize("word", ["1e5", "0.10", "-3"])
def test_decimals_keep_their_digits(word: str) -> None:
    read = xml(f'<Observation>{CODE}<valueQuantity><value value="{word}"/></valueQuantity></Observation>')
    value = read.entries[0].value
    assert value is not None and value.quantity is not None and value.quantity.value is not None
    assert str(value.quantity.value).replace("E+", "e") == word


@pytest.mark.parametrize("word", ["007", "1,5", "1e999", ".5", "Infinity", "0x10", "9" * 40])
def test_what_is_no_decimal_breaks_its_resource(word: str) -> None:
    assert xml(f'<Observation>{CODE}<valueQuantity><value value="{word}"/></valueQuantity></Observation>').entries == ()
