"""`codesafety rules test`, as authors of rules run it: failures, one rule or example, and what the examples show of the logic."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.doors.test_rules import rules
from tests.places import ROOT

from codesafety import load
from codesafety.authoring.boundaries import Edge, Edges
from codesafety.authoring.bundling import build
from codesafety.authoring.coverage import coverages, per_cent
from codesafety.authoring.mutating import Mutant, Mutated, alternatives, mutants, mutate
from codesafety.authoring.testing import Texts, bind_for_examples
from codesafety.cli import tested

HEAD = """ruleset my.rules { title "Mine" version 1.0.0 language 1 review none }
valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| source "a test" }
"""
ADULT = """rule of-age {
  action note hazard H-01 source "a test" because "a test"
  for entry e in pregnant
  when patient.gender is female and age at e >= 12 years
  say "{e}"
  example "twelve" {
    given patient gender female, born 2013-06-01
    given incoming entry 77386006, date 2025-06-01
    expect fires
  }
  example "the day before" {
    given patient gender female, born 2013-06-02
    given incoming entry 77386006, date 2025-06-01
    expect clear
  }
  example "a man" {
    given patient gender male, born 2013-06-01
    given incoming entry 77386006, date 2025-06-01
    expect clear
  }
%s}
"""
OTHER = """  example "another code" {
    given patient gender female, born 2013-06-01
    given incoming entry 60001007, date 2025-06-01
    expect clear
  }
  example "planned" {
    given patient gender female, born 2013-06-01
    given incoming entry 77386006, date 2025-06-01, planned
    expect clear
  }
"""
WRONG = """  example "a boy" {
    given patient gender male, born 2020-06-01
    given incoming entry 77386006, date 2025-06-01
    expect fires
  }
