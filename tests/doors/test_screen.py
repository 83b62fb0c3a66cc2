"""What a person sees: a screen of 24 lines for five findings, one cause once, places and reasons in words, and what could not be told."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.places import EXAMPLES, SHARED
from typer.testing import CliRunner

import codesafety
from codesafety import Entry, Medication, Message, Patient, Record, Submission
from codesafety.answers.screen import screen
from codesafety.cli.app import app
from codesafety.cli.output import exit_code
from codesafety.cli.render import render
from codesafety.diagnostics import day_in_words
from codesafety.record import Coding, NotRead
from codesafety.report import Report

SCT = "http://snomed.info/sct"
PREGNANT = "77386006"
LONG = "This sentence goes on for a while, so that it does not fit into one line of a terminal, nor into two of them, however they are cut. "


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def found(folder: Path, rules: int, items: int = 1, **more: Any) -> Report:
    """Return the report of so many rules that fire for each of so many entries, each rule with a long title and sentence."""
    text = 'ruleset s { title "S" version 1.0.0 language 2 }\nvalueset p "Pregnant" { codes 77386006 |Pregnancy| }\n'
    for n in range(rules):
        action = ("note", "review", "hold")[n % 3]
        text += (
            f'rule r{n} {{ title "A title that is rather long, as titles are, and has the number {n}, which is at its end" action {action} '
            f'overridable by confirmed-with-patient for 9 months for entry e in p say "{n}. {LONG}{LONG}" }}\n'
        )
    (folder / "s.rules").write_text(text)
    entries = tuple(
        Entry(path=f"e[{n}]", codings=(Coding(system="sct", code=PREGNANT),), date="2026-03-04", **more) for n in range(items)
    )
    engine = codesafety.load(folder, installed_plugins=False)
    medicines = tuple(Medication(path=f"m[{n}]", products=(Coding(system="emis", code="X"),)) for n in range(3))
    return engine.assess(Submission(entries=entries, medications=medicines, message=Message(sent="2026-03-04")))


@pytest.mark.parametrize("rules", [1, 2, 3, 4, 5, 6, 9, 20])
@pytest.mark.parametrize("items", [1, 40])
def test_a_screen_has_24_lines_for_five_findings_and_four_more_for_each_further(tmp_path: Path, rules: int, items: int) -> None:
    report = found(tmp_path, rules, items)
    lines = render(report, "message.json", False).split("\n")
    assert len(lines) <= 24 + 4 * max(0, rules - 5)
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert [len(re.findall(rf"^{action} +A title", text, re.MULTILINE)) for action in ("HOLD", "REVIEW", "NOTE")] == [
        len(range(n, rules, 3)) for n in (2, 1, 0)
    ]
    assert text.index("HOLD") <= text.index("NOTE  ") if rules > 2 else True
    assert text.count("Observations, 1st") == rules


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared records are not here")
def test_the_records_of_six_patients_are_each_a_screen() -> None:
    engine = codesafety.load(installed_plugins=False)
    for path in sorted((SHARED / "fhir" / "gp-record-stu3").glob("*.json")):
        report = engine.assess(engine.read(path))
        shown = screen(report)
        lines = render(report, "record.json", False).split("\n")
        on_top = sum(2 + 2 * len(missed.lines) for missed in shown.missed)
        assert len(lines) <= 24 + 4 * max(0, len(shown.findings) - 5) + on_top, path.name
        assert max(map(len, lines)) <= 80
        assert "Told in part: " in "\n".join(lines)


def test_findings_of_one_rule_are_one_with_their_number_and_three_places(tmp_path: Path) -> None:
    (finding,) = screen(found(tmp_path, 1, 40)).findings
    assert finding.where == (
        "Observations, 1st, 2nd and 3rd, and 37 more",
        "Observations, 1st and 2nd, and 38 more",
        "Observations, 1st, and 39 more",
    )
    assert finding.message.endswith("Found 39 more times.")
    assert finding.beside == ("may be set aside for 9 months: confirmed with patient",)


def test_the_first_line_says_what_was_found_and_the_next_of_whom() -> None:
    engine = codesafety.load(installed_plugins=False)
    lines = render(engine.assess(engine.read(EXAMPLES / "pregnancy-status-update.xml")), "m.xml", False).split("\n")
    assert lines[:4] == [
        "m.xml",
        "HOLD    Look before filing: 1 to hold, 1 to review.",
        "        Community Pharmacy Contraception Service, 4 March 2026 · female, 31",
        "        1 item and 1 text read",
    ]


def test_a_right_message_is_none_and_says_what_could_not_be_told() -> None:
    engine = codesafety.load(installed_plugins=False)
    report = engine.assess(engine.read(EXAMPLES / "contraception-ok.xml"))
    assert (report.decision, report.told, exit_code(report)) == ("none", "partly", 0)
    text = " ".join(render(report, "m.xml", False).split())
    assert "NONE Nothing was found. That does not mean that the entries are right." in text
    assert re.search(r"Told in part: no record was given \(\d+ rules\); no SNOMED CT release is loaded \(\d+ rules?\)", text)
    assert "No clinician has reviewed these rules." in text


RULES = """ruleset s { title "S" version 1.0.0 language 2 }
valueset p "Pregnant" { codes 77386006 |Pregnancy| }
rule dated { title "Dated" action note cannot tell review for entry e in p when e is after 2027-01-01 say "x" }
rule young {
  title "Young" action review for entry e in p
  when age at e < 16 years and patient.gender is female unless "a note explains it" exists mention x where (x is about family) say "{e}"
}
rule status { title "Beside" action note after rule young for entry e in p when e.value > 5 "kg" say "x." }
"""


def told(folder: Path, **more: Any) -> Report:
    (folder / "s.rules").write_text(RULES)
    engine = codesafety.load(folder, installed_plugins=False, never=more.pop("never", ()))
    fields = {"codings": [{"system": SCT, "code": PREGNANT}], "date": "2026-03-04", **more.pop("entry", {})}
    given = {"patient": {"gender": "female", "born": "2012-01-01"}, "entries": [{"path": "e", **fields}], **more}
    return engine.assess(Submission.model_validate(given), Record(complete=({"kind": "entry"},)))


def test_what_would_clear_it_is_said_in_words_and_never_in_variables(tmp_path: Path) -> None:
    (finding,) = screen(told(tmp_path)).findings
    assert finding.clear_if == (
        "It would be clear if the patient were aged 16 years or more, or if the gender recorded were not female, "
        "or if this were so: a note explains it."
    )
    (result,) = [r for r in told(tmp_path).results if r.outcome == "fires"]
    assert result.counterfactual[0] == "clear if aged 16 years or more"


def test_the_value_that_was_judged_is_shown_where_the_sentence_does_not(tmp_path: Path) -> None:
    report = told(tmp_path, entry={"value": {"quantity": {"value": "70.10", "unit": "kg"}}})
    assert [f.message for f in screen(report).findings] == [
        "Pregnancy (77386006) of 4 March 2026. Judged: age 14 years.",
        "x. Judged: 70.10 kg.",
    ]
    assert [f.beneath for f in screen(report).findings] == [False, True]
    assert "rests on a finding above" in screen(report).findings[1].beside


def test_what_cannot_be_told_and_decides_stands_among_the_findings(tmp_path: Path) -> None:
    report = told(tmp_path, entry={"date": None})
    assert report.decision == "review"
    assert [(f.action, f.title) for f in screen(report).findings] == [("review", "Dated")]
    assert "Look before filing: 1 to review." in render(report, "m", False)


def test_a_message_that_no_rule_could_answer_for_says_so_and_exits_1(tmp_path: Path) -> None:
    (tmp_path / "s.rules").write_text(RULES.replace(" cannot tell review", ""))
    entry = Entry(path="e", codings=(Coding(system="emis", code="X"),))
    report = codesafety.load(tmp_path, installed_plugins=False).assess(Submission(patient=Patient(), entries=(entry,)))
    assert (report.decision, report.told, report.counts.answered, exit_code(report)) == ("none", "partly", 0, 1)
    assert "NONE    Nothing was found, for no rule could answer for any item." in render(report, "m", False)


def test_findings_of_one_action_stand_by_severity_and_then_by_their_number_of_items(tmp_path: Path) -> None:
    head = 'ruleset s { title "S" version 1.0.0 language 2 }\nvalueset p "Pregnant" { codes 77386006 |Pregnancy| }\n'
    for name, severity, asked in (
        ("a", "", 'for message say "x"'),
        ("b", "severity minor", 'for message say "x"'),
        ("c", "", 'for entry e in p when patient.gender is female say "x"'),
        ("d", "severity major", 'for message say "x"'),
    ):
        head += f'rule {name} {{ title "{name}" action review {severity} {asked} }}\n'
    (tmp_path / "s.rules").write_text(head)
    entries = tuple(Entry(path=f"e[{n}]", codings=(Coding(system="sct", code=PREGNANT),)) for n in range(2))
    message = Submission(patient=Patient(gender="female"), entries=entries)
    report = codesafety.load(tmp_path, installed_plugins=False).assess(message)
    assert [f.title for f in screen(report).findings] == ["d", "b", "c", "a"]
    assert [r.rule for r in report.results] == ["s/d", "s/b", "s/c", "s/a"]


def test_what_never_comes_stands_on_the_screen(tmp_path: Path) -> None:
    assert "Never given here: record." in render(told(tmp_path, never=["record"]), "m", False)


def test_the_paths_of_what_was_not_judged_stand_whole_on_the_screen_a_hundred_of_each_kind(tmp_path: Path) -> None:
    unread = tuple(NotRead(path=f"Bundle.{'a' * 80}[{n}].code", reason="no rule sees it", coded=True) for n in range(102))
    report = found(tmp_path, 5)
    report = report.model_copy(update={"not_read": unread})
    text, whole = (render(report, "m", False, whole=whole) for whole in (False, True))
    assert [n.path in text for n in unread] == [True] * 100 + [False] * 2
    assert "  … and 2 more: --all" in text.split("\n")
    assert all(n.path in whole for n in unread)
    assert "102 codes not judged" in " ".join(text.split())


def test_medicines_that_were_not_recognised_are_named_by_their_codes_own_terms() -> None:
    engine = codesafety.load("uk.duplicate_medicines", installed_plugins=False)
    codes = "1002711000001108", "1002711000001108"
    products = tuple(
        Medication(path=f"m[{n}]", products=(Coding(system="sct", code=code, display="Jane Smith"),))
        for n, code in enumerate(codes)
    )
    line = engine.assess(Submission(medications=products)).missing_inputs[0]
    assert (line.missing, line.cause) == ("product", "2 medicines were not recognised")
    assert "Jane" not in str(line.names)


@pytest.mark.parametrize(
    ("day", "words"),
    [("2026-03-04", "4 March 2026"), ("2026-03", "March 2026"), ("up to 2026-03-04", "up to 4 March 2026"), ("2026", "2026")],
)
def test_a_day_in_words(day: str, words: str) -> None:
    assert day_in_words(day) == words


# ------------------------------------------------------------------------------------------------ a page


def page(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["check", *map(str, arguments), "--format", "html"], catch_exceptions=False)
    return done.exit_code, done.stdout


def test_a_page_is_one_document_of_all_files_with_the_screen_of_each() -> None:
    code, text = page(EXAMPLES / "pregnancy-status-update.xml", "nowhere", EXAMPLES / "contraception-ok.xml")
    assert code == 2
    assert (text.count("<html"), text.count("</html>"), text.count("<section>")) == (1, 1, 3)
    assert text.index(">HOLD<") < text.index("NOT CHECKED") < text.index(">NONE<")
    assert "there is no such file" in text
    assert "Code and words cannot both be right." in text and "no record was given" in text
    assert "FHIR" not in text and "Bundle.entry" not in text


def test_a_page_of_all_has_the_paths() -> None:
    assert "Bundle.entry[2]" in page(EXAMPLES / "pregnancy-status-update.xml", "--all")[1]


def test_a_page_loads_and_runs_nothing_and_what_others_wrote_is_escaped(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>\x1b[2J"
    file = tmp_path / "m.json"
    coding = {"system": SCT, "code": PREGNANT, "display": hostile}
    file.write_text(json.dumps({"entries": [{"path": hostile, "codings": [coding], "date": "2026-03-04", "text": hostile}]}))
    for arguments in ([], ["--all"]):
        _, text = page(file, *arguments)
        assert "<script" not in text and "\x1b" not in text
        assert not re.search(r"(src|href)=", text)
        assert "default-src 'none'" in text
    assert "&lt;script&gt;" in text and r"\u001b[2J" in text


def test_of_many_in_a_bundle_within_another_the_same_is_said_once_with_a_count() -> None:
    unknown = {"resourceType": "Measure", "status": "active"}
    inner = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": unknown}] * 5}
    patient = {"resourceType": "Patient", "id": "p", "gender": "female"}
    outer = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in (patient, inner, unknown)]}
    engine = codesafety.load(installed_plugins=False)
    report = engine.assess(engine.read(json.dumps(outer)))
    (missed,) = screen(report).missed
    reason = "Measure is no kind of resource that this library understands"
    assert missed.lines == (
        f"Bundle.entry[1].resource.entry[0].resource, and 4 more in Bundle.entry[1].resource: {reason}",
        f"Bundle.entry[2].resource: {reason}",
    )
    assert [n.path for n in report.not_read if n.whole] == [
        *(f"Bundle.entry[1].resource.entry[{at}].resource" for at in range(5)),
        "Bundle.entry[2].resource",
    ]
