"""Two readers that know nothing of each other agree on each coding: where it stands, with what status, and about whom."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conformance.second_reader import PLACES, STATUSES, Reading, SecondReader, rows
from tests.conformance.test_readers_xml_and_json import in_xml
from tests.places import CASES, EXAMPLES, ROOT, SHARED

from codesafety.errors import Declined
from codesafety.formats import READERS
from codesafety.plugins.reading import Source
from codesafety.record import Coding, Component, Entry, Medication, Submission, TextItem

NOT_GIVEN = ("cancelled", "not-done", "declined", "draft", "not-taken")
"""Statuses by which the evaluation takes a medicine as not given (`codesafety.evaluation.items`)."""


def placed(codings: Iterable[Coding], place: str, *item: Any) -> Iterator[Reading]:
    for coding in codings:
        if coding.code:
            yield Reading(coding.path or "", coding.system, coding.code, place, *item)


def about(item: Entry | Medication | TextItem, part: Component | None = None) -> tuple[Any, ...]:
    """Return the path of an item, its status, what that means, whether it is past, and whose it is."""
    if item.entered_in_error:
        status, means = "entered-in-error", "withdrawn"
    elif isinstance(item, Medication):
        stopped = item.kind == "dispense" and item.status == "stopped" and item.handed_over is None
        given = not (item.not_given or item.status in NOT_GIVEN or stopped)
        status, means = item.status, "counts" if given else "absent"
    else:
        said = (part.assertion if part else None) or getattr(item, "assertion", None)
        status, means = item.status, "counts" if said in (None, "present") else str(said)
    return item.path, status, means, getattr(item, "temporality", None) == "past", getattr(item, "subject", None)


def ours(submission: Submission) -> Iterator[Reading]:
    """Yield every coding of a submission that an item, the message or the envelope holds."""
    for item in (*submission.entries, *submission.medications, *submission.texts):
        for qualifier in item.qualifiers:
            yield from placed(qualifier.codings, "qualifier", *about(item))
        if isinstance(item, Entry):
            yield from placed(item.codings, "concept", *about(item))
            yield from placed(item.value.codings if item.value else (), "value", *about(item))
            for part in item.components:
                codings = (*part.codings, *(part.value.codings if part.value else ()))
                yield from placed(codings, "component", *about(item, part))
        elif isinstance(item, Medication):
            yield from placed(item.products, "product", *about(item))
            others = (*item.not_given_reason, *item.supply_type, *item.route, *item.form)
            yield from placed(others, "qualifier", *about(item))
    yield from placed(submission.message.service, "message")
    for qualifier in submission.message.qualifiers:
        yield from placed(qualifier.codings, "message")
    for qualifier in submission.envelope:
        yield from placed(qualifier.codings, "envelope")


def difference(data: bytes) -> list[str]:
    """Return what the two readers say differently, a line for each coding and reader."""
    source = Source(data)
    submission = next(r for r in READERS if r.recognises(source)).read(source)
    wholes = [line.path for line in submission.not_read if line.whole]
    named = {line.path for line in submission.not_read if line.coded and not line.whole}
    second = SecondReader(data).readings()
    unread = {r.path for r in second if r.place == "unread"}
    loose = {r.path for r in second if r.place == "not judged"}
    held = {r for r in second if r.place not in ("unread", "not judged", "patient", "event")}
    mine = set(ours(submission))
    lines = [f"ours: {r}" for r in mine - held] + [f"second: {r}" for r in held - mine]
    lines += [f"second: unread {path}" for path in unread if not any(path.startswith(f"{whole}.") for whole in wholes)]
    lines += [f"second: not judged {path}" for path in loose - named]
    for line in submission.not_read:
        codings = {c.path for c in line.codings if c.code}
        lines += [f"ours: {'unread' if line.whole else 'not judged'} {p}" for p in codings - (unread if line.whole else loose)]
    lines += [f"second: event {r.code}" for r in second if r.place == "event" and r.code != submission.message.event]
    return sorted(lines)


def is_fhir(path: Path) -> bool:
    return path.suffix in (".xml", ".json") and (b"resourceType" in path.read_bytes() or b"hl7.org/fhir" in path.read_bytes())


OWN = [p for folder in (EXAMPLES, ROOT / "tests" / "fixtures" / "fhir") for p in sorted(folder.iterdir()) if is_fhir(p)]
FOLDERS = [SHARED / "fhir", *(CASES / name for name in ("records", "reports", "security"))]
REAL = [p for folder in FOLDERS if folder.is_dir() for p in sorted(folder.rglob("*.*")) if p.is_file() and is_fhir(p)]


@pytest.mark.parametrize("path", OWN, ids=lambda p: p.name)
def test_both_readers_agree_on_our_own_messages(path: Path) -> None:
    try:
        assert difference(path.read_bytes()) == []
    except Declined:
        assert path.name == "letter.json"


@pytest.mark.skipif(not REAL, reason="the shared material is not here")
@pytest.mark.parametrize("path", REAL or [None], ids=lambda p: p.name if p else "none")
def test_both_readers_agree_on_published_messages_and_records(path: Path) -> None:
    try:
        assert difference(path.read_bytes()) == []
    except Declined:
        assert path.name.startswith(("send-document", "vaccination-message"))


# --- made messages -----------------------------------------------------------------------------------------------------------

STU3 = "https://fhir.nhs.uk/STU3/StructureDefinition"
SERVER = "http://one.example/fhir"
OTHER = "http://two.example/fhir"
NUMBERS = {"p": "9991234578", "q": "9999999468", "nobody": "9992158107"}


@dataclass
class Maker:
    """Draws one message: its version, how its entries are addressed, and codes of which no two are the same."""

    draw: st.DrawFn
    r4: bool
    style: int
    addresses: dict[str, str] = field(default_factory=dict)
    made: int = 0

    def maybe(self, *values: Any) -> Any:
        return self.draw(st.sampled_from([None, *values]))

    def coding(self, code: str | None = None) -> dict[str, Any]:
        self.made += 1
        return {"system": "http://snomed.info/sct", "code": code or f"{self.made}"}

    def concept(self, code: str | None = None) -> dict[str, Any]:
        return {"coding": [self.coding(code), *([self.coding()] if self.draw(st.booleans()) else [])], "text": "words"}

    def url(self, kind: str, own: str) -> str:
        """The full URL of an entry, always the same: of one of two servers, a UUID, or none."""
        if own not in self.addresses:
            uuid = f"urn:uuid:00000000-0000-4000-8000-{sum(own.encode()):012d}"
            forms = [uuid, f"{SERVER}/{kind}/{own}", f"{OTHER}/{kind}/{own}", ""]
            self.addresses[own] = forms[self.draw(st.sampled_from([*[self.style] * 5, 0, 1, 2, 3]))]
        return self.addresses[own]

    def who(self) -> dict[str, Any]:
        """Somebody, in any form of reference."""
        whom = self.draw(st.sampled_from(["p", "p", "q", "q", "nobody"]))
        kind = self.draw(st.sampled_from(["Patient", "Patient", "Patient", "Device", "RelatedPerson"]))
        own = whom if kind == "Patient" else f"{whom}-{kind.lower()}"
        number = {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": NUMBERS[whom]}
        forms: list[dict[str, Any]] = [
            {"reference": f"{kind}/{own}"},
            {"reference": f"{kind}/{own}/_history/{self.draw(st.integers(1, 3))}"},
            {"reference": self.url(kind, own) or own},
            {"reference": own},
            {"reference": f"{SERVER}/{kind}/{own}"},
            {"reference": f"{OTHER}/{kind}/{own}"},
            {"reference": "#inside"},
            {"identifier": number},
            {"identifier": {"system": "https://x.example", "value": whom}},
            {"display": f"{whom} by name"},
            {"reference": f"Patient/{whom}", "display": "q by name"},
        ]
        return self.draw(st.sampled_from(forms))

    def words(self, kind: str) -> dict[str, Any]:
        """Statuses from the value sets, and now and then a word that is none."""
        found: dict[str, Any] = {}
        for element, meanings in STATUSES.get(kind, {}).items():
            versions = VERSIONS[kind, element]
            allowed = [w for w in meanings if ("R4" if self.r4 else "STU3") in versions[w]]
            word = self.maybe(*allowed, *(["no-such-word"] if allowed else []))
            if word is not None:
                concept = self.r4 and element in ("verificationStatus", "clinicalStatus")
                found[element] = self.concept(word) if concept else word
                if concept:
                    found[element]["coding"][1:] = [self.coding(w) for w in [self.maybe(*allowed)] if w]
        return found

    def resource(self, kind: str, own: str) -> dict[str, Any]:
        body: dict[str, Any] = {"resourceType": kind, "id": own, **self.words(kind)}
        if kind in ("List", "Composition"):
            return body | self.supporting(kind)
        whose = "patient" if kind in ("AllergyIntolerance", "Immunization", "FamilyMemberHistory") else "subject"
        if self.draw(st.integers(0, 4)):
            body[whose] = self.who()
        if body.get(whose, {}).get("reference") == "#inside" and self.draw(st.booleans()):
            inner = {"identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": NUMBERS[self.maybe("p") or "q"]}]}
            body["contained"] = [{"resourceType": "Patient", "id": "inside", **inner}]
        body |= getattr(self, kind.lower(), self.coded)(kind)
        odd = self.draw(st.integers(0, 30))
        extension = {"url": "https://x.example/Extension-A-1", "valueCodeableConcept": self.concept()}
        oddities: dict[int, dict[str, Any]] = {
            0: {"modifierExtension": [extension]},
            1: {"frobnicated": self.concept()},
            2: {"implicitRules": "https://x.example/rules"},
            3: {"meta": {"tag": [self.coding()], "security": [self.coding()]}},
            4: {"identifier": [{"type": self.concept(), "value": own}]},
            5: {"text": {"status": "generated", "extension": [extension]}},
            7: {"extension": [{"url": "https://x.example/a", "valueDateTime": "2025-02-30"}]},
            8: {"extension": [{"url": "https://x.example/a", "valueCoding": {"system": "http://snomed.info/sct", "code": 5}}]},
            9: {"meta": {"versionId": "1", "lastUpdated": "2025-06-01T10:00:00Z"}},
            6: {"contained": [*body.get("contained", []), {"resourceType": "Basic", "id": "b", "code": self.concept()}]},
        }
        return body | oddities.get(odd, {"extension": [extension]} if odd < 14 else {})

    def coded(self, kind: str) -> dict[str, Any]:
        """The concept and other elements of FHIR's, some of them below others."""
        name = {"Goal": "description", "Immunization": "vaccineCode"}.get(kind, "code")
        body = {name: self.concept()} if self.draw(st.integers(0, 9)) else {name: {"text": "words only"}}
        flag = {"Procedure": "notDone", "Immunization": "notGiven"}.get(kind)
        if flag and not self.r4 and self.draw(st.booleans()):
            body[flag] = self.draw(st.booleans())
        for way in sorted(PLACES[kind] - {name, "verificationStatus", "clinicalStatus"}):
            if way.count(".") < 2 and not self.draw(st.integers(0, 9)) and not way.endswith(("lement", "iming.code")):
                outer, _, inner = way.partition(".")
                body[outer] = self.concept() if not inner else [{inner: self.concept()}]
        return body

    def observation(self, _: str) -> dict[str, Any]:
        body: dict[str, Any] = {"code": self.concept(), **self.result()}
        parts = [{"code": self.concept(), **self.result()} for _ in range(self.draw(st.integers(0, 2)))]
        focus = [{"reference": f"Patient/{self.draw(st.sampled_from(['p', 'q', 'nobody']))}"}]
        body |= {"focus": focus} if self.r4 and not self.draw(st.integers(0, 5)) else {}
        return body | ({"component": parts} if parts else {}) | ({"category": [self.concept()]} if self.maybe(1) else {})

    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        match self.maybe("value", "text", "none", "doubt"):
            case "value":
                found["valueCodeableConcept"] = self.concept()
            case "text":
                found["valueString"] = "seen"
            case "none":
                found["dataAbsentReason"] = self.concept("not-performed")
            case "doubt":
                said = self.concept(self.draw(st.sampled_from(["NEG", "ND", "POS", "H", "IND"])))
                found["interpretation"] = [said] if self.r4 else said
            case _:
                pass
        return found

    def familymemberhistory(self, _: str) -> dict[str, Any]:
        conditions = [{"code": self.concept(), "outcome": self.concept()} for _ in range(self.draw(st.integers(0, 2)))]
        return {"relationship": self.concept()} | ({"condition": conditions} if conditions else {})

    def encounter(self, _: str) -> dict[str, Any]:
        body: dict[str, Any] = {"class": self.coding()} if self.maybe(1) else {}
        body |= {"type": [self.concept() for _ in range(self.draw(st.integers(1, 2)))]} if self.maybe(1) else {}
        reason = {"reasonCode" if self.r4 else "reason": [self.concept()]}
        return (
            body
            | (reason if self.maybe(1) else {})
            | ({"hospitalization": {"dietPreference": [self.concept()]}} if self.maybe(1) else {})
        )

    def supporting(self, kind: str) -> dict[str, Any]:
        if kind == "List":
            return {
                "code": self.concept(),
                "subject": self.who(),
                "entry": [{"flag": self.concept()}],
                "reasonCode": self.concept(),
            }
        return {"type": self.concept(), "subject": self.who(), "event": [{"code": [self.concept()]}], "other": self.concept()}

    def medicine(self, kind: str) -> dict[str, Any]:
        dosage = "dosage" if kind == "MedicationStatement" else "dosageInstruction"
        body: dict[str, Any] = {dosage: [{"route": self.concept()}]} if self.maybe(1) else {}
        reason = {"MedicationDispense": "notDoneReasonCodeableConcept", "MedicationStatement": "reasonNotTaken"}.get(kind)
        if self.r4 and kind == "MedicationRequest" and self.maybe(1):
            body["doNotPerform"] = self.draw(st.booleans())
        elif not self.r4 and reason is not None and not self.draw(st.integers(0, 3)):
            body[reason] = self.concept() if reason.startswith("notDone") else [self.concept()]
        if kind == "MedicationDispense" and self.maybe(1):
            body |= {"type": self.concept(), "whenHandedOver": "2025-06-01"}
        medicine = {
            "resourceType": "Medication",
            "id": "m",
            "code": self.concept(),
            "form": self.concept(),
            **self.words("Medication"),
        }
        match self.maybe("concept", "contained", "elsewhere"):
            case "concept":
                return body | {"medicationCodeableConcept": self.concept()}
            case "contained":
                return body | {"contained": [medicine], "medicationReference": {"reference": "#m"}}
            case "elsewhere":
                return body | {"medicationReference": {"reference": "Medication/m"}}
            case _:
                return body

    medicationrequest = medicationstatement = medicationdispense = medicine


