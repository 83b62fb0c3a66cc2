"""What stands beside a code and may deny it is named: in notes, narratives, ids, comments and qualifiers, whatever the reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import codesafety
from codesafety.cli.output import exit_code
from codesafety.cli.render import render
from codesafety.report import Report
from codesafety.terminology.words import descriptions

SCT = "http://snomed.info/sct"
PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1995-01-01"}
PREGNANT = {"coding": [{"system": SCT, "code": "77386006", "display": "Pregnant"}]}
SUPPLIER = "https://supplier.example/e"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">%s</div>'
LINE = "words that may deny what they stand beside"


@pytest.fixture(scope="module")
def engine() -> codesafety.Engine:
    return codesafety.load(installed_plugins=False)


def bundle(resource: dict[str, Any], *more: dict[str, Any]) -> str:
    return json.dumps(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in (PATIENT, resource, *more)]}
    )


def condition(**fields: Any) -> dict[str, Any]:
    sent = {"code": PREGNANT, "subject": {"reference": "Patient/p"}, "onsetDateTime": "2026-03-04", **fields}
    return {"resourceType": "Condition", "id": "c", **sent}


def in_xml(within: str = "", coding: str = "", around: str = "") -> str:
    return f"""<Bundle xmlns="http://hl7.org/fhir">{around}<type value="collection"/>
