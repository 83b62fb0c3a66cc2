"""The fast path of reading: it tells what the careful path tells, takes what is plain, and leaves it everything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.campaign.mutate import bases
from tests.formats.fhir.two_paths import FOLDERS, both, differing, told
from tests.places import EXAMPLES, SHARED

from codesafety.formats.fhir import json as fhir_json
from codesafety.formats.fhir import xml as fhir_xml
from codesafety.formats.fhir.tree import Unusual
from codesafety.plugins.reading import MAX_ATTRIBUTES, MAX_DEPTH
from codesafety.record import MAX_CODINGS, MAX_TEXT

NS = 'xmlns="http://hl7.org/fhir"'
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
CODING = {"system": "http://snomed.info/sct", "code": "77386006", "display": "Pregnant"}
RECORDS = sorted((SHARED / "fhir" / "gp-record-stu3").glob("*.json")) if SHARED.is_dir() else []


def is_plain(text: str) -> bool:
    try:
        (fhir_xml if text.startswith("<") else fhir_json)._plain(text)
    except Unusual:
        return False
    return True


def alike(text: str) -> bool:
    answers = both(text.encode("utf-8", "surrogatepass"))
    assert answers is not None
    return answers[0] == answers[1]


def xml(inner: str, *, name: str = "Observation", attributes: str = NS) -> str:
    return f"<{name} {attributes}>{inner}</{name}>"


def observation(**fields: Any) -> str:
    return json.dumps({"resourceType": "Observation", "status": "final", **fields})


def nested(depth: int) -> str:
    """JSON whose innermost object is so deep."""
    return '{"resourceType":"Basic","a":' + '{"a":' * (depth - 2) + '{"a":"b"}' + "}" * (depth - 1)


def nested_xml(depth: int, inner: str = '<a value="b"/>') -> str:
    """XML whose innermost element is so deep, what is inside it being the last."""
    return xml("<a>" * (depth - 2) + inner + "</a>" * (depth - 2))


NARRATIVE = f'<text><status value="generated"/><div {XHTML}>words <b>in</b> bold</div></text>'
PLAIN = {
    "values of each kind": observation(a="x", b=1.50, c=True, d=["x", 2, False], code={"coding": [CODING]}),
    "a list of one": observation(category=[{"text": "one"}], name=["x"]),
    "escapes": observation(comment='she said "no", \\ and\n[{'),
    "words of other languages": '{"resourceType":"Observation","comment":"\u00e9 \u0142 \U0001f600"}',
    "brackets in words": observation(comment="[[[{{{ ]", note=[{"text": "}"}]),
    "inside each other": observation(contained=[{"resourceType": "Patient", "id": "p"}]),
    "a resource that is no resource": observation(resource={"reference": "Patient/p"}),
    "a long file": observation(content={"data": "x" * (MAX_TEXT + 1)}),
    "as deep as may be, but one": nested(MAX_DEPTH - 1),
    "XML": xml('<id value="o"/><code><coding><code value="1"/></coding><coding><code value="2"/></coding></code>'),
    "XML with a narrative": xml(NARRATIVE),
    "XML with attributes": xml('<extension url="u"><valueCode value="x"/></extension><code id="c"><text value="t"/></code>'),
    "XML with resources in it": xml("<contained><Patient><id value='p'/></Patient></contained>" * 2),
    "XML with a resource that is no resource": xml('<resource><reference value="Patient/p"/></resource>'),
    "XML with the same name of both kinds": xml('<a value="1"/><a><b value="2"/></a><a value="3"/>'),
    "XML of nothing": xml(""),
    "XML with comments": xml('<!-- one --><id value="o"/><?a processing instruction?>'),
    "XML as deep as may be": nested_xml(MAX_DEPTH),
}  # fmt: skip
UNUSUAL = {
    "a null": observation(code=None),
    "a null in a list": observation(name=["x", None]),
    "an empty list": observation(name=[]),
    "an empty element": observation(code={}),
    "an empty text": observation(comment=""),
    "a blank text": observation(comment=" \u2003\n"),
    "blank in a list": observation(name=["x", "\t"]),
    "a companion": observation(_status={"id": "x"}),
    "a name that is none": observation(**{"a-b": "x"}),
    "a list in a list": observation(name=[["x"]]),
    "a long text": observation(comment="x" * (MAX_TEXT + 1)),
    "a long text in a list": observation(name=["x" * (MAX_TEXT + 1)]),
    "too many codings": observation(code={"coding": [CODING] * (MAX_CODINGS + 1)}),
    "a surrogate pair, escaped": observation(comment="\U0001f600"),
    "half of a surrogate pair": observation(comment="\ud800"),
    "a name twice": '{"resourceType":"Observation","status":"final","status":"final"}',
    "a name twice, of objects": '{"resourceType":"Basic","code":{"text":"a"},"code":{"text":"b"}}',
    "the kind twice": '{"resourceType":"Basic","resourceType":"Patient"}',
    "a number twice": '{"resourceType":"Basic","a":1,"a":2}',
    "no kind": '{"status":"final"}',
    "a kind that is a number": '{"resourceType":1}',
    "a resource of no kind": observation(contained=[{"id": "p"}]),
    "no object": "[1]",
    "no number": '{"resourceType":"Basic","a":NaN}',
    "no JSON": '{"resourceType":"Basic"',
    "no JSON, by its escapes": '{"resourceType":"Basic",\\"a":1}',
    "as deep as may be": nested(MAX_DEPTH),
    "too deep": nested(MAX_DEPTH + 1),
    "far too deep": "[" * 100_000,
    "brackets that do not close": '{"resourceType":"Basic","a":"]"',
    "XML, words between tags": xml('<id value="x"/>words'),
    "XML, an empty element": xml("<code/>"),
    "XML, an empty value": xml('<id value=" "/>'),
    "XML, a value and an id": xml('<id value="x" id="y"/>'),
    "XML, a value and an element": xml('<birthDate value="2000"><extension url="u"><valueCode value="x"/></extension></birthDate>'),
    "XML, an attribute of nobody's": xml('<code name="x"><text value="y"/></code>'),
    "XML, a long text": xml(f'<comment value="{"x" * (MAX_TEXT + 1)}"/>'),
    "XML, too many codings": xml("<code>" + '<coding><code value="1"/></coding>' * (MAX_CODINGS + 1) + "</code>"),
    "XML, a foreign element": xml('<a xmlns="http://example.org" value="x"/>'),
    "XML, XHTML outside of a narrative": xml(f"<code><div {XHTML}/></code>"),
    "XML, a narrative with another element": xml(f'<text><div {XHTML}><id {NS} value="x"/></div></text>'),
    "XML, a narrative as the whole": f"<div {XHTML}/>",
    "XML, many attributes": xml("", attributes=NS + "".join(f' a{n}="x"' for n in range(MAX_ATTRIBUTES + 1))),
    "XML, many attributes in a narrative": xml(f"<text><div {XHTML}" + "".join(f' a{n}="x"' for n in range(MAX_ATTRIBUTES + 1)) + "/></text>"),
    "XML, a deep narrative": nested_xml(MAX_DEPTH - 1, f"<text><div {XHTML}><b/></div></text>"),
    "XML, too deep": nested_xml(MAX_DEPTH + 1),
    "XML, resources too deep": nested_xml(MAX_DEPTH - 1, "<contained><Patient><id value='p'/></Patient></contained>"),
    "XML, nothing where a resource belongs": xml("<contained></contained>"),
    "XML, two resources where one belongs": xml("<contained><Basic><id value='x'/></Basic><Basic><id value='y'/></Basic></contained>"),
    "XML, a resource and an element where one belongs": xml("<contained><Basic><id value='x'/></Basic><id value='y'/></contained>"),
    "XML, an element and a resource where one belongs": xml("<contained><id value='y'/><Basic><id value='x'/></Basic></contained>"),
    "XML, an empty resource": xml("<contained><Basic/></contained>"),
    "XML, a resource with an attribute": xml("<contained><Basic id='x'><id value='x'/></Basic></contained>"),
    "XML, a resource that has an id before it": xml("<contained id='x'><Basic><id value='x'/></Basic></contained>"),
    "XML, a resource that is a value": xml('<contained value="x"/>'),
    "XML, a resource where none belongs": xml("<code><Basic><id value='x'/></Basic></code>"),
    "XML, a resource in a value": xml("<id value='x'><Basic/></id>"),
    "XML, no resource": f"<id {NS} value='x'/>",
    "XML, not FHIR": "<Observation/>",
    "XML, cut short": f"<Observation {NS}><id",
    "XML, a document type": f"<!DOCTYPE Observation>{xml('')}",
    "XML, an entity": f'<!DOCTYPE Observation [<!ENTITY x "y">]>{xml("<id value=" + chr(34) + "&x;" + chr(34) + "/>")}',
    "XML, an entity of nobody's": xml('<id value="&x;"/>'),
}  # fmt: skip


@pytest.mark.parametrize("case", PLAIN)
def test_what_is_plain_is_taken_by_the_fast_path_and_read_alike(case: str) -> None:
    assert is_plain(PLAIN[case])
    assert alike(PLAIN[case])


@pytest.mark.parametrize("case", UNUSUAL)
def test_what_is_not_is_left_to_the_careful_path_with_every_word_of_it(case: str) -> None:
    assert not is_plain(UNUSUAL[case])
    if UNUSUAL[case][0] in "<{":
        assert alike(UNUSUAL[case])


def test_the_fast_path_takes_our_own_messages() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.xml")) + sorted(EXAMPLES.glob("*update*.json"))]
    assert [is_plain(text.lstrip()) for text in texts] == [True] * 3


@pytest.mark.skipif(not RECORDS, reason="the shared data is not here")
def test_the_fast_path_takes_published_records_and_reads_them_alike() -> None:
    for path in RECORDS:
        text = path.read_text(encoding="utf-8")
        assert is_plain(text)
        assert told(fhir_json.parse_json, text) == told(fhir_json.parse_json_carefully, text)


def test_of_mutants_both_paths_tell_the_same() -> None:
    assert differing(bases(FOLDERS), 0, 250) == []
