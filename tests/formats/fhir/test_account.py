"""Every coding of a source is judged, of the envelope, or named as not judged, wherever it stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.places import ROOT

import codesafety
from codesafety.cli.output import exit_code
from codesafety.cli.render import render
from codesafety.formats import R4Reader
from codesafety.formats.fhir.entries import SHAPES
from codesafety.formats.fhir.medicines import KINDS
from codesafety.formats.fhir.places import ANYWHERE, ENVELOPE, EXTENSIONS, is_envelope
from codesafety.plugins.reading import Source
from codesafety.record import Coding, Model, Submission

SCT = "http://snomed.info/sct"
DENIED = {"system": SCT, "code": "77386006", "display": "Not pregnant"}
PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1990-01-01"}
WEIGHT = {
    "resourceType": "Observation",
    "id": "w",
    "status": "final",
    "code": {"coding": [{"system": SCT, "code": "27113001", "display": "Body weight"}]},
    "effectiveDateTime": "2026-03-04",
}
PLACES = [
    (line.split()[0], place)
    for line in (Path(__file__).parent / "places_of_fhir.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for place in line.split()[1:]
]


@pytest.fixture(scope="module")
def engine() -> codesafety.Engine:
    return codesafety.load(installed_plugins=False)


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": r} for r in (PATIENT, WEIGHT, *resources)],
        **more,
    }


def read(engine: codesafety.Engine, source: Any) -> Submission:
    return engine.read(json.dumps(source).encode() if not isinstance(source, str) else source.encode())


def codings_of(model: Any) -> Iterator[Coding]:
    """Yield every coding of the items and the message; neither the envelope's nor what was not read."""
    match model:
        case Coding():
            yield model
        case Model():
            for name in type(model).model_fields:
                if name not in ("envelope", "not_read"):
                    yield from codings_of(getattr(model, name))
        case tuple():
            for one in model:
                yield from codings_of(one)
        case _:
            pass


def what_became_of(submission: Submission, code: str = "77386006") -> set[str]:
    found = set()
    if any(c.code == code for c in codings_of(submission)):
        found.add("judged")
    if any(c.code == code for q in submission.envelope for c in q.codings):
        found.add("envelope")
    if any(n.coded or n.broken for n in submission.not_read):
        found.add("not judged")
    return found


def standing_at(kind: str, place: str, held: Any) -> dict[str, Any]:
    for name in reversed(place.split(".")):
        held = {name: held}
    status = "finished" if kind == "Encounter" else "active"
    return {"resourceType": kind, "id": "x", "status": status, "subject": {"reference": "Patient/p"}, **held}


@pytest.mark.parametrize(("kind", "place"), PLACES, ids=lambda part: part)
def test_a_coding_at_each_place_of_fhir_is_judged_or_envelope_or_named(engine: codesafety.Engine, kind: str, place: str) -> None:
    if kind == "Bundle":
        pytest.skip("the bundle is around the message here; see the tests below")
    if (kind, place) == ("MessageHeader", "event"):
        pytest.skip("a message of another event is declined, by its code")
    for held in ({"coding": [DENIED]}, DENIED, {"coding": [{**DENIED, "display": "Pregnant"}], "text": "Not pregnant"}):
        submission = read(engine, bundle(standing_at(kind, place, held)))
        became = what_became_of(submission)
        if is_envelope(kind, place):
            assert became
            assert became != {"envelope"} or kind in ENVELOPE or place in ANYWHERE or place.endswith("identifier.type")
        else:
            assert became & {"judged", "not judged"}
            assert "envelope" not in became
        assert exit_code(engine.assess(submission)) != 0
        if became == {"judged"}:
            assert kind in {*SHAPES, *KINDS, "MessageHeader", "Patient", "Medication"}


ITEMS = sorted({*SHAPES, *KINDS} - {"Composition", "Encounter", "Medication"})
"""Kinds of resources that are items whatever they hold: those two are where they code something clinical, and a product never is."""


@pytest.mark.parametrize("kind", ITEMS)
def test_words_without_a_code_at_each_place_of_fhir_are_kept(engine: codesafety.Engine, kind: str) -> None:
    """However deep they stand: as the words of the item, of its value or of a part, or else as its free text."""
    for place in (place for of, place in PLACES if of == kind):
        resource = standing_at(kind, place, {"text": "denied by word"})
        submission = read(engine, bundle(resource))
        kept = submission.model_dump_json(include={"entries", "medications", "texts"})
        assert "denied by word" in kept or any(n.broken for n in submission.not_read), place


