"""`codesafety rules diff` and `rules plan`: exit codes, JSON, records with their keys, two releases, bundles."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.authoring.changes import HEAD, of
from tests.places import EXAMPLES
from tests.terminology.generated import DISEASE, FSN, built, concept_id, small
from typer.testing import CliRunner, Result

from codesafety.cli.app import app

MESSAGE = EXAMPLES / "pregnancy-status-update.xml"


def asked(command: str, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["rules", command, *map(str, arguments)], catch_exceptions=False)


def version(text: str, folder: Path) -> Path:
    folder.mkdir()
    (folder / "t.rules").write_text(HEAD + text, "utf-8")
    return folder


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    return version(of("age at e < 50 years"), tmp_path / "old"), version(of("age at e < 30 years"), tmp_path / "new")


def data(*arguments: str | Path) -> Any:
    return json.loads(asked("diff", *arguments, "--format", "json").stdout)


def test_what_became_silent_is_1_and_the_other_way_round_is_0(two: tuple[Path, Path]) -> None:
    old, new = two
    done = asked("diff", old, new)
    assert (done.exit_code, done.stderr) == (1, "silent for somebody: t/r\n")
    back = asked("diff", new, old)
    assert (back.exit_code, back.stderr) == (0, "")
    assert "t/r: different\n" in back.stdout
    same = asked("diff", old, old)
    assert (same.exit_code, same.stdout) == (0, "1 rule: 1 unchanged\n")


def test_json_has_both_answers_and_the_patient(two: tuple[Path, Path]) -> None:
    told = data(*two)
    assert (told["format"], told["same"], told["silenced"], told["not_decided"]) == ("1", False, ["t/r"], [])
    (rule,) = told["rules"]
    first = rule["witnesses"][0]
    assert (rule["told"], first["was"], first["now"]) == ("different", "fires", "clear")
    assert first["given"][0].startswith("given patient born ")


def test_what_is_not_decided_of_what_asks_for_a_person_is_1(tmp_path: Path) -> None:
    text = of("exists entry x in birth where (x is before e or x is after e)")
    other = of("exists entry x in birth where (x is before e) or exists entry x in birth where (x is after e)")
    done = asked("diff", version(text, tmp_path / "old"), version(other, tmp_path / "new"))
    assert (done.exit_code, done.stderr) == (1, "not decided whether it is silent for somebody: t/r\n")
    assert "witnesses, which is no proof" in done.stdout
    assert "equal" not in done.stdout


def test_every_record_that_is_answered_otherwise_stands_with_its_key(two: tuple[Path, Path], tmp_path: Path) -> None:
    messages = tmp_path / "messages"
    messages.mkdir()
    for name in ("a", "b", "c"):
        shutil.copy(MESSAGE, messages / f"{name}.xml")
    (messages / "d.xml").write_text("<nothing/>", "utf-8")
    submission = json.dumps(json.loads((EXAMPLES / "submission-native.json").read_text("utf-8")))
    (messages / "many.jsonl").write_text(f"{submission}\n\n{submission}\nno JSON\n", "utf-8")
    told = data(*two, "--on", messages)["records"]
    assert told["asked"] == 5
    xml = [flip for flip in told["flips"] if flip["key"].endswith(".xml")]
    assert [(Path(flip["key"]).name, flip["was"], flip["now"], flip["silenced"]) for flip in xml] == [
        (f"{name}.xml", "fires", "clear", True) for name in ("a", "b", "c")
    ]
    assert all(flip["path"].startswith("Bundle.entry") for flip in xml)
    assert [Path(one["key"]).name for one in told["not_read"]] == ["d.xml", "many.jsonl:4"]


@pytest.fixture
def meeting(tmp_path: Path) -> tuple[Path, Path]:
    """Two versions of a rule that looks at the record: the later wants a year in which there was nothing."""
    versions = []
    for name, condition in (("old", "true"), ("new", "no entry r in s where (not (r is incoming))")):
        folder = tmp_path / name
        folder.mkdir()
        when = "" if condition == "true" else f"when {condition} "
        text = (
            'ruleset t { title "T" version 1.0.0 language 2 }\nvalueset s "S" { codes 77386006 }\n'
            f'rule r {{ title "R" action review for entry e in s {when}say "{{e}}" }}\n'
        )
        (folder / "t.rules").write_text(text, "utf-8")
        versions.append(folder)
    return versions[0], versions[1]


def test_messages_meet_the_record_that_is_given_or_that_their_line_brings(meeting: tuple[Path, Path], tmp_path: Path) -> None:
    entry = {"codings": [{"system": "sct", "code": "77386006"}], "date": "2025-06-01"}
    submission = {"patient": {"gender": "female"}, "entries": [{**entry, "path": "e"}]}
    holds = {"patient": {"gender": "female"}, "entries": [{**entry, "path": "r"}], "complete": [{"kind": "entry"}]}
    empty = {**holds, "entries": []}
    (tmp_path / "holds.json").write_text(json.dumps(holds))
    lines = [{"submission": submission, "record": record} for record in (holds, empty)]
    (tmp_path / "m.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in (*lines, submission)))

    def flipped(*arguments: str | Path) -> list[tuple[str, str, str]]:
        told = data(*meeting, "--on", tmp_path / "m.jsonl", *arguments)["records"]
        return [(Path(flip["key"]).name, flip["was"], flip["now"]) for flip in told["flips"]]

    assert flipped() == [("m.jsonl:1", "fires", "clear"), ("m.jsonl:3", "fires", "cannot tell")]
    assert flipped("--record", tmp_path / "holds.json") == [("m.jsonl:1", "fires", "clear"), ("m.jsonl:3", "fires", "clear")]
    done = asked("diff", *meeting, "--record", tmp_path / "holds.json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--record stands beside messages" in done.stderr


def test_a_file_and_the_rows_of_a_table_meet_the_record_too(meeting: tuple[Path, Path], tmp_path: Path) -> None:
    entry = {"path": "e", "kind": "condition", "codings": [{"system": "sct", "code": "77386006"}], "date": "2025-06-01"}
    (tmp_path / "m.json").write_text(json.dumps({"entries": [entry]}), "utf-8")
    (tmp_path / "rec.json").write_text(json.dumps({"entries": [entry | {"date": "2025-05-01"}]}), "utf-8")
    (tmp_path / "conditions.csv").write_text("patient,system,code,date\np1,sct,77386006,2025-06-01\n", "utf-8")
    for name, key in (("m.json", "m.json"), ("conditions.csv", "conditions.csv[conditions[0]]")):
        told = data(*meeting, "--on", tmp_path / name, "--record", tmp_path / "rec.json")["records"]
        assert [(Path(f["key"]).name, f["was"], f["now"]) for f in told["flips"]] == [(key, "fires", "clear")]


def test_a_patient_of_a_family_is_an_example_of_its_row(tmp_path: Path) -> None:
    for name, least in (("old", 12), ("new", 14)):
        folder = version(
            'valueset s1 "S" { codes 77386006 source "a test" }\ntable ages from "a.csv" { key name column least_age years }\n'
            'rule r for each row a of ages { action review for entry e in s1 when age at e >= a.least_age say "{e}" }\n',
            tmp_path / name,
        )
        (folder / "a.csv").write_text(f"# source: a test\nname,least_age\nyounger,{least}\n", "utf-8")
    assert 'example "was fires" of younger {' in asked("diff", tmp_path / "old", tmp_path / "new").stdout


def test_where_no_record_can_be_read_nothing_is_compared(two: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "d.xml").write_text("<nothing/>", "utf-8")
    done = asked("diff", two[1], two[0], "--on", tmp_path / "d.xml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "NOTHING WAS COMPARED" in done.stderr


def test_a_link_that_leads_nowhere_and_an_empty_folder_are_listed_as_not_read(two: tuple[Path, Path], tmp_path: Path) -> None:
    messages, empty = tmp_path / "messages", tmp_path / "empty"
    empty.mkdir()
    messages.mkdir()
    shutil.copy(MESSAGE, messages / "a.xml")
    (messages / "b.xml").symlink_to(tmp_path / "nowhere.xml")
    done = asked("diff", two[0], two[0], "--on", messages, "--on", empty)
    assert done.exit_code == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines() if "NOT READ" in line] == [
        f"NOT READ {messages / 'b.xml'}",
        f"NOT READ {empty}",
    ]


def test_two_versions_without_a_rule_compare_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.rules").write_text('ruleset t { title "T" version 1.0.0 language 2 }\n', "utf-8")
    for command in ("diff", "plan"):
        done = asked(command, tmp_path, tmp_path)
        assert (done.exit_code, done.stderr) == (2, "there is no rule and no value set in either: NOTHING WAS COMPARED\n")


@pytest.mark.parametrize(
    "arguments",
    [["nowhere", "nowhere"], ["OLD", "nowhere"], ["OLD", "NEW", "--release", "a", "--release", "b", "--release", "c"]],
)
def test_what_cannot_be_loaded_is_2(two: tuple[Path, Path], arguments: list[str]) -> None:
    places = {"OLD": str(two[0]), "NEW": str(two[1])}
    assert asked("diff", *(places.get(one, one) for one in arguments)).exit_code == 2


def test_the_plan_is_markdown_and_says_what_becomes_silent_first(two: tuple[Path, Path]) -> None:
    done = asked("plan", *two, "--on", MESSAGE)
    assert done.exit_code == 1
    headings = [line for line in done.stdout.splitlines() if line.startswith("#")]
    assert headings == ["# What releasing these rules would do", "## Becomes silent", "## On 1 record"]
    assert "| `t` | 1.0.0: **raise it**, answers change | none |" in done.stdout
    assert "fires → clear **silent**" in done.stdout


def test_the_plan_as_json_has_the_difference_and_the_rulesets(two: tuple[Path, Path]) -> None:
    done = asked("plan", *two, "--format", "json")
    found = json.loads(done.stdout)
    assert found.pop("rulesets") == [
        {
            "ruleset": "t",
            "was": {"version": "1.0.0", "review": "none"},
            "now": {"version": "1.0.0", "review": "none"},
            "raise_version": True,
            "review_again": False,
        }
    ]
    assert found == data(*two)


def test_two_releases_are_compared_for_the_same_rules(tmp_path: Path) -> None:
    more = small()
    angina = more.concept(concept_id(90))
    more.is_a(angina, DISEASE)
    more.describe(angina, "Angina (disorder)", type_=FSN)
    packs = [built(rows, tmp_path / name) for name, rows in (("a", small()), ("b", more))]
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "t.rules").write_text(
        'ruleset t { title "T" version 1.0.0 language 2 }\n'
        f'valueset heart "Heart" {{ ecl {{ << {DISEASE} }} }}\n'
        'rule r { title "R" action review for entry e in heart say "{e}" }\n',
        "utf-8",
    )
    done = asked("diff", tmp_path / "r", tmp_path / "r", "--release", packs[0], "--release", packs[1])
    assert done.exit_code == 0, done.output
    assert f"value set t/heart: gained 1\n  + {angina} |Angina" in done.stdout
    assert "t/r: different" in done.stdout
    back = asked("diff", tmp_path / "r", tmp_path / "r", "--release", packs[1], "--release", packs[0])
    assert (back.exit_code, back.stderr) == (1, "silent for somebody: t/r\n")


def test_what_asks_of_codes_that_no_set_names_is_not_called_equal_between_two_releases(tmp_path: Path) -> None:
    more = small()
    more.describe(more.concept(concept_id(90)), "Angina (disorder)", type_=FSN)
    packs = [built(rows, tmp_path / name) for name, rows in (("a", small()), ("b", more))]
    rules = tmp_path / "r"
    rules.mkdir()
    (rules / "t.rules").write_text(
        'ruleset t { title "T" version 1.0.0 language 2 }\n'
        f'valueset ill "Ill" {{ codes {DISEASE} }}\n'
        'rule any { title "R" action review for entry e when age at e < 12 years say "{e}" }\n'
        'rule said { title "R" action review for entry e in ill when age at e < 12 years say "{e}" }\n'
        'rule medicine { title "R" action review for medication m in ill say "{m}" }\n',
        "utf-8",
    )
    told = {
        releases: {
            one["rule"]: (one["told"], one["silenced"])
            for one in data(rules, rules, *(part for place in releases for part in ("--release", packs[place])))["rules"]
        }
        for releases in ((0, 1), (0, 0))
    }
    assert told[0, 0] == {f"t/{name}": ("equal", "no") for name in ("any", "said", "medicine")}
    assert told[0, 1] == {
        "t/any": ("not told apart", "not decided"),
        "t/said": ("equal", "no"),
        "t/medicine": ("not told apart", "not decided"),
    }
