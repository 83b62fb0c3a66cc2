"""Checked rules written as Python functions, built as Python's own syntax tree.

Every condition has two bounds, *sure* (certainly true) and *maybe* (not certainly false), and both are ordinary Boolean
expressions that may stop early: `sure(not x)` is `not maybe(x)`, and Kleene's tables follow. A rule's first function asks
whether an application may fire or may not be told; only for those does a second one, written when it is first needed, work
out the answer with every missing field, stopping nowhere. Facts, calendar and atoms are shared with the interpreter; the logic of
truth, missing fields, members and pairs is not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from codesafety import ir
from codesafety.collection import no_collection
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.compiled.needed import Part, Slots, looks_at_days_alone, needed, share_a_day, ways
from codesafety.evaluation.compiled.operands import RUNTIME, SCENE, Frame, Operands, Place
from codesafety.evaluation.compiled.python_syntax import (
    FALSE,
    any_of,
    assign,
    attribute,
    both,
    call,
    compare,
    const,
    either_or,
    equal,
    for_each,
    function,
    method,
    module,
    name,
    negation,
    returns,
    several,
    when,
)
from codesafety.evaluation.compiled.steps import Steps
from codesafety.evaluation.compiled.windows import Window, narrow
from codesafety.ir import Kind

Shape = Literal["one", "pair", "unseen_partner", "unseen_subject"]
"""What an application binds: one thing; two; or two of which one was not seen. A row is a seen partner."""
Side = Literal["subject", "partner", "either", "subjects", "partners"]
"""A side of a pair that an item may stand on, by what is asked of it by itself; of a pair without order, either. *subjects*,
*partners*: those of some listed items that may stand there beside an item on the other side."""
Functions = dict[str, Callable[..., Any]]
_STANDING = {Kind.ENTRY: "stands", Kind.MEDICATION: "stands", Kind.HISTORY: "history"}
"""The attribute that says whether an item stands as one of a kind: 2 yes, 1 unknown, 0 no. Any item may be a mention."""
_FEW = 8
"""Members that are each asked as they are: to find which of them may do would cost as much."""
_WORK = attribute(name(SCENE), "work")


def shapes(rule: ir.Rule) -> tuple[Shape, ...]:
    """Return the shapes that a rule's applications can take."""
    partner = rule.trigger.partner
    if partner is None:
        return ("one",)
    if partner.kind is Kind.ROW:
        return ("pair",)
    if rule.trigger.subject.kind is Kind.TEXT:  # words that were not seen are none
        return ("pair", "unseen_partner")
    return ("pair", "unseen_partner") if rule.trigger.unordered else ("pair", "unseen_partner", "unseen_subject")


def generate(
    binding: Binding, numbers: Mapping[str, int], wanted: Iterable[tuple[int, ir.Rule, Shape]], purpose: Literal["maybe", "exact"]
) -> Functions:
    """Return one function for each rule and shape that is wanted, by the name that `function_name` gives it.

    `maybe`: f(scene, a[, b]) -> whether the application may fire or cannot be told. `exact`: f(scene, a[, b]) -> the answer
    without exceptions, and a tuple of the exceptions' answers.
    """
    writer = Writer(binding, numbers)
    with no_collection():
        for number, rule, shape in wanted:
            writer.rule(number, rule, shape, purpose)
        namespace: Functions = {**RUNTIME, **writer.operands.pool.names}  # type: ignore[dict-item]
        exec(compile(module(writer.functions), "<generated rules>", "exec"), namespace)  # noqa: S102  our own syntax tree
    return namespace


def function_name(number: int, shape: Shape | Side) -> str:
    return f"rule_{number}_{shape}"


