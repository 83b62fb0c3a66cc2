"""What is only derived of a medicine never holds; what is not recognised has one line; one code is one product."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from codesafety import Engine, load
from codesafety.record import Coding, Coverage, Medication, Record, Submission
from codesafety.report import Report, Result

SCT = "http://snomed.info/sct"
UNKNOWN, OTHER = "999000111000001103", "999000211000001109"
VMP, FORMER, DERIVED_AMP = "39731911000001109", "319284000", "408111000001107"
RULES = """
ruleset made { title "Made" version 1.0.0 language 1 review none }
valueset by_substance "By substance" { codes 774557006 |Amlodipine| source "made" }
valueset by_itself "By itself" { codes 39731911000001109 |Amlodipine 10mg tablets| source "made" }
valueset by_mouth "By mouth" { codes 26643006 |Oral| source "made" }
rule in-substance { action hold for medication m in by_substance when m.status is active say "{m}" }
rule in-itself { action hold for medication m in by_itself when m.status is active say "{m}" }
rule of-route { action hold for medication m when m.route in by_mouth say "{m}" }
rule of-status { action hold for medication m when m.status is completed say "{m}" }
rule twice { action hold for medication a with medication b when a is the same product as b say "{a} and {b}" }
rule none-of-it { action hold for medication m when m.status is completed and no medication n in by_substance say "{m}" }
"""


@cache
def engine() -> Engine:
    with TemporaryDirectory() as folder:
        (Path(folder) / "made.rules").write_text(RULES, encoding="utf-8")
        return load(Path(folder))


def given(
    code: str, display: str | None = None, *, path: str = "m[0]", status: str | None = None, route: str | None = None
) -> Medication:
    return Medication(
        path=path,
        products=(Coding(system=SCT, code=code, display=display),),
        status=status,
        route=(Coding(system=SCT, code=route),) if route else (),
        authored="2025-06-01",
    )


def assessed(*medications: Medication) -> Report:
    return engine().assess(Submission(medications=medications))


def fired(rule: str, *medications: Medication) -> Result:
    (found,) = [r for r in assessed(*medications).results if r.outcome == "fires" and r.rule == f"made/{rule}"]
    return found


def capped(result: Result, name: str) -> bool:
    return (f"product of {name}", "derived from names: no more than review") in {(f.name, f.value) for f in result.facts}


def test_a_set_that_holds_a_medicine_by_its_derived_substance_is_review() -> None:
    result = fired("in-substance", given(VMP, status="active"))
    assert (result.action, capped(result, "m")) == ("review", True)
    assert result.changed_by_profile is None


def test_a_set_that_names_the_code_itself_holds() -> None:
    result = fired("in-itself", given(VMP, status="active"))
    assert (result.action, capped(result, "m")) == ("hold", False)


def test_a_route_that_was_sent_holds_and_one_that_a_name_says_does_not() -> None:
    assert fired("of-route", given(VMP, route="26643006")).action == "hold"
    result = fired("of-route", given(VMP))
    assert (result.action, capped(result, "m")) == ("review", True)


def test_a_rule_that_asks_nothing_of_the_product_holds() -> None:
    assert fired("of-status", given(DERIVED_AMP, status="completed")).action == "hold"


def test_two_ids_of_one_vmp_hold_and_an_amp_whose_vmp_was_concluded_does_not() -> None:
    assert fired("twice", given(VMP), given(FORMER, path="m[1]")).action == "hold"
    derived = given(DERIVED_AMP, path="m[1]")
    result = fired("twice", given(VMP), derived)
    assert (result.action, capped(result, "a") or capped(result, "b")) == ("review", True)


def test_that_no_medicine_is_in_a_set_may_rest_on_what_was_derived() -> None:
    other = given("329653008", path="m[0]", status="completed")  # ibuprofen: that it is no amlodipine was read from its name
    record = Record(complete=(Coverage(kind="medication"),))
    report = engine().assess(Submission(medications=(other,)), record)
    (result,) = [r for r in report.results if r.outcome == "fires" and r.rule == "made/none-of-it"]
    assert (result.action, capped(result, "n")) == ("review", True)


def test_one_code_is_one_product_whatever_is_known_of_it() -> None:
    result = fired("twice", given(UNKNOWN), given(UNKNOWN, path="m[1]"))
    assert result.action == "hold"
    assert result.message == f"code {UNKNOWN} of 1 June 2025 and code {UNKNOWN} of 1 June 2025"


@pytest.mark.parametrize("code", ["196421000000109", "319284001", "12345"])
def test_one_code_that_was_lost_or_damaged_is_not(code: str) -> None:
    report = assessed(given(code), given(code, path="m[1]"))
    assert [r for r in report.results if r.outcome == "fires"] == []


def test_an_unknown_id_is_what_its_name_says_and_the_facts_say_so() -> None:
    result = fired("in-substance", given(UNKNOWN, "Amlodipine 4mg tablets", status="active"))
    assert result.action == "review"
    said = {f.name: f.value for f in result.facts}
    assert said["m.product"] == "an id that is not known, by its name alone: amlodipine, 4 mg, tablets"
    assert result.entries[0].term is None  # what was sent is no term


def test_two_unknown_ids_of_one_name_are_one_product_and_it_does_not_hold() -> None:
    one, other = given(UNKNOWN, "Amlodipine 10mg tablets"), given(OTHER, "Amlodipine 10mg tablets (Newco Ltd)", path="m[1]")
    assert fired("twice", one, other).action == "review"


def test_the_same_unknown_code_under_two_names_is_understood_by_each() -> None:
    """What was remembered of a code under one name is not what it is under another."""
    for display, found in (
        ("Amlodipine 4mg tablets", 1),
        ("Ibuprofen 333mg tablets", 0),
        (None, 0),
        ("Amlodipine 4mg tablets", 1),
    ):
        report = assessed(given(UNKNOWN, display, status="active"))
        assert sum(r.rule == "made/in-substance" and r.outcome == "fires" for r in report.results) == found


def test_medicines_that_are_not_recognised_have_one_line_that_names_them() -> None:
    report = assessed(given(UNKNOWN, status="active"), given(OTHER, path="m[1]", status="active"), given(VMP, path="m[2]"))
    lines = [line for line in report.missing_inputs if line.missing == "product"]
    assert [(line.items, line.names) for line in lines] == [(2, (f"code {UNKNOWN}", f"code {OTHER}"))]
    assert lines[0].cause == "2 medicines were not recognised"
    assert [line for line in report.missing_inputs if line.missing == "code"] == []
