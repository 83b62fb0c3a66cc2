"""Binding: value sets become codes, limits become numbers, and what does not fit is refused with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from tests.differential.worlds import (
    BECAME_P1,
    BECAME_SEVERAL,
    DAMAGED,
    NOT_IN_RELEASE,
    P1,
    P2,
    P3,
    P4,
    SmallTerminology,
)

from codesafety import ir
from codesafety.errors import ConfigurationError, RuleError
from codesafety.evaluation.atoms import compare, converted
from codesafety.evaluation.binding import Binding, bind, bind_limits
from codesafety.evaluation.codes import Codebook
from codesafety.terminology.errors import NotSupported


class Expanding(SmallTerminology):
    """A release in which expressions expand to what the test says."""

    def __init__(self, expansions: Mapping[str, frozenset[str]], has_release: bool = True) -> None:
        super().__init__(has_release)
        self.expansions = expansions

    def expand(self, ecl: str) -> frozenset[str]:
        if ecl not in self.expansions:
            raise NotSupported("this release is a subset")
        return self.expansions[ecl]


def ruleset(*sets: ir.ValueSet, limits: tuple[ir.Limit, ...] = ()) -> ir.Ruleset:
    return ir.Ruleset("t", "t", "1.0.0", 1, "none", (), limits, sets, (), (), "")


def refs(*codes: str) -> tuple[ir.CodeRef, ...]:
    return tuple(ir.CodeRef("sct", code) for code in codes)


def rows(*codes: str) -> tuple[ir.FrozenRow, ...]:
    return tuple(ir.FrozenRow("sct", code, None) for code in codes)


def bound(*sets: ir.ValueSet, terminology: Any = None) -> Binding:
    return bind([ruleset(*sets)], terminology or SmallTerminology(False))


def test_members_are_base_and_codes_and_included_sets_without_exceptions() -> None:
    one = ir.ValueSet("t/one", "", codes=refs(P1, P2), perhaps=refs(P4, P3))
    two = ir.ValueSet("t/two", "", frozen=rows(P3), includes=("t/one",), except_codes=refs(P2), except_sets=("t/three",))
    three = ir.ValueSet("t/three", "", codes=refs(P4))
    sets = bound(one, two, three).sets
    assert sets["t/two"].members == {P1, P3}
    assert sets["t/two"].perhaps == set()
    assert sets["t/one"].perhaps == {P3, P4}
    assert sets["t/two"].base == "frozen"


def test_an_empty_set_does_not_load() -> None:
    with pytest.raises(RuleError) as raised:
        bound(ir.ValueSet("t/one", "", codes=refs(P1), except_codes=refs(P1)))
    assert [(d.code, d.help) for d in raised.value.diagnostics] == [
        ("CS303", "add codes, or take the set out: without members it would answer `no` to everything")
    ]


def test_a_set_with_only_ecl_does_not_load_without_a_release() -> None:
    with pytest.raises(RuleError) as raised:
        bound(ir.ValueSet("t/one", "", ecl="<< 77386006"))
    assert [(d.code, d.help) for d in raised.value.diagnostics] == [
        ("CS301", 'load a release, or add `frozen "….csv"`, a list that `codesafety rules freeze` writes from one')
    ]


def test_a_release_that_cannot_answer_is_refused_and_not_replaced_by_the_frozen_list() -> None:
    with pytest.raises(RuleError) as raised:
        bound(ir.ValueSet("t/one", "", ecl="<< 1", frozen=rows(P1)), terminology=Expanding({}))
    assert [(d.code, d.help) for d in raised.value.diagnostics] == [
        ("CS302", "load a release that covers it; the frozen list is not used in its place")
    ]


def test_the_expansion_is_the_base_and_what_it_gained_and_lost_is_kept() -> None:
    written = ir.ValueSet("t/one", "", ecl="<< 1", frozen=rows(P1, P2))
    made = bound(written, terminology=Expanding({"<< 1": frozenset({P2, P3})}))
    assert made.sets["t/one"].members == {P2, P3}
    assert made.sets["t/one"].base == "release"
    assert [(d.gained, d.lost) for d in made.drift] == [((P3,), (P1,))]


def test_an_expansion_that_equals_the_frozen_list_has_no_drift() -> None:
    made = bound(ir.ValueSet("t/one", "", ecl="<< 1", frozen=rows(P1)), terminology=Expanding({"<< 1": frozenset({P1})}))
    assert made.drift == ()


def test_inactive_codes_bring_their_replacements_and_a_warning() -> None:
    made = bound(
        ir.ValueSet("t/one", "", codes=refs(BECAME_P1, BECAME_SEVERAL, NOT_IN_RELEASE)), terminology=SmallTerminology(True)
    )
    assert made.sets["t/one"].members == {BECAME_P1, P1, BECAME_SEVERAL, NOT_IN_RELEASE}
    assert [w.code for w in made.warnings] == ["CS311", "CS311", "CS310"]


@pytest.mark.parametrize(("code", "help"), [
    (BECAME_P1, f"write `{P1}`, which it became"),
    (BECAME_SEVERAL, f"it may have become `{P1}` or `{P3}`: write the one that is meant"),
    (NOT_IN_RELEASE, "check the code, or load the edition that holds it"),
])  # fmt: skip
def test_what_to_write_for_an_inactive_code_is_said(code: str, help: str) -> None:
    made = bound(ir.ValueSet("t/one", "", codes=refs(code)), terminology=SmallTerminology(True))
    assert [w.help for w in made.warnings] == [help]


def test_a_code_written_with_another_concepts_words_is_warned_of() -> None:
    made = bound(
        ir.ValueSet("t/one", "", codes=(ir.CodeRef("sct", P1, "Not pregnant"), ir.CodeRef("icd10", "O20"))),
        terminology=SmallTerminology(True),
    )
    assert [w.code for w in made.warnings] == ["CS312"]
    assert made.sets["t/one"].systems == {"sct", "icd10"}


# ------------------------------------------------------------------------------------------------ membership (table 8)


@pytest.mark.parametrize(
    ("codes", "answer"),
    [
        (((("sct", P1)),), True),
        (((("sct", P3)),), False),
        (((("sct", P4)),), None),
        (((("sct", DAMAGED)),), None),
        (((("emis", "x")),), None),
        ((("emis", "x"), ("sct", P1)), True),
        ((("emis", "x"), ("sct", P3)), False),
        ((("sct", P3), ("sct", P4)), None),
        (((("sct", BECAME_P1)),), True),
        (((("sct", BECAME_SEVERAL)),), None),
        ((), None),
    ],
)
def test_membership_is_told_by_any_coding_and_denied_by_one_that_speaks(codes: Any, answer: bool | None) -> None:
    book = Codebook(SmallTerminology(True))
    bound_set = bound(ir.ValueSet("t/one", "", codes=refs(P1, P2), perhaps=refs(P4))).sets["t/one"]
    assert bound_set.holds(tuple(book.entry(system, code) for system, code in codes)) is answer


def test_possible_replacements_that_are_all_members_are_one() -> None:
    book = Codebook(SmallTerminology(True))
    bound_set = bound(ir.ValueSet("t/one", "", codes=refs(P1, P3))).sets["t/one"]
    assert bound_set.holds((book.entry("sct", BECAME_SEVERAL),)) is True


# ------------------------------------------------------------------------------------------------ limits

GAP = ir.Limit(
    "t/gap",
    "",
    ir.Length(Decimal(24), ir.Unit.WEEKS),
    ir.Length(Decimal(20), ir.Unit.WEEKS),
    ir.Length(Decimal(30), ir.Unit.WEEKS),
)
COUNT = ir.Limit("t/count", "", Decimal(2), Decimal(1), Decimal(3))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ir.Length(Decimal(24), ir.Unit.WEEKS)),
        ({"t/gap": "20 weeks"}, ir.Length(Decimal(20), ir.Unit.WEEKS)),
        ({"t/gap": "5 months"}, ir.Length(Decimal(5), ir.Unit.MONTHS)),
    ],
)
def test_a_deployment_sets_a_limit_within_its_range(given: Any, expected: Any) -> None:
    assert bind_limits([ruleset(limits=(GAP,))], given)["t/gap"] == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"t/nothing": "1"}, "there is no limit `t/nothing`"),
        ({"t/gap": "31 weeks"}, "may be set from 20 weeks to 30 weeks, not to 31 weeks"),
        ({"t/gap": "1 month"}, "not to 1 month"),
        ({"t/gap": "long"}, "write a number and a unit"),
        ({"t/gap": ""}, "write a number and a unit"),
        ({"t/gap": "3 parsecs"}, "write a number and a unit"),
        ({"t/gap": "24 weeks or so"}, "write a number and a unit"),
        ({"t/gap": 3}, "write it like its default, 24 weeks"),
        ({"t/count": 4}, "may be set from 1 to 3, not to 4"),
    ],
)
def test_a_limit_that_does_not_fit_is_refused_with_its_range(given: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says.replace("`", ".")):
        bind_limits([ruleset(limits=(GAP, COUNT))], given)


# ------------------------------------------------------------------------------------------------ values


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("comparator", [None, "<", "<=", ">", ">="])
@pytest.mark.parametrize("number", [4, 5, 6])
def test_a_bound_answers_only_where_every_number_would_agree(operator: str, comparator: Any, number: int) -> None:
    holds = {"<": lambda v: v < 5, "<=": lambda v: v <= 5, ">": lambda v: v > 5, ">=": lambda v: v >= 5}[operator]
    meant = {
        None: lambda v: v == number,
        "<": lambda v: v < number,
        "<=": lambda v: v <= number,
        ">": lambda v: v > number,
        ">=": lambda v: v >= number,
    }[comparator]
    answers = {holds(Decimal(v) / 4) for v in range(60) if meant(Decimal(v) / 4)}
    assert compare(Decimal(number), comparator, operator, Decimal(5)) == (answers.pop() if len(answers) == 1 else None)


@pytest.mark.parametrize(
    ("unit", "wanted", "answer"),
    [
        ("mm[Hg]", "mm[Hg]", Decimal(5)),
        (None, None, Decimal(5)),
        (None, "kPa", None),
        ("kPa", None, None),
        ("furlong", "kPa", None),
        ("g", "mg", Decimal(5000)),
    ],
)
def test_a_number_converts_or_cannot_be_told(unit: str | None, wanted: str | None, answer: Decimal | None) -> None:
    assert converted(Decimal(5), unit, wanted) == answer
