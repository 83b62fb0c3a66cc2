"""HL7's tests of terminology servers, as far as they are of SNOMED CT: is a code in a value set, and is what was sent one at all.

Their displays are asked in `tests/terminology/words`. The value sets of their own test systems, of OMOP and of whole editions cannot
be asked: a pack is built from a release, and theirs is a subset.
"""

from __future__ import annotations

from typing import Any

from tests.conformance.authorities import needs, objects, tell
from tests.conformance.test_ecl_evaluation import needs_suites, real_subset

from codesafety.terminology.ecl import expand
from codesafety.terminology.sctid import Damage, diagnose

CASES = "tx_validate_code.jsonl"
pytestmark = needs(CASES)

SNOMED = "http://snomed.info/sct"
BEYOND_THE_SUBSET = {
    "tx-tx.fhir.org-snomed-validate-property-bad",
    "tx-tx.fhir.org-snomed-validate-property-good",
    "tx-bugs-sct-isa",
}
"""They name concepts that only the whole International Edition has: refused, and not answered."""
NOT_EVALUATED = "tx-snomed-validate-code-pc-bad2"
"""An attribute and its value in each other's place: whole ids in the form of an expression, whose meaning nobody here asks."""


def constraint(case: dict[str, Any]) -> str | None:
    """Return a value set as an expression constraint; None where it names none of SNOMED CT's."""
    implied = str(case.get("valueset_url")).partition("?fhir_vs=isa/")[2]
    if implied:
        return f"<< {implied}"
    parts = [filters(include["filters"]) for include in case.get("valueset") or () if include["system"] == SNOMED]
    return " OR ".join(f"({part})" for part in parts) or None


def filters(given: list[list[str]]) -> str:
    """Return what FHIR's filters of SNOMED CT say together: `concept is-a`, `constraint =`, `inactive =` and an attribute's value."""
    sets: list[str] = []
    attributes: list[str] = []
    for name, operator, value in given:
        match name, operator:
            case "concept", "is-a":
                sets.append(f"<< {value}")
            case "constraint", "=":
                sets.append(f"({value})")
            case "inactive", "=":
                sets.append(f"(* {{{{ C active = {0 if value == 'true' else 1} }}}})")
            case _, "=" if name.isdigit():
                attributes.append(f"{name} = {value}")
            case _:
                raise AssertionError(f"a filter that no case had before: {name} {operator}")
    base = " AND ".join(sets) or "*"
    return f"({base}): {', '.join(attributes)}" if attributes else base


def of_snomed() -> list[tuple[str, dict[str, Any]]]:
    return [(case["codings"][0]["code"], case) for case in objects(CASES) if case["snomed"]]


@needs_suites
def test_a_code_is_in_a_value_set_as_published() -> None:
    _, store = real_subset()
    asked = [(code, text, case) for code, case in of_snomed() if code.isdigit() and (text := constraint(case)) is not None]
    within = [one for one in asked if one[2]["id"] not in BEYOND_THE_SUBSET]
    others = [case["id"] for code, text, case in within if (code in expand(store, text).code_set()) is not case["result"]]
    tell("codes in value sets", len(within), len(others))
    assert len(asked) - len(within) == len(BEYOND_THE_SUBSET)
    assert others == []


def test_an_expression_is_no_damaged_code_and_one_with_a_damaged_id_is() -> None:
    """Whether an expression belongs to a value set needs a classifier. Whether it is one is asked of each."""
    expressions = [(code, case) for code, case in of_snomed() if not code.isdigit()]
    none = {case["id"] for code, case in expressions if any(issue["type"] == "invalid-code" for issue in case["issues"])}
    damaged = {case["id"] for code, case in expressions if diagnose(code).diagnosis is not Damage.EXPRESSION}
    tell("forms of expressions", len(expressions), len(none ^ damaged))
    assert none ^ damaged == {NOT_EVALUATED}


def test_every_code_of_theirs_has_its_check_digit() -> None:
    codes = [code for code, _ in of_snomed() if code.isdigit()]
    damaged = [code for code in codes if diagnose(code).diagnosis is not Damage.VALID]
    tell("whole codes", len(codes), len(damaged))
    assert damaged == []
