"""Named conditions: what a call means, what a parameter takes, and what is refused where."""

from __future__ import annotations

from pathlib import Path

import pytest

from codesafety import ir, language
from codesafety.errors import RuleError

HEAD = """ruleset d { title "D" version 1.0.0 language 2 }
valueset a "A" { codes 77386006 |Pregnancy| }
valueset drug "Drug" { codes 52388000 |Prednisolone| }
"""


def load(text: str) -> ir.Ruleset:
    return language.load_texts({"d.rules": HEAD + text}, {}).rulesets[0]


def when(define: str, condition: str, of: str = "for entry e in a") -> ir.Condition | None:
    return load(f'{define} rule r {{ action note {of} when {condition} say "x" }}').rules[0].when


def told(define: str, condition: str = "e is incoming", of: str = "for entry e in a") -> list[tuple[str, str]]:
    with pytest.raises(RuleError) as caught:
        when(define, condition, of)
    return [(d.code, d.message) for d in caught.value.diagnostics if not d.code.startswith("CS4")]


def test_a_call_is_its_words_with_the_callers_items() -> None:
    found = when('define filed(mention s) "it is filed" { s is already-filed }', "filed(e)")
    assert isinstance(found, ir.Named)
    assert (found.name, found.title) == ("d/filed", "it is filed")
    assert isinstance(found.part, ir.ItemIs) and (found.part.var.name, found.part.var.slot) == ("e", 0)


def test_fields_go_by_the_callers_names() -> None:
    found = when('define low(mention s) "low" { s.value < 3 }', "low(e)")
    assert isinstance(found, ir.Named) and isinstance(found.part, ir.Compare)
    assert found.part.left.as_written == "e.value"


def test_what_a_condition_binds_has_a_place_of_its_own_in_each_call() -> None:
    found = when(
        'define twice(mention s) "twice" { exists entry x in a where (x is before s) }',
        "twice(e) and exists entry x in a where (twice(x))",
    )
    assert isinstance(found, ir.And)
    first, second = found.parts
    assert isinstance(first, ir.Named) and isinstance(first.part, ir.Quantified)
    assert isinstance(second, ir.Quantified) and isinstance(second.where, ir.Named)
    assert isinstance(second.where.part, ir.Quantified)
    assert len({first.part.var.slot, second.var.slot, second.where.part.var.slot}) == 3
    inner = second.where.part.where
    assert isinstance(inner, ir.Before) and isinstance(inner.right, ir.Field)
    assert inner.right.var is not None and inner.right.var.slot == second.var.slot


def test_an_item_is_any_dated_one() -> None:
    define = 'define stands(item x, item e) "stands" { x is before e and not (x is entered-in-error) }'
    assert when(define, "exists medication m in drug where (stands(m, e)) and exists mention n in a where (stands(n, e))")


def test_an_entry_stands_for_a_mention_and_not_the_other_way_round() -> None:
    assert told('define f(entry s) "f" { s is incoming }', "f(x)", "for mention x in a") == [
        ("CS205", "`x` is a mention, and only an entry is taken by `f` here")
    ]


@pytest.mark.parametrize(
    ("define", "code", "message"),
    [
        ('define f(item s) "f" { s.value < 3 }', "CS201", "an item is an entry or a medication, and a medication has no `value`"),
        ('define f(item s) "f" { s is present }', "CS206", "a medication cannot be `present`"),
        ('define f(mention s, mention s) "f" { s is incoming }', "CS204", "`s` is bound already"),
        ('define f(mention s) "f" { s in nowhere }', "CS203", "there is no value set `nowhere`"),
        ('define f(mention s) "f" { f(s) }', "CS213", "named conditions call each other in a circle: f → f"),
        (
            'define f(mention s) "f" { s is incoming } define f(mention s) "g" { s is incoming }',
            "CS204",
            "there is a named condition `f` already",
        ),
    ],
)
def test_what_is_wrong_in_itself_is_told_though_nothing_calls_it(define: str, code: str, message: str) -> None:
    assert (code, message) in told(define)


@pytest.mark.parametrize(
    ("kind", "help"),
    [
        ("medicine", "`medicine` is `medication` here"),
        ("text", "it takes `entry`, `history`, `mention`, `medication`, `coding` or `item`"),
        ("message", "it takes `entry`, `history`, `mention`, `medication`, `coding` or `item`"),
    ],
)
def test_a_parameter_of_another_kind_is_told_once_and_never_called(kind: str, help: str) -> None:
    with pytest.raises(RuleError) as caught:
        load(f'define f({kind} s) "f" {{ s is present }} rule r {{ action note for entry e in a when f(e) say "x" }}')
    assert [(d.code, d.message, d.help) for d in caught.value.diagnostics if not d.code.startswith("CS4")] == [
        ("CS205", f"a named condition cannot be about `{kind}`", help)
    ]