"""


def written(folder: Path, more: str = "", name: str = "of-age") -> Path:
    (folder / "my.rules").write_text(HEAD + (ADULT % more).replace("of-age", name), "utf-8")
    return folder


def test_a_failing_example_is_shown_with_its_place_and_what_it_gives_expects_and_gets(tmp_path: Path) -> None:
    run = rules("test", written(tmp_path, WRONG))
    assert run.exit_code == 1
    assert run.stdout.splitlines() == [
        "FAILED  my.rules/of-age: a boy",
        f"        at         {tmp_path}/my.rules:23",
        "        given      patient gender male, born 2020-06-01",
        "                   incoming entry 77386006, date 2025-06-01",
        "        expected   fires",
        "        got        clear",
        "        because    not so: patient.gender is female",
        "                   not so: age at e >= 12 years",
        "4 examples of 1 rule: 3 as expected, 1 not",
    ]
    failed = json.loads(rules("test", tmp_path, "--format", "json").stdout)["failed"]
    assert [(one["line"], one["given"][0]) for one in failed] == [(23, "given patient gender male, born 2020-06-01")]


def test_a_pattern_and_a_name_choose_what_is_run(tmp_path: Path) -> None:
    folder = written(tmp_path, WRONG)
    assert rules("test", folder, "--run", "TWELVE").stdout == "1 example of 1 rule: 1 as expected, 0 not\n"
    assert rules("test", folder, "--run", "of-age: the*before").exit_code == 0
    assert rules("test", f"{folder}/of-age").stdout.endswith("4 examples of 1 rule: 3 as expected, 1 not\n")
    nothing = rules("test", folder, "--run", "no such example")
    assert (nothing.exit_code, nothing.stdout) == (1, "0 examples of 0 rules: 0 as expected, 0 not\n")
    assert nothing.stderr.startswith("no example has `no such example` in `ruleset/rule: name`\n")
    unknown = rules("test", f"{folder}/of-aged")
    assert unknown.exit_code == 2
    assert "did you mean `of-age`?" in unknown.stderr


def test_a_single_rule_stands_beside_a_whole_folder_and_a_rule_of_another(tmp_path: Path) -> None:
    (one := tmp_path / "one").mkdir()
    (two := tmp_path / "two").mkdir()
    written(one)
    written(two, WRONG)
    (two / "my.rules").write_text((two / "my.rules").read_text("utf-8").replace("my.rules", "other.rules"), "utf-8")
    assert rules("test", f"{one}/of-age").stdout == "3 examples of 1 rule: 3 as expected, 0 not\n"
    for whole in (two, f"{two}/of-age"):
        both = rules("test", f"{one}/of-age", whole)
        assert (both.exit_code, both.stdout.splitlines()[-1]) == (1, "7 examples of 2 rules: 6 as expected, 1 not")
    assert rules("test", one, f"{two}/of-aged").exit_code == 2


def test_of_a_bundle_changes_are_told_in_the_words_of_its_rules_and_none_is_accepted(tmp_path: Path) -> None:
    path, text = tmp_path / "my.bundle", tmp_path / "my.rules"
    written(tmp_path)
    text.write_text(text.read_text("utf-8").replace("born 2013-06-02", "born 2020-06-02"), "utf-8")
    path.write_bytes(build([tmp_path]))
    text.unlink()
    told = rules("test", path, "--mutate").stdout
    assert "limit: 11 years for 12 years in `age at e >= 12 years`" in told
    refused = rules("test", path, "--mutate", "--accept")
    assert refused.exit_code == 2
    assert "a bundle is whole" in refused.stderr


def test_a_score_is_rounded_down_and_evaluators_that_differ_fail_in_every_form(tmp_path: Path) -> None:
    assert (per_cent(99.9), per_cent(100.0), per_cent(0.0)) == ("99 %", "100 %", "0 %")
    engine = load(written(tmp_path))
    (rule,) = engine.rules
    edges = [Edges(rule, (Edge("an edge", rule.examples[0], None),))]
    done = tested.Tested([], 1, Texts(), edges=edges)
    assert not done.ok
    assert ElementTree.fromstring(tested.as_junit(done)).attrib["failures"] == "1"
    (result,) = tested.as_sarif(done)["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("evaluators-differ", "error")


def test_coverage_names_the_values_that_no_example_shows_and_what_never_decides(tmp_path: Path) -> None:
    run = rules("test", written(tmp_path), "--coverage")
    assert run.exit_code == 0
    assert run.stdout.splitlines() == [
        "my.rules/of-age: 2 of 4 atoms decide alone, 6 of 12 values seen",
        "    for.e.set         e in pregnant: never false, unknown; never decides alone by being false",
        "    for.e.stands      e is present, the patient's and current: never false, unknown; never decides alone by being false",
        "    when.0            patient.gender is female: never unknown",
        "    when.1            age at e >= 12 years: never unknown",
        "3 examples of 1 rule: 3 as expected, 0 not",
        "4 atoms: 2 shown to decide alone",
    ]


def test_what_was_sent_is_never_unknown_and_other_missing_fields_are_no_other_answer(tmp_path: Path) -> None:
    (tmp_path / "my.rules").write_text(
        HEAD + "rule r { action note for entry e in pregnant\n"
        'when patient.gender is female and (not (e.value is missing) or age at e >= 12 years) say "{e}"\n'
        'example "no gender" { given incoming entry 77386006, value 1 "1" expect cannot tell: patient.gender } }',
        "utf-8",
    )
    (one,) = json.loads(rules("test", tmp_path, "--coverage", "--format", "json").stdout)["coverage"]
    (sent,) = (atom for atom in one["atoms"] if atom["words"] == "e.value is missing")
    assert sent["seen"] == {"true": False, "false": True}
    assert sent["decides"] == {"true": False, "false": False}


CALLED = """ruleset my.rules { title "Mine" version 1.0.0 language 2 review none }
valueset pregnant "Pregnant" { codes 77386006 |Pregnancy|, 118215003 |Delivery finding| source "a test" }
valueset tested "Tested" { codes 118215003 |Delivery finding| source "a test" }
define adult(entry x) "of age" { age at x >= 12 years and age at x < 60 years }
rule of-women {
  action note for entry e in pregnant when patient.gender is female and adult(e) say "{e}"
  example "12 today" { given patient gender female, born 2013-06-01 given incoming entry 77386006, date 2025-06-01 expect fires }
  example "60 today" { given patient gender female, born 1965-06-01 given incoming entry 77386006, date 2025-06-01 expect clear }
}
rule of-men {
  action note for entry e in pregnant when patient.gender is male and e in tested and adult(e) say "{e}"
  example "12 tomorrow" { given patient gender male, born 2013-06-02 given incoming entry 118215003, date 2025-06-01 expect clear }
  example "59, last day" { given patient gender male, born 1965-06-02 given incoming entry 118215003, date 2025-06-01 expect fires }
}
"""


def test_a_named_condition_is_asked_once_of_the_examples_of_all_rules_that_call_it(tmp_path: Path) -> None:
    (tmp_path / "my.rules").write_text(CALLED, "utf-8")
    run = json.loads(rules("test", tmp_path, "--coverage", "--mutate", "--format", "json").stdout)
    covered = {one["rule"]: (one["examples"], one["mcdc"]) for one in run["coverage"]}
    assert covered["my.rules/adult"] == (4, {"shown": 2, "of": 2})
    mutated = {one["rule"]: one for one in run["mutation"]}
    assert (mutated["my.rules/adult"]["noticed"], mutated["my.rules/adult"]["survivors"]) == (9, [])
    words = [one["words"] for of in ("my.rules/of-women", "my.rules/of-men") for one in mutated[of]["survivors"]]
    assert not [one for one in words if "age at x" in one]
    alone = json.loads(rules("test", f"{tmp_path}/of-women", "--mutate", "--format", "json").stdout)["mutation"]
    by_women = {one["rule"]: [s["words"] for s in one["survivors"]] for one in alone}
    assert by_women["my.rules/adult"] == [
        "part 1 left out in `age at x >= 12 years and age at x < 60 years`",
        "11 years for 12 years in `age at x >= 12 years`",
        "59 years for 60 years in `age at x < 60 years`",
    ]


def test_examples_for_a_named_condition_are_put_beside_those_of_the_rule_that_they_are_for(tmp_path: Path) -> None:
    lines = [line for line in CALLED.split("\n") if '"60 today"' not in line and '"12 tomorrow"' not in line]
    (tmp_path / "my.rules").write_text("\n".join(lines), "utf-8")
    asked = rules("test", tmp_path, "--mutate", "--accept", "--format", "json")
    assert asked.stderr.startswith(f"examples added: {tmp_path}")
    after = json.loads(rules("test", tmp_path, "--mutate", "--format", "json").stdout)
    assert (after["failed"], [one["survivors"] for one in after["mutation"]]) == ([], [[], [], []])


def test_of_a_family_and_of_somebody_unknown_an_accepted_example_can_be_read_and_passes(tmp_path: Path) -> None:
    table = 'table ages from "ages.csv" { key name column condition set column youngest years }'
    (tmp_path / "ages.csv").write_text(
        "# source: a test\nname,condition,youngest\nyounger,pregnant,12\nolder,tested,20\n", "utf-8"
    )
    given = "given patient born 2013-06-01 given incoming entry 77386006, date 2025-06-01"
    rule = (
        "rule r for each row a of ages { action note for entry e in a.condition\n"
        'when e is not about patient or age at e >= a.youngest say "{e}"\n'
        f'example "twelve" of younger {{ {given} expect fires }} }}\n'
    )
    head = CALLED.partition("define")[0].replace("77386006 |Pregnancy|, 118215003 |Delivery finding|", "77386006 |Pregnancy|")
    (tmp_path / "my.rules").write_text(f"{head}{table}\n{rule}", "utf-8")
    asked = rules("test", tmp_path, "--mutate", "--accept")
    assert (asked.exit_code, asked.stderr.partition(":")[0]) == (0, "examples added")
    text = (tmp_path / "my.rules").read_text("utf-8")
    assert text.count(" of younger {") > 2
    assert "about unknown" in text
    again = json.loads(rules("test", tmp_path, "--mutate", "--format", "json").stdout)
    (edges,) = json.loads(rules("test", f"{tmp_path}/r", "--boundaries", "--format", "json").stdout)["boundaries"][:1]
    assert edges["examples"]
    assert all(" of younger {" in one["example"] for one in edges["examples"])
    assert (again["failed"], [s["words"] for m in again["mutation"] for s in m["survivors"] if s["example"]]) == ([], [])


def test_a_named_condition_of_another_ruleset_is_asked_of_that_rulesets_examples(tmp_path: Path) -> None:
    for name, text in {
        "mine": CALLED,
        "yours": 'ruleset your.rules { title "Yours" version 1.0.0 language 2 review none uses my.rules 1.0.0 }\n'
        'rule r { action note for entry e in my.rules/pregnant when my.rules/adult(e) say "{e}"\n'
        'example "12 today" { given patient born 2013-06-01 given incoming entry 77386006, date 2025-06-01 expect fires } }\n',
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "some.rules").write_text(text, "utf-8")
    engine = load(tmp_path / "mine", tmp_path / "yours")
    binding, texts = bind_for_examples(engine.rulesets, engine.terminology), Texts(engine.sources)
    yours = [rule for rule in engine.rules if rule.ruleset == "your.rules"]
    assert [one.rule for one in coverages(binding, yours, texts)] == ["your.rules/r"]
    assert [one.name for one in mutate(binding, yours, texts)] == ["your.rules/r"]


def test_membership_that_the_condition_says_already_is_no_atom(tmp_path: Path) -> None:
    (tmp_path / "my.rules").write_text(CALLED, "utf-8")
    run = json.loads(rules("test", tmp_path, "--coverage", "--format", "json").stdout)
    places = {one["rule"]: [atom["place"] for atom in one["atoms"]] for one in run["coverage"]}
    assert places["my.rules/of-women"] == ["for.e.set", "for.e.stands", "when.0"]
    assert places["my.rules/of-men"] == ["for.e.stands", "when.0", "when.1"]


def test_a_threshold_fails_below_it_alone_and_coverage_stands_beside_failures(tmp_path: Path) -> None:
    below = rules("test", written(tmp_path), "--coverage", "--threshold", "100")
    assert (below.exit_code, below.stderr) == (1, "below 100 %: my.rules/of-age: 50 % atoms that decide alone\n")
    assert rules("test", tmp_path, "--coverage", "--threshold", "50").exit_code == 0
    assert rules("test", written(tmp_path, OTHER), "--coverage", "--threshold", "100").exit_code == 0
    failing = json.loads(rules("test", written(tmp_path, WRONG), "--coverage", "--format", "json").stdout)
    assert (len(failing["failed"]), failing["coverage"][0]["mcdc"]) == (1, {"shown": 2, "of": 4})
    assert failing["coverage"][0]["atoms"][2] == {
        "place": "when.0",
        "words": "patient.gender is female",
        "seen": {"true": True, "false": True, "unknown": False},
        "decides": {"true": True, "false": True},
    }


def test_an_atom_within_a_quantifier_an_exception_and_an_alternative_decides_by_itself(tmp_path: Path) -> None:
    when = 'when (patient.gender is female or exists history h in pregnant where ( h is before e )) unless "child" age at e < 12 years'
    (tmp_path / "my.rules").write_text(
        HEAD.replace("language 1", "language 2")
        + (ADULT % "")
        .replace("when patient.gender is female and age at e >= 12 years", when)
        .replace(
            "expect clear\n  }\n}",
            "given record entry 77386006, date 2024-01-01 expect fires }\n"
            '  example "later" { given patient gender male, born 2013-06-01 given incoming entry 77386006, date 2025-06-01\n'
            "  given record entry 77386006, date 2025-06-01 expect clear }\n}",
        ),
        "utf-8",
    )
    run = json.loads(rules("test", tmp_path, "--coverage", "--format", "json").stdout)
    assert run.get("failed") == [], run
    decides = {atom["words"].partition(" where")[0]: atom["decides"] for atom in run["coverage"][0]["atoms"]}
    both = {"true": True, "false": True}
    assert decides["h is before e"] == both
    assert decides["exists history h in pregnant"] == both
    assert decides["age at e < 12 years"] == both
    assert decides["patient.gender is female"] == both


def test_results_for_pipelines(tmp_path: Path) -> None:
    folder = written(tmp_path, WRONG)
    root = ElementTree.fromstring(rules("test", folder, "--coverage", "--threshold", "90", "--format", "junit").stdout)
    assert (root.get("tests"), root.get("failures")) == ("5", "2")
    (case,) = [one for one in root.iter("testcase") if one.get("name") == "a boy"]
    assert (case.get("classname"), case.get("line")) == ("my.rules/of-age", "23")
    assert case[0].get("message") == "expected fires, got clear"
    (run,) = json.loads(rules("test", folder, "--format", "sarif").stdout)["runs"]
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("example-fails", "error")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 23}


def test_a_limit_that_is_one_step_off_is_noticed_or_shown_with_an_example_that_would(tmp_path: Path) -> None:
    run = json.loads(rules("test", written(tmp_path, OTHER), "--mutate", "--format", "json").stdout)
    (found,) = run["mutation"]
    assert (found["noticed"], found["mutants"]) == (7, 8)
    (one,) = found["survivors"]
    assert (one["kind"], one["words"], one["line"]) == ("context", "`history e` for `entry e` in `for`", 3)
    assert (one["answer"], one["instead"]) == ({"outcome": "clear", "missing": []}, "fires")
    assert "past" in one["example"]


def test_an_example_at_an_end_of_the_calendar_has_neighbours_inside_it(tmp_path: Path) -> None:
    ends = "".join(
        f'  example "{day}" {{\n    given patient gender male\n    given incoming entry 77386006, date {day}\n    expect clear\n  }}\n'
        for day in ("0001-01-01", "9999-12-31")
    )
    run = json.loads(rules("test", written(tmp_path, OTHER + ends), "--mutate", "--format", "json").stdout)
    assert (run["failed"], [one["mutants"] for one in run["mutation"]]) == ([], [8])


def test_the_changes_of_a_rule_are_the_mistakes_that_authors_make(tmp_path: Path) -> None:
    (tmp_path / "my.rules").write_text(
        'ruleset my.rules { title "Mine" version 1.0.0 language 2 review none }\n'
        'valueset one "One" { codes 77386006 |Pregnancy| }\n'
        'valueset two "Two" { codes 77386006 |Pregnancy|, 118215003 |Delivery finding| }\n'
        'valueset three "Three" { codes 195967001 |Asthma| }\n'
        "rule r { action note for entry e in one when e is within 4 weeks before patient.born or e is less than 2 days after\n"
        'patient.born or no history h in two unless "a boy" patient.gender is male say "{e}" }\n'
        'rule s { action note for entry e in three say "{e}" }\n',
        "utf-8",
    )
    engine = load(tmp_path)
    binding = bind_for_examples(engine.rulesets, engine.terminology)
    found = mutants(engine.rules[0], binding, alternatives(binding), Texts(engine.sources))
    assert [(one.kind, one.words.partition(" in `")[0]) for one in found] == [
        ("connective", "`and` for `or`"),
        ("connective", "part 1 left out"),
        ("connective", "part 2 left out"),
        ("connective", "part 3 left out"),
        ("limit", "3 weeks for 4 weeks"),
        ("limit", "5 weeks for 4 weeks"),
        ("operator", "`after` for `before`"),
        ("operator", "without its last day"),
        ("limit", "1 days for 2 days"),
        ("limit", "3 days for 2 days"),
        ("operator", "`before` for `after`"),
        ("operator", "with its last day"),
        ("operator", "`exists` for `no`"),
        ("set", "`three` for `two`"),
        ("context", "`mention h` for `history h`"),
        ("operator", "`female` for `male`"),
        ("exception", "the exception “a boy” left out"),
        ("set", "`three` for `one`"),  # and not `two`, which has its code
        ("context", "`history e` for `entry e`"),
    ]


def test_a_change_of_a_family_is_one_in_all_its_rows(tmp_path: Path) -> None:
    (tmp_path / "ages.csv").write_text("who,youngest,oldest\none,12,50\ntwo,20,60\n", "utf-8")
    (tmp_path / "my.rules").write_text(
        HEAD.replace("language 1", "language 2")
        + 'table ages from "ages.csv" { key who column youngest years column oldest years source "a test" }\n'
        'rule r for each row p of ages { action note for entry e in pregnant when age at e is not from p.youngest to p.oldest say "{e}"\n'
        'example "12 today" of one { given patient born 2013-06-01 given incoming entry 77386006, date 2025-06-01 expect clear }\n'
        'example "19, last day" of two { given patient born 2005-06-02 given incoming entry 77386006, date 2025-06-01 expect fires } }\n',
        "utf-8",
    )
    (found,) = json.loads(rules("test", tmp_path, "--mutate", "--format", "json").stdout)["mutation"]
    survive = [one["words"].partition(" in `")[0] for one in found["survivors"] if one["kind"] == "limit"]
    assert survive == ["49 years for 50 years", "51 years for 50 years"]


def test_an_example_that_is_accepted_passes_is_laid_out_and_kills_its_mutant(tmp_path: Path) -> None:
    one_only = ADULT.partition('  example "the day')[0] + "}\n"
    (tmp_path / "my.rules").write_text(HEAD + one_only, "utf-8")
    assert rules("format", tmp_path).exit_code == 0
    before = json.loads(rules("test", tmp_path, "--mutate", "--accept", "--format", "json").stdout)["mutation"][0]
    assert {s["kind"] for s in before["survivors"]} == {"limit", "connective", "context"}
    assert all(s["example"] for s in before["survivors"])
    assert rules("format", "--check", tmp_path).exit_code == 0
    assert [example.name for example in load(tmp_path).rules[0].examples] == [
        "twelve",
        "clear, decided by `patient.gender is female`",
        "clear, decided by `age at e >= 12 years`",
        "clear, decided by `entry e in pregnant`",
    ]
    after = json.loads(rules("test", tmp_path, "--mutate", "--format", "json").stdout)
    assert (after["failed"], after["mutation"][0]["survivors"]) == ([], [])
    assert after["mutation"][0]["noticed"] == after["mutation"][0]["mutants"]


def test_an_example_of_a_name_that_stands_is_left_until_that_is_named_otherwise(tmp_path: Path) -> None:
    named = '"fires, decided by `age at e >= 12 years`"'
    text = HEAD + (ADULT % OTHER).replace('"twelve"', named).replace("born 2013-06-01", "born 2000-06-01", 1)
    (tmp_path / "my.rules").write_text(text, "utf-8")
    assert rules("format", tmp_path).exit_code == 0
    first = rules("test", tmp_path, "--mutate", "--accept")
    assert "left: 1 example whose name another of its rule has\n" in first.stderr
    text = (tmp_path / "my.rules").read_text("utf-8")
    assert text.count("decided by `age at e >= 12 years`") == 1
    (tmp_path / "my.rules").write_text(text.replace(named, '"grown up"'), "utf-8")
    assert "left:" not in rules("test", tmp_path, "--mutate", "--accept").stderr
    assert rules("test", tmp_path, "--mutate", "--threshold", "100").exit_code == 0


def test_a_change_that_no_patient_can_show_is_counted_by_itself(tmp_path: Path) -> None:
    twice = "when patient.gender is female and (age at e >= 12 years or age at e >= 14 years)"
    text = (ADULT % OTHER).replace("when patient.gender is female and age at e >= 12 years", twice)
    (tmp_path / "my.rules").write_text(HEAD + text, "utf-8")
    (found,) = json.loads(rules("test", tmp_path, "--mutate", "--format", "json").stdout)["mutation"]
    same = [one["words"] for one in found["change_nothing"]]
    assert "15 years for 14 years in `age at e >= 14 years`" in same
    assert not [one for one in found["survivors"] if one["example"] is None]


def test_a_change_that_changes_nothing_is_not_asked_of_the_examples(tmp_path: Path) -> None:
    (rule,) = load(written(tmp_path)).rules
    none = Mutant("limit", "no change", rule.span, rule, "`when`")
    assert Mutated(rule.name, mutants=4, killed=3, same=(none,), survivors=()).score == 100.0
    assert Mutated(rule.name, mutants=4, killed=1, same=(none, none), survivors=()).score == 50.0
    assert Mutated(rule.name, mutants=0, killed=0, same=(), survivors=()).score == 100.0


def test_edges_hold_the_day_before_on_and_after_leap_days_and_each_missing_field(tmp_path: Path) -> None:
    run = json.loads(rules("test", written(tmp_path), "--boundaries", "--format", "json").stdout)
    (found,) = run["boundaries"]
    answers = {one["name"]: (one["answer"]["outcome"], *one["answer"]["missing"]) for one in found["examples"]}
    assert answers["patient.born and e.date: a day less than 12 years"] == ("clear",)
    assert answers["patient.born and e.date: 12 years"] == ("fires",)
    assert answers["patient.born and e.date: a day more than 12 years"] == ("fires",)
    assert answers["without patient.born"] == ("cannot tell", "patient.born")
    assert answers["without patient.gender"] == ("cannot tell", "patient.gender")
    assert answers["without e.date"] == ("cannot tell", "e.date")
    assert any("born 2012-02-29" in one["example"] for one in found["examples"])
    pasted = "\n".join(one["example"] for one in found["examples"])
    again = rules("test", written(tmp_path, pasted))
    assert (again.exit_code, again.stdout) == (
        0,
        f"{3 + len(answers)} examples of 1 rule: {3 + len(answers)} as expected, 0 not\n",
    )
    assert json.loads(rules("test", tmp_path, "--boundaries", "--format", "json").stdout)["boundaries"][0]["examples"] == []


def test_pytest_measures_the_rules_too(tmp_path: Path) -> None:
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\n", "utf-8")
    asked = ["--rules", "--rules-coverage", "100", "--rules-mutate", "50", "-p", "no:cacheprovider", "-c", str(settings)]
    command = [sys.executable, "-m", "pytest", "-q", *asked, str(written(tmp_path))]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "50 % atoms that decide alone, below 100 %" in run.stdout
    assert "1 failed, 4 passed" in run.stdout
