"""One form for what means the same: rules of two versions in one space of names, so that what is equal is found equal by its form.

Variables go by their depth, named conditions are written out, limits are their values, negation stands at single comparisons,
parts that hold together have one order, lengths one unit, and sets and tables are called by what is in them. Each step is one that
the reference evaluator answers alike in three truth values; what needs more than a step of form is left to the solver.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from decimal import Decimal
from typing import Any

from codesafety import ir
from codesafety.authoring.lint.examples import plain
from codesafety.authoring.mutating import value_of
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.codes import BoundSet
from codesafety.evaluation.phrases import Phrases

_FIRST_QUANTIFIED = 2
"""The slot of a rule's outermost quantified variable: 0 and 1 are its own items."""


@dataclass(slots=True)
class Together:
    """The sets and tables of two versions, each called by what is in it."""

    sets: dict[str, BoundSet] = field(default_factory=dict)
    phrases: dict[str, Phrases] = field(default_factory=dict)
    tables: dict[str, Mapping[str, tuple[ir.TableRow, ...]]] = field(default_factory=dict)
    systems: dict[str, str] = field(default_factory=dict)
    _names: dict[Hashable, str] = field(default_factory=dict)

    def binding(self, of: Binding, rules: tuple[ir.Rule, ...]) -> Binding:
        """Return a binding in which rules of both versions can be asked, with the codes of one of them."""
        return replace(
            of, rules=rules, sets=self.sets, phrases=self.phrases, tables=self.tables, table_systems=self.systems, limits={}
        )  # fmt: skip

    def set(self, name: str, of: Binding) -> str:
        bound = of.sets[name]
        phrases = of.phrases.get(name, {})
        content = ("set", frozenset(bound.members), bound.perhaps, bound.systems, repr(sorted(phrases.items())))
        called = self._names.setdefault(content, f"set/{len(self._names)}")
        self.sets[called] = bound
        if phrases:
            self.phrases[called] = phrases
        return called

    def table(self, name: str, of: Binding) -> str:
        rows = of.tables[name]
        content = (
            "table",
            of.table_systems.get(name),
            repr(sorted((key, [_row(r) for r in found]) for key, found in rows.items())),
        )
        called = self._names.setdefault(content, f"table/{len(self._names)}")
        self.tables[called] = rows
        if name in of.table_systems:
            self.systems[called] = of.table_systems[name]
        return called


def _row(row: ir.TableRow) -> Any:
    return sorted(row.cells.items()), row.first, row.last