def test_a_wrong_condition_is_told_once_and_not_where_it_is_called() -> None:
    assert told('define f(mention s) "f" { s.valu < 3 }', "f(e)") == [("CS201", "unknown field `s.valu`")]


def test_a_circle_of_two_is_told() -> None:
    both = 'define f(mention s) "f" { g(s) } define g(mention s) "g" { f(s) }'
    assert ("CS213", "named conditions call each other in a circle: f → g → f") in told(both)


def test_what_is_too_deep_only_where_it_is_called_is_told_there() -> None:
    define = 'define f(mention s) "f" { exists entry x in a where (exists entry y in a where (x is before y and y is before s)) }'
    assert told(define, "exists entry z in a where (f(z))") == [("CS222", "in `f`: quantifiers are nested more than two deep")]


def test_conditions_call_each_other_eight_deep_and_no_deeper() -> None:
    deep = [f'define d{n}(mention s) "{n}" {{ {f"d{n - 1}(s)" if n else "s is incoming"} }}' for n in range(9)]
    assert when(" ".join(deep[:8]), "d7(e)") is not None
    ((code, message),) = told(" ".join(deep), "d7(e)")
    assert (code, message.rpartition(": ")[2]) == ("CS222", "named conditions call each other more than 8 deep")


@pytest.mark.parametrize("calls", [7, 12])
def test_conditions_that_grow_when_they_are_written_out_are_refused_at_once(calls: int) -> None:
    defines = 'define d0(mention s) "0" { s is incoming } ' + " ".join(
        f'define d{n}(mention s) "{n}" {{ {" or ".join([f"d{n - 1}(s)"] * calls)} }}' for n in range(1, 8)
    )
    found = told(defines, "d7(e)")
    assert {code for code, _ in found} == {"CS222"}
    assert found[0][1].endswith("more than 500 conditions, named ones written out")


def test_five_hundred_conditions_are_a_rule_and_one_more_is_not() -> None:
    most = "exists entry x in a where (" + " or ".join(["e is before x"] * 499) + ")"
    load(f'rule r {{ action note for entry e in a when {most} say "x" }}')
    more = " and ".join(["e is incoming", *["e is past"] * 10])
    assert told("", f"{most} and {more}") == [("CS222", "more than 500 conditions, named ones written out")]


def test_the_number_of_arguments_and_the_name_are_checked() -> None:
    define = 'define filed(mention s) "f" { s is incoming }'
    assert told(define, "filed(e, e)") == [("CS228", "`filed` takes 1 argument, not 2")]
    assert told(define, "fled(e)") == [("CS203", "there is no named condition `fled`")]


def test_a_hold_may_not_test_gender_in_a_named_condition_either() -> None:
    with pytest.raises(RuleError) as caught:
        load(
            'define m(mention s) "m" { s is incoming and patient.gender is male } rule r { action hold for entry e in a when m(e) say "x" }'
        )
    assert "CS220" in [d.code for d in caught.value.diagnostics]


def test_another_rulesets_condition_means_what_it_means_there(tmp_path: Path) -> None:
    lent = 'ruleset o { title "O" version 1.0.0 language 2 } valueset mine "M" { codes 60001007 } define f(mention s) "f" { s in mine }'
    main = 'ruleset m { title "M" version 1.0.0 language 2 uses o 1.0.0 } rule r { action note for entry e when o/f(e) say "x" }'
    for name, text in (("o", lent), ("m", main)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rules.rules").write_text(text, encoding="utf-8")
    loaded = language.load([tmp_path / "o", tmp_path / "m"])
    found = loaded.rulesets[1].rules[0].when
    assert isinstance(found, ir.Named) and isinstance(found.part, ir.InSet)
    assert (found.name, found.part.set) == ("o/f", "o/mine")


def test_what_is_well_formed_is_checked_beside_what_is_not() -> None:
    broken = 'valueset b "B" { codes 1 \nrule one { action note for entry e in b when e.valu > 1 say "x" }\nrule two { action note for entry e in a say "{y}" }'
    with pytest.raises(RuleError) as caught:
        load(broken)
    assert [(d.code, d.message) for d in caught.value.diagnostics if not d.code.startswith("CS4")] == [
        ("CS104", "this `{` is never closed"),
        ("CS209", "`1` is no SNOMED CT concept: it is shorter than 6 digits"),
        ("CS201", "unknown field `e.valu`"),
        ("CS202", "nothing here is called `y`"),
    ]