<entry><resource><Patient><id value="p"/><gender value="female"/><birthDate value="1995-01-01"/></Patient></resource></entry>
<entry><resource><Condition>{within}<code><coding><system value="{SCT}"/><code value="77386006"/>{coding}
<display value="Pregnant"/></coding></code><subject><reference value="Patient/p"/></subject>
<onsetDateTime value="2026-03-04"/></Condition></resource></entry></Bundle>"""


def asked(engine: codesafety.Engine, source: str) -> Report:
    return engine.assess(engine.read(source))


def named(report: Report) -> list[str]:
    """Return the paths of what was not judged, each of which the text report has as well."""
    paths = [line.path for line in report.not_read if line.coded]
    text = " ".join(render(report, "message", colour=False).split())
    assert all(f"{path}: " in text for path in paths)
    assert exit_code(report) == (1 if paths or report.decision != "none" else 0)
    return paths


ITEM = "Bundle.entry[1].resource"


@pytest.mark.parametrize(
    "words",
    [
        "Not pregnant or breastfeeding",
        "Pregnancy excluded by scan",
        "Pregnancy status: negative",
        "?Pregnant",
        "\u202etnangerp toN",
    ],
)
def test_words_of_a_code_that_may_deny_it_are_named_where_a_rule_compares_them(engine: codesafety.Engine, words: str) -> None:
    said = condition(code={"coding": [{**PREGNANT["coding"][0], "display": words}]})
    report = asked(engine, bundle(said))
    assert (named(report), report.decision) == ([f"{ITEM}.code.coding[0]"], "review")
    denied = {**said, "verificationStatus": {"coding": [{"code": "refuted"}]}}
    assert named(asked(engine, bundle(denied))) == []
    assert named(asked(codesafety.load("uk.duplicate_entries", installed_plugins=False), bundle(said))) == []


def test_what_is_beside_a_code_and_denies_nothing_is_no_line(engine: codesafety.Engine) -> None:
    quiet = condition(
        text={"status": "generated", "div": DIV % "<p>Pregnant, no bleeding.</p><p>No known allergies</p>"},
        note=[{"text": "Seen with her partner. Denies pain."}],
        severity={"text": "Severe"},
        category=[{"text": "Non-urgent"}],
        evidence=[{"detail": [{"display": "Scan of 1 March"}]}],
    )
    report = asked(engine, bundle(quiet))
    assert (named(report), report.decision) == ([], "none")
    assert named(asked(engine, in_xml("<!-- the problem -->", "<!-- from the local code -->", "<!-- begins here -->"))) == []


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"text": {"status": "generated", "div": DIV % "<p>Patient is <b>not</b> pregnant</p>"}}, ITEM),
        ({"text": {"status": "additional", "div": DIV % "<table><tr><td>Denied</td></tr></table>"}}, ITEM),
        ({"note": [{"text": "Pregnancy excluded by scan"}]}, ITEM),
        ({"note": [{"text": "no longer pregnant"}]}, ITEM),
        ({"note": [{"text": "n\u043et pregnant"}]}, ITEM),
        ({"note": [{"text": "Entered in error"}]}, ITEM),
        ({"evidence": [{"code": [{"text": "Not pregnant"}]}]}, ITEM),
        ({"evidence": [{"detail": [{"display": "Not pregnant"}]}]}, ITEM),
        ({"severity": {"text": " none "}}, ITEM),
        ({"stage": [{"summary": {"text": "NOT PERFORMED"}}]}, ITEM),
        ({"code": {**PREGNANT, "id": "not-pregnant"}}, ITEM),
        ({"code": {"coding": [{**PREGNANT["coding"][0], "id": "notPregnant"}]}}, ITEM),
        ({"code": {"coding": [{**PREGNANT["coding"][0], "_display": {"id": "not-pregnant"}}]}}, ITEM),
        ({"code": {"coding": [{"system": SCT, "code": "77386006"}]}, "note": [{"text": "Not pregnant"}]}, ITEM),
        ({"category": [{"coding": [{"system": "urn:x", "code": "d", "display": "Ruled-out"}]}]}, f"{ITEM}.category.coding[0]"),
        ({"evidence": [{"code": [{"coding": [{"system": SCT, "code": "60001007"}]}]}]}, f"{ITEM}.evidence.code.coding[0]"),
        ({"severity": {"coding": [{"system": SCT, "code": "373067005"}]}}, f"{ITEM}.severity.coding[0]"),
        *(
            ({"extension": [{"url": SUPPLIER, **value}]}, f"{ITEM}.extension[0]")
            for value in (
                {"valueInteger": 0},
                {"valueDecimal": 0.0},
                {"valueQuantity": {"value": 0, "unit": "1"}},
                {"valueDate": "2026-01-01"},
                {"valueUri": "urn:no"},
                {"valueRange": {"high": {"value": 0, "unit": "1"}}},
            )
        ),
        ({"extension": [{"url": SUPPLIER, "valueString": "no"}]}, ITEM),
        ({"extension": [{"url": SUPPLIER, "valueReference": {"display": "Not pregnant"}}]}, ITEM),
    ],
)  # fmt: skip
def test_in_a_resource_it_is_named(engine: codesafety.Engine, fields: dict[str, Any], path: str) -> None:
    assert named(asked(engine, bundle(condition(**fields)))) == [path]


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "List", "status": "current", "mode": "snapshot", "entry": [{"item": {"reference": "Condition/c"}}]},
        {"resourceType": "Composition", "id": "d", "status": "final", "date": "2026-03-04", "title": "Summary"},
    ],
)
def test_a_narrative_of_a_list_or_a_document_is_beside_what_it_is_about(
    engine: codesafety.Engine, resource: dict[str, Any]
) -> None:
    told = {**resource, "text": {"status": "generated", "div": DIV % "Not pregnant"}}
    assert named(asked(engine, bundle(condition(), told))) == [ITEM]


def test_a_narrative_of_a_section_is_beside_what_the_section_names(engine: codesafety.Engine) -> None:
    other = {**condition(code={"coding": [{"system": SCT, "code": "195967001", "display": "Asthma"}]}), "id": "other"}
    section = {"entry": [{"reference": "Condition/c"}], "text": {"status": "generated", "div": DIV % "Denied"}}
    document = {"resourceType": "Composition", "id": "d", "status": "final", "section": [section]}
    assert named(asked(engine, bundle(condition(), other, document))) == [ITEM]


def test_a_narrative_of_a_section_is_beside_what_the_lists_name_that_it_names(engine: codesafety.Engine) -> None:
    lists = [
        {"resourceType": "List", "id": name, "status": "current", "mode": "snapshot", "entry": [{"item": {"reference": to}}]}
        for name, to in (("k", "List/l"), ("l", "Condition/c"), ("m", "List/m"))
    ]
    for to, paths in {"List/k": ["Bundle.entry[1].resource"], "List/m": []}.items():
        section = {"entry": [{"reference": to}], "text": {"status": "generated", "div": DIV % "Denied"}}
        document = {"resourceType": "Composition", "id": "d", "status": "final", "section": [section]}
        assert named(asked(engine, bundle(condition(), *lists, document))) == paths


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"within": f'<text><status value="generated"/>{DIV % "<p>Not pregnant</p>"}</text>'}, ITEM),
        ({"within": f'<text><status value="generated"/>{DIV % "<!-- Not pregnant -->"}</text>'}, ITEM),
        ({"within": "<!-- not pregnant -->"}, ITEM),
        ({"coding": "<!-- denied -->"}, ITEM),
        ({"within": "<!-- was 60001007 -->"}, ITEM),
        ({"coding": "<!-- was 60001007 -->"}, f"{ITEM}.code.coding[0]"),
        ({"around": "<!-- NOT to be filed -->"}, "Bundle"),
        ({"around": "<!-- <code value='60001007'/> -->"}, "Bundle"),
    ],
)
def test_in_xml_comments_and_narratives_are_read_too(engine: codesafety.Engine, parts: dict[str, str], path: str) -> None:
    assert named(asked(engine, in_xml(**parts))) == [path]


def native(**fields: Any) -> str:
    entry = {"path": "entries[0]", "date": "2026-03-04", "codings": [{"system": "sct", "code": "77386006"}], **fields}
    return json.dumps({"patient": {"gender": "female", "born": "1995-01-01"}, "entries": [entry]})


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({"notes": ["Not pregnant"]}, ["entries[0]"]),
        ({"qualifiers": [{"role": "category", "text": "\uff2e\uff2f"}]}, ["entries[0].qualifiers[0]"]),
        ({"qualifiers": [{"role": "x", "codings": [{"system": "sct", "code": "373067005"}]}]}, ["entries[0].qualifiers[0]"]),
        ({"qualifiers": [{"role": "x", "codings": [{"system": "sct", "code": "2667000"}]}]}, ["entries[0].qualifiers[0]"]),
        ({"qualifiers": [{"role": "x", "codings": [{"system": "sct", "code": "60001007"}]}]}, ["entries[0].qualifiers[0]"]),
        ({"qualifiers": [{"role": "x", "codings": [{"system": "loinc", "code": "LA32-8"}]}]}, ["entries[0].qualifiers[0]"]),
        ({"qualifiers": [{"role": "x", "codings": [{"system": "sct", "code": "52101004"}]}]}, []),
        ({"qualifiers": [{"role": "category", "text": "Problem"}, {"role": "interpretation", "text": "Absent"}]}, []),
        ({"assertion": "absent", "notes": ["Not pregnant"]}, []),
        ({"codings": [{"system": "sct", "code": "60001007"}], "notes": ["Not pregnant"]}, []),
        ({"codings": [{"system": "sct", "code": "60001007"}], "notes": ["She is pregnant"]}, ["entries[0]"]),
        ({"codings": [{"system": "sct", "code": "27113001"}], "notes": ["Not done"]}, []),
    ],
)
def test_in_native_json_it_is_named(engine: codesafety.Engine, fields: dict[str, Any], paths: list[str]) -> None:
    report = asked(engine, native(**fields))
    assert [line.path for line in report.not_read if line.coded] == paths


def test_a_long_note_is_read_to_its_end(engine: codesafety.Engine) -> None:
    assert named(asked(engine, native(notes=["Well. " * 3000 + "Not pregnant."]))) == ["entries[0]"]


def test_what_may_not_be_read_any_more_is_a_line() -> None:
    engine = codesafety.load(installed_plugins=False, work_budget=30_000)
    (line,) = (n for n in asked(engine, native(notes=["Well. " * 3000])).not_read if n.coded)
    assert (line.path, line.reason) == (
        "entries[0]",
        "what was sent beside it was not asked: the budget of work for one message is spent",
    )


def test_in_tables_it_is_named(engine: codesafety.Engine, tmp_path: Path) -> None:
    pytest.importorskip("polars")
    (path := tmp_path / "entries.csv").write_text(
        "patient_id,gender,birth_date,kind,system,code,date,reason_display\n"
        "p1,F,1995-01-01,condition,sct,77386006,2026-03-04,Denied\n"
    )
    ((_, submission),) = engine.read_many(path)
    assert named(engine.assess(submission)) == ["entries[0]"]


def test_a_long_comment_is_read_to_its_end(engine: codesafety.Engine) -> None:
    long = in_xml(f"<!-- {'nothing ' * 10_000} Not pregnant -->")
    assert named(asked(engine, long)) == ["Bundle.entry[1].resource"]
    assert [line.reason for line in asked(engine, long).not_read if line.coded] == [LINE]


def test_more_comments_than_are_read_are_a_line(engine: codesafety.Engine) -> None:
    many = in_xml(around="<!-- nothing -->" * 1001)
    assert named(asked(engine, many)) == ["Bundle"]
    assert named(asked(engine, in_xml(around="<!-- nothing -->" * 1000))) == []


def test_no_words_that_were_sent_are_kept_between_messages(engine: codesafety.Engine) -> None:
    sent = {
        "display": "Zuleika is pregnant",
        "text": "Mrs Dobson is expecting",
        "value": "Zuleika says nay",
        "note": "She denies it",
    }
    code = {"coding": [{**PREGNANT["coding"][0], "display": sent["display"]}], "text": sent["text"]}
    observation = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "code": code,
    }
    asked(engine, bundle({**observation, "valueString": sent["value"], "note": [{"text": sent["note"]}]}))
    misses = descriptions._own.cache_info().misses
    for words in sent.values():
        descriptions._own(words)
    assert descriptions._own.cache_info().misses == misses + len(sent)