class Normal:
    """The rules of one version in the form that both share."""

    def __init__(self, binding: Binding, together: Together) -> None:
        self._binding = binding
        self._together = together
        self._sets: dict[str, str] = {}
        self._tables: dict[str, str] = {}
        self.labels: dict[str, list[str]] = {}
        """What each rule calls its exceptions, in the order of their form."""

    def rule(self, rule: ir.Rule) -> ir.Rule:
        """Return a rule with its own items, condition and exceptions in one form; its words and what it asks for are as they were."""
        env: dict[int, ir.Var] = {}
        subject = self._bind(rule.trigger.subject, 0, env)
        partner = None if rule.trigger.partner is None else self._bind(rule.trigger.partner, 1, env)
        when = None if rule.when is None else self._condition(rule.when, env, _FIRST_QUANTIFIED)
        unless = sorted(
            ((self._condition(u.condition, env, _FIRST_QUANTIFIED), u) for u in rule.unless),
            key=lambda one: (_key(one[0]), one[1].label),
        )
        self.labels[rule.name] = ["a private fact" if u.private else f"“{u.label}”" for _, u in unless]
        return replace(
            rule,
            trigger=ir.Trigger(subject, partner, rule.trigger.unordered),
            when=when,
            unless=tuple(ir.Unless("", one) for one, _ in unless),
            valid_from=_day(rule.valid_from),
            valid_until=_day(rule.valid_until),
            assumed=tuple(sorted((self._plain(one, rule, env) for one in rule.assumed), key=_key)),
        )

    def _bind(self, var: ir.Var, slot: int, env: dict[int, ir.Var]) -> ir.Var:
        made = replace(
            var,
            name=f"v{slot}",
            slot=slot,
            set=None if var.set is None else self._set(var.set),
            table=None if var.table is None else self._table(var.table),
            order_of=None if var.order_of is None else env[var.order_of.slot],
        )
        env[var.slot] = made
        return made

    def _set(self, name: str) -> str:
        if name not in self._sets:
            self._sets[name] = self._together.set(name, self._binding)
        return self._sets[name]

    def _table(self, name: str) -> str:
        if name not in self._tables:
            self._tables[name] = self._together.table(name, self._binding)
        return self._tables[name]

    # ---- conditions

    def _condition(
        self, condition: ir.Condition, env: Mapping[int, ir.Var], depth: int, *, negated: bool = False
    ) -> ir.Condition:
        match condition:
            case ir.Not(part):
                return self._condition(part, env, depth, negated=not negated)
            case ir.Named(part=part):
                return self._condition(part, env, depth, negated=negated)
            case ir.And(parts) | ir.Or(parts):
                of = ir.And if isinstance(condition, ir.And) is not negated else ir.Or
                return _joined(of, [self._condition(part, env, depth, negated=negated) for part in parts])
            case ir.Several(parts, n):
                every = tuple(sorted((self._condition(part, env, depth) for part in parts), key=_key))
                return _negated(ir.Several(every, self._binding.number(n)), negated)
            case ir.Quantified(quantifier="no"):
                return self._condition(replace(condition, quantifier="exists"), env, depth, negated=not negated)
            case ir.Quantified(quantifier="fewer"):
                return self._condition(replace(condition, quantifier="at_least"), env, depth, negated=not negated)
            case ir.Quantified(quantifier="at_least", n=Decimal() as n, counted="items", including=None) if n == 1:
                return self._condition(
                    replace(condition, quantifier="exists", n=None, counted="days"), env, depth, negated=negated
                )
            case ir.Quantified() | ir.Ordered():
                return _negated(self._members(condition, env, depth), negated)
            case ir.InRange(number, low, high) if not any(isinstance(end, ir.Field) and end.open for end in (low, high)):
                both = ir.And((ir.Compare(number, ">=", low), ir.Compare(number, "<=", high)))
                return self._condition(both, env, depth, negated=negated)
            case ir.Compare(left, operator, right) if operator != "<":
                turned = ir.Compare(left, "<", right) if operator == ">=" else ir.Compare(right, "<", left)
                return self._condition(turned, env, depth, negated=negated is not (operator in ("<=", ">=")))
            case ir.AgeCompare(operator="<"):
                return self._condition(replace(condition, operator=">="), env, depth, negated=not negated)
            case ir.AgeRange(at, low, high) if not isinstance(low, ir.Field) and not isinstance(high, ir.Field):
                first, last = self._binding.length(low), self._binding.length(high)
                beyond = ir.AgeCompare(at, ">=", ir.Length(last.n + 1, last.unit))
                both = ir.And((ir.AgeCompare(at, ">=", first), ir.Not(beyond)))
                return self._condition(both, env, depth, negated=negated)
            case _:
                return _negated(_turned(self._plain(condition, condition, env)), negated)

    def _members(self, condition: ir.Quantified | ir.Ordered, env: Mapping[int, ir.Var], depth: int) -> ir.Condition:
        inner = dict(env)
        var = self._bind(condition.var, depth, inner)
        where = None if condition.where is None else self._condition(condition.where, inner, depth + 1)
        if isinstance(condition, ir.Ordered):
            return replace(condition, var=var, where=where, has=self._condition(condition.has, inner, depth + 1), called=None)
        return replace(
            condition,
            var=var,
            where=where,
            n=None if condition.n is None else self._plain(condition.n, condition, env),
            counted=condition.counted if isinstance(condition.counted, str) else self._plain(condition.counted, condition, env),
            including=None if condition.including is None else env[condition.including.slot],
            called=None,
        )

    def _plain(self, node: Any, of: Any, env: Mapping[int, ir.Var]) -> Any:
        """Return an operand, or a comparison of operands, with variables, sets, limits and lengths in one form."""
        match node:
            case tuple():
                return tuple(self._plain(one, of, env) for one in node)
            case ir.Var():
                return env[node.slot]
            case ir.Field(var=ir.Var(slot=slot)):
                var = env[slot]
                return replace(node, base=var.name, var=var, unit=self._plain(node.unit, of, env))
            case ir.LimitRef():
                return self._plain(value_of(node, of, self._binding), of, env)
            case ir.Length(n, unit):
                weeks, years = unit is ir.Unit.WEEKS, unit is ir.Unit.YEARS
                n = n * 7 if weeks else n * 12 if years else n
                return ir.Length(
                    Decimal(int(n)) if n == int(n) else n, ir.Unit.DAYS if weeks else ir.Unit.MONTHS if years else unit
                )
            case ir.Quantity(number, unit):
                return ir.Quantity(number.normalize() + 0, unit)
            case ir.DateLiteral():
                return _day(node)
            case Decimal():
                return node.normalize() + 0
            case ir.Arithmetic("+" | "*" as operator, left, right):
                sides = sorted((self._plain(one, of, env) for one in (left, right)), key=_key)
                return ir.Arithmetic(operator, *sides)
        if is_dataclass(node) and not isinstance(node, type | ir.Field):
            made = {f.name: self._plain(getattr(node, f.name), of, env) for f in fields(node) if f.init and f.name != "span"}
            if isinstance(node, ir.InSet | ir.Says):
                made["set"] = self._set(node.set)
            return replace(node, **made)
        return node


def _day(day: ir.DateLiteral | None) -> ir.DateLiteral | None:
    return None if day is None else replace(day, text="")


def _negated(condition: ir.Condition, negated: bool) -> ir.Condition:
    return ir.Not(condition) if negated else condition


def _turned(condition: ir.Condition) -> ir.Condition:
    """Return a comparison whose sides may change places with its sides in one order."""
    match condition:
        case (
            ir.SameDay(left, right) | ir.FieldSame(left, right) | ir.SameProduct(left, right) | ir.SharesIngredient(left, right)
            | ir.SameIngredients(left, right) | ir.SameEntry(left, right)
        ) if _key(right) < _key(left):  # fmt: skip
            return replace(condition, left=right, right=left)  # type: ignore[arg-type]
        case _:
            return condition


def _joined(of: type[ir.And] | type[ir.Or], parts: list[ir.Condition]) -> ir.Condition:
    """Return parts that hold together, or of which one holds: flat, each once, in one order."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, of) else (part,))]
    every = [part for _, part in sorted({_key(part): part for part in flat}.items())]
    return every[0] if len(every) == 1 else of(tuple(every))


def _key(node: Any) -> str:
    return repr(plain(node))