def paths_told(engine: codesafety.Engine, source: Any) -> str:
    report = engine.assess(read(engine, source))
    assert exit_code(report) != 0
    return " ".join(render(report, "message", colour=False).split())


CODEABLE = {"coding": [DENIED], "text": "Not pregnant"}
HIDDEN = {
    "narrative of the bundle": (bundle(text={"coding": [DENIED]}), "Bundle.text.coding[0]"),
    "narrative of a resource": (bundle({**WEIGHT, "text": {"status": "generated", "coding": [DENIED]}}), "resource.text.coding[0]"),
    "an extension of the narrative": (
        bundle({**WEIGHT, "text": {"extension": [{"url": "x", "valueCoding": DENIED}]}}),
        "resource.text.extension[0].valueCoding",
    ),
    "contained parameters": (
        bundle({**WEIGHT, "contained": [{"resourceType": "Parameters", "parameter": [{"name": "c", "valueCodeableConcept": CODEABLE}]}]}),
        "resource.contained[0].parameter[0].valueCodeableConcept.coding[0]",
    ),
    "a claim": (bundle({"resourceType": "Claim", "diagnosis": [{"diagnosisCodeableConcept": CODEABLE}]}), "diagnosis.diagnosisCodeableConcept.coding[0]"),
    "a name that FHIR does not have": (bundle({**WEIGHT, "kode": CODEABLE}), "resource.unknown1.coding[0]"),
    "a name of another place": (bundle({**WEIGHT, "subject": CODEABLE}), "resource.subject.coding[0]"),
    "a renamed code": (bundle({**WEIGHT, "code": {"coding": [{"system": SCT, "kode": "77386006", "display": "Not pregnant"}]}}), "coding[0].unknown1"),
    "renamed words": (bundle({**WEIGHT, "code": {"coding": [{"system": SCT, "code": "77386006", "words": "Not pregnant"}]}}), "coding[0].unknown1"),
    "renamed text": (bundle({**WEIGHT, "code": {"coding": [{"system": SCT, "code": "77386006"}], "texts": "Not pregnant"}}), "code.unknown1"),
    "an identifier in a status": (bundle({**WEIGHT, "interpretation": [{"coding": [{"display": "77386006"}]}]}), "interpretation.coding[0].display"),
    "a request to delete": (
        bundle(entry=[{"resource": PATIENT}, {"resource": WEIGHT}, {"request": {"method": "DELETE", "url": f"Condition?code={SCT}|77386006"}}]),
        "Bundle.entry[2]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_a_coding_in_an_unusual_place_is_named_by_its_path_in_the_text_report(engine: codesafety.Engine, name: str) -> None:
    source, path = HIDDEN[name]
    assert path in paths_told(engine, source)


@pytest.mark.parametrize(
    "unknown",
    [
        {"resourceType": "Foo", "text": {"coding": [DENIED]}},
        {"resourceType": "Foo", "text": {"extension": [{"url": "x", "valueCoding": DENIED}]}},
        {"resourceType": "Foo", "words": {"kode": "77386006"}},
    ],
)
def test_a_resource_that_is_not_understood_holds_a_code_wherever_it_stands(engine: codesafety.Engine, unknown: Any) -> None:
    submission = read(engine, bundle(unknown))
    (line,) = (n for n in submission.not_read if n.whole)
    assert line.coded
    assert engine.assess(submission).decision in ("review", "hold")


def test_a_resource_that_is_not_understood_and_holds_no_code_is_a_note(engine: codesafety.Engine) -> None:
    submission = read(engine, bundle({"resourceType": "Foo", "words": "Not pregnant"}))
    assert [n.coded for n in submission.not_read if n.whole] == [False]


def test_a_second_extension_with_a_value_of_its_own_is_named(engine: codesafety.Engine) -> None:
    source = (
        '<Observation xmlns="http://hl7.org/fhir"><status value="final"/><code><coding><system value="http://snomed.info/sct"/>'
        '<code value="27113001"/></coding><extension url="x"><valueString value="y"/></extension><extension value="Not so"/></code></Observation>'
    )
    assert "code.extension[1]" in paths_told(engine, source)


def test_a_coding_beside_a_value_is_named(engine: codesafety.Engine) -> None:
    coding = '<coding value="x"><system value="http://snomed.info/sct"/><code value="77386006"/><display value="Not pregnant"/></coding>'
    source = (
        '<Observation xmlns="http://hl7.org/fhir"><status value="final"/><code><coding><system value="http://snomed.info/sct"/>'
        f'<code value="27113001"/></coding></code><note>{coding}</note></Observation>'
    )
    assert "Observation.note.coding[0]" in paths_told(engine, source)


def test_a_code_with_elements_inside_is_named_where_fhir_has_none(engine: codesafety.Engine) -> None:
    source = (
        '<Observation xmlns="http://hl7.org/fhir"><extension url="x"><valueCodeableConcept><extension><system value="http://snomed.info/sct"/>'
        '<code value="77386006"><system value="y"/></code></extension><text value="Not pregnant"/></valueCodeableConcept></extension>'
        '<status value="final"/><code><coding><system value="http://snomed.info/sct"/><code value="27113001"/></coding></code></Observation>'
    )
    assert "valueCodeableConcept.extension[0]" in paths_told(engine, source)


@pytest.mark.parametrize("name", ["code", "system", "coding"])
def test_a_null_where_a_code_belongs_breaks_the_resource(engine: codesafety.Engine, name: str) -> None:
    coding: Any = {**DENIED, name: None}
    source = bundle({**WEIGHT, "code": {"coding": None if name == "coding" else [coding]}})
    assert engine.assess(read(engine, source)).decision == "hold"


@pytest.mark.parametrize("coding", ['<code id="77386006"/>', "<code/>"])
def test_a_code_without_a_value_breaks_the_resource(engine: codesafety.Engine, coding: str) -> None:
    source = (
        '<Observation xmlns="http://hl7.org/fhir"><status value="final"/><code><coding><system value="http://snomed.info/sct"/>'
        f'{coding}</coding><text value="Not pregnant"/></code></Observation>'
    )
    assert engine.assess(read(engine, source)).decision == "hold"


def test_elements_of_fhir_inside_narrative_break_the_resource(engine: codesafety.Engine) -> None:
    source = (
        '<Observation xmlns="http://hl7.org/fhir"><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">'
        '<coding xmlns="http://hl7.org/fhir"><code value="77386006"/></coding></div></text><status value="final"/>'
        '<code><coding><system value="http://snomed.info/sct"/><code value="27113001"/></coding></code></Observation>'
    )
    assert engine.assess(read(engine, source)).decision == "hold"


def test_words_beside_a_code_of_the_envelope_are_compared_with_it(engine: codesafety.Engine) -> None:
    code = {"coding": [{**DENIED, "display": "Pregnant"}], "text": "Not pregnant"}
    report = engine.assess(read(engine, bundle({"resourceType": "List", "code": code})))
    assert report.decision == "hold"


AMOXICILLIN = {"coding": [{"system": SCT, "code": "323509004", "display": "Amoxicillin 250mg capsules"}]}
SUPPLY = "https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-MedicationSupplyType-1"
BESIDE_A_PRODUCT: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "MedicationRequest": lambda said: {"dosageInstruction": [{"route": said}]},
    "MedicationAdministration": lambda said: {"dosage": {"route": said}},
    "MedicationStatement": lambda said: {"dosage": [{"route": said}], "reasonNotTaken": [AMOXICILLIN]},
    "MedicationDispense": lambda said: {"type": said},
    "MedicationRequest of a supply": lambda said: {"extension": [{"url": SUPPLY, "valueCodeableConcept": said}]},
    "MedicationStatement that was not taken": lambda said: {"taken": "n", "reasonNotTaken": [said]},
    "MedicationDispense that was not done": lambda said: {"statusReasonCodeableConcept": said},
}


@pytest.mark.parametrize("kind", BESIDE_A_PRODUCT)
def test_words_beside_what_a_medicine_is_taken_for_or_by_are_compared_with_its_code(engine: codesafety.Engine, kind: str) -> None:
    """Of a route, a reason, a supply, a form: the concept's words stand in no field of their own, and are its codes'."""

    def fired(words: str) -> set[str]:
        said = {"coding": [{**DENIED, "display": "Pregnant"}], "text": words}
        made = {"resourceType": kind.split()[0], "id": "m", "medicationCodeableConcept": AMOXICILLIN, "status": "active"}
        report = engine.assess(read(engine, bundle({**made, **BESIDE_A_PRODUCT[kind](said)})))
        return {result.rule for result in report.results if result.outcome == "fires"}

    assert fired("Not pregnant") - fired("Pregnant") == {"uk.integrity/pregnancy-code-whose-words-deny-it"}


def test_a_damaged_code_is_found_in_the_envelope_and_where_none_is_judged(engine: codesafety.Engine) -> None:
    cut = {"coding": [{"system": SCT, "code": "1659111000000100"}]}
    for resource in (
        {"resourceType": "List", "code": cut},
        {"resourceType": "Claim", "diagnosis": [{"diagnosisCodeableConcept": cut}]},
    ):
        report = engine.assess(read(engine, bundle(resource)))
        assert report.decision == "hold"
        assert any(r.outcome == "fires" and "spreadsheet" in r.message for r in report.results)


def test_the_envelope_is_counted_in_one_line_and_asks_for_nothing(engine: codesafety.Engine) -> None:
    order = {"system": "http://hl7.org/fhir/list-order", "code": "event-date"}
    report = engine.assess(read(engine, bundle({"resourceType": "List", "orderedBy": {"coding": [order]}})))
    assert report.counts.envelope == 1
    assert exit_code(report) == 0
    assert "1 code of the envelope" in render(report, "message", colour=False, whole=True)


@pytest.mark.parametrize("number", ["", "-1", "-12"])
@pytest.mark.parametrize("maker", ["CareConnect-GPC-", "UKCore-", ""])
def test_an_extension_of_the_envelope_is_known_by_its_name(maker: str, number: str) -> None:
    assert is_envelope("List", f"Extension-{maker}ClinicalSetting{number}")
    assert is_envelope("Patient", f"Extension-{maker}RegistrationDetails{number}.registrationType")
    assert not is_envelope("List", f"Extension-{maker}Setting{number}")


@pytest.mark.parametrize(
    "modified",
    [
        {"resourceType": "Medication", "id": "m", "modifierExtension": [{"url": "https://x.example/not", "valueBoolean": True}]},
        {"resourceType": "List", "id": "l", "implicitRules": "https://x.example/rules"},
        {"resourceType": "Encounter", "participant": [{"modifierExtension": [{"url": "https://x.example/not"}]}]},
    ],
    ids=lambda m: m["resourceType"],
)
def test_a_supporting_resource_with_a_modifier_is_named(engine: codesafety.Engine, modified: dict[str, Any]) -> None:
    submission = read(engine, bundle(modified))
    lines = [(line.path, line.coded) for line in submission.not_read if "modifier" in line.reason]
    assert lines == [("Bundle.entry[2].resource", True)]
    assert engine.assess(submission).decision == "review"


NOT = {"modifierExtension": [{"url": "https://x.example/not", "valueBoolean": True}]}
SOUND = {"fullUrl": "https://x.example/Observation/w", "resource": WEIGHT}


@pytest.mark.parametrize(
    "source",
    [
        {"resourceType": "Bundle", "type": "collection", "entry": [{**SOUND, **NOT}]},
        {"resourceType": "Bundle", "type": "searchset", "entry": [{**SOUND, "search": {"mode": "match", **NOT}}]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{**SOUND, "request": {"method": "POST", "url": "x", **NOT}}]},
        {"resourceType": "Bundle", "type": "collection", "entry": [SOUND], **NOT},
        {"resourceType": "Bundle", "type": "collection", "entry": [SOUND], "implicitRules": "https://x.example/rules"},
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": {"resourceType": "Bundle", "type": "collection", "entry": [{**SOUND, **NOT}]}}],
        },
        {"resourceType": "Parameters", "parameter": [{"name": "a", "resource": WEIGHT, **NOT}]},
        {"resourceType": "Parameters", "parameter": [{"name": "a", "part": [{"name": "b", "resource": WEIGHT}], **NOT}]},
        {"resourceType": "Parameters", "parameter": [{"name": "a", "resource": WEIGHT}], "implicitRules": "https://x.example"},
    ],
)
def test_a_modifier_around_a_resource_may_reverse_it(engine: codesafety.Engine, source: dict[str, Any]) -> None:
    submission = read(engine, source)
    assert submission.entries == ()
    assert [line.coded for line in submission.not_read if "modifier" in line.reason and line.whole] == [True]