class Writer:
    """Writes the functions of one module."""

    def __init__(self, binding: Binding, numbers: Mapping[str, int]) -> None:
        self.operands = Operands(binding, numbers)
        self.steps = Steps(self.operands)
        self.functions: list[ast.stmt] = []
        self._slots = Slots()

    def rule(self, number: int, rule: ir.Rule, shape: Shape, purpose: Literal["maybe", "exact"]) -> None:
        """Write one rule for one shape of application (table 1)."""
        one, other = rule.trigger.subject, rule.trigger.partner
        first = Place("a", one.name, one.kind, shape != "unseen_subject")
        frames: list[Frame] = [{one.slot: first}]
        arguments = [SCENE, "a"]
        if other is not None:
            second = Place("b", other.name, other.kind, shape != "unseen_partner")
            frames = [{one.slot: first, other.slot: second}]
            arguments.append("b")
            if rule.trigger.unordered:
                frames.append({one.slot: second, other.slot: first})
        body = self._maybe_rule(rule, frames) if purpose == "maybe" else self._exact_rule(rule, frames)
        self.functions.append(function(function_name(number, shape), arguments, [returns(body)]))
        if purpose == "maybe" and shape == "pair":
            assert other is not None
            self._sides(number, rule, one, other)

    def _sides(self, number: int, rule: ir.Rule, one: ir.Var, other: ir.Var) -> None:
        """Write functions that ask an item whether it may stand on a side of a pair, where the rule asks anything of it by itself."""
        if other.kind is Kind.ROW:
            return
        self._beside(number, rule, "partners", other, one)
        if one.kind is Kind.TEXT:
            return
        self._beside(number, rule, "subjects", one, other)
        asked: dict[Side, ast.expr] = {}
        sides: tuple[tuple[Side, ir.Var], ...] = (("subject", one), ("partner", other))
        for side, var in sides:
            item = Place("x", var.name, var.kind)
            if conditions := self._slots.alone(rule.when, var.slot):
                parts = [self.bound(condition, {var.slot: item}, sure=False) for condition in conditions]
                asked[side] = both([self._default(item, sure=False), *parts])
        if rule.trigger.unordered and asked:
            asked = {side: asked.get(side, const(True)) for side, _ in sides}
            asked["either"] = any_of(asked.values())
        for each, answer in asked.items():
            self.functions.append(function(function_name(number, each), [SCENE, "x"], [returns(answer)]))

    def _beside(self, number: int, rule: ir.Rule, side: Side, wanted: ir.Var, beside: ir.Var) -> None:
        """Write a function that narrows members on one side of a pair to those that may stand beside an item on the other."""
        item = Place("x", beside.name, beside.kind)
        narrowed = self._narrowed(rule.when, wanted, {beside.slot: item}, sure=False)
        if narrowed is not None:
            self.functions.append(function(function_name(number, side), [SCENE, "found", "x"], narrowed))

    def _maybe_rule(self, rule: ir.Rule, frames: Sequence[Frame]) -> ast.expr:
        frame = frames[0]
        one, other = rule.trigger.subject, rule.trigger.partner
        parts = [self._default(frame[one.slot], sure=False)]
        if other is not None and other.kind is Kind.ROW:
            valid = call("row_valid", *self._row(frame[one.slot], frame[other.slot]))
            parts.append(compare(valid, ast.IsNot(), const(False)))
        elif other is not None:
            parts.append(self._default(frame[other.slot], sure=False))
        condition = rule.when
        if condition is not None:
            parts.append(any_of(self.bound(condition, f, sure=False) for f in frames))
        parts += [negation(any_of(self.bound(u.condition, f, sure=True) for f in frames)) for u in rule.unless]
        return both(parts)

    def _exact_rule(self, rule: ir.Rule, frames: Sequence[Frame]) -> ast.expr:
        frame = frames[0]
        one, other = rule.trigger.subject, rule.trigger.partner
        parts = self._standing(one, frame[one.slot])
        if other is not None and other.kind is Kind.ROW:
            parts.append(call("row_valid", *self._row(frame[one.slot], frame[other.slot])))
        elif other is not None:
            parts += self._standing(other, frame[other.slot])
        if rule.when is not None:
            parts.append(self._some([self.exact(rule.when, f) for f in frames]))
        exceptions = [self._some([self.exact(u.condition, f) for f in frames]) for u in rule.unless]
        return several([call("every", several(parts)), several(exceptions)])

    def _row(self, item: Place, row: Place) -> tuple[ast.expr, ...]:
        return item.value, row.value, const(f"{item.name}.date")

    def _default(self, place: Place, *, sure: bool) -> ast.expr:
        """Whether it stands as one of its kind by default."""
        if place.kind not in _STANDING:
            return const(True)
        if not place.seen:
            return const(not sure)
        stands = attribute(place.value, _STANDING[place.kind])
        return equal(stands, const(2)) if sure else stands

    def _standing(self, var: ir.Var, place: Place) -> list[ast.expr]:
        """Membership and default context, with what is missing."""
        if not place.seen:
            # With or without a set: whether there is such a member is not known.
            return [call("lone", attribute(place.value, "called"))]
        parts: list[ast.expr] = []
        if var.set is not None:
            membership = self.steps.membership(place, var.set)
            assert membership.lacking is not None
            parts.append(call("known_or", membership.value(), membership.lacking()))
        if place.kind in _STANDING:
            how = "history_stands" if place.kind is Kind.HISTORY else "stands"
            parts.append(call(how, place.value, const(place.name)))
        return parts

    @staticmethod
    def _some(parts: list[ast.expr]) -> ast.expr:
        return parts[0] if len(parts) == 1 else call("some", several(parts))

    # ------------------------------------------------------------------------------------------ conditions

    def bound(self, condition: ir.Condition, frame: Frame, *, sure: bool) -> ast.expr:
        """Return an expression that is true where the condition is certainly true (`sure`), or not certainly false."""
        match condition:
            case ir.And(parts):
                return both(self.bound(part, frame, sure=sure) for part in parts)
            case ir.Or(parts):
                return any_of(self.bound(part, frame, sure=sure) for part in parts)
            case ir.Not(part):
                return negation(self.bound(part, frame, sure=not sure))
            case ir.Named(part=part):
                return self.bound(part, frame, sure=sure)
            case ir.Quantified(quantifier="exists"):
                return self._exists(condition, frame, sure=sure)
            case ir.Quantified(quantifier="no"):
                return negation(self._exists(condition, frame, sure=not sure))
            case ir.Several(parts, n):
                holding = call("holding", several(self.bound(part, frame, sure=sure) for part in parts))
                return compare(holding, ast.GtE(), self.operands.pool.add(self.operands.binding.number(n)))
            case ir.Quantified() | ir.Ordered():
                exact = self.exact(condition, frame)
                return compare(exact, ast.Is(), const(True)) if sure else compare(exact, ast.IsNot(), const(False))
            case _:
                return self.steps.sure(condition, frame) if sure else self.steps.maybe(condition, frame)

    def exact(self, condition: ir.Condition, frame: Frame) -> ast.expr:
        """Return an expression for the answer with every missing field; nothing in it stops early."""
        match condition:
            case ir.And(parts):
                return call("every", several(self.exact(part, frame) for part in parts))
            case ir.Or(parts):
                return call("some", several(self.exact(part, frame) for part in parts))
            case ir.Not(part):
                return call("opposite", self.exact(part, frame))
            case ir.Named(part=part):
                return self.exact(part, frame)
            case ir.Several(parts, n):
                needed = self.operands.pool.add(self.operands.binding.number(n))
                return call("at_least_of", needed, several(self.exact(part, frame) for part in parts))
            case ir.Quantified(quantifier="exists" | "at_least"):
                return self._member_function(condition, frame)
            case ir.Quantified():
                return call("opposite", self._member_function(condition, frame))
            case ir.Ordered():
                return self._member_function(condition, frame)
            case _:
                return self.steps.exact(condition, frame)

    # ------------------------------------------------------------------------------------------ quantifiers

    def _exists(self, condition: ir.Quantified, frame: Frame, *, sure: bool) -> ast.expr:
        """Write a loop over the members that may do, and return a call of it."""
        if sure and _of_an_unseen(condition.var, frame) is not None:
            return FALSE
        member = _member(condition.var)
        inner = {**frame, condition.var.slot: member}
        conditions = [compare(attribute(member.value, "index"), ast.NotIn(), name("others")), self._default(member, sure=sure)]
        if condition.where is not None:
            conditions.append(self.bound(condition.where, inner, sure=sure))
        body: list[ast.stmt] = [
            assign("others", _excluded(condition.var, frame)),
            assign("counted", self._members(condition, frame, sure=sure)),
            for_each(
                member.variable,
                name("counted"),
                [when(both(conditions), [returns(method(_WORK, "found", name("counted"), member.value))])],
            ),
        ]
        if not sure and not condition.found:
            unseen = _member(condition.var, seen=False)
            inner = {**frame, condition.var.slot: unseen}
            test = const(True) if condition.where is None else self.bound(condition.where, inner, sure=False)
            body.append(for_each(unseen.variable, _unseen_members(member), [when(test, [returns(const(True))])]))
        return self._function([*body, returns(FALSE)], frame)

    def _members(self, condition: ir.Quantified | ir.Ordered, frame: Frame, *, sure: bool, counted: bool = True) -> ast.expr:
        """Return the members to look at, each of which counts as work (`counted`); of the order of one that was not seen, any may be.

        Of medicines that must share a day with one that was seen, those that may; else those that may do by themselves.
        """
        var = condition.var
        is_entry = const(var.kind is not Kind.MEDICATION)
        if var.set is None:
            members = method(name(SCENE), "everyone", is_entry)
        else:
            members = method(name(SCENE), "sure_members" if sure else "members", const(self.operands.numbers[var.set]), is_entry)
        if var.order_of is not None and (of := frame[var.order_of.slot]).seen:
            members = method(name(SCENE), "of_the_order", members, of.value)
        for slot, place in frame.items():
            if place.seen and share_a_day(needed(condition.where, ir.Overlaps, var.slot, slot), self.operands.binding):
                members = method(name(SCENE), "at_one_time", members, place.value)
                break
        else:
            if var.order_of is None and (conditions := self._slots.alone(condition.where, var.slot)):
                members = method(name(SCENE), "by_themselves", members, self._alone(conditions, var, sure=sure))
            narrowed = self._narrowed(condition.where, var, frame, sure=sure)
            if narrowed is not None:
                arguments = _variables(frame)
                identifier = f"narrowed_{len(self.functions)}"
                self.functions.append(function(identifier, [SCENE, "found", *arguments], narrowed))
                members = call(identifier, name(SCENE), members, *map(name, arguments))
        return method(_WORK, "counted", members) if counted else members

    def _narrowed(self, condition: ir.Condition | None, var: ir.Var, frame: Frame, *, sure: bool) -> list[ast.stmt] | None:
        """Write what narrows members that may do by themselves, `found`, to a superset of those that may do beside what stands in a
        frame: by the days of each way in which the condition may hold. None where nothing narrows them.
        """
        if condition is None:
            return None
        done = self._slots.alone(condition, var.slot)
        lists: list[ast.expr] = []
        narrows = False
        every_way = ways(condition)
        for way in every_way:
            window = Window()
            own: list[Part] = []
            beside: list[ast.expr] = []
            for part in way:
                slots = self._slots.of(part[0])
                if slots is not None and slots == {var.slot}:
                    own += [part] if not any(part[0] is asked for asked in done) else []
                elif slots is not None and var.slot not in slots and slots <= frame.keys():
                    beside.append(self._part(part, frame, sure=sure))
                else:
                    narrows = narrow(window, part, var.slot, frame, self.operands) or narrows
            members: ast.expr = name("found")
            if own:
                members = method(name(SCENE), "by_themselves", members, self._alone_in(own, var, sure=sure))
            if window:
                members = method(name(SCENE), "between", members, *window.bounds())
            elif not (own or beside):
                return None
            lists.append(either_or(both(beside), members, const(())) if beside else members)
        if not narrows:
            return None
        few = compare(call("len", name("found")), ast.LtE(), const(_FEW))
        return [when(few, [returns(name("found"))]), returns(lists[0] if len(lists) == 1 else call("together", several(lists)))]

    def _part(self, part: Part, frame: Frame, *, sure: bool) -> ast.expr:
        condition, holds = part
        return self.bound(condition, frame, sure=sure) if holds else negation(self.bound(condition, frame, sure=not sure))

    def _alone(self, conditions: list[ir.Condition], var: ir.Var, *, sure: bool) -> ast.expr:
        """Write a function that asks a member what is asked of it beside no other item, and return its name."""
        return self._alone_in([(condition, True) for condition in conditions], var, sure=sure)

    def _alone_in(self, parts: list[Part], var: ir.Var, *, sure: bool) -> ast.expr:
        member = _member(var)
        identifier = f"alone_{len(self.functions)}"
        asked = both(self._part(part, {var.slot: member}, sure=sure) for part in parts)
        self.functions.append(function(identifier, [SCENE, member.variable], [returns(asked)]))
        return name(identifier)

    def _member_function(self, condition: ir.Quantified | ir.Ordered, frame: Frame) -> ast.expr:
        """Write a function that judges every member and weighs the answers, and return a call of it."""
        member, unseen = _member(condition.var), _member(condition.var, seen=False)
        body: list[ast.stmt] = [assign("others", self._not_members(condition, frame))]
        for identifier, place in (("judge", member), ("judge_unseen", unseen)):
            parts = self._standing(condition.var, place)
            if (of := _of_an_unseen(condition.var, frame)) is not None:
                parts.append(call("lone", attribute(of.value, "called")))
            certainly_none: list[ast.stmt] = []
            if condition.where is not None:
                inner = {**frame, condition.var.slot: place}
                # A member that is certainly none names nothing missing, and need not be asked exactly.
                certainly_none = [when(negation(self.bound(condition.where, inner, sure=False)), [returns(FALSE)])]
                parts.append(self.exact(condition.where, inner))
            body.append(function(identifier, [place.variable], [*certainly_none, returns(call("every", several(parts)))]))
        if (tally := self._tally(condition, frame, member)) is not None:
            return self._function([*body, *tally], frame)
        found = call(
            "judged",
            self._members(condition, frame, sure=False),
            name("others"),
            const(()) if isinstance(condition, ir.Quantified) and condition.found else _unseen_members(member),
            name("judge"),
            name("judge_unseen"),
        )
        if isinstance(condition, ir.Quantified):
            return self._function([*body, returns(self._weighed(condition, found, frame))], frame)
        for identifier, place in (("ask", member), ("ask_unseen", unseen)):
            asked = self.exact(condition.has, {**frame, condition.var.slot: place})
            body.append(function(identifier, [place.variable], [returns(asked)]))
        of_the_one = call(
            "of_the_last" if condition.order == "latest" else "of_the_first",
            found,
            name("ask"),
            name("ask_unseen"),
            const(f"{condition.var.name}.date"),
        )
        return self._function([*body, returns(of_the_one)], frame)

    def _tally(self, condition: ir.Quantified | ir.Ordered, frame: Frame, member: Place) -> list[ast.stmt] | None:
        """Write a count that is made once for all items of one day, where members are asked of no more of them than their day.

        Once, too, for each member that was not seen.
        """
        places = [place for place in frame.values() if place.kind is not Kind.MESSAGE]
        if (
            not isinstance(condition, ir.Quantified)
            or condition.n is None
            or isinstance(condition.n, ir.Field)
            or condition.counted not in ("items", "days")
            or condition.var.order_of is not None
            or any(place.kind in (Kind.ROW, Kind.CODING, Kind.TEXT) for place in places)
            or not looks_at_days_alone(condition.where, condition.var.slot)
        ):
            return None
        needed = self.operands.pool.add(self.operands.number(condition.n, frame))
        unseen = call(
            "judged",
            const(()),
            const(()),
            const(()) if condition.found else _unseen_members(member),
            name("judge"),
            name("judge_unseen"),
        )
        key_of = name("exact_day") if condition.counted == "days" else attribute(name(SCENE), "facts", "key_of")
        members = self._members(condition, frame, sure=False, counted=False)
        # Two that were not seen may be of the same days, and are called otherwise.
        asked_of = (attribute(place.value, "span") if place.seen else place.value for place in places)
        question = several([self.operands.pool.add(object()), *asked_of])
        tally = call("Tally", _WORK, needed, members, unseen, name("judge"), key_of, name("weigh"))
        return [
            function("weigh", ["found"], [returns(self._weighed(condition, name("found"), frame))]),
            function("count", [], [returns(tally)]),
            returns(method(method(name(SCENE), "answered_once", question, name("count")), "without", name("others"))),
        ]

    def _not_members(self, condition: ir.Quantified | ir.Ordered, frame: Frame) -> ast.expr:
        """What is no other than the items that the frame names; an item that is to be counted itself is no such."""
        excluded = _excluded(condition.var, frame)
        if not isinstance(condition, ir.Quantified) or condition.including is None:
            return excluded
        own = frame[condition.including.slot]
        return call("without", excluded, own.value) if own.seen else excluded

    def _weighed(self, condition: ir.Quantified, found: ast.expr, frame: Frame) -> ast.expr:
        if condition.n is None:
            return call("some_member", found)
        number = self.operands.number(condition.n, frame)
        needed = number if isinstance(number, ast.expr) else self.operands.pool.add(number)
        needed_name = const(condition.n.as_written if isinstance(condition.n, ir.Field) else "")
        date_name = const(f"{condition.var.name}.date")
        match condition.counted:
            case "items":
                key_of = "key_of" if condition.var.order_of is None else "copy_key_of"
                return call("at_least_items", needed, needed_name, attribute(name(SCENE), "facts", key_of), found)
            case "days":
                return call("at_least_days", needed, needed_name, found, date_name)
            case apart:
                days, each = self.operands.days(apart, frame)
                length = const(days * each) if isinstance(days, int) else call("column_days", days, const(each))
                apart_name = const(apart.as_written if isinstance(apart, ir.Field) else "")
                return call("at_least_episodes", needed, needed_name, length, apart_name, found, date_name)

    def _function(self, body: list[ast.stmt], frame: Frame) -> ast.expr:
        identifier = f"members_{len(self.functions)}"
        arguments = [SCENE, *_variables(frame)]
        self.functions.append(function(identifier, arguments, body))
        return call(identifier, *(name(argument) for argument in arguments))


def _member(var: ir.Var, *, seen: bool = True) -> Place:
    return Place(f"x{var.slot}", var.name, var.kind, seen)


def _variables(frame: Frame) -> list[str]:
    return sorted(place.variable for place in frame.values() if place.kind is not Kind.MESSAGE)


def _unseen_members(member: Place) -> ast.expr:
    return attribute(name(SCENE), "unseen_entries" if member.is_entry else "unseen_medications")


def _of_an_unseen(var: ir.Var, frame: Frame) -> Place | None:
    """Return the medication of whose order a member is drawn, if that was not seen."""
    of = None if var.order_of is None else frame[var.order_of.slot]
    return None if of is None or of.seen else of


def _excluded(var: ir.Var, frame: Frame) -> ast.expr:
    """What is no other than the items that the frame names; among the parts of an order, they themselves."""
    named = [
        attribute(place.value, "item") if place.kind in (Kind.CODING, Kind.TEXT) else place.value
        for place in frame.values()
        if place.seen and place.kind not in (Kind.ROW, Kind.MESSAGE)
    ]
    return method(name(SCENE), "excluded" if var.order_of is None else "selves", *named)
