"""Code maps: a mapped code is judged as its target is, the report says so, and a map that is not whole refuses to load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.plugins.made import LOCAL, NOT_PREGNANT, PREGNANT, entry, install, load, plugin, run, sent

from codesafety import ConfigurationError, Engine, Report
from codesafety.plugins import CodeMap

MAP = CodeMap("local codes", LOCAL, {"PREG1": PREGNANT, "NOTPREG": NOT_PREGNANT})


@pytest.fixture(scope="module", params=["compiled", "reference"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return load("uk.integrity", "uk.pregnancy", plugins=[plugin(code_maps=[MAP])], evaluator=request.param)


def fired(report: Report) -> list[tuple[str, str]]:
    return [(r.rule, r.action) for r in report.results if r.outcome == "fires"]


def integrity(report: Report) -> list[str]:
    return [rule for rule, _ in fired(report) if rule.startswith("uk.integrity/")]


# ------------------------------------------------------------------------------------------------ judged by the target


def test_a_mapped_code_is_no_damaged_code(engine: Engine) -> None:
    assert integrity(engine.assess(sent(entry("PREG1", LOCAL)))) == []


def test_a_mapped_code_is_judged_as_its_target_is(engine: Engine) -> None:
    mapped = engine.assess(sent(entry("PREG1", LOCAL), entry("NOTPREG", LOCAL)))
    itself = engine.assess(sent(entry(PREGNANT), entry(NOT_PREGNANT)))
    assert fired(mapped) == fired(itself) != []
    assert [item.rules for item in mapped.items] == [item.rules for item in itself.items]


def test_the_report_names_the_map_the_target_and_what_was_sent(engine: Engine) -> None:
    report = engine.assess(sent(entry("PREG1", LOCAL)))
    (item,) = report.items
    assert report.code_maps == ("made: local codes",)
    assert (item.system, item.code, item.term) == ("sct", PREGNANT, "Pregnant (finding)")
    assert item.as_sent is not None
    assert (item.as_sent.system, item.as_sent.code) == (LOCAL, "PREG1")


def test_what_was_sent_is_that_of_the_coding_that_speaks(engine: Engine) -> None:
    (item,) = engine.assess(sent(entry("X99", "https://other.example", (LOCAL, "PREG1")))).items
    assert item.as_sent is not None
    assert (item.code, item.as_sent.code) == (PREGNANT, "PREG1")


def test_words_that_deny_the_target_hold(engine: Engine) -> None:
    denied = entry("PREG1", LOCAL).model_copy(update={"text": "Not pregnant"})
    found = engine.assess(sent(denied))
    assert ("uk.integrity/pregnancy-code-whose-words-deny-it", "hold") in fired(found)
    (finding,) = (r for r in found.results if r.action == "hold")
    assert [(e.code, e.term) for e in finding.entries] == [(PREGNANT, "Pregnant (finding)")]


def test_a_mapped_code_beside_another_code_is_judged_as_two_codes_are(engine: Engine) -> None:
    mapped = engine.assess(sent(entry(PREGNANT, "http://snomed.info/sct", (LOCAL, "NOTPREG"))))
    itself = engine.assess(sent(entry(PREGNANT, "http://snomed.info/sct", ("http://snomed.info/sct", NOT_PREGNANT))))
    assert fired(mapped) == fired(itself)
    assert [item.rules for item in mapped.items] == [item.rules for item in itself.items]
    assert mapped.decision == "hold"


def test_the_system_of_a_mapped_code_is_known() -> None:
    nearly = "http://snomed.info/sct2"
    unmapped, mapped = (
        load("uk.integrity", plugins=[plugin(code_maps=maps)]).assess(sent(entry("PREG1", nearly)))
        for maps in ([], [CodeMap("local codes", nearly, {"PREG1": PREGNANT})])
    )
    assert integrity(unmapped) == ["uk.integrity/code-system-that-is-nearly-known-or-left-out"]
    assert integrity(mapped) == []


def test_a_code_of_the_same_system_that_is_in_no_map_is_not_understood(engine: Engine) -> None:
    report = engine.assess(sent(entry("PREG2", LOCAL)))
    assert [line.missing for line in report.missing_inputs if "carried no code that the rules understand" in line.message] == [
        "code"
    ]
    assert report.items[0].system == LOCAL


def test_white_space_around_a_mapped_code_is_found(engine: Engine) -> None:
    assert integrity(engine.assess(sent(entry("PREG1 ", LOCAL)))) == ["uk.integrity/code-with-something-added"]


@pytest.mark.parametrize(("in_map", "in_message"), [("Z33.1", "Z331"), ("Z331", "Z33.1"), ("z33.1", "Z331")])
def test_a_code_is_found_however_its_system_may_write_it(in_map: str, in_message: str) -> None:
    engine = load(plugins=[plugin(code_maps=[CodeMap("icd", "http://hl7.org/fhir/sid/icd-10", {in_map: PREGNANT})])])
    assert engine.assess(sent(entry(in_message, "https://hl7.org/fhir/sid/icd-10"))).items[0].code == PREGNANT


def test_a_map_takes_no_code_out_of_a_set_that_names_it(tmp_path: Path) -> None:
    rules = tmp_path / "own.rules"
    rules.write_text(
        'ruleset own { title "Own" version 1.0.0 language 1 review none }\n'
        'valueset egton "Its own code" { codes emis "EMISNQ1" }\n'
        'rule own { action note for entry e in egton when e is incoming say "{e}" }\n',
        encoding="utf-8",
    )
    emis = CodeMap("egton", "https://fhir.hl7.org.uk/Id/egton-codes", {"EMISNQ1": PREGNANT})
    for evaluator in ("compiled", "reference"):
        engine = load(rules, plugins=[plugin(code_maps=[emis])], evaluator=evaluator)
        assert fired(engine.assess(sent(entry("EMISNQ1", "https://fhir.hl7.org.uk/Id/egton-codes")))) == [("own/own", "note")]


def test_a_supplier_s_medicine_is_the_product_that_it_is_mapped_to() -> None:
    engine = load(plugins=[plugin(code_maps=[CodeMap("drugs", LOCAL, {"DRUG1": "322236009"})])])
    book = engine.binding.codebook
    assert book.product(LOCAL, "DRUG1").product == book.product("http://snomed.info/sct", "322236009").product is not None


def test_a_map_that_its_plugin_changes_later_stays_as_it_was_loaded() -> None:
    codes = {"PREG1": PREGNANT}
    engine = load(plugins=[plugin(code_maps=[CodeMap("local codes", LOCAL, codes)])])
    codes["PREG1"] = NOT_PREGNANT
    assert engine.assess(sent(entry("PREG1", LOCAL))).items[0].code == PREGNANT


# ------------------------------------------------------------------------------------------------ refused when loaded

NO_CONCEPT = "its target is no well-formed SNOMED CT concept id"
NO_CODE = "its code is no text, is empty, or has white space around it"
REFUSED: dict[str, tuple[tuple[Any, Any, Any], str]] = {
    "a check digit": (("local", LOCAL, {"A": PREGNANT, "B": "77386007"}), f"entry 2: {NO_CONCEPT}"),
    "a description": (("local", LOCAL, {"A": "216015"}), f"entry 1: {NO_CONCEPT}"),
    "a target that is a number": (("local", LOCAL, {"A": 77386006}), f"entry 1: {NO_CONCEPT}"),
    "no target": (("local", LOCAL, {"A": None}), f"entry 1: {NO_CONCEPT}"),
    "a target with a space": (("local", LOCAL, {"A": "77386006 "}), f"entry 1: {NO_CONCEPT}"),
    "a code that is a number": (("local", LOCAL, {1: PREGNANT}), f"entry 1: {NO_CODE}"),
    "an empty code": (("local", LOCAL, {"": PREGNANT}), f"entry 1: {NO_CODE}"),
    "a code with a space": (("local", LOCAL, {"A ": PREGNANT}), f"entry 1: {NO_CODE}"),
    "no system": (("local", None, {"A": PREGNANT}), "names no code system"),
    "an empty system": (("local", " ", {"A": PREGNANT}), "names no code system"),
    "SNOMED CT itself": (("local", "http://snomed.info/sct", {"A": PREGNANT}), "maps SNOMED CT or dm+d itself"),
    "dm+d itself": (("local", "https://dmd.nhs.uk/", {"A": PREGNANT}), "maps SNOMED CT or dm+d itself"),
    "pairs": (("local", LOCAL, [("A", PREGNANT)]), "gives no codes by their targets"),
    "one code in two spellings": (
        ("local", "icd10", {"Z33.1": PREGNANT, "Z331": NOT_PREGNANT}),
        "entry 2: its code is mapped already, to another concept than in the code map `local` of plugin `made`",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_map_that_is_not_whole_refuses_to_load(case: str) -> None:
    (name, system, codes), words = REFUSED[case]
    with pytest.raises(ConfigurationError) as caught:
        load(plugins=[plugin(code_maps=[CodeMap(name, system, codes)])])
    assert "the code map `local` of plugin `made`" in str(caught.value)
    assert words in str(caught.value)


def test_a_map_without_a_name_refuses_to_load() -> None:
    with pytest.raises(ConfigurationError, match="a code map of plugin `made` has no name"):
        load(plugins=[plugin(code_maps=[CodeMap("", LOCAL, {})])])


def test_every_bad_entry_is_named_by_its_place_and_not_by_its_words() -> None:
    codes = {f"SECRET{n}": "1" for n in range(12)}
    with pytest.raises(ConfigurationError) as caught:
        load(plugins=[plugin(code_maps=[CodeMap("local", LOCAL, codes)])])
    lines = str(caught.value).splitlines()
    assert lines[0] == "the code map `local` of plugin `made` cannot be used:"
    assert lines[1].strip().startswith("entry 1: ") and lines[10].strip().startswith("entry 10: ")
    assert lines[11:] == ["  and 2 more entries"]
    assert "SECRET" not in str(caught.value)


def test_the_command_line_writes_each_bad_entry_on_a_line(tmp_path: Path) -> None:
    install(
        tmp_path,
        "from codesafety.plugins import CodeMap, hookimpl\n"
        "@hookimpl\n"
        "def codesafety_code_maps():\n"
        "    return [CodeMap('local', 'https://supplier.example/codes', {'A': '1', 'B': '2'})]\n",
    )
    done = run(tmp_path, "-m", "codesafety", "check", "-", stdin="{}")
    assert [line[:9] for line in done.stderr.splitlines()] == ["error: th", "  entry 1", "  entry 2"]
    assert "\\u000a" not in done.stderr


@pytest.mark.parametrize(("target", "how"), [(PREGNANT, "as in"), (NOT_PREGNANT, "to another concept than in")])
def test_two_maps_of_one_code_refuse_to_load(target: str, how: str) -> None:
    one = plugin("one", code_maps=[CodeMap("first", LOCAL, {"A": PREGNANT})])
    other = plugin("other", code_maps=[CodeMap("second", LOCAL.replace("https", "HTTPS"), {"B": PREGNANT, "A": target})])
    with pytest.raises(ConfigurationError) as caught:
        load(plugins=[other, one])
    assert str(caught.value) == (
        "the code map `second` of plugin `other` cannot be used:\n"
        f"  entry 2: its code is mapped already, {how} the code map `first` of plugin `one`"
    )


def test_two_maps_of_one_name_refuse_to_load() -> None:
    maps = [CodeMap("local", LOCAL, {"A": PREGNANT}), CodeMap("local", LOCAL, {"B": PREGNANT})]
    with pytest.raises(ConfigurationError, match="the code map `local` of plugin `made` is given twice"):
        load(plugins=[plugin(code_maps=maps)])