VERSIONS = {
    (kind, element): {row[2]: row[3] for row in rows("statuses.md") if row[:2] == [kind, element]}
    for kind, elements in STATUSES.items()
    for element in elements
}
KINDS = [
    "Observation",
    "Condition",
    "AllergyIntolerance",
    "Procedure",
    "Immunization",
    "Encounter",
    "List",
    "Composition",
    "Goal",
]
KINDS += ["FamilyMemberHistory", "MedicationRequest", "MedicationStatement", "MedicationDispense"]


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """A lone resource, a bundle of R4, a GP Connect record, or an Update Record message with a document inside."""
    shape = draw(st.sampled_from(["lone STU3", "lone R4", "collection", "document", "message", "record", "update"]))
    make = Maker(draw, shape in ("lone R4", "collection", "document", "message"), draw(st.integers(0, 3)))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    if shape.startswith("lone"):
        profile = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-X" if make.r4 else f"{STU3}/CareConnect-X-1"
        return make.resource(kinds[0], "r0") | {"meta": {"profile": [profile]}}
    resources = [make.resource(kind, f"r{at}") for at, kind in enumerate(kinds)]
    family = draw(st.booleans())
    for whom in draw(st.sampled_from(["pq", "qp"] if family else ["", "p", "q", "pq"])):
        number = {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": NUMBERS[whom]}
        link = [{"other": {"reference": f"RelatedPerson/{whom}-relatedperson"}, "type": "seealso"}]
        resources.append({"resourceType": "Patient", "id": whom, "identifier": [number], "link": link})
    if family:
        who, whose = draw(st.permutations("pq"))
        role = make.concept(draw(st.sampled_from(["MTH", "MTH", "CHILD", "CHILD", "NOK"])))
        person = {"id": f"{who}-relatedperson", "patient": {"reference": f"Patient/{whose}"}, "relationship": role}
        resources.append({"resourceType": "RelatedPerson", **person})
    if draw(st.booleans()):
        resources.append({"resourceType": "Device", "id": "p-device", "type": make.concept(), "safety": [make.concept()]})
        resources.append({"resourceType": "Medication", "id": "m", "code": make.concept(), **make.words("Medication")})
    again = draw(st.sampled_from([None, None, *resources]))
    if again is not None:
        resources.append(again | {"meta": {"versionId": draw(st.sampled_from("0123"))}})
        again["meta"] = {"versionId": "2"}
    resources = draw(st.permutations(resources))
    urls = [make.url(r["resourceType"], r["id"]) for r in resources]
    entries = [{"resource": r} | ({"fullUrl": url} if url else {}) for r, url in zip(resources, urls, strict=True)]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    match shape:
        case "record":
            return bundle | {"meta": {"profile": [f"{STU3}/GPConnect-StructuredRecord-Bundle-1"]}}
        case "update":
            event = {"system": "https://fhir.nhs.uk/STU3/CodeSystem/ITK-MessageEvent-2", "code": "ITK014M"}
            header = {"resource": {"resourceType": "MessageHeader", "event": event, "reason": make.concept()}}
            profile = {"profile": [f"{STU3}/ITK-Message-Bundle-1"]}
            beside = draw(st.integers(0, 1))
            inner = {"resource": bundle | {"type": "document", "entry": entries[beside:]}}
            return {"resourceType": "Bundle", "meta": profile, "type": "message", "entry": [header, inner, *entries[:beside]]}
        case _:
            return bundle | {"type": shape}


@settings(max_examples=max(400, settings().max_examples))
@given(messages(), st.booleans())
def test_both_readers_agree_on_made_messages(message: dict[str, Any], as_xml: bool) -> None:
    data = json.dumps(message).encode()
    if as_xml:
        inside = "".join(in_xml(name, value) for name, value in message.items() if name != "resourceType")
        kind = message["resourceType"]
        data = f'<{kind} xmlns="http://hl7.org/fhir">{inside}</{kind}>'.encode()
    assert difference(data) == []