def test_a_modifier_around_one_resource_says_nothing_of_another(engine: codesafety.Engine) -> None:
    source = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {**WEIGHT, "id": "v"}, **NOT}, SOUND]}
    assert [e.resource_id for e in read(engine, source).entries] == ["w"]


@pytest.mark.parametrize("resource", [None, "Observation/w"])
def test_an_entry_whose_resource_is_none_is_held(engine: codesafety.Engine, resource: Any) -> None:
    source = bundle()
    source["entry"].append({"resource": resource, "request": {"method": "POST", "url": "Observation"}})
    submission = read(engine, source)
    assert "Bundle.entry[2]" in [line.path for line in submission.not_read if line.broken]
    assert engine.assess(submission).decision == "hold"


OF_WEIGHT = {"reference": "Observation/w"}


@pytest.mark.parametrize(
    ("by", "at"),
    [
        ({"resourceType": "List", "status": "current", "entry": [{"item": OF_WEIGHT, "deleted": True}]}, "entry[0].item"),
        ({"resourceType": "List", "status": "entered-in-error", "entry": [{"item": OF_WEIGHT}]}, "entry[0].item"),
        ({"resourceType": "DiagnosticReport", "status": "cancelled", "result": [OF_WEIGHT]}, "result"),
        ({"resourceType": "Provenance", "activity": {"coding": [{"code": "DELETE"}]}, "target": [OF_WEIGHT]}, "target"),
        ({"resourceType": "Provenance", "activity": {"code": "NULLIFY"}, "target": [OF_WEIGHT]}, "target"),
    ],
)
def test_what_takes_back_an_item_that_stands_is_named(engine: codesafety.Engine, by: dict[str, Any], at: str) -> None:
    submission = read(engine, bundle(by))
    assert [n.path for n in submission.not_read if "cannot be told" in n.reason] == [f"Bundle.entry[2].resource.{at}"]
    assert engine.assess(submission).decision == "review"


