"""Quantifiers of the second step: what they mean, how what they find is named, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from codesafety import ir, language
from codesafety.errors import RuleError
from codesafety.ir import FieldType, Kind, Unit

HEAD = """ruleset t { title "Test" version 1.0.0 language 2 }
limit illness "Illness" { default 2 weeks from 1 week to 4 weeks }
limit too_long "Too long" { default 2 months }
limit some "Some" { default 2 from 2 to 3 }
limit any "Any" { default 2 from 1 to 3 }
valueset a "A" { codes 77386006 |Pregnancy| }
valueset b "B" { codes 60001007 |Not pregnant| }
valueset drug "Drug" { codes 52388000 |Prednisolone| }
"""
LINT = tuple(f"CS40{n}" for n in range(1, 7))
ENTRY = "for entry e in a"
X = ir.Var("x", Kind.ENTRY, 2, "t/b")


def load(text: str) -> language.Loaded:
    return language.load_texts({"t.rules": HEAD + text}, {})


def rule(body: str, of: str = ENTRY, say: str = "x") -> ir.Rule:
    return load(f'rule r {{ action note {of} {body} say "{say}" }}').rulesets[0].rules[0]


def when(text: str, of: str = ENTRY) -> Any:
    return rule(f"when {text}", of).when


def told(body: str, of: str = ENTRY, say: str = "x") -> list[tuple[str, str]]:
    with pytest.raises(RuleError) as caught:
        rule(body, of, say)
    return [(d.code, d.message) for d in caught.value.diagnostics if not d.code.startswith("CS4")]


def help_of(body: str, of: str = ENTRY, say: str = "x") -> str | None:
    with pytest.raises(RuleError) as caught:
        rule(body, of, say)
    return next(d.help for d in caught.value.diagnostics if not d.code.startswith("CS4"))


def warned(body: str, of: str = ENTRY) -> list[tuple[str, str]]:
    return [(w.code, w.message) for w in load(f'rule r {{ action note {of} {body} say "x" }}').warnings if w.code not in LINT]


def date(var: ir.Var) -> ir.Field:
    return ir.Field(var.name, "date", FieldType.DATE, var)


# ------------------------------------------------------------------------------------------------ what they mean


def test_history_is_drawn_like_an_entry() -> None:
    made = rule("when exists history x in b", "for history h in a with history y in b")
    assert [v and v.kind for v in (made.trigger.subject, made.trigger.partner)] == [Kind.HISTORY, Kind.HISTORY]
    assert made.when == ir.Quantified("exists", ir.Var("x", Kind.HISTORY, 2, "t/b"), None)


@pytest.mark.parametrize(("text", "counted"), [
    ("at least 2 entry x in b", "items"), ("at least 2 days with entry x in b", "days"),
    ("at least 2 episodes more than 10 days apart with entry x in b", ir.Length(Decimal(10), Unit.DAYS)),
    ("at least 2 episodes more than illness apart with entry x in b", ir.LimitRef("t/illness")),
])  # fmt: skip
def test_items_days_and_episodes_are_counted(text: str, counted: object) -> None:
    assert when(text) == ir.Quantified("at_least", X, None, Decimal(2), counted=counted)


def test_the_rules_own_item_is_counted_where_it_is_included() -> None:
    own = ir.Var("e", Kind.ENTRY, 0, "t/a")
    assert when("fewer than 3 entry x in b including e").including == own
    assert when("fewer than 3 mention x in b including e").including == own


@pytest.mark.parametrize(("edge", "chooses"), [
    ("before e", lambda x, e: ir.Before(x, e)), ("after e", lambda x, e: ir.Before(e, x)),
    ("until e", lambda x, e: ir.Not(ir.Before(e, x))), ("until 2025-01-01", None),
])  # fmt: skip
def test_an_edge_is_the_first_part_of_what_chooses(edge: str, chooses: Any) -> None:
    own = ir.Var("e", Kind.ENTRY, 0, "t/a")
    has, asked = ir.ItemIs(X, ir.ItemWord.INCOMING), ir.ItemIs(X, ir.ItemWord.POSSIBLE)
    if chooses is None:
        day = ir.DateLiteral(739252, 739252, "2025-01-01")
        made: ir.Condition = ir.Not(ir.Before(day, date(X)))
    else:
        made = chooses(date(X), date(own))
    assert when(f"latest entry x in b {edge} has (x is incoming)") == ir.Ordered("latest", X, made, has)
    assert when(f"earliest entry x in b {edge} where (x is possible) has (x is incoming)") == ir.Ordered(
        "earliest", X, ir.And((made, asked)), has
    )


def test_at_least_so_many_of_some_conditions_and_fewer() -> None:
    parts = "(e is incoming, e is possible, e is present)"
    some = when(f"at least 2 of {parts}")
    assert (len(some.parts), some.n) == (3, Decimal(2))
    assert when(f"fewer than 2 of {parts}") == ir.Not(some)
    assert when(f"at least some of {parts[:-1]}, e is already-filed)").n == ir.LimitRef("t/some")


def test_found_asks_in_an_exception_of_what_was_seen() -> None:
    (unless,) = rule('unless "u" no found entry x in b').unless
    assert unless.condition == ir.Quantified("no", X, None, found=True)


# ------------------------------------------------------------------------------------------------ what is found has a name


def test_say_shows_what_is_found_by_its_name() -> None:
    made = rule("when exists entry x in b as reason where (x is before e)", say="{reason} of {reason.date}")
    found = ir.Var("reason", Kind.ENTRY, ir.FOUND_SLOT)
    assert made.say == (
        ir.Placeholder("found", found),
        " of ",
        ir.Placeholder("found", ir.Field("reason", "date", FieldType.DATE, found)),
    )
    assert isinstance(made.when, ir.Quantified) and made.when.called == "reason"


def test_alternatives_share_a_name_and_a_name_may_be_its_variables() -> None:
    assert rule("when exists entry x in b as x or exists medication m in drug as x", say="{x}").when is not None
    assert rule(
        "when (exists entry x in b as x or latest entry y in b until e as x has (y is incoming)) and e is incoming",
        say="{x.date}",
    )


@pytest.mark.parametrize(("body", "message"), [
    ("when exists entry x in b as r or e is incoming", "`r` is found in one alternative of this `or` and not in every other"),
    ("when e is incoming or (exists entry x in b as r and e is present)", "`r` is found in one alternative of this `or` and not in every other"),
    ("when not (exists entry x in b as r)", "`as r` cannot stand in a `not`: nothing may have been found there"),
    ("when no entry x in b as r", "`as r` cannot stand in a count or a `no`: nothing may have been found there"),
    ("when at least 2 entry x in b as r", "`as r` cannot stand in a count or a `no`: nothing may have been found there"),
    ("when exists entry x in b where (exists entry y in a as r)", "`as r` cannot stand inside another quantifier: nothing may have been found there"),
    ("when latest entry x in b until e has (exists entry y in a as r)", "`as r` cannot stand inside another quantifier: nothing may have been found there"),
    ("when at least 2 of (exists entry x in b as r, e is incoming, e is present)", "`as r` cannot stand among parts of which not all need to hold: nothing may have been found there"),
    ('unless "u" exists entry x in b as r', "`as r` cannot stand in an exception: nothing may have been found there"),
    ("when exists found entry x in b", "`found` asks of what was seen only, which proves nothing here: what was not looked at is not absent"),
    ("when exists entry x in b including e", "`including` stands in a count: `exists` asks of others than the rule's own item"),
])  # fmt: skip
def test_what_stands_where_it_means_nothing_is_refused(body: str, message: str) -> None:
    assert told(body) == [("CS236", message)]


def test_a_named_condition_names_nothing_and_may_ask_of_what_was_found_in_an_exception_alone() -> None:
    define = 'define d(entry s) "d" { exists %s entry x in b%s where (x is before s) } rule r { action note for entry e in a %s say "x" }'
    with pytest.raises(RuleError, match="cannot stand in a named condition"):
        load(define % ("", " as r", "when d(e)"))
    with pytest.raises(RuleError, match="in `d`: `found` asks of what was seen only"):
        load(define % ("found", "", "when d(e)"))
    assert load(define % ("found", "", 'unless "u" d(e)'))


@pytest.mark.parametrize(("body", "say", "code", "message"), [
    ("when exists entry x in b as e", "x", "CS204", "`e` is bound already"),
    ("when exists entry x in b as patient", "x", "CS204", "`patient` has a meaning of its own and cannot be a variable"),
    ("when exists entry x in b as r", "{r.colour}", "CS201", "unknown field `r.colour`"),
    ("when exists entry x in b as r", "{r.code}", "CS219", "`r.code` is a code: show its item"),
    ("when exists entry x in b as r or exists medication m in drug as r", "{r.value}", "CS201", "a medication has no `value`"),
    ("when exists entry x in b", "{x}", "CS202", "nothing here is called `x`"),
])  # fmt: skip
def test_a_name_that_cannot_be_shown_is_refused(body: str, say: str, code: str, message: str) -> None:
    assert told(body, say=say) == [(code, message)]


# ------------------------------------------------------------------------------------------------ what cannot be counted


@pytest.mark.parametrize(("text", "of", "code", "message"), [
    ("at least 2 of (e is incoming, e is present)", ENTRY, "CS207", "`at least 2 of` 2 conditions is no choice between some of them"),
    ("at least 1 of (e is incoming, e is present, e is possible)", ENTRY, "CS207", "`at least 1 of` 3 conditions is no choice between some of them"),
    ("at least any of (e is incoming, e is present, e is possible, e is already-filed)", ENTRY, "CS207", "`at least any of` 4 conditions is no choice between some of them"),
    ("at least 0 entry x in b", ENTRY, "CS207", "`at least 0` says nothing"),
    ("at least 2 weeks with entry x in b", ENTRY, "CS208", "days are counted here, not `weeks`"),
    ("at least 2 episodes more than 2 months apart with entry x in b", ENTRY, "CS208", "episodes are told apart by days: months have no one length"),
    ("at least 2 episodes more than too_long apart with entry x in b", ENTRY, "CS208", "episodes are told apart by days: months have no one length"),
    ("at least 2 episodes more than 0 days apart with entry x in b", ENTRY, "CS207", "episodes more than 0 days apart are days"),
    ("at least 2 medication m in drug including e", ENTRY, "CS205", "`e` is an entry, and only a medication can be counted among medications"),
    ("at least 2 entry x in b including m", "for medication m in drug", "CS205", "`m` is a medication, and only an entry, a history or a mention can be counted among these"),
    ("latest entry x in b before x has (x is incoming)", ENTRY, "CS202", "nothing here is called `x`"),
    ("latest coding c has (c is known)", ENTRY, "CS205", "codings cannot be counted: they belong to their entry"),
    ("exists entry x in b where (latest entry y in b until x has (no entry z in b where (z is after y)))", ENTRY, "CS222", "quantifiers are nested more than two deep"),
])  # fmt: skip
def test_what_cannot_be_counted_or_chosen_is_refused(text: str, of: str, code: str, message: str) -> None:
    assert (code, message) in told(f"when {text}", of)


@pytest.mark.parametrize(("text", "help"), [
    ("at least 2 of (e is incoming, e is present)", "write `and` between the parts"),
    ("fewer than 1 of (e is incoming, e is present, e is possible)", "write `not ( … or … )`"),
    ("fewer than 3 of (e is incoming, e is present, e is possible)", "write `not ( … and … )`"),
    ("at least 9 of (e is incoming, e is present, e is possible)", "write 2: with three parts it is the only choice"),
    ("exists found entry x in b", 'write `exists`; `found` may stand in an exception: `unless "…" exists found …`'),
    ("exists entry x in b including e", "take `including e` out, or count: `at least 2 entry … including e where ( … )`"),
])  # fmt: skip
def test_the_remedy_gives_what_was_meant(text: str, help: str) -> None:
    assert help_of(f"when {text}") == help


# ------------------------------------------------------------------------------------------------ parts of an order

ORDER = "for medication m in drug"
SAME = "exists medication x of the same order as"


def test_a_member_may_be_drawn_from_an_order() -> None:
    m = ir.Var("m", Kind.MEDICATION, 0, "t/drug")
    assert when(f"{SAME} m", ORDER).var == ir.Var("x", Kind.MEDICATION, 2, order_of=m)
    inner = "exists medication y in drug of the same order as x where (y is before x)"
    assert when(f"{SAME} m where ({inner})", ORDER).where.var == ir.Var("y", Kind.MEDICATION, 3, "t/drug", order_of=m)


@pytest.mark.parametrize(("partner", "unordered"), [("medication n in drug", True), ("medication n", False)])
def test_a_pair_may_be_drawn_from_one_order(partner: str, unordered: bool) -> None:
    m = ir.Var("m", Kind.MEDICATION, 0, "t/drug")
    made = rule("when n is before m", f"{ORDER} with {partner} of the same order as m").trigger
    assert made.partner == ir.Var("n", Kind.MEDICATION, 1, "t/drug" if unordered else None, order_of=m)
    assert made.unordered is unordered


def test_a_named_condition_draws_from_the_order_of_its_parameter() -> None:
    define = (
        'define again(%s i) "again" { exists medication x of the same order as i where (x is before i) } rule r { action note '
    )
    assert load(define % "medication" + f'{ORDER} when again(m) say "x" }}')
    with pytest.raises(RuleError, match="`i` is a mention, and only a medication has an order"):
        load(define % "item" + f'{ORDER} when again(m) say "x" }}')


@pytest.mark.parametrize(("body", "of", "code", "message"), [
    (f"when {SAME} e", ENTRY, "CS205", "`e` is an entry, and only a medication has an order"),
    ("when exists entry x of the same order as m", ORDER, "CS205", "`entry` is no part of an order: medications are"),
    (f"when {SAME} x", ORDER, "CS202", "nothing here is called `x`"),
    ("", "for text t with medication m of the same order as t", "CS205", "`t` is a text, and only a medication has an order"),
    ("when m is incoming", "for medication m of the same order as m", "CS205", "a rule's own item is drawn from the message, and from no order"),
    ("when at least 2 medication x of the same order as m including n", f"{ORDER} with medication n", "CS236", "`n` is no part of the order of `m`, whose parts are counted"),
    ("when m.order is n.order", f"{ORDER} with medication n", "CS207", "`m` and `n` are never of one order: parts of one order are not each other's partner"),
])  # fmt: skip
def test_what_is_of_no_order_is_refused(body: str, of: str, code: str, message: str) -> None:
    assert told(body, of) == [(code, message)]


@pytest.mark.parametrize(("body", "of", "help"), [
    ("when exists issue x of m", ORDER, "parts of one order are drawn as `medication x of the same order as m`; `x.kind is request` is an issue"),
    ("", f"{ORDER} with medication n of the same authorisation as m", "parts of one order are drawn as `medication n of the same order as m`"),
    ("", f"{ORDER} with medication n in the same order as m", "parts of one order are drawn as `medication n of the same order as m`"),
    ("when n is of the same order as m", f"{ORDER} with medication n", "of which order a medication is, is said where it is drawn: `medication n of the same order as m`"),
    ("when n is the same prescription as m", f"{ORDER} with medication n", "of which order a medication is, is said where it is drawn: `medication n of the same order as m`"),
    ("when m.order is n.order", f"{ORDER} with medication n", "draw one from the other's order: `medication n of the same order as m`"),
    ("when at least 2 medication x of the same order as m including n", f"{ORDER} with medication n", "write `including m`"),
])  # fmt: skip
def test_the_remedy_draws_from_an_order(body: str, of: str, help: str) -> None:
    assert help_of(body, of) == help


# ------------------------------------------------------------------------------------------------ the strict check


@pytest.mark.parametrize("condition", ["h is absent", "h is planned", "h is entered-in-error", "h is about family"])
def test_a_condition_that_a_history_can_never_meet_is_a_warning(condition: str) -> None:
    assert [code for code, _ in warned(f"when {condition}", "for history h in a")] == ["CS409"]
    assert warned("when h is past", "for history h in a") == []


@pytest.mark.parametrize(("body", "kept"), [
    ("when no mention x in b where (x is before e)", True), ("when at least 2 mention x in b where (x is before e)", True),
    ('unless "u" exists mention x in b where (x is before e)', True), ("when exists mention x in b where (x is before e)", False),
    ("when no mention x in b where (x is before e and not (x is entered-in-error))", False),
    ("when no history x in b where (x is before e)", False),
])  # fmt: skip
def test_a_mention_that_may_be_in_error_is_told_where_it_counts(body: str, kept: bool) -> None:
    wanted = [("CS415", "`x` may have been entered in error, and counts here all the same")]
    assert warned(body) == (wanted if kept else [])


@pytest.mark.parametrize(("condition", "of", "kept"), [
    ("latest entry x in b has (x is incoming)", ENTRY, True), ("latest entry x in b until e has (x is incoming)", ENTRY, False),
    ("latest entry x in b where (x is within 1 year of e) has (x is incoming)", ENTRY, False),
    ("latest entry x in b has (x is incoming)", "for message", False),
])  # fmt: skip
def test_the_latest_of_all_is_told_where_a_rule_is_about_an_item(condition: str, of: str, kept: bool) -> None:
    wanted = [("CS416", "this is the latest of all, after the rule's own item too")]
    assert warned(f"when {condition}", of) == (wanted if kept else [])
