"""Every coding, quantity, date and reference of a source is in the submission or, by path, in `not_read`.

The walker below knows nothing of the readers: it takes the source apart with the standard library and counts for itself.
"""

from __future__ import annotations

import copy
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codesafety.errors import Declined, InputError
from codesafety.formats import READERS
from codesafety.plugins.reading import Source
from codesafety.record import Coding, Submission

HERE = Path(__file__).resolve()
ROOT = HERE.parents[2]
SHARED = ROOT.parent / "shared" / "data" / "fhir"
OWN = sorted(
    [
        *(ROOT / "docs" / "examples").glob("*.xml"),
        *(ROOT / "docs" / "examples").glob("*update*.json"),
        *(ROOT / "tests" / "fixtures" / "fhir").glob("*"),
    ]
)
REAL = sorted(p for p in SHARED.glob("*/*") if p.suffix in (".xml", ".json")) if SHARED.is_dir() else []
LISTED = {"coding", "component", "contained", "entry", "extension", "modifierExtension", "section", "tag", "profile", "parameter"}

# --- a source as (name, value, children), from either form ---------------------------------------------------------------

Raw = tuple[str, str | None, list[Any]]


def from_xml(element: ET.Element) -> Raw:
    name = element.tag.rsplit("}", 1)[-1]
    children: list[Raw] = [(k, element.attrib[k], []) for k in ("id", "url") if k in element.attrib]
    for child in element:
        if child.tag.startswith("{http://hl7.org/fhir}"):
            if child.tag.rsplit("}", 1)[-1] in ("resource", "contained") and len(child) == 1:
                inner = from_xml(child[0])
                children.append((child.tag.rsplit("}", 1)[-1], None, [("resourceType", inner[0], []), *inner[2]]))
            else:
                children.append(from_xml(child))
    return name, element.attrib.get("value"), children


def from_json(name: str, value: Any) -> Raw:
    if isinstance(value, dict):
        children: list[Raw] = []
        for key, held in value.items():
            if key.startswith("_"):
                continue
            for part in held if isinstance(held, list) else [held]:
                children.append(from_json(key, part))
        return name, None, children
    if isinstance(value, bool):
        return name, "true" if value else "false", []
    return name, None if value is None else str(value), []


def raw(path: Path) -> Raw:
    data = path.read_bytes()
    if data.lstrip()[:1] == b"{":
        value = json.loads(data, parse_float=str, parse_int=str)
        return from_json(value["resourceType"], value)
    root = ET.fromstring(data)
    return from_xml(root)


def walk(node: Raw, path: str, *, resource: bool) -> Iterator[tuple[str, Raw]]:
    yield path, node
    counts: dict[str, int] = {}
    for name, _, _ in node[2]:
        counts[name] = counts.get(name, 0) + 1
    seen: dict[str, int] = {}
    for child in node[2]:
        name = child[0]
        at = seen.get(name, 0)
        seen[name] = at + 1
        if resource and name == "text":
            continue
        here = f"{path}.{name}[{at}]" if counts[name] > 1 or name in LISTED else f"{path}.{name}"
        yield from walk(child, here, resource=any(c[0] == "resourceType" for c in child[2]))


def values(node: Raw) -> dict[str, str]:
    return {name: value for name, value, _ in node[2] if value is not None}


DATE = re.compile(r"\d{4}-\d{2}(-\d{2}(T\S+)?)?")


def accountable(root: Raw) -> Iterator[tuple[str, str, Raw]]:
    for path, node in walk(root, root[0], resource=True):
        name, value, _ = node
        held = values(node)
        if value is not None and DATE.fullmatch(value) and not name.startswith(("div", "id")):
            yield "date", path, node
        elif name == "coding" or name.endswith("Coding") or name == "tag":
            if "code" in held:
                yield "coding", path, node
        elif "reference" in held:
            yield "reference", path, node
        elif "value" in held and ({"unit", "code"} & set(held)):
            yield "quantity", path, node


# --- what the submission holds -------------------------------------------------------------------------------------------


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Coding):
        yield value
    if isinstance(value, tuple):
        for part in value:
            yield from leaves(part)
    elif hasattr(value, "model_fields_set"):
        for name in type(value).model_fields:
            yield from leaves(getattr(value, name))
    else:
        yield value


def unaccounted(path: Path) -> list[str]:
    source = Source(path.read_bytes(), path.name)
    reader = next(r for r in READERS if r.recognises(source))
    return missing(reader.read(source), raw(path))