@pytest.mark.parametrize(
    "by",
    [
        {"resourceType": "List", "status": "current", "entry": [{"item": OF_WEIGHT, "deleted": False}]},
        {"resourceType": "DiagnosticReport", "status": "final", "result": [OF_WEIGHT]},
        {"resourceType": "Provenance", "activity": {"coding": [{"code": "UPDATE"}]}, "target": [OF_WEIGHT]},
    ],
)
def test_what_takes_nothing_back_is_not(engine: codesafety.Engine, by: dict[str, Any]) -> None:
    assert not any("cannot be told" in n.reason for n in read(engine, bundle(by)).not_read)


@pytest.mark.parametrize(("status", "paths"), [("entered-in-error", 1), ("cancelled", 1), ("finished", 0)])
def test_an_item_that_stands_in_a_consultation_that_never_was_is_named(
    engine: codesafety.Engine, status: str, paths: int
) -> None:
    encounter = {"resourceType": "Encounter", "id": "e", "status": status}
    seen = {**WEIGHT, "id": "v", "encounter": {"reference": "Encounter/e"}}
    lines = [n.path for n in read(engine, bundle(encounter, seen)).not_read if "cannot be told" in n.reason]
    assert lines == ["Bundle.entry[3].resource.encounter"] * paths


CHOSEN = {
    "url": "https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-coding-sctdescid",
    "extension": [{"url": "descriptionId", "valueId": "128231010"}, {"url": "descriptionDisplay", "valueString": "Not pregnant"}],
}
TRANSLATED = {
    "url": "http://hl7.org/fhir/StructureDefinition/translation",
    "extension": [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": "Not pregnant"}],
}
PREGNANT = {"system": SCT, "code": "77386006", "display": "Pregnant"}


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{**PREGNANT, "extension": [CHOSEN]}]},
        {"coding": [{**PREGNANT, "_display": {"extension": [TRANSLATED]}}]},
        {"coding": [PREGNANT], "extension": [{"url": "https://x.example/words", "valueString": "Not pregnant"}]},
        {"coding": [PREGNANT], "text": "Pregnant", "_text": {"extension": [TRANSLATED]}},
    ],
)
def test_words_in_the_extensions_of_a_coding_are_judged_with_it(engine: codesafety.Engine, code: dict[str, Any]) -> None:
    submission = read(engine, bundle({**WEIGHT, "id": "x", "code": code}))
    assert submission.entries[1].codings[0].other_displays == ("Not pregnant",)
    report = engine.assess(submission)
    assert [r.rule.split("/")[-1] for r in report.results if r.action == "hold"] == ["pregnancy-code-whose-words-deny-it"]