def missing(submission: Submission, root: Raw) -> list[str]:
    held = list(leaves(submission))
    codings = {(c.path, c.system, c.code, c.display) for c in held if isinstance(c, Coding)}
    texts = {v for v in held if isinstance(v, str)}
    numbers = {v for v in held if isinstance(v, Decimal)}
    exact = {n.path for n in submission.not_read}
    whole = tuple(n.path + "." for n in submission.not_read if n.whole)
    private = ("BirthSex", "us-core-birthsex", "NHSNumberVerificationStatus", "76689-9")
    lost = []
    for kind, where, node in accountable(root):
        if where in exact or where.startswith(whole):
            continue
        given_ = values(node)
        match kind:
            case "date":
                found = node[1] in texts
            case "coding":
                found = (where, given_.get("system"), given_["code"], given_.get("display")) in codings
                found = (
                    found or any(p in json.dumps(node) for p in private) or submission.patient.nhs_number_status == given_["code"]
                )
                found = found or submission.message.event == given_["code"]
            case "quantity":
                found = (
                    Decimal(given_["value"]) in numbers
                    or any(Decimal(given_["value"]) * 7 == n for n in numbers)
                    or any(given_["value"] in t for t in texts)
                )
            case _:
                found = where in texts
        if not found:
            lost.append(f"{kind} {where}")
    return lost


@pytest.mark.parametrize("path", OWN, ids=lambda p: p.name)
def test_nothing_is_lost_in_our_own_messages(path: Path) -> None:
    try:
        assert unaccounted(path) == []
    except Declined:
        assert "letter" in path.name or "acknowledgement" in path.name


@pytest.mark.skipif(not REAL, reason="the shared data is not here")
@pytest.mark.parametrize("path", REAL or [None], ids=lambda p: p.name if p else "none")
def test_nothing_is_lost_in_published_messages_and_records(path: Path) -> None:
    try:
        assert unaccounted(path) == []
    except Declined:
        assert path.name.startswith("send-document")


# --- mutations -----------------------------------------------------------------------------------------------------------

TEMPLATE = ROOT / "docs" / "examples" / "pregnancy-status-update.json"


def dotted(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(value, dict):
        for key, part in value.items():
            yield from dotted(part, (*at, key))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from dotted(part, (*at, place))


PLACES = [p for p in dotted(json.loads(TEMPLATE.read_bytes())) if p]
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.just("2025-13-45"),
    st.just([{}]),
    st.just({"coding": [{"code": 77386006}]}),
    st.just({"reference": 1}),
    st.just({"value": "x", "unit": "mg"}),
    st.just([["a"]]),
    st.just({"extension": [{"url": "x", "valueCoding": {"code": "y"}}]}),
    st.just("77386006000000000000000"),
    st.just({"resourceType": "Basic", "code": {"coding": [{"code": "1", "system": "s"}]}}),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(["drop", "put", "double"]), JUNK), min_size=1, max_size=4))
def test_nothing_is_lost_in_damaged_messages(changes: list[tuple[tuple[Any, ...], str, Any]]) -> None:
    message = json.loads(TEMPLATE.read_bytes())
    for place, how, junk in changes:
        holder: Any = message
        try:
            for step in place[:-1]:
                holder = holder[step]
            match how:
                case "drop":
                    del holder[place[-1]]
                case "put":
                    holder[place[-1]] = copy.deepcopy(junk)  # one piece of junk may be put inside another
                case _:
                    holder[place[-1]] = [holder[place[-1]], holder[place[-1]]]
        except (KeyError, IndexError, TypeError):
            continue
    data = json.dumps(message).encode()
    source = Source(data)
    reader = next((r for r in READERS if r.recognises(source)), None)
    if reader is None:
        return
    try:
        submission = reader.read(source)
    except InputError:
        return
    if not isinstance(message.get("resourceType"), str):
        return
    lost = missing_codes(submission, message)
    assert lost == []


def missing_codes(submission: Submission, message: Any) -> list[str]:
    """Return the SNOMED CT codes sent in text that are nowhere: not in the submission, and not in a line of `not_read`."""
    root = from_json(message["resourceType"], json.loads(json.dumps(message), parse_float=str, parse_int=str))
    codings = {c.code for c in leaves(submission) if isinstance(c, Coding)}
    lines = tuple(n.path for n in submission.not_read)
    lost = []
    for kind, where, node in accountable(root):
        code = values(node).get("code")
        if kind == "coding" and code is not None and code.strip() and code not in codings:
            if not where.startswith(lines) and code != submission.message.event and code != submission.patient.nhs_number_status:
                lost.append(where)
    return lost