def test_what_a_broken_encounter_of_a_message_codes_is_named_once(engine: codesafety.Engine) -> None:
    reason = {"coding": [{"system": SCT, "code": "169443000"}]}
    broken = {"url": "https://x.example/a", "valueDateTime": "2025-02-30"}
    encounter = {"resourceType": "Encounter", "reasonCode": [reason], "extension": [broken]}
    submission = read(engine, bundle(encounter, type="message"))
    assert submission.message.service == ()
    assert [line.path for line in submission.not_read if line.coded] == ["Bundle.entry[2].resource.reasonCode.coding[0]"]
    assert [line.path for line in submission.not_read if line.broken] == ["Bundle.entry[2].resource.extension[0].valueDateTime"]


def test_the_table_is_published() -> None:
    page = (ROOT / "docs" / "reference" / "envelope.md").read_text(encoding="utf-8")
    rows = [f"| {kind} | {' '.join(f'`{place}`' for place in sorted(places))} |" for kind, places in sorted(ENVELOPE.items())]
    rows += [
        f"| {kind}, extensions | {' '.join(f'`{name}`' for name in sorted(names))} |"
        for kind, names in sorted(EXTENSIONS.items())
    ]
    assert [line for line in page.splitlines() if line.startswith("| ")][1:] == rows


def _lines(**fields: object) -> dict[str, str]:
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "77386006"}]}
    resource = {"resourceType": "Condition", "id": "x", "code": code, **fields}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}
    found = R4Reader().read(Source(json.dumps(bundle).encode(), "given"))
    return {line.path.removeprefix("Bundle.entry[0].resource."): line.reason for line in found.not_read if line.coded}


OF_NOBODY = "an answer in an extension that neither HL7 nor the NHS has published"


@pytest.mark.parametrize(
    "answer",
    [
        {"valueBoolean": False},
        {"valueCode": "no"},
        {"valueCoding": {"system": "http://snomed.info/sct", "code": "373067005"}},
        {"valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "373067005"}]}},
    ],
)
def test_an_answer_in_a_sender_s_own_extension_is_not_judged_wherever_it_stands(answer: dict[str, object]) -> None:
    own = {"url": "https://supplier.example/confirmed", **answer}
    assert _lines(extension=[own]) == {"extension[0]": OF_NOBODY}
    assert _lines(verificationStatus={"extension": [own]}) == {"verificationStatus.extension[0]": OF_NOBODY}
    inner = {"url": "https://supplier.example/group", "extension": [{"url": "confirmed", **answer}]}
    assert _lines(extension=[inner]) == {"extension[0].extension[0]": OF_NOBODY}
    published = {"url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-X", **answer}
    assert _lines(extension=[published]) == {}


def test_an_address_that_only_looks_published_is_a_sender_s_own() -> None:
    for url in ("https://nhs.uk.example/x", "https://fakehl7.org/x", "urn:x", "https://x.example/hl7.org/x"):
        assert _lines(extension=[{"url": url, "valueBoolean": False}]) == {"extension[0]": OF_NOBODY}


def test_words_in_an_extension_of_any_element_are_free_text_but_those_of_a_coded_concept_are_its_own() -> None:
    said = {"extension": [{"url": "https://supplier.example/comment", "valueString": "Not pregnant"}]}
    for fields in ({"verificationStatus": said}, {"_recordedDate": said}, {"stage": [{"summary": said}]}):
        resource = {"resourceType": "Condition", "code": {"coding": [{"system": "sct", "code": "77386006"}]}, **fields}
        read = R4Reader().read(Source(json.dumps(resource).encode(), "given"))
        assert [e.notes for e in read.entries] == [("Not pregnant",)]
    coded = {"resourceType": "Condition", "code": {"coding": [{"system": "sct", "code": "77386006", **said}], **said}}
    assert [e.notes for e in R4Reader().read(Source(json.dumps(coded).encode(), "given")).entries] == [()]
